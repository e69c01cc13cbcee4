"""The real mpv, with no ears to hear it."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from fwtwisted.outside.mpv import Mpv, PlayerAway
from tests.machine import MPV, needed
from tests.outside.sounds import sound

reactor: Any = the_reactor


def an_mpv() -> Mpv:
    """One that plays into nothing."""
    return Mpv(reactor, needed(MPV), "null")


class MpvTests(TestCase):
    """Played, told, ended."""

    def setUp(self) -> None:
        self.mpv = an_mpv()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.mpv.stop()))

    async def test_plays_and_tells_the_end(self) -> None:
        """A file is played from where it is asked to; its end is told once."""
        ended: Deferred[int] = Deferred()
        self.mpv.ended = ended.callback
        number = await self.mpv.play(await sound(3), 2.0)
        self.assertTrue(self.mpv.is_there)
        self.assertEqual(number, await ended)

    async def test_obeys(self) -> None:
        """It stands still when it is told to, and says where."""
        await self.mpv.play(await sound(60), 20.0)
        await self.mpv.tell("set_property", "pause", True)
        await self.mpv.tell("set_property", "volume", 30)
        while (position := await self.mpv.ask("time-pos")) is None:
            await deferLater(reactor, 0.05)
        self.assertAlmostEqual(20, position, delta=20)  # it plays from where it was told, until it is paused
        self.assertEqual(30, await self.mpv.ask("volume"))
        self.assertIsNone(await self.mpv.ask("no-such-thing"))
        with self.assertRaises(PlayerAway):
            await self.mpv.tell("no-such-command")

    async def test_what_is_no_audio_ends_at_once(self) -> None:
        """Also a list of files of ours that says it is a song."""
        other = os.path.abspath(self.mktemp())
        with open(other, "w") as file:
            file.write(f"#EXTM3U\n{await sound(60)}\n")
        ended: Deferred[int] = Deferred()
        self.mpv.ended = ended.callback
        self.assertEqual(await self.mpv.play(other), await ended)

    async def test_a_dead_one_is_replaced(self) -> None:
        """Whoever asks a dead one is told; the next song starts another."""
        path = await sound(60)
        await self.mpv.play(path)
        assert self.mpv._process is not None
        self.mpv._process.signalProcess("KILL")
        while self.mpv.is_there:
            await deferLater(reactor, 0.02)
        with self.assertRaises(PlayerAway):
            await self.mpv.tell("get_property", "pause")
        await self.mpv.play(path)
        self.assertTrue(self.mpv.is_there)

    async def test_stopping_twice(self) -> None:
        """Nothing is left, however often it is stopped."""
        await self.mpv.stop()
        await self.mpv.play(await sound(60))
        await self.mpv.stop()
        await self.mpv.stop()
        self.assertFalse(self.mpv.is_there)
