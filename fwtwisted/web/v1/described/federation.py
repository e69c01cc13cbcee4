"""Between people and pods: ``federation``, and look-ups below artists, albums and tracks."""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.model.music import Kind
from fwtwisted.web.v1.described.asking import PAGES, SEARCH, alike, below, flag, number, order, paging, word
from fwtwisted.wire.openapi import ELSEWHERE, GUEST, USER, Answer, Area, Operation, gone, made, ok, scoped
from fwtwisted.wire.schema import told
from fwtwisted.wire.v1.shapes import federation as shapes
from fwtwisted.wire.v1.shapes import page_of
from fwtwisted.wire.v1.shapes.libraries import FOLLOW, SEEN_LIBRARIES, SEEN_LIBRARY

FOLLOWERS = scoped("follows")
LIBRARIES = scoped("libraries")
INBOX = scoped("notifications")
NO_SUCH = Answer(404, "There is no such follow.", {"application/json": told()})
MOST_DOMAINS = 100
OF_FOLLOWS = (
    *PAGES,
    flag("approved", "Those that were accepted, or were not."),
    order(("creation_date",), strict=True),
)
FETCHES = page_of(shapes.FETCH)


def fetches_of(kind: Kind) -> Mapping[str, Operation]:
    """What hangs below an object."""
    return {
        "GET": Operation(f"When the caller had the {kind} looked up", USER, [ok(FETCHES)], query=PAGES),
        "POST": Operation(f"Look the {kind} up again, where it is at home", USER, [made(shapes.FETCH), ELSEWHERE]),
    }


AREA = Area(
    "Federation",
    "Follows of libraries and people, look-ups at other pods, actors, servers, and what reaches the caller's inbox.",
    below(
        "/api/v1/federation",
        {
            "/follows/library/": {
                "GET": Operation(
                    "The caller's follows, but for those that were refused",
                    FOLLOWERS,
                    [ok(page_of(FOLLOW))],
                    query=OF_FOLLOWS,
                ),
                "POST": Operation("Ask for what is in a library", FOLLOWERS, [made(FOLLOW)], body=shapes.FOLLOW_WISH),
            },
            "/follows/library/all/": {
                "GET": Operation("All of the caller's follows, in short", FOLLOWERS, [ok(shapes.ALL_FOLLOWS)])
            },
            "/follows/library/<uuid:uuid>/": {
                "GET": Operation("A follow", FOLLOWERS, [ok(FOLLOW)]),
                "DELETE": Operation("Follow no longer", FOLLOWERS, [gone()]),
            },
            "/follows/library/<uuid:uuid>/accept/": {
                "POST": Operation("Let a follower in", FOLLOWERS, [gone(), NO_SUCH])
            },
            "/follows/library/<uuid:uuid>/reject/": {
                "POST": Operation("Do not let a follower in", FOLLOWERS, [gone(), NO_SUCH])
            },
            "/follows/user/": {
                "GET": Operation(
                    "Whom the caller follows, but for those who refused",
                    FOLLOWERS,
                    [ok(page_of(shapes.USER_FOLLOW))],
                    query=OF_FOLLOWS,
                ),
                "POST": Operation(
                    "Ask to follow somebody, by federation id or `user@domain`",
                    FOLLOWERS,
                    [made(shapes.USER_FOLLOW)],
                    body=shapes.USER_FOLLOW_WISH,
                ),
            },
            "/follows/user/all/": {
                "GET": Operation(
                    "Everybody whom the caller follows, in short", FOLLOWERS, [ok(shapes.ALL_USER_FOLLOWS)]
                )
            },
            "/follows/user/received/": {
                "GET": Operation(
                    "Who follows the caller, or wishes to",
                    FOLLOWERS,
                    [ok(page_of(shapes.USER_FOLLOW))],
                    query=OF_FOLLOWS,
                )
            },
            "/follows/user/<uuid:uuid>/": {
                "GET": Operation("A follow of a person", FOLLOWERS, [ok(shapes.USER_FOLLOW)]),
                "DELETE": Operation("Follow a person no longer", FOLLOWERS, [gone()]),
            },
            "/follows/user/<uuid:uuid>/accept/": {
                "POST": Operation("Let somebody follow the caller", FOLLOWERS, [gone(), NO_SUCH])
            },
            "/follows/user/<uuid:uuid>/reject/": {
                "POST": Operation("Do not let somebody follow the caller", FOLLOWERS, [gone(), NO_SUCH])
            },
            "/libraries/<uuid:uuid>/": {"GET": Operation("A library of anybody's", LIBRARIES, [ok(SEEN_LIBRARY)])},
            "/libraries/<uuid:uuid>/scan/": {
                "POST": Operation("Have a library looked through", LIBRARIES, [ok(shapes.SCAN_ANSWER), ELSEWHERE])
            },
            "/libraries/fetch/": {
                "POST": Operation(
                    "The library at an address",
                    LIBRARIES,
                    [ok(shapes.LIBRARY_FOUND), ELSEWHERE],
                    body=shapes.LIBRARY_ADDRESS,
                )
            },
            "/fetches/": {
                "POST": Operation(
                    "Look something up, by its address or `user@domain`",
                    USER,
                    [made(shapes.FETCH), ELSEWHERE],
                    body=shapes.FETCH_WISH,
                )
            },
            "/fetches/<int:id>/": {"GET": Operation("A look-up", USER, [ok(shapes.FETCH)])},
            "/actors/<handle>/": {"GET": Operation("Somebody, by `user@domain`", GUEST, [ok(shapes.PERSONA)])},
            "/actors/<handle>/libraries/": {
                "GET": Operation(
                    "Their libraries, as far as the caller may look", GUEST, [ok(SEEN_LIBRARIES)], query=PAGES
                )
            },
            "/domains/": {
                "GET": Operation(
                    "Servers that are known here",
                    GUEST,
                    [ok(page_of(shapes.DOMAIN))],
                    query=(*paging(MOST_DOMAINS), SEARCH),
                )
            },
            "/domains/<name>/": {"GET": Operation("A server", GUEST, [ok(shapes.DOMAIN)])},
            "/inbox/": {
                "GET": Operation(
                    "What reached the caller",
                    INBOX,
                    [ok(page_of(shapes.INBOX_ITEM))],
                    query=(
                        *PAGES,
                        flag("is_read", "What was read, or was not."),
                        number("before", "What is older than this item."),
                        word("activity__type", "Of this type, such as `Follow`."),
                        number("activity__actor", "From this actor."),
                    ),
                )
            },
            "/inbox/<int:id>/": {
                "GET": Operation("An item", INBOX, [ok(shapes.INBOX_ITEM)]),
                **alike(
                    "PUT PATCH",
                    Operation("Mark an item as read, or not", INBOX, [ok(shapes.INBOX_ITEM)], body=shapes.READ_MARK),
                ),
            },
            "/inbox/action/": {
                "POST": Operation("Mark many as read", INBOX, [ok(shapes.READ_ACTED)], body=shapes.READ_ACTION)
            },
        },
    ),
)
