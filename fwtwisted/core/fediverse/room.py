"""
The parts of the federation, built together: what the roof is handed.

Each part takes what it needs of the ground by its constructor; none knows of this room.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from attrs import field, frozen

from fwtwisted.core.fediverse.asking import Asking, AskingGround
from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.keys.resolving import Resolving, ResolvingGround
from fwtwisted.core.fediverse.keys.rotation import Rotation
from fwtwisted.core.fediverse.keys.signing import Signing
from fwtwisted.core.fediverse.keys.verifying import Place, Verifying, VerifyingGround
from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.moderation.room import Moderation
from fwtwisted.core.fediverse.nodeinfos import NodeinfoGround, Nodeinfos, NodeinfoSettings
from fwtwisted.core.fediverse.peers import Peers, PeerSettings
from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.core.fediverse.publishing.room import Publishing, PublishingGround
from fwtwisted.core.fediverse.receiving.intake import Spend
from fwtwisted.core.fediverse.receiving.room import Receiving, ReceivingGround
from fwtwisted.core.fediverse.remote.actors import RemoteActors
from fwtwisted.core.fediverse.remote.room import Remote, RemoteGround, RemoteSettings
from fwtwisted.core.fediverse.sending.announcing import Announcing
from fwtwisted.core.fediverse.sending.carrying import ByCouriers, Carrying, InHouse
from fwtwisted.core.fediverse.sending.delivering import Delivering, DeliveryGround, DeliverySettings
from fwtwisted.core.fediverse.sending.outbox import Outbox
from fwtwisted.core.fediverse.sending.telling import Telling, TellingGround
from fwtwisted.core.fediverse.sending.tempo import Tempo
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.live import Happened
from fwtwisted.core.pod.reports import Reports
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Pod
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.couriers import Couriers, CouriersSettings, Slots, Way
from fwtwisted.outside.fetching import Fetching, FetchSettings
from fwtwisted.outside.fetching.posting import Posting, PostingSettings
from fwtwisted.outside.giving_way import turns_had
from fwtwisted.outside.presence import Presence
from fwtwisted.outside.shared import Bell, Cache
from fwtwisted.outside.tallies import Tallies

T = TypeVar("T")


@frozen
class FediverseSettings:
    """
    What the parts can be told.

    :ivar fetching: as the door has it, for couriers.
    :ivar slots: folder where all processes on this machine see how many couriers there are; None: nobody else is here.
    """

    posting: PostingSettings
    fetching: FetchSettings
    couriers: CouriersSettings = field(factory=CouriersSettings)
    slots: str | None = None
    delivery: DeliverySettings = field(factory=DeliverySettings)
    peers: PeerSettings = field(factory=PeerSettings)
    nodeinfo: NodeinfoSettings = field(factory=NodeinfoSettings)
    remote: RemoteSettings = field(factory=RemoteSettings)


@frozen
class FediverseGround:
    """
    What the area stands on.

    :ivar fetching: the door to other servers.  :ivar service: the pod's own actor.
    :ivar spend: counts one deed of a scope by somebody.  :ivar happened: tells pages that are connected.
    :ivar outbox: and ``announcing``: there before us, since other areas speak through them.
    :ivar now: the time.  :ivar draw: random numbers in [0, 1).
    """

    reactor: Any
    database: Database
    threads: Threads
    fetching: Fetching
    policies: Policies
    service: ServiceActor
    bell: Bell
    ring: Ring
    cache: Cache
    tallies: Tallies
    visibility: Visibility
    shelves: Shelves
    preference: ReadPreference
    pod: Pod
    inbox: Inbox
    reports: Reports
    spend: Spend
    happened: Happened
    presence: Presence
    outbox: Outbox
    announcing: Announcing
    papers: Papers
    now: Callable[[], datetime]
    draw: Callable[[], float]
    settings: FediverseSettings


class Part(Protocol):
    """What may have work for the hands, and chores with a beat."""

    def jobs(self) -> Mapping[str, JobKind]: ...

    def schedules(self) -> Mapping[str, Schedule]: ...


class FediverseRoom:
    """Everything that speaks with other servers, and what they say to us."""

    def __init__(self, ground: FediverseGround) -> None:
        self.outbox, self.announcing = ground.outbox, ground.announcing
        self.own_keys = OwnKeys(ground.database, ground.bell, ground.reactor.seconds)
        self.signing = Signing(self.own_keys, ground.threads, lambda: ground.now().timestamp())
        self.peers = Peers(ground.database, ground.reactor, ground.ring, ground.pod, ground.settings.peers)
        self.asking = Asking(_asking(ground, self))
        self.actors = RemoteActors(
            ground.database, ground.reactor, self.asking.document, ground.policies.permit_actor, self.peers.met,
            ground.ring, ground.pod,
        )  # fmt: skip
        self.resolving = Resolving(_resolving(ground, self))
        self.verifying = Verifying(_verifying(ground, self))
        self.publishing = Publishing(_publishing(ground, self))
        self.remote = Remote(_remote(ground, self))
        self.receiving = Receiving(_receiving(ground, self))
        self.posting = Posting(ground.reactor, ground.fetching, ground.settings.posting)
        self.couriers = Couriers(ground.reactor, *_courier_ways(ground.settings))
        self.delivering = Delivering(_delivery(ground, self))
        self.nodeinfos = Nodeinfos(_nodeinfos(ground, self))
        self.moderation = Moderation(
            ground.database, ground.policies, ground.ring, self.peers.met, self.nodeinfos.read, ground.announcing,
            self.remote.returning.ask, ground.pod,
        )  # fmt: skip
        self.telling = Telling(TellingGround(ground.database, ground.outbox, ground.papers, ground.service))
        self.rotation = Rotation(ground.database, self.own_keys, ground.threads, self.telling.key_replaced)
        self._parts: tuple[Part, ...] = (
            self.remote,
            self.receiving,
            self.delivering,
            self.telling,
            self.rotation,
            self.nodeinfos,
            self.moderation,
        )
        self._closings: tuple[Callable[[], Awaitable[None]], ...] = (
            self.receiving.close,
            self.couriers.close,
            self.posting.close,
            self.resolving.close,
            self.actors.close,
            self.asking.close,
            self.own_keys.close,
        )

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return _merged(part.jobs() for part in self._parts)

    def schedules(self) -> Mapping[str, Schedule]:
        """Chores with a beat."""
        return _merged(part.schedules() for part in self._parts)

    async def close(self) -> None:
        """Let go of what outlives a call."""
        for closing in self._closings:
            await closing()


def _courier_ways(settings: FediverseSettings) -> tuple[Way, CouriersSettings, Slots]:
    return Way(settings.fetching, settings.posting), settings.couriers, Slots(settings.slots)


def _delivery(ground: FediverseGround, room: FediverseRoom) -> DeliveryGround:
    return DeliveryGround(
        ground.reactor,
        ground.database,
        Carrying(
            ground.reactor,
            room.couriers,
            ByCouriers(room.couriers, room.posting, room.own_keys),
            InHouse(ground.reactor, room.posting, room.signing),
        ),
        room.peers,
        ground.policies.reachable_hosts,
        ground.ring,
        ground.now,
        ground.draw,
        Tempo(ground.reactor, ground.presence, turns_had),
        ground.settings.delivery,
    )


def _asking(ground: FediverseGround, room: FediverseRoom) -> AskingGround:
    return AskingGround(
        ground.fetching,
        room.signing,
        ground.service,
        ground.policies,
        room.peers,
        ground.cache,
        ground.threads,
        ground.reactor.seconds,
    )


def _remote(ground: FediverseGround, room: FediverseRoom) -> RemoteGround:
    return RemoteGround(
        ground.database,
        ground.threads,
        room.asking,
        room.actors,
        ground.policies.permit_actor,
        ground.ring,
        ground.now,
        ground.pod,
        ground.settings.remote,
    )


def _resolving(ground: FediverseGround, room: FediverseRoom) -> ResolvingGround:
    place = Place.at(ground.pod.url)
    return ResolvingGround(
        ground.database,
        room.asking.document,
        room.actors,
        ground.cache,
        ground.bell,
        ground.fetching.checked,
        f"{place.scheme}://{place.authority}",
        lambda: ground.now().timestamp(),
        ground.reactor,
    )


def _verifying(ground: FediverseGround, room: FediverseRoom) -> VerifyingGround:
    return VerifyingGround(
        room.resolving,
        ground.policies,
        ground.preference,
        ground.cache,
        ground.tallies,
        ground.threads,
        Place.at(ground.pod.url),
        lambda: ground.now().timestamp(),
    )


def _publishing(ground: FediverseGround, room: FediverseRoom) -> PublishingGround:
    return PublishingGround(
        ground.database,
        ground.threads,
        ground.visibility,
        ground.papers,
        ground.service,
        ground.preference,
        room.verifying,
        ground.policies,
        room.peers,
        ground.reactor.seconds,
        ground.announcing.tells_deeds,
    )


def _nodeinfos(ground: FediverseGround, room: FediverseRoom) -> NodeinfoGround:
    return NodeinfoGround(
        ground.database,
        room.peers,
        room.asking.json,
        room.actors.get,
        ground.policies.reachable_hosts,
        ground.ring,
        ground.pod,
        ground.settings.nodeinfo,
    )


def _receiving(ground: FediverseGround, room: FediverseRoom) -> ReceivingGround:
    return ReceivingGround(
        ground.reactor,
        ground.database,
        ground.threads,
        ground.ring,
        ground.policies,
        ground.inbox,
        ground.reports,
        ground.announcing,
        room.remote.returning,
        room.remote,
        room.actors,
        room.asking.document,
        room.verifying,
        ground.spend,
        ground.happened,
        ground.now,
        ground.pod,
    )


def _merged(tables: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """One table of several; a name claimed twice is a bug that stops the start."""
    merged: dict[str, T] = {}
    for table in tables:
        twice = merged.keys() & table.keys()
        if twice:
            raise ValueError(f"claimed twice: {', '.join(sorted(twice))}")
        merged.update(table)
    return merged
