"""
Music as one listener meets it: only what they may hear, each song with the file that they would get.

The Subsonic face is made from these; what a listener thinks of them stands apart (:class:`Notes`), since it changes
with every click while the music does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.model.people import Viewer


@frozen
class Named:
    """Somebody who is credited.  :ivar joint: what stands between this name and the next."""

    id: int
    name: str
    joint: str = ""


@frozen
class HeardSong:
    """
    A track and the file of it that the listener would get.

    :ivar picture: of the track itself; ``album_picture`` of its album.
    :ivar size: bytes.  :ivar duration: whole seconds.  :ivar bitrate: bits a second.
    :ivar metadata: what the file tells beyond the catalog, without its lyrics.
    :ivar genres: tags of the track, its album and its artist.
    """

    id: int
    uuid: UUID
    title: str
    position: int | None
    disc_number: int | None
    creation_date: datetime
    mbid: UUID | None
    artist_id: int
    artist_name: str
    content_category: str
    album_id: int | None
    album_title: str | None
    release_date: date | None
    album_artist_id: int | None
    album_artist_name: str | None
    picture: UUID | None
    album_picture: UUID | None
    upload: UUID
    size: int | None
    duration: int | None
    bitrate: int | None
    mimetype: str | None
    metadata: Mapping[str, Any]
    genres: Sequence[str]
    artists: Sequence[Named]
    album_artists: Sequence[Named]


@frozen
class HeardAlbum:
    """
    An album, as far as the listener may hear it.

    :ivar song_count: and ``duration`` (seconds): of what may be heard.
    """

    id: int
    title: str
    artist_id: int
    artist_name: str
    release_date: date | None
    mbid: UUID | None
    creation_date: datetime
    description: str | None
    picture: UUID | None
    song_count: int
    duration: int
    is_compilation: bool
    genres: Sequence[str]
    artists: Sequence[Named]


@frozen
class HeardArtist:
    """An artist of whom the listener may hear something.  :ivar album_count: own and credited albums among that."""

    id: int
    name: str
    mbid: UUID | None
    description: str | None
    picture: UUID | None
    album_count: int


@frozen
class Notes:
    """
    What a listener thinks of a song, an album or an artist, and how often they heard it.

    :ivar rating: 1 to 5; 0: none.  :ivar average: of all who rated it; None: nobody did.
    :ivar bookmark: milliseconds.
    """

    starred: datetime | None = None
    rating: int = 0
    average: float | None = None
    play_count: int = 0
    played: datetime | None = None
    bookmark: int | None = None


@frozen
class Sight:
    """
    Who listens, and what they may hear, as of one moment.

    :ivar libraries: ids of the libraries whose files they may hear, ascending.
    :ivar hidden: ids of artists whom they do not want to meet.
    :ivar catalog: version of the area; what is kept of the catalog holds for it.
    :ivar notes: number of the account's own notes, and the version of everybody's ratings.
    :ivar limit: kbit/s; files above it are sent in another form unless another is asked for.  0: none.
    """

    viewer: Viewer
    libraries: tuple[int, ...]
    hidden: tuple[int, ...]
    catalog: int
    notes: tuple[int, int]
    limit: int = 0


@frozen
class HeardChannel:
    """
    A podcast that the listener follows or speaks through.

    :ivar text: what is written about it, of type ``text_type``.
    :ivar rss_url: of a feed from outside; None: our own.
    :ivar is_new: a feed that was never read.  :ivar trouble: why it could not be read lately; None: it could.
    """

    id: int
    uuid: UUID
    name: str
    text: str | None
    text_type: str | None
    picture: UUID | None
    rss_url: str | None
    is_new: bool
    trouble: str | None


@frozen
class HeardEpisode:
    """
    An episode of a podcast.

    :ivar upload: uuid of its file; ``upload_id`` its key.  :ivar song: the track that it is.
    :ivar channel: uuid of the podcast.
    :ivar is_here: its file lies on this pod.  :ivar is_elsewhere: the original lies on another server.
    :ivar is_coming: a copy of that is being brought.
    """

    upload_id: int
    upload: UUID
    song: int
    channel: UUID
    published: datetime
    is_here: bool
    is_elsewhere: bool
    is_coming: bool = False
