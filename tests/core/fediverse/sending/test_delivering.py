"""Deliveries: who is reached, how often it is tried, when it is given up (docs/federation.md §4.12, §4.14)."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.fediverse.sending.delivering import DeliverySettings
from fwtwisted.db.fediverse import deliveries
from fwtwisted.db.pool import Tx
from tests.core.fediverse.sending.case import QUICK, Heard, SendingCase


class ReachingTests(SendingCase):
    """To whom an activity goes."""

    async def test_a_shared_inbox_is_told_once(self) -> None:
        """Several followers of one server hear of it by one delivery, signed, with the very bytes that were hashed."""
        await self.begin()
        peer = await self.a_peer()
        for name in ("eve", "bob", "zoe"):
            await self.a_follower(name, peer)
        await self.say("one")
        await self.deliver()
        [heard] = peer.heard
        self.assertEqual(heard.path, "/inbox")
        self.assertEqual(heard.document["object"]["name"], "one")
        self.assertEqual(heard.headers["content-type"], "application/activity+json")
        self.assertIn('keyId="https://pod.example/federation/actors/nadia#main-key"', heard.headers["signature"])
        self.assertIn("SHA-256=", heard.headers["digest"])
        self.assertEqual(await self.states(), [("/inbox", "done", 1, 202)])

    async def test_each_without_a_shared_inbox(self) -> None:
        """Who has no shared inbox is told in person; who waits for approval or was refused is not."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer, shared=False)
        await self.a_follower("bob", peer, shared=False)
        await self.a_follower("zoe", peer, shared=False, approved=None)
        await self.a_follower("max", peer, shared=False, approved=False)
        await self.say("one")
        await self.deliver()
        self.assertEqual(sorted(heard.path for heard in peer.heard), ["/bob/inbox", "/eve/inbox"])

    async def test_connections_are_kept(self) -> None:
        """Many deliveries to one host share two connections."""
        await self.begin()
        peer = await self.a_peer()
        for number in range(30):
            await self.a_follower(f"f{number}", peer, shared=False)
        await self.say("one")
        await self.deliver()
        self.assertEqual(len(peer.heard), 30)
        self.assertLessEqual(peer.connections, 2)

    async def test_what_is_said_meanwhile(self) -> None:
        """What is put down while a host is written to is brought there, too, whether it was seen in time or not."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        saying: list[Deferred[None]] = []

        def answer(_: Heard) -> tuple[int, Mapping[str, str]]:
            if len(saying) < 5:
                saying.append(Deferred.fromCoroutine(self.say("more", f"https://pod.example/x/{len(saying)}")))
            return 202, {}

        peer.answer = answer
        await self.say("one", "https://pod.example/x/first")
        while len(saying) < 5 or len(peer.heard) < 6:
            await self.deliver()
        await gatherResults(saying)
        self.assertEqual({(state, attempts) for _, state, attempts, _ in await self.states()}, {("done", 1)})

    async def test_whether_anything_waits(self) -> None:
        """What a host took is written down as that, once, and it is known whether anything else waits for it."""
        await self.begin()
        peer, other = await self.a_peer(), await self.a_peer()
        for name in ("eve", "ada", "zoe"):
            await self.a_follower(name, peer, shared=False)
        await self.a_follower("una", other)
        await self.say("one")
        ids = await self.run_in(Tx.many, int, "SELECT id FROM delivery WHERE host = %s ORDER BY id DESC", peer.host)
        taken = {ids[0]: 202, ids[2]: 200}
        for _ in range(2):
            self.assertTrue(await self.run_in(deliveries.note_taken, peer.host, taken))
        self.assertFalse(await self.run_in(deliveries.note_taken, peer.host, {ids[1]: 202}))
        told = await self.run_in(
            Tx.many,
            lambda *row: row,
            "SELECT state, attempts, status, error FROM delivery WHERE host = %s ORDER BY id",
            peer.host,
        )
        self.assertEqual(told, [("done", 1, status, None) for status in (200, 202, 202)])
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'waiting'"), 1)

    async def test_nobody_elsewhere(self) -> None:
        """Without followers elsewhere nothing is kept."""
        await self.begin()
        await self.say("one")
        self.assertEqual(await self.value("SELECT count(*) FROM outgoing"), 0)
        self.assertEqual(await self.deliver(), 0)


class TryingTests(SendingCase):
    """What comes of answers."""

    async def test_again_after_a_failure(self) -> None:
        """A server that is busy is asked again, until it takes it."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda _: (503, {}) if len(peer.heard) < 3 else (202, {})
        await self.say("one")
        await self.patiently(12)
        self.assertEqual(len(peer.heard), 3)
        self.assertEqual(await self.states(), [("/inbox", "done", 3, 202)])

    async def test_nothing_is_sent_twice(self) -> None:
        """What was taken is not sent again."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        await self.say("one")
        await self.patiently(3)
        self.assertEqual(len(peer.heard), 1)

    async def test_order(self) -> None:
        """What is said of one object arrives in order, although the first is refused for a while."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda heard: (503, {}) if len(peer.heard) < 2 else (202, {})
        for word in ("one", "two", "three"):
            await self.say(word)
        await self.say("other", "https://pod.example/x/2")
        await self.patiently(12)
        taken = peer.names[1:]
        self.assertEqual([name for name in taken if name != "other"][-3:], ["one", "two", "three"])
        self.assertIn("other", peer.names)

    async def test_personal_inbox_instead(self) -> None:
        """Where nobody is at the shared inbox, the personal one is tried once; three times nobody ends the follow."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda heard: (410, {})
        for number in range(3):
            await self.say(f"w{number}", f"https://pod.example/x/{number}")
            await self.patiently(2)
        self.assertEqual([heard.path for heard in peer.heard], ["/inbox", "/eve/inbox"] * 3)
        self.assertEqual(await self.value("SELECT count(*) FROM follow"), 0)

    async def test_what_cannot_be_read_is_given_up(self) -> None:
        """Pointless answers, and redirects, end a delivery at once."""
        for status in (400, 405, 406, 413, 415, 422, 301, 307):
            await self.begin() if not hasattr(self, "speaker") else None
            peer = await self.a_peer()
            await self.do("DELETE FROM follow")
            await self.a_follower(f"eve{status}", peer)
            peer.answer = lambda _, status=status: (status, {"Location": "/elsewhere"})  # type: ignore[misc]
            await self.say(f"w{status}", f"https://pod.example/x/{status}")
            await self.patiently(2)
            self.assertEqual(len(peer.heard), 1, status)
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'given_up'"), 8)

    async def test_not_welcome(self) -> None:
        """A 403 is tried three times."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda _: (403, {})
        await self.say("one")
        await self.patiently(15)
        self.assertEqual(await self.states(), [("/inbox", "given_up", 3, 403)])

    async def test_second_knock(self) -> None:
        """Who answers 401 is shown the other form of signature at once, and met with that from then on."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda heard: (202, {}) if "signature-input" in heard.headers else (401, {})
        await self.say("one")
        await self.say("two", "https://pod.example/x/2")
        await self.patiently(2)
        self.assertIn("content-digest", peer.heard[-1].headers)
        self.assertEqual(await self.value("SELECT scheme FROM peer_scheme"), "rfc9421")
        before = len(peer.heard)
        await self.say("three", "https://pod.example/x/3")
        await self.deliver()
        self.assertEqual(len(peer.heard), before + 1)
        self.assertIn("signature-input", peer.heard[-1].headers)

    async def test_shut_out_meanwhile(self) -> None:
        """What waits for a server that moderators shut out is not sent."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        await self.say("one")
        self.shut_out.add(peer.host)
        await self.deliver()
        self.assertEqual(peer.heard, [])
        self.assertEqual(await self.states(), [("/inbox", "given_up", 0, None)])


class UnhurriedTests(SendingCase):
    """With the real back-off."""

    delivery = DeliverySettings()

    async def test_still_401(self) -> None:
        """A server that takes no signature at all gets two knocks a step, and is tried again later."""
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda _: (401, {})
        await self.say("one")
        await self.deliver()
        self.assertEqual(len(peer.heard), 2)
        self.assertEqual(await self.states(), [("/inbox", "waiting", 1, 401)])

    async def test_silence(self) -> None:
        """A server that never answers costs one attempt after the time for it."""
        self.patience = QUICK
        await self.begin()
        peer = await self.a_peer()
        await self.a_follower("eve", peer)
        peer.answer = lambda _: None
        await self.say("one")
        await self.deliver()
        self.assertEqual(await self.states(), [("/inbox", "waiting", 1, None)])
        self.assertEqual(await self.value("SELECT failures FROM peer_line"), 1)


class HostTests(SendingCase):
    """A sick host is left alone."""

    async def test_breaker(self) -> None:
        """Five failures in a row hold a host's queue; one delivery probes it; when it answers, all goes on."""
        await self.begin()
        peer = await self.a_peer()
        for number in range(20):
            await self.a_follower(f"f{number}", peer, shared=False)
        peer.answer = lambda _: (500, {})
        await self.say("one")
        await self.deliver()
        self.assertLessEqual(len(peer.heard), 6)
        failures, rest = await self.run_in(
            Tx.one, lambda *row: row, "SELECT failures, rest_seconds FROM peer_line WHERE host = %s", peer.host
        )
        self.assertGreaterEqual(failures, 5)
        self.assertEqual(rest, 600)
        peer.answer = lambda _: (202, {})
        await self.do("UPDATE peer_line SET held_until = now()")
        await self.do("UPDATE job SET due = now()")
        await self.deliver()
        await self.patiently(3)
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'done'"), 20)
        self.assertEqual(await self.value("SELECT count(*) FROM peer_line"), 0)

    async def test_probes_grow_rarer(self) -> None:
        """Each probe that fails doubles the rest, up to six hours; after two weeks nothing is sent any more."""
        await self.begin()
        peer = await self.a_peer()
        for number in range(40):
            await self.a_follower(f"f{number}", peer, shared=False)
        peer.answer = lambda _: (500, {})
        await self.say("one")
        rests = []
        for _ in range(8):
            await self.do("UPDATE peer_line SET held_until = now()")
            await self.do("UPDATE job SET due = now()")
            before = len(peer.heard)
            await self.deliver()
            rests.append(await self.value("SELECT rest_seconds FROM peer_line"))
        self.assertEqual(len(peer.heard), before + 1)
        self.assertEqual(rests, [600, 1200, 2400, 4800, 9600, 19200, 21600, 21600])
        await self.do("UPDATE peer_line SET down_since = now() - interval '15 days', held_until = now()")
        await self.do("UPDATE job SET due = now()")
        await self.deliver()
        self.assertTrue(await self.value("SELECT stopped FROM peer_line"))
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'waiting'"), 0)
        await self.say("two")
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'waiting'"), 0)
        await self.peers.met(peer.host)
        await self.say("three")
        self.assertEqual(await self.value("SELECT count(*) FROM delivery WHERE state = 'waiting'"), 40)

    async def test_at_most_two_at_a_time(self) -> None:
        """A host is sent two things at a time."""
        self.patience = QUICK
        await self.begin()
        peer = await self.a_peer()
        for number in range(10):
            await self.a_follower(f"f{number}", peer, shared=False)
        peer.answer = lambda _: None
        await self.say("one")
        running = self.deliver()
        done = Deferred.fromCoroutine(running)
        while len(peer.heard) < 2:
            await self.sleep(0.02)
        await self.sleep(0.5)
        self.assertEqual(len(peer.heard), 2)
        await done
