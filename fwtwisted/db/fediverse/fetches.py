"""Look-ups that people asked for, and what addresses of this pod lead to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.fediverse import Fetch, FetchStatus, Found, Outcome, Thing
from fwtwisted.model.people import Actor

# --- what an address leads to --------------------------------------------------------------------

# Every name is what clients know the thing by: see Found.  An upload is found by those who may see its library.
BY_FID = """
    SELECT 'artist' AS kind, id, id::text AS name FROM artist WHERE fid = %s
     UNION ALL
    SELECT 'album', id, id::text FROM album WHERE fid = %s
     UNION ALL
    SELECT 'track', id, id::text FROM track WHERE fid = %s
     UNION ALL
    SELECT 'library', id, uuid::text FROM library WHERE fid = %s AND NOT is_channel
     UNION ALL
    SELECT 'upload', id, uuid::text FROM upload WHERE fid = %s AND library_id = ANY(%s)
"""


def _found(kind: str, id: int, name: str) -> Found:
    thing = Thing(kind)
    return Found(thing, id, int(name) if thing in (Thing.ARTIST, Thing.ALBUM, Thing.TRACK) else name)


async def by_fid(tx: Queries, fid: str, visible: Collection[int]) -> Found | None:
    """The object of this federation id, but for actors; uploads only in the libraries ``visible``."""
    return next(iter(await tx.many(_found, BY_FID, fid, fid, fid, fid, fid, list(visible))), None)


BY_NUMBER = {kind: f"SELECT '{kind}', id, id::text FROM {kind} WHERE id = %s" for kind in ("artist", "album", "track")}
BY_UUID = {
    "library": "SELECT 'library', id, uuid::text FROM library WHERE uuid = %s AND NOT is_channel",
    "channel": "SELECT 'channel', id, uuid::text FROM channel WHERE uuid = %s",
}


async def by_number(tx: Queries, kind: Thing, id: int) -> Found | None:
    """An artist, an album or a track by its number."""
    return await tx.maybe(_found, BY_NUMBER[kind], id)


async def by_uuid(tx: Queries, kind: Thing, uuid: UUID) -> Found | None:
    """A library or a channel by its uuid."""
    return await tx.maybe(_found, BY_UUID[kind], uuid)


# An actor is an account to those who ask, or the channel that speaks through it.
_PERSONA = """
    SELECT CASE WHEN channel.id IS NULL THEN 'account' ELSE 'channel' END, coalesce(channel.id, actor.id),
           coalesce(channel.uuid::text, actor.preferred_username || '@' || actor.domain)
      FROM actor LEFT JOIN channel ON channel.actor_id = actor.id
     WHERE actor.type <> 'Tombstone'
"""
BY_HANDLE = f"{_PERSONA} AND lower(actor.preferred_username) = lower(%s) AND actor.domain = %s"
BY_ACTOR_FID = f"{_PERSONA} AND actor.fid = %s"


async def by_handle(tx: Queries, username: str, domain: str) -> Found | None:
    """The account or channel ``username@domain``."""
    return await tx.maybe(_found, BY_HANDLE, username, domain.lower())


async def by_actor_fid(tx: Queries, fid: str) -> Found | None:
    """The account or channel of this federation id."""
    return await tx.maybe(_found, BY_ACTOR_FID, fid)


IS_LOCAL = {kind: f"SELECT fid FROM {kind} WHERE id = %s" for kind in ("artist", "album", "track")}


async def fid_of(tx: Queries, kind: Thing, id: int) -> str | None:
    """The federation id of an artist, an album or a track; None when there is none."""
    return await tx.maybe(str, IS_LOCAL[kind], id)


# --- look-ups ------------------------------------------------------------------------------------

_WIDTH = 8
# What was found may be gone, or renamed, by now.
_NAME = """
    CASE lookup.object_kind
        WHEN 'artist' THEN (SELECT id::text FROM artist WHERE id = lookup.object_id)
        WHEN 'album' THEN (SELECT id::text FROM album WHERE id = lookup.object_id)
        WHEN 'track' THEN (SELECT id::text FROM track WHERE id = lookup.object_id)
        WHEN 'library' THEN (SELECT uuid::text FROM library WHERE id = lookup.object_id)
        WHEN 'upload' THEN (SELECT uuid::text FROM upload WHERE id = lookup.object_id)
        WHEN 'channel' THEN (SELECT uuid::text FROM channel WHERE id = lookup.object_id)
        WHEN 'account' THEN (SELECT preferred_username || '@' || domain FROM actor WHERE id = lookup.object_id)
    END
"""
_FETCH = f"""
    SELECT lookup.id, lookup.url, lookup.status, lookup.detail, lookup.creation_date, lookup.fetch_date,
           lookup.object_kind, lookup.object_id, {_NAME}, {actor_columns("asker")}
      FROM lookup JOIN actor AS asker ON asker.id = lookup.actor_id
"""


def _fetch(*columns: Any) -> Fetch:
    id, url, status, detail, created, fetched, kind, object_id = columns[:_WIDTH]
    name, actor = columns[_WIDTH], Actor(*columns[_WIDTH + 1 : _WIDTH + 1 + ACTOR_WIDTH])
    found = _found(kind, object_id, name) if kind is not None and name is not None else None
    return Fetch(id, url, actor, FetchStatus(status), detail, created, fetched, found)


ADD_FETCH = "INSERT INTO lookup (actor_id, url) VALUES (%s, %s) RETURNING id"


async def add(tx: Tx, actor_id: int, url: str) -> int:
    """The id of a new look-up, which waits."""
    return await tx.one(int, ADD_FETCH, actor_id, url)


SETTLE = """
    UPDATE lookup SET status = %s, detail = %s, object_kind = %s, object_id = %s, fetch_date = now() WHERE id = %s
"""


async def settle(tx: Tx, id: int, outcome: Outcome) -> None:
    """Write down how a look-up ended."""
    detail: Mapping[str, Any] = dict(outcome.detail)
    kind, object_id = (outcome.found.kind.value, outcome.found.id) if outcome.found is not None else (None, None)
    await tx.do(SETTLE, outcome.status.value, detail, kind, object_id, id)


ONE = f"{_FETCH} WHERE lookup.id = %s AND lookup.actor_id = %s"


async def one(tx: Queries, id: int, actor_id: int) -> Fetch | None:
    """A look-up that the actor asked for."""
    return await tx.maybe(_fetch, ONE, id, actor_id)


RECENT = f"""
    {_FETCH}
     WHERE lookup.actor_id = %s AND lookup.url = %s AND lookup.status = 'finished' AND lookup.creation_date > %s
     ORDER BY lookup.id DESC LIMIT 1
"""


async def recent(tx: Queries, actor_id: int, url: str, since: datetime) -> Fetch | None:
    """The actor's latest look-up of the same that came to something, when it is not older."""
    return await tx.maybe(_fetch, RECENT, actor_id, url, since)


OF_OBJECT = "lookup.actor_id = %s AND lookup.object_kind = %s AND lookup.object_id = %s"


async def of_object(
    tx: Queries, actor_id: int, kind: Thing, id: int, limit: int, offset: int
) -> tuple[int, list[Fetch]]:
    """How often the actor had an object looked up, and one page of that, the latest first."""
    asked = (actor_id, kind.value, id)
    count = await tx.one(int, f"SELECT count(*) FROM lookup WHERE {OF_OBJECT}", *asked)
    page = f"{_FETCH} WHERE {OF_OBJECT} ORDER BY lookup.id DESC LIMIT %s OFFSET %s"
    return count, await tx.many(_fetch, page, *asked, limit, offset)


PRUNE = """
    DELETE FROM lookup
     WHERE id IN (SELECT id FROM lookup WHERE creation_date < %s ORDER BY creation_date LIMIT %s)
"""


async def prune(tx: Tx, before: datetime, limit: int) -> int:
    """Forget look-ups from before a moment, at most ``limit``; how many."""
    return await tx.do(PRUNE, before, limit)
