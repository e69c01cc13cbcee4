"""Suggested changes (§4.14)."""

from __future__ import annotations

from fwtwisted.model.edits import LONGEST_SUMMARY, UPDATE
from fwtwisted.model.music import Kind
from fwtwisted.model.uploads import LONGEST_COPYRIGHT, LONGEST_TITLE
from fwtwisted.wire.schema import (
    ADDRESS,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    TEXT,
    UUID,
    choice,
    listed,
    maybe,
    named,
    one_of,
    sent,
    text,
    told,
)
from fwtwisted.wire.v1.shapes import CONTENT_WISH
from fwtwisted.wire.v1.shapes.people import ACTOR
from fwtwisted.wire.v1.shapes.uploads import NUMBER_FROM_ONE

MUTATION = named(
    "Mutation",
    told(
        fid=ADDRESS,
        uuid=UUID,
        type=TEXT,
        creation_date=MOMENT,
        applied_date=maybe(MOMENT),
        is_approved=maybe(FLAG),
        is_applied=maybe(FLAG),
        created_by=maybe(ACTOR),
        approved_by=maybe(ID),
        summary=maybe(TEXT),
        payload=OBJECT,
        previous_state=maybe(OBJECT),
        target=told(type=choice(Kind), id=ID, repr=TEXT),
    ),
)
APPLIED_ALREADY = named("MutationError", told(error=TEXT))

_PAYLOAD = {
    "artist": {"name": text(LONGEST_TITLE)},
    "album": {"title": text(LONGEST_TITLE), "release_date": maybe(TEXT)},
    "track": {
        "title": text(LONGEST_TITLE),
        "position": maybe(NUMBER_FROM_ONE),
        "license": maybe(TEXT),
        "copyright": maybe(text(LONGEST_COPYRIGHT, 0)),
    },
}
EDIT_WISH = {
    kind: named(
        f"{kind.capitalize()}EditWish",
        sent(
            {
                "type": one_of(UPDATE),
                "payload": {
                    **sent(**own, tags=listed(text(100)), description=maybe(CONTENT_WISH), cover=maybe(UUID)),
                    "minProperties": 1,
                },
            },
            summary=maybe(text(LONGEST_SUMMARY, 0)),
            is_approved=maybe(FLAG),
        ),
    )
    for kind, own in _PAYLOAD.items()
}
