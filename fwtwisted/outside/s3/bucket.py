"""
What can be done in a bucket, operation by operation: calls with their answers understood.

Keys here are whole keys, with the location; :class:`~fwtwisted.outside.s3.reading.StoreOrigin` and the store of blobs
know names.  Operations that put bytes are in :mod:`~fwtwisted.outside.s3.writing`.

Source: docs/storage.md §5; Amazon S3 API Reference.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.model.errors import NotFound
from fwtwisted.outside.origin import Changed, Seen, StoreAway, Unseen
from fwtwisted.outside.s3.client import LISTENER_PATIENCE, PATIENCE, Call, Client, Refused
from fwtwisted.outside.s3.line import Reply
from fwtwisted.outside.s3.payloads import BytesPayload
from fwtwisted.outside.s3.turns import Holder
from fwtwisted.wire.http import parsed_http_date
from fwtwisted.wire.s3 import documents
from fwtwisted.wire.s3.answers import OK, PARTIAL, Misfit, Taken, taken
from fwtwisted.wire.s3.documents import MOST_KEYS, Listing, Part, Unfinished, Unreadable
from fwtwisted.wire.s3.signing import Pairs

T = TypeVar("T")

META_SHA256 = "x-amz-meta-sha256"
NO_BUCKET = "NoSuchBucket"


@frozen
class Got:
    """An answer to a GET.  :ivar taken: which bytes its body holds."""

    seen: Seen
    taken: Taken
    reply: Reply


class Bucket:
    """One bucket."""

    _log = Logger()

    def __init__(self, client: Client, bucket: str) -> None:
        self.client, self.name = client, bucket
        self._has_lied = False

    # --- reading ---------------------------------------------------------------------------------

    async def get(
        self,
        key: str,
        first: int = 0,
        last: int | None = None,
        *,
        if_match: str | None = None,
        ranged: bool = True,
        patience: float = LISTENER_PATIENCE,
        holder: Holder | None = None,
    ) -> Got:
        """
        Bytes of an object.

        :param ranged: False: ask for the whole, and let the caller cut.
        :raise NotFound:  :raise Changed:  :raise StoreAway:  :raise ValueError: ``first`` lies behind the end.
        """
        headers = {} if if_match is None else {"if-match": if_match}
        if ranged and (first or last is not None):
            headers["range"] = f"bytes={first}-{'' if last is None else last}"
        try:
            reply = await self.client.ask(Call("GET", key, headers=headers), patience, holder)
        except Refused as refused:
            if refused.status == 412:
                raise Changed from refused
            if refused.status == 416:
                raise ValueError(f"byte {first} lies behind the end") from refused
            raise await self._missing(key, refused) from refused
        try:
            told = taken(reply.status, reply.headers.get("content-range"), reply.length, first, last)
        except Misfit as misfit:
            reply.body.close()
            if not ranged or "range" not in headers:
                raise StoreAway(f"its answer makes no sense: {misfit}") from misfit
            self._lied(misfit)
            return await self.get(key, first, last, if_match=if_match, ranged=False, patience=patience, holder=holder)
        return Got(_seen(reply.headers, told.size), told, reply)

    def _lied(self, misfit: Misfit) -> None:
        """Say once what such a store costs: each part of a file is asked for twice."""
        if not self._has_lied:
            self._has_lied = True
            self._log.warn(
                "the media store lies about ranges ({why}); see S3_FORCE_SINGLE_REQUEST",
                event="s3.ranges",
                why=str(misfit),
            )

    async def head(self, key: str, patience: float = LISTENER_PATIENCE) -> Seen:
        """
        What lies there.

        An answer to HEAD has no document, so that one which is neither yes nor no is asked again as a GET.

        :raise NotFound:  :raise StoreAway:
        """
        try:
            reply = await self.client.ask(Call("HEAD", key, successes=_HEAD_ANSWERS), patience)
        except Refused as refused:
            raise await self._missing(key, refused) from refused
        reply.body.close()
        if reply.status == 404:
            raise NotFound
        if reply.status == OK and reply.length is not None:
            return _seen(reply.headers, reply.length)
        try:
            got = await self.get(key, 0, 0, patience=patience)
        except ValueError:  # it is empty
            return _seen(reply.headers, 0)
        got.reply.body.close()
        return got.seen

    async def _missing(self, key: str, refused: Refused) -> Exception:
        """What a refusal of an object means.  Source: S-45; docs/storage.md §10."""
        if refused.code == NO_BUCKET:
            self._log.critical("the bucket {bucket} does not exist", event="s3.no-bucket", bucket=self.name)
            return StoreAway("the bucket does not exist")
        if refused.status == 404:
            return NotFound()
        if refused.status != 403:
            self._log.error("the media store refuses: {why}", event="s3.refused", why=str(refused))
            return StoreAway(str(refused))
        try:
            page = await self.list_page(key, most=1)
        except Refused:
            self._log.warn("cannot tell whether {key} exists (no ListBucket)", event="s3.cannot-tell", key=key)
            return Unseen()
        if any(one.key == key for one in page.objects):
            self._log.error("we may not read {key}", event="s3.forbidden", key=key)
            return StoreAway("an object may not be read")
        return Unseen()

    async def list_page(
        self, prefix: str = "", token: str | None = None, start_after: str = "", most: int = MOST_KEYS
    ) -> Listing:
        """A page of the keys that begin so.  :raise Refused:  :raise StoreAway:"""
        query: list[tuple[str, str]] = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", str(most))]
        query += [("prefix", prefix)] if prefix else []
        query += [("continuation-token", token)] if token is not None else []
        query += [("start-after", start_after)] if start_after and token is None else []
        return await self._read(Call("GET", None, tuple(query)), documents.listing)

    async def listed(self, prefix: str = "", start_after: str = "") -> AsyncIterator[documents.Listed]:
        """Every object whose key begins so, in the store's own order (S-86).  Raises as :meth:`list_page`."""
        token = None
        while True:
            page = await self.list_page(prefix, token, start_after)
            for one in page.objects:
                yield one
            if page.next_token is None or page.next_token == token:
                return
            token = page.next_token

    # --- removing, copying -----------------------------------------------------------------------

    async def delete(self, key: str) -> None:
        """Remove an object, if there is one.  :raise StoreAway:"""
        try:
            (await self.client.ask(Call("DELETE", key, successes=_GONE))).body.close()
        except Refused as refused:
            raise StoreAway(str(refused)) from refused

    async def delete_many(self, keys: Sequence[str]) -> dict[str, str]:
        """
        Remove many objects; those that were not removed, with the code that says why.

        :raise Refused: the store takes no batches, or not from us.
        """
        failed: dict[str, str] = {}
        for start in range(0, len(keys), MOST_KEYS):
            body = documents.delete_batch(keys[start : start + MOST_KEYS])
            failed |= await self._send("POST", (("delete", ""),), body, documents.not_deleted)
        return failed

    async def copy(self, key: str, source: str, headers: Mapping[str, str]) -> str | None:
        """
        Make an object of another (or, with other headers, of itself); at most 5 GiB.  Its tag.

        :param headers: of the new object, ``x-amz-metadata-directive`` among them.
        :raise Refused:  :raise StoreAway:
        """
        told = {**headers, "x-amz-copy-source": self._source(source)}
        return await self._read(Call("PUT", key, headers=told), documents.copied)

    async def copy_part(self, key: str, upload_id: str, number: int, source: str, first: int, last: int) -> Part:
        """A part made of bytes of another object.  :raise Refused:  :raise StoreAway:"""
        told = {"x-amz-copy-source": self._source(source), "x-amz-copy-source-range": f"bytes={first}-{last}"}
        query = (("partNumber", str(number)), ("uploadId", upload_id))
        etag = await self._read(Call("PUT", key, query, told), documents.copied)
        return Part(number, etag or "", last - first + 1)

    def _source(self, key: str) -> str:
        return self.client.address.copy_source(key)

    # --- multipart -------------------------------------------------------------------------------

    async def begin_parts(self, key: str, headers: Mapping[str, str]) -> str:
        """Begin an object in parts; the upload's id.  :raise Refused:  :raise StoreAway:"""
        return await self._read(Call("POST", key, (("uploads", ""),), headers), documents.upload_id)

    async def parts(self, key: str, upload_id: str) -> list[Part]:
        """The parts that the store has.  :raise Refused: (404) there is no such upload.  :raise StoreAway:"""
        found: list[Part] = []
        after: int | None = 0
        while after is not None:
            query = (("uploadId", upload_id), *((("part-number-marker", str(after)),) if after else ()))
            some, after = await self._read(Call("GET", key, query), documents.parts)
            found += some
        return found

    async def unfinished(self, prefix: str = "") -> list[Unfinished]:
        """Uploads in parts that were begun and not ended.  :raise Refused:  :raise StoreAway:"""
        found: list[Unfinished] = []
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            marks = tuple(zip(("key-marker", "upload-id-marker"), after, strict=True)) if after[0] else ()
            query = (("uploads", ""), *((("prefix", prefix),) if prefix else ()), *marks)
            some, following = await self._read(Call("GET", None, query), documents.unfinished)
            found += some
            after = None if following == after else following
        return found

    async def abort(self, key: str, upload_id: str) -> None:
        """Drop the parts of an upload that will not be ended.  :raise StoreAway:"""
        try:
            call = Call("DELETE", key, (("uploadId", upload_id),), successes=_GONE)
            (await self.client.ask(call)).body.close()
        except Refused as refused:
            raise StoreAway(str(refused)) from refused

    async def abort_old(self, before: datetime, prefix: str = "") -> int:
        """Drop the uploads that were begun before a moment; how many."""
        old = [one for one in await self.unfinished(prefix) if one.begun is not None and one.begun < before]
        for one in old:
            await self.abort(one.key, one.upload_id)
        return len(old)

    # --- rights ----------------------------------------------------------------------------------

    async def put_acl(self, key: str, acl: str) -> None:
        """Give an object a canned list.  :raise Refused: the store has none.  :raise StoreAway:"""
        await self.client.document(Call("PUT", key, (("acl", ""),), {"x-amz-acl": acl}))

    async def is_open(self, key: str | None) -> bool:
        """Whether the list of an object or of the bucket lets everybody in.  :raise Refused:  :raise StoreAway:"""
        return await self._read(Call("GET", key, (("acl", ""),)), documents.grants_everybody)

    async def policy(self) -> bytes | None:
        """The bucket's policy as it is; None when there is none.  :raise Refused:  :raise StoreAway:"""
        try:
            return await self.client.document(Call("GET", None, (("policy", ""),)))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def put_policy(self, body: bytes) -> None:
        """:raise Refused:  :raise StoreAway:"""
        await self._send("PUT", (("policy", ""),), body, bool)

    async def put_cors(self, body: bytes) -> None:
        """:raise Refused:  :raise StoreAway:"""
        await self._send("PUT", (("cors", ""),), body, bool)

    async def put_lifecycle(self, body: bytes) -> None:
        """:raise Refused:  :raise StoreAway:"""
        await self._send("PUT", (("lifecycle", ""),), body, bool)

    async def create(self) -> None:
        """Make the bucket.  :raise Refused: (409) it is there.  :raise StoreAway:"""
        await self._send("PUT", (), documents.bucket_creation(self.client.region), bool)

    # --- the way there ---------------------------------------------------------------------------

    async def _send(self, method: str, query: Pairs, body: bytes, read: Callable[[bytes], T]) -> T:
        """A document about the bucket; some stores want its digest."""
        payload = BytesPayload(body)
        headers = {"content-md5": payload.measure.md5, "content-type": "application/xml"} if body else {}
        return await self._read(Call(method, None, query, headers, payload if body else None), read)

    async def _read(self, call: Call, read: Callable[[bytes], T], patience: float = PATIENCE) -> T:
        """
        The answer's document, read.  A success that brings an error is a failure of the store (S-14): once more.

        :raise Refused:  :raise StoreAway:
        """
        for tries_left in (1, 0):
            body = await self.client.document(call, patience)
            try:
                return read(body)
            except Unreadable as broken:
                told = documents.error(body)
                if not tries_left:
                    raise StoreAway(told.code if told else f"unreadable: {broken}") from broken
                await self.client.rest(self.client.rest_before(1))
        raise AssertionError


_HEAD_ANSWERS = frozenset({OK, PARTIAL, 301, 302, 307, 400, 403, 404})
_GONE = frozenset({200, 202, 204, 404})


def _seen(headers: Mapping[str, str], size: int) -> Seen:
    return Seen(
        size,
        headers.get("etag"),
        parsed_http_date(headers.get("last-modified", "").encode("latin-1")),
        headers.get("content-type"),
        headers.get(META_SHA256),
    )
