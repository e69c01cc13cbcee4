"""
What people did with tracks: favourites and listenings, two tables of one shape.

Everybody sees their own; of others as much as their privacy level lets out (docs/api.md §4.11).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from fwtwisted.db.pool import Tx
from fwtwisted.model.listening import Deed, DeedFilter, Heard, Heart, Kind, Standing

# Whose deeds a viewer sees: of people here as their level has it, of others as they told us last and moderators have
# it.  Parameters: see :func:`eyes`.
SEEN_BY = """
    (actor.id = %s
     OR account.privacy_level = 'everyone'
     OR (account.privacy_level = 'instance' AND %s)
     OR (actor.deeds_shown = 'everyone' AND NOT actor.blocked AND NOT actor.silenced
         AND actor.domain NOT IN (SELECT name FROM domain WHERE blocked OR silenced))
     OR (coalesce(account.privacy_level, actor.deeds_shown) IN ('everyone', 'followers') AND NOT actor.blocked
         AND actor.domain NOT IN (SELECT name FROM domain WHERE blocked)
         AND actor.id IN (SELECT target_actor_id FROM follow
                           WHERE follow.actor_id = %s AND follow.approved AND target_actor_id IS NOT NULL)))
"""


def eyes(viewer_actor: int | None, is_local: bool) -> tuple[int | None, bool, int | None]:
    """The parameters of :data:`SEEN_BY`: the viewer (None: a visitor), whether that is at home here."""
    return viewer_actor, is_local, viewer_actor


def _where(asked: DeedFilter, viewer_actor: int | None, is_local: bool, kind: Kind) -> tuple[str, list[object]]:
    parts: list[str] = [SEEN_BY]
    args: list[object] = [*eyes(viewer_actor, is_local)]
    if asked.username is not None:
        parts.append("lower(actor.preferred_username) = lower(%s)")
        args.append(asked.username)
    if asked.domain is not None:
        parts.append("actor.domain = %s")
        args.append(asked.domain)
    if asked.actors is not None or asked.domains is not None:
        parts.append("(actor.id = ANY(%s) OR actor.domain = ANY(%s))")
        args += [list(asked.actors or ()), list(asked.domains or ())]
    if asked.hidden:
        parts.append(f"track.artist_id {'= ANY' if asked.only_hidden else '<> ALL'}(%s)")
        args.append(list(asked.hidden))
    elif asked.only_hidden:
        parts.append("false")
    for word in asked.words:
        parts.append(
            """(position(folded(%s) IN track.folded_title) > 0
                OR EXISTS (SELECT FROM artist WHERE artist.id = track.artist_id
                              AND position(folded(%s) IN artist.folded_name) > 0)
                OR EXISTS (SELECT FROM album WHERE album.id = track.album_id
                              AND position(folded(%s) IN album.folded_title) > 0))"""
        )
        args += [word] * 3
    return " AND ".join(parts).replace("deed.", f"{kind}."), args


def _from(kind: Kind, asked: DeedFilter) -> str:
    needs_track = asked.hidden or asked.words
    return f"""{kind} JOIN actor ON actor.id = {kind}.actor_id LEFT JOIN account ON account.actor_id = actor.id
               {f"JOIN track ON track.id = {kind}.track_id" if needs_track else ""}"""


async def deeds(
    tx: Tx, kind: Kind, asked: DeedFilter, viewer_actor: int | None, is_local: bool, limit: int, offset: int
) -> list[Deed]:
    """One page of what the viewer may see."""
    where, args = _where(asked, viewer_actor, is_local, kind)
    direction = "ASC" if asked.oldest_first else "DESC"
    sql = f"""SELECT {kind}.id, {kind}.actor_id, {kind}.track_id, {kind}.creation_date
                FROM {_from(kind, asked)} WHERE {where}
               ORDER BY {kind}.creation_date {direction}, {kind}.id {direction} LIMIT %s OFFSET %s"""
    return await tx.many(Deed, sql, *args, limit, offset)


async def count(tx: Tx, kind: Kind, asked: DeedFilter, viewer_actor: int | None, is_local: bool) -> int:
    """How many the viewer may see; where only people decide, none is looked at (``db/listening/tally.py``)."""
    where, args = _where(asked, viewer_actor, is_local, kind)
    if asked.hidden or asked.words:
        return await tx.one(int, f"SELECT count(*) FROM {_from(kind, asked)} WHERE {where}", *args)
    sql = f"""SELECT coalesce(sum(tally.deeds), 0)
                FROM (SELECT actor_id, sum(deeds) AS deeds FROM deed_tally WHERE kind = %s GROUP BY actor_id) AS tally
                JOIN actor ON actor.id = tally.actor_id LEFT JOIN account ON account.actor_id = actor.id
               WHERE {where}"""
    return await tx.one(int, sql, kind.value, *args)


OWN_FAVORITES = "SELECT id, track_id FROM favorite WHERE actor_id = %s ORDER BY creation_date DESC, id DESC"


async def own_favorites(tx: Tx, actor_id: int) -> list[Standing]:
    """All favourites of one actor, the newest first: ids alone."""
    return await tx.many(Standing, OWN_FAVORITES, actor_id)


FAVORITES_MARK = "SELECT count(*), coalesce(max(id), 0) FROM favorite WHERE actor_id = %s"


async def favorites_mark(tx: Tx, actor_id: int) -> tuple[int, int]:
    """What changes whenever the actor's favourites do: how many, and the newest; ids are never given twice."""
    return await tx.one(lambda count, newest: (count, newest), FAVORITES_MARK, actor_id)


# Whether anybody has to be told of what an actor does: a plugin that they have switched on, or followers elsewhere.
_AWAITED = """
    EXISTS (SELECT FROM plugin JOIN account ON account.id = plugin.account_id
             WHERE account.actor_id = {actor} AND plugin.is_enabled)
    OR EXISTS (SELECT FROM follow JOIN actor AS reader ON reader.id = follow.actor_id
                WHERE follow.target_actor_id = {actor} AND follow.approved AND reader.private_key IS NULL)
"""
MAKE_FAVORITES = f"""
    INSERT INTO favorite (actor_id, track_id)
    SELECT wished.actor_id, track.id
      FROM unnest(%s::bigint[], %s::bigint[]) AS wished (actor_id, track_id) JOIN track ON track.id = wished.track_id
     ORDER BY wished.actor_id, track.id
        ON CONFLICT (track_id, actor_id) DO UPDATE SET track_id = EXCLUDED.track_id
 RETURNING xmax = 0, id, actor_id, track_id, creation_date, {_AWAITED.format(actor="favorite.actor_id")}
"""


async def make_favorites(tx: Tx, wished: Collection[Heart]) -> list[tuple[Deed, bool]]:
    """
    Make tracks favourites; one that is already stays what it was, what is no track is left out.

    :param wished: all different.
    :return: each with whether it is new.
    """
    actors, tracks = [actor for actor, _ in wished], [track for _, track in wished]
    return await tx.many(lambda is_new, *deed: (Deed(*deed), is_new), MAKE_FAVORITES, actors, tracks)


ADD_FAVORITES = """
    INSERT INTO favorite (actor_id, track_id) SELECT %s, unnest(%s::bigint[])
        ON CONFLICT (track_id, actor_id) DO NOTHING
 RETURNING id, actor_id, track_id, creation_date
"""


async def add_favorites(tx: Tx, actor_id: int, track_ids: Sequence[int]) -> list[Deed]:
    """Make each of the tracks a favourite; those that became one by this."""
    return await tx.many(Deed, ADD_FAVORITES, actor_id, list(dict.fromkeys(track_ids)))


REMOVE_FAVORITES = "DELETE FROM favorite WHERE actor_id = %s AND track_id = ANY(%s)"


async def remove_favorites(tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
    """None of the tracks is a favourite any more."""
    await tx.do(REMOVE_FAVORITES, actor_id, list(track_ids))


REMOVE_FAVORITE = "DELETE FROM favorite WHERE actor_id = %s AND track_id = %s"
REMOVE_FAVORITE_ID = "DELETE FROM favorite WHERE actor_id = %s AND id = %s RETURNING track_id"


async def remove_favorite(tx: Tx, actor_id: int, track_id: int) -> bool:
    """Whether the track was one."""
    return await tx.do(REMOVE_FAVORITE, actor_id, track_id) > 0


async def remove_favorite_by_id(tx: Tx, actor_id: int, id: int) -> int | None:
    """The track that it was about; None when the actor has no such favourite."""
    return await tx.maybe(int, REMOVE_FAVORITE_ID, actor_id, id)


ADD_LISTENINGS = f"""
    INSERT INTO listening (actor_id, track_id, creation_date)
    SELECT heard.actor_id, heard.track_id, coalesce(heard.moment, now())
      FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) WITH ORDINALITY
           AS heard (actor_id, track_id, moment, nth)
      JOIN track ON track.id = heard.track_id
     ORDER BY heard.nth
 RETURNING id, actor_id, track_id, creation_date, {_AWAITED.format(actor="listening.actor_id")}
"""


async def add_listenings(tx: Tx, heard: Sequence[Heard]) -> list[Deed]:
    """Remember what was listened to, in order; what is no track is left out."""
    return await tx.many(Deed, ADD_LISTENINGS, *_columns(heard))


HEARD_AT = """
    SELECT DISTINCT listening.actor_id, listening.track_id, listening.creation_date
      FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS asked (actor_id, track_id, moment)
      JOIN listening ON listening.actor_id = asked.actor_id AND listening.track_id = asked.track_id
                    AND listening.creation_date = asked.moment
"""


async def heard_at(tx: Tx, heard: Sequence[Heard]) -> set[Heard]:
    """What of this is remembered already: the same track at the same moment."""
    return set(await tx.many(Heard, HEARD_AT, *_columns(heard)))


def _columns(heard: Sequence[Heard]) -> tuple[list[int], list[int], list[datetime | None]]:
    return [one.actor_id for one in heard], [one.track_id for one in heard], [one.moment for one in heard]


async def one(tx: Tx, kind: Kind, id: int, viewer_actor: int | None, is_local: bool) -> Deed | None:
    """A single deed, if the viewer may see it."""
    sql = f"""SELECT {kind}.id, {kind}.actor_id, {kind}.track_id, {kind}.creation_date
                FROM {_from(kind, DeedFilter())} WHERE {kind}.id = %s AND {SEEN_BY}"""
    return await tx.maybe(Deed, sql, id, *eyes(viewer_actor, is_local))


LATEST = f"""
    SELECT kind, deed.id, deed.actor_id, deed.track_id, deed.creation_date
      FROM (SELECT 'favorite' AS kind, id, actor_id, track_id, creation_date FROM favorite
             UNION ALL
            SELECT 'listening', id, actor_id, track_id, creation_date FROM listening) AS deed
      JOIN actor ON actor.id = deed.actor_id
      LEFT JOIN account ON account.actor_id = actor.id
     WHERE {SEEN_BY}
     ORDER BY deed.creation_date DESC, deed.id DESC LIMIT %s
"""


async def latest(tx: Tx, viewer_actor: int | None, is_local: bool, limit: int) -> list[tuple[Kind, Deed]]:
    """The newest deeds of both kinds that the viewer may see."""
    return await tx.many(
        lambda kind, *columns: (Kind(kind), Deed(*columns)), LATEST, *eyes(viewer_actor, is_local), limit
    )
