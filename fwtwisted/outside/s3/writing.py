"""
Writing objects: in one piece, or in parts when they are large.

An object is written once and never again.  So before anything is sent we look whether the key is taken, and
``If-None-Match: *`` goes along for stores that honour it; what lies there already and is the same was put there by
ourselves, before an answer was lost or a process died, and is as good.

A file is measured before it goes: its digests are what the store has to check the bytes against, and what stands beside
them afterwards.  Parts go two at a time, each read from the disk as it is sent, so that memory does not depend on the
size; parts that a store has already are not sent again by whoever resumes.

Source: docs/storage.md §2.1, §3, §5.4, S-4, S-14, S-41, S-43, S-72.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.logger import Logger

from fwtwisted.model.errors import Conflict, NoRoom, NotFound
from fwtwisted.model.several import all_of
from fwtwisted.model.threads import Threads
from fwtwisted.outside import disk
from fwtwisted.outside.origin import Seen, StoreAway
from fwtwisted.outside.pace import Pace
from fwtwisted.outside.s3.bucket import META_SHA256, Bucket
from fwtwisted.outside.s3.client import PATIENCE, Call, Refused
from fwtwisted.outside.s3.learnt import ACL, CHECKSUM, CONDITION, NO, UNFINISHED, Learnt, Manners
from fwtwisted.outside.s3.payloads import BytesPayload, FilePayload, Measure, Payload
from fwtwisted.outside.s3.settings import MIB, StoreSettings
from fwtwisted.wire.http import Span
from fwtwisted.wire.names import is_public
from fwtwisted.wire.s3 import documents
from fwtwisted.wire.s3.documents import Part, Unreadable
from fwtwisted.wire.s3.policy import cache_control

MOST_PARTS = 1000
LARGEST_PUT = 5 << 30
PARTS_AT_ONCE = 2

_NO_ACL = frozenset({"AccessControlListNotSupported", "InvalidBucketAclWithObjectOwnership"})
_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "EntityTooLarge", "NotEnoughStorage"})


@frozen
class Written:
    """What was stored.  :ivar etag: the store's.  :ivar sha256: hex.  :ivar was_there: and by whom else."""

    size: int
    sha256: str
    etag: str | None
    was_there: bool = False


class OtherBytes(Exception):
    """A file does not hold what it is known to hold; nothing was sent."""


@frozen
class Labels:
    """What an object is stored with.  :ivar name: says who may read it.  :ivar media_type: of its bytes."""

    name: str
    media_type: str


class Writer:
    """Puts objects into a bucket."""

    _log = Logger()

    def __init__(
        self, bucket: Bucket, settings: StoreSettings, threads: Threads, learnt: Learnt, pace: Pace | None = None
    ) -> None:
        self._bucket, self._settings, self._threads = bucket, settings, threads
        self._pace = pace or Pace(None)
        self._learnt, self.manners = learnt, Manners(learnt, settings.checksums)

    def paced(self, pace: Pace) -> Writer:
        """Another one, which sends files only as fast as that."""
        return Writer(self._bucket, self._settings, self._threads, self._learnt, pace)

    async def put_bytes(self, key: str, body: bytes, labels: Labels) -> Written:
        """
        Store a few bytes.

        :raise Conflict: something else lies there.  :raise NoRoom:  :raise StoreAway:
        """
        await self._learnt.look()
        payload = BytesPayload(body)
        taken = await self._already(key, payload.measure)
        return taken or await self._single(key, payload, labels)

    async def put_file(
        self, key: str, path: str, labels: Labels, *, resumes: bool = False, expected: str | None = None
    ) -> Written:
        """
        Store a finished local file.

        :param resumes: go on with an unfinished upload of the key, and leave ours to be gone on with when it fails.
        :param expected: the SHA-256 that the file must have, hex; None: any.
        :raise OtherBytes: it has another.
        Raises as :meth:`put_bytes`, and OSError when the file cannot be read.
        """
        await self._learnt.look()
        fd = await self._threads(os.open, path, os.O_RDONLY)
        try:
            size = await self._threads(lambda: os.fstat(fd).st_size)
            step = self._step(size)
            is_single = size < max(self._settings.multipart_bytes, 1) and size <= LARGEST_PUT
            whole, parts = await self._threads(_measured_parts, fd, size, max(1, size) if is_single else step)
            if expected is not None and whole.sha256 != expected:
                raise OtherBytes
            taken = await self._already(key, whole)
            if taken is not None:
                return taken
            if is_single:
                return await self._single(key, FilePayload(fd, 0, whole, self._threads, self._pace), labels)
            pieces = [
                FilePayload(fd, number * step, part, self._threads, self._pace) for number, part in enumerate(parts)
            ]
            return await self._in_parts(key, whole, pieces, labels, resumes=resumes)
        finally:
            os.close(fd)

    def labels(self, labels: Labels, measure: Measure) -> dict[str, str]:
        """The headers of a new object (docs/storage.md §3)."""
        headers = self.plain_labels(labels) | {META_SHA256: measure.sha256}
        acl = self.acl_of(labels.name)
        if acl is not None and self.manners.acl:
            headers["x-amz-acl"] = acl
        return headers

    def plain_labels(self, labels: Labels) -> dict[str, str]:
        """Those that depend on the name alone, and are the same everywhere."""
        return {"content-type": labels.media_type, "cache-control": cache_control(labels.name)}

    def acl_of(self, name: str) -> str | None:
        """The canned list that an object of that name is put with; None: none."""
        return self._settings.public_acl if is_public(name) else self._settings.private_acl

    # --- one piece -------------------------------------------------------------------------------

    async def _single(self, key: str, payload: Payload, labels: Labels) -> Written:
        measure = payload.measure
        while True:
            headers = self.labels(labels, measure) | self._checks(measure)
            if self.manners.if_none_match:
                headers["if-none-match"] = "*"
            try:
                reply = await self._bucket.client.ask(Call("PUT", key, headers=headers, payload=payload))
            except Refused as refused:
                if refused.status in (409, 412):
                    return await self._ours(key, measure, refused)
                self._less(headers, refused)
                continue
            reply.body.close()
            return Written(measure.length, measure.sha256, reply.headers.get("etag"))

    def _checks(self, measure: Measure) -> dict[str, str]:
        """Headers by which the store can see that it got what was sent (docs/storage.md §5.4)."""
        checks = {} if self._settings.checksums == "off" else {"content-md5": measure.md5}
        if self.manners.checksum:
            checks["x-amz-checksum-sha256"] = base64.b64encode(binascii.unhexlify(measure.sha256)).decode()
        return checks

    def _less(self, headers: dict[str, str], refused: Refused) -> None:
        """Leave out what the store does not take, once and for all.  :raise StoreAway: that was not it."""
        if refused.code in _FULL:
            raise NoRoom from refused
        if "x-amz-acl" in headers and refused.code in _NO_ACL:
            self._without_acl()
        elif refused.status == 501 and "if-none-match" in headers:
            self._learnt.learn(CONDITION, NO)
        elif refused.status in (400, 501) and "x-amz-checksum-sha256" in headers:
            self._learnt.learn(CHECKSUM, NO)
        elif refused.status == 501 and "x-amz-acl" in headers:
            self._without_acl()
        else:
            self._log.error("the media store does not take an object: {why}", event="s3.not-put", why=str(refused))
            raise StoreAway(str(refused)) from refused

    def _without_acl(self) -> None:
        self._learnt.learn(ACL, NO)
        self._log.warn("the media store knows no ACLs; AWS_DEFAULT_ACL is not sent any more", event="s3.no-acl")

    async def _already(self, key: str, measure: Measure) -> Written | None:
        """What lies there, when it is the same; None when nothing does.  :raise Conflict: when it is not."""
        try:
            seen = await self._bucket.head(key, PATIENCE)
        except NotFound:
            return None
        if not await self._is_same(key, seen, measure):
            raise Conflict
        return Written(measure.length, measure.sha256, seen.etag, was_there=True)

    async def _ours(self, key: str, measure: Measure, refused: Refused) -> Written:
        """The key is taken after all: by us, or :raise Conflict: by somebody else."""
        written = await self._already(key, measure)
        if written is None:
            raise StoreAway(str(refused)) from refused
        return written

    async def _is_same(self, key: str, seen: Seen, measure: Measure) -> bool:
        """Whether an object holds these bytes: it says so, or its tag does, or else it is read.  Source: S-10, S-74."""
        if seen.size != measure.length:
            return False
        if seen.sha256 is not None:
            return seen.sha256 == measure.sha256
        if self.manners.tags_are_digests and (seen.etag or "").strip('"') == _hex(measure.md5):
            return True
        return await self.digest(key) == measure.sha256

    async def digest(self, key: str) -> str:
        """The SHA-256 of an object, read as a whole; hex.  :raise NotFound:  :raise StoreAway:"""
        got = await self._bucket.get(key, patience=PATIENCE)
        digest = hashlib.sha256()
        try:
            while piece := await _awaited(got.reply.body.next()):
                digest.update(piece)
        finally:
            got.reply.body.close()
        return digest.hexdigest()

    # --- parts -----------------------------------------------------------------------------------

    def _step(self, size: int) -> int:
        """Bytes of a part: as set, or as much more as keeps their number down; whole MiB."""
        least = -(-size // MOST_PARTS)
        return max(self._settings.part_bytes, -(-least // MIB) * MIB)

    async def _in_parts(
        self, key: str, whole: Measure, pieces: Sequence[Payload], labels: Labels, *, resumes: bool
    ) -> Written:
        upload_id, there = await self._begun(key, self.labels(labels, whole), resumes=resumes)
        try:
            done = await self._sent_parts(key, upload_id, pieces, there)
            etag = await self._complete(key, upload_id, done, whole)
        except BaseException:
            if not (resumes and self.manners.lists_unfinished):
                await self._abort(key, upload_id)
            raise
        return Written(whole.length, whole.sha256, etag)

    async def _begun(self, key: str, headers: dict[str, str], *, resumes: bool) -> tuple[str, dict[int, Part]]:
        """An upload's id, and the parts that it has already."""
        left = await self._left(key) if resumes and self.manners.lists_unfinished else None
        if left is not None:
            return left
        while True:
            try:
                return await self._bucket.begin_parts(key, headers), {}
            except Refused as refused:
                self._less(headers, refused)
                headers = {name: value for name, value in headers.items() if name != "x-amz-acl" or self.manners.acl}

    async def _left(self, key: str) -> tuple[str, dict[int, Part]] | None:
        """An upload that was not ended, and its parts; None when there is none, or the store cannot tell."""
        try:
            left = [one for one in await self._bucket.unfinished(key) if one.key == key]
            if not left:
                return None
            upload_id = left[-1].upload_id
            return upload_id, {part.number: part for part in await self._bucket.parts(key, upload_id)}
        except Refused as refused:
            if refused.status in (405, 501):
                self._learnt.learn(UNFINISHED, NO)
            self._log.info(
                "an unfinished upload cannot be gone on with: {why}", event="s3.not-resumed", why=str(refused)
            )
            return None

    async def _sent_parts(
        self, key: str, upload_id: str, pieces: Sequence[Payload], there: dict[int, Part]
    ) -> list[Part]:
        bound = DeferredSemaphore(PARTS_AT_ONCE)

        async def one(number: int, payload: Payload) -> Part:
            measure = payload.measure
            known = there.get(number)
            if known is not None and known.size == measure.length and known.etag.strip('"') == _hex(measure.md5):
                return known
            query = (("partNumber", str(number)), ("uploadId", upload_id))
            headers = {} if self._settings.checksums == "off" else {"content-md5": measure.md5}
            try:
                reply = await self._bucket.client.ask(Call("PUT", key, query, headers, payload))
            except Refused as refused:
                raise StoreAway(str(refused)) from refused
            reply.body.close()
            return Part(number, reply.headers.get("etag", ""), measure.length)

        def sent(number: int, payload: Payload) -> Deferred[Part]:
            return Deferred.fromCoroutine(one(number, payload))

        return await all_of([bound.run(sent, number, payload) for number, payload in enumerate(pieces, 1)])

    async def _complete(self, key: str, upload_id: str, done: Sequence[Part], whole: Measure) -> str | None:
        """
        Put the parts together, and believe only what the store shows afterwards.

        :raise StoreAway: it is not there, or not whole.
        Source: S-14, S-43.
        """
        payload = BytesPayload(documents.completion(done))
        headers = {"content-type": "application/xml"}
        call = Call("POST", key, (("uploadId", upload_id),), headers, payload)
        why = "it was put together, and is not there"
        for _ in range(self._settings.retries + 1):
            try:
                documents.completed(await self._bucket.client.document(call))
            except (Unreadable, Refused) as refused:  # perhaps it was done by a try whose answer was lost
                why = str(refused)
            try:
                seen = await self._bucket.head(key, PATIENCE)
            except NotFound:
                await self._bucket.client.rest(self._bucket.client.rest_before(1))
                continue
            if not await self._is_same(key, seen, whole):
                raise StoreAway("an object was put together wrongly")
            return seen.etag
        raise StoreAway(why)

    async def put_together(self, key: str, upload_id: str, done: Sequence[Part], size: int) -> None:
        """
        Put together parts that the store made by itself.

        :raise StoreAway: it is not there, or not whole.  Source: S-14, S-43.
        """
        payload = BytesPayload(documents.completion(done))
        call = Call("POST", key, (("uploadId", upload_id),), {"content-type": "application/xml"}, payload)
        try:
            documents.completed(await self._bucket.client.document(call))
            seen = await self._bucket.head(key, PATIENCE)
        except (Unreadable, Refused, NotFound) as wrong:
            raise StoreAway(str(wrong) or "it was put together, and is not there") from wrong
        if seen.size != size:
            raise StoreAway("an object was put together wrongly")

    async def _abort(self, key: str, upload_id: str) -> None:
        """Leave no parts behind, if that can be; what stays is cleared away a day later."""
        try:
            await self._bucket.abort(key, upload_id)
        except StoreAway:
            self._log.warn("an unfinished upload stays in the media store for now", event="s3.unaborted")


def _hex(md5: str) -> str:
    return base64.b64decode(md5).hex()


async def _awaited(piece: bytes | Deferred[bytes]) -> bytes:
    return await piece if isinstance(piece, Deferred) else piece


def _spans(size: int, step: int) -> Iterator[Span]:
    for start in range(0, size, step):
        yield Span(start, min(size, start + step))


def _measured_parts(fd: int, size: int, step: int) -> tuple[Measure, list[Measure]]:
    """In a thread: the digests of a file, and of its parts, in one reading.  :raise EOFError: it became shorter."""
    whole, whole_md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    if step >= size:
        only = _measured(fd, Span(0, size), ())
        return only, [only]
    parts: list[Measure] = []
    for span in _spans(size, step):
        parts.append(_measured(fd, span, (whole, whole_md5)))
    return Measure(size, whole.hexdigest(), base64.b64encode(whole_md5.digest()).decode()), parts


def _measured(fd: int, span: Span, also: Sequence[Any]) -> Measure:
    """In a thread: the digests of a stretch.  :param also: digests that are to hear it too.  :raise EOFError:"""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for small in _spans(span.length, disk.COPY_STEP):
        piece = os.pread(fd, small.length, span.start + small.start)
        if len(piece) != small.length:
            raise EOFError("the file became shorter while it was read")
        for digest in (sha256, md5, *also):
            digest.update(piece)
    return Measure(span.length, sha256.hexdigest(), base64.b64encode(md5.digest()).decode())
