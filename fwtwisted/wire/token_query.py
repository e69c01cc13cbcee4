"""
Searches of the kind *token query*: ``black "deep sea" artist:nina in:title``.

Words, phrases in double quotes, and ``key:value`` pairs whose value may be quoted.  ``in:a,b`` says where words are
searched; ``is:x`` is accepted and means nothing.  Source: docs/api.md §1.5.
"""

from __future__ import annotations

import re

from fwtwisted.model.uploads import TokenQuery

LONGEST = 1_000

_TOKEN = re.compile(r'(?:(?P<key>[A-Za-z_][\w-]*):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


def token_query(text: str) -> TokenQuery:
    """What a search text asks; any text asks something."""
    words: list[str] = []
    pairs: list[tuple[str, str]] = []
    within: set[str] = set()
    for found in _TOKEN.finditer(text[:LONGEST]):
        value = found["phrase"] if found["phrase"] is not None else found["word"]
        key = found["key"]
        if key is None:
            words.append(value)
        elif key == "in":
            within.update(filter(None, value.split(",")))
        elif key != "is":
            pairs.append((key, value))
    return TokenQuery(tuple(filter(None, words)), tuple(pairs), frozenset(within) or None)
