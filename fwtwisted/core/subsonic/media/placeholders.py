"""
What apps are shown of things without a picture, where the pod wants that.

A few drawings in a few sizes serve for everything; which one it is follows from the id, so that a thing keeps its
colour.  Source: docs/subsonic.md rule 40.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict

from fwtwisted.model.errors import NotFound
from fwtwisted.model.images import Frame
from fwtwisted.model.threads import Threads
from fwtwisted.outside.images.placeholders import COLOURS, LARGEST, MEDIA_TYPE, USUAL, drawn
from fwtwisted.outside.inmemory import MemorySource
from fwtwisted.wire.http import ByteSource
from fwtwisted.wire.subsonic.names import Name

DRAWN_AS = MEDIA_TYPE
MOST = 200  # drawings that are kept; some kilobytes each
STEP = 50  # pixels between sizes


class Placeholders:
    """
    Draws.

    :param is_on: whether the pod wants them; without, there is no picture where there is none.
    """

    def __init__(self, threads: Threads, *, is_on: bool) -> None:
        self._threads, self.is_on = threads, is_on
        self._drawn: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    async def of(self, name: Name, frame: Frame | None) -> ByteSource:
        """A drawing that fits the frame.  :raise NotFound: the pod wants none."""
        if not self.is_on:
            raise NotFound
        colour, edge = zlib.crc32(str(name).encode()) % COLOURS, _edge(frame)
        key = colour, edge
        if key not in self._drawn:
            self._drawn[key] = await self._threads(drawn, colour, edge)
        self._drawn.move_to_end(key)
        body = self._drawn[key]
        while len(self._drawn) > MOST:
            self._drawn.popitem(last=False)
        return MemorySource(body, f'"placeholder-{colour}-{edge}"')


def _edge(frame: Frame | None) -> int:
    """The largest of a few sizes that fits; below the smallest of them any."""
    if frame is None:
        return USUAL
    edge = min(frame.edge, LARGEST)
    return edge // STEP * STEP or edge
