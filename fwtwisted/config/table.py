"""
The one table of settings: what can be set, in which form, what it is when nobody sets it, and what it is for.

Reading, ``docs/settings.md``, ``config show`` and ``config check`` all follow from these rows.  A row with ``ignored``
names a setting of Funkwhale's that is accepted, so that an old file goes on working, and says why it changes nothing.
Names, forms and defaults are those of Funkwhale's environment; what is ours is marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import field, frozen

from fwtwisted.config.forms import (
    BEAT,
    BOOL,
    HOST_NAME,
    LIST,
    NETWORKS,
    PATH,
    PATH_OR_URL,
    RATES,
    SIZE,
    TEXT,
    TIME,
    URL_PATH,
    WAIT,
    WEB_URL,
    Form,
    one_of,
    url_of,
    whole,
)
from fwtwisted.config.store import BUCKET, LOCATION, REGION
from fwtwisted.wire.s3.policy import CANNED


@frozen
class Setting:
    """
    A row of the table.

    :ivar name: of the environment variable.
    :ivar form: how the value is written.
    :ivar default: the text that stands when it is unset; None: nothing, or what ``unset`` says.
    :ivar help: what it is for, for the person who sets it.
    :ivar unset: what holds without it, in words, where ``default`` cannot say it.
    :ivar secret: never shown; may be given as ``NAME_FILE`` too.
    :ivar own: our addition; Funkwhale has nothing of the name.
    :ivar ignored: why it changes nothing here; empty for a setting that does.
    """

    name: str
    form: Form
    default: str | None = None
    help: str = field(default="", kw_only=True)
    unset: str = field(default="", kw_only=True)
    secret: bool = field(default=False, kw_only=True)
    own: bool = field(default=False, kw_only=True)
    ignored: str = field(default="", kw_only=True)


@frozen
class Section:
    """Rows that belong together, under one heading."""

    title: str
    rows: tuple[Setting, ...]


def _ignored(why: str, *names: str) -> tuple[Setting, ...]:
    return tuple(Setting(name, TEXT, ignored=why) for name in names)


NO_DJANGO: Final = "part of the framework that Funkwhale is written with"
NO_LDAP: Final = "log-in by LDAP is not offered; accounts have their own password here"
NO_APP: Final = "see `FUNKWHALE_SPA_HTML_ROOT`"

GENERAL: Final = Section(
    "Identity and general",
    (
        Setting("FUNKWHALE_HOSTNAME", HOST_NAME, unset="`localhost`, for trying out on one machine",
                help="public host name; part of every id that is given away, so choose it before the first upload"),
        Setting("FUNKWHALE_PROTOCOL", one_of("http", "https"), unset="`https` with a host name, `http` without one",
                help="how the pod is reached from outside"),
        Setting("FUNKWHALE_URL", WEB_URL, help="read instead of the two above when there is no `FUNKWHALE_HOSTNAME`"),
        Setting("DJANGO_SECRET_KEY", TEXT, secret=True, unset="made at the first start and kept in `DATA/secret_key`",
                help="signs sessions and listen tokens; the same in all processes of a pod"),
        Setting("DJANGO_ALLOWED_HOSTS", LIST, "",
                help="further `Host` values to answer, beside the host name; a leading dot admits subdomains, `*` all"),
        Setting("SESSION_COOKIE_AGE", WAIT, "5400000", help="how long a browser stays signed in"),
        Setting("IS_DOCKER_SETUP", BOOL, "false",
                help="without other words, PostgreSQL is at host `postgres` and Redis at host `redis`"),
        Setting("ACCESS_TOKEN_EXPIRE_SECONDS", WAIT, "36000",
                help="how long an app may act for somebody before it asks for the next token"),
        Setting("REFRESH_TOKEN_EXPIRE_SECONDS", WAIT, "15d", own=True,
                help="how long an app that is not used stays signed in"),
        Setting("AUTHORIZATION_CODE_EXPIRE_SECONDS", WAIT, "5m", own=True,
                help="how long an app may take from a person's consent to its first token"),
        *_ignored("development only", "FUNKWHALE_HOSTNAME_PREFIX", "FUNKWHALE_HOSTNAME_SUFFIX", "API_TYPE", "FORCE"),
        *_ignored(NO_DJANGO, "DJANGO_SETTINGS_MODULE", "DJANGO_DEBUG", "DJANGO_ADMIN_URL", "BROWSABLE_API_ENABLED",
                  "ADDITIONAL_APPS", "ADDITIONAL_MIDDLEWARES_BEFORE"),
        *_ignored("URLs are always built from the host name and protocol above", "IGNORE_FORWARDED_HOST_AND_PROTO"),
        *_ignored("errors go to the log, and to nobody else", "FUNKWHALE_SENTRY_DSN", "FUNKWHALE_SENTRY_SR"),
    ),
)  # fmt: skip

PROCESSES: Final = Section(
    "Processes",
    (
        Setting("FUNKWHALE_API_IP", TEXT, "127.0.0.1", help="address to listen on when no `--endpoint` is given"),
        Setting("FUNKWHALE_API_PORT", whole(1, 65535), "5000", help="port to listen on when no `--endpoint` is given"),
        Setting("CELERYD_CONCURRENCY", whole(0, 256), "0",
                help="how many CPU-bound pieces of work (tags, covers, hashes, transcodes) run at once; "
                     "0: as many as the machine has cores"),
        Setting("SHUTDOWN_GRACE", TIME, "30s", own=True, help="how long requests and jobs may finish when stopping"),
        Setting("JOB_LEASE", WAIT, "60s", own=True,
                help="after this long without a sign of life a worker's jobs are given to another"),
        Setting("TRUSTED_PROXIES", NETWORKS, "127.0.0.0/8,::1", own=True,
                help="peers whose forwarded headers are believed"),
        Setting("NUM_PROXIES", whole(0, 32), unset="decided by `TRUSTED_PROXIES`",
                help="the client is the so-manieth address from the right of `X-Forwarded-For`; 0: the peer itself"),
        *_ignored("one process listens; start more of them for more cores", "FUNKWHALE_WEB_WORKERS", "WEB_WORKERS"),
        *_ignored("read by Funkwhale's container files only", "FUNKWHALE_API_HOST", "FUNKWHALE_VERSION",
                  "POSTGRES_ENV_POSTGRES_USER", "POSTGRES_ENV_POSTGRES_PASSWORD"),
        *_ignored(NO_APP, "FUNKWHALE_FRONTEND_PATH"),
    ),
)  # fmt: skip

LOGGING: Final = Section(
    "Logging",
    (
        Setting("LOGLEVEL", one_of("debug", "info", "warning", "error", "critical"), "info",
                help="lines below this level are dropped"),
        Setting("LOG_FORMAT", one_of("text", "json"), "text", own=True, help="how a line looks"),
        Setting("DEBUG", BOOL, "false", help="the same as `LOGLEVEL=debug`"),
    ),
)  # fmt: skip

DATABASE: Final = Section(
    "Database and cache",
    (
        Setting("DATABASE_URL", url_of("postgresql", "postgres", "postgis"), secret=True,
                unset="built from the next five; without any of them, a private PostgreSQL under the data folder",
                help="the database, `postgresql://user:password@host:port/name`"),
        Setting("DATABASE_HOST", TEXT, unset="`localhost`", help="host name, address, or folder of the Unix socket"),
        Setting("DATABASE_PORT", whole(1, 65535), unset="`5432`", help="port"),
        Setting("DATABASE_USER", TEXT, unset="`funkwhale`", help="role"),
        Setting("DATABASE_PASSWORD", TEXT, secret=True, unset="`funkwhale`", help="its password"),
        Setting("DATABASE_NAME", TEXT, unset="`funkwhale`", help="database"),
        Setting("DATABASE_CONNECTIONS", whole(2, 100), "8", own=True, help="connections of one process, and two more"),
        Setting("CACHE_URL", url_of("redis", "rediss", "unix", "redis+socket"), secret=True,
                unset="kept in the process; enough as long as there is one process",
                help="Redis for caches, counters and wake-ups, `redis://:password@host:port/0` or `unix:///socket?db=0`"),
        *_ignored("a connection is kept until it breaks", "DB_CONN_MAX_AGE"),
        *_ignored("jobs are kept in PostgreSQL", "CELERY_BROKER_URL"),
        *_ignored("counts are always exact", "CACHEOPS_DURATION"),
        *_ignored("who may play what is computed by indexed queries", "MUSIC_USE_DENORMALIZATION"),
    ),
)  # fmt: skip

ACCOUNTS: Final = Section(
    "Accounts",
    (
        Setting("ACCOUNT_USERNAME_BLACKLIST", LIST, "", help="further names that nobody may take"),
        Setting("PASSWORD_MIN_LENGTH", whole(1, 128), "8", help="shortest password"),
        Setting("DISABLE_PASSWORD_VALIDATORS", BOOL, "false", help="accept any password"),
        Setting("INSTANCE_SUPPORT_MESSAGE_DELAY", whole(0), "15", help="days from sign-up to the support message"),
        Setting("FUNKWHALE_SUPPORT_MESSAGE_DELAY", whole(0), "15", help="the same for Funkwhale's own message"),
        Setting("ACCOUNT_EMAIL_VERIFICATION_ENFORCE", BOOL, "false",
                help="let nobody in, but superusers, whose mail address is not confirmed"),
        Setting("USERS_INVITATION_EXPIRATION_DAYS", whole(1, 36500), "14", help="how long an invitation is good"),
        Setting("EMAIL_CONFIG", TEXT, "consolemail://", secret=True,
                help="how mail leaves: `smtp://user:password@host:25`, `smtp+tls://…:587` (STARTTLS), "
                     "`smtp+ssl://…:465`; `consolemail://`: the log tells what would have been sent; "
                     "`dummymail://`: nothing"),
        Setting("DEFAULT_FROM_EMAIL", TEXT, unset="`Funkwhale <noreply@HOSTNAME>`", help="whom mail comes from"),
        Setting("EMAIL_SUBJECT_PREFIX", TEXT, "[Funkwhale] ", help="what subjects begin with"),
        Setting("MODERATION_EMAIL_NOTIFICATIONS_ENABLED", BOOL, "true",
                help="mail moderators of reports, and when somebody asks to be let in"),
        *_ignored("errors go to the log, and to nobody by mail", "SERVER_EMAIL"),
        Setting("LDAP_ENABLED", BOOL, ignored=NO_LDAP),
        *_ignored(NO_LDAP, "LDAP_SERVER_URI", "LDAP_ROOT_DN", "LDAP_BIND_DN", "LDAP_SEARCH_FILTER", "LDAP_START_TLS",
                  "AUTH_LDAP_BIND_AS_AUTHENTICATING_USER", "LDAP_USER_ATTR_MAP", "LDAP_GROUP_DN", "LDAP_GROUP_FILER",
                  "LDAP_REQUIRE_GROUP", "LDAP_DENY_GROUP"),
        Setting("LDAP_BIND_PASSWORD", TEXT, secret=True, ignored=NO_LDAP),
    ),
)  # fmt: skip

MEDIA: Final = Section(
    "Media: where they lie and how they travel",
    (
        Setting("MEDIA_ROOT", PATH, unset="`DATA/media`", help="folder of uploads, covers and transcodes"),
        Setting("MEDIA_URL", WEB_URL, unset="the pod's address and `/media/`", help="public base of images"),
        Setting("MEDIA_CLIENT_MAX_AGE", TIME, "1y", own=True, help="how long browsers keep images"),
        Setting("REVERSE_PROXY_TYPE", one_of("direct", "nginx", "apache2"), unset="`direct`",
                help="who sends audio: this server (`direct`), or the web server before it, told by "
                     "`X-Accel-Redirect` (`nginx`) or `X-Sendfile` (`apache2`)"),
        Setting("PROTECT_FILES_PATH", URL_PATH, "/_protected", help="internal location of nginx"),
        Setting("MUSIC_DIRECTORY_PATH", PATH, unset="nothing is used in place",
                help="folder below which files may be imported in place"),
        Setting("MUSIC_DIRECTORY_SERVE_PATH", PATH, unset="= `MUSIC_DIRECTORY_PATH`",
                help="the same folder as the web server before us sees it"),
        Setting("UPLOAD_MAX_SIZE", SIZE, own=True,
                unset="`NGINX_MAX_BODY_SIZE` when that is set; else `2g` in `direct` mode, `100m` behind a web server",
                help="largest body of an upload"),
        Setting("NGINX_MAX_BODY_SIZE", SIZE, help="the web server's limit; ours follows it"),
        Setting("ATTACHMENTS_UNATTACHED_PRUNE_DELAY", WAIT, "86400", help="age at which unused images are removed"),
        Setting("STORAGE_BUDGET_TRANSCODES", SIZE, own=True, unset="no limit",
                help="room for transcoded audio; over it, what was not heard for the longest time goes"),
        Setting("STORAGE_BUDGET_REMOTE_AUDIO", SIZE, own=True, unset="no limit",
                help="the same for copies of other pods' audio"),
        Setting("STORAGE_BUDGET_REMOTE_IMAGES", SIZE, own=True, unset="no limit",
                help="the same for copies of pictures from elsewhere"),
        Setting("REMOTE_IMAGE_CACHE_DAYS", whole(0, 36500), "0", own=True,
                help="days that copies of pictures from elsewhere are kept; `0`: for ever"),
        Setting("CREATE_IMAGE_THUMBNAILS", BOOL, "true", help="make the small versions of an image when it arrives"),
        Setting("THUMBNAIL_JPEG_RESIZE_QUALITY", whole(1, 100), "95", help="quality of those"),
        Setting("MIN_DELAY_BETWEEN_DOWNLOADS_COUNT", TIME, "21600",
                help="a listener counts once per upload in this time"),
        Setting("SUBSONIC_DEFAULT_TRANSCODING_FORMAT", TEXT, "mp3",
                help="what Subsonic apps get that ask for a lower bitrate and no format; "
                     "`none`: the file as it is"),
        Setting("SUBSONIC_TRANSCODES_PER_USER", whole(1, 1000), "8", own=True,
                help="how many transcodes run for one user of Subsonic apps at the same time; `CELERYD_CONCURRENCY` "
                     "holds for all together"),
        Setting("PROXY_MEDIA", BOOL, "true",
                help="audio that lies in an object store is sent by this server; `false`: players are redirected to "
                     "the store, by signed URLs"),
        Setting("EXTERNAL_MEDIA_PROXY_ENABLED", BOOL, "true",
                help="pictures of other servers are fetched when somebody first looks, and sent by this one; `false`: "
                     "whoever looks is sent there"),
        *_ignored("the page's files are served by this server itself", "STATIC_ROOT", "STATIC_URL"),
    ),
)  # fmt: skip

STORE: Final = Section(
    "Object store",
    (
        Setting("AWS_ACCESS_KEY_ID", TEXT, secret=True, unset="media lie on the local disk",
                help="the switch: with it, all media lie in the bucket named below"),
        Setting("AWS_SECRET_ACCESS_KEY", TEXT, secret=True, help="belongs to it; must be set with it"),
        Setting("AWS_SESSION_TOKEN", TEXT, secret=True, help="of temporary credentials"),
        Setting("AWS_STORAGE_BUCKET_NAME", BUCKET, help="the bucket; must be set, and exist"),
        Setting("AWS_LOCATION", LOCATION, unset="the bucket itself",
                help="folder in the bucket; never change it once there are media"),
        Setting("AWS_S3_ENDPOINT_URL", WEB_URL, unset="AWS", help="where a compatible store is"),
        Setting("AWS_S3_REGION_NAME", REGION, unset="`us-east-1`, until the store names another",
                help="region to sign for"),
        Setting("AWS_S3_CUSTOM_DOMAIN", HOST_NAME, help="host at which clients find public pictures, unsigned"),
        Setting("AWS_QUERYSTRING_AUTH", BOOL, unset="the opposite of `PROXY_MEDIA`",
                help="clients are given signed URLs for public pictures"),
        Setting("AWS_QUERYSTRING_EXPIRE", whole(1, 604_800), "3600",
                help="seconds that a signed URL lives, at most 7 days"),
        Setting("AWS_DEFAULT_ACL", one_of(*CANNED), unset="none is sent", help="canned ACL of public media"),
        Setting("AWS_AUDIO_ACL", one_of(*CANNED), own=True,
                unset="`private` when `AWS_DEFAULT_ACL` lets strangers read, else none",
                help="canned ACL of everything else"),
        Setting("AWS_S3_ADDRESSING_STYLE", one_of("auto", "path", "virtual"), "auto", own=True,
                help="the bucket in the path or in the host name; `auto`: in the name for AWS, in the path elsewhere"),
        Setting("AWS_S3_VERIFY", BOOL, "true", own=True, help="the store's certificate must be right"),
        Setting("AWS_S3_CA_BUNDLE", PATH, own=True, unset="the system's", help="file of certificates to believe in"),
        Setting("S3_CONNECT_TIMEOUT", WAIT, "5", own=True, help="longest wait for a connection"),
        Setting("S3_READ_TIMEOUT", WAIT, "20", own=True, help="longest silence of the store"),
        Setting("S3_MAX_CONNECTIONS", whole(1, 1024), "32", own=True, help="connections of one process"),
        Setting("S3_RETRIES", whole(0, 20), "4", own=True, help="tries after the first"),
        Setting("S3_MULTIPART_THRESHOLD", SIZE, "16m", own=True, help="size from which files are sent in parts"),
        Setting("S3_PART_SIZE", SIZE, "8m", own=True, help="size of those, 5m at least; larger files have larger ones"),
        Setting("S3_CHECKSUMS", one_of("auto", "on", "off"), "auto", own=True,
                help="`auto`: `Content-MD5`; `on`: `x-amz-checksum-sha256` too; `off`: for stores that take neither"),
        Setting("S3_FORCE_SINGLE_REQUEST", BOOL, "false", own=True,
                help="read files as a whole, for stores that cannot send parts of them"),
        Setting("S3_NGINX_DIRECT", BOOL, "false", own=True,
                help="behind nginx (`REVERSE_PROXY_TYPE`), have it fetch audio from the store by itself"),
        Setting("MEDIA_LOCAL_FIRST", BOOL, "true", own=True, help="look for files in `MEDIA_ROOT` before the store"),
        *_ignored("an object is never held in memory", "AWS_S3_MAX_MEMORY_SIZE"),
        Setting("MEDIA_CACHE_PATH", PATH, own=True, unset="nothing of the store is kept on this disk",
                help="folder for copies of what is heard and seen, so that the store need not be asked each time"),
        Setting("MEDIA_CACHE_MAX_SIZE", SIZE, "10g", own=True, help="how large that folder may become, 100m at least"),
        Setting("MEDIA_CACHE_MIN_FREE", SIZE, "1g", own=True, help="room that must stay free on its disk"),
        Setting("MEDIA_CACHE_INACTIVE", WAIT, "48h", own=True, help="copies that nobody asked for in this time go"),
        Setting("MEDIA_CACHE_VALID", WAIT, "48h", own=True, help="how long a copy is used without asking the store"),
        Setting("MEDIA_CACHE_STALE_MAX", TIME, "30d", own=True, help="and for how long while the store is away"),
        Setting("MEDIA_CACHE_NEGATIVE", TIME, "10s", own=True, help="how long it is known that a file is not there"),
        Setting("MEDIA_CACHE_SLICE", SIZE, "1m", own=True, help="what is fetched and checked as one, 64k to 64m"),
        Setting("MEDIA_CACHE_LOCK_TIMEOUT", WAIT, "10s", own=True,
                help="silence of another process that fetches, after which one fetches oneself"),
    ),
)  # fmt: skip

MUSIC: Final = Section(
    "Music and tags",
    (
        Setting("TAGS_MAX_BY_OBJ", whole(0, 1000), "30", help="further genre tags of a file are left out"),
        Setting("ADD_ALBUM_TAGS_FROM_TRACKS", BOOL, "true",
                help="Thursdays at 4 o'clock UTC, albums of ours without tags get those that all their tracks have"),
        Setting("ADD_ARTIST_TAGS_FROM_TRACKS", BOOL, "true", help="and so do artists"),
        *_ignored("MusicBrainz is not asked", "MUSICBRAINZ_HOSTNAME", "MUSICBRAINZ_CACHE_DURATION"),
        *_ignored("texts are rendered in one way", "MARKDOWN_EXTENSIONS", "LINKINFIER_SUPPORTED_TLDS"),
        Setting("TYPESENSE_API_KEY", TEXT, secret=True, ignored="search is done by PostgreSQL"),
        *_ignored("search is done by PostgreSQL", "TYPESENSE_HOST", "TYPESENSE_PORT", "TYPESENSE_PROTOCOL",
                  "TYPESENSE_NUM_TYPO"),
    ),
)  # fmt: skip

SUBSONIC: Final = Section(
    "Subsonic apps",
    (
        Setting("SUBSONIC_SERVER_TYPE", one_of("fwtwisted", "funkwhale"), "fwtwisted", own=True,
                help="what the server calls itself, for apps that behave by it"),
        Setting("SUBSONIC_TOKEN_LOGIN", BOOL, "true", own=True,
                help="apps may sign in by a token, made of the Subsonic password and a salt"),
        Setting("SUBSONIC_PASSWORD_LOGIN", BOOL, "true", own=True,
                help="apps may send the Subsonic password as it is; without both, only keys of single apps let in"),
        Setting("SUBSONIC_IGNORED_ARTICLES", TEXT, "The El La Los Las Le Les Os As O A", own=True,
                help="words that do not count where artists are put in order; `none`: every word does"),
        Setting("SUBSONIC_CHAT", BOOL, "true", own=True, help="people on the pod may chat in their apps"),
        Setting("SUBSONIC_PLACEHOLDERS", BOOL, "false", own=True,
                help="apps that ask for the picture of something that has none get a drawing, not an error"),
        Setting("SUBSONIC_SHARES", BOOL, "true", own=True,
                help="people may show music to outsiders, at addresses that nobody can guess"),
        Setting("SUBSONIC_SOUNDS", one_of("local", "all", "none"), "local", own=True,
                help="listen to files in the background, to tell which songs sound alike: those on this machine's "
                     "disks, `all`: each of an object store as well, fetched once, or `none`"),
        Setting("SUBSONIC_JUKEBOX", BOOL, "false", own=True,
                help="apps may have this machine play, by the program `mpv`; needs a pod of one web process"),
        Setting("SUBSONIC_JUKEBOX_OUTPUT", TEXT, "", own=True,
                help="where it plays to, as mpv's option `ao` names it: `alsa`, `pulse`, `pipewire`, `null`, …"),
    ),
)  # fmt: skip

LIMITS: Final = Section(
    "Rate limits",
    (
        Setting("THROTTLING_ENABLED", BOOL, "true", help="count requests, and refuse too many"),
        Setting("THROTTLING_RATES", RATES, "", help="other rates than the usual ones, `login=30/h,signup=5/d`"),
        *_ignored("there is one way of counting", "THROTTLE_CLASSES"),
    ),
)  # fmt: skip

OUTSIDE: Final = Section(
    "Other servers, and podcasts",
    (
        Setting("FEDERATION_SERVICE_ACTOR_USERNAME", TEXT, "service",
                help="name of the pod's own actor, which owns the feeds of other servers; never changed later"),
        Setting("FEDERATION_AUTHORIZED_FETCH", BOOL, "false", own=True,
                help="other servers read documents of ours only when they say who they are, by a signature; actors, "
                     "WebFinger and NodeInfo stay open"),
        Setting("FEDERATION_AUDIO_ATTACHMENT", BOOL, "true", own=True,
                help="what channels publish carries its file as an attachment, too, up to 40 MB: Mastodon then shows "
                     "a player"),
        Setting("FEDERATION_SOFTWARE_NAME", TEXT, "fwtwisted", own=True,
                help="what this program calls itself in NodeInfo"),
        Setting("FEDERATION_COLLECTION_MAX_PAGES", whole(1, 1000), "5",
                help="pages that are read of what a channel elsewhere published before somebody here found it"),
        Setting("FEDERATION_OBJECT_FETCH_DELAY", whole(1, 10_000_000), "4320",
                help="how old, in minutes, what is known of an artist, an album or a track elsewhere may be before "
                     "its server is asked again for somebody who looks at it"),
        Setting("FEDERATION_DUPLICATE_FETCH_DELAY", WAIT, "3000",
                help="for so long, who has an address looked up again gets what was found before"),
        Setting("FEDERATION_NOTE_SOFTWARE", LIST, "gotosocial", own=True,
                help="programs, as their servers' nodeinfo names them, that take no audio: followers there are sent a "
                     "note with a link instead"),
        Setting("FEDERATION_TELL_DEEDS", BOOL, "true", own=True,
                help="what people like and hear is told to their followers on other servers, where their account lets "
                     "followers or everybody know of it"),
        Setting("FEDERATION_DELIVERY_HASTE", whole(1, 100000), "1", own=True,
                help="all waits before something is sent again to another server are divided by it. For tests"),
        Setting("FEDERATION_DELIVERY_PROCESSES", whole(0, 64), own=True, unset="as many as the machine has cores",
                help="child processes that sign and send, when more than a handful is to be sent to other servers. "
                     "Several servers on one machine with one data folder have one each and share the others. 0: none, "
                     "the server does it itself"),
        Setting("NODEINFO_REFRESH_DELAY", WAIT, "86400",
                help="how old what is known of another server may be before it is asked again"),
        Setting("SCHEDULE_FEDERATION_REFRESH_NODEINFO_KNOWN_NODES", BEAT, "minute=0,hour=*",
                help="when servers of which that is so are looked for"),
        Setting("SCHEDULE_FEDERATION_CHECK_INTANCES_AVAILABILITY", BEAT, "minute=0,hour=*",
                help="when it is seen which of the known servers answer"),
        Setting("EXTERNAL_REQUESTS_VERIFY_SSL", BOOL, "true", help="check the certificates of other servers"),
        Setting("EXTERNAL_REQUESTS_CA_BUNDLE", PATH, own=True, unset="none",
                help="file of certificates to believe in beside the system's, when other servers are asked"),
        Setting("EXTERNAL_REQUESTS_TIMEOUT", WAIT, "10s",
                help="patience with other servers: to connect, and between two pieces of an answer; three times as "
                     "long for the whole of it"),
        Setting("FEDERATION_ALLOW_PRIVATE", LIST, "", own=True,
                help="hosts that are asked although they are private, have a number for a name, or speak plain HTTP: "
                     "names or addresses, each with or without `:port`, matched exactly. For tests and closed "
                     "networks; whatever listens there can be reached by anybody who may give us addresses"),
        Setting("FEDERATION_AUDIO_MAX_SIZE", SIZE, "1g", own=True,
                help="audio files of other servers that are larger are not brought here, so that nobody hears them"),
        Setting("FUNKWHALE_PLUGIN_SCROBBLER_LASTFM_API_KEY", TEXT, "",
                help="this pod's registration at Last.fm: people may then scrobble there without a server of their "
                     "own choice"),
        Setting("FUNKWHALE_PLUGIN_SCROBBLER_LASTFM_API_SECRET", TEXT, "", secret=True, help="and its secret"),
        Setting("PODCASTS_THIRD_PARTY_VISIBILITY", one_of("me", "instance", "everyone"), "me",
                help="who may hear a feed of another server that somebody subscribed to; `me`: its subscribers"),
        Setting("PODCASTS_RSS_FEED_REFRESH_DELAY", WAIT, "86400", help="how often such a feed is asked for"),
        Setting("PODCASTS_RSS_FEED_MAX_ITEMS", whole(1, 10000), "250", help="episodes kept of one feed"),
    ),
)  # fmt: skip

OTHERS: Final = Section(
    "Federation, plugins",
    (
        *_ignored("handles end in `FUNKWHALE_HOSTNAME`, where the pod is", "FEDERATION_HOSTNAME"),
        *_ignored("who looks something up waits for it, within the patience for other servers",
                  "FEDERATION_SYNCHRONOUS_FETCH"),
        *_ignored("an actor's key is replaced two days after a Delete", "ACTOR_KEY_ROTATION_DELAY"),
        *_ignored("the plugins that there are are built in", "FUNKWHALE_PLUGINS", "FUNKWHALE_LOAD_CORE_PLUGINS",
                  "FUNKWHALE_PLUGINS_PATH"),
        *_ignored("`/health/ready` and the log say how the server does", "METRICS_LISTEN"),
    ),
)  # fmt: skip

WEB_APP: Final = Section(
    "Web app and embedding",
    (
        Setting("FUNKWHALE_SPA_HTML_ROOT", PATH_OR_URL, unset="the page that is built in",
                help="another web app: the folder that holds its `index.html` (or the path of that file), which is "
                     "then served whole; or the URL at which another web server has it, from which only the page is "
                     "taken, to be sent with our additions"),
        Setting("FUNKWHALE_SPA_HTML_CACHE_DURATION", WAIT, "900", help="how long a page taken from a URL is good"),
        Setting("FUNKWHALE_SPA_REWRITE_MANIFEST", BOOL, "true",
                help="put the pod's name and manifest into the page"),
        Setting("FUNKWHALE_SPA_REWRITE_MANIFEST_URL", WEB_URL,
                unset="the pod's address and `/api/v1/instance/spa-manifest.json`",
                help="another manifest to put there"),
        Setting("FUNKWHALE_EMBED_URL", WEB_URL, unset="the pod's address and `/embed.html`",
                help="the page that plays within pages of others"),
    ),
)  # fmt: skip

SECTIONS: Final = (
    GENERAL,
    PROCESSES,
    LOGGING,
    DATABASE,
    ACCOUNTS,
    MEDIA,
    STORE,
    MUSIC,
    SUBSONIC,
    LIMITS,
    WEB_APP,
    OUTSIDE,
    OTHERS,
)
SETTINGS: Final[dict[str, Setting]] = {row.name: row for section in SECTIONS for row in section.rows}

# A name of this beginning that is in no row is most likely a slip of the pen.
PREFIXES: Final = (
    "ACCOUNT_", "AWS_QUERYSTRING_", "AWS_S3_", "AWS_STORAGE_", "CACHE", "CELERY", "DATABASE_", "DJANGO_", "FEDERATION_",
    "FUNKWHALE_", "LDAP_", "MEDIA_", "MUSIC_", "PODCASTS_", "S3_", "SUBSONIC_", "THROTTL", "TYPESENSE_", "UPLOAD_",
)  # fmt: skip
# Settings of other programs, which may stand in our environment as well.
KNOWN_ELSEWHERE: Final = ("CACHE_DIRECTORY", "FUNKWHALE_CLI_", "FUNKWHALE_PLUGIN_")


def unknown(names: Iterator[str] | list[str]) -> list[str]:
    """Those names that look like settings and are none."""
    rows = set(SETTINGS) | {f"{row.name}_FILE" for row in SETTINGS.values() if row.secret}
    return sorted(
        name
        for name in names
        if name.startswith(PREFIXES) and name not in rows and not name.startswith(KNOWN_ELSEWHERE)
    )
