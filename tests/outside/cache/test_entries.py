"""Reading from an entry while bytes come into it: docs/storage.md S-60, S-64."""

from __future__ import annotations

import os

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.outside.cache.entries import Entry, Run
from fwtwisted.outside.cache.folder import Folder
from fwtwisted.outside.cache.journal import Facts


class FreshTests(SynchronousTestCase):
    """Bytes that have come, and are not in the file yet."""

    def setUp(self) -> None:
        folder = Folder(os.path.abspath(self.mktemp()))
        folder.begin()
        files, state = folder.appear(
            folder.prepare(), Facts("bucket\ntracks/a.mp3", 1000, 100, '"tag"', None, None, 0.0)
        )
        self.addCleanup(files.close)
        self.entry = Entry("digest", "tracks/a.mp3", files, state, deferToThread, lambda: 0.0)
        self.run_ = Run(0, 100)
        self.entry.runs.append(self.run_)
        files.write(b"0123456789", 0)
        files.write(b"-" * 10, 90)  # the file is as long as it will be, with a hole in it
        self.run_.advance(10)

    def test_read_before_they_are_written(self) -> None:
        """Who waits for them is told and has them at once, piece by piece."""
        told = self.run_.moved()
        self.assertEqual(16, self.run_.show([b"abc", b"def"], 10))
        self.assertIsNone(self.successResultOf(told))
        self.assertEqual(6, self.entry.readable(10))
        self.assertEqual([b"abc", b"c", b"de"], [self.entry.read(*where) for where in ((10, 6), (12, 5), (13, 2))])

    def test_never_a_hole(self) -> None:
        """Who is behind reads up to where the file is written, and not what lies in it farther on."""
        self.run_.show([b"abc", b"def"], 10)
        self.assertEqual((11, b"56789"), (self.entry.readable(5), self.entry.read(5, 11)))

    def test_written(self) -> None:
        """Then they are read from the file."""
        self.run_.show([b"abc"], 10)
        self.entry.files.write(b"ABC", 10)
        self.run_.fresh = ()
        self.assertEqual(b"89ABC", self.entry.read(8, 5))
