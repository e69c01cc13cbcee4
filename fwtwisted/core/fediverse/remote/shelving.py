"""
A page of another server's library, put on our shelves: found or made, in a handful of statements however long it is.

::

    tracks ──▶ which do we have? ──▶ of the others: artists ──▶ albums ──▶ tracks ──▶ who and what is named on them
               by MusicBrainz ids,   each found or made, each once, in one statement of a kind
               then by id

The lock of all who file music is held meanwhile: nobody makes a double.  Source: docs/federation.md §5.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypedDict, TypeVar
from uuid import UUID

from fwtwisted.core.fediverse.remote.vouching import Vouched
from fwtwisted.db.fediverse.remote import actors, music
from fwtwisted.db.fediverse.remote.music import NewAlbum, NewArtist, NewThing, NewTrack
from fwtwisted.db.files import importing
from fwtwisted.db.files.importing import NewCredit
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.remote import SaidAbout, SaidAlbum, SaidArtist, SaidCredit, SaidPicture, SaidTrack

S = TypeVar("S", SaidArtist, SaidAlbum)
UNVOUCHED = "This is another server's, and that one does not tell of it."


class _Alike(TypedDict):
    fid: str
    mbid: UUID | None
    attributed_to_id: int | None
    cover_id: int | None
    description: str | None
    description_type: str | None
    published: datetime | None


class Shelving:
    """One batch in one transaction, which holds ``importing.lock`` and touches ``catalog``."""

    def __init__(self, tx: Tx, vouched: Vouched) -> None:
        self._tx, self._vouched = tx, vouched
        self._artists: dict[str, int] = {}
        self._albums: dict[str, int] = {}
        self._tracks: dict[str, int] = {}
        self._speakers: dict[str, int] = {}
        self._pictures: dict[str, int] = {}

    async def tracks(self, said: Sequence[SaidTrack]) -> dict[str, int | Invalid]:
        """Each track's key by its id, or why it cannot be taken down."""
        best = {one.fid: self._vouched.best(one) for one in said}
        await self._find_tracks(list(best.values()))
        new = [one for fid, one in best.items() if fid not in self._tracks]
        failed = await self._make(new)
        return {fid: failed[fid] if fid in failed else self._tracks[fid] for fid in best}

    async def artists(self, said: Sequence[SaidArtist]) -> dict[str, int]:
        """Each artist's key by its id; those that nobody vouches for are left out."""
        await self._know_pictures(_pictures(said))
        await self._find_or_make_artists(said)
        return self._artists

    async def albums(self, said: Sequence[SaidAlbum]) -> dict[str, int]:
        """Each album's key by its id, with its artists; those that nobody vouches for are left out."""
        credits = [credit.artist for one in said for credit in one.credits]
        await self._know_pictures([*_pictures(said), *_pictures(credits)])
        await self._find_or_make_artists(credits)
        await self._find_speakers(said)
        await self._find_or_make_albums(said, {})
        return self._albums

    # --- tracks ----------------------------------------------------------------------------------

    async def _find_tracks(self, said: Sequence[SaidTrack]) -> None:
        mbids = [one.about.mbid for one in said]
        albums = [one.album.about.mbid for one in said]
        found = await music.known_tracks(self._tx, [one.fid for one in said], mbids, albums)
        self._tracks |= {said[place].fid: id for place, id in found.items()}

    async def _make(self, said: Sequence[SaidTrack]) -> dict[str, Invalid]:
        """Write tracks that are new, with all that they name; those that cannot be, and why."""
        if not said:
            return {}
        albums = [self._vouched.best(one.album) for one in said]
        named = [*(one.credits for one in said), *(one.credits for one in albums)]
        credits = [credit.artist for several in named for credit in several]
        await self._know_pictures([*_pictures(said), *_pictures(albums), *_pictures(credits)])
        await self._find_or_make_artists(credits)
        await self._find_speakers(albums)
        otherwise = {one.album.fid: one.credits for one in said}
        await self._find_or_make_albums(albums, otherwise)
        failed = {one.fid: why for one in said if (why := self._why_not(one)) is not None}
        await self._make_tracks([one for one in said if one.fid not in failed])
        return failed

    def _why_not(self, said: SaidTrack) -> Invalid | None:
        if not self._vouched.may_define(said):
            return Invalid.on("track", UNVOUCHED)
        if said.album.fid not in self._albums:
            return Invalid({"track": {"album": [UNVOUCHED]}})
        if not self._named(said.credits):
            return Invalid({"track": {"artists": [UNVOUCHED]}})
        return None

    async def _make_tracks(self, said: Sequence[SaidTrack]) -> None:
        new = [
            NewTrack(
                **self._alike(one.about),
                title=one.title,
                artist_id=self._named(one.credits)[0][1],
                album_id=self._albums[one.album.fid],
                position=one.position,
                disc_number=one.disc,
                license=one.license,
                copyright=one.copyright,
            )
            for one in said
        ]
        made = await music.add(self._tx, new)
        self._tracks |= made
        credits = [credit for one in said for credit in self._credits(made[one.fid], one.credits)]
        if credits:
            await importing.credit_tracks(self._tx, credits)
        await music.tag(self._tx, Kind.TRACK, [(made[one.fid], name) for one in said for name in one.about.tags])

    # --- albums ----------------------------------------------------------------------------------

    async def _find_or_make_albums(
        self, said: Sequence[SaidAlbum], otherwise: dict[str, tuple[SaidCredit, ...]]
    ) -> None:
        """:param otherwise: who an album is by, where it does not name an artist whom we know."""
        distinct = list({one.fid: one for one in said}.values())
        mbids = [one.about.mbid for one in distinct]
        found = await music.known(self._tx, Kind.ALBUM, [one.fid for one in distinct], mbids)
        self._albums |= {distinct[place].fid: id for place, id in found.items()}
        new = _once(one for one in distinct if one.fid not in self._albums and self._vouched.may_define(one))
        by = {one.fid: self._artist_of(one, otherwise.get(one.fid, ())) for one in new}
        made = await music.add(self._tx, [self._album(one, id) for one in new if (id := by[one.fid]) is not None])
        self._albums |= made
        self._same(self._albums, distinct)
        written = [one for one in new if one.fid in made]
        credits = [credit for one in written for credit in self._credits(made[one.fid], one.credits)]
        if credits:
            await importing.credit_albums(self._tx, credits)
        await music.tag(self._tx, Kind.ALBUM, [(made[one.fid], name) for one in written for name in one.about.tags])

    def _artist_of(self, said: SaidAlbum, otherwise: tuple[SaidCredit, ...]) -> int | None:
        if said.speaker is not None and said.speaker in self._speakers:
            return self._speakers[said.speaker]
        named = self._named(said.credits) or self._named(otherwise)
        return named[0][1] if named else None

    def _album(self, said: SaidAlbum, artist_id: int) -> NewThing:
        return NewAlbum(**self._alike(said.about), title=said.title, artist_id=artist_id, release_date=said.released)

    async def _find_speakers(self, said: Sequence[SaidAlbum]) -> None:
        wanted = {one.speaker for one in said if one.speaker is not None}
        self._speakers |= await music.speakers(self._tx, sorted(wanted))

    # --- artists ---------------------------------------------------------------------------------

    async def _find_or_make_artists(self, said: Iterable[SaidArtist]) -> None:
        distinct = list({one.fid: self._vouched.best(one) for one in said if one.fid not in self._artists}.values())
        mbids = [one.about.mbid for one in distinct]
        found = await music.known(self._tx, Kind.ARTIST, [one.fid for one in distinct], mbids)
        self._artists |= {distinct[place].fid: id for place, id in found.items()}
        new = _once(one for one in distinct if one.fid not in self._artists and self._vouched.may_define(one))
        made = await music.add(self._tx, [NewArtist(**self._alike(one.about), name=one.name) for one in new])
        self._artists |= made
        self._same(self._artists, distinct)
        await music.tag(self._tx, Kind.ARTIST, [(made[one.fid], name) for one in new for name in one.about.tags])

    def _named(self, credits: Sequence[SaidCredit]) -> list[tuple[SaidCredit, int]]:
        """The credits whose artists we have by now."""
        return [(one, self._artists[one.artist.fid]) for one in credits if one.artist.fid in self._artists]

    def _credits(self, owner_id: int, credits: Sequence[SaidCredit]) -> list[NewCredit]:
        return [
            NewCredit(owner_id, place, artist_id, one.credit, one.joinphrase)
            for place, (one, artist_id) in enumerate(self._named(credits))
        ]

    # --- what they have alike --------------------------------------------------------------------

    def _same(self, keys: dict[str, int], said: Sequence[SaidArtist] | Sequence[SaidAlbum]) -> None:
        """Two ids with one MusicBrainz id are one thing: have both lead to it."""
        by_mbid = {one.about.mbid: keys[one.fid] for one in said if one.about.mbid is not None and one.fid in keys}
        for one in said:
            if one.fid not in keys and one.about.mbid in by_mbid:
                keys[one.fid] = by_mbid[one.about.mbid]

    async def _know_pictures(self, pictures: Iterable[SaidPicture | None]) -> None:
        told = {one.url: one.mimetype for one in pictures if one is not None and one.url not in self._pictures}
        self._pictures |= await actors.pictures(self._tx, list(told.items()))

    def _alike(self, about: SaidAbout) -> _Alike:
        text = about.description
        return {
            "fid": about.fid,
            "mbid": about.mbid,
            "attributed_to_id": self._vouched.author(about),
            "cover_id": None if about.picture is None else self._pictures.get(about.picture.url),
            "description": None if text is None else text.text,
            "description_type": None if text is None else text.content_type,
            "published": about.published,
        }


def _pictures(said: Iterable[SaidArtist | SaidAlbum | SaidTrack]) -> list[SaidPicture | None]:
    return [one.about.picture for one in said]


def _once(said: Iterable[S]) -> list[S]:
    """Each but those whose MusicBrainz id an earlier one has."""
    seen: set[UUID] = set()
    chosen: list[S] = []
    for one in said:
        mbid = one.about.mbid
        if mbid is None or mbid not in seen:
            chosen.append(one)
        if mbid is not None:
            seen.add(mbid)
    return chosen
