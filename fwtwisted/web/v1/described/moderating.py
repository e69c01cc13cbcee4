"""What moderators decide about other servers and those who live there, and whom people block."""

from __future__ import annotations

from fwtwisted.model.policies import Switch
from fwtwisted.web.v1.described.asking import PAGES, SEARCH, alike, below, flag, order, token_search, word
from fwtwisted.wire.openapi import Area, Operation, gone, made, ok, scoped
from fwtwisted.wire.v1.shapes import moderation as shapes
from fwtwisted.wire.v1.shapes import page_of

POLICIES, DOMAINS = scoped("instance:policies"), scoped("instance:domains")
ACCOUNTS, FILTERS = scoped("instance:accounts"), scoped("filters")

DECISIONS = below(
    "/api/v1/manage/moderation/instance-policies",
    {
        "/": {
            "GET": Operation(
                "What was decided",
                POLICIES,
                [ok(page_of(shapes.POLICY))],
                query=(
                    *PAGES,
                    SEARCH,
                    word("target_domain", "About this server."),
                    word("target_account_username", "About an actor of this name."),
                    word("target_account_domain", "About an actor of this server."),
                    *(flag(switch.value, "With this switch on, or off.") for switch in Switch),
                    order(("id", "creation_date")),
                ),
            ),
            "POST": Operation(
                "Decide about a server or an actor", POLICIES, [made(shapes.POLICY)], body=shapes.POLICY_WISH
            ),
        },
        "/<int:id>/": {
            "GET": Operation("A policy", POLICIES, [ok(shapes.POLICY)]),
            **alike(
                "PUT PATCH",
                Operation("Decide otherwise", POLICIES, [ok(shapes.POLICY)], body=shapes.POLICY_CHANGE),
            ),
            "DELETE": Operation("Take a policy back", POLICIES, [gone()]),
        },
    },
)
SERVERS = below(
    "/api/v1/manage/federation/domains",
    {
        "/": {
            "GET": Operation(
                "Other servers",
                DOMAINS,
                [ok(page_of(shapes.SERVER))],
                query=(
                    *PAGES,
                    token_search("name"),
                    flag("allowed", "On the allow list, or not."),
                    order((
                        "name", "creation_date", "nodeinfo_fetch_date", "actors_count", "outbox_activities_count",
                        "instance_policy",
                    )),
                ),
            ),
            "POST": Operation("Make a server known", DOMAINS, [made(shapes.SERVER)], body=shapes.SERVER_WISH),
        },
        "/action/": {
            "POST": Operation(
                "Allow servers, or not, or remove what is here of them",
                DOMAINS,
                [ok(shapes.SERVER_ACTED)],
                body=shapes.SERVER_ACTION,
            )
        },
        "/<name>/": {
            "GET": Operation("A server", DOMAINS, [ok(shapes.SERVER)]),
            **alike(
                "PUT PATCH",
                Operation(
                    "Put a server on the allow list, or take it off",
                    DOMAINS,
                    [ok(shapes.SERVER)],
                    body=shapes.SERVER_CHANGE,
                ),
            ),
        },
        "/<name>/stats/": {"GET": Operation("What is here of a server", DOMAINS, [ok(shapes.SERVER_STATS)])},
        "/<name>/nodeinfo/": {"GET": Operation("Ask a server what it is", DOMAINS, [ok(shapes.NODEINFO)])},
    },
)  # fmt: skip
ACTORS = below(
    "/api/v1/manage/accounts",
    {
        "/": {
            "GET": Operation(
                "Actors, wherever they live",
                ACCOUNTS,
                [ok(page_of(shapes.KNOWN_ACTOR))],
                query=(
                    *PAGES,
                    token_search("name", "username", "email", "bio", "type", "uuid", "domain"),
                    word("domain", "Of this server."),
                    word("type", "Of this type."),
                    flag("manually_approves_followers", "Who decides about followers, or does not."),
                    flag("local", "Who lives here, or elsewhere."),
                    order((
                        "name", "preferred_username", "domain", "fid", "creation_date", "last_fetch_date",
                        "uploads_count", "outbox_activities_count", "instance_policy",
                    )),
                ),
            )
        },
        "/action/": {
            "POST": Operation(
                "Remove what is here of actors", ACCOUNTS, [ok(shapes.ACTOR_ACTED)], body=shapes.ACTOR_ACTION
            )
        },
        "/<handle>/": {"GET": Operation("An actor", ACCOUNTS, [ok(shapes.KNOWN_ACTOR)])},
        "/<handle>/stats/": {"GET": Operation("What is here of an actor", ACCOUNTS, [ok(shapes.ACTOR_STATS)])},
    },
)  # fmt: skip
BLOCKS = below(
    "/api/v1/moderation/blocks",
    {
        "/": {
            "GET": Operation("Whom the caller blocks", FILTERS, [ok(page_of(shapes.BLOCK))], query=PAGES),
            "POST": Operation("Block somebody", FILTERS, [made(shapes.BLOCK)], body=shapes.BLOCK_WISH),
        },
        "/<uuid:uuid>/": {
            "GET": Operation("One of them", FILTERS, [ok(shapes.BLOCK)]),
            "DELETE": Operation("Block somebody no longer", FILTERS, [gone()]),
        },
    },
)

AREA = Area(
    "Moderation of the federation",
    "What moderators decide about other servers and those who live there; whom people block for themselves.",
    {**DECISIONS, **SERVERS, **ACTORS, **BLOCKS},
)
