"""Sharing: the four calls by which people keep their shares.  Source: docs/subsonic.md §8.8."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fwtwisted.core.subsonic.playlists import PlaylistsHeard
from fwtwisted.core.subsonic.shares import Renewal, Shares
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.together import Share
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, of_kind
from fwtwisted.web.subsonic.songs import the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import when
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import missing
from fwtwisted.wire.subsonic.names import Name, Prefix, named

ROLE, SCOPE = "share", "write:libraries"
LONGEST_DESCRIPTION = 2_000  # characters


class Sharing:
    """Calls about shares."""

    def __init__(self, desk: SubsonicDesk, shares: Shares, playlists: PlaylistsHeard) -> None:
        self._desk, self._shares, self._playlists = desk, shares, playlists

    @call("getShares")
    async def all(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight(caller)
        found = await self._shares.all(caller.account_id)
        await self._desk.hearing.audible(sight, list({song for one in found for song in one.tracks}))  # all at once
        return {"shares": {"share": [await self._document(sight, one) for one in found]}}

    @writing_call("createShare")
    async def create(self, asked: Asked, caller: Caller) -> Payload:
        self._admit(caller)
        sight = await self._desk.sight(caller)
        songs = await self._songs(sight, asked.several("id"))
        try:
            made = await self._shares.create(sight, songs, _description(asked) or "", asked.moment("expires"))
        except Invalid as why:
            raise missing(next(iter(why.problems))) from why
        return {"shares": {"share": [await self._document(sight, made)]}}

    @writing_call("updateShare")
    async def change(self, asked: Asked, caller: Caller) -> Payload:
        self._admit(caller)
        id = of_kind(asked, Prefix.SHARE).number
        moves, expires = _end(asked)
        try:
            await self._shares.change(caller.account_id, id, Renewal(_description(asked), moves, expires))
        except Invalid as why:
            raise missing(next(iter(why.problems))) from why
        return EMPTY

    @writing_call("deleteShare")
    async def remove(self, asked: Asked, caller: Caller) -> Payload:
        self._admit(caller)
        await self._shares.remove(caller.account_id, of_kind(asked, Prefix.SHARE).number)
        return EMPTY

    def _admit(self, caller: Caller) -> None:
        """Let in who may share.  :raise Forbidden:"""
        caller.permits(SCOPE)
        caller.must(ROLE)
        self._shares.must_be_on()

    async def _songs(self, sight: Sight, ids: list[str]) -> list[int]:
        """The songs of songs, albums, artists and playlists, by their ids.  :raise NotFound: one of them is none."""
        songs: list[int] = []
        for id in ids:
            name = named(id, Prefix.TRACK)
            if name is not None and name.prefix is Prefix.ALBUM:
                await self._desk.hearing.album_folder(sight, name.number)
                on_album = await self._desk.hearing.on_album(sight, name.number)
                songs += await self._desk.hearing.audible(sight, on_album)
            elif name is not None and name.prefix is Prefix.ARTIST:
                _, by_artist = await self._desk.hearing.by_artist(sight, name.number)
                songs += await self._desk.hearing.audible(sight, by_artist)
            elif name is not None and name.prefix is Prefix.PLAYLIST:
                songs += (await self._playlists.one(sight, name.number))[1]
            else:
                songs += await the_songs(self._desk, sight, [id])
        if not songs:
            raise NotFound
        return songs

    async def _document(self, sight: Sight, share: Share) -> Payload:
        """A ``share``, with those of its songs that are still there."""
        told: dict[str, Any] = {
            "id": str(Name(Prefix.SHARE, share.id)),
            "url": self._shares.url(share.secret),
            "description": share.description,
            "username": share.username,
            "created": when(share.creation_date),
            "visitCount": share.visit_count,
        }
        if share.expires is not None:
            told["expires"] = when(share.expires)
        if share.last_visited is not None:
            told["lastVisited"] = when(share.last_visited)
        return {**told, "entry": await self._desk.hearing.songs(sight, share.tracks)}


def _description(asked: Asked) -> str | None:
    """What the share is about; None when nothing came."""
    given = asked.given("description")
    return None if given is None else given[:LONGEST_DESCRIPTION]


def _end(asked: Asked) -> tuple[bool, datetime | None]:
    """Whether the end of a share is to move, and where to; 0 takes it away."""
    moment = asked.moment("expires")
    return (moment is not None or asked.maybe_number("expires") == 0), moment
