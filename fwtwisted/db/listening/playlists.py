"""
Playlists, and the one place that says who sees whose.

A playlist's tracks have places with possible gaps (a track that leaves the pod takes its row along); readers get the
rank.  Who edits holds the playlist's row, reads the rows in order, and writes the places that are new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson
from attrs import frozen

from fwtwisted.db.music.catalog import attachments
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Privacy
from fwtwisted.model.playlists import COVERS, Playlist, PlaylistChange, PlaylistFacts, PlaylistTrack, PlaylistWish

# Which playlists a viewer sees.  Parameters: the viewer's actor (null: a visitor), whether that is at home here.
SEEN_BY = """
    (playlist.actor_id = %s
     OR playlist.privacy_level = 'everyone'
     OR (playlist.privacy_level = 'instance' AND %s AND owner.private_key IS NOT NULL)
     OR (playlist.privacy_level = 'followers'
         AND EXISTS (SELECT FROM follow WHERE follow.actor_id = %s AND follow.approved
                        AND follow.target_actor_id = playlist.actor_id)))
"""
COLUMNS = """
    playlist.id, playlist.actor_id, playlist.name, playlist.privacy_level, playlist.creation_date,
    playlist.modification_date, playlist.revision, playlist.comment,
    playlist.rules
"""
JOINED = "playlist JOIN actor AS owner ON owner.id = playlist.actor_id"


@frozen
class Seer:
    """Who looks at playlists.  :ivar actor_id: None: a visitor.  :ivar is_local: at home on this pod."""

    actor_id: int | None
    is_local: bool

    @property
    def args(self) -> tuple[object, ...]:
        """The parameters of :data:`SEEN_BY`."""
        return self.actor_id, self.is_local, self.actor_id


@frozen
class PlaylistFilter:
    """
    Which playlists are listed.

    :ivar actors: and ``domains``: together whose; both None: anybody's.
    """

    seer: Seer
    words: tuple[str, ...] = ()
    name: str | None = None
    name_contains: str | None = None
    filled: bool | None = None
    track: int | None = None
    album: int | None = None
    artist: int | None = None
    actors: tuple[int, ...] | None = None
    domains: tuple[str, ...] | None = None
    ordering: tuple[tuple[str, bool], ...] = ()


def made(id: int, actor_id: int, name: str, level: str, *rest: object) -> Playlist:
    """A playlist from its :data:`COLUMNS`."""
    return Playlist(id, actor_id, name, Privacy(level), *rest)  # type: ignore[arg-type]


# --- looking -------------------------------------------------------------------------------------

PLAYLIST = f"SELECT {COLUMNS} FROM {JOINED} WHERE playlist.id = %s AND {SEEN_BY}"


async def playlist(tx: Queries, id: int, seer: Seer) -> Playlist | None:
    """The playlist of this id, if it may be seen."""
    return await tx.maybe(made, PLAYLIST, id, *seer.args)


ORDERS = {
    "id": "playlist.id",
    "name": "playlist.folded_name",
    "creation_date": "playlist.creation_date",
    "modification_date": "playlist.modification_date",
}
NAMED = """
    (position(folded(%s) IN playlist.folded_name) > 0 OR position(lower(%s) IN lower(owner.preferred_username)) > 0)
"""
# Asked so, PostgreSQL looks once into each playlist that is listed, and never at the tracks of all.
HOLDING = "coalesce((SELECT true FROM playlist_track AS held WHERE held.playlist_id = playlist.id LIMIT 1), false)"
FILLED = f"(playlist.rules IS NOT NULL OR {HOLDING})"
WITH_TRACK = "playlist.id IN (SELECT playlist_id FROM playlist_track WHERE track_id = %s)"
WITH_ALBUM = """
    playlist.id IN (SELECT held.playlist_id FROM track JOIN playlist_track AS held ON held.track_id = track.id
                     WHERE track.album_id = %s)
"""
WITH_ARTIST = """
    playlist.id IN (SELECT held.playlist_id FROM playlist_track AS held
                     WHERE held.track_id IN (SELECT id FROM track WHERE artist_id = %s
                                              UNION
                                             SELECT track_id FROM track_credit WHERE artist_id = %s
                                              UNION
                                             SELECT track.id FROM track JOIN album ON album.id = track.album_id
                                              WHERE album.artist_id = %s))
"""


def _conditions(asked: PlaylistFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    yield SEEN_BY, asked.seer.args
    for word in asked.words:
        yield NAMED, (word, word)
    if asked.name is not None:
        yield "playlist.name = %s", (asked.name,)
    if asked.name_contains is not None:
        yield "position(folded(%s) IN playlist.folded_name) > 0", (asked.name_contains,)
    if asked.filled is not None:
        yield (FILLED if asked.filled else f"NOT {FILLED}"), ()
    if asked.track is not None:
        yield WITH_TRACK, (asked.track,)
    if asked.album is not None:
        yield WITH_ALBUM, (asked.album,)
    if asked.artist is not None:
        yield WITH_ARTIST, (asked.artist,) * 3
    if asked.actors is not None or asked.domains is not None:
        yield (
            "(playlist.actor_id = ANY(%s) OR owner.domain = ANY(%s))",
            (list(asked.actors or ()), list(asked.domains or ())),
        )


async def page(tx: Queries, asked: PlaylistFilter, limit: int, offset: int) -> tuple[int, list[Playlist]]:
    """How many playlists match, and one page of them; those that changed last come first unless asked otherwise."""
    conditions = list(_conditions(asked))
    where = " AND ".join(sql for sql, _ in conditions)
    values = [value for _, values in conditions for value in values]
    words = [f"{ORDERS[name]} {'DESC' if down else 'ASC'}" for name, down in asked.ordering if name in ORDERS]
    order = ", ".join(words or [f"{ORDERS['modification_date']} DESC"])
    count = await tx.one(int, f"SELECT count(*) FROM {JOINED} WHERE {where}", *values)
    sql = f"SELECT {COLUMNS} FROM {JOINED} WHERE {where} ORDER BY {order}, playlist.id DESC LIMIT %s OFFSET %s"
    return count, await tx.many(made, sql, *values, limit, offset)


VISIBLE = f"SELECT playlist.id, playlist.revision FROM {JOINED} WHERE playlist.id = ANY(%s) AND {SEEN_BY}"


async def visible(tx: Queries, ids: Collection[int], seer: Seer) -> dict[int, int]:
    """Of these playlists, those that may be seen, each with its revision."""
    return dict(await tx.many(lambda id, revision: (id, revision), VISIBLE, list(ids), *seer.args)) if ids else {}


RULED = f"SELECT {COLUMNS} FROM {JOINED} WHERE playlist.id = ANY(%s) AND playlist.rules IS NOT NULL AND {SEEN_BY}"


async def ruled(tx: Queries, ids: Collection[int], seer: Seer) -> list[Playlist]:
    """Of these playlists, those that may be seen and that rules fill."""
    return await tx.many(made, RULED, list(ids), *seer.args) if ids else []


FACTS = """
    SELECT held.playlist_id, count(*), count(best.track_id), coalesce(sum(best.duration), 0)
      FROM playlist_track AS held
      LEFT JOIN (SELECT track_id, max(coalesce(duration, 0)) AS duration
                   FROM upload
                  WHERE track_id IN (SELECT track_id FROM playlist_track WHERE playlist_id = ANY(%s))
                    AND library_id = ANY(%s) AND import_status IN ('finished', 'skipped')
                  GROUP BY track_id) AS best USING (track_id)
     WHERE held.playlist_id = ANY(%s)
     GROUP BY held.playlist_id
"""
# The pictures of the first different albums (of the track itself, where no album has one).
FIRST_COVERS = """
    SELECT playlist_id, array_agg(cover_id ORDER BY first)
      FROM (SELECT playlist_id, cover_id, min(place) AS first,
                   row_number() OVER (PARTITION BY playlist_id ORDER BY min(place)) AS rank
              FROM (SELECT held.playlist_id, held.place, coalesce(album.cover_id, track.cover_id) AS cover_id
                      FROM playlist_track AS held JOIN track ON track.id = held.track_id
                      LEFT JOIN album ON album.id = track.album_id
                     WHERE held.playlist_id = ANY(%s)) AS shown
             WHERE cover_id IS NOT NULL
             GROUP BY playlist_id, cover_id) AS ranked
     WHERE rank <= %s
     GROUP BY playlist_id
"""


async def facts(tx: Tx, ids: Collection[int], visible_libraries: Collection[int]) -> dict[int, PlaylistFacts]:
    """What is counted of each playlist, for somebody who sees these libraries; empty ones are left out."""
    if not ids:
        return {}
    asked = list(ids)
    counted = await tx.many(lambda *row: row, FACTS, asked, list(visible_libraries), asked)
    shown = dict(await tx.many(lambda id, covers: (id, covers), FIRST_COVERS, asked, COVERS))
    pictures = await attachments(tx, {id for several in shown.values() for id in several})
    return {
        id: PlaylistFacts(count, playable, int(seconds), tuple(pictures[one] for one in shown.get(id, ())))
        for id, count, playable, seconds in counted
    }


FACTS_OF_SONGS = """
    SELECT count(best.track_id), coalesce(sum(best.duration), 0)
      FROM (SELECT track_id, max(coalesce(duration, 0)) AS duration FROM upload
             WHERE track_id = ANY(%s) AND library_id = ANY(%s) AND import_status IN ('finished', 'skipped')
             GROUP BY track_id) AS best
"""
COVERS_OF_SONGS = """
    SELECT cover_id
      FROM (SELECT coalesce(album.cover_id, track.cover_id) AS cover_id, held.place
              FROM unnest(%s::bigint[]) WITH ORDINALITY AS held (track_id, place)
              JOIN track ON track.id = held.track_id
              LEFT JOIN album ON album.id = track.album_id) AS shown
     WHERE cover_id IS NOT NULL GROUP BY cover_id ORDER BY min(place) LIMIT %s
"""


async def facts_of_songs(tx: Tx, songs: Sequence[int], visible_libraries: Collection[int]) -> PlaylistFacts:
    """The same of a list of songs, each of which is in it once."""
    if not songs:
        return PlaylistFacts()
    asked = list(songs)
    playable, seconds = await tx.one(lambda *row: row, FACTS_OF_SONGS, asked, list(visible_libraries))
    covers = await tx.many(int, COVERS_OF_SONGS, asked, COVERS)
    pictures = await attachments(tx, set(covers))
    return PlaylistFacts(len(asked), playable, int(seconds), tuple(pictures[id] for id in covers))


TRACKS = """
    SELECT (row_number() OVER (ORDER BY place) - 1)::integer, track_id, creation_date
      FROM playlist_track WHERE playlist_id = %s ORDER BY place
"""


async def tracks(tx: Queries, id: int) -> list[PlaylistTrack]:
    """All tracks of a playlist, in order."""
    return await tx.many(PlaylistTrack, TRACKS, id)


# --- changing ------------------------------------------------------------------------------------

ADD = f"""
    INSERT INTO playlist (actor_id, name, privacy_level, rules)
    SELECT %s, %s, coalesce(%s, account.privacy_level, 'me'), %s::jsonb
      FROM (SELECT %s::bigint AS actor_id) AS owner LEFT JOIN account USING (actor_id)
 RETURNING {COLUMNS}
"""


async def add(tx: Tx, actor_id: int, wish: PlaylistWish) -> Playlist:
    """Make an empty playlist; without a level it gets its owner's own."""
    level = wish.privacy_level.value if wish.privacy_level else None
    return await tx.one(made, ADD, actor_id, wish.name, level, _plain(wish.rules), actor_id)


LOCK_OWN = f"SELECT {COLUMNS} FROM playlist WHERE id = %s AND actor_id = %s FOR NO KEY UPDATE"


async def lock_own(tx: Tx, id: int, actor_id: int) -> Playlist | None:
    """A playlist of the actor's, held until this transaction ends; None when it is not theirs."""
    return await tx.maybe(made, LOCK_OWN, id, actor_id)


CHANGES = frozenset(("name", "privacy_level", "comment", "rules"))


async def change(tx: Tx, id: int, change: PlaylistChange) -> None:
    """Write new values.  :raise ValueError: when a column is not to be changed like this."""
    if not CHANGES.issuperset(change):
        raise ValueError(f"{sorted(set(change) - CHANGES)} of playlist")
    if change:
        columns = ", ".join(f"{name} = %s" for name in change)
        values = [_plain(value) for value in change.values()]
        await tx.do(f"UPDATE playlist SET {columns}, modification_date = now() WHERE id = %s", *values, id)
        if "rules" in change:
            await tx.do(TOUCH, id)


def _plain(value: str | Privacy | Mapping[str, Any] | None) -> str | None:
    """A new value as its column takes it."""
    if isinstance(value, Privacy):
        return value.value
    return orjson.dumps(value).decode() if isinstance(value, Mapping) else value


REMOVE = "DELETE FROM playlist WHERE id = %s"


async def remove(tx: Tx, id: int) -> None:
    """Remove a playlist."""
    await tx.do(REMOVE, id)


@frozen
class Row:
    """A track's row in a playlist.  :ivar place: with possible gaps."""

    id: int
    track_id: int
    place: int


ROWS = "SELECT id, track_id, place FROM playlist_track WHERE playlist_id = %s ORDER BY place"


async def rows(tx: Tx, id: int) -> list[Row]:
    """The rows of a playlist that is held, in order."""
    return await tx.many(Row, ROWS, id)


PLACE = """
    UPDATE playlist_track SET place = wanted.place
      FROM (SELECT unnest(%s::bigint[]) AS id, unnest(%s::integer[]) AS place) AS wanted
     WHERE playlist_track.id = wanted.id
"""
DROP = "DELETE FROM playlist_track WHERE id = ANY(%s)"
TOUCH = """
    UPDATE playlist SET modification_date = now(), revision = nextval('playlist_revision') WHERE id = %s
"""


async def keep(tx: Tx, id: int, before: Sequence[Row], after: Sequence[Row]) -> None:
    """
    Make ``after``, some of the rows ``before`` in any order, all that the playlist has, without gaps.

    The playlist must be held.
    """
    kept = {row.id for row in after}
    gone = [row.id for row in before if row.id not in kept]
    if gone:
        await tx.do(DROP, gone)
    shifted = [(row.id, place) for place, row in enumerate(after) if row.place != place]
    if shifted:
        await tx.do(PLACE, [row for row, _ in shifted], [place for _, place in shifted])
    await tx.do(TOUCH, id)


SHIFT = "UPDATE playlist_track SET place = place + %s WHERE playlist_id = %s AND place >= %s"
PUT = """
    INSERT INTO playlist_track (playlist_id, track_id, place)
    SELECT %s, new.track_id, %s + new.nth - 1
      FROM unnest(%s::bigint[]) WITH ORDINALITY AS new (track_id, nth)
 RETURNING place, track_id, creation_date
"""


async def put(tx: Tx, id: int, track_ids: Sequence[int], at: int) -> list[PlaylistTrack]:
    """
    Put tracks into a playlist that is held and has no gaps, the first at ``at``; what stood there moves up.

    :raise psycopg2.errors.ForeignKeyViolation: a track is gone meanwhile.
    """
    await tx.do(SHIFT, len(track_ids), id, at)
    added = await tx.many(PlaylistTrack, PUT, id, at, list(track_ids))
    await tx.do(TOUCH, id)
    return sorted(added, key=lambda one: one.index)


TITLES = "SELECT id, title FROM track WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


async def titles(tx: Tx, track_ids: Collection[int]) -> dict[int, str]:
    """The titles of those tracks that there are; they stay until this transaction ends."""
    return dict(await tx.many(lambda id, title: (id, title), TITLES, list(track_ids)))
