"""Libraries, outboxes and channels as other servers read them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tests.rest.federated import PUBLIC, FederationCase, read
from tests.rest.pod import URL


class LibraryTests(FederationCase):
    """``/federation/music/…``."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")

    async def filled(self, level: str, count: int) -> tuple[str, list[UUID]]:
        """A library with files; its path, and their uuids from the oldest."""
        made = await self.a_shelf(self.alice, level)
        id = await self.value("SELECT id FROM library WHERE uuid = %s", UUID(made["uuid"]))
        artist = await self.an_artist("Nova")
        album = await self.an_album("Tides", artist)
        uuids = [uuid4() for _ in range(count)]
        for number, uuid in enumerate(uuids, 1):
            await self.an_upload_named(uuid, id, await self.a_track(f"Tide {number}", artist, album, position=number))
        return f"/federation/music/libraries/{made['uuid']}", uuids

    async def test_a_library_and_its_pages(self) -> None:
        """Fifty a page, the newest first; walked by ``next`` alone every file is met once."""
        path, uuids = await self.filled("everyone", 53)
        document = await self.document(path)
        self.assertEqual(("Library", 53, PUBLIC), tuple(document[n] for n in ("type", "totalItems", "audience")))
        self.assertEqual((f"{URL}{path}?page=1", f"{URL}{path}?page=2"), (document["first"], document["last"]))
        self.assertEqual(("Mine", "All of it"), (document["name"], document["summary"]))
        met, place = [], document["first"]
        while place:
            page = await self.document(place)
            self.assertEqual(("CollectionPage", place, f"{URL}{path}"), (page["type"], page["id"], page["partOf"]))
            met += [item["id"] for item in page["items"]]
            for item in page["items"]:
                self.assertEqual((document["id"], "PT1M"), (item["library"], item["duration"]))
                self.assertNotIn("@context", item)
            place = page.get("next")
        self.assertEqual([f"{URL}/federation/music/uploads/{uuid}" for uuid in reversed(uuids)], met)
        followers = await self.document(f"{path}/followers")
        self.assertEqual((document["followers"], 0), (followers["id"], followers["totalItems"]))

    async def test_pages_that_are_none(self) -> None:
        """No number: 400; past the end: 404; the first of an empty library is empty."""
        path, _ = await self.filled("everyone", 1)
        for page, status in (("x", 400), ("-1", 400), ("", 400), ("0", 404), ("2", 404), ("9" * 30, 404), ("1", 200)):
            self.assertEqual(status, await self.status(f"{path}?page={page}"), page)
        empty, _ = await self.filled("everyone", 0)
        self.assertEqual([], (await self.document(empty, page=1))["items"])

    async def test_what_changes_is_told(self) -> None:
        """Though answers are kept."""
        path, _ = await self.filled("everyone", 1)
        [item] = (await self.document(path, page=1))["items"]
        await self.do("UPDATE track SET title = 'Ebb'")
        await self.changed()
        [again] = (await self.document(path, page=1))["items"]
        self.assertEqual(["Tide 1", "Ebb"], [one["track"]["name"] for one in (item, again)])
        uuid = path.rpartition("/")[2]
        said = await self.alice.send("PATCH", f"libraries/{uuid}/", {"privacy_level": "me"})
        self.assertEqual(200, said.status, said)
        self.assertEqual(403, await self.status(f"{path}?page=1"))

    async def test_a_private_library(self) -> None:
        """Everybody may know of it, nobody of what is in it."""
        for level in ("me", "instance"):
            path, [uuid] = await self.filled(level, 1)
            document = await self.document(path)
            self.assertEqual((1, ""), (document["totalItems"], document["audience"]))
            self.assertEqual(403, await self.status(f"{path}?page=1"))
            self.assertEqual(404, await self.status(f"/federation/music/uploads/{uuid}"))

    async def test_old_funkwhale_is_told_seconds(self) -> None:
        """By what it says to be, as long as nobody signed."""
        path, [uuid] = await self.filled("everyone", 1)
        old = {"User-Agent": "python-requests (funkwhale/1.4.0; +https://far.example)"}
        new = {"User-Agent": "python-requests (funkwhale/2.0.0; +https://far.example)"}
        upload = f"/federation/music/uploads/{uuid}"
        for agent, told in ((old, 60), (new, "PT1M"), (old, 60)):
            self.assertEqual(told, read(await self.peer.get(upload, agent))["duration"])
            [item] = read(await self.peer.get(f"{path}?page=1", agent))["items"]
            self.assertEqual(told, item["duration"])

    async def test_works(self) -> None:
        """Tracks, albums, artists and names on them each have their place; what is elsewhere is not shown here."""
        await self.filled("me", 1)
        track, album, artist = [await self.value(f"SELECT uuid FROM {kind}") for kind in ("track", "album", "artist")]
        for kind, one in (("track", track), ("album", album), ("artist", artist)):
            id = f"{URL}/federation/music/{kind}s/{one}"
            await self.do(f"UPDATE {kind} SET fid = %s", id)
            await self.changed()
            document = await self.document(f"/federation/music/{kind}s/{one}")
            self.assertEqual((kind.title(), id), (document["type"], document["id"]))
        document = await self.document(f"/federation/music/tracks/{track}")
        self.assertEqual(f"{URL}/federation/music/albums/{album}", document["album"]["id"])
        [credit] = document["artist_credit"]
        told = await self.document(credit["id"])
        self.assertEqual({**credit, "@context": told["@context"]}, told)
        await self.do("UPDATE artist SET fid = 'https://far.example/artists/1'")
        await self.changed()
        self.assertEqual(404, await self.status(f"/federation/music/artists/{artist}"))
        document = await self.document(f"/federation/music/tracks/{track}")
        self.assertEqual("https://far.example/artists/1", document["artists"][0]["id"])

    async def test_nothing_there(self) -> None:
        """404, and no hint."""
        for kind in ("libraries", "uploads", "tracks", "albums", "artists", "artistcredit", "likes", "listenings"):
            self.assertEqual(404, await self.status(f"/federation/music/{kind}/{uuid4()}"), kind)
        for path in ("uploads/{}/activity", "uploads/{}/note", "libraries/{}/followers"):
            self.assertEqual(404, await self.status(f"/federation/music/{path.format(uuid4())}"))
        self.assertEqual(404, await self.status(f"/federation/reports/{uuid4()}"))

    async def test_deeds(self) -> None:
        """What somebody likes is told when they let everybody know."""
        _, _ = await self.filled("everyone", 1)
        track = await self.value("SELECT id FROM track")
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", self.alice.viewer.actor_id, track)
        uuid = await self.value("SELECT uuid FROM favorite")
        path = f"/federation/music/likes/{uuid}"
        for level, status in (("me", 404), ("instance", 404), ("followers", 404), ("everyone", 200)):
            await self.do("UPDATE account SET privacy_level = %s", level)
            self.assertEqual(status, await self.status(path), level)
        document = await self.document(path)
        self.assertEqual(("Like", f"{URL}{path}"), (document["type"], document["id"]))
        self.assertEqual(await self.value("SELECT fid FROM track"), document["object"]["id"])


class OutboxTests(FederationCase):
    """What people said to everybody, or to those who follow them."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.box = "/federation/actors/alice/outbox"

    async def items(self) -> list[Any]:
        """What a stranger finds on the first page, the newest first."""
        page = await self.document(f"{self.box}?page=1")
        self.assertEqual((page["totalItems"], "OrderedCollectionPage"), (len(page["orderedItems"]), page["type"]))
        found: list[Any] = page["orderedItems"]
        return found

    async def test_an_outbox(self) -> None:
        """Files in public libraries always; what they like and hear, as their level has it; nothing private."""
        for level, count in (("everyone", 2), ("me", 1)):
            await self.an_album_of(await self.library_of(self.alice, level), "Nova", level, count)
        await self.do("UPDATE account SET privacy_level = 'everyone'")
        for place in ("favorites/tracks/", "history/listenings/"):
            await self.alice.post(place, {"track": await self.value("SELECT min(id) FROM track")})
        for level, kinds in (
            ("everyone", ["Listen", "Like", "Create", "Create"]), ("followers", ["Create"] * 2), ("me", ["Create"] * 2),
        ):  # fmt: skip
            await self.do("UPDATE account SET privacy_level = %s", level)
            found = await self.items()
            self.assertEqual(kinds, [one["type"] for one in found], level)
            self.assertEqual(len(kinds), (await self.document(self.box))["totalItems"])
            for one in found:
                self.assertEqual(f"{URL}/federation/actors/alice", one["actor"])
        self.assertEqual("Audio", found[-1]["object"]["type"])
        self.assertIn(PUBLIC, found[-1]["to"])

    async def test_pages(self) -> None:
        """Each thing on one page; an empty outbox has a first page; what is no page is none."""
        self.assertEqual([], await self.items())
        await self.an_album_of(await self.library_of(self.alice, "everyone"), "Nova", "Tides", 5)
        await self.parts.preferences.change_one("federation__collection_page_size", 2)
        seen = [one["id"] for number in (1, 2, 3) for one in
                (await self.document(f"{self.box}?page={number}"))["orderedItems"]]  # fmt: skip
        self.assertEqual((5, 5), (len(seen), len(set(seen))))
        self.assertEqual(404, await self.status(f"{self.box}?page=4"))
        self.assertEqual(400, await self.status(f"{self.box}?page=x"))


class ChannelTests(FederationCase):
    """Channels and what they publish."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.made = await self.channel(self.alice)

    async def test_the_channel(self) -> None:
        """A person with a feed, a category and tags, whom everybody may follow at once."""
        document = await self.document("/federation/actors/waves")
        self.assertEqual(("Person", "Waves", "music"), tuple(document[n] for n in ("type", "name", "category")))
        self.assertFalse(document["manuallyApprovesFollowers"])
        self.assertEqual(f"{URL}/federation/actors/alice", document["attributedTo"])
        self.assertEqual(["#ocean", "#sea"], [tag["name"] for tag in document["tag"]])
        self.assertEqual([f"{URL}/channels/waves", f"{URL}/api/v1/channels/waves/rss"],
                         [link["href"] for link in document["url"]])  # fmt: skip
        self.assertNotIn("https://funkwhale.audio/ns", document["@context"])
        self.assertIs(True, document["discoverable"], "Mastodon lists and recommends only those who want it")
        self.assertIs(True, document["indexable"])
        self.assertNotIn("discoverable", await self.document("/federation/actors/alice"))

    async def test_the_type_of_an_attached_file(self) -> None:
        """Opus is told as the Ogg that it lies in, or Mastodon would not fetch it; the link says what it is."""
        uuid = await self.a_post(self.made, mimetype="audio/opus")
        document = await self.document(f"/federation/music/uploads/{uuid}")
        kinds = [document["url"][1]["mediaType"], document["attachment"][0]["mediaType"]]
        self.assertEqual(["audio/opus", "audio/ogg"], kinds)

    async def test_the_picture_of_a_post(self) -> None:
        """Stands beside the sound, where Mastodon's player looks for it, as it stands in the post."""
        uuid = await self.a_post(self.made)
        place = f"/federation/music/uploads/{uuid}"
        for tail in ("", "/note"):
            [sound] = (await self.document(place + tail))["attachment"]
            self.assertNotIn("icon", sound)
        cover = await self.value(
            "INSERT INTO attachment (file, mimetype, size) VALUES ('attachments/a/b.png', 'image/png', 1) RETURNING id"
        )
        await self.do("UPDATE track SET cover_id = %s", cover)
        await self.changed()
        for tail in ("", "/note"):
            document = await self.document(place + tail)
            [sound] = document["attachment"]
            self.assertEqual(("Audio", document["image"]), (sound["type"], sound["icon"]))
            self.assertEqual(("Image", "image/png"), (sound["icon"]["type"], sound["icon"]["mediaType"]))

    async def test_posts(self) -> None:
        """In the outbox as they were sent, each at its place, as Audio and as Note."""
        uuids = [await self.a_post(self.made, f"Part {number}") for number in range(1, 4)]
        outbox = await self.document("/federation/actors/waves/outbox")
        self.assertEqual((3, f"{URL}/federation/actors/waves"), (outbox["totalItems"], outbox["attributedTo"]))
        page = await self.document(outbox["first"])
        self.assertEqual("OrderedCollectionPage", page["type"])
        self.assertEqual(["Part 3", "Part 2", "Part 1"], [one["object"]["name"] for one in page["orderedItems"]])
        for one in page["orderedItems"]:
            self.assertEqual(page["@context"], one["@context"], "Funkwhale 1.x reads each by itself")
        place = f"/federation/music/uploads/{uuids[2]}"
        activity, audio = await self.document(f"{place}/activity"), await self.document(place)
        self.assertEqual(page["orderedItems"][0], activity)
        self.assertEqual(("Create", [PUBLIC]), (activity["type"], activity["to"]))
        self.assertEqual({**activity["object"], "@context": audio["@context"]}, audio)
        self.assertNotIn("duration", audio)
        note = await self.document(f"{place}/note")
        self.assertEqual((f"{URL}{place}/note", "Note"), (note["id"], note["type"]))
        for method in ("library", "track"):
            self.assertNotIn(method, audio)

    async def test_what_others_think_of_posts(self) -> None:
        """Audio and Note count likes and boosts, without names; the collections stand for themselves, too."""
        uuid = await self.a_post(self.made, "Part")
        track = await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid)
        for number, kind in enumerate(("favorite", "favorite", "boost")):
            eve = await self.an_actor(f"eve{number}", "far.example")
            await self.do("INSERT INTO remote_deed (fid, kind, actor_id, track_id) VALUES (%s, %s, %s, %s)",
                          f"https://far.example/{number}", kind, eve, track)  # fmt: skip
        await self.alice.post("favorites/tracks/", {"track": track})
        place = f"/federation/music/uploads/{uuid}"
        for likes, level in ((2, "instance"), (3, "everyone")):
            await self.do("UPDATE account SET privacy_level = %s", level)
            for form in ("", "/note"):
                document = await self.document(f"{place}{form}")
                self.assertEqual(
                    ({"type": "Collection", "id": f"{URL}{place}/likes", "totalItems": likes}, 1),
                    (document["likes"], document["shares"]["totalItems"]),
                )
            counted = await self.document(f"{place}/likes")
            self.assertEqual((f"{URL}{place}/likes", likes), (counted["id"], counted["totalItems"]))
        self.assertEqual(
            404, await self.status("/federation/music/uploads/00000000-0000-4000-8000-000000000000/shares")
        )

    async def test_its_library_is_not_one(self) -> None:
        """What a channel publishes has no place as a library."""
        uuid = await self.value("SELECT uuid FROM library WHERE is_channel")
        self.assertEqual(404, await self.status(f"/federation/music/libraries/{uuid}"))

    async def test_indexes(self) -> None:
        """Public libraries and channels, unless an administrator wants none."""
        public, _ = await self.a_shelf(self.alice, "everyone"), await self.a_shelf(self.alice, "me")
        await self.changed("libraries")
        for name, id in (("libraries", public["fid"]), ("channels", f"{URL}/federation/actors/waves")):
            index = await self.document(f"/federation/index/{name}")
            self.assertEqual(("OrderedCollection", 1), (index["type"], index["totalItems"]))
            page = await self.document(index["first"])
            self.assertEqual([id], [item["id"] for item in page["orderedItems"]])
            await self.parts.preferences.change_one("federation__public_index", False)
            self.assertEqual(405, await self.status(f"/federation/index/{name}"))
            await self.parts.preferences.change_one("federation__public_index", True)
