"""
The contract's shapes as small tables, and one function that holds an answer against them.

A shape is a predicate, ``maybe(shape)``, ``[shape]`` for a list of any length, or a table of all keys of a document:
no key more, none less.  Source: docs/api.md §3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from attrs import frozen

Shape: TypeAlias = "Callable[[Any], bool] | Maybe | OneOf | list[Any] | Mapping[str, Any]"

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@frozen
class Maybe:
    """The shape, or null."""

    shape: Any


@frozen
class OneOf:
    """One of these values."""

    values: tuple[Any, ...]


def maybe(shape: Any) -> Maybe:
    return Maybe(shape)


def one_of(*values: Any) -> OneOf:
    return OneOf(values)


def a_text(value: Any) -> bool:
    return isinstance(value, str)


def a_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def a_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def a_flag(value: Any) -> bool:
    return isinstance(value, bool)


def a_moment(value: Any) -> bool:
    return isinstance(value, str) and MOMENT.fullmatch(value) is not None


def a_date(value: Any) -> bool:
    return isinstance(value, str) and DATE.fullmatch(value) is not None


def a_uuid(value: Any) -> bool:
    return isinstance(value, str) and str(UUID(value)) == value


def a_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def a_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and not value.startswith("//")


def an_object(value: Any) -> bool:
    return isinstance(value, dict)


def anything(_: Any) -> bool:
    return True


def differences(shape: Any, value: Any, place: str = "") -> list[str]:
    """Where the value is not of the shape; nothing when it is."""
    if isinstance(shape, Maybe):
        return [] if value is None else differences(shape.shape, value, place)
    if isinstance(shape, OneOf):
        return [] if value in shape.values else [f"{place} = {value!r}"]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{place} is no list: {value!r}"]
        return [told for number, one in enumerate(value) for told in differences(shape[0], one, f"{place}[{number}]")]
    if isinstance(shape, Mapping):
        return _in_document(shape, value, place)
    try:
        fits = shape(value)
    except ValueError:
        fits = False
    return [] if fits else [f"{place} = {value!r} is not {shape.__name__}"]


def _in_document(shape: Mapping[str, Any], value: Any, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place} is no document: {value!r}"]
    keys = [f"{place} lacks {name}" for name in sorted(shape.keys() - value.keys())]
    keys += [f"{place} has {name}, too" for name in sorted(value.keys() - shape.keys())]
    inner = (differences(shape[name], value[name], f"{place}.{name}") for name in shape if name in value)
    return [*keys, *(told for several in inner for told in several)]


# --- §3 --------------------------------------------------------------------------------------------

ATTACHMENT = {
    "uuid": a_uuid,
    "size": maybe(a_whole),
    "mimetype": maybe(a_text),
    "creation_date": a_moment,
    "urls": {"source": maybe(a_url), "original": a_url, "medium_square_crop": a_url, "large_square_crop": a_url},
}
CONTENT = {"text": maybe(a_text), "content_type": one_of("text/markdown", "text/html", "text/plain"), "html": a_text}
ACTOR = {
    "fid": a_url,
    "url": maybe(a_url),
    "creation_date": a_moment,
    "summary": maybe(a_text),
    "preferred_username": a_text,
    "name": maybe(a_text),
    "last_fetch_date": a_moment,
    "domain": a_text,
    "type": one_of("Person", "Service", "Application", "Group", "Organization", "Tombstone"),
    "manually_approves_followers": maybe(a_flag),
    "full_username": lambda value: value.count("@") == 1,
    "is_local": a_flag,
}
USER = {"id": a_whole, "username": a_text, "name": a_text, "date_joined": a_moment, "avatar": maybe(ATTACHMENT)}

_THING = {"id": a_whole, "fid": a_url, "mbid": maybe(a_uuid), "creation_date": a_moment, "is_local": a_flag}
CATEGORY = one_of("music", "podcast", "other")

ARTIST_SIMPLE = {
    **_THING,
    "name": a_text,
    "modification_date": a_moment,
    "content_category": CATEGORY,
    "description": maybe(CONTENT),
    "attachment_cover": maybe(ATTACHMENT),
    "channel": maybe(a_uuid),
}
ARTIST = {
    **_THING,
    "name": a_text,
    "content_category": CATEGORY,
    "cover": maybe(ATTACHMENT),
    "tags": [a_text],
    "attributed_to": maybe(ACTOR),
    "tracks_count": a_whole,
    "channel": maybe(
        {"uuid": a_uuid, "actor": {"full_username": a_text, "preferred_username": a_text, "domain": a_text}}
    ),
    "albums": [
        {
            **_THING,
            "title": a_text,
            "artist": a_whole,
            "release_date": maybe(a_date),
            "cover": maybe(ATTACHMENT),
            "tracks_count": a_whole,
            "is_playable": maybe(a_flag),
        }
    ],
}
ARTIST_DETAIL = {**ARTIST, "description": maybe(CONTENT)}

ALBUM_NESTED = {
    **_THING,
    "title": a_text,
    "artist": ARTIST_SIMPLE,
    "release_date": maybe(a_date),
    "cover": maybe(ATTACHMENT),
    "tracks_count": a_whole,
}
ALBUM = {
    **ALBUM_NESTED,
    "tags": [a_text],
    "attributed_to": maybe(ACTOR),
    "is_playable": maybe(a_flag),
    "duration": a_whole,
}
ALBUM_DETAIL = {**ALBUM, "description": maybe(CONTENT)}

TRACK = {
    **_THING,
    "title": a_text,
    "artist": ARTIST_SIMPLE,
    "album": maybe(ALBUM_NESTED),
    "position": maybe(a_whole),
    "disc_number": maybe(a_whole),
    "copyright": maybe(a_text),
    "license": maybe(a_text),
    "cover": maybe(ATTACHMENT),
    "tags": [a_text],
    "attributed_to": maybe(ACTOR),
    "downloads_count": a_whole,
    "listen_url": a_path,
    "is_playable": a_flag,
    "uploads": [
        {
            "uuid": a_uuid,
            "listen_url": lambda value: a_path(value) and "?upload=" in value,
            "size": maybe(a_whole),
            "duration": maybe(a_whole),
            "bitrate": maybe(a_whole),
            "mimetype": maybe(a_text),
            "extension": a_text,
            "is_local": a_flag,
        }
    ],
}
TRACK_DETAIL = {**TRACK, "description": maybe(CONTENT)}

LEVEL = one_of("me", "instance", "everyone")
LIBRARY = {
    "uuid": a_uuid,
    "fid": a_url,
    "name": a_text,
    "description": maybe(a_text),
    "privacy_level": LEVEL,
    "uploads_count": a_whole,
    "size": maybe(a_whole),
    "creation_date": a_moment,
    "actor": ACTOR,
}
LIBRARY_FOREIGN = {
    "fid": a_url,
    "uuid": a_uuid,
    "actor": ACTOR,
    "name": a_text,
    "description": maybe(a_text),
    "creation_date": a_moment,
    "uploads_count": a_whole,
    "privacy_level": LEVEL,
    "follow": maybe(
        {
            "creation_date": a_moment,
            "uuid": a_uuid,
            "fid": a_url,
            "approved": maybe(a_flag),
            "modification_date": a_moment,
        }
    ),
    "latest_scan": maybe(an_object),
}
FOLLOW = {
    "creation_date": a_moment,
    "actor": ACTOR,
    "uuid": a_uuid,
    "target": LIBRARY_FOREIGN,
    "approved": maybe(a_flag),
}
UPLOAD = {
    "uuid": a_uuid,
    "creation_date": a_moment,
    "mimetype": maybe(a_text),
    "track": maybe(TRACK),
    "library": LIBRARY,
    "duration": maybe(a_whole),
    "bitrate": maybe(a_whole),
    "size": maybe(a_whole),
    "import_date": maybe(a_moment),
    "import_status": one_of("draft", "pending", "finished", "errored", "skipped"),
    "import_details": an_object,
    "import_metadata": an_object,
    "import_reference": a_text,
    "metadata": an_object,
    "source": maybe(a_text),
}
UPLOAD_OF_TRACK = {**UPLOAD, "filename": a_text}

# --- §4 --------------------------------------------------------------------------------------------

PRIVACY = one_of("me", "followers", "instance", "everyone")
ME = {
    **USER,
    "full_username": a_text,
    "email": a_text,
    "is_staff": a_flag,
    "is_superuser": a_flag,
    "permissions": {"library": a_flag, "moderation": a_flag, "settings": a_flag},
    "privacy_level": PRIVACY,
    "quota_status": {
        "max": a_whole,
        **dict.fromkeys(("remaining", "current", "draft", "skipped", "pending", "finished", "errored"), a_number),
    },
    "instance_support_message_display_date": maybe(a_moment),
    "funkwhale_support_message_display_date": maybe(a_moment),
    "summary": maybe(CONTENT),
    "tokens": {"listen": a_text},
    "settings": maybe(an_object),
}
PROFILE = {
    "name": a_text,
    "privacy_level": PRIVACY,
    "instance_support_message_display_date": maybe(a_moment),
    "funkwhale_support_message_display_date": maybe(a_moment),
    "summary": maybe(CONTENT),
    "avatar": lambda value: value == {"file": None} or not differences(ATTACHMENT, value),
}
AUTH_USER = {"pk": a_whole, "username": a_text, "email": a_text, "first_name": a_text, "last_name": a_text}

APPLICATION = {"client_id": a_text, "name": a_text, "scopes": a_text, "created": a_moment, "updated": a_moment}
APPLICATION_LISTED = {**APPLICATION, "token": maybe(a_text)}
APPLICATION_OWN = {**APPLICATION_LISTED, "client_secret": a_text, "redirect_uris": a_text}
APPLICATION_NEW = {**APPLICATION, "client_secret": lambda value: len(value) == 128, "redirect_uris": a_text}

TAG = {"name": a_text, "creation_date": a_moment}
LICENSE = {
    "id": a_url,
    "url": a_url,
    "code": a_text,
    "name": a_text,
    **dict.fromkeys(("redistribute", "derivative", "commercial", "attribution", "copyleft"), a_flag),
}
SEARCH = {"artists": [ARTIST], "albums": [ALBUM], "tracks": [TRACK], "tags": [TAG]}

DEED = {"id": a_whole, "user": USER, "track": TRACK, "creation_date": a_moment, "actor": ACTOR}
FAVORITE_WRITTEN = {"id": a_whole, "track": a_whole, "creation_date": a_moment}
LISTENING_WRITTEN = {**FAVORITE_WRITTEN, "user": a_whole}
ACTIVITY = {
    "type": one_of("Like", "Listen"),
    "id": a_url,
    "local_id": a_whole,
    "actor": {"id": a_url, "local_id": a_text, "name": a_text, "type": one_of("Person")},
    "object": {
        "id": a_url,
        "local_id": a_whole,
        "name": a_text,
        "type": one_of("Audio"),
        "artist": a_text,
        "album": maybe(a_text),
    },
    "published": a_moment,
}

TOTAL = {"total": a_whole}
NODEINFO = {
    "version": one_of("2.0"),
    "software": {"name": a_text, "version": a_text},
    "protocols": one_of(["activitypub"]),
    "services": one_of({"inbound": ["atom1.0"], "outbound": ["atom1.0"]}),
    "openRegistrations": a_flag,
    "usage": {"users": {"total": a_whole, "activeHalfyear": a_whole, "activeMonth": a_whole}},
    "metadata": {
        "actorId": a_url,
        "private": a_flag,
        **dict.fromkeys(("shortDescription", "longDescription", "contactEmail", "nodeName"), a_text),
        "banner": maybe(a_url),
        "defaultUploadQuota": a_whole,
        "supportedUploadExtensions": [a_text],
        "allowList": {"enabled": a_flag, "domains": maybe([a_text])},
        "funkwhaleSupportMessageEnabled": a_flag,
        "instanceSupportMessage": a_text,
        "usage": maybe({"favorites": {"tracks": TOTAL}, "listenings": TOTAL, "downloads": TOTAL}),
        "library": {
            "federationEnabled": a_flag,
            "anonymousCanListen": a_flag,
            "tracks": TOTAL,
            "artists": TOTAL,
            "albums": TOTAL,
            "music": {"hours": a_number},
        },
        "reportTypes": [{"type": a_text, "label": a_text, "anonymous": a_flag}],
        "endpoints": {"knownNodes": maybe(a_path), "channels": maybe(a_path), "libraries": maybe(a_path)},
        "rules": a_text,
        "terms": a_text,
    },
}
_COMMON_METADATA = {
    name: shape
    for name, shape in NODEINFO["metadata"].items()  # type: ignore[attr-defined]
    if name not in ("library", "reportTypes", "endpoints", "rules", "terms")
}
NODEINFO_21 = {
    **NODEINFO,
    "version": one_of("2.1"),
    "software": {"name": a_text, "version": a_text, "repository": a_text, "homepage": a_text},
    "usage": {
        **NODEINFO["usage"],  # type: ignore[dict-item]
        "localPosts": one_of(0),
        "localComments": one_of(0),
    },
    "metadata": {
        **_COMMON_METADATA,
        "languages": [a_text],
        "location": a_text,
        "content": maybe(
            {
                "local": dict.fromkeys(("artists", "releases", "recordings", "hoursOfContent"), a_whole),
                "topMusicCategories": [{"name": a_text, "count": a_whole}],
                "topPodcastCategories": [{"name": a_text, "count": a_whole}],
            }
        ),
        "features": [one_of("channels", "podcasts", "anonymousCanListen", "federation", "onlyMbidTaggedContent")],
        "codeOfConduct": a_text,
    },
}
SETTING = {
    "section": a_text,
    "name": a_text,
    "identifier": a_text,
    "default": anything,
    "value": anything,
    "verbose_name": a_text,
    "help_text": maybe(a_text),
    "additional_data": an_object,
    "field": {"class": a_text, "widget": {"class": a_text}, "input_type": maybe(a_text)},
}
MANIFEST = {
    "name": a_text,
    "short_name": a_text,
    "categories": [a_text],
    "description": a_text,
    "icons": [{"src": a_text, "sizes": a_text, "type": a_text}],
    "prefer_related_applications": a_flag,
    "related_applications": [{"platform": a_text, "url": a_url, "id": a_text}],
    "shortcuts": [{"name": a_text, "url": a_text, "icons": [anything]}],
}


def page_of(shape: Any) -> Mapping[str, Any]:
    """A page of a list."""
    return {"count": a_whole, "next": maybe(a_url), "previous": maybe(a_url), "results": [shape]}
