"""Radios that people made, and who listens to which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.radios import Radio, RadioSession, RadioType, SessionTrack, SessionWish

_COLUMNS = """
    radio.id, radio.account_id, account.actor_id, radio.name, radio.description, radio.is_public, radio.config,
    radio.creation_date
"""
_JOINED = """
    radio JOIN account ON account.id = radio.account_id JOIN actor AS owner ON owner.id = account.actor_id
"""
# Parameter: the viewer's account (null: none).
SEEN_BY = "(radio.is_public OR radio.account_id = %s)"


@frozen
class RadioFilter:
    """
    Which radios are listed.

    :ivar account_id: who asks; None: nobody of this pod.
    :ivar actors: and ``domains``: together whose; both None: anybody's.
    """

    account_id: int | None
    words: tuple[str, ...] = ()
    name: str | None = None
    name_contains: str | None = None
    name_starts: str | None = None
    actors: tuple[int, ...] | None = None
    domains: tuple[str, ...] | None = None
    ordering: tuple[tuple[str, bool], ...] = ()


# --- radios that people made ---------------------------------------------------------------------

RADIO = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE radio.id = %s AND {SEEN_BY}"


async def radio(tx: Queries, id: int, account_id: int | None) -> Radio | None:
    """The radio of this id, if it is public or the account's own."""
    return await tx.maybe(Radio, RADIO, id, account_id)


ORDERS = {"id": "radio.id", "name": "radio.folded_name", "creation_date": "radio.creation_date"}
NAMED = "(position(folded(%s) IN radio.folded_name) > 0 OR position(folded(%s) IN folded(radio.description)) > 0)"


def _conditions(asked: RadioFilter) -> Iterator[tuple[str, tuple[object, ...]]]:
    yield SEEN_BY, (asked.account_id,)
    for word in asked.words:
        yield NAMED, (word, word)
    if asked.name is not None:
        yield "radio.name = %s", (asked.name,)
    if asked.name_contains is not None:
        yield "position(folded(%s) IN radio.folded_name) > 0", (asked.name_contains,)
    if asked.name_starts is not None:
        yield "starts_with(radio.name, %s)", (asked.name_starts,)
    if asked.actors is not None or asked.domains is not None:
        yield "(owner.id = ANY(%s) OR owner.domain = ANY(%s))", (list(asked.actors or ()), list(asked.domains or ()))


async def page(tx: Queries, asked: RadioFilter, limit: int, offset: int) -> tuple[int, list[Radio]]:
    """How many radios match, and one page of them; the newest come first unless asked otherwise."""
    conditions = list(_conditions(asked))
    where = " AND ".join(sql for sql, _ in conditions)
    values = [value for _, values in conditions for value in values]
    words = [f"{ORDERS[name]} {'DESC' if down else 'ASC'}" for name, down in asked.ordering if name in ORDERS]
    order = ", ".join(words or [f"{ORDERS['creation_date']} DESC"])
    count = await tx.one(int, f"SELECT count(*) FROM {_JOINED} WHERE {where}", *values)
    sql = f"SELECT {_COLUMNS} FROM {_JOINED} WHERE {where} ORDER BY {order}, radio.id DESC LIMIT %s OFFSET %s"
    return count, await tx.many(Radio, sql, *values, limit, offset)


ADD = """
    INSERT INTO radio (account_id, name, description, is_public, config) VALUES (%s, %s, %s, %s, %s::jsonb)
 RETURNING id
"""


async def add(
    tx: Tx, account_id: int, name: str, description: str, is_public: bool, config: Sequence[dict[str, Any]]
) -> int:
    """Write a new radio; its id."""
    return await tx.one(int, ADD, account_id, name, description, is_public, _json(config))


LOCK_OWN = "SELECT id FROM radio WHERE id = %s AND account_id = %s FOR UPDATE"


async def lock_own(tx: Tx, id: int, account_id: int) -> bool:
    """Whether the radio is the account's; then it is held until this transaction ends."""
    return await tx.maybe(int, LOCK_OWN, id, account_id) is not None


CHANGE = """
    UPDATE radio SET name = coalesce(%s, name), description = coalesce(%s, description),
                     is_public = coalesce(%s, is_public), config = coalesce(%s::jsonb, config)
     WHERE id = %s
"""


async def change(
    tx: Tx,
    id: int,
    name: object,
    description: object,
    is_public: object,
    config: Sequence[dict[str, Any]] | None,
) -> None:
    """Write new values; None leaves one as it is."""
    await tx.do(CHANGE, name, description, is_public, None if config is None else _json(config), id)


REMOVE = "DELETE FROM radio WHERE id = %s"


async def remove(tx: Tx, id: int) -> None:
    """Remove a radio, and who listens to it."""
    await tx.do(REMOVE, id)


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


# --- who listens ---------------------------------------------------------------------------------

ADD_VISITOR = """
    INSERT INTO session (digest, account_id, expires) VALUES (%s, NULL, now() + %s * interval '1 second')
"""
IS_VISITOR = """
    SELECT EXISTS (SELECT FROM session WHERE digest = %s AND account_id IS NULL AND expires > now())
"""


async def add_visitor(tx: Tx, digest: bytes, seconds: float) -> None:
    """Know a visitor by a cookie for so many seconds."""
    await tx.do(ADD_VISITOR, digest, seconds)


async def is_visitor(tx: Queries, digest: bytes) -> bool:
    """Whether the cookie is one that a visitor was given."""
    return await tx.one(bool, IS_VISITOR, digest)


_SESSION = """
    id, account_id, cookie, radio_type, related_object_id, custom_radio_id, config, creation_date
"""
ADD_SESSION = f"""
    INSERT INTO radio_session (account_id, cookie, radio_type, related_object_id, custom_radio_id, config)
    VALUES (%s, %s, %s, %s, %s, %s::jsonb)
 RETURNING {_SESSION}
"""


def _session(id: int, account_id: int | None, cookie: Any, radio_type: str, *rest: Any) -> RadioSession:
    digest = None if cookie is None else bytes(cookie)
    return RadioSession(id, account_id, digest, RadioType(radio_type), *rest)


async def add_session(tx: Tx, account_id: int | None, cookie: bytes | None, wish: SessionWish) -> RadioSession:
    """Somebody begins to listen: an account, or a visitor known by the digest of a cookie."""
    return await tx.one(
        _session, ADD_SESSION, account_id, cookie, wish.radio_type.value, wish.related, wish.custom_radio,
        _json(wish.config),
    )  # fmt: skip


SESSION = f"SELECT {_SESSION} FROM radio_session WHERE id = %s"


async def session(tx: Queries, id: int) -> RadioSession | None:
    """The session of this id, whoever listens."""
    return await tx.maybe(_session, SESSION, id)


# Who holds the row decides what comes next: of two that ask at once, the second sees what the first was given.
LOCK_SESSION = f"{SESSION} FOR NO KEY UPDATE"


async def lock_session(tx: Tx, id: int) -> RadioSession | None:
    """The same, held until this transaction ends."""
    return await tx.maybe(_session, LOCK_SESSION, id)


PLAYED = "SELECT coalesce(array_agg(track_id), '{}') FROM radio_session_track WHERE session_id = %s"


async def played(tx: Tx, id: int) -> list[int]:
    """The tracks that the session was given."""
    found: list[int] = await tx.one(list, PLAYED, id)
    return found


GIVE = """
    WITH counted AS (UPDATE radio_session SET played = played + %s, last_used = now() WHERE id = %s
                  RETURNING id, played - %s AS before),
         alive AS (SELECT track.id, new.nth FROM unnest(%s::bigint[]) WITH ORDINALITY AS new (track_id, nth)
                     JOIN track ON track.id = new.track_id)
    INSERT INTO radio_session_track (session_id, position, track_id)
    SELECT counted.id, counted.before + alive.nth, alive.id FROM counted, alive
 RETURNING id, position, track_id
"""


async def give(tx: Tx, id: int, track_ids: Sequence[int]) -> list[SessionTrack]:
    """Note what a session that is held plays next, in order; tracks that are gone meanwhile are left out."""
    count = len(track_ids)
    found = await tx.many(SessionTrack, GIVE, count, id, count, list(track_ids))
    return sorted(found, key=lambda one: one.position)


PRUNE = """
    DELETE FROM radio_session
     WHERE id = ANY(ARRAY(SELECT id FROM radio_session
                           WHERE last_used < now() - %s * interval '1 day' ORDER BY last_used LIMIT %s))
"""


async def prune(tx: Tx, days: int, limit: int) -> int:
    """Forget sessions in which nothing was played for so many days, at most ``limit``; how many."""
    return await tx.do(PRUNE, days, limit)
