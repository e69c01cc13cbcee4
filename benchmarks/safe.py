"""PostgreSQL as an administrator runs it, not as tests do: what it acknowledged lies on a disk."""

from __future__ import annotations

import atexit

from tests.servers import Postgres

DISK = "/var/tmp"  # what lies there outlasts a restart, and so is never in memory only


class SafePostgres(Postgres):
    """Its usual safety: fsync on, statistics and remains looked after; removed when the program ends."""

    SETTINGS: tuple[tuple[str, str], ...] = (
        ("listen_addresses", ""),
        ("shared_buffers", "128MB"),
        ("jit", "off"),
        ("timezone", "UTC"),
    )

    def __init__(self) -> None:
        super().__init__(DISK)
        atexit.register(self.remove)
