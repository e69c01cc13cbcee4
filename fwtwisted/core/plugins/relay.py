"""
Having services elsewhere told: asked for in the transaction that has something to tell, done by jobs.

A job carries ids; what somebody set, secrets among it, is looked up when the job runs.  Who has switched the plugin
off meanwhile, or taken the listening back, is not told of any more.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from fwtwisted.db import jobs
from fwtwisted.db.pod import plugins
from fwtwisted.db.pool import Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.listening import Deed
from fwtwisted.model.plugins import LISTENBRAINZ

LISTENED, FAVORED = "plugins.listened", "plugins.favored"
LANE = "delivery"


class Relay:
    """Asks for the jobs.  :param ring: the bell of the hands."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    async def listened(self, tx: Tx, deeds: Sequence[Deed]) -> None:
        """People listened."""
        uses = await plugins.enabled(tx, {deed.actor_id for deed in deeds})
        wanted = {
            f"{name}:{deed.id}": {"actor": deed.actor_id, "plugin": name, "listening": deed.id}
            for deed in deeds
            for name in uses.get(deed.actor_id, ())
        }
        if wanted:
            await jobs.ask_many(
                tx, LISTENED, LANE, list(wanted), [orjson.dumps(one).decode() for one in wanted.values()]
            )
            jobs.ring_for(tx, self._ring, LANE)

    async def favored(self, tx: Tx, actor_id: int, track_ids: Sequence[int]) -> None:
        """Tracks became somebody's favourites, or are none any more."""
        if not track_ids or LISTENBRAINZ.name not in (await plugins.enabled(tx, [actor_id])).get(actor_id, ()):
            return
        for track_id in track_ids:
            args = {"actor": actor_id, "track": track_id}
            await jobs.ask(tx, FAVORED, LANE, args, key=f"{actor_id}:{track_id}")
        jobs.ring_for(tx, self._ring, LANE)
