"""Streaming: who hears what, in which form, and what is noted of it; real files, real ffmpeg."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.internet.threads import deferToThread

from fwtwisted.core.listening.bringing import Ways
from fwtwisted.core.listening.remote_audio import RemoteAudio, RemoteAudioGround
from fwtwisted.core.listening.streaming import ListenWish, Streaming, StreamingSettings
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.jobs import Job
from fwtwisted.model.errors import Misconfigured, NotFound, Unavailable
from fwtwisted.model.people import VISITOR, Viewer
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.fetching import Fetching, FetchSettings
from fwtwisted.outside.ffmpeg import FfmpegSettings, Transcoder
from fwtwisted.outside.reading import Examined, examine
from fwtwisted.outside.shared import MemoryCache
from fwtwisted.outside.transcodes import Transcodes
from fwtwisted.wire.http import ByteSource
from tests.audio import make
from tests.music import MusicCase
from tests.waiting import settled


class StreamingCase(MusicCase):
    """One track in a public library, with a real file."""

    async def a_pod(self, kind: str = "flac") -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)
        self.blobs = LocalBlobs(str(self.folder / "media"), deferToThread)
        self.preferences: dict[str, Any] = {
            "music__transcoding_enabled": True,
            "music__transcoding_cache_duration": 60,
        }
        self.clock = Clock()
        transcoder = Transcoder(reactor, FfmpegSettings(), deferToThread)
        self.transcodes = Transcodes(reactor, transcoder, str(self.folder / "parts"), deferToThread)
        self.transcodes.startService()
        self.addCleanup(self.transcodes.stopService)
        self.streaming = self._streaming(StreamingSettings())
        self.owner = await self.a_viewer("owner")
        assert self.owner.actor_id is not None
        self.library = await self.a_library(self.owner.actor_id, "everyone")
        artist = await self.an_artist("Nova Kestrel")
        self.track_id = await self.a_track("First Light", artist, await self.an_album("Slow Harbour", artist))
        self.track: UUID = await self.value("SELECT uuid FROM track WHERE id = %s", self.track_id)
        self.file = make(self.folder, kind, title="First Light")
        self.body = self.file.read_bytes()
        self.digest = hashlib.sha256(self.body).hexdigest()
        await self.blobs.put("tracks/aa/bb/cc/first.flac", self.body)
        self.upload = await self.an_upload(
            self.library,
            self.track_id,
            audio_file="tracks/aa/bb/cc/first.flac",
            mimetype="audio/flac",
            bitrate=700_000,
            checksum=f"sha256:{self.digest}",
        )

    def _streaming(self, settings: StreamingSettings) -> Streaming:
        async def preference(identifier: str) -> Any:
            return self.preferences[identifier]

        return Streaming(
            self.database,
            Visibility(self.database),
            self.blobs,
            self.transcodes,
            MemoryCache(self.clock),
            deferToThread,
            preference,
            settings,
            self._remote(),
        )

    def _remote(self) -> RemoteAudio:
        async def nowhere(host: str) -> Sequence[str]:
            raise OSError

        fetching = Fetching(reactor, deferToThread, FetchSettings("tests"), nowhere)

        async def examined(path: str) -> Examined:
            return examine(path)

        ground = RemoteAudioGround(
            reactor, self.database, self.blobs, MemoryCache(self.clock), Ways(reactor, fetching, deferToThread),
            str(self.folder / "arriving"), examined,
        )  # fmt: skip
        remote = RemoteAudio(ground)
        remote.startService()
        self.addCleanup(remote.stopService)
        return remote

    async def heard(self, source: ByteSource) -> bytes:
        """All bytes of a source."""
        transport = StringTransport()
        await source.produce(transport, None)
        return transport.value()


class FileTests(StreamingCase):
    """The file as it is."""

    async def test_the_bytes_and_what_is_said_of_them(self) -> None:
        """A listener gets the stored file, with a tag of its content and a name for saving."""
        await self.a_pod()
        stream = await self.streaming.stream(VISITOR, self.track, ListenWish())
        source = await stream.open()
        self.assertEqual(f'"{self.digest[:32]}"', source.etag)
        self.assertEqual("audio/flac", stream.media_type)
        self.assertEqual("Nova Kestrel - Slow Harbour - First Light.flac", stream.filename)
        self.assertEqual(self.body, await self.heard(source))

    async def test_nobody_hears_what_is_not_theirs(self) -> None:
        """A private track is not there for others, whichever way it is named; nor is an unfinished one."""
        await self.a_pod()
        await self.do("UPDATE library SET privacy_level = 'me'")
        await self.changed("libraries")
        for viewer in (VISITOR, await self.a_viewer("neighbour")):
            for wish in (ListenWish(), ListenWish(upload=self.upload), ListenWish(to="mp3")):
                with self.assertRaises(NotFound):
                    await self.streaming.stream(viewer, self.track, wish)
        await self.streaming.stream(self.owner, self.track, ListenWish())
        with self.assertRaises(NotFound):
            await self.streaming.stream(self.owner, uuid4(), ListenWish())
        with self.assertRaises(NotFound):
            await self.streaming.stream(self.owner, self.track, ListenWish(upload=uuid4()))
        await self.do("UPDATE upload SET import_status = 'errored'")
        with self.assertRaises(NotFound):
            await self.streaming.stream(self.owner, self.track, ListenWish())

    async def test_a_missing_file_is_said_so(self) -> None:
        """A row without bytes is no silent 404: the log and the listener are told."""
        await self.a_pod()
        await self.blobs.delete("tracks/aa/bb/cc/first.flac")
        stream = await self.streaming.stream(VISITOR, self.track, ListenWish())
        with self.assertRaises(Unavailable):
            await stream.open()

    async def test_files_in_place(self) -> None:
        """Served only from below the music folder, through no link that leads out of it."""
        await self.a_pod()
        outside = self.folder / "secret.flac"
        outside.write_bytes(b"not yours")
        music = self.folder / "music"
        music.mkdir()
        os.link(self.file, music / "häßlich %.flac")
        os.symlink(outside, music / "link.flac")
        await self.do("UPDATE upload SET audio_file = NULL, source = %s", f"file://{music}/häßlich %.flac")
        with self.assertRaises(Misconfigured):
            await self.streaming.stream(VISITOR, self.track, ListenWish())
        streaming = self._streaming(StreamingSettings(music_root=str(music)))
        stream = await streaming.stream(VISITOR, self.track, ListenWish())
        self.assertEqual(self.body, await self.heard(await stream.open()))
        for path in (music / "link.flac", outside, f"{music}/../secret.flac"):
            await self.do("UPDATE upload SET source = %s", f"file://{path}")
            stream = await streaming.stream(VISITOR, self.track, ListenWish())
            with self.assertRaises(NotFound):
                await stream.open()
            assert stream.in_place is not None
            with self.assertRaises(NotFound):
                await stream.in_place()

    async def test_the_best_file_comes_first(self) -> None:
        """Of several files of a track the stored one is sent, unless another is named."""
        await self.a_pod()
        await self.an_upload(self.library, self.track_id, source="https://other.example/x", mimetype="audio/ogg")
        stream = await self.streaming.stream(VISITOR, self.track, ListenWish())
        self.assertEqual("audio/flac", stream.media_type)


class TranscodeTests(StreamingCase):
    """Another form of it."""

    async def test_transcoded_once_and_kept(self) -> None:
        """A wanted format begins to flow, is kept, and serves the next listener with a length and a tag."""
        await self.a_pod()
        wish = ListenWish(to="mp3")
        stream = await self.streaming.stream(VISITOR, self.track, wish)
        self.assertEqual(("audio/mpeg", None), (stream.media_type, stream.version_id))
        self.assertTrue(stream.filename.endswith(".mp3"))
        first = await self.heard(await stream.open())
        await self._until_kept()
        kept = await self.streaming.stream(VISITOR, self.track, wish)
        self.assertIsNotNone(kept.version_id)
        source = await kept.open()
        digest = hashlib.sha256(first).hexdigest()
        self.assertEqual(f"sha256:{digest}", await self.value("SELECT checksum FROM upload_version"))
        self.assertEqual((len(first), f'"{digest[:32]}"'), (source.length, source.etag))
        self.assertEqual(first, await self.heard(source))
        self.assertEqual(0, await self.value("SELECT count(*) FROM doomed_file"))

    async def test_which_wishes_transcode(self) -> None:
        """Same format, unknown format, a limit above the file's own, or switched off: the file as it is."""
        await self.a_pod()
        for wish in (ListenWish(to="flac"), ListenWish(to="exe"), ListenWish(max_bitrate=900_000)):
            stream = await self.streaming.stream(VISITOR, self.track, wish)
            self.assertIsNotNone(stream.stored, wish)
        limited = await self.streaming.stream(VISITOR, self.track, ListenWish(max_bitrate=128_000))
        self.assertEqual(("audio/mpeg", None), (limited.media_type, limited.stored))
        self.preferences["music__transcoding_enabled"] = False
        off = await self.streaming.stream(VISITOR, self.track, ListenWish(to="mp3"))
        self.assertEqual("audio/flac", off.media_type)

    async def test_a_version_without_its_file_is_made_again(self) -> None:
        """When a kept version vanished from the store, the next listener gets a fresh one."""
        await self.a_pod()
        wish = ListenWish(to="mp3")
        await self.heard(await (await self.streaming.stream(VISITOR, self.track, wish)).open())
        await self._until_kept()
        await self.blobs.delete(await self.value("SELECT audio_file FROM upload_version"))
        again = await self.streaming.stream(VISITOR, self.track, wish)
        self.assertIsNone(again.version_id)
        self.assertTrue(await self.heard(await again.open()))

    async def test_unheard_versions_are_pruned(self) -> None:
        """A version that nobody heard for as long as the setting says is forgotten, and its file doomed."""
        await self.a_pod()
        await self.heard(await (await self.streaming.stream(VISITOR, self.track, ListenWish(to="mp3"))).open())
        await self._until_kept()
        job = Job(1, "transcodes.prune", None, {}, 1, 0, 1, await self.value("SELECT now()"))
        await self.streaming.prune(job)
        self.assertEqual(1, await self.value("SELECT count(*) FROM upload_version"))
        await self.do("UPDATE upload_version SET accessed_date = now() - interval '61 minutes'")
        self.preferences["music__transcoding_cache_duration"] = 0
        await self.streaming.prune(job)
        self.assertEqual(1, await self.value("SELECT count(*) FROM upload_version"))
        self.preferences["music__transcoding_cache_duration"] = 60
        await self.streaming.prune(job)
        self.assertEqual(0, await self.value("SELECT count(*) FROM upload_version"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM doomed_file"))

    async def _until_kept(self) -> None:
        while not await self.value("SELECT count(*) FROM upload_version"):  # the test's time-out is the limit
            await settled(1)


class NotingTests(StreamingCase):
    """What is noted of a listen."""

    async def test_a_listener_counts_once_in_a_while(self) -> None:
        """Downloads rise once per listener and window; a range from later on, and a repetition, do not count."""
        await self.a_pod()
        stream = await self.streaming.stream(VISITOR, self.track, ListenWish())
        served = self.streaming.served
        await served(stream, "u1", from_the_start=False)
        self.assertEqual(0, await self.value("SELECT downloads_count FROM upload"))
        for listener in ("u1", "u1", "a10.0.0.1", "u1"):
            await served(stream, listener, from_the_start=True)
        self.assertEqual(2, await self.value("SELECT downloads_count FROM upload"))
        self.assertEqual(2, await self.value("SELECT downloads_count FROM track"))
        self.clock.advance(21_601)
        await served(stream, "u1", from_the_start=True)
        self.assertEqual(3, await self.value("SELECT downloads_count FROM track"))

    async def test_a_long_file_counts_once_in_its_length(self) -> None:
        """For a file longer than the window, its length is the window."""
        await self.a_pod()
        stream = evolve(await self.streaming.stream(VISITOR, self.track, ListenWish()), duration=30_000)
        await self.streaming.served(stream, "u1", from_the_start=True)
        self.clock.advance(22_000)
        await self.streaming.served(stream, "u1", from_the_start=True)
        self.assertEqual(1, await self.value("SELECT downloads_count FROM upload"))

    async def test_the_last_listen_is_noted_at_most_once_a_minute(self) -> None:
        """``accessed_date`` is written, and not with every range request."""
        await self.a_pod()
        viewer: Viewer = self.owner
        stream = await self.streaming.stream(viewer, self.track, ListenWish())
        await self.streaming.served(stream, "u1", from_the_start=False)
        first = await self.value("SELECT accessed_date FROM upload")
        self.assertIsNotNone(first)
        await self.streaming.served(stream, "u1", from_the_start=False)
        self.assertEqual(first, await self.value("SELECT accessed_date FROM upload"))
        self.clock.advance(61)
        await self.streaming.served(stream, "u1", from_the_start=False)
        self.assertLess(first, await self.value("SELECT accessed_date FROM upload"))
