"""``fwtwisted inplace_to_s3``, which Funkwhale has by that name.  Source: docs/storage.md §4."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import Desk
from fwtwisted.cli.storage.ground import moving_ground
from fwtwisted.cli.storage.migrating import MoveRun, ways_of
from fwtwisted.core.storage.in_place import InPlaceMove
from fwtwisted.core.storage.moving import MoveWish
from fwtwisted.outside.blobs import IN_STORE


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how this command is written."""
    new = groups.add_parser(
        "inplace_to_s3", parents=[everywhere], help="rows of files in place, whose copies are in the bucket already"
    )
    new.add_argument("--source", required=True, metavar="DIR", help="the folder that the files lie in")
    new.add_argument("--target", default="", metavar="PREFIX", help="where their copies lie in the bucket")
    new.add_argument("--no-dry-run", action="store_true", help="do it; else say only what would be done")
    says_json(new)
    new.set_defaults(command=rewrite)


async def rewrite(told: Namespace, desk: Desk) -> int:
    """Let rows name the copies of files in place that somebody has put into the bucket; nothing is moved."""
    ways = ways_of(told.source, told.target or os.path.basename(os.path.abspath(told.source)), copies=False)
    wish = MoveWish(IN_STORE, dry_run=not told.no_dry_run)
    ground = await moving_ground(desk)
    status = await MoveRun(desk, json=told.json).of(lambda watcher: InPlaceMove(ground, wish, ways, watcher))
    if wish.dry_run and not told.json:
        desk.remark("nothing was changed: --no-dry-run does it")
    return status
