"""
Bytes out: media of any size, in whole or in part, by us or by the front.

:func:`send` asks ``wire/http.py`` what a request means for a source of bytes and sends it: by the kernel where there is
an open file on a plain socket, else as a streaming producer that obeys back-pressure.  A client that leaves ends the
work; the source is closed whatever happens.  :class:`Front` knows the headers by which a reverse proxy is asked to send
a local file in our place.

Source: docs/storage.md §6.2, §6.4.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Awaitable, Mapping
from urllib.parse import quote

from attrs import evolve, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.logger import Logger
from twisted.python.failure import Failure

from fwtwisted.core.listening.streaming import Stream
from fwtwisted.model.errors import FwError
from fwtwisted.web.channel import sends_files
from fwtwisted.web.request import LeanRequest
from fwtwisted.wire import http
from fwtwisted.wire.http import ByteSource, Conditions, Plan, Span

_log = Logger()

# Media never runs as a page of ours: docs/storage.md S-7.
MEDIA_POLICY = b"default-src 'none'; sandbox"
# What audio of people goes out with.
PRIVATE = {"Cache-Control": "private, max-age=0, must-revalidate", "Vary": "Authorization, Cookie"}
FRONT_SECONDS = 60  # that a URL lives which the front is given: docs/storage.md S-21


@frozen
class Delivery:
    """
    How bytes are labelled on their way.

    :ivar media_type: of the bytes; never guessed from them.
    :ivar filename: under which a browser saves them; None to show or play them.
    :ivar headers: further ones, such as ``Cache-Control``.
    """

    media_type: str
    filename: str | None = None
    headers: Mapping[str, str] = field(factory=dict)

    def cached(self, status: str) -> Delivery:
        """The same, which also tells how the bytes are had: as :attr:`ByteSource.cache_status` where there is none."""
        return evolve(self, headers={**self.headers, "X-Cache-Status": status})


async def send(
    request: LeanRequest,
    source: ByteSource,
    delivery: Delivery,
    method: bytes | None = None,
    meanwhile: Awaitable[None] | None = None,
) -> None:
    """
    Answer a GET or HEAD with the bytes of ``source``, as the request's conditions and range have it.

    The answer is complete when this returns; the handler returns None.  The source is closed in any case.  When the
    bytes end early the connection is cut, so that the client does not take a part for the whole.

    :param method: what the request counts as; None: what it is.  A POST that only reads counts as GET.
    :param meanwhile: done while the bytes are got ready, and before the head is sent; what it raises is raised.
    """
    doing = None if meanwhile is None else _begun(meanwhile)
    try:
        conditions = Conditions.read(request.requestHeaders.getRawHeaders)
        plan = http.plan(method or request.method, conditions, source.length, source.etag, source.modified)
        if plan.status in (http.OK, http.PARTIAL):
            await source.ready(http.NO_BYTES if request.method == b"HEAD" else plan.span)
        if doing is not None:
            await doing
        _describe(request, source, delivery)
        if plan.status in (http.OK, http.PARTIAL):
            await _send_planned(request, source, plan)
        else:
            _decline(request, plan)
    finally:
        source.close()
        if doing is not None:
            doing.addErrback(_log_unheard)


def _begun(work: Awaitable[None]) -> Deferred[None]:
    """Have it done from now on."""

    async def doing() -> None:
        await work

    return Deferred.fromCoroutine(doing())


def _log_unheard(failure: Failure) -> None:
    """What failed while the answer was failing already, so that nobody else hears of it."""
    if not failure.check(CancelledError, FwError):
        _log.failure("what was done beside an answer broke", failure, event="web.beside")


def announce(request: LeanRequest, delivery: Delivery) -> None:
    """Answer a HEAD for bytes of which nobody knows the length yet."""
    _label(request, delivery)
    request.respond_head(None)


def send_away(request: LeanRequest, url: str) -> bytes:
    """
    Redirect a client to a signed URL, which nobody may keep or tell; returns the (empty) body.

    Source: docs/storage.md §6.3, S-8.
    """
    request.code = 302
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    for name, value in headers.items():
        request.setHeader(name, value)
    return b""


def hand_over(request: LeanRequest, place: FrontHeader, delivery: Delivery) -> bytes:
    """Have the front send the bytes; returns the (empty) body.  Conditions and ranges are the front's business."""
    request.code = 200
    _label(request, delivery)
    request.setHeader(place.name, place.value)
    return b""


def _describe(request: LeanRequest, source: ByteSource, delivery: Delivery) -> None:
    """Set the headers that tell of the bytes."""
    _label(request, delivery)
    headers = request.responseHeaders
    headers.setRawHeaders(b"X-Cache-Status", [source.cache_status.encode("ascii")])
    if source.age is not None:
        headers.setRawHeaders(b"Age", [b"%d" % source.age])
    if source.length is not None:
        headers.setRawHeaders(b"Accept-Ranges", [b"bytes"])
    if source.etag is not None:
        headers.setRawHeaders(b"ETag", [source.etag.encode("latin-1")])
    if source.modified is not None:
        headers.setRawHeaders(b"Last-Modified", [http.http_date(source.modified)])


def _label(request: LeanRequest, delivery: Delivery) -> None:
    """Set the headers that do not depend on who sends the bytes."""
    headers = request.responseHeaders
    headers.setRawHeaders(b"Content-Type", [delivery.media_type.encode("latin-1", "replace")])
    headers.setRawHeaders(b"Content-Security-Policy", [MEDIA_POLICY])
    if delivery.filename is not None:
        headers.setRawHeaders(b"Content-Disposition", [http.content_disposition(delivery.filename)])
    for name, value in delivery.headers.items():
        if name.lower() == "vary":  # the site may have said something about origins
            headers.addRawHeader(name, value)
        else:
            headers.setRawHeaders(name, [value])


def _decline(request: LeanRequest, plan: Plan) -> None:
    """Answer without the bytes: they are known, forbidden by a condition, or not there."""
    request.code = plan.status
    for name in (b"Content-Type", b"Content-Disposition"):
        request.responseHeaders.removeHeader(name)
    if plan.content_range is not None:
        request.responseHeaders.setRawHeaders(b"Content-Range", [plan.content_range])
    request.respond(b"")


async def _send_planned(request: LeanRequest, source: ByteSource, plan: Plan) -> None:
    """Send everything, or the span."""
    request.code = plan.status
    if plan.content_range is not None:
        request.responseHeaders.setRawHeaders(b"Content-Range", [plan.content_range])
    length = source.length if plan.span is None else plan.span.length
    if request.method == b"HEAD":
        request.respond_head(length)
        return
    try:
        if length is None:
            request.write(b"")
        else:
            request.write_head(length)
        await _flow(request, source, plan.span, length)
    except (ConnectionDone, ConnectionLost):
        return
    except EOFError as why:
        _log.warn("{path} ended early: {why}", event="web.cut-short", path=request.path.decode("latin-1"), why=str(why))
        request.abort()
        return
    if not request.is_over:
        request.finish()


async def _flow(request: LeanRequest, source: ByteSource, span: Span | None, length: int | None) -> None:
    """Move the bytes, by the kernel if it can."""
    descriptor = source.descriptor()
    if descriptor is None or length is None or not sends_files(request.channel.transport):
        await source.produce(request, span)
        return
    await request.channel.transport.sendfile(descriptor, 0 if span is None else span.start, length)
    request.sentLength += length


# --- the front ---------------------------------------------------------------------------------------


class FrontKind(enum.StrEnum):
    """Who stands before us (``REVERSE_PROXY_TYPE``)."""

    DIRECT = "direct"
    NGINX = "nginx"
    APACHE2 = "apache2"


@frozen
class FrontHeader:
    """A header that asks the front to send a file."""

    name: str
    value: str


@frozen
class Front:
    """
    How the front is asked to send local files.

    :ivar protect_path: prefix of nginx' internal locations, no slash at its end.
    :ivar media_root: folder of the stored files; absolute.
    :ivar music_root: folder of the files that are imported in place; None when there is none.
    :ivar music_serve_root: the same folder as the front sees it; None when that is no other.
    :ivar redirects: players are sent to the object store for audio.
    :ivar fetches: the front fetches from the object store, if it is nginx.
    """

    kind: FrontKind = FrontKind.DIRECT
    protect_path: str = "/_protected"
    media_root: str = ""
    music_root: str | None = None
    music_serve_root: str | None = None
    redirects: bool = False
    fetches: bool = False

    def stored(self, name: str) -> FrontHeader | None:
        """For a stored file by its name below the media folder; None when we must send it ourselves."""
        match self.kind:
            case FrontKind.NGINX:
                return FrontHeader("X-Accel-Redirect", f"{self.protect_path}/media/{_quoted(name)}")
            case FrontKind.APACHE2:
                return FrontHeader("X-Sendfile", os.path.join(self.media_root, name))
        return None

    def in_place(self, path: str) -> FrontHeader | None:
        """For a file that was imported in place, by its absolute path; None when we must send it ourselves."""
        root = None if self.music_root is None else self.music_root.rstrip("/")
        if root is None or not path.startswith(f"{root}/"):
            return None
        below = path.removeprefix(f"{root}/")
        match self.kind:
            case FrontKind.NGINX:
                return FrontHeader("X-Accel-Redirect", f"{self.protect_path}/music/{_quoted(below)}")
            case FrontKind.APACHE2:
                return FrontHeader("X-Sendfile", os.path.join(self.music_serve_root or root, below))
        return None

    async def place_of(self, stream: Stream) -> FrontHeader | None:
        """For what is to be heard, wherever it lies; None when we must send it ourselves."""
        if stream.stored is not None:
            return self.stored(stream.stored)
        if stream.distant is not None and self.fetches and self.kind is FrontKind.NGINX:
            return self.elsewhere(stream.distant.url(FRONT_SECONDS, stream.media_type, None))
        if stream.in_place is None or self.kind is FrontKind.DIRECT:
            return None
        return self.in_place(await stream.in_place())

    def elsewhere(self, url: str) -> FrontHeader | None:
        """For an object behind a (presigned) URL, which only nginx fetches; None when we must send it ourselves."""
        if self.kind is not FrontKind.NGINX:
            return None
        return FrontHeader("X-Accel-Redirect", f"{self.protect_path}/media/{quote(url, safe='/:')}")


def _quoted(name: str) -> str:
    """A file's name for a URL; names that are no text (surrogates) come out as the bytes that they stand for."""
    return quote(os.fsencode(name))
