"""Who is let in, and with which words the others are sent away (docs/subsonic.md §3)."""

from __future__ import annotations

import base64

from fwtwisted.core.people.tokens import digest
from tests.subsonic.pod import SECRET, App, SubsonicCase, by_token

KEY = "fwk-0123456789"


class LoginTests(SubsonicCase):
    """Rule 14, line by line."""

    async def _with(self, **credentials: str) -> App:
        await self.app("Nadia")
        return App(self.served, credentials)

    async def test_three_ways_in(self) -> None:
        """Clear, hex in both cases, and token; the name in any case, or the address instead."""
        await self.app("Nadia")
        for credentials in (
            {"u": "Nadia", "p": SECRET},
            {"u": "nadia", "p": "enc:" + SECRET.encode().hex()},
            {"u": "NADIA", "p": "enc:" + SECRET.encode().hex().upper()},
            {"u": "nadia@mail.example", "p": SECRET},
            by_token("Nadia"),
            by_token("nadia") | {"t": by_token("nadia")["t"].upper()},
        ):
            await App(self.served, credentials).ask("ping")

    async def test_a_secret_that_looks_like_hex_is_none(self) -> None:
        """What cannot be read behind ``enc:`` is taken as it stands."""
        await self.app("Nadia", "enc:xyz")
        await App(self.served, {"u": "Nadia", "p": "enc:xyz"}).ask("ping")

    async def test_refused(self) -> None:
        """One code and one message, whatever was wrong."""
        await self.app("Nadia")
        await self.a_viewer("without")
        told = set()
        for credentials in (
            {"u": "Nadia", "p": "wrong"},
            {"u": "Nadia", "p": ""},
            {"u": "nobody", "p": SECRET},
            by_token("Nadia", "wrong"),
            by_token("without"),
            {"u": "without", "p": "!"},
        ):
            error = (await App(self.served, credentials).envelope("ping"))["error"]
            told.add((error["code"], error["message"]))
        self.assertEqual({(40, "Wrong username or password.")}, told)

    async def test_closed_accounts(self) -> None:
        """Who was switched off is told the same."""
        app = await self.app("Nadia")
        await self.do("UPDATE account SET is_active = false")
        self.assertEqual(40, await app.error("ping"))

    async def test_missing_and_doubled(self) -> None:
        """Nothing, half of something, or too much."""
        key = {"apiKey": KEY}
        for code, credentials in (
            (10, {}),
            (10, {"u": "Nadia"}),
            (10, {"u": "Nadia", "t": "0" * 32}),
            (43, {"u": "Nadia"} | key),
            (43, {"p": SECRET} | key),
            (43, {"t": "0" * 32, "s": "a"} | key),
            (43, by_token("Nadia") | {"p": SECRET}),
            (44, key),
        ):
            self.assertEqual(code, await (await self._with(**credentials)).error("ping"), credentials)

    async def test_without_credentials(self) -> None:
        """The extensions are told to anybody; an error tells the version, too."""
        nobody = App(self.served, {})
        await nobody.ask("getOpenSubsonicExtensions")
        self.assertEqual("1.16.1", (await nobody.envelope("ping"))["version"])

    async def test_headers(self) -> None:
        """Basic counts only where the parameters name nobody."""
        app = await self.app("Nadia")
        right = {"Authorization": "Basic " + base64.b64encode(f"nadia:{SECRET}".encode()).decode()}
        wrong = {"Authorization": "Basic " + base64.b64encode(b"nadia:wrong").decode()}
        nobody = App(self.served, {})
        for who, headers, status in ((nobody, right, "ok"), (nobody, wrong, "failed"), (app, wrong, "ok")):
            answer = await who.raw("ping", f="json", headers=headers)
            self.assertEqual(status, answer.json["subsonic-response"]["status"])

    async def test_cookies_open_nothing(self) -> None:
        """A star is a GET: another site's page could ask for it."""
        person = await self.person("nadia")
        answer = await person.get("/rest/ping", f="json")
        self.assertEqual(10, answer.json["subsonic-response"]["error"]["code"])

    async def test_keys(self) -> None:
        """A key of its own lets an app in until it is revoked; who it is, and what used it last, is noted."""
        await self.app("Nadia")
        await self.do("INSERT INTO api_key (account_id, name, digest) SELECT id, 'phone', %s FROM account", digest(KEY))
        app = App(self.served, {"apiKey": KEY, "c": "Tempus"})
        self.assertEqual("Nadia", (await app.ask("tokenInfo"))["tokenInfo"]["username"])
        self.assertEqual("Tempus", await self.value("SELECT last_client FROM api_key WHERE last_used IS NOT NULL"))
        await self.do("DELETE FROM api_key")
        self.assertEqual(44, await app.error("ping"))
        self.assertEqual(44, await (await self.app("Nadia")).error("tokenInfo"))
        self.assertEqual(44, await App(self.served, {}).error("tokenInfo"))

    async def test_guessing_ends(self) -> None:
        """So many wrong secrets, and the right one helps no more; others at other addresses are not kept out."""
        app = await self.app("Nadia")
        guess = App(self.served, {"u": "nadia", "p": "guess"})
        codes = [(await guess.raw("ping", f="json")).status for _ in range(40)]
        self.assertIn(429, codes)
        self.assertEqual(200, codes[0])
        self.assertEqual(429, (await app.raw("ping", f="json")).status)

    async def test_one_mistake_keeps_nobody_out(self) -> None:
        """After the right secret the count begins anew."""
        app = await self.app("Nadia")
        await App(self.served, {"u": "nadia", "p": "typo"}).error("ping")
        for _ in range(60):
            await app.ask("ping")


class HourlyTests(SubsonicCase):
    """Rule 18."""

    environment = {"THROTTLING_RATES": "subsonic=3/h"}

    async def test_calls_are_counted_by_user(self) -> None:
        """Over the limit: 429 with an envelope in the format that was asked for."""
        app, other = await self.app("nadia"), await self.app("omar")
        answers = [await app.raw("ping", f="json") for _ in range(5)]
        self.assertEqual([200, 200, 200, 429, 429], [answer.status for answer in answers])
        self.assertEqual("failed", answers[-1].json["subsonic-response"]["status"])
        await other.ask("ping")


class ProgramTests(SubsonicCase):
    """Programs with a token of this pod's own kind, which opens as much as its owner agreed to."""

    async def test_scopes(self) -> None:
        """Each call that looks needs its scope, too; signing in alone needs none."""
        client = await self.person("nadia")
        await self.app("nadia")
        narrow, wide = [
            App(self.served, {"c": "Test"}).with_header((await self.program(client, scopes)).headers["Authorization"])
            for scopes in ("read:notifications", "read")
        ]
        await narrow.ask("ping")
        for name, asked in (
            ("getArtists", {}), ("getAlbumList2", {"type": "newest"}), ("search3", {"query": ""}), ("getUser", {}),
            ("getStarred2", {}), ("getPlaylists", {}), ("getBookmarks", {}), ("getNowPlaying", {}), ("getLicense", {}),
            ("getInternetRadioStations", {}), ("getPodcasts", {}), ("getShares", {}), ("getScanStatus", {}),
            ("getPlayQueue", {}), ("getPlayQueueByIndex", {}), ("getChatMessages", {}), ("getGenres", {}),
        ):  # fmt: skip
            self.assertEqual(50, await narrow.error(name, **asked), name)
            await wide.ask(name, **asked)
        for name in ("stream", "download", "getCoverArt", "getLyricsBySongId", "getSong", "hls.m3u8"):
            self.assertEqual((50, 70), (await narrow.error(name, id="tr-9"), await wide.error(name, id="tr-9")), name)
        for name in ("star", "createShare", "addChatMessage", "startScan", "refreshPodcasts", "createPlaylist"):
            asked = {"id": "tr-9", "message": "Hello", "name": "Mine"}
            self.assertEqual(50, await wide.error(name, **asked), name)


class FrontDoorTests(SubsonicCase):
    """What does not get as far as the calls."""

    environment = {"DJANGO_ALLOWED_HOSTS": "127.0.0.1"}

    async def test_an_unknown_host(self) -> None:
        """The envelope, in the format that was asked for."""
        app = await self.app("nadia")
        answer = await app.raw("ping", headers={"Host": "else.example"}, f="json")
        told = answer.json["subsonic-response"]
        self.assertEqual((400, 0, "1.16.1"), (answer.status, told["error"]["code"], told["version"]))
        answer = await app.raw("ping.view", headers={"Host": "else.example"})
        self.assertEqual((400, "text/xml; charset=utf-8"), (answer.status, answer.header("Content-Type")))
        self.assertIn(b'status="failed"', answer.body)

    async def test_too_much(self) -> None:
        """A body that nobody reads to its end."""
        await self.app("nadia")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self.served.ask("POST", "/rest/ping?f=json", headers, b"id=" + b"1" * (10 << 20))
        self.assertEqual((413, 0), (answer.status, answer.json["subsonic-response"]["error"]["code"]))
