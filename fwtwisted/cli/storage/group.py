"""The commands below ``fwtwisted storage``, from the modules beside this one."""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.cli.choosing import Commands, Parser, chosen

AREAS = {
    "check": "fwtwisted.cli.storage.bucket",
    "init": "fwtwisted.cli.storage.bucket",
    "migrate": "fwtwisted.cli.storage.migrating",
    "usage": "fwtwisted.cli.storage.looking",
    "verify": "fwtwisted.cli.storage.looking",
    "orphans": "fwtwisted.cli.storage.tidying",
    "prune": "fwtwisted.cli.storage.tidying",
    "refresh": "fwtwisted.cli.storage.tidying",
    "cache": "fwtwisted.cli.storage.caching",
}


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("storage", parents=[everywhere], help="look after stored media, here and in a bucket")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    for area in chosen(AREAS, words):
        area.add_to(commands, everywhere, words)
