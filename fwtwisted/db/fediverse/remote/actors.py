"""People, channels and servers elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fwtwisted.db.people.people import actor_columns
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Actor
from fwtwisted.model.remote import SaidActor

BY_FIDS = f"SELECT {actor_columns()} FROM actor WHERE fid = ANY(%s)"


async def by_fids(tx: Queries, fids: Collection[str]) -> dict[str, Actor]:
    """The actors that we know by these ids."""
    return {one.fid: one for one in await tx.many(Actor, BY_FIDS, list(fids))} if fids else {}


async def by_fid(tx: Queries, fid: str) -> Actor | None:
    """The actor of this id."""
    return await tx.maybe(Actor, f"SELECT {actor_columns()} FROM actor WHERE fid = %s", fid)


MAKE_DOMAIN = "INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING"
# Whoever made an account anew has another id and the same name: the name is the newer one's.  What the older one is
# called from then on nobody can have taken before.
GIVE_WAY = """
    UPDATE actor SET preferred_username = left(preferred_username, 400) || '~' || gen_random_uuid()
     WHERE lower(preferred_username) = lower(%s) AND domain = %s AND fid <> %s AND private_key IS NULL
"""
LOSE_KEY = "UPDATE actor SET key_id = NULL, public_key = NULL WHERE key_id = %s AND fid <> %s AND private_key IS NULL"
# Who lists a key under the name of somebody else's would keep that one from proving anything.
IS_ANOTHERS = "SELECT EXISTS (SELECT FROM actor WHERE fid = ANY(%s) AND fid <> %s)"
# Its server may have named it as the one who speaks for it long before: it could not be had then, or was removed since.
STORE = """
    WITH stored AS (
    INSERT INTO actor (fid, domain, preferred_username, type, name, summary, summary_type, url, inbox_url, outbox_url,
                       shared_inbox_url, followers_url, following_url, manually_approves_followers, key_id, public_key,
                       icon_id, creation_date)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, least(coalesce(%s, now()), now()))
        ON CONFLICT (fid) DO UPDATE
       SET preferred_username = EXCLUDED.preferred_username, type = EXCLUDED.type, name = EXCLUDED.name,
           summary = EXCLUDED.summary, summary_type = EXCLUDED.summary_type, url = EXCLUDED.url,
           inbox_url = EXCLUDED.inbox_url, outbox_url = EXCLUDED.outbox_url,
           shared_inbox_url = EXCLUDED.shared_inbox_url, followers_url = EXCLUDED.followers_url,
           following_url = EXCLUDED.following_url,
           manually_approves_followers = EXCLUDED.manually_approves_followers,
           key_id = EXCLUDED.key_id, public_key = EXCLUDED.public_key, icon_id = EXCLUDED.icon_id,
           last_fetch_date = now()
     WHERE actor.private_key IS NULL
 RETURNING id, fid, domain),
         served AS (
    UPDATE domain SET service_actor_id = stored.id FROM stored
     WHERE domain.name = stored.domain AND domain.nodeinfo #>> '{metadata,actorId}' = stored.fid
       AND domain.service_actor_id IS DISTINCT FROM stored.id)
    SELECT id FROM stored
"""


async def store(tx: Tx, said: SaidActor, domain: str, icon_id: int | None) -> int | None:
    """
    Write what an actor's document says; its key.  None: there is one of ours by that id, which stays as it is.

    The transaction must touch ``libraries`` when the domain is new.
    """
    key = None
    for listed in said.keys:
        if not await tx.one(bool, IS_ANOTHERS, _owners(listed.id), said.fid):
            key = listed
            break
    await tx.do(GIVE_WAY, said.username, domain, said.fid)
    if key is not None:
        await tx.do(LOSE_KEY, key.id, said.fid)
    return await tx.maybe(
        int, STORE, said.fid, domain, said.username, said.type, said.name, said.summary,
        "text/html" if said.summary else None, said.url, said.inbox, said.outbox, said.shared_inbox, said.followers,
        said.following, said.manually_approves, key and key.id, key and key.pem, icon_id, said.published,
    )  # fmt: skip


def _owners(key_id: str) -> list[str]:
    """Whose a key is by the look of its id: ``ACTOR#main-key``, ``ACTOR/main-key``."""
    bare = key_id.partition("#")[0]
    return [bare, bare.rpartition("/")[0]]


async def meet(tx: Tx, domain: str) -> bool:
    """Make a server known; whether it was not."""
    return await tx.do(MAKE_DOMAIN, domain) > 0


ICON = "SELECT icon_id FROM actor WHERE fid = %s AND icon_id IS NOT NULL"


async def icon_of(tx: Queries, fid: str) -> int | None:
    """The picture of an actor that we know."""
    return await tx.maybe(int, ICON, fid)


OUTBOX = "SELECT outbox_url FROM actor WHERE id = %s"


async def outbox_of(tx: Queries, actor_id: int) -> str | None:
    """Where an actor tells what it did."""
    return await tx.maybe(lambda url: url, OUTBOX, actor_id)


BURY = """
    DELETE FROM favorite WHERE actor_id = %s;
    DELETE FROM listening WHERE actor_id = %s;
    DELETE FROM playlist WHERE actor_id = %s;
    DELETE FROM follow WHERE actor_id = %s OR target_actor_id = %s;
    UPDATE attachment SET used = false WHERE id = (SELECT icon_id FROM actor WHERE id = %s);
    UPDATE actor SET type = 'Tombstone', name = NULL, summary = NULL, summary_type = NULL, icon_id = NULL,
                     public_key = NULL, key_id = NULL, last_fetch_date = now()
     WHERE id = %s
"""


async def bury(tx: Tx, actor_id: int) -> None:
    """
    Forget somebody who left their server: what they did, whom they followed, their keys.  Their id stays taken.

    Libraries must be gone before; the transaction must touch ``libraries``.
    """
    await tx.do(BURY, *([actor_id] * 7))


# --- pictures ------------------------------------------------------------------------------------

KNOW_PICTURES = """
    INSERT INTO attachment (url, mimetype, used)
    SELECT DISTINCT ON (told.url) told.url, told.mimetype, true
      FROM unnest(%s::text[], %s::text[]) AS told (url, mimetype) ORDER BY told.url
        ON CONFLICT (url) DO NOTHING
"""
PICTURES = "SELECT url, id FROM attachment WHERE url = ANY(%s)"
USE_PICTURES = "UPDATE attachment SET used = true WHERE id = ANY(%s) AND NOT used"


async def pictures(tx: Tx, told: Sequence[tuple[str, str | None]]) -> dict[str, int]:
    """Pictures that lie elsewhere, by address; those that were not known are from now on.  None is fetched."""
    if not told:
        return {}
    urls = [url for url, _ in told]
    await tx.do(KNOW_PICTURES, urls, [mimetype for _, mimetype in told])
    found = dict(await tx.many(lambda url, id: (url, id), PICTURES, urls))
    await tx.do(USE_PICTURES, list(found.values()))
    return found


LOOSEN = """
    UPDATE attachment SET used = false
     WHERE id = ANY(%s)
       AND NOT EXISTS (SELECT FROM track WHERE track.cover_id = attachment.id)
       AND NOT EXISTS (SELECT FROM album WHERE album.cover_id = attachment.id)
       AND NOT EXISTS (SELECT FROM artist WHERE artist.cover_id = attachment.id)
       AND NOT EXISTS (SELECT FROM actor WHERE actor.icon_id = attachment.id)
"""


async def loosen(tx: Tx, ids: Sequence[int]) -> None:
    """Let pictures be pruned that nothing shows any more."""
    if ids:
        await tx.do(LOOSEN, list(ids))


FORGET_PICTURES = """
    DELETE FROM attachment
     WHERE id IN (SELECT id FROM attachment
                   WHERE url IS NOT NULL AND NOT used AND creation_date < now() - %s * interval '1 second'
                     AND NOT EXISTS (SELECT FROM track WHERE track.cover_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM album WHERE album.cover_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM artist WHERE artist.cover_id = attachment.id)
                     AND NOT EXISTS (SELECT FROM actor WHERE actor.icon_id = attachment.id)
                   ORDER BY creation_date LIMIT %s)
 RETURNING file
"""


async def forget_pictures(tx: Tx, age_seconds: float, limit: int) -> list[str | None]:
    """Forget pictures of other servers that nothing shows any more; the names of their files, as far as they have."""
    return await tx.many(lambda file: file, FORGET_PICTURES, age_seconds, limit)
