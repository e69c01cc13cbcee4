"""Lists of HTTP Live Streaming (docs/subsonic.md rule 57)."""

from __future__ import annotations

from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.subsonic.live import master_list, media_list, rates, segments


class LiveTests(SynchronousTestCase):
    """Pieces and lists."""

    def test_pieces(self) -> None:
        """They follow each other without a gap, and are as long as the song."""
        for seconds in (1, 10, 11, 3600):
            pieces = segments(seconds)
            self.assertApproximates(seconds, sum(piece.length for piece in pieces), 0.001)
            for before, after in pairwise(pieces):
                self.assertApproximates(before.start + before.length, after.start, 0.001)
            self.assertTrue(all(0 < piece.length <= 10.24 for piece in pieces))
        self.assertEqual([], segments(0))

    def test_the_longest_is_told(self) -> None:
        """No piece is longer than what the list promises, rounded."""
        self.assertIn("#EXT-X-TARGETDURATION:4\n", media_list(segments(4), ["a"]))
        self.assertIn("#EXT-X-TARGETDURATION:11\n", media_list(segments(12), ["a", "b"]))

    def test_rates(self) -> None:
        """Numbers in any of the forms, within what we make; each once, and not too many."""
        self.assertEqual([128, 32, 320], rates(["128", "128@480x360", "5", "99999", "x", "-1", "0", ""]))
        self.assertEqual(10, len(rates(map(str, range(40, 100)))))

    def test_several(self) -> None:
        """Each with what it takes to be heard."""
        told = master_list([(64, "low"), (256, "high")])
        self.assertIn('BANDWIDTH=73600,CODECS="mp4a.40.2"\nlow\n', told)
