"""
What a request says: its query and its (small) body.

Bytes come from anybody: whatever they are, the outcome is a value or one of our own errors with a status that
docs/api.md §1.2 names.  Large multipart bodies never come here, see ``web/intake.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import orjson
from attrs import frozen
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from fwtwisted.model.errors import NON_FIELD, BadRequest, Invalid, TooLarge, UnsupportedMedia
from fwtwisted.web.request import LeanRequest

MIB = 1 << 20
MOST_PAIRS = 1000  # in a query or a form
DEEPEST = 100  # lists and objects within each other; what is kept must be writable again, and writers go less deep

Document: TypeAlias = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


# --- the query ---------------------------------------------------------------------------------------


@frozen
class Query:
    """
    The query of a request, decoded: undecodable bytes become U+FFFD, NUL is dropped.

    :ivar pairs: names and values in the order they came.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, request: LeanRequest) -> Query:
        """The query that the request came with."""
        return cls.parsed(request.query_string) if request.query_string else NO_QUERY

    @classmethod
    def parsed(cls, raw: bytes, most: int = MOST_PAIRS) -> Query:
        """
        Read a query string.

        :param most: how many pairs it may hold.
        :raise BadRequest: when it holds more.
        """
        return cls(tuple(_pairs(raw, most)))

    def get(self, name: str, default: str | None = None) -> str | None:
        """The parameter's value, the last when it was repeated; ``default`` when it is absent."""
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter that takes several."""
        return [value for key, value in self.pairs if key == name]

    def lists(self) -> dict[str, list[str]]:
        """Each name with its values in order, as the pure readers in ``wire/`` want it."""
        found: dict[str, list[str]] = {}
        for name, value in self.pairs:
            found.setdefault(name, []).append(value)
        return found

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)


NO_QUERY = Query()


def _pairs(raw: bytes, most: int = MOST_PAIRS) -> list[tuple[str, str]]:
    """Names and values of urlencoded text."""
    text = raw.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=most)
    except ValueError as why:
        raise BadRequest("Too many parameters.") from why
    return [(name.replace("\0", ""), value.replace("\0", "")) for name, value in pairs]


# --- the body ----------------------------------------------------------------------------------------


async def document(request: LeanRequest, limit: int = MIB) -> Document:
    """
    The body of a request as names and values, whichever of the accepted types it has.

    Values of forms are text, or a list of texts when the name was repeated.  No body means no names.

    :param limit: bytes; the site may have refused a smaller one before.
    :raise TooLarge: over the limit.  :raise UnsupportedMedia: a type that we do not read.
    :raise BadRequest: not what its type says.  :raise Invalid: JSON, but not an object.
    """
    body = request.content.read(limit + 1)
    if len(body) > limit:
        raise TooLarge()
    return parsed_document(request.header(b"Content-Type"), body)


def parsed_document(content_type: bytes | None, body: bytes) -> Document:
    """The same for a body at hand."""
    if not body:
        return {}
    kind, options = media_type(content_type)
    if kind in ("application/json", "application/activity+json", "application/ld+json"):
        return _json_object(body)
    if kind == FORM:
        return folded(_pairs(body))
    if kind == MULTIPART:
        return folded(_small_parts(options.get("boundary"), body))
    raise UnsupportedMedia(f'Unsupported media type "{kind}" in request.')


def media_type(header: bytes | None) -> tuple[str, dict[str, str]]:
    """A ``Content-Type``: the type in lower case (empty when there is none), and its parameters."""
    if header is None:
        return "", {}
    kind, options = parse_options_header(header.decode("latin-1"))
    return kind, options


def form_pairs(content_type: bytes | None, body: bytes, most: int) -> list[tuple[str, str]]:
    """
    The names and values of a form, in order; none of a body of another type.

    :param most: how many there may be.
    :raise BadRequest: more of them, or not what its type says.
    """
    kind, options = media_type(content_type)
    if kind == FORM:
        return _pairs(body, most)
    if kind == MULTIPART:
        return list(_small_parts(options.get("boundary"), body, most))
    return []


def _json_object(body: bytes) -> Document:
    """A JSON object."""
    try:
        value = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as why:
        raise BadRequest(f"JSON parse error - {why.msg} at character {why.pos}") from why
    if not isinstance(value, dict):
        raise Invalid({NON_FIELD: ["Invalid data. Expected a dictionary."]})
    if b"\\u0000" in body and _holds_nul(value):
        raise BadRequest("Null characters are not allowed.")
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deeper(value, DEEPEST):
        raise BadRequest("JSON parse error - nested too deeply")
    return value


def _is_deeper(value: object, levels: int) -> bool:
    """Whether lists and objects stand in each other more than so many levels deep."""
    if not isinstance(value, list | dict):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _holds_nul(value: object) -> bool:
    """Whether a text anywhere in the document holds a NUL, which no database would take."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if "\0" in text:
                return True
            case list() as items:
                waiting += items
            case dict() as names:
                waiting += [*names.keys(), *names.values()]
    return False


def folded(pairs: Iterable[tuple[str, str]]) -> Document:
    """Pairs as a document: the value of a name, or all its values when it was repeated."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: given if len(given) > 1 else given[0] for name, given in values.items()}


def multipart_parser(boundary: str | None, most_parts: int) -> PushMultipartParser:
    """
    A parser for a multipart body.

    :raise BadRequest: when the boundary is missing or cannot be one.
    """
    if boundary is not None and len(boundary) > 200:
        raise BadRequest("Multipart form parse error - invalid or missing boundary.")
    try:
        return PushMultipartParser((boundary or "").encode("latin-1", "replace"), max_segment_count=most_parts)
    except MultipartError as why:
        raise BadRequest("Multipart form parse error - invalid or missing boundary.") from why


def multipart_broken(why: MultipartError) -> BadRequest:
    """What to tell the sender of a multipart body that cannot be read."""
    if isinstance(why, ParserLimitReached):
        return BadRequest("Multipart form parse error - too many or too large parts.")
    return BadRequest("Multipart form parse error - the body is not what its type says.")


def plain_text(raw: bytes) -> str:
    """The value of a form field: undecodable bytes become U+FFFD, NUL is dropped."""
    return raw.decode("utf-8", "replace").replace("\0", "")


def _small_parts(boundary: str | None, body: bytes, most: int = MOST_PAIRS) -> Iterator[tuple[str, str]]:
    """The fields of a multipart form without files."""
    name = ""
    pieces: list[bytes] = []
    try:
        with multipart_parser(boundary, most) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    if event.filename is not None:
                        raise BadRequest("No file is expected here.")
                    name, pieces = plain_text((event.name or "").encode()), []
                elif event is None:
                    yield name, plain_text(b"".join(pieces))
                else:
                    pieces.append(event)
    except MultipartError as why:
        raise multipart_broken(why) from why
