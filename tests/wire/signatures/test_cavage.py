"""Signatures as draft-cavage has them: what is believed, and each thing that is not (docs/federation.md §1.2)."""

from __future__ import annotations

import base64
import hashlib

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures import cavage, outgoing
from fwtwisted.wire.signatures.claims import Claim
from fwtwisted.wire.signatures.keys import has_signed, signed
from fwtwisted.wire.signatures.outgoing import Order
from fwtwisted.wire.signatures.received import Digests, Place, Received, Unsound
from fwtwisted.wire.targets import target
from tests.signed import BODY, INBOX, KEY_ID, NOW, PLACE, a_key, a_request, by_cavage, with_headers

HS2019 = 'keyId="{key_id}",algorithm="hs2019",created={created},headers="{names}",signature="{signature}"'


def claimed(request: Received, now: float = NOW, place: Place = PLACE) -> Claim:
    """What the request claims."""
    return cavage.claim(request, place, now)


def is_right(request: Received, now: float = NOW, place: Place = PLACE) -> bool:
    """Whether the usual key signed it."""
    claim = claimed(request, now, place)
    return any(has_signed(a_key().public_key(), claim.signature, text) for text in claim.texts)


class Cavage(SynchronousTestCase):
    """Something to ask with."""

    def believed(self, request: Received, now: float = NOW, place: Place = PLACE) -> None:
        """It is right."""
        self.assertTrue(is_right(request, now, place))

    def refused(self, request: Received, words: str, now: float = NOW) -> None:
        """It is refused without a look at the key, and this is why."""
        error = self.assertRaises(Unsound, claimed, request, now)
        self.assertIn(words, str(error))


class BelievedTests(Cavage):
    """What other servers send."""

    def test_mastodon(self) -> None:
        """The set of headers of Mastodon, Lemmy, Misskey."""
        request = a_request(content_type="application/activity+json")
        self.believed(by_cavage(request, a_key(), "(request-target) host date digest content-type"))
        self.assertEqual(KEY_ID, claimed(by_cavage(request, a_key())).key_id)

    def test_funkwhale(self) -> None:
        """Funkwhale signs its name, too."""
        self.believed(by_cavage(a_request(), a_key(), "(request-target) user-agent host date digest"))
        get = a_request("GET", "/federation/music/libraries/1?page=2", None)
        self.believed(by_cavage(get, a_key(), "(request-target) user-agent host date"))

    def test_gotosocial(self) -> None:
        """``hs2019``, with a key beside the actor."""
        request = by_cavage(a_request(), a_key(), algorithm="hs2019", key_id="https://far.example/users/ada/main-key")
        self.believed(request)

    def test_created_instead_of_date(self) -> None:
        """As ``hs2019`` has it: the time among the parameters, bare or in quotes, whole or with a fraction."""
        for form in (HS2019, HS2019.replace("{created}", '"{created}"'), HS2019.replace('algorithm="hs2019",', "")):
            names = "(request-target) (created) host digest"
            self.believed(by_cavage(a_request(), a_key(), names, form=form, created=str(int(NOW))))
        form = HS2019.replace("created", "created={created},expires", 1)
        names = "(request-target) (created) (expires) host digest"
        request = by_cavage(
            a_request(), a_key(), names, form=form.replace("expires={created}", "expires={expires}"),
            created=str(int(NOW)), expires=f"{NOW + 9:.3f}",
        )  # fmt: skip
        self.believed(request)

    def test_blanks_order_and_no_algorithm(self) -> None:
        """The header may be written in any order, with blanks, without an algorithm."""
        form = 'signature="{signature}" , headers="{names}" ,  keyId = "{key_id}"'
        self.believed(by_cavage(a_request(), a_key(), form=form))

    def test_the_path_alone(self) -> None:
        """Fedify and old Mastodons sign the target without its query."""
        get = a_request("GET", "/federation/music/libraries/1?page=2", None)
        request = by_cavage(get, a_key(), "(request-target) host date", target="/federation/music/libraries/1")
        self.believed(request)
        self.assertEqual(2, len(claimed(request).texts))

    def test_a_header_that_occurs_twice(self) -> None:
        """Its values are joined in order."""
        request = with_headers(a_request(), {"x-thing": ["one", " two "]})
        signed_one = by_cavage(
            with_headers(request, {"x-thing": "one, two"}), a_key(), "(request-target) host date digest x-thing"
        )
        self.believed(with_headers(signed_one, {"x-thing": ["one", " two "]}))

    def test_the_clock_may_be_off(self) -> None:
        """By an hour, either way."""
        request = by_cavage(a_request(), a_key())
        self.believed(request, NOW + 3599)
        self.believed(request, NOW - 3599)

    def test_behind_a_proxy(self) -> None:
        """What the proxy makes of ``Host`` does not matter: our own name was signed."""
        request = by_cavage(a_request(), a_key())
        self.believed(with_headers(request, {"host": "127.0.0.1:5000"}))
        self.believed(by_cavage(with_headers(a_request(), {"host": "POD.example:443"}), a_key()))
        place = Place.at("http://127.0.0.1:8001")
        self.believed(by_cavage(with_headers(a_request(), {"host": "127.0.0.1:8001"}), a_key()), place=place)

    def test_several_digests(self) -> None:
        """One of them is SHA-256, in any spelling."""
        right = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
        self.believed(by_cavage(a_request(digest=f"md5=x, sha-256={right}"), a_key()))

    def test_an_authorization_is_not_looked_at(self) -> None:
        """Some send the signature there as well."""
        self.believed(with_headers(by_cavage(a_request(), a_key()), {"authorization": 'Signature keyId="x"'}))


class RefusedTests(Cavage):
    """What proves nothing, whoever signed it."""

    def test_unreadable(self) -> None:
        """A header that cannot be read, or says a thing twice."""
        for header in (
            "", "x", 'keyId="a"', 'keyId="a",signature=""', 'keyId="a",signature="*"', 'keyId="a,signature="eA=="',
            'keyId="a",signature="eA==",', 'keyId="a",keyId="b",signature="eA=="', 'keyId="",signature="eA=="',
            'keyId="a",signature="eA==",headers=""', 'keyId="a",signature="eA==",headers="date date"',
            'keyId="a",signature="eA==",created="soon"', 'keyId="a",signature="eA==" headers="date"',
            'keyId="a",signature="eA==",headers="da:te"', 'keyId="' + "a" * 9000 + '",signature="eA=="',
        ):  # fmt: skip
            self.assertRaises(Unsound, claimed, with_headers(a_request(), {"signature": header}))

    def test_several_signatures(self) -> None:
        """Two headers: nobody can say which counts."""
        request = by_cavage(a_request(), a_key())
        self.refused(with_headers(request, {"signature": [*request.headers["signature"]] * 2}), "several")

    def test_algorithms(self) -> None:
        """None but RSA with SHA-256: the header does not choose the mathematics."""
        for algorithm in (
            "hmac-sha256",
            "HMAC-SHA512",
            "rsa-sha1",
            "rsa-sha512",
            "none",
            "ed25519",
            "ecdsa-sha256",
            "",
        ):
            self.refused(by_cavage(a_request(), a_key(), algorithm=algorithm), "algorithm")

    def test_coverage(self) -> None:
        """Target, host, time and, where there is a body, its digest."""
        for names in (
            "host date digest", "(request-target) date digest", "(request-target) host digest", "date",
            "(request-target) host date",
        ):  # fmt: skip
            self.refused(by_cavage(a_request(), a_key(), names), "does not cover")
        form = 'keyId="{key_id}",signature="{signature}"'
        self.refused(by_cavage(a_request(), a_key(), "date", form=form), "does not cover")
        form = 'keyId="{key_id}",algorithm="rsa-sha256",signature="{signature}"'
        self.refused(by_cavage(a_request(), a_key(), "date", form=form), "does not cover")

    def test_a_header_that_is_missing(self) -> None:
        """It was signed, and did not come."""
        names = "(request-target) host date digest x-thing"
        self.refused(by_cavage(a_request(), a_key(), names), "lacks")
        self.refused(by_cavage(a_request(), a_key(), "(request-target) host date digest (secret)"), "nobody knows")

    def test_another_host(self) -> None:
        """A request to somebody else, passed on to us."""
        request = by_cavage(with_headers(a_request(), {"host": "other.example"}), a_key())
        self.assertFalse(is_right(request))
        self.assertFalse(is_right(with_headers(request, {"host": "pod.example"})))

    def test_another_path_or_method(self) -> None:
        """What was signed for one place is not for another."""
        request = by_cavage(a_request(), a_key())
        self.assertFalse(is_right(evolve(request, target="/federation/actors/ada/inbox")))
        self.assertFalse(is_right(evolve(request, method="PUT")))
        self.assertFalse(is_right(evolve(request, target=f"{INBOX}/x?y")))

    def test_old_and_new(self) -> None:
        """More than an hour off, either way, by the date or by ``(created)``."""
        request = by_cavage(a_request(), a_key())
        self.refused(request, "too old", NOW + 3700)
        self.refused(request, "time to come", NOW - 3700)
        names = "(request-target) (created) host digest"
        late = by_cavage(a_request(), a_key(), names, form=HS2019, created=str(int(NOW - 4000)))
        self.refused(late, "too old")
        both = by_cavage(
            a_request(),
            a_key(),
            "(request-target) (created) date host digest",
            form=HS2019,
            created=str(int(NOW - 4000)),
        )
        self.refused(both, "too old")

    def test_expired(self) -> None:
        """What expires may not have done so."""
        form = 'keyId="{key_id}",expires={expires},headers="{names}",signature="{signature}"'
        names = "(request-target) (expires) date host digest"
        self.refused(by_cavage(a_request(), a_key(), names, form=form, expires=str(int(NOW - 1))), "expired")
        names = "(request-target) date host digest"  # not signed, and still said
        self.refused(by_cavage(a_request(), a_key(), names, form=form, expires=str(int(NOW - 1))), "expired")

    def test_created_goes_with_hs2019_alone(self) -> None:
        """And is not covered without being told."""
        names = "(request-target) (created) host digest"
        form = HS2019.replace("hs2019", "rsa-sha256")
        self.refused(by_cavage(a_request(), a_key(), names, form=form, created=str(int(NOW))), "does not go with")
        self.refused(by_cavage(a_request(), a_key(), names, algorithm="hs2019"), "does not tell")

    def test_dates_that_are_none(self) -> None:
        """A date that cannot be read."""
        for date in ("", "now", "2027-01-15T08:00:00Z", "Mon, 99 Jan 2027 08:00:00 GMT", "9" * 100, "1800000000"):
            self.refused(by_cavage(a_request(date=date), a_key()), "date of the request")

    def test_two_dates(self) -> None:
        """Together they are no date, whichever of them is right."""
        (now,) = a_request().headers["date"]
        for dates in ([now, cavage.http_date(NOW - 90_000)], [cavage.http_date(NOW - 90_000), now], [now, now]):
            self.refused(by_cavage(with_headers(a_request(), {"date": dates}), a_key()), "cannot be read")

    def test_another_body(self) -> None:
        """The digest is of another body, of none that we know, or cannot be read."""
        request = by_cavage(a_request(), a_key())
        self.refused(evolve(request, digests=Digests.of(b"{}")), "another body")
        right = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
        for digest, words in (
            (f"SHA-512={right}", "no SHA-256"), ("SHA-256=*", "cannot be read"), ("", "no SHA-256"),
            (f"SHA-256={right}, SHA-256=eA==", "another body"), ("SHA-256=", "another body"),
        ):  # fmt: skip
            self.refused(by_cavage(a_request(digest=digest), a_key()), words)


class AnythingTests(SynchronousTestCase):
    """Whatever comes, the answer is a claim or our own refusal; never a signature that was not made."""

    @given(st.text(max_size=300))
    @settings(max_examples=300, deadline=None)
    def test_any_header(self, header: str) -> None:
        """Any text as the header."""
        try:
            claimed(with_headers(a_request(), {"signature": header}))
        except Unsound:
            return

    @given(st.data())
    @settings(max_examples=300, deadline=None)
    def test_a_header_gone_wrong(self, data: st.DataObject) -> None:
        """A good request of which a piece of one header was replaced."""
        request = by_cavage(a_request(), a_key())
        name = data.draw(st.sampled_from(sorted(request.headers)))
        value = request.headers[name][0]
        start = data.draw(st.integers(0, len(value)))
        stop = data.draw(st.integers(start, min(len(value), start + 8)))
        piece = data.draw(st.text(max_size=6))
        wrong = with_headers(request, {name: value[:start] + piece + value[stop:]})
        try:
            right = is_right(wrong)
        except Unsound:
            return
        if right and name in ("date", "digest"):
            self.assertEqual(value, wrong.headers[name][0].strip(" \t"))

    @given(st.text(max_size=60))
    @settings(max_examples=200, deadline=None)
    def test_any_date(self, date: str) -> None:
        """Any text as the date."""
        try:
            claimed(with_headers(by_cavage(a_request(), a_key()), {"date": date}))
        except Unsound:
            return


class SentTests(SynchronousTestCase):
    """What we send."""

    def sent(self, url: str, method: str, body: bytes | None, scheme: Scheme = Scheme.CAVAGE) -> dict[str, str]:
        """The headers of a request of ours."""
        order = Order(KEY_ID, method, target(url), body, scheme, NOW)
        return outgoing.headers(order, lambda text: signed(a_key(), text))

    def received(self, url: str, method: str, body: bytes | None, headers: dict[str, str]) -> Received:
        """The same, where it arrives."""
        told = {name.lower(): [value] for name, value in {"Host": "pod.example", **headers}.items()}
        digests = None if body is None else Digests.of(body)
        return Received(method, url.removeprefix("https://pod.example"), told, digests)

    def test_a_post(self) -> None:
        """Is read by Funkwhale's parser: no blanks, everything quoted, ``rsa-sha256``."""
        url = "https://pod.example/inbox"
        headers = self.sent(url, "POST", BODY)
        self.assertEqual({"Date", "Digest", "Signature"}, set(headers))
        start = f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="'
        self.assertTrue(headers["Signature"].startswith(start))
        self.assertTrue(is_right(self.received(url, "POST", BODY, headers)))

    def test_a_get(self) -> None:
        """With the query, or with the path alone; without a digest."""
        url = "https://pod.example/library?page=2&x=%20"
        for scheme, number in ((Scheme.CAVAGE, 0), (Scheme.CAVAGE_PATH_ONLY, 1)):
            headers = self.sent(url, "GET", None, scheme)
            self.assertIn('headers="(request-target) host date",', headers["Signature"])
            claim = claimed(self.received(url, "GET", None, headers))
            self.assertTrue(has_signed(a_key().public_key(), claim.signature, claim.texts[number]))
