"""Music of other servers as people here meet it: in lists, counts and libraries, by whom they may."""

from __future__ import annotations

from typing import Any

from fwtwisted.db.podcasts import channels
from fwtwisted.model.people import Library
from tests.foreign import (
    ALICE,
    CHANNEL,
    LIBRARY,
    POD,
    Document,
    episode,
    funkwhale_actor,
    funkwhale_channel,
    library,
    upload,
    upload2,
)
from tests.rest.pod import Client, PodCase


class RemoteMusicCase(PodCase):
    """A pod that knows a library elsewhere with two files in it."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.remote = self.parts.fediverse.remote
        await self.remote.actors.take(funkwhale_actor(), ALICE)
        self.ada, self.bob = await self.person("ada"), await self.person("bob")

    async def here(self, **label: Any) -> Library:
        """The library, with what it says of itself."""
        kept = await self.remote.take_library(library(**label), LIBRARY)
        taken = await self.remote.take_many([upload(1), upload2(2)], sender=kept.owner, library=kept)
        self.assertEqual((2, ()), (len(taken.ids), taken.errors))
        return kept

    async def titles(self, who: Client) -> list[str]:
        """Tracks that somebody can play."""
        said = await who.get("tracks/", playable="true", ordering="position")
        return [one["title"] for one in said.json["results"]]

    async def results(self, who: Client, path: str, **query: Any) -> list[Document]:
        """What is on a page."""
        found: list[Document] = (await who.get(path, **query)).json["results"]
        return found


class SightTests(RemoteMusicCase):
    """Who meets it."""

    async def test_public(self) -> None:
        """A public library is heard by everybody, visitors of an open pod included."""
        await self.here()
        await self.open_up()
        for who in (self.ada, self.bob, self.visitor()):
            self.assertEqual(["Track 1", "Track 2"], await self.titles(who))

    async def test_private(self) -> None:
        """A private one by those alone whose follow was approved; as long as it is."""
        kept = await self.here(audience="")
        self.assertEqual([], await self.titles(self.ada))
        await self.a_follow(self.ada.viewer.the_actor, library=kept.id)
        await self.changed("libraries")
        self.assertEqual((["Track 1", "Track 2"], []), (await self.titles(self.ada), await self.titles(self.bob)))
        await self.do("UPDATE follow SET approved = false")
        await self.changed("libraries")
        self.assertEqual([], await self.titles(self.ada))

    async def test_away(self) -> None:
        """Of a server that is away, or shut out, nothing is heard."""
        await self.here()
        await self.do("UPDATE domain SET reachable = false WHERE name = 'far.example'")
        await self.changed("libraries")
        self.assertEqual([], await self.titles(self.ada))


class DocumentTests(RemoteMusicCase):
    """What is told of it."""

    async def test_not_at_home(self) -> None:
        """Tracks, albums, artists and files say that they are not at home here, and whose they are."""
        await self.here()
        for path in ("tracks/", "albums/", "artists/"):
            for one in await self.results(self.ada, path):
                self.assertFalse(one["is_local"], path)
                self.assertEqual("alice@far.example", one["attributed_to"]["full_username"], path)
                whole = (await self.ada.get(f"{path}{one['id']}/", refresh="true")).json
                self.assertEqual((one["fid"], False), (whole["fid"], whole["is_local"]))
        [first, *_] = await self.results(self.ada, "tracks/", ordering="position")
        [file] = first["uploads"]
        self.assertEqual(
            (False, 213, 320000, "audio/mpeg"), (file["is_local"], file["duration"], file["bitrate"], file["mimetype"])
        )
        self.assertEqual(
            "cc-by-4.0", first["license"]["code"] if isinstance(first["license"], dict) else first["license"]
        )

    async def test_library(self) -> None:
        """The library is listed with its owner and its files; nobody here may change it."""
        kept = await self.here()
        said = (await self.ada.get(f"federation/libraries/{kept.uuid}/")).json
        self.assertEqual(("My music", 2, LIBRARY), (said["name"], said["uploads_count"], said["fid"]))
        self.assertEqual("alice@far.example", said["actor"]["full_username"])
        self.assertIn((await self.ada.send("PATCH", f"libraries/{kept.uuid}/", {"name": "x"})).status, (403, 404))
        self.assertIn((await self.ada.delete(f"libraries/{kept.uuid}/")).status, (403, 404))

    async def test_ours_alone(self) -> None:
        """What is elsewhere takes none of anybody's room, and counts as music that is known."""
        await self.here()
        me = (await self.ada.get("users/me/")).json
        self.assertEqual(0, me["quota_status"]["current"])
        for scope, count in (("domain:far.example", 2), ("domain:pod.example", 0), ("me", 0)):
            self.assertEqual(count, len(await self.results(self.ada, "tracks/", scope=scope)), scope)

    async def test_what_people_do(self) -> None:
        """It is liked, listened to, searched and put into playlists like any other."""
        await self.here()
        [track, *_] = await self.results(self.ada, "tracks/", ordering="position")
        self.assertEqual(201, (await self.ada.post("favorites/tracks/", {"track": track["id"]})).status)
        self.assertEqual(201, (await self.ada.post("history/listenings/", {"track": track["id"]})).status)
        self.assertEqual(1, len(await self.results(self.ada, "favorites/tracks/")))
        found = (await self.ada.get("search/", q="Track 1")).json
        self.assertIn("Track 1", [one["title"] for one in found["tracks"]])

    async def test_channel(self) -> None:
        """A channel elsewhere, with what it published."""
        speaker = await self.remote.actors.take(funkwhale_channel(), CHANNEL)
        [channel] = await self.results(self.ada, "channels/")
        self.assertEqual(
            ("My cast", False, "mycast@far.example"),
            (channel["artist"]["name"], channel["artist"]["is_local"], channel["actor"]["full_username"]),
        )
        known = await self.run_in(channels.of_actor, speaker.id)
        assert known is not None
        await self.remote.take_episode(episode(1), channel=known)
        episodes = await self.results(self.ada, "tracks/", channel=channel["uuid"], include_channels="true")
        self.assertEqual([("Episode 1", False)], [(one["title"], one["is_local"]) for one in episodes])
        said = await self.ada.get(f"channels/{channel['uuid']}/")
        self.assertEqual(200, said.status)

    async def test_its_feed(self) -> None:
        """Who subscribes to the feed of a channel that is known follows the channel."""
        await self.remote.actors.take(funkwhale_channel(), CHANNEL)
        url = f"{POD}/api/v1/channels/mycast/rss"
        said = await self.ada.post("channels/rss-subscribe/", {"url": url})
        self.assertEqual((201, url), (said.status, said.json["channel"]["rss_url"]))
        self.assertEqual(1, await self.value("SELECT count(*) FROM channel"))
