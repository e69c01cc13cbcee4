"""How an entry begins: its first bytes go out before it is on the disk, and whatever happens there, they are right."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.folder import Folder, digest_of
from fwtwisted.outside.cache.journal import Facts, State
from fwtwisted.outside.disk import GATE
from fwtwisted.outside.s3.building import StoreParts
from tests.outside.cache.case import NAME, SLICE, CacheCase, noise
from tests.outside.consumers import Sink

SONG = noise((2 << 20) + 777)


class Held:
    """Threads that keep back the work by which entries appear.  :ivar waiting: how often it was asked for."""

    def __init__(self) -> None:
        self.waiting = 0
        self._is_open = False
        self._waiting: list[Deferred[None]] = []

    def __call__(self, work: Callable[..., Any], *args: Any, **told: Any) -> Deferred[Any]:
        """In a thread; what is held back, later."""
        if self._is_open or getattr(work, "__func__", None) is not Folder.appear:
            return deferToThread(work, *args, **told)
        self.waiting += 1
        gate: Deferred[None] = Deferred()
        self._waiting.append(gate)
        return gate.addCallback(lambda _: deferToThread(work, *args, **told))

    def go_on(self) -> None:
        """Hold nothing back any more."""
        self._is_open = True
        waiting, self._waiting = self._waiting, []
        for gate in waiting:
            gate.callback(None)


class BeginningTests(CacheCase):
    """A disk that takes its time."""

    caching = {"slice_bytes": 1 << 20}

    async def setUp(self) -> None:  # type: ignore[override]
        self.held = Held()
        self.addCleanup(self.held.go_on)
        await super().setUp()
        self.lay(NAME, SONG)

    def store_parts(self, keys: Any = None, **caching: Any) -> StoreParts:
        """As always, but for the threads of the cache."""
        parts = super().store_parts() if keys is None else super().store_parts(keys, **caching)
        assert parts.cache is not None
        parts.cache._threads = self.held
        return parts

    @property
    def key(self) -> str:
        """Of the song."""
        return self.cache.ground.key(NAME)

    @property
    def is_there(self) -> bool:
        """Whether others can find it on the disk."""
        return self.cache.folder.has(digest_of(self.key))

    @property
    def unfinished(self) -> list[str]:
        """Places that are still being made."""
        work = os.path.join(self.folder, ".work")
        return [one for home in os.listdir(work) if home.endswith(".parts") for one in os.listdir(f"{work}/{home}")]

    async def begun(self) -> tuple[Sink, Deferred[None]]:
        """A listener who has heard the first bytes, while the entry does not exist yet."""
        source = await self.source()
        await source.ready(None)
        sink = Sink()
        sent = source.produce(sink, None)
        await self.until(lambda: sink.pieces)
        self.assertFalse(self.is_there)
        return sink, sent

    async def test_first_bytes_wait_for_no_disk(self) -> None:
        """They go out while the entry is being made; then the rest comes, and the next is a HIT."""
        sink, sent = await self.begun()
        self.assertTrue(SONG.startswith(sink.body))
        self.held.go_on()
        await sent
        self.assertEqual(SONG, sink.body)
        await self.landed()
        self.assertEqual(("HIT", SONG), await self.heard())
        self.assertEqual([], self.unfinished)
        self.assertEqual(["all"], self.gets)

    async def test_far_off(self) -> None:
        """Who wants the end meanwhile waits until the entry is there."""
        _, sent = await self.begun()
        source = await self.source()
        sink = Sink()
        ready = Deferred.fromCoroutine(source.ready(None))
        await self.sleep(0.05)
        self.held.go_on()
        await ready
        await source.produce(sink, None)
        await sent
        self.assertEqual(SONG, sink.body)
        self.assertEqual(1, self.held.waiting)

    async def test_somebody_else_makes_it(self) -> None:
        """An entry of the same object that another process has made meanwhile is taken."""
        sink, sent = await self.begun()
        entry = self.cache._entries[digest_of(self.key)]
        files, _ = self._made_elsewhere(entry.facts)
        self.held.go_on()
        await sent
        await self.landed()
        self.assertEqual(SONG, sink.body)
        self.assertEqual(len(SONG), os.fstat(files.data).st_size)
        self.assertEqual(("HIT", SONG), await self.heard())
        self.assertEqual([], self.unfinished)

    async def test_somebody_else_makes_another(self) -> None:
        """An entry of another object in that place goes."""
        sink, sent = await self.begun()
        facts = self.cache._entries[digest_of(self.key)].facts
        files, _ = self._made_elsewhere(Facts(self.key, 1 << 20, 5, '"other"', None, None, facts.created))
        self.held.go_on()
        await sent
        await self.landed()
        self.assertEqual(SONG, sink.body)
        self.assertTrue(files.is_gone)
        self.assertEqual(("HIT", SONG), await self.heard())

    def _made_elsewhere(self, facts: Facts) -> tuple[Any, State]:
        """As another process would."""
        other = Folder(self.folder)
        made = other.appear(other.prepare(), facts)
        self.addCleanup(other.end)
        self.addCleanup(made[0].close)
        return made

    async def test_purged_meanwhile(self) -> None:
        """What is purged before it appears does not stay."""
        sink, sent = await self.begun()
        await self.cache.forget(NAME)
        self.held.go_on()
        await sent
        await self.landed()
        self.assertEqual(SONG, sink.body)
        self.assertFalse(self.is_there)

    async def test_no_place_for_it(self) -> None:
        """Where it cannot appear, the listener hears all of it all the same, and the next goes past."""
        sink, sent = await self.begun()
        shelf = os.path.dirname(self.cache.folder.place(digest_of(self.key)))
        with open(shelf, "wb"):
            pass
        self.held.go_on()
        await sent
        await self.landed()
        self.assertEqual(SONG, sink.body)
        self.assertEqual(("BYPASS", SONG), await self.heard())
        self.assertEqual([], self.unfinished)
        self.assertEqual({}, self.cache._entries)

    async def test_nothing_to_begin_with(self) -> None:
        """Nothing is left of a place for an object that does not exist."""
        with self.assertRaises(NotFound):
            await self.heard(name="tracks/aa/bb/cc/none.flac", known=Known(5))
        self.assertEqual([], self.unfinished)

    async def test_closed_meanwhile(self) -> None:
        """A server that stops before the entry is there leaves nothing unfinished."""
        _, sent = await self.begun()
        sent.addErrback(lambda _: None)
        closing = self.parts.close()
        self.held.go_on()
        await closing
        await sent
        self.assertEqual([], [one for one in os.listdir(os.path.join(self.folder, ".work")) if one != GATE])

    async def test_empty(self) -> None:
        """An empty object waits for its entry: there are no bytes that could go before."""
        self.lay("tracks/aa/bb/cc/empty.flac", b"")
        hearing = self.hearing(name="tracks/aa/bb/cc/empty.flac")
        await self.until(lambda: self.held.waiting)
        self.assertFalse(hearing.called)
        self.held.go_on()
        self.assertEqual(("MISS", b""), await hearing)


class NoDiskTests(CacheCase):
    """A disk on which nothing new can be made."""

    async def test_bypass_at_once(self) -> None:
        """The very first listener is told that the cache is passed by."""
        body = noise(3 * SLICE)
        self.lay(NAME, body)
        await self.cache._threads(self.cache.folder._home.enter)
        os.rename(self.cache.folder._home.folder, f"{self.folder}/away")
        self.assertEqual(("BYPASS", body), await self.heard())
        self.flushLoggedErrors()
