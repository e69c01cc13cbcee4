"""
Searches of the Subsonic face: every word begins a word of a title, an album's or an artist's name.

Source: docs/subsonic.md rule 49.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from fwtwisted.db.music.catalog_filters import FOUND, NAME, PREFIX_QUERY, TIMES_QUERIED
from fwtwisted.db.pool import Queries
from fwtwisted.model.music import Kind

_HEARD = "upload.library_id = ANY(%s) AND upload.import_status IN ('finished', 'skipped')"
_SEEN = {
    Kind.TRACK: f"track.id IN (SELECT upload.track_id FROM upload WHERE {_HEARD})",
    Kind.ALBUM: f"""album.id IN (SELECT track.album_id FROM upload JOIN track ON track.id = upload.track_id
                                  WHERE {_HEARD})""",
    Kind.ARTIST: f"""EXISTS (SELECT FROM track JOIN upload ON upload.track_id = track.id
                              WHERE (track.artist_id = artist.id
                                     OR track.album_id IN (SELECT id FROM album WHERE album.artist_id = artist.id)
                                     OR track.id IN (SELECT track_id FROM track_credit
                                                      WHERE track_credit.artist_id = artist.id))
                                AND {_HEARD})""",
}
_MAKER = {Kind.TRACK: "track.artist_id", Kind.ALBUM: "album.artist_id", Kind.ARTIST: "artist.id"}
_FOLDED = {Kind.TRACK: "track.folded_title", Kind.ALBUM: "album.folded_title", Kind.ARTIST: "artist.folded_name"}

# Scripts without blanks between words: there a word is looked for anywhere.
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_NAMED = {
    "title": ("position(folded(%s) IN track.folded_title) > 0", "track.search @@ {query}"),
    "artist": (
        "track.artist_id IN (SELECT id FROM artist WHERE position(folded(%s) IN folded_name) > 0)",
        "track.artist_id IN (SELECT id FROM artist WHERE search @@ {query})",
    ),
    "album": (
        "track.album_id IN (SELECT id FROM album WHERE position(folded(%s) IN folded_title) > 0)",
        "track.album_id IN (SELECT id FROM album WHERE search @@ {query})",
    ),
}
_CONTAINED = {
    Kind.TRACK: """(position(folded(%s) IN track.folded_title) > 0
                     OR track.artist_id IN (SELECT id FROM artist WHERE position(folded(%s) IN folded_name) > 0)
                     OR track.album_id IN (SELECT id FROM album WHERE position(folded(%s) IN folded_title) > 0))""",
    Kind.ALBUM: """(position(folded(%s) IN album.folded_title) > 0
                     OR album.artist_id IN (SELECT id FROM artist WHERE position(folded(%s) IN folded_name) > 0))""",
    Kind.ARTIST: "position(folded(%s) IN artist.folded_name) > 0",
}


async def found(
    tx: Queries, kind: Kind, words: Sequence[str], libraries: Sequence[int], hidden: Sequence[int], limit: int
) -> list[int]:
    """
    Ids of what every word is found in, the best first: whose own name begins with the words, then the shorter name.

    :param words: at least one.  :param limit: how many at most.
    """
    parts: list[str] = []
    args: list[object] = []
    for word in words:
        parts.append(_CONTAINED[kind] if _UNSPACED.search(word) else FOUND[kind].format(query=PREFIX_QUERY))
        args += [word] * TIMES_QUERIED[kind]
    return await _listed(tx, kind, parts, args, words, libraries, hidden, limit)


@frozen
class SongQuery:
    """
    What the oldest search asks of songs.

    :ivar anywhere: words that begin a word of any of a song's names.
    :ivar title: of its title alone.  :ivar artist: and :ivar album: of those names.
    :ivar since: only songs that came later; None: any.
    """

    anywhere: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    artist: tuple[str, ...] = ()
    album: tuple[str, ...] = ()
    since: datetime | None = None


async def songs(
    tx: Queries, query: SongQuery, libraries: Sequence[int], hidden: Sequence[int], limit: int
) -> list[int]:
    """Ids of the songs that all of the query is true of, the best first."""
    fields = {"title": query.title, "artist": query.artist, "album": query.album}
    parts = [_within(field, word) for field, words in fields.items() for word in words]
    args: list[object] = [word for words in fields.values() for word in words]
    for word in query.anywhere:
        contained = _UNSPACED.search(word) is not None
        parts.append(_CONTAINED[Kind.TRACK] if contained else FOUND[Kind.TRACK].format(query=PREFIX_QUERY))
        args += [word] * TIMES_QUERIED[Kind.TRACK]
    if query.since is not None:
        parts.append("track.creation_date > %s")
        args.append(query.since)
    words = (*query.title, *query.anywhere)
    return await _listed(tx, Kind.TRACK, parts or ["false"], args, words, libraries, hidden, limit)


def _within(field: str, word: str) -> str:
    """That a word is in one of a song's names alone."""
    contained, spaced = _NAMED[field]
    return contained if _UNSPACED.search(word) else spaced.format(query=PREFIX_QUERY)


async def _listed(
    tx: Queries,
    kind: Kind,
    parts: Sequence[str],
    args: Sequence[object],
    words: Sequence[str],
    libraries: Sequence[int],
    hidden: Sequence[int],
    limit: int,
) -> list[int]:
    """What all the parts are true of.  :param args: theirs.  :param words: with which the best begin."""
    sql = f"""
        SELECT coalesce(array_agg(listed.id), '{{}}')
          FROM (SELECT {kind}.id FROM {kind}
                 WHERE {" AND ".join(parts)} AND {_SEEN[kind]} AND {_MAKER[kind]} <> ALL(%s)
                   AND {_MAKER[kind]} NOT IN (SELECT id FROM artist WHERE content_category = 'podcast')
                 ORDER BY starts_with({_FOLDED[kind]}, folded(%s)) DESC, length({NAME[kind]}), {kind}.id
                 LIMIT %s) AS listed
    """
    return await tx.one(list, sql, *args, list(libraries), list(hidden), " ".join(words), limit)
