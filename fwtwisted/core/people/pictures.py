"""Pictures that people have sent, put to use: as an avatar, as the cover of a channel or a series."""

from __future__ import annotations

from uuid import UUID

from fwtwisted.db.people import people
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Invalid


async def taken_picture(tx: Tx, owner_id: int, uuid: UUID, field: str) -> int:
    """The id of a picture of the owner's, in use from now on.  :raise Invalid: on ``field``: there is none."""
    taken = await people.take_picture(tx, owner_id, uuid)
    if taken is None:
        raise Invalid.on(field, "There is no such picture of yours, or it is in use.")
    return taken


async def changed_picture(tx: Tx, owner_id: int, before: int | None, uuid: UUID | None, field: str) -> int | None:
    """
    The id of the picture to use from now on; the one before may be pruned.

    :param uuid: of the new one, which may be the same; None: none is wanted.
    :raise Invalid: on ``field``: there is no such picture.
    """
    if uuid is not None and await people.is_picture(tx, before, uuid):
        return before
    taken = None if uuid is None else await taken_picture(tx, owner_id, uuid, field)
    if before is not None:
        await people.release_picture(tx, before)
    return taken
