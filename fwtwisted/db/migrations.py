"""
Numbered SQL files, applied in order under an advisory lock: many processes may start at once.

A file ``schema/0007_deliveries.sql`` is one step and one transaction.  Once landed it is never edited.  Table
``migration`` remembers what was applied (docs/operations.md O-80).
"""

from __future__ import annotations

import hashlib
import re
from importlib import resources

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import FwError

_log = Logger()

LOCK = 7_361_001  # any number; shared by all who migrate this database
FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class SchemaError(FwError):
    """The database and this program do not fit together; the text says what to do."""


@frozen
class Step:
    """One migration.  :ivar digest: of its text, so that an edited file is noticed."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the SQL, hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def steps() -> list[Step]:
    """Every step that this program knows, in order.  :raise SchemaError: when numbers are missing or doubled."""
    found = []
    for entry in resources.files("fwtwisted.db").joinpath("schema").iterdir():
        match = FILE_NAME.fullmatch(entry.name)
        if match is not None:
            found.append(Step(int(match[1]), match[2], entry.read_text("utf-8")))
    found.sort(key=lambda step: step.number)
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise SchemaError("the schema files are not numbered 1, 2, 3, …")
    return found


PREPARE = """
    CREATE TABLE IF NOT EXISTS migration (
        number      integer PRIMARY KEY,
        name        text NOT NULL,
        digest      text NOT NULL,              -- SHA-256 of the file, hex
        applied     timestamptz NOT NULL DEFAULT now()
    )
"""
APPLIED = "SELECT number, digest FROM migration ORDER BY number"
TABLE_EXISTS = "SELECT to_regclass('migration') IS NOT NULL"
REMEMBER = "INSERT INTO migration (number, name, digest) VALUES (%s, %s, %s)"
TAKE_LOCK = "SELECT pg_advisory_xact_lock(%s)"


async def _applied(tx: Tx) -> dict[int, str]:
    if not await tx.one(bool, TABLE_EXISTS):
        return {}
    return dict(await tx.many(lambda number, digest: (number, digest), APPLIED))


async def pending(tx: Tx, known: list[Step]) -> list[Step]:
    """
    The steps that the database lacks.

    :raise SchemaError: the database is newer than this program, or holds another text under a known number.
    """
    applied = await _applied(tx)
    if applied and max(applied) > len(known):
        raise SchemaError(
            f"The database has schema {max(applied)}, this program knows {len(known)}: install the newer version."
        )
    for step in known:
        if applied.get(step.number, step.digest) != step.digest:
            raise SchemaError(f"Schema step {step.number} ({step.name}) was applied with another content.")
    return [step for step in known if step.number not in applied]


async def migrate(database: Database) -> list[Step]:
    """
    Bring the database up to date; what was done, in order.

    Each step commits by itself; a failed one leaves the state before it.  A second migrator waits for the first, then
    finds nothing to do.
    """
    known = steps()
    done: list[Step] = []
    while True:
        step = await database.transaction(lambda tx: next_step(tx, known))
        if step is None:
            return done
        done.append(step)


async def next_step(tx: Tx, known: list[Step]) -> Step | None:
    """Apply the first step that the database lacks, and say which it was; None when it lacks none."""
    await tx.do("SET LOCAL statement_timeout = 0")
    await tx.do(TAKE_LOCK, LOCK)
    missing = await pending(tx, known)
    if not missing:
        return None
    step = missing[0]
    await tx.do("SET LOCAL lock_timeout = '5s'")
    await tx.do(PREPARE)
    await tx.do(step.sql)
    await tx.do(REMEMBER, step.number, step.name, step.digest)
    _log.info("schema step {number}, {name}, applied", event="schema.applied", number=step.number, name=step.name)
    return step


async def plan(database: Database) -> list[Step]:
    """What :func:`migrate` would do."""
    known = steps()
    return await database.read(lambda tx: pending(tx, known))
