"""Channels: people who publish, what they publish, who follows them, and feeds of other servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.accounts import LongText
from fwtwisted.model.music import Artist, Attachment
from fwtwisted.model.ordering import Ordering
from fwtwisted.model.people import Actor

LONGEST_CHANNEL_NAME = 255
LONGEST_CHANNEL_USERNAME = 30
MOST_OUTLINES = 500  # channels in an OPML
MOST_ITEMS = 50  # episodes in a feed of ours
ORDERINGS = ("creation_date", "modification_date", "random")

# The categories of podcast directories, each with its own; Apple keeps the list and all others follow it.
CATEGORIES_OF_PODCASTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": ("Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "Health & Fitness": ("Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"),
    "History": (),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": (
        "Animation & Manga", "Automotive", "Aviation", "Crafts", "Games", "Hobbies", "Home & Garden", "Video Games",
    ),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (
        "Business News", "Daily News", "Entertainment News", "News Commentary", "Politics", "Sports News", "Tech News",
    ),
    "Religion & Spirituality": (
        "Buddhism", "Christianity", "Hinduism", "Islam", "Judaism", "Religion", "Spirituality",
    ),
    "Science": (
        "Astronomy", "Chemistry", "Earth Sciences", "Life Sciences", "Mathematics", "Natural Sciences", "Nature",
        "Physics", "Social Sciences",
    ),
    "Society & Culture": ("Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"),
    "Sports": (
        "Baseball", "Basketball", "Cricket", "Fantasy Sports", "Football", "Golf", "Hockey", "Rugby", "Running",
        "Soccer", "Swimming", "Tennis", "Volleyball", "Wilderness", "Wrestling",
    ),
    "Technology": (),
    "True Crime": (),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
}  # fmt: skip


# --- channels ------------------------------------------------------------------------------------


@frozen
class Channel:
    """
    A channel: an actor that publishes as an artist, and the library that holds what it publishes.

    :ivar attributed_to_id: the actor who owns it; of a feed from outside, our service actor.
    :ivar rss_url: of a feed from outside, or of a channel of another pod that told it; None for our own.
    :ivar metadata: of podcasts: language, category, owner, … (docs/api.md §4.15).
    :ivar is_feed: a feed from outside.
    """

    id: int
    uuid: UUID
    artist_id: int
    library_id: int
    actor_id: int
    attributed_to_id: int
    rss_url: str | None
    metadata: Mapping[str, Any]
    creation_date: datetime
    is_feed: bool


@frozen
class ChannelPage:
    """
    Channels and all that their documents refer to; by the id of the artist, the actor, or the picture.

    :ivar downloads: by artist.  :ivar subscriptions: by actor; empty when nobody counted.
    """

    channels: Sequence[Channel]
    artists: Mapping[int, Artist]
    actors: Mapping[int, Actor]
    covers: Mapping[int, Attachment]
    tags: Mapping[int, Sequence[str]]
    tracks: Mapping[int, int]
    downloads: Mapping[int, int]
    subscriptions: Mapping[int, int] = field(factory=dict)


@frozen
class ChannelWish:
    """
    What a new channel is to be.

    :ivar cover: a picture of the owner's.
    """

    name: str
    username: str
    description: LongText | None
    tags: tuple[str, ...]
    content_category: str
    cover: UUID | None
    metadata: Mapping[str, Any]


@frozen
class ChannelChange:
    """
    What is to change of a channel; what is not named in ``values`` stays.

    Names: ``name`` (str), ``description`` (LongText or None), ``tags`` (tuple), ``content_category`` (str), ``cover``
    (UUID or None), ``metadata`` (mapping; judged with the category that the channel has then).
    """

    values: Mapping[str, Any]


@frozen
class ChannelQuestion:
    """
    What a list of channels is asked; docs/api.md §4.15.

    :ivar words: each must be found.  :ivar scope: None: everybody's.  :ivar hidden: as for music.
    """

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    scope: tuple[str, ...] | None = None
    subscribed: bool | None = None
    external: bool | None = None
    hidden: bool | None = False
    ordering: Ordering = ()


@frozen
class Subscription:
    """Somebody follows a channel.  :ivar approved: None while the channel's server has not answered."""

    uuid: UUID
    fid: str
    approved: bool | None
    creation_date: datetime
    channel_id: int


@frozen
class SeriesWish:
    """A new series of a channel.  :ivar artist: the channel's."""

    title: str
    artist: int
    cover: UUID | None
    released: date | None
    description: LongText | None


# --- feeds from outside --------------------------------------------------------------------------


@frozen
class FeedItem:
    """
    An episode as a feed tells it.

    :ivar guid: what the publisher calls it for ever.
    :ivar audio: its address.  :ivar size: bytes, as far as the feed knows.  :ivar duration: seconds.
    :ivar position: number of the episode, and ``season``.
    :ivar image: address of a picture of its own.
    :ivar published: None: the feed does not say.
    """

    guid: str
    title: str
    audio: str
    mimetype: str
    size: int | None = None
    duration: int | None = None
    published: datetime | None = None
    description: LongText | None = None
    position: int | None = None
    season: int | None = None
    image: str | None = None
    copyright: str | None = None
    tags: tuple[str, ...] = ()


@frozen
class Feed:
    """
    A feed, read.

    :ivar link: its page for people.
    :ivar moved_to: where its publisher says that it lives now.  :ivar own_address: where it says that it is.
    :ivar metadata: what a channel of ours would keep there.
    :ivar items: the newest first.
    :ivar is_whole: nothing was left out; only then can be told what is gone.
    """

    title: str
    items: tuple[FeedItem, ...]
    link: str | None = None
    description: LongText | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(factory=dict)
    moved_to: str | None = None
    own_address: str | None = None
    is_whole: bool = True


# --- our own feeds -------------------------------------------------------------------------------


@frozen
class Episode:
    """
    What a feed of ours tells of one upload.

    :ivar size: bytes of the file.  :ivar mp3_size: of what is kept of it as MP3; None: nothing is.
    :ivar bitrate: bits a second.  :ivar duration: seconds.
    :ivar modified: when the upload or its words last changed, as far as is known.
    """

    upload: UUID
    track: UUID
    track_id: int
    title: str
    description: LongText | None
    mimetype: str | None
    size: int | None
    mp3_size: int | None
    bitrate: int | None
    duration: int | None
    position: int | None
    season: int | None
    cover: Attachment | None
    tags: Sequence[str]
    published: datetime
    modified: datetime
