"""
One user of an embedded PostgreSQL, as a program: ``python -m tests.embedded.user DATA server|command [UID] [PROGRAMS]``

Runs as UID, if that is not empty, with what lies in the folder PROGRAMS.  Prints ``up PID`` when PostgreSQL takes
connections, or ``refused REASON``.  Leaves when its standard input ends.  The tests start it, and kill it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from fwtwisted.embedded import EmbeddedError, EmbeddedPostgres, ProgramFinder


class _UntilEnd(Protocol):
    """Waits for the end of standard input."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()

    def connectionLost(self, reason: object = None) -> None:
        """Nobody holds us any more."""
        self.ended.callback(None)


async def _use(reactor: Any, data: str, role: str, uid: str = "", programs: str = "") -> None:
    if uid:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    finder = ProgramFinder(lambda: [Path(programs)], list) if programs else None
    postgres = EmbeddedPostgres(Path(data), reactor, deferToThread, finder)
    end = _UntilEnd()
    StandardIO(end, reactor=reactor)
    try:
        await postgres.start(server=role == "server")
    except EmbeddedError as trouble:
        print("refused", trouble, flush=True)
        return
    print("up", postgres.pid, flush=True)
    await end.ended
    await postgres.stop()


if __name__ == "__main__":
    react(lambda reactor, *args: Deferred.fromCoroutine(_use(reactor, *args)), sys.argv[1:])
