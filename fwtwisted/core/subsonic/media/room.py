"""Everything of what Subsonic apps play and look at, built once."""

from __future__ import annotations

import time

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.listening.streaming import Streaming
from fwtwisted.core.subsonic.media import live, transcoding
from fwtwisted.core.subsonic.media.bundles import Bundles
from fwtwisted.core.subsonic.media.live import LiveStreaming
from fwtwisted.core.subsonic.media.lyrics import SongLyrics
from fwtwisted.core.subsonic.media.pictures import Bring, Pictures, PictureSettings, PicturesGround
from fwtwisted.core.subsonic.media.placeholders import Placeholders
from fwtwisted.core.subsonic.media.streams import Streams, StreamSettings
from fwtwisted.core.subsonic.media.tickets import Tickets
from fwtwisted.core.subsonic.media.transcoding import Transcoding
from fwtwisted.core.subsonic.room import SubsonicRoom
from fwtwisted.db.pool import Database
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.images import Images


@frozen
class MediaGround:
    """What the media stand on.  :ivar bring: brings a picture of another server here."""

    clock: IReactorTime
    database: Database
    room: SubsonicRoom
    streaming: Streaming
    blobs: BlobStore
    images: Images
    bring: Bring
    threads: Threads
    preference: ReadPreference


class MediaRoom:
    """
    What the media of the Subsonic face are made of.

    :param secret: the server's own, for tickets.
    """

    def __init__(
        self, ground: MediaGround, secret: str, settings: StreamSettings, picture_settings: PictureSettings
    ) -> None:
        database, room, threads = ground.database, ground.room, ground.threads
        self.streams = Streams(ground.clock, database, ground.streaming, threads, ground.preference, settings)
        self.bundles = Bundles(room.hearing, room.playlists, self.streams)
        self.pictures = Pictures(
            PicturesGround(
                database=database,
                hearing=room.hearing,
                playlists=room.playlists,
                files=room.files,
                streams=self.streams,
                blobs=ground.blobs,
                images=ground.images,
                bring=ground.bring,
                placeholders=Placeholders(threads, is_on=picture_settings.placeholders),
            ),
            picture_settings,
        )
        self.lyrics = SongLyrics(database, self.streams, ground.streaming, threads)
        pieces = Tickets("hls", secret, time.time, live.TICKET_SECONDS)
        self.live = LiveStreaming(room.login, room.sights, self.streams, pieces)
        advice = Tickets("transcoding", secret, time.time, transcoding.TICKET_SECONDS)
        self.transcoding = Transcoding(database, self.streams, advice, ground.preference)
