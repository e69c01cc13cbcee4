"""What a container's reader finds, before it is made sense of."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from attrs import Factory, define

from fwtwisted.wire.audiotags.values import Picture
from fwtwisted.wire.audiotags.words import line

# Limits of what is taken over from one file; honest files stay far below.
MOST_PICTURE_BYTES = 20 * 2**20
MOST_PICTURES = 20
MOST_FIELDS = 2000
LONGEST_VALUE = 100_000

FRONT_COVER = 3  # in the numbering that ID3, FLAC and ASF share

_GAPS = str.maketrans("", "", " _-/:.")
# The same thing under the names that different containers and taggers give it, all without gaps.
_SAME = {
    "year": "date",
    "releasedate": "date",
    "originalyear": "originaldate",
    "track": "tracknumber",
    "tracktotals": "tracktotal",
    "totaltracks": "tracktotal",
    "disc": "discnumber",
    "totaldiscs": "disctotal",
    "author": "artist",
    "unsyncedlyrics": "lyrics",
    "tempo": "bpm",
    "itunescompilation": "compilation",
    "wmalbumtitle": "album",
    "wmalbumartist": "albumartist",
    "wmartists": "artists",
    "wmtracknumber": "tracknumber",
    "wmpartofset": "discnumber",
    "wmyear": "date",
    "wmoriginalreleaseyear": "originaldate",
    "wmgenre": "genre",
    "wmbeatsperminute": "bpm",
    "wmiscompilation": "compilation",
    "wmlyrics": "lyrics",
    "musicbrainzrecordingid": "musicbrainztrackid",
    "musicbrainzreleaseid": "musicbrainzalbumid",
    "licence": "license",
    "wmlicenseurl": "license",
}
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


@lru_cache(maxsize=2048)
def field_name(written: str) -> str:
    """The one name of a field, however a tagger writes it: ``MusicBrainz Album Id``, ``MUSICBRAINZ_ALBUMID``."""
    bare = written[:100].lower().translate(_GAPS)
    return _SAME.get(bare, bare)


@define
class Found:
    """
    The facts of one file, filled by its reader.

    :ivar seconds: 0 when unknown.
    :ivar bitrate: bit/s, 0 when unknown.
    :ivar audio_bytes: size of the sound without tags, for a bitrate that is not stated; None: nearly the whole file.
    :ivar fields: values by field name, in the order of the file.
    """

    seconds: float = 0.0
    bitrate: float = 0.0
    sample_rate: int = 0
    channels: int = 0
    bit_depth: int = 0
    audio_bytes: int | None = None
    truncated: bool = False
    fields: dict[str, list[str]] = Factory(dict)
    _pictures: list[tuple[bool, Picture]] = Factory(list)
    _values: int = 0

    def add(self, name: str, values: Iterable[object]) -> None:
        """Keep values of a field behind those that it has; ``name`` as :func:`field_name` gives it."""
        kept = self.fields.setdefault(name, [])
        for value in values:
            self._values += 1
            if self._values > MOST_FIELDS:
                return
            kept.append(str(value)[:LONGEST_VALUE])

    def fill(self, other: Found) -> None:
        """Take what ``other``, a second tag of the same file, has and this one lacks."""
        for name, values in other.fields.items():
            if not any(map(str.strip, self.fields.get(name, ()))):
                self.fields[name] = values
        self._pictures.extend(other._pictures)

    def show(self, body: bytes, declared: str = "", kind: int = FRONT_COVER, description: str = "") -> None:
        """
        Keep a picture, unless it is none, or far too large.

        :param declared: its media type as the tag says; what the bytes say wins.
        :param kind: ID3's number for what the picture shows.
        """
        media_type = _media_type(body, declared)
        if media_type and len(body) <= MOST_PICTURE_BYTES and len(self._pictures) < MOST_PICTURES:
            picture = Picture(bytes(body), media_type, line(description, 200))
            self._pictures.append((kind == FRONT_COVER, picture))

    def cover(self) -> Picture | None:
        """The first picture of the front, else the first of all."""
        return next((picture for _, picture in sorted(self._pictures, key=lambda one: not one[0])), None)


def _media_type(body: bytes, declared: str) -> str | None:
    """What kind of picture; None when it is none that we know of."""
    for magic, media_type in _MAGIC:
        if body.startswith(magic):
            return media_type
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    declared = line(declared, 50).lower()
    return declared if body and declared.startswith("image/") and declared not in _KNOWN_TYPES else None


# Declared as one of these, yet not beginning like one: broken.
_KNOWN_TYPES = {"image/jpg", "image/", "image/webp", "image/avif", *(media_type for _, media_type in _MAGIC)}
