"""
What is said on the pipes between the server and its couriers.

A frame is four bytes of length and a JSON list of messages, as many as there were.  To a child, the first message of
all is how it is to behave; the others are ``["key", number, PEM]``, ``["forget", number]`` and a bundle, ``["post",
number, abreast, headers, stamps, bodies, letters]``: a stamp names its key by number, a letter is its place in the
bundle, a URL, and which of the stamps and bodies are its own.

From it come ``[]``, a sign of life, and ``[number, is over, outcomes]``: an outcome is ``[place, status, headers,
body]``, or ``[place, 0, kind, text]``: no answer, and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson
from attrs import asdict, frozen

from fwtwisted.model.federation import Scheme
from fwtwisted.outside.fetching import FetchSettings, failures
from fwtwisted.outside.fetching.failures import FetchFailed
from fwtwisted.outside.fetching.posting import Posted, PostingSettings
from fwtwisted.wire.signatures.messages import Wanted
from fwtwisted.wire.targets import Exemptions

HEADERS: Final = ("retry-after", "accept-signature", "location", "content-type")
"""Of an answer, that are of use to somebody."""

Told: TypeAlias = list[Any]

_KINDS: Final[Mapping[str, type[FetchFailed]]] = {
    kind.__name__: kind
    for kind in (
        failures.Refused, failures.NoSuchHost, failures.Unreachable, failures.TooSlow, failures.TooLong,
        failures.Misled, failures.Garbled,
    )
}  # fmt: skip


@frozen
class Way:
    """How a child is to behave: the settings that are ours."""

    fetching: FetchSettings
    posting: PostingSettings


@frozen
class Stamp:
    """
    How a letter is signed, apart from the key.

    :ivar wanted: by the server that is written to, with RFC 9421; None: the usual.
    """

    key_id: str
    scheme: Scheme
    wanted: Wanted | None = None


def framed(messages: Sequence[object]) -> bytes:
    """Messages with their length before them."""
    body = orjson.dumps(messages)
    return len(body).to_bytes(4, "big") + body


class Frames:
    """Messages again, out of bytes as they come."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[Told]:
        """Those that are whole now; to be exhausted before the next bytes."""
        received = self._received
        received += data
        at = 0
        whole: list[Told] = []
        while len(received) >= at + 4:
            stop = at + 4 + int.from_bytes(received[at : at + 4], "big")
            if len(received) < stop:
                break
            whole += orjson.loads(memoryview(received)[at + 4 : stop])
            at = stop
        del received[:at]
        return iter(whole)


# --- to a child ----------------------------------------------------------------------------------


def way_told(way: Way) -> Told:
    """How to behave, as a message."""
    told = asdict(way.fetching, recurse=False) | {"exempt": sorted(way.fetching.exempt.entries)}
    return [told, asdict(way.posting)]


def way_of(told: Told) -> Way:
    """The other way round."""
    fetching, posting = told
    return Way(FetchSettings(**fetching | {"exempt": Exemptions.of(fetching["exempt"])}), PostingSettings(**posting))


class Numbered:
    """Gives equal things one number each, in the order of their coming.  :ivar all: of them, in that order."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}

    def number(self, thing: Any) -> int:
        """The number of something hashable."""
        return self._numbers.setdefault(thing, len(self._numbers))

    @property
    def all(self) -> list[Any]:
        """All that have a number."""
        return list(self._numbers)


def stamp_told(stamp: Stamp, key: int) -> Told:
    """A stamp and the number of its key, within a message."""
    wanted = stamp.wanted and [stamp.wanted.label, stamp.wanted.components]
    return [stamp.key_id, stamp.scheme.value, wanted, key]


def stamp_of(told: Told) -> tuple[Stamp, int]:
    """The other way round."""
    key_id, scheme, wanted, key = told
    return Stamp(key_id, Scheme(scheme), Wanted(wanted[0], tuple(wanted[1])) if wanted else None), key


# --- from a child --------------------------------------------------------------------------------


def outcome_told(place: int, outcome: Posted | BaseException) -> Told:
    """What came of a letter, within a message."""
    if isinstance(outcome, Posted):
        headers = {name: outcome.headers[name] for name in HEADERS if name in outcome.headers}
        return [place, outcome.status, headers, outcome.body.decode("latin-1")]
    kind = next((name for name, kind in _KINDS.items() if isinstance(outcome, kind)), None)
    return [place, 0, kind, str(outcome) if kind else type(outcome).__name__]


def outcome_of(told: Told) -> Posted | FetchFailed | None:
    """The other way round; None: there is no answer, by the child's fault."""
    _, status, headers, body = told
    if status:
        return Posted(status, headers, body.encode("latin-1"))
    return None if headers is None else _KINDS[headers](body)


def is_taken(outcome: object) -> bool:
    """Whether a letter was taken by those to whom it was sent."""
    return isinstance(outcome, Posted) and 200 <= outcome.status < 300
