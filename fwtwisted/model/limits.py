"""Where somebody stands with a limit on how often a thing may be done."""

from __future__ import annotations

from attrs import frozen


@frozen
class Standing:
    """
    How much of a limit is used.

    :ivar scope: the limit's name.
    :ivar limit: how often it may be done in ``seconds``.
    :ivar remaining: how often it may be done at once, now.
    :ivar wait_seconds: until it may be done once more; 0 while something remains.
    :ivar reset_seconds: until all of it may be done at once again.
    """

    scope: str
    limit: int
    seconds: int
    remaining: int
    wait_seconds: float
    reset_seconds: float

    @property
    def pace_seconds(self) -> float:
        """Who leaves so much time between two never waits."""
        return self.seconds / max(1, self.limit)
