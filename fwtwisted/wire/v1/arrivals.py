"""
What people send to come in and to keep their account.

Source: docs/api.md §4.2, §4.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from fwtwisted.model.accounts import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD, LONGEST_TEXT, LONGEST_USERNAME
from fwtwisted.model.administration import Newcomer
from fwtwisted.model.errors import Invalid
from fwtwisted.model.people import Account
from fwtwisted.wire.fields import NO_STRING, Fields

LONGEST_SECRET = 255
MOST_ANSWERS = 50  # a form asks ten; what else is sent is ignored
UNEQUAL = "The two password fields didn't match."
FIXED = "This cannot be changed here."
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def newcomer(document: Mapping[str, Any]) -> Newcomer:
    """Somebody at the door.  :raise Invalid:"""
    fields = Fields(document)
    username = fields.text("username", LONGEST_USERNAME)
    email = fields.text("email", LONGEST_EMAIL)
    password = _new_password(fields, "password1", "password2")
    invitation = fields.text_or_none("invitation", LONGEST_NAME) or None
    answers = fields.document_or_none("request_fields") or {}
    fields.check()
    return Newcomer(username, email, password, invitation, _answers(answers))


def _new_password(fields: Fields, first: str, second: str) -> str:
    """A password that was typed twice."""
    password, again = (fields.text(name, LONGEST_PASSWORD, trimmed=False) for name in (first, second))
    if password and again and password != again:
        fields.refuse(second, UNEQUAL)
    return password


def _answers(document: Mapping[str, Any]) -> dict[str, str]:
    """Answers by label; one that is empty counts as none.  :raise Invalid: on ``request_fields``."""
    answers: dict[str, str] = {}
    problems: dict[str, list[str]] = {}
    for label, answer in list(document.items())[:MOST_ANSWERS]:
        if answer is None:
            continue
        if not isinstance(answer, str):
            problems[label[:LONGEST_NAME]] = [NO_STRING]
        else:
            answers[label] = answer.strip()
    if problems:
        raise Invalid({"request_fields": problems})
    return answers


def confirmation_key(document: Mapping[str, Any]) -> str:
    """The secret of a link that confirms an address.  :raise Invalid:"""
    fields = Fields(document)
    key = fields.text("key", LONGEST_SECRET)
    fields.check()
    return key


def address(document: Mapping[str, Any]) -> str:
    """An address to write to.  :raise Invalid:"""
    fields = Fields(document)
    email = fields.text("email", LONGEST_EMAIL)
    if email and not _ADDRESS.fullmatch(email):
        fields.refuse("email", "Enter a valid email address.")
    fields.check()
    return email


def address_change(document: Mapping[str, Any]) -> tuple[str, str]:
    """The password of who asks, and the new address.  :raise Invalid:"""
    fields = Fields(document)
    password = fields.text("password", LONGEST_PASSWORD, trimmed=False)
    email = fields.text("email", LONGEST_EMAIL)
    fields.check()
    return password, email


@frozen
class NewPassword:
    """A password chosen by a link.  :ivar uid: and ``token``: as the link has them."""

    uid: str
    token: str = field(repr=False)
    password: str = field(repr=False)


def new_password(document: Mapping[str, Any]) -> NewPassword:
    """:raise Invalid: also when the two passwords differ."""
    fields = Fields(document)
    uid, token = (fields.text(name, LONGEST_SECRET) for name in ("uid", "token"))
    password = _new_password(fields, "new_password1", "new_password2")
    fields.check()
    return NewPassword(uid, token, password)


def unchanged_user(document: Mapping[str, Any], account: Account) -> None:
    """
    See that a change of ``auth/user`` changes nothing: each of its facts is changed elsewhere, or never.

    :raise Invalid: by field.
    """
    fields = Fields(document)
    for name, known in (("username", account.username), ("email", account.email)):
        if fields.has(name) and fields.text(name, LONGEST_EMAIL).lower() != known.lower():
            fields.refuse(name, FIXED)
    for name in ("first_name", "last_name"):
        if fields.text_or_none(name, LONGEST_TEXT):
            fields.refuse(name, FIXED)
    fields.check()
