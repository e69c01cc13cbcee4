"""
What is to be told of to other servers: whether anybody there hears, and what has to be known to tell it.

Whatever asks for a telling (``ASK_…``) does so in one statement that does nothing where nobody elsewhere follows, so
that a pod that is alone pays next to nothing.  Source: docs/federation.md §4.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx

# Whether somebody elsewhere follows what stands in the place of {}.
_HEARD = """
    EXISTS (SELECT FROM follow JOIN actor AS reader ON reader.id = follow.actor_id
             WHERE follow.approved AND reader.private_key IS NULL AND {})
"""
_HEARD_LIBRARY = _HEARD.format("follow.target_library_id = library.id")
_HEARD_VOICE = _HEARD.format("follow.target_actor_id = channel.actor_id")
_HEARD_ACTOR = _HEARD.format("follow.target_actor_id = %s")
_HEARD_AT_ALL = _HEARD.format("true")

# --- asking for a telling ------------------------------------------------------------------------

# Parameters: kind, lane, event, tag, uuids of uploads.
ASK_UPLOADS = f"""
    INSERT INTO job (kind, lane, args)
    SELECT %s, %s, jsonb_build_object('event', %s, 'tag', %s, 'ids', jsonb_agg(upload.id ORDER BY upload.id))
      FROM upload
      JOIN library ON library.id = upload.library_id
      JOIN actor AS owner ON owner.id = library.actor_id AND owner.private_key IS NOT NULL
      LEFT JOIN channel ON channel.library_id = library.id
     WHERE upload.uuid = ANY(%s) AND upload.import_status = 'finished'
       AND CASE WHEN library.is_channel THEN {_HEARD_VOICE} ELSE {_HEARD_LIBRARY} END
    HAVING count(*) > 0
"""


async def ask_for_uploads(tx: Tx, kind: str, lane: str, event: str, tag: str, uuids: Collection[UUID]) -> bool:
    """Ask for a telling of those of the uploads that somebody elsewhere wants to hear of; whether there are any."""
    return await tx.do(ASK_UPLOADS, kind, lane, event, tag, list(uuids)) > 0


ASK_LIBRARY = f"""
    INSERT INTO job (kind, lane, args)
    SELECT %s, %s, jsonb_build_object('event', %s, 'tag', %s, 'ids', jsonb_build_array(library.id))
      FROM library JOIN actor AS owner ON owner.id = library.actor_id AND owner.private_key IS NOT NULL
     WHERE library.id = %s AND NOT library.is_channel AND {_HEARD_LIBRARY}
"""


async def ask_for_library(tx: Tx, kind: str, lane: str, event: str, tag: str, id: int) -> bool:
    """Ask for a telling of a library, if somebody elsewhere follows it."""
    return await tx.do(ASK_LIBRARY, kind, lane, event, tag, id) > 0


ASK = f"""
    INSERT INTO job (kind, lane, args)
    SELECT %s, %s, jsonb_build_object('event', %s, 'tag', %s, 'ids', %s::jsonb) WHERE {_HEARD_AT_ALL}
"""


async def ask_if_heard(tx: Tx, kind: str, lane: str, event: str, tag: str, ids: Sequence[int]) -> bool:
    """Ask for a telling, if anybody elsewhere follows anything."""
    return await tx.do(ASK, kind, lane, event, tag, f"[{','.join(map(str, ids))}]") > 0


ASK_DEEDS = f"""
    INSERT INTO job (kind, lane, args)
    SELECT %s, %s, jsonb_build_object('event', %s, 'tag', %s, 'ids', done.ids, 'actor', done.actor_id)
      FROM (SELECT actor_id, jsonb_agg(id ORDER BY nth) AS ids, min(nth) AS nth
              FROM unnest(%s::bigint[], %s::bigint[]) WITH ORDINALITY AS one (actor_id, id, nth)
             GROUP BY actor_id) AS done
      JOIN account ON account.actor_id = done.actor_id
     WHERE account.is_active AND account.privacy_level IN ('everyone', 'followers')
       AND {_HEARD.format("follow.target_actor_id = done.actor_id")}
     ORDER BY done.nth
"""


async def ask_for_deeds(tx: Tx, kind: str, lane: str, event: str, tag: str, done: Sequence[tuple[int, int]]) -> bool:
    """
    Ask for a telling of what people did, for each who lets it be known and whom somebody elsewhere follows.

    :param done: by whom, and the id of what.
    :return: whether there is anything to tell.
    """
    actors, ids = [actor for actor, _ in done], [id for _, id in done]
    return await tx.do(ASK_DEEDS, kind, lane, event, tag, actors, ids) > 0


# --- uploads -------------------------------------------------------------------------------------


@frozen
class Told:
    """
    An upload, and who speaks of it: its library's owner, or the channel.

    :ivar speaker: federation id, as is ``followers`` of who hears: a library's, or a channel's.
    """

    id: int
    fid: str
    library_id: int
    speaker_id: int
    speaker: str
    followers: str
    is_channel: bool
    is_public: bool


_TOLD = """
    SELECT upload.id, upload.fid, library.id, speaker.id, speaker.fid,
           CASE WHEN library.is_channel THEN coalesce(speaker.followers_url, speaker.fid || '/followers')
                ELSE library.followers_url END,
           library.is_channel, library.privacy_level = 'everyone'
      FROM upload
      JOIN library ON library.id = upload.library_id
      LEFT JOIN channel ON channel.library_id = library.id
      JOIN actor AS speaker ON speaker.id = coalesce(channel.actor_id, library.actor_id)
                           AND speaker.private_key IS NOT NULL
     WHERE upload.import_status = 'finished'
"""


async def uploads(tx: Queries, ids: Collection[int]) -> dict[int, Told]:
    """Who speaks of finished uploads, by the upload's id."""
    return {one.id: one for one in await tx.many(Told, f"{_TOLD} AND upload.id = ANY(%s)", list(ids))}


async def uploads_named(tx: Queries, uuids: Collection[UUID]) -> list[Told]:
    """The same by uuid, in the order of their libraries."""
    return await tx.many(Told, f"{_TOLD} AND upload.uuid = ANY(%s) ORDER BY library.id, upload.id", list(uuids))


POSTS_OF = f"{_TOLD} AND library.is_channel AND upload.track_id = %s"


async def posts_of_track(tx: Queries, track_id: int) -> list[Told]:
    """What a channel published of a track."""
    return await tx.many(Told, POSTS_OF, track_id)


EDITED = "UPDATE upload SET edited = now() WHERE id = ANY(%s)"


async def edited(tx: Tx, upload_ids: Sequence[int]) -> None:
    """What a channel published is another from now on."""
    await tx.do(EDITED, list(upload_ids))


# --- libraries, actors, works --------------------------------------------------------------------


@frozen
class ToldLibrary:
    """A library, and who owns it.  :ivar owner: federation id."""

    id: int
    fid: str
    owner_id: int
    owner: str
    followers: str


LIBRARY = """
    SELECT library.id, library.fid, owner.id, owner.fid, library.followers_url
      FROM library JOIN actor AS owner ON owner.id = library.actor_id AND owner.private_key IS NOT NULL
     WHERE library.id = %s AND NOT library.is_channel
"""


async def library(tx: Queries, id: int) -> ToldLibrary | None:
    """A library of ours that is no channel's."""
    return await tx.maybe(ToldLibrary, LIBRARY, id)


@frozen
class ToldActor:
    """An actor of ours."""

    id: int
    fid: str
    type: str
    followers: str


_ACTOR = """
    SELECT actor.id, actor.fid, actor.type, coalesce(actor.followers_url, actor.fid || '/followers')
      FROM actor WHERE actor.private_key IS NOT NULL
"""


async def actor(tx: Queries, id: int) -> ToldActor | None:
    """An actor of ours."""
    return await tx.maybe(ToldActor, f"{_ACTOR} AND actor.id = %s", id)


FOLLOWED_BY = """
    SELECT DISTINCT owner.id
      FROM follow
      LEFT JOIN library ON library.id = follow.target_library_id
      JOIN actor AS owner ON owner.id = coalesce(follow.target_actor_id, library.actor_id)
     WHERE follow.actor_id = %s AND owner.private_key IS NULL
     ORDER BY owner.id
"""


async def followed_by(tx: Queries, actor_id: int) -> list[int]:
    """Actors elsewhere whom somebody follows, or wishes to, or whose libraries."""
    return await tx.many(int, FOLLOWED_BY, actor_id)


ACQUAINTED = """
    SELECT delivery.recipient_id FROM outgoing JOIN delivery ON delivery.outgoing_id = outgoing.id
     WHERE outgoing.actor_id = %s AND delivery.recipient_id IS NOT NULL
     UNION
    SELECT follow.actor_id
      FROM follow JOIN actor AS wisher ON wisher.id = follow.actor_id AND wisher.private_key IS NULL
     WHERE (follow.target_actor_id = %s
            OR follow.target_library_id = ANY(ARRAY(SELECT id FROM library WHERE actor_id = %s)))
     ORDER BY 1
"""


async def acquainted(tx: Queries, actor_id: int) -> list[int]:
    """
    Actors elsewhere whose servers know somebody, whether they follow or not.

    Those to whom something of theirs was sent, as long as that is remembered, and those who ever asked to follow.
    """
    return await tx.many(int, ACQUAINTED, actor_id, actor_id, actor_id)


async def voices_of(tx: Queries, owner_id: int) -> list[int]:
    """The actors of somebody's channels that are no feeds of others."""
    return await tx.many(
        int,
        "SELECT channel.actor_id FROM channel WHERE attributed_to_id = %s"
        " AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id) ORDER BY channel.id",
        owner_id,
    )


async def voice_of_artist(tx: Queries, artist_id: int) -> int | None:
    """The actor of the channel that an artist is, if it is one of ours."""
    return await tx.maybe(
        int,
        "SELECT channel.actor_id FROM channel WHERE artist_id = %s"
        " AND NOT EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)",
        artist_id,
    )


async def series(tx: Queries, album_id: int) -> tuple[str, int] | None:
    """The federation id of an album of a channel of ours, and the channel's actor."""
    return await tx.maybe(
        lambda fid, actor_id: (fid, actor_id),
        "SELECT album.fid, channel.actor_id FROM album JOIN channel USING (artist_id) WHERE album.id = %s",
        album_id,
    )


# --- follows -------------------------------------------------------------------------------------


@frozen
class ToldFollow:
    """
    A follow.  All but ``id`` and ``uuid`` are federation ids and rows of actors.

    :ivar fid: of the follow itself, as who follows gave it.  :ivar target: what they follow, an actor or a library.
    :ivar owner: who answers for it.
    """

    id: int
    uuid: UUID
    fid: str
    follower_id: int
    follower: str
    follower_is_local: bool
    target: str
    owner_id: int
    owner: str
    owner_is_local: bool
    library_id: int | None
    target_actor_id: int | None


FOLLOWS = """
    SELECT follow.id, follow.uuid, follow.fid, follower.id, follower.fid, follower.private_key IS NOT NULL,
           coalesce(library.fid, owner.fid), owner.id, owner.fid, owner.private_key IS NOT NULL,
           follow.target_library_id, follow.target_actor_id
      FROM follow
      JOIN actor AS follower ON follower.id = follow.actor_id
      LEFT JOIN library ON library.id = follow.target_library_id
      JOIN actor AS owner ON owner.id = coalesce(follow.target_actor_id, library.actor_id)
     WHERE follow.id = ANY(%s)
     ORDER BY follow.id
"""


async def follows(tx: Queries, ids: Collection[int]) -> list[ToldFollow]:
    """Follows, in order."""
    return await tx.many(ToldFollow, FOLLOWS, list(ids))


async def follow(tx: Queries, id: int) -> ToldFollow | None:
    """A follow."""
    return next(iter(await follows(tx, [id])), None)


# --- deeds ---------------------------------------------------------------------------------------


@frozen
class ToldTrack:
    """A track, and somebody's favourite of it: None: it is none.  :ivar fid: of the track."""

    id: int
    fid: str
    favorite: UUID | None


FAVORITES = """
    SELECT track.id, track.fid, favorite.uuid
      FROM track LEFT JOIN favorite ON favorite.track_id = track.id AND favorite.actor_id = %s
     WHERE track.id = ANY(%s) ORDER BY track.id
"""
LISTENINGS = """
    SELECT listening.id, track.fid, listening.uuid
      FROM listening JOIN track ON track.id = listening.track_id
     WHERE listening.id = ANY(%s) AND listening.actor_id = %s ORDER BY listening.id
"""


async def favorites(tx: Queries, actor_id: int, track_ids: Collection[int]) -> list[ToldTrack]:
    """Tracks, and whether they are somebody's favourites now."""
    return await tx.many(ToldTrack, FAVORITES, actor_id, list(track_ids))


async def listenings(tx: Queries, actor_id: int, ids: Collection[int]) -> list[ToldTrack]:
    """Listenings of somebody, each with its track; ``favorite`` is the listening's uuid."""
    return await tx.many(ToldTrack, LISTENINGS, list(ids), actor_id)


AUDIENCE = """
    SELECT privacy_level FROM account
     WHERE actor_id = %s AND is_active AND privacy_level IN ('everyone', 'followers')
"""


async def audience(tx: Queries, actor_id: int) -> str | None:
    """Who may know what somebody does: everyone, followers; None: nobody elsewhere."""
    return await tx.maybe(str, AUDIENCE, actor_id)


PRIVACY = "SELECT privacy_level FROM account WHERE actor_id = %s AND is_active"


async def privacy(tx: Queries, actor_id: int) -> str | None:
    """Who may know what somebody does, those here included; None: it is nobody's account."""
    return await tx.maybe(str, PRIVACY, actor_id)


# --- reports -------------------------------------------------------------------------------------


@frozen
class ToldReport:
    """A report that is to be forwarded.  :ivar target: federation id, as is ``owner``."""

    uuid: UUID
    type: str
    summary: str | None
    target: str
    owner_id: int
    owner: str


_TARGET = {
    "artist": "SELECT fid FROM artist WHERE id = report.target_id",
    "album": "SELECT fid FROM album WHERE id = report.target_id",
    "track": "SELECT fid FROM track WHERE id = report.target_id",
    "library": "SELECT fid FROM library WHERE id = report.target_id",
    "channel": "SELECT actor.fid FROM channel JOIN actor ON actor.id = channel.actor_id"
    " WHERE channel.id = report.target_id",
    "account": "SELECT fid FROM actor WHERE id = report.target_id",
}
_CASES = " ".join(f"WHEN '{kind}' THEN ({sql})" for kind, sql in _TARGET.items())
REPORT = f"""
    SELECT told.uuid, told.type, told.summary, told.target, owner.id, owner.fid
      FROM (SELECT report.*, CASE report.target_kind {_CASES} END AS target FROM report WHERE report.id = %s) AS told
      JOIN actor AS owner ON owner.id = told.target_owner_id AND owner.private_key IS NULL
     WHERE told.is_forwarded AND told.target IS NOT NULL
"""


async def report(tx: Queries, id: int) -> ToldReport | None:
    """A report of something elsewhere that is to be forwarded there."""
    return await tx.maybe(ToldReport, REPORT, id)


def ids_of(args: dict[str, Any]) -> list[int]:
    """The numbers in the arguments of a telling."""
    return [int(id) for id in args["ids"]]
