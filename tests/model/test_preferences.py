"""Instance settings take what makes sense, and nothing else."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.codes import COUNTRIES, LANGUAGES, is_language
from fwtwisted.model.errors import Invalid
from fwtwisted.model.preferences import BANNER, PREFERENCES, TABLE, Kind, StoredImage, parsed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


class TableTests(SynchronousTestCase):
    """The table itself."""

    def test_defaults_are_lawful(self) -> None:
        """Each default is a value that could have been set."""
        for preference in TABLE:
            self.assertEqual(preference.default, parsed(preference, preference.default), preference.identifier)

    def test_sorted_and_told(self) -> None:
        """By section and name, each once, each with words."""
        names = [(row.section, row.name) for row in TABLE]
        self.assertEqual(sorted(names), names)
        self.assertEqual(len(TABLE), len(PREFERENCES))
        self.assertTrue(all(row.verbose_name and row.help_text for row in TABLE))

    def test_what_the_public_sees(self) -> None:
        """The settings that only administrators see."""
        self.assertEqual(
            {
                "audio__channels_enabled", "common__api_authentication_required", "federation__actor_fetch_delay",
                "federation__collection_page_size", "federation__enabled", "instance__nodeinfo_private",
                "instance__nodeinfo_stats_enabled", "moderation__allow_list_enabled", "moderation__allow_list_public",
            },
            {row.identifier for row in TABLE if not row.is_public},
        )  # fmt: skip

    def test_codes(self) -> None:
        """The lists of languages and countries are whole."""
        self.assertEqual((184, 249), (len(LANGUAGES), len(COUNTRIES)))
        self.assertTrue(all(len(code) == 2 and code.islower() for code in LANGUAGES))
        self.assertTrue(all(len(code) == 2 and code.isupper() for code in COUNTRIES))
        self.assertEqual([True, True, False], [is_language(code) for code in ("de", "gsw", "German")])


class ParsedTests(SynchronousTestCase):
    """What values are taken."""

    def parsed(self, identifier: str, raw: Any) -> Any:
        """The value that is taken."""
        return parsed(PREFERENCES[identifier], raw)

    def refused(self, identifier: str, *raws: Any) -> None:
        """Assert that none of these is taken."""
        for raw in raws:
            self.assertRaises(Invalid, self.parsed, identifier, raw)

    def test_switches(self) -> None:
        """JSON's booleans and the words of forms."""
        name = "subsonic__enabled"
        self.assertEqual([True, True, True], [self.parsed(name, raw) for raw in (True, "true", "1")])
        self.assertEqual([False, False, False], [self.parsed(name, raw) for raw in (False, "False", 0)])
        self.refused(name, "maybe", None, [], 2, 1.0)

    def test_numbers(self) -> None:
        """Whole, not below the least, within what the database holds."""
        self.assertEqual(5, self.parsed("users__upload_quota", "5"))
        self.assertEqual(0, self.parsed("users__upload_quota", 0))
        self.refused("users__upload_quota", -1, 2**31, True, 1.5, "x", None, "9" * 5000, "٣٣٣٣٣٣٣٣٣٣")
        self.refused("federation__collection_page_size", 0)

    def test_texts(self) -> None:
        """A line is one line; lengths have an end."""
        self.assertEqual("My pod", self.parsed("instance__name", " My\n pod "))
        self.assertEqual("a\n\nb", self.parsed("instance__rules", "a\n\nb"))
        self.refused("instance__name", "x" * 256, 5, ["x"], "a\0b", "\ud800")

    def test_choices(self) -> None:
        """What is offered, each once; languages beyond the short list too."""
        self.assertEqual("AT", self.parsed("instance__location", "AT"))
        self.assertEqual("", self.parsed("instance__location", None))
        self.assertEqual(["de", "gsw"], self.parsed("moderation__languages", ["de", "gsw", "de"]))
        self.assertEqual(["library"], self.parsed("users__default_permissions", "library"))
        self.assertEqual([], self.parsed("users__default_permissions", []))
        self.refused("instance__location", "Austria", 5)
        self.refused("users__default_permissions", ["root"], [1], {"library": True}, [["library"]])

    def test_the_banner(self) -> None:
        """Only what was received and stored; nothing clears it."""
        self.assertIsNone(self.parsed(BANNER, None))
        self.assertEqual("a/b.png", self.parsed(BANNER, StoredImage("a/b.png")))
        self.refused(BANNER, "a/b.png", "https://elsewhere.example/x.png", 5)

    def test_the_sign_up_form(self) -> None:
        """Fields with label and kind, at most ten; other keys are dropped."""
        name = "moderation__signup_form_customization"
        field = {"label": " Why ", "required": False, "input_type": "long_text", "x": 1}
        self.assertEqual(
            {
                "help_text": {"text": "hi", "content_type": "text/markdown"},
                "fields": [{"label": "Why", "required": False, "input_type": "long_text"}],
            },
            self.parsed(name, {"help_text": {"text": "hi", "html": "<script>"}, "fields": [field]}),
        )
        self.assertEqual({}, self.parsed(name, None))
        self.refused(
            name,
            "x",
            [1],
            {"fields": [field] * 11},
            {"fields": "x"},
            {"fields": [1]},
            {"fields": [{**field, "label": ""}]},
            {"fields": [{**field, "input_type": "file"}]},
            {"fields": [{**field, "required": "yes"}]},
            {"help_text": "x"},
            {"help_text": {"text": "x", "content_type": "text/x"}},
        )

    @given(st.sampled_from(TABLE), JSON)
    def test_any_json(self, preference: Any, raw: Any) -> None:
        """Taken or refused, and what was taken is taken again."""
        with contextlib.suppress(Invalid):
            value = parsed(preference, raw)
            if preference.kind is not Kind.IMAGE:
                self.assertEqual(value, parsed(preference, value))
