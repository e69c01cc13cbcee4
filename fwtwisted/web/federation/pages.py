"""
Pages for people, told as documents to those who ask for documents: in place, since a redirect would break a signature.

Source: docs/federation.md §2.2; docs/api.md §6.1.
"""

from __future__ import annotations

from twisted.python.failure import Failure

from fwtwisted.core.fediverse.publishing.finding import Finding
from fwtwisted.model.errors import FwError, NotFound, NotOffered
from fwtwisted.model.policies import Reading
from fwtwisted.model.shown import Sort
from fwtwisted.web.federation.documents import Documents, accept_of, refusal, send_as, vary
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire.activitypub.negotiation import document_form
from fwtwisted.wire.places import place_of

ACTORS = frozenset((Sort.PERSON, Sort.CHANNEL))


class Pages:
    """Answers in the place of pages."""

    def __init__(self, documents: Documents, finding: Finding) -> None:
        self._documents, self._finding = documents, finding

    async def document(self, request: LeanRequest, path: str) -> bytes | None:
        """The document of what the page at a path (decoded) is about; None: the page is to be sent."""
        place = place_of(path)
        if place is None:
            return None
        vary(request)
        wanted = document_form(accept_of(request))
        if wanted is None:
            return None
        reading = Reading.ACTOR if place.sort in ACTORS else Reading.OTHER
        try:
            reader = await self._documents.reader(request, reading)
            return send_as(request, await self._finding.at(place, reader), wanted)
        except (NotFound, NotOffered):
            return None
        except FwError:
            return refusal(request, Failure())
