"""
Playlists through one listener's eyes.

A song that the listener may not hear is not in the list that they are shown; what they say of places in it is about
what they saw, and reaches the row behind each.  Source: docs/subsonic.md §8.5, rules 42 and 50.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import frozen

from fwtwisted.core.listening.playlists import Playlists, seer
from fwtwisted.core.music.kept import Kept
from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import playlists as db_playlists
from fwtwisted.db.subsonic.playlists import Extent, Listed
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.people import Privacy, Viewer
from fwtwisted.model.playlists import PlaylistChange, PlaylistWish

MOST_EXTENTS = 20_000  # kept


@frozen
class ShownPlaylist:
    """A playlist as its listener is told of it.  :ivar is_readonly: they may not change it."""

    listed: Listed
    extent: Extent
    is_readonly: bool


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
            return found, await self._playlists.track_ids(tx, found.playlist)

        found, songs = await self._database.read(read)
        (shown,) = await self._shown(sight, [found])
        return shown, await self._hearing.audible(sight, songs)

    async def _shown(self, sight: Sight, found: Sequence[Listed]) -> list[ShownPlaylist]:
        states = {one.playlist.revision: one.playlist.id for one in found}

        async def load(revisions: Collection[int]) -> Mapping[int, Extent]:
            ids = [states[revision] for revision in revisions]
            known = await self._database.read(lambda tx: db_playlists.extents(tx, ids, sight.libraries, sight.hidden))
            return {revision: known.get(states[revision], Extent()) for revision in revisions}

        extents = await self._extents.get(sight.catalog, (sight.libraries, sight.hidden), list(states), load)
        actor = sight.viewer.actor_id
        return [ShownPlaylist(one, extents[one.playlist.revision], one.playlist.actor_id != actor) for one in found]

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
        await self._playlists.owned(viewer, id)
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
        gone: set[int] = set()
        if places:
            audible = set(await self._hearing.audible(sight, [row.track_id for row in rows]))
            shown = [row.id for row in rows if row.track_id in audible]
            gone = {shown[place] for place in places if 0 <= place < len(shown)}
        await self._playlists.edit(sight.viewer, id, _kept_open(change, found.privacy_level), gone, added)

    async def remove(self, viewer: Viewer, id: int) -> None:
        """Remove a playlist, as its owner or an administrator.  :raise NotFound: :raise Forbidden:"""
        await self._playlists.remove_any(viewer, id)


def _kept_open(change: PlaylistChange, level: Privacy) -> PlaylistChange:
    """What is to change: a playlist that everybody sees stays so when an app calls it public."""
    if change.get("privacy_level") is Privacy.INSTANCE and level is Privacy.EVERYONE:
        return {name: value for name, value in change.items() if name != "privacy_level"}
    return change
