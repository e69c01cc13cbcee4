"""
What can be found out about the settings without any server: folders, room, programs.

These look at the disk and so may block; run them in a thread.  What needs PostgreSQL or Redis is asked by whoever has
opened them.  Source: docs/operations.md O-3.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from attrs import frozen

from fwtwisted.config.reading import Reading
from fwtwisted.config.values import Config
from fwtwisted.outside.ffmpeg import found_ffmpeg
from fwtwisted.outside.mail import Way

LEAST_FREE = 10**9
"""Bytes that should be free on the disk of the media."""


@frozen
class Outcome:
    """What came of one check.  :ivar text: for the operator, without secrets."""

    name: str
    is_well: bool
    text: str


def shown_lines(reading: Reading) -> Iterator[str]:
    """Every setting that counts, its value (secrets as stars) and where it comes from, in columns."""
    width = max(len(row.name) for row in reading.shown)
    for row in reading.shown:
        yield f"{row.name:<{width}}  {row.text or '-'}  ({row.origin})"


def checked(config: Config) -> Iterator[Outcome]:
    """Look at everything that the settings name on this machine."""
    yield _writable("data folder", config.general.data)
    yield _writable("MEDIA_ROOT", config.media.root)
    yield _room(config.media.root)
    if config.media.music is not None:
        yield _readable("MUSIC_DIRECTORY_PATH", config.media.music)
    if config.store is not None and config.store.cache is not None:
        yield _writable("MEDIA_CACHE_PATH", config.store.cache.path)
    if config.web_app.folder is not None:
        yield _page("FUNKWHALE_SPA_HTML_ROOT", os.path.join(config.web_app.folder, config.web_app.page))
    if config.accounts.must_confirm:
        yield _confirmable(config.letters.place.way)
    program = found_ffmpeg()
    yield Outcome("ffmpeg", program is not None, program or "not found; transcoding will fail")


def _confirmable(way: Way) -> Outcome:
    """Whether people whose address must be confirmed can be sent a link."""
    mute = way in (Way.LOG, Way.NOWHERE)
    told = "no mail is sent, and ACCOUNT_EMAIL_VERIFICATION_ENFORCE lets nobody in without" if mute else way.value
    return Outcome("EMAIL_CONFIG", not mute, told)


def _standing(path: str) -> str:
    """The path itself, or the nearest folder above it that exists."""
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def _writable(name: str, path: str) -> Outcome:
    """A folder that we write to, or could make."""
    standing = _standing(path)
    if not os.path.isdir(standing):
        return Outcome(name, False, f"{standing} is not a folder")
    if not os.access(standing, os.W_OK | os.X_OK):
        return Outcome(name, False, f"{standing} cannot be written to")
    return Outcome(name, True, path if standing == path else f"{path} (to be made)")


def _readable(name: str, path: str) -> Outcome:
    """A folder that others fill."""
    if not os.path.isdir(path):
        return Outcome(name, False, f"{path} is not a folder")
    if not os.access(path, os.R_OK | os.X_OK):
        return Outcome(name, False, f"{path} cannot be read")
    return Outcome(name, True, path)


def _page(name: str, path: str) -> Outcome:
    """The page of a web app."""
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        return Outcome(name, False, f"{path} cannot be read")
    return Outcome(name, True, path)


def _room(path: str) -> Outcome:
    """Free room where the media are, or will be."""
    try:
        space = os.statvfs(_standing(path))
    except OSError as failed:
        return Outcome("free disk", False, failed.strerror or "unknown")
    free = space.f_bavail * space.f_frsize
    return Outcome("free disk", free >= LEAST_FREE, f"{free / 10**9:.1f} GB")
