"""All that the pod holds, for those who look after it."""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.model.librarians import ASKABLE, Sort
from fwtwisted.web.v1.described.asking import PAGES, below, number, order, token_search, uuid, word
from fwtwisted.wire.openapi import Area, Operation, Parameter, gone, made, ok, scoped
from fwtwisted.wire.schema import Named
from fwtwisted.wire.v1.librarians.asked import REFERENCES
from fwtwisted.wire.v1.shapes import librarians as shapes
from fwtwisted.wire.v1.shapes import page_of
from fwtwisted.wire.v1.shapes.libraries import LIBRARY_CHANGE, LIBRARY_WISH

LIBRARIES = scoped("instance:libraries")


def _exactly(name: str) -> Parameter:
    if name in REFERENCES:
        return number(name, f"Of the {name} with this number.")
    return uuid(name, "With this MusicBrainz id.") if name == "mbid" else word(name, "Exactly this.")


def _list_of(sort: Sort, what: str, shape: Named) -> Operation:
    known = ASKABLE[sort]
    return Operation(
        what,
        LIBRARIES,
        [ok(page_of(shape))],
        query=(
            *PAGES,
            token_search(*known.keys),
            *(_exactly(name) for name in known.exact),
            order(known.orders, strict=known.is_strict),
        ),
    )


def _removal(what: str, body: Named) -> Mapping[str, Operation]:
    return {"POST": Operation(what, LIBRARIES, [ok(shapes.REMOVED)], body=body)}


def _works(sort: Sort, shape: Named, detail: Named) -> dict[str, Mapping[str, Operation]]:
    return below(
        f"/api/v1/manage/library/{sort}s",
        {
            "/": {"GET": _list_of(sort, f"All {sort}s", shape)},
            "/action/": _removal(f"Remove {sort}s", shapes.WORK_ACTION),
            "/<int:id>/": {
                "GET": Operation(f"One {sort}", LIBRARIES, [ok(detail)]),
                "DELETE": Operation(f"Remove this {sort}, with its works and uploads", LIBRARIES, [gone()]),
            },
            "/<int:id>/stats/": {
                "GET": Operation(f"What people do with this {sort}", LIBRARIES, [ok(shapes.WORK_STATS)])
            },
        },
    )


PLACES = below(
    "/api/v1/manage/library/libraries",
    {
        "/": {"GET": _list_of(Sort.LIBRARY, "All libraries", shapes.LIBRARY)},
        "/action/": _removal("Remove libraries", shapes.PLACE_ACTION),
        "/<uuid:uuid>/": {
            "GET": Operation("One library, whosever", LIBRARIES, [ok(shapes.LIBRARY)]),
            "PUT": Operation("Change all of this library", LIBRARIES, [ok(shapes.LIBRARY)], body=LIBRARY_WISH),
            "PATCH": Operation("Change this library", LIBRARIES, [ok(shapes.LIBRARY)], body=LIBRARY_CHANGE),
            "DELETE": Operation("Remove this library, with its uploads", LIBRARIES, [gone()]),
        },
        "/<uuid:uuid>/stats/": {"GET": Operation("What this library holds", LIBRARIES, [ok(shapes.LIBRARY_STATS)])},
    },
)
_ONE_UPLOAD: Mapping[str, Operation] = {
    "GET": Operation("One upload, whosever", LIBRARIES, [ok(shapes.UPLOAD)]),
    "DELETE": Operation("Remove this upload, with its file", LIBRARIES, [gone()]),
}
UPLOADS = below(
    "/api/v1/manage/library/uploads",
    {
        "/": {"GET": _list_of(Sort.UPLOAD, "All uploads", shapes.UPLOAD)},
        "/action/": _removal("Remove uploads of anybody", shapes.PLACE_ACTION),
        "/<uuid:uuid>/": _ONE_UPLOAD,
    },
)
TAGS = below(
    "/api/v1/manage/tags",
    {
        "/": {
            "GET": _list_of(Sort.TAG, "All tags", shapes.TAG),
            "POST": Operation("Make a tag", LIBRARIES, [made(shapes.TAG)], body=shapes.TAG_WISH),
        },
        "/action/": _removal("Remove tags", shapes.TAG_ACTION),
        "/<name>/": {
            "GET": Operation("One tag", LIBRARIES, [ok(shapes.TAG)]),
            "DELETE": Operation("Remove this tag", LIBRARIES, [gone()]),
        },
    },
)
CHANNELS = below(
    "/api/v1/manage/channels",
    {
        "/": {"GET": _list_of(Sort.CHANNEL, "All channels", shapes.CHANNEL)},
        "/<name>/": {
            "GET": Operation("One channel, whosever", LIBRARIES, [ok(shapes.CHANNEL_DETAIL)]),
            "DELETE": Operation("Remove this channel, with all it published", LIBRARIES, [gone()]),
        },
        "/<name>/stats/": {"GET": Operation("What people do with this channel", LIBRARIES, [ok(shapes.CHANNEL_STATS)])},
    },
)

AREA = Area(
    "Looking after the music",
    "Everything that the pod holds, whosever it is, for those with the permission `library`.",
    {
        **_works(Sort.ARTIST, shapes.ARTIST, shapes.ARTIST_DETAIL),
        **_works(Sort.ALBUM, shapes.ALBUM, shapes.ALBUM_DETAIL),
        **_works(Sort.TRACK, shapes.TRACK, shapes.TRACK_DETAIL),
        **PLACES,
        **UPLOADS,
        "/api/v1/manage/uploads/<uuid:uuid>/": _ONE_UPLOAD,
        **TAGS,
        **CHANNELS,
    },
)
