"""
``stream`` and ``download``.

Source: docs/subsonic.md §8.6, rules 51 to 56.
"""

from __future__ import annotations

from fwtwisted.core.subsonic.media.bundles import Bundles
from fwtwisted.core.subsonic.media.streams import AS_IT_IS, Streams, StreamWish
from fwtwisted.model.errors import NotFound
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.subsonic.calls import Caller, call, media_call
from fwtwisted.web.subsonic.desk import SubsonicDesk, the_name
from fwtwisted.web.subsonic.media.sending import Sender, send_read
from fwtwisted.web.transfer import PRIVATE, Delivery, announce
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload
from fwtwisted.wire.subsonic.names import Prefix

DOWNLOAD = "download"
ARCHIVE = "application/zip"
MOST_SECONDS = 1_000_000_000  # that an offset is believed
_SONGS = (Prefix.TRACK, Prefix.EPISODE)


class StreamCalls:
    """Calls that send what is played."""

    def __init__(self, desk: SubsonicDesk, streams: Streams, bundles: Bundles, sender: Sender) -> None:
        self._desk, self._streams, self._bundles, self._sender = desk, streams, bundles, sender

    @media_call("stream")
    async def stream(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes | None:
        name, wish = the_name(asked, Prefix.TRACK), wished(asked, caller)
        sending = await self._streams.stream(await self._desk.sight(caller), name, wish)
        return await self._sender.send(request, sending)

    @media_call("download")
    async def download(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes | None:
        name = the_name(asked, Prefix.TRACK)
        caller.must(DOWNLOAD)
        sight = await self._desk.sight(caller)
        if name.prefix in _SONGS:
            sending = await self._streams.stream(sight, name, AS_IT_IS)
            return await self._sender.send(request, sending, sending.stream.filename)
        bundle = await self._bundles.bundle(sight, name)
        delivery = Delivery(ARCHIVE, f"{bundle.name}.zip", PRIVATE)
        if request.method == b"HEAD":
            announce(request, delivery)
        else:
            await send_read(request, self._bundles.source(sight, bundle), delivery)
        return None

    @call("getCaptions")
    async def captions(self, asked: Asked, caller: Caller) -> Payload:
        asked.needed("id")
        raise NotFound()


def wished(asked: Asked, caller: Caller) -> StreamWish:
    """How the app wants to hear it."""
    format = asked.text("format")
    return StreamWish(
        None if format is None else format.strip().lower(),
        asked.number("maxBitRate", 0),
        caller.known.max_bitrate,
        float(min(asked.number("timeOffset", 0), MOST_SECONDS)),
        asked.truth("estimateContentLength", False),
    )
