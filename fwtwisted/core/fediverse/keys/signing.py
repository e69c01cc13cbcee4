"""Signs what our actors send."""

from __future__ import annotations

from fwtwisted.model.federation import Scheme
from fwtwisted.outside.fetching import Sign

__all__ = ("Scheme", "Signing")


class Signing:
    """Makes the headers that prove who sends a request."""

    def by(self, actor_id: int, method: str = "GET", body: bytes | None = None, scheme: Scheme = Scheme.CAVAGE) -> Sign:
        """What signs a request for an actor of ours: for ``Wish.sign``, made anew for each hop, off the reactor."""
        raise NotImplementedError
