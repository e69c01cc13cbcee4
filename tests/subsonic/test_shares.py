"""Sharing, by those who share and by those who come (docs/subsonic.md §8.8, rule 59)."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlsplit

from tests.subsonic.pod import App, SubsonicCase
from tests.web.serving import Answer

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"}
ROBOT = {"User-Agent": "Mozilla/5.0 (compatible; Somebot/2.1)"}


class ShareCase(SubsonicCase):
    """Nadia with an album of two songs that can be heard, and Omar with a private library."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.nadia = await self.app("nadia")
        self.library = await self.a_library_of("nadia", "me")
        artist = await self.an_artist("Nova <Kestrel>")
        self.album = await self.an_album("Tides & Waves", artist)
        self.songs = [await self.a_track(f"Wave {n}", artist, self.album, position=n) for n in (1, 2)]
        self.bodies = [await self.a_file(self.library, song) for song in self.songs]
        self.omar = await self.app("omar")
        self.secret = await self.a_library_of("omar", "me")
        self.whisper = await self.a_track("Whisper", artist)
        await self.an_upload(self.secret, self.whisper)
        await self.changed("catalog", "libraries")

    async def shared(self, app: App | None = None, **asked: Any) -> Any:
        """A new share."""
        told = await (app or self.nadia).ask("createShare", **({"id": f"al-{self.album}"} | asked))
        [share] = told["shares"]["share"]
        return share

    async def look(self, share: Any, tail: str = "", method: str = "GET", **headers: str) -> Answer:
        """What an outsider gets."""
        path = urlsplit(share["url"]).path
        return await self.served.ask(method, path + tail, PERSON | headers)


class KeepingTests(ShareCase):
    """The four calls."""

    async def test_made_and_listed(self) -> None:
        """With an address of the pod's that cannot be guessed; only its owner is told; the same in XML."""
        share = await self.shared(description="Listen <here>")
        self.assertRegex(share["url"], rf"^{re.escape(self.parts.pod.url)}/share/[\w-]{{32}}$")
        self.assertEqual(
            ("nadia", "Listen <here>", 0), tuple(share[n] for n in ("username", "description", "visitCount"))
        )
        self.assertEqual(["Wave 1", "Wave 2"], [song["title"] for song in share["entry"]])
        self.assertNotIn("expires", share)
        self.assertEqual([share], (await self.nadia.ask("getShares"))["shares"]["share"])
        self.assertEqual([], (await self.omar.ask("getShares"))["shares"]["share"])
        [element] = (await self.nadia.xml("getShares")).findall("shares/share")
        self.assertEqual(
            (share["id"], share["url"], 2), (element.get("id"), element.get("url"), len(element.findall("entry")))
        )

    async def test_of_every_kind(self) -> None:
        """Songs, albums, artists, playlists, in the order that was asked for."""
        playlist = (await self.nadia.ask("createPlaylist", name="Mine", songId=f"tr-{self.songs[1]}"))["playlist"]
        share = await self.shared(id=[playlist["id"], f"tr-{self.songs[0]}", f"al-{self.album}"])
        self.assertEqual(["Wave 2", "Wave 1", "Wave 1", "Wave 2"], [song["title"] for song in share["entry"]])
        bare = await self.shared(id=self.songs[0])
        self.assertEqual(["Wave 1"], [song["title"] for song in bare["entry"]])
        artist = (await self.nadia.ask("getSong", id=self.songs[0]))["song"]["artistId"]
        of_artist = await self.shared(id=artist)
        self.assertEqual(["Wave 1", "Wave 2"], [song["title"] for song in of_artist["entry"]][:2])
        self.assertEqual(70, await self.nadia.error("createShare", id="ar-999999"))

    async def test_an_end(self) -> None:
        """0 is none, the past is refused; it moves, and goes away."""
        later = (int(time.time()) + 3600) * 1000
        self.assertNotIn("expires", await self.shared(expires=0))
        self.assertEqual(10, await self.nadia.error("createShare", id=f"al-{self.album}", expires=1_000_000_000_000))
        share = await self.shared(expires=later)
        self.assertRegex(share["expires"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$")
        self.assertEqual(10, await self.nadia.error("updateShare", id=share["id"], expires=1_000_000_000_000))
        await self.nadia.ask("updateShare", id=share["id"], description="new")
        kept = (await self.nadia.ask("getShares"))["shares"]["share"][0]
        self.assertEqual(("new", share["expires"]), (kept["description"], kept["expires"]))
        await self.nadia.ask("updateShare", id=share["id"], expires=0)
        kept = (await self.nadia.ask("getShares"))["shares"]["share"][0]
        self.assertEqual("new", kept["description"])
        self.assertNotIn("expires", kept)

    async def test_others(self) -> None:
        """Nobody touches somebody else's, and it is not told that there is one."""
        share = await self.shared()
        for name in ("updateShare", "deleteShare"):
            self.assertEqual(70, await self.omar.error(name, id=share["id"]))
        await self.nadia.ask("deleteShare", id=share["id"])
        self.assertEqual(70, await self.nadia.error("deleteShare", id=share["id"]))
        self.assertEqual(404, (await self.look(share)).status)

    async def test_only_what_may_be_passed_on(self) -> None:
        """What a follow lets one hear is not one's own to show."""
        self.assertEqual(70, await self.nadia.error("createShare", id=f"tr-{self.whisper}"))
        actor = await self.value("SELECT actor_id FROM account WHERE username = 'nadia'")
        await self.do(
            "INSERT INTO follow (fid, actor_id, target_library_id, approved) VALUES ('f', %s, %s, true)",
            actor,
            self.secret,
        )
        await self.changed("libraries")
        await self.nadia.ask("getSong", id=f"tr-{self.whisper}")
        self.assertEqual(50, await self.nadia.error("createShare", id=f"tr-{self.whisper}"))
        self.assertEqual(50, await self.nadia.error("createShare", id=[f"al-{self.album}", f"tr-{self.whisper}"]))
        await self.do("UPDATE library SET privacy_level = 'instance' WHERE id = %s", self.secret)
        await self.changed("libraries")
        share = await self.shared(id=f"tr-{self.whisper}")
        await self.do("UPDATE library SET privacy_level = 'me' WHERE id = %s", self.secret)
        await self.changed("libraries")
        self.assertIn(b"nothing to hear", (await self.look(share)).body)

    async def test_bad_input(self) -> None:
        """Missing, unknown and other people's ids; one bad id spoils all."""
        self.assertEqual(10, await self.nadia.error("createShare"))
        for id in ("x", "tr-99", "al-99", "pl-99", "sh-1", "ir-1"):
            self.assertEqual(70, await self.nadia.error("createShare", id=[f"tr-{self.songs[0]}", id]), id)
        for id in ("x", "sh-99", "al-1"):
            self.assertEqual(70, await self.nadia.error("updateShare", id=id), id)
        self.assertEqual(0, await self.value("SELECT count(*) FROM share"))

    async def test_the_role(self) -> None:
        """Without it nothing is shared, and what was shared is closed."""
        share = await self.shared()
        await self.do("UPDATE account SET subsonic_denied_roles = '{share}'")
        for name in ("createShare", "updateShare", "deleteShare"):
            self.assertEqual(50, await self.nadia.error(name))
        self.assertEqual(404, (await self.look(share)).status)
        self.assertEqual(404, (await self.look(share, "/0")).status)


class VisitTests(ShareCase):
    """Outsiders."""

    async def test_the_page(self) -> None:
        """What is shared, by whom, harmless whatever it says; told to nobody else."""
        share = await self.shared(description="Listen <script>alert(1)</script>")
        said = await self.look(share)
        self.assertEqual((200, "text/html; charset=utf-8"), (said.status, said.header("Content-Type")))
        page = said.body.decode()
        self.assertIn('<meta property="og:title" content="Tides &amp; Waves – Nova &lt;Kestrel&gt;">', page)
        self.assertIn(f'<meta property="og:url" content="{share["url"]}">', page)
        self.assertIn("Shared by nadia", page)
        self.assertNotIn("<script>alert", page)
        self.assertEqual(2, page.count("<audio "))
        self.assertEqual(
            ("no-referrer", "noindex", "private, no-cache"),
            tuple(said.header(name) for name in ("Referrer-Policy", "X-Robots-Tag", "Cache-Control")),
        )
        self.assertIn("default-src 'none'", said.header("Content-Security-Policy") or "")
        for asset in set(re.findall(r'(?:href|src)="(/[^"]+)"', page)):
            self.assertEqual(200, (await self.served.ask("GET", asset)).status, asset)

    async def test_the_bytes(self) -> None:
        """The songs of the share, in whole and in part, and no others."""
        share = await self.shared()
        said = await self.look(share, "/1")
        self.assertEqual((200, "audio/flac", self.bodies[1]), (said.status, said.header("Content-Type"), said.body))
        part = await self.look(share, "/0", Range="bytes=10-19")
        self.assertEqual((206, self.bodies[0][10:20]), (part.status, part.body))
        head = await self.look(share, "/0", method="HEAD")
        self.assertEqual((200, str(len(self.bodies[0])), b""), (head.status, head.header("Content-Length"), head.body))
        for tail in ("/2", "/99999999999999", "/x", "/-1"):
            self.assertEqual(404, (await self.look(share, tail)).status, tail)

    async def test_visits_are_counted(self) -> None:
        """People are; robots, HEAD and the songs are not."""
        share = await self.shared()
        for asked in ({}, {}, {"method": "HEAD"}, {"tail": "/0"}, ROBOT, {"User-Agent": ""}):
            await self.look(share, **asked)
        [kept] = (await self.nadia.ask("getShares"))["shares"]["share"]
        self.assertEqual(2, kept["visitCount"])
        self.assertRegex(kept["lastVisited"], r"Z$")

    async def test_closed(self) -> None:
        """Unknown, ended, or of an account that is closed: the same page."""
        share = await self.shared()
        wrong = await self.served.ask("GET", "/share/" + "a" * 32, PERSON)
        self.assertEqual(404, wrong.status)
        await self.do("UPDATE share SET expires = now() - interval '1 second'")
        said = await self.look(share)
        self.assertEqual((404, wrong.body), (said.status, said.body))
        self.assertEqual(404, (await self.look(share, "/0")).status)
        await self.do("UPDATE share SET expires = NULL")
        self.assertEqual(200, (await self.look(share)).status)
        await self.do("UPDATE account SET is_active = false WHERE username = 'nadia'")
        self.assertEqual(404, (await self.look(share)).status)
        for path in ("/share/", "/share", "/share/" + "x" * 5000, "/share/%00"):
            self.assertIn((await self.served.ask("GET", path, PERSON)).status, (400, 404), path)

    async def test_what_is_gone_is_dropped(self) -> None:
        """A song that is removed leaves the others where they are."""
        share = await self.shared()
        await self.do("DELETE FROM track WHERE id = %s", self.songs[0])
        await self.changed()
        [kept] = (await self.nadia.ask("getShares"))["shares"]["share"]
        self.assertEqual(["Wave 2"], [song["title"] for song in kept["entry"]])
        page = (await self.look(share)).body.decode()
        self.assertEqual(1, page.count("<audio "))
        self.assertEqual(self.bodies[1], (await self.look(share, "/1")).body)

    async def test_what_browsers_cannot_play_is_transcoded(self) -> None:
        """An exotic file comes as MP3."""
        await self.do("UPDATE upload SET mimetype = 'audio/x-ape' WHERE track_id = %s", self.songs[0])
        share = await self.shared(id=f"tr-{self.songs[0]}")
        said = await self.look(share, "/0")
        self.assertEqual((200, "audio/mpeg"), (said.status, said.header("Content-Type")))


class OffTests(ShareCase):
    """A pod without shares."""

    environment = {"SUBSONIC_SHARES": "no"}

    async def test_off(self) -> None:
        """None is made, none opens, nobody has the role."""
        self.assertEqual(50, await self.nadia.error("createShare", id=f"al-{self.album}"))
        self.assertEqual([], (await self.nadia.ask("getShares"))["shares"]["share"])
        self.assertIs(False, (await self.nadia.ask("getUser"))["user"]["shareRole"])
        await self.do("INSERT INTO share (account_id, secret) SELECT id, 'abc' FROM account WHERE username = 'nadia'")
        self.assertEqual(404, (await self.served.ask("GET", "/share/abc", PERSON)).status)


class CountedTests(ShareCase):
    """A pod on which visitors may ask for three things a day."""

    environment = {"THROTTLING_RATES": "anonymous-retrieve=3/day"}

    async def test_the_limit_of_visitors(self) -> None:
        """Page and songs count together, whatever credentials come along."""
        share = await self.shared()
        for tail, status in (("", 200), ("/0", 200), ("/1", 200), ("/0", 429), ("", 429)):
            said = await self.look(share, tail, Authorization="Bearer x", Cookie="sessionid=x")
            self.assertEqual(status, said.status, tail)
        self.assertIsNotNone(said.header("Retry-After"))
