"""
Writing what a feed says: new items, items that say something else, items that are gone.

An item that the feed no longer has was taken back by its publisher if others beside it, older ones, are still there;
what only fell off the end of a feed that shows the latest few is kept, up to as many as the settings say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import orjson
from attrs import asdict

from fwtwisted.db.files import importing, uploads
from fwtwisted.db.music import works
from fwtwisted.db.podcasts import channels, feeds
from fwtwisted.db.podcasts.feeds import KnownFeed, KnownItem, NewItem
from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Pod
from fwtwisted.model.podcasts import Feed, FeedItem


async def write_items(
    tx: Tx, pod: Pod, known: KnownFeed, owner_id: int, feed: Feed, now: datetime, most_items: int
) -> bool:
    """
    Make what we have of a feed what the feed says; whether anything changed.

    :param owner_id: to whom new tracks are attributed.
    The transaction must ask for the removal of files when anything changed, and touch ``catalog``.
    """
    before = {item.guid: item for item in await feeds.items(tx, known.channel_id)}
    fresh = [item for item in feed.items if item.guid not in before]
    edited = [item for item in feed.items if item.guid in before and before[item.guid].digest != _digest(item)]
    covers = await feeds.pictures(tx, sorted({item.image for item in (*fresh, *edited) if item.image}))
    new = [_new(pod, item, covers, now) for item in fresh]
    await feeds.add_items(tx, known, owner_id, new)
    await _tag(tx, known, fresh)
    for item in edited:
        was = before[item.guid]
        await feeds.reword_item(tx, was, _new(pod, item, covers, was.published))
    gone = _gone(list(before.values()), feed, len(fresh), most_items)
    await uploads.remove(tx, [item.upload for item in gone])
    await works.remove(tx, [item.track_id for item in gone], [])
    if new:
        await channels.has_spoken(tx, known.artist_id)
    return bool(new or edited or gone)


def _gone(before: Sequence[KnownItem], feed: Feed, fresh: int, most_items: int) -> list[KnownItem]:
    """What is to be removed.  :param before: the newest first."""
    listed = {item.guid for item in feed.items}
    missing = [item for item in before if item.guid not in listed]
    dates = [item.published for item in feed.items if item.published is not None]
    taken_back = [item for item in missing if feed.is_whole and dates and item.published >= min(dates)]
    kept = [item for item in before if item not in taken_back]
    return [*taken_back, *kept[max(0, most_items - fresh) :]]


def _new(pod: Pod, item: FeedItem, covers: Mapping[str, int], otherwise: datetime) -> NewItem:
    """An item of a feed as an episode to be written.  :param otherwise: when it was published, if it does not say."""
    upload, track, text = uuid4(), uuid4(), item.description
    published = otherwise if item.published is None else item.published
    return NewItem(
        upload=upload,
        upload_fid=pod.fid(f"music/uploads/{upload}"),
        track=track,
        track_fid=pod.fid(f"music/tracks/{track}"),
        guid=item.guid,
        digest=_digest(item),
        published=published,
        title=item.title,
        position=item.position,
        season=item.season,
        copyright=item.copyright,
        description=None if text is None else text.text,
        description_type=None if text is None else text.content_type,
        cover_id=covers.get(item.image) if item.image else None,
        source=item.audio,
        mimetype=item.mimetype,
        size=item.size,
        duration=item.duration,
    )


def _digest(item: FeedItem) -> bytes:
    """Of all that an item says."""
    return hashlib.sha256(orjson.dumps(asdict(item), option=orjson.OPT_SORT_KEYS)).digest()


async def _tag(tx: Tx, known: KnownFeed, fresh: Sequence[FeedItem]) -> None:
    """Tag the tracks of new items."""
    wanted = {item.guid: item.tags for item in fresh if item.tags}
    if not wanted:
        return
    made = {item.guid: item.track_id for item in await feeds.items(tx, known.channel_id)}
    pairs = [(made[guid], tag) for guid, tags in wanted.items() if guid in made for tag in tags]
    await importing.tag_tracks(tx, [track for track, _ in pairs], [tag for _, tag in pairs])
