"""Where people keep music: ``libraries``, ``uploads``, ``attachments``, and the files themselves."""

from __future__ import annotations

from fwtwisted.model.uploads import Status
from fwtwisted.web.v1.described.asking import (
    PAGES,
    SCOPE,
    SEARCH,
    alike,
    flag,
    order,
    several,
    token_search,
    uuid,
    word,
)
from fwtwisted.wire.openapi import (
    ELSEWHERE,
    MULTIPART,
    NO_ROOM,
    PUBLIC,
    Answer,
    Area,
    Operation,
    gone,
    keeper,
    made,
    ok,
    open_to,
    scoped,
)
from fwtwisted.wire.schema import TEXT, told
from fwtwisted.wire.v1 import RENDITION_SIZES
from fwtwisted.wire.v1.shapes import ATTACHMENT, page_of
from fwtwisted.wire.v1.shapes import libraries as shapes
from fwtwisted.wire.v1.shapes import uploads as upload_shapes

READERS = open_to("libraries")
OWNERS = scoped("libraries")
KEEPERS = keeper("instance:libraries")
NOT_A_KEEPER = Answer(403, "Whoever does not look after libraries.", {"application/json": told()})
BYTES = {"type": "string", "contentMediaType": "application/octet-stream"}

LIBRARIES = {
    "/api/v1/libraries/": {
        "GET": Operation(
            "Libraries that the caller may look into",
            READERS,
            [ok(page_of(shapes.LIBRARY))],
            query=(
                *PAGES,
                SEARCH,
                SCOPE,
                word("privacy_level", "Of this level."),
                order(("id", "name", "creation_date")),
            ),
        ),
        "POST": Operation("A new library", OWNERS, [made(shapes.LIBRARY)], body=shapes.LIBRARY_WISH),
    },
    "/api/v1/libraries/<uuid:uuid>/": {
        "GET": Operation("A library", READERS, [ok(shapes.LIBRARY)]),
        "PUT": Operation("Write a library anew", OWNERS, [ok(shapes.LIBRARY)], body=shapes.LIBRARY_WISH),
        "PATCH": Operation("Change a library", OWNERS, [ok(shapes.LIBRARY)], body=shapes.LIBRARY_CHANGE),
        "DELETE": Operation("Remove a library with its uploads", OWNERS, [gone()]),
    },
    "/api/v1/libraries/<uuid:uuid>/follows/": {
        "GET": Operation("Who follows a library, or wishes to", OWNERS, [ok(page_of(shapes.FOLLOW))], query=PAGES)
    },
    "/api/v1/libraries/fs-import/": {
        "GET": Operation(
            "What is in a folder of the server, and how the last import of one is doing",
            KEEPERS,
            [ok(shapes.FOLDER), NOT_A_KEEPER],
            query=(word("path", "The folder, below the root."),),
        ),
        "POST": Operation(
            "Import a folder of the server",
            KEEPERS,
            [Answer(201, "The import begins."), NOT_A_KEEPER],
            body=shapes.FOLDER_WISH,
        ),
        "DELETE": Operation("Stop the import", KEEPERS, [gone(), NOT_A_KEEPER]),
    },
}

UPLOADS = {
    "/api/v1/uploads/": {
        "GET": Operation(
            "The caller's uploads",
            OWNERS,
            [ok(page_of(upload_shapes.UPLOAD))],
            query=(
                *PAGES,
                token_search("title", "artist", "album", "status", "mimetype"),
                SCOPE,
                uuid("library", "In this library."),
                uuid("channel", "In this channel."),
                uuid("track", "Of this track."),
                uuid("track_artist", "By this artist."),
                uuid("album_artist", "On albums by this artist."),
                several("import_status", f"In any of these states: {', '.join(Status)}."),
                word("import_reference", "Of this import."),
                word("mimetype", "Of this type."),
                flag("playable", "What can be played, or cannot."),
                flag("include_channels", "What channels published as well."),
                order(("creation_date", "import_date", "bitrate", "size", "artist__name")),
            ),
        ),
        "POST": Operation(
            "Send a file",
            OWNERS,
            [made(upload_shapes.UPLOAD), NO_ROOM],
            body=upload_shapes.UPLOAD_FORM,
            body_types=(MULTIPART,),
            more="Into a library or a channel, one of them. A `draft` waits until it is changed to `pending`.",
        ),
    },
    "/api/v1/uploads/<uuid:uuid>/": {
        "GET": Operation("An upload", READERS, [ok(upload_shapes.UPLOAD)]),
        **alike(
            "PUT PATCH",
            Operation(
                "Change a draft, or have it imported",
                OWNERS,
                [ok(upload_shapes.UPLOAD)],
                body=upload_shapes.UPLOAD_CHANGE,
            ),
        ),
        "DELETE": Operation("Remove an upload with its file", OWNERS, [gone()]),
    },
    "/api/v1/uploads/<uuid:uuid>/audio-file-metadata/": {
        "GET": Operation("What the file's tags say", OWNERS, [ok(upload_shapes.FILE_METADATA)])
    },
    "/api/v1/uploads/action/": {
        "POST": Operation(
            "Do something to many uploads",
            OWNERS,
            [ok(upload_shapes.UPLOAD_ACTED)],
            body=upload_shapes.UPLOAD_ACTION,
            more='With `"objects": "all"`, `filters` hold what the list takes in its query.',
        )
    },
}

PICTURES = {
    "/api/v1/attachments/": {
        "POST": Operation(
            "Send a picture",
            OWNERS,
            [made(ATTACHMENT), NO_ROOM],
            body=upload_shapes.PICTURE_FORM,
            body_types=(MULTIPART,),
        )
    },
    "/api/v1/attachments/<uuid:uuid>/": {
        "GET": Operation("A picture: what it is, where it lies", READERS, [ok(ATTACHMENT)]),
        "DELETE": Operation("Remove a picture that one sent", OWNERS, [gone()]),
    },
    "/api/v1/attachments/<uuid:uuid>/proxy/": {
        "GET": Operation(
            "The way to a picture's bytes",
            PUBLIC,
            [Answer(302, "There it is.", headers={"Location": "Of the bytes."}), ELSEWHERE],
            query=(word("next", "In which size.", "original", *RENDITION_SIZES),),
            is_uncounted=True,
        )
    },
    "/media/<path:name>": {
        "GET": Operation(
            "A public file by its stored name",
            PUBLIC,
            [
                Answer(200, "Its bytes.", {"*/*": BYTES}),
                Answer(206, "A part of them.", {"*/*": BYTES}),
                Answer(302, "They lie at a store that clients are sent to.", headers={"Location": "There."}),
                Answer(304, "The asker has it already."),
                Answer(416, "It has no such part.", {"*/*": TEXT}),
            ],
        )
    },
}

STREAM = (
    Answer(200, "The audio.", {"*/*": BYTES}),
    Answer(206, "A part of it.", {"*/*": BYTES}),
    Answer(302, "It lies at a store that clients are sent to.", headers={"Location": "There."}),
    Answer(304, "The asker has it already."),
    Answer(404, "There is nothing that the caller may play."),
    Answer(416, "It has no such part."),
)
TOKEN = word("token", "A listen token of `users/me`, or an application's.")
STREAMS = {
    "/api/v1/listen/<uuid:track>/": {
        "GET": Operation(
            "Listen to a track",
            READERS,
            STREAM,
            query=(
                uuid("upload", "This file of the track."),
                word("to", "Transcoded: `mp3`, `ogg`, `opus`, `aac`, …"),
                word("max_bitrate", "Kilobits a second at most."),
                flag("download", "With a file name, as a download (the default)."),
                word("key", "Of this file, as followers elsewhere were told it."),
                TOKEN,
            ),
        )
    },
    "/api/v1/stream/<name>/": {
        "GET": Operation("Listen to a track as MP3, by `UUID.mp3`", READERS, STREAM, query=(TOKEN,))
    },
}

AREA = Area(
    "Libraries and files",
    "Where people keep music, what they send, and how it is heard.",
    {**LIBRARIES, **UPLOADS, **PICTURES, **STREAMS},
)
