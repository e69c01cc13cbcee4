"""Who is told, when things go wrong on the way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from attrs import evolve
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

from fwtwisted.core.pod.live import EVERYBODY, GOING_AWAY, NOT_ALLOWED, Audience, Facts, Live, LiveSettings
from fwtwisted.db.bell import NotifyBell
from fwtwisted.db.pool import DatabaseSettings
from fwtwisted.model.errors import Throttled, Unavailable
from fwtwisted.model.people import Viewer
from fwtwisted.wire.v1 import Document
from tests.database import DatabaseCase

reactor: Any = the_reactor
MODERATORS = Audience.permitted("moderation")


class Page:
    """A page that remembers."""

    def __init__(self, live: Live, viewer: Viewer) -> None:
        self.live, self.viewer = live, viewer
        self.session = viewer.username.encode()
        self.heard: list[Any] = []
        self.prodded = 0
        self.codes: list[int] = []

    def hear(self, message: bytes) -> None:
        """A message."""
        self.heard.append(orjson.loads(message))

    def prod(self) -> None:
        """A beat."""
        self.prodded += 1

    def end(self, code: int) -> None:
        """The end."""
        self.codes.append(code)
        self.live.leave(self)


class LiveTests(DatabaseCase):
    """One process, a real bell, and time of the test's own."""

    settings = LiveSettings(per_account=2, per_process=3, most_waiting=3)

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.bell = NotifyBell(reactor, DatabaseSettings(self.dsn), self.database)
        self.bell.startService()
        self.addCleanup(self.bell.stopService)
        await self.bell.listening()
        self.clock = Clock()
        self.sessions: dict[bytes, Viewer] = {}
        self.is_away = False
        self.live = Live(self.database, self.bell, self.clock, self.standing, self.settings)
        self.live.startService()
        self.addCleanup(self.live.stopService)

    async def standing(self, digests: Collection[bytes]) -> Mapping[bytes, Viewer]:
        """Who there is."""
        if self.is_away:
            raise Unavailable()
        return {digest: self.sessions[digest] for digest in digests if digest in self.sessions}

    def page(self, name: str, *permissions: str, account: int = 1) -> Page:
        """Somebody's page."""
        viewer = Viewer(account, account, name, True, permissions=frozenset(permissions))
        page = Page(self.live, viewer)
        self.sessions[page.session] = viewer
        self.live.admit(viewer)
        self.live.join(page)
        return page

    async def until(self, page: Page, count: int) -> list[Any]:
        """What a page has heard, once that is so much."""
        while len(page.heard) < count:
            await deferLater(reactor, 0.005)
        return page.heard

    async def test_a_writer_that_breaks(self) -> None:
        """Costs its own message, and is told as a bug."""

        async def broken(_: Facts) -> Document:
            raise ZeroDivisionError

        page = self.page("ada")
        self.live.writes("trouble", broken)
        self.live.happened(EVERYBODY, "trouble", {})
        while not self.flushLoggedErrors(ZeroDivisionError):
            await deferLater(reactor, 0.005)
        self.live.tell(EVERYBODY, {"n": 1})
        self.assertEqual([{"n": 1}], await self.until(page, 1))

    async def test_a_flood(self) -> None:
        """While one message is slow to write, a stated number waits; of more, the oldest are lost."""
        slow: Deferred[None] = Deferred()
        seen: list[int] = []

        async def writer(facts: Facts) -> Document:
            seen.append(facts["n"])
            if facts["n"] == 0:
                await slow
            return {"n": facts["n"]}

        page = self.page("ada")
        self.live.writes("flood", writer)
        for n in range(8):
            self.live.happened(EVERYBODY, "flood", {"n": n})
            while n and (not self.live._rings or self.live._rings[-1].facts != {"n": n}):
                await deferLater(reactor, 0.005)
            while not seen:
                await deferLater(reactor, 0.005)
        slow.callback(None)
        self.assertEqual([0, 5, 6, 7], [message["n"] for message in await self.until(page, 4)])

    async def test_nothing_is_written_where_nobody_listens(self) -> None:
        """To somebody else's page, or to none."""
        written: list[Facts] = []

        async def writer(facts: Facts) -> Document:
            written.append(facts)
            return {}

        self.live.writes("rare", writer)
        page = self.page("ada")
        self.live.happened(Audience(99), "rare", {})
        self.live.happened(MODERATORS, "rare", {})
        self.live.tell(EVERYBODY, {"n": 1})
        await self.until(page, 1)
        await deferLater(reactor, 0.1)
        self.assertEqual([], written)

    async def test_while_the_database_is_away(self) -> None:
        """Nobody is sent off, and nobody is told what needs a permission that cannot be looked at."""
        page = self.page("mona", "moderation")
        self.is_away = True
        self.live.tell(MODERATORS, {"secret": True})
        self.clock.advance(20)
        self.live.tell(EVERYBODY, {"n": 1})
        await self.until(page, 1)
        await deferLater(reactor, 0.1)
        self.assertEqual(([{"n": 1}], []), (page.heard, page.codes))
        self.is_away = False
        self.live.tell(MODERATORS, {"n": 2})
        self.assertEqual({"n": 2}, (await self.until(page, 2))[1])

    async def test_the_beat(self) -> None:
        """Prods everybody and looks at their sessions: gone ones end, changed ones count."""
        ada, bob = self.page("ada"), self.page("bob", account=2)
        del self.sessions[b"ada"]
        self.sessions[b"bob"] = evolve(bob.viewer, permissions=frozenset(("library",)))
        self.clock.advance(20)
        self.assertEqual([1, 1], [ada.prodded, bob.prodded])
        self.assertEqual(([NOT_ALLOWED], []), (ada.codes, bob.codes))
        self.assertEqual(frozenset(("library",)), bob.viewer.permissions)
        self.live.leave(bob)
        self.clock.advance(100)
        self.assertEqual(1, bob.prodded)
        self.assertEqual([], self.clock.getDelayedCalls())

    async def test_room(self) -> None:
        """So many for one account, so many for all, none once we stop."""
        self.page("a"), self.page("b")
        with self.assertRaises(Throttled):
            self.page("c")
        last = self.page("d", account=2)
        with self.assertRaises(Unavailable):
            self.page("e", account=3)
        self.live.say_goodbye()
        self.assertEqual([GOING_AWAY], last.codes)
        self.assertEqual(0, self.live.listeners)
        with self.assertRaises(Unavailable):
            self.page("f", account=4)
