"""A pod on an object store with a disk cache, through HTTP: docs/storage.md §6.4, §7, and "cached" of §10."""

from __future__ import annotations

import os

from tests.faults import Fault
from tests.rest.test_store import StorePodCase


class CachedPodTests(StorePodCase):
    """What listeners are told."""

    async def setUp(self) -> None:  # type: ignore[override]
        self.cache_folder = os.path.abspath(self.mktemp())
        self.told = {"MEDIA_CACHE_PATH": self.cache_folder, "MEDIA_CACHE_MIN_FREE": "0", "MEDIA_CACHE_SLICE": "64k"}
        await super().setUp()
        store = self.ground.store
        assert store is not None and store.cache is not None
        self.cache = store.cache

    async def quiet(self) -> None:
        """Nobody fetches."""

        async def is_quiet() -> bool:
            return not self.cache.flights

        await self.until(is_quiet)

    async def test_miss_and_hit(self) -> None:
        """The same answer from the store, from the cache, and without the store."""
        path, body, _ = await self.a_song()
        first = await self.alice.get(path)
        await self.quiet()
        self.faults.asked.clear()
        self.faults.refuse()
        second = await self.alice.get(path)
        for said, status, age in ((first, "MISS", None), (second, "HIT", "0")):
            self.assertEqual((200, body, status), (said.status, said.body, said.header("X-Cache-Status")))
            self.assertEqual(age, said.header("Age"))
        for name in ("ETag", "Content-Type", "Last-Modified", "Cache-Control", "Accept-Ranges"):
            self.assertEqual(first.header(name), second.header(name))
        said = await self.alice.get(path, headers={"Range": "bytes=10-19"})
        self.assertEqual((206, body[10:20], "HIT"), (said.status, said.body, said.header("X-Cache-Status")))
        said = await self.alice.get(path, headers={"If-None-Match": first.header("ETag") or ""})
        self.assertEqual(304, said.status)
        said = await self.alice.ask("HEAD", path)
        self.assertEqual((200, "HIT", b""), (said.status, said.header("X-Cache-Status"), said.body))
        self.assertEqual([], self.faults.asked)

    async def test_rights_first(self) -> None:
        """What is here is nobody's who may not hear it."""
        path, _, _ = await self.a_song()
        await self.alice.get(path)
        await self.quiet()
        await self.do("UPDATE library SET privacy_level = 'me'")
        bob = await self.person("bob")
        self.assertEqual(404, (await bob.get(path)).status)

    async def test_deleted(self) -> None:
        """With the file goes the copy."""
        path, _, name = await self.a_song()
        await self.alice.get(path)
        await self.quiet()
        self.assertIsNotNone(await self.cache.find(name))
        await self.ground.blobs.delete(name)
        self.assertIsNone(await self.cache.find(name))
        self.assertEqual(503, (await self.alice.get(path)).status)

    async def test_not_here_and_the_store_away(self) -> None:
        """503, and when to come again."""
        path, _, _ = await self.a_song()
        self.faults.always(Fault(method="GET", status=503, code="SlowDown"))
        said = await self.alice.get(path)
        self.assertEqual(503, said.status)
        self.assertTrue(said.header("Retry-After"))
