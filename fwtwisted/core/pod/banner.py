"""
The pod's banner: a picture that an administrator sends among the instance settings.

It is stored before the setting names it, and doomed until then (``db/files/doomed.py``).

Source: docs/api.md §4.1; docs/storage.md §2.2, S-5.
"""

from __future__ import annotations

from uuid import uuid4

from fwtwisted.db.files import doomed
from fwtwisted.db.pool import Database
from fwtwisted.model.errors import Invalid
from fwtwisted.model.preferences import BANNER, StoredImage
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.images import Images
from fwtwisted.wire.names import BANNERS, stored_name


class Banners:
    """Takes the pictures."""

    def __init__(self, database: Database, blobs: BlobStore, images: Images) -> None:
        self._database, self._blobs, self._images = database, blobs, images

    async def take(self, path: str) -> StoredImage:
        """
        Store a picture that was sent; what the setting is to be.

        :param path: where it arrived; the file stays the caller's.
        :raise Invalid: on the setting, when it is no picture that we show.  :raise NoRoom: the store is full.
        """
        try:
            picture = await self._images.checked_file(path)
        except Invalid as wrong:
            raise Invalid({BANNER: {"value": wrong.problems["file"]}}) from wrong
        uuid = uuid4()
        name = stored_name(f"{BANNERS}/{BANNER}", uuid, f"{uuid}.{picture.suffix}")
        await self._database.transaction(lambda tx: doomed.doom(tx, [name], doomed.HOPE_SECONDS))
        await self._blobs.put(name, picture.body)
        return StoredImage(name)
