"""Channels, subscriptions, series (§4.8, §4.15)."""

from __future__ import annotations

from fwtwisted.model.podcasts import CATEGORIES_OF_PODCASTS, LONGEST_CHANNEL_NAME, LONGEST_CHANNEL_USERNAME
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    DAY,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    TEXT,
    UUID,
    Schema,
    choice,
    listed,
    maybe,
    named,
    sent,
    text,
    told,
    with_more,
)
from fwtwisted.wire.v1.channels import LONGEST_TAG, LONGEST_TITLE, LONGEST_URL
from fwtwisted.wire.v1.shapes import ATTACHMENT, CONTENT, CONTENT_WISH, THING
from fwtwisted.wire.v1.shapes.catalog import CATEGORY
from fwtwisted.wire.v1.shapes.people import ACTOR

ARTIST_OF_CHANNEL = named(
    "ArtistOfChannel",
    told(
        THING,
        name=TEXT,
        modification_date=MOMENT,
        content_category=CATEGORY,
        description=maybe(CONTENT),
        cover=maybe(ATTACHMENT),
        channel=UUID,
        tracks_count=COUNT,
        tags=listed(TEXT),
    ),
)
CHANNEL = named(
    "Channel",
    told(
        uuid=UUID,
        artist=ARTIST_OF_CHANNEL,
        attributed_to=ACTOR,
        actor=maybe(ACTOR),
        creation_date=MOMENT,
        metadata=OBJECT,
        rss_url=ADDRESS,
        url=maybe(ADDRESS),
        downloads_count=COUNT,
    ),
)
COUNTED_CHANNEL = named("CountedChannel", with_more(CHANNEL, subscriptions_count=COUNT))
SUBSCRIPTION = named(
    "Subscription",
    told(approved=maybe(FLAG), fid=ADDRESS, uuid=UUID, creation_date=MOMENT, channel=CHANNEL),
)
ALL_SUBSCRIPTIONS = named("AllSubscriptions", told(results=listed(told(uuid=UUID, channel=UUID)), count=COUNT))
METADATA_CHOICES = named(
    "MetadataChoices",
    told(
        language=listed(told(value=TEXT, label=TEXT)),
        itunes_category=listed(told(value=TEXT, label=TEXT, children=listed(TEXT))),
    ),
)

# --- what people send ----------------------------------------------------------------------------

PODCAST_METADATA = named(
    "PodcastMetadata",
    sent(
        language=text(3),
        itunes_category=choice(CATEGORIES_OF_PODCASTS),
        itunes_subcategory=maybe(TEXT),
        copyright=maybe(text(LONGEST_TITLE, 0)),
        owner_name=maybe(text(LONGEST_TITLE, 0)),
        owner_email=maybe(text(LONGEST_TITLE, 0)),
        explicit=FLAG,
    ),
)
_TAGS = listed(text(LONGEST_TAG))
_MAY: dict[str, Schema] = {"cover": maybe(UUID), "metadata": maybe(PODCAST_METADATA)}
CHANNEL_WISH = named(
    "ChannelWish",
    sent(
        {
            "name": text(LONGEST_CHANNEL_NAME),
            "username": text(LONGEST_CHANNEL_USERNAME),
            "description": maybe(CONTENT_WISH),
            "tags": _TAGS,
            "content_category": CATEGORY,
        },
        **_MAY,
    ),
)
CHANNEL_CHANGE = named(
    "ChannelChange",
    sent(
        name=text(LONGEST_CHANNEL_NAME),
        description=maybe(CONTENT_WISH),
        tags=_TAGS,
        content_category=CATEGORY,
        **_MAY,
    ),
)
FEED = named("FeedAddress", sent({"url": text(LONGEST_URL)}))
SERIES_WISH = named(
    "SeriesWish",
    sent(
        {"title": text(LONGEST_TITLE), "artist": ID},
        cover=maybe(UUID),
        release_date=maybe(DAY),
        description=maybe(CONTENT_WISH),
    ),
)
