"""
Lists of albums and songs, and searches.

Source: docs/subsonic.md §8.3 and §8.4, rules 11, 47 to 49.
"""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.core.subsonic.lists import Page
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind
from fwtwisted.web.subsonic.calls import Caller, Counted, call
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload, Piece
from fwtwisted.wire.subsonic.errors import missing

ALBUMS, SONGS, FOUND = 10, 10, 20  # how many there are of each when nobody says

_WORDS: Mapping[Kind, str] = {Kind.ARTIST: "artist", Kind.ALBUM: "album", Kind.TRACK: "song"}
_PLAIN_ORDERS = ("newest", "alphabeticalByName", "alphabeticalByArtist")


class MusicLists:
    """Calls that answer pages."""

    def __init__(self, desk: SubsonicDesk) -> None:
        self._desk = desk

    # --- albums ------------------------------------------------------------------------------------

    @call("getAlbumList")
    async def album_list(self, asked: Asked, caller: Caller) -> Counted:
        return await self._album_list(asked, caller, "albumList", as_folders=True)

    @call("getAlbumList2")
    async def album_list_2(self, asked: Asked, caller: Caller) -> Counted:
        return await self._album_list(asked, caller, "albumList2", as_folders=False)

    async def _album_list(self, asked: Asked, caller: Caller, element: str, *, as_folders: bool) -> Counted:
        wanted = asked.needed("type")
        sight = await self._desk.sight_within(caller, asked)
        page = await self._albums(sight, wanted, asked, asked.count("size", ALBUMS), asked.number("offset", 0))
        albums = await self._desk.hearing.albums(sight, page.ids, as_folders=as_folders)
        return Counted({element: {"album": albums}}, page.total)

    async def _albums(self, sight: Sight, wanted: str, asked: Asked, size: int, offset: int) -> Page:
        """A page of the list of this type.  :raise Refused: code 10 for a type that is none."""
        lists = self._desk.lists
        if wanted in _PLAIN_ORDERS:
            return await lists.albums(sight, wanted, size, offset)
        match wanted:
            case "random":
                return await lists.random_albums(sight, size)
            case "starred":
                return await lists.starred_albums(sight, size, offset)
            case "highest":
                return await lists.rated_albums(sight, size, offset)
            case "frequent" | "recent":
                return await lists.played_albums(sight, size, offset, by_last=wanted == "recent")
            case "byYear":
                years = asked.needed_number("fromYear"), asked.needed_number("toYear")
                return await lists.albums_of_years(sight, *years, size, offset)
            case "byGenre":
                return await lists.albums_of_genre(sight, asked.needed("genre"), size, offset)
        raise missing("type")

    # --- songs -------------------------------------------------------------------------------------

    @call("getRandomSongs")
    async def random_songs(self, asked: Asked, caller: Caller) -> Payload:
        sight = await self._desk.sight_within(caller, asked)
        years = asked.maybe_number("fromYear"), asked.maybe_number("toYear")
        page = await self._desk.lists.random_songs(sight, asked.count("size", SONGS), asked.text("genre"), *years)
        return {"randomSongs": {"song": await self._desk.hearing.songs(sight, page.ids)}}

    @call("getSongsByGenre")
    async def songs_by_genre(self, asked: Asked, caller: Caller) -> Counted:
        genre = asked.needed("genre")
        sight = await self._desk.sight_within(caller, asked)
        page = await self._desk.lists.songs_of_genre(
            sight, genre, asked.count("count", SONGS), asked.number("offset", 0)
        )
        return Counted({"songsByGenre": {"song": await self._desk.hearing.songs(sight, page.ids)}}, page.total)

    # --- stars -------------------------------------------------------------------------------------

    @call("getStarred", scope="read:favorites")
    async def starred(self, asked: Asked, caller: Caller) -> Payload:
        return {"starred": await self._starred(asked, caller, as_folders=True)}

    @call("getStarred2", scope="read:favorites")
    async def starred_2(self, asked: Asked, caller: Caller) -> Payload:
        return {"starred2": await self._starred(asked, caller, as_folders=False)}

    async def _starred(self, asked: Asked, caller: Caller, *, as_folders: bool) -> Payload:
        hearing, lists = self._desk.hearing, self._desk.lists
        sight = await self._desk.sight_within(caller, asked)
        return {
            "artist": await hearing.artists(sight, await lists.starred(sight, Kind.ARTIST)),
            "album": await hearing.albums(sight, await lists.starred(sight, Kind.ALBUM), as_folders=as_folders),
            "song": await hearing.songs(sight, await lists.starred(sight, Kind.TRACK)),
        }

    # --- searches ----------------------------------------------------------------------------------

    @call("search3")
    async def search_3(self, asked: Asked, caller: Caller) -> Counted:
        payload, total = await self._search(asked, caller, asked.given("query") or "", as_folders=False)
        return Counted({"searchResult3": payload}, total)

    @call("search2")
    async def search_2(self, asked: Asked, caller: Caller) -> Counted:
        if asked.given("query") is None:
            raise missing("query")
        payload, total = await self._search(asked, caller, asked.given("query") or "", as_folders=True)
        return Counted({"searchResult2": payload}, total)

    async def _search(self, asked: Asked, caller: Caller, query: str, *, as_folders: bool) -> tuple[Payload, int]:
        """What was found of each kind, and of how many in all the first page that is not empty was cut."""
        sight = await self._desk.sight_within(caller, asked)
        text = _without_signs(query)
        found: dict[str, list[Piece]] = {}
        totals = []
        for kind, word in _WORDS.items():
            size = asked.count(f"{word}Count", FOUND)
            page = Page((), 0)
            if size:
                page = await self._found(sight, kind, text, size, asked.number(f"{word}Offset", 0))
                totals.append(page.total)
            found[word] = await self._documents(sight, kind, page, as_folders=as_folders)
        return found, max(totals, default=0)

    async def _found(self, sight: Sight, kind: Kind, text: str, size: int, offset: int) -> Page:
        """A page of one kind; of everything when nothing is searched for (rule 48)."""
        if text:
            return await self._desk.lists.search(sight, kind, text, size, offset)
        if kind is Kind.TRACK:
            return await self._desk.lists.songs(sight, size, offset)
        if kind is Kind.ALBUM:
            return await self._desk.lists.albums(sight, "id", size, offset)
        ids = sorted(artist.id for artist in (await self._desk.hearing.roll(sight)).artists)
        seen = [id for id in ids if id not in sight.hidden]
        return Page(seen[offset : offset + size], len(seen))

    async def _documents(self, sight: Sight, kind: Kind, page: Page, *, as_folders: bool) -> list[Piece]:
        hearing = self._desk.hearing
        if kind is Kind.ARTIST:
            return await hearing.artists(sight, page.ids)
        if kind is Kind.ALBUM:
            return await hearing.albums(sight, page.ids, as_folders=as_folders)
        return await hearing.songs(sight, page.ids)

    @call("search")
    async def search_1(self, asked: Asked, caller: Caller) -> Counted:
        texts = {name: _without_signs(asked.given(name) or "") for name in ("artist", "album", "title", "any")}
        sight = await self._desk.sight_within(caller, asked)
        offset = asked.number("offset", 0)
        size, since = asked.count("count", FOUND), asked.moment("newerThan")
        page = await self._desk.lists.search_songs(sight, texts, since, size, offset)
        songs = await self._desk.hearing.songs(sight, page.ids)
        return Counted({"searchResult": {"offset": offset, "totalHits": page.total, "match": songs}}, page.total)


def _without_signs(query: str) -> str:
    """A query without what apps put around words: quotes, and asterisks behind them."""
    words = (word.strip('"').rstrip("*").strip('"') for word in query.split())
    return " ".join(word for word in words if word)
