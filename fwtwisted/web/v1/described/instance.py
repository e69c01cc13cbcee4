"""The pod itself: ``instance``, ``rate-limit``, ``oembed``, ``text-preview``, its health, this description."""

from __future__ import annotations

from fwtwisted.web.v1.described.asking import alike, below
from fwtwisted.wire.openapi import (
    JSON,
    KNOWN,
    MULTIPART,
    PUBLIC,
    Answer,
    Area,
    Operation,
    Parameter,
    ok,
    open_to,
    scoped,
)
from fwtwisted.wire.schema import TEXT
from fwtwisted.wire.v1.shapes import instance as shapes

SETTINGS = scoped("instance:settings")
_PIXELS = {"type": "integer", "minimum": 1}
_UNCHANGED = Answer(304, "The asker has it already.")

ABOUT = below(
    "/api/v1/instance",
    {
        "/nodeinfo/2.0/": {"GET": Operation("What the pod is", PUBLIC, [ok(shapes.NODEINFO_2_0)])},
        "/settings/": {"GET": Operation("Settings that everybody may know", PUBLIC, [ok(shapes.SETTINGS)])},
        "/spa-manifest.json": {
            "GET": Operation(
                "The page as an app", PUBLIC, [ok(shapes.MANIFEST, media_type="application/manifest+json")]
            )
        },
        "/admin/settings/": {"GET": Operation("All settings", SETTINGS, [ok(shapes.SETTINGS)])},
        "/admin/settings/<identifier>/": {
            "GET": Operation("A setting", SETTINGS, [ok(shapes.SETTING)]),
            **alike(
                "PUT PATCH",
                Operation("Set a setting", SETTINGS, [ok(shapes.SETTING)], body=shapes.SETTING_CHANGE),
            ),
        },
        "/admin/settings/bulk/": {
            "POST": Operation(
                "Set several settings, by identifier, all or none",
                SETTINGS,
                [ok(shapes.SETTINGS)],
                body=shapes.SETTINGS_CHANGE,
                body_types=(JSON, MULTIPART),
                more="A picture for `instance__banner` comes as a file of that name, beside fields with the others.",
            )
        },
    },
)

AREA = Area(
    "The pod",
    "What it is, how it is set, how often it may be asked, and how it is.",
    {
        **ABOUT,
        "/api/v2/instance/nodeinfo/2.1/": {
            "GET": Operation("What the pod is, in the newer form", PUBLIC, [ok(shapes.NODEINFO_2_1)])
        },
        "/.well-known/nodeinfo": {"GET": Operation("Where nodeinfo is", PUBLIC, [ok(shapes.NODEINFO_LINKS)])},
        "/.well-known/webfinger": {
            "GET": Operation(
                "Where an actor of this pod is",
                PUBLIC,
                [
                    ok(shapes.WEBFINGER, media_type="application/jrd+json"),
                    Answer(405, "This pod speaks with no others."),
                    Answer(410, "They have left."),
                ],
                query=[Parameter("resource", "`acct:user@host`, an actor's id, or a page of theirs.", required=True)],
            )
        },
        "/.well-known/host-meta": {
            "GET": Operation(
                "Where WebFinger is",
                PUBLIC,
                [
                    Answer(200, "As XRD.", {"application/xrd+xml": TEXT}),
                    Answer(405, "This pod speaks with no others."),
                ],
            )
        },
        "/.well-known/host-meta.json": {
            "GET": Operation(
                "Where WebFinger is, as JSON",
                PUBLIC,
                [
                    ok(shapes.HOST_META, media_type="application/jrd+json"),
                    Answer(405, "This pod speaks with no others."),
                ],
            )
        },
        "/api/v1/rate-limit/": {
            "GET": Operation(
                "Where the caller stands with every limit", KNOWN, [ok(shapes.RATE_LIMITS)], is_uncounted=True
            )
        },
        "/api/v1/oembed/": {
            "GET": Operation(
                "How a page of ours is shown within another",
                open_to("libraries"),
                [ok(shapes.OEMBED)],
                query=(
                    Parameter("url", "Of the page.", required=True),
                    Parameter("format", "Only `json` there is.", {"enum": ["json"]}, required=True),
                    Parameter("maxwidth", "In pixels.", _PIXELS),
                    Parameter("maxheight", "In pixels.", _PIXELS),
                ),
            )
        },
        "/api/v1/text-preview/": {
            "POST": Operation(
                "How a text will look; nothing is kept", PUBLIC, [ok(shapes.RENDERED)], body=shapes.TEXT_WISH
            )
        },
        "/api/v1/schema/": {
            "GET": Operation("This description", PUBLIC, [ok(shapes.DESCRIPTION), _UNCHANGED]),
        },
        "/api/v1/schema/page/": {
            "GET": Operation(
                "This description, for people",
                PUBLIC,
                [Answer(200, "A page.", {"text/html": TEXT}), _UNCHANGED],
            ),
        },
        "/health/live": {
            "GET": Operation(
                "Whether the process turns",
                PUBLIC,
                [Answer(200, "It does.", {"text/plain": TEXT}), Answer(503, "It is stuck.", {"text/plain": TEXT})],
            )
        },
        "/health/ready": {
            "GET": Operation(
                "Whether requests should be sent here",
                PUBLIC,
                [
                    Answer(200, "They should.", {"text/plain": TEXT, "application/json": shapes.READY}),
                    Answer(503, "Not now.", {"text/plain": TEXT, "application/json": shapes.READY}),
                ],
                more="Why, is told to the pod's own machines only.",
            )
        },
    },
)
