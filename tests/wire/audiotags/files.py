"""What the tests of reading audio files share: files that are made, and what holds of whatever is read."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire import audiotags
from fwtwisted.wire.audiotags import AudioFile, NotAudio
from tests import audio

ONE, TWO, THREE = (str(UUID(int=number)) for number in (1, 2, 3))

# kind → media type, extension, bit depth
FORMATS = {
    "mp3": ("audio/mpeg", "mp3", None),
    "mp3vbr": ("audio/mpeg", "mp3", None),
    "flac": ("audio/flac", "flac", 16),
    "ogg": ("audio/ogg", "ogg", None),
    "opus": ("audio/opus", "opus", None),
    "oggflac": ("audio/ogg", "ogg", 16),
    "speex": ("audio/ogg", "ogg", None),
    "m4a": ("audio/x-m4a", "m4a", None),
    "alac": ("audio/x-m4a", "m4a", 16),
    "aac": ("audio/x-m4a", "aac", None),
    "aiff": ("audio/x-aiff", "aiff", 16),
    "wav": ("audio/wav", "wav", 16),
    "wma": ("audio/x-ms-wma", "wma", None),
    "wavpack": ("audio/x-wavpack", "wv", 16),
    "tta": ("audio/x-tta", "tta", 16),
}


def read(path: Path) -> AudioFile:
    """The file as it lies on disk."""
    with path.open("rb") as file:
        return audiotags.read(file, path.name)


def read_bytes(body: bytes, name: str = "") -> AudioFile:
    """A file that lies nowhere."""
    return audiotags.read(io.BytesIO(body), name)


class FolderCase(SynchronousTestCase):
    """Tests that make files."""

    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)

    def made(self, kind: str, **tags: Any) -> AudioFile:
        """What is read of a file that was made so."""
        return read(audio.make(self.folder, kind, **tags))


_TAGGED: dict[str, bytes] = {}


def tagged_bytes(kind: str) -> bytes:
    """A real file of a kind with tags and a cover."""
    if kind not in _TAGGED:
        with tempfile.TemporaryDirectory() as folder:
            path = audio.make(
                folder, kind, title="Title", artist="Ada", album="Al", track="3/12", date="2003", genre="Rock",
                cover=audio.image(), comment="c", replaygain_track_gain="-1 dB", artist_mbids=[ONE],
            )  # fmt: skip
            _TAGGED[kind] = path.read_bytes()
    return _TAGGED[kind]


def attempt(body: bytes, name: str) -> AudioFile | None:
    """Read, and hold what is read to its promise; anything but NotAudio fails the test."""
    try:
        found = read_bytes(body, name)
    except NotAudio as refused:
        assert str(refused)
        return None
    assert 0 <= found.duration_seconds < 2**31 and 0 <= found.bitrate_bps < 2**31
    assert found.sample_rate is None or 0 < found.sample_rate < 2**31
    assert found.channels is None or 0 < found.channels < 2**16
    assert found.bit_depth is None or 0 < found.bit_depth < 2**16
    for text in (found.tags.title, found.tags.album, found.tags.comment, found.tags.license, found.tags.copyright):
        assert_fit(text)
    return found


def assert_fit(text: str | None) -> None:
    """The text can be stored in PostgreSQL."""
    if text is not None:
        assert text and "\0" not in text and len(text) <= 50_000
        text.encode()


def ending(found: AudioFile) -> tuple[int, bool]:
    """How long it lasts, and whether its end is missing."""
    return found.duration_seconds, found.truncated


def gains(gain: audiotags.ReplayGain) -> tuple[float | None, ...]:
    """Gain and peak of the track, then of the album."""
    return gain.track_gain, gain.track_peak, gain.album_gain, gain.album_peak
