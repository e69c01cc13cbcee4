"""Suggested changes: kept, listed, decided on, and what applying one writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.conditions import NOTHING, Condition, all_of, same_letters, token_conditions
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.edits import EditQuestion, Mutation
from fwtwisted.model.music import Kind

_COLUMNS = """
    mutation.id, mutation.uuid, mutation.fid, mutation.type,
    CASE WHEN mutation.artist_id IS NOT NULL THEN 'artist' WHEN mutation.album_id IS NOT NULL THEN 'album'
         ELSE 'track' END,
    coalesce(mutation.artist_id, mutation.album_id, mutation.track_id),
    coalesce(artist.name, album.title, track.title),
    mutation.created_by_id, mutation.approved_by_id, mutation.is_approved, mutation.is_applied, mutation.summary,
    mutation.payload, mutation.previous_state, mutation.creation_date, mutation.applied_date
"""
_FROM = """
      FROM mutation
      LEFT JOIN artist ON artist.id = mutation.artist_id
      LEFT JOIN album ON album.id = mutation.album_id
      LEFT JOIN track ON track.id = mutation.track_id
"""


def _mutation(id: int, uuid: UUID, fid: str, type: str, kind: str, *rest: Any) -> Mutation:
    return Mutation(id, uuid, fid, type, Kind(kind), *rest)


ONE = f"SELECT {_COLUMNS} {_FROM} WHERE mutation.uuid = %s"
LOCKED = f"{ONE} FOR UPDATE OF mutation"


async def mutation(tx: Queries, uuid: UUID) -> Mutation | None:
    """A suggestion by its uuid."""
    return await tx.maybe(_mutation, ONE, uuid)


async def locked(tx: Tx, uuid: UUID) -> Mutation | None:
    """The same, held until the transaction ends."""
    return await tx.maybe(_mutation, LOCKED, uuid)


# --- lists ---------------------------------------------------------------------------------------

TARGETS = {
    Kind.ARTIST: "mutation.artist_id",
    Kind.ALBUM: "mutation.album_id",
    Kind.TRACK: "mutation.track_id",
}
# Addresses and types have neither capitals nor accents.
SEARCHED = {"summary": "mutation.folded_summary", "fid": "mutation.fid", "type": "mutation.type"}
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "null": None, "none": None}
LARGEST_ID_DIGITS = 18


def _about(text: str) -> Condition:
    """``track``, or ``track 12``."""
    name, *numbers = text.lower().split()[:3] or [""]
    if name not in tuple(Kind):
        return NOTHING
    column = TARGETS[Kind(name)]
    if not numbers:
        return Condition(f"{column} IS NOT NULL")
    number = numbers[0] if len(numbers) == 1 else ""
    if not (number.isascii() and number.isdigit() and len(number) <= LARGEST_ID_DIGITS):
        return NOTHING
    return Condition(f"{column} = %s", (int(number),))


WAITING = f"""
    SELECT {_COLUMNS} {_FROM}
     WHERE {{column}} = %s AND mutation.is_approved AND mutation.is_applied IS NOT TRUE
     ORDER BY mutation.id FOR UPDATE OF mutation
"""


async def waiting(tx: Tx, kind: Kind, target_id: int) -> list[Mutation]:
    """What was approved for an object and is not applied yet, in the order of suggesting, held."""
    return await tx.many(_mutation, WAITING.format(column=TARGETS[kind]), target_id)


# Each as an index can answer it.
DECIDED = {
    truth: Condition(f"mutation.is_approved IS {word}")
    for truth, word in ((True, "true"), (False, "false"), (None, "NULL"))
}


def _decided(text: str) -> Condition:
    word = text.lower()
    return DECIDED[TRUTHS[word]] if word in TRUTHS else NOTHING


def _is_applied(truth: bool) -> Condition:
    return Condition("coalesce(mutation.is_applied, false) = %s", (truth,))


def _applied(text: str) -> Condition:
    word = text.lower()
    return _is_applied(bool(TRUTHS[word])) if word in TRUTHS else NOTHING


def _from_domain(text: str) -> Condition:
    made_by = same_letters("actor.domain")(text)
    return Condition(f"mutation.created_by_id IN (SELECT id FROM actor WHERE {made_by.sql})", made_by.values)


FILTERED: Mapping[str, Callable[[str], Condition]] = {
    "domain": _from_domain,
    "is_approved": _decided,
    "is_applied": _applied,
    "target": _about,
}


def _conditions(question: EditQuestion) -> Iterator[Condition]:
    if question.target is not None:
        kind, id = question.target
        yield Condition(f"{TARGETS[kind]} = %s", (id,))
    if question.is_approved is not None:
        yield DECIDED[question.is_approved.value]
    if question.is_applied is not None:
        yield _is_applied(question.is_applied)
    if question.type is not None:
        yield Condition("mutation.type = %s", (question.type,))
    if question.q is not None:
        yield from token_conditions(question.q, SEARCHED, FILTERED)


async def page(tx: Queries, question: EditQuestion, limit: int, offset: int) -> tuple[int, list[Mutation]]:
    """How many suggestions match, and one page of them; the newest first unless asked otherwise."""
    where = all_of(_conditions(question))
    way = "ASC" if question.oldest_first else "DESC"
    sql = f"""SELECT {_COLUMNS} {_FROM} WHERE {where.sql}
               ORDER BY mutation.creation_date {way}, mutation.id {way} LIMIT %s OFFSET %s"""
    found = await tx.many(_mutation, sql, *where.values, limit, offset)
    return await tx.one(int, f"SELECT count(*) FROM mutation WHERE {where.sql}", *where.values), found


UNDECIDED = "SELECT count(*) FROM mutation WHERE is_approved IS NULL"


async def undecided(tx: Queries) -> int:
    """How many suggestions wait for somebody to decide."""
    return await tx.one(int, UNDECIDED)


# --- the life of a suggestion --------------------------------------------------------------------


@frozen
class NewMutation:
    """A suggestion to be kept.  :ivar approved_by_id: who says yes to it right away."""

    uuid: UUID
    fid: str
    kind: Kind
    target_id: int
    created_by_id: int
    approved_by_id: int | None
    summary: str | None
    payload: Mapping[str, Any]


ADD = {
    kind: f"""
    INSERT INTO mutation (uuid, fid, {kind}_id, created_by_id, approved_by_id, is_approved, summary, payload)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
    for kind in Kind
}


async def add(tx: Tx, new: NewMutation) -> None:
    """Keep a suggestion."""
    approved = True if new.approved_by_id is not None else None
    await tx.do(
        ADD[new.kind],
        new.uuid,
        new.fid,
        new.target_id,
        new.created_by_id,
        new.approved_by_id,
        approved,
        new.summary,
        dict(new.payload),
    )


DECIDE = "UPDATE mutation SET is_approved = %s, approved_by_id = %s WHERE id = %s"


async def decide(tx: Tx, id: int, by: int, *, yes: bool) -> None:
    """Somebody says yes or no."""
    await tx.do(DECIDE, yes, by, id)


APPLIED = "UPDATE mutation SET is_applied = true, applied_date = now(), previous_state = %s WHERE id = %s"


async def applied(tx: Tx, id: int, previous: Mapping[str, Any]) -> None:
    """It was applied; what was there before."""
    await tx.do(APPLIED, dict(previous), id)


REMOVE = "DELETE FROM mutation WHERE id = %s"


async def remove(tx: Tx, id: int) -> None:
    """Forget a suggestion."""
    await tx.do(REMOVE, id)


# --- what they are about -------------------------------------------------------------------------


@frozen
class Target:
    """
    An object that may be changed, field by field.

    :ivar name: an artist's name, or the title of the others.
    :ivar cover: the picture's uuid.
    """

    id: int
    fid: str
    attributed_to_id: int | None
    name: str
    description: str | None
    description_type: str | None
    cover: UUID | None
    release_date: date | None = None
    position: int | None = None
    license: str | None = None
    copyright: str | None = None


_OWN_COLUMNS = {
    Kind.ARTIST: "target.name, target.description, target.description_type, attachment.uuid",
    Kind.ALBUM: "target.title, target.description, target.description_type, attachment.uuid, target.release_date",
    Kind.TRACK: """target.title, target.description, target.description_type, attachment.uuid, NULL::date,
                   target.position, target.license, target.copyright""",
}
TARGET = {
    kind: f"""
    SELECT target.id, target.fid, target.attributed_to_id, {columns}
      FROM {kind} AS target LEFT JOIN attachment ON attachment.id = target.cover_id
     WHERE target.id = %s
"""
    for kind, columns in _OWN_COLUMNS.items()
}
LOCK_TARGET = {kind: f"{sql} FOR NO KEY UPDATE OF target" for kind, sql in TARGET.items()}


async def target(tx: Queries, kind: Kind, id: int) -> Target | None:
    """An object as it is."""
    return await tx.maybe(Target, TARGET[kind], id)


async def lock_target(tx: Tx, kind: Kind, id: int) -> Target | None:
    """The same, which nobody else changes until the transaction ends."""
    return await tx.maybe(Target, LOCK_TARGET[kind], id)


COLUMNS = ("name", "title", "release_date", "position", "license", "copyright", "description", "description_type")
CHANGED = {Kind.ARTIST: ", modification_date = now()", Kind.ALBUM: "", Kind.TRACK: ""}


async def change(tx: Tx, kind: Kind, id: int, values: Mapping[str, object]) -> None:
    """Write new values over an object's own columns (:data:`COLUMNS`, as far as the kind has them)."""
    known = {name: value for name, value in values.items() if name in COLUMNS}
    if known:
        setting = ", ".join(f"{name} = %s" for name in known)
        await tx.do(f"UPDATE {kind} SET {setting}{CHANGED[kind]} WHERE id = %s", *known.values(), id)


SET_COVER = {
    kind: f"""
    WITH picture AS (UPDATE attachment SET used = true WHERE uuid = %s RETURNING id)
    UPDATE {kind} SET cover_id = picture.id FROM picture WHERE {kind}.id = %s
"""
    for kind in Kind
}
NO_COVER = {kind: f"UPDATE {kind} SET cover_id = NULL WHERE id = %s" for kind in Kind}


async def set_cover(tx: Tx, kind: Kind, id: int, picture: UUID | None) -> bool:
    """Give an object another picture, or none; False, and nothing is changed, when the picture is gone."""
    if picture is None:
        return await tx.do(NO_COVER[kind], id) == 1
    return await tx.do(SET_COVER[kind], picture, id) == 1


# A picture that somebody may suggest as a cover: one's own, or one that this object has or had.
MAY_BE_COVER = {
    kind: f"""
    SELECT EXISTS (SELECT FROM attachment
                    WHERE attachment.uuid = %s AND attachment.file IS NOT NULL
                      AND (attachment.actor_id = %s
                           OR attachment.id = (SELECT cover_id FROM {kind} WHERE id = %s)
                           OR EXISTS (SELECT FROM mutation
                                       WHERE mutation.{kind}_id = %s
                                         AND mutation.previous_state -> 'cover' ->> 'value' = attachment.uuid::text)))
"""
    for kind in Kind
}


async def may_be_cover(tx: Queries, kind: Kind, id: int, picture: UUID, actor_id: int) -> bool:
    """Whether somebody may suggest this picture as the object's cover."""
    return await tx.one(bool, MAY_BE_COVER[kind], picture, actor_id, id, id)
