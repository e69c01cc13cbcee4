"""
The settings of each part, from what was set.

No part knows of configuration; each declares what it can be told.  This module is the only one that knows both sides.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import urlsplit

from fwtwisted import __version__
from fwtwisted.config.footing import pod
from fwtwisted.config.values import Config
from fwtwisted.core.fediverse.fetches import LookupSettings
from fwtwisted.core.fediverse.moderation.policies import PoliciesSettings
from fwtwisted.core.fediverse.nodeinfos import NodeinfoSettings
from fwtwisted.core.fediverse.peers import PeerSettings
from fwtwisted.core.fediverse.remote.outboxes import OutboxesSettings
from fwtwisted.core.fediverse.remote.refreshing import RefreshSettings
from fwtwisted.core.fediverse.remote.room import RemoteSettings
from fwtwisted.core.fediverse.room import FediverseSettings
from fwtwisted.core.fediverse.sending.delivering import DeliverySettings
from fwtwisted.core.fediverse.sending.outbox import OutboxSettings
from fwtwisted.core.files.attachments import AttachmentSettings
from fwtwisted.core.files.remote_pictures import RemotePictureSettings
from fwtwisted.core.folders import FoldersSettings
from fwtwisted.core.importing.importer import ImportingSettings
from fwtwisted.core.listening.streaming import StreamingSettings
from fwtwisted.core.music.common_tags import CommonTagsSettings
from fwtwisted.core.music.edits import EditsSettings
from fwtwisted.core.people.accounts import AccountsSettings
from fwtwisted.core.people.arrivals import ArrivalsSettings
from fwtwisted.core.people.invitations import InvitationsSettings
from fwtwisted.core.people.mailing import MailingSettings
from fwtwisted.core.people.oauth import OAuthSettings
from fwtwisted.core.people.password_rules import PasswordRules
from fwtwisted.core.people.passwords import PasswordSettings
from fwtwisted.core.people.registration import RegistrationSettings
from fwtwisted.core.people.signin import SignInSettings
from fwtwisted.core.plugins.choices import LastfmSettings
from fwtwisted.core.pod.limits import LimitsSettings
from fwtwisted.core.podcasts.channels import ChannelSettings
from fwtwisted.core.podcasts.feeds import FeedSettings
from fwtwisted.core.storage.retention import RetentionSettings
from fwtwisted.core.subsonic.commons import CommonsSettings
from fwtwisted.core.subsonic.media.pictures import PictureSettings
from fwtwisted.core.subsonic.media.streams import StreamSettings
from fwtwisted.core.subsonic.room import SubsonicSettings
from fwtwisted.core.subsonic.sounds import SoundSettings
from fwtwisted.logs import LogSettings
from fwtwisted.model.people import Privacy
from fwtwisted.outside.couriers import CouriersSettings
from fwtwisted.outside.fetching import FetchSettings
from fwtwisted.outside.fetching.posting import PostingSettings
from fwtwisted.outside.ffmpeg import FfmpegSettings
from fwtwisted.outside.front import FrontSettings
from fwtwisted.outside.images import ImageSettings
from fwtwisted.outside.mail import MailSettings
from fwtwisted.outside.readers import ReadersSettings
from fwtwisted.web.callers import Cookies, CsrfGuard
from fwtwisted.web.forwarded import Trust
from fwtwisted.web.intake import IntakeSettings
from fwtwisted.web.opengraph import DressingSettings
from fwtwisted.web.site import SiteSettings
from fwtwisted.web.subsonic.admission import LoginPolicy
from fwtwisted.web.transfer import Front, FrontKind
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.audio_keys import AudioKeys
from fwtwisted.wire.audiotags import EXTENSIONS
from fwtwisted.wire.opengraph import Addresses
from fwtwisted.wire.subsonic.documents import Articles
from fwtwisted.wire.subsonic.envelope import FUNKWHALE_VERSION, Server
from fwtwisted.wire.targets import Exemptions
from fwtwisted.wire.v1 import Pictures
from fwtwisted.wire.v1.channels import ChannelPaper
from fwtwisted.wire.v1.instance import About
from fwtwisted.worker import WorkerSettings


def log_settings(config: Config, roles: str) -> LogSettings:
    """How log lines are written.  :param roles: what the process does, as each line tells it."""
    return LogSettings(config.logging.level, config.logging.form, roles)


def worker_settings(config: Config) -> WorkerSettings:
    """Lanes of CPU-bound work are as wide as there is room for it."""
    widths = {**WorkerSettings().widths, "transcode": config.processes.cpu_jobs}
    return WorkerSettings(
        widths=widths, lease_seconds=config.processes.lease_seconds, grace_seconds=config.processes.grace_seconds
    )


def ffmpeg_settings(config: Config) -> FfmpegSettings:
    """As many at once as there is room for."""
    return FfmpegSettings(width=config.processes.cpu_jobs)


# --- the web ---------------------------------------------------------------------------------------------------


def site_settings(config: Config) -> SiteSettings:
    """The front door."""
    processes = config.processes
    return SiteSettings(
        hosts=config.general.names,
        trust=Trust(processes.trusted_proxies, processes.num_proxies),
        grace_seconds=processes.grace_seconds,
    )


def intake_settings(config: Config) -> IntakeSettings:
    """How large an upload may be."""
    return IntakeSettings(body_limit=config.media.upload_max_bytes)


def front(config: Config) -> Front:
    """How the web server before us is asked to send files."""
    media = config.media
    store = config.store
    return Front(
        kind=FrontKind(media.proxy_type),
        protect_path=media.protect_path,
        media_root=media.root,
        music_root=media.music,
        music_serve_root=media.music_served,
        redirects=store is not None and not store.proxies,
        fetches=store is not None and store.front_fetches,
    )


def front_settings(config: Config) -> FrontSettings:
    """Where the web app is."""
    app = config.web_app
    return FrontSettings(app.folder, app.page, app.url, app.fresh_seconds)


def addresses(config: Config) -> Addresses:
    """What addresses of pages are made with."""
    return Addresses(config.general.public_url, config.web_app.embed_url, pictures(config))


def dressing_settings(config: Config) -> DressingSettings:
    """What is put into pages."""
    app, url = config.web_app, config.general.public_url
    has_app = app.folder is not None or app.url is not None
    picture = f"{url}/android-chrome-512x512.png" if has_app else None
    return DressingSettings(app.rewrites, app.manifest_url, picture, about(config).federates)


def media_origins(config: Config) -> tuple[str, ...]:
    """Origins other than the page's own to which clients are sent for images and audio (docs/storage.md S-7)."""
    parts = urlsplit(config.media.url)
    own, media = config.general.public_url, f"{parts.scheme}://{parts.netloc}"
    elsewhere = () if media == own else (media,)
    return (*elsewhere, *(() if config.store is None else config.store.client_origins))


def cookies(config: Config) -> Cookies:
    """What is given to browsers."""
    return Cookies(config.general.is_secure, config.general.session_seconds)


def csrf_guard(config: Config) -> CsrfGuard:
    """Which pages may write."""
    return CsrfGuard(config.general.is_secure, frozenset(config.general.hosts))


# --- people ----------------------------------------------------------------------------------------------------


def accounts_settings(config: Config) -> AccountsSettings:
    """What an account may be."""
    accounts = config.accounts
    return AccountsSettings(
        pod=pod(config),
        forbidden_names=accounts.forbidden_names,
        rules=PasswordRules(accounts.password_rules, accounts.password_min_length),
        pod_message_days=accounts.pod_message_days,
        funkwhale_message_days=accounts.funkwhale_message_days,
    )


def password_settings(config: Config) -> PasswordSettings:
    """How many hashes at once."""
    return PasswordSettings(at_once=config.processes.cpu_jobs)


def signin_settings(config: Config) -> SignInSettings:
    """How long a session lasts."""
    return SignInSettings(config.general.session_seconds, config.accounts.must_confirm)


def mail_settings(config: Config) -> MailSettings:
    """How mail leaves, and in whose name."""
    return MailSettings(config.letters.place, config.letters.sender, config.general.mail_host)


def arrivals_settings(config: Config) -> ArrivalsSettings:
    """How people come in."""
    url, letters = config.general.public_url, config.letters
    return ArrivalsSettings(
        RegistrationSettings(config.accounts.must_confirm),
        MailingSettings(url, config.general.hostname, letters.prefix, letters.tell_moderators),
        InvitationsSettings(config.accounts.invitation_days, url),
    )


def oauth_settings(config: Config) -> OAuthSettings:
    """How long what a program is given lasts."""
    general = config.general
    return OAuthSettings(general.code_seconds, general.access_seconds, general.refresh_seconds)


def limits_settings(config: Config) -> LimitsSettings:
    """How often one may do what."""
    return LimitsSettings(config.limits.enabled, config.limits.rates)


# --- other servers ---------------------------------------------------------------------------------------------


def user_agent(config: Config) -> str:
    """How we introduce ourselves to other servers."""
    return f"fwtwisted/{__version__} (+{config.general.public_url}/)"


def fetch_settings(config: Config) -> FetchSettings:
    """How other servers are asked."""
    outside = config.outside
    return FetchSettings(
        user_agent=user_agent(config),
        exempt=Exemptions.of(outside.allow_private),
        verify=outside.verify,
        ca_bundle=outside.ca_bundle,
        connect_seconds=outside.patience_seconds,
        idle_seconds=outside.patience_seconds,
        total_seconds=3 * outside.patience_seconds,
    )


def lookup_settings(config: Config) -> LookupSettings:
    """How long what was looked up is known."""
    return LookupSettings(duplicate_seconds=config.outside.fetch_again_seconds)


def outbox_settings(config: Config) -> OutboxSettings:
    """What is said in which form."""
    return OutboxSettings(frozenset(name.lower() for name in config.outside.note_software))


def shared_folder(config: Config) -> str:
    """Where processes on one machine see how many children deliver, and whether one of them serves people."""
    return os.path.join(config.general.data, "couriers")


def fediverse_settings(config: Config) -> FediverseSettings:
    """How other servers are written to, and what is known of them."""
    outside = config.outside
    exempt = Exemptions.of(outside.allow_private)
    return FediverseSettings(
        posting=PostingSettings(user_agent(config)),
        fetching=fetch_settings(config),
        couriers=CouriersSettings(children=outside.couriers),
        slots=shared_folder(config),
        delivery=DeliverySettings(haste=outside.delivery_haste),
        peers=PeerSettings(outside.nodeinfo_seconds, outbox_settings(config).note_software),
        nodeinfo=NodeinfoSettings(
            refresh_seconds=outside.nodeinfo_seconds,
            plain=lambda host: config.general.public_url.startswith("http:") and exempt.covers_authority(host),
            refreshes=outside.nodeinfo_beat.after,
            checks=outside.presence_beat.after,
        ),
        remote=RemoteSettings(
            OutboxesSettings(most_pages=outside.outbox_pages),
            RefreshSettings(object_seconds=outside.object_seconds),
        ),
    )


def federation_paper(config: Config, pictures: Pictures, secret: str) -> Paper:
    """What documents for other servers are written on.  :param secret: the server's own."""
    return Paper(pod(config), pictures, config.outside.attaches_audio, AudioKeys(secret))


def policies_settings(config: Config) -> PoliciesSettings:
    """Who reads documents of ours."""
    return PoliciesSettings(authorized_fetch=config.outside.authorized_fetch)


def lastfm_settings(config: Config) -> LastfmSettings:
    """The pod's registration at Last.fm."""
    return LastfmSettings(config.outside.lastfm_key, config.outside.lastfm_secret)


# --- podcasts --------------------------------------------------------------------------------------------------


def channel_settings(config: Config) -> ChannelSettings:
    """What a channel may be called."""
    return ChannelSettings(config.accounts.forbidden_names)


def feed_settings(config: Config) -> FeedSettings:
    """What becomes of feeds of other servers."""
    outside = config.outside
    return FeedSettings(Privacy(outside.feed_level), outside.feed_refresh_seconds, outside.feed_most_items)


def channel_paper(config: Config) -> ChannelPaper:
    """What documents of channels are written on."""
    return ChannelPaper(pictures(config), config.general.own_url)


# --- music -----------------------------------------------------------------------------------------------------


def importing_settings(config: Config) -> ImportingSettings:
    """How files are filed."""
    return ImportingSettings(config.general.own_url, config.music.tags_max)


def common_tags_settings(config: Config) -> CommonTagsSettings:
    """What is tagged once a week."""
    return CommonTagsSettings(f"{config.general.own_url}/", config.music.tags_albums, config.music.tags_artists)


def edits_settings(config: Config) -> EditsSettings:
    """How many tags an edit may leave on an object."""
    return EditsSettings(config.music.tags_max)


def folders_settings(config: Config) -> FoldersSettings:
    """Where files may be imported in place."""
    return FoldersSettings(config.general.own_url, config.media.music)


def readers_settings(config: Config) -> ReadersSettings:
    """How many processes read files."""
    return ReadersSettings(children=config.processes.cpu_jobs)


def pictures(config: Config, elsewhere: Callable[[str], str | None] | None = None) -> Pictures:
    """Where pictures are found.  :param elsewhere: the URL of a public file at a store that clients are sent to."""
    media = config.media
    return Pictures(
        media_url=media.url,
        public_url=config.general.public_url,
        quality=media.jpeg_quality,
        renditions=media.thumbnails,
        elsewhere=elsewhere,
    )


def about(config: Config) -> About:
    """What the pod tells of itself."""
    return About(
        config.general.public_url,
        config.media.url,
        __version__,
        tuple(sorted(EXTENSIONS)),
        federates=True,
        software=config.outside.software,
        actor_id=pod(config).fid(f"actors/{config.outside.service_username}"),
    )


def streaming_settings(config: Config) -> StreamingSettings:
    """Where files in place lie, and how often somebody counts as one more listener."""
    return StreamingSettings(config.media.music, config.media.download_count_seconds)


def retention_settings(config: Config) -> RetentionSettings:
    """How much room copies may take, and for how long."""
    media = config.media
    return RetentionSettings(
        transcodes=media.transcodes_bytes,
        remote_audio=media.remote_audio_bytes,
        remote_pictures=media.remote_picture_bytes,
        picture_days=media.remote_picture_days,
    )


# --- Subsonic --------------------------------------------------------------------------------------------------


def stream_settings(config: Config) -> StreamSettings:
    """What Subsonic apps get that ask for less."""
    return StreamSettings(config.media.subsonic_format, config.media.subsonic_transcodes)


def subsonic_settings(config: Config) -> SubsonicSettings:
    """What Subsonic apps are told of the pod."""
    media = config.media
    articles = Articles(config.subsonic.articles)
    return SubsonicSettings(config.general.public_url, media.music, media.subsonic_format, articles)


def picture_settings(config: Config) -> PictureSettings:
    """Pictures for Subsonic apps."""
    return PictureSettings(placeholders=config.subsonic.placeholders)


def subsonic_server(config: Config) -> Server:
    """Who answers Subsonic apps."""
    return Server(config.subsonic.server_type, __version__, FUNKWHALE_VERSION)


def login_policy(config: Config) -> LoginPolicy:
    """How Subsonic apps may sign in."""
    return LoginPolicy(config.subsonic.tokens, config.subsonic.passwords, f"{config.general.public_url}/settings")


def commons_settings(config: Config) -> CommonsSettings:
    """What Subsonic apps find beside music."""
    told = config.subsonic
    sounds = SoundSettings(measures=told.sounds != "none", also_distant=told.sounds == "all")
    return CommonsSettings(
        chat=told.chat,
        shares=told.shares,
        jukebox=told.jukebox,
        output=told.jukebox_output,
        music_root=config.media.music,
        sounds=sounds,
    )


# --- pictures --------------------------------------------------------------------------------------------------


def attachment_settings(config: Config) -> AttachmentSettings:
    """How long loose pictures stay, how well renditions are written, and when."""
    media = config.media
    return AttachmentSettings(media.unattached_seconds, media.jpeg_quality, media.thumbnails)


def remote_picture_settings(config: Config) -> RemotePictureSettings:
    """Whether pictures of other servers are brought here."""
    return RemotePictureSettings(config.media.brings_pictures)


def image_settings(config: Config) -> ImageSettings:
    """What pictures are taken, and how well they are written."""
    return ImageSettings(quality=config.media.jpeg_quality, at_once=config.processes.cpu_jobs)
