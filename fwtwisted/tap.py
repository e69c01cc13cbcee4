"""
``twistd funkwhale``: the options, and the service that they make.

The only module besides the command line's that knows the global reactor.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.application.service import IService
from twisted.internet import reactor
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.python import usage

from fwtwisted.config import ConfigError, Reading, read_config
from fwtwisted.config.parts import log_settings
from fwtwisted.house import CANNOT_WORK, House, Plan
from fwtwisted.logs import Lines, LogFile, observer

ROLES = ("web", "worker", "schedule")
OTHER_NAMES = {"beat": "schedule"}
MOST_DESCRIPTORS = 65_536


class Options(usage.Options):
    """What the command line may say."""

    synopsis = "[options]"
    longdesc = "Serves music and podcasts: Funkwhale's API, Subsonic's, and the page.  Settings: docs/settings.md."
    optParameters = [
        ["data", None, "./data", "Folder of everything that is kept"],
        ["roles", None, "web,worker,schedule", "What this process does; beat is another name for schedule"],
        ["env-file", None, None, "File with settings, one NAME=value a line"],
    ]

    def __init__(self) -> None:
        super().__init__()
        self["endpoints"] = []

    def opt_endpoint(self, text: str) -> None:
        """Where to listen, as an endpoint string; repeatable (default: tcp:5000:interface=127.0.0.1)"""
        self["endpoints"].append(text)

    def _write_no_pid_file(self) -> None:
        """A lock on the data folder says who runs; twistd's own file only when one is asked for by name."""
        twistd = getattr(self, "parent", None)
        if twistd is not None and twistd.get("pidfile") == "twistd.pid":
            twistd["pidfile"] = ""

    def postOptions(self) -> None:
        """Check what can be checked before anything starts."""
        self._write_no_pid_file()
        words = [OTHER_NAMES.get(word.strip(), word.strip()) for word in self["roles"].split(",") if word.strip()]
        strange = sorted(set(words) - set(ROLES))
        if strange or not words:
            raise usage.UsageError(f"--roles takes {', '.join(ROLES)}; not {', '.join(strange) or 'nothing'}")
        self["roles"] = frozenset(words)


def makeService(options: Options) -> IService:
    """The house as configured; a setting that cannot work ends the process with status 78 and a sentence."""
    try:
        read = _reader(options)
        reading = read()
        config = reading.config
        endpoints = [_endpoint(text) for text in options["endpoints"] or [config.processes.endpoint]]
    except ConfigError as wrong:
        print(f"fwtwisted: {wrong}", file=sys.stderr)
        raise SystemExit(CANNOT_WORK) from wrong
    count_steadily(reactor)
    _take_descriptors()
    plan = Plan(reading, read, options["roles"], endpoints)
    return House(reactor, plan, _observer(options, plan))


def count_steadily(
    clock: Any, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
) -> None:
    """
    Have a reactor's time go on evenly from now, whatever becomes of the machine's clock.

    Twisted takes the time of day for it.  When somebody puts that back by an hour, every timer, deadline and limit
    would stand still for an hour; put forward, all would ring at once.
    """
    ahead = wall() - steady()
    clock.seconds = lambda: steady() + ahead


def _take_descriptors() -> None:
    """Open as many files and connections as the machine lets us: what shells and service managers give is little."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _reader(options: Options) -> Callable[[], Reading]:
    """Reads the settings, also later and from another folder."""
    file = options["env-file"]
    return partial(
        read_config,
        os.environ,
        data=os.path.abspath(options["data"]),
        env_file=file and os.path.abspath(file),
        folder=os.getcwd(),
        endpoints=options["endpoints"],
    )


def _endpoint(text: str) -> IStreamServerEndpoint:
    """Where to listen.  :raise ConfigError: that is no endpoint string."""
    try:
        return serverFromString(reactor, text)
    except (ValueError, TypeError, LookupError, OSError) as wrong:
        raise ConfigError(f"--endpoint cannot be '{text}': {wrong}") from wrong


def _observer(options: Options, plan: Plan) -> Lines | None:
    """Our own log lines, to standard error or to twistd's log file; none when it was told of syslog or a logger."""
    twistd: Any = getattr(options, "parent", None) or {}
    if twistd.get("syslog") or twistd.get("logger"):
        return None
    settings, path = log_settings(plan.config, plan.role), twistd.get("logfile")
    if path == "-":
        return observer(settings, sys.stdout)
    try:
        return observer(settings, LogFile(path) if path else None)
    except OSError as wrong:
        print(f"fwtwisted: the log file {path} cannot be written: {wrong.strerror}", file=sys.stderr)
        raise SystemExit(CANNOT_WORK) from wrong
