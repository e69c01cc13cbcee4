"""Libraries, who follows them, and folders that are imported into them (§3.9–§3.11, §4.6)."""

from __future__ import annotations

from fwtwisted.model.accounts import LONGEST_LIBRARY_NAME, LONGEST_TEXT
from fwtwisted.model.folders import ImportStatus
from fwtwisted.model.people import Privacy
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    FLAG,
    MOMENT,
    TEXT,
    UUID,
    choice,
    listed,
    maybe,
    named,
    sent,
    text,
    told,
)
from fwtwisted.wire.v1.folders import LONGEST_PATH
from fwtwisted.wire.v1.shapes import page_of
from fwtwisted.wire.v1.shapes.people import ACTOR
from fwtwisted.wire.v1.uploads import LONGEST_REFERENCE

LEVEL = choice(Privacy, without=(Privacy.FOLLOWERS,))

LIBRARY = named(
    "Library",
    told(
        uuid=UUID,
        fid=ADDRESS,
        name=TEXT,
        description=maybe(TEXT),
        privacy_level=LEVEL,
        uploads_count=COUNT,
        size=maybe(COUNT),
        creation_date=MOMENT,
        actor=ACTOR,
    ),
)
SCAN = named(
    "LibraryScan",
    told(
        total_files=maybe(COUNT),
        processed_files=COUNT,
        errored_files=COUNT,
        status=TEXT,
        creation_date=MOMENT,
        modification_date=maybe(MOMENT),
    ),
)
OWN_FOLLOW = named(
    "OwnFollow",
    told(creation_date=MOMENT, uuid=UUID, fid=ADDRESS, approved=maybe(FLAG), modification_date=MOMENT),
)
SEEN_LIBRARY = named(
    "SeenLibrary",
    told(
        fid=ADDRESS,
        uuid=UUID,
        actor=ACTOR,
        name=TEXT,
        description=maybe(TEXT),
        creation_date=MOMENT,
        uploads_count=COUNT,
        privacy_level=LEVEL,
        follow=maybe(OWN_FOLLOW),
        latest_scan=maybe(SCAN),
    ),
)
SEEN_LIBRARIES = page_of(SEEN_LIBRARY)
FOLLOW = named(
    "LibraryFollow",
    told(creation_date=MOMENT, actor=ACTOR, uuid=UUID, target=SEEN_LIBRARY, approved=maybe(FLAG)),
)

LIBRARY_WISH = named(
    "LibraryWish",
    sent(
        {"name": text(LONGEST_LIBRARY_NAME)},
        description=maybe(text(LONGEST_TEXT, 0)),
        privacy_level=LEVEL,
    ),
)
LIBRARY_CHANGE = named(
    "LibraryChange",
    sent(name=text(LONGEST_LIBRARY_NAME), description=maybe(text(LONGEST_TEXT, 0)), privacy_level=LEVEL),
)

# --- folders -------------------------------------------------------------------------------------

FOLDER = named(
    "Folder",
    told(
        {
            "root": maybe(TEXT),
            "path": TEXT,
            "import": maybe(told(status=choice(ImportStatus), reference=TEXT, logs=listed(TEXT))),
            "content": listed(told(name=TEXT, dir=FLAG)),
        }
    ),
)
FOLDER_WISH = named(
    "FolderWish",
    sent({"path": text(LONGEST_PATH, 0), "import_reference": text(LONGEST_REFERENCE), "library": UUID}),
)
