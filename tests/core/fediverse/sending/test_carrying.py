"""Deliveries by children come to the same as those by this process (docs/federation.md §4.14)."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.sending.carrying import HANDFUL, ByCouriers, Carrier, Carrying, InHouse, Parcel
from fwtwisted.model.federation import Scheme
from fwtwisted.outside.couriers import Couriers, CouriersSettings, Slots, Way
from tests.core.fediverse.sending import test_delivering
from tests.core.fediverse.sending.case import FETCH, Heard, SendingCase
from tests.waiting import GUARD_SECONDS

reactor: Any = the_reactor


class CouriersMixin(SendingCase):
    """``self.couriers`` carry what is sent."""

    timeout = GUARD_SECONDS

    def carrier(self) -> Carrier:
        """Children alone."""
        keys = OwnKeys(self.database, self.bell, reactor.seconds)
        self.addCleanup(keys.close)
        self.couriers = Couriers(reactor, Way(FETCH, self.patience), CouriersSettings(children=1), Slots())
        self.addCleanup(self.couriers.close)
        return ByCouriers(self.couriers, self.posting, keys)


class TryingTests(CouriersMixin, test_delivering.TryingTests):
    """What comes of answers."""


class UnhurriedTests(CouriersMixin, test_delivering.UnhurriedTests):
    """With the real back-off."""


class HostTests(CouriersMixin, test_delivering.HostTests):
    """What is held against a host."""


class TogetherTests(CouriersMixin):
    """What goes to a host in bundles."""

    async def test_one_by_one_where_it_matters(self) -> None:
        """Inboxes that are gone, and one that wants the other signature, stop none of those behind them."""
        await self.begin()
        peer = await self.a_peer()
        for number in range(40):
            await self.a_follower(f"f{number}", peer, shared=False)

        def answer(heard: Heard) -> tuple[int, Mapping[str, str]]:
            if heard.path in ("/f3/inbox", "/f4/inbox", "/f20/inbox"):
                return 410, {}
            is_knock = heard.path == "/f30/inbox" and "signature-input" not in heard.headers
            return 401 if is_knock else 202, {}

        peer.answer = answer
        await self.say("one")
        await self.patiently(3)
        told = {path: (state, attempts, status) for path, state, attempts, status in await self.states()}
        gone = {f"/f{number}/inbox": ("given_up", 1, 410) for number in (3, 4, 20)}
        self.assertEqual(told, {f"/f{n}/inbox": ("done", 1, 202) for n in range(40)} | gone)
        self.assertEqual(len(peer.heard), 41)
        self.assertEqual(await self.value("SELECT count(*) FROM peer_line"), 0)

    async def test_sick_in_the_middle(self) -> None:
        """A host that falls sick while a bundle is under way is left alone after five failures."""
        await self.begin()
        peer = await self.a_peer()
        for number in range(30):
            await self.a_follower(f"f{number}", peer, shared=False)
        peer.answer = lambda _: (202, {}) if len(peer.heard) <= 10 else (503, {})
        await self.say("one")
        await self.deliver()
        self.assertLessEqual(len(peer.heard), 10 + 6)
        self.assertGreaterEqual(await self.value("SELECT failures FROM peer_line"), 5)
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'done'"), 10)


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
        return Carrying(reactor, self.couriers, by_couriers, InHouse(reactor, self.posting, self.signing))

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

    async def test_much_goes_by_children_from_the_beginning(self) -> None:
        """More than a handful for a server waits for children to start: this process does not begin with it."""
        await self.begin()
        peers = [await self.a_peer() for _ in range(2)]
        for number in range(60):
            await self.a_follower(f"f{number}", peers[number % 2], shared=False)
        await self.say("one")
        await self.deliver()
        self.assertEqual({state for _, state, _, _ in await self.states()}, {"done"})
        self.assertEqual([len(peer.heard) for peer in peers], [30, 30])
        self.assertEqual([peer.connections for peer in peers], [2, 2])  # kept by the child

    async def test_while_somebody_is_served(self) -> None:
        """Deliveries go on, each once, a few at a time; children are called for them though few are under way."""
        await self.begin()
        peer = await self.a_peer()
        for number in range(40):
            await self.a_follower(f"f{number}", peer, shared=False)
        self.presence.seen()
        await self.say("one")
        await self.deliver()
        self.assertEqual({state for _, state, _, _ in await self.states()}, {"done"})
        self.assertEqual(len({heard.path for heard in peer.heard}), len(peer.heard))
        self.assertEqual(len(self.couriers.pids), 1)
