"""Programs: ``oauth``."""

from __future__ import annotations

from fwtwisted.web.v1.described.asking import PAGES, alike
from fwtwisted.wire.openapi import (
    FORM,
    KNOWN,
    PERSON,
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
from fwtwisted.wire.schema import TEXT, listed
from fwtwisted.wire.v1.shapes import oauth as shapes
from fwtwisted.wire.v1.shapes import page_of

SECURITY = scoped("security")
REFUSED = ok(shapes.REFUSED, "Refused, in one of OAuth's words.", 400)
STRANGER = ok(shapes.REFUSED, "The program is not known, or did not prove who it is.", 401)

_CHANGE = Operation(
    "Change what an application says of itself",
    SECURITY,
    [ok(shapes.OWN_APPLICATION)],
    body=shapes.APPLICATION_CHANGE,
)

AREA = Area(
    "OAuth",
    "Programs that act for people, and their tokens (RFC 6749, RFC 7636, RFC 7009).",
    {
        "/api/v1/oauth/apps/": {
            "GET": Operation(
                "The applications that the caller registered",
                SECURITY,
                [ok(page_of(shapes.LISTED_APPLICATION))],
                query=PAGES,
            ),
            "POST": Operation(
                "Register an application",
                KNOWN,
                [made(shapes.NEW_APPLICATION)],
                body=shapes.APPLICATION_WISH,
                more="With an account, it has a personal token at once.",
            ),
        },
        "/api/v1/oauth/apps/<client_id>/": {
            "GET": Operation(
                "An application; its owner is told more",
                KNOWN,
                [ok(shapes.APPLICATION), ok(shapes.OWN_APPLICATION)],
            ),
            **alike("PUT PATCH", _CHANGE),
            "DELETE": Operation("Forget an application, with its tokens", SECURITY, [gone()]),
        },
        "/api/v1/oauth/apps/<client_id>/refresh-token/": {
            "POST": Operation("Another personal token", SECURITY, [ok(shapes.OWN_APPLICATION)])
        },
        "/api/v1/oauth/authorize/": {
            "GET": Operation(
                "The way to the page where a person decides",
                USER,
                [Answer(302, "To the page, with the query as it came.", headers={"Location": "The page."})],
                more="A browser, which asks for `text/html`, is led there whoever it is.",
                wordless=True,
            ),
            "POST": Operation(
                "Let an application in, or do not",
                PERSON,
                [
                    ok(shapes.GRANTED, "To a page that asked with `X-Requested-With: XMLHttpRequest`."),
                    Answer(302, "To the application, with a code.", headers={"Location": "Where it waits."}),
                    ok(shapes.DENIED, "The person said no.", 400),
                ],
                body=shapes.DECISION,
                wordless=True,
            ),
        },
        "/api/v1/oauth/grants/": {
            "GET": Operation("The applications that may act for the caller", SECURITY, [ok(listed(shapes.APPLICATION))])
        },
        "/api/v1/oauth/grants/<client_id>/": {
            "GET": Operation("One of them", SECURITY, [ok(shapes.APPLICATION)]),
            "DELETE": Operation("It may no longer", SECURITY, [gone()]),
        },
        "/api/v1/oauth/token/": {
            "POST": Operation(
                "A code or a refresh token becomes a pair of tokens",
                WORD,
                [ok(shapes.TOKENS), REFUSED, STRANGER],
                body=shapes.TOKEN_REQUEST,
                more="The program says who it is by Basic, or by `client_id` and `client_secret`.",
                wordless=True,
            )
        },
        "/api/v1/oauth/revoke/": {
            "POST": Operation(
                "End a token, and all that came from the same consent",
                WORD,
                [Answer(200, "It has ended.", {"text/plain": TEXT}), REFUSED, STRANGER],
                body=shapes.REVOCATION,
                body_types=(FORM,),
                wordless=True,
            )
        },
    },
)
