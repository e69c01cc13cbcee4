"""The site tells who listens that people are served: docs/operations.md O-53."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.trial.unittest import TestCase

from fwtwisted.web.site import Doors, Site
from tests.web.serving import SILENT, Served, reactor


class NoticingTests(TestCase):
    """Who is told that somebody asks."""

    async def test_people_are_noticed(self) -> None:
        """Requests are noticed, found or not, but for those of other servers and of who looks after this one."""
        noticed: list[int] = []
        site = Site([], SILENT, reactor, lambda: noticed.append(1))
        doors = Doors(site, [TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")])
        [address] = await doors.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(doors.close()))
        served = Served(site, getattr(address, "port"))  # noqa: B009
        asked = [
            ("GET", "/"), ("GET", "/api/v1/tracks"), ("GET", "/rest/ping"),
            ("POST", "/federation/shared/inbox"), ("GET", "/.well-known/webfinger"), ("GET", "/health/live"),
        ]  # fmt: skip
        for method, path in asked:
            await served.ask(method, path)
        self.assertEqual(3, len(noticed))
