"""
What people paste into a search box: handles and addresses, and what those of this pod mean.

Source: docs/api.md §4.16, "Fetch"; the paths of the web app, docs/api.md §6.1.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit
from uuid import UUID

from attrs import frozen

from fwtwisted.model.fediverse import Thing
from fwtwisted.model.people import Pod
from fwtwisted.wire.targets import authority

WEBFINGER = "webfinger://"
LONGEST_ADDRESS = 500
LARGEST_ID = 2**63 - 1

_HANDLE = re.compile(r"(?:acct:)?@?([^\s@/:]{1,250})@([^\s@/]{1,250})")
_NUMBERED = re.compile(r"/library/(artist|album|track)s/(\d{1,19})")
_LIBRARY = re.compile(r"/library/([0-9a-fA-F-]{36})")
_CHANNEL = re.compile(r"/channels/([^/@]+)(?:@([^/@]+))?")
_PERSON = re.compile(r"/@([^/@]+)(?:@([^/@]+))?")
_FEDERATED = re.compile(r"/federation/music/[a-z]+/[^/]+")
_ACTOR = re.compile(r"/federation/actors/[^/]+")


@frozen
class Handle:
    """``username@domain``."""

    username: str
    domain: str


@frozen
class Numbered:
    """The page of an artist, an album or a track."""

    kind: Thing
    id: int


@frozen
class Named:
    """The page of a library or a channel."""

    kind: Thing
    uuid: UUID


@frozen
class Federated:
    """A federation id.  :ivar is_actor: of somebody, not of something."""

    fid: str
    is_actor: bool


Place = Handle | Numbered | Named | Federated


def normal(text: str) -> str | None:
    """
    The address as it is kept: ``https://…``, or ``webfinger://user@domain`` for a handle; None when it is none.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_ADDRESS or not text.isprintable():
        return None
    handle = _HANDLE.fullmatch(text)
    if handle is not None:
        return f"{WEBFINGER}{handle[1]}@{handle[2].lower()}"
    if text.lower().startswith(("http://", "https://")) and host_of(text):
        return text
    return None


def handle_in(url: str) -> Handle | None:
    """The handle that a kept address stands for."""
    if not url.startswith(WEBFINGER):
        return None
    username, _, domain = url.removeprefix(WEBFINGER).partition("@")
    return Handle(username, domain)


def host_of(url: str) -> str:
    """The server that an address belongs to, however that is spelt: see ``targets.authority``; empty: to none."""
    handle = handle_in(url)
    if handle is not None:
        return handle.domain
    return authority(url) or ""


def is_ours(url: str, pod: Pod) -> bool:
    """Whether an address is one of this pod."""
    return host_of(url) in (pod.domain, host_of(pod.url))


def own_place(url: str, pod: Pod) -> Place | None:
    """What an address of this pod means; None when it leads to nothing that can be looked up."""
    handle = handle_in(url)
    if handle is not None:
        return handle
    path = urlsplit(url).path.rstrip("/")
    if _FEDERATED.fullmatch(path) or _ACTOR.fullmatch(path):
        return Federated(f"{pod.url}{path}", is_actor=bool(_ACTOR.fullmatch(path)))
    return _page(unquote(path), pod)


def _page(path: str, pod: Pod) -> Place | None:
    """What a page of the web app shows."""
    numbered = _NUMBERED.fullmatch(path)
    if numbered is not None:
        id = int(numbered[2])
        return Numbered(Thing(numbered[1]), id) if id <= LARGEST_ID else None
    library = _LIBRARY.fullmatch(path)
    if library is not None:
        return _named(Thing.LIBRARY, library[1])
    channel = _CHANNEL.fullmatch(path)
    if channel is not None:
        by_uuid = None if channel[2] else _named(Thing.CHANNEL, channel[1])
        return by_uuid or Handle(channel[1], (channel[2] or pod.domain).lower())
    person = _PERSON.fullmatch(path)
    return Handle(person[1], (person[2] or pod.domain).lower()) if person is not None else None


def _named(kind: Thing, text: str) -> Named | None:
    try:
        return Named(kind, UUID(text))
    except ValueError:
        return None
