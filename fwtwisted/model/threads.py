"""How blocking work leaves the reactor: everybody who has some is handed :data:`Threads`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

# ``await threads(f, *args, **kw)`` is ``f(*args, **kw)``, run in a thread of the pool that the house has built.
Threads: TypeAlias = Callable[..., Deferred[Any]]
