"""
The page of a share, as it goes to outsiders: a list of songs with a player, and what crawlers want to know of it.

It works without a script: every song has a player of its own.  With one, they play one after the other.
Source: docs/subsonic.md rule 59; https://ogp.me/.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit
from uuid import UUID

from attrs import frozen

from fwtwisted.model.together import SharedSong, SharePage
from fwtwisted.wire.html import Tag, meta


@frozen
class Look:
    """
    What surrounds a share.

    :ivar pod: the pod's name.  :ivar url: of the share.
    :ivar picture: URL of a song's picture; None: it has none.
    """

    pod: str
    url: str
    picture: str | None


def page(shared: SharePage, look: Look) -> str:
    """The whole page."""
    title = title_of(shared)
    tags = "\n".join(str(tag) for tag in _tags(shared, look, title))
    songs = "\n".join(_song(song, look) for song in shared.songs)
    picture = f'<img class="art" src="{escape(look.picture)}" alt="">\n' if look.picture else ""
    told = f'<p class="told">{escape(shared.description)}</p>\n' if shared.description else ""
    nothing = "" if shared.songs else '<p class="note">There is nothing to hear here any more.</p>\n'
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="robots" content="noindex">\n'
        '<link rel="icon" href="/icon.svg" type="image/svg+xml">\n'
        '<link rel="stylesheet" href="/embed/shared.css">\n'
        '<script type="module" src="/embed/shared.js"></script>\n'
        f"{tags}\n</head>\n<body>\n<main>\n<header>\n{picture}"
        f"<div><h1>{escape(title)}</h1>\n{told}"
        f'<p class="by">Shared by {escape(shared.username)} on {escape(look.pod)}</p></div>\n</header>\n'
        f"{nothing}<ol>\n{songs}\n</ol>\n</main>\n</body>\n</html>\n"
    )


def title_of(shared: SharePage) -> str:
    """What a share is called: its song, its album, or its first words."""
    songs = shared.songs
    if len(songs) == 1:
        return f"{songs[0].title} – {songs[0].artist}"
    albums = {song.album for song in songs}
    if len(albums) == 1 and songs and songs[0].album:
        return f"{songs[0].album} – {songs[0].artist}"
    return f"{len(songs)} songs" if songs else "A share"


def picture_of(shared: SharePage) -> UUID | None:
    """The first picture of its songs."""
    return next((song.picture for song in shared.songs if song.picture is not None), None)


def _tags(shared: SharePage, look: Look, title: str) -> Iterable[Tag]:
    """Open Graph: what chats and crawlers show."""
    yield meta("og:url", look.url)
    yield meta("og:title", title)
    yield meta("og:site_name", look.pod)
    yield meta("og:type", "music.song" if len(shared.songs) == 1 else "music.playlist")
    yield meta("og:description", shared.description or f"Shared by {shared.username}")
    if look.picture is not None:
        yield meta("og:image", look.picture)
    for song in shared.songs[:1]:
        yield meta("og:audio", address(look.url, song))
        yield meta("og:audio:type", song.mimetype)


def _song(song: SharedSong, look: Look) -> str:
    by = " · ".join(part for part in (song.artist, song.album) if part)
    minutes, seconds = divmod(song.duration, 60)
    time = f'<span class="time">{minutes}:{seconds:02}</span>' if song.duration else ""
    return (
        f'<li><div class="what"><span class="title">{escape(song.title)}</span>'
        f'<span class="by">{escape(by)}</span></div>{time}\n'
        f'<audio controls preload="none" src="{escape(address(urlsplit(look.url).path, song))}"></audio></li>'
    )


def address(url: str, song: SharedSong) -> str:
    """Where a song of a share is heard.  :param url: the share's; its path alone will do for the share's own page."""
    return f"{url}/{song.place}"
