"""
How documents of ours are asked for and sent: who asks, in which form, and what others may keep of the answer.

Source: docs/federation.md §1.3, §2.2.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from twisted.python.failure import Failure

from fwtwisted.core.fediverse.publishing.gate import Gate, Reader
from fwtwisted.core.fediverse.publishing.showcase import Sheet
from fwtwisted.model.errors import Forbidden, FwError, NotFound, Unauthenticated
from fwtwisted.model.federation import StillAsked
from fwtwisted.model.policies import Reading
from fwtwisted.web.app import App, answer, moved, reply, resource_app, status_of, told
from fwtwisted.web.federation.inboxes import received_of
from fwtwisted.web.reading import Query
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.activitypub.negotiation import Form, form
from fwtwisted.wire.signatures.messages import accept_signature

VARY: Final = b"Accept, Signature, Signature-Input"
ACCEPT_SIGNATURE: Final = accept_signature(has_body=False)
# Caches may keep what everybody gets alike, for a moment: a burst of servers asks for the same.
FOR_ALL: Final = "public, max-age=60"
FOR_ONE: Final = "private, no-store"


class Documents:
    """Lets readers in, and sends them what they want."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def reader(self, request: LeanRequest, reading: Reading = Reading.OTHER) -> Reader:
        """Who asks.  Raises as :meth:`Gate.reader`."""
        vary(request)
        return await self._gate.reader(received_of(request, None), reading)

    async def shown(self, request: LeanRequest, show: Callable[[Reader], Awaitable[Sheet]]) -> bytes:
        """
        Answer with the document that ``show`` makes for who asks.

        :raise StillAsked: there is none for visitors; whether there is for who asks is not known yet.
        """
        reader = await self.reader(request)
        try:
            return send(request, await show(reader))
        except (Forbidden, NotFound) as why:
            if reader.is_unproven:
                raise StillAsked from why
            raise

    async def must_be_open(self) -> None:
        """:raise NotOffered: federation is switched off."""
        await self._gate.must_be_open()


def document_app() -> App:
    """An app for documents, which tells why there is none in the words of :func:`refusal`."""
    app = resource_app()

    @app.handle_errors(FwError)
    def refused(_: object, request: LeanRequest, failure: Failure) -> bytes:
        return refusal(request, failure)

    return app


def send(request: LeanRequest, sheet: Sheet) -> bytes:
    """Answer with a document, or lead people to its page."""
    wanted = form(accept_of(request))
    if wanted is Form.PAGE and not sheet.is_gone:
        return moved(request, sheet.page)
    return send_as(request, sheet, Form.ACTIVITY if wanted is Form.PAGE else wanted)


def send_as(request: LeanRequest, sheet: Sheet, wanted: Form) -> bytes:
    """Answer with a document in this form."""
    is_signed = any(request.requestHeaders.hasHeader(name) for name in (b"Signature", b"Signature-Input"))
    keeping = FOR_ONE if sheet.is_private or is_signed else FOR_ALL
    status = 410 if sheet.is_gone else 200
    return reply(request, status, sheet.body, wanted.value.encode("ascii"), {"Cache-Control": keeping})


def refusal(request: LeanRequest, failure: Failure) -> bytes:
    """Answer with why not; who was not believed is told which signatures we read."""
    error = failure.value
    assert isinstance(error, FwError)
    vary(request)
    request.responseHeaders.setRawHeaders(b"Cache-Control", [FOR_ONE.encode("ascii")])
    if isinstance(error, Unauthenticated):
        return answer(request, status_of(error), {"detail": str(error)}, {"Accept-Signature": ACCEPT_SIGNATURE})
    return told(request, error)


def vary(request: LeanRequest) -> None:
    """Tell caches what the answer depends on, once; a page of another site may have come before."""
    headers = request.responseHeaders
    if VARY not in headers.getRawHeaders(b"Vary", []):
        headers.addRawHeader(b"Vary", VARY)


def accept_of(request: LeanRequest) -> str | None:
    """All that the client said in ``Accept``."""
    values = request.requestHeaders.getRawHeaders(b"Accept")
    return None if values is None else ",".join(value.decode("latin-1") for value in values)


def page_of(request: LeanRequest) -> str | None:
    """Which page of a collection is asked for."""
    return Query.of(request).get("page")
