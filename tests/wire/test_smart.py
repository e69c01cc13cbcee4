"""Rules of playlists as documents: what is read, what is refused, what is written."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.model.smart import Condition, Group, Order, Rules
from fwtwisted.wire.smart import document, rules

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("all", "any", "is", "gt", "inTheRange", "inTheLast", "genre", "year", "sort", "limit", "x")
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


class ReadingTests(SynchronousTestCase):
    """What people write."""

    def refused(self, written: Any) -> list[str]:
        """What somebody is told."""
        with self.assertRaises(Invalid) as caught:
            rules(written)
        told: list[str] = caught.exception.problems["rules"]
        return told

    def test_a_whole_document(self) -> None:
        """Groups within groups, values of every measure, order and number."""
        written = {
            "all": [
                {"is": {"Genre": "Ambient"}},
                {"any": [{"gt": {"play_count": "3"}}, {"is": {"loved": True}}]},
                {"INTHELAST": {"lastPlayed": 30}},
                {"inTheRange": {"dateAdded": ["2026-01-01", "2026-01-31"]}},
            ],
            "sort": "-rating, title,random",
            "limit": 25,
        }
        span = (date(2026, 1, 1), date(2026, 1, 31))
        either = Group(False, (Condition("playcount", "gt", 3.0), Condition("starred", "is", True)))
        parts = (
            Condition("genre", "is", "Ambient"),
            either,
            Condition("lastplayed", "inTheLast", 30.0),
            Condition("dateadded", "inTheRange", span),
        )
        orders = (Order("rating", True), Order("title", False), Order("random", False))
        read = rules(written)
        self.assertEqual(Rules(Group(True, parts), orders, 25), read)
        self.assertEqual(read, rules(document(read)))
        self.assertEqual("-rating,title,random", document(read)["sort"])

    def test_order_turns_all_around(self) -> None:
        """``order`` as other servers have it."""
        self.assertEqual(
            (Order("year", True), Order("title", False)),
            rules({"all": [], "sort": "year,-title", "order": "desc"}).orders,
        )

    def test_what_is_refused(self) -> None:
        """The place and the reason."""
        for written, told in (
            ({}, "Expected one of “all” and “any”."),
            ({"all": [], "any": []}, "Expected one of “all” and “any”."),
            ({"all": {}}, "all: Expected a list of conditions."),
            ({"all": ["x"]}, "all[0]: Expected an object with one operator, “all” or “any”."),
            ({"all": [{"like": {"title": "x"}}]}, "all[0]: “like” is no operator."),
            ({"all": [{"is": {"colour": "x"}}]}, "all[0]: There is no field “colour”."),
            (
                {"any": [{"all": [{"gt": {"title": "x"}}]}]},
                "any[0].all[0]: “title” knows is, isNot, contains, notContains, startsWith, endsWith, not gt.",
            ),
            ({"all": [{"is": {"year": "old"}}]}, "all[0]: Expected a number."),
            ({"all": [{"is": {"year": True}}]}, "all[0]: Expected a number."),
            ({"all": [{"is": {"title": " "}}]}, "all[0]: Expected a text."),
            ({"all": [{"is": {"starred": "yes"}}]}, "all[0]: Expected true or false."),
            ({"all": [{"before": {"lastplayed": "May"}}]}, "all[0]: Expected a date such as 2026-01-31."),
            ({"all": [{"inTheLast": {"lastplayed": 0}}]}, "all[0]: Expected a number of days."),
            ({"all": [{"inTheRange": {"year": 1990}}]}, "all[0]: Expected a list of the first and the last."),
            ({"all": [], "sort": "mood"}, "sort: There is no field “mood”."),
            ({"all": [], "limit": 0}, "limit: Expected a number from 1 to 5000."),
            ({"all": [], "order": "up"}, "order: Expected asc or desc."),
            ({"all": [], "when": "now"}, "when: there is no such setting."),
        ):
            self.assertEqual([told], self.refused(written), written)

    def test_more_than_anybody_needs(self) -> None:
        """Groups without an end, and conditions without number."""
        deep: dict[str, Any] = {"all": []}
        for _ in range(200):
            deep = {"all": [deep]}
        self.assertIn("Groups may be 5 deep.", self.refused(deep)[0])
        many = {"all": [{"is": {"year": 1}}] * 100_000}
        self.assertEqual(["At most 100 conditions."], self.refused(many))

    @settings(max_examples=300, deadline=None)
    @given(_JSON)
    def test_anything(self, written: Any) -> None:
        """Rules, or words of our own; what was read is read again."""
        try:
            read = rules(written)
        except Invalid:
            return
        self.assertEqual(read, rules(document(read)))
