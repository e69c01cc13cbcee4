"""
Tracks, albums and artists.

What belongs to another server keeps its id from there.  Artists are told twice, as Funkwhale 1 reads them (``artists``)
and as Funkwhale 2 does (``artist_credit``, FEP-be68).  Source: docs/federation.md §3.4 to §3.6, §3.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fwtwisted.model.licenses import LICENSES
from fwtwisted.model.music import Album, Artist, Track
from fwtwisted.model.published import Credit, Works
from fwtwisted.wire.activitypub.contexts import MUSIC
from fwtwisted.wire.activitypub.writing.paper import Paper, moment, words
from fwtwisted.wire.v1 import Document


def whole(document: Document) -> Document:
    """A document that stands for itself; embedded copies carry no context."""
    return {"@context": list(MUSIC), **document}


def artist(found: Artist, works: Works, paper: Paper) -> Document:
    """An artist, without context."""
    return {
        "type": "Artist",
        "id": found.fid,
        "name": found.name,
        "published": moment(found.creation_date),
        "musicbrainzId": None if found.mbid is None else str(found.mbid),
        "attributedTo": _actor(found.attributed_to_id, works),
        "tag": paper.tags(works.artist_tags.get(found.id, ())),
        **words(found.description, found.description_type),
        "image": _image(found.cover_id, works, paper),
    }


def album(found: Album, works: Works, paper: Paper) -> Document:
    """
    An album, without context.

    Who speaks through a channel is named as the channel, in the one form by which Funkwhale finds it.
    """
    speaker = works.speakers.get(found.artist_id)
    credits = credits_of(found, works)
    image = _image(found.cover_id, works, paper)
    return {
        "type": "Album",
        "id": found.fid,
        "name": found.title,
        "published": moment(found.creation_date),
        "musicbrainzId": None if found.mbid is None else str(found.mbid),
        "released": None if found.release_date is None else found.release_date.isoformat(),
        "artists": (_artists(credits, works, paper) if speaker is None else [{"type": "Person", "id": speaker}]),
        "artist_credit": [credit(one, works, found.creation_date, paper) for one in credits],
        "attributedTo": _actor(found.attributed_to_id, works),
        "tag": paper.tags(works.album_tags.get(found.id, ())),
        **words(found.description, found.description_type),
        **({} if image is None else {"image": image}),
    }


def track(found: Track, works: Works, paper: Paper) -> Document:
    """A track with its album and artists, without context."""
    credits = credits_of(found, works)
    record = None if found.album_id is None else works.albums.get(found.album_id)
    known = LICENSES.get(found.license or "")
    return {
        "type": "Track",
        "id": found.fid,
        "name": found.title,
        "published": moment(found.creation_date),
        "musicbrainzId": None if found.mbid is None else str(found.mbid),
        "position": found.position,
        "disc": found.disc_number,
        "license": None if known is None else known.id,
        "copyright": found.copyright,
        "artists": _artists(credits, works, paper),
        "artist_credit": [credit(one, works, found.creation_date, paper) for one in credits],
        **({} if record is None else {"album": album(record, works, paper)}),
        "attributedTo": _actor(found.attributed_to_id, works),
        "tag": paper.tags(works.track_tags.get(found.id, ())),
        **words(found.description, found.description_type),
        "image": _image(found.cover_id, works, paper),
    }


def credit(found: Credit, works: Works, published: datetime, paper: Paper) -> Document:
    """A name on a track or an album, without context.  :param published: of that track or album."""
    return {
        "type": "ArtistCredit",
        "id": paper.music("artistcredit", found.uuid),
        "artist": artist(works.artists[found.artist_id], works, paper),
        "joinphrase": found.joinphrase,
        "credit": found.credit,
        "index": found.place,
        "published": moment(published),
    }


def credits_of(of: Track | Album, works: Works) -> Sequence[Credit]:
    """Who is named on a track or an album; where nobody wrote that down, the artist whose it is."""
    written = works.track_credits if isinstance(of, Track) else works.album_credits
    found = [one for one in written.get(of.id, ()) if one.artist_id in works.artists]
    if found:
        return found
    owner = works.artists[of.artist_id]
    return [Credit(of.uuid, owner.id, owner.name, "", 0)]


def _artists(credits: Sequence[Credit], works: Works, paper: Paper) -> list[Document]:
    """Everybody who is named, once each."""
    return [artist(works.artists[id], works, paper) for id in dict.fromkeys(one.artist_id for one in credits)]


def _actor(id: int | None, works: Works) -> str | None:
    return None if id is None else works.actors.get(id)


def _image(id: int | None, works: Works, paper: Paper) -> Document | None:
    return None if id is None else paper.image(works.pictures.get(id))
