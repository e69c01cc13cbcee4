"""What happens here, told to those elsewhere who follow it: one method per event, called in its transaction."""

from __future__ import annotations

from fwtwisted.core.fediverse.sending.outbox import Outbox, Ring
from fwtwisted.model.people import Pod


class Announcing:
    """Says what happened."""

    def __init__(self, outbox: Outbox, ring: Ring, pod: Pod) -> None:
        self._outbox, self._ring, self._pod = outbox, ring, pod
