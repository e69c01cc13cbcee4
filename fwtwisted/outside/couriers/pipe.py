"""
What is said on the pipes between the server and its couriers.

A frame is four bytes of length and a JSON list of messages, as many as there were.  To a child, the first message of
all is how it is to behave; the others are ``["key", number, PEM]``, ``["forget", number]`` and ``["post", number, URL,
body, headers, stamp, number of the key]``.  From it come ``[]``, a sign of life, ``[number, status, headers, body]``,
and ``[number, 0, kind, text]``: no answer, and why.
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


def letter_told(number: int, url: str, body: str, headers: Mapping[str, str], stamp: Stamp, key: int) -> list[object]:
    """A letter, as a message."""
    wanted = stamp.wanted and [stamp.wanted.label, stamp.wanted.components]
    return ["post", number, url, body, headers, [stamp.key_id, stamp.scheme.value, wanted], key]


def stamp_of(told: Told) -> Stamp:
    """The other way round."""
    key_id, scheme, wanted = told
    return Stamp(key_id, Scheme(scheme), Wanted(wanted[0], tuple(wanted[1])) if wanted else None)


# --- from a child --------------------------------------------------------------------------------


def posted_told(number: int, posted: Posted) -> list[object]:
    """An answer, as a message."""
    headers = {name: posted.headers[name] for name in HEADERS if name in posted.headers}
    return [number, posted.status, headers, posted.body.decode("latin-1")]


def posted_of(told: Told) -> Posted:
    """The other way round."""
    return Posted(told[1], told[2], told[3].encode("latin-1"))


def failure_told(number: int, why: BaseException) -> list[object]:
    """Why there is no answer, as a message."""
    kind = next((name for name, kind in _KINDS.items() if isinstance(why, kind)), None)
    return [number, 0, kind, str(why) if kind else type(why).__name__]


def failure_of(told: Told) -> FetchFailed | None:
    """The other way round; None: it was the child's fault."""
    return None if told[2] is None else _KINDS[told[2]](told[3])
