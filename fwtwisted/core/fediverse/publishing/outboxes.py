"""
What actors of ours said to everybody, or to those who follow them: their outboxes.

::

    a channel   what it published
    a person    files in public libraries; what they like and listen to, as far as the reader may know

Source: docs/federation.md §2.7, §4.5, §4.11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fwtwisted.core.fediverse.publishing.gate import Reader
from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.db.fediverse import announced, outboxes, published
from fwtwisted.db.fediverse.outboxes import Entry, Item
from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.listening import Kind
from fwtwisted.model.people import Privacy
from fwtwisted.model.published import Persona, Post, Role
from fwtwisted.wire.activitypub.activities import create, like, listen
from fwtwisted.wire.activitypub.contexts import MUSIC, POSTED, PUBLIC
from fwtwisted.wire.activitypub.writing import actors, collections, posts
from fwtwisted.wire.activitypub.writing.collections import Leaf
from fwtwisted.wire.v1 import Document

Write = Callable[[str, str, str, str, str], Document]
# How each is said, and where its id is: docs/federation.md §4.11.
SAID: Final[Mapping[Entry, tuple[Kind, str, Write]]] = {
    Entry.FAVORITE: (Kind.FAVORITE, "likes", like),
    Entry.LISTENING: (Kind.LISTENING, "listenings", listen),
}


class Outboxes:
    """
    Writes outboxes.

    :param tells_deeds: what people like and listen to leaves the pod at all.
    """

    def __init__(self, papers: Papers, *, tells_deeds: bool) -> None:
        self._papers, self._tells_deeds = papers, tells_deeds

    async def written(self, tx: Tx, persona: Persona, reader: Reader, wanted: Leaf | None) -> Document:
        """
        An outbox, or a page of it.

        :param wanted: None: the outbox itself.  :raise NotFound: it has no such page.
        """
        if persona.role is Role.PERSON:
            return await self._of_person(tx, persona, reader, wanted)
        return await self._of_channel(tx, persona, reader, wanted)

    # --- channels --------------------------------------------------------------------------------

    async def _of_channel(self, tx: Tx, persona: Persona, reader: Reader, wanted: Leaf | None) -> Document:
        fid = persona.actor.fid
        id = f"{fid}/outbox"
        shelf_id = await published.channel_library(tx, persona.actor.id)
        total = 0 if shelf_id is None else (await published.count_files(tx, [shelf_id])).get(shelf_id, 0)
        if wanted is None:
            return collections.ordered(id, total, await self._papers.page_size(), owner=fid)
        wanted.check(total)
        ids = [] if shelf_id is None else await published.files_in(tx, shelf_id, wanted.size, wanted.offset)
        found = await published.posts(tx, ids)
        documents = await self._papers.for_reader(reader).episodes(tx, ids, for_audio(reader.peer))
        # Each with its context: Funkwhale 1.x reads them one by one.
        items = [posted(found[one], documents[one]) for one in ids if one in documents]
        return collections.ordered_page(id, total, wanted, items, context=POSTED)

    # --- people ----------------------------------------------------------------------------------

    async def _of_person(self, tx: Tx, persona: Persona, reader: Reader, wanted: Leaf | None) -> Document:
        fid, actor_id = persona.actor.fid, persona.actor.id
        id = f"{fid}/outbox"
        audience = await self._audience(tx, persona, reader)
        with_deeds = audience is not None
        total = await outboxes.count(tx, actor_id, with_deeds=with_deeds)
        if wanted is None:
            return collections.ordered(id, total, await self._papers.page_size(), owner=fid)
        wanted.check(total)
        found = await outboxes.page(tx, actor_id, wanted.size, wanted.offset, with_deeds=with_deeds)
        documents = {
            **await self._files(tx, fid, found, reader.peer),
            **(await self._deeds(tx, fid, found, audience) if audience is not None else {}),
        }
        items = [documents[one] for one in found if one in documents]
        return collections.ordered_page(id, total, wanted, items, context=MUSIC)

    async def _audience(self, tx: Tx, persona: Persona, reader: Reader) -> str | None:
        """To whom the person shows what they do, if the reader is among those; else None."""
        audience = await announced.audience(tx, persona.actor.id) if self._tells_deeds else None
        if audience is None or audience == Privacy.EVERYONE:
            return audience
        signer = reader.signer
        is_let = signer is not None and await published.follows(tx, signer.actor.id, persona.actor.id)
        return audience if is_let else None

    async def _files(self, tx: Tx, fid: str, found: Sequence[Item], peer: PeerClass | None) -> dict[Item, Document]:
        ids = [one.id for one in found if one.entry is Entry.FILE]
        files = await published.shared_files(tx, ids)
        documents = await self._papers.uploads(tx, ids, peer)
        return {
            Item(Entry.FILE, one): create(
                posts.activity_id(files[one].fid), fid, document, [actors.followers(files[one].library), PUBLIC],
                published=files[one].published, context=MUSIC, repeats_context=True,
            )
            for one, document in documents.items()
            if one in files  # not shared only since a moment ago
        }  # fmt: skip

    async def _deeds(self, tx: Tx, fid: str, found: Sequence[Item], audience: str) -> dict[Item, Document]:
        written: dict[Item, Document] = {}
        for entry, (kind, place, write) in SAID.items():
            told = await outboxes.deeds(tx, kind, [one.id for one in found if one.entry is entry])
            for id, deed in told.items():
                name = self._papers.paper.music(place, deed.uuid)
                document = write(name, fid, deed.track, actors.followers(fid), audience)
                written[Item(entry, id)] = {**document, "published": deed.published.isoformat()}
        return written


def for_audio(peer: PeerClass | None) -> PeerClass | None:
    """Who asks for Audio gets it, whatever they are usually sent."""
    return PeerClass.OTHER if peer is PeerClass.NOTE else peer


def posted(post: Post, document: Document) -> Document:
    """The activity by which something was published."""
    return create(
        posts.activity_id(post.fid),
        post.channel,
        document,
        [PUBLIC],
        cc=[actors.followers(post.channel)],
        published=post.published,
        context=POSTED,
    )
