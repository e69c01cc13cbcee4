"""
What people play now, and what becomes of it: one listening for every time that a song was heard.

Apps tell of it in two ways, and some in both: they scrobble (a song was heard), or they report on the clock of a
session, of which the server makes a listening by itself.  A scrobble that belongs to a session is that session's
listening, and is written once.  Whoever writes holds the account, so that two calls at once count once.

Source: docs/subsonic.md §8.3, §8.7 and §9.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from fwtwisted.core.listening.history import Listening
from fwtwisted.db.listening import history
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import playback
from fwtwisted.db.subsonic.playback import Playing
from fwtwisted.db.together import Together
from fwtwisted.model.listening import Heard, Play
from fwtwisted.model.people import Viewer
from fwtwisted.model.playback import Playback, Report, State, begun, gone_on

OLDEST = timedelta(days=14)  # what an app may bring in later; before that, its clock is wrong
LONGEST = timedelta(days=1)  # that anything plays without a word from its app
MOST_PLAYING = 500


@frozen
class _Scrobble:
    """What one app tells."""

    account_id: int
    client: str
    told: Sequence[Heard]

    @property
    def app(self) -> tuple[int, str]:
        return self.account_id, self.client


class NowPlaying:
    """
    Keeps sessions, and writes listenings.

    :param now: the time.
    """

    def __init__(self, database: Database, listening: Listening, now: Callable[[], datetime]) -> None:
        self._database, self._listening, self.now = database, listening, now
        self._scrobbles = Together(database.briefly, self._scrobble_all, database.transaction)

    async def playing(self, viewer: Viewer) -> Sequence[Playing]:
        """What is going on, of people whose doings the viewer may see; the latest first."""
        now = self.now()
        found = await self._database.read(
            lambda tx: playback.playing(tx, viewer.actor_id, viewer.is_local, now - LONGEST, MOST_PLAYING)
        )
        return [one for one in found if not one.playback.is_over(now)]

    async def report(self, account_id: int, actor_id: int, client: str, report: Report) -> None:
        """Take what an app says of a song that is there."""
        now = self.now()

        async def work(tx: Tx) -> None:
            await playback.hold(tx, account_id)
            known = await playback.session(tx, account_id, client)
            if known is not None and known.goes_on_with(report, now):
                if report.is_said:  # what the reports tell already
                    return
                session = gone_on(known, report, now)
                if session.state is State.STOPPED:
                    session = await self._ended(tx, actor_id, session, now)
            else:
                if known is not None:
                    await self._ended(tx, actor_id, known, now)
                session = begun(client, report, await playback.duration(tx, report.track_id), now)
            await playback.save(tx, account_id, session)

        await self._database.transaction(work)

    async def _ended(self, tx: Tx, actor_id: int, session: Playback, now: datetime) -> Playback:
        """The session after its listening was written, if one is due."""
        if not session.is_due(now):
            return session
        await self._listening.listened_in(tx, [Heard(actor_id, session.track_id, session.started)])
        return evolve(session, counted=True)

    async def scrobble(self, account_id: int, actor_id: int, client: str, plays: Sequence[Play]) -> None:
        """
        Remember that songs that are there were heard.

        The same song at the same moment is remembered once; what is said to lie in the future is of now, and what
        lies too far back is passed over.
        """
        told = tuple(dict.fromkeys(Heard(actor_id, *play) for play in _in_time(plays, self.now())))
        await self._scrobbles.done(_Scrobble(account_id, client, told))

    async def _scrobble_all(self, tx: Tx, wishes: Sequence[_Scrobble]) -> list[None]:
        """What several apps tell at the same time, in their order."""
        now = self.now()
        await playback.hold(tx, *{wish.account_id for wish in wishes})
        sessions = await playback.sessions(tx, {wish.app for wish in wishes})
        dated = [one for wish in wishes for one in wish.told if one.moment is not None]
        known = await history.heard_at(tx, dated) if dated else set()
        heard: list[Heard] = []
        for wish in wishes:
            new = [one for one in wish.told if one not in known]
            known.update(one for one in new if one.moment is not None)
            session = sessions.get(wish.app)
            of_session = [] if session is None else [one for one in new if session.holds(one.track_id, one.moment, now)]
            if session is not None and of_session:
                counted = of_session if session.counted else of_session[1:]
                new = [one for one in new if one not in counted]
                sessions[wish.app] = evolve(session, counted=True)
                await playback.save(tx, wish.account_id, sessions[wish.app])
            heard += new
        if heard:
            await self._listening.listened_in(tx, heard)
        return [None] * len(wishes)


def _in_time(plays: Sequence[Play], now: datetime) -> Sequence[Play]:
    return [
        (track_id, None if moment is None or moment > now else moment)
        for track_id, moment in plays
        if moment is None or moment >= now - OLDEST
    ]
