"""What answers of inboxes mean, and how many are sent at once (docs/federation.md §4.14)."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.fediverse.sending.door import Door
from fwtwisted.core.fediverse.sending.verdicts import Tries, Verdict, host_rest, judged, unanswered, wish_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class VerdictTests(SynchronousTestCase):
    """The table of answers."""

    def test_statuses(self) -> None:
        """Each kind of answer has its consequence."""
        table = {
            Verdict.DONE: (200, 202, 204),
            Verdict.GIVE_UP: (301, 302, 307, 308, 400, 404, 405, 406, 410, 413, 415, 422),
            Verdict.AGAIN: (401, 403, 408, 418, 425, 429, 500, 502, 503, 504),
        }
        for verdict, statuses in table.items():
            for status in statuses:
                self.assertIs(judged(status, Tries(), 0.5).verdict, verdict, status)

    def test_schedule(self) -> None:
        """Nine attempts, ever further apart; none after the last."""
        rests = [judged(503, Tries(number), 0.5).rest for number in range(8)]
        self.assertEqual([round(rest) for rest in rests], [60, 300, 900, 3600, 10800, 28800, 86400, 172800])
        self.assertIs(judged(503, Tries(8), 0.5).verdict, Verdict.GIVE_UP)
        self.assertIs(unanswered(Tries(8), 0.5).verdict, Verdict.GIVE_UP)

    def test_spread(self) -> None:
        """A fifth either way."""
        self.assertAlmostEqual(unanswered(Tries(), 0.0).rest, 48)
        self.assertAlmostEqual(unanswered(Tries(), 1.0).rest, 72)

    def test_what_counts_against_a_host(self) -> None:
        """Silence, errors of its own and being busy do; that it does not want this one does not."""
        sick = [
            status for status in (401, 403, 404, 408, 422, 425, 429, 500, 503) if judged(status, Tries(), 0).is_sick
        ]
        self.assertEqual(sick, [408, 425, 429, 500, 503])
        self.assertTrue(unanswered(Tries(), 0).is_sick)

    def test_refusals(self) -> None:
        """The third 403 is the last."""
        self.assertIs(judged(403, Tries(1, 1), 0.5).verdict, Verdict.AGAIN)
        self.assertIs(judged(403, Tries(2, 2), 0.5).verdict, Verdict.GIVE_UP)

    def test_retry_after(self) -> None:
        """Seconds or a moment, at most a day, and never sooner than we would come anyway."""
        self.assertEqual(wish_of({"retry-after": "120"}, NOW), 120)
        self.assertEqual(wish_of({"retry-after": "Fri, 02 Jan 2026 03:05:05 GMT"}, NOW), 60)
        nonsense = [f"Fri, 02 Jan 2026 03:05:05 +{'9' * 20}", f"Fri, 02 Jan {'9' * 20} 03:05:05 GMT"]
        for text in ("", "soon", "-5", "1.5", "٣", "9" * 400 + "x", *nonsense):
            self.assertIsNone(wish_of({"retry-after": text}, NOW), text)
        self.assertEqual(judged(429, Tries(), 0.5, 7200.0).rest, 7200)
        self.assertEqual(judged(429, Tries(), 0.5, 1.0).rest, 60)
        self.assertEqual(judged(503, Tries(), 0.5, 1e9).rest, 86400)

    def test_rests_of_hosts(self) -> None:
        """Ten minutes after five failures, then twice as long each time, up to six hours."""
        self.assertEqual([host_rest(number, 0) for number in (1, 4, 5)], [0, 0, 600])
        self.assertEqual([host_rest(9, rest) for rest in (600, 9600, 19200, 21600)], [1200, 19200, 21600, 21600])


class DoorTests(SynchronousTestCase):
    """A few at a time."""

    def test_two_abreast(self) -> None:
        """Two go in each turn; who has left is no hindrance."""
        clock, gone = Clock(), []
        door = Door(clock, 2, 1.0)
        turns = [door.through() for _ in range(5)]
        for number, turn in enumerate(turns):
            turn.addCallbacks(lambda _, number=number: gone.append(number), lambda _: None)
        turns[2].cancel()
        told = []
        for _ in range(3):
            clock.advance(1)
            told.append(list(gone))
        self.assertEqual(told, [[0, 1], [0, 1, 3], [0, 1, 3, 4]])
        self.assertEqual(clock.getDelayedCalls(), [])
