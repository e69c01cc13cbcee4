"""
Our channels as feeds, for podcast apps and directories, which ask often and mostly in vain.

A feed that was written is kept for as long as nothing in the catalog changed; most questions cost one look at a
version.  Writing one renders every description, which is work for a thread.  Source: docs/api.md §4.15.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from fwtwisted.core.podcasts.channels import page_of
from fwtwisted.db.areas import versions
from fwtwisted.db.music import works
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.podcasts import MOST_ITEMS, Channel, ChannelPage, Episode
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.threads import Threads
from fwtwisted.wire import rss
from fwtwisted.wire.http import http_date
from fwtwisted.wire.v1.channels import ChannelPaper

MOST_KEPT = 200  # feeds

_Mark: TypeAlias = tuple[int, int, bool]


@frozen
class Written:
    """
    A feed, ready to send.

    :ivar etag: of the bytes.  :ivar modified: when something in it last changed.
    """

    body: bytes
    etag: str
    modified: datetime

    @property
    def last_modified(self) -> str:
        """As HTTP writes it."""
        return http_date(self.modified).decode("ascii")


class Syndication:
    """Writes feeds."""

    def __init__(self, database: Database, threads: Threads, preference: ReadPreference, paper: ChannelPaper) -> None:
        self._database, self._threads = database, threads
        self._preference, self._paper = preference, paper
        self._kept: OrderedDict[int, tuple[_Mark, Written]] = OrderedDict()

    async def feed(self, channel: Channel) -> Written:
        """The feed of a channel of ours."""
        transcodes = bool(await self._preference("music__transcoding_enabled"))
        mark, found = await self._database.read(lambda tx: self._read(tx, channel, transcodes=transcodes))
        if isinstance(found, Written):
            return found
        page, episodes = found
        written = await self._threads(_written, channel, page, episodes, self._paper, transcodes)
        self._kept[channel.id] = (mark, written)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return written

    def outline(self, page: ChannelPage) -> bytes:
        """Channels as a list for podcast apps."""
        return rss.outlines(page, self._paper, "Channels")

    async def _read(
        self, tx: Tx, channel: Channel, *, transcodes: bool
    ) -> tuple[_Mark, Written | tuple[ChannelPage, list[Episode]]]:
        """What is kept, if it still holds, or else what it is to be written from."""
        seen = await versions(tx)
        mark = (seen["catalog"], seen["libraries"], transcodes)
        known = self._kept.get(channel.id)
        if known is not None and known[0] == mark:
            self._kept.move_to_end(channel.id)
            return mark, known[1]
        return mark, (await page_of(tx, [channel]), await works.episodes(tx, channel.library_id, MOST_ITEMS))


def _written(
    channel: Channel, page: ChannelPage, episodes: list[Episode], paper: ChannelPaper, transcodes: bool
) -> Written:
    """For a thread."""
    body = rss.feed(channel, page, episodes, paper, transcodes=transcodes)
    modified = max((page.artists[channel.artist_id].modification_date, *(one.modified for one in episodes)))
    return Written(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', modified)
