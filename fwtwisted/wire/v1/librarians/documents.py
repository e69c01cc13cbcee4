"""
Things as those see them who look after everything.

Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from fwtwisted.model.administration import AdminActor
from fwtwisted.model.librarians import (
    AlbumOf,
    Held,
    HeldAlbum,
    HeldArtist,
    HeldChannel,
    HeldLibrary,
    HeldTag,
    HeldTrack,
    HeldUpload,
    Sort,
)
from fwtwisted.model.music import Album, Artist, Track
from fwtwisted.wire.markup import content
from fwtwisted.wire.v1 import Document, Pictures, attachment, when, when_or_none
from fwtwisted.wire.v1.administration import admin_actor


@frozen
class LibrarianPaper:
    """
    What these documents are written on.

    :ivar public_url: the pod's, without a slash at its end.
    """

    pictures: Pictures
    public_url: str

    def is_local(self, fid: str) -> bool:
        """The object is at home on this pod."""
        return fid.startswith(f"{self.public_url}/")


def _thing(one: Artist | Album | Track, paper: LibrarianPaper) -> Document:
    """What every work says of itself first."""
    return {
        "id": one.id,
        "fid": one.fid,
        "mbid": one.mbid,
        "creation_date": when(one.creation_date),
        **_home(one.fid, paper),
    }


def _home(fid: str, paper: LibrarianPaper) -> Document:
    host = fid.split("/", 3)[2] if fid.count("/") >= 2 else None
    return {"domain": host, "is_local": paper.is_local(fid)}


def _owner(known: AdminActor | None) -> Document | None:
    return None if known is None else admin_actor(known)


def _text(one: Artist | Album | Track) -> Document:
    return {"description": content(one.description, one.description_type)}


# --- works ---------------------------------------------------------------------------------------


def artist(held: HeldArtist, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """An artist.  :param whole: with its description, here and below."""
    return {
        **_thing(held.artist, paper),
        "name": held.artist.name,
        "tracks_count": held.tracks_count,
        "albums_count": held.albums_count,
        "attributed_to": _owner(held.owner),
        "tags": list(held.tags),
        "cover": attachment(held.cover, paper.pictures),
        "channel": held.channel,
        "content_category": held.artist.content_category,
        **(_text(held.artist) if whole else {}),
    }


def _artist_of(one: Artist, paper: LibrarianPaper) -> Document:
    return {**_thing(one, paper), "name": one.name}


def _album(one: Album, singer: Artist, paper: LibrarianPaper) -> Document:
    return {
        **_thing(one, paper),
        "title": one.title,
        "release_date": one.release_date,
        "artist": _artist_of(singer, paper),
    }


def album(held: HeldAlbum, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """An album."""
    return {
        **_album(held.album, held.artist, paper),
        "cover": attachment(held.cover, paper.pictures),
        "tracks_count": held.tracks_count,
        "attributed_to": _owner(held.owner),
        "tags": list(held.tags),
        **(_text(held.album) if whole else {}),
    }


def _album_of(one: AlbumOf, paper: LibrarianPaper) -> Document:
    """The album within a track; how many tracks it has is not counted there."""
    cover = attachment(one.cover, paper.pictures)
    return {**_album(one.album, one.artist, paper), "cover": cover, "tracks_count": None}


def _track(one: Track, paper: LibrarianPaper) -> Document:
    return {
        **_thing(one, paper),
        "title": one.title,
        "position": one.position,
        "disc_number": one.disc_number,
        "copyright": one.copyright,
        "license": one.license,
    }


def track(held: HeldTrack, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """A track."""
    return {
        **_track(held.track, paper),
        "artist": _artist_of(held.artist, paper),
        "album": None if held.album is None else _album_of(held.album, paper),
        "attributed_to": _owner(held.owner),
        "uploads_count": held.uploads_count,
        "tags": list(held.tags),
        "cover": attachment(held.cover, paper.pictures),
        **(_text(held.track) if whole else {}),
    }


# --- what holds them -----------------------------------------------------------------------------


def _library_of(held: HeldLibrary, paper: LibrarianPaper) -> Document:
    library = held.library
    return {
        "id": library.id,
        "uuid": library.uuid,
        "fid": library.fid,
        "url": None,
        "name": library.name,
        "description": library.description,
        **_home(library.fid, paper),
        "creation_date": when(library.creation_date),
        "privacy_level": library.privacy_level,
        "followers_url": held.followers_url,
        "actor": admin_actor(held.owner),
    }


def library(held: HeldLibrary, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """A library; it has the same to say wherever it is shown."""
    counts = {"uploads_count": held.library.uploads_count, "followers_count": held.followers_count}
    return {**_library_of(held, paper), **counts}


def upload(held: HeldUpload, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """An upload.  What is stored of it is found where listeners find it; nothing stored, no address."""
    one, track = held.upload, held.track
    place = None if track is None else f"/api/v1/listen/{track.uuid}/?upload={one.uuid}"
    is_stored = place is not None and one.audio_file is not None
    return {
        "id": one.id,
        "uuid": one.uuid,
        "fid": held.fid,
        **_home(held.fid, paper),
        "audio_file": f"{paper.public_url}{place}" if is_stored else None,
        "listen_url": place,
        "source": one.source,
        "filename": _filename(held),
        "mimetype": one.mimetype,
        "duration": one.duration,
        "bitrate": one.bitrate,
        "size": one.size,
        "creation_date": when(one.creation_date),
        "accessed_date": when_or_none(held.accessed_date),
        "modification_date": when(held.modification_date),
        "metadata": one.metadata,
        "import_date": when_or_none(one.import_date),
        "import_details": one.import_details,
        "import_status": one.import_status,
        "import_metadata": one.import_metadata,
        "import_reference": one.import_reference,
        "track": None if track is None else _track(track, paper),
        "library": _library_of(held.library, paper),
    }


def _filename(held: HeldUpload) -> str:
    """The last part of where it came from or lies; of what has neither, its uuid."""
    named = held.upload.source or held.upload.audio_file or str(held.upload.uuid)
    return named.rstrip("/").rpartition("/")[2]


def tag(held: HeldTag, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """A tag."""
    return {
        "id": held.id,
        "name": held.name,
        "creation_date": when(held.creation_date),
        "tracks_count": held.tracks_count,
        "albums_count": held.albums_count,
        "artists_count": held.artists_count,
    }


def channel(held: HeldChannel, paper: LibrarianPaper, *, whole: bool = False) -> Document:
    """A channel."""
    return {
        "id": held.channel.id,
        "uuid": held.channel.uuid,
        "creation_date": when(held.channel.creation_date),
        "artist": artist(held.artist, paper, whole=whole),
        "attributed_to": admin_actor(held.owner),
        "actor": admin_actor(held.actor),
        "rss_url": held.channel.rss_url,
        "metadata": held.channel.metadata,
    }


WRITERS: Final[Mapping[Sort, Callable[..., Document]]] = {
    Sort.ARTIST: artist,
    Sort.ALBUM: album,
    Sort.TRACK: track,
    Sort.LIBRARY: library,
    Sort.UPLOAD: upload,
    Sort.TAG: tag,
    Sort.CHANNEL: channel,
}


def several(sort: Sort, held: Sequence[Held], paper: LibrarianPaper) -> list[Any]:
    """Things of a sort, as a list shows them."""
    return [WRITERS[sort](one, paper) for one in held]


def single(sort: Sort, held: Held, paper: LibrarianPaper) -> Document:
    """One thing, with all that is to be told of it."""
    return WRITERS[sort](held, paper, whole=True)
