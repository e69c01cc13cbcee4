"""Radios, their filters, and listening to them (§4.13)."""

from __future__ import annotations

from fwtwisted.model.radios import LONGEST_DESCRIPTION, LONGEST_NAME, Join, RadioType
from fwtwisted.wire.radio_filters import LONGEST_TAG, MOST_FILTERS, MOST_ITEMS
from fwtwisted.wire.schema import (
    ANYTHING,
    COUNT,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    TEXT,
    Named,
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
from fwtwisted.wire.v1.radios import LONGEST_RELATED, MOST_TRIED
from fwtwisted.wire.v1.shapes.catalog import TRACK
from fwtwisted.wire.v1.shapes.people import USER

_JOINED = {"operator": choice(Join), "not": FLAG}
FILTER = Named(
    "RadioFilter",
    either(
        sent({"type": one_of("artist"), "ids": listed(ID, most=MOST_ITEMS, least=1)}, names=listed(TEXT), **_JOINED),
        sent({"type": one_of("tag"), "names": listed(text(LONGEST_TAG), most=MOST_ITEMS, least=1)}, **_JOINED),
        sent({"type": one_of("playlist"), "ids": listed(ID, most=MOST_ITEMS, least=1)}, **_JOINED),
        sent(
            {
                "type": one_of("group"),
                "filters": {"type": "array", "items": {"$ref": "#/components/schemas/RadioFilter"}},
            },
            **_JOINED,
        ),
    ),
)
FILTERS = listed(FILTER, most=MOST_FILTERS)

RADIO = named(
    "Radio",
    told(
        id=ID,
        is_public=FLAG,
        name=TEXT,
        creation_date=MOMENT,
        user=maybe(USER),
        config=listed(FILTER),
        description=TEXT,
    ),
)
SESSION = named(
    "RadioSession",
    told(
        id=ID,
        radio_type=choice(RadioType),
        related_object_id=maybe(TEXT),
        user=maybe(ID),
        creation_date=MOMENT,
        custom_radio=maybe(ID),
        config=ANYTHING,
    ),
)
SESSION_TRACK = named("RadioSessionTrack", told(id=ID, session=ID, position=COUNT, track=TRACK))
TRIED = named(
    "RadioFiltersTried",
    told(filters=listed(told(errors=listed(TEXT), candidates=told(count=maybe(COUNT), sample=maybe(listed(TRACK)))))),
)
FILTER_KINDS = named("RadioFilterKinds", listed(told(type=TEXT, label=TEXT, help_text=TEXT, fields=listed(OBJECT))))

RADIO_WISH = named(
    "RadioWish",
    sent(
        {"name": text(LONGEST_NAME), "config": FILTERS},
        description=maybe(text(LONGEST_DESCRIPTION, 0)),
        is_public=FLAG,
    ),
)
RADIO_CHANGE = named(
    "RadioChange",
    sent(
        name=text(LONGEST_NAME),
        config=FILTERS,
        description=maybe(text(LONGEST_DESCRIPTION, 0)),
        is_public=FLAG,
    ),
)
FILTERS_TO_TRY = named("RadioFiltersToTry", sent({"filters": listed(ANYTHING, most=MOST_TRIED)}))
SESSION_WISH = named(
    "RadioSessionWish",
    sent(
        {"radio_type": choice(RadioType)},
        related_object_id=maybe(text(LONGEST_RELATED, 0)),
        custom_radio=maybe(ID),
        config=maybe(FILTERS),
    ),
)
SESSION_NAMED = named("RadioSessionNamed", sent({"session": ID}))
