"""``fwtwisted storage orphans``, ``prune``, ``refresh``: what may go, and what may come again."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from attrs import asdict

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Stopped, Usage
from fwtwisted.cli.meter import Meter, in_units
from fwtwisted.cli.storage.ground import here_of, positive, stops_at_once, store_of
from fwtwisted.cli.whole import parts_of
from fwtwisted.core.storage.orphans import OrphanHunt, Orphans, TooMany, remover
from fwtwisted.core.storage.refreshing import Refreshed, Refreshing
from fwtwisted.core.storage.retention import Pruned
from fwtwisted.core.storage.sides import Here, There
from fwtwisted.db.storage import retention
from fwtwisted.db.storage.retention import Remote
from fwtwisted.ground import Ground
from fwtwisted.outside.blobs import IN_STORE, LOCAL
from fwtwisted.outside.origin import StoreAway
from fwtwisted.parts import Parts


def add_to(commands: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    new = commands.add_parser("orphans", parents=[everywhere], help="find files that no row names, remove them")
    new.add_argument("--where", choices=(LOCAL, IN_STORE), help="which side (default: where media are kept)")
    new.add_argument("--prefix", default="", metavar="P", help="only names that begin so")
    new.add_argument("--start-after", default="", metavar="NAME", help="go on behind this name")
    new.add_argument("--delete", action="store_true", help="remove them")
    new.add_argument("--force", action="store_true", help="also when it is more than half of all")
    new.add_argument("--dry-run", action="store_true", help="say only what would be done")
    says_json(new)
    new.set_defaults(command=orphans)
    new = commands.add_parser("prune", parents=[everywhere], help="forget old copies, and those beyond the budget, now")
    new.add_argument("--dry-run", action="store_true", help="say what would be done")
    says_json(new)
    new.set_defaults(command=prune)
    new = commands.add_parser("refresh", parents=[everywhere], help="fetch other pods' media again")
    new.add_argument("--domain", metavar="D", help="of this pod")
    new.add_argument("--library", type=UUID, metavar="UUID", help="of this library")
    new.add_argument("--upload", type=UUID, metavar="UUID", help="this one")
    new.add_argument("--days", type=positive, metavar="N", help="that came in the last N days")
    new.add_argument("--force", action="store_true", help="also what is here")
    new.add_argument("--dry-run", action="store_true", help="say what would be done")
    says_json(new)
    new.set_defaults(command=refresh)


# --- orphans -------------------------------------------------------------------------------------


async def orphans(told: Namespace, desk: Desk) -> int:
    """Find what no row names; remove it when that is wished."""
    ground = await desk.upright()
    side = _side(told.where, ground)
    hunt = OrphanHunt(ground.database, side, remover(side), datetime.now(UTC))
    hunt.orphans.deletes = told.delete and not told.dry_run
    desk.stops_soon = lambda: True
    meter = Meter(desk.reactor, sys.stderr, lambda: f"{hunt.orphans.listed:,} files listed")
    meter.start()
    try:
        await hunt.find(told.prefix, told.start_after, lambda: stops_at_once(desk))
        meter.stop()
        _list(told, desk, hunt.orphans)
        if hunt.orphans.deletes and hunt.orphans.found and not hunt.orphans.interrupted:
            await hunt.see_sense(forced=told.force)
            await hunt.delete(lambda: stops_at_once(desk))
    except (TooMany, StoreAway) as why:
        desk.remark(f"fwtwisted: {why.why if isinstance(why, StoreAway) else why}")
        _tell(told, desk, hunt.orphans)
        return FAILED
    finally:
        meter.stop()
    _tell(told, desk, hunt.orphans)
    if hunt.orphans.interrupted:
        raise Stopped
    return FINE


def _side(where: str | None, ground: Ground) -> Here | There:
    """The side that is meant."""
    if where == IN_STORE or (where is None and ground.store is not None):
        return There(store_of(ground))
    return here_of(ground)


def _list(told: Namespace, desk: Desk, found: Orphans) -> None:
    for lying in found.found:
        if told.json:
            desk.document({"event": "orphan", "name": lying.name, "size": lying.size})
        else:
            desk.say(f"{lying.name}  {in_units(lying.size)}")


def _tell(told: Namespace, desk: Desk, found: Orphans) -> None:
    """Say what was found, and what was done about it."""
    counts: dict[str, object] = {
        "listed": found.listed,
        "orphans": len(found.found),
        "bytes": found.size,
        "young": found.young,
        "unknown_roots": found.foreign,
        "deleted": found.deleted,
        "last": found.last,
        "goes_on_after": found.goes_on_after if found.interrupted else None,
        "interrupted": found.interrupted,
    }
    if told.json:
        desk.document({"event": "end", **counts})
        return
    desk.say(f"{len(found.found):,} of {found.listed:,} files are named by no row ({in_units(found.size)})")
    if found.young:
        desk.say(f"{found.young:,} more are younger than a day, and may be waiting for their rows")
    for root, count in sorted(found.foreign.items()):
        desk.say(f"{count:,} files under {root}/, which is nothing of ours, are left alone")
    if found.deleted:
        desk.say(f"{found.deleted:,} deleted ({in_units(found.deleted_bytes)})")
    if found.interrupted and found.goes_on_after:
        desk.say(f"stopped; go on with --start-after '{found.goes_on_after}'")


# --- prune ---------------------------------------------------------------------------------------


async def prune(told: Namespace, desk: Desk) -> int:
    """Forget what is too old, and what does not fit; their files are removed at once."""
    parts = await parts_of(desk)
    keep = parts.retention
    pruned = [
        *await keep.transcodes_by_age(dry_run=told.dry_run),
        *await keep.by_age(dry_run=told.dry_run),
        *await keep.by_room(dry_run=told.dry_run),
    ]
    if not told.dry_run:
        while await parts.stored_files.remove_due():
            continue
    if told.json:
        desk.document({"dry_run": told.dry_run, "pruned": [asdict(one) for one in pruned]})
        return FINE
    for one in _merged(pruned):
        desk.say(f"{one.kind}: {one.count:,} files ({in_units(one.size)}){' would go' if told.dry_run else ''}")
    if not pruned:
        desk.say("nothing is set to be forgotten")
    return FINE


def _merged(pruned: list[Pruned]) -> list[Pruned]:
    """One of each kind."""
    kinds: dict[str, Pruned] = {}
    for one in pruned:
        known = kinds.setdefault(one.kind, Pruned(one.kind))
        known.count += one.count
        known.size += one.size
    return list(kinds.values())


# --- refresh -------------------------------------------------------------------------------------


async def refresh(told: Namespace, desk: Desk) -> int:
    """Bring media of other servers here: what is missing, or all anew."""
    if not (told.domain or told.library or told.upload or told.days):
        raise Usage("say what: --domain, --library, --upload, --days")
    parts = await parts_of(desk)
    library, upload = (None if one is None else str(one) for one in (told.library, told.upload))
    found = await (await desk.upright()).database.read(
        lambda tx: retention.remote_uploads(tx, parts.pod.domain, told.domain, library, upload, told.days)
    )
    wanted = [one for one in found if told.force or not one.is_here]
    if not told.json:
        here = sum(one.is_here for one in found)
        desk.say(f"{len(found):,} uploads of other servers match, {here:,} of them are here")
    refreshed = Refreshed() if told.dry_run else await _refreshed(desk, parts, wanted)
    if told.json:
        desk.document({
            "matching": len(found), "here": sum(one.is_here for one in found), "wanted": len(wanted),
            "fetched": refreshed.fetched, "failed": [str(uuid) for uuid, _ in refreshed.failed],
        })  # fmt: skip
    elif not told.dry_run:
        desk.say(f"{refreshed.fetched:,} were brought here")
    for uuid, why in refreshed.failed:
        desk.remark(f"fwtwisted: {uuid}: {why}")
    if desk.stopped_by is not None:
        raise Stopped
    return FAILED if refreshed.failed else FINE


async def _refreshed(desk: Desk, parts: Parts, wanted: Sequence[Remote]) -> Refreshed:
    """What came of it, told while it goes on."""
    desk.stops_soon = lambda: True
    refreshing = Refreshing(desk.reactor, parts.remote_audio, lambda: stops_at_once(desk))
    meter = Meter(desk.reactor, sys.stderr, lambda: f"{refreshing.refreshed.done:,} of {len(wanted):,}")
    parts.remote_audio.startService()
    parts.readers.startService()
    meter.start()
    try:
        return await refreshing.run(wanted)
    finally:
        meter.stop()
