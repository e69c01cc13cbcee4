"""In what order a list is asked for."""

from __future__ import annotations

from typing import TypeAlias

# Names to order by, and whether each falls; those that a list does not know are ignored.
Ordering: TypeAlias = tuple[tuple[str, bool], ...]
