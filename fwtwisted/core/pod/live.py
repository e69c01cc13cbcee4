"""
Telling people at once: what happened reaches every page that is connected, whichever process it hangs on.

::

    core, any process          the bell: all processes               a process with pages
    tell(audience, message) ─▶ the message itself, or where it lies ─▶ is anybody of the audience here? ─▶ hear()
    happened(audience, what) ─▶ ids alone ───────────────────────────▶ … then it is written here, now ───▶ hear()

A ring carries 5,000 bytes at most: a larger message is laid down in a table for a few minutes, and the ring says
where.  :meth:`Live.happened` is for what happens often: nothing is loaded, let alone written, where nobody listens.

**Who may see it** is decided where the listener is, at the moment of telling.  A message for those with a permission
goes to nobody whose session and permissions have not been looked at again first.  Sessions are looked at with every
beat, and at once when the bell says that one has ended; while the database is away, nobody is sent off.

A message is a hint like a ring: it may be lost, two may overtake each other, and pages ask again when they load.
Source: docs/api.md §5.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any, Protocol, TypeAlias

import orjson
from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from fwtwisted.core.people.signin import SESSIONS_BELL
from fwtwisted.db.pod import live as db_live
from fwtwisted.db.pool import Database
from fwtwisted.model.errors import Throttled, Unavailable
from fwtwisted.model.people import Viewer
from fwtwisted.outside.shared import LARGEST_PAYLOAD, Bell
from fwtwisted.wire.v1 import Document

BELL = "live"

GOING_AWAY = 1001  # status codes of a WebSocket's end: RFC 6455, 7.4.1
NOT_ALLOWED = 1008

Facts: TypeAlias = Mapping[str, Any]
Writer = Callable[[Facts], Awaitable["Document | None"]]
"""Writes the message about what happened, as its audience may see it; None: there is nothing to tell any more."""
Standing = Callable[[Collection[bytes]], Awaitable[Mapping[bytes, Viewer]]]
"""Whose sessions these are, by digest; those that have ended are left out."""


@frozen
class Audience:
    """
    Whom a message is for: of those who are connected, all who fit.

    :ivar actor_id: the one account that this actor belongs to; None: anybody.
    :ivar permission: what they must be permitted; None: nothing in particular.
    """

    actor_id: int | None = None
    permission: str | None = None

    @classmethod
    def permitted(cls, permission: str) -> Audience:
        """Everybody with a permission: ``moderation``, ``library`` or ``settings``."""
        return cls(permission=permission)

    def admits(self, viewer: Viewer) -> bool:
        """Whether the message is for this viewer."""
        if self.actor_id is not None and viewer.actor_id != self.actor_id:
            return False
        return self.permission is None or self.permission in viewer.permissions


EVERYBODY = Audience()

Tell: TypeAlias = Callable[[Audience, Document], None]
"""Brings a message (docs/api.md §5) to whoever of the audience is connected: :meth:`Live.tell`."""
Happened: TypeAlias = Callable[[Audience, str, Facts], None]
"""Tells what happened, by name and facts, to be written for each who hears it: :meth:`Live.happened`."""


class Listener(Protocol):
    """
    Somebody's open page.

    :ivar session: the digest of the session that it was opened with.
    """

    viewer: Viewer
    session: bytes

    def hear(self, message: bytes) -> None:
        """Send it a message: JSON."""

    def prod(self) -> None:
        """See whether it is still there; called with every beat."""

    def end(self, code: int) -> None:
        """Send it off; it calls :meth:`Live.leave` by itself."""


@frozen
class LiveSettings:
    """
    How many may listen, and how they are looked after.

    :ivar per_account: how many pages one account may have open in this process.
    :ivar per_process: how many all may have.
    :ivar beat_seconds: between two looks at every listener and its session (docs/operations.md O-15).
    :ivar most_waiting: messages that wait to be written; more than that are lost.
    :ivar kept_seconds: how long a large message lies in the table.
    """

    per_account: int = 20
    per_process: int = 5_000
    beat_seconds: float = 20.0
    most_waiting: int = 1_000
    kept_seconds: float = 300.0


@frozen
class _Ring:
    """What the bell said: the message itself, or its place, or what happened and who can write about it."""

    audience: Audience
    message: bytes | None = None
    kept: int | None = None
    about: str = ""
    facts: Facts | None = None


class Live(Service):
    """Knows who listens in this process, and brings them what is told in any."""

    _log = Logger()

    def __init__(
        self,
        database: Database,
        bell: Bell,
        clock: IReactorTime,
        standing: Standing,
        settings: LiveSettings | None = None,
    ) -> None:
        self._database, self._bell, self._standing = database, bell, standing
        self._settings = settings or LiveSettings()
        self._listeners: set[Listener] = set()
        self._pages: Counter[int | None] = Counter()
        self._writers: dict[str, Writer] = {}
        self._relayed: dict[str, Callable[[Facts], Audience]] = {}
        self._rings: deque[_Ring] = deque()
        self._work: set[Deferred[None]] = set()
        self._delivering = False
        self._is_closed = False
        self._deaf: list[Callable[[], None]] = []
        self._beat = LoopingCall(self._on_beat)
        self._beat.clock = clock

    # --- telling ---------------------------------------------------------------------------------

    def tell(self, audience: Audience, message: Document) -> None:
        """
        Tell the audience, in all processes; returns at once.

        Within a transaction: ``tx.after_commit(live.tell, audience, message)``.
        """
        body = orjson.dumps(message, option=orjson.OPT_UTC_Z)
        told = _dumped(audience, message=orjson.Fragment(body))
        if len(told) <= LARGEST_PAYLOAD:
            self._bell.ring(BELL, told)
        else:
            self._begin(self._tell_large(audience, body))

    def happened(self, audience: Audience, about: str, facts: Facts) -> None:
        """
        Have every process that somebody of the audience listens to write a message of its own and send it.

        :param about: what :meth:`writes` knows the writer by.  :param facts: ids, plain JSON values.
        """
        self._bell.ring(BELL, _dumped(audience, about=about, facts=facts))

    def writes(self, about: str, writer: Writer) -> None:
        """From now on, ``writer`` writes the messages about this."""
        self._writers[about] = writer

    def relays(self, bell: str, whose: Callable[[Facts], Audience]) -> None:
        """When ``bell`` rings with facts, have the writer of that name write about them for the audience ``whose``."""
        self._relayed[bell] = whose

    async def _tell_large(self, audience: Audience, body: bytes) -> None:
        seconds = self._settings.kept_seconds
        kept = await self._database.transaction(lambda tx: db_live.keep_message(tx, body.decode(), seconds))
        self._bell.ring(BELL, _dumped(audience, kept=kept))

    # --- who listens -----------------------------------------------------------------------------

    def admit(self, viewer: Viewer) -> None:
        """:raise Throttled: the account has too many pages open.  :raise Unavailable: this process has."""
        if self._is_closed or len(self._listeners) >= self._settings.per_process:
            raise Unavailable("Nobody else can listen just now.")
        if self._pages[viewer.account_id] >= self._settings.per_account:
            raise Throttled(60)

    def join(self, listener: Listener) -> None:
        """Somebody listens from now on."""
        self._listeners.add(listener)
        self._pages[listener.viewer.account_id] += 1
        if not self._beat.running:
            self._beat.start(self._settings.beat_seconds, now=False)

    def leave(self, listener: Listener) -> None:
        """Somebody listens no more; said twice, it is said once."""
        if listener not in self._listeners:
            return
        self._listeners.discard(listener)
        self._pages[listener.viewer.account_id] -= 1
        if not self._pages[listener.viewer.account_id]:
            del self._pages[listener.viewer.account_id]
        if not self._listeners and self._beat.running:
            self._beat.stop()

    @property
    def listeners(self) -> int:
        """How many listen in this process."""
        return len(self._listeners)

    # --- life ------------------------------------------------------------------------------------

    def startService(self) -> None:
        """Hear the bell."""
        super().startService()
        self._is_closed = False
        self._deaf = [
            self._bell.listen(BELL, self._rung),
            self._bell.listen(SESSIONS_BELL, self._session_ended),
            *(self._bell.listen(bell, partial(self._relay, bell)) for bell in self._relayed),
        ]

    def say_goodbye(self) -> None:
        """Send everybody off, as this process is going to stop; nobody new is let in."""
        self._is_closed = True
        for listener in list(self._listeners):
            listener.end(GOING_AWAY)

    async def stopService(self) -> None:
        """Hear nothing more; returns when what was begun has ended."""
        super().stopService()
        while self._deaf:
            self._deaf.pop()()
        self.say_goodbye()
        self._rings.clear()
        for begun in list(self._work):
            await begun
        if self._beat.running:
            self._beat.stop()

    def _begin(self, work: Awaitable[None]) -> None:
        """Start something that nobody waits for but :meth:`stopService`."""
        begun = Deferred.fromCoroutine(self._guarded(work))
        self._work.add(begun)
        begun.addBoth(lambda _: self._work.discard(begun))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Unavailable as away:
            self._log.warn("a message was lost: {why}", event="live.lost", why=str(away))
        except Exception:  # the last guard: whatever it was, the next message may go well
            self._log.failure("a message could not be told", event="live.broke")

    # --- sessions --------------------------------------------------------------------------------

    def _on_beat(self) -> None:
        for listener in list(self._listeners):
            listener.prod()
        if self._listeners:
            self._begin(self._look_at(list(self._listeners)))

    def _session_ended(self, digest: bytes) -> None:
        concerned = [one for one in self._listeners if not digest or one.session == digest]
        if concerned:
            self._begin(self._look_at(concerned))

    async def _look_at(self, listeners: Collection[Listener]) -> None:
        """See who these are by now; send those off whose session has ended.  :raise Unavailable:"""
        known = await self._standing({listener.session for listener in listeners})
        for listener in listeners:
            viewer = known.get(listener.session)
            if viewer is None or viewer.account_id != listener.viewer.account_id:
                listener.end(NOT_ALLOWED)
            else:
                listener.viewer = viewer

    # --- delivering ------------------------------------------------------------------------------

    def _rung(self, payload: bytes) -> None:
        if not self._listeners:
            return
        told = orjson.loads(payload)
        audience = Audience(told.get("actor"), told.get("permission"))
        message = orjson.dumps(told["message"]) if "message" in told else None
        self._take(_Ring(audience, message, told.get("kept"), told.get("about", ""), told.get("facts")))

    def _relay(self, bell: str, payload: bytes) -> None:
        if self._listeners:
            facts = orjson.loads(payload)
            self._take(_Ring(self._relayed[bell](facts), about=bell, facts=facts))

    def _take(self, ring: _Ring) -> None:
        """Bring it when its turn comes, if it is for anybody here."""
        if not self._fitting(ring.audience):
            return
        if len(self._rings) >= self._settings.most_waiting:
            self._rings.popleft()
            self._log.warn("more is told than can be brought; a message was lost", event="live.flooded")
        self._rings.append(ring)
        if not self._delivering:
            self._delivering = True
            self._begin(self._deliver())

    async def _deliver(self) -> None:
        """Bring what was told, one after the other."""
        try:
            while self._rings:
                await self._guarded(self._bring(self._rings.popleft()))
        finally:
            self._delivering = False

    async def _bring(self, ring: _Ring) -> None:
        if ring.audience.permission is not None:
            await self._look_at(self._fitting(ring.audience))
        message = await self._written(ring)
        if message is not None:
            for listener in self._fitting(ring.audience):
                listener.hear(message)

    async def _written(self, ring: _Ring) -> bytes | None:
        if ring.message is not None:
            return ring.message
        if ring.kept is not None:
            kept = ring.kept
            body = await self._database.read(lambda tx: db_live.kept_message(tx, kept))
            return body.encode() if body is not None else None
        writer = self._writers.get(ring.about)  # none: a newer process rang
        written = None if writer is None else await writer(ring.facts or {})
        return None if written is None else orjson.dumps(written, option=orjson.OPT_UTC_Z)

    def _fitting(self, audience: Audience) -> list[Listener]:
        return [one for one in self._listeners if audience.admits(one.viewer)]


def _dumped(audience: Audience, **told: object) -> bytes:
    whom = {"actor": audience.actor_id, "permission": audience.permission}
    return orjson.dumps({name: value for name, value in whom.items() if value is not None} | told)
