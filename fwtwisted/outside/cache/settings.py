"""What the disk cache is told."""

from __future__ import annotations

from attrs import frozen

HOUR, DAY = 3600.0, 86_400.0


@frozen
class MediaCacheSettings:
    """
    Docs/storage.md §1.3.

    :ivar path: its folder; absolute.
    :ivar max_bytes: of the whole folder, as blocks on the disk.  :ivar least_free_bytes: left to others on that disk.
    :ivar inactive_seconds: what nobody asked for in this time goes.
    :ivar valid_seconds: an entry is used for so long without asking the store.
    :ivar stale_seconds: and for so long, counted from the same moment, when the store cannot be asked.
    :ivar negative_seconds: how long it is remembered that there is no such object.
    :ivar slice_bytes: what is fetched, checked and noted as one.
    :ivar silence_seconds: of another process that fetches, after which we fetch ourselves.
    """

    path: str
    max_bytes: int = 10 << 30
    least_free_bytes: int = 1 << 30
    inactive_seconds: float = 2 * DAY
    valid_seconds: float = 2 * DAY
    stale_seconds: float = 30 * DAY
    negative_seconds: float = 10.0
    slice_bytes: int = 1 << 20
    silence_seconds: float = 10.0
