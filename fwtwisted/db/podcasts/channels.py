"""Channels: finding, listing, making, changing and removing them, and who follows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.conditions import Condition, all_of, any_of, contains
from fwtwisted.db.often import Often
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.accounts import LongText
from fwtwisted.model.music import Scope
from fwtwisted.model.podcasts import Channel, Subscription

_COLUMNS = """
    channel.id, channel.uuid, channel.artist_id, channel.library_id, channel.actor_id, channel.attributed_to_id,
    channel.rss_url, channel.metadata, channel.creation_date,
    EXISTS (SELECT FROM feed WHERE feed.channel_id = channel.id)
"""

# --- one -----------------------------------------------------------------------------------------

BY_UUID = f"SELECT {_COLUMNS} FROM channel WHERE uuid = %s"
BY_HANDLE = f"""
    SELECT {_COLUMNS} FROM channel JOIN actor ON actor.id = channel.actor_id
     WHERE lower(actor.preferred_username) = lower(%s) AND actor.domain = %s
"""
BY_ARTIST = f"SELECT {_COLUMNS} FROM channel WHERE artist_id = %s"
BY_ACTOR = f"SELECT {_COLUMNS} FROM channel WHERE actor_id = %s"
OWN = f"SELECT {_COLUMNS} FROM channel WHERE id = %s AND attributed_to_id = %s FOR UPDATE"


async def by_uuid(tx: Queries, uuid: UUID) -> Channel | None:
    """The channel of this uuid."""
    return await tx.maybe(Channel, BY_UUID, uuid)


async def by_handle(tx: Queries, username: str, domain: str) -> Channel | None:
    """The channel whose actor is ``username@domain``, in any case of letters."""
    return await tx.maybe(Channel, BY_HANDLE, username, domain.lower())


async def of_artist(tx: Queries, artist_id: int) -> Channel | None:
    """The channel that this artist is the voice of."""
    return await tx.maybe(Channel, BY_ARTIST, artist_id)


async def of_actor(tx: Queries, actor_id: int) -> Channel | None:
    """The channel that this actor speaks for."""
    return await tx.maybe(Channel, BY_ACTOR, actor_id)


async def lock_own(tx: Tx, channel_id: int, actor_id: int) -> Channel | None:
    """A channel that the actor owns, held until the transaction ends."""
    return await tx.maybe(Channel, OWN, channel_id, actor_id)


HOLD = "SELECT id FROM channel WHERE id = %s FOR KEY SHARE"


async def hold(tx: Tx, channel_id: int) -> bool:
    """Let nobody remove the channel until the transaction ends; False when somebody did."""
    return await tx.maybe(int, HOLD, channel_id) is not None


SILENCED = """
    SELECT EXISTS (
        SELECT FROM channel
          JOIN library ON library.id = channel.library_id AND library.privacy_level = 'everyone'
          JOIN actor AS owner ON owner.id = library.actor_id
          JOIN actor AS voice ON voice.id = channel.actor_id
          JOIN domain ON domain.name = owner.domain
         WHERE channel.id = %s AND owner.private_key IS NULL AND domain.reachable
           AND NOT (domain.blocked OR owner.blocked OR voice.blocked)
           AND (domain.silenced OR owner.silenced OR voice.silenced))
"""


async def is_silenced(tx: Queries, channel_id: int) -> bool:
    """Whether a channel of another server is for everybody, but silenced: who names it may follow it."""
    return await tx.one(bool, SILENCED, channel_id)


BY_IDS = f"SELECT {_COLUMNS} FROM channel WHERE id = ANY(%s) ORDER BY array_position(%s::bigint[], id)"


async def by_ids(tx: Queries, ids: Sequence[int]) -> list[Channel]:
    """Channels in the order of these ids; unknown ids are left out."""
    return await tx.many(Channel, BY_IDS, list(ids), list(ids)) if ids else []


# --- what is counted of them ---------------------------------------------------------------------

COUNTED = Often(
    "counted_of_voices",
    """
    SELECT artist_id, count(*), sum(downloads_count)::bigint FROM track WHERE artist_id = ANY(%s) GROUP BY artist_id
    """,
    ("bigint[]",),
)
SUBSCRIBERS = """
    SELECT target_actor_id, count(*) FROM follow WHERE target_actor_id = ANY(%s) AND approved GROUP BY target_actor_id
"""


async def counted(tx: Queries, artist_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """How many tracks each artist has, and how often they were heard; those without any are left out."""
    if not artist_ids:
        return {}
    found = await tx.often_many(lambda id, *counts: (id, counts), COUNTED, list(artist_ids))
    return dict(found)


async def subscribers(tx: Queries, actor_ids: Collection[int]) -> dict[int, int]:
    """How many follow each actor."""
    return dict(await tx.many(_pair, SUBSCRIBERS, list(actor_ids))) if actor_ids else {}


def _pair(one: int, other: int) -> tuple[int, int]:
    return one, other


# --- lists ---------------------------------------------------------------------------------------


@frozen
class ChannelFilter:
    """
    Which channels are listed.

    :ivar visible: libraries whose content the viewer may see; channels of others are not told of.
    :ivar viewer_id: the actor who asks.
    :ivar hidden: artists to leave out, or with ``only_hidden`` to list alone.
    :ivar scopes: None: everybody's; an empty tuple: nobody's.
    """

    visible: tuple[int, ...]
    viewer_id: int | None
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] | None = None
    subscribed: bool | None = None
    external: bool | None = None
    hidden: tuple[int, ...] = ()
    only_hidden: bool = False


_FROM = "FROM channel JOIN artist ON artist.id = channel.artist_id JOIN actor ON actor.id = channel.actor_id"
_ORDERS = {
    "creation_date": "channel.creation_date",
    "modification_date": "artist.modification_date",
    "random": "random()",
}
_SUBSCRIBED = """
    EXISTS (SELECT FROM follow
             WHERE follow.actor_id = %s AND follow.approved AND follow.target_actor_id = channel.actor_id)
"""
_SEARCHED = "folded(artist.name || ' ' || actor.preferred_username || ' ' || coalesce(artist.description, ''))"
_TAGGED = """
    artist.id IN (SELECT artist_tag.artist_id FROM artist_tag JOIN tag ON tag.id = artist_tag.tag_id
                   WHERE lower(tag.name) IN (SELECT lower(asked) FROM unnest(%s::text[]) AS asked)
                   GROUP BY artist_tag.artist_id HAVING count(*) = %s)
"""


def _conditions(asked: ChannelFilter) -> Iterator[Condition]:
    yield Condition("channel.library_id = ANY(%s)", (list(asked.visible),))
    for word in asked.words:
        yield contains(_SEARCHED, word)
    if asked.tags:
        yield Condition(_TAGGED, (list(asked.tags), len(asked.tags)))
    if asked.scopes is not None:
        yield any_of(_within(asked.scopes))
    if asked.subscribed is not None:
        yield Condition(_SUBSCRIBED if asked.subscribed else f"NOT {_SUBSCRIBED}", (asked.viewer_id,))
    if asked.external is not None:
        told = "EXISTS" if asked.external else "NOT EXISTS"
        yield Condition(f"{told} (SELECT FROM feed WHERE feed.channel_id = channel.id)")
    if asked.only_hidden:
        yield Condition("channel.artist_id = ANY(%s)", (list(asked.hidden),))
    elif asked.hidden:
        yield Condition("channel.artist_id <> ALL(%s)", (list(asked.hidden),))


def _within(scopes: Sequence[Scope]) -> Iterator[Condition]:
    """Whose channels: their owner's, or those of a server; a scope of libraries has none."""
    for scope in scopes:
        if scope.owner is not None:
            yield Condition("channel.attributed_to_id = %s OR channel.actor_id = %s", (scope.owner, scope.owner))
        elif scope.domain is not None:
            yield Condition("actor.domain = %s", (scope.domain,))


async def listed(
    tx: Queries, asked: ChannelFilter, ordering: Sequence[tuple[str, bool]], limit: int, offset: int
) -> list[Channel]:
    """The channels that are asked for, in order; the newest first where no order is asked."""
    where = all_of(_conditions(asked))
    words = [f"{_ORDERS[name]} {'DESC' if falls else 'ASC'}" for name, falls in ordering]
    order = ", ".join([*words, "channel.creation_date DESC", "channel.id DESC"])
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE {where.sql} ORDER BY {order} LIMIT %s OFFSET %s"
    return await tx.many(Channel, sql, *where.values, limit, offset)


async def count(tx: Queries, asked: ChannelFilter) -> int:
    """How many there are."""
    where = all_of(_conditions(asked))
    return await tx.one(int, f"SELECT count(*) {_FROM} WHERE {where.sql}", *where.values)


# --- making --------------------------------------------------------------------------------------


@frozen
class NewVoice:
    """
    The artist and the library that a new channel speaks with.

    :ivar owner_id: the actor who owns it.
    """

    artist_uuid: UUID
    artist_fid: str
    library_uuid: UUID
    library_fid: str
    owner_id: int
    name: str
    library_name: str
    privacy_level: str
    content_category: str
    cover_id: int | None
    description: LongText | None


ADD_ARTIST = """
    INSERT INTO artist (uuid, fid, name, content_category, attributed_to_id, cover_id, description, description_type)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
ADD_LIBRARY = """
    INSERT INTO library (uuid, fid, followers_url, actor_id, name, privacy_level, is_channel)
    VALUES (%s, %s, %s, %s, %s, %s, true) RETURNING id
"""
ADD_CHANNEL = f"""
    INSERT INTO channel (uuid, artist_id, library_id, actor_id, attributed_to_id, rss_url, metadata)
    VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
"""
OPEN_ACTOR = """
    UPDATE actor SET manually_approves_followers = false, summary = %s, summary_type = %s, url = %s WHERE id = %s
"""


async def add(
    tx: Tx, uuid: UUID, actor_id: int, voice: NewVoice, rss_url: str | None, metadata: Mapping[str, Any]
) -> Channel:
    """
    Write a channel for an actor that is there, with its artist and its library.

    The transaction must touch ``catalog`` and ``libraries``.
    """
    text, kind = _told(voice.description)
    artist_id = await tx.one(
        int, ADD_ARTIST, voice.artist_uuid, voice.artist_fid, voice.name, voice.content_category, voice.owner_id,
        voice.cover_id, text, kind,
    )  # fmt: skip
    fid = voice.library_fid
    library_id = await tx.one(
        int, ADD_LIBRARY, voice.library_uuid, fid, f"{fid}/followers", voice.owner_id, voice.library_name,
        voice.privacy_level,
    )  # fmt: skip
    return await tx.one(
        Channel, ADD_CHANNEL, uuid, artist_id, library_id, actor_id, voice.owner_id, rss_url, dict(metadata)
    )


async def introduce(tx: Tx, actor_id: int, description: LongText | None, url: str | None) -> None:
    """Have a channel's actor say what it is, and take followers without being asked."""
    await tx.do(OPEN_ACTOR, *_told(description), url, actor_id)


def _told(text: LongText | None) -> tuple[str | None, str | None]:
    return (None, None) if text is None else (text.text, text.content_type)


OWNED = "SELECT count(*) FROM channel WHERE attributed_to_id = %s"


async def owned(tx: Queries, actor_id: int) -> int:
    """How many channels the actor has."""
    return await tx.one(int, OWNED, actor_id)


# --- changing ------------------------------------------------------------------------------------

_ARTIST_CHANGES = frozenset(("name", "content_category", "cover_id", "description", "description_type"))
CHANGE_METADATA = "UPDATE channel SET metadata = %s WHERE id = %s"
CHANGE_ACTOR = """
    UPDATE actor SET name = artist.name, summary = artist.description, summary_type = artist.description_type
      FROM artist WHERE artist.id = %s AND actor.id = %s
"""


async def change_artist(tx: Tx, channel: Channel, values: Mapping[str, object]) -> None:
    """
    Write new values of a channel's artist; its actor says the same.  The transaction must touch ``catalog``.

    :raise ValueError: when a column is not to be changed like this.
    """
    if not _ARTIST_CHANGES.issuperset(values):
        raise ValueError(f"{sorted(set(values) - _ARTIST_CHANGES)} of artist")
    columns = "".join(f"{name} = %s, " for name in values)
    sql = f"UPDATE artist SET {columns} modification_date = now() WHERE id = %s"
    await tx.do(sql, *values.values(), channel.artist_id)
    await tx.do(CHANGE_ACTOR, channel.artist_id, channel.actor_id)


async def change_metadata(tx: Tx, channel_id: int, metadata: Mapping[str, Any]) -> None:
    """Write what a podcast says of itself."""
    await tx.do(CHANGE_METADATA, dict(metadata), channel_id)


HAS_SPOKEN = "UPDATE artist SET modification_date = now() WHERE id = %s"


async def has_spoken(tx: Tx, artist_id: int) -> None:
    """Something new was published."""
    await tx.do(HAS_SPOKEN, artist_id)


# --- removing ------------------------------------------------------------------------------------

OF_LIBRARIES = f"SELECT {_COLUMNS} FROM channel WHERE library_id = ANY(%s) ORDER BY id FOR UPDATE"
COVERS = """
    SELECT cover_id FROM artist WHERE id = %s AND cover_id IS NOT NULL
     UNION ALL
    SELECT cover_id FROM album WHERE artist_id = %s AND cover_id IS NOT NULL
     UNION ALL
    SELECT cover_id FROM track WHERE artist_id = %s AND cover_id IS NOT NULL
"""
LOOSEN = "UPDATE attachment SET used = false WHERE id = ANY(%s)"
REMOVE_ARTIST = "DELETE FROM artist WHERE id = %s"
BURY_ACTOR = """
    DELETE FROM follow WHERE target_actor_id = %s OR actor_id = %s;
    UPDATE actor SET type = 'Tombstone', name = NULL, summary = NULL, summary_type = NULL, icon_id = NULL WHERE id = %s
"""


async def of_libraries(tx: Tx, library_ids: Sequence[int]) -> list[Channel]:
    """The channels that speak from these libraries, held until the transaction ends."""
    return await tx.many(Channel, OF_LIBRARIES, list(library_ids))


async def remove_voice(tx: Tx, channel: Channel) -> None:
    """
    Remove a channel's artist with all its works, and bury its actor, whose name and keys stay.

    Its library and uploads must be removed in the same transaction.  The channel goes with the artist.
    """
    covers = await tx.many(int, COVERS, channel.artist_id, channel.artist_id, channel.artist_id)
    await tx.do(REMOVE_ARTIST, channel.artist_id)
    await tx.do(LOOSEN, covers)
    await tx.do(BURY_ACTOR, channel.actor_id, channel.actor_id, channel.actor_id)


# --- following -----------------------------------------------------------------------------------

_SUBSCRIPTION = "follow.uuid, follow.fid, follow.approved, follow.creation_date, channel.id"
_FOLLOWED = "FROM follow JOIN channel ON channel.actor_id = follow.target_actor_id WHERE follow.actor_id = %s"
FOLLOW = """
    INSERT INTO follow (uuid, fid, actor_id, target_actor_id, approved)
    SELECT %s, actor.fid || '#follows/' || %s::uuid, actor.id, %s, %s FROM actor WHERE actor.id = %s
        ON CONFLICT (actor_id, target_actor_id) DO UPDATE SET approved = coalesce(follow.approved, EXCLUDED.approved)
 RETURNING id, xmax = 0
"""
FOLLOW_OF = "SELECT id FROM follow WHERE actor_id = %s AND target_actor_id = %s FOR UPDATE"
UNFOLLOW = "DELETE FROM follow WHERE id = %s"


async def follow(tx: Tx, uuid: UUID, actor_id: int, target_actor_id: int) -> tuple[Subscription, int | None]:
    """
    Follow a channel; who does already goes on.  The transaction must touch ``libraries``.

    :return: the subscription, and the key of the follow if it is new.
    """
    id, is_new = await tx.one(lambda id, is_new: (id, is_new), FOLLOW, uuid, uuid, target_actor_id, True, actor_id)
    made = await tx.one(
        Subscription, f"SELECT {_SUBSCRIPTION} {_FOLLOWED} AND follow.target_actor_id = %s", actor_id, target_actor_id
    )
    return made, id if is_new else None


async def follow_of(tx: Tx, actor_id: int, target_actor_id: int) -> int | None:
    """The key of an actor's follow of a channel, held until the transaction ends."""
    return await tx.maybe(int, FOLLOW_OF, actor_id, target_actor_id)


async def unfollow(tx: Tx, follow_id: int) -> None:
    """Follow no longer.  The transaction must touch ``libraries``."""
    await tx.do(UNFOLLOW, follow_id)


SUBSCRIPTIONS = f"SELECT {_SUBSCRIPTION} {_FOLLOWED} ORDER BY follow.id DESC LIMIT %s OFFSET %s"
SUBSCRIPTION_COUNT = f"SELECT count(*) {_FOLLOWED}"
SUBSCRIPTION = f"SELECT {_SUBSCRIPTION} {_FOLLOWED} AND follow.uuid = %s"
ALL_SUBSCRIPTIONS = f"SELECT follow.uuid, channel.uuid {_FOLLOWED} AND follow.approved ORDER BY follow.id DESC"


async def subscriptions(tx: Queries, actor_id: int, limit: int, offset: int) -> tuple[int, list[Subscription]]:
    """How many channels the actor follows, and one page of them, the newest first."""
    total = await tx.one(int, SUBSCRIPTION_COUNT, actor_id)
    return total, await tx.many(Subscription, SUBSCRIPTIONS, actor_id, limit, offset)


async def subscription(tx: Queries, actor_id: int, uuid: UUID) -> Subscription | None:
    """One subscription of the actor's."""
    return await tx.maybe(Subscription, SUBSCRIPTION, actor_id, uuid)


async def all_subscriptions(tx: Queries, actor_id: int) -> list[tuple[UUID, UUID]]:
    """Each approved subscription of the actor, and its channel: their uuids."""
    return await tx.many(lambda follow, channel: (follow, channel), ALL_SUBSCRIPTIONS, actor_id)


# --- what is published ---------------------------------------------------------------------------

OWN_LIBRARY = "SELECT library_id FROM channel WHERE uuid = %s AND attributed_to_id = %s"


async def own_library(tx: Queries, uuid: UUID, actor_id: int) -> int | None:
    """The library into which the owner of a channel publishes."""
    return await tx.maybe(int, OWN_LIBRARY, uuid, actor_id)


@frozen
class Voice:
    """Who speaks through an upload.  :ivar owner_id: the actor who owns the channel."""

    channel_id: int
    artist_id: int
    owner_id: int


VOICE = """
    SELECT channel.id, channel.artist_id, channel.attributed_to_id
      FROM upload JOIN channel ON channel.library_id = upload.library_id WHERE upload.uuid = %s
"""


async def voice(tx: Queries, upload: UUID) -> Voice | None:
    """Whose channel the upload is for; None: it goes into a library like any other."""
    return await tx.maybe(Voice, VOICE, upload)
