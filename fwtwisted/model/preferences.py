"""
The instance settings: what administrators decide while the pod runs, as one table.

A preference has a kind, and the kind decides what values are lawful.  Values here are what JSON can say: booleans,
numbers, texts, lists of texts, objects.  What is stored is only what differs from the default.

Source: docs/api.md §4.1; the list of preferences is Funkwhale's, the words are ours.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from fwtwisted.model.codes import COUNTRIES, LANGUAGES, is_language
from fwtwisted.model.errors import Invalid
from fwtwisted.model.people import PERMISSIONS

Value: TypeAlias = Any
"""A JSON value: bool, int, str, list, dict, or None."""
Values: TypeAlias = Mapping[str, Value]
"""Every preference's value by identifier."""
ReadPreference: TypeAlias = Callable[[str], Awaitable[Value]]
"""Answers what a preference is set to at the moment, by its identifier."""

LONGEST_LINE: Final = 255
LONGEST_TEXT: Final = 50_000
MOST_FIELDS: Final = 10
"""Fields that a sign-up form may add."""

REPORT_TYPES: Final[Mapping[str, str]] = {
    "takedown_request": "Takedown request",
    "invalid_metadata": "Invalid metadata",
    "illegal_content": "Illegal content",
    "offensive_content": "Offensive content",
    "other": "Other",
}


class Kind(enum.Enum):
    """What a preference holds."""

    SWITCH = "switch"
    NUMBER = "number"
    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    FORM = "form"
    IMAGE = "image"


@frozen
class Preference:
    """
    One thing that administrators decide.

    :ivar identifier: ``section__name``.
    :ivar is_public: listed for everybody.
    :ivar choices: for the choosing kinds, what is offered: value and label.
    :ivar least: smallest number.
    """

    identifier: str
    kind: Kind
    default: Value
    verbose_name: str
    help_text: str
    is_public: bool = field(default=True, kw_only=True)
    choices: Mapping[str, str] = field(factory=dict, kw_only=True)
    least: int = field(default=0, kw_only=True)

    @property
    def section(self) -> str:
        """What stands before the double underscore."""
        return self.identifier.partition("__")[0]

    @property
    def name(self) -> str:
        """What stands behind it."""
        return self.identifier.partition("__")[2]


S, N, L, T = Kind.SWITCH, Kind.NUMBER, Kind.LINE, Kind.TEXT

TABLE: Final = (
    Preference("audio__channels_enabled", S, True, "Channels", "People may open channels.", is_public=False),
    Preference("audio__max_channels", N, 20, "Channels per person", "How many channels one account may have."),
    Preference("common__api_authentication_required", S, True, "Members only",
               "Visitors see and hear nothing. Switch off to open public content to everybody.", is_public=False),
    Preference("federation__actor_fetch_delay", N, 720, "Freshness of foreign accounts",
               "Minutes after which an account of another pod is asked for again.", is_public=False),
    Preference("federation__collection_page_size", N, 50, "Page size for other pods",
               "Items on a page that other pods read.", is_public=False, least=1),
    Preference("federation__enabled", S, True, "Federation", "Exchange music with other pods.", is_public=False),
    Preference("federation__music_cache_duration", N, 2880, "Keep foreign audio",
               "Minutes that copies of other pods' audio are kept after they were last heard. 0 keeps them for ever."),
    Preference("federation__public_index", S, True, "Index", "Let other pods list public libraries and channels."),
    Preference("instance__banner", Kind.IMAGE, None, "Banner",
               "A wide picture for the top of the front page: PNG, JPEG or WebP, at least 600 by 100 pixels."),
    Preference("instance__contact_email", L, "", "Contact", "A mail address that visitors may write to."),
    Preference("instance__funkwhale_support_message_enabled", S, True, "Funkwhale's message",
               "Now and then, ask members to support the Funkwhale project."),
    Preference("instance__location", Kind.CHOICE, "", "Location", "The country that the server stands in.",
               choices={"": "Not told", **COUNTRIES}),
    Preference("instance__long_description", T, "", "About", "What the pod is for, at length. Markdown."),
    Preference("instance__name", L, "", "Name", "What the pod is called."),
    Preference("instance__nodeinfo_private", S, False, "Unlisted",
               "Ask directories and statistics of pods to leave this one out.", is_public=False),
    Preference("instance__nodeinfo_stats_enabled", S, True, "Publish counters",
               "Tell how many people, tracks and listenings there are.", is_public=False),
    Preference("instance__rules", T, "", "Rules", "How people are to behave here. Markdown."),
    Preference("instance__short_description", L, "", "In a sentence", "What the pod is for, in one line."),
    Preference("instance__support_message", T, "", "Support message",
               "Shown to members now and then: how they can help the pod. Markdown."),
    Preference("instance__terms", T, "", "Terms of service", "What people agree to when they sign up. Markdown."),
    Preference("moderation__allow_list_enabled", S, False, "Allow list",
               "Exchange only with pods on the list.", is_public=False),
    Preference("moderation__allow_list_public", S, False, "Publish the allow list",
               "Everybody may see which pods are on the list.", is_public=False),
    Preference("moderation__languages", Kind.CHOICES, ["en"], "Languages",
               "Languages that the moderators read.", choices=LANGUAGES),
    Preference("moderation__signup_approval_enabled", S, False, "Approve sign-ups",
               "A moderator looks at each new account before it can be used."),
    Preference("moderation__signup_form_customization", Kind.FORM, {}, "Sign-up form",
               "Questions to ask people who sign up, and a text to show them."),
    Preference("moderation__unauthenticated_report_types", Kind.CHOICES, ["takedown_request", "illegal_content"],
               "Reports by visitors", "What can be reported without an account.", choices=REPORT_TYPES),
    Preference("music__musicbrainz_genre_update", S, True, "Genres of MusicBrainz",
               "Kept for apps that show it: this server asks MusicBrainz for nothing."),
    Preference("music__only_allow_musicbrainz_tagged_files", S, False, "Tagged files only",
               "Refuse files that were not tagged with MusicBrainz Picard or a program like it."),
    Preference("music__sync_musicbrainz_tags", S, False, "Tags of MusicBrainz",
               "Kept for apps that show it, likewise: tags come from the files."),
    Preference("music__transcoding_cache_duration", N, 10080, "Keep transcodes",
               "Minutes that transcoded audio is kept after it was last heard. 0 keeps it for ever."),
    Preference("music__transcoding_enabled", S, True, "Transcoding", "Convert audio for players that ask for it."),
    Preference("playlists__max_tracks", N, 250, "Tracks per playlist", "How long a playlist may be."),
    Preference("subsonic__enabled", S, True, "Subsonic", "Let Subsonic apps play from here."),
    Preference("ui__custom_css", T, "", "Own CSS", "Added to every page."),
    Preference("users__default_permissions", Kind.CHOICES, [], "Everybody's permissions",
               "What each account may do beside listening.", choices={name: name.capitalize() for name in PERMISSIONS}),
    Preference("users__registration_enabled", S, False, "Open sign-up", "Anybody may make an account."),
    Preference("users__upload_quota", N, 1000, "Upload quota",
               "Megabytes that an account may upload, unless it has a quota of its own."),
)  # fmt: skip
PREFERENCES: Final[Mapping[str, Preference]] = {row.identifier: row for row in TABLE}
DEFAULTS: Final[Values] = {row.identifier: row.default for row in TABLE}
BANNER: Final = "instance__banner"


# --- reading values ------------------------------------------------------------------------------


def parsed(preference: Preference, raw: Value) -> Value:
    """
    The value that ``raw``, a JSON value or the text of a form field, stands for.

    :raise Invalid: on ``value``, with words for the person who sent it.
    """
    return READERS[preference.kind](preference, raw)


def _wrong(message: str) -> Invalid:
    return Invalid.on("value", message)


SWITCHED: Final[Mapping[str, bool]] = {
    "true": True, "1": True, "on": True, "yes": True, "false": False, "0": False, "off": False, "no": False, "": False,
}  # fmt: skip


def _switch(preference: Preference, raw: Value) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str | int) and str(raw).lower() in SWITCHED:
        return SWITCHED[str(raw).lower()]
    raise _wrong("Must be a valid boolean.")


def _number(preference: Preference, raw: Value) -> int:
    if isinstance(raw, str) and raw.isascii() and raw.strip().removeprefix("-").isdecimal() and len(raw) < 20:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _wrong("A valid integer is required.")
    if raw < preference.least or raw >= 2**31:
        raise _wrong(f"Ensure this value is from {preference.least} to {2**31 - 1}.")
    return raw


def _text_of(raw: Value, longest: int) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise _wrong("Not a valid string.")
    if len(raw) > longest:
        raise _wrong(f"Ensure this field has no more than {longest} characters.")
    if "\0" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
        raise _wrong("Not a valid string.")
    return raw


def _line(preference: Preference, raw: Value) -> str:
    return " ".join(_text_of(raw, LONGEST_LINE).split())


def _text(preference: Preference, raw: Value) -> str:
    return _text_of(raw, LONGEST_TEXT)


def _choice(preference: Preference, raw: Value) -> str:
    word = _text_of(raw, LONGEST_LINE)
    if word not in preference.choices:
        raise _wrong(f'"{word}" is not a valid choice.')
    return word


def _choices(preference: Preference, raw: Value) -> list[str]:
    """Several choices, each once, in the order that they came; a form sends a single one as a text."""
    words = [raw] if isinstance(raw, str) and raw else (raw or [])
    if not isinstance(words, list):
        raise _wrong("Expected a list of items.")
    for word in words:
        if not isinstance(word, str) or not _is_offered(preference, word):
            raise _wrong(f'"{str(word)[:LONGEST_LINE]}" is not a valid choice.')
    return list(dict.fromkeys(words))


def _is_offered(preference: Preference, word: str) -> bool:
    """The list of languages is a short one; codes that it leaves out are lawful all the same."""
    return word in preference.choices or (preference.choices is LANGUAGES and is_language(word))


def _image(preference: Preference, raw: Value) -> str | None:
    """A stored name, as whoever stored the picture gives it; nothing clears it."""
    if raw is None or raw == "":
        return None
    if not isinstance(raw, StoredImage):
        raise _wrong("The submitted data was not a file.")
    return str(raw)


class StoredImage(str):
    """The stored name of a picture that was received; no request can say it."""

    __slots__ = ()


def _form(preference: Preference, raw: Value) -> dict[str, Value]:
    """The sign-up form: at most :data:`MOST_FIELDS` fields, and a text above them."""
    if not raw:
        return {}
    if not isinstance(raw, dict):
        raise _wrong("Expected an object.")
    fields = raw.get("fields") or []
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        raise _wrong(f"fields: expected a list of at most {MOST_FIELDS} fields.")
    return {"help_text": _help_text(raw.get("help_text")), "fields": [_form_field(item) for item in fields]}


def _help_text(raw: Value) -> dict[str, str] | None:
    if not raw:
        return None
    if not isinstance(raw, dict):
        raise _wrong("help_text: expected an object with text and content_type.")
    text = _text_of(raw.get("text"), 5000)
    content_type = raw.get("content_type") or "text/markdown"
    if content_type not in ("text/markdown", "text/plain", "text/html"):
        raise _wrong("help_text: content_type must be text/markdown, text/plain or text/html.")
    return {"text": text, "content_type": content_type} if text else None


def _form_field(raw: Value) -> dict[str, Value]:
    if not isinstance(raw, dict):
        raise _wrong("fields: expected objects with label, required and input_type.")
    label = " ".join(_text_of(raw.get("label"), LONGEST_LINE).split())
    if not label:
        raise _wrong("fields: each needs a label.")
    if raw.get("input_type") not in ("short_text", "long_text"):
        raise _wrong("fields: input_type must be short_text or long_text.")
    if not isinstance(raw.get("required", True), bool):
        raise _wrong("fields: required must be a boolean.")
    return {"label": label, "required": raw.get("required", True), "input_type": raw["input_type"]}


READERS: Final[Mapping[Kind, Callable[[Preference, Value], Value]]] = {
    Kind.SWITCH: _switch,
    Kind.NUMBER: _number,
    Kind.LINE: _line,
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.FORM: _form,
    Kind.IMAGE: _image,
}
