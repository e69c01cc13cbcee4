"""
What lists of all that the pod holds may be asked, sort by sort.

Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from fwtwisted.db.conditions import Condition, Filter, same, same_letters, same_number
from fwtwisted.db.joins import Joins
from fwtwisted.model.librarians import Sort
from fwtwisted.model.music import Kind


@frozen
class Listing:
    """
    How a list is asked.

    :ivar searched: the folded columns of words.  :ivar filtered: what ``key:value`` means.
    :ivar exact: what a parameter of that name means.  :ivar always: what holds of all of them.
    """

    joins: Joins
    searched: Mapping[str, str]
    filtered: Mapping[str, Filter]
    exact: Mapping[str, Filter]
    orders: Mapping[str, str]
    always: Sequence[Condition] = ()


def _server(fid: str) -> Filter:
    return lambda text: Condition(f"split_part({fid}, '/', 3) = lower(%s)", (text,))


def _account(actor: str) -> Filter:
    """``user@domain``"""

    def condition(text: str) -> Condition:
        username, _, domain = text.removeprefix("@").partition("@")
        sql = f"(lower({actor}.preferred_username) = lower(%s) AND {actor}.domain = lower(%s))"
        return Condition(sql, (username, domain))

    return condition


def _tagged(kind: Kind, id: str) -> Filter:
    sql = f"""EXISTS (SELECT FROM {kind}_tag JOIN tag ON tag.id = tag_id
                       WHERE {kind}_id = {id} AND lower(tag.name) = lower(%s))"""
    return lambda text: Condition(sql, (text,))


def _holding(within: str) -> Filter:
    """In the library of this number there is something of it.  :param within: which tracks are meant."""
    held = same_number("held.library_id")

    def condition(text: str) -> Condition:
        inner = held(text)
        sql = f"""EXISTS (SELECT FROM upload AS held JOIN track AS sung ON sung.id = held.track_id
                           WHERE {within} AND {inner.sql})"""
        return Condition(sql, inner.values)

    return condition


def _uuid(column: str) -> Filter:
    return same(f"{column}::text")


def _folded(column: str) -> str:
    """The text to be searched; where there is none, the folding is spared."""
    return f"(CASE WHEN {column} IS NULL THEN '' ELSE folded({column}) END)"


def _ascii(column: str) -> str:
    """Likewise of addresses and uuids, which hold nothing that folding would change but capitals."""
    return f"coalesce(lower({column}::text), '')"


def _among(column: str, text: str) -> Condition:
    """The library holds something of what has this number."""
    inner = same_number(column)(text)
    sql = f"""library.id IN (SELECT held.library_id FROM upload AS held JOIN track AS sung ON sung.id = held.track_id
                              WHERE {inner.sql})"""
    return Condition(sql, inner.values)


LISTINGS: Final[Mapping[Sort, Listing]] = {
    Sort.ARTIST: Listing(
        Joins("artist", {}),
        {"name": "artist.folded_name", "fid": _ascii("artist.fid"), "mbid": _ascii("artist.mbid")},
        {
            "uuid": _uuid("artist.uuid"),
            "domain": _server("artist.fid"),
            "library_id": _holding("sung.artist_id = artist.id"),
            "category": same("artist.content_category"),
            "tag": _tagged(Kind.ARTIST, "artist.id"),
        },
        {
            "name": same("artist.name"),
            "mbid": _uuid("artist.mbid"),
            "fid": same("artist.fid"),
            "content_category": same("artist.content_category"),
        },
        {"creation_date": "artist.creation_date", "name": "artist.folded_name"},
    ),
    Sort.ALBUM: Listing(
        Joins("album", {"artist": "JOIN artist ON artist.id = album.artist_id"}),
        {
            "title": "album.folded_title",
            "fid": _ascii("album.fid"),
            "artist": "artist.folded_name",
            "mbid": _ascii("album.mbid"),
        },
        {
            "uuid": _uuid("album.uuid"),
            "artist_id": same_number("album.artist_id"),
            "domain": _server("album.fid"),
            "library_id": _holding("sung.album_id = album.id"),
            "tag": _tagged(Kind.ALBUM, "album.id"),
        },
        {
            "title": same("album.title"),
            "mbid": _uuid("album.mbid"),
            "fid": same("album.fid"),
            "artist": same_number("album.artist_id"),
        },
        {
            "creation_date": "album.creation_date",
            "title": "album.folded_title",
            "release_date": "album.release_date",
        },
    ),
    Sort.TRACK: Listing(
        Joins(
            "track",
            {
                "artist": "JOIN artist ON artist.id = track.artist_id",
                "album": "LEFT JOIN album ON album.id = track.album_id",
                "album_artist": "LEFT JOIN artist AS album_artist ON album_artist.id = album.artist_id",
            },
        ),
        {
            "title": "track.folded_title",
            "fid": _ascii("track.fid"),
            "mbid": _ascii("track.mbid"),
            "artist": "artist.folded_name",
            "album": "coalesce(album.folded_title, '')",
            "album_artist": "coalesce(album_artist.folded_name, '')",
            "copyright": _folded("track.copyright"),
        },
        {
            "album_id": same_number("track.album_id"),
            "album_artist_id": same_number("album.artist_id"),
            "artist_id": same_number("track.artist_id"),
            "uuid": _uuid("track.uuid"),
            "license": same("track.license"),
            "domain": _server("track.fid"),
            "library_id": _holding("sung.id = track.id"),
            "tag": _tagged(Kind.TRACK, "track.id"),
        },
        {
            "title": same("track.title"),
            "mbid": _uuid("track.mbid"),
            "fid": same("track.fid"),
            "artist": same_number("track.artist_id"),
            "album": same_number("track.album_id"),
            "license": same("track.license"),
        },
        {
            "creation_date": "track.creation_date",
            "title": "track.folded_title",
            "album__release_date": "album.release_date",
            "position": "track.position",
            "disc_number": "track.disc_number",
        },
    ),
    Sort.LIBRARY: Listing(
        Joins("library", {"owner": "JOIN actor AS owner ON owner.id = library.actor_id"}),
        {
            "name": "folded(library.name)",
            "description": _folded("library.description"),
            "fid": _ascii("library.fid"),
        },
        {
            "uuid": _uuid("library.uuid"),
            "artist_id": lambda text: _among("sung.artist_id", text),
            "album_id": lambda text: _among("sung.album_id", text),
            "track_id": lambda text: _among("sung.id", text),
            "domain": _server("library.fid"),
            "account": _account("owner"),
            "privacy_level": same("library.privacy_level"),
        },
        {
            "name": same("library.name"),
            "fid": same("library.fid"),
            "privacy_level": same("library.privacy_level"),
            "domain": _server("library.fid"),
        },
        {
            "creation_date": "library.creation_date",
            "uploads_count": "(SELECT sum(uploads) FROM upload_tally AS held WHERE held.library_id = library.id)",
            "followers_count": "(SELECT count(*) FROM follow WHERE target_library_id = library.id AND approved)",
        },
        (Condition("NOT library.is_channel"),),
    ),
    Sort.UPLOAD: Listing(
        Joins(
            "upload",
            {
                "library": "JOIN library ON library.id = upload.library_id",
                "owner": "JOIN actor AS owner ON owner.id = library.actor_id",
                "track": "LEFT JOIN track ON track.id = upload.track_id",
                "artist": "LEFT JOIN artist ON artist.id = track.artist_id",
                "album": "LEFT JOIN album ON album.id = track.album_id",
            },
        ),
        {
            "source": _folded("upload.source"),
            "fid": _ascii("upload.fid"),
            "track": "coalesce(track.folded_title, '')",
            "album": "coalesce(album.folded_title, '')",
            "artist": "coalesce(artist.folded_name, '')",
        },
        {
            "uuid": _uuid("upload.uuid"),
            "library_id": same_number("upload.library_id"),
            "artist_id": same_number("track.artist_id"),
            "album_id": same_number("track.album_id"),
            "track_id": same_number("upload.track_id"),
            "domain": _server("upload.fid"),
            "import_reference": same("upload.import_reference"),
            "type": same("upload.mimetype"),
            "status": same("upload.import_status"),
            "account": _account("owner"),
            "privacy_level": same("library.privacy_level"),
        },
        {
            "fid": same("upload.fid"),
            "mimetype": same("upload.mimetype"),
            "import_reference": same("upload.import_reference"),
            "import_status": same("upload.import_status"),
            "domain": _server("upload.fid"),
            "privacy_level": same("library.privacy_level"),
        },
        {
            word: f"upload.{word}"
            for word in ("creation_date", "modification_date", "accessed_date", "size", "bitrate", "duration")
        },
    ),
    Sort.TAG: Listing(
        Joins("tag", {}),
        {"name": "folded(tag.name)"},
        {},
        {"name": same_letters("tag.name")},
        {
            "id": "tag.id",
            "creation_date": "tag.creation_date",
            "name": "lower(tag.name)",
            "items_count": " + ".join(
                f"(SELECT count(*) FROM {kind}_tag WHERE {kind}_tag.tag_id = tag.id)" for kind in Kind
            ),
            "length": "length(tag.name)",
        },
    ),
    Sort.CHANNEL: Listing(
        Joins(
            "channel",
            {
                "artist": "JOIN artist ON artist.id = channel.artist_id",
                "voice": "JOIN actor AS voice ON voice.id = channel.actor_id",
                "owner": "JOIN actor AS owner ON owner.id = channel.attributed_to_id",
            },
        ),
        {
            "name": "artist.folded_name",
            "username": "folded(voice.preferred_username)",
            "fid": _ascii("voice.fid"),
            "rss": _ascii("channel.rss_url"),
        },
        {
            "uuid": _uuid("channel.uuid"),
            "category": same("artist.content_category"),
            "domain": _server("voice.fid"),
            "tag": _tagged(Kind.ARTIST, "channel.artist_id"),
            "account": _account("owner"),
        },
        {},
        {"creation_date": "channel.creation_date", "name": "artist.folded_name"},
    ),
}
