"""Programs that act for people."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Application

COLUMNS = "id, client_id, client_secret, account_id, name, redirect_uris, scopes, token, created, updated"


@frozen
class NewApplication:
    """A program as it is registered.  :ivar client_secret: hashed."""

    client_id: str
    client_secret: str
    account_id: int | None
    name: str
    redirect_uris: str
    scopes: str
    token: str | None


ADD_APPLICATION = f"""
    INSERT INTO application (client_id, client_secret, account_id, name, redirect_uris, scopes, token)
    VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {COLUMNS}
"""


async def add_application(tx: Tx, new: NewApplication) -> Application:
    """Register the program."""
    return await tx.one(
        Application, ADD_APPLICATION, new.client_id, new.client_secret, new.account_id, new.name,
        new.redirect_uris, new.scopes, new.token,
    )  # fmt: skip


APPLICATION = f"SELECT {COLUMNS} FROM application WHERE client_id = %s"


async def application(tx: Queries, client_id: str) -> Application | None:
    """The program of this id."""
    return await tx.maybe(Application, APPLICATION, client_id)


COUNT_OF_ACCOUNT = "SELECT count(*) FROM application WHERE account_id = %s"
OF_ACCOUNT = f"SELECT {COLUMNS} FROM application WHERE account_id = %s ORDER BY id DESC LIMIT %s OFFSET %s"


async def applications_of(tx: Queries, account_id: int, limit: int, offset: int) -> tuple[int, list[Application]]:
    """How many programs the account registered, and one page of them, the latest first."""
    count = await tx.one(int, COUNT_OF_ACCOUNT, account_id)
    return count, await tx.many(Application, OF_ACCOUNT, account_id, limit, offset)


CHANGES = frozenset(("name", "redirect_uris", "scopes", "token"))


async def change_application(tx: Tx, client_id: str, account_id: int, values: Mapping[str, str]) -> Application | None:
    """
    Write new values by column; None when the account registered no such program.

    :raise ValueError: when a column is not to be changed like this.
    """
    if not CHANGES.issuperset(values):
        raise ValueError(f"{sorted(set(values) - CHANGES)} of application")
    columns = "".join(f", {name} = %s" for name in values)
    sql = f"""
        UPDATE application SET updated = now(){columns} WHERE client_id = %s AND account_id = %s RETURNING {COLUMNS}
    """
    return await tx.maybe(Application, sql, *values.values(), client_id, account_id)


REMOVE_APPLICATION = "DELETE FROM application WHERE client_id = %s AND account_id = %s"


async def remove_application(tx: Tx, client_id: str, account_id: int) -> bool:
    """Forget the program and every token it holds; False when the account registered none such."""
    return await tx.do(REMOVE_APPLICATION, client_id, account_id) == 1


REMOVE_OF_ACCOUNT = "DELETE FROM application WHERE account_id = %s"


async def remove_applications_of(tx: Tx, account_id: int) -> None:
    """Forget everything that the account registered."""
    await tx.do(REMOVE_OF_ACCOUNT, account_id)
