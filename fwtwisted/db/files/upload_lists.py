"""Uploads as people see them: one, a page, and what is done to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.conditions import Condition, all_of, any_of, same, same_letters, token_conditions
from fwtwisted.db.joins import Joins
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import Scope
from fwtwisted.model.uploads import Upload, UploadQuestion

COLUMNS = """
    upload.id, upload.uuid, upload.library_id, upload.track_id, upload.audio_file, upload.source, upload.size,
    upload.mimetype, upload.bitrate, upload.duration, upload.import_status, upload.import_details,
    upload.import_metadata, upload.import_reference, upload.metadata, upload.creation_date, upload.import_date
"""

# Who may change it: the owner of the library, or of the channel that the library belongs to.
_OWN = """
    (library.actor_id = %s OR EXISTS (SELECT FROM channel
                                       WHERE channel.library_id = library.id AND channel.attributed_to_id = %s))
"""

_ONE = f"SELECT {COLUMNS} FROM upload JOIN library ON library.id = upload.library_id WHERE upload.uuid = %s"
OWN = f"{_ONE} AND {_OWN}"
LOCK_OWN = f"{OWN} FOR UPDATE OF upload"
PLAYABLE = f"{_ONE} AND upload.import_status IN ('finished', 'skipped') AND upload.library_id = ANY(%s)"


async def own(tx: Queries, uuid: UUID, actor_id: int) -> Upload | None:
    """An upload that the actor owns, whatever its state."""
    return await tx.maybe(Upload, OWN, uuid, actor_id, actor_id)


async def lock_own(tx: Tx, uuid: UUID, actor_id: int) -> Upload | None:
    """The same, held until the transaction ends."""
    return await tx.maybe(Upload, LOCK_OWN, uuid, actor_id, actor_id)


async def playable(tx: Queries, uuid: UUID, libraries: Sequence[int]) -> Upload | None:
    """An upload that can be played, in one of the libraries."""
    return await tx.maybe(Upload, PLAYABLE, uuid, list(libraries))


# --- lists ---------------------------------------------------------------------------------------

# What a condition or an order may look at beside the upload itself.
_JOINS = Joins(
    "upload",
    {
        "library": "JOIN library ON library.id = upload.library_id",
        "owner": "JOIN actor AS owner ON owner.id = library.actor_id",
        "track": "LEFT JOIN track ON track.id = upload.track_id",
        "track_artist": "LEFT JOIN artist AS track_artist ON track_artist.id = track.artist_id",
        "album": "LEFT JOIN album ON album.id = track.album_id",
        "album_artist": "LEFT JOIN artist AS album_artist ON album_artist.id = album.artist_id",
    },
)

OWN_LIBRARIES = f"SELECT library.id FROM library WHERE {_OWN} ORDER BY library.id"

ORDERINGS = {
    "creation_date": "upload.creation_date",
    "import_date": "upload.import_date",
    "bitrate": "upload.bitrate",
    "size": "upload.size",
    "artist__name": "track_artist.folded_name",
}
SEARCHED = {
    "track_artist": "track_artist.folded_name",
    "album_artist": "album_artist.folded_name",
    "album": "album.folded_title",
    "title": "track.folded_title",
}
FILTERED = {
    "artist": same_letters("track_artist.name"),
    "mimetype": same("upload.mimetype"),
    "album": same_letters("album.title"),
    "title": same_letters("track.title"),
    "status": same("upload.import_status"),
}


NOT_SPOKEN = Condition(
    """(upload.track_id IS NULL OR upload.track_id NOT IN
        (SELECT id FROM track AS spoken WHERE artist_id IN (SELECT artist_id FROM channel)))"""
)


@frozen
class Asked:
    """Which of an actor's own uploads.  :ivar scopes: None: all."""

    actor_id: int
    question: UploadQuestion
    scopes: Sequence[Scope] | None = None


def _conditions(asked: Asked) -> Iterator[Condition]:
    question = asked.question
    for sql, value in (
        ("library.uuid = %s", question.library),
        ("EXISTS (SELECT FROM channel WHERE channel.library_id = library.id AND channel.uuid = %s)", question.channel),
        ("track.uuid = %s", question.track),
        ("track_artist.uuid = %s", question.track_artist),
        ("album_artist.uuid = %s", question.album_artist),
        ("upload.import_reference = %s", question.reference),
        ("upload.mimetype = %s", question.mimetype),
    ):
        if value is not None:
            yield Condition(sql, (value,))
    if question.statuses:
        yield Condition("upload.import_status = ANY(%s)", (list(question.statuses),))
    if question.uuids is not None:
        yield Condition("upload.uuid = ANY(%s)", (list(question.uuids),))
    if question.playable is not None:
        yield Condition("(upload.import_status IN ('finished', 'skipped')) = %s", (question.playable,))
    if not question.include_channels and question.channel is None:
        yield NOT_SPOKEN
    if asked.scopes is not None:
        yield any_of([_within(scope) for scope in asked.scopes])
    if question.q is not None:
        yield from token_conditions(question.q, SEARCHED, FILTERED)


def _within(scope: Scope) -> Condition:
    if scope.owner is not None:
        return Condition("library.actor_id = %s", (scope.owner,))
    if scope.domain is not None:
        return Condition("owner.domain = %s", (scope.domain,))
    return Condition("library.id = ANY(%s)", (list(scope.libraries or ()),))


async def _own(tx: Queries, asked: Asked) -> list[int]:
    return await tx.many(int, OWN_LIBRARIES, asked.actor_id, asked.actor_id)


async def _narrowed(tx: Queries, asked: Asked) -> tuple[str, list[object]]:
    """The condition on the actor's uploads, and its values."""
    whole = all_of([Condition("upload.library_id = ANY(%s)", (await _own(tx, asked),)), *_conditions(asked)])
    return whole.sql, list(whole.values)


# All that libraries hold but what channels speak with: counted from what is kept of them.
COUNT_USUAL = """
    SELECT (SELECT coalesce(sum(uploads), 0) FROM upload_tally WHERE library_id = ANY(%s))::bigint
         - (SELECT count(*)
              FROM channel JOIN track ON track.artist_id = channel.artist_id JOIN upload ON upload.track_id = track.id
             WHERE upload.library_id = ANY(%s))
"""


async def count(tx: Queries, asked: Asked) -> int:
    """How many match."""
    if list(_conditions(asked)) == [NOT_SPOKEN]:
        own = await _own(tx, asked)
        return await tx.one(int, COUNT_USUAL, own, own)
    where, values = await _narrowed(tx, asked)
    return await tx.one(int, f"SELECT count(*) {_JOINS.needed_by(where)} WHERE {where}", *values)


async def page(tx: Queries, asked: Asked, limit: int, offset: int) -> list[Upload]:
    """One page of them; the newest first where no order is asked."""
    words = [(ORDERINGS[name], falls) for name, falls in asked.question.ordering if name in ORDERINGS]
    ids = await _ordered(tx, asked, words, limit, offset) if words else await _newest(tx, asked, limit, offset)
    return await tx.many(Upload, BY_IDS, ids, ids) if ids else []


async def _ordered(tx: Queries, asked: Asked, words: Sequence[tuple[str, bool]], limit: int, offset: int) -> list[int]:
    where, values = await _narrowed(tx, asked)
    order = ", ".join(f"{column} {'DESC NULLS LAST' if falls else 'ASC NULLS FIRST'}" for column, falls in words)
    tables = _JOINS.needed_by(where, order)
    sql = f"SELECT upload.id {tables} WHERE {where} ORDER BY {order}, upload.id DESC LIMIT %s OFFSET %s"
    return await tx.many(int, sql, *values, limit, offset)


async def _newest(tx: Queries, asked: Asked, limit: int, offset: int) -> list[int]:
    """The newest of each library, and of these the newest: each library's index ends where the page does."""
    whole = all_of(list(_conditions(asked)))
    sql = f"""
        SELECT latest.id
          FROM unnest(%s::bigint[]) AS own (id)
         CROSS JOIN LATERAL (SELECT upload.id, upload.creation_date {_JOINS.needed_by(whole.sql)}
                              WHERE upload.library_id = own.id AND {whole.sql}
                              ORDER BY upload.creation_date DESC, upload.id DESC LIMIT %s) AS latest
         ORDER BY latest.creation_date DESC, latest.id DESC LIMIT %s OFFSET %s
    """
    return await tx.many(int, sql, await _own(tx, asked), *whole.values, limit + offset, limit, offset)


BY_IDS = f"SELECT {COLUMNS} FROM upload WHERE id = ANY(%s) ORDER BY array_position(%s::bigint[], id)"


async def uuids(tx: Queries, asked: Asked) -> list[UUID]:
    """All that match, oldest first."""
    where, values = await _narrowed(tx, asked)
    sql = f"SELECT upload.uuid {_JOINS.needed_by(where)} WHERE {where} ORDER BY upload.id"
    return await tx.many(lambda uuid: uuid, sql, *values)


# --- changes -------------------------------------------------------------------------------------

CHANGE = """
    UPDATE upload
       SET import_metadata = coalesce(%s::jsonb, import_metadata), import_status = coalesce(%s, import_status),
           import_reference = coalesce(%s, import_reference), modification_date = now()
     WHERE uuid = %s
"""


async def change(tx: Tx, uuid: UUID, said: Mapping[str, Any] | None, status: str | None, reference: str | None) -> None:
    """Change an upload; None leaves what is there."""
    await tx.do(CHANGE, None if said is None else dict(said), status, reference, uuid)


MAKE_PENDING = """
    UPDATE upload SET import_status = 'pending', import_details = '{}', modification_date = now()
     WHERE uuid = ANY(%s) AND import_status = ANY(%s)
 RETURNING uuid
"""


async def make_pending(tx: Tx, uuids: Sequence[UUID], among: Sequence[str]) -> list[UUID]:
    """Have uploads of certain states wait for their import; which."""
    return await tx.many(lambda uuid: uuid, MAKE_PENDING, list(uuids), list(among))


# --- the import ----------------------------------------------------------------------------------


@frozen
class Waiting:
    """An upload that waits for its import.  :ivar owner_id: the actor who owns its library."""

    uuid: UUID
    owner_id: int
    track_id: int | None
    audio_file: str | None
    source: str | None
    checksum: str | None
    import_metadata: Mapping[str, Any]


WAITING = """
    SELECT upload.uuid, library.actor_id, upload.track_id, upload.audio_file, upload.source, upload.checksum,
           upload.import_metadata
      FROM upload JOIN library ON library.id = upload.library_id
     WHERE upload.uuid = %s AND upload.import_status = 'pending'
"""
LOCK_WAITING = "SELECT 1 FROM upload WHERE uuid = %s AND import_status = 'pending' FOR UPDATE"


async def waiting(tx: Queries, uuid: UUID) -> Waiting | None:
    """The upload, if it waits for its import."""
    return await tx.maybe(Waiting, WAITING, uuid)


async def still_waits(tx: Tx, uuid: UUID) -> bool:
    """Whether it does, and goes on doing so until the transaction ends."""
    return await tx.maybe(int, LOCK_WAITING, uuid) is not None


STRANDED = """
    SELECT upload.uuid FROM upload
     WHERE upload.import_status = 'pending' AND upload.modification_date < now() - %s * interval '1 second'
       AND NOT EXISTS (SELECT FROM job WHERE job.kind = %s AND job.key = upload.uuid::text)
     ORDER BY upload.id LIMIT %s
"""


async def stranded(tx: Queries, kind: str, age_seconds: float, limit: int) -> list[UUID]:
    """Uploads that wait for an import which nobody is asked for."""
    return await tx.many(lambda uuid: uuid, STRANDED, age_seconds, kind, limit)


# --- quota ---------------------------------------------------------------------------------------

OWN_QUOTA = "SELECT upload_quota FROM account WHERE id = %s"


async def own_quota(tx: Queries, account_id: int) -> int | None:
    """The account's own quota in megabytes; None: the pod's counts."""
    return await tx.one(lambda quota: quota, OWN_QUOTA, account_id)
