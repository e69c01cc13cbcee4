"""Everything that takes in what other servers tell, built together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from attrs import frozen

from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.receiving.flags import Flags, Hearing
from fwtwisted.core.fediverse.receiving.follows import Answering, Notices, ReceivedFollows
from fwtwisted.core.fediverse.receiving.intake import Intake, Spend, Verifying
from fwtwisted.core.fediverse.receiving.ledger import Ledger, Ring
from fwtwisted.core.fediverse.receiving.likes import Likes
from fwtwisted.core.fediverse.receiving.queue import Queue
from fwtwisted.core.fediverse.receiving.removals import Removals
from fwtwisted.core.fediverse.receiving.told import Deeds, Family
from fwtwisted.core.fediverse.receiving.undoing import Undoing
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.people import Pod
from fwtwisted.model.threads import Threads


@frozen
class ReceivingGround:
    """
    What it stands on.

    :ivar further: families of handlers that other rooms bring.  :ivar spend: counts posts.
    """

    database: Database
    threads: Threads
    ring: Ring
    policies: Policies
    inbox: Inbox
    reports: Hearing
    answering: Answering
    verifying: Verifying
    spend: Spend
    now: Callable[[], datetime]
    pod: Pod
    further: Sequence[Family] = ()


class Receiving:
    """The way of a post, from the signature to its effect."""

    def __init__(self, ground: ReceivingGround) -> None:
        database, pod = ground.database, ground.pod
        self.ledger = Ledger(database, ground.ring)
        self.intake = Intake(
            database, ground.verifying, ground.policies, self.ledger, ground.spend, ground.threads, pod
        )
        self.queue = Queue(database, deeds_of(ground), ground.threads, ground.ring, ground.now, pod)

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
    follows = ReceivedFollows(Notices(ground.inbox, ground.policies), ground.answering)
    families: Sequence[Family] = (
        follows,
        Undoing(follows),
        Removals(ground.ring, ground.pod),
        Flags(ground.reports, ground.pod),
        Likes(),
        *ground.further,
    )
    return reduce(or_, (family.deeds() for family in families))
