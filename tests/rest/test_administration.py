"""Members and invitations for those who administer them: docs/api.md §4.19."""

from __future__ import annotations

from typing import Any

from tests.rest.pod import PodCase

USERS, INVITATIONS = "manage/users/users/", "manage/users/invitations/"
MEMBER = {
    "id", "username", "actor", "email", "name", "is_active", "is_staff", "is_superuser", "date_joined",
    "last_activity", "permissions", "privacy_level", "upload_quota", "full_username",
}  # fmt: skip
ACTOR = {
    "id", "url", "fid", "preferred_username", "full_username", "domain", "name", "summary", "type", "creation_date",
    "last_fetch_date", "inbox_url", "outbox_url", "shared_inbox_url", "manually_approves_followers", "is_local",
}  # fmt: skip


class MembersTests(PodCase):
    """``manage/users/users/``"""

    async def test_who_may(self) -> None:
        """Those with the permission ``settings``; no program."""
        self.assertEqual(401, (await self.visitor().get(USERS)).status)
        member = await self.person("omar")
        chief = await self.person("chief", permissions=["settings"])
        for client, status in ((member, 403), (chief, 200), (await self.program(chief, "read write"), 403)):
            self.assertEqual(status, (await client.get(USERS)).status)
        self.assertEqual(403, (await member.send("PATCH", f"{USERS}1/", {"is_superuser": True})).status)

    async def test_the_list(self) -> None:
        """Who came last first; searched, narrowed, ordered; nonsense finds nothing or is ignored."""
        chief = await self.person("chief", permissions=["settings"])
        await self.person("omar", is_active=False, last_activity="2026-01-01")
        await self.person("nadia", privacy_level="me", permissions=["library"], last_activity="2026-01-02")
        page = (await chief.get(USERS)).json
        self.assertEqual(["nadia", "omar", "chief"], [one["username"] for one in page["results"]])
        self.assertEqual((MEMBER, ACTOR), (set(page["results"][0]), set(page["results"][0]["actor"])))
        self.assertEqual({"library": True, "moderation": False, "settings": False}, page["results"][0]["permissions"])
        questions: tuple[tuple[dict[str, Any], list[str]], ...] = (
            ({"q": "OMA"}, ["omar"]),
            ({"q": "username:nad"}, ["nadia"]),
            ({"q": "x:y nad"}, ["nadia"]),
            ({"q": "chief in:email"}, ["chief"]),
            ({"is_active": "false"}, ["omar"]),
            ({"privacy_level": "me"}, ["nadia"]),
            ({"privacy_level": "x"}, []),
            ({"permission_library": "true"}, ["nadia"]),
            ({"permission_library": "false", "is_active": "true"}, ["chief"]),
            ({"is_superuser": "1"}, []),
            ({"ordering": "username"}, ["chief", "nadia", "omar"]),
            ({"ordering": "last_activity,x"}, ["chief", "omar", "nadia"]),
            ({"page_size": "1", "page": "2"}, ["omar"]),
        )
        for query, names in questions:
            found = await chief.get(USERS, **query)
            self.assertEqual(names, [one["username"] for one in found.json["results"]], query)

    async def test_changing_somebody(self) -> None:
        """Name, rights and quota; who is shut out is out at once."""
        chief = await self.person("chief", permissions=["settings", "moderation"])
        omar = await self.person("omar", permissions=["library"])
        place = f"{USERS}{omar.viewer.account_id}/"
        said = await chief.send(
            "PATCH", place, {"name": "Omar K.", "upload_quota": 5, "permissions": {"moderation": True}, "email": "x"}
        )
        self.assertEqual(("Omar K.", 5), (said.json["name"], said.json["upload_quota"]))
        self.assertEqual({"library": True, "moderation": True, "settings": False}, said.json["permissions"])
        self.assertEqual(said.json, (await chief.get(place)).json)
        said = await chief.send("PATCH", place, {"upload_quota": None, "permissions": {"library": False}})
        self.assertIsNone(said.json["upload_quota"])
        self.assertFalse(said.json["permissions"]["library"])
        self.assertEqual(200, (await chief.send("PATCH", place, {"is_active": False})).status)
        self.assertEqual(401, (await omar.get("users/me/")).status)
        self.assertEqual(
            0, await self.value("SELECT count(*) FROM session WHERE account_id = %s", omar.viewer.account_id)
        )

    async def test_what_cannot_be(self) -> None:
        """By field; nobody rises above their rank, and somebody must stay."""
        chief = await self.person("chief", permissions=["settings"])
        root = await self.person("root1", is_superuser=True)
        own, top = f"{USERS}{chief.viewer.account_id}/", f"{USERS}{root.viewer.account_id}/"
        documents: tuple[dict[str, Any], ...] = (
            {"upload_quota": -1}, {"upload_quota": "x"}, {"upload_quota": 2**40}, {"is_active": "x"},
            {"permissions": []}, {"permissions": {"library": "x"}}, {"name": None},
        )  # fmt: skip
        for document in documents:
            said = await chief.send("PATCH", own, document)
            self.assertEqual((400, list(document)), (said.status, list(said.json)), document)
        self.assertEqual(403, (await chief.send("PATCH", own, {"is_superuser": True})).status)
        for permission in ("moderation", "library"):
            said = await chief.send("PATCH", own, {"permissions": {permission: True}})
            self.assertEqual(403, said.status, "a permission that is not theirs")
        self.assertEqual(200, (await chief.send("PATCH", own, {"permissions": {"settings": True}})).status)
        self.assertEqual(403, (await chief.send("PATCH", top, {"is_active": False})).status)
        self.assertEqual(400, (await root.send("PATCH", top, {"is_superuser": False})).status)
        self.assertEqual(200, (await root.send("PATCH", own, {"is_superuser": True})).status)
        self.assertEqual(200, (await root.send("PATCH", top, {"is_superuser": False})).status)
        for method in ("GET", "PATCH"):
            self.assertEqual(404, (await chief.send(method, f"{USERS}999999/", {})).status)


class InvitationsTests(PodCase):
    """``manage/users/invitations/``"""

    async def test_made_listed_taken_back(self) -> None:
        """With a code of one's own or a drawn one; only open ones are taken back."""
        chief = await self.person("chief", permissions=["settings"])
        made = await chief.post(INVITATIONS, {"code": None})
        self.assertEqual(201, made.status)
        self.assertEqual(
            {"id", "owner", "invited_user", "code", "expiration_date", "creation_date", "users"}, set(made.json)
        )
        self.assertEqual(("chief", None, []), (made.json["owner"]["username"], made.json["invited_user"], []))
        own = await chief.post(INVITATIONS, {"code": "Welcome-Omar"})
        self.assertEqual((201, "Welcome-Omar"), (own.status, own.json["code"]))
        said = await self.visitor().post(
            "auth/registration/",
            {"username": "omar", "email": "omar@mail.example", "password1": "correct horse 41",
             "password2": "correct horse 41", "invitation": "welcome-omar"},
        )  # fmt: skip
        self.assertEqual(204, said.status, said)
        used = (await chief.get(f"{INVITATIONS}{own.json['id']}/")).json
        self.assertEqual(("omar", ["omar"]), (used["invited_user"]["username"], [u["username"] for u in used["users"]]))
        questions: tuple[tuple[dict[str, Any], int], ...] = (
            ({}, 2), ({"is_open": "true"}, 1), ({"is_open": "false"}, 1), ({"q": "omar"}, 1), ({"q": "chief"}, 2),
            ({"q": '"chief" welcome'}, 1), ({"ordering": "expiration_date"}, 2),
        )  # fmt: skip
        for query, count in questions:
            self.assertEqual(count, (await chief.get(INVITATIONS, **query)).json["count"], query)
        ids = [made.json["id"], own.json["id"]]
        said = await chief.post(f"{INVITATIONS}action/", {"action": "delete", "objects": ids})
        self.assertEqual({"updated": 1, "action": "delete", "result": None}, said.json)
        self.assertEqual(1, (await chief.get(INVITATIONS)).json["count"])

    async def test_what_cannot_be(self) -> None:
        """A code that is taken or none; an action that is none, or on everything."""
        chief = await self.person("chief", permissions=["settings"])
        one = (await chief.post(INVITATIONS, {"code": "one"})).json["id"]
        two = (await chief.post(INVITATIONS, {"code": "two"})).json["id"]
        for code in ("ONE", "a b", "a/b", "x" * 51, "ä"):
            said = await chief.post(INVITATIONS, {"code": code})
            self.assertEqual((400, ["code"]), (said.status, list(said.json)), code)
        place = f"{INVITATIONS}{two}/"
        self.assertEqual(400, (await chief.send("PATCH", place, {"code": "One"})).status)
        self.assertEqual("TWO", (await chief.send("PATCH", place, {"code": "TWO"})).json["code"])
        self.assertEqual("TWO", (await chief.send("PATCH", place, {})).json["code"])
        self.assertEqual(404, (await chief.send("PATCH", f"{INVITATIONS}999/", {"code": "x"})).status)
        documents: tuple[dict[str, Any], ...] = (
            {}, {"action": "x", "objects": [one]}, {"action": "delete", "objects": "all"},
            {"action": "delete", "objects": []}, {"action": "delete", "objects": ["x"]},
            {"action": "delete", "objects": [999]}, {"action": "delete"},
        )  # fmt: skip
        for document in documents:
            self.assertEqual(400, (await chief.post(f"{INVITATIONS}action/", document)).status, document)
        omar = await self.person("omar")
        self.assertEqual(403, (await omar.post(INVITATIONS, {})).status)
        self.assertEqual(401, (await self.visitor().get(INVITATIONS)).status)
