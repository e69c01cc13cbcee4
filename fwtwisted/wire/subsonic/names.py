"""
Ids as apps see them: a prefix that tells the kind, and the key behind it.

Source: docs/subsonic.md §6, rules 36 to 39.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from uuid import UUID

from attrs import frozen

from fwtwisted.model.music import Kind

_LONGEST = 64
_VERSION = re.compile(r"_[0-9a-f]{4,16}")


class Prefix(enum.StrEnum):
    """What an id stands for."""

    ARTIST = "ar"
    ALBUM = "al"
    TRACK = "tr"
    PLAYLIST = "pl"
    CHANNEL = "pd"
    EPISODE = "pe"
    STATION = "ir"
    SHARE = "sh"
    FOLDER = "fo"
    ATTACHMENT = "at"
    AVATAR = "us"


# Those that can be starred, rated and searched for.
MUSIC_KINDS: Mapping[Prefix, Kind] = {
    Prefix.ARTIST: Kind.ARTIST,
    Prefix.ALBUM: Kind.ALBUM,
    Prefix.TRACK: Kind.TRACK,
}

_BY_UUID = frozenset((Prefix.CHANNEL, Prefix.EPISODE, Prefix.ATTACHMENT))


@frozen
class Name:
    """
    An id, understood.

    :ivar key: the database's key, or the uuid where the kind is known by one.
    """

    prefix: Prefix
    key: int | UUID

    @property
    def number(self) -> int:
        """The key of a kind that is known by number."""
        if not isinstance(self.key, int):
            raise TypeError(f"{self} has no number")
        return self.key

    @property
    def uuid(self) -> UUID:
        """The key of a kind that is known by uuid."""
        if not isinstance(self.key, UUID):
            raise TypeError(f"{self} has no uuid")
        return self.key

    def __str__(self) -> str:
        return f"{self.prefix}-{self.key}"


def named(text: str, bare: Prefix | None = None) -> Name | None:
    """
    Read an id.

    :param bare: what an id without a prefix stands for here, as Funkwhale's apps remember them; None: nothing.
    :return: None when it cannot be an id of ours.
    """
    if len(text) > _LONGEST:
        return None
    head, dash, rest = text.partition("-")
    if dash and len(head) == 2:
        try:
            prefix = Prefix(head)
        except ValueError:
            return None
        return _keyed(prefix, rest)
    return None if bare is None else _keyed(bare, text)


def pictured(text: str, bare: Prefix | None = None) -> Name | None:
    """Read the id of a picture: the same, with or without the version behind it."""
    plain, underscore, version = text.partition("_")
    if underscore and _VERSION.fullmatch(f"_{version}") is None:
        return None
    return named(plain, bare)


def _keyed(prefix: Prefix, key: str) -> Name | None:
    if prefix in _BY_UUID:
        try:
            return Name(prefix, UUID(key))
        except ValueError:
            return None
    if key.isascii() and key.isdigit() and len(key) < 19:
        return Name(prefix, int(key))
    return None
