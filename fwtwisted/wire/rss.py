"""
Channels as RSS 2.0, for directories and podcast apps, and lists of channels as OPML.

What is written keeps to the rules of the large directories: addresses are absolute, a ``guid`` never changes, dates are
those of mail, flags are ``true`` or ``false``, categories come from the fixed list, and what XML cannot hold is left
out.  The picture goes out as its owner sent it; Apple wants a square of 1400 to 3000 pixels, which nobody can make of a
smaller one.

The length of an enclosure is that of the bytes which ``stream/<track>.mp3`` sends: of the file, where that is an MP3
already, or of the MP3 that is kept of it.  Where neither exists yet it is what the MP3 will have by its bitrate.

Source: docs/api.md §4.15; RSS 2.0; Apple's "A podcaster's guide to RSS"; the podcast namespace (``guid``, ``medium``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import unescape
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from attrs import frozen

from fwtwisted.model.accounts import LongText
from fwtwisted.model.music import Attachment
from fwtwisted.model.people import Actor
from fwtwisted.model.podcasts import Channel, ChannelPage, Episode
from fwtwisted.wire.markup import rendered
from fwtwisted.wire.v1 import attachment
from fwtwisted.wire.v1.channels import ChannelPaper, rss_url

NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xmlns:media": "http://search.yahoo.com/mrss/",
    "xmlns:podcast": "https://podcastindex.org/namespace/1.0",
}
MP3 = "audio/mpeg"
MOST_MP3_BITS = 320_000  # a second: the most that an MP3 can have
LONGEST_SUBTITLE = 255
LONGEST_SUMMARY = 4_000
MOST_KEYWORDS = 12
# From the podcast namespace: the same feed has the same id wherever it is computed.
PODCAST_IDS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")

# What XML 1.0 cannot hold, escaped or not.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = re.compile(r"<[^>]*>")
_ENDS = re.compile(r"</(?:p|li|h\d|blockquote|tr)>|<br\s*/?>", re.IGNORECASE)


@frozen
class Says:
    """A long text in the forms that a feed has it in.  :ivar plain: without any markup."""

    html: str
    plain: str


def says(text: LongText | None) -> Says:
    """A long text for a feed; both forms are empty when there is none."""
    if text is None or not text.text:
        return Says("", "")
    html = rendered(text.text, text.content_type)
    plain = unescape(_TAGS.sub("", _ENDS.sub("\n", html)))
    return Says(html, re.sub(r"\n{3,}", "\n\n", plain).strip())


def feed(
    channel: Channel, page: ChannelPage, episodes: Sequence[Episode], paper: ChannelPaper, *, transcodes: bool
) -> bytes:
    """
    A channel of ours with its episodes, as RSS.

    :param page: that the channel is on.
    :param transcodes: what is no MP3 is sent as one.
    """
    root = Element("rss", {"version": "2.0", **NAMESPACES})
    top = SubElement(root, "channel")
    _head(top, channel, page, paper)
    explicit = _truth(channel.metadata.get("explicit"))
    for episode in episodes:
        _item(SubElement(top, "item"), episode, paper, explicit, transcodes=transcodes)
    newest = max((page.artists[channel.artist_id].modification_date, *(one.modified for one in episodes)))
    _add(top, "lastBuildDate", _date(newest))
    return tostring(root, "utf-8", xml_declaration=True)


def _head(top: Element, channel: Channel, page: ChannelPage, paper: ChannelPaper) -> None:
    """What the channel says of itself."""
    artist, speaker = page.artists[channel.artist_id], page.actors[channel.actor_id]
    metadata, link = channel.metadata, _page_url(speaker, paper)
    told = says(LongText(artist.description, artist.description_type or "") if artist.description else None)
    own = rss_url(channel, page, paper)
    _add(top, "title", artist.name)
    _add(top, "link", link)
    SubElement(top, "atom:link", {"rel": "self", "type": "application/rss+xml", "href": own})
    SubElement(top, "atom:link", {"rel": "alternate", "type": "application/activity+json", "href": speaker.fid})
    _add(top, "description", told.plain[:LONGEST_SUMMARY] or artist.name)
    _add(top, "itunes:summary", told.html if len(told.html) <= LONGEST_SUMMARY else told.plain[:LONGEST_SUMMARY])
    _add(top, "itunes:subtitle", _line(told.plain))
    _add(top, "language", metadata.get("language"))
    _add(top, "copyright", metadata.get("copyright"))
    _add(top, "itunes:explicit", _truth(metadata.get("explicit")))
    _add(top, "itunes:author", metadata.get("owner_name") or artist.name)
    owner = SubElement(top, "itunes:owner")
    _add(owner, "itunes:name", metadata.get("owner_name") or artist.name)
    _add(owner, "itunes:email", metadata.get("owner_email"))
    _add(top, "itunes:type", "episodic")
    _category(top, metadata.get("itunes_category"), metadata.get("itunes_subcategory"))
    _add(top, "itunes:keywords", ",".join(list(page.tags.get(artist.id, ()))[:MOST_KEYWORDS]))
    _add(top, "podcast:guid", str(uuid5(PODCAST_IDS, own.partition("://")[2].rstrip("/"))))
    _add(top, "podcast:medium", "music" if artist.content_category == "music" else "podcast")
    _picture(top, page.covers.get(artist.cover_id or 0), artist.name, link, paper)


def _picture(top: Element, cover: Attachment | None, title: str, link: str, paper: ChannelPaper) -> None:
    url = _picture_url(cover, paper)
    if url is None:
        return
    SubElement(top, "itunes:image", {"href": url})
    image = SubElement(top, "image")
    _add(image, "url", url)
    _add(image, "title", title)
    _add(image, "link", link)


def _category(top: Element, name: object, within: object) -> None:
    if not name:
        return
    outer = SubElement(top, "itunes:category", {"text": _fit(str(name))})
    if within:
        SubElement(outer, "itunes:category", {"text": _fit(str(within))})


def _item(item: Element, episode: Episode, paper: ChannelPaper, explicit: str, *, transcodes: bool) -> None:
    told = says(episode.description)
    _add(item, "title", episode.title)
    _add(item, "itunes:title", episode.title)
    _add(item, "guid", str(episode.upload)).set("isPermaLink", "false")
    _add(item, "pubDate", _date(episode.published))
    _add(item, "itunes:duration", _clock(episode.duration))
    _add(item, "itunes:explicit", explicit)
    _add(item, "itunes:episodeType", "full")
    _add(item, "itunes:season", episode.season)
    _add(item, "itunes:episode", episode.position)
    _add(item, "itunes:keywords", ",".join(list(episode.tags)[:MOST_KEYWORDS]))
    _add(item, "link", f"{paper.public_url}/library/tracks/{episode.track_id}")
    size, kind = enclosed(episode, transcodes=transcodes)
    url = f"{paper.public_url}/api/v1/stream/{episode.track}.mp3"
    SubElement(item, "enclosure", {"url": url, "length": str(size), "type": kind})
    cover = _picture_url(episode.cover, paper)
    if cover is not None:
        SubElement(item, "itunes:image", {"href": cover})
    _add(item, "description", told.plain[:LONGEST_SUMMARY] or episode.title)
    _add(item, "itunes:subtitle", _line(told.plain))
    _add(item, "itunes:summary", told.html if len(told.html) <= LONGEST_SUMMARY else told.plain[:LONGEST_SUMMARY])
    _add(item, "content:encoded", told.html)


def enclosed(episode: Episode, *, transcodes: bool) -> tuple[int, str]:
    """How many bytes of which media type ``stream/<track>.mp3`` sends, as far as can be known."""
    if episode.mimetype == MP3 or not transcodes:
        return episode.size or 0, episode.mimetype or MP3
    if episode.mp3_size is not None:
        return episode.mp3_size, MP3
    bits = min(episode.bitrate or MOST_MP3_BITS, MOST_MP3_BITS) * (episode.duration or 0)
    return bits // 8, MP3


# --- lists ---------------------------------------------------------------------------------------


def outlines(page: ChannelPage, paper: ChannelPaper, title: str) -> bytes:
    """Channels as OPML."""
    root = Element("opml", {"version": "2.0"})
    _add(SubElement(root, "head"), "title", title)
    body = SubElement(root, "body")
    for channel in page.channels:
        name = _fit(page.artists[channel.artist_id].name)
        speaker = page.actors[channel.actor_id]
        html = speaker.url if channel.is_feed else _page_url(speaker, paper)
        told = {"type": "rss", "title": name, "text": name, "xmlUrl": _fit(rss_url(channel, page, paper))}
        SubElement(body, "outline", told | ({"htmlUrl": _fit(html)} if html else {}))
    return tostring(root, "utf-8", xml_declaration=True)


# --- pieces --------------------------------------------------------------------------------------


def _add(parent: Element, name: str, value: object) -> Element:
    """An element with a text, unless there is none to tell."""
    made = Element(name)
    if value is not None and value != "":
        made.text = _fit(str(value))
        parent.append(made)
    return made


def _fit(text: str) -> str:
    """The text without what XML cannot hold."""
    return _UNFIT.sub("", text)


def _line(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBTITLE else line[: LONGEST_SUBTITLE - 1].rstrip() + "…"


def _date(moment: datetime) -> str:
    """As mail writes it.  Source: RFC 2822, 3.3."""
    return format_datetime(moment)


def _clock(seconds: int | None) -> str | None:
    """``HH:MM:SS``."""
    if seconds is None:
        return None
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _truth(value: object) -> str:
    return "true" if value is True else "false"


def _page_url(speaker: Actor, paper: ChannelPaper) -> str:
    """The channel's page for people."""
    return f"{paper.public_url}/channels/{speaker.preferred_username}"


def _picture_url(cover: Attachment | None, paper: ChannelPaper) -> str | None:
    found = attachment(cover, paper.pictures)
    return None if found is None else str(found["urls"]["original"])
