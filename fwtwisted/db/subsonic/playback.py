"""What apps play at the moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from attrs import frozen

from fwtwisted.db.listening.history import SEEN_BY, eyes
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.playback import Playback, State

MOST_CLIENTS = 20  # of one account, whose sessions are kept

HOLD = "SELECT id FROM account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


async def hold(tx: Tx, *account_ids: int) -> None:
    """Let nobody else write about what these accounts play until the transaction ends."""
    await tx.do(HOLD, list(account_ids))


_DURATION = """
    (SELECT max(duration) FROM upload WHERE track_id = {track} AND import_status IN ('finished', 'skipped')) * 1000
"""
_COLUMNS = f"""
    playback.client, playback.track_id, playback.state, playback.position, playback.rate, playback.started,
    playback.reported, playback.played, playback.counted, playback.is_reported, playback.is_silent,
    {_DURATION.format(track="playback.track_id")}
"""
SESSION = f"SELECT {_COLUMNS} FROM playback WHERE account_id = %s AND client = %s"


async def session(tx: Queries, account_id: int, client: str) -> Playback | None:
    """What the app played last, by what it told."""
    return await tx.maybe(_playback, SESSION, account_id, client)


SESSIONS = f"""
    SELECT asked.account_id, {_COLUMNS}
      FROM unnest(%s::bigint[], %s::text[]) AS asked (account_id, client)
      JOIN playback ON playback.account_id = asked.account_id AND playback.client = asked.client
"""


async def sessions(tx: Queries, apps: Collection[tuple[int, str]]) -> dict[tuple[int, str], Playback]:
    """What several apps played last, by account and app."""

    def made(account_id: int, *columns: Any) -> tuple[int, Playback]:
        return account_id, _playback(*columns)

    accounts, clients = [account for account, _ in apps], [client for _, client in apps]
    found = await tx.many(made, SESSIONS, accounts, clients)
    return {(account_id, one.client): one for account_id, one in found}


async def duration(tx: Queries, track_id: int) -> int | None:
    """How long a track is, milliseconds."""
    return await tx.one(lambda length: length, f"SELECT {_DURATION.format(track='%s')}", track_id)


SAVE = """
    INSERT INTO playback (account_id, client, track_id, state, position, rate, started, reported, played, counted,
                          is_reported, is_silent)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (account_id, client) DO UPDATE
       SET track_id = EXCLUDED.track_id, state = EXCLUDED.state, position = EXCLUDED.position, rate = EXCLUDED.rate,
           started = EXCLUDED.started, reported = EXCLUDED.reported, played = EXCLUDED.played,
           counted = EXCLUDED.counted, is_reported = EXCLUDED.is_reported, is_silent = EXCLUDED.is_silent
"""
TRIM = """
    DELETE FROM playback WHERE account_id = %s AND client NOT IN
           (SELECT client FROM playback WHERE account_id = %s ORDER BY reported DESC LIMIT %s)
"""


async def save(tx: Tx, account_id: int, one: Playback) -> None:
    """Keep a session; of an account with very many apps, only the latest."""
    values = (one.position, one.rate, one.started, one.reported, one.played)
    flags = (one.counted, one.is_reported, one.is_silent)
    await tx.do(SAVE, account_id, one.client, one.track_id, one.state.value, *values, *flags)
    await tx.do(TRIM, account_id, account_id, MOST_CLIENTS)


@frozen
class Playing:
    """A session and whose it is."""

    username: str
    playback: Playback


PLAYING = f"""
    SELECT account.username, {_COLUMNS}
      FROM playback
      JOIN account ON account.id = playback.account_id
      JOIN actor ON actor.id = account.actor_id
     WHERE playback.state <> 'stopped' AND playback.reported > %s AND account.is_active
       AND {SEEN_BY}
     ORDER BY playback.reported DESC, playback.account_id LIMIT %s
"""


async def playing(
    tx: Queries, viewer_actor: int | None, is_local: bool, earliest: datetime, limit: int
) -> list[Playing]:
    """What may be going on, of people whose doings the viewer may see, reported since ``earliest``; newest first."""
    args = earliest, *eyes(viewer_actor, is_local), limit
    return await tx.many(lambda name, *columns: Playing(name, _playback(*columns)), PLAYING, *args)


def _playback(client: str, track_id: int, state: str, *columns: Any) -> Playback:
    return Playback(client, track_id, State(state), *columns)
