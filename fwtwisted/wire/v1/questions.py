"""
Query parameters of the music lists, read into a question.

Source: docs/api.md §1.5 and the table of §4.8.  What cannot be is an error of its field, what makes no sense is
ignored, exactly as that page says; the last of a repeated single value counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from fwtwisted.model.errors import Invalid
from fwtwisted.model.licenses import LICENSES
from fwtwisted.model.music import CATEGORIES, ORDERINGS, Compare, Kind, NameFilter, Ordered
from fwtwisted.model.questions import Question
from fwtwisted.wire.v1 import Query, last

T = TypeVar("T")

LONGEST_ID = 19  # digits that may be too many for one
MOST_WORDS = 20  # of a search
PHRASE = re.compile(r'"([^"]*)"|(\S+)')
LONGEST_TEXT = 1_000  # characters of a search or a name; more can match nothing
TRUTHS = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."

NAME_FIELD = {Kind.ARTIST: "name", Kind.TRACK: "title"}
SUFFIXES = {
    "": Compare.EXACT,
    "__iexact": Compare.IEXACT,
    "__startswith": Compare.STARTSWITH,
    "__icontains": Compare.ICONTAINS,
}


def truth(query: Query, name: str) -> bool | None:
    """A yes or no; None when it was not given or is neither."""
    return TRUTHS.get(last(query, name) or "")


def whole(query: Query, name: str) -> int | None:
    """A reference by number.  :raise Invalid: when it is none."""
    text = last(query, name)
    if not text:
        return None
    number = _number_or_none(text)
    if number is None:
        raise Invalid.on(name, NO_CHOICE)
    return number


def uuid_or_none(text: str | None) -> UUID | None:
    """The UUID that the text writes; None when it writes none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def scope(query: Query) -> tuple[str, ...] | None:
    """The words of ``scope``, divided by commas or blanks; None when it was not asked."""
    text = last(query, "scope")
    return None if not text else tuple(text.replace(",", " ").split())


def hidden(query: Query) -> bool | None:
    """What ``hidden`` asks: absent is False, empty or nonsense None: no filter at all."""
    text = last(query, "hidden")
    return False if text is None else TRUTHS.get(text)


def question(kind: Kind, query: Query) -> Question:
    """
    What the list's parameters ask.

    :raise Invalid: a reference or a MusicBrainz id that is none.
    """
    library, no_library = _reference(query, "library", uuid_or_none)
    channel, no_channel = _reference(query, "channel", uuid_or_none) if kind is not Kind.ARTIST else (None, False)
    related, no_related = _reference(query, "related", _number_or_none)
    category, no_category = (
        _reference(query, "content_category", _category) if kind is not Kind.TRACK else (None, False)
    )
    return Question(
        q=(last(query, "q") or "")[:LONGEST_TEXT].strip() or None,
        playable=truth(query, "playable"),
        hidden=hidden(query),
        include_channels=truth(query, "include_channels") or False,
        scope=scope(query),
        library=library,
        channel=channel,
        related=related,
        tags=tuple(sorted({tag.lower() for tag in query.get("tag", ()) if tag})),
        mbid=_mbid(query),
        content_category=category,
        artist=whole(query, "artist") if kind is not Kind.ARTIST else None,
        album=whole(query, "album") if kind is Kind.TRACK else None,
        license=_license(query) if kind is Kind.TRACK else None,
        ids=_ids(query) if kind is Kind.TRACK else None,
        names=_names(kind, query),
        has_albums=truth(query, "has_albums") if kind is Kind.ARTIST else None,
        favorites=kind is Kind.TRACK and truth(query, "favorites") is True,
        unknown=no_library or no_channel or no_related or no_category,
    )


def _reference(query: Query, name: str, read: Callable[[str], T | None]) -> tuple[T | None, bool]:
    """The value, and whether one was asked for that cannot exist."""
    text = last(query, name)
    value = read(text) if text else None
    return value, bool(text) and value is None


def _number_or_none(text: str) -> int | None:
    """The number of an object; None for what can be none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_ID else None


def _mbid(query: Query) -> UUID | None:
    text = last(query, "mbid")
    value = uuid_or_none(text)
    if text and value is None:
        raise Invalid.on("mbid", "Enter a valid UUID.")
    return value


def _category(text: str) -> str | None:
    return text if text in CATEGORIES else None


def _license(query: Query) -> str | None:
    code = last(query, "license") or None
    if code is not None and code not in LICENSES:
        raise Invalid.on("license", NO_CHOICE)
    return code


def _ids(query: Query) -> tuple[int, ...] | None:
    texts = [text for text in query.get("id", ()) if text]
    if not texts:
        return None
    numbers = [_number_or_none(text) for text in texts]
    if None in numbers:
        raise Invalid.on("id", "Enter a number.")
    return tuple(sorted({number for number in numbers if number is not None}))


def _names(kind: Kind, query: Query) -> tuple[NameFilter, ...]:
    name = NAME_FIELD.get(kind)
    if name is None:
        return ()
    found = ((how, last(query, name + suffix)) for suffix, how in SUFFIXES.items())
    return tuple(NameFilter(how, text[:LONGEST_TEXT]) for how, text in found if text)


def ordering(kind: Kind, query: Query) -> list[Ordered]:
    """
    The words of ``ordering``; none at all: the kind's own order.

    :raise Invalid: for a word that does not order this kind.
    """
    words = [word.strip() for word in (last(query, "ordering") or "").split(",") if word.strip()]
    found = [Ordered(word.removeprefix("-"), descending=word.startswith("-")) for word in words]
    for one in found:
        if one.name not in ORDERINGS[kind]:
            raise Invalid.on("ordering", NO_CHOICE)
    return list(dict.fromkeys(found))


def strict_order(query: Query, allowed: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Words of ``ordering`` and whether each is descending.  :raise Invalid: for one that is not allowed."""
    found = lenient_order(query)
    if any(name not in allowed for name, _ in found):
        raise Invalid.on("ordering", NO_CHOICE)
    return found


def lenient_order(query: Query) -> list[tuple[str, bool]]:
    """Words of ``ordering``, each once, and whether it is descending; nobody has said yet which there are."""
    words = (word.strip() for word in (last(query, "ordering") or "").split(","))
    return list(dict.fromkeys((word.removeprefix("-"), word.startswith("-")) for word in words if word))


def search_words(query: Query) -> tuple[str, ...]:
    """
    The words of ``q`` in a search of the kind *contains*: a phrase in quotes counts as one.

    What is more than :data:`MOST_WORDS` is left out.
    """
    found = PHRASE.finditer((last(query, "q") or "")[:LONGEST_TEXT])
    return tuple(dict.fromkeys(one[1] or one[2] for one in found if one[1] or one[2]))[:MOST_WORDS]
