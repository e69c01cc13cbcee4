"""Senders who hang up before they are answered."""

from __future__ import annotations

import json

from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred

from fwtwisted.core.fediverse.receiving.intake import Intake, Post
from fwtwisted.core.fediverse.receiving.ledger import Ledger
from tests.core.fediverse.keys.case import ADA, VerifyingCase, an_actor
from tests.waiting import until

LIKE = json.dumps({"type": "Like", "id": f"{ADA}#likes/1", "actor": ADA, "object": "https://pod.example/x"}).encode()


class LeavingTests(VerifyingCase):
    """Ada posts, and her server may hang up."""

    async def test_the_same_again(self) -> None:
        """What was believed and not written down comes again by the very same bytes, over another line: it is taken."""
        self.world.put(an_actor())
        holding: list[Deferred[None]] = []

        async def spend(scope: str, who: str) -> None:
            if who.startswith("host") and not holding:
                holding.append(Deferred())
                await holding[0]

        ledger = Ledger(self.database, lambda *_: None)
        self.addCleanup(ledger.close)
        intake = Intake(self.database, self.verifying, self.policies, ledger, spend, self.threads, self.pod)
        request = self.post(body=LIKE)
        post = Post(lambda digests: evolve(request, digests=digests), request.address, LIKE)
        taking = Deferred.fromCoroutine(intake.take(post))
        await until(lambda: bool(holding), "her signature to be believed")
        taking.cancel()
        await self.assertFailure(taking, CancelledError)
        await intake.take(post)
        self.assertEqual(1, await self.value("SELECT count(*) FROM received"))
        await intake.take(post)
        self.assertEqual(1, await self.value("SELECT count(*) FROM received"))
