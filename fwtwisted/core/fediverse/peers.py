"""
What is known of each server that we speak with: what it reads, and which form of signature it takes.

Kept in the process for some minutes, since every delivery and every request that is signed asks.  A server that shows
itself is asked what it is (``nodeinfos``) when its last word is a day old, and deliveries to it go on that were held.

Source: docs/federation.md §1.3, §2.4, §3.9, §7.3.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.fediverse.kept import Kept
from fwtwisted.core.fediverse.sending.outbox import DELIVER
from fwtwisted.core.fediverse.sending.outbox import LANE as SENDING
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import deliveries, peers
from fwtwisted.db.fediverse.peers import Software
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.federation import BARE_SOFTWARE, PeerClass, Scheme
from fwtwisted.model.people import Pod

READ: Final = "federation.nodeinfo"
LANE: Final = "fetch"
SCHEME_SECONDS: Final = 7 * 86400.0
FRESH_SECONDS: Final = 300.0
REMEMBERED: Final = 2_000  # servers of which this process keeps something in mind


@frozen
class PeerSettings:
    """
    :ivar refresh_seconds: how old what a server said of itself may be.
    :ivar note_software: programs, as nodeinfo names them, that are sent a Note where others get Audio.
    """

    refresh_seconds: float = 86400.0
    note_software: frozenset[str] = frozenset(("gotosocial",))


def class_of(software: Software, note_software: Collection[str]) -> PeerClass:
    """What a server reads, from what it says that it runs."""
    if software.name == "funkwhale":
        major = (software.version or "").split(".")[0]
        return PeerClass.G1 if major in ("0", "1") else PeerClass.G2
    if software.name in note_software:
        return PeerClass.NOTE
    return PeerClass.BARE if software.name in BARE_SOFTWARE else PeerClass.OTHER


class Peers:
    """Knows other servers."""

    def __init__(self, database: Database, clock: IReactorTime, ring: Ring, pod: Pod, settings: PeerSettings) -> None:
        self._database, self._ring, self._pod, self._settings = database, ring, pod, settings
        self._classes: Kept[str, PeerClass] = Kept(clock.seconds, REMEMBERED, FRESH_SECONDS)
        self._schemes: Kept[str, Scheme] = Kept(clock.seconds, REMEMBERED, FRESH_SECONDS)
        self._seen: Kept[str, bool] = Kept(clock.seconds, REMEMBERED, FRESH_SECONDS)

    # --- what they read --------------------------------------------------------------------------

    async def class_of(self, host: str) -> PeerClass:
        """What a server reads."""
        return (await self.classes_of([host]))[host]

    async def classes_of(self, hosts: Collection[str]) -> dict[str, PeerClass]:
        """What servers read; of unknown ones, what everybody does."""
        known = {host: kind for host in hosts if (kind := self._classes.get(host)) is not None}
        unknown = [host for host in hosts if host not in known]
        if unknown:
            rows = await self._database.read(lambda tx: peers.software(tx, unknown))
            found = {row.host: class_of(row, self._settings.note_software) for row in rows}
            for host in unknown:
                known[host] = found.get(host, PeerClass.OTHER)
                self._classes.put(host, known[host])
        return known

    def changed(self, host: str) -> None:
        """A server was asked what it is."""
        self._classes.drop(host)

    # --- how they want to be spoken to -----------------------------------------------------------

    async def scheme_for(self, origin: str) -> Scheme:
        """The form of signature to try first: what worked within the last days, else what everybody speaks."""
        kept = self._schemes.get(origin)
        if kept is not None:
            return kept
        name = await self._database.read(lambda tx: peers.scheme(tx, origin, SCHEME_SECONDS))
        found = Scheme.CAVAGE if name is None else Scheme(name)
        self._schemes.put(origin, found)
        return found

    async def remember(self, origin: str, scheme: Scheme) -> None:
        """This form worked."""
        await self._database.transaction(lambda tx: peers.learn(tx, origin, scheme.value))
        self._schemes.put(origin, scheme)

    # --- meeting them ----------------------------------------------------------------------------

    async def met(self, host: str) -> None:
        """A server has shown itself: it is written to again, and asked what it is if its last word is old."""
        if host == self._pod.domain or self._seen.get(host):
            return
        self._seen.put(host, True)

        async def work(tx: Tx) -> None:
            if await peers.recovered(tx, [host]):
                await deliveries.wake(tx, DELIVER, SENDING, [host])
                jobs.ring_for(tx, self._ring, SENDING)
            if await peers.is_stale(tx, host, self._settings.refresh_seconds):
                await jobs.ask(tx, READ, LANE, {"host": host}, key=host)
                jobs.ring_for(tx, self._ring, LANE)

        await self._database.transaction(work)
