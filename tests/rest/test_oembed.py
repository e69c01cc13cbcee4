"""oEmbed over HTTP: docs/api.md §4.5."""

from __future__ import annotations

from tests.database import HOME
from tests.rest.pod import URL, PodCase, with_query


class OEmbedTests(PodCase):
    """``oembed/``."""

    async def test_documents(self) -> None:
        """Every field; a track is low, all else is high; sizes are capped."""
        await self.open_up()
        alice, visitor = await self.person(), self.visitor()
        [track, *_] = await self.an_album_of(await self.library_of(alice), artist='No"va', title="Tides & <b>")
        album = await self.value("SELECT album_id FROM track WHERE id = %s", track)
        artist = await self.value("SELECT artist_id FROM track WHERE id = %s", track)
        said = await visitor.get("oembed/", url=f"{URL}/library/tracks/{track}", format="json")
        title = 'Tides & <b> 1 by No"va'
        self.assertEqual(200, said.status)
        self.assertEqual(
            {
                "version": "1.0", "type": "rich", "provider_name": "Funkwhale", "provider_url": URL,
                "width": 600, "height": 150, "title": title, "description": title, "author_name": 'No"va',
                "author_url": f"{URL}/library/artists/{artist}",
                "html": '<iframe width="600" height="150" scrolling="no" frameborder="no"'
                ' title="Tides &amp; &lt;b&gt; 1 by No&quot;va"'
                f' src="{URL}/embed.html?type=track&amp;id={track}"></iframe>',
            },
            said.json,
        )  # fmt: skip
        for place, height in ((f"library/albums/{album}", 400), (f"library/artists/{artist}/", 400)):
            told = (await visitor.get("oembed", url=f"http://{HOME}/{place}?x#y", format="json", maxwidth="300")).json
            self.assertEqual((300, height), (told["width"], told["height"]), place)
        told = (await visitor.get("oembed", url=f"{URL}/library/tracks/{track}", format="json", maxheight="100")).json
        self.assertEqual((600, 100), (told["width"], told["height"]))

    async def test_playlists(self) -> None:
        """Those that everybody may see."""
        await self.open_up()
        alice = await self.person()
        for level, status in (("everyone", 200), ("instance", 400), ("me", 400)):
            made = (await alice.post("playlists/", {"name": "Walks", "privacy_level": level})).json["id"]
            said = await alice.get("oembed/", url=f"{URL}/library/playlists/{made}", format="json")
            self.assertEqual(status, said.status, level)
            if status == 200:
                self.assertEqual(("Walks", "alice"), (said.json["title"], said.json["author_name"]))
                self.assertEqual(f"{URL}/@alice", said.json["author_url"])

    async def test_strange_questions(self) -> None:
        """400 with the field."""
        await self.open_up()
        alice = await self.person()
        track = (await self.an_album_of(await self.library_of(alice)))[0]
        url = f"{URL}/library/tracks/{track}"
        for query, field in (
            ({}, "url"), ({"url": url}, "format"), ({"url": url, "format": "xml"}, "format"),
            ({"format": "json"}, "url"),
            ({"url": "https://other.example/library/tracks/1", "format": "json"}, "url"),
            ({"url": f"{URL}/library/tracks/999999", "format": "json"}, "url"),
            ({"url": f"{URL}/about", "format": "json"}, "url"), ({"url": "x" * 9000, "format": "json"}, "url"),
            ({"url": f"{URL}/@alice", "format": "json"}, "url"), ({"url": "http://[", "format": "json"}, "url"),
            ({"url": f"ftp://{HOME}/library/tracks/{track}", "format": "json"}, "url"),
            ({"url": url, "format": "json", "maxwidth": "wide"}, "maxwidth"),
            ({"url": url, "format": "json", "maxheight": "0"}, "maxheight"),
            ({"url": url, "format": "json", "maxheight": "-1"}, "maxheight"),
        ):  # fmt: skip
            said = await self.visitor().get(with_query("oembed/", **query))
            self.assertEqual(400, said.status, query)
            self.assertIn(field, said.json, query)

    async def test_closed(self) -> None:
        """Visitors are not told."""
        self.assertEqual(401, (await self.visitor().get("oembed/", url=URL, format="json")).status)
