"""
Activities that reached an inbox: accepted once, handled in the order of their host, remembered for a while.

::

    accept ─▶ waiting ─▶ done
                 │ ▲ ╲
       postponed ▼ │  ▼ after too many attempts
              (due later)  failed

What waits for its next attempt holds back later news about the same object, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from fwtwisted.db.often import Often
from fwtwisted.db.people.people import actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Actor


@frozen
class NewPost:
    """
    A post that is about to be accepted.

    :ivar sameness: two posts of the same are one; the SHA-256 of the id where there is one.
    :ivar fid: None: it has no id that counts; then it may come again after a day, or when it is news again.
    :ivar host: of the actor, with its port where that is not the scheme's own.
    """

    sameness: bytes
    fid: str | None
    host: str
    actor_id: int
    inbox_of_id: int | None
    type: str
    object_fid: str | None
    body: str


# Who follows again after an Undo may say so by the very id of the first time, as Misskey does, and take that back by
# the id of the first Undo.  An Undo whose bytes are the same is one that was posted twice.
FOLLOWED_SINCE = """
    received.type = 'Undo' AND received.state <> 'waiting' AND received.body <> EXCLUDED.body
    AND EXISTS (SELECT FROM received AS wish
                 WHERE wish.actor_id = received.actor_id AND wish.type = 'Follow' AND wish.fid = received.object_fid
                   AND wish.id > received.id)
"""
LET_COME_AGAIN = """
    UPDATE received SET sameness = sha256(received.sameness || int8send(received.id))
      FROM unnest(%s::text[], %s::bigint[]) AS undone (fid, actor_id)
     WHERE received.sameness = sha256(convert_to(undone.fid, 'UTF8')) AND received.actor_id = undone.actor_id
       AND received.type = 'Follow'
"""
# What has no id and was contradicted since counts again: a name that is what it was, a door that is open again.  So
# does an answer to a wish, which may answer another wish by the same words.
NEWS_AGAIN = """
    received.fid IS NULL
    AND (EXISTS (SELECT FROM received AS later
                  WHERE later.actor_id = received.actor_id AND later.object_fid = received.object_fid
                    AND later.id > received.id)
         OR received.state <> 'waiting'
            AND (received.type IN ('Accept', 'Reject') OR received.arrived < now() - interval '1 day'))
"""
# Who was removed since their signature was looked at, by moderators perhaps, tells nothing any more.  Jobs that rest
# rest no longer; they are woken in the order in which they are struck off.
ACCEPT = f"""
    WITH written AS (
        INSERT INTO received (sameness, fid, host, actor_id, inbox_of_id, type, object_fid, body)
        SELECT new.sameness, new.fid, new.host, new.actor_id, new.inbox_of_id, new.type, new.object_fid, new.body
          FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                      %s::text[])
               WITH ORDINALITY AS new (sameness, fid, host, actor_id, inbox_of_id, type, object_fid, body, place)
          JOIN actor ON actor.id = new.actor_id
         ORDER BY new.place
           FOR KEY SHARE OF actor
            ON CONFLICT (sameness) DO UPDATE
           SET id = EXCLUDED.id, body = EXCLUDED.body, state = 'waiting', attempts = 0, error = NULL, due = now(),
               arrived = now()
         WHERE ({NEWS_AGAIN}) OR ({FOLLOWED_SINCE})
     RETURNING received.host)
    INSERT INTO job (kind, lane, key, args)
    SELECT %s, %s, host, jsonb_build_object('host', host)
      FROM (SELECT DISTINCT host FROM written) AS told ORDER BY host COLLATE "C"
        ON CONFLICT (kind, key) DO UPDATE
       SET wanted = job.wanted + 1, due = CASE WHEN job.held THEN job.due ELSE least(job.due, now()) END
 RETURNING held, lane
"""


async def let_come_again(tx: Tx, posts: Sequence[NewPost]) -> None:
    """What these take back may be told again by its id."""
    undone = {(p.object_fid, p.actor_id) for p in posts if p.type == "Undo" and p.object_fid is not None}
    if undone:
        await tx.do(LET_COME_AGAIN, *map(list, zip(*sorted(undone), strict=True)))


async def accept(tx: Tx, posts: Sequence[NewPost], kind: str, lane: str) -> frozenset[str]:
    """
    Write what was not there yet, and have its hosts looked after by jobs of this kind.

    :return: lanes of those that are in nobody's hands, who would look again by themselves.
    :param posts: no two of the same.  Nothing that is taken back by one of them may be among them, or come again:
        :func:`let_come_again`.
    """
    columns = zip(
        *((p.sameness, p.fid, p.host, p.actor_id, p.inbox_of_id, p.type, p.object_fid, p.body) for p in posts),
        strict=True,
    )
    woken = await tx.many(lambda *row: row, ACCEPT, *(list(column) for column in columns), kind, lane)
    return frozenset(where for is_held, where in woken if not is_held)


# --- the queue -----------------------------------------------------------------------------------


@frozen
class Waiting:
    """A post that waits to be handled, and who did it.  :ivar attempts: that went wrong."""

    id: int
    body: str
    attempts: int
    arrived: datetime
    actor: Actor


def _waiting(id: int, body: str, attempts: int, arrived: datetime, *actor: Any) -> Waiting:
    return Waiting(id, body, attempts, arrived, Actor(*actor))


NEXT = f"""
    SELECT next.id, next.body, next.attempts, next.arrived, {actor_columns()}
      FROM (SELECT * FROM received AS one
             WHERE host = %s AND state = 'waiting' AND due <= now()
               AND NOT EXISTS (SELECT FROM received AS earlier
                                WHERE earlier.state = 'waiting' AND earlier.error IS NOT NULL AND earlier.due > now()
                                  AND earlier.host = one.host AND earlier.object_fid = one.object_fid
                                  AND earlier.id < one.id)
             ORDER BY id LIMIT %s) AS next
      JOIN actor ON actor.id = next.actor_id
     ORDER BY next.id
"""


async def following(tx: Queries, host: str, limit: int) -> list[Waiting]:
    """What is to be handled next of what came from a host, in order."""
    return await tx.many(_waiting, NEXT, host, limit)


# What went wrong before, or rests, or is long, is for whoever looks after its host alone.
FIRST = Often(
    "received_first",
    f"""
    SELECT one.host, one.is_plain, one.id, CASE WHEN one.is_plain THEN one.body ELSE '' END, one.attempts, one.arrived,
           {actor_columns()}
      FROM unnest(%s) AS asked (host)
     CROSS JOIN LATERAL (
            SELECT *, error IS NULL AND attempts = 0 AND due <= now() AND octet_length(body) < %s AS is_plain
              FROM received WHERE received.host = asked.host AND state = 'waiting' ORDER BY id LIMIT %s) AS one
      JOIN actor ON actor.id = one.actor_id
     ORDER BY one.id
    """,
    ("text[]", "int", "int"),
)


async def first_of(tx: Queries, hosts: Sequence[str], longest: int, limit: int) -> dict[str, list[Waiting | None]]:
    """
    What waits of several hosts, in order, at most so many of each.

    What was tried before, or has at least ``longest`` bytes, is None.
    """
    found: dict[str, list[Waiting | None]] = {host: [] for host in hosts}

    def made(host: str, is_plain: bool, *columns: Any) -> None:
        found[host].append(_waiting(*columns) if is_plain else None)

    await tx.often_many(made, FIRST, list(hosts), longest, limit)
    return found


REST = """
    SELECT CASE WHEN count(*) > 0
                THEN extract(epoch FROM coalesce(min(due) FILTER (WHERE due > now()), now()) - now())::float END
      FROM received WHERE host = %s AND state = 'waiting'
"""


async def rest_seconds(tx: Queries, host: str) -> float | None:
    """How long until something of the host is due; None: nothing waits."""
    return await tx.one(lambda seconds: seconds, REST, host)


# What had its effect is remembered for long by its id; nobody is to fill the disk with what was in it.  The state is
# asked for in words that no index answers, as of deliveries.
LARGEST_KEPT = 16 * 1024  # bytes
STRIKE_OFF = f"""
    UPDATE received SET state = 'done', body = CASE WHEN octet_length(body) > {LARGEST_KEPT} THEN '' ELSE body END
     WHERE id = ANY(%s) AND state IS NOT DISTINCT FROM 'waiting'
 RETURNING id
"""
MOST_HELD_UP = "1s"
STRIKE_OFF_SOON = f"SET LOCAL lock_timeout = '{MOST_HELD_UP}'; {STRIKE_OFF}"


async def strike_off(tx: Tx, ids: Sequence[int], *, soon: bool = False) -> frozenset[int]:
    """
    Those of the posts that are to have their effect within this transaction, and nobody else's; what was long is not
    kept any longer.

    :param soon: from here on no statement of this transaction waits long for what others hold; it raises Unavailable.
    """
    return frozenset(await tx.many(int, STRIKE_OFF_SOON if soon else STRIKE_OFF, list(ids)))


EMPTY = """
    UPDATE received SET body = ''
     WHERE id IN (SELECT id FROM received
                   WHERE arrived < now() - interval '1 day' AND arrived > now() - interval '3 days'
                     AND state = 'done' AND body <> '' ORDER BY arrived LIMIT %s)
"""


async def empty(tx: Tx, limit: int) -> int:
    """Of at most so many that had their effect and came yesterday, keep no more than that they came; how many."""
    return await tx.do(EMPTY, limit)


POSTPONE = """
    UPDATE received SET attempts = attempts + %s, due = now() + %s * interval '1 second', error = %s WHERE id = %s
"""


async def postpone(tx: Tx, id: int, seconds: float, error: str, *, failed: bool) -> None:
    """Try it again after a rest; ``failed`` counts against it."""
    await tx.do(POSTPONE, int(failed), seconds, error, id)


FAIL = "UPDATE received SET state = 'failed', attempts = attempts + 1, error = %s WHERE id = %s"


async def fail(tx: Tx, id: int, error: str) -> None:
    """Give it up, visibly."""
    await tx.do(FAIL, error, id)


HOSTS_WAITING = "SELECT DISTINCT host FROM received WHERE state = 'waiting' AND due <= now() LIMIT %s"


async def hosts_waiting(tx: Queries, limit: int) -> list[str]:
    """Hosts that have something due."""
    return await tx.many(str, HOSTS_WAITING, limit)


REMOVE_OLD = """
    DELETE FROM received
     WHERE id IN (SELECT id FROM received WHERE arrived < %s AND state <> 'waiting' ORDER BY arrived LIMIT %s)
"""


async def remove_old(tx: Tx, before: datetime, limit: int) -> int:
    """Forget at most so many posts that arrived before; how many those were."""
    return await tx.do(REMOVE_OLD, before, limit)


# --- deleted before it was there -----------------------------------------------------------------

MOST_STILLBORN = 10_000  # of one actor: whoever goes on is not believed to have so much
REMEMBER_STILLBORN = f"""
    INSERT INTO stillborn (actor_id, fid)
    SELECT %s, fid FROM unnest(%s::text[]) AS gone (fid)
     WHERE (SELECT count(*) FROM (SELECT FROM stillborn WHERE actor_id = %s LIMIT {MOST_STILLBORN}) AS kept)
           < {MOST_STILLBORN}
        ON CONFLICT (fid, actor_id) DO UPDATE SET told = now()
"""


async def remember_stillborn(tx: Tx, actor_id: int, fids: Sequence[str]) -> None:
    """An actor deletes what a late Create could bring, or bring back.  :param fids: different ones, in order."""
    if fids:
        await tx.do(REMEMBER_STILLBORN, actor_id, list(fids), actor_id)


STILLBORN_OF = """
    SELECT stillborn.fid FROM stillborn JOIN actor ON actor.id = stillborn.actor_id
      LEFT JOIN domain ON domain.name = actor.domain
     WHERE stillborn.fid = {fid} AND stillborn.told > now() - interval '6 hours'
       AND (actor.id = {actor} OR actor.id = domain.service_actor_id)
"""
STILLBORN = STILLBORN_OF.format(fid="ANY(%s)", actor="%s")


async def stillborn_among(tx: Queries, fids: Sequence[str], actor_id: int) -> frozenset[str]:
    """Those of the ids that the actor, or who speaks for their server, deleted within the last six hours."""
    return frozenset(await tx.many(str, STILLBORN, list(fids), actor_id)) if fids else frozenset()


async def is_stillborn(tx: Queries, fid: str, actor_id: int) -> bool:
    """Whether this is one of those."""
    return bool(await stillborn_among(tx, [fid], actor_id))


FORGET_STILLBORN = "DELETE FROM stillborn WHERE told <= now() - interval '6 hours'"


async def forget_stillborn(tx: Tx) -> None:
    """Forget what was deleted long ago."""
    await tx.do(FORGET_STILLBORN)
