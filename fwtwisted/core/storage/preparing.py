"""
Making a bucket ready: itself, who may read, who may be redirected to it, what clears itself away.

What exists and is other is replaced only with consent.

Source: docs/storage.md §3.2, §3.5, §4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import orjson
from attrs import frozen

from fwtwisted.core.storage.checking import Finding, Level
from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.bucket import Bucket
from fwtwisted.outside.s3.client import Call, Refused
from fwtwisted.wire.s3 import documents
from fwtwisted.wire.s3.policy import public_policy

Consent: TypeAlias = Callable[[str], Awaitable[bool]]
"""Asks a person whether something may be replaced."""


@frozen
class Wanted:
    """
    What is to be made.

    :ivar origins: of the pages that may be redirected to the bucket.
    """

    bucket: bool = False
    policy: bool = False
    cors: bool = False
    lifecycle: bool = False
    dry_run: bool = False
    origins: tuple[str, ...] = ()


class Preparing:
    """One run.  :param told: called with what was done about each thing."""

    def __init__(
        self, bucket: Bucket, location: str, wanted: Wanted, consent: Consent, told: Callable[[Finding], object]
    ) -> None:
        self._bucket, self._location, self._wanted = bucket, location, wanted
        self._consent, self._told = consent, told
        self._is_right = True

    async def run(self) -> bool:
        """Make everything that is wanted; whether all of it is there."""
        wanted, bucket = self._wanted, self._bucket
        if wanted.bucket:
            await self._create()
        if wanted.policy:
            body = public_policy(bucket.name, self._location)
            await self._made("policy", bucket.policy, bucket.put_policy, body)
        if wanted.cors:
            await self._made("cors", lambda: self._there("cors"), bucket.put_cors, documents.cors(wanted.origins))
        if wanted.lifecycle:
            await self._made("lifecycle", lambda: self._there("lifecycle"), bucket.put_lifecycle, documents.lifecycle())
        return self._is_right

    def _say(self, about: str, level: Level, text: str) -> None:
        self._is_right &= level is not Level.ERROR
        self._told(Finding(about, level, text))

    async def _create(self) -> None:
        if await self._exists():
            self._say("bucket", Level.OK, "is there")
            return
        if self._wanted.dry_run:
            self._say("bucket", Level.NOTE, "would be made")
            return
        try:
            await self._bucket.create()
        except Refused as refused:
            if refused.code == "BucketAlreadyOwnedByYou":
                self._say("bucket", Level.OK, "is there")
            else:
                self._say("bucket", Level.ERROR, f"cannot be made ({refused})")
        except StoreAway as away:
            self._say("bucket", Level.ERROR, away.why)
        else:
            self._say("bucket", Level.OK, "made")

    async def _exists(self) -> bool:
        try:
            (await self._bucket.client.ask(Call("HEAD", None))).body.close()
        except Refused as refused:
            return refused.status == 403  # somebody's, perhaps ours without the right to look
        except StoreAway:
            return False  # what follows says why
        return True

    async def _there(self, what: str) -> bytes | None:
        """A document about the bucket as it is; None when there is none.  :raise Refused:  :raise StoreAway:"""
        try:
            return await self._bucket.client.document(Call("GET", None, ((what, ""),)))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def _made(
        self,
        about: str,
        there: Callable[[], Awaitable[bytes | None]],
        put: Callable[[bytes], Awaitable[None]],
        body: bytes,
    ) -> None:
        """Put a document where none or another one is."""
        try:
            found = await there()
            if found is not None and documents.is_listing(found):  # it took the question for another one
                self._say(about, Level.WARNING, "the store has no such thing")
            elif found is not None and _same(found, body):
                self._say(about, Level.OK, "is there")
            elif self._wanted.dry_run:
                self._say(about, Level.NOTE, "would be set" if found is None else "would replace what is there")
            elif found is not None and not await self._consent(f"The bucket has another {about} already.  Replace it?"):
                self._say(about, Level.ERROR, "another one is there; it was left as it is (--yes replaces it)")
            else:
                await put(body)
                self._say(about, Level.OK, "set" if found is None else "replaced")
        except Refused as refused:
            if refused.status in (405, 501):
                self._say(about, Level.WARNING, "the store has no such thing")
            else:
                self._say(about, Level.ERROR, f"refused ({refused})")
        except StoreAway as away:
            self._say(about, Level.ERROR, away.why)


def _same(found: bytes, body: bytes) -> bool:
    """Whether two documents say the same: stores give them back in their own words and order."""
    try:
        return bool(_plain(orjson.loads(found)) == _plain(orjson.loads(body)))
    except orjson.JSONDecodeError:
        return documents.bare(found) == documents.bare(body)


def _plain(value: object) -> object:
    """A policy with lists of one thing as that thing."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        plain = [_plain(inner) for inner in value]
        return plain[0] if len(plain) == 1 else sorted(plain, key=repr)
    return value
