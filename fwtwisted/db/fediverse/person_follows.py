"""Follows of people: who wishes to hear of whom.  Channels are followed by subscribing to them (``db.podcasts``)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import frozen

from fwtwisted.db.people import people
from fwtwisted.db.people.people import actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.fediverse import PersonFollow, PersonStanding
from fwtwisted.model.people import Actor, Privacy

_NO_CHANNEL = "NOT EXISTS (SELECT FROM channel WHERE channel.actor_id = {}.id)"

# --- whom ----------------------------------------------------------------------------------------

_PERSON = f"""
    SELECT {actor_columns()} FROM actor
     WHERE actor.type <> 'Tombstone' AND {_NO_CHANNEL.format("actor")}
       AND (actor.private_key IS NULL
            OR EXISTS (SELECT FROM account WHERE account.actor_id = actor.id AND account.is_active))
"""
PERSON_AT = f"{_PERSON} AND actor.fid = %s"
PERSON_NAMED = f"{_PERSON} AND lower(actor.preferred_username) = lower(%s) AND actor.domain = %s"


async def person_at(tx: Queries, fid: str) -> Actor | None:
    """Somebody who can be followed: no channel, and nobody who is gone."""
    return await tx.maybe(Actor, PERSON_AT, fid)


async def person_named(tx: Queries, username: str, domain: str) -> Actor | None:
    """The same by name, in any case of letters."""
    return await tx.maybe(Actor, PERSON_NAMED, username, domain.lower())


LEVEL = "SELECT privacy_level FROM account WHERE actor_id = %s"


async def level(tx: Queries, actor_id: int) -> Privacy | None:
    """To whom somebody here shows what they do; None: they are not from here."""
    return await tx.maybe(Privacy, LEVEL, actor_id)


# --- following -----------------------------------------------------------------------------------

ADD = """
    INSERT INTO follow (uuid, fid, actor_id, target_actor_id, approved) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
 RETURNING id
"""


async def add(tx: Tx, uuid: UUID, fid: str, actor_id: int, target_id: int, approved: bool | None) -> int | None:
    """
    The id of a new follow of a person; None when the actor has one already.

    The transaction must touch the area ``libraries``.
    """
    return await tx.maybe(int, ADD, uuid, fid, actor_id, target_id, approved)


LOCK_OWN = f"""
    SELECT follow.id FROM follow JOIN actor AS target ON target.id = follow.target_actor_id
     WHERE follow.uuid = %s AND follow.actor_id = %s AND {_NO_CHANNEL.format("target")}
       FOR UPDATE OF follow
"""


async def lock_own(tx: Tx, uuid: UUID, actor_id: int) -> int | None:
    """The key of an actor's follow of a person, held until the transaction ends."""
    return await tx.maybe(int, LOCK_OWN, uuid, actor_id)


# --- looking -------------------------------------------------------------------------------------


@frozen
class _Row:
    uuid: UUID
    actor_id: int
    approved: bool | None
    creation_date: datetime
    target_id: int


_FROM = f"FROM follow JOIN actor AS target ON target.id = follow.target_actor_id AND {_NO_CHANNEL.format('target')}"
_FOLLOW = f"SELECT follow.uuid, follow.actor_id, follow.approved, follow.creation_date, target.id {_FROM}"
ONE_OF = f"{_FOLLOW} WHERE follow.uuid = %s AND (follow.actor_id = %s OR target.id = %s)"
_ANSWERED: Final = "follow.approved IS NOT FALSE AND (%s::boolean IS NULL OR follow.approved = %s)"
MINE: Final = f"follow.actor_id = %s AND {_ANSWERED}"
OF_ME: Final = f"target.id = %s AND {_ANSWERED}"


async def one_of(tx: Queries, uuid: UUID, actor_id: int) -> PersonFollow | None:
    """A follow by the actor, or of them."""
    return next(iter(await _whole(tx, await tx.many(_Row, ONE_OF, uuid, actor_id, actor_id))), None)


async def many(
    tx: Queries, where: str, actor_id: int, approved: bool | None, oldest_first: bool, limit: int, offset: int
) -> tuple[int, list[PersonFollow]]:
    """
    How many follows there are but for refused ones, and one page of them.

    :param where: :data:`MINE` or :data:`OF_ME`.  :param approved: only those that are, or not yet; None: both.
    """
    asked = (actor_id, approved, approved)
    way = "ASC" if oldest_first else "DESC"
    count = await tx.one(int, f"SELECT count(*) {_FROM} WHERE {where}", *asked)
    page = f"{_FOLLOW} WHERE {where} ORDER BY follow.creation_date {way}, follow.id {way} LIMIT %s OFFSET %s"
    return count, await _whole(tx, await tx.many(_Row, page, *asked, limit, offset) if count else [])


STANDINGS = f"""
    SELECT follow.uuid, target.fid, follow.approved {_FROM} WHERE follow.actor_id = %s ORDER BY follow.id DESC
"""


async def standings(tx: Queries, actor_id: int) -> list[PersonStanding]:
    """All people whom the actor follows or wishes to, the latest first."""
    return await tx.many(PersonStanding, STANDINGS, actor_id)


async def _whole(tx: Queries, rows: list[_Row]) -> list[PersonFollow]:
    who = {id for row in rows for id in (row.actor_id, row.target_id)}
    actors = await people.actors(tx, sorted(who)) if who else {}
    return [
        PersonFollow(row.uuid, actors[row.actor_id], row.approved, row.creation_date, actors[row.target_id])
        for row in rows
    ]
