"""``fwtwisted media generate-thumbnails``, which Funkwhale has by that name.  Source: docs/storage.md §4."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from functools import partial

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Stopped
from fwtwisted.cli.meter import Meter, bar
from fwtwisted.cli.storage.ground import stops_at_once
from fwtwisted.cli.whole import parts_of
from fwtwisted.core.files.cutting import Cut, CutWish
from fwtwisted.model.errors import FwError


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("media", parents=[everywhere], help="look after pictures")
    commands = group.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    new = commands.add_parser(
        "generate-thumbnails", parents=[everywhere], help="make the small pictures that are missing"
    )
    new.add_argument("-d", "--delete", action="store_true", help="remove those that are there first, of all qualities")
    new.add_argument("--start-after", default="", metavar="NAME", help="go on behind this picture")
    new.add_argument("--dry-run", action="store_true", help="say what would be done")
    says_json(new)
    new.set_defaults(command=generate)


async def generate(told: Namespace, desk: Desk) -> int:
    """Make what is missing, or all anew."""
    parts = await parts_of(desk)
    desk.stops_soon = lambda: True
    wish, cut = CutWish(told.start_after, anew=told.delete, dry_run=told.dry_run), Cut()
    beat = partial(_document, desk, "progress", cut) if told.json else None
    meter = Meter(desk.reactor, sys.stderr, lambda: _line(cut), beat)
    meter.start()
    try:
        await parts.cutting.run(wish, cut, lambda: stops_at_once(desk))
    except FwError as why:
        cut.interrupted = True
        meter.remark(f"fwtwisted: {why}")
    finally:
        meter.stop()
    _tell(told, desk, cut)
    if desk.stopped_by is not None:
        raise Stopped
    return FAILED if cut.failed or cut.interrupted else FINE


def _line(cut: Cut) -> str:
    return f"{bar(cut.seen / cut.total if cut.total else 0)}  {cut.seen:,}/{cut.total:,} pictures, {cut.made:,} made"


def _document(desk: Desk, event: str, cut: Cut) -> None:
    desk.document({
        "event": event, "total": cut.total, "seen": cut.seen, "there": cut.there, "made": cut.made,
        "removed": cut.removed, "errors": len(cut.failed), "interrupted": cut.interrupted,
        "goes_on_after": cut.goes_on_after,
    })  # fmt: skip


def _tell(told: Namespace, desk: Desk, cut: Cut) -> None:
    """Say what was done."""
    for name, why in cut.failed:
        if told.json:
            desk.document({"event": "error", "name": name, "text": why})
        else:
            desk.remark(f"{name}: {why}")
    if told.json:
        _document(desk, "end", cut)
        return
    would = "would be " if told.dry_run else ""
    words = [f"{cut.made:,} {would}made", f"{cut.there:,} there already"]
    words += [f"{cut.removed:,} {would}removed"] if cut.removed else []
    words += [f"{len(cut.failed):,} pictures cannot be cut"] if cut.failed else []
    desk.say(f"{cut.seen:,} of {cut.total:,} pictures: {', '.join(words)}")
    if cut.interrupted and cut.goes_on_after:
        desk.say(f"stopped; go on with --start-after '{cut.goes_on_after}'")
