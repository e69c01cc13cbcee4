"""Media on a disk and in a bucket, with the rows that name them, and trouble on the way between the two."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from fwtwisted.core.storage.migration import Migration, MigrationGround
from fwtwisted.core.storage.moving import MoveWish, Moving, Trouble, Watcher
from fwtwisted.core.storage.sides import Here, There
from tests.music import MusicCase
from tests.outside.s3.case import StoreCase
from tests.waiting import GUARD_SECONDS


def sha256(body: bytes) -> str:
    """In hex."""
    return hashlib.sha256(body).hexdigest()


class MediaCase(MusicCase, StoreCase):
    """
    Files with rows.

    :ivar bodies: what each name should hold.  :ivar moves: the latest state of the last move.
    """

    timeout = GUARD_SECONDS

    async def setUp(self) -> None:  # type: ignore[override]
        MusicCase.setUp(self)
        await StoreCase.setUp(self)
        self.here = Here(self.blobs.local, self.root, deferToThread)
        self.there = There(self.parts)
        self.ground = MigrationGround(reactor, self.database, self.here, self.there)
        self.library = await self.a_library(await self.an_actor("ada"), "me")
        self.bodies: dict[str, bytes] = {}
        self.draw = random.Random(5)

    async def a_song(self, name: str, size: int = 10_000, *, lies: str = "local", **columns: Any) -> bytes:
        """An upload whose bytes lie here, in the bucket (``s3``), or nowhere."""
        body = self.draw.randbytes(size)
        facts: dict[str, Any] = {
            "audio_file": name,
            "storage": lies,
            "size": size,
            "checksum": f"sha256:{sha256(body)}",
        }
        await self.an_upload(self.library, None, **(facts | columns))
        self.put_somewhere(name, body, lies)
        return body

    def put_somewhere(self, name: str, body: bytes, lies: str) -> bytes:
        """Bytes without a row."""
        self.bodies[name] = body
        if lies == "local":
            self.write(name, body)
        elif lies == "s3":
            self.lay(name, body)
        return body

    def write(self, name: str, body: bytes) -> None:
        """Put a file here."""
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(body)

    def lies_here(self, name: str) -> bytes | None:
        """What lies on this disk."""
        try:
            with open(os.path.join(self.root, name), "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    async def move(
        self,
        to: str = "s3",
        *,
        at: Callable[[Moving], object] = lambda _: None,
        stops: Callable[[], bool] = lambda: False,
        **wish: Any,
    ) -> Moving:
        """Move, from beginning to end."""
        self.troubles: list[Trouble] = []
        move = Migration(self.ground, MoveWish(to, **wish), Watcher(at, self.troubles.append, stops))
        return await move.run()

    async def storages(self) -> dict[str, str]:
        """Where the rows say that their files lie."""

        async def work(tx: Any) -> list[tuple[str, str]]:
            found: list[tuple[str, str]] = await tx.many(
                lambda *row: row, "SELECT audio_file, storage FROM upload WHERE audio_file IS NOT NULL"
            )
            return found

        return dict(await self.run_in(work))
