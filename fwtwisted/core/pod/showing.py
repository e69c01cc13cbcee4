"""
What the pod shows of single objects to everybody: on their pages, and within pages of others.

Whoever looks, it is shown as to a visitor; what a visitor may not see is not there.  Whether visitors may look at all
is the caller's question.  Source: docs/api.md §4.5 (oembed), §6.1.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from fwtwisted.core.listening.playlists import Playlists
from fwtwisted.core.music.catalog import Catalog
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.pod import shown as db
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.model.music import AlbumFacts, Attachment, Shelf
from fwtwisted.model.people import VISITOR, Pod, Privacy
from fwtwisted.model.shown import Place, Shown, Sort, page_of

Show = Callable[[str], Awaitable[Shown]]
NO_FACTS: Final = AlbumFacts()
LARGEST_ID: Final = 2**63 - 1


class Showing:
    """
    Shows objects.

    :param public_url: what the addresses of feeds begin with.
    """

    def __init__(
        self,
        database: Database,
        visibility: Visibility,
        catalog: Catalog,
        playlists: Playlists,
        pod: Pod,
        public_url: str,
    ) -> None:
        self._database, self._visibility = database, visibility
        self._catalog, self._playlists = catalog, playlists
        self._pod, self._public_url = pod, public_url
        self._show: Mapping[Sort, Show] = {
            Sort.TRACK: self._track,
            Sort.ALBUM: self._album,
            Sort.ARTIST: self._artist,
            Sort.PLAYLIST: self._playlist,
            Sort.LIBRARY: self._library,
            Sort.CHANNEL: self._channel,
            Sort.PERSON: self._person,
        }

    async def show(self, place: Place) -> Shown:
        """
        The object that a page is about.

        :raise NotFound: there is none, or it is not for everybody.
        """
        return await self._show[place.sort](place.key)

    # --- music -----------------------------------------------------------------------------------

    async def _track(self, key: str) -> Shown:
        track, shelf = await self._catalog.track(VISITOR, _number(key))
        album = None if track.album_id is None else shelf.albums.get(track.album_id)
        artist = shelf.artists[track.artist_id]
        facts = [("music:musician", page_of(Sort.ARTIST, artist.id))]
        if track.disc_number is not None:
            facts.append(("music:album:disc", str(track.disc_number)))
        if track.position is not None:
            facts.append(("music:album:track", str(track.position)))
        if album is not None:
            facts.append(("music:album", page_of(Sort.ALBUM, album.id)))
        uploads = shelf.uploads.get(track.id, ())
        return Shown(
            Sort.TRACK,
            str(track.id),
            page_of(Sort.TRACK, track.id),
            track.title,
            author=artist.name,
            author_path=page_of(Sort.ARTIST, artist.id),
            picture=_cover(shelf, track.cover_id, None if album is None else album.cover_id),
            fid=uploads[0].fid if uploads else track.fid,
            playable=bool(uploads),
            facts=tuple(facts),
            listen_path=f"/api/v1/listen/{track.uuid}/" if uploads else None,
        )

    async def _album(self, key: str) -> Shown:
        album, shelf = await self._catalog.album(VISITOR, _number(key))
        artist = shelf.artists[album.artist_id]
        facts = [("music:musician", page_of(Sort.ARTIST, artist.id))]
        if album.release_date is not None:
            facts.append(("music:release_date", album.release_date.isoformat()))
        return Shown(
            Sort.ALBUM,
            str(album.id),
            page_of(Sort.ALBUM, album.id),
            album.title,
            author=artist.name,
            author_path=page_of(Sort.ARTIST, artist.id),
            picture=_cover(shelf, album.cover_id),
            fid=album.fid,
            playable=shelf.album_facts.get(album.id, NO_FACTS).playable_count > 0,
            facts=tuple(facts),
        )

    async def _artist(self, key: str) -> Shown:
        artist, shelf = await self._catalog.artist(VISITOR, _number(key))
        albums = [shelf.albums[id] for id in shelf.albums_of.get(artist.id, ()) if id in shelf.albums]
        albums.sort(key=lambda album: (album.release_date or date.min, album.id), reverse=True)

        async def heard(tx: Tx) -> bool:
            return await db.is_artist_heard(tx, artist.id, await self._visibility.libraries_in(tx, VISITOR))

        return Shown(
            Sort.ARTIST,
            str(artist.id),
            page_of(Sort.ARTIST, artist.id),
            artist.name,
            picture=_cover(shelf, *(album.cover_id for album in albums), artist.cover_id),
            fid=artist.fid,
            playable=await self._database.read(heard),
        )

    async def _playlist(self, key: str) -> Shown:
        listed = await self._playlists.one(VISITOR, _number(key))
        [playlist] = listed.playlists
        if playlist.privacy_level is not Privacy.EVERYONE:
            raise NotFound
        facts, owner = listed.facts[playlist.id], listed.actors[playlist.actor_id]
        return Shown(
            Sort.PLAYLIST,
            str(playlist.id),
            page_of(Sort.PLAYLIST, playlist.id),
            playlist.name,
            author=owner.name or owner.preferred_username,
            author_path=page_of(Sort.PERSON, self._handle(owner.preferred_username, owner.domain)),
            picture=facts.covers[0] if facts.covers else None,
            playable=facts.playable_count > 0,
        )

    # --- people, and what they keep ----------------------------------------------------------------

    async def _library(self, key: str) -> Shown:
        async def read(tx: Tx) -> db.Label | None:
            found = await db.label(tx, UUID(key))
            return found if found and found.id in await self._visibility.libraries_in(tx, VISITOR) else None

        library = await self._database.read(read)
        if library is None:
            raise NotFound
        path = page_of(Sort.LIBRARY, library.uuid)
        return Shown(Sort.LIBRARY, str(library.uuid), path, library.name, library.description or "", fid=library.fid)

    async def _channel(self, key: str) -> Shown:
        async def read(tx: Tx) -> tuple[db.Voice, bool]:
            uuid = _uuid(key)
            found = await db.channel_named(tx, *self._named(key)) if uuid is None else await db.channel(tx, uuid)
            if found is None or found.library_id not in await self._visibility.libraries_in(tx, VISITOR):
                raise NotFound
            return found, await db.is_library_heard(tx, found.library_id)

        voice, playable = await self._database.read(read)
        handle = self._handle(voice.username, voice.domain)
        return Shown(
            Sort.CHANNEL,
            str(voice.uuid),
            page_of(Sort.CHANNEL, handle),
            voice.name,
            picture=voice.picture,
            fid=voice.fid,
            playable=playable,
            feed_url=voice.rss_url or f"{self._public_url}/api/v1/channels/{handle}/rss",
        )

    async def _person(self, key: str) -> Shown:
        name, domain = self._named(key)
        found = await self._database.read(lambda tx: db.person(tx, name, domain)) if self._is_home(domain) else None
        if found is None:
            raise NotFound
        path = page_of(Sort.PERSON, found.username)
        title = found.name or found.username
        return Shown(Sort.PERSON, found.username, path, title, picture=found.picture, fid=found.fid)

    def _named(self, handle: str) -> tuple[str, str]:
        """Name and domain of a handle."""
        name, _, domain = handle.partition("@")
        return name, domain.lower() or self._pod.domain

    def _handle(self, username: str, domain: str) -> str:
        """How somebody is called here."""
        return username if self._is_home(domain) else f"{username}@{domain}"

    def _is_home(self, domain: str) -> bool:
        return domain == self._pod.domain


def _number(key: str) -> int:
    """An id.  :raise NotFound: nothing can have it."""
    number = int(key)
    if number > LARGEST_ID:
        raise NotFound
    return number


def _uuid(key: str) -> UUID | None:
    """A uuid; None for what is a name."""
    try:
        return UUID(key)
    except ValueError:
        return None


def _cover(shelf: Shelf, *ids: int | None) -> Attachment | None:
    """The first picture that is there."""
    return next((shelf.covers[id] for id in ids if id is not None and id in shelf.covers), None)
