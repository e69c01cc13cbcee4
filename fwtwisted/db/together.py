"""
Small writes that share a transaction, and questions that share a statement.

To write one row costs little.  To make it last costs a wait for the disk, and where many write to one row (the number
of an account's notes), each waits until the one before has lasted.  So writes of one kind that wait at the same moment
are done by one transaction, in the order in which they came::

    done(a) ── nobody writes ──▶ BEGIN; a;       COMMIT ──▶ a is answered
    done(b) ┐                                    │
    done(c) ┼─ somebody does: they wait ─────────▶ BEGIN; b, c, d; COMMIT ──▶ b, c and d are answered
    done(d) ┘

Who comes alone goes at once.  Nobody is answered before the commit, so that what was answered lasts.  What one of them
is refused, that one hears alone; and when a transaction fails, each of its writes is done once more by itself, so that
one which cannot go well takes no other with it.

Questions that nearly every request asks share a statement in the same way.  None is answered from a look that began
before it was asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import FwError, Unavailable

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 64

Run: TypeAlias = Callable[[Callable[[Tx], Awaitable[Sequence[Answer | FwError]]]], Deferred[Sequence[Answer | FwError]]]


class Together(Generic[Wish, Answer]):
    """
    Does writes, or asks questions, of one kind.

    :param run: has work done: :meth:`Database.transaction`; for questions :meth:`Database.read`.
    :param work: does several, in order, and tells for each what came of it, or why it was refused; it may be run once
        more from its beginning, as in :meth:`Database.transaction`.
    """

    def __init__(
        self, run: Run[Answer], work: Callable[[Tx, Sequence[Wish]], Awaitable[Sequence[Answer | FwError]]]
    ) -> None:
        self._run, self._work = run, work
        self._waiting: deque[tuple[Wish, Deferred[Answer]]] = deque()
        self._is_busy = False

    def done(self, wish: Wish) -> Deferred[Answer]:
        """
        What came of the wish, as soon as that lasts.

        The waiter may leave; the work finishes.

        :raise Unavailable: as in :meth:`Database.transaction`; whatever else the work raises or refuses.
        """
        heard: Deferred[Answer] = Deferred(_waiter_left)
        self._waiting.append((wish, heard))
        if not self._is_busy:
            Deferred.fromCoroutine(self._go_on())
        return heard

    async def _go_on(self) -> None:
        """Do what waits; those before are answered while the next are being done."""
        self._is_busy = True
        hearers: Sequence[Deferred[Answer]] = ()
        outcomes: Sequence[Answer | Failure] = ()
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            doing = Deferred.fromCoroutine(self._outcomes([wish for wish, _ in some]))
            _tell(hearers, outcomes)
            hearers, outcomes = [heard for _, heard in some], await doing
        self._is_busy = False
        _tell(hearers, outcomes)

    async def _outcomes(self, wishes: Sequence[Wish]) -> Sequence[Answer | Failure]:
        try:
            found = await self._run(lambda tx: self._work(tx, wishes))
            return [Failure(one) if isinstance(one, FwError) else one for one in found]
        except Unavailable:
            return [Failure()] * len(wishes)
        except Exception:  # whatever it was: nothing was written, and who waits has to hear
            if len(wishes) == 1:
                return [Failure()]
        return [(await self._outcomes([wish]))[0] for wish in wishes]


def _tell(hearers: Sequence[Deferred[Answer]], outcomes: Sequence[Answer | Failure]) -> None:
    for heard, outcome in zip(hearers, outcomes, strict=True):
        if not heard.called:
            heard.callback(outcome)


def _waiter_left(_: Deferred[Any]) -> None:
    """Who waits may leave; the work goes on."""
