"""Health is told truly, quickly, and to strangers in a word."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.model.errors import Unavailable
from fwtwisted.web.forwarded import Trust
from fwtwisted.web.health import Check, Finding, Health, Pulse
from fwtwisted.web.site import Mount, SiteSettings
from tests.web.serving import Answer, serve


class PulseTests(SynchronousTestCase):
    """How late the reactor is."""

    def test_punctual(self) -> None:
        """No delay while beats come when they are due."""
        clock = Clock()
        pulse = Pulse(clock)
        self.assertEqual(0, pulse.delay)
        pulse.startService()
        clock.pump([0.5] * 10)
        self.assertEqual(0, pulse.delay)
        pulse.stopService()
        self.assertEqual([], clock.getDelayedCalls())

    def test_late(self) -> None:
        """A reactor that was held up has a delay, until a beat is punctual again."""
        clock = Clock()
        pulse = Pulse(clock)
        pulse.startService()
        clock.advance(0.5)
        clock.advance(3)
        self.assertAlmostEqual(2.5, pulse.delay)
        clock.advance(0.5)
        self.assertEqual(0, pulse.delay)


async def well() -> Finding:
    """A check that finds nothing wrong."""
    return Finding(True, "12 GB free")


async def ill() -> Finding:
    """A check that finds something wrong."""
    return Finding(False, "older schema")


async def poor() -> Finding:
    """A check that finds something to be had without."""
    return Finding(False, "Redis is away", is_vital=False)


async def away() -> Finding:
    """A check that fails in our own way."""
    raise Unavailable()


class HealthTests(TestCase):
    """The two addresses."""

    draining = False
    delay = 0.0

    async def ask(
        self, path: str, checks: Mapping[str, Check], *, trusted: bool = True, behind: str | None = None
    ) -> Answer:
        """Ask once, with these checks."""
        health = Health(reactor, checks, lambda: self.delay, lambda: self.draining)
        settings = SiteSettings(access_log=False, trust=Trust() if trusted else Trust(networks=()))
        served = await serve(self, [Mount("/health", health.app.resource())], settings)
        told = {} if behind is None else {"X-Forwarded-For": behind}
        return await served.ask("GET", path, {"Host": "anything"} | told)

    async def test_live(self) -> None:
        """Alive while the reactor turns."""
        self.assertEqual(200, (await self.ask("/health/live", {})).status)
        self.delay = 2.0
        self.assertEqual(503, (await self.ask("/health/live", {})).status)

    async def test_strangers_behind_our_proxy_are_told_a_word(self) -> None:
        """Details are for our own machines, not for everybody whom a proxy on this machine lets in."""
        said = await self.ask("/health/ready", {"disk": well}, behind="203.0.113.7")
        self.assertEqual((200, b"ready\n"), (said.status, said.body))
        self.assertTrue((await self.ask("/health/ready", {"disk": well}, behind="127.0.0.1")).json["ready"])

    async def test_ready(self) -> None:
        """Ready when everything vital is well."""
        said = await self.ask("/health/ready", {"disk": well, "redis": poor})
        self.assertEqual(200, said.status)
        self.assertEqual(
            {
                "ready": True,
                "checks": {
                    "serving": {"ok": True, "vital": True, "detail": ""},
                    "disk": {"ok": True, "vital": True, "detail": "12 GB free"},
                    "redis": {"ok": False, "vital": False, "detail": "Redis is away"},
                },
            },
            said.json,
        )

    async def test_not_ready(self) -> None:
        """Not when something vital is ill, away, broken or silent, nor when we are stopping."""
        for check in (ill, away):
            said = await self.ask("/health/ready", {"database": check})
            self.assertEqual((503, False), (said.status, said.json["checks"]["database"]["ok"]))
        self.draining = True
        self.assertEqual(503, (await self.ask("/health/ready", {"disk": well})).status)

    async def test_strangers_hear_a_word(self) -> None:
        """And no details."""
        for check, status, word in ((well, 200, b"ready\n"), (ill, 503, b"not ready\n")):
            said = await self.ask("/health/ready", {"database": check}, trusted=False)
            self.assertEqual((status, word), (said.status, said.body))

    async def test_a_silent_check(self) -> None:
        """It is given two seconds."""
        clock = Clock()
        silent: Deferred[Finding] = Deferred()

        async def wait() -> Finding:
            return await silent

        health = Health(clock, {"database": wait}, lambda: 0.0, lambda: False)
        served = await serve(self, [Mount("/health", health.app.resource())])
        talk = await served.talk()
        talk.ask("GET", "/health/ready", {"Connection": "close"})
        while not clock.getDelayedCalls():
            await _turn()
        clock.advance(2)
        said = await talk.answer()
        self.assertEqual((503, "no answer in time"), (said.status, said.json["checks"]["database"]["detail"]))

    async def test_a_broken_check(self) -> None:
        """A bug is logged, and is no health."""

        async def broken() -> Finding:
            raise ZeroDivisionError

        said = await self.ask("/health/ready", {"database": broken})
        self.assertEqual(503, said.status)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))


async def _turn() -> None:
    """Let the reactor turn once."""
    turned: Deferred[None] = Deferred()
    reactor.callLater(0, turned.callback, None)
    await turned
