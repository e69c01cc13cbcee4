"""
Whose an artist, an album or a track elsewhere is, and what is said of it now.

It is of whom it is attributed to, of the channel that it is found under, and of the actor who speaks for its server.
Source: docs/federation.md §4.7, §8.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Tx
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
