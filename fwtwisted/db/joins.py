"""Tables that a list may look at beside its own, joined only where a piece of its statement does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

_NAMED: Final = re.compile(r"\b([a-z_]+)\.")


@frozen
class Joins:
    """
    What a list can be put together from.

    :ivar table: its own.
    :ivar others: by name, the ``JOIN`` that brings each; one may stand on those before it.
    """

    table: str
    others: Mapping[str, str]

    def needed_by(self, *pieces: str) -> str:
        """``FROM`` with the tables that these pieces of SQL name, and those that these stand on."""
        needed = {name for piece in pieces for name in _NAMED.findall(piece)}
        for name in reversed(tuple(self.others)):
            if name in needed:
                needed.update(_NAMED.findall(self.others[name]))
        return " ".join([f"FROM {self.table}", *(join for name, join in self.others.items() if name in needed)])
