"""
Where stored bytes come from when they do not lie on this disk: the seam between an object store and whoever reads it.

Two stand above it: the source that sends an object as it comes, and the disk cache that keeps slices of it.  Below it
is the client of the store.  Whoever asks gets an answer that was understood already: a status that means what it says,
a range that is the one asked for, headers as values.  What can be mended (a store that is busy, a connection that
breaks in the middle, a wrong clock, keys that were changed) is mended below and never seen here.

Bytes are *pulled*: :meth:`Body.next` gives the next piece, at once or later, and nothing is read from the store for
somebody who does not ask.  So a body goes into ``pouring.pour`` as it is, and into a file as fast as the disk takes it.

Source: docs/storage.md §5.5, §7, §10.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from attrs import frozen
from twisted.internet.defer import Deferred

from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.wire.http import Outlet, Span


class StoreAway(Unavailable):
    """
    The store did not answer, or not sensibly, however often it was asked.

    :ivar why: for the log, with no secret in it.
    """

    text = "The media store cannot be reached at the moment."

    def __init__(self, why: str, retry_after: int = 30) -> None:
        super().__init__(retry_after=retry_after)
        self.why = why


class Unseen(NotFound):
    """Nothing lies there that our key may see: without the right to list, what is missing is forbidden (S-45)."""


class Changed(Exception):
    """The object is another than the one that was named by ``if_match``: start over.  Source: S-12, S-66."""


class CutShort(EOFError):
    """The bytes ended too early and could not be continued; what was handed over is right as far as it goes."""


class WrongBytes(CutShort):
    """All bytes came, and they are not those that were stored.  The last piece was held back.  Source: S-52, S-65."""


@frozen
class Seen:
    """
    What the store says of an object.

    :ivar size: of the whole, bytes.
    :ivar etag: the store's own, with its quotes, for ``if_match`` only; None when it told none.
    :ivar modified: aware UTC.
    :ivar sha256: hex, as we wrote it beside the bytes once: a hint, never a proof (S-3).
    """

    size: int
    etag: str | None = None
    modified: datetime | None = None
    media_type: str | None = None
    sha256: str | None = None


class Body(Protocol):
    """Bytes on their way from the store.  It resumes by itself where the connection breaks (S-50)."""

    def next(self) -> bytes | Deferred[bytes]:
        """
        The next piece; empty at the end.  One at a time; a Deferred may be cancelled, which ends everything.

        :raise CutShort: the end came too early and nothing helped.  :raise Changed: meanwhile it is another object.
        """

    def gently(self) -> None:
        """Hold little for the reader, who may be slow; else as much as makes it quick."""

    def haul(self, outlet: Outlet) -> Deferred[None] | None:
        """
        Have the kernel bring what comes next straight to the outlet, as far as that goes; then ask for the next piece.

        :return: fires when that is done, fails with the outlet's reason; None: it cannot be, take the pieces.
        """

    def close(self) -> None:
        """Want no more; harmless when repeated, needed unless the end was reached."""


@frozen
class Fetched:
    """
    Bytes of an object.

    :ivar whole: the object.
    :ivar span: what the body holds, all of it or none.
    """

    whole: Seen
    span: Span
    body: Body


class Origin(Protocol):
    """A place that has objects by the names that the database knows."""

    async def fetch(
        self, name: str, first: int = 0, last: int | None = None, *, if_match: str | None = None
    ) -> Fetched:
        """
        Bytes ``first`` to ``last`` (inclusive; None: to the end), cut where the object ends.

        Answers when the store has said what comes; the body is the asker's to read or close.

        :param if_match: the tag that the object must still have.
        :raise NotFound: nothing lies there, or nothing that our key may see.
        :raise Changed: it has another tag.
        :raise StoreAway: nobody knows.
        :raise ValueError: ``first`` lies behind the end of the object.
        """

    async def head(self, name: str) -> Seen:
        """What lies there.  Raises as :meth:`fetch`."""
