"""Asks other servers for documents."""

from __future__ import annotations

from fwtwisted.model.federation import Answer, AskFailed

__all__ = ("Answer", "AskFailed", "Asking")

MIB = 1 << 20


class Asking:
    """Gets documents of other servers, signed."""

    async def document(
        self, url: str, *, as_actor: int | None = None, largest: int = MIB, fresh: bool = False
    ) -> Answer:
        """
        An ActivityPub document.

        :param as_actor: whose signature the request bears; None: the service actor's.
        :param fresh: do not make do with what came a minute ago, or failed a few minutes ago.
        :raise AskFailed:
        """
        raise NotImplementedError

    async def json(self, url: str, accept: str, largest: int = MIB) -> Answer:
        """A document for everybody (nodeinfo, WebFinger), asked for without a signature.  :raise AskFailed:"""
        raise NotImplementedError
