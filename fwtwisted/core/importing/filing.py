"""
What a file is to be filed as: its tags, with what its owner says, made whole.  Source: docs/api.md §4.7, §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from attrs import asdict, evolve, frozen

from fwtwisted.model.errors import FwError
from fwtwisted.model.licenses import license_in
from fwtwisted.model.music import UNKNOWN_ALBUM
from fwtwisted.model.uploads import LONGEST_COPYRIGHT, LONGEST_DESCRIPTION, LONGEST_TITLE, ImportMetadata
from fwtwisted.wire.audiotags import AudioFile, Credit, Tags, tags_in, validated
from fwtwisted.wire.v1.uploads import file_metadata

LONGEST_NAME = 255

INVALID_METADATA = "invalid_metadata"
UNKNOWN_ERROR = "unknown_error"
ONLY_MUSICBRAINZ = (
    "Only files that carry a MusicBrainz recording id are taken here. Tag this one with MusicBrainz Picard, "
    "then send it again."
)


class Refused(FwError):
    """
    The file cannot be filed.

    :ivar code: a short word that programs know, or a sentence where they know none.
    :ivar detail: what is wrong with which tag, or a sentence.
    :ivar file_metadata: what the tags do say.
    """

    def __init__(self, code: str, detail: object, file_metadata: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail if isinstance(detail, str) else code)
        self.code, self.detail, self.file_metadata = code, detail, file_metadata

    @property
    def import_details(self) -> dict[str, Any]:
        """The document that the upload keeps.  Source: docs/api.md §4.7, ``import_details``."""
        told: dict[str, Any] = {"error_code": self.code, "detail": self.detail}
        if self.file_metadata is not None:
            told["file_metadata"] = self.file_metadata
        return told


@frozen
class FilingRules:
    """
    What filing goes by.

    :ivar most_tags: genre tags kept of one file.
    :ivar only_musicbrainz: refuse files without a recording id.
    """

    most_tags: int = 30
    only_musicbrainz: bool = False


@frozen
class Named:
    """An artist in a credit.  :ivar joinphrase: what stands between this name and the next."""

    name: str
    mbid: UUID | None
    joinphrase: str = ""


@frozen
class Filing:
    """
    Where a file belongs.

    :ivar artists: of the track, at least one; the first is the one it is found under.
    :ivar album_artists: likewise, of the album.
    :ivar cover: SHA-256 of the album's picture that comes with the file; None: it has none.
    :ivar own_cover: a picture of the track alone, uploaded by its owner.
    """

    title: str
    artists: tuple[Named, ...]
    album: str
    album_artists: tuple[Named, ...]
    album_mbid: UUID | None = None
    released: date | None = None
    position: int | None = None
    disc_number: int | None = None
    mbid: UUID | None = None
    tags: tuple[str, ...] = ()
    license: str | None = None
    copyright: str | None = None
    description: str | None = None
    description_type: str | None = None
    cover: bytes | None = None
    own_cover: UUID | None = None

    @property
    def in_no_album(self) -> bool:
        """The tags name no album: what it is filed under is no release, and one picture cannot stand for it."""
        return self.album == UNKNOWN_ALBUM


def filed_as(audio: AudioFile, told: ImportMetadata, rules: FilingRules, cover: bytes | None) -> Filing:
    """
    Where a file belongs, by its tags and what its owner says, which wins.

    :param cover: SHA-256 of the picture that comes with it.
    :raise Refused: when the tags do not tell enough.
    """
    tags = evolve(audio.tags, title=told.title) if told.title else audio.tags
    problems = validated(tags)
    if problems:
        raise Refused(INVALID_METADATA, problems, file_metadata(audio.tags))
    mbid = told.mbid or tags.mbid
    if rules.only_musicbrainz and mbid is None:
        raise Refused(ONLY_MUSICBRAINZ, None, file_metadata(audio.tags))
    artists = named(tags.artists, tags.artists_text)
    genres = tags_in(tags.genres) if told.tags is None else told.tags
    return Filing(
        title=(tags.title or "")[:LONGEST_TITLE],
        artists=artists,
        album=(tags.album or UNKNOWN_ALBUM)[:LONGEST_NAME],
        album_artists=named(tags.album_artists, tags.album_artists_text) or artists[:1],
        album_mbid=tags.album_mbid if tags.album else None,
        released=tags.released,
        position=told.position or tags.position,
        disc_number=tags.disc,
        mbid=mbid,
        tags=genres[: rules.most_tags],
        license=told.license or license_in(tags.license) or license_in(tags.copyright),
        copyright=(told.copyright or tags.copyright or "")[:LONGEST_COPYRIGHT] or None,
        **_described(tags, told),
        cover=cover,
        own_cover=told.cover,
    )


def _described(tags: Tags, told: ImportMetadata) -> dict[str, str | None]:
    """A comment in a file is plain; what people type into a form may carry Markdown."""
    if told.description:
        return {"description": told.description, "description_type": "text/markdown"}
    if tags.comment:
        return {"description": tags.comment[:LONGEST_DESCRIPTION], "description_type": "text/plain"}
    return {}


def named(credits: Sequence[Credit], text: str | None) -> tuple[Named, ...]:
    """
    The artists with the words between them.

    :param text: all of them as the file writes them, where it does: ``A feat. B``.
    """
    last = len(credits) - 1
    if last < 1:
        return tuple(Named(one.name[:LONGEST_NAME], one.mbid) for one in credits)
    phrases = between([one.name for one in credits], text or "") or [", "] * last
    return tuple(
        Named(one.name[:LONGEST_NAME], one.mbid, phrases[index] if index < last else "")
        for index, one in enumerate(credits)
    )


def between(names: Sequence[str], text: str) -> list[str] | None:
    """What stands between the names in a text that is made of them, in order; None when it is made otherwise."""
    found: list[str] = []
    low, end = text.lower(), 0
    for index, name in enumerate(names):
        start = low.find(name.lower(), end)
        if start < 0 or (index == 0 and start):
            return None
        if index:
            found.append(text[end:start])
        end = start + len(name)
    if end != len(text) or not all(found):
        return None
    return [", " if phrase.strip() == ";" else phrase for phrase in found]


def beyond_the_catalog(audio: AudioFile) -> dict[str, Any]:
    """What a file tells that no artist, album or track keeps; it stays with the upload.  Blanks are left out."""
    tags = audio.tags
    told: dict[str, Any] = {
        "sample_rate": audio.sample_rate,
        "channels": audio.channels,
        "bit_depth": audio.bit_depth,
        "truncated": audio.truncated or None,
        "total_tracks": tags.total_tracks,
        "total_discs": tags.total_discs,
        "release_track_mbid": str(tags.release_track_mbid) if tags.release_track_mbid else None,
        "replaygain": {name: value for name, value in asdict(tags.gain).items() if value is not None} or None,
        "bpm": tags.bpm,
        "compilation": tags.compilation or None,
        "genres": list(tags.genres) or None,
        "lyrics": tags.lyrics,
        "synced_lyrics": tags.synced_lyrics,
        "lyrics_language": tags.lyrics_language,
    }
    return {name: value for name, value in told.items() if value is not None}
