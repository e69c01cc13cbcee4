"""Which songs sound alike (docs/subsonic.md §9.8)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import Any

from fwtwisted.core.subsonic.sounds import MEASURE
from fwtwisted.db.jobs import Job
from fwtwisted.db.subsonic.sounds import note
from fwtwisted.wire.sounds import METHOD, WIDTH
from tests.outside.sounds import sound
from tests.subsonic.pod import SubsonicCase


class SoundsCase(SubsonicCase):
    """Six songs on a line, one off it, one without numbers, and one that nadia cannot hear."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.nadia = await self.app("nadia")
        self.library = await self.a_library_of("nadia")
        await self.app("omar")
        self.secret = await self.a_library_of("omar", "me")
        self.artist = await self.an_artist("Nova")
        await self.tag("artist", self.artist, "Ambient")

    async def a_song(self, title: str, point: Sequence[float] | None, library: int | None = None) -> int:
        """A song that sounds so; None: nobody has listened to it."""
        song = await self.a_track(title, self.artist)
        upload = await self.an_upload(self.library if library is None else library, song)
        if point is not None:
            whole = [*point, *([0.0] * (WIDTH - len(point)))]
            id = await self.value("SELECT id FROM upload WHERE uuid = %s", upload)
            await self.run_in(note, id, METHOD, whole)
        return song

    async def a_line(self) -> list[int]:
        songs = [await self.a_song(f"At {n}", [float(n)]) for n in range(6)]
        self.off = await self.a_song("Off", [2.0, 9.0])
        self.unknown = await self.a_song("Unknown", None)
        self.hidden = await self.a_song("Hidden", [1.0], self.secret)
        await self.changed("catalog", "libraries")
        return songs

    async def matches(self, name: str, **asked: Any) -> list[tuple[str, float]]:
        """Titles and how much they sound alike."""
        told = (await self.nadia.ask(name, **asked))["sonicMatch"]
        return [(one["entry"]["title"], one["similarity"]) for one in told]


class AskingTests(SoundsCase):
    """``getSonicSimilarTracks``, ``findSonicPath``."""

    async def test_alike(self) -> None:
        """The nearest first, without the song itself and without what cannot be heard; then what has no numbers."""
        songs = await self.a_line()
        found = await self.matches("getSonicSimilarTracks", id=f"tr-{songs[1]}")
        titles = [title for title, _ in found]
        self.assertEqual({"At 0", "At 2"}, set(titles[:2]))
        self.assertEqual(["At 3", "At 4", "At 5", "Off", "Unknown"], titles[2:])
        values = [value for _, value in found]
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertTrue(all(0 < value < 1 for value in values[:-1]), values)
        self.assertEqual(-1, values[-1])
        self.assertEqual(found[:3], await self.matches("getSonicSimilarTracks", id=songs[1], count=3))
        matches = (await self.nadia.xml("getSonicSimilarTracks", id=f"tr-{songs[1]}")).findall("sonicMatch")
        self.assertEqual(titles, [match.find("entry").get("title") for match in matches])  # type: ignore[union-attr]
        self.assertEqual("-1.0", matches[-1].get("similarity"))

    async def test_without_numbers(self) -> None:
        """A song that nobody has listened to goes with what shares its tags."""
        await self.a_line()
        found = await self.matches("getSonicSimilarTracks", id=f"tr-{self.unknown}", count=4)
        self.assertEqual((4, {-1}), (len(found), {value for _, value in found}))

    async def test_a_path(self) -> None:
        """From one to the other by even steps, each song once; what is out of the way is left out."""
        songs = await self.a_line()
        asked = {"startSongId": f"tr-{songs[0]}", "endSongId": f"tr-{songs[5]}"}
        self.assertEqual(
            ["At 0", "At 2", "At 3", "At 5"],
            [title for title, _ in await self.matches("findSonicPath", count=4, **asked)],
        )
        whole = await self.matches("findSonicPath", count=6, **asked)
        self.assertEqual([f"At {n}" for n in range(6)], [title for title, _ in whole])
        self.assertEqual(1, whole[0][1])
        self.assertEqual([value for _, value in whole], sorted((value for _, value in whole), reverse=True))
        ends = [title for title, _ in await self.matches("findSonicPath", count=2, **asked)]
        self.assertEqual(["At 0", "At 5"], ends)

    async def test_short_paths(self) -> None:
        """From a song to itself it is one step; without numbers the ends are where they should be."""
        songs = await self.a_line()
        same = await self.matches("findSonicPath", startSongId=f"tr-{songs[0]}", endSongId=f"tr-{songs[0]}")
        self.assertEqual([("At 0", 1)], same)
        other = await self.matches(
            "findSonicPath", startSongId=f"tr-{songs[0]}", endSongId=f"tr-{self.unknown}", count=5
        )
        self.assertEqual(("At 0", "Unknown", 5, 5), (other[0][0], other[-1][0], len(other), len(dict(other))))

    async def test_bad_input(self) -> None:
        """Missing ids are 10, others' songs and unknown ones 70."""
        songs = await self.a_line()
        self.assertEqual(10, await self.nadia.error("getSonicSimilarTracks"))
        self.assertEqual(10, await self.nadia.error("findSonicPath", startSongId=f"tr-{songs[0]}"))
        for id in (f"tr-{self.hidden}", "tr-999999", "al-1", "x"):
            self.assertEqual(70, await self.nadia.error("getSonicSimilarTracks", id=id), id)
            self.assertEqual(
                70, await self.nadia.error("findSonicPath", startSongId=id, endSongId=f"tr-{songs[0]}"), id
            )

    async def test_listed(self) -> None:
        """The extension is told of."""
        told = (await self.nadia.ask("getOpenSubsonicExtensions"))["openSubsonicExtensions"]
        self.assertIn({"name": "sonicSimilarity", "versions": [1]}, told)


class OffTests(SoundsCase):
    """A pod that does not listen."""

    environment = {"SUBSONIC_SOUNDS": "none"}

    async def test_off(self) -> None:
        """Not told of, not answered, no chore."""
        [song, *_] = await self.a_line()
        told = (await self.nadia.ask("getOpenSubsonicExtensions"))["openSubsonicExtensions"]
        self.assertNotIn("sonicSimilarity", [one["name"] for one in told])
        self.assertEqual(0, await self.nadia.error("getSonicSimilarTracks", id=f"tr-{song}"))
        self.assertNotIn(MEASURE, self.parts.jobs())


class ListeningTests(SoundsCase):
    """The chore, with real files."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.music = os.path.abspath(self.mktemp())
        os.makedirs(self.music)
        self.environment = {"MUSIC_DIRECTORY_PATH": self.music}
        await super().setUp()

    async def _listen(self) -> None:
        job: Any = Job(1, MEASURE, "all", {}, 1, 0, 1, None)  # type: ignore[arg-type]
        await self.parts.jobs()[MEASURE].run(job)

    async def test_every_file_once(self) -> None:
        """Stored ones and those in place are heard; what is missing is left for later, what is no audio noted."""
        path = await sound(6)
        stored = await self.a_track("Stored", self.artist)
        await self.a_file(self.library, stored)
        shutil.copy(path, os.path.join(self.music, "a.flac"))
        lying, gone, broken = [await self.a_track(title, self.artist) for title in ("Lying", "Gone", "Broken")]
        await self.an_upload(self.library, lying, source=f"file://{self.music}/a.flac", duration=6)
        await self.an_upload(self.library, gone, source=f"file://{self.music}/../passwd")
        await self.ground.blobs.put("tracks/aa/bb/x.mp3", b"no audio")
        await self.an_upload(self.library, broken, audio_file="tracks/aa/bb/x.mp3")
        await self.an_upload(self.library, gone, source="https://elsewhere.example/a.mp3")
        await self._listen()
        heard = dict(
            await self.rows(
                "SELECT track.title, sound.f1 IS NOT NULL FROM sound JOIN upload ON upload.id = sound.upload_id"
                " JOIN track ON track.id = upload.track_id"
            )
        )
        self.assertEqual({"Lying": True, "Broken": False}, {k: v for k, v in heard.items() if k != "Stored"})
        self.assertIn("Stored", heard)
        await self.changed()
        found = await self.matches("getSonicSimilarTracks", id=f"tr-{lying}")
        self.assertTrue(found)

    async def rows(self, sql: str) -> list[Any]:
        async def read(tx: Any) -> list[Any]:
            found: list[Any] = await tx.many(lambda *columns: columns, sql)
            return found

        found: list[Any] = await self.run_in(read)
        return found
