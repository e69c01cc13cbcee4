"""``fwtwisted db``: the schema of the database.  Source: docs/operations.md O-80."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FINE, Desk
from fwtwisted.db import migrations
from fwtwisted.db.migrations import Step


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("db", parents=[everywhere], help="bring the database up to date")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    migrate_ = commands.add_parser("migrate", parents=[everywhere], help="apply the schema steps that are missing")
    migrate_.add_argument("--plan", action="store_true", help="only show them and their statements")
    says_json(migrate_)
    migrate_.set_defaults(command=migrate)


async def migrate(told: Namespace, desk: Desk) -> int:
    """Apply what is missing, or show it."""
    if told.plan:
        missing = await migrations.plan((await desk.ground()).database) if desk.has_database() else migrations.steps()
        _show_plan(missing, told, desk)
        return FINE
    done = await migrations.migrate((await desk.ground()).database)
    if told.json:
        desk.document([{"number": step.number, "name": step.name} for step in done])
        return FINE
    for step in done:
        desk.say(f"applied {_title(step)}")
    if not done:
        desk.say("The database is up to date.")
    return FINE


def _show_plan(missing: Sequence[Step], told: Namespace, desk: Desk) -> None:
    if told.json:
        desk.document([{"number": step.number, "name": step.name, "sql": step.sql} for step in missing])
        return
    for step in missing:
        desk.say(f"-- {_title(step)}\n{step.sql.strip()}\n")
    if not missing:
        desk.say("The database is up to date.")


def _title(step: Step) -> str:
    return f"{step.number:04} {step.name}"
