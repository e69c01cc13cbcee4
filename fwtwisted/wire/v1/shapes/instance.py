"""What a pod says of itself: nodeinfo, settings, limits; and oEmbed, and texts (§4.1, §4.5)."""

from __future__ import annotations

from typing import Any

from fwtwisted.model.preferences import REPORT_TYPES
from fwtwisted.wire.markup import LONGEST_TEXT
from fwtwisted.wire.schema import (
    ADDRESS,
    ANYTHING,
    COUNT,
    FLAG,
    NUMBER,
    OBJECT,
    PATH,
    TEXT,
    Schema,
    choice,
    listed,
    mapped,
    maybe,
    named,
    one_of,
    partly,
    sent,
    text,
    told,
)


def _total() -> Schema:
    return told(total=COUNT)


_USAGE = told(favorites=told(tracks=_total()), listenings=_total(), downloads=_total())
_SERVICES = told(inbound=listed(TEXT), outbound=listed(TEXT))
_USERS = told(total=COUNT, activeHalfyear=COUNT, activeMonth=COUNT)
_ABOUT: dict[str, Schema] = {
    "actorId": ADDRESS,
    "private": FLAG,
    **dict.fromkeys(("shortDescription", "longDescription", "contactEmail", "nodeName"), TEXT),
    "banner": maybe(ADDRESS),
    "defaultUploadQuota": COUNT,
    "supportedUploadExtensions": listed(TEXT),
    "allowList": told(enabled=FLAG, domains=maybe(listed(TEXT))),
    "funkwhaleSupportMessageEnabled": FLAG,
    "instanceSupportMessage": TEXT,
    "usage": maybe(_USAGE),
}


def _nodeinfo(version: str, software: Schema, usage: Schema, **metadata: Schema) -> Any:
    return told(
        version=one_of(version),
        software=software,
        protocols=listed(one_of("activitypub")),
        services=_SERVICES,
        openRegistrations=FLAG,
        usage=usage,
        metadata=told(_ABOUT, **metadata),
    )


NODEINFO_2_0 = named(
    "Nodeinfo20",
    _nodeinfo(
        "2.0",
        told(name=TEXT, version=TEXT),
        told(users=_USERS),
        library=told(
            federationEnabled=FLAG,
            anonymousCanListen=FLAG,
            tracks=_total(),
            artists=_total(),
            albums=_total(),
            music=told(hours=NUMBER),
        ),
        reportTypes=listed(told(type=choice(REPORT_TYPES), label=TEXT, anonymous=FLAG)),
        endpoints=told(knownNodes=maybe(PATH), channels=maybe(PATH), libraries=maybe(PATH)),
        rules=TEXT,
        terms=TEXT,
    ),
)
_RANKED = listed(told(name=TEXT, count=COUNT))
NODEINFO_2_1 = named(
    "Nodeinfo21",
    _nodeinfo(
        "2.1",
        told(name=TEXT, version=TEXT, repository=TEXT, homepage=TEXT),
        told(users=_USERS, localPosts=COUNT, localComments=COUNT),
        languages=listed(TEXT),
        location=TEXT,
        content=maybe(
            told(
                local=told(artists=COUNT, releases=COUNT, recordings=COUNT, hoursOfContent=COUNT),
                topMusicCategories=_RANKED,
                topPodcastCategories=_RANKED,
            )
        ),
        features=listed(TEXT),
        codeOfConduct=TEXT,
    ),
)
NODEINFO_LINKS = named("NodeinfoLinks", told(links=listed(told(rel=TEXT, href=ADDRESS))))
WEBFINGER = named(
    "WebFinger",
    partly(told(subject=TEXT, links=listed(told(rel=TEXT, type=TEXT, href=ADDRESS))), aliases=listed(ADDRESS)),
)
HOST_META = named("HostMeta", told(links=listed(told(rel=TEXT, type=TEXT, template=TEXT))))

SETTING = named(
    "Setting",
    told(
        {
            "section": TEXT,
            "name": TEXT,
            "identifier": TEXT,
            "default": ANYTHING,
            "value": ANYTHING,
            "verbose_name": TEXT,
            "help_text": TEXT,
            "additional_data": partly(told(), choices=listed(listed(TEXT, most=2, least=2))),
            "field": told({"class": TEXT, "widget": told({"class": TEXT}), "input_type": maybe(TEXT)}),
        }
    ),
)
SETTINGS = named("Settings", listed(SETTING))
SETTING_CHANGE = named("SettingChange", sent({"value": ANYTHING}))
SETTINGS_CHANGE = named("SettingsChange", mapped(ANYTHING))

MANIFEST = named(
    "Manifest",
    told(
        name=TEXT,
        short_name=TEXT,
        categories=listed(TEXT),
        description=TEXT,
        icons=listed(told(src=TEXT, sizes=TEXT, type=TEXT)),
        prefer_related_applications=FLAG,
        related_applications=listed(told(platform=TEXT, url=ADDRESS, id=TEXT)),
        shortcuts=listed(told(name=TEXT, url=TEXT, icons=listed(OBJECT))),
    ),
)
RATE_LIMITS = named(
    "RateLimits",
    told(
        enabled=FLAG,
        ident=told(type=one_of("anonymous", "authenticated"), id=TEXT),
        scopes=listed(
            told(
                id=TEXT,
                rate=TEXT,
                description=TEXT,
                limit=COUNT,
                duration=COUNT,
                remaining=COUNT,
                available=maybe(COUNT),
                available_seconds=maybe(COUNT),
                reset=maybe(COUNT),
                reset_seconds=maybe(COUNT),
            )
        ),
    ),
)
OEMBED = named(
    "OEmbed",
    partly(
        told(
            version=one_of("1.0"),
            type=one_of("rich"),
            provider_name=TEXT,
            provider_url=ADDRESS,
            width=COUNT,
            height=COUNT,
            title=TEXT,
            description=TEXT,
            author_name=TEXT,
            author_url=ADDRESS,
            html=TEXT,
        ),
        thumbnail_url=ADDRESS,
        thumbnail_width=COUNT,
        thumbnail_height=COUNT,
    ),
)
TEXT_WISH = named("TextWish", sent({"text": text(LONGEST_TEXT)}, permissive=maybe(FLAG)))
RENDERED = named("RenderedText", told(rendered=TEXT))
READY = named("Ready", told(ready=FLAG, checks=mapped(told(ok=FLAG, vital=FLAG, detail=TEXT))))
DESCRIPTION = named(
    "OpenApi",
    sent({"openapi": TEXT, "info": OBJECT, "paths": OBJECT, "components": OBJECT}),
)
