"""Libraries, and the files in them.  Source: docs/federation.md §3.1, §3.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fwtwisted.model.federation import PeerClass
from fwtwisted.model.published import SharedFile, Shelf, Works
from fwtwisted.model.shown import Sort
from fwtwisted.wire.activitypub.contexts import MUSIC, PUBLIC
from fwtwisted.wire.activitypub.writing import music
from fwtwisted.wire.activitypub.writing.actors import followers
from fwtwisted.wire.activitypub.writing.collections import Leaf, ends, turns
from fwtwisted.wire.activitypub.writing.paper import HTML, Paper, duration, link, moment
from fwtwisted.wire.v1 import Document


def library(shelf: Shelf, page_size: int) -> Document:
    """A library's document: everybody reads it, since that is how one asks to follow."""
    return {
        "@context": list(MUSIC),
        "type": "Library",
        "id": shelf.fid,
        **_said(shelf),
        "audience": PUBLIC if shelf.is_public else "",  # Funkwhale breaks where it is missing
        "followers": followers(shelf.fid),
        "totalItems": shelf.total,
        **ends(shelf.fid, shelf.total, page_size),
    }


def library_page(shelf: Shelf, leaf: Leaf, items: Sequence[Document]) -> Document:
    """
    A page of a library: exactly ``CollectionPage`` and ``items``, which Funkwhale insists on.

    :param items: of :func:`file`.
    """
    return {
        "@context": list(MUSIC),
        "type": "CollectionPage",
        **turns(shelf.fid, shelf.total, leaf),
        **_said(shelf),
        "items": list(items),
    }


def _said(shelf: Shelf) -> dict[str, Any]:
    return {"attributedTo": shelf.owner, "name": shelf.name, "summary": shelf.description or None}


def file(shared: SharedFile, works: Works, paper: Paper, peer: PeerClass | None) -> Document:
    """
    A file of a library with its track, without context.

    :param peer: who reads it; None: nobody knows.
    """
    found = works.tracks[shared.track_id]
    return {
        "type": "Audio",
        "id": shared.fid,
        "library": shared.library,
        "name": _title(shared.track_id, works),
        "attributedTo": shared.owner,
        "to": PUBLIC if shared.is_public else "",
        "published": moment(shared.published),
        "updated": moment(shared.updated),
        "bitrate": shared.bitrate,
        "size": shared.size,
        "duration": duration(shared.duration, peer),
        "url": [  # the sound first: Funkwhale reads no other
            link(shared.mimetype, paper.sound(found.uuid, shared.uuid)),
            link(HTML, paper.page(Sort.TRACK, found.id)),
        ],
        "track": music.track(found, works, paper),
    }


def _title(track_id: int, works: Works) -> str:
    found = works.tracks[track_id]
    record = None if found.album_id is None else works.albums.get(found.album_id)
    names = (works.artists[found.artist_id].name, None if record is None else record.title, found.title)
    return " - ".join(name for name in names if name)
