"""
What we said to other servers, and one row per inbox that is to hear of it.

``recipients`` become rows within the database: a word to ten thousand followers costs the server's process one
statement.  Moderators' policies are applied there, too, in the state of the same transaction.

Source: docs/federation.md §4.12, §4.14, §6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from fwtwisted.db.fediverse.peers import Standing
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.federation import BARE_SOFTWARE

# --- putting down --------------------------------------------------------------------------------


@frozen
class NewOutgoing:
    """
    An activity as it is first written.

    :ivar about: id of its object.  :ivar former_key: PEM, that signs it; None: the one that the actor has.
    """

    fid: str
    actor_id: int
    type: str
    about: str
    former_key: str | None = field(default=None, repr=False)


@frozen
class Meant:
    """
    Who is meant, by ids.

    :ivar followers_of: actors, and ``library_followers`` libraries, whose approved followers are meant.
    :ivar actors: themselves; ``in_person`` by their personal inbox.  :ivar pods: all servers with followers.
    """

    followers_of: Sequence[int] = ()
    library_followers: Sequence[int] = ()
    actors: Sequence[int] = ()
    in_person: Sequence[int] = ()
    pods: bool = False


TAKE_BACK = "DELETE FROM outgoing WHERE id = %s"


async def take_back(tx: Tx, outgoing_id: int) -> None:
    """Nobody is to hear of it after all."""
    await tx.do(TAKE_BACK, outgoing_id)


# Who is meant: the actor, and whether their own inbox is.
_FOLLOWERS = """
    SELECT follow.actor_id AS id, false AS in_person FROM follow
     WHERE follow.approved AND follow.target_actor_id = ANY(%s::bigint[])
"""
_LIBRARY_FOLLOWERS = """
    SELECT follow.actor_id AS id, false AS in_person FROM follow
     WHERE follow.approved AND follow.target_library_id = ANY(%s::bigint[])
"""
_ACTORS = "SELECT unnest(%s::bigint[]) AS id, false AS in_person"
_IN_PERSON = "SELECT unnest(%s::bigint[]) AS id, true AS in_person"
_PODS = """
    SELECT speaker.id, false AS in_person
      FROM (SELECT DISTINCT follower.domain
              FROM follow
              JOIN actor AS follower ON follower.id = follow.actor_id AND follower.private_key IS NULL
              LEFT JOIN library ON library.id = follow.target_library_id
              JOIN actor AS ours ON ours.id = coalesce(follow.target_actor_id, library.actor_id)
                                AND ours.private_key IS NOT NULL
             WHERE follow.approved) AS pod
      JOIN domain ON domain.name = pod.domain
     CROSS JOIN LATERAL (
            SELECT actor.id FROM actor
             WHERE actor.domain = domain.name AND coalesce(actor.shared_inbox_url, actor.inbox_url) IS NOT NULL
               AND actor.type <> 'Tombstone'
             ORDER BY actor.id = domain.service_actor_id DESC NULLS LAST, actor.last_fetch_date DESC
             LIMIT 1) AS speaker
"""


def _told(meant: Meant) -> tuple[str, list[list[int]]]:
    """Those who are meant, as a table and its parameters; without what nobody is meant by, which had to be planned."""
    lists = (
        (_FOLLOWERS, meant.followers_of), (_LIBRARY_FOLLOWERS, meant.library_followers), (_ACTORS, meant.actors),
        (_IN_PERSON, meant.in_person),
    )  # fmt: skip
    named = [(text, list(ids)) for text, ids in lists if ids]
    texts = [text for text, _ in named] + [_PODS] * meant.pods
    return " UNION ".join(texts) or f"{_ACTORS} LIMIT 0", [ids for _, ids in named] if texts else [[]]


# Not those whom moderators shut out, by their server, one above it, or in person.
_WELCOME = """
    NOT (domain.blocked OR actor.blocked)
    AND (domain.allowed OR NOT coalesce((SELECT value = 'true'::jsonb FROM preference
                                          WHERE identifier = 'moderation__allow_list_enabled'), false))
"""
_CLASS = f"""
    CASE WHEN domain.software_name = 'funkwhale' AND domain.software_version ~ '^[01]([.]|$)' THEN 'g1'
         WHEN domain.software_name = 'funkwhale' THEN 'g2'
         WHEN domain.software_name = ANY(%s::text[]) THEN 'note'
         WHEN domain.software_name IN ({", ".join(f"'{name}'" for name in BARE_SOFTWARE)}) THEN 'bare'
         ELSE 'other' END
"""
_HOST = r"""
    regexp_replace(lower(substring(meant.inbox FROM '^https?://([^/?#]+)')),
                   CASE WHEN meant.inbox LIKE 'https:%%' THEN ':443$' ELSE ':80$' END, '')
"""
# Parameters: five of NewOutgoing, names of software, those of ``told``.
SPREAD = f"""
    WITH said AS (
        INSERT INTO outgoing (fid, actor_id, type, about, former_key) VALUES (%s, %s, %s, %s, %s)
        RETURNING id, about),
    meant AS (
        SELECT DISTINCT ON (inbox) actor.id, {_CLASS} AS peer_class,
               CASE WHEN told.in_person THEN actor.inbox_url
                    ELSE coalesce(actor.shared_inbox_url, actor.inbox_url) END AS inbox
          FROM ({{told}}) AS told
          JOIN actor ON actor.id = told.id AND actor.private_key IS NULL AND actor.type <> 'Tombstone'
          JOIN domain ON domain.name = actor.domain
         WHERE {_WELCOME}
         ORDER BY inbox, actor.id),
    made AS (
        INSERT INTO delivery (outgoing_id, peer_class, host, inbox, about, recipient_id)
        SELECT said.id, meant.peer_class, {_HOST}, meant.inbox, said.about, meant.id
          FROM said CROSS JOIN meant LEFT JOIN peer_line ON peer_line.host = {_HOST} AND peer_line.stopped
         WHERE meant.inbox ~ '^https?://[^/?#]' AND peer_line.host IS NULL
            ON CONFLICT (outgoing_id, inbox) DO NOTHING
     RETURNING peer_class, host)
    SELECT DISTINCT said.id, made.peer_class, made.host FROM said LEFT JOIN made ON true
"""


@frozen
class Spread:
    """Where deliveries of a new activity go: its id, kinds of peers, and hosts."""

    outgoing_id: int
    classes: frozenset[str]
    hosts: frozenset[str]


async def spread(tx: Tx, new: NewOutgoing, meant: Meant, note_software: Collection[str]) -> Spread:
    """A new activity, and one delivery of it for each distinct inbox of those who are meant and welcome."""
    told, args = _told(meant)
    rows = await tx.many(
        lambda id, peer_class, host: (id, peer_class, host), SPREAD.replace("{told}", told),
        new.fid, new.actor_id, new.type, new.about, new.former_key, list(note_software), *args,
    )  # fmt: skip
    made = [(peer_class, host) for _, peer_class, host in rows if host is not None]
    return Spread(rows[0][0], frozenset(peer_class for peer_class, _ in made), frozenset(host for _, host in made))


DROP_OTHERS = "DELETE FROM delivery WHERE outgoing_id = %s AND NOT peer_class = ANY(%s)"


async def only_for(tx: Tx, outgoing_id: int, classes: Collection[str]) -> None:
    """Have only these kinds of peers told."""
    await tx.do(DROP_OTHERS, outgoing_id, list(classes))


CLASSES = f"""
    SELECT DISTINCT {_CLASS}
      FROM ({{told}}) AS told
      JOIN actor ON actor.id = told.id AND actor.private_key IS NULL AND actor.type <> 'Tombstone'
      JOIN domain ON domain.name = actor.domain
     WHERE {_WELCOME}
"""


async def classes(tx: Queries, meant: Meant, note_software: Collection[str]) -> frozenset[str]:
    """Which kinds of peers there are among those who are meant and welcome."""
    told, args = _told(meant)
    return frozenset(await tx.many(str, CLASSES.replace("{told}", told), list(note_software), *args))


SHUT_OUT = f"""
    SELECT actor.fid FROM actor JOIN domain ON domain.name = actor.domain
     WHERE actor.id = ANY(%s) AND ({_WELCOME}) IS NOT TRUE
"""


async def shut_out(tx: Queries, actor_ids: Collection[int]) -> list[str]:
    """Federation ids of those of the actors whom moderators shut out."""
    return await tx.many(str, SHUT_OUT, list(actor_ids))


# --- waking --------------------------------------------------------------------------------------

# A job that waits is due at once; one that runs is run once more.  Parameters: kind, lane, seconds.  In the order in
# which jobs are struck off, so that nobody waits in a ring.
_WAKE = """
    INSERT INTO job (kind, lane, key, args, due)
    SELECT %s, %s, host, jsonb_build_object('host', host), now() + %s * interval '1 second'
      FROM {hosts} ORDER BY host COLLATE "C"
        ON CONFLICT (kind, key) DO UPDATE
       SET wanted = job.wanted + 1,
           due = CASE WHEN job.held THEN job.due ELSE least(job.due, EXCLUDED.due) END
"""
# One parameter more: the hosts.
WAKE = _WAKE.format(hosts="unnest(%s::text[]) AS told (host)")


KEEP_AND_WAKE = f"""
    WITH kept AS (
        INSERT INTO outgoing_body (outgoing_id, peer_class, body) SELECT %s, * FROM unnest(%s::text[], %s::text[]))
    {WAKE}
"""


async def wake(tx: Tx, kind: str, lane: str, hosts: Collection[str], seconds: float = 0.0) -> None:
    """Have the hosts looked after, in so many seconds at the latest."""
    await tx.do(WAKE, kind, lane, seconds, list(hosts))


async def keep_and_wake(
    tx: Tx, outgoing_id: int, bodies: Mapping[str, str], kind: str, lane: str, hosts: Collection[str]
) -> None:
    """Keep the bytes for each kind of peer, and have the hosts looked after now."""
    await tx.do(KEEP_AND_WAKE, outgoing_id, list(bodies), list(bodies.values()), kind, lane, 0.0, list(hosts))


@frozen
class Letter:
    """
    An activity for one actor elsewhere, by an inbox of their own.

    :ivar fid: of its own.  :ivar actor_id: who says it.  :ivar about: as of :class:`NewOutgoing`.
    :ivar body: the same whatever program reads it.
    """

    type: str
    fid: str
    actor_id: int
    about: str
    body: str
    recipient_id: int


# What nobody is to hear of is not put down at all.
SPREAD_EACH = rf"""
    WITH meant AS (
        SELECT letter.*, actor.inbox_url AS inbox, {_CLASS} AS peer_class
          FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
               AS letter (type, fid, actor_id, about, body, recipient_id, place)
          JOIN actor ON actor.id = letter.recipient_id AND actor.private_key IS NULL AND actor.type <> 'Tombstone'
          JOIN domain ON domain.name = actor.domain
         WHERE {_WELCOME} AND actor.inbox_url ~ '^https?://[^/?#]'),
    addressed AS (SELECT meant.*, {_HOST} AS host FROM meant),
    sent AS (
        SELECT * FROM addressed
         WHERE NOT EXISTS (SELECT FROM peer_line WHERE peer_line.host = addressed.host AND peer_line.stopped)),
    said AS (
        INSERT INTO outgoing (fid, actor_id, type, about)
        SELECT fid, actor_id, type, about FROM sent ORDER BY place
     RETURNING id, fid),
    kept AS (
        INSERT INTO outgoing_body (outgoing_id, peer_class, body)
        SELECT said.id, sent.peer_class, sent.body FROM said JOIN sent USING (fid)),
    made AS (
        INSERT INTO delivery (outgoing_id, peer_class, host, inbox, about, recipient_id)
        SELECT said.id, sent.peer_class, sent.host, sent.inbox, sent.about, sent.recipient_id
          FROM said JOIN sent USING (fid) ORDER BY sent.place)
    {_WAKE.format(hosts="(SELECT DISTINCT host FROM sent) AS told")}
"""


async def spread_each(tx: Tx, letters: Sequence[Letter], note_software: Collection[str], kind: str, lane: str) -> bool:
    """
    Put letters down for those of their recipients who are welcome, and have the hosts looked after now.

    :return: whether there is anything to be delivered.
    """
    rows = ((one.type, one.fid, one.actor_id, one.about, one.body, one.recipient_id) for one in letters)
    columns = map(list, zip(*rows, strict=True))
    return await tx.do(SPREAD_EACH, list(note_software), *columns, kind, lane, 0.0) > 0


FORGOTTEN = """
    SELECT DISTINCT delivery.host FROM delivery
     WHERE delivery.state = 'waiting' AND delivery.due < now() - %s * interval '1 second'
       AND NOT EXISTS (SELECT FROM job WHERE job.kind = ANY(%s) AND job.key = delivery.host)
"""


async def forgotten(tx: Queries, kinds: Collection[str], seconds: float) -> list[str]:
    """Hosts with deliveries that are overdue, and that nobody looks after."""
    return await tx.many(str, FORGOTTEN, seconds, list(kinds))


# What an actor has said since its key was replaced, but for the word of that, to those who are still welcome.
# Parameters: actor, twice; kind of peer; types of activities.
SAY_AGAIN = f"""
    UPDATE delivery SET state = 'waiting', attempts = 0, refusals = 0, due = now()
      FROM outgoing
     WHERE outgoing.actor_id = %s AND delivery.outgoing_id = outgoing.id AND delivery.state = 'done'
       AND outgoing.id > (SELECT max(id) FROM outgoing WHERE actor_id = %s AND former_key IS NOT NULL)
       AND delivery.peer_class = %s AND outgoing.type = ANY(%s)
       AND EXISTS (SELECT FROM actor JOIN domain ON domain.name = actor.domain
                    WHERE actor.id = delivery.recipient_id AND {_WELCOME})
 RETURNING delivery.host
"""


async def say_again(tx: Tx, actor_id: int, peer_class: str, types: Collection[str]) -> frozenset[str]:
    """Bring once more what an actor has said since its key was replaced; the hosts that get any of it."""
    return frozenset(await tx.many(str, SAY_AGAIN, actor_id, actor_id, peer_class, list(types)))


# --- delivering ----------------------------------------------------------------------------------


@frozen
class Due:
    """
    A delivery whose time has come.

    :ivar actor_id: who signs it.  :ivar attempts: so far.  :ivar refusals: of those, answered 403.
    :ivar personal_inbox: of the recipient, where ``inbox`` is one that they share.
    :ivar former_key: PEM, that signs it; None: the one that the actor has.
    """

    id: int
    outgoing_id: int
    inbox: str
    actor_id: int
    body: str
    attempts: int
    refusals: int
    recipient_id: int | None
    personal_inbox: str | None
    former_key: str | None = field(default=None, repr=False)


# The first about one object towards one inbox; what comes after it waits.
_FIRST = """
    NOT EXISTS (SELECT FROM delivery AS before
                 WHERE before.inbox = delivery.inbox AND before.about = delivery.about
                   AND before.state = 'waiting' AND before.id < delivery.id)
"""
DUE = f"""
    SELECT delivery.id, delivery.outgoing_id, delivery.inbox, outgoing.actor_id, outgoing_body.body, delivery.attempts,
           delivery.refusals, delivery.recipient_id, nullif(actor.inbox_url, delivery.inbox) AS personal_inbox,
           outgoing.former_key, delivery.due
      FROM (SELECT * FROM delivery
             WHERE host = %s AND state = 'waiting' AND due <= now() AND {_FIRST}
             ORDER BY due, id LIMIT %s) AS delivery
      JOIN outgoing ON outgoing.id = delivery.outgoing_id
      JOIN outgoing_body USING (outgoing_id, peer_class)
      LEFT JOIN actor ON actor.id = delivery.recipient_id
"""
NEXT_DUE = f"""
    SELECT greatest(0, extract(epoch FROM due - now()))::float FROM delivery
     WHERE host = %s AND state = 'waiting' AND {_FIRST}
     ORDER BY due LIMIT 1
"""
# Parameters: the host, three times, and how many are wanted.
LOOK = f"""
    SELECT CASE WHEN found.id IS NULL THEN ({NEXT_DUE}) END,
           greatest(0, coalesce(extract(epoch FROM held_until - now()), 0))::float, coalesce(failures, 0),
           coalesce(rest_seconds, 0), coalesce(extract(epoch FROM now() - down_since), 0)::float,
           coalesce(stopped, false),
           found.id, outgoing_id, inbox, actor_id, body, attempts, refusals, recipient_id, personal_inbox, former_key
      FROM (SELECT) AS one
      LEFT JOIN peer_line ON peer_line.host = %s
      LEFT JOIN ({DUE}) AS found ON true
     ORDER BY found.due, found.id
"""
STANDING_WIDTH = 5


@frozen
class Look:
    """
    What is to be done for a host.

    :ivar due: the first few deliveries whose time has come, in order.
    :ivar rest: where there are none, seconds until the next; None: there is none.
    """

    standing: Standing
    due: Sequence[Due]
    rest: float | None


async def look(tx: Queries, host: str, limit: int) -> Look:
    """How the host goes, and what is due to it; one look, for it is taken before and after every few deliveries."""

    def made(rest: float | None, *row: Any) -> tuple[float | None, Standing, Due | None]:
        standing, found = row[:STANDING_WIDTH], row[STANDING_WIDTH:]
        return rest, Standing(*standing), None if found[0] is None else Due(*found)

    rows = await tx.many(made, LOOK, host, host, host, limit)
    rest, standing, _ = rows[0]
    return Look(standing, [due for _, _, due in rows if due is not None], rest)


@frozen
class Tried:
    """
    What came of an attempt.

    :ivar state: ``waiting``: to be tried again after ``rest`` seconds; ``done``; ``given_up``.
    :ivar status: the answer; None: there was none.  :ivar refused: it counts as a refusal.
    """

    id: int
    state: str
    rest: float
    status: int | None
    error: str | None
    refused: bool


# Whose inbox took something is there; that is rarely news.  The state is asked for in words that no index answers: when
# the planner believes that few wait, and ten thousand have just been said, all of those would be read each time.
NOTE = """
    WITH noted AS (
    UPDATE delivery
       SET state = tried.state, attempts = attempts + 1, refusals = refusals + tried.refused::int,
           due = now() + tried.rest * interval '1 second', last_attempt_date = now(),
           status = tried.status, error = tried.error
      FROM unnest(%s::bigint[], %s::text[], %s::float[], %s::int[], %s::text[], %s::boolean[])
           AS tried (id, state, rest, status, error, refused)
     WHERE delivery.id = tried.id AND delivery.state IS NOT DISTINCT FROM 'waiting'
 RETURNING delivery.state, delivery.recipient_id)
    UPDATE actor SET gone_answers = 0
      FROM noted WHERE noted.state = 'done' AND actor.id = noted.recipient_id AND actor.gone_answers > 0
"""


async def note(tx: Tx, tried: Sequence[Tried]) -> None:
    """Write down what came of attempts."""
    ordered = sorted(tried, key=lambda one: one.id)
    await tx.do(
        NOTE, [t.id for t in ordered], [t.state for t in ordered], [t.rest for t in ordered],
        [t.status for t in ordered], [t.error for t in ordered], [t.refused for t in ordered],
    )  # fmt: skip


# The same for those that were taken.  The statement sees what was before it, hence without these.
NOTE_TAKEN = """
    WITH noted AS (
    UPDATE delivery
       SET state = 'done', attempts = attempts + 1, due = now(), last_attempt_date = now(), status = taken.status,
           error = NULL
      FROM unnest(%s::bigint[], %s::int[]) AS taken (id, status)
     WHERE delivery.id = taken.id AND delivery.state IS NOT DISTINCT FROM 'waiting'
 RETURNING delivery.recipient_id),
    there AS (
    UPDATE actor SET gone_answers = 0
      FROM noted WHERE actor.id = noted.recipient_id AND actor.gone_answers > 0)
    SELECT EXISTS (SELECT FROM delivery WHERE host = %s AND state = 'waiting' AND id <> ALL (%s::bigint[]))
"""


async def note_taken(tx: Tx, host: str, taken: Mapping[int, int]) -> bool:
    """
    Write down what a host took: ids, with the statuses of its answers; whether anything else waits for it.

    What is said meanwhile is not seen; whoever says it has the host looked after.
    """
    ids = _array(sorted(taken))
    return await tx.one(bool, NOTE_TAKEN, ids, _array(taken[id] for id in sorted(taken)), host, ids)


def _array(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array of them: a list of many takes psycopg2 its time."""
    return f"{{{','.join(map(str, numbers))}}}"


INSTEAD = f"""
    INSERT INTO delivery (outgoing_id, peer_class, host, inbox, about, recipient_id)
    SELECT delivery.outgoing_id, delivery.peer_class, {_HOST}, meant.inbox, delivery.about,
           delivery.recipient_id
      FROM delivery CROSS JOIN (SELECT %s AS inbox) AS meant
     WHERE delivery.id = %s AND meant.inbox ~ '^https?://[^/?#]'
        ON CONFLICT (outgoing_id, inbox) DO NOTHING
 RETURNING host
"""


async def deliver_instead(tx: Tx, delivery_id: int, inbox: str) -> str | None:
    """Have the same brought to another inbox of the recipient; its host, None if that is under way already."""
    return await tx.maybe(str, INSTEAD, inbox, delivery_id)


SUPERSEDE = """
    UPDATE delivery SET state = 'given_up', error = 'what it tells of is gone', last_attempt_date = now()
     WHERE about = ANY(%s) AND state = 'waiting'
"""


async def supersede(tx: Tx, abouts: Collection[str]) -> int:
    """Nothing more is to be said of these objects but what comes now; how much was not said."""
    return await tx.do(SUPERSEDE, list(abouts))


GIVE_UP_HOST = """
    UPDATE delivery SET state = 'given_up', error = %s, last_attempt_date = now()
     WHERE host = %s AND state = 'waiting'
"""


async def give_up_host(tx: Tx, host: str, why: str) -> int:
    """Stop all that waits for a host; how much that was."""
    return await tx.do(GIVE_UP_HOST, why, host)


# --- people who are gone -------------------------------------------------------------------------

NOBODY_THERE = "UPDATE actor SET gone_answers = gone_answers + 1 WHERE id = %s RETURNING gone_answers"
UNFOLLOW_ALL = "DELETE FROM follow WHERE actor_id = %s"


async def nobody_there(tx: Tx, actor_id: int) -> int:
    """An inbox of theirs answered that there is nobody; how often that was in a row."""
    return await tx.maybe(int, NOBODY_THERE, actor_id) or 0


async def unfollow_all(tx: Tx, actor_id: int) -> None:
    """Somebody is gone, and follows nobody any longer; the transaction must touch ``libraries``."""
    await tx.do(UNFOLLOW_ALL, actor_id)


# --- forgetting ----------------------------------------------------------------------------------

PRUNE_OVER = """
    DELETE FROM delivery WHERE id IN (SELECT id FROM delivery
     WHERE state <> 'waiting' AND last_attempt_date < now() - %s * interval '1 second' LIMIT %s)
"""
PRUNE_SAID = """
    DELETE FROM outgoing WHERE id IN (SELECT id FROM outgoing
     WHERE creation_date < now() - %s * interval '1 second'
       AND NOT EXISTS (SELECT FROM delivery WHERE outgoing_id = outgoing.id AND state = 'waiting') LIMIT %s)
"""


async def prune(tx: Tx, over_seconds: float, said_seconds: float, limit: int) -> int:
    """Forget a few deliveries that have long been over, and activities that were said long ago; how many."""
    return await tx.do(PRUNE_OVER, over_seconds, limit) + await tx.do(PRUNE_SAID, said_seconds, limit)
