"""What is known of other servers: their nodeinfo, whether they answer, which form of signature they take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx


@frozen
class Software:
    """What runs on a server, as it says.  :ivar host: its name.  :ivar name: lower case; None: it did not say."""

    host: str
    name: str | None
    version: str | None


SOFTWARE = "SELECT name, software_name, software_version FROM domain WHERE name = ANY(%s)"


async def software(tx: Queries, hosts: Collection[str]) -> list[Software]:
    """What runs on those of the servers that are known."""
    return await tx.many(Software, SOFTWARE, list(hosts))


# Parameters: name, seconds.  One of several processes that meet a server at once is told to ask.
MEET = """
    UPDATE domain SET nodeinfo_attempt_date = now()
     WHERE name = %s
       AND (nodeinfo_attempt_date IS NULL OR nodeinfo_attempt_date < now() - %s * interval '1 second')
"""


async def is_stale(tx: Tx, host: str, seconds: float) -> bool:
    """Whether nodeinfo of a known server was not asked for in so long; from now on it was."""
    return await tx.do(MEET, host, seconds) == 1


STALE = """
    SELECT name FROM domain
     WHERE name <> %s
       AND (nodeinfo_attempt_date IS NULL OR nodeinfo_attempt_date < now() - %s * interval '1 second')
     ORDER BY nodeinfo_attempt_date NULLS FIRST
     LIMIT %s
"""


async def stale(tx: Queries, own: str, seconds: float, limit: int) -> list[str]:
    """Other servers whose nodeinfo was not asked for in so long, the longest first."""
    return await tx.many(str, STALE, own, seconds, limit)


DUE_CHECKS = """
    SELECT name FROM domain
     WHERE name <> %s AND (next_check IS NULL OR next_check <= now())
     ORDER BY next_check NULLS FIRST, name
     LIMIT %s
"""


async def to_be_checked(tx: Queries, own: str, limit: int) -> list[str]:
    """Other servers of which it should be seen whether they answer."""
    return await tx.many(str, DUE_CHECKS, own, limit)


KNOW = """
    UPDATE domain
       SET nodeinfo = %s, nodeinfo_fetch_date = now(), nodeinfo_attempt_date = now(),
           software_name = %s, software_version = %s
     WHERE name = %s
"""


async def know(tx: Tx, host: str, nodeinfo: Mapping[str, Any], name: str | None, version: str | None) -> None:
    """Keep what a server says of itself."""
    await tx.do(KNOW, dict(nodeinfo), name, version, host)


SERVED_BY = """
    UPDATE domain SET service_actor_id = actor.id FROM actor
     WHERE domain.name = %s AND actor.id = %s AND actor.domain = domain.name
"""


async def served_by(tx: Tx, host: str, actor_id: int) -> None:
    """Keep which actor speaks for a server, if it lives there."""
    await tx.do(SERVED_BY, host, actor_id)


# Content of unreachable servers is hidden, so the area "libraries" changes with it.
ANSWERED = """
    WITH before AS (SELECT reachable FROM domain WHERE name = %s FOR UPDATE)
    UPDATE domain
       SET reachable = true, failures = 0, last_contact = now(), next_check = now() + %s * interval '1 second'
      FROM before WHERE name = %s
 RETURNING NOT before.reachable
"""


async def answered(tx: Tx, host: str, rest: float) -> None:
    """A server is there; look again after so many seconds."""
    if await tx.maybe(bool, ANSWERED, host, rest, host):
        tx.touch("libraries")


# The rest grows by 15 % with each failure, up to a week.
SILENT = """
    WITH before AS (SELECT reachable FROM domain WHERE name = %s FOR UPDATE)
    UPDATE domain
       SET reachable = false, failures = failures + 1,
           next_check = now() + least(%s * power(1.15, least(failures + 1, 40)), 604800) * interval '1 second'
      FROM before WHERE name = %s
 RETURNING before.reachable
"""


async def silent(tx: Tx, host: str, rest: float) -> None:
    """A server is not there; look again after the rest, longer after each failure."""
    if await tx.maybe(bool, SILENT, host, rest, host):
        tx.touch("libraries")


# --- forms of signatures -------------------------------------------------------------------------

SCHEME = "SELECT scheme FROM peer_scheme WHERE origin = %s AND learnt > now() - %s * interval '1 second'"
LEARN = """
    INSERT INTO peer_scheme (origin, scheme) VALUES (%s, %s)
        ON CONFLICT (origin) DO UPDATE SET scheme = EXCLUDED.scheme, learnt = now()
"""


async def scheme(tx: Queries, origin: str, seconds: float) -> str | None:
    """Which form the origin took, if that was learnt within so many seconds."""
    return await tx.maybe(str, SCHEME, origin, seconds)


async def learn(tx: Tx, origin: str, scheme: str) -> None:
    """Keep which form an origin takes."""
    await tx.do(LEARN, origin, scheme)


FORGET = "DELETE FROM peer_scheme WHERE learnt < now() - %s * interval '1 second'"


async def forget_schemes(tx: Tx, seconds: float) -> int:
    """Forget what was learnt longer ago than that."""
    return await tx.do(FORGET, seconds)


# --- how deliveries go ---------------------------------------------------------------------------


@frozen
class Standing:
    """
    How deliveries to a host go.

    :ivar held: seconds for which nothing is sent; 0: go on.  :ivar failures: in a row.
    :ivar down: seconds since the first of them.
    """

    held: float
    failures: int
    rest_seconds: int
    down: float
    is_stopped: bool


RECOVERED = "DELETE FROM peer_line WHERE host = ANY(%s)"


async def recovered(tx: Tx, hosts: Sequence[str]) -> int:
    """A delivery went well, or the server spoke to us: nothing is held against it."""
    return await tx.do(RECOVERED, list(hosts))


FAILED = """
    INSERT INTO peer_line (host, failures, held_until, rest_seconds, down_since, stopped)
    VALUES (%s, %s, CASE WHEN %s > 0 THEN now() + %s * interval '1 second' END, %s, now(), %s)
        ON CONFLICT (host) DO UPDATE
       SET failures = EXCLUDED.failures, held_until = EXCLUDED.held_until, rest_seconds = EXCLUDED.rest_seconds,
           stopped = EXCLUDED.stopped
"""


async def failed(tx: Tx, host: str, failures: int, held: int, rest: int, *, stopped: bool) -> None:
    """
    Deliveries to the host failed so many times in a row.

    :param held: seconds for which nothing is sent.  :param rest: the same as the next one is reckoned from.
    """
    await tx.do(FAILED, host, failures, held, held, rest, stopped)


# One that is being asked, or about to be, is not asked twice.
HAVE_ASKED = """
    INSERT INTO job (kind, lane, key, args)
    SELECT %s, %s, host, jsonb_build_object('host', host) FROM unnest(%s::text[]) AS told (host)
        ON CONFLICT (kind, key) DO NOTHING
"""
ATTEMPTED = "UPDATE domain SET nodeinfo_attempt_date = now() WHERE name = ANY(%s)"


async def have_asked(tx: Tx, kind: str, lane: str, hosts: Sequence[str]) -> None:
    """Have a job for each of the servers."""
    await tx.do(HAVE_ASKED, kind, lane, list(hosts))
    await tx.do(ATTEMPTED, list(hosts))
