"""
Podcasts and their episodes as Subsonic knows them.

Source: docs/subsonic.md §8.9, §10.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fwtwisted.model.heard import HeardChannel, HeardEpisode
from fwtwisted.wire.subsonic.documents import Paper, cover_of, when
from fwtwisted.wire.subsonic.envelope import Payload, Piece
from fwtwisted.wire.subsonic.names import Name, Prefix

# How a song's document begins (wire/subsonic/documents.py).
_HEAD = re.compile(rb'\{"id":"tr-\d+","parent":"[^"]*",')
_PICTURED = b'"coverArt":'  # which stands in no text: quotes are escaped there


def channel(found: HeardChannel, paper: Paper, text: str) -> Payload:
    """
    A ``channel`` without its episodes.

    :param text: what is written about it, plain.
    """
    name = Name(Prefix.CHANNEL, found.uuid)
    told: dict[str, Any] = {
        "id": str(name),
        "url": found.rss_url or f"{paper.public_url}/api/v1/channels/{found.uuid}/rss",
        "title": found.name,
        "description": text,
        "status": "error" if found.trouble is not None else "new" if found.is_new else "completed",
    }
    if found.picture is not None:
        told |= {"coverArt": cover_of(name, found.picture), "originalImageUrl": paper.image_url(found.picture)}
    if found.trouble is not None:
        told["errorMessage"] = found.trouble
    return told


def coming(uuid: UUID, url: str, trouble: str | None) -> Payload:
    """
    A ``channel`` of which nothing but its address is known.

    :param trouble: why it does not come; None: it is being asked for.
    """
    told = {
        "id": str(Name(Prefix.CHANNEL, uuid)),
        "url": url,
        "title": urlsplit(url).hostname or url,
        "description": "",
        "status": "downloading" if trouble is None else "error",
    }
    return told if trouble is None else {**told, "errorMessage": trouble}


def episode_fields(found: HeardEpisode, text: str) -> Payload:
    """What an episode has beyond a song."""
    return {
        "streamId": str(Name(Prefix.EPISODE, found.upload)),
        "channelId": str(Name(Prefix.CHANNEL, found.channel)),
        "description": text,
        "status": "completed" if found.is_here else "downloading" if found.is_coming else "skipped",
        "publishDate": when(found.published),
    }


def episode(song: Piece, found: HeardEpisode, cover: str | None) -> Piece:
    """
    A song's document as an episode's: another id, another parent, the podcast's picture where it has none.

    :param song: with the fields of :func:`episode_fields`.  :param cover: id of the podcast's picture.
    """
    picture = "" if cover is None or _PICTURED in song.json else f'"coverArt":"{cover}",'
    name, parent = Name(Prefix.EPISODE, found.upload), Name(Prefix.CHANNEL, found.channel)
    head = f'{{"id":"{name}","parent":"{parent}",{picture}'
    return Piece(_HEAD.sub(head.encode(), song.json, count=1))
