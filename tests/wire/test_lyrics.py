"""Words of songs, in whatever form people write them (docs/subsonic.md §9.3)."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.lyrics import FORMS, Cue, Kind, Line, Lyrics, best, language, read_lyrics
from fwtwisted.wire.subsonic.lyrics import lyrics_list

ENHANCED = """\
[ti:First Light]
[la:de]
[offset:+250]
[00:15.30]<00:15.30>Здесь <00:15.90>und <00:16.20>dort<00:17.00>
[00:20.5][01:40.00]zweimal
[00:12]Anfang
"""
TTML = """\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" xml:lang="en">
 <head><metadata>
  <ttm:agent type="person" xml:id="v1"><ttm:name type="full">Nova</ttm:name></ttm:agent>
  <ttm:agent type="group" xml:id="v2"/>
 </metadata></head>
 <body><div>
  <p begin="00:10.000" end="12s" ttm:agent="v1"><span begin="10.0" end="10.5">One</span> <span begin="10.6" end="11.0"
   >more</span><span ttm:role="x-bg"><span begin="11.0" end="11.4">(ooh)</span></span
   ><span ttm:role="x-translation" xml:lang="de">Noch eins</span></p>
  <p begin="1:05.5" end="1:07" ttm:agent="v2"><span begin="1:05.5">All</span></p>
  <p begin="5000ms">First</p>
 </div></body>
</tt>
"""
SRT = (
    "\ufeff1\r\n00:00:02,500 --> 00:00:04,000\r\n<i>One</i>\r\ntwo\r\n\r\n2\r\n00:01:00.1 --> 00:01:02,000\r\nThree\r\n"
)


class LrcTests(SynchronousTestCase):
    """Times in brackets."""

    def test_lines(self) -> None:
        """By time; a line with two times comes twice; what the head says is kept."""
        (words,) = read_lyrics(ENHANCED)
        self.assertEqual(("de", 250, "First Light"), (words.lang, words.offset, words.title))
        told = [(line.start, line.text) for line in words.lines]
        self.assertEqual([(12000, "Anfang"), (15300, "Здесь und dort"), (20500, "zweimal"), (100000, "zweimal")], told)

    def test_words(self) -> None:
        """Each with its time and its place; ends come from what follows."""
        (words,) = read_lyrics(ENHANCED)
        (line,) = words.cue_lines
        self.assertEqual(1, line.index)
        self.assertEqual([Cue(15300, 15900, 0, 5), Cue(15900, 16200, 6, 9), Cue(16200, 17000, 10, 14)], line.cues)
        document = lyrics_list([words], "Nova", "Light", is_enhanced=True)["structuredLyrics"][0]
        cues = document["cueLine"][0]["cue"]
        self.assertEqual([(0, 9), (11, 13), (15, 18)], [(cue["byteStart"], cue["byteEnd"]) for cue in cues])
        self.assertEqual(["Здесь", "und", "dort"], [cue["value"] for cue in cues])
        plain = lyrics_list([words], "Nova", "Light", is_enhanced=False)["structuredLyrics"][0]
        self.assertNotIn("cueLine", plain)
        self.assertNotIn("kind", plain)

    def test_an_open_end(self) -> None:
        """Where nobody says when the last word ends, none has an end."""
        (words,) = read_lyrics("[00:01.0]<00:01.0>a <00:02.0>b")
        self.assertEqual([None, None], [cue.end for cue in words.cue_lines[0].cues])

    def test_plain(self) -> None:
        """Text without times has lines, empty ones too."""
        (words,) = read_lyrics("One\n\nTwo\n", "en", "lrc")
        self.assertEqual([Line(None, "One"), Line(None, ""), Line(None, "Two")], words.lines)
        self.assertFalse(words.is_synced)
        self.assertEqual([], read_lyrics("  \n"))


class OtherFormsTests(SynchronousTestCase):
    """Subtitles and XML."""

    def test_srt(self) -> None:
        """Lines of one subtitle are one; dress and numbers are left out."""
        (words,) = read_lyrics(SRT.lstrip("\ufeff"), "en", "srt")
        self.assertEqual([Line(2500, "One two"), Line(60100, "Three")], words.lines)

    def test_ttml(self) -> None:
        """Lines by time, words, who sings, what is sung behind, and another language."""
        main, german = read_lyrics(TTML)
        self.assertEqual([(5000, "First"), (10000, "One more"), (65500, "All")],
                         [(line.start, line.text) for line in main.lines])  # fmt: skip
        self.assertEqual([(1, "v1"), (1, "x-bg"), (2, "v2")], [(one.index, one.agent) for one in main.cue_lines])
        self.assertEqual([("main", "Nova"), ("bg", ""), ("group", "")], [(one.role, one.name) for one in main.agents])
        self.assertEqual([Cue(10000, 10500, 0, 3), Cue(10600, 11000, 4, 8)], main.cue_lines[0].cues)
        self.assertEqual((Kind.TRANSLATION, "de", "Noch eins"), (german.kind, german.lang, german.text))

    def test_definitions_are_not_read(self) -> None:
        """A document that defines anything is none."""
        bomb = '<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY a "aaaa">]><tt><body><p begin="1s">&a;</p></body></tt>'
        self.assertEqual([], FORMS["ttml"](bomb, "und"))

    def test_the_best_of_several(self) -> None:
        """One of each language and kind: with times rather than without, else the first."""
        plain, synced = Lyrics("en", [Line(None, "a")]), Lyrics("en", [Line(1, "a")])
        other = Lyrics("de", [Line(None, "b")])
        self.assertEqual([synced, other], best([plain, other, synced, Lyrics("en", [Line(2, "c")])]))

    def test_languages(self) -> None:
        """Nonsense and the tags' word for unknown are unknown."""
        told = [language(text) for text in ("DE", "eng", "pt_BR", "xxx", "", "../etc", "instrumental")]
        self.assertEqual(["de", "eng", "pt-BR", "und", "und", "und", "und"], told)


class HostileTests(SynchronousTestCase):
    """Whatever somebody puts into a file."""

    @settings(max_examples=300, deadline=None)
    @given(some.text(alphabet='[]<>:.0123456789 \nabcé-->,{}/="pt&;', max_size=300), some.sampled_from([None, *FORMS]))
    def test_anything(self, text: str, form: str | None) -> None:
        """There is an answer, its times are complete and in order, its cues lie within their lines."""
        for words in read_lyrics(text, form=form):
            starts = [line.start for line in words.lines]
            self.assertTrue(all(start is None for start in starts) or starts == sorted(starts))  # type: ignore[type-var]
            for line in words.cue_lines:
                self.assertLess(line.index, len(words.lines))
                for cue in line.cues:
                    self.assertTrue(0 <= cue.at < cue.to <= len(line.text), (text, line))
            lyrics_list([words], "", "", is_enhanced=True)

    def test_never_slow(self) -> None:
        """Texts made to take long do not."""
        hostile = (
            "\n" * 300_000, " " * 300_000, "[00:01]" * 50_000, "[00:01]" + "<00:01>a" * 40_000, "<" * 300_000,
            "00:00:01,0 --> 00:00:02,0\n" * 20_000, "<tt>" + "<p>" * 60_000, "{" * 300_000,
            "<tt><p begin='1s'>" + "<span begin='1s'>a</span>" * 20_000 + "</p></tt>",
            "<tt>" + "<a>" * 100_000 + "</a>" * 100_000 + "</tt>",
        )  # fmt: skip
        for text in hostile:
            began = time.process_time()
            for form in (None, *FORMS):
                for words in read_lyrics(text, form=form):
                    lyrics_list([words], "", "", is_enhanced=True)
            self.assertLess(time.process_time() - began, 4, text[:40])
