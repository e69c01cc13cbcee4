"""
Channels and subscriptions as documents, and what people send to make, change and list them.

Source: docs/api.md §4.15; of series §4.8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from attrs import frozen

from fwtwisted.model.accounts import LONGEST_TEXT, LongText
from fwtwisted.model.codes import LANGUAGES, is_language
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import CATEGORIES
from fwtwisted.model.podcasts import (
    CATEGORIES_OF_PODCASTS,
    LONGEST_CHANNEL_NAME,
    LONGEST_CHANNEL_USERNAME,
    ORDERINGS,
    Channel,
    ChannelChange,
    ChannelPage,
    ChannelQuestion,
    ChannelWish,
    SeriesWish,
    Subscription,
)
from fwtwisted.wire.fields import NOT_NULL, REQUIRED, Fields
from fwtwisted.wire.v1 import Document, Pictures, Query, attachment, when
from fwtwisted.wire.v1.catalog import artist_itself
from fwtwisted.wire.v1.people import ContentType, actor
from fwtwisted.wire.v1.questions import hidden, scope, search_words, strict_order, truth

LONGEST_URL = 500
LONGEST_TITLE = 255
LONGEST_TAG = 100
MOST_TAGS = 100
LARGEST_METADATA = 20_000  # bytes
LARGEST_NUMBER = 2**31 - 1
NO_CHOICE = "This is not a valid choice."

_TAG = re.compile(r"\w+", re.UNICODE)
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")


@frozen
class ChannelPaper:
    """
    What documents of channels are written on.

    :ivar public_url: the pod's, without a slash at its end.
    """

    pictures: Pictures
    public_url: str

    def is_local(self, fid: str) -> bool:
        """The object is at home on this pod."""
        return fid.startswith(f"{self.public_url}/")


# --- documents -----------------------------------------------------------------------------------


def channel(found: Channel, page: ChannelPage, paper: ChannelPaper, *, counted: bool = False) -> Document:
    """
    A channel.

    :param counted: tell how many follow it, as in all but lists.
    """
    speaker = page.actors[found.actor_id]
    told: Document = {
        "uuid": found.uuid,
        "artist": _artist(found, page, paper),
        "attributed_to": actor(page.actors[found.attributed_to_id]),
        "actor": None if found.is_feed else actor(speaker),
        "creation_date": when(found.creation_date),
        "metadata": found.metadata,
        "rss_url": rss_url(found, page, paper),
        "url": speaker.url if found.is_feed or not speaker.is_local else None,
        "downloads_count": page.downloads.get(found.artist_id, 0),
    }
    if counted:
        told["subscriptions_count"] = page.subscriptions.get(found.actor_id, 0)
    return told


def rss_url(found: Channel, page: ChannelPage, paper: ChannelPaper) -> str:
    """Where the channel's feed is."""
    return found.rss_url or f"{paper.public_url}/api/v1/channels/{page.actors[found.actor_id].preferred_username}/rss"


def _artist(found: Channel, page: ChannelPage, paper: ChannelPaper) -> Document:
    artist = page.artists[found.artist_id]
    cover = page.covers.get(artist.cover_id) if artist.cover_id is not None else None
    return {
        **artist_itself(artist, is_local=paper.is_local(artist.fid)),
        "cover": attachment(cover, paper.pictures),
        "channel": found.uuid,
        "tracks_count": page.tracks.get(artist.id, 0),
        "tags": list(page.tags.get(artist.id, ())),
    }


def channels(page: ChannelPage, paper: ChannelPaper) -> list[Document]:
    """Channels in a list."""
    return [channel(one, page, paper) for one in page.channels]


def subscription(found: Subscription, page: ChannelPage, paper: ChannelPaper) -> Document:
    """A subscription with its channel."""
    [followed] = [one for one in page.channels if one.id == found.channel_id]
    return {
        "approved": found.approved,
        "fid": found.fid,
        "uuid": found.uuid,
        "creation_date": when(found.creation_date),
        "channel": channel(followed, page, paper),
    }


def every_subscription(found: Sequence[tuple[UUID, UUID]]) -> Document:
    """``subscriptions/all``: no more than the web app needs to know what is followed."""
    return {"results": [{"uuid": uuid, "channel": channel} for uuid, channel in found], "count": len(found)}


def metadata_choices() -> Document:
    """``channels/metadata-choices``: what a podcast may say of itself."""
    return {
        "language": [{"value": code, "label": label} for code, label in LANGUAGES.items() if len(code) == 2],
        "itunes_category": [
            {"value": name, "label": name, "children": list(inner)} for name, inner in CATEGORIES_OF_PODCASTS.items()
        ],
    }


# --- what people send ----------------------------------------------------------------------------


def channel_question(query: Query) -> ChannelQuestion:
    """What the list's parameters ask.  :raise Invalid: an order that there is not."""
    return ChannelQuestion(
        words=search_words(query),
        tags=tuple(sorted({tag.lower() for tag in query.get("tag", ()) if tag})),
        scope=scope(query),
        subscribed=truth(query, "subscribed"),
        external=truth(query, "external"),
        hidden=hidden(query),
        ordering=tuple(strict_order(query, ORDERINGS)),
    )


def channel_wish(document: Mapping[str, Any]) -> ChannelWish:
    """What a new channel is to be.  :raise Invalid:"""
    fields = Fields(document)
    name = fields.text("name", LONGEST_CHANNEL_NAME)
    username = fields.text("username", LONGEST_CHANNEL_USERNAME)
    if not fields.has("description"):
        fields.refuse("description", REQUIRED)
    if not fields.has("tags"):
        fields.refuse("tags", REQUIRED)
    category = _category(fields, document)
    description, cover = _long_text(fields), fields.uuid_or_none("cover")
    metadata = fields.document_or_none("metadata") or {}
    fields.check()
    tags = _tags(document.get("tags"))
    return ChannelWish(name, username, description, tags, category, cover, checked_metadata(category, metadata))


def channel_change(document: Mapping[str, Any]) -> ChannelChange:
    """What is to change of a channel; other names are ignored.  :raise Invalid:"""
    fields = Fields(document)
    values: dict[str, Any] = {}
    if fields.has("name"):
        values["name"] = fields.text("name", LONGEST_CHANNEL_NAME)
    if fields.has("description"):
        values["description"] = _long_text(fields)
    if fields.has("content_category"):
        values["content_category"] = _category(fields, document)
    if fields.has("cover"):
        values["cover"] = fields.uuid_or_none("cover")
    if fields.has("metadata"):
        values["metadata"] = fields.document_or_none("metadata") or {}
    fields.check()
    if fields.has("tags"):
        values["tags"] = _tags(document.get("tags"))
    return ChannelChange(values)


def feed_url(document: Mapping[str, Any]) -> str:
    """The address in a wish to subscribe to a feed.  :raise Invalid:"""
    fields = Fields(document)
    url = fields.text("url", LONGEST_URL)
    fields.check()
    return url


def series_wish(document: Mapping[str, Any]) -> SeriesWish:
    """A new series of a channel.  :raise Invalid:"""
    fields = Fields(document)
    title = fields.text("title", LONGEST_TITLE)
    artist = document.get("artist")
    number = int(artist) if isinstance(artist, int | str) and str(artist).isdecimal() else 0
    if not fields.has("artist"):
        fields.refuse("artist", REQUIRED)
    elif not 1 <= number <= LARGEST_NUMBER:
        fields.refuse("artist", NO_CHOICE)
    wish = SeriesWish(title, number, fields.uuid_or_none("cover"), _day(fields), _long_text(fields))
    fields.check()
    return wish


def _day(fields: Fields) -> date | None:
    text = fields.text_or_none("release_date", 10)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        fields.refuse("release_date", "Date has wrong format. Use YYYY-MM-DD.")
        return None


def _category(fields: Fields, document: Mapping[str, Any]) -> str:
    if not fields.has("content_category"):
        fields.refuse("content_category", REQUIRED)
        return ""
    value = document["content_category"]
    if value not in CATEGORIES:
        fields.refuse("content_category", NOT_NULL if value is None else NO_CHOICE)
        return ""
    return str(value)


def _long_text(fields: Fields) -> LongText | None:
    """The field ``description``: a text and how it is written."""
    found = fields.document_or_none("description")
    if not found:
        return None
    inner = Fields(found)
    kind = inner.choice("content_type", ContentType, ContentType.MARKDOWN)
    text = inner.text("text", LONGEST_TEXT, blank=True)
    try:
        inner.check()
    except Invalid as why:
        raise Invalid({"description": why.problems}) from why
    return LongText(text, kind) if text else None


def _tags(value: object) -> tuple[str, ...]:
    """:raise Invalid: on ``tags``, each wrong one by its place."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        raise Invalid.on("tags", "Expected a list of items.")
    names = [one.removeprefix("#") if isinstance(one, str) else "" for one in value]
    wrong = {
        str(place): [f"A tag holds letters, digits and underscores only, at most {LONGEST_TAG}."]
        for place, name in enumerate(names)
        if not _TAG.fullmatch(name) or len(name) > LONGEST_TAG
    }
    if wrong:
        raise Invalid({"tags": wrong})
    return tuple(dict.fromkeys(names))[:MOST_TAGS]


# --- what podcasts say of themselves -------------------------------------------------------------


def checked_metadata(category: str, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    The metadata of a channel, as they are kept: of podcasts what directories want, of others whatever was sent.

    :raise Invalid: flat, by the names within the metadata.
    """
    if category != "podcast":
        kept = dict(metadata)
        if len(orjson.dumps(kept)) > LARGEST_METADATA:
            raise Invalid.on("metadata", f"More than {LARGEST_METADATA} bytes are not kept.")
        return kept
    fields = Fields(metadata)
    language = fields.text("language", 3)
    if language and not is_language(language):
        fields.refuse("language", NO_CHOICE)
    name = fields.text("itunes_category", 100)
    if name and name not in CATEGORIES_OF_PODCASTS:
        fields.refuse("itunes_category", NO_CHOICE)
    within = fields.text_or_none("itunes_subcategory", 100)
    if within and within not in CATEGORIES_OF_PODCASTS.get(name, ()):
        fields.refuse("itunes_subcategory", NO_CHOICE)
    kept = {"language": language, "itunes_category": name, "itunes_subcategory": within or None}
    kept |= _owner(fields)
    fields.check()
    return kept


def _owner(fields: Fields) -> dict[str, Any]:
    """What a podcast may also say; absent names stay absent."""
    found: dict[str, Any] = {}
    for name in ("copyright", "owner_name", "owner_email"):
        if fields.has(name):
            found[name] = fields.text_or_none(name, LONGEST_TITLE) or None
    if found.get("owner_email") and not _EMAIL.fullmatch(found["owner_email"]):
        fields.refuse("owner_email", "Enter a valid email address.")
    if fields.has("explicit"):
        found["explicit"] = fields.flag("explicit")
    return found
