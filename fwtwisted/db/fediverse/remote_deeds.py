"""What people of other servers did with tracks (favourites, listenings, boosts), and the ids they take it back by."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from fwtwisted.db.fediverse import held, received
from fwtwisted.db.pool import Queries, Tx

TRACK_AT = """
    SELECT id FROM track WHERE fid = %s
     UNION
    SELECT track_id FROM upload WHERE fid = %s AND track_id IS NOT NULL
     LIMIT 1
"""


async def track_at(tx: Queries, fid: str) -> int | None:
    """The track of this id, or whose file has it."""
    return await tx.maybe(int, TRACK_AT, fid, fid)


@frozen
class Found:
    """A track that somebody elsewhere did something with.  :ivar is_followed: by somebody here."""

    track_id: int
    is_followed: bool


FIND = f"""
    SELECT found.id, ({held.FOLLOWED}) FROM ({TRACK_AT}) AS found (id) WHERE NOT EXISTS ({received.STILLBORN})
"""


async def find(tx: Queries, track_fid: str, actor_id: int, fid: str | None) -> Found | None:
    """What an actor's deed of the id ``fid`` is about; None, too, where they have taken it back before it came."""
    followed, stillborn = (actor_id, None), ([] if fid is None else [fid], actor_id)
    return await tx.maybe(Found, FIND, *followed, track_fid, track_fid, *stillborn)


FORGET_SAME = """
    DELETE FROM remote_deed
     WHERE actor_id = %s AND track_id = %s AND kind = %s AND kind <> 'listening' AND fid <> %s
"""
REMEMBER = """
    INSERT INTO remote_deed (fid, kind, actor_id, track_id, deed_id) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
"""
IS_KNOWN = "SELECT EXISTS (SELECT FROM remote_deed WHERE fid = %s)"


async def is_known(tx: Queries, fid: str) -> bool:
    """Whether a deed has this id."""
    return await tx.one(bool, IS_KNOWN, fid)


async def remember(tx: Tx, fid: str, kind: str, actor_id: int, track_id: int, deed_id: int | None = None) -> None:
    """
    Write down by which id a deed may be taken back.

    Who likes or boosts a track again does it by the new id alone.  :param kind: favorite, listening or boost.
    """
    deed = fid, kind, actor_id, track_id, deed_id
    if not await tx.do(REMEMBER, *deed):
        await tx.do(FORGET_SAME, actor_id, track_id, kind, fid)
        await tx.do(REMEMBER, *deed)


SHOWN_TO = "UPDATE actor SET deeds_shown = %s WHERE id = %s AND deeds_shown IS DISTINCT FROM %s"


async def shown_to(tx: Tx, actor_id: int, *, everybody: bool) -> None:
    """Note to whom an actor shows what they do: to everybody, or to those who follow them."""
    level = "everyone" if everybody else "followers"
    await tx.do(SHOWN_TO, level, actor_id, level)


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
