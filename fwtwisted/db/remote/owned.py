"""
Whose a thing elsewhere is: what its own people, and the actor who speaks for its server, may change or take back.

An upload or a library is its owner's; what a channel published is also the channel's; artists, albums and tracks are
of whom they are attributed to.  Source: docs/federation.md §4.7, §4.9, §8.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import Kind

# The server of an id, as we call it.
_SERVES = """
    EXISTS (SELECT FROM domain
             WHERE domain.service_actor_id = %s AND domain.name = lower(split_part({thing}.fid, '/', 3)))
"""
_SPEAKS = "EXISTS (SELECT FROM channel WHERE channel.artist_id = {artist} AND channel.actor_id = %s)"
_ARTIST = {Kind.ARTIST: "artist.id", Kind.ALBUM: "album.artist_id", Kind.TRACK: "track.artist_id"}

THING = {
    kind: f"""
    SELECT {kind}.id, {kind}.fid, {kind}.cover_id FROM {kind}
     WHERE {kind}.fid = ANY(%s)
       AND ({kind}.attributed_to_id = %s OR {_SERVES.format(thing=kind)} OR {_SPEAKS.format(artist=_ARTIST[kind])})
     ORDER BY {kind}.id
       FOR NO KEY UPDATE OF {kind}
"""
    for kind in Kind
}


@frozen
class Owned:
    """A thing that an actor may change.  :ivar cover_id: its picture."""

    id: int
    fid: str
    cover_id: int | None


async def things(tx: Tx, kind: Kind, fids: Sequence[str], actor_id: int) -> list[Owned]:
    """Those of the artists, albums or tracks that the actor may change, held until the transaction ends."""
    return await tx.many(Owned, THING[kind], list(fids), actor_id, actor_id, actor_id)


ONE = {kind: f"SELECT id, fid, cover_id FROM {kind} WHERE fid = %s FOR NO KEY UPDATE" for kind in Kind}


async def thing(tx: Tx, kind: Kind, fid: str) -> Owned | None:
    """An artist, an album or a track, whosesoever, held until the transaction ends."""
    return await tx.maybe(Owned, ONE[kind], fid)


UPLOADS = f"""
    SELECT upload.uuid FROM upload
      JOIN library ON library.id = upload.library_id
      LEFT JOIN channel ON channel.library_id = library.id
     WHERE upload.fid = ANY(%s)
       AND (library.actor_id = %s OR channel.actor_id = %s OR {_SERVES.format(thing="upload")})
"""


async def uploads(tx: Queries, fids: Sequence[str], actor_id: int) -> list[UUID]:
    """Those of the uploads that the actor may take back."""
    return await tx.many(lambda uuid: uuid, UPLOADS, list(fids), actor_id, actor_id, actor_id)


LIBRARIES = f"""
    SELECT library.id FROM library
     WHERE library.fid = ANY(%s) AND NOT library.is_channel
       AND (library.actor_id = %s OR {_SERVES.format(thing="library")})
     ORDER BY library.id FOR UPDATE OF library
"""


async def libraries(tx: Tx, fids: Sequence[str], actor_id: int) -> list[int]:
    """Those of the libraries that the actor may take back, held until the transaction ends."""
    return await tx.many(int, LIBRARIES, list(fids), actor_id, actor_id)


# What others keep under a thing that its server took back stays: files of ours, and of third servers.
OF = {
    Kind.TRACK: "track.id = ANY(%s)",
    Kind.ALBUM: "track.album_id = ANY(%s)",
    Kind.ARTIST: """
        (track.artist_id = ANY(%s)
         OR track.id IN (SELECT track_credit.track_id FROM track_credit WHERE track_credit.artist_id = ANY(%s)))
    """,
}
UPLOADS_OF = """
    SELECT upload.uuid FROM track
      JOIN upload ON upload.track_id = track.id JOIN library ON library.id = upload.library_id
      JOIN actor AS owner ON owner.id = library.actor_id
     WHERE {of} AND owner.domain = (SELECT domain FROM actor WHERE id = %s)
"""
TRACKS_OF = "SELECT track.id FROM track WHERE {of}"


async def uploads_of(tx: Queries, kind: Kind, ids: Sequence[int], actor_id: int) -> list[UUID]:
    """The uploads of these things that lie on the actor's server."""
    return await tx.many(lambda uuid: uuid, UPLOADS_OF.format(of=OF[kind]), *_twice(kind, ids), actor_id)


async def tracks_of(tx: Queries, kind: Kind, ids: Sequence[int]) -> list[int]:
    """The tracks of these things."""
    return await tx.many(int, TRACKS_OF.format(of=OF[kind]), *_twice(kind, ids))


def _twice(kind: Kind, ids: Sequence[int]) -> list[list[int]]:
    return [list(ids)] * OF[kind].count("%s")


# --- what is said of them now --------------------------------------------------------------------

COLUMNS: Mapping[Kind, frozenset[str]] = {
    Kind.ARTIST: frozenset(("name",)),
    Kind.ALBUM: frozenset(("title", "release_date", "artist_id")),
    Kind.TRACK: frozenset(("title", "position", "disc_number", "license", "copyright")),
}
ALIKE = frozenset(("attributed_to_id", "cover_id", "description", "description_type"))
MBID = {
    Kind.ARTIST: "mbid = CASE WHEN EXISTS (SELECT FROM artist WHERE mbid = %s AND id <> %s) THEN mbid ELSE %s END",
    Kind.ALBUM: "mbid = CASE WHEN EXISTS (SELECT FROM album WHERE mbid = %s AND id <> %s) THEN mbid ELSE %s END",
}


async def reword(tx: Tx, kind: Kind, id: int, mbid: UUID | None, values: Mapping[str, object]) -> None:
    """
    Write what is said of a thing now.  The transaction must touch ``catalog``.

    :param mbid: kept as it was where another thing has this one.
    :raise ValueError: when a column is not to be changed like this.
    """
    if not (COLUMNS[kind] | ALIKE).issuperset(values):
        raise ValueError(f"{sorted(set(values) - COLUMNS[kind] - ALIKE)} of {kind}")
    columns = [f"{name} = %s" for name in values]
    columns.append(MBID.get(kind, "mbid = %s"))
    columns += ["last_fetch_date = now()", *(["modification_date = now()"] if kind is Kind.ARTIST else [])]
    told = (mbid, id, mbid) if kind in MBID else (mbid,)
    await tx.do(f"UPDATE {kind} SET {', '.join(columns)} WHERE id = %s", *values.values(), *told, id)


async def forget_tags(tx: Tx, kind: Kind, id: int) -> None:
    """Take all tags off a thing, for new ones."""
    await tx.do(f"DELETE FROM {kind}_tag WHERE {kind}_id = %s", id)


FORGET_CREDITS = "DELETE FROM album_credit WHERE album_id = %s"


async def forget_album_credits(tx: Tx, album_id: int) -> None:
    """Take all names off an album, for new ones."""
    await tx.do(FORGET_CREDITS, album_id)
