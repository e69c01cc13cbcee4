"""Artists, albums and tracks.  Source: docs/federation.md §3.4 to §3.6, §3.9."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.remote import SaidAlbum, SaidArtist, SaidCredit, SaidTrack
from fwtwisted.model.uploads import LONGEST_COPYRIGHT
from fwtwisted.wire.activitypub.reading.actors import ACTOR_TYPES
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.places import REQUIRED, fid_of, nested
from fwtwisted.wire.activitypub.reading.words import LONGEST_NAME, about, license_of, name_of, place

MOST_CREDITS = 50
LONGEST_JOIN = 50
NO_ARTIST = "This is no artist."
NO_ALBUM = "This is no album."
NO_TRACK = "This is no track."

Said: TypeAlias = SaidArtist | SaidAlbum | SaidTrack


def artist(doc: Doc) -> SaidArtist:
    """What an artist's document says.  :raise Invalid:"""
    if not doc.is_a("Artist"):
        raise Invalid.on("type", NO_ARTIST)
    return SaidArtist(about(doc), name_of(doc))


def album(doc: Doc) -> SaidAlbum:
    """What an album's document says.  :raise Invalid:"""
    if not doc.is_a("Album"):
        raise Invalid.on("type", NO_ALBUM)
    speaker = _speaker(doc)
    return SaidAlbum(
        about=about(doc),
        title=name_of(doc),
        released=doc.day("released"),
        credits=() if speaker is not None else credits(doc),
        speaker=speaker,
    )


def track(doc: Doc) -> SaidTrack:
    """What a track's document says, with its album and artists.  :raise Invalid:"""
    if not doc.is_a("Track"):
        raise Invalid.on("type", NO_TRACK)
    inner = doc.doc("album")
    if inner is None:
        raise Invalid.on("album", REQUIRED)
    return SaidTrack(
        about=about(doc),
        title=name_of(doc),
        position=place(doc, "position"),
        disc=place(doc, "disc"),
        license=license_of(doc),
        copyright=doc.line("copyright", LONGEST_COPYRIGHT),
        credits=credits(doc),
        album=nested("album", inner, album),
    )


OF_KIND: Mapping[Kind, Callable[[Doc], Said]] = {Kind.ARTIST: artist, Kind.ALBUM: album, Kind.TRACK: track}
"""How a document of each kind is read."""


def _speaker(doc: Doc) -> str | None:
    """The actor of the channel that an album is of: Funkwhale 1 writes it where an artist should be."""
    for one in doc.docs("artists"):
        if one.is_a(*ACTOR_TYPES):
            return fid_of(one)
    return None


def credits(doc: Doc) -> tuple[SaidCredit, ...]:
    """
    Who is named, in order: ``artist_credit`` of Funkwhale 2, else ``artists`` of Funkwhale 1.

    :raise Invalid: nobody is.
    """
    told = doc.docs("artist_credit")[:MOST_CREDITS]
    if told:
        return tuple(nested("artist_credit", one, _credit) for one in told)
    artists = [nested("artists", one, artist) for one in doc.docs("artists")[:MOST_CREDITS]]
    if not artists:
        raise Invalid.on("artists", REQUIRED)
    last = len(artists) - 1
    return tuple(SaidCredit(one, one.name, "" if index == last else ", ") for index, one in enumerate(artists))


def _credit(doc: Doc) -> SaidCredit:
    inner = doc.doc("artist")
    if inner is None:
        raise Invalid.on("artist", REQUIRED)
    who = nested("artist", inner, artist)
    return SaidCredit(who, doc.line("credit", LONGEST_NAME) or who.name, _joinphrase(doc))


def _joinphrase(doc: Doc) -> str:
    """With the blanks around it, which belong to it."""
    told = next((one for one in doc.values("joinphrase") if isinstance(one, str)), "")
    return told[:LONGEST_JOIN]
