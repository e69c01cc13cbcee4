"""
``hls.m3u8``: HTTP Live Streaming.

The lists name further calls, which take a ticket in place of a log-in.  Source: docs/subsonic.md rule 57.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from fwtwisted.core.subsonic.media.live import USUAL_KBITS, Listening, LiveStreaming
from fwtwisted.web.app import reply
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.subsonic.calls import Caller, media_call, open_media_call
from fwtwisted.web.subsonic.desk import the_name
from fwtwisted.web.subsonic.media.sending import Sender
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.live import Segment, master_list, media_list, rates
from fwtwisted.wire.subsonic.names import Prefix

LIST_TYPE = b"application/vnd.apple.mpegurl"
LIST, PIECE = "hlsList.m3u8", "hlsPiece.ts"


class LiveCalls:
    """Calls that players of lists make."""

    def __init__(self, live: LiveStreaming, sender: Sender) -> None:
        self._live, self._sender = live, sender

    @media_call("hls.m3u8", "hls")
    async def lists(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes:
        name, cap = the_name(asked, Prefix.TRACK), caller.known.max_bitrate
        asked_for = rates(asked.many("bitRate")) or [USUAL_KBITS]
        wanted = list(dict.fromkeys(min(rate, cap) if cap else rate for rate in asked_for))
        several = [Listening(caller.known, name, kbits) for kbits in wanted]
        pieces = await self._live.pieces(several[0])
        if len(several) == 1:
            return _list(request, self._pieces(several[0], pieces))
        return _list(request, master_list((one.kbits, f"{LIST}?{self._told(one)}") for one in several))

    @open_media_call(LIST)
    async def one_list(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes:
        listening = await self._live.admitted(asked.needed("ticket"))
        return _list(request, self._pieces(listening, await self._live.pieces(listening)))

    @open_media_call(PIECE)
    async def piece(self, request: LeanRequest, asked: Asked, caller: Caller) -> bytes | None:
        listening = await self._live.admitted(asked.needed("ticket"))
        sending = await self._live.piece(listening, asked.needed_number("n"))
        return await self._sender.send(request, sending)

    def _pieces(self, listening: Listening, pieces: Sequence[Segment]) -> str:
        told = self._told(listening)
        return media_list(pieces, [f"{PIECE}?{told}&n={piece.number}" for piece in pieces])

    def _told(self, listening: Listening) -> str:
        return urlencode({"ticket": self._live.ticket(listening)})


def _list(request: LeanRequest, text: str) -> bytes:
    request.setHeader("Cache-Control", "private, no-store")
    return reply(request, 200, text.encode(), LIST_TYPE)
