"""Sessions of playback: their clock, when they end, and what is counted of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.playback import Playback, Report, State, begun, gone_on

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
SONG = 200_000  # milliseconds


def after(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def session(state: State = State.PLAYING, position: int = 0, duration: int | None = SONG, **more: object) -> Playback:
    """One that began at noon."""
    return begun("Test", Report(1, state, position, **more), duration, NOON)  # type: ignore[arg-type]


class ClockTests(SynchronousTestCase):
    """Where a song stands."""

    def test_it_runs_only_while_it_plays(self) -> None:
        """At its own rate, from where it stood."""
        for state, rate, expected in (
            (State.PLAYING, 1.0, 40_000),
            (State.PLAYING, 2.0, 70_000),
            (State.PLAYING, 0.5, 25_000),
            (State.STARTING, 1.0, 10_000),
            (State.PAUSED, 1.0, 10_000),
            (State.STOPPED, 1.0, 10_000),
        ):
            self.assertEqual(expected, session(state, 10_000, rate=rate).position_at(after(30)), (state, rate))

    def test_it_waits_at_the_end(self) -> None:
        """That the song is over is for the app to say; a clock that goes back is no harm."""
        self.assertEqual(SONG, session().position_at(after(3600)))
        self.assertEqual(3_600_000, session(duration=None).position_at(after(3600)))
        self.assertEqual(0, session().position_at(after(-60)))

    def test_when_it_is_over(self) -> None:
        """Half an hour after its planned end, or five minutes where an app only said that it plays."""
        for one, seconds in (
            (session(), 200 + 1800),
            (session(position=100_000, rate=2.0), 50 + 1800),
            (session(State.PAUSED, 150_000), 50 + 1800),
            (session(duration=None), 1800),
            (session(is_said=True), 200 + 300),
        ):
            self.assertEqual((False, True), (one.is_over(after(seconds)), one.is_over(after(seconds + 1))), one)


class CountingTests(SynchronousTestCase):
    """When a session is a listening."""

    def test_half_or_four_minutes(self) -> None:
        """Whichever comes first; without a length four minutes."""
        for duration, seconds in ((SONG, 100), (3_600_000, 240), (None, 240), (20_000, 10)):
            one = session(duration=duration)
            self.assertEqual((False, True), (one.is_due(after(seconds - 1)), one.is_due(after(seconds))), duration)

    def test_only_what_was_heard(self) -> None:
        """Pauses and leaps do not count; the time heard adds up."""
        one = gone_on(session(), Report(1, State.PAUSED, 60_000), after(60))
        one = gone_on(one, Report(1, State.PLAYING, 190_000), after(600))
        self.assertEqual(60_000, one.played)
        self.assertFalse(one.is_due(after(700)))
        one = gone_on(one, Report(1, State.PLAYING, 0), after(610))
        self.assertTrue(one.is_due(after(640)))

    def test_what_is_never_counted(self) -> None:
        """Silent ones, those that an app only said, and what was counted; nor the time after everybody left."""
        late = after(150)
        self.assertFalse(session(is_silent=True).is_due(late))
        self.assertFalse(session(is_said=True).is_due(late))
        self.assertFalse(gone_on(session(), Report(1, State.PLAYING, 0, is_silent=True), late).is_due(late))
        self.assertFalse(session().is_due(after(200 + 1801)))

    def test_which_scrobbles_are_of_a_session(self) -> None:
        """Those of its song, from about its beginning on, while it lasts."""
        one, now = session(), after(100)
        for track, moment, held in (
            (1, None, True),
            (1, NOON, True),
            (1, after(-50), True),
            (1, after(-70), False),
            (2, None, False),
        ):
            self.assertEqual(held, one.holds(track, moment, now), (track, moment))
        self.assertFalse(one.holds(1, None, after(86_400)))
        self.assertFalse(session(is_said=True).holds(1, None, now))

    def test_what_goes_on(self) -> None:
        """Another report of the same song; not a new start, another song, after a stop, or after a day."""
        report = Report(1, State.PLAYING)
        self.assertTrue(session().goes_on_with(report, after(10)))
        self.assertFalse(session().goes_on_with(Report(1, State.STARTING), after(10)))
        self.assertFalse(session().goes_on_with(Report(2, State.PLAYING), after(10)))
        self.assertFalse(session(State.STOPPED).goes_on_with(report, after(10)))
        self.assertFalse(session().goes_on_with(report, after(86_400)))
        self.assertFalse(session(is_said=True).goes_on_with(report, after(10)))
