"""Where people stopped listening: play queues and bookmarks."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime

from attrs import evolve, frozen


@frozen
class PlayQueue:
    """
    What somebody was playing, to go on with on another device.

    :ivar songs: ids, in order.  :ivar current: a place among them, from 0; None when there are none.
    :ivar position: milliseconds into the current song.
    :ivar changed_by: what the app that saved it calls itself.
    """

    songs: Sequence[int]
    current: int | None
    position: int
    changed: datetime
    changed_by: str

    def heard_through(self, audible: Container[int]) -> PlayQueue:
        """
        The queue with only the songs that may be heard.

        When the current one is not among them, the next that is takes its place, from its beginning.
        """
        places = [place for place, song in enumerate(self.songs) if song in audible]
        songs = [self.songs[place] for place in places]
        if self.current is None or not songs:
            return evolve(self, songs=songs, current=None, position=0)
        if self.current in places:
            return evolve(self, songs=songs, current=places.index(self.current))
        later = (rank for rank, place in enumerate(places) if place > self.current)
        return evolve(self, songs=songs, current=next(later, len(songs) - 1), position=0)


@frozen
class Bookmark:
    """A place in a song.  :ivar position: milliseconds."""

    song: int
    position: int
    comment: str
    creation_date: datetime
    modification_date: datetime
