"""Apps of a pod whose media lie in an object store (docs/storage.md S-25)."""

from __future__ import annotations

from tests.rest.test_store import StorePodCase
from tests.subsonic.pod import SubsonicCase


class NeverAwayTests(SubsonicCase, StorePodCase):
    """A pod that sends players to its store: apps, never."""

    told = {"PROXY_MEDIA": "false"}

    async def test_bytes_from_us(self) -> None:
        """Whole and in part, as they are and transcoded, in pieces and in archives; no answer is a redirect."""
        _, body, name = await self.a_song()
        track = int(name.rpartition("/")[2].partition(".")[0])
        app = await self.app("alice")
        whole = await app.raw("stream", id=track)
        self.assertEqual((200, body), (whole.status, whole.body))
        part = await app.raw("stream", headers={"Range": "bytes=5-9"}, id=track)
        self.assertEqual((206, body[5:10]), (part.status, part.body))
        self.assertEqual(body, (await app.raw("download", id=track)).body)
        artist = await self.value("SELECT artist_id FROM track WHERE id = %s", track)
        self.assertIn(body, (await app.raw("download", id=f"ar-{artist}")).body)
        made = await app.raw("stream", id=track, format="mp3", timeOffset=0)
        self.assertEqual((200, "audio/mpeg"), (made.status, made.header("Content-Type")))
        await self.do("UPDATE upload SET duration = 2")
        await self.changed("catalog")
        lines = (await app.raw("hls.m3u8", id=track)).body.decode().splitlines()
        address = next(line for line in lines if not line.startswith("#"))
        self.assertEqual(200, (await self.served.ask("GET", f"/rest/{address}")).status)
