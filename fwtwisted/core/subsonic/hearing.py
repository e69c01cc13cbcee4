"""
Songs, albums and artists through one listener's eyes, ready to be sent.

What an app shows is asked for again and again, and changes seldom.  So each document is written once and kept as
bytes for as long as the catalog does not change (its version comes with every log-in, in the same statement), and
what the listener thinks of it is kept for as long as their notes do not change.  A page of an album that was shown
before costs no statement beyond the log-in.

Nobody's rights are widened: what is kept is kept apart for every set of libraries that somebody may hear.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeAlias, TypeVar
from uuid import UUID

from attrs import frozen

from fwtwisted.core.music.kept import Kept
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import heard, lists, notes
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import HeardArtist, Sight
from fwtwisted.model.music import Kind
from fwtwisted.wire.subsonic.documents import Paper, album_notes, artist_notes, relaid, song_notes, turned, whole
from fwtwisted.wire.subsonic.envelope import Piece, dumped
from fwtwisted.wire.subsonic.indexing import indexed

T = TypeVar("T")
Over: TypeAlias = Mapping[int, bytes]

_WRITERS = {Kind.TRACK: song_notes, Kind.ALBUM: album_notes, Kind.ARTIST: artist_notes}


@frozen
class HearingSettings:
    """
    How much is kept in memory.

    :ivar most_documents: how many songs, and how many albums, are kept; a kilobyte each.
    :ivar most_listeners: of how many accounts the notes are kept.
    :ivar most_rolls: for how many sets of libraries the list of artists is kept, and how many indexes made of such.
    :ivar limited_type: media type of what is sent in place of songs above the account's limit; None: they themselves.
    """

    most_documents: int = 30_000
    most_listeners: int = 200
    most_rolls: int = 16
    limited_type: str | None = None


@frozen
class _Written:
    """
    A document.

    :ivar makers: artists who, when hidden, hide it; the first is its own.
    :ivar name: of an album.  :ivar folder: an album's other form.
    :ivar kbits: of a song; 0: unknown.
    """

    makers: tuple[int, ...]
    base: bytes
    name: str = ""
    folder: bytes = b""
    kbits: int = 0

    def is_hidden(self, sight: Sight) -> bool:
        return bool(sight.hidden) and not set(self.makers).isdisjoint(sight.hidden)


@frozen
class Roll:
    """
    Every artist of whom something may be heard, in the order of their names.

    :ivar written: their documents, by id.
    :ivar index: letters, each with the ids of its artists.
    """

    artists: Sequence[HeardArtist]
    written: Mapping[int, bytes]
    index: Sequence[tuple[str, Sequence[int]]]


class Hearing:
    """Writes what a listener hears."""

    def __init__(self, database: Database, paper: Paper, settings: HearingSettings) -> None:
        self._database, self._paper, self._settings = database, paper, settings
        self._turned = b"" if settings.limited_type is None else turned(settings.limited_type)
        self._songs: Kept[_Written | None] = Kept(None, settings.most_documents)
        self._albums: Kept[_Written | None] = Kept(None, settings.most_documents)
        self._on_albums: Kept[tuple[int, ...]] = Kept(())
        self._of_artists: Kept[tuple[tuple[int, ...], tuple[int, ...]]] = Kept(((), ()))
        self._rolls: OrderedDict[tuple[int, ...], tuple[int, Roll]] = OrderedDict()
        self._indexes: OrderedDict[Hashable, tuple[Roll, Sequence[Piece]]] = OrderedDict()
        self._noted_artists: OrderedDict[int, tuple[object, tuple[int, ...]]] = OrderedDict()
        self._notes: OrderedDict[int, tuple[tuple[int, int], dict[Kind, dict[int, bytes]]]] = OrderedDict()

    # --- songs -------------------------------------------------------------------------------------

    async def songs(self, sight: Sight, ids: Sequence[int]) -> list[Piece]:
        """The songs of these ids, in order; those that may not be heard are left out."""
        found = await self._heard_songs(sight, ids)
        over = await self._over_songs(sight, found)
        return [whole(found[id].base, over.get(id, b"")) for id in ids if id in found]

    async def songs_by_id(
        self, sight: Sight, ids: Sequence[int], more: Mapping[int, Mapping[str, object]]
    ) -> list[Piece]:
        """The same, each with further fields of its own."""
        found = await self._heard_songs(sight, ids)
        over = await self._over_songs(sight, found)
        return [whole(found[id].base, over.get(id, b""), **more.get(id, {})) for id in ids if id in found]

    async def entries(self, sight: Sight, entries: Sequence[tuple[int, Mapping[str, object]]]) -> list[Piece]:
        """Songs, each with further fields that belong to its place; those that may not be heard are left out."""
        found = await self._heard_songs(sight, [id for id, _ in entries])
        over = await self._over_songs(sight, found)
        return [whole(found[id].base, over.get(id, b""), **more) for id, more in entries if id in found]

    async def songs_relaid(self, sight: Sight, songs: Sequence[tuple[int, Mapping[str, object]]]) -> list[Piece]:
        """Songs by id, each with other values in some of its fields; those that may not be heard are left out."""
        found = await self._heard_songs(sight, [id for id, _ in songs])
        over = await self._over_songs(sight, found)
        return [relaid(whole(found[id].base, over.get(id, b"")), **more) for id, more in songs if id in found]

    async def song(self, sight: Sight, id: int) -> Piece:
        """A song.  :raise NotFound: there is none, or it may not be heard."""
        return _only(await self.songs(sight, [id]))

    async def audible(self, sight: Sight, ids: Sequence[int]) -> list[int]:
        """Those of the songs that may be heard, in order."""
        found = await self._heard_songs(sight, ids)
        return [id for id in ids if id in found]

    async def episodes(self, uploads: Collection[UUID]) -> Mapping[UUID, int]:
        """The songs that episodes are, by the uuid of their upload."""
        return await self._read(lambda tx: heard.songs_of_uploads(tx, uploads)) if uploads else {}

    async def _heard_songs(self, sight: Sight, ids: Collection[int]) -> Mapping[int, _Written]:
        async def load(missing: Collection[int]) -> Mapping[int, _Written | None]:
            found = await self._read(lambda tx: heard.songs(tx, missing, sight.libraries))
            return {
                id: _Written(
                    (song.artist_id, song.album_artist_id or song.artist_id),
                    self._paper.song(song),
                    kbits=(song.bitrate or 0) // 1000,
                )
                for id, song in found.items()
            }

        known = await self._songs.get(sight.catalog, sight.libraries, ids, load)
        return {id: one for id in ids if (one := known[id]) is not None and not one.is_hidden(sight)}

    async def _over_songs(self, sight: Sight, found: Mapping[int, _Written]) -> Over:
        """What is laid over songs: the listener's notes, and what they get instead of the file."""
        over = await self.notes(sight, Kind.TRACK, found)
        if not sight.limit or not self._turned:
            return over
        above = {id for id, song in found.items() if song.kbits > sight.limit}
        return {id: over.get(id, b"") + (self._turned if id in above else b"") for id in found}

    # --- albums ------------------------------------------------------------------------------------

    async def albums(self, sight: Sight, ids: Sequence[int], *, as_folders: bool = False) -> list[Piece]:
        """
        The albums of these ids, in order; those of which nothing may be heard are left out.

        :param as_folders: as a Child each, not as AlbumID3.
        """
        found = await self._heard_albums(sight, ids)
        over = await self.notes(sight, Kind.ALBUM, found)
        return [
            whole(found[id].folder if as_folders else found[id].base, over.get(id, b"")) for id in ids if id in found
        ]

    async def album(self, sight: Sight, id: int) -> Piece:
        """An album with its songs.  :raise NotFound: there is none, or nothing of it may be heard."""
        found = await self._heard_albums(sight, [id])
        if id not in found:
            raise NotFound()
        over = await self.notes(sight, Kind.ALBUM, [id])
        return whole(found[id].base, over.get(id, b""), song=await self.songs(sight, await self.on_album(sight, id)))

    async def album_folder(self, sight: Sight, id: int) -> tuple[str, int]:
        """The name of an album and the id of its artist.  :raise NotFound: nothing of it may be heard."""
        found = await self._heard_albums(sight, [id])
        if id not in found:
            raise NotFound()
        return found[id].name, found[id].makers[0]

    async def on_album(self, sight: Sight, id: int) -> Sequence[int]:
        """Ids of all songs of an album, heard or not, as they lie on its discs."""

        async def load(missing: Collection[int]) -> Mapping[int, tuple[int, ...]]:
            return {id: tuple(await self._read(lambda tx: lists.songs_of_album(tx, id)))}

        return (await self._on_albums.get(sight.catalog, None, [id], load))[id]

    async def _heard_albums(self, sight: Sight, ids: Collection[int]) -> Mapping[int, _Written]:
        async def load(missing: Collection[int]) -> Mapping[int, _Written | None]:
            found = await self._read(lambda tx: heard.albums(tx, missing, sight.libraries))
            return {
                id: _Written((album.artist_id,), self._paper.album(album), album.title, self._paper.album_folder(album))
                for id, album in found.items()
            }

        known = await self._albums.get(sight.catalog, sight.libraries, ids, load)
        return {id: one for id in ids if (one := known[id]) is not None and not one.is_hidden(sight)}

    # --- artists -----------------------------------------------------------------------------------

    async def roll(self, sight: Sight) -> Roll:
        """Every artist of whom something may be heard, hidden ones too."""
        known = self._rolls.get(sight.libraries)
        if known is not None and known[0] == sight.catalog:
            self._rolls.move_to_end(sight.libraries)
            return known[1]
        artists = await self._read(lambda tx: heard.artists(tx, sight.libraries))
        written = {artist.id: self._paper.artist(artist) for artist in artists}
        roll = Roll(artists, written, indexed(artists, self._paper.articles))
        self._rolls[sight.libraries] = (sight.catalog, roll)
        while len(self._rolls) > self._settings.most_rolls:
            self._rolls.popitem(last=False)
        return roll

    async def artists(self, sight: Sight, ids: Sequence[int]) -> list[Piece]:
        """The artists of these ids, in order; those of whom nothing may be heard are left out."""
        roll = await self.roll(sight)
        seen = [id for id in ids if id in roll.written and id not in sight.hidden]
        over = await self.notes(sight, Kind.ARTIST, seen)
        return [whole(roll.written[id], over.get(id, b"")) for id in seen]

    async def index(self, sight: Sight) -> Sequence[Piece]:
        """Every artist, under the letter that they are found under: letter by letter."""
        roll, over = await self.roll(sight), await self.noted_artists(sight)
        whose = (sight.viewer.account_id, sight.notes) if any(over.values()) else None
        key = (sight.libraries, sight.hidden, whose)
        known = self._indexes.get(key)
        if known is None or known[0] is not roll:
            known = (roll, _letters(roll, over, frozenset(sight.hidden)))
            self._indexes[key] = known
            while len(self._indexes) > self._settings.most_rolls:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(key)
        return known[1]

    async def artist(self, sight: Sight, id: int) -> Piece:
        """An artist with their albums.  :raise NotFound: there is none, or nothing of them may be heard."""
        roll = await self.roll(sight)
        if id not in roll.written or id in sight.hidden:
            raise NotFound()
        over = await self.notes(sight, Kind.ARTIST, [id])
        albums = await self.albums(sight, (await self.of_artist(sight, id))[0])
        written = relaid(Piece(roll.written[id]), albumCount=len(albums)).json
        return whole(written, over.get(id, b""), album=albums)

    async def of_artist(self, sight: Sight, id: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Ids of an artist's albums, own and credited ones, and of their songs on no album; heard or not."""

        async def read(tx: Tx) -> tuple[tuple[int, ...], tuple[int, ...]]:
            albums = await lists.albums_of_artist(tx, id)
            return tuple(albums), tuple(await lists.loose_songs_of_artist(tx, id))

        async def load(missing: Collection[int]) -> Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]]:
            return {id: await self._read(read)}

        return (await self._of_artists.get(sight.catalog, None, [id], load))[id]

    async def by_artist(self, sight: Sight, id: int) -> tuple[str, Sequence[int]]:
        """
        The name of an artist and ids of all their songs, album by album; heard or not.

        :raise NotFound: there is no such artist, or nothing of them may be heard.
        """
        artist = next((one for one in (await self.roll(sight)).artists if one.id == id), None)
        if artist is None or id in sight.hidden:
            raise NotFound
        albums, loose = await self.of_artist(sight, id)
        songs = [song for album in albums for song in await self.on_album(sight, album)]
        return artist.name, [*songs, *loose]

    async def noted_artists(self, sight: Sight) -> Over:
        """What the listener notes on those artists whom they, or anybody, noted at all."""
        account_id = sight.viewer.account_id
        if account_id is None:
            return {}
        key = (account_id, sight.notes)
        if self._noted_artists.get(account_id, (None, ()))[0] != key:
            ids = await self._read(lambda tx: notes.noted_artists(tx, account_id))
            self._noted_artists[account_id] = (key, tuple(ids))
            while len(self._noted_artists) > self._settings.most_listeners:
                self._noted_artists.popitem(last=False)
        return await self.notes(sight, Kind.ARTIST, self._noted_artists[account_id][1])

    # --- all kinds ---------------------------------------------------------------------------------

    async def seen(self, sight: Sight, kind: Kind, ids: Collection[int]) -> frozenset[int]:
        """Those of the things of which something may be heard."""
        if kind is Kind.TRACK:
            return frozenset(await self._heard_songs(sight, ids))
        if kind is Kind.ALBUM:
            return frozenset(await self._heard_albums(sight, ids))
        roll = await self.roll(sight)
        return frozenset(id for id in ids if id in roll.written and id not in sight.hidden)

    # --- notes -------------------------------------------------------------------------------------

    async def notes(self, sight: Sight, kind: Kind, ids: Collection[int]) -> Over:
        """What the listener notes on these, to be laid over their documents."""
        account_id, actor_id = sight.viewer.account_id, sight.viewer.actor_id
        if account_id is None or actor_id is None:
            return {}
        known = self._noted(account_id, sight.notes)[kind]
        missing = [id for id in ids if id not in known]
        if missing:
            found = await self._read(lambda tx: notes.notes(tx, kind, missing, account_id, actor_id))
            known.update((id, _WRITERS[kind](note)) for id, note in found.items())
        return known

    def _noted(self, account_id: int, number: tuple[int, int]) -> dict[Kind, dict[int, bytes]]:
        """What is kept of an account's notes under their present number."""
        kept = self._notes.get(account_id)
        if kept is None or kept[0] != number or sum(map(len, kept[1].values())) > self._settings.most_documents:
            kept = (number, {kind: {} for kind in Kind})
        self._notes[account_id] = kept
        self._notes.move_to_end(account_id)
        while len(self._notes) > self._settings.most_listeners:
            self._notes.popitem(last=False)
        return kept[1]

    async def _read(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        return await self._database.read(work)


def _letters(roll: Roll, over: Over, hidden: frozenset[int]) -> Sequence[Piece]:
    """The letters of an index, each with those of its artists who are not hidden; none without any."""
    letters = []
    for letter, ids in roll.index:
        artists = [whole(roll.written[id], over.get(id, b"")) for id in ids if id not in hidden]
        if artists:
            letters.append(Piece(dumped({"name": letter, "artist": artists})))
    return letters


def _only(found: Sequence[Piece]) -> Piece:
    if not found:
        raise NotFound()
    return found[0]
