"""Keys that open one published file each."""

from __future__ import annotations

from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.audio_keys import AudioKeys

ONE, OTHER = UUID(int=1), UUID(int=2)


class KeysTests(SynchronousTestCase):
    """Made and known by whoever has the secret."""

    def test_opens(self) -> None:
        """The file that it was made for, always, and no other; not by another secret."""
        keys = AudioKeys("known to nobody")
        key = keys.of(ONE)
        self.assertRegex(key, r"\A[A-Za-z0-9_-]{22}\Z")
        self.assertTrue(AudioKeys("known to nobody").opens(key, ONE))
        for wrong, upload in ((key, OTHER), (key, None), (None, ONE), ("", ONE), (key[:-1], ONE), ("é", ONE)):
            self.assertFalse(keys.opens(wrong, upload), (wrong, upload))
        self.assertFalse(AudioKeys("another").opens(key, ONE))
