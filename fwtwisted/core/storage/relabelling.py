"""
Giving objects that are in the bucket already what they are put with today: media type, cache rule, digest, ACL.

For objects that another program put there (``aws s3 sync``, Funkwhale), or after ``AWS_DEFAULT_ACL`` was changed.
Nothing is downloaded: an object is copied onto itself by the store, and one that is right already is left alone.

Source: docs/storage.md S-78, §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from fwtwisted.core.storage.crew import Crew
from fwtwisted.core.storage.migration import MigrationGround
from fwtwisted.core.storage.moving import MoveWish, Moving, Trouble, Watcher
from fwtwisted.core.storage.sides import media_type_by
from fwtwisted.db.storage import places
from fwtwisted.db.storage.places import Held
from fwtwisted.outside.blobs import Lying
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.precedence import Precedence
from fwtwisted.outside.s3.bucket import META_SHA256
from fwtwisted.outside.s3.client import Call, Refused
from fwtwisted.outside.s3.writing import LARGEST_PUT, Labels, OtherBytes
from fwtwisted.wire.s3.documents import Part
from fwtwisted.wire.s3.policy import OPEN

ASKED_AT_ONCE = 500
PART = 1 << 30
NO_ACLS = frozenset({"AccessControlListNotSupported", "NotImplemented", "MethodNotAllowed"})


class Relabelling:
    """
    One run.

    :ivar has_acls: False once the store was seen to have none.
    """

    def __init__(self, ground: MigrationGround, wish: MoveWish, watcher: Watcher) -> None:
        self._ground, self.wish, self._watcher = ground, wish, watcher
        self._parts = ground.there.parts
        self._bucket, self._writer = self._parts.bucket, self._parts.writer
        self._precedence = Precedence(ground.clock, ground.here.root, ground.here.threads)
        self._crew = Crew(ground.clock, wish.concurrency, lambda: self._precedence.is_due)
        self.moving = Moving()
        self.has_acls = True

    async def run(self) -> Moving:
        """Walk along all objects.  :raise StoreAway:"""
        began = self._ground.clock.seconds()
        self._bucket.client.when_busy = self._crew.too_much
        self._precedence.start()
        try:
            for prefix in self.wish.prefixes or ("",):
                await self._below(prefix)
            await self._crew.finish()
        except BaseException:
            await self._crew.drop()
            raise
        finally:
            self.moving.seconds = self._ground.clock.seconds() - began
            await self._precedence.stop()
        return self.moving

    async def _below(self, prefix: str) -> None:
        batch: list[Lying] = []
        async for lying in self._ground.there.listed(prefix):
            if self._stops():
                return
            batch.append(lying)
            if len(batch) == ASKED_AT_ONCE:
                await self._batch(batch)
                batch = []
        await self._batch(batch)

    async def _batch(self, batch: list[Lying]) -> None:
        names = [lying.name for lying in batch]
        held = await self._ground.database.read(lambda tx: places.held(tx, names))
        for lying in batch:
            if self._stops():
                return
            self.moving.total += 1
            self.moving.total_bytes += lying.size
            await self._crew.begin(partial(self._looked, lying, held.get(lying.name, Held(lying.name))))

    async def _looked(self, lying: Lying, held: Held) -> None:
        try:
            await self._one(lying, held)
        except (Refused, StoreAway) as why:
            self._trouble(lying.name, why.why if isinstance(why, StoreAway) else str(why))
        except OtherBytes:
            self._trouble(lying.name, "its size is not the one that the database knows")
        self.moving.seen += 1
        self.moving.seen_bytes += lying.size
        self._watcher.at(self.moving)

    async def _one(self, lying: Lying, held: Held) -> None:
        """Set right what is not."""
        key = self._parts.store.key(lying.name)
        if held.size is not None and held.size != lying.size:
            raise OtherBytes
        reply = await self._bucket.client.ask(Call("HEAD", key))
        reply.body.close()
        wanted = self._wanted(held)
        if all(reply.headers.get(name) == value for name, value in wanted.items()):
            if self.wish.dry_run or not await self._acl_changed(key, lying.name):
                self.moving.already += 1
                return
        elif not self.wish.dry_run:
            wanted.setdefault(META_SHA256, reply.headers.get(META_SHA256, ""))
            await self._rewritten(key, lying.size, {name: value for name, value in wanted.items() if value})
            await self._acl_changed(key, lying.name)
        self.moving.moved += 1

    def _wanted(self, held: Held) -> dict[str, str]:
        """The headers that it should have; of the digest only what is known."""
        told = self._writer.plain_labels(Labels(held.name, held.media_type or media_type_by(held.name)))
        return told | ({META_SHA256: held.sha256} if held.sha256 is not None else {})

    async def _rewritten(self, key: str, size: int, headers: Mapping[str, str]) -> None:
        """Copy it onto itself, with other headers."""
        if size <= LARGEST_PUT:
            await self._bucket.copy(key, key, {**headers, "x-amz-metadata-directive": "REPLACE"})
            return
        upload_id = await self._bucket.begin_parts(key, headers)
        try:
            parts: list[Part] = []
            for number, first in enumerate(range(0, size, PART), 1):
                last = min(size, first + PART) - 1
                parts.append(await self._bucket.copy_part(key, upload_id, number, key, first, last))
            await self._writer.put_together(key, upload_id, parts, size)
        except BaseException:
            await self._bucket.abort(key, upload_id)
            raise

    async def _acl_changed(self, key: str, name: str) -> bool:
        """Set the ACL where it is another; whether it was."""
        acl = self._writer.acl_of(name)
        if acl is None or not self.has_acls:
            return False
        try:
            if await self._bucket.is_open(key) == (acl in OPEN):
                return False
            await self._bucket.put_acl(key, acl)
        except Refused as refused:
            if refused.code not in NO_ACLS and refused.status not in (405, 501):
                raise
            self.has_acls = False
            return False
        return True

    def _stops(self) -> bool:
        if self._watcher.stops():
            self.moving.interrupted = True
        return self.moving.interrupted

    def _trouble(self, name: str, text: str) -> None:
        trouble = Trouble(name, text)
        self.moving.troubles.append(trouble)
        self._watcher.trouble(trouble)
