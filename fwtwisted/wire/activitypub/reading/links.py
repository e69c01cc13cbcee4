"""Links and pictures: an address alone, a Link, an Image, or several.  Source: docs/federation.md §2.5, §3.7."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from fwtwisted.model.remote import SaidPicture
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.reading.places import is_web

LONGEST_TYPE = 100
PAGE = "text/html"
FEED = "application/rss+xml"


@frozen
class Link:
    """
    An address.

    :ivar mimetype: without parameters, in lower case; None: not told.  :ivar doc: the object that tells, if one does.
    """

    href: str
    mimetype: str | None = None
    doc: Doc | None = None


def links(doc: Doc, name: str) -> list[Link]:
    """Every address of the web under a name, in order."""
    return list(_links(doc, name))


def _links(doc: Doc, name: str) -> Iterator[Link]:
    for one in doc.many(name):
        link = Link(one) if isinstance(one, str) else Link(_address(one), media_type(one), one)
        if is_web(link.href):
            yield link


def _address(doc: Doc) -> str:
    """Where an object lies: its ``href``, or an ``url`` that may be a Link itself."""
    inner = doc.doc("url")
    return doc.text("href") or (inner or doc).text("href" if inner is not None else "url") or ""


def media_type(doc: Doc) -> str | None:
    """The media type that an object tells, without parameters."""
    told = (doc.text("mediaType", LONGEST_TYPE) or "").partition(";")[0].strip().lower()
    return told if "/" in told and told.isascii() else None


def page(doc: Doc) -> str | None:
    """The page of a thing, for people: the first HTML link, or an address that does not say what it is."""
    found = links(doc, "url")
    chosen = next((one for one in found if one.mimetype == PAGE), None)
    chosen = chosen or next((one for one in found if one.mimetype is None), None)
    return None if chosen is None else chosen.href


def feed(doc: Doc) -> str | None:
    """The RSS feed of an actor."""
    return next((one.href for one in links(doc, "url") if one.mimetype == FEED), None)


def picture(doc: Doc, *names: str) -> SaidPicture | None:
    """The first picture under one of these names; what says that it is anything else is none."""
    for name in names:
        for one in links(doc, name):
            if one.mimetype is None or one.mimetype.startswith("image/"):
                return SaidPicture(one.href, one.mimetype)
    return None
