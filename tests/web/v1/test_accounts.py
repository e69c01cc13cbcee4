"""Accounts over HTTP: docs/api.md §4.2–§4.4."""

from __future__ import annotations

import base64
import hashlib

from fwtwisted.core.people.profiles import REMOVE_ACCOUNT
from tests.core.people.case import PASSWORD
from tests.web.people import CSRF, ServedPeopleCase


class LogInTests(ServedPeopleCase):
    """``users/login`` and ``users/logout``."""

    async def test_a_session_begins(self) -> None:
        """An empty 200, a session cookie for https only and out of scripts' reach, and a fresh CSRF token."""
        await self.an_account()
        browser = await self.browser()
        self.assertEqual(401, (await browser.ask("GET", "users/me/")).status)
        said = await browser.log_in()
        self.assertEqual((200, b""), (said.status, said.body))
        told = said.cookies["sessionid"].lower()
        for part in ("max-age=5400000", "path=/", "samesite=lax", "secure", "httponly"):
            self.assertIn(part, told)
        self.assertNotEqual(CSRF, browser.cookies["csrftoken"])
        me = await browser.ask("GET", "users/me/")
        self.assertEqual((200, "alice@pod.example"), (me.status, me.json["full_username"]))

    async def test_every_form_of_the_request_will_do(self) -> None:
        """E-mail or name, JSON or form or multipart, both prefixes, with and without a slash."""
        await self.an_account()
        browser = await self.browser()
        self.assertEqual(200, (await browser.log_in("ALICE@mail.example")).status)
        for path in ("users/login", "users/login/", "users/users/login", "users/users/login/"):
            said = await browser.ask("POST", path, {"username": "Alice", "password": PASSWORD})
            self.assertEqual(200, said.status, path)
        body = b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, value)
            for name, value in ((b"username", b"alice"), (b"password", PASSWORD.encode()))
        )
        said = await browser.ask("POST", "users/login", raw=body + b"--x--\r\n", kind="multipart/form-data; boundary=x")
        self.assertEqual(200, said.status)

    async def test_wrong_credentials(self) -> None:
        """Name, password, closed account: the same 400."""
        await self.an_account()
        await self.an_account("gone")
        await self.accounts.change("gone", is_active=False)
        browser = await self.browser()
        for name, password in (("alice", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)):
            said = await browser.log_in(name, password)
            self.assertEqual(400, said.status)
            self.assertEqual({"non_field_errors": ["Unable to log in with provided credentials."]}, said.json)
            self.assertNotIn("sessionid", said.cookies)

    async def test_fields_that_are_missing(self) -> None:
        """Told by name."""
        browser = await self.browser()
        said = await browser.form("users/login", username="")
        self.assertEqual(400, said.status)
        self.assertEqual(
            {"username": ["This field may not be blank."], "password": ["This field is required."]}, said.json
        )

    async def test_without_the_csrf_token(self) -> None:
        """403, be the cookie missing, the header, or both unlike; also from another site's page."""
        await self.an_account()
        for cookies, headers in (
            ({}, {}),
            ({"csrftoken": CSRF}, {"X-CSRFToken": "d" * 32}),
            ({"csrftoken": CSRF}, {"Origin": "https://evil.example"}),
            ({"csrftoken": CSRF}, {"Referer": "https://evil.example/"}),
        ):
            browser = await self.browser()
            browser.cookies, browser.headers = dict(cookies), headers
            said = await browser.log_in()
            self.assertEqual(403, said.status, (cookies, headers))
            self.assertIn("CSRF Failed", said.json["detail"])

    async def test_other_methods_and_bodies(self) -> None:
        """GET is 405, broken JSON 400, another type 415."""
        browser = await self.browser()
        said = await browser.ask("GET", "users/login")
        self.assertEqual(405, said.status)
        self.assertIn("POST", said.header("Allow") or "")
        self.assertEqual(400, (await browser.ask("POST", "users/login", raw=b"{", kind="application/json")).status)
        self.assertEqual(415, (await browser.ask("POST", "users/login", raw=b"x", kind="text/plain")).status)
        self.assertEqual(400, (await browser.ask("POST", "users/login", ["x"])).status)
        self.assertEqual(400, (await browser.ask("POST", "users/login", {"username": {}, "password": 1})).status)

    async def test_too_many_attempts(self) -> None:
        """After thirty for one name the right password is refused, too; an hour later it opens again."""
        await self.an_account()
        browser = await self.browser()
        for _ in range(30):
            self.assertEqual(400, (await browser.log_in("alice", "wrong")).status)
        said = await browser.log_in()
        self.assertEqual((429, "113"), (said.status, said.header("Retry-After")))
        self.clock.advance(3600)
        self.assertEqual(200, (await browser.log_in()).status)

    async def test_logging_out(self) -> None:
        """The session is gone, not only the cookie."""
        browser = await self.signed_in()
        key = browser.cookies["sessionid"]
        said = await browser.ask("POST", "users/logout")
        self.assertEqual((200, b""), (said.status, said.body))
        self.assertIn("max-age=0", said.cookies["sessionid"].lower())
        browser.cookies["sessionid"] = key
        self.assertEqual(401, (await browser.ask("GET", "users/me/")).status)
        self.assertEqual(200, (await browser.ask("POST", "users/logout")).status)
        browser.cookies.pop("csrftoken")
        self.assertEqual(403, (await browser.ask("POST", "users/logout")).status)

    async def test_a_second_login_ends_the_session_before(self) -> None:
        """In the same browser."""
        browser = await self.signed_in()
        await browser.log_in()
        self.assertEqual(1, await self.value("SELECT count(*) FROM session"))

    async def test_a_session_runs_out(self) -> None:
        """After its time the cookie opens nothing."""
        browser = await self.signed_in()
        await self.do("UPDATE session SET expires = now()")
        self.assertEqual(401, (await browser.ask("GET", "users/me/")).status)

    async def test_a_password_in_djangos_format(self) -> None:
        """Opens once, and is argon2id from then on."""
        await self.an_account()
        salt, count = "sAlT", 1000
        made = base64.b64encode(hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode(), count)).decode()
        await self.do("UPDATE account SET password = %s", f"pbkdf2_sha256${count}${salt}${made}")
        browser = await self.browser()
        self.assertEqual(400, (await browser.log_in("alice", "wrong")).status)
        self.assertEqual(200, (await browser.log_in()).status)
        self.assertTrue((await self.value("SELECT password FROM account")).startswith("$argon2id$"))
        self.assertEqual(200, (await browser.log_in()).status)

    async def test_writes_by_session_need_the_token(self) -> None:
        """Reads do not."""
        browser = await self.signed_in()
        browser.cookies.pop("csrftoken")
        self.assertEqual(200, (await browser.ask("GET", "users/me/")).status)
        said = await browser.ask("POST", "users/settings/", {"language": "en"})
        self.assertEqual(403, said.status)

    async def test_basic(self) -> None:
        """Name and password with the request itself, and without any cookie."""
        await self.an_account()
        browser = await self.browser()
        browser.cookies = {}
        for pair, status in ((f"alice:{PASSWORD}", 200), ("alice:wrong", 401)):
            browser.headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
            self.assertEqual(status, (await browser.ask("GET", "users/me/")).status)


class MeTests(ServedPeopleCase):
    """``users/me/``, ``users/<name>/``, ``users/settings/``."""

    async def test_everything_about_oneself(self) -> None:
        """All fields of docs/api.md §4.3, and no other."""
        browser = await self.signed_in(email_verified=True)
        for path in ("users/me", "users/me/", "users/users/me/"):
            said = await browser.ask("GET", path)
            self.assertEqual(200, said.status)
        me = said.json
        self.assertRegex(me.pop("date_joined"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")
        for name in ("instance_support_message_display_date", "funkwhale_support_message_display_date"):
            self.assertRegex(me.pop(name), r"Z$")
        self.assertTrue(me["tokens"].pop("listen"))
        self.assertEqual(
            {
                "id": 1,
                "username": "alice",
                "full_username": "alice@pod.example",
                "name": "alice",
                "email": "alice@mail.example",
                "is_staff": False,
                "is_superuser": False,
                "permissions": {"library": False, "moderation": False, "settings": False},
                "privacy_level": "instance",
                "avatar": None,
                "quota_status": {
                    "max": 1000, "remaining": 1000.0, "current": 0.0,
                    "draft": 0.0, "skipped": 0.0, "pending": 0.0, "finished": 0.0, "errored": 0.0,
                },
                "summary": None,
                "tokens": {},
                "settings": {},
            },
            me,
        )  # fmt: skip

    async def test_a_profile_changes(self) -> None:
        """What was sent is stored, what was not stays; unknown names are ignored."""
        browser = await self.signed_in()
        change = {
            "name": "Alice L.",
            "privacy_level": "me",
            "summary": {"text": "I *sing*", "content_type": "text/markdown"},
            "instance_support_message_display_date": "2027-01-02T03:04:05+01:00",
            "is_superuser": True,
        }
        said = await browser.ask("PATCH", "users/Alice/", change)
        self.assertEqual(200, said.status)
        self.assertEqual(
            {
                "name": "Alice L.",
                "privacy_level": "me",
                "summary": {
                    "text": "I *sing*", "content_type": "text/markdown", "html": "<p>I <em>sing</em></p>",
                },
                "instance_support_message_display_date": "2027-01-02T02:04:05Z",
                "funkwhale_support_message_display_date": said.json["funkwhale_support_message_display_date"],
                "avatar": {"file": None},
            },
            said.json,
        )  # fmt: skip
        said = await browser.ask(
            "PATCH", "users/alice", {"summary": None, "funkwhale_support_message_display_date": None}
        )
        self.assertIsNone(said.json["summary"])
        self.assertIsNone(said.json["funkwhale_support_message_display_date"])
        me = (await browser.ask("GET", "users/me/")).json
        self.assertEqual(("Alice L.", False), (me["name"], me["is_superuser"]))

    async def test_a_public_profile_takes_followers_by_itself(self) -> None:
        """Others are asked for."""
        browser = await self.signed_in()
        by_hand = "SELECT manually_approves_followers FROM actor"
        self.assertTrue(await self.value(by_hand))
        for level, expected in (("everyone", False), ("instance", True)):
            await browser.ask("PATCH", "users/alice/", {"privacy_level": level})
            self.assertEqual(expected, await self.value(by_hand))

    async def test_a_profile_that_cannot_be(self) -> None:
        """Each field is told, and nothing changes."""
        browser = await self.signed_in()
        for change in (
            {"privacy_level": "friends"},
            {"privacy_level": None},
            {"name": "x" * 256},
            {"name": {"a": 1}},
            {"summary": "text"},
            {"summary": {"text": "x" * 5001}},
            {"summary": {"text": "x", "content_type": "text/rtf"}},
            {"avatar": "no uuid"},
            {"avatar": 7},
            {"avatar": "6b1d1a1c-0000-4000-8000-000000000000"},
            {"instance_support_message_display_date": "tomorrow"},
            {"instance_support_message_display_date": 5},
        ):
            said = await browser.ask("PATCH", "users/alice/", change)
            self.assertEqual((400, list(change)), (said.status, list(said.json)), change)
        self.assertEqual("alice", (await browser.ask("GET", "users/me/")).json["name"])

    async def test_others_profiles_are_theirs(self) -> None:
        """403, whether there is such a name or not; and profiles are not read here."""
        await self.an_account("bob")
        browser = await self.signed_in()
        for name in ("bob", "nobody"):
            self.assertEqual(403, (await browser.ask("PATCH", f"users/{name}/", {"name": "x"})).status)
        self.assertEqual(405, (await browser.ask("GET", "users/bob/")).status)

    async def test_an_avatar(self) -> None:
        """A loose picture of one's own; the one before becomes loose again."""
        browser = await self.signed_in()
        uuids = [
            await self.value(
                "INSERT INTO attachment (actor_id, file, mimetype) VALUES"
                " ((SELECT actor_id FROM account), %s, 'image/png') RETURNING uuid::text",
                f"attachments/aa/bb/cc/{n}.png",
            )
            for n in range(2)
        ]
        for uuid in (uuids[0], uuids[0], uuids[1]):
            said = await browser.ask("PATCH", "users/alice/", {"avatar": uuid})
            self.assertEqual((200, uuid), (said.status, said.json["avatar"]["uuid"]))
        self.assertEqual([uuids[1]], await self.value("SELECT array_agg(uuid::text) FROM attachment WHERE used"))
        me = (await browser.ask("GET", "users/me/")).json
        self.assertEqual("https://pod.example/media/attachments/aa/bb/cc/1.png", me["avatar"]["urls"]["original"])
        await browser.ask("PATCH", "users/alice/", {"avatar": None})
        self.assertEqual(0, await self.value("SELECT count(*) FROM attachment WHERE used"))
        await self.do("UPDATE attachment SET actor_id = NULL")
        self.assertEqual(400, (await browser.ask("PATCH", "users/alice/", {"avatar": uuids[0]})).status)

    async def test_settings_are_merged(self) -> None:
        """Any JSON object; the whole is answered, and shown in ``me``."""
        browser = await self.signed_in()
        self.assertEqual({"language": "en"}, (await browser.ask("POST", "users/settings/", {"language": "en"})).json)
        said = await browser.ask("POST", "users/settings", {"theme": {"dark": True}})
        self.assertEqual({"language": "en", "theme": {"dark": True}}, said.json)
        self.assertEqual(said.json, (await browser.ask("GET", "users/me")).json["settings"])
        self.assertEqual(400, (await browser.ask("POST", "users/settings/", ["x"])).status)
        self.assertEqual(400, (await browser.ask("POST", "users/settings/", {"x": "y" * 70_000})).status)
        self.assertEqual(said.json, (await browser.ask("GET", "users/me")).json["settings"])

    async def test_leaving(self) -> None:
        """Confirmed and with the password; then nothing opens any more, and the rest is a job."""
        await self.an_account("chief", is_superuser=True)
        browser = await self.signed_in()
        for sent, field in (
            ({"password": PASSWORD}, "confirm"),
            ({"password": PASSWORD, "confirm": False}, "confirm"),
            ({"confirm": True}, "password"),
            ({"password": "wrong", "confirm": True}, "password"),
        ):
            said = await browser.ask("DELETE", "users/me/", sent)
            self.assertEqual((400, [field]), (said.status, list(said.json)), sent)
        said = await browser.ask("DELETE", "users/me/", {"password": PASSWORD, "confirm": True})
        self.assertEqual(204, said.status)
        self.assertEqual(401, (await browser.ask("GET", "users/me/")).status)
        self.assertEqual(400, (await browser.log_in()).status)
        self.assertEqual(REMOVE_ACCOUNT, await self.value("SELECT kind FROM job"))

    async def test_the_only_administrator_stays(self) -> None:
        """Told why."""
        browser = await self.signed_in(is_superuser=True)
        said = await browser.ask("DELETE", "users/me/", {"password": PASSWORD, "confirm": True})
        self.assertEqual((400, ["non_field_errors"]), (said.status, list(said.json)))
        self.assertEqual(200, (await browser.ask("GET", "users/me/")).status)

    async def test_rights_of_a_superuser(self) -> None:
        """All permissions; for others the pod's defaults count."""
        browser = await self.signed_in("chief", is_superuser=True)
        me = (await browser.ask("GET", "users/me/")).json
        self.assertEqual({"library": True, "moderation": True, "settings": True}, me["permissions"])
        self.preferences["users__default_permissions"] = ["library"]
        browser = await self.signed_in("bob", permissions=frozenset(("settings",)))
        me = (await browser.ask("GET", "users/me/")).json
        self.assertEqual({"library": True, "moderation": False, "settings": True}, me["permissions"])


class PasswordTests(ServedPeopleCase):
    """Changing one's password."""

    async def test_a_new_password(self) -> None:
        """The old one is asked for; other sessions and listen tokens end, this session goes on."""
        browser, other = await self.signed_in(), await self.browser()
        await other.log_in()
        listen = (await browser.ask("GET", "users/me/")).json["tokens"]["listen"]
        self.assertIsNotNone(await self.signin.by_listen_token(listen))
        sent = {"old_password": PASSWORD, "new_password1": "a better horse", "new_password2": "a better horse"}
        for path in ("auth/registration/change-password/", "auth/password/change"):
            said = await browser.ask("POST", path, sent)
            self.assertEqual(200, said.status)
            self.assertIn("detail", said.json)
            sent["old_password"] = "a better horse"
        self.assertEqual(200, (await browser.ask("GET", "users/me/")).status)
        self.assertEqual(401, (await other.ask("GET", "users/me/")).status)
        self.assertIsNone(await self.signin.by_listen_token(listen))
        self.assertEqual(200, (await other.log_in(password="a better horse")).status)

    async def test_a_password_that_cannot_be(self) -> None:
        """Each with its field; nothing changes."""
        browser = await self.signed_in()
        for old, first, second, field in (
            ("wrong", "a better horse", "a better horse", "old_password"),
            (PASSWORD, "a better horse", "a worse horse", "new_password2"),
            (PASSWORD, "short", "short", "new_password2"),
            (PASSWORD, "", "", "new_password1"),
        ):
            sent = {"old_password": old, "new_password1": first, "new_password2": second}
            said = await browser.ask("POST", "auth/password/change/", sent)
            self.assertEqual(400, said.status)
            self.assertIn(field, said.json)
        self.assertEqual(401, (await (await self.browser()).ask("POST", "auth/password/change/", {})).status)
        self.assertEqual(200, (await browser.log_in()).status)

    async def test_auth_user(self) -> None:
        """The few facts for old clients."""
        browser = await self.signed_in()
        said = await browser.ask("GET", "auth/user/")
        self.assertEqual(
            {"pk": 1, "username": "alice", "email": "alice@mail.example", "first_name": "", "last_name": ""}, said.json
        )


class SetUpTests(ServedPeopleCase):
    """``setup/``."""

    async def test_the_first_administrator(self) -> None:
        """201 and signed in; then the link is void."""
        token = await self.accounts.issue_setup_token()
        browser = await self.browser()
        sent = {"token": token, "username": "chief", "email": "chief@mail.example", "password": PASSWORD}
        said = await browser.ask("POST", "setup/", sent)
        self.assertEqual((201, "chief"), (said.status, said.json["username"]))
        me = await browser.ask("GET", "users/me/")
        self.assertTrue(me.json["is_superuser"])
        again = await browser.ask("POST", "setup", sent)
        self.assertEqual(403, again.status)
        self.assertIn("detail", again.json)

    async def test_what_is_wrong_is_told(self) -> None:
        """By field; a wrong token before all else."""
        token = await self.accounts.issue_setup_token()
        browser = await self.browser()
        sent = {"token": token, "username": "a b", "email": "x", "password": "1"}
        said = await browser.ask("POST", "setup/", sent)
        self.assertEqual((400, {"username", "email", "password"}), (said.status, set(said.json)))
        self.assertEqual(403, (await browser.ask("POST", "setup/", sent | {"token": "guess"})).status)
        self.assertEqual(400, (await browser.ask("POST", "setup/", {})).status)
        self.assertEqual(405, (await browser.ask("GET", "setup/")).status)


class ApplicationTests(ServedPeopleCase):
    """``oauth/apps/``."""

    WISH = {
        "name": "player",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob  https://x.example/cb",
        "scopes": "read write",
    }

    async def test_anybody_registers_a_program(self) -> None:
        """The secret is told once, and there is no personal token without an account."""
        browser = await self.browser()
        said = await browser.ask("POST", "oauth/apps/", self.WISH | {"website": "https://x.example"})
        self.assertEqual(201, said.status)
        told = said.json
        self.assertEqual(
            {"client_id", "name", "scopes", "client_secret", "created", "updated", "redirect_uris"}, set(told)
        )
        self.assertRegex(told["client_secret"], "^[0-9a-f]{128}$")
        self.assertEqual("urn:ietf:wg:oauth:2.0:oob https://x.example/cb", told["redirect_uris"])
        one = await browser.ask("GET", f"oauth/apps/{told['client_id']}/")
        self.assertEqual({"client_id", "name", "scopes", "created", "updated"}, set(one.json))
        self.assertEqual(404, (await browser.ask("GET", "oauth/apps/unknown/")).status)

    async def test_programs_that_cannot_be(self) -> None:
        """A name is needed, and no address may run anything."""
        browser = await self.browser()
        for sent, field in (
            ({"redirect_uris": ""}, "name"),
            ({"name": "x", "redirect_uris": "javascript:alert(1)"}, "redirect_uris"),
            ({"name": "x", "redirect_uris": "https://["}, "redirect_uris"),
            ({"name": "x", "scopes": ["a", 1]}, "scopes"),
        ):
            said = await browser.ask("POST", "oauth/apps/", sent)
            self.assertEqual((400, [field]), (said.status, list(said.json)), sent)

    async def test_an_own_program(self) -> None:
        """Listed, read with its token, changed, renewed, removed; the secret stays hashed."""
        browser = await self.signed_in()
        made = (await browser.ask("POST", "oauth/apps/", self.WISH)).json
        self.assertRegex(made["token"], "^([a-z2-7]{5}-){4}[a-z2-7]{5}$")
        listed = (await browser.ask("GET", "oauth/apps/")).json
        self.assertEqual(1, listed["count"])
        self.assertEqual({"client_id", "name", "scopes", "created", "updated", "token"}, set(listed["results"][0]))
        path = f"oauth/apps/{made['client_id']}/"
        own = (await browser.ask("GET", path)).json
        self.assertEqual(made["token"], own["token"])
        self.assertNotEqual(made["client_secret"], own["client_secret"])
        changed = await browser.ask("PATCH", path, {"name": "other"})
        self.assertEqual((200, "other", "read write"), (changed.status, changed.json["name"], changed.json["scopes"]))
        renewed = await browser.ask("POST", path + "refresh-token", {})
        self.assertNotEqual(made["token"], renewed.json["token"])
        self.assertEqual(204, (await browser.ask("DELETE", path)).status)
        self.assertEqual(404, (await browser.ask("GET", path)).status)
        self.assertEqual(404, (await browser.ask("DELETE", path)).status)

    async def test_others_programs_are_theirs(self) -> None:
        """404 for every change, and the little that everybody may know."""
        made = (await (await self.signed_in("bob")).ask("POST", "oauth/apps/", self.WISH)).json
        browser = await self.signed_in()
        path = f"oauth/apps/{made['client_id']}/"
        self.assertNotIn("token", (await browser.ask("GET", path)).json)
        for method, place in (("PATCH", path), ("PUT", path), ("DELETE", path), ("POST", path + "refresh-token/")):
            self.assertEqual(404, (await browser.ask(method, place, {"name": "x"})).status, (method, place))

    async def test_a_personal_token(self) -> None:
        """Acts as its owner within its scopes, without cookies; revoked, it is nobody's."""
        browser = await self.signed_in(is_superuser=True)
        made = (await browser.ask("POST", "oauth/apps/", self.WISH | {"scopes": "read"})).json
        bearer = await self.browser()
        bearer.cookies, bearer.headers = {}, {"Authorization": f"Bearer {made['token']}"}
        self.assertEqual(200, (await bearer.ask("GET", "users/me/")).status)
        self.assertEqual(403, (await bearer.ask("POST", "users/settings/", {"a": 1})).status)
        self.assertEqual(403, (await bearer.ask("GET", "oauth/apps/")).status)
        self.assertNotIn("token", (await bearer.ask("GET", f"oauth/apps/{made['client_id']}/")).json)
        bearer.headers = {}
        self.assertEqual(200, (await bearer.ask("GET", f"users/me/?token={made['token']}")).status)
        await browser.ask("DELETE", f"oauth/apps/{made['client_id']}/")
        said = await bearer.ask("GET", f"users/me/?token={made['token']}")
        self.assertEqual(401, said.status)
        self.assertIn("invalid_token", said.header("WWW-Authenticate") or "")


class ListenTokenTests(ServedPeopleCase):
    """``tokens.listen`` opens nothing here."""

    async def test_it_is_no_access_token(self) -> None:
        """401, in the header and in the query."""
        browser = await self.signed_in()
        token = (await browser.ask("GET", "users/me/")).json["tokens"]["listen"]
        bearer = await self.browser()
        bearer.cookies = {}
        self.assertEqual(401, (await bearer.ask("GET", f"users/me/?token={token}")).status)
        bearer.headers = {"Authorization": f"Bearer {token}"}
        self.assertEqual(401, (await bearer.ask("GET", "users/me/")).status)
