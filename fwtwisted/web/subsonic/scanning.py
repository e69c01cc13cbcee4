"""``getScanStatus`` and ``startScan``.  Source: docs/subsonic.md §8.13."""

from __future__ import annotations

from fwtwisted.core.subsonic.scanning import Scanning
from fwtwisted.web.subsonic.calls import Caller, call, writing_call
from fwtwisted.web.subsonic.desk import SubsonicDesk
from fwtwisted.wire.subsonic.asked import Asked
from fwtwisted.wire.subsonic.envelope import Payload


class Scans:
    """Calls about imports."""

    def __init__(self, desk: SubsonicDesk, scanning: Scanning) -> None:
        self._desk, self._scanning = desk, scanning

    @call("getScanStatus")
    async def status(self, asked: Asked, caller: Caller) -> Payload:
        songs = await self._desk.lists.songs(await self._desk.sight(caller), 0, 0)
        return {"scanStatus": {"scanning": await self._scanning.is_running(caller.viewer), "count": songs.total}}

    @writing_call("startScan")
    async def start(self, asked: Asked, caller: Caller) -> Payload:
        await self._scanning.start(caller.viewer)
        return await self.status(asked, caller)
