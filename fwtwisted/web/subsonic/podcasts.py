"""Podcasts: channels that people follow, and their episodes.  Source: docs/subsonic.md §8.9."""

from __future__ import annotations

from urllib.parse import urlsplit

from fwtwisted.core.subsonic.podcasts import PodcastsHeard
from fwtwisted.model.errors import Invalid
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, of_kind
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Code, Refused, missing
from fwtwisted.wire.subsonic.names import Prefix

NEWEST = 20  # when the call does not say how many
ROLE, SCOPE = "podcast", "write:libraries"


class PodcastCalls:
    """Calls about podcasts."""

    def __init__(self, desk: SubsonicDesk, podcasts: PodcastsHeard) -> None:
        self._desk, self._podcasts = desk, podcasts

    @call("getPodcasts")
    async def all(self, asked: Asked, caller: Caller) -> Payload:
        sight, with_episodes = await self._desk.sight(caller), asked.truth("includeEpisodes", True)
        if asked.text("id") is None:
            found = await self._podcasts.all(sight, with_episodes=with_episodes)
        else:
            uuid = of_kind(asked, Prefix.CHANNEL).uuid
            found = await self._podcasts.one(sight, uuid, with_episodes=with_episodes)
        return {"podcasts": {"channel": found}}

    @call("getNewestPodcasts")
    async def newest(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight(caller)
        return {"newestPodcasts": {"episode": await self._podcasts.newest(sight, asked.count("count", NEWEST))}}

    @call("getPodcastEpisode")
    async def episode(self, asked: Asked, caller: Caller) -> Payload:
        uuid = of_kind(asked, Prefix.EPISODE).uuid
        return {"podcastEpisode": (await self._podcasts.episode(await self._desk.sight(caller), uuid))[1]}

    @writing_call("refreshPodcasts")
    async def refresh(self, asked: Asked, caller: Caller) -> Payload:
        await self._admit(caller)
        await self._podcasts.refresh(caller.viewer)
        return EMPTY

    @writing_call("createPodcastChannel")
    async def follow(self, asked: Asked, caller: Caller) -> Payload:
        await self._admit(caller)
        place = asked.needed("url").strip()
        if not _is_place(place):
            raise missing("url")
        try:
            await self._podcasts.follow(caller.viewer, place)
        except Invalid as why:
            raise Refused(Code.GENERIC, " ".join(text for texts in why.problems.values() for text in texts)) from why
        return EMPTY

    @writing_call("deletePodcastChannel")
    async def leave(self, asked: Asked, caller: Caller) -> Payload:
        await self._admit(caller)
        await self._podcasts.leave(caller.viewer, of_kind(asked, Prefix.CHANNEL).uuid)
        return EMPTY

    @writing_call("downloadPodcastEpisode")
    async def keep(self, asked: Asked, caller: Caller) -> Payload:
        await self._admit(caller)
        await self._podcasts.keep(await self._desk.sight(caller), of_kind(asked, Prefix.EPISODE).uuid)
        return EMPTY

    @writing_call("deletePodcastEpisode")
    async def drop(self, asked: Asked, caller: Caller) -> Payload:
        await self._admit(caller)
        await self._podcasts.drop(await self._desk.sight(caller), of_kind(asked, Prefix.EPISODE).uuid)
        return EMPTY

    async def _admit(self, caller: Caller) -> None:
        """Let in who may change anything.  :raise Forbidden:"""
        caller.permits(SCOPE)
        caller.must(ROLE)
        await self._podcasts.must_be_on()


def _is_place(text: str) -> bool:
    """Whether a podcast might be there: an address of the web, or ``name@domain``."""
    try:
        parts = urlsplit(text)
        if parts.scheme:
            return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    name, _, domain = text.removeprefix("@").partition("@")
    return bool(name) and bool(domain) and " " not in text
