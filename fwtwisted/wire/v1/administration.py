"""
Members, invitations and requests as documents, and what those who run a pod send.

Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwtwisted.model.accounts import LONGEST_NAME
from fwtwisted.model.administration import (
    LONGEST_CODE,
    AdminActor,
    Invitation,
    InvitationQuestion,
    MemberChange,
    MemberQuestion,
    Note,
    RequestQuestion,
    RequestStatus,
    UserRequest,
)
from fwtwisted.model.errors import NON_FIELD, Invalid
from fwtwisted.model.people import PERMISSIONS, Account, Privacy
from fwtwisted.model.uploads import TokenQuery
from fwtwisted.wire.fields import NO_BOOLEAN, NO_NUMBER, REQUIRED, Fields, must_name, whole_number
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1 import Document, Query, last, when, when_or_none
from fwtwisted.wire.v1.people import actor as actor_document
from fwtwisted.wire.v1.questions import lenient_order, search_words, truth

FLAGS = ("is_active", "is_staff", "is_superuser")
LARGEST_QUOTA = 2**31 - 1
MOST_OBJECTS = 1_000
SIGN_UP = "signup"


# --- documents -----------------------------------------------------------------------------------


def admin_actor(known: AdminActor) -> Document:
    """An actor with its addresses."""
    return {
        "id": known.actor.id,
        **actor_document(known.actor),
        "inbox_url": known.inbox_url,
        "outbox_url": known.outbox_url,
        "shared_inbox_url": known.shared_inbox_url,
    }


def account(account: Account) -> Document:
    """An account in few words, as an invitation tells it."""
    return {
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "name": account.actor.name or "",
        "is_active": account.is_active,
        "is_staff": account.is_staff,
        "is_superuser": account.is_superuser,
        "date_joined": when(account.date_joined),
        "last_activity": when_or_none(account.last_activity),
        "privacy_level": account.privacy_level,
        "upload_quota": account.upload_quota,
    }


def member(known: Account, actor: AdminActor) -> Document:
    """An account as those see it who administer accounts; permissions are those granted to itself."""
    return {
        **account(known),
        "actor": admin_actor(actor),
        "permissions": {name: name in known.permissions for name in ("library", "moderation", "settings")},
        "full_username": known.actor.full_username,
    }


def invitation(invitation: Invitation) -> Document:
    """An invitation."""
    guest = None if invitation.guest is None else account(invitation.guest)
    return {
        "id": invitation.id,
        "owner": account(invitation.owner),
        "invited_user": guest,
        "code": invitation.code,
        "expiration_date": when(invitation.expiration_date),
        "creation_date": when(invitation.creation_date),
        "users": [] if guest is None else [guest],
    }


def user_request(request: UserRequest) -> Document:
    """A request to be let in."""
    return {
        "id": request.id,
        "uuid": str(request.uuid),
        "creation_date": when(request.creation_date),
        "handled_date": when_or_none(request.handled_date),
        "type": SIGN_UP,
        "status": request.status,
        "assigned_to": None if request.assigned_to is None else admin_actor(request.assigned_to),
        "submitter": admin_actor(request.submitter),
        "notes": [bare_note(one) for one in request.notes],
        "metadata": request.answers,
    }


def bare_note(note: Note) -> Document:
    """A note, where it is clear what it is about."""
    return {
        "id": note.id,
        "uuid": str(note.uuid),
        "creation_date": when(note.creation_date),
        "summary": note.summary,
        "author": admin_actor(note.author),
    }


def request_came(request: UserRequest, pending: int) -> Document:
    """What moderators who are there are told of a new request.  Source: docs/api.md §5."""
    return {"type": "user_request.created", "user_request": user_request(request), "pending_count": pending}


# --- questions -----------------------------------------------------------------------------------


def _searched(query: Query) -> TokenQuery | None:
    text = (last(query, "q") or "").strip()
    return token_query(text) if text else None


def member_question(query: Query) -> MemberQuestion:
    """Which accounts a list's parameters ask for."""
    level = last(query, "privacy_level")
    permissions = {name: truth(query, f"permission_{name}") for name in PERMISSIONS}
    return MemberQuestion(
        q=_searched(query),
        is_active=truth(query, "is_active"),
        is_staff=truth(query, "is_staff"),
        is_superuser=truth(query, "is_superuser"),
        privacy_level=Privacy(level) if level in tuple(Privacy) else None,
        permissions={name: granted for name, granted in permissions.items() if granted is not None},
        nothing=bool(level) and level not in tuple(Privacy),
        ordering=tuple(lenient_order(query)),
    )


def invitation_question(query: Query) -> InvitationQuestion:
    """Which invitations a list's parameters ask for."""
    return InvitationQuestion(search_words(query), truth(query, "is_open"), tuple(lenient_order(query)))


def request_question(query: Query) -> RequestQuestion:
    """Which requests a list's parameters ask for."""
    status, kind = last(query, "status"), last(query, "type")
    known = RequestStatus(status) if status in tuple(RequestStatus) else None
    impossible = (bool(status) and known is None) or kind not in (None, "", SIGN_UP)
    return RequestQuestion(_searched(query), known, impossible, tuple(lenient_order(query)))


# --- what is to be done --------------------------------------------------------------------------


def member_change(document: Mapping[str, Any]) -> MemberChange:
    """What is to change of an account; other names are ignored.  :raise Invalid:"""
    fields = Fields(document)
    values: dict[str, object] = {}
    if fields.has("name"):
        values["name"] = fields.text("name", LONGEST_NAME, blank=True)
    values |= {name: fields.flag(name) for name in FLAGS if fields.has(name)}
    if fields.has("upload_quota"):
        values["upload_quota"] = _quota(fields, document["upload_quota"])
    permissions = _permissions(fields)
    fields.check()
    return MemberChange(values, permissions)


def _quota(fields: Fields, value: object) -> int | None:
    if value is None or value == "":
        return None
    found = whole_number(value)
    if found is None or found > LARGEST_QUOTA:
        fields.refuse("upload_quota", NO_NUMBER)
    return found


def _permissions(fields: Fields) -> dict[str, bool]:
    """Permissions by name; unknown names are ignored."""
    asked = fields.document_or_none("permissions") or {}
    if any(not isinstance(asked.get(name, True), bool) for name in PERMISSIONS):
        fields.refuse("permissions", NO_BOOLEAN)
    return {name: asked[name] is True for name in PERMISSIONS if name in asked}


def invitation_wish(document: Mapping[str, Any]) -> str | None:
    """The code of a new invitation; None: one is to be drawn.  :raise Invalid:"""
    fields = Fields(document)
    code = fields.text_or_none("code", LONGEST_CODE)
    fields.check()
    return code or None


def invitation_change(document: Mapping[str, Any]) -> str | None:
    """Another code for an invitation; None: it stays as it is.  :raise Invalid:"""
    fields = Fields(document)
    code = fields.text("code", LONGEST_CODE) if fields.has("code") else None
    fields.check()
    return code


def taking_back(document: Mapping[str, Any]) -> list[int]:
    """The ids of invitations to take back (§3.13).  :raise Invalid:"""
    must_name(document, "action", "objects")
    action, objects = document["action"], document["objects"]
    if action != "delete":
        raise Invalid.on("action", f"{str(action)[:100]} is not a valid action.")
    if not isinstance(objects, list) or not objects or len(objects) > MOST_OBJECTS:
        raise Invalid.on(NON_FIELD, "The action delete needs a list of ids.")
    ids = [whole_number(one) for one in objects]
    if None in ids:
        raise Invalid.on(NON_FIELD, "objects must be a list of ids.")
    return [id for id in ids if id is not None]


def request_answer(document: Mapping[str, Any]) -> RequestStatus:
    """What is answered to a request.  :raise Invalid:"""
    fields = Fields(document)
    if not fields.has("status"):
        fields.refuse("status", REQUIRED)
    status = fields.choice("status", RequestStatus, RequestStatus.PENDING)
    fields.check()
    return status
