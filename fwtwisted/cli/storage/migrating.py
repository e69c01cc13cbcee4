"""``fwtwisted storage migrate``: media between this disk and a bucket.  Source: docs/storage.md §8."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Protocol

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Stopped, Usage
from fwtwisted.cli.meter import Meter, bar, in_time, in_units
from fwtwisted.cli.storage.ground import moving_ground, positive, size, stops_at_once
from fwtwisted.core.storage.in_place import InPlaceMove, Ways
from fwtwisted.core.storage.migration import Migration, MigrationGround
from fwtwisted.core.storage.moving import SHA256, VERIFYING, MoveWish, Moving, Trouble, Watcher
from fwtwisted.core.storage.relabelling import Relabelling
from fwtwisted.outside.blobs import IN_STORE, LOCAL
from fwtwisted.wire.names import is_name, is_public

USUAL_CONCURRENCY = 4
MOVED, RELABELLED = ("moved", "there already"), ("set right", "right already")
NICE = 5  # a pod on the same host goes first, at the processor and at the disk (S-76)


def add_to(commands: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how this command is written."""
    new = commands.add_parser("migrate", parents=[everywhere], help="move media between this disk and the bucket")
    new.add_argument("--to", choices=(IN_STORE, LOCAL), help="where to")
    new.add_argument("--prefix", action="append", default=[], metavar="P", help="only names that begin so; repeatable")
    new.add_argument("--limit-rate", type=size, metavar="SIZE", help="bytes a second of all together, such as 20m")
    new.add_argument("--concurrency", type=positive, default=USUAL_CONCURRENCY, metavar="N", help="files at once")
    new.add_argument("--verify", choices=VERIFYING, default=SHA256, help="how (default: sha256)")
    new.add_argument("--orphans", action="store_true", help="also files that no row names")
    new.add_argument("--delete-source", action="store_true", help="remove what was moved and verified")
    new.add_argument("--acl-only", action="store_true", help="move nothing: set right what objects are labelled with")
    new.add_argument("--in-place", metavar="DIR", help="files in place below this folder; needs --target")
    new.add_argument(
        "--target", metavar="PREFIX", help="what the folder is called in the bucket, such as tracks/in-place"
    )
    new.add_argument("--dry-run", action="store_true", help="say what would be done")
    says_json(new)
    new.set_defaults(command=migrate)


def ways_of(source: str, target: str, *, copies: bool) -> Ways:
    """:raise Usage: the names would be none, or everybody's."""
    name = f"{target.strip('/')}/file"
    if not is_name(name) or is_public(name):
        raise Usage(f"--target {target} cannot be: name a folder that is not one of the public ones")
    return Ways(os.path.abspath(source), target.strip("/"), copies)


async def migrate(told: Namespace, desk: Desk) -> int:
    """Move, show how far it is, say what was done."""
    if told.in_place is not None and not (told.target and told.to in (None, IN_STORE)):
        raise Usage("--in-place needs --target, and goes to s3")
    if told.to is None and told.in_place is None and not told.acl_only:
        raise Usage("say --to s3 or --to local")
    wish = MoveWish(
        to=told.to or IN_STORE,
        prefixes=tuple(told.prefix),
        concurrency=told.concurrency,
        rate=told.limit_rate,
        verify=told.verify,
        orphans=told.orphans,
        deletes=told.delete_source,
        dry_run=told.dry_run,
    )
    store = desk.config.store
    if store is not None and wish.deletes and wish.to == LOCAL and not store.looks_here:
        raise Usage("MEDIA_LOCAL_FIRST is false: the server would not find what is moved here")
    ways = None if told.in_place is None else ways_of(told.in_place, told.target, copies=True)
    ground = await moving_ground(desk)
    os.nice(NICE)
    if told.acl_only:
        return await _relabelled(desk, ground, wish, MoveRun(desk, json=told.json, words=RELABELLED), json=told.json)
    run = MoveRun(desk, json=told.json)
    if ways is not None:
        return await run.of(lambda watcher: InPlaceMove(ground, wish, ways, watcher))
    return await run.of(lambda watcher: Migration(ground, wish, watcher))


async def _relabelled(desk: Desk, ground: MigrationGround, wish: MoveWish, run: MoveRun, *, json: bool) -> int:
    """Set labels right; say so when the store has no ACLs."""
    works: list[Relabelling] = []

    def begun(watcher: Watcher) -> Relabelling:
        works.append(Relabelling(ground, wish, watcher))
        return works[0]

    status = await run.of(begun)
    if not works[0].has_acls and not json:
        desk.remark("the store has no ACLs")
    return status


class Work(Protocol):
    """What moves something."""

    wish: MoveWish
    moving: Moving

    async def run(self) -> Moving:
        """Do it."""


class MoveRun:
    """One move, as the person at the terminal sees it."""

    def __init__(self, desk: Desk, *, json: bool, words: tuple[str, str] = MOVED) -> None:
        self._desk, self._json, self._words = desk, json, words
        self._moving: Moving | None = None
        self._meter = Meter(desk.reactor, sys.stderr, self._line, self._document if json else None)

    async def of(self, begun: Callable[[Watcher], Work]) -> int:
        """From beginning to end; the exit status.  :raise Stopped: we were told to stop, and said how far it came."""
        desk = self._desk
        desk.stops_soon = lambda: True
        work = begun(Watcher(self._at, self._trouble, lambda: stops_at_once(desk)))
        self._moving = work.moving
        self._meter.start()
        try:
            await work.run()
        finally:
            self._meter.stop()
            self._moving.interrupted |= desk.stopped_by is not None
            self._tell(work.wish.dry_run)
        if self._moving.interrupted:
            raise Stopped
        return FAILED if self._moving.troubles else FINE

    def _at(self, moving: Moving) -> None:
        self._moving = moving

    def _trouble(self, trouble: Trouble) -> None:
        if self._json:
            self._desk.document({"event": "error", "name": trouble.name, "text": trouble.text})
        else:
            self._meter.remark(f"{trouble.name}: {trouble.text}")

    def _line(self) -> str | None:
        return None if self._moving is None else progress_line(self._moving)

    def _document(self) -> None:
        if self._moving is not None:
            self._desk.document({"event": "progress", **self._moving.document()})

    def _tell(self, dry_run: bool) -> None:
        """Say what was done."""
        moving = self._moving
        if moving is None:
            return
        if self._json:
            self._desk.document({"event": "end", "dry_run": dry_run, **moving.document()})
            return
        if moving.interrupted:
            self._desk.say("stopped; the same command goes on from here")
        for line in summary(moving, dry_run, self._words):
            self._desk.say(line)


def progress_line(moving: Moving) -> str:
    """``[####----]  50%  12/24 files, 1.0/2.0 GB, 20 MB/s, 50 s left, 1 error``."""
    share = moving.seen_bytes / moving.total_bytes if moving.total_bytes else 0.0
    told = [
        f"{moving.seen:,}/{moving.total:,} files",
        f"{in_units(moving.seen_bytes)} of {in_units(moving.total_bytes)}",
        f"{in_units(moving.rate)}/s",
    ]
    left = moving.seconds_left
    told += [] if left is None else [f"{in_time(left)} left"]
    told += [_errors(moving)] if moving.troubles else []
    return f"{bar(share)}  {', '.join(told)}"


def summary(moving: Moving, dry_run: bool, words: tuple[str, str] = MOVED) -> list[str]:
    """What was done, in a line or two.  :param words: for what was done, and for what was right before."""
    would = "would be " if dry_run else ""
    done, already = words
    size = f" ({in_units(moving.moved_bytes)})" if words is MOVED else ""
    told = [f"{moving.moved:,} files{size} {would}{done}"]
    for count, word in (
        (moving.already, already),
        (moving.deleted, "sources deleted"),
        (moving.gone, "deleted by others meanwhile"),
    ):
        told += [f"{count:,} {word}"] if count else []
    told += [_errors(moving)] if moving.troubles else []
    lines = [", ".join(told)]
    if moving.moved and words is MOVED and not dry_run:
        lines[0] += f"; {in_time(moving.seconds)}, {in_units(moving.rate)}/s"
    if moving.orphans:
        lines.append(f"{moving.orphans:,} files ({in_units(moving.orphan_bytes)}) are named by no row")
    return lines


def _errors(moving: Moving) -> str:
    return f"{len(moving.troubles):,} error{'' if len(moving.troubles) == 1 else 's'}"
