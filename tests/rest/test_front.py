"""The web app at the root: docs/api.md §6.1, docs/storage.md S-7."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from uuid import uuid4

from fwtwisted.outside.front import MARK
from tests.rest.pod import URL, Client, PodCase
from tests.web.serving import Answer

PAGE = """<!DOCTYPE html><html><head><title>App</title>
<link rel="manifest" href="/manifest.json"><link rel="icon" href="/x.png"></head>\
<body><div id="app"></div></body></html>"""
TAG = re.compile(r'<(?:meta property|link rel="alternate" type)="([^"]+)" (?:content|href)="([^"]*)"')


def tags(said: Answer) -> dict[str, str]:
    """What the page says."""
    return {name: unescape(value) for name, value in TAG.findall(said.body.decode())}


class _FrontCase(PodCase):
    """A pod with music that everybody may hear."""

    async def music(self) -> tuple[Client, list[int]]:
        await self.open_up()
        alice = await self.person()
        return alice, await self.an_album_of(await self.library_of(alice))

    async def ids(self, track: int) -> tuple[int, int]:
        """Album and artist of a track."""
        return (
            await self.value("SELECT album_id FROM track WHERE id = %s", track),
            await self.value("SELECT artist_id FROM track WHERE id = %s", track),
        )


class OwnPageTests(_FrontCase):
    """A pod with the page that is built in."""

    async def test_what_is_no_place_of_the_page(self) -> None:
        """Crawlers are told what to leave alone; what other apps' pages ask for beside themselves is not there."""
        said = await self.visitor().get("/robots.txt")
        self.assertEqual((200, "text/plain; charset=utf-8"), (said.status, said.header("Content-Type")))
        lines = said.body.decode().splitlines()
        self.assertEqual("User-agent: *", lines[0])
        self.assertIn("Disallow: /api/", lines)
        self.assertNotIn("Disallow: /", lines, "pages may be found")
        for path in ("/settings.json", "/custom.css", "/serviceWorker.js"):
            self.assertEqual(404, (await self.visitor().get(path)).status, path)

    async def test_every_unknown_place_is_the_page(self) -> None:
        """With the token that writes must repeat, not to be kept, and not to be framed."""
        visitor = self.visitor()
        visitor.cookies.clear()
        for path in (
            "/",
            "/library/tracks/7",
            "/@me",
            "/index.html",
            "/.hidden",
            "/no/such.js",
            "/library/../x",
            "/%00",
        ):
            said = await visitor.get(path)
            self.assertEqual((200, "text/html; charset=utf-8"), (said.status, said.header("Content-Type")), path)
            self.assertIn(b'<div id="app">', said.body, path)
            self.assertIn("csrftoken", said.cookies)
            self.assertEqual("no-cache", said.header("Cache-Control"))
            self.assertEqual("SAMEORIGIN", said.header("X-Frame-Options"))
            self.assertIn("frame-ancestors 'self'", said.header("Content-Security-Policy") or "")
        self.assertEqual(200, (await visitor.head("/library")).status)

    async def test_places_of_programs_are_not(self) -> None:
        """Unknown paths there are 404, and the page is only read."""
        visitor = self.visitor()
        for path in (
            "/api/v1/nope",
            "/federation/x",
            "/.well-known/x",
            "/rest/x",
            "/media/x",
            "/assets/x.js",
            "/%61pi/x",
        ):
            self.assertEqual(404, (await visitor.get(path)).status, path)
        said = await visitor.post("/library")
        self.assertEqual((405, "GET, HEAD"), (said.status, said.header("Allow")))

    async def test_files(self) -> None:
        """With their type and tag; a client that has one is told so."""
        visitor = self.visitor()
        said = await visitor.get("/parts/icons.js")
        self.assertEqual((200, "text/javascript; charset=utf-8"), (said.status, said.header("Content-Type")))
        etag = said.header("ETag") or ""
        again = await visitor.get("/parts/icons.js", headers={"If-None-Match": etag})
        self.assertEqual((304, b"", etag), (again.status, again.body, again.header("ETag")))
        self.assertEqual(str(len(said.body)), (await visitor.head("/parts/icons.js")).header("Content-Length"))
        manifest = await visitor.get("/manifest.json")
        self.assertEqual((302, "/api/v1/instance/spa-manifest.json"), (manifest.status, manifest.header("Location")))

    async def test_the_player_may_be_framed(self) -> None:
        """By anybody, under both of its names, and without a cookie."""
        for path in ("/embed.html?type=track&id=1", "/front/embed.html"):
            said = await self.visitor().get(path)
            self.assertEqual((200, None, {}), (said.status, said.header("X-Frame-Options"), said.cookies))
            self.assertIn(b"/embed/player.js", said.body)
            self.assertNotIn("frame-ancestors", said.header("Content-Security-Policy") or "")

    async def test_every_page_says_what_the_pod_is(self) -> None:
        """Its name, words, and style, nothing of which ends the element that it is in."""
        change = self.parts.preferences.change
        await change({"instance__name": 'A & "B" <c>', "instance__short_description": "</head><b>",
                      "ui__custom_css": "a > b { color: red } </style><script>alert(1)</script>"})  # fmt: skip
        said = await self.visitor().get("/library/albums")
        page = said.body.decode()
        self.assertEqual(
            {
                "og:type": "website",
                "og:site_name": 'A & "B" <c> - Funkwhale',
                "og:description": "</head><b>",
                "og:url": f"{URL}/library/albums",
            },
            tags(said),
        )
        self.assertIn("<title>A &amp; &quot;B&quot; &lt;c&gt;</title>", page)
        self.assertIn("a > b { color: red }", page)
        self.assertEqual(1, page.count("</style>"))
        self.assertLess(page.index("alert(1)"), page.index("</style>"))

    async def test_tracks_albums_artists(self) -> None:
        """What they are, who plays, where they are heard and embedded."""
        _, [track, *_] = await self.music()
        album, artist = await self.ids(track)
        visitor, uuid = self.visitor(), await self.track_uuid(track)
        told = tags(await visitor.get(f"/library/tracks/{track}"))
        url = f"{URL}/library/tracks/{track}"
        expected = {
            "og:url": url, "og:title": "Tides 1", "og:type": "music.song", "music:album:disc": "1",
            "music:album:track": "1", "music:musician": f"{URL}/library/artists/{artist}",
            "music:album": f"{URL}/library/albums/{album}", "og:audio": f"{URL}/api/v1/listen/{uuid}/",
            "twitter:card": "player", "twitter:player": f"{URL}/embed.html?type=track&id={track}",
            "twitter:player:width": "600", "twitter:player:height": "400", "og:site_name": "Funkwhale",
        }  # fmt: skip
        self.assertEqual(expected, {name: told[name] for name in expected})
        oembed = await visitor.get(told["application/json+oembed"].removeprefix(URL))
        self.assertEqual((200, "Tides 1 by Nova"), (oembed.status, oembed.json["title"]))
        told = tags(await visitor.get(f"/library/albums/{album}/"))
        self.assertEqual(
            ("music.album", "2021-03-04", f"{URL}/embed.html?type=album&id={album}"),
            (told["og:type"], told["music:release_date"], told["twitter:player"]),
        )
        told = tags(await visitor.get(f"/library/artists/{artist}"))
        self.assertEqual(("profile", "Nova", "player"), (told["og:type"], told["og:title"], told["twitter:card"]))

    async def test_covers(self) -> None:
        """The small square one: the track's own, else the album's; an artist's newest album's."""
        _, [track, *_] = await self.music()
        album, artist = await self.ids(track)
        cover = await self.value(
            "INSERT INTO attachment (file, mimetype, size) VALUES ('attachments/a/b.png', 'image/png', 1) RETURNING id"
        )
        await self.do("UPDATE album SET cover_id = %s WHERE id = %s", cover, album)
        await self.changed()
        for place in (f"tracks/{track}", f"albums/{album}", f"artists/{artist}"):
            told = tags(await self.visitor().get(f"/library/{place}"))
            self.assertEqual(
                f"{URL}/media/__sized__/attachments/a/b-crop-c0-5__0-5-200x200.png", told["og:image"], place
            )

    async def test_what_nobody_may_know_is_not_told(self) -> None:
        """On a closed pod nothing of any object; on an open one nothing of what is for some only."""
        alice, [track, *_] = await self.music()
        private = await self.library_of(alice, "me")
        uuid = await self.value("SELECT uuid FROM library WHERE id = %s", private)
        playlist = (await alice.post("playlists/", {"name": "Secret", "privacy_level": "instance"})).json["id"]
        hidden = await self.an_album_of(private, artist="Hidden", title="Deep")
        visitor = self.visitor()
        for place in (
            f"library/{uuid}", f"library/playlists/{playlist}", "library/tracks/999999999999999999", "@nobody",
            f"library/{uuid4()}", f"channels/{uuid4()}", "channels/nobody", "@alice@elsewhere.example",
        ):  # fmt: skip
            self.assertEqual("website", tags(await visitor.get(f"/{place}"))["og:type"], place)
        told = tags(await visitor.get(f"/library/tracks/{hidden[0]}"))
        self.assertFalse({"og:audio", "twitter:player", "application/json+oembed"} & set(told))
        await self.parts.preferences.change_one("common__api_authentication_required", True)
        for client in (visitor, alice):
            self.assertEqual("website", tags(await client.get(f"/library/tracks/{track}"))["og:type"])

    async def test_playlists_libraries_people_channels(self) -> None:
        """Each in its own way."""
        alice, tracks = await self.music()
        made = (await alice.post("playlists/", {"name": "Walks", "privacy_level": "everyone"})).json["id"]
        await alice.post(f"playlists/{made}/add/", {"tracks": tracks})
        visitor = self.visitor()
        told = tags(await visitor.get(f"/library/playlists/{made}"))
        self.assertEqual(
            ("music.playlist", "Walks", f"{URL}/embed.html?type=playlist&id={made}"),
            (told["og:type"], told["og:title"], told["twitter:player"]),
        )
        uuid = await self.value("SELECT uuid FROM library LIMIT 1")
        self.assertEqual("music", tags(await visitor.get(f"/library/{uuid}"))["og:title"])
        for path in ("/@alice", "/@ALICE", "/@alice@pod.example"):
            told = tags(await visitor.get(path))
            self.assertEqual(("profile", "alice"), (told["og:type"], told["og:title"]), path)
        uuid = await self.a_channel(alice)
        for path in (f"/channels/{uuid}", "/channels/talks", "/channels/Talks@pod.example"):
            said = await visitor.get(path)
            told = tags(said)
            self.assertEqual(
                ("Talks & more", f"{URL}/api/v1/channels/talks/rss", f"{URL}/embed.html?type=channel&id={uuid}"),
                (told["og:title"], told["application/rss+xml"], told["twitter:player"]), path,
            )  # fmt: skip
            self.assertIn(b'title="Talks &amp; more - RSS Podcast Feed"', said.body)

    async def a_channel(self, owner: Client) -> str:
        """A channel with something to hear."""
        actor, artist = await self.an_actor("talks"), await self.an_artist("Talks & more")
        library = await self.a_library(actor, "everyone")
        await self.an_upload(library, await self.a_track("One", artist))
        uuid: str = await self.value(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id)"
            " VALUES (%s, %s, %s, %s) RETURNING uuid",
            artist, library, actor, owner.viewer.actor_id,
        )  # fmt: skip
        await self.changed("catalog", "libraries")
        return str(uuid)


class FolderTests(_FrontCase):
    """A pod with somebody else's app in a folder."""

    files: Mapping[str, bytes] = {
        "index.html": PAGE.encode(),
        "settings.json": b"{}",
        "serviceWorker.js": b"1",
        "embed.html": b"<p>theirs</p>",
        "manifest.json": b"{}",
        "assets/app-B1cD2e3F.js": b"0123456789",
        ".env": b"secret",
        "a b/ä.txt": b"2",
    }

    async def setUp(self) -> None:  # type: ignore[override]
        self.folder = Path(self.mktemp()).absolute()
        for name, body in self.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        self.outside = Path(self.mktemp()).absolute()
        self.outside.write_bytes(b"secret")
        (self.folder / "leak.txt").symlink_to(self.outside)
        (self.folder / "alias.txt").symlink_to("settings.json")
        self.environment = {
            "FUNKWHALE_SPA_HTML_ROOT": str(self.folder),
            "FUNKWHALE_EMBED_URL": "https://play.example/?x=1",
        }
        await super().setUp()

    async def test_the_page_is_dressed(self) -> None:
        """Title, manifest, tags, style; the rest is as it was."""
        await self.parts.preferences.change({"instance__name": "Pod", "ui__custom_css": "b{}"})
        said = await self.visitor().get("/library")
        self.assertEqual(
            f"""<!DOCTYPE html><html><head><title>Pod</title>
<link rel="manifest" href="{URL}/api/v1/instance/spa-manifest.json"><link rel="icon" href="/x.png">"""
            f"""<meta property="og:type" content="website">
<meta property="og:site_name" content="Pod - Funkwhale">
<meta property="og:image" content="{URL}/android-chrome-512x512.png">
<meta property="og:url" content="{URL}/library">
</head><body><div id="app"></div><style>b{{}}</style>
</body></html>""",
            said.body.decode(),
        )
        self.assertIn("csrftoken", said.cookies)
        self.assertIn("script-src 'self' 'wasm-unsafe-eval'", said.header("Content-Security-Policy") or "")

    async def test_files(self) -> None:
        """As they are: typed, kept as their names allow, in part or not at all when the client has them."""
        visitor = self.visitor()
        said = await visitor.get("/assets/app-B1cD2e3F.js")
        self.assertEqual(
            (200, b"0123456789", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
            (said.status, said.body, said.header("Content-Type"), said.header("Cache-Control")),
        )
        part = await visitor.get("/assets/app-B1cD2e3F.js", headers={"Range": "bytes=2-3"})
        self.assertEqual((206, b"23"), (part.status, part.body))
        again = await visitor.get(
            "/settings.json", headers={"If-None-Match": (await visitor.get("/settings.json")).header("ETag") or ""}
        )
        self.assertEqual(304, again.status)
        self.assertEqual("no-cache", (await visitor.get("/settings.json")).header("Cache-Control"))
        self.assertEqual("/", (await visitor.get("/serviceWorker.js")).header("Service-Worker-Allowed"))
        self.assertEqual(b"2", (await visitor.get("/a%20b/%C3%A4.txt")).body)
        self.assertEqual(b"{}", (await visitor.get("/alias.txt")).body)
        self.assertEqual(302, (await visitor.get("/manifest.json")).status)
        self.assertEqual("10", (await visitor.head("/assets/app-B1cD2e3F.js")).header("Content-Length"))

    async def test_nothing_leads_out(self) -> None:
        """Not dots, not links, not hidden files; nor is a folder a file, nor a missing asset the page."""
        visitor = self.visitor()
        for path in (
            "/leak.txt", "/.env", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets", "/a b", "//etc/passwd",
            "/assets/..%2f.env", "/assets/..%5c..%5c.env", "/settings.json%00.js",
        ):  # fmt: skip
            said = await visitor.get(path.replace(" ", "%20"))
            self.assertNotIn(b"secret", said.body, path)
            self.assertNotIn(b"root:", said.body, path)
            self.assertIn(said.status, (200, 404), path)
        self.assertEqual(404, (await visitor.get("/assets/gone-B1cD2e3F.js")).status)

    async def test_their_player_and_ours(self) -> None:
        """Theirs where there is one, with what it needs; what ours is made of is there as well."""
        said = await self.visitor().get("/front/embed.html")
        self.assertEqual((b"<p>theirs</p>", None), (said.body, said.header("X-Frame-Options")))
        self.assertIn("https://unpkg.com", said.header("Content-Security-Policy") or "")
        (self.folder / "embed.html").unlink()
        said = await self.visitor().get("/embed.html")
        self.assertIn(b"/embed/player.js", said.body)
        self.assertEqual(200, (await self.visitor().get("/embed/player.js")).status)
        _, [track, *_] = await self.music()
        told = tags(await self.visitor().get(f"/library/tracks/{track}"))
        self.assertEqual(f"https://play.example/?x=1&type=track&id={track}", told["twitter:player"])

    async def test_the_database_is_away(self) -> None:
        """The page comes undressed."""
        for database in (self.ground.database, self.ground.aside):
            await database.close()
        self.assertEqual(PAGE.encode(), (await self.visitor().get("/library/tracks/1")).body)

    async def test_a_question_of_our_own(self) -> None:
        """Whoever asks for a page to be dressed by us does not get ours: no circle."""
        self.assertEqual(404, (await self.visitor().get("/", headers={MARK: "page"})).status)
