"""People who publish: ``channels``, ``subscriptions``."""

from __future__ import annotations

from fwtwisted.model.podcasts import ORDERINGS
from fwtwisted.web.v1.described.asking import HIDDEN, PAGES, SCOPE, SEARCH, alike, flag, order, several, word
from fwtwisted.wire.openapi import (
    ELSEWHERE,
    PUBLIC,
    SWITCHED_OFF,
    USER,
    Answer,
    Area,
    Operation,
    gone,
    made,
    ok,
    open_to,
    scoped,
)
from fwtwisted.wire.schema import TEXT
from fwtwisted.wire.v1.shapes import channels as shapes
from fwtwisted.wire.v1.shapes import page_of

READERS = open_to("libraries")
OWNERS = scoped("libraries")
OUTLINE = Answer(200, "With `output=opml`: the list for podcast apps.", {"application/xml": TEXT})

AREA = Area(
    "Channels",
    "People who publish, feeds from outside, and who follows them.",
    {
        "/api/v1/channels/": {
            "GET": Operation(
                "Channels that the caller may know of",
                READERS,
                [ok(page_of(shapes.CHANNEL)), OUTLINE, SWITCHED_OFF],
                query=(
                    *PAGES,
                    SEARCH,
                    SCOPE,
                    HIDDEN,
                    several("tag", "With every one of these tags."),
                    flag("subscribed", "Those that the caller follows, or does not."),
                    flag("external", "Feeds from outside, or channels of pods."),
                    word("output", "`opml` for a list for podcast apps.", "json", "opml"),
                    order(ORDERINGS, strict=True),
                ),
            ),
            "POST": Operation(
                "A new channel", OWNERS, [made(shapes.COUNTED_CHANNEL), SWITCHED_OFF], body=shapes.CHANNEL_WISH
            ),
        },
        "/api/v1/channels/<name>/": {
            "GET": Operation(
                "A channel, by its uuid, its name or `name@domain`",
                READERS,
                [ok(shapes.COUNTED_CHANNEL), SWITCHED_OFF],
            ),
            **alike(
                "PUT PATCH",
                Operation(
                    "Change one's channel",
                    OWNERS,
                    [ok(shapes.COUNTED_CHANNEL), SWITCHED_OFF],
                    body=shapes.CHANNEL_CHANGE,
                ),
            ),
            "DELETE": Operation("Remove one's channel with all that it published", OWNERS, [gone(), SWITCHED_OFF]),
        },
        "/api/v1/channels/<name>/rss/": {
            "GET": Operation(
                "The channel's feed",
                READERS,
                [
                    Answer(200, "As podcast apps read it.", {"application/rss+xml": TEXT}),
                    Answer(302, "A feed from outside is where it always was.", headers={"Location": "There."}),
                    Answer(304, "The asker has it already."),
                    SWITCHED_OFF,
                ],
            )
        },
        "/api/v1/channels/<name>/subscribe/": {
            "POST": Operation("Follow a channel", USER, [made(shapes.SUBSCRIPTION), SWITCHED_OFF])
        },
        "/api/v1/channels/<name>/unsubscribe/": alike(
            "POST DELETE", Operation("Follow a channel no longer", USER, [gone(), SWITCHED_OFF])
        ),
        "/api/v1/channels/metadata-choices/": {
            "GET": Operation(
                "Languages and categories of podcasts", PUBLIC, [ok(shapes.METADATA_CHOICES), SWITCHED_OFF]
            )
        },
        "/api/v1/channels/rss-subscribe/": {
            "POST": Operation(
                "Follow a feed from outside",
                OWNERS,
                [made(shapes.SUBSCRIPTION), SWITCHED_OFF, ELSEWHERE],
                body=shapes.FEED,
            )
        },
        "/api/v1/subscriptions/": {
            "GET": Operation(
                "What the caller follows", OWNERS, [ok(page_of(shapes.SUBSCRIPTION)), SWITCHED_OFF], query=PAGES
            )
        },
        "/api/v1/subscriptions/<uuid:uuid>/": {
            "GET": Operation("A subscription", OWNERS, [ok(shapes.SUBSCRIPTION), SWITCHED_OFF])
        },
        "/api/v1/subscriptions/all/": {
            "GET": Operation("All subscriptions, in short", OWNERS, [ok(shapes.ALL_SUBSCRIPTIONS), SWITCHED_OFF])
        },
    },
)
