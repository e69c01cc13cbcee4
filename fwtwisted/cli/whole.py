"""Everything that the server can do, for commands that need it."""

from __future__ import annotations

from fwtwisted.cli.desk import Desk
from fwtwisted.parts import Parts


async def parts_of(desk: Desk, *, new_too: bool = False) -> Parts:
    """The parts, on an upright ground; see :meth:`Desk.upright`."""
    parts = Parts(await desk.upright(new_too=new_too))
    desk.closes(parts.close)
    return parts
