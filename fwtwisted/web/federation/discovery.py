"""How others find actors of ours: ``/.well-known/webfinger``, ``host-meta``.  Source: docs/federation.md §2.3."""

from __future__ import annotations

from twisted.python.failure import Failure

from fwtwisted.core.fediverse.publishing.finding import Finding
from fwtwisted.model.errors import FwError
from fwtwisted.web.app import reply, resource_app, told, written
from fwtwisted.web.federation.documents import FOR_ALL, Documents
from fwtwisted.web.federation.indexes import open_to_all
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.activitypub.discovery import JRD, XRD


class WellKnown:
    """``/.well-known``."""

    app = resource_app()

    def __init__(self, documents: Documents, finding: Finding) -> None:
        self._documents, self._finding = documents, finding

    @app.handle_errors(FwError)
    def refused(self, request: LeanRequest, failure: Failure) -> bytes:
        """Why not."""
        open_to_all(request)
        assert isinstance(failure.value, FwError)
        return told(request, failure.value)

    @app.route("/webfinger", methods=["GET"])
    async def webfinger(self, request: LeanRequest) -> bytes:
        """Where an actor is."""
        await self._documents.must_be_open()
        found = await self._finding.webfinger(Query.of(request).get("resource"))
        open_to_all(request)
        return reply(request, 200, written(found), JRD.encode("ascii"), {"Cache-Control": FOR_ALL})

    @app.route("/host-meta", methods=["GET"])
    async def host_meta(self, request: LeanRequest) -> bytes:
        """Where WebFinger is."""
        await self._documents.must_be_open()
        open_to_all(request)
        body = self._finding.host_meta()
        return reply(request, 200, body, XRD.encode("ascii"), {"Cache-Control": FOR_ALL})

    @app.route("/host-meta.json", methods=["GET"])
    async def host_meta_json(self, request: LeanRequest) -> bytes:
        """Where WebFinger is, as JSON."""
        await self._documents.must_be_open()
        open_to_all(request)
        body = written(self._finding.host_meta_json())
        return reply(request, 200, body, JRD.encode("ascii"), {"Cache-Control": FOR_ALL})
