"""Every format as real encoders write it, and files that are not what they say, or not whole."""

from __future__ import annotations

import pickle
import struct
import subprocess
from datetime import date
from uuid import UUID

from attrs import evolve

from fwtwisted.wire.audiotags import Credit, NotAudio, Tags
from tests import audio
from tests.wire.audiotags.files import (
    FORMATS,
    ONE,
    THREE,
    TWO,
    FolderCase,
    attempt,
    gains,
    read,
    read_bytes,
)


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
            self.assertEqual((-7.53, 0.988, 1.5, None), gains(gain), kind)

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


def _year(tags: Tags) -> int | None:
    return tags.released.year if tags.released else None
