"""Secrets that are handed out, and key pairs."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.people.keys import new_keys
from fwtwisted.core.people.tokens import ListenTokens, digest, new_personal_token, new_secret


class SecretTests(SynchronousTestCase):
    """Random ones."""

    def test_they_differ(self) -> None:
        """And can be typed, or stand in a link."""
        for draw, form in ((new_secret, r"[A-Za-z0-9_-]{43}"), (new_personal_token, r"([a-z2-7]{5}-){4}[a-z2-7]{5}")):
            drawn = {draw() for _ in range(100)}
            self.assertEqual(100, len(drawn))
            for one in drawn:
                self.assertRegex(one, f"^{form}$")

    def test_a_digest_tells_nothing(self) -> None:
        """32 bytes, the same for the same secret."""
        self.assertEqual(digest("a"), digest("a"))
        self.assertNotEqual(digest("a"), digest("b"))
        self.assertEqual(32, len(digest("")))


class ListenTokenTests(SynchronousTestCase):
    """``ListenTokens.read`` meets anybody's text."""

    @given(some.text() | some.from_regex(r"\A[0-9]{1,25}\.[0-9]{1,25}\..*\Z"))
    def test_any_text(self, text: str) -> None:
        """A claim that we did not sign, or none; never a failure."""
        tokens = ListenTokens("secret", lambda: 0.0)
        claim = tokens.read(text)
        if claim is not None:
            self.assertFalse(tokens.holds(claim, b"key"))


class KeyTests(SynchronousTestCase):
    """``new_keys``."""

    def test_both_halves_belong_together(self) -> None:
        """RSA of 2048 bits, exponent 65537; the private half is not shown."""
        keys = new_keys()
        private = load_pem_private_key(keys.private.encode(), None)
        assert isinstance(private, RSAPrivateKey)
        self.assertEqual((2048, 65537), (private.key_size, private.public_key().public_numbers().e))
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.assertEqual(keys.public, public.decode())
        self.assertNotIn("PRIVATE", repr(keys))
