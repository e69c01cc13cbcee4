"""Signature Version 4, against the examples that its authors published."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis.strategies import text
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.s3.signing import (
    NOTHING,
    Keys,
    Pairs,
    Target,
    canonical_query,
    presigned_url,
    quoted_path,
    signed_headers,
)

KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
THEN = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"
CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"

# Method, path, query, headers, payload; names of the signed headers; the signature.
EXAMPLES: tuple[tuple[str, str, Pairs, dict[str, str], bytes, str, str], ...] = (
    (
        "GET", "/test.txt", (), {"Range": "bytes=0-9"}, b"", "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    (
        "PUT", "/test$file.text", (),
        {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        b"Welcome to Amazon S3.", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    (
        "GET", "/", (("lifecycle", ""),), {}, b"", "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    (
        "GET", "/", (("max-keys", "2"), ("prefix", "J")), {}, b"", "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
)  # fmt: skip


class SignatureTests(SynchronousTestCase):
    """What is sent is what was signed."""

    def test_published_examples(self) -> None:
        """Each of them comes out as its authors say."""
        for method, path, query, headers, body, names, signature in EXAMPLES:
            target = Target(method, "https", HOST, path, query)
            sent = signed_headers(target, headers, hashlib.sha256(body).hexdigest(), KEYS, "us-east-1", THEN)
            self.assertEqual(
                f"AWS4-HMAC-SHA256 Credential={CREDENTIAL},SignedHeaders={names},Signature={signature}",
                sent["authorization"],
            )
            self.assertEqual("20130524T000000Z", sent["x-amz-date"])

    def test_published_url(self) -> None:
        """The example of a presigned URL."""
        url = presigned_url(Target("GET", "https", HOST, "/test.txt"), KEYS, "us-east-1", THEN, 86_400)
        self.assertTrue(
            url.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"), url
        )
        self.assertTrue(url.startswith(f"https://{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"))

    def test_limits_of_a_url(self) -> None:
        """No URL lives longer than a week, or not at all."""
        target = Target("GET", "https", HOST, "/x")
        for seconds in (0, -1, 604_801):
            self.assertRaises(ValueError, presigned_url, target, KEYS, "us-east-1", THEN, seconds)
        self.assertIn("X-Amz-Expires=604800", presigned_url(target, KEYS, "us-east-1", THEN, 604_800))

    def test_temporary_keys(self) -> None:
        """Their token goes along and is signed."""
        keys = Keys("A", "S", "T/+=")
        target = Target("GET", "https", HOST, "/x")
        sent = signed_headers(target, {}, NOTHING, keys, "r", THEN)
        self.assertEqual("T/+=", sent["x-amz-security-token"])
        self.assertIn(";x-amz-security-token,", sent["authorization"])
        self.assertIn("X-Amz-Security-Token=T%2F%2B%3D", presigned_url(target, keys, "r", THEN, 60))

    def test_secrets_are_not_shown(self) -> None:
        """Keys tell nothing of themselves."""
        self.assertNotIn("S3CRET", repr(Keys("A", "S3CRET", "S3CRET")))

    def test_paths(self) -> None:
        """Quoted once, nothing tidied up."""
        self.assertEqual("/b/a%20b/..//%C3%A9%2B%25~-._%27%28", quoted_path("/b/a b/..//é+%~-._'("))

    def test_queries(self) -> None:
        """Sorted as they are sent, not as they were said."""
        self.assertEqual("a=~&a%2Fb=", canonical_query((("a/b", ""), ("a", "~"))))

    @given(text(max_size=50), text(max_size=20))
    def test_anything_can_be_signed(self, path: str, value: str) -> None:
        """Whatever a key or a query holds becomes plain ASCII, or is refused as no text."""
        try:
            (path + value).encode()
        except UnicodeEncodeError:
            return
        target = Target("GET", "https", HOST, f"/{path}", (("x", value),))
        self.assertTrue(target.url.isascii())
        self.assertNotIn(" ", target.url)
        self.assertIn("Signature=", signed_headers(target, {}, NOTHING, KEYS, "r", THEN)["authorization"])
