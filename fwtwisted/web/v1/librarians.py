"""
All that the pod holds, for those who look after it: ``manage/library/…``, ``manage/tags/`` and ``manage/channels/``.

Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.core.librarians.room import Librarians
from fwtwisted.model.librarians import Key, Sort
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import libraries as v1_libraries
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1.librarians import asked, documents
from fwtwisted.wire.v1.librarians.documents import LibrarianPaper
from fwtwisted.wire.v1.policies import stats
from fwtwisted.wire.v1.questions import uuid_or_none

SCOPE = "instance:libraries"
WORKS = {"artists": Sort.ARTIST, "albums": Sort.ALBUM, "tracks": Sort.TRACK}


@frozen
class LibrarianDesk:
    """What this area is written with.  :ivar api_url: of the REST face."""

    librarians: Librarians
    callers: Callers
    paper: LibrarianPaper
    api_url: str

    def mounts(self) -> Sequence[Mount]:
        """Everything here, at its prefixes."""
        return (
            *(
                Mount(f"/api/v1/manage/library/{name}", WorksFace(self, sort, f"library/{name}").app.resource())
                for name, sort in WORKS.items()
            ),
            Mount("/api/v1/manage/library/libraries", LibrariesFace(self).app.resource()),
            Mount("/api/v1/manage/library/uploads", UploadsFace(self).app.resource()),
            Mount("/api/v1/manage/uploads", UploadFace(self).app.resource()),
            Mount("/api/v1/manage/tags", TagsFace(self).app.resource()),
            Mount("/api/v1/manage/channels", ChannelsFace(self).app.resource()),
        )


class _Shown:
    """What all sorts have in common: lists, single things, numbers, removal."""

    def __init__(self, desk: LibrarianDesk, sort: Sort, place: str) -> None:
        self._looking, self._removing = desk.librarians.looking, desk.librarians.removing
        self._callers, self._paper = desk.callers, desk.paper
        self._sort, self._url = sort, f"{desk.api_url}/manage/{place}/"

    async def _many(self, request: LeanRequest) -> bytes:
        await self._callers.scoped(request, SCOPE)
        query = Query.of(request).lists()
        wanted, question = paging(query), asked.question(self._sort, query)
        count, found = await self._looking.listed(self._sort, question, wanted.size, wanted.offset)
        told = documents.several(self._sort, found, self._paper)
        return answer(request, 200, page(told, count, wanted, self._url, query))

    async def _one(self, request: LeanRequest, key: Key) -> bytes:
        await self._callers.scoped(request, SCOPE)
        found = await self._looking.one(self._sort, key)
        return answer(request, 200, documents.single(self._sort, found, self._paper))

    async def _stats(self, request: LeanRequest, key: Key) -> bytes:
        await self._callers.scoped(request, SCOPE)
        return answer(request, 200, stats(await self._looking.stats(self._sort, key)))

    async def _remove(self, request: LeanRequest, key: Key) -> bytes:
        await self._removing.remove(await self._callers.scoped(request, SCOPE), self._sort, key)
        return nothing(request)

    async def _act(self, request: LeanRequest) -> bytes:
        librarian = await self._callers.scoped(request, SCOPE)
        keys = asked.removal(self._sort, await document(request))
        count = await self._removing.remove_many(librarian, self._sort, keys)
        return answer(request, 200, {"updated": count, "action": asked.DELETE, "result": None})


class WorksFace(_Shown):
    """``manage/library/artists/``, ``…/albums/``, ``…/tracks/``"""

    app = resource_app()

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All, whoever may hear them."""
        return await self._many(request)

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Several go."""
        return await self._act(request)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        return await self._one(request, id)

    @app.route("/<int:id>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, id: int) -> bytes:
        """With the works below it, and all their uploads."""
        return await self._remove(request, id)

    @app.route("/<int:id>/stats/", methods=["GET"])
    async def stats(self, request: LeanRequest, id: int) -> bytes:
        """What people do with it."""
        return await self._stats(request, id)


class LibrariesFace(_Shown):
    """``manage/library/libraries/``"""

    app = resource_app()

    def __init__(self, desk: LibrarianDesk) -> None:
        super().__init__(desk, Sort.LIBRARY, "library/libraries")

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All but channels' own."""
        return await self._many(request)

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Several go."""
        return await self._act(request)

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        return await self._one(request, uuid)

    @app.route("/<uuid:uuid>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Its name, its text, who may see it."""
        librarian = await self._callers.scoped(request, SCOPE)
        change = v1_libraries.library_change(await document(request), whole=request.method == b"PUT")
        changed = await self._removing.change_library(librarian, uuid, change)
        return answer(request, 200, documents.single(self._sort, changed, self._paper))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        """With all its uploads."""
        return await self._remove(request, uuid)

    @app.route("/<uuid:uuid>/stats/", methods=["GET"])
    async def stats(self, request: LeanRequest, uuid: UUID) -> bytes:
        """What it holds."""
        return await self._stats(request, uuid)


class UploadsFace(_Shown):
    """``manage/library/uploads/``"""

    app = resource_app()

    def __init__(self, desk: LibrarianDesk) -> None:
        super().__init__(desk, Sort.UPLOAD, "library/uploads")

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All, whatever became of them."""
        return await self._many(request)

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Several go."""
        return await self._act(request)

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        return await self._one(request, uuid)

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        """With its file."""
        return await self._remove(request, uuid)


class UploadFace(_Shown):
    """``manage/uploads/UUID/``: where the web app looks for what it has removed."""

    app = resource_app()

    def __init__(self, desk: LibrarianDesk) -> None:
        super().__init__(desk, Sort.UPLOAD, "uploads")

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        return await self._one(request, uuid)

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, uuid: UUID) -> bytes:
        """With its file."""
        return await self._remove(request, uuid)


class TagsFace(_Shown):
    """``manage/tags/``"""

    app = resource_app()

    def __init__(self, desk: LibrarianDesk) -> None:
        super().__init__(desk, Sort.TAG, "tags")
        self._tags = desk.librarians.tags

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All, worn or not."""
        return await self._many(request)

    @app.route("/", methods=["POST"])
    async def add(self, request: LeanRequest) -> bytes:
        """One that no work wears yet."""
        await self._callers.scoped(request, SCOPE)
        made = await self._tags.add(asked.tag_wish(await document(request)))
        return answer(request, 201, documents.single(self._sort, made, self._paper))

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Several go."""
        return await self._act(request)

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        return await self._one(request, name)

    @app.route("/<name>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, name: str) -> bytes:
        """No work wears it any more."""
        return await self._remove(request, name)


class ChannelsFace(_Shown):
    """``manage/channels/``"""

    app = resource_app()

    def __init__(self, desk: LibrarianDesk) -> None:
        super().__init__(desk, Sort.CHANNEL, "channels")

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All, from feeds and other servers too."""
        return await self._many(request)

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        """By its uuid, or as ``user@domain``."""
        return await self._one(request, _channel(name))

    @app.route("/<name>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, name: str) -> bytes:
        """With all that it published."""
        return await self._remove(request, _channel(name))

    @app.route("/<name>/stats/", methods=["GET"])
    async def stats(self, request: LeanRequest, name: str) -> bytes:
        """What people do with it."""
        return await self._stats(request, _channel(name))


def _channel(name: str) -> Key:
    """The key that a path writes."""
    return uuid_or_none(name) or name.removeprefix("@")
