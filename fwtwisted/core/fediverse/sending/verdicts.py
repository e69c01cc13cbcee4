"""
What to make of the answer of an inbox.  Pure.

Source: docs/federation.md §4.14.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from attrs import frozen

# Seconds before each attempt; the first is made at once.
SCHEDULE: Final = (0, 60, 300, 900, 3600, 3 * 3600, 8 * 3600, 24 * 3600, 48 * 3600)
SPREAD: Final = 0.2  # of a rest, either way: not everybody comes back at the same moment
LONGEST_WISH: Final = 24 * 3600  # seconds that a server may ask us to wait
MOST_REFUSALS: Final = 3

GONE: Final = frozenset((404, 410))
POINTLESS: Final = frozenset((400, 405, 406, 413, 415, 422))
BUSY: Final = frozenset((408, 425, 429))


class Verdict(enum.Enum):
    """:cvar ELSEWHERE: nobody is at this shared inbox: the personal one may do."""

    DONE = "done"
    AGAIN = "again"
    GIVE_UP = "give-up"
    ELSEWHERE = "elsewhere"


@frozen
class Judged:
    """
    What to do about a delivery.

    :ivar rest: seconds before the next attempt.
    :ivar is_sick: the host failed, not just this delivery: it counts for the host's breaker.
    :ivar is_gone: the answer was that nobody is there.  :ivar is_refused: that we are not welcome.
    """

    verdict: Verdict
    rest: float = 0.0
    is_sick: bool = False
    is_gone: bool = False
    is_refused: bool = False


@frozen
class Tries:
    """
    What was tried before.

    :ivar attempts: without the one that is judged.  :ivar refusals: of those.
    :ivar has_other_inbox: the inbox is a shared one, and the recipient has one of their own.
    """

    attempts: int = 0
    refusals: int = 0
    has_other_inbox: bool = False


def judged(status: int, tries: Tries, draw: float, wish: float | None = None) -> Judged:
    """
    What an answer means.

    :param draw: a random number in [0, 1).  :param wish: seconds that the server asks us to wait.
    """
    if 200 <= status < 300:
        return Judged(Verdict.DONE)
    if status in GONE:
        return Judged(Verdict.ELSEWHERE if tries.has_other_inbox else Verdict.GIVE_UP, is_gone=True)
    if status in POINTLESS or 300 <= status < 400:
        return Judged(Verdict.GIVE_UP)
    if status == 403 and tries.refusals + 1 >= MOST_REFUSALS:
        return Judged(Verdict.GIVE_UP, is_refused=True)
    is_sick = status in BUSY or status >= 500
    made = _again(tries, draw, wish, is_sick=is_sick)
    return Judged(made.verdict, made.rest, made.is_sick, is_refused=status == 403)


def unanswered(tries: Tries, draw: float) -> Judged:
    """What it means that no answer came."""
    return _again(tries, draw, None, is_sick=True)


def _again(tries: Tries, draw: float, wish: float | None, *, is_sick: bool) -> Judged:
    number = tries.attempts + 1
    if number >= len(SCHEDULE):
        return Judged(Verdict.GIVE_UP, is_sick=is_sick)
    rest = SCHEDULE[number] * (1 - SPREAD + 2 * SPREAD * draw)
    return Judged(Verdict.AGAIN, max(rest, min(wish or 0.0, LONGEST_WISH)), is_sick)


def wish_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for, whether it names them or a moment; None: it asks for nothing readable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), LONGEST_WISH))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


# --- hosts ---------------------------------------------------------------------------------------

FAILURES_TO_HOLD: Final = 5
FIRST_REST, LONGEST_REST = 600, 6 * 3600
DOWN_TO_STOP: Final = 14 * 86400


def host_rest(failures: int, rest: int) -> int:
    """
    Seconds to leave a host alone.

    :param failures: in a row.  :param rest: the one before; 0: there was none.
    """
    if failures < FAILURES_TO_HOLD:
        return 0
    return min(LONGEST_REST, 2 * rest) if rest else FIRST_REST
