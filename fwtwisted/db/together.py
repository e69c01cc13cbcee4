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

Nor does one whose row somebody else has locked: they wait for it but a moment, then each goes by itself, and the one
that is held up steps aside, where it is waited for with patience, while the others go on.

Questions that nearly every request asks share a statement in the same way.  None is answered from a look that began
before it was asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.python.failure import Failure

from fwtwisted.db.pool import HeldUp, Tx
from fwtwisted.model.errors import FwError, Unavailable

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")

MOST_AT_ONCE = 64
MOST_ASIDE = 2  # connections for those that are held up

Run: TypeAlias = Callable[[Callable[[Tx], Awaitable[Sequence[Answer | FwError]]]], Deferred[Sequence[Answer | FwError]]]

_Entry: TypeAlias = tuple[Wish, Deferred[Answer]]
_Outcomes: TypeAlias = list[tuple[Deferred[Answer], "Answer | Failure"]]


class Together(Generic[Wish, Answer]):
    """
    Does writes, or asks questions, of one kind.

    :param run: has work done: :meth:`Database.briefly`; for questions :meth:`Database.read`.
    :param patiently: has work done that somebody holds up: :meth:`Database.transaction`; None: nobody can.
    :param work: does several, in order, and tells for each what came of it, or why it was refused; it may be run once
        more from its beginning, as in :meth:`Database.transaction`.
    """

    def __init__(
        self,
        run: Run[Answer],
        work: Callable[[Tx, Sequence[Wish]], Awaitable[Sequence[Answer | FwError]]],
        patiently: Run[Answer] | None = None,
    ) -> None:
        self._run, self._work, self._patiently = run, work, patiently
        self._waiting: deque[_Entry[Wish, Answer]] = deque()
        self._aside = DeferredSemaphore(MOST_ASIDE)
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
        outcomes: _Outcomes[Answer] = []
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            doing = Deferred.fromCoroutine(self._outcomes(some))
            _tell(outcomes)
            outcomes = await doing
        self._is_busy = False
        _tell(outcomes)

    async def _outcomes(self, some: Sequence[_Entry[Wish, Answer]]) -> _Outcomes[Answer]:
        """What came of several; those that step aside are not among them."""
        try:
            return await self._done(self._run, some)
        except HeldUp:
            if len(some) == 1 and self._patiently is not None:
                Deferred.fromCoroutine(self._step_aside(self._patiently, some))
                return []
            if len(some) == 1:
                return _all_fail(some)
        except Unavailable:
            return _all_fail(some)
        except Exception:  # whatever it was: nothing was written, and who waits has to hear
            if len(some) == 1:
                return _all_fail(some)
        return [outcome for entry in some for outcome in await self._outcomes([entry])]

    async def _done(self, run: Run[Answer], some: Sequence[_Entry[Wish, Answer]]) -> _Outcomes[Answer]:
        found = await run(lambda tx: self._work(tx, [wish for wish, _ in some]))
        outcomes = [Failure(one) if isinstance(one, FwError) else one for one in found]
        return list(zip((heard for _, heard in some), outcomes, strict=True))

    async def _step_aside(self, patiently: Run[Answer], one: Sequence[_Entry[Wish, Answer]]) -> None:
        """Wait for who holds one up, in the order in which they stepped aside."""
        async with self._aside:
            try:
                outcomes = await self._done(patiently, one)
            except Exception:  # the same
                outcomes = _all_fail(one)
        _tell(outcomes)


def _all_fail(some: Sequence[_Entry[Wish, Answer]]) -> _Outcomes[Answer]:
    """By what is being handled now."""
    return [(heard, Failure()) for _, heard in some]


def _tell(outcomes: _Outcomes[Answer]) -> None:
    for heard, outcome in outcomes:
        if not heard.called:
            heard.callback(outcome)


def _waiter_left(_: Deferred[Any]) -> None:
    """Who waits may leave; the work goes on."""
