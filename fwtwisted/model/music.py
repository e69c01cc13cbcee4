"""
Music as the pod knows it: artists, albums, tracks, uploads, libraries' shelves, and what people may ask for.

Values carry the ids of what they refer to; a :class:`Shelf` holds everything that one page of them refers to.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.people import Actor

UNKNOWN_ALBUM = "[Unknown Album]"
CATEGORIES = ("music", "podcast", "other")


@frozen
class Attachment:
    """
    A picture.

    :ivar url: where a remote one comes from.
    :ivar file: its stored name; None while it has not been fetched.
    :ivar size: bytes.
    """

    id: int
    uuid: UUID
    url: str | None
    file: str | None
    size: int | None
    mimetype: str | None
    creation_date: datetime


@frozen
class Artist:
    """Somebody who makes music, or speaks.  :ivar channel_id: of the channel that this artist is the voice of."""

    id: int
    uuid: UUID
    fid: str
    mbid: UUID | None
    name: str
    content_category: str
    attributed_to_id: int | None
    cover_id: int | None
    description: str | None
    description_type: str | None
    creation_date: datetime
    modification_date: datetime
    channel_id: int | None


@frozen
class Album:
    """A release, or a series of a podcast."""

    id: int
    uuid: UUID
    fid: str
    mbid: UUID | None
    title: str
    artist_id: int
    release_date: date | None
    attributed_to_id: int | None
    cover_id: int | None
    description: str | None
    description_type: str | None
    creation_date: datetime


@frozen
class Track:
    """A piece of music; its bytes are its uploads'."""

    id: int
    uuid: UUID
    fid: str
    mbid: UUID | None
    title: str
    artist_id: int
    album_id: int | None
    position: int | None
    disc_number: int | None
    license: str | None
    copyright: str | None
    attributed_to_id: int | None
    cover_id: int | None
    description: str | None
    description_type: str | None
    downloads_count: int
    creation_date: datetime


@frozen
class Playable:
    """
    One file of a track, as a listener meets it.

    :ivar size: bytes.  :ivar duration: whole seconds.  :ivar bitrate: bits a second.
    """

    uuid: UUID
    fid: str
    track_id: int
    size: int | None
    duration: int | None
    bitrate: int | None
    mimetype: str | None
    audio_file: str | None
    source: str | None


@frozen
class AlbumFacts:
    """What is counted of an album.  :ivar duration: seconds of what the viewer may play."""

    tracks_count: int = 0
    playable_count: int = 0
    duration: int = 0


@frozen
class ChannelOf:
    """The little that an artist's document says of its channel."""

    id: int
    uuid: UUID
    username: str
    domain: str


@frozen
class Shelf:
    """
    Everything that a page of artists, albums or tracks refers to, by id.

    :ivar uploads: what the viewer may play, by track, the best first.
    :ivar albums_of: by artist.
    """

    artists: Mapping[int, Artist] = field(factory=dict)
    albums: Mapping[int, Album] = field(factory=dict)
    covers: Mapping[int, Attachment] = field(factory=dict)
    actors: Mapping[int, Actor] = field(factory=dict)
    channels: Mapping[int, ChannelOf] = field(factory=dict)
    uploads: Mapping[int, Sequence[Playable]] = field(factory=dict)
    tags: Mapping[int, Sequence[str]] = field(factory=dict)
    album_facts: Mapping[int, AlbumFacts] = field(factory=dict)
    track_counts: Mapping[int, int] = field(factory=dict)
    albums_of: Mapping[int, Sequence[int]] = field(factory=dict)


@frozen
class HiddenArtist:
    """
    An artist that somebody does not want to meet.

    :ivar uuid: of the wish, not of the artist.
    :ivar creation_date: when it was made.
    """

    uuid: UUID
    artist_id: int
    name: str
    creation_date: datetime


class Kind(enum.StrEnum):
    """The three kinds of music objects that are listed, searched, tagged and edited alike."""

    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"


class Compare(enum.StrEnum):
    """How a name filter compares."""

    EXACT = "exact"
    IEXACT = "iexact"
    STARTSWITH = "startswith"
    ICONTAINS = "icontains"


@frozen
class NameFilter:
    """``title__startswith=…`` and its kin."""

    how: Compare
    text: str


@frozen
class Scope:
    """
    One word of ``scope=``.

    :ivar owner: id of the actor whose libraries count; None: no limit by owner.
    :ivar domain: the server whose libraries count.
    :ivar libraries: ids of the libraries that count.
    """

    owner: int | None = None
    domain: str | None = None
    libraries: tuple[int, ...] | None = None


@frozen
class Away:
    """
    Whose works are listed only for those who may hear them.

    :ivar hosts: servers, as their federation ids name them.  :ivar actors: ids of actors whose works they are.
    """

    hosts: tuple[str, ...] = ()
    actors: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hosts or self.actors)


@frozen
class MusicFilter:
    """
    Which artists, albums or tracks are asked for; docs/api.md §4.8.

    Every value was looked up already: references are ids, an empty tuple of ``scopes`` means that nothing matches,
    None that it was not asked.

    :ivar words: folded search words, all must match; None: no search.
    :ivar raw: a query in PostgreSQL's own text search language instead.
    :ivar hidden: artists to leave out.  :ivar only_hidden: list those alone instead.
    """

    words: tuple[str, ...] | None = None
    raw: str | None = None
    playable: bool | None = None
    include_channels: bool = False
    hidden: tuple[int, ...] = ()
    only_hidden: bool = False
    scopes: tuple[Scope, ...] | None = None
    library: int | None = None
    related: int | None = None
    tags: tuple[str, ...] = ()
    mbid: UUID | None = None
    content_category: str | None = None
    artist: int | None = None
    album: int | None = None
    channel_artist: int | None = None
    license: str | None = None
    ids: tuple[int, ...] | None = None
    names: tuple[NameFilter, ...] = ()
    has_albums: bool | None = None
    favorites_of: int | None = None
    nothing: bool = False
    away: Away = Away()


@frozen
class Ordered:
    """One word of ``ordering=``."""

    name: str
    descending: bool = False


ORDERINGS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ARTIST: ("id", "name", "creation_date", "modification_date", "random", "related"),
    Kind.ALBUM: ("creation_date", "release_date", "title", "artist__modification_date", "random", "related"),
    Kind.TRACK: (
        "creation_date",
        "title",
        "album__title",
        "album__release_date",
        "size",
        "position",
        "disc_number",
        "artist__name",
        "artist__modification_date",
        "random",
        "related",
    ),
}
