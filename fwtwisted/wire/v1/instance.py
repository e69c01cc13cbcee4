"""
What a pod says of itself: nodeinfo, its settings, the manifest of its page.

Source: docs/api.md §4.1 and §6.3; http://nodeinfo.diaspora.software/schema.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import frozen

from fwtwisted.model.preferences import BANNER, REPORT_TYPES, Kind, Preference, Value, Values
from fwtwisted.wire.markup import rendered
from fwtwisted.wire.v1 import Document

SOFTWARE: Final = "fwtwisted"
NODEINFO_TYPE: Final = b"application/json; profile=http://nodeinfo.diaspora.software/ns/schema/%s#; charset=utf-8"
APPLICATION: Final = "https://www.w3.org/ns/activitystreams#Application"  # FEP-2677
MANIFEST_TYPE: Final = b"application/manifest+json"
CATEGORIES_SHOWN: Final = 3


@frozen
class Ranked:
    """A tag and how many local objects carry it."""

    name: str
    count: int


@frozen
class Counts:
    """
    How much of everything there is.

    :ivar hours: of music.
    :ivar local_hours: of what our own people uploaded; so the other ``local_`` ones.
    """

    users: int = 0
    active_month: int = 0
    active_half_year: int = 0
    favorites: int = 0
    listenings: int = 0
    downloads: int = 0
    tracks: int = 0
    artists: int = 0
    albums: int = 0
    hours: float = 0.0
    local_tracks: int = 0
    local_artists: int = 0
    local_albums: int = 0
    local_hours: float = 0.0
    music_tags: tuple[Ranked, ...] = ()
    podcast_tags: tuple[Ranked, ...] = ()


NOTHING: Final = Counts()


@frozen
class About:
    """
    What does not change while the process runs.

    :ivar public_url: without a slash at the end.
    :ivar media_url: with one.
    :ivar extensions: of files that can be imported.
    :ivar federates: this server speaks to other pods.
    :ivar repository: URL of the program's source.
    :ivar homepage: URL of the program's own site.
    :ivar software: what the program calls itself.
    :ivar actor_id: federation id of the pod itself.
    """

    public_url: str
    media_url: str
    version: str
    extensions: Sequence[str]
    federates: bool = False
    repository: str = ""
    homepage: str = ""
    software: str = SOFTWARE
    actor_id: str = ""

    def picture(self, name: Value) -> str | None:
        """The public URL of a stored picture."""
        return f"{self.media_url}{name}" if name else None


# --- nodeinfo ------------------------------------------------------------------------------------


def nodeinfo_links(about: About) -> Document:
    """Where nodeinfo is found."""
    places = {"2.0": "/api/v1/instance/nodeinfo/2.0", "2.1": "/api/v2/instance/nodeinfo/2.1"}
    links = [
        {"rel": f"http://nodeinfo.diaspora.software/ns/schema/{version}", "href": about.public_url + path}
        for version, path in places.items()
    ]
    return {"links": [*links, {"rel": APPLICATION, "href": about.actor_id}]}


def nodeinfo_2_0(about: About, values: Values, counts: Counts, allowed: Sequence[str]) -> Document:
    """
    Nodeinfo 2.0.

    :param allowed: domains on the allow list.
    """
    shown = counts if values["instance__nodeinfo_stats_enabled"] else NOTHING
    return {
        "version": "2.0",
        "software": {"name": about.software, "version": about.version},
        **_common(values, shown),
        "metadata": {
            **_metadata(about, values, counts, allowed),
            "library": {
                "federationEnabled": _federates(about, values),
                "anonymousCanListen": is_open(values),
                "tracks": {"total": shown.tracks},
                "artists": {"total": shown.artists},
                "albums": {"total": shown.albums},
                "music": {"hours": round(shown.hours, 2)},
            },
            "reportTypes": _report_types(values),
            "endpoints": _endpoints(about, values),
            "rules": values["instance__rules"],
            "terms": values["instance__terms"],
        },
    }


def nodeinfo_2_1(about: About, values: Values, counts: Counts, allowed: Sequence[str]) -> Document:
    """Nodeinfo 2.1; parameters as for 2.0."""
    shown = counts if values["instance__nodeinfo_stats_enabled"] else NOTHING
    document: Document = {
        "version": "2.1",
        "software": {
            "name": about.software,
            "version": about.version,
            "repository": about.repository,
            "homepage": about.homepage,
        },
        **_common(values, shown),
        "metadata": {
            **_metadata(about, values, counts, allowed),
            "languages": values["moderation__languages"],
            "location": values["instance__location"],
            "content": _content(counts) if values["instance__nodeinfo_stats_enabled"] else None,
            "features": _features(about, values),
            "codeOfConduct": values["instance__rules"],
        },
    }
    document["usage"] |= {"localPosts": 0, "localComments": 0}
    return document


def is_open(values: Values) -> bool:
    """Whether visitors may read and listen."""
    return not values["common__api_authentication_required"]


def _federates(about: About, values: Values) -> bool:
    return about.federates and bool(values["federation__enabled"])


def _common(values: Values, shown: Counts) -> Document:
    """What both versions say outside of their metadata."""
    return {
        "protocols": ["activitypub"],
        "services": {"inbound": ["atom1.0"], "outbound": ["atom1.0"]},
        "openRegistrations": values["users__registration_enabled"],
        "usage": {
            "users": {
                "total": shown.users,
                "activeHalfyear": shown.active_half_year,
                "activeMonth": shown.active_month,
            }
        },
    }


def _metadata(about: About, values: Values, counts: Counts, allowed: Sequence[str]) -> Document:
    """What both versions say in their metadata."""
    lists, told = values["moderation__allow_list_enabled"], values["moderation__allow_list_public"]
    usage = {
        "favorites": {"tracks": {"total": counts.favorites}},
        "listenings": {"total": counts.listenings},
        "downloads": {"total": counts.downloads},
    }
    return {
        "actorId": about.actor_id,
        "private": values["instance__nodeinfo_private"],
        "shortDescription": values["instance__short_description"],
        "longDescription": values["instance__long_description"],
        "contactEmail": values["instance__contact_email"],
        "nodeName": values["instance__name"],
        "banner": about.picture(values[BANNER]),
        "defaultUploadQuota": values["users__upload_quota"],
        "supportedUploadExtensions": list(about.extensions),
        "allowList": {"enabled": lists, "domains": list(allowed) if lists and told else None},
        "funkwhaleSupportMessageEnabled": values["instance__funkwhale_support_message_enabled"],
        "instanceSupportMessage": values["instance__support_message"],
        "usage": usage if values["instance__nodeinfo_stats_enabled"] else None,
    }


def _report_types(values: Values) -> list[Document]:
    anonymous = values["moderation__unauthenticated_report_types"]
    return [{"type": kind, "label": label, "anonymous": kind in anonymous} for kind, label in REPORT_TYPES.items()]


def _endpoints(about: About, values: Values) -> Document:
    """Where other pods find what is public here; nothing while the pod is closed or speaks to nobody."""
    speaks = is_open(values) and _federates(about, values)
    indexed = speaks and values["federation__public_index"]
    counted = speaks and values["instance__nodeinfo_stats_enabled"]
    return {
        "knownNodes": "/api/v1/federation/domains" if counted else None,
        "channels": "/federation/index/channels" if indexed else None,
        "libraries": "/federation/index/libraries" if indexed else None,
    }


def _content(counts: Counts) -> Document:
    return {
        "local": {
            "artists": counts.local_artists,
            "releases": counts.local_albums,
            "recordings": counts.local_tracks,
            "hoursOfContent": int(counts.local_hours),
        },
        "topMusicCategories": _ranked(counts.music_tags),
        "topPodcastCategories": _ranked(counts.podcast_tags),
    }


def _ranked(tags: Iterable[Ranked]) -> list[Document]:
    return [{"name": tag.name, "count": tag.count} for tag in tags]


def _features(about: About, values: Values) -> list[str]:
    conditional = {
        "anonymousCanListen": is_open(values),
        "federation": _federates(about, values),
        "onlyMbidTaggedContent": values["music__only_allow_musicbrainz_tagged_files"],
    }
    return ["channels", "podcasts", *(name for name, holds in conditional.items() if holds)]


# --- settings ------------------------------------------------------------------------------------

# The classes by whose names clients choose a control: field, widget, type of the input element.
FACES: Final[Mapping[Kind, tuple[str, str, str | None]]] = {
    Kind.SWITCH: ("BooleanField", "CheckboxInput", "checkbox"),
    Kind.NUMBER: ("IntegerField", "NumberInput", "number"),
    Kind.LINE: ("CharField", "TextInput", "text"),
    Kind.TEXT: ("CharField", "Textarea", None),
    Kind.CHOICE: ("ChoiceField", "Select", "select"),
    Kind.CHOICES: ("MultipleChoiceField", "SelectMultiple", "select"),
    Kind.FORM: ("JSONField", "Textarea", None),
    Kind.IMAGE: ("FileField", "ImageWidget", "file"),
}


def setting(preference: Preference, value: Value, about: About) -> Document:
    """A preference with its value."""
    field, widget, input_type = FACES[preference.kind]
    choices = [[value, label] for value, label in preference.choices.items()]
    return {
        "section": preference.section,
        "name": preference.name,
        "identifier": preference.identifier,
        "default": preference.default,
        "value": _shown(preference, value, about),
        "verbose_name": preference.verbose_name,
        "help_text": preference.help_text,
        "additional_data": {"choices": choices} if choices else {},
        "field": {"class": field, "widget": {"class": widget}, "input_type": input_type},
    }


def settings(preferences: Iterable[Preference], values: Values, about: About) -> list[Document]:
    """Several, in their order."""
    return [setting(preference, values[preference.identifier], about) for preference in preferences]


def _shown(preference: Preference, value: Value, about: About) -> Value:
    """The value as it is told: pictures by their URL, the sign-up form's text with its HTML."""
    if preference.kind is Kind.IMAGE:
        return about.picture(value)
    if preference.kind is Kind.FORM and value.get("help_text"):
        text = value["help_text"]
        return value | {"help_text": text | {"html": rendered(text["text"], text["content_type"])}}
    return value


# --- the page's manifest -------------------------------------------------------------------------


def manifest(values: Values) -> Document:
    """What a browser needs to keep the page among a person's apps."""
    name = values["instance__name"] or "Funkwhale"
    return {
        "name": name,
        "short_name": name,
        "categories": ["music", "entertainment"],
        "description": values["instance__short_description"],
        "icons": [{"src": "/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        "prefer_related_applications": False,
        "related_applications": [],
        "shortcuts": [
            {"name": label, "url": path, "icons": []}
            for label, path in (("Search", "/search"), ("Albums", "/library/albums"), ("Favourites", "/favorites"))
        ],
    }
