"""
What those see who look after all that the pod holds, their own or not: the permission ``library``.

Every value holds what its document tells, and nothing that has to be looked up again.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.administration import AdminActor
from fwtwisted.model.music import Album, Artist, Attachment, Track
from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Library
from fwtwisted.model.podcasts import Channel
from fwtwisted.model.uploads import TokenQuery, Upload


class Sort(enum.StrEnum):
    """What a pod holds."""

    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"
    LIBRARY = "library"
    UPLOAD = "upload"
    TAG = "tag"
    CHANNEL = "channel"


Key: TypeAlias = "int | UUID | str"
"""What names one thing: its number, its uuid; of a tag the name, of a channel also ``user@domain``."""


@frozen
class HeldQuestion:
    """
    Which things of a sort.

    :ivar exact: what must be just so, by the name of the parameter.
    """

    q: TokenQuery | None = None
    exact: Mapping[str, str] = field(factory=dict)
    ordering: Ordering = ()


@frozen
class Askable:
    """
    What a list of a sort understands; ``db.librarians.listings`` says what it means.

    :ivar keys: of a search, where words are looked for and what ``key:value`` may name.
    :ivar exact: parameters that ask for one value.
    :ivar orders: what it is ordered by.  :ivar is_strict: other orders are refused, not ignored.
    """

    keys: tuple[str, ...]
    exact: tuple[str, ...]
    orders: tuple[str, ...]
    is_strict: bool = False


ASKABLE: Mapping[Sort, Askable] = {
    Sort.ARTIST: Askable(
        ("name", "fid", "mbid", "uuid", "domain", "library_id", "category", "tag"),
        ("name", "mbid", "fid", "content_category"),
        ("creation_date", "name"),
    ),
    Sort.ALBUM: Askable(
        ("title", "fid", "artist", "mbid", "uuid", "artist_id", "domain", "library_id", "tag"),
        ("title", "mbid", "fid", "artist"),
        ("creation_date", "title", "release_date"),
    ),
    Sort.TRACK: Askable(
        (
            "title", "fid", "mbid", "artist", "album", "album_artist", "copyright", "album_id", "album_artist_id",
            "artist_id", "uuid", "license", "domain", "library_id", "tag",
        ),
        ("title", "mbid", "fid", "artist", "album", "license"),
        ("creation_date", "title", "album__release_date", "position", "disc_number"),
    ),
    Sort.LIBRARY: Askable(
        (
            "name", "description", "fid", "uuid", "artist_id", "album_id", "track_id", "domain", "account",
            "privacy_level",
        ),
        ("name", "fid", "privacy_level", "domain"),
        ("creation_date", "uploads_count", "followers_count"),
        is_strict=True,
    ),
    Sort.UPLOAD: Askable(
        (
            "source", "fid", "track", "album", "artist", "uuid", "library_id", "artist_id", "album_id", "track_id",
            "domain", "import_reference", "type", "status", "account", "privacy_level",
        ),
        ("fid", "mimetype", "import_reference", "import_status", "domain", "privacy_level"),
        ("creation_date", "modification_date", "accessed_date", "size", "bitrate", "duration"),
        is_strict=True,
    ),
    Sort.TAG: Askable(("name",), ("name",), ("id", "creation_date", "name", "items_count", "length")),
    Sort.CHANNEL: Askable(
        ("name", "username", "fid", "rss", "uuid", "category", "domain", "tag", "account"),
        (),
        ("creation_date", "name"),
    ),
}  # fmt: skip


@frozen
class HeldArtist:
    """
    An artist.

    :ivar owner: whose it is.  :ivar channel: the uuid of the channel that it is the voice of.
    """

    artist: Artist
    cover: Attachment | None
    owner: AdminActor | None
    tags: Sequence[str]
    channel: UUID | None
    tracks_count: int
    albums_count: int


@frozen
class HeldAlbum:
    """An album, with the artist that it is found under."""

    album: Album
    artist: Artist
    cover: Attachment | None
    owner: AdminActor | None
    tags: Sequence[str]
    tracks_count: int


@frozen
class AlbumOf:
    """The album of a track."""

    album: Album
    artist: Artist
    cover: Attachment | None


@frozen
class HeldTrack:
    """A track, with the artist that it is found under."""

    track: Track
    artist: Artist
    album: AlbumOf | None
    cover: Attachment | None
    owner: AdminActor | None
    tags: Sequence[str]
    uploads_count: int


@frozen
class HeldLibrary:
    """A library.  :ivar followers_count: who may see it, beside its owner."""

    library: Library
    owner: AdminActor
    followers_url: str
    followers_count: int


@frozen
class HeldUpload:
    """
    An upload; its library may be a channel's own.

    :ivar fid: its id in the fediverse.  :ivar accessed_date: when it was last heard.
    """

    upload: Upload
    fid: str
    accessed_date: datetime | None
    modification_date: datetime
    track: Track | None
    library: HeldLibrary


@frozen
class HeldTag:
    """A tag, and how many works of each kind wear it."""

    id: int
    name: str
    creation_date: datetime
    tracks_count: int
    albums_count: int
    artists_count: int


@frozen
class HeldChannel:
    """A channel: who speaks, as which artist, and whose it is."""

    channel: Channel
    artist: HeldArtist
    actor: AdminActor
    owner: AdminActor


Held: TypeAlias = HeldArtist | HeldAlbum | HeldTrack | HeldLibrary | HeldUpload | HeldTag | HeldChannel
