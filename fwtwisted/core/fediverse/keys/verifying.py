"""Finds out who a request comes from."""

from __future__ import annotations

from fwtwisted.model.federation import Signer
from fwtwisted.wire.signatures.received import Digests, Received

__all__ = ("Digests", "Received", "Verifying")


class Verifying:
    """Believes signatures, or not."""

    async def signer(self, request: Received, *, activity_actor: str | None, deletes_itself: bool = False) -> Signer:
        """
        Who signed a request to an inbox.

        :param activity_actor: whom the activity says it comes from; the signer must be the same.
        :param deletes_itself: the activity is a Delete of its own actor.
        :raise Unsigned: :raise Forged: 401.  :raise ShutOut: 403.  :raise Throttled: 429.
        :raise Idle: it came before, or somebody is removed whom we never knew: 202, nothing is done.
        """
        raise NotImplementedError

    async def identified(self, request: Received) -> Signer | None:
        """Who signed a GET; None where it is not signed.  Raises as :meth:`signer`, but for ``Idle``."""
        raise NotImplementedError
