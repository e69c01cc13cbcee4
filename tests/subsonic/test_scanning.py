"""``getScanStatus`` and ``startScan`` (docs/subsonic.md §8.13)."""

from __future__ import annotations

import os

from tests.audio import make
from tests.subsonic.pod import SubsonicCase


class ScanCase(SubsonicCase):
    """An administrator and somebody else."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.admin = await self.app("admin")
        await self.do("UPDATE account SET is_superuser = true")
        self.nadia = await self.app("nadia")


class NothingTests(ScanCase):
    """A pod without a music folder."""

    async def test_status(self) -> None:
        """How many songs one may hear, and whether something of one's own is being imported."""
        library = await self.a_library_of("nadia", "me")
        song = await self.a_track("One", await self.an_artist("Nova"))
        await self.an_upload(library, song)
        await self.changed()
        self.assertEqual({"scanning": False, "count": 1}, (await self.nadia.ask("getScanStatus"))["scanStatus"])
        self.assertEqual({"scanning": False, "count": 0}, (await self.admin.ask("getScanStatus"))["scanStatus"])
        await self.an_upload(library, None, "pending")
        element = (await self.nadia.xml("getScanStatus")).find("scanStatus")
        assert element is not None
        self.assertEqual({"scanning": "true", "count": "1"}, dict(element.attrib))
        self.assertIs(False, (await self.admin.ask("getScanStatus"))["scanStatus"]["scanning"])

    async def test_nothing_to_scan(self) -> None:
        """That is told, and only to who may scan."""
        self.assertEqual(50, await self.nadia.error("startScan"))
        self.assertEqual(0, await self.admin.error("startScan"))


class FolderTests(ScanCase):
    """A pod with a music folder."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.music = os.path.abspath(self.mktemp())
        os.makedirs(self.music)
        self.environment = {"MUSIC_DIRECTORY_PATH": self.music}
        await super().setUp()
        self.library = await self.a_library_of("admin")

    async def scanned(self) -> int:
        """How many imports were asked for."""
        count: int = await self.value("SELECT count(*) FROM folder_import")
        return count

    async def test_the_last_import_once_more(self) -> None:
        """The folder that was imported last; while that runs, nothing is added."""
        make(os.path.join(self.music, "a.mp3"), "mp3", title="A", artist="Nova")
        await self.do(
            "INSERT INTO folder_import (library_id, path, reference, status) VALUES (%s, '', 'x', 'finished')",
            self.library,
        )
        told = (await self.admin.ask("startScan", fullScan="true"))["scanStatus"]
        self.assertIs(True, told["scanning"])
        self.assertIs(True, (await self.nadia.ask("getScanStatus"))["scanStatus"]["scanning"])
        await self.admin.ask("startScan")
        self.assertEqual(2, await self.scanned())

    async def test_the_one_library(self) -> None:
        """What the command imported is known by its files; which of several is not guessed."""
        song = await self.a_track("One", await self.an_artist("Nova"))
        await self.an_upload(self.library, song, source="file:///music/a.mp3")
        other = await self.a_library_of("admin", "me")
        await self.an_upload(other, song, source="file:///music/b.mp3")
        self.assertEqual(0, await self.admin.error("startScan"))
        await self.do("DELETE FROM upload WHERE library_id = %s", other)
        await self.admin.ask("startScan")
        found = await self.value("SELECT library_id FROM folder_import")
        self.assertEqual(self.library, found)

    async def test_a_look_starts_nothing(self) -> None:
        """HEAD starts no scan."""
        await self.admin.raw("startScan", method="HEAD")
        self.assertEqual(0, await self.scanned())
