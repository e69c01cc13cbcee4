"""
A pod that says things, and peers on the loopback that hear them, well or badly.

::

    peer = await self.a_peer()                       # a server of its own port, which keeps connections
    eve = await self.a_follower("eve", peer)         # follows self.speaker
    await self.say("one")                            # a Create to all followers
    await self.deliver()                             # run what is due, until nothing is
    peer.heard                                       # [Heard(path, headers, body)]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import evolve, frozen
from twisted.internet import reactor as the_reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import deferLater
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.keys.signing import Signing
from fwtwisted.core.fediverse.peers import Peers, PeerSettings
from fwtwisted.core.fediverse.sending.carrying import Carrier, InHouse
from fwtwisted.core.fediverse.sending.delivering import Delivering, DeliveryGround, DeliverySettings
from fwtwisted.core.fediverse.sending.outbox import DELIVER, LANE, Outbox, OutboxSettings, Outgoing, same_for_all
from fwtwisted.core.fediverse.sending.recipients import Recipients, followers_of
from fwtwisted.core.fediverse.sending.tempo import Tempo
from fwtwisted.core.people.keys import new_keys
from fwtwisted.db import jobs
from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Pod
from fwtwisted.outside.fetching import Fetching, FetchSettings, system_lookup
from fwtwisted.outside.fetching.posting import Posting, PostingSettings
from fwtwisted.outside.giving_way import turns_had
from fwtwisted.outside.presence import Presence
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.activitypub import activities
from fwtwisted.wire.targets import Exemptions
from tests.database import HOME, DatabaseCase
from tests.threads import pooled

reactor: Any = the_reactor
KEYS = new_keys()
FETCH = FetchSettings("fwtwisted/1 (+https://pod.example/)", Exemptions.of(["127.0.0.1"]), connect_seconds=60)
PATIENT = PostingSettings("fwtwisted/1 (+https://pod.example/)", idle_seconds=60, total_seconds=60)
QUICK = evolve(PATIENT, idle_seconds=1, total_seconds=2)


@frozen
class Heard:
    """What a peer was sent.  :ivar headers: by lower-case name."""

    path: str
    headers: Mapping[str, str]
    document: Any


Answer = Callable[[Heard], "tuple[int, Mapping[str, str]] | None"]
"""Status and headers; None: never answer."""


class Peer(Resource):
    """
    Another server.

    :ivar heard: what came.  :ivar answer: what it says to that.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Heard] = []
        self.answer: Answer = lambda _: (202, {})
        self.connections = 0
        self.port = 0
        self.at_once = self.most_at_once = 0

    @property
    def host(self) -> str:
        """As servers are known by."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        """The address of a path here."""
        return f"http://{self.host}{path}"

    def render_POST(self, request: Request) -> bytes | int:
        """Note what came, and say what was told to be said."""
        assert request.content is not None
        headers = {k.decode().lower(): v[-1].decode() for k, v in request.requestHeaders.getAllRawHeaders()}
        heard = Heard(request.path.decode(), headers, json.loads(request.content.read()))
        self.heard.append(heard)
        told = self.answer(heard)
        if told is None:
            return NOT_DONE_YET
        request.setResponseCode(told[0])
        for name, value in told[1].items():
            request.setHeader(name, value)
        return b"{}"

    @property
    def names(self) -> list[str]:
        """The names of the objects that it heard of."""
        return [heard.document["object"]["name"] for heard in self.heard]


class CountingSite(Site):
    """Counts connections."""

    noisy = False

    def buildProtocol(self, addr: Any) -> Any:
        peer: Any = self.resource
        peer.connections += 1
        return super().buildProtocol(addr)


class SendingCase(DatabaseCase):
    """
    ``self.outbox`` says things for ``self.speaker``, ``self.delivering`` brings them to peers.

    ``self.presence`` may be told that people are served.
    """

    delivery = DeliverySettings(haste=10_000)
    patience = PATIENT

    async def begin(self) -> None:
        """Build everything."""
        self.bell = MemoryBell(reactor)
        threads = pooled(self)
        self.fetching = Fetching(reactor, threads, FETCH, system_lookup(threads))
        self.posting = Posting(reactor, self.fetching, self.patience)
        self.addCleanup(self.posting.close)
        self.keys = OwnKeys(self.database, self.bell, reactor.seconds)
        self.addCleanup(self.keys.close)
        self.signing = Signing(self.keys, threads, lambda: datetime.now(UTC).timestamp())
        self.pod = Pod(f"https://{HOME}", HOME)
        self.peers = Peers(self.database, reactor, self.bell.ring, self.pod, PeerSettings())
        self.inbox = Inbox(self.database, lambda *_: None)
        self.outbox = Outbox(self.inbox, self.bell.ring, OutboxSettings())
        self.shut_out: set[str] = set()
        self.presence = Presence(reactor, None, threads)
        self.delivering = Delivering(self.ground())
        self.speaker = await self.a_speaker("nadia")

    def carrier(self) -> Carrier:
        """Who brings it there."""
        return InHouse(reactor, self.posting, self.signing)

    def ground(self) -> DeliveryGround:
        """What delivering stands on."""

        async def welcome(hosts: Any) -> set[str]:
            return set(hosts) - self.shut_out

        return DeliveryGround(
            reactor, self.database, self.carrier(), self.peers, welcome, self.bell.ring,
            lambda: datetime.now(UTC), lambda: 0.5, Tempo(reactor, self.presence, turns_had), self.delivery,
        )  # fmt: skip

    async def a_speaker(self, name: str) -> int:
        """An actor of ours with keys."""
        id = await self.an_actor(name)
        await self.do(
            "UPDATE actor SET private_key = %s, public_key = %s, key_id = fid || '#main-key' WHERE id = %s",
            KEYS.private, KEYS.public, id,
        )  # fmt: skip
        return id

    async def a_peer(self, software: str | None = None, version: str | None = None) -> Peer:
        """A server that is known here."""
        peer = Peer()
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(CountingSite(peer))
        self.addCleanup(port.stopListening)
        self.addCleanup(self.posting.close)
        peer.port = port.getHost().port
        await self.do(
            "INSERT INTO domain (name, software_name, software_version) VALUES (%s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET software_name = EXCLUDED.software_name",
            peer.host, software, version,
        )  # fmt: skip
        return peer

    async def somebody(self, name: str, peer: Peer, *, shared: bool = True) -> int:
        """An actor of a peer."""
        id = await self.an_actor(name, peer.host)
        await self.do(
            "UPDATE actor SET inbox_url = %s, shared_inbox_url = %s WHERE id = %s",
            peer.url(f"/{name}/inbox"), peer.url("/inbox") if shared else None, id,
        )  # fmt: skip
        return id

    async def a_follower(self, name: str, peer: Peer, *, shared: bool = True, approved: bool | None = True) -> int:
        """Somebody elsewhere who follows the speaker."""
        id = await self.somebody(name, peer, shared=shared)
        await self.a_follow(id, actor=self.speaker, approved=approved)
        return id

    async def say(
        self, name: str, about: str = "https://pod.example/x/1", to: Recipients | None = None, **more: Any
    ) -> None:
        """Something, to all followers of the speaker."""
        document = activities.create(
            f"{about}/{name}", f"https://{HOME}/federation/actors/nadia", {"type": "Audio", "id": about, "name": name},
            ["https://www.w3.org/ns/activitystreams#Public"],
        )  # fmt: skip
        outgoing = Outgoing("Create", document["id"], self.speaker, about, same_for_all(document))
        await self.send(evolve(outgoing, **more), to or followers_of(self.speaker))

    async def send(self, outgoing: Outgoing, to: Recipients) -> None:
        """Put it down."""

        async def work(tx: Tx) -> None:
            await self.outbox.send(tx, outgoing, to)

        await self.database.transaction(work)

    async def deliver(self, delivering: Delivering | None = None) -> int:
        """Run the jobs that are due until none is; how many."""
        kinds = (delivering or self.delivering).jobs()
        ran = 0
        while True:
            found = await self.run_in(jobs.claim, LANE, list(kinds), 50, 30.0)
            if not found:
                return ran
            for job in found:
                await kinds[job.kind].run(job)
                await self.run_in(jobs.done, job)
                ran += 1

    async def patiently(self, rounds: int, pause: float = 0.05) -> None:
        """Deliver again and again, as time goes by."""
        for _ in range(rounds):
            await self.deliver()
            await self.sleep(pause)

    async def sleep(self, seconds: float) -> None:
        """Let time go by."""

        await deferLater(reactor, seconds, lambda: None)

    async def states(self) -> list[tuple[str, str, int, int | None]]:
        """Of every delivery in order: host's path, state, attempts, status."""
        return await self.run_in(
            Tx.many,
            lambda *row: row,
            "SELECT regexp_replace(inbox, '^http://[^/]*', ''), state, attempts, status FROM delivery ORDER BY id",
        )


__all__ = ("DELIVER", "KEYS", "Heard", "Peer", "SendingCase")
