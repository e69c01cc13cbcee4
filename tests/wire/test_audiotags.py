"""Reading audio files: every format as real encoders write it, tags as people write them, and bytes of any kind."""

from __future__ import annotations

import base64
import io
import math
import pickle
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen import apev2, id3, oggvorbis
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire import audiotags
from fwtwisted.wire.audiotags import AudioFile, Credit, NotAudio, Tags
from tests import audio

FIELDS = (
    "title", "artist", "artists", "album", "tracknumber", "discnumber", "date", "genre", "comment", "lyrics", "bpm",
    "musicbrainzartistid", "replaygaintrackgain", "replaygaintrackpeak", "r128trackgain", "compilation",
)  # fmt: skip
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


class FormatTests(FolderCase):
    """Each format as ffmpeg writes it."""

    def test_facts(self) -> None:
        """Media type, length, rates and channels are right for every kind."""
        for kind, (media_type, extension, depth) in FORMATS.items():
            found = self.made(kind)
            self.assertEqual((media_type, extension, depth), (found.media_type, found.extension, found.bit_depth), kind)
            self.assertEqual(2, found.duration_seconds, kind)
            self.assertEqual({"opus": 48000, "speex": 16000}.get(kind, 22050), found.sample_rate, kind)
            if kind not in ("m4a", "alac"):  # their headers say two, whatever there is
                self.assertEqual(1, found.channels, kind)
            self.assertTrue(8_000 < found.bitrate_bps < 360_000, (kind, found.bitrate_bps))
            self.assertFalse(found.truncated, kind)
            self.assertIsNone(found.cover, kind)
        self.assertEqual(set(audio.KINDS), set(FORMATS))

    def test_all_tags(self) -> None:
        """Every kind says all that was written into it."""
        for kind in FORMATS:
            found = self.made(
                kind, title="Tïtle", artist="Ada", album="Al", albumartist="Various", track="3/12", disc="1/2",
                date="2003-05-04", genre="Pop-Rock", copyright="© me", license="http://creativecommons.org/licenses/by/4.0/",
                comment="so it is", lyrics="la\nlala", bpm=120, compilation=True, mbid=ONE, album_mbid=TWO,
                artist_mbids=[THREE], album_artist_mbids=[TWO], release_track_mbid=THREE,
            )  # fmt: skip
            expected = Tags(
                title="Tïtle", artists=(Credit("Ada", UUID(THREE)),), artists_text="Ada", album="Al",
                album_artists=(Credit("Various", UUID(TWO)),), album_artists_text="Various", position=3,
                total_tracks=12, disc=1, total_discs=2, released=date(2003, 5, 4), genres=("Pop-Rock",),
                license="http://creativecommons.org/licenses/by/4.0/", copyright="© me", comment="so it is",
                mbid=UUID(ONE), release_track_mbid=UUID(THREE), album_mbid=UUID(TWO), bpm=120, compilation=True,
                lyrics="la\nlala",
            )  # fmt: skip
            self.assertIn(found.tags.lyrics_language, (None, "eng"))  # ID3 alone knows it
            self.assertEqual(expected, evolve(found.tags, lyrics_language=None), kind)

    def test_covers(self) -> None:
        """The front picture is chosen wherever it stands, with its type as its bytes say."""
        front, back = audio.image(), audio.image(9, 9)
        for kind in FORMATS:
            cover = self.made(kind, title="T", cover=front, **({} if kind == "wma" else {"back": back})).cover
            assert cover is not None, kind
            self.assertEqual((front, "image/png"), (cover.body, cover.media_type), kind)
        for kind in ("mp3", "flac", "ogg", "opus", "aiff", "wav"):
            path = audio.make(self.folder, kind, title="T")
            audio.tag(path, kind, title="T", back=back)
            audio.tag(path, kind, title="T", cover=front) if kind in ("flac",) else None
            cover = read(path).cover
            assert cover is not None
            self.assertEqual(front if kind == "flac" else back, cover.body, kind)

    def test_several_artists(self) -> None:
        """Several values are several artists in every kind that can hold them."""
        for kind in ("mp3", "flac", "ogg", "opus", "aiff", "wav", "m4a", "wma", "wavpack"):
            tags = self.made(
                kind, title="T", artist="Ada feat. Bo", artists=["Ada", "Bo"], artist_mbids=[ONE, TWO]
            ).tags
            self.assertEqual((Credit("Ada", UUID(ONE)), Credit("Bo", UUID(TWO))), tags.artists, kind)
            self.assertEqual("Ada feat. Bo", tags.artists_text, kind)

    def test_loudness(self) -> None:
        """ReplayGain is read from every kind of tag."""
        for kind in ("mp3", "flac", "ogg", "m4a", "wma", "wavpack"):
            gain = self.made(
                kind,
                title="T",
                replaygain_track_gain="-7.53 dB",
                replaygain_track_peak="0.988",
                replaygain_album_gain="+1.5",
                replaygain_album_peak="nan",
            ).tags.gain
            self.assertEqual((-7.53, 0.988, 1.5, None), _gain(gain), kind)

    def test_names_in_many_scripts(self) -> None:
        """Text of any script comes back as it was, in NFC."""
        for text in ("東京の夜", "Пусть", "שלום", "مرحبا", "สวัสดี", "नमस्ते", "안녕", "🎻 Quartet", "Łódź", "ქართული"):
            for kind in ("mp3", "flac", "ogg", "opus", "m4a", "wma", "wavpack", "wav", "aiff"):
                tags = self.made(kind, name=f"{text}/{text}.bin", title=text, artist=text, album=text).tags
                self.assertEqual((text, text, text), (tags.title, tags.artists_text, tags.album), kind)
        self.assertEqual("é", self.made("ogg", title="e\u0301").tags.title)

    def test_no_tags(self) -> None:
        """A file without tags is an audio file without tags."""
        for kind in FORMATS:
            self.assertEqual(Tags(), self.made(kind).tags, kind)

    def test_between_processes(self) -> None:
        """What was read travels from a worker process whole."""
        found = self.made("flac", title="T", artist="A", cover=audio.image(), artist_mbids=[ONE])
        self.assertEqual(found, pickle.loads(pickle.dumps(found)))

    def test_longer(self) -> None:
        """Length and rate also hold for files of other shape, within a second."""
        for kind in ("mp3", "mp3vbr", "flac", "ogg", "m4a", "wav", "wma", "aac"):
            found = read_bytes(audio.encoded(kind, 300, 12.4, 44100))
            self.assertEqual((12, 44100), (found.duration_seconds, found.sample_rate), kind)


class LyingTests(FolderCase):
    """Files that are not what they say."""

    def test_wrong_extension(self) -> None:
        """The bytes decide; the name does not matter."""
        for kind, (media_type, extension, _) in FORMATS.items():
            for name in ("song.mp3", "song.txt", "song.flac", "song", ".ogg", "song.jpg"):
                found = read_bytes(audio.encoded(kind), name)
                self.assertEqual((media_type, extension), (found.media_type, found.extension), (kind, name))

    def test_no_audio(self) -> None:
        """What is no audio is refused, in words for a person, whatever it is called."""
        for body, told in (
            (b"", "empty"),
            (b"\xff\xd8\xff\xe0" + b"x" * 1000, "JPEG"),
            (audio.image(), "PNG"),
            (b"PK\x03\x04" + b"\0" * 100, "unpack"),
            (b"%PDF-1.7", "PDF"),
            (b"\x1aE\xdf\xa3" + b"\0" * 100, "WebM"),
            (b"just some words, several of them", ""),
            (b"\0" * 5000, ""),
        ):
            for name in ("a.mp3", "a.flac", "a.m4a", "a", "a.aac"):
                with self.assertRaises(NotAudio) as caught:
                    read_bytes(body, name)
                self.assertIn(told, str(caught.exception))

    def test_junk_before_mp3(self) -> None:
        """Zeros and junk before an MP3's first frame are passed over when its name says that it is one."""
        sound = audio.encoded("mp3")
        self.assertEqual("audio/mpeg", read_bytes(b"\0" * 3000 + sound, "a.mp3").media_type)
        with self.assertRaises(NotAudio):
            read_bytes(b"\0" * 3000 + sound, "a.txt")

    def test_id3_before_others(self) -> None:
        """An ID3 tag before FLAC or AAC does not make it an MP3."""
        path = audio.make(self.folder, "mp3", title="T")
        tag = path.read_bytes()[: -len(audio.encoded("mp3"))]
        for kind in ("flac", "aac"):
            self.assertEqual(FORMATS[kind][0], read_bytes(tag + audio.encoded(kind)).media_type)

    def test_size_of_tag_lies(self) -> None:
        """An ID3 tag that claims more than the file has does not hide the sound."""
        body = bytearray(audio.make(self.folder, "mp3", title="T").read_bytes())
        body[6:10] = b"\x7f\x7f\x7f\x7f"
        found = read_bytes(bytes(body), "a.mp3")
        self.assertEqual(("T", 2), (found.tags.title, found.duration_seconds))

    def test_cover_that_is_none(self) -> None:
        """A cover that is no picture is left out; one with a lying type keeps its bytes' type."""
        self.assertIsNone(self.made("mp3", title="T", cover=b"<html>not a picture").cover)
        self.assertIsNone(self.made("flac", title="T", cover=b"").cover)
        cover = self.made("flac", title="T", cover=b"\xff\xd8\xff\xe0 jpeg").cover
        assert cover is not None
        self.assertEqual("image/jpeg", cover.media_type)

    def test_absurd_length(self) -> None:
        """A length that no column holds is cut to one that fits."""
        body = bytearray(audio.encoded("flac"))
        body[21:26] = b"\xff" * 5
        body[18:21] = b"\x00\x00\x12"
        self.assertTrue(0 < read_bytes(bytes(body)).duration_seconds < 2**31)

    def test_locked(self) -> None:
        """Copy protection is named as the reason."""
        body = audio.encoded("m4a").replace(b"mp4a", b"drms")
        with self.assertRaises(NotAudio) as caught:
            read_bytes(body)
        self.assertIn("protection", str(caught.exception))


class CutTests(FolderCase):
    """Files that break off."""

    def test_cut_files_are_told(self) -> None:
        """A file that lost its second half is known for it, or cannot be read."""
        for kind in FORMATS:
            body = audio.make(self.folder, kind, title="T", cover=audio.image()).read_bytes()
            if kind in ("aac", "tta", "wavpack"):
                continue  # these do not say how long they should be
            try:
                self.assertTrue(read_bytes(body[: len(body) // 2], "cut").truncated, kind)
            except NotAudio:
                self.assertIn(kind, ("m4a", "alac"))  # their index is at the end

    def test_index_first(self) -> None:
        """An MP4 whose index comes first is read though its sound is cut."""
        body = audio.encoded("m4a")
        at = body.index(b"mdat") - 4
        size = struct.unpack(">I", body[at : at + 4])[0]
        turned = body[:at] + body[at + size :] + body[at : at + size]
        self.assertFalse(read_bytes(turned).truncated)
        self.assertTrue(read_bytes(turned[:-2000]).truncated)

    def test_saved_stream(self) -> None:
        """The length of an MP4 in fragments comes from its list of segments, or is estimated."""
        for flags, length in (("dash", 30), ("frag_keyframe+empty_moov", None)):
            path = self.folder / f"{flags}.mp4"
            command = [audio.ffmpeg(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=duration=30"]
            subprocess.run(
                [*command, "-c:a", "aac", "-frag_duration", "2000000", "-movflags", flags, str(path)], check=True
            )
            found = read(path)
            self.assertFalse(found.truncated)
            self.assertTrue(found.duration_seconds == length or (not length and 25 < found.duration_seconds < 40))

    def test_every_cut(self) -> None:
        """Cut anywhere, a file is still an AudioFile or NotAudio."""
        for kind in FORMATS:
            body = audio.make(self.folder, kind, title="T", artist="A", cover=audio.image()).read_bytes()
            for stop in {*range(0, 400, 7), *range(400, len(body), len(body) // 60)}:
                attempt(body[:stop], f"a.{kind}")


class Id3Tests(SynchronousTestCase):
    """What ID3 tags hold, in all their versions."""

    def tagged(self, *frames: id3.Frame, version: int = 4) -> Tags:
        """What is read of an MP3 with these frames."""
        tag, file = id3.ID3(), io.BytesIO()
        for frame in frames:
            tag.add(frame)
        if version == 3:
            tag.update_to_v23()
        file.write(b"")
        tag.save(file, v2_version=version, v1=0)
        return read_bytes(file.getvalue() + audio.encoded("mp3")).tags

    def raw(self, major: int, body: bytes, flags: int = 0) -> Tags:
        """What is read of an MP3 with a tag written by hand."""
        size = len(body)
        head = b"ID3" + bytes((major, 0, flags, size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
        return read_bytes(head + body + audio.encoded("mp3")).tags

    def test_encodings(self) -> None:
        """All four encodings are read."""
        for encoding in (0, 1, 2, 3):
            self.assertEqual("Déjà", self.tagged(id3.TIT2(encoding=encoding, text=["Déjà"])).title)
        self.assertEqual("ночь", self.tagged(id3.TIT2(encoding=1, text=["ночь"]), version=3).title)

    def test_wrong_encodings(self) -> None:
        """UTF-8, Windows-1251 and Windows-1252 labelled as Latin-1 are recognised where that is safe."""
        for body, text in (
            ("Björk".encode(), "Björk"),
            ("Сергей Волков".encode("cp1251"), "Сергей Волков"),
            ("Группа крови (live)".encode("cp1251"), "Группа крови (live)"),
            ("КИНО - Альбом «Ночь» №2".encode("cp1251"), "КИНО - Альбом «Ночь» №2"),
            ("ÖÐÎÄ".encode("latin-1"), "ÖÐÎÄ"),
            ("Don’t – stop".encode("cp1252"), "Don’t – stop"),
            ("Déjà vu à la française".encode("latin-1"), "Déjà vu à la française"),
            ("Ástríður Ó".encode("latin-1"), "Ástríður Ó"),
            ("Ö".encode("latin-1"), "Ö"),
        ):
            frame = b"TIT2" + struct.pack(">I", len(body) + 1) + b"\0\0\0" + body
            self.assertEqual(text, self.raw(3, frame).title)

    def test_version_22(self) -> None:
        """Version 2.2, with names of three letters, is read."""

        def frame(name: bytes, body: bytes) -> bytes:
            return name + len(body).to_bytes(3, "big") + body

        png = audio.image()
        tag = (
            frame(b"TT2", b"\0Old") + frame(b"TP1", b"\x01\xff\xfeA\0d\0a\0") + frame(b"TYE", b"\x001999")
            + frame(b"TRK", b"\x004/9") + frame(b"TCO", b"\0(17)") + frame(b"PIC", b"\0PNG\x03d\0" + png)
        )  # fmt: skip
        size = len(tag)
        body = b"ID3\x02\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + tag
        found = read_bytes(body + audio.encoded("mp3"))
        tags = found.tags
        self.assertEqual(
            ("Old", "Ada", date(1999, 1, 1), 4), (tags.title, tags.artists_text, tags.released, tags.position)
        )
        self.assertEqual((9, ("Rock",)), (tags.total_tracks, tags.genres))
        assert found.cover is not None
        self.assertEqual(png, found.cover.body)

    def test_version_23_date(self) -> None:
        """Year and day of version 2.3 make one date; a year alone is its first day."""

        def text(name: bytes, value: bytes) -> bytes:
            return name + struct.pack(">I", len(value) + 1) + b"\0\0\0" + value

        self.assertEqual(date(2003, 5, 14), self.raw(3, text(b"TYER", b"2003") + text(b"TDAT", b"1405")).released)
        self.assertEqual(date(2003, 1, 1), self.raw(3, text(b"TYER", b"2003")).released)
        self.assertIsNone(self.raw(3, text(b"TDAT", b"1405")).released)

    def test_itunes_sizes(self) -> None:
        """Sizes of version 2.4 written as in 2.3 are understood."""
        long = b"\x03" + b"x" * 300
        body = b"TIT2" + struct.pack(">I", len(long)) + b"\0\0" + long + b"TPE1\0\0\0\x04\0\0\x03Ada"
        tags = self.raw(4, body)
        self.assertEqual(("x" * 300, "Ada"), (tags.title, tags.artists_text))

    def test_unsynchronised(self) -> None:
        """Unsynchronisation is undone, of the whole tag and of a frame."""
        text = b"\x01\xff\xfe" + "ÿÿ".encode("utf-16-le")
        stuffed = text.replace(b"\xff", b"\xff\0")
        whole = b"TIT2" + struct.pack(">I", len(text)) + b"\0\0" + stuffed
        self.assertEqual("ÿÿ", self.raw(3, whole, flags=0x80).title)
        one = b"TIT2" + struct.pack(">I", len(stuffed)) + b"\0\x02" + stuffed
        self.assertEqual("ÿÿ", self.raw(4, one).title)

    def test_compressed(self) -> None:
        """A compressed frame is unfolded; one that would fill the memory is not."""
        packed = zlib.compress(b"\x03Pressed")
        frame = b"TIT2" + struct.pack(">I", len(packed) + 4) + b"\0\x09" + b"\0\0\0\x08" + packed
        self.assertEqual("Pressed", self.raw(4, frame).title)
        self.assertEqual("Pressed", self.raw(3, frame.replace(b"\0\x09\0\0\0\x08", b"\0\x80\0\0\0\x08")).title)
        bomb = zlib.compress(b"\x03" + b"a" * 60_000_000)
        size = len(bomb) + 4
        sizes = bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
        title = self.raw(4, b"TIT2" + sizes + b"\0\x09" + b"\0\0\0\0" + bomb).title
        self.assertTrue(title is None or len(title) <= 1000)

    def test_extended_header(self) -> None:
        """An extended header is passed over; one that is announced and absent is not missed."""
        frame = b"TIT2\0\0\0\x02\0\0\x03T"
        self.assertEqual("T", self.raw(3, b"\0\0\0\x06\0\0\0\0\0\0" + frame, flags=0x40).title)
        self.assertEqual("T", self.raw(4, b"\0\0\0\x06\x01\0" + frame, flags=0x40).title)
        self.assertEqual("T", self.raw(4, frame, flags=0x40).title)

    def test_old_tag(self) -> None:
        """A tag of version 1 at the end fills what is missing, and its own mistakes are mended."""
        old = b"TAG" + b"Old title".ljust(30, b"\0") + "Тень".encode("cp1251").ljust(30, b"\0")
        old += b"Album".ljust(30, b"\0") + b"1987" + b"remark".ljust(28, b"\0") + b"\0\x07\x11"
        tags = read_bytes(audio.encoded("mp3") + old).tags
        self.assertEqual(("Old title", "Тень", "Album"), (tags.title, tags.artists_text, tags.album))
        self.assertEqual((date(1987, 1, 1), 7, ("Rock",)), (tags.released, tags.position, tags.genres))
        newer = b"TIT2\0\0\0\x04\0\0\x03New"
        head = b"ID3\x04\0\0\0\0\0" + bytes((len(newer),))
        tags = read_bytes(head + newer + audio.encoded("mp3") + old).tags
        self.assertEqual(("New", "Album"), (tags.title, tags.album))

    def test_ape_at_end(self) -> None:
        """Loudness that mp3gain left in an APE tag is read, beside an ID3v1 tag too."""
        file = io.BytesIO()
        tag = apev2.APEv2()
        tag["REPLAYGAIN_TRACK_GAIN"] = "-3.20 dB"
        tag.save(file)
        old = b"TAG" + b"T".ljust(124, b"\0") + b"\xff"
        for tail in (b"", old):
            found = read_bytes(audio.encoded("mp3") + file.getvalue() + tail)
            self.assertEqual((-3.2, 2), (found.tags.gain.track_gain, found.duration_seconds))

    def test_many_values(self) -> None:
        """Genres by number and by name, comments of players, several texts."""
        tags = self.tagged(
            id3.TCON(encoding=3, text=["17", "Dub"]),
            id3.COMM(encoding=3, lang="eng", desc="iTunNORM", text=["000"]),
            id3.COMM(encoding=3, lang="deu", desc="", text=["Zeile eins\nZeile zwei"]),
            id3.TPE1(encoding=3, text=["Ada", "Bo"]),
            id3.TXXX(encoding=1, desc="replaygain_track_gain", text=["-1.0 dB"]),
            id3.USLT(encoding=1, lang="deu", desc="x", text="Wort\nfür Wort"),
            id3.RVA2(desc="album", channel=1, gain=-2.5, peak=0.5),
        )
        self.assertEqual(("Rock", "Dub"), tags.genres)
        self.assertEqual("Zeile eins\nZeile zwei", tags.comment)
        self.assertEqual((Credit("Ada"), Credit("Bo")), tags.artists)
        self.assertEqual(("Ada, Bo", "Wort\nfür Wort"), (tags.artists_text, tags.lyrics))
        self.assertEqual((-1.0, None, -2.5, 0.5), _gain(tags.gain))

    def test_loudness_of_the_encoder(self) -> None:
        """What LAME measured counts when no tag says otherwise."""
        sound = bytearray(audio.encoded("mp3vbr"))
        at = sound.index(b"Xing") + 120
        sound[at : at + 9], sound[at + 15 : at + 17] = b"LAME3.100", struct.pack(">H", 0b001_011_1_000100000)
        self.assertEqual(-3.2, read_bytes(bytes(sound)).tags.gain.track_gain)
        tagged = self.tagged(id3.TXXX(encoding=3, desc="REPLAYGAIN_TRACK_GAIN", text=["-9.00 dB"]))
        self.assertEqual(-9.0, tagged.gain.track_gain)

    def test_wide_description(self) -> None:
        """A picture whose description is UTF-16 keeps its bytes."""
        png = audio.image()
        picture = id3.APIC(encoding=1, mime="image/png", type=3, desc="обложка", data=png)
        tag, file = id3.ID3(), io.BytesIO()
        tag.add(picture)
        tag.save(file)
        cover = read_bytes(file.getvalue() + audio.encoded("mp3")).cover
        assert cover is not None
        self.assertEqual((png, "обложка"), (cover.body, cover.description))


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
            self.assertEqual((2, False), _end(read(path)))
        body = bytearray(audio.encoded("wav"))
        at = body.index(b"data") + 4
        body[4:8] = body[at : at + 4] = b"\xff\xff\xff\xff"
        self.assertEqual((2, False), _end(read_bytes(bytes(body))))

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
        self.assertEqual((3.0, None, None, None), _gain(gain))

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
            self.assertEqual((seconds, False), _end(read_bytes(body)))
            self.assertEqual((seconds, True), _end(read_bytes(body[: len(body) * 9 // 10])))
            unknown = body[:21] + bytes((body[21] & 0xF0,)) + b"\0\0\0\0" + body[26:]
            self.assertEqual((seconds, False), _end(read_bytes(unknown)))

    def test_flac_length_unknown(self) -> None:
        """A FLAC stream that does not say its length is measured."""
        body = bytearray(audio.encoded("flac"))
        body[21] &= 0xF0
        body[22:26] = b"\0\0\0\0"
        found = read_bytes(bytes(body))
        self.assertEqual((2, False), (found.duration_seconds, found.truncated))


class RuleTests(SynchronousTestCase):
    """What fields mean."""

    def test_credits(self) -> None:
        """Artists are taken apart only where the tags show that there are several."""

        def names(**fields: list[str]) -> list[str]:
            return [credit.name for credit in audiotags.tags_of(fields).artists]

        self.assertEqual(["A; B"], names(artist=["A; B"]))
        self.assertEqual(["A", "B"], names(artist=["A; B"], musicbrainzartistid=[f"{ONE}; {TWO}"]))
        self.assertEqual(["A", "B"], names(artist=["A, B"], musicbrainzartistid=[ONE, TWO]))
        self.assertEqual(["A", "B"], names(artist=["A & B"], artists=["A;B"]))
        self.assertEqual(["A", "B"], names(artist=["A & B"], artists=["A, B"]))
        self.assertEqual(["A", "B"], names(artist=["A & B"], artists=["A", "B"]))
        self.assertEqual(["Tyler, The Creator"], names(artists=["Tyler, The Creator"], musicbrainzartistid=[ONE]))
        self.assertEqual(["Tyler, The Creator"], names(artist=["Tyler, The Creator"]))
        self.assertEqual(["A", "B, C"], names(artist=["A; B, C"], musicbrainzartistid=[ONE, TWO]))
        self.assertEqual(["A, B, C"], names(artist=["A, B, C"], musicbrainzartistid=[ONE, TWO]))
        self.assertEqual(["A"], names(artists=[" ", ""], artist=["A"]))
        self.assertEqual([], names())

    def test_ids_pair_with_names(self) -> None:
        """Ids belong to the names in their order; more names than ids have none."""
        tags = audiotags.tags_of({"artists": ["A", "B"], "musicbrainzartistid": [ONE]})
        self.assertEqual((Credit("A", UUID(ONE)), Credit("B")), tags.artists)
        tags = audiotags.tags_of(
            {"artist": ["A"], "musicbrainzartistid": ["no uuid", TWO], "musicbrainzalbumid": ["x"]}
        )
        self.assertEqual(((Credit("A", UUID(TWO)),), None), (tags.artists, tags.album_mbid))

    def test_positions(self) -> None:
        """Positions are numbers of one and more, or nothing."""
        for text, position, total in (
            ("3/12", 3, 12), ("03", 3, None), ("0", 1, None), ("-4", 1, None), ("3/", 3, None), ("3/0", 3, None),
            (" 7 / 9 ", 7, 9), ("A3", None, None), ("", None, None), ("1e9", None, None), ("99999999999", None, None),
            ("٣", None, None), ("3.0", 3, None),
        ):  # fmt: skip
            tags = audiotags.tags_of({"tracknumber": [text]})
            self.assertEqual((position, total), (tags.position, tags.total_tracks), text)

    def test_days(self) -> None:
        """Years, months, days and moments are dates; the rest is not."""
        for text, day in (
            ("2003", date(2003, 1, 1)), ("2003-05", date(2003, 5, 1)), ("2003-05-04", date(2003, 5, 4)),
            ("2003-05-04T10:00:00Z", date(2003, 5, 4)), ("2003-05-04 10:00", date(2003, 5, 4)),
            ("20030504", date(2003, 5, 4)), ("2003/05/04", date(2003, 5, 4)), ("2003-00-00", date(2003, 1, 1)),
            ("2003-02-31", date(2003, 2, 1)), ("2003-13-01", date(2003, 1, 1)), ("0000", None), ("", None),
            ("someday", None), ("03", None), ("99999", None), ("c. 1999", None), ("0001", date(1, 1, 1)),
        ):  # fmt: skip
            self.assertEqual(day, audiotags.tags_of({"date": [text]}).released, text)

    def test_tags_in_genres(self) -> None:
        """Genres become tags by the contract's rules."""
        for genre, tags in (
            ("Rock", ("Rock",)), ("rock", ("rock",)), ("Pop-Rock", ("PopRock",)), ("Hip Hop", ("HipHop",)),
            ("Rock - Jazz, Soul; Dub/Techno", ("Rock", "Jazz", "Soul", "Dub", "Techno")), ("R&B", ()), ("", ()),
            ("synth wave, R&B, ambient", ("SynthWave", "ambient")), ("Rock, rock, ROCK", ("Rock",)), ("- / -", ()),
            ("lo-fi hip-hop", ("LoFiHipHop",)), ("русский рок", ("РусскийРок",)), ("演歌", ("演歌",)),
            ("हिन्दी", ("हिन्दी",)), ("x" * 101, ()), ("x" * 100, ("x" * 100,)), ("80s", ("80s",)), ("a_b", ("a_b",)),
        ):  # fmt: skip
            self.assertEqual(tags, audiotags.tags_in([genre]), genre)
        self.assertEqual(("Rock", "Jazz"), audiotags.tags_in(["Rock", "Jazz / rock"]))

    def test_validated(self) -> None:
        """What is missing is told by field."""
        self.assertIsNone(audiotags.validated(Tags(title="T", artists=(Credit("A"),))))
        problems = audiotags.validated(Tags())
        assert problems is not None
        self.assertEqual({"title", "artists"}, set(problems))
        artists: Any = problems["artists"]
        self.assertEqual(["name"], list(artists["0"]))
        self.assertIsInstance(artists["0"]["name"][0], str)
        self.assertEqual(["title"], list(audiotags.validated(Tags(artists=(Credit("A"),))) or ()))

    def test_text_is_fit(self) -> None:
        """NULs, controls and half pairs go, blanks collapse, lengths are limited."""
        for written, kept in (
            ("a\0b", "ab"), ("a\r\nb\tc", "a b c"), ("  x  ", "x"), ("\ud800x", "x"), ("\ufeffx", "x"),
            ("x" * 2000, "x" * 1000),             ("a\x1bb", "ab"), ("e\u0301", "é"), ("👩‍🎤", "👩‍🎤"),
        ):  # fmt: skip
            self.assertEqual(kept, audiotags.tags_of({"title": [written]}).title)
        self.assertEqual("a\nb", audiotags.tags_of({"lyrics": ["a\r\nb\0 "]}).lyrics)

    @given(st.dictionaries(st.sampled_from(FIELDS), st.lists(st.text(st.characters(), max_size=60), max_size=4)))
    def test_any_fields(self, fields: dict[str, list[str]]) -> None:
        """Any fields make tags that can be stored."""
        tags = audiotags.tags_of(fields)
        audiotags.validated(tags)
        for text in (tags.title, tags.album, tags.artists_text, tags.comment, tags.lyrics, *tags.genres):
            assert_fit(text)
        for credit in tags.artists:
            assert_fit(credit.name)
            self.assertTrue(credit.name)
        for name in audiotags.tags_in(tags.genres):
            self.assertTrue(0 < len(name) <= 100)
        self.assertTrue(all(value is None or math.isfinite(value) for value in _gain(tags.gain)))
        self.assertTrue(tags.position is None or 1 <= tags.position < 2**31)


class HostileTests(SynchronousTestCase):
    """Bytes that mean harm cost little."""

    def test_small_files_with_large_claims(self) -> None:
        """Claimed sizes are not allocated, and many small parts are not walked for long."""
        sound = audio.encoded("mp3")
        for name, body in _hostile(sound).items():
            took = timed(lambda body=body: attempt(body, "a.mp3"))  # type: ignore[misc]
            self.assertLess(took, 0.25, name)

    def test_garbage(self) -> None:
        """200 KB of garbage behind any known start are done with at once."""
        noise = random.Random(7).randbytes(200_000)
        starts = [audio.encoded(kind)[:64] for kind in audio.KINDS]
        for start in [
            *starts,
            b"ID3\x04\0\0\0\x0c\x1a\x20",
            b"ID3\x03\0\0\x7f\x7f\x7f\x7f",
            b"",
            b"\xff\xfb\x90\x64" * 50,
        ]:
            for filling in (
                noise,
                b"\0" * 200_000,
                b"\xff" * 200_000,
                b"\xff\xfb\x90\x64" * 50_000,
                b"OggS\0" * 40_000,
            ):
                took = timed(lambda body=start + filling: attempt(body, "a.mp3"))  # type: ignore[misc]
                self.assertLess(took, 0.25, (start, filling[:8]))

    def test_memory(self) -> None:
        """A file of a hundred bytes that claims gigabytes takes no gigabytes: it is read in a process that has few."""
        script = (
            "import io, resource, sys\n"
            "from fwtwisted.wire import audiotags\n"
            "resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20, 400 * 2**20))\n"
            "for line in sys.stdin:\n"
            "    try:\n"
            "        audiotags.read(io.BytesIO(bytes.fromhex(line)), 'a.mp3')\n"
            "    except audiotags.NotAudio:\n"
            "        pass\n"
            "assert not any(name.startswith('twisted') for name in sys.modules)\n"
            "print('done')\n"
        )
        bodies = [body for body in _hostile(audio.encoded("mp3")).values() if len(body) < 100_000]
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[2],
            input="\n".join(map(bytes.hex, bodies)),
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual("done", done.stdout.strip(), done.stderr)

    def test_disk_that_fails(self) -> None:
        """An error of the disk is an error of the disk, and no verdict on the file."""

        class Failing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() + (size or 0) > 100:
                    raise OSError(5, "Input/output error")
                return super().read(size)

        for kind in audio.KINDS:
            with self.assertRaises(OSError):
                audiotags.read(Failing(audio.encoded(kind)))

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=2000), st.sampled_from(["a.mp3", "a.flac", "a.aac", "a", "a.m4a"]))
    def test_any_bytes(self, body: bytes, name: str) -> None:
        """Any bytes are an AudioFile or NotAudio."""
        attempt(body, name)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_mutated_files(self, data: st.DataObject) -> None:
        """Real files with bytes changed, cut out and put in are an AudioFile or NotAudio, quickly."""
        for kind in audio.KINDS:
            body = bytearray(tagged_bytes(kind))
            for _ in range(data.draw(st.integers(1, 4))):
                at = data.draw(st.integers(0, min(len(body), data.draw(st.sampled_from([64, 2000, len(body)])))))
                mutate(body, at, data.draw(st.integers(0, 4)), data.draw(st.binary(min_size=1, max_size=9)))
            took = timed(lambda body=body, kind=kind: attempt(bytes(body), f"a.{kind}"))  # type: ignore[misc]
            self.assertLess(took, 0.25, kind)

    def test_many_mutations(self) -> None:
        """The same, many times, without hypothesis' bookkeeping."""
        draw = random.Random(20)
        for kind in audio.KINDS:
            whole = tagged_bytes(kind)
            for _ in range(300):
                body = bytearray(whole)
                for _ in range(draw.randint(1, 6)):
                    reach = draw.choice((40, 300, 3000, len(body)))
                    mutate(
                        body,
                        draw.randint(0, min(reach, len(body))),
                        draw.randint(0, 4),
                        draw.randbytes(draw.randint(1, 9)),
                    )
                attempt(bytes(body), f"a.{kind}")


class LibraryTests(FolderCase):
    """The library that other tests and benchmarks use."""

    def test_made_quickly_and_distinct(self) -> None:
        """Two hundred files differ, can be read and decoded, and are the same every time."""
        paths = audio.make_many(self.folder, 200)
        self.assertEqual(200, len({path.read_bytes() for path in paths}))
        for number, path in enumerate(paths):
            found, said = read(path), audio.song(number)
            self.assertEqual(
                (said.title, said.artist, said.album, said.track, said.year),
                (found.tags.title, found.tags.artists_text, found.tags.album, found.tags.position, _year(found.tags)),
            )
            self.assertFalse(found.truncated)
        for kind in set(audio.SPREAD):
            path = next(path for path in paths if path.suffix == f".{audio.ENCODERS[kind][0]}")
            decoded = subprocess.run(
                [audio.ffmpeg(), "-v", "error", "-nostdin", "-i", str(path), "-f", "null", "-"],
                capture_output=True,
                check=True,
            )
            self.assertEqual(b"", decoded.stderr)


def _end(found: AudioFile) -> tuple[int, bool]:
    return found.duration_seconds, found.truncated


def _year(tags: Tags) -> int | None:
    return tags.released.year if tags.released else None


def _gain(gain: audiotags.ReplayGain) -> tuple[float | None, ...]:
    return gain.track_gain, gain.track_peak, gain.album_gain, gain.album_peak


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


def timed(work: Callable[[], object]) -> float:
    """CPU seconds that some work takes; the better of two, for others may be busy."""
    best = math.inf
    for _ in range(2):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
        if best < 0.1:
            break
    return best


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


def mutate(body: bytearray, at: int, how: int, change: bytes) -> None:
    """Change bytes, fill them with ones, put some in, take some out, cut."""
    if how == 0:
        body[at : at + len(change)] = change
    elif how == 1:
        body[at : at + len(change)] = b"\xff" * len(change)
    elif how == 2:
        body[at:at] = change
    elif how == 3:
        del body[at : at + len(change) * 7]
    else:
        del body[max(at, 20) :]


def _hostile(sound: bytes) -> dict[str, bytes]:
    """Files made to hurt, by what they try."""

    def sized(size: int) -> bytes:
        return bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))

    def tag(body: bytes, major: int = 4) -> bytes:
        return b"ID3" + bytes((major, 0, 0)) + sized(len(body)) + body + sound

    info = b"\x00\x00\x00\x22" + b"\x10\x00\x10\x00\0\0\0\0\0\0\x05\x62\x20\xf0\0\0\0\xff" + b"\0" * 16
    vorbis = audio.encoded("ogg")
    return {
        "empty frames": tag(b"TIT2\0\0\0\0\0\0" * 20_000),
        "small frames": tag(b"TXXX\0\0\0\x03\0\0\x00a\0" * 15_000),
        "empty short frames": tag(b"TT2\0\0\0" * 30_000, 2),
        "unknown frames": tag(b"ZZZZ\0\0\0\x01\0\0x" * 18_000),
        "values": tag(b"TPE1" + sized(200_001) + b"\0\0\x03" + b"a\0" * 100_000),
        "ids": tag(b"TXXX" + sized(200_022) + b"\0\0\x03MusicBrainz Artist Id" + b"\0;" * 100_000),
        "huge frame": tag(b"APIC\x7f\x7f\x7f\x7f\0\0\x00image/png\0\x03\0" + audio.image()),
        "bomb": tag(_bomb()),
        "flac: many comments": b"fLaC" + info + b"\x84\x03\0\0" + b"\0\0\0\0" + b"\xff\xff\xff\xff" + b"\0" * 196_000,
        "flac: many blocks": b"fLaC" + info + b"\x01\0\0\0" * 50_000,
        "flac: huge picture": b"fLaC" + info + b"\x86\xff\xff\xff\0\0\0\x03\xff\xff\xff\xff",
        "ogg: pages of nothing": vorbis[:58] + (b"OggS\0\0" + b"\0" * 8 + vorbis[14:18] + b"\0" * 9) * 7000,
        "ogg: other streams": b"".join(
            b"OggS\0\x02" + b"\0" * 8 + struct.pack("<I", n) + b"\0" * 9 for n in range(7000)
        ),
        "ogg: one comment, many pages": vorbis[:58]
        + (b"OggS\0\0" + b"\0" * 8 + vorbis[14:18] + b"\0" * 8 + b"\x01\xff" + b"a" * 255) * 700,
        "mp4: many atoms": b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 25_000,
        "mp4: nested": b"\0\0\0\x08ftyp"
        + b"".join(struct.pack(">I4s", 200_000 - 8 * n, b"moov") for n in range(20_000)),
        "mp4: huge": b"\0\0\0\x08ftyp\0\0\0\x01moov\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\x01trak\x7f" + b"\xff" * 7,
        "wav: chunks": b"RIFF\xff\xff\xff\xffWAVE" + b"zzzz\0\0\0\0" * 25_000,
        "wav: info": b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\x02\0INFO" + b"INAM\0\0\0\0" * 20_000,
        "aiff: chunks": b"FORM\xff\xff\xff\xffAIFF" + b"zzzz\0\0\0\0" * 25_000,
        "asf: objects": audio.encoded("wma")[:24] + b"\xff\xff\xff\xff\x01\x02" + b"\0" * 200_000,
        "ape: items": sound
        + b"\0\0\0\0\0\0\0\0ab\0" * 15_000
        + b"APETAGEX"
        + struct.pack("<IIII", 2000, 165_032, 15_000, 0)
        + b"\0" * 8,
        "ape: lies": sound + b"APETAGEX" + struct.pack("<IIII", 2000, 2**32 - 1, 2**32 - 1, 0) + b"\0" * 8,
    }


def _bomb() -> bytes:
    packed = zlib.compress(b"\x03" + b"a" * 60_000_000)
    size = len(packed) + 4
    return (
        b"TIT2" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + b"\0\x09\0\0\0\0" + packed
    )
