"""A test case to which other servers tell things: from the ledger on, everything is real."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from twisted.internet import reactor

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.moderation.policies import Policies, PoliciesSettings
from fwtwisted.core.fediverse.receiving.ledger import Ledger
from fwtwisted.core.fediverse.receiving.queue import Queue
from fwtwisted.core.fediverse.receiving.room import ReceivingGround, deeds_of
from fwtwisted.core.fediverse.receiving.told import Deeds
from fwtwisted.core.fediverse.remote.actors import RemoteActors
from fwtwisted.core.fediverse.remote.room import Remote, RemoteGround, RemoteSettings
from fwtwisted.core.pod.live import Audience, Facts
from fwtwisted.core.pod.reports import Reports
from fwtwisted.db.fediverse.received import NewPost
from fwtwisted.db.jobs import Job, Later
from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import Answer, AskFailed
from fwtwisted.model.people import Pod
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.activitypub.acts import act_of, sameness
from fwtwisted.wire.activitypub.reading.doc import Doc
from tests.database import HOME
from tests.music import MusicCase
from tests.threads import pooled

POD = Pod(f"https://{HOME}", HOME)
AWAY = "far.example"
AT_HOME = f"https://{HOME}/federation"
ELSEWHERE = f"https://{AWAY}/federation"


class Said:
    """Stands where other rooms are told what to do next, and writes it down."""

    def __init__(self) -> None:
        self.log: list[tuple[Any, ...]] = []
        self.documents: dict[str, dict[str, Any]] = {}
        self.askers: list[int | None] = []

    async def accepted(self, tx: Tx, *follow_ids: int) -> None:
        """Wishes were granted."""
        for follow_id in follow_ids:
            self.log.append(("accepted", await tx.one(str, "SELECT fid FROM follow WHERE id = %s", follow_id)))

    async def rejected(self, tx: Tx, follow_id: int) -> None:
        """A wish was not."""
        self.log.append(("rejected", await tx.one(str, "SELECT fid FROM follow WHERE id = %s", follow_id)))

    async def let_in(self, tx: Tx, follow_id: int) -> None:
        """Somebody here may follow."""
        self.log.append(("let in", await tx.one(str, "SELECT fid FROM follow WHERE id = %s", follow_id)))

    async def document_or_page(self, url: str, *, as_actor: int | None = None) -> Answer:
        """A document or a page is asked for."""
        return await self.document(url)

    async def json(self, url: str, accept: str, largest: int = 0) -> Answer:
        """Something else is asked for."""
        return await self.document(url)

    async def document(
        self, url: str, *, as_actor: int | None = None, largest: int = 0, fresh: bool = False, soon: bool = False
    ) -> Answer:
        """A document is asked for."""
        self.log.append(("asked", url))
        self.askers.append(as_actor)
        if url not in self.documents:
            raise AskFailed("http", status_code=404)
        return Answer(url, self.documents[url])


def _now() -> datetime:
    return datetime.now(UTC)


class ReceivingCase(MusicCase):
    """Others tell, we do."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.said, self.bell = Said(), MemoryBell(reactor)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.policies = Policies(
            self.aside, self.bell, reactor, self._preference, HOME, PoliciesSettings(fresh_seconds=0.0)
        )
        self.addCleanup(self.policies.close)
        self.threads = pooled(self)
        self.ledger = Ledger(self.database, self.bell.ring)
        self.queue = self.a_queue(self.deeds())
        self.alice = await self.a_viewer("alice")
        self.bob = await self.an_actor("bob", AWAY)

    async def _preference(self, name: str) -> Any:
        return False

    def ground(self) -> ReceivingGround:
        """What the handlers stand on."""
        inbox = Inbox(self.database, lambda *_: None)
        reports = Reports(self.database, self._preference, self.bell.ring, lambda *_: None, POD)
        ask, permit, ring = self.said.document, self.policies.permit_actor, self.bell.ring
        people = RemoteActors(self.database, reactor, ask, permit, self._met, ring, POD)
        said: Any = self.said
        remote = RemoteGround(self.database, self.threads, said, people, permit, ring, _now, POD, RemoteSettings())
        return ReceivingGround(
            reactor, self.database, self.threads, ring, self.policies, inbox, reports, said, said, Remote(remote),
            people, ask, said, said, self.happened, _now, POD,
        )  # fmt: skip

    def happened(self, audience: Audience, about: str, facts: Facts) -> None:
        """Pages that are connected are told."""
        self.told.append((about, dict(facts)))

    async def _met(self, host: str) -> None:
        """A server is new to us."""

    def deeds(self) -> Deeds:
        """What the queue does."""
        return deeds_of(self.ground())

    def a_queue(self, deeds: Deeds) -> Queue:
        """A queue that does this."""
        return Queue(self.database, deeds, self.threads, self.bell.ring, reactor, _now, POD)

    async def tells(self, actor: int, *documents: Mapping[str, Any], drain: bool = True, host: str = AWAY) -> None:
        """An actor of a host tells something, and it has its effect."""
        fid = await self.value("SELECT fid FROM actor WHERE id = %s", actor)
        for document in documents:
            body = orjson.dumps({"actor": fid} | dict(document))
            act = act_of(Doc.parse(body), HOME)
            same = hashlib.sha256(body).digest() if document.get("again") else sameness(act, body)
            await self.ledger.write(NewPost(same, act.fid, host, actor, None, act.type, act.about, body.decode()))
        if drain:
            await self.drained(host)

    async def drained(self, *hosts: str) -> float | None:
        """Have what waits handled as hands do it, at once or of each host alone; for how long the rest rests."""
        jobs = [
            Job(number, "received.drain", host, {"host": host}, 1, 0, 1, datetime.now(UTC))
            for number, host in enumerate(hosts or (AWAY,))
        ]
        handled, rests = await self.queue.joining.join(jobs), []
        for job in jobs:
            if job.id not in handled.done:
                try:
                    await self.queue.drain(job)
                except Later as rest:
                    rests.append(rest.seconds)
        return min(rests, default=None)

    async def states(self) -> list[str]:
        """What became of each post."""
        return await self.run_in(Tx.many, str, "SELECT state FROM received ORDER BY id")

    async def library_at(self, owner: int, name: str, level: str = "everyone", **columns: Any) -> int:
        """A library with an id of its owner's server."""
        base = await self.value("SELECT split_part(fid, '/federation', 1) FROM actor WHERE id = %s", owner)
        fid = f"{base}/federation/music/libraries/{name}"
        return await self._made(
            "library",
            fid=fid,
            followers_url=f"{fid}/followers",
            actor_id=owner,
            name=name,
            privacy_level=level,
            **columns,
        )

    async def follow_of(self, follower: int) -> Any:
        """What became of somebody's only wish; approved, or not, or None; "gone" without one."""
        rows = await self.run_in(Tx.many, lambda x: x, "SELECT approved FROM follow WHERE actor_id = %s", follower)
        return rows[0] if rows else "gone"
