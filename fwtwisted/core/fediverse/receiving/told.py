"""What the handlers of activities are given, and how they say which activities are theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from attrs import field, frozen

from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Actor
from fwtwisted.wire.activitypub.acts import Act

ANY = ""
BARE = "(id)"
ACTORS = ("Person", "Service", "Application", "Group", "Organization")


@frozen
class Told:
    """An accepted activity.  :ivar actor: who does it."""

    act: Act
    actor: Actor
    arrived: datetime


# An activity's type, and the type of what it is about: :data:`BARE` where it is told by its id, but not what it is,
# :data:`ANY` for whatever nobody names.
Key: TypeAlias = tuple[str, str]
# Has its effect in a transaction, which it may share with others.
Quick: TypeAlias = Callable[[Tx, Told], Awaitable[None]]
# The same for several at once, of several servers perhaps, no two by one actor about one thing; soon over.
Joint: TypeAlias = Callable[[Tx, Sequence[Told]], Awaitable[None]]
# Asks other servers, or makes transactions of its own; twice must be as once.
Slow: TypeAlias = Callable[[Told], Awaitable[None]]


@frozen
class Deeds:
    """
    What a family of handlers does.  An activity that nobody names has no effect.

    :ivar joint: for those among ``quick`` that several servers' may be done at once of.
    """

    quick: Mapping[Key, Quick] = field(factory=dict)
    slow: Mapping[Key, Slow] = field(factory=dict)
    joint: Mapping[Key, Joint] = field(factory=dict)

    def __or__(self, other: Deeds) -> Deeds:
        twice = (self.quick.keys() | self.slow.keys()) & (other.quick.keys() | other.slow.keys())
        if twice:
            raise ValueError(f"claimed twice: {sorted(twice)}")
        return Deeds({**self.quick, **other.quick}, {**self.slow, **other.slow}, {**self.joint, **other.joint})

    def keys_of(self, act: Act) -> list[Key]:
        """By which names somebody may claim an activity, the closest first."""
        inner = act.object_types or (BARE,)
        return [(act.type, kind) for kind in (*inner, ANY)]

    def quick_for(self, act: Act) -> Quick | None:
        """What handles it within a transaction."""
        return next((self.quick[key] for key in self.keys_of(act) if key in self.quick), None)

    def slow_for(self, act: Act) -> Slow | None:
        """What handles it by itself."""
        return next((self.slow[key] for key in self.keys_of(act) if key in self.slow), None)

    def is_idle(self, act: Act) -> bool:
        """Whether it has no effect."""
        return not any(key in self.quick or key in self.slow for key in self.keys_of(act))

    def joint_for(self, act: Act) -> Joint | None:
        """What handles it along with others."""
        keys = self.keys_of(act)
        if any(key in self.slow for key in keys):
            return None
        return next((self.joint.get(key) for key in keys if key in self.quick), None)


def in_turn(quick: Quick) -> Joint:
    """Several at once, one after the other."""

    async def joint(tx: Tx, some: Sequence[Told]) -> None:
        for told in some:
            await quick(tx, told)

    return joint


def singly(joint: Joint) -> Quick:
    """One by itself, as several at once are done."""

    async def quick(tx: Tx, told: Told) -> None:
        await joint(tx, [told])

    return quick


class Family(Protocol):
    """Some handlers."""

    def deeds(self) -> Deeds:
        """Which activities they handle, and how."""
