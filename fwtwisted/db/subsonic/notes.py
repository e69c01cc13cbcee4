"""What an account thinks of songs, albums and artists, and how often it heard them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from fwtwisted.db.pool import Queries
from fwtwisted.model.heard import Notes
from fwtwisted.model.music import Kind

_AVERAGES = """
    LEFT JOIN (SELECT {kind}_id, avg(rating)::float8 AS rating FROM rating
                WHERE {kind}_id = ANY(%(ids)s) GROUP BY {kind}_id) AS average ON average.{kind}_id = asked.id
    LEFT JOIN rating AS own ON own.{kind}_id = asked.id AND own.account_id = %(account)s
"""
NOTES = {
    Kind.TRACK: f"""
        SELECT asked.id, favorite.creation_date, coalesce(own.rating, 0), average.rating,
               coalesce(play.count, 0), play.last_played, bookmark.position
          FROM unnest(%(ids)s::bigint[]) AS asked (id)
          LEFT JOIN favorite ON favorite.track_id = asked.id AND favorite.actor_id = %(actor)s
          LEFT JOIN play ON play.track_id = asked.id AND play.actor_id = %(actor)s
          LEFT JOIN bookmark ON bookmark.track_id = asked.id AND bookmark.account_id = %(account)s
          {_AVERAGES.format(kind="track")}
    """,
    Kind.ALBUM: f"""
        SELECT asked.id, star.creation_date, coalesce(own.rating, 0), average.rating,
               coalesce(played.count, 0), played.latest, NULL
          FROM unnest(%(ids)s::bigint[]) AS asked (id)
          LEFT JOIN star ON star.album_id = asked.id AND star.account_id = %(account)s
          LEFT JOIN (SELECT track.album_id, sum(play.count)::bigint AS count, max(play.last_played) AS latest
                       FROM track JOIN play ON play.track_id = track.id AND play.actor_id = %(actor)s
                      WHERE track.album_id = ANY(%(ids)s) GROUP BY track.album_id) AS played
                 ON played.album_id = asked.id
          {_AVERAGES.format(kind="album")}
    """,
    Kind.ARTIST: f"""
        SELECT asked.id, star.creation_date, coalesce(own.rating, 0), average.rating, 0, NULL, NULL
          FROM unnest(%(ids)s::bigint[]) AS asked (id)
          LEFT JOIN star ON star.artist_id = asked.id AND star.account_id = %(account)s
          {_AVERAGES.format(kind="artist")}
    """,
}


_NAMED = re.compile(r"%\((\w+)\)s")
_ASKED = {kind: (_NAMED.sub("%s", sql), _NAMED.findall(sql)) for kind, sql in NOTES.items()}


async def notes(tx: Queries, kind: Kind, ids: Collection[int], account_id: int, actor_id: int) -> dict[int, Notes]:
    """The notes on each of these."""
    if not ids:
        return {}
    values = {"ids": list(ids), "account": account_id, "actor": actor_id}
    sql, names = _ASKED[kind]
    return dict(await tx.many(_note, sql, *(values[name] for name in names)))


def _note(id: int, *columns: object) -> tuple[int, Notes]:
    return id, Notes(*columns)  # type: ignore[arg-type]


STARRED = {
    Kind.TRACK: "SELECT track_id FROM favorite WHERE actor_id = %s ORDER BY creation_date DESC, id DESC",
    Kind.ALBUM: "SELECT album_id FROM star WHERE account_id = %s AND album_id IS NOT NULL "
    "ORDER BY creation_date DESC, id DESC",
    Kind.ARTIST: "SELECT artist_id FROM star WHERE account_id = %s AND artist_id IS NOT NULL "
    "ORDER BY creation_date DESC, id DESC",
}


async def starred(tx: Queries, kind: Kind, account_id: int, actor_id: int) -> list[int]:
    """What the account has starred, the newest star first."""
    return await tx.many(int, STARRED[kind], actor_id if kind is Kind.TRACK else account_id)


PLAYED_ALBUMS = """
    SELECT track.album_id, sum(play.count)::bigint, max(play.last_played)
      FROM play JOIN track ON track.id = play.track_id
     WHERE play.actor_id = %s AND track.album_id IS NOT NULL
     GROUP BY track.album_id
"""


async def played_albums(tx: Queries, actor_id: int) -> list[tuple[int, int, datetime]]:
    """Each album of which the actor heard something: its id, how often in all, when last."""
    return await tx.many(lambda id, count, last: (id, count, last), PLAYED_ALBUMS, actor_id)


RATED_ALBUMS = """
    SELECT album_id FROM rating WHERE album_id IS NOT NULL
     GROUP BY album_id ORDER BY avg(rating) DESC, album_id
"""


async def rated_albums(tx: Queries) -> list[int]:
    """Albums that somebody rated, the best first."""
    return await tx.many(int, RATED_ALBUMS)


NOTED_ARTISTS = """
    SELECT artist_id FROM star WHERE account_id = %s AND artist_id IS NOT NULL
     UNION SELECT artist_id FROM rating WHERE artist_id IS NOT NULL
"""


async def noted_artists(tx: Queries, account_id: int) -> list[int]:
    """Artists whom the account starred, or whom anybody rated."""
    return await tx.many(int, NOTED_ARTISTS, account_id)
