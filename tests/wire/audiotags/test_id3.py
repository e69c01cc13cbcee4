"""ID3 as people and programs have written it for twenty-five years."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import date

from mutagen import apev2, id3
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.audiotags import Credit, Tags
from tests import audio
from tests.wire.audiotags.files import (
    gains,
    read_bytes,
)


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
        self.assertEqual((-1.0, None, -2.5, 0.5), gains(tags.gain))

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
