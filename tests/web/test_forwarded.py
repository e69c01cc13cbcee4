"""Who is really asking, when proxies stand between."""

from __future__ import annotations

from ipaddress import ip_network

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from fwtwisted.web.forwarded import LOOPBACK, Trust
from fwtwisted.web.site import Doors
from tests.web.echoing import SiteCase
from tests.web.serving import SILENT, Served, reactor


class ForwardedTests(SiteCase):
    """What proxies tell, over a socket."""

    async def test_a_trusted_front_is_believed(self) -> None:
        """The client's address and the request's id are its; header names that only go out are dropped."""
        served = await self.serve()
        headers = {
            "X-Forwarded-For": "9.9.9.9, 1.2.3.4",
            "X-Request-ID": "abc.1",
            "X-Accel-Redirect": "/x",
            "X-Sendfile": "y",
        }
        said = await served.ask("GET", "/api/v1/echo", headers)
        self.assertEqual(("1.2.3.4", "abc.1"), (said.json["client"], said.json["id"]))
        self.assertEqual("abc.1", said.header("X-Request-ID"))
        self.assertNotIn("x-accel-redirect", said.json["headers"])
        self.assertNotIn("x-sendfile", said.json["headers"])

    async def test_others_are_not(self) -> None:
        """Their headers never reach a handler."""
        served = await self.serve(evolve(SILENT, trust=Trust(())))
        headers = {
            "X-Forwarded-For": "1.2.3.4",
            "Forwarded": "for=1.2.3.4",
            "X-Real-IP": "1.2.3.4",
            "X-Request-ID": "a",
        }
        said = await served.ask("GET", "/api/v1/echo", headers | {"X-Forwarded-Proto": "https"})
        self.assertEqual("127.0.0.1", said.json["client"])
        self.assertNotEqual("a", said.json["id"])
        self.assertEqual(["connection", "host"], said.json["headers"])

    async def test_an_id_of_strange_letters_is_not_taken(self) -> None:
        """It might not be a name but a line of a log."""
        said = await (await self.serve()).ask("GET", "/api/v1/echo", {"X-Request-ID": "a b"})
        self.assertRegex(said.json["id"], r"^[0-9a-f]{8}-[0-9a-f]+$")


class ProxyProtocolTests(SiteCase):
    """A front that speaks the PROXY protocol."""

    async def test_the_client_is_the_one_that_it_tells(self) -> None:
        """Before HTTP begins; and that client is no trusted front."""
        served = await self.serve()
        doors = Doors(served.site, [serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1")])
        [address] = await doors.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(doors.close()))
        assert isinstance(address, IPv4Address)
        talk = await Served(served.site, address.port).talk()
        talk.say(b"PROXY TCP4 1.2.3.4 127.0.0.1 1000 80\r\n")
        talk.ask("GET", "/api/v1/echo", {"X-Forwarded-For": "6.6.6.6"})
        self.assertEqual("1.2.3.4", (await talk.answer()).json["client"])
        talk.hang_up()


def told(trust: Trust, peer: str, **headers: str) -> str:
    """The client's address."""
    lines = Headers()
    for name, value in headers.items():
        lines.addRawHeader(name.replace("_", "-"), value)
    return trust.peer(IPv4Address("TCP", peer, 1)).client_address(lines)


class TrustTests(SynchronousTestCase):
    """Whose word counts, without a socket."""

    walking = Trust((*LOOPBACK, ip_network("10.0.0.0/8"), ip_network("fd00::/8")))

    def test_walking_past_our_own(self) -> None:
        """The first from the right that is not ours; what cannot be read ends the walk."""
        for chain, client in {
            "1.2.3.4": "1.2.3.4",
            "6.6.6.6, 1.2.3.4": "1.2.3.4",
            "1.2.3.4, 10.0.0.1, 10.0.0.2": "1.2.3.4",
            "10.0.0.3, 10.0.0.2": "10.0.0.3",
            "1.2.3.4, unknown, 10.0.0.2": "10.0.0.2",
            "1.2.3.4, _hidden": "127.0.0.1",
            "[2001:db8::1]:443, fd00::1": "2001:db8::1",
            "2001:db8::1": "2001:db8::1",
            "1.2.3.4:5678": "1.2.3.4",
            "::ffff:1.2.3.4": "1.2.3.4",
            "": "127.0.0.1",
            ",": "127.0.0.1",
        }.items():
            self.assertEqual(client, told(self.walking, "127.0.0.1", X_Forwarded_For=chain), chain)

    def test_counting(self) -> None:
        """With a number of proxies, that many from the right; with none the socket's own."""
        chain = "6.6.6.6, 1.2.3.4, 5.6.7.8"
        for hops, client in {0: "127.0.0.1", 1: "5.6.7.8", 2: "1.2.3.4", 3: "6.6.6.6", 9: "6.6.6.6"}.items():
            self.assertEqual(client, told(Trust(hops=hops), "127.0.0.1", X_Forwarded_For=chain))

    def test_strangers(self) -> None:
        """Whatever they write."""
        self.assertEqual("8.8.8.8", told(Trust(hops=1), "8.8.8.8", X_Forwarded_For="1.2.3.4"))

    def test_the_standard_header(self) -> None:
        """It counts where the older one is absent."""
        told_so = 'for="[2001:db8::1]:80";proto=https, for=10.0.0.1'
        self.assertEqual("2001:db8::1", told(self.walking, "127.0.0.1", Forwarded=told_so))
        self.assertEqual("1.2.3.4", told(self.walking, "127.0.0.1", Forwarded=told_so, X_Forwarded_For="1.2.3.4"))
        self.assertEqual("10.0.0.1", told(self.walking, "127.0.0.1", Forwarded="by=x, for=10.0.0.1"))

    def test_unix_sockets(self) -> None:
        """Who reaches our socket file is one of us."""
        peer = Trust(()).peer(UNIXAddress("/run/x"))
        self.assertEqual((True, True, ""), (peer.is_trusted, peer.is_local, peer.host))

    @settings(max_examples=200, deadline=None)
    @given(st.text(max_size=60), st.text(max_size=60))
    def test_any_header(self, chain: str, standard: str) -> None:
        """An address, whatever was written."""
        for trust in (self.walking, Trust(hops=1)):
            address = told(trust, "127.0.0.1", X_Forwarded_For=chain, Forwarded=standard)
            self.assertTrue(address)
