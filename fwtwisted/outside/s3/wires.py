"""
The socket below a connection to the store: how much is read from it at once, and whether the kernel may take it over.

Source: docs/storage.md S-60.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.interfaces import ITransport

from fwtwisted.outside.relay import CAN_RELAY, Relay

FEW_BYTES, MANY_BYTES = 32 << 10, 256 << 10  # read at once: for who is slow, for who is quick


class Wire:
    """
    :param transport: of the protocol that speaks HTTP; TLS may lie between it and the socket.
    """

    def __init__(self, reactor: Any, transport: ITransport | None) -> None:
        self._reactor = reactor
        below: Any = transport
        while below is not None and not hasattr(below, "bufferSize"):
            below = getattr(below, "transport", None)
        self._socket = below
        self._is_plain = below is transport and not getattr(below, "TLS", False)

    def read_at_once(self, count: int) -> None:
        """How many bytes are asked of the system in one go."""
        if self._socket is not None:
            self._socket.bufferSize = count

    def relay(self, count: int, silence_seconds: float) -> Relay | None:
        """The next bytes, to be moved by the kernel; whoever reads here must have stopped.  None: that cannot be."""
        if not CAN_RELAY or not self._is_plain or self._socket is None:
            return None
        try:
            return Relay(self._reactor, os.dup(self._socket.fileno()), count, silence_seconds)
        except OSError:
            return None
