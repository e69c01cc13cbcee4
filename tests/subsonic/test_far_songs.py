"""Songs that lie on another server, as apps hear them (docs/subsonic.md §8.6; docs/storage.md §6.5)."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from fwtwisted.core.people.keys import new_keys
from tests.audio import encoded
from tests.hostile import FarEnd, ok
from tests.outside.sounds import decoded_seconds
from tests.subsonic.pod import App, SubsonicCase

KIND = "audio/mpeg"


class FarCase(SubsonicCase):
    """A song of six seconds at a far end, and somebody who may hear it."""

    environment: Mapping[str, str] = {"FEDERATION_ALLOW_PRIVATE": "127.0.0.1", "EXTERNAL_REQUESTS_TIMEOUT": "1"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.far = await FarEnd.on(self)
        self.nadia = await self.app("nadia")
        pair = new_keys()
        await self.do("UPDATE actor SET key_id = fid || '#main-key', private_key = %s", pair.private)
        self.body = encoded("mp3", seconds=6.0)
        self.far.says("/song", ok(self.body, KIND))
        library = await self.a_library(await self.an_actor("far", f"127.0.0.1:{self.far.port}"), "everyone")
        artist = await self.an_artist("Ada")
        self.album = await self.an_album("Beyond", artist)
        self.track = await self.a_track("Far Light", artist, self.album)
        facts: dict[str, Any] = {"mimetype": KIND, "size": 1, "duration": 6, "bitrate": 64_000}
        await self.an_upload(library, self.track, source=self.far.url("/song"), **facts)
        await self.changed("catalog", "libraries")

    async def seconds_of(self, body: bytes) -> float:
        """How long it plays."""
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(body)
        return await decoded_seconds(path)


class FarTests(FarCase):
    """Every way to hear it."""

    def times_asked(self) -> int:
        return len(self.far.heads)

    async def test_as_it_is(self) -> None:
        """Streamed and downloaded; signed by the listener's actor; then from here."""
        answer = await self.nadia.raw("stream", id=self.track, format="raw")
        self.assertEqual((200, self.body), (answer.status, answer.body))
        self.assertIn("/actors/nadia#main-key", self.far.header("signature") or "")
        answer = await self.nadia.raw("download", id=self.track)
        self.assertEqual((200, self.body), (answer.status, answer.body))
        self.assertEqual(1, self.times_asked())

    async def test_in_another_form(self) -> None:
        """Whole, and from somewhere in the middle."""
        answer = await self.nadia.raw("stream", id=self.track, format="opus", maxBitRate=48)
        self.assertEqual(200, answer.status)
        self.assertApproximates(6.0, await self.seconds_of(answer.body), 0.3)
        answer = await self.nadia.raw("stream", id=self.track, format="mp3", maxBitRate=32, timeOffset=4)
        self.assertApproximates(2.0, await self.seconds_of(answer.body), 0.3)
        self.assertEqual(1, self.times_asked())

    async def test_from_the_middle_of_what_is_not_here(self) -> None:
        """Somebody begins in the middle."""
        answer = await self.nadia.raw("stream", id=self.track, format="mp3", maxBitRate=32, timeOffset=4)
        self.assertApproximates(2.0, await self.seconds_of(answer.body), 0.3)

    async def test_live(self) -> None:
        """A piece of HTTP Live Streaming."""
        listed = (await self.nadia.raw("hls.m3u8", id=self.track)).body.decode()
        [piece, *_] = [line for line in listed.splitlines() if line and not line.startswith("#")]
        answer = await self.nadia.served.ask("GET", piece if piece.startswith("/") else f"/rest/{piece}")
        self.assertEqual((200, b"G"), (answer.status, answer.body[:1]))

    async def test_in_an_archive(self) -> None:
        """A whole album; what cannot be had is left out."""
        answer = await self.nadia.raw("download", id=f"al-{self.album}")
        with zipfile.ZipFile(BytesIO(answer.body)) as archive:
            [name] = archive.namelist()
            self.assertEqual(self.body, archive.read(name))

    async def test_away(self) -> None:
        """503 with an envelope, and when to come again."""
        self.far.says("/song", ok(b"no", status="500 Oops"))
        answer = await self.nadia.raw("stream", id=self.track, f="json")
        self.assertEqual((503, 0), (answer.status, answer.json["subsonic-response"]["error"]["code"]))
        self.assertTrue(answer.header("Retry-After"))
        self.assertEqual([], (await self.words(self.nadia)), "nothing breaks that needs the file for more")

    async def words(self, app: App) -> list[Any]:
        found: list[Any] = (await app.ask("getLyricsBySongId", id=self.track))["lyricsList"]["structuredLyrics"]
        return found

    async def test_shared(self) -> None:
        """An outsider hears it on the page of a share; its owner's actor asks for it."""
        [share] = (await self.nadia.ask("createShare", id=f"tr-{self.track}"))["shares"]["share"]
        page = "/" + share["url"].split("/", 3)[3]
        answer = await self.visitor().get(f"{page}/0")
        self.assertEqual((200, self.body), (answer.status, answer.body))
        self.assertIn("/actors/nadia#main-key", self.far.header("signature") or "")
