"""Whom of ours an activity of another server reaches, and what of ours or of theirs it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.reports import NAMED_BY, Reference, TargetKind


@frozen
class InboxOwner:
    """An actor of ours.  :ivar is_gone: was one."""

    id: int
    is_gone: bool


INBOX_OWNER = """
    SELECT id, type = 'Tombstone' FROM actor
     WHERE lower(preferred_username) = lower(%s) AND domain = %s AND private_key IS NOT NULL
"""


async def inbox_owner(tx: Queries, username: str, domain: str) -> InboxOwner | None:
    """Whose inbox this is."""
    return await tx.maybe(InboxOwner, INBOX_OWNER, username, domain)


# --- what of ours is followed --------------------------------------------------------------------


@frozen
class Target:
    """
    Something of ours that can be followed.

    :ivar actor_id: or ``library_id``: what it is.
    :ivar answers_id: the actor who says yes or no.  :ivar owner_id: the actor of whoever decides; None: nobody does.
    :ivar is_open: nobody has to be asked.  :ivar is_blocking: the owner wants nothing of who asks.
    :ivar is_taken: the id of the follow is another one's.
    """

    actor_id: int | None
    library_id: int | None
    answers_id: int
    owner_id: int | None
    is_open: bool
    is_blocking: bool
    is_taken: bool


@frozen
class Wanted:
    """Whom or what somebody wishes to follow, by its id, and the id of the Follow."""

    fid: str
    follower_id: int
    follow_fid: str


_TAKEN = """
    EXISTS (SELECT FROM follow
             WHERE follow.fid = wanted.follow_fid AND NOT (follow.actor_id = wanted.follower_id AND {target}))
"""
_BLOCKING = """
    EXISTS (SELECT FROM user_block JOIN account AS blocker ON blocker.id = user_block.account_id
             WHERE user_block.target_id = wanted.follower_id AND blocker.actor_id = {owner})
"""
_KNOWN = "EXISTS (SELECT FROM follow WHERE follow.actor_id = wanted.follower_id AND {target})"
TARGETS = f"""
    WITH wanted AS (
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[]) WITH ORDINALITY
                      AS wanted (fid, follower_id, follow_fid, place))
    SELECT wanted.place, {_KNOWN.format(target="follow.target_actor_id = actor.id")},
           actor.id, NULL::bigint, actor.id, coalesce(channel.attributed_to_id, account.actor_id),
           channel.id IS NOT NULL OR coalesce(account.privacy_level = 'everyone', false),
           {_BLOCKING.format(owner="coalesce(channel.attributed_to_id, actor.id)")},
           {_TAKEN.format(target="follow.target_actor_id IS NOT DISTINCT FROM actor.id")}
      FROM wanted
      JOIN actor ON actor.fid = wanted.fid AND actor.private_key IS NOT NULL AND actor.type <> 'Tombstone'
      LEFT JOIN channel ON channel.actor_id = actor.id
      LEFT JOIN account ON account.actor_id = actor.id AND account.is_active
     UNION ALL
    SELECT wanted.place, {_KNOWN.format(target="follow.target_library_id = library.id")},
           NULL, library.id, owner.id, owner.id, library.privacy_level = 'everyone',
           {_BLOCKING.format(owner="owner.id")},
           {_TAKEN.format(target="follow.target_library_id IS NOT DISTINCT FROM library.id")}
      FROM wanted
      JOIN library ON library.fid = wanted.fid AND NOT library.is_channel
      JOIN actor AS owner ON owner.id = library.actor_id AND owner.private_key IS NOT NULL
"""


async def targets(tx: Queries, wanted: Sequence[Wanted]) -> list[tuple[bool, Target] | None]:
    """
    What of ours is wanted, each as who wishes to follow it finds it; None: nothing of ours.

    :return: with each whether that follows it already, or has asked for it.
    """

    def made(place: int, is_known: bool, *columns: Any) -> tuple[int, tuple[bool, Target]]:
        return place, (is_known, Target(*columns))

    columns = ([one.fid for one in wanted], [one.follower_id for one in wanted], [one.follow_fid for one in wanted])
    found = dict(await tx.many(made, TARGETS, *columns)) if wanted else {}
    return [found.get(place) for place in range(1, len(wanted) + 1)]


@frozen
class Wish:
    """A follow of something of ours by somebody elsewhere.  :ivar approved: None: waiting."""

    id: int
    uuid: UUID
    approved: bool | None


HOLD_WISH = """
    SELECT id, uuid, approved FROM follow
     WHERE actor_id = %s AND (target_actor_id = %s OR target_library_id = %s)
       FOR UPDATE
"""


async def hold_wish(tx: Tx, follower_id: int, wanted: Target) -> Wish | None:
    """Their follow of it, held until this transaction ends."""
    return await tx.maybe(Wish, HOLD_WISH, follower_id, wanted.actor_id, wanted.library_id)


@frozen
class NewWish:
    """A follow as it is first written.  :ivar fid: given to it by who follows."""

    uuid: UUID
    fid: str
    follower_id: int
    target: Target
    approved: bool | None


ADD_WISHES = """
    INSERT INTO follow (uuid, fid, actor_id, target_actor_id, target_library_id, approved)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[])
 RETURNING id, uuid, approved
"""


async def add_wishes(tx: Tx, new: Sequence[NewWish]) -> list[Wish]:
    """Write new follows; the transaction must touch ``libraries``.  :return: in their order."""
    rows = ((w.uuid, w.fid, w.follower_id, w.target.actor_id, w.target.library_id, w.approved) for w in new)
    found = await tx.many(Wish, ADD_WISHES, *map(list, zip(*rows, strict=True))) if new else []
    by_uuid = {wish.uuid: wish for wish in found}
    return [by_uuid[wish.uuid] for wish in new]


RENEW_WISH = "UPDATE follow SET fid = %s, approved = %s WHERE id = %s RETURNING id, uuid, approved"


async def renew_wish(tx: Tx, wish_id: int, fid: str, approved: bool | None) -> Wish:
    """They ask again, by another id perhaps; the transaction must touch ``libraries``."""
    return await tx.one(Wish, RENEW_WISH, fid, approved, wish_id)


FOLLOWS = """
    SELECT EXISTS (SELECT FROM follow WHERE actor_id = %s AND target_actor_id = %s AND approved)
"""


async def follows(tx: Queries, follower_id: int, actor_id: int) -> bool:
    """Whether one actor follows another."""
    return await tx.one(bool, FOLLOWS, follower_id, actor_id)


BLOCKS = """
    SELECT EXISTS (SELECT FROM user_block JOIN account ON account.id = user_block.account_id
                    WHERE user_block.target_id = %s AND account.actor_id = %s)
"""


async def blocks(tx: Queries, reader_id: int, actor_id: int) -> bool:
    """Whether one of our people wants nothing to do with an actor."""
    return await tx.one(bool, BLOCKS, actor_id, reader_id)


WISH_OF = """
    SELECT follow.uuid FROM follow
     WHERE follow.actor_id = %s
       AND (follow.fid = %s
            OR follow.target_actor_id = (SELECT id FROM actor WHERE fid = %s AND private_key IS NOT NULL)
            OR follow.target_library_id = (SELECT library.id FROM library
                                             JOIN actor AS owner ON owner.id = library.actor_id
                                            WHERE library.fid = %s AND owner.private_key IS NOT NULL))
     ORDER BY follow.fid = %s DESC LIMIT 1
       FOR UPDATE
"""


async def wish_of(tx: Tx, follower_id: int, fid: str | None, target_fid: str | None) -> UUID | None:
    """The follow by an actor that has this id, or is of what of ours has that; held."""
    return await tx.maybe(lambda uuid: uuid, WISH_OF, follower_id, fid, target_fid, target_fid, fid)


UNFOLLOW = "DELETE FROM follow WHERE uuid = %s"


async def unfollow(tx: Tx, uuid: UUID) -> None:
    """Remove a follow; the transaction must touch ``libraries``."""
    await tx.do(UNFOLLOW, uuid)


# --- what our people asked for -------------------------------------------------------------------


@frozen
class Asked:
    """
    Somebody here wishes to follow something elsewhere.

    :ivar library_id: or ``target_id``: what, a library or an actor.  :ivar target_fid: its id.
    """

    id: int
    uuid: UUID
    fid: str
    follower_id: int
    follower_fid: str
    library_id: int | None
    target_id: int | None
    target_fid: str
    approved: bool | None


_ASKED = """
    SELECT follow.id, follow.uuid, follow.fid, follower.id, follower.fid, library.id, target.id,
           coalesce(library.fid, target.fid), follow.approved
      FROM follow
      JOIN actor AS follower ON follower.id = follow.actor_id AND follower.private_key IS NOT NULL
      LEFT JOIN library ON library.id = follow.target_library_id
      LEFT JOIN actor AS target ON target.id = follow.target_actor_id
     WHERE (target.id = %s OR library.actor_id = %s)
"""
ASKED_BY_ENDS = f"{_ASKED} AND follower.fid = %s AND coalesce(library.fid, target.fid) = %s FOR UPDATE OF follow"
ASKED_BY_FID = f"{_ASKED} AND follow.fid = %s FOR UPDATE OF follow"


async def asked_by_ends(tx: Tx, answers_id: int, follower_fid: str, target_fid: str) -> Asked | None:
    """The follow by one of ours of what ``answers_id`` is or owns, by who and what; held."""
    return await tx.maybe(Asked, ASKED_BY_ENDS, answers_id, answers_id, follower_fid, target_fid)


async def asked_by_fid(tx: Tx, answers_id: int, fid: str) -> Asked | None:
    """The same by its id."""
    return await tx.maybe(Asked, ASKED_BY_FID, answers_id, answers_id, fid)


# --- what of ours is reported --------------------------------------------------------------------

REPORTED = """
    SELECT CASE WHEN channel.id IS NULL THEN 'account' ELSE 'channel' END,
           coalesce(channel.uuid::text, actor.preferred_username || '@' || actor.domain)
      FROM actor LEFT JOIN channel ON channel.actor_id = actor.id WHERE actor.fid = %s AND actor.type <> 'Tombstone'
     UNION ALL
    SELECT 'artist', id::text FROM artist WHERE fid = %s
     UNION ALL
    SELECT 'album', id::text FROM album WHERE fid = %s
     UNION ALL
    SELECT 'track', id::text FROM track WHERE fid = %s
     UNION ALL
    SELECT 'library', uuid::text FROM library WHERE fid = %s AND NOT is_channel
     UNION ALL
    SELECT 'track', track_id::text FROM upload WHERE fid = %s AND track_id IS NOT NULL
"""


async def reported(tx: Queries, fid: str) -> Reference | None:
    """What a report points at by this id; of a file, its track."""

    def made(kind: str, name: str) -> Reference:
        return Reference(TargetKind(kind), int(name) if NAMED_BY[kind] == "id" else name)

    return next(iter(await tx.many(made, REPORTED, *[fid] * 6)), None)
