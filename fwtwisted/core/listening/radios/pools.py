"""The ids that a choice stands for, kept for as long as the catalog does not change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random, SystemRandom

from fwtwisted.core.listening.playlists import seer
from fwtwisted.core.listening.radios import drawing
from fwtwisted.core.listening.radios.kinds import Choice, Likeness, Manner
from fwtwisted.core.listening.smart import Filling
from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.areas import versions
from fwtwisted.db.listening import playlists, radio_candidates
from fwtwisted.db.music import catalog
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Viewer

MOST_SIMILAR = 500  # tracks; a radio of similar music that goes on longer plays nothing similar any more


class Pools:
    """
    Answers which tracks may be played, and draws from them.

    :param filling: fills playlists that have rules.
    """

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        orders: Orders,
        filling: Filling,
        chance: Random | None = None,
    ) -> None:
        self._database, self._visibility, self._orders = database, visibility, orders
        self._filling, self._chance = filling, chance or SystemRandom()

    async def candidates(self, tx: Tx, viewer: Viewer, choice: Choice) -> Sequence[int]:
        """Everything that may be played, by id, or the most similar first; artists that the viewer hides are not."""
        visible = await self._visibility.libraries_in(tx, viewer)
        hidden = await _hidden(tx, viewer)
        among, longest = choice.among, self._orders.settings.longest

        async def compute() -> list[int]:
            if isinstance(among, Likeness):
                return await radio_candidates.similar(tx, among.kind, among.id, visible, hidden, MOST_SIMILAR)
            return await radio_candidates.candidates(tx, among, visible, hidden, longest)

        version = (await versions(tx))["catalog"]
        return await self._orders.order(("radio", among, choice.mark, visible, hidden), version, compute)

    async def smart_songs(self, tx: Tx, viewer: Viewer, ids: Collection[int]) -> radio_candidates.Songs:
        """Of these playlists, those that the viewer sees and that rules fill: what they hold for the viewer."""
        found = await playlists.ruled(tx, ids, seer(viewer))
        if not found:
            return {}
        visible = await self._visibility.libraries_in(tx, viewer)
        hidden = await _hidden(tx, viewer)
        return {one.id: (await self._filling.filled(tx, one, visible, hidden)).songs for one in found}

    async def drawn(self, tx: Tx, viewer: Viewer, choice: Choice, played: set[int], count: int) -> list[int]:
        """At most ``count`` tracks that come next, none of them played before."""
        pool = await self.candidates(tx, viewer, choice)
        if choice.manner is Manner.BEST_FIRST:
            return drawing.best_first(pool, played, count, self._chance)
        if choice.manner is Manner.LEAST_HEARD and viewer.actor_id is not None:
            sample = drawing.at_random(pool, played, max(count, drawing.SAMPLE), self._chance)
            heard = await radio_candidates.heard(tx, viewer.actor_id, sample)
            return drawing.least_heard(sample, heard, count)
        return drawing.at_random(pool, played, count, self._chance)

    async def similar(self, viewer: Viewer, kind: Kind, id: int, count: int) -> list[int]:
        """
        Ids of tracks that the viewer may play, most like a track, an album or an artist, the best first.

        Of something unknown: none.
        """

        async def read(tx: Tx) -> list[int]:
            found = await self.candidates(tx, viewer, Choice(Likeness(kind, id), Manner.BEST_FIRST))
            return list(found[:count])

        return await self._database.read(read)


async def _hidden(tx: Tx, viewer: Viewer) -> tuple[int, ...]:
    """The artists that the viewer hides."""
    return () if viewer.account_id is None else tuple(await catalog.hidden_artists(tx, viewer.account_id))
