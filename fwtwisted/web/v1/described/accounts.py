"""Coming in, and keeping one's account: ``users``, ``auth``, ``setup``."""

from __future__ import annotations

from fwtwisted.web.v1.described.asking import PAGES, alike, below
from fwtwisted.wire.openapi import (
    ABSENT,
    FORBIDDEN,
    KNOWN,
    PUBLIC,
    SWITCHED_OFF,
    USER,
    WORD,
    Answer,
    Area,
    Operation,
    gone,
    made,
    ok,
    scoped,
)
from fwtwisted.wire.schema import OBJECT, TEXT
from fwtwisted.wire.v1.shapes import page_of
from fwtwisted.wire.v1.shapes import people as shapes

SIGNED_IN = Answer(200, "A session begins; its cookies come with the answer.", {"text/plain": TEXT})
SIGNED_OUT = Answer(200, "There is no session any more.", {"text/plain": TEXT})
SAID = ok(shapes.WORD_OF_MOUTH)
SECURITY = scoped("security")
PROFILE = scoped("profile")

_CHANGE_PASSWORD = Operation("Choose another password", USER, [SAID], body=shapes.PASSWORD_CHANGE)

AREA = Area(
    "Accounts",
    "Coming in, and keeping one's account. Everything below `users/` is at `users/users/` as well.",
    {
        **below(
            "/api/v1/users",
            {
                "/login/": {
                    "POST": Operation(
                        "Log in: name and password become a session",
                        PUBLIC,
                        [SIGNED_IN, FORBIDDEN],
                        body=shapes.CREDENTIALS,
                        wordless=True,
                    )
                },
                "/logout/": {"POST": Operation("End the session, if there is one", PUBLIC, [SIGNED_OUT, FORBIDDEN])},
                "/me/": {
                    "GET": Operation("Oneself", PROFILE, [ok(shapes.ME)]),
                    "DELETE": Operation("Go for good, with all that one has", PROFILE, [gone()], body=shapes.LEAVING),
                },
                "/settings/": {
                    "POST": Operation(
                        "Keep settings of an app: what is sent is laid over what is there",
                        PROFILE,
                        [ok(OBJECT, "All that is kept.")],
                        body=OBJECT,
                    )
                },
                "/<username>/": alike(
                    "PUT PATCH",
                    Operation(
                        "Change what others see of oneself", PROFILE, [ok(shapes.PROFILE)], body=shapes.PROFILE_CHANGE
                    ),
                ),
                "/change-email/": {
                    "POST": Operation(
                        "Ask for another mail address; the link that is sent there makes the change",
                        SECURITY,
                        [gone("A link was sent.")],
                        body=shapes.ADDRESS_CHANGE,
                    )
                },
                "/<username>/subsonic-token/": {
                    "GET": Operation(
                        "The secret of one's Subsonic apps", SECURITY, [ok(shapes.SUBSONIC_TOKEN), SWITCHED_OFF]
                    ),
                    "POST": Operation(
                        "Another secret for Subsonic apps", SECURITY, [ok(shapes.SUBSONIC_TOKEN), SWITCHED_OFF]
                    ),
                    "DELETE": Operation("No secret for Subsonic apps", SECURITY, [gone(), SWITCHED_OFF]),
                },
            },
        ),
        **below(
            "/api/v1/auth",
            {
                "/registration/": {
                    "POST": Operation(
                        "Open an account",
                        KNOWN,
                        [
                            ok(shapes.WORD_OF_MOUTH, "A link was sent, which comes first.", 201),
                            gone("The account is there; its session begins, unless a moderator decides first."),
                        ],
                        body=shapes.NEWCOMER,
                    )
                },
                "/registration/verify-email/": {
                    "POST": Operation("Confirm a mail address", KNOWN, [SAID, ABSENT], body=shapes.CONFIRMATION_KEY)
                },
                "/registration/resend-email/": {
                    "POST": Operation(
                        "Have the link that confirms an address sent again", KNOWN, [SAID], body=shapes.ADDRESS_OF_MAIL
                    )
                },
                "/registration/change-password/": {"POST": _CHANGE_PASSWORD},
                "/password/change/": {"POST": _CHANGE_PASSWORD},
                "/password/reset/": {
                    "POST": Operation("Ask for a new password", KNOWN, [SAID], body=shapes.ADDRESS_OF_MAIL)
                },
                "/password/reset/confirm/": {
                    "POST": Operation("Choose a new password by a link", KNOWN, [SAID], body=shapes.NEW_PASSWORD)
                },
                "/user/": {
                    "GET": Operation("The few facts that old clients ask for", USER, [ok(shapes.AUTH_USER)]),
                    **alike(
                        "PUT PATCH",
                        Operation(
                            "Change nothing: these facts are changed elsewhere",
                            USER,
                            [ok(shapes.AUTH_USER)],
                            body=shapes.AUTH_USER_CHANGE,
                        ),
                    ),
                },
            },
        ),
        "/api/v1/subsonic/keys/": {
            "GET": Operation(
                "The keys of the caller's Subsonic apps",
                SECURITY,
                [ok(page_of(shapes.SUBSONIC_KEY))],
                query=PAGES,
            ),
            "POST": Operation(
                "A key for a Subsonic app; it is told this once",
                SECURITY,
                [made(shapes.NEW_SUBSONIC_KEY)],
                body=shapes.SUBSONIC_KEY_WISH,
            ),
        },
        "/api/v1/subsonic/keys/<int:id>/": {
            "DELETE": Operation("A key that lets nobody in any more", SECURITY, [gone()])
        },
        "/api/v1/setup/": {
            "POST": Operation(
                "Make the first account of an empty pod, by the link that it printed",
                WORD,
                [made(shapes.AUTH_USER), FORBIDDEN],
                body=shapes.SET_UP,
            )
        },
    },
)
