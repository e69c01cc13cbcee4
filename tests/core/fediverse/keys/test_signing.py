"""What our actors sign: docs/federation.md §1.1 to §1.3, §1.6."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.defer import Deferred, gatherResults, succeed
from twisted.internet.task import Clock

from fwtwisted.core.fediverse.kept import Kept
from fwtwisted.core.fediverse.keys.mill import Mill
from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.keys.rotation import REST_SECONDS, ROTATE, Rotation
from fwtwisted.core.fediverse.keys.signing import Scheme, Signing, wanted_by
from fwtwisted.core.people.keys import new_keys
from fwtwisted.db.fediverse import keys as stored
from fwtwisted.db.jobs import Job
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.signatures import cavage, messages, proofs
from fwtwisted.wire.signatures.keys import from_multikey, has_signed, private_key, public_key
from fwtwisted.wire.signatures.received import Digests, Place, Received
from fwtwisted.wire.targets import target
from tests.database import DatabaseCase
from tests.threads import pooled

BODY = b'{"type": "Follow"}'


class SigningCase(DatabaseCase):
    """A pod with Nadia, who signs."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.clock = Clock()
        self.clock.advance(1_800_000_000)
        self.bell = MemoryBell(self.clock)
        self.threads = pooled(self)
        self.told: list[tuple[int, str]] = []
        self.keys = self.another_process()
        self.signing = Signing(self.keys, self.threads, self.clock.seconds)
        self.nadia = await self.an_actor("nadia")
        pair = new_keys()
        await self.do(
            "UPDATE actor SET public_key = %s, private_key = %s, key_id = fid || '#main-key' WHERE id = %s",
            pair.public, pair.private, self.nadia,
        )  # fmt: skip

    async def tell(self, tx: Tx, actor_id: int, former_key: str) -> None:
        """Hear whose key was replaced, and which it was."""
        self.told.append((actor_id, former_key))

    def another_process(self) -> OwnKeys:
        """Keys as one process knows them."""
        keys = OwnKeys(self.database, self.bell, self.clock.seconds)
        self.addCleanup(keys.close)
        return keys

    async def is_right(self, received: Received) -> bool:
        """Whether Nadia's published key has signed this."""
        key = public_key(await self.value("SELECT public_key FROM actor WHERE id = %s", self.nadia))
        place, now = Place.at("https://far.example"), self.clock.seconds()
        is_message = messages.is_used_by(received)
        claims = messages.claims(received, place, now) if is_message else [cavage.claim(received, place, now)]
        return all(has_signed(key, claim.signature, claim.texts[0]) for claim in claims)


class RequestTests(SigningCase):
    """Requests."""

    async def test_all_schemes(self) -> None:
        """Each is what the far end checks."""
        there = target("https://far.example/inbox")
        for scheme in Scheme:
            headers = await self.signing.by(self.nadia, "POST", BODY, scheme)(there)
            told = {name.lower(): [value] for name, value in {"Host": "far.example", **headers}.items()}
            self.assertTrue(await self.is_right(Received("POST", "/inbox", told, Digests.of(BODY))))

    async def test_what_they_asked_for(self) -> None:
        """The components of a refusal's ``Accept-Signature``."""
        wanted = wanted_by({"accept-signature": 'x=("@method" "@authority" "@path");created'}, has_body=False)
        headers = await self.signing.by(self.nadia, scheme=Scheme.MESSAGES, wanted=wanted)(
            target("https://far.example/a")
        )
        self.assertTrue(headers["Signature-Input"].startswith('x=("@method" "@authority" "@path");created='))
        told = {name.lower(): [value] for name, value in headers.items()}
        self.assertTrue(await self.is_right(Received("GET", "/a", told)))
        self.assertIsNone(wanted_by({}, has_body=False))

    async def test_made_anew(self) -> None:
        """The date is that of the moment in which it is sent."""
        sign = self.signing.by(self.nadia)
        first = await sign(target("https://far.example/a"))
        self.clock.advance(60)
        second = await sign(target("https://far.example/a"))
        self.assertNotEqual(first["Date"], second["Date"])

    async def test_nobody_of_ours(self) -> None:
        """Who lives elsewhere does not sign here."""
        other = await self.an_actor("ada", "far.example")
        await self.assertFailure(Deferred.fromCoroutine(self.keys.signing(other)), NotFound)
        await self.assertFailure(Deferred.fromCoroutine(self.keys.proving(other)), NotFound)


class ProofTests(SigningCase):
    """Documents."""

    async def test_on_demand(self) -> None:
        """The key is made when it is first needed, once for all processes, and published as FEP-521a has it."""
        document = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Like", "id": "https://pod.example/1"}
        proven = await self.signing.proven(self.nadia, document)
        shown = await self.another_process().assertion_method(self.nadia)
        fid = "https://pod.example/federation/actors/nadia"
        self.assertEqual((f"{fid}#ed25519-key", fid, "Multikey"), (shown["id"], shown["controller"], shown["type"]))
        proof = proofs.proof(proven, datetime.fromtimestamp(self.clock.seconds(), UTC))
        self.assertEqual(shown["id"], proof.key_id)
        self.assertTrue(proof.is_made_by(from_multikey(shown["publicKeyMultibase"])))
        self.assertEqual(1, await self.value("SELECT count(*) FROM assertion_key"))

    async def test_secrets_are_not_shown(self) -> None:
        """Not in a log, whoever writes a key there."""
        await self.keys.proving(self.nadia)
        own = await self.run_in(stored.own, self.nadia)
        proving = await self.run_in(stored.assertion, self.nadia)
        assert own is not None and proving is not None
        shown = f"{own!r} {proving!r} {await self.keys.signing(self.nadia)!r} {await self.keys.proving(self.nadia)!r}"
        self.assertNotIn("PRIVATE", shown)
        self.assertNotIn("Private", shown)
        self.assertNotIn(repr(proving.private), shown)


class RotationTests(SigningCase):
    """New keys two days after a Delete."""

    async def test_once(self) -> None:
        """Several Deletes have the key replaced once, two days after the first."""
        rotation = Rotation(self.database, self.keys, self.threads, self.tell)
        for _ in range(3):
            await self.run_in(rotation.deleted, self.nadia)
        found = await self.value("SELECT extract(epoch FROM due - now())::float FROM job WHERE kind = %s", ROTATE)
        self.assertApproximates(REST_SECONDS, found, 60)
        self.assertEqual([ROTATE], list(rotation.jobs()))

    async def test_everybody_signs_with_the_new_one(self) -> None:
        """In all processes; the id stays, the Multikey is made anew."""
        other = self.another_process()
        before = [await keys.signing(self.nadia) for keys in (self.keys, other)]
        old = await self.keys.assertion_method(self.nadia)
        rotation = Rotation(self.database, self.keys, self.threads, self.tell)
        await rotation.rotate(Job(1, ROTATE, None, {"actor": self.nadia}, 1, 0, 0, datetime.now(UTC)))
        self.clock.advance(0)
        after = [await keys.signing(self.nadia) for keys in (self.keys, other)]
        self.assertEqual({before[0].key_id}, {key.key_id for key in after})
        published = public_key(await self.value("SELECT public_key FROM actor WHERE id = %s", self.nadia))
        self.assertEqual([published, published], [key.key.public_key() for key in after])
        self.assertNotEqual(published, before[0].key.public_key())
        self.assertNotEqual(old, await self.keys.assertion_method(self.nadia))
        [(actor, former)] = self.told
        self.assertEqual((self.nadia, before[0].key.public_key()), (actor, private_key(former).public_key()))
        again = await self.keys.signing(self.nadia, former)
        self.assertEqual((before[0].key_id, before[0].key.public_key()), (again.key_id, again.key.public_key()))

    async def test_of_nobody(self) -> None:
        """Who is gone meanwhile, or lives elsewhere, gets none."""
        other = await self.an_actor("ada", "far.example")
        rotation = Rotation(self.database, self.keys, self.threads, self.tell)
        for actor in (other, 999):
            await rotation.rotate(Job(1, ROTATE, None, {"actor": actor}, 1, 0, 0, datetime.now(UTC)))
        self.assertIsNone(await self.value("SELECT private_key FROM actor WHERE id = %s", other))
        self.assertEqual([], self.told)


class MillTests(DatabaseCase):
    """Sums off the reactor."""

    async def test_each_gets_their_own(self) -> None:
        """Results and failures, in whatever company they were calculated."""
        mill: Mill[int, float] = Mill(pooled(self), lambda number: 1 / number, most=4)
        asked = [mill.do(number) for number in range(-20, 21)]
        failing = asked.pop(20)
        left = asked.pop()
        left.addErrback(lambda _: None)
        left.cancel()
        found = await gatherResults(asked)
        self.assertEqual([1 / number for number in range(-20, 20) if number], found)
        await self.assertFailure(failing, ZeroDivisionError)

    def test_no_thread_to_be_had(self) -> None:
        """Whoever waits hears of it."""
        mill: Mill[int, int] = Mill(lambda *_: succeed(None).addCallback(_broken), abs)
        self.failureResultOf(mill.do(1), OSError)

    def test_kept(self) -> None:
        """What was used last stays, for its time."""
        clock = Clock()
        kept: Kept[str, int] = Kept(clock.seconds, 2, 10.0)
        kept.put("a", 1)
        kept.put("b", 2, 5.0)
        self.assertEqual(1, kept.get("a"))
        kept.put("c", 3)
        self.assertEqual((1, None, 3), tuple(kept.get(name) for name in "abc"))
        clock.advance(10)
        self.assertIsNone(kept.get("a"))
        kept.drop("c")
        kept.drop("never")


def _broken(_: object) -> None:
    raise OSError
