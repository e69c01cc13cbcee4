"""What is private here, from outside: by which ways ever, signed or not, nobody gets at it without leave."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import Scheme
from tests.rest.federated import FederationCase

OTHER = "https://far.example/federation/actors/other"
CLOSED = (401, 403, 404)


class PrivateCase(FederationCase):
    """Alice's pod, two strangers with keys, and a library with one file for each level of privacy."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.far, self.other = await self.a_reader(), await self.a_reader("other")

    async def a_heard_file(self, level: str) -> tuple[int, UUID, UUID]:
        """A library of this level with a file in it: its key, the track's uuid and the upload's."""
        library = await self.library_of(self.alice, level)
        track = await self.a_track(f"Ebb {level}", await self.an_artist("Nova"))
        await self.a_file(library, track)
        await self.do("UPDATE upload SET fid = 'https://pod.example/federation/music/uploads/' || uuid")
        await self.do("UPDATE library SET fid = 'https://pod.example/federation/music/libraries/' || uuid")
        await self.changed()
        upload = await self.value("SELECT uuid FROM upload WHERE library_id = %s", library)
        return library, await self.track_uuid(track), upload


class HearingTests(PrivateCase):
    """``listen``, signed by actors of other pods: docs/federation.md §5.5."""

    async def test_leave_is_needed(self) -> None:
        """Neither a signature nor a wish that nobody granted, nor that of somebody else, opens what is private."""
        for level in ("me", "instance"):
            library, track, upload = await self.a_heard_file(level)
            path = f"/api/v1/listen/{track}/?upload={upload}&download=false"
            await self.a_follow(self.far, library=library, approved=None)
            await self.changed("libraries")
            for place in (path, f"/api/v1/listen/{track}/", f"{path}&to=mp3"):
                self.assertIn((await self.signed(place)).status, CLOSED, (level, place))
                self.assertIn(await self.status(place), CLOSED, (level, place))
            await self.do("UPDATE follow SET approved = true")
            await self.changed("libraries")
            for scheme in (Scheme.CAVAGE, Scheme.MESSAGES):
                self.assertEqual(200, (await self.signed(path, scheme)).status)
            self.assertEqual(404, (await self.signed(path, who=OTHER)).status)
            await self.do("UPDATE follow SET approved = false")
            await self.changed("libraries")
            self.assertEqual(404, (await self.signed(path)).status)

    async def test_shut_out(self) -> None:
        """Whom moderators shut out hears nothing, not even what is public."""
        _, track, upload = await self.a_heard_file("everyone")
        path = f"/api/v1/listen/{track}/?upload={upload}"
        self.assertEqual(200, (await self.signed(path)).status)
        decide = "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, 'far.example', true)"

        async def work(tx: Tx) -> None:
            await tx.do(decide, self.alice.viewer.actor_id)
            self.parts.policies.changed(tx)

        await self.database.transaction(work)
        self.assertEqual(403, (await self.signed(path)).status)

    async def test_nothing_but_hearing(self) -> None:
        """A signature opens no other door of a pod that is closed to visitors."""
        await self.a_heard_file("everyone")
        for place in (
            "tracks/",
            "artists/",
            "libraries/",
            "users/me/",
            "playlists/",
            "history/listenings/",
            "uploads/",
        ):
            said = await self.signed(f"/api/v1/{place}")
            self.assertEqual(401, said.status, place)


class LookingTests(PrivateCase):
    """Every document about what is private."""

    async def test_documents(self) -> None:
        """A library shows that it is there, since that is how one asks; of what is in it nothing is to be had."""
        for level in ("me", "instance"):
            library, _, upload = await self.a_heard_file(level)
            uuid = await self.value("SELECT uuid FROM library WHERE id = %s", library)
            shelf, file = f"/federation/music/libraries/{uuid}", f"/federation/music/uploads/{upload}"
            closed = (f"{shelf}?page=1", file, f"{file}/activity", f"{file}/note")
            for path in closed:
                self.assertIn(await self.status(path), CLOSED, path)
                self.assertIn((await self.signed(path)).status, CLOSED, path)
                self.assertIn((await self.signed(path, Scheme.MESSAGES, OTHER)).status, CLOSED, path)
            document = await self.document(shelf)
            self.assertEqual("", document["audience"])
            self.assertNotIn("items", document)
            self.assertNotIn(str(upload), str(document))

    async def test_lists(self) -> None:
        """No list that everybody gets names it."""
        library, track, upload = await self.a_heard_file("instance")
        hidden = {str(upload), str(await self.value("SELECT uuid FROM library WHERE id = %s", library))}
        for path in (
            "/federation/index/libraries?page=1", "/federation/index/channels?page=1",
            "/federation/actors/alice/outbox", "/federation/actors/alice/outbox?page=1",
            "/federation/actors/alice/followers", "/federation/actors/alice/following", "/federation/actors/alice",
        ):  # fmt: skip
            for said in (await self.peer.get(path), await self.signed(path)):
                self.assertFalse([one for one in hidden if one in said.body.decode()], path)
        number = await self.value("SELECT id FROM track WHERE uuid = %s", track)
        for said in (await self.peer.get(f"/library/tracks/{number}"), await self.signed(f"/library/tracks/{number}")):
            self.assertFalse([one for one in hidden if one in said.body.decode()], said.body)
