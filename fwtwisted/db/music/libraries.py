"""Libraries: what they are, and the one place that says whose content somebody may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.conditions import Condition, all_of, any_of, contains
from fwtwisted.db.files.tally import HELD
from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.accounts import Follow, LibraryChange, LibraryQuestion
from fwtwisted.model.music import Away, Scope
from fwtwisted.model.people import Actor, Library, Privacy

# A library's content is seen by its owner and, unless its server is away or moderators shut it out, by those whom its
# level and its follows let in; what is silenced, by those alone who follow it or who is behind it.
# Parameters: the viewer's actor (null: a visitor), whether that actor is at home here.
# Source: docs/api.md §7, "Who may see and play an upload"; docs/federation.md §6.
VISIBLE_TO = """
    WITH viewer AS (SELECT %s::bigint AS id, %s::boolean AS is_local)
    SELECT library.id
      FROM library
      JOIN actor AS owner ON owner.id = library.actor_id
      JOIN domain ON domain.name = owner.domain
     CROSS JOIN viewer
      LEFT JOIN channel ON channel.library_id = library.id
      LEFT JOIN actor AS voice ON voice.id = channel.actor_id
     WHERE library.actor_id = viewer.id
        OR channel.attributed_to_id = viewer.id
        OR ((owner.private_key IS NOT NULL
             OR (domain.reachable AND NOT domain.blocked AND NOT owner.blocked AND voice.blocked IS NOT TRUE))
            AND ((library.privacy_level = 'everyone'
                  AND (owner.private_key IS NOT NULL
                       OR NOT (domain.silenced OR owner.silenced OR coalesce(voice.silenced, false))
                       OR EXISTS (SELECT FROM follow
                                   WHERE follow.actor_id = viewer.id AND follow.approved
                                     AND follow.target_actor_id = owner.id)))
                 OR (library.privacy_level = 'instance' AND viewer.is_local AND owner.private_key IS NOT NULL)
                 OR EXISTS (SELECT FROM follow
                             WHERE follow.actor_id = viewer.id AND follow.approved
                               AND (follow.target_library_id = library.id
                                    OR follow.target_actor_id = channel.actor_id))))
     ORDER BY library.id
"""


# Who is not to be met by chance: servers that are away, shut out or silenced, and single actors.
AWAY_HOSTS = "SELECT name FROM domain WHERE blocked OR silenced OR NOT reachable ORDER BY name"
AWAY_ACTORS = "SELECT id FROM actor WHERE blocked OR silenced ORDER BY id"


async def away(tx: Queries) -> Away:
    """Those whose works are listed only for who may hear them."""
    hosts, actors = await tx.many(str, AWAY_HOSTS), await tx.many(int, AWAY_ACTORS)
    return Away(tuple(hosts), tuple(actors))


async def visible_libraries(tx: Queries, actor_id: int | None, is_local: bool) -> list[int]:
    """The ids of the libraries, channels' own among them, whose content the viewer may see; ascending."""
    return await tx.many(int, VISIBLE_TO, actor_id, is_local)


# --- libraries as things -------------------------------------------------------------------------

_COLUMNS = """
    library.id, library.uuid, library.fid, library.name, library.description, library.privacy_level,
    library.is_channel, library.creation_date, held.count, held.size
"""
_WIDTH = 10
_LIBRARY = (
    f"SELECT {_COLUMNS}, {actor_columns('owner')} FROM library JOIN actor AS owner ON owner.id = library.actor_id"
)


def _library(*columns: Any) -> Library:
    id, uuid, fid, name, description, level, is_channel, created, count, size = columns[:_WIDTH]
    owner = Actor(*columns[_WIDTH : _WIDTH + ACTOR_WIDTH])
    return Library(id, uuid, fid, owner, name, description, Privacy(level), is_channel, created, count, size)


LIBRARY = f"{_LIBRARY} {HELD} WHERE library.uuid = %s AND NOT library.is_channel"


async def library(tx: Queries, uuid: UUID) -> Library | None:
    """The library of this uuid, unless it is a channel's own."""
    return await tx.maybe(_library, LIBRARY, uuid)


LIBRARIES = f"{_LIBRARY} {HELD} WHERE library.id = ANY(%s) ORDER BY array_position(%s::bigint[], library.id)"


async def libraries_by_ids(tx: Queries, ids: Sequence[int]) -> list[Library]:
    """The libraries of these ids, in their order; unknown ids are left out."""
    return await tx.many(_library, LIBRARIES, list(ids), list(ids)) if ids else []


@frozen
class NewLibrary:
    """A library of ours as it is first written."""

    uuid: UUID
    fid: str
    actor_id: int
    name: str
    description: str | None
    privacy_level: Privacy


ADD_LIBRARY = """
    INSERT INTO library (uuid, fid, followers_url, actor_id, name, description, privacy_level)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


async def add_library(tx: Tx, new: NewLibrary) -> None:
    """Write a new library; the transaction must touch the area ``libraries``."""
    await tx.do(
        ADD_LIBRARY, new.uuid, new.fid, f"{new.fid}/followers", new.actor_id, new.name, new.description,
        new.privacy_level.value,
    )  # fmt: skip


CHANGES = frozenset(("name", "description", "privacy_level"))


async def change_library(tx: Tx, library_id: int, change: LibraryChange) -> None:
    """
    Write new values; the transaction must touch the area ``libraries``.

    :raise ValueError: when a column is not to be changed like this.
    """
    if not CHANGES.issuperset(change):
        raise ValueError(f"{sorted(set(change) - CHANGES)} of library")
    if change:
        columns = ", ".join(f"{name} = %s" for name in change)
        values = (value.value if isinstance(value, Privacy) else value for value in change.values())
        await tx.do(f"UPDATE library SET {columns} WHERE id = %s", *values, library_id)


OWN_NAMED = """
    SELECT uuid FROM library WHERE actor_id = %s AND name = %s AND NOT is_channel ORDER BY id LIMIT 1
"""


async def own_named(tx: Queries, actor_id: int, name: str) -> UUID | None:
    """The oldest library of this name that the actor owns."""
    return await tx.maybe(_as_it_is, OWN_NAMED, actor_id, name)


LOCAL_BEGINNING = """
    SELECT library.uuid FROM library JOIN actor AS owner ON owner.id = library.actor_id
     WHERE starts_with(library.uuid::text, %s) AND NOT library.is_channel AND owner.private_key IS NOT NULL
     ORDER BY library.id LIMIT %s
"""


async def local_beginning(tx: Queries, beginning: str, limit: int) -> list[UUID]:
    """Libraries of people on this pod whose uuid begins so, in lower case with hyphens; at most ``limit``."""
    return await tx.many(_as_it_is, LOCAL_BEGINNING, beginning, limit)


def _as_it_is(uuid: UUID) -> UUID:
    return uuid


LOCK_OWNER = "SELECT id FROM actor WHERE id = %s FOR NO KEY UPDATE"


async def lock_owner(tx: Tx, actor_id: int) -> None:
    """Until this transaction ends, nobody else who does the same goes on: so that a name is taken once."""
    await tx.do(LOCK_OWNER, actor_id)


LOCK_OWN_LIBRARY = """
    SELECT id FROM library WHERE uuid = %s AND actor_id = %s AND NOT is_channel FOR UPDATE
"""


async def lock_own_library(tx: Tx, uuid: UUID, actor_id: int) -> int | None:
    """The id of a library of the actor, held until this transaction ends; None when it is not theirs."""
    return await tx.maybe(int, LOCK_OWN_LIBRARY, uuid, actor_id)


LIBRARIES_OF = "SELECT id FROM library WHERE actor_id = %s ORDER BY id FOR UPDATE"


async def lock_libraries_of(tx: Tx, actor_id: int) -> list[int]:
    """The ids of all libraries of the actor, channels' own among them, held until this transaction ends."""
    return await tx.many(int, LIBRARIES_OF, actor_id)


FILES_IN = """
    SELECT audio_file FROM upload WHERE library_id = ANY(%s) AND audio_file IS NOT NULL
     UNION ALL
    SELECT version.audio_file FROM upload_version AS version JOIN upload ON upload.id = version.upload_id
     WHERE upload.library_id = ANY(%s)
"""


async def files_in(tx: Queries, library_ids: Sequence[int]) -> list[str]:
    """The names of all stored files of the libraries' uploads: originals and transcoded ones."""
    return await tx.many(str, FILES_IN, list(library_ids), list(library_ids))


REMOVE_LIBRARIES = "DELETE FROM library WHERE id = ANY(%s)"


async def remove_libraries(tx: Tx, library_ids: Sequence[int]) -> None:
    """Remove libraries with their uploads; their files must be doomed in the same transaction."""
    await tx.do(REMOVE_LIBRARIES, list(library_ids))


# --- lists of libraries --------------------------------------------------------------------------

ORDERINGS = {"id": "library.id", "name": "folded(library.name)", "creation_date": "library.creation_date"}


@frozen
class LibraryFilter:
    """
    Which libraries are listed.

    :ivar visible: ids of those that the viewer may see.
    :ivar scopes: None: no limit; empty: none.
    """

    question: LibraryQuestion
    visible: tuple[int, ...]
    scopes: tuple[Scope, ...] | None


def _conditions(asked: LibraryFilter) -> Iterator[Condition]:
    yield Condition("library.id = ANY(%s) AND NOT library.is_channel", (list(asked.visible),))
    for word in asked.question.words:
        yield contains("folded(library.name)", word)
    if asked.question.privacy_level is not None:
        yield Condition("library.privacy_level = %s", (asked.question.privacy_level.value,))
    if asked.scopes is not None:
        yield any_of(_within(scope) for scope in asked.scopes)


def _within(scope: Scope) -> Condition:
    """A condition for one word of ``scope=``."""
    if scope.owner is not None:
        return Condition("library.actor_id = %s", (scope.owner,))
    if scope.domain is not None:
        return Condition("owner.domain = %s", (scope.domain,))
    return Condition("library.id = ANY(%s)", (list(scope.libraries or ()),))


async def libraries_asked(tx: Queries, asked: LibraryFilter, limit: int, offset: int) -> tuple[int, list[Library]]:
    """How many libraries match, and one page of them; the newest first where no order is asked."""
    where = all_of(_conditions(asked))
    words = [(ORDERINGS[name], falling) for name, falling in asked.question.ordering if name in ORDERINGS]
    order = ", ".join(f"{column} {'DESC' if falling else 'ASC'}" for column, falling in words)
    order = order or "library.creation_date DESC"
    from_where = f"FROM library JOIN actor AS owner ON owner.id = library.actor_id WHERE {where.sql}"
    count = await tx.one(int, f"SELECT count(*) {from_where}", *where.values)
    chosen = f"SELECT library.id {from_where} ORDER BY {order}, library.id DESC LIMIT %s OFFSET %s"
    page = f"{_LIBRARY} {HELD} WHERE library.id IN ({chosen}) ORDER BY {order}, library.id DESC"
    return count, await tx.many(_library, page, *where.values, limit, offset)


# --- follows -------------------------------------------------------------------------------------

COUNT_FOLLOWS = "SELECT count(*) FROM follow WHERE target_library_id = %s"
FOLLOWS = f"""
    SELECT follow.uuid, follow.fid, follow.approved, follow.creation_date, follow.modification_date,
           {actor_columns("follower")}
      FROM follow JOIN actor AS follower ON follower.id = follow.actor_id
     WHERE follow.target_library_id = %s
     ORDER BY follow.id DESC LIMIT %s OFFSET %s
"""


async def follows_of(tx: Queries, library: Library, limit: int, offset: int) -> tuple[int, list[Follow]]:
    """How many follow the library or wish to, and one page of them, the latest first."""

    def make(uuid: UUID, fid: str, approved: bool | None, created: Any, changed: Any, *actor: Any) -> Follow:
        return Follow(uuid, fid, Actor(*actor), library, approved, created, changed)

    count = await tx.one(int, COUNT_FOLLOWS, library.id)
    return count, await tx.many(make, FOLLOWS, library.id, limit, offset)


# --- how much room uploads take ------------------------------------------------------------------

USAGE = """
    SELECT tally.import_status, sum(tally.bytes)::bigint
      FROM upload_tally AS tally JOIN library ON library.id = tally.library_id
     WHERE library.actor_id = %s AND NOT tally.in_place
     GROUP BY tally.import_status HAVING sum(tally.sized) > 0
"""


async def usage(tx: Queries, actor_id: int) -> dict[str, int]:
    """Bytes of the actor's uploads by import status; files that are used in place take none of the quota."""
    return dict(await tx.many(lambda status, size: (status, size), USAGE, actor_id))
