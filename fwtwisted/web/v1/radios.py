"""
Radios: those that people make, and listening to them.

Source: docs/api.md §4.13 and §4.20.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from fwtwisted.core.listening.radios.own import ListedRadios, Radios, Tried
from fwtwisted.core.listening.radios.sessions import Played, RadioSessions
from fwtwisted.model.errors import Invalid, Unauthenticated
from fwtwisted.model.people import Viewer
from fwtwisted.model.radios import NoMoreTracks, NoSuchSession, NotYourSession
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers, Cookies, session_key
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.fields import whole_number
from fwtwisted.wire.v1 import Document, page, paging
from fwtwisted.wire.v1 import radios as v1_radios
from fwtwisted.wire.v1.catalog import CatalogPaper, tracks

LEAF = "radios"
NO_SESSION = 'Invalid pk "{id}" - object does not exist.'


@frozen
class RadioDesk:
    """
    What this area is written with.

    :ivar is_open: whether visitors may read and listen.
    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    radios: Radios
    sessions: RadioSessions
    callers: Callers
    cookies: Cookies
    is_open: Callable[[], Awaitable[bool]]
    paper: CatalogPaper
    api_url: str

    def mounts(self) -> list[Mount]:
        """Everything here, at its prefixes."""
        return [
            Mount("/api/v1/radios/radios", RadiosFace(self).app.resource()),
            Mount("/api/v1/radios/sessions", SessionsFace(self).app.resource()),
            Mount("/api/v1/radios/tracks", NextTrackFace(self).app.resource()),
            Mount("/api/v2/radios/sessions", SessionsV2Face(self).app.resource()),
        ]

    def written(self, found: ListedRadios) -> list[Document]:
        """The documents of radios."""
        people = found.people
        return [v1_radios.radio(one, people.get(one.actor_id), self.paper.pictures) for one in found.radios]

    async def listener(self, request: LeanRequest) -> tuple[Viewer, str | None]:
        """Who listens, and a visitor's cookie.  :raise Unauthenticated: a visitor, on a pod that is closed to them."""
        viewer = await self.callers.public(request)
        if not viewer.is_anonymous:
            return viewer, None
        if not await self.is_open():
            raise Unauthenticated
        return viewer, session_key(request)

    async def played(self, request: LeanRequest, id: int, count: int) -> Played:
        """What a session is given next."""
        viewer, cookie = await self.listener(request)
        return await self.sessions.next(viewer, cookie, id, count)

    def track_documents(self, found: Played) -> list[Document]:
        """The tracks of what was given, in order."""
        return tracks([found.tracks[one.track_id] for one in found.items], found.shelf, self.paper)

    async def begin(self, request: LeanRequest) -> bytes:
        """Begin a session; a visitor is given a cookie to be known by."""
        viewer = await self.callers.public(request)
        wish = v1_radios.session_wish(await document(request))
        begun = await self.sessions.begin(viewer, session_key(request) if viewer.is_anonymous else None, wish)
        if begun.key is not None:
            self.cookies.give_session(request, begun.key)
        return answer(request, 201, v1_radios.session(begun.session))

    async def one_session(self, request: LeanRequest, id: int) -> bytes:
        """Answer with a session, to who listens there."""
        viewer = await self.callers.public(request)
        found = await self.sessions.one(viewer, session_key(request) if viewer.is_anonymous else None, id)
        return answer(request, 200, v1_radios.session(found))


def ended(request: LeanRequest, why: NoMoreTracks) -> bytes:
    """Answer that a radio has nothing more to play: a text, which clients look at."""
    return answer(request, 404, str(why))


class RadiosFace:
    """``radios/radios/``"""

    app = resource_app()

    def __init__(self, desk: RadioDesk) -> None:
        self._desk, self._radios, self._callers = desk, desk.radios, desk.callers
        self._url = f"{desk.api_url}/radios/radios/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """The caller's own, and public ones."""
        viewer = await self._callers.open(request, LEAF)
        query = Query.of(request).lists()
        asked = paging(query)
        found = await self._radios.page(viewer, v1_radios.question(query), asked.size, asked.offset)
        return answer(request, 200, page(self._desk.written(found), found.count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def create(self, request: LeanRequest) -> bytes:
        """A new one."""
        viewer = await self._callers.scoped(request, LEAF)
        return self._one(request, 201, await self._radios.create(viewer, v1_radios.wish(await document(request))))

    @app.route("/filters/", methods=["GET"])
    async def filters(self, request: LeanRequest) -> bytes:
        """The kinds of filter that a radio can be made of, as a page's form needs them."""
        await self._callers.open(request, LEAF)
        return answer(request, 200, v1_radios.FILTERS)

    @app.route("/validate/", methods=["POST"])
    async def validate(self, request: LeanRequest) -> bytes:
        """What filters find, before a radio is made of them."""
        viewer = await self._callers.scoped(request, LEAF)
        several = v1_radios.filters_to_try(await document(request))
        found = await self._radios.tried(viewer, several)
        return answer(request, 200, {"filters": [self._tried(one) for one in found]})

    def _tried(self, one: Tried) -> Document:
        if one.found is None:
            return v1_radios.tried(one.errors, None, None)
        sample = tracks(one.found.tracks, one.found.shelf, self._desk.paper)
        return v1_radios.tried(one.errors, one.found.count, sample)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        """One."""
        viewer = await self._callers.open(request, LEAF)
        return self._one(request, 200, await self._radios.one(viewer, id))

    @app.route("/<int:id>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, id: int) -> bytes:
        """Another name, other filters."""
        viewer = await self._callers.scoped(request, LEAF)
        change = v1_radios.change(await document(request), whole=request.method == b"PUT")
        return self._one(request, 200, await self._radios.change(viewer, id, change))

    @app.route("/<int:id>/", methods=["DELETE"])
    async def remove(self, request: LeanRequest, id: int) -> bytes:
        """Gone."""
        viewer = await self._callers.scoped(request, LEAF)
        await self._radios.remove(viewer, id)
        return nothing(request)

    @app.route("/<int:id>/tracks/", methods=["GET"])
    async def tracks(self, request: LeanRequest, id: int) -> bytes:
        """What it may play for the caller."""
        viewer = await self._callers.open(request, LEAF)
        query = Query.of(request).lists()
        asked = paging(query)
        found = await self._radios.tracks(viewer, id, asked.size, asked.offset)
        documents = tracks(found.tracks, found.shelf, self._desk.paper)
        return answer(request, 200, page(documents, found.count, asked, f"{self._url}{id}/tracks/", query))

    def _one(self, request: LeanRequest, status: int, found: ListedRadios) -> bytes:
        (written,) = self._desk.written(found)
        return answer(request, status, written)


class SessionsFace:
    """``radios/sessions/``"""

    app = resource_app()

    def __init__(self, desk: RadioDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["POST"])
    async def begin(self, request: LeanRequest) -> bytes:
        """Begin to listen."""
        return await self._desk.begin(request)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        """A session, for who listens."""
        return await self._desk.one_session(request, id)


class NextTrackFace:
    """``radios/tracks/``"""

    app = resource_app()

    def __init__(self, desk: RadioDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["POST"])
    async def next(self, request: LeanRequest) -> bytes:
        """The next track of a session."""
        desk = self._desk
        id = v1_radios.session_in(await document(request))
        try:
            found = await desk.played(request, id, 1)
        except NoSuchSession as missing:
            raise Invalid.on("session", NO_SESSION.format(id=id)) from missing
        except NoMoreTracks as why:
            return ended(request, why)
        except NotYourSession:
            return nothing(request, 403)
        (written,) = desk.track_documents(found)
        return answer(request, 201, v1_radios.session_track(found.session, found.items[0], written))


class SessionsV2Face:
    """``/api/v2/radios/sessions/``"""

    app = resource_app()

    def __init__(self, desk: RadioDesk) -> None:
        self._desk = desk

    @app.route("/", methods=["POST"])
    async def begin(self, request: LeanRequest) -> bytes:
        """Begin to listen."""
        return await self._desk.begin(request)

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        """A session, for who listens."""
        return await self._desk.one_session(request, id)

    @app.route("/<int:id>/tracks/", methods=["GET"])
    async def next(self, request: LeanRequest, id: int) -> bytes:
        """The next tracks of a session, ``count`` of them, which are played then."""
        count = whole_number(Query.of(request).get("count") or "1") or 1
        try:
            found = await self._desk.played(request, id, count)
        except NoMoreTracks as why:
            return ended(request, why)
        except NotYourSession:
            return nothing(request, 403)
        return answer(request, 201, self._desk.track_documents(found))
