"""Who is let in by what, and how far (docs/api.md §2)."""

from __future__ import annotations

import base64

from tests.rest.pod import PASSWORD, Client, PodCase

READ = {
    "libraries": ("libraries/", "uploads/", "tracks/", "artists/", "albums/", "tags/", "licenses/", "search?q=x"),
    "favorites": ("favorites/tracks/", "favorites/tracks/all/"),
    "listenings": ("history/listenings/",),
    "profile": ("users/me/",),
}
NEVER = ("oauth/apps/", "instance/admin/settings/")
OPEN = ("libraries", "favorites", "listenings")


class AccessTests(PodCase):
    """Every kind of credential."""

    async def test_a_program_has_the_scopes_that_it_was_given_and_no_more(self) -> None:
        """One leaf at a time; ``read`` and ``write`` alone stand for all; never security or administration."""
        alice = await self.person(permissions=["settings", "library", "moderation"], is_superuser=True)
        everything = [path for paths in READ.values() for path in paths]
        for leaf, paths in READ.items():
            program = await self.program(alice, f"read:{leaf} write:playlists")
            for path in everything:
                self.assertEqual(200 if path in paths else 403, (await program.get(path)).status, (leaf, path))
                self.assertEqual(200, (await program.head(path)).status, (leaf, path))
        program = await self.program(
            alice, "read read:security instance:settings read:instance:settings write:security"
        )
        for path in everything:
            self.assertEqual(200, (await program.get(path)).status, path)
        for path in NEVER:
            said = await program.get(path)
            self.assertEqual((403, ["detail"]), (said.status, list(said.json)), path)

    async def test_writing_needs_a_scope_of_its_own(self) -> None:
        """``read`` writes nothing, ``write`` reads nothing."""
        alice = await self.person()
        track, *_ = await self.an_album_of(await self.library_of(alice))
        reader, writer = await self.program(alice, "read"), await self.program(alice, "write")
        for path, document in (
            ("favorites/tracks/", {"track": track}),
            ("history/listenings/", {"track": track}),
            ("libraries/", {"name": "x"}),
            ("users/settings/", {"language": "en"}),
        ):
            self.assertEqual(403, (await reader.post(path, document)).status, path)
            self.assertIn((await writer.post(path, document)).status, (200, 201), path)
        self.assertEqual(403, (await writer.get("tracks/")).status)

    async def test_a_program_cannot_give_itself_more(self) -> None:
        """What a program registers is nobody's: it gets no token of the person for whom it acts."""
        alice = await self.person()
        program = await self.program(alice, "read:libraries")
        made = await program.post("oauth/apps/", {"name": "More", "scopes": "read write", "redirect_uris": ""})
        self.assertEqual(201, made.status)
        self.assertNotIn("token", made.json)
        self.assertEqual(["Program"], [one["name"] for one in (await alice.get("oauth/apps/")).json["results"]])

    async def test_visitors_read_what_an_open_pod_lets_out(self) -> None:
        """Closed: 401 for all; open: lists of music and of public deeds, and no write."""
        visitor = self.visitor()
        for paths in READ.values():
            for path in paths:
                self.assertEqual(401, (await visitor.get(path)).status, path)
        await self.open_up()
        for leaf, paths in READ.items():
            for path in paths:
                is_own = path in ("favorites/tracks/all/", "uploads/")
                expected = 401 if leaf not in OPEN or is_own else 400 if path == "search" else 200
                self.assertEqual(expected, (await visitor.get(path)).status, path)
        for path in ("favorites/tracks/", "libraries/", "uploads/", "history/listenings/"):
            self.assertEqual(401, (await visitor.post(path, {"track": 1, "name": "x"})).status, path)

    async def test_tokens_travel_in_the_header_and_in_the_query(self) -> None:
        """``Authorization: Bearer``, ``token`` and ``access_token``; a dead one is none."""
        alice = await self.person()
        program = await self.program(alice, "read")
        token = program.headers["Authorization"].removeprefix("Bearer ")
        visitor = self.visitor()
        for name in ("token", "access_token"):
            said = await visitor.get(f"users/me/?{name}={token}")
            self.assertEqual((200, "alice"), (said.status, said.json["username"]))
            self.assertEqual(401, (await visitor.get(f"users/me/?{name}=dead")).status)
        client_id = (await alice.get("oauth/apps/")).json["results"][0]["client_id"]
        self.assertEqual(204, (await alice.delete(f"oauth/apps/{client_id}/")).status)
        self.assertEqual(401, (await program.get("users/me/")).status)

    async def test_basic_takes_name_or_address(self) -> None:
        """A wrong password is 401, whatever else was sent."""
        await self.account("alice")
        for name in ("alice", "ALICE", "alice@mail.example"):
            self.assertEqual(200, (await self._basic(name, PASSWORD).get("oauth/apps/")).status, name)
        await self.open_up()
        for name, password in (("alice", "no"), ("nobody", PASSWORD), ("", "")):
            self.assertEqual(401, (await self._basic(name, password).get("tracks/")).status, name)

    def _basic(self, name: str, password: str) -> Client:
        client = self.visitor()
        pair = base64.b64encode(f"{name}:{password}".encode()).decode()
        client.headers["Authorization"] = f"Basic {pair}"
        return client

    async def test_a_listen_token_opens_streams_and_nothing_else(self) -> None:
        """``tokens.listen`` of users/me; a new password ends it."""
        await self.account("alice")
        alice = self.visitor()
        self.assertEqual(200, (await alice.form("users/login", username="alice", password=PASSWORD)).status)
        token = (await alice.get("users/me/")).json["tokens"]["listen"]
        library = await self.a_library(await self.value("SELECT actor_id FROM account"), "me")
        await self.changed("libraries")
        track = await self.a_track("Low", await self.an_artist("Nova"))
        await self.a_file(library, track)
        place = f"listen/{await self.track_uuid(track)}/"
        visitor = self.visitor()
        self.assertEqual(200, (await visitor.get(place, token=token)).status)
        for path in ("users/me/", "tracks/", "favorites/tracks/all/"):
            self.assertEqual(401, (await visitor.get(path, token=token)).status, path)
        change = {"old_password": PASSWORD, "new_password1": "another horse 42", "new_password2": "another horse 42"}
        self.assertEqual(200, (await alice.post("auth/registration/change-password/", change)).status)
        said = await visitor.get(place, token=token)
        self.assertEqual((401, ["detail"]), (said.status, list(said.json)))
        self.assertEqual(200, (await alice.get(place)).status, "the session stays")

    async def test_an_account_that_was_closed_is_nobody(self) -> None:
        """Session, application token and password end with it."""
        await self.account("ruth", is_superuser=True)
        await self.account("alice")
        alice = self.visitor()
        await alice.form("users/login", username="alice", password=PASSWORD)
        program = await self.program(alice, "read")
        self.assertEqual(200, (await program.get("users/me/")).status)
        session = dict(alice.cookies)
        said = await alice.delete("users/me/", {"password": PASSWORD, "confirm": True})
        self.assertEqual((204, b""), (said.status, said.body))
        alice.cookies = session
        self.assertEqual(401, (await alice.get("users/me/")).status)
        self.assertEqual(401, (await program.get("users/me/")).status)
        self.assertEqual(400, (await self.visitor().form("users/login", username="alice", password=PASSWORD)).status)


class LoginTests(PodCase):
    """§4.2."""

    async def test_in_and_out(self) -> None:
        """Multipart, form and JSON; empty answers; cookies given, renewed and taken."""
        await self.account("alice")
        for name in ("alice", "alice@mail.example"):
            visitor = self.visitor()
            parts = (("username", None, name.encode()), ("password", None, PASSWORD.encode()))
            said = await visitor.parts("users/login", *parts)
            self.assertEqual((200, b""), (said.status, said.body))
            self.assertIn("Max-Age=5400000", said.cookies["sessionid"])
            self.assertEqual({"sessionid", "csrftoken"}, set(said.cookies))
            self.assertEqual(200, (await visitor.get("users/me/")).status)
            said = await visitor.post("users/logout")
            self.assertEqual((200, b""), (said.status, said.body))
            self.assertNotIn("sessionid", visitor.cookies)
            self.assertEqual(401, (await visitor.get("users/me/")).status)
        for path in ("users/login/", "users/users/login", "users/users/login/"):
            said = await self.visitor().post(path, {"username": "alice", "password": PASSWORD})
            self.assertEqual(200, said.status, path)

    async def test_who_is_not_let_in(self) -> None:
        """Wrong words 400, missing ones by field, no CSRF cookie 403, other methods 405."""
        await self.account("alice")
        visitor = self.visitor()
        for name, password in (("alice", "wrong"), ("nobody", PASSWORD)):
            said = await visitor.form("users/login", username=name, password=password)
            self.assertEqual((400, ["non_field_errors"]), (said.status, list(said.json)))
        said = await visitor.form("users/login", username="")
        self.assertEqual((400, ["password", "username"]), (said.status, sorted(said.json)))
        await self.do("UPDATE account SET is_active = false")
        said = await visitor.form("users/login", username="alice", password=PASSWORD)
        self.assertEqual((400, ["non_field_errors"]), (said.status, list(said.json)))
        for path in ("users/login", "users/logout"):
            self.assertEqual(405, (await visitor.get(path)).status)
        visitor.cookies.clear()
        for path in ("users/login", "users/logout"):
            self.assertEqual(403, (await visitor.form(path, username="alice", password=PASSWORD)).status)

    async def test_too_many_attempts_are_throttled(self) -> None:
        """429 with the seconds to wait."""
        await self.account("alice")
        visitor = self.visitor()
        for _ in range(100):
            said = await visitor.form("users/login", username="alice", password="wrong")
            if said.status != 400:
                break
        self.assertEqual(429, said.status)
        self.assertGreater(int(said.header("Retry-After") or 0), 0)

    async def test_a_password_is_changed_by_who_knows_it(self) -> None:
        """Both addresses; the old one is checked; the new one must be good."""
        await self.account("alice")
        alice = self.visitor()
        await alice.form("users/login", username="alice", password=PASSWORD)
        new = "fresh paint 77"
        for document, field in (
            ({"old_password": "wrong", "new_password1": new, "new_password2": new}, "old_password"),
            ({"old_password": PASSWORD, "new_password1": new, "new_password2": "other"}, "new_password2"),
            ({"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}, "new_password2"),
            ({"old_password": PASSWORD, "new_password1": "x", "new_password2": "x"}, "new_password2"),
        ):
            said = await alice.post("auth/password/change/", document)
            self.assertEqual((400, [field]), (said.status, list(said.json)), document)
        said = await alice.post(
            "auth/registration/change-password/",
            {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
        )
        self.assertEqual((200, ["detail"]), (said.status, list(said.json)))
        self.assertEqual(400, (await self.visitor().form("users/login", username="alice", password=PASSWORD)).status)
        self.assertEqual(200, (await self.visitor().form("users/login", username="alice", password=new)).status)


class UserTests(PodCase):
    """§4.3."""

    async def test_only_oneself_is_changed(self) -> None:
        """Another name: 403; the web app's settings are merged."""
        alice = await self.person()
        await self.person("bob")
        self.assertEqual(403, (await alice.send("PATCH", "users/bob/", {"name": "x"})).status)
        self.assertEqual(403, (await alice.send("PATCH", "users/nobody/", {"name": "x"})).status)
        for path, document, after in (
            ("users/settings/", {"language": "en_US"}, {"language": "en_US"}),
            ("users/settings", {"theme": {"dark": True}}, {"language": "en_US", "theme": {"dark": True}}),
            ("users/users/settings", {"language": "fr_FR"}, {"language": "fr_FR", "theme": {"dark": True}}),
        ):
            said = await alice.post(path, document)
            self.assertEqual((200, after), (said.status, said.json))
        self.assertEqual(after, (await alice.get("users/me/")).json["settings"])
        change = {"summary": {"text": "*hi*", "content_type": "text/markdown"}}
        self.assertEqual(200, (await alice.send("PATCH", "users/users/alice", change)).status)
        self.assertEqual("<p><em>hi</em></p>", (await alice.get("users/me/")).json["summary"]["html"])
        self.assertEqual(200, (await alice.send("PATCH", "users/alice/", {"summary": None})).status)
        self.assertIsNone((await alice.get("users/me/")).json["summary"])

    async def test_leaving_takes_the_password_and_a_yes(self) -> None:
        """400 by field otherwise."""
        await self.account("ruth", is_superuser=True)
        await self.account("alice")
        alice = self.visitor()
        await alice.form("users/login", username="alice", password=PASSWORD)
        for document, field in (
            ({"password": PASSWORD}, "confirm"),
            ({"password": PASSWORD, "confirm": False}, "confirm"),
            ({"password": "wrong", "confirm": True}, "password"),
            ({"confirm": True}, "password"),
        ):
            said = await alice.delete("users/me/", document)
            self.assertEqual((400, [field]), (said.status, list(said.json)), document)
        self.assertEqual(200, (await alice.get("users/me/")).status)
