"""The settings as values, in groups: what the rules make of the texts of the table."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from fwtwisted.config.forms import Network
from fwtwisted.config.store import Store
from fwtwisted.model.beats import Beat
from fwtwisted.outside.mail import MailPlace
from fwtwisted.wire.letters import Sender


class ConfigError(Exception):
    """A setting that cannot work.  The text is one sentence that names it; the start ends with status 78."""


@frozen
class General:
    """
    Who the pod is.

    :ivar data: absolute path of the data folder.
    :ivar hostname: host name, with the port where it is not the protocol's own.  Part of every federation id.
    :ivar port: of a pod without a name, where people reach it; no part of any id, so that it may change.
    :ivar protocol: ``http`` or ``https``.
    :ivar hosts: what a ``Host`` header may say, lower case, with a port where it is part of the name; a leading dot
        stands for all subdomains, ``*`` for everything.
    :ivar secret_key: as it was set; None: to be made and kept (:func:`fwtwisted.config.secret_key.kept_secret_key`).
    :ivar code_seconds: how long a program may exchange the code that a person's consent gave it; likewise the lives of
        access and refresh tokens.
    """

    data: str
    hostname: str
    port: int | None
    protocol: str
    hosts: tuple[str, ...]
    secret_key: str | None
    session_seconds: int
    code_seconds: int
    access_seconds: int
    refresh_seconds: int

    @property
    def public_url(self) -> str:
        """Where people reach the pod: protocol, host, port; without a slash at the end."""
        return self.own_url if self.port is None else f"{self.own_url}:{self.port}"

    @property
    def mail_host(self) -> str:
        """The host name without a port, as mail knows it."""
        return re.sub(r":[0-9]+$", "", self.hostname)

    @property
    def own_url(self) -> str:
        """What federation ids begin with: protocol and host."""
        return f"{self.protocol}://{self.hostname}"

    @property
    def names(self) -> frozenset[str]:
        """The hosts without their ports and brackets."""
        bare = (host if host.endswith("]") else host.partition(":")[0] for host in self.hosts)
        return frozenset(name.strip("[]") for name in bare)

    @property
    def is_secure(self) -> bool:
        """Whether people reach the pod by https, so that cookies must be ``Secure``."""
        return self.protocol == "https"


@frozen
class Processes:
    """
    How a process runs.

    :ivar endpoint: what to listen on when the command line says nothing, as an endpoint string.
    :ivar cpu_jobs: CPU-bound pieces of work at once.
    :ivar num_proxies: how many proxies to believe; None: by their addresses.
    """

    endpoint: str
    cpu_jobs: int
    grace_seconds: float
    lease_seconds: float
    trusted_proxies: tuple[Network, ...]
    num_proxies: int | None


@frozen
class Logging:
    """
    How log lines are written.

    :ivar level: a level's name in lower case.  :ivar form: ``text`` or ``json``.
    """

    level: str
    form: str


@frozen
class Database:
    """
    Where everything is kept, and what carries wake-ups.

    :ivar url: None: a private PostgreSQL under the data folder.
    :ivar cache_url: None: caches and wake-ups in this process.
    """

    url: str | None
    connections: int
    cache_url: str | None


@frozen
class Accounts:
    """
    What is asked of people who sign up.

    :ivar forbidden_names: beside those that are never free.
    :ivar password_rules: False: any password will do.
    :ivar pod_message_days: from sign-up to the pod's support message; the other one is Funkwhale's.
    """

    forbidden_names: tuple[str, ...]
    password_min_length: int
    password_rules: bool
    pod_message_days: int
    funkwhale_message_days: int
    must_confirm: bool
    invitation_days: int


@frozen
class Letters:
    """
    How mail leaves.

    :ivar tell_moderators: of requests to be let in.
    """

    place: MailPlace
    sender: Sender
    prefix: str
    tell_moderators: bool


@frozen
class Media:
    """
    Where media lie and how they travel.

    :ivar root: folder of our own files.
    :ivar url: public base of images, with a slash at its end.  :ivar client_seconds: how long browsers keep them.
    :ivar proxy_type: who sends audio: ``direct``, ``nginx``, ``apache2``.
    :ivar music: root of in-place imports as we see it, None when not set.
    :ivar music_served: the same as the web server before us sees it.
    :ivar brings_pictures: those of other servers are fetched and kept here.
    :ivar subsonic_format: what is made when an app asks for a lower bitrate alone; empty: nothing.
    :ivar subsonic_transcodes: how many are made for one account at the same time.
    :ivar transcodes_bytes: and :ivar remote_audio_bytes: and :ivar remote_picture_bytes: how much room such copies may
        take; None: no limit.  :ivar remote_picture_days: how long they are kept; 0: for ever.
    """

    root: str
    url: str
    client_seconds: float
    proxy_type: str
    protect_path: str
    music: str | None
    music_served: str | None
    upload_max_bytes: int
    transcodes_bytes: int | None
    remote_audio_bytes: int | None
    remote_picture_bytes: int | None
    remote_picture_days: int
    unattached_seconds: float
    thumbnails: bool
    brings_pictures: bool
    jpeg_quality: int
    download_count_seconds: float
    subsonic_format: str
    subsonic_transcodes: int


@frozen
class Music:
    """
    What is taken from files.

    :ivar tags_max: genre tags kept of one file.
    :ivar tags_albums: albums without tags are given those of their tracks; ``tags_artists``: artists, likewise.
    """

    tags_max: int
    tags_albums: bool
    tags_artists: bool


@frozen
class Subsonic:
    """
    What Subsonic apps are offered.

    :ivar server_type: what the server calls itself to apps.
    :ivar tokens: and ``passwords``: ways of signing in that are taken.
    :ivar articles: blank-separated words that do not count in orders.
    :ivar chat: and ``shares``, ``jukebox``: are offered.
    :ivar sounds: which files are listened to: ``local``, ``all``, ``none``.
    :ivar jukebox_output: where the jukebox plays to, as mpv names it; empty: its own choice.
    :ivar placeholders: what has no picture is drawn one.
    """

    server_type: str
    tokens: bool
    passwords: bool
    articles: str
    chat: bool
    shares: bool
    sounds: str
    jukebox: bool
    jukebox_output: str
    placeholders: bool


@frozen
class Limits:
    """How often anybody may do what.  :ivar rates: by scope, how often in how many seconds."""

    enabled: bool
    rates: Mapping[str, tuple[int, int]]


@frozen
class WebApp:
    """
    The web app at the root, and what other pages may embed.

    :ivar folder: that holds an app that somebody else built, and ``page`` the name of its page there; None: none does.
    :ivar url: of such an app's page on another web server; None: there is none.
    :ivar fresh_seconds: how long a page from there is good.
    :ivar rewrites: the pod's name and manifest are put into the page.
    """

    folder: str | None
    page: str
    url: str | None
    fresh_seconds: float
    rewrites: bool
    manifest_url: str
    embed_url: str


@frozen
class Outside:
    """
    How other servers are asked and written to, and what becomes of their feeds.

    :ivar note_software: programs that are sent a note where others get audio.
    :ivar tells_deeds: followers elsewhere hear of what people like and listen to.
    :ivar delivery_haste: waits before something is sent again are divided by it.
    :ivar couriers: processes that deliver.
    :ivar nodeinfo_seconds: how old what is known of a server may be; looked after at each ``nodeinfo_beat``.
    :ivar presence_beat: when it is seen who answers.
    :ivar authorized_fetch: other servers must sign what they ask for.
    :ivar attaches_audio: what channels publish carries its file as an attachment, too.
    :ivar software: what this program calls itself to other servers.
    :ivar outbox_pages: read of what a channel published before.
    :ivar object_seconds: how old what is known of music elsewhere may be.
    :ivar allow_private: hosts that are asked although the rules forbid it.
    :ivar ca_bundle: path of authorities that are believed beside the system's.
    :ivar patience_seconds: to connect, and between two pieces of an answer.
    :ivar audio_bytes: of one file of another server, at most.
    :ivar feed_level: who may hear a feed that somebody subscribed to.
    :ivar lastfm_key: and ``lastfm_secret``: the pod's registration there; empty: none.
    """

    service_username: str
    note_software: tuple[str, ...]
    tells_deeds: bool
    delivery_haste: int
    couriers: int
    nodeinfo_seconds: float
    nodeinfo_beat: Beat
    presence_beat: Beat
    authorized_fetch: bool
    attaches_audio: bool
    software: str
    fetch_again_seconds: float
    outbox_pages: int
    object_seconds: float
    verify: bool
    ca_bundle: str | None
    patience_seconds: float
    allow_private: tuple[str, ...]
    audio_bytes: int
    feed_level: str
    feed_refresh_seconds: float
    feed_most_items: int
    lastfm_key: str
    lastfm_secret: str


@frozen
class Config:
    """Everything that was set, once, for one process."""

    general: General
    processes: Processes
    logging: Logging
    database: Database
    accounts: Accounts
    letters: Letters
    media: Media
    store: Store | None
    music: Music
    subsonic: Subsonic
    limits: Limits
    outside: Outside
    web_app: WebApp
