"""What caches and bells promise, in memory and in Redis, and what happens while Redis is away."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.outside.shared import (
    LARGEST_PAYLOAD,
    Bell,
    Cache,
    CacheSettings,
    MemoryBell,
    MemoryCache,
    RedisBell,
    RedisCache,
    RedisConnection,
    RedisPlace,
)
from tests import servers
from tests.waiting import GUARD_SECONDS, PATIENCE_SECONDS, Stopwatch, settled, until


class CacheContract:
    """What every cache promises.  Subclasses say which one, in :meth:`make` and :meth:`pass_time`."""

    # What this asks of the TestCase that it is mixed into.
    assertEqual: Any
    assertFalse: Any
    assertIsNone: Any
    assertTrue: Any

    def make(self) -> Cache:
        """An empty cache."""
        raise NotImplementedError

    async def pass_time(self, seconds: float) -> None:
        """Let so much time go by."""
        raise NotImplementedError

    async def test_what_is_put_can_be_got(self) -> None:
        """Any bytes come back as they were: binary, empty, digits with zeros in front."""
        cache = self.make()
        for value in (b"\x00\xff\r\n", b"", b"0123", b"1.50", "ärtist".encode(), b"OK", b"QUEUED"):
            await cache.put("key", value, 1_000)
            self.assertEqual(value, await cache.get("key"))

    async def test_keys_are_any_text(self) -> None:
        """Keys may hold blanks, line ends and any script."""
        cache = self.make()
        for number, key in enumerate(("a b", "a\r\nb", "Мумий", "", "a:b")):
            await cache.put(key, b"%d" % number, 1_000)
        self.assertEqual(b"1", await cache.get("a\r\nb"))
        self.assertEqual(b"2", await cache.get("Мумий"))
        self.assertEqual(b"3", await cache.get(""))

    async def test_nothing_is_there_before(self) -> None:
        """An unknown key has nothing."""
        self.assertIsNone(await self.make().get("nothing"))

    async def test_values_go_when_their_time_is_over(self) -> None:
        """A value is there until its seconds are over, then not."""
        cache = self.make()
        await cache.put("short", b"1", 100)
        await cache.put("long", b"2", 1_000)
        await self.pass_time(150)
        self.assertIsNone(await cache.get("short"))
        self.assertEqual(b"2", await cache.get("long"))

    async def test_put_renews(self) -> None:
        """A second put replaces value and time."""
        cache = self.make()
        await cache.put("key", b"1", 100)
        await cache.put("key", b"2", 1_000)
        await self.pass_time(150)
        self.assertEqual(b"2", await cache.get("key"))

    async def test_add_keeps_the_first(self) -> None:
        """Only one of two adds keeps its value; after the time another may."""
        cache = self.make()
        self.assertTrue(await cache.add("nonce", b"first", 100))
        self.assertFalse(await cache.add("nonce", b"second", 1_000))
        self.assertEqual(b"first", await cache.get("nonce"))
        await self.pass_time(150)
        self.assertTrue(await cache.add("nonce", b"third", 1_000))

    async def test_one_of_many_adds_wins(self) -> None:
        """Of many at once exactly one is told that it kept its value."""
        cache = self.make()
        adds = [Deferred.fromCoroutine(cache.add("nonce", b"%d" % number, 1_000)) for number in range(20)]
        self.assertEqual(1, sum(await gatherResults(adds)))

    async def test_count_counts(self) -> None:
        """Each call is one more, per key, and is visible as digits."""
        cache = self.make()
        self.assertEqual([1, 2, 3], [await cache.count("a", 1_000) for _ in range(3)])
        self.assertEqual(1, await cache.count("b", 1_000))
        self.assertEqual(b"3", await cache.get("a"))

    async def test_the_window_is_fixed(self) -> None:
        """Counting does not prolong the window that the first call opened."""
        cache = self.make()
        await cache.count("a", 300)
        await self.pass_time(200)
        self.assertEqual(2, await cache.count("a", 300))
        await self.pass_time(150)
        self.assertEqual(1, await cache.count("a", 300))

    async def test_drop_forgets(self) -> None:
        """What is dropped is gone, counts too; unknown keys and none at all do no harm."""
        cache = self.make()
        await cache.put("a", b"1", 1_000)
        await cache.count("b", 1_000)
        await cache.drop("a", "b", "unknown")
        await cache.drop()
        self.assertIsNone(await cache.get("a"))
        self.assertEqual(1, await cache.count("b", 1_000))


class BellContract:
    """What every bell promises.  Subclasses say which one, in :meth:`pair`."""

    # What this asks of the TestCase that it is mixed into.
    assertEqual: Any
    assertRaises: Any
    flushLoggedErrors: Any

    async def pair(self) -> tuple[Bell, Bell]:
        """Two bells on one far end, as two processes have them, both ready; they may be the same."""
        raise NotImplementedError

    def heard(self, bell: Bell, name: str, number: int = 1) -> Deferred[list[bytes]]:
        """The payloads of the next rings of ``name``."""
        found: list[bytes] = []
        enough: Deferred[list[bytes]] = Deferred()

        def note(payload: bytes) -> None:
            found.append(payload)
            if len(found) == number:
                stop()
                enough.callback(found)

        stop = bell.listen(name, note)
        return enough

    async def test_all_hear(self) -> None:
        """A ring is heard by its own process and by the other, with its bytes unharmed."""
        here, there = await self.pair()
        payload = b"\x00 \xff\r\n 'x'"
        waiting = [self.heard(here, "jobs"), self.heard(there, "jobs")]
        here.ring("jobs", payload)
        self.assertEqual([[payload], [payload]], await gatherResults(waiting))

    async def test_rings_come_in_order(self) -> None:
        """Rings of one process arrive in the order in which they were rung."""
        here, there = await self.pair()
        waiting = self.heard(there, "n", 50)
        for number in range(50):
            here.ring("n", b"%d" % number)
        self.assertEqual([b"%d" % number for number in range(50)], await waiting)

    async def test_names_are_apart(self) -> None:
        """A listener hears its own name only, also when another begins the same."""
        here, there = await self.pair()
        other: list[bytes] = []
        there.listen("job", other.append)
        waiting = self.heard(there, "jobs")
        here.ring("jobs")
        self.assertEqual([b""], await waiting)
        self.assertEqual([], other)

    async def test_never_at_once(self) -> None:
        """No listener is called before ``ring`` has returned."""
        here, _ = await self.pair()
        heard: list[bytes] = []
        waiting = self.heard(here, "jobs")
        here.listen("jobs", heard.append)
        here.ring("jobs")
        self.assertEqual([], heard)
        await waiting

    async def test_who_stops_hears_no_more(self) -> None:
        """After ``stop`` nothing is heard; the same function listening twice is stopped once."""
        here, there = await self.pair()
        heard: list[bytes] = []
        stop = there.listen("jobs", heard.append)
        there.listen("jobs", heard.append)
        stop()
        waiting = self.heard(there, "jobs")
        here.ring("jobs", b"1")
        await waiting
        self.assertEqual([b"1"], heard)

    async def test_a_bad_listener_harms_nobody(self) -> None:
        """One listener's failure is logged, and the next hears all the same."""
        here, there = await self.pair()
        there.listen("jobs", lambda payload: 1 // 0)  # type: ignore[arg-type]
        waiting = self.heard(there, "jobs")
        here.ring("jobs", b"1")
        self.assertEqual([b"1"], await waiting)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    async def test_payloads_have_a_limit(self) -> None:
        """The largest payload passes; a larger one is refused at once."""
        here, there = await self.pair()
        waiting = self.heard(there, "jobs")
        here.ring("jobs", bytes(LARGEST_PAYLOAD))
        self.assertEqual([bytes(LARGEST_PAYLOAD)], await waiting)
        with self.assertRaises(ValueError):
            here.ring("jobs", bytes(LARGEST_PAYLOAD + 1))


class MemoryCacheTests(CacheContract, TestCase):
    """The cache in this process."""

    def setUp(self) -> None:
        self.clock = Clock()

    def make(self) -> Cache:
        return MemoryCache(self.clock)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def test_no_more_entries_than_allowed(self) -> None:
        """The one that was not used for longest makes room."""
        cache = MemoryCache(self.clock, CacheSettings(largest_entries=3))
        for key in "abc":
            await cache.put(key, b"1", 1_000)
        await cache.get("a")
        await cache.put("d", b"1", 1_000)
        self.assertEqual([b"1", None, b"1", b"1"], [await cache.get(key) for key in "abcd"])

    async def test_no_more_bytes_than_allowed(self) -> None:
        """Values make room for others by size as well, and a giant is not kept at all."""
        cache = MemoryCache(self.clock, CacheSettings(largest_bytes=1000))
        for number in range(20):
            await cache.put(f"{number:02}", bytes(98), 1_000)
        kept = [number for number in range(20) if await cache.get(f"{number:02}") is not None]
        self.assertEqual(list(range(10, 20)), kept)
        await cache.put("giant", bytes(200), 1_000)
        self.assertIsNone(await cache.get("giant"))
        self.assertIsNotNone(await cache.get("19"))


class MemoryBellTests(BellContract, TestCase):
    """The bell for one process."""

    async def pair(self) -> tuple[Bell, Bell]:
        bell = MemoryBell(reactor)
        return bell, bell


class _OnRedis(TestCase):
    """
    Connections to the run's Redis, each test with a prefix of its own.

    :cvar patience_seconds: with a Redis that is well; those whose Redis is not have the usual.
    """

    timeout = GUARD_SECONDS
    patience_seconds = PATIENCE_SECONDS

    def place(self) -> RedisPlace:
        return RedisPlace.at(servers.redis().url)

    async def connect(self, place: RedisPlace) -> tuple[RedisConnection, CacheSettings]:
        """A connection that stands, if it can."""
        settings = CacheSettings(place, prefix=f"{self.id()}:", patience_seconds=self.patience_seconds)
        redis = RedisConnection(reactor, settings)
        redis.startService()
        self.addCleanup(lambda: Deferred.fromCoroutine(redis.stopService()))
        await redis.settled()
        return redis, settings

    async def cache(self, place: RedisPlace) -> RedisCache:
        redis, settings = await self.connect(place)
        return RedisCache(redis, reactor, settings)

    async def bell(self, place: RedisPlace) -> RedisBell:
        redis, settings = await self.connect(place)
        bell = RedisBell(reactor, redis, settings)
        bell.startService()
        self.addCleanup(lambda: Deferred.fromCoroutine(bell.stopService()))
        await bell.settled()
        return bell


class RedisCacheTests(CacheContract, _OnRedis):
    """The cache in Redis."""

    async def setUp(self) -> None:  # type: ignore[override]
        self._cache = await self.cache(self.place())

    def make(self) -> Cache:
        return self._cache

    async def pass_time(self, seconds: float) -> None:
        """Redis has no clock that could be moved: what it keeps for us shall go so much sooner."""
        redis, settings = await self.connect(self.place())
        for key in [key for key in await redis.ask("KEYS", "*") if key.startswith(settings.prefix.encode())]:
            left = await redis.ask("PTTL", key)
            await redis.ask("PEXPIRE", key, str(int(left - seconds * 1000)))

    async def test_moments(self) -> None:
        """Parts of a second are told to Redis as what they are."""
        await self._cache.put("short", b"1", 0.05)
        await until_gone(self._cache, "short")

    async def test_two_processes_share(self) -> None:
        """What one process puts or counts, another gets and counts on."""
        other = await self.cache(self.place())
        await self._cache.put("key", b"1", 1_000)
        await self._cache.count("number", 1_000)
        self.assertEqual(b"1", await other.get("key"))
        self.assertEqual(2, await other.count("number", 1_000))

    async def test_keys_have_our_prefix(self) -> None:
        """Whoever else uses this Redis is not touched."""
        redis, settings = await self.connect(self.place())
        await self._cache.put("key", b"1", 1_000)
        self.assertEqual(b"1", await redis.ask("GET", f"{settings.prefix}key"))
        self.assertIsNone(await redis.ask("GET", "key"))

    async def test_a_waiter_may_leave(self) -> None:
        """A cancelled question does not mix up the answers of the next ones."""
        await self._cache.put("a", b"a", 1_000)
        await self._cache.put("b", b"b", 1_000)
        first = Deferred.fromCoroutine(self._cache.get("a"))
        second = Deferred.fromCoroutine(self._cache.get("b"))
        first.addErrback(lambda _: None)
        first.cancel()
        self.assertEqual(b"b", await second)


class RedisBellTests(BellContract, _OnRedis):
    """The bell over Redis."""

    async def pair(self) -> tuple[Bell, Bell]:
        return await self.bell(self.place()), await self.bell(self.place())


class RedisPlacesTests(_OnRedis):
    """The ways to Redis."""

    async def test_unix_socket_and_database(self) -> None:
        """A socket's URL works, and databases are apart."""
        socket_url = f"unix://{servers.redis().socket}?db=3"
        cache = await self.cache(RedisPlace.at(socket_url))
        await cache.put("key", b"1", 1_000)
        self.assertEqual(b"1", await cache.get("key"))
        self.assertIsNone(await (await self.cache(self.place())).get("key"))

    async def test_password(self) -> None:
        """The password of the URL is used; without it we go on as if Redis were away, and one warning says why."""
        server = servers.Redis(password="s/e c:r@t")
        self.addCleanup(server.stop)
        cache = await self.cache(RedisPlace.at(f"redis://:s%2Fe%20c%3Ar%40t@127.0.0.1:{server.port}/1"))
        await cache.put("key", b"1", 1_000)
        self.assertEqual(b"1", await cache.get("key"))
        with capturedLogs() as logs:
            locked_out = await self.cache(RedisPlace.at(f"redis://:wrong@127.0.0.1:{server.port}"))
            self.assertIsNone(await locked_out.get("key"))
        warnings = [event for event in logs if event["log_level"] is LogLevel.warn]
        self.assertEqual(1, len(warnings))
        self.assertIn("WRONGPASS", warnings[0]["trouble"])
        self.assertNotIn("s/e c:r@t", repr(warnings))


class RedisAwayTests(_OnRedis):
    """Redis is killed, hangs, comes back (operations O-61)."""

    patience_seconds = CacheSettings().patience_seconds

    def setUp(self) -> None:
        self.server = servers.Redis()
        self.addCleanup(self.server.stop)
        self.here = RedisPlace.at(self.server.url)

    async def quick(self, cache: Cache) -> None:
        """Everything is answered within a second, by nothing or from this process."""
        with Stopwatch() as watch:
            await cache.put("key", b"1", 1_000)
            self.assertIsNone(await cache.get("key"))
            self.assertEqual([1, 2], [await cache.count("n", 1_000), await cache.count("n", 1_000)])
            self.assertEqual([True, False], [await cache.add("a", b"1", 1_000), await cache.add("a", b"1", 1_000)])
            await cache.drop("key", "n", "a")
            self.assertEqual(1, await cache.count("n", 1_000))
        self.assertLess(watch.seconds, 1.0)

    async def test_killed_and_started_again(self) -> None:
        """While it is away we go on with one warning; afterwards all is as before, without a restart of ours."""
        cache, bell = await self.cache(self.here), await self.bell(self.here)
        await cache.put("before", b"1", 1_000)
        with capturedLogs() as logs:
            self.server.kill()
            await self.quick(cache)
            bell.ring("jobs", b"lost")
            self.server.start()
            await cache_is_back(cache)
            await bell_is_back(bell)
        self.assertIsNone(await cache.get("before"))
        self.assertLessEqual(len([event for event in logs if event["log_level"] is LogLevel.warn]), 3)
        self.assertEqual([], [event for event in logs if event["log_level"] > LogLevel.warn])

    async def test_away_from_the_start(self) -> None:
        """Starting before Redis is no failure."""
        self.server.kill()
        cache = await self.cache(self.here)
        await self.quick(cache)
        self.server.start()
        await cache_is_back(cache)

    async def test_it_hangs(self) -> None:
        """A Redis that answers nothing is treated as one that is away."""
        cache, bell = await self.cache(self.here), await self.bell(self.here)
        self.server.pause()
        self.addCleanup(self.server.resume)
        await self.quick(cache)
        self.server.resume()
        await cache_is_back(cache)
        await bell_is_back(bell)

    async def test_nobody_answers_as_redis_would(self) -> None:
        """Something else on the port is treated as away, too."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            cache = await self.cache(RedisPlace.at(f"redis://127.0.0.1:{silent.getsockname()[1]}"))
            await self.quick(cache)

    async def test_a_name_that_leads_nowhere(self) -> None:
        """A host that does not exist is away, not an error."""
        await self.quick(await self.cache(RedisPlace.at("redis://nowhere.invalid:1")))

    async def test_full(self) -> None:
        """A Redis that refuses to keep more is a cache that keeps nothing."""
        redis, _ = await self.connect(self.here)
        await redis.ask("CONFIG", "SET", "maxmemory", "1")
        await self.quick(await self.cache(self.here))

    async def test_stopping_while_it_is_away(self) -> None:
        """The service stops at once, also in the middle of an attempt to connect."""
        self.server.kill()
        redis, _ = await self.connect(self.here)
        await redis.stopService()
        self.assertFalse(redis.up)


async def until_gone(cache: Cache, key: str) -> None:
    """Wait until the cache has a value no longer; the test's time-out is the limit."""
    while await cache.get(key) is not None:
        await settled(1)


async def cache_is_back(cache: Cache) -> None:
    """Wait until the cache keeps values again; the test's time-out is the limit."""
    while not await cache.get("back"):
        await settled(1)
        await cache.put("back", b"1", 1_000)


async def bell_is_back(bell: Bell) -> None:
    """Wait until rings are heard again."""
    heard: list[bytes] = []
    bell.listen("back", heard.append)

    def rung() -> bool:
        bell.ring("back")
        return bool(heard)

    await until(rung, "a ring that is heard")


class RedisPlaceTests(SynchronousTestCase):
    """Reading ``CACHE_URL``."""

    def test_read(self) -> None:
        """The forms that Funkwhale's sample and its users write."""
        for url, place in {
            "redis://127.0.0.1:6379/0": RedisPlace("127.0.0.1"),
            "redis://redis": RedisPlace("redis"),
            "redis://user:p%40ss@cache.example:7000/2": RedisPlace(
                "cache.example", 7000, username="user", password="p@ss", database=2
            ),
            "redis://:pw@[::1]:6380": RedisPlace("::1", 6380, password="pw"),
            "rediss://cache.example/?db=4": RedisPlace("cache.example", tls=True, database=4),
            "unix:///run/redis/redis.sock?db=1": RedisPlace(path="/run/redis/redis.sock", database=1),
            "unix://:pw@/run/redis.sock": RedisPlace(path="/run/redis.sock", password="pw"),
            "redis+socket:///run/redis.sock?virtual_host=2": RedisPlace(path="/run/redis.sock", database=2),
        }.items():
            self.assertEqual(place, RedisPlace.at(url), url)

    def test_refused(self) -> None:
        """What is no address of a Redis is refused with a sentence that does not repeat a password."""
        for url in ("http://x", "redis://h:port", "redis://:secret@h/x", "unix://", "", "redis://:secret@[::1"):
            with self.assertRaises(ValueError) as caught:
                RedisPlace.at(url)
            self.assertIn("not an address of Redis", str(caught.exception))
            self.assertNotIn("secret", str(caught.exception))

    def test_password_is_not_shown(self) -> None:
        """Neither as text nor in a traceback's repr."""
        place = RedisPlace.at("redis://:secret@h")
        self.assertNotIn("secret", f"{place} {place!r}")
