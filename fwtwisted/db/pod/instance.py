"""What a pod keeps about itself: preferences that differ from their defaults, and how much of everything there is."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import frozen

from fwtwisted.db.pool import Queries

PREFERENCES = "SELECT identifier, value::text FROM preference"


async def stored_preferences(tx: Queries) -> dict[str, Any]:
    """The stored values by identifier; also of identifiers that nobody knows any more."""
    return dict(await tx.many(lambda identifier, text: (identifier, orjson.loads(text)), PREFERENCES))


STORE_PREFERENCES = """
    INSERT INTO preference (identifier, value)
    SELECT * FROM unnest(%s::text[], %s::jsonb[])
        ON CONFLICT (identifier) DO UPDATE SET value = excluded.value, modified = now(),
            storage = CASE WHEN preference.value = excluded.value THEN preference.storage END
"""


async def store_preferences(tx: Queries, values: dict[str, Any]) -> None:
    """Keep these values from now on."""
    texts = [orjson.dumps(value).decode() for value in values.values()]
    await tx.do(STORE_PREFERENCES, list(values), texts)


ALLOWED_DOMAINS = "SELECT name FROM domain WHERE allowed ORDER BY name"


async def allowed_domains(tx: Queries) -> list[str]:
    """Domains on the allow list, by name."""
    return await tx.many(str, ALLOWED_DOMAINS)


@frozen
class PeopleCount:
    """Accounts that may sign in; those seen within 30 and within 180 days."""

    users: int
    active_month: int
    active_half_year: int


PEOPLE_COUNT = """
    SELECT count(*),
           count(*) FILTER (WHERE last_activity > now() - interval '30 days'),
           count(*) FILTER (WHERE last_activity > now() - interval '180 days')
      FROM account
     WHERE is_active
"""


async def people_count(tx: Queries) -> PeopleCount:
    """How many people there are."""
    return await tx.one(PeopleCount, PEOPLE_COUNT)


@frozen
class UseCount:
    """What people did."""

    favorites: int
    listenings: int
    downloads: int


USE_COUNT = """
    SELECT (SELECT count(*) FROM favorite),
           (SELECT count(*) FROM listening),
           (SELECT coalesce(sum(downloads_count), 0) FROM track)
"""


async def use_count(tx: Queries) -> UseCount:
    """How much was done."""
    return await tx.one(UseCount, USE_COUNT)


@frozen
class MusicCount:
    """Tracks, artists and albums; seconds of audio."""

    tracks: int
    artists: int
    albums: int
    seconds: int


MUSIC_COUNT = """
    SELECT (SELECT count(*) FROM track),
           (SELECT count(*) FROM artist),
           (SELECT count(*) FROM album),
           (SELECT coalesce(sum(duration), 0) FROM upload WHERE import_status = 'finished')
"""


async def music_count(tx: Queries) -> MusicCount:
    """How much music is known, wherever it comes from."""
    return await tx.one(MusicCount, MUSIC_COUNT)


# Ours is what is attributed to one of our own actors: those whose private key we hold.
LOCAL_MUSIC_COUNT = """
      WITH ours AS (SELECT id FROM actor WHERE private_key IS NOT NULL)
    SELECT (SELECT count(*) FROM track  WHERE attributed_to_id IN (SELECT id FROM ours)),
           (SELECT count(*) FROM artist WHERE attributed_to_id IN (SELECT id FROM ours)),
           (SELECT count(*) FROM album  WHERE attributed_to_id IN (SELECT id FROM ours)),
           (SELECT coalesce(sum(upload.duration), 0)
              FROM upload
              JOIN library ON library.id = upload.library_id
             WHERE upload.import_status = 'finished'
               AND library.actor_id IN (SELECT id FROM ours))
"""


async def local_music_count(tx: Queries) -> MusicCount:
    """How much of it our own people brought."""
    return await tx.one(MusicCount, LOCAL_MUSIC_COUNT)


TOP_TAGS = """
    SELECT tag.name, count(*)
      FROM artist_tag
      JOIN artist ON artist.id = artist_tag.artist_id
      JOIN tag    ON tag.id = artist_tag.tag_id
     WHERE artist.content_category = %s
     GROUP BY tag.name
     ORDER BY count(*) DESC, tag.name
     LIMIT %s
"""


async def top_tags(tx: Queries, category: str, limit: int) -> list[tuple[str, int]]:
    """The tags that most artists of a content category carry, and how many do."""
    return await tx.many(lambda name, count: (str(name), int(count)), TOP_TAGS, category, limit)
