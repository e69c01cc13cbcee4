"""
What an app plays at the moment, as far as it tells: a clock that runs between its reports.

A session is one song in one app of one person.  The app says where the song stands and whether it runs; where it
stands in between is computed.  That a song has ended is never assumed, so at its end the clock stops and waits.

Source: docs/subsonic.md §9.7 (playback reports), §8.3 (``getNowPlaying``), §8.7 (``scrobble``).
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from attrs import evolve, frozen

ENOUGH = timedelta(minutes=4)  # of a song, however long it is; half of it is enough as well
REPORTED_LINGERS = timedelta(minutes=30)  # after its planned end, a session that an app reports on
SAID_LINGERS = timedelta(minutes=5)  # one of which it only said that it began
EARLY = timedelta(minutes=1)  # before a session's beginning, what an app's clock may say of it
MOMENT = timedelta(milliseconds=1)


class State(enum.StrEnum):
    """What a song does, as an app reports it."""

    STARTING = "starting"
    PLAYING = "playing"
    PAUSED = "paused"
    STOPPED = "stopped"


@frozen
class Report:
    """
    What an app says of a song.

    :ivar position: milliseconds.  :ivar rate: how fast it runs; 1: as it was recorded.
    :ivar is_silent: it is only to be shown, not to be counted.
    :ivar is_said: no report by the clock, but the word that comes along with scrobbles.
    """

    track_id: int
    state: State
    position: int = 0
    rate: float = 1.0
    is_silent: bool = False
    is_said: bool = False


@frozen
class Playback:
    """
    A session.

    :ivar client: what the app calls itself.
    :ivar position: milliseconds, at the moment ``reported``.
    :ivar played: milliseconds of music that were heard until then.
    :ivar counted: a listening was written for it.
    :ivar is_reported: the app reports on it; else it only said that it plays this.
    :ivar is_silent: it is only shown.
    :ivar duration: milliseconds; None: not known.
    """

    client: str
    track_id: int
    state: State
    position: int
    rate: float
    started: datetime
    reported: datetime
    played: int = 0
    counted: bool = False
    is_reported: bool = True
    is_silent: bool = False
    duration: int | None = None

    # --- the clock ---------------------------------------------------------------------------------

    def run_at(self, now: datetime) -> int:
        """Milliseconds of music since the last report."""
        if self.state is not State.PLAYING or now <= self.reported:
            return 0
        run = int((now - self.reported) / MOMENT * self.rate)
        return run if self.duration is None else min(run, max(0, self.duration - self.position))

    def position_at(self, now: datetime) -> int:
        """Where the song stands, milliseconds."""
        return self.position + self.run_at(now)

    def is_over(self, now: datetime) -> bool:
        """Whether nobody has heard of it for so long that it is not going on."""
        remaining = max(0, (self.duration or 0) - self.position) / self.rate
        lingers = REPORTED_LINGERS if self.is_reported else SAID_LINGERS
        return now > self.reported + remaining * MOMENT + lingers

    # --- what it comes to --------------------------------------------------------------------------

    def is_due(self, now: datetime) -> bool:
        """Whether a listening is to be written for it, if it ends now."""
        if self.counted or self.is_silent or not self.is_reported:
            return False
        heard = self.played + (0 if self.is_over(now) else self.run_at(now))
        enough = ENOUGH / MOMENT if self.duration is None else min(ENOUGH / MOMENT, self.duration / 2)
        return heard >= enough

    def holds(self, track_id: int, moment: datetime | None, now: datetime) -> bool:
        """Whether a listening that an app tells of, None: now, is the one of this session."""
        if not self.is_reported or self.is_silent or track_id != self.track_id or self.is_over(now):
            return False
        return moment is None or moment >= self.started - EARLY

    def goes_on_with(self, report: Report, now: datetime) -> bool:
        """Whether the report is about this session, and does not begin another."""
        if report.track_id != self.track_id or self.state is State.STOPPED or self.is_over(now):
            return False
        return self.is_reported and report.state is not State.STARTING


def begun(client: str, report: Report, duration: int | None, now: datetime) -> Playback:
    """The session that a report begins."""
    return Playback(
        client=client,
        track_id=report.track_id,
        state=report.state,
        position=report.position,
        rate=report.rate,
        started=now,
        reported=now,
        is_reported=not report.is_said,
        is_silent=report.is_silent,
        duration=duration,
    )


def gone_on(session: Playback, report: Report, now: datetime) -> Playback:
    """The session after one more report."""
    return evolve(
        session,
        state=report.state,
        position=report.position,
        rate=report.rate,
        reported=now,
        played=session.played + session.run_at(now),
        is_silent=session.is_silent or report.is_silent,
    )
