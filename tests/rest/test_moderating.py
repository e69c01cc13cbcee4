"""What moderators decide over HTTP: docs/api.md §4.17 and §4.19."""

from __future__ import annotations

from typing import Any

import orjson

from tests.rest.moderating import ACCOUNTS, BAD, BLOCKS, DOMAINS, POLICIES, ModerationCase
from tests.rest.test_administration import ACTOR
from tests.waiting import settled

POLICY = {
    "id",
    "uuid",
    "target",
    "creation_date",
    "actor",
    "summary",
    "is_active",
    "block_all",
    "silence_activity",
    "silence_notifications",
    "reject_media",
}


class PoliciesTests(ModerationCase):
    """``manage/moderation/instance-policies/``"""

    async def test_who_may(self) -> None:
        """Those with the permission ``moderation``; no program."""
        member = await self.person("omar", permissions=["settings", "library"])
        for place in (POLICIES, DOMAINS, ACCOUNTS):
            self.assertEqual(401, (await self.visitor().get(place)).status)
            for client, status in (
                (member, 403),
                (self.chief, 200),
                (await self.program(self.chief, "read write"), 403),
            ):
                self.assertEqual(status, (await client.get(place)).status)
        said = await member.post(POLICIES, {"target": {"type": "domain", "id": BAD}, "block_all": True})
        self.assertEqual(403, said.status)
        self.assertEqual(0, await self.count("instance_policy"))

    async def test_its_life(self) -> None:
        """Made, seen, changed, taken back."""
        made = await self.decided("Bad.Example", block_all=True, summary="spam")
        self.assertEqual(POLICY, set(made))
        self.assertEqual({"type": "domain", "id": BAD}, made["target"])
        self.assertEqual(
            ("chief@pod.example", "spam", True, True, False),
            (made["actor"], made["summary"], made["is_active"], made["block_all"], made["reject_media"]),
        )
        place = f"{POLICIES}{made['id']}/"
        self.assertEqual(made, (await self.chief.get(place)).json)
        said = await self.chief.send("PATCH", place, {"block_all": False, "silence_activity": True, "target": "x"})
        self.assertEqual(
            (False, True, "spam"), tuple(said.json[key] for key in ("block_all", "silence_activity", "summary"))
        )
        said = await self.chief.send("PUT", place, {"is_active": "false", "summary": None})
        self.assertEqual(
            (False, True, None), tuple(said.json[key] for key in ("is_active", "silence_activity", "summary"))
        )
        self.assertEqual(204, (await self.chief.delete(place)).status)
        for method in ("GET", "PATCH", "DELETE"):
            self.assertEqual(404, (await self.chief.send(method, place, {})).status)

    async def test_the_list(self) -> None:
        """The latest first; narrowed, searched, ordered."""
        await self.decided(block_all=True, summary="spam")
        await self.decided(f"eve@{BAD}", silence_notifications=True)
        await self.decided("later.example", reject_media=True)
        for query, names in (
            ({}, ["later.example", f"eve@{BAD}", BAD]),
            ({"ordering": "creation_date"}, [BAD, f"eve@{BAD}", "later.example"]),
            ({"target_domain": BAD}, [BAD]),
            ({"target_account_domain": BAD}, [f"eve@{BAD}"]),
            ({"target_account_username": "EVE"}, [f"eve@{BAD}"]),
            ({"block_all": "true"}, [BAD]),
            ({"block_all": "false"}, ["later.example", f"eve@{BAD}"]),
            ({"silence_notifications": "1"}, [f"eve@{BAD}"]),
            ({"reject_media": "true", "silence_activity": "true"}, []),
            ({"q": "SPAM"}, [BAD]),
            ({"q": "later zz"}, []),
            ({"page_size": "1", "page": "2"}, [f"eve@{BAD}"]),
            ({"ordering": "x"}, ["later.example", f"eve@{BAD}", BAD]),
        ):
            found = await self.found(POLICIES, query)
            self.assertEqual(names, [one["target"]["id"] for one in found], query)

    async def test_what_cannot_be(self) -> None:
        """No second policy about one target, none about ourselves, none about nobody."""
        await self.decided(block_all=True)
        before = await self.count("instance_policy")
        targets: tuple[Any, ...] = (
            {"type": "domain", "id": BAD},
            {"type": "domain", "id": "BAD.example"},
            {"type": "domain", "id": "pod.example"},
            {"type": "domain", "id": "example"},
            {"type": "domain", "id": "no name"},
            {"type": "domain", "id": "https://x"},
            {"type": "actor", "id": "nobody@bad.example"},
            {"type": "actor", "id": "chief@pod.example"},
            {"type": "actor", "id": "eve"},
            {"type": "actor", "id": 7},
            {"type": "pod", "id": BAD},
            {"id": BAD},
            "x",
            [],
            None,
        )
        for target in targets:
            said = await self.chief.post(POLICIES, {"target": target, "block_all": True})
            self.assertEqual((400, {"target"}), (said.status, set(said.json)), target)
        said = await self.chief.post(
            POLICIES, {"target": {"type": "domain", "id": "x.example"}, "block_all": "perhaps"}
        )
        self.assertEqual((400, {"block_all"}), (said.status, set(said.json)))
        self.assertEqual(before, await self.count("instance_policy"))


class ServersTests(ModerationCase):
    """``manage/federation/domains/``"""

    async def test_the_list(self) -> None:
        """All but ours, each with what is known of it."""
        await self.their_music()
        await self.decided(silence_activity=True)
        await self.do(
            "INSERT INTO domain (name, allowed, nodeinfo) VALUES ('fine.example', true, '{\"version\": \"2.0\"}')"
        )
        await self.do("INSERT INTO domain (name, allowed) VALUES ('odd.example', false)")
        found = (await self.chief.get(DOMAINS, ordering="name")).json["results"]
        self.assertEqual([BAD, "fine.example", "odd.example"], [one["name"] for one in found])
        policy = await self.value("SELECT id FROM instance_policy")
        self.assertEqual(
            (1, 0, {}, None, policy, None),
            tuple(
                found[0][key]
                for key in (
                    "actors_count",
                    "outbox_activities_count",
                    "nodeinfo",
                    "nodeinfo_fetch_date",
                    "instance_policy",
                    "allowed",
                )
            ),
        )
        self.assertEqual({"status": "ok", "payload": {"version": "2.0"}}, found[1]["nodeinfo"])
        for query, names in (
            ({"allowed": "true"}, ["fine.example"]),
            ({"allowed": "false"}, [BAD, "odd.example"]),
            ({"q": "fin"}, ["fine.example"]),
            ({"q": "name:odd"}, ["odd.example"]),
            ({"q": "x:y fin"}, ["fine.example"]),
        ):
            found = await self.found(DOMAINS, {"ordering": "name", **query})
            self.assertEqual(names, [one["name"] for one in found], query)
        for word in (
            "creation_date",
            "nodeinfo_fetch_date",
            "actors_count",
            "outbox_activities_count",
            "instance_policy",
        ):
            self.assertEqual(3, len((await self.chief.get(DOMAINS, ordering=f"-{word}")).json["results"]))
        self.assertEqual(404, (await self.chief.get(f"{DOMAINS}pod.example/")).status)
        stats = (await self.chief.get(f"{DOMAINS}{BAD}/stats/")).json
        self.assertEqual(
            {
                "outbox_activities": 0,
                "libraries": 1,
                "channels": 0,
                "received_library_follows": 0,
                "emitted_library_follows": 0,
                "actors": 1,
                "artists": 1,
                "albums": 1,
                "tracks": 1,
                "uploads": 1,
                "media_total_size": 1000,
                "media_downloaded_size": 1000,
            },
            stats,
        )

    async def test_the_published_allow_list(self) -> None:
        """Stands in nodeinfo as it is now, not as it was when people were counted last."""
        for name in ("moderation__allow_list_enabled", "moderation__allow_list_public"):
            await self.parts.preferences.change_one(name, True)
        self.assertEqual([], await self._published())
        await self.chief.post(DOMAINS, {"name": "new.example", "allowed": True})
        deadline = self.ground.reactor.seconds() + 10.0
        while not (told := await self._published()):
            self.assertLess(self.ground.reactor.seconds(), deadline)
            await settled()
        self.assertEqual(["new.example"], told)

    async def _published(self) -> Any:
        """The domains that nodeinfo names."""
        nodeinfo = orjson.loads((await self.chief.get("instance/nodeinfo/2.0/")).body)
        return nodeinfo["metadata"]["allowList"]["domains"]

    async def test_the_allow_list(self) -> None:
        """One at a time, many at once, all; nothing else is done with all."""
        said = await self.chief.post(DOMAINS, {"name": "New.example", "allowed": True})
        self.assertEqual((201, "new.example", True), (said.status, said.json["name"], said.json["allowed"]))
        for name in ("new.example", "pod.example", "no name", "", None, "x/y"):
            self.assertEqual(400, (await self.chief.post(DOMAINS, {"name": name})).status, name)
        said = await self.chief.send("PATCH", f"{DOMAINS}new.example/", {"allowed": False})
        self.assertEqual((200, False), (said.status, said.json["allowed"]))
        self.assertEqual(404, (await self.chief.send("PATCH", f"{DOMAINS}x.example/", {"allowed": False})).status)
        for action, objects, updated in (
            ("allow_list_add", [BAD], 1),
            ("allow_list_remove", "all", 2),
            ("allow_list_add", "all", 2),
            ("allow_list_remove", [BAD, "x.example"], 1),
        ):
            said = await self.chief.post(f"{DOMAINS}action/", {"action": action, "objects": objects})
            self.assertEqual({"updated": updated, "action": action, "result": None}, said.json)
        said = await self.chief.post(
            f"{DOMAINS}action/", {"action": "allow_list_add", "objects": "all", "filters": {"q": "bad"}}
        )
        self.assertEqual(1, said.json["updated"])
        for document in (
            {"action": "purge", "objects": "all"},
            {"action": "purge", "objects": []},
            {"action": "purge"},
            {"action": "x", "objects": [BAD]},
            {"objects": [BAD]},
            {"action": "purge", "objects": ["x.example"]},
            {"action": "purge", "objects": [7]},
            {"action": "allow_list_add", "objects": "all", "filters": 7},
        ):
            self.assertEqual(400, (await self.chief.post(f"{DOMAINS}action/", document)).status, document)

    async def test_only_who_is_on_it(self) -> None:
        """With the list on, others are not told of, nor spoken with."""
        await self.parts.preferences.change_one("moderation__allow_list_enabled", True)
        self.assertEqual(set(), await self.parts.policies.reachable_hosts([BAD]))
        await self.chief.post(f"{DOMAINS}action/", {"action": "allow_list_add", "objects": [BAD]})
        self.assertEqual({BAD}, await self.parts.policies.reachable_hosts([BAD]))
        await self.parts.preferences.change_one("moderation__allow_list_enabled", False)
        self.assertEqual({BAD, "x.example"}, await self.parts.policies.reachable_hosts([BAD, "x.example"]))


class ActorsTests(ModerationCase):
    """``manage/accounts/``"""

    async def test_the_list(self) -> None:
        """Everybody, here and elsewhere."""
        await self.their_music()
        policy = (await self.decided(f"eve@{BAD}", silence_activity=True))["id"]
        found = (await self.chief.get(ACCOUNTS)).json["results"]
        self.assertEqual([f"eve@{BAD}", "chief@pod.example"], [one["full_username"] for one in found])
        self.assertEqual(ACTOR | {"uploads_count", "user", "instance_policy"}, set(found[0]))
        self.assertEqual(
            (1, None, policy), tuple(found[0][key] for key in ("uploads_count", "user", "instance_policy"))
        )
        self.assertEqual("chief", found[1]["user"]["username"])
        for query, names in (
            ({"domain": BAD}, ["eve"]),
            ({"local": "true"}, ["chief"]),
            ({"local": "false"}, ["eve"]),
            ({"type": "Person"}, ["eve", "chief"]),
            ({"type": "x"}, []),
            ({"q": "ev"}, ["eve"]),
            ({"q": "chief@mail"}, ["chief"]),
            ({"q": "domain:bad.example"}, ["eve"]),
            ({"q": "username:EVE"}, ["eve"]),
            ({"q": "email:chief@mail.example"}, ["chief"]),
            ({"q": "uuid:x"}, []),
            ({"ordering": "preferred_username"}, ["chief", "eve"]),
            ({"ordering": "-uploads_count"}, ["eve", "chief"]),
            ({"manually_approves_followers": "true"}, []),
        ):
            found = await self.found(ACCOUNTS, query)
            self.assertEqual(names, [one["preferred_username"] for one in found], query)
        self.assertEqual(policy, (await self.chief.get(f"{ACCOUNTS}Eve@{BAD}/")).json["instance_policy"])
        stats = (await self.chief.get(f"{ACCOUNTS}eve@{BAD}/stats/")).json
        self.assertEqual(
            (1, 1, 0, 0, 1000),
            tuple(stats[key] for key in ("uploads", "artists", "reports", "requests", "media_total_size")),
        )
        for handle in ("x@bad.example", "eve", "@"):
            for place in (f"{ACCOUNTS}{handle}/", f"{ACCOUNTS}{handle}/stats/"):
                self.assertEqual(404, (await self.chief.get(place)).status)

    async def test_purge(self) -> None:
        """All that is here of them goes; of somebody who lives here, all but themselves."""
        await self.their_music()
        omar = await self.person("omar")
        await self.an_album_of(await self.library_of(omar))
        for document in (
            {"action": "purge", "objects": "all"},
            {"action": "purge", "objects": [10**6]},
            {"action": "x", "objects": [1]},
            {"action": "purge", "objects": ["x"]},
        ):
            self.assertEqual(400, (await self.chief.post(f"{ACCOUNTS}action/", document)).status, document)
        said = await self.chief.post(
            f"{ACCOUNTS}action/", {"action": "purge", "objects": [self.eve, omar.viewer.actor_id]}
        )
        self.assertEqual({"updated": 2, "action": "purge", "result": None}, said.json)
        self.assertEqual(2, await self.worked())
        self.assertEqual((0, 0), (await self.count("upload"), await self.count("library")))
        self.assertEqual(0, await self.value("SELECT count(*) FROM actor WHERE id = %s", self.eve))
        self.assertEqual(200, (await omar.get("users/me/")).status)


class BlocksTests(ModerationCase):
    """``moderation/blocks/``"""

    async def test_their_life(self) -> None:
        """One's own alone."""
        alice, bob = await self.person("alice"), await self.person("bob")
        said = await alice.post(BLOCKS, {"target": {"full_username": f"@Eve@{BAD}"}})
        self.assertEqual((201, f"eve@{BAD}"), (said.status, said.json["target"]["full_username"]))
        place = f"{BLOCKS}{said.json['uuid']}/"
        self.assertEqual([said.json], (await alice.get(BLOCKS)).json["results"])
        self.assertEqual(said.json, (await alice.get(place)).json)
        self.assertEqual([], (await bob.get(BLOCKS)).json["results"])
        self.assertEqual(404, (await bob.get(place)).status)
        self.assertEqual(404, (await bob.delete(place)).status)
        wrong: tuple[Any, ...] = (f"eve@{BAD}", "nobody@bad.example", "bob@pod.example", "eve", None, {}, 7)
        for target in wrong:
            self.assertEqual(400, (await alice.post(BLOCKS, {"target": target})).status, target)
        self.assertEqual(204, (await alice.delete(place)).status)
        self.assertEqual(404, (await alice.delete(place)).status)
        self.assertEqual(401, (await self.visitor().get(BLOCKS)).status)

    async def test_follows_end(self) -> None:
        """Of themselves and of their libraries; others' stay."""
        alice, bob = await self.person("alice"), await self.person("bob")
        await self.a_follow(self.eve, actor=alice.viewer.actor_id)
        await self.a_follow(self.eve, library=await self.library_of(alice))
        await self.a_follow(self.eve, actor=bob.viewer.actor_id)
        await alice.post(BLOCKS, {"target": f"eve@{BAD}"})
        self.assertEqual(bob.viewer.actor_id, await self.value("SELECT target_actor_id FROM follow"))
