"""
Frames of a WebSocket as a server sends them: without a mask, so that one serves all who hear the same.

Source: RFC 6455, 5.2.
"""

from __future__ import annotations

TEXT = 0x81  # a whole message of text
_SHORT, _MIDDLE = 126, 1 << 16


def text_frame(message: bytes) -> bytes:
    """A message of text in one frame.  :param message: UTF-8."""
    length = len(message)
    if length < _SHORT:
        head = bytes((TEXT, length))
    elif length < _MIDDLE:
        head = bytes((TEXT, 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((TEXT, 127)) + length.to_bytes(8, "big")
    return head + message
