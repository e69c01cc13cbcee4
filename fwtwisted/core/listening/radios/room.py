"""Everything about radios, built once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from attrs import frozen

from fwtwisted.core.listening.radios.own import Radios
from fwtwisted.core.listening.radios.pools import Pools
from fwtwisted.core.listening.radios.sessions import RadioSessions, RadioSettings
from fwtwisted.core.listening.smart import Filling
from fwtwisted.core.music.orders import Orders
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.pool import Database


@frozen
class RadioRoom:
    """:ivar pools: what may be played.  :ivar radios: that people made.  :ivar sessions: of who listens."""

    pools: Pools
    radios: Radios
    sessions: RadioSessions

    @classmethod
    def built(
        cls, database: Database, visibility: Visibility, orders: Orders, shelves: Shelves, filling: Filling
    ) -> Self:
        """The parts, each handed what it needs."""
        pools = Pools(database, visibility, orders, filling)
        sessions = RadioSessions(database, visibility, pools, shelves, _now, RadioSettings())
        return cls(pools, Radios(database, visibility, pools, shelves), sessions)


def _now() -> datetime:
    return datetime.now(UTC)
