"""Who asks, when the proof is a signature: actors of other pods that hear what is published to them."""

from __future__ import annotations

from fwtwisted.core.fediverse.keys.verifying import Verifying
from fwtwisted.model.people import OPEN_SCOPES, Via, Viewer
from fwtwisted.web.callers import BySignature
from fwtwisted.web.federation.inboxes import received_of
from fwtwisted.web.request import LeanRequest


def by_signature(verifying: Verifying) -> BySignature:
    """Finds out who signed a request.  Source: docs/federation.md §5.5."""

    async def viewer(request: LeanRequest) -> Viewer | None:
        signer = await verifying.identified(received_of(request, None))
        if signer is None or signer.is_gone:
            return None
        actor = signer.actor
        return Viewer(actor_id=actor.id, username=actor.preferred_username, scopes=OPEN_SCOPES, via=Via.SIGNATURE)

    return viewer
