"""Letters: what goes out by mail, before anybody has decided how."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class Letter:
    """
    A letter to one person.

    :ivar to: the address alone.
    :ivar subject: one line.
    :ivar text: wrapped, lines end with a line feed; it may hold a secret link, so it is never shown by chance.
    """

    to: str
    subject: str
    text: str = field(repr=False)
