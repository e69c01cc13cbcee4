"""
The console script ``fwtwisted``: reads the command line, runs one command on the reactor, ends with its status.

======  ==========================================================
status  meaning
======  ==========================================================
0       fine
1       failed; standard error says why
2       the command line cannot be meant
78      a setting cannot work (EX_CONFIG)
128+n   stopped by signal n: 130 by SIGINT, 143 by SIGTERM
======  ==========================================================

Beside ``tap`` the only module that knows the global reactor.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from types import FrameType
from typing import Any

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger, globalLogBeginner
from twisted.python.failure import Failure

from fwtwisted import __version__
from fwtwisted.cli.choosing import USAGE, Parser, chosen
from fwtwisted.cli.desk import CANNOT_WORK, FAILED, SIGNALLED, Desk, Stopped, Usage, visible
from fwtwisted.config import Config, ConfigError, read_config
from fwtwisted.logs import LogSettings, observer
from fwtwisted.model.errors import NON_FIELD, FwError, Invalid, Problems

GROUPS = {
    "users": "fwtwisted.cli.users",
    "moderation": "fwtwisted.cli.moderation",
    "libraries": "fwtwisted.cli.libraries",
    "import": "fwtwisted.cli.importing",
    "db": "fwtwisted.cli.database",
    "config": "fwtwisted.cli.configuration",
    "jobs": "fwtwisted.cli.jobs",
    "storage": "fwtwisted.cli.storage.group",
    "inplace_to_s3": "fwtwisted.cli.storage.in_place",
    "media": "fwtwisted.cli.media",
    "fix_uploads": "fwtwisted.cli.mending",
    "check_inplace_files": "fwtwisted.cli.mending",
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_SECONDS = 5.0
"""For a command that was told to stop and wants to finish what it has begun."""

_log = Logger()


def parser(words: Sequence[str] = ()) -> ArgumentParser:
    """The command line, as far as these words can mean it; without any the whole."""
    everywhere = Parser(add_help=False, argument_default=SUPPRESS)
    everywhere.add_argument("--data", metavar="DIR", help="folder of everything that is kept (default: ./data)")
    everywhere.add_argument("--env-file", metavar="FILE", help="file with settings, one NAME=value a line")
    whole = Parser(
        "fwtwisted",
        description="Administers a pod, whether its server runs or not.  Settings: docs/settings.md.",
        epilog="Exit status: 0 fine, 1 failed, 2 not understood, 78 settings that cannot work, 128+N by signal N.",
        parents=[everywhere],
    )
    whole.add_argument("--version", action="version", version=f"fwtwisted {__version__}")
    groups = whole.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for group in chosen(GROUPS, words):
        group.add_to(groups, everywhere, words)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        words = sys.argv[1:] if arguments is None else arguments
        told = parser(words).parse_args(words)
        where = vars(told)
        reading = read_config(os.environ, data=where.get("data", "./data"), env_file=where.get("env_file"))
        if "ask" in where:
            told.ask(told)
    except KeyboardInterrupt:
        return SIGNALLED + signal.SIGINT
    except (ConfigError, Usage) as wrong:
        return _told(wrong)
    _log_warnings(reading.config)
    return Runner(reactor, Desk(reactor, reading)).run(told)


def _log_warnings(config: Config) -> None:
    """Only what people should know goes to standard error; everything when the level ``debug`` is set."""
    level = "debug" if config.logging.level == "debug" else "warning"
    lines = observer(LogSettings(level, config.logging.form, "command"))
    globalLogBeginner.beginLoggingTo([lines], redirectStandardIO=False, discardBuffer=True)


class Runner:
    """Runs one command, and the reactor for as long as it takes."""

    def __init__(self, reactor: Any, desk: Desk) -> None:
        self._reactor, self._desk = reactor, desk
        self._status = FAILED
        self._working: Deferred[int] | None = None

    def run(self, told: Namespace) -> int:
        """The command's exit status."""
        self._reactor.callWhenRunning(self._begin, told)
        self._reactor.run()
        return self._status

    def _begin(self, told: Namespace) -> None:
        for number in SIGNALS:
            signal.signal(number, self._signalled)
        Deferred.fromCoroutine(self._all(told)).addBoth(lambda _: self._reactor.callLater(0, self._reactor.stop))

    async def _all(self, told: Namespace) -> None:
        try:
            self._working = Deferred.fromCoroutine(told.command(told, self._desk))
            self._status = await self._working
        except Exception as why:  # the last guard: nobody is shown a traceback
            stopped_by = self._desk.stopped_by
            self._status = _told(why) if stopped_by is None else SIGNALLED + stopped_by
            if stopped_by is not None and not isinstance(why, Stopped | CancelledError):
                _told(why)
        finally:
            self._working = None
            await self._desk.leave()

    def _signalled(self, number: int, _: FrameType | None) -> None:
        """The first signal stops the command and closes everything; a second one ends the process."""
        if self._desk.stopped_by is not None:
            os._exit(SIGNALLED + number)
        self._desk.stopped_by = number
        self._reactor.callFromThread(self._stop)

    def _stop(self) -> None:
        if self._working is not None and self._desk.stops_soon():
            self._reactor.callLater(PATIENCE_SECONDS, self._cancel)
        else:
            self._cancel()

    def _cancel(self) -> None:
        if self._working is not None:
            self._working.cancel()


def _told(why: Exception) -> int:
    """Say on standard error what went wrong; the exit status that goes with it."""
    if isinstance(why, BrokenPipeError):  # whoever read our answer has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    lines = list(_problems(why.problems)) if isinstance(why, Invalid) else [f"fwtwisted: {_in_words(why)}"]
    print(*map(visible, lines), sep="\n", file=sys.stderr, flush=True)
    if isinstance(why, ConfigError):
        return CANNOT_WORK
    return USAGE if isinstance(why, Usage) else FAILED


def _problems(problems: Problems) -> Iterator[str]:
    """``field: message``, one a line."""
    for name, messages in problems.items():
        inner = messages.values() if not isinstance(messages, list) else [messages]
        for message in (one for some in inner for one in some):
            yield str(message) if name == NON_FIELD else f"{name}: {message}"


def _in_words(why: Exception) -> str:
    """A failure in one line."""
    if isinstance(why, OSError) and why.strerror:
        return f"{why.filename}: {why.strerror}" if why.filename else why.strerror
    if isinstance(why, FwError | ConfigError | Usage):
        return " ".join(str(why).split())
    _log.debug("the command broke", event="command.broke", log_failure=Failure(why))
    if isinstance(why, psycopg2.Error):
        return " ".join(f"the database refused: {why}".split())
    return " ".join(f"this is a bug: {type(why).__name__}: {why} (LOGLEVEL=debug shows where)".split())


if __name__ == "__main__":
    sys.exit(main())
