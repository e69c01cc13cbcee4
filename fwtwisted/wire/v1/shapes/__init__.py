"""
What the documents of the REST face look like, as schemas; one module beside each of ``wire.v1`` that writes or reads.

``tests/rest/test_schema.py`` holds every answer of a filled pod against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from fwtwisted.model.accounts import LONGEST_TEXT
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    FLAG,
    ID,
    MOMENT,
    TEXT,
    UUID,
    Named,
    Schema,
    choice,
    either,
    listed,
    maybe,
    named,
    one_of,
    sent,
    text,
    told,
)
from fwtwisted.wire.v1.people import ContentType


@cache
def page_of(schema: Named) -> Named:
    """A page of a list (§1.4); of one sort of thing there is one."""
    return named(
        f"PageOf{schema.name}",
        told(count=COUNT, next=maybe(ADDRESS), previous=maybe(ADDRESS), results=listed(schema)),
    )


ATTACHMENT = named(
    "Attachment",
    told(
        uuid=UUID,
        size=maybe(COUNT),
        mimetype=maybe(TEXT),
        creation_date=MOMENT,
        urls=told(source=maybe(ADDRESS), original=ADDRESS, medium_square_crop=ADDRESS, large_square_crop=ADDRESS),
    ),
)
CONTENT = named("Content", told(text=TEXT, content_type=choice(ContentType), html=TEXT))
CONTENT_WISH = named("ContentWish", sent(text=maybe(text(LONGEST_TEXT, 0)), content_type=choice(ContentType)))

# What many documents have in common: a number, an id in the fediverse, one at MusicBrainz.
THING: dict[str, Schema] = {"id": ID, "fid": ADDRESS, "mbid": maybe(UUID), "creation_date": MOMENT, "is_local": FLAG}


def action_on(*actions: str, ids: Schema, filters: Schema | None = None) -> Mapping[str, Any]:
    """Something that is to be done to many (§3.13).  :param filters: with ``"objects": "all"``; None: not offered."""
    several = listed(ids, least=1)
    if filters is None:
        return sent({"action": one_of(*actions), "objects": several})
    chosen = either(several, one_of("all"))
    return sent({"action": one_of(*actions), "objects": chosen}, filters=maybe(filters))


def acted(*actions: str) -> Mapping[str, Any]:
    """What came of it."""
    return told(updated=COUNT, action=one_of(*actions), result={"type": "null"})
