"""
Pictures for apps: which one stands for a thing, and the thing itself in the size that was asked for.

Which picture it is, or that there is none, is remembered while the catalog does not change: some apps ask at every
start for hundreds of pictures that are not there.  What is cut is kept in memory, the last used longest.

Source: docs/subsonic.md rules 39, 40, 41 and 58.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeAlias
from uuid import UUID

from attrs import evolve, frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.core.music.kept import Kept
from fwtwisted.core.subsonic.files import Files
from fwtwisted.core.subsonic.hearing import Hearing
from fwtwisted.core.subsonic.media.placeholders import Placeholders
from fwtwisted.core.subsonic.media.streams import Streams
from fwtwisted.core.subsonic.playlists import PlaylistsHeard
from fwtwisted.db.pool import Database, Queries
from fwtwisted.db.subsonic import pictures, podcasts, stations
from fwtwisted.db.subsonic.pictures import Picture
from fwtwisted.model.errors import Invalid, NotFound, RemoteFailed
from fwtwisted.model.heard import Sight
from fwtwisted.model.images import Frame
from fwtwisted.model.music import Attachment
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.images import Images
from fwtwisted.outside.inmemory import MemorySource
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.names import media_type_of
from fwtwisted.wire.subsonic.names import MUSIC_KINDS, Name, Prefix

ENTRY_BYTES = 300  # that remembering a picture takes beside its own


Bring: TypeAlias = Callable[[UUID], Awaitable[Attachment]]


@frozen
class PictureSettings:
    """
    How much is kept, and what stands in.

    :ivar most_bytes: of cut pictures that are kept in memory.
    :ivar placeholders: what has no picture is drawn one.
    """

    most_bytes: int = 64 << 20
    placeholders: bool = False


@frozen
class Shown:
    """
    A picture, found.

    :ivar mark: which one it is: what apps may have behind its id.
    """

    picture: Picture
    mark: str
    media_type: str


@frozen
class PicturesGround:
    """What pictures are found and made by.  :ivar bring: brings a picture of another server here."""

    database: Database
    hearing: Hearing
    playlists: PlaylistsHeard
    files: Files
    streams: Streams
    blobs: BlobStore
    images: Images
    bring: Bring
    placeholders: Placeholders


class Pictures:
    """Finds pictures and makes them small."""

    def __init__(self, ground: PicturesGround, settings: PictureSettings) -> None:
        self._database, self._hearing, self._playlists = ground.database, ground.hearing, ground.playlists
        self._files, self._streams, self._bring = ground.files, ground.streams, ground.bring
        self._blobs, self._images, self._placeholders = ground.blobs, ground.images, ground.placeholders
        self._settings = settings
        self._found: Kept[Picture | None] = Kept(None)
        self._small: OrderedDict[tuple[UUID, Frame], bytes | None] = OrderedDict()
        self._bytes = 0
        self._cutting: dict[tuple[UUID, Frame], list[Deferred[bytes | None]]] = {}

    # --- which -------------------------------------------------------------------------------------

    async def of(self, sight: Sight, name: Name) -> Shown:
        """The picture behind an id.  :raise NotFound: there is none, or the thing is not the listener's to know of."""
        match name.prefix:
            case Prefix.ALBUM | Prefix.TRACK | Prefix.ARTIST:
                found = (await self._of_music(sight, name.prefix, [name.number])).get(name.number)
            case Prefix.PLAYLIST:
                found = await self._of_playlist(sight, name.number)
            case Prefix.CHANNEL:
                args = name.uuid, sight.libraries, sight.hidden
                found = await self._database.read(lambda tx: pictures.of_channel(tx, *args))
            case Prefix.EPISODE:
                track = (await self._streams.hearable(sight, name)).track_id
                found = (await self._of_music(sight, Prefix.TRACK, [track])).get(track)
            case Prefix.FOLDER:
                found = await self._of_folder(sight, name.number)
            case Prefix.ATTACHMENT:
                found = await self._database.read(lambda tx: pictures.one(tx, name.uuid))
            case Prefix.AVATAR:
                found = await self._database.read(lambda tx: pictures.avatar(tx, name.number))
            case _:
                found = None
        return await self._shown(found)

    async def stand_in(self, sight: Sight, name: Name, frame: Frame | None) -> ByteSource:
        """
        What is shown of something that has no picture.

        :raise NotFound: the pod wants no such, or the thing is not the listener's to know of.
        """
        if not self._placeholders.is_on or not await self._is_known(sight, name):
            raise NotFound
        return await self._placeholders.of(name, frame)

    async def _is_known(self, sight: Sight, name: Name) -> bool:
        """Whether the listener may know of the thing.  :raise NotFound: for some of those of which they may not."""
        match name.prefix:
            case Prefix.ALBUM | Prefix.TRACK | Prefix.ARTIST:
                return name.number in await self._hearing.seen(sight, MUSIC_KINDS[name.prefix], [name.number])
            case Prefix.PLAYLIST:
                return await self._playlists.one(sight, name.number) is not None
            case Prefix.EPISODE:
                return await self._streams.hearable(sight, name) is not None
            case Prefix.CHANNEL:
                return await self._database.read(lambda tx: podcasts.channel(tx, sight, name.uuid)) is not None
            case Prefix.STATION:
                return any(one.id == name.number for one in await self._database.read(stations.stations))
            case Prefix.FOLDER:
                return await self._files.content(sight, name.number) is not None
        return False

    async def avatar(self, username: str) -> Shown:
        """The picture of somebody with an account here.  :raise NotFound:"""
        return await self._shown(await self._database.read(lambda tx: pictures.avatar_named(tx, username)))

    async def _shown(self, found: Picture | None) -> Shown:
        """A picture that is here, or is brought here.  :raise NotFound:"""
        file = None if found is None else found.file
        if found is not None and file is None:
            try:
                file = (await self._bring(found.uuid)).file
            except RemoteFailed as why:
                raise NotFound from why
        if found is None or file is None:
            raise NotFound
        return Shown(evolve(found, file=file), found.uuid.hex[:4], media_type_of(file))

    async def _of_music(self, sight: Sight, prefix: Prefix, ids: Collection[int]) -> Mapping[int, Picture]:
        async def load(missing: Collection[int]) -> Mapping[int, Picture]:
            return await self._database.read(lambda tx: self._asked(tx, sight, prefix, missing))

        if prefix is Prefix.ARTIST:
            written = (await self._hearing.roll(sight)).written
            ids = [id for id in ids if id in written and id not in sight.hidden]
        known = await self._found.get(sight.catalog, (prefix, sight.libraries, sight.hidden), ids, load)
        return {id: one for id in ids if (one := known[id]) is not None}

    async def _asked(self, tx: Queries, sight: Sight, prefix: Prefix, ids: Collection[int]) -> Mapping[int, Picture]:
        if prefix is Prefix.ALBUM:
            return await pictures.of_albums(tx, ids, sight.libraries, sight.hidden)
        if prefix is Prefix.TRACK:
            return await pictures.of_tracks(tx, ids, sight.libraries, sight.hidden)
        return await pictures.of_artists(tx, ids)

    async def _of_playlist(self, sight: Sight, id: int) -> Picture | None:
        """That of the first song that has one."""
        shown, _ = await self._playlists.one(sight, id)
        uuid = shown.extent.picture
        return None if uuid is None else await self._database.read(lambda tx: pictures.one(tx, uuid))

    async def _of_folder(self, sight: Sight, id: int) -> Picture | None:
        """That of the first of its files that has one.  :raise NotFound: nothing in the folder may be heard."""
        uuid = (await self._files.content(sight, id)).picture
        return None if uuid is None else await self._database.read(lambda tx: pictures.one(tx, uuid))

    # --- how large ---------------------------------------------------------------------------------

    async def open(self, shown: Shown, frame: Frame | None) -> ByteSource:
        """
        The bytes.

        :param frame: what it is to fit in; None: as it is.
        :raise NotFound: it is not here, or no picture that we can cut.
        """
        file = shown.picture.file
        assert file is not None, "only what is stored is shown"
        if frame is not None and (body := await self._fitted(shown.picture.uuid, file, frame)) is not None:
            square = "s" if frame.is_square else ""
            return MemorySource(body, f'"{shown.picture.uuid.hex}-{frame.edge}{square}"')
        return await self._blobs.open(file)

    async def _fitted(self, uuid: UUID, file: str, frame: Frame) -> bytes | None:
        """The picture cut, once for all who ask; None when it fits as it is."""
        key = uuid, frame
        if key in self._small:
            self._small.move_to_end(key)
            return self._small[key]
        turn: Deferred[bytes | None] = Deferred()
        is_first = key not in self._cutting
        self._cutting.setdefault(key, []).append(turn)
        if is_first:
            Deferred.fromCoroutine(self._cut(file, frame)).addBoth(self._done, key)
        return await turn

    async def _cut(self, file: str, frame: Frame) -> bytes | None:
        try:
            async with self._blobs.lent(file) as path:
                return await self._images.fitted_file(path, frame)
        except (OSError, Invalid) as unreadable:
            raise NotFound from unreadable

    def _done(self, result: bytes | Failure | None, key: tuple[UUID, Frame]) -> None:
        """Keep what was cut, and tell all who still wait."""
        if not isinstance(result, Failure):
            self._small[key] = result
            self._bytes += _weight(result)
            while self._bytes > self._settings.most_bytes:
                _, old = self._small.popitem(last=False)
                self._bytes -= _weight(old)
        for turn in self._cutting.pop(key):
            if not turn.called:
                turn.callback(result)


def _weight(small: bytes | None) -> int:
    return len(small or b"") + ENTRY_BYTES
