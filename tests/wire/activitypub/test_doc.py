"""One thing, however it is spelled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.activitypub.reading import PUBLIC, Doc


class DocTests(SynchronousTestCase):
    """What a document says."""

    def test_names(self) -> None:
        """Bare, prefixed, by a prefix of its own, and expanded names are the same; the bare one counts."""
        own = {"@context": {"x": "https://funkwhale.audio/ns#"}, "x:bitrate": 7}
        for raw in (
            {"bitrate": 7},
            {"fw:bitrate": 7},
            {"https://funkwhale.audio/ns#bitrate": 7},
            own,
            {"@context": ["u", {"x": {"@id": "https://funkwhale.audio/ns#", "@prefix": True}}], "x:bitrate": [7]},
            {"bitrate": 7, "fw:bitrate": 8},
            {"fw:bitrate": 8, "bitrate": 7},
            {"fw:bitrate": {"@value": 7}},
        ):
            self.assertEqual(7, Doc(raw).number("bitrate"), raw)
        for raw in ({"evil:bitrate": 7}, {"https://evil.example/#bitrate": 7}, {"https://bitrate": 7}):
            self.assertIsNone(Doc(raw).number("bitrate"), raw)
        self.assertEqual(7, Doc({**own, "object": {"x:size": 7}}).docs("object")[0].number("size"))

    def test_types_and_ids(self) -> None:
        """Both have two spellings, and types may be several."""
        doc = Doc({"@id": "https://x.example/1", "@type": ["fw:Track", "https://www.w3.org/ns/activitystreams#Audio"]})
        self.assertEqual(("https://x.example/1", ("Track", "Audio"), True), (doc.id, doc.types, doc.is_a("Audio")))
        self.assertEqual((None, None), (Doc({"id": 7, "type": {}}).id, Doc({"type": None}).type))

    def test_ids(self) -> None:
        """An id stands alone, in a list, or in an object; the public is one whatever it is called."""
        doc = Doc({"to": ["as:Public", {"id": "https://a.example/"}, {"type": "x"}, 7], "cc": "Public", "object": []})
        self.assertEqual((PUBLIC, "https://a.example/"), doc.ids("to"))
        self.assertEqual((PUBLIC,), doc.ids("cc"))
        self.assertEqual(((), None), (doc.ids("object"), doc.link("bto")))
        self.assertEqual((PUBLIC,), Doc({"audience": [PUBLIC]}).ids("audience"))

    def test_lists(self) -> None:
        """Lists in their wrappings are lists; one is a list of one."""
        for raw in ({"artists": {"@list": [{"name": "a"}]}}, {"artists": [{"name": "a"}]}, {"artists": {"name": "a"}}):
            self.assertEqual(["a"], [one.text("name") for one in Doc(raw).docs("artists")])

    def test_words(self) -> None:
        """Text is trimmed and cut; blanks are none; a translation will do."""
        self.assertEqual("a b", Doc({"name": "  a b c "}).text("name", 4))
        self.assertIsNone(Doc({"name": "   "}).text("name"))
        tricky = Doc({"name": "\u202e\x1b[2Jgood\nname\u2066 \u05d0\u200f", "nameMap": {"en": "\u202a"}})
        self.assertEqual("[2Jgood name \u05d0\u200f", tricky.line("name", 50))
        self.assertEqual("[2Jgood\nname \u05d0\u200f", tricky.text("name"))
        for empty in ({"name": "\u202e\x00"}, {"nameMap": {"en": "\u202a"}}):
            self.assertIsNone(Doc(empty).text("name"))
        self.assertEqual("Titel", Doc({"nameMap": {"de": "Titel"}}).text("name"))
        self.assertIsNone(Doc({"name": 7, "nameMap": [1]}).text("name"))

    def test_numbers(self) -> None:
        """Whole, not below zero, within bounds; text that reads like one counts, yes and no do not."""
        for value, number in ((7, 7), (7.9, 7), ("7", 7), (0, 0)):
            self.assertEqual(number, Doc({"size": value}).number("size"))
        odd: list[Any] = [-1, True, "x", "-1", "²", [], {}, None, 2**70, float("nan"), float("inf"), "9" * 30]
        for one in odd:
            self.assertIsNone(Doc({"size": one}).number("size"), one)
        self.assertEqual((True, None), (Doc({"a": True}).flag("a"), Doc({"a": "yes"}).flag("a")))

    def test_moments(self) -> None:
        """With an offset, with Z, without either; days of moments."""
        for text in (
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05",
            "2026-01-02T05:04:05+02:00",
        ):
            self.assertEqual(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), Doc({"published": text}).moment("published"))
        for bad in ("yesterday", "", 7, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
            self.assertIsNone(Doc({"published": bad}).moment("published"), bad)
        self.assertEqual(date(2020, 2, 2), Doc({"released": "2020-02-02T00:00:00Z"}).day("released"))
        self.assertIsNone(Doc({"released": "2020"}).day("released"))

    def test_uuids(self) -> None:
        """A UUID, or none."""
        self.assertIsNone(Doc({"musicbrainzId": "x"}).uuid("musicbrainzId"))
        text = "2a6c3a10-0000-4000-8000-000000000001"
        self.assertEqual(text, str(Doc({"musicbrainzId": text}).uuid("musicbrainzId")))
