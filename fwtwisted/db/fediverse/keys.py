"""Keys of actors: those that ours sign with, and those that others proved themselves with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from fwtwisted.db.often import Often
from fwtwisted.db.people.people import ACTOR_WIDTH, actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Actor

# --- ours ----------------------------------------------------------------------------------------


@frozen
class OwnKey:
    """The RSA key of an actor of ours.  :ivar private: PEM."""

    key_id: str
    private: str = field(repr=False)


OWN = "SELECT key_id, private_key FROM actor WHERE id = %s AND private_key IS NOT NULL AND key_id IS NOT NULL"


async def own(tx: Queries, actor_id: int) -> OwnKey | None:
    """What an actor signs with; None: it is none of ours."""
    return await tx.maybe(OwnKey, OWN, actor_id)


REPLACE = "UPDATE actor SET public_key = %s, private_key = %s WHERE id = %s AND private_key IS NOT NULL"


async def replace(tx: Tx, actor_id: int, public: str, private: str) -> bool:
    """Give an actor of ours another key; False: it is none of ours."""
    return await tx.do(REPLACE, public, private, actor_id) == 1


@frozen
class AssertionKey:
    """An Ed25519 key of an actor of ours.  :ivar public: multibase.  :ivar private: 32 bytes."""

    key_id: str
    public: str
    private: bytes = field(repr=False, converter=bytes)


ASSERTION = "SELECT key_id, public_key, private_key FROM assertion_key WHERE actor_id = %s"


async def assertion(tx: Queries, actor_id: int) -> AssertionKey | None:
    """What an actor proves documents with, if it has such a key already."""
    return await tx.maybe(AssertionKey, ASSERTION, actor_id)


ADD_ASSERTION = """
    INSERT INTO assertion_key (actor_id, key_id, public_key, private_key)
    SELECT id, fid || '#ed25519-key', %s, %s FROM actor WHERE id = %s AND private_key IS NOT NULL
        ON CONFLICT (actor_id) DO NOTHING
"""


async def add_assertion(tx: Tx, actor_id: int, public: str, private: bytes) -> None:
    """Give an actor of ours such a key, if it has none."""
    await tx.do(ADD_ASSERTION, public, private, actor_id)


DROP_ASSERTION = "DELETE FROM assertion_key WHERE actor_id = %s"


async def drop_assertion(tx: Tx, actor_id: int) -> None:
    """The actor gets a new one when it next needs one."""
    await tx.do(DROP_ASSERTION, actor_id)


# --- of others -----------------------------------------------------------------------------------


@frozen
class KnownKey:
    """A key that an actor listed.  :ivar fetched: when we last read the actor's document.  :ivar pem: public."""

    actor: Actor
    pem: str
    fetched: datetime


def _known(*columns: Any) -> KnownKey:
    return KnownKey(Actor(*columns[:ACTOR_WIDTH]), columns[ACTOR_WIDTH], columns[ACTOR_WIDTH + 1])


KNOWN = Often(
    "known_keys",
    f"""
    SELECT DISTINCT ON (place) found.*
      FROM unnest(%s) WITH ORDINALITY AS wanted (key_id, place)
     CROSS JOIN LATERAL (
            SELECT place, 1 AS rank, {actor_columns()}, public_key, last_fetch_date FROM actor
             WHERE actor.key_id = wanted.key_id AND public_key IS NOT NULL AND type <> 'Tombstone'
             UNION ALL
            SELECT place, 2, {actor_columns()}, remote_key.public_key, actor.last_fetch_date
              FROM remote_key JOIN actor ON actor.id = remote_key.actor_id
             WHERE remote_key.key_id = wanted.key_id AND remote_key.fetched >= actor.last_fetch_date
               AND actor.key_id IS DISTINCT FROM remote_key.key_id AND actor.type <> 'Tombstone'
             UNION ALL
            SELECT place, 3, {actor_columns()}, public_key, last_fetch_date FROM actor
             WHERE actor.fid = wanted.key_id AND public_key IS NOT NULL AND type <> 'Tombstone') AS found
     ORDER BY place, rank
    """,
    ("text[]",),
)


async def known(tx: Queries, key_ids: Sequence[str]) -> list[KnownKey | None]:
    """
    Whose key each of these is, as far as we have read their documents.

    The id of an actor stands for the first of their keys.
    """

    def made(place: int, rank: int, *columns: Any) -> tuple[int, KnownKey]:
        return place, _known(*columns)

    found = dict(await tx.often_many(made, KNOWN, list(key_ids)))
    return [found.get(place) for place in range(1, len(key_ids) + 1)]


IS_MET = "SELECT EXISTS (SELECT FROM actor WHERE fid = %s AND type <> 'Tombstone')"


async def is_met(tx: Queries, fid: str) -> bool:
    """Whether we know an actor, with or without a key."""
    return await tx.one(bool, IS_MET, fid)


ACTOR_BY_FID = f"SELECT {actor_columns()} FROM actor WHERE fid = %s"


async def actor_by_fid(tx: Queries, fid: str) -> Actor | None:
    """The actor of this id."""
    return await tx.maybe(Actor, ACTOR_BY_FID, fid)


FORGET_LISTED = "DELETE FROM remote_key WHERE actor_id = %s OR key_id = ANY(%s)"
LIST = """
    INSERT INTO remote_key (key_id, actor_id, public_key)
    SELECT key_id, %s, pem FROM unnest(%s::text[], %s::text[]) AS listed (key_id, pem)
"""


async def listed(tx: Tx, actor_id: int, pems: Mapping[str, str]) -> None:
    """These keys, PEM by id, are what the actor's document lists by now; no others of it count any more."""
    ids: Sequence[str] = list(pems)
    await tx.do(FORGET_LISTED, actor_id, ids)
    if pems:
        await tx.do(LIST, actor_id, ids, list(pems.values()))
