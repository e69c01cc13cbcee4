"""Attempts at deliveries that somebody breaks off, and those that cannot go well just now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.fediverse.sending.attempts import Attempts, Outcome
from fwtwisted.core.fediverse.sending.carrying import Answer, Parcel
from fwtwisted.db.fediverse.deliveries import Due
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.federation import Scheme
from fwtwisted.outside.fetching.posting import Posted

INBOX = "https://far.example/inbox"


class Far:
    """Servers that never answer; see ``Carrier`` and ``Knowledge``."""

    def __init__(self, *, takes_bundles: bool) -> None:
        self._takes_bundles = takes_bundles
        self.carried: list[str] = []
        self.scheme: Callable[[], Scheme] = lambda: Scheme.CAVAGE

    def takes_some(self, count: int) -> bool:
        """See ``Carrier``."""
        return self._takes_bundles and count > 1

    def origin(self, url: str) -> str:
        """See ``Carrier``."""
        return "https://far.example"

    async def carry(self, parcel: Parcel) -> Posted:
        """See ``Carrier``."""
        self.carried.append(parcel.body)
        answer: Deferred[Posted] = Deferred()
        return await answer

    async def carry_some(self, parcels: Sequence[Parcel], abreast: int) -> Mapping[int, Answer]:
        """See ``Carrier``."""
        self.carried += [parcel.body for parcel in parcels]
        answer: Deferred[Any] = Deferred()
        return dict(await answer)

    async def scheme_for(self, origin: str) -> Scheme:
        """See ``Knowledge``."""
        return self.scheme()

    async def remember(self, origin: str, scheme: Scheme) -> None:
        """See ``Knowledge``."""


class BrokenOffTests(SynchronousTestCase):
    """Four letters are to go to a host, two at a time or together."""

    def make(self, far: Far) -> Deferred[list[Outcome]]:
        """Try to deliver them."""
        attempts = Attempts(far, far, 2, lambda: datetime(2026, 1, 2, tzinfo=UTC), lambda: 0.5)
        due = [Due(number, number, INBOX, 1, str(number), 0, 0, None, None) for number in range(4)]
        return Deferred.fromCoroutine(attempts.make(due, 0))

    def test_one_by_one(self) -> None:
        """Who stops is not kept waiting for those under way, and nothing else is begun."""
        far = Far(takes_bundles=False)
        making = self.make(far)
        making.cancel()
        self.failureResultOf(making, CancelledError)
        self.assertEqual(["0", "1"], far.carried)

    def test_together(self) -> None:
        """The same for a bundle: it is not tried one by one."""
        far = Far(takes_bundles=True)
        making = self.make(far)
        making.cancel()
        self.failureResultOf(making, CancelledError)
        self.assertEqual(["0", "1", "2", "3"], far.carried)

    def test_without_a_database(self) -> None:
        """That is nobody's fault: not the letter's, not the host's."""
        for takes_bundles in (False, True):
            far = Far(takes_bundles=takes_bundles)
            far.scheme = self.away
            self.failureResultOf(self.make(far), Unavailable)
            self.assertEqual([], far.carried)

    def away(self) -> Scheme:
        """Nobody knows."""
        raise Unavailable
