"""Signatures as RFC 9421 has them: what is believed, and each thing that is not (docs/federation.md §1.3)."""

from __future__ import annotations

import hashlib

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures import messages, outgoing
from fwtwisted.wire.signatures.claims import Claim
from fwtwisted.wire.signatures.keys import has_signed, signed
from fwtwisted.wire.signatures.messages import Wanted
from fwtwisted.wire.signatures.outgoing import Order
from fwtwisted.wire.signatures.received import Digests, Received, Unsound
from fwtwisted.wire.signatures.structured import Token, dictionary, encoded
from fwtwisted.wire.targets import target
from tests.signed import BODY, INBOX, KEY_ID, NOW, PLACE, a_key, a_request, by_messages, with_headers

TOLD = f';created={int(NOW)};keyid="{KEY_ID}"'


def claimed(request: Received, now: float = NOW) -> list[Claim]:
    """What the request claims."""
    return messages.claims(request, PLACE, now)


def is_right(request: Received, now: float = NOW) -> bool:
    """Whether the usual key signed it."""
    key = a_key().public_key()
    return any(has_signed(key, claim.signature, text) for claim in claimed(request, now) for text in claim.texts)


class Messages(SynchronousTestCase):
    """Something to ask with."""

    def believed(self, request: Received) -> None:
        """It is right."""
        self.assertTrue(is_right(request))

    def refused(self, request: Received, words: str, now: float = NOW) -> None:
        """It is refused without a look at the key, and this is why."""
        error = self.assertRaises(Unsound, claimed, request, now)
        self.assertIn(words, str(error))


class BelievedTests(Messages):
    """What other servers send."""

    def test_mastodon(self) -> None:
        """Method, target and digest."""
        self.believed(by_messages(a_request(), a_key()))
        self.assertEqual([KEY_ID], [claim.key_id for claim in claimed(by_messages(a_request(), a_key()))])
        get = a_request("GET", "/federation/music/libraries/1?page=2", None)
        self.believed(by_messages(get, a_key(), '"@method" "@target-uri"'))

    def test_fedify(self) -> None:
        """Much more, and headers among it."""
        names = '"@method" "@target-uri" "@authority" "host" "date"'
        self.believed(by_messages(a_request(), a_key(), f'{names} "content-digest"'))
        self.believed(by_messages(a_request("GET", "/x", None), a_key(), names))

    def test_in_parts(self) -> None:
        """Authority, path and query stand for the target; the query only where there is one."""
        self.believed(by_messages(a_request("GET", "/x", None), a_key(), '"@method" "@authority" "@path"'))
        names = '"@method" "@authority" "@path" "@query" "@scheme" "@request-target"'
        self.believed(by_messages(a_request("GET", "/x?y=1", None), a_key(), names))

    def test_the_letters_that_were_sent(self) -> None:
        """Parameters are signed in the order and the spelling in which they came."""
        for told in (
            f';keyid="{KEY_ID}";alg="rsa-v1_5-sha256";created={int(NOW)};expires={int(NOW) + 60}',
            f'; created={int(NOW)};  keyid="{KEY_ID}";nonce="x\\"y";tag="activitypub"',
        ):
            self.believed(by_messages(a_request(), a_key(), parameters=told))

    def test_one_of_several(self) -> None:
        """One label that is in order is enough."""
        good = by_messages(a_request(), a_key())
        bad = by_messages(a_request(), a_key(), '"@method"', label="proxy")
        both = with_headers(
            good,
            {
                "signature-input": [bad.headers["signature-input"][0], good.headers["signature-input"][0]],
                "signature": f"{good.headers['signature'][0]}, {bad.headers['signature'][0]}",
            },
        )
        self.believed(both)
        self.assertEqual(1, len(claimed(both)))

    def test_sha_512(self) -> None:
        """A digest by SHA-512 is as good."""
        digest = f"sha-512={encoded(hashlib.sha512(BODY).digest())}"
        self.believed(by_messages(a_request(content_digest=digest), a_key()))
        self.believed(by_messages(a_request(content_digest=f"unixsum=30637, {digest}"), a_key()))

    def test_behind_a_proxy(self) -> None:
        """The target is the public one, whatever the proxy makes of ``Host``."""
        names = '"@method" "@target-uri" "host" "content-digest"'
        self.believed(with_headers(by_messages(a_request(), a_key(), names), {"host": "127.0.0.1:5000"}))


class RefusedTests(Messages):
    """What proves nothing, whoever signed it."""

    def test_unreadable(self) -> None:
        """Headers that are no structured fields, or say a thing twice."""
        for said in (
            "", "sig1", "sig1=", "sig1=()", "sig1=(", "sig1=(a", 'sig1=("@method"', 'sig1=("@method" "x"),',
            'sig1=("@method"), sig1=("@method")', "sig1=1", "Sig1=()", 'sig1=("@method";)', 'sig1=("@method""x")',
            'sig1=("@method")' + TOLD + TOLD, 'sig1=("@method") x', "sig1=(" + '"a" ' * 40 + ")", "x" * 20_000,
            'sig1=("@method");created=é',
        ):  # fmt: skip
            request = with_headers(a_request(), {"signature-input": said, "signature": "sig1=:eA==:"})
            self.assertRaises(Unsound, claimed, request)

    def test_a_label_without_a_signature(self) -> None:
        """Announced, and not there; or not of the kind that it has to be."""
        good = by_messages(a_request(), a_key())
        for signature in ("", "sig2=:eA==:", "sig1=x", 'sig1="eA=="', "sig1=::", "sig1", "sig1=(:eA==:)"):
            self.assertRaises(Unsound, claimed, with_headers(good, {"signature": signature}))
        self.assertRaises(Unsound, claimed, with_headers(good, {"signature": []}))

    def test_too_many(self) -> None:
        """More labels than anybody needs."""
        said = ", ".join(f'sig{n}=("@method" "@target-uri" "content-digest"){TOLD}' for n in range(5))
        signatures = ", ".join(f"sig{n}=:eA==:" for n in range(5))
        self.refused(with_headers(a_request(), {"signature-input": said, "signature": signatures}), "too many")

    def test_parameters(self) -> None:
        """Key and time must be there, the time about now, the algorithm RSA with SHA-256."""
        for told, words in (
            (f";created={int(NOW)}", "names no key"),
            (f';created={int(NOW)};keyid=""', "names no key"),
            (f";created={int(NOW)};keyid=far", "names no key"),
            (f';keyid="{KEY_ID}"', "when it was made"),
            (f';created="{int(NOW)}";keyid="{KEY_ID}"', "when it was made"),
            (f';created={int(NOW)}.5;keyid="{KEY_ID}"', "when it was made"),
            (f';created;keyid="{KEY_ID}"', "when it was made"),
            (f';created={int(NOW) - 3700};keyid="{KEY_ID}"', "too old"),
            (f';created={int(NOW) + 3700};keyid="{KEY_ID}"', "time to come"),
            (f"{TOLD};expires={int(NOW) - 1}", "expired"),
            (f"{TOLD};expires=?1", "cannot be read"),
            (f'{TOLD};alg="hmac-sha256"', "algorithm"),
            (f'{TOLD};alg="rsa-pss-sha512"', "algorithm"),
            (f"{TOLD};alg=ed25519", "algorithm"),
            (f"{TOLD};alg=1", "algorithm"),
            (f"{TOLD};alg=rsa-v1_5-sha256", "algorithm"),
        ):
            self.refused(by_messages(a_request(), a_key(), parameters=told), words)

    def test_coverage(self) -> None:
        """The method, the whole target, and the digest of a body."""
        for names in (
            '"@target-uri" "content-digest"', '"@method" "content-digest"', '"@method" "@target-uri"',
            '"@method" "@path" "content-digest"', '"@method" "@authority" "content-digest"',
        ):  # fmt: skip
            self.refused(by_messages(a_request(), a_key(), names), "does not cover")
        query = a_request("GET", "/x?y=1", None)
        self.refused(by_messages(query, a_key(), '"@method" "@authority" "@path"'), "does not cover")

    def test_components(self) -> None:
        """Unknown ones, one twice, one with parameters, and a header that did not come."""
        for names, words in (
            ('"@method" "@target-uri" "content-digest" "@status"', "nobody here knows"),
            ('"@method" "@target-uri" "content-digest" "@query-param";name="a"', "nobody here knows"),
            ('"@method" "@target-uri" "content-digest";sf', "nobody here knows"),
            ('"@method" "@target-uri" "Content-Digest"', "nobody here knows"),
            ('"@method" "@target-uri" "content-digest" date', "nobody here knows"),
            ('"@method" "@method" "@target-uri" "content-digest"', "twice"),
            ('"@method" "@target-uri" "content-digest" "x-thing"', "lacks"),
        ):
            self.refused(by_messages(a_request(), a_key(), names), words)

    def test_another_body(self) -> None:
        """The digest is of another body, by no hash that we know, or not there."""
        request = by_messages(a_request(), a_key())
        self.refused(evolve(request, digests=Digests.of(b"{}")), "another body")
        right = encoded(hashlib.sha256(BODY).digest())
        for digest, words in (
            ("", "neither"), (f"md5={right}", "neither"), ("sha-256=1", "another body"),
            (f"sha-256={right}, sha-512=:eA==:", "another body"), (f"sha-256={right};x=1, sha-256=:eA==:", "twice"),
        ):  # fmt: skip
            self.refused(by_messages(a_request(content_digest=digest), a_key()), words)

    def test_another_place(self) -> None:
        """What was signed for one target is not for another."""
        request = by_messages(a_request(), a_key())
        self.assertFalse(is_right(evolve(request, target=f"{INBOX}?x")))
        self.assertFalse(is_right(evolve(request, method="PUT")))
        other = by_messages(a_request(), a_key(), values={"@target-uri": f"https://other.example{INBOX}"})
        self.assertFalse(is_right(other))
        self.assertFalse(is_right(by_messages(a_request(), a_key(number=1))))


class AnythingTests(SynchronousTestCase):
    """Whatever comes, the answer is a claim or our own refusal."""

    @given(st.text(max_size=200), st.text(max_size=100))
    @settings(max_examples=300, deadline=None)
    def test_any_headers(self, said: str, signature: str) -> None:
        """Any text in both headers."""
        try:
            claimed(with_headers(a_request(), {"signature-input": said, "signature": signature}))
        except Unsound:
            return

    @given(st.data())
    @settings(max_examples=300, deadline=None)
    def test_a_header_gone_wrong(self, data: st.DataObject) -> None:
        """A good request of which a piece of one header was replaced is refused, or is still the same request."""
        request = by_messages(a_request(), a_key())
        name = data.draw(st.sampled_from(("signature-input", "signature", "content-digest")))
        value = request.headers[name][0]
        start = data.draw(st.integers(0, len(value)))
        stop = data.draw(st.integers(start, min(len(value), start + 8)))
        piece = data.draw(st.text(max_size=6))
        wrong = with_headers(request, {name: value[:start] + piece + value[stop:]})
        try:
            right = is_right(wrong)
        except Unsound:
            return
        if right and name == "content-digest":
            self.assertEqual(value, wrong.headers[name][0].strip(" \t"))


class StructuredTests(SynchronousTestCase):
    """The fields themselves."""

    def test_all_kinds(self) -> None:
        """Every kind of value, and parameters."""
        found = dictionary('a=1, b=-2.5 , c="x\\"y";p=?0,\td=tok/en, e=:eA:, f, g=?1;q;r=2, h=("i";k "j" 3);l')
        self.assertEqual([1, -2.5, 'x"y', Token("tok/en"), b"x", True, True], [found[n].value for n in "abcdefg"])
        self.assertEqual({"p": False}, found["c"].parameters)
        self.assertEqual({"q": True, "r": 2}, found["g"].parameters)
        items = found["h"].items or ()
        self.assertEqual(
            [("i", {"k": True}), ("j", {}), (3, {})], [(item.value, dict(item.parameters)) for item in items]
        )
        self.assertEqual('("i";k "j" 3);l', found["h"].raw)
        self.assertEqual({}, dictionary("  "))


class SentTests(SynchronousTestCase):
    """What we send and ask for."""

    def sent(self, url: str, method: str, body: bytes | None, wanted: Wanted | None = None) -> dict[str, str]:
        """The headers of a request of ours."""
        order = Order(KEY_ID, method, target(url), body, Scheme.MESSAGES, NOW, wanted)
        return outgoing.headers(order, lambda text: signed(a_key(), text))

    def arrives(self, url: str, method: str, body: bytes | None, headers: dict[str, str]) -> bool:
        """Whether it is right where it arrives."""
        told = {name.lower(): [value] for name, value in {"Host": "pod.example", **headers}.items()}
        digests = None if body is None else Digests.of(body)
        return is_right(Received(method, url.removeprefix("https://pod.example"), told, digests))

    def test_a_post_and_a_get(self) -> None:
        """As Mastodon wants them: one label, created, key and algorithm."""
        headers = self.sent("https://pod.example/inbox", "POST", BODY)
        said = (
            f'sig1=("@method" "@target-uri" "content-digest");created={int(NOW)};keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
        )
        self.assertEqual(said, headers["Signature-Input"])
        self.assertEqual({"Date", "Content-Digest", "Signature-Input", "Signature"}, set(headers))
        self.assertTrue(self.arrives("https://pod.example/inbox", "POST", BODY, headers))
        headers = self.sent("https://pod.example/x?y=1", "GET", None)
        self.assertTrue(self.arrives("https://pod.example/x?y=1", "GET", None, headers))

    def test_what_a_server_wants(self) -> None:
        """Its label and its components, if we can make them all."""
        able = outgoing.able(has_body=True)
        asked = messages.wanted('fed=("@method" "@authority" "@path" "@query" "date" "content-digest");created', able)
        assert asked is not None
        self.assertEqual("fed", asked.label)
        headers = self.sent("https://pod.example/inbox?a=b", "POST", BODY, asked)
        self.assertIn(
            'fed=("@method" "@authority" "@path" "@query" "date" "content-digest");', headers["Signature-Input"]
        )
        self.assertTrue(self.arrives("https://pod.example/inbox?a=b", "POST", BODY, headers))
        for header in (
            "x", "", "a=1", 'a=()', 'a=("@method" "content-type")', 'a=("@method";req)', 'a=("@method");nonce="x"',
            'a=("@method");alg="ed25519"', 'a=("@method" "@method")',
        ):  # fmt: skip
            self.assertIsNone(messages.wanted(header, able), header)
        self.assertIsNone(messages.wanted('a=("content-digest")', outgoing.able(has_body=False)))

    def test_what_we_want(self) -> None:
        """We can make what our own refusals ask for."""
        for has_body in (True, False):
            header = messages.accept_signature(has_body=has_body)
            asked = messages.wanted(header, outgoing.able(has_body=has_body))
            assert asked is not None
            self.assertEqual(3 if has_body else 2, len(asked.components))
        self.assertEqual(
            'sig1=("@method" "@target-uri" "content-digest");created;alg="rsa-v1_5-sha256"',
            messages.accept_signature(has_body=True),
        )
