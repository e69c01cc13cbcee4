"""
What all documents of the REST face share: dates, pages, pictures, long texts.

Source: docs/api.md §1.3, §1.4, §3.1, §3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from attrs import frozen

from fwtwisted.model.errors import NotFound
from fwtwisted.model.music import Attachment
from fwtwisted.wire.names import rendition_name

Document: TypeAlias = "dict[str, Any]"
Query: TypeAlias = Mapping[str, Sequence[str]]
"""A query string: each name with its values, in the order in which they came."""

PAGE_SIZE = 50
LONGEST_NUMBER = 10  # digits


def when(moment: datetime) -> str:
    """A time as documents tell it: UTC, microseconds, ``Z``."""
    text = moment.isoformat()
    if not text.endswith("+00:00"):  # the database speaks UTC, so this is rare
        text = moment.astimezone(UTC).isoformat()
    return text[: -len("+00:00")] + "Z"


def when_or_none(moment: datetime | None) -> str | None:
    """:func:`when`, for what may never have happened."""
    return None if moment is None else when(moment)


# --- pages ---------------------------------------------------------------------------------------


@frozen
class Paging:
    """
    Which page of a list is asked for.

    :ivar number: from 1.
    :ivar size: how many items on a page.
    """

    number: int = 1
    size: int = PAGE_SIZE

    @property
    def offset(self) -> int:
        """How many items come before the page."""
        return (self.number - 1) * self.size


def last(query: Query, name: str) -> str | None:
    """A parameter that takes one value: the last one that was sent; None when none was."""
    values = query.get(name)
    return values[-1] if values else None


def paging(query: Query, *, largest: int = PAGE_SIZE) -> Paging:
    """
    What ``page`` and ``page_size`` ask for.  Sizes are clamped to ``largest``, those that are none are ignored.

    :raise NotFound: for a page that no list can have.
    """
    size = _whole((last(query, "page_size") or "").strip()[:LONGEST_NUMBER])
    number = last(query, "page") or "1"
    page = _whole(number)
    if page is None:
        raise NotFound("Invalid page.")
    return Paging(page, min(size or PAGE_SIZE, largest))


def _whole(text: str | None) -> int | None:
    """A whole number from 1 on; None for all else."""
    text = (text or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        return None
    return int(text) or None


def page(results: Sequence[object], count: int, paging: Paging, base: str, query: Query) -> Document:
    """
    A page of a list.

    :param count: items on all pages together.
    :param base: the list's own absolute URL, as the world knows it.
    :raise NotFound: when the list has no such page.
    """
    if paging.number > 1 and paging.offset >= count:
        raise NotFound("Invalid page.")
    has_next = paging.offset + paging.size < count
    return {
        "count": count,
        "next": _page_url(base, query, paging.number + 1) if has_next else None,
        "previous": _page_url(base, query, paging.number - 1) if paging.number > 1 else None,
        "results": results,
    }


def _page_url(base: str, query: Query, number: int) -> str:
    """The URL of a page: all parameters sorted by name, the first page without ``page``."""
    pairs = [(name, value) for name, values in query.items() if name != "page" for value in values]
    if number > 1:
        pairs.append(("page", str(number)))
    pairs.sort(key=lambda pair: pair[0])
    return f"{base}?{urlencode(pairs)}" if pairs else base


# --- pictures and texts --------------------------------------------------------------------------


@frozen
class Pictures:
    """
    Where pictures are found.

    :ivar media_url: public base of media, with a slash at its end.
    :ivar public_url: the pod's, without one.
    :ivar quality: of JPEG renditions; it is part of their names.
    :ivar renditions: made at all; else the original stands for each.
    :ivar elsewhere: URL of a public file at a store that clients are sent to; None: they come to us, for all or for
        this one.
    """

    media_url: str
    public_url: str
    quality: int = 95
    renditions: bool = True
    elsewhere: Callable[[str], str | None] | None = None

    def url(self, name: str) -> str:
        """Where a client finds the public file of that name."""
        there = None if self.elsewhere is None else self.elsewhere(name)
        if there is not None:
            return there
        return self.media_url + _quoted(name)


@lru_cache(maxsize=30_000)
def _quoted(name: str) -> str:
    return quote(name, safe="/~!*()'")


RENDITION_SIZES = {"medium_square_crop": 200, "large_square_crop": 600}


def attachment(picture: Attachment | None, pictures: Pictures) -> Document | None:
    """A picture's document; None stays None.  What is not here yet points at the place that fetches it."""
    if picture is None:
        return None
    return {
        "uuid": str(picture.uuid),
        "size": picture.size,
        "mimetype": picture.mimetype,
        "creation_date": when(picture.creation_date),
        "urls": {"source": picture.url, **_picture_urls(picture, pictures)},
    }


def _picture_urls(picture: Attachment, pictures: Pictures) -> dict[str, str]:
    name = picture.file
    if name is None:
        proxy = f"{pictures.public_url}/api/v1/attachments/{picture.uuid}/proxy?next="
        return {which: proxy + which for which in ("original", *RENDITION_SIZES)}
    names = {"original": name}
    for which, size in RENDITION_SIZES.items():
        names[which] = rendition_name(name, size, pictures.quality) if pictures.renditions else name
    return {which: pictures.url(stored) for which, stored in names.items()}
