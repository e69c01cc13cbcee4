"""What the commands about stored media have in common: the sides, sizes as people write them, and being stopped."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence

from OpenSSL import SSL

from fwtwisted.cli.desk import Desk, Usage
from fwtwisted.config import ConfigError
from fwtwisted.config.forms import SIZE
from fwtwisted.config.store import Store
from fwtwisted.core.storage.migration import MigrationGround
from fwtwisted.core.storage.sides import Here, Side, There, here_at, sides
from fwtwisted.ground import BAD_BUNDLE, Ground
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.s3.building import StoreParts, pod_store

NO_STORE = "No object store is set: see AWS_ACCESS_KEY_ID in docs/settings.md."


def store_of(ground: Ground) -> StoreParts:
    """The object store.  :raise Usage: none is set."""
    if ground.store is None:
        raise Usage(NO_STORE)
    return ground.store


def configured_store(desk: Desk) -> Store:
    """What is said of the object store.  :raise Usage: none is set."""
    if desk.config.store is None:
        raise Usage(NO_STORE)
    return desk.config.store


def store_alone(desk: Desk, store: Store) -> StoreParts:
    """The store without any database.  :raise ConfigError: its certificates cannot be read."""
    root = desk.config.media.root
    local = LocalBlobs(root, desk.threads)
    try:
        return pod_store(desk.reactor, store.pod, local, root, desk.threads, looks_here=store.looks_here)
    except (OSError, ValueError, SSL.Error) as wrong:
        raise ConfigError(BAD_BUNDLE) from wrong


def here_of(ground: Ground) -> Here:
    """This disk."""
    return here_at(ground.config.media.root, ground.threads)


async def moving_ground(desk: Desk) -> MigrationGround:
    """Both sides and the database.  :raise Usage: there is no other side."""
    configured_store(desk)
    ground = await desk.upright()
    return MigrationGround(desk.reactor, ground.database, here_of(ground), There(store_of(ground)))


def sides_of(ground: Ground) -> Sequence[Side]:
    """Where files may lie, the configured place first."""
    return sides(ground.config.media.root, ground.threads, ground.store)


def size(text: str) -> int:
    """A size on the command line."""
    try:
        number = int(SIZE.read(text))
    except ValueError as why:
        raise ArgumentTypeError(str(why)) from why
    if number < 1:
        raise ArgumentTypeError("must be more than nothing")
    return number


def positive(text: str) -> int:
    """A number of things."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


positive.__name__ = "number"  # what argparse calls it in its complaint


def stops_at_once(desk: Desk) -> bool:
    """Whether we were told to stop; asked between two files."""
    return desk.stopped_by is not None
