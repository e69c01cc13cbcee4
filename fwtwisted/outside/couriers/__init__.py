"""
Child processes that carry what we say to other servers, so that a thousand deliveries a second delay no page.

A delivery costs a signature, a question over a kept connection, and its answer: most of a millisecond of a processor.
The children (``child``) do all of that, at a lower priority than the server.  Which servers are written to is decided
before; the addresses behind their names are judged in the child, by the same door and the same settings as here::

    post ──▶ queue of the child that this server belongs to ──▶ pipe ──▶ judged, signed, posted ──▶ pipe ──▶ Posted, or
               of one died: those go to a fresh one, once                                             why there is none

Letters to one server go in a bundle, and what came of them comes back together: what this process has to do is little
for a letter, and is done in a few turns of its reactor, so that pages need not wait for it.

They are started when first needed and end when nothing was sent for a while, or when we do.  One that gives no sign of
life is ended.  A key reaches a child over its pipe alone, once, and a bounded number of them is kept.

Source: docs/federation.md §4.14, §8.1; docs/operations.md.
"""

from __future__ import annotations

import sys
import zlib
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.logger import Logger

from fwtwisted.outside.couriers.pipe import (
    Frames,
    Numbered,
    Stamp,
    Told,
    Way,
    framed,
    is_taken,
    outcome_of,
    stamp_told,
    way_told,
)
from fwtwisted.outside.couriers.slots import Slots
from fwtwisted.outside.fetching.failures import FetchFailed
from fwtwisted.outside.fetching.posting import Posted
from fwtwisted.outside.offspring import Offspring, command, environment
from fwtwisted.wire.signatures.keys import private_pem

MOST_TRIES = 2
SETTLED_AT_ONCE = 8  # letters whose outcomes are told in one turn of the reactor, or one bundle
LEAVING_SECONDS = 10.0
PROGRAM, STARTER = "fwtwisted.outside.couriers.child", "fwtwisted.outside.giving_way"
NICENESS = 5


class CouriersReactor(IReactorProcess, IReactorTime):
    """What the couriers need of a reactor."""


class CourierLost(Exception):
    """Those who carried it died over it; whether it arrived is not known."""


@frozen
class CouriersSettings:
    """
    :ivar children: processes; about as many as there are cores.  0: none, nothing can be posted here.
    :ivar ahead: letters that one of them may have under way at once; bundles beyond that wait here.
    :ivar keys: that one of them keeps.
    :ivar idle_seconds: without a letter, after which they end.
    :ivar patience_seconds: how long one with letters may be silent; longer than any request may take.
    :ivar rest_seconds: after one died: until others are started.
    :ivar program: the module that a child runs.
    """

    children: int = 2
    ahead: int = 128
    keys: int = 200
    idle_seconds: float = 60.0
    patience_seconds: float = 60.0
    rest_seconds: float = 1.0
    program: str = PROGRAM


@frozen
class Letter:
    """
    Something to be posted.

    :ivar stamp: how it is signed, with ``key``.
    """

    url: str
    body: str
    stamp: Stamp
    key: RSAPrivateKey = field(repr=False)


@frozen
class Bundle:
    """
    Letters to one place.

    :ivar origin: of the place; all that goes there goes by one child, which keeps the connections.
    :ivar abreast: letters that are under way at once.
    """

    origin: str
    headers: Mapping[str, str]
    letters: Sequence[Letter]
    abreast: int = 1


Outcome: TypeAlias = "Posted | FetchFailed | CourierLost"


class _Task:
    """
    A bundle under way.

    :ivar tries: children that had it.  :ivar outcomes: by place in the bundle, in the order in which they came about.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle, self.tries = bundle, 0
        self.outcomes: dict[int, Outcome] = {}
        self.done: Deferred[dict[int, Outcome]] = Deferred(lambda _: None)

    @property
    def width(self) -> int:
        """Letters of it that are under way at once."""
        return min(self.bundle.abreast, len(self.bundle.letters))

    @property
    def may_go_on(self) -> bool:
        """Whether a fresh child may take it up: something is missing, and all went well so far."""
        return self.tries < MOST_TRIES and bool(self.missing) and all(map(is_taken, self.outcomes.values()))

    @property
    def missing(self) -> list[int]:
        """Places of letters of which nothing is known."""
        return [place for place in range(len(self.bundle.letters)) if place not in self.outcomes]

    def end(self, complaint: str = "") -> None:
        """Say what came of it, if anything did.  Nobody may be waiting any longer."""
        if self.done.called:
            return
        if self.outcomes:
            self.done.callback(self.outcomes)
        else:
            self.done.errback(CourierLost(complaint))


class Couriers:
    """
    The children, started when they are first needed.

    :param way: what they are told of the world.  :param slots: see there; every process has one child of its own.
    """

    _log = Logger()

    def __init__(self, reactor: CouriersReactor, way: Way, settings: CouriersSettings, slots: Slots) -> None:
        self.reactor, self.settings = reactor, settings
        self.greeting = framed([way_told(way)])
        self._slots = slots
        self._children: list[_Child | None] = []  # by place; None: nobody is there just now
        self._leaving: set[_Child] = set()
        self._idle: IDelayedCall | None = None
        self._rested = 0.0
        self._is_closed = False

    @property
    def are_wanted(self) -> bool:
        """There are to be some at all, and nothing speaks against starting them now."""
        return self._may_work and self.reactor.seconds() >= self._rested

    @property
    def _may_work(self) -> bool:
        return self.settings.children > 0 and not self._is_closed

    @property
    def are_ready(self) -> bool:
        """There are some, and all are up."""
        there = self._there
        return bool(there) and all(child.is_ready for child in there)

    @property
    def known(self) -> int:
        """Letters of which it is known what came of them, while their bundles are not over."""
        return sum(len(task.outcomes) for child in self._there for task in child.tasks)

    @property
    def pids(self) -> list[int]:
        """The numbers of their processes."""
        return [child.transport.pid for child in self._there if child.transport.pid]

    @property
    def _there(self) -> list[_Child]:
        return [child for child in self._children if child is not None]

    def post(self, bundle: Bundle) -> Deferred[dict[int, Outcome]]:
        """
        Have letters carried, until one of them is not taken: by their places, what came of those that were carried.

        Fails with :class:`CourierLost` when nothing came of any.  Whoever stops waiting does not stop the letters.
        """
        task = _Task(bundle)
        if self._may_work:
            self._hand_out(task)
        else:
            task.end()
        return task.done

    async def close(self) -> None:
        """End the children; what was not answered fails with :class:`CourierLost`."""
        self._is_closed = True
        unanswered = [task for child in self._there for task in child.tasks]
        self._dismiss()
        for task in unanswered:
            task.end()
        for child in list(self._leaving):
            child.end()
            await child.gone

    def _hand_out(self, task: _Task) -> None:
        if not self._children:
            self._children = [None] * (1 + self._slots.take(self.settings.children - 1))
        place = zlib.crc32(task.bundle.origin.encode()) % len(self._children)
        child = self._children[place]
        if child is None:
            child = self._children[place] = _Child(self)
        child.take(task)
        self._rouse()

    def _rouse(self) -> None:
        if self._idle is None:
            self._idle = self.reactor.callLater(self.settings.idle_seconds, self._look)
        else:
            self._idle.reset(self.settings.idle_seconds)

    def _look(self) -> None:
        """Nothing new was to be carried for a while."""
        self._idle = None
        if any(child.tasks for child in self._there):
            self._rouse()
        else:
            self._dismiss()

    def _dismiss(self) -> None:
        """Let all children go."""
        idle, self._idle = self._idle, None
        if idle is not None and idle.active():
            idle.cancel()
        children, self._children = self._there, []
        self._leaving.update(children)
        for child in children:
            child.leave()
        self._slots.give_back()

    def lost(self, child: _Child, complaint: str) -> None:
        """A child is gone: what it had goes to a fresh one, but not for ever."""
        self._leaving.discard(child)
        if child not in self._children:
            return
        self._log.warn("a courier ended: {complaint}", event="courier.lost", complaint=complaint)
        if not child.is_ready:
            self._rested = self.reactor.seconds() + self.settings.rest_seconds
        self._children[self._children.index(child)] = None
        for task in child.tasks:
            if task.may_go_on:
                self._hand_out(task)
            else:
                task.end("Two processes ended over it.")


class _Child(Offspring):
    """One child process.  :ivar is_ready: it has spoken."""

    def __init__(self, owner: Couriers) -> None:
        super().__init__(owner.reactor, lambda complaint: owner.lost(self, complaint))
        self._settings, self.is_ready = owner.settings, False
        self._under_way: dict[int, _Task] = {}
        self._waiting: deque[_Task] = deque()
        self._over: deque[_Task] = deque()
        self._keys: OrderedDict[RSAPrivateKey, int] = OrderedDict()
        self._last_task = self._last_key = self._width = 0
        self._to_say: list[list[object]] = []
        self._frames = Frames()
        words = [*command(STARTER), str(NICENESS), owner.settings.program]
        owner.reactor.spawnProcess(self, sys.executable, words, env=environment())
        self.transport.writeToChild(0, owner.greeting)

    @property
    def tasks(self) -> list[_Task]:
        """All whose end was not told, the oldest first."""
        return [*self._over, *self._under_way.values(), *self._waiting]

    def take(self, task: _Task) -> None:
        """Carry one more bundle."""
        self._waiting.append(task)
        if not self.is_expected:
            self._listen()
        self._forward()

    def _forward(self) -> None:
        """Tell it of bundles that wait, all that there will be in this turn of the reactor together."""
        while self._waiting and self._width < self._settings.ahead:
            task = self._waiting.popleft()
            self._last_task += 1
            task.tries += 1
            self._under_way[self._last_task] = task
            self._width += task.width
            self._say(self._told(self._last_task, task))
            while len(self._keys) > self._settings.keys:  # only now: a bundle may need more than are kept
                self._say(["forget", self._keys.popitem(last=False)[1]])

    def _told(self, number: int, task: _Task) -> list[object]:
        """A bundle as a message: the letters of which nothing is known, what is alike in them only once."""
        stamps, bodies, bundle = Numbered(), Numbered(), task.bundle
        letters = [
            [place, letter.url, stamps.number((letter.stamp, self._key(letter.key))), bodies.number(letter.body)]
            for place, letter in ((place, bundle.letters[place]) for place in task.missing)
        ]
        told = [stamp_told(*one) for one in stamps.all]
        return ["post", number, bundle.abreast, bundle.headers, told, bodies.all, letters]

    def _key(self, key: RSAPrivateKey) -> int:
        """The number by which it knows a key."""
        number = self._keys.get(key)
        if number is None:
            number = self._last_key = self._last_key + 1
            self._keys[key] = number
            self._say(["key", number, private_pem(key)])
        else:
            self._keys.move_to_end(key)
        return number

    def _say(self, message: list[object]) -> None:
        if not self._to_say:
            self._clock.callLater(0, self._speak)
        self._to_say.append(message)

    def _speak(self) -> None:
        told, self._to_say = self._to_say, []
        if self.is_listening:
            self.transport.writeToChild(0, framed(told))

    def outReceived(self, data: bytes) -> None:
        """Answers."""
        self.is_ready = True
        for message in self._frames.feed(data):
            self._heard(message)
        self._listen()
        self._forward()

    def _heard(self, told: Told) -> None:
        if not told:
            return  # it says that it lives
        number, is_over, outcomes = told
        task = self._under_way.get(number)
        if task is None:
            return
        for one in outcomes:
            task.outcomes[one[0]] = outcome_of(one) or CourierLost(one[3])
        if is_over:
            del self._under_way[number]
            self._width -= task.width
            if not self._over:
                self._clock.callLater(0, self._settle)
            self._over.append(task)

    def _settle(self) -> None:
        """Tell the end of a few: what follows from it takes its time, and others want their turn."""
        settled = 0
        while self._over and settled < SETTLED_AT_ONCE:
            task = self._over.popleft()
            settled += len(task.bundle.letters)
            task.end()
        if self._over:
            self._clock.callLater(0, self._settle)

    def _listen(self) -> None:
        """Count the silence from now, while something is to be done."""
        if self._under_way or self._waiting:
            self.expect(self._settings.patience_seconds)
        else:
            self.hush()

    def leave(self) -> None:
        """Let it go: the end of its instructions is its end."""
        self.is_listening = False
        self.expect(LEAVING_SECONDS)
        self.transport.closeChildFD(0)


__all__ = (
    "NICENESS",
    "Bundle",
    "CourierLost",
    "Couriers",
    "CouriersSettings",
    "Letter",
    "Outcome",
    "Slots",
    "Stamp",
    "Way",
    "is_taken",
)
