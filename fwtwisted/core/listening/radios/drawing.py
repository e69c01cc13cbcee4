"""
Which of the candidates come next.

``at random`` draws without looking at all of them: a few tries hit an unplayed one, unless most were played.
``the best first`` takes one of the ten best that are left, so that a radio of similar music begins with the most
similar and is not the same each time.  ``the least heard`` draws a hundred and takes those which the listener heard
least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

TRIES = 20
BEST = 10
SAMPLE = 100


def at_random(candidates: Sequence[int], played: set[int], count: int, chance: Random) -> list[int]:
    """At most ``count`` different candidates that were not played, in random order."""
    drawn: list[int] = []
    taken = set(played)
    tries = TRIES * count if candidates else 0
    while tries and len(drawn) < count:
        tries -= 1
        one = candidates[chance.randrange(len(candidates))]
        if one not in taken:
            taken.add(one)
            drawn.append(one)
    if len(drawn) < count:
        left = [one for one in candidates if one not in taken]
        drawn += chance.sample(left, min(count - len(drawn), len(left)))
    return drawn


def best_first(candidates: Sequence[int], played: set[int], count: int, chance: Random) -> list[int]:
    """At most ``count`` candidates that were not played, each one of the ten best that are left."""
    left = (one for one in candidates if one not in played)
    window: list[int] = []
    drawn: list[int] = []
    while len(drawn) < count:
        while len(window) < BEST and (one := next(left, None)) is not None:
            window.append(one)
        if not window:
            break
        drawn.append(window.pop(chance.randrange(len(window))))
    return drawn


def least_heard(sample: Sequence[int], heard: Mapping[int, int], count: int) -> list[int]:
    """At most ``count`` of the sample, those heard least; among equals the order of the sample decides."""
    return sorted(sample, key=lambda one: heard.get(one, 0))[:count]
