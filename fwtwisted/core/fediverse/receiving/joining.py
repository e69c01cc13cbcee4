"""
What waits of several hosts has its effect at once: one look, one transaction, and for each kind of deed one call.

A server with many neighbours hears a little from each of them; to look after each by itself costs more than what they
say.  Within a host the order stays: what is done at once is a run of one kind from the head of each host's line, and no
two of it are by one actor about one thing::

    a: Like  Like  Follow       rounds:  Like of a, b     Like of a    Follow of a, b, c     Undo of c
    b: Like  Follow             ──────▶
    c: Follow  Undo

Whose line has anything in it that is slow, long, or was tried before is looked after by itself; and so are all of them
when anything goes wrong.  Source: docs/federation.md §1.7.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.core.fediverse.receiving.told import Deeds, Joint, Told
from fwtwisted.db.fediverse import received
from fwtwisted.db.fediverse.received import Waiting
from fwtwisted.db.jobs import Handled, Job
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Unavailable
from fwtwisted.model.people import Pod
from fwtwisted.wire.activitypub.acts import act_of
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.strict import LARGE

MOST_TOGETHER: Final = 120
LEAST_OF_EACH: Final = 5


@frozen
class Joined:
    """One that is done along with others.  :ivar joint: what does it; None: it has no effect."""

    id: int
    told: Told
    joint: Joint | None


class Joining:
    """Handles what waits of several hosts."""

    _log = Logger()

    def __init__(self, database: Database, deeds: Deeds, pod: Pod) -> None:
        self._database, self._deeds, self._pod = database, deeds, pod

    async def join(self, some: Sequence[Job]) -> Handled:
        """See ``db.jobs``: which hosts' lines were handled, as far as they were looked at."""
        jobs = {str(job.args["host"]): job.id for job in some}
        each = max(LEAST_OF_EACH, MOST_TOGETHER // len(jobs))
        found = await self._database.read(lambda tx: received.first_of(tx, list(jobs), LARGE, each))
        lines = {host: line for host, rows in found.items() if (line := self._line(rows)) is not None}
        try:
            await self._have_effect(list(lines.values()))
        except Unavailable:
            raise
        except Exception:  # whatever one of them does: each host by itself, and there each activity
            self._log.debug("{count} hosts are looked after one by one", event="received.unjoined", count=len(lines))
            return Handled()
        more = {jobs[host] for host, line in lines.items() if len(line) >= each}
        return Handled({jobs[host] for host in lines} - more, more)

    def _line(self, rows: Sequence[Waiting | None]) -> list[Joined] | None:
        """What waits of a host, read; None: there is something in it that is not done along with others."""
        line = []
        for row in rows:
            joined = None if row is None else self._joined(row)
            if joined is None:
                return None
            line.append(joined)
        return line

    def _joined(self, row: Waiting) -> Joined | None:
        act = act_of(Doc.parse(row.body.encode()), self._pod.domain)
        joint = self._deeds.joint_for(act)
        if joint is None and not self._deeds.is_idle(act):
            return None
        return Joined(row.id, Told(act, row.actor, row.arrived), joint)

    async def _have_effect(self, lines: Sequence[Sequence[Joined]]) -> None:
        ids = [one.id for line in lines for one in line]

        async def work(tx: Tx) -> None:
            struck = await received.strike_off(tx, ids, soon=True)
            for joint, some in rounds([[one for one in line if one.id in struck] for line in lines]):
                await joint(tx, some)

        if ids:
            await self._database.transaction(work)


def rounds(lines: Sequence[Sequence[Joined]]) -> Iterator[tuple[Joint, list[Told]]]:
    """
    What is done at once, and after what.

    :param lines: of each host, in the order in which it came.
    """
    left = [line for line in (_with_effect(line) for line in lines) if line]
    while left:
        joint = Counter(line[0][0] for line in left).most_common(1)[0][0]
        some: dict[tuple[int, str | None], Told] = {}
        for line in left:
            while line and line[0][0] == joint and _about(line[0][1]) not in some:
                told = line.popleft()[1]
                some[_about(told)] = told
        yield joint, list(some.values())
        left = [line for line in left if line]


def _with_effect(line: Sequence[Joined]) -> deque[tuple[Joint, Told]]:
    return deque((one.joint, one.told) for one in line if one.joint is not None)


def _about(told: Told) -> tuple[int, str | None]:
    """Who does it, and with what."""
    return told.actor.id, told.act.about
