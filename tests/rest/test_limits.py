"""Rate limits over HTTP: docs/api.md §1.7 and ``rate-limit`` of §4.5."""

from __future__ import annotations

from typing import Any

from tests.rest.pod import Client, PodCase
from tests.web.serving import Answer

RATES = (
    "anonymous-list=3/h,authenticated-list=4/h,anonymous-wildcard=2/h,password-reset=1/h,login=2/h,"
    "authenticated-retrieve=2/m,authenticated-create=1/d,anonymous-oauth-app=2/h,authenticated-oauth-app=2/h,"
    "password-change=2/h"
)


class LimitTests(PodCase):
    """A pod with small limits."""

    environment = {"THROTTLING_RATES": RATES, "TRUSTED_PROXIES": "127.0.0.0/8"}

    def at(self, address: str, client: Client | None = None) -> Client:
        """A caller at an address, as a proxy tells it."""
        client = client or self.visitor()
        client.headers["X-Forwarded-For"] = address
        return client

    def told(self, said: Answer) -> dict[str, Any]:
        """What the headers tell."""
        found = {
            name.decode().lower().removeprefix("x-ratelimit-"): values[0].decode()
            for name, values in said.headers.getAllRawHeaders()
            if name.lower().startswith((b"x-ratelimit-", b"retry-after"))
        }
        return {name: int(value) if value.isdigit() else value for name, value in found.items()}

    async def test_headers_and_refusal(self) -> None:
        """Each answer tells what remains; one too many is a 429 that tells when to come again."""
        await self.open_up()
        visitor = self.at("192.0.2.7")
        for remaining in (2, 1, 0):
            said = await visitor.get("tracks/")
            told = self.told(said)
            self.assertEqual(200, said.status)
            self.assertEqual(
                ("anonymous-list", 3, remaining, 3600),
                tuple(told[x] for x in ("scope", "limit", "remaining", "duration")),
            )
            self.assertTrue(abs(1200 * (3 - remaining) - told["resetseconds"]) <= 5)
        said = await visitor.get("albums")
        told = self.told(said)
        self.assertEqual(429, said.status)
        self.assertEqual(
            {"detail": f"Request was throttled. Expected available in {told['retry-after']} seconds."}, said.json
        )
        self.assertTrue(1100 <= told["retry-after"] <= 1200, told)
        self.assertTrue(told["reset"] > 1_700_000_000)
        self.assertEqual(0, told["remaining"])
        self.assertEqual(200, (await self.at("192.0.2.8").get("tracks")).status)

    async def test_who_is_who(self) -> None:
        """An account is one wherever it asks from, and by whatever credentials; an IPv6 /64 is one visitor."""
        await self.open_up()
        alice = await self.person()
        program = await self.program(alice, "read")
        statuses = [
            (await self.at(f"192.0.2.{number}", client).get("artists")).status
            for number, client in enumerate((alice, program, alice, program, alice))
        ]
        self.assertEqual([200, 200, 200, 200, 429], statuses)
        self.assertEqual(200, (await (await self.person("bob")).get("artists")).status)
        neighbours = [(await self.at(f"2001:db8::{number}").get("artists")).status for number in range(1, 5)]
        self.assertEqual([200, 200, 200, 429], neighbours)
        self.assertEqual(200, (await self.at("2001:db8:0:1::1").get("artists")).status)

    async def test_bad_credentials_are_an_address(self) -> None:
        """A token that nobody knows is no way around; refused questions are counted, too."""
        await self.open_up()
        statuses = []
        for number in range(5):
            client = self.at("192.0.2.9", self.bearing(f"invented{number}"))
            statuses.append((await client.get("users/me")).status)
        self.assertEqual([401, 401, 429, 429, 429], statuses)

    async def test_uploads_are_counted_before_their_body(self) -> None:
        """Once, though their sender is looked up before the rest of the request has come."""
        alice = await self.person()
        statuses = [(await alice.parts("uploads/", ("audio_file", "a.mp3", b"x"))).status for _ in range(2)]
        self.assertEqual([400, 429], statuses)

    async def test_limits_of_their_own(self) -> None:
        """Login refuses without words, and by name."""
        visitor = self.at("192.0.2.10")
        for _ in range(2):
            self.assertEqual(400, (await visitor.form("users/login", username="alice", password="x")).status)
        said = await visitor.form("users/login", username="alice", password="x")
        self.assertEqual((429, b""), (said.status, said.body))
        self.assertEqual("login", self.told(said)["scope"])
        self.assertIn("retry-after", self.told(said))

    async def test_everything_is_counted_once(self) -> None:
        """At the door and nowhere else: as many applications and changes of a password as the rates say."""
        alice, visitor = await self.person(), self.at("192.0.2.11")
        for client in (alice, visitor):
            said = [(await client.post("oauth/apps/", {"name": "x", "redirect_uris": ""})).status for _ in range(3)]
            self.assertEqual([201, 201, 429], said)
        wrong = {"old_password": "x", "new_password1": "correct horse 42", "new_password2": "correct horse 42"}
        said = [(await alice.post("auth/password/change/", wrong)).status for _ in range(3)]
        self.assertEqual([400, 400, 429], said)

    async def test_what_is_not_counted(self) -> None:
        """Health, the page, pictures, the question after the limits, preflights."""
        alice = await self.person()
        for path in ("/health/live", "/", "/media/attachments/x.png", "/api/v1/rate-limit"):
            self.assertEqual({}, self.told(await alice.get(path)), path)
        asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
        self.assertEqual({}, self.told(await alice.ask("OPTIONS", "tracks/", headers=asked)))
        self.assertEqual({}, self.told(await alice.ask("OPTIONS", "tracks/")))
        said = await alice.get("tracks", headers={"Upgrade": "websocket"})
        self.assertEqual("authenticated-list", self.told(said)["scope"])

    async def test_other_sites_may_read_a_refusal(self) -> None:
        """With the headers that tell when to come again."""
        await self.open_up()
        visitor = self.at("192.0.2.11")
        visitor.headers["Origin"] = "https://other.example"
        said = [await visitor.get("tracks") for _ in range(4)][-1]
        self.assertEqual((429, "https://other.example"), (said.status, said.header("Access-Control-Allow-Origin")))
        exposed = (said.header("Access-Control-Expose-Headers") or "").split(", ")
        for name in ("Retry-After", "X-RateLimit-Reset", "X-RateLimit-Scope", "X-RateLimit-ResetSeconds"):
            self.assertIn(name, exposed)
            self.assertIsNotNone(said.header(name))

    async def test_where_one_stands(self) -> None:
        """Every limit with what is left of it, in the order of the names."""
        await self.open_up()
        visitor, alice = self.at("192.0.2.12"), await self.person()
        await visitor.get("tracks")
        for _ in range(5):
            await alice.get("tracks")
        told = (await visitor.get("rate-limit")).json
        self.assertEqual({"type": "anonymous", "id": "192.0.2.12"}, told["ident"])
        self.assertTrue(told["enabled"])
        names = [scope["id"] for scope in told["scopes"]]
        self.assertEqual(sorted(names), names)
        scopes = {scope["id"]: scope for scope in told["scopes"]}
        self.assertEqual(
            ("3/h", 3, 3600, 2, None, None),
            tuple(
                scopes["anonymous-list"][key]
                for key in ("rate", "limit", "duration", "remaining", "available", "available_seconds")
            ),
        )
        self.assertEqual((None, None), (scopes["signup"]["reset"], scopes["signup"]["reset_seconds"]))
        told = (await alice.get("rate-limit/")).json
        self.assertEqual({"type": "authenticated", "id": str(alice.viewer.account_id)}, told["ident"])
        [full] = [scope for scope in told["scopes"] if scope["id"] == "authenticated-list"]
        self.assertEqual(0, full["remaining"])
        self.assertTrue(abs(844 - full["available_seconds"]) <= 5)
        self.assertTrue(abs(3600 - full["reset_seconds"]) <= 5)


class UnlimitedTests(PodCase):
    """A pod that counts nothing."""

    environment = {"THROTTLING_ENABLED": "false", "THROTTLING_RATES": "authenticated-list=0/h"}

    async def test_nothing_is_counted(self) -> None:
        """Not even where nothing would be allowed."""
        alice = await self.person()
        said = await alice.get("tracks")
        self.assertEqual((200, None), (said.status, said.header("X-RateLimit-Limit")))
        self.assertFalse((await alice.get("rate-limit")).json["enabled"])
