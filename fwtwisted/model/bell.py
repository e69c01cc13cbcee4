"""How processes wake each other: everybody who has something to tell is handed :data:`Ring`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

# ``ring(name, payload)`` is heard by whoever listens to that bell, in every process; a hint that may get lost.
Ring: TypeAlias = Callable[[str, bytes], None]
