"""
Playlists that fill themselves.

What one holds follows from its rules, from what its owner notes (stars, ratings, plays), and from what the listener
may hear.  It is worked out once and kept until one of these changes; what depends on the time of day, or on chance,
until the hour is over, so that an app finds the list that it was told of.  Chance follows from the playlist and the
hour: every process of the pod draws the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from fwtwisted.db.areas import versions
from fwtwisted.db.listening import playlists, smart
from fwtwisted.db.listening.smart import Eyes
from fwtwisted.db.pool import Tx
from fwtwisted.model.playlists import Playlist, PlaylistFacts
from fwtwisted.model.smart import NOTES, Rules
from fwtwisted.wire import smart as wire_smart

HOUR = 3600
MOST_KEPT = 500  # playlists, each through some eyes


@frozen
class Filled:
    """
    What a playlist holds for one listener.

    :ivar since: when it began to hold just this, as far as we know.
    :ivar until: when it is worked out anew, if not before.
    """

    songs: Sequence[int]
    facts: PlaylistFacts
    since: datetime
    until: datetime


class Filling:
    """
    Fills playlists.

    :param now: the time.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._kept: OrderedDict[Hashable, tuple[Hashable, Filled]] = OrderedDict()

    async def filled(self, tx: Tx, playlist: Playlist, libraries: Sequence[int], hidden: Sequence[int]) -> Filled:
        """
        What a playlist with rules holds.

        :param libraries: that the listener hears.  :param hidden: artists that they hid.
        """
        rules = rules_of(playlist)
        hour = int(self._now().timestamp()) // HOUR
        account_id, notes = await smart.owner(tx, playlist.actor_id)
        state = (playlist.revision, (await versions(tx))["catalog"], notes if rules.fields & NOTES else None, hour)
        place = (playlist.id, tuple(libraries), tuple(hidden))
        kept = self._kept.get(place)
        if kept is not None and kept[0] == state:
            self._kept.move_to_end(place)
            return kept[1]
        eyes = Eyes(libraries, hidden, playlist.actor_id, account_id)
        seed = playlist.id * 1_000_003 + hour
        found = await smart.songs(tx, rules, eyes, self._now(), seed)
        facts = await playlists.facts_of_songs(tx, found, libraries)
        is_same = kept is not None and list(kept[1].songs) == found
        since = kept[1].since if kept is not None and is_same else self._now()
        filled = Filled(found, facts, since, _end_of(hour))
        self._keep(place, state, filled)
        return filled

    def _keep(self, place: Hashable, state: Hashable, filled: Filled) -> None:
        self._kept[place] = (state, filled)
        self._kept.move_to_end(place)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def rules_of(playlist: Playlist) -> Rules:
    """The rules of a playlist that has some."""
    return wire_smart.rules(playlist.rules)


def checked(document: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Rules as they are kept: read, and written anew.  :raise Invalid: on ``rules``."""
    return None if document is None else wire_smart.document(wire_smart.rules(document))


def _end_of(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR, UTC) + timedelta(seconds=HOUR)
