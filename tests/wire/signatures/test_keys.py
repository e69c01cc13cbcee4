"""Keys as actors publish them, and proofs made with them (docs/federation.md §1.1, §1.6)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.activitypub.reading import Doc
from fwtwisted.wire.signatures import keys, proofs
from fwtwisted.wire.signatures.claims import Algorithm
from fwtwisted.wire.signatures.received import Unsound
from tests.signed import a_key, pem

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)
ADA = "https://far.example/users/ada"


def an_rsa_key(text: str) -> rsa.RSAPublicKey:
    """What is read of a key in PEM, which is one of RSA."""
    key = keys.public_key(text)
    assert isinstance(key, rsa.RSAPublicKey)
    return key


class PemTests(SynchronousTestCase):
    """Keys in PEM."""

    def test_both_forms(self) -> None:
        """SPKI and PKCS#1, with or without blanks around."""
        for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
            key = an_rsa_key(f"\n {pem(a_key(), form)} \n")
            self.assertEqual(a_key().public_key().public_numbers(), key.public_numbers())

    def test_lengths(self) -> None:
        """2048 to 8192 bits."""
        for bits in (2048, 3072):
            self.assertEqual(bits, an_rsa_key(pem(a_key(bits))).key_size)
        big = rsa.RSAPublicNumbers(65537, (1 << 8191) + (1 << 4000) + 1).public_key()
        huge = rsa.RSAPublicNumbers(65537, (1 << 8199) + (1 << 4000) + 1).public_key()
        wide = rsa.RSAPublicNumbers((1 << 40) + 1, a_key().public_key().public_numbers().n).public_key()
        spki = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.assertEqual(8192, an_rsa_key(big.public_bytes(*spki).decode()).key_size)
        for key in (a_key(1024).public_key(), huge, wide):
            self.assertRaises(Unsound, keys.public_key, key.public_bytes(*spki).decode())

    def test_what_is_no_key(self) -> None:
        """Other kinds, secret ones, and no key at all."""
        spki = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        curve = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*spki).decode()
        secret = a_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for text in (
            "",
            "x",
            curve,
            secret,
            pem(a_key())[:200],
            "-----BEGIN PUBLIC KEY-----é",
            pem(a_key()) * 20,
        ):
            self.assertRaises(Unsound, keys.public_key, text)

    def test_ed25519(self) -> None:
        """Read beside RSA; the kind of a key decides which signatures it makes, whatever these say."""
        key = Ed25519PrivateKey.generate()
        read = keys.public_key(pem(key))
        self.assertTrue(keys.has_signed(read, key.sign(b"text"), b"text"))
        self.assertFalse(keys.has_signed(read, key.sign(b"text"), b"other"))
        self.assertFalse(keys.has_signed(read, keys.signed(a_key(), b"text"), b"text"))
        rsa_key = a_key().public_key()
        made = [keys.makes(one, told) for one in (read, rsa_key) for told in (None, Algorithm.ED25519, Algorithm.RSA)]
        self.assertEqual([True, True, False, True, False, True], made)

    def test_our_own(self) -> None:
        """Private keys are read without being tried for weaknesses; what is none is told."""
        secret = a_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        signature = keys.signed(keys.private_key(secret), b"text")
        self.assertTrue(keys.has_signed(a_key().public_key(), signature, b"text"))
        self.assertFalse(keys.has_signed(a_key().public_key(), signature, b"other"))
        self.assertFalse(keys.has_signed(a_key().public_key(), b"", b"text"))
        self.assertRaises(Unsound, keys.private_key, pem(a_key()))


class MultikeyTests(SynchronousTestCase):
    """Keys in base58."""

    def test_there_and_back(self) -> None:
        """Ed25519 and RSA."""
        for key in (Ed25519PrivateKey.generate().public_key(), a_key().public_key()):
            self.assertEqual(key, keys.from_multikey(keys.multikey(key)))
        self.assertTrue(keys.multikey(Ed25519PrivateKey.generate().public_key()).startswith("z6Mk"))

    def test_what_is_none(self) -> None:
        """Other bases, other kinds, cut short, too long."""
        short = keys.base58(keys.ED25519_PREFIX + b"x" * 31)
        weak = keys.multikey(a_key(1024).public_key())
        for text in (
            "",
            "z",
            "m6Mk",
            "z0",
            "z6Mk",
            short,
            weak,
            keys.base58(b"\x80\x24" + b"x" * 33),
            "z" + "2" * 3000,
        ):
            self.assertRaises(Unsound, keys.from_multikey, text)

    @given(st.binary(max_size=80))
    @settings(deadline=None)
    def test_any_bytes(self, value: bytes) -> None:
        """Base58 keeps all bytes, leading zeros included."""
        self.assertEqual(value, keys.from_base58(keys.base58(value)))

    @given(st.text(max_size=60))
    @settings(deadline=None)
    def test_any_text(self, text: str) -> None:
        """A key or our refusal."""
        try:
            keys.from_multikey(text)
        except Unsound:
            return


class PublishedTests(SynchronousTestCase):
    """Keys in documents."""

    def test_public_keys(self) -> None:
        """One or several; what is none is passed over."""
        one = {"id": f"{ADA}#main-key", "owner": ADA, "publicKeyPem": "PEM"}
        found = keys.Published(f"{ADA}#main-key", ADA, "PEM")
        self.assertEqual([found], _published(one))
        several = [1, None, {"id": 2}, one, {"id": "x", "publicKeyPem": "y", "owner": [ADA, "other"]}]
        self.assertEqual([found, keys.Published("x", None, "y")], _published(several))
        self.assertEqual([], list(keys.published(Doc({}))))

    def test_spellings(self) -> None:
        """JSON-LD has many for the same (docs/federation.md §2.6): all of them tell the key."""
        id, found = f"{ADA}#main-key", keys.Published(f"{ADA}#main-key", ADA, "PEM")
        for one in (
            {"id": id, "owner": {"id": ADA}, "publicKeyPem": ["PEM"]},
            {"@id": id, "@type": "Key", "owner": [ADA], "publicKeyPem": {"@value": "PEM"}},
            {"@set": [{"@id": id, "sec:owner": [{"@id": ADA}], "sec:publicKeyPem": "PEM"}]},
        ):
            self.assertEqual([found], _published(one))
        space = "https://w3id.org/security#"
        expanded = {"@id": id, f"{space}owner": [{"@id": ADA}], f"{space}publicKeyPem": [{"@value": "PEM"}]}
        self.assertEqual([found], list(keys.published(Doc({f"{space}publicKey": [expanded]}))))

    def test_a_key_by_itself(self) -> None:
        """``owner`` or ``controller`` says whose it is."""
        for kind in ("Key", "CryptographicKey", ["CryptographicKey"]):
            document = {"type": kind, "id": "k", "controller": ADA, "publicKeyPem": "PEM"}
            self.assertEqual([keys.Published("k", ADA, "PEM")], list(keys.standing_alone(Doc(document))))
        for kinds in ("Note", ["Key", "Create"], []):
            other = Doc({"type": kinds, "id": "k", "publicKeyPem": "PEM"})
            self.assertEqual([], list(keys.standing_alone(other)), "an activity, say")

    def test_multikeys(self) -> None:
        """``assertionMethod``, as FEP-521a has it; keys that are only named are passed over."""
        shown = keys.assertion_method(ADA, f"{ADA}#ed25519-key", "z6Mk")
        document = {"assertionMethod": [f"{ADA}#other", shown, {**shown, "type": "Other"}]}
        self.assertEqual([keys.Published(f"{ADA}#ed25519-key", ADA, "z6Mk")], list(keys.asserting(Doc(document))))


def _published(key: Any) -> list[keys.Published]:
    return list(keys.published(Doc({"publicKey": key})))


CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
PUBLISHED_KEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
PUBLISHED_SEED = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
PUBLISHED_PROOF = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"


class ProofTests(SynchronousTestCase):
    """Proofs within documents."""

    def setUp(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.document: dict[str, Any] = {
            "@context": ["https://www.w3.org/ns/activitystreams", {"Hashtag": "as:Hashtag"}],
            "id": f"{ADA}#likes/1", "type": "Like", "actor": ADA, "object": "https://pod.example/1",
            "content": "ünï 💿", "number": 1.5, "nested": [{"b": 1, "a": None}],
        }  # fmt: skip

    def proven(self, **options: Any) -> dict[str, Any]:
        """The document with a proof, of which some options are others after it was made."""
        made = proofs.proven(self.document, self.key, f"{ADA}#ed25519-key", NOW)
        return {**made, "proof": {**made["proof"], **options}}

    def is_right(self, document: dict[str, Any], key: object = None) -> bool:
        """Whether the proof is right."""
        return proofs.proof(document, NOW).is_made_by(self.key.public_key() if key is None else key)

    def test_the_published_example(self) -> None:
        """Of the W3C's own (vc-di-eddsa, B.3): checked, and made anew to the same letters."""
        name = f"did:key:{PUBLISHED_KEY}#{PUBLISHED_KEY}"
        key = keys.ed25519_private(keys.from_base58(PUBLISHED_SEED)[2:])
        made = proofs.proven(CREDENTIAL, key, name, datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC))
        self.assertEqual(PUBLISHED_PROOF, made["proof"]["proofValue"])
        self.assertTrue(self.is_right(made, keys.from_multikey(PUBLISHED_KEY)))

    def test_ed25519(self) -> None:
        """Read beside RSA; the kind of a key decides which signatures it makes, whatever these say."""
        key = Ed25519PrivateKey.generate()
        read = keys.public_key(pem(key))
        self.assertTrue(keys.has_signed(read, key.sign(b"text"), b"text"))
        self.assertFalse(keys.has_signed(read, key.sign(b"text"), b"other"))
        self.assertFalse(keys.has_signed(read, keys.signed(a_key(), b"text"), b"text"))
        rsa_key = a_key().public_key()
        made = [keys.makes(one, told) for one in (read, rsa_key) for told in (None, Algorithm.ED25519, Algorithm.RSA)]
        self.assertEqual([True, True, False, True, False, True], made)

    def test_our_own(self) -> None:
        """What we make is right after a journey as JSON; also without a context of its own, or as one of several."""
        made = json.loads(json.dumps(self.proven()))
        self.assertTrue(self.is_right(made))
        self.assertEqual(f"{ADA}#ed25519-key", proofs.proof(made, NOW).key_id)
        del made["proof"]["@context"]
        self.assertTrue(self.is_right(made))
        made["proof"] = [{"type": "DataIntegrityProof", "cryptosuite": "other"}, made["proof"]]
        self.assertTrue(self.is_right(made))
        self.assertTrue(proofs.bears_one(made))
        self.assertFalse(proofs.bears_one(self.document))

    def test_a_context_that_grew(self) -> None:
        """Whoever passes a document on may add to its context; not put another in its place."""
        made = self.proven()
        made["@context"] = [*made["@context"], "https://more.example"]
        self.assertTrue(self.is_right(made))
        made["@context"] = ["https://more.example", *made["@context"]]
        self.assertRaises(Unsound, self.is_right, made)

    def test_what_was_changed(self) -> None:
        """Any change of the document or of the proof's options is seen; so is another key."""
        self.assertFalse(self.is_right({**self.proven(), "object": "https://pod.example/2"}))
        self.assertFalse(self.is_right({**self.proven(), "more": 1}))
        self.assertFalse(self.is_right(self.proven(created="2027-01-15T07:59:59Z")))
        self.assertFalse(self.is_right(self.proven(), Ed25519PrivateKey.generate().public_key()))
        self.assertFalse(self.is_right(self.proven(), a_key().public_key()))

    def test_what_is_no_proof(self) -> None:
        """Of another kind, for another purpose, incomplete, of another time."""
        future, past = NOW + timedelta(hours=2), NOW - timedelta(seconds=1)
        for options in (
            {"type": "RsaSignature2017"}, {"cryptosuite": "eddsa-rdfc-2022"}, {"proofPurpose": "authentication"},
            {"verificationMethod": None}, {"verificationMethod": {"id": "x"}}, {"proofValue": None},
            {"proofValue": "x"}, {"proofValue": "z1"}, {"created": future.isoformat()}, {"created": "soon"},
            {"created": 1},
            {"expires": past.isoformat()}, {"created": "2027-01-15T07:00:00", "expires": "2027-01-15T07:30:00"},
            {"extra": 1e400}, {"extra": 1 << 60}, {"extra": "\ud800"},
        ):  # fmt: skip
            self.assertRaises(Unsound, proofs.proof, self.proven(**options), NOW)
        odd: tuple[Any, ...] = (None, [], "x", 1, [1], {})
        for proof in odd:
            self.assertRaises(Unsound, proofs.proof, {**self.document, "proof": proof}, NOW)

    @given(st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
        max_leaves=8,
    ))  # fmt: skip
    @settings(max_examples=200, deadline=None)
    def test_any_document(self, part: Any) -> None:
        """Any value in the document and in the proof: an answer or our refusal."""
        made = self.proven()
        for document in ({**made, "part": part}, {**made, "proof": {**made["proof"], "created": part}}):
            try:
                self.is_right(document)
            except Unsound:
                continue
