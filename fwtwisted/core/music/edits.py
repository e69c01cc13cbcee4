"""
Changes to music that people suggest: made, decided on, applied.

::

    suggested ──approve──▶ approved ──job──▶ applied: the values that were there are kept beside the new ones
        └──────reject────▶ rejected          (a later yes is still possible; once applied, nothing is)

Anybody with an account may suggest, for objects that are at home here; their owners and those with the permission
``library`` decide.  A yes asks for a job in its own transaction; the job holds the object, writes the values that it
finds into ``previous_state`` and the new ones over them, in one transaction, and once.  Of two edits of one field the
one that is applied last wins, and its previous state tells of the other.  So every edit can be taken back by a new one
with the old values, pictures included: whatever a suggestion speaks of is not pruned.

Source: docs/api.md §4.14.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from attrs import frozen

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.pod.live import EVERYBODY, Tell
from fwtwisted.db import jobs
from fwtwisted.db.files import importing
from fwtwisted.db.jobs import Job, JobKind
from fwtwisted.db.music import catalog, edits
from fwtwisted.db.music.edits import NewMutation, Target
from fwtwisted.db.music.tags import set_tags
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.edits import EditQuestion, EditWish, Mutation
from fwtwisted.model.errors import Forbidden, Invalid, NotFound, Unauthenticated
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Pod, Viewer
from fwtwisted.wire.markup import content
from fwtwisted.wire.v1.edits import EditPage
from fwtwisted.wire.v1.edits import mutation as written

APPLY = "edits.apply"
LANE = "edits"


class AlreadyApplied(Forbidden):
    """Nothing can be decided any more."""

    text = "This mutation was already applied"


@frozen
class EditsSettings:
    """How much an edit may say.  :ivar most_tags: of one object."""

    most_tags: int = 30


class Edits:
    """What people suggest to change."""

    def __init__(
        self,
        database: Database,
        ring: Ring,
        tell: Tell,
        pod: Pod,
        settings: EditsSettings,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._ring, self._tell, self._pod = database, ring, tell, pod
        self.settings, self._occasions = settings, occasions

    # --- looking ---------------------------------------------------------------------------------

    async def listed(self, question: EditQuestion, limit: int, offset: int) -> tuple[int, EditPage]:
        """
        How many suggestions match, and one page of them.

        :raise NotFound: those of an object are asked for that does not exist.
        """

        async def read(tx: Tx) -> tuple[int, EditPage]:
            if question.target is not None and not await catalog.exists(tx, *question.target):
                raise NotFound
            count, found = await edits.page(tx, question, limit, offset)
            return count, await _with_authors(tx, found)

        return await self._database.read(read)

    async def one(self, uuid: UUID) -> EditPage:
        """A single suggestion.  :raise NotFound:"""

        async def read(tx: Tx) -> EditPage:
            return await _with_authors(tx, [await _known(tx, uuid)])

        return await self._database.read(read)

    # --- suggesting and deciding -----------------------------------------------------------------

    async def may_suggest(self, kind: Kind, id: int) -> None:
        """:raise NotFound: there is no such object.  :raise Forbidden: it is not at home here."""
        await self._database.read(lambda tx: self._changeable(tx, kind, id))

    async def suggest(self, viewer: Viewer, kind: Kind, id: int, wish: EditWish) -> EditPage:
        """
        Suggest a change; one that comes with its approval is applied right after.

        :raise NotFound: there is no such object.
        :raise Forbidden: it is another pod's, or the approval is not the viewer's to give.
        :raise Invalid: on ``cover``: the picture is not the viewer's to use.
        """
        author = _somebody(viewer)
        uuid = uuid4()

        async def work(tx: Tx) -> EditPage:
            target = await self._changeable(tx, kind, id)
            if wish.is_approved and not _may_decide(viewer, target):
                raise Forbidden
            await _check_cover(tx, kind, id, author, wish)
            approved_by = author if wish.is_approved else None
            fid = self._pod.fid(f"edits/{uuid}")
            await edits.add(tx, NewMutation(uuid, fid, kind, id, author, approved_by, wish.summary, wish.payload))
            if wish.is_approved:
                await self._ask(tx, uuid)
            made = await _with_authors(tx, [await _known(tx, uuid)])
            await self._announce(tx, "mutation.created", made)
            return made

        return await self._database.transaction(work)

    async def decide(self, viewer: Viewer, uuid: UUID, *, yes: bool) -> None:
        """
        Approve or reject a suggestion; an approved one is applied right after.

        :raise NotFound:  :raise Forbidden: it is not the viewer's to decide.  :raise AlreadyApplied:
        """
        decider = _somebody(viewer)

        async def work(tx: Tx) -> None:
            before = await _known(tx, uuid, edits.locked)
            if not await self._decides(tx, viewer, before):
                raise Forbidden
            if before.is_applied:
                raise AlreadyApplied
            await edits.decide(tx, before.id, decider, yes=yes)
            if yes:
                await self._ask(tx, uuid)
            now = await _with_authors(tx, [await _known(tx, uuid)])
            told = {"old_is_approved": before.is_approved, "new_is_approved": yes}
            await self._announce(tx, "mutation.updated", now, told)

        await self._database.transaction(work)

    async def withdraw(self, viewer: Viewer, uuid: UUID) -> None:
        """
        Forget a suggestion, by its author or by who may decide on it.

        :raise NotFound:  :raise Forbidden: it is neither.  :raise AlreadyApplied:
        """
        author = _somebody(viewer)

        async def work(tx: Tx) -> None:
            found = await _known(tx, uuid, edits.locked)
            if found.created_by_id != author and not await self._decides(tx, viewer, found):
                raise Forbidden
            if found.is_applied:
                raise AlreadyApplied
            await edits.remove(tx, found.id)

        await self._database.transaction(work)

    async def _changeable(self, tx: Queries, kind: Kind, id: int) -> Target:
        target = await edits.target(tx, kind, id)
        if target is None:
            raise NotFound
        if not target.fid.startswith(f"{self._pod.url}/"):
            raise Forbidden("Only what is at home on this pod can be edited here.")
        return target

    async def _decides(self, tx: Queries, viewer: Viewer, found: Mutation) -> bool:
        target = await edits.target(tx, found.kind, found.target_id)
        return target is not None and _may_decide(viewer, target)

    async def _announce(self, tx: Tx, type: str, page: EditPage, more: Mapping[str, Any] | None = None) -> None:
        """Have everybody told once this is committed."""
        [found] = page.mutations
        message = {
            "type": type,
            "mutation": written(found, page.authors),
            "pending_review_count": await edits.undecided(tx),
            **(more or {}),
        }
        tx.after_commit(self._tell, EVERYBODY, message)

    # --- applying --------------------------------------------------------------------------------

    async def _ask(self, tx: Tx, uuid: UUID) -> None:
        await jobs.ask(tx, APPLY, LANE, {"mutation": str(uuid)}, key=str(uuid))
        jobs.ring_for(tx, self._ring, LANE)

    async def _apply(self, job: Job) -> None:
        """
        Apply an approved suggestion, unless that has happened or nobody wants it any more.

        What was approved for the same object before it, and waits still (its worker died), is applied first: the last
        word stays the last.
        """
        uuid = UUID(job.args["mutation"])

        async def work(tx: Tx) -> None:
            asked = await edits.mutation(tx, uuid)
            # The object first: whoever removes it takes the rows in this order, too.
            if asked is None or await edits.lock_target(tx, asked.kind, asked.target_id) is None:
                return
            for found in await edits.waiting(tx, asked.kind, asked.target_id):
                await self._apply_one(tx, found)

        await self._database.transaction(work)

    async def _apply_one(self, tx: Tx, found: Mutation) -> None:
        """Apply a suggestion whose object is held."""
        target = await edits.lock_target(tx, found.kind, found.target_id)
        if target is None:
            return
        before = await _state(tx, found.kind, target)
        done = await _write(tx, found)
        await edits.applied(tx, found.id, {name: before[name] for name in done})
        await self._occasions.edited(tx, found.kind, found.target_id)
        tx.touch("catalog")

    def jobs(self) -> Mapping[str, JobKind]:
        """See ``worker``."""
        return {APPLY: JobKind(LANE, self._apply)}


def _somebody(viewer: Viewer) -> int:
    if viewer.actor_id is None or viewer.account_id is None:
        raise Unauthenticated
    return viewer.actor_id


def _may_decide(viewer: Viewer, target: Target) -> bool:
    """Its owner, and whoever looks after the pod's music."""
    return "library" in viewer.permissions or viewer.actor_id == target.attributed_to_id


async def _known(tx: Tx, uuid: UUID, look: Callable[[Tx, UUID], Any] = edits.mutation) -> Mutation:
    found: Mutation | None = await look(tx, uuid)
    if found is None:
        raise NotFound
    return found


async def _with_authors(tx: Queries, found: list[Mutation]) -> EditPage:
    ids = sorted({one.created_by_id for one in found if one.created_by_id is not None})
    return EditPage(found, await people.actors(tx, ids) if ids else {})


async def _check_cover(tx: Tx, kind: Kind, id: int, author: int, wish: EditWish) -> None:
    """:raise Invalid: on ``cover``, when the picture is not there, or not the author's to use."""
    picture = wish.payload.get("cover")
    if picture is None:
        return
    await importing.lock(tx)  # nobody prunes the picture while the suggestion that needs it is still unseen
    if not await edits.may_be_cover(tx, kind, id, UUID(picture), author):
        raise Invalid.on("cover", f"Object with uuid={picture} does not exist.")


# --- values --------------------------------------------------------------------------------------


async def _state(tx: Tx, kind: Kind, target: Target) -> Mapping[str, Any]:
    """All fields of an object as ``previous_state`` tells them."""
    tags = await catalog.tags(tx, kind, [target.id])
    plain = {
        "name": target.name,
        "title": target.name,
        "release_date": target.release_date.isoformat() if target.release_date else None,
        "position": target.position,
        "license": target.license,
        "copyright": target.copyright,
        "cover": str(target.cover) if target.cover else None,
    }
    return {
        **{name: {"value": value} for name, value in plain.items()},
        "tags": list(tags.get(target.id, ())),
        "description": content(target.description, target.description_type),
    }


async def _write(tx: Tx, found: Mutation) -> list[str]:
    """Write a suggestion's values; the names of those that could be: a picture may have been removed meanwhile."""
    kind, id, new = found.kind, found.target_id, dict(found.payload)
    done = list(new)
    if "cover" in new:
        picture = new.pop("cover")
        if not await edits.set_cover(tx, kind, id, UUID(picture) if picture else None):
            done.remove("cover")
    if "tags" in new:
        await set_tags(tx, kind, id, new.pop("tags"))
    if "description" in new:
        text = new["description"] or {}
        new |= {"description": text.get("text"), "description_type": text.get("content_type")}
    await edits.change(tx, kind, id, new)
    return done
