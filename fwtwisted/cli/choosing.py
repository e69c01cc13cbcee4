"""
How commands are put together, and which modules a command line needs: only those of what it may mean are loaded.

The whole house takes two thirds of a second of CPU time to load, and few commands need all of it.  So the tables of
commands name modules, and nothing else imports them.
"""

from __future__ import annotations

import argparse
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import NoReturn, Protocol, TypeAlias, cast

USAGE = 2
"""Exit status for a command line that cannot be meant."""


class Parser(ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message} ('{self.prog} --help' tells more)\n")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""Where commands are added: what ``add_subparsers`` returns, which has no public name."""


class Group(Protocol):
    """A module with commands."""

    def add_to(self, groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
        """
        Say how these commands are written.

        :param everywhere: options that every command has.
        :param words: the command line, for who has more to choose from.
        """


def chosen(table: Mapping[str, str], words: Sequence[str]) -> Iterator[Group]:
    """The modules of all commands in the table that the words name, in its order; all of them when they name none."""
    named = [module for command, module in table.items() if command in words] or list(table.values())
    for module in dict.fromkeys(named):
        yield cast(Group, import_module(module))


def says_json(parser: ArgumentParser) -> None:
    """Have the command take ``--json``."""
    parser.add_argument("--json", action="store_true", help="answer in JSON")
