"""
Reading feeds: RSS 2.0 and its ancestors, RSS 1.0, and Atom, with the iTunes and media words that podcasts use.

A feed is a document that a stranger wrote, so this is a reader of our own over expat, which streams: whatever the size,
only one item is held as a tree, and the limits are looked at as the elements come.  What is refused: entities that the
document declares itself (the stuff of XML bombs), deep nesting, too many elements.  External things are never loaded.

Many feeds are not quite XML.  Where expat gives up, the document is read a second time, repaired: decoded anew, stray
ampersands escaped, entities of HTML resolved, characters removed that XML cannot hold.  Where that breaks off too, the
items that came before the break count, and nothing is said to be gone.

(A tolerant reader from outside was weighed: it holds the whole document several times over, takes a second for a large
one, and cannot be told to stop.)

Source: RSS 2.0; RFC 4287; Apple's "A podcaster's guide to RSS"; docs/api.md §4.15.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from html.entities import html5
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

from attrs import define, field

from fwtwisted.model.accounts import LONGEST_TEXT, LongText
from fwtwisted.model.audio import media_type_for
from fwtwisted.model.codes import LANGUAGES
from fwtwisted.model.podcasts import CATEGORIES_OF_PODCASTS, LONGEST_CHANNEL_NAME, Feed, FeedItem
from fwtwisted.model.uploads import LONGEST_COPYRIGHT, LONGEST_TITLE
from fwtwisted.wire.audiotags import tags_in
from fwtwisted.wire.printable import seen

DEEPEST = 64
MOST_ELEMENTS = 250_000
MOST_READ = 10_000  # items looked at, of which the newest are kept
LONGEST_URL = 2_000
LONGEST_GUID = 2_000
LARGEST_NUMBER = 2**31 - 1
LARGEST_SIZE = 2**50
MOST_TAGS = 10
FIRST_YEAR = 1990  # before that, nobody published a podcast

# By what the address of a namespace contains, the prefix that we know it by.
_NAMESPACES = {
    "www.itunes.com/dtds/podcast": "itunes", "www.w3.org/2005/atom": "atom", "purl.org/atom/ns": "atom",
    "purl.org/rss/1.0/modules/content": "content", "search.yahoo.com/mrss": "media", "purl.org/dc/": "dc",
    "www.w3.org/1999/02/22-rdf-syntax": "rdf", "www.w3.org/1999/xhtml": "xhtml",
}  # fmt: skip
_ROOTS = ("rss", "atom:feed", "rdf:RDF")
_ITEMS = ("item", "atom:entry")
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = re.compile(r"&(?:#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{0,31};)?)")
_OPENS, _CLOSES = "<![CDATA[", "]]>"
_XML_ENTITIES = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2})(?:\.\d+)?", re.ASCII)
_SECONDS = re.compile(r"(\d{1,7})(?:\.\d+)?", re.ASCII)
_SAME_TYPES = {"audio/mp3": "audio/mpeg", "audio/x-mp3": "audio/mpeg", "audio/x-mpeg": "audio/mpeg"}


class NotAFeed(Exception):
    """The document is no feed, or none that we read; the text says why and is safe to show."""


def read_feed(body: bytes, url: str, charset: str | None, most_items: int) -> Feed:
    """
    Read a feed.  For a thread: a large one takes a second.

    :param url: where it came from; addresses in it may be relative to that.
    :param charset: as the server told it.
    :param most_items: how many episodes are kept, the newest.
    :raise NotAFeed:
    """
    if not body.strip():
        raise NotAFeed("There is nothing at this address.")
    reading = _Reading(url)
    try:
        reading.read(body, None)
        is_whole = True
    except expat.ExpatError:
        reading = _Reading(url)
        is_whole = _read_repaired(reading, body, charset)
    if reading.top is None or reading.kind is None:
        raise NotAFeed("This is not a feed.")
    return _feed(reading, url, most_items, is_whole=is_whole)


def _read_repaired(reading: _Reading, body: bytes, charset: str | None) -> bool:
    """Read what is not quite XML; whether to its end."""
    try:
        reading.read(repaired(body, charset).encode("utf-8"), "utf-8")
    except expat.ExpatError as why:
        if not reading.items:
            raise NotAFeed("This is not a feed, or it is broken.") from why
        return False
    return True


def repaired(body: bytes, charset: str | None) -> str:
    """The document as text that is more likely to be XML."""
    text = _decoded(body, charset)
    text = _DECLARATION.sub("", _UNFIT.sub("", text), count=1)
    start = text.find("<")
    return "".join(_pieces(text[start:] if start > 0 else text))


def _pieces(text: str) -> Iterator[str]:
    """The text with its ampersands mended, except where it says that they are meant as they stand."""
    at = 0
    while (start := text.find(_OPENS, at)) >= 0 and (stop := text.find(_CLOSES, start)) >= 0:
        yield _MARKS.sub(_mark, text[at:start])
        yield text[start : stop + len(_CLOSES)]
        at = stop + len(_CLOSES)
    yield _MARKS.sub(_mark, text[at:])


def _mark(found: re.Match[str]) -> str:
    """An ampersand and what it begins, so that XML can read it."""
    text, name = found[0], found[1]
    if text.startswith("&#"):
        return "" if _UNFIT.match(_sign(text[2:-1])) else text
    if name in _XML_ENTITIES:
        return text
    if name is None:
        return "&amp;"
    meant = html5.get(name)
    return f"&amp;{name}" if meant is None else "".join(f"&#{ord(sign)};" for sign in meant)


def _sign(number: str) -> str:
    """The character of a reference; for one that there cannot be, one that XML cannot hold."""
    value = int(number[1:], 16) if number[0] == "x" else int(number)
    return chr(value) if value <= sys.maxunicode else "\0"


def _decoded(body: bytes, charset: str | None) -> str:
    told = _DECLARED.search(body[:200])
    for name in (None if told is None else told[1].decode("ascii"), charset, "utf-8-sig"):
        try:
            if name:
                return body.decode(name)
        except (LookupError, UnicodeError):
            continue
    return body.decode("cp1252", "replace")


# --- elements ------------------------------------------------------------------------------------


@define
class _Node:
    """An element.  :ivar pieces: of its own text."""

    name: str
    attributes: Mapping[str, str]
    pieces: list[str] = field(factory=list)
    children: list[_Node] = field(factory=list)

    def all(self, *names: str) -> Iterator[_Node]:
        """The children of these names, those of the first name first."""
        for name in names:
            yield from (child for child in self.children if child.name == name)

    def text(self, *names: str) -> str:
        """The first text that is there among the children of these names."""
        return next((told for child in self.all(*names) if (told := child.own)), "")

    @property
    def own(self) -> str:
        """Its own text, blanks around it removed."""
        return "".join(self.pieces).strip()

    @property
    def whole(self) -> str:
        """All text within it."""
        return "".join(self.pieces) + "".join(child.whole for child in self.children)


class _Reading:
    """
    One document on its way through expat.

    :ivar kind: the name of the root, one of :data:`_ROOTS`.
    :ivar top: what stands around the items: the channel.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stack: list[_Node] = []
        self._defaults = [""]
        self._prefixes: dict[str, str] = {}
        self._elements = 0
        self.kind: str | None = None
        self.top: _Node | None = None
        self.items: list[FeedItem] = []

    def read(self, body: bytes, encoding: str | None) -> None:
        """:raise ExpatError: where it is no XML.  :raise NotAFeed:"""
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _declared
        parser.ExternalEntityRefHandler = None
        try:
            parser.Parse(body, True)
        except (LookupError, ValueError) as why:  # an encoding that expat does not know: the repair may
            raise expat.ExpatError(str(why)) from why

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._stack) >= DEEPEST or self._elements > MOST_ELEMENTS:
            raise NotAFeed("This feed is too deep or too long.")
        self._note_prefixes(attributes)
        node = _Node(self._known(name), attributes)
        if self.kind is None:
            if node.name not in _ROOTS:
                raise NotAFeed(_what_it_is(node.name))
            self.kind = node.name
            self.top = node
        elif node.name == "channel" and len(self._stack) == 1 and self.kind != "atom:feed":
            self.top = node
        elif node.name not in _ITEMS:
            self._stack[-1].children.append(node)
        self._stack.append(node)

    def _end(self, name: str) -> None:
        self._defaults.pop()
        node = self._stack.pop()
        if node.name in _ITEMS and len(self.items) < MOST_READ:
            made = _item(node, self._url)
            if made is not None:
                self.items.append(made)

    def _characters(self, text: str) -> None:
        if self._stack:
            self._stack[-1].pieces.append(text)

    def _note_prefixes(self, attributes: Mapping[str, str]) -> None:
        default = self._defaults[-1]
        for name, value in attributes.items():
            if name == "xmlns":
                default = _namespace(value) or ""
            elif name.startswith("xmlns:"):
                known = _namespace(value)
                if known is not None:
                    self._prefixes[name[6:]] = known
        self._defaults.append(default)

    def _known(self, name: str) -> str:
        """The name as we know it, whatever prefix the document uses."""
        prefix, colon, local = name.rpartition(":")
        known = self._prefixes.get(prefix, prefix) if colon else self._defaults[-1]
        return f"{known}:{local}" if known else local


def _declared(*_: Any) -> None:
    raise NotAFeed("This feed declares entities, and is not read.")


def _namespace(url: str) -> str | None:
    low = url.lower()
    return next((prefix for part, prefix in _NAMESPACES.items() if part in low), None)


def _what_it_is(root: str) -> str:
    if root.rpartition(":")[2].lower() == "html":
        return "This is a web page, not a feed."
    return "This is not a feed."


# --- items ---------------------------------------------------------------------------------------


def _item(node: _Node, base: str) -> FeedItem | None:
    """An episode; None where there is nothing to hear."""
    enclosed = next(iter(_enclosures(node, base)), None)
    if enclosed is None:
        return None
    audio, kind, size = enclosed
    image = next((one.attributes.get("href") or "" for one in node.all("itunes:image")), "")
    thumbnail = next((one.attributes.get("url") or "" for one in node.all("media:thumbnail")), "")
    return FeedItem(
        guid=(node.text("guid", "atom:id") or audio)[:LONGEST_GUID],
        title=_line(node.text("title", "itunes:title", "atom:title") or node.text("guid") or audio, LONGEST_TITLE),
        audio=audio,
        mimetype=kind,
        size=size,
        duration=duration_seconds(node.text("itunes:duration")),
        published=moment(node.text("pubDate", "atom:published", "dc:date", "atom:updated")),
        description=_longest(node, "content:encoded", "description", "itunes:summary", "atom:content", "atom:summary"),
        position=_number(node.text("itunes:episode")),
        season=_number(node.text("itunes:season")),
        image=_web(image, base) or _web(thumbnail, base),
        copyright=node.text("dc:rights", "atom:rights", "media:copyright")[:LONGEST_COPYRIGHT] or None,
        tags=_tags(node),
    )


def _enclosures(node: _Node, base: str) -> Iterator[tuple[str, str, int | None]]:
    """Everything that can be heard: address, media type, size."""
    for one in node.all("enclosure"):
        yield from _enclosure(one.attributes, "url", "length", base)
    for one in node.all("atom:link"):
        if one.attributes.get("rel") == "enclosure":
            yield from _enclosure(one.attributes, "href", "length", base)
    for group in (node, *node.all("media:group")):
        for one in group.all("media:content"):
            yield from _enclosure(one.attributes, "url", "fileSize", base)


def _enclosure(told: Mapping[str, str], where: str, length: str, base: str) -> Iterator[tuple[str, str, int | None]]:
    url = _web(told.get(where, ""), base)
    if url is None:
        return
    kind = told.get("type", "").partition(";")[0].strip().lower()
    kind = _SAME_TYPES.get(kind, kind)
    if not kind.startswith("audio/"):
        extension = urlsplit(url).path.rpartition(".")[2].lower()
        kind = "" if kind.startswith(("video/", "image/", "text/")) else media_type_for(extension) or ""
    if kind:
        yield url, kind[:100], _number(told.get(length, ""), LARGEST_SIZE)


def _feed(reading: _Reading, url: str, most_items: int, *, is_whole: bool) -> Feed:
    """The feed, its items in order."""
    top = reading.top
    assert top is not None
    first: dict[str, FeedItem] = {}
    for item in reading.items:
        first.setdefault(item.guid, item)
    ever = datetime.min.replace(tzinfo=UTC)
    items = sorted(first.values(), key=lambda item: item.published or ever, reverse=True)
    return Feed(
        title=_line(top.text("title", "atom:title", "itunes:title") or urlsplit(url).netloc, LONGEST_CHANNEL_NAME),
        items=tuple(items[:most_items]),
        link=_page(top, url),
        description=_longest(top, "description", "itunes:summary", "atom:subtitle", "itunes:subtitle"),
        image=_picture(top, url),
        tags=_tags(top),
        metadata=_metadata(top),
        moved_to=_web(top.text("itunes:new-feed-url"), url),
        own_address=_own_address(top, url),
        is_whole=is_whole,
    )


def _page(top: _Node, base: str) -> str | None:
    """The feed's page for people."""
    told = top.text("link")
    for one in top.all("atom:link"):
        if not told and one.attributes.get("rel", "alternate") == "alternate":
            told = one.attributes.get("href", "")
    return _web(told, base)


def _own_address(top: _Node, base: str) -> str | None:
    """Where the feed says that it is."""
    told = next((one.attributes.get("href") for one in top.all("atom:link") if one.attributes.get("rel") == "self"), "")
    return _web(told or "", base)


def _picture(top: _Node, base: str) -> str | None:
    told = next((one.attributes.get("href") or "" for one in top.all("itunes:image")), "")
    inner = next((one.text("url") for one in top.all("image")), "")
    return _web(told, base) or _web(inner, base) or _web(top.text("atom:logo", "atom:icon"), base)


def _metadata(top: _Node) -> dict[str, Any]:
    """What a channel keeps of a podcast."""
    owner = next(top.all("itunes:owner"), _Node("", {}))
    language = top.text("language", "dc:language").lower().partition("-")[0].partition("_")[0]
    told: dict[str, Any] = {
        "language": language if language in LANGUAGES else None,
        "copyright": _line(top.text("copyright", "atom:rights", "dc:rights"), LONGEST_CHANNEL_NAME) or None,
        "owner_name": _line(owner.text("itunes:name") or top.text("itunes:author"), LONGEST_CHANNEL_NAME) or None,
        "owner_email": _line(owner.text("itunes:email"), LONGEST_CHANNEL_NAME) or None,
        "explicit": top.text("itunes:explicit").lower() in ("yes", "true", "explicit"),
    }
    return told | dict(_categories(top))


def _categories(top: _Node) -> Iterator[tuple[str, str]]:
    """The first category of the fixed list, and the one within it."""
    names = {name.lower(): name for name in CATEGORIES_OF_PODCASTS}
    for one in top.all("itunes:category"):
        name = names.get(unescape(one.attributes.get("text", "")).strip().lower())
        if name is None:
            continue
        yield "itunes_category", name
        inner = {within.lower(): within for within in CATEGORIES_OF_PODCASTS[name]}
        for other in one.all("itunes:category"):
            within = inner.get(unescape(other.attributes.get("text", "")).strip().lower())
            if within is not None:
                yield "itunes_subcategory", within
                return
        return


# --- pieces --------------------------------------------------------------------------------------


def _longest(node: _Node, *names: str) -> LongText | None:
    """The longest of several texts that say the same at different length."""
    told = max((child.own or child.whole.strip() for child in node.all(*names)), key=len, default="")
    return LongText(seen(told)[:LONGEST_TEXT], "text/html") if told else None


def _tags(node: _Node) -> tuple[str, ...]:
    words = [word.strip() for word in node.text("itunes:keywords").split(",")]
    words += [one.own for one in node.all("category")]
    return tuple(dict.fromkeys(tags_in(tuple(word for word in words if word))))[:MOST_TAGS]


def _line(text: str, longest: int) -> str:
    """On one line, what was escaped twice undone."""
    return " ".join(seen(unescape(text)).split())[:longest]


def _web(text: str, base: str) -> str | None:
    """An address that people may be sent to; None for any other."""
    text = text.strip()
    if not text or len(text) > LONGEST_URL or _spoils(text):
        return None
    try:
        url = urljoin(base, text.replace(" ", "%20"))
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and len(url) <= LONGEST_URL else None


_spoils: Callable[[str], re.Match[str] | None] = re.compile(r"[\x00-\x1f\x7f<>\"\\]").search


def _number(text: str, largest: int = LARGEST_NUMBER) -> int | None:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        return None
    return int(text) if 1 <= int(text) <= largest else None


def duration_seconds(text: str) -> int | None:
    """How long: ``HH:MM:SS``, ``MM:SS`` or seconds; None for anything else."""
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
    seconds = _SECONDS.fullmatch(text)
    return int(seconds[1]) if seconds is not None else None


def moment(text: str) -> datetime | None:
    """A time as feeds write it, in the manner of mail or of ISO 8601; None for anything else."""
    text = text.strip()[:100]
    found = _mail_date(text) or _iso_date(text)
    return found if found is not None and FIRST_YEAR <= found.year <= 9000 else None


def _mail_date(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso_date(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _aware(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
