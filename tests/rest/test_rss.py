"""Our channels as feeds, read as podcast apps and directories read them (docs/api.md §4.15)."""

from __future__ import annotations

import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser

from fwtwisted.model.podcasts import CATEGORIES_OF_PODCASTS
from fwtwisted.wire.feeds import read_feed
from tests.rest.test_channels import WISH, ChannelCase
from tests.web.serving import Answer

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
ATOM = "{http://www.w3.org/2005/Atom}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
NASTY = "Tom & <Jerry> ]]> \"quotes\" 'n' \u2028 \U0001f399 &amp; 漢"


class RssCase(ChannelCase):
    """A pod open to directories, with a channel."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self.open_up()
        self.alice = await self.person("alice")

    async def rss(self, name: str = "nighttalk", **headers: str) -> Answer:
        """The feed as a visitor gets it."""
        told = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.visitor().get(f"channels/{name}/rss", headers=told)

    def must_keep_the_rules(self, root: Any) -> None:
        """What Apple, Spotify and the Podcast Index require of a feed."""
        self.assertEqual(("rss", "2.0"), (root.tag, root.get("version")))
        top = root.find("channel")
        for name in ("title", "link", "description", "language", f"{ITUNES}explicit", f"{ITUNES}author"):
            self.assertTrue(top.findtext(name), name)
        self.assertIn(top.findtext(f"{ITUNES}explicit"), ("true", "false"))
        category = top.find(f"{ITUNES}category")
        within = category.find(f"{ITUNES}category")
        self.assertIn(category.get("text"), CATEGORIES_OF_PODCASTS)
        if within is not None:
            self.assertIn(within.get("text"), CATEGORIES_OF_PODCASTS[category.get("text")])
        for address in root.iter():
            for attribute in ("href", "url"):
                if address.get(attribute):
                    self.assertEqual("https", urlsplit(address.get(attribute)).scheme, address.attrib)
        guids = [item.findtext("guid") for item in top.iter("item")]
        self.assertEqual(len(guids), len(set(guids)))
        for item in top.iter("item"):
            self.must_be_an_item(item)

    def must_be_an_item(self, item: Any) -> None:
        """What they require of each episode."""
        for name in ("title", "guid", "pubDate", f"{ITUNES}duration", "link", "description"):
            self.assertTrue(item.findtext(name), name)
        self.assertIsNotNone(parsedate_to_datetime(item.findtext("pubDate")).tzinfo)
        [enclosure] = item.findall("enclosure")
        self.assertGreater(int(enclosure.get("length")), 0)
        self.assertTrue(enclosure.get("type").startswith("audio/"))
        self.assertRegex(item.findtext(f"{ITUNES}duration"), r"^\d\d:\d\d:\d\d$")
        self.assertEqual("full", item.findtext(f"{ITUNES}episodeType"))
        for name in ("season", "episode"):
            self.assertGreater(int(item.findtext(f"{ITUNES}{name}") or 1), 0)


class FeedTests(RssCase):
    """What stands in a feed."""

    async def test_a_feed_keeps_the_rules(self) -> None:
        """All elements, absolute addresses, and the same words back."""
        cover, picture = await self.a_picture(self.alice), await self.a_picture(self.alice)
        metadata = {
            **WISH["metadata"], "copyright": "2026 A & B", "owner_name": "Ann", "owner_email": "ann@mail.example",
            "explicit": True,
        }  # fmt: skip
        made = await self.a_channel(
            self.alice, cover=cover, name=NASTY, metadata=metadata,
            description={"text": f"{NASTY} **bold**\n\nmore", "content_type": "text/markdown"},
        )  # fmt: skip
        one = await self.an_episode(
            self.alice,
            made,
            title=NASTY,
            description="*Hi* & <script>bye</script>",
            position=3,
            tags=["Sea"],
            cover=picture,
        )
        two = await self.an_episode(self.alice, made, title="Plain")
        said = await self.rss()
        self.assertEqual((200, "application/rss+xml; charset=utf-8"), (said.status, said.header("Content-Type")))
        root = ElementTree.fromstring(said.body)
        self.must_keep_the_rules(root)
        top = root.find("channel")
        assert top is not None
        self.assertEqual(NASTY, top.findtext("title"))
        self.assertEqual("https://pod.example/channels/nighttalk", top.findtext("link"))
        links = {link.get("rel"): (link.get("type"), link.get("href")) for link in top.findall(f"{ATOM}link")}
        self.assertEqual(
            {
                "self": ("application/rss+xml", "https://pod.example/api/v1/channels/nighttalk/rss"),
                "alternate": ("application/activity+json", made["actor"]["fid"]),
            },
            links,
        )
        self.assertEqual(("true", "2026 A & B"), (top.findtext(f"{ITUNES}explicit"), top.findtext("copyright")))
        self.assertEqual("Ann", top.findtext(f"{ITUNES}owner/{ITUNES}name"))
        self.assertIn("<strong>bold</strong>", top.findtext(f"{ITUNES}summary") or "")
        self.assertEqual(36, len(top.findtext(f"{PODCAST}guid") or ""))
        items = top.findall("item")
        self.assertEqual([two["uuid"], one["uuid"]], [item.findtext("guid") for item in items])
        last = items[1]
        self.assertEqual(
            (NASTY, "3", "Sea"), tuple(last.findtext(f"{ITUNES}{n}") for n in ("title", "episode", "keywords"))
        )
        self.assertNotIn("script", last.findtext(f"{ITUNES}summary") or "")
        image = last.find(f"{ITUNES}image")
        assert image is not None
        self.assertEqual(200, (await self.visitor().get(image.get("href") or "")).status)
        self.assertIsNone(items[0].find(f"{ITUNES}image"))

    async def test_others_read_it_as_it_was_meant(self) -> None:
        """The field's own reader, and ours."""
        made = await self.a_channel(self.alice, name=NASTY, cover=await self.a_picture(self.alice))
        await self.an_episode(self.alice, made, title=NASTY, description="About it", position=2)
        body = (await self.rss()).body
        read = feedparser.parse(body)
        self.assertFalse(read.bozo, read.get("bozo_exception"))
        self.assertEqual((" ".join(NASTY.split()), "en"), (" ".join(read.feed.title.split()), read.feed.language))
        [entry] = read.entries
        self.assertEqual(("audio/mpeg", "2"), (entry.enclosures[0].type, entry.itunes_episode))
        self.assertIsNotNone(entry.published_parsed)
        own = read_feed(body, "https://pod.example/feed", None, 50)
        self.assertEqual((" ".join(NASTY.replace("&amp;", "&").split()), "Comedy", "Improv"),
                         (own.title, own.metadata["itunes_category"], own.metadata["itunes_subcategory"]))  # fmt: skip
        self.assertEqual((entry.id, 2), (own.items[0].guid, own.items[0].position))

    async def test_enclosures_tell_the_truth(self) -> None:
        """The length of an MP3 is what is sent; of others, of what was kept; before that, by the bitrate."""
        made = await self.a_channel(self.alice)
        visitor = self.visitor()
        for kind in ("mp3", "flac"):
            sent = await self.sent(self.alice, made["uuid"], {"title": kind}, "pending", kind)
            await self.work()
            self.assertEqual(201, sent.status)
            for attempt in range(2):
                await self.changed()
                item = ElementTree.fromstring((await self.rss()).body).find("channel/item")
                enclosure = None if item is None else item.find("enclosure")
                assert enclosure is not None
                heard = await visitor.get(enclosure.get("url") or "")
                self.assertEqual((200, "audio/mpeg"), (heard.status, heard.header("Content-Type")))
                if kind == "mp3" or attempt == 1:
                    self.assertEqual(len(heard.body), int(enclosure.get("length") or 0), kind)
                await self.settled_versions(kind == "flac")

    async def settled_versions(self, wanted: bool) -> None:
        """Wait until a transcode was kept."""
        for _ in range(100):
            if not wanted or await self.value("SELECT count(*) FROM upload_version"):
                return
            await self.ground.threads(time.sleep, 0.05)

    async def test_without_transcoding_types_are_as_they_are(self) -> None:
        """music__transcoding_enabled off."""
        made = await self.a_channel(self.alice)
        await self.sent(self.alice, made["uuid"], {"title": "x"}, "pending", "flac")
        await self.work()
        await self.parts.preferences.change_one("music__transcoding_enabled", False)
        enclosure = ElementTree.fromstring((await self.rss()).body).find("channel/item/enclosure")
        assert enclosure is not None
        heard = await self.visitor().get(enclosure.get("url") or "")
        self.assertEqual(
            (heard.header("Content-Type"), str(len(heard.body))), (enclosure.get("type"), enclosure.get("length"))
        )

    async def test_drafts_and_others_are_not_told(self) -> None:
        """Only what can be played, at most fifty, the newest."""
        made = await self.a_channel(self.alice)
        await self.sent(self.alice, made["uuid"], {"title": "draft"})
        self.assertEqual(0, len(feedparser.parse((await self.rss()).body).entries))
        library = await self.value("SELECT library_id FROM channel")
        for number in range(55):
            track = await self.a_track(f"T{number}", made["artist"]["id"])
            await self.an_upload(library, track)
        await self.changed()
        entries = feedparser.parse((await self.rss()).body).entries
        self.assertEqual((50, "T54"), (len(entries), entries[0].title))


class AskingTests(RssCase):
    """Readers that ask often."""

    async def test_conditional_reading(self) -> None:
        """An unchanged feed is not sent again, a changed one is."""
        made = await self.a_channel(self.alice)
        said = await self.rss()
        etag, modified = said.header("ETag") or "", said.header("Last-Modified") or ""
        self.assertIsInstance(parsedate_to_datetime(modified), datetime)
        for headers in ({"If_None_Match": etag}, {"If_Modified_Since": modified},
                        {"If_None_Match": etag, "If_Modified_Since": modified}):  # fmt: skip
            again = await self.rss(**headers)
            self.assertEqual((304, b""), (again.status, again.body), headers)
        await self.an_episode(self.alice, made)
        changed = await self.rss(If_None_Match=etag)
        self.assertEqual(200, changed.status)
        self.assertNotEqual(etag, changed.header("ETag"))

    async def test_each_name_and_who_may(self) -> None:
        """By every name; of a closed pod only with a login."""
        made = await self.a_channel(self.alice)
        for name in (made["uuid"], "NIGHTTALK", "nighttalk@pod.example"):
            self.assertEqual(200, (await self.rss(name)).status, name)
        self.assertEqual(200, (await self.visitor().get("/api/v1/channels/nighttalk/rss/")).status)
        self.assertEqual(404, (await self.rss("unknown")).status)
        await self.parts.preferences.change_one("common__api_authentication_required", True)
        self.assertEqual(401, (await self.rss()).status)
        self.assertEqual(200, (await self.alice.get("channels/nighttalk/rss")).status)

    async def test_opml(self) -> None:
        """Every channel as an outline, filtered as the list is."""
        await self.a_channel(self.alice, name=NASTY)
        await self.a_channel(self.alice, name="Other", username="other", tags=["Quiet"])
        said = await self.visitor().get("channels/", output="opml")
        self.assertEqual((200, "application/xml; charset=utf-8"), (said.status, said.header("Content-Type")))
        root = ElementTree.fromstring(said.body)
        outlines = [outline.attrib for outline in root.iter("outline")]
        self.assertEqual(
            {
                "type": "rss", "title": "Other", "text": "Other",
                "xmlUrl": "https://pod.example/api/v1/channels/other/rss", "htmlUrl": "https://pod.example/channels/other",
            },
            outlines[0],
        )  # fmt: skip
        self.assertEqual(" ".join(NASTY.split()), " ".join(outlines[1]["title"].split()))
        filtered = await self.visitor().get("channels/", output="opml", tag="quiet")
        self.assertEqual(1, filtered.body.count(b"<outline"))
