"""What people listen to and like: ``favorites``, ``history``, ``activity``, ``playlists``, ``radios``."""

from __future__ import annotations

from fwtwisted.model.playlists import ORDERINGS as PLAYLIST_ORDERINGS
from fwtwisted.model.radios import ORDERINGS as RADIO_ORDERINGS
from fwtwisted.web.v1.described.asking import HIDDEN, PAGES, SCOPE, SEARCH, alike, flag, number, order, word
from fwtwisted.wire.openapi import NOBODY, WORD, Answer, Area, Operation, Parameter, gone, made, ok, open_to, scoped
from fwtwisted.wire.schema import TEXT, listed, told
from fwtwisted.wire.v1.shapes import listening as shapes
from fwtwisted.wire.v1.shapes import page_of
from fwtwisted.wire.v1.shapes import playlists as playlist_shapes
from fwtwisted.wire.v1.shapes import radios as radio_shapes
from fwtwisted.wire.v1.shapes.catalog import TRACK

NEWEST = order(("creation_date",))
NOT_LIKED = ok(told(), "It was none.", 400)
FAVORITES, LISTENINGS = scoped("favorites"), scoped("listenings")

DEEDS = {
    "/api/v1/favorites/tracks/": {
        "GET": Operation(
            "Favourites",
            open_to("favorites"),
            [ok(page_of(shapes.FAVORITE))],
            query=(*PAGES, SEARCH, SCOPE, HIDDEN, NEWEST),
        ),
        "POST": Operation("Make a track a favourite", FAVORITES, [made(shapes.FAVORITE_MADE)], body=shapes.TRACK_NAMED),
    },
    "/api/v1/favorites/tracks/<int:id>/": {
        "DELETE": Operation("A favourite no longer, by its own id", FAVORITES, [gone()])
    },
    "/api/v1/favorites/tracks/all/": {
        "GET": Operation("All of the caller's favourites, in short", FAVORITES, [ok(shapes.ALL_FAVORITES)])
    },
    "/api/v1/favorites/tracks/remove/": alike(
        "POST DELETE",
        Operation("A favourite no longer, by its track", FAVORITES, [gone(), NOT_LIKED], body=shapes.TRACK_NAMED),
    ),
    "/api/v1/history/listenings/": {
        "GET": Operation(
            "Listenings",
            open_to("listenings"),
            [ok(page_of(shapes.LISTENING))],
            query=(
                *PAGES,
                SCOPE,
                HIDDEN,
                word("username", "By whom."),
                word("domain", "By people of this server."),
                NEWEST,
            ),
        ),
        "POST": Operation("Tell of a listening", LISTENINGS, [made(shapes.LISTENING_MADE)], body=shapes.LISTENED),
    },
    "/api/v1/history/listenings/<int:id>/": {
        "GET": Operation("A listening", open_to("listenings"), [ok(shapes.LISTENING)])
    },
    "/api/v1/activity/": {
        "GET": Operation(
            "The newest favourites and listenings",
            open_to("listenings"),
            [
                ok(shapes.LATEST),
                Answer(101, "To a WebSocket: what happens from now on is told there."),
            ],
        )
    },
}

PLAYLISTS = scoped("playlists")
NO_PLACE = Answer(404, "There is no such playlist, or no such place in it.")
PLAYLIST_TABLE = {
    "/api/v1/playlists/": {
        "GET": Operation(
            "Playlists that the caller may see",
            open_to("playlists"),
            [ok(page_of(playlist_shapes.PLAYLIST))],
            query=(
                *PAGES,
                SEARCH,
                SCOPE,
                word("name", "With this name."),
                word("name__icontains", "Whose name contains this."),
                flag("playable", "With tracks, or without."),
                number("track", "With this track."),
                number("album", "With a track of this album."),
                number("artist", "With a track by this artist."),
                order(PLAYLIST_ORDERINGS),
            ),
        ),
        "POST": Operation(
            "A new playlist", PLAYLISTS, [made(playlist_shapes.PLAYLIST)], body=playlist_shapes.PLAYLIST_WISH
        ),
    },
    "/api/v1/playlists/<int:id>/": {
        "GET": Operation("A playlist", open_to("playlists"), [ok(playlist_shapes.PLAYLIST)]),
        "PUT": Operation(
            "Write a playlist anew", PLAYLISTS, [ok(playlist_shapes.PLAYLIST)], body=playlist_shapes.PLAYLIST_WISH
        ),
        "PATCH": Operation(
            "Change a playlist", PLAYLISTS, [ok(playlist_shapes.PLAYLIST)], body=playlist_shapes.PLAYLIST_CHANGE
        ),
        "DELETE": Operation("Remove a playlist", PLAYLISTS, [gone()]),
    },
    "/api/v1/playlists/<int:id>/tracks/": {
        "GET": Operation("The tracks of a playlist", open_to("playlists"), [ok(playlist_shapes.ITEMS)])
    },
    "/api/v1/playlists/<int:id>/add/": {
        "POST": Operation(
            "Add tracks",
            PLAYLISTS,
            [
                made(playlist_shapes.ITEMS),
                ok(playlist_shapes.DUPLICATES, "Some are there already, and `allow_duplicates` was not said.", 400),
            ],
            body=playlist_shapes.ADDITION,
        )
    },
    "/api/v1/playlists/<int:id>/move/": {
        "POST": Operation("Move a track", PLAYLISTS, [gone(), NO_PLACE], body=playlist_shapes.MOVE)
    },
    "/api/v1/playlists/<int:id>/remove/": alike(
        "POST DELETE",
        Operation(
            "Take a track out",
            PLAYLISTS,
            [gone(), Answer(400, "There is no index in the body."), NO_PLACE],
            body=playlist_shapes.INDEX,
        ),
    ),
    "/api/v1/playlists/<int:id>/clear/": alike("POST DELETE", Operation("Take all tracks out", PLAYLISTS, [gone()])),
}

RADIOS = scoped("radios")
ENDED = ok(TEXT, "There is nothing more to play, in words.", 404)
NOT_YOURS = Answer(403, "Somebody else listens there.")
BEGIN = Operation(
    "Begin to listen to a radio",
    WORD,
    [made(radio_shapes.SESSION), NOBODY],
    body=radio_shapes.SESSION_WISH,
    more="A visitor of an open pod is given a cookie to be known by.",
)
ONE_SESSION = Operation("A session, for who listens", WORD, [ok(radio_shapes.SESSION), NOBODY])
RADIO_TABLE = {
    "/api/v1/radios/radios/": {
        "GET": Operation(
            "Radios: the caller's own, and public ones",
            open_to("radios"),
            [ok(page_of(radio_shapes.RADIO))],
            query=(
                *PAGES,
                SEARCH,
                SCOPE,
                word("name", "With this name."),
                word("name__icontains", "Whose name contains this."),
                word("name__startswith", "Whose name begins so."),
                order(RADIO_ORDERINGS),
            ),
        ),
        "POST": Operation("A new radio", RADIOS, [made(radio_shapes.RADIO)], body=radio_shapes.RADIO_WISH),
    },
    "/api/v1/radios/radios/<int:id>/": {
        "GET": Operation("A radio", open_to("radios"), [ok(radio_shapes.RADIO)]),
        "PUT": Operation("Write a radio anew", RADIOS, [ok(radio_shapes.RADIO)], body=radio_shapes.RADIO_WISH),
        "PATCH": Operation("Change a radio", RADIOS, [ok(radio_shapes.RADIO)], body=radio_shapes.RADIO_CHANGE),
        "DELETE": Operation("Remove a radio", RADIOS, [gone()]),
    },
    "/api/v1/radios/radios/<int:id>/tracks/": {
        "GET": Operation("What a radio may play", open_to("radios"), [ok(page_of(TRACK))], query=PAGES)
    },
    "/api/v1/radios/radios/filters/": {
        "GET": Operation("The kinds of filter", open_to("radios"), [ok(radio_shapes.FILTER_KINDS)])
    },
    "/api/v1/radios/radios/validate/": {
        "POST": Operation("Try filters out", RADIOS, [ok(radio_shapes.TRIED)], body=radio_shapes.FILTERS_TO_TRY)
    },
    "/api/v1/radios/sessions/": {"POST": BEGIN},
    "/api/v1/radios/sessions/<int:id>/": {"GET": ONE_SESSION},
    "/api/v1/radios/tracks/": {
        "POST": Operation(
            "The next track of a session",
            WORD,
            [made(radio_shapes.SESSION_TRACK), NOBODY, NOT_YOURS, ENDED],
            body=radio_shapes.SESSION_NAMED,
        )
    },
    "/api/v2/radios/sessions/": {"POST": BEGIN},
    "/api/v2/radios/sessions/<int:id>/": {"GET": ONE_SESSION},
    "/api/v2/radios/sessions/<int:id>/tracks/": {
        "GET": Operation(
            "The next tracks of a session, which are played then",
            WORD,
            [ok(listed(TRACK), "They are played.", 201), NOBODY, NOT_YOURS, ENDED],
            query=(Parameter("count", "How many; 1 unless told.", {"type": "integer", "minimum": 1}),),
        )
    },
}

AREA = Area(
    "Listening",
    "Favourites, listenings, playlists and radios.",
    {**DEEDS, **PLAYLIST_TABLE, **RADIO_TABLE},
)
