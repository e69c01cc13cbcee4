"""Who listens to which radio: sessions, and what they are given next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from attrs import frozen

from fwtwisted.core.listening.radios.kinds import Choice, Listener, choice
from fwtwisted.core.listening.radios.pools import Pools
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.tokens import digest, new_secret
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.listening import radios
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.together import Together
from fwtwisted.model.errors import FwError, Invalid, NotFound
from fwtwisted.model.music import Shelf, Track
from fwtwisted.model.people import Viewer
from fwtwisted.model.radios import (
    NoMoreTracks,
    NoSuchSession,
    NotYourSession,
    RadioSession,
    RadioType,
    SessionTrack,
    SessionWish,
)
from fwtwisted.wire import radio_filters

PRUNE = "radios.prune"
LANE = "maintenance"
PRUNED_AT_ONCE = 1_000
KEPT_DAYS = 30  # after the last track of a session
MOST_AT_ONCE = 50  # tracks


@frozen
class RadioSettings:
    """:ivar visitor_seconds: how long a visitor is known by a cookie."""

    visitor_seconds: int = 5_400_000


@frozen
class Begun:
    """A session.  :ivar key: for the cookie of a visitor who has none yet."""

    session: RadioSession
    key: str | None = None


@frozen
class Played:
    """What a session was given, in order, and all that it refers to.  :ivar tracks: by id."""

    session: int
    items: Sequence[SessionTrack]
    tracks: Mapping[int, Track]
    shelf: Shelf


@frozen
class _Beginning:
    """Somebody wishes to listen."""

    viewer: Viewer
    cookie: str | None
    wish: SessionWish


class RadioSessions:
    """Begins sessions and gives them tracks, none of them twice."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        pools: Pools,
        shelves: Shelves,
        now: Callable[[], datetime],
        settings: RadioSettings,
    ) -> None:
        self._database, self._visibility, self._pools, self._shelves = database, visibility, pools, shelves
        self._now, self._settings = now, settings
        self._begins = Together(database.briefly, self._begin_all, database.transaction)

    async def begin(self, viewer: Viewer, cookie: str | None, wish: SessionWish) -> Begun:
        """
        Begin to listen.

        :param cookie: the key in a visitor's cookie.
        :raise Invalid: there is no such radio for this listener.
        """

        return await self._begins.done(_Beginning(viewer, cookie, wish))

    async def _begin_all(self, tx: Tx, wishes: Sequence[_Beginning]) -> list[Begun | FwError]:
        """What several wish for, each told by themselves."""
        outcomes: list[Begun | FwError] = []
        for wish in wishes:
            try:
                outcomes.append(await self._begin(tx, wish))
            except Invalid as why:
                outcomes.append(why)
        return outcomes

    async def _begin(self, tx: Tx, asked: _Beginning) -> Begun:
        """:raise Invalid:"""
        viewer, cookie, wish = asked.viewer, asked.cookie, asked.wish
        await self._choice(tx, viewer, wish)
        if viewer.account_id is not None:
            return Begun(await radios.add_session(tx, viewer.account_id, None, wish))
        if cookie is not None and await radios.is_visitor(tx, digest(cookie)):
            return Begun(await radios.add_session(tx, None, digest(cookie), wish))
        key = new_secret()
        await radios.add_visitor(tx, digest(key), self._settings.visitor_seconds)
        return Begun(await radios.add_session(tx, None, digest(key), wish), key)

    async def one(self, viewer: Viewer, cookie: str | None, id: int) -> RadioSession:
        """A session of the viewer's, or of the visitor with this cookie.  :raise NotFound:"""
        found = await self._database.read(lambda tx: radios.session(tx, id))
        if found is None or not _is_own(found, viewer, cookie):
            raise NotFound
        return found

    async def next(self, viewer: Viewer, cookie: str | None, id: int, count: int = 1) -> Played:
        """
        The next tracks of a session, at most ``count`` (and :data:`MOST_AT_ONCE`); at least one.

        :raise NoSuchSession: :raise NotYourSession:
        :raise NoMoreTracks: everything was played.
        """

        async def work(tx: Tx) -> list[SessionTrack]:
            session = await radios.lock_session(tx, id)
            if session is None:
                raise NoSuchSession
            if not _is_own(session, viewer, cookie):
                raise NotYourSession
            try:
                chosen = await self._choice(tx, viewer, _wish(session))
            except Invalid as gone:  # what the radio is about was removed, or is no longer the listener's to see
                raise NoMoreTracks from gone
            played = set(await radios.played(tx, id))
            drawn = await self._pools.drawn(tx, viewer, chosen, played, max(1, min(count, MOST_AT_ONCE)))
            given = await radios.give(tx, id, drawn)
            if not given:
                raise NoMoreTracks
            return given

        while True:
            given = await self._database.transaction(work)
            told = await self._database.read(partial(self._told, viewer, id, given))
            if told.items:  # else they were removed a moment ago
                return told

    async def _choice(self, tx: Tx, viewer: Viewer, wish: SessionWish) -> Choice:
        visible = await self._visibility.libraries_in(tx, viewer)
        return await choice(tx, Listener(viewer, visible, self._now(), self._pools.smart_songs), wish)

    async def _told(self, viewer: Viewer, id: int, given: Sequence[SessionTrack], tx: Tx) -> Played:
        visible = await self._visibility.libraries_in(tx, viewer)
        tracks, shelf = await self._shelves.tracks(tx, [one.track_id for one in given], visible)
        by_id = {track.id: track for track in tracks}
        return Played(id, [one for one in given if one.track_id in by_id], by_id, shelf)

    # --- chores ----------------------------------------------------------------------------------

    async def prune(self, _: Job) -> None:
        """Forget sessions that nobody listens to any more."""
        while await self._database.transaction(lambda tx: radios.prune(tx, KEPT_DAYS, PRUNED_AT_ONCE)):
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return {PRUNE: JobKind(LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return {PRUNE: Schedule(PRUNE, LANE, next_hour)}


def _is_own(session: RadioSession, viewer: Viewer, cookie: str | None) -> bool:
    if session.account_id is not None:
        return session.account_id == viewer.account_id
    return cookie is not None and session.cookie == digest(cookie)


def _wish(session: RadioSession) -> SessionWish:
    """The wish that the session began with."""
    filters = radio_filters.read(session.config) if session.radio_type is RadioType.CUSTOM_MULTIPLE else ()
    return SessionWish(session.radio_type, session.related, session.custom_radio, filters, session.config)
