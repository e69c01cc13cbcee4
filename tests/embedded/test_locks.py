"""``flock`` as we use it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.embedded.locks import FileLock


class LockTests(SynchronousTestCase):
    """``flock`` as we use it."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def test_one_holder(self) -> None:
        """A second one gets it when the first has let go."""
        first, second = FileLock(self.path), FileLock(self.path)
        self.assertTrue(first.take())
        self.assertFalse(second.take())
        first.release()
        self.assertTrue(second.take())
        second.release()

    def test_shared(self) -> None:
        """Many share it; only the last of them can have it alone."""
        first, second = FileLock(self.path), FileLock(self.path)
        self.assertTrue(first.take(shared=True))
        self.assertTrue(second.take(shared=True))
        self.assertFalse(first.take())
        self.assertFalse(first.held)
        self.assertTrue(second.take())
        second.release()

    def test_children(self) -> None:
        """A child holds it only when it was given it, and then longer than we."""
        first, second = FileLock(self.path), FileLock(self.path)
        first.take()
        for given in ((), (first.fileno(),)):
            with subprocess.Popen(["sleep", "60"], pass_fds=given) as child:
                first.release()
                self.assertEqual(not given, second.take())
                second.release()
                child.kill()
            self.assertTrue(first.take())
        first.release()
