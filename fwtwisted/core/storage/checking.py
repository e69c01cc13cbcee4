"""
Whether a bucket does what we need of it, and for whom it does it: tried out, one thing after the other.

Objects of our own are put, looked at from all sides, by us and by somebody without a key, and removed again.  Nothing
else in the bucket is touched.

Source: docs/storage.md §3.1, §4, §5.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from attrs import frozen

from fwtwisted.model.errors import Conflict, FwError
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.building import StoreParts
from fwtwisted.outside.s3.client import Call, Refused
from fwtwisted.outside.s3.learnt import CHECKSUM, CONDITION, ETAG, NO, UNFINISHED, YES
from fwtwisted.outside.s3.payloads import BytesPayload
from fwtwisted.outside.s3.writing import Labels
from fwtwisted.wire.http import parsed_http_date
from fwtwisted.wire.names import ATTACHMENTS, TRACKS
from fwtwisted.wire.s3 import documents
from fwtwisted.wire.s3.documents import Unreadable

BODY = bytes(range(256)) * 16
FIRST, LAST = 100, 199
URL_SECONDS = 60
SKEW_SECONDS = 60  # from which on a clock is worth words; stores refuse at 900
LARGEST_REFUSAL = 64 << 10
WRONG_SHA256 = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode()
WRONG_MD5 = base64.b64encode(hashlib.md5(b"other bytes", usedforsecurity=False).digest()).decode()


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@frozen
class Finding:
    """What came out of a trial.  :ivar about: which one, in a word."""

    about: str
    level: Level
    text: str


class Check:
    """
    One look at a bucket.

    :param region: the one that is set; None: none is.
    :param told: called with each finding.
    """

    def __init__(
        self, parts: StoreParts, region: str | None, now: Callable[[], datetime], told: Callable[[Finding], object]
    ) -> None:
        self._parts, self._bucket = parts, parts.bucket
        self._client = parts.bucket.client
        self._region, self._now, self._told = region, now, told
        self._is_right = True
        self._audio, self._picture = (
            f"{parts.store.below}{root}/fwtwisted-check/{uuid4()}.bin" for root in (TRACKS, ATTACHMENTS)
        )

    async def run(self) -> bool:
        """Try everything; whether all is right."""
        if not await self._reached():
            return False
        await self._clock()
        if await self._put():
            try:
                for trial in (self._get, self._ranges, self._presigned, self._integrity, self._conditional):
                    await self._tried(trial)
                for trial in (self._multipart, self._public):
                    await self._tried(trial)
            finally:
                await self._tried(self._delete)
        return self._is_right

    def _say(self, about: str, level: Level, text: str) -> None:
        self._is_right &= level is not Level.ERROR
        self._told(Finding(about, level, text))

    async def _tried(self, trial: Callable[[], Awaitable[None]]) -> None:
        """A trial; that it cannot be made is a finding, too."""
        try:
            await trial()
        except (Refused, StoreAway, FwError, ValueError) as why:
            self._say(trial.__name__.strip("_").replace("_", " "), Level.ERROR, _words(why))

    # --- getting there ---------------------------------------------------------------------------

    async def _reached(self) -> bool:
        """Credentials, bucket, region, and the right to list."""
        try:
            await self._bucket.list_page(self._parts.store.below, most=1)
        except Refused as refused:
            return await self._unlisted(refused)
        except StoreAway as away:
            if isinstance(away.__cause__, Refused):  # it helped nothing to read the keys again
                return await self._unlisted(away.__cause__)
            self._say("connection", Level.ERROR, away.why)
            return False
        self._say("credentials", Level.OK, "accepted")
        self._say("list", Level.OK, "allowed")
        self._say_region()
        return True

    async def _unlisted(self, refused: Refused) -> bool:
        about, advice = _REFUSALS.get(refused.code, ("list", "may not be listed"))
        if about != "list":
            self._say(about, Level.ERROR, f"{advice} ({refused})")
            return False
        self._say("list", Level.WARNING, f"{advice} ({refused}); what is missing cannot be told from what is forbidden")
        self._say_region()
        return True

    def _say_region(self) -> None:
        learnt = self._client.region
        if self._region is not None and learnt != self._region:
            self._say("region", Level.WARNING, f"the bucket is in {learnt}: set AWS_S3_REGION_NAME to that")
        elif self._region is None and learnt != "us-east-1":
            self._say("region", Level.WARNING, f"set AWS_S3_REGION_NAME to {learnt}; signed URLs need it")
        else:
            self._say("region", Level.OK, learnt)

    async def _clock(self) -> None:
        try:
            reply = await self._client.ask(Call("HEAD", None, successes=frozenset({200, 403, 404})))
        except (Refused, StoreAway):
            return
        reply.body.close()
        theirs = parsed_http_date(reply.headers.get("date", "").encode("latin-1"))
        if theirs is None:
            self._say("clock", Level.NOTE, "the store does not tell the time")
            return
        ahead = (self._now().astimezone(UTC) - theirs).total_seconds()
        if abs(ahead) > SKEW_SECONDS:
            way = "ahead" if ahead > 0 else "behind"
            self._say("clock", Level.ERROR, f"this machine's clock is {abs(ahead):.0f} s {way}; set it right")
        else:
            self._say("clock", Level.OK, "right")

    # --- an object's life ------------------------------------------------------------------------

    async def _put(self) -> bool:
        try:
            for key in (self._audio, self._picture):
                name = key.removeprefix(self._parts.store.below)
                await self._parts.writer.put_bytes(key, BODY, Labels(name, "application/octet-stream"))
        except (Refused, StoreAway, Conflict) as why:
            self._say("put", Level.ERROR, _words(why))
            return False
        self._say("put", Level.OK, "stored")
        if not self._parts.writer.manners.acl:
            self._say("acl", Level.NOTE, "the store knows no ACLs; leave AWS_DEFAULT_ACL unset")
        return True

    async def _get(self) -> None:
        seen = await self._bucket.head(self._audio)
        got = await self._bucket.get(self._audio)
        if seen.size != len(BODY) or await got.reply.body.read(len(BODY) + 1) != BODY:
            self._say("get", Level.ERROR, "other bytes came back")
            return
        self._say("get", Level.OK, "the same bytes came back")
        if seen.sha256 is None:
            self._say("metadata", Level.WARNING, "the store drops metadata; moving and verifying will read more")
        md5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
        is_md5 = (seen.etag or "").strip('"') == md5
        self._parts.learnt.learn(ETAG, YES if is_md5 else NO)
        if is_md5:
            self._say("etag", Level.OK, "the MD5 of the bytes")
        else:
            self._say("etag", Level.NOTE, "not the MD5 of the bytes")

    async def _ranges(self) -> None:
        reply = await self._client.ask(Call("GET", self._audio, headers={"range": f"bytes={FIRST}-{LAST}"}))
        body = await reply.body.read(len(BODY) + 1)
        span = reply.headers.get("content-range")
        if reply.status == 206 and body == BODY[FIRST : LAST + 1] and span == f"bytes {FIRST}-{LAST}/{len(BODY)}":
            self._say("ranges", Level.OK, "kept")
        else:
            self._say("ranges", Level.ERROR, "not kept: set S3_FORCE_SINGLE_REQUEST=true")

    async def _presigned(self) -> None:
        url = self._client.url(self._audio, URL_SECONDS)
        reply = await self._client.stranger("GET", url)
        body = await reply.body.read(len(BODY) + (64 << 10))
        if reply.status == 200 and body == BODY:
            self._say("presign", Level.OK, "signed URLs work")
        else:
            self._say("presign", Level.ERROR, f"signed URLs do not work: {_refusal(reply.status, body)}")

    async def _integrity(self) -> None:
        """Whether the store looks at the digests that go along: the old one, and the new one."""
        sums = await self._refuses({"x-amz-checksum-sha256": WRONG_SHA256})
        self._parts.learnt.learn(CHECKSUM, YES if sums else NO)
        if await self._refuses({"content-md5": WRONG_MD5}):
            self._say("integrity", Level.OK, "damaged uploads are refused")
        elif sums:
            self._say("integrity", Level.OK, "damaged uploads are refused, by x-amz-checksum-sha256 alone")
        else:
            self._say("integrity", Level.WARNING, "the store does not look at Content-MD5; use --verify read-back")

    async def _refuses(self, headers: Mapping[str, str]) -> bool:
        """Whether an upload whose digest is wrong fails for that reason."""
        key = f"{self._audio}.digest"
        call = Call("PUT", key, headers=headers, payload=BytesPayload(b"these bytes"), successes=_TAKEN_OR_NOT)
        reply = await self._client.ask(call)
        told = documents.error(await reply.body.read(LARGEST_REFUSAL))
        if reply.status == 200:
            await self._bucket.delete(key)
        return reply.status == 400 and told is not None and told.code.lower().endswith(("digest", "mismatch"))

    async def _conditional(self) -> None:
        call = Call("PUT", self._audio, headers={"if-none-match": "*"}, payload=BytesPayload(BODY))
        try:
            (await self._client.ask(call)).body.close()
        except Refused as refused:
            if refused.status in (409, 412):
                self._say("overwriting", Level.OK, "the store keeps two from taking one key")
            else:
                self._parts.learnt.learn(CONDITION, NO)
                self._say("overwriting", Level.NOTE, f"no conditional puts ({refused}); we look before we write")
            return
        self._say("overwriting", Level.NOTE, "conditional puts are ignored; we look before we write")

    async def _multipart(self) -> None:
        """Large files: begun, found again, dropped."""
        key = f"{self._audio}.parts"
        upload_id = await self._bucket.begin_parts(key, {})
        left: list[str] = []
        try:
            left = [one.upload_id for one in await self._bucket.unfinished(key)]
        except Refused as refused:
            if refused.status not in (405, 501):
                raise
        finally:
            await self._dropped(key, upload_id)
        self._parts.learnt.learn(UNFINISHED, YES if upload_id in left else NO)
        if upload_id in left:
            self._say("multipart", Level.OK, "works, and what is unfinished can be found")
        else:
            self._say("multipart", Level.WARNING, "unfinished uploads cannot be found: large files begin anew")

    async def _dropped(self, key: str, upload_id: str) -> None:
        try:
            await self._bucket.abort(key, upload_id)
        except StoreAway as why:
            self._say("multipart", Level.WARNING, f"what is unfinished cannot be dropped ({_words(why)})")

    async def _delete(self) -> None:
        left = await self._batch([self._audio, self._picture])
        for key in (self._audio, self._picture):
            await self._bucket.delete(key)
        gone = await self._bucket.list_page(f"{self._audio}", most=1)
        if gone.objects:
            self._say("delete", Level.ERROR, "an object is still there after it was deleted")
        else:
            self._say("delete", Level.OK, "gone" if left else "gone; the store takes no batches, so one by one")

    async def _batch(self, keys: list[str]) -> bool:
        try:
            return not await self._bucket.delete_many(keys)
        except (Refused, StoreAway):
            return False

    # --- who may read ----------------------------------------------------------------------------

    async def _public(self) -> None:
        """Which of the three ways the bucket is run.  Source: docs/storage.md §3.1."""
        listing = await self._strange(None)
        pictures, audio = await self._strange(self._picture), await self._strange(self._audio)
        older = await self._an_older_song()
        if older is not None:
            audio = audio or await self._strange(older)
        if listing:
            self._say("public", Level.ERROR, "anybody may list the bucket")
        if audio:
            self._say("public", Level.ERROR, "audio is readable by anyone: see docs/storage.md §3.2 for a policy")
        elif pictures:
            self._say("public", Level.OK, "pictures are readable by anyone, audio only by us")
        elif not listing:
            self._say("public", Level.OK, "closed: only we can read")

    async def _strange(self, key: str | None) -> bool:
        """Whether somebody without a key gets an object, or a list of the bucket."""
        target = self._client.address.target("GET", key, () if key else (("list-type", "2"), ("max-keys", "1")))
        reply = await self._client.stranger("GET", target.url)
        if key is not None:
            reply.body.close()
            return reply.status == 200
        try:
            documents.listing(await reply.body.read(1 << 20))
        except Unreadable:
            return False
        return reply.status == 200

    async def _an_older_song(self) -> str | None:
        """An object that was put there earlier, perhaps by another program with other manners."""
        try:
            page = await self._bucket.list_page(f"{self._parts.store.below}{TRACKS}/", most=5)
        except (Refused, StoreAway):
            return None
        return next((one.key for one in page.objects if "/fwtwisted-check/" not in one.key), None)


_TAKEN_OR_NOT = frozenset({200, 400, 403, 501})

_REFUSALS = {
    "NoSuchBucket": ("bucket", "does not exist: 'fwtwisted storage init --create-bucket' makes it"),
    "InvalidAccessKeyId": ("credentials", "the store does not know AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": ("credentials", "AWS_SECRET_ACCESS_KEY is wrong"),
    "ExpiredToken": ("credentials", "AWS_SESSION_TOKEN has expired"),
    "InvalidToken": ("credentials", "AWS_SESSION_TOKEN is wrong"),
}


def _refusal(status: int, body: bytes) -> str:
    told = documents.error(body)
    return f"{status} {told.code if told else ''}".strip()


def _words(why: Any) -> str:
    return why.why if isinstance(why, StoreAway) else str(why) or type(why).__name__
