"""What is known of an audio file once it was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from attrs import field, frozen

from fwtwisted.model.errors import FwError


class NotAudio(FwError):
    """The bytes are not an audio file that we can read; the text tells a person what they seem to be."""

    text = "This is not an audio file that can be read here. Expected MP3, FLAC, Ogg, Opus, M4A, AAC, AIFF, WAV or WMA."


@frozen
class Picture:
    """An embedded picture, as its bytes stand in the file; nobody has looked into them yet."""

    body: bytes = field(repr=lambda body: f"{len(body)} bytes")
    media_type: str
    description: str = ""


@frozen
class Credit:
    """One artist as the tags name them, with their MusicBrainz id."""

    name: str
    mbid: UUID | None = None


@frozen
class ReplayGain:
    """How loud it is: gains in dB against the reference of 89 dB, peaks as a share of full scale."""

    track_gain: float | None = None
    track_peak: float | None = None
    album_gain: float | None = None
    album_peak: float | None = None


@frozen
class Tags:
    """
    What the tags say, cleaned: no NUL, no control characters, NFC, trimmed, never longer than a column.

    :ivar artists: the artists one by one; empty when there are none.
    :ivar artists_text: the artists as they are written, for showing.
    :ivar album: None when the tags name none; ``model.music.UNKNOWN_ALBUM`` is for whoever files it.
    :ivar position: number on its disc, 1 or more.
    :ivar released: the day of release; the first of the month or year where only those are known.
    :ivar genres: as written; :func:`~fwtwisted.wire.audiotags.rules.tags_in` makes tags of them.
    :ivar license: text of the licence tag, usually an address.
    :ivar comment: what was written about the file, several lines perhaps.
    :ivar mbid: the MusicBrainz recording.
    :ivar release_track_mbid: the track on that very release.
    :ivar album_mbid: the MusicBrainz release.
    :ivar bpm: beats a minute, rounded.
    :ivar lyrics: unsynchronised, with line breaks; some taggers write LRC into it.
    :ivar synced_lyrics: with times, as LRC.
    :ivar lyrics_language: of ``lyrics``, three letters.
    """

    title: str | None = None
    artists: Sequence[Credit] = ()
    artists_text: str | None = None
    album: str | None = None
    album_artists: Sequence[Credit] = ()
    album_artists_text: str | None = None
    position: int | None = None
    total_tracks: int | None = None
    disc: int | None = None
    total_discs: int | None = None
    released: date | None = None
    genres: Sequence[str] = ()
    license: str | None = None
    copyright: str | None = None
    comment: str | None = None
    mbid: UUID | None = None
    release_track_mbid: UUID | None = None
    album_mbid: UUID | None = None
    gain: ReplayGain = ReplayGain()
    bpm: int | None = None
    compilation: bool = False
    lyrics: str | None = None
    synced_lyrics: str | None = None
    lyrics_language: str | None = None


@frozen
class AudioFile:
    """
    One audio file: how it sounds, what it says, what it shows.

    :ivar media_type: as Funkwhale names it, see :mod:`fwtwisted.wire.audiotags.kinds`.
    :ivar extension: of that format, without a dot; the file may well be named otherwise.
    :ivar duration_seconds: rounded; 0 when nobody knows.
    :ivar bitrate_bps: average; 0 when nobody knows.
    :ivar bit_depth: of a lossless format, None elsewhere.
    :ivar cover: the front picture, else the first one.
    :ivar truncated: the file ends before what its own headers promise.
    """

    media_type: str
    extension: str
    duration_seconds: int
    bitrate_bps: int
    sample_rate: int | None
    channels: int | None
    bit_depth: int | None
    tags: Tags
    cover: Picture | None
    truncated: bool
