"""
Answers of HTTP/1.1, read as their bytes come, within bounds.  Pure.

For connections on which little is said and much of it: an answer is a head, and a body whose end is told by
``Content-Length``, by chunks, or by the end of the connection.  Informal answers before it (1xx) are passed over.

Source: RFC 9112; docs/federation.md §8.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

LARGEST_HEAD = 32 * 1024
LONGEST_CHUNK_LINE = 1024

_FIRST_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n\0]*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,8}")
_NUMBER = re.compile(r"[0-9]{1,15}")
_BLANK = b"\r\n\r\n"


class BadAnswer(Exception):
    """This is no answer of HTTP/1.1."""


class LongHead(BadAnswer):
    """Its head is larger than any answer needs."""


class AnswerReader:
    """
    Reads one answer.

    :param largest: bytes of the body; the rest is cut off.
    :ivar status: 0: not known yet.  :ivar headers: by lower-case name; of several the last.
    :ivar is_whole: it is over.
    :ivar may_go_on: the connection is fit for a further question, once it is over.
    """

    def __init__(self, largest: int, largest_head: int = LARGEST_HEAD) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.is_whole, self.may_go_on = False, False
        self._largest, self._head_room = largest, largest_head
        self._waiting, self._body = bytearray(), bytearray()
        self._due = 0  # bytes of the body, or of this chunk, that are still to come
        self._step: Callable[[], bool] = self._head

    @property
    def body(self) -> bytes:
        """What there is of it."""
        return bytes(self._body)

    def feed(self, data: bytes) -> bool:
        """
        Take what came; whether the answer is whole now.

        :raise BadAnswer: it is none.
        """
        self._waiting += data
        while not self.is_whole and self._step():
            pass
        if self.is_whole and self._waiting:
            self.may_go_on = False  # nobody asked for more
        return self.is_whole

    def ended(self) -> bool:
        """The connection is over; whether the answer is whole."""
        self.is_whole = self.is_whole or self._step == self._endless
        return self.is_whole

    # --- the head --------------------------------------------------------------------------------

    def _head(self) -> bool:
        at = self._waiting.find(_BLANK)
        size = len(self._waiting) if at < 0 else at + len(_BLANK)
        if size > self._head_room:
            raise LongHead
        if at < 0:
            return False
        self._head_room -= size
        lines = bytes(self._waiting[:at]).split(b"\r\n")
        del self._waiting[:size]
        first = _FIRST_LINE.fullmatch(lines[0])
        if first is None:
            raise BadAnswer
        status, headers = int(first[2]), _headers(lines[1:])
        if status == 101:
            raise BadAnswer  # nobody asked for another protocol
        if status >= 200:
            self.status, self.headers = status, headers
            self.may_go_on = first[1] == b"1" and "close" not in headers.get("connection", "").lower()
            self._begin_body()
        return True

    def _begin_body(self) -> None:
        coding, length = self.headers.get("transfer-encoding"), self.headers.get("content-length")
        if self.status in (204, 304):
            self.is_whole = True
        elif coding is not None:
            self._step = self._chunk_line if coding.strip().lower() == "chunked" else self._endless
            self.may_go_on = self.may_go_on and length is None
        elif length is not None:
            if _NUMBER.fullmatch(length) is None:
                raise BadAnswer
            self._due, self._step = int(length), self._counted
        else:
            self._step = self._endless

    # --- the body --------------------------------------------------------------------------------

    def _take(self, most: int) -> bool:
        """Move bytes to the body; whether there is room for more."""
        taken = self._waiting[:most]
        self._body += taken[: self._largest - len(self._body)]
        del self._waiting[: len(taken)]
        self._due -= len(taken)
        if len(self._body) >= self._largest and self._due != 0:
            self.is_whole, self.may_go_on = True, False
        return not self.is_whole

    def _counted(self) -> bool:
        if self._take(self._due) and self._due == 0:
            self.is_whole = True
        return False

    def _endless(self) -> bool:
        self.may_go_on = False
        self._due = -1
        self._take(len(self._waiting))
        return False

    def _chunk_line(self) -> bool:
        line = self._line()
        if line is None:
            return False
        size = line.partition(b";")[0].strip()
        if _HEX.fullmatch(size) is None:
            raise BadAnswer
        self._due = int(size, 16)
        self._step = self._chunk if self._due else self._trailer
        return True

    def _chunk(self) -> bool:
        if not self._take(self._due) or self._due:
            return False
        self._step = self._chunk_end
        return True

    def _chunk_end(self) -> bool:
        if len(self._waiting) < 2:
            return False
        if self._waiting[:2] != b"\r\n":
            raise BadAnswer
        del self._waiting[:2]
        self._step = self._chunk_line
        return True

    def _trailer(self) -> bool:
        line = self._line()
        if line is None:
            return False
        self._head_room -= len(line) + 2
        if self._head_room < 0:
            raise LongHead
        self.is_whole = not line
        return True

    def _line(self) -> bytes | None:
        at = self._waiting.find(b"\r\n")
        if max(at, len(self._waiting) if at < 0 else 0) > LONGEST_CHUNK_LINE:
            raise BadAnswer
        if at < 0:
            return None
        line = bytes(self._waiting[:at])
        del self._waiting[: at + 2]
        return line


def _headers(lines: list[bytes]) -> dict[str, str]:
    """By lower-case name.  :raise BadAnswer: a line is none, or two lengths differ."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t") and name:  # an old way to write long values
            found[name] += " " + line.strip().decode("latin-1")
            continue
        key, colon, value = line.partition(b":")
        if not colon or _NAME.fullmatch(key) is None:
            raise BadAnswer
        name, text = key.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")
        if name == "content-length" and found.get(name, text) != text:
            raise BadAnswer
        found[name] = text
    return found
