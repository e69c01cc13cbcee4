"""Stores that honour ACLs, and stores that refuse them: docs/storage.md §1.1, S-4, S-78, §11."""

from __future__ import annotations

import os
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs

from fwtwisted.core.storage.migration import MigrationGround
from fwtwisted.core.storage.moving import MoveWish, Watcher
from fwtwisted.core.storage.relabelling import Relabelling
from fwtwisted.core.storage.sides import There
from fwtwisted.outside import disk
from fwtwisted.outside.s3.learnt import FILE
from tests.acls import AclFaults
from tests.core.storage.case import MediaCase
from tests.s3_server import POD, s3

REFUSALS = ((400, "AccessControlListNotSupported"), (501, "NotImplemented"))


class AclCase(MediaCase):
    """A pod that shows its pictures to everybody."""

    faults: AclFaults

    def trouble(self) -> AclFaults:
        """See :class:`StoreCase`."""
        return AclFaults(s3())

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.opened()

    def opened(self) -> None:
        """Begin anew, as a process that has learnt nothing, and was told nothing."""
        disk.gone(os.path.join(self.root, FILE))
        self.parts = self.store_parts(POD, public_acl="public-read", private_acl="private")
        self.store = self.parts.blobs.store
        self.ground = MigrationGround(reactor, self.database, self.here, There(self.parts))

    async def shown(self, key: str) -> int:
        """What somebody is answered who is nobody."""

        def ask() -> int:
            try:
                with urlopen(f"{self.endpoint}/{self.bucket_name}/{key}", timeout=10) as answer:
                    return int(answer.status)
            except HTTPError as refused:
                with refused:
                    return refused.code

        return await deferToThread(ask)

    async def relabelled(self) -> Relabelling:
        """``storage migrate --acl-only``."""
        work = Relabelling(self.ground, MoveWish("s3"), Watcher(lambda _: None, lambda _: None, lambda: False))
        await work.run()
        return work


class HonouringTests(AclCase):
    """As Scaleway, Wasabi, Ceph and AWS buckets with ACLs do."""

    async def test_pictures_are_everybodys_and_songs_are_not(self) -> None:
        """Small, large, put, kept: each with the ACL of its kind."""
        await self.store.put("attachments/a/cover.png", b"picture")
        await self.store.keep("tracks/a/song.mp3", self.a_file(b"song"))
        await self.store.keep("tracks/a/long.flac", self.a_file(os.urandom(7 << 20)))
        self.assertEqual(
            {"attachments/a/cover.png": "public-read", "tracks/a/song.mp3": "private", "tracks/a/long.flac": "private"},
            self.faults.acls,
        )
        self.assertEqual(200, await self.shown("attachments/a/cover.png"))
        self.assertEqual([403, 403], [await self.shown(key) for key in ("tracks/a/song.mp3", "tracks/a/long.flac")])

    async def test_nothing_is_opened_unasked(self) -> None:
        """Without a word about it in the settings no header goes along."""
        parts = self.store_parts(POD)
        await parts.blobs.store.put("attachments/a/cover.png", b"picture")
        self.assertEqual(403, await self.shown("attachments/a/cover.png"))
        self.assertTrue(all("x-amz-acl" not in asked.headers for asked in self.faults.asked))

    async def test_set_right(self) -> None:
        """What was put without, or was opened as a whole, gets its own; once more changes nothing."""
        await self.store.put("attachments/a/cover.png", b"picture")
        await self.store.put("tracks/a/song.mp3", b"song")
        self.faults.acls = {"attachments/a/cover.png": "private", "tracks/a/song.mp3": "public-read"}
        first = await self.relabelled()
        self.assertEqual((2, 0, True), (first.moving.moved, len(first.moving.troubles), first.has_acls))
        self.assertEqual(200, await self.shown("attachments/a/cover.png"))
        self.assertEqual(403, await self.shown("tracks/a/song.mp3"))
        again = await self.relabelled()
        self.assertEqual((0, 2), (again.moving.moved, again.moving.already))


class RefusingTests(AclCase):
    """As AWS since 2023, R2, Garage, MinIO do."""

    async def test_uploads_go_without(self) -> None:
        """Every kind of upload is stored all the same; it is said once."""
        for number, refusal in enumerate(REFUSALS):
            self.faults.refuses = refusal
            self.opened()
            with capturedLogs() as captured:
                await self.store.keep(f"tracks/{number}/long.flac", self.a_file(os.urandom(7 << 20)))
                await self.store.put(f"attachments/{number}/cover.png", b"picture")
            said: list[Any] = [one for one in captured if one.get("event") == "s3.no-acl"]
            self.assertEqual(1, len(said), refusal)
            self.assertEqual(b"picture", self.lies(f"attachments/{number}/cover.png"))
            self.assertEqual(7 << 20, len(self.lies(f"tracks/{number}/long.flac") or b""))

    async def test_nothing_to_set_right(self) -> None:
        """``--acl-only`` says so, has no trouble, and sets the rest right."""
        for refusal in REFUSALS:
            self.lay("tracks/a/song.mp3", b"song")
            self.faults.refuses = refusal
            self.opened()
            work = await self.relabelled()
            self.assertEqual((1, 0, False), (work.moving.moved, len(work.moving.troubles), work.has_acls), refusal)
