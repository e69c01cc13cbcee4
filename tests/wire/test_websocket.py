"""Frames that a server sends, read by somebody else's reader."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from fwtwisted.wire.websocket import text_frame


def read(data: bytes) -> tuple[str, bool]:
    """What a client understands, and whether it is a whole message."""
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(data)
    events = [event for event in client.events() if isinstance(event, TextMessage)]
    return "".join(event.data for event in events), events[-1].message_finished


class FrameTests(SynchronousTestCase):
    """RFC 6455, 5.2."""

    @given(st.text(max_size=300))
    def test_any_text(self, text: str) -> None:
        """Arrives as it was."""
        self.assertEqual((text, True), read(text_frame(text.encode())))

    def test_lengths(self) -> None:
        """Each of the three ways to write a length, at its edges."""
        for length in (0, 1, 125, 126, 127, 65_535, 65_536, 200_000):
            self.assertEqual(("x" * length, True), read(text_frame(b"x" * length)), length)
