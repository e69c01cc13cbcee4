"""Lines are true, single, and keep secrets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from hypothesis import given
from hypothesis import strategies as st
from twisted.logger import ILogObserver, LogEvent, Logger, LogPublisher
from twisted.python import log as legacy
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from fwtwisted.logs import LogFile, LogSettings, observer, redacted

SECRETS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_.~!*$/+", min_size=10, max_size=40)
LOG_TIME = 1_800_000_000.25


class Unprintable:
    """Something whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class LogsCase(SynchronousTestCase):
    """A logger, and what it wrote."""

    def logger(self, form: str = "text", level: str = "debug", role: str = "web") -> Logger:
        """A logger whose lines are kept."""
        self.stream = io.StringIO()
        lines = observer(LogSettings(level, form, role), self.stream)
        self.now = LOG_TIME

        @implementer(ILogObserver)
        def at_our_time(event: LogEvent) -> None:
            lines({**event, "log_time": self.now})

        return Logger(namespace="tests", observer=LogPublisher(at_our_time))

    @property
    def text(self) -> str:
        """All that was written."""
        return self.stream.getvalue()

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The JSON lines."""
        return [orjson.loads(line) for line in self.text.splitlines()]


class TextTests(LogsCase):
    """Lines for people."""

    def test_a_line_tells_all(self) -> None:
        """Time in UTC, level, role, event name, the sentence, the request."""
        self.logger().info("{what} done", event="test.done", what="work", request="r1")
        self.assertEqual("2027-01-15T08:00:00.250Z info    [web] test.done: work done request=r1\n", self.text)

    def test_levels_below_are_dropped(self) -> None:
        """Nothing of them remains."""
        log = self.logger(level="warning")
        log.info("small")
        log.warn("large")
        self.assertIn("large", self.text)
        self.assertNotIn("small", self.text)

    def test_one_event_is_one_line(self) -> None:
        """Line breaks from outside cannot forge a line."""
        self.logger().info("path {path}", path="/x\n2027-01-15T08:00:00Z info forged\r\u2028\ud800")
        self.assertEqual(1, len(self.text.splitlines()))
        self.assertIn("\\n2027", self.text)

    def test_tracebacks_are_set_in(self) -> None:
        """The lines of a traceback cannot be taken for lines of the log."""
        log = self.logger()
        try:
            raise ValueError("first\nsecond password='hunter2'")
        except ValueError:
            log.failure("broke", event="test.broke")
        head, *rest = self.text.splitlines()
        self.assertIn("critical [web] test.broke: broke", head)
        self.assertTrue(rest)
        self.assertTrue(all(line.startswith("    ") for line in rest))
        self.assertNotIn("hunter2", self.text)

    def test_what_cannot_be_shown_is_no_trouble(self) -> None:
        """Odd fields and wrong formats still make a line, in both forms."""
        for form in ("text", "json"):
            log = self.logger(form)
            log.info("{thing}", thing=Unprintable(), deep={"a": [{"b": [1, {"c": object()}]}]}, huge=2**70)
            log.info("{no such field!r:>>>}")
            self.assertEqual(2, len(self.text.splitlines()))

    def test_a_closed_stream_is_no_trouble(self) -> None:
        """Logging goes on, into nothing."""
        log = self.logger()
        self.stream.close()
        log.info("unheard")

    def test_old_style_messages(self) -> None:
        """What libraries log by the old interface comes through."""
        stream = io.StringIO()
        publisher = LogPublisher(observer(LogSettings(), stream))
        legacy.LogPublisher(observerPublisher=publisher, publishPublisher=publisher).msg("an old message")
        self.assertIn("an old message", stream.getvalue())


class JsonTests(LogsCase):
    """Lines for programs."""

    def test_a_line_tells_all(self) -> None:
        """The same as the text, and the event's fields."""
        self.logger("json").warn("{n} of {m}", event="test.count", n=1, m=2.5, who=None)
        self.assertEqual(
            [
                {
                    "time": "2027-01-15T08:00:00.250Z",
                    "level": "warning",
                    "role": "web",
                    "event": "test.count",
                    "request": None,
                    "text": "1 of 2.5",
                    "n": 1,
                    "m": 2.5,
                    "who": None,
                }
            ],
            self.documents,
        )

    def test_a_failure_is_one_line(self) -> None:
        """With its traceback inside."""
        self.logger("json").failure("broke", Failure(ValueError("why")), event="test.broke")
        (document,) = self.documents
        self.assertEqual("critical", document["level"])
        self.assertIn("ValueError: why", document["traceback"])

    def test_secret_fields_are_stars(self) -> None:
        """By their name, at any depth, whatever they hold; in the sentence too."""
        self.logger("json").info(
            "in with {password}",
            password="hunter2",
            token=12345678,
            headers={"Authorization": ["hunter2"], b"x-csrftoken": "hunter2", "Accept": "x"},
        )
        (document,) = self.documents
        self.assertNotIn("hunter2", self.text)
        self.assertEqual("in with ***", document["text"])
        self.assertEqual("***", document["token"])
        self.assertEqual("x", document["headers"]["Accept"])


class FoldingTests(LogsCase):
    """Repeats are counted."""

    def test_repeats_are_folded(self) -> None:
        """The first is written, the count follows with the first line after a minute."""
        log = self.logger("json")
        for second in range(60):
            self.now = LOG_TIME + second
            log.warn("away", event="db.away")
        self.assertEqual(["away"], [document["text"] for document in self.documents])
        self.now = LOG_TIME + 61
        log.info("other")
        self.assertEqual(
            ["away", "away (… 59 times in 60 s)", "other"], [document["text"] for document in self.documents]
        )
        log.warn("away", event="db.away")
        self.assertEqual("away", self.documents[-1]["text"])

    def test_news_is_not_folded(self) -> None:
        """Lines at info, the access log among them, are all written; so are warnings of other words."""
        log = self.logger()
        for number in range(3):
            log.info("same")
            log.warn("number {number}", number=number)
        self.assertEqual(6, len(self.text.splitlines()))

    def test_a_single_one_is_not_counted(self) -> None:
        """No count for what came once."""
        log = self.logger()
        log.warn("once")
        self.now = LOG_TIME + 100
        log.info("later")
        self.assertEqual(2, len(self.text.splitlines()))

    def test_a_clock_set_back_holds_nothing_up(self) -> None:
        """What was watched is let go."""
        log = self.logger()
        log.warn("again")
        self.now = LOG_TIME - 1000
        log.warn("again")
        self.assertEqual(2, len(self.text.splitlines()))


class SecretTests(LogsCase):
    """No secret survives, in whatever shape it comes."""

    def kept(self, line: str, secret: str) -> None:
        """Assert that the secret is gone from the line."""
        self.assertNotIn(secret, redacted(line), line)

    @given(SECRETS)
    def test_query_values(self, secret: str) -> None:
        """Every parameter that carries one, at any place of a query."""
        for name in (
            "token", "access_token", "p", "t", "s", "jwt", "apiKey", "password", "X-Amz-Signature", "refresh_token",
            "client_secret", "X-Amz-Security-Token", "new_password1", "api_key",
        ):  # fmt: skip
            for line in (f"GET /x?{name}={quote(secret)} 200", f"/x?a=1&{name}={secret}&z=2", f"{name}={secret}"):
                self.kept(line, secret)

    @given(SECRETS)
    def test_headers(self, secret: str) -> None:
        """As they are sent, and as Python shows them."""
        for line in (
            f"Authorization: Bearer {secret}",
            f"{{'Authorization': ['Bearer {secret}']}}",
            f"Headers({{b'cookie': [b'a=1; sessionid={secret}']}})",
            f"Set-Cookie: csrftoken={secret}; Path=/",
            f"sent Bearer {secret}" if "!" not in secret and "*" not in secret and "$" not in secret else "",
        ):
            self.kept(line, secret)

    @given(SECRETS)
    def test_urls(self, secret: str) -> None:
        """Passwords of databases, of Redis, of other servers."""
        for line in (
            f"postgresql://user:{secret}@host/db is away",
            f"redis://:{secret}@127.0.0.1:6379/0",
            f"https://user:{quote(secret, safe='')}@host/path",
        ):
            self.kept(line, secret if "https" not in line else quote(secret, safe=""))

    @given(SECRETS)
    def test_pairs(self, secret: str) -> None:
        """As JSON, as keyword arguments, as form fields."""
        for line in (
            f'{{"password": "{secret}", "a": 1}}',
            f"sign_in(username='x', password='{secret}')",
            f"old_password={secret}&x=1",
            f"DJANGO_SECRET_KEY={secret}",
        ):
            self.kept(line, secret)

    def test_keys_and_hashes(self) -> None:
        """Private keys and stored password hashes."""
        key = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\ndef==\n-----END RSA PRIVATE KEY-----"
        self.assertEqual("key *** read", redacted(f"key {key} read"))
        self.kept("-----BEGIN PRIVATE KEY-----\nMIIabc", "MIIabc")
        self.kept("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "aGFzaA")
        self.kept("pbkdf2_sha256$600000$salt$hash=", "hash=")

    def test_ordinary_words_stay(self) -> None:
        """What is no secret can still be read."""
        for line in (
            "GET /api/v1/tracks/?page=2&ordering=-creation_date 200 0.013s",
            "https://pod.example:8443/@bob answered",
            "started in 0.5 s: web, worker",
            "import/x: steps=3 parts=2",
        ):
            self.assertEqual(line, redacted(line))

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """No text breaks the redaction."""
        redacted(text)

    def test_long_texts_are_quick(self) -> None:
        """No text makes it slow."""
        for text in ("password='" * 20000, "a=" * 100000, "://:" * 50000, "token" * 40000, "&p=" * 60000):
            redacted(text)


class FileTests(SynchronousTestCase):
    """Lines in a file that somebody else moves away."""

    def test_opened_anew(self) -> None:
        """Lines go on in the moved file until we are told, and then in a new one; nothing is lost."""
        path = Path(self.mktemp())
        lines = observer(LogSettings(), LogFile(str(path)))
        log = Logger("test", observer=lines)
        log.info("one")
        moved = path.rename(f"{path}.1")
        log.info("two")
        self.assertTrue(lines.reopen())
        log.info("three")
        self.assertEqual([2, 1], [len(place.read_text().splitlines()) for place in (moved, path)])

    def test_no_place_for_a_new_one(self) -> None:
        """When no new file can be made, the old one stays in use."""
        folder = Path(self.mktemp())
        folder.mkdir()
        lines = observer(LogSettings(), LogFile(str(folder / "log")))
        moved = folder.rename(f"{folder}.1")
        self.assertRaises(OSError, lines.reopen)
        Logger("test", observer=lines).info("one")
        self.assertIn("one", (moved / "log").read_text())

    def test_become(self) -> None:
        """Level and form may change while lines are written."""
        stream = io.StringIO()
        lines = observer(LogSettings("warning"), stream)
        log = Logger("test", observer=lines)
        log.info("unheard")
        lines.become(LogSettings("info", "json"))
        log.info("heard")
        self.assertEqual("heard", orjson.loads(stream.getvalue())["text"])

    def test_a_stream_is_no_file(self) -> None:
        """There is nothing to be opened anew."""
        self.assertFalse(observer(LogSettings(), io.StringIO()).reopen())
