"""Documents of things of ours, loaded by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.db.transactions import ALONE, Tx
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.people import Pod
from fwtwisted.wire.activitypub.contexts import PUBLIC
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.v1 import Pictures
from tests.database import HOME
from tests.music import BASE, MusicCase

POD = Pod(BASE, HOME)
PAPER = Paper(POD, Pictures(f"{BASE}/media/", BASE))


async def fifty(name: str) -> int:
    """What is set."""
    assert name == "federation__collection_page_size"
    return 50


class Counting(Tx):
    """Counts statements.  :ivar count: so many were run."""

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx._connection, begin=ALONE)
        self.count = 0

    async def _run(self, sql: str, args: Sequence[object]) -> Any:
        self.count += 1
        return await super()._run(sql, args)


class PapersTests(MusicCase):
    """One of everything."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.papers = Papers(PAPER, fifty)
        self.alice = await self.an_actor("alice")
        self.nova = await self.an_artist("Nova", description="**first**")
        self.kestrel = await self.an_artist("Kestrel")
        self.tides = await self.an_album("Tides", self.nova, release_date="2021-03-04")

    async def a_channel(self, name: str, artist: int) -> tuple[int, int]:
        """A channel of Alice's; its actor and its library."""
        speaker = await self.an_actor(name)
        library = await self.a_library(speaker, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", library)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, library, speaker, self.alice,
        )  # fmt: skip
        return speaker, library

    async def upload_ids(self, *uuids: UUID) -> list[int]:
        return [await self.value("SELECT id FROM upload WHERE uuid = %s", uuid) for uuid in uuids]

    async def test_files_of_a_library(self) -> None:
        """With their track, its album, and everybody who is named; what is not finished or no audio is left out."""
        library = await self.a_library(self.alice, "everyone")
        track = await self.a_track("Ebb", self.nova, self.tides, position=2, disc_number=1, license="cc-by-4.0")
        for place, (artist, name, join) in enumerate([(self.nova, "NOVA", " & "), (self.kestrel, "Kestrel", "")]):
            await self.do(
                "INSERT INTO track_credit (track_id, place, artist_id, credit, joinphrase) VALUES (%s, %s, %s, %s, %s)",
                track, place, artist, name, join,
            )  # fmt: skip
        await self.tag("track", track, "rock")
        uuids = [
            await self.an_upload(library, track, duration=213),
            await self.an_upload(library, track, "pending"),
            await self.an_upload(library, track, mimetype="video/mp4"),
        ]
        ids = await self.upload_ids(*uuids)
        documents = await self.run_in(self.papers.uploads, ids, PeerClass.OTHER)
        self.assertEqual([ids[0]], list(documents))
        document = documents[ids[0]]
        self.assertEqual("Nova - Tides - Ebb", document["name"])
        self.assertEqual("PT3M33S", document["duration"])
        self.assertEqual(("audio/mpeg", "text/html"), tuple(link["mediaType"] for link in document["url"]))
        self.assertEqual(PUBLIC, document["to"])
        inner = document["track"]
        self.assertEqual(["Nova", "Kestrel"], [one["name"] for one in inner["artists"]])
        self.assertEqual(
            [("NOVA", " & ", "Nova"), ("Kestrel", "", "Kestrel")],
            [(one["credit"], one["joinphrase"], one["artist"]["name"]) for one in inner["artist_credit"]],
        )
        self.assertEqual("Tides", inner["album"]["name"])
        self.assertEqual("2021-03-04", inner["album"]["released"])
        self.assertEqual("http://creativecommons.org/licenses/by/4.0/", inner["license"])
        self.assertEqual([{"type": "Hashtag", "name": "#rock", "href": f"{BASE}/library/tags/rock"}], inner["tag"])
        self.assertEqual("<p><strong>first</strong></p>", inner["artists"][0]["content"])
        old = await self.run_in(self.papers.uploads, ids, PeerClass.G1)
        self.assertEqual(213, old[ids[0]]["duration"])

    async def test_statements_do_not_grow_with_the_page(self) -> None:
        """One file or twenty: as many statements."""
        library = await self.a_library(self.alice, "everyone")
        uuids = []
        for number in range(20):
            artist = await self.an_artist(f"Artist {number}")
            album = await self.an_album(f"Album {number}", artist)
            uuids.append(await self.an_upload(library, await self.a_track(f"Track {number}", artist, album)))
        ids = await self.upload_ids(*uuids)

        async def statements(some: list[int]) -> int:
            async def work(tx: Tx) -> int:
                counting = Counting(tx)
                self.assertEqual(len(some), len(await self.papers.uploads(counting, some, None)))
                return counting.count

            return await self.database.read(work)

        self.assertEqual(await statements(ids[:1]), await statements(ids))
        self.assertLess(await statements(ids), 15)

    async def test_posts_of_a_channel(self) -> None:
        """The page first, no library and no track; how long it is only for those of whom the form is known."""
        speaker, library = await self.a_channel("waves", self.nova)
        series = await self.an_album("Season", self.nova)
        track = await self.a_track("Pilot", self.nova, series, description="Hello\n\n_you_", position=1)
        await self.tag("track", track, "ocean", "sea")
        [id] = await self.upload_ids(await self.an_upload(library, track, duration=61))
        fid = f"{BASE}/federation/actors/waves"
        for peer, told in ((PeerClass.G1, 61), (PeerClass.G2, "PT1M1S"), (PeerClass.OTHER, "PT1M1S"), (None, None)):
            document = (await self.run_in(self.papers.episodes, [id], peer))[id]
            self.assertEqual(told, document.get("duration"))
        self.assertFalse({"library", "track"} & set(document))
        self.assertEqual(fid, document["attributedTo"])
        self.assertEqual((PUBLIC, f"{fid}/followers"), (document["to"], document["cc"]))
        self.assertEqual(["text/html", "audio/mpeg"], [link["mediaType"] for link in document["url"]])
        self.assertEqual("#ocean #sea", document["summary"])
        self.assertIsNone(document["image"])
        self.assertEqual("audio/mpeg", document["attachment"][0]["mediaType"])
        self.assertEqual("<p>Hello</p>\n<p><em>you</em></p>", document["content"])
        bare = (await self.run_in(self.papers.episodes, [id], PeerClass.BARE))[id]
        known = (await self.run_in(self.papers.episodes, [id], PeerClass.OTHER))[id]
        self.assertEqual({"summary"}, known.keys() - bare.keys(), "Misskey would hide the post behind it")
        note = (await self.run_in(self.papers.episodes, [id], PeerClass.NOTE))[id]
        self.assertEqual(("Note", f"{document['id']}/note"), (note["type"], note["id"]))
        self.assertIn("<p>Pilot</p><p>Hello</p>", note["content"])
        self.assertEqual({}, await self.run_in(self.papers.uploads, [id], None))
        album = await self.run_in(self.papers.album, series)
        assert album is not None
        self.assertEqual([{"type": "Person", "id": fid}], album["artists"])
        self.assertEqual(document["album"], album["id"])
        self.assertEqual(speaker, await self.value("SELECT actor_id FROM channel WHERE library_id = %s", library))

    async def test_actors(self) -> None:
        """People, channels and what is left of somebody; others' are none of ours."""
        await self.a_viewer("alice", self.alice)
        speaker, _ = await self.a_channel("waves", self.nova)
        gone = await self.an_actor("gone")
        await self.do("UPDATE actor SET type = 'Tombstone' WHERE id = %s", gone)
        far = await self.an_actor("far", "far.example")
        documents = await self.run_in(self.papers.actors, [self.alice, speaker, gone, far])
        self.assertEqual({self.alice, speaker, gone}, set(documents))
        alice, waves = documents[self.alice], documents[speaker]
        self.assertEqual("Tombstone", documents[gone]["type"])
        self.assertEqual(("Person", "alice", True), _known(alice))
        self.assertEqual([{"type": "Link", "mediaType": "text/html", "href": f"{BASE}/@alice"}], alice["url"])
        self.assertNotIn("attributedTo", alice)
        self.assertEqual(("Person", "Nova", False), _known(waves))
        self.assertEqual(["text/html", "application/rss+xml"], [link["mediaType"] for link in waves["url"]])
        self.assertEqual((alice["id"], "music"), (waves["attributedTo"], waves["category"]))
        self.assertEqual("<p><strong>first</strong></p>", waves["summary"])
        await self.do("UPDATE account SET privacy_level = 'everyone'")
        opened = await self.run_in(self.papers.actors, [self.alice])
        self.assertFalse(opened[self.alice]["manuallyApprovesFollowers"])

    async def test_libraries(self) -> None:
        """How many files are shown, and where its pages begin and end."""
        full, empty = [await self.a_library(self.alice, level) for level in ("everyone", "me")]
        track = await self.a_track("Ebb", self.nova)
        for _ in range(51):
            await self.an_upload(full, track)
        await self.an_upload(full, track, "errored")
        documents = await self.run_in(self.papers.libraries, [full, empty])
        self.assertEqual(51, documents[full]["totalItems"])
        self.assertEqual(f"{documents[full]['id']}?page=2", documents[full]["last"])
        self.assertEqual(PUBLIC, documents[full]["audience"])
        self.assertEqual((0, ""), (documents[empty]["totalItems"], documents[empty]["audience"]))
        self.assertEqual(documents[empty]["first"], documents[empty]["last"])


def _known(document: dict[str, Any]) -> tuple[str, str, bool]:
    return document["type"], document["name"], document["manuallyApprovesFollowers"]
