"""Ends of the line for the tests: consumers that take bytes as a connection does, or as a bad one."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IConsumer, IPushProducer
from zope.interface import implementer


@implementer(IConsumer)
class Sink:
    """
    Collects what it is given.

    :param wrote: called after each piece, to pause or stop in the middle.
    """

    def __init__(self, wrote: Callable[[Sink], None] = lambda _: None) -> None:
        self.pieces: list[bytes] = []
        self.producer: IPushProducer | None = None
        self._wrote = wrote

    @property
    def body(self) -> bytes:
        """Everything so far."""
        return b"".join(self.pieces)

    @property
    def asked(self) -> IPushProducer:
        """The producer, which must be there."""
        assert self.producer is not None
        return self.producer

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Only streaming producers are welcome, one at a time."""
        assert streaming and self.producer is None
        assert IPushProducer.providedBy(producer)
        self.producer = producer

    def unregisterProducer(self) -> None:
        """The producer is done."""
        assert self.producer is not None
        self.producer = None

    def write(self, data: bytes) -> None:
        """Take a piece."""
        self.pieces.append(data)
        self._wrote(self)


def pausing(sink: Sink) -> None:
    """Pause after every piece; the test resumes."""
    sink.asked.pauseProducing()
