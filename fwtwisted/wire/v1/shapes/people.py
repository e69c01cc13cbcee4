"""Actors, accounts, and what people send to come in and to keep their account (§3.3, §3.4, §4.2–§4.4)."""

from __future__ import annotations

from fwtwisted.model.accounts import LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD, LONGEST_USERNAME
from fwtwisted.model.people import Privacy
from fwtwisted.wire.schema import (
    ADDRESS,
    COUNT,
    FLAG,
    ID,
    MOMENT,
    NUMBER,
    OBJECT,
    TEXT,
    UUID,
    Schema,
    choice,
    either,
    mapped,
    maybe,
    named,
    one_of,
    sent,
    text,
    told,
    with_more,
)
from fwtwisted.wire.v1.people import STATUSES
from fwtwisted.wire.v1.shapes import ATTACHMENT, CONTENT, CONTENT_WISH
from fwtwisted.wire.v1.subsonic_keys import LONGEST_NAME as LONGEST_KEY_NAME

PRIVACY = choice(Privacy)
ACTOR_TYPES = ("Person", "Service", "Application", "Group", "Organization", "Tombstone")
PERMISSIONS = told(library=FLAG, moderation=FLAG, settings=FLAG)
EMAIL = text(LONGEST_EMAIL)
PASSWORD = text(LONGEST_PASSWORD)

ACTOR = named(
    "Actor",
    told(
        fid=ADDRESS,
        url=maybe(ADDRESS),
        creation_date=MOMENT,
        summary=maybe(TEXT),
        preferred_username=TEXT,
        name=maybe(TEXT),
        last_fetch_date=MOMENT,
        domain=TEXT,
        type=choice(ACTOR_TYPES),
        manually_approves_followers=maybe(FLAG),
        full_username={"type": "string", "pattern": "^[^@]+@[^@]+$"},
        is_local=FLAG,
    ),
)
USER = named("User", told(id=ID, username=TEXT, name=TEXT, date_joined=MOMENT, avatar=maybe(ATTACHMENT)))

_MESSAGE_DATES: dict[str, Schema] = {
    "instance_support_message_display_date": maybe(MOMENT),
    "funkwhale_support_message_display_date": maybe(MOMENT),
}
QUOTA = named(
    "QuotaStatus",
    told({"max": COUNT, "remaining": NUMBER, "current": NUMBER, **dict.fromkeys(STATUSES, NUMBER)}),
)
ME = named(
    "Me",
    with_more(
        USER,
        full_username=TEXT,
        email=TEXT,
        is_staff=FLAG,
        is_superuser=FLAG,
        permissions=PERMISSIONS,
        privacy_level=PRIVACY,
        quota_status=QUOTA,
        **_MESSAGE_DATES,
        summary=maybe(CONTENT),
        tokens=told(listen=TEXT),
        settings=OBJECT,
    ),
)
PROFILE = named(
    "Profile",
    told(
        name=TEXT,
        privacy_level=PRIVACY,
        **_MESSAGE_DATES,
        summary=maybe(CONTENT),
        avatar=either(ATTACHMENT, told(file={"type": "null"})),
    ),
)
AUTH_USER = named("AuthUser", told(pk=ID, username=TEXT, email=TEXT, first_name=one_of(""), last_name=one_of("")))
SUBSONIC_TOKEN = named("SubsonicToken", told(subsonic_api_token=maybe(TEXT)))
SUBSONIC_KEY = named(
    "SubsonicKey",
    told(id=ID, name=TEXT, creation_date=MOMENT, last_used=maybe(MOMENT), last_client=maybe(TEXT)),
)
NEW_SUBSONIC_KEY = named("NewSubsonicKey", with_more(SUBSONIC_KEY, key=TEXT))
WORD_OF_MOUTH = named("Said", told(detail=TEXT))

# --- what people send ----------------------------------------------------------------------------

SUBSONIC_KEY_WISH = named("SubsonicKeyWish", sent({"name": text(LONGEST_KEY_NAME)}))
CREDENTIALS = named("Credentials", sent({"username": EMAIL, "password": PASSWORD}))
SET_UP = named(
    "SetUp",
    sent({"token": text(LONGEST_NAME), "username": text(LONGEST_USERNAME), "email": EMAIL, "password": PASSWORD}),
)
NEWCOMER = named(
    "Newcomer",
    sent(
        {"username": text(LONGEST_USERNAME), "email": EMAIL, "password1": PASSWORD, "password2": PASSWORD},
        invitation=maybe(text(LONGEST_NAME, 0)),
        request_fields=maybe(mapped(maybe(TEXT))),
    ),
)
PASSWORD_CHANGE = named(
    "PasswordChange", sent({"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD})
)
NEW_PASSWORD = named(
    "NewPassword",
    sent({"uid": text(255), "token": text(255), "new_password1": PASSWORD, "new_password2": PASSWORD}),
)
CONFIRMATION_KEY = named("ConfirmationKey", sent({"key": text(255)}))
ADDRESS_OF_MAIL = named("MailAddress", sent({"email": EMAIL}))
ADDRESS_CHANGE = named("MailAddressChange", sent({"password": PASSWORD, "email": EMAIL}))
AUTH_USER_CHANGE = named(
    "AuthUserChange", sent(username=EMAIL, email=EMAIL, first_name=maybe(TEXT), last_name=maybe(TEXT))
)
LEAVING = named("Leaving", sent({"password": PASSWORD, "confirm": FLAG}))
PROFILE_CHANGE = named(
    "ProfileChange",
    sent(
        name=text(LONGEST_NAME, 0),
        privacy_level=PRIVACY,
        summary=maybe(CONTENT_WISH),
        avatar=maybe(UUID),
        **_MESSAGE_DATES,
    ),
)
