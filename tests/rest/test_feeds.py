"""Feeds of other servers over HTTP, with a far end that is not always kind (docs/api.md §4.15)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import capturedLogs, formatEvent

from fwtwisted.core.fediverse.moderation.purging import Purge
from tests.hostile import FarEnd, moved, ok
from tests.rest.pod import Client
from tests.rest.test_channels import ChannelCase
from tests.rest.test_pictures import picture

KIND = "application/rss+xml; charset=utf-8"


def item(number: int, **changes: str) -> str:
    """An episode: its number is its day in January."""
    told = {
        "title": f"Episode {number}", "guid": f"g-{number}", "url": f"https://cdn.example/{number}.mp3",
        "pubDate": f"{number:02} Jan 2026 08:00:00 GMT", "more": "",
    } | changes  # fmt: skip
    return (
        f"<item><title>{told['title']}</title><guid>{told['guid']}</guid><pubDate>{told['pubDate']}</pubDate>"
        f"<itunes:duration>60</itunes:duration>"
        f"<enclosure url='{told['url']}' length='1000' type='audio/mpeg'/>{told['more']}</item>"
    )


def feed(*items: str, title: str = "Deep Sea", more: str = "") -> bytes:
    """A feed around episodes."""
    return (
        f"<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><title>{title}</title>"
        f"<link>https://cast.example/</link><description>All about it</description><language>en</language>"
        f"<itunes:category text='Science'/><itunes:image href='https://cast.example/c.jpg'/>{more}"
        f"{''.join(items)}</channel></rss>"
    ).encode()


class FeedCase(ChannelCase):
    """Somebody who subscribes to a feed at a far end."""

    environment: Mapping[str, str] = {
        "FEDERATION_ALLOW_PRIVATE": "127.0.0.1", "EXTERNAL_REQUESTS_TIMEOUT": "1", "PODCASTS_RSS_FEED_MAX_ITEMS": "4",
    }  # fmt: skip

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.far = await FarEnd.on(self)
        self.alice = await self.person("alice")

    async def subscribed(self, who: Client | None = None, path: str = "/feed") -> Any:
        """A subscription to the feed at the far end."""
        said = await (who or self.alice).post("channels/rss-subscribe/", {"url": self.far.url(path)})
        self.assertEqual(201, said.status, said.body)
        return said.json

    async def refused(self, url: str) -> str:
        """Subscribing there fails on the address; why."""
        said = await self.alice.post("channels/rss-subscribe/", {"url": url})
        self.assertEqual((400, {"url"}), (said.status, set(said.json)), (url, said.body))
        self.assertEqual(0, await self.value("SELECT count(*) FROM channel"))
        return str(said.json["url"][0])

    async def titles(self, who: Client, channel: str, **query: Any) -> list[str]:
        """The episodes that somebody finds, the newest first."""
        said = await who.get("tracks/", channel=channel, include_channels="true", ordering="-creation_date", **query)
        return [one["title"] for one in said.json["results"]]

    async def refresh(self, *, due: bool = True) -> None:
        """The hourly chore, and what follows of it."""
        if due:
            await self.do("UPDATE feed SET due = now()")
        await self.parts.podcasts.feeds.refresh_due(None)  # type: ignore[arg-type]
        await self.do("UPDATE job SET due = now()")
        await self.work()


class CoverTests(FeedCase):
    """Pictures of feeds."""

    async def cover(self, body: bytes, **how: str) -> Any:
        """The cover's document of a feed whose picture lies at the far end."""
        self.far.says("/c.jpg", ok(body, "image/jpeg", **how))
        picture = self.far.url("/c.jpg")
        text = feed(item(1)).replace(b"https://cast.example/c.jpg", picture.encode())
        self.far.says("/feed", ok(text, KIND))
        return (await self.subscribed())["channel"]["artist"]["cover"]

    async def test_a_cover_is_brought_here(self) -> None:
        """When somebody first looks, once for all; then it is a picture like any other."""
        cover = await self.cover(picture())
        self.assertIsNone(cover["size"])
        place = cover["urls"]["medium_square_crop"]
        said = await gatherResults([Deferred.fromCoroutine(self.visitor().get(place)) for _ in range(3)])
        self.assertEqual([302] * 3, [one.status for one in said])
        self.assertEqual(1, sum("/c.jpg" in head for head in self.far.heads))
        shown = await self.visitor().get(said[0].header("Location") or "")
        self.assertEqual((200, "image/jpeg"), (shown.status, shown.header("Content-Type")))
        told = (await self.alice.get(f"attachments/{cover['uuid']}/")).json
        self.assertEqual("image/jpeg", told["mimetype"])
        self.assertIn("/media/attachments/", told["urls"]["original"])
        self.assertEqual(0, await self.value("SELECT count(*) FROM doomed_file"))

    async def test_what_is_no_picture(self) -> None:
        """502, and its server is left alone for a while."""
        cover = await self.cover(b"<html>")
        for _ in range(2):
            self.assertEqual(502, (await self.visitor().get(cover["urls"]["original"])).status)
        self.assertEqual(1, sum("/c.jpg" in head for head in self.far.heads))
        self.assertEqual(0, await self.value("SELECT count(*) FROM attachment WHERE file IS NOT NULL"))


class SentAwayTests(FeedCase):
    """``EXTERNAL_MEDIA_PROXY_ENABLED=false``"""

    environment = {**FeedCase.environment, "EXTERNAL_MEDIA_PROXY_ENABLED": "false"}

    async def test_who_looks_is_sent_to_the_other_server(self) -> None:
        """Which nobody here has asked."""
        self.far.says("/feed", ok(feed(item(1)), KIND))
        cover = (await self.subscribed())["channel"]["artist"]["cover"]
        said = await self.visitor().get(cover["urls"]["original"])
        self.assertEqual((302, "https://cast.example/c.jpg"), (said.status, said.header("Location")))


class SubscribingTests(FeedCase):
    """A feed becomes a channel."""

    async def test_no_log_has_the_key_to_a_feed(self) -> None:
        """Its address stays between us and its server, whatever goes wrong."""
        self.far.says("/feed/s3cret", ok(feed(item(1)), KIND))
        with capturedLogs() as events:
            await self.refused("ftp://s3cret.example/s3cret")
            await self.refused(self.far.url("/s3cret"))
            await self.subscribed(path="/feed/s3cret")
            self.far.says("/feed/s3cret", ok(b"", status="500 Broken"))
            await self.refresh()
        self.assertTrue(any(event.get("event") == "feeds.trouble" for event in events))
        for event in events:
            self.assertNotIn("s3cret", f"{formatEvent(event)} {event}")

    async def test_a_feed_becomes_a_channel(self) -> None:
        """With its words, its episodes, and the service actor as its owner; heard by subscribers alone."""
        bob = await self.person("bob")
        self.far.says("/feed", ok(feed(item(1), item(2)), KIND, ETag='"1"'))
        said = await self.subscribed()
        channel = said["channel"]
        self.assertTrue(said["approved"])
        self.assertIsNone(channel["actor"])
        self.assertEqual("service", channel["attributed_to"]["preferred_username"])
        self.assertEqual((self.far.url("/feed"), "https://cast.example/"), (channel["rss_url"], channel["url"]))
        told = tuple(channel["artist"][name] for name in ("name", "content_category", "tracks_count"))
        self.assertEqual(("Deep Sea", "podcast", 2), told)
        self.assertEqual(("en", "Science"), (channel["metadata"]["language"], channel["metadata"]["itunes_category"]))
        self.assertEqual("https://cast.example/c.jpg", channel["artist"]["cover"]["urls"]["source"])
        name = await self.value("SELECT preferred_username FROM actor WHERE preferred_username LIKE 'rssfeed-%%'")
        self.assertEqual(name, f"rssfeed-{channel['uuid']}")
        tracks = await self.alice.get("tracks/", channel=channel["uuid"], playable="true", ordering="creation_date")
        first = tracks.json["results"][0]
        self.assertEqual(
            ("Episode 1", "2026-01-01T08:00:00Z", None), (first["title"], first["creation_date"], first["album"])
        )
        self.assertEqual((60, 1000, "audio/mpeg"),
                         tuple(first["uploads"][0][name] for name in ("duration", "size", "mimetype")))  # fmt: skip
        heard = await self.alice.get(first["uploads"][0]["listen_url"])
        self.assertEqual(503, heard.status)
        self.assertEqual([], await self.titles(bob, channel["uuid"], playable="true"))
        for path in (f"channels/{channel['uuid']}/", f"channels/{channel['uuid']}/rss"):
            self.assertEqual(404, (await bob.get(path)).status, path)
        self.assertEqual(0, (await bob.get("channels/")).json["count"])
        self.assertEqual(1, (await self.alice.get("channels/", external="true", subscribed="true")).json["count"])
        self.assertEqual(0, (await self.alice.get("channels/", external="false")).json["count"])
        self.assertEqual(302, (await self.alice.get(f"channels/{channel['uuid']}/rss")).status)
        for method in ("PATCH", "DELETE"):
            self.assertEqual(403, (await self.alice.send(method, f"channels/{channel['uuid']}/", {})).status)
        self.assertIn(
            channel["uuid"], [one["channel"] for one in (await self.alice.get("subscriptions/all")).json["results"]]
        )
        opml = await self.alice.get("channels/", output="opml")
        self.assertIn(self.far.url("/feed").encode(), opml.body)

    async def test_one_feed_is_shared(self) -> None:
        """The second subscriber asks nobody, by whatever address the feed is known."""
        bob = await self.person("bob")
        self.far.says("/feed", ok(feed(item(1)), KIND))
        self.far.says("/old", moved("/feed", "301 Moved Permanently"))
        one = await self.subscribed()
        two = await self.subscribed(bob)
        three = await self.subscribed(bob, "/old")
        self.assertEqual(1, len({said["channel"]["uuid"] for said in (one, two, three)}))
        self.assertEqual((two["uuid"], 3), (three["uuid"], len(self.far.heads)))
        await self.subscribed(self.alice, "/old")
        self.assertEqual(3, len(self.far.heads))
        self.assertEqual(["Episode 1"], await self.titles(bob, one["channel"]["uuid"]))
        self.assertEqual(2, (await bob.get(f"channels/{one['channel']['uuid']}/")).json["subscriptions_count"])

    async def test_our_own_feeds_are_not_asked_for(self) -> None:
        """A channel's own address subscribes to the channel."""
        made = await self.a_channel(self.alice)
        bob = await self.person("bob")
        said = await bob.post("channels/rss-subscribe/", {"url": made["rss_url"]})
        self.assertEqual((201, made["uuid"]), (said.status, said.json["channel"]["uuid"]))
        unknown = await bob.post("channels/rss-subscribe/", {"url": made["rss_url"].replace("nighttalk", "x")})
        self.assertEqual(404, unknown.status)

    async def test_what_is_no_feed(self) -> None:
        """Pages, errors, silence, bombs, floods: each told on the address, and nothing is left."""
        self.far.says("/html", ok(b"<!DOCTYPE html><html><body>Hi</body></html>", "text/html"))
        self.far.says("/empty", ok(feed(), KIND))
        self.far.says("/bytes", ok(bytes(range(256)) * 10, KIND))
        self.far.says("/xml", ok(b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel/></rss>", KIND))
        self.far.says("/gone", ok(b"", status="410 Gone"))
        self.far.says("/bomb", ok(gzip.compress(bytes(40_000_000)), KIND, Content_Encoding="gzip"))
        self.far.says("/same", b"HTTP/1.1 304 Not Modified\r\n\r\n")
        self.far.does("/large", lambda line: line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"))
        self.far.does("/flood", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n\r\n<rss>", b"<a/>" * 20_000))
        self.far.does("/silent", lambda line: None)
        self.far.does("/slow", lambda line: line.drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.2))
        self.far.says("/away", moved("http://10.0.0.1/"))
        self.far.says("/meta", moved("http://169.254.169.254/latest/meta-data/"))
        self.far.says("/round", moved("/round"))
        for path in ("/html", "/empty", "/bytes", "/xml", "/gone", "/bomb", "/same", "/large", "/flood", "/silent",
                     "/slow", "/away", "/meta", "/round", "/unknown"):  # fmt: skip
            await self.refused(self.far.url(path))
        self.assertIn("web page", await self.refused(self.far.url("/html")))
        self.assertEqual(0, await self.value("SELECT count(*) FROM actor WHERE preferred_username LIKE 'rssfeed-%%'"))

    async def test_what_is_no_address(self) -> None:
        """Private places, other protocols, nonsense."""
        for url in (
            "http://10.0.0.1/feed", "http://localhost/feed", "http://[::1]/", "file:///etc/passwd", "x", "http://127.1/",
            "ftp://a.example/", "http://2130706433/", "https://user@cast.example/", "https://cast.example:22/",
        ):  # fmt: skip
            await self.refused(url)
        for document in ({}, {"url": ""}, {"url": None}, {"url": "https://c.example/" + "x" * 600}):
            said = await self.alice.post("channels/rss-subscribe/", document)
            self.assertEqual((400, {"url"}), (said.status, set(said.json)))
        self.assertEqual(401, (await self.visitor().post("channels/rss-subscribe/", {"url": "x"})).status)
        self.assertEqual([], self.far.heads)


class RefreshingTests(FeedCase):
    """A feed is asked again."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.far.says(
            "/feed",
            ok(feed(item(1), item(2), item(3)), KIND, ETag='"1"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT"),
        )
        self.channel = (await self.subscribed())["channel"]["uuid"]

    async def due_in(self) -> timedelta:
        """When the feed will be asked again."""
        return (await self.value("SELECT due FROM feed")) - datetime.now(UTC)

    async def test_new_edited_and_removed_episodes(self) -> None:
        """The channel says what the feed says; what fell off the end is kept, up to the limit."""
        before = {
            one["title"]: one["id"] for one in (await self.alice.get("tracks/", channel=self.channel)).json["results"]
        }
        changed = item(3, title="Third", url="https://cdn.example/3b.mp3")
        self.far.says("/feed", ok(feed(item(2), changed, item(4), title="Deeper Sea"), KIND))
        await self.refresh()
        self.assertEqual(["Episode 4", "Third", "Episode 2", "Episode 1"], await self.titles(self.alice, self.channel))
        third = (await self.alice.get(f"tracks/{before['Episode 3']}/")).json
        self.assertEqual("Third", third["title"])
        self.assertEqual("Deeper Sea", (await self.alice.get(f"channels/{self.channel}")).json["artist"]["name"])
        self.far.says("/feed", ok(feed(item(2), item(4), item(5)), KIND))
        await self.refresh()
        self.assertEqual(
            ["Episode 5", "Episode 4", "Episode 2", "Episode 1"], await self.titles(self.alice, self.channel)
        )
        self.far.says("/feed", ok(feed(item(6), item(5)), KIND))
        await self.refresh()
        self.assertEqual(
            ["Episode 6", "Episode 5", "Episode 4", "Episode 2"], await self.titles(self.alice, self.channel)
        )
        self.far.says("/feed", ok(feed(), KIND))
        await self.refresh()
        self.assertEqual(4, len(await self.titles(self.alice, self.channel)))

    async def test_conditions(self) -> None:
        """What we have is told; 304 and equal bytes change nothing."""
        self.far.says("/feed", b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
        await self.refresh()
        self.assertEqual('"1"', self.far.header("if-none-match"))
        self.assertEqual("Thu, 01 Jan 2026 00:00:00 GMT", self.far.header("if-modified-since"))
        self.assertTrue(timedelta(hours=21) < await self.due_in() < timedelta(hours=27))
        version = await self.value("SELECT version FROM area WHERE name = 'catalog'")
        self.far.says("/feed", ok(feed(item(1), item(2), item(3)), KIND))
        await self.refresh()
        self.assertEqual(version, await self.value("SELECT version FROM area WHERE name = 'catalog'"))
        self.assertEqual(3, len(await self.titles(self.alice, self.channel)))

    async def test_not_before_it_is_due(self) -> None:
        """And not when nobody is subscribed; somebody who comes back wakes it."""
        await self.refresh(due=False)
        self.assertEqual(1, len(self.far.heads))
        await self.alice.post(f"channels/{self.channel}/unsubscribe/")
        await self.refresh()
        self.assertEqual(1, len(self.far.heads))
        await self.subscribed()
        await self.work()
        self.assertEqual(2, len(self.far.heads))

    async def test_trouble_is_met_with_patience(self) -> None:
        """Twice as long each time, and as before once it is over; nothing is lost meanwhile."""
        self.far.says("/feed", ok(b"", status="500 Broken"))
        for failures, hours in ((1, 1), (2, 2), (3, 4)):
            await self.refresh()
            self.assertEqual(failures, await self.value("SELECT failures FROM feed"))
            self.assertTrue(timedelta(hours=hours * 0.85) < await self.due_in() < timedelta(hours=hours * 1.15))
        self.assertEqual("The server answered with status 500.", await self.value("SELECT trouble FROM feed"))
        self.far.says("/feed", ok(b"<html>maintenance</html>", "text/html"))
        await self.refresh()
        self.far.says("/feed", ok(b"", status="410 Gone"))
        await self.refresh()
        self.assertLess(timedelta(days=29), await self.due_in())
        self.assertEqual(3, len(await self.titles(self.alice, self.channel)))
        self.far.says("/feed", ok(feed(item(1), item(2), item(3), item(4)), KIND))
        await self.refresh()
        self.assertEqual(
            (0, None), (await self.value("SELECT failures FROM feed"), await self.value("SELECT trouble FROM feed"))
        )
        self.assertEqual(4, len(await self.titles(self.alice, self.channel)))

    async def test_hosts_that_want_to_be_left_alone(self) -> None:
        """Retry-After counts for all feeds of the host."""
        self.far.says("/other", ok(feed(item(9), title="Other"), KIND))
        await self.subscribed(path="/other")
        self.far.says("/feed", ok(b"", status="429 Too Many", Retry_After="86400"))
        self.far.says("/other", ok(b"", status="503 Busy", Retry_After="86400"))
        asked = len(self.far.heads)
        await self.refresh()
        self.assertEqual(asked + 1, len(self.far.heads))
        self.assertEqual(2, await self.value("SELECT count(*) FROM feed WHERE due > now() + interval '23 hours'"))
        await self.refresh()
        self.assertEqual(asked + 1, len(self.far.heads))

    async def test_feeds_that_move(self) -> None:
        """By a permanent redirect or by their own word, once the new place is a feed."""
        self.far.says("/feed", moved("/elsewhere", "302 Found"))
        self.far.says("/elsewhere", ok(feed(item(1), item(2)), KIND))
        await self.refresh()
        self.assertEqual(self.far.url("/feed"), (await self.alice.get(f"channels/{self.channel}")).json["rss_url"])
        self.far.says("/feed", moved("/new", "301 Moved Permanently"))
        self.far.says("/new", ok(feed(item(1), item(2), item(3)), KIND))
        await self.refresh()
        self.assertEqual(self.far.url("/new"), (await self.alice.get(f"channels/{self.channel}")).json["rss_url"])
        word = f"<itunes:new-feed-url>{self.far.url('/newest')}</itunes:new-feed-url>"
        self.far.says("/new", ok(feed(item(1), item(2), more=word), KIND))
        await self.refresh()
        self.assertEqual(self.far.url("/new"), (await self.alice.get(f"channels/{self.channel}")).json["rss_url"])
        self.far.says("/newest", ok(feed(item(1), item(2), item(3), more=word), KIND))
        self.far.says("/new", ok(feed(item(1), more=word), KIND))
        await self.refresh()
        self.assertEqual(self.far.url("/newest"), (await self.alice.get(f"channels/{self.channel}")).json["rss_url"])
        for path in ("/feed", "/new", "/newest"):
            self.assertEqual(self.channel, (await self.subscribed(path=path))["channel"]["uuid"])
        self.far.says("/newest", moved("http://10.0.0.1/", "301 Moved Permanently"))
        await self.refresh()
        self.assertEqual(self.far.url("/newest"), (await self.alice.get(f"channels/{self.channel}")).json["rss_url"])

    async def test_hastening(self) -> None:
        """A listener may ask for news, at most every quarter of an hour."""
        feeds = self.parts.podcasts.feeds
        self.assertEqual(0, await feeds.hasten(self.alice.viewer))
        await self.do("UPDATE feed SET fetched = now() - interval '20 minutes'")
        self.assertEqual(1, await feeds.hasten(self.alice.viewer))
        await self.work()
        self.assertEqual(2, len(self.far.heads))
        self.assertEqual(0, await feeds.hasten(self.alice.viewer))


class OpenFeedTests(FeedCase):
    """PODCASTS_THIRD_PARTY_VISIBILITY=everyone."""

    environment = {**FeedCase.environment, "PODCASTS_THIRD_PARTY_VISIBILITY": "everyone"}

    async def test_everybody_hears(self) -> None:
        """Subscribed to or not."""
        bob = await self.person("bob")
        self.far.says("/feed", ok(feed(item(1)), KIND))
        channel = (await self.subscribed())["channel"]["uuid"]
        self.assertEqual(["Episode 1"], await self.titles(bob, channel, playable="true"))
        self.assertEqual(200, (await bob.get(f"channels/{channel}/")).status)


class ShutOutTests(FeedCase):
    """Feeds of servers that moderators decided about: docs/federation.md §6."""

    async def decided(self, **switches: bool) -> None:
        """A policy about the far end."""
        chief = await self.person("chief", permissions=["moderation"])
        target = {"type": "domain", "id": self.far.url("/").split("/")[2]}
        said = await chief.post("manage/moderation/instance-policies/", {"target": target, **switches})
        self.assertEqual(201, said.status, said.body)

    async def test_a_blocked_server(self) -> None:
        """Its feeds are not asked for, and what is here of them goes."""
        self.far.says("/feed", ok(feed(item(1)), KIND))
        await self.subscribed()
        asked = len(self.far.heads)
        await self.decided(block_all=True)
        said = await self.alice.post("channels/rss-subscribe/", {"url": self.far.url("/other")})
        self.assertEqual((400, ["url"]), (said.status, list(said.json)))
        self.assertEqual(asked, len(self.far.heads))
        whom = self.far.url("/").split("/")[2]
        await self.parts.fediverse.moderation.purging.purge(Purge("chief", whom))
        for table in ("channel", "upload", "track", "feed"):
            self.assertEqual(0, await self.value(f"SELECT count(*) FROM {table}"), table)

    async def test_feeds_of_others(self) -> None:
        """A feed that says that it is at a blocked server, or whose page is there, is none, wherever it came from."""
        await self.person("chief", permissions=["moderation"])
        await self.do("INSERT INTO domain (name) VALUES ('bad.example')")
        chief = await self.value("SELECT max(actor_id) FROM account")
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, 'bad.example', true)", chief
        )
        await self.changed("libraries")
        own = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://{}/feed"/>'
        for server, status in (("bad.example", 400), ("fine.example", 201)):
            self.far.says("/feed", ok(feed(item(1), more=own.format(server)), KIND))
            said = await self.alice.post("channels/rss-subscribe/", {"url": self.far.url("/feed")})
            self.assertEqual(status, said.status, said)
