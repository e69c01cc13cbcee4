"""Coming in and keeping one's account, with a real mail server: docs/api.md §4.2, §4.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import LogLevel, capturedLogs, formatEvent

from fwtwisted.db.bell import NotifyBell
from fwtwisted.worker import Hands, WorkerSettings
from tests.post import Delivered, Habits, PostOffice
from tests.rest.pod import PASSWORD, URL, Client, PodCase
from tests.web.serving import Answer
from tests.web.sockets import Page

NEW_PASSWORD = "another horse 42"
OMAR = "omar@mail.example"
UNLIMITED = {"THROTTLING_ENABLED": "false"}


def wish(name: str = "omar", **more: Any) -> dict[str, Any]:
    """What the web app sends."""
    return {
        "username": name, "email": f"{name}@mail.example", "password1": PASSWORD, "password2": PASSWORD,
        "invitation": None, "request_fields": {}, **more,
    }  # fmt: skip


def query(letter: Delivered) -> dict[str, str]:
    """The parameters of a letter's link."""
    return {name: values[0] for name, values in parse_qs(urlsplit(letter.link).query).items()}


async def rest() -> None:
    """Let others work for a moment."""
    rested: Deferred[None] = Deferred()
    loop: Any = reactor
    loop.callLater(0.05, rested.callback, None)
    await rested


class PostCase(PodCase):
    """A pod with a mail server and hands that send its letters."""

    preferences: Mapping[str, Any] = {"users__registration_enabled": True}
    told: Mapping[str, str] = {}

    async def setUp(self) -> None:  # type: ignore[override]
        self.office = PostOffice(self, Habits())
        self.environment = {"EMAIL_CONFIG": self.office.url(), "DATABASE_CONNECTIONS": "4", **UNLIMITED, **self.told}
        await super().setUp()
        await self.parts.preferences.change(self.preferences)
        kinds = self.parts.arrivals.jobs()
        bell = self.ground.bell
        assert isinstance(bell, NotifyBell)
        self.hands = Hands(reactor, self.ground.database, kinds, bell.listen, WorkerSettings(look_seconds=0.1))
        self.hands.startService()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.hands.stopService()))

    async def letter(self, number: int = 1) -> Delivered:
        """The letter that arrives as the so-manieth."""
        return (await self.office.received(number))[number - 1]

    async def idle(self) -> None:
        """Wait until no job waits."""
        while await self.value("SELECT count(*) FROM job"):
            await rest()

    async def registered(self, client: Client | None = None, **more: Any) -> Answer:
        return await (client or self.visitor()).post("auth/registration/", wish(**more))

    def refused(self, field: str, said: Answer) -> None:
        """A 400 about one field."""
        self.assertEqual((400, [field]), (said.status, list(said.json)), said)

    async def logs_in(self, name: str = "omar", password: str = PASSWORD) -> int:
        return (await self.visitor().form("users/login", username=name, password=password)).status


class OpenTests(PostCase):
    """Pods where anybody may sign up."""

    async def test_signing_up(self) -> None:
        """204, signed in at once; a letter confirms the address, once."""
        client = self.visitor()
        said = await self.registered(client)
        self.assertEqual((204, b""), (said.status, said.body))
        self.assertIn("sessionid", client.cookies)
        me = await client.get("users/me/")
        self.assertEqual(("omar", OMAR), (me.json["username"], me.json["email"]))
        letter = await self.letter()
        self.assertEqual((OMAR, "noreply@pod.example"), (letter.to, letter.sender))
        self.assertTrue(letter.message["Subject"].startswith("[Funkwhale] "))
        self.assertTrue(letter.link.startswith("https://pod.example/auth/email/confirm?key="))
        self.assertFalse(await self.value("SELECT email_verified FROM account"))
        for status in (200, 404):
            said = await self.visitor().post("auth/registration/verify-email/", query(letter))
            self.assertEqual(status, said.status)
        self.assertTrue(await self.value("SELECT email_verified FROM account"))

    async def test_no_secret_lies_about(self) -> None:
        """Neither a link's secret nor a password is in the database."""
        await self.registered()
        key = query(await self.letter())["key"]
        tables = "account", "job", "dead_job", "session"
        for table in tables:
            self.assertEqual(0, await self.value(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", f"%{key}%"))
        self.assertEqual(32, await self.value("SELECT length(digest) FROM mailed_secret"))

    async def test_what_is_wrong(self) -> None:
        """By field; two passwords that differ; a name that another has in other letters."""
        await self.registered()
        self.refused("username", await self.registered(name="OMAR", email="x@mail.example"))
        self.refused("email", await self.registered(name="nadia", email="Omar@Mail.example"))
        self.refused("password1", await self.registered(name="nadia", password1="12345678", password2="12345678"))
        self.refused("password2", await self.registered(name="nadia", password2="other"))
        self.refused("invitation", await self.registered(name="nadia", invitation="NOSUCHCODE"))
        self.refused("request_fields", await self.registered(name="nadia", request_fields=["x"]))
        said = await self.registered(name="no one", email="x", password1="x", password2="x")
        self.assertEqual({"username", "email", "password1"}, set(said.json))
        said = await self.visitor().post("auth/registration/", {})
        self.assertEqual({"username", "email", "password1", "password2"}, set(said.json))
        self.assertEqual(1, await self.value("SELECT count(*) FROM account"))

    async def test_two_at_once(self) -> None:
        """Of two who want the same name one gets it, and the other is told."""
        asked = [self.registered(), self.registered(email="other@mail.example")]
        said = await gatherResults([Deferred.fromCoroutine(one) for one in asked])
        self.assertEqual([204, 400], sorted(one.status for one in said))
        self.assertEqual(1, await self.value("SELECT count(*) FROM account"))

    async def test_form_bodies(self) -> None:
        """A form will do as well as JSON."""
        said = await self.visitor().form(
            "auth/registration/", username="omar", email=OMAR, password1=PASSWORD, password2=PASSWORD
        )
        self.assertEqual(204, said.status, said)

    async def test_who_signs_up_twice_in_one_browser(self) -> None:
        """Is the second one then."""
        client = self.visitor()
        await self.registered(client)
        self.assertEqual(204, (await self.registered(client, name="nadia")).status)
        self.assertEqual("nadia", (await client.get("users/me/")).json["username"])


class MuteTests(PostCase):
    """Pods without a mail server."""

    told = {"EMAIL_CONFIG": ""}

    async def test_what_would_have_been_sent(self) -> None:
        """Is logged, to whom and about what; no link, where details are not asked for."""
        with capturedLogs() as events:
            await self.registered()
            await self.idle()
        lines = [formatEvent(event) for event in events if event["log_level"] >= LogLevel.info]
        self.assertEqual(1, len([line for line in lines if line and OMAR in line and "confirm" in line]), lines)
        self.assertNotIn("key=", str(lines))


class ClosedTests(PostCase):
    """Pods where nobody may, but who is invited."""

    preferences = {"users__registration_enabled": False}

    async def test_without_an_invitation(self) -> None:
        """403, whatever else is wrong."""
        self.assertEqual(403, (await self.registered()).status)
        self.assertEqual(403, (await self.registered(invitation="")).status)
        self.assertEqual(403, (await self.visitor().post("auth/registration/", {})).status)

    async def invite(self, **document: Any) -> str:
        chief = await self.person("chief", permissions=["settings"])
        made = await chief.post("manage/users/invitations/", document)
        self.assertEqual(201, made.status, made)
        return str(made.json["code"])

    async def test_with_one(self) -> None:
        """Once, whatever the case; a wish that fails leaves it open."""
        code = await self.invite()
        self.assertRegex(code, r"^[A-Z]{10}$")
        self.refused("username", await self.registered(name="chief", email="x@mail.example", invitation=code))
        self.assertEqual(204, (await self.registered(invitation=code.lower())).status)
        self.refused("invitation", await self.registered(name="nadia", invitation=code))

    async def test_used_twice_at_once(self) -> None:
        """One comes in."""
        code = await self.invite()
        asked = [self.registered(name=name, invitation=code) for name in ("omar", "nadia", "kim")]
        said = await gatherResults([Deferred.fromCoroutine(one) for one in asked])
        self.assertEqual([204, 400, 400], sorted(one.status for one in said))
        self.assertEqual(2, await self.value("SELECT count(*) FROM account"))

    async def test_too_old(self) -> None:
        """An invitation runs out; one that was used stays used when its guest has left."""
        code = await self.invite()
        await self.do("UPDATE invitation SET expiration_date = now()")
        self.refused("invitation", await self.registered(invitation=code))


class ConfirmTests(PostCase):
    """``ACCOUNT_EMAIL_VERIFICATION_ENFORCE``"""

    told = {"ACCOUNT_EMAIL_VERIFICATION_ENFORCE": "true"}

    async def test_nobody_comes_in_unconfirmed(self) -> None:
        """201 and no session; every door is closed until the link was opened."""
        client = self.visitor()
        said = await self.registered(client)
        self.assertEqual(201, said.status)
        self.assertNotIn("sessionid", client.cookies)
        self.assertEqual(400, await self.logs_in())
        said = await self.visitor().post("auth/registration/verify-email/", query(await self.letter()))
        self.assertEqual(200, said.status)
        self.assertEqual(200, await self.logs_in())

    async def test_the_letter_comes_again(self) -> None:
        """When somebody knows the password or asks, but not within 500 seconds."""
        await self.registered()
        await self.letter()
        self.assertEqual(400, await self.logs_in())
        self.assertEqual(200, (await self.visitor().post("auth/registration/resend-email/", {"email": OMAR})).status)
        await self.idle()
        self.assertEqual(1, len(self.office.letters))
        await self.do("UPDATE account SET confirmation_asked = now() - interval '501 seconds'")
        self.assertEqual(400, await self.logs_in(password="wrong"))
        self.assertEqual(400, await self.logs_in())
        await self.letter(2)
        await self.do("UPDATE account SET confirmation_asked = now() - interval '501 seconds'")
        await self.visitor().post("auth/registration/resend-email/", {"email": OMAR})
        await self.visitor().post("auth/registration/resend-email/", {"email": "nobody@mail.example"})
        await self.letter(3)
        await self.idle()
        self.assertEqual(3, len(self.office.letters))

    async def test_other_proofs(self) -> None:
        """Basic, sessions and tokens of an account whose address is not confirmed; superusers need not."""
        omar = await self.person("omar")
        await self.do("UPDATE account SET email_verified = true")
        self.assertEqual(200, (await omar.get("users/me/")).status)
        program = await self.program(omar, "read")
        await self.do("UPDATE account SET email_verified = false")
        for client in (omar, program):
            self.assertEqual(401, (await client.get("users/me/")).status)
        await self.do("UPDATE account SET is_superuser = true")
        self.assertEqual(200, (await omar.get("users/me/")).status)


class ApprovalTests(PostCase):
    """``moderation__signup_approval_enabled``"""

    preferences = {
        "users__registration_enabled": True,
        "moderation__signup_approval_enabled": True,
        "moderation__signup_form_customization": {
            "help_text": None,
            "fields": [
                {"label": "Why?", "required": True, "input_type": "long_text"},
                {"label": "Band", "required": False, "input_type": "short_text"},
            ],
        },
    }

    async def test_a_moderator_answers(self) -> None:
        """Closed until then; moderators are mailed, the applicant learns the answer."""
        moderator = await self.person("mo", permissions=["moderation"])
        await self.do("UPDATE account SET email = 'mo@mail.example'")
        client = self.visitor()
        answers = {"Why?": "I love\n\n.music\nBcc: x", "Nonsense": "x"}
        self.assertEqual(204, (await self.registered(client, request_fields=answers)).status)
        self.assertNotIn("sessionid", client.cookies)
        self.assertEqual(400, await self.logs_in())
        await self.office.received(2)
        (told,) = self.office.to("mo@mail.example")
        self.assertIn("omar", told.message["Subject"])
        self.assertIn("> Why?: I love .music Bcc: x", told.text)
        listed = await moderator.get("manage/moderation/requests/", status="pending", page_size=1)
        self.assertEqual(1, listed.json["count"])
        (request,) = listed.json["results"]
        self.assertEqual("omar", request["submitter"]["preferred_username"])
        self.assertEqual({"Why?": "I love\n\n.music\nBcc: x"}, request["metadata"])
        self.assertEqual(("signup", "pending", []), (request["type"], request["status"], request["notes"]))
        place = f"manage/moderation/requests/{request['uuid']}/"
        self.assertEqual(request, (await moderator.get(place)).json)
        about = {"type": "request", "uuid": request["uuid"]}
        made = (await moderator.post("manage/moderation/notes/", {"summary": "knows Bob", "target": about})).json
        [note] = (await moderator.get(place)).json["notes"]
        self.assertEqual(({**note, "target": about}, "knows Bob"), (made, note["summary"]))

        said = await moderator.send("PATCH", place, {"status": "refused"})
        self.assertEqual("refused", said.json["status"])
        self.assertIn("not to approve", (await self.letter(3)).text.replace("\n", " "))
        self.assertEqual(400, await self.logs_in())
        said = await moderator.send("PATCH", place, {"status": "approved"})
        self.assertEqual(("approved", "mo"), (said.json["status"], said.json["assigned_to"]["preferred_username"]))
        self.assertIsNotNone(said.json["handled_date"])
        self.assertEqual(OMAR, (await self.letter(4)).to)
        self.assertEqual(200, await self.logs_in())
        self.assertEqual(404, (await moderator.send("PATCH", place, {"status": "refused"})).status)
        self.assertEqual(404, (await moderator.send("PATCH", place, {"status": "approved"})).status)

    async def test_moderators_are_told_at_once(self) -> None:
        """On every open page of theirs."""
        moderator = await self.person("mo", permissions=["moderation"])
        page = await Page.open(self.served.port, moderator.cookies, {"Origin": URL})
        await self.registered(request_fields={"Why?": "x"})
        told = await page.heard()
        self.assertEqual(("user_request.created", 1), (told["type"], told["pending_count"]))
        self.assertEqual("omar", told["user_request"]["submitter"]["preferred_username"])
        page.hang_up()
        await page.closed

    async def test_what_must_be_answered(self) -> None:
        """By label."""
        said = await self.registered()
        self.assertEqual((400, ["Why?"]), (said.status, list(said.json["request_fields"])))
        said = await self.registered(request_fields={"Why?": "x", "Band": "y" * 256})
        self.assertEqual((400, ["Band"]), (said.status, list(said.json["request_fields"])))
        self.refused("request_fields", await self.registered(request_fields={"Why?": {"a": 1}}))

    async def test_who_may_look(self) -> None:
        """Moderators, nobody else; nonsense is the sender's error."""
        place = "manage/moderation/requests/"
        self.assertEqual(401, (await self.visitor().get(place)).status)
        self.assertEqual(403, (await (await self.person("omar")).get(place)).status)
        moderator = await self.person("mo", permissions=["moderation"])
        self.assertEqual(0, (await moderator.get(place)).json["count"])
        nonsenses: tuple[dict[str, Any], ...] = (
            {"status": "maybe"},
            {"type": "x"},
            {"q": "uuid:x"},
            {"q": "in:x y"},
            {"q": "a:b"},
        )
        for nonsense in nonsenses:
            self.assertEqual(0, (await moderator.get(place, **nonsense)).json["count"], nonsense)
        await self.registered(name="nadia", request_fields={"Why?": "x"})
        uuid = (await moderator.get(place)).json["results"][0]["uuid"]
        for asked in ("nad", "username:nadia", "status:pending", "submitter:nadia@pod.example", f"uuid:{uuid}"):
            self.assertEqual(1, (await moderator.get(place, q=asked)).json["count"], asked)
        self.assertEqual(0, (await moderator.get(place, q="status:refused")).json["count"])
        for document in ({}, {"status": "x"}, {"status": None}):
            self.assertEqual(400, (await moderator.send("PATCH", f"{place}{uuid}/", document)).status)
        gone = f"{place}00000000-0000-0000-0000-000000000000/"
        self.assertEqual(404, (await moderator.get(gone)).status)
        self.assertEqual(404, (await moderator.send("PATCH", gone, {"status": "approved"})).status)


class ReportedTests(PostCase):
    """Reports, as moderators are mailed them."""

    async def test_moderators_are_mailed(self) -> None:
        """What is reported, by whom, why, and where to see to it; on one line each, whatever people write."""
        await self.person("mo", permissions=["moderation"])
        await self.do("UPDATE account SET email = 'mo@mail.example'")
        bob = await self.person("bob")
        artist = await self.an_artist("Nova")
        wish = {
            "type": "other", "summary": "look\r\nBcc: x@evil.example\n\n.\nQUIT",
            "target": {"type": "artist", "id": artist},
        }  # fmt: skip
        made = (await bob.post("moderation/reports/", wish)).json
        letter = await self.letter()
        self.assertEqual("mo@mail.example", letter.to)
        self.assertIn(f"artist {artist}", letter.message["Subject"])
        self.assertIn("bob@pod.example", letter.text)
        self.assertIn("> look Bcc: x@evil.example . QUIT", letter.text)
        self.assertIn(f"/manage/moderation/reports/{made['uuid']}", letter.text)
        await self.idle()
        self.assertEqual(1, len(await self.office.received(1)))


class ResetTests(PostCase):
    """Forgotten passwords."""

    async def asked(self, email: str = OMAR) -> Answer:
        return await self.visitor().post("auth/password/reset/", {"email": email})

    async def chosen(self, password: str = NEW_PASSWORD, **link: str) -> Answer:
        document = {**link, "new_password1": password, "new_password2": password}
        return await self.visitor().post("auth/password/reset/confirm/", document)

    async def test_a_new_password(self) -> None:
        """By a link that works once, ends sessions, and proves the address."""
        await self.account("omar")
        client = self.visitor()
        await client.form("users/login", username="omar", password=PASSWORD)
        self.assertEqual(200, (await self.asked("OMAR@mail.example")).status)
        letter = await self.letter()
        self.assertEqual(OMAR, letter.to)
        self.assertTrue(letter.link.startswith("https://pod.example/auth/password/reset/confirm?uid="))
        link = query(letter)
        self.refused("new_password2", await self.chosen("12345678", **link))
        self.refused("uid", await self.chosen(uid="x", token=link["token"]))
        self.refused("token", await self.chosen(uid="99999", token=link["token"]))
        self.refused("token", await self.chosen(uid=link["uid"], token="x"))
        self.assertEqual(200, (await self.chosen(**link)).status)
        self.refused("token", await self.chosen(**link))
        self.assertEqual((400, 200), (await self.logs_in(), await self.logs_in(password=NEW_PASSWORD)))
        self.assertEqual(401, (await client.get("users/me/")).status)
        self.assertTrue(await self.value("SELECT email_verified FROM account"))

    async def test_nobody_learns_who_is_here(self) -> None:
        """The answer is the same, and no letter leaves for nobody, nor for a closed account."""
        await self.account("omar")
        await self.do("UPDATE account SET is_active = false")
        known, unknown = await self.asked(), await self.asked("nobody@mail.example")
        self.assertEqual((known.status, known.body), (unknown.status, unknown.body))
        none = await self.asked("no address")
        self.assertEqual((400, ["email"]), (none.status, list(none.json)))
        await self.idle()
        self.assertEqual([], self.office.letters)

    async def test_used_twice_at_once(self) -> None:
        """One password is written."""
        await self.account("omar")
        await self.asked()
        link = query(await self.letter())
        asked = [self.chosen(f"{NEW_PASSWORD}{number}", **link) for number in range(3)]
        said = await gatherResults([Deferred.fromCoroutine(one) for one in asked])
        self.assertEqual([200, 400, 400], sorted(one.status for one in said))

    async def test_a_changed_password_voids_links(self) -> None:
        """And the other links of the same kind, when one was used."""
        await self.account("omar")
        await self.asked()
        first = query(await self.letter())
        await self.idle()
        await self.asked()
        second = query(await self.letter(2))
        await self.parts.accounts.set_password("omar", "third horse 43")
        for link in (first, second):
            self.refused("token", await self.chosen(**link))

    async def test_a_mailbox_is_not_filled(self) -> None:
        """Five links at a time are enough."""
        await self.account("omar")
        for _ in range(8):
            self.assertEqual(200, (await self.asked()).status)
            await self.idle()
        self.assertEqual(5, len(self.office.letters))

    async def test_a_server_that_refuses(self) -> None:
        """For ever: the job is given up, visibly, and its link is void."""
        await self.account("omar")
        self.office.habits.refusals[OMAR] = (550, "No such person")
        await self.asked()
        await self.idle()
        self.assertEqual(0, await self.value("SELECT count(*) FROM mailed_secret"))
        self.assertIn("550", await self.value("SELECT error FROM dead_job"))

    async def test_a_server_that_is_away(self) -> None:
        """For now: the letter goes when it is back."""
        await self.account("omar")
        self.office.habits.refusals[OMAR] = (451, "Later")
        await self.asked()
        while not await self.value("SELECT coalesce(max(failures), 0) FROM job"):
            await rest()
        self.assertEqual(0, await self.value("SELECT count(*) FROM mailed_secret"))
        self.office.habits.refusals.clear()
        await self.do("UPDATE job SET due = now()")
        self.assertEqual(200, (await self.chosen(**query(await self.letter()))).status)


class AddressTests(PostCase):
    """``users/change-email/``"""

    async def asked(self, client: Client, email: str = "new@mail.example", password: str = PASSWORD) -> Answer:
        return await client.post("users/users/change-email/", {"email": email, "password": password})

    async def signed_in(self) -> Client:
        await self.account("omar")
        client = self.visitor()
        await client.form("users/login", username="omar", password=PASSWORD)
        return client

    async def test_the_change_waits_for_the_link(self) -> None:
        """Which goes to the new address."""
        client = await self.signed_in()
        self.assertEqual(204, (await self.asked(client)).status)
        letter = await self.letter()
        self.assertEqual("new@mail.example", letter.to)
        self.assertEqual(OMAR, (await client.get("users/me/")).json["email"])
        self.assertEqual(200, (await self.visitor().post("auth/registration/verify-email/", query(letter))).status)
        self.assertEqual("new@mail.example", (await client.get("users/me/")).json["email"])

    async def test_what_is_wrong(self) -> None:
        """Password, address, one that another has: now, or by the time the link is opened."""
        client = await self.signed_in()
        await self.account("nadia")
        self.refused("password", await self.asked(client, password="wrong"))
        self.refused("email", await self.asked(client, "nonsense"))
        self.refused("email", await self.asked(client, "NADIA@mail.example"))
        self.assertEqual(401, (await self.asked(self.visitor())).status)
        await self.asked(client)
        letter = await self.letter()
        await self.parts.accounts.change("nadia", email="new@mail.example")
        self.refused("key", await self.visitor().post("auth/registration/verify-email/", query(letter)))

    async def test_a_changed_password_voids_the_link(self) -> None:
        """So that whoever had the old one cannot take the account."""
        client = await self.signed_in()
        await self.asked(client)
        letter = await self.letter()
        await self.parts.accounts.set_password("omar", NEW_PASSWORD)
        self.assertEqual(404, (await self.visitor().post("auth/registration/verify-email/", query(letter))).status)

    async def test_programs_may_not(self) -> None:
        """A token never carries ``security``."""
        omar = await self.person("omar")
        self.assertEqual(403, (await self.asked(await self.program(omar, "read write"))).status)


class KeysTests(PodCase):
    """``users/<username>/subsonic-token/``, and ``auth/user/``"""

    async def test_the_life_of_a_subsonic_token(self) -> None:
        """Drawn, told again, sealed, renewed with the password, gone."""
        omar = await self.person("omar")
        place = "users/omar/subsonic-token/"
        self.assertEqual({"subsonic_api_token": None}, (await omar.get(place)).json)
        token = (await omar.post(place)).json["subsonic_api_token"]
        self.assertRegex(token, r"^[a-z2-7]{5}(-[a-z2-7]{5}){4}$")
        self.assertEqual(token, (await omar.get(f"users/{place}")).json["subsonic_api_token"])
        kept = bytes(await self.value("SELECT subsonic_password FROM account"))
        self.assertNotIn(token.encode(), kept)
        account_id = omar.viewer.account_id or 0
        self.assertEqual(token, self.parts.subsonic_seal.opened(account_id, kept))
        self.assertIsNone(self.parts.subsonic_seal.opened(account_id + 1, kept))
        await self.parts.accounts.set_password("omar", NEW_PASSWORD)
        omar.cookies["sessionid"] = (await self.parts.signin.open_session(account_id)).key
        renewed = (await omar.get(place)).json["subsonic_api_token"]
        self.assertNotIn(renewed, (None, token))
        self.assertEqual(204, (await omar.delete(place)).status)
        await self.parts.accounts.set_password("omar", PASSWORD)
        self.assertIsNone(await self.value("SELECT subsonic_password FROM account"))

    async def test_who_may(self) -> None:
        """The owner, while Subsonic is on."""
        omar, nadia = await self.person("omar"), await self.person("nadia")
        for method in ("GET", "POST", "DELETE"):
            self.assertEqual(403, (await nadia.send(method, "users/omar/subsonic-token/")).status)
            self.assertEqual(401, (await self.visitor().send(method, "users/omar/subsonic-token/")).status)
        await self.parts.preferences.change_one("subsonic__enabled", False)
        for method in ("GET", "POST", "DELETE"):
            self.assertEqual(405, (await omar.send(method, "users/omar/subsonic-token/")).status)

    async def test_the_facts_for_old_clients(self) -> None:
        """Can be sent back, and not be changed."""
        omar = await self.person("omar")
        facts = (await omar.get("auth/user/")).json
        self.assertEqual({"pk", "username", "email", "first_name", "last_name"}, set(facts))
        self.assertEqual(facts, (await omar.send("PUT", "auth/user/", facts)).json)
        self.assertEqual(400, (await omar.send("PATCH", "auth/user/", {"username": "other"})).status)
