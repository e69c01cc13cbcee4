"""Uploads, and what people send to make, change and act on them (§3.12, §3.13, §4.7)."""

from __future__ import annotations

from fwtwisted.model.uploads import LONGEST_COPYRIGHT, LONGEST_DESCRIPTION, LONGEST_TITLE, Act, Status
from fwtwisted.wire.schema import (
    COUNT,
    MOMENT,
    OBJECT,
    TEXT,
    UUID,
    choice,
    either,
    listed,
    mapped,
    maybe,
    named,
    one_of,
    partly,
    sent,
    text,
    told,
)
from fwtwisted.wire.v1.shapes import acted, action_on
from fwtwisted.wire.v1.shapes.catalog import TRACK
from fwtwisted.wire.v1.shapes.libraries import LIBRARY
from fwtwisted.wire.v1.uploads import LONGEST_REFERENCE, LONGEST_SOURCE

STATUS = choice(Status)
NEW_STATUS = choice((Status.DRAFT, Status.PENDING))
NUMBER_FROM_ONE = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}

UPLOAD = named(
    "Upload",
    partly(
        told(
            uuid=UUID,
            creation_date=MOMENT,
            mimetype=maybe(TEXT),
            track=maybe(TRACK),
            library=LIBRARY,
            duration=maybe(COUNT),
            bitrate=maybe(COUNT),
            size=maybe(COUNT),
            import_date=maybe(MOMENT),
            import_status=STATUS,
            import_details=OBJECT,
            import_metadata=OBJECT,
            import_reference=TEXT,
            metadata=OBJECT,
            source=maybe(TEXT),
        ),
        filename=TEXT,
    ),
)
CREDIT = told(name=TEXT, mbid=maybe(TEXT))
FILE_METADATA = named(
    "FileMetadata",
    partly(
        told(
            album=told(
                title=TEXT,
                mbid=maybe(UUID),
                release_date=maybe(TEXT),
                artists=listed(CREDIT),
                cover_data=maybe(
                    told(
                        mimetype=TEXT,
                        content={"type": "string", "contentEncoding": "base64"},
                        description=TEXT,
                        type=COUNT,
                    )
                ),
            )
        ),
        title=TEXT,
        position=COUNT,
        disc_number=COUNT,
        copyright=TEXT,
        license=TEXT,
        mbid=UUID,
        tags=listed(TEXT),
        description=told(text=TEXT, content_type=one_of("text/plain")),
        artists=listed(CREDIT),
    ),
)

# --- what people send ----------------------------------------------------------------------------

SAID = named(
    "ImportMetadata",
    sent(
        {"title": text(LONGEST_TITLE)},
        description=maybe(text(LONGEST_DESCRIPTION, 0)),
        mbid=maybe(UUID),
        copyright=maybe(text(LONGEST_COPYRIGHT, 0)),
        position=maybe(NUMBER_FROM_ONE),
        tags=maybe(listed(text(100))),
        license=maybe(TEXT),
        cover=maybe(UUID),
        album=maybe(NUMBER_FROM_ONE),
    ),
)
UPLOAD_FORM = named(
    "UploadForm",
    sent(
        {"audio_file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        library=UUID,
        channel=UUID,
        import_status=NEW_STATUS,
        import_reference=text(LONGEST_REFERENCE, 0),
        source=text(LONGEST_SOURCE, 0),
        import_metadata={
            "type": "string",
            "contentMediaType": "application/json",
            "description": "As the JSON of `ImportMetadata`.",
        },
    ),
)
UPLOAD_CHANGE = named(
    "UploadChange",
    sent(
        import_status=NEW_STATUS,
        import_reference=maybe(text(LONGEST_REFERENCE, 0)),
        import_metadata=maybe(SAID),
    ),
)
FILTERS = mapped(maybe(either(TEXT, listed(TEXT), {"type": "boolean"}, COUNT)))
UPLOAD_ACTION = named("UploadAction", action_on(*Act, ids=UUID, filters=FILTERS))
UPLOAD_ACTED = named("UploadActed", acted(*Act))
PICTURE_FORM = named("PictureForm", sent({"file": {"type": "string", "contentMediaType": "application/octet-stream"}}))
