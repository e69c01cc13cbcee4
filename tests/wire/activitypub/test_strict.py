"""JSON of strangers, read strictly."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.activitypub.strict import (
    INCOMING,
    PAGE,
    InvalidJson,
    InvalidJsonLd,
    belongs_in_a_thread,
    strict,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=20,
)


class StrictTests(SynchronousTestCase):
    """What is read, and what is not."""

    def test_objects(self) -> None:
        """An object is read as it stands, with a byte order mark or without."""
        self.assertEqual({"a": [1, 1.5, None, "ä😀"]}, strict('{"a": [1, 1.5, null, "ä😀"]}'.encode()))
        self.assertEqual({}, strict(b"\xef\xbb\xbf{}"))

    def test_refused(self) -> None:
        """What two readers could take for two things, and what is no object."""
        for body in (
            b"", b"null", b"[]", b"7", b'"x"', b"{", b'{"a":1,}', b"{'a':1}", b"\xff\xfe{\x00}\x00", b"\xff",
            b'{"a":1,"a":1}', b'{"x":[{"a":1,"a":2}]}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}',
            b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"\\ud800":1}', b'{"a":"\\u0000"}', b'{"a":' + b"1" * 5000 + b"}",
            b'{"a":9223372036854775808}', b'{"a":-9223372036854775809}', b'{"a":[' + b"1" * 30 + b"]}",
        ):  # fmt: skip
            self.assertRaises(InvalidJson, strict, body)

    def test_weight(self) -> None:
        """Depth and members have their limits, and nothing that is beyond them is slow or breaks."""
        self.assertEqual(1, len(strict(b'{"a":' * 31 + b"{}" + b"}" * 31)))
        for body in (b'{"a":' * 32 + b"{}" + b"}" * 32, b'{"a":' + b"[" * 200_000, b'{"a":' * 200_000):
            self.assertRaises(InvalidJson, strict, body)
        many = json.dumps({"a": list(range(INCOMING.members))}).encode()
        self.assertRaises(InvalidJson, strict, many)
        self.assertEqual(1, len(strict(many, PAGE)))

    def test_linked_data(self) -> None:
        """What a plain reader would not see is refused, wherever it stands."""
        for name in ("@graph", "@included", "@reverse"):
            self.assertRaises(InvalidJsonLd, strict, json.dumps({"a": [{"b": {name: []}}]}).encode())

    def test_threads(self) -> None:
        """Large bodies belong into a thread."""
        self.assertEqual((False, True), (belongs_in_a_thread(b"{}"), belongs_in_a_thread(b" " * 100_000)))

    @given(VALUES)
    def test_any_document(self, value: object) -> None:
        """Whatever a writer of JSON writes comes out the same."""
        document = {"value": value}
        self.assertEqual(document, strict(json.dumps(document).encode()))

    @given(st.binary(max_size=200))
    def test_any_bytes(self, body: bytes) -> None:
        """Any bytes are an object, or refused."""
        with contextlib.suppress(InvalidJson, InvalidJsonLd):
            self.assertIsInstance(strict(body), dict)
