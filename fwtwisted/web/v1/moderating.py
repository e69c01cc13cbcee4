"""
What moderators decide: ``manage/moderation/instance-policies/``, ``manage/federation/domains/``, ``manage/accounts/``;
and whom people block for themselves: ``moderation/blocks/``.

Source: docs/api.md §4.17 and §4.19.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from fwtwisted.core.fediverse.moderation.room import Moderation
from fwtwisted.web.app import answer, nothing, resource_app
from fwtwisted.web.callers import Callers
from fwtwisted.web.reading import Query, document
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.site import Mount
from fwtwisted.wire.v1 import page, paging
from fwtwisted.wire.v1 import policies as v1_policies

POLICIES, DOMAINS, ACCOUNTS = "manage/moderation/instance-policies", "manage/federation/domains", "manage/accounts"
BLOCKS = "moderation/blocks"


@frozen
class ModerationDesk:
    """What this area is written with.  :ivar api_url: of the REST face."""

    moderation: Moderation
    callers: Callers
    api_url: str

    def mounts(self) -> Sequence[Mount]:
        """Everything here, at its prefixes."""
        return (
            Mount(f"/api/v1/{POLICIES}", PoliciesFace(self).app.resource()),
            Mount(f"/api/v1/{DOMAINS}", ServersFace(self).app.resource()),
            Mount(f"/api/v1/{ACCOUNTS}", ActorsFace(self).app.resource()),
            Mount(f"/api/v1/{BLOCKS}", BlocksFace(self).app.resource()),
        )


class PoliciesFace:
    """``manage/moderation/instance-policies/``"""

    app = resource_app()

    def __init__(self, desk: ModerationDesk) -> None:
        self._deciding, self._callers = desk.moderation.deciding, desk.callers
        self._url = f"{desk.api_url}/{POLICIES}/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Everything that was decided."""
        await self._callers.scoped(request, "instance:policies")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_policies.policy_question(query)
        count, found = await self._deciding.listed(question, asked.size, asked.offset)
        return answer(request, 200, page([v1_policies.policy(one) for one in found], count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def decide(self, request: LeanRequest) -> bytes:
        """About a server or an actor of which nothing was decided yet."""
        viewer = await self._callers.scoped(request, "instance:policies")
        target, said = v1_policies.policy_wish(await document(request))
        return answer(request, 201, v1_policies.policy(await self._deciding.decide(viewer, target, said)))

    @app.route("/<int:id>/", methods=["GET"])
    async def one(self, request: LeanRequest, id: int) -> bytes:
        await self._callers.scoped(request, "instance:policies")
        return answer(request, 200, v1_policies.policy(await self._deciding.one(id)))

    @app.route("/<int:id>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, id: int) -> bytes:
        """Another word about the same target."""
        viewer = await self._callers.scoped(request, "instance:policies")
        said = v1_policies.policy_change(await document(request))
        return answer(request, 200, v1_policies.policy(await self._deciding.change(viewer, id, said)))

    @app.route("/<int:id>/", methods=["DELETE"])
    async def undo(self, request: LeanRequest, id: int) -> bytes:
        """Take it back."""
        await self._deciding.undo(await self._callers.scoped(request, "instance:policies"), id)
        return nothing(request)


class ServersFace:
    """``manage/federation/domains/``"""

    app = resource_app()

    def __init__(self, desk: ModerationDesk) -> None:
        self._servers, self._callers = desk.moderation.servers, desk.callers
        self._url = f"{desk.api_url}/{DOMAINS}/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """All but ours."""
        await self._callers.scoped(request, "instance:domains")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_policies.server_question(query)
        count, found = await self._servers.listed(question, asked.size, asked.offset)
        return answer(request, 200, page([v1_policies.server(one) for one in found], count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def add(self, request: LeanRequest) -> bytes:
        """Make one known."""
        viewer = await self._callers.scoped(request, "instance:domains")
        wish = v1_policies.server_wish(await document(request))
        return answer(request, 201, v1_policies.server(await self._servers.add(viewer, wish.name, wish.allowed)))

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """The same with many."""
        viewer = await self._callers.scoped(request, "instance:domains")
        act, question = v1_policies.server_action(await document(request))
        count = await self._servers.act(viewer, act, question)
        return answer(request, 200, {"updated": count, "action": act, "result": None})

    @app.route("/<name>/", methods=["GET"])
    async def one(self, request: LeanRequest, name: str) -> bytes:
        await self._callers.scoped(request, "instance:domains")
        return answer(request, 200, v1_policies.server(await self._servers.one(name)))

    @app.route("/<name>/", methods=["PATCH", "PUT"])
    async def change(self, request: LeanRequest, name: str) -> bytes:
        """On the allow list, or off it."""
        viewer = await self._callers.scoped(request, "instance:domains")
        has_word, allowed = v1_policies.server_change(await document(request))
        changed = await (self._servers.change(viewer, name, allowed) if has_word else self._servers.one(name))
        return answer(request, 200, v1_policies.server(changed))

    @app.route("/<name>/stats/", methods=["GET"])
    async def stats(self, request: LeanRequest, name: str) -> bytes:
        """What is here of it."""
        await self._callers.scoped(request, "instance:domains")
        return answer(request, 200, v1_policies.stats(await self._servers.stats(name)))

    @app.route("/<name>/nodeinfo/", methods=["GET"])
    async def nodeinfo(self, request: LeanRequest, name: str) -> bytes:
        """Ask it what it is."""
        await self._callers.scoped(request, "instance:domains")
        known, answered = await self._servers.asked_again(name)
        return answer(request, 200, v1_policies.nodeinfo(known, answered=answered))


class ActorsFace:
    """``manage/accounts/``"""

    app = resource_app()

    def __init__(self, desk: ModerationDesk) -> None:
        self._actors, self._callers = desk.moderation.actors, desk.callers
        self._url = f"{desk.api_url}/{ACCOUNTS}/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Everybody, wherever they live."""
        await self._callers.scoped(request, "instance:accounts")
        query = Query.of(request).lists()
        asked, question = paging(query), v1_policies.actor_question(query)
        count, found = await self._actors.listed(question, asked.size, asked.offset)
        documents = [v1_policies.known_actor(one) for one in found]
        return answer(request, 200, page(documents, count, asked, self._url, query))

    @app.route("/action/", methods=["POST"])
    async def act(self, request: LeanRequest) -> bytes:
        """Everything of some actors goes."""
        viewer = await self._callers.scoped(request, "instance:accounts")
        count = await self._actors.purge(viewer, v1_policies.actor_action(await document(request)))
        return answer(request, 200, {"updated": count, "action": v1_policies.PURGE, "result": None})

    @app.route("/<handle>/", methods=["GET"])
    async def one(self, request: LeanRequest, handle: str) -> bytes:
        await self._callers.scoped(request, "instance:accounts")
        return answer(request, 200, v1_policies.known_actor(await self._actors.one(handle)))

    @app.route("/<handle>/stats/", methods=["GET"])
    async def stats(self, request: LeanRequest, handle: str) -> bytes:
        """What is here of them."""
        await self._callers.scoped(request, "instance:accounts")
        return answer(request, 200, v1_policies.stats(await self._actors.stats(handle)))


class BlocksFace:
    """``moderation/blocks/``"""

    app = resource_app()

    def __init__(self, desk: ModerationDesk) -> None:
        self._blocks, self._callers = desk.moderation.blocks, desk.callers
        self._url = f"{desk.api_url}/{BLOCKS}/"

    @app.route("/", methods=["GET"])
    async def many(self, request: LeanRequest) -> bytes:
        """Whom the caller blocks."""
        viewer = await self._callers.scoped(request, "filters")
        query = Query.of(request).lists()
        asked = paging(query)
        count, found = await self._blocks.listed(viewer, asked.size, asked.offset)
        return answer(request, 200, page([v1_policies.blocked(one) for one in found], count, asked, self._url, query))

    @app.route("/", methods=["POST"])
    async def block(self, request: LeanRequest) -> bytes:
        """One more."""
        viewer = await self._callers.scoped(request, "filters")
        handle = v1_policies.blocked_actor(await document(request))
        return answer(request, 201, v1_policies.blocked(await self._blocks.block(viewer, handle)))

    @app.route("/<uuid:uuid>/", methods=["GET"])
    async def one(self, request: LeanRequest, uuid: UUID) -> bytes:
        viewer = await self._callers.scoped(request, "filters")
        return answer(request, 200, v1_policies.blocked(await self._blocks.one(viewer, uuid)))

    @app.route("/<uuid:uuid>/", methods=["DELETE"])
    async def unblock(self, request: LeanRequest, uuid: UUID) -> bytes:
        """Not blocked any more."""
        await self._blocks.unblock(await self._callers.scoped(request, "filters"), uuid)
        return nothing(request)
