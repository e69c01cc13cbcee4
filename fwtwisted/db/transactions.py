"""
``Tx``: what runs in a transaction, or by itself, on a connection that somebody holds.

Rows become values by ``make(*columns)``, and how many rows are lawful is said by the method that is called.  Who holds
the connection, and when it is over, is the pool's (:mod:`fwtwisted.db.pool`), which begins no transaction before its
first statement::

    BEGIN;first statement ─▶ … ─▶ COMMIT, or areas touched and COMMIT ─▶ what was to follow it
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from psycopg2 import errors as sqlstates
from twisted.logger import Logger

from fwtwisted.db.connection import Connection
from fwtwisted.db.often import Often

T = TypeVar("T")

# How work begins: as statements that each stand alone, as a transaction, as one that waits for no row for long.
ALONE, TRANSACTION, BRIEFLY = "", "BEGIN;", "BEGIN;SET LOCAL lock_timeout = '250ms';"


class NoRow(LookupError):
    """A statement that must yield a row yielded none."""


class ManyRows(LookupError):
    """A statement that yields at most one row yielded several: a bug."""


class Undone(RuntimeError):
    """A transaction went on after a statement of it had failed, so that the commit undid it: a bug."""


class Queries(Protocol):
    """Runs statements: what a function in ``db/`` asks for when it only reads."""

    async def one(self, make: Callable[..., T], sql: str, *args: object) -> T: ...
    async def maybe(self, make: Callable[..., T], sql: str, *args: object) -> T | None: ...
    async def many(self, make: Callable[..., T], sql: str, *args: object) -> list[T]: ...
    async def often(self, make: Callable[..., T], statement: Often, *args: object) -> T | None: ...
    async def often_many(self, make: Callable[..., T], statement: Often, *args: object) -> list[T]: ...
    async def do(self, sql: str, *args: object) -> int: ...


class Tx:
    """
    A running transaction (or, from :meth:`Database.read`, statements that each stand alone).

    Rows become values by ``make(*columns)``.  ``%s`` stands for a value; beside values, a literal per cent sign is
    written ``%%``.

    :ivar areas: versions of areas, once somebody has asked (``db/areas.py``).
    :ivar is_over: whether the work that was handed it has ended.
    """

    _log = Logger()

    def __init__(self, connection: Connection, *, begin: str) -> None:
        self._connection = connection
        self._begin = begin
        self.began = False
        self.answered = False
        self.is_over = False
        self.areas: Mapping[str, int] | None = None
        self._after: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self._touched: set[str] = set()

    @property
    def may_change(self) -> bool:
        """Whether this is a transaction, in which something may be seen that does not last."""
        return bool(self._begin)

    async def _run(self, sql: str, args: Sequence[object]) -> Any:
        if self._begin and not self.began:
            self.began = True
            sql = self._begin + sql
        cursor = await self._connection.execute(sql, args or None)
        self.answered = True
        return cursor

    async def one(self, make: Callable[..., T], sql: str, *args: object) -> T:
        """The single row.  :raise NoRow: :raise ManyRows:"""
        rows = await self._few(sql, args)
        if not rows:
            raise NoRow(sql)
        return make(*rows[0])

    async def maybe(self, make: Callable[..., T], sql: str, *args: object) -> T | None:
        """The row, if there is one.  :raise ManyRows: when there are more."""
        rows = await self._few(sql, args)
        return make(*rows[0]) if rows else None

    async def often(self, make: Callable[..., T], statement: Often, *args: object) -> T | None:
        """:meth:`maybe` for a statement whose plan the database is to keep; within a transaction it is as any other."""
        rows = await self._often(statement, args)
        if len(rows) > 1:
            raise ManyRows(statement.sql)
        return make(*rows[0]) if rows else None

    async def often_many(self, make: Callable[..., T], statement: Often, *args: object) -> list[T]:
        """:meth:`many` for such a statement."""
        return [make(*row) for row in await self._often(statement, args)]

    async def _often(self, statement: Often, args: Sequence[object]) -> list[tuple[Any, ...]]:
        if self._begin:
            return await self._rows(statement.sql, args)
        knows, name = self._connection.knows, statement.name
        if name in knows:
            try:
                return await self._rows(statement.call, args)
            except sqlstates.InvalidSqlStatementName:  # it lies between us and the database that this is another one
                knows.discard(name)
        try:
            rows = await self._rows(statement.first_call, args)
        except sqlstates.DuplicatePreparedStatement:
            rows = await self._rows(statement.call, args)
        knows.add(name)
        return rows

    async def _rows(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = (await self._run(sql, args)).fetchall()
        return rows

    async def _few(self, sql: str, args: Sequence[object]) -> list[tuple[Any, ...]]:
        rows = await self._rows(sql, args)
        if len(rows) > 1:
            raise ManyRows(sql)
        return rows

    async def many(self, make: Callable[..., T], sql: str, *args: object) -> list[T]:
        """All rows, in the statement's order."""
        return [make(*row) for row in (await self._run(sql, args)).fetchall()]

    async def do(self, sql: str, *args: object) -> int:
        """Run for the effect; how many rows were touched."""
        return int((await self._run(sql, args)).rowcount)

    async def nested(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run ``work`` so that its failure undoes only what it did; the failure is raised on."""
        await self.do("SAVEPOINT nested")
        try:
            result = await work()
        except Exception:
            await self.do("ROLLBACK TO SAVEPOINT nested; RELEASE SAVEPOINT nested")
            raise
        await self.do("RELEASE SAVEPOINT nested")
        return result

    def after_commit(self, call: Callable[..., object], *args: object) -> None:
        """Call ``call(*args)`` when, and only when, this transaction has been committed."""
        self._after.append((call, args))

    def touch(self, *areas: str) -> None:
        """Raise the version of the areas (table ``area``) as the last act before the commit."""
        self._touched.update(areas)

    async def commit(self) -> None:
        """Make it last, then call what waited for that.  :raise Undone:"""
        if self.began:
            if self._touched:
                await self._connection.execute(TOUCH_AND_COMMIT, (sorted(self._touched),))
            elif (await self._connection.execute("COMMIT")).statusmessage == "ROLLBACK":
                raise Undone("a transaction hid the failure of a statement")
        for call, args in self._after:
            try:
                call(*args)
            except Exception:  # the work is done and lasts; nobody may take it for undone
                self._log.failure("what should follow a commit broke", event="db.after-commit")

    async def roll_back(self) -> None:
        """Undo all of it."""
        if self.began and self._connection.alive:
            await self._connection.execute("ROLLBACK")


TOUCH_AND_COMMIT = """
    UPDATE area SET version = area.version + 1
      FROM (SELECT name FROM area WHERE name = ANY(%s) ORDER BY name FOR UPDATE) AS touched
     WHERE area.name = touched.name;
    COMMIT
"""
