"""What moderators decided about other servers and those who live there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fwtwisted.db.conditions import Condition, all_of, contains, ordered
from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Actor
from fwtwisted.model.policies import Policy, PolicyChange, PolicyQuestion, PolicyTarget, Switch, Verdict

SWITCHES = tuple(Switch)
IN_FORCE = f"""
    SELECT coalesce(policy.target_domain, actor.fid), policy.target_domain IS NULL,
           {", ".join(f"policy.{switch}" for switch in SWITCHES)}
      FROM instance_policy AS policy LEFT JOIN actor ON actor.id = policy.target_actor_id
     WHERE policy.is_active
"""


async def in_force(tx: Queries) -> list[Verdict]:
    """Every policy that is active."""

    def made(target: str, is_actor: bool, *flags: bool) -> Verdict:
        return Verdict(target, is_actor, frozenset(s for s, is_on in zip(SWITCHES, flags, strict=True) if is_on))

    return await tx.many(made, IN_FORCE)


# --- policies as things --------------------------------------------------------------------------

_FIELDS = 7
_NAME = "coalesce(policy.target_domain, target.preferred_username || '@' || target.domain)"
_FROM = """
      FROM instance_policy AS policy
      JOIN actor AS decider ON decider.id = policy.actor_id
      LEFT JOIN actor AS target ON target.id = policy.target_actor_id
"""
_POLICY = f"""
    SELECT policy.id, policy.uuid, {_NAME}, policy.target_domain IS NULL, policy.creation_date, policy.summary,
           policy.is_active, {", ".join(f"policy.{switch}" for switch in SWITCHES)}, {actor_columns("decider")}
    {_FROM}
"""


def _policy(*columns: Any) -> Policy:
    id, uuid, name, is_actor, created, summary, is_active = columns[:_FIELDS]
    flags, actor = columns[_FIELDS : _FIELDS + len(SWITCHES)], columns[-ACTOR_WIDTH:]
    on = frozenset(switch for switch, is_on in zip(SWITCHES, flags, strict=True) if is_on)
    return Policy(id, uuid, PolicyTarget(name, is_actor), created, Actor(*actor), summary, is_active, on)


BY_ID = f"{_POLICY} WHERE policy.id = %s"
LOCK = "SELECT id FROM instance_policy WHERE id = %s FOR UPDATE"


async def by_id(tx: Queries, id: int) -> Policy | None:
    """The policy of this id."""
    return await tx.maybe(_policy, BY_ID, id)


async def locked(tx: Tx, id: int) -> Policy | None:
    """The same, held until the transaction ends."""
    return None if await tx.maybe(int, LOCK, id) is None else await by_id(tx, id)


OF_DOMAIN = "SELECT id FROM instance_policy WHERE target_domain = %s"
OF_ACTOR = "SELECT id FROM instance_policy WHERE target_actor_id = %s"


async def id_of(tx: Queries, domain: str | None, actor_id: int | None) -> int | None:
    """The id of the policy about a server or an actor."""
    return await tx.maybe(int, OF_DOMAIN, domain) if domain is not None else await tx.maybe(int, OF_ACTOR, actor_id)


ADD = f"""
    INSERT INTO instance_policy (actor_id, target_domain, target_actor_id, summary, is_active, {", ".join(SWITCHES)})
    VALUES (%s, %s, %s, %s, %s, {", ".join(["%s"] * len(SWITCHES))})
        ON CONFLICT DO NOTHING RETURNING id
"""


async def add(tx: Tx, decider_id: int, domain: str | None, actor_id: int | None, change: PolicyChange) -> int | None:
    """The id of a new policy; None when there is one about that target already."""
    is_active = True if change.is_active is None else change.is_active
    flags = [change.switches.get(switch, False) for switch in SWITCHES]
    return await tx.maybe(int, ADD, decider_id, domain, actor_id, change.summary, is_active, *flags)


async def change(tx: Tx, id: int, change: PolicyChange) -> None:
    """Write new values."""
    columns: dict[str, object] = {switch.value: is_on for switch, is_on in change.switches.items()}
    if change.is_active is not None:
        columns["is_active"] = change.is_active
    if change.has_summary:
        columns["summary"] = change.summary
    if columns:
        marks = ", ".join(f"{name} = %s" for name in columns)
        await tx.do(f"UPDATE instance_policy SET {marks} WHERE id = %s", *columns.values(), id)


REMOVE = "DELETE FROM instance_policy WHERE id = %s"


async def remove(tx: Tx, id: int) -> bool:
    """Whether there was one, which is gone now."""
    return await tx.do(REMOVE, id) > 0


ORDERINGS = {"id": "policy.id", "creation_date": "policy.creation_date"}


def _conditions(asked: PolicyQuestion) -> Iterator[Condition]:
    if asked.domain is not None:
        yield Condition("policy.target_domain = lower(%s)", (asked.domain,))
    username, domain = asked.account
    if username is not None:
        yield Condition("lower(target.preferred_username) = lower(%s)", (username,))
    if domain is not None:
        yield Condition("target.domain = lower(%s)", (domain,))
    for switch, is_on in asked.switches.items():
        yield Condition(f"policy.{switch.value} = %s", (is_on,))
    for word in asked.words:
        yield contains(f"folded(coalesce(policy.summary, '') || ' ' || {_NAME})", word)


async def page(tx: Queries, asked: PolicyQuestion, limit: int, offset: int) -> tuple[int, list[Policy]]:
    """How many policies match, and one page of them; the latest first where no order is asked."""
    where = all_of(_conditions(asked))
    count = await tx.one(int, f"SELECT count(*) {_FROM} WHERE {where.sql}", *where.values)
    order = ordered(asked.ordering, ORDERINGS, "policy.id DESC")
    sql = f"{_POLICY} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return count, await tx.many(_policy, sql, *where.values, limit, offset)
