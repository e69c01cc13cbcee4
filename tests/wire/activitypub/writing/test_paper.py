"""What all documents share: docs/federation.md §3.7, §3.9."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.federation import PeerClass
from fwtwisted.wire.activitypub.contexts import MUSIC, PLAIN, POSTED, SPELLED_OUT, TERMS, naming, served, with_keys
from fwtwisted.wire.activitypub.writing.paper import LONGEST_CONTENT, duration, html_of, iso_duration, words

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
# Contexts that a Funkwhale pod knows without the network (docs/federation.md §1.6).
KNOWN = {"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", "https://funkwhale.audio/ns"}


class DurationTests(SynchronousTestCase):
    """How long something is."""

    def test_forms(self) -> None:
        """A bare number for Funkwhale 1 alone."""
        self.assertEqual(213, duration(213, PeerClass.G1))
        for peer in (PeerClass.G2, PeerClass.NOTE, PeerClass.OTHER, None):
            self.assertEqual("PT3M33S", duration(213, peer))
        for seconds, told in ((0, "PT0S"), (60, "PT1M"), (3600, "PT1H"), (3661, "PT1H1M1S"), (-5, "PT0S")):
            self.assertEqual(told, iso_duration(seconds))

    @given(st.integers(0, 10**7))
    def test_nothing_is_lost(self, seconds: int) -> None:
        """Read back, it is as long."""
        found = _DURATION.fullmatch(iso_duration(seconds))
        assert found is not None
        hours, minutes, rest = (int(part or 0) for part in found.groups())
        self.assertEqual(seconds, hours * 3600 + minutes * 60 + rest)


class WordsTests(SynchronousTestCase):
    """Long texts."""

    def test_nothing(self) -> None:
        """Is left out."""
        self.assertEqual(({}, {}), (words(None, None), words("", "text/html")))
        self.assertEqual({"content": "<p>a</p>", "mediaType": "text/html"}, words("a", "text/markdown"))

    @given(st.sampled_from(["&", "<b>x</b>", "word ", "\n", "\"'", "*a*", "ü"]), st.integers(1, 6000))
    def test_never_too_long(self, piece: str, count: int) -> None:
        """And never cut within a tag or an entity."""
        html = html_of((piece * count)[:5000], "text/plain") or ""
        self.assertLessEqual(len(html), LONGEST_CONTENT)
        self.assertTrue(html.startswith("<p>") and html.endswith("</p>"))


class ContextTests(SynchronousTestCase):
    """What the words of documents mean."""

    def test_no_context_that_somebody_must_fetch(self) -> None:
        """But for those that Funkwhale brings along; and for everybody's documents not even its own."""
        for context in (PLAIN, MUSIC, POSTED, SPELLED_OUT, naming("Library"), with_keys(PLAIN), with_keys(POSTED)):
            urls = {one for one in context if isinstance(one, str)}
            self.assertLessEqual(urls, KNOWN)
            self.assertIsInstance(context[-1], dict)
        for context in (POSTED, SPELLED_OUT, naming("Library"), naming("Person")):
            self.assertNotIn("https://funkwhale.audio/ns", context)
        self.assertEqual("fw:Library", naming("Library", "Audio")[-1]["Library"])  # type: ignore[index]
        self.assertEqual(PLAIN, naming("Person"))

    def test_terms_stand_on_each_other(self) -> None:
        """Every prefix is declared where it is used."""
        for context in ({**served()["@context"]}, with_keys(POSTED)[-1], with_keys(PLAIN)[-1], naming("Track")[-1]):
            assert not isinstance(context, str)
            for name, meaning in context.items():
                for text in [meaning] if isinstance(meaning, str) else [meaning["@id"], meaning.get("@type", "@id")]:
                    prefix = text.partition(":")[0]
                    self.assertTrue(text.startswith(("@", "http")) or prefix in {*context, "as"}, f"{name}: {text}")
        self.assertEqual("http://schema.org#", TERMS["schema"])
