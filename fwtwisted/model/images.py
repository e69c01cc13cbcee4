"""Pictures as people ask for them."""

from __future__ import annotations

from attrs import frozen


@frozen
class Frame:
    """
    What a picture is to fit in.

    :ivar edge: pixels.  :ivar is_square: the middle of the picture alone, as a square.
    """

    edge: int
    is_square: bool = False
