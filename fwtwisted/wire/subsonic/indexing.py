"""
The index of artists: under which letter each is found, and in what order.

Source: docs/subsonic.md rule 45.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from fwtwisted.model.heard import HeardArtist
from fwtwisted.wire.subsonic.documents import Articles

OTHERS = "#"  # digits and signs; the last of the index


def indexed(artists: Iterable[HeardArtist], articles: Articles) -> Sequence[tuple[str, Sequence[int]]]:
    """Letters, each with the ids of its artists; both in order."""
    letters: dict[str, list[tuple[str, int]]] = {}
    for artist in artists:
        plain = folded(articles.without(artist.name))
        letters.setdefault(_letter(plain), []).append((plain, artist.id))
    return [(letter, [id for _, id in sorted(letters[letter])]) for letter in sorted(letters, key=_place)]


def folded(name: str) -> str:
    """A name as it is put in order: capitals, without accents."""
    parts = unicodedata.normalize("NFKD", name)
    return "".join(part for part in parts if not unicodedata.combining(part)).strip().upper()


def _letter(plain: str) -> str:
    first = unicodedata.normalize("NFC", plain[:1])
    return first if first.isalpha() else OTHERS


def letter_of(name: str) -> str:
    """Under which letter a name is found; no articles are passed over."""
    return _letter(folded(name))


def _place(letter: str) -> tuple[bool, str]:
    return letter == OTHERS, letter
