"""What other servers are shown of this pod, as values: actors, libraries, files, posts, and the works behind them."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.music import Album, Artist, Attachment, Track
from fwtwisted.model.people import Actor, Privacy


class Role(enum.StrEnum):
    """What an actor of ours is."""

    PERSON = "person"
    CHANNEL = "channel"
    SERVICE = "service"


@frozen
class Voice:
    """
    The channel that an actor speaks for.

    :ivar artist_id: as whom it publishes.
    :ivar owner: federation id of the actor who owns it.
    :ivar category: ``music``, ``podcast`` or ``other``.
    """

    artist_id: int
    owner: str
    category: str
    tags: Sequence[str] = ()


@frozen
class ProofKey:
    """An Ed25519 key that an actor shows.  :ivar id: its URL.  :ivar public: multibase."""

    id: str
    public: str


@frozen
class Persona:
    """
    An actor of ours, as it introduces itself.

    :ivar name: as it is shown.  :ivar summary: its own words, of type ``summary_type``.
    :ivar public_key: RSA, in PEM.  :ivar proof_key: Ed25519; None: it has none.
    :ivar approves_by_hand: who wants to follow it has to wait.
    :ivar voice: of a channel.
    """

    actor: Actor
    role: Role
    name: str
    summary: str | None
    summary_type: str | None
    public_key: str | None
    proof_key: ProofKey | None
    approves_by_hand: bool
    picture: Attachment | None
    voice: Voice | None = None


@frozen
class Shelf:
    """
    A library of ours.

    :ivar owner: federation id.  :ivar total: files in it that others are shown.
    """

    id: int
    uuid: UUID
    fid: str
    owner: str
    name: str
    description: str | None
    privacy_level: Privacy
    total: int = 0

    @property
    def is_public(self) -> bool:
        """Other pods see what is in it without asking."""
        return self.privacy_level is Privacy.EVERYONE


@frozen
class SharedFile:
    """
    A file in a library of ours.

    :ivar library: federation id, as is ``owner``.
    :ivar size: bytes.  :ivar bitrate: bits a second.  :ivar duration: seconds.
    """

    id: int
    uuid: UUID
    fid: str
    track_id: int
    library_id: int
    library: str
    owner: str
    is_public: bool
    mimetype: str
    size: int
    bitrate: int
    duration: int
    published: datetime
    updated: datetime


@frozen
class Post:
    """
    What a channel of ours published: one file.

    :ivar channel: federation id of the actor who speaks.
    :ivar size: bytes.  :ivar bitrate: bits a second.  :ivar duration: seconds.
    :ivar likes: how many like it and let others know.  :ivar shares: how many told theirs of it.
    :ivar edited: when it last became another; None: it is as it was published.
    """

    id: int
    uuid: UUID
    fid: str
    track_id: int
    library_id: int
    channel: str
    mimetype: str
    size: int | None
    bitrate: int | None
    duration: int | None
    published: datetime
    likes: int = 0
    shares: int = 0
    edited: datetime | None = None


@frozen
class Credit:
    """
    A name on a track or an album.

    :ivar uuid: the track's or the album's own, where nobody wrote down whom it names.
    :ivar credit: the name as written there.
    """

    uuid: UUID
    artist_id: int
    credit: str
    joinphrase: str
    place: int


@frozen
class Works:
    """
    Artists, albums and tracks by id, with what their documents refer to.

    :ivar actors: federation ids.  :ivar speakers: of the artists that are channels: the federation id of the actor.
    """

    tracks: Mapping[int, Track] = field(factory=dict)
    albums: Mapping[int, Album] = field(factory=dict)
    artists: Mapping[int, Artist] = field(factory=dict)
    pictures: Mapping[int, Attachment] = field(factory=dict)
    actors: Mapping[int, str] = field(factory=dict)
    speakers: Mapping[int, str] = field(factory=dict)
    track_credits: Mapping[int, Sequence[Credit]] = field(factory=dict)
    album_credits: Mapping[int, Sequence[Credit]] = field(factory=dict)
    track_tags: Mapping[int, Sequence[str]] = field(factory=dict)
    album_tags: Mapping[int, Sequence[str]] = field(factory=dict)
    artist_tags: Mapping[int, Sequence[str]] = field(factory=dict)


@frozen
class Deed:
    """
    What somebody here did with a track and lets others know.

    :ivar actor: federation id, as is ``track``.
    """

    uuid: UUID
    actor: str
    track: str
    published: datetime
    audience: Privacy
