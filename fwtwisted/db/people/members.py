"""Accounts as those see them who run the pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fwtwisted.db.conditions import NOTHING, Condition, Filter, all_of, ordered, token_conditions
from fwtwisted.db.people.people import ACCOUNT_COLUMNS, ACTOR_WIDTH, account_of, actor_columns
from fwtwisted.db.pool import Queries
from fwtwisted.model.administration import AdminActor, MemberQuestion
from fwtwisted.model.people import Account, Actor

SEARCHED = {
    "name": "folded(coalesce(actor.name, ''))",
    "username": "folded(account.username)",
    "email": "folded(account.email)",
}
FILTERED: dict[str, Filter] = {}
ORDERINGS = {
    "date_joined": "account.date_joined",
    "last_activity": "account.last_activity",
    "username": "lower(account.username)",
}

# --- actors with their addresses -----------------------------------------------------------------

ADMIN_ACTOR_WIDTH = ACTOR_WIDTH + 3


def admin_actor_columns(alias: str = "actor") -> str:
    """The columns of an :class:`AdminActor`, :data:`ADMIN_ACTOR_WIDTH` of them."""
    return f"{actor_columns(alias)}, {alias}.inbox_url, {alias}.outbox_url, {alias}.shared_inbox_url"


def admin_actor(*columns: Any) -> AdminActor:
    """The value of those columns."""
    return AdminActor(Actor(*columns[:ACTOR_WIDTH]), *columns[ACTOR_WIDTH:])


ADMIN_ACTORS = f"SELECT {admin_actor_columns()} FROM actor WHERE id = ANY(%s)"


async def admin_actors(tx: Queries, ids: list[int]) -> dict[int, AdminActor]:
    """The actors of these ids; unknown ids are left out."""
    return {one.actor.id: one for one in await tx.many(admin_actor, ADMIN_ACTORS, ids)} if ids else {}


# --- accounts ------------------------------------------------------------------------------------


def _conditions(question: MemberQuestion) -> Iterator[Condition]:
    if question.nothing:
        yield NOTHING
    for column in ("is_active", "is_staff", "is_superuser", "privacy_level"):
        value = getattr(question, column)
        if value is not None:
            yield Condition(f"account.{column} = %s", (value,))
    for name, granted in question.permissions.items():
        yield Condition("(%s = ANY(account.permissions)) = %s", (name, granted))
    if question.q is not None:
        yield from token_conditions(question.q, SEARCHED, FILTERED)


_FROM = "FROM account JOIN actor ON actor.id = account.actor_id"


async def count(tx: Queries, question: MemberQuestion) -> int:
    """How many match."""
    where = all_of(_conditions(question))
    return await tx.one(int, f"SELECT count(*) {_FROM} WHERE {where.sql}", *where.values)


async def page(tx: Queries, question: MemberQuestion, limit: int, offset: int) -> list[Account]:
    """One page of them; who came last first where no order is asked."""
    where = all_of(_conditions(question))
    order = ordered(question.ordering, ORDERINGS, "account.id DESC")
    sql = f"""
        SELECT {ACCOUNT_COLUMNS}, {actor_columns()} {_FROM}
         WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s
    """
    return await tx.many(account_of, sql, *where.values, limit, offset)


BY_IDS = f"SELECT {ACCOUNT_COLUMNS}, {actor_columns()} {_FROM} WHERE account.id = ANY(%s)"


async def by_ids(tx: Queries, ids: list[int]) -> dict[int, Account]:
    """The accounts of these ids; unknown ids are left out."""
    return {one.id: one for one in await tx.many(account_of, BY_IDS, ids)} if ids else {}


FIRST_SUPERUSER = "SELECT id FROM account WHERE is_superuser AND is_active ORDER BY id LIMIT 1"


async def first_superuser(tx: Queries) -> int | None:
    """The oldest account that may administer everything."""
    return await tx.maybe(int, FIRST_SUPERUSER)
