"""The REST documents of uploads.  Source: docs/api.md §3.12, §4.7."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from fwtwisted.model.licenses import license_in
from fwtwisted.model.music import UNKNOWN_ALBUM
from fwtwisted.wire.audiotags import Credit, Picture, Tags, tags_in
from fwtwisted.wire.v1 import Document


def file_metadata(tags: Tags, cover: Picture | None = None) -> Document:
    """What the tags of a file say, absent keys left out."""
    told: dict[str, Any] = {
        "title": tags.title,
        "position": tags.position,
        "disc_number": tags.disc,
        "copyright": tags.copyright,
        "license": license_in(tags.license) or license_in(tags.copyright),
        "mbid": _text(tags.mbid),
        "tags": list(tags_in(tags.genres)) or None,
        "description": {"text": tags.comment, "content_type": "text/plain"} if tags.comment else None,
        "artists": [_credit(one) for one in tags.artists] or None,
    }
    return {name: value for name, value in told.items() if value is not None} | {"album": _album(tags, cover)}


def _album(tags: Tags, cover: Picture | None) -> Document:
    return {
        "title": tags.album or UNKNOWN_ALBUM,
        "mbid": _text(tags.album_mbid),
        "release_date": tags.released.isoformat() if tags.released else None,
        "artists": [_credit(one) for one in tags.album_artists or tags.artists[:1]],
        "cover_data": _picture(cover),
    }


def _picture(cover: Picture | None) -> Document | None:
    if cover is None:
        return None
    return {
        "mimetype": cover.media_type,
        "content": b64encode(cover.body).decode(),
        "description": cover.description,
        "type": 3,  # a front cover, in the numbering of ID3
    }


def _credit(one: Credit) -> Document:
    return {"name": one.name, "mbid": _text(one.mbid)}


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)
