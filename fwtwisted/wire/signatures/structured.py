"""
Structured fields, as far as signatures use them: dictionaries of lists with parameters and of bytes.

What a member looks like in the header is kept (:attr:`Member.raw`), since signatures sign the very letters that were
sent.  Anything that the grammar does not know is refused; nothing is guessed.

Source: RFC 8941; for the letters that are signed, RFC 9421 §2.3.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from fwtwisted.wire.signatures.received import Unsound

LONGEST = 16 * 1024  # characters of a header
MOST_MEMBERS = 32

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,3})?")
_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_BOOLEAN = re.compile(r"\?([01])")


class Token(str):
    """A word without quotes."""


Bare: TypeAlias = "int | float | str | Token | bytes | bool"


@frozen
class Item:
    """One value and its parameters."""

    value: Bare
    parameters: Mapping[str, Bare]


@frozen
class Member:
    """
    One entry of a dictionary.

    :ivar items: of an inner list; None where the member is a single item.
    :ivar value: of a single item; of a list, nothing that means anything.
    :ivar parameters: of the list or of the item.
    :ivar raw: all of it, as it was sent.
    """

    items: tuple[Item, ...] | None
    value: Bare
    parameters: Mapping[str, Bare]
    raw: str


def dictionary(header: str) -> dict[str, Member]:
    """
    The members of a dictionary, in order.

    A name that occurs twice is refused, although the grammar would let the last one win: two readers of one signature
    must not see two.

    :raise Unsound: it is none.
    """
    if len(header) > LONGEST:
        raise Unsound("a header of the signature is too long")
    reading = _Reading(header)
    members: dict[str, Member] = {}
    reading.blanks()
    while not reading.is_over:
        name = reading.key()
        if name in members or len(members) == MOST_MEMBERS:
            raise Unsound(f"the header names {name} twice, or too much")
        members[name] = reading.member()
        reading.blanks()
        if reading.is_over:
            break
        reading.expect(",")
        reading.blanks()
        if reading.is_over:
            raise Unsound("a header of the signature ends with a comma")
    return members


class _Reading:
    """Goes through a header from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._text)

    def blanks(self) -> None:
        """Pass over what may stand around commas."""
        while self._next() in (" ", "\t"):
            self._at += 1

    def expect(self, sign: str) -> None:
        """Pass over this sign.  :raise Unsound: there is another."""
        if self._next() != sign:
            raise Unsound("a header of the signature cannot be read")
        self._at += 1

    def key(self) -> str:
        return self._match(_KEY)[0]

    def member(self) -> Member:
        """What stands behind a name."""
        start = self._at
        if self._next() != "=":
            parameters = self._parameters()  # a name alone is true
            return Member(None, True, parameters, "")
        self._at += 1
        start = self._at
        if self._next() == "(":
            items = self._inner_list()
            parameters = self._parameters()
            return Member(items, True, parameters, self._text[start : self._at])
        value = self._bare()
        parameters = self._parameters()
        return Member(None, value, parameters, self._text[start : self._at])

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise Unsound("a header of the signature cannot be read")
        self._at = found.end()
        return found

    def _inner_list(self) -> tuple[Item, ...]:
        self.expect("(")
        items: list[Item] = []
        while True:
            while self._next() == " ":
                self._at += 1
            if self._next() == ")":
                self._at += 1
                return tuple(items)
            if len(items) == MOST_MEMBERS:
                raise Unsound("the signature names too much")
            value = self._bare()
            items.append(Item(value, self._parameters()))
            if self._next() not in (" ", ")"):
                raise Unsound("a header of the signature cannot be read")

    def _parameters(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self._next() == ";":
            self._at += 1
            while self._next() == " ":
                self._at += 1
            name = self.key()
            if name in found or len(found) == MOST_MEMBERS:
                raise Unsound(f"the signature says {name} twice, or too much")
            found[name] = True
            if self._next() == "=":
                self._at += 1
                found[name] = self._bare()
        return found

    def _bare(self) -> Bare:
        sign = self._next()
        if sign == '"':
            return re.sub(r"\\(.)", r"\1", self._match(_STRING)[1])
        if sign == ":":
            return _decoded(self._match(_BYTES)[1])
        if sign == "?":
            return self._match(_BOOLEAN)[1] == "1"
        if sign == "-" or sign.isdigit():
            number = self._match(_NUMBER)[0]
            return float(number) if "." in number else int(number)
        return Token(self._match(_TOKEN)[0])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as why:
        raise Unsound("a header of the signature is not base64") from why


def quoted(text: str) -> str:
    """A string as structured fields write it; plain ASCII only."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encoded(value: bytes) -> str:
    """Bytes as structured fields write them."""
    return f":{base64.b64encode(value).decode('ascii')}:"
