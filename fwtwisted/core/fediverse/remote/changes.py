"""
What was taken down and is said otherwise now, or taken back.

A thing is changed by whom it is attributed to, by the channel that published it, or by the actor who speaks for its
server; a library by its owner alone; nobody else is listened to, other people of the same server included.
Source: docs/federation.md §4.6, §4.7, §4.9, §8.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fwtwisted.core.fediverse.remote.episodes import RemoteEpisodes
from fwtwisted.core.fediverse.remote.objects import RemoteObjects
from fwtwisted.core.fediverse.remote.removing import Ring, prune, remove_actor, remove_libraries, remove_uploads
from fwtwisted.core.fediverse.remote.shelving import Shelving
from fwtwisted.core.fediverse.remote.vouching import Said, Vouched
from fwtwisted.db import channels, importing
from fwtwisted.db.importing import NewCredit
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.remote import actors, libraries, music, owned
from fwtwisted.db.remote.owned import Owned
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor, Pod
from fwtwisted.model.remote import SaidAlbum, SaidArtist
from fwtwisted.wire.activitypub.reading import Doc, audio
from fwtwisted.wire.activitypub.reading import music as reading
from fwtwisted.wire.addresses import is_ours

MOST_REMOVED = 200  # ids in one activity
_KINDS: Mapping[str, Kind] = {"Artist": Kind.ARTIST, "Album": Kind.ALBUM, "Track": Kind.TRACK}
_READ: Mapping[Kind, Callable[[Doc], Said]] = {
    Kind.ARTIST: reading.artist,
    Kind.ALBUM: reading.album,
    Kind.TRACK: reading.track,
}
# What a Delete of each type may take away.
ANYTHING = frozenset(("Audio", "Library", "Track", "Album", "Artist", "Actor"))
_REMOVED: Mapping[str, frozenset[str]] = {
    **{name: frozenset((name,)) for name in ("Audio", "Library", "Track", "Album", "Artist")},
    "AudioCollection": frozenset(("Audio",)),
    **{name: frozenset(("Actor",)) for name in ("Person", "Service", "Application", "Group", "Organization")},
    "Tombstone": ANYTHING,
}


class RemoteChanges:
    """Brings up to date, and takes away, what is elsewhere."""

    def __init__(
        self, database: Database, objects: RemoteObjects, episodes: RemoteEpisodes, ring: Ring, pod: Pod
    ) -> None:
        self._database, self._objects, self._episodes = database, objects, episodes
        self._ring, self._pod = ring, pod

    # --- said otherwise --------------------------------------------------------------------------

    async def update(self, document: Mapping[str, Any], sender: Actor) -> bool:
        """
        Take down what somebody says now of a thing; whether anything came of it.

        Artists, albums, tracks, libraries, episodes of channels; actors are refetched by whoever calls.

        :raise Invalid: it says what it may not.  :raise AskFailed:
        """
        doc = Doc(document)
        kind = _KINDS.get(doc.type or "")
        if kind is not None:
            return await self.reword(kind, document, sender)
        if doc.is_a("Library"):
            return await self._library(document, sender)
        if doc.is_a("Audio") and not audio.is_in_library(doc):
            return await self._episode(document, sender)
        return False

    async def reword(self, kind: Kind, document: Mapping[str, Any], sender: Actor | None) -> bool:
        """
        Take down what is said now of an artist, an album or a track that we have.

        :param sender: who says so; None: the thing's own server, which was asked.
        :raise Invalid:
        """
        said = _READ[kind](Doc(document))
        if is_ours(said.fid, self._pod):
            return False
        authors = await self._objects.vouching.authors([said.about])
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
        if sender is None:
            return await owned.thing(tx, kind, fid)
        return next(iter(await owned.things(tx, kind, [fid], sender.id)), None)

    async def _library(self, document: Mapping[str, Any], sender: Actor) -> bool:
        fid = Doc(document).id or ""
        known = await self._database.read(lambda tx: libraries.owner(tx, fid))
        if known is None or known[1] != sender.id:
            return False
        await self._objects.take_library(document, sender.fid)
        return True

    async def _episode(self, document: Mapping[str, Any], sender: Actor) -> bool:
        fid = Doc(document).id or ""

        async def work(tx: Tx) -> bool:
            return fid in await music.known_uploads(tx, [fid])

        channel = await self._database.read(lambda tx: channels.of_actor(tx, sender.id))
        if channel is None or not await self._database.read(work):
            return False
        await self._episodes.take(document, channel=channel)
        return True

    # --- taken back ------------------------------------------------------------------------------

    async def remove(self, ids: Sequence[str], sender: Actor, type: str | None = None) -> int:
        """
        Take away what somebody takes back; how many things that were.

        :param ids: what: each ours to remove only if the sender may say so; others are passed over.
        :param type: what they are said to be: an object's type, ``Tombstone`` or None for any.
        """
        what = ANYTHING if type is None else _REMOVED.get(type, frozenset())
        fids = [fid for fid in dict.fromkeys(ids) if not is_ours(fid, self._pod)][:MOST_REMOVED]
        if not fids or not what or sender.is_local:
            return 0

        async def work(tx: Tx) -> int:
            if "Actor" in what and sender.fid in fids:
                await remove_actor(tx, sender, self._ring)
                return 1
            count = await self._uploads(tx, fids, sender) if "Audio" in what else 0
            count += await self._libraries(tx, fids, sender) if "Library" in what else 0
            for name, kind in _KINDS.items():
                count += await self._things(tx, kind, fids, sender) if name in what else 0
            return count

        return await self._database.transaction(work)

    async def _uploads(self, tx: Tx, fids: Sequence[str], sender: Actor) -> int:
        found = await owned.uploads(tx, fids, sender.id)
        return await remove_uploads(tx, found, self._ring)

    async def _libraries(self, tx: Tx, fids: Sequence[str], sender: Actor) -> int:
        found = await owned.libraries(tx, fids, sender.id)
        await remove_libraries(tx, found, self._ring)
        return len(found)

    async def _things(self, tx: Tx, kind: Kind, fids: Sequence[str], sender: Actor) -> int:
        """Their own server's files of them go; what others keep under them stays, and then so do they."""
        ids = [one.id for one in await owned.things(tx, kind, fids, sender.id)]
        if not ids:
            return 0
        tracks = await owned.tracks_of(tx, kind, ids)
        await remove_uploads(tx, await owned.uploads_of(tx, kind, ids, sender.id), self._ring)
        await prune(tx, tracks)
        album_ids, artist_ids = (ids if kind is Kind.ALBUM else []), (ids if kind is Kind.ARTIST else [])
        await importing.prune(tx, [], album_ids, artist_ids)
        tx.touch("catalog")
        return len(ids)


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
