"""Play queues through the ears of somebody who may hear less than before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.resuming import PlayQueue


class QueueTests(SynchronousTestCase):
    """What is left of a queue."""

    def test_the_current_song_is_always_there(self) -> None:
        """It keeps its place; when it is gone, the next takes over, or the last."""
        cases: Sequence[tuple[int | None, set[int], list[int], int | None, int]] = (
            (2, {1, 2, 3}, [1, 2, 3, 1], 2, 500),
            (2, {1, 3}, [1, 3, 1], 1, 500),
            (2, {1, 2}, [1, 2, 1], 2, 0),
            (2, {2}, [2], 0, 0),
            (3, {2, 3}, [2, 3], 1, 0),
            (2, set(), [], None, 0),
            (None, {1, 2}, [1, 2, 1], None, 0),
        )
        for current, audible, songs, place, position in cases:
            queue = PlayQueue([1, 2, 3, 1], current, 500, datetime(2026, 5, 6, tzinfo=UTC), "Test")
            heard = queue.heard_through(audible)
            self.assertEqual((songs, place, position), (heard.songs, heard.current, heard.position), (current, audible))
