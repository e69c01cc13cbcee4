"""
Which songs an app means by the ids that it sends, several at once.

An id without a prefix is a song's, as Funkwhale's apps remember them; an episode's is the song that it is.
Source: docs/subsonic.md rules 35, 37 and 38.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.wire.subsonic.names import Name, Prefix, named

SONGS = (Prefix.TRACK, Prefix.EPISODE)


async def the_songs(desk: SubsonicDesk, sight: Sight, ids: Sequence[str]) -> list[int]:
    """The songs, in order.  :raise NotFound: one of them is none that may be heard."""
    songs = await heard_songs(desk, sight, ids)
    known = [id for id in songs if id is not None]
    if len(known) < len(songs):
        raise NotFound()
    return known


async def heard_songs(desk: SubsonicDesk, sight: Sight, ids: Sequence[str]) -> list[int | None]:
    """The songs, in order; None where there is none that may be heard."""
    names = [named(id, Prefix.TRACK) for id in ids]
    episodes = [name.uuid for name in names if name is not None and name.prefix is Prefix.EPISODE]
    of_episodes = await desk.hearing.episodes(episodes)

    def number(name: Name | None) -> int | None:
        if name is None or name.prefix not in SONGS:
            return None
        return name.number if name.prefix is Prefix.TRACK else of_episodes.get(name.uuid)

    numbers = [number(name) for name in names]
    audible = set(await desk.hearing.audible(sight, [one for one in numbers if one is not None]))
    return [one if one in audible else None for one in numbers]
