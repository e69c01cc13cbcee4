"""
Where people stopped: play queues, by id and by index, and bookmarks.

Source: docs/subsonic.md §8.11, rules 8, 30 and 35.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.subsonic.resuming import Resuming
from fwtwisted.model.errors import NotFound
from fwtwisted.model.resuming import PlayQueue
from fwtwisted.web.subsonic.calls import EMPTY, Caller, call, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, the_comment, the_position
from fwtwisted.web.subsonic.songs import heard_songs, the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import when
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.errors import Code, Refused, missing
from fwtwisted.wire.subsonic.names import Name, Prefix, named

LONGEST_QUEUE = 10_000  # songs


class Keeping:
    """Calls that keep a place for later."""

    def __init__(self, desk: SubsonicDesk, resuming: Resuming) -> None:
        self._desk, self._resuming = desk, resuming

    # --- the queue ---------------------------------------------------------------------------------

    @call("getPlayQueue", scope="read:listenings")
    async def queue(self, asked: Asked, caller: Caller) -> Payload:
        queue, told = await self._queue(caller)
        if queue.current is not None:
            told = {"current": str(Name(Prefix.TRACK, queue.songs[queue.current])), **told}
        return {"playQueue": told}

    @call("getPlayQueueByIndex", scope="read:listenings")
    async def queue_by_index(self, asked: Asked, caller: Caller) -> Payload:
        queue, told = await self._queue(caller)
        if queue.current is not None:
            told = {"currentIndex": queue.current, **told}
        return {"playQueueByIndex": told}

    async def _queue(self, caller: Caller) -> tuple[PlayQueue, Payload]:
        """The queue as the caller may hear it, and what both forms tell of it."""
        sight = await self._desk.sight(caller)
        saved = await self._resuming.queue(caller.account_id)
        queue = saved.heard_through(set(await self._desk.hearing.audible(sight, saved.songs)))
        return queue, {
            "position": queue.position,
            "username": caller.viewer.username,
            "changed": when(queue.changed),
            "changedBy": queue.changed_by,
            "entry": await self._desk.hearing.songs(sight, queue.songs),
        }

    @writing_call("savePlayQueue")
    async def save_queue(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:listenings")
        current, ids = asked.text("current"), _queued(asked)
        if (current is None) is bool(ids):
            raise missing("current")
        if current is None:
            return await self._save(caller, asked, [], None)
        *songs, playing = await heard_songs(self._desk, await self._desk.sight(caller), [*ids, current])
        if current in ids and playing is None:
            raise NotFound()
        if playing is None or playing not in songs:
            raise missing("current")
        kept = [song for song in songs if song is not None]
        return await self._save(caller, asked, kept, kept.index(playing))

    @writing_call("savePlayQueueByIndex")
    async def save_queue_by_index(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:listenings")
        ids = _queued(asked)
        if not ids:
            if asked.text("currentIndex") is not None:
                raise missing("currentIndex")
            return await self._save(caller, asked, [], None)
        current = asked.needed_number("currentIndex")
        if not 0 <= current < len(ids):
            raise missing("currentIndex")
        songs = await heard_songs(self._desk, await self._desk.sight(caller), ids)
        if songs[current] is None:
            raise NotFound()
        before = sum(song is not None for song in songs[:current])
        return await self._save(caller, asked, [song for song in songs if song is not None], before)

    async def _save(self, caller: Caller, asked: Asked, songs: Sequence[int], current: int | None) -> Payload:
        position = the_position(asked) if asked.text("position") is not None else 0
        await self._resuming.save_queue(caller.account_id, songs, current, position, caller.client)
        return EMPTY

    # --- bookmarks ---------------------------------------------------------------------------------

    @call("getBookmarks", scope="read:listenings")
    async def bookmarks(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight(caller)
        kept = await self._resuming.bookmarks(caller.account_id)
        audible = set(await self._desk.hearing.audible(sight, [one.song for one in kept]))
        shown = [one for one in kept if one.song in audible]
        entries = await self._desk.hearing.songs(sight, [one.song for one in shown])
        bookmarks = [
            {
                "position": one.position,
                "username": caller.viewer.username,
                "comment": one.comment,
                "created": when(one.creation_date),
                "changed": when(one.modification_date),
                "entry": entry,
            }
            for one, entry in zip(shown, entries, strict=True)
        ]
        return {"bookmarks": {"bookmark": bookmarks}}

    @writing_call("createBookmark")
    async def set_bookmark(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:listenings")
        id, position, comment = asked.needed("id"), the_position(asked), the_comment(asked) or ""
        (song,) = await the_songs(self._desk, await self._desk.sight(caller), [id])
        await self._resuming.set_bookmark(caller.account_id, song, position, comment)
        return EMPTY

    @writing_call("deleteBookmark")
    async def remove_bookmark(self, asked: Asked, caller: Caller) -> Payload:
        caller.permits("write:listenings")
        name = named(asked.needed("id"), Prefix.TRACK)
        if name is not None and name.prefix is Prefix.EPISODE:
            song = (await self._desk.hearing.episodes([name.uuid])).get(name.uuid)
            name = None if song is None else Name(Prefix.TRACK, song)
        if name is None or name.prefix is not Prefix.TRACK:
            raise NotFound()
        await self._resuming.remove_bookmark(caller.account_id, name.number)
        return EMPTY


def _queued(asked: Asked) -> list[str]:
    """The ids of a queue.  :raise Refused: there are too many."""
    ids = asked.many("id")
    if len(ids) > LONGEST_QUEUE:
        raise Refused(Code.GENERIC, f"A queue holds at most {LONGEST_QUEUE} songs.")
    return ids
