"""``fwtwisted config``: what is in force, and whether it works on this machine.  Source: docs/operations.md O-3."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

from twisted.internet.task import deferLater

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk
from fwtwisted.cli.storage.ground import store_alone
from fwtwisted.config.checking import Outcome, checked, shown_lines
from fwtwisted.config.store import Store
from fwtwisted.db import jobs, migrations
from fwtwisted.ground import Ground
from fwtwisted.model.errors import FwError, NotFound
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.client import Refused

MOST_APART = 5.0
"""Seconds that our clock and the database's may differ: docs/operations.md O-67."""
REDIS_ATTEMPTS, REDIS_REST = 10, 0.2


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("config", parents=[everywhere], help="show and check the settings")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    for name, command, text in (
        ("check", check, "try everything that the settings name; status 1 when something does not work"),
        ("show", show, "every setting, its value and where it comes from; secrets as ***"),
    ):
        one = commands.add_parser(name, parents=[everywhere], help=text)
        says_json(one)
        one.set_defaults(command=command)


async def show(told: Namespace, desk: Desk) -> int:
    """Show what is in force."""
    reading = desk.reading
    for notice in reading.notices:
        desk.remark(f"fwtwisted: {notice}")
    if told.json:
        desk.document([{"name": row.name, "value": row.text, "origin": row.origin} for row in reading.shown])
        return FINE
    for line in shown_lines(reading):
        desk.say(line)
    return FINE


async def check(told: Namespace, desk: Desk) -> int:
    """Try everything; a line each."""
    for notice in desk.reading.notices:
        desk.remark(f"fwtwisted: {notice}")
    outcomes = [outcome async for outcome in _outcomes(desk)]
    if told.json:
        desk.document([{"name": one.name, "ok": one.is_well, "text": one.text} for one in outcomes])
    else:
        width = max(len(one.name) for one in outcomes)
        for one in outcomes:
            desk.say(f"{'ok  ' if one.is_well else 'FAIL'}  {one.name:<{width}}  {one.text}")
    return FINE if all(one.is_well for one in outcomes) else FAILED


async def _outcomes(desk: Desk) -> AsyncIterator[Outcome]:
    yield Outcome("settings", True, desk.reading.file or "from the environment")
    for outcome in await desk.threads(lambda: list(checked(desk.config))):
        yield outcome
    if desk.config.store is not None:
        yield await _object_store(desk, desk.config.store)
    if not desk.has_database():
        yield Outcome("database", True, "a private PostgreSQL, to be made at the first start")
        return
    try:
        ground = await desk.ground()
        yield await _schema(ground)
        yield await _clock(ground)
    except FwError as why:
        yield Outcome("database", False, " ".join(str(why).split()))
        return
    if desk.config.database.cache_url is not None:
        yield await _redis(ground)


async def _object_store(desk: Desk, store: Store) -> Outcome:
    """Whether the bucket can be listed; what else may be wrong, ``storage check`` finds out."""
    parts = store_alone(desk, store)
    try:
        await parts.bucket.list_page(parts.store.below, most=1)
    except (Refused, NotFound, StoreAway) as why:
        told = why.why if isinstance(why, StoreAway) else f"it refuses to list the bucket: {why}"
        return Outcome("object store", False, f"{told.rstrip('.')}; fwtwisted storage check tells more")
    finally:
        await parts.close()
    return Outcome("object store", True, f"{store.pod.settings.address.bucket} can be listed")


async def _schema(ground: Ground) -> Outcome:
    """Whether the database answers, and fits this program."""
    missing = await migrations.plan(ground.database)
    told = f"{len(missing)} schema steps are applied at the next start" if missing else "up to date"
    return Outcome("database", True, told)


async def _clock(ground: Ground) -> Outcome:
    """Whether the database's clock and ours agree."""
    before = time.time()
    theirs = (await ground.database.read(jobs.database_now)).timestamp()
    apart = max(0.0, before - theirs, theirs - time.time())
    return Outcome("clock", apart <= MOST_APART, f"{apart:.1f} s from the database's")


async def _redis(ground: Ground) -> Outcome:
    """Whether Redis keeps what it is given; its connection may need a moment."""
    key = f"check:{uuid4()}"
    for _ in range(REDIS_ATTEMPTS):
        await ground.cache.put(key, b"kept", 60)
        if await ground.cache.get(key) == b"kept":
            await ground.cache.drop(key)
            return Outcome("Redis", True, "answers")
        await deferLater(ground.reactor, REDIS_REST)
    return Outcome("Redis", False, "it cannot be reached, or refuses to keep anything")
