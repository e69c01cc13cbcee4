"""Collections and their pages.  Source: docs/federation.md §2.7; ActivityPub 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen

from fwtwisted.model.errors import BadRequest, NotFound
from fwtwisted.wire.activitypub.contexts import PLAIN, Context
from fwtwisted.wire.v1 import LONGEST_NUMBER, Document

FIRST: Final = 1


@frozen
class Leaf:
    """
    A page of a collection.

    :ivar number: from 1.  :ivar size: items on each.
    """

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many items come before it."""
        return (self.number - 1) * self.size

    def check(self, total: int) -> None:
        """:raise NotFound: the collection has no such page; it always has a first one."""
        if self.number > FIRST and self.offset >= total:
            raise NotFound


def leaf(asked: str | None, size: int) -> Leaf | None:
    """
    Which page is asked for; None: the collection itself.

    :raise BadRequest: no number.  :raise NotFound: a number that no page has.
    """
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdigit():
        raise BadRequest("A page is a number.")
    if len(asked) > LONGEST_NUMBER or int(asked) < FIRST:
        raise NotFound
    return Leaf(int(asked), size)


def page_id(collection: str, number: int) -> str:
    """The id of a page."""
    return f"{collection}?page={number}"


def last_page(total: int, size: int) -> int:
    """The number of the last page."""
    return max(FIRST, -(-total // size))


def ends(collection: str, total: int, size: int) -> dict[str, Any]:
    """Where its pages begin and end."""
    return {
        "current": page_id(collection, FIRST),
        "first": page_id(collection, FIRST),
        "last": page_id(collection, last_page(total, size)),
    }


def turns(collection: str, total: int, leaf: Leaf) -> dict[str, Any]:
    """What a page says of itself and those beside it."""
    last = last_page(total, leaf.size)
    around = {"next": leaf.number + 1, "prev": leaf.number - 1}
    return {
        "id": page_id(collection, leaf.number),
        "partOf": collection,
        "totalItems": total,
        "first": page_id(collection, FIRST),
        "last": page_id(collection, last),
        **{name: page_id(collection, number) for name, number in around.items() if FIRST <= number <= last},
    }


def ordered(collection: str, total: int, size: int, *, owner: str | None = None, context: Context = PLAIN) -> Document:
    """A collection whose items are on its pages."""
    return {
        "@context": list(context),
        "type": "OrderedCollection",
        "id": collection,
        **({} if owner is None else {"attributedTo": owner}),
        "totalItems": total,
        **ends(collection, total, size),
    }


def ordered_page(
    collection: str, total: int, leaf: Leaf, items: Sequence[object], *, context: Context = PLAIN
) -> Document:
    """One of its pages."""
    return {
        "@context": list(context),
        "type": "OrderedCollectionPage",
        **turns(collection, total, leaf),
        "orderedItems": list(items),
    }


def counted(collection: str, total: int, *, owner: str | None = None) -> Document:
    """A collection that tells how many are in it, and not who."""
    return {
        "@context": list(PLAIN),
        "type": "OrderedCollection",
        "id": collection,
        **({} if owner is None else {"attributedTo": owner}),
        "totalItems": total,
    }
