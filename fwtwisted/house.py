"""
The House: floors that rise in order, each waiting for the one below, and fall from the roof.

========  ==================================================  ================================================
floor     rising                                              falling
========  ==================================================  ================================================
ground    private PostgreSQL, pool, bell, cache, threads      closed, the private PostgreSQL stopped
schema    migrated, under a lock                              –
parts     core objects; spool leftovers settled               let go
worker    hands and clock begin (roles worker, schedule)      claim no more, finish or hand back
web       listening (role web)                                stop listening, finish requests within the grace
========  ==================================================  ================================================

``MultiService`` starts and stops its children all at once, so that a listener could answer before the database is
open; hence this class.  Source: docs/operations.md O-1, O-22.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from types import FrameType
from typing import Any

from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IStreamServerEndpoint
from twisted.logger import ILogObserver, Logger

from fwtwisted import __version__, signals
from fwtwisted.config import Config, ConfigError, Reading
from fwtwisted.config import parts as settings
from fwtwisted.db import migrations
from fwtwisted.faces import Faces
from fwtwisted.ground import Ground
from fwtwisted.logs import Lines
from fwtwisted.model.errors import FwError, Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.parts import Parts
from fwtwisted.web.health import Check, Finding, Pulse
from fwtwisted.web.site import Doors, Site
from fwtwisted.worker import Clock, Hands

CANNOT_WORK = 78  # exit status for settings that can never work (EX_CONFIG)

# A disk has room while it has so many bytes free, or so large a share of itself (docs/operations.md O-75).
ROOM_BYTES = 10**9
ROOM_SHARE = 0.05


@frozen
class Plan:
    """
    What a process is to do.

    :ivar reading: the settings.  :ivar read: reads them again; blocks.
    :ivar roles: of ``web``, ``worker``, ``schedule``.
    :ivar endpoints: where to listen.
    """

    reading: Reading
    read: Callable[[], Reading]
    roles: frozenset[str]
    endpoints: Sequence[IStreamServerEndpoint]

    @property
    def config(self) -> Config:
        """The settings as values."""
        return self.reading.config

    @property
    def role(self) -> str:
        """The roles as one word."""
        return ",".join(sorted(self.roles))


class House(Service):
    """The whole server as one service of twistd."""

    _log = Logger()

    def __init__(self, reactor: Any, plan: Plan, lines: Lines | None) -> None:
        self._reactor, self._plan, self._lines = reactor, plan, lines
        self._takers: list[Callable[[Config], None]] = [self._log_as]
        self._reporters: list[Callable[[], str]] = []
        self._threads: Threads | None = None
        self._rising: Deferred[None] | None = None
        self._falls: list[Callable[[], Awaitable[object]]] = []
        self._draining = False

    def setServiceParent(self, parent: Any) -> None:
        """Join the application; it logs in our way unless the command line said otherwise."""
        if self._lines is not None:
            parent.setComponent(ILogObserver, self._lines)
        super().setServiceParent(parent)

    def startService(self) -> None:
        """Begin to rise; a floor that cannot be built ends the process with a sentence and a status."""
        super().startService()
        self._reactor.callWhenRunning(self._take_signals)
        self._rising = Deferred.fromCoroutine(self._rise())
        self._rising.addErrback(self._cannot_rise)

    async def stopService(self) -> None:
        """Fall, from the roof."""
        super().stopService()
        self._draining = True
        self._log.info("stopping", event="house.stopping")
        if self._rising is not None:
            self._rising.cancel()
            await self._rising
        while self._falls:
            try:
                await self._falls.pop()()
            except Exception:  # the floors below must still be closed
                self._log.failure("a floor did not stop properly", event="house.fall")
        self._log.info("stopped", event="house.stopped")

    async def _rise(self) -> None:
        began = self._reactor.seconds()
        plan = self._plan
        for notice in plan.reading.notices:
            self._log.warn("{notice}", event="config.notice", notice=notice)
        ground = Ground(self._reactor, plan.config)
        self._falls.append(ground.fall)
        await ground.rise(server=True)
        self._threads = ground.threads
        await ground.reachable()
        await migrations.migrate(ground.database)
        parts = Parts(ground)
        self._falls.append(parts.close)
        await parts.begin()
        self._work(ground, parts)
        if "web" in plan.roles:
            await self._open(ground, parts)
        seconds = round(self._reactor.seconds() - began, 2)
        self._log.info(
            "fwtwisted {version} is ready after {seconds} s",
            event="house.ready",
            version=__version__,
            seconds=seconds,
        )
        await self._greet(parts)

    def _work(self, ground: Ground, parts: Parts) -> None:
        roles = self._plan.roles
        if "worker" in roles:
            told = settings.worker_settings(self._plan.config)
            hands = Hands(self._reactor, ground.database, parts.jobs(), ground.bell.listen, told)
            hands.startService()
            self._falls.append(hands.stopService)
            self._reporters.append(lambda: f"jobs: {', '.join(hands.under_way()) or 'none'}")
        if "schedule" in roles:
            clock = Clock(self._reactor, ground.database, parts.schedules(), ground.bell.ring)
            clock.startService()
            self._falls.append(clock.stopService)

    async def _open(self, ground: Ground, parts: Parts) -> None:
        pulse = Pulse(self._reactor)
        pulse.startService()
        self._falls.append(_at_once(pulse.stopService))
        faces = Faces(ground, parts, _checks(ground), lambda: pulse.delay, lambda: self._draining)
        site = Site(faces.mounts(), settings.site_settings(ground.config), self._reactor, parts.presence.seen)
        parts.presence.tell()
        self._takers.append(lambda config: site.become(settings.site_settings(config)))
        self._takers.append(lambda config: parts.limits.become(settings.limits_settings(config)))
        self._reporters.append(lambda: f"the reactor is {pulse.delay:.3f} s late; {site.connections} connections")
        self._reporters.append(lambda: f"requests: {', '.join(site.under_way()) or 'none'}")
        doors = Doors(site, self._plan.endpoints)
        for address in await doors.open():
            self._log.info("listening on {address}", event="house.listening", address=_shown(address))
        self._falls.append(doors.close)
        self._falls.append(_at_once(parts.live.say_goodbye))

    async def _greet(self, parts: Parts) -> None:
        """Say where the page is, and on an empty pod how to make its administrator."""
        url = self._plan.config.general.public_url
        self._log.info("the page is at {url}/", event="house.page", url=url)
        try:
            token = await parts.accounts.issue_setup_token()
        except Unavailable:  # we serve already, and go on when it is back
            return
        if token is not None:
            self._log.warn(
                "nobody has an account yet: the link to create the administrator stands on standard output",
                event="house.empty",
            )
            # To the terminal itself: the link is a secret, and what twistd hears on stdout goes to the log.
            print(f"\n  Create the administrator, once:  {url}/setup#{token}\n", file=sys.__stdout__, flush=True)

    def _cannot_rise(self, why: Any) -> None:
        if why.check(CancelledError):
            return
        status = 1
        if why.check(ConfigError, FwError, CannotListenError):
            self._log.critical("{why}", event="house.cannot", why=str(why.value))
            status = CANNOT_WORK if why.check(ConfigError) else 1
        else:
            self._log.failure("the house cannot rise", why, event="house.broke")
        self._reactor.addSystemEventTrigger("after", "shutdown", os._exit, status)
        self._reactor.callWhenRunning(self._reactor.stop)

    def _take_signals(self) -> None:
        """TERM and INT drain, and then the process ends with status 0; a second one ends it now."""

        def told(number: int, frame: FrameType | None) -> None:
            if self._draining:
                os._exit(1)
            self._draining = True
            self._reactor.callFromThread(self._reactor.stop)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, told)
        signals.listen(self._reactor, signals.Answers(self._reload, self._reopen, self._describe))

    def _reload(self) -> None:
        """Read the settings again, and take what can be taken while we run."""
        if self._threads is not None and not self._draining:
            signals.Reloading(self._plan.reading, self._plan.read, self._threads, self._takers).begin()

    def _log_as(self, config: Config) -> None:
        if self._lines is not None:
            self._lines.become(settings.log_settings(config, self._plan.role))

    def _reopen(self) -> None:
        """Go on in a new log file."""
        try:
            is_new = self._lines is not None and self._lines.reopen()
        except OSError as wrong:
            self._log.error("the log file stays as it is: {why}", event="log.stays", why=str(wrong.strerror))
        else:
            text = "the log file was opened anew" if is_new else "there is no log file of ours to be opened anew"
            self._log.info(text, event="log.reopened")

    def _describe(self) -> None:
        """Tell the log what is under way."""
        for reporter in self._reporters:
            self._log.info("{told}", event="house.state", told=reporter())


def _at_once(stop: Callable[[], object]) -> Callable[[], Awaitable[None]]:
    """A way to stop that has nothing to wait for, as one of those that are waited for."""

    async def stopped() -> None:
        stop()

    return stopped


def _shown(address: IAddress) -> str:
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    return f"{host}:{port}" if host is not None else str(getattr(address, "name", address))


def _checks(ground: Ground) -> dict[str, Check]:
    """What readiness means: docs/operations.md O-75."""

    async def database() -> Finding:
        missing = await migrations.plan(ground.database)
        return Finding(not missing, f"{len(missing)} schema steps are missing" if missing else "")

    async def disk() -> Finding:
        space = await ground.threads(os.statvfs, ground.config.general.data)
        free = space.f_bavail * space.f_frsize
        enough = free > ROOM_BYTES or space.f_bavail > space.f_blocks * ROOM_SHARE
        return Finding(enough, "" if enough else f"{free // 10**6} MB are free")

    async def storage() -> Finding:
        store = None if ground.store is None else ground.store.blobs.store
        away = store is not None and store.is_away
        return Finding(not away, f"degraded: {store.trouble}" if store is not None and away else "", is_vital=False)

    async def media_cache() -> Finding:
        cache = None if ground.store is None else ground.store.cache
        trouble = "" if cache is None else cache.trouble
        return Finding(not trouble, trouble, is_vital=False)

    return {"database": database, "disk": disk, "storage": storage, "media_cache": media_cache}
