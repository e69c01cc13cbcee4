"""
Playlists through one listener's eyes.

A song that the listener may not hear is not in the list that they are shown; what they say of places in it is about
what they saw, and reaches the row behind each.  Source: docs/subsonic.md §8.5, rules 42 and 50.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from fwtwisted.core.listening.playlists import FILLS_ITSELF, Playlists, seer
from fwtwisted.core.listening.smart import Filled
from fwtwisted.core.music.kept import Kept
from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import playlists as db_playlists
from fwtwisted.db.subsonic.playlists import Extent, Listed
from fwtwisted.model.errors import Forbidden, NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.people import Privacy, Viewer
from fwtwisted.model.playlists import Playlist, PlaylistChange, PlaylistWish

MOST_EXTENTS = 20_000  # kept


@frozen
class ShownPlaylist:
    """
    A playlist as its listener is told of it.

    :ivar is_readonly: they may not change what is in it.
    :ivar until: when one that fills itself does so again; None: people fill it.
    """

    listed: Listed
    extent: Extent
    is_readonly: bool
    until: datetime | None = None


class PlaylistsHeard:
    """Lists, shows and changes them."""

    def __init__(self, database: Database, playlists: Playlists, hearing: Hearing) -> None:
        self._database, self._playlists, self._hearing = database, playlists, hearing
        self._extents = Kept(Extent(), MOST_EXTENTS)

    # --- looking -----------------------------------------------------------------------------------

    async def listed(self, sight: Sight, owner: str | None = None) -> list[ShownPlaylist]:
        """The playlists that the listener may see, own ones first.  :param owner: whose; None: everybody's."""
        found = await self._database.read(lambda tx: db_playlists.listed(tx, seer(sight.viewer), owner))
        return await self._shown(sight, found)

    async def one(self, sight: Sight, id: int) -> tuple[ShownPlaylist, Sequence[int]]:
        """A playlist and its songs, in order.  :raise NotFound: also when the listener may not see it."""

        async def read(tx: Tx) -> tuple[Listed, Sequence[int]]:
            found = await db_playlists.one(tx, id, seer(sight.viewer))
            if found is None:
                raise NotFound()
            if found.playlist.rules is not None:
                return found, (await self._playlists.filled(tx, found.playlist, sight.libraries, sight.hidden)).songs
            return found, await self._playlists.track_ids(tx, found.playlist)

        found, songs = await self._database.read(read)
        (shown,) = await self._shown(sight, [found])
        return shown, await self._hearing.audible(sight, songs)

    async def _shown(self, sight: Sight, found: Sequence[Listed]) -> list[ShownPlaylist]:
        states = {one.playlist.revision: one.playlist.id for one in found if one.playlist.rules is None}

        async def load(revisions: Collection[int]) -> Mapping[int, Extent]:
            ids = [states[revision] for revision in revisions]
            known = await self._database.read(lambda tx: db_playlists.extents(tx, ids, sight.libraries, sight.hidden))
            return {revision: known.get(states[revision], Extent()) for revision in revisions}

        extents = await self._extents.get(sight.catalog, (sight.libraries, sight.hidden), list(states), load)
        filled = await self._filled(sight, [one.playlist for one in found])
        return [
            _shown(one, extents[one.playlist.revision], sight)
            if one.playlist.rules is None
            else _shown_filled(one, filled[one.playlist.id])
            for one in found
        ]

    async def _filled(self, sight: Sight, found: Sequence[Playlist]) -> Mapping[int, Filled]:
        """What those that fill themselves hold."""
        smart = [one for one in found if one.rules is not None]

        async def read(tx: Tx) -> Mapping[int, Filled]:
            return {one.id: await self._playlists.filled(tx, one, sight.libraries, sight.hidden) for one in smart}

        return await self._database.read(read) if smart else {}

    # --- changing ----------------------------------------------------------------------------------

    async def create(self, viewer: Viewer, name: str, songs: Sequence[int]) -> int:
        """Make a playlist that only its owner sees; its id.  :raise Invalid: there are too many songs."""
        made = await self._playlists.create(viewer, PlaylistWish(name, Privacy.ME), songs)
        return made.playlists[0].id

    async def replace(self, viewer: Viewer, id: int, name: str | None, songs: Sequence[int]) -> None:
        """
        Let a playlist of the viewer's hold these songs and no others.

        :param name: a new one; None: it keeps its name.
        :raise NotFound: :raise Forbidden: :raise Invalid: there are too many songs.
        """
        found, _ = await self._playlists.owned(viewer, id)
        _must_be_filled_by_people(found)
        await self._playlists.replace(viewer, id, songs, {} if name is None else {"name": name})

    async def edit(
        self, sight: Sight, id: int, change: PlaylistChange, places: Collection[int], added: Sequence[int]
    ) -> None:
        """
        Change a playlist of the listener's.

        :param places: of the songs that go, from 0 and as the listener is shown them; others are passed over.
        :param added: songs to put after the last.
        :raise NotFound: :raise Forbidden: :raise Invalid: there are too many songs.
        """
        found, rows = await self._playlists.owned(sight.viewer, id)
        if places or added:
            _must_be_filled_by_people(found)
        gone: set[int] = set()
        if places:
            audible = set(await self._hearing.audible(sight, [row.track_id for row in rows]))
            shown = [row.id for row in rows if row.track_id in audible]
            gone = {shown[place] for place in places if 0 <= place < len(shown)}
        await self._playlists.edit(sight.viewer, id, _kept_open(change, found.privacy_level), gone, added)

    async def remove(self, viewer: Viewer, id: int) -> None:
        """Remove a playlist, as its owner or an administrator.  :raise NotFound: :raise Forbidden:"""
        await self._playlists.remove_any(viewer, id)


def _shown(one: Listed, extent: Extent, sight: Sight) -> ShownPlaylist:
    return ShownPlaylist(one, extent, is_readonly=one.playlist.actor_id != sight.viewer.actor_id)


def _shown_filled(one: Listed, filled: Filled) -> ShownPlaylist:
    """A playlist that fills itself: it has changed when what it holds did, too."""
    facts, edited = filled.facts, one.playlist.modification_date
    extent = Extent(facts.tracks_count, facts.duration, facts.covers[0].uuid if facts.covers else None)
    changed = evolve(one, playlist=evolve(one.playlist, modification_date=max(edited, filled.since)))
    return ShownPlaylist(changed, extent, is_readonly=True, until=filled.until)


def _must_be_filled_by_people(playlist: Playlist) -> None:
    if playlist.rules is not None:
        raise Forbidden(FILLS_ITSELF)


def _kept_open(change: PlaylistChange, level: Privacy) -> PlaylistChange:
    """What is to change: a playlist that everybody sees stays so when an app calls it public."""
    if change.get("privacy_level") is Privacy.INSTANCE and level is Privacy.EVERYONE:
        return {name: value for name, value in change.items() if name != "privacy_level"}
    return change
