"""
Long answers that are kept as the bytes they were written as.

A playlist of a thousand tracks is two megabytes of documents and 80 ms of work.  It is written once, and sent again
for as long as its question, which holds the versions of all that matters, is the same.  What no version tells of (how
often something was downloaded, how its owner calls themselves) is late by some seconds at most.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from attrs import frozen


@frozen
class AnswerSettings:
    """
    :ivar most_bytes: kept in all; an answer that would take more than a quarter of that is not kept.
    :ivar seconds: how long an answer is good for.
    """

    most_bytes: int = 32 << 20
    seconds: float = 20.0


@frozen
class _Kept:
    body: bytes
    until: float


class Answers:
    """
    Keeps the answers that were asked for last.

    :param now: seconds on any clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float], settings: AnswerSettings) -> None:
        self._now, self._settings = now, settings
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._held = 0

    async def get(self, question: Hashable, write: Callable[[], Awaitable[bytes]]) -> bytes:
        """The answer, written now unless it is kept."""
        kept = self._kept.get(question)
        if kept is not None and self._now() < kept.until:
            self._kept.move_to_end(question)
            return kept.body
        body = await write()
        self._forget(question)
        if 4 * len(body) <= self._settings.most_bytes:
            self._kept[question] = _Kept(body, self._now() + self._settings.seconds)
            self._held += len(body)
        while self._held > self._settings.most_bytes:
            self._forget(next(iter(self._kept)))
        return body

    def _forget(self, question: Hashable) -> None:
        gone = self._kept.pop(question, None)
        if gone is not None:
            self._held -= len(gone.body)
