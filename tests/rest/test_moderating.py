"""What moderators decide over HTTP, and what becomes of it: docs/api.md §4.17 and §4.19, docs/federation.md §6."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import orjson

from fwtwisted.core.fediverse.moderation.purging import ABANDONED, PURGE
from fwtwisted.db.jobs import Job
from tests.database import HOME
from tests.rest.pod import Client, PodCase
from tests.rest.test_administration import ACTOR

POLICIES, DOMAINS, ACCOUNTS = "manage/moderation/instance-policies/", "manage/federation/domains/", "manage/accounts/"
BLOCKS = "moderation/blocks/"
BAD = "bad.example"
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


class ModerationCase(PodCase):
    """A moderator, and a server that they do not like."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.chief = await self.person("chief", permissions=["moderation"])
        self.eve = await self.an_actor("eve", BAD)

    async def found(self, place: str, query: Mapping[str, Any]) -> Any:
        """What a list has for the question."""
        return (await self.chief.get(place, **dict(query))).json["results"]

    async def decided(self, target: str = BAD, **switches: Any) -> Any:
        """A policy."""
        kind = "actor" if "@" in target else "domain"
        said = await self.chief.post(POLICIES, {"target": {"type": kind, "id": target}, **switches})
        self.assertEqual(201, said.status, said)
        return said.json

    async def worked(self, kind: str = PURGE) -> int:
        """Do what waits in the queue; how many jobs that were."""
        rows = await self.run_in(
            lambda tx: tx.many(lambda *row: row, "SELECT id, args FROM job WHERE kind = %s ORDER BY id", kind)
        )
        for id, args in rows:
            job = Job(id, kind, None, args, 1, 0, 1, datetime.now(UTC))
            await self.parts.jobs()[kind].run(job)
            await self.do("DELETE FROM job WHERE id = %s", id)
        return len(rows)

    async def their_music(self, host: str = BAD, owner: int | None = None, level: str = "everyone") -> int:
        """A library of eve's with an artist, an album and a track with a copy of its audio; its id."""
        owner = self.eve if owner is None else owner
        library = await self.a_library(owner, level)
        fid = f"https://{host}/federation/music/"
        cover = await self.value(
            "INSERT INTO attachment (url, file, used) VALUES (%s, %s, true) RETURNING id",
            f"https://{host}/cover.jpg",
            f"covers/{host}.jpg",
        )
        artist = await self.an_artist("Eve", fid=f"{fid}artists/1", attributed_to_id=owner)
        album = await self.an_album("Apple", artist, fid=f"{fid}albums/1", cover_id=cover)
        track = await self.a_track("Bite", artist, album, fid=f"{fid}tracks/1")
        await self.an_upload(library, track, audio_file=f"tracks/{host}.mp3")
        await self.changed("catalog", "libraries")
        return library

    async def count(self, table: str) -> int:
        found: int = await self.value(f"SELECT count(*) FROM {table}")
        return found

    async def titles(self, client: Client) -> list[str]:
        return [one["title"] for one in (await client.get("tracks/")).json["results"]]


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


class EffectTests(ModerationCase):
    """What a policy does to what is here."""

    async def test_second_thoughts(self) -> None:
        """Media that are refused for a moment only, and wanted again before anything was removed, stay."""
        await self.their_music()
        for number in range(2):
            made = await self.decided(reject_media=True)
            if number == 0:
                self.assertEqual(204, (await self.chief.delete(f"{POLICIES}{made['id']}/")).status)
            await self.worked()
            self.assertEqual(number == 0, await self.count("upload") > 0)

    async def test_block_all(self) -> None:
        """Hidden at once; everything goes, old content too; so it does below that server; others stay."""
        await self.their_music()
        await self.their_music(f"sub.{BAD}", await self.an_actor("eva", f"sub.{BAD}"))
        ann = await self.an_actor("ann", "fine.example")
        await self.their_music("fine.example", ann)
        await self.a_follow(self.chief.viewer.the_actor, actor=self.eve)
        await self.do("INSERT INTO activity (actor_id, type, payload) VALUES (%s, 'Like', '{}')", self.eve)
        self.assertEqual(3, len(await self.titles(self.chief)))
        made = await self.decided(block_all=True)
        self.assertEqual(1, len(await self.titles(self.chief)), "before anything is removed")
        self.assertEqual(404, (await self.chief.get(f"federation/actors/eve@{BAD}/")).status)
        self.assertEqual(404, (await self.chief.get(f"federation/domains/{BAD}/")).status)
        self.assertEqual(404, (await self.chief.get(f"federation/domains/sub.{BAD}/")).status)
        self.assertEqual(1, await self.worked())
        for table, left in (
            ("upload", 1),
            ("library", 1),
            ("track", 1),
            ("album", 1),
            ("artist", 1),
            ("attachment", 1),
            ("follow", 0),
            ("activity", 0),
        ):
            self.assertEqual(left, await self.count(table), table)
        doomed = await self.run_in(lambda tx: tx.many(str, "SELECT name FROM doomed_file ORDER BY name"))
        self.assertEqual(
            sorted(
                f"{kind}/{host}{ending}"
                for host in (BAD, f"sub.{BAD}")
                for kind, ending in (("covers", ".jpg"), ("tracks", ".mp3"))
            ),
            doomed,
        )
        self.assertEqual(0, await self.value("SELECT count(*) FROM actor WHERE domain LIKE %s", f"%{BAD}"))
        self.assertEqual(0, await self.worked())
        self.assertEqual(204, (await self.chief.delete(f"{POLICIES}{made['id']}/")).status)
        self.assertEqual(200, (await self.chief.get(f"federation/domains/{BAD}/")).status)

    async def test_a_blocked_actor_stays_a_name(self) -> None:
        """So that the policy holds on; the rest of their server stays."""
        await self.their_music()
        await self.an_actor("adam", BAD)
        await self.do("UPDATE actor SET name = 'Eve', summary = 'x', public_key = 'PEM' WHERE id = %s", self.eve)
        await self.decided(f"eve@{BAD}", block_all=True)
        self.assertEqual(404, (await self.chief.get(f"federation/actors/eve@{BAD}/")).status)
        self.assertEqual(200, (await self.chief.get(f"federation/actors/adam@{BAD}/")).status)
        await self.worked()
        self.assertEqual(
            (0, 0, 1), (await self.count("upload"), await self.count("artist"), await self.count("instance_policy"))
        )
        self.assertTrue(
            await self.value("SELECT name IS NULL AND public_key IS NULL FROM actor WHERE id = %s", self.eve)
        )

    async def test_reject_media(self) -> None:
        """What can be heard and seen goes; people, texts and follows stay."""
        library = await self.their_music()
        await self.a_follow(self.chief.viewer.the_actor, library=library)
        await self.do("INSERT INTO library_scan (library_id, status) VALUES (%s, 'finished')", library)
        await self.decided(reject_media=True)
        self.assertEqual(1, await self.worked())
        self.assertEqual(0, await self.count("library_scan"))  # so that it may be walked through anew when allowed
        self.assertEqual(
            (0, 1, 1), (await self.count("upload"), await self.count("library"), await self.count("follow"))
        )
        self.assertEqual(1, await self.value("SELECT count(*) FROM actor WHERE domain = %s", BAD))
        uuid = await self.value("SELECT uuid FROM attachment WHERE file IS NULL")
        self.assertEqual(502, (await self.chief.get(f"attachments/{uuid}/proxy/")).status)

    async def test_what_purges(self) -> None:
        """Only a switch that is turned on, by a policy that is active."""
        made = await self.decided(silence_activity=True, silence_notifications=True)
        place = f"{POLICIES}{made['id']}/"
        for change, jobs in (
            ({"is_active": False}, 0),
            ({"block_all": True}, 0),
            ({"is_active": True}, 1),
            ({"summary": "x"}, 0),
            ({"reject_media": True}, 1),
            ({"reject_media": True}, 0),
            ({"block_all": False}, 0),
        ):
            await self.chief.send("PATCH", place, change)
            self.assertEqual(jobs, await self.worked(), change)

    async def test_silence(self) -> None:
        """Only those who follow meet it."""
        library = await self.their_music()
        fan, guest = await self.person("fan"), await self.person("guest")
        await self.a_follow(fan.viewer.the_actor, library=library)
        await self.decided(f"eve@{BAD}", silence_activity=True)
        self.assertEqual(0, await self.worked())
        await self.do("UPDATE track SET attributed_to_id = %s", self.eve)
        await self.changed("catalog", "libraries")
        for client, found in ((guest, 0), (fan, 1)):
            self.assertEqual(found, len((await client.get("tracks/", playable="true")).json["results"]))
            self.assertEqual(found, len(await self.titles(client)))
            listed = (await client.get(f"federation/actors/eve@{BAD}/libraries/")).json["count"]
            self.assertEqual(found, listed)
        self.assertEqual(200, (await guest.get(f"federation/actors/eve@{BAD}/")).status)

    async def test_a_silenced_channel(self) -> None:
        """In no list; who names it may follow it, and then meets it."""
        voice = await self.an_actor("voice", BAD)
        library = await self.a_library(self.eve, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", library)
        artist = await self.an_artist("Voice", fid=f"https://{BAD}/a", attributed_to_id=self.eve)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, library, voice, self.eve,
        )  # fmt: skip
        await self.changed("catalog", "libraries")
        self.assertEqual(1, (await self.chief.get("channels/")).json["count"])
        await self.decided(silence_activity=True)
        self.assertEqual(0, (await self.chief.get("channels/")).json["count"])
        self.assertEqual(200, (await self.chief.get(f"channels/voice@{BAD}/")).status)
        self.assertEqual(201, (await self.chief.post(f"channels/voice@{BAD}/subscribe/")).status)
        self.assertEqual(1, (await self.chief.get("channels/")).json["count"])
        await self.decided(f"voice@{BAD}", block_all=True)
        self.assertEqual(404, (await self.chief.get(f"channels/voice@{BAD}/")).status)

    async def test_purge_of_a_server(self) -> None:
        """Without any policy; the server itself stays known."""
        await self.their_music()
        await self.chief.post(f"{DOMAINS}action/", {"action": "purge", "objects": [BAD]})
        await self.worked()
        self.assertEqual((0, 0), (await self.count("upload"), await self.count("artist")))
        self.assertEqual(200, (await self.chief.get(f"{DOMAINS}{BAD}/")).status)

    async def test_libraries_that_nobody_follows(self) -> None:
        """A private one cannot be played from the moment of unfollowing; a week later its uploads are gone."""
        library = await self.their_music(level="me")
        fan = await self.person("fan")
        await self.a_follow(fan.viewer.the_actor, library=library)
        public = await self.their_music("fine.example", await self.an_actor("ann", "fine.example"))
        await self.do("INSERT INTO job (kind, lane, args) VALUES (%s, 'maintenance', '{}')", ABANDONED)
        await self.worked(ABANDONED)
        self.assertEqual(2, await self.count("upload"))
        follow = (await fan.get("federation/follows/library/")).json["results"][0]["uuid"]
        self.assertEqual(2, len((await fan.get("tracks/", playable="true")).json["results"]))
        self.assertEqual(204, (await fan.delete(f"federation/follows/library/{follow}/")).status)
        self.assertEqual(1, len((await fan.get("tracks/", playable="true")).json["results"]))
        for back, left in ((0, 2), (6, 2), (8, 1)):
            await self.do(
                "UPDATE library SET abandoned = abandoned - %s * interval '1 day' WHERE id = %s", back, library
            )
            await self.parts.fediverse.moderation.purging.clear_abandoned()
            self.assertEqual(left, await self.count("upload"), back)
            await self.do("UPDATE library SET abandoned = now() WHERE abandoned IS NOT NULL AND id = %s", library)
        self.assertEqual(public, await self.value("SELECT library_id FROM upload"))


class DoorTests(ModerationCase):
    """What other servers get at the door, before anything of theirs is asked for."""

    AS = {"Accept": "application/activity+json"}

    async def posted(self, actor: str) -> int:
        """The status of an activity in the inbox of all, with a signature that nobody has looked at yet."""
        body = orjson.dumps({"type": "Follow", "id": f"{actor}/1", "actor": actor, "object": "https://pod.example/x"})
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        words = f'keyId="{actor}#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest"'
        headers = {
            "Host": HOME,
            "Date": formatdate(usegmt=True),
            "Digest": f"SHA-256={digest}",
            "Signature": f'{words},signature="{base64.b64encode(bytes(256)).decode()}"',
        }
        said = await self.visitor().ask("POST", "/federation/shared/inbox", body, "application/activity+json", headers)
        return said.status

    async def test_the_inbox(self) -> None:
        """403 for a blocked server, one below it, and a blocked actor; nobody's key is asked for."""
        await self.decided(block_all=True)
        await self.an_actor("mallory", "fine.example")
        await self.decided("mallory@fine.example", block_all=True)
        for actor in (
            f"https://{BAD}/users/eve",
            f"https://sub.{BAD}/users/eve",
            "https://fine.example/federation/actors/mallory",
        ):
            self.assertEqual(403, await self.posted(actor), actor)

    async def test_the_allow_list(self) -> None:
        """Unsigned: WebFinger, nodeinfo and no document; in the inbox: only who is on the list gets as far as a key."""
        library = await self.library_of(self.chief)
        fid = await self.value("SELECT uuid FROM library WHERE id = %s", library)
        place, finger = f"/federation/music/libraries/{fid}", "/.well-known/webfinger"
        self.assertEqual(200, (await self.visitor().get(place, self.AS)).status)
        await self.parts.preferences.change_one("moderation__allow_list_enabled", True)
        self.assertEqual(403, (await self.visitor().get(place, self.AS)).status)
        self.assertEqual(200, (await self.visitor().get(finger, resource=f"acct:chief@{HOME}")).status)
        self.assertEqual(200, (await self.visitor().get("/api/v1/instance/nodeinfo/2.0/")).status)
        self.assertEqual(403, await self.posted(f"https://{BAD}/users/eve"))


class AuthorizedFetchTests(ModerationCase):
    """``FEDERATION_AUTHORIZED_FETCH``"""

    environment: Mapping[str, str] = {"FEDERATION_AUTHORIZED_FETCH": "true"}

    async def test_unsigned(self) -> None:
        """401 for what is no actor."""
        library = await self.library_of(self.chief)
        fid = await self.value("SELECT uuid FROM library WHERE id = %s", library)
        said = await self.visitor().get(f"/federation/music/libraries/{fid}", DoorTests.AS)
        self.assertEqual(401, said.status)
        found = await self.visitor().get("/.well-known/webfinger", resource=f"acct:chief@{HOME}")
        self.assertEqual(200, found.status)


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
