"""Artists and albums that a batch of files names: found, or made once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from uuid import uuid4

from attrs import frozen

from fwtwisted.core.importing.filing import Filing, Named
from fwtwisted.db.files import importing as known
from fwtwisted.db.files.importing import NewAlbum, NewArtist, NewCredit
from fwtwisted.db.pool import Tx

# What a picture belongs to until it has a row: its SHA-256 and the actor whose file it came with.
PictureKey = tuple[bytes, int]


class Firsts:
    """Who came first with a key; whoever shares a key with somebody earlier follows them."""

    def __init__(self) -> None:
        self._first: dict[Hashable, int] = {}

    def of(self, index: int, keys: Iterable[Hashable]) -> int:
        """The first that has any of the keys; ``index`` itself when nobody had."""
        all_keys = list(keys)
        first = next((self._first[key] for key in all_keys if key in self._first), index)
        for key in all_keys:
            self._first.setdefault(key, first)
        return first


@frozen
class Owned:
    """A filing and the actor to whom is attributed what it makes."""

    filing: Filing
    owner_id: int

    @property
    def cover(self) -> PictureKey | None:
        """The picture that comes with it."""
        return None if self.filing.cover is None else (self.filing.cover, self.owner_id)


async def artists_of(tx: Tx, files: Iterable[Owned], music_url: str) -> dict[Named, int]:
    """The id of every artist that the files name."""
    owners: dict[Named, int] = {}
    for file in files:
        for one in (*file.filing.artists, *file.filing.album_artists):
            owners.setdefault(one, file.owner_id)
    names = list(owners)
    if not names:
        return {}
    found = await known.artists(tx, [one.name for one in names], [one.mbid for one in names])
    ids = {name: answer.id for name, answer in zip(names, found, strict=True) if answer.id is not None}
    firsts = Firsts()
    follows: dict[Named, int] = {}
    for index, (name, answer) in enumerate(zip(names, found, strict=True)):
        if answer.id is None:
            follows[name] = firsts.of(index, filter(None, (name.mbid, answer.key)))
    return ids | await _made_artists(tx, names, owners, follows, music_url)


async def _made_artists(
    tx: Tx, names: Sequence[Named], owners: Mapping[Named, int], follows: Mapping[Named, int], music_url: str
) -> dict[Named, int]:
    """Write those that nobody knew.  :param follows: of each, the place among ``names`` of the one it is."""
    new: dict[int, NewArtist] = {}
    for index in sorted(set(follows.values())):
        uuid, name = uuid4(), names[index]
        new[index] = NewArtist(uuid, f"{music_url}/artists/{uuid}", name.name, name.mbid, owners[name])
    if not new:
        return {}
    written = await known.add_artists(tx, list(new.values()))
    return {name: written[new[index].uuid] for name, index in follows.items()}


async def albums_of(
    tx: Tx, files: Sequence[Owned], artists: Mapping[Named, int], covers: Mapping[PictureKey, int], music_url: str
) -> list[int]:
    """The id of each file's album, in order.  :param covers: ids of the pictures that have a row."""
    if not files:
        return []
    filings = [file.filing for file in files]
    main = [artists[one.album_artists[0]] for one in filings]
    found = await known.albums(tx, [f.album for f in filings], [f.album_mbid for f in filings], main)
    firsts = Firsts()
    follows: dict[int, int] = {}
    new: dict[int, NewAlbum] = {}
    for index, (file, answer) in enumerate(zip(files, found, strict=True)):
        if answer.id is not None:
            continue
        follows[index] = firsts.of(index, filter(None, (file.filing.album_mbid, (answer.key, main[index]))))
        if follows[index] == index:
            new[index] = _new_album(file, main[index], covers, music_url)
    written = await known.add_albums(tx, list(new.values())) if new else {}
    made = {index: written[album.uuid] for index, album in new.items()}
    if made:
        named = [(made[index], filings[index].album_artists) for index in made]
        await known.credit_albums(tx, credits_for(named, artists))
    return [made[follows[i]] if answer.id is None else answer.id for i, answer in enumerate(found)]


def _new_album(file: Owned, artist_id: int, covers: Mapping[PictureKey, int], music_url: str) -> NewAlbum:
    """What belongs to a release and not to a file stays off an album that is none."""
    uuid, f = uuid4(), file.filing
    released = None if f.in_no_album else f.released
    cover_id = None if f.in_no_album or file.cover is None else covers.get(file.cover)
    fid = f"{music_url}/albums/{uuid}"
    return NewAlbum(uuid, fid, f.album, f.album_mbid, artist_id, released, cover_id, file.owner_id)


def credits_for(named: Iterable[tuple[int, Sequence[Named]]], artists: Mapping[Named, int]) -> list[NewCredit]:
    """All names on some tracks or some albums.  An artist who is named twice stands there twice."""
    return [
        NewCredit(owner_id, place, artists[one], one.name, one.joinphrase)
        for owner_id, names in named
        for place, one in enumerate(names)
    ]
