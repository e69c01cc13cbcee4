"""
What the texts of the table add up to: what follows from what, and what cannot be at once.

A rule that concerns one setting alone belongs to its form.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

from fwtwisted.config.forms import rate
from fwtwisted.config.store import Store, store_of
from fwtwisted.config.values import (
    Accounts,
    Config,
    ConfigError,
    Database,
    General,
    Letters,
    Limits,
    Logging,
    Media,
    Music,
    Outside,
    Processes,
    Subsonic,
    WebApp,
)
from fwtwisted.outside.mail import MailPlace
from fwtwisted.outside.shared import RedisPlace
from fwtwisted.wire.letters import Sender

Values: TypeAlias = Mapping[str, Any]
"""Read values by name; None for what is unset and has no default."""

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
    media = _media(values, general)
    return Config(
        general=general,
        processes=_processes(values),
        logging=Logging("debug" if values["DEBUG"] else values["LOGLEVEL"], values["LOG_FORMAT"]),
        database=_database(values),
        accounts=_accounts(values),
        letters=_letters(values, general),
        media=media,
        store=_store(values, media.root),
        music=Music(
            values["TAGS_MAX_BY_OBJ"], values["ADD_ALBUM_TAGS_FROM_TRACKS"], values["ADD_ARTIST_TAGS_FROM_TRACKS"]
        ),
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


def _store(values: Values, media_root: str) -> Store | None:
    try:
        return store_of(values, media_root)
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
