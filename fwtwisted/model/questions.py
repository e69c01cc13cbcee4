"""What may be asked of the catalog: the same for every face."""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.model.music import NameFilter


@frozen
class Question:
    """
    A list's parameters, parsed but not looked up.

    :ivar q: the search text; None: no search.
    :ivar hidden: True: only what the viewer hid; False: without that; None: everything.
    :ivar scope: the words of ``scope=``; None: not asked.
    :ivar library: and ``channel``, ``related``: None: not asked.
    :ivar unknown: a reference that cannot exist was asked for, so that nothing matches.
    """

    q: str | None = None
    playable: bool | None = None
    hidden: bool | None = False
    include_channels: bool = False
    scope: tuple[str, ...] | None = None
    library: UUID | None = None
    channel: UUID | None = None
    related: int | None = None
    tags: tuple[str, ...] = ()
    mbid: UUID | None = None
    content_category: str | None = None
    artist: int | None = None
    album: int | None = None
    license: str | None = None
    ids: tuple[int, ...] | None = None
    names: tuple[NameFilter, ...] = ()
    has_albums: bool | None = None
    favorites: bool = False
    unknown: bool = False
