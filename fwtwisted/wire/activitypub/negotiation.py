"""
In which form somebody wants a thing: as a document for servers, or as a page for people.

Source: docs/federation.md §2.2; RFC 9110, 12.5.1.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator
from typing import Final

from attrs import frozen

from fwtwisted.wire.activitypub.contexts import AS

LONGEST_ACCEPT: Final = 2_000  # characters
MOST_RANGES: Final = 40
_QUALITY: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


class Form(enum.Enum):
    """What we offer, in our own order; each with the media type that it is sent as."""

    ACTIVITY = "application/activity+json"
    LD = f'application/ld+json; profile="{AS}"'  # without the profile GoToSocial refuses it
    JSON = "application/json"
    PAGE = "text/html"

    @property
    def bare(self) -> str:
        """The media type without parameters."""
        return self.value.partition(";")[0]


@frozen
class _Range:
    """A word of ``Accept``.  :ivar place: which in the list."""

    kind: str
    quality: float
    place: int


def form(accept: str | None) -> Form:
    """
    The form that somebody wants of a thing that is a document first.

    The highest quality counts, among equals what is listed first; ``*/*`` alone comes from browsers.
    """
    if accept is None or not accept.strip():
        return Form.ACTIVITY
    best = _best(accept, tuple(Form), {"*/*": Form.PAGE, "text/*": Form.PAGE, "application/*": Form.ACTIVITY})
    return best or Form.ACTIVITY


def document_form(accept: str | None) -> Form | None:
    """
    The form that somebody wants of a thing that is a page first; None: the page.

    Documents are for those who name one of their types.
    """
    if accept is None:
        return None
    best = _best(accept, tuple(Form), {"*/*": Form.PAGE, "text/*": Form.PAGE})
    return None if best is Form.PAGE else best


def _best(accept: str, offered: Collection[Form], wide: dict[str, Form]) -> Form | None:
    """The best of what is offered.  :param wide: what ranges with a star stand for."""
    kinds = {**wide, **{one.bare: one for one in offered}}
    lawful = [one for one in _ranges(accept) if one.quality > 0 and one.kind in kinds]
    if not lawful:
        return None
    return kinds[min(lawful, key=lambda one: (-one.quality, one.place)).kind]


def _ranges(accept: str) -> Iterator[_Range]:
    for place, word in enumerate(accept[:LONGEST_ACCEPT].split(",")[:MOST_RANGES]):
        kind, *parameters = word.split(";")
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                quality = _quality(value.strip())
        yield _Range(kind.strip().lower(), quality, place)


def _quality(text: str) -> float:
    """A quality; what is none counts as nothing wanted."""
    return float(text) if _QUALITY.fullmatch(text) else 0.0


_FUNKWHALE: Final = re.compile(r"funkwhale/([0-9]{1,4})\.", re.IGNORECASE)


def funkwhale_in(agent: str | None) -> int | None:
    """Which Funkwhale somebody says to be in ``User-Agent``: the first number of its version; None: another program."""
    found = _FUNKWHALE.search((agent or "")[:LONGEST_ACCEPT])
    return None if found is None else int(found[1])


def trips_over_null(agent: bytes | None) -> bool:
    """Whether a program, by its ``User-Agent``, fails at a member that is null where another would have a picture."""
    return agent is not None and agent.lower().startswith(b"castopod/")
