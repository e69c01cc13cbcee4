"""Beats of chores, as ``minute=0,hour=*`` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

RANGES: Mapping[str, int] = {"minute": 60, "hour": 24}


@frozen
class Beat:
    """The minutes of the hours at which something is due, UTC.  :ivar text: as it was written."""

    minutes: frozenset[int]
    hours: frozenset[int]
    text: str = field(default="", eq=False)

    @classmethod
    def of(cls, text: str) -> Beat:
        """
        Read ``minute=0,hour=*``; what is not named is ``*``.  Values are ``*``, ``*/5``, ``7`` or ``7;21``.

        :raise ValueError: the text says what is wrong.
        """
        given: dict[str, frozenset[int]] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name not in RANGES or not equals:
                raise ValueError("must name minute and hour, as in minute=0,hour=*")
            given[name] = _numbers(value, RANGES[name])
        everything = {name: frozenset(range(most)) for name, most in RANGES.items()}
        known = everything | given
        return cls(known["minute"], known["hour"], text)

    def after(self, moment: datetime) -> datetime:
        """The first beat after a moment."""
        at = moment.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        while at.hour not in self.hours:
            at = at.replace(minute=0) + timedelta(hours=1)
        later = [minute for minute in self.minutes if minute >= at.minute]
        if later:
            return at.replace(minute=min(later))
        at = at.replace(minute=0) + timedelta(hours=1)
        while at.hour not in self.hours:
            at += timedelta(hours=1)
        return at.replace(minute=min(self.minutes))


def _numbers(text: str, most: int) -> frozenset[int]:
    every = text.removeprefix("*/")
    try:
        if text == "*":
            return frozenset(range(most))
        found = frozenset(range(0, most, int(every))) if every != text else frozenset(map(int, text.split(";")))
    except ValueError:
        raise ValueError(f"{text or 'nothing'} is no minute or hour") from None
    if not found or not found <= frozenset(range(most)):
        raise ValueError(f"{text} is not below {most}")
    return found
