"""
``getCoverArt`` and ``getAvatar``.

Source: docs/subsonic.md rules 39, 40 and 58.
"""

from __future__ import annotations

from fwtwisted.core.subsonic.media.pictures import Pictures, Shown
from fwtwisted.core.subsonic.media.placeholders import DRAWN_AS
from fwtwisted.model.errors import NotFound
from fwtwisted.model.images import Frame
from fwtwisted.web.request import LeanRequest
from fwtwisted.web.subsonic.calls import Caller, media_call
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.web.subsonic.media.sending import send_read
from fwtwisted.web.transfer import Delivery
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.names import Prefix, pictured

SMALLEST, LARGEST = 1, 2000  # pixels of the longest edge
_LABELS = {"Vary": "Authorization"}
BRIEFLY = "private, max-age=300"  # a drawing: the picture itself may come
FOR_A_DAY = "private, max-age=86400"
FOR_A_YEAR = "private, max-age=31536000, immutable"


class PictureCalls:
    """Calls that send pictures."""

    def __init__(self, desk: SubsonicDesk, pictures: Pictures) -> None:
        self._desk, self._pictures = desk, pictures

    @media_call("getCoverArt")
    async def cover(self, request: LeanRequest, asked: Asked, caller: Caller) -> None:
        given = asked.needed("id")
        name = pictured(given, Prefix.TRACK)
        if name is None:
            raise NotFound()
        sight = await self._desk.sight(caller)
        try:
            shown = await self._pictures.of(sight, name)
        except NotFound:
            source = await self._pictures.stand_in(sight, name, _frame(asked))
            return await send_read(request, source, Delivery(DRAWN_AS, headers={**_LABELS, "Cache-Control": BRIEFLY}))
        is_this = given.partition("_")[2] == shown.mark
        return await self._send(request, asked, shown, FOR_A_YEAR if is_this else FOR_A_DAY)

    @media_call("getAvatar")
    async def avatar(self, request: LeanRequest, asked: Asked, caller: Caller) -> None:
        await self._send(request, asked, await self._pictures.avatar(asked.needed("username")), FOR_A_DAY)

    async def _send(self, request: LeanRequest, asked: Asked, shown: Shown, kept: str) -> None:
        source = await self._pictures.open(shown, _frame(asked))
        await send_read(request, source, Delivery(shown.media_type, headers={**_LABELS, "Cache-Control": kept}))


def _frame(asked: Asked) -> Frame | None:
    """What the picture is to fit in; None for the picture as it is."""
    size, is_square = asked.maybe_number("size"), asked.truth("square", False)
    if size is None:
        return Frame(LARGEST, is_square) if is_square else None
    return Frame(max(SMALLEST, min(size, LARGEST)), is_square)
