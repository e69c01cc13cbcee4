"""What everybody may find here: lists of public libraries and channels.  Source: docs/federation.md §2.7."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
from attrs import frozen

from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.core.fediverse.publishing.showcase import Sheet
from fwtwisted.db.fediverse import published
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NotOffered
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.wire.activitypub.contexts import MUSIC, POSTED, Context
from fwtwisted.wire.activitypub.writing import collections
from fwtwisted.wire.activitypub.writing.collections import leaf
from fwtwisted.wire.v1 import Document

INDEXED = "federation__public_index"


@frozen
class _Index:
    """What one list is made of."""

    name: str
    context: Context
    count: Callable[[Tx], Awaitable[int]]
    ids: Callable[[Tx, int, int], Awaitable[list[int]]]
    documents: Callable[[Tx, Sequence[int]], Awaitable[Mapping[int, Document]]]


class Indexes:
    """Lists what is public."""

    def __init__(self, database: Database, papers: Papers, preference: ReadPreference) -> None:
        self._database, self._papers, self._preference = database, papers, preference
        self._libraries = _Index(
            "libraries", MUSIC, published.count_libraries, published.public_libraries, papers.libraries
        )
        self._channels = _Index("channels", POSTED, published.count_channels, published.public_channels, papers.actors)

    async def libraries(self, asked: str | None) -> Sheet:
        """Public libraries, or a page of them, the oldest first.  :raise NotOffered: there is to be no such list."""
        return await self._list(self._libraries, asked)

    async def channels(self, asked: str | None) -> Sheet:
        """The same for channels."""
        return await self._list(self._channels, asked)

    async def _list(self, index: _Index, asked: str | None) -> Sheet:
        if not await self._preference(INDEXED):
            raise NotOffered("This server has no public index.")
        size = await self._papers.page_size()
        wanted = leaf(asked, size)
        pod = self._papers.paper.pod
        id = pod.fid(f"index/{index.name}")

        async def read(tx: Tx) -> Document:
            total = await index.count(tx)
            if wanted is None:
                return collections.ordered(id, total, size)
            wanted.check(total)
            ids = await index.ids(tx, wanted.size, wanted.offset)
            documents = await index.documents(tx, ids)
            bare = [_bare(documents[one]) for one in ids if one in documents]
            return collections.ordered_page(id, total, wanted, bare, context=index.context)

        return Sheet(orjson.dumps(await self._database.read(read)), f"{pod.url}/")


def _bare(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "@context"}
