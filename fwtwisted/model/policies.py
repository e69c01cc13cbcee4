"""What moderators decide about other servers and those who live there, and what follows from it."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Actor

_PORT = re.compile(r":\d+\Z")
LONGEST_DOMAIN = 260  # a name of 253 characters and a port


class Switch(enum.StrEnum):
    """One thing that a policy can say; each is a column of its own.  Source: docs/federation.md §6."""

    BLOCK_ALL = "block_all"
    SILENCE_ACTIVITY = "silence_activity"
    SILENCE_NOTIFICATIONS = "silence_notifications"
    REJECT_MEDIA = "reject_media"


@frozen
class Verdict:
    """One policy that is in force.  :ivar target: a server's name, or an actor's federation id."""

    target: str
    is_actor: bool
    switches: frozenset[Switch]


def covering(host: str) -> Iterator[str]:
    """
    Names of servers whose policies hold for ``host`` as well: itself and all that it lies below.

    A name without a port stands for all ports of it, a name with one for that port alone.
    """
    bare = _PORT.sub("", host)
    yield host
    if bare != host:
        yield bare
    while "." in bare and not bare.startswith("["):
        bare = bare.partition(".")[2]
        if bare:
            yield bare


@frozen
class Rules:
    """
    All that moderators decided, for looking up without asking anybody.

    :ivar own: the name of this server, which is never shut out.
    :ivar servers: switches by name of server.  :ivar actors: switches by federation id.
    :ivar allowed: names of the servers that alone may be spoken with; None: the allow list is off.
    """

    own: str
    servers: Mapping[str, frozenset[Switch]] = field(factory=dict)
    actors: Mapping[str, frozenset[Switch]] = field(factory=dict)
    allowed: frozenset[str] | None = None

    @classmethod
    def of(cls, own: str, verdicts: Iterable[Verdict], allowed: Iterable[str] | None) -> Rules:
        """The same from single verdicts."""
        known = list(verdicts)
        return cls(
            own.lower(),
            {one.target: one.switches for one in known if not one.is_actor},
            {one.target: one.switches for one in known if one.is_actor},
            None if allowed is None else frozenset(allowed),
        )

    def say(self, switch: Switch, host: str, actor: str | None = None) -> bool:
        """Whether the switch is on for a server, or for an actor (federation id) who lives there."""
        if host == self.own:
            return False
        if actor is not None and switch in self.actors.get(actor, ()):
            return True
        return bool(self.servers) and any(switch in self.servers.get(name, ()) for name in covering(host))

    def shut_out(self, host: str, actor: str | None = None) -> bool:
        """Whether nothing goes to or comes from there: blocked, or not on the allow list where that is on."""
        if host == self.own:
            return False
        if self.allowed is not None and host not in self.allowed:
            return True
        return self.say(Switch.BLOCK_ALL, host, actor)


class Reading(enum.Enum):
    """What somebody wants to read of us.  :cvar OPEN: WebFinger, nodeinfo, the service actor."""

    OPEN = "open"
    ACTOR = "actor"
    OTHER = "other"


# --- policies as things ------------------------------------------------------------------------------


@frozen
class PolicyTarget:
    """Whom a policy is about: a server, or an actor.  :ivar name: ``pod.example`` or ``user@pod.example``."""

    name: str
    is_actor: bool


@frozen
class Policy:
    """What moderators decided about a server or an actor.  :ivar actor: who decided."""

    id: int
    uuid: UUID
    target: PolicyTarget
    creation_date: datetime
    actor: Actor
    summary: str | None
    is_active: bool
    switches: frozenset[Switch]

    def in_force(self, switch: Switch) -> bool:
        """Whether a switch is on, and the policy with it."""
        return self.is_active and switch in self.switches


@frozen
class PolicyChange:
    """
    What is to be said by a policy; what is None stays as it is, or is off where it is new.

    :ivar has_summary: whether the summary is to be set, to nothing perhaps.
    """

    switches: Mapping[Switch, bool] = field(factory=dict)
    is_active: bool | None = None
    summary: str | None = None
    has_summary: bool = False


@frozen
class PolicyQuestion:
    """
    Which policies.

    :ivar domain: about this server.  :ivar account: about the actor with this name and server, each may be missing.
    :ivar words: all of which stand in the summary or the target's name.
    """

    domain: str | None = None
    account: tuple[str | None, str | None] = (None, None)
    switches: Mapping[Switch, bool] = field(factory=dict)
    words: tuple[str, ...] = ()
    ordering: Ordering = ()
