"""Children that deliver: what comes of it is the same, whatever happens to them (docs/federation.md §4.14, §8.1)."""

from __future__ import annotations

import os
import signal
import sys
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model.federation import Scheme
from fwtwisted.outside.couriers import (
    Bundle,
    CourierLost,
    Couriers,
    CouriersSettings,
    Letter,
    Slots,
    Stamp,
    Way,
    is_taken,
)
from fwtwisted.outside.fetching import (
    FetchFailed,
    Fetching,
    FetchSettings,
    NoSuchHost,
    Refused,
    Unreachable,
    system_lookup,
)
from fwtwisted.outside.fetching.posting import LARGEST_ANSWER, Posting, PostingSettings
from fwtwisted.wire.signatures.keys import has_signed
from fwtwisted.wire.targets import Exemptions, Target
from tests.hostile import FarEnd, Line, moved, ok
from tests.post import certificate_for
from tests.servers import free_port
from tests.threads import pooled
from tests.waiting import GUARD_SECONDS, PATIENCE_SECONDS, until

reactor: Any = the_reactor
HOME = Path(__file__).parents[3]
CHILD = "tests.outside.couriers.courier_child"
KEY_ID = "https://pod.example/a#main-key"
KEYS = [generate_private_key(65537, 2048) for _ in range(2)]
PATIENT = PostingSettings("fwtwisted/1", idle_seconds=PATIENCE_SECONDS, total_seconds=PATIENCE_SECONDS)
QUICK = PostingSettings("fwtwisted/1", idle_seconds=0.5, total_seconds=2)
KEPT = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
CLOSED = KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def paths(far: FarEnd) -> list[str]:
    """What was asked of a far end, in order."""
    return [head.split(" ", 2)[1] for head in far.heads]


async def unsigned(_: Target) -> Mapping[str, str]:
    """No further headers."""
    return {}


class CouriersCase(TestCase):
    """Somebody who posts to a far end on the loopback."""

    timeout = GUARD_SECONDS

    def couriers(
        self,
        exempt: str = "127.0.0.1,localhost",
        *,
        verify: bool = True,
        slots: Slots | None = None,
        posting: PostingSettings = PATIENT,
        **settings: Any,
    ) -> Couriers:
        """Children; ended with the test."""
        fetching = FetchSettings("x", Exemptions.of(exempt.split(",")), verify=verify)
        told = CouriersSettings(**{"children": 1, "program": CHILD, **settings})
        made = Couriers(reactor, Way(fetching, posting), told, slots or Slots())
        self.addCleanup(made.close)
        return made

    def post(
        self, couriers: Couriers, url: str, key: RSAPrivateKey = KEYS[0], scheme: Scheme = Scheme.CAVAGE
    ) -> Deferred[Any]:
        """Post something; fires with the answer, or fails."""

        def alone(outcomes: dict[int, Any]) -> Any:
            [outcome] = outcomes.values()
            return Failure(outcome) if isinstance(outcome, Exception) else outcome

        return couriers.post(self.bundle([url], key, scheme)).addCallback(alone)

    def bundle(
        self, urls: Sequence[str], key: RSAPrivateKey = KEYS[0], scheme: Scheme = Scheme.CAVAGE, abreast: int = 1
    ) -> Bundle:
        """The same letter to several inboxes of a server."""
        origin = "/".join(urls[0].split("/", 3)[:3])
        letters = [Letter(url, '{"a": "é"}', Stamp(KEY_ID, scheme), key) for url in urls]
        return Bundle(origin, {"Accept": "x/y"}, letters, abreast)

    async def sleep(self, seconds: float) -> None:
        """Let time go by."""
        await deferLater(reactor, seconds, lambda: None)

    async def until_gone(self, pid: int) -> None:
        """Wait until a process is no more."""
        while Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
            await self.sleep(0.02)


class SameTests(CouriersCase):
    """A child comes to the same results as this process."""

    async def outcome(self, posting: Deferred[Any]) -> object:
        """What came of it, to be compared."""
        try:
            posted = await posting
        except FetchFailed as why:
            return Unreachable if isinstance(why, Unreachable) else type(why), str(why)
        told = {name: posted.headers.get(name) for name in ("retry-after", "location", "accept-signature")}
        return posted.status, posted.body, told

    async def same(self, url: str, **settings: Any) -> Any:
        """What comes of posting there, which does not depend on who does it."""
        threads = pooled(self)
        door = FetchSettings("x", Exemptions.of(["127.0.0.1", "localhost"]), verify=settings.get("verify", True))
        posting = Posting(
            reactor, Fetching(reactor, threads, door, system_lookup(threads)), settings.get("posting", PATIENT)
        )
        self.addCleanup(posting.close)
        here = Deferred.fromCoroutine(posting.post(url, b"{}", {}, unsigned))
        outcome, there = await self.outcome(here), await self.outcome(self.post(self.couriers(**settings), url))
        self.assertEqual(outcome, there, url)
        return outcome

    async def test_answers(self) -> None:
        """Each status with its body and the headers that somebody looks at; redirects are not followed."""
        far = await FarEnd.on(self)
        wishes = {"Retry_After": "7", "Accept_Signature": 'sig1=("@method");created'}
        for status in (200, 202, 401, 403, 410, 429, 500):
            far.says("/inbox", ok(b"\xff\0told", status=f"{status} X", **wishes))
            self.assertEqual((await self.same(far.url("/inbox")))[0], status)
        far.says("/inbox", moved(far.url("/other")))
        self.assertEqual((await self.same(far.url("/inbox")))[0], 302)
        self.assertNotIn("/other", "".join(far.heads))

    async def test_bad_far_ends(self) -> None:
        """Silence, drops, garbage, nobody there, heads and bodies without end."""
        far = await FarEnd.on(self)
        far.does("/silent", lambda line: None)
        far.does("/half", lambda line: line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"))
        far.does("/drops", lambda line: line.end())
        far.says("/garbage", b"220 smtp.example ESMTP\r\n\r\n")
        far.does("/head", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 5_000 + b"\r\n"))
        far.does("/long", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 30_000))
        kinds = [(await self.same(far.url(path), posting=QUICK))[0] for path in ("/silent", "/half")]
        kinds += [(await self.same(far.url(path)))[0] for path in ("/drops", "/garbage", "/head")]
        self.assertEqual([kind.__name__ for kind in kinds], ["TooSlow", "TooSlow", "Unreachable", "Garbled", "TooLong"])
        self.assertEqual(len((await self.same(far.url("/long")))[1]), LARGEST_ANSWER)
        await self.same(f"http://127.0.0.1:{free_port()}/inbox")

    async def test_tls(self) -> None:
        """Who cannot prove who they are is not written to, unless nobody needs to; who speaks no TLS neither."""
        private, _ = certificate_for("localhost")
        far = await FarEnd.on(self, private.options())
        far.says("/inbox", KEPT)
        self.assertIn("prove", (await self.same(far.url("/inbox", "localhost")))[1])
        self.assertEqual(far.heads, [])
        self.assertEqual((await self.same(far.url("/inbox", "localhost"), verify=False))[0], 202)
        plain = await FarEnd.on(self)
        await self.same(plain.url("/inbox").replace("http:", "https:"), posting=QUICK)


class CarryTests(CouriersCase):
    """One child, and what it does."""

    async def test_signed(self) -> None:
        """Each letter is signed with its own key, also when the child keeps but one; the body is what was given."""
        far = await FarEnd.on(self)
        far.says("/inbox", KEPT)
        couriers = self.couriers(keys=1)
        for key in (KEYS[0], KEYS[1], KEYS[0]):
            self.assertEqual((await self.post(couriers, far.url("/inbox"), key)).status, 202)
            told = {name: far.header(name) for name in ("host", "date", "digest")}
            text = "(request-target): post /inbox\n" + "\n".join(f"{name}: {value}" for name, value in told.items())
            signature = (far.header("Signature") or "").rpartition('signature="')[2].rstrip('"')
            self.assertTrue(has_signed(key.public_key(), b64decode(signature), text.encode()))
            self.assertIn(KEY_ID, far.header("Signature") or "")
        await self.post(couriers, far.url("/inbox"), scheme=Scheme.MESSAGES)
        self.assertTrue(far.header("Signature-Input"))
        self.assertEqual((far.header("Accept"), far.header("User-Agent")), ("x/y", "fwtwisted/1"))

    async def test_connections_are_kept(self) -> None:
        """Letters to one place take one line, one after the other."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: line.write(KEPT))
        couriers = self.couriers()
        await self.post(couriers, far.url("/inbox"))
        [line] = far.lines
        line.dataReceived = lambda data: line.write(KEPT)  # type: ignore[method-assign]
        for _ in range(5):
            await self.post(couriers, far.url("/inbox"))
        self.assertEqual(far.lines, [line])

    async def test_guard(self) -> None:
        """Addresses are judged where the connection is made: by number, by name, and all that a name leads to."""
        far = await FarEnd.on(self)
        couriers = self.couriers("127.0.0.9")
        for url in (far.url("/inbox"), "https://localhost/", "https://inward.example/", "https://mixed.example/"):
            with self.assertRaises(Refused, msg=url):
                await self.post(couriers, url)
        with self.assertRaises(NoSuchHost):
            await self.post(couriers, "https://nowhere.example/")
        self.assertEqual(far.heads, [])

    async def test_more_than_it_takes_at_once(self) -> None:
        """What is too much for a child waits here, and gets its turn."""
        far = await FarEnd.on(self)
        most = 0

        def deed(line: Line) -> None:
            nonlocal most
            most = max(most, len(far.lines))
            reactor.callLater(0.02, line.write, KEPT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

        far.does("/inbox", deed)
        couriers = self.couriers(ahead=3)
        posted = await gatherResults([self.post(couriers, far.url("/inbox")) for _ in range(12)])
        self.assertEqual({one.status for one in posted}, {202})
        self.assertLessEqual(most, 4)  # of which one may just be leaving


class BundleTests(CouriersCase):
    """Letters that go together."""

    async def test_so_many_at_a_time(self) -> None:
        """All arrive, as many under way at once as may be."""
        far = await FarEnd.on(self)
        under_way = most = 0

        def answer(line: Line) -> None:
            nonlocal under_way
            under_way -= 1
            line.write(CLOSED)

        def deed(line: Line) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            reactor.callLater(0.02, answer, line)

        places = [f"/{number}" for number in range(12)]
        for place in places:
            far.does(place, deed)
        outcomes = await self.couriers().post(self.bundle([far.url(place) for place in places], abreast=2))
        self.assertEqual({place: is_taken(one) for place, one in outcomes.items()}, dict.fromkeys(range(12), True))
        self.assertEqual((most, sorted(paths(far))), (2, sorted(places)))

    async def test_until_one_is_not_taken(self) -> None:
        """What comes after one that was refused, or not answered, is not posted."""
        far = await FarEnd.on(self)
        far.says("/good", CLOSED)
        far.says("/bad", ok(b"no", status="410 Gone"))
        far.does("/drops", lambda line: line.end())
        couriers = self.couriers()
        for path in ("/bad", "/drops"):
            outcomes = await couriers.post(self.bundle([far.url(p) for p in ("/good", "/good", path, "/good")]))
            self.assertEqual(list(outcomes), [0, 1, 2])
            self.assertEqual([is_taken(one) for one in outcomes.values()], [True, True, False])
        self.assertEqual(paths(far), ["/good", "/good", "/bad", "/good", "/good", "/drops"])

    async def test_more_keys_than_are_kept(self) -> None:
        """Each is signed with its own key, whatever a child is told to forget."""
        far = await FarEnd.on(self)
        far.says("/inbox", KEPT)
        couriers = self.couriers(keys=1)
        both = [Letter(far.url("/inbox"), "{}", Stamp(KEY_ID, Scheme.CAVAGE), key) for key in KEYS]
        for _ in range(2):
            outcomes = await couriers.post(Bundle(far.url(""), {}, both))
            self.assertEqual([is_taken(one) for one in outcomes.values()], [True, True])

    async def test_killed_in_the_middle(self) -> None:
        """What a killed child had told of is not posted again, the rest is."""
        far = await FarEnd.on(self)
        slow: list[Line] = []
        far.says("/quick", CLOSED)
        far.does("/slow", slow.append)
        couriers = self.couriers()
        going = couriers.post(self.bundle([far.url("/quick"), far.url("/quick"), far.url("/slow"), far.url("/quick")]))
        await until(lambda: slow and couriers.known == 2, "what is known of the quick ones")
        os.kill(couriers.pids[0], signal.SIGKILL)
        await until(lambda: len(slow) == 2, "the next child")
        slow[1].write(CLOSED)
        self.assertEqual(list(await going), [0, 1, 2, 3])
        self.assertEqual(paths(far), ["/quick", "/quick", "/slow", "/slow", "/quick"])

    async def test_closed_in_the_middle(self) -> None:
        """When the server stops, what is known of a bundle is told."""
        far = await FarEnd.on(self)
        far.says("/quick", CLOSED)
        far.does("/slow", lambda line: None)
        couriers = self.couriers()
        going = couriers.post(self.bundle([far.url("/quick"), far.url("/slow")]))
        await until(lambda: couriers.known == 1, "what is known of the quick one")
        await couriers.close()
        self.assertEqual(list(await going), [0])


class LifeTests(CouriersCase):
    """How children come and go."""

    async def slow(self) -> FarEnd:
        """A far end that takes its time."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: reactor.callLater(0.5, line.write, KEPT))
        return far

    async def test_started_when_needed(self) -> None:
        """Nobody is there before the first letter, nor for none; then one for each slot, gentler than we are."""
        far = await self.slow()
        couriers = self.couriers(children=2)
        self.assertEqual((couriers.pids, couriers.are_wanted, couriers.are_ready), ([], True, False))
        await gatherResults([self.post(couriers, far.url("/inbox", f"127.0.0.{n}")) for n in (1, 1)])
        self.assertEqual((len(couriers.pids), couriers.are_ready), (1, True))
        self.assertGreater(os.getpriority(os.PRIO_PROCESS, couriers.pids[0]), os.getpriority(os.PRIO_PROCESS, 0))
        nobody = self.couriers(children=0)
        self.assertFalse(nobody.are_wanted)
        with self.assertRaises(CourierLost):
            await self.post(nobody, far.url("/inbox"))

    async def test_killed_in_the_middle(self) -> None:
        """What a killed child was at goes to another one; nobody notices."""
        far = await self.slow()
        couriers = self.couriers()
        going = [self.post(couriers, far.url("/inbox")) for _ in range(5)]
        while len(far.heads) < 5:
            await self.sleep(0.02)
        os.kill(couriers.pids[0], signal.SIGKILL)
        posted = await gatherResults(going)
        self.assertEqual([one.status for one in posted], [202] * 5)
        self.assertEqual(len(far.heads), 10)

    async def test_killed_again_and_again(self) -> None:
        """Two children are enough for a letter; then it is told as it is, and others go on."""
        far = await self.slow()
        couriers = self.couriers()
        going = self.post(couriers, far.url("/inbox"))
        for count in (1, 2):
            while len(far.heads) < count:
                await self.sleep(0.02)
            os.kill(couriers.pids[0], signal.SIGKILL)
        with self.assertRaises(CourierLost):
            await going
        self.assertEqual((await self.post(couriers, far.url("/inbox"))).status, 202)

    async def test_stuck(self) -> None:
        """A child that gives no sign of life is ended, with all that it was at."""
        couriers = self.couriers(patience_seconds=1.5)
        with self.assertRaises(CourierLost):
            await self.post(couriers, "https://stuck.example/inbox")

    async def test_signals_are_for_the_server(self) -> None:
        """Whoever ends a whole group of processes lets the server finish what it is at."""
        far = await self.slow()
        couriers = self.couriers()
        going = self.post(couriers, far.url("/inbox"))
        while not far.heads:
            await self.sleep(0.02)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(couriers.pids[0], number)
        self.assertEqual((await going).status, 202)
        self.assertEqual(len(far.heads), 1)

    async def test_idle(self) -> None:
        """Children end when nothing was to be carried for a while, and others come when something is."""
        far = await self.slow()
        couriers = self.couriers(idle_seconds=0.3)
        await self.post(couriers, far.url("/inbox"))
        [pid] = couriers.pids
        await self.until_gone(pid)
        self.assertEqual((couriers.pids, couriers.are_ready), ([], False))
        self.assertEqual((await self.post(couriers, far.url("/inbox"))).status, 202)

    async def test_closed(self) -> None:
        """When the server stops, the children are gone, and who waits hears of it."""
        far = await self.slow()
        couriers = self.couriers()
        going = self.post(couriers, far.url("/inbox"))
        [pid] = couriers.pids
        closing = Deferred.fromCoroutine(couriers.close())
        with self.assertRaises(CourierLost):
            await going
        await closing
        self.assertFalse(Path(f"/proc/{pid}").exists())
        self.assertFalse(couriers.are_wanted)

    async def test_server_killed(self) -> None:
        """The children do not outlive a server that is killed."""
        far = await FarEnd.on(self)
        far.does("/inbox", lambda line: None)
        said: Deferred[bytes] = Deferred()
        ended: Deferred[None] = Deferred()

        class Server(ProcessProtocol):
            def outReceived(self, data: bytes) -> None:
                said.callback(data)

            def processEnded(self, reason: object) -> None:
                ended.callback(None)

        words = [sys.executable, "-m", "tests.outside.couriers.courier_parent", far.url("/inbox"), far.url("")]
        path = {"PYTHONPATH": str(HOME), "PATH": os.environ["PATH"]}
        server = reactor.spawnProcess(Server(), sys.executable, words, env=path, path=str(HOME))
        pids = [int(word) for word in (await said).split()]
        self.assertEqual(len(pids), 1)
        while not far.heads:
            await self.sleep(0.02)
        server.signalProcess("KILL")
        await ended
        await self.until_gone(pids[0])


class SlotsTests(SynchronousTestCase):
    """So many on one machine."""

    def test_shared(self) -> None:
        """What one has taken another does not get, until it is given back."""
        folder = os.path.join(self.mktemp(), "couriers")
        one, other = Slots(folder), Slots(folder)
        self.assertEqual((one.take(2), other.take(3)), (2, 1))
        one.give_back()
        third = Slots(folder)
        self.assertEqual((third.take(3), Slots(folder).take(3)), (2, 0))
        other.give_back()
        third.give_back()

    def test_nowhere(self) -> None:
        """Without a folder nobody else is minded; where none can be made, there are no slots."""
        self.assertEqual((Slots().take(3), Slots().take(-1)), (3, 0))
        file = self.mktemp()
        Path(file).touch()
        self.assertEqual(Slots(os.path.join(file, "couriers")).take(3), 0)
