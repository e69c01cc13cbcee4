"""
Suggested changes: those of an object, and all of them with what is decided.

Source: docs/api.md §4.14.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.core.music.edits import AlreadyApplied, Edits
from fwtwisted.model.edits import EditQuestion
from fwtwisted.model.music import Kind
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import edits as v1_edits
from fwtwisted.wire.v1 import page, paging


@frozen
class EditsDesk:
    """
    What this area is written with.

    :ivar api_url: ``https://pod.example/api/v1``: what the addresses of pages begin with.
    """

    edits: Edits
    callers: Callers
    api_url: str

    def mount(self) -> Mount:
        """Everything here, at its prefix; what hangs below an object is in ``web.v1.music``."""
        return Mount("/api/v1/mutations", MutationsFace(self).app.resource())

    async def of(self, request: LeanRequest, kind: Kind, id: int) -> bytes:
        """Answer with a page of an object's suggestions."""
        await self.callers.open(request, "edits")
        question = v1_edits.edit_question(Query.of(request).lists(), (kind, id))
        return await self.page(request, question, f"{kind}s/{id}/mutations/")

    async def suggest(self, request: LeanRequest, kind: Kind, id: int) -> bytes:
        """Keep a suggestion for an object."""
        viewer = await self.callers.scoped(request, "edits")
        await self.edits.may_suggest(kind, id)
        wish = v1_edits.edit_wish(kind, await document(request), self.edits.settings.most_tags)
        made = await self.edits.suggest(viewer, kind, id, wish)
        return answer(request, 201, v1_edits.mutation(made.mutations[0], made.authors))

    async def page(self, request: LeanRequest, question: EditQuestion, name: str) -> bytes:
        """Answer with a page of suggestions."""
        query = Query.of(request).lists()
        asked = paging(query)
        count, found = await self.edits.listed(question, asked.size, asked.offset)
        documents = [v1_edits.mutation(one, found.authors) for one in found.mutations]
        return answer(request, 200, page(documents, count, asked, f"{self.api_url}/{name}", query))


class MutationsFace:
    """``mutations/``"""

    app = resource_app()

    def __init__(self, desk: EditsDesk) -> None:
        self._desk, self._edits, self._callers = desk, desk.edits, desk.callers

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All of them."""
        await self._callers.user(request)
        return await self._desk.page(request, v1_edits.edit_question(Query.of(request).lists()), "mutations/")

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        """One."""
        await self._callers.user(request)
        found = await self._edits.one(uuid)
        return answer(request, 200, v1_edits.mutation(found.mutations[0], found.authors))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def withdraw(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Gone, before it was applied."""
        await self._edits.withdraw(await self._callers.scoped(request, "edits"), uuid)
        return nothing(request)

    @app.route("/<uuid:uuid>/approve/", methods=["POST"])
    async def approve(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Somebody who may says yes."""
        return await self._decided(request, uuid, yes=True)

    @app.route("/<uuid:uuid>/reject/", methods=["POST"])
    async def reject(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Somebody who may says no."""
        return await self._decided(request, uuid, yes=False)

    async def _decided(self, request: LeanRequest, uuid: UUID, *, yes: bool) -> bytes:
        viewer = await self._callers.scoped(request, "edits")
        try:
            await self._edits.decide(viewer, uuid, yes=yes)
        except AlreadyApplied as why:
            return answer(request, 403, {"error": str(why)})
        return answer(request, 200, {})
