"""Feeds are read, whoever wrote them: well, badly, or with bad intent (docs/api.md §4.15)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.podcasts import Feed
from fwtwisted.wire.feeds import NotAFeed, duration_seconds, moment, read_feed, repaired

URL = "https://cast.example/shows/feed.xml"
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
     xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
 <title>Deep  Sea &amp; Co</title><link>https://cast.example/</link><language>en-GB</language>
 <description>About <![CDATA[<b>the sea</b>]]></description>
 <atom:link rel="self" href="https://cast.example/self.xml"/>
 <itunes:author>Ann Author</itunes:author><itunes:explicit>yes</itunes:explicit>
 <itunes:owner><itunes:name>Ann</itunes:name><itunes:email>ann@mail.example</itunes:email></itunes:owner>
 <itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/></itunes:category>
 <itunes:image href="/cover.jpg"/><itunes:keywords>sea, deep water</itunes:keywords>
 <itunes:new-feed-url>https://new.example/feed</itunes:new-feed-url><copyright>2026 Ann</copyright>
 <item>
  <title>One</title><guid isPermaLink="false">g-1</guid><pubDate>Tue, 06 Jan 2026 10:00:00 +0200</pubDate>
  <enclosure url="ep/one.mp3?a=1&amp;b=2" length="1234" type="audio/mp3"/>
  <itunes:duration>01:02:03</itunes:duration><itunes:episode>1</itunes:episode><itunes:season>2</itunes:season>
  <itunes:image href="https://cast.example/one.png"/><description>short</description>
  <content:encoded><![CDATA[<p>much longer</p>]]></content:encoded>
 </item>
 <item><title>Two</title><guid>g-2</guid><pubDate>Wed, 07 Jan 2026 10:00:00 GMT</pubDate>
  <enclosure url="https://cdn.example/two.m4a" length="x" type=""/></item>
 <item><title>Twice</title><guid>g-1</guid><enclosure url="https://cdn.example/again.mp3" type="audio/mpeg"/></item>
 <item><title>A film</title><guid>g-3</guid><enclosure url="https://cdn.example/f.mp4" type="video/mp4"/></item>
 <item><title>A text</title><guid>g-4</guid></item>
 <item><title>Odd</title><guid>g-5</guid><enclosure url="javascript:alert(1)" type="audio/mpeg"/></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Atom &amp;amp; Eve</title>
 <link rel="self" href="https://a.example/f"/><link href="https://a.example/"/><subtitle>Under</subtitle>
 <logo>https://a.example/l.png</logo>
 <entry><id>urn:1</id><title>First</title><published>2026-01-05T08:00:00Z</published>
  <link rel="alternate" href="https://a.example/1"/>
  <link rel="enclosure" href="https://a.example/1.ogg" type="audio/ogg" length="99"/>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Hello <b>you</b></div></content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:enc="http://example.org/enc" xmlns:m="http://search.yahoo.com/mrss/" xmlns:d="http://purl.org/dc/elements/1.1/">
 <channel rdf:about="x"><title>Old</title><link>https://o.example/</link></channel>
 <item rdf:about="y"><title>Item</title><d:date>2026-01-01T00:00:00+01:00</d:date>
  <m:group><m:content url="https://o.example/1.mp3" type="audio/mpeg" fileSize="7"/></m:group></item></rdf:RDF>"""


def read(text: str | bytes, most: int = 50, charset: str | None = None) -> Feed:
    """What is read in a feed."""
    return read_feed(text.encode() if isinstance(text, str) else text, URL, charset, most)


def rss(items: str, top: str = "") -> str:
    """A feed around items."""
    return f"<rss version='2.0'><channel><title>T</title>{top}{items}</channel></rss>"


def item(guid: str = "g", more: str = "") -> str:
    """An item that can be heard."""
    return f"<item><guid>{guid}</guid><enclosure url='https://c.example/{guid}.mp3' type='audio/mpeg'/>{more}</item>"


class ReadingTests(SynchronousTestCase):
    """Feeds as they should be."""

    def test_rss_with_all_that_podcasts_say(self) -> None:
        """The channel, and the items that can be heard, the newest first, each guid once."""
        feed = read(RSS)
        self.assertEqual(("Deep Sea & Co", "https://cast.example/"), (feed.title, feed.link))
        self.assertEqual("https://cast.example/cover.jpg", feed.image)
        self.assertEqual("https://new.example/feed", feed.moved_to)
        self.assertEqual(("sea", "DeepWater"), feed.tags)
        assert feed.description is not None
        self.assertEqual("About <b>the sea</b>", feed.description.text)
        self.assertEqual(
            {
                "language": "en", "copyright": "2026 Ann", "owner_name": "Ann", "owner_email": "ann@mail.example",
                "explicit": True, "itunes_category": "Society & Culture", "itunes_subcategory": "Documentary",
            },
            feed.metadata,
        )  # fmt: skip
        self.assertEqual(["g-2", "g-1"], [one.guid for one in feed.items])
        two, one = feed.items
        self.assertEqual("https://cast.example/shows/ep/one.mp3?a=1&b=2", one.audio)
        self.assertEqual(
            ("audio/mpeg", 1234, 3723, 1, 2), (one.mimetype, one.size, one.duration, one.position, one.season)
        )
        self.assertEqual(datetime(2026, 1, 6, 8, tzinfo=UTC), one.published)
        assert one.description is not None
        self.assertEqual("<p>much longer</p>", one.description.text)
        self.assertEqual("https://cast.example/one.png", one.image)
        self.assertEqual(("audio/x-m4a", None, None), (two.mimetype, two.size, two.duration))
        self.assertTrue(feed.is_whole)

    def test_atom(self) -> None:
        """Entries with links to what can be heard."""
        feed = read(ATOM)
        self.assertEqual(
            ("Atom & Eve", "https://a.example/", "https://a.example/l.png"), (feed.title, feed.link, feed.image)
        )
        [one] = feed.items
        self.assertEqual(
            ("urn:1", "https://a.example/1.ogg", "audio/ogg", 99), (one.guid, one.audio, one.mimetype, one.size)
        )
        assert one.description is not None
        self.assertEqual("Hello you", one.description.text)

    def test_rss_one(self) -> None:
        """Items beside the channel; media in a group; other prefixes than the usual ones."""
        [one] = read(RDF).items
        self.assertEqual(("Item", "https://o.example/1.mp3", 7), (one.title, one.audio, one.size))
        self.assertEqual(datetime(2025, 12, 31, 23, tzinfo=UTC), one.published)
        self.assertEqual("https://o.example/1.mp3", one.guid)

    def test_the_newest_are_kept(self) -> None:
        """Whatever the order in the feed."""
        dates = "".join(item(f"g{day}", f"<pubDate>{day:02} Jan 2026 00:00:00 GMT</pubDate>") for day in range(1, 29))
        self.assertEqual(["g28", "g27", "g26"], [one.guid for one in read(rss(dates), 3).items])

    def test_encodings(self) -> None:
        """As the document tells, as the server tells, or as it looks."""
        text = rss(item(), "<description>Grüße</description>")
        for body, charset in (
            (text.encode(), None), (b"\xef\xbb\xbf" + text.encode(), None), (text.encode("utf-16"), None),
            (f"<?xml version='1.0' encoding='iso-8859-1'?>{text}".encode("latin-1"), None),
            (f"<?xml version='1.0' encoding='windows-1252'?>{text}".encode("cp1252"), None),
            (text.encode("latin-1"), "iso-8859-1"), (text.encode("cp1252"), None),
            (f"<?xml version='1.0' encoding='utf-8'?>{text}".encode("cp1252"), None),
        ):  # fmt: skip
            found = read(body, charset=charset).description
            assert found is not None
            self.assertEqual("Grüße", found.text, body[:60])

    def test_encodings_that_the_parser_does_not_know(self) -> None:
        """Those of several bytes a letter are read as what they are, one that does not exist as it looks."""
        text = rss(item(), "<description>海</description>")
        for told, meant in (("gbk", "gbk"), ("shift_jis", "shift_jis"), ("big5", "big5"), ("uuutf-8", "utf-8")):
            found = read(f"<?xml version='1.0' encoding='{told}'?>{text}".encode(meant)).description
            assert found is not None
            self.assertEqual("海", found.text, told)

    def test_numbers_and_times(self) -> None:
        """Durations and dates as feeds have them."""
        for text, seconds in (("61", 61), ("61.5", 61), ("1:01", 61), ("01:01:01", 3661), ("", None), ("1h", None),
                              ("99:99:99:99", None), ("-5", None), ("９", None)):  # fmt: skip
            self.assertEqual(seconds, duration_seconds(text), text)
        for text in (
            "Tue, 06 Jan 2026 10:00:00 GMT",
            "6 Jan 2026 10:00 +0000",
            "2026-01-06T10:00:00Z",
            "2026-01-06 10:00",
        ):
            self.assertEqual(datetime(2026, 1, 6, 10, tzinfo=UTC), moment(text), text)
        for text in (
            "",
            "soon",
            "0001-01-01",
            "Tue, 99 Jan 2026 10:00:00 GMT",
            "9999-12-31T23:59:59-23:00",
            "x" * 9999,
        ):
            self.assertIsNone(moment(text), text)


class BadFeedTests(SynchronousTestCase):
    """Feeds as they are."""

    def test_what_is_no_feed(self) -> None:
        """Nothing, pages, other documents, bytes."""
        for body in (
            b"", b"   ", b"<!DOCTYPE html><html><body>Hi</body></html>", b"<html><p>x</html>", b"<opml/>", b"{}",
            b"\x89PNG\r\n\x1a\n", b"plain text", b"<rss", bytes(100), b"<a><rss/></a>", b"\xff\xfe<\x00",
        ):  # fmt: skip
            with self.assertRaises(NotAFeed, msg=repr(body)):
                read(body)
        with self.assertRaisesRegex(NotAFeed, "web page"):
            read("<!DOCTYPE html><html><body>Hi</body></html>")

    def test_what_is_not_quite_xml(self) -> None:
        """Stray ampersands, entities of HTML, signs that XML cannot hold, blanks before the declaration."""
        for text, told in (
            ("You & me", "You & me"), ("A&nbsp;B &eacute;", "A B é"), ("A&bogus;B", "A&bogus;B"), ("A\x0bB", "AB"),
            ("A&#0;B&#x1F;", "AB"), ("<![CDATA[You & &nbsp; me]]>", "You & &nbsp; me"),
            ("A&#99999999;B", "A&#99999999;B"),
        ):  # fmt: skip
            [one] = read(f"\n\n<?xml version='1.0'?>\n{rss(item('g', f'<description>{text}</description>'))}").items
            assert one.description is not None, text
            self.assertEqual(told.replace("\xa0", " "), one.description.text.replace("\xa0", " "), text)

    def test_unbound_prefixes(self) -> None:
        """A feed that forgets to say what itunes: means is understood."""
        [one] = read(rss(item("g", "<itunes:duration>60</itunes:duration>"))).items
        self.assertEqual(60, one.duration)

    def test_what_breaks_off(self) -> None:
        """The items before the break count, and nothing is said to be gone."""
        text = rss(item("a") + item("b"))
        feed = read(text[: text.index("</channel>")] + "<item><guid>c")
        self.assertEqual({"a", "b"}, {one.guid for one in feed.items})
        self.assertFalse(feed.is_whole)
        with self.assertRaises(NotAFeed):
            read("<rss><channel><title>x")

    def test_bombs(self) -> None:
        """Entities that a document declares are not even looked at."""
        billion = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
            f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(12)
        )
        for head in (
            f"{billion}]>", "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
            "<!DOCTYPE rss [<!ENTITY % p SYSTEM 'http://10.0.0.1/'> %p;]>", "<!DOCTYPE rss [<!ENTITY x 'y'>]>",
        ):  # fmt: skip
            with self.assertRaises(NotAFeed, msg=head[:60]):
                read(f"<?xml version='1.0'?>{head}<rss><channel><title>&x;&m;</title>{item()}</channel></rss>")
        self.assertEqual(1, len(read(f"<!DOCTYPE rss SYSTEM 'http://10.0.0.1/x.dtd'>{rss(item())}").items))

    def test_depth_and_length(self) -> None:
        """Neither a tower nor a heap of elements costs much."""
        for body in ("<rss>" + "<a>" * 100_000, "<rss><channel>" + "<a/>" * 500_000):
            began = time.process_time()
            with self.assertRaises(NotAFeed):
                read(body)
            self.assertLess(time.process_time() - began, 15)

    def test_a_large_feed_is_read_in_time(self) -> None:
        """Five thousand items with long texts."""
        body = rss("".join(item(f"g{n}", f"<description>{'x' * 2000}</description>") for n in range(5_000)))
        began = time.process_time()
        self.assertEqual(250, len(read(body, 250).items))
        self.assertLess(time.process_time() - began, 15)

    @settings(max_examples=200)
    @given(st.binary(max_size=400))
    def test_any_bytes(self, body: bytes) -> None:
        """A feed or our own error."""
        self._either(body)

    @settings(max_examples=300)
    @given(st.data())
    def test_any_mutation(self, data: st.DataObject) -> None:
        """Real feeds with pieces cut, doubled, overwritten."""
        body = bytearray(data.draw(st.sampled_from([RSS, ATOM, RDF])).encode())
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, len(body)))
            stop = min(len(body), start + data.draw(st.integers(0, 60)))
            body[start:stop] = data.draw(st.binary(max_size=20) | st.just(bytes(body[start:stop] * 3)))
        self._either(bytes(body))

    @given(st.text(max_size=200))
    def test_any_text_within(self, text: str) -> None:
        """Whatever stands in a title, what is made of it can be kept."""
        told = "".join(f"<{name}>{text}</{name}>" for name in ("title", "pubDate", "itunes:duration"))
        self._either(rss(item("g", told)).encode("utf-8", "surrogatepass"))

    def _either(self, body: bytes) -> None:
        try:
            feed = read(body)
        except NotAFeed:
            return
        texts = [feed.title, feed.link or "", *(f"{one.guid}{one.title}{one.audio}" for one in feed.items)]
        for text in texts:
            self.assertNotIn("\0", text)
            text.encode("utf-8")
        for one in feed.items:
            self.assertTrue(one.audio.startswith(("http://", "https://")))

    def test_repairs_are_linear(self) -> None:
        """No text makes the repair slow."""
        began = time.process_time()
        for piece in (b"&", b"<![CDATA[", b"&a", b"<?xml ", b"&#", b"]]>"):
            repaired(piece * 300_000, None)
        self.assertLess(time.process_time() - began, 15)
