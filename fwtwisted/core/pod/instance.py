"""
What the pod tells about itself, ready to send.

These answers are asked for by every page, by other pods and by monitors.  Each is made once and sent as the same
bytes until a preference changes or the counters, which are counted every ten minutes, have been counted again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from attrs import define
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.pod.fresh import Fresh
from fwtwisted.db.pod import instance
from fwtwisted.db.pool import Database, Queries
from fwtwisted.model.preferences import TABLE, Preference, Values
from fwtwisted.wire.v1 import Document
from fwtwisted.wire.v1 import instance as v1_instance
from fwtwisted.wire.v1.instance import About, Counts, Ranked

COUNT_SECONDS: Final = 600.0
ALLOWED_SECONDS: Final = 1.0
ALLOW_LIST_IS_PUBLIC: Final = "moderation__allow_list_public"
PUBLIC: Final = tuple(row for row in TABLE if row.is_public)


@define
class _Ready:
    """Bytes, and what they were made of."""

    values: Values
    counts: Counts | None
    allowed: tuple[str, ...]
    body: bytes


class Instance:
    """
    The pod's answers about itself.

    :param values: the preferences; the same object for as long as they are the same.
    """

    def __init__(
        self, database: Database, clock: IReactorTime, about: About, values: Callable[[], Awaitable[Values]]
    ) -> None:
        self._database, self.about, self._values = database, about, values
        self._counts: Fresh[Counts] = Fresh(clock, COUNT_SECONDS, self._counted)
        self._allowed: Fresh[tuple[str, ...]] = Fresh(clock, ALLOWED_SECONDS, self._listed)
        self._ready: dict[str, _Ready] = {}
        self._links = orjson.dumps(v1_instance.nodeinfo_links(about))

    def nodeinfo_links(self) -> bytes:
        """Where nodeinfo is, as JSON."""
        return self._links

    async def nodeinfo_2_0(self) -> bytes:
        """Nodeinfo 2.0 as JSON."""
        return await self._counting("2.0", v1_instance.nodeinfo_2_0)

    async def nodeinfo_2_1(self) -> bytes:
        """Nodeinfo 2.1 as JSON."""
        return await self._counting("2.1", v1_instance.nodeinfo_2_1)

    async def public_settings(self) -> bytes:
        """The preferences that everybody may see, as JSON."""
        return await self._telling("settings", lambda values: v1_instance.settings(PUBLIC, values, self.about))

    async def manifest(self) -> bytes:
        """The page's manifest as JSON."""
        return await self._telling("manifest", v1_instance.manifest)

    async def settings(self, preferences: list[Preference]) -> list[Document]:
        """The documents of some preferences."""
        return v1_instance.settings(preferences, await self._values(), self.about)

    async def all_settings(self) -> list[Document]:
        """The documents of all preferences."""
        return await self.settings(list(TABLE))

    async def _counting(self, name: str, make: Callable[[About, Values, Counts, tuple[str, ...]], Document]) -> bytes:
        """Ready bytes of a document that tells preferences, counters, and the allow list where that is published."""
        values, counts = await self._values(), await self._counts.get()
        allowed = await self._allowed.get() if values[ALLOW_LIST_IS_PUBLIC] else ()
        ready = self._ready.get(name)
        if ready is None or ready.values is not values or ready.counts is not counts or ready.allowed != allowed:
            document = make(self.about, values, counts, allowed)
            ready = self._ready[name] = _Ready(values, counts, allowed, orjson.dumps(document))
        return ready.body

    async def _telling(self, name: str, make: Callable[[Values], object]) -> bytes:
        """Ready bytes of a document that tells preferences alone."""
        values = await self._values()
        ready = self._ready.get(name)
        if ready is None or ready.values is not values:
            ready = self._ready[name] = _Ready(values, None, (), orjson.dumps(make(values)))
        return ready.body

    async def _counted(self) -> Counts:
        return await self._database.read(_counts)

    async def _listed(self) -> tuple[str, ...]:
        return tuple(await self._database.read(instance.allowed_domains))


async def _counts(tx: Queries) -> Counts:
    """Count everything."""
    people, use = await instance.people_count(tx), await instance.use_count(tx)
    music, ours = await instance.music_count(tx), await instance.local_music_count(tx)
    limit = v1_instance.CATEGORIES_SHOWN
    return Counts(
        users=people.users,
        active_month=people.active_month,
        active_half_year=people.active_half_year,
        favorites=use.favorites,
        listenings=use.listenings,
        downloads=use.downloads,
        tracks=music.tracks,
        artists=music.artists,
        albums=music.albums,
        hours=music.seconds / 3600,
        local_tracks=ours.tracks,
        local_artists=ours.artists,
        local_albums=ours.albums,
        local_hours=ours.seconds / 3600,
        music_tags=tuple(Ranked(*tag) for tag in await instance.top_tags(tx, "music", limit)),
        podcast_tags=tuple(Ranked(*tag) for tag in await instance.top_tags(tx, "podcast", limit)),
    )
