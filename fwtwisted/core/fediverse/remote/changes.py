"""
What was taken down of artists, albums and tracks, and is said otherwise now.

A thing is changed by whom it is attributed to, by the channel that published it, or by the actor who speaks for its
server; nobody else is listened to, other people of the same server included.
Source: docs/federation.md §4.7, §8.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwtwisted.core.fediverse.remote.shelving import Shelving
from fwtwisted.core.fediverse.remote.vouching import Vouched, Vouching
from fwtwisted.db.fediverse.remote import actors, music, owned
from fwtwisted.db.fediverse.remote.owned import Owned
from fwtwisted.db.files import importing
from fwtwisted.db.files.importing import NewCredit
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor, Pod
from fwtwisted.model.remote import SaidAlbum, SaidArtist
from fwtwisted.wire.activitypub.reading import Doc
from fwtwisted.wire.activitypub.reading import music as reading
from fwtwisted.wire.activitypub.reading.music import Said
from fwtwisted.wire.activitypub.reading.places import same_origin
from fwtwisted.wire.addresses import is_ours


class RemoteChanges:
    """Brings up to date what is elsewhere."""

    def __init__(self, database: Database, vouching: Vouching, pod: Pod) -> None:
        self._database, self._vouching, self._pod = database, vouching, pod

    async def reword(self, kind: Kind, document: Mapping[str, Any], sender: Actor | None) -> bool:
        """
        Take down what is said now of an artist, an album or a track that we have.

        :param sender: who says so; None: the thing's own server, which was asked.
        :raise Invalid:
        """
        said = reading.OF_KIND[kind](Doc(document))
        if is_ours(said.fid, self._pod) or (sender is not None and not same_origin(said.fid, sender.fid)):
            return False
        if await self._database.transaction(lambda tx: self._known(tx, kind, said.fid, sender)) is None:
            return False  # for whom nobody else is asked either
        authors = await self._vouching.authors([said.about])
        vouched = Vouched(said.fid, authors=authors)

        async def work(tx: Tx) -> bool:
            await importing.lock(tx)
            found = await self._known(tx, kind, said.fid, sender)
            if found is None:
                return False
            await _reword(tx, kind, found, said, vouched)
            tx.touch("catalog")
            return True

        return await self._database.transaction(work)

    async def _known(self, tx: Tx, kind: Kind, fid: str, sender: Actor | None) -> Owned | None:
        """The thing, if we have it and the sender may change it: the one place where that is judged."""
        if sender is None:
            return await owned.thing(tx, kind, fid)
        return next(iter(await owned.things(tx, kind, [fid], sender.id)), None)


# --- what an artist, an album, a track says now --------------------------------------------------


async def _reword(tx: Tx, kind: Kind, known: Owned, said: Said, vouched: Vouched) -> None:
    about = said.about
    picture, text, author = about.picture, about.description, vouched.author(about)
    pictures = await actors.pictures(tx, [] if picture is None else [(picture.url, picture.mimetype)])
    cover_id = next(iter(pictures.values()), None)
    values: dict[str, object] = {
        **_words(said),
        "cover_id": cover_id,
        "description": None if text is None else text.text,
        "description_type": None if text is None else text.content_type,
    }
    if author is not None:
        values["attributed_to_id"] = author
    if isinstance(said, SaidAlbum):
        values |= await _named_anew(tx, known.id, said, vouched)
    await owned.reword(tx, kind, known.id, about.mbid, values)
    await owned.forget_tags(tx, kind, known.id)
    await music.tag(tx, kind, [(known.id, name) for name in about.tags])
    if known.cover_id is not None and known.cover_id != cover_id:
        await actors.loosen(tx, [known.cover_id])


def _words(said: Said) -> dict[str, object]:
    if isinstance(said, SaidArtist):
        return {"name": said.name}
    if isinstance(said, SaidAlbum):
        return {"title": said.title, "release_date": said.released}
    return {
        "title": said.title,
        "position": said.position,
        "disc_number": said.disc,
        "license": said.license,
        "copyright": said.copyright,
    }


async def _named_anew(tx: Tx, album_id: int, said: SaidAlbum, vouched: Vouched) -> dict[str, object]:
    """Name on an album whom it names now; nothing changes where none of them is known or may be made known."""
    keys = await Shelving(tx, vouched).artists([one.artist for one in said.credits])
    named = [(one, keys[one.artist.fid]) for one in said.credits if one.artist.fid in keys]
    if not named:
        return {}
    await owned.forget_album_credits(tx, album_id)
    credits = [
        NewCredit(album_id, place, artist_id, one.credit, one.joinphrase)
        for place, (one, artist_id) in enumerate(named)
    ]
    await importing.credit_albums(tx, credits)
    return {"artist_id": named[0][1]}
