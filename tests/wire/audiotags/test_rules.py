"""What tags mean, whichever format they came from."""

from __future__ import annotations

import math
from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire import audiotags
from fwtwisted.wire.audiotags import Credit, Tags
from tests.wire.audiotags.files import (
    ONE,
    TWO,
    assert_fit,
    gains,
)

FIELDS = (
    "title", "artist", "artists", "album", "tracknumber", "discnumber", "date", "genre", "comment", "lyrics", "bpm",
    "musicbrainzartistid", "replaygaintrackgain", "replaygaintrackpeak", "r128trackgain", "compilation",
)  # fmt: skip


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
        self.assertTrue(all(value is None or math.isfinite(value) for value in gains(tags.gain)))
        self.assertTrue(tags.position is None or 1 <= tags.position < 2**31)
