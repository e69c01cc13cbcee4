"""
Log lines: what ``twisted.logger`` events look like on standard error.

An event passes through four steps: those below the level are dropped; the rest becomes a :class:`Said`, in which every
text has been redacted; a warning or worse that repeats itself is counted instead of written
(``… 214 times in 60 s``); what remains is written as one line, as text or as JSON.

Redaction is a last line of defence.  Nobody should log a secret; when somebody does all the same, the shapes in which
secrets usually travel (headers, query values, URLs, quoted pairs, keys, password hashes) are recognised here.

Source: docs/operations.md, O-78.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Protocol, TextIO

import orjson
from attrs import define, frozen
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent
from twisted.python.failure import Failure
from twisted.python.reflect import safe_str
from zope.interface import implementer

LEVELS: Final[Mapping[str, Any]] = {
    "debug": LogLevel.debug,
    "info": LogLevel.info,
    "warning": LogLevel.warn,
    "error": LogLevel.error,
    "critical": LogLevel.critical,
}
NAMES: Final = {level: name for name, level in LEVELS.items()}
LONGEST: Final = 16 * 1024
"""Characters of one text that are kept."""
FOLD_SECONDS: Final = 60.0
FOLD_MOST: Final = 256
"""How many different sayings are watched for repeats at once."""


@frozen
class LogSettings:
    """
    How log lines are written.

    :ivar level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
    :ivar form: ``text`` or ``json``.
    :ivar role: what this process does, such as ``web,worker``; stands in each line.
    """

    level: str = "info"
    form: str = "text"
    role: str = ""


class LogStream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object:
        """Take some."""

    def flush(self) -> object:
        """Keep nothing back."""


class LogFile:
    """A file for lines, which can be opened anew after somebody has moved it away."""

    def __init__(self, path: str) -> None:
        self._path = os.path.abspath(path)
        self._file = self._opened()

    def _opened(self) -> TextIO:
        return open(self._path, "a", encoding="utf-8")

    def write(self, text: str) -> None:
        """Append."""
        self._file.write(text)

    def flush(self) -> None:
        """Keep nothing back."""
        self._file.flush()

    def reopen(self) -> None:
        """Go on in a file of that name, made if need be.  :raise OSError: there can be none; the old one stays."""
        before, self._file = self._file, self._opened()
        before.close()


def observer(settings: LogSettings, stream: LogStream | None = None) -> Lines:
    """
    The observer that writes our lines.

    :param stream: where to; standard error as it is now, before twistd turns it into a log of its own.
    """
    return Lines(settings, sys.stderr if stream is None else stream)


def from_environment() -> ILogObserver:
    """For ``twistd --logger fwtwisted.logs.from_environment``: level and form as the environment says."""
    level = os.environ.get("LOGLEVEL", "info").lower()
    form = os.environ.get("LOG_FORMAT", "text").lower()
    return observer(LogSettings(level if level in LEVELS else "info", form if form == "json" else "text"))


@frozen
class Said:
    """
    An event, fit to be seen.

    :ivar event: the stable dotted name, or the logger's namespace for events without one.
    :ivar text: one sentence, without line breaks.
    :ivar source: the event itself, its secret fields blotted out.
    :ivar traceback: lines, empty when nothing failed.
    """

    time: datetime
    level: str
    event: str
    text: str
    request: str
    source: LogEvent
    traceback: str


@implementer(ILogObserver)
class Lines:
    """Writes events as lines.  A stream that is gone is no reason to fail."""

    def __init__(self, settings: LogSettings, stream: LogStream) -> None:
        self.become(settings)
        self._stream = stream
        self._repeats = Repeats()

    def become(self, settings: LogSettings) -> None:
        """Write in another way from now on."""
        self._least = LEVELS[settings.level]
        self._shape: Callable[[Said, str], str] = as_json if settings.form == "json" else as_text
        self._role = settings.role

    def reopen(self) -> bool:
        """Open the log file anew.  :return: whether there is one.  :raise OSError:"""
        if not isinstance(self._stream, LogFile):
            return False
        self._stream.reopen()
        return True

    def __call__(self, event: LogEvent) -> None:
        """Write the event, unless it is below the level or a repeat."""
        if event.get("log_level", LogLevel.info) < self._least:
            return
        told = said(event)
        lines = [self._shape(line, self._role) for line in self._repeats.through(told)]
        try:
            self._stream.write("".join(lines))
            self._stream.flush()
        except (OSError, ValueError):
            return


@define
class _Repeat:
    """A saying that was written, and how often it came since."""

    said: Said
    times: int = 0


class Repeats:
    """
    Counts instead of repeating: warnings and worse of the same words, for a minute from the first of them.

    The count is told with the next line after that minute, whatever it is about; so there is no clock in here.
    """

    def __init__(self) -> None:
        self._watched: dict[tuple[str, str, str], _Repeat] = {}

    def through(self, told: Said) -> Iterator[Said]:
        """What is to be written now that ``told`` is said."""
        yield from self._over(told.time)
        if told.level in ("debug", "info"):
            yield told
            return
        key = (told.level, told.event, told.text)
        known = self._watched.get(key)
        if known is not None:
            known.times += 1
            return
        if len(self._watched) < FOLD_MOST:
            self._watched[key] = _Repeat(told)
        yield told

    def _over(self, now: datetime) -> Iterator[Said]:
        """The counts whose minute has passed; the oldest stands first."""
        while self._watched:
            key, repeat = next(iter(self._watched.items()))
            if 0 <= (now - repeat.said.time).total_seconds() < FOLD_SECONDS:
                return
            del self._watched[key]
            if repeat.times:
                yield _folded(repeat, now)


def _folded(repeat: _Repeat, now: datetime) -> Said:
    first = repeat.said
    words = f"{first.text} (… {repeat.times} times in {FOLD_SECONDS:.0f} s)"
    return Said(now, first.level, first.event, words, "", {"times": repeat.times}, "")


def as_text(told: Said, role: str) -> str:
    """A line for people; the lines of a traceback follow, set in."""
    request = f" request={told.request}" if told.request else ""
    event = f" {told.event}:" if told.event else ""
    head = f"{_moment(told.time)} {told.level:<7} [{role or '-'}]{event} {told.text}{request}\n"
    return head + "".join(f"    {_visible(line)}\n" for line in told.traceback.splitlines())


def as_json(told: Said, role: str) -> str:
    """A line for programs."""
    document = {
        **_fields(told.source),
        "time": _moment(told.time),
        "level": told.level,
        "role": role,
        "event": told.event,
        "request": told.request or None,
        "text": told.text,
    }
    if told.traceback:
        document["traceback"] = told.traceback
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS).decode()


def _moment(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


# Fields of an event that are Twisted's own, or stand elsewhere in the line.
OWN_FIELDS: Final = frozenset(
    {"event", "request", "message", "time", "system", "isError", "format", "failure", "why", "printed"}
)


def said(event: LogEvent) -> Said:
    """The event without secrets, and without anything that could forge a line."""
    safe = {key: "***" if is_secret(key) else value for key, value in event.items()}
    failure = safe.get("log_failure")
    return Said(
        time=datetime.fromtimestamp(float(safe.get("log_time", 0.0)), UTC),
        level=NAMES.get(safe.get("log_level", LogLevel.info), "info"),
        event=str(safe.get("event") or safe.get("log_namespace") or ""),
        text=_text(safe, failure),
        request=_visible(str(safe.get("request") or "")),
        source=safe,
        traceback=redacted(_valid(failure.getTraceback())) if isinstance(failure, Failure) else "",
    )


def _text(event: LogEvent, failure: object) -> str:
    text = formatEvent(event)
    if isinstance(failure, Failure) and not text:
        text = failure.getErrorMessage()
    return _visible(redacted(text))


def _fields(event: LogEvent) -> dict[str, Any]:
    if "log_legacy" in event or "log_io" in event:
        return {}
    return {
        key: _jsonable(value)
        for key, value in event.items()
        if not key.startswith("log_") and key not in OWN_FIELDS and not key.startswith("_")
    }


def _jsonable(value: object, depth: int = 4) -> Any:
    """The value as JSON, texts redacted; what JSON has no word for becomes text."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, bytes):
        return redacted(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, Mapping) and depth:
        return {
            _valid(safe_str(key)): "***" if is_secret(safe_str(key)) else _jsonable(item, depth - 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_jsonable(item, depth - 1) for item in value]
    return redacted(_valid(safe_str(value)))


UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _visible(text: str) -> str:
    """The text with its control characters spelled out, so that it stays on its line."""
    return UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def _valid(text: str) -> str:
    """The text without lone surrogates, which no encoding takes."""
    return text.encode("utf-8", "backslashreplace").decode()


SECRET: Final = (
    r"(?:[a-z_]{0,20}(?:passw(?:or)?d|passphrase|secret|token|private_key|api_?key)(?:[a-z_]{0,20}|[12])"
    r"|jwt|pwd|sessionid|x-amz-(?:signature|credential|security-token)|signature|sig)"
)
HEADER: Final = r"(?:proxy-)?authorization|(?:set-)?cookies?|x-csrftoken|x-api-key"
SECRET_NAME: Final = re.compile(rf"{SECRET}|{HEADER}", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether what has this name is never shown."""
    return SECRET_NAME.fullmatch(name) is not None


@frozen
class Shape:
    """
    What a secret may look like.

    :ivar hints: a text without any of these, in lower case, holds no such secret.
    :ivar left: what stands in its place.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    left: str


def _shape(hints: str, pattern: str, left: str) -> Shape:
    return Shape(tuple(hints.split()), re.compile(pattern, re.IGNORECASE | re.DOTALL), left)


NAMED: Final = "pass pwd secret token key jwt session sig x-amz-"
SHAPES: Final = (
    _shape("-----begin", r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", "***"),
    _shape("authorization cookie x-csrf x-api", rf"\b({HEADER})\b([\"']?\s*[:=,]\s*)[^\r\n]*", r"\1\2***"),
    _shape("://", r"(https?://[^\s/?#\"'<>:@]*):[^\s/?#\"'<>@]*@", r"\1:***@"),
    _shape("://", r"(\b(?!https?:)[a-z][a-z0-9+.-]{0,20}://[^\s/?#\"'<>:@]*):[^\s\"'<>]*@", r"\1:***@"),
    _shape(NAMED, rf"((?<![a-z0-9])[\"']?{SECRET}[\"']?\s*[:=]\s*b?)([\"'])(?:\\.|(?!\2).)*(?:\2|\Z)", r"\1\2***\2"),
    _shape(f"{NAMED} code", rf"((?<![a-z0-9])(?:{SECRET}|code)(?:=|%3d)\s*)[^&\s\"'<>]+", r"\1***"),
    _shape("p= t= s= %3d", r"((?:[?&;]|%3f|%26|\A)[pts](?:=|%3d))[^&\s\"'<>]+", r"\1***"),
    _shape("bearer basic digest", r"\b(bearer|basic|digest)(\s+)[a-z0-9._~+/=-]{8,}", r"\1\2***"),
    _shape("$argon2 pbkdf2_", r"(\$argon2[a-z]*|pbkdf2_[a-z0-9]+)\$[^\s\"'<>]+", r"\1$***"),
)


def redacted(text: str) -> str:
    """The text with everything in it that has the shape of a secret replaced by stars; cut when it is very long."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text) - LONGEST} more)"
    lower = text.lower()
    for shape in SHAPES:
        if any(hint in lower for hint in shape.hints):
            text = shape.pattern.sub(shape.left, text)
    return text
