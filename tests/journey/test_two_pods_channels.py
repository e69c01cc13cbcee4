"""Channels and people of one pod on another: found, followed, heard, changed, gone."""

from __future__ import annotations

from typing import Any

from tests.pod import PASSWORD, Client, path_of
from tests.two_pods import TwoPodsCase

TEXT = {"text": "About *water*", "content_type": "text/markdown"}


class ChannelTests(TwoPodsCase):
    """What Ada publishes, as Bob meets it."""

    def subscribe(self, channel: Any) -> str:
        """Bob finds a channel of Ada's by its handle and follows it; its uuid at his pod."""
        name = channel["actor"]["preferred_username"]
        uuid = str(self.there.fetched(self.here.handle(name))["uuid"])
        self.there.said(201, f"/api/v1/channels/{uuid}/subscribe/")
        self.meet(lambda: self.subscribers(channel) == 1, "the follower")
        return uuid

    def subscribers(self, channel: Any) -> int:
        """How many follow, as Ada sees it."""
        return int(self.here.one(f"/api/v1/channels/{channel['uuid']}/")["subscriptions_count"])

    def shown(self, title: str) -> Any:
        """An episode at Bob's."""
        [track] = [one for one in self.there.tracks(self.artist) if one["title"] == title]
        return self.there.one(f"/api/v1/tracks/{track['id']}/")

    def test_it_is_found_by_each_name(self) -> None:
        """By handle in both spellings, by its page, by the id of its actor: always the same one."""
        self.channel("manynames")
        handle = self.here.handle("manynames")
        names = (handle, f"@{handle}", f"{self.here.pod.url}/channels/manynames", self.here.actor_of("manynames"))
        found = [self.there.fetched(name) for name in names]
        self.assertEqual({"type": "channel", "uuid": found[0]["uuid"]}, found[0])
        self.assertEqual([found[0]] * len(names), found)
        told = self.there.one(f"/api/v1/channels/{found[0]['uuid']}/")
        self.assertEqual((self.artist, handle), (told["artist"]["name"], told["actor"]["full_username"]))
        self.assertEqual(self.here.handle(), told["attributed_to"]["full_username"])
        self.assertEqual(told["uuid"], self.there.one(f"/api/v1/channels/{handle}/")["uuid"])

    def test_it_is_shown_as_it_is(self) -> None:
        """Its description, tags, category and cover come across."""
        self.channel("dressed", description=TEXT, tags=["Night", "Talk"], content_category="music",
                     cover=self.here.picture())  # fmt: skip
        found = self.there.fetched(self.here.handle("dressed"))
        artist = self.there.one(f"/api/v1/channels/{found['uuid']}/")["artist"]
        self.assertEqual(["Night", "Talk"], sorted(artist["tags"]))
        self.assertEqual("music", artist["content_category"])
        self.assertIn("<em>water</em>", artist["description"]["html"])
        self.assertEqual(302, self.there.me.get(path_of(artist["cover"]["urls"]["original"])).status)

    def test_what_was_published_before(self) -> None:
        """Who finds a channel sees what it published before, and hears it."""
        channel = self.channel("earlier")
        for place, title in enumerate(("One", "Two", "Three"), 1):
            self.publish(channel, title, place)
        self.there.fetched(self.here.handle("earlier"))
        self.meet(lambda: self.titles() == ["One", "Three", "Two"], "earlier episodes")
        track = self.there.tracks(self.artist)[0]
        [own] = [one for one in self.here.tracks(self.artist) if one["title"] == track["title"]]
        theirs, ours = self.there.heard(track), self.here.heard(own)
        self.assertEqual((200, ours.body), (theirs.status, theirs.body))

    def test_an_episode_from_beginning_to_end(self) -> None:
        """It appears at followers' and plays; it changes; it is gone."""
        channel = self.channel("lively")
        self.subscribe(channel)
        album = self.here.said(201, "/api/v1/albums/", title="Season 1", artist=channel["artist"]["id"])["id"]
        upload = self.publish(
            channel, "Pilot", description="First", tags=["New"], license="cc-by-4.0", cover=self.here.picture(),
            position=7, album=album,
        )  # fmt: skip
        self.meet(lambda: self.titles() == ["Pilot"], "the episode")
        track = self.shown("Pilot")
        self.assertEqual(
            ("Season 1", 7, "cc-by-4.0", ["New"]),
            (track["album"]["title"], track["position"], track["license"], track["tags"]),
        )
        self.assertIn("First", track["description"]["html"])
        self.assertEqual(302, self.there.me.get(path_of(track["cover"]["urls"]["original"])).status)
        heard = self.there.heard(track)
        self.assertEqual((200, "audio/mpeg"), (heard.status, heard.headers["content-type"]))

        self.here.edited("track", upload["track"]["id"], title="Pilot, cut", description=TEXT, tags=["Old", "Gold"],
                         cover=self.here.picture(90))  # fmt: skip
        self.meet(lambda: self.titles() == ["Pilot, cut"], "the other title")
        changed = self.shown("Pilot, cut")
        self.assertEqual((track["id"], ["Gold", "Old"]), (changed["id"], sorted(changed["tags"])))
        self.assertIn("<em>water</em>", changed["description"]["html"])
        self.assertNotEqual(track["cover"]["uuid"], changed["cover"]["uuid"])
        self.assertEqual(200, self.there.heard(changed).status)

        self.here.changed(204, "DELETE", f"/api/v1/tracks/{upload['track']['id']}/")
        self.meet(lambda: self.titles() == [], "the end of the episode")
        self.assertEqual(404, self.there.me.get(f"/api/v1/tracks/{track['id']}/").status)
        self.assertEqual(404, self.there.heard(track).status)

    def test_one_upload_is_removed(self) -> None:
        """An episode goes with its file, too."""
        channel = self.channel("fleeting")
        self.subscribe(channel)
        upload = self.publish(channel, "Pilot")
        self.meet(lambda: self.titles() == ["Pilot"], "the episode")
        self.here.changed(204, "DELETE", f"/api/v1/uploads/{upload['uuid']}/")
        self.meet(lambda: self.titles() == [], "the end of the episode")

    def test_a_series_is_removed(self) -> None:
        """With all its episodes."""
        channel = self.channel("serial")
        self.subscribe(channel)
        album = self.here.said(201, "/api/v1/albums/", title="Season 1", artist=channel["artist"]["id"])["id"]
        self.publish(channel, "One", album=album)
        self.publish(channel, "Two", 2)
        self.meet(lambda: self.titles() == ["One", "Two"], "the episodes")
        self.here.changed(204, "DELETE", f"/api/v1/albums/{album}/")
        self.meet(lambda: self.titles() == ["Two"], "the end of the series")

    def test_the_channel_changes(self) -> None:
        """Its name, description, tags and cover at followers' are the new ones."""
        channel = self.channel("moody", tags=["Old"])
        uuid = self.subscribe(channel)

        def artist() -> Any:
            return self.there.one(f"/api/v1/channels/{uuid}/")["artist"]

        words = {"name": "Another mood", "description": TEXT, "tags": ["New"], "cover": self.here.picture()}
        words |= {"content_category": "music", "metadata": {}}
        self.here.changed(200, "PATCH", f"/api/v1/channels/{channel['uuid']}/", **words)
        self.meet(lambda: artist()["name"] == "Another mood", "the name")
        self.assertEqual((["New"], "music"), (artist()["tags"], artist()["content_category"]))
        self.assertIn("<em>water</em>", artist()["description"]["html"])
        self.assertIsNotNone(artist()["cover"])

    def test_leaving_and_coming_back(self) -> None:
        """Who follows no longer is not counted and told of nothing; who follows again is, and of what was missed."""
        channel = self.channel("parting")
        uuid = self.subscribe(channel)
        self.publish(channel, "One")
        self.meet(lambda: self.titles() == ["One"], "the episode")
        self.there.said(204, f"/api/v1/channels/{uuid}/unsubscribe/")
        self.meet(lambda: self.subscribers(channel) == 0, "nobody follows")
        missed = self.publish(channel, "Two", 2)
        [(told,)] = self.here.rows(
            "SELECT count(*) FROM outgoing WHERE type = 'Create' AND about = "
            "(SELECT fid FROM upload WHERE uuid = %s)", missed["uuid"],
        )  # fmt: skip
        self.assertEqual(0, told)
        self.subscribe(channel)
        self.publish(channel, "Three", 3)
        self.meet(lambda: self.titles() == ["One", "Three", "Two"], "the new episode, and the one that was missed")

    def test_the_channel_is_closed(self) -> None:
        """It and its episodes are gone, its actor is a tombstone, and nobody finds it."""
        channel = self.channel("brief")
        uuid = self.subscribe(channel)
        self.publish(channel, "Pilot")
        self.meet(lambda: self.titles() == ["Pilot"], "the episode")
        self.here.changed(204, "DELETE", f"/api/v1/channels/{channel['uuid']}/")
        self.meet(lambda: self.titles() == [], "the end of the episode")
        self.assertEqual(404, self.there.me.get(f"/api/v1/channels/{uuid}/").status)
        self.assertNotIn(uuid, [one["channel"] for one in self.there.one("/api/v1/subscriptions/all/")["results"]])
        grave = self.here.pod.client().get("/federation/actors/brief", {"Accept": "application/activity+json"})
        self.assertEqual((410, "Tombstone"), (grave.status, grave.json["type"]))
        self.assertEqual("errored", self.there.fetch(self.here.handle("brief"))["status"])
        self.assertEqual("errored", self.there.fetch(self.here.actor_of("brief"))["status"])


class PersonTests(TwoPodsCase):
    """Ada's neighbours, as Bob meets them."""

    def profile(self, name: str) -> Any:
        """What Bob's pod shows of somebody at Ada's."""
        return self.there.one(f"/api/v1/federation/actors/{self.here.handle(name)}/")

    def library_of(self, who: Client, title: str) -> Any:
        """A library of somebody's at Ada's pod, with a song."""
        library = who.post("/api/v1/libraries/", name="Mine", privacy_level="everyone").json
        mine, self.here.me = self.here.me, who
        self.addCleanup(setattr, self.here, "me", mine)
        self.upload(self.here, library, title, 1)
        self.meet(lambda: self.here.finished(library["uuid"]) == 1, "the import")
        self.here.me = mine
        return library

    def test_a_profile_changes(self) -> None:
        """Display name, picture and words of somebody known here are the new ones."""
        who = self.here.joins("carla")
        library = self.library_of(who, "Ebb")
        self.assertEqual({"type": "account", "full_username": self.here.handle("carla")},
                         self.there.fetched(self.here.handle("carla")))  # fmt: skip
        self.assertEqual("carla", self.profile("carla")["preferred_username"])
        self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        mine, self.here.me = self.here.me, who
        avatar = self.here.picture()
        self.here.changed(200, "PATCH", "/api/v1/users/carla/", name="Carla C.", summary=TEXT, avatar=avatar)
        self.here.me = mine
        self.meet(lambda: self.profile("carla")["name"] == "Carla C.", "the name")
        told = self.profile("carla")
        self.assertIn("<em>water</em>", told["summary"]["html"])
        self.assertEqual(302, self.there.me.get(path_of(told["icon"]["urls"]["original"])).status)

    def test_an_account_is_closed(self) -> None:
        """Everything of theirs is gone at Bob's; their actor answers 410."""
        who = self.here.joins("dora")
        library = self.library_of(who, "Ebb")
        follow = self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        gone = who.ask("DELETE", "/api/v1/users/me/", b'{"password": "%s", "confirm": true}' % PASSWORD.encode(),
                       {"Content-Type": "application/json"})  # fmt: skip
        self.assertEqual(204, gone.status)
        self.meet(lambda: self.titles() == [], "the end of the song")
        self.meet(lambda: not self.there.rows("SELECT id FROM library WHERE fid = %s", library["fid"]), "the library's")
        self.assertEqual(404, self.there.me.get(f"/api/v1/federation/follows/library/{follow['uuid']}/").status)
        grave = self.here.pod.client().get("/federation/actors/dora", {"Accept": "application/activity+json"})
        self.assertEqual((410, "Tombstone"), (grave.status, grave.json["type"]))
        self.assertEqual("errored", self.there.fetch(self.here.handle("dora"))["status"])
        place = f"/api/v1/federation/actors/{self.here.handle('dora')}/"
        self.meet(lambda: self.there.me.get(place).status == 404, "the end of who it was")
