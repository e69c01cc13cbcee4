"""``jukeboxControl``: the player beside the server.  Source: docs/subsonic.md §8.10."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from fwtwisted.core.subsonic.jukebox import Jukebox
from fwtwisted.model.heard import Sight
from fwtwisted.web.subsonic.calls import Caller, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.songs import the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import missing

ROLE = "jukebox"
READING = frozenset(("get", "status"))


class JukeboxCalls:
    """The one call, by its actions."""

    def __init__(self, desk: SubsonicDesk, jukebox: Jukebox) -> None:
        self._desk, self._jukebox = desk, jukebox
        self._actions: dict[str, Callable[[Asked, Sight], Awaitable[None]]] = {
            "get": self._nothing,
            "status": self._nothing,
            "set": self._set,
            "start": self._start,
            "stop": self._stop,
            "skip": self._skip,
            "add": self._add,
            "clear": self._clear,
            "remove": self._remove,
            "shuffle": self._shuffle,
            "setGain": self._set_gain,
        }

    @writing_call("jukeboxControl")
    async def control(self, asked: Asked, caller: Caller) -> Payload:
        self._jukebox.must_be_on()
        caller.must(ROLE)
        name = asked.needed("action")
        action = self._actions.get(name)
        if action is None:
            raise missing("action")
        if name not in READING:
            caller.permits("write:listenings")
        sight = await self._desk.sight(caller)
        await action(asked, sight)
        return await self._told(sight, whole=name == "get")

    async def _told(self, sight: Sight, *, whole: bool) -> Payload:
        state = await self._jukebox.state(await self._audible(sight))
        status = {
            "currentIndex": state.index,
            "playing": state.is_playing,
            "gain": state.gain,
            "position": state.position,
        }
        if not whole:
            return {"jukeboxStatus": status}
        return {"jukeboxPlaylist": {**status, "entry": await self._desk.hearing.songs(sight, state.songs)}}

    async def _audible(self, sight: Sight) -> Collection[int]:
        """The songs of the list that the caller may hear."""
        return set(await self._desk.hearing.audible(sight, list(set(self._jukebox.songs))))

    # --- actions -------------------------------------------------------------------------------------

    async def _nothing(self, asked: Asked, sight: Sight) -> None:
        """To look is enough."""

    async def _set(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.set(sight.viewer, await the_songs(self._desk, sight, asked.many("id")))

    async def _add(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.add(sight.viewer, await the_songs(self._desk, sight, asked.several("id")))

    async def _clear(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.set(sight.viewer, [])

    async def _start(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.start()

    async def _stop(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.pause()

    async def _skip(self, asked: Asked, sight: Sight) -> None:
        index = asked.needed_number("index")
        await self._jukebox.skip(await self._audible(sight), index, asked.number("offset", 0))

    async def _remove(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.remove(await self._audible(sight), asked.needed_number("index"))

    async def _shuffle(self, asked: Asked, sight: Sight) -> None:
        await self._jukebox.shuffle()

    async def _set_gain(self, asked: Asked, sight: Sight) -> None:
        gain = asked.fraction("gain")
        if gain is None or not 0 <= gain <= 1:
            raise missing("gain")
        await self._jukebox.set_gain(gain)
