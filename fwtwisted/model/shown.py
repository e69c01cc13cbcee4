"""What the pod shows of one object to whoever does not come by one of our apps: crawlers, chats, other sites' pages."""

from __future__ import annotations

import enum

from attrs import field, frozen

from fwtwisted.model.music import Attachment


class Sort(enum.StrEnum):
    """Of what there are pages."""

    TRACK = "track"
    ALBUM = "album"
    ARTIST = "artist"
    PLAYLIST = "playlist"
    LIBRARY = "library"
    CHANNEL = "channel"
    PERSON = "person"


@frozen
class Place:
    """
    A page of the web app that is about one object.

    :ivar key: the object's number or uuid, or ``name@domain`` (``name`` alone is one of ours).
    """

    sort: Sort
    key: str


@frozen
class Shown:
    """
    What everybody may know of an object.

    :ivar key: by which a player finds it.
    :ivar path: of its page, on this pod; so are those of ``author_path`` and of ``facts``.
    :ivar fid: its federation id; None for what has none.
    :ivar playable: a visitor may hear something of it.
    :ivar facts: further properties of its kind, as the Open Graph names them.
    :ivar listen_path: where one track is heard.  :ivar feed_url: where a channel's feed is.
    """

    sort: Sort
    key: str
    path: str
    title: str
    description: str = ""
    author: str = ""
    author_path: str = ""
    picture: Attachment | None = None
    fid: str | None = None
    playable: bool = False
    facts: tuple[tuple[str, str], ...] = field(default=())
    listen_path: str | None = None
    feed_url: str | None = None


def page_of(sort: Sort, key: object) -> str:
    """The path of an object's page."""
    match sort:
        case Sort.CHANNEL:
            return f"/channels/{key}"
        case Sort.PERSON:
            return f"/@{key}"
        case Sort.LIBRARY:
            return f"/library/{key}"
    return f"/library/{sort.value}s/{key}"
