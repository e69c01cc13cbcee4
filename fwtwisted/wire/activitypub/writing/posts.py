"""
What channels publish: Audio for everybody who takes it, and a Note for those who do not.

Source: docs/federation.md §3.3, §7.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final

from fwtwisted.model.federation import PeerClass
from fwtwisted.model.licenses import LICENSES
from fwtwisted.model.music import Track
from fwtwisted.model.published import Post, Works
from fwtwisted.model.shown import Sort
from fwtwisted.wire.activitypub.contexts import PLAIN, POSTED, PUBLIC
from fwtwisted.wire.activitypub.writing.actors import followers
from fwtwisted.wire.activitypub.writing.paper import (
    HTML,
    LARGEST_ATTACHED,
    LONGEST_TAG,
    MOST_TAGS,
    Paper,
    duration,
    html_of,
    link,
    moment,
    words,
)
from fwtwisted.wire.v1 import Document

# Other names of the same, for files that are attached: Mastodon fetches nothing whose type is not in its list.
PLAYABLE: Final = {"audio/opus": "audio/ogg", "audio/x-flac": "audio/flac", "application/ogg": "audio/ogg"}


def audio(post: Post, works: Works, paper: Paper, peer: PeerClass | None) -> Document:
    """
    A post of a channel, without context.

    :param peer: who reads it; None: nobody knows, and then the one member is left out that no form of suits all.
    """
    found = works.tracks[post.track_id]
    return {
        "type": "Audio",
        "id": post.fid,
        "name": found.title,
        "attributedTo": post.channel,
        "to": PUBLIC,
        "cc": followers(post.channel),
        "published": moment(post.published),
        **_edited(post),
        "url": [  # the page first, which Mastodon links to
            link(HTML, paper.page(Sort.TRACK, found.id)),
            link(post.mimetype, paper.posted_sound(found.uuid, post.uuid), bitrate=post.bitrate, size=post.size),
        ],
        **({} if peer is None or post.duration is None else {"duration": duration(post.duration, peer)}),
        **_facts(found, works),
        **words(found.description, found.description_type),
        "image": _image(found, works, paper),
        **_tags(found, works, paper, peer),
        **_attachment(post, found, works, paper),
        **reactions(post),
    }


def audio_whole(document: Document) -> Document:
    """A post that stands for itself."""
    return {"@context": list(POSTED), **document}


def note(post: Post, works: Works, paper: Paper) -> Document:
    """The same post as a Note, without context."""
    found = works.tracks[post.track_id]
    url = paper.page(Sort.TRACK, found.id)
    told = html_of(found.description, found.description_type)
    title = escape(found.title, quote=False)
    text = f'<p>{title}</p>{told or ""}<p><a href="{escape(url)}" rel="noopener noreferrer">{escape(url)}</a></p>'
    image = _image(found, works, paper)
    return {
        "type": "Note",
        "id": note_id(post.fid),
        "attributedTo": post.channel,
        "to": [PUBLIC],
        "cc": [followers(post.channel)],
        "published": moment(post.published),
        **_edited(post),
        "url": url,
        "content": text,
        **({} if image is None else {"image": image}),
        "tag": paper.tags(works.track_tags.get(found.id, ())),
        "attachment": [_player(post, found, paper, image)],
        **reactions(post),
    }


def reactions(post: Post) -> dict[str, Document]:
    """How many like a post and how many told theirs of it, by what the collection is called; not who."""
    return {
        name: {"type": "Collection", "id": f"{post.fid}/{name}", "totalItems": total}
        for name, total in (("likes", post.likes), ("shares", post.shares))
    }


def note_whole(document: Document) -> Document:
    """A note that stands for itself."""
    return {"@context": list(PLAIN), **document}


def note_id(post: str) -> str:
    """The id of the note that stands for a post.  :param post: its id."""
    return f"{post}/note"


def post_of(id: str) -> str:
    """The id of the post that a note stands for; any other id as it is."""
    return id.removesuffix("/note")


def activity_id(post: str) -> str:
    """The id of the activity that made a post.  :param post: its id, or its note's."""
    return f"{post}/activity"


def _edited(post: Post) -> dict[str, Any]:
    """When it last became another: without this GoToSocial shows new words as the old ones, and others none."""
    return {} if post.edited is None or post.edited < post.published else {"updated": moment(post.edited)}


def _facts(found: Track, works: Works) -> dict[str, Any]:
    """What a track has, and only that."""
    record = None if found.album_id is None else works.albums.get(found.album_id)
    known = LICENSES.get(found.license or "")
    facts = {
        "position": found.position,
        "disc": found.disc_number,
        "album": None if record is None else record.fid,
        "license": None if known is None else known.id,
        "copyright": found.copyright or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _image(found: Track, works: Works, paper: Paper) -> Document | None:
    """The post's own picture."""
    return None if found.cover_id is None else paper.image(works.pictures.get(found.cover_id))


def _tags(found: Track, works: Works, paper: Paper, peer: PeerClass | None) -> dict[str, Any]:
    """Hashtags; and the line in which Mastodon shows them, which others would hide the post behind."""
    names = [name for name in works.track_tags.get(found.id, ()) if len(name) <= LONGEST_TAG][:MOST_TAGS]
    if not names:
        return {}
    summary = {} if peer is PeerClass.BARE else {"summary": " ".join(f"#{name}" for name in names)}
    return {"tag": paper.tags(names), **summary}


def _attachment(post: Post, found: Track, works: Works, paper: Paper) -> dict[str, Any]:
    """The file itself, for a player in the timeline."""
    if not paper.attaches_audio or (post.size or 0) > LARGEST_ATTACHED:
        return {}
    return {"attachment": [_player(post, found, paper, _image(found, works, paper))]}


def _player(post: Post, found: Track, paper: Paper, image: Document | None) -> Document:
    """The file, with the picture that Mastodon's player shows: it looks at none that stands beside."""
    url = paper.posted_sound(found.uuid, post.uuid)
    kind = PLAYABLE.get(post.mimetype, post.mimetype)
    sound: Document = {"type": "Audio", "mediaType": kind, "url": url, "name": found.title}
    return sound if image is None else {**sound, "icon": image}
