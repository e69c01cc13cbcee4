"""Everything that takes in what other servers tell, built together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from attrs import frozen

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.receiving.answers import ReceivedAnswers, Returning
from fwtwisted.core.fediverse.receiving.content import Ask, Content, Objects, People
from fwtwisted.core.fediverse.receiving.flags import Flags, Hearing
from fwtwisted.core.fediverse.receiving.follows import Answering, Notices, ReceivedFollows
from fwtwisted.core.fediverse.receiving.intake import Intake, Spend, Verifying
from fwtwisted.core.fediverse.receiving.ledger import Ledger
from fwtwisted.core.fediverse.receiving.likes import Likes
from fwtwisted.core.fediverse.receiving.queue import Queue
from fwtwisted.core.fediverse.receiving.removals import Removals
from fwtwisted.core.fediverse.receiving.told import Deeds, Family
from fwtwisted.core.fediverse.receiving.undoing import Undoing
from fwtwisted.core.pod.live import Happened
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Pod
from fwtwisted.model.threads import Threads


@frozen
class ReceivingGround:
    """
    What it stands on.

    :ivar objects: and ``people``, ``ask``: what brings here what is elsewhere.
    :ivar spend: counts posts.  :ivar happened: tells pages that are connected.
    """

    reactor: Any
    database: Database
    threads: Threads
    ring: Ring
    policies: Policies
    inbox: Inbox
    reports: Hearing
    answering: Answering
    returning: Returning
    objects: Objects
    people: People
    ask: Ask
    verifying: Verifying
    spend: Spend
    happened: Happened
    now: Callable[[], datetime]
    pod: Pod


class Receiving:
    """The way of a post, from the signature to its effect."""

    def __init__(self, ground: ReceivingGround) -> None:
        database, pod = ground.database, ground.pod
        self.ledger = Ledger(database, ground.ring)
        self.intake = Intake(
            database, ground.verifying, ground.policies, self.ledger, ground.spend, ground.threads, pod
        )
        self.queue = Queue(database, deeds_of(ground), ground.threads, ground.ring, ground.reactor, ground.now, pod)

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return self.queue.jobs()

    def schedules(self) -> Mapping[str, Schedule]:
        """See ``worker``."""
        return self.queue.schedules()

    async def close(self) -> None:
        """Wait for what is being written down."""
        await self.ledger.close()


def deeds_of(ground: ReceivingGround) -> Deeds:
    """What each activity does."""
    pod = ground.pod
    notices = Notices(ground.inbox, ground.policies)
    follows = ReceivedFollows(notices, ground.answering)
    families: Sequence[Family] = (
        follows,
        ReceivedAnswers(notices, ground.returning),
        Undoing(follows),
        Content(ground.database, ground.objects, ground.people, ground.ask, ground.policies.rejects_media, pod),
        Removals(ground.ring, pod),
        Flags(ground.reports, pod),
        Likes(ground.happened, pod),
    )
    return reduce(or_, (family.deeds() for family in families))
