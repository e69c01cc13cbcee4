"""The tree of files in place (docs/subsonic.md rule 46)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from fwtwisted.core.folders.values import Reports, Wish
from fwtwisted.core.subsonic.files import FILES
from tests.audio import image, make
from tests.subsonic.pod import App, SubsonicCase


class FilesTests(SubsonicCase):
    """Folders of nadia's, and one of omar's, imported where they lie."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.music = Path(os.path.realpath(self.place.name)) / "music"
        self.music.mkdir()
        self.environment = {"MUSIC_DIRECTORY_PATH": str(self.music)}
        await super().setUp()

    def file(self, name: str, title: str) -> None:
        make(
            self.music, "mp3", name, title=title, artist="Nova", album="Tides", pitch=200 + 10 * len(name) + len(title)
        )

    async def imported(self, library: int, *folders: str) -> None:
        uuid: UUID = await self.value("SELECT uuid FROM library WHERE id = %s", library)
        wish = Wish(uuid, [str(self.music / one) for one in folders], in_place=True, recursive=True)
        await self.parts.folders.import_folder(wish, Reports())

    async def people(self) -> tuple[App, App]:
        nadia, omar = await self.app("nadia"), await self.app("omar")
        self.file("Jazz/Live/one.mp3", "One")
        self.file("Jazz/two.mp3", "Two")
        self.file("Ämter/three.mp3", "Three")
        self.file("Own/secret.mp3", "Secret")
        self.nadias = await self.a_library_of("nadia", "everyone")
        self.omars = await self.a_library_of("omar", "me")
        await self.imported(self.nadias, "Jazz", "Ämter")
        await self.imported(self.omars, "Own")
        return nadia, omar

    async def test_pictures(self) -> None:
        """A folder shows the picture of the first file in it, to those alone who may hear that."""
        make(self.music, "mp3", "Jazz/one.mp3", title="One", artist="Nova", album="Tides", cover=image(60, 40))
        self.file("Bare/two.mp3", "Two")
        app, other = await self.app("nadia"), await self.app("omar")
        await self.imported(await self.a_library_of("nadia", "me"), "Jazz", "Bare")
        await self.do("UPDATE track SET album_id = NULL WHERE title = 'Two'")
        await self.changed("catalog")
        bare, jazz = (await self.folder(app, FILES))["child"]
        self.assertNotIn("coverArt", bare)
        self.assertTrue(jazz["coverArt"].startswith(f"{jazz['id']}_"))
        answer = await app.raw("getCoverArt", id=jazz["coverArt"])
        self.assertEqual(200, answer.status)
        self.assertIn("immutable", answer.header("Cache-Control") or "")
        self.assertEqual(70, await app.error("getCoverArt", id=bare["id"]))
        self.assertEqual(70, await other.error("getCoverArt", id=jazz["coverArt"]))

    async def folder(self, app: App, id: Any) -> dict[str, Any]:
        told: dict[str, Any] = (await app.ask("getMusicDirectory", id=id))["directory"]
        return told

    async def test_down_and_up(self) -> None:
        """Folders, then files, each with its parent; the paths are those of the files."""
        app, _ = await self.people()
        listed = (await app.ask("getMusicFolders"))["musicFolders"]["musicFolder"]
        self.assertEqual({"id": FILES, "name": "Files"}, listed[-1])
        root = await self.folder(app, FILES)
        self.assertNotIn("parent", root)
        self.assertEqual(["Jazz", "Ämter"], [child["title"] for child in root["child"]])
        self.assertTrue(all(child["isDir"] and child["parent"] == str(FILES) for child in root["child"]))
        jazz = await self.folder(app, root["child"][0]["id"])
        self.assertEqual(("Jazz", str(FILES)), (jazz["name"], jazz["parent"]))
        self.assertEqual([("Live", True), ("Two", False)], [(one["title"], one["isDir"]) for one in jazz["child"]])
        self.assertEqual(("Jazz/two.mp3", jazz["id"]), (jazz["child"][1]["path"], jazz["child"][1]["parent"]))
        live = await self.folder(app, jazz["child"][0]["id"])
        self.assertEqual(jazz["id"], live["parent"])
        body = (self.music / "Jazz/Live/one.mp3").read_bytes()
        self.assertEqual(body, (await app.raw("stream", id=live["child"][0]["id"])).body)

    async def test_as_an_index(self) -> None:
        """Apps that begin with the index of a music folder find the folders there."""
        app, _ = await self.people()
        told = (await app.ask("getIndexes", musicFolderId=FILES))["indexes"]
        found = [(one["name"], [artist["name"] for artist in one["artist"]]) for one in told["index"]]
        self.assertEqual([("A", ["Ämter"]), ("J", ["Jazz"])], found)
        self.assertEqual([], told["child"])
        albums = (await app.ask("getAlbumList2", type="newest", musicFolderId=FILES))["albumList2"]["album"]
        self.assertEqual(1, len(albums))

    async def test_others_folders(self) -> None:
        """Where nothing may be heard there is no folder, by no id; without any file there is no tree."""
        nadia, omar = await self.people()
        shown = {child["title"]: child["id"] for child in (await self.folder(omar, FILES))["child"]}
        self.assertEqual({"Jazz", "Own", "Ämter"}, set(shown))
        self.assertEqual(70, await nadia.error("getMusicDirectory", id=shown["Own"]))
        self.assertEqual(70, await nadia.error("getMusicDirectory", id="fo-999999"))
        above = await self.value("SELECT parent_id FROM folder WHERE path = %s", f"{self.music}/")
        self.assertEqual(70, await omar.error("getMusicDirectory", id=f"fo-{above}"))
        await self.do("UPDATE library SET privacy_level = 'me'")
        await self.changed("libraries")
        third = await self.app("pia")
        self.assertEqual(70, await third.error("getMusicDirectory", id=FILES))
        numbers = [one["id"] for one in (await third.ask("getMusicFolders"))["musicFolders"]["musicFolder"]]
        self.assertNotIn(FILES, numbers)

    async def test_scanned_again(self) -> None:
        """Ids stay; a file that moved is found where it is."""
        app, _ = await self.people()
        before = {child["title"]: child["id"] for child in (await self.folder(app, FILES))["child"]}
        os.rename(self.music / "Jazz/two.mp3", self.music / "Ämter/two.mp3")
        await self.imported(self.nadias, "Jazz", "Ämter")
        after = {child["title"]: child["id"] for child in (await self.folder(app, FILES))["child"]}
        self.assertEqual(before, after)
        titles = {one["title"] for one in (await self.folder(app, after["Ämter"]))["child"]}
        self.assertEqual({"Two", "Three"}, titles)
        self.assertEqual(["Live"], [one["title"] for one in (await self.folder(app, after["Jazz"]))["child"]])
