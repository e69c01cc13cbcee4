"""Suggested changes: ``mutations``, and those below artists, albums and tracks."""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.model.music import Kind
from fwtwisted.web.v1.described.asking import PAGES, flag, order, token_search, word
from fwtwisted.wire.openapi import USER, Answer, Area, Operation, gone, made, ok, open_to, scoped
from fwtwisted.wire.schema import told
from fwtwisted.wire.v1.shapes import edits as shapes
from fwtwisted.wire.v1.shapes import page_of

MUTATIONS = page_of(shapes.MUTATION)
EDITORS = scoped("edits")
QUERY = (
    *PAGES,
    token_search("summary", "fid", "type", "domain", "is_approved", "is_applied", "target"),
    flag("is_approved", "What was decided; `null` for what was not."),
    flag("is_applied", "Whether it was applied."),
    word("type", "Of this type."),
    order(("creation_date",)),
)
DECIDED = Answer(200, "It is decided.", {"application/json": told()})
TOO_LATE = ok(shapes.APPLIED_ALREADY, "It was applied already.", 403)


def edits_of(kind: Kind) -> Mapping[str, Operation]:
    """What hangs below an object."""
    return {
        "GET": Operation(f"Changes that were suggested for the {kind}", open_to("edits"), [ok(MUTATIONS)], query=QUERY),
        "POST": Operation(
            f"Suggest a change to the {kind}",
            EDITORS,
            [made(shapes.MUTATION)],
            body=shapes.EDIT_WISH[kind],
            more="Who may decide it can have it applied at once, with `is_approved`.",
        ),
    }


AREA = Area(
    "Edits",
    "Changes to artists, albums and tracks that people suggest, and what became of them.",
    {
        "/api/v1/mutations/": {"GET": Operation("All suggestions", USER, [ok(MUTATIONS)], query=QUERY)},
        "/api/v1/mutations/<uuid:uuid>/": {
            "GET": Operation("A suggestion", USER, [ok(shapes.MUTATION)]),
            "DELETE": Operation("Take a suggestion back, before it was applied", EDITORS, [gone()]),
        },
        "/api/v1/mutations/<uuid:uuid>/approve/": {
            "POST": Operation("Say yes: the change is applied", EDITORS, [DECIDED, TOO_LATE])
        },
        "/api/v1/mutations/<uuid:uuid>/reject/": {"POST": Operation("Say no", EDITORS, [DECIDED, TOO_LATE])},
    },
)
