"""The parts of this area, built together."""

from __future__ import annotations

from fwtwisted.core.fediverse.sending.occasions import Occasions
from fwtwisted.core.librarians.looking import Looking
from fwtwisted.core.librarians.removing import Removing
from fwtwisted.core.librarians.tags import Tags
from fwtwisted.db.pool import Database
from fwtwisted.model.bell import Ring


class Librarians:
    """Looking at everything that the pod holds, and removing of it."""

    def __init__(self, database: Database, ring: Ring, occasions: Occasions) -> None:
        self.looking = Looking(database)
        self.removing = Removing(database, ring, occasions)
        self.tags = Tags(database)
