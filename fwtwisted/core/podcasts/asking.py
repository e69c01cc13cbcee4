"""
Asking for a feed: what came of it, as a value, whatever the far end did.

::

    ask(url, what we have) ─▶ Same       304, or the same bytes
                             Read       a feed, and where it lives for good
                             Trouble    nothing; when to try again, and whether the whole host wants to be left alone

Source: docs/api.md §4.15; RFC 9110, 10.2.3 (Retry-After).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from attrs import frozen
from twisted.internet.defer import DeferredSemaphore

from fwtwisted.core.fediverse.moderation.policies import Policies
from fwtwisted.model.errors import ShutOut
from fwtwisted.model.podcasts import Feed
from fwtwisted.model.threads import Threads
from fwtwisted.outside.fetching import Fetched, FetchFailed, Fetching, Wish, conditions
from fwtwisted.wire.feeds import NotAFeed, read_feed
from fwtwisted.wire.http import parsed_http_date
from fwtwisted.wire.targets import PLAIN_OR_SECURE, authority

LARGEST_FEED = 16 << 20  # bytes, unpacked
ASKED_AT_ONCE = 8  # feeds on their way, each in memory
READ_AT_ONCE = 2  # in threads, which others need as well
REDIRECTS = 3
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
BUSY = (429, 503)
GONE = 410
LONGEST_REST = 7 * 86_400.0  # seconds that a host may ask us to stay away


@frozen
class Had:
    """What we have of a feed already."""

    etag: str | None = None
    last_modified: str | None = None
    digest: bytes | None = None


NOTHING_HAD = Had()


@frozen
class Same:
    """Nothing new.  :ivar had: what to ask with next time."""

    url: str
    settled_url: str
    had: Had


@frozen
class Read:
    """
    A feed.

    :ivar url: that was asked, as it is kept.  :ivar settled_url: where it lives for good.
    :ivar had: what to ask with next time.
    """

    url: str
    settled_url: str
    feed: Feed
    had: Had


@frozen
class Trouble:
    """
    Nothing came of it.

    :ivar words: for people.
    :ivar rest_seconds: how long the host wants to be left alone.
    :ivar is_gone: its publisher says that there will never be anything again.
    """

    words: str
    rest_seconds: float | None = None
    is_gone: bool = False


Came: TypeAlias = Same | Read | Trouble


class Asking:
    """
    Asks for feeds.

    :param now: the time.
    :param most_items: kept of one feed.
    """

    def __init__(
        self,
        fetching: Fetching,
        threads: Threads,
        policies: Policies,
        now: Callable[[], datetime],
        most_items: int,
    ) -> None:
        self._fetching, self._threads, self._policies, self._now = fetching, threads, policies, now
        self._most_items = most_items
        self._asked, self._read_at_once = DeferredSemaphore(ASKED_AT_ONCE), DeferredSemaphore(READ_AT_ONCE)

    def checked(self, url: str) -> str:
        """The address as it is kept.  :raise FetchFailed: it is none that we ask."""
        return self._fetching.checked(url, PLAIN_OR_SECURE).url

    def host(self, url: str) -> str:
        """Whom one asks there.  :raise FetchFailed:"""
        return self._fetching.checked(url, PLAIN_OR_SECURE).host

    async def ask(self, url: str, had: Had = NOTHING_HAD) -> Came:
        """Ask for a feed, unless it is what we have; a few at a time, for each may be large."""
        await self._asked.acquire()
        try:
            return await self._ask(url, had)
        finally:
            self._asked.release()

    async def _ask(self, url: str, had: Had) -> Came:
        headers = {"Accept": ACCEPT, **conditions(had.etag, had.last_modified)}
        wish = Wish(
            headers=headers,
            largest=LARGEST_FEED,
            schemes=PLAIN_OR_SECURE,
            redirects=REDIRECTS,
            permit=self._policies.permit_hop,
        )
        try:
            url = self.checked(url)
            fetched = await self._fetching.get(url, wish)
        except FetchFailed as why:
            return Trouble(str(why))
        if fetched.status == 304:
            return Same(url, fetched.settled_url, had)
        if not fetched.is_good:
            return self._refused(fetched)
        return await self._read(url, fetched, had)

    def _refused(self, fetched: Fetched) -> Trouble:
        words = f"The server answered with status {fetched.status}."
        rest = retry_after(fetched.headers.get("retry-after"), self._now()) if fetched.status in BUSY else None
        return Trouble(words, rest, is_gone=fetched.status == GONE)

    async def _read(self, url: str, fetched: Fetched, had: Had) -> Came:
        digest = await self._threads(_digest, fetched.body)
        kept = Had(_short(fetched.headers.get("etag")), _short(fetched.headers.get("last-modified")), digest)
        if digest == had.digest:
            return Same(url, fetched.settled_url, kept)
        charset = _charset(fetched.headers.get("content-type", ""))
        await self._read_at_once.acquire()
        try:
            feed = await self._threads(read_feed, fetched.body, fetched.url, charset, self._most_items)
        except NotAFeed as why:
            return Trouble(str(why))
        finally:
            self._read_at_once.release()
        try:
            for address in (feed.own_address, feed.link):  # whoever publishes for whom is shut out is, too
                if address and authority(address):
                    await self._policies.permit_url(address)
        except ShutOut as why:
            return Trouble(str(why))
        return Read(url, fetched.settled_url, feed, kept)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def retry_after(header: str | None, now: datetime) -> float | None:
    """How long a ``Retry-After`` asks us to stay away, seconds; None where it says nothing that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_REST)
    until = parsed_http_date(text.encode("latin-1", "replace")) if text else None
    if until is None:
        return None
    return min(max(0.0, (until.astimezone(UTC) - now).total_seconds()), LONGEST_REST)


def _short(header: str | None) -> str | None:
    """A header to be sent back; an absurdly long one is not."""
    return header if header and len(header) <= 500 else None


def _charset(content_type: str) -> str | None:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40] or None
    return None
