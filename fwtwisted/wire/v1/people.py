"""
Actors, accounts and applications as documents, and what people send to change them.

Source: docs/api.md §3.3, §3.4, §4.2–§4.4.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from attrs import frozen

from fwtwisted.model.accounts import (
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_PASSWORD,
    LONGEST_TEXT,
    LONGEST_USERNAME,
    ApplicationWish,
    LongText,
    Me,
    Profile,
    ProfileChange,
    QuotaStatus,
    SignUp,
)
from fwtwisted.model.errors import Invalid
from fwtwisted.model.people import PERMISSIONS, Account, Actor, Application, Privacy
from fwtwisted.wire.fields import Fields
from fwtwisted.wire.markup import content, rendered
from fwtwisted.wire.v1 import Document, Pictures, attachment, when, when_or_none

LONGEST_SCOPES = 3_000
LONGEST_REDIRECTS = 3_000
REDIRECT_SCHEMES = ("http", "https", "urn")
STATUSES = ("draft", "skipped", "pending", "finished", "errored")


class ContentType(enum.StrEnum):
    """How a long text is written."""

    MARKDOWN = "text/markdown"
    HTML = "text/html"
    PLAIN = "text/plain"


# --- actors and accounts -------------------------------------------------------------------------


def actor(actor: Actor) -> Document:
    """An actor (§3.3)."""
    return {
        "fid": actor.fid,
        "url": actor.url,
        "creation_date": when(actor.creation_date),
        "summary": _harmless(actor),
        "preferred_username": actor.preferred_username,
        "name": actor.name,
        "last_fetch_date": when(actor.last_fetch_date),
        "domain": actor.domain,
        "type": actor.type,
        "manually_approves_followers": actor.manually_approves_followers,
        "full_username": actor.full_username,
        "is_local": actor.is_local,
    }


def _harmless(actor: Actor) -> str | None:
    """What somebody says of themselves: HTML, which is what other servers write, without what could do harm."""
    is_html = actor.summary_type == "text/html"
    return rendered(actor.summary, actor.summary_type) if actor.summary and is_html else actor.summary


def user_basic(profile: Profile, pictures: Pictures) -> Document:
    """An account as others see it (§3.4)."""
    account = profile.account
    return {
        "id": account.id,
        "username": account.username,
        "name": account.actor.name or "",
        "date_joined": when(account.date_joined),
        "avatar": attachment(profile.avatar, pictures),
    }


def user_elsewhere(actor: Actor) -> Document:
    """Somebody without an account here in the same words, for clients that know nobody else."""
    return {
        "id": actor.id,
        "username": actor.full_username,
        "name": actor.name or "",
        "date_joined": when(actor.creation_date),
        "avatar": None,
    }


def me(me: Me, pictures: Pictures) -> Document:
    """``users/me``: an account as its owner sees it."""
    account = me.account
    return {
        **user_basic(Profile(account, me.avatar), pictures),
        "full_username": account.actor.full_username,
        "email": account.email,
        "is_staff": account.is_staff,
        "is_superuser": account.is_superuser,
        "permissions": {name: name in me.permissions for name in ("library", "moderation", "settings")},
        "privacy_level": account.privacy_level,
        "quota_status": quota_status(me.quota),
        **_message_dates(account),
        "summary": content(account.actor.summary, account.actor.summary_type),
        "tokens": {"listen": me.listen_token},
        "settings": account.settings,
    }


def _message_dates(account: Account) -> Document:
    return {
        "instance_support_message_display_date": when_or_none(account.instance_support_message_display_date),
        "funkwhale_support_message_display_date": when_or_none(account.funkwhale_support_message_display_date),
    }


def quota_status(quota: QuotaStatus) -> Document:
    """How much of the upload quota is used, in megabytes."""
    return {
        "max": quota.max,
        "remaining": quota.remaining,
        "current": quota.current,
        **{status: quota.by_status.get(status, 0.0) for status in STATUSES},
    }


def profile(profile: Profile, pictures: Pictures) -> Document:
    """The answer to a change of one's profile."""
    account = profile.account
    return {
        "name": account.actor.name or "",
        "privacy_level": account.privacy_level,
        **_message_dates(account),
        "summary": content(account.actor.summary, account.actor.summary_type),
        "avatar": attachment(profile.avatar, pictures) or {"file": None},
    }


def rest_auth_user(account: Account) -> Document:
    """``auth/user``: the few facts that old clients ask for."""
    return {
        "pk": account.id,
        "username": account.username,
        "email": account.email,
        "first_name": "",
        "last_name": "",
    }


# --- what people send ----------------------------------------------------------------------------


def credentials(document: Mapping[str, Any]) -> tuple[str, str]:
    """Name (or e-mail) and password.  :raise Invalid:"""
    fields = Fields(document)
    name = fields.text("username", LONGEST_EMAIL)
    password = fields.text("password", LONGEST_PASSWORD, trimmed=False)
    fields.check()
    return name, password


def set_up(document: Mapping[str, Any]) -> tuple[str, SignUp]:
    """The setup token, and the wish for the first account.  :raise Invalid:"""
    fields = Fields(document)
    token = fields.text("token", LONGEST_NAME)
    wish = SignUp(
        username=fields.text("username", LONGEST_USERNAME),
        email=fields.text("email", LONGEST_EMAIL),
        password=fields.text("password", LONGEST_PASSWORD, trimmed=False),
        email_verified=True,
        is_staff=True,
        is_superuser=True,
        permissions=frozenset(PERMISSIONS),
    )
    fields.check()
    return token, wish


@frozen
class PasswordChange:
    """The password that was, and the one that is to be."""

    old: str
    new: str


def password_change(document: Mapping[str, Any]) -> PasswordChange:
    """:raise Invalid: also when the two new ones differ."""
    fields = Fields(document)
    old, new, again = (
        fields.text(name, LONGEST_PASSWORD, trimmed=False)
        for name in ("old_password", "new_password1", "new_password2")
    )
    if new and again and new != again:
        fields.refuse("new_password2", "The two password fields didn't match.")
    fields.check()
    return PasswordChange(old, new)


def leaving(document: Mapping[str, Any]) -> str:
    """The password of somebody who leaves for good.  :raise Invalid: also without ``confirm: true``."""
    fields = Fields(document)
    password = fields.text("password", LONGEST_PASSWORD, trimmed=False)
    if not fields.has("confirm"):
        fields.refuse("confirm", "This field is required.")
    elif not fields.flag("confirm"):
        fields.refuse("confirm", "You need to confirm that the account is to be deleted.")
    fields.check()
    return password


def profile_change(document: Mapping[str, Any]) -> ProfileChange:
    """What is to change of a profile; other names are ignored.  :raise Invalid:"""
    fields = Fields(document)
    values: dict[str, str | Privacy | LongText | UUID | datetime | None] = {}
    if fields.has("name"):
        values["name"] = fields.text("name", LONGEST_NAME, blank=True)
    if fields.has("privacy_level"):
        values["privacy_level"] = fields.choice("privacy_level", Privacy, Privacy.ME)
    if fields.has("summary"):
        values["summary"] = long_text(fields, "summary")
    if fields.has("avatar"):
        values["avatar"] = fields.uuid_or_none("avatar")
    for name in ("instance_support_message_display_date", "funkwhale_support_message_display_date"):
        if fields.has(name):
            values[name] = fields.moment_or_none(name)
    fields.check()
    return ProfileChange(values)


def long_text(fields: Fields, name: str) -> LongText | None:
    """A text with its type; null, or without a word in it: None.  Source: docs/api.md §3.2."""
    document = fields.document_or_none(name)
    if document is None:
        return None
    inner = Fields(document)
    text = inner.text_or_none("text", LONGEST_TEXT)
    kind = inner.choice("content_type", ContentType, ContentType.MARKDOWN)
    try:
        inner.check()
    except Invalid as wrong:
        raise Invalid({name: wrong.problems}) from wrong
    return LongText(text, kind) if text else None


# --- applications --------------------------------------------------------------------------------


def application_wish(document: Mapping[str, Any]) -> ApplicationWish:
    """A program that wants to be known.  :raise Invalid:"""
    fields = Fields(document)
    wish = ApplicationWish(
        name=fields.text("name", LONGEST_NAME),
        redirect_uris=_redirects(fields),
        scopes=_scopes(fields) or "read",
    )
    fields.check()
    return wish


def application_change(document: Mapping[str, Any]) -> dict[str, str]:
    """New values of a program: ``name``, ``redirect_uris``, ``scopes``; what is not named stays.  :raise Invalid:"""
    fields = Fields(document)
    values: dict[str, str] = {}
    if fields.has("name"):
        values["name"] = fields.text("name", LONGEST_NAME)
    if fields.has("redirect_uris"):
        values["redirect_uris"] = _redirects(fields)
    if fields.has("scopes"):
        values["scopes"] = _scopes(fields) or "read"
    fields.check()
    return values


def _scopes(fields: Fields) -> str:
    return " ".join((fields.text_or_none("scopes", LONGEST_SCOPES) or "").split())


def _redirects(fields: Fields) -> str:
    """Blank-separated addresses, none of which can make a browser run something."""
    places = (fields.text_or_none("redirect_uris", LONGEST_REDIRECTS) or "").split()
    for place in places:
        if not _is_redirect(place):
            fields.refuse("redirect_uris", f"{place[:200]} is no address of http, https or urn without a fragment.")
    return " ".join(places)


def _is_redirect(place: str) -> bool:
    """Whether a browser can be sent there with an answer in the query.  Source: RFC 6749, 3.1.2."""
    try:
        parts = urlsplit(place)
    except ValueError:
        return False
    if not (place.isascii() and place.isprintable()) or "#" in place or parts.scheme not in REDIRECT_SCHEMES:
        return False
    return parts.scheme == "urn" or bool(parts.hostname)


def application(app: Application) -> Document:
    """A program as everybody may know it."""
    return {
        "client_id": app.client_id,
        "name": app.name,
        "scopes": app.scopes,
        "created": when(app.created),
        "updated": when(app.updated),
    }


def own_application(app: Application) -> Document:
    """A program as its owner sees it; the secret is hashed."""
    return {
        **application(app),
        "client_secret": app.client_secret,
        "redirect_uris": app.redirect_uris,
        "token": app.token,
    }


def listed_application(app: Application) -> Document:
    """A program in its owner's list."""
    return {**application(app), "token": app.token}


def new_application(app: Application, client_secret: str) -> Document:
    """A program that was just registered: the only time its secret is told."""
    document = {**application(app), "client_secret": client_secret, "redirect_uris": app.redirect_uris}
    return document if app.token is None else {**document, "token": app.token}
