"""``stream`` and ``download``: bytes that are played (docs/subsonic.md §8.6)."""

from __future__ import annotations

import hashlib
import os
import zipfile
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from twisted.internet import reactor
from twisted.internet.task import deferLater

from tests.audio import encoded
from tests.outside.sounds import decoded_seconds
from tests.subsonic.pod import App, SubsonicCase
from tests.waiting import until

RANGE = {"Range": "bytes=100-199"}


class SoundCase(SubsonicCase):
    """Nadia's music, with real files."""

    async def nadias(self) -> App:
        app = await self.app("nadia")
        self.library = await self.a_library_of("nadia", "me")
        self.nova = await self.an_artist("Nova")
        self.tides = await self.an_album("Tides", self.nova)
        return app

    async def a_sound(self, title: str = "Light", kind: str = "flac", seconds: float = 1.6, **columns: Any) -> int:
        """A song with a file of so many seconds; its track's id."""
        track = await self.a_track(title, self.nova, self.tides, position=1)
        self.body = encoded(kind, seconds=seconds)
        name = f"tracks/aa/bb/{track}.{kind}"
        await self.ground.blobs.put(name, self.body)
        told: dict[str, Any] = {
            "audio_file": name, "mimetype": f"audio/{kind}" if kind != "mp3" else "audio/mpeg",
            "size": len(self.body), "bitrate": 700_000, "duration": round(seconds),
            "checksum": f"sha256:{hashlib.sha256(self.body).hexdigest()}",
        }  # fmt: skip
        await self.an_upload(self.library, track, **(told | columns))
        await self.changed("catalog", "libraries")
        return track

    async def seconds_of(self, body: bytes) -> float:
        """How long it plays."""
        path = os.path.abspath(self.mktemp())
        with open(path, "wb") as file:
            file.write(body)
        return await decoded_seconds(path)


class OriginalTests(SoundCase):
    """The file as it is."""

    async def test_byte_for_byte(self) -> None:
        """By GET and POST, under both kinds of id; HEAD tells the same without the bytes."""
        app = await self.nadias()
        track = await self.a_sound()
        for asked in (
            {"id": f"tr-{track}"},
            {"id": track},
            {"id": track, "format": "raw"},
            {"id": track, "maxBitRate": 0},
        ):
            for method in ("GET", "POST"):
                answer = await app.raw("stream", method=method, **asked)
                self.assertEqual((200, self.body), (answer.status, answer.body))
                self.assertEqual("audio/flac", answer.header("Content-Type"))
                self.assertEqual("bytes", answer.header("Accept-Ranges"))
                self.assertEqual("2", answer.header("X-Content-Duration"))
        head = await app.raw("stream", method="HEAD", id=track)
        self.assertEqual((200, str(len(self.body)), b""), (head.status, head.header("Content-Length"), head.body))
        self.assertEqual(0, await self.value("SELECT downloads_count FROM track WHERE id = %s", track))
        self.assertIsNotNone(await self.value("SELECT accessed_date FROM upload WHERE track_id = %s", track))

    async def test_ranges(self) -> None:
        """A part, by GET and by POST; one that is not there; what the app has already."""
        app = await self.nadias()
        track = await self.a_sound()
        for method in ("GET", "POST"):
            part = await app.raw("stream", method=method, headers=RANGE, id=track)
            self.assertEqual((206, self.body[100:200]), (part.status, part.body))
            self.assertEqual(f"bytes 100-199/{len(self.body)}", part.header("Content-Range"))
        over = await app.raw("stream", headers={"Range": "bytes=99999999-"}, id=track)
        self.assertEqual(416, over.status)
        etag = (await app.raw("stream", method="HEAD", id=track)).header("ETag")
        assert etag is not None
        same = await app.raw("stream", headers={"If-None-Match": etag}, id=track)
        self.assertEqual((304, b""), (same.status, same.body))

    async def test_nobody_elses(self) -> None:
        """No bytes by a guessed id, in either call; a file of a library that one may not hear is never chosen."""
        app = await self.nadias()
        track = await self.a_sound()
        other = await self.app("omar")
        for name in ("stream", "download", "hls.m3u8"):
            self.assertEqual(70, await other.error(name, id=track), name)
        self.assertEqual(70, await other.error("download", id=f"al-{self.tides}"))
        self.assertEqual(70, await app.error("stream", id="tr-999999"))
        self.assertEqual(70, await app.error("stream", id=f"al-{self.tides}"))
        self.assertEqual(10, await app.error("stream"))
        shared = await self.a_library_of("omar", "me")
        body = encoded("mp3")
        await self.ground.blobs.put("tracks/aa/bb/own.mp3", body)
        await self.an_upload(shared, track, audio_file="tracks/aa/bb/own.mp3", mimetype="audio/mpeg", size=len(body))
        await self.changed("catalog", "libraries")
        self.assertEqual(body, (await other.raw("stream", id=track)).body)
        self.assertEqual(self.body, (await app.raw("stream", id=track)).body)

    async def test_a_file_that_is_gone(self) -> None:
        """404 with the envelope, so that no app keeps the words as a song."""
        app = await self.nadias()
        track = await self.a_sound()
        await self.ground.blobs.delete(f"tracks/aa/bb/{track}.flac")
        answer = await app.raw("stream", id=track, f="json")
        self.assertEqual((404, 70), (answer.status, answer.json["subsonic-response"]["error"]["code"]))

    async def test_episodes(self) -> None:
        """A file by its own id, as podcasts name it; nobody else's."""
        app = await self.nadias()
        track = await self.a_sound()
        upload = await self.value("SELECT uuid FROM upload WHERE track_id = %s", track)
        self.assertEqual(self.body, (await app.raw("stream", id=f"pe-{upload}")).body)
        self.assertEqual(70, await (await self.app("omar")).error("stream", id=f"pe-{upload}"))
        self.assertEqual(70, await app.error("stream", id="pe-00000000-0000-0000-0000-000000000000"))
        await self.do("UPDATE upload SET audio_file = NULL, source = 'https://far.example/a.mp3'")
        await self.changed("catalog")
        away = await app.raw("stream", id=f"pe-{upload}", f="json")
        self.assertEqual((503, 0), (away.status, away.json["subsonic-response"]["error"]["code"]))

    async def test_download(self) -> None:
        """The original, whatever is asked for, under its name; not for those without the role."""
        app = await self.nadias()
        track = await self.a_sound()
        answer = await app.raw("download", id=track, format="mp3", bitrate=64)
        self.assertEqual((200, self.body), (answer.status, answer.body))
        self.assertIn('filename="Nova - Tides - Light.flac"', answer.header("Content-Disposition") or "")
        await self.do("UPDATE account SET subsonic_denied_roles = '{download}'")
        self.assertEqual(50, await app.error("download", id=track))

    async def test_an_archive(self) -> None:
        """All songs of an album, an artist or a playlist, stored as they are; a lost file keeps no other away."""
        app = await self.nadias()
        first = await self.a_sound("One/Two")
        flac = self.body
        second = await self.a_sound("Three", "mp3")
        mp3 = self.body
        lost = await self.a_sound("Lost")
        await self.ground.blobs.delete(f"tracks/aa/bb/{lost}.flac")
        playlist = (await app.ask("createPlaylist", name="Mine", songId=[f"tr-{second}", f"tr-{first}"]))["playlist"]
        for id in (f"al-{self.tides}", f"ar-{self.nova}", playlist["id"]):
            answer = await app.raw("download", id=id)
            self.assertEqual((200, "application/zip"), (answer.status, answer.header("Content-Type")))
            with zipfile.ZipFile(BytesIO(answer.body)) as archive:
                self.assertIsNone(archive.testzip())
                bodies = {name.rpartition(" - ")[2]: archive.read(name) for name in archive.namelist()}
                self.assertEqual({"One_Two.flac": flac, "Three.mp3": mp3}, bodies)
                self.assertTrue(all(one.compress_type == zipfile.ZIP_STORED for one in archive.infolist()))


class TranscodeTests(SoundCase):
    """Another form of it."""

    async def test_formats(self) -> None:
        """The format that was asked for; MP3 for one that nobody knows; the original where that is in it already."""
        app = await self.nadias()
        track = await self.a_sound()
        for format, media_type in (("mp3", "audio/mpeg"), ("OPUS", "audio/opus"), ("nonsense", "audio/mpeg")):
            answer = await app.raw("stream", id=track, format=format)
            self.assertEqual((200, media_type), (answer.status, answer.header("Content-Type")))
            self.assertApproximates(1.6, await self.seconds_of(answer.body), 0.2)
        self.assertEqual(self.body, (await app.raw("stream", id=track, format="flac")).body)
        self.assertEqual(self.body, (await app.raw("stream", id=track, maxBitRate=900)).body)

    async def test_frames_are_no_container(self) -> None:
        """AAC alone and in a container are two things, each under its own type, also when one is kept already."""
        app = await self.nadias()
        track = await self.a_sound()
        for format, media_type, begins in (("aac", "audio/aac", b"\xff"), ("m4a", "audio/x-m4a", b"\0")):
            answer = await app.raw("stream", id=track, format=format)
            self.assertEqual((media_type, begins), (answer.header("Content-Type"), answer.body[:1]))
        packed = await self.a_sound(kind="m4a", mimetype="audio/x-m4a")
        for format in ("aac", "m4a"):
            self.assertEqual(self.body, (await app.raw("stream", id=packed, format=format)).body)

    async def test_a_limit(self) -> None:
        """A bitrate alone makes the default format; the account's own limit holds for everything."""
        app = await self.nadias()
        track = await self.a_sound(seconds=20)
        answer = await app.raw("stream", id=track, maxBitRate=64)
        self.assertEqual("audio/mpeg", answer.header("Content-Type"))
        self.assertApproximates(64_000 * 20 / 8, len(answer.body), 4000)
        await self.do("UPDATE account SET subsonic_max_bitrate = 96")
        capped = await app.raw("stream", id=track)
        self.assertApproximates(96_000 * 20 / 8, len(capped.body), 6000)

    async def test_what_is_told_of_a_limit(self) -> None:
        """Songs above it say what is sent instead, in lists, too, and of the very type that is sent."""
        app = await self.nadias()
        track, small = await self.a_sound("Light"), await self.a_sound("Small")
        await self.do("UPDATE upload SET bitrate = 90000 WHERE track_id = %s", small)
        await app.ask("star", id=f"tr-{track}")
        self.assertNotIn("transcodedSuffix", (await app.ask("getSong", id=track))["song"])
        await self.do("UPDATE account SET subsonic_max_bitrate = 96")
        songs = (await app.ask("getAlbum", id=self.tides))["album"]["song"]
        told = {song["title"]: song.get("transcodedContentType") for song in songs}
        self.assertEqual({"Light": "audio/mpeg", "Small": None}, told)
        song = (await app.ask("getSong", id=track))["song"]
        self.assertEqual(("mp3", "flac"), (song["transcodedSuffix"], song["suffix"]))
        self.assertIn("starred", song)
        sent = await app.raw("stream", id=track)
        self.assertEqual(song["transcodedContentType"], sent.header("Content-Type"))
        await self.parts.preferences.change_one("music__transcoding_enabled", False)
        self.assertNotIn("transcodedSuffix", (await app.ask("getSong", id=track))["song"])

    async def test_switched_off(self) -> None:
        """A pod that converts nothing sends what it has."""
        app = await self.nadias()
        track = await self.a_sound()
        await self.parts.preferences.change_one("music__transcoding_enabled", False)
        self.assertEqual(self.body, (await app.raw("stream", id=track, format="mp3", timeOffset=1)).body)

    async def test_offsets(self) -> None:
        """From a second on; past the end nothing, which is no error; the file as it is has no offset."""
        app = await self.nadias()
        track = await self.a_sound(seconds=10)
        later = await app.raw("stream", id=track, format="mp3", timeOffset=7)
        self.assertApproximates(3, await self.seconds_of(later.body), 0.2)
        self.assertEqual("3", later.header("X-Content-Duration"))
        plain = await app.raw("stream", id=track, timeOffset=7)
        self.assertApproximates(3, await self.seconds_of(plain.body), 0.2)
        past = await app.raw("stream", id=track, format="mp3", timeOffset=99)
        self.assertEqual((200, b""), (past.status, past.body))
        self.assertEqual(self.body, (await app.raw("stream", id=track, format="raw", timeOffset=7)).body)
        self.assertEqual(0, await self.value("SELECT count(*) FROM upload_version WHERE upload_id IS NULL"))

    async def test_a_promised_length(self) -> None:
        """Exactly so many bytes as were told beforehand, whether the transcode has more or fewer."""
        app = await self.nadias()
        for seconds, told in ((10, 10), (10, 30), (10, 3)):
            track = await self.a_sound(f"{seconds} {told}", seconds=seconds, duration=told)
            answer = await app.raw("stream", id=track, format="mp3", maxBitRate=64, estimateContentLength="true")
            size = int(answer.header("Content-Length") or 0)
            self.assertEqual(size, len(answer.body))
            self.assertApproximates(64_000 * told / 8, size, 10_000)
        head = await app.raw("stream", method="HEAD", id=track, format="ogg", estimateContentLength="true")
        self.assertIsNotNone(head.header("Content-Length"))
        self.assertIsNone((await app.raw("stream", method="HEAD", id=track, format="ogg")).header("Content-Length"))

    async def test_ranges_of_what_is_being_made(self) -> None:
        """All of it, from the start; once it is kept, ranges."""
        app = await self.nadias()
        track = await self.a_sound()
        first = await app.raw("stream", headers=RANGE, id=track, format="mp3")
        self.assertEqual((200, None), (first.status, first.header("Content-Length")))
        while not await self.value("SELECT count(*) FROM upload_version"):
            await deferLater(reactor, 0.02)
        kept = await app.raw("stream", headers=RANGE, id=track, format="mp3")
        self.assertEqual((206, 100), (kept.status, len(kept.body)))

    async def test_the_encoder_goes_with_the_listener(self) -> None:
        """Who hangs up ends the work; nothing is kept of it."""
        app = await self.nadias()
        track = await self.a_sound(seconds=3000)
        talk = await self.served.talk()
        query = urlencode({**app.credentials, "id": track, "format": "mp3"})
        talk.ask("GET", f"/rest/stream?{query}")
        while b"\r\n\r\n" not in talk.heard:
            await deferLater(reactor, 0.01)
        self.assertEqual(1, len(self.parts.transcodes._flights))
        talk.hang_up()
        await until(lambda: not self.parts.transcodes._flights, "the end of the work")
        self.assertEqual(0, await self.value("SELECT count(*) FROM upload_version"))


class CrowdedTests(SoundCase):
    """A pod with one place for transcodes, and one for each of its people."""

    environment = {"CELERYD_CONCURRENCY": "1", "SUBSONIC_TRANSCODES_PER_USER": "1"}

    async def test_no_place(self) -> None:
        """After two seconds somebody else gets 429, with a hint when to come back."""
        app = await self.nadias()
        long, other = await self.a_sound("Long", seconds=3000), await self.a_sound("Short")
        talk = await self.served.talk()
        talk.ask("GET", f"/rest/stream?{urlencode({**app.credentials, 'id': long, 'format': 'opus'})}")
        while b"\r\n\r\n" not in talk.heard:  # before that it may still wait for the place itself
            await deferLater(reactor, 0.01)
        talk.stop_reading()
        refused = await app.raw("stream", id=other, format="mp3", f="json")
        self.assertEqual((429, "5"), (refused.status, refused.header("Retry-After")))
        talk.hang_up()
        while self.parts.transcodes._flights:
            await deferLater(reactor, 0.02)
        self.assertEqual(200, (await app.raw("stream", id=other, format="mp3")).status)
