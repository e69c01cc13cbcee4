"""The actor that the pod itself is."""

from __future__ import annotations

from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.model.errors import Misconfigured
from fwtwisted.model.people import Pod
from tests.database import HOME, DatabaseCase
from tests.threads import pooled


class ServiceActorTests(DatabaseCase):
    """Made once, whoever asks first."""

    def actor(self, username: str = "service") -> ServiceActor:
        """As one process of the pod knows it."""
        return ServiceActor(self.database, pooled(self), Pod(f"https://{HOME}", HOME), username)

    async def test_it_is_made_once(self) -> None:
        """By several processes at the same time; it signs, and speaks for the server."""
        found = await gatherResults([Deferred.fromCoroutine(self.actor().id()) for _ in range(3)])
        self.assertEqual(1, len(set(found)))
        self.assertEqual("Service", await self.value("SELECT type FROM actor WHERE id = %s", found[0]))
        self.assertIn("PRIVATE", await self.value("SELECT private_key FROM actor WHERE id = %s", found[0]))
        self.assertEqual(found[0], await self.value("SELECT service_actor_id FROM domain WHERE name = %s", HOME))
        self.assertEqual(found[0], await self.actor("SERVICE").id())

    async def test_a_name_that_somebody_has(self) -> None:
        """Is told, and nobody is turned into the pod."""
        await self.an_actor("alice")
        with self.assertRaises(Misconfigured):
            await self.actor("alice").id()
