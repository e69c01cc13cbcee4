"""
oEmbed: how an object is shown within other pages.

Source: docs/api.md §4.5; https://oembed.com/.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from fwtwisted.model.errors import Invalid
from fwtwisted.model.shown import Shown, Sort
from fwtwisted.wire.opengraph import APP, THUMBNAIL, Addresses
from fwtwisted.wire.v1 import Document

WIDTH: Final = 600
HEIGHT: Final = 400
TRACK_HEIGHT: Final = 150
LARGEST: Final = 10_000  # pixels
REQUIRED: Final = "This field is required."


@frozen
class Wanted:
    """What somebody wants to embed.  :ivar url: of the page.  :ivar width: pixels at most; so is ``height``."""

    url: str
    width: int
    height: int


def wanted(asked: Mapping[str, str]) -> Wanted:
    """What a query asks for.  :raise Invalid: something is missing, or cannot be."""
    problems: dict[str, list[str]] = {}
    form = asked.get("format", "")
    if form != "json":
        problems["format"] = [f'"{form[:100]}" is not a valid choice.' if form else REQUIRED]
    if not asked.get("url"):
        problems["url"] = [REQUIRED]
    sizes = {name: _pixels(asked.get(name), problems, name) for name in ("maxwidth", "maxheight")}
    if problems:
        raise Invalid(problems)
    return Wanted(asked["url"], sizes["maxwidth"], sizes["maxheight"])


def _pixels(text: str | None, problems: dict[str, list[str]], name: str) -> int:
    if not text:
        return LARGEST
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        problems[name] = ["A valid integer is required."]
        return LARGEST
    return min(int(text[:9]), LARGEST)


def oembed(shown: Shown, wish: Wanted, addresses: Addresses) -> Document:
    """The document of an object."""
    width = min(WIDTH, wish.width)
    height = min(TRACK_HEIGHT if shown.sort is Sort.TRACK else HEIGHT, wish.height)
    author = shown.author or shown.title
    title = f"{shown.title} by {author}" if shown.sort in (Sort.TRACK, Sort.ALBUM) else shown.title
    document: Document = {
        "version": "1.0",
        "type": "rich",
        "provider_name": APP,
        "provider_url": addresses.public_url,
        "width": width,
        "height": height,
        "title": title,
        "description": title,
        "author_name": author,
        "author_url": addresses.at(shown.author_path or shown.path),
        "html": (
            f'<iframe width="{width}" height="{height}" scrolling="no" frameborder="no"'
            f' title="{html.escape(title)}" src="{html.escape(addresses.player(shown))}"></iframe>'
        ),
    }
    thumbnail = addresses.thumbnail(shown.picture)
    if thumbnail is not None:
        document |= {"thumbnail_url": thumbnail, "thumbnail_width": THUMBNAIL, "thumbnail_height": THUMBNAIL}
    return document
