"""Filters of radios as JSON: what is understood, what is refused, and that reading undoes writing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.model.radios import ByArtists, ByPlaylists, ByTags, Group, Join
from fwtwisted.wire.radio_filters import DEEPEST, MOST_FILTERS, MOST_ITEMS, read, written

ARTIST = {"type": "artist", "ids": [1]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["group", "artist", "and"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "ids", "names", "filters", "not", "operator"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def nested(depth: int) -> dict[str, Any]:
    """Groups within each other."""
    return {"type": "group", "filters": [nested(depth - 1) if depth > 1 else ARTIST]}


class ReadingTests(SynchronousTestCase):
    """What filters mean."""

    def test_each_kind(self) -> None:
        """With everything that may be said of it; a single one is a list; numbers may be text."""
        self.assertEqual((ByArtists((1, 2)),), read({"type": "artist", "ids": ["1", 2, 1], "names": ["gone"]}))
        self.assertEqual((ByTags(("Rock",), Join.OR),), read([{"type": "tag", "names": ["Rock"], "operator": "or"}]))
        self.assertEqual((ByPlaylists((3,), Join.AND, True),), read([{"type": "playlist", "ids": [3], "not": True}]))
        self.assertEqual((Group((ByArtists((1,)),)),), read([{"type": "group", "filters": [ARTIST], "operator": None}]))
        self.assertEqual((), read([]))

    def test_what_is_none(self) -> None:
        """Is told in words, on the field."""
        refused: list[Any] = [
            None, 1, "artist", [1], [None], [[]], {}, {"type": []}, {"type": "none"}, {"type": "artist"},
            {"type": "artist", "ids": []}, {"type": "artist", "ids": "1"}, {"type": "artist", "ids": ["x"]},
            {"type": "artist", "ids": [-1]}, {"type": "artist", "ids": [True]}, {"type": "artist", "ids": [1.5]},
            {"type": "artist", "ids": [2**63]}, {"type": "tag", "names": [1]}, {"type": "tag", "names": [""]},
            {"type": "tag", "names": ["x" * 101]}, {**ARTIST, "operator": "xor"}, {**ARTIST, "not": "no"},
            {**ARTIST, "operator": []}, {"type": "group"}, {"type": "group", "filters": [1]},
            {"type": "artist", "ids": list(range(MOST_ITEMS + 1))}, [ARTIST] * (MOST_FILTERS + 1), nested(DEEPEST),
        ]  # fmt: skip
        for value in refused:
            with self.assertRaises(Invalid) as caught:
                read(value, "here")
            self.assertEqual(["here"], list(caught.exception.problems), value)
        read([ARTIST] * MOST_FILTERS)
        read(nested(DEEPEST - 1))

    @given(JSON)
    def test_anything(self, value: object) -> None:
        """Is understood or refused; what was understood is understood again when written."""
        try:
            filters = read(value)
        except Invalid:
            return
        self.assertEqual(filters, read(written(filters, {})))

    def test_artists_get_their_names(self) -> None:
        """Those that there are; the usual operator is not said."""
        filters = read([{"type": "artist", "ids": [2, 1], "not": False}, {**ARTIST, "operator": "or", "not": True}])
        self.assertEqual(
            [
                {"type": "artist", "ids": [2, 1], "names": ["B"]},
                {"type": "artist", "ids": [1], "names": [], "operator": "or", "not": True},
            ],
            written(filters, {2: "B"}),
        )
