"""
What channels elsewhere publish: upload and track in one, under one id.  Source: docs/federation.md §3.3, §4.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from fwtwisted.core.fediverse.asking import AskFailed
from fwtwisted.core.fediverse.remote.actors import AskDocument
from fwtwisted.core.fediverse.remote.shelving import Shelving
from fwtwisted.core.fediverse.remote.vouching import Vouched, Vouching
from fwtwisted.db.fediverse.remote import actors, music
from fwtwisted.db.fediverse.remote.music import FarUpload, KnownUpload
from fwtwisted.db.files import importing
from fwtwisted.db.music import works
from fwtwisted.db.music.works import Words
from fwtwisted.db.people import people
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor
from fwtwisted.model.podcasts import Channel
from fwtwisted.model.remote import SaidAlbum, SaidEpisode
from fwtwisted.wire.activitypub.reading import Doc, audio
from fwtwisted.wire.activitypub.reading import music as reading
from fwtwisted.wire.activitypub.reading.places import ELSEWHERE, same_origin

NOT_YOURS = "This belongs to somebody else."


class RemoteEpisodes:
    """Takes down what channels publish."""

    def __init__(self, database: Database, ask: AskDocument, vouching: Vouching, now: Callable[[], datetime]) -> None:
        self._database, self._ask, self._vouching, self._now = database, ask, vouching, now

    async def take(self, document: Mapping[str, Any], *, channel: Channel) -> int:
        """
        Keep an episode, new or changed; its upload's key.

        :param channel: whose word it is.
        :raise Invalid: it is no episode, or not this channel's.
        """
        said = audio.episode(Doc(document))
        speaker = await self._database.read(lambda tx: _speaker(tx, channel))
        if not same_origin(said.fid, speaker.fid):
            raise Invalid.on("id", ELSEWHERE)
        if said.about.author not in (None, speaker.fid):
            raise Invalid.on("attributedTo", NOT_YOURS)
        series = await self._series(said, speaker)
        now = self._now()
        return await self._database.transaction(lambda tx: _written(tx, said, channel, series, now))

    async def _series(self, said: SaidEpisode, speaker: Actor) -> tuple[SaidAlbum, Vouched] | None:
        """The album that an episode names, as its server words it; None where it words none of this channel's."""
        if said.album is None or not same_origin(said.album, speaker.fid):
            return None
        try:
            answer = await self._ask(said.album)
            found = reading.album(Doc(answer.document))
        except (AskFailed, Invalid):
            return None
        if found.fid != said.album or not same_origin(found.fid, answer.url):
            return None
        return found, Vouched(speaker.fid, authors=await self._vouching.authors([found.about]))


async def _speaker(tx: Queries, channel: Channel) -> Actor:
    """:raise Invalid: it is a channel of ours."""
    speaker = (await people.actors(tx, [channel.actor_id]))[channel.actor_id]
    if speaker.is_local:
        raise Invalid.on("attributedTo", NOT_YOURS)
    return speaker


async def _written(
    tx: Tx, said: SaidEpisode, channel: Channel, series: tuple[SaidAlbum, Vouched] | None, now: datetime
) -> int:
    await importing.lock(tx)
    tx.touch("catalog")
    known = (await music.known_uploads(tx, [said.fid])).get(said.fid)
    if known is not None and known.library_id != channel.library_id:
        raise Invalid.on("id", NOT_YOURS)
    picture = said.about.picture
    pictures = await actors.pictures(tx, [] if picture is None else [(picture.url, picture.mimetype)])
    album_id = None if series is None else await _album(tx, channel, *series)
    words = _words(said, channel, album_id, next(iter(pictures.values()), None), now)
    track_id = await _track(tx, said, channel, known, words)
    await music.tag(tx, Kind.TRACK, [(track_id, name) for name in said.about.tags])
    far = FarUpload.of(said.fid, said.sound, track_id, said.about.published, None)
    if known is not None:
        await music.refresh_uploads(tx, channel.library_id, [far])
        return known.id
    await channels.has_spoken(tx, channel.artist_id)
    return (await music.add_uploads(tx, channel.library_id, [far]))[said.fid]


async def _track(tx: Tx, said: SaidEpisode, channel: Channel, known: KnownUpload | None, words: Words) -> int:
    """The track of an episode, which is known by the same id."""
    found = None if known is None else known.track_id
    if found is None:
        found = (await music.known_tracks(tx, [said.fid], [None], [None])).get(0)
        if found is not None and not await music.is_of(tx, Kind.TRACK, found, channel.artist_id):
            raise Invalid.on("id", NOT_YOURS)
    if found is None:
        return await works.add_episode(tx, uuid4(), said.fid, words)
    was = await works.cover_of(tx, found)
    await works.reword_episode(tx, found, words)
    if was is not None and was != words.cover_id:
        await actors.loosen(tx, [was])
    return found


async def _album(tx: Tx, channel: Channel, said: SaidAlbum, vouched: Vouched) -> int | None:
    """The album, if it is one of the channel's."""
    id = (await Shelving(tx, vouched).albums([said])).get(said.fid)
    return id if id is not None and await music.is_of(tx, Kind.ALBUM, id, channel.artist_id) else None


def _words(said: SaidEpisode, channel: Channel, album_id: int | None, cover_id: int | None, now: datetime) -> Words:
    published = said.about.published
    return Words(
        title=said.title,
        artist_id=channel.artist_id,
        album_id=album_id,
        position=said.position,
        season=said.disc,
        license=said.license,
        copyright=said.copyright,
        owner_id=channel.actor_id,
        cover_id=cover_id,
        description=said.about.description,
        published=None if published is None else min(published, now),
    )
