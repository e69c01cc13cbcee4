"""
The forms a setting's text may take, each read into a plain value.

A form reads text and raises ``ValueError`` with the end of a sentence that begins with the setting's name
("must be …").  Nothing here knows any setting.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from fwtwisted.model.beats import Beat


@frozen
class Form:
    """
    One way to write a value.

    :ivar name: what the table of settings calls it.
    :ivar read: text to value; raises ``ValueError`` with words for the person who wrote the text.
    """

    name: str
    read: Callable[[str], Any]


YES = frozenset({"true", "1", "yes", "on"})
NO = frozenset({"false", "0", "no", "off"})


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError("must be true or false")


def _int(text: str) -> int:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text):
        raise ValueError("must be a whole number")
    return int(text)


def whole(least: int, most: int | None = None) -> Form:
    """A whole number from ``least`` to ``most``."""
    span = f"at least {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        number = _int(text)
        if number < least or (most is not None and number > most):
            raise ValueError(f"must be {span}")
        return number

    return Form(f"whole number, {span}", read)


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _dict(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in _list(text):
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise ValueError("must be written key=value,key=value")
        pairs[key.strip()] = value.strip()
    return pairs


SIZES: Mapping[str, int] = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
TIMES: Mapping[str, int] = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}


def _measured(text: str, units: Mapping[str, int], words: str) -> float:
    """A number with one of the unit letters (upper case too; ``MB``, ``KiB`` are read by their first letter)."""
    match = re.fullmatch(r"\s*([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([a-z]?)(?:i?b)?\s*", text, re.IGNORECASE)
    if match is None or match[2].lower() not in units:
        raise ValueError(words)
    return float(match[1]) * units[match[2].lower()]


def _size(text: str) -> int:
    return math.floor(_measured(text, SIZES, "must be a size such as 500k, 100m or 2g"))


def _time(text: str) -> float:
    return _measured(text, TIMES, "must be a time such as 30s, 10m, 48h, 7d or a number of seconds")


def positive_time(text: str) -> float:
    """A time that is longer than nothing, in seconds."""
    seconds = _time(text)
    if seconds <= 0:
        raise ValueError("must be longer than nothing")
    return seconds


def one_of(*words: str) -> Form:
    """One of a few words, case-insensitively."""

    def read(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return word

    return Form(" \\| ".join(f"`{word}`" for word in words), read)


def url_of(*schemes: str) -> Form:
    """A URL with one of the schemes."""

    def read(text: str) -> str:
        try:
            parts = urlsplit(text.strip())
            _ = parts.port
        except ValueError as broken:
            raise ValueError("must be a URL") from broken
        if parts.scheme not in schemes:
            raise ValueError(f"must be a URL that begins with {' or '.join(f'{s}://' for s in schemes)}")
        return text.strip()

    return Form("URL", read)


def _web_url(text: str) -> str:
    url: str = url_of("http", "https").read(text)
    if not urlsplit(url).hostname:
        raise ValueError("must be a URL with a host name")
    return url


LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"(?:{LABEL}(?:\.{LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?", re.IGNORECASE)


def _host(text: str) -> str:
    """A host name (international ones in their ``xn--`` form), with a port where one is needed."""
    name = text.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as broken:
            raise ValueError("must be a host name") from broken
    if len(name) > 253 or not HOST.fullmatch(name):
        raise ValueError("must be a host name such as music.example, without scheme or path")
    return name


def _path(text: str) -> str:
    """An absolute path without a slash at its end."""
    if not text.startswith("/") or "\0" in text:
        raise ValueError("must be an absolute path")
    return text.rstrip("/") or "/"


def _path_or_url(text: str) -> str:
    text = text.strip()
    if text.startswith("/"):
        return _path(text)
    if "://" not in text:
        raise ValueError("must be an absolute path or a URL")
    return _web_url(text)


def _url_path(text: str) -> str:
    if not re.fullmatch(r"/[^\s?#]*[^\s?#/]", text):
        raise ValueError("must begin with a slash and not end with one")
    return text


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(item, strict=False) for item in _list(text))
    except ValueError as broken:
        raise ValueError("must be addresses or networks such as 127.0.0.1 or 10.0.0.0/8") from broken


PERIODS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def rate(text: str) -> tuple[int, int]:
    """How often in how many seconds: ``30/h`` is (30, 3600); only the first letter of the period counts."""
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([smhd])[a-z]*\s*", text, re.IGNORECASE)
    if match is None:
        raise ValueError("must be rates such as login=30/h (per s, m, h or d)")
    return int(match[1]), PERIODS[match[2].lower()]


def _rates(text: str) -> dict[str, tuple[int, int]]:
    return {scope: rate(value) for scope, value in _dict(text).items()}


def _text(text: str) -> str:
    return text


def _beat(text: str) -> Beat:
    try:
        return Beat.of(text)
    except ValueError as wrong:
        raise ValueError(f"must be a beat: {wrong}") from None


BEAT = Form("beat", _beat)
BOOL = Form("bool", _bool)
HOST_NAME = Form("host name", _host)
LIST = Form("list", _list)
NETWORKS = Form("list of addresses and networks", _networks)
PATH = Form("absolute path", _path)
PATH_OR_URL = Form("absolute path, or URL", _path_or_url)
RATES = Form("dict of rates", _rates)
SIZE = Form("size", _size)
TEXT = Form("text", _text)
TIME = Form("time", _time)
URL_PATH = Form("URL path", _url_path)
WAIT = Form("time", positive_time)
WEB_URL = Form("URL", _web_url)
