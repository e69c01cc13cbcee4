"""
JSON from strangers: read strictly, so that everybody who reads the same bytes sees the same document.

What two readers could take for two things (a name that occurs twice, ``NaN``, half a surrogate pair) is refused, and so
is what costs more than a document of our trade ever does: deep nesting, very many members.  ``@graph``, ``@included``
and ``@reverse`` make JSON-LD say what a plain reader does not see; nobody whom we talk to needs them.
Source: docs/federation.md §8.2; RFC 7493.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from attrs import frozen

from fwtwisted.model.errors import BadRequest

UNREAD = frozenset(("@graph", "@included", "@reverse"))
# From this size on, bytes, reading a body takes milliseconds and belongs into a thread.
LARGE = 48 * 1024
LONGEST_INTEGER = 20  # digits, with a sign


class InvalidJson(BadRequest):
    """The bytes are no JSON document that we read."""

    text = "This is not a JSON object."


class InvalidJsonLd(BadRequest):
    """The document uses parts of JSON-LD that nobody reads here."""

    text = "@graph, @included and @reverse are not read."


@frozen
class Limits:
    """
    How much a document may be.

    :ivar depth: objects and lists within each other.
    :ivar members: of all objects, and items of all lists, taken together.
    """

    depth: int = 32
    members: int = 10_000


INCOMING = Limits()
# A page of a collection may hold 100 items with all that belongs to each of them.
PAGE = Limits(members=100_000)


def belongs_in_a_thread(body: bytes) -> bool:
    """Whether reading a body would keep the reactor from its work."""
    return len(body) >= LARGE


def strict(body: bytes, limits: Limits = INCOMING) -> dict[str, Any]:
    """
    The object that a body holds.

    :raise InvalidJson: it holds none, or one that is not read.
    :raise InvalidJsonLd:
    """
    try:
        found = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_members,
            parse_constant=_no_number,
            parse_float=_number,
            parse_int=_integer,
        )
    except RecursionError:
        raise InvalidJson("The document is nested too deeply.") from None
    except ValueError as why:
        raise InvalidJson from why
    if not isinstance(found, dict):
        raise InvalidJson
    _weigh(found, limits)
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJson("A name occurs twice in one object.")
    return members


def _no_number(word: str) -> NoReturn:
    raise InvalidJson(f"{word} is not JSON.")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidJson("A number is too large.")
    return number


def _integer(text: str) -> int:
    """What is longer than 64 bits no database keeps, and no other reader reads as the same."""
    number = int(text) if len(text) <= LONGEST_INTEGER else 2**64
    if not -(2**63) <= number < 2**63:
        raise InvalidJson("A number is too large.")
    return number


def _weigh(document: dict[str, Any], limits: Limits) -> None:
    """Look at every part of a document once, level by level, as long as it keeps within its limits."""
    level: list[Any] = [document]
    members = depth = 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise InvalidJson("The document is nested too deeply.")
        members += sum(map(len, level))
        if members > limits.members:
            raise InvalidJson("The document has too many members.")
        level = [part for whole in level for part in _parts(whole)]


def _parts(whole: dict[str, Any] | list[Any]) -> Iterator[dict[str, Any] | list[Any]]:
    """What of an object or a list has parts of its own."""
    if isinstance(whole, dict):
        if not UNREAD.isdisjoint(whole):
            raise InvalidJsonLd
        for name in whole:
            _check_text(name)
    for part in whole.values() if isinstance(whole, dict) else whole:
        if isinstance(part, str):
            _check_text(part)
        elif isinstance(part, dict | list):
            yield part


def _check_text(text: str) -> None:
    """No half characters, and no NUL, which no database keeps."""
    if "\x00" in text:
        raise InvalidJson("A text holds a NUL character.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidJson("A text holds half a character.") from None
