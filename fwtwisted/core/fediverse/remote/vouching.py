"""
Who may say what: things of a third server in a foreign document are taken from that server alone.

A page of a library names tracks, albums and artists.  Those on the library's own server are as the page says.  One of
another server is asked for there, unless we have it, and what it says of itself counts; one of ours is looked up among
our own, whatever the page says.  Source: docs/federation.md §5.3, §8.4, §8.5.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve, field, frozen
from twisted.internet.defer import Deferred, DeferredSemaphore

from fwtwisted.core.fediverse.asking import AskFailed
from fwtwisted.core.fediverse.remote.actors import AskDocument, RemoteActors
from fwtwisted.db.fediverse.remote import actors as db_actors
from fwtwisted.db.fediverse.remote import music
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor, Pod
from fwtwisted.model.remote import SaidAbout, SaidAlbum, SaidArtist, SaidTrack
from fwtwisted.model.several import all_of
from fwtwisted.wire.activitypub.reading import Doc
from fwtwisted.wire.activitypub.reading import music as reading
from fwtwisted.wire.activitypub.reading.music import Said
from fwtwisted.wire.activitypub.reading.places import same_origin
from fwtwisted.wire.addresses import is_ours

# What one item may have us ask for, ten in all, and what a whole page may.
MOST_THINGS, MOST_THINGS_A_PAGE = 8, 60
MOST_AUTHORS, MOST_AUTHORS_A_PAGE = 2, 10
AT_ONCE = 4

K = TypeVar("K")
T = TypeVar("T")
S = TypeVar("S", SaidArtist, SaidAlbum, SaidTrack)
_KINDS: Mapping[type, Kind] = {SaidArtist: Kind.ARTIST, SaidAlbum: Kind.ALBUM, SaidTrack: Kind.TRACK}


@frozen
class Vouched:
    """
    What may be taken down of a batch of tracks.

    :ivar host: an id of the server whose word counts for what lies there.
    :ivar fetched: things of third servers, as those say themselves.
    :ivar authors: keys of actors by id.
    """

    host: str
    fetched: Mapping[str, Said] = field(factory=dict)
    authors: Mapping[str, int] = field(factory=dict)

    def best(self, said: S) -> S:
        """What is said of a thing by who may say it."""
        other = self.fetched.get(said.fid)
        return other if isinstance(other, type(said)) else said

    def may_define(self, said: Said) -> bool:
        """Whether a thing that we do not have may be made of what was said."""
        return said.fid in self.fetched or same_origin(said.fid, self.host)

    def author(self, about: SaidAbout) -> int | None:
        """Who a thing is attributed to: somebody on its own server."""
        found = self.authors.get(about.author or "")
        return found if about.author is not None and same_origin(about.author, about.fid) else None


class Vouching:
    """Finds out what third servers say of what is theirs."""

    def __init__(self, database: Database, ask: AskDocument, actors: RemoteActors, pod: Pod) -> None:
        self._database, self._ask, self._actors, self._pod = database, ask, actors, pod

    async def vouch(self, host: str, tracks: Sequence[SaidTrack], as_actor: int | None = None) -> Vouched:
        """
        Ask for what the tracks name of third servers, and for the actors that things are attributed to.

        What cannot be had is left out: see :meth:`Vouched.may_define`.
        """
        fetched = await self._fetched(host, tracks, as_actor)
        vouched = Vouched(host, fetched)
        named = [said for one in tracks for said in things_in(vouched.best(one), vouched)]
        most = min(MOST_AUTHORS * len(tracks), MOST_AUTHORS_A_PAGE)
        return evolve(vouched, authors=await self.authors((said.about for said in named), most))

    async def authors(self, abouts: Iterable[SaidAbout], most: int = MOST_AUTHORS) -> dict[str, int]:
        """Keys of the actors that things are attributed to; at most so many are asked for."""
        wanted = {one.author for one in abouts if one.author is not None and same_origin(one.author, one.fid)}
        known = await self._database.read(lambda tx: db_actors.by_fids(tx, wanted))
        missing = [fid for fid in sorted(wanted - set(known)) if not is_ours(fid, self._pod)]
        found = await self._several(missing[:most], self._author)
        return {actor.fid: actor.id for actor in (*known.values(), *found)}

    async def _author(self, fid: str) -> Actor | None:
        try:
            return await self._actors.get(fid)
        except AskFailed:
            return None

    async def _fetched(self, host: str, tracks: Sequence[SaidTrack], as_actor: int | None) -> dict[str, Said]:
        missing = await self._missing(host, tracks)

        async def one(of: tuple[str, Kind]) -> Said | None:
            return await self._asked(*of, as_actor)

        found: list[Said] = await self._several(list(missing.items())[:MOST_THINGS_A_PAGE], one)
        return {said.fid: said for said in found}

    async def _missing(self, host: str, tracks: Sequence[SaidTrack]) -> dict[str, Kind]:
        """What the tracks name of third servers and we do not have; at most eight of each."""
        wanted: dict[str, Said] = {}
        for one in tracks:
            foreign: list[Said] = [said for said in things_in(one, Vouched(host)) if self._is_third(said.fid, host)]
            for said in foreign[:MOST_THINGS]:
                wanted[said.fid] = said
        held = await self._database.read(lambda tx: _held(tx, list(wanted.values())))
        return {fid: _KINDS[type(said)] for fid, said in wanted.items() if fid not in held}

    def _is_third(self, fid: str, host: str) -> bool:
        return not same_origin(fid, host) and not is_ours(fid, self._pod)

    async def _asked(self, fid: str, kind: Kind, as_actor: int | None) -> Said | None:
        """What a thing's own server says of it; None when it says nothing that we understand."""
        try:
            answer = await self._ask(fid, as_actor=as_actor)
            said = reading.OF_KIND[kind](Doc(answer.document))
        except (AskFailed, Invalid):
            return None
        return said if said.fid == fid and same_origin(fid, answer.url) else None

    async def _several(
        self, wanted: Sequence[K], ask: Callable[[K], Coroutine[Deferred[Any], Any, T | None]]
    ) -> list[T]:
        bound = DeferredSemaphore(AT_ONCE)
        asking: list[Deferred[T | None]] = [bound.run(ask, one) for one in wanted]
        return [one for one in await all_of(asking) if one is not None]


async def _held(tx: Tx, wanted: Sequence[Said]) -> set[str]:
    """The ids of those that we have."""
    held: set[str] = set()
    for kind in (Kind.ARTIST, Kind.ALBUM):
        of_kind = [one for one in wanted if _KINDS[type(one)] is kind]
        found = await music.known(tx, kind, [one.fid for one in of_kind], [one.about.mbid for one in of_kind])
        held |= {of_kind[place].fid for place in found}
    tracks = [one for one in wanted if isinstance(one, SaidTrack)]
    mbids = [one.about.mbid for one in tracks]
    albums = [one.album.about.mbid for one in tracks]
    found = await music.known_tracks(tx, [one.fid for one in tracks], mbids, albums)
    return held | {tracks[place].fid for place in found}


def things_in(track: SaidTrack, vouched: Vouched) -> Iterator[Said]:
    """A track, its album, and all artists named on either."""
    album = vouched.best(track.album)
    yield track
    yield album
    yield from (vouched.best(one.artist) for one in (*track.credits, *album.credits))
