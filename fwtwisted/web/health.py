"""
Whether this process lives, and whether it should be sent requests.

``/health/live`` is for who restarts us, ``/health/ready`` for who sends us people.  Both are answered from what is at
hand or within a deadline, wait for no lock, and leave no line in the log.

Source: docs/operations.md O-75.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from fwtwisted.model.errors import FwError
from fwtwisted.web.app import answer, reply, resource_app
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.v1 import Document

LONGEST_DELAY: Final = 1.0
CHECK_SECONDS: Final = 2.0
_TEXT: Final = b"text/plain; charset=utf-8"


@frozen
class Finding:
    """
    What a check found.

    :ivar text: a few words for the operator; no secrets.
    :ivar is_vital: without it nothing can be answered; else we go on, only less well.
    """

    is_well: bool
    text: str = ""
    is_vital: bool = True


Check: TypeAlias = Callable[[], Awaitable[Finding]]


class Pulse(Service):
    """Measures how late the reactor comes to what it should do; :attr:`delay` is the last lateness in seconds."""

    PERIOD: Final = 0.5

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._due = 0.0
        self._beat: IDelayedCall | None = None
        self._late = 0.0

    @property
    def delay(self) -> float:
        """How late the last beat was, or the next one is by now."""
        overdue = self._clock.seconds() - self._due if self._beat is not None else 0.0
        return max(self._late, overdue, 0.0)

    def startService(self) -> None:
        """Begin to beat."""
        super().startService()
        self._next()

    def stopService(self) -> None:
        """Beat no more."""
        super().stopService()
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _next(self) -> None:
        now = self._clock.seconds()
        self._late = max(0.0, now - self._due) if self._due else 0.0
        self._due = now + self.PERIOD
        self._beat = self._clock.callLater(self.PERIOD, self._next)


class Health:
    """
    ``/health``.

    :param checks: by name; each is given two seconds.
    :param delay: how late the reactor is, seconds.
    :param is_draining: we were told to stop.
    """

    app = resource_app()
    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        checks: Mapping[str, Check],
        delay: Callable[[], float],
        is_draining: Callable[[], bool],
    ) -> None:
        self._clock, self._checks, self._delay, self._is_draining = clock, checks, delay, is_draining

    @app.route("/live", methods=["GET"])
    async def live(self, request: LeanRequest) -> bytes:
        """Whether the reactor turns."""
        request.is_quiet = True
        turns = self._delay() < LONGEST_DELAY
        return reply(request, 200 if turns else 503, b"live\n" if turns else b"stuck\n", _TEXT)

    @app.route("/ready", methods=["GET"])
    async def ready(self, request: LeanRequest) -> bytes:
        """Whether requests should be sent here; details for our own machines only."""
        request.is_quiet = True
        findings = await self._findings()
        is_ready = all(finding.is_well or not finding.is_vital for finding in findings.values())
        status = 200 if is_ready else 503
        if request.peer.is_for_us(request.requestHeaders):
            return answer(request, status, _told(is_ready, findings))
        return reply(request, status, b"ready\n" if is_ready else b"not ready\n", _TEXT)

    async def _findings(self) -> dict[str, Finding]:
        draining = self._is_draining()
        findings = {"serving": Finding(not draining, "stopping" if draining else "")}
        names = list(self._checks)
        found = await gatherResults([self._found(name) for name in names], consumeErrors=True)
        return findings | dict(zip(names, found, strict=True))

    def _found(self, name: str) -> Deferred[Finding]:
        work = Deferred.fromCoroutine(self._checked(name))
        return work.addTimeout(CHECK_SECONDS, self._clock, lambda *_: Finding(False, "no answer in time"))

    async def _checked(self, name: str) -> Finding:
        try:
            return await self._checks[name]()
        except FwError as failed:
            return Finding(False, str(failed))
        except CancelledError:
            raise
        except Exception:  # a check that breaks is a finding, too
            self._log.failure("the check {name} broke", event="health.broken", name=name)
            return Finding(False, "the check broke")


def _told(is_ready: bool, findings: Mapping[str, Finding]) -> Document:
    return {
        "ready": is_ready,
        "checks": {
            name: {"ok": finding.is_well, "vital": finding.is_vital, "detail": finding.text}
            for name, finding in findings.items()
        },
    }
