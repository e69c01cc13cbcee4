"""Importing folders: in place and copied, once and again, changed, moved, gone, broken, killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.core.folders import Folders, FoldersGround, FoldersSettings, Progress, Reports, Wish
from fwtwisted.core.importing.importer import Importer, ImportingSettings
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.reading import Examined, examine
from fwtwisted.outside.watching import Changes, FolderWatch, WatchSettings
from tests import audio
from tests.database import DatabaseCase
from tests.waiting import GUARD_SECONDS

BASE = "https://pod.example"


class FoldersCase(DatabaseCase):
    """A library, an empty store, and a folder of music."""

    timeout = GUARD_SECONDS

    async def begin(self) -> None:
        """An owner with a library; call it first."""
        self.owner = await self.an_actor("anna")
        self.library = await self.a_library(self.owner, "me")
        self.uuid: UUID = await self.value("SELECT uuid FROM library")
        self.music = Path(os.path.abspath(self.mktemp()))
        self.music.mkdir()
        self.media = Path(os.path.abspath(self.mktemp()))
        self.only_musicbrainz = False
        self.troubles: list[tuple[str, str]] = []

    async def preference(self, _: str) -> Any:
        """The only one that is asked."""
        return self.only_musicbrainz

    def looked_at(self, path: str) -> Deferred[Examined]:
        """Look at a file, in a thread."""
        return deferToThread(examine, path)

    def folders(self, **settings: Any) -> Folders:
        """Folders below ``self.music``."""
        blobs = LocalBlobs(str(self.media), deferToThread)
        importer = Importer(self.database, blobs, deferToThread, self.preference, ImportingSettings(BASE))
        told = {"music": str(self.music), "batch_files": 7, "again_seconds": 0.1} | settings
        ground = FoldersGround(
            reactor, self.database, blobs, importer, self.looked_at, deferToThread, self.watch_of,
            FoldersSettings(BASE, **told),  # type: ignore[arg-type]
        )  # fmt: skip
        return Folders(ground)

    def watch_of(self, changed: Callable[[Changes], None]) -> FolderWatch:
        """A watch that is soon calm."""
        self.changed = changed
        return FolderWatch(reactor, deferToThread, changed, WatchSettings(calm_seconds=0.1))  # type: ignore[arg-type]

    async def run_import(self, *paths: Path, in_place: bool = True, **settings: Any) -> Progress:
        """Import ``self.music``, or the paths."""
        self.troubles.clear()
        wish = Wish(self.uuid, [str(one) for one in paths or (self.music,)], in_place, recursive=True)
        reports = Reports(trouble=lambda path, words: self.troubles.append((path, words)))
        return await self.folders(**settings).import_folder(wish, reports)

    async def rows(self, sql: str) -> list[Any]:
        """What a statement yields: tuples, or values where it has one column."""
        found = await self.run_in(Tx.many, lambda *row: row, sql)
        return [row[0] if len(row) == 1 else row for row in found]

    async def everything(self) -> list[Any]:
        """All that an import writes, to be compared."""
        return [
            await self.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
            for table in ("artist", "album", "track", "upload", "track_credit", "album_credit", "attachment", "tag",
                          "track_tag", "doomed_file")
        ]  # fmt: skip

    def stored(self) -> list[str]:
        """Names of the files in the store."""
        return sorted(
            str(path.relative_to(self.media))
            for path in self.media.rglob("*")
            if path.is_file() and ".parts" not in path.parts
        )

    def assert_progress(self, progress: Progress, **counts: int) -> None:
        """These counts, and nothing else."""
        names = ("imported", "updated", "skipped", "errored", "unchanged", "moved", "removed")
        self.assertEqual(counts, {name: getattr(progress, name) for name in names if getattr(progress, name)})


class InPlaceTests(FoldersCase):
    """Files used where they lie."""

    async def test_a_library(self) -> None:
        """Files of many kinds and scripts become artists, albums and tracks; nothing is stored but covers."""
        await self.begin()
        audio.make_many(self.music, 60)
        progress = await self.run_import()
        self.assert_progress(progress, imported=60)
        self.assertTrue(progress.is_over)
        self.assertEqual({audio.song(n).title for n in range(60)}, set(await self.rows("SELECT title FROM track")))
        self.assertEqual({audio.song(n).artist for n in range(60)}, set(await self.rows("SELECT name FROM artist")))
        self.assertEqual(6, len(await self.rows("SELECT id FROM album")))
        self.assertEqual([], await self.rows("SELECT id FROM upload WHERE audio_file IS NOT NULL OR size IS NULL"
                                             " OR import_status <> 'finished' OR duration IS NULL"))  # fmt: skip
        self.assertTrue(all(name.startswith("attachments/") for name in self.stored()))

    async def test_again_changes_nothing(self) -> None:
        """The same folder once more: not a row is touched, and no file opened."""
        await self.begin()
        audio.make_many(self.music, 30)
        (self.music / "broken.mp3").write_text("no music")
        (self.music / "untitled.mp3").write_bytes(audio.make(self.music / "tmp", "mp3", artist="A").read_bytes())
        shutil.rmtree(self.music / "tmp")
        self.assert_progress(await self.run_import(), imported=30, errored=2)
        before = await self.everything()
        self.looked_at = None  # type: ignore[assignment,method-assign]
        self.assert_progress(await self.run_import(), unchanged=32)
        self.assertEqual(before, await self.everything())

    async def test_covers(self) -> None:
        """An album's cover is taken once, from within its files or from beside them, and named by its album."""
        await self.begin()
        audio.make_many(self.music, 80)
        await self.run_import()
        covers = await self.rows(
            "SELECT album.title, attachment.file FROM album LEFT JOIN attachment ON attachment.id = cover_id"
        )
        albums = {audio.song(n).album: n // 10 for n in range(80)}
        for title, file in covers:
            self.assertEqual(albums[title] % 4 in (0, 1), file is not None, title)
        self.assertEqual(sorted(file for _, file in covers if file), self.stored())
        self.assertEqual([], await self.rows("SELECT * FROM doomed_file"))

    async def test_changed_tags(self) -> None:
        """New words in a file change its track; the old artist and album go when nothing else is theirs."""
        await self.begin()
        path = audio.make(self.music, "flac", title="Low", artist="Nina", album="Tides", genre="Rock")
        await self.run_import()
        track = await self.value("SELECT id FROM track")
        audio.tag(path, "flac", title="High", artist="Otto", album="Sky")
        self.assert_progress(await self.run_import(), updated=1)
        self.assertEqual([(track, "High")], await self.rows("SELECT id, title FROM track"))
        self.assertEqual(["Otto"], await self.rows("SELECT name FROM artist"))
        self.assertEqual(["Sky"], await self.rows("SELECT title FROM album"))
        self.assert_progress(await self.run_import(), unchanged=1)

    async def test_touched_only(self) -> None:
        """A file with a new time and the same bytes is read once and not settled again."""
        await self.begin()
        path = audio.make(self.music, "mp3", title="Low", artist="Nina")
        await self.run_import()
        os.utime(path, (1, 1))
        before = await self.value("SELECT import_date FROM upload")
        self.assert_progress(await self.run_import(), unchanged=1)
        self.assertEqual((before, 10**9), await self.run_in(
            Tx.one, lambda *row: row, "SELECT import_date, in_place_mtime_ns FROM upload"))  # fmt: skip

    async def test_mended(self) -> None:
        """A file that could not be filed is filed once its tags are there; one that broke is told."""
        await self.begin()
        path = audio.make(self.music, "mp3", artist="Nina")
        self.assert_progress(await self.run_import(), errored=1)
        self.assertIn("title", self.troubles[0][1])
        self.assertEqual("invalid_metadata", await self.value("SELECT import_details->>'error_code' FROM upload"))
        audio.tag(path, "mp3", title="Low", artist="Nina")
        self.assert_progress(await self.run_import(), imported=1)
        self.assertEqual([("finished", {})], await self.rows("SELECT import_status, import_details FROM upload"))
        path.write_text("scratched")
        self.assert_progress(await self.run_import(), errored=1)
        self.assertEqual(["errored"], await self.rows("SELECT import_status FROM upload"))

    async def test_moved(self) -> None:
        """A file that lies elsewhere keeps its upload and its track, a whole folder too."""
        await self.begin()
        audio.make_many(self.music / "old", 25)
        await self.run_import()
        before = await self.rows("SELECT uuid, track_id FROM upload ORDER BY uuid")
        (self.music / "old").rename(self.music / "new")
        self.assert_progress(await self.run_import(), moved=25)
        self.assertEqual(before, await self.rows("SELECT uuid, track_id FROM upload ORDER BY uuid"))
        self.assertEqual([], await self.rows("SELECT source FROM upload WHERE source NOT LIKE '%%/new/%%'"))

    async def test_gone(self) -> None:
        """A file that is gone is forgotten, with what only it played; what somebody likes stays as a name."""
        await self.begin()
        audio.make_many(self.music, 20)
        await self.run_import()
        liked = await self.value("SELECT id FROM track ORDER BY id LIMIT 1")
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", self.owner, liked)
        keep = self.music / "keep.txt"
        keep.touch()
        for path in self.music.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
        self.assert_progress(await self.run_import(), removed=20)
        self.assertEqual([liked], await self.rows("SELECT id FROM track"))
        self.assertEqual(1, len(await self.rows("SELECT id FROM artist")))
        self.assertEqual([], await self.rows("SELECT id FROM upload"))

    async def test_a_disk_that_is_away(self) -> None:
        """An empty folder forgets nothing, and says why."""
        await self.begin()
        audio.make_many(self.music / "disk", 5)
        await self.run_import(self.music / "disk")
        (self.music / "disk").rename(self.music / "away")
        (self.music / "disk").mkdir()
        self.assert_progress(await self.run_import(self.music / "disk"))
        self.assertIn("disk away", self.troubles[0][1])
        self.assertEqual(5, await self.value("SELECT count(*) FROM upload"))

    async def test_only_what_was_asked(self) -> None:
        """A path forgets nothing that lies elsewhere, not even where the name begins alike."""
        await self.begin()
        audio.make_many(self.music / "a", 3)
        audio.make_many(self.music / "ab", 3, 3)
        await self.run_import()
        shutil.rmtree(self.music / "ab")
        self.assert_progress(await self.run_import(self.music / "a"), unchanged=3)
        self.assertEqual(6, await self.value("SELECT count(*) FROM upload"))

    async def test_one_file_by_name(self) -> None:
        """A file that is named itself is imported alone."""
        await self.begin()
        audio.make_many(self.music, 3)
        path = audio.make(self.music, "ogg", title="One", artist="Two")
        self.assert_progress(await self.run_import(path), imported=1)
        self.assert_progress(await self.run_import(path), unchanged=1)

    async def test_doubles(self) -> None:
        """The same track twice in a folder is skipped once."""
        await self.begin()
        audio.make(self.music, "mp3", title="Low", artist="Nina")
        audio.make(self.music, "flac", title="low", artist="NINA")
        self.assert_progress(await self.run_import(), imported=1, skipped=1)

    async def test_names_of_any_kind(self) -> None:
        """Names in any script work; one that is no text is told, and the next is read."""
        await self.begin()
        audio.make(self.music, "mp3", "100% ‽ 🎻 _'\"\\ .mp3", title="A", artist="B")
        odd = os.path.join(os.fsencode(self.music), b"\xff\xfe.mp3")
        with open(odd, "wb") as file:
            file.write(audio.make(self.music, "mp3", "ok.mp3", title="C", artist="B").read_bytes())
        self.assert_progress(await self.run_import(), imported=2, errored=1)
        self.assertIn("UTF-8", self.troubles[0][1])
        self.assert_progress(await self.run_import(), unchanged=2, errored=1)

    async def test_links(self) -> None:
        """A link that leads out is refused, one in a circle does no harm."""
        await self.begin()
        audio.make(self.music / "sub", "mp3", title="A", artist="B")
        (self.music / "sub" / "circle").symlink_to(self.music)
        outside = Path(os.path.abspath(self.mktemp()))
        audio.make(outside, "mp3", title="C", artist="B")
        (self.music / "out").symlink_to(outside)
        (self.music / "nowhere.mp3").symlink_to("/nowhere")
        self.assert_progress(await self.run_import(), imported=1)
        self.assertEqual([str(self.music / "out")], [path for path, _ in self.troubles])

    async def test_places_that_are_refused(self) -> None:
        """No music folder set, a path outside of it, a path that is not there, a library that is none."""
        await self.begin()
        error = await self.assertFailure(Deferred.fromCoroutine(self.run_import(music=None)), Invalid)
        self.assertIn("MUSIC_DIRECTORY_PATH", str(error))
        error = await self.assertFailure(Deferred.fromCoroutine(self.run_import(self.music.parent)), Invalid)
        self.assertIn("MUSIC_DIRECTORY_PATH", str(error))
        await self.assertFailure(Deferred.fromCoroutine(self.run_import(self.music / "none")), Invalid)
        self.uuid = UUID(int=0)
        await self.assertFailure(Deferred.fromCoroutine(self.run_import()), NotFound)

    async def test_music_folder_behind_a_link(self) -> None:
        """Sources are spelled as MUSIC_DIRECTORY_PATH is, however the folder was reached."""
        await self.begin()
        audio.make(self.music, "mp3", title="A", artist="B")
        link = Path(os.path.abspath(self.mktemp()))
        link.symlink_to(self.music)
        self.assert_progress(await self.run_import(music=str(link)), imported=1)
        self.assertEqual(f"file://{link}/mp3.mp3", await self.value("SELECT source FROM upload"))
        self.assert_progress(await self.run_import(link, music=str(link)), unchanged=1)

    async def test_one_that_breaks_us(self) -> None:
        """A file over which the database fails keeps no other from its place, and says that it is our fault."""
        await self.begin()
        await self.do("ALTER TABLE track ADD CONSTRAINT ours CHECK (title <> 'Bad')")
        for title in ("One", "Two", "Bad", "Four", "Five"):
            audio.make(self.music, "mp3", f"{title}.mp3", title=title, artist="Nina")
        self.assert_progress(await self.run_import(), imported=4, errored=1)
        self.assertEqual(1, len(self.flushLoggedErrors()))
        self.assertEqual([("file://" + str(self.music / "Bad.mp3"), "unknown_error")], await self.rows(
            "SELECT source, import_details->>'error_code' FROM upload WHERE import_status = 'errored'"))  # fmt: skip

    async def test_only_musicbrainz(self) -> None:
        """A pod that wants recording ids refuses files without."""
        await self.begin()
        self.only_musicbrainz = True
        audio.make(self.music, "mp3", title="A", artist="B")
        audio.make(self.music, "flac", title="C", artist="B", mbid=str(UUID(int=7)))
        self.assert_progress(await self.run_import(), imported=1, errored=1)
        self.assertIn("MusicBrainz", self.troubles[0][1])


class CopyTests(FoldersCase):
    """Files copied into the store."""

    async def test_copies(self) -> None:
        """Every file's bytes are in the store under the name that its upload says; again changes nothing."""
        await self.begin()
        paths = audio.make_many(self.music, 40)
        (self.music / "broken.mp3").write_text("no music")
        self.assert_progress(await self.run_import(in_place=False), imported=40, errored=1)
        named = await self.rows("SELECT audio_file FROM upload WHERE audio_file IS NOT NULL")
        self.assertEqual({path.read_bytes() for path in paths}, {(self.media / name).read_bytes() for name in named})
        self.assertEqual(sorted(named), [name for name in self.stored() if name.startswith("tracks/")])
        self.assertEqual([], await self.rows("SELECT * FROM doomed_file"))
        before = await self.everything()
        self.assert_progress(await self.run_import(in_place=False), unchanged=41)
        self.assertEqual(before, await self.everything())

    async def test_the_same_bytes_twice(self) -> None:
        """Of two files with the same bytes one is copied."""
        await self.begin()
        path = audio.make(self.music, "mp3", title="A", artist="B")
        shutil.copy(path, self.music / "again.mp3")
        self.assert_progress(await self.run_import(in_place=False), imported=1, unchanged=1)
        self.assertEqual(1, len(self.stored()))

    async def test_a_batch_by_weight(self) -> None:
        """Large files are copied in small lots, all of them."""
        await self.begin()
        audio.make_many(self.music, 20)
        self.assert_progress(await self.run_import(in_place=False, batch_bytes=20_000), imported=20)


class WatchTests(FoldersCase):
    """Imports that go on."""

    async def begin(self) -> None:
        """Begin to watch an empty folder."""
        await super().begin()
        self.rounds: list[Progress] = []
        self.waiting: list[Deferred[None]] = []
        wish = Wish(self.uuid, [str(self.music)], in_place=True, recursive=True)
        self.watching = Deferred.fromCoroutine(self.folders().watch(wish, Reports(progress=self.told)))
        self.addCleanup(self.end)
        await self.until(lambda: bool(self.rounds))

    async def end(self) -> None:
        """Watch no more."""
        self.watching.cancel()
        await self.assertFailure(self.watching, CancelledError)

    def told(self, progress: Progress) -> None:
        """A round is over; who waits hears of it when we are through."""
        if progress.is_over:
            self.rounds.append(progress)
            waiting, self.waiting = self.waiting, []
            for one in waiting:
                reactor.callLater(0, one.callback, None)

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for as many rounds as it takes."""
        while not done():
            self.waiting.append(Deferred())
            await self.waiting[-1]

    def sum(self, name: str) -> int:
        """What all rounds counted."""
        return sum(getattr(one, name) for one in self.rounds)

    async def test_come_change_move_go(self) -> None:
        """New files are imported, changed ones read again, moved ones recognised, vanished ones forgotten."""
        await self.begin()
        path = audio.make(self.music / "a" / "b", "flac", title="Low", artist="Nina")
        await self.until(lambda: self.sum("imported") == 1)
        audio.tag(path, "flac", title="High", artist="Nina")
        await self.until(lambda: self.sum("updated") == 1)
        self.assertEqual(["High"], await self.rows("SELECT title FROM track"))
        (self.music / "a").rename(self.music / "c")
        await self.until(lambda: self.sum("moved") == 1)
        audio.make(self.music / "c" / "b", "mp3", title="New", artist="Nina")
        await self.until(lambda: self.sum("imported") == 2)
        shutil.rmtree(self.music / "c")
        await self.until(lambda: self.sum("removed") == 2)
        self.assertEqual([], await self.rows("SELECT id FROM track"))
        audio.make(self.music / "a", "mp3", title="Back", artist="Nina")
        await self.until(lambda: self.sum("imported") == 3)

    async def test_a_whole_album_at_once(self) -> None:
        """Folders that are moved in, with all that is in them."""
        await self.begin()
        outside = self.music.parent / f"{self.music.name}-outside"
        audio.make_many(outside, 30)
        outside.rename(self.music / "in")
        await self.until(lambda: self.sum("imported") == 30)
        audio.make(self.music / "in" / audio.song(0).artist, "mp3", title="Late", artist="Nina")
        await self.until(lambda: self.sum("imported") == 31)

    async def test_what_happened_is_not_known(self) -> None:
        """When the kernel could not keep up, everything is looked at."""
        await self.begin()
        rounds = len(self.rounds)
        self.changed(Changes(everything=True))
        await self.until(lambda: len(self.rounds) == rounds + 1)
