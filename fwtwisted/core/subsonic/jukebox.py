"""
The jukebox: one list of songs for everybody on the pod, played by the machine that the server runs on.

Each song plays with the rights of whoever put it there, asked for when it begins.  Who may not hear a song does not see
it in the list; the places that they name are those of the list that they see.  The list lives in this process, and ends
with it.

Source: docs/subsonic.md §8.10.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import TypeVar

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.logger import Logger

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.subsonic.lending import Lending
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import jukebox
from fwtwisted.db.subsonic.jukebox import Playable
from fwtwisted.model.errors import BadRequest, Forbidden, FwError, NotFound
from fwtwisted.model.people import Viewer
from fwtwisted.outside.mpv import Mpv

T = TypeVar("T")

MOST_SONGS = 10_000
OFF = "This server has no jukebox."


@frozen
class Queued:
    """A song in the list, and who put it there."""

    song: int
    viewer: Viewer


@frozen
class JukeboxState:
    """
    How the jukebox is doing.

    :ivar songs: in order.  :ivar index: place of the current one among them; −1 without any.
    :ivar gain: 0 to 1.  :ivar position: seconds into the current song.
    """

    songs: Sequence[int]
    index: int
    is_playing: bool
    gain: float
    position: int


class Jukebox:
    """
    Plays.

    :param player: None: the pod has no jukebox.
    """

    _log = Logger()

    def __init__(
        self, database: Database, visibility: Visibility, lending: Lending, player: Mpv | None, chance: Random
    ) -> None:
        self._database, self._visibility, self._lending = database, visibility, lending
        self._player, self._chance = player, chance
        self._lock = DeferredLock()
        self._list: list[Queued] = []
        self._index, self._number, self._gain = 0, 0, 0.8
        self._is_playing = self._is_loaded = False
        self._held = AsyncExitStack()
        self._advancing: set[Deferred[None]] = set()
        if player is not None:
            player.ended = self._ended

    @property
    def is_on(self) -> bool:
        """Whether there is one."""
        return self._player is not None

    def must_be_on(self) -> None:
        """:raise Forbidden: there is none."""
        if self._player is None:
            raise Forbidden(OFF)

    # --- looking ---------------------------------------------------------------------------------

    @property
    def songs(self) -> Sequence[int]:
        """Every song in the list."""
        return [one.song for one in self._list]

    async def state(self, audible: Collection[int]) -> JukeboxState:
        """How it is doing, for somebody who may hear these songs."""
        places = [place for place, one in enumerate(self._list) if one.song in audible]
        index = sum(1 for place in places if place < self._index) if places else -1
        position = await self._mpv.ask("time-pos") if self._is_loaded and self._mpv.is_there else None
        return JukeboxState(
            songs=[self._list[place].song for place in places],
            index=min(index, len(places) - 1),
            is_playing=self._is_playing and self._mpv.is_there,
            gain=self._gain,
            position=max(0, int(position or 0)),
        )

    @property
    def _mpv(self) -> Mpv:
        if self._player is None:
            raise Forbidden(OFF)
        return self._player

    # --- the list --------------------------------------------------------------------------------

    async def set(self, viewer: Viewer, songs: Sequence[int]) -> None:
        """Have these songs, and no others; the first is the current one, and nothing plays."""
        await self._alone(lambda: self._set(viewer, songs))

    async def _set(self, viewer: Viewer, songs: Sequence[int]) -> None:
        _must_fit(len(songs))
        await self._halt()
        self._list, self._index = [Queued(song, viewer) for song in songs], 0

    async def add(self, viewer: Viewer, songs: Sequence[int]) -> None:
        """Put songs behind the others.  :raise BadRequest: there would be too many."""
        _must_fit(len(self._list) + len(songs))
        self._list += [Queued(song, viewer) for song in songs]

    async def remove(self, audible: Collection[int], index: int) -> None:
        """Take the song at a place away.  :raise BadRequest: there is no such place."""

        async def work() -> None:
            place = self._place(audible, index)
            if place == self._index:
                await self._halt()
            del self._list[place]
            if place < self._index:
                self._index -= 1
            self._index = max(0, min(self._index, len(self._list) - 1))

        await self._alone(work)

    async def shuffle(self) -> None:
        """Put the songs into any order; the current one goes on, and comes first."""

        async def work() -> None:
            if self._list:
                current = self._list.pop(self._index)
                self._chance.shuffle(self._list)
                self._list.insert(0, current)
                self._index = 0

        await self._alone(work)

    # --- playing ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Go on, or begin with the current song."""
        await self._alone(self._start)

    async def _start(self) -> None:
        if self._is_loaded and self._mpv.is_there:
            await self._mpv.tell("set_property", "pause", False)
            self._is_playing = True
        elif self._list:
            await self._play_from(self._index, 0)

    async def pause(self) -> None:
        """Be silent where it is."""
        await self._alone(self._pause)

    async def _pause(self) -> None:
        self._is_playing = False
        if self._mpv.is_there:
            await self._mpv.tell("set_property", "pause", True)

    async def skip(self, audible: Collection[int], index: int, offset: int) -> None:
        """Play the song at a place from so many seconds on.  :raise BadRequest: there is no such place."""
        await self._alone(lambda: self._play_from(self._place(audible, index), offset))

    async def set_gain(self, gain: float) -> None:
        """How loud: 0 to 1."""
        self._gain = gain
        if self._mpv.is_there:
            await self._mpv.tell("set_property", "volume", round(gain * 100))

    def _place(self, audible: Collection[int], index: int) -> int:
        """The place in the list of what somebody sees at another."""
        places = [place for place, one in enumerate(self._list) if one.song in audible]
        if not 0 <= index < len(places):
            raise BadRequest(f"There is no song at place {index}.")
        return places[index]

    async def _play_from(self, place: int, offset: int) -> None:
        """Play the song at a place, or the first behind it that can be played."""
        for at in range(place, len(self._list)):
            await self._let_go()
            try:
                path = await self._path(self._list[at])
            except FwError as why:
                self._log.info("the jukebox passes over a song: {why}", event="jukebox.passed", why=str(why))
                continue
            self._index = at
            self._number = await self._mpv.play(path, offset if at == place else 0)
            await self._mpv.tell("set_property", "volume", round(self._gain * 100))
            self._is_playing = self._is_loaded = True
            return
        await self._halt()

    async def _path(self, queued: Queued) -> str:
        """The file of a song, held until the next.  :raise FwError: it cannot be had."""

        async def read(tx: Tx) -> Playable | None:
            return await jukebox.playable(tx, queued.song, await self._visibility.libraries_in(tx, queued.viewer))

        found = await self._database.read(read)
        if found is None:
            raise NotFound
        return await self._held.enter_async_context(await self._lending.lent(found.audio_file, found.source))

    async def _halt(self) -> None:
        """Play nothing."""
        self._is_playing = self._is_loaded = False
        if self._player is not None and self._player.is_there:
            await self._player.tell("stop")
        await self._let_go()

    async def _let_go(self) -> None:
        """Hold no file any more."""
        held, self._held = self._held, AsyncExitStack()
        await held.aclose()

    def _ended(self, number: int) -> None:
        """
        A song is over: the next.

        One that cannot be played is over before anybody was told its number, so whether it is the current one is asked
        when nothing else goes on.
        """
        work = Deferred.fromCoroutine(self._advance(number))
        self._advancing.add(work)
        work.addBoth(lambda _: self._advancing.discard(work))

    async def _advance(self, number: int) -> None:
        async def work() -> None:
            if number == self._number and self._is_loaded:
                await self._play_from(self._index + 1, 0)

        try:
            await self._alone(work)
        except CancelledError:
            raise
        except FwError as why:
            self._log.info("the jukebox stops: {why}", event="jukebox.stopped", why=str(why))
        except Exception:  # the last guard: the next song must not end the jukebox
            self._log.failure("the jukebox could not go on", event="jukebox.stuck")

    async def _alone(self, work: Callable[[], Awaitable[T]]) -> T:
        """One thing after the other."""
        await self._lock.acquire()
        try:
            return await work()
        finally:
            self._lock.release()

    async def close(self) -> None:
        """End the player."""
        if self._player is not None:
            await self._player.stop()
        for work in list(self._advancing):
            work.cancel()
        await self._let_go()


def _must_fit(count: int) -> None:
    if count > MOST_SONGS:
        raise BadRequest(f"The jukebox holds at most {MOST_SONGS} songs.")
