"""Imports of folders that somebody asks for: one at a time, seen and stopped from anywhere, going on after a death."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread

from fwtwisted.core.folders.on_request import BEAT_SECONDS, IMPORT, LANE, FolderImports
from fwtwisted.core.folders.values import Progress, Reports, Wish
from fwtwisted.db import jobs
from fwtwisted.db.files import folder_imports
from fwtwisted.db.jobs import Job
from fwtwisted.model.errors import BadRequest, Invalid, NoRoom, Unavailable
from fwtwisted.model.folders import FolderEntry, FolderImport, FolderWish
from fwtwisted.model.people import Viewer
from tests import audio
from tests.core.test_folders import FoldersCase
from tests.waiting import settled

reactor: Any = the_reactor


class FolderImportsCase(FoldersCase):
    """Anna asks; hands of ours do what was asked."""

    async def begin(self) -> None:
        await super().begin()
        self.clock = Clock()
        self.anna = Viewer(actor_id=self.owner, is_local=True)
        self.imports = self.of(self.folders(batch_files=2).import_folder)

    def of(self, run: Any) -> FolderImports:
        return FolderImports(self.clock, self.database, deferToThread, str(self.music), run, lambda name, body: None)

    async def ask(self, path: str = "", reference: str = "web") -> None:
        await self.imports.begin(self.anna, FolderWish(path, self.uuid, reference))

    async def claimed(self) -> Job:
        [job] = await self.run_in(jobs.claim, LANE, [IMPORT], 10, 60.0)
        return job

    async def work(self, imports: FolderImports | None = None, failures: int = 0) -> Job:
        """Do the job that waits."""
        job = await self.claimed()
        if failures:
            await self.do("UPDATE job SET failures = %s", failures)
            job = Job(**{name: getattr(job, name) for name in Job.__annotations__} | {"failures": failures})
        await (imports or self.imports).jobs()[IMPORT].run(job)
        await self.run_in(jobs.done, job)
        return job

    async def latest(self) -> FolderImport:
        found = await self.run_in(folder_imports.latest)
        assert found is not None
        return found


class AskingTests(FolderImportsCase):
    """From the wish to the music."""

    async def test_an_import(self) -> None:
        """What was asked for is imported in place, with all that is below; its words can be read."""
        await self.begin()
        audio.make_many(self.music, 5)
        (self.music / "letter.mp3").write_bytes(b"Dear Anna")
        await self.ask(reference="2026-11-21")
        self.assertEqual("pending", (await self.latest()).status)
        await self.work()
        done = await self.latest()
        self.assertEqual(("finished", "2026-11-21", ""), (done.status, done.reference, done.path))
        self.assertRegex(done.logs[-1], r"^6 files looked at: 5 imported, 1 failed\.$")
        self.assertIn("letter.mp3: ", "\n".join(done.logs))
        self.assertEqual(["2026-11-21"], await self.rows("SELECT DISTINCT import_reference FROM upload"))
        self.assertEqual(
            5,
            await self.value("SELECT count(*) FROM upload WHERE source LIKE 'file://%%' AND track_id IS NOT NULL"),
        )

    async def test_only_one(self) -> None:
        """A second one is refused while the first is there, and taken afterwards."""
        await self.begin()
        await self.ask()
        with self.assertRaises(BadRequest):
            await self.ask()
        await self.work()
        await self.ask(reference="second")
        await self.work()
        self.assertEqual("second", (await self.latest()).reference)

    async def test_what_cannot_be_asked(self) -> None:
        """Paths that lead out or nowhere, and libraries of others."""
        await self.begin()
        (self.music / "out").symlink_to(self.media.parent)
        for path in ("..", "a/../..", "/etc", "nowhere", "out", "x" * 5000, "a\0b"):
            with self.assertRaises(Invalid) as caught:
                await self.ask(path)
            self.assertEqual({"path"}, set(caught.exception.problems), path)
        other = await self.a_library(await self.an_actor("bert"), "everyone", "his")
        theirs = await self.value("SELECT uuid FROM library WHERE id = %s", other)
        with self.assertRaises(Invalid) as caught:
            await self.imports.begin(self.anna, FolderWish("", theirs, "x"))
        self.assertEqual({"library"}, set(caught.exception.problems))

    async def test_looking_around(self) -> None:
        """Folders first, each group by name; what lies outside is not shown."""
        await self.begin()
        for name in ("b", "A"):
            (self.music / name).mkdir()
        for name in ("z.mp3", "C.mp3"):
            (self.music / name).touch()
        (self.music / "A" / "inner.flac").touch()
        view = await self.imports.look("")
        self.assertEqual(
            [("A", True), ("b", True), ("C.mp3", False), ("z.mp3", False)],
            [(entry.name, entry.is_folder) for entry in view.content],
        )
        self.assertEqual((str(self.music), None), (view.root, view.latest))
        self.assertEqual([FolderEntry("inner.flac", False)], list((await self.imports.look("A/")).content))
        for path in ("..", "A/../..", "/", "nowhere", "z.mp3"):
            with self.assertRaises(BadRequest):
                await self.imports.look(path)

    async def test_without_a_folder(self) -> None:
        """Where nothing may be used in place there is no root, and nothing can be asked for."""
        await self.begin()
        nowhere = FolderImports(self.clock, self.database, deferToThread, None, None, lambda name, body: None)  # type: ignore[arg-type]
        self.assertEqual((None, ()), ((await nowhere.look("any")).root, (await nowhere.look("any")).content))
        with self.assertRaises(Invalid):
            await nowhere.begin(self.anna, FolderWish("", self.uuid, "x"))


class _Slow:
    """An import that goes on when it is told to."""

    def __init__(self) -> None:
        self.wish: Wish | None = None
        self.begun: Deferred[None] = Deferred()
        self.batch: Deferred[None] = Deferred()
        self.batches = 0

    async def run(self, wish: Wish, reports: Reports) -> Progress:
        self.wish = wish
        progress = Progress(wish.reference)
        for _ in range(10):
            if not self.batches:
                reactor.callLater(0, self.begun.callback, None)
            self.batch = Deferred()
            await self.batch
            self.batches += 1
            progress.seen += 1
            reports.progress(progress)
        return progress


class StoppingTests(FolderImportsCase):
    """Canceled, stopped, killed, in trouble."""

    async def begin(self) -> None:
        await super().begin()
        self.slow = _Slow()
        self.running = self.of(self.slow.run)

    async def until_noted(self, line: str) -> None:
        """Let the clock beat until a line can be read by everybody."""
        while line not in (await self.latest()).logs:  # the test's time-out is the limit
            self.clock.advance(BEAT_SECONDS)
            await settled(1)

    async def test_canceled_elsewhere(self) -> None:
        """Another process cancels: the one that imports stops after its batch, and the next wish is taken up."""
        await self.begin()
        await self.ask()
        doing = Deferred.fromCoroutine(self.work(self.running))
        await self.slow.begun
        self.slow.batch.callback(None)
        await self.until_noted("1 files looked at: nothing new …")
        self.assertEqual("started", (await self.latest()).status)
        await self.imports.cancel()
        self.assertEqual("canceled", (await self.latest()).status)
        await self.ask(reference="next")
        while not doing.called:  # as soon as it has seen it, after the batch that it is at
            self.clock.advance(BEAT_SECONDS)
            await settled()
            if not self.slow.batch.called:
                self.slow.batch.callback(None)
        await doing
        self.assertLess(self.slow.batches, 10)
        self.assertEqual(("next", "pending"), ((await self.latest()).reference, (await self.latest()).status))
        first = await self.value("SELECT logs FROM folder_import ORDER BY id LIMIT 1")
        self.assertEqual("Stopped; what was imported stays.", first[-1])
        await self.work()
        self.assertEqual("finished", (await self.latest()).status)

    async def test_canceled_before_it_began(self) -> None:
        """Nothing is imported."""
        await self.begin()
        await self.ask()
        await self.imports.cancel()
        await self.work(self.running)
        self.assertEqual((0, "canceled"), (self.slow.batches, (await self.latest()).status))

    async def test_a_process_that_stops(self) -> None:
        """The import waits as it is, and another process goes on with it."""
        await self.begin()
        audio.make_many(self.music, 3)
        await self.ask()
        job = await self.claimed()
        doing = Deferred.fromCoroutine(self.running.jobs()[IMPORT].run(job))
        await self.slow.begun
        doing.cancel()
        with self.assertRaises(CancelledError):
            await doing
        self.assertEqual("started", (await self.latest()).status)
        await self.run_in(lambda tx: jobs.later(tx, job, 0, failed=False))
        await self.work()
        self.assertEqual("finished", (await self.latest()).status)
        self.assertEqual(3, await self.value("SELECT count(*) FROM upload"))

    async def test_trouble(self) -> None:
        """What may pass is tried again; what does not is said, and the import is over."""
        await self.begin()

        async def away(*_: object) -> Progress:
            raise Unavailable("The database is busy.")

        async def full(*_: object) -> Progress:
            raise NoRoom

        await self.ask()
        with self.assertRaises(Unavailable):
            await self.work(self.of(away))
        self.assertEqual("started", (await self.latest()).status)
        await self.do("UPDATE job SET due = now()")
        await self.work(self.of(full))
        self.assertEqual(("finished", str(NoRoom())), ((await self.latest()).status, (await self.latest()).logs[-1]))

    async def test_a_bug(self) -> None:
        """After the last attempt nobody waits for it any more."""
        await self.begin()

        async def broken(*_: object) -> Progress:
            raise ZeroDivisionError

        await self.ask()
        with self.assertRaises(ZeroDivisionError):
            await self.work(self.of(broken), failures=4)
        self.assertEqual("finished", (await self.latest()).status)

    async def test_a_forsaken_one(self) -> None:
        """An import whose job was given up does not stand in the way of the next."""
        await self.begin()
        await self.ask()
        await self.run_in(jobs.bury, await self.claimed(), "dead")
        await self.ask(reference="second")
        self.assertEqual(
            [("finished", "web"), ("pending", "second")],
            await self.rows("SELECT status, reference FROM folder_import ORDER BY id"),
        )

    async def test_many_words(self) -> None:
        """The last words are kept."""
        await self.begin()
        await self.ask()
        id = (await self.latest()).id
        await self.run_in(folder_imports.take)
        for start in range(0, 1200, 300):
            self.assertTrue(await self.run_in(folder_imports.note, id, [str(n) for n in range(start, start + 300)]))
        logs = (await self.latest()).logs
        self.assertEqual((500, "700", "1199"), (len(logs), logs[0], logs[-1]))
