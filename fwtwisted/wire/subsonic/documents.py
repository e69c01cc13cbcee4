"""
Songs, albums and artists as Subsonic knows them.

A document comes in two parts: what is true of the music for everybody who may hear it, written once and kept as
bytes, and a listener's notes, which are laid over it.  :func:`whole` puts them together for an answer.

Source: docs/subsonic.md §10, rules 29 to 31, 36 to 40, 62 and 63.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from attrs import frozen

from fwtwisted.model.audio import extension_of
from fwtwisted.model.heard import HeardAlbum, HeardArtist, HeardSong, Named, Notes
from fwtwisted.wire.subsonic.envelope import Payload, Piece, dumped
from fwtwisted.wire.subsonic.names import Name, Prefix

UNKNOWN_TYPE = "audio/mpeg"
_OF_DIRECTORIES = frozenset(("starred", "userRating", "averageRating", "playCount"))
_UNFIT_FOR_PATHS = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


# --- small things --------------------------------------------------------------------------------------


def when(moment: datetime) -> str:
    """A time: UTC, exactly three digits of the second, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def milliseconds(moment: datetime) -> int:
    """A time where the protocol counts milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def cover_of(name: Name, picture: UUID) -> str:
    """The id of a thing's picture, which changes with the picture: apps keep pictures for ever."""
    return f"{name}_{picture.hex[:4]}"


def day(released: date | None) -> Payload:
    """A release date, as far as it is known."""
    return {} if released is None else {"year": released.year, "month": released.month, "day": released.day}


@frozen(slots=False)
class Articles:
    """
    Words that do not count when names are put in order.

    :ivar told: the words as apps are told them, blank-separated.
    """

    told: str = "The El La Los Las Le Les Os As O A"

    @cached_property
    def words(self) -> frozenset[str]:
        """Each, in lower case."""
        return frozenset(self.told.lower().split())

    def without(self, name: str) -> str:
        """The name as it is looked for: ``The Beatles`` under ``Beatles``."""
        first, blank, rest = name.partition(" ")
        return rest.lstrip() if blank and rest.strip() and first.lower() in self.words else name


# --- whole documents -----------------------------------------------------------------------------------


def whole(base: bytes, over: bytes = b"", **more: object) -> Piece:
    """
    A document for an answer.

    :param base: what :meth:`Paper.song` and its kin wrote.  :param over: what :func:`song_notes` and its kin wrote.
    :param more: further fields, which may hold documents of their own.
    """
    last = b"," + dumped(more)[1:-1] if more else b""
    return Piece(b"%b%b%b}" % (base[:-1], over, last))


def relaid(piece: Piece, **changes: object) -> Piece:
    """A document that was put together, with other values in some of its fields."""
    return Piece(orjson.dumps({**orjson.loads(piece.json), **changes}))


def _written(document: Payload) -> bytes:
    return orjson.dumps({name: value for name, value in document.items() if value is not None})


def _over(document: Payload) -> bytes:
    """Fields to lay over a document; nothing when there are none."""
    kept = {name: value for name, value in document.items() if value is not None}
    return b"," + orjson.dumps(kept)[1:-1] if kept else b""


def of_directory(over: bytes) -> Payload:
    """Those fields, of what is laid over a document, that the directory which it stands for has as well."""
    found: Payload = orjson.loads(b"{%b}" % over[1:])
    return {name: value for name, value in found.items() if name in _OF_DIRECTORIES}


def song_notes(notes: Notes) -> bytes:
    """What a listener notes on a song."""
    seconds = None if notes.bookmark is None else notes.bookmark // 1000
    return _over({**_opinions(notes), **_plays(notes), "bookmarkPosition": seconds})


def turned(media_type: str) -> bytes:
    """What is laid over a song that this listener gets in another form.  :param media_type: of that."""
    return _over({"transcodedContentType": media_type, "transcodedSuffix": extension_of(media_type)})


def album_notes(notes: Notes) -> bytes:
    """What a listener notes on an album."""
    return _over({**_opinions(notes), **_plays(notes)})


def artist_notes(notes: Notes) -> bytes:
    """What a listener notes on an artist."""
    return _over(_opinions(notes))


def _opinions(notes: Notes) -> Payload:
    return {
        "starred": None if notes.starred is None else when(notes.starred),
        "userRating": notes.rating or None,
        "averageRating": None if notes.average is None else round(notes.average, 2),
    }


def _plays(notes: Notes) -> Payload:
    return {"playCount": notes.play_count, "played": None if notes.played is None else when(notes.played)}


@frozen
class Paper:
    """
    Writes documents.

    :ivar public_url: protocol and host of the pod, for pictures that load without a log-in.
    """

    public_url: str
    articles: Articles

    def image_url(self, picture: UUID, crop: str = "large_square_crop") -> str:
        """Where anybody may load a picture.  :param crop: as docs/api.md §4.5 names them."""
        return f"{self.public_url}/api/v1/attachments/{picture}/proxy?next={crop}"

    def song(self, song: HeardSong) -> bytes:
        """A Child that is a song."""
        suffix = extension_of(song.mimetype or "") or "mp3"
        return _written({**_song_basics(song, suffix), **_song_extras(song, self.articles)})

    def album(self, album: HeardAlbum) -> bytes:
        """An AlbumID3, without its songs."""
        return _written(
            {
                "id": str(Name(Prefix.ALBUM, album.id)),
                "name": album.title,
                **_album_basics(album),
                "songCount": album.song_count,
                "duration": album.duration,
                "created": when(album.creation_date),
                "version": "",
                "recordLabels": [],
                "musicBrainzId": str(album.mbid or ""),
                "genres": _genres(album.genres),
                "artists": _references(album.artists, album.artist_id, album.artist_name),
                "displayArtist": _shown(album.artists, album.artist_name),
                "releaseTypes": [],
                "moods": [],
                "sortName": self.articles.without(album.title),
                "originalReleaseDate": day(album.release_date),
                "releaseDate": day(album.release_date),
                "isCompilation": album.is_compilation,
                "explicitStatus": "",
                "discTitles": [],
            }
        )

    def album_folder(self, album: HeardAlbum) -> bytes:
        """A Child that is an album, for lists of folders."""
        return _written(
            {
                "id": str(Name(Prefix.ALBUM, album.id)),
                "parent": str(Name(Prefix.ARTIST, album.artist_id)),
                "isDir": True,
                "title": album.title,
                "name": album.title,
                "album": album.title,
                **_album_basics(album),
                "songCount": album.song_count,
                "duration": album.duration,
                "created": when(album.creation_date),
                "isVideo": False,
                "mediaType": "album",
                "musicBrainzId": str(album.mbid or ""),
                "genres": _genres(album.genres),
                "displayArtist": _shown(album.artists, album.artist_name),
            }
        )

    def artist(self, artist: HeardArtist) -> bytes:
        """An ArtistID3, without its albums; it serves where an Artist is wanted as well."""
        name, picture = Name(Prefix.ARTIST, artist.id), artist.picture
        return _written(
            {
                "id": str(name),
                "name": artist.name,
                "coverArt": None if picture is None else cover_of(name, picture),
                "artistImageUrl": None if picture is None else self.image_url(picture),
                "albumCount": artist.album_count,
                "musicBrainzId": str(artist.mbid or ""),
                "sortName": self.articles.without(artist.name),
                "roles": ["artist", "albumartist"] if artist.album_count else ["artist"],
            }
        )

    def artist_folder(self, artist: HeardArtist, parent: str) -> bytes:
        """A Child that is an artist, in a music folder.  :param parent: the folder's id."""
        name, picture = Name(Prefix.ARTIST, artist.id), artist.picture
        return _written(
            {
                "id": str(name),
                "parent": parent,
                "isDir": True,
                "title": artist.name,
                "name": artist.name,
                "artist": artist.name,
                "artistId": str(name),
                "coverArt": None if picture is None else cover_of(name, picture),
                "isVideo": False,
                "mediaType": "artist",
            }
        )


def _album_basics(album: HeardAlbum) -> Payload:
    """What both forms of an album share."""
    name = Name(Prefix.ALBUM, album.id)
    return {
        "artist": album.artist_name,
        "artistId": str(Name(Prefix.ARTIST, album.artist_id)),
        "coverArt": None if album.picture is None else cover_of(name, album.picture),
        "year": None if album.release_date is None else album.release_date.year,
        "genre": album.genres[0] if album.genres else None,
    }


def _song_basics(song: HeardSong, suffix: str) -> Payload:
    """The fields of the original protocol."""
    name, artist = Name(Prefix.TRACK, song.id), str(Name(Prefix.ARTIST, song.artist_id))
    album = None if song.album_id is None else str(Name(Prefix.ALBUM, song.album_id))
    return {
        "id": str(name),
        "parent": album or artist,
        "isDir": False,
        "title": song.title,
        "album": song.album_title,
        "artist": _shown(song.artists, song.artist_name),
        "track": song.position,
        "year": None if song.release_date is None else song.release_date.year,
        "genre": song.genres[0] if song.genres else None,
        "coverArt": _song_cover(song, name),
        "size": song.size or 0,
        "contentType": song.mimetype or UNKNOWN_TYPE,
        "suffix": suffix,
        "duration": song.duration or 0,
        "bitRate": (song.bitrate or 0) // 1000,
        "path": _path(song, suffix),
        "isVideo": False,
        "discNumber": song.disc_number,
        "created": when(song.creation_date),
        "albumId": album,
        "artistId": artist,
        "type": "podcast" if song.content_category == "podcast" else "music",
    }


def _song_extras(song: HeardSong, articles: Articles) -> Payload:
    """The fields that OpenSubsonic adds: all of them, on every song."""
    told = song.metadata
    main = song.album_artist_name or song.artist_name
    return {
        "bitDepth": told.get("bit_depth") or 0,
        "samplingRate": told.get("sample_rate") or 0,
        "channelCount": told.get("channels") or 0,
        "mediaType": "podcast" if song.content_category == "podcast" else "song",
        "bpm": told.get("bpm") or 0,
        "comment": told.get("comment") or "",
        "sortName": articles.without(song.title),
        "musicBrainzId": str(song.mbid or ""),
        "isrc": told.get("isrc") or [],
        "genres": _genres(song.genres),
        "artists": _references(song.artists, song.artist_id, song.artist_name),
        "displayArtist": _shown(song.artists, song.artist_name),
        "albumArtists": _references(song.album_artists, song.album_artist_id or song.artist_id, main),
        "displayAlbumArtist": _shown(song.album_artists, main),
        "contributors": [],
        "displayComposer": told.get("composer") or "",
        "moods": [],
        "replayGain": _replay_gain(told),
        "explicitStatus": "",
        "works": [],
        "movements": [],
        "groupings": [],
    }


def _song_cover(song: HeardSong, name: Name) -> str | None:
    """Its own picture, else its album's, so that an app keeps one picture for twelve songs."""
    if song.picture is not None:
        return cover_of(name, song.picture)
    if song.album_picture is not None and song.album_id is not None:
        return cover_of(Name(Prefix.ALBUM, song.album_id), song.album_picture)
    return None


def _references(credited: Sequence[Named], id: int, name: str) -> list[Payload]:
    """Who made it: id and name only."""
    everybody = credited or [Named(id, name)]
    return [{"id": str(Name(Prefix.ARTIST, one.id)), "name": one.name} for one in everybody]


def _shown(credited: Sequence[Named], name: str) -> str:
    """The makers as they are written on the sleeve."""
    if not credited:
        return name
    parts = [part for one in credited[:-1] for part in (one.name, one.joint or ", ")]
    return "".join([*parts, credited[-1].name])


def _genres(names: Sequence[str]) -> list[Payload]:
    return [{"name": name} for name in names]


_GAINS = {"track_gain": "trackGain", "album_gain": "albumGain", "track_peak": "trackPeak", "album_peak": "albumPeak"}


def _replay_gain(told: Mapping[str, Any]) -> Payload:
    """The known numbers alone; peaks of nothing, and what is no number, are left out."""
    gains = told.get("replaygain") or {}
    found = {shown: gains[name] for name, shown in _GAINS.items() if _is_number(gains.get(name))}
    return {name: value for name, value in found.items() if value > 0 or not name.endswith("Peak")}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _path(song: HeardSong, suffix: str) -> str:
    """A path that tells what it is; no such file exists anywhere."""
    number = f"{song.position:02} - " if song.position is not None else ""
    pieces = (song.album_artist_name or song.artist_name, song.album_title or "", number + song.title)
    cleaned = [_UNFIT_FOR_PATHS.sub("_", piece).strip(" .") for piece in pieces if piece]
    return "/".join(piece or "_" for piece in cleaned) + f".{suffix}"
