"""
What all documents are written with: addresses of this pod, dates, pictures, tags, long texts.

Source: docs/federation.md §2.1, §3, §3.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from attrs import evolve, frozen

from fwtwisted.model.federation import PeerClass
from fwtwisted.model.music import Attachment
from fwtwisted.model.people import Pod
from fwtwisted.model.shown import Sort, page_of
from fwtwisted.wire.audio_keys import AudioKeys
from fwtwisted.wire.markup import rendered
from fwtwisted.wire.v1 import Document, Pictures

HTML: Final = "text/html"
LONGEST_CONTENT: Final = 5_000  # characters
LARGEST_ATTACHED: Final = 40_000_000  # bytes: what Mastodon takes
LONGEST_TAG: Final = 100  # characters
MOST_TAGS: Final = 30
# Where a text is cut that is too long: plain words become at most five times longer as HTML.
_CUTS: Final = (4_800, 2_400, 900)


@frozen
class Paper:
    """
    What documents are written on.

    :ivar attaches_audio: what channels publish carries its file as an attachment, too, which other programs play.
    :ivar keys: of files for those who cannot sign; None: there are none.
    :ivar gives_keys: what is written goes to such readers, who may hear it.
    """

    pod: Pod
    pictures: Pictures
    attaches_audio: bool = True
    keys: AudioKeys | None = None
    gives_keys: bool = False

    @property
    def giving_keys(self) -> Paper:
        """The same for followers whose servers do not sign when they fetch a file."""
        return evolve(self, gives_keys=self.attaches_audio)

    # --- addresses -------------------------------------------------------------------------------

    def music(self, kind: str, uuid: UUID) -> str:
        """The id of a thing of music.  :param kind: ``tracks``, ``albums``, …"""
        return self.pod.fid(f"music/{kind}/{uuid}")

    def page(self, sort: Sort, key: object) -> str:
        """Where people look at a thing."""
        return self.pod.url + page_of(sort, key)

    def sound(self, track: UUID, upload: UUID) -> str:
        """Where a file of a track is heard."""
        return f"{self.pod.url}/api/v1/listen/{track}/?upload={upload}&download=false"

    def posted_sound(self, track: UUID, upload: UUID) -> str:
        """The same for a file that a channel published."""
        url = self.sound(track, upload)
        return url if self.keys is None or not self.gives_keys else f"{url}&key={self.keys.of(upload)}"

    # --- members that many documents have --------------------------------------------------------

    def image(self, picture: Attachment | None) -> Document | None:
        """A picture; None stays None."""
        if picture is None:
            return None
        url = self.pictures.url(picture.file) if picture.file is not None else picture.url
        return None if url is None else {"type": "Image", "mediaType": picture.mimetype or "image/jpeg", "url": url}

    def tags(self, names: Sequence[str]) -> list[Document]:
        """Tags as hashtags, each with where people find more of it."""
        return [
            {"type": "Hashtag", "name": f"#{name}", "href": f"{self.pod.url}/library/tags/{quote(name, safe='')}"}
            for name in names[:MOST_TAGS]
            if len(name) <= LONGEST_TAG
        ]


def link(kind: str, url: str, **more: int | None) -> Document:
    """A Link.  :param more: further members; None is left out."""
    facts = {name: value for name, value in more.items() if value is not None}
    return {"type": "Link", "mediaType": kind, **facts, "href": url}


def moment(when: datetime) -> str:
    """A time, with its offset: some readers know no ``Z``."""
    return when.astimezone(UTC).isoformat()


def words(text: str | None, kind: str | None) -> dict[str, Any]:
    """A long text as ``content`` and its type; nothing when there is none."""
    html = html_of(text, kind)
    return {} if html is None else {"content": html, "mediaType": HTML}


def html_of(text: str | None, kind: str | None) -> str | None:
    """
    A long text as HTML; None when there is none.

    What comes out longer than others take is told in plain words, cut.
    """
    if not text:
        return None
    html = rendered(text, kind or "text/markdown")
    for most in _CUTS:
        if len(html) <= LONGEST_CONTENT:
            break
        html = rendered(text[:most], "text/plain")
    return html


def duration(seconds: int, peer: PeerClass | None) -> int | str:
    """
    How long a sound is, as the reader wants to be told: Funkwhale 1.x refuses what everybody else reads.

    Source: docs/federation.md §3.9.
    """
    return seconds if peer is PeerClass.G1 else iso_duration(seconds)


def iso_duration(seconds: int) -> str:
    """Seconds as an ``xsd:duration``."""
    hours, rest = divmod(max(0, seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    told = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    return f"PT{told or '0S'}"
