"""The readers: whatever a file does, it is told, and the others are read."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import orjson
from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.outside.readers import Readers, ReadersSettings
from fwtwisted.outside.reading import Examined, examine, framed, heard, picture_of, told
from tests import audio
from tests.waiting import GUARD_SECONDS


class ReadingTests(SynchronousTestCase):
    """Looking at one file."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def test_what_is_told_is_heard(self) -> None:
        """A document on the pipe means the same at its other end, for every kind of file."""
        for kind in audio.KINDS:
            path = audio.make(self.folder, kind)
            if kind not in audio.BARE:
                audio.tag(path, kind, title="A", artist=["B", "C"], date="2001-02-03", cover=audio.image())
            seen = examine(str(path))
            self.assertIsNotNone(seen.audio, kind)
            self.assertEqual(seen, heard(orjson.loads(framed(told(seen))[4:])), kind)

    def test_checksum_size_and_time(self) -> None:
        """The facts of the file itself."""
        path = audio.make(self.folder, "mp3", title="A")
        seen = examine(str(path))
        about = path.stat()
        self.assertEqual((about.st_size, about.st_mtime_ns), (seen.size, seen.mtime_ns))
        self.assertEqual(71, len(seen.checksum))

    def test_embedded_before_beside(self) -> None:
        """The picture in the file wins; without one, cover.png or folder.jpg beside it; a picture must be one."""
        (self.folder / "Cover.PNG").write_bytes(audio.image(red=1))
        inside = examine(str(audio.make(self.folder, "mp3", "1.mp3", title="A", cover=audio.image(red=2))))
        beside = examine(str(audio.make(self.folder, "mp3", "2.mp3", title="A")))
        assert inside.cover and beside.cover
        self.assertIsNone(inside.cover.beside)
        self.assertEqual(audio.image(red=2), picture_of(str(self.folder / "1.mp3"), inside.cover))
        self.assertEqual(audio.image(red=1), picture_of(str(self.folder / "2.mp3"), beside.cover))
        other = self.folder / "other"
        other.mkdir()
        (other / "cover.jpg").write_bytes(b"<svg>")
        self.assertIsNone(examine(str(audio.make(other, "flac", title="A"))).cover)

    def test_trouble_in_words(self) -> None:
        """No file, a folder, a pipe, an empty file, a text: each has words and no exception."""
        os.mkfifo(self.folder / "pipe.mp3")
        (self.folder / "empty.mp3").touch()
        (self.folder / "text.mp3").write_text("hello")
        self.assertTrue(examine(str(self.folder / "none.mp3")).is_gone)
        for name in ("", "pipe.mp3", "empty.mp3", "text.flac", "text.mp3"):
            seen = examine(str(self.folder / name))
            self.assertIsNone(seen.audio, name)
            self.assertTrue(seen.trouble, name)


class ReadersTests(TestCase):
    """Child processes."""

    timeout = GUARD_SECONDS

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())

    def readers(self, **settings: float) -> Readers:
        """Running readers."""
        made = Readers(reactor, ReadersSettings(**settings))  # type: ignore[arg-type]
        made.startService()
        self.addCleanup(made.stopService)
        return made

    async def all_of(self, readers: Readers, paths: list[Path]) -> list[Examined]:
        """Look at all of them at once."""
        return await gatherResults([readers.examine(str(path)) for path in paths])

    async def test_many_files_in_order(self) -> None:
        """Each answer belongs to its question, however many there are and whatever they are named."""
        paths = audio.make_many(self.folder, 120)
        odd = Path(os.fsdecode(os.fsencode(self.folder) + b"/\xff\xfe.mp3"))
        odd.write_bytes(audio.make(self.folder, "mp3", title="Odd").read_bytes())
        seen = await self.all_of(self.readers(ahead=4), [*paths, odd])
        self.assertEqual(
            [audio.song(n).title for n in range(120)] + ["Odd"], [one.audio and one.audio.tags.title for one in seen]
        )

    async def test_a_dying_child_costs_one_file(self) -> None:
        """When a child is killed, the file it was at is told as unreadable, and all others are read."""
        paths = audio.make_many(self.folder, 60)
        readers = self.readers(children=1)
        answers = [readers.examine(str(path)) for path in paths]
        answers[5].addCallback(_also(lambda: os.kill(_child_of(readers), signal.SIGKILL)))
        seen = await gatherResults(answers)
        self.assertEqual(1, sum(one.audio is None for one in seen))
        self.assertTrue(all(one.trouble for one in seen if one.audio is None))

    async def test_a_child_that_dies_at_rest_costs_nothing(self) -> None:
        """Whoever asks before its end is known is answered by the next."""
        first, *rest = (str(path) for path in audio.make_many(self.folder, 6))
        readers = self.readers(children=1)
        for path in rest:
            self.assertIsNotNone((await readers.examine(first)).audio)
            (child,) = readers._children
            child.transport.closeStdin()  # which has it end, a moment later
            while child.is_listening:
                await deferLater(reactor, 0)
            self.assertIsNotNone((await readers.examine(path)).audio)

    async def test_a_silent_child_is_ended(self) -> None:
        """A child that hangs over a file is ended in time; the others are read by the next."""
        paths = audio.make_many(self.folder, 20)
        readers = self.readers(children=1, patience_seconds=1.0)
        answers = [readers.examine(str(path)) for path in paths]
        answers[5].addCallback(_also(lambda: os.kill(_child_of(readers), signal.SIGSTOP)))
        seen = await gatherResults(answers)
        self.assertEqual(1, sum(one.audio is None for one in seen))

    async def test_stopping_answers_everybody(self) -> None:
        """Who still waits when the readers stop is told."""
        readers = Readers(reactor)  # type: ignore[arg-type]
        answers = [readers.examine(str(path)) for path in audio.make_many(self.folder, 100)]
        await readers.stopService()
        await gatherResults(answers)


def _child_of(readers: Readers) -> int:
    """The process id of the only child."""
    (child,) = readers._children
    pid = child.transport.pid
    assert isinstance(pid, int)
    return pid


def _also(act: Callable[[], None]) -> Callable[[Examined], Examined]:
    """A callback that does something and passes its argument on."""

    def call(seen: Examined) -> Examined:
        act()
        return seen

    return call
