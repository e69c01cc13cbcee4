"""The commands below ``fwtwisted storage``, from the modules beside this one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from fwtwisted.cli.storage import bucket, caching, looking, migrating, tidying

AREAS = (bucket, migrating, looking, tidying, caching)


def add_to(groups: Any, everywhere: ArgumentParser) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("storage", parents=[everywhere], help="look after stored media, here and in a bucket")
    commands = group.add_subparsers(metavar="COMMAND", required=True)
    for area in AREAS:
        area.add_commands(commands, everywhere)
