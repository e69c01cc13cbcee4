"""
What an app asks for: parameters, read as forgivingly as the protocol wants it.

Source: docs/subsonic.md §2, rules 4 to 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from attrs import evolve, frozen

from fwtwisted.wire.subsonic.envelope import CALLBACK, Format
from fwtwisted.wire.subsonic.errors import missing

MOST = 500  # of anything that is counted, in one answer
_YES = frozenset(("true", "1", "on", "yes"))
_NO = frozenset(("false", "0", "off", "no"))
_NUMBER = re.compile(r"\s*([+-]?\d{1,18})(?:\.\d*)?\s*", re.ASCII)
_ONLY_SECONDS = 100_000_000  # 1973, when no app scrobbled
_LATEST_MS = 253_402_300_799_000  # the last moment that a date can name


@frozen
class Asked:
    """
    The parameters of one call.

    :ivar values: by name, each with its values in order: those of the query, then those of the body.
    :ivar body: what came that is no form.
    """

    values: Mapping[str, Sequence[str]]
    body: bytes = b""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Asked:
        """The parameters that the pairs make."""
        return cls({}).and_then(pairs)

    def and_then(self, pairs: Iterable[tuple[str, str]]) -> Asked:
        """The same with further values behind them."""
        values = {name: list(several) for name, several in self.values.items()}
        for name, value in pairs:
            values.setdefault(name, []).append(value.replace("\0", ""))  # which no text of ours holds
        return evolve(self, values=values)

    # --- texts -------------------------------------------------------------------------------------

    def given(self, name: str) -> str | None:
        """The first value, empty or not; None when it did not come at all."""
        values = self.values.get(name)
        return values[0] if values else None

    def text(self, name: str) -> str | None:
        """The first value; an empty one counts as not sent."""
        return self.given(name) or None

    def needed(self, name: str) -> str:
        """The first value.  :raise Refused: code 10 when there is none."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def many(self, name: str) -> list[str]:
        """Every value that is not empty, in order, doubles kept."""
        return [value for value in self.values.get(name, ()) if value]

    def several(self, name: str) -> list[str]:
        """The same, at least one.  :raise Refused: code 10 when there is none."""
        values = self.many(name)
        if not values:
            raise missing(name)
        return values

    # --- numbers -----------------------------------------------------------------------------------

    def number(self, name: str, default: int) -> int:
        """A whole number that is not negative; nonsense is the default."""
        value = _whole(self.given(name))
        return default if value is None or value < 0 else value

    def maybe_number(self, name: str) -> int | None:
        """A whole number, also a negative one; None when none came, or nonsense."""
        return _whole(self.given(name))

    def needed_number(self, name: str) -> int:
        """A whole number.  :raise Refused: code 10 when it is missing or none."""
        value = _whole(self.given(name))
        if value is None:
            raise missing(name)
        return value

    def count(self, name: str, default: int, most: int = MOST) -> int:
        """How many are wanted: at most ``most``; 0 means none."""
        return min(self.number(name, default), most)

    def fraction(self, name: str) -> float | None:
        """A decimal number; None when none came, or nonsense."""
        try:
            value = float(self.given(name) or "")
        except ValueError:
            return None
        return value if abs(value) < 1e18 else None  # which leaves out infinities and NaN

    # --- the rest ----------------------------------------------------------------------------------

    def truth(self, name: str, default: bool) -> bool:
        """A yes or no; nonsense is the default."""
        return default if (value := self.maybe_truth(name)) is None else value

    def maybe_truth(self, name: str) -> bool | None:
        """A yes or no; None when neither came."""
        word = (self.given(name) or "").strip().lower()
        return True if word in _YES else False if word in _NO else None

    def moment(self, name: str) -> datetime | None:
        """A time, sent as milliseconds since 1970; None for none, 0 and nonsense."""
        return moment_of(self.given(name))

    def moments(self, name: str) -> list[datetime | None]:
        """Every time of a repeated parameter, in order."""
        return [moment_of(value) for value in self.values.get(name, ())]

    def past_moments(self, name: str) -> list[datetime | None]:
        """The same of what has happened lately: what can only be seconds is read as such (rule 9)."""
        found = self.moments(name)
        return [
            datetime.fromtimestamp(moment.timestamp() * 1000, UTC)
            if moment is not None and moment.timestamp() < _ONLY_SECONDS
            else moment
            for moment in found
        ]

    @property
    def format(self) -> Format:
        """How the answer is to be written; XML unless one of the others is named."""
        try:
            return Format((self.given("f") or "").lower())
        except ValueError:
            return Format.XML

    @property
    def callback(self) -> str | None:
        """The function that JSONP calls; None when its name is missing or none."""
        name = self.given("callback")
        return name if name is not None and CALLBACK.fullmatch(name) else None


def moment_of(text: str | None) -> datetime | None:
    """A time from milliseconds since 1970."""
    value = _whole(text)
    if value is None or not 0 < value <= _LATEST_MS:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)


def _whole(text: str | None) -> int | None:
    match = _NUMBER.fullmatch(text) if text else None
    return int(match[1]) if match else None
