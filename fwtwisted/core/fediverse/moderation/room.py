"""The parts of this area, built together."""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.core.fediverse.moderation.blocks import UserBlocks
from fwtwisted.core.fediverse.moderation.deciding import Deciding, Wanted
from fwtwisted.core.fediverse.moderation.known_actors import KnownActors
from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.moderation.purging import Purging
from fwtwisted.core.fediverse.moderation.servers import Ask, Servers
from fwtwisted.core.fediverse.sending.announcing import Announcing
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.people import Pod


class Moderation:
    """
    Policies, other servers, those who live there, and removing what is here of them.

    :param wanted: see ``Deciding``.
    :param met: has the nodeinfo of a server read soon.  :param read: reads it now.
    """

    def __init__(
        self,
        database: Database,
        policies: Policies,
        ring: Ring,
        met: Ask,
        read: Ask,
        announcing: Announcing,
        wanted: Wanted,
        pod: Pod,
    ) -> None:
        self.purging = Purging(database, ring, pod, occasions=announcing)
        self.deciding = Deciding(database, policies, self.purging, wanted, pod)
        self.servers = Servers(database, policies, self.purging, met, read, pod)
        self.actors = KnownActors(database, self.purging)
        self.blocks = UserBlocks(database, announcing)

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return self.purging.jobs()

    def schedules(self) -> Mapping[str, Schedule]:
        """Chores with a beat."""
        return self.purging.schedules()
