"""
Asks servers what they are, and whether they are there.

A server's nodeinfo is read when we first meet it, when it shows itself a day after the last read, and by an hourly
chore.  From it come the kind of peer that it is and its service actor, who must live on it.  Another chore sees each
hour who answers: content of those who do not is hidden, and they are asked ever more rarely.

Source: docs/federation.md §2.4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Final, Protocol

from attrs import field, frozen
from twisted.logger import Logger

from fwtwisted.core.fediverse.peers import LANE, READ, SCHEME_SECONDS, Peers
from fwtwisted.core.fediverse.sending.outbox import DELIVER
from fwtwisted.core.fediverse.sending.outbox import LANE as SENDING
from fwtwisted.db.fediverse import deliveries, peers
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour, ring_for
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, ShutOut
from fwtwisted.model.federation import Answer, AskFailed
from fwtwisted.model.people import Actor, Pod
from fwtwisted.wire.nodeinfo import Told, best_link, told
from fwtwisted.wire.targets import authority

REFRESH, CHECK = "federation.nodeinfos", "federation.availability"
CHORES: Final = "maintenance"
ACCEPT: Final = "application/json"
LARGEST: Final = 256 * 1024  # bytes of a nodeinfo document
ROUND: Final = 1_000  # servers that one run of a chore has asked


class Asker(Protocol):
    """Asks other servers for documents that everybody may read: ``Asking.json``."""

    async def __call__(self, url: str, accept: str, largest: int = ...) -> Answer: ...


class Speaker(Protocol):
    """Gets actors of other servers: ``RemoteActors.get``."""

    async def __call__(self, fid: str) -> Actor: ...


Welcome = Callable[[Collection[str]], Awaitable[set[str]]]
"""Those of the servers that moderators let us speak with: ``Policies.reachable_hosts``."""


@frozen
class NodeinfoSettings:
    """
    :ivar refresh_seconds: how old what a server said of itself may be.
    :ivar check_seconds: how often it is seen whether a server answers.
    :ivar plain: hosts that are asked by plain HTTP.
    :ivar refreshes: the beat of the chore that reads again, ``checks`` of that which sees who is there.
    """

    refresh_seconds: float = 86400.0
    check_seconds: float = 3300.0
    plain: Callable[[str], bool] = lambda _: False
    refreshes: Callable[[datetime], datetime] = next_hour
    checks: Callable[[datetime], datetime] = next_hour


@frozen
class NodeinfoGround:
    """What this stands on."""

    database: Database
    peers: Peers
    ask: Asker
    speaker: Speaker
    welcome: Welcome
    ring: Ring
    pod: Pod
    settings: NodeinfoSettings = field(factory=NodeinfoSettings)


class Nodeinfos:
    """Reads what servers say of themselves."""

    _log = Logger()

    def __init__(self, ground: NodeinfoGround) -> None:
        self._ground, self._database, self._settings = ground, ground.database, ground.settings

    async def read(self, host: str) -> bool:
        """Ask a server what it is, and keep the answer, or that there was none; whether there was one."""
        if host not in await self._ground.welcome([host]):
            return False
        try:
            found = await self._nodeinfo(host)
        except AskFailed as why:
            self._log.debug("{host} says nothing of itself: {why}", event="peers.silent", host=host, why=str(why))
            await self._without(host, why)
            return False
        await self._there(host, found)
        self._ground.peers.changed(host)
        await self._take_speaker(host, found.actor_id)
        return True

    async def _without(self, host: str, why: AskFailed) -> None:
        """Keep what it means that a server did not say what it is: nothing, when it was moderators who forbade it."""
        if why.code == "blocked":
            return
        if _answered(why):
            await self._there(host, None)
        else:
            rest = self._settings.check_seconds
            await self._database.transaction(lambda tx: peers.silent(tx, host, rest))

    async def _there(self, host: str, found: Told | None) -> None:
        """A server is there, and said what it is, or something else."""

        async def work(tx: Tx) -> None:
            if found is not None:
                await peers.know(tx, host, found.document, found.software, found.version)
            await peers.answered(tx, host, self._settings.check_seconds)
            if await peers.recovered(tx, [host]):
                await deliveries.wake(tx, DELIVER, SENDING, [host])
                ring_for(tx, self._ground.ring, SENDING)

        await self._database.transaction(work)

    async def _nodeinfo(self, host: str) -> Told:
        """:raise AskFailed:"""
        scheme = "http" if self._settings.plain(host) else "https"
        links = await self._ground.ask(f"{scheme}://{host}/.well-known/nodeinfo", ACCEPT, LARGEST)
        link = best_link(links.document)
        if link is None or authority(link) != host:
            raise AskFailed("validation", "The server names no nodeinfo of its own.")
        return told((await self._ground.ask(link, ACCEPT, LARGEST)).document)

    async def _take_speaker(self, host: str, fid: str | None) -> None:
        """Keep who speaks for the server, if that one lives on it."""
        if fid is None or authority(fid) != host:
            return
        try:
            actor = await self._ground.speaker(fid)
        except (AskFailed, Invalid, ShutOut) as why:
            self._log.debug("{fid} cannot be had: {why}", event="peers.speaker", fid=fid, why=str(why))
            return
        await self._database.transaction(lambda tx: peers.served_by(tx, host, actor.id))

    # --- chores ----------------------------------------------------------------------------------

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {
            READ: JobKind(LANE, self._read, attempts=3),
            REFRESH: JobKind(CHORES, self._refresh),
            CHECK: JobKind(CHORES, self._check),
        }

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return {
            REFRESH: Schedule(REFRESH, CHORES, self._settings.refreshes),
            CHECK: Schedule(CHECK, CHORES, self._settings.checks),
        }

    async def _read(self, job: Job) -> None:
        await self.read(job.args["host"])

    async def _refresh(self, _: Job) -> None:
        """Have all asked whose last word is old."""
        own, seconds = self._ground.pod.domain, self._settings.refresh_seconds

        async def work(tx: Tx) -> None:
            await peers.forget_schemes(tx, SCHEME_SECONDS)
            await self._have_asked(tx, await peers.stale(tx, own, seconds, ROUND))

        await self._database.transaction(work)

    async def _check(self, _: Job) -> None:
        """Have all asked whose turn it is, to see whether they are there."""

        async def work(tx: Tx) -> None:
            await self._have_asked(tx, await peers.to_be_checked(tx, self._ground.pod.domain, ROUND))

        await self._database.transaction(work)

    async def _have_asked(self, tx: Tx, hosts: list[str]) -> None:
        if hosts:
            await peers.have_asked(tx, READ, LANE, hosts)
            ring_for(tx, self._ground.ring, LANE)


def _answered(why: AskFailed) -> bool:
    """Whether somebody is there who has no nodeinfo, or none that can be read."""
    if why.code == "http":
        return why.status_code is not None and why.status_code < 500 and not why.is_gone
    return why.code in ("invalid_json", "invalid_jsonld", "validation")
