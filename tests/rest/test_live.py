"""The WebSocket at ``/api/v1/activity``: who may listen, what they are told, and how it ends.  docs/api.md §5."""

from __future__ import annotations

from typing import Any

import orjson
from attrs import evolve
from twisted.internet import reactor as the_reactor
from twisted.internet.task import deferLater

from fwtwisted.core.files.upload_jobs import STATUS_BELL
from fwtwisted.core.pod.live import EVERYBODY, GOING_AWAY, NOT_ALLOWED, Audience, LiveSettings
from fwtwisted.web.live import TOO_MUCH
from tests.rest.pod import PASSWORD, URL, Client, PodCase
from tests.web.sockets import Page, Refused

reactor: Any = the_reactor
KEPT = 0.3  # seconds in which nothing may happen


async def moment(seconds: float = KEPT) -> None:
    """Let some time pass."""
    await deferLater(reactor, seconds)


class LiveCase(PodCase):
    """A pod, and pages that listen."""

    settings = LiveSettings()

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.parts.live._settings = self.settings
        self.pages: list[Page] = []
        self.addCleanup(self._leave)

    async def _leave(self) -> None:
        for page in self.pages:
            page.hang_up()
            await page.closed

    async def page(self, who: Client, **how: Any) -> Page:
        """Somebody's page."""
        page = await Page.open(self.served.port, who.cookies, {"Origin": URL} | how.pop("headers", {}), **how)
        self.pages.append(page)
        return page

    async def refused(self, who: Client, headers: dict[str, str] | None = None) -> int:
        """The status that a page is refused with."""
        with self.assertRaises(Refused) as caught:
            await self.page(who, headers=headers or {})
        return caught.exception.status

    async def hears_nothing(self, page: Page) -> None:
        """Nothing comes but what is told now."""
        self.parts.live.tell(EVERYBODY, {"type": "end"})
        self.assertEqual("end", (await page.heard())["type"])
        await moment()
        self.assertEqual([], page.messages)


class AdmittanceTests(LiveCase):
    """Who may listen."""

    async def test_a_session_opens_it(self) -> None:
        """With and without the slash; and plain HTTP at the same path still answers with the list."""
        alice = await self.person()
        await self.page(alice)
        await self.page(alice, place="/api/v1/activity/")
        self.assertEqual(2, self.parts.live.listeners)
        self.assertEqual({"results": []}, (await alice.get("activity/")).json)

    async def test_nobody_else_does(self) -> None:
        """No cookie, a wrong one, a token: 403, on an open pod as well."""
        alice = await self.person()
        await self.open_up()
        self.assertEqual(403, await self.refused(self.visitor()))
        stranger = self.visitor()
        stranger.cookies["sessionid"] = "unknown"
        self.assertEqual(403, await self.refused(stranger))
        program = await self.program(alice, "read write")
        self.assertEqual(403, await self.refused(program, program.headers))
        self.assertEqual(0, self.parts.live.listeners)

    async def test_pages_of_other_sites_may_not(self) -> None:
        """Whatever cookies their visitors' browsers send along."""
        alice = await self.person()
        for origin in ("https://evil.example", "http://pod.example", "null", "https://pod.example.evil.example"):
            self.assertEqual(403, await self.refused(alice, {"Origin": origin}), origin)

    async def test_programs_say_no_origin(self) -> None:
        """Only browsers do."""
        alice = await self.person()
        self.pages.append(await Page.open(self.served.port, alice.cookies))

    async def test_what_is_no_handshake(self) -> None:
        """It is refused, and costs nothing."""
        alice = await self.person()
        said = await alice.get("activity", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
        self.assertEqual(400, said.status)
        self.assertEqual(0, self.parts.live.listeners)


class LimitTests(LiveCase):
    """Not too many."""

    settings = LiveSettings(per_account=2, per_process=3)

    async def test_pages_of_one_account(self) -> None:
        """One too many is refused; one that closes makes room."""
        alice, bob, carol = await self.person(), await self.person("bob"), await self.person("carol")
        first = await self.page(alice)
        await self.page(alice)
        self.assertEqual(429, await self.refused(alice))
        await self.page(bob)
        self.assertEqual(503, await self.refused(carol))
        first.hang_up()
        while self.parts.live.listeners > 2:
            await moment(0.01)
        await self.page(carol)


class ToldTests(LiveCase):
    """What pages are told."""

    async def test_audiences(self) -> None:
        """Everybody, one account, those with a permission: each hears what is for them."""
        alice, bob = await self.person(), await self.person("bob", permissions=["moderation"])
        at_alice, at_bob, again = await self.page(alice), await self.page(bob), await self.page(alice)
        live = self.parts.live
        live.tell(EVERYBODY, {"n": 1})
        live.tell(Audience(alice.viewer.actor_id), {"n": 2})
        live.tell(Audience.permitted("moderation"), {"n": 3})
        live.tell(EVERYBODY, {"n": 4})
        for page, expected in ((at_alice, [1, 2, 4]), (again, [1, 2, 4]), (at_bob, [1, 3, 4])):
            self.assertEqual(expected, sorted([(await page.heard())["n"] for _ in expected]))

    async def test_large_messages(self) -> None:
        """What does not fit into a ring is laid down, told all the same, and goes after a while."""
        page = await self.page(await self.person())
        text = "ä" * 100_000
        self.parts.live.tell(EVERYBODY, {"text": text})
        self.assertEqual(text, (await page.heard())["text"])
        self.parts.live._settings = evolve(self.settings, kept_seconds=0)
        self.parts.live.tell(EVERYBODY, {"text": text})
        await page.heard()
        self.assertEqual(1, await self.value("SELECT count(*) FROM live_message"))

    async def test_listening_and_liking(self) -> None:
        """Everybody hears of it, as in the list; a favourite that is one already is no news."""
        alice, bob = await self.person(), await self.person("bob")
        [track] = await self.an_album_of(await self.library_of(alice), "Nova", "Tides", 1)
        page = await self.page(bob)
        self.assertEqual(201, (await alice.post("favorites/tracks/", {"track": track})).status)
        liked = await page.heard()
        self.assertEqual(201, (await alice.post("favorites/tracks/", {"track": track})).status)
        self.assertEqual(201, (await alice.post("history/listenings/", {"track": track})).status)
        heard = await page.heard()
        self.assertEqual(("Like", "Listen"), (liked["type"], heard["type"]))
        self.assertEqual(f"{URL}/@alice/favorites/tracks/{liked['local_id']}", liked["id"])
        self.assertEqual(("alice", "Tides 1"), (heard["actor"]["local_id"], heard["object"]["name"]))
        self.assertEqual([heard, liked], (await bob.get("activity/")).json["results"])

    async def test_privacy(self) -> None:
        """Of those who keep it to themselves nothing is told, not even to themselves."""
        alice = await self.person(privacy_level="me")
        [track] = await self.an_album_of(await self.library_of(alice), "Nova", "Tides", 1)
        page = await self.page(alice)
        await alice.post("history/listenings/", {"track": track})
        await self.do("UPDATE account SET privacy_level = 'followers'")
        await alice.post("history/listenings/", {"track": track})
        await self.hears_nothing(page)

    async def test_imports(self) -> None:
        """The owner, and nobody else, hears how an import ended, with the upload as its document."""
        alice, bob = await self.person(), await self.person("bob")
        library = await self.library_of(alice)
        upload = await self.an_upload(library, None, "errored")
        at_alice, at_bob = await self.page(alice), await self.page(bob)
        told = {
            "owner": alice.viewer.actor_id,
            "upload": str(upload),
            "old_status": "pending",
            "new_status": "errored",
        }
        self.ground.bell.ring(STATUS_BELL, orjson.dumps(told))
        heard = await at_alice.heard()
        self.assertEqual(
            ("import.status_updated", "pending", "errored"), (heard["type"], heard["old_status"], heard["new_status"])
        )
        self.assertEqual((await alice.get(f"uploads/{upload}/")).json, heard["upload"])
        await self.hears_nothing(at_bob)

    async def test_what_is_gone_is_not_told(self) -> None:
        """And what follows it is."""
        alice = await self.person()
        page = await self.page(alice)
        self.ground.bell.ring(
            STATUS_BELL,
            b'{"owner": %d, "upload": "00000000-0000-0000-0000-000000000000", "old_status": "", "new_status": ""}'
            % (alice.viewer.actor_id or 0),
        )
        self.parts.live.happened(EVERYBODY, "deed", {"kind": "favorite", "id": 99})
        self.parts.live.happened(EVERYBODY, "what a newer release tells", {})
        await self.hears_nothing(page)


class EndTests(LiveCase):
    """How it ends."""

    settings = LiveSettings(beat_seconds=0.2)

    async def test_logging_out(self) -> None:
        """Closes the pages of that session, at once, and of no other."""
        self.parts.live._settings = LiveSettings()
        alice, elsewhere = await self.person(), self.visitor()
        assert alice.viewer.account_id is not None
        elsewhere.cookies["sessionid"] = (await self.parts.signin.open_session(alice.viewer.account_id)).key
        here, there = await self.page(alice), await self.page(elsewhere)
        self.assertEqual(200, (await alice.post("users/logout")).status)
        self.assertEqual(NOT_ALLOWED, await here.gone())
        self.assertFalse(there.closed.called)

    async def test_leaving_for_good(self) -> None:
        """Closes all pages of the account, at once."""
        self.parts.live._settings = LiveSettings()
        account = await self.account("carol")
        pages = []
        for _ in range(2):
            carol = self.visitor()
            carol.cookies["sessionid"] = (await self.parts.signin.open_session(account.id)).key
            pages.append(await self.page(carol))
        self.assertEqual(204, (await carol.delete("users/me/", {"password": PASSWORD, "confirm": True})).status)
        self.assertEqual([NOT_ALLOWED] * 2, [await page.gone() for page in pages])

    async def test_accounts_that_are_switched_off(self) -> None:
        """Noticed with the next beat; so are sessions that run out."""
        alice, bob = await self.person(), await self.person("bob")
        at_alice, at_bob = await self.page(alice), await self.page(bob)
        await self.do("UPDATE account SET is_active = false WHERE id = %s", alice.viewer.account_id)
        await self.do("UPDATE session SET expires = now() WHERE account_id = %s", bob.viewer.account_id)
        self.assertEqual([NOT_ALLOWED] * 2, [await at_alice.gone(), await at_bob.gone()])
        self.assertEqual(0, self.parts.live.listeners)

    async def test_accounts_that_administrators_switch_off(self) -> None:
        """Closes all their pages, at once: over HTTP, and by the command."""
        self.parts.live._settings = LiveSettings()
        root = await self.person("root", is_superuser=True)
        alice, bob = await self.person(), await self.person("bob")
        at_alice, at_bob = await self.page(alice), await self.page(bob)
        place = f"manage/users/users/{alice.viewer.account_id}/"
        self.assertEqual(200, (await root.send("PATCH", place, {"is_active": False})).status)
        await self.parts.accounts.change("bob", is_active=False)
        self.assertEqual([NOT_ALLOWED] * 2, [await at_alice.gone(), await at_bob.gone()])

    async def test_new_passwords(self) -> None:
        """Close the account's other pages, at once; the page of who changed it stays."""
        self.parts.live._settings = LiveSettings()
        account = await self.account("carol")
        here, there = self.visitor(), self.visitor()
        for client in (here, there):
            client.cookies["sessionid"] = (await self.parts.signin.open_session(account.id)).key
        stays, goes = await self.page(here), await self.page(there)
        new = {"old_password": PASSWORD, "new_password1": "quiet harbour 7", "new_password2": "quiet harbour 7"}
        self.assertEqual(200, (await here.post("auth/password/change/", new)).status)
        self.assertEqual(NOT_ALLOWED, await goes.gone())
        await self.hears_nothing(stays)
        await self.parts.accounts.set_password("carol", "quiet harbour 8")
        self.assertEqual(NOT_ALLOWED, await stays.gone())

    async def test_permissions_that_are_taken(self) -> None:
        """Not one message more, though no beat has passed."""
        self.parts.live._settings = LiveSettings()
        bob = await self.person("bob", permissions=["moderation"])
        page = await self.page(bob)
        await self.do("UPDATE account SET permissions = '{}'")
        self.parts.live.tell(Audience.permitted("moderation"), {"type": "secret"})
        await self.hears_nothing(page)

    async def test_pings(self) -> None:
        """Who answers stays; who does not is cut off."""
        alice = await self.person()
        alive, mute = await self.page(alice), await self.page(alice, answers_pings=False)
        self.assertIsNone(await mute.gone())
        while alive.pings < 4:
            await moment(0.05)
        self.assertFalse(alive.closed.called)

    async def test_who_does_not_read(self) -> None:
        """Costs a bounded amount, and is cut off; others are told on."""
        self.parts.live._settings = LiveSettings()
        alice = await self.person()
        slow, quick = await self.page(alice), await self.page(alice)
        slow.stop_reading()
        told = 0
        while self.parts.live.listeners == 2:
            self.parts.live.tell(EVERYBODY, {"text": "x" * 100_000})
            told += 1
            await quick.heard()
            self.assertLess(told, 400)
        await self.hears_nothing(quick)

    async def test_who_talks(self) -> None:
        """A little is ignored, a lot ends the connection."""
        self.parts.live._settings = LiveSettings()
        page = await self.page(await self.person())
        page.say("hello")
        await moment(0.1)
        self.assertFalse(page.closed.called)
        page.say("x" * 10_000)
        self.assertEqual(TOO_MUCH, await page.gone())

    async def test_nonsense(self) -> None:
        """What is no frame ends the connection, without a trace in the log."""
        page = await self.page(await self.person())
        assert page.transport is not None
        page.transport.write(b"GET / HTTP/1.1\r\n\r\n")
        await page.gone()
        self.assertEqual(0, self.parts.live.listeners)

    async def test_stopping(self) -> None:
        """Pages are told that we go, and nobody new is let in."""
        alice = await self.person()
        page = await self.page(alice)
        self.parts.live.say_goodbye()
        self.assertEqual(GOING_AWAY, await page.gone())
        self.assertEqual(503, await self.refused(alice))

    async def test_leaving(self) -> None:
        """When the last page has gone, nothing beats any more."""
        page = await self.page(await self.person())
        page.hang_up()
        await page.closed
        while self.parts.live.listeners:
            await moment(0.01)
        self.assertFalse(self.parts.live._beat.running)
