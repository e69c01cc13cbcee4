"""Libraries and channels elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.remote import SaidLibrary

STORE = """
    INSERT INTO library (fid, followers_url, actor_id, name, description, privacy_level, creation_date,
                         last_fetch_date)
    VALUES (%s, %s, %s, %s, %s, %s, least(coalesce(%s, now()), now()), now())
        ON CONFLICT (fid) DO UPDATE
       SET followers_url = EXCLUDED.followers_url, name = EXCLUDED.name, description = EXCLUDED.description,
           privacy_level = EXCLUDED.privacy_level, last_fetch_date = now()
     WHERE library.actor_id = EXCLUDED.actor_id AND NOT library.is_channel
 RETURNING id
"""


async def store(tx: Tx, said: SaidLibrary, owner_id: int) -> int | None:
    """
    Write what a library's document says; its key.  None: it is somebody else's.

    The transaction must touch ``libraries``.
    """
    level = "everyone" if said.is_public else "me"
    return await tx.maybe(
        int, STORE, said.fid, said.followers, owner_id, said.name, said.description, level, said.published
    )


OWNER = "SELECT id, actor_id FROM library WHERE fid = %s AND NOT is_channel"


async def owner(tx: Queries, fid: str) -> tuple[int, int] | None:
    """The key of a library, and its owner's."""
    return await tx.maybe(lambda id, actor_id: (id, actor_id), OWNER, fid)


OF_ACTOR = """
    SELECT library.id FROM library LEFT JOIN channel ON channel.library_id = library.id
     WHERE library.actor_id = %s OR channel.actor_id = %s
     ORDER BY library.id FOR UPDATE OF library
"""


async def of_actor(tx: Tx, actor_id: int) -> list[int]:
    """The libraries of an actor, and those of channels that they own or are, held until the transaction ends."""
    return await tx.many(int, OF_ACTOR, actor_id, actor_id)


TAKEN = """
    SELECT coalesce((SELECT array_agg(fid) FROM artist WHERE fid = ANY(%s)), '{}'),
           EXISTS (SELECT FROM library WHERE fid = %s), EXISTS (SELECT FROM channel WHERE rss_url = %s)
"""


async def taken(
    tx: Queries, artist_fids: Sequence[str], library_fid: str, rss_url: str | None
) -> tuple[list[str], bool, bool]:
    """Which of the ids artists have already; whether a library has this one, and a channel this feed."""
    return await tx.one(lambda *found: found, TAKEN, list(artist_fids), library_fid, rss_url)


OWN_CHANNEL = "UPDATE channel SET attributed_to_id = %s WHERE id = %s AND attributed_to_id <> %s"
OWN_ARTIST = "UPDATE artist SET attributed_to_id = %s WHERE id = %s"
OWN_LIBRARY = "UPDATE library SET actor_id = %s WHERE id = %s"


async def hand_over(tx: Tx, channel_id: int, artist_id: int, library_id: int, owner_id: int) -> None:
    """A channel is somebody else's from now on."""
    if await tx.do(OWN_CHANNEL, owner_id, channel_id, owner_id):
        await tx.do(OWN_ARTIST, owner_id, artist_id)
        await tx.do(OWN_LIBRARY, owner_id, library_id)


READ_OUTBOX = "UPDATE channel SET outbox_fetch_date = now() WHERE id = %s"


async def read_outbox(tx: Tx, channel_id: int) -> None:
    """What a channel published was looked through."""
    await tx.do(READ_OUTBOX, channel_id)


TRACKS_IN = "SELECT DISTINCT track_id FROM upload WHERE library_id = ANY(%s) AND track_id IS NOT NULL"


async def tracks_in(tx: Queries, library_ids: Sequence[int]) -> list[int]:
    """The tracks that these libraries hold files of."""
    return await tx.many(int, TRACKS_IN, list(library_ids))


# Of a server and those below it, or of one actor: what somebody here follows.
_WANTED = """
    follow.approved AND follower.private_key IS NOT NULL AND voice.private_key IS NULL
    AND (%s = ANY(servers_above(voice.domain)) OR voice.id = %s)
"""
WANTED_LIBRARIES = f"""
    SELECT library.id, min(follower.id)
      FROM follow JOIN actor AS follower ON follower.id = follow.actor_id
      JOIN library ON library.id = follow.target_library_id
      JOIN actor AS voice ON voice.id = library.actor_id
     WHERE {_WANTED} GROUP BY library.id ORDER BY library.id
"""
WANTED_CHANNELS = f"""
    SELECT DISTINCT channel.id
      FROM follow JOIN actor AS follower ON follower.id = follow.actor_id
      JOIN channel ON channel.actor_id = follow.target_actor_id
      JOIN actor AS voice ON voice.id = channel.actor_id
     WHERE {_WANTED} ORDER BY channel.id
"""


async def wanted_libraries(tx: Queries, server: str | None, actor_id: int | None) -> list[tuple[int, int]]:
    """Libraries of a server, or of an actor, that our people follow, each with one of those people."""
    return await tx.many(lambda library, actor: (library, actor), WANTED_LIBRARIES, server, actor_id)


async def wanted_channels(tx: Queries, server: str | None, actor_id: int | None) -> list[int]:
    """Channels of a server, or the one that an actor is, that our people follow."""
    return await tx.many(int, WANTED_CHANNELS, server, actor_id)


@frozen
class Begun:
    """
    A follow of somebody here that was granted.

    :ivar library_id: or ``channel_id``: what it is of; neither: a person.  :ivar is_first: nobody else here follows it.
    """

    follower_id: int
    library_id: int | None
    channel_id: int | None
    is_first: bool


BEGUN = """
    SELECT follow.actor_id, follow.target_library_id, channel.id,
           NOT EXISTS (SELECT FROM follow AS other JOIN actor AS follower ON follower.id = other.actor_id
                        WHERE (other.target_library_id = follow.target_library_id
                               OR other.target_actor_id = follow.target_actor_id)
                          AND other.id <> follow.id AND other.approved AND follower.private_key IS NOT NULL)
      FROM follow LEFT JOIN channel ON channel.actor_id = follow.target_actor_id
     WHERE follow.id = %s
"""


async def begun(tx: Queries, follow_id: int) -> Begun:
    """What a follow is of that was granted."""
    return await tx.one(Begun, BEGUN, follow_id)
