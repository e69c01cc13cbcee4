"""
Posts to other servers, many to one: connections are kept for a while.

All that is true of the door is true here: a connection is made to addresses that were judged and to no others, and what
a far end may cost is bounded.  A kept connection goes on to where it was made to; there is nothing to look up again.
Redirects are answers like any other.

Source: docs/federation.md §4.14, §8.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from OpenSSL import SSL
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.error import ConnectError

from fwtwisted.outside.fetching import Fetching, Sign
from fwtwisted.outside.fetching.failures import FetchFailed, TooSlow, Unreachable
from fwtwisted.outside.fetching.lines import Closed, KeptLines, Line, LineFactory
from fwtwisted.wire.targets import Target

LARGEST_ANSWER = 64 * 1024
KEPT_SECONDS = 10
KEPT_PER_HOST = 2


@frozen
class PostingSettings:
    """
    :ivar idle_seconds: between two bytes.  :ivar total_seconds: for one request in all, the connection included.
    """

    user_agent: str
    idle_seconds: float = 10.0
    total_seconds: float = 30.0


@frozen
class Posted:
    """
    What a server answered.

    :ivar headers: by lower-case name.  :ivar body: its first :data:`LARGEST_ANSWER` bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Posting:
    """Sends bodies to other servers."""

    def __init__(self, reactor: Any, fetching: Fetching, settings: PostingSettings) -> None:
        self._reactor, self._fetching, self._settings = reactor, fetching, settings
        self._kept = KeptLines(KEPT_SECONDS, KEPT_PER_HOST)
        self._lines = LineFactory(reactor, settings.idle_seconds)

    def origin(self, url: str) -> str:
        """Scheme, host and port of a place that we post to.  :raise Refused: we do not."""
        return self._fetching.checked(url).origin

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], sign: Sign) -> Posted:
        """
        Send a body, once; a kept connection that turns out to be closed is replaced.

        :raise FetchFailed: there was no answer, or there will never be one (``Refused``).
        """
        there = self._fetching.checked(url)
        told = {"User-Agent": self._settings.user_agent, **headers, **await sign(there)}
        posting = Deferred.fromCoroutine(self._post(there, _request(there, body, told)))
        posting.addTimeout(self._settings.total_seconds, self._reactor)
        try:
            return await posting
        except TimeoutError as why:
            raise TooSlow from why

    async def _post(self, there: Target, request: bytes) -> Posted:
        line = self._kept.take(there.origin)
        if line is not None:
            try:
                return await self._asked(there, line, request)
            except Closed:
                pass  # the far end had left it
        return await self._asked(there, await self._connected(there), request)

    async def _asked(self, there: Target, line: Line, request: bytes) -> Posted:
        answer = await line.ask(request, LARGEST_ANSWER)
        self._kept.keep(there.origin, line)
        return Posted(answer.status, answer.headers, answer.body)

    async def _connected(self, there: Target) -> Line:
        """A line to a place that was judged, and whose name is looked up only now."""
        endpoint = await self._fetching.endpoint(there)
        try:
            line: Line = await endpoint.connect(self._lines)
        except (ConnectError, SSL.Error, OSError) as why:
            raise Unreachable from why
        return line

    async def close(self) -> None:
        """Let go of all connections."""
        await self._kept.close()


def _request(there: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    """As it goes over the wire."""
    where = there.url.removeprefix(there.origin) or "/"
    told = {"Host": there.origin.partition("://")[2], "Content-Length": str(len(body)), **headers}
    lines = [f"POST {where} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break in it is not sent")
    return "\r\n".join(lines).encode("latin-1") + body


__all__ = ("FetchFailed", "Posted", "Posting", "PostingSettings")
