"""
The journal of an entry: what it is a copy of, and what of it is here.

One record a line, each behind its own checksum; records are only ever added.  A line that was torn by a crash, or that
somebody damaged, is as if it had never been written: at worst a slice is fetched again.

========  =====================================  ============================================================
record    holds                                  means
========  =====================================  ============================================================
entry     the facts                              the first line; without it there is no entry
have      number, digest                         a slice is on the disk
lost      number                                 it turned out to be other bytes
at        number, offset                         somebody is fetching a slice and has come so far
valid     time                                   the store said that it still has the same
missing   time                                   the store said that it has nothing any more
proven    SHA-256                                the whole is what the database says it is
========  =====================================  ============================================================

Times are seconds since 1970.  Source: docs/storage.md S-62 to S-64.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any, TypeAlias

from attrs import asdict, define, field, frozen

Record: TypeAlias = "list[Any]"


@frozen
class Facts:
    """
    What an entry is a copy of.

    :ivar key: bucket and key.  :ivar etag: the store's own.
    :ivar modified: when the object was, as the store tells it.
    """

    key: str
    slice_bytes: int
    size: int
    etag: str | None
    modified: float | None
    media_type: str | None
    created: float

    @property
    def count(self) -> int:
        """Of slices."""
        return -(-self.size // self.slice_bytes)


def line(*record: Any) -> bytes:
    """A record as it is written.  It begins with a new line, in case the one before was torn."""
    told = json.dumps(record, separators=(",", ":")).encode()
    return b"\n%08x %s\n" % (zlib.crc32(told), told)


def entry_line(facts: Facts) -> bytes:
    """The record that an entry begins with."""
    return line("entry", asdict(facts))


def records(raw: bytes) -> Iterator[Record]:
    """Every record that is whole."""
    for one in raw.split(b"\n"):
        checksum, _, told = one.partition(b" ")
        try:
            if int(checksum, 16) == zlib.crc32(told):
                record = json.loads(told)
                if isinstance(record, list):
                    yield record
        except ValueError:
            continue


@define
class State:
    """
    What the journal adds up to.

    :ivar slices: digests of those that are here, by number.
    :ivar fetching: how far somebody is with a slice, and the number of the record that said so.
    """

    facts: Facts
    validated: float
    slices: dict[int, bytes] = field(factory=dict)
    fetching: dict[int, int] = field(factory=dict)
    missing_since: float | None = None
    proven: str | None = None

    def take(self, record: Record) -> None:
        """Learn from a record.  :raise ValueError: it makes no sense."""
        match record:
            case ["have", int(number), str(digest)] if 0 <= number < self.facts.count:
                self.slices[number] = bytes.fromhex(digest)
                self.fetching.pop(number, None)
            case ["lost", int(number)]:
                self.slices.pop(number, None)
                self.proven = None
            case ["at", int(number), int(offset)]:
                self.fetching[number] = offset
            case ["valid", int() | float() as moment]:
                self.validated = max(self.validated, moment)
                self.missing_since = None
            case ["missing", int() | float() as moment]:
                self.missing_since = moment
            case ["proven", str(digest)]:
                self.proven = digest
            case _:
                raise ValueError("a record that nobody writes")


def read(raw: bytes) -> State | None:
    """The state that a whole journal tells; None when it tells of no entry."""
    told = records(raw)
    first = next(told, None)
    try:
        if first is None or first[0] != "entry":
            return None
        facts = Facts(**first[1])
    except (LookupError, TypeError):
        return None
    state = State(facts, facts.created)
    learn(state, told)
    state.fetching.clear()  # whoever that was may be long gone
    return state


def learn(state: State, told: Iterator[Record]) -> None:
    """Take every record that makes sense."""
    for record in told:
        try:
            state.take(record)
        except ValueError:
            continue
