"""Which addresses are asked at all (docs/federation.md §8.1)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.targets import PLAIN_OR_SECURE, BadTarget, Exemptions, onward, target, why_refused

REFUSED = (
    "", "x", "ftp://pod.example/", "javascript:alert(1)", "https://", "https:///x", "http://pod.example/",
    "https://localhost/", "https://pod/", "https://printer.local/", "https://db.internal/", "https://x.onion/",
    "https://127.0.0.1/", "https://93.184.216.34/", "https://[::1]/", "https://[2606:4700::1111]/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://a.0x7f/",
    "https://１２７.０.０.１/", "https://ⓛocalhost/", "https://user@pod.example/", "https://user:p@pod.example/",
    "https://pod.example:22/", "https://pod.example:0/", "https://pod.example:99999/", "https://pod.example:x/",
    "https://pod .example/", "https://pod.example\\@evil.example/", "https://pod.example/a b", "https://pod..example/",
    "https://-pod.example/", "https://" + "a" * 64 + ".example/", "https://pod.example/" + "a" * 2000,
    "https://pod.example/\n", "https://[fe80::1%25eth0]/", "https://%6c%6fcalhost/",
)  # fmt: skip
PRIVATE = (
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.9", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.5", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2001:10::1", "2002:7f00:1::", "2002:5db8:d822::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "3fff::1", "5f00::1", "", "pod.example", "1.2.3",
)  # fmt: skip
PUBLIC = (
    "1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.167.1.1", "223.255.255.1",
    "2606:4700:4700::1111", "2a01:4f8::1", "::ffff:1.1.1.1", "64:ff9b::101:101",
)  # fmt: skip


class TargetTests(SynchronousTestCase):
    """URLs."""

    def test_what_is_refused(self) -> None:
        """Schemes, ports, numbers for names, our own walls, users, and what is no URL at all."""
        for text in REFUSED:
            with self.assertRaises(BadTarget, msg=text):
                target(text)

    def test_what_is_asked(self) -> None:
        """A place is taken apart and written in one way."""
        for text, url, host, port in (
            ("https://Pod.Example", "https://pod.example/", "pod.example", 443),
            ("HTTPS://pod.example:443/A?b=1&c=%20#d", "https://pod.example/A?b=1&c=%20", "pod.example", 443),
            ("https://pod.example:8443/x", "https://pod.example:8443/x", "pod.example", 8443),
            ("https://pod.example./x", "https://pod.example/x", "pod.example", 443),
            ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4", "xn--bcher-kva.example", 443),
        ):
            found = target(text)
            self.assertEqual((url, "https", host, port), (found.url, found.scheme, found.host, found.port))
        self.assertEqual("http://a.example/", target("http://a.example:80", PLAIN_OR_SECURE).url)
        self.assertEqual("https://pod.example:8443", target("https://pod.example:8443/x").origin)

    def test_exemptions_match_exactly(self) -> None:
        """A host, or a host on one port; nothing near it."""
        exempt = Exemptions.of([" 127.0.0.1 ", "localhost:8000", "[::1]:9000", ""])
        self.assertEqual("http://127.0.0.1:81/", target("http://127.0.0.1:81", exempt=exempt).url)
        self.assertEqual("http://localhost:8000/", target("http://LOCALHOST:8000", exempt=exempt).url)
        self.assertEqual("https://[::1]:9000/", target("https://[::1]:9000", exempt=exempt).url)
        for text in ("http://127.0.0.2/", "http://localhost/", "https://[::1]/", "http://localhost:8001/"):
            with self.assertRaises(BadTarget, msg=text):
                target(text, exempt=exempt)

    def test_onward(self) -> None:
        """Redirects are joined to where we are, and never lead from https to http."""
        here = target("https://pod.example/a/b?c")
        self.assertEqual("https://pod.example/a/d", onward(here, "d").url)
        self.assertEqual("https://other.example/", onward(here, "//other.example").url)
        for place in ("http://pod.example/", "http://[", "https://10.0.0.1/", "data:text/html,x"):
            with self.assertRaises(BadTarget, msg=place):
                onward(here, place, PLAIN_OR_SECURE)

    @given(st.text(max_size=80) | st.from_regex(r"https?://[^/]{0,30}(/.*)?", fullmatch=True))
    def test_any_text(self, text: str) -> None:
        """A target or our own error; a target's own URL is a target again, and the same."""
        try:
            found = target(text, PLAIN_OR_SECURE)
        except BadTarget:
            return
        self.assertTrue(found.url.isascii())
        self.assertEqual(found, target(found.url, PLAIN_OR_SECURE))


class AddressTests(SynchronousTestCase):
    """Network addresses."""

    def test_private(self) -> None:
        """Whatever is not the public internet, in every way to write it."""
        for address in PRIVATE:
            self.assertIsNotNone(why_refused(address), address)

    def test_public(self) -> None:
        """What is."""
        for address in PUBLIC:
            self.assertIsNone(why_refused(address), address)

    @given(st.ip_addresses(v=4))
    def test_wrapped_addresses_are_judged_alike(self, address: object) -> None:
        """Mapped and translated forms of an IPv4 address are as fit as itself."""
        plain = why_refused(str(address)) is None
        self.assertEqual(plain, why_refused(f"::ffff:{address}") is None)
        self.assertEqual(plain, why_refused(f"64:ff9b::{address}") is None)
