"""Domains, actors, accounts, browser sessions, and the right to create the first account."""

from __future__ import annotations

from fwtwisted.db.pool import Queries
from fwtwisted.model.people import Actor

ACTOR_WIDTH = 15


def actor_columns(alias: str = "actor") -> str:
    """The columns of an :class:`Actor`, :data:`ACTOR_WIDTH` of them, from the table known as ``alias``."""
    return (
        f"{alias}.id, {alias}.uuid, {alias}.fid, {alias}.domain, {alias}.preferred_username, {alias}.type, "
        f"{alias}.name, {alias}.summary, {alias}.summary_type, {alias}.url, {alias}.manually_approves_followers, "
        f"{alias}.icon_id, {alias}.creation_date, {alias}.last_fetch_date, {alias}.private_key IS NOT NULL"
    )


ACTORS = f"SELECT {actor_columns()} FROM actor WHERE id = ANY(%s)"


async def actors(tx: Queries, ids: list[int]) -> dict[int, Actor]:
    """The actors of these ids; unknown ids are left out."""
    return {actor.id: actor for actor in await tx.many(Actor, ACTORS, ids)}


ACTOR_NAMED = f"""
    SELECT {actor_columns()} FROM actor
     WHERE lower(preferred_username) = lower(%s) AND domain = %s
"""


async def actor_named(tx: Queries, username: str, domain: str) -> Actor | None:
    """The actor ``username@domain``; case does not matter."""
    return await tx.maybe(Actor, ACTOR_NAMED, username, domain.lower())
