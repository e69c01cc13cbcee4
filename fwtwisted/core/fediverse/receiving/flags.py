"""
Another server finds something of ours wrong: a report for our moderators.

Source: docs/federation.md §4.10.
"""

from __future__ import annotations

from typing import Final, Protocol

from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told
from fwtwisted.db.fediverse import receivers
from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Pod
from fwtwisted.model.preferences import REPORT_TYPES
from fwtwisted.model.reports import LONGEST_SUMMARY, Reference, ReportWish
from fwtwisted.wire.activitypub.acts import Act
from fwtwisted.wire.activitypub.writing.posts import post_of
from fwtwisted.wire.addresses import is_ours

MOST_OBJECTS: Final = 20
OTHER: Final = "other"
SOMEBODY: Final = ("account", "channel")


class Hearing(Protocol):
    """Keeps reports: ``core.pod.reports``."""

    async def hear(self, tx: Tx, fid: str, wish: ReportWish, submitter_id: int) -> None:
        """See there."""


class Flags:
    """Flag."""

    def __init__(self, reports: Hearing, pod: Pod) -> None:
        self._reports, self._pod = reports, pod

    def deeds(self) -> Deeds:
        """See :class:`~fwtwisted.core.fediverse.receiving.told.Family`."""
        return Deeds(quick={("Flag", ANY): self.flag})

    async def flag(self, tx: Tx, told: Told) -> None:
        """Keep it, if it is about anything of ours."""
        target, fid = await self._target(tx, told.act), told.act.fid
        if target is None or fid is None:
            return
        summary = told.act.doc.text("content", LONGEST_SUMMARY)
        await self._reports.hear(tx, fid, ReportWish(_type(told.act), target, summary), told.actor.id)

    async def _target(self, tx: Tx, act: Act) -> Reference | None:
        """
        The first of what is reported that is ours; somebody, or a channel, only where nothing of theirs is.

        Who was sent a Note in place of a post reports the Note.
        """
        somebody = None
        for fid in act.abouts(MOST_OBJECTS):
            if is_ours(fid, self._pod):
                found = await receivers.reported(tx, post_of(fid))
                if found is not None and found.kind not in SOMEBODY:
                    return found
                somebody = somebody or found
        return somebody


def _type(act: Act) -> str:
    """The kind of report that its tags name."""
    names = (tag if isinstance(tag, str) else tag.text("name") or "" for tag in act.doc.many("tag"))
    return next((name for name in (name.removeprefix("#") for name in names) if name in REPORT_TYPES), OTHER)
