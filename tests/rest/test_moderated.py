"""What becomes of what moderators decide: docs/federation.md §6."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from email.utils import formatdate

import orjson

from fwtwisted.core.fediverse.moderation.purging import ABANDONED
from tests.database import HOME
from tests.rest.moderating import BAD, DOMAINS, POLICIES, ModerationCase


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
