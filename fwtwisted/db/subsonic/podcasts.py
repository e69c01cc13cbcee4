"""Channels and their episodes as podcasts in an app."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fwtwisted.db.pool import Queries
from fwtwisted.model.heard import HeardChannel, HeardEpisode, Sight

_CHANNELS = """
    SELECT channel.id, channel.uuid, artist.name, artist.description, artist.description_type, cover.uuid,
           channel.rss_url, feed.channel_id IS NOT NULL AND feed.fetched IS NULL,
           CASE WHEN feed.failures > 0 THEN feed.trouble END
      FROM channel
      JOIN artist ON artist.id = channel.artist_id
      LEFT JOIN attachment AS cover ON cover.id = artist.cover_id
      LEFT JOIN feed ON feed.channel_id = channel.id
"""
# What one follows, and what one publishes oneself.
_OF_LISTENER = """
    channel.library_id = ANY(%s) AND artist.id <> ALL(%s)
    AND (EXISTS (SELECT FROM follow WHERE follow.actor_id = %s AND follow.target_actor_id = channel.actor_id
                                      AND follow.approved)
         OR (channel.attributed_to_id = %s AND artist.content_category = 'podcast'))
"""
CHANNELS = f"{_CHANNELS} WHERE {_OF_LISTENER} ORDER BY artist.folded_name, channel.id"
CHANNEL = f"{_CHANNELS} WHERE {_OF_LISTENER} AND channel.uuid = %s"


async def channels(tx: Queries, sight: Sight) -> list[HeardChannel]:
    """The channels that a listener follows or speaks through, by name."""
    return await tx.many(HeardChannel, CHANNELS, *_listener(sight))


async def channel(tx: Queries, sight: Sight, uuid: UUID) -> HeardChannel | None:
    """One of them."""
    return await tx.maybe(HeardChannel, CHANNEL, *_listener(sight), uuid)


def _listener(sight: Sight) -> tuple[object, ...]:
    actor_id = sight.viewer.actor_id
    return list(sight.libraries), list(sight.hidden), actor_id, actor_id


_EPISODE = """
    upload.id, upload.uuid, upload.track_id, channel.uuid,
    coalesce(feed_item.published, upload.creation_date) AS published,
    upload.audio_file IS NOT NULL OR upload.source LIKE 'file://%%' AS is_here,
    coalesce(upload.source LIKE 'http%%', false)
        AND (upload.audio_file IS NULL OR upload.audio_file LIKE 'federation\\_cache/tracks/%%') AS is_elsewhere,
    upload.audio_file IS NULL AND upload.source LIKE 'http%%'
        AND (EXISTS (SELECT FROM remote_download WHERE remote_download.upload_id = upload.id)
             OR EXISTS (SELECT FROM job WHERE job.kind = 'remote_audio.bring' AND job.key = upload.id::text))
        AS is_coming
"""
_OF_CHANNEL = """
      FROM upload LEFT JOIN feed_item ON feed_item.upload_id = upload.id
     WHERE upload.library_id = channel.library_id AND upload.import_status IN ('finished', 'skipped')
       AND upload.track_id IS NOT NULL
"""
EPISODES = f"""
    SELECT recent.*
      FROM channel
     CROSS JOIN LATERAL (SELECT {_EPISODE} {_OF_CHANNEL} ORDER BY published DESC, upload.id DESC LIMIT %s) AS recent
     WHERE channel.id = ANY(%s)
     ORDER BY published DESC, recent.id DESC LIMIT %s
"""
EPISODE = f"""
    SELECT {_EPISODE}
      FROM upload
      JOIN channel ON channel.library_id = upload.library_id
      JOIN artist ON artist.id = channel.artist_id
      LEFT JOIN feed_item ON feed_item.upload_id = upload.id
     WHERE upload.uuid = %s AND upload.import_status IN ('finished', 'skipped') AND upload.track_id IS NOT NULL
       AND channel.library_id = ANY(%s) AND artist.id <> ALL(%s)
"""


async def episodes(tx: Queries, channel_ids: Sequence[int], of_each: int, limit: int) -> list[HeardEpisode]:
    """Episodes of channels, at most so many of each and so many in all, the newest first."""
    return await tx.many(HeardEpisode, EPISODES, of_each, list(channel_ids), limit)


async def episode(tx: Queries, sight: Sight, upload: UUID) -> HeardEpisode | None:
    """The episode that an upload is, if it may be heard."""
    return await tx.maybe(HeardEpisode, EPISODE, upload, list(sight.libraries), list(sight.hidden))


DESCRIPTIONS = """
    SELECT upload.id, track.description, track.description_type
      FROM upload JOIN track ON track.id = upload.track_id
     WHERE upload.id = ANY(%s) AND track.description IS NOT NULL
"""


async def descriptions(tx: Queries, upload_ids: Sequence[int]) -> list[tuple[int, str, str | None]]:
    """What is written about episodes: the upload's id, the text, its type."""
    return await tx.many(lambda id, text, kind: (id, text, kind), DESCRIPTIONS, list(upload_ids))
