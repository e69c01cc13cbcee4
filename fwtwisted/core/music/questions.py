"""
The looking up of everything that a question to the catalog refers to.

A :class:`Question` comes from a face; :func:`music_filter` turns it into the :class:`MusicFilter` that
``db/music/catalog_filters.py`` understands.  Source: docs/api.md §1.5 and §4.8.
"""

from __future__ import annotations

import re

from fwtwisted.db.music import catalog
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind, MusicFilter, Scope
from fwtwisted.model.people import Viewer
from fwtwisted.model.questions import Question

SIGNS = re.compile(r"[\"&()!:*|<>\\]")
WORD = re.compile(r"\w", re.UNICODE)
MOST_WORDS = 20  # of a search, and of a scope; each costs PostgreSQL work, and no person writes more
LONGEST_WORD = 100  # characters


def words_of(text: str) -> tuple[str, ...]:
    """
    The words of a search: signs of the query language removed, those without a letter or digit dropped.

    What is more than :data:`MOST_WORDS` is left out.  Apostrophes stay: the database reads them as the gaps that they
    are in its own texts.
    """
    cleaned = (SIGNS.sub("", word)[:LONGEST_WORD] for word in text.split())
    return tuple(dict.fromkeys(word for word in cleaned if WORD.search(word)))[:MOST_WORDS]


def raw_query(text: str) -> str | None:
    """The text between enclosing double quotes, which PostgreSQL reads itself."""
    inner = text.strip()
    return inner[1:-1] if len(inner) > 2 and inner[0] == inner[-1] == '"' else None


async def music_filter(tx: Tx, kind: Kind, viewer: Viewer, question: Question) -> MusicFilter:
    """
    Look up what the question refers to.

    :raise Invalid: an artist or album that does not exist is named by number.
    """
    await _must_exist(tx, kind, question)
    library = await catalog.library_id(tx, question.library) if question.library else None
    channel_artist = await catalog.channel_artist(tx, question.channel) if question.channel else None
    nothing = (
        question.unknown
        or (question.library is not None and library is None)
        or (question.channel is not None and channel_artist is None)
        or (question.favorites and viewer.actor_id is None)
    )
    raw = raw_query(question.q) if question.q else None
    words = words_of(question.q) if question.q and raw is None else None
    hidden: list[int] = []
    if viewer.account_id is not None and question.hidden is not None:
        hidden = await catalog.hidden_artists(tx, viewer.account_id)
    return MusicFilter(
        words=words,
        raw=raw,
        playable=question.playable,
        include_channels=question.include_channels or question.channel is not None,
        hidden=tuple(hidden),
        only_hidden=bool(question.hidden) and viewer.account_id is not None,
        scopes=await scopes_of(tx, viewer, question.scope),
        library=library,
        related=question.related,
        tags=question.tags,
        mbid=question.mbid,
        content_category=question.content_category,
        artist=question.artist,
        album=question.album,
        channel_artist=channel_artist,
        license=question.license,
        ids=question.ids,
        names=question.names,
        has_albums=question.has_albums,
        favorites_of=viewer.actor_id if question.favorites else None,
        nothing=nothing or words == (),
    )


async def _must_exist(tx: Tx, kind: Kind, question: Question) -> None:
    named = {Kind.ARTIST: question.artist, Kind.ALBUM: question.album}
    for what, id in named.items():
        if id is not None and what is not kind and not await catalog.exists(tx, what, id):
            raise Invalid.on(what.value, "Select a valid choice. That choice is not one of the available choices.")


async def scopes_of(tx: Tx, viewer: Viewer, words: tuple[str, ...] | None) -> tuple[Scope, ...] | None:
    """Whose libraries the words of ``scope=`` mean; None: everybody's.  Words that mean nothing match nothing."""
    if words is None or "all" in words:
        return None
    found = [await _scope(tx, viewer, word) for word in words[:MOST_WORDS]]
    return tuple(scope for scope in found if scope is not None)


async def _scope(tx: Tx, viewer: Viewer, word: str) -> Scope | None:
    name, _, rest = word.partition(":")
    if name == "me" and viewer.actor_id is not None:
        return Scope(owner=viewer.actor_id)
    if name == "subscribed" and viewer.actor_id is not None:
        return Scope(libraries=tuple(await catalog.followed_libraries(tx, viewer.actor_id)))
    if name == "domain" and rest:
        return Scope(domain=rest.lower())
    if name == "actor" and "@" in rest:
        username, _, domain = rest.removeprefix("@").partition("@")
        owner = await catalog.actor_id(tx, username, domain)
        return Scope(owner=owner) if owner is not None else None
    return None
