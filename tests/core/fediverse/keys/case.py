"""A test case with somebody who verifies, servers elsewhere, and requests that they sign."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from fwtwisted.core.fediverse.keys.resolving import Resolving, ResolvingGround
from fwtwisted.core.fediverse.keys.verifying import Verifying, VerifyingGround
from fwtwisted.core.fediverse.moderation.policies import Policies, PoliciesSettings
from fwtwisted.core.fediverse.remote.actors import RemoteActors
from fwtwisted.model.federation import Signer
from fwtwisted.model.people import Pod
from fwtwisted.outside.fetching import Fetching, FetchSettings, system_lookup
from fwtwisted.outside.shared import MemoryBell, MemoryCache
from fwtwisted.outside.tallies import MemoryTallies
from fwtwisted.wire.signatures.received import Place, Received
from tests.database import HOME, DatabaseCase
from tests.foreign import Document, World, mastodon_actor
from tests.signed import BODY, INBOX, PLACE, SigningKey, a_key, a_request, by_cavage, pem
from tests.threads import pooled

E = TypeVar("E", bound=Exception)
ADA = "https://far.example/users/ada"
KEY = f"{ADA}#main-key"


def an_actor(fid: str = ADA, key: SigningKey | None = None, key_id: str = "", **members: Any) -> Document:
    """Somebody on a Mastodon, with a real key."""
    return {
        **mastodon_actor(),
        "id": fid,
        "preferredUsername": fid.rpartition("/")[2],
        "inbox": f"{fid}/inbox",
        "outbox": f"{fid}/outbox",
        "endpoints": {},
        "publicKey": a_public_key(fid, key, key_id),
        **members,
    }


def a_public_key(fid: str = ADA, key: SigningKey | None = None, key_id: str = "") -> Document:
    """What an actor lists."""
    return {"id": key_id or f"{fid}#main-key", "owner": fid, "publicKeyPem": pem(key or a_key())}


class VerifyingCase(DatabaseCase):
    """
    ``self.verifying`` is a pod's; ``self.world`` is elsewhere.

    The clock stands at the real time when the test began, since PostgreSQL's does, too.

    :ivar patience: the clock that patience with others is measured with.
    """

    patience: Any = reactor

    def setUp(self) -> None:
        super().setUp()
        self.world = World()
        self.clock = Clock()
        self.clock.advance(float(int(datetime.now(UTC).timestamp())))
        self.bell, self.cache = MemoryBell(self.clock), MemoryCache(self.clock)
        self.tallies = MemoryTallies(self.clock)
        self.threads = pooled(self)
        self.pod = Pod(f"https://{HOME}", HOME)
        self.delay = 720.0
        self.policies = Policies(
            self.aside, self.bell, self.clock, self._preference, HOME, PoliciesSettings(fresh_seconds=0.5)
        )
        self.addCleanup(self.policies.close)
        self.actors = RemoteActors(
            self.database, self.clock, self.world.ask, self.policies.permit_actor, self._met, lambda *_: None, self.pod
        )
        self.verifying, self.resolving = self.another_process()

    def another_process(self) -> tuple[Verifying, Resolving]:
        """The same with a memory of its own, as another process of the pod has it."""
        fetching = Fetching(reactor, self.threads, FetchSettings("test/1"), system_lookup(self.threads))
        resolving = Resolving(
            ResolvingGround(
                self.database, self.world.ask, self.actors, self.cache, self.bell, fetching.checked,
                self.pod.url, self.clock.seconds, self.patience,
            )
        )  # fmt: skip
        self.addCleanup(resolving.close)
        ground = VerifyingGround(
            resolving, self.policies, self._preference, self.cache, self.tallies, self.threads, self.place(),
            self.clock.seconds,
        )  # fmt: skip
        return Verifying(ground), resolving

    def place(self) -> Place:
        """Where requests are addressed to."""
        return PLACE

    async def _preference(self, name: str) -> Any:
        return self.delay if name == "federation__actor_fetch_delay" else False

    async def _met(self, host: str) -> None:
        """A server is new."""

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.clock.seconds()

    def post(self, key: SigningKey | None = None, key_id: str = KEY, body: bytes = BODY, **how: Any) -> Received:
        """A signed post; no two are the same."""
        self.clock.advance(0.001)
        request = a_request("POST", INBOX, body, self.now, x_number=f"{self.now:.3f}")
        names = "(request-target) host date digest x-number"
        return evolve(by_cavage(request, key or a_key(), names, key_id=key_id, **how), address="192.0.2.1")

    def get(self, key: SigningKey | None = None, key_id: str = KEY, target: str = "/federation/x?page=1") -> Received:
        """A signed GET."""
        request = a_request("GET", target, None, self.now)
        signed = by_cavage(request, key or a_key(), "(request-target) host date", key_id=key_id)
        return evolve(signed, address="192.0.2.1")

    async def signer(self, request: Received, actor: str | None = ADA, **more: Any) -> Signer:
        """Who signed it."""
        return await self.verifying.signer(request, activity_actor=actor, **more)

    async def fails(self, why: type[E], work: Coroutine[Deferred[Any], Any, object]) -> E:
        """The failure of some work, which must be this."""
        error = cast(E, await self.assertFailure(Deferred.fromCoroutine(work), why))
        self.assertIs(why, type(error))
        return error

    async def block(self, domain: str | None = None, actor: int | None = None) -> None:
        """Moderators shut somebody out."""
        if domain is not None:
            await self.do("INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING", domain)
        chief = await self.an_actor("chief")
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, target_actor_id, block_all)"
            " VALUES (%s, %s, %s, true)",
            chief, domain, actor,
        )  # fmt: skip
