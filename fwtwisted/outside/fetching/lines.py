"""
Connections to other servers that are kept between questions.

The agent of Twisted costs half a millisecond of a processor for each question, which is more than its signature does;
this speaks just as much of HTTP/1.1 as a question needs whose body is at hand, and whose answer is short.
"""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from fwtwisted.outside.fetching.bodies import BROKE
from fwtwisted.outside.fetching.failures import FetchFailed, Garbled, TooLong, TooSlow, Unreachable
from fwtwisted.wire.answers import AnswerReader, BadAnswer, LongHead

LEAVING_SECONDS = 5.0


class Closed(Unreachable):
    """The connection ended without an answer: it may have been an old one, that the far end had left."""

    text = "The server broke off."


class Line(Protocol):
    """
    One connection: a question at a time.

    :param idle_seconds: between two bytes of an answer.
    """

    def __init__(self, clock: Any, idle_seconds: float) -> None:
        self._clock, self._idle_seconds = clock, idle_seconds
        self._done: Deferred[AnswerReader] | None = None
        self._reader = AnswerReader(0)
        self._patience: IDelayedCall | None = None
        self._rest: IDelayedCall | None = None
        self.is_open = True
        self.gone: Deferred[None] = Deferred()

    def ask(self, request: bytes, largest: int) -> Deferred[AnswerReader]:
        """
        Put a question; whoever stops waiting ends the connection.

        :param largest: bytes of the answer's body that are read.
        :raise FetchFailed: no answer; :class:`Closed`: not a byte of one.
        """
        self._reader = AnswerReader(largest)
        done = self._done = Deferred(lambda _: self._over())
        transport: Any = self.transport
        transport.write(request)
        return done

    def rest(self, seconds: float) -> None:
        """Nothing is asked: end by itself after so long."""
        self._rest = self._clock.callLater(seconds, self._leave)

    def wake(self) -> None:
        """Something will be asked."""
        if self._rest is not None and self._rest.active():
            self._rest.cancel()

    def _leave(self) -> None:
        """End it politely; TLS may wait for the other side's consent, but not for long."""
        self.is_open = False
        self._rest = self._clock.callLater(LEAVING_SECONDS, self.drop)
        transport: Any = self.transport
        transport.loseConnection()

    def drop(self) -> None:
        """End it, whatever the far end thinks of that."""
        self.is_open = False
        if not self.gone.called:
            transport: Any = self.transport
            transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        if self._done is None:
            self.drop()  # who speaks without being asked is not asked again
            return
        try:
            is_whole = self._reader.feed(data)
        except LongHead:
            self._fail(TooLong())
        except BadAnswer:
            self._fail(Garbled())
        else:
            if is_whole:
                self._answer()
            else:
                self._wait()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_open = False
        self.gone.callback(None)
        self.wake()
        if self._done is not None:
            if self._reader.ended():
                self._answer()
            else:
                self._fail(self._why(reason))

    def _why(self, reason: Failure) -> FetchFailed:
        if reason.check(SSL.Error, VerificationError):
            return Unreachable("The server cannot prove who it is.")
        return Closed() if self._patience is None else Unreachable(BROKE)

    def _wait(self) -> None:
        """For further bytes."""
        if self._patience is None:
            self._patience = self._clock.callLater(self._idle_seconds, self._fail, TooSlow())
        else:
            self._patience.reset(self._idle_seconds)

    def _answer(self) -> None:
        done, reader = self._done, self._reader
        self._calm()
        if not reader.may_go_on:
            self.drop()
        if done is not None and not done.called:
            done.callback(reader)

    def _fail(self, why: FetchFailed) -> None:
        done = self._done
        self._over()
        if done is not None and not done.called:
            done.errback(why)

    def _over(self) -> None:
        self._calm()
        self.drop()

    def _calm(self) -> None:
        """Nothing is awaited any longer."""
        patience, self._patience, self._done = self._patience, None, None
        if patience is not None and patience.active():
            patience.cancel()


class LineFactory(Factory):
    """Makes lines."""

    noisy = False

    def __init__(self, clock: Any, idle_seconds: float) -> None:
        self._clock, self._idle_seconds = clock, idle_seconds

    def buildProtocol(self, addr: Any) -> Line:
        return Line(self._clock, self._idle_seconds)


class KeptLines:
    """
    Lines that nobody needs just now, by where they lead.

    :param seconds: that one is kept.  :param per_place: how many are.
    """

    def __init__(self, seconds: float, per_place: int) -> None:
        self._seconds, self._per_place = seconds, per_place
        self._lines: dict[str, list[Line]] = {}

    def take(self, origin: str) -> Line | None:
        """One that seems to be open."""
        lines = self._lines.get(origin)
        while lines:
            line = lines.pop()
            line.wake()
            if line.is_open:
                return line
        return None

    def keep(self, origin: str, line: Line) -> None:
        """Have it for the next who asks."""
        if not line.is_open:
            return
        lines = self._lines.setdefault(origin, [])
        if len(lines) >= self._per_place:
            line.drop()
            return
        if not lines:
            self._sweep()
            self._lines[origin] = lines
        line.rest(self._seconds)
        lines.append(line)

    async def close(self) -> None:
        """Drop all."""
        kept, self._lines = self._lines, {}
        for lines in kept.values():
            for line in lines:
                line.wake()
                line.drop()
                await line.gone

    def _sweep(self) -> None:
        """Forget places to which no line is open, once there are many."""
        if len(self._lines) > 1_000:
            self._lines = {origin: lines for origin, lines in self._lines.items() if any(one.is_open for one in lines)}
