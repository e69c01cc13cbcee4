"""
What is worth telling to other servers, as those see it who make it happen.

Whoever changes something calls one of these within the same transaction.  The base class tells nobody, which suits a
part that stands alone; ``announcing`` is the one that does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from fwtwisted.db.pool import Tx
from fwtwisted.model.listening import Deed
from fwtwisted.model.music import Kind


class Occasions:
    """Nobody elsewhere hears of anything."""

    async def uploads_ready(self, tx: Tx, uuids: Collection[UUID]) -> None:
        """Imports are finished, of libraries or of channels; those that failed are left out by themselves."""

    async def episodes_updated(self, tx: Tx, uuids: Collection[UUID]) -> None:
        """What a channel published has changed."""

    async def uploads_removed(self, tx: Tx, uuids: Collection[UUID]) -> None:
        """Uploads are about to be removed."""

    async def library_changed(self, tx: Tx, library_id: int) -> None:
        """A library has another name, text or privacy."""

    async def library_removed(self, tx: Tx, library_id: int) -> None:
        """A library is about to be removed; the channel that speaks from it is another matter."""

    async def edited(self, tx: Tx, kind: Kind, id: int) -> None:
        """A track, an album or an artist of ours has changed."""

    async def series_removed(self, tx: Tx, album_id: int) -> None:
        """A series of a channel is about to be removed."""

    async def actor_changed(self, tx: Tx, actor_id: int) -> None:
        """A profile or a channel shows something else of itself."""

    async def actor_removed(self, tx: Tx, actor_id: int) -> None:
        """A person or a channel is about to be no more."""

    async def account_removed(self, tx: Tx, actor_id: int) -> None:
        """An account is about to be removed, and with it the channels that it owns."""

    async def favored(self, tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
        """Tracks became somebody's favourites, or are none any more."""

    async def listened(self, tx: Tx, deeds: Sequence[Deed]) -> None:
        """People listened."""

    async def reported(self, tx: Tx, report_id: int) -> None:
        """Somebody found something wrong that lives elsewhere, and wants its server to know."""

    async def followed(self, tx: Tx, follow_id: int) -> None:
        """Somebody here wishes to follow something elsewhere."""

    async def unfollowed(self, tx: Tx, follow_id: int) -> None:
        """Somebody here is about to follow something elsewhere no longer."""

    async def accepted(self, tx: Tx, *follow_ids: int) -> None:
        """Somebody elsewhere, or several, may follow something of ours."""

    async def rejected(self, tx: Tx, follow_id: int) -> None:
        """Somebody elsewhere may not follow something of ours, or not any longer; the follow is still there."""


NOBODY: Final = Occasions()
