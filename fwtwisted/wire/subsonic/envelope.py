"""
The envelope around every answer, in the three formats that apps ask for.

A payload is made of dicts, lists, texts, numbers and booleans, named as in JSON, and of pieces: objects that were
written in JSON before (``wire/subsonic/documents.py``).  XML is the same tree by rules: scalars become attributes,
objects and lists become child elements, and a few names, in the tables below, become text.

Source: docs/subsonic.md §4, rules 20 to 31.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

import orjson
from attrs import frozen
from orjson import Fragment

PROTOCOL = "1.16.1"
FUNKWHALE_VERSION = "1.4.0"  # whose API we speak
NAMESPACE = "http://subsonic.org/restapi"


@frozen
class Piece:
    """An object of an answer that was written before.  :ivar json: it."""

    json: bytes


Payload: TypeAlias = "Mapping[str, Any]"

# Elements whose scalars are elements with text, not attributes.
_SPELT_OUT = frozenset(("artistInfo", "artistInfo2", "albumInfo"))
# Elements whose ``value`` is their own text; where it has children beside it, it stays an attribute.
_SPEAKING = frozenset(("genre", "lyrics", "line", "cue"))
# The one list whose elements do not bear its name.
_RENAMED = {"agents": "agent"}

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML 1.0
_IN_ATTRIBUTES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_IN_TEXT = {"\r": "&#13;"}
_PLAIN = re.compile(r"[^&<>\"\x00-\x1f\ud800-\udfff\ufffe\uffff]*").fullmatch
CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,127}", re.ASCII)


MOST_KEPT = 4_000  # pieces that are kept as XML, some kilobyte each
LONG_BYTES = 16_384  # what is longer, letters of a large index, is kept apart
MOST_LONG = 64


class Format(enum.StrEnum):
    """``f=``: how an answer is written."""

    XML = "xml"
    JSON = "json"
    JSONP = "jsonp"

    @property
    def media_type(self) -> bytes:
        """What ``Content-Type`` says."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.XML: b"text/xml; charset=utf-8",
    Format.JSON: b"application/json",
    Format.JSONP: b"application/javascript; charset=utf-8",
}


@frozen
class Server:
    """
    Who answers: the head of every envelope.

    :ivar type: what the server calls itself; some apps behave by it.
    :ivar version: the server's own.  :ivar funkwhale_version: the one whose API it speaks.
    """

    type: str
    version: str
    funkwhale_version: str

    def head(self, status: str) -> Payload:
        """The fields that every answer begins with.  :param status: ``ok`` or ``failed``."""
        return {
            "status": status,
            "version": PROTOCOL,
            "type": self.type,
            "serverVersion": self.version,
            "openSubsonic": True,
            "funkwhaleVersion": self.funkwhale_version,
        }

    def ok(self, payload: Payload) -> Payload:
        """A whole answer that went well."""
        return {**self.head("ok"), **payload}

    def failed(self, code: int, message: str, help_url: str | None = None) -> Payload:
        """A whole answer that tells an error."""
        error: dict[str, Any] = {"code": code, "message": message}
        if help_url is not None:
            error["helpUrl"] = help_url
        return {**self.head("failed"), "error": error}


def written(response: Payload, format: Format, callback: str = "") -> bytes:
    """
    An answer as bytes.

    :param response: everything within ``subsonic-response``, the head first.
    :param callback: for :attr:`Format.JSONP`: a name that :data:`CALLBACK` matches.
    """
    if format is Format.XML:
        return xml(response)
    body = dumped({"subsonic-response": response})
    if format is Format.JSON:
        return body
    harmless = body.replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")
    return b"%b(%b)" % (callback.encode("ascii"), harmless)


def dumped(value: object) -> bytes:
    """JSON of something that may hold pieces."""
    return orjson.dumps(value, default=_fragment)


def _fragment(value: object) -> Fragment:
    if isinstance(value, Piece):
        return Fragment(value.json)
    raise TypeError(f"{type(value).__name__} is none of JSON's")


# --- XML ---------------------------------------------------------------------------------------------


def xml(response: Payload) -> bytes:
    """The answer as XML."""
    root = _element("subsonic-response", {"xmlns": NAMESPACE, **response})
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode()


def _element(name: str, value: Payload) -> str:
    """An object as an element."""
    speaks = name in _SPEAKING
    attributes, words = [f"<{name}"], ""
    children: list[str] = []
    for key, inner in value.items():
        if isinstance(inner, list | tuple):
            children.append(_several(_RENAMED.get(key, key), inner))
        elif isinstance(inner, Mapping):
            children.append(_element(key, inner))
        elif isinstance(inner, Piece):
            children.append(_of_piece(key, inner.json))
        elif speaks and key == "value":
            words = _in_text(inner)
        elif name in _SPELT_OUT:
            children.append(_spelt(key, inner))
        else:
            attributes.append(f' {key}="{_in_attribute(inner)}"')
    opened, inside = "".join(attributes), "".join(children)
    return f"{opened}>{words}{inside}</{name}>" if words or inside else f"{opened}/>"


def _of_piece(name: str, json: bytes) -> str:
    """What was written in JSON before, as an element; lists that are asked for again and again are made of the same."""
    return _of_long(name, json) if len(json) > LONG_BYTES else _of_short(name, json)


@lru_cache(MOST_KEPT)
def _of_short(name: str, json: bytes) -> str:
    return _element(name, orjson.loads(json))


@lru_cache(MOST_LONG)
def _of_long(name: str, json: bytes) -> str:
    return _element(name, orjson.loads(json))


def _several(name: str, values: list[Any] | tuple[Any, ...]) -> str:
    """A list as repeated elements."""
    return "".join([_one(name, value) for value in values])


def _one(name: str, value: object) -> str:
    if isinstance(value, Piece):
        return _of_piece(name, value.json)
    return _element(name, value) if isinstance(value, Mapping) else _spelt(name, value)


def _spelt(name: str, value: object) -> str:
    """A scalar as an element with text."""
    return f"<{name}>{_in_text(value)}</{name}>"


def _in_attribute(value: object) -> str:
    text = _text(value)
    return text if _PLAIN(text) else escape(_FORBIDDEN.sub("", text), _IN_ATTRIBUTES)


def _in_text(value: object) -> str:
    text = _text(value)
    return text if _PLAIN(text) else escape(_FORBIDDEN.sub("", text), _IN_TEXT)


def _text(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)
