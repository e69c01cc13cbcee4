"""What people paste: an address, a handle, or nothing; never another exception."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.fediverse import Thing
from fwtwisted.model.people import Pod
from fwtwisted.wire.activitypub.reading.places import same_origin
from fwtwisted.wire.addresses import Federated, Handle, Named, Numbered, host_of, is_ours, normal, own_place

POD = Pod("https://pod.example", "pod.example")
UUID_TEXT = "5d2e2b9c-1111-4222-8333-444455556666"


class NormalTests(SynchronousTestCase):
    """The form in which addresses are kept."""

    def test_handles(self) -> None:
        """One form for all spellings; the server's name in lower case, the person's as it is."""
        for text in ("Ann@Pod.Example", "@Ann@Pod.Example", "acct:Ann@pod.example", "  Ann@pod.example "):
            self.assertEqual("webfinger://Ann@pod.example", normal(text))
        self.assertEqual("webfinger://a@localhost:8000", normal("a@localhost:8000"))

    def test_addresses(self) -> None:
        """As they were pasted."""
        for text in ("https://pod.example/@ann", "http://pod.example:8000/x?y#z", "HTTPS://POD.example"):
            self.assertEqual(text, normal(text))

    def test_neither(self) -> None:
        """Words, other schemes, what cannot be read, what is too long."""
        for text in (
            "", "   ", "love", "ftp://x.example/", "https://", "https://[::", "https:///x", "a@", "@b", "a@b@c",
            "a b@c.example", "https://x.example/" + "x" * 500, "https://x.example/\0", "javascript:alert(1)",
        ):  # fmt: skip
            self.assertIsNone(normal(text), text)

    @given(st.text(max_size=600))
    def test_anything(self, text: str) -> None:
        """Is an address with a server, or none."""
        for candidate in (text, f"https://{text}", f"{text}@{text}", f"https://pod.example/{text}"):
            url = normal(candidate)
            if url is not None:
                self.assertTrue(host_of(url))
                if is_ours(url, POD):
                    own_place(url, POD)


class ServerTests(SynchronousTestCase):
    """Which server an address belongs to."""

    def test_one_for_all_spellings(self) -> None:
        """Whoever spells a name in another way is no other server: not in Unicode, not with a dot, not with a port."""
        for url in (
            "https://POD.example/", "https://pod.example.:443/x", "https://ｐｏｄ.example/", "https://pod。example/",
            "http://pod.example:080/", "https://p\u00adod.example/#x",
        ):  # fmt: skip
            self.assertEqual("pod.example", host_of(url), ascii(url))
            self.assertTrue(is_ours(url, POD), ascii(url))
        self.assertTrue(same_origin("https://bücher.example/1", "https://xn--bcher-kva.example/2"))

    def test_ports_and_numbers(self) -> None:
        """Another port is another server; a number in brackets is not mistaken for a port."""
        self.assertFalse(same_origin("https://pod.example/", "https://pod.example:8443/"))
        self.assertFalse(same_origin("https://pod.example/", "http://pod.example/"))
        self.assertNotEqual(host_of("https://[2001:db8::1]:80/"), host_of("https://[2001:db8::1:80]/"))

    def test_none(self) -> None:
        """What no request could be sent to belongs to nobody, least of all to one and the same."""
        for url in (
            "https://-a-/",
            "https://1.2.3/",
            "https://0x7f.1/",
            "https://a%2f.example/",
            "https://a..example/",
        ):
            self.assertEqual("", host_of(url), url)
            self.assertFalse(same_origin(url, url), url)


class OwnTests(SynchronousTestCase):
    """What addresses of the pod mean."""

    def test_ours(self) -> None:
        """By server, whatever the scheme and the case."""
        for url in (
            "https://pod.example/x",
            "http://POD.example:80/x",
            "https://pod.example:443",
            "webfinger://a@pod.example",
        ):
            self.assertTrue(is_ours(url, POD), url)
        for url in ("https://pod.example.evil.example/", "https://pod.example:444/", "https://pod.example@evil.example/",
                    "webfinger://a@else.example"):  # fmt: skip
            self.assertFalse(is_ours(url, POD), url)

    def test_places(self) -> None:
        """Each page of the web app, each federation id."""
        for path, expected in (
            ("/library/tracks/3", Numbered(Thing.TRACK, 3)),
            ("/library/albums/3/?x=1#y", Numbered(Thing.ALBUM, 3)),
            (f"/library/{UUID_TEXT}", Thing.LIBRARY),
            (f"/channels/{UUID_TEXT}", Thing.CHANNEL),
            ("/channels/talk", Handle("talk", "pod.example")),
            ("/channels/talk@Else.example", Handle("talk", "else.example")),
            ("/@ann", Handle("ann", "pod.example")),
            ("/@ann%40else.example", Handle("ann", "else.example")),
            ("/federation/actors/ann", Federated("https://pod.example/federation/actors/ann", True)),
            ("/federation/music/uploads/1", Federated("https://pod.example/federation/music/uploads/1", False)),
            ("/library/tracks/9223372036854775808", None),
            ("/library/tracks/x", None),
            ("/library/------------------------------------", None),
            ("/", None),
        ):
            place = own_place(f"https://pod.example{path}", POD)
            self.assertEqual(expected, place.kind if isinstance(place, Named) else place, path)
