"""What Subsonic apps find beside the music itself, built once: people, podcasts, shares, stations, chat, scanning."""

from __future__ import annotations

from collections.abc import Mapping
from random import SystemRandom

from attrs import field, frozen

from fwtwisted.core.folders.on_request import FolderImports
from fwtwisted.core.listening.radios.pools import Pools
from fwtwisted.core.listening.remote_audio import RemoteAudio
from fwtwisted.core.listening.streaming import Streaming
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.accounts import Accounts
from fwtwisted.core.people.profiles import Profiles
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.podcasts.area import Podcasts
from fwtwisted.core.subsonic.arriving import Arriving
from fwtwisted.core.subsonic.chat import Chat
from fwtwisted.core.subsonic.discovery import Discovery
from fwtwisted.core.subsonic.jukebox import Jukebox
from fwtwisted.core.subsonic.lending import Lending
from fwtwisted.core.subsonic.people import People
from fwtwisted.core.subsonic.podcasts import PodcastsHeard
from fwtwisted.core.subsonic.room import SubsonicRoom
from fwtwisted.core.subsonic.scanning import Scanning
from fwtwisted.core.subsonic.shares import Shares
from fwtwisted.core.subsonic.sounds import Sounds, SoundSettings
from fwtwisted.core.subsonic.stations import Stations
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.measuring import Measuring
from fwtwisted.outside.mpv import Mpv, PlayerReactor, found_mpv


@frozen
class CommonsSettings:
    """
    What the pod offers.

    :ivar chat: people may talk.  :ivar shares: people may show music to outsiders.
    :ivar jukebox: the machine of the server plays.  :ivar output: where to, as mpv names it; empty: its own choice.
    :ivar music_root: below which files in place must lie; None: there are none.
    """

    chat: bool = True
    shares: bool = True
    jukebox: bool = False
    output: str = ""
    music_root: str | None = None
    sounds: SoundSettings = field(factory=SoundSettings)


@frozen
class CommonsGround:
    """What the commons stand on.  :ivar public_url: where the pod is reached."""

    reactor: PlayerReactor
    database: Database
    threads: Threads
    ring: Ring
    blobs: BlobStore
    room: SubsonicRoom
    visibility: Visibility
    accounts: Accounts
    profiles: Profiles
    seal: SubsonicSeal
    streaming: Streaming
    pools: Pools
    podcasts: Podcasts
    remote_audio: RemoteAudio
    imports: FolderImports
    preference: ReadPreference
    public_url: str


class Commons:
    """Everything that people on the pod share, as apps know it."""

    def __init__(self, ground: CommonsGround, settings: CommonsSettings) -> None:
        g, room = ground, ground.room
        self.settings, self.preference = settings, g.preference
        self.people = People(g.database, g.accounts, g.profiles, g.seal)
        self.chat = Chat(g.database, is_on=settings.chat)
        self.stations = Stations(g.database)
        self.shares = Shares(g.database, g.visibility, g.streaming, g.public_url, is_on=settings.shares)
        self.scanning = Scanning(g.database, g.imports)
        self.discovery = Discovery(g.database, g.threads, room.hearing, g.pools)
        lending = Lending(g.blobs, g.threads, settings.music_root)
        self.sounds = Sounds(
            g.reactor, g.database, lending, g.threads, Measuring(g.reactor), g.pools, g.ring, settings.sounds
        )
        program = found_mpv() if settings.jukebox else None
        player = None if program is None else Mpv(g.reactor, program, settings.output)
        self.jukebox = Jukebox(g.database, g.visibility, lending, player, SystemRandom())
        self._arriving = Arriving(g.reactor, g.podcasts.feeds.subscribe)
        self.podcasts = PodcastsHeard(
            g.database,
            g.threads,
            room.hearing,
            room.paper,
            g.podcasts,
            self._arriving,
            g.remote_audio,
            g.preference,
            g.public_url,
        )

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return self.sounds.jobs()

    def schedules(self) -> Mapping[str, Schedule]:
        """Chores with a beat."""
        return self.sounds.schedules()

    async def close(self) -> None:
        """Let go of what outlives a call."""
        self._arriving.close()
        await self.jukebox.close()
