"""
From what is asked of artists, albums or tracks to the ids that answer it, in order.

Only fixed fragments are joined here; values travel as parameters.  Every question is answered by one statement that
yields ids; what the ids stand for is loaded by ``db/music/catalog.py``.  The fragments use ``IN (SELECT …)``, which the
planner turns into hashed joins: an answer is computed whole once and kept (``core/music/orders.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg2

from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import BadRequest
from fwtwisted.model.music import Compare, Kind, MusicFilter, NameFilter, Ordered, Scope

PLAYABLE = "upload.import_status IN ('finished', 'skipped')"

# The tracks behind a kind of object: which column of track (or album) names the object.
HELD = {
    Kind.TRACK: "track.id IN (SELECT upload.track_id FROM upload WHERE {which})",
    Kind.ALBUM: """album.id IN (SELECT track.album_id FROM upload JOIN track ON track.id = upload.track_id
                                 WHERE {which})""",
    Kind.ARTIST: """artist.id IN (SELECT unnest(ARRAY[track.artist_id, album.artist_id])
                                    FROM upload JOIN track ON track.id = upload.track_id
                                    LEFT JOIN album ON album.id = track.album_id
                                   WHERE {which})""",
}
OWN_ARTIST = {Kind.ARTIST: "artist.id", Kind.ALBUM: "album.artist_id", Kind.TRACK: "track.artist_id"}
NAME = {Kind.ARTIST: "artist.name", Kind.ALBUM: "album.title", Kind.TRACK: "track.title"}

# One word of a search: in the object's own text, its artist's, or its album's.  The artists and albums of a word are
# found first, so that three indexes together tell which rows are looked at.
OF_ARTIST = "{kind}.artist_id = ANY(ARRAY(SELECT artist.id FROM artist WHERE artist.search @@ {{query}}))"
OF_ALBUM = "track.album_id = ANY(ARRAY(SELECT album.id FROM album WHERE album.search @@ {query}))"
FOUND = {
    Kind.ARTIST: "artist.search @@ {query}",
    Kind.ALBUM: f"(album.search @@ {{query}} OR {OF_ARTIST.format(kind='album')})",
    Kind.TRACK: f"(track.search @@ {{query}} OR {OF_ARTIST.format(kind='track')} OR {OF_ALBUM})",
}
TIMES_QUERIED = {Kind.ARTIST: 1, Kind.ALBUM: 2, Kind.TRACK: 3}
# Folding may write apostrophes of its own (for typographic ones): within a quoted word they are gaps.
PREFIX_QUERY = """to_tsquery('simple', '''' || translate(folded(%s), '''\\', '  ') || ''':*')"""
RAW_QUERY = "to_tsquery('simple', folded(%s))"

COMPARISONS = {
    Compare.EXACT: "{name} = %s",
    Compare.IEXACT: "lower({name}) = lower(%s)",
    Compare.STARTSWITH: "starts_with({name}, %s)",
    Compare.ICONTAINS: "position(lower(%s) IN lower({name})) > 0",
}

SHARED_TAGS = """(SELECT count(*) FROM {kind}_tag AS own JOIN {kind}_tag AS other USING (tag_id)
                   WHERE own.{kind}_id = {kind}.id AND other.{kind}_id = {related})"""

ORDERS: dict[Kind, dict[str, str]] = {
    Kind.ARTIST: {
        "id": "artist.id",
        "name": "artist.folded_name",
        "creation_date": "artist.creation_date",
        "modification_date": "artist.modification_date",
    },
    Kind.ALBUM: {
        "creation_date": "album.creation_date",
        "release_date": "album.release_date",
        "title": "album.folded_title",
        "artist__modification_date": "artist.modification_date",
    },
    Kind.TRACK: {
        "creation_date": "track.creation_date",
        "title": "track.folded_title",
        "album__title": "album.folded_title",
        "album__release_date": "album.release_date",
        "size": "(SELECT max(size) FROM upload WHERE upload.track_id = track.id)",
        "position": "track.position",
        "disc_number": "track.disc_number",
        "artist__name": "artist.folded_name",
        "artist__modification_date": "artist.modification_date",
    },
}
# Every album and track has its artist; joined so, the planner leaves out what a question does not mention.
JOINS = {
    Kind.ARTIST: "artist",
    Kind.ALBUM: "album LEFT JOIN artist ON artist.id = album.artist_id",
    Kind.TRACK: "track LEFT JOIN artist ON artist.id = track.artist_id LEFT JOIN album ON album.id = track.album_id",
}
NEWEST = {Kind.ARTIST: ("id",), Kind.ALBUM: ("creation_date",), Kind.TRACK: ("creation_date",)}


class _Where:
    """Conditions being gathered, each with its values."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.parts: list[str] = []
        self.args: list[object] = []

    def add(self, part: str, *args: object) -> None:
        self.parts.append(part)
        self.args.extend(args)

    def held(self, which: str, *args: object) -> tuple[str, list[object]]:
        """The object has a playable file of which ``which`` is true."""
        fragment = HELD[self.kind].format(which=f"{PLAYABLE} AND {which}")
        return fragment, list(args) * fragment.count(which)

    def text(self) -> str:
        return " AND ".join(f"({part})" for part in self.parts) or "true"


def _search(where: _Where, asked: MusicFilter) -> None:
    query, words = (RAW_QUERY, [asked.raw]) if asked.raw is not None else (PREFIX_QUERY, asked.words or ())
    for word in words:
        where.add(FOUND[where.kind].format(query=query), *[word] * TIMES_QUERIED[where.kind])


def _holder(scope: Scope) -> tuple[str, object]:
    """Whose libraries the scope means."""
    if scope.owner is not None:
        return "actor.id = %s", scope.owner
    if scope.domain is not None:
        return "actor.domain = %s", scope.domain
    return "library.id = ANY(%s)", list(scope.libraries or ())


def _scopes(where: _Where, scopes: Sequence[Scope], visible: Sequence[int]) -> None:
    parts, args = ["false"], []
    for scope in scopes:
        which, value = _holder(scope)
        part, values = where.held(
            f"""upload.library_id IN (SELECT library.id FROM library JOIN actor ON actor.id = library.actor_id
                                       WHERE {which} AND library.id = ANY(%s))""",
            value,
            list(visible),
        )
        parts.append(part)
        args.extend(values)
    where.add(" OR ".join(parts), *args)


def _people(where: _Where, asked: MusicFilter) -> None:
    kind, own_artist = where.kind, OWN_ARTIST[where.kind]
    if not asked.include_channels:
        where.add(f"NOT EXISTS (SELECT FROM channel WHERE channel.artist_id = {own_artist})")
    if asked.only_hidden:
        where.add(f"{own_artist} = ANY(%s)", list(asked.hidden))
    elif asked.hidden:
        where.add(f"{own_artist} <> ALL(%s)", list(asked.hidden))
    if asked.channel_artist is not None:
        where.add(f"{own_artist} = %s", asked.channel_artist)
    if asked.content_category is not None and kind is not Kind.TRACK:
        where.add("artist.content_category = %s", asked.content_category)
    if asked.artist is not None:
        _by_artist(where, asked.artist)


def _by_artist(where: _Where, artist: int) -> None:
    if where.kind is Kind.ALBUM:
        where.add(
            "album.artist_id = %s OR album.id IN (SELECT album_id FROM album_credit WHERE artist_id = %s)",
            artist,
            artist,
        )
    elif where.kind is Kind.TRACK:
        where.add(
            """track.artist_id = %s OR album.artist_id = %s
               OR track.id IN (SELECT track_id FROM track_credit WHERE artist_id = %s)""",
            artist,
            artist,
            artist,
        )


def _names(where: _Where, names: Sequence[NameFilter]) -> None:
    for name in names:
        where.add(COMPARISONS[name.how].format(name=NAME[where.kind]), name.text)


def _tags(where: _Where, asked: MusicFilter) -> None:
    kind = where.kind
    if asked.tags:
        where.add(
            f"""{kind}.id IN (SELECT {kind}_tag.{kind}_id FROM {kind}_tag JOIN tag ON tag.id = {kind}_tag.tag_id
                               WHERE lower(tag.name) IN (SELECT lower(asked) FROM unnest(%s::text[]) AS asked)
                               GROUP BY {kind}_tag.{kind}_id HAVING count(*) = %s)""",
            list(asked.tags),
            len(asked.tags),
        )
    if asked.related is not None:
        where.add(
            f"""{kind}.id <> %s AND {kind}.id IN (SELECT other.{kind}_id FROM {kind}_tag AS own
                  JOIN {kind}_tag AS other USING (tag_id) WHERE own.{kind}_id = %s)""",
            asked.related,
            asked.related,
        )


def _exact(where: _Where, asked: MusicFilter) -> None:
    kind = where.kind
    plain = {
        f"{kind}.mbid = %s": asked.mbid,
        "track.album_id = %s": asked.album if kind is Kind.TRACK else None,
        "track.license = %s": asked.license if kind is Kind.TRACK else None,
    }
    for part, value in plain.items():
        if value is not None:
            where.add(part, value)
    if asked.ids is not None:
        where.add(f"{kind}.id = ANY(%s)", list(asked.ids))
    if asked.favorites_of is not None and kind is Kind.TRACK:
        where.add("track.id IN (SELECT track_id FROM favorite WHERE actor_id = %s)", asked.favorites_of)
    if asked.has_albums is not None and kind is Kind.ARTIST:
        told = "EXISTS" if asked.has_albums else "NOT EXISTS"
        where.add(f"{told} (SELECT FROM album WHERE album.artist_id = artist.id)")


def _held(where: _Where, asked: MusicFilter, visible: Sequence[int]) -> None:
    if asked.playable is not None:
        part, args = where.held("upload.library_id = ANY(%s)", list(visible))
        where.add(part if asked.playable else f"NOT ({part})", *args)
    if asked.library is not None:
        part, args = where.held("upload.library_id = %s", asked.library)
        where.add(part, *args)
    if asked.scopes is not None:
        _scopes(where, asked.scopes, visible)


def _present(where: _Where, asked: MusicFilter, visible: Sequence[int]) -> None:
    """Works of servers that are away, or of whom moderators silenced: only for who may hear them."""
    if not asked.away:
        return
    kind = where.kind
    part, args = where.held("upload.library_id = ANY(%s)", list(visible))
    where.add(
        f"""NOT (split_part({kind}.fid, '/', 3) = ANY(%s)
                 OR coalesce({kind}.attributed_to_id = ANY(%s), false)) OR {part}""",
        list(asked.away.hosts),
        list(asked.away.actors),
        *args,
    )


def _gathered(kind: Kind, asked: MusicFilter, visible: Sequence[int]) -> _Where:
    where = _Where(kind)
    if asked.nothing:
        where.add("false")
    steps: tuple[Callable[[_Where, MusicFilter], None], ...] = (_search, _people, _tags, _exact)
    for step in steps:
        step(where, asked)
    _names(where, asked.names)
    _held(where, asked, visible)
    _present(where, asked, visible)
    return where


def _order_by(kind: Kind, order: Sequence[Ordered], related: int | None) -> str:
    words = []
    direction = "DESC"
    for one in order or [Ordered(name, descending=True) for name in NEWEST[kind]]:
        direction = "DESC" if one.descending else "ASC"
        if one.name == "random":
            words.append("random()")
        elif one.name == "related":
            if related is not None:
                words.append(f"{SHARED_TAGS.format(kind=kind, related=int(related))} {direction}")
        else:
            words.append(f"{ORDERS[kind][one.name]} {direction} NULLS LAST")
    return ", ".join([*words, f"{kind}.id {direction}"])


async def ids(
    tx: Tx,
    kind: Kind,
    asked: MusicFilter,
    order: Sequence[Ordered],
    visible: Sequence[int],
    limit: int,
    offset: int = 0,
) -> list[int]:
    """
    The ids that answer the question, in order; at most ``limit`` of them from ``offset`` on.

    :param visible: libraries whose files the viewer may play; ``playable`` and ``scopes`` look at no others.
    :raise BadRequest: a raw search query that PostgreSQL cannot read.
    """
    where = _gathered(kind, asked, visible)
    sql = f"""SELECT {kind}.id FROM {JOINS[kind]} WHERE {where.text()}
               ORDER BY {_order_by(kind, order, asked.related)} LIMIT %s OFFSET %s"""
    return await _asked(tx, asked, sql, [*where.args, limit, offset])


async def count(tx: Tx, kind: Kind, asked: MusicFilter, visible: Sequence[int]) -> int:
    """How many objects answer the question."""
    where = _gathered(kind, asked, visible)
    return await tx.one(int, f"SELECT count(*) FROM {JOINS[kind]} WHERE {where.text()}", *where.args)


async def shortest(tx: Tx, kind: Kind, asked: MusicFilter, limit: int) -> list[int]:
    """The first few answers, those with the shortest names."""
    where = _gathered(kind, asked, ())
    sql = f"""SELECT {kind}.id FROM {JOINS[kind]} WHERE {where.text()}
               ORDER BY length({NAME[kind]}), {kind}.id LIMIT %s"""
    return await _asked(tx, asked, sql, [*where.args, limit])


# Twenty thousand ids travel in one row at half the cost of as many rows.
ALL_AT_ONCE = "SELECT coalesce(array_agg(asked.id), '{{}}') FROM ({sql}) AS asked"


async def _asked(tx: Tx, asked: MusicFilter, sql: str, args: Sequence[object]) -> list[int]:
    try:
        return await tx.one(list, ALL_AT_ONCE.format(sql=sql), *args)
    except (psycopg2.errors.SyntaxError, psycopg2.errors.ProgramLimitExceeded) as trouble:
        if asked.raw is None:
            raise
        raise BadRequest("The search query cannot be read.") from trouble
