"""Things by their ids, each with all that its document tells: a handful of statements however many they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from fwtwisted.db.librarians import reading
from fwtwisted.db.music import catalog, libraries
from fwtwisted.db.people import members
from fwtwisted.db.podcasts import channels
from fwtwisted.db.pool import Tx
from fwtwisted.model.administration import AdminActor
from fwtwisted.model.librarians import (
    AlbumOf,
    Held,
    HeldAlbum,
    HeldArtist,
    HeldChannel,
    HeldLibrary,
    HeldTag,
    HeldTrack,
    HeldUpload,
    Sort,
)
from fwtwisted.model.music import Album, Artist, Attachment, Kind, Track

Show = Callable[[Tx, Sequence[int]], Awaitable[Sequence[Held]]]


async def artists(tx: Tx, ids: Sequence[int]) -> list[HeldArtist]:
    """Artists in the order of their ids; those that are gone meanwhile are left out, here and below."""
    found = await catalog.artists(tx, ids)
    covers, owners = await _covers(tx, found.values()), await _owners(tx, found.values())
    spoken = await catalog.channels(tx, {one.channel_id for one in found.values() if one.channel_id is not None})
    tags = await catalog.tags(tx, Kind.ARTIST, ids)
    counts = await reading.counted(tx, Sort.ARTIST, ids)
    return [
        HeldArtist(
            artist,
            covers.get(artist.cover_id or 0),
            owners.get(artist.attributed_to_id or 0),
            tags.get(id, ()),
            spoken[artist.channel_id].uuid if artist.channel_id in spoken else None,
            *counts.get(id, (0, 0)),
        )
        for id in ids
        if (artist := found.get(id)) is not None
    ]


async def albums(tx: Tx, ids: Sequence[int]) -> list[HeldAlbum]:
    """Albums in the order of their ids."""
    found = await catalog.albums(tx, ids)
    singers = await catalog.artists(tx, {one.artist_id for one in found.values()})
    covers, owners = await _covers(tx, found.values()), await _owners(tx, found.values())
    tags = await catalog.tags(tx, Kind.ALBUM, ids)
    counts = await reading.counted(tx, Sort.ALBUM, ids)
    return [
        HeldAlbum(
            album,
            singers[album.artist_id],
            covers.get(album.cover_id or 0),
            owners.get(album.attributed_to_id or 0),
            tags.get(id, ()),
            *counts.get(id, (0,)),
        )
        for id in ids
        if (album := found.get(id)) is not None and album.artist_id in singers
    ]


async def tracks(tx: Tx, ids: Sequence[int]) -> list[HeldTrack]:
    """Tracks in the order of their ids."""
    found = await catalog.tracks(tx, ids)
    on = await catalog.albums(tx, {one.album_id for one in found.values() if one.album_id is not None})
    named = {one.artist_id for one in found.values()} | {one.artist_id for one in on.values()}
    singers = await catalog.artists(tx, named)
    covers = await _covers(tx, [*found.values(), *on.values()])
    owners = await _owners(tx, found.values())
    tags = await catalog.tags(tx, Kind.TRACK, ids)
    counts = await reading.counted(tx, Sort.TRACK, ids)
    return [
        HeldTrack(
            track,
            singers[track.artist_id],
            _album_of(track, on, singers, covers),
            covers.get(track.cover_id or 0),
            owners.get(track.attributed_to_id or 0),
            tags.get(id, ()),
            *counts.get(id, (0,)),
        )
        for id in ids
        if (track := found.get(id)) is not None and track.artist_id in singers
    ]


def _album_of(
    track: Track, albums: Mapping[int, Album], artists: Mapping[int, Artist], covers: Mapping[int, Attachment]
) -> AlbumOf | None:
    album = albums.get(track.album_id or 0)
    artist = None if album is None else artists.get(album.artist_id)
    return None if album is None or artist is None else AlbumOf(album, artist, covers.get(album.cover_id or 0))


async def held_libraries(tx: Tx, ids: Sequence[int]) -> list[HeldLibrary]:
    """Libraries in the order of their ids, channels' own among them."""
    found = await libraries.libraries_by_ids(tx, ids)
    owners = await members.admin_actors(tx, sorted({one.owner.id for one in found}))
    followed = await reading.followed(tx, ids)
    return [
        HeldLibrary(one, owners[one.owner.id], how.followers_url, how.followers_count)
        for one in found
        if (how := followed.get(one.id)) is not None and one.owner.id in owners
    ]


async def uploads(tx: Tx, ids: Sequence[int]) -> list[HeldUpload]:
    """Uploads in the order of their ids."""
    found = await reading.uploads(tx, ids)
    sung = await catalog.tracks(tx, {one.upload.track_id for one in found if one.upload.track_id is not None})
    library_ids = sorted({one.upload.library_id for one in found})
    homes = {one.library.id: one for one in await held_libraries(tx, library_ids)}
    return [
        HeldUpload(
            one.upload,
            one.fid,
            one.accessed_date,
            one.modification_date,
            sung.get(one.upload.track_id or 0),
            homes[one.upload.library_id],
        )
        for one in found
        if one.upload.library_id in homes
    ]


async def tags(tx: Tx, ids: Sequence[int]) -> list[HeldTag]:
    """Tags in the order of their ids."""
    return await reading.tags(tx, ids)


async def held_channels(tx: Tx, ids: Sequence[int]) -> list[HeldChannel]:
    """Channels in the order of their ids."""
    found = await channels.by_ids(tx, ids)
    voices = {one.artist.id: one for one in await artists(tx, [one.artist_id for one in found])}
    named = {id for one in found for id in (one.actor_id, one.attributed_to_id)}
    people = await members.admin_actors(tx, sorted(named))
    return [
        HeldChannel(one, voices[one.artist_id], people[one.actor_id], people[one.attributed_to_id])
        for one in found
        if one.artist_id in voices and one.actor_id in people and one.attributed_to_id in people
    ]


SHOWN: Final[Mapping[Sort, Show]] = {
    Sort.ARTIST: artists,
    Sort.ALBUM: albums,
    Sort.TRACK: tracks,
    Sort.LIBRARY: held_libraries,
    Sort.UPLOAD: uploads,
    Sort.TAG: tags,
    Sort.CHANNEL: held_channels,
}


async def _covers(tx: Tx, works: Iterable[Artist | Album | Track]) -> Mapping[int, Attachment]:
    return await catalog.attachments(tx, {one.cover_id for one in works if one.cover_id is not None})


async def _owners(tx: Tx, works: Iterable[Artist | Album | Track]) -> Mapping[int, AdminActor]:
    ids = {one.attributed_to_id for one in works if one.attributed_to_id is not None}
    return await members.admin_actors(tx, sorted(ids))
