"""Channels over HTTP: made, shown, changed, followed, published in, and gone (docs/api.md §4.15)."""

from __future__ import annotations

from typing import Any

import orjson
from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.db import jobs
from tests.audio import make
from tests.rest.pod import Client, PodCase
from tests.rest.test_pictures import picture
from tests.web.serving import Answer

WISH: dict[str, Any] = {
    "name": "Night Talk",
    "username": "nighttalk",
    "description": {"text": "Talk *at* night", "content_type": "text/markdown"},
    "tags": ["Talk", "Night"],
    "content_category": "podcast",
    "metadata": {"language": "en", "itunes_category": "Comedy", "itunes_subcategory": "Improv"},
}


class ChannelCase(PodCase):
    """Somebody with a channel."""

    async def a_channel(self, who: Client, **wishes: Any) -> Any:
        """A new channel's document."""
        said = await who.post("channels/", {**WISH, **wishes})
        self.assertEqual(201, said.status, said.body)
        return said.json

    async def a_picture(self, who: Client) -> str:
        """A picture's uuid."""
        said = await who.parts("attachments/", ("file", "cover.jpg", picture()))
        self.assertEqual(201, said.status, said.body)
        return str(said.json["uuid"])

    async def sent(self, who: Client, channel: str, metadata: Any, status: str = "draft", kind: str = "mp3") -> Answer:
        """Send a file into a channel."""
        path = make(self.mktemp(), kind, title="Wrong", artist="Nobody", album="None of it")
        return await who.parts(
            "uploads/",
            ("audio_file", f"ep.{kind}", path.read_bytes()),
            ("channel", None, channel.encode()),
            ("import_status", None, status.encode()),
            ("import_metadata", None, orjson.dumps(metadata)),
            ("source", None, b"upload://ep.mp3"),
        )

    async def work(self) -> None:
        """Do all jobs that are due."""
        kinds = self.parts.jobs()
        while jobs := await self.run_in(_claimed, list(kinds)):
            for job in jobs:
                await kinds[job.kind].run(job)
                await self.do("DELETE FROM job WHERE id = %s", job.id)

    async def an_episode(self, who: Client, channel: Any, **metadata: Any) -> Any:
        """A published episode: its upload's document."""
        said = await self.sent(who, channel["uuid"], {"title": "Pilot", **metadata}, "pending")
        self.assertEqual(201, said.status, said.body)
        await self.work()
        found = (await who.get(f"uploads/{said.json['uuid']}/")).json
        self.assertEqual("finished", found["import_status"], found)
        return found


async def _claimed(tx: Any, kinds: list[str]) -> list[Any]:
    found = []
    for lane in ("import", "fetch", "maintenance"):
        found += await jobs.claim(tx, lane, kinds, 50, 60.0)
    return found


class MakingTests(ChannelCase):
    """What is made of a wish."""

    async def test_a_channel_has_all_its_parts(self) -> None:
        """The document of the contract; an actor with keys, an artist, a hidden library."""
        alice = await self.person("alice")
        cover = await self.a_picture(alice)
        made = await self.a_channel(alice, cover=cover)
        self.assertEqual(
            {"uuid", "artist", "attributed_to", "actor", "creation_date", "metadata", "rss_url", "url",
             "downloads_count", "subscriptions_count"},
            set(made),
        )  # fmt: skip
        self.assertEqual("Night Talk", made["artist"]["name"])
        self.assertEqual(["Night", "Talk"], made["artist"]["tags"])
        self.assertEqual(cover, made["artist"]["cover"]["uuid"])
        self.assertEqual("<p>Talk <em>at</em> night</p>", made["artist"]["description"]["html"].strip())
        self.assertEqual("nighttalk@pod.example", made["actor"]["full_username"])
        self.assertEqual("alice", made["attributed_to"]["preferred_username"])
        self.assertEqual("https://pod.example/api/v1/channels/nighttalk/rss", made["rss_url"])
        self.assertIsNone(made["url"])
        self.assertEqual((0, 0), (made["downloads_count"], made["subscriptions_count"]))
        self.assertEqual([], (await alice.get("libraries/?scope=me")).json["results"])
        key = await self.value("SELECT private_key FROM actor WHERE preferred_username = 'nighttalk'")
        self.assertIn("PRIVATE KEY", key)

    async def test_it_is_found_by_each_name(self) -> None:
        """uuid, username, handle, in any case of letters; others are not found."""
        alice = await self.person("alice")
        made = await self.a_channel(alice)
        for name in (made["uuid"], "nighttalk", "NightTalk", "nighttalk@pod.example", "nighttalk@POD.example"):
            said = await alice.get(f"channels/{name}")
            self.assertEqual((200, made["uuid"]), (said.status, said.json["uuid"]), name)
        for name in ("other", "nighttalk@other.example", "0" * 32, "alice"):
            self.assertEqual(404, (await alice.get(f"channels/{name}/")).status, name)

    async def test_wrong_wishes(self) -> None:
        """Each wrong field is named, those of the metadata flat."""
        alice = await self.person("alice")
        await self.a_channel(alice)
        for changed, field in (
            ({"username": "nighttalk"}, "username"), ({"username": "ALICE"}, "username"),
            ({"username": "a b"}, "username"), ({"username": "service"}, "username"), ({"name": ""}, "name"),
            ({"tags": ["a b"]}, "tags"), ({"tags": "a-b"}, "tags"), ({"content_category": "film"}, "content_category"),
            ({"metadata": {"language": "en"}}, "itunes_category"), ({"metadata": {}}, "language"),
            ({"metadata": {"language": "xx1", "itunes_category": "Comedy"}}, "language"),
            ({"metadata": {"language": "en", "itunes_category": "Comedy", "itunes_subcategory": "Chess"}},
             "itunes_subcategory"),
            ({"description": {"text": "x" * 5001}}, "description"), ({"cover": "0" * 32}, "cover"),
            ({"metadata": {**WISH["metadata"], "owner_email": "nobody"}}, "owner_email"),
        ):  # fmt: skip
            said = await alice.post("channels/", {**WISH, "username": "another", **changed})
            self.assertEqual(400, said.status, (changed, said.body))
            self.assertIn(field, said.json, changed)
        self.assertEqual(1, await self.value("SELECT count(*) FROM channel"))
        self.assertEqual(400, (await alice.post("channels/", {})).status)

    async def test_at_most_so_many(self) -> None:
        """audio__max_channels counts for each person."""
        await self.parts.preferences.change_one("audio__max_channels", 1)
        alice, bob = await self.person("alice"), await self.person("bob")
        await self.a_channel(alice)
        said = await alice.post("channels/", {**WISH, "username": "second"})
        self.assertEqual((400, {"non_field_errors"}), (said.status, set(said.json)))
        await self.a_channel(bob, username="second")

    async def test_one_name_for_two(self) -> None:
        """Of those who want a name at the same time one gets it, and one person no more channels than allowed."""
        await self.parts.preferences.change_one("audio__max_channels", 2)
        alice, bob = await self.person("alice"), await self.person("bob")
        wishes = [(alice, WISH), (bob, WISH)] + [(alice, {**WISH, "username": f"more{n}"}) for n in range(3)]
        said = await gatherResults([Deferred.fromCoroutine(who.post("channels/", wish)) for who, wish in wishes])
        self.assertLessEqual({one.status for one in said}, {201, 400})
        self.assertEqual(1, await self.value("SELECT count(*) FROM actor WHERE preferred_username = 'nighttalk'"))
        owned = "SELECT count(*) FROM channel WHERE attributed_to_id = %s"
        self.assertEqual(2, await self.value(owned, alice.viewer.actor_id))

    async def test_switched_off(self) -> None:
        """405 everywhere, for everybody."""
        alice = await self.person("alice")
        made = await self.a_channel(alice)
        await self.parts.preferences.change_one("audio__channels_enabled", False)
        for method, path in (
            ("GET", "channels/"), ("POST", "channels/"), ("GET", f"channels/{made['uuid']}/"),
            ("PATCH", f"channels/{made['uuid']}/"), ("DELETE", f"channels/{made['uuid']}/"),
            ("GET", "channels/nighttalk/rss"), ("POST", "channels/nighttalk/subscribe/"),
            ("POST", "channels/nighttalk/unsubscribe/"), ("GET", "channels/metadata-choices/"),
            ("POST", "channels/rss-subscribe/"), ("GET", "subscriptions/"), ("GET", "subscriptions/all/"),
            ("GET", f"subscriptions/{made['uuid']}/"),
        ):  # fmt: skip
            self.assertEqual(405, (await alice.send(method, path, {} if method != "GET" else None)).status, path)


class ChangingTests(ChannelCase):
    """What owners do with their channels, and others do not."""

    async def test_a_change(self) -> None:
        """What is named changes, the rest stays."""
        alice = await self.person("alice")
        made = await self.a_channel(alice, cover=await self.a_picture(alice))
        said = await alice.send("PATCH", "channels/nighttalk/", {"name": "Day Talk", "tags": ["Day"], "username": "x"})
        self.assertEqual(200, said.status, said.body)
        self.assertEqual(("Day Talk", ["Day"]), (said.json["artist"]["name"], said.json["artist"]["tags"]))
        self.assertEqual("Day Talk", said.json["actor"]["name"])
        for name in ("description", "cover", "content_category"):
            self.assertEqual(made["artist"][name], said.json["artist"][name])
        again = await alice.send(
            "PUT", "channels/nighttalk/",
            {"cover": None, "description": None, "metadata": {**WISH["metadata"], "explicit": True}},
        )  # fmt: skip
        self.assertEqual((None, None), (again.json["artist"]["cover"], again.json["artist"]["description"]))
        self.assertTrue(again.json["metadata"]["explicit"])
        wrong = await alice.send("PATCH", "channels/nighttalk/", {"metadata": {"language": "en"}})
        self.assertEqual((400, {"itunes_category"}), (wrong.status, set(wrong.json)))
        music = await alice.send("PATCH", "channels/nighttalk/", {"content_category": "music", "metadata": {"a": 1}})
        self.assertEqual({"a": 1}, music.json["metadata"])
        back = await alice.send("PATCH", "channels/nighttalk/", {"content_category": "podcast"})
        self.assertEqual(400, back.status)

    async def test_others_may_not(self) -> None:
        """403 for others' channels, 404 for unknown ones, 401 for nobody."""
        alice, bob = await self.person("alice"), await self.person("bob")
        await self.a_channel(alice)
        for method in ("PATCH", "PUT", "DELETE"):
            self.assertEqual(403, (await bob.send(method, "channels/nighttalk/", {"name": "Mine"})).status)
            self.assertEqual(404, (await bob.send(method, "channels/unknown/", {"name": "Mine"})).status)
            self.assertEqual(401, (await self.visitor().send(method, "channels/nighttalk/", {})).status)
        self.assertEqual("Night Talk", (await alice.get("channels/nighttalk/")).json["artist"]["name"])

    async def test_removal_takes_everything_along(self) -> None:
        """Episodes, series, files and followers; the name stays taken."""
        alice, bob = await self.person("alice"), await self.person("bob")
        made = await self.a_channel(alice, cover=await self.a_picture(alice))
        await alice.post("albums/", {"title": "Season 1", "artist": made["artist"]["id"]})
        await self.an_episode(alice, made)
        await bob.post("channels/nighttalk/subscribe/")
        self.assertEqual(204, (await alice.delete("channels/nighttalk/")).status)
        self.assertEqual(404, (await alice.get("channels/nighttalk/")).status)
        for table in ("channel", "artist", "album", "track", "upload", "library", "follow"):
            self.assertEqual(0, await self.value(f"SELECT count(*) FROM {table}"), table)
        await self.work()
        self.assertEqual([], [name async for name in self.ground.blobs.names("tracks/")])
        self.assertEqual(400, (await alice.post("channels/", WISH)).status)

    async def test_channels_go_with_their_owner(self) -> None:
        """When an account is closed, nothing of its channels is left but the names."""
        account = await self.account("carol")
        carol = self.visitor()
        await carol.form("users/login", username="carol", password="correct horse 41")
        await self.a_channel(carol)
        said = await carol.delete("users/me/", {"confirm": True, "password": "correct horse 41"})
        self.assertEqual(204, said.status, said.body)
        await self.work()
        for table in ("channel", "artist", "library"):
            self.assertEqual(0, await self.value(f"SELECT count(*) FROM {table}"), (table, account))


class ListTests(ChannelCase):
    """Which channels are listed."""

    async def names(self, who: Client, **query: Any) -> list[str]:
        """The names on the first page."""
        said = await who.get("channels/", **query)
        self.assertEqual(200, said.status, said.body)
        self.assertEqual(len(said.json["results"]), said.json["count"])
        return [one["artist"]["name"] for one in said.json["results"]]

    async def test_filters_and_orders(self) -> None:
        """Words, tags, scope, subscriptions, hidden artists; strict orders."""
        alice, bob = await self.person("alice"), await self.person("bob")
        one = await self.a_channel(alice, name="Álpha Café", username="one", tags=["Talk", "Food"])
        await self.a_channel(bob, name="Beta", username="two", tags=["Talk"])
        await alice.post("channels/two/subscribe/")
        self.assertEqual(["Beta", "Álpha Café"], await self.names(alice))
        self.assertEqual(["Álpha Café", "Beta"], await self.names(alice, ordering="creation_date"))
        self.assertEqual(2, len(await self.names(alice, ordering="random")))
        for query, expected in (
            ({"q": "alpha cafe"}, ["Álpha Café"]), ({"q": "gamma"}, []), ({"q": "two"}, ["Beta"]),
            ({"tag": ["talk", "food"]}, ["Álpha Café"]), ({"scope": "me"}, ["Álpha Café"]),
            ({"scope": "actor:bob@pod.example"}, ["Beta"]), ({"scope": "domain:other.example"}, []),
            ({"scope": "nonsense"}, []), ({"subscribed": "true"}, ["Beta"]), ({"subscribed": "false"}, ["Álpha Café"]),
            ({"external": "true"}, []), ({"external": "false"}, ["Beta", "Álpha Café"]),
        ):  # fmt: skip
            self.assertEqual(expected, await self.names(alice, **query), query)
        self.assertEqual(400, (await alice.get("channels/", ordering="name")).status)
        await self.do(
            "INSERT INTO content_filter (account_id, artist_id) VALUES (%s, %s)",
            alice.viewer.account_id, one["artist"]["id"],
        )  # fmt: skip
        self.assertEqual(["Beta"], await self.names(alice))
        self.assertEqual(["Álpha Café"], await self.names(alice, hidden="true"))
        self.assertEqual(2, len(await self.names(alice, hidden="")))

    async def test_who_may_look(self) -> None:
        """Visitors only of an open pod."""
        await self.a_channel(await self.person("alice"))
        self.assertEqual(401, (await self.visitor().get("channels/")).status)
        self.assertEqual(401, (await self.visitor().get("channels/nighttalk/rss")).status)
        await self.open_up()
        self.assertEqual(["Night Talk"], await self.names(self.visitor()))
        self.assertEqual(200, (await self.visitor().get("channels/nighttalk/")).status)
        self.assertEqual(401, (await self.visitor().post("channels/nighttalk/subscribe/")).status)

    async def test_choices(self) -> None:
        """Languages by their two letters, categories with those within."""
        said = (await self.visitor().get("channels/metadata-choices")).json
        self.assertIn({"value": "en", "label": "English"}, said["language"])
        self.assertEqual(19, len(said["itunes_category"]))
        self.assertIn("Improv", next(one for one in said["itunes_category"] if one["value"] == "Comedy")["children"])


class FollowingTests(ChannelCase):
    """Subscriptions."""

    async def test_subscribe_and_back(self) -> None:
        """Twice is once; the lists tell; the count follows."""
        alice, bob = await self.person("alice"), await self.person("bob")
        made = await self.a_channel(alice)
        said = await bob.post("channels/nighttalk@pod.example/subscribe/")
        self.assertEqual(201, said.status, said.body)
        self.assertEqual({"approved", "fid", "uuid", "creation_date", "channel"}, set(said.json))
        self.assertTrue(said.json["approved"])
        self.assertEqual(said.json["uuid"], (await bob.post("channels/nighttalk/subscribe")).json["uuid"])
        self.assertEqual(1, (await bob.get("channels/nighttalk/")).json["subscriptions_count"])
        self.assertEqual(
            {"results": [{"uuid": said.json["uuid"], "channel": made["uuid"]}], "count": 1},
            (await bob.get("subscriptions/all/")).json,
        )
        listed = (await bob.get("subscriptions/")).json
        self.assertEqual((1, made["uuid"]), (listed["count"], listed["results"][0]["channel"]["uuid"]))
        self.assertEqual(200, (await bob.get(f"subscriptions/{said.json['uuid']}")).status)
        self.assertEqual(404, (await alice.get(f"subscriptions/{said.json['uuid']}")).status)
        self.assertEqual(204, (await bob.post("channels/nighttalk/unsubscribe/")).status)
        self.assertEqual(204, (await bob.delete("channels/nighttalk/unsubscribe/")).status)
        self.assertEqual(0, (await bob.get("subscriptions/all/")).json["count"])
        self.assertEqual(404, (await bob.post("channels/unknown/subscribe/")).status)


class PublishingTests(ChannelCase):
    """Uploads into a channel."""

    async def test_from_draft_to_episode(self) -> None:
        """The web app's way: draft, words, publish; the tags of the file count for nothing."""
        alice = await self.person("alice")
        made = await self.a_channel(alice)
        series = (await alice.post("albums/", {"title": "Season 1", "artist": made["artist"]["id"]})).json
        draft = await self.sent(alice, made["uuid"], {"title": "ep1", "license": None, "album": None})
        self.assertEqual((201, "draft", None), (draft.status, draft.json["import_status"], draft.json["track"]))
        uuid = draft.json["uuid"]
        listed = await alice.get("uploads", import_status="draft", channel=made["uuid"])
        self.assertEqual([uuid], [one["uuid"] for one in listed.json["results"]])
        tags = (await alice.get(f"uploads/{uuid}/audio-file-metadata/")).json
        self.assertEqual("Wrong", tags["title"])
        cover = await self.a_picture(alice)
        words = {
            "title": "Pilot", "description": "*First*", "tags": ["One"], "position": 1, "cover": cover,
            "license": "cc-by-4.0", "album": series["id"], "copyright": "Me",
        }  # fmt: skip
        changed = await alice.send("PATCH", f"uploads/{uuid}/", {"import_metadata": words})
        self.assertEqual(200, changed.status, changed.body)
        told = await alice.post("uploads/action/", {"action": "publish", "objects": [uuid]})
        self.assertEqual({"updated": 1, "action": "publish", "result": None}, told.json)
        await self.work()
        upload = (await alice.get(f"uploads/{uuid}/")).json
        self.assertEqual(("finished", {}), (upload["import_status"], upload["import_details"]))
        track = (await alice.get(f"tracks/{upload['track']['id']}/")).json
        self.assertEqual("Pilot", track["title"])
        self.assertEqual(("Night Talk", "Season 1"), (track["artist"]["name"], track["album"]["title"]))
        self.assertEqual((1, "cc-by-4.0", "Me"), (track["position"], track["license"], track["copyright"]))
        self.assertEqual((["One"], cover), (track["tags"], track["cover"]["uuid"]))
        self.assertEqual("*First*", track["description"]["text"])
        self.assertEqual(1, len(track["uploads"]))
        heard = await alice.get(track["uploads"][0]["listen_url"])
        self.assertEqual(200, heard.status)
        found = await alice.get("tracks/", channel=made["uuid"], include_channels="true")
        self.assertEqual(1, found.json["count"])
        self.assertEqual(0, (await alice.get("tracks/")).json["count"])
        self.assertEqual(404, (await alice.send("PATCH", f"uploads/{uuid}/", {"import_metadata": words})).status)

    async def test_equal_titles_are_two_episodes(self) -> None:
        """Nothing is skipped as a repetition."""
        alice = await self.person("alice")
        made = await self.a_channel(alice)
        one, two = await self.an_episode(alice, made), await self.an_episode(alice, made)
        self.assertNotEqual(one["track"]["id"], two["track"]["id"])

    async def test_an_episode_goes_with_its_file(self) -> None:
        """Whoever deletes the upload of an episode, alone or with others, leaves no silent track behind."""
        alice = await self.person("alice")
        channel = await self.a_channel(alice)
        one, two = [await self.an_episode(alice, channel, title=title) for title in ("One", "Two")]
        self.assertEqual(204, (await alice.delete(f"uploads/{one['uuid']}/")).status)
        self.assertEqual(404, (await alice.get(f"tracks/{one['track']['id']}/")).status)
        self.assertEqual(200, (await alice.get(f"tracks/{two['track']['id']}/")).status)
        act = {"action": "delete", "objects": [two["uuid"]]}
        self.assertEqual(200, (await alice.post("uploads/action/", act)).status)
        self.assertEqual(0, await self.value("SELECT count(*) FROM track"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM artist"))

    async def test_what_cannot_be_published(self) -> None:
        """No title, a series of somebody else's, no audio: errored, and told why."""
        alice, bob = await self.person("alice"), await self.person("bob")
        made = await self.a_channel(alice)
        other = await self.a_channel(bob, username="other", name="Other")
        series = (await bob.post("albums/", {"title": "Theirs", "artist": other["artist"]["id"]})).json
        for metadata, detail in (({}, "title"), ({"title": "x", "album": series["id"]}, "album")):
            sent = await self.sent(alice, made["uuid"], metadata, "pending")
            self.assertEqual(201, sent.status, sent.body)
            await self.work()
            told = (await alice.get(f"uploads/{sent.json['uuid']}/")).json
            self.assertEqual("errored", told["import_status"])
            self.assertEqual("invalid_metadata", told["import_details"]["error_code"])
            self.assertEqual([detail], list(told["import_details"]["detail"]))
        for who, channel in ((bob, made["uuid"]), (alice, "0" * 32)):
            said = await self.sent(who, channel, {"title": "x"})
            self.assertEqual((400, {"channel"}), (said.status, set(said.json)))


class SeriesTests(ChannelCase):
    """Albums of channels, and the removal of works."""

    async def test_series(self) -> None:
        """For the owner of the channel alone, each title once."""
        alice, bob = await self.person("alice"), await self.person("bob")
        artist = (await self.a_channel(alice))["artist"]["id"]
        plain = await self.an_artist("Nova")
        wish = {
            "title": "Season 1",
            "artist": artist,
            "release_date": "2026-01-02",
            "cover": await self.a_picture(alice),
        }
        said = await alice.post("albums/", wish)
        self.assertEqual(201, said.status, said.body)
        self.assertEqual(("Season 1", "2026-01-02", artist),
                         (said.json["title"], said.json["release_date"], said.json["artist"]["id"]))  # fmt: skip
        for who, document, field in (
            (alice, {"title": "season 1", "artist": artist}, "title"), (alice, {"artist": artist}, "title"),
            (alice, {"title": "x", "artist": plain}, "artist"), (bob, {"title": "x", "artist": artist}, "artist"),
            (alice, {"title": "x", "artist": 999}, "artist"), (alice, {"title": "x", "artist": "y"}, "artist"),
            (alice, {"title": "x", "artist": artist, "release_date": "soon"}, "release_date"),
            (alice, {"title": "x"}, "artist"),
        ):  # fmt: skip
            told = await who.post("albums", document)
            self.assertEqual((400, {field}), (told.status, set(told.json)), document)

    async def test_removal(self) -> None:
        """One's own series with its episodes and their files; nothing else."""
        alice, bob = await self.person("alice"), await self.person("bob")
        made = await self.a_channel(alice)
        series = (await alice.post("albums/", {"title": "S", "artist": made["artist"]["id"]})).json["id"]
        one = (await self.an_episode(alice, made, album=series))["track"]["id"]
        two = (await self.an_episode(alice, made))["track"]["id"]
        plain = (await self.an_album_of(await self.library_of(alice)))[0]
        for who, path in (
            (bob, f"albums/{series}/"), (bob, f"tracks/{one}/"), (alice, f"tracks/{plain}/"), (alice, "albums/999/"),
        ):  # fmt: skip
            self.assertEqual(404, (await who.delete(path)).status, path)
        self.assertEqual(401, (await self.visitor().delete(f"tracks/{one}/")).status)
        self.assertEqual(204, (await alice.delete(f"albums/{series}/")).status)
        self.assertEqual(404, (await alice.get(f"tracks/{one}/")).status)
        self.assertEqual(204, (await alice.delete(f"tracks/{two}")).status)
        await self.work()
        self.assertEqual([], [name async for name in self.ground.blobs.names("tracks/")])
        self.assertEqual(200, (await alice.get(f"tracks/{plain}/")).status)
