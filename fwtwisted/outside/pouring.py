"""
Bytes into a consumer, as fast as it takes them: the streaming producer that files and live transcodes share.

A consumer (a connection) says pause and resume as its buffer fills and drains, and stop when it is gone.  Here this
is a coroutine that asks for the next piece, hands it over, and waits while it is told to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IConsumer, IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

T = TypeVar("T")

# The next bytes, at once or later; empty ones are the end.
NextPiece = Callable[[], "bytes | Deferred[bytes]"]

# So much goes to a consumer that never pauses before others get their turn of the reactor.
BYTES_A_TURN = 1 << 20


@implementer(IPushProducer)
class _Flow:
    """What the consumer wants at the moment: more, nothing yet, or nothing any more."""

    def __init__(self) -> None:
        self.stopped = False
        self.abandoned = False
        self._gate: Deferred[None] | None = None
        self._awaited: Deferred[Any] | None = None

    def pauseProducing(self) -> None:
        """The consumer has enough for now."""
        if self._gate is None:
            self._gate = Deferred()

    def resumeProducing(self) -> None:
        """The consumer has room again."""
        gate, self._gate = self._gate, None
        if gate is not None and not gate.called:
            gate.callback(None)

    def stopProducing(self) -> None:
        """The consumer is gone."""
        self.abandoned = True
        self.halt()

    def halt(self) -> None:
        """Nobody wants the bytes any more; the consumer may live on."""
        self.stopped = True
        if self._awaited is not None:
            self._awaited.cancel()

    @property
    def paused(self) -> Deferred[None] | None:
        """Fires when the consumer wants more; None when it does already."""
        return self._gate

    async def until(self, awaited: Deferred[T]) -> T:
        """The result of ``awaited``.  :raise CancelledError: the flow was stopped meanwhile."""
        self._awaited = awaited
        try:
            return await awaited
        finally:
            self._awaited = None


def pour(
    consumer: IConsumer, next_piece: NextPiece, breathe: Callable[[], Deferred[Any]], finished: Callable[[], None]
) -> Deferred[None]:
    """
    Hand everything to the consumer, piece by piece, with regard to its back-pressure.

    :param next_piece: gives the pieces in order.  What it raises ends the flow.
    :param breathe: fires at a later turn of the reactor; waited for when the consumer takes much without a pause.
    :param finished: called once, whatever the end is, before the answer fires.
    :return: fires when the last byte was handed over.  Fails with CancelledError when the consumer stopped it or
        when it was cancelled, else with what ``next_piece`` raised.
    """
    flow = _Flow()
    answer: Deferred[None] = Deferred(lambda _: flow.halt())

    async def work() -> None:
        try:
            consumer.registerProducer(flow, True)
            try:
                await _pour(consumer, flow, next_piece, breathe)
            finally:
                if not flow.abandoned:  # a consumer that is gone has let go of us already
                    consumer.unregisterProducer()
        finally:
            finished()

    def done(_: None) -> None:
        if not answer.called:  # one that was cancelled in the middle of a piece has told already
            answer.callback(None)

    def failed(failure: Failure) -> None:
        if not answer.called:
            answer.errback(failure)

    Deferred.fromCoroutine(work()).addCallbacks(done, failed)
    return answer


async def _pour(consumer: IConsumer, flow: _Flow, next_piece: NextPiece, breathe: Callable[[], Deferred[Any]]) -> None:
    """The loop of :func:`pour`."""
    in_turn = 0
    while not flow.stopped:
        if (paused := flow.paused) is not None:
            await flow.until(paused)
            in_turn = 0
        elif in_turn >= BYTES_A_TURN:
            await flow.until(breathe())
            in_turn = 0
        piece = next_piece()
        if isinstance(piece, Deferred):
            piece = await flow.until(piece)
        if not piece:
            return
        in_turn += len(piece)
        consumer.write(piece)
    raise CancelledError
