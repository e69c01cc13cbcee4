"""A bucket of its own for every test, behind a proxy that makes trouble when it is told to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from attrs import evolve
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.origin import Body
from fwtwisted.outside.s3.building import PodStore, StoreParts, pod_store
from fwtwisted.outside.s3.settings import MIB, LineSettings, StoreSettings
from fwtwisted.wire.s3.addresses import Address
from fwtwisted.wire.s3.signing import Keys
from tests.faults import Faults
from tests.s3_server import POD, SeaweedFs, s3

reactor: Any = _reactor


async def body_of(body: Body) -> bytes:
    """All of it."""
    pieces: list[bytes] = []
    while True:
        piece = body.next()
        piece = await piece if isinstance(piece, Deferred) else piece
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


class StoreCase(TestCase):
    """
    :ivar faults: on the way to :ivar store:.
    :ivar parts: of a pod's store, small and quick: parts of 5 MiB from 6 MiB on, 2 s of silence.
    """

    settings: Mapping[str, Any] = {}
    line: Mapping[str, Any] = {}
    server: SeaweedFs

    async def setUp(self) -> None:  # type: ignore[override]
        self.server = s3()
        self.bucket_name = self.server.fresh_bucket()
        self.faults = self.trouble()
        self.endpoint = await self.faults.listen(self)
        self.root = os.path.abspath(self.mktemp())
        self.parts = self.store_parts(POD)
        self.origin, self.blobs = self.parts.store, self.parts.blobs
        self.client = self.parts.bucket.client

    def trouble(self) -> Faults:
        """What stands before the store."""
        return Faults(self.server.port)

    def store_parts(self, keys: Keys, **settings: Any) -> StoreParts:
        """Another pod's view of the same bucket."""
        line = LineSettings(**{"connect_seconds": 2.0, "read_seconds": 2.0, **self.line})
        told = StoreSettings(
            Address.at(self.endpoint, self.bucket_name, None, "auto"),
            keys,
            part_bytes=5 * MIB,
            multipart_bytes=6 * MIB,
            line=line,
        )
        told = evolve(told, **{**self.settings, **settings})
        local = LocalBlobs(self.root, deferToThread)
        parts = pod_store(reactor, PodStore(told), local, self.root, deferToThread, looks_here=True)
        self.addCleanup(parts.close)
        return parts

    def lies(self, key: str) -> bytes | None:
        """What lies in the bucket, seen from outside."""
        return self.server.get(self.bucket_name, key)

    def lay(self, key: str, body: bytes) -> bytes:
        """Put something into the bucket from outside."""
        self.server.put(self.bucket_name, key, body)
        return body

    def a_file(self, body: bytes) -> str:
        """A local file."""
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as stream:
            stream.write(body)
        return path

    async def got(self, name: str, first: int = 0, last: int | None = None) -> bytes:
        """Bytes of an object, through the trouble."""
        return await body_of((await self.origin.fetch(name, first, last)).body)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await deferLater(reactor, seconds)
