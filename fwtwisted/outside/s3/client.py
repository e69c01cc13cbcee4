"""
A client of one bucket that mends what can be mended.

::

    ask(call) ─▶ breaker ─▶ a turn ─▶ signed for now ─▶ the line ─▶ an answer
       ▲                                                             │
       │     busy, broken, unreachable: after a rest, 0.2 s · 2ⁿ     │
       │     keys unknown: read their files again, once              │
       ├──── clock wrong: learn by how much, once                    ├─▶ success
       │     other region: learn which, once                         └─▶ Refused: nothing helps
       └──── other host of the store's own domain: go there, once

Everything sent can be sent again: bodies are payloads that begin anew.  What a caller waits is bounded by its patience.
Neither a key nor a signed URL is ever logged.

Source: docs/storage.md §5, §10 (S-8, S-9, S-40, S-41, S-42).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import AlreadyCalled, AlreadyCancelled
from twisted.logger import Logger

from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.breaker import Breaker, Open
from fwtwisted.outside.s3.flow import Broken
from fwtwisted.outside.s3.keyring import Keyring
from fwtwisted.outside.s3.learnt import Learnt
from fwtwisted.outside.s3.line import Line, NoAnswer, Reply
from fwtwisted.outside.s3.payloads import Payload
from fwtwisted.outside.s3.settings import StoreSettings
from fwtwisted.outside.s3.turns import Holder, Turn, Turns
from fwtwisted.wire.http import parsed_http_date
from fwtwisted.wire.s3 import documents
from fwtwisted.wire.s3.addresses import FIRST_REGION, Address
from fwtwisted.wire.s3.answers import Cure, cure, retry_after, right_region
from fwtwisted.wire.s3.documents import Told
from fwtwisted.wire.s3.signing import NOTHING, UNSIGNED, Keys, Pairs, presigned_url, signed_headers

FIRST_REST, LONGEST_REST, LONGEST_ASKED_REST = 0.2, 5.0, 30.0
LISTENER_PATIENCE = 20.0  # seconds until a listener hears that it is no use
PATIENCE = 30.0
LARGEST_DOCUMENT = 16 << 20
RETRY_AFTER = 30
STALE_SECONDS = 1.0
KNOCK_SECONDS = 5.0

SUCCESSES = frozenset({200, 204, 206})


class Refused(Exception):
    """
    The store understood and said no, and trying again is no use.

    :ivar told: its error document, if it sent one.  :ivar headers: names in lower case.
    """

    def __init__(self, status: int, told: Told | None, headers: Mapping[str, str]) -> None:
        code = "" if told is None else told.code
        super().__init__(f"{status} {code}".strip())
        self.status, self.code, self.told, self.headers = status, code, told, headers


@frozen
class Call:
    """
    One thing to be done.

    :ivar key: of the object, location and all; None for the bucket itself.
    :ivar headers: beside those of the signature.
    :ivar successes: statuses that are no refusal.
    """

    method: str
    key: str | None = None
    query: Pairs = ()
    headers: Mapping[str, str] = field(factory=dict)
    payload: Payload | None = None
    successes: frozenset[int] = SUCCESSES


@define
class _Attempt:
    """How far we are with a call."""

    call: Call
    deadline: float
    address: Address
    failures: int = 0
    stale_before: bool = False
    tried: set[Cure] = field(factory=set)


class Client:
    """
    :param wall: seconds since 1970, as this machine has them.
    :param draw: a random number from 0 to 1.
    :param learnt: where other processes tell us the region, and we them.
    :ivar offset: how far the store's clock is ahead of ours, as far as it had to be learnt.
    :ivar turns: at the connections.
    :ivar when_busy: called whenever the store asks for less (503, 429).
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        settings: StoreSettings,
        keyring: Keyring,
        wall: Callable[[], float],
        draw: Callable[[], float],
        learnt: Learnt,
    ) -> None:
        self._reactor, self._settings, self._keyring, self._learnt = reactor, settings, keyring, learnt
        self._wall, self._draw = wall, draw
        self._line = Line(reactor, settings.line)
        self._breaker = Breaker(reactor)
        self.turns = Turns(reactor, settings.line.connections)
        self._found_region: str | None = None
        self.offset = timedelta(0)
        self.trouble = ""
        self.when_busy: Callable[[], object] = _nothing

    @property
    def is_away(self) -> bool:
        """Whether the breaker is open."""
        return self._breaker.is_open

    @property
    def region(self) -> str:
        """For which we sign: what was set, or what was learnt, and then for good."""
        if self._found_region is None:
            known = self._learnt.get(self._region_asked)
            if known is not None:
                self._is_in(known)
        return self._found_region or self._settings.region or FIRST_REGION

    @property
    def _region_asked(self) -> str:
        """By what name it is remembered which region is right in the place of the one that is set."""
        return f"region for {self._settings.region or FIRST_REGION}"

    def _is_in(self, region: str) -> None:
        self._found_region = region
        self._log.warn(
            "the bucket is in the region {region}; set AWS_S3_REGION_NAME to that", event="s3.region", region=region
        )

    @property
    def address(self) -> Address:
        """Where the bucket is."""
        return self._settings.address

    def now(self) -> datetime:
        """The time as the store has it."""
        return datetime.fromtimestamp(self._wall(), UTC) + self.offset

    def close(self) -> Deferred[Any]:
        """Let go of the connections."""
        return self._line.close()

    def url(self, key: str, seconds: int, query: Pairs = (), *, moment: datetime | None = None) -> str:
        """A presigned URL for a GET; a secret (S-8).  :param moment: from which on it lives; None: now."""
        target = self._settings.address.target("GET", key, query)
        return presigned_url(target, self._keyring.keys, self.region, moment or self.now(), seconds)

    async def ask(self, call: Call, patience: float = PATIENCE, holder: Holder | None = None) -> Reply:
        """
        Do it; answers when the head of a success is here, whose body is the caller's to read or close.

        :param patience: seconds within which there must be an answer.
        :param holder: who can be asked to let the connection go.
        :raise Refused:  :raise StoreAway:
        """
        attempt = _Attempt(call, self._reactor.seconds() + patience, self._settings.address)
        while True:
            keys = self._keyring.keys
            try:
                reply = await self._once(attempt, keys, holder)
            except NoAnswer as failed:
                if failed.was_stale and not attempt.stale_before:
                    attempt.stale_before = True
                    continue
                await self._failed(attempt, str(failed), None)
                continue
            if reply.status in call.successes:
                self._breaker.worked()
                return reply
            await self._cured(attempt, reply, await self._told(reply), keys)

    async def document(self, call: Call, patience: float = PATIENCE) -> bytes:
        """Do it, and read the answer as a whole.  Raises as :meth:`ask`."""
        for tries_left in (1, 0):
            reply = await self.ask(call, patience)
            try:
                return await reply.body.read(LARGEST_DOCUMENT)
            except Broken as broken:
                if not tries_left:
                    raise StoreAway(f"its answer broke off: {broken}", RETRY_AFTER) from broken
        raise AssertionError

    async def knock(self) -> bool:
        """Whether the store answers, whatever the breaker thinks of it; if so, it thinks better of it."""
        turn = await self.turns.take()
        target = self.address.target("HEAD", None)
        headers = signed_headers(target, {}, NOTHING, self._keyring.keys, self.region, self.now())
        try:
            reply = await self._line.ask("HEAD", target.url, headers, None, turn, KNOCK_SECONDS)
        except NoAnswer:
            return False
        reply.body.close()
        if reply.status >= 500:
            return False
        self._breaker.worked()
        return True

    async def stranger(self, method: str, url: str) -> Reply:
        """What somebody gets who has no key but the URL; for looking at who may read what.  :raise StoreAway:"""
        turn = await self.turns.take()
        try:
            return await self._line.ask(method, url, {}, None, turn, PATIENCE)
        except NoAnswer as failed:
            raise StoreAway(str(failed)) from failed

    # --- one try ---------------------------------------------------------------------------------

    async def _once(self, attempt: _Attempt, keys: Keys, holder: Holder | None) -> Reply:
        """:raise NoAnswer:  :raise StoreAway: there is no time, or no use."""
        turn = await self._turn(attempt, holder)
        try:
            self._breaker.admit()
        except Open as resting:
            turn.give_back()
            raise StoreAway(self.trouble or "it rests", max(1, math.ceil(resting.seconds))) from resting
        left = attempt.deadline - self._reactor.seconds()
        call = attempt.call
        target = attempt.address.target(call.method, call.key, call.query)
        began = self._reactor.seconds()
        try:
            headers = signed_headers(target, call.headers, self._hash(call), keys, self.region, self.now())
            return await self._line.ask(call.method, target.url, headers, call.payload, turn, left)
        except NoAnswer as failed:
            failed.was_stale &= self._reactor.seconds() - began < STALE_SECONDS
            if failed.was_stale and not attempt.stale_before:
                self._breaker.unknown()
            raise
        except BaseException:
            self._breaker.unknown()
            raise

    async def _turn(self, attempt: _Attempt, holder: Holder | None) -> Turn:
        waiting = self.turns.take(holder)
        left = attempt.deadline - self._reactor.seconds()
        timer = self._reactor.callLater(max(0.0, left), waiting.cancel)
        try:
            return await waiting
        except CancelledError:
            if timer.active():
                raise
            raise StoreAway("all connections were busy for too long", RETRY_AFTER) from None
        finally:
            if timer.active():
                timer.cancel()

    def _hash(self, call: Call) -> str:
        """What stands for the body in the signature: over TLS the stream need not be known."""
        if call.payload is None:
            return NOTHING
        return UNSIGNED if self._settings.address.scheme == "https" else call.payload.measure.sha256

    async def _told(self, reply: Reply) -> Told | None:
        try:
            return documents.error(await reply.body.read(LARGEST_DOCUMENT))
        except Broken:
            return None

    # --- what helps ------------------------------------------------------------------------------

    async def _cured(self, attempt: _Attempt, reply: Reply, told: Told | None, keys: Keys) -> None:
        """Return when it makes sense to ask again.  :raise Refused:  :raise StoreAway:"""
        helps = cure(reply.status, told, reply.headers)
        refused = Refused(reply.status, told, reply.headers)
        if helps is Cure.AGAIN:
            await self._failed(attempt, str(refused), reply)
            return
        self._breaker.worked()
        if helps is Cure.NONE:
            raise refused
        if helps in attempt.tried:
            if helps is Cure.KEYS:
                self._tell_of_keys(refused)
            raise self._away(str(refused)) from refused
        attempt.tried.add(helps)
        cured = {
            Cure.KEYS: self._other_keys,
            Cure.CLOCK: self._other_clock,
            Cure.REGION: self._other_region,
            Cure.ELSEWHERE: self._other_host,
        }[helps]
        if not await cured(attempt, reply, told, keys):
            raise self._away(str(refused)) from refused

    async def _failed(self, attempt: _Attempt, why: str, reply: Reply | None) -> None:
        """Count a failure, and rest if there is another try.  :raise StoreAway: there is none."""
        if reply is None or reply.status >= 500:
            self._breaker.failed()
        else:
            self._breaker.worked()
        attempt.failures += 1
        if reply is not None and reply.status in _BUSY:
            self.when_busy()
        asked = None if reply is None else retry_after(reply.headers)
        rest = self.rest_before(attempt.failures) if asked is None else min(asked, LONGEST_ASKED_REST)
        late = self._reactor.seconds() + rest >= attempt.deadline
        if attempt.failures > self._settings.retries or late:
            raise self._away(why)
        await self.rest(rest)

    def _away(self, why: str) -> StoreAway:
        self.trouble = why
        self._log.warn("the media store fails: {why}", event="s3.failed", why=why)
        return StoreAway(why, RETRY_AFTER)

    def rest_before(self, failures: int) -> float:
        """Seconds before the next try after so many failures: 0.2 s · 2ⁿ, give or take a half."""
        rest: float = FIRST_REST * 2 ** (failures - 1) * (0.5 + self._draw())
        return min(LONGEST_REST, rest)

    async def rest(self, seconds: float) -> None:
        """Wait."""
        over: Deferred[None] = Deferred(lambda _: _cancelled(timer))
        timer = self._reactor.callLater(seconds, over.callback, None)
        await over

    async def _other_keys(self, attempt: _Attempt, reply: Reply, told: Told | None, keys: Keys) -> bool:
        if await self._keyring.reread(keys):
            self._log.info("the keys to the media store were changed; the new ones are in use", event="s3.keys")
            return True
        self._tell_of_keys(Refused(reply.status, told, reply.headers))
        return False

    def _tell_of_keys(self, refused: Refused) -> None:
        self._log.error(
            "the media store refuses our keys ({why}); see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            event="s3.credentials",
            why=str(refused),
        )

    async def _other_clock(self, attempt: _Attempt, reply: Reply, told: Told | None, keys: Keys) -> bool:
        theirs = parsed_http_date(reply.headers.get("date", "").encode("latin-1")) or (
            None if told is None else told.server_time
        )
        if theirs is None:
            return False
        self.offset = theirs - datetime.fromtimestamp(self._wall(), UTC)
        self._log.error(
            "this machine's clock is wrong by {seconds} s, says the media store; set it right",
            event="s3.clock",
            seconds=round(self.offset.total_seconds()),
        )
        return True

    async def _other_region(self, attempt: _Attempt, reply: Reply, told: Told | None, keys: Keys) -> bool:
        region = right_region(told, reply.headers)
        if region is None or region == self.region:
            return False
        self._is_in(region)
        self._learnt.learn(self._region_asked, region)
        return True

    async def _other_host(self, attempt: _Attempt, reply: Reply, told: Told | None, keys: Keys) -> bool:
        moved = attempt.address.moved(reply.headers.get("location", ""))
        if moved is None:
            self._log.error("the media store sends us to a foreign host; we do not go", event="s3.elsewhere")
            return False
        attempt.address = moved
        return True


_BUSY = frozenset({429, 503})


def _nothing() -> None:
    """Nobody minds."""


def _cancelled(timer: Any) -> None:
    try:
        timer.cancel()
    except (AlreadyCalled, AlreadyCancelled):
        return
