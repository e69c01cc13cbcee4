"""What other programs of the fediverse insist on before they show us: docs/federation.md §2.2, §2.3, §7."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.rest.federated import ACTIVITY, KEYS, LD, PUBLIC, FederationCase, read
from tests.rest.pod import URL

# As they ask for documents.
ACCEPTED = {
    "Mastodon": "application/activity+json, application/ld+json",
    "Mastodon's links": f"{ACTIVITY}, {LD}, text/html;q=0.1",
    "GoToSocial": f"{ACTIVITY},{LD}",
    "Pleroma": ACTIVITY,
    "Misskey": f"{ACTIVITY}, {LD}",
    "Fedify": f"{ACTIVITY}, {LD}",
    "Lemmy": ACTIVITY,
    "Ghost": f"{LD}, {ACTIVITY}",
}
HOST = urlsplit(URL).netloc


class StrictReaderTests(FederationCase):
    """A person, the pod and a channel with a post."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        alice = await self.person("alice")
        await self.do("UPDATE actor SET public_key = %s WHERE preferred_username = 'alice'", KEYS.public)
        self.post = await self.a_post(await self.channel(alice))

    async def test_the_type_of_a_document(self) -> None:
        """However they ask for it, it is one that all of them take; never plain JSON, never without the profile."""
        for path in ("actors/alice", "actors/waves", f"music/uploads/{self.post}"):
            for program, accept in ACCEPTED.items():
                said = await self.peer.get(f"/federation/{path}", {"Accept": accept})
                self.assertEqual(200, said.status, (path, program))
                self.assertIn(said.header("Content-Type"), (ACTIVITY, LD), (path, program))
                self.assertEqual(f"{URL}/federation/{path}", orjson.loads(said.body)["id"], program)

    async def test_the_way_round(self) -> None:
        """From the handle to the actor, and from there to the same handle."""
        for name in ("alice", "waves", "service"):
            finger = orjson.loads((await self.peer.get("/.well-known/webfinger", resource=f"acct:{name}@{HOST}")).body)
            [id] = [link["href"] for link in finger["links"] if link["rel"] == "self"]
            actor = await self.document(urlsplit(id).path)
            self.assertEqual(id, actor["id"])
            again = f"acct:{actor['preferredUsername']}@{urlsplit(actor['id']).netloc}"
            self.assertEqual(again, finger["subject"])
            for other in (id, actor["url"][0]["href"]):
                found = orjson.loads((await self.peer.get("/.well-known/webfinger", resource=other)).body)
                self.assertEqual(again, found["subject"], other)

    async def test_an_actor(self) -> None:
        """Key, inboxes and collections are where it is; its first link is a page; all that is needed is there."""
        for name in ("alice", "waves", "service"):
            actor = await self.document(f"/federation/actors/{name}")
            self.assertIn(actor["type"], ("Person", "Service"))
            self.assertEqual("https://www.w3.org/ns/activitystreams", actor["@context"][0])
            self.assertEqual(
                (actor["id"], f"{actor['id']}#main-key"), (actor["publicKey"]["owner"], actor["publicKey"]["id"])
            )
            self.assertTrue(actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----"))
            self.assertEqual("text/html", actor["url"][0]["mediaType"])
            self.assertIs(bool, type(actor["manuallyApprovesFollowers"]))
            for place in ("inbox", "outbox", "followers", "following"):
                self.assertTrue(actor[place].startswith(actor["id"] + "/"), place)
            self.assertEqual(HOST, urlsplit(actor["endpoints"]["sharedInbox"]).netloc)
            for place in ("outbox", "followers", "following"):
                told = await self.document(urlsplit(actor[place]).path)
                self.assertEqual((actor[place], "OrderedCollection"), (told["id"], told["type"]))
                self.assertIs(int, type(told["totalItems"]))

    async def test_a_post(self) -> None:
        """For everybody, by the channel, dated, with a page first, sound that plays, and tags that lead somewhere."""
        path = f"/federation/music/uploads/{self.post}"
        activity: dict[str, Any] = read(await self.peer.get(f"{path}/activity"))
        channel = f"{URL}/federation/actors/waves"
        audio, note = activity["object"], read(await self.peer.get(f"{path}/note"))
        self.assertEqual((channel, channel), (activity["actor"], audio["attributedTo"]))
        self.assertEqual({HOST}, {urlsplit(one["id"]).netloc for one in (activity, audio, note)})
        for one in (activity, audio, note):
            self.assertIn(PUBLIC, one["to"])
            self.assertIn(f"{channel}/followers", one["cc"])
            self.assertIsNotNone(datetime.fromisoformat(one["published"]).tzinfo)
        self.assertEqual(["text/html", "audio"], [link["mediaType"].removesuffix("/mpeg") for link in audio["url"]])
        for one in (audio, note):
            [sound] = one["attachment"]
            self.assertTrue(sound["mediaType"].startswith("audio/"))
            self.assertEqual(HOST, urlsplit(sound["url"]).netloc)
            for tag in one.get("tag", []):
                self.assertTrue(tag["name"].startswith("#") and tag["href"].startswith(URL), tag)
        self.assertNotIn("name", note, "Mastodon shows the name of a Note as its warning")
        self.assertIsInstance(note["content"], str)
