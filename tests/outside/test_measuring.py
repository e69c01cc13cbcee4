"""Listening to files with the real ffmpeg."""

from __future__ import annotations

import os

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from fwtwisted.outside.measuring import Measuring, Piece
from fwtwisted.wire.sounds import GRAPH, features
from tests.outside.sounds import sound

MINUTE = Piece(0.0, 60.0)


class MeasuringTests(TestCase):
    """What a graph has to tell."""

    async def test_a_file_is_heard(self) -> None:
        """The house's own graph yields numbers; another piece is measured where it lies."""
        path = await sound(6)
        measuring = Measuring(reactor)
        told = await measuring.told(path, GRAPH, MINUTE)
        assert told is not None
        self.assertIsNotNone(features(told))
        short = await measuring.told(path, GRAPH, Piece(5.5, 60.0))
        assert short is not None
        self.assertLess(len(short), len(told) / 4)

    async def test_what_is_no_audio(self) -> None:
        """Nothing, whatever it claims to be: a list of files of ours is none."""
        measuring = Measuring(reactor)
        folder = self.mktemp()
        os.makedirs(folder)
        for name, body in (("a.mp3", b"no audio at all"), ("b.mp3", b"#EXTM3U\n/etc/passwd\n"), ("c.flac", b"")):
            path = os.path.join(os.path.abspath(folder), name)
            with open(path, "wb") as file:
                file.write(body)
            self.assertIsNone(await measuring.told(path, GRAPH, MINUTE), name)
        self.assertIsNone(await measuring.told("/nowhere/at/all.mp3", GRAPH, MINUTE))
