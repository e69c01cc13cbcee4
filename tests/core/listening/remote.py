"""A room for audio of other servers, as each process of a pod has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.threads import deferToThread

from fwtwisted.core.listening.bringing import Ways
from fwtwisted.core.listening.remote_audio import RemoteAudio, RemoteAudioGround
from fwtwisted.db.pool import Database
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.fetching import Fetching, FetchSettings
from fwtwisted.outside.reading import Examined, examine
from fwtwisted.outside.shared import Cache, MemoryCache
from fwtwisted.wire.targets import Exemptions

reactor: Any = the_reactor


def room(
    database: Database, media: str, cache: Cache | None = None, largest: int = 1 << 30, **more: Any
) -> RemoteAudio:
    """Asks loopback addresses as well."""

    async def lookup(host: str) -> Sequence[str]:
        return [host]

    async def examined(path: str) -> Examined:
        found: Examined = await deferToThread(examine, path)
        return found

    settings = FetchSettings("tests", exempt=Exemptions.of(["127.0.0.1"]), idle_seconds=2.0)
    ways = Ways(reactor, Fetching(reactor, deferToThread, settings, lookup), deferToThread, largest=largest)
    blobs = LocalBlobs(media, deferToThread)
    return RemoteAudio(
        RemoteAudioGround(
            reactor, database, blobs, cache or MemoryCache(reactor), ways, f"{media}/.arriving", examined, **more
        )
    )
