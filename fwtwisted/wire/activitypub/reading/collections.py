"""Libraries, and pages of collections: of libraries, outboxes, indexes.  Source: docs/federation.md §2.7, §3.1."""

from __future__ import annotations

from collections.abc import Mapping

from fwtwisted.model.accounts import LONGEST_LIBRARY_NAME, LONGEST_TEXT
from fwtwisted.model.errors import Invalid
from fwtwisted.model.remote import SaidLibrary, SaidPage
from fwtwisted.wire.activitypub.reading.doc import PUBLIC, Doc
from fwtwisted.wire.activitypub.reading.places import (
    ELSEWHERE,
    NO_URL,
    REQUIRED,
    checked,
    fid_of,
    id_or_none,
    is_web,
)
from fwtwisted.wire.activitypub.reading.words import LARGEST_INT
from fwtwisted.wire.addresses import host_of

NO_LIBRARY = "This is no library."
NO_PAGE = "This is no page of a collection."
LIBRARY = "Library"
PAGE_TYPES = ("CollectionPage", "OrderedCollectionPage")
COLLECTION_TYPES = ("Collection", "OrderedCollection")
MOST_ITEMS = 1_000


def library(doc: Doc) -> SaidLibrary:
    """What a library's document says.  :raise Invalid:"""
    if not doc.is_a(LIBRARY) or not set(doc.types) <= {LIBRARY, *COLLECTION_TYPES}:
        raise Invalid.on("type", NO_LIBRARY)
    fid = fid_of(doc)
    owner = doc.link("attributedTo") or doc.link("actor")
    if owner is None:
        raise Invalid.on("attributedTo", REQUIRED)
    first, _, followers = (_at_home(doc, name, fid) for name in ("first", "last", "followers"))
    name = doc.line("name", LONGEST_LIBRARY_NAME)
    if name is None:
        raise Invalid.on("name", REQUIRED)
    return SaidLibrary(
        fid=fid,
        owner=checked(owner, "attributedTo", fid),
        name=name,
        description=doc.text("summary", LONGEST_TEXT),
        is_public=PUBLIC in doc.ids("audience"),
        followers=followers or f"{fid}/followers",
        total=doc.number("totalItems", LARGEST_INT) or 0,
        first=first,
        published=doc.moment("published"),
    )


def _at_home(doc: Doc, name: str, fid: str) -> str | None:
    """What a library names that must lie on its own server.  :raise Invalid: it lies elsewhere."""
    found = doc.link(name)
    return None if found is None else checked(found, name, fid)


def first_page(doc: Doc) -> str | Doc | None:
    """Where a collection begins: the address of its first page, or the page itself; None when it has none."""
    if doc.is_a(*PAGE_TYPES):
        return doc
    if doc.has("first"):
        return doc.one("first")
    return doc if doc.has("orderedItems") or doc.has("items") else None


def page(doc: Doc, owner: str) -> SaidPage:
    """
    What is on a page, whatever it is called: ``items``, ``orderedItems``; the way on only within the same server.

    :param owner: whose collection it is, an address of the server that it must lie on.
    :raise Invalid:
    """
    if not doc.types or not set(doc.types) <= {*PAGE_TYPES, *COLLECTION_TYPES}:
        raise Invalid.on("type", NO_PAGE)
    if doc.id is not None and not is_web(doc.id):
        raise Invalid.on("id", NO_URL)
    if doc.id is not None and host_of(doc.id) != host_of(owner):
        raise Invalid.on("id", ELSEWHERE)
    for author in doc.ids("attributedTo"):
        checked(author, "attributedTo", owner)
    name = "items" if doc.has("items") else "orderedItems"
    values = doc.values(name)[:MOST_ITEMS]
    items = tuple(one for one in values if isinstance(one, Mapping))
    onward = doc.link("next")
    return SaidPage(
        url=doc.id,
        part_of=id_or_none(doc, "partOf"),
        items=items,
        ids=tuple(one for one in values if isinstance(one, str) and is_web(one)),
        next=None if onward is None else checked(onward, "next", owner),
        total=doc.number("totalItems", LARGEST_INT),
        strange=len(values) - len(items),
    )
