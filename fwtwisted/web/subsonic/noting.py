"""
What people think and hear: stars, ratings, scrobbles, and what is playing now.

Source: docs/subsonic.md §8.3 (``getNowPlaying``), §8.7, §9.7, rules 9 and 35.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import chain, repeat

from fwtwisted.core.subsonic.opinions import Opinions
from fwtwisted.core.subsonic.playing import NowPlaying
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind
from fwtwisted.model.playback import Playback, Report, State
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, the_name, the_position
from fwtwisted.web.subsonic.songs import the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Code, Refused, missing
from fwtwisted.wire.subsonic.names import MUSIC_KINDS, Name, Prefix, named

# Which parameters of a star name what, when they name it without a prefix.
STARRED = {"id": Prefix.TRACK, "albumId": Prefix.ALBUM, "artistId": Prefix.ARTIST}
BEST = 5
FASTEST = 100.0
MEDIA_TYPES = ("song", "podcast")


class Noting:
    """Calls by which apps tell what people think of music, and what they hear."""

    def __init__(self, desk: SubsonicDesk, opinions: Opinions, now_playing: NowPlaying) -> None:
        self._desk, self._opinions, self._now_playing = desk, opinions, now_playing

    # --- stars and ratings -------------------------------------------------------------------------

    @writing_call("star")
    async def star(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:favorites")
        await self._opinions.star(caller.viewer, await self._starred(asked, caller))
        return EMPTY

    @writing_call("unstar")
    async def unstar(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:favorites")
        await self._opinions.unstar(caller.viewer, await self._starred(asked, caller))
        return EMPTY

    async def _starred(self, asked: Asked, caller: Caller) -> dict[Kind, list[int]]:
        """Everything that is named, by kind.  :raise NotFound: one of it is not there, so nothing is changed."""
        names = [
            _one_of(named(text, bare), bare if parameter != "id" else None)
            for parameter, bare in STARRED.items()
            for text in asked.many(parameter)
        ]
        if not names:
            raise missing("id")
        sight = await self._desk.sight(caller)
        uploads = [name.uuid for name in names if name.prefix is Prefix.EPISODE]
        episodes = await self._desk.hearing.episodes(uploads)
        things: dict[Kind, list[int]] = {}
        for name in names:
            kind, id = (Kind.TRACK, episodes.get(name.uuid)) if name.prefix is Prefix.EPISODE else _thing(name)
            things.setdefault(kind, []).append(_there(id))
        for kind, ids in things.items():
            await self._must_see(sight, kind, ids)
        return things

    @writing_call("setRating")
    async def rate(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:favorites")
        name = the_name(asked, Prefix.TRACK)
        rating = asked.needed_number("rating")
        if not 0 <= rating <= BEST:
            raise missing("rating")
        if name.prefix is Prefix.EPISODE:
            name = Name(Prefix.TRACK, _there((await self._desk.hearing.episodes([name.uuid])).get(name.uuid)))
        if name.prefix not in MUSIC_KINDS:
            raise NotFound()
        kind, id = _thing(name)
        await self._must_see(await self._desk.sight(caller), kind, [id])
        await self._opinions.rate(caller.viewer, kind, id, rating)
        return EMPTY

    async def _must_see(self, sight: Sight, kind: Kind, ids: Sequence[int]) -> None:
        if not (await self._desk.hearing.seen(sight, kind, ids)).issuperset(ids):
            raise NotFound()

    # --- what is heard -----------------------------------------------------------------------------

    @writing_call("scrobble")
    async def scrobble(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:listenings")
        songs = await the_songs(self._desk, await self._desk.sight(caller), asked.several("id"))
        who = caller.account_id, caller.actor_id, caller.client
        if asked.truth("submission", True):
            moments = chain(asked.past_moments("time"), repeat(None))
            await self._now_playing.scrobble(*who, list(zip(songs, moments, strict=False)))
        else:
            await self._now_playing.report(*who, Report(songs[-1], State.PLAYING, is_said=True))
        return EMPTY

    @writing_call("reportPlayback")
    async def report(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:listenings")
        media = asked.needed("mediaId")
        if asked.needed("mediaType").lower() not in MEDIA_TYPES:
            raise missing("mediaType")
        position = the_position(asked, "positionMs")
        state, rate = _state(asked.needed("state")), asked.fraction("playbackRate") or 1.0
        (song,) = await the_songs(self._desk, await self._desk.sight(caller), [media])
        report = Report(
            song,
            state,
            position,
            min(rate, FASTEST) if rate > 0 else 1.0,
            is_silent=asked.truth("ignoreScrobble", False),
        )
        await self._now_playing.report(caller.account_id, caller.actor_id, caller.client, report)
        return EMPTY

    @call("getNowPlaying", scope="read:listenings")
    async def now_playing(self, asked: Asked, caller: Caller) -> Payload:
        playing = await self._now_playing.playing(caller.viewer)
        entries = [(one.playback.track_id, self._shown(one.username, one.playback)) for one in playing]
        return {"nowPlaying": {"entry": await self._desk.hearing.entries(await self._desk.sight(caller), entries)}}

    def _shown(self, username: str, playback: Playback) -> Payload:
        now = self._now_playing.now()
        return {
            "username": username,
            "minutesAgo": max(0, int((now - playback.started).total_seconds() // 60)),
            "playerId": zlib.crc32(f"{username}\0{playback.client}".encode()) >> 1,
            "playerName": playback.client,
            "state": playback.state,
            "positionMs": playback.position_at(now),
            "playbackRate": playback.rate,
        }


def _one_of(name: Name | None, prefix: Prefix | None) -> Name:
    """The name, if there is one of a kind that has stars.  :param prefix: the only kind; None: any."""
    if name is None or (prefix is not None and name.prefix is not prefix):
        raise NotFound()
    if name.prefix not in MUSIC_KINDS and name.prefix is not Prefix.EPISODE:
        raise NotFound()
    return name


def _thing(name: Name) -> tuple[Kind, int]:
    return MUSIC_KINDS[name.prefix], name.number


def _there(id: int | None) -> int:
    if id is None:
        raise NotFound()
    return id


def _state(word: str) -> State:
    try:
        return State(word.lower())
    except ValueError:
        raise Refused(Code.MISSING_PARAMETER, "Unknown state of a playback.") from None
