"""
``fwtwisted jobs``: what waits for the worker, what was given up, and giving it another chance.

Source: docs/operations.md O-44.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime

from attrs import asdict

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, columns
from fwtwisted.db import jobs
from fwtwisted.db.pool import Tx

USUAL_LIMIT = 100
LARGEST_ID = 2**63 - 1


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("jobs", parents=[everywhere], help="look at the server's work, retry what failed")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    for name, command, text in (
        ("list", list_waiting, "jobs that wait or run, the next one first"),
        ("failed", list_failed, "jobs that were given up, the latest first"),
    ):
        shown = commands.add_parser(name, parents=[everywhere], help=text)
        shown.add_argument("--limit", type=_positive, default=USUAL_LIMIT, metavar="N", help="at most (default: 100)")
        says_json(shown)
        shown.set_defaults(command=command)
    again = commands.add_parser("retry", parents=[everywhere], help="try failed jobs again, all when none is named")
    again.add_argument("ids", nargs="*", type=_positive, metavar="ID", help="as 'jobs failed' shows them")
    says_json(again)
    again.set_defaults(command=retry)


def _positive(text: str) -> int:
    """A number that a row can have."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


_positive.__name__ = "number"  # what argparse calls it in its complaint


async def list_waiting(told: Namespace, desk: Desk) -> int:
    """Show the queue."""
    waiting = await (await desk.upright()).database.read(lambda tx: jobs.waiting(tx, told.limit))
    if told.json:
        desk.document([asdict(job) for job in waiting])
        return FINE
    rows = [(job.id, job.kind, job.lane, job.key or "-", _moment(job.due), job.failures) for job in waiting]
    for line in columns(("id", "kind", "lane", "key", "due (UTC)", "failures"), rows):
        desk.say(line)
    return FINE


async def list_failed(told: Namespace, desk: Desk) -> int:
    """Show what was given up."""
    dead = await (await desk.upright()).database.read(lambda tx: jobs.dead(tx, told.limit))
    if told.json:
        desk.document([asdict(job) for job in dead])
        return FINE
    rows = [(job.id, job.kind, job.key or "-", _moment(job.died), job.failures, _last_line(job.error)) for job in dead]
    for line in columns(("id", "kind", "key", "died (UTC)", "failures", "error"), rows):
        desk.say(line)
    return FINE


async def retry(told: Namespace, desk: Desk) -> int:
    """Put failed jobs back into the queue, and wake who does them."""
    ground = await desk.upright()

    async def work(tx: Tx) -> int:
        count = await jobs.revive(tx, told.ids)
        for lane, _, _ in await jobs.depths(tx) if count else ():
            jobs.ring_for(tx, ground.bell.ring, lane)
        return count

    count = await ground.database.transaction(work)
    missing = max(0, len(set(told.ids)) - count)
    if told.json:
        desk.document({"retried": count})
    else:
        desk.say(f"{count} job{'' if count == 1 else 's'} will be tried again.")
    if missing:
        desk.remark(f"fwtwisted: {missing} of the {len(set(told.ids))} named are no failed jobs")
    return FAILED if missing else FINE


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _last_line(text: str) -> str:
    """Of a traceback, what happened."""
    return (text.strip().splitlines() or ["-"])[-1].strip()
