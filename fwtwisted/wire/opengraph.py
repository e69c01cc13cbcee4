"""
What a page says to crawlers and chats: Open Graph, Twitter cards, links to other forms of the object.

Source: docs/api.md §6.1; https://ogp.me/.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

from attrs import frozen

from fwtwisted.model.music import Attachment
from fwtwisted.model.shown import Shown, Sort
from fwtwisted.wire.html import Tag, link, meta
from fwtwisted.wire.v1 import Pictures, attachment

APP: Final = "Funkwhale"
THUMBNAIL: Final = 200  # pixels, either way
PLAYER_SIZE: Final = (600, 400)
ACTIVITY_TYPE: Final = "application/activity+json"
OEMBED_TYPE: Final = "application/json+oembed"
FEED_TYPE: Final = "application/rss+xml"
TYPES: Final = {
    Sort.TRACK: "music.song",
    Sort.ALBUM: "music.album",
    Sort.PLAYLIST: "music.playlist",
    Sort.LIBRARY: "website",
}


@frozen
class Addresses:
    """
    What addresses are made with.

    :ivar public_url: the pod's, no slash at its end.  :ivar embed_url: of the page that plays within other pages.
    """

    public_url: str
    embed_url: str
    pictures: Pictures

    def at(self, path: str) -> str:
        """The absolute URL of a path of ours, which may hold any script."""
        return self.public_url + quote(path, safe="/@:~!$&'()*+,;=-._")

    def player(self, shown: Shown) -> str:
        """Where an object plays within other pages."""
        joint = "&" if "?" in self.embed_url else "?"
        return f"{self.embed_url}{joint}{urlencode({'type': shown.sort.value, 'id': shown.key})}"

    def thumbnail(self, picture: Attachment | None) -> str | None:
        """A small square version of a picture."""
        document = attachment(picture, self.pictures)
        url: str | None = None if document is None else document["urls"]["medium_square_crop"]
        return url

    def oembed(self, url: str) -> str:
        """Where a page at ``url`` tells how it is embedded."""
        return f"{self.public_url}/api/v1/oembed/?{urlencode({'format': 'json', 'url': url})}"


@frozen
class Site:
    """What holds for all pages.  :ivar picture: URL of one for pages without; None for none."""

    name: str
    description: str
    picture: str | None
    federates: bool


def object_tags(shown: Shown, addresses: Addresses, site: Site) -> list[Tag]:
    """What the page of one object says."""
    url = addresses.at(shown.path)
    told = [
        ("og:url", url),
        ("og:title", shown.title),
        ("og:type", TYPES.get(shown.sort, "profile")),
        ("og:description", shown.description),
        *((name, addresses.at(value) if value.startswith("/") else value) for name, value in shown.facts),
        ("og:image", addresses.thumbnail(shown.picture)),
        ("og:audio", None if shown.listen_path is None else addresses.at(shown.listen_path)),
    ]
    return [meta(name, value) for name, value in told if value] + _links(shown, url, addresses, site)


def _links(shown: Shown, url: str, addresses: Addresses, site: Site) -> list[Tag]:
    """Its other forms."""
    tags = []
    if site.federates and shown.fid is not None:
        tags.append(link(ACTIVITY_TYPE, shown.fid))
    if shown.feed_url is not None:
        tags.append(link(FEED_TYPE, shown.feed_url, f"{shown.title} - RSS Podcast Feed"))
    if shown.playable:
        width, height = PLAYER_SIZE
        tags.append(link(OEMBED_TYPE, addresses.oembed(url)))
        tags.append(meta("twitter:card", "player"))
        tags.append(meta("twitter:player", addresses.player(shown)))
        tags.append(meta("twitter:player:width", width))
        tags.append(meta("twitter:player:height", height))
    return tags


def site_tags(site: Site, path: str, addresses: Addresses, said: list[Tag]) -> list[Tag]:
    """What every page says, apart from what it has ``said`` already."""
    known = {dict(tag.attributes).get("property") for tag in said}
    told = (
        ("og:type", "website"),
        ("og:site_name", " - ".join(filter(None, (site.name, APP)))),
        ("og:description", site.description),
        ("og:image", site.picture),
        ("og:url", addresses.at(path)),
    )
    return [meta(name, value) for name, value in told if value and name not in known]
