"""
Whether an entry may still be served: asking the store when it was long ago, and what to do when it does not answer.

::

    older than MEDIA_CACHE_VALID ──▶ HEAD ──┬─ the same        REVALIDATED, as good as new
                                            ├─ another         EXPIRED: the new one is fetched
                                            ├─ nothing there   STALE for an hour when the database knows it, else gone
                                            ├─ no answer       STALE, as long as MEDIA_CACHE_STALE_MAX allows
                                            └─ silent for 2 s  STALE; the question goes on behind
    meanwhile, for others                                      after 0.2 s UPDATING, with what is here

Source: docs/storage.md §7.2, §7.4, S-51, S-53.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.entries import Entry
from fwtwisted.outside.cache.flights import Ways, is_same
from fwtwisted.outside.cache.once import Once
from fwtwisted.outside.cache.settings import MediaCacheSettings
from fwtwisted.outside.origin import StoreAway, Unseen

HIT, MISS, PARTIAL, BYPASS = "HIT", "MISS", "PARTIAL", "BYPASS"
REVALIDATED, EXPIRED, UPDATING, STALE = "REVALIDATED", "EXPIRED", "UPDATING", "STALE"

PATIENCE_SECONDS = 2.0  # of the one who asks
SHORT_PATIENCE_SECONDS = 0.2  # of those who find somebody asking
REST_SECONDS = 5.0  # after no answer, in which nobody asks again
MISSING_SECONDS = 3600.0
_VALIDATION = -1  # its place among the locks of an entry's slices


class _Late(Exception):
    """It takes too long."""


class Validator:
    """:param wall: seconds since 1970."""

    _log = Logger()

    def __init__(self, ways: Ways, settings: MediaCacheSettings, wall: Callable[[], float]) -> None:
        self._ways, self._settings, self._wall = ways, settings, wall
        self._asking: Once[str] = Once()
        self._resting: dict[str, float] = {}

    def age(self, entry: Entry) -> float:
        """Seconds since the store was asked."""
        return max(0.0, self._wall() - entry.state.validated)

    def is_fresh(self, entry: Entry) -> bool:
        """Whether the store need not be asked."""
        return self.age(entry) <= self._settings.valid_seconds

    def may_be_stale(self, entry: Entry) -> bool:
        """Whether it may be served when the store cannot be asked."""
        return self.age(entry) <= self._settings.stale_seconds

    async def refresh(self, entry: Entry, known: Known) -> str:
        """
        How an entry that is not fresh may be served.

        :raise NotFound: there is no such object any more.  :raise StoreAway: nobody knows, and it is too old.
        """
        if not entry.state.missing_since and self._is_resting(entry.digest) and self.may_be_stale(entry):
            return STALE
        is_first = not self._asking.is_doing(entry.digest)
        asking = Deferred.fromCoroutine(self._asking.do(entry.digest, lambda: self._ask(entry, known)))
        if not self.may_be_stale(entry):
            return await asking
        try:
            return await self._within(asking, PATIENCE_SECONDS if is_first else SHORT_PATIENCE_SECONDS)
        except _Late:
            return STALE if is_first else UPDATING

    async def finish(self) -> None:
        """Wait for every question."""
        await self._asking.finish()

    async def _ask(self, entry: Entry, known: Known) -> str:
        locks = self._ways.locks
        is_ours = locks.take(entry.digest, _VALIDATION)
        if not is_ours and self.may_be_stale(entry):
            await entry.catch_up()
            return REVALIDATED if self.is_fresh(entry) else UPDATING
        entry.users += 1  # who asks need not stay
        try:
            return await self._answer(entry, known)
        finally:
            entry.users -= 1
            if is_ours:
                locks.give_back(entry.digest, _VALIDATION)

    async def _answer(self, entry: Entry, known: Known) -> str:
        if entry.files.is_behind:
            await entry.catch_up()
            if self.is_fresh(entry):
                return REVALIDATED
        try:
            seen = await self._ways.origin.head(entry.name)
        except NotFound as missing:
            return await self._missing(entry, known, missing)
        except StoreAway:
            self._resting[entry.digest] = self._ways.clock.seconds() + REST_SECONDS
            if self.may_be_stale(entry):
                return STALE
            raise
        self._resting.pop(entry.digest, None)
        if not is_same(entry, seen):
            return EXPIRED
        await self._note(entry, "valid")
        return REVALIDATED

    async def _missing(self, entry: Entry, known: Known, missing: NotFound) -> str:
        """The store has it no more."""
        if known.size is None:
            raise missing
        if entry.state.missing_since is None:
            await self._note(entry, "missing")
        why = "credentials, or it is gone" if isinstance(missing, Unseen) else "it is gone"
        self._log.error("object missing: {name} ({why})", event="cache.object-missing", name=entry.name, why=why)
        if self._wall() - (entry.state.missing_since or 0.0) > MISSING_SECONDS or not self.may_be_stale(entry):
            raise missing
        return STALE

    async def _note(self, entry: Entry, word: str) -> None:
        moment = round(self._wall(), 3)
        entry.state.take([word, moment])
        try:
            await self._ways.threads(entry.files.add, word, moment)
        except OSError as trouble:  # the next process will ask again
            self._log.warn("the cache cannot be written to: {why}", event="cache.unwritten", why=str(trouble))

    def _is_resting(self, digest: str) -> bool:
        until = self._resting.get(digest, 0.0)
        if self._ways.clock.seconds() < until:
            return True
        self._resting.pop(digest, None)
        return False

    async def _within(self, asking: Deferred[str], seconds: float) -> str:
        """The answer, if it comes soon.  :raise _Late: else; the question goes on."""
        heard: Deferred[str] = Deferred()

        def late() -> None:
            heard.errback(_Late())

        def tell(result: str | Failure) -> None:
            if heard.called:
                return
            if isinstance(result, Failure):
                heard.errback(result)
            else:
                heard.callback(result)

        timer = self._ways.clock.callLater(seconds, late)
        asking.addCallbacks(tell, tell)
        try:
            return await heard
        finally:
            if timer.active():
                timer.cancel()
