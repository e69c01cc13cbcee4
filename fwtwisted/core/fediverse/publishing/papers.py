"""
Documents of things of ours, for whoever has their ids.

Whatever is asked for many ids comes in a handful of statements; who may see it was decided before.  Documents of files
and posts have no context of their own: they go into pages and activities, which have one (``contexts.MUSIC`` and
``contexts.POSTED``).  Source: docs/federation.md §2.5, §3, §7.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import evolve

from fwtwisted.core.fediverse.publishing.gate import Reader
from fwtwisted.db.fediverse import published
from fwtwisted.db.music import catalog
from fwtwisted.db.pool import Tx
from fwtwisted.model.federation import PeerClass
from fwtwisted.model.music import Album, Artist, Kind, Track
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.model.published import Persona, Post, SharedFile, Works
from fwtwisted.wire.activitypub.writing import actors, libraries, music, posts
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.v1 import Document

PAGE_SIZE = "federation__collection_page_size"


class Papers:
    """Writes documents."""

    def __init__(self, paper: Paper, preference: ReadPreference) -> None:
        self.paper, self._preference = paper, preference

    def for_followers(self, peer: PeerClass) -> Papers:
        """The same, for what channels publish to followers of this kind: some cannot sign for the file."""
        cannot_sign = peer in (PeerClass.BARE, PeerClass.OTHER)
        return Papers(self.paper.giving_keys, self._preference) if cannot_sign else self

    def for_reader(self, reader: Reader) -> Papers:
        """
        The same, for who asks for what channels publish.

        Who signs could hear it by that; but Misskey asks for the file without, and takes no post whose file it cannot
        get.
        """
        return self if reader.signer is None or reader.peer is None else self.for_followers(reader.peer)

    async def page_size(self) -> int:
        """How many items other servers get on a page."""
        return int(await self._preference(PAGE_SIZE))

    # --- actors ----------------------------------------------------------------------------------

    async def actor(self, tx: Tx, id: int) -> Document | None:
        """The document of an actor of ours; a tombstone's is one; None: it is not ours."""
        return (await self.actors(tx, [id])).get(id)

    async def actors(self, tx: Tx, ids: Collection[int]) -> dict[int, Document]:
        """Those of several."""
        return {id: self.persona(found) for id, found in (await published.personas(tx, ids)).items()}

    def persona(self, found: Persona) -> Document:
        """The document of an actor that was looked up already."""
        if found.actor.type == actors.TOMBSTONE:
            return actors.tombstone(found.actor.fid)
        return actors.actor(found, self.paper)

    # --- libraries and files ---------------------------------------------------------------------

    async def library(self, tx: Tx, id: int) -> Document | None:
        """The document of a library of ours; None: there is none, or it is a channel's."""
        return (await self.libraries(tx, [id])).get(id)

    async def libraries(self, tx: Tx, ids: Collection[int]) -> dict[int, Document]:
        """Those of several."""
        found, size = await published.shelves(tx, ids), await self.page_size()
        totals = await published.count_files(tx, found)
        return {id: libraries.library(evolve(one, total=totals.get(id, 0)), size) for id, one in found.items()}

    async def uploads(self, tx: Tx, ids: Sequence[int], peer: PeerClass | None) -> dict[int, Document]:
        """
        Files of libraries by the upload's id, as Audio with their tracks; those that are not shown are left out.

        :param peer: who reads them.
        """
        files = await published.shared_files(tx, ids)
        return self.files(files, await works_of(tx, tracks=[one.track_id for one in files.values()]), peer)

    def files(self, files: Mapping[int, SharedFile], works: Works, peer: PeerClass | None) -> dict[int, Document]:
        """The same, of what was loaded already."""
        return {id: libraries.file(one, works, self.paper, peer) for id, one in files.items()}

    # --- posts -----------------------------------------------------------------------------------

    async def episodes(self, tx: Tx, ids: Sequence[int], peer: PeerClass | None) -> dict[int, Document]:
        """
        What channels published, by the upload's id; what is not shown is left out.

        :param peer: who reads them; None: nobody knows; those who take no Audio get a Note.
        """
        found = await published.posts(tx, ids)
        return self.posts(found, await works_of(tx, tracks=[one.track_id for one in found.values()]), peer)

    def posts(self, found: Mapping[int, Post], works: Works, peer: PeerClass | None) -> dict[int, Document]:
        """The same, of what was loaded already."""
        if peer is PeerClass.NOTE:
            return {id: posts.note(one, works, self.paper) for id, one in found.items()}
        return {id: posts.audio(one, works, self.paper, peer) for id, one in found.items()}

    # --- works -----------------------------------------------------------------------------------

    async def track(self, tx: Tx, id: int) -> Document | None:
        """A track, with its album and artists; None: there is none."""
        works = await works_of(tx, tracks=[id])
        found = works.tracks.get(id)
        return None if found is None else music.whole(music.track(found, works, self.paper))

    async def album(self, tx: Tx, id: int) -> Document | None:
        """An album."""
        works = await works_of(tx, albums=[id])
        found = works.albums.get(id)
        return None if found is None else music.whole(music.album(found, works, self.paper))

    async def artist(self, tx: Tx, id: int) -> Document | None:
        """An artist."""
        works = await works_of(tx, artists=[id])
        found = works.artists.get(id)
        return None if found is None else music.whole(music.artist(found, works, self.paper))


async def works_of(
    tx: Tx, *, tracks: Collection[int] = (), albums: Collection[int] = (), artists: Collection[int] = ()
) -> Works:
    """Works by id, with all that their documents refer to; at most twelve statements, however many they are."""
    found_tracks = await catalog.tracks(tx, set(tracks))
    records = {one.album_id for one in found_tracks.values() if one.album_id is not None}
    found_albums = await catalog.albums(tx, set(albums) | records)
    track_credits = await published.credits(tx, Kind.TRACK, found_tracks)
    album_credits = await published.credits(tx, Kind.ALBUM, found_albums)
    people = {one.artist_id for named in (track_credits, album_credits) for some in named.values() for one in some}
    people |= {one.artist_id for one in found_tracks.values()} | {one.artist_id for one in found_albums.values()}
    found_artists = await catalog.artists(tx, set(artists) | people)
    things: list[Track | Album | Artist] = [*found_tracks.values(), *found_albums.values(), *found_artists.values()]
    return Works(
        tracks=found_tracks,
        albums=found_albums,
        artists=found_artists,
        pictures=await catalog.attachments(tx, {one.cover_id for one in things if one.cover_id is not None}),
        actors=await published.actor_fids(
            tx, {one.attributed_to_id for one in things if one.attributed_to_id is not None}
        ),
        speakers=await published.speakers(tx, {one.artist_id for one in found_albums.values()}),
        track_credits=track_credits,
        album_credits=album_credits,
        track_tags=await catalog.tags(tx, Kind.TRACK, found_tracks),
        album_tags=await catalog.tags(tx, Kind.ALBUM, found_albums),
        artist_tags=await catalog.tags(tx, Kind.ARTIST, found_artists),
    )
