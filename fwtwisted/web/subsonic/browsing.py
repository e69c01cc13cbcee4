"""
Browsing by tags: artists, their albums, the songs on them; and the same as folders, for apps that know no other way.

Source: docs/subsonic.md §8.2, rules 41, 42, 45 and 46.
"""

from __future__ import annotations

from uuid import UUID

from fwtwisted.core.subsonic.files import FILES, Content, Files
from fwtwisted.model.errors import NotFound
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind
from fwtwisted.web.subsonic.calls import Caller, Counted, call
from fwtwisted.web.subsonic.desk import SubsonicDesk, of_kind, the_name
from fwtwisted.web.subsonic.songs import the_songs
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import cover_of, milliseconds, of_directory, whole
from fwtwisted.wire.subsonic.envelope import Payload, Piece
from fwtwisted.wire.subsonic.indexing import letter_of
from fwtwisted.wire.subsonic.names import Name, Prefix


class Browsing:
    """Calls that walk through the music."""

    def __init__(self, desk: SubsonicDesk, files: Files) -> None:
        self._desk, self._files = desk, files

    # --- by tags -----------------------------------------------------------------------------------

    @call("getMusicFolders")
    async def folders(self, asked: Asked, caller: Caller) -> Payload:
        folders = await self._desk.sights.folders(caller.known)
        return {"musicFolders": {"musicFolder": [{"id": one.number, "name": one.name} for one in folders]}}

    @call("getArtists")
    async def artists(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight_within(caller, asked)
        told = {"ignoredArticles": self._desk.paper.articles.told}
        return {"artists": {**told, "index": await self._desk.hearing.index(sight)}}

    @call("getArtist")
    async def artist(self, asked: Asked, caller: Caller) -> Payload:
        name = of_kind(asked, Prefix.ARTIST)
        return {"artist": await self._desk.hearing.artist(await self._desk.sight(caller), name.number)}

    @call("getAlbum")
    async def album(self, asked: Asked, caller: Caller) -> Payload:
        name = of_kind(asked, Prefix.ALBUM)
        return {"album": await self._desk.hearing.album(await self._desk.sight(caller), name.number)}

    @call("getSong")
    async def song(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight(caller)
        given = asked.needed("id")
        [song] = await the_songs(self._desk, sight, [given])
        if the_name(asked, Prefix.TRACK).prefix is Prefix.EPISODE:
            [piece] = await self._desk.hearing.songs_relaid(sight, [(song, {"id": given})])
            return {"song": piece}
        return {"song": await self._desk.hearing.song(sight, song)}

    @call("getGenres")
    async def genres(self, asked: Asked, caller: Caller) -> Counted:
        found = await self._desk.lists.genres(await self._desk.sight(caller))
        genres = [{"value": name, "songCount": songs, "albumCount": albums} for name, songs, albums in found]
        return Counted({"genres": {"genre": genres}}, len(genres))

    @call("getVideos")
    async def videos(self, asked: Asked, caller: Caller) -> Payload:
        return {"videos": {"video": []}}

    @call("getVideoInfo")
    async def video(self, asked: Asked, caller: Caller) -> Payload:
        asked.needed("id")
        raise NotFound()

    # --- as folders --------------------------------------------------------------------------------

    @call("getIndexes")
    async def indexes(self, asked: Asked, caller: Caller) -> Payload:
        changed = milliseconds(await self._desk.lists.last_changed())
        head = {"lastModified": changed, "ignoredArticles": self._desk.paper.articles.told}
        if asked.number("ifModifiedSince", 0) >= changed:
            return {"indexes": head}
        if asked.number("musicFolderId", 0) == FILES:
            return {"indexes": {**head, "shortcut": [], **await self._files_index(await self._desk.sight(caller))}}
        sight = await self._desk.sight_within(caller, asked)
        return {"indexes": {**head, "shortcut": [], "index": await self._desk.hearing.index(sight), "child": []}}

    @call("getMusicDirectory")
    async def directory(self, asked: Asked, caller: Caller) -> Payload:
        given = asked.needed("id")
        if given.isascii() and given.isdigit() and len(given) < 10:
            return {"directory": await self._folder(caller, int(given))}
        name = the_name(asked)
        sight = await self._desk.sight(caller)
        match name.prefix:
            case Prefix.ARTIST:
                return {"directory": await self._artist_folder(sight, name)}
            case Prefix.ALBUM:
                return {"directory": await self._album_folder(sight, name)}
            case Prefix.FOLDER:
                return {"directory": await self._file_folder(sight, name.number)}
        raise NotFound()

    async def _folder(self, caller: Caller, number: int) -> Payload:
        """A music folder holds artists; that of the files holds files and folders."""
        if number == FILES:
            sight = await self._desk.sight(caller)
            return await self._file_folder(sight, await self._file_root(sight))
        folder = next((one for one in await self._desk.sights.folders(caller.known) if one.number == number), None)
        if folder is None:
            raise NotFound()
        sight = await self._desk.sights.sight(caller.known, number)
        roll = await self._desk.hearing.roll(sight)
        seen = [one for one in roll.artists if one.id not in sight.hidden]
        over = await self._desk.hearing.noted_artists(sight)
        children = [whole(self._desk.paper.artist_folder(one, str(number)), over.get(one.id, b"")) for one in seen]
        return {"id": str(number), "name": folder.name, "child": children}

    async def _artist_folder(self, sight: Sight, name: Name) -> Payload:
        """An artist holds albums, and songs that are on none."""
        hearing, id = self._desk.hearing, name.number
        artist = next((one for one in (await hearing.roll(sight)).artists if one.id == id), None)
        if artist is None or id in sight.hidden:
            raise NotFound()
        albums, loose = await hearing.of_artist(sight, id)
        children: list[Piece] = await hearing.albums(sight, albums, as_folders=True)
        children += await hearing.songs(sight, loose)
        over = await hearing.notes(sight, Kind.ARTIST, [id])
        return {"id": str(name), "name": artist.name, **of_directory(over.get(id, b"")), "child": children}

    async def _album_folder(self, sight: Sight, name: Name) -> Payload:
        """An album holds songs."""
        hearing, id = self._desk.hearing, name.number
        title, artist_id = await hearing.album_folder(sight, id)
        songs = await hearing.songs(sight, await hearing.on_album(sight, id))
        over = await hearing.notes(sight, Kind.ALBUM, [id])
        told = {"id": str(name), "parent": str(Name(Prefix.ARTIST, artist_id)), "name": title}
        return {**told, **of_directory(over.get(id, b"")), "child": songs}

    # --- files as they lie -------------------------------------------------------------------------

    async def _file_root(self, sight: Sight) -> int:
        """The whole tree.  :raise NotFound: nothing in it may be heard."""
        root = await self._files.root(sight)
        if root is None:
            raise NotFound()
        return root

    async def _file_folder(self, sight: Sight, id: int) -> Payload:
        """A folder of files holds folders, then songs."""
        content = await self._files.content(sight, id)
        name = _file_name(content)
        folders = [_subfolder(name, one.id, one.name, content.pictures.get(one.id)) for one in content.folders]
        told = {"id": name, "name": content.name, "child": [*folders, *await self._file_songs(sight, content)]}
        return told if content.is_root else {**told, "parent": _parent_name(content)}

    async def _file_songs(self, sight: Sight, content: Content) -> list[Piece]:
        parent = _file_name(content)
        songs = [(track, {"parent": parent, "path": path}) for track, path in content.songs]
        return await self._desk.hearing.songs_relaid(sight, songs)

    async def _files_index(self, sight: Sight) -> Payload:
        """The tree as an index: its folders stand where artists do."""
        root = await self._files.root(sight)
        if root is None:
            return {"index": [], "child": []}
        content = await self._files.content(sight, root)
        letters: dict[str, list[Payload]] = {}
        for one in content.folders:
            told = {"id": str(Name(Prefix.FOLDER, one.id)), "name": one.name}
            letters.setdefault(letter_of(one.name), []).append(told)
        index = [{"name": letter, "artist": letters[letter]} for letter in sorted(letters)]
        return {"index": index, "child": await self._file_songs(sight, content)}


def _file_name(content: Content) -> str:
    return str(FILES) if content.is_root else str(Name(Prefix.FOLDER, content.id))


def _parent_name(content: Content) -> str:
    return str(FILES) if content.parent is None else str(Name(Prefix.FOLDER, content.parent))


def _subfolder(parent: str, id: int, title: str, picture: UUID | None) -> Payload:
    name = Name(Prefix.FOLDER, id)
    told = {"id": str(name), "parent": parent, "isDir": True, "title": title, "name": title, "isVideo": False}
    return told if picture is None else {**told, "coverArt": cover_of(name, picture)}
