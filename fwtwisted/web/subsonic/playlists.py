"""
Playlists.

Source: docs/subsonic.md §8.5, rules 35, 42 and 50.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from fwtwisted.core.subsonic.playlists import PlaylistsHeard, ShownPlaylist
from fwtwisted.model.errors import Forbidden, Invalid
from fwtwisted.model.people import Privacy
from fwtwisted.model.playlists import LONGEST_NAME, PlaylistChange
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, of_kind, the_comment
from fwtwisted.web.subsonic.songs import the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import cover_of, when
from fwtwisted.wire.subsonic.envelope import Payload, Piece
from fwtwisted.wire.subsonic.errors import Code, Refused, missing
from fwtwisted.wire.subsonic.names import Name, Prefix

T = TypeVar("T")

PUBLIC = (Privacy.INSTANCE, Privacy.EVERYONE)


class PlaylistCalls:
    """Calls about playlists."""

    def __init__(self, desk: SubsonicDesk, playlists: PlaylistsHeard) -> None:
        self._desk, self._playlists = desk, playlists

    @call("getPlaylists", scope="read:playlists")
    async def many(self, asked: Asked, caller: Caller) -> Payload:
        owner = asked.text("username")
        if owner is not None and owner.lower() != caller.viewer.username.lower() and not caller.viewer.is_superuser:
            raise Forbidden("Only administrators may ask for the playlists of somebody else.")
        found = await self._playlists.listed(await self._desk.sight(caller), owner)
        return {"playlists": {"playlist": [_playlist(one) for one in found]}}

    @call("getPlaylist", scope="read:playlists")
    async def one(self, asked: Asked, caller: Caller) -> Payload:
        return await self._whole(caller, of_kind(asked, Prefix.PLAYLIST).number)

    async def _whole(self, caller: Caller, id: int) -> Payload:
        sight = await self._desk.sight(caller)
        found, songs = await self._playlists.one(sight, id)
        return {"playlist": _playlist(found, await self._desk.hearing.songs(sight, songs))}

    @writing_call("createPlaylist")
    async def create(self, asked: Asked, caller: Caller) -> Payload:
        """Also fills anew one that is there: what an app has called ``playlistId`` it means to replace."""
        caller.permits("write:playlists")
        name, viewer = _name(asked), caller.viewer
        if asked.text("playlistId") is not None:
            id = of_kind(asked, Prefix.PLAYLIST, "playlistId").number
            songs = await the_songs(self._desk, await self._desk.sight(caller), asked.many("songId"))
            await _telling(self._playlists.replace(viewer, id, name, songs))
            return await self._whole(caller, id)
        if name is None:
            raise missing("name")
        songs = await the_songs(self._desk, await self._desk.sight(caller), asked.many("songId"))
        return await self._whole(caller, await _telling(self._playlists.create(viewer, name, songs)))

    @writing_call("updatePlaylist")
    async def update(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:playlists")
        id = of_kind(asked, Prefix.PLAYLIST, "playlistId").number
        sight = await self._desk.sight(caller)
        added = await the_songs(self._desk, sight, asked.many("songIdToAdd"))
        await _telling(self._playlists.edit(sight, id, _change(asked), _places(asked), added))
        return EMPTY

    @writing_call("deletePlaylist")
    async def remove(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:playlists")
        await self._playlists.remove(caller.viewer, of_kind(asked, Prefix.PLAYLIST).number)
        return EMPTY


def _playlist(shown: ShownPlaylist, entries: Sequence[Piece] | None = None) -> Payload:
    """A playlist.  :param entries: its songs; None: it is one of many."""
    found, extent = shown.listed.playlist, shown.extent
    name = Name(Prefix.PLAYLIST, found.id)
    told: dict[str, object] = {
        "id": str(name),
        "name": found.name,
        "comment": found.comment,
        "owner": shown.listed.owner,
        "public": found.privacy_level in PUBLIC,
        "songCount": extent.songs if entries is None else len(entries),
        "duration": extent.seconds,
        "created": when(found.creation_date),
        "changed": when(found.modification_date),
    }
    if extent.picture is not None:
        told["coverArt"] = cover_of(name, extent.picture)
    if shown.is_readonly:
        told["readonly"] = True
    if shown.until is not None:
        told["validUntil"] = when(shown.until)
    if entries is not None:
        told["entry"] = entries
    return told


def _name(asked: Asked) -> str | None:
    """The name that was given.  :raise Refused: it is too long."""
    name = (asked.text("name") or "").strip()
    if len(name) > LONGEST_NAME:
        raise Refused(Code.MISSING_PARAMETER, f"A name has at most {LONGEST_NAME} characters.")
    return name or None


def _change(asked: Asked) -> PlaylistChange:
    """What is to be new; what did not come stays (an empty comment is one)."""
    change: dict[str, str | Privacy | Mapping[str, Any] | None] = {}
    name, comment, public = _name(asked), the_comment(asked), asked.maybe_truth("public")
    if name is not None:
        change["name"] = name
    if comment is not None:
        change["comment"] = comment
    if public is not None:
        change["privacy_level"] = Privacy.INSTANCE if public else Privacy.ME
    return change


def _places(asked: Asked) -> set[int]:
    """The places of songs that go.  :raise Refused: code 10 for one that is no number."""
    places = set()
    for text in asked.many("songIndexToRemove"):
        place = Asked.of([("place", text)]).needed_number("place")
        places.add(place)
    return places


async def _telling(work: Awaitable[T]) -> T:
    """What comes of the work.  :raise Refused: with the words of what the playlist cannot take."""
    try:
        return await work
    except Invalid as why:
        told = next(iter(why.problems.values()))
        raise Refused(Code.GENERIC, " ".join(map(str, told)) if isinstance(told, list) else str(why)) from why
