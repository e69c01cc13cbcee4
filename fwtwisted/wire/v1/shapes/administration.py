"""What those who run a pod see and send: accounts, invitations, requests, reports, notes (§4.17, §4.19)."""

from __future__ import annotations

from fwtwisted.model.accounts import LONGEST_EMAIL, LONGEST_NAME
from fwtwisted.model.administration import LONGEST_CODE, RequestStatus
from fwtwisted.model.people import PERMISSIONS as PERMISSION_NAMES
from fwtwisted.model.preferences import REPORT_TYPES
from fwtwisted.model.reports import LONGEST_SUMMARY, TargetKind
from fwtwisted.wire.schema import (
    ADDRESS,
    FLAG,
    ID,
    MOMENT,
    OBJECT,
    TEXT,
    UUID,
    choice,
    either,
    listed,
    maybe,
    named,
    one_of,
    partly,
    sent,
    text,
    told,
    with_more,
)
from fwtwisted.wire.v1.administration import LARGEST_QUOTA, MOST_OBJECTS, SIGN_UP
from fwtwisted.wire.v1.reports import NOTE_TARGETS
from fwtwisted.wire.v1.shapes import acted
from fwtwisted.wire.v1.shapes.people import ACTOR, PERMISSIONS, PRIVACY

ADMIN_ACTOR = named(
    "AdminActor",
    with_more(ACTOR, id=ID, inbox_url=maybe(ADDRESS), outbox_url=maybe(ADDRESS), shared_inbox_url=maybe(ADDRESS)),
)
ACCOUNT = named(
    "Account",
    told(
        id=ID,
        username=TEXT,
        email=TEXT,
        name=TEXT,
        is_active=FLAG,
        is_staff=FLAG,
        is_superuser=FLAG,
        date_joined=MOMENT,
        last_activity=maybe(MOMENT),
        privacy_level=PRIVACY,
        upload_quota=maybe(ID),
    ),
)
MEMBER = named("Member", with_more(ACCOUNT, actor=ADMIN_ACTOR, permissions=PERMISSIONS, full_username=TEXT))
INVITATION = named(
    "Invitation",
    told(
        id=ID,
        owner=ACCOUNT,
        invited_user=maybe(ACCOUNT),
        code=TEXT,
        expiration_date=MOMENT,
        creation_date=MOMENT,
        users=listed(ACCOUNT, most=1),
    ),
)
_NOTE = told(id=ID, uuid=UUID, creation_date=MOMENT, summary=TEXT, author=ADMIN_ACTOR)
NOTE_OF_REPORT = named("NoteOfReport", _NOTE)
NOTE_TARGET = partly(told(type=choice(NOTE_TARGETS)), uuid=UUID, full_username=TEXT)
NOTE = named("Note", with_more(NOTE_OF_REPORT, target=NOTE_TARGET))
USER_REQUEST = named(
    "UserRequest",
    told(
        id=ID,
        uuid=UUID,
        creation_date=MOMENT,
        handled_date=maybe(MOMENT),
        type=one_of(SIGN_UP),
        status=choice(RequestStatus),
        assigned_to=maybe(ADMIN_ACTOR),
        submitter=ADMIN_ACTOR,
        notes=listed(NOTE_OF_REPORT),
        metadata=maybe(OBJECT),
    ),
)

_TARGET = partly(told(type=choice(TargetKind)), id=ID, uuid=UUID, full_username=TEXT)
REPORT = named(
    "Report",
    told(
        uuid=UUID,
        type=choice(REPORT_TYPES),
        summary=maybe(TEXT),
        creation_date=MOMENT,
        handled_date=maybe(MOMENT),
        is_handled=FLAG,
        submitter_email=maybe(TEXT),
        target=maybe(_TARGET),
    ),
)
ADMIN_REPORT = named(
    "AdminReport",
    with_more(
        REPORT,
        id=ID,
        fid=ADDRESS,
        target_state=maybe(OBJECT),
        assigned_to=maybe(ADMIN_ACTOR),
        target_owner=maybe(ADMIN_ACTOR),
        submitter=maybe(ADMIN_ACTOR),
        notes=listed(NOTE_OF_REPORT),
    ),
)
CONTENT_FILTER = named(
    "ContentFilter",
    told(uuid=UUID, target=told(type=one_of("artist"), id=ID, name=TEXT), creation_date=MOMENT),
)

# --- what people send ----------------------------------------------------------------------------

MEMBER_CHANGE = named(
    "MemberChange",
    sent(
        name=text(LONGEST_NAME, 0),
        is_active=FLAG,
        is_staff=FLAG,
        is_superuser=FLAG,
        upload_quota=maybe({"type": "integer", "minimum": 0, "maximum": LARGEST_QUOTA}),
        permissions=maybe(sent(**dict.fromkeys(PERMISSION_NAMES, FLAG))),
    ),
)
INVITATION_WISH = named("InvitationWish", sent(code=maybe(text(LONGEST_CODE, 0))))
INVITATION_CHANGE = named("InvitationChange", sent(code=text(LONGEST_CODE)))
INVITATION_ACTION = named(
    "InvitationAction", sent({"action": one_of("delete"), "objects": listed(ID, most=MOST_OBJECTS, least=1)})
)
INVITATION_ACTED = named("InvitationActed", acted("delete"))
REQUEST_ANSWER = named("RequestAnswer", sent({"status": choice(RequestStatus)}))

_REFERENCE = either(
    sent({"type": choice((TargetKind.ARTIST, TargetKind.ALBUM, TargetKind.TRACK, TargetKind.PLAYLIST)), "id": ID}),
    sent({"type": choice((TargetKind.LIBRARY, TargetKind.CHANNEL)), "uuid": UUID}),
    sent({"type": choice((TargetKind.ACCOUNT,)), "full_username": TEXT}),
)
REPORT_WISH = named(
    "ReportWish",
    sent(
        {"type": choice(REPORT_TYPES), "target": _REFERENCE},
        summary=maybe(text(LONGEST_SUMMARY, 0)),
        submitter_email=maybe(text(LONGEST_EMAIL, 0)),
        forward=maybe(FLAG),
    ),
)
REPORT_CHANGE = named("ReportChange", sent(is_handled=FLAG, type=choice(REPORT_TYPES)))
NOTE_WISH = named(
    "NoteWish",
    sent(
        {
            "summary": text(LONGEST_SUMMARY),
            "target": either(
                sent({"type": choice(("report", "request")), "uuid": UUID}),
                sent({"type": one_of("account"), "full_username": TEXT}),
            ),
        }
    ),
)
HIDING = named("ContentFilterWish", sent({"target": sent({"type": one_of("artist"), "id": ID})}))
