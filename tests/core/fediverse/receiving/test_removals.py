"""Something elsewhere is no more."""

from __future__ import annotations

from typing import Any

from fwtwisted.db.fediverse import received
from tests.core.fediverse.receiving.case import AT_HOME, ELSEWHERE, ReceivingCase

MUSIC = f"{ELSEWHERE}/music"


def gone(object: Any, **more: Any) -> dict[str, Any]:
    """A Delete."""
    return {"type": "Delete", "object": object, **more}


class DeleteTests(ReceivingCase):
    """Delete in all its forms."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.carol = await self.an_actor("carol", "far.example")
        self.service = await self.an_actor("service", "far.example")
        await self.do("UPDATE domain SET service_actor_id = %s WHERE name = 'far.example'", self.service)
        self.library = await self.library_at(self.bob, "theirs")
        self.artist = await self.an_artist("Nova", fid=f"{MUSIC}/artists/nova", attributed_to_id=self.bob)
        self.album = await self.an_album("Tides", self.artist, fid=f"{MUSIC}/albums/tides", attributed_to_id=self.bob)
        self.tracks = [
            await self.a_track(f"T{n}", self.artist, self.album, fid=f"{MUSIC}/tracks/{n}", attributed_to_id=self.bob)
            for n in range(3)
        ]
        for number, track in enumerate(self.tracks):
            await self.an_upload(self.library, track, fid=f"{MUSIC}/uploads/{number}")

    async def count(self, table: str) -> int:
        """How many rows there are."""
        found: int = await self.value(f"SELECT count(*) FROM {table}")
        return found

    async def test_list_of_uploads(self) -> None:
        """Funkwhale names several files in one id; their tracks go with them."""
        await self.tells(self.bob, gone({"type": "Audio", "id": [f"{MUSIC}/uploads/0", f"{MUSIC}/uploads/1"]}))
        self.assertEqual((1, 1), (await self.count("upload"), await self.count("track")))

    async def test_collection(self) -> None:
        """Funkwhale 2 names them in a collection, as they are or by their ids; with an id of its own or none."""
        items = [{"type": "Audio", "id": f"{MUSIC}/uploads/0"}, f"{MUSIC}/uploads/1"]
        await self.tells(self.bob, gone({"type": "AudioCollection", "items": items[:1]}))
        self.assertEqual(2, await self.count("upload"))
        await self.tells(self.bob, gone({"type": "AudioCollection", "id": f"{MUSIC}/x", "items": items}))
        self.assertEqual(1, await self.count("upload"))
        await self.tells(self.bob, gone({"type": "Library", "id": f"{MUSIC}/x", "items": [f"{MUSIC}/uploads/2"]}))
        self.assertEqual(1, await self.count("upload"), "of nothing else")

    async def test_one_upload(self) -> None:
        """Others name one, as an id, as a Tombstone, or by nothing but the id."""
        for number, object in enumerate(
            (
                {"type": "Audio", "id": f"{MUSIC}/uploads/0"},
                {"type": "Tombstone", "id": f"{MUSIC}/uploads/1"},
                f"{MUSIC}/uploads/2",
            )
        ):
            await self.tells(self.bob, gone(object))
            self.assertEqual(2 - number, await self.count("upload"))
        self.assertEqual(0, await self.count("album") + await self.count("artist"))

    async def test_not_theirs(self) -> None:
        """Nobody else removes anything, be they of the same server; nobody removes what is ours."""
        mallory = await self.an_actor("mallory", "evil.example")
        ours = await self.library_at(self.alice.the_actor, "ours")
        upload = await self.an_upload(ours, self.tracks[0], fid=f"{AT_HOME}/music/uploads/ours")
        objects = [
            f"{MUSIC}/uploads/0", f"{MUSIC}/libraries/theirs", f"{MUSIC}/albums/tides", f"{MUSIC}/artists/nova",
            f"{ELSEWHERE}/actors/bob", f"{AT_HOME}/music/uploads/ours", f"{AT_HOME}/music/libraries/ours",
            f"{AT_HOME}/actors/alice", {"type": "Audio", "id": [f"{MUSIC}/uploads/1", str(upload)]},
        ]  # fmt: skip
        for actor in (self.carol, mallory):
            await self.tells(actor, *[gone(object) for object in objects])
            await self.drained("evil.example")
        await self.tells(self.bob, *[gone(object, again=True) for object in objects[5:8]])
        self.assertEqual(
            (4, 2, 1), (await self.count("upload"), await self.count("library"), await self.count("artist"))
        )
        self.assertEqual(5, await self.value("SELECT count(*) FROM actor WHERE type <> 'Tombstone'"))

    async def test_named_on_works_of_another_server(self) -> None:
        """Whoever speaks through a channel has no say over what other servers have of that artist."""
        mallory = await self.an_actor("mallory", "evil.example")
        shadow = await self.library_at(mallory, "shadow", is_channel=True)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            self.artist, shadow, mallory, mallory,
        )  # fmt: skip
        fids = [f"{MUSIC}/albums/tides", *(f"{MUSIC}/tracks/{number}" for number in range(3))]
        work = {"type": "Album", "id": fids[0], "name": "Mine", "artists": [{"type": "Person", "id": "x"}]}
        await self.tells(mallory, gone({"type": "Audio", "id": fids}), *map(gone, fids), gone(work))
        await self.tells(mallory, {"type": "Update", "object": work}, {"type": "Update", "object": fids[0]})
        self.assertEqual((3, 3, 1), (await self.count("upload"), await self.count("track"), await self.count("album")))
        self.assertEqual(("Tides", []), (await self.value("SELECT title FROM album"), self.said.log))

    async def test_library(self) -> None:
        """A library goes with its files."""
        await self.a_follow(self.alice.the_actor, library=self.library)
        await self.tells(self.bob, gone({"type": "Library", "id": f"{MUSIC}/libraries/theirs"}))
        self.assertEqual(0, await self.count("upload") + await self.count("library") + await self.count("follow"))

    async def test_works(self) -> None:
        """Who speaks for a server may remove its works, with the files that came from there."""
        await self.tells(self.service, gone({"type": "Album", "id": f"{MUSIC}/albums/tides"}))
        self.assertEqual(0, await self.count("upload") + await self.count("track") + await self.count("album"))

    async def test_works_that_we_have_files_of(self) -> None:
        """A work of theirs that somebody here has a file of stays."""
        ours = await self.library_at(self.alice.the_actor, "ours")
        await self.an_upload(ours, self.tracks[0])
        await self.tells(self.bob, gone(f"{MUSIC}/artists/nova"))
        self.assertEqual((1, 1, 1), (await self.count("upload"), await self.count("track"), await self.count("artist")))

    async def test_actor(self) -> None:
        """Somebody removes themselves: all that was theirs goes, their name stays."""
        await self.a_follow(self.bob, library=await self.library_at(self.alice.the_actor, "ours"))
        await self.tells(self.bob, gone({"type": "Person", "id": f"{ELSEWHERE}/actors/bob"}))
        self.assertEqual("Tombstone", await self.value("SELECT type FROM actor WHERE id = %s", self.bob))
        self.assertEqual(0, await self.count("upload") + await self.count("follow"))

    async def test_episode(self) -> None:
        """A channel's file and track have one id, and go together; the channel's owner is not asked."""
        speaker = await self.an_actor("waves", "far.example")
        voice = await self.an_artist("Waves")
        shadow = await self.library_at(self.bob, "shadow", is_channel=True)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            voice, shadow, speaker, self.bob,
        )  # fmt: skip
        fid = f"{MUSIC}/uploads/episode"
        await self.an_upload(shadow, await self.a_track("Episode", voice, fid=fid), fid=fid)
        await self.tells(speaker, gone({"type": "Audio", "id": [fid]}))
        self.assertEqual(0, await self.value("SELECT count(*) FROM upload WHERE fid = %s", fid))
        self.assertEqual(0, await self.value("SELECT count(*) FROM track WHERE fid = %s", fid))

    async def test_before_its_create(self) -> None:
        """What is removed before it came is remembered for six hours; of one's own server only."""
        await self.tells(self.bob, gone(f"{MUSIC}/uploads/early"), gone("https://third.example/uploads/early"))
        self.assertTrue(await self.run_in(received.is_stillborn, f"{MUSIC}/uploads/early", self.bob))
        self.assertFalse(await self.run_in(received.is_stillborn, "https://third.example/uploads/early", self.bob))
        await self.do("UPDATE stillborn SET told = now() - interval '7 hours'")
        self.assertFalse(await self.run_in(received.is_stillborn, f"{MUSIC}/uploads/early", self.bob))

    async def test_after_its_create(self) -> None:
        """A file that was here does not come back by a Create that is told again; one of somebody else's does."""
        await self.tells(self.bob, gone(f"{MUSIC}/uploads/0"))
        self.assertTrue(await self.run_in(received.is_stillborn, f"{MUSIC}/uploads/0", self.bob))
        await self.tells(self.carol, gone(f"{MUSIC}/uploads/1"))
        self.assertFalse(await self.run_in(received.is_stillborn, f"{MUSIC}/uploads/1", self.carol))

    async def test_very_many_before_their_create(self) -> None:
        """Nobody has us remember more than anybody ever has."""
        await self.do(
            "INSERT INTO stillborn (actor_id, fid) SELECT %s, 'https://far.example/' || number"
            " FROM generate_series(1, %s) AS number",
            self.bob, received.MOST_STILLBORN,
        )  # fmt: skip
        await self.tells(self.bob, gone(f"{MUSIC}/uploads/early"))
        await self.tells(self.carol, gone(f"{MUSIC}/uploads/late"))
        self.assertFalse(await self.run_in(received.is_stillborn, f"{MUSIC}/uploads/early", self.bob))
        self.assertTrue(await self.run_in(received.is_stillborn, f"{MUSIC}/uploads/late", self.carol))
