"""What people of other servers did with tracks (favourites, listenings, boosts), and the ids they take it back by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from attrs import frozen

from fwtwisted.db.fediverse import received
from fwtwisted.db.pool import Queries, Tx

_TRACK_AT = """
    SELECT id FROM track WHERE fid = {fid}
     UNION
    SELECT track_id FROM upload WHERE fid = {fid} AND track_id IS NOT NULL
     LIMIT 1
"""
TRACK_AT = _TRACK_AT.format(fid="%s")


async def track_at(tx: Queries, fid: str) -> int | None:
    """The track of this id, or whose file has it."""
    return await tx.maybe(int, TRACK_AT, fid, fid)


@frozen
class Found:
    """A track that somebody elsewhere did something with.  :ivar is_followed: by somebody here."""

    track_id: int
    is_followed: bool


@frozen
class Claim:
    """Somebody says that they did something, by its id, with the track that has this one."""

    track_fid: str
    actor_id: int
    fid: str


FIND = f"""
    SELECT claim.place, found.id,
           EXISTS (SELECT FROM follow JOIN actor ON actor.id = follow.actor_id AND actor.private_key IS NOT NULL
                    WHERE follow.approved AND follow.target_actor_id = claim.actor_id)
      FROM unnest(%s::text[], %s::bigint[], %s::text[]) WITH ORDINALITY AS claim (track_fid, actor_id, fid, place)
     CROSS JOIN LATERAL ({_TRACK_AT.format(fid="claim.track_fid")}) AS found (id)
     WHERE NOT EXISTS ({received.STILLBORN_OF.format(fid="claim.fid", actor="claim.actor_id")})
"""


async def find(tx: Queries, claims: Sequence[Claim]) -> list[Found | None]:
    """What each is about; None, too, where they have taken it back before it came."""

    def made(place: int, *columns: Any) -> tuple[int, Found]:
        return place, Found(*columns)

    columns = ([one.track_fid for one in claims], [one.actor_id for one in claims], [one.fid for one in claims])
    found = dict(await tx.many(made, FIND, *columns)) if claims else {}
    return [found.get(place) for place in range(1, len(claims) + 1)]


# By an id that is known already, nothing is written down.
REMEMBER_LISTENING = """
    INSERT INTO remote_deed (fid, kind, actor_id, track_id, deed_id) VALUES (%s, 'listening', %s, %s, %s)
        ON CONFLICT DO NOTHING
"""
REMEMBER = """
    INSERT INTO remote_deed (fid, kind, actor_id, track_id)
    SELECT done.fid, %s, done.actor_id, done.track_id
      FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS done (fid, actor_id, track_id)
     WHERE NOT EXISTS (SELECT FROM remote_deed AS known WHERE known.fid = done.fid)
     ORDER BY done.actor_id, done.track_id
        ON CONFLICT (actor_id, track_id, kind) WHERE kind <> 'listening' DO UPDATE SET fid = EXCLUDED.fid
"""
IS_KNOWN = "SELECT EXISTS (SELECT FROM remote_deed WHERE fid = %s)"


async def is_known(tx: Queries, fid: str) -> bool:
    """Whether a deed has this id."""
    return await tx.one(bool, IS_KNOWN, fid)


async def remember_listening(tx: Tx, fid: str, actor_id: int, track_id: int, deed_id: int) -> None:
    """Write down by which id a listening may be taken back."""
    await tx.do(REMEMBER_LISTENING, fid, actor_id, track_id, deed_id)


async def remember(tx: Tx, kind: str, done: Mapping[tuple[int, int], str]) -> None:
    """
    Write down by which ids deeds may be taken back; who did it before does it by the new id alone.

    :param kind: favorite or boost.  :param done: who did it to which track, and by which id.
    """
    if done:
        pairs = [(actor_id, track_id) for actor_id, track_id in done]
        await tx.do(REMEMBER, kind, list(done.values()), [actor for actor, _ in pairs], [track for _, track in pairs])


SHOWN_TO = """
    UPDATE actor SET deeds_shown = shown.level
      FROM (SELECT actor.id, told.level
              FROM unnest(%s::bigint[], %s::text[]) AS told (id, level) JOIN actor ON actor.id = told.id
             WHERE actor.deeds_shown IS DISTINCT FROM told.level ORDER BY actor.id FOR NO KEY UPDATE OF actor) AS shown
     WHERE actor.id = shown.id
"""


async def shown_to(tx: Tx, everybody: Mapping[int, bool]) -> None:
    """Note to whom actors show what they do: to everybody, or to those who follow them."""
    if everybody:
        await tx.do(SHOWN_TO, list(everybody), ["everyone" if shown else "followers" for shown in everybody.values()])


HIDE = """
    DELETE FROM remote_deed WHERE actor_id = %s;
    DELETE FROM favorite WHERE actor_id = %s;
    DELETE FROM listening WHERE actor_id = %s;
    UPDATE actor SET deeds_shown = NULL WHERE id = %s AND deeds_shown IS NOT NULL
"""


async def hide(tx: Tx, actor_id: int) -> None:
    """Forget everything that somebody elsewhere did: they show it no longer, or not to other servers."""
    await tx.do(HIDE, *[actor_id] * 4)


TAKE_BACK = """
    WITH gone AS (DELETE FROM remote_deed WHERE actor_id = %s AND fid = ANY(%s)
               RETURNING kind, actor_id, track_id, deed_id),
         unheard AS (DELETE FROM listening USING gone WHERE gone.kind = 'listening' AND listening.id = gone.deed_id)
    DELETE FROM favorite USING gone
     WHERE gone.kind = 'favorite' AND favorite.actor_id = gone.actor_id AND favorite.track_id = gone.track_id
"""


async def take_back(tx: Tx, actor_id: int, fids: Collection[str]) -> None:
    """Undo what an actor did by these ids."""
    if fids:
        await tx.do(TAKE_BACK, actor_id, list(fids))


UNLIKE = """
    WITH gone AS (DELETE FROM remote_deed WHERE actor_id = %s AND track_id = %s AND kind = %s RETURNING kind)
    DELETE FROM favorite WHERE actor_id = %s AND track_id = %s AND %s = 'favorite'
"""


async def unlike(tx: Tx, actor_id: int, track_id: int, kind: str) -> None:
    """Undo what an actor did with a track.  :param kind: favorite or boost."""
    await tx.do(UNLIKE, actor_id, track_id, kind, actor_id, track_id, kind)
