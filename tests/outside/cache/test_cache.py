"""The table of docs/storage.md §7.2, row by row."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import CancelledError, gatherResults
from twisted.logger import capturedLogs

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.folder import digest_of
from fwtwisted.outside.cache.journal import records
from fwtwisted.outside.origin import CutShort, StoreAway, WrongBytes
from fwtwisted.wire.http import NO_BYTES, Span
from tests.faults import Fault
from tests.outside.cache.case import NAME, SLICE, SONG, CacheCase, noise
from tests.outside.consumers import Sink, pausing
from tests.waiting import Stopwatch

reactor: Any = _reactor

DIGEST = hashlib.sha256(SONG).hexdigest()
KNOWN = Known(len(SONG), DIGEST)


OTHER = noise(len(SONG), 2)
LONGER = noise(len(SONG) + 5 * SLICE, 3)


class TableTests(CacheCase):
    """What a listener and the store see."""

    async def test_miss_then_hit(self) -> None:
        """The first fetches it with one request, the second asks nobody."""
        self.lay(NAME, SONG)
        self.assertEqual(("MISS", SONG), await self.heard())
        await self.landed()
        self.assertEqual(("HIT", SONG), await self.heard())
        self.assertEqual(["all"], self.gets)
        self.assertEqual(1, len(self.faults.asked))

    async def test_hit_is_a_file(self) -> None:
        """What is whole and known is a file that the kernel can send; also for the next process, once checked."""
        self.lay(NAME, SONG)
        self.assertEqual(("MISS", SONG), await self.heard(known=KNOWN))
        await self.landed()
        for _ in range(2):
            source = await self.source(known=KNOWN)
            await source.ready(None)
            descriptor = source.descriptor()
            assert descriptor is not None
            self.assertEqual(SONG, os.pread(descriptor, 1 << 30, 0))
            self.assertEqual(("HIT", 0, f'"{DIGEST[:32]}"'), (source.cache_status, source.age, source.etag))
            source.close()
            await self.again()
            self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))
        self.assertEqual(["all"], self.gets)

    async def test_range_of_uncached(self) -> None:
        """Only what is needed is fetched when the listener leaves again; the rest when somebody wants it."""
        self.lay(NAME, SONG)
        start = 5 * SLICE + 10
        self.assertEqual(("MISS", SONG[start : start + 20]), await self.heard(Span(start, start + 20), known=KNOWN))
        self.assertEqual([f"bytes={5 * SLICE}-"], self.gets)
        await self.landed()
        status, body = await self.heard(Span(start - 20, start + 20), known=KNOWN)
        self.assertEqual(("PARTIAL", SONG[start - 20 : start + 20]), (status, body))
        await self.landed()
        self.assertEqual(("PARTIAL", SONG), await self.heard(known=KNOWN))
        await self.landed()
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))
        self.assert_each_slice_once()

    def assert_each_slice_once(self) -> None:
        """By what the entry's journal says."""
        with open(os.path.join(self.cache.folder.place(self.digest()), "log"), "rb") as log:
            told = [record for record in records(log.read()) if record[0] in ("have", "lost")]
        self.assertEqual(sorted(record[1] for record in told), list(range(11)))

    def digest(self) -> str:
        """The entry's name."""
        return digest_of(f"{self.bucket_name}\n{NAME}")

    async def test_far_range_comes_soon(self) -> None:
        """Who jumps far ahead waits for a slice, not for everything before it."""
        self.lay(NAME, LONGER)
        self.faults.next(Fault(method="GET", bytes_a_second=50_000))
        known = Known(len(LONGER), hashlib.sha256(LONGER).hexdigest())
        first = self.hearing(known=known)
        await self.until(lambda: self.gets)
        start = 12 * SLICE
        self.assertEqual(LONGER[start : start + 5], (await self.heard(Span(start, start + 5), known=known))[1])
        self.assertEqual(["all", f"bytes={start}-{len(LONGER) - 1}"], self.gets)
        self.assertFalse(first.called)
        first.cancel()
        with self.assertRaises(CancelledError):
            await first

    async def test_head_of_uncached(self) -> None:
        """A HEAD to the store; nothing is fetched."""
        self.lay(NAME, SONG)
        for known in (KNOWN, Known(only_looks=True)):
            source = await self.source(known=known)
            await source.ready(NO_BYTES)
            self.assertEqual(("MISS", len(SONG)), (source.cache_status, source.length))
            source.close()
        self.assertEqual({"HEAD"}, {asked.method for asked in self.faults.asked})
        self.assertEqual(0, (await self.cache.standing()).entries)

    async def test_head_of_cached(self) -> None:
        """No word to the store."""
        self.lay(NAME, SONG)
        await self.heard()
        await self.landed()
        source = await self.source(known=Known(only_looks=True))
        await source.ready(NO_BYTES)
        self.assertEqual("HIT", source.cache_status)
        source.close()
        self.assertEqual(1, len(self.faults.asked))

    async def test_many_at_once(self) -> None:
        """A hundred listeners of a new song make one request, and all hear it as it comes."""
        self.lay(NAME, SONG)
        self.faults.always(Fault(method="GET", bytes_a_second=400_000))
        hearing = [self.hearing(known=KNOWN) for _ in range(100)]
        for status, body in await gatherResults(hearing):
            self.assertEqual(("MISS", SONG), (status, body))
        self.assertEqual(["all"], self.gets)

    async def test_first_leaves(self) -> None:
        """Nobody else wants it, and less than half is here: it stops after a slice, and what is here stays."""
        self.lay(NAME, SONG)
        self.faults.always(Fault(method="GET", bytes_a_second=200_000))
        first = self.hearing(known=KNOWN)
        await self.until(lambda: self.cache.flights)
        first.cancel()
        with self.assertRaises(CancelledError):
            await first
        await self.landed()
        entry = await self.cache.find(NAME)
        assert entry is not None
        here = len(entry.state.slices)
        self.assertIn(here, (1, 2))
        self.faults.well()
        self.assertEqual(("PARTIAL", SONG), await self.heard(known=KNOWN))
        self.assertEqual(f"bytes={here * SLICE}-{len(SONG) - 1}", self.gets[-1])

    async def test_first_leaves_late(self) -> None:
        """More than half is here: the rest is fetched."""
        self.lay(NAME, SONG)
        self.faults.always(Fault(method="GET", bytes_a_second=800_000))
        source = await self.source(known=KNOWN)
        await source.ready(None)
        entry = await self.cache.find(NAME)
        assert entry is not None
        await self.until(lambda: len(entry.state.slices) > 6)
        source.close()
        await self.landed()
        self.assertTrue(entry.is_complete)

    async def test_slow_listener_holds_nobody_back(self) -> None:
        """The fetch goes on while its first listener takes nothing."""
        self.lay(NAME, SONG)
        source = await self.source(known=KNOWN)
        await source.ready(None)
        sink = Sink(pausing)
        sending = source.produce(sink, None)
        self.assertEqual(("MISS", SONG), await self.heard(known=KNOWN))
        self.assertLess(len(sink.body), len(SONG))
        sink.asked.stopProducing()
        with self.assertRaises(CancelledError):
            await sending
        self.assertEqual(["all"], self.gets)

    async def test_no_such_object(self) -> None:
        """Remembered for a while, and not for longer; storing something ends it."""
        for _ in range(3):
            with self.assertRaises(NotFound):
                await self.heard()
        self.assertEqual(1, len(self.gets))
        await self.blobs.store.put(NAME, SONG)
        self.assertEqual(("MISS", SONG), await self.heard())

    async def test_empty_object(self) -> None:
        """Nothing is something, too."""
        self.lay(NAME, b"")
        self.assertEqual(b"", (await self.heard())[1])
        self.assertEqual(("HIT", b""), await self.heard())

    async def test_store_says_no_store(self) -> None:
        """We are the owner; what the store says of keeping does not matter."""
        self.lay(NAME, SONG)

        def no_store(head: bytes) -> bytes:
            return head[:-2] + b"Cache-Control: no-store\r\nVary: Origin\r\nSet-Cookie: a=b\r\n\r\n"

        self.faults.next(Fault(method="GET", keep=no_store))
        self.assertEqual(("MISS", SONG), await self.heard())
        await self.landed()
        self.assertEqual(("HIT", SONG), await self.heard())

    async def test_local_file_first(self) -> None:
        """What lies here is not asked for there."""
        await self.blobs.local.put(NAME, SONG)
        self.assertEqual(("LOCAL", SONG), await self.heard(known=KNOWN))
        self.assertEqual([], self.faults.asked)

    async def test_ffmpeg_goes_through_it(self) -> None:
        """A path that is lent is filled from the cache."""
        self.lay(NAME, SONG)
        await self.heard()
        await self.landed()
        async with self.blobs.lent(NAME) as path:
            with open(path, "rb") as stream:
                self.assertEqual(SONG, stream.read())
        self.assertEqual(["all"], self.gets)


class ExpiredTests(CacheCase):
    """An entry that is older than it may be without asking."""

    retries = 1

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.lay(NAME, SONG)
        await self.heard(known=KNOWN)
        await self.landed()
        self.faults.asked.clear()
        self.ahead = 48 * 3600.0 + 1

    async def test_exactly(self) -> None:
        """Not a second before its time."""
        self.ahead = 48 * 3600.0 - 5
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))
        self.assertEqual([], self.faults.asked)
        source = await self.source(known=KNOWN)
        await source.ready(None)
        self.assertIn(source.age, range(48 * 3600 - 6, 48 * 3600))
        source.close()

    async def test_unchanged(self) -> None:
        """One small request, and it is as good as new."""
        self.assertEqual(("REVALIDATED", SONG), await self.heard(known=KNOWN))
        self.assertEqual(["HEAD"], [asked.method for asked in self.faults.asked])
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))
        await self.again()
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))
        self.assertEqual(1, len(self.faults.asked))

    async def test_store_fails(self) -> None:
        """503, refused: what is here is served."""
        self.faults.always(Fault(status=503, code="SlowDown"))
        self.assertEqual(("STALE", SONG), await self.heard(known=KNOWN))
        self.assertEqual(("STALE", SONG), await self.heard(known=KNOWN))
        self.faults.refuse()
        self.assertEqual(("STALE", SONG), await self.heard(known=KNOWN))

    async def test_store_is_silent(self) -> None:
        """After two seconds at most; the question goes on behind, and others need not wait for it."""
        self.faults.next(Fault(method="HEAD", hang=True), times=1)
        with Stopwatch() as watch:
            first = self.hearing(known=KNOWN)
            await self.until(lambda: self.faults.count("HEAD"))
            self.assertEqual(("UPDATING", SONG), await self.heard(known=KNOWN))
            self.assertLess(watch.seconds, 0.8)
            self.assertEqual(("STALE", SONG), await first)
            self.assertLess(watch.seconds, 2.5)
        while (heard := await self.heard(known=KNOWN))[0] != "HIT":  # the test's time-out is the limit
            await self.sleep(0.1)
        self.assertEqual(SONG, heard[1])

    async def test_too_old(self) -> None:
        """Never beyond the longest time; then it is as if it were not here."""
        self.ahead = 30 * 86_400.0 + 1
        self.faults.refuse()
        with self.assertRaises(StoreAway):
            await self.heard(known=KNOWN)
        self.faults.admit()
        await self.parts.blobs.store.revive()
        self.assertEqual(("REVALIDATED", SONG), await self.heard(known=KNOWN))

    async def test_gone_but_known(self) -> None:
        """The database says that it exists: an hour of what is here, and an error in the log."""
        self.server.remove_bucket(self.bucket_name)
        self.server._filer("POST", f"/buckets/{self.bucket_name}/")
        with capturedLogs() as captured:
            self.assertEqual(("STALE", SONG), await self.heard(known=KNOWN))
        self.assertIn("cache.object-missing", [event.get("event") for event in captured])
        self.ahead += 3601
        with self.assertRaises(NotFound):
            await self.heard(known=KNOWN)
        self.assertIsNone(await self.cache.find(NAME))

    async def test_gone_and_unknown(self) -> None:
        """Nobody says that it exists: it is gone, here as well."""
        self.server.remove_bucket(self.bucket_name)
        self.server._filer("POST", f"/buckets/{self.bucket_name}/")
        with self.assertRaises(NotFound):
            await self.heard()
        self.assertIsNone(await self.cache.find(NAME))

    async def test_another_object(self) -> None:
        """It is fetched, and what is told of it is of the new one."""
        self.lay(NAME, LONGER)
        source = await self.source()
        self.assertEqual(len(LONGER), source.length)
        source.close()
        await self.landed()
        self.assertEqual(LONGER, (await self.heard())[1])

    async def test_another_object_of_that_size(self) -> None:
        """EXPIRED, and then it is here."""
        self.lay(NAME, OTHER)
        known = Known(len(OTHER), hashlib.sha256(OTHER).hexdigest())
        self.assertEqual(("EXPIRED", OTHER), await self.heard(known=known))
        await self.landed()
        self.assertEqual(("HIT", OTHER), await self.heard(known=known))

    async def test_another_object_cannot_be_had(self) -> None:
        """The new one breaks off at once: the old one, whole, and never a mix."""
        self.lay(NAME, OTHER)
        self.faults.always(Fault(method="GET", reset=True))
        self.assertEqual(("STALE", SONG), await self.heard())


class TroubleTests(CacheCase):
    """The store does what it should not."""

    async def test_body_breaks_off(self) -> None:
        """It is resumed from where it broke, with the tag that it had."""
        self.lay(NAME, SONG)
        self.faults.next(Fault(method="GET", cut_at=0.3))
        self.assertEqual(("MISS", SONG), await self.heard(known=KNOWN))
        self.assertEqual(2, len(self.gets))
        self.assertIn("if-match", self.faults.asked[1].headers)

    async def test_body_breaks_off_for_good(self) -> None:
        """Who has some of it is cut off; what was right stays; the next listener gets the rest."""
        self.lay(NAME, SONG)
        self.faults.next(Fault(method="GET", cut_at=0.5))
        self.faults.next(Fault(method="GET", reset=True), times=30)
        with self.assertRaises(CutShort):
            await self.heard(known=KNOWN)
        self.faults.well()
        await self.landed()
        await self.blobs.store.revive()
        self.assertEqual(("PARTIAL", SONG), await self.heard(known=KNOWN))

    async def test_refused(self) -> None:
        """What is not here cannot be had; what is here can."""
        self.lay(NAME, SONG)
        self.lay("tracks/b.mp3", SONG)
        await self.heard(known=KNOWN)
        self.faults.refuse()
        with self.assertRaises(StoreAway):
            await self.heard(name="tracks/b.mp3", known=KNOWN)
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))

    async def test_wrong_bytes_once(self) -> None:
        """The last of them do not go out; the next try is right."""
        self.lay(NAME, SONG)
        self.faults.next(Fault(method="GET", flip_at=0.5))
        with self.assertRaises(WrongBytes):
            await self.heard(known=KNOWN)
        self.assertEqual(SONG, (await self.heard(known=KNOWN))[1])
        await self.landed()
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))
        self.assertEqual(1, (await self.cache.standing()).damaged)

    async def test_wrong_bytes_always(self) -> None:
        """Damaged: nobody gets a hit of it, the second hears that it cannot be had, and the store is left alone."""
        self.lay(NAME, OTHER)
        with self.assertRaises(WrongBytes):
            await self.heard(known=KNOWN)
        with capturedLogs() as captured, self.assertRaises(StoreAway):
            await self.heard(known=KNOWN)
        self.assertIn("cache.damaged", [event.get("event") for event in captured])
        asked = len(self.gets)
        with self.assertRaises(StoreAway):
            await self.heard(known=KNOWN)
        self.assertEqual(asked, len(self.gets))
        self.assertEqual((0, 1), ((await self.cache.standing()).entries, (await self.cache.standing()).damaged))

    async def test_small_wrong_bytes(self) -> None:
        """What fits into a piece is seen to be wrong before anything is sent, and is fetched again at once."""
        body = SONG[:500]
        self.lay(NAME, body)
        self.faults.next(Fault(method="GET", flip_at=0.5))
        known = Known(len(body), hashlib.sha256(body).hexdigest())
        self.assertEqual(("MISS", body), await self.heard(known=known))
        self.assertEqual(2, len(self.gets))

    async def test_wrong_size(self) -> None:
        """It is not what the database knows."""
        self.lay(NAME, LONGER)
        with self.assertRaises(StoreAway):
            await self.heard(known=KNOWN)
        self.assertEqual(0, (await self.cache.standing()).entries)

    async def test_changed_in_the_middle(self) -> None:
        """Slices of two objects never meet: who has nothing yet starts over, who has something is cut off."""
        self.lay(NAME, SONG)
        await self.heard(Span(0, 10))
        await self.landed()
        self.lay(NAME, OTHER)
        start = 5 * SLICE
        source = await self.source()
        await source.ready(Span(start, start + 10))
        sink = Sink()
        await source.produce(sink, Span(start, start + 10))
        self.assertEqual(OTHER[start : start + 10], sink.body)
        await self.landed()
        self.assertEqual(OTHER, (await self.heard())[1])

    async def test_changed_under_a_listener(self) -> None:
        """Cut off."""
        self.lay(NAME, SONG)
        await self.heard(Span(0, 10))
        await self.landed()
        self.lay(NAME, OTHER)
        with self.assertRaises(CutShort):
            await self.heard()

    async def test_damaged_on_this_disk(self) -> None:
        """A slice that is not what it was is fetched again; the listener notices nothing."""
        self.lay(NAME, SONG)
        await self.heard(known=KNOWN)
        await self.landed()
        entry = await self.cache.find(NAME)
        assert entry is not None
        place = os.path.join(self.cache.folder.place(entry.digest), "data")
        with open(place, "r+b") as data:
            data.seek(3 * SLICE + 5)
            data.write(b"wrong")
        self.assertEqual(SONG, (await self.heard(known=KNOWN))[1])
        self.assertEqual(f"bytes={3 * SLICE}-{4 * SLICE - 1}", self.gets[-1])
        await self.landed()
        with open(place, "r+b") as data:
            data.truncate(SLICE)
        self.assertEqual(SONG, (await self.heard(known=KNOWN))[1])
        await self.landed()
        self.assertEqual(("HIT", SONG), await self.heard(known=KNOWN))

    async def test_damaged_journal(self) -> None:
        """It is as if the entry were not there, or as if slices of it were not."""
        self.lay(NAME, SONG)
        for damage in (0, 300, 600, -1):
            await self.heard(known=KNOWN)
            await self.landed()
            digest = digest_of(f"{self.bucket_name}\n{NAME}")
            place = os.path.join(self.cache.folder.place(digest), "log")
            await self.parts.close()
            with open(place, "r+b") as log:
                log.seek(damage, os.SEEK_END if damage < 0 else os.SEEK_SET)
                log.write(b"\xff")
                log.truncate()
            self.parts = self.store_parts()
            self.blobs = self.parts.blobs
            self.cache = await self.opened(self.parts)
            self.assertEqual(SONG, (await self.heard(known=KNOWN))[1])
