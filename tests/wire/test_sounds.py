"""How music sounds, from what a decoder says of it."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.sounds import BANDS, RATE, WIDTH, distance, features, similarity

FRAME_SECONDS = 1_024 / RATE


def said(moments: list[tuple[float, ...]], crossings: float = 0.1) -> bytes:
    """What ffmpeg writes of moments: the level of the whole, then of each band."""
    lines = []
    for number, levels in enumerate(moments):
        lines.append(f"frame:{number}    pts:{number * 1024}")
        for channel, level in enumerate(levels, 1):
            lines += [
                f"lavfi.astats.{channel}.RMS_level={level}",
                f"lavfi.astats.{channel}.Zero_crossings_rate={crossings}",
            ]
    return "\n".join(lines).encode()


def beats(per_minute: float, seconds: float = 30.0) -> bytes:
    """A drum."""
    moments = []
    for number in range(int(seconds / FRAME_SECONDS)):
        since = (number * FRAME_SECONDS) % (60 / per_minute)
        moments.append((-10 - 40 * since,) * (BANDS + 1))
    return said(moments)


class FeaturesTests(SynchronousTestCase):
    """Points."""

    def test_near_and_far(self) -> None:
        """The same is near, other colours are far."""
        dark = features(said([(-10.0, -12.0, -14.0, -30.0, -40.0, -50.0)] * 100))
        darker = features(said([(-11.0, -12.5, -15.0, -32.0, -42.0, -50.0)] * 100))
        bright = features(said([(-10.0, -50.0, -40.0, -30.0, -14.0, -12.0)] * 100, crossings=0.4))
        assert dark is not None and darker is not None and bright is not None
        self.assertEqual({WIDTH}, {len(dark), len(darker), len(bright)})
        self.assertLess(distance(dark, darker), 1)
        self.assertGreater(distance(dark, bright), 5)
        self.assertEqual(1.0, similarity(distance(dark, dark)))
        self.assertGreater(similarity(distance(dark, darker)), similarity(distance(dark, bright)))

    def test_tempo(self) -> None:
        """Twice as fast is nearly the same place; half as fast again is another."""
        slow, fast, other = (features(beats(pace)) for pace in (70, 140, 100))
        assert slow is not None and fast is not None and other is not None
        self.assertLess(distance(slow[-2:], fast[-2:]), distance(slow[-2:], other[-2:]))
        self.assertGreater(slow[-3], 0)

    def test_nothing_to_tell(self) -> None:
        """Silence, and what is too short, have no point."""
        self.assertIsNone(features(b""))
        self.assertIsNone(features(said([("-inf",) * (BANDS + 1)] * 100)))  # type: ignore[list-item]
        self.assertIsNone(features(said([(-10.0,) * (BANDS + 1)] * 5)))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(*[st.sampled_from(["-inf", "nan", "inf", "x", "-12.5", "0", "1e400"])] * 6), max_size=60))
    def test_whatever_comes(self, moments: list[tuple[str, ...]]) -> None:
        """Numbers that are numbers, or none."""
        found = features(said(moments))  # type: ignore[arg-type]
        self.assertTrue(found is None or (len(found) == WIDTH and all(map(math.isfinite, found))))

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=500))
    def test_any_bytes(self, told: bytes) -> None:
        """An answer for any bytes."""
        self.assertIsNone(features(told))
