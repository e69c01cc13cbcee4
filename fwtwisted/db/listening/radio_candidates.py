"""
Which tracks a radio may play: sets of tracks, joined by PostgreSQL.

Every set is a condition on ``track``; what the listener may play, and does not want to meet, is added to all of them.
The answer is ids alone: ``core/listening/radios`` keeps them, and draws from them without asking again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.music import Kind
from fwtwisted.model.radios import ByArtists, ByPlaylists, ByTags, Filter, Group, Join

Songs: TypeAlias = Mapping[int, Sequence[int]]
"""What rules put into playlists: ids of tracks, by playlist."""


@frozen
class Condition:
    """A fixed text about ``track``, and its values; tuples become arrays."""

    sql: str
    args: tuple[object, ...] = ()

    @property
    def values(self) -> list[object]:
        """What travels to the database."""
        return [list(value) if isinstance(value, tuple) else value for value in self.args]


ANY_MUSIC = "artist.content_category = 'music'"
BY_ARTIST = """
    (track.artist_id = ANY(%s) OR track.id IN (SELECT track_id FROM track_credit WHERE artist_id = ANY(%s)))
"""
TAGS = "SELECT id FROM tag WHERE lower(name) IN (SELECT lower(asked) FROM unnest(%s::text[]) AS asked)"
TAGGED = f"""
    (track.id IN (SELECT track_id FROM track_tag WHERE tag_id IN ({TAGS}))
     OR track.album_id IN (SELECT album_id FROM album_tag WHERE tag_id IN ({TAGS}))
     OR track.artist_id IN (SELECT artist_id FROM artist_tag WHERE tag_id IN ({TAGS})))
"""
IN_PLAYLISTS = "track.id IN (SELECT track_id FROM playlist_track WHERE playlist_id = ANY(%s))"
IN_FILLED_PLAYLISTS = f"({IN_PLAYLISTS} OR track.id = ANY(%s))"
LOVED = "track.id IN (SELECT track_id FROM favorite WHERE actor_id = %s)"
RECENT = f"track.creation_date >= %s AND {ANY_MUSIC}"
IN_LIBRARIES = """
    track.id IN (SELECT track_id FROM upload
                  WHERE library_id = ANY(%s) AND import_status IN ('finished', 'skipped'))
"""
OWNED = """
    track.id IN (SELECT track_id FROM upload
                  WHERE library_id IN (SELECT library.id FROM library
                                         LEFT JOIN channel ON channel.library_id = library.id
                                        WHERE library.actor_id = %s OR channel.attributed_to_id = %s
                                           OR channel.actor_id = %s)
                    AND library_id = ANY(%s) AND import_status IN ('finished', 'skipped'))
"""


def music() -> Condition:
    """All music that is neither podcast nor anything else."""
    return Condition(ANY_MUSIC)


def by_artists(ids: tuple[int, ...]) -> Condition:
    """Of any of these artists, also where they are one of several."""
    return Condition(BY_ARTIST, (ids, ids))


def tagged(names: tuple[str, ...]) -> Condition:
    """With any of the tags, on the track, its album or its artist; case does not matter."""
    return Condition(TAGGED, (names,) * 3)


def in_playlists(ids: tuple[int, ...], filled: Songs) -> Condition:
    """In any of these playlists, be they filled by people or by rules."""
    songs = tuple(sorted({song for id in ids for song in filled.get(id, ())}))
    return Condition(IN_FILLED_PLAYLISTS, (ids, songs)) if songs else Condition(IN_PLAYLISTS, (ids,))


def loved_by(actor_id: int) -> Condition:
    """Somebody's favourites."""
    return Condition(LOVED, (actor_id,))


def added_since(moment: datetime) -> Condition:
    """Music that is no older than that on this pod."""
    return Condition(RECENT, (moment,))


def in_library(id: int) -> Condition:
    """With a file in this library."""
    return Condition(IN_LIBRARIES, ((id,),))


def owned_by(actor_id: int, visible: tuple[int, ...]) -> Condition:
    """With a file in a library or a channel of this actor, one of those that the listener sees."""
    return Condition(OWNED, (actor_id, actor_id, actor_id, visible))


def matching(filters: Sequence[Filter], filled: Songs) -> Condition:
    """
    What the filters, joined from the first to the last, leave over; without any: everything.

    :param filled: of playlists with rules that the filters name.
    """
    whole = Condition("true")
    for place, one in enumerate(filters):
        part = _single(one, filled)
        sql = f"NOT ({part.sql})" if one.negated else part.sql
        if not place:
            whole = Condition(f"({sql})", part.args)
        else:
            operator = "OR" if one.join is Join.OR else "AND"
            whole = Condition(f"({whole.sql} {operator} {sql})", whole.args + part.args)
    return whole


def _single(one: Filter, filled: Songs) -> Condition:
    match one:
        case ByArtists(ids=ids):
            return by_artists(ids)
        case ByTags(names=names):
            return tagged(names)
        case ByPlaylists(ids=ids):
            return in_playlists(ids, filled)
        case Group(filters=filters):
            return matching(filters, filled)


def both(one: Condition, other: Condition) -> Condition:
    """What is in both sets."""
    return Condition(f"({one.sql}) AND ({other.sql})", one.args + other.args)


# --- asking --------------------------------------------------------------------------------------

ALLOWED = """
    track.id IN (SELECT track_id FROM upload WHERE library_id = ANY(%s) AND import_status IN ('finished', 'skipped'))
    AND track.artist_id <> ALL(%s)
"""
CANDIDATES = """
    SELECT coalesce(array_agg(found.id ORDER BY found.id), '{{}}')
      FROM (SELECT track.id FROM track LEFT JOIN artist ON artist.id = track.artist_id
             WHERE {allowed} AND {condition} {some} LIMIT %s) AS found
"""


async def candidates(
    tx: Tx, condition: Condition, visible: tuple[int, ...], hidden: Sequence[int], limit: int
) -> list[int]:
    """
    The tracks of the set that somebody may play who sees these libraries and hides these artists, by id.

    Of more than ``limit``, so many at random.
    """
    for some in ("", "ORDER BY random()"):
        sql = CANDIDATES.format(allowed=ALLOWED, condition=condition.sql, some=some)
        most = limit if some else limit + 1
        found: list[int] = await tx.one(list, sql, list(visible), list(hidden), *condition.values, most)
        if len(found) <= limit:
            break
    return found


# What makes a track similar to others (the seed): each shared tag, its own or its album's or artist's, counts three
# points; the same artist four; each person here who loves one of the seed and this track, one, five at most.  Of those
# whom somebody may be told of, the hundred last lovers of the seed are asked.
SIMILAR = """
    WITH seed AS (SELECT id, artist_id, album_id FROM track WHERE {which} = %s LIMIT 1000),
         words AS (SELECT tag_id FROM track_tag WHERE track_id IN (SELECT id FROM seed)
                    UNION SELECT tag_id FROM album_tag WHERE album_id IN (SELECT album_id FROM seed)
                    UNION SELECT tag_id FROM artist_tag WHERE artist_id IN (SELECT artist_id FROM seed)),
         shared AS (SELECT track_id AS id, tag_id FROM track_tag JOIN words USING (tag_id)
                     UNION SELECT track.id, tag_id FROM album_tag JOIN words USING (tag_id)
                             JOIN track ON track.album_id = album_tag.album_id
                     UNION SELECT track.id, tag_id FROM artist_tag JOIN words USING (tag_id)
                             JOIN track ON track.artist_id = artist_tag.artist_id),
         lovers AS (SELECT favorite.actor_id FROM favorite JOIN account ON account.actor_id = favorite.actor_id
                     WHERE favorite.track_id IN (SELECT id FROM seed)
                       AND account.privacy_level IN ('instance', 'everyone')
                     ORDER BY favorite.id DESC LIMIT 100),
         points AS (SELECT id, 3 * count(*) AS points FROM shared GROUP BY id
                     UNION ALL
                    SELECT id, 4 FROM track WHERE artist_id IN (SELECT artist_id FROM seed)
                     UNION ALL
                    SELECT track_id, least(count(DISTINCT actor_id), 5) FROM favorite
                     WHERE actor_id IN (SELECT actor_id FROM lovers) GROUP BY track_id)
    SELECT coalesce(array_agg(found.id ORDER BY found.points DESC, found.id), '{{}}')
      FROM (SELECT points.id, sum(points.points) AS points
              FROM points JOIN track ON track.id = points.id
             WHERE {allowed} AND NOT {alone}
             GROUP BY points.id
             ORDER BY sum(points.points) DESC, points.id LIMIT %s) AS found
"""
SEEDS = {Kind.TRACK: "track.id", Kind.ALBUM: "track.album_id", Kind.ARTIST: "track.artist_id"}


async def similar(
    tx: Tx, kind: Kind, id: int, visible: tuple[int, ...], hidden: Sequence[int], limit: int
) -> list[int]:
    """The tracks most like a track, or those of an album or artist, the best first; a track is not like itself."""
    alone = "points.id IN (SELECT id FROM seed)" if kind is Kind.TRACK else "false"
    sql = SIMILAR.format(which=SEEDS[kind], allowed=ALLOWED, alone=alone)
    found: list[int] = await tx.one(list, sql, id, list(visible), list(hidden), limit)
    return found


HEARD = """
    SELECT track_id, count(*) FROM listening WHERE actor_id = %s AND track_id = ANY(%s) GROUP BY track_id
"""


async def heard(tx: Queries, actor_id: int, track_ids: Sequence[int]) -> dict[int, int]:
    """How often somebody heard each of these tracks; those never heard are left out."""
    return dict(await tx.many(lambda id, count: (id, count), HEARD, actor_id, list(track_ids)))


ARTIST_NAMES = "SELECT id, name FROM artist WHERE id = ANY(%s)"


async def artist_names(tx: Queries, ids: Sequence[int]) -> dict[int, str]:
    """The names of those artists that there are."""
    return dict(await tx.many(lambda id, name: (id, name), ARTIST_NAMES, list(ids))) if ids else {}


TAG_EXISTS = "SELECT EXISTS (SELECT FROM tag WHERE lower(name) = lower(%s))"


async def tag_exists(tx: Queries, name: str) -> bool:
    """Whether anything was ever tagged so."""
    return await tx.one(bool, TAG_EXISTS, name)
