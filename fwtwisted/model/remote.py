"""
What other servers say about their people and their music: parsed, limited, and not yet believed.

A value says what a document said.  Whether its author may say so (an artist of another host, a track of ours) is for
``core.fediverse.remote`` to decide.  Source: docs/federation.md §2.5, §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.model.accounts import LongText


@frozen
class SaidPicture:
    """A picture that lies elsewhere.  :ivar mimetype: None: its server does not tell."""

    url: str
    mimetype: str | None


@frozen
class SaidKey:
    """A public key.  :ivar pem: as it was sent, PKCS#1 or SPKI."""

    id: str
    owner: str | None
    pem: str


@frozen
class SaidActor:
    """
    Somebody elsewhere.

    :ivar url: of their page, for people.  :ivar summary: HTML, as other servers write it.
    :ivar shared_inbox: only where it may stand for this actor's host.
    :ivar rss: of the feed that makes a channel of an actor; None: it is none.
    :ivar category: of a channel.  :ivar owner: whose channel it is; None: its own.
    """

    fid: str
    type: str
    username: str
    name: str | None
    summary: str | None
    url: str | None
    inbox: str | None
    outbox: str | None
    shared_inbox: str | None
    followers: str | None
    following: str | None
    manually_approves: bool | None
    published: datetime | None
    icon: SaidPicture | None
    keys: tuple[SaidKey, ...]
    rss: str | None
    category: str
    owner: str | None
    tags: tuple[str, ...]
    also_known_as: tuple[str, ...] = ()


@frozen
class SaidAbout:
    """What is said alike of artists, albums and tracks.  :ivar author: the actor that it is attributed to."""

    fid: str
    mbid: UUID | None
    published: datetime | None
    author: str | None
    tags: tuple[str, ...]
    description: LongText | None
    picture: SaidPicture | None


@frozen
class SaidArtist:
    """An artist."""

    about: SaidAbout
    name: str

    @property
    def fid(self) -> str:
        """Its id."""
        return self.about.fid


@frozen
class SaidCredit:
    """An artist as named on a track or an album.  :ivar joinphrase: what stands before the next."""

    artist: SaidArtist
    credit: str
    joinphrase: str


@frozen
class SaidAlbum:
    """
    An album.

    :ivar credits: at least one, unless a channel speaks.
    :ivar speaker: the actor of the channel whose album it is.
    """

    about: SaidAbout
    title: str
    released: date | None
    credits: tuple[SaidCredit, ...]
    speaker: str | None = None

    @property
    def fid(self) -> str:
        """Its id."""
        return self.about.fid


@frozen
class SaidTrack:
    """A track.  :ivar credits: at least one.  :ivar license: the code of one that we know."""

    about: SaidAbout
    title: str
    position: int | None
    disc: int | None
    license: str | None
    copyright: str | None
    credits: tuple[SaidCredit, ...]
    album: SaidAlbum

    @property
    def fid(self) -> str:
        """Its id."""
        return self.about.fid


@frozen
class SaidSound:
    """
    Where a file lies and what it is.

    :ivar source: its address.  :ivar bitrate: bits a second.  :ivar size: bytes.  :ivar duration: whole seconds.
    """

    source: str
    mimetype: str
    bitrate: int | None
    size: int | None
    duration: int | None


@frozen
class SaidUpload:
    """A file in a library.  :ivar library: its id.  :ivar author: the actor that it is attributed to."""

    fid: str
    library: str
    author: str | None
    sound: SaidSound
    published: datetime | None
    updated: datetime | None
    track: SaidTrack


@frozen
class SaidEpisode:
    """What a channel published: upload and track in one.  :ivar album: its id.  :ivar about.author: the channel."""

    about: SaidAbout
    title: str
    sound: SaidSound
    position: int | None
    disc: int | None
    album: str | None
    license: str | None
    copyright: str | None

    @property
    def fid(self) -> str:
        """Its id."""
        return self.about.fid


@frozen
class SaidLibrary:
    """
    A library.

    :ivar owner: the actor.  :ivar total: how many files it says to hold.  :ivar first: the address of its first page.
    """

    fid: str
    owner: str
    name: str
    description: str | None
    is_public: bool
    followers: str
    total: int
    first: str | None
    published: datetime | None


@frozen
class SaidPage:
    """
    A page of a collection.

    :ivar items: what is on it, as sent.  :ivar ids: what of it is only named.
    :ivar strange: how many things on it are no documents.
    :ivar total: how many there are in all, as far as it tells.
    """

    url: str | None
    part_of: str | None
    items: tuple[Mapping[str, Any], ...]
    ids: tuple[str, ...]
    next: str | None
    total: int | None
    strange: int
