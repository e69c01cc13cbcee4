"""Tags in chunks, in APE and in Vorbis comments."""

from __future__ import annotations

import base64
import io
import random
import struct
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from mutagen import apev2, oggvorbis

from fwtwisted.wire.audiotags import Tags
from tests import audio
from tests.wire.audiotags.files import (
    FolderCase,
    ending,
    gains,
    read,
    read_bytes,
)


class ChunkTests(FolderCase):
    """Tags of WAV and AIFF that are not ID3, and formats that no encoder here writes."""

    def encoded(self, name: str, *arguments: str) -> Path:
        """What ffmpeg makes with tags of its own choosing."""
        path = self.folder / name
        source = ["-f", "lavfi", "-i", "sine=duration=2", "-metadata", "title=Été", "-metadata", "artist=Ada"]
        command = [audio.ffmpeg(), "-v", "error", "-nostdin", *source, "-metadata", "track=3/9", *arguments, str(path)]
        subprocess.run(command, check=True)
        return path

    def test_info_list(self) -> None:
        """The INFO list of a WAV file counts where there is no ID3 tag."""
        path = self.encoded("a.wav")
        tags = read(path).tags
        self.assertEqual(("Été", "Ada", 3), (tags.title, tags.artists_text, tags.position))
        audio.tag(path, "wav", title="Newer")
        tags = read(path).tags
        self.assertEqual(("Newer", "Ada"), (tags.title, tags.artists_text))

    def test_large_wav(self) -> None:
        """WAV with sizes of 64 bits, or with none because it was piped, is read."""
        for arguments in (("-rf64", "always"), ("-f", "wav", "-fflags", "+bitexact")):
            path = self.encoded(f"{arguments[1]}.wav", *arguments)
            self.assertEqual((2, False), ending(read(path)))
        body = bytearray(audio.encoded("wav"))
        at = body.index(b"data") + 4
        body[4:8] = body[at : at + 4] = b"\xff\xff\xff\xff"
        self.assertEqual((2, False), ending(read_bytes(bytes(body))))

    def test_texts_of_aiff(self) -> None:
        """Title and author in chunks of their own are read."""
        tags = read(self.encoded("a.aiff", "-metadata", "author=Ada")).tags
        self.assertEqual(("Été", "Ada"), (tags.title, tags.artists_text))

    def test_little_endian_aiff(self) -> None:
        """AIFF-C with samples the other way round is AIFF too."""
        found = read(self.encoded("a.aif", "-c:a", "pcm_s16le"))
        self.assertEqual((2, 44100, "audio/x-aiff"), (found.duration_seconds, found.sample_rate, found.media_type))

    def test_monkey_and_musepack(self) -> None:
        """Their headers are understood, with the APE tag at the end."""
        file = io.BytesIO()
        tag = apev2.APEv2()
        tag["Title"], tag["Album Artist"], tag["Track"] = "T", "VA", "2/3"
        tag.save(file)
        monkey = b"MAC " + struct.pack("<H", 3990) + b"\0" * 50 + struct.pack("<IIIHHI", 44100, 44100, 3, 16, 2, 44100)
        musepack = b"MP+\x07" + struct.pack("<II", 115, 0) + b"\0" * 20
        for head, media_type in ((monkey, "audio/x-ape"), (musepack, "audio/x-musepack")):
            found = read_bytes(head + b"\0" * 2000 + file.getvalue())
            self.assertEqual((media_type, 3, 2), (found.media_type, found.duration_seconds, found.channels))
            tags = found.tags
            self.assertEqual(("T", "VA", 2, 3), (tags.title, tags.album_artists_text, tags.position, tags.total_tracks))

    def test_broken_ape_tag(self) -> None:
        """A broken APE tag at its end does not spoil an MP3."""
        file = io.BytesIO()
        tag = apev2.APEv2()
        tag["Title"] = "T"
        tag.save(file)
        broken = file.getvalue().replace(b"Title", b"Ti\0le")
        self.assertEqual(2, read_bytes(audio.encoded("mp3") + broken).duration_seconds)


class CommentTests(FolderCase):
    """What Vorbis comments hold."""

    def commented(self, **fields: list[str]) -> Tags:
        """What is read of an Ogg file with these fields."""
        path = audio.make(self.folder, "ogg")
        whole: Any = oggvorbis.OggVorbis(path)
        whole.tags.clear()
        for name, values in fields.items():
            whole.tags[name.replace("_", " ")] = values
        whole.save()
        return read(path).tags

    def test_spellings(self) -> None:
        """Names are the same with blanks, underscores and in any case."""
        tags = self.commented(Title=["T"], album_artist=["VA"], YEAR=["1999"], TotalTracks=["9"], unsyncedlyrics=["la"])
        self.assertEqual(("T", "VA", date(1999, 1, 1)), (tags.title, tags.album_artists_text, tags.released))
        self.assertEqual((9, "la"), (tags.total_tracks, tags.lyrics))

    def test_blank_values(self) -> None:
        """Blank values count as missing; the next one is taken."""
        tags = self.commented(title=["  ", "T"], artist=[""], date=["garbage", "2001"])
        self.assertEqual(("T", (), date(2001, 1, 1)), (tags.title, tags.artists, tags.released))

    def test_old_cover(self) -> None:
        """A cover in the older manner is read, and one that is no base64 is not."""
        path = audio.make(self.folder, "ogg")
        whole: Any = oggvorbis.OggVorbis(path)
        whole.tags["coverart"] = [base64.b64encode(audio.image()).decode()]
        whole.tags["metadata_block_picture"] = ["!!!", base64.b64encode(b"short").decode()]
        whole.save()
        cover = read(path).cover
        assert cover is not None
        self.assertEqual(audio.image(), cover.body)

    def test_opus_gain(self) -> None:
        """Opus says its loudness in its own way."""
        gain = self.made("opus", title="T", r128_track_gain="-512", r128_album_gain="x").tags.gain
        self.assertEqual((3.0, None, None, None), gains(gain))

    def test_large_cover(self) -> None:
        """A cover over many Ogg pages arrives whole; one over the limit does not arrive."""
        large = audio.image() + random.Random(1).randbytes(700_000)
        for kind in ("ogg", "opus", "flac", "oggflac"):
            cover = self.made(kind, title="T", cover=large).cover
            assert cover is not None
            self.assertEqual(large, cover.body)
        path = audio.make(self.folder, "mp3", title="T", cover=audio.image() + b"\0" * (21 * 2**20))
        found = read(path)
        self.assertEqual(("T", None), (found.tags.title, found.cover))

    def test_broken_text(self) -> None:
        """Bytes that are no UTF-8 are read as what they most likely are."""
        body = audio.make(self.folder, "flac", title="Bj?rk").read_bytes()
        self.assertEqual("Björk", read_bytes(body.replace(b"Bj?rk", b"Bj\xf6rk")).tags.title)

    def test_long_flac(self) -> None:
        """The end of a FLAC file is found whatever the number of its last frame, and the end of a cut one too."""
        for seconds, rate in ((30, 44100), (200, 96000)):
            body = audio.encoded("flac", 100, seconds, rate)
            self.assertEqual((seconds, False), ending(read_bytes(body)))
            self.assertEqual((seconds, True), ending(read_bytes(body[: len(body) * 9 // 10])))
            unknown = body[:21] + bytes((body[21] & 0xF0,)) + b"\0\0\0\0" + body[26:]
            self.assertEqual((seconds, False), ending(read_bytes(unknown)))

    def test_flac_length_unknown(self) -> None:
        """A FLAC stream that does not say its length is measured."""
        body = bytearray(audio.encoded("flac"))
        body[21] &= 0xF0
        body[22:26] = b"\0\0\0\0"
        found = read_bytes(bytes(body))
        self.assertEqual((2, False), (found.duration_seconds, found.truncated))
