"""Where stored files lie, as their rows tell it."""

from __future__ import annotations

from fwtwisted.db.pool import Tx

UPLOAD_MOVED = "UPDATE upload SET storage = %s, verified_date = now() WHERE audio_file = %s"
VERSION_MOVED = "UPDATE upload_version SET storage = %s WHERE audio_file = %s"
ATTACHMENT_MOVED = "UPDATE attachment SET storage = %s WHERE file = %s"


async def moved(tx: Tx, name: str, storage: str) -> None:
    """The bytes of a file lie elsewhere now, and were seen to be there."""
    for statement in (UPLOAD_MOVED, VERSION_MOVED, ATTACHMENT_MOVED):
        await tx.do(statement, storage, name)
