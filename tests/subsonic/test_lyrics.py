"""``getLyrics`` and ``getLyricsBySongId`` (docs/subsonic.md §9.3)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from mutagen.id3 import ID3, SYLT

from fwtwisted.core.folders.values import Reports, Wish
from tests.audio import make
from tests.subsonic.pod import App, SubsonicCase


class LyricsTests(SubsonicCase):
    """Songs of nadia's that lie where they lie."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.music = Path(os.path.realpath(self.place.name))
        self.environment = {"MUSIC_DIRECTORY_PATH": str(self.music)}
        await super().setUp()

    async def imported(self, **tags: Any) -> tuple[App, str]:
        """A song with these tags; its id."""
        app = await self.app("nadia")
        library = await self.a_library_of("nadia", "me")
        path = make(self.music, "mp3", "song.mp3", title="Élan", artist="Nova", album="Tides", **tags)
        if "lyrics" in tags:
            frames = ID3(path)
            told = [("Here ", 1000), ("it is", 1500), ("\nand there", 62_250)]
            frames.add(SYLT(encoding=1, lang="eng", format=2, type=1, desc="", text=told))
            frames.save(path)
        uuid: UUID = await self.value("SELECT uuid FROM library WHERE id = %s", library)
        await self.parts.folders.import_folder(Wish(uuid, [str(self.music)], in_place=True), Reports())
        return app, f"tr-{await self.value('SELECT id FROM track')}"

    async def test_from_tags(self) -> None:
        """Words with times rather than those without, of one language; the old call has the text alone."""
        app, song = await self.imported(lyrics="One\n\nTwo")
        several = (await app.ask("getLyricsBySongId", id=song))["lyricsList"]["structuredLyrics"]
        synced = next(one for one in several if one["synced"])
        self.assertEqual(("eng", "Nova", "Élan"), (synced["lang"], synced["displayArtist"], synced["displayTitle"]))
        lines = [{"start": 1000, "value": "Here it is"}, {"start": 62250, "value": "and there"}]
        self.assertEqual(lines, synced["line"])
        told = (await app.ask("getLyrics", artist="NOVA", title="elan"))["lyrics"]
        self.assertEqual(("Nova", "Élan"), (told["artist"], told["title"]))
        self.assertEqual("Here it is\nand there", told["value"])

    async def test_from_beside(self) -> None:
        """Files beside the song, in several languages; one that leads away from the music is not read."""
        app, song = await self.imported()
        (self.music / "song.lrc").write_text("[00:01.00]<00:01.00>Hello <00:01.50>you<00:02.00>\n", "utf-8")
        (self.music / "song.de.txt").write_bytes("Grüß dich".encode("cp1252"))
        (self.music / "song.fr.txt").symlink_to("/etc/hostname")
        (self.music / "song two.lrc").write_text("[00:01.00]Not this one\n")
        several = (await app.ask("getLyricsBySongId", id=song))["lyricsList"]["structuredLyrics"]
        self.assertEqual({"und": True, "de": False}, {one["lang"]: one["synced"] for one in several})
        self.assertNotIn("cueLine", several[0])
        enhanced = (await app.ask("getLyricsBySongId", id=song, enhanced="true"))["lyricsList"]["structuredLyrics"]
        self.assertEqual("main", enhanced[0]["kind"])
        cues = [(cue["value"], cue["start"], cue["end"]) for cue in enhanced[0]["cueLine"][0]["cue"]]
        self.assertEqual([("Hello", 1000, 1500), ("you", 1500, 2000)], cues)
        root = await app.xml("getLyricsBySongId", id=song, enhanced="true")
        self.assertEqual("Hello you", root.findtext(".//structuredLyrics/line"))

    async def test_none(self) -> None:
        """No words are an empty list; a song that nobody knows is an empty element; others' songs are not there."""
        app, song = await self.imported()
        self.assertEqual([], (await app.ask("getLyricsBySongId", id=song))["lyricsList"]["structuredLyrics"])
        self.assertEqual({"value": ""}, (await app.ask("getLyrics", artist="Nobody", title="Nothing"))["lyrics"])
        root = await app.xml("getLyrics")
        self.assertEqual(({}, None), (root[0].attrib, root[0].text))
        other = await self.app("omar")
        self.assertEqual(70, await other.error("getLyricsBySongId", id=song))
        self.assertEqual({"value": ""}, (await other.ask("getLyrics", artist="Nova", title="Élan"))["lyrics"])
        self.assertEqual(10, await app.error("getLyricsBySongId"))
