"""
Artists, albums, tracks, tags and licences as documents.

Source: docs/api.md §3.5–§3.8, §4.8, §4.10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from attrs import field, frozen

from fwtwisted.model.audio import extension_of
from fwtwisted.model.licenses import License
from fwtwisted.model.music import Album, AlbumFacts, Artist, Attachment, ChannelOf, Playable, Shelf, Track
from fwtwisted.model.people import Actor
from fwtwisted.wire.markup import content
from fwtwisted.wire.v1 import Document, Pictures, attachment, when
from fwtwisted.wire.v1.people import actor

T = TypeVar("T")

NO_FACTS = AlbumFacts()


class WrittenOnce(Generic[T]):
    """
    Documents of values, each written once for as long as the value stays the same object.

    Who takes one changes nothing in it.  :param most: how many are kept; when there are more, all are forgotten.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._written: dict[int, tuple[T, Document]] = {}

    def of(self, id: int, value: T, write: Callable[[T], Document]) -> Document:
        """The document of the value that has this id."""
        known = self._written.get(id)
        if known is not None and known[0] is value:
            return known[1]
        if len(self._written) >= self._most:
            self._written.clear()
        document = write(value)
        self._written[id] = (value, document)
        return document


@frozen
class CatalogPaper:
    """
    What the documents of the catalog are written on.

    :ivar pictures: where covers are found.
    :ivar local_prefix: what the federation ids of our own objects begin with.
    """

    pictures: Pictures
    local_prefix: str
    artists: WrittenOnce[Artist] = field(factory=WrittenOnce, init=False, eq=False, repr=False)
    albums: WrittenOnce[Album] = field(factory=WrittenOnce, init=False, eq=False, repr=False)
    owners: WrittenOnce[Actor] = field(factory=WrittenOnce, init=False, eq=False, repr=False)

    def is_local(self, fid: str) -> bool:
        """The object is at home on this pod."""
        return fid.startswith(self.local_prefix)


def _cover(id: int | None, shelf: Shelf, paper: CatalogPaper) -> Document | None:
    picture: Attachment | None = shelf.covers.get(id) if id is not None else None
    return attachment(picture, paper.pictures)


def _owner(id: int | None, shelf: Shelf, paper: CatalogPaper) -> Document | None:
    found = shelf.actors.get(id) if id is not None else None
    return paper.owners.of(found.id, found, actor) if found is not None else None


def _channel(artist: Artist, shelf: Shelf) -> ChannelOf | None:
    return shelf.channels.get(artist.channel_id) if artist.channel_id is not None else None


def simple_artist(artist: Artist, shelf: Shelf, paper: CatalogPaper) -> Document:
    """An artist within a track or an album (§3.5)."""
    spoken = _channel(artist, shelf)
    return {
        **paper.artists.of(artist.id, artist, lambda one: artist_itself(one, is_local=paper.is_local(one.fid))),
        "attachment_cover": _cover(artist.cover_id, shelf, paper),
        "channel": None if spoken is None else spoken.uuid,
    }


def artist_itself(artist: Artist, *, is_local: bool) -> Document:
    """What an artist is, without what belongs to it."""
    return {
        "id": artist.id,
        "fid": artist.fid,
        "mbid": artist.mbid,
        "name": artist.name,
        "creation_date": when(artist.creation_date),
        "modification_date": when(artist.modification_date),
        "is_local": is_local,
        "content_category": artist.content_category,
        "description": content(artist.description, artist.description_type),
    }


def artist(artist: Artist, shelf: Shelf, paper: CatalogPaper) -> Document:
    """An artist in a list (§3.6)."""
    spoken = _channel(artist, shelf)
    albums = [shelf.albums[id] for id in shelf.albums_of.get(artist.id, ()) if id in shelf.albums]
    return {
        "id": artist.id,
        "fid": artist.fid,
        "mbid": artist.mbid,
        "name": artist.name,
        "content_category": artist.content_category,
        "creation_date": when(artist.creation_date),
        "is_local": paper.is_local(artist.fid),
        "cover": _cover(artist.cover_id, shelf, paper),
        "tags": list(shelf.tags.get(artist.id, ())),
        "attributed_to": _owner(artist.attributed_to_id, shelf, paper),
        "tracks_count": shelf.track_counts.get(artist.id, 0),
        "channel": spoken
        and {
            "uuid": spoken.uuid,
            "actor": {
                "full_username": f"{spoken.username}@{spoken.domain}",
                "preferred_username": spoken.username,
                "domain": spoken.domain,
            },
        },
        "albums": [_album_of_artist(album, shelf, paper) for album in albums],
    }


def artist_detail(found: Artist, shelf: Shelf, paper: CatalogPaper) -> Document:
    """A single artist."""
    return {**artist(found, shelf, paper), "description": content(found.description, found.description_type)}


def _album_of_artist(album: Album, shelf: Shelf, paper: CatalogPaper) -> Document:
    facts = shelf.album_facts.get(album.id, NO_FACTS)
    return {
        **paper.albums.of(album.id, album, lambda one: _album_itself(one, paper)),
        "cover": _cover(album.cover_id, shelf, paper),
        "tracks_count": facts.tracks_count,
        "is_playable": facts.playable_count > 0,
    }


def _nested_album(album: Album, artist: Document, shelf: Shelf, paper: CatalogPaper) -> Document:
    return {
        **paper.albums.of(album.id, album, lambda one: _album_itself(one, paper)),
        "artist": artist,
        "cover": _cover(album.cover_id, shelf, paper),
        "tracks_count": shelf.album_facts.get(album.id, NO_FACTS).tracks_count,
    }


def _album_itself(album: Album, paper: CatalogPaper) -> Document:
    return {
        "id": album.id,
        "fid": album.fid,
        "mbid": album.mbid,
        "title": album.title,
        "artist": album.artist_id,
        "release_date": album.release_date,
        "cover": None,
        "creation_date": when(album.creation_date),
        "is_local": paper.is_local(album.fid),
        "tracks_count": 0,
    }


def album(album: Album, shelf: Shelf, paper: CatalogPaper) -> Document:
    """An album in a list (§3.7)."""
    facts = shelf.album_facts.get(album.id, NO_FACTS)
    return {
        **_nested_album(album, simple_artist(shelf.artists[album.artist_id], shelf, paper), shelf, paper),
        "tags": list(shelf.tags.get(album.id, ())),
        "attributed_to": _owner(album.attributed_to_id, shelf, paper),
        "is_playable": facts.playable_count > 0,
        "duration": facts.duration,
    }


def album_detail(found: Album, shelf: Shelf, paper: CatalogPaper) -> Document:
    """A single album."""
    return {**album(found, shelf, paper), "description": content(found.description, found.description_type)}


def upload_of_track(upload: Playable, track: Track, paper: CatalogPaper) -> Document:
    """A file of a track as a listener meets it (§3.8)."""
    return {
        "uuid": upload.uuid,
        "listen_url": f"/api/v1/listen/{track.uuid}/?upload={upload.uuid}",
        "size": upload.size,
        "duration": upload.duration,
        "bitrate": upload.bitrate,
        "mimetype": upload.mimetype,
        "extension": extension_of(upload.mimetype or ""),
        "is_local": paper.is_local(upload.fid),
    }


def tracks(found: Sequence[Track], shelf: Shelf, paper: CatalogPaper) -> list[Document]:
    """Tracks in a list (§3.8); the artists and albums that they share are written once."""
    on = {one.album_id: shelf.albums[one.album_id] for one in found if one.album_id is not None}
    by = {one.artist_id for one in found} | {album.artist_id for album in on.values()}
    artists = {id: simple_artist(shelf.artists[id], shelf, paper) for id in by}
    albums = {id: _nested_album(album, artists[album.artist_id], shelf, paper) for id, album in on.items()}
    return [_track(one, artists, albums, shelf, paper) for one in found]


def track(found: Track, shelf: Shelf, paper: CatalogPaper) -> Document:
    """One track in a list."""
    [document] = tracks([found], shelf, paper)
    return document


def _track(
    track: Track,
    artists: Mapping[int, Document],
    albums: Mapping[int, Document],
    shelf: Shelf,
    paper: CatalogPaper,
) -> Document:
    uploads = [upload_of_track(upload, track, paper) for upload in shelf.uploads.get(track.id, ())]
    return {
        "id": track.id,
        "fid": track.fid,
        "mbid": track.mbid,
        "title": track.title,
        "creation_date": when(track.creation_date),
        "is_local": paper.is_local(track.fid),
        "artist": artists[track.artist_id],
        "album": albums[track.album_id] if track.album_id is not None else None,
        "position": track.position,
        "disc_number": track.disc_number,
        "copyright": track.copyright,
        "license": track.license,
        "cover": _cover(track.cover_id, shelf, paper),
        "tags": list(shelf.tags.get(track.id, ())),
        "attributed_to": _owner(track.attributed_to_id, shelf, paper),
        "downloads_count": track.downloads_count,
        "listen_url": f"/api/v1/listen/{track.uuid}/",
        "is_playable": bool(uploads),
        "uploads": uploads,
    }


def track_detail(found: Track, shelf: Shelf, paper: CatalogPaper) -> Document:
    """A single track."""
    return {**track(found, shelf, paper), "description": content(found.description, found.description_type)}


def tag(name: str, creation_date: datetime) -> Document:
    """A tag (§4.10)."""
    return {"name": name, "creation_date": when(creation_date)}


def license(license: License) -> Document:
    """A licence (§4.10)."""
    return {
        "id": license.id,
        "url": license.url,
        "code": license.code,
        "name": license.name,
        "redistribute": license.redistribute,
        "derivative": license.derivative,
        "commercial": license.commercial,
        "attribution": license.attribution,
        "copyleft": license.copyleft,
    }
