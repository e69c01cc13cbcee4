"""Deliveries by children come to the same as those by this process (docs/federation.md §4.14)."""

from __future__ import annotations

import os
import signal
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.sending.carrying import HANDFUL, ByCouriers, Carrier, Carrying, InHouse, Parcel
from fwtwisted.model.federation import Scheme
from fwtwisted.outside.couriers import Couriers, CouriersSettings, Slots, Way
from tests.core.fediverse.sending import test_delivering
from tests.core.fediverse.sending.case import FETCH, POSTING, SendingCase
from tests.waiting import GUARD_SECONDS

reactor: Any = the_reactor


class CouriersMixin(SendingCase):
    """``self.couriers`` carry what is sent."""

    timeout = GUARD_SECONDS

    def carrier(self) -> Carrier:
        """Children alone."""
        keys = OwnKeys(self.database, self.bell, reactor.seconds)
        self.addCleanup(keys.close)
        self.couriers = Couriers(reactor, Way(FETCH, POSTING), CouriersSettings(children=1), Slots())
        self.addCleanup(self.couriers.close)
        return ByCouriers(self.couriers, self.posting, keys)


class TryingTests(CouriersMixin, test_delivering.TryingTests):
    """What comes of answers."""


class UnhurriedTests(CouriersMixin, test_delivering.UnhurriedTests):
    """With the real back-off."""


class HostTests(CouriersMixin, test_delivering.HostTests):
    """What is held against a host."""


class KilledTests(CouriersMixin):
    """Children that are killed."""

    async def test_nothing_is_lost(self) -> None:
        """Everything arrives, and nobody is held to be sick for it."""
        await self.begin()
        peers = [await self.a_peer() for _ in range(3)]
        for number in range(60):
            await self.a_follower(f"f{number}", peers[number % 3], shared=False)
        await self.say("one")
        going = Deferred.fromCoroutine(self.deliver())
        for wanted in (5, 30):
            while sum(len(peer.heard) for peer in peers) < wanted:
                await self.sleep(0.01)
            for pid in self.couriers.pids:
                os.kill(pid, signal.SIGKILL)
        await going
        await self.patiently(3)
        self.assertEqual({state for _, state, _, _ in await self.states()}, {"done"})
        self.assertEqual({heard.path for peer in peers for heard in peer.heard}, {f"/f{n}/inbox" for n in range(60)})
        self.assertEqual(await self.value("SELECT coalesce(sum(failures), 0) FROM peer_line"), 0)


class ChoiceTests(CouriersMixin):
    """Who carries what."""

    def carrier(self) -> Carrier:
        """Both."""
        by_couriers = super().carrier()
        return Carrying(self.couriers, by_couriers, InHouse(reactor, self.posting, self.signing))

    async def test_a_handful_stays_here(self) -> None:
        """Little is carried by this process alone; for more, children are called, and do all once they are there."""
        await self.begin()
        peer = await self.a_peer()
        carrier = self.carrier()
        parcel = Parcel(self.speaker, peer.url(""), peer.url("/inbox"), "{}", Scheme.CAVAGE)

        async def carry(count: int) -> None:
            posted = await gatherResults([Deferred.fromCoroutine(carrier.carry(parcel)) for _ in range(count)])
            self.assertEqual([one.status for one in posted], [202] * count)

        await carry(HANDFUL)
        self.assertEqual(self.couriers.pids, [])
        await carry(HANDFUL + 5)
        self.assertEqual((len(self.couriers.pids), self.couriers.are_ready), (1, True))
        connections = peer.connections
        await self.posting.close()
        await carry(1)
        self.assertEqual(peer.connections, connections)  # by the line that the child kept
        self.assertEqual(len(peer.heard), 2 * HANDFUL + 6)
        await self.couriers.close()
        await carry(3 * HANDFUL)
        self.assertEqual(self.couriers.pids, [])
