"""
How media leave for apps: by us or by the front, never by a redirect (docs/subsonic.md §4.5, docs/storage.md S-25).
"""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.core.listening.streaming import FileMissing, Stream
from fwtwisted.core.subsonic.media.streams import Sending, Streams
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.transfer import PRIVATE, Delivery, Front, announce, hand_over, send
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.subsonic.errors import Code, Refused


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
        place = await self._front.place_of(stream)
        if place is not None:
            await self._note(request, stream)
            cached = "LOCAL" if stream.distant is None else "BYPASS"
            return hand_over(request, place, delivery.cached(cached))
        if request.method == b"HEAD" and stream.is_live:  # nothing is made for somebody who only looks
            announce(request, delivery.cached("MISS"))
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


def _labels(sending: Sending) -> Mapping[str, str]:
    told = {**PRIVATE, "X-Content-Duration": str(sending.seconds)}
    if sending.size is not None:
        told["Content-Length"] = str(sending.size)
    return told
