"""Requests to be let in, which moderators answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.conditions import NOTHING, Condition, Filter, all_of, ordered, same, token_conditions
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.administration import RequestQuestion

_COLUMNS = """
    user_request.id, user_request.uuid, user_request.status, user_request.creation_date, user_request.handled_date,
    user_request.metadata, user_request.submitter_id, user_request.assigned_to_id
"""


@frozen
class RequestRow:
    """A request as it is kept."""

    id: int
    uuid: UUID
    status: str
    creation_date: datetime
    handled_date: datetime | None
    answers: Mapping[str, Any] | None
    submitter_id: int
    assigned_to_id: int | None


ADD = f"INSERT INTO user_request (submitter_id, metadata) VALUES (%s, %s::jsonb) RETURNING {_COLUMNS}"


async def add(tx: Tx, submitter_id: int, answers: Mapping[str, str] | None) -> RequestRow:
    """Somebody wants to be let in."""
    return await tx.one(RequestRow, ADD, submitter_id, None if answers is None else dict(answers))


ONE = f"SELECT {_COLUMNS} FROM user_request WHERE uuid = %s"
LOCK = f"{ONE} FOR UPDATE"
LOCK_OF = f"""
    SELECT {_COLUMNS} FROM user_request JOIN account ON account.actor_id = user_request.submitter_id
     WHERE lower(account.username) = lower(%s) ORDER BY user_request.id DESC LIMIT 1 FOR UPDATE OF user_request
"""


async def one(tx: Queries, uuid: UUID) -> RequestRow | None:
    """The request of this uuid."""
    return await tx.maybe(RequestRow, ONE, uuid)


async def lock(tx: Tx, uuid: UUID) -> RequestRow | None:
    """The same, held until the transaction ends."""
    return await tx.maybe(RequestRow, LOCK, uuid)


async def lock_of(tx: Tx, username: str) -> RequestRow | None:
    """The latest request of the account, held until the transaction ends."""
    return await tx.maybe(RequestRow, LOCK_OF, username)


ANSWER = "UPDATE user_request SET status = %s, assigned_to_id = %s, handled_date = now() WHERE id = %s"


async def answer(tx: Tx, id: int, status: str, actor_id: int | None) -> None:
    """Note what was answered, and by whom."""
    await tx.do(ANSWER, status, actor_id, id)


LET_IN = "UPDATE account SET is_active = true WHERE actor_id = %s RETURNING id"
ACCOUNT_OF = "SELECT id FROM account WHERE actor_id = %s"


async def let_in(tx: Tx, actor_id: int) -> int | None:
    """Open the account of the actor; its id, None when it is gone."""
    return await tx.maybe(int, LET_IN, actor_id)


async def account_of(tx: Queries, actor_id: int) -> int | None:
    """The id of the actor's account, unless it is gone."""
    return await tx.maybe(int, ACCOUNT_OF, actor_id)


PENDING = "SELECT count(*) FROM user_request WHERE status = 'pending'"


async def pending(tx: Queries) -> int:
    """How many wait for an answer."""
    return await tx.one(int, PENDING)


# --- lists ---------------------------------------------------------------------------------------


def _uuid(text: str) -> Condition:
    try:
        return Condition("user_request.uuid = %s", (UUID(text),))
    except ValueError:
        return NOTHING


def _number(text: str) -> Condition:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return NOTHING
    return Condition("user_request.id = %s", (int(text),))


def _handle(column: str) -> Filter:
    """The actor is the one of ``user@domain``, or the one of ours with that name."""

    def narrowed(text: str) -> Condition:
        name, _, domain = text.removeprefix("@").partition("@")
        home, values = ("domain = lower(%s)", (name, domain)) if domain else ("private_key IS NOT NULL", (name,))
        named = f"SELECT id FROM actor WHERE lower(preferred_username) = lower(%s) AND {home}"
        return Condition(f"{column} IN ({named})", values)

    return narrowed


SEARCHED = {"username": "folded(submitter.preferred_username)"}
FILTERED: Mapping[str, Filter] = {
    "uuid": _uuid,
    "id": _number,
    "status": same("user_request.status"),
    "category": same("user_request.type"),
    "submitter": _handle("user_request.submitter_id"),
    "assigned_to": _handle("user_request.assigned_to_id"),
}
ORDERINGS = {
    "id": "user_request.id",
    "creation_date": "user_request.creation_date",
    "handled_date": "user_request.handled_date",
}


def _conditions(question: RequestQuestion) -> Iterator[Condition]:
    if question.nothing:
        yield NOTHING
    if question.status is not None:
        yield Condition("user_request.status = %s", (question.status.value,))
    if question.q is not None:
        yield from token_conditions(question.q, SEARCHED, FILTERED)


_FROM = "FROM user_request JOIN actor AS submitter ON submitter.id = user_request.submitter_id"


async def count(tx: Queries, question: RequestQuestion) -> int:
    """How many match."""
    where = all_of(_conditions(question))
    return await tx.one(int, f"SELECT count(*) {_FROM} WHERE {where.sql}", *where.values)


async def page(tx: Queries, question: RequestQuestion, limit: int, offset: int) -> list[RequestRow]:
    """One page of them; the newest first where no order is asked."""
    where = all_of(_conditions(question))
    order = ordered(question.ordering, ORDERINGS, "user_request.id DESC")
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return await tx.many(RequestRow, sql, *where.values, limit, offset)
