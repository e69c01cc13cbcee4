"""Settings are read as people wrote them, and what cannot work is said in one sentence."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.config import Config, ConfigError, Reading, footing, kept_secret_key, parts, read_config
from fwtwisted.config.checking import checked, shown_lines
from fwtwisted.config.envfile import as_compose, as_systemd, parsed
from fwtwisted.config.forms import BOOL, HOST_NAME, LIST, RATES, SIZE, TIME, Form
from fwtwisted.config.rules import config_of
from fwtwisted.config.table import SETTINGS, unknown
from fwtwisted.logs import LogSettings
from fwtwisted.web.transfer import FrontKind

DATA = "/nowhere/data"
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=60)


def quoted(value: str) -> str:
    """
    The value written so that both programs read it back.

    :raise ValueError: when there is no such way: the value holds a single quote and ``$`` or a backquote, or NUL.
    """
    if re.fullmatch(r"[A-Za-z0-9_./:@%+,=-]*", value):
        return value
    if not re.search(r"['\0\r]|(?<!\\)(?:\\\\)*\\\Z", value):
        return f"'{value}'"
    if not re.search(r"[$`\0\r]", value):
        return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    raise ValueError("no quoting means the same to both")


class FormTests(SynchronousTestCase):
    """How single values are written."""

    def read(self, form: Form, *texts: str) -> list[Any]:
        """What the form makes of the texts."""
        return [form.read(text) for text in texts]

    def test_bools(self) -> None:
        """Four words each way, in any case."""
        self.assertEqual([True] * 5, self.read(BOOL, "true", "1", "Yes", "ON", " true "))
        self.assertEqual([False] * 4, self.read(BOOL, "false", "0", "No", "OFF"))
        self.assertRaises(ValueError, BOOL.read, "maybe")

    def test_lists(self) -> None:
        """Items are trimmed, empty ones dropped."""
        self.assertEqual(("a", "b c"), LIST.read(" a, b c ,,"))

    def test_sizes_and_times(self) -> None:
        """Sizes count by 1024, times in seconds; other letters are refused."""
        self.assertEqual([5, 1024, 100 * 2**20, 2**31, 1536], self.read(SIZE, "5", "1k", "100M", "2g", "1.5K"))
        self.assertEqual([2**20, 2**20], self.read(SIZE, "1MB", "1MiB"))
        self.assertEqual([90, 30, 120, 172800, 31536000], self.read(TIME, "90", "30s", "2m", "48h", "1y"))
        for form, text in ((SIZE, "1x"), (SIZE, "-1"), (TIME, "1w"), (TIME, ""), (SIZE, "9" * 400)):
            self.assertRaises(ValueError, form.read, text)

    def test_rates(self) -> None:
        """The first letter of the period counts."""
        self.assertEqual({"login": (30, 3600), "signup": (5, 86400)}, RATES.read("login=30/hour,signup=5/d"))
        self.assertRaises(ValueError, RATES.read, "login=30")

    def test_host_names(self) -> None:
        """A bare name, with a port if need be; other scripts in their ASCII form."""
        self.assertEqual(
            ["pod.example", "pod.example:8080", "xn--mnchen-3ya.example"],
            self.read(HOST_NAME, "Pod.Example.", "pod.example:8080", "München.example"),
        )
        for wrong in ("https://pod.example", "pod.example/x", "a b", "", "." * 5, "ß" * 300):
            self.assertRaises(ValueError, HOST_NAME.read, wrong)

    @given(st.sampled_from(list(SETTINGS.values())), TEXTS)
    def test_any_text_is_read_or_refused(self, row: Any, text: str) -> None:
        """A form never fails in another way."""
        with contextlib.suppress(ValueError):
            row.form.read(text)


class EnvFileTests(SynchronousTestCase):
    """Files mean what systemd says, and where Docker says otherwise people hear of it."""

    def test_plain_lines(self) -> None:
        """Comments, blank lines and blanks around are no part of a value."""
        file = parsed("\ufeff# hello\n\nA=1\n  B = two words  \r\nC=\nD='x # y'\nE=\"a b\"\n")
        self.assertEqual({"A": "1", "B": "two words", "C": "", "D": "x # y", "E": "a b"}, file.values)
        self.assertEqual((), file.warnings)

    def test_differences_are_told(self) -> None:
        """Each line of the module's table: systemd's reading, and a warning that names the setting."""
        for line, ours, theirs in (
            ("A=b # c", "b # c", "b"),
            ("A=b\\c", "bc", "b\\c"),
            ('A="b\\nc"', "b\\nc", "b\nc"),
            ('A="b" c', "bc", None),
            ("A=b$C", "b$C", None),
            ("export A=b", None, "b"),
        ):
            self.assertEqual(ours, as_systemd(line).get("A"), line)
            self.assertEqual(theirs, as_compose(line).get("A"), line)
            self.assertIn("A is read", "".join(parsed(line).warnings), line)

    def test_systemd_oddities(self) -> None:
        """Joined lines, several quoted pieces, quotes over lines, the last assignment of a name."""
        self.assertEqual({"A": "onetwo"}, as_systemd("A=one\\\ntwo"))
        self.assertEqual({"A": "one two"}, as_systemd("A='one 'two"))
        self.assertEqual({"A": "x\ny", "B": "1"}, as_systemd('A="x\ny"\nB=1'))
        self.assertEqual({"A": "2"}, as_systemd("A=1\nA=2\n; A=3\nno assignment\n1A=4"))
        self.assertEqual({"A": 'say "$x"'}, as_systemd('A="say \\"\\$x\\""'))

    def test_warnings_hold_no_value(self) -> None:
        """What is told of a difference could be pasted anywhere."""
        self.assertNotIn("hunter2", "".join(parsed("DATABASE_PASSWORD=hunter2 # mine").warnings))

    @given(TEXTS)
    def test_any_text_is_a_file(self, text: str) -> None:
        """No text breaks the reading."""
        parsed(text)

    @given(st.lists(st.sampled_from(list("AB= '\"\\\n#;$ x\t"))))
    def test_any_mixture_of_marks_is_a_file(self, marks: list[str]) -> None:
        """The characters that mean something, in any order."""
        parsed("".join(marks))

    @given(NAMES, TEXTS)
    def test_quoted_values_come_back(self, name: str, value: str) -> None:
        """What we quote, both programs read alike, and as it was."""
        try:
            line = f"{name}={quoted(value)}\n"
        except ValueError:
            return
        self.assertEqual({name: value}, as_systemd(line))
        self.assertEqual({name: value}, as_compose(line))


class Recorded(Mapping[str, Any]):
    """Values that remember which were asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values_, self.asked = values, set[str]()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


class ReadingTests(SynchronousTestCase):
    """Environment, file, defaults, and what they add up to."""

    def read(self, file: str | None = None, **environ: str) -> Reading:
        """Read with an environment and perhaps the text of a file."""
        folder = self.mktemp()
        os.mkdir(folder)
        if file is not None:
            with open(os.path.join(folder, ".env"), "w", encoding="utf-8") as stream:
                stream.write(file)
        return read_config(environ, data=DATA, folder=folder)

    def refused(self, **environ: str) -> str:
        """The sentence that such settings are refused with."""
        return str(self.assertRaises(ConfigError, self.read, **environ))

    def test_nothing_needs_to_be_set(self) -> None:
        """With no setting at all there is a pod at home on this machine."""
        reading = self.read()
        config = reading.config
        self.assertEqual("http://localhost:5000", config.general.public_url)
        self.assertEqual(("localhost:5000", "localhost", "127.0.0.1", "[::1]"), config.general.hosts)
        self.assertEqual("tcp:5000:interface=127.0.0.1", config.processes.endpoint)
        self.assertIsNone(config.database.url)
        self.assertIsNone(config.database.cache_url)
        self.assertEqual("/nowhere/data/media", config.media.root)
        self.assertEqual("http://localhost:5000/media/", config.media.url)
        self.assertEqual("direct", config.media.proxy_type)
        self.assertEqual((), reading.notices)

    def test_environment_wins_over_the_file(self) -> None:
        """Also when it says nothing, loudly."""
        reading = self.read("LOGLEVEL=error\nMEDIA_ROOT=/a\nPASSWORD_MIN_LENGTH=9\n", LOGLEVEL="debug", MEDIA_ROOT="")
        self.assertEqual("debug", reading.config.logging.level)
        self.assertEqual("/nowhere/data/media", reading.config.media.root)
        self.assertEqual(9, reading.config.accounts.password_min_length)

    def test_a_named_file_must_be_there(self) -> None:
        """The command line's file, or ENV_FILE's, is not passed over in silence."""
        for environ, named in (({}, "/nowhere/a.env"), ({"ENV_FILE": "/nowhere/b.env"}, None)):
            error = self.assertRaises(ConfigError, read_config, environ, data=DATA, env_file=named)
            self.assertIn("cannot be read", str(error))

    def test_wrong_values_name_their_setting(self) -> None:
        """One sentence, with the name, without the value of a secret."""
        self.assertEqual("FUNKWHALE_API_PORT must be from 1 to 65535.", self.refused(FUNKWHALE_API_PORT="0"))
        self.assertEqual("DEBUG must be true or false.", self.refused(DEBUG="perhaps"))
        self.assertNotIn("hunter2", self.refused(DATABASE_URL="mysql://u:hunter2@h/d"))

    def test_what_cannot_be_at_once(self) -> None:
        """Contradictions stop the start."""
        self.assertIn("AWS_ACCESS_KEY_ID", self.refused(AWS_ACCESS_KEY_ID="x"))
        self.assertIn("FUNKWHALE_PROTOCOL", self.refused(FUNKWHALE_PROTOCOL="https"))
        self.assertIn("MUSIC_DIRECTORY_SERVE_PATH", self.refused(MUSIC_DIRECTORY_SERVE_PATH="/m"))
        self.assertIn("MEDIA_ROOT", self.refused(MUSIC_DIRECTORY_PATH="/m", MEDIA_ROOT="/m/media"))
        self.assertIn("THROTTLING_RATES", self.refused(THROTTLING_RATES="logn=1/h"))
        self.assertIn("DJANGO_SECRET_KEY", self.refused(DJANGO_SECRET_KEY="x", DJANGO_SECRET_KEY_FILE="/y"))

    def test_the_public_address(self) -> None:
        """Host name and protocol, else the URL, else here; the port of the endpoint counts for the last."""
        named = self.read(FUNKWHALE_HOSTNAME="Pod.Example", DJANGO_ALLOWED_HOSTS=".Example").config.general
        self.assertEqual("https://pod.example", named.public_url)
        self.assertEqual(("pod.example", ".example"), named.hosts)
        self.assertTrue(named.is_secure)
        by_url = self.read(FUNKWHALE_URL="http://pod.example:81/").config.general
        self.assertEqual("http://pod.example:81", by_url.public_url)
        here = read_config({}, data=DATA, folder="/nowhere", endpoints=["unix:/x", "tcp:8080:interface=::"]).config
        self.assertEqual("http://localhost:8080", here.general.public_url)

    def test_the_database(self) -> None:
        """The URL wins; the parts build one; containers have hosts of their own."""
        self.assertEqual("postgresql://u@h/d", self.read(DATABASE_URL="postgresql://u@h/d").config.database.url)
        parts = self.read(DATABASE_HOST="db", DATABASE_PASSWORD="p@ss/word").config.database
        self.assertEqual("postgresql://funkwhale:p%40ss%2Fword@db:5432/funkwhale", parts.url)
        socket = self.read(DATABASE_HOST="/run/postgresql").config.database
        self.assertEqual("postgresql://funkwhale:funkwhale@%2Frun%2Fpostgresql:5432/funkwhale", socket.url)
        docker = self.read(IS_DOCKER_SETUP="true").config.database
        self.assertEqual("postgresql://funkwhale:funkwhale@postgres:5432/funkwhale", docker.url)
        self.assertEqual("redis://redis:6379/0", docker.cache_url)

    def test_uploads_follow_the_web_server(self) -> None:
        """Generous alone, in step with a web server before us."""
        self.assertEqual(2 * 2**30, self.read().config.media.upload_max_bytes)
        self.assertEqual(100 * 2**20, self.read(REVERSE_PROXY_TYPE="nginx").config.media.upload_max_bytes)
        self.assertEqual(2**30, self.read(NGINX_MAX_BODY_SIZE="1g").config.media.upload_max_bytes)
        self.assertEqual(5, self.read(NGINX_MAX_BODY_SIZE="1g", UPLOAD_MAX_SIZE="5").config.media.upload_max_bytes)

    def test_the_web_app(self) -> None:
        """A folder, the path of its page, or a URL; other addresses follow the pod's."""
        name = "FUNKWHALE_SPA_HTML_ROOT"
        app = self.read(FUNKWHALE_HOSTNAME="pod.example").config.web_app
        self.assertEqual(
            (
                None,
                None,
                "https://pod.example/embed.html",
                "https://pod.example/api/v1/instance/spa-manifest.json",
                900,
            ),
            (app.folder, app.url, app.embed_url, app.manifest_url, app.fresh_seconds),
        )
        for text, folder, page, url in (
            ("/srv/front/", "/srv/front", "index.html", None),
            ("/srv/front/dist/app.html", "/srv/front/dist", "app.html", None),
            ("http://front/x/", None, "index.html", "http://front/x/"),
        ):
            app = self.read(**{name: text}).config.web_app
            self.assertEqual((folder, page, url), (app.folder, app.page, app.url), text)
        for text in ("front", "ftp://x/", "http://"):
            with self.assertRaisesRegex(ConfigError, name):
                self.read(**{name: text})

    def test_rates_are_the_usual_ones_with_changes(self) -> None:
        """Naming one scope leaves the others."""
        rates = self.read(THROTTLING_RATES="login=3/m").config.limits.rates
        self.assertEqual((3, 60), rates["login"])
        self.assertEqual((10, 86400), rates["signup"])

    def test_secrets_from_files(self) -> None:
        """The content of NAME_FILE without its line end; shown as stars like any secret."""
        path = self.mktemp()
        with open(path, "w", encoding="ascii") as stream:
            stream.write("s3cret\n")
        reading = self.read(DJANGO_SECRET_KEY_FILE=path)
        self.assertEqual("s3cret", reading.config.general.secret_key)
        shown = {row.name: row for row in reading.shown}
        self.assertEqual(("***", path), (shown["DJANGO_SECRET_KEY"].text, shown["DJANGO_SECRET_KEY"].origin))
        self.assertEqual(("info", "default"), (shown["LOGLEVEL"].text, shown["LOGLEVEL"].origin))

    def test_notices(self) -> None:
        """Slips of the pen and settings without effect are told; settings of other programs are not."""
        notices = "\n".join(
            self.read(
                FUNKWHALE_HOSTNMAE="x", MEDIA_ROOTS="y", PATH="/bin", DJANGO_SETTINGS_MODULE="z", LDAP_ENABLED="true"
            ).notices
        )
        self.assertIn("no such setting, ignored: FUNKWHALE_HOSTNMAE, MEDIA_ROOTS", notices)
        self.assertIn("DJANGO_SETTINGS_MODULE", notices)
        self.assertIn("log-in by LDAP is not offered", notices)
        self.assertNotIn("PATH,", notices)
        self.assertEqual(
            [], unknown(["CACHE_DIRECTORY", "DJANGO_SECRET_KEY_FILE", "FUNKWHALE_PLUGIN_SCROBBLER_LASTFM_API_KEY"])
        )

    STORE = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_STORAGE_BUCKET_NAME": "music"}

    def test_an_object_store(self) -> None:
        """Its switch is the key; audio's ACL follows the default one; a location loses its last slash."""
        self.assertIsNone(self.read(**{**self.STORE, "AWS_ACCESS_KEY_ID": ""}).config.store)
        store = self.read(**self.STORE).config.store
        assert store is not None
        self.assertEqual(
            ("https://music.s3.amazonaws.com", ()), (store.pod.settings.address.origin, store.client_origins)
        )
        self.assertEqual((None, None), (store.pod.settings.public_acl, store.pod.settings.private_acl))
        told = {"AWS_DEFAULT_ACL": "public-read", "AWS_LOCATION": "a/b/", "AWS_S3_CUSTOM_DOMAIN": "cdn.example"}
        store = self.read(**self.STORE, **told, AWS_S3_ENDPOINT_URL="http://h:9000", PROXY_MEDIA="false").config.store
        assert store is not None
        self.assertEqual(("a/b", "private"), (store.pod.settings.location, store.pod.settings.private_acl))
        self.assertEqual(("http://h:9000", "https://cdn.example"), store.client_origins)

    def test_an_object_store_that_cannot_work(self) -> None:
        """Each is refused with a sentence that names the setting, and no value that is secret."""
        for name, value in (
            ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_ACCESS_KEY_ID", "a\nb"),
            ("AWS_SESSION_TOKEN", "\x7f"), ("AWS_STORAGE_BUCKET_NAME", ""), ("AWS_STORAGE_BUCKET_NAME", "a/b"),
            ("AWS_LOCATION", "/a"), ("AWS_LOCATION", "a/../b"), ("AWS_QUERYSTRING_EXPIRE", "604801"),
            ("AWS_QUERYSTRING_EXPIRE", "0"), ("AWS_DEFAULT_ACL", "everybody"), ("AWS_AUDIO_ACL", "x"),
            ("AWS_S3_ENDPOINT_URL", "s3.example"), ("AWS_S3_ADDRESSING_STYLE", "dns"), ("S3_PART_SIZE", "1m"),
            ("S3_MULTIPART_THRESHOLD", "6g"), ("S3_RETRIES", "-1"), ("S3_CHECKSUMS", "maybe"), ("S3_READ_TIMEOUT", "0"),
        ):  # fmt: skip
            sentence = self.refused(**{**self.STORE, name: value})
            self.assertIn(name, sentence)
            self.assertNotIn("secret.", sentence)
        self.assertIn("604800", self.refused(**self.STORE, AWS_QUERYSTRING_EXPIRE="604801"))

    def test_keys_in_files(self) -> None:
        """Are read, and where they were is kept, so that they can be read again."""
        path = os.path.abspath(self.mktemp())
        with open(path, "w") as stream:
            stream.write("from a file\n")
        told = {name: value for name, value in self.STORE.items() if name != "AWS_SECRET_ACCESS_KEY"}
        store = self.read(**told, AWS_SECRET_ACCESS_KEY_FILE=path).config.store
        assert store is not None
        self.assertEqual("from a file", store.pod.settings.keys.secret_key)
        self.assertEqual((None, path), (store.pod.settings.files.access_key, store.pod.settings.files.secret_key))

    def test_media_cache(self) -> None:
        """Set, it is as large as told; what cannot work is named."""
        told = {**self.STORE, "MEDIA_CACHE_PATH": "/srv/cache"}
        store = self.read(**told, MEDIA_CACHE_MAX_SIZE="20g", MEDIA_CACHE_VALID="60d").config.store
        assert store is not None and store.cache is not None
        self.assertEqual(("/srv/cache", 20 << 30), (store.cache.path, store.cache.max_bytes))
        self.assertEqual(60 * 86_400.0, store.cache.stale_seconds)
        for name, value in (
            ("MEDIA_CACHE_SLICE", "1k"), ("MEDIA_CACHE_SLICE", "1g"), ("MEDIA_CACHE_MAX_SIZE", "1m"),
            ("MEDIA_CACHE_PATH", "here"), ("MEDIA_CACHE_INACTIVE", "0"),
        ):  # fmt: skip
            self.assertIn(name, self.refused(**{**told, name: value}))
        self.assertIn("MEDIA_CACHE_PATH", self.refused(**told, MEDIA_ROOT="/srv"))
        self.assertIn("MEDIA_CACHE_PATH", self.refused(**told, MEDIA_ROOT="/srv/cache/media"))

    def test_every_row_counts(self) -> None:
        """No setting is in the table as effective without being read."""
        values = {
            row.name: None if row.default is None else row.form.read(row.default)
            for row in SETTINGS.values()
            if not row.ignored
        }
        record = Recorded(values)
        config_of(record, DATA)
        config_of(Recorded(values | {"DATABASE_HOST": "x"}), DATA)
        keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_STORAGE_BUCKET_NAME"), "x")
        stored = Recorded(values | keys | {"MEDIA_CACHE_PATH": "/cache"})
        config_of(stored, DATA)
        self.assertEqual(set(values), (record.asked | stored.asked | {"DATABASE_NAME"}) & set(values))


class SecretKeyTests(SynchronousTestCase):
    """The key that nobody set."""

    def test_made_once_and_private(self) -> None:
        """The second call finds what the first one made, readable by its owner alone."""
        folder = self.mktemp()
        os.mkdir(folder)
        key = kept_secret_key(folder)
        self.assertGreaterEqual(len(key), 50)
        self.assertEqual(key, kept_secret_key(folder))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(os.path.join(folder, "secret_key")).st_mode))
        self.assertEqual(["secret_key"], os.listdir(folder))

    def test_a_broken_one_is_not_replaced(self) -> None:
        """An emptied file is the operator's to look at; a new key would sign everybody out."""
        folder = self.mktemp()
        os.mkdir(folder)
        with open(os.path.join(folder, "secret_key"), "w", encoding="ascii"):
            pass
        self.assertRaises(ConfigError, kept_secret_key, folder)

    def test_a_folder_that_cannot_be_used(self) -> None:
        """The sentence names the setting that would help."""
        self.assertIn("DJANGO_SECRET_KEY", str(self.assertRaises(ConfigError, kept_secret_key, "/nowhere")))


class PartsTests(SynchronousTestCase):
    """What was set arrives at the parts."""

    def config(self, **environ: str) -> Config:
        """Settings of an environment alone."""
        return read_config(environ, data=DATA, folder="/nowhere").config

    def test_without_any_setting(self) -> None:
        """Every part can be built from nothing."""
        config = self.config()
        self.assertEqual(LogSettings("info", "text", "web"), parts.log_settings(config, "web"))
        self.assertEqual(frozenset({"localhost", "127.0.0.1", "::1"}), parts.site_settings(config).hosts)
        self.assertEqual(FrontKind.DIRECT, parts.front(config).kind)
        self.assertIsNone(footing.cache_settings(config).redis)
        self.assertEqual(2 * 2**30, parts.intake_settings(config).body_limit)
        self.assertEqual(("http://localhost", "localhost"), (footing.pod(config).url, footing.pod(config).domain))
        elsewhere = self.config(FUNKWHALE_API_PORT="6000")
        self.assertEqual(
            footing.pod(config), footing.pod(elsewhere), "ids do not depend on where a nameless pod listens"
        )
        self.assertIn("flac", parts.about(config).extensions)
        self.assertFalse(parts.cookies(config).secure)
        self.assertEqual(60, parts.worker_settings(config).lease_seconds)
        self.assertEqual("host=x", footing.database_settings(config, "host=x").dsn)
        self.assertEqual(30, parts.importing_settings(config).most_tags)
        self.assertEqual((30, 3600), parts.limits_settings(config).rates["login"])
        self.assertTrue(parts.pictures(config).renditions)

    def test_with_settings(self) -> None:
        """Each value lands where it belongs."""
        config = self.config(
            FUNKWHALE_HOSTNAME="pod.example",
            CACHE_URL="redis://:pw@cache:7/2",
            CELERYD_CONCURRENCY="3",
            THROTTLING_RATES="login=5/m",
            NUM_PROXIES="2",
            TRUSTED_PROXIES="10.0.0.0/8",
            PASSWORD_MIN_LENGTH="12",
            REVERSE_PROXY_TYPE="nginx",
            MUSIC_DIRECTORY_PATH="/music/",
            MUSIC_DIRECTORY_SERVE_PATH="/srv/music",
            SESSION_COOKIE_AGE="1h",
        )
        redis = footing.cache_settings(config).redis
        assert redis is not None
        self.assertEqual(("cache", 7, 2), (redis.host, redis.port, redis.database))
        self.assertEqual(3, parts.ffmpeg_settings(config).width)
        self.assertEqual(3, parts.password_settings(config).at_once)
        self.assertEqual(3600, parts.signin_settings(config).session_seconds)
        self.assertEqual((5, 60), parts.limits_settings(config).rates["login"])
        self.assertEqual(2, parts.site_settings(config).trust.hops)
        self.assertEqual(12, parts.accounts_settings(config).rules.min_length)
        front = parts.front(config)
        self.assertEqual(("/music", "/srv/music"), (front.music_root, front.music_serve_root))
        self.assertEqual(frozenset({"pod.example"}), parts.csrf_guard(config).hosts)
        self.assertTrue(parts.cookies(config).secure)

    def test_limits_can_be_off(self) -> None:
        """Then one may try as often as one likes."""
        self.assertFalse(parts.limits_settings(self.config(THROTTLING_ENABLED="false")).enabled)

    def test_a_cache_that_cannot_be(self) -> None:
        """Is told without its password."""
        with self.assertRaises(ConfigError) as caught:
            self.config(CACHE_URL="redis://:hunter2@host:7/many")
        self.assertIn("CACHE_URL", str(caught.exception))
        self.assertNotIn("hunter2", str(caught.exception))


class CheckingTests(SynchronousTestCase):
    """What the operator is told about the settings."""

    def reading(self, **environ: str) -> Reading:
        """Settings with a data folder of this test's own."""
        return read_config(environ, data=self.mktemp(), folder="/nowhere")

    def test_shown(self) -> None:
        """Every effective setting in a line, secrets as stars, with its origin."""
        lines = "\n".join(shown_lines(self.reading(DATABASE_PASSWORD="hunter2", LOGLEVEL="error")))
        self.assertNotIn("hunter2", lines)
        self.assertRegex(lines, r"DATABASE_PASSWORD +\*\*\*  \(environment\)")
        self.assertRegex(lines, r"LOGLEVEL +error  \(environment\)")
        self.assertRegex(lines, r"LOG_FORMAT +text  \(default\)")
        self.assertNotIn("LDAP_SERVER_URI", lines)

    def test_a_fresh_machine_is_well(self) -> None:
        """Folders that are not there yet can be made."""
        outcomes = {outcome.name: outcome for outcome in checked(self.reading().config)}
        self.assertTrue(outcomes["data folder"].is_well)
        self.assertIn("to be made", outcomes["MEDIA_ROOT"].text)
        self.assertNotIn("MUSIC_DIRECTORY_PATH", outcomes)

    def test_mail_that_cannot_leave(self) -> None:
        """Is told when nobody is let in whose address is not confirmed."""
        enforced = {"ACCOUNT_EMAIL_VERIFICATION_ENFORCE": "true"}
        for config, well in (("consolemail://", False), ("dummymail://", False), ("smtp+tls://a:b@mail.example", True)):
            reading = self.reading(EMAIL_CONFIG=config, **enforced)
            outcomes = {outcome.name: outcome for outcome in checked(reading.config)}
            self.assertIs(well, outcomes["EMAIL_CONFIG"].is_well)
            self.assertNotIn("a:b", outcomes["EMAIL_CONFIG"].text)

    def test_mail_settings(self) -> None:
        """The sender follows from the host name; what cannot be is told without the password."""
        letters = self.reading(FUNKWHALE_HOSTNAME="music.example:8443").config.letters
        self.assertEqual(("Funkwhale", "noreply@music.example"), (letters.sender.name, letters.sender.address))
        self.assertEqual("[Funkwhale] ", letters.prefix)
        for wrong in ({"EMAIL_CONFIG": "smtp://a:secret@host:x"}, {"DEFAULT_FROM_EMAIL": "secret"}):
            with self.assertRaises(ConfigError) as caught:
                self.reading(**wrong)
            self.assertTrue(str(caught.exception).startswith(next(iter(wrong))))
            self.assertNotIn("secret", str(caught.exception))

    def test_a_web_app_that_is_not_there(self) -> None:
        """It is told with the path of its page."""
        found = {one.name: one for one in checked(self.reading(FUNKWHALE_SPA_HTML_ROOT="/nowhere/front").config)}
        outcome = found["FUNKWHALE_SPA_HTML_ROOT"]
        self.assertEqual((False, "/nowhere/front/index.html cannot be read"), (outcome.is_well, outcome.text))

    def test_folders_that_cannot_be(self) -> None:
        """A file where a folder should be, and a folder that is not there."""
        path = os.path.abspath(self.mktemp())
        with open(path, "w", encoding="ascii"):
            pass
        config = self.reading(MEDIA_ROOT=f"{path}/media", MUSIC_DIRECTORY_PATH="/nowhere/music").config
        ill = {outcome.name for outcome in checked(config) if not outcome.is_well}
        self.assertLessEqual({"MEDIA_ROOT", "MUSIC_DIRECTORY_PATH"}, ill)
