"""The catalog: ``artists``, ``albums``, ``tracks``, ``search``, ``tags``, ``licenses``."""

from __future__ import annotations

from fwtwisted.model.music import CATEGORIES, ORDERINGS, Kind
from fwtwisted.web.v1.described.asking import (
    HIDDEN,
    PAGES,
    SCOPE,
    SEARCH,
    flag,
    number,
    order,
    paging,
    several,
    uuid,
    word,
)
from fwtwisted.web.v1.described.edits import edits_of
from fwtwisted.web.v1.described.federation import fetches_of
from fwtwisted.wire.openapi import Area, Operation, Parameter, gone, made, ok, open_to, scoped
from fwtwisted.wire.schema import ID
from fwtwisted.wire.v1.shapes import catalog as shapes
from fwtwisted.wire.v1.shapes import page_of
from fwtwisted.wire.v1.shapes.channels import SERIES_WISH
from fwtwisted.wire.v1.shapes.libraries import SEEN_LIBRARIES

MUSIC = open_to("libraries")
OWNERS = scoped("libraries")
MOST_LICENSES = 1_000

COMMON = (
    *PAGES,
    word("q", "Words with which something begins that is written of it; all of them."),
    SCOPE,
    HIDDEN,
    flag("playable", "What the caller can play, or cannot."),
    flag("include_channels", "What channels published as well."),
    uuid("library", "In this library."),
    number("related", "What has tags in common with this object."),
    several("tag", "With every one of these tags."),
    uuid("mbid", "With this MusicBrainz id."),
)
CATEGORY = word("content_category", "Of this sort.", *CATEGORIES)
CHANNEL = uuid("channel", "In this channel.")


def _names(field: str) -> tuple[Parameter, ...]:
    return (
        word(field, f"With exactly this {field}."),
        word(f"{field}__iexact", "The same, whatever the capitals."),
        word(f"{field}__startswith", f"Whose {field} begins so."),
        word(f"{field}__icontains", f"Whose {field} contains this."),
    )


def _order(kind: Kind) -> Parameter:
    return order(ORDERINGS[kind], strict=True)


AREA = Area(
    "Music",
    "Artists, albums, tracks, tags and licences; everybody is told only of what they may know.",
    {
        "/api/v1/artists/": {
            "GET": Operation(
                "Artists",
                MUSIC,
                [ok(page_of(shapes.ARTIST))],
                query=(
                    *COMMON,
                    CATEGORY,
                    *_names("name"),
                    flag("has_albums", "With albums, or without."),
                    _order(Kind.ARTIST),
                ),
            )
        },
        "/api/v1/artists/<int:id>/": {"GET": Operation("An artist", MUSIC, [ok(shapes.ARTIST_DETAIL)])},
        "/api/v1/albums/": {
            "GET": Operation(
                "Albums",
                MUSIC,
                [ok(page_of(shapes.ALBUM))],
                query=(*COMMON, CATEGORY, CHANNEL, number("artist", "By this artist."), _order(Kind.ALBUM)),
            ),
            "POST": Operation("A new series of a channel", OWNERS, [made(shapes.ALBUM_DETAIL)], body=SERIES_WISH),
        },
        "/api/v1/albums/<int:id>/": {
            "GET": Operation("An album", MUSIC, [ok(shapes.ALBUM_DETAIL)]),
            "DELETE": Operation("Remove a series of one's channel with its episodes", OWNERS, [gone()]),
        },
        "/api/v1/tracks/": {
            "GET": Operation(
                "Tracks",
                MUSIC,
                [ok(page_of(shapes.TRACK))],
                query=(
                    *COMMON,
                    CHANNEL,
                    number("artist", "By this artist."),
                    number("album", "On this album."),
                    word("license", "Under the licence with this code."),
                    Parameter("id", "These tracks and no others.", ID, several=True),
                    *_names("title"),
                    flag("favorites", "The caller's favourites."),
                    _order(Kind.TRACK),
                ),
            )
        },
        "/api/v1/tracks/<int:id>/": {
            "GET": Operation("A track", MUSIC, [ok(shapes.TRACK_DETAIL)]),
            "DELETE": Operation("Remove an episode of one's channel with its file", OWNERS, [gone()]),
        },
        **{
            f"/api/v1/{kind}s/<int:id>/libraries/": {
                "GET": Operation(f"The libraries that hold the {kind}", MUSIC, [ok(SEEN_LIBRARIES)], query=PAGES)
            }
            for kind in Kind
        },
        **{f"/api/v1/{kind}s/<int:id>/mutations/": edits_of(kind) for kind in Kind},
        **{f"/api/v1/{kind}s/<int:id>/fetches/": fetches_of(kind) for kind in Kind},
        "/api/v1/search/": {
            "GET": Operation(
                "A few of everything",
                MUSIC,
                [ok(shapes.FEW_OF_EVERYTHING)],
                query=(word("query", "What to look for."), word("q", "The same, by its other name.")),
            )
        },
        "/api/v1/tags/": {
            "GET": Operation(
                "Tags",
                MUSIC,
                [ok(page_of(shapes.TAG))],
                query=(
                    *PAGES,
                    SEARCH,
                    word("name", "With this name."),
                    word("name__startswith", "Whose name begins so."),
                    order(("name", "creation_date", "length"), strict=True),
                ),
            )
        },
        "/api/v1/tags/<name>/": {"GET": Operation("A tag", MUSIC, [ok(shapes.TAG)])},
        "/api/v1/licenses/": {
            "GET": Operation(
                "Licences that we know by name", MUSIC, [ok(page_of(shapes.LICENSE))], query=paging(MOST_LICENSES)
            )
        },
        "/api/v1/licenses/<path:code>": {"GET": Operation("A licence", MUSIC, [ok(shapes.LICENSE)])},
    },
)
