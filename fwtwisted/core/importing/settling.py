"""
Filing many files in one transaction.

The steps, each a question for all files at once, then what is new written at once::

    covers ─▶ artists ─▶ albums ─▶ tracks ─▶ credits, tags ─▶ blanks filled ─▶ doubles ─▶ leftovers pruned

A step's answer comes with the words as PostgreSQL folds them; what is new twice within the batch is made once, by that
key.  A file that was filed before (``was``) and says something else now takes its track along when the track lives from
it alone, so that favourites stay where they are; otherwise it moves, and what nobody needs any more goes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from attrs import evolve, frozen

from fwtwisted.core.importing.covers import Shelved, album_of, pictures_of
from fwtwisted.core.importing.filing import Filing, Named
from fwtwisted.core.importing.making import Firsts, Owned, PictureKey, albums_of, artists_of, credits_for
from fwtwisted.db.files import importing as known
from fwtwisted.db.files.importing import AlbumBlanks, AskedTrack, TrackWords
from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind
from fwtwisted.model.uploads import Status

ALREADY_IMPORTED = "already_imported_in_owned_libraries"

Changed: TypeAlias = Callable[[Tx, Kind, int], Awaitable[None]]
"""Told of a work of ours that was here before and says something else now."""


@frozen
class Arrival:
    """
    A file that wants to be filed.

    :ivar upload: its upload's uuid, whether that row exists already or is written next in the same transaction.
    :ivar owner_id: the actor who owns the library.
    :ivar was: the track it was filed as before; None: never yet.
    """

    upload: UUID
    owner_id: int
    filing: Filing
    was: int | None = None


@frozen
class Outcome:
    """
    What became of a file.

    :ivar details: for ``import_details``.
    """

    status: Status
    track_id: int | None
    details: Mapping[str, Any]


async def settle(
    tx: Tx,
    batch: Sequence[Arrival],
    base_url: str,
    pictures: Mapping[bytes, Shelved] | None = None,
    changed: Changed | None = None,
) -> list[Outcome]:
    """
    File a batch; one outcome for each arrival, in order.

    :param base_url: of this pod, for federation ids; without a slash at its end.
    :param pictures: pictures in the store that have no row yet, by SHA-256; those that are needed get one.
    :param changed: is told of each work that was here before and says more, or something else, now.
    """
    if not batch:
        return []
    await known.lock(tx)
    settling = _Settling(tx, batch, f"{base_url}/federation/music")
    outcomes = await settling.run(pictures or {})
    if changed is not None:
        for kind, id in settling.changed:
            await changed(tx, kind, id)
    tx.touch("catalog")
    return outcomes


class _Settling:
    """
    One batch on its way.  Files go by their place in the batch.

    :ivar changed: works that were here before and say something else now.
    """

    def __init__(self, tx: Tx, batch: Sequence[Arrival], music_url: str) -> None:
        self._tx, self._batch, self._music_url = tx, batch, music_url
        self._tracks: dict[int, int] = {}
        self._new_tracks: set[int] = set()
        self._artists: dict[Named, int] = {}
        self._covers: dict[PictureKey, int] = {}
        self.changed: list[tuple[Kind, int]] = []

    async def run(self, pictures: Mapping[bytes, Shelved]) -> list[Outcome]:
        """All steps."""
        await self._recognise()
        left = [index for index in range(len(self._batch)) if index not in self._tracks]
        files = [Owned(self._batch[index].filing, self._batch[index].owner_id) for index in left]
        self._covers = await pictures_of(self._tx, _pictures_wanted(files), pictures)
        self._artists = await artists_of(self._tx, files, self._music_url)
        albums = await albums_of(self._tx, files, self._artists, self._covers, self._music_url)
        leftovers = await self._leftovers()
        await self._find_tracks(dict(zip(left, albums, strict=True)))
        await self._fill_albums(files, albums)
        await self._fill_artists(files)
        doubles = await self._doubles()
        await self._move(leftovers)
        return [self._outcome(index, doubles) for index in range(len(self._batch))]

    def _outcome(self, index: int, doubles: Mapping[int, UUID]) -> Outcome:
        track_id = self._tracks[index]
        if index not in doubles:
            return Outcome(Status.FINISHED, track_id, {})
        return Outcome(Status.SKIPPED, track_id, {"code": ALREADY_IMPORTED, "duplicates": str(doubles[index])})

    async def _recognise(self) -> None:
        """Take the tracks that recording and release name together."""
        asked = [i for i, one in enumerate(self._batch) if one.filing.mbid and one.filing.album_mbid and not one.was]
        filings = [self._batch[index].filing for index in asked]
        if asked:
            for pair in await known.pairs(self._tx, [f.mbid for f in filings], [f.album_mbid for f in filings]):
                self._tracks[asked[pair.place]] = pair.track_id

    # Tracks.

    async def _find_tracks(self, albums: Mapping[int, int]) -> None:
        """Find or make the tracks of the files.  :param albums: by the files' places."""
        if not albums:
            return
        asked = {index: self._asked(index, album_id) for index, album_id in albums.items()}
        found = await known.tracks(self._tx, list(asked.values()))
        alone = await self._alone()
        firsts = Firsts()
        follows: dict[int, int] = {}
        new: dict[int, TrackWords] = {}
        for (index, track), answer in zip(asked.items(), found, strict=True):
            was = self._batch[index].was
            first = firsts.of(index, _keys(track, answer.key))
            if answer.id is not None and answer.id != was:
                self._tracks[index] = answer.id
            elif first != index:
                follows[index] = first
            elif was is not None and was in alone:
                self._tracks[index] = was
                await self._reword(index, was, track)
            elif answer.id is not None:
                self._tracks[index] = answer.id
            else:
                new[index] = await self._words(index, track)
        await self._make_tracks(new)
        self._tracks |= {index: self._tracks[first] for index, first in follows.items()}

    def _asked(self, index: int, album_id: int) -> AskedTrack:
        f = self._batch[index].filing
        return AskedTrack(f.title, f.mbid, self._artists[f.artists[0]], album_id, f.position, f.disc_number)

    async def _words(self, index: int, track: AskedTrack) -> TrackWords:
        arrival, uuid = self._batch[index], uuid4()
        f = arrival.filing
        fid = f"{self._music_url}/tracks/{uuid}"
        cover_id = await self._own_cover(arrival)
        return TrackWords(
            uuid, fid, track, f.license, f.copyright, f.description, f.description_type, cover_id, arrival.owner_id
        )

    async def _own_cover(self, arrival: Arrival) -> int | None:
        """The picture of a track itself: what its owner chose, or the file's where no album can carry it."""
        if arrival.filing.own_cover is not None:
            chosen = await known.own_picture(self._tx, arrival.filing.own_cover, arrival.owner_id)
            if chosen is not None:
                await known.use_pictures(self._tx, [chosen])
                return chosen
        if arrival.filing.in_no_album and arrival.filing.cover is not None:
            return self._covers.get((arrival.filing.cover, arrival.owner_id))
        return None

    async def _make_tracks(self, new: Mapping[int, TrackWords]) -> None:
        if not new:
            return
        written = await known.add_tracks(self._tx, list(new.values()))
        made = {index: written[words.uuid] for index, words in new.items()}
        self._tracks |= made
        self._new_tracks = set(made.values())
        await self._name_and_tag({track_id: self._batch[index].filing for index, track_id in made.items()})

    async def _name_and_tag(self, filings: Mapping[int, Filing]) -> None:
        """Write credits and tags of tracks that have none.  :param filings: by track."""
        named = ((track_id, f.artists) for track_id, f in filings.items())
        await known.credit_tracks(self._tx, credits_for(named, self._artists))
        pairs = [(track_id, tag) for track_id, f in filings.items() for tag in f.tags]
        if pairs:
            await known.tag_tracks(self._tx, [track_id for track_id, _ in pairs], [tag for _, tag in pairs])

    # Files that were filed before.

    async def _alone(self) -> set[int]:
        """Tracks of files that come again, where the track lives from that file alone."""
        again: dict[int, list[int]] = {}
        for arrival in self._batch:
            if arrival.was is not None:
                again.setdefault(arrival.owner_id, []).append(arrival.was)
        alone: set[int] = set()
        for owner_id, track_ids in again.items():
            alone |= await known.alone(self._tx, track_ids, owner_id)
        return alone

    async def _reword(self, index: int, track_id: int, track: AskedTrack) -> None:
        """Let a track say what its file says now."""
        await known.reword_track(self._tx, track_id, await self._words(index, track))
        self.changed.append((Kind.TRACK, track_id))
        await known.forget_names_and_tags(self._tx, track_id)
        await self._name_and_tag({track_id: self._batch[index].filing})

    async def _leftovers(self) -> tuple[list[int], list[int], list[int]]:
        """What may be needed by nobody once the files that come again are filed anew: tracks, albums, artists."""
        tracks = sorted({arrival.was for arrival in self._batch if arrival.was is not None})
        if not tracks:
            return [], [], []
        artists, albums = await known.named_by(self._tx, tracks)
        return tracks, albums, artists

    async def _move(self, leftovers: tuple[list[int], list[int], list[int]]) -> None:
        """Hang the files that come again on their new tracks, then remove what that leaves bare."""
        moved = [(one.upload, self._tracks[i]) for i, one in enumerate(self._batch) if one.was is not None]
        if moved:
            await known.move(self._tx, [upload for upload, _ in moved], [track_id for _, track_id in moved])
            await known.prune(self._tx, *leftovers)

    # What nobody said before.

    async def _fill_albums(self, files: Sequence[Owned], albums: Sequence[int]) -> None:
        told: dict[int, AlbumBlanks] = {}
        for file, album_id in zip(files, albums, strict=True):
            f = file.filing
            if not f.in_no_album:
                cover_id = None if file.cover is None else self._covers.get(file.cover)
                says = AlbumBlanks(album_id, file.owner_id, cover_id, f.released, f.album_mbid)
                told[album_id] = _either(told.get(album_id, says), says)
        if told:
            filled = await known.fill_albums(self._tx, _each_release_once(list(told.values())))
            self.changed += [(Kind.ALBUM, id) for id in filled]

    async def _fill_artists(self, files: Sequence[Owned]) -> None:
        told: dict[UUID, tuple[int, int]] = {}
        for file in files:
            for one in file.filing.artists:
                if one.mbid is not None:
                    told.setdefault(one.mbid, (self._artists[one], file.owner_id))
        by_artist = {artist_id: (owner_id, mbid) for mbid, (artist_id, owner_id) in told.items()}
        if by_artist:
            owners = [owner_id for owner_id, _ in by_artist.values()]
            mbids = [mbid for _, mbid in by_artist.values()]
            filled = await known.fill_artists(self._tx, list(by_artist), owners, mbids)
            self.changed += [(Kind.ARTIST, id) for id in filled]

    # Doubles.

    async def _doubles(self) -> dict[int, UUID]:
        """Files of tracks that their owner has already: by their places, the upload that was first."""
        doubles: dict[int, UUID] = {}
        asked = [index for index, track_id in sorted(self._tracks.items()) if track_id not in self._new_tracks]
        if asked:
            held = await known.held(
                self._tx,
                [self._tracks[index] for index in asked],
                [self._batch[index].owner_id for index in asked],
                [arrival.upload for arrival in self._batch],
            )
            doubles = {asked[place]: upload for place, upload in held}
        first: dict[tuple[int, int], UUID] = {}
        for index, arrival in enumerate(self._batch):
            if index not in doubles:
                upload = first.setdefault((self._tracks[index], arrival.owner_id), arrival.upload)
                if upload != arrival.upload:
                    doubles[index] = upload
        return doubles


def _keys(track: AskedTrack, words: str) -> list[Hashable]:
    """What a track of the same batch must share to be the same."""
    keys: list[Hashable] = [(words, track.artist_id, track.album_id, track.position, track.disc_number)]
    return keys if track.mbid is None else [(track.mbid, track.album_id), *keys]


def _pictures_wanted(files: Sequence[Owned]) -> list[PictureKey]:
    """One picture for each album, and one for each track that is in none."""
    wanted: dict[Hashable, PictureKey] = {}
    for index, file in enumerate(files):
        if file.cover is not None:
            wanted.setdefault(album_of(file.filing) or index, file.cover)
    return list(dict.fromkeys(wanted.values()))


def _either(one: AlbumBlanks, other: AlbumBlanks) -> AlbumBlanks:
    """What one of them says, or else the other."""
    return evolve(
        one,
        cover_id=one.cover_id or other.cover_id,
        released=one.released or other.released,
        mbid=one.mbid or other.mbid,
    )


def _each_release_once(told: Sequence[AlbumBlanks]) -> list[AlbumBlanks]:
    """At most one album may take each MusicBrainz id."""
    seen: set[UUID] = set()
    answer = []
    for one in told:
        if one.mbid is not None and one.mbid in seen:
            one = evolve(one, mbid=None)
        elif one.mbid is not None:
            seen.add(one.mbid)
        answer.append(one)
    return answer
