"""
The server about itself: ``ping``, its licence, its extensions, whose key one holds.

Source: docs/subsonic.md §8.1, §9 and rule 16.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from fwtwisted.web.subsonic.calls import EMPTY, Caller, call
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.documents import when
from fwtwisted.wire.subsonic.envelope import Payload

LICENCE_DAYS = 365  # that are left, on every day

# What works, by name, with the versions that do.
Extensions: TypeAlias = "Sequence[tuple[str, Sequence[int]]]"

EXTENSIONS: Extensions = (
    ("apiKeyAuthentication", (1,)),
    ("formPost", (1,)),
    ("getPodcastEpisode", (1,)),
    ("indexBasedQueue", (1,)),
    ("playbackReport", (1,)),
    ("songLyrics", (1, 2)),
    ("topSongsByArtistId", (1,)),
    ("transcodeOffset", (1,)),
    ("transcoding", (1,)),
)


class System:
    """
    Calls that ask about the server.

    :param further: extensions that work here beside those that always do.
    """

    def __init__(self, further: Extensions = ()) -> None:
        self._extensions = sorted([*EXTENSIONS, *further])

    @call("ping", scope=None)
    async def ping(self, asked: Asked, caller: Caller) -> Payload:
        return EMPTY

    @call("getLicense", scope="read:profile")
    async def licence(self, asked: Asked, caller: Caller) -> Payload:
        expires = datetime.now(UTC) + timedelta(days=LICENCE_DAYS)
        return {"license": {"valid": True, "email": caller.known.email, "licenseExpires": when(expires)}}

    @call("getOpenSubsonicExtensions", is_open=True)
    async def extensions(self, asked: Asked, caller: Caller) -> Payload:
        return {"openSubsonicExtensions": [{"name": name, "versions": list(which)} for name, which in self._extensions]}

    @call("tokenInfo", scope=None, keyed=True)
    async def token_info(self, asked: Asked, caller: Caller) -> Payload:
        return {"tokenInfo": {"username": caller.viewer.username}}
