"""Who a request comes from: docs/federation.md §1.4 to §1.6, §8.2, §8.3."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock, deferLater

from fwtwisted.core.fediverse.keys.anteroom import MOST_OF_ONE, SMALL_BYTES
from fwtwisted.core.fediverse.keys.resolving import READER_SECONDS, UNDER_WAY
from fwtwisted.model.errors import ShutOut, Throttled
from fwtwisted.model.federation import Forged, Idle, StillAsked, Unsigned, Untold
from fwtwisted.wire.signatures import proofs
from fwtwisted.wire.signatures.keys import assertion_method, multikey
from fwtwisted.wire.signatures.received import Digests, Received
from tests.core.fediverse.keys.case import ADA, KEY, VerifyingCase, a_public_key, an_actor
from tests.foreign import Document
from tests.signed import BODY, a_key, a_request, by_cavage, by_messages, pem, with_headers
from tests.waiting import until

BOB = "https://far.example/users/bob"
ELSEWHERE = "https://third.example/users/eve"


class KnownTests(VerifyingCase):
    """Whoever was met before is believed without asking anybody."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(an_actor(), an_actor(BOB, a_key(number=7)))
        await self.signer(self.post())
        self.world.asked.clear()

    async def test_believed(self) -> None:
        """By draft-cavage and by RFC 9421, in an inbox and when reading."""
        signer = await self.signer(self.post())
        self.assertEqual((ADA, KEY, False), (signer.actor.fid, signer.key_id, signer.is_gone))
        signed = by_messages(a_request(now=self.now), a_key(), key_id=KEY, created=int(self.now))
        self.assertEqual(ADA, (await self.signer(signed)).actor.fid)
        reader = await self.verifying.identified(self.get())
        assert reader is not None
        self.assertEqual(ADA, reader.actor.fid)
        self.assertIsNotNone(await self.verifying.identified(self.get()), "reading twice is no replay")
        self.assertEqual([], self.world.asked)

    async def test_a_server_that_waits_for_us(self) -> None:
        """Who reads is let go while their server keeps us waiting for their key, and is known when they come again."""
        self.patience = Clock()
        verifying, _ = self.another_process()
        hold = self.world.holding[BOB] = Deferred()
        request = self.get(a_key(number=7), f"{BOB}#main-key")
        reading = Deferred.fromCoroutine(verifying.identified(request))
        await until(lambda: self.world.asked, "the question")
        self.patience.advance(READER_SECONDS)
        await self.assertFailure(reading, StillAsked)
        del self.world.holding[BOB]
        hold.callback(None)
        again = await verifying.identified(request)
        assert again is not None
        self.assertEqual(BOB, again.actor.fid)

    async def test_after_a_restart(self) -> None:
        """What is known is in the database."""
        verifying, _ = self.another_process()
        self.assertEqual(ADA, (await verifying.signer(self.post(), activity_actor=ADA)).actor.fid)
        self.assertEqual([], self.world.asked)

    async def test_unsigned(self) -> None:
        """Nobody, for an inbox; nobody in particular, for who reads."""
        await self.fails(Unsigned, self.signer(a_request(now=self.now)))
        self.assertIsNone(await self.verifying.identified(a_request("GET", "/x", None, self.now)))
        odd = a_request("GET", "/x", None, self.now, authorization='Signature keyId="x"')
        self.assertIsNone(await self.verifying.identified(odd))

    async def test_forged(self) -> None:
        """Unreadable, of another body, by another key: 401, and at most one look at the actor."""
        await self.fails(Forged, self.signer(with_headers(self.post(), {"signature": "x"})))
        await self.fails(Forged, self.signer(evolve(self.post(), digests=Digests.of(b"{}"))))
        await self.fails(Forged, self.signer(self.post(algorithm="hmac-sha256")))
        self.assertEqual([], self.world.asked)
        await self.fails(Forged, self.signer(self.post(a_key(number=1))))
        await self.fails(Forged, self.verifying.identified(self.get(a_key(number=1))))
        self.assertEqual([ADA], self.world.asked)

    async def test_ed25519(self) -> None:
        """A key of this kind beside RSA, by either scheme; what a signature says of itself never changes the kind."""
        key = Ed25519PrivateKey.generate()
        self.world.put(an_actor(BOB, key=key))
        name = f"{BOB}#main-key"
        told = f';created={int(self.now)};keyid="{name}"'
        plain = a_request(now=self.now)
        for request in (
            by_cavage(plain, key, algorithm="hs2019", key_id=name),
            by_messages(plain, key, parameters=f'{told};alg="ed25519"'),
            by_messages(plain, key, parameters=told),
        ):
            self.assertEqual(BOB, (await self.signer(request, BOB)).actor.fid)
        for request in (
            by_cavage(plain, key, algorithm="rsa-sha256", key_id=name),
            by_messages(plain, key, parameters=f'{told};alg="rsa-v1_5-sha256"'),
            by_cavage(plain, a_key(), algorithm="hs2019", key_id=name),
        ):
            await self.fails(Forged, self.signer(request, BOB))
        told = f';created={int(self.now)};keyid="{ADA}#main-key";alg="ed25519"'
        await self.fails(Forged, self.signer(by_messages(plain, a_key(), parameters=told)))

    async def test_somebody_else(self) -> None:
        """The signer is the actor of the activity: not another of the same server, not one of another."""
        await self.fails(Forged, self.signer(self.post(), BOB))
        await self.fails(Forged, self.signer(self.post(), "https://other.example/users/eve"))
        await self.fails(Forged, self.signer(self.post(), "https://pod.example/federation/actors/ada"))
        await self.fails(Forged, self.signer(self.post(), "ada"))
        self.assertEqual([], self.world.asked)
        self.assertEqual(ADA, (await self.signer(self.post(), None)).actor.fid)

    async def test_replay(self) -> None:
        """The very same request again is nothing new for two hours; unless the first had no effect."""
        request = self.post()
        await self.signer(request)
        await self.fails(Idle, self.signer(request))
        verifying, _ = self.another_process()
        await self.fails(Idle, verifying.signer(request, activity_actor=ADA))
        await self.verifying.forget(request)
        await self.signer(request)

    async def test_a_new_key(self) -> None:
        """A key that was replaced without a word is found out by one look; the old one counts no more, anywhere."""
        verifying, _ = self.another_process()
        await verifying.signer(self.post(), activity_actor=ADA)
        self.world.put(an_actor(key=a_key(number=1)))
        both = [Deferred.fromCoroutine(self.signer(self.post(a_key(number=1)))) for _ in range(5)]
        self.assertEqual([ADA] * 5, [signer.actor.fid for signer in await gatherResults(both)])
        self.assertEqual([ADA], self.world.asked)
        await self.fails(Forged, self.signer(self.post()))
        self.clock.advance(0)  # the bell rings
        await self.fails(Forged, verifying.signer(self.post(), activity_actor=ADA))
        self.assertEqual([ADA], self.world.asked)

    async def test_a_new_key_at_two_processes(self) -> None:
        """Whoever comes while another process asks waits for what that is told; who waits in vain is refused."""
        verifying, _ = self.another_process()
        await self.signer(self.post())
        new, mark = a_key(number=1), f"key-refetch:{ADA}"
        self.world.put(an_actor(key=new))
        self.assertTrue(await self.cache.add(mark, UNDER_WAY, 60))  # by a third process, that is slow
        waiting = Deferred.fromCoroutine(verifying.signer(self.post(new), activity_actor=ADA))
        await deferLater(cast(IReactorTime, reactor), 0.1)
        self.assertFalse(waiting.called)
        await self.cache.drop(mark)
        self.assertEqual(ADA, (await self.signer(self.post(new))).actor.fid)
        self.clock.advance(0)  # the bell rings
        self.assertEqual(ADA, (await waiting).actor.fid)
        self.assertEqual([ADA], self.world.asked)

    async def test_once_a_minute(self) -> None:
        """However much is forged in somebody's name, their server is asked once in a minute."""
        for _ in range(10):
            await self.fails(Forged, self.signer(self.post(a_key(number=1))))
        self.assertEqual(1, len(self.world.asked))
        self.clock.advance(61)
        await self.fails(Forged, self.signer(self.post(a_key(number=1))))
        self.assertEqual(2, len(self.world.asked))
        await self.signer(self.post())

    async def test_a_server_that_is_away(self) -> None:
        """
        Who signs with another key while their server tells nobody its keys is not refused, but put off.

        Most servers never repeat what was refused.  A minute later they are believed.
        """
        new = a_key(number=1)
        self.world.put(an_actor(key=new))
        self.world.statuses[ADA] = 503
        for _ in range(2):  # by the second time nobody is asked
            why = await self.fails(Untold, self.signer(self.post(new)))
            self.assertEqual((61, 1), (why.retry_after, len(self.world.asked)))
        self.clock.advance(why.retry_after)
        del self.world.statuses[ADA]
        self.assertEqual(ADA, (await self.signer(self.post(new))).actor.fid)

    async def test_old_knowledge(self) -> None:
        """After twelve hours a key that proved right is looked at again; the server may be away meanwhile."""
        self.clock.advance(12 * 3600 + 60)
        await self.fails(Forged, self.signer(self.post(a_key(number=1))))
        self.assertEqual(1, len(self.world.asked))
        self.clock.advance(61)
        self.world.statuses[ADA] = 503
        await self.signer(self.post())
        self.assertEqual(2, len(self.world.asked))
        self.clock.advance(61)
        del self.world.statuses[ADA]
        self.world.put(an_actor(key=a_key(number=1)))
        await self.fails(Forged, self.signer(self.post()))

    async def test_gone(self) -> None:
        """Somebody who is gone may say so, and nothing else; a missing page proves nothing."""
        self.world.statuses[ADA] = 404
        await self.fails(Forged, self.signer(self.post(a_key(number=1)), deletes_itself=True))
        self.clock.advance(61)
        self.world.statuses[ADA] = 410
        await self.fails(Forged, self.signer(self.post(a_key(number=1))))
        self.clock.advance(61)
        signer = await self.signer(self.post(a_key(number=1)), deletes_itself=True)
        self.assertEqual((ADA, True), (signer.actor.fid, signer.is_gone))

    async def test_deleted_while_their_key_is_known(self) -> None:
        """A Delete with a good signature needs no look."""
        signer = await self.signer(self.post(), deletes_itself=True)
        self.assertEqual((ADA, False), (signer.actor.fid, signer.is_gone))
        self.assertEqual([], self.world.asked)

    async def test_deleted_while_their_key_is_old(self) -> None:
        """Mastodon forgets an account before it tells: who is known of old may still say farewell, and only that."""
        self.clock.advance(12 * 3600 + 60)
        self.world.statuses[ADA] = 410
        await self.fails(Forged, self.signer(self.post()))
        self.clock.advance(61)
        signer = await self.signer(self.post(), deletes_itself=True)
        self.assertEqual(ADA, signer.actor.fid)
        await self.fails(Forged, self.signer(self.post(a_key(number=1)), deletes_itself=True))


class AnythingTests(VerifyingCase):
    """Whatever comes, the answer is who it was, or a refusal that is ours; nobody but the signer's server is asked."""

    async def test_requests_gone_wrong(self) -> None:
        """Good requests of either scheme in which a piece of one header, or the target, was replaced."""
        self.world.put(an_actor())
        await self.signer(self.post())
        for number in range(120):
            self.clock.advance(2.1)  # so that no limit is reached
            random = Random(number)
            message = by_messages(a_request(now=self.now), a_key(), key_id=KEY, created=int(self.now))
            request = _gone_wrong(random, random.choice((self.post(), message)))
            try:
                found = await self.signer(request)
            except (Unsigned, Forged, Idle):
                continue
            self.assertEqual(ADA, found.actor.fid)
        self.assertTrue(all(url.startswith("https://far.example/") for url in self.world.asked), self.world.asked)
        self.assertLess(len(self.world.asked), 60)


def _gone_wrong(random: Random, request: Received) -> Received:
    """The request with a piece of it replaced."""
    name = random.choice(sorted(request.headers))
    value = request.headers[name][0]
    start = random.randrange(len(value) + 1)
    piece = "".join(random.choice('a0"=,:;/.\x00é ()@#?%') for _ in range(random.randrange(4)))
    wrong = value[:start] + piece + value[start + random.randrange(4) :]
    if random.random() < 0.1:
        return evolve(request, target=request.target[:start] + piece)
    return with_headers(request, {name: wrong})


class UnknownTests(VerifyingCase):
    """From a key that was never seen to who owns it."""

    async def test_funkwhale_and_mastodon(self) -> None:
        """``#main-key`` in the actor's own document."""
        self.world.put(an_actor())
        self.assertEqual(ADA, (await self.signer(self.post())).actor.fid)
        self.assertEqual([ADA], self.world.asked)

    async def test_gotosocial(self) -> None:
        """A stub at the key's own address; the owner's document confirms it.  ``hs2019`` besides."""
        key = f"{ADA}/main-key"
        stub = {
            "@context": "https://w3id.org/security/v1", "id": ADA, "type": "Person", "preferredUsername": "ada",
            "publicKey": a_public_key(key_id=key),
        }  # fmt: skip
        self.world.put(an_actor(key_id=key))
        self.world.documents[key] = stub
        request = self.post(key_id=key, algorithm="hs2019")
        self.assertEqual(ADA, (await self.signer(request)).actor.fid)
        self.assertEqual([key, ADA], self.world.asked)
        await self.signer(self.post(key_id=key))
        self.assertEqual(2, len(self.world.asked))

    async def test_peertube(self) -> None:
        """Its key ids are the actors' own: the key that the actor lists is meant, by whatever id, also a new one."""
        self.world.put(an_actor())
        self.assertEqual(ADA, (await self.signer(self.post(key_id=ADA))).actor.fid)
        self.assertEqual([ADA], self.world.asked)
        reader = await self.verifying.identified(self.get(key_id=ADA))
        assert reader is not None
        self.assertEqual((ADA, [ADA]), (reader.actor.fid, self.world.asked), "known by now, by either id")
        self.assertEqual(ADA, (await self.signer(self.post())).actor.fid)
        new = a_key(number=3)
        self.world.put(an_actor(publicKey=a_public_key(key=new)))
        self.assertEqual(ADA, (await self.signer(self.post(new, ADA))).actor.fid)
        await self.fails(Forged, self.signer(self.post(key_id=ADA)))

    async def test_somebody_without_a_key(self) -> None:
        """Who lists none proves nothing by their name, nor does anybody else by it."""
        self.world.put(an_actor(publicKey=[]), an_actor(BOB, a_key(number=7)))
        await self.fails(Forged, self.signer(self.post(key_id=ADA)))
        await self.fails(Forged, self.signer(self.post(a_key(number=7), BOB)))

    async def test_a_key_by_itself(self) -> None:
        """A document of its own, with an owner or a controller who lists it."""
        key = "https://far.example/keys/1"
        self.world.put(an_actor(key_id=key))
        self.world.put({"id": key, "type": "CryptographicKey", "controller": ADA, "publicKeyPem": pem(a_key())})
        self.assertEqual(ADA, (await self.signer(self.post(key_id=key))).actor.fid)

    async def test_several_keys(self) -> None:
        """An actor may list several; each of them is theirs, until one is not listed any more."""
        keys = [a_public_key(), a_public_key(key=a_key(number=1), key_id=f"{ADA}#second")]
        self.world.put(an_actor(publicKey=keys))
        for number, key_id in ((1, f"{ADA}#second"), (0, KEY)):
            self.assertEqual(ADA, (await self.signer(self.post(a_key(number=number), key_id))).actor.fid)
        self.assertEqual(1, len(self.world.asked))
        self.clock.advance(61)
        self.world.put(an_actor())
        await self.fails(Forged, self.signer(self.post(a_key(number=2), f"{ADA}#second")))
        await self.fails(Forged, self.signer(self.post(a_key(number=1), f"{ADA}#second")))

    async def test_documents_that_prove_nothing(self) -> None:
        """Of another owner, another server, without the key, without an inbox, of another id, with a weak key."""
        eve = "https://eve.example/users/eve"
        for document in (
            an_actor(publicKey=a_public_key(fid=BOB, key_id=KEY)),
            an_actor(publicKey=a_public_key(key_id=f"{ADA}#other")),
            an_actor(publicKey=None),
            an_actor(publicKey=a_public_key(key=a_key(1024))),
            an_actor(inbox=None),
            an_actor(type="Note"),
            {"id": ADA, "type": "Create", "actor": ADA, "publicKey": a_public_key()},
            an_actor(fid=eve, publicKey={**a_public_key(), "owner": eve}),
            {"id": KEY, "type": "Key", "owner": eve, "publicKeyPem": pem(a_key())},
            {},
        ):
            self.clock.advance(61)
            self.world.documents[ADA] = document
            await self.fails(Forged, self.signer(self.post()))

    async def test_a_key_that_names_somebody(self) -> None:
        """A key whose document names an owner who does not list it, or lists another."""
        key = "https://far.example/keys/1"
        alone = {"id": key, "type": "CryptographicKey", "owner": ADA, "publicKeyPem": pem(a_key(number=1))}
        self.world.put(an_actor(), alone)
        await self.fails(Forged, self.signer(self.post(a_key(number=1), key)))
        self.world.put(an_actor(key_id=key))
        await self.fails(Forged, self.signer(self.post(a_key(number=1), key)))

    async def test_ids_that_are_never_asked(self) -> None:
        """No web address, not by TLS, with a user's name, within our walls, too long, our own."""
        for key_id in (
            "ada", "", "mailto:ada@far.example", "http://far.example/users/ada#main-key", "https://a:b@far.example/x",
            "https://localhost/x", "https://127.0.0.1/x", "https://[::1]/x", "https://far.example:22/x",
            f"https://far.example/{'x' * 500}", "https://pod.example/federation/actors/nobody#main-key", "ftp://x.example",
        ):  # fmt: skip
            await self.fails(Forged, self.signer(self.post(key_id=key_id or "x"), None))
        self.assertEqual([], self.world.asked)

    async def test_the_server_does_not_tell(self) -> None:
        """For good where it never will; with a time to come again where it may only be busy."""
        for status in (401, 404, 410):
            self.world.statuses[ADA] = status
            await self.fails(Forged, self.signer(self.post()))
        for status in (429, 500):
            self.world.statuses[ADA] = status
            self.assertEqual(61, (await self.fails(Untold, self.signer(self.post()))).retry_after)

    async def test_failures_that_pass_are_counted(self) -> None:
        """Nobody has us ask a server that is away more often than one that refuses."""
        self.world.statuses[ADA] = 503
        for _ in range(30):
            await self.fails(Untold, self.signer(self.post()))
        await self.fails(Throttled, self.signer(self.post()))

    async def test_unknown_and_deleted(self) -> None:
        """Mastodon tells everybody who is gone; of strangers nobody needs to know."""
        self.world.statuses[ADA] = 410
        await self.fails(Idle, self.signer(self.post(), deletes_itself=True))
        proven = {"type": "Delete", "actor": ADA, "proof": {"type": "DataIntegrityProof"}}
        await self.fails(Idle, self.signer(self.post(), deletes_itself=True, document=proven))
        self.assertEqual([], self.world.asked)


class ModerationTests(VerifyingCase):
    """Who is shut out is so before anybody is asked."""

    async def test_a_server(self) -> None:
        """Of a server that is shut out nothing is asked, and nobody is believed."""
        self.world.put(an_actor())
        await self.block("far.example")
        await self.fails(ShutOut, self.signer(self.post()))
        await self.fails(ShutOut, self.verifying.identified(self.get()))
        self.assertEqual([], self.world.asked)

    async def test_an_actor(self) -> None:
        """Also whom we know already."""
        self.world.put(an_actor())
        signer = await self.signer(self.post())
        await self.block(actor=signer.actor.id)
        self.clock.advance(1)
        await self.fails(ShutOut, self.signer(self.post()))
        await self.fails(ShutOut, self.verifying.identified(self.get()))


class LimitTests(VerifyingCase):
    """Who fails too often is not listened to."""

    async def test_an_address(self) -> None:
        """Thirty failures a minute; another address is listened to."""
        self.world.put(an_actor())
        await self.signer(self.post())
        for _ in range(30):
            await self.fails(Forged, self.signer(with_headers(self.post(), {"signature": "x"})))
        error = await self.fails(Throttled, self.signer(self.post()))
        self.assertTrue(1 <= error.retry_after <= 3)
        await self.signer(evolve(self.post(), address="192.0.2.2"))
        self.clock.advance(3)
        await self.signer(self.post())

    async def test_a_network(self) -> None:
        """Who has as many addresses of IPv6 as they like counts as one."""
        self.world.put(an_actor())
        await self.signer(self.post())
        for number in range(30):
            forged = evolve(with_headers(self.post(), {"signature": "x"}), address=f"2001:db8::{number:x}")
            await self.fails(Forged, self.signer(forged))
        await self.fails(Throttled, self.signer(evolve(self.post(), address="2001:db8::ffff")))
        await self.signer(evolve(self.post(), address="2001:db8:0:1::1"))

    async def test_a_server_in_whose_name_others_fail(self) -> None:
        """It is asked for no more keys for a while; those that are known are still believed."""
        self.world.put(an_actor(), an_actor(BOB))
        await self.signer(self.post())
        for number in range(30):
            forged = evolve(self.post(a_key(number=1)), address=f"192.0.2.{number}")
            await self.fails(Forged, self.signer(forged))
        stranger = self.post(key_id=f"{BOB}#main-key")
        await self.fails(Throttled, self.signer(evolve(stranger, address="198.51.100.1"), BOB))
        await self.signer(evolve(self.post(), address="198.51.100.1"))


class CrowdTests(VerifyingCase):
    """Many wait for a server that does not answer: a bounded number."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(an_actor(), an_actor(BOB), an_actor(ELSEWHERE))
        await self.signer(self.post())
        self.world.asked.clear()
        self.hold: Deferred[None] = Deferred()
        self.world.holding[BOB] = self.hold
        self.waiting: list[Deferred[Any]] = []

    async def crowd(self, work: Callable[[int], Coroutine[Deferred[Any], Any, object]], count: int) -> None:
        """So many wait for Bob's key."""
        self.waiting += [Deferred.fromCoroutine(work(number)) for number in range(count)]
        await until(lambda: len(self.world.asked) == len(self.waiting), "the questions")

    def by_bob(self, number: int, body: bytes = BODY) -> Received:
        """A post by a key that nobody knows, each from another address."""
        return evolve(self.post(key_id=f"{BOB}#main-key", body=body), address=f"192.0.2.{number}")

    async def test_posts(self) -> None:
        """One more is sent away, other servers are still asked, and what is known is believed."""
        await self.crowd(lambda number: self.signer(self.by_bob(number), BOB), MOST_OF_ONE)
        await self.fails(StillAsked, self.signer(self.by_bob(200), BOB))
        elsewhere = self.post(key_id=f"{ELSEWHERE}#main-key")
        await self.signer(elsewhere, ELSEWHERE)
        await self.signer(self.post())
        del self.world.holding[BOB]
        self.hold.callback(None)
        await gatherResults(self.waiting)
        await self.signer(self.by_bob(200), BOB)

    async def test_large_posts(self) -> None:
        """They need more room, and one of any size finds some."""
        large = b" " * SMALL_BYTES * MOST_OF_ONE + BODY
        await self.crowd(lambda number: self.signer(self.by_bob(number, large), BOB), 1)
        await self.fails(StillAsked, self.signer(self.by_bob(200), BOB))
        self.hold.callback(None)
        await gatherResults(self.waiting)

    async def test_one_address(self) -> None:
        """That names ever other servers."""

        async def strange(number: int) -> None:
            fid = f"https://s{number}.example/users/x"
            self.world.holding[fid] = self.hold
            await self.fails(Forged, self.signer(self.post(key_id=f"{fid}#main-key"), fid))

        await self.crowd(strange, MOST_OF_ONE)
        elsewhere = self.post(key_id=f"{ELSEWHERE}#main-key")
        await self.fails(StillAsked, self.signer(elsewhere, ELSEWHERE))
        await self.signer(evolve(elsewhere, address="192.0.2.2"), ELSEWHERE)
        self.hold.callback(None)
        await gatherResults(self.waiting)

    async def test_readers(self) -> None:
        """They count for as long as the question goes on, also when they have long been let go."""
        self.patience = Clock()
        verifying, resolving = self.another_process()
        request = self.get(key_id=f"{BOB}#main-key")
        await self.crowd(lambda _: verifying.identified(request), MOST_OF_ONE)
        self.patience.advance(READER_SECONDS)
        for one in self.waiting:
            await self.assertFailure(one, StillAsked)
        await self.fails(StillAsked, verifying.identified(request))
        self.assertEqual(MOST_OF_ONE, len(self.world.asked))
        await resolving.close()  # which waits for no answer

    async def test_old_knowledge(self) -> None:
        """Of whom we know a key, though an old one, that key will do where there is no room to ask anew."""
        self.clock.advance(self.delay * 60 + 1)
        await self.crowd(lambda number: self.signer(self.by_bob(number), BOB), MOST_OF_ONE)
        await self.signer(self.post())
        self.assertNotIn(ADA, self.world.asked)
        self.hold.callback(None)
        await gatherResults(self.waiting)


class ProofTests(VerifyingCase):
    """Activities that somebody else passes on, with a proof of their actor in them."""

    def setUp(self) -> None:
        super().setUp()
        self.key = Ed25519PrivateKey.generate()
        self.name = f"{ADA}#ed25519-key"
        self.shown = assertion_method(ADA, self.name, multikey(self.key.public_key()))
        self.world.put(an_actor(assertionMethod=[self.shown]), an_actor(BOB, a_key(number=7)))

    def activity(self, **members: Any) -> Document:
        """Ada likes something, and can prove it."""
        now = self.moment()
        document = {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{ADA}#likes/1", "type": "Like"}
        return proofs.proven({**document, "actor": ADA, **members}, self.key, self.name, now)

    def moment(self) -> datetime:
        """The time, as proofs want it."""
        return datetime.fromtimestamp(self.now, UTC)

    async def test_passed_on(self) -> None:
        """Bob passes on what Ada said."""
        by_bob = self.post(a_key(number=7), f"{BOB}#main-key")
        signer = await self.signer(by_bob, document=self.activity())
        self.assertEqual((ADA, self.name), (signer.actor.fid, signer.key_id))

    async def test_signed_by_the_actor_itself(self) -> None:
        """Then the proof does not matter."""
        signer = await self.signer(self.post(), document={**self.activity(), "proof": {"type": "other"}})
        self.assertEqual((ADA, KEY), (signer.actor.fid, signer.key_id))

    async def test_not_proven(self) -> None:
        """A proof that was changed, of another's key, for another's id, by somebody else: 401."""
        eve = f"{BOB}#ed25519-key"
        stolen = proofs.proven({"type": "Like", "id": f"{ADA}#likes/1", "actor": ADA}, self.key, eve, self.moment())
        for document in (
            {**self.activity(), "object": "x"}, {**self.activity(), "proof": {"type": "x"}}, stolen,
            self.activity(id="https://eve.example/1"), self.activity(actor=BOB),
        ):  # fmt: skip
            by_bob = self.post(a_key(number=7), f"{BOB}#main-key")
            await self.fails(Forged, self.signer(by_bob, document=document))
        await self.fails(Forged, self.signer(self.post(a_key(number=7), f"{BOB}#main-key")))

    async def test_passed_on_late(self) -> None:
        """What has no id, or was proven before all that we remember, could be passed on again for ever: 401."""
        like = {"type": "Like", "actor": ADA, "object": "x"}
        late, later = self.moment() - timedelta(days=28), self.moment() - timedelta(days=30)
        await self.verifying.proven(proofs.proven({**like, "id": f"{ADA}#likes/1"}, self.key, self.name, late))
        timeless = proofs.proven({**like, "id": f"{ADA}#likes/1"}, self.key, self.name, self.moment())
        del timeless["proof"]["created"]
        for document in (
            proofs.proven(like, self.key, self.name, self.moment()),
            proofs.proven({**like, "id": f"{ADA}#likes/1"}, self.key, self.name, later),
            timeless,
        ):
            await self.fails(Forged, self.verifying.proven(document))

    async def test_keys_that_are_not_asserted(self) -> None:
        """The actor's own document must list the key, and as their own."""
        for listed in ([], [{**self.shown, "controller": BOB}], [{**self.shown, "publicKeyMultibase": "z6Mk"}]):
            self.world.put(an_actor(assertionMethod=listed))
            await self.fails(Forged, self.verifying.proven(self.activity()))

    async def test_shut_out(self) -> None:
        """Whoever passes it on."""
        await self.block("far.example")
        await self.fails(ShutOut, self.verifying.proven(self.activity()))
