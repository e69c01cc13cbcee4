"""
What crosses between people and pods: follows of libraries and people, look-ups, actors, servers.

Source: docs/api.md §4.16.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from attrs import frozen

from fwtwisted.core.fediverse.actors import Actors
from fwtwisted.core.fediverse.fetches import Fetches
from fwtwisted.core.fediverse.follows import Follows
from fwtwisted.core.fediverse.foreign import ForeignLibraries
from fwtwisted.core.fediverse.person_follows import PersonFollows
from fwtwisted.model.errors import NotFound
from fwtwisted.model.fediverse import Thing
from fwtwisted.model.people import Viewer
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.refreshing import RefreshThing, wants_refresh
from fwtwisted.wire.v1 import Document, Paging, Pictures, page, paging
from fwtwisted.wire.v1 import fetches as v1_fetches
from fwtwisted.wire.v1 import follows as v1_follows
from fwtwisted.wire.v1.questions import search_words, strict_order, truth

PREFIX = "/api/v1/federation"
MOST_DOMAINS = 100
OF_MUSIC = (Thing.ARTIST, Thing.ALBUM, Thing.TRACK)


Many = Callable[[Viewer, "bool | None", bool, int, int], Awaitable["tuple[int, Sequence[Any]]"]]


Say = Callable[[Viewer, UUID], Awaitable[None]]


class Following(Protocol):
    """Follows of one kind of thing: ``Follows`` or ``PersonFollows``."""

    async def mine(
        self, viewer: Viewer, approved: bool | None, oldest_first: bool, limit: int, offset: int
    ) -> tuple[int, Sequence[Any]]: ...

    async def standings(self, viewer: Viewer) -> Sequence[Any]: ...

    async def one(self, viewer: Viewer, uuid: UUID) -> Any: ...

    async def follow(self, viewer: Viewer, target: Any, /) -> Any: ...

    async def unfollow(self, viewer: Viewer, uuid: UUID) -> None: ...


@frozen
class FollowKind:
    """
    Which follows a face shows.

    :ivar place: below ``/api/v1/``.  :ivar written: and ``standing``: their documents.
    :ivar target_in: what somebody wants to follow.
    """

    place: str
    follows: Following
    written: Callable[[Any], Document]
    standing: Callable[[Any], Document]
    target_in: Callable[[Mapping[str, Any]], Any]


@frozen
class FederationDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    :ivar refresh: has a library of another server looked at again there, if it is time.
    """

    follows: Follows
    people: PersonFollows
    foreign: ForeignLibraries
    fetches: Fetches
    actors: Actors
    callers: Callers
    pictures: Pictures
    api_url: str
    refresh: RefreshThing

    def mounts(self) -> list[Mount]:
        """Everything here, at its prefixes."""
        return [
            *self._follows(),
            Mount(f"{PREFIX}/libraries", ForeignFace(self).app.resource()),
            Mount(f"{PREFIX}/fetches", FetchesFace(self).app.resource()),
            Mount(f"{PREFIX}/actors", ActorsFace(self).app.resource()),
            Mount(f"{PREFIX}/domains", DomainsFace(self).app.resource()),
            *(Mount(f"/api/v1/{kind}s", ObjectFetches(self, kind).app.resource()) for kind in OF_MUSIC),
        ]

    def _follows(self) -> Iterator[Mount]:
        written = v1_follows
        kinds = (
            FollowKind(
                "federation/follows/library/", self.follows, written.library_follow, written.standing, written.target_in
            ),
            FollowKind(
                "federation/follows/user/", self.people, written.person_follow, written.person_standing,
                written.person_in,
            ),
        )  # fmt: skip
        for kind in kinds:
            yield Mount(f"/api/v1/{kind.place}".rstrip("/"), FollowsFace(self, kind).app.resource())
        yield Mount(f"{PREFIX}/follows/user/received", FollowersFace(self, kinds[1]).app.resource())

    async def follows_page(self, request: LeanRequest, many: Many, kind: FollowKind, below: str = "") -> bytes:
        """Answer with one page of follows."""
        viewer = await self.callers.scoped(request, "follows")
        query = Query.of(request)
        lists = query.lists()
        asked, order = paging(lists), strict_order(lists, ("creation_date",))
        oldest_first = bool(order) and not order[0][1]
        count, found = await many(viewer, truth(lists, "approved"), oldest_first, asked.size, asked.offset)
        documents = [kind.written(one) for one in found]
        return self.page(request, f"{kind.place}{below}", documents, count, asked, query)

    def page(
        self, request: LeanRequest, name: str, results: list[Document], count: int, asked: Paging, query: Query
    ) -> bytes:
        """Answer with one page of a list."""
        return answer(request, 200, page(results, count, asked, f"{self.api_url}/{name}", query.lists()))

    async def reader(self, request: LeanRequest) -> Viewer:
        """Anybody who is somebody here, and visitors of an open pod."""
        viewer = await self.callers.public(request)
        return await self.callers.open(request, "libraries") if viewer.is_anonymous else viewer


class FollowsFace:
    """``federation/follows/library/`` and ``federation/follows/user/``"""

    app = resource_app()

    def __init__(self, desk: FederationDesk, kind: FollowKind) -> None:
        self._desk, self._kind, self._callers = desk, kind, desk.callers

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """One's own, but for those that were refused."""
        return await self._desk.follows_page(request, self._kind.follows.mine, self._kind)

    @app.route("/", methods=["POST"])
    async def follow(self, request: LeanRequest) -> bytes:
        """Ask for what is in a library, or to hear of what somebody does."""
        viewer = await self._callers.scoped(request, "follows")
        made = await self._kind.follows.follow(viewer, self._kind.target_in(await document(request)))
        return answer(request, 201, self._kind.written(made))

    @app.route("/all/", methods=["GET"])
    async def every(self, request: LeanRequest) -> bytes:
        """All of one's own in short, refused ones as well."""
        viewer = await self._callers.scoped(request, "follows")
        results = [self._kind.standing(one) for one in await self._kind.follows.standings(viewer)]
        return answer(request, 200, {"results": results, "count": len(results)})

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        viewer = await self._callers.scoped(request, "follows")
        return answer(request, 200, self._kind.written(await self._kind.follows.one(viewer, uuid)))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def unfollow(self, request: LeanRequest, uuid: UUID) -> bytes:
        viewer = await self._callers.scoped(request, "follows")
        await self._kind.follows.unfollow(viewer, uuid)
        return nothing(request)

    @app.route("/<uuid:uuid>/accept/", methods=["POST"])
    async def accept(self, request: LeanRequest, uuid: UUID) -> bytes:
        """The owner lets somebody in."""
        return await self._answered(request, uuid, self._desk.follows.accept)

    @app.route("/<uuid:uuid>/reject/", methods=["POST"])
    async def reject(self, request: LeanRequest, uuid: UUID) -> bytes:
        """The owner does not."""
        return await self._answered(request, uuid, self._desk.follows.reject)

    async def _answered(self, request: LeanRequest, uuid: UUID, say: Say) -> bytes:
        viewer = await self._callers.scoped(request, "follows")
        try:
            await say(viewer, uuid)
        except NotFound:
            return answer(request, 404, {})
        return nothing(request)


class FollowersFace:
    """``federation/follows/user/received/``"""

    app = resource_app()

    def __init__(self, desk: FederationDesk, kind: FollowKind) -> None:
        self._desk, self._kind = desk, kind

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Those of people who follow the caller, or wish to."""
        return await self._desk.follows_page(request, self._desk.people.received, self._kind, "received/")


class ForeignFace:
    """``federation/libraries/``"""

    app = resource_app()

    def __init__(self, desk: FederationDesk) -> None:
        self._desk, self._callers = desk, desk.callers

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        viewer = await self._callers.scoped(request, "libraries")
        found = await self._desk.foreign.one(viewer, uuid)
        if wants_refresh(request) and await self._desk.refresh(viewer, found.library.id):
            found = await self._desk.foreign.one(viewer, uuid)
        return answer(request, 200, v1_follows.seen_library(found))

    @app.route("/<uuid:uuid>/scan/", methods=["POST"])
    async def scan(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Have it looked through for what is new."""
        viewer = await self._callers.scoped(request, "libraries")
        begun = await self._desk.foreign.scan(viewer, uuid)
        if begun is None:
            return answer(request, 200, {"status": "skipped"})
        return answer(request, 200, {"status": "scheduled", "scan": v1_follows.scan(begun)})

    @app.route("/fetch/", methods=["POST"])
    async def fetch(self, request: LeanRequest) -> bytes:
        """The library at an address."""
        viewer = await self._callers.scoped(request, "libraries")
        seen = await self._desk.fetches.library_at(viewer, v1_fetches.library_address(await document(request)))
        return answer(request, 200, {"count": 1, "results": [v1_follows.seen_library(seen)]})


class FetchesFace:
    """``federation/fetches/``"""

    app = resource_app()

    def __init__(self, desk: FederationDesk) -> None:
        self._fetches, self._callers = desk.fetches, desk.callers

    @app.route("/", methods=["POST"])
    async def fetch(self, request: LeanRequest) -> bytes:
        """Look something up; what came of it is in the answer."""
        viewer = await self._callers.user(request)
        wish = v1_fetches.fetch_wish(await document(request))
        return answer(request, 201, v1_fetches.fetch(await self._fetches.fetch(viewer, wish.url, force=wish.force)))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        viewer = await self._callers.user(request)
        return answer(request, 200, v1_fetches.fetch(await self._fetches.one(viewer, id)))


class ObjectFetches:
    """``artists/<id>/fetches/`` and the same of albums and tracks."""

    app = resource_app()

    def __init__(self, desk: FederationDesk, kind: Thing) -> None:
        self._desk, self._kind = desk, kind

    @app.route("/<int:id>/fetches/", methods=["GET"])
    async def many(self, request: LeanRequest, id: int) -> bytes:
        """When one had it looked up."""
        viewer = await self._desk.callers.user(request)
        query = Query.of(request)
        asked = paging(query.lists())
        count, found = await self._desk.fetches.of_object(viewer, self._kind, id, asked.size, asked.offset)
        documents = [v1_fetches.fetch(one) for one in found]
        return self._desk.page(request, f"{self._kind}s/{id}/fetches/", documents, count, asked, query)

    @app.route("/<int:id>/fetches/", methods=["POST"])
    async def again(self, request: LeanRequest, id: int) -> bytes:
        """Look it up again, where it is at home."""
        viewer = await self._desk.callers.user(request)
        return answer(request, 201, v1_fetches.fetch(await self._desk.fetches.refetch(viewer, self._kind, id)))


class ActorsFace:
    """``federation/actors/``"""

    app = resource_app()

    def __init__(self, desk: FederationDesk) -> None:
        self._desk = desk

    @app.route("/<handle>/", methods=["GET"])
    async def one(self, request: LeanRequest, handle: str) -> bytes:
        await self._desk.reader(request)
        return answer(
            request, 200, v1_fetches.persona(await self._desk.actors.persona(*_parts(handle)), self._pictures)
        )

    @app.route("/<handle>/libraries/", methods=["GET"])
    async def libraries(self, request: LeanRequest, handle: str) -> bytes:
        """Those that the caller may look into."""
        viewer = await self._desk.reader(request)
        query = Query.of(request)
        asked = paging(query.lists())
        count, found = await self._desk.actors.libraries(viewer, *_parts(handle), asked.size, asked.offset)
        documents = [v1_follows.seen_library(one) for one in found]
        return self._desk.page(request, f"federation/actors/{handle}/libraries/", documents, count, asked, query)

    @property
    def _pictures(self) -> Pictures:
        return self._desk.pictures


class DomainsFace:
    """``federation/domains/``"""

    app = resource_app()

    def __init__(self, desk: FederationDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        await self._desk.reader(request)
        query = Query.of(request)
        lists = query.lists()
        asked = paging(lists, largest=MOST_DOMAINS)
        count, names = await self._desk.actors.domains(search_words(lists), asked.size, asked.offset)
        documents = [v1_fetches.domain(name) for name in names]
        return self._desk.page(request, "federation/domains/", documents, count, asked, query)

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        await self._desk.reader(request)
        return answer(request, 200, v1_fetches.domain(await self._desk.actors.domain(name)))


def _parts(handle: str) -> tuple[str, str]:
    """Name and server of ``user@domain``.  :raise NotFound: it is no such thing."""
    username, at, domain = handle.removeprefix("@").rpartition("@")
    if not at or not username or not domain:
        raise NotFound
    return username, domain
