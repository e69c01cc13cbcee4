"""Invitations: rights to sign up, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from fwtwisted.db.conditions import Condition, all_of, any_of, contains, ordered
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.administration import InvitationQuestion

_OPEN = "(invitation.used IS NULL AND invitation.expiration_date > now())"
_COLUMNS = """
    invitation.id, invitation.owner_id, invitation.code, invitation.creation_date, invitation.expiration_date,
    invitation.used, (SELECT account.id FROM account WHERE account.invitation_id = invitation.id LIMIT 1)
"""
SEARCHED = ("folded(owner.username)", "folded(invitation.code)", "folded(owner.email)")
ORDERINGS = {"creation_date": "invitation.creation_date", "expiration_date": "invitation.expiration_date"}


@frozen
class InvitationRow:
    """An invitation as it is kept.  :ivar guest_id: whose account came of it."""

    id: int
    owner_id: int
    code: str
    creation_date: datetime
    expiration_date: datetime
    used: datetime | None
    guest_id: int | None


ADD = f"""
    INSERT INTO invitation (owner_id, code, expiration_date) VALUES (%s, %s, now() + %s * interval '1 day')
        ON CONFLICT (lower(code)) DO NOTHING
 RETURNING {_COLUMNS}
"""


async def add(tx: Tx, owner_id: int, code: str, days: int) -> InvitationRow | None:
    """A new one; None when the code is taken (case does not matter)."""
    return await tx.maybe(InvitationRow, ADD, owner_id, code, days)


IS_OPEN = f"SELECT EXISTS (SELECT FROM invitation WHERE lower(code) = lower(%s) AND {_OPEN})"


async def is_open(tx: Queries, code: str) -> bool:
    """Whether somebody may come in by this code."""
    return await tx.one(bool, IS_OPEN, code)


USE = f"UPDATE invitation SET used = now() WHERE lower(code) = lower(%s) AND {_OPEN} RETURNING id"
NAME_GUEST = "UPDATE account SET invitation_id = %s WHERE id = %s"


async def use(tx: Tx, code: str) -> int | None:
    """The invitation's id; it is used from now on.  None when it is not open (any more)."""
    return await tx.maybe(int, USE, code)


async def name_guest(tx: Tx, invitation_id: int, account_id: int) -> None:
    """Note who came by it."""
    await tx.do(NAME_GUEST, invitation_id, account_id)


ONE = f"SELECT {_COLUMNS} FROM invitation WHERE id = %s"


async def one(tx: Queries, id: int) -> InvitationRow | None:
    """The invitation of this id."""
    return await tx.maybe(InvitationRow, ONE, id)


CODE_TAKEN = "SELECT EXISTS (SELECT FROM invitation WHERE lower(code) = lower(%s) AND id <> %s)"
CHANGE_CODE = "UPDATE invitation SET code = %s WHERE id = %s"
LOCK_CODES = "SELECT pg_advisory_xact_lock(hashtext('fwtwisted.invitation'))::text"


async def change_code(tx: Tx, id: int, code: str) -> bool:
    """Let it be opened by another code; False when that one is taken."""
    await tx.one(str, LOCK_CODES)
    if await tx.one(bool, CODE_TAKEN, code, id):
        return False
    await tx.do(CHANGE_CODE, code, id)
    return True


def _conditions(question: InvitationQuestion) -> Iterator[Condition]:
    if question.is_open is not None:
        yield Condition(f"{_OPEN} = %s", (question.is_open,))
    for word in question.words:
        yield any_of(contains(column, word) for column in SEARCHED)


_FROM = "FROM invitation JOIN account AS owner ON owner.id = invitation.owner_id"


async def count(tx: Queries, question: InvitationQuestion) -> int:
    """How many match."""
    where = all_of(_conditions(question))
    return await tx.one(int, f"SELECT count(*) {_FROM} WHERE {where.sql}", *where.values)


async def page(tx: Queries, question: InvitationQuestion, limit: int, offset: int) -> list[InvitationRow]:
    """One page of them; the newest first where no order is asked."""
    where = all_of(_conditions(question))
    order = ordered(question.ordering, ORDERINGS, "invitation.id DESC")
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return await tx.many(InvitationRow, sql, *where.values, limit, offset)


REMOVE_OPEN = f"DELETE FROM invitation WHERE id = ANY(%s) AND {_OPEN}"


async def remove_open(tx: Tx, ids: list[int]) -> int:
    """Take back those of them that are open; how many."""
    return await tx.do(REMOVE_OPEN, ids)
