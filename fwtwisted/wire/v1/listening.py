"""
Favourites, listenings and the pod's activity as documents.

Source: docs/api.md §4.11 and §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fwtwisted.model.accounts import Profile
from fwtwisted.model.errors import Invalid
from fwtwisted.model.listening import Deed, Kind
from fwtwisted.model.music import Shelf, Track
from fwtwisted.model.people import Actor
from fwtwisted.wire.fields import REQUIRED, whole_number
from fwtwisted.wire.v1 import Document, when
from fwtwisted.wire.v1.catalog import CatalogPaper, tracks
from fwtwisted.wire.v1.people import actor, user_basic, user_elsewhere

VERB = {Kind.FAVORITE: "Like", Kind.LISTENING: "Listen"}
PLACE = {Kind.FAVORITE: "favorites", Kind.LISTENING: "listenings"}


def deeds(
    found: Sequence[Deed],
    by_id: Mapping[int, Track],
    shelf: Shelf,
    actors: Mapping[int, Actor],
    people: Mapping[int, Profile],
    paper: CatalogPaper,
) -> list[Document]:
    """
    Favourites or listenings in a list; those whose track is gone are left out.

    Tracks and people that several share are written once.  :param people: by the id of their actor.
    """
    written = dict(zip(by_id, tracks(list(by_id.values()), shelf, paper), strict=True))
    users = {id: user_basic(profile, paper.pictures) for id, profile in people.items()}
    who = {id: actor(one) for id, one in actors.items()}
    return [
        {
            "id": deed.id,
            "user": users.get(deed.actor_id) or user_elsewhere(actors[deed.actor_id]),
            "track": written[deed.track_id],
            "creation_date": when(deed.creation_date),
            "actor": who[deed.actor_id],
        }
        for deed in found
        if deed.track_id in written
    ]


def written_favorite(deed: Deed) -> Document:
    """The answer to making a favourite."""
    return {"id": deed.id, "track": deed.track_id, "creation_date": when(deed.creation_date)}


def written_listening(deed: Deed, account_id: int | None) -> Document:
    """The answer to a listening that was told."""
    return {
        "id": deed.id,
        "user": account_id,
        "track": deed.track_id,
        "creation_date": when(deed.creation_date),
    }


def activity(kind: Kind, deed: Deed, found: Track, shelf: Shelf, by: Actor, public_url: str) -> Document:
    """A deed as the pod's activity tells it."""
    person = f"{public_url}/@{by.preferred_username}" if by.is_local else by.fid
    album = shelf.albums.get(found.album_id) if found.album_id is not None else None
    return {
        "type": VERB[kind],
        "id": f"{person}/{PLACE[kind]}/tracks/{deed.id}",
        "local_id": deed.id,
        "actor": {
            "id": person,
            "local_id": by.preferred_username,
            "name": by.preferred_username,
            "type": "Person",
        },
        "object": {
            "id": f"{public_url}/tracks/{found.id}",
            "local_id": found.id,
            "name": found.title,
            "type": "Audio",
            "artist": shelf.artists[found.artist_id].name,
            "album": album.title if album is not None else None,
        },
        "published": when(deed.creation_date),
    }


def track_in(document: Mapping[str, Any]) -> int:
    """The track that a body names.  :raise Invalid:"""
    value = document.get("track")
    if isinstance(value, list) and value:
        value = value[-1]
    if value is None or value == "":
        raise Invalid.on("track", REQUIRED)
    id = whole_number(value)
    if id is None:
        raise Invalid.on("track", "Incorrect type. Expected pk value.")
    return id
