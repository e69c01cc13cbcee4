"""
A foreign document, seen through: what it says, however it is spelled.

JSON-LD lets one thing be written in many ways: ``"bitrate"``, ``"fw:bitrate"`` or the whole address of the term; a
value, a list of one, ``{"@value": …}``, ``{"@list": […]}``; an id as a string or as an object that has it.  A
:class:`Doc` reads all of them as the same, without a processor and without ever fetching a context: the namespaces of
our trade are known, and a document may name them by prefixes of its own.  Where the same thing is written twice, the
bare name counts.

Nothing here walks a document as a whole: a part is looked at when it is asked for.
Source: docs/federation.md §2.6; JSON-LD 1.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from fwtwisted.wire.activitypub.strict import INCOMING, Limits, strict
from fwtwisted.wire.printable import seen, seen_line

AS = "https://www.w3.org/ns/activitystreams#"
FW = "https://funkwhale.audio/ns#"
PUBLIC = f"{AS}Public"
_PUBLICS = frozenset((PUBLIC, "as:Public", "Public"))

# Where the names that we read come from, and the prefixes that people write for them without saying so.
_SPACES = {
    AS: "as",
    FW: "fw",
    "http://www.w3.org/ns/ldp#": "ldp",
    "https://w3id.org/security#": "sec",
    "http://schema.org#": "sc",
    "http://schema.org/": "schema",
    "https://schema.org/": "schema",
    "http://joinmastodon.org/ns#": "toot",
    "https://purl.archive.org/socialweb/webfinger#": "wf",
}
_PREFIXES = {prefix: space for space, prefix in _SPACES.items()}
LARGEST_NUMBER = 2**63 - 1


class Doc:
    """
    One object of a document.

    :ivar raw: as it was sent.
    """

    __slots__ = ("_names", "_prefixes", "raw")

    def __init__(self, raw: Mapping[str, Any], prefixes: Mapping[str, str] | None = None) -> None:
        self.raw = raw
        self._prefixes = _told_prefixes(raw.get("@context")) if prefixes is None else prefixes
        self._names = self._read_names(raw)

    @classmethod
    def parse(cls, body: bytes, limits: Limits = INCOMING) -> Doc:
        """The document that a body holds.  :raise InvalidJson:  :raise InvalidJsonLd:"""
        return cls(strict(body, limits))

    def __repr__(self) -> str:
        return f"Doc({self.type} {self.id})"

    # --- what it is ------------------------------------------------------------------------------

    @property
    def types(self) -> tuple[str, ...]:
        """The names of its types, without their prefixes."""
        return tuple(self._bare(one) for one in self._values("type") if isinstance(one, str))

    @property
    def type(self) -> str | None:
        """The first of its types."""
        return next(iter(self.types), None)

    def is_a(self, *names: str) -> bool:
        """Whether one of these is among its types."""
        return not set(names).isdisjoint(self.types)

    @property
    def id(self) -> str | None:
        """Its id."""
        return next((one for one in self._values("id") if isinstance(one, str) and one), None)

    # --- what it says ----------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Whether it says anything under this name, be it null."""
        return name in self._names

    def many(self, name: str) -> list[Doc | str]:
        """Every object and every string under a name, in order; anything else is left out."""
        found: list[Doc | str] = []
        for value in self._values(name):
            if isinstance(value, str):
                found.append(value)
            elif isinstance(value, Mapping):
                found.append(Doc(value, self._prefixes))
        return found

    def one(self, name: str) -> Doc | str | None:
        """The first object or string under a name."""
        return next(iter(self.many(name)), None)

    def docs(self, name: str) -> list[Doc]:
        """Every object under a name."""
        return [one for one in self.many(name) if isinstance(one, Doc)]

    def doc(self, name: str) -> Doc | None:
        """The first object under a name."""
        return next(iter(self.docs(name)), None)

    def ids(self, name: str) -> tuple[str, ...]:
        """What is named under a name: ids, and the ids of objects; every spelling of the public is :data:`PUBLIC`."""
        found = (one if isinstance(one, str) else one.id for one in self.many(name))
        return tuple(PUBLIC if one in _PUBLICS else one for one in found if one)

    def link(self, name: str) -> str | None:
        """The first that is named under a name."""
        return next(iter(self.ids(name)), None)

    def text(self, name: str, longest: int | None = None) -> str | None:
        """
        The words under a name, None when there are none.

        Without what is not seen, and blanks around; cut to ``longest``.
        """
        for value in self._values(name):
            if isinstance(value, str) and (told := seen(value).strip()):
                return told[:longest].rstrip()
        return self._translated(f"{name}Map", longest)

    def line(self, name: str, longest: int) -> str | None:
        """The same on one line."""
        text = self.text(name)
        return None if text is None else seen_line(text)[:longest].rstrip()

    def number(self, name: str, largest: int = LARGEST_NUMBER) -> int | None:
        """The whole number under a name, from 0 to ``largest``; text that reads like one counts."""
        for value in self._values(name):
            number = _whole(value)
            if number is not None and 0 <= number <= largest:
                return number
        return None

    def flag(self, name: str) -> bool | None:
        """Yes or no."""
        return next((one for one in self._values(name) if isinstance(one, bool)), None)

    def uuid(self, name: str) -> UUID | None:
        """The UUID under a name."""
        text = self.text(name, 50)
        try:
            return None if text is None else UUID(text)
        except ValueError:
            return None

    def moment(self, name: str) -> datetime | None:
        """The moment under a name; one without an offset is in UTC."""
        text = self.text(name, 50)
        try:
            found = None if text is None else datetime.fromisoformat(text)
            if found is None:
                return None
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def day(self, name: str) -> date | None:
        """The day under a name; of a moment, its day."""
        text = self.text(name, 50)
        try:
            return None if text is None else date.fromisoformat(text[:10])
        except ValueError:
            return None

    def values(self, name: str) -> list[Any]:
        """Whatever stands under a name, as a list; for what no other word here reads."""
        return self._values(name)

    # --- how it is spelled -----------------------------------------------------------------------

    def _values(self, name: str) -> list[Any]:
        """What stands under a name, out of all wrappings but objects of their own; null is nothing."""
        value = self._names.get(name)
        if isinstance(value, Mapping):
            value = value.get("@list", value.get("@set", value))
        values = value if isinstance(value, list) else [value]
        return [plain for plain in map(_unwrapped, values) if plain is not None]

    def _translated(self, name: str, longest: int | None) -> str | None:
        """The first of several translations: all that some servers write."""
        value = self._names.get(name)
        if not isinstance(value, Mapping):
            return None
        told = (seen(one).strip()[:longest] for one in value.values() if isinstance(one, str))
        return next(filter(None, told), None)

    def _read_names(self, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it says, by bare names."""
        if not any(":" in name or name.startswith("@") for name in raw):
            return raw
        names: dict[str, Any] = {}
        for name, value in raw.items():
            bare = self._bare(name)
            if bare == name or bare not in raw:
                names.setdefault(bare, value)
        return names

    def _bare(self, name: str) -> str:
        """A name without what it is prefixed with, where that is one of our namespaces."""
        if name in ("@id", "@type"):
            return name[1:]
        if ":" not in name:
            return name
        prefix, _, rest = name.partition(":")
        if (self._prefixes.get(prefix) or _PREFIXES.get(prefix)) and not rest.startswith("//"):
            return rest
        return next((name.removeprefix(space) for space in _SPACES if name.startswith(space)), name)


def _told_prefixes(context: object) -> Mapping[str, str]:
    """The prefixes by which a document's own context names namespaces that we know."""
    parts: Sequence[object] = context if isinstance(context, list) else [context]
    return dict(_prefixes_in(part for part in parts if isinstance(part, Mapping)))


def _prefixes_in(parts: Iterator[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    for part in parts:
        for name, meaning in part.items():
            told = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
            if isinstance(told, str) and told in _SPACES:
                yield name, told


def _unwrapped(value: Any) -> Any:
    return value["@value"] if isinstance(value, Mapping) and "@value" in value else value


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    return None
