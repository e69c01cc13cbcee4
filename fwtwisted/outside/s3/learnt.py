"""
What is learnt about a store by using it: its region, and what it does not take.

There is no table of providers.  What an answer, or ``storage check``, has shown is believed for a day, and kept in a
file beside the media, so that the other processes know it, and those who come after a restart.  The file is a hint: who
cannot read it learns again, and of two who write it at once one does.

Source: docs/storage.md S-85.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from uuid import uuid4

import orjson
from attrs import frozen
from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from fwtwisted.model.errors import NoRoom
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk

FILE = ".learnt"
BELIEVED_SECONDS = 86_400.0
LOOKED_SECONDS = 60.0  # what others have learnt is looked for no more often
_LARGEST_FILE = 1 << 20

NO, YES = "no", "yes"
ACL, CONDITION, CHECKSUM, UNFINISHED, ETAG = "acl", "if-none-match", "checksum", "unfinished", "etag-is-md5"


@frozen
class Fact:
    """Something that a store has shown.  :ivar moment: when, seconds since 1970."""

    value: str
    moment: float

    def holds(self, now: float) -> bool:
        """Whether it is still to be believed; a clock that was set back does not make it last."""
        return abs(now - self.moment) < BELIEVED_SECONDS


class Learnt:
    """
    What is known about one bucket at one endpoint.

    :param about: which.  :param folder: where the file lies.
    :param wall: seconds since 1970.
    """

    _log = Logger()

    def __init__(self, about: str, folder: str, threads: Threads, wall: Callable[[], float]) -> None:
        self._about, self._path, self._threads, self._wall = about, os.path.join(folder, FILE), threads, wall
        self._facts: dict[str, Fact] = {}
        self._looked_at: float | None = None
        self._one_at_a_time = DeferredLock()

    def get(self, what: str) -> str | None:
        """What was learnt, and is still believed."""
        fact = self._facts.get(what)
        return fact.value if fact is not None and fact.holds(self._wall()) else None

    def learn(self, what: str, value: str) -> None:
        """Remember; the others hear of it soon."""
        if self.get(what) != value:
            self._facts[what] = Fact(value, self._wall())
            self._one_at_a_time.run(self._wrote)

    def _wrote(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._write())

    async def _write(self) -> None:
        try:
            await self._threads(_write, self._path, self._about, dict(self._facts), self._wall())
        except (OSError, NoRoom) as why:
            self._log.info("what was learnt about the store is not kept: {why}", event="s3.unkept", why=str(why))

    async def look(self) -> None:
        """Hear what others have learnt, if it is time to."""
        now = self._wall()
        if self._looked_at is not None and abs(now - self._looked_at) < LOOKED_SECONDS:
            return
        self._looked_at = now
        told = (await self._threads(_read, self._path)).get(self._about, {})
        for what, fact in told.items():
            ours = self._facts.get(what)
            if ours is None or ours.moment < fact.moment:
                self._facts[what] = fact

    async def settle(self) -> None:
        """Wait until all that was learnt is written."""
        await self._one_at_a_time.run(_nothing)


class Manners:
    """What a store takes of what we would like to send.  :param checksums: ``auto``, ``on``, ``off``."""

    def __init__(self, learnt: Learnt, checksums: str) -> None:
        self.learnt, self._checksums = learnt, checksums

    @property
    def acl(self) -> bool:
        """Lists of who may read."""
        return self.learnt.get(ACL) != NO

    @property
    def if_none_match(self) -> bool:
        """Puts on condition that nothing is there."""
        return self.learnt.get(CONDITION) != NO

    @property
    def checksum(self) -> bool:
        """``x-amz-checksum-sha256``: unless told to, only where it was seen to be looked at (docs/storage.md §5.4)."""
        known = self.learnt.get(CHECKSUM)
        return known == YES if self._checksums == "auto" else self._checksums == "on" and known != NO

    @property
    def lists_unfinished(self) -> bool:
        """Whether uploads in parts can be found again."""
        return self.learnt.get(UNFINISHED) != NO

    @property
    def tags_are_digests(self) -> bool:
        """Whether the tag of what was put in one piece was seen to be its MD5 (S-10)."""
        return self.learnt.get(ETAG) == YES


def _nothing() -> None:
    """In its turn."""


def _read(path: str) -> dict[str, dict[str, Fact]]:
    """In a thread: everything in the file; nothing, when it is no such file."""
    try:
        with open(path, "rb") as stream:
            told = orjson.loads(stream.read(_LARGEST_FILE))
        return {about: {what: Fact(str(value), float(moment)) for what, (value, moment) in facts.items()}
                for about, facts in told.items()}  # fmt: skip
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(path: str, about: str, facts: Mapping[str, Fact], now: float) -> None:
    """In a thread: add to the file, and leave out what nobody believes any more.  :raise OSError:"""
    known = _read(path)
    known[about] = {**known.get(about, {}), **facts}
    told = {
        one: {what: (fact.value, fact.moment) for what, fact in those.items() if fact.holds(now)}
        for one, those in known.items()
    }
    disk.make_folders(os.path.dirname(path))
    coming = f"{path}.{uuid4()}"
    try:
        with open(coming, "xb") as stream:
            stream.write(orjson.dumps(told))
        os.replace(coming, path)
    finally:
        disk.gone(coming)
