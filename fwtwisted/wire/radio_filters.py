"""
The filters of radios as JSON: read, with everything that is wrong told in words, and written.

::

    [{"type": "tag", "names": ["Ambient"]},
     {"type": "artist", "ids": [7], "not": true},
     {"type": "group", "operator": "or", "filters": [{"type": "playlist", "ids": [3]}]}]

A filter joins those before it by its ``operator``, ``and`` unless it says ``or``; ``not`` turns it round.  Source:
docs/api.md §4.13.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from fwtwisted.model.errors import Invalid
from fwtwisted.model.radios import ByArtists, ByPlaylists, ByTags, Filter, Group, Join
from fwtwisted.wire.fields import whole_number

DEEPEST = 5  # groups within each other
MOST_FILTERS = 50  # in all groups together
MOST_ITEMS = 200  # ids or names of one filter
LONGEST_TAG = 100  # characters


class _Refused(Exception):
    """What is wrong with a filter, in words."""


@define
class _Reader:
    """Reads filters, counting them."""

    left: int = MOST_FILTERS

    def filters(self, value: object, depth: int) -> tuple[Filter, ...]:
        if isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            raise _Refused("A list of filters is expected.")
        if depth > DEEPEST:
            raise _Refused(f"Groups may stand at most {DEEPEST} deep within each other.")
        return tuple(self.one(item, depth) for item in value)

    def one(self, value: object, depth: int) -> Filter:
        self.left -= 1
        if self.left < 0:
            raise _Refused(f"A radio may have at most {MOST_FILTERS} filters.")
        if not isinstance(value, dict):
            raise _Refused("A filter is an object with a type.")
        join, negated = _join(value), _negated(value)
        kind = value.get("type")
        if kind == "group":
            return Group(self.filters(value.get("filters"), depth + 1), join, negated)
        read = READERS.get(kind) if isinstance(kind, str) else None
        if read is None:
            raise _Refused(f'There is no filter of the type "{str(kind)[:50]}".')
        return read(value, join, negated)


def _join(value: Mapping[str, Any]) -> Join:
    said = value.get("operator")
    if said in (None, ""):
        return Join.AND
    if said not in tuple(Join):
        raise _Refused('An operator is "and" or "or".')
    return Join(said)


def _negated(value: Mapping[str, Any]) -> bool:
    said = value.get("not", False)
    if not isinstance(said, bool | None):
        raise _Refused('"not" is true or false.')
    return bool(said)


def _items(value: Mapping[str, Any], name: str) -> list[Any]:
    items = value.get(name)
    if not isinstance(items, list) or not items:
        raise _Refused(f'A filter of the type "{value["type"]}" names at least one of its {name}.')
    if len(items) > MOST_ITEMS:
        raise _Refused(f"A filter may name at most {MOST_ITEMS} {name}.")
    return items


def _ids(value: Mapping[str, Any]) -> tuple[int, ...]:
    found = [whole_number(item) for item in _items(value, "ids")]
    if None in found:
        raise _Refused("Ids are whole numbers.")
    return tuple(dict.fromkeys(id for id in found if id is not None))


def _tags(value: Mapping[str, Any]) -> tuple[str, ...]:
    found = _items(value, "names")
    if not all(isinstance(item, str) and 0 < len(item) <= LONGEST_TAG for item in found):
        raise _Refused("Tags are named by text.")
    return tuple(dict.fromkeys(found))


READERS: Mapping[str, Callable[[Mapping[str, Any], Join, bool], Filter]] = {
    "artist": lambda value, join, negated: ByArtists(_ids(value), join, negated),
    "tag": lambda value, join, negated: ByTags(_tags(value), join, negated),
    "playlist": lambda value, join, negated: ByPlaylists(_ids(value), join, negated),
}


def read(value: object, field: str = "config") -> tuple[Filter, ...]:
    """
    The filters that a JSON value writes: a list of them, or a single one.

    :param field: where the value stood, for the error.
    :raise Invalid: on ``field``: it writes none, too many, or too deep.
    """
    try:
        return _Reader().filters(value, 1)
    except _Refused as why:
        raise Invalid.on(field, str(why)) from why


def written(filters: tuple[Filter, ...], artist_names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The filters as JSON.  :param artist_names: by id; an artist that is not there gets no name."""
    return [_written(one, artist_names) for one in filters]


def _written(one: Filter, artist_names: Mapping[int, str]) -> dict[str, Any]:
    how: dict[str, Any] = {"operator": one.join.value} if one.join is not Join.AND else {}
    if one.negated:
        how["not"] = True
    match one:
        case ByArtists(ids=ids):
            names = [artist_names[id] for id in ids if id in artist_names]
            return {"type": "artist", "ids": list(ids), "names": names, **how}
        case ByTags(names=tags):
            return {"type": "tag", "names": list(tags), **how}
        case ByPlaylists(ids=ids):
            return {"type": "playlist", "ids": list(ids), **how}
        case Group(filters=inner):
            return {"type": "group", "filters": written(inner, artist_names), **how}
