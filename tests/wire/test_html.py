"""Putting things into a page that somebody else built."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.html import Additions, Blank, Tag, link, meta

PAGE = """<!DOCTYPE html><html><HEAD><meta charset="utf-8"><title
 lang="en">Old
 title</title><link href="/m.json" crossorigin rel='manifest'><link rel="icon" href="/manifest"></HEAD >
<body><p>&lt;/body&gt; <svg><title>not this</title></svg></p></body ></html>"""


class Outline(HTMLParser):
    """What a browser would see: elements in order, and the texts of titles and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._in, []).append(data)


class BlankTests(SynchronousTestCase):
    """``Blank``."""

    def test_nothing_added(self) -> None:
        """The page is as it was, byte for byte."""
        for text in (PAGE, "", "<p>", "</head>", "</body></head>", "<head></head><body></body></body>"):
            self.assertEqual(text, Blank.read(text).filled(Additions()))

    def test_everything_added(self) -> None:
        """The first title and the manifest are replaced; tags end the head, the style ends the body."""
        text = Blank.read(PAGE).filled(
            Additions("New <t>", "https://x/?a&b", (meta("og:url", "u"), link("a/b", "h", "t")), "b{}")
        )
        seen = Outline(text)
        self.assertEqual(["New <t>"], seen.texts["title"][:1])
        self.assertIn(("link", {"rel": "manifest", "href": "https://x/?a&b"}), seen.elements)
        self.assertEqual(1, sum(one[1].get("rel") == "manifest" for one in seen.elements))
        self.assertIn(("link", {"rel": "icon", "href": "/manifest"}), seen.elements)
        self.assertIn(
            '<meta property="og:url" content="u">\n<link rel="alternate" type="a/b" href="h" title="t">\n</HEAD >', text
        )
        self.assertTrue(text.endswith("<style>b{}</style>\n</body ></html>"))
        self.assertIn("not this", text)

    def test_replacements_are_taken_as_they_are(self) -> None:
        """Backslashes and group numbers in a name mean nothing."""
        self.assertIn(
            r"<title>\1\g<0></title>".replace("<0>", "&lt;0&gt;"), Blank.read(PAGE).filled(Additions(r"\1\g<0>"))
        )

    @given(st.text(), st.text(), st.text(), st.text())
    def test_nothing_breaks_out(self, title: str, url: str, name: str, css: str) -> None:
        """Whatever is put in, the elements of the page are the same, and hold just that."""
        plain = Outline(PAGE).elements
        tag = Tag("meta", (("property", name), ("content", url)))
        seen = Outline(Blank.read(PAGE).filled(Additions(title, url, (tag,), css)))
        added = [element for element in seen.elements if element[0] == "style" or "property" in element[1]]
        self.assertEqual([one[0] for one in plain], [one[0] for one in seen.elements if one not in added])
        self.assertEqual(2 if css.strip() else 1, len(added))

    @given(st.text(alphabet="<>/headbodytitlelinkrel=manifest \n\"'", max_size=300))
    def test_any_page_will_do(self, text: str) -> None:
        """It is an answer, never an exception."""
        Blank.read(text).filled(Additions("t", "m", (meta("a", "b"),), "c"))

    def test_monstrous_pages_are_quick(self) -> None:
        """Openings without ends cost no more than their length."""
        for piece in ("<title>", "<link rel=manifest ", "<link ", "</head ", "</body"):
            Blank.read(piece * 50_000).filled(Additions("t", "m", (), "c"))
