"""``fwtwisted fix_uploads`` and ``check_inplace_files``, as Funkwhale has them.  Source: docs/storage.md §4."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Stopped
from fwtwisted.cli.meter import Meter, bar
from fwtwisted.cli.storage.ground import positive, stops_at_once
from fwtwisted.cli.whole import parts_of
from fwtwisted.core.files.mending import USUAL_BATCH, Lost, Mended, NothingThere
from fwtwisted.db.files.mending import Wanting


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    new = groups.add_parser("fix_uploads", parents=[everywhere], help="find out what is not known of uploaded files")
    new.add_argument("--mimetype", action="store_true", help="media types; they are always looked after")
    new.add_argument("--audio-data", action="store_true", help="lengths and bit rates; reads the files")
    new.add_argument("--size", action="store_true", help="sizes")
    new.add_argument("--checksum", action="store_true", help="digests; reads the files")
    new.add_argument("-s", "--batch-size", type=positive, default=USUAL_BATCH, metavar="N", help="rows written at once")
    new.add_argument("--dry-run", action="store_true", help="say what would be done")
    says_json(new)
    new.set_defaults(command=fix)
    new = groups.add_parser("check_inplace_files", parents=[everywhere], help="find files in place that are gone")
    new.add_argument("--no-dry-run", action="store_true", help="forget their uploads; else only list them")
    new.add_argument("--force", action="store_true", help="also when none of the files is there")
    says_json(new)
    new.set_defaults(command=check)


async def fix(told: Namespace, desk: Desk) -> int:
    """Find out what is not known, as far as it is wished."""
    parts = await parts_of(desk)
    desk.stops_soon = lambda: True
    wanting = Wanting(told.audio_data, told.size, told.checksum)
    mended = Mended()
    beat = (lambda: _fixed(desk, "progress", mended)) if told.json else None
    meter = Meter(desk.reactor, sys.stderr, lambda: _line(mended), beat)
    meter.start()
    try:
        await parts.mending.run(
            wanting, mended, batch=told.batch_size, dry_run=told.dry_run, stops=lambda: stops_at_once(desk)
        )
    finally:
        meter.stop()
    for uuid, why in mended.failed:
        if told.json:
            desk.document({"event": "error", "upload": uuid, "text": why})
        else:
            desk.remark(f"{uuid}: {why}")
    if told.json:
        _fixed(desk, "end", mended)
    else:
        would = "would be " if told.dry_run else ""
        desk.say(f"{mended.seen:,} of {mended.total:,} uploads: {mended.mended:,} {would}mended")
    if mended.interrupted:
        raise Stopped
    return FAILED if mended.failed else FINE


def _line(mended: Mended) -> str:
    return f"{bar(mended.seen / mended.total if mended.total else 0)}  {mended.seen:,}/{mended.total:,} uploads"


def _fixed(desk: Desk, event: str, mended: Mended) -> None:
    desk.document({
        "event": event, "total": mended.total, "seen": mended.seen, "mended": mended.mended,
        "errors": len(mended.failed), "interrupted": mended.interrupted,
    })  # fmt: skip


async def check(told: Namespace, desk: Desk) -> int:
    """List uploads in place whose files are gone; forget them when that is wished."""
    parts = await parts_of(desk)
    desk.stops_soon = lambda: True
    lost = Lost()
    meter = Meter(desk.reactor, sys.stderr, lambda: f"{lost.seen:,} files looked for")
    meter.start()
    try:
        await parts.lost_in_place.find(lost, lambda: stops_at_once(desk))
        meter.stop()
        for one in lost.gone:
            if told.json:
                desk.document({"event": "gone", "upload": str(one.uuid), "source": one.source})
            else:
                desk.say(one.source)
        if told.no_dry_run and not lost.interrupted:
            if not told.force:
                await parts.lost_in_place.see_sense(lost)
            await parts.lost_in_place.forget(lost, lambda: stops_at_once(desk))
    except NothingThere as why:
        desk.remark(f"fwtwisted: {why}")
        return FAILED
    finally:
        meter.stop()
    _tell(told, desk, lost)
    if lost.interrupted:
        raise Stopped
    return FINE


def _tell(told: Namespace, desk: Desk, lost: Lost) -> None:
    """Say what was found, and what was done about it."""
    if told.json:
        counts = {"seen": lost.seen, "gone": len(lost.gone), "removed": lost.removed, "outside": lost.outside}
        desk.document({"event": "end", **counts, "interrupted": lost.interrupted})
        return
    desk.say(f"{len(lost.gone):,} of {lost.seen:,} files in place are gone, {lost.removed:,} uploads were forgotten")
    if lost.outside:
        desk.say(f"{lost.outside:,} do not lie below MUSIC_DIRECTORY_PATH; they were left alone")
    if lost.gone and not told.no_dry_run:
        desk.remark("nothing was changed: --no-dry-run does it")
