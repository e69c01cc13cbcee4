"""
Every object of ``core`` built once, each handed what it needs, for the server and the command alike.

Who has work for the hands says so by ``jobs()``, who has chores by ``schedules()``; here they are put into one table.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from fwtwisted import __version__
from fwtwisted.config import Config, ConfigError, kept_secret_key
from fwtwisted.config import parts as settings
from fwtwisted.config.footing import pod as pod_of
from fwtwisted.core.fediverse.actors import Actors
from fwtwisted.core.fediverse.fetches import Fetches
from fwtwisted.core.fediverse.follows import Follows
from fwtwisted.core.fediverse.foreign import ForeignLibraries
from fwtwisted.core.fediverse.inbox import ITEM, Inbox
from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.core.fediverse.person_follows import PersonFollows
from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.core.fediverse.room import FediverseGround, FediverseRoom
from fwtwisted.core.fediverse.sending.announcing import Announcing
from fwtwisted.core.fediverse.sending.outbox import Outbox
from fwtwisted.core.files.attachments import Attachments
from fwtwisted.core.files.cutting import Cutting, CuttingGround
from fwtwisted.core.files.mending import LostGround, LostInPlace, Mending
from fwtwisted.core.files.not_shipped import NotShipped
from fwtwisted.core.files.remote_pictures import RemotePictures
from fwtwisted.core.files.shipping import Shipping
from fwtwisted.core.files.stored_files import StoredFiles
from fwtwisted.core.files.upload_jobs import Places, UploadJobs
from fwtwisted.core.files.uploads import Uploads
from fwtwisted.core.folders import Folders, FoldersGround
from fwtwisted.core.folders.on_request import FolderImports
from fwtwisted.core.importing.importer import Importer
from fwtwisted.core.librarians.room import Librarians
from fwtwisted.core.listening.answers import Answers, AnswerSettings
from fwtwisted.core.listening.bringing import Ways
from fwtwisted.core.listening.history import Listening
from fwtwisted.core.listening.playlists import Playlists
from fwtwisted.core.listening.radios.room import RadioRoom
from fwtwisted.core.listening.remote_audio import RemoteAudio, RemoteAudioGround
from fwtwisted.core.listening.smart import Filling
from fwtwisted.core.listening.streaming import Streaming
from fwtwisted.core.music.catalog import Catalog
from fwtwisted.core.music.common_tags import CommonTags
from fwtwisted.core.music.edits import Edits
from fwtwisted.core.music.hiding import Hiding
from fwtwisted.core.music.libraries import Libraries
from fwtwisted.core.music.orders import Orders, OrderSettings
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.accounts import Accounts
from fwtwisted.core.people.applications import Applications
from fwtwisted.core.people.arrivals import Arrivals
from fwtwisted.core.people.oauth import OAuth
from fwtwisted.core.people.passwords import Passwords
from fwtwisted.core.people.profiles import Profiles
from fwtwisted.core.people.quotas import Quotas
from fwtwisted.core.people.signin import SignIn
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.people.tokens import ListenTokens
from fwtwisted.core.plugins.choices import PluginChoices
from fwtwisted.core.plugins.relay import Relay
from fwtwisted.core.plugins.telling import Telling
from fwtwisted.core.pod.banner import Banners
from fwtwisted.core.pod.instance import Instance
from fwtwisted.core.pod.limits import Limits
from fwtwisted.core.pod.live import Live
from fwtwisted.core.pod.news import News
from fwtwisted.core.pod.preferences import Preferences
from fwtwisted.core.pod.reports import CREATED, Reports
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.core.pod.showing import Showing
from fwtwisted.core.podcasts.area import Podcasts, PodcastsGround
from fwtwisted.core.storage.retention import Retention
from fwtwisted.core.storage.sides import There, sides
from fwtwisted.core.storage.strays import Strays
from fwtwisted.core.subsonic.commons import Commons, CommonsGround
from fwtwisted.core.subsonic.media.room import MediaGround, MediaRoom
from fwtwisted.core.subsonic.room import SubsonicGround, SubsonicRoom
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.ground import Ground
from fwtwisted.outside.blobs import IN_STORE
from fwtwisted.outside.fetching import Fetching, system_lookup
from fwtwisted.outside.ffmpeg import Transcoder
from fwtwisted.outside.front import front
from fwtwisted.outside.images import Images
from fwtwisted.outside.mail import mail_of
from fwtwisted.outside.presence import Presence
from fwtwisted.outside.readers import Readers
from fwtwisted.outside.spool import Spool
from fwtwisted.outside.transcodes import Transcodes
from fwtwisted.outside.watching import FolderWatch
from fwtwisted.wire.v1.catalog import CatalogPaper

T = TypeVar("T")


class Parts:
    """What the server does, part by part."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.presence = Presence(ground.reactor, settings.shared_folder(ground.config), ground.threads)
        self.pod = pod_of(ground.config)
        self.not_shipped = _not_shipped(ground)
        elsewhere = None if self.not_shipped is None else self.not_shipped.url
        self.pictures = settings.pictures(ground.config, elsewhere)
        self.paper = CatalogPaper(self.pictures, f"{self.pod.url}/")
        self.preferences = Preferences(ground.aside, ground.bell, ground.reactor)
        told = settings.policies_settings(ground.config)
        self.policies = Policies(
            ground.aside, ground.bell, ground.reactor, self.preferences.value, self.pod.domain, told
        )
        about = settings.about(ground.config)
        self.instance = Instance(ground.database, ground.reactor, about, self.preferences.values)
        self._gather_people(ground, ground.config)
        self._gather_sending(ground)
        self._gather_door(ground, ground.config)
        self._gather_music(ground, ground.config)
        self._gather_pages(ground, ground.config)
        self._gather_files(ground, ground.config)
        self._gather_podcasts(ground, ground.config)
        self._gather_commons(ground, ground.config)
        self._gather_fediverse(ground)
        lastfm = settings.lastfm_settings(ground.config)
        self.plugin_choices = PluginChoices(ground.database, lastfm)
        self.telling = Telling(ground.database, self.fetching, lastfm, lambda: datetime.now(UTC), __version__)

    def _gather_people(self, ground: Ground, config: Config) -> None:
        """Accounts, and what proves who they are."""
        database, preference = ground.database, self.preferences.value
        self._secret = secret = config.general.secret_key or kept_secret_key(config.general.data)
        self.limits = Limits(ground.tallies, settings.limits_settings(config))
        self.listen_tokens = ListenTokens(secret, time.time)
        self.passwords = passwords = Passwords(ground.threads, settings.password_settings(config))
        self.subsonic_seal = SubsonicSeal(secret)
        self.accounts = Accounts(
            database=database,
            threads=ground.threads,
            passwords=passwords,
            seal=self.subsonic_seal,
            ring=ground.bell.ring,
            settings=settings.accounts_settings(config),
        )
        self.quotas = Quotas(database, preference)
        self.signin = SignIn(
            database=database,
            passwords=passwords,
            preference=preference,
            listen_tokens=self.listen_tokens,
            limits=self.limits,
            settings=settings.signin_settings(config),
            ring=ground.bell.ring,
        )
        self.applications = Applications(database)
        self.oauth = OAuth(database, settings.oauth_settings(config))
        self.live = Live(database, ground.bell, ground.reactor, self.signin.standing)
        mail = mail_of(ground.reactor, settings.mail_settings(config))
        self.arrivals = Arrivals(
            database=database,
            accounts=self.accounts,
            seal=self.subsonic_seal,
            mail=mail,
            preference=preference,
            ring=ground.bell.ring,
            tell=self.live.tell,
            settings=settings.arrivals_settings(config),
        )

    def _gather_sending(self, ground: Ground) -> None:
        """What tells our people and other servers; there first, since all areas speak through it."""
        self.inbox = Inbox(ground.database, self.live.happened)
        self.live.writes(ITEM, self.inbox.item_added)
        self.papers = Papers(
            settings.federation_paper(ground.config, self.pictures, self._secret), self.preferences.value
        )
        self.outbox = Outbox(self.inbox, ground.bell.ring, settings.outbox_settings(ground.config))
        self.announcing = Announcing(self.outbox, ground.bell.ring, tells_deeds=ground.config.outside.tells_deeds)
        preference, ring = self.preferences.value, ground.bell.ring
        self.profiles = Profiles(
            database=ground.database,
            accounts=self.accounts,
            quotas=self.quotas,
            preference=preference,
            listen_tokens=self.listen_tokens,
            ring=ring,
            occasions=self.announcing,
        )

    def _gather_door(self, ground: Ground, config: Config) -> None:
        """The door to other servers, and what comes in by it to be heard."""
        database, threads = ground.database, ground.threads
        lookup = system_lookup(ground.lookup_threads)
        try:
            self.fetching = Fetching(ground.reactor, threads, settings.fetch_settings(config), lookup)
        except (OSError, ValueError) as wrong:
            raise ConfigError("EXTERNAL_REQUESTS_CA_BUNDLE names no file of certificates that can be read.") from wrong
        self.service_actor = ServiceActor(database, threads, self.pod, config.outside.service_username)
        self.readers = Readers(ground.reactor, settings.readers_settings(config))
        ways = Ways(
            clock=ground.reactor,
            fetching=self.fetching,
            threads=threads,
            signs=lambda actor_id: self.fediverse.signing.by(actor_id),  # which is built on this, later
            service=self.service_actor.id,
            permit=self.policies.permit_media_hop,
            largest=config.outside.audio_bytes,
        )
        self.remote_audio = RemoteAudio(
            RemoteAudioGround(
                reactor=ground.reactor,
                database=database,
                blobs=ground.blobs,
                cache=ground.cache,
                ways=ways,
                folder=os.path.join(config.media.root, ".arriving"),
                examine=self.readers.examine,
                rejects_media=self.policies.rejects_media,
                federates=lambda: self.preferences.value("federation__enabled"),
            )
        )

    def _gather_music(self, ground: Ground, config: Config) -> None:
        """Browsing and listening."""
        database = ground.database
        self.visibility = Visibility(database)
        self.shelves = Shelves()
        orders = Orders(OrderSettings())
        self.catalog = Catalog(database, self.visibility, orders, self.shelves)
        self.libraries = Libraries(database, self.visibility, ground.bell.ring, self.pod, self.announcing)
        self.edits = Edits(
            database, ground.bell.ring, self.live.tell, self.pod, settings.edits_settings(config), self.announcing
        )
        self.common_tags = CommonTags(database, settings.common_tags_settings(config))
        self.librarians = Librarians(database, ground.bell.ring, self.announcing)
        self.hiding = Hiding(database)
        relay = Relay(ground.bell.ring)
        self.listening = Listening(database, self.visibility, self.shelves, self.live.happened, relay, self.announcing)
        answers = Answers(ground.reactor.seconds, AnswerSettings())
        filling = Filling()
        self.playlists = Playlists(
            database=database,
            visibility=self.visibility,
            shelves=self.shelves,
            preference=self.preferences.value,
            answers=answers,
            filling=filling,
        )
        self.radio = RadioRoom.built(database, self.visibility, orders, self.shelves, filling)
        self.subsonic = SubsonicRoom(
            SubsonicGround(
                database=database,
                visibility=self.visibility,
                orders=orders,
                signin=self.signin,
                seal=self.subsonic_seal,
                limits=self.limits,
                pod=self.pod,
                listening=self.listening,
                playlists=self.playlists,
                preference=self.preferences.value,
            ),
            settings.subsonic_settings(config),
        )
        self.transcodes = Transcodes(
            ground.reactor,
            Transcoder(ground.reactor, settings.ffmpeg_settings(config), ground.threads),
            os.path.join(config.media.root, ".transcodes"),
            ground.threads,
        )
        self.streaming = Streaming(
            database=database,
            visibility=self.visibility,
            blobs=ground.blobs,
            transcodes=self.transcodes,
            cache=ground.cache,
            threads=ground.threads,
            preference=self.preferences.value,
            settings=settings.streaming_settings(config),
            remote=self.remote_audio,
        )

    def _gather_pages(self, ground: Ground, config: Config) -> None:
        """What is shown to everybody, and the web app of others."""
        url = config.general.public_url
        self.showing = Showing(ground.database, self.visibility, self.catalog, self.playlists, self.pod, url)
        self.front = front(settings.front_settings(config), ground.reactor, ground.threads, settings.user_agent(config))

    def _gather_files(self, ground: Ground, config: Config) -> None:
        """What comes in, and what must go."""
        database, blobs, threads, ring = ground.database, ground.blobs, ground.threads, ground.bell.ring
        preference = self.preferences.value
        self.spool = Spool(os.path.join(config.media.root, ".spool"), threads)
        self.stored_files = StoredFiles(database, blobs, self.spool)
        store = ground.store
        self.retention = Retention(database, self.pod.domain, preference, settings.retention_settings(config))
        self.strays = Strays(database, sides(config.media.root, threads, store))
        self.shipping = None if store is None else Shipping(ground.reactor, database, store.blobs)
        images = Images(threads, settings.image_settings(config))
        self.attachments = Attachments(database, blobs, images, ring, settings.attachment_settings(config))
        self.cutting = Cutting(
            CuttingGround(
                clock=ground.reactor,
                database=database,
                blobs=blobs,
                attachments=self.attachments,
                lies=_lies(ground),
                quality=config.media.jpeg_quality,
                is_regular=self.not_shipped is not None and config.media.thumbnails,
            )
        )
        self.remote_pictures = RemotePictures(
            self.attachments, self.fetching, self.policies, ground.cache, settings.remote_picture_settings(config)
        )
        self.subsonic_media = MediaRoom(
            MediaGround(
                clock=ground.reactor,
                database=database,
                room=self.subsonic,
                streaming=self.streaming,
                blobs=blobs,
                images=images,
                bring=self.remote_pictures.here,
                threads=threads,
                preference=preference,
            ),
            self._secret,
            settings.stream_settings(config),
            settings.picture_settings(config),
        )
        self.banners = Banners(database, blobs, images)
        places = Places(blobs, threads, config.media.music)
        self.mending = Mending(database, places, threads)
        self.lost_in_place = LostInPlace(LostGround(database, threads, self.announcing, config.media.music))
        importer = Importer(database, blobs, threads, preference, settings.importing_settings(config), self.announcing)
        self.uploads = Uploads(
            database=database,
            blobs=blobs,
            threads=threads,
            visibility=self.visibility,
            shelves=self.shelves,
            places=places,
            preference=preference,
            ring=ring,
            pod=self.pod,
            occasions=self.announcing,
        )
        News(self.uploads, self.listening, self.paper, self.pod.url).register(self.live)
        self.upload_jobs = UploadJobs(
            database=database, threads=threads, importer=importer, places=places, ring=ring, occasions=self.announcing
        )
        self.folders = Folders(
            FoldersGround(
                clock=ground.reactor,
                database=database,
                blobs=blobs,
                importer=importer,
                examine=self.readers.examine,
                threads=threads,
                new_watch=lambda changed: FolderWatch(ground.reactor, threads, changed),
                settings=settings.folders_settings(config),
                occasions=self.announcing,
            )
        )
        self.folder_imports = FolderImports(
            ground.reactor, database, threads, config.media.music, self.folders.import_folder, ring
        )

    def _gather_fediverse(self, ground: Ground) -> None:
        """What crosses between people and pods."""
        database = ground.database
        self.follows = Follows(database, self.inbox, self.announcing)
        self.person_follows = PersonFollows(database, self.inbox, self.announcing)
        self.actors = Actors(database, self.visibility, self.preferences.value, self.pod)
        self.reports = Reports(
            database, self.preferences.value, ground.bell.ring, self.live.happened, self.pod, self.announcing
        )
        self.live.writes(CREATED, self.reports.created)
        self.fediverse = FediverseRoom(
            FediverseGround(
                reactor=ground.reactor,
                database=database,
                threads=ground.threads,
                fetching=self.fetching,
                policies=self.policies,
                service=self.service_actor,
                bell=ground.bell,
                ring=ground.bell.ring,
                cache=ground.cache,
                tallies=ground.tallies,
                visibility=self.visibility,
                shelves=self.shelves,
                preference=self.preferences.value,
                pod=self.pod,
                inbox=self.inbox,
                reports=self.reports,
                spend=self.limits.spend,
                happened=self.live.happened,
                presence=self.presence,
                outbox=self.outbox,
                announcing=self.announcing,
                papers=self.papers,
                now=lambda: datetime.now(UTC),
                draw=random.random,
                settings=settings.fediverse_settings(ground.config),
            )
        )
        told = settings.lookup_settings(ground.config)
        lookup = self.fediverse.remote.lookup
        self.foreign = ForeignLibraries(database, self.visibility, self.fediverse.remote.scanning)
        self.fetches = Fetches(database, self.visibility, lookup, ground.reactor, self.pod, told)

    def _gather_podcasts(self, ground: Ground, config: Config) -> None:
        """The feeds that come in and go out."""
        database, threads = ground.database, ground.threads
        self.channel_paper = settings.channel_paper(config)
        self.podcasts = Podcasts(
            PodcastsGround(
                database=database,
                threads=threads,
                fetching=self.fetching,
                policies=self.policies,
                service=self.service_actor,
                visibility=self.visibility,
                shelves=self.shelves,
                preference=self.preferences.value,
                ring=ground.bell.ring,
                pod=self.pod,
                paper=self.channel_paper,
                now=lambda: datetime.now(UTC),
                draw=random.random,
                occasions=self.announcing,
            ),
            settings.channel_settings(config),
            settings.feed_settings(config),
        )

    def _gather_commons(self, ground: Ground, config: Config) -> None:
        """What Subsonic apps find beside the music."""
        self.commons = Commons(
            CommonsGround(
                reactor=ground.reactor,
                database=ground.database,
                threads=ground.threads,
                ring=ground.bell.ring,
                blobs=ground.blobs,
                room=self.subsonic,
                visibility=self.visibility,
                accounts=self.accounts,
                profiles=self.profiles,
                seal=self.subsonic_seal,
                streaming=self.streaming,
                pools=self.radio.pools,
                podcasts=self.podcasts,
                remote_audio=self.remote_audio,
                imports=self.folder_imports,
                preference=self.preferences.value,
                public_url=config.general.public_url,
            ),
            settings.commons_settings(config),
        )

    def jobs(self) -> Mapping[str, JobKind]:
        """Every kind of job that this program can do."""
        busy = (
            self.signin,
            self.arrivals,
            self.oauth,
            self.profiles,
            self.listening,
            self.streaming,
            self.remote_audio,
            self.radio.sessions,
            self.edits,
            self.common_tags,
            self.fetches,
            self.folder_imports,
            self.upload_jobs,
            self.stored_files,
            self.retention,
            self.strays,
            self.attachments,
            self.cutting,
            self.podcasts,
            self.commons,
            self.telling,
            self.fediverse,
        )
        return _merged(part.jobs() for part in busy)

    def schedules(self) -> Mapping[str, Schedule]:
        """Every chore with a beat."""
        regular = (
            self.signin,
            self.arrivals,
            self.oauth,
            self.listening,
            self.streaming,
            self.radio.sessions,
            self.common_tags,
            self.fetches,
            self.upload_jobs,
            self.stored_files,
            self.retention,
            self.strays,
            self.attachments,
            self.cutting,
            self.podcasts,
            self.commons,
            self.fediverse,
        )
        return _merged(part.schedules() for part in regular)

    async def begin(self) -> None:
        """What a server does before anything else: put in order what a killed one left behind."""
        await self._ground.blobs.sweep()
        if self._ground.store is not None and self.shipping is not None:
            await self._ground.store.begin()
            self.shipping.startService()
        if self.not_shipped is not None:
            self.not_shipped.startService()
        await self.stored_files.recover()
        self.transcodes.startService()
        self.remote_audio.startService()
        self.readers.startService()
        self.live.startService()

    async def close(self) -> None:
        """Let go of what outlives a call."""
        self.preferences.close()
        self.policies.close()
        if self.shipping is not None and self.shipping.running:
            await self.shipping.stopService()
        if self.not_shipped is not None and self.not_shipped.running:
            await self.not_shipped.stopService()
        if self.front is not None:
            await self.front.close()
        if self.live.running:
            await self.live.stopService()
        if self.remote_audio.running:
            await self.remote_audio.stopService()
        await self.readers.stopService()
        if self.transcodes.running:
            await self.transcodes.stopService()
        await self.commons.close()
        await self.fediverse.close()
        await self.presence.close()


def _not_shipped(ground: Ground) -> NotShipped | None:
    """Where pictures are, when clients are sent to the store for them."""
    store = ground.store
    if store is None or not store.urls.are_elsewhere:
        return None
    quality = ground.config.media.jpeg_quality
    return NotShipped(ground.reactor, ground.database, store.urls.url, lambda: store.blobs.store.is_away, quality)


def _lies(ground: Ground) -> Callable[[str, str], Awaitable[bool]]:
    """Who tells whether a file lies in a storage."""
    there = None if ground.store is None else There(ground.store)

    async def lies(name: str, storage: str) -> bool:
        if there is not None and storage == IN_STORE:
            return await there.seen(name) is not None
        return await ground.blobs.size(name) is not None

    return lies


def _merged(tables: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """One table of several; a name claimed twice is a bug that stops the start."""
    merged: dict[str, T] = {}
    for table in tables:
        twice = merged.keys() & table.keys()
        if twice:
            raise ValueError(f"claimed twice: {', '.join(sorted(twice))}")
        merged.update(table)
    return merged
