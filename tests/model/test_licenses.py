"""The list of licences, and recognising one in a tag."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.licenses import KINDS, LICENSES, PLACES, PORTS, license_in


class ListTests(SynchronousTestCase):
    """What stands in the list."""

    def test_codes_that_pods_exchange(self) -> None:
        """The codes have the form that other pods send."""
        for code in ("cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-nd-3.0-us", "cc-by-2.5-scotland", "LAL-1.3"):
            self.assertIn(code, LICENSES)
        self.assertNotIn("cc-by-4.0-de", LICENSES)
        self.assertNotIn("cc-by-sa-2.1", LICENSES)

    def test_whole(self) -> None:
        """Every kind has every version and port, each with an address and a code of its own."""
        ports = sum(len(names.split()) for names in PORTS.values())
        self.assertEqual(6 + len(KINDS) * (5 + ports), len(LICENSES))
        self.assertEqual(len(LICENSES), len({one.url for one in LICENSES.values()}))
        self.assertEqual(set(PLACES), {port for names in PORTS.values() for port in names.split()})
        self.assertEqual(sorted(LICENSES), list(LICENSES))

    def test_terms(self) -> None:
        """The letters of a licence decide what it allows."""
        strict = LICENSES["cc-by-nc-nd-4.0"]
        self.assertEqual((True, False, False, True, False), _flags(strict.code))
        self.assertEqual((True, True, True, True, True), _flags("cc-by-sa-3.0-de"))
        self.assertEqual((True, True, True, False, False), _flags("cc0-1.0"))
        self.assertEqual((True, True, True, True, True), _flags("LAL-1.3"))
        self.assertEqual("http://creativecommons.org/licenses/by-nc-nd/4.0/", strict.id)
        self.assertEqual("https://creativecommons.org/licenses/by-nc-nd/4.0/", strict.url)

    def test_names(self) -> None:
        """A name says the terms, the version and the place."""
        self.assertEqual("Creative Commons Attribution-ShareAlike 3.0 Germany", LICENSES["cc-by-sa-3.0-de"].name)
        self.assertEqual("Creative Commons Attribution 4.0 International", LICENSES["cc-by-4.0"].name)


class MatchTests(SynchronousTestCase):
    """A licence is recognised in what people write."""

    def test_every_address(self) -> None:
        """Each licence is found by its own address, with or without scheme, www, slash and case."""
        for code, one in LICENSES.items():
            bare = one.url.removeprefix("https://")
            for text in (one.url, one.id, bare, bare.rstrip("/"), "http://www." + bare, one.url.upper()):
                self.assertEqual(code, license_in(text), text)

    def test_in_a_sentence(self) -> None:
        """An address within a copyright line counts, whatever stands around it."""
        for text, code in (
            (
                "(c) 2019 Ada. Licensed under http://creativecommons.org/licenses/by-sa/3.0/de/. Enjoy",
                "cc-by-sa-3.0-de",
            ),
            ("<a href='https://creativecommons.org/licenses/by/4.0/'>", "cc-by-4.0"),
            ("see (https://creativecommons.org/licenses/by-nc/4.0/deed.fr)", "cc-by-nc-4.0"),
            ("https://creativecommons.org/licenses/by-nc/4.0/legalcode", "cc-by-nc-4.0"),
            ("2010 X verify at http://creativecommons.org/licenses/by-nd-nc/1.0/", "cc-by-nc-nd-1.0"),
            ("https://creativecommons.org/publicdomain/zero/1.0/?ref=x", "cc0-1.0"),
            ("https://artlibre.org/licence/lal/en/", "LAL-1.3"),
            (
                "http://creativecommons.org/ is good, http://creativecommons.org/licenses/by/2.0/uk/ better",
                "cc-by-2.0-uk",
            ),
        ):
            self.assertEqual(code, license_in(text), text)

    def test_unknown(self) -> None:
        """No address, an unknown one or nothing at all is no licence."""
        for text in (None, "", "All rights reserved", "CC BY", "http://creativecommons.org/licenses/by/9.9/"):
            self.assertIsNone(license_in(text), text)

    @given(st.text())
    def test_any_text(self, text: str) -> None:
        """Any text gives a known code or nothing."""
        self.assertIn(license_in(text), {None, *LICENSES})


def _flags(code: str) -> tuple[bool, ...]:
    one = LICENSES[code]
    return one.redistribute, one.derivative, one.commercial, one.attribution, one.copyleft
