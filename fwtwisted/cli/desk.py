"""
What a command works with: the settings, the parts of the house that it needs, and where its words go.

Answers go to standard output, everything else to standard error.  A command opens only what it needs, and the runner in
``main`` closes it again.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeAlias, TypeVar

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from fwtwisted.config import Config, Reading
from fwtwisted.db import migrations
from fwtwisted.ground import Ground
from fwtwisted.model.errors import FwError

P = ParamSpec("P")
T = TypeVar("T")

FINE, FAILED, CANNOT_WORK = 0, 1, 78
"""Exit statuses; whoever is ended by a signal adds its number to :data:`SIGNALLED`."""
SIGNALLED = 128

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class NothingThere(FwError):
    """The data folder holds no pod."""


class Usage(Exception):
    """The command line is not complete, or cannot be meant; the text says why."""


class Stopped(Exception):
    """Raised by a command that was told to stop and has come to a good place for it."""


class Desk:
    """
    One command's place.

    :ivar reading: what is configured.
    :ivar stopped_by: the signal that told us to stop; None: go on.
    :ivar stops_soon: asked when we are told to stop: whether the command will raise :class:`Stopped` by itself soon.
        Else it is cancelled at once.
    """

    _log = Logger()

    def __init__(self, reactor: Any, reading: Reading) -> None:
        self.reactor, self.reading = reactor, reading
        self.stopped_by: int | None = None
        self.stops_soon: Callable[[], bool] = _never
        self._falls: list[Callable[[], Awaitable[object]]] = []

    @property
    def config(self) -> Config:
        """What is configured."""
        return self.reading.config

    def has_database(self) -> bool:
        """Whether there is a database: one that is named, or the private one of a data folder that was used before."""
        config = self.config
        return config.database.url is not None or os.path.isdir(os.path.join(config.general.data, "postgres"))

    async def ground(self) -> Ground:
        """
        Database, threads, bell and cache.

        :raise EmbeddedError: the private PostgreSQL cannot be had.
        """
        ground = Ground(self.reactor, self.config)
        self._falls.append(ground.fall)
        await ground.rise(server=False)
        return ground

    async def upright(self, *, new_too: bool = False) -> Ground:
        """
        The same, with an up-to-date schema.

        :param new_too: a data folder that was never used will do.
        :raise NothingThere: one that was used is needed.  :raise SchemaError: the database is of a newer version.
        """
        if not new_too and not self.has_database():
            raise NothingThere(f"There is no pod in {self.config.general.data}: name its folder with --data.")
        ground = await self.ground()
        self._mind_the_owner()
        await migrations.migrate(ground.database)
        return ground

    def _mind_the_owner(self) -> None:
        """Warn whoever may leave files that the server cannot read."""
        folder, us = self.config.general.data, os.geteuid()
        owner = os.stat(folder).st_uid
        if owner != us:
            self.remark(f"fwtwisted: {folder} belongs to user {owner}, this runs as {us}: run it as that user instead")

    def closes(self, close: Callable[[], Awaitable[object]]) -> None:
        """Have something closed when the command is done, before what was opened earlier."""
        self._falls.append(close)

    def threads(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run what blocks elsewhere; also before there is any ground."""
        return deferToThreadPool(self.reactor, self.reactor.getThreadPool(), work, *args, **kwargs)

    async def leave(self) -> None:
        """Close what was opened, the last first."""
        while self._falls:
            try:
                await self._falls.pop()()
            except Exception:  # what is below must still be closed
                self._log.failure("a part did not stop properly", event="command.leave")

    # --- words -----------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A line of the answer."""
        print(text, file=sys.stdout, flush=True)

    def document(self, document: object) -> None:
        """The answer for programs: one line of JSON."""
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()

    def remark(self, text: str) -> None:
        """A line for people beside the answer."""
        print(visible(text), file=sys.stderr, flush=True)


Command: TypeAlias = Callable[[Namespace, Desk], Awaitable[int]]
"""A command: what the command line says and where to work; yields the exit status."""


def _never() -> bool:
    return False


def visible(text: str) -> str:
    """The text with its control characters spelled out: names of files may hold anything."""
    return UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def columns(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """Lines of a table, each column as wide as it must be; nothing when there are no rows."""
    table = [[visible(str(cell)) for cell in row] for row in rows]
    if not table:
        return
    table.insert(0, list(head))
    widths = [max(len(row[at]) for row in table) for at in range(len(head))]
    for row in table:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
