"""Keeping a pod in order: ``moderation``, ``manage``."""

from __future__ import annotations

from fwtwisted.model.administration import RequestStatus
from fwtwisted.model.people import PERMISSIONS, Privacy
from fwtwisted.web.v1.described.asking import PAGES, SEARCH, alike, below, flag, order, token_search, word
from fwtwisted.wire.openapi import Area, Operation, gone, made, ok, scoped, visit
from fwtwisted.wire.v1.shapes import administration as shapes
from fwtwisted.wire.v1.shapes import page_of

FILTERS, REPORTS, NOTES = scoped("filters"), scoped("instance:reports"), scoped("instance:notes")
USERS, INVITATIONS, REQUESTS = scoped("instance:users"), scoped("instance:invitations"), scoped("instance:requests")

MODERATION = below(
    "/api/v1/moderation",
    {
        "/content-filters/": {
            "GET": Operation(
                "The artists that the caller hides",
                FILTERS,
                [ok(page_of(shapes.CONTENT_FILTER))],
                query=(*PAGES, order(("creation_date",))),
            ),
            "POST": Operation("Hide an artist", FILTERS, [made(shapes.CONTENT_FILTER)], body=shapes.HIDING),
        },
        "/content-filters/<uuid:uuid>/": {
            "GET": Operation("One of them", FILTERS, [ok(shapes.CONTENT_FILTER)]),
            "DELETE": Operation("Hide an artist no longer", FILTERS, [gone()]),
        },
        "/reports/": {
            "POST": Operation(
                "Tell the moderators that something is wrong",
                visit("reports"),
                [made(shapes.REPORT)],
                body=shapes.REPORT_WISH,
            )
        },
    },
)

MODERATORS = below(
    "/api/v1/manage/moderation",
    {
        "/reports/": {
            "GET": Operation(
                "Reports",
                REPORTS,
                [ok(page_of(shapes.ADMIN_REPORT))],
                query=(
                    *PAGES,
                    token_search("uuid", "id", "resolved", "domain", "category", "submitter", "assigned_to", "target"),
                    flag("is_handled", "What is done, or is not."),
                    word("type", "Of this type."),
                    word("submitter_email", "From this address."),
                    order(("id", "creation_date", "handled_date")),
                ),
            )
        },
        "/reports/<uuid:uuid>/": {
            "GET": Operation("A report", REPORTS, [ok(shapes.ADMIN_REPORT)]),
            **alike(
                "PUT PATCH",
                Operation("Resolve a report, or not", REPORTS, [ok(shapes.ADMIN_REPORT)], body=shapes.REPORT_CHANGE),
            ),
        },
        "/notes/": {
            "GET": Operation("Notes of moderators", NOTES, [ok(page_of(shapes.NOTE))], query=PAGES),
            "POST": Operation("A new note", NOTES, [made(shapes.NOTE)], body=shapes.NOTE_WISH),
        },
        "/notes/<uuid:uuid>/": {
            "GET": Operation("A note", NOTES, [ok(shapes.NOTE)]),
            "DELETE": Operation("Remove a note", NOTES, [gone()]),
        },
        "/requests/": {
            "GET": Operation(
                "Requests to be let in",
                REQUESTS,
                [ok(page_of(shapes.USER_REQUEST))],
                query=(
                    *PAGES,
                    token_search("username", "uuid", "id", "status", "category", "submitter", "assigned_to"),
                    word("status", "In this state.", *RequestStatus),
                    word("type", "Of this type.", "signup"),
                    order(("id", "creation_date", "handled_date")),
                ),
            )
        },
        "/requests/<uuid:uuid>/": {
            "GET": Operation("A request", REQUESTS, [ok(shapes.USER_REQUEST)]),
            **alike(
                "PUT PATCH",
                Operation("Yes or no", REQUESTS, [ok(shapes.USER_REQUEST)], body=shapes.REQUEST_ANSWER),
            ),
        },
    },
)

ADMINISTRATORS = below(
    "/api/v1/manage/users",
    {
        "/users/": {
            "GET": Operation(
                "Accounts",
                USERS,
                [ok(page_of(shapes.MEMBER))],
                query=(
                    *PAGES,
                    token_search("username", "name", "email"),
                    flag("is_active", "Open, or closed."),
                    flag("is_staff", "Of the staff, or not."),
                    flag("is_superuser", "Who may everything, or may not."),
                    word("privacy_level", "Of this level.", *Privacy),
                    *(flag(f"permission_{name}", "Who has it, or has it not.") for name in PERMISSIONS),
                    order(("date_joined", "last_activity", "username")),
                ),
            )
        },
        "/users/<int:id>/": {
            "GET": Operation("An account", USERS, [ok(shapes.MEMBER)]),
            **alike(
                "PUT PATCH",
                Operation(
                    "Close an account or open it, its rights, its quota",
                    USERS,
                    [ok(shapes.MEMBER)],
                    body=shapes.MEMBER_CHANGE,
                ),
            ),
        },
        "/invitations/": {
            "GET": Operation(
                "Invitations",
                INVITATIONS,
                [ok(page_of(shapes.INVITATION))],
                query=(
                    *PAGES,
                    SEARCH,
                    flag("is_open", "What can be used, or cannot any more."),
                    order(("creation_date", "expiration_date")),
                ),
            ),
            "POST": Operation("A new invitation", INVITATIONS, [made(shapes.INVITATION)], body=shapes.INVITATION_WISH),
        },
        "/invitations/<int:id>/": {
            "GET": Operation("An invitation", INVITATIONS, [ok(shapes.INVITATION)]),
            **alike(
                "PUT PATCH",
                Operation("Another code", INVITATIONS, [ok(shapes.INVITATION)], body=shapes.INVITATION_CHANGE),
            ),
        },
        "/invitations/action/": {
            "POST": Operation(
                "Take invitations back",
                INVITATIONS,
                [ok(shapes.INVITATION_ACTED)],
                body=shapes.INVITATION_ACTION,
            )
        },
    },
)

AREA = Area(
    "Moderation and administration",
    "What people keep away from themselves and report; what those see and do who run the pod.",
    {**MODERATION, **MODERATORS, **ADMINISTRATORS},
)
