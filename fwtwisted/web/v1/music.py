"""
Artists, albums, tracks, tags, licences, and the small search.

Source: docs/api.md §4.8 and §4.10.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, TypeVar

from attrs import frozen

from fwtwisted.core.music.catalog import Catalog, Listed, ListedTracks
from fwtwisted.core.music.libraries import Libraries
from fwtwisted.model.errors import NotFound
from fwtwisted.model.licenses import LICENSES
from fwtwisted.model.music import Kind, Ordered
from fwtwisted.model.people import Viewer
from fwtwisted.model.questions import Question
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.edits import EditsDesk
from fwtwisted.web.v1.refreshing import wants_refresh
from fwtwisted.wire.v1 import Document, Paging, last, page, paging
from fwtwisted.wire.v1 import catalog as v1_catalog
from fwtwisted.wire.v1 import libraries as v1_libraries
from fwtwisted.wire.v1.catalog import CatalogPaper
from fwtwisted.wire.v1.questions import ordering, question, search_words, strict_order

T = TypeVar("T", Listed, ListedTracks)
Ask: TypeAlias = Callable[[Viewer, Question, Sequence[Ordered], int, int], Awaitable[T]]

Refresh: TypeAlias = Callable[[Viewer, Kind, int], Awaitable[None]]

API = "/api/v1"
MOST_LICENSES = 1_000


@frozen
class MusicDesk:
    """
    What the lists and pages of music are written with.

    :ivar api_url: ``https://pod.example/api/v1``: what pages' addresses begin with.
    :ivar refresh: has something of another server looked at again there, if it is time.
    """

    catalog: Catalog
    libraries: Libraries
    callers: Callers
    paper: CatalogPaper
    edits: EditsDesk
    api_url: str
    refresh: Refresh

    def mounts(self) -> list[Mount]:
        """Everything here."""
        return [
            Mount(f"{API}/artists", Artists(self).app.resource()),
            Mount(f"{API}/albums", Albums(self).app.resource()),
            Mount(f"{API}/tracks", Tracks(self).app.resource()),
            *(Mount(f"{API}/{kind}s", Below(self, kind).app.resource()) for kind in Kind),
            Mount(f"{API}/search", Search(self).app.resource()),
            Mount(f"{API}/tags", Tags(self).app.resource()),
            Mount(f"{API}/licenses", Licenses(self).app.resource()),
        ]

    def page(
        self, request: LeanRequest, name: str, results: Sequence[Document], count: int, paging: Paging, query: Query
    ) -> bytes:
        """Answer with one page of a list."""
        return answer(request, 200, page(results, count, paging, f"{self.api_url}/{name}", query.lists()))

    async def looked_at(self, request: LeanRequest, kind: Kind, id: int) -> Viewer:
        """Who looks at an artist, an album or a track; with ``?refresh=true`` it is looked at again where it lives."""
        viewer = await self.callers.open(request, "libraries")
        if wants_refresh(request):
            await self.refresh(viewer, kind, id)
        return viewer

    async def listed(
        self, request: LeanRequest, kind: Kind, ask: Ask[T], written: Callable[[T, CatalogPaper], Sequence[Document]]
    ) -> bytes:
        """
        Answer with one page of what the query asks for.

        :param ask: the catalog's list of this kind.  :param written: its documents.
        """
        viewer = await self.callers.open(request, "libraries")
        query = Query.of(request)
        lists = query.lists()
        asked = paging(lists)
        found = await ask(viewer, question(kind, lists), ordering(kind, lists), asked.size, asked.offset)
        return self.page(request, f"{kind}s/", written(found, self.paper), found.count, asked, query)

    async def holders(self, request: LeanRequest, kind: Kind, id: int) -> bytes:
        """Answer with the libraries that hold the object, for this viewer."""
        viewer = await self.callers.open(request, "libraries")
        query = Query.of(request)
        asked = paging(query.lists())
        ids = await self.catalog.libraries_of(viewer, kind, id)
        shown = await self.libraries.by_ids(ids[asked.offset : asked.offset + asked.size])
        documents = [v1_libraries.foreign_library(library) for library in shown]
        return self.page(request, f"{kind}s/{id}/libraries/", documents, len(ids), asked, query)


def _artists(found: Listed, paper: CatalogPaper) -> Sequence[Document]:
    shelf = found.shelf
    return [v1_catalog.artist(shelf.artists[id], shelf, paper) for id in found.ids if id in shelf.artists]


def _albums(found: Listed, paper: CatalogPaper) -> Sequence[Document]:
    shelf = found.shelf
    return [v1_catalog.album(shelf.albums[id], shelf, paper) for id in found.ids if id in shelf.albums]


def _tracks(found: ListedTracks, paper: CatalogPaper) -> Sequence[Document]:
    return v1_catalog.tracks(found.tracks, found.shelf, paper)


class Artists:
    """``artists/``"""

    app = resource_app()

    def __init__(self, desk: MusicDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        return await self._desk.listed(request, Kind.ARTIST, self._desk.catalog.artists, _artists)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._desk.looked_at(request, Kind.ARTIST, id)
        artist, shelf = await self._desk.catalog.artist(viewer, id)
        return answer(request, 200, v1_catalog.artist_detail(artist, shelf, self._desk.paper))


class Albums:
    """``albums/``"""

    app = resource_app()

    def __init__(self, desk: MusicDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        return await self._desk.listed(request, Kind.ALBUM, self._desk.catalog.albums, _albums)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._desk.looked_at(request, Kind.ALBUM, id)
        album, shelf = await self._desk.catalog.album(viewer, id)
        return answer(request, 200, v1_catalog.album_detail(album, shelf, self._desk.paper))


class Tracks:
    """``tracks/``"""

    app = resource_app()

    def __init__(self, desk: MusicDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        return await self._desk.listed(request, Kind.TRACK, self._desk.catalog.tracks, _tracks)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._desk.looked_at(request, Kind.TRACK, id)
        track, shelf = await self._desk.catalog.track(viewer, id)
        return answer(request, 200, v1_catalog.track_detail(track, shelf, self._desk.paper))


class Below:
    """What every artist, album and track has below it: who holds it, and what people suggest to change."""

    app = resource_app()

    def __init__(self, desk: MusicDesk, kind: Kind) -> None:
        self._desk, self._kind = desk, kind

    @app.route("/<int:id>/libraries/", methods=["GET"])
    async def holders(self, request: LeanRequest, id: int) -> bytes:
        return await self._desk.holders(request, self._kind, id)

    @app.route("/<int:id>/mutations/", methods=["GET"])
    async def edits(self, request: LeanRequest, id: int) -> bytes:
        return await self._desk.edits.of(request, self._kind, id)

    @app.route("/<int:id>/mutations/", methods=["POST"])
    async def suggest(self, request: LeanRequest, id: int) -> bytes:
        return await self._desk.edits.suggest(request, self._kind, id)


class Search:
    """``search``: a few of everything."""

    app = resource_app()

    def __init__(self, desk: MusicDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def few(self, request: LeanRequest) -> bytes:
        await self._desk.callers.open(request, "libraries")
        query, paper = Query.of(request), self._desk.paper
        found = await self._desk.catalog.suggestions(query.get("query") or query.get("q") or "")
        document = {
            "artists": _artists(found.artists, paper),
            "albums": _albums(found.albums, paper),
            "tracks": _tracks(found.tracks, paper),
            "tags": [v1_catalog.tag(tag.name, tag.creation_date) for tag in found.tags],
        }
        return answer(request, 200, document)


class Tags:
    """``tags/``"""

    app = resource_app()

    def __init__(self, desk: MusicDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        await self._desk.callers.open(request, "libraries")
        query = Query.of(request)
        lists = query.lists()
        asked = paging(lists)
        order = strict_order(lists, ("name", "creation_date", "length"))
        found, count = await self._desk.catalog.tags(
            search_words(lists),
            last(lists, "name") or None,
            last(lists, "name__startswith") or None,
            order,
            asked.size,
            asked.offset,
        )
        return self._desk.page(
            request, "tags/", [v1_catalog.tag(tag.name, tag.creation_date) for tag in found], count, asked, query
        )

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        await self._desk.callers.open(request, "libraries")
        tag = await self._desk.catalog.tag(name)
        return answer(request, 200, v1_catalog.tag(tag.name, tag.creation_date))


class Licenses:
    """``licenses/``"""

    app = resource_app()

    def __init__(self, desk: MusicDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        await self._desk.callers.open(request, "libraries")
        query = Query.of(request)
        asked = paging(query.lists(), largest=MOST_LICENSES)
        shown = list(LICENSES.values())[asked.offset : asked.offset + asked.size]
        documents = [v1_catalog.license(license) for license in shown]
        return self._desk.page(request, "licenses/", documents, len(LICENSES), asked, query)

    @app.route("/<path:code>", methods=["GET"])
    async def one(self, request: LeanRequest, code: str) -> bytes:
        await self._desk.callers.open(request, "libraries")
        license = LICENSES.get(code)
        if license is None:
            raise NotFound
        return answer(request, 200, v1_catalog.license(license))
