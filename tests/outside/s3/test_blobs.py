"""The stores of blobs that a bucket makes, held to what every store promises."""

from __future__ import annotations

from twisted.internet.threads import deferToThread

from fwtwisted.outside.blobs import BlobStore, LocalBlobs
from fwtwisted.outside.s3.blobs import S3Blobs
from fwtwisted.outside.stores import LocalFirst
from tests.outside.s3.case import StoreCase
from tests.outside.test_blobs import BlobsContract


class S3BlobsTests(BlobsContract, StoreCase):
    """The contract, in a bucket."""

    settings = {"location": "a pod's/folder"}
    storage = "s3"

    def make(self) -> S3Blobs:
        """The one of this test."""
        return self.blobs.store

    async def test_lent(self) -> None:
        """Who needs a path gets a copy: one for all who ask at once, gone when the pod stops."""
        blobs = self.make()
        await blobs.put("tracks/a.mp3", b"sound")
        async with blobs.lent("tracks/a.mp3") as first, blobs.lent("tracks/a.mp3") as second:
            self.assertEqual(first, second)
            with open(first, "rb") as stream:
                self.assertEqual(b"sound", stream.read())
        self.assertEqual(1, self.faults.count("GET", "a.mp3"))

    async def test_an_upload_need_not_be_fetched(self) -> None:
        """What was kept just now is lent without asking the store."""
        blobs = self.make()
        await blobs.keep("tracks/a.mp3", self.local_file(b"sound"))
        async with blobs.lent("tracks/a.mp3") as path:
            with open(path, "rb") as stream:
                self.assertEqual(b"sound", stream.read())
        self.assertEqual(0, self.faults.count("GET", "a.mp3"))


class LocalFirstTests(BlobsContract, StoreCase):
    """The contract, with a bucket behind this disk."""

    storage = "s3"

    def make(self) -> LocalFirst:
        """The one of this test."""
        return self.blobs


class HereAndThereTests(StoreCase):
    """Files in both places, as while a pod moves."""

    async def test_either_is_found(self) -> None:
        """By name, by size, in lists; once each; gone from both."""
        local: BlobStore = LocalBlobs(self.root, deferToThread)
        await local.put("tracks/here", b"1")
        await local.put("tracks/both", b"22")
        await self.blobs.store.put("tracks/both", b"22")
        await self.blobs.store.put("tracks/there", b"333")
        names = [name async for name in self.blobs.names("tracks/")]
        self.assertEqual(["tracks/both", "tracks/here", "tracks/there"], sorted(names))
        self.assertEqual([1, 2, 3], [await self.blobs.size(f"tracks/{name}") for name in ("here", "both", "there")])
        await self.blobs.delete("tracks/both")
        self.assertIsNone(await self.blobs.size("tracks/both"))
