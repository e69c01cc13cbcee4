"""Other servers and those who live there, as moderators see them and act on them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.administration import AdminActor
from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Account, Actor
from fwtwisted.model.uploads import TokenQuery


@frozen
class KnownServer:
    """
    Another server.

    :ivar nodeinfo: what it says of itself; empty: it was never asked, or never answered.
    :ivar policy: id of what was decided about it.  :ivar allowed: on the allow list; None: never decided.
    """

    name: str
    creation_date: datetime
    actors_count: int
    outbox_activities_count: int
    nodeinfo: Mapping[str, Any]
    nodeinfo_fetch_date: datetime | None
    policy: int | None
    allowed: bool | None


@frozen
class ServerQuestion:
    """
    Which servers; None: not asked.

    :ivar allowed: False: also those of which nobody ever decided.
    """

    q: TokenQuery | None = None
    allowed: bool | None = None
    names: tuple[str, ...] | None = None
    ordering: Ordering = ()


class ServerAct(enum.StrEnum):
    """What is done with servers, many at once."""

    PURGE = "purge"
    ALLOW = "allow_list_add"
    DISALLOW = "allow_list_remove"


@frozen
class KnownActor:
    """
    Somebody here or elsewhere.

    :ivar account: theirs, if they live here.  :ivar policy: id of what was decided about them.
    """

    actor: AdminActor
    uploads_count: int
    policy: int | None
    account: Account | None = None


@frozen
class ActorQuestion:
    """
    Which actors; None: not asked.

    :ivar nothing: what was asked for cannot be.
    """

    q: TokenQuery | None = None
    domain: str | None = None
    type: str | None = None
    manually_approves_followers: bool | None = None
    is_local: bool | None = None
    nothing: bool = False
    ordering: Ordering = ()


@frozen
class Blocked:
    """An actor of another server whom one of our people wants nothing to do with."""

    uuid: UUID
    target: Actor
    creation_date: datetime


@frozen
class Stats:
    """What there is of an actor or of a server, by the names that the documents use."""

    counts: Mapping[str, int] = field(factory=dict)
