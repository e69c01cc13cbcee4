"""
What the processes of a pod share and may forget: a ``Cache`` of bytes and counts, and a ``Bell`` that wakes.

With Redis they are shared by all processes, without it they live in this one (operations O-4).  Nothing that must be
remembered is here: a flushed Redis costs time, never data.

::

    Redis (one connection, kept up) ─┬─ RedisCache ── while Redis is away: counts in a MemoryCache
                                     └─ RedisBell ─── PUBLISH; a second connection listens

**Redis away** (operations O-61) is no failure for anybody above: within ``patience_seconds`` the cache has nothing,
counts in this process, and rings are lost.  One warning a minute says so; the connection is made again by itself.

txredisapi speaks the protocol; its own connection pool is not used, because that gives up for ever when the
connection breaks while it logs in, and lets commands wait for as long as there is no connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import txredisapi
from attrs import field, frozen
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import optionsForClientTLS
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger

LARGEST_PAYLOAD = 5_000  # bytes that a ring carries, whichever bell it is
FIRST_REST, LONGEST_REST = 0.1, 5.0  # seconds between attempts to connect
WARN_SECONDS = 60.0  # between warnings
PULSE_SECONDS = 10.0  # between questions whether the far end is still there

Heard = Callable[[bytes], None]


class Cache(Protocol):
    """Bytes and counts by key, kept for a while, or less."""

    async def get(self, key: str) -> bytes | None:
        """What is kept; a count as its decimal digits."""

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep ``value`` for so long."""

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep ``value`` unless something is kept already; whether it was kept."""

    async def count(self, key: str, seconds: float) -> int:
        """How often this was called for the key within the window of ``seconds`` that the first call opened."""

    async def drop(self, *keys: str) -> None:
        """Keep these no longer."""


class Bell(Protocol):
    """Tells every process that something happened.  A ring is a hint that may be lost."""

    def ring(self, name: str, payload: bytes = b"") -> None:
        """
        Tell all who listen to ``name``, this process included; never before this call has returned.

        :raise ValueError: the payload is larger than :data:`LARGEST_PAYLOAD`.
        """

    def listen(self, name: str, heard: Heard) -> Callable[[], None]:
        """Call ``heard(payload)`` at every ring of ``name``; the answer stops that."""


# --- Where Redis is -----------------------------------------------------------------------------------------------


@frozen
class RedisPlace:
    """Where a Redis is.  :ivar path: of a Unix socket, instead of host and port."""

    host: str = ""
    port: int = 6379
    path: str = ""
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0

    @classmethod
    def at(cls, url: str) -> RedisPlace:
        """
        Read ``redis://user:password@host:port/database``, ``rediss://…`` (TLS) or ``unix:///socket?db=0``.

        :raise ValueError: with a sentence that does not repeat the URL, as it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or 6379
        except ValueError:
            raise ValueError("not an address of Redis: the port or the brackets are wrong") from None
        username, password = _decoded(parts.username), _decoded(parts.password)
        asked = parse_qs(parts.query)
        named = (asked.get("db") or asked.get("virtual_host") or [""])[0]
        if parts.scheme in ("unix", "redis+socket"):
            if not parts.path:
                raise ValueError("not an address of Redis: the path of the socket is missing")
            path = unquote(parts.path)
            return cls(path=path, username=username, password=password, database=_database(named))
        if parts.scheme not in ("redis", "rediss"):
            raise ValueError("not an address of Redis: it begins with redis://, rediss:// or unix://")
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=port,
            tls=parts.scheme == "rediss",
            username=username,
            password=password,
            database=_database(parts.path.strip("/") or named),
        )

    def endpoint(self, reactor: Any, patience: float) -> IStreamClientEndpoint:
        """How to get there, within ``patience`` seconds."""
        if self.path:
            return UNIXClientEndpoint(reactor, self.path, timeout=patience)
        plain = HostnameEndpoint(reactor, self.host, self.port, timeout=patience)
        return wrapClientTLS(optionsForClientTLS(self.host), plain) if self.tls else plain

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def _decoded(text: str | None) -> str | None:
    return unquote(text) if text else None


def _database(text: str) -> int:
    if text and not text.isdigit():
        raise ValueError("not an address of Redis: the database is a number")
    return int(text or 0)


@frozen
class CacheSettings:
    """
    :ivar redis: where Redis is; None: nothing is shared between processes.
    :ivar prefix: what all our keys and channels begin with.
    :ivar patience_seconds: how long Redis may take for an answer or a connection.
    :ivar largest_entries: how many things memory keeps.
    :ivar largest_bytes: of what memory keeps, all together; a value larger than an eighth of it is not kept.
    """

    redis: RedisPlace | None = None
    prefix: str = "fwtwisted:"
    patience_seconds: float = 0.5
    largest_entries: int = 50_000
    largest_bytes: int = 32 * 2**20


# --- In memory ----------------------------------------------------------------------------------------------------


class MemoryCache:
    """A cache in this process; when it is full, what was not used for longest goes first."""

    def __init__(self, clock: IReactorTime, settings: CacheSettings | None = None) -> None:
        self._clock = clock
        self._settings = settings or CacheSettings()
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0

    async def get(self, key: str) -> bytes | None:
        """What is kept."""
        found = self._alive(key)
        return found[1] if found else None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep ``value`` for so long."""
        self._keep(key, value, self._clock.seconds() + seconds)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep ``value`` unless something is kept already."""
        if self._alive(key):
            return False
        self._keep(key, value, self._clock.seconds() + seconds)
        return True

    async def count(self, key: str, seconds: float) -> int:
        """Count calls within a window."""
        until, so_far = self._alive(key) or (self._clock.seconds() + seconds, b"0")
        number = int(so_far) + 1
        self._keep(key, b"%d" % number, until)
        return number

    async def drop(self, *keys: str) -> None:
        """Keep these no longer."""
        for key in keys:
            self._forget(key)

    def _alive(self, key: str) -> tuple[float, bytes] | None:
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= self._clock.seconds():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return found

    def _keep(self, key: str, value: bytes, until: float) -> None:
        self._forget(key)
        if len(value) > self._settings.largest_bytes // 8:
            return  # it would drive out too much else
        self._kept[key] = (until, value)
        self._bytes += len(key) + len(value)
        while len(self._kept) > self._settings.largest_entries or self._bytes > self._settings.largest_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: str) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._bytes -= len(key) + len(found[1])


class _Listeners:
    """Who listens to what."""

    _log = Logger()

    def __init__(self) -> None:
        self._heard: dict[str, list[Heard]] = {}

    def add(self, name: str, heard: Heard) -> Callable[[], None]:
        """One more; the answer takes it away again, and may be called twice."""
        entry = partial(heard)  # an object of its own: the same function may listen twice
        self._heard.setdefault(name, []).append(entry)

        def stop() -> None:
            entries = self._heard.get(name, [])
            if entry in entries:
                entries.remove(entry)
                if not entries:
                    del self._heard[name]

        return stop

    def tell(self, name: str, payload: bytes) -> None:
        """Call all who listen to ``name``."""
        for heard in list(self._heard.get(name, ())):
            try:
                heard(payload)
            except Exception:  # one listener's bug must not silence the others
                self._log.failure("a listener of {name} failed", event="bell.listener", name=name)


def _check(payload: bytes) -> None:
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"a ring carries at most {LARGEST_PAYLOAD} bytes")


class MemoryBell:
    """A bell for this process alone."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._listeners = _Listeners()

    def ring(self, name: str, payload: bytes = b"") -> None:
        """Tell all listeners, in the reactor's next turn."""
        _check(payload)
        self._clock.callLater(0, self._listeners.tell, name, payload)

    def listen(self, name: str, heard: Heard) -> Callable[[], None]:
        """Call ``heard`` at every ring of ``name``."""
        return self._listeners.add(name, heard)


# --- In Redis -----------------------------------------------------------------------------------------------------


class RedisAway(Exception):
    """Redis cannot be asked just now."""


class _Asking(txredisapi.RedisProtocol):
    """A connection for commands."""

    def connectionMade(self) -> None:
        """txredisapi would log in here; :class:`RedisConnection` does it, and goes on when that fails."""


class _Listening(txredisapi.SubscriberProtocol):
    """A connection for a subscription.  :ivar heard: called with each message."""

    heard: Heard

    def connectionMade(self) -> None:
        """As above."""

    def messageReceived(self, pattern: object, channel: object, message: bytes) -> None:
        """A ring."""
        self.heard(message)


class _Silent(Factory):
    """A factory that does not log each connection."""

    noisy = False


class RedisConnection(Service):
    """
    One connection to Redis: made when the service starts, made again whenever it is lost.

    :param make: a new protocol.
    :param prepare: what to do on a new connection before it is used.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        settings: CacheSettings,
        make: Callable[..., Any] = _Asking,
        prepare: Callable[[Any], Awaitable[object]] | None = None,
    ) -> None:
        assert settings.redis is not None
        self._reactor, self._settings, self._place = reactor, settings, settings.redis
        self._make, self._prepare = make, prepare
        self._protocol: Any = None
        self._loop: Deferred[None] | None = None
        self._settled: list[Deferred[None]] = []
        self._tried = False
        self._warn_at = 0.0
        self._away_since: float | None = None

    @property
    def up(self) -> bool:
        """Whether commands can be sent."""
        return self._protocol is not None

    async def settled(self) -> None:
        """Wait until the first attempt to connect has ended, well or badly."""
        if not self._tried:
            waiter: Deferred[None] = Deferred()
            self._settled.append(waiter)
            await waiter

    async def ask(self, *command: str | bytes | int) -> Any:
        """
        Send a command; its answer, with strings as bytes.

        :raise RedisAway: there is no connection, no answer in time, or Redis refuses the command.
        """
        if self._protocol is None:
            raise RedisAway("there is no connection")
        try:
            return await self._protocol.execute_command(*command)
        except txredisapi.RedisError as trouble:
            if isinstance(trouble, txredisapi.ResponseError):
                self._warn(trouble)
            raise RedisAway(str(trouble)) from trouble

    def startService(self) -> None:
        """Begin to connect."""
        super().startService()
        self._tried = False
        self._loop = Deferred.fromCoroutine(self._keep_up())

    async def stopService(self) -> None:
        """Close the connection."""
        super().stopService()
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.cancel()
            await loop

    async def _keep_up(self) -> None:
        rest = FIRST_REST
        with suppress(CancelledError):  # by stopService
            while self.running:
                if await self._lived():
                    rest = FIRST_REST
                if self.running:
                    await deferLater(self._reactor, rest)
                    rest = min(LONGEST_REST, rest * 2)

    async def _lived(self) -> bool:
        """Connect, and wait until the connection is lost; whether there was one."""
        protocol: Any = None
        try:
            endpoint = self._place.endpoint(self._reactor, self._settings.patience_seconds)
            protocol = await endpoint.connect(_Silent.forProtocol(self._new_protocol))
            await self._log_in(protocol)
            self._is_up(protocol)
            await self._pulse(protocol)
            self._is_away("the connection was lost")
        except (ConnectError, txredisapi.RedisError) as trouble:
            self._is_away(trouble)
        except Exception as trouble:  # names, certificates, whatever else: another attempt may go well
            self._is_away(f"{type(trouble).__name__}: {trouble}")
        finally:
            lived, self._protocol = self._protocol is not None, None
            self._first_attempt_is_over()
            if protocol is not None and protocol.connected:
                gone = protocol.whenDisconnected()
                protocol.transport.abortConnection()
                await gone
        return lived

    async def _pulse(self, protocol: Any) -> None:
        """Wait until the connection is lost; a far end that has fallen silent is noticed by asking now and then."""
        gone = protocol.whenDisconnected()
        pulse = LoopingCall(protocol.ping)
        pulse.clock = self._reactor
        ended = pulse.start(PULSE_SECONDS, now=False)
        ended.addErrback(lambda why: why.trap(txredisapi.RedisError) and None)  # txredisapi has cut the connection
        try:
            await gone
        finally:
            if pulse.running:
                pulse.stop()

    def _new_protocol(self) -> Any:
        return self._make(charset=None, convertNumbers=False, replyTimeout=self._settings.patience_seconds)

    async def _log_in(self, protocol: Any) -> None:
        place = self._place
        if place.password is not None:
            await protocol.auth(place.password, place.username)
        if place.database:
            await protocol.select(place.database)
        await protocol.ping()
        if self._prepare is not None:
            await self._prepare(protocol)

    def _is_up(self, protocol: Any) -> None:
        self._protocol = protocol
        if self._away_since is not None:
            seconds = self._reactor.seconds() - self._away_since
            self._away_since = None
            self._log.info("Redis is back after {seconds:.0f} s", event="redis.back", seconds=seconds)
        self._first_attempt_is_over()

    def _is_away(self, trouble: object) -> None:
        if not self.running:
            return  # we went, not Redis
        if self._away_since is None:
            self._away_since = self._reactor.seconds()
        self._warn(trouble)

    def _warn(self, trouble: object) -> None:
        now = self._reactor.seconds()
        if now >= self._warn_at:
            self._warn_at = now + WARN_SECONDS
            text = "Redis at {place} is away ({trouble}); we go on without it"
            self._log.warn(text, event="redis.away", place=str(self._place), trouble=str(trouble))

    def _first_attempt_is_over(self) -> None:
        self._tried = True
        waiting, self._settled = self._settled, []
        for waiter in waiting:  # not at once: it may stop this very loop
            self._reactor.callLater(0, waiter.callback, None)


COUNT = """
    local number = redis.call('INCR', KEYS[1])
    if number == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
    return number
"""


class RedisCache:
    """A cache in Redis.  While that is away nothing is kept, and counts are those of this process."""

    def __init__(self, redis: RedisConnection, clock: IReactorTime, settings: CacheSettings) -> None:
        self._redis, self._prefix = redis, settings.prefix
        self._here = MemoryCache(clock, settings)

    async def get(self, key: str) -> bytes | None:
        """What is kept; None also while Redis is away."""
        try:
            found: bytes | None = await self._redis.ask("GET", self._prefix + key)
        except RedisAway:
            return None
        return found

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep ``value`` for so long."""
        try:
            await self._redis.ask("SET", self._prefix + key, value, "PX", _milliseconds(seconds))
        except RedisAway:
            return

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep ``value`` unless something is kept already."""
        try:
            told = await self._redis.ask("SET", self._prefix + key, value, "PX", _milliseconds(seconds), "NX")
        except RedisAway:
            return await self._here.add(key, value, seconds)
        return told is not None

    async def count(self, key: str, seconds: float) -> int:
        """Count calls within a window."""
        try:
            return int(await self._redis.ask("EVAL", COUNT, 1, self._prefix + key, _milliseconds(seconds)))
        except RedisAway:
            return await self._here.count(key, seconds)

    async def drop(self, *keys: str) -> None:
        """Keep these no longer."""
        await self._here.drop(*keys)
        if keys:
            try:
                await self._redis.ask("DEL", *(self._prefix + key for key in keys))
            except RedisAway:
                return


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


class RedisBell(Service):
    """
    A bell over Redis: one channel, heard on a connection of its own, for which it subscribes anew each time.

    :param redis: the connection that rings are sent by.
    """

    def __init__(self, reactor: Any, redis: RedisConnection, settings: CacheSettings) -> None:
        self._redis = redis
        self._channel = f"{settings.prefix}bell"
        self._listeners = _Listeners()
        self._listening = RedisConnection(reactor, settings, self._ear, self._subscribe)

    async def settled(self) -> None:
        """Wait until the first attempt to listen has ended, well or badly."""
        await self._listening.settled()

    def startService(self) -> None:
        """Begin to listen; until the connection stands, rings are lost."""
        super().startService()
        self._listening.startService()

    async def stopService(self) -> None:
        """Stop listening."""
        super().stopService()
        await self._listening.stopService()

    def ring(self, name: str, payload: bytes = b"") -> None:
        """Tell every process; a ring that fails is forgotten."""
        _check(payload)
        sent = Deferred.fromCoroutine(self._redis.ask("PUBLISH", self._channel, name.encode() + b" " + payload))
        sent.addErrback(lambda why: why.trap(RedisAway) and None)

    def listen(self, name: str, heard: Heard) -> Callable[[], None]:
        """Call ``heard`` at every ring of ``name``."""
        return self._listeners.add(name, heard)

    def _ear(self, **how: Any) -> _Listening:
        ear = _Listening(**how)
        ear.heard = self._rung
        return ear

    async def _subscribe(self, ear: Any) -> None:
        await ear.subscribe(self._channel)

    def _rung(self, message: bytes) -> None:
        name, _, payload = message.partition(b" ")
        self._listeners.tell(name.decode(), payload)
