"""Look-ups by address and handle, actors and servers.  docs/api.md §4.16."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.people.keys import new_keys
from tests.rest.pod import URL, Client, PodCase
from tests.rest.shapes import (
    ACTOR,
    ATTACHMENT,
    CONTENT,
    USER,
    a_flag,
    a_moment,
    a_text,
    a_whole,
    an_object,
    differences,
    maybe,
    one_of,
)

FETCHES = "federation/fetches/"
FETCH = {
    "id": a_whole,
    "url": a_text,
    "actor": ACTOR,
    "status": one_of("pending", "finished", "errored", "skipped"),
    "detail": an_object,
    "creation_date": a_moment,
    "fetch_date": maybe(a_moment),
    "object": maybe(an_object),
}
FULL_ACTOR = {
    **ACTOR,
    "is_channel": a_flag,
    "user": maybe(USER),
    "summary": maybe(CONTENT),
    "icon": maybe(ATTACHMENT),
}


class FetchCase(PodCase):
    """A pod with somebody on it who has a library."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person()
        self.library = await self.library_of(self.alice, "me")
        self.library_uuid = str(await self.value("SELECT uuid FROM library WHERE id = %s", self.library))
        keys = new_keys()
        await self.do(
            "UPDATE actor SET private_key = %s, public_key = %s, key_id = fid || '#main-key' WHERE id = %s",
            keys.private, keys.public, self.alice.viewer.actor_id,
        )  # fmt: skip

    async def a_channel(self) -> str:
        """The uuid of a channel ``talk`` of Alice's."""
        actor = await self.an_actor("talk")
        held = await self.a_library(actor, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", held)
        made = await self.value(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)"
            " RETURNING uuid",
            await self.an_artist("Talk"), held, actor, self.alice.viewer.actor_id,
        )  # fmt: skip
        return str(made)

    async def found(self, text: str, who: Client | None = None) -> Any:
        """What a search for an address finds; None: nothing."""
        said = await (who or self.alice).post(FETCHES, {"object": text})
        self.assertEqual((201, []), (said.status, differences(FETCH, said.json)))
        if said.json["object"] is None:
            self.assertEqual("errored", said.json["status"])
            return None
        self.assertEqual(("finished", {}), (said.json["status"], said.json["detail"]))
        return said.json["object"]


class HomeTests(FetchCase):
    """Addresses of this pod."""

    async def test_pages(self) -> None:
        """What the address bar shows, with or without what follows a page's path."""
        [track] = await self.an_album_of(self.library, tracks=1)
        album, artist = await self.value("SELECT ARRAY[album_id, artist_id] FROM track WHERE id = %s", track)
        channel = await self.a_channel()
        for path, expected in (
            (f"library/tracks/{track}", {"type": "track", "id": track}),
            (f"library/albums/{album}/", {"type": "album", "id": album}),
            (f"library/artists/{artist}?tab=1#top", {"type": "artist", "id": artist}),
            (f"library/{self.library_uuid}", {"type": "library", "uuid": self.library_uuid}),
            (f"channels/{channel}", {"type": "channel", "uuid": channel}),
            ("channels/talk", {"type": "channel", "uuid": channel}),
            ("@alice", {"type": "account", "full_username": "alice@pod.example"}),
            ("@ALICE@pod.example", {"type": "account", "full_username": "alice@pod.example"}),
            ("library/tracks/999", None),
            ("library/tracks/99999999999999999999", None),
            ("library/00000000-0000-0000-0000-000000000000", None),
            ("about", None),
            ("", None),
        ):
            self.assertEqual(expected, await self.found(f"{URL}/{path}"), path)

    async def test_handles(self) -> None:
        """In every spelling."""
        channel = await self.a_channel()
        account = {"type": "account", "full_username": "alice@pod.example"}
        for text in ("alice@pod.example", "@alice@pod.example", "acct:alice@pod.example", " @Alice@POD.example "):
            self.assertEqual(account, await self.found(text), text)
        self.assertEqual({"type": "channel", "uuid": channel}, await self.found("talk@pod.example"))
        self.assertIsNone(await self.found("nobody@pod.example"))
        said = await self.alice.post(FETCHES, {"object": "@alice@pod.example"})
        self.assertEqual("webfinger://alice@pod.example", said.json["url"])

    async def test_federation_ids(self) -> None:
        """Of everything that has one; an upload only for those who may see it."""
        await self.an_album_of(self.library, tracks=1)
        for kind in ("track", "album", "artist"):
            fid, id = await self.value(f"SELECT ARRAY[fid, id::text] FROM {kind} LIMIT 1")
            self.assertEqual({"type": kind, "id": int(id)}, await self.found(fid))
        fid, uuid = await self.value("SELECT ARRAY[fid, uuid::text] FROM upload")
        self.assertEqual({"type": "upload", "uuid": uuid}, await self.found(fid))
        self.assertIsNone(await self.found(fid, await self.person("bob")))
        fid = f"{URL}/federation/music/libraries/{self.library_uuid}"
        await self.do("UPDATE library SET fid = %s WHERE id = %s", fid, self.library)
        self.assertEqual({"type": "library", "uuid": self.library_uuid}, await self.found(fid))
        self.assertEqual(
            {"type": "account", "full_username": "alice@pod.example"},
            await self.found(f"{URL}/federation/actors/alice"),
        )

    async def test_asked_twice(self) -> None:
        """The same again is what was found before, unless it is forced; what failed is tried again."""
        ids = []
        for body in ({"object": "alice@pod.example"},) * 2 + ({"object": "alice@pod.example", "force": True},):
            ids.append((await self.alice.post(FETCHES, body)).json["id"])
        self.assertEqual(ids[0], ids[1])
        self.assertNotEqual(ids[0], ids[2])
        await self.do("UPDATE lookup SET creation_date = now() - interval '1 hour'")
        self.assertNotIn((await self.alice.post(FETCHES, {"object": "alice@pod.example"})).json["id"], ids)
        failed = [(await self.alice.post(FETCHES, {"object": f"{URL}/about"})).json["id"] for _ in range(2)]
        self.assertNotEqual(*failed)

    async def test_looking_at_one(self) -> None:
        """One's own, as often as one likes; what was found may be gone by then."""
        [track] = await self.an_album_of(self.library, tracks=1)
        made = (await self.alice.post(FETCHES, {"object": f"{URL}/library/tracks/{track}"})).json
        self.assertEqual(made, (await self.alice.get(f"{FETCHES}{made['id']}/")).json)
        bob = await self.person("bob")
        self.assertEqual(404, (await bob.get(f"{FETCHES}{made['id']}/")).status)
        listed = (await self.alice.get(f"tracks/{track}/fetches/")).json
        self.assertEqual([made], listed["results"])
        self.assertEqual(0, (await bob.get(f"tracks/{track}/fetches/")).json["count"])
        await self.do("DELETE FROM track")
        self.assertIsNone((await self.alice.get(f"{FETCHES}{made['id']}/")).json["object"])
        self.assertEqual(404, (await self.alice.get(f"tracks/{track}/fetches/")).status)

    async def test_what_cannot_be_looked_up(self) -> None:
        """Told by field; visitors may not even on an open pod."""
        self.assertEqual(400, (await self.alice.post(FETCHES, {})).status)
        nothing: list[Any] = [
            "",
            "what is love",
            "ftp://x.example/",
            "https://",
            "x" * 501,
            None,
            "https://[::",
            "a@b@c",
            7,
            [],
            {},
        ]
        for text in nothing:
            said = await self.alice.post(FETCHES, {"object": text})
            self.assertEqual((400, ["object"]), (said.status, list(said.json)), text)
        await self.open_up()
        self.assertEqual(401, (await self.visitor().post(FETCHES, {"object": "alice@pod.example"})).status)

    async def test_libraries_by_address(self) -> None:
        """One result for an address here, a sentence for any other."""
        said = await self.alice.post("federation/libraries/fetch/", {"fid": f"{URL}/library/{self.library_uuid}"})
        self.assertEqual((200, 1), (said.status, said.json["count"]))
        self.assertEqual(self.library_uuid, said.json["results"][0]["uuid"])
        for fid in (f"{URL}/@alice", f"{URL}/library/tracks/1", "https://else.example/l/1", "nonsense", None, 3):
            said = await self.alice.post("federation/libraries/fetch/", {"fid": fid})
            self.assertEqual((400, ["detail"]), (said.status, list(said.json)), fid)

    async def test_refreshing_what_is_at_home(self) -> None:
        """There is nothing to fetch."""
        [track] = await self.an_album_of(self.library, tracks=1)
        said = await self.alice.post(f"tracks/{track}/fetches/")
        self.assertEqual((400, ["detail"]), (said.status, list(said.json)))
        self.assertEqual(404, (await self.alice.post("albums/999/fetches/")).status)
        self.assertEqual(401, (await self.visitor().post(f"tracks/{track}/fetches/")).status)


class AbroadTests(FetchCase):
    """Addresses of other pods, which do not answer."""

    async def test_the_outcome_says_so(self) -> None:
        """In words of the contract, kept like any other."""
        for text, code in (("https://else.example/x", "connection"), ("nina@else.example", "webfinger")):
            made = (await self.alice.post(FETCHES, {"object": text})).json
            self.assertEqual(("errored", code), (made["status"], made["detail"]["error_code"]))
            self.assertEqual(made, (await self.alice.get(f"{FETCHES}{made['id']}/")).json)
            self.assertIsNotNone(made["fetch_date"])

    async def test_shut_out(self) -> None:
        """Servers that moderators have blocked are not asked."""
        await self.an_actor("nina", "bad.example")
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, 'bad.example', true)",
            self.alice.viewer.actor_id,
        )
        made = (await self.alice.post(FETCHES, {"object": "https://BAD.example/x"})).json
        self.assertEqual("blocked", made["detail"]["error_code"])

    async def test_refreshing(self) -> None:
        """What is at home elsewhere is looked up again."""
        artist = await self.an_artist("Far", fid="https://else.example/federation/music/artists/1")
        said = await self.alice.post(f"artists/{artist}/fetches/")
        self.assertEqual((201, "errored"), (said.status, said.json["status"]))
        self.assertEqual("https://else.example/federation/music/artists/1", said.json["url"])


class ActorTests(FetchCase):
    """``federation/actors/`` and ``federation/domains/``"""

    async def test_an_account(self) -> None:
        """With the account, its picture and its words; in any spelling; without one it is a 404."""
        await self.do("UPDATE actor SET summary = '**hi**', summary_type = 'text/markdown'")
        for handle in ("alice@pod.example", "@ALICE@pod.example", "alice@POD.example", "alice%40pod.example"):
            said = await self.alice.get(f"federation/actors/{handle}/")
            self.assertEqual((200, []), (said.status, differences(FULL_ACTOR, said.json)), handle)
        self.assertEqual("alice", said.json["user"]["username"])
        self.assertIn("<strong>hi</strong>", said.json["summary"]["html"])
        self.assertIs(False, said.json["is_channel"])
        for handle in ("nobody@pod.example", "alice", "alice@", "@pod.example", "alice@else.example"):
            self.assertEqual(404, (await self.alice.get(f"federation/actors/{handle}/")).status, handle)

    async def test_others(self) -> None:
        """A channel says that it is one; people elsewhere have no account; those shut out are not there."""
        await self.a_channel()
        said = await self.alice.get("federation/actors/talk@pod.example")
        self.assertEqual((True, None), (said.json["is_channel"], said.json["user"]))
        actor = await self.an_actor("nina", "else.example")
        self.assertIs(False, (await self.alice.get("federation/actors/nina@else.example")).json["is_local"])
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_actor_id, block_all) VALUES (%s, %s, true)", actor, actor
        )
        self.assertEqual(404, (await self.alice.get("federation/actors/nina@else.example")).status)

    async def test_libraries(self) -> None:
        """Those of the actor that the caller may look into, channels' own never."""
        bob = await self.person("bob")
        await self.library_of(self.alice, "instance")
        await self.a_channel()
        place = "federation/actors/alice@pod.example/libraries/"
        self.assertEqual(2, (await self.alice.get(place)).json["count"])
        self.assertEqual(["instance"], [one["privacy_level"] for one in (await bob.get(place)).json["results"]])
        await self.open_up()
        self.assertEqual(0, (await self.visitor().get(place)).json["count"])

    async def test_who_may_look(self) -> None:
        """Visitors where the pod is open; any program of an account."""
        program = await self.program(self.alice, "read:profile")
        for path in ("federation/actors/alice@pod.example/", "federation/domains/"):
            self.assertEqual(401, (await self.visitor().get(path)).status)
            self.assertEqual(200, (await program.get(path)).status)
        await self.open_up()
        for path in ("federation/actors/alice@pod.example/", "federation/domains/"):
            self.assertEqual(200, (await self.visitor().get(path)).status)

    async def test_domains(self) -> None:
        """Other servers by name; not those shut out, and with the allow list only those on it."""
        for name in ("b.example", "a.example", "bad.example"):
            await self.an_actor("x", name)
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, 'bad.example', true)",
            self.alice.viewer.actor_id,
        )

        async def names(**query: Any) -> list[str]:
            return [one["name"] for one in (await self.alice.get("federation/domains/", **query)).json["results"]]

        self.assertEqual(["a.example", "b.example"], await names())
        self.assertEqual(["b.example"], await names(q="B."))
        self.assertEqual({"name": "a.example"}, (await self.alice.get("federation/domains/A.example/")).json)
        for name in ("bad.example", "pod.example", "c.example"):
            self.assertEqual(404, (await self.alice.get(f"federation/domains/{name}")).status)
        await self.parts.preferences.change_one("moderation__allow_list_enabled", True)
        self.assertEqual([], await names())
        await self.do("UPDATE domain SET allowed = true WHERE name = 'b.example'")
        self.assertEqual(["b.example"], await names())
