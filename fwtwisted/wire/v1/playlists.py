"""
Playlists as documents, and what people send to make, change, fill and list them.

Source: docs/api.md §4.12.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from fwtwisted.model.accounts import Profile
from fwtwisted.model.errors import NON_FIELD
from fwtwisted.model.people import Actor, Privacy
from fwtwisted.model.playlists import (
    LONGEST_NAME,
    Duplicates,
    Playlist,
    PlaylistChange,
    PlaylistFacts,
    PlaylistQuestion,
    PlaylistTrack,
    PlaylistWish,
)
from fwtwisted.wire.fields import Fields, whole_number
from fwtwisted.wire.v1 import Document, Pictures, Query, attachment, last, when
from fwtwisted.wire.v1.people import actor, user_basic
from fwtwisted.wire.v1.questions import LONGEST_TEXT, lenient_order, scope, search_words, truth, whole

MOST_AT_ONCE = 10_000  # tracks in one body
NO_OBJECT = "Expected an object, or null for a playlist that people fill."
HOLDS_ALREADY = "tracks_already_exist_in_playlist"


def playlist(
    found: Playlist, facts: PlaylistFacts, owner: Actor, profile: Profile | None, pictures: Pictures
) -> Document:
    """A playlist."""
    covers = (attachment(cover, pictures) for cover in facts.covers)
    document = {
        "id": found.id,
        "name": found.name,
        "user": user_basic(profile, pictures) if profile is not None else None,
        "actor": actor(owner),
        "creation_date": when(found.creation_date),
        "modification_date": when(found.modification_date),
        "privacy_level": found.privacy_level,
        "tracks_count": facts.tracks_count,
        "duration": facts.duration,
        "album_covers": [cover["urls"]["medium_square_crop"] for cover in covers if cover is not None],
        "is_playable": facts.playable_count > 0,
    }
    return document if found.rules is None else {**document, "rules": found.rules}


def item(found: PlaylistTrack, track: Document) -> Document:
    """A track in a playlist.  :param track: its document."""
    return {"track": track, "index": found.index, "creation_date": when(found.creation_date)}


def duplicates(why: Duplicates) -> Document:
    """What somebody is told who adds what is there already; clients look at the code, and ask their person."""
    told = {"tracks": list(why.titles), "playlist_name": why.playlist_name, "code": HOLDS_ALREADY}
    return {"playlist": {NON_FIELD: [told]}}


# --- what people send ----------------------------------------------------------------------------


@frozen
class Addition:
    """Tracks that are to go into a playlist.  :ivar at: the index of the first; None: after the last."""

    tracks: list[int]
    duplicates: bool
    at: int | None


def wish(document: Mapping[str, Any]) -> PlaylistWish:
    """A playlist that somebody wants.  :raise Invalid:"""
    fields = Fields(document)
    name = fields.text("name", LONGEST_NAME)
    level = fields.choice("privacy_level", Privacy, Privacy.ME) if fields.has("privacy_level") else None
    rules = _rules(fields, document)
    fields.check()
    return PlaylistWish(name, level, rules)


def _rules(fields: Fields, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Rules by which a playlist fills itself, yet to be read; None: there are none."""
    rules = document.get("rules")
    if rules is None or isinstance(rules, Mapping):
        return rules
    fields.refuse("rules", NO_OBJECT)
    return None


def change(document: Mapping[str, Any], *, whole: bool = False) -> PlaylistChange:
    """
    What is to change of a playlist; other names are ignored.

    :param whole: the document must say everything that a playlist cannot do without.
    :raise Invalid:
    """
    fields = Fields(document)
    values: dict[str, str | Privacy | Mapping[str, Any] | None] = {}
    if whole or fields.has("name"):
        values["name"] = fields.text("name", LONGEST_NAME)
    if fields.has("privacy_level"):
        values["privacy_level"] = fields.choice("privacy_level", Privacy, Privacy.ME)
    if fields.has("rules"):
        values["rules"] = _rules(fields, document)
    fields.check()
    return values


def addition(document: Mapping[str, Any]) -> Addition:
    """What is to be added.  :raise Invalid:"""
    fields = Fields(document)
    tracks = fields.numbers("tracks", MOST_AT_ONCE)
    may_repeat = document.get("allow_duplicates") is not None and fields.flag("allow_duplicates")
    at = fields.number("index") if document.get("index") is not None else None
    fields.check()
    return Addition(tracks, may_repeat, at)


def index_in(document: Mapping[str, Any]) -> int | None:
    """The index that a body names; None when it names none."""
    value = document.get("index")
    return whole_number(value[-1] if isinstance(value, list) and value else value)


def places_in(document: Mapping[str, Any]) -> tuple[int, int]:
    """From where to where something is to be moved.  :raise Invalid:"""
    fields = Fields(document)
    places = fields.number("from"), fields.number("to")
    fields.check()
    return places


def question(query: Query) -> PlaylistQuestion:
    """
    What a list's parameters ask; what makes no sense in ``ordering`` is ignored.

    :raise Invalid: a reference by number that is none.
    """
    return PlaylistQuestion(
        words=search_words(query),
        name=last(query, "name") or None,
        name_contains=(last(query, "name__icontains") or "")[:LONGEST_TEXT] or None,
        filled=truth(query, "playable"),
        track=whole(query, "track"),
        album=whole(query, "album"),
        artist=whole(query, "artist"),
        scope=scope(query),
        ordering=tuple(lenient_order(query)),
    )
