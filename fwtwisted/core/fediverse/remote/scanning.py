"""
Walking through libraries elsewhere: page by page, as somebody who may look into them.

::

    a follow is accepted, somebody asks, it is Monday ──▶ a walk is written down ──▶ job
      the library's document ── cannot be had: errored
         └─▶ its first page ──▶ kept, counted, what comes next written down ──▶ … ──▶ finished
               └─ cannot be had: again in one, two, four … minutes, five times; then errored

A walk that was cut off, by a crash or by the other server, goes on with the page that it had not done; so does one that
took so long that others have their turn first, be its server slow or its library large.  What a whole walk without
errors did not meet is no longer there, and is removed here as well.  In a library that gets smaller meanwhile, things
move to pages that were read already, and its last pages vanish: the walk begins once more.

Source: docs/federation.md §2.7, §5.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from attrs import evolve, frozen
from twisted.logger import Logger

from fwtwisted.core.fediverse.asking import AskFailed
from fwtwisted.core.fediverse.remote.actors import AskDocument
from fwtwisted.core.fediverse.remote.objects import Taken
from fwtwisted.core.fediverse.remote.outboxes import LARGEST_PAGE
from fwtwisted.core.fediverse.remote.removing import remove_uploads
from fwtwisted.db import jobs
from fwtwisted.db.fediverse import scans
from fwtwisted.db.fediverse.scans import Walk
from fwtwisted.db.jobs import Job, JobKind, Later, Schedule
from fwtwisted.db.music import libraries
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, ShutOut
from fwtwisted.model.fediverse import Scan
from fwtwisted.model.people import Actor, Library, Privacy
from fwtwisted.model.remote import SaidLibrary, SaidPage
from fwtwisted.wire.activitypub.reading import Doc, collections
from fwtwisted.wire.activitypub.reading.places import LONGEST_URL, same_origin

SCAN, SCAN_ALL = "libraries.scan", "libraries.scan_all"
LANE = "fetch"
MOST_TRIES = 5
FIRST_REST = 60.0  # seconds, before a page is asked for again; doubled each time
FURTHER_PAGES = 10  # beyond those that a library says that it has
MOST_PAGES = 20_000  # whatever it says
MOST_REPEATS = 3  # from the beginning, of a library that gets smaller and smaller
SOME = 500
TURN_SECONDS = 60.0  # that a walk has of a hand, before others go first
SPREAD_SECONDS = 3_600.0  # over which the weekly walks begin
MISSING = (404, 410)


class Taking(Protocol):
    """Keeps what is elsewhere: ``remote.objects``."""

    async def take_library(self, document: Mapping[str, Any], url: str) -> Library: ...

    async def take_many(
        self, documents: Sequence[Mapping[str, Any]], *, sender: Actor, library: Library, as_actor: int | None = None
    ) -> Taken: ...


class _Over(Exception):
    """A walk cannot be gone on with, in words."""


@frozen
class _Label:
    """What a library says of itself.  :ivar document: so, as it came from ``url``."""

    said: SaidLibrary
    document: Mapping[str, Any]
    url: str


@frozen
class _End:
    """
    Where a walk ends.

    :ivar total: how much there is, as the last page says that says so.
    :ivar missing: the page that should have come next is not there.
    """

    total: int | None = None
    missing: AskFailed | None = None

    def is_surprising(self, walk: Walk) -> bool:
        """Whether there is less than there was."""
        return self.missing is not None or (self.total is not None and self.total < walk.total)


class Scanning:
    """Looks through libraries elsewhere."""

    _log = Logger()

    def __init__(
        self, database: Database, ask: AskDocument, objects: Taking, ring: Ring, now: Callable[[], datetime]
    ) -> None:
        self._database, self._ask, self._objects, self._ring, self._now = database, ask, objects, ring, now

    async def ask(
        self, tx: Tx, library_id: int, actor_id: int | None, due_in: float = 0.0, *, afresh: bool = False
    ) -> Scan | None:
        """
        Have a library looked through after the commit.

        :param afresh: also when it was looked through today.
        :return: the walk; None while there is one that began within a day.
        """
        found = await scans.ask(tx, library_id, actor_id, afresh=afresh)
        if found is None:
            return None
        id, scan = found
        await jobs.ask(tx, SCAN, LANE, {"scan": id}, key=str(library_id), due_in=due_in)
        jobs.ring_for(tx, self._ring, LANE)
        return scan

    # --- one walk --------------------------------------------------------------------------------

    async def scan(self, job: Job) -> None:
        """Begin a walk, or go on with it.  :raise Later: the other server does not answer, or others go first."""
        id = job.args["scan"]
        walk = await self._database.transaction(lambda tx: scans.set_out(tx, id))
        if walk is None:
            return
        try:
            await self._walk(walk)
        except AskFailed as why:
            await self._stumbled(id, why)
        except (Invalid, ShutOut, _Over) as why:
            await self._end(id, str(why))

    async def _walk(self, walk: Walk) -> None:
        until = self._now() + timedelta(seconds=TURN_SECONDS)
        library, signer = await self._as_whom(walk)
        if walk.next_page is None:
            library, walk = await self._begin(walk, await self._label(library, signer))
        end = await self._through(walk, library, signer, until)
        for _ in range(MOST_REPEATS):
            if not (walk.is_of_today and end.is_surprising(walk)):
                break
            label = await self._label(library, signer)
            if label.said.total >= walk.total:
                break
            library, walk = await self._begin(walk, label)
            end = await self._through(walk, library, signer, until)
        if end.missing is not None and not await self._database.read(lambda tx: scans.has_met_all(tx, walk.id)):
            raise end.missing
        await self._finish(walk, end.total or 0)

    async def _through(self, walk: Walk, library: Library, signer: int | None, until: datetime) -> _End:
        """Read page after page.  :raise _Over: they lead astray, or nowhere.  :raise AskFailed:  :raise Later:"""
        url, pages, most, seen = walk.next_page, walk.pages, walk.most_pages, set[str]()
        end = _End()
        while url is not None and url not in seen and (most is None or pages < most):
            seen.add(url)
            try:
                page = await self._page(url, library, signer)
            except AskFailed as why:
                if not pages or why.status_code not in MISSING:
                    raise
                return evolve(end, missing=why)
            end = end if page.total is None else _End(page.total)
            most = most or _most_pages(walk.total if end.total is None else end.total, page)
            await self._take(walk, page, library, signer, most)
            pages, url = pages + 1, page.next
            if url is not None and self._now() > until:
                raise Later(0, "others have their turn")
        if url is not None:
            raise _Over("There are more pages than there can be.")
        return end

    async def _page(self, url: str, library: Library, signer: int | None) -> SaidPage:
        answer = await self._ask(url, as_actor=signer, largest=LARGEST_PAGE, fresh=True)
        if not same_origin(answer.url, library.fid):
            raise _Over("Its pages lie on another server.")
        page = collections.page(Doc(answer.document), library.fid)
        if page.part_of not in (None, library.fid):
            raise _Over("This is a page of another library.")
        return page

    async def _as_whom(self, walk: Walk) -> tuple[Library, int | None]:
        """The library, and who looks into it: one of ours who may, else the pod where anybody may."""

        async def work(tx: Tx) -> tuple[list[Library], int | None]:
            found = await libraries.libraries_by_ids(tx, [walk.library_id])
            return found, await scans.signer(tx, walk.library_id, walk.actor_id)

        [library], signer = await self._database.read(work)
        if signer is None and library.privacy_level is not Privacy.EVERYONE:
            raise _Over("Nobody here may look into this library.")
        return library, signer

    async def _label(self, known: Library, signer: int | None) -> _Label:
        """What the library says of itself now.  :raise _Over: nothing."""
        try:
            answer = await self._ask(known.fid, as_actor=signer, fresh=True)
        except AskFailed as why:
            raise _Over(str(why)) from why
        said = collections.library(Doc(answer.document))
        if said.fid != known.fid:
            raise _Over("Another library is at its address.")
        return _Label(said, answer.document, answer.url)

    async def _begin(self, walk: Walk, label: _Label) -> tuple[Library, Walk]:
        """Stand before the first page, whatever was read before."""
        library = await self._objects.take_library(label.document, label.url)
        said = label.said
        await self._database.transaction(lambda tx: scans.begun(tx, walk.id, said.total, said.first))
        return library, evolve(walk, total=said.total, next_page=said.first, pages=0, most_pages=None, tries=0)

    async def _take(self, walk: Walk, page: SaidPage, library: Library, signer: int | None, most: int) -> None:
        taken = await self._objects.take_many(page.items, sender=library.owner, library=library, as_actor=signer)
        errors, onward = len(taken.errors) + page.strange, page.next
        for id, why in taken.errors[:1]:  # a line for each would be a way to fill the disk
            self._log.info(
                "{count} items of library {library} are passed over, {id} among them: {why}",
                event="scanning.invalid", count=errors, library=library.id, id=id[:LONGEST_URL], why=str(why),
            )  # fmt: skip
        await self._database.transaction(lambda tx: scans.walked(tx, walk.id, taken.ids, errors, onward, most))

    async def _finish(self, walk: Walk, total: int) -> None:
        """Remove what was not met, some at a time, and say that it is over."""

        async def some(tx: Tx) -> int:
            gone = await scans.unmet(tx, walk.id, total, SOME)
            return await remove_uploads(tx, gone, self._ring)

        while await self._database.transaction(some):
            pass
        await self._database.transaction(lambda tx: scans.finished(tx, walk.id))
        self._log.info("library {id} is looked through", event="scanning.finished", id=walk.library_id)

    # --- trouble ---------------------------------------------------------------------------------

    async def _stumbled(self, id: int, why: AskFailed) -> None:
        """A page could not be had.  :raise Later: it may be had some other time."""
        walk = await self._database.transaction(lambda tx: scans.set_out(tx, id))
        if walk is None:
            return
        if not why.is_passing or walk.tries >= MOST_TRIES:
            await self._end(id, str(why))
            return
        await self._database.transaction(lambda tx: scans.stumbled(tx, id))
        raise Later(FIRST_REST * 2**walk.tries, str(why))

    async def _end(self, id: int, why: str) -> None:
        self._log.info("a library cannot be looked through: {why}", event="scanning.errored", why=why)
        await self._database.transaction(lambda tx: scans.errored(tx, id, why))

    # --- all of them -----------------------------------------------------------------------------

    async def scan_all(self, _: Job) -> None:
        """Have every library elsewhere looked through that somebody here follows, spread over an hour."""
        after = 0
        while found := await self._database.read(partial(scans.followed, after=after, limit=SOME)):
            await self._database.transaction(partial(self._ask_all, ids=found))
            after = found[-1]
        await self._database.transaction(scans.prune)

    async def _ask_all(self, tx: Tx, ids: Sequence[int]) -> None:
        for id in ids:
            await self.ask(tx, id, None, due_in=id * 61.0 % SPREAD_SECONDS)

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {
            SCAN: JobKind(LANE, self.scan, time_limit=None),
            SCAN_ALL: JobKind(LANE, self.scan_all),
        }

    def schedules(self) -> Mapping[str, Schedule]:
        """Weekly, as docs/federation.md §5.2 has it."""
        return {SCAN_ALL: Schedule(SCAN_ALL, LANE, next_monday_at_two)}


def _most_pages(total: int, page: SaidPage) -> int:
    """How many pages a library can have that says how much is in it."""
    return min(MOST_PAGES, -(-total // max(1, len(page.items))) + FURTHER_PAGES)


def next_monday_at_two(now: datetime) -> datetime:
    """The beat of the weekly walks."""
    two = now.astimezone(UTC).replace(hour=2, minute=0, second=0, microsecond=0)
    days = -two.weekday() % 7
    moment = two + timedelta(days=days)
    return moment if moment > now else moment + timedelta(days=7)
