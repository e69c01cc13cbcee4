"""``fwtwisted storage usage`` and ``verify``: what there is, and whether it is sound."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from attrs import asdict, evolve

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Stopped, columns
from fwtwisted.cli.meter import Meter, bar, in_units
from fwtwisted.cli.storage.ground import positive, sides_of, stops_at_once
from fwtwisted.config.footing import pod
from fwtwisted.core.storage.crew import Crew
from fwtwisted.core.storage.moving import Trouble
from fwtwisted.core.storage.usage import Usage, scanned, usage_of
from fwtwisted.core.storage.verifying import Verifying
from fwtwisted.db.storage.usage import Taken
from fwtwisted.ground import Ground

AT_ONCE = 8


def add_to(commands: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    new = commands.add_parser("usage", parents=[everywhere], help="how much room media take")
    new.add_argument("--users", action="store_true", help="also by person")
    new.add_argument("--scan", action="store_true", help="also by listing what lies there")
    says_json(new)
    new.set_defaults(command=usage)
    new = commands.add_parser("verify", parents=[everywhere], help="see whether every file is there, and right")
    new.add_argument("--sample", type=positive, metavar="N", help="only so many, drawn by lot")
    new.add_argument("--read", action="store_true", help="also read and compare every byte")
    new.add_argument("--concurrency", type=positive, default=AT_ONCE, metavar="N", help="files at once")
    says_json(new)
    new.set_defaults(command=verify)


async def usage(told: Namespace, desk: Desk) -> int:
    """Say how much there is."""
    ground = await desk.upright()
    domain = pod(desk.config).domain
    used = await usage_of(ground.database, domain, users=told.users)
    if told.scan:
        used = evolve(used, lying=await _scanned(desk, ground))
    if told.json:
        desk.document(_document(used))
        return FINE
    for line in _lines(used):
        desk.say(line)
    return FINE


async def _scanned(desk: Desk, ground: Ground) -> dict[str, list[Taken]]:
    count = 0

    def at(seen: int) -> None:
        nonlocal count
        count = seen

    meter = Meter(desk.reactor, sys.stderr, lambda: f"{count:,} files listed")
    meter.start()
    try:
        return {side.storage: await scanned(side, at) for side in sides_of(ground)}
    finally:
        meter.stop()


def _document(used: Usage) -> dict[str, object]:
    listed = {storage: [asdict(one) for one in roots] for storage, roots in used.lying.items()}
    return {
        "total": asdict(used.total),
        "roots": [asdict(one) for one in used.roots],
        "domains": [asdict(one) for one in used.domains],
        "users": [asdict(one) for one in used.users],
        "in_place": asdict(used.in_place),
        "listed": listed,
        "difference": _difference(used) if used.lying else None,
    }


def _difference(used: Usage) -> int:
    """Bytes that lie there beyond those that rows know."""
    return sum(one.size for roots in used.lying.values() for one in roots) - used.total.size


def _lines(used: Usage) -> list[str]:
    lines = [*_table("root", (*used.roots, used.total, used.in_place))]
    lines += ["", *_table("domain", used.domains)] if used.domains else []
    lines += ["", *_table("user", used.users)] if used.users else []
    for storage, roots in used.lying.items():
        lines += ["", f"listed ({storage}):", *_table("root", roots)]
    if used.lying:
        lines += ["", f"listed beyond what rows know: {in_units(_difference(used))}"]
    return lines


def _table(head: str, rows: Sequence[Taken]) -> list[str]:
    return list(columns((head, "files", "size"), [(one.name, f"{one.count:,}", in_units(one.size)) for one in rows]))


async def verify(told: Namespace, desk: Desk) -> int:
    """Look at every file; exit 1 when one is missing or damaged."""
    ground = await desk.upright()
    desk.stops_soon = lambda: True
    meter: Meter

    def trouble(one: Trouble) -> None:
        if told.json:
            desk.document({"event": "error", "name": one.name, "text": one.text})
        else:
            meter.remark(f"{one.name}: {one.text}")

    crew = Crew(desk.reactor, told.concurrency)
    doubted = await _doubted(desk, ground)
    work = Verifying(
        ground.database, sides_of(ground), crew, trouble, sample=told.sample, reads=told.read, doubted=doubted
    )
    meter = Meter(desk.reactor, sys.stderr, lambda: _line(work))
    meter.start()
    try:
        done = await work.run(lambda: stops_at_once(desk))
    finally:
        meter.stop()
    if told.json:
        counts = {"total": done.total, "seen": done.seen, "read": done.read, "errors": len(done.troubles)}
        desk.document({"event": "end", "interrupted": desk.stopped_by is not None, **counts})
    else:
        wrong = f"{len(done.troubles):,} missing or damaged" if done.troubles else "all right"
        desk.say(f"{done.seen:,} of {done.total:,} files: {wrong}")
    if desk.stopped_by is not None:
        raise Stopped
    return FAILED if done.troubles else FINE


async def _doubted(desk: Desk, ground: Ground) -> list[str]:
    """Names of files whose copies the cache has put aside as damaged.  Source: docs/storage.md S-52."""
    store = ground.store
    if store is None or store.cache is None:
        return []
    below = store.store.below
    keys = await desk.threads(store.cache.folder.damaged_keys)
    return [key.removeprefix(below) for key in keys if key.startswith(below)]


def _line(work: Verifying) -> str:
    done = work.verified
    read = f", {in_units(done.read)} read" if done.read else ""
    return f"{bar(done.seen / done.total if done.total else 0)}  {done.seen:,}/{done.total:,} files{read}"
