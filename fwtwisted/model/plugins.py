"""
The plugins that come with the pod: what they are called, and what people set for them.

All of them pass on what somebody listens to, to a service that keeps their history elsewhere.

Source: docs/api.md §4.18.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from attrs import frozen

Conf: TypeAlias = Mapping[str, Any]
"""What somebody set for a plugin: texts and booleans by the names of its fields."""


class FieldKind(enum.StrEnum):
    """How a field is shown and read."""

    TEXT = "text"
    URL = "url"
    PASSWORD = "password"
    BOOLEAN = "boolean"


@frozen
class PluginField:
    """
    One thing that people set for a plugin.

    :ivar default: of booleans.
    :ivar is_required: must be set before the plugin can work; others may be empty.
    :ivar help: Markdown.
    """

    name: str
    kind: FieldKind
    label: str
    is_required: bool = True
    default: bool | None = None
    help: str = ""


@frozen
class Plugin:
    """A plugin, as people choose it.  :ivar homepage: of the service."""

    name: str
    label: str
    description: str
    homepage: str
    fields: tuple[PluginField, ...]


@frozen
class PluginUse:
    """What one account does with a plugin.  :ivar conf: None: nothing was set."""

    plugin: Plugin
    is_enabled: bool = False
    conf: Conf | None = None


@frozen
class Scrobble:
    """
    A listening, as services elsewhere want it told.

    :ivar duration: seconds; None: not known.
    """

    title: str
    artist: str
    album: str | None
    position: int | None
    duration: int | None
    track_mbid: UUID | None
    artist_mbid: UUID | None
    album_mbid: UUID | None
    listened_at: datetime


SCROBBLER: Final = Plugin(
    "scrobbler",
    "Scrobbler",
    "Tell a server that speaks the Audioscrobbler protocol what you listen to: Last.fm, Libre.fm, and others.",
    "https://www.last.fm/api/scrobbling",
    (
        PluginField(
            "url",
            FieldKind.URL,
            "URL of the server",
            is_required=False,
            help="For instance `https://turtle.libre.fm/`. Empty: Last.fm, if this pod is registered there.",
        ),
        PluginField("username", FieldKind.TEXT, "Your user name there"),
        PluginField("password", FieldKind.PASSWORD, "Your password there"),
    ),
)
LISTENBRAINZ: Final = Plugin(
    "listenbrainz",
    "ListenBrainz",
    "Tell ListenBrainz what you listen to, and which tracks are your favourites.",
    "https://listenbrainz.org/",
    (
        PluginField(
            "user_token",
            FieldKind.TEXT,
            "Your token",
            help="It stands on [your profile](https://listenbrainz.org/settings/).",
        ),
        PluginField("user_name", FieldKind.TEXT, "Your user name there", is_required=False),
        PluginField("submit_listenings", FieldKind.BOOLEAN, "Send what I listen to", default=True),
        PluginField("submit_favorites", FieldKind.BOOLEAN, "Send my favourites", default=False),
    ),
)
MALOJA: Final = Plugin(
    "maloja",
    "Maloja",
    "Tell a Maloja server what you listen to.",
    "https://github.com/krateng/maloja",
    (
        PluginField("server_url", FieldKind.URL, "URL of the server"),
        PluginField("api_key", FieldKind.TEXT, "Your API key"),
        PluginField("nofix", FieldKind.BOOLEAN, "Keep the tags as they are", default=False,
                    help="Maloja corrects names by its rules, unless this is set."),
    ),
)  # fmt: skip
PLUGINS: Final[Mapping[str, Plugin]] = {plugin.name: plugin for plugin in (LISTENBRAINZ, MALOJA, SCROBBLER)}
