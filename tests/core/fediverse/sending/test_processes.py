"""Several processes deliver, and are killed: all arrives, and next to nothing twice (docs/federation.md §4.14)."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from tests.core.fediverse.sending.case import Heard, Peer, SendingCase
from tests.waiting import GUARD_SECONDS

HOME = Path(__file__).parents[4]
FOLLOWERS = 60
BATCH = 8  # of the child: what may be sent again after a kill


class Child(ProcessProtocol):
    """A process that delivers.  :ivar ended: its words."""

    def __init__(self) -> None:
        self.ended: Deferred[str] = Deferred()
        self._said = b""

    def connectionMade(self) -> None:
        """It lives."""
        self.pid = self.transport.pid  # type: ignore[union-attr]

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """What it says, and what went wrong."""
        self._said += data

    def kill(self) -> None:
        """End it as a power cut would."""
        if not self.ended.called:
            os.kill(self.pid, 9)

    def processEnded(self, reason: Failure) -> None:
        """It is gone."""
        self.ended.callback(self._said.decode())


class ProcessTests(SendingCase):
    """Real processes on one database."""

    timeout = GUARD_SECONDS

    async def an_audience(self) -> list[Peer]:
        """Three servers with as many followers each, and something said to all of them."""
        await self.begin()
        peers = [await self.a_peer() for _ in range(3)]
        for number in range(FOLLOWERS):
            await self.a_follower(f"f{number}", peers[number % 3], shared=False)
        await self.say("one")
        return peers

    def a_child(self) -> Child:
        """Begin to deliver."""
        child = Child()
        program = [sys.executable, "-m", "tests.core.fediverse.sending.sending_child", self.dsn]
        the_reactor.spawnProcess(child, sys.executable, program, env=os.environ, path=str(HOME))
        self.addCleanup(child.kill)
        return child

    def heard(self, peers: list[Peer]) -> Counter[str]:
        """How often each inbox was told."""
        return Counter(heard.path for peer in peers for heard in peer.heard)

    async def test_several_at_once(self) -> None:
        """Three processes share the work, and send nothing twice."""
        peers = await self.an_audience()
        said = await gatherResults([self.a_child().ended for _ in range(3)])
        self.assertEqual(said, ["begun\n"] * 3)
        told = self.heard(peers)
        self.assertEqual((len(told), sum(told.values())), (FOLLOWERS, FOLLOWERS))

    async def test_killed(self) -> None:
        """A process that is killed in the middle leaves nothing undone; what was under way may come twice."""
        peers = await self.an_audience()
        child = self.a_child()
        count = 0

        def answer(_: Heard) -> tuple[int, dict[str, str]]:
            nonlocal count
            count += 1
            if count == FOLLOWERS // 2:
                child.kill()
            return 202, {}

        for peer in peers:
            peer.answer = answer
        await child.ended
        self.assertLess(len(self.heard(peers)), FOLLOWERS)
        self.assertEqual(await self.a_child().ended, "begun\n")
        told = self.heard(peers)
        self.assertEqual(len(told), FOLLOWERS)
        self.assertLessEqual(sum(told.values()), FOLLOWERS + BATCH * len(peers))
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'done'"), FOLLOWERS)
