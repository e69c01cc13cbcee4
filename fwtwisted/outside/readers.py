"""
Child processes that look at files, so that a large import uses every core and a hostile file hurts nobody.

mutagen is Python, and threads of one interpreter read no faster than one of them.  So whole folders are read by plain
child processes (``reading``), each busy with a few requests in advance.  One that dies over a file, or gives no sign of
life for too long, is ended; that file is told as unreadable, and the others in its queue go to a fresh child.
"""

from __future__ import annotations

import sys
from collections import deque

import orjson
from attrs import frozen
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.logger import Logger

from fwtwisted.outside.offspring import Offspring, command, environment
from fwtwisted.outside.reading import TOO_MUCH, Examined, framed, heard, on_wire


class ReadersReactor(IReactorProcess, IReactorTime):
    """What the readers need of a reactor."""


@frozen
class ReadersSettings:
    """
    :ivar children: processes; about as many as there are cores.
    :ivar ahead: requests in the queue of one of them.
    :ivar patience_seconds: how long one may be silent over a file.
    """

    children: int = 2
    ahead: int = 32
    patience_seconds: float = 60.0


class Readers(Service):
    """The children, started when they are first needed."""

    _log = Logger()

    def __init__(self, reactor: ReadersReactor, settings: ReadersSettings | None = None) -> None:
        self.reactor = reactor
        self.settings = settings or ReadersSettings()
        self._children: list[_Child] = []
        self._waiting: deque[_Task] = deque()

    def examine(self, path: str) -> Deferred[Examined]:
        """Look at a file.  It always answers, if only with the trouble there is."""
        task = _Task(path)
        self._waiting.append(task)
        self.hand_out()
        return task.done

    async def stopService(self) -> None:
        """End the children; what was not answered is told as unreadable."""
        super().stopService()
        children, self._children = self._children, []
        unanswered, self._waiting = list(self._waiting), deque()
        for child in children:
            unanswered += child.tasks
            child.end()
        for task in unanswered:
            task.fail()
        for child in children:
            await child.gone

    def hand_out(self) -> None:
        """Give waiting files to the children with the shortest queues."""
        while self._waiting:
            child = self._least_busy()
            if child is None:
                return
            child.take(self._waiting.popleft())

    def _least_busy(self) -> _Child | None:
        if len(self._children) < self.settings.children and all(child.tasks for child in self._children):
            self._children.append(_Child(self))
        listening = (child for child in self._children if child.is_listening)
        child = min(listening, key=lambda one: len(one.tasks), default=None)
        return child if child is not None and len(child.tasks) < self.settings.ahead else None

    def lost(self, child: _Child, complaint: str) -> None:
        """A child is gone; the file that it was at is guilty, if any."""
        if child not in self._children:
            return
        self._children.remove(child)
        if child.tasks:
            guilty = child.tasks.popleft()
            self._log.warn(
                "a reader ended over {path}: {complaint}", event="reader.lost", path=guilty.path, complaint=complaint
            )
            self._waiting.extendleft(reversed(child.tasks))
            guilty.fail()
        self.hand_out()


class _Task:
    """A file to be looked at."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.done: Deferred[Examined] = Deferred(lambda _: None)

    def answer(self, seen: Examined) -> None:
        if not self.done.called:
            self.done.callback(seen)

    def fail(self) -> None:
        """Nobody could look at it."""
        self.answer(Examined(trouble=TOO_MUCH))


class _Child(Offspring):
    """One child process; it answers in the order of its requests."""

    def __init__(self, owner: Readers) -> None:
        super().__init__(owner.reactor, lambda complaint: owner.lost(self, complaint))
        self._owner = owner
        self.tasks: deque[_Task] = deque()
        self._received = bytearray()
        owner.reactor.spawnProcess(self, sys.executable, command("fwtwisted.outside.reading"), env=environment())

    def take(self, task: _Task) -> None:
        """Look at one more file."""
        self.tasks.append(task)
        self.transport.writeToChild(0, framed([on_wire(task.path)]))
        if len(self.tasks) == 1:
            self._listen()

    def outReceived(self, data: bytes) -> None:
        """Answers."""
        received = self._received
        received += data
        at = 0
        while len(received) >= at + 4:
            stop = at + 4 + int.from_bytes(received[at : at + 4], "big")
            if len(received) < stop:
                break
            self._heard(orjson.loads(memoryview(received)[at + 4 : stop]))
            at = stop
        del received[:at]
        self._listen()
        self._owner.hand_out()

    def _heard(self, document: list[object]) -> None:
        if document and self.tasks:
            self.tasks.popleft().answer(heard(document))

    def _listen(self) -> None:
        """Count the silence from now, while something is asked."""
        if self.tasks:
            self.expect(self._owner.settings.patience_seconds)
        else:
            self.hush()
