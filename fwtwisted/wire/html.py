"""
The page of a web app that somebody else built, with what we have to say put in.

An ``index.html`` is read once (:meth:`Blank.read`) and filled for each request.  It is cut at few places, not parsed:
the first title, the link to the manifest, the ends of head and body.  Whatever is put in is escaped here.

Source: docs/api.md §6.1.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from attrs import frozen

_TITLE = re.compile(r"<title(?:\s[^<>]{0,500})?>[^<]{0,2000}</title\s{0,9}>", re.IGNORECASE)
_LINK = re.compile(r"<link\s[^<>]{0,2000}>", re.IGNORECASE)
_IS_MANIFEST = re.compile(r"""\srel=(?:"manifest"|'manifest'|manifest(?=[\s/>]))""", re.IGNORECASE)
_HEAD_ENDS = re.compile(r"</head\s{0,9}>", re.IGNORECASE)
_BODY_ENDS = re.compile(r"</body\s{0,9}>", re.IGNORECASE)


@frozen
class Tag:
    """
    An empty element for the head.

    :ivar attributes: names and values, in order.
    """

    name: str
    attributes: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        told = "".join(f' {name}="{html.escape(value)}"' for name, value in self.attributes)
        return f"<{self.name}{told}>"


def meta(name: str, content: object) -> Tag:
    """A property of the page."""
    return Tag("meta", (("property", name), ("content", str(content))))


def link(media_type: str, href: str, title: str | None = None) -> Tag:
    """Another form of the page."""
    told = (("rel", "alternate"), ("type", media_type), ("href", href))
    return Tag("link", told if title is None else (*told, ("title", title)))


@frozen
class Additions:
    """
    What is put into a page.

    :ivar title: None leaves the page's own.  :ivar manifest: URL of the manifest; None leaves the page's own.
    :ivar css: further rules; empty for none.
    """

    title: str | None = None
    manifest: str | None = None
    tags: tuple[Tag, ...] = ()
    css: str = ""


@frozen
class Blank:
    """A page before anything is put in: its pieces up to the end of the head, to the end of the body, and the rest."""

    head: str
    body: str
    rest: str

    @classmethod
    def read(cls, text: str) -> Blank:
        """Cut a page; where it has no head or body to end, what would stand there comes last."""
        head_ends = _HEAD_ENDS.search(text)
        cut = len(text) if head_ends is None else head_ends.start()
        bodies = list(_BODY_ENDS.finditer(text, cut))
        end = bodies[-1].start() if bodies else len(text)
        return cls(text[:cut], text[cut:end], text[end:])

    def filled(self, added: Additions) -> str:
        """The page with the additions."""
        head = self.head
        if added.title:
            title = f"<title>{html.escape(added.title)}</title>"
            head = _TITLE.sub(lambda _: title, head, count=1)
        if added.manifest is not None:
            manifest = f'<link rel="manifest" href="{html.escape(added.manifest)}">'
            head = _LINK.sub(lambda found: manifest if _IS_MANIFEST.search(found[0]) else found[0], head)
        return "".join((head, *_lines(added.tags), self.body, _style(added.css), self.rest))


def _lines(tags: Iterable[Tag]) -> Iterable[str]:
    return (f"{tag}\n" for tag in tags)


def _style(css: str) -> str:
    """Rules as an element; nothing in them can end it."""
    harmless = css.strip().replace("</", "<\\/")
    return f"<style>{harmless}</style>\n" if harmless else ""
