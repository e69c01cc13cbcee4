"""Other servers and those who live there, as moderators see them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from fwtwisted.db.conditions import NOTHING, Condition, all_of, ordered, same, same_letters, token_conditions
from fwtwisted.db.people.members import ADMIN_ACTOR_WIDTH, admin_actor, admin_actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.moderation import ActorQuestion, KnownActor, KnownServer, ServerQuestion, Stats

# --- servers -------------------------------------------------------------------------------------

_ACTORS = "(SELECT count(*) FROM actor WHERE actor.domain = domain.name)"
_ACTIVITIES = """
    (SELECT count(*) FROM activity JOIN actor ON actor.id = activity.actor_id WHERE actor.domain = domain.name)
"""
_POLICY = "(SELECT id FROM instance_policy WHERE target_domain = domain.name)"
_SERVER = f"""
    SELECT domain.name, domain.creation_date, {_ACTORS}, {_ACTIVITIES}, domain.nodeinfo, domain.nodeinfo_fetch_date,
           {_POLICY}, domain.allowed
      FROM domain
"""
_SERVER_SEARCHED = {"name": "folded(domain.name)"}
_SERVER_ORDERS = {
    "name": "domain.name",
    "creation_date": "domain.creation_date",
    "nodeinfo_fetch_date": "domain.nodeinfo_fetch_date",
    "actors_count": _ACTORS,
    "outbox_activities_count": _ACTIVITIES,
    "instance_policy": _POLICY,
}


def _of_servers(own: str, asked: ServerQuestion) -> Iterator[Condition]:
    yield Condition("domain.name <> %s", (own,))
    if asked.allowed is not None:
        yield Condition("coalesce(domain.allowed, false) = %s", (asked.allowed,))
    if asked.names is not None:
        yield Condition("domain.name = ANY(%s)", (list(asked.names),))
    if asked.q is not None:
        yield from token_conditions(asked.q, _SERVER_SEARCHED, {})


async def servers(
    tx: Queries, own: str, asked: ServerQuestion, limit: int, offset: int
) -> tuple[int, list[KnownServer]]:
    """How many other servers match, and one page of them; whom we met last first where no order is asked."""
    where = all_of(_of_servers(own, asked))
    count = await tx.one(int, f"SELECT count(*) FROM domain WHERE {where.sql}", *where.values)
    order = ordered(asked.ordering, _SERVER_ORDERS, "domain.creation_date DESC, domain.name")
    sql = f"{_SERVER} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return count, await tx.many(KnownServer, sql, *where.values, limit, offset)


async def names(tx: Queries, own: str, asked: ServerQuestion) -> list[str]:
    """The names of all other servers that match."""
    where = all_of(_of_servers(own, asked))
    return await tx.many(str, f"SELECT domain.name FROM domain WHERE {where.sql} ORDER BY name", *where.values)


SERVER = f"{_SERVER} WHERE domain.name = %s AND domain.name <> %s"


async def server(tx: Queries, own: str, name: str) -> KnownServer | None:
    """Another server."""
    return await tx.maybe(KnownServer, SERVER, name, own)


ADD_SERVER = "INSERT INTO domain (name, allowed) VALUES (%s, %s) ON CONFLICT DO NOTHING"


async def add_server(tx: Tx, name: str, allowed: bool | None) -> bool:
    """Whether a server was not known before, and is now."""
    return await tx.do(ADD_SERVER, name, allowed) > 0


ALLOW = "UPDATE domain SET allowed = %s WHERE name = ANY(%s)"


async def allow(tx: Tx, names: Collection[str], allowed: bool | None) -> None:
    """Put servers on the allow list, or take them off."""
    await tx.do(ALLOW, allowed, list(names))


# --- actors --------------------------------------------------------------------------------------

_UPLOADS = """
    (SELECT count(*) FROM upload JOIN library ON library.id = upload.library_id WHERE library.actor_id = actor.id)
"""
_ACTOR_POLICY = "(SELECT id FROM instance_policy WHERE target_actor_id = actor.id)"
_ACTOR_ACTIVITIES = "(SELECT count(*) FROM activity WHERE activity.actor_id = actor.id)"
_ACTOR = f"SELECT {admin_actor_columns()}, {_UPLOADS}, {_ACTOR_POLICY} FROM actor"
_ACTOR_SEARCHED = {
    "name": "folded(coalesce(actor.name, ''))",
    "username": "folded(actor.preferred_username)",
    "email": "folded(coalesce((SELECT email FROM account WHERE account.actor_id = actor.id), ''))",
    "bio": "folded(coalesce(actor.summary, ''))",
    "type": "folded(actor.type)",
}
_ACTOR_FILTERED = {
    "uuid": same("actor.uuid::text"),
    "domain": same("actor.domain"),
    "username": same_letters("actor.preferred_username"),
    "email": same_letters("(SELECT email FROM account WHERE account.actor_id = actor.id)"),
}
_ACTOR_ORDERS = {
    "name": "folded(actor.name)",
    "preferred_username": "lower(actor.preferred_username)",
    "domain": "actor.domain",
    "fid": "actor.fid",
    "creation_date": "actor.creation_date",
    "last_fetch_date": "actor.last_fetch_date",
    "uploads_count": _UPLOADS,
    "outbox_activities_count": _ACTOR_ACTIVITIES,
    "instance_policy": _ACTOR_POLICY,
}


def _known(*columns: Any) -> KnownActor:
    return KnownActor(admin_actor(*columns[:ADMIN_ACTOR_WIDTH]), *columns[ADMIN_ACTOR_WIDTH:])


def _of_actors(asked: ActorQuestion) -> Iterator[Condition]:
    if asked.nothing:
        yield NOTHING
    for sql, value in (
        ("actor.domain = lower(%s)", asked.domain),
        ("actor.type = %s", asked.type),
        ("coalesce(actor.manually_approves_followers, false) = %s", asked.manually_approves_followers),
        ("(actor.private_key IS NOT NULL) = %s", asked.is_local),
    ):
        if value is not None:
            yield Condition(sql, (value,))
    if asked.q is not None:
        yield from token_conditions(asked.q, _ACTOR_SEARCHED, _ACTOR_FILTERED)


async def actors(tx: Queries, asked: ActorQuestion, limit: int, offset: int) -> tuple[int, list[KnownActor]]:
    """How many actors match, and one page of them; whom we met last first where no order is asked."""
    where = all_of(_of_actors(asked))
    count = await tx.one(int, f"SELECT count(*) FROM actor WHERE {where.sql}", *where.values)
    order = ordered(asked.ordering, _ACTOR_ORDERS, "actor.id DESC")
    sql = f"{_ACTOR} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return count, await tx.many(_known, sql, *where.values, limit, offset)


ACTOR = f"{_ACTOR} WHERE lower(actor.preferred_username) = lower(%s) AND actor.domain = lower(%s)"


async def actor(tx: Queries, username: str, domain: str) -> KnownActor | None:
    """The actor of this name and server."""
    return await tx.maybe(_known, ACTOR, username, domain)


ACCOUNT_IDS = "SELECT actor_id, id FROM account WHERE actor_id = ANY(%s)"


async def account_ids(tx: Queries, actor_ids: Collection[int]) -> dict[int, int]:
    """The ids of the accounts of those of the actors that have one here."""
    return dict(await tx.many(lambda actor, account: (actor, account), ACCOUNT_IDS, list(actor_ids)))


# --- what there is of them -----------------------------------------------------------------------

# {actors}: ids of the actors that are meant; {works}: which works of each table are theirs.
_COUNTS = {
    "outbox_activities": "SELECT count(*) FROM activity WHERE actor_id IN ({actors})",
    "libraries": "SELECT count(*) FROM library WHERE NOT is_channel AND actor_id IN ({actors})",
    "channels": "SELECT count(*) FROM channel WHERE attributed_to_id IN ({actors})",
    "received_library_follows": """
        SELECT count(*) FROM follow JOIN library ON library.id = follow.target_library_id
         WHERE library.actor_id IN ({actors})""",
    "emitted_library_follows": """
        SELECT count(*) FROM follow WHERE target_library_id IS NOT NULL AND actor_id IN ({actors})""",
    "artists": "SELECT count(*) FROM artist WHERE {works}",
    "albums": "SELECT count(*) FROM album WHERE {works}",
    "tracks": "SELECT count(*) FROM track WHERE {works}",
    "uploads": "SELECT count(*) FROM {held}",
    "media_total_size": "SELECT coalesce(sum(size), 0)::bigint FROM {held}",
    "media_downloaded_size": "SELECT coalesce(sum(size), 0)::bigint FROM {held} AND audio_file IS NOT NULL",
}
_HELD = "upload WHERE library_id IN (SELECT id FROM library WHERE actor_id IN ({actors}))"
_OF_ONE = {
    "reports": "SELECT count(*) FROM report WHERE target_owner_id IN ({actors})",
    "requests": "SELECT count(*) FROM user_request WHERE submitter_id IN ({actors})",
}
_OF_SERVER = {"actors": "SELECT count(*) FROM actor WHERE domain = asked.which::text"}


def _stats_sql(counts: dict[str, str], actors: str, works: str) -> str:
    held = _HELD.format(actors=actors)
    pieces = (f"({sql.format(actors=actors, works=works, held=held)})" for sql in counts.values())
    return f"WITH asked AS (SELECT %s AS which) SELECT {', '.join(pieces)} FROM asked"


ONE_COUNTED, SERVER_COUNTED = {**_COUNTS, **_OF_ONE}, {**_COUNTS, **_OF_SERVER}
STATS_OF_ACTOR = _stats_sql(ONE_COUNTED, "asked.which::bigint", "attributed_to_id = asked.which::bigint")
STATS_OF_SERVER = _stats_sql(
    SERVER_COUNTED,
    "SELECT actor.id FROM actor WHERE actor.domain = asked.which::text",
    "split_part(fid, '/', 3) = asked.which::text",
)


async def stats_of_actor(tx: Queries, actor_id: int) -> Stats:
    """What there is of an actor."""
    return await tx.one(lambda *found: Stats(dict(zip(ONE_COUNTED, found, strict=True))), STATS_OF_ACTOR, actor_id)


async def stats_of_server(tx: Queries, name: str) -> Stats:
    """What there is of a server."""
    return await tx.one(lambda *found: Stats(dict(zip(SERVER_COUNTED, found, strict=True))), STATS_OF_SERVER, name)
