"""
The settings as values, in groups: what the texts of the table add up to.

Here live the rules that concern more than one setting: what follows from what, and what cannot be at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote, urlsplit

from attrs import frozen

from fwtwisted.config.forms import Network, rate
from fwtwisted.config.store import Store, store_of
from fwtwisted.model.beats import Beat
from fwtwisted.outside.mail import MailPlace
from fwtwisted.outside.shared import RedisPlace
from fwtwisted.wire.letters import Sender

Values = Mapping[str, Any]
"""Read values by name; None for what is unset and has no default."""


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
    """:ivar level: a level's name in lower case.  :ivar form: ``text`` or ``json``."""

    level: str
    form: str


@frozen
class Database:
    """
    :ivar url: None: a private PostgreSQL under the data folder.
    :ivar cache_url: None: caches and wake-ups in this process.
    """

    url: str | None
    connections: int
    cache_url: str | None


@frozen
class Accounts:
    """
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
    """:ivar tags_max: genre tags kept of one file."""

    tags_max: int


@frozen
class Subsonic:
    """
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
    """:ivar rates: by scope, how often in how many seconds."""

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


USUAL_RATES: Final[Mapping[str, str]] = {
    "anonymous-wildcard": "1000/h", "authenticated-wildcard": "2000/h",
    "anonymous-create": "1000/day", "authenticated-create": "1000/h",
    "anonymous-list": "10000/day", "authenticated-list": "10000/h",
    "anonymous-retrieve": "10000/day", "authenticated-retrieve": "10000/h",
    "anonymous-update": "1000/day", "authenticated-update": "1000/h",
    "anonymous-destroy": "1000/day", "authenticated-destroy": "500/h",
    "anonymous-reports": "10/day", "authenticated-reports": "100/day",
    "anonymous-oauth-app": "10/day", "authenticated-oauth-app": "10/h",
    "oauth-authorize": "100/h", "oauth-token": "100/h", "oauth-revoke-token": "100/h",
    "subsonic": "20000/h", "inbox": "300/m", "login": "30/h", "signup": "10/day", "fetch": "200/day",
    "verify-email": "20/h", "password-change": "20/h", "password-reset": "20/h", "password-reset-confirm": "20/h",
}  # fmt: skip

MIB: Final = 1024**2
NAMELESS: Final = "localhost"
OWN_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")


def config_of(values: Values, data: str) -> Config:
    """
    The groups that the values add up to.

    :param data: absolute path of the data folder.
    :raise ConfigError: when they cannot be at once.
    """
    general = _general(values, data)
    return Config(
        general=general,
        processes=_processes(values),
        logging=Logging("debug" if values["DEBUG"] else values["LOGLEVEL"], values["LOG_FORMAT"]),
        database=_database(values),
        accounts=_accounts(values),
        letters=_letters(values, general),
        media=_media(values, general),
        store=_store(values),
        music=Music(values["TAGS_MAX_BY_OBJ"]),
        subsonic=_subsonic(values),
        limits=_limits(values),
        outside=_outside(values),
        web_app=_web_app(values, general),
    )


def _subsonic(values: Values) -> Subsonic:
    articles = values["SUBSONIC_IGNORED_ARTICLES"].strip()
    return Subsonic(
        server_type=values["SUBSONIC_SERVER_TYPE"],
        tokens=values["SUBSONIC_TOKEN_LOGIN"],
        passwords=values["SUBSONIC_PASSWORD_LOGIN"],
        articles="" if articles.lower() == "none" else " ".join(articles.split()),
        chat=values["SUBSONIC_CHAT"],
        shares=values["SUBSONIC_SHARES"],
        sounds=values["SUBSONIC_SOUNDS"],
        jukebox=values["SUBSONIC_JUKEBOX"],
        jukebox_output=values["SUBSONIC_JUKEBOX_OUTPUT"] or "",
        placeholders=values["SUBSONIC_PLACEHOLDERS"],
    )


def _store(values: Values) -> Store | None:
    try:
        return store_of(values)
    except ValueError as wrong:
        raise ConfigError(str(wrong)) from wrong


def _general(values: Values, data: str) -> General:
    hostname, protocol = _public(values)
    named = values["FUNKWHALE_HOSTNAME"] or values["FUNKWHALE_URL"]
    port = None if named else values["FUNKWHALE_API_PORT"]
    return General(
        data=data,
        hostname=hostname,
        port=port,
        protocol=protocol,
        hosts=(
            hostname if named else f"{hostname}:{port}",
            *(host.lower() for host in values["DJANGO_ALLOWED_HOSTS"]),
            *(() if named else OWN_HOSTS),
        ),
        secret_key=values["DJANGO_SECRET_KEY"],
        session_seconds=int(values["SESSION_COOKIE_AGE"]),
        code_seconds=int(values["AUTHORIZATION_CODE_EXPIRE_SECONDS"]),
        access_seconds=int(values["ACCESS_TOKEN_EXPIRE_SECONDS"]),
        refresh_seconds=int(values["REFRESH_TOKEN_EXPIRE_SECONDS"]),
    )


def _public(values: Values) -> tuple[str, str]:
    """Host name and protocol; a pod without a name is at home on this machine."""
    if values["FUNKWHALE_HOSTNAME"]:
        return values["FUNKWHALE_HOSTNAME"], values["FUNKWHALE_PROTOCOL"] or "https"
    if values["FUNKWHALE_URL"]:
        parts = urlsplit(values["FUNKWHALE_URL"])
        return parts.netloc.rpartition("@")[2].lower(), parts.scheme
    if values["FUNKWHALE_PROTOCOL"] == "https":
        raise ConfigError("FUNKWHALE_PROTOCOL is https, but FUNKWHALE_HOSTNAME does not say of which host.")
    return NAMELESS, "http"


def _processes(values: Values) -> Processes:
    address = values["FUNKWHALE_API_IP"].strip().strip("[]").replace(":", r"\:")
    return Processes(
        endpoint=f"tcp:{values['FUNKWHALE_API_PORT']}:interface={address}",
        cpu_jobs=values["CELERYD_CONCURRENCY"] or os.cpu_count() or 1,
        grace_seconds=values["SHUTDOWN_GRACE"],
        lease_seconds=values["JOB_LEASE"],
        trusted_proxies=values["TRUSTED_PROXIES"],
        num_proxies=values["NUM_PROXIES"],
    )


PARTS: Final = ("DATABASE_HOST", "DATABASE_PORT", "DATABASE_USER", "DATABASE_PASSWORD", "DATABASE_NAME")


def _database(values: Values) -> Database:
    in_docker = values["IS_DOCKER_SETUP"]
    cache = values["CACHE_URL"] or ("redis://redis:6379/0" if in_docker else None)
    if cache is not None:
        try:
            RedisPlace.at(cache)
        except ValueError as wrong:
            raise ConfigError(f"CACHE_URL is {wrong}.") from wrong
    return Database(values["DATABASE_URL"] or _built_url(values), values["DATABASE_CONNECTIONS"], cache)


def _built_url(values: Values) -> str | None:
    """The URL that the five parts make; None when none of them is set and we are not in a container."""
    if not values["IS_DOCKER_SETUP"] and not any(values[name] for name in PARTS):
        return None
    host = values["DATABASE_HOST"] or ("postgres" if values["IS_DOCKER_SETUP"] else "localhost")
    user, password, name = (values[part] or "funkwhale" for part in PARTS[2:])
    where = f"{host}:{values['DATABASE_PORT'] or 5432}"
    if host.startswith("/"):
        where = f"{quote(host, safe='')}:{values['DATABASE_PORT'] or 5432}"
    return f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{where}/{quote(name, safe='')}"


def _accounts(values: Values) -> Accounts:
    return Accounts(
        forbidden_names=values["ACCOUNT_USERNAME_BLACKLIST"],
        password_min_length=values["PASSWORD_MIN_LENGTH"],
        password_rules=not values["DISABLE_PASSWORD_VALIDATORS"],
        pod_message_days=values["INSTANCE_SUPPORT_MESSAGE_DELAY"],
        funkwhale_message_days=values["FUNKWHALE_SUPPORT_MESSAGE_DELAY"],
        must_confirm=values["ACCOUNT_EMAIL_VERIFICATION_ENFORCE"],
        invitation_days=values["USERS_INVITATION_EXPIRATION_DAYS"],
    )


def _letters(values: Values, general: General) -> Letters:
    try:
        place = MailPlace.at(values["EMAIL_CONFIG"])
    except ValueError as wrong:
        raise ConfigError(f"EMAIL_CONFIG is {wrong}.") from wrong
    try:
        sender = Sender.read(values["DEFAULT_FROM_EMAIL"] or f"Funkwhale <noreply@{general.mail_host}>")
    except ValueError as wrong:
        raise ConfigError(f"DEFAULT_FROM_EMAIL {wrong}.") from wrong
    return Letters(place, sender, values["EMAIL_SUBJECT_PREFIX"], values["MODERATION_EMAIL_NOTIFICATIONS_ENABLED"])


def _media(values: Values, general: General) -> Media:
    root = values["MEDIA_ROOT"] or os.path.join(general.data, "media")
    music, served = values["MUSIC_DIRECTORY_PATH"], values["MUSIC_DIRECTORY_SERVE_PATH"]
    if served and not music:
        raise ConfigError("MUSIC_DIRECTORY_SERVE_PATH is set, but MUSIC_DIRECTORY_PATH is not.")
    if music and PurePosixPath(root).is_relative_to(music):
        raise ConfigError("MEDIA_ROOT lies inside MUSIC_DIRECTORY_PATH, so that our own files would be imported.")
    return Media(
        root=root,
        url=(values["MEDIA_URL"] or f"{general.public_url}/media").rstrip("/") + "/",
        client_seconds=values["MEDIA_CLIENT_MAX_AGE"],
        proxy_type=values["REVERSE_PROXY_TYPE"] or "direct",
        protect_path=values["PROTECT_FILES_PATH"],
        music=music,
        music_served=served or music,
        upload_max_bytes=_upload_max(values),
        transcodes_bytes=values["STORAGE_BUDGET_TRANSCODES"],
        remote_audio_bytes=values["STORAGE_BUDGET_REMOTE_AUDIO"],
        remote_picture_bytes=values["STORAGE_BUDGET_REMOTE_IMAGES"],
        remote_picture_days=values["REMOTE_IMAGE_CACHE_DAYS"],
        unattached_seconds=values["ATTACHMENTS_UNATTACHED_PRUNE_DELAY"],
        thumbnails=values["CREATE_IMAGE_THUMBNAILS"],
        brings_pictures=values["EXTERNAL_MEDIA_PROXY_ENABLED"],
        jpeg_quality=values["THUMBNAIL_JPEG_RESIZE_QUALITY"],
        download_count_seconds=values["MIN_DELAY_BETWEEN_DOWNLOADS_COUNT"],
        subsonic_format=values["SUBSONIC_DEFAULT_TRANSCODING_FORMAT"].lower().removeprefix("none"),
        subsonic_transcodes=values["SUBSONIC_TRANSCODES_PER_USER"],
    )


def _upload_max(values: Values) -> int:
    """Largest body of an upload in bytes; generous where no web server before us sets another limit."""
    behind = (values["REVERSE_PROXY_TYPE"] or "direct") != "direct"
    size: int = values["UPLOAD_MAX_SIZE"] or values["NGINX_MAX_BODY_SIZE"] or (100 if behind else 2048) * MIB
    return size


def _web_app(values: Values, general: General) -> WebApp:
    root = values["FUNKWHALE_SPA_HTML_ROOT"]
    is_folder = root is not None and root.startswith("/")
    folder, page = root if is_folder else None, "index.html"
    if folder is not None and folder.endswith((".html", ".htm")):
        folder, page = os.path.split(folder)
    url = general.public_url
    return WebApp(
        folder=folder,
        page=page,
        url=None if is_folder else root,
        fresh_seconds=values["FUNKWHALE_SPA_HTML_CACHE_DURATION"],
        rewrites=values["FUNKWHALE_SPA_REWRITE_MANIFEST"],
        manifest_url=values["FUNKWHALE_SPA_REWRITE_MANIFEST_URL"] or f"{url}/api/v1/instance/spa-manifest.json",
        embed_url=values["FUNKWHALE_EMBED_URL"] or f"{url}/embed.html",
    )


def _or_cores(number: int | None) -> int:
    """What was set, or as many as this machine has cores."""
    return (os.cpu_count() or 1) if number is None else number


def _outside(values: Values) -> Outside:
    return Outside(
        service_username=values["FEDERATION_SERVICE_ACTOR_USERNAME"],
        note_software=values["FEDERATION_NOTE_SOFTWARE"],
        tells_deeds=values["FEDERATION_TELL_DEEDS"],
        delivery_haste=values["FEDERATION_DELIVERY_HASTE"],
        couriers=_or_cores(values["FEDERATION_DELIVERY_PROCESSES"]),
        nodeinfo_seconds=values["NODEINFO_REFRESH_DELAY"],
        nodeinfo_beat=values["SCHEDULE_FEDERATION_REFRESH_NODEINFO_KNOWN_NODES"],
        presence_beat=values["SCHEDULE_FEDERATION_CHECK_INTANCES_AVAILABILITY"],
        authorized_fetch=values["FEDERATION_AUTHORIZED_FETCH"],
        attaches_audio=values["FEDERATION_AUDIO_ATTACHMENT"],
        software=values["FEDERATION_SOFTWARE_NAME"],
        fetch_again_seconds=values["FEDERATION_DUPLICATE_FETCH_DELAY"],
        outbox_pages=values["FEDERATION_COLLECTION_MAX_PAGES"],
        object_seconds=60.0 * values["FEDERATION_OBJECT_FETCH_DELAY"],
        verify=values["EXTERNAL_REQUESTS_VERIFY_SSL"],
        ca_bundle=values["EXTERNAL_REQUESTS_CA_BUNDLE"],
        patience_seconds=values["EXTERNAL_REQUESTS_TIMEOUT"],
        allow_private=values["FEDERATION_ALLOW_PRIVATE"],
        audio_bytes=values["FEDERATION_AUDIO_MAX_SIZE"],
        feed_level=values["PODCASTS_THIRD_PARTY_VISIBILITY"],
        feed_refresh_seconds=values["PODCASTS_RSS_FEED_REFRESH_DELAY"],
        feed_most_items=values["PODCASTS_RSS_FEED_MAX_ITEMS"],
        lastfm_key=values["FUNKWHALE_PLUGIN_SCROBBLER_LASTFM_API_KEY"],
        lastfm_secret=values["FUNKWHALE_PLUGIN_SCROBBLER_LASTFM_API_SECRET"],
    )


def _limits(values: Values) -> Limits:
    rates = {scope: rate(words) for scope, words in USUAL_RATES.items()}
    strange = sorted(set(values["THROTTLING_RATES"]) - set(rates))
    if strange:
        raise ConfigError(f"THROTTLING_RATES names {strange[0]!r}, which is no scope that is counted.")
    return Limits(values["THROTTLING_ENABLED"], rates | values["THROTTLING_RATES"])
