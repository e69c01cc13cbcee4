"""
``manage/``: members, invitations, and requests to be let in.

Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.core.people.arrivals import Arrivals
from fwtwisted.web.app import answer, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import administration as v1_administration
from fwtwisted.wire.v1 import page, paging


@frozen
class AdministrationDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    arrivals: Arrivals
    callers: Callers
    api_url: str

    def mounts(self) -> Sequence[Mount]:
        """Everything here, at its prefixes."""
        return (
            Mount("/api/v1/manage/users/users", MembersFace(self).app.resource()),
            Mount("/api/v1/manage/users/invitations", InvitationsFace(self).app.resource()),
            Mount("/api/v1/manage/moderation/requests", RequestsFace(self).app.resource()),
        )


class MembersFace:
    """``manage/users/users/``"""

    app = resource_app()

    def __init__(self, desk: AdministrationDesk) -> None:
        self._members, self._callers = desk.arrivals.members, desk.callers
        self._url = f"{desk.api_url}/manage/users/users/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Accounts."""
        await self._callers.scoped(request, "instance:users")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_administration.member_question(query)
        count, found = await self._members.listed(question, asked.size, asked.offset)
        documents = [v1_administration.member(one.account, one.actor) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        """An account."""
        await self._callers.scoped(request, "instance:users")
        found = await self._members.one(id)
        return answer(request, 200, v1_administration.member(found.account, found.actor))

    @app.route("/<int:id>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, id: int) -> bytes:
        """Open or closed, its rights, its quota."""
        viewer = await self._callers.scoped(request, "instance:users")
        change = v1_administration.member_change(await document(request))
        changed = await self._members.change(viewer, id, change)
        return answer(request, 200, v1_administration.member(changed.account, changed.actor))


class InvitationsFace:
    """``manage/users/invitations/``"""

    app = resource_app()

    def __init__(self, desk: AdministrationDesk) -> None:
        self._invitations, self._callers = desk.arrivals.invitations, desk.callers
        self._url = f"{desk.api_url}/manage/users/invitations/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All, whoever made them."""
        await self._callers.scoped(request, "instance:invitations")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_administration.invitation_question(query)
        count, found = await self._invitations.listed(question, asked.size, asked.offset)
        documents = [v1_administration.invitation(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def invite(self, request: LeanRequest) -> bytes:
        """A new one."""
        viewer = await self._callers.scoped(request, "instance:invitations")
        made = await self._invitations.invite(viewer, v1_administration.invitation_wish(await document(request)))
        return answer(request, 201, v1_administration.invitation(made))

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Open ones are taken back."""
        await self._callers.scoped(request, "instance:invitations")
        count = await self._invitations.take_back(v1_administration.taking_back(await document(request)))
        return answer(request, 200, {"updated": count, "action": "delete", "result": None})

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        """One."""
        await self._callers.scoped(request, "instance:invitations")
        return answer(request, 200, v1_administration.invitation(await self._invitations.one(id)))

    @app.route("/<int:id>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, id: int) -> bytes:
        """Another code."""
        await self._callers.scoped(request, "instance:invitations")
        code = v1_administration.invitation_change(await document(request))
        found = await (self._invitations.one(id) if code is None else self._invitations.change(id, code))
        return answer(request, 200, v1_administration.invitation(found))


class RequestsFace:
    """``manage/moderation/requests/``"""

    app = resource_app()

    def __init__(self, desk: AdministrationDesk) -> None:
        self._requests, self._callers = desk.arrivals.requests, desk.callers
        self._url = f"{desk.api_url}/manage/moderation/requests/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Who asked to be let in."""
        await self._callers.scoped(request, "instance:requests")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_administration.request_question(query)
        count, found = await self._requests.listed(question, asked.size, asked.offset)
        documents = [v1_administration.user_request(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """One."""
        await self._callers.scoped(request, "instance:requests")
        return answer(request, 200, v1_administration.user_request(await self._requests.one(uuid)))

    @app.route("/<uuid:uuid>/", methods=["PATCH", "PUT"])
    async def respond(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Yes or no."""
        viewer = await self._callers.scoped(request, "instance:requests")
        status = v1_administration.request_answer(await document(request))
        answered = await self._requests.answer(viewer, uuid, status)
        return answer(request, 200, v1_administration.user_request(answered))
