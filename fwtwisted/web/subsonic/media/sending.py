"""
How media leave for apps: by us or by the front, never by a redirect (docs/subsonic.md §4.5, docs/storage.md S-25).
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from fwtwisted.core.listening.streaming import FileMissing, Stream
from fwtwisted.core.subsonic.media.streams import Sending, Streams
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.transfer import Delivery, Front, FrontHeader, announce, hand_over, send
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.subsonic.errors import Code, Refused

FRONT_SECONDS = 60  # that a URL lives which the front is given (docs/storage.md S-21)
LABELS = {"Cache-Control": "private, max-age=0, must-revalidate", "Vary": "Authorization, Cookie"}


async def send_read(request: LeanRequest, source: ByteSource, delivery: Delivery) -> None:
    """Send bytes to whoever reads them, by whichever method (rule 52)."""
    await send(request, source, delivery, b"GET" if request.method == b"POST" else None)


class Sender:
    """Sends what apps play."""

    def __init__(self, streams: Streams, front: Front) -> None:
        self._streams, self._front = streams, front

    async def send(self, request: LeanRequest, sending: Sending, filename: str | None = None) -> bytes | None:
        """
        Answer with the bytes.

        :param filename: under which they are to be saved; None: they are played.
        :raise Refused: with status 404 when the file is gone from where it should be.
        """
        stream = sending.stream
        delivery = Delivery(stream.media_type, filename, _labels(sending))
        place = await self._front_place(stream)
        if place is not None:
            await self._note(request, stream)
            cached = "LOCAL" if stream.distant is None else "BYPASS"
            return hand_over(request, place, _and(delivery, {"X-Cache-Status": cached}))
        if request.method == b"HEAD" and stream.is_live:  # nothing is made for somebody who only looks
            announce(request, _and(delivery, {"X-Cache-Status": "MISS"}))
            return None
        try:
            source = await stream.open()
            await self._send_noted(request, source, stream, delivery)
        except FileMissing as missing:
            raise Refused(Code.NOT_FOUND, str(missing), status=404) from missing
        return None

    async def _send_noted(self, request: LeanRequest, source: ByteSource, stream: Stream, delivery: Delivery) -> None:
        try:
            await self._note(request, stream)
        except BaseException:
            source.close()
            raise
        await send_read(request, source, delivery)

    async def _note(self, request: LeanRequest, stream: Stream) -> None:
        if request.method != b"HEAD":
            await self._streams.heard(stream)

    async def _front_place(self, stream: Stream) -> FrontHeader | None:
        if stream.stored is not None:
            return self._front.stored(stream.stored)
        if stream.distant is not None and self._front.takes_urls:
            return self._front.elsewhere(stream.distant.url(FRONT_SECONDS, stream.media_type, None))
        if stream.in_place is None or not self._front.sends_files:
            return None
        return self._front.in_place(await stream.in_place())


def _labels(sending: Sending) -> Mapping[str, str]:
    told = {**LABELS, "X-Content-Duration": str(sending.seconds)}
    if sending.size is not None:
        told["Content-Length"] = str(sending.size)
    return told


def _and(delivery: Delivery, more: Mapping[str, str]) -> Delivery:
    return evolve(delivery, headers={**delivery.headers, **more})
