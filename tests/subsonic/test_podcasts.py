"""Podcasts in an app: our channels, and feeds at a far end (docs/subsonic.md §8.9)."""

from __future__ import annotations

import os

from twisted.internet import reactor
from twisted.internet.task import deferLater

from tests.hostile import Line, ok
from tests.rest.test_channels import ChannelCase
from tests.rest.test_feeds import KIND, FeedCase, feed, item
from tests.rest.test_remote_audio import a_sound
from tests.subsonic.pod import App, SubsonicCase

TEXT = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>" \
       "<![CDATA[<p>First &amp; <b>last</b></p><script>no</script><p>Second</p>]]></content:encoded>"  # fmt: skip


class FarTests(SubsonicCase, FeedCase):
    """A feed at a far end."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.nadia = await self.app("nadia")

    async def followed(self, *items: str) -> App:
        """Somebody who follows the feed."""
        self.far.says("/feed", ok(feed(*(items or (item(1), item(2, more=TEXT)))), KIND))
        await self.nadia.ask("createPodcastChannel", url=self.far.url("/feed"))
        return self.nadia

    async def test_followed_and_listed(self) -> None:
        """The channel comes with its episodes, the newest first; the same in XML."""
        nadia = await self.followed()
        [channel] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
        self.assertEqual(
            ("Deep Sea", "All about it", self.far.url("/feed"), "completed"),
            tuple(channel[name] for name in ("title", "description", "url", "status")),
        )
        self.assertTrue(channel["id"].startswith("pd-"))
        second, first = channel["episode"]
        self.assertEqual(("Episode 2", "First & last\nSecond"), (second["title"], second["description"]))
        self.assertEqual("2026-01-02T08:00:00.000Z", second["publishDate"])
        self.assertEqual(
            ("podcast", "podcast", 60, 1000), tuple(second[n] for n in ("type", "mediaType", "duration", "size"))
        )
        self.assertEqual(
            (second["streamId"], channel["id"], channel["id"]), (second["id"], second["channelId"], second["parent"])
        )
        self.assertEqual("skipped", second["status"], "its file lies elsewhere")
        elements = (await nadia.xml("getPodcasts")).findall("podcasts/channel/episode")
        self.assertEqual([second["id"], first["id"]], [element.get("id") for element in elements])

    async def test_an_episode_is_a_song(self) -> None:
        """Asked for as one, by the id of the episode, it says that id."""
        nadia = await self.followed()
        [channel] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
        song = (await nadia.ask("getSong", id=channel["episode"][0]["id"]))["song"]
        self.assertEqual((channel["episode"][0]["id"], "Episode 2"), (song["id"], song["title"]))
        other = await self.app("omar")
        self.assertEqual(70, await other.error("getSong", id="pe-00000000-0000-4000-8000-000000000000"))

    async def test_less_of_it(self) -> None:
        """Without episodes, one channel alone, the newest of all, one episode."""
        nadia = await self.followed()
        [channel] = (await nadia.ask("getPodcasts", includeEpisodes="false"))["podcasts"]["channel"]
        self.assertNotIn("episode", channel)
        self.assertEqual(1, len((await nadia.ask("getPodcasts", id=channel["id"]))["podcasts"]["channel"]))
        [newest] = (await nadia.ask("getNewestPodcasts", count=1))["newestPodcasts"]["episode"]
        self.assertEqual("Episode 2", newest["title"])
        self.assertEqual(newest, (await nadia.ask("getPodcastEpisode", id=newest["id"]))["podcastEpisode"])
        element = (await nadia.xml("getPodcastEpisode", id=newest["id"])).find("podcastEpisode")
        assert element is not None
        self.assertEqual(newest["publishDate"], element.get("publishDate"))
        self.assertEqual([], (await nadia.ask("getNewestPodcasts", count=0))["newestPodcasts"]["episode"])

    async def test_left(self) -> None:
        """Who leaves is shown it no longer, others still are."""
        nadia = await self.followed()
        tom = await self.app("tom")
        self.assertEqual([], (await tom.ask("getPodcasts"))["podcasts"]["channel"])
        await tom.ask("createPodcastChannel", url=self.far.url("/feed"))
        [channel] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
        await nadia.ask("deletePodcastChannel", id=channel["id"])
        self.assertEqual([], (await nadia.ask("getPodcasts"))["podcasts"]["channel"])
        self.assertEqual(70, await nadia.error("getPodcasts", id=channel["id"]))
        self.assertEqual(70, await nadia.error("getPodcastEpisode", id=channel["episode"][0]["id"]))
        self.assertEqual(1, len((await tom.ask("getPodcasts"))["podcasts"]["channel"]))

    async def test_copies(self) -> None:
        """A copy of what lies elsewhere is brought on request, or by hearing it; it can be dropped again."""
        sound = a_sound(os.path.abspath(self.mktemp()))
        self.far.says("/1.mp3", ok(sound, "audio/mpeg"))
        nadia = await self.followed(item(1, url=self.far.url("/1.mp3")))
        [episode] = (await nadia.ask("getNewestPodcasts"))["newestPodcasts"]["episode"]
        self.assertEqual("skipped", episode["status"])
        await nadia.ask("downloadPodcastEpisode", id=episode["id"])
        self.assertEqual("downloading", await self.status(nadia))
        await self.work()
        self.assertEqual("completed", await self.status(nadia))
        self.assertEqual(sound, (await nadia.raw("stream", id=episode["id"])).body)
        await nadia.ask("deletePodcastEpisode", id=episode["id"])
        self.assertEqual("skipped", await self.status(nadia))
        self.assertEqual(1, await self.value("SELECT count(*) FROM doomed_file"))
        self.assertEqual(sound, (await nadia.raw("download", id=episode["streamId"])).body)
        self.assertEqual(2, len([head for head in self.far.heads if "/1.mp3" in head]))
        self.assertEqual(70, await nadia.error("downloadPodcastEpisode", id="pe-00000000-0000-4000-8000-000000000000"))

    async def status(self, app: App) -> str:
        """What is told of the newest episode."""
        [episode] = (await app.ask("getNewestPodcasts", count=1))["newestPodcasts"]["episode"]
        return str(episode["status"])

    async def test_refreshed(self) -> None:
        """Feeds are asked for again, but not those that were asked for just now."""
        nadia = await self.followed()
        await nadia.ask("refreshPodcasts")
        self.assertEqual(0, await self.value("SELECT count(*) FROM job WHERE kind = 'feeds.refresh'"))
        await self.do("UPDATE feed SET fetched = now() - interval '1 hour'")
        await nadia.ask("refreshPodcasts")
        self.assertEqual(1, await self.value("SELECT count(*) FROM job WHERE kind = 'feeds.refresh'"))

    async def test_in_trouble(self) -> None:
        """A feed that fails says so."""
        nadia = await self.followed()
        await self.do("UPDATE feed SET failures = 3, trouble = 'It is gone.'")
        [channel] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
        self.assertEqual(("error", "It is gone."), (channel["status"], channel["errorMessage"]))

    async def test_bad_input(self) -> None:
        """What is no address is 10; where there is no feed is told in words."""
        for url in ("", "x", "ftp://x.example/feed", "a b@c", "http://[::1"):
            self.assertEqual(10, await self.nadia.error("createPodcastChannel", url=url), url)
        self.assertEqual(10, await self.nadia.error("createPodcastChannel"))
        self.far.says("/feed", ok(b"<html>no</html>", "text/html"))
        self.assertEqual(0, await self.nadia.error("createPodcastChannel", url=self.far.url("/feed")))
        self.assertEqual(70, await self.nadia.error("createPodcastChannel", url="nobody@elsewhere.example"))
        for id in ("x", "pd-1", "tr-1", "pd-00000000-0000-4000-8000-000000000000"):
            self.assertEqual(70, await self.nadia.error("deletePodcastChannel", id=id), id)
        self.assertEqual(10, await self.nadia.error("getPodcastEpisode"))

    async def test_the_role(self) -> None:
        """From whom it was taken, they may look only."""
        nadia = await self.followed()
        await self.do("UPDATE account SET subsonic_denied_roles = '{podcast}'")
        self.assertEqual(1, len((await nadia.ask("getPodcasts"))["podcasts"]["channel"]))
        for name in ("createPodcastChannel", "deletePodcastChannel", "refreshPodcasts", "downloadPodcastEpisode"):
            self.assertEqual(50, await nadia.error(name), name)

    async def test_switched_off(self) -> None:
        """A pod without channels shows none, and changes none."""
        nadia = await self.followed()
        await self.parts.preferences.change_one("audio__channels_enabled", False)
        self.assertEqual({"channel": []}, (await nadia.ask("getPodcasts"))["podcasts"])
        self.assertEqual({"episode": []}, (await nadia.ask("getNewestPodcasts"))["newestPodcasts"])
        self.assertEqual(50, await nadia.error("refreshPodcasts"))
        self.assertEqual(50, await nadia.error("createPodcastChannel", url=self.far.url("/feed")))
        self.assertIs(False, (await nadia.ask("getUser"))["user"]["podcastRole"])


class SlowTests(SubsonicCase, FeedCase):
    """A far end that takes its time, and a pod that has some."""

    environment = {**FeedCase.environment, "EXTERNAL_REQUESTS_TIMEOUT": "20"}

    async def test_a_slow_one(self) -> None:
        """An app waits three seconds; what comes later stands in the list until it is there, or why it is not."""
        nadia, held = await self.app("nadia"), list[Line]()
        self.far.does("/feed", held.append)
        url = self.far.url("/feed")
        for answer, status, title in (
            (ok(b"<html>no</html>", "text/html"), "error", "127.0.0.1"),
            (ok(feed(item(1)), KIND), "completed", "Deep Sea"),
        ):
            await nadia.ask("createPodcastChannel", url=url)
            [channel] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
            told = {**channel, "id": ""}
            coming = {"id": "", "url": url, "title": "127.0.0.1", "description": "", "status": "downloading"}
            self.assertEqual({**coming, "episode": []}, told)
            line = held.pop()
            line.write(answer)
            line.end()
            while channel["status"] == "downloading":
                await deferLater(reactor, 0.02)
                [channel] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
            self.assertEqual((status, title), (channel["status"], channel["title"]))
        await nadia.ask("deletePodcastChannel", id=channel["id"])
        self.assertEqual([], (await nadia.ask("getPodcasts"))["podcasts"]["channel"])


class OwnTests(SubsonicCase, ChannelCase):
    """A channel of ours."""

    async def test_spoken_and_heard(self) -> None:
        """Its owner and its followers hear it; the bytes come by the episode's id."""
        alice, nadia = await self.person("alice"), await self.app("nadia")
        made = await self.a_channel(alice)
        uuid = made["uuid"]
        await self.an_episode(alice, made, description="The *first* one")
        own = await self.app("alice")
        [channel] = (await own.ask("getPodcasts"))["podcasts"]["channel"]
        self.assertEqual((f"pd-{uuid}", "completed"), (channel["id"], channel["status"]))
        [episode] = channel["episode"]
        self.assertEqual(("Pilot", "completed"), (episode["title"], episode["status"]))
        self.assertEqual([], (await nadia.ask("getPodcasts"))["podcasts"]["channel"])
        for place in ("nighttalk@pod.example", f"https://pod.example/channels/{uuid}", channel["url"]):
            await nadia.ask("createPodcastChannel", url=place.replace("pod.example", self.pod_domain()))
            [heard] = (await nadia.ask("getPodcasts"))["podcasts"]["channel"]
            self.assertEqual(episode["id"], heard["episode"][0]["id"])
            await nadia.ask("deletePodcastChannel", id=heard["id"])
        self.assertEqual(200, (await own.raw("stream", id=episode["streamId"])).status)
        await own.ask("downloadPodcastEpisode", id=episode["id"])
        self.assertEqual(50, await own.error("deletePodcastEpisode", id=episode["id"]))

    def pod_domain(self) -> str:
        return self.parts.pod.domain
