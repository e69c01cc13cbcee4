"""``fwtwisted storage cache``: what of the store is kept on this disk.  Source: docs/storage.md §4, §7."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FAILED, FINE, Desk, Usage
from fwtwisted.cli.storage.ground import store_of
from fwtwisted.outside.cache.cache import MediaCache
from fwtwisted.wire.names import is_name

NO_CACHE = "No cache is set: see MEDIA_CACHE_PATH in docs/settings.md."
MB = 1e6


def add_to(commands: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = commands.add_parser("cache", parents=[everywhere], help="look at the copies on this disk, remove some")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    for name, command, text in (
        ("stats", stats, "how many copies there are, and how large"),
        ("clear", clear, "remove all of them"),
    ):
        action = actions.add_parser(name, parents=[everywhere], help=text)
        says_json(action)
        action.set_defaults(command=command)
    some = actions.add_parser("purge", parents=[everywhere], help="remove those of some files, on every host")
    some.add_argument("keys", nargs="+", metavar="KEY", help="name of a stored file, such as tracks/0a/1b/2c/song.flac")
    says_json(some)
    some.set_defaults(command=purge)


async def stats(told: Namespace, desk: Desk) -> int:
    """How full it is, and what was put aside as damaged."""
    async with _cache(desk) as cache:
        standing = await cache.standing()
        damaged = await desk.threads(cache.folder.damaged_keys)
    largest = cache.settings.max_bytes
    if told.json:
        desk.document(
            {
                "entries": standing.entries,
                "bytes": standing.taken,
                "max_bytes": largest,
                "free_bytes": standing.free,
                "damaged": damaged,
            }
        )
        return FINE
    desk.say(f"{standing.entries} copies, {standing.taken / MB:.1f} MB of at most {largest / MB:.0f} MB")
    desk.say(f"{standing.free / MB:.0f} MB are free on that disk")
    for key in damaged:
        desk.say(f"damaged, and put aside: {key}")
    return FINE


async def clear(told: Namespace, desk: Desk) -> int:
    """Remove everything; who is listening goes on."""
    async with _cache(desk) as cache:
        count = await cache.clear()
    if told.json:
        desk.document({"removed": count})
    else:
        desk.say(f"{count} copies removed.")
    return FINE


async def purge(told: Namespace, desk: Desk) -> int:
    """Remove the copies of some files here, and tell other hosts to."""
    async with _cache(desk) as cache:
        prefix = f"{desk.config.store.pod.settings.location}/" if desk.config.store is not None else ""
        names = [key.removeprefix(prefix) if prefix != "/" else key for key in told.keys]
        unknown = [name for name in names if not is_name(name)]
        removed = [name for name in names if is_name(name) and await cache.purge(name)]
    if told.json:
        desk.document({"removed": removed, "unknown": unknown})
    else:
        desk.say(f"{len(removed)} of {len(names)} were here and are removed.")
    for name in unknown:
        desk.remark(f"fwtwisted: {name} is no name of a stored file")
    return FAILED if unknown else FINE


@asynccontextmanager
async def _cache(desk: Desk) -> AsyncIterator[MediaCache]:
    """The cache, open for us beside the server.  :raise Usage: there is none."""
    if desk.config.store is None or desk.config.store.cache is None:
        raise Usage(NO_CACHE)
    cache = store_of(await desk.upright()).cache
    if cache is None:
        raise Usage(NO_CACHE)
    await cache.begin()
    if cache.trouble:
        raise Usage(f"The cache cannot be used: {cache.trouble}")
    yield cache
