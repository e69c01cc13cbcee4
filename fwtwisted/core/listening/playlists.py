"""
Playlists: lists of tracks that people make.

Everybody sees their own; of others what the level lets out (``db/listening/playlists.py``).  Edits of one playlist
happen one after the other: each holds the playlist's row.  What is counted of a playlist is kept for as long as neither
its tracks nor the catalog change.  Source: docs/api.md §4.12.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar

from attrs import evolve, frozen

from fwtwisted.core.listening.answers import Answers
from fwtwisted.core.listening.history import profiles_of
from fwtwisted.core.listening.smart import Filled, Filling, checked
from fwtwisted.core.music.kept import Kept
from fwtwisted.core.music.questions import scopes_of
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.areas import versions
from fwtwisted.db.listening import playlists
from fwtwisted.db.listening.playlists import PlaylistFilter, Row, Seer
from fwtwisted.db.music import catalog
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import Profile
from fwtwisted.model.errors import Forbidden, Invalid, NotFound
from fwtwisted.model.music import Kind, Shelf, Track
from fwtwisted.model.people import Actor, Viewer
from fwtwisted.model.playlists import (
    Duplicates,
    Playlist,
    PlaylistChange,
    PlaylistFacts,
    PlaylistQuestion,
    PlaylistTrack,
    PlaylistWish,
    moved,
    without,
)
from fwtwisted.model.preferences import ReadPreference

T = TypeVar("T")

MAX_TRACKS = "playlists__max_tracks"
NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."
NO_TRACK = 'Invalid pk "{id}" - object does not exist.'
FILLS_ITSELF = "This playlist fills itself by its rules: change them, or take them away."
HOLDS_TRACKS = "A playlist that holds tracks cannot fill itself: empty it first."
TOO_MANY = "A playlist may have at most {most} tracks."


@frozen
class ListedPlaylists:
    """
    Playlists and all that they refer to.

    :ivar count: how many there are on all pages.
    :ivar facts: by playlist.  :ivar people: accounts by the id of their actor; actors of other pods have none.
    """

    playlists: Sequence[Playlist]
    count: int
    facts: Mapping[int, PlaylistFacts]
    actors: Mapping[int, Actor]
    people: Mapping[int, Profile]


@frozen
class PlaylistContents:
    """Tracks of a playlist, in order, and all that they refer to.  :ivar tracks: by id."""

    items: Sequence[PlaylistTrack]
    tracks: Mapping[int, Track]
    shelf: Shelf


class Playlists:
    """Lists, shows, makes and changes playlists."""

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        shelves: Shelves,
        preference: ReadPreference,
        answers: Answers,
        filling: Filling | None = None,
    ) -> None:
        self._database, self._visibility, self._shelves = database, visibility, shelves
        self._preference, self._answers = preference, answers
        self._filling = filling or Filling()
        self._facts = Kept(PlaylistFacts(), most=20_000)

    # --- looking ---------------------------------------------------------------------------------

    async def page(self, viewer: Viewer, question: PlaylistQuestion, limit: int, offset: int) -> ListedPlaylists:
        """
        One page of the playlists that the viewer may see.

        :raise Invalid: music that does not exist is named by number.
        """

        async def read(tx: Tx) -> ListedPlaylists:
            asked = await _looked_up(tx, viewer, question)
            count, found = await playlists.page(tx, asked, limit, offset)
            return await self._told(tx, viewer, found, count)

        return await self._database.read(read)

    async def one(self, viewer: Viewer, id: int) -> ListedPlaylists:
        """A single playlist.  :raise NotFound: also when the viewer may not see it."""

        async def read(tx: Tx) -> ListedPlaylists:
            return await self._told(tx, viewer, [await _seen(tx, viewer, id)])

        return await self._database.read(read)

    async def contents(self, viewer: Viewer, id: int) -> PlaylistContents:
        """All tracks of a playlist.  :raise NotFound: also when the viewer may not see it."""

        async def read(tx: Tx) -> PlaylistContents:
            items = await self._items(tx, viewer, await _seen(tx, viewer, id))
            return await self._with_tracks(tx, viewer, items)

        return await self._database.read(read)

    async def written(self, viewer: Viewer, id: int, form: str, write: Callable[[PlaylistContents], bytes]) -> bytes:
        """
        All tracks of a playlist as ``write`` writes them, which is kept for a while.

        :param form: names the way of writing: what is written otherwise is kept apart.
        :raise NotFound: also when the viewer may not see it.
        """

        async def read(tx: Tx) -> bytes:
            playlist = await _seen(tx, viewer, id)
            version = (await versions(tx))["catalog"]
            visible = await self._visibility.libraries_in(tx, viewer)

            async def fresh() -> bytes:
                return write(await self._with_tracks(tx, viewer, await self._items(tx, viewer, playlist)))

            state = None if playlist.rules is None else (await self._filled(tx, viewer, playlist)).since
            return await self._answers.get((form, playlist.revision, version, visible, state), fresh)

        return await self._database.read(read)

    async def track_ids(self, tx: Tx, playlist: Playlist) -> Sequence[int]:
        """The tracks of a playlist that people fill, in order, whether somebody hears them or not."""
        return [row.track_id for row in await playlists.rows(tx, playlist.id)]

    async def filled(self, tx: Tx, playlist: Playlist, libraries: Sequence[int], hidden: Sequence[int]) -> Filled:
        """What a playlist with rules holds for somebody who hears these libraries and hid these artists."""
        return await self._filling.filled(tx, playlist, libraries, hidden)

    async def _filled(self, tx: Tx, viewer: Viewer, playlist: Playlist) -> Filled:
        visible = await self._visibility.libraries_in(tx, viewer)
        hidden = () if viewer.account_id is None else await catalog.hidden_artists(tx, viewer.account_id)
        return await self.filled(tx, playlist, visible, hidden)

    async def _items(self, tx: Tx, viewer: Viewer, playlist: Playlist) -> Sequence[PlaylistTrack]:
        if playlist.rules is None:
            return await playlists.tracks(tx, playlist.id)
        filled = await self._filled(tx, viewer, playlist)
        return [PlaylistTrack(index, id, filled.since) for index, id in enumerate(filled.songs)]

    async def _told(self, tx: Tx, viewer: Viewer, found: Sequence[Playlist], count: int = 1) -> ListedPlaylists:
        visible = await self._visibility.libraries_in(tx, viewer)
        version = (await versions(tx))["catalog"]
        states = {playlist.revision: playlist.id for playlist in found if playlist.rules is None}

        async def load(revisions: Sequence[int]) -> Mapping[int, PlaylistFacts]:
            facts = await playlists.facts(tx, [states[revision] for revision in revisions], visible)
            return {revision: facts.get(states[revision], PlaylistFacts()) for revision in revisions}

        facts = await self._facts.get(version, visible, list(states), lambda some: load(list(some)))
        owners = list({playlist.actor_id for playlist in found})
        return ListedPlaylists(
            playlists=found,
            count=count,
            facts={
                one.id: facts[one.revision] if one.rules is None else (await self._filled(tx, viewer, one)).facts
                for one in found
            },
            actors=await people.actors(tx, owners) if owners else {},
            people=await profiles_of(tx, owners),
        )

    async def _with_tracks(self, tx: Tx, viewer: Viewer, items: Sequence[PlaylistTrack]) -> PlaylistContents:
        visible = await self._visibility.libraries_in(tx, viewer)
        ids = list(dict.fromkeys(item.track_id for item in items))
        tracks, shelf = await self._shelves.tracks(tx, ids, visible)
        found = {track.id: track for track in tracks}
        return PlaylistContents([item for item in items if item.track_id in found], found, shelf)

    # --- the playlist itself ---------------------------------------------------------------------

    async def create(self, viewer: Viewer, wish: PlaylistWish, track_ids: Sequence[int] = ()) -> ListedPlaylists:
        """
        Make a playlist of the viewer's, with these tracks in it.

        :raise Invalid: on ``tracks``: an unknown one; on ``playlist``: too many, or its rules fill it; on ``rules``.
        """
        actor = viewer.the_actor
        most = await self._most_tracks()

        async def work(tx: Tx) -> ListedPlaylists:
            made = await playlists.add(tx, actor, evolve(wish, rules=checked(wish.rules)))
            if track_ids:
                _must_be_filled_by_people(made)
                _must_fit(len(track_ids), most)
                await _known(tx, track_ids)
                await playlists.put(tx, made.id, track_ids, 0)
            return await self._told(tx, viewer, [await _seen(tx, viewer, made.id)])

        return await self._database.transaction(work)

    async def change(self, viewer: Viewer, id: int, change: PlaylistChange) -> ListedPlaylists:
        """
        Change name, level, comment or rules of the viewer's playlist.

        :raise NotFound: also when it is somebody else's.  :raise Invalid: on ``rules``.
        """
        if "rules" in change:
            rules = change["rules"]
            change = {**change, "rules": checked(rules if isinstance(rules, Mapping) else None)}

        async def work(tx: Tx, held: Playlist) -> ListedPlaylists:
            if change.get("rules") is not None and held.rules is None and await playlists.rows(tx, held.id):
                raise Invalid.on("rules", HOLDS_TRACKS)
            await playlists.change(tx, held.id, change)
            return await self._told(tx, viewer, [await _seen(tx, viewer, held.id)])

        return await self._holding(viewer, id, work)

    async def remove(self, viewer: Viewer, id: int) -> None:
        """Remove the viewer's playlist.  :raise NotFound: also when it is somebody else's."""
        await self._holding(viewer, id, lambda tx, held: playlists.remove(tx, held.id))

    async def remove_any(self, viewer: Viewer, id: int) -> None:
        """
        Remove a playlist, as its owner or as an administrator.

        :raise NotFound: also when the viewer may not see it.  :raise Forbidden: it is somebody else's.
        """

        async def work(tx: Tx) -> None:
            found = await _seen(tx, viewer, id)
            if not viewer.is_superuser:
                _must_own(viewer, found)
            await playlists.remove(tx, id)

        await self._database.transaction(work)

    async def owned(self, viewer: Viewer, id: int) -> tuple[Playlist, Sequence[Row]]:
        """
        A playlist of the viewer's, and its rows in order.

        :raise NotFound: also when the viewer may not see it.  :raise Forbidden: it is somebody else's.
        """

        async def read(tx: Tx) -> tuple[Playlist, Sequence[Row]]:
            found = await _seen(tx, viewer, id)
            _must_own(viewer, found)
            return found, await playlists.rows(tx, id)

        return await self._database.read(read)

    # --- its tracks ------------------------------------------------------------------------------

    async def add(
        self, viewer: Viewer, id: int, track_ids: Sequence[int], *, duplicates: bool = False, at: int | None = None
    ) -> PlaylistContents:
        """
        Put tracks into the viewer's playlist; what was added, with the indexes that it got.

        :param duplicates: tracks may be in the playlist more than once.
        :param at: the index of the first; None, or beyond the end: after the last.
        :raise NotFound: also when it is somebody else's.
        :raise Duplicates: :raise Invalid: on ``tracks``: an unknown one; on ``playlist``: too many.
        """
        most = await self._most_tracks()

        async def work(tx: Tx, held: Playlist) -> PlaylistContents:
            _must_be_filled_by_people(held)
            before = await playlists.rows(tx, held.id)
            titles = await _known(tx, track_ids)
            if not duplicates:
                _must_be_new(track_ids, before, titles, held.name)
            _must_fit(len(before) + len(track_ids), most)
            if any(row.place != place for place, row in enumerate(before)):
                await playlists.keep(tx, held.id, before, before)
            start = len(before) if at is None else min(max(at, 0), len(before))
            added = await playlists.put(tx, held.id, track_ids, start) if track_ids else []
            return await self._with_tracks(tx, viewer, added)

        return await self._holding(viewer, id, work)

    async def take(self, viewer: Viewer, id: int, indexes: Sequence[int]) -> None:
        """
        Take the tracks at the indexes out of the viewer's playlist; those that follow move up.

        :raise NotFound: also when it is somebody else's.  :raise NoSuchPlace: there is none at one of the indexes.
        """
        await self._rearranged(viewer, id, lambda rows: without(rows, indexes))

    async def move(self, viewer: Viewer, id: int, start: int, end: int) -> None:
        """
        Move a track within the viewer's playlist.

        :raise NotFound: also when it is somebody else's.  :raise NoSuchPlace: :raise BadRequest: see :func:`moved`.
        """
        await self._rearranged(viewer, id, lambda rows: moved(rows, start, end))

    async def clear(self, viewer: Viewer, id: int) -> None:
        """Empty the viewer's playlist.  :raise NotFound: also when it is somebody else's."""
        await self._rearranged(viewer, id, lambda rows: [])

    async def edit(
        self, viewer: Viewer, id: int, change: PlaylistChange, gone: Collection[int], added: Sequence[int]
    ) -> None:
        """
        Change the viewer's playlist in several ways at once.

        :param gone: ids of rows that go.  :param added: tracks that are then put after the last.
        :raise NotFound: also when it is somebody else's.
        :raise Invalid: on ``tracks``: an unknown one; on ``playlist``: too many.
        """
        most = await self._most_tracks()

        async def work(tx: Tx, held: Playlist) -> None:
            await playlists.change(tx, held.id, change)
            if not gone and not added:
                return
            _must_be_filled_by_people(held)
            before = await playlists.rows(tx, held.id)
            after = [row for row in before if row.id not in gone]
            await playlists.keep(tx, held.id, before, after)
            if added:
                _must_fit(len(after) + len(added), most)
                await _known(tx, added)
                await playlists.put(tx, held.id, added, len(after))

        await self._holding(viewer, id, work)

    async def replace(
        self, viewer: Viewer, id: int, track_ids: Sequence[int], change: PlaylistChange | None = None
    ) -> None:
        """
        Let the viewer's playlist hold these tracks, in this order, and no others.

        :param change: what else is to be new.
        :raise NotFound: also when it is somebody else's.
        :raise Invalid: on ``tracks``: an unknown one; on ``playlist``: too many.
        """
        most = await self._most_tracks()

        async def work(tx: Tx, held: Playlist) -> None:
            _must_be_filled_by_people(held)
            _must_fit(len(track_ids), most)
            await _known(tx, track_ids)
            await playlists.change(tx, held.id, change or {})
            await playlists.keep(tx, held.id, await playlists.rows(tx, held.id), [])
            if track_ids:
                await playlists.put(tx, held.id, track_ids, 0)

        await self._holding(viewer, id, work)

    async def _rearranged(self, viewer: Viewer, id: int, arrange: Callable[[Sequence[Row]], Sequence[Row]]) -> None:
        async def work(tx: Tx, held: Playlist) -> None:
            _must_be_filled_by_people(held)
            before = await playlists.rows(tx, held.id)
            await playlists.keep(tx, held.id, before, arrange(before))

        await self._holding(viewer, id, work)

    async def _holding(self, viewer: Viewer, id: int, work: Callable[[Tx, Playlist], Awaitable[T]]) -> T:
        """Run ``work`` with the viewer's playlist, which nobody else changes meanwhile."""

        async def run(tx: Tx) -> T:
            held = None if viewer.actor_id is None else await playlists.lock_own(tx, id, viewer.actor_id)
            if held is None:
                raise NotFound
            return await work(tx, held)

        return await self._database.transaction(run)

    async def _most_tracks(self) -> int:
        most = await self._preference(MAX_TRACKS)
        return most if isinstance(most, int) else 0


def seer(viewer: Viewer) -> Seer:
    """The viewer, as far as the rights to playlists go."""
    return Seer(viewer.actor_id, viewer.is_local)


async def _seen(tx: Tx, viewer: Viewer, id: int) -> Playlist:
    found = await playlists.playlist(tx, id, seer(viewer))
    if found is None:
        raise NotFound
    return found


def _must_be_filled_by_people(playlist: Playlist) -> None:
    if playlist.rules is not None:
        raise Invalid.on("playlist", FILLS_ITSELF)


def _must_own(viewer: Viewer, found: Playlist) -> None:
    if found.actor_id != viewer.actor_id:
        raise Forbidden("The playlist is somebody else's.")


async def _known(tx: Tx, track_ids: Sequence[int]) -> Mapping[int, str]:
    """The titles of the tracks.  :raise Invalid: there is no such track."""
    titles = await playlists.titles(tx, set(track_ids))
    unknown = [id for id in dict.fromkeys(track_ids) if id not in titles]
    if unknown:
        raise Invalid.on("tracks", *(NO_TRACK.format(id=id) for id in unknown[:10]))
    return titles


def _must_fit(count: int, most: int) -> None:
    if count > most:
        raise Invalid.on("playlist", TOO_MANY.format(most=most))


def _must_be_new(track_ids: Sequence[int], before: Sequence[Row], titles: Mapping[int, str], name: str) -> None:
    seen = {row.track_id for row in before}
    twice: dict[int, str] = {}
    for id in track_ids:
        if id in seen:
            twice[id] = titles[id]
        seen.add(id)
    if twice:
        raise Duplicates(list(twice.values()), name)


async def _looked_up(tx: Tx, viewer: Viewer, question: PlaylistQuestion) -> PlaylistFilter:
    """The question with everything that it refers to."""
    named = {Kind.TRACK: question.track, Kind.ALBUM: question.album, Kind.ARTIST: question.artist}
    for kind, id in named.items():
        if id is not None and not await catalog.exists(tx, kind, id):
            raise Invalid.on(kind.value, NO_CHOICE)
    scopes = await scopes_of(tx, viewer, question.scope)
    anybody = scopes is None
    return PlaylistFilter(
        seer=seer(viewer),
        words=question.words,
        name=question.name,
        name_contains=question.name_contains,
        filled=question.filled,
        track=question.track,
        album=question.album,
        artist=question.artist,
        actors=None if anybody else tuple(scope.owner for scope in scopes or () if scope.owner is not None),
        domains=None if anybody else tuple(scope.domain for scope in scopes or () if scope.domain is not None),
        ordering=question.ordering,
    )
