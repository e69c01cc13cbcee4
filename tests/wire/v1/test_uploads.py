"""Uploads on the wire: any document means something or is refused by field; any search text asks something."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.model.uploads import NOTHING_SAID, Act, ImportMetadata, Status, TokenQuery
from fwtwisted.wire.token_query import token_query
from fwtwisted.wire.v1.uploads import (
    action_wish,
    import_metadata,
    stored_metadata,
    upload_change,
    upload_question,
    upload_wish,
)

LIBRARY = "6b1d1a1c-0000-4000-8000-000000000000"
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.just(LIBRARY)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def documents(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Documents in which some of the names hold anything."""
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=5), VALUE, max_size=8)


METADATA = documents("title", "description", "mbid", "copyright", "position", "tags", "license", "cover", "album")
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


class AnythingTests(SynchronousTestCase):
    """Whatever is sent."""

    @QUIET
    @given(METADATA)
    def test_import_metadata(self, document: dict[str, Any]) -> None:
        """Lawful, or refused by field; what was stored is always read."""
        try:
            self.assertIsInstance(import_metadata(document), ImportMetadata)
        except Invalid as why:
            self.assertTrue(why.problems)
        self.assertIsInstance(stored_metadata(document), ImportMetadata)

    @QUIET
    @given(documents("library", "channel", "import_status", "import_reference", "source", "import_metadata"),
           st.booleans())  # fmt: skip
    def test_wishes_and_changes(self, document: dict[str, Any], has_file: bool) -> None:
        """A wish is whole or refused; a change too."""
        try:
            wish = upload_wish(document, has_file=has_file)
            self.assertTrue((wish.library is None) != (wish.channel is None))
            self.assertTrue(wish.source == "" or wish.source.startswith("upload://"))
        except Invalid as why:
            self.assertTrue(why.problems)
        try:
            upload_change(document)
        except Invalid as why:
            self.assertTrue(why.problems)

    @QUIET
    @given(documents("action", "objects", "filters"))
    def test_actions(self, document: dict[str, Any]) -> None:
        """An act on something, or refused."""
        try:
            self.assertIsInstance(action_wish(document).act, Act)
        except Invalid as why:
            self.assertTrue(set(why.problems) <= {"action", "objects", "non_field_errors"})

    @QUIET
    @given(st.dictionaries(
        st.sampled_from(("library", "track", "scope", "q", "ordering", "playable", "import_status", "mimetype")),
        st.lists(st.text(max_size=20), min_size=1, max_size=3)))  # fmt: skip
    def test_questions(self, query: dict[str, list[str]]) -> None:
        """A question, or a uuid that is none."""
        try:
            upload_question(query)
        except Invalid as why:
            self.assertTrue(set(why.problems) <= {"library", "track"})

    @QUIET
    @given(st.text(max_size=200))
    def test_token_queries(self, text: str) -> None:
        """Any text asks something, and nobody is asked for an empty word."""
        self.assertNotIn("", token_query(text).words)


class MeaningTests(SynchronousTestCase):
    """What is meant."""

    def test_token_query(self) -> None:
        """Words, phrases, pairs, fields."""
        self.assertEqual(
            TokenQuery(("deep sea", "black"), (("artist", "nina b"), ("status", "errored")), frozenset(("title",))),
            token_query('"deep sea" artist:"nina b" black status:errored in:title is:x'),
        )
        self.assertEqual(TokenQuery(("10:30",)), token_query("10:30"))

    def test_what_the_owner_says(self) -> None:
        """Every field, and what null and absence mean."""
        said = import_metadata(
            {"title": " A ", "mbid": LIBRARY, "position": "3", "tags": ["#Rock", "Rock", "été"], "license": "cc0-1.0"}
        )
        self.assertEqual(
            ImportMetadata("A", mbid=UUID(LIBRARY), position=3, tags=("Rock", "été"), license="cc0-1.0"), said
        )
        self.assertEqual(NOTHING_SAID, stored_metadata({}))
        self.assertEqual(ImportMetadata(tags=()), stored_metadata({"title": "", "tags": [], "position": -1}))

    def test_only_what_was_said_is_kept(self) -> None:
        """The stored document has the names that were sent, as they were understood."""
        wish = upload_wish(
            {"library": LIBRARY, "import_metadata": '{"title": "A", "tags": null, "other": 1}'}, has_file=True
        )
        self.assertEqual(({"title": "A", "tags": None}, Status.PENDING), (wish.said, wish.status))
