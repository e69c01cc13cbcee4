"""Stored files without a row go, those with one stay, whatever is said of their names."""

from __future__ import annotations

import os
from uuid import UUID, uuid4

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.core.files.stored_files import StoredFiles
from fwtwisted.db.files import attachments, doomed
from fwtwisted.db.pool import Tx
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.spool import Spool, SpoolSettings
from fwtwisted.wire.names import TRACKS, rendition_name, stored_name
from tests.music import MusicCase


class StoredFilesTests(MusicCase):
    """A store and a spool."""

    def setUp(self) -> None:
        super().setUp()
        self.blobs = LocalBlobs(self.mktemp(), deferToThread)
        self.spool = Spool(self.mktemp(), deferToThread, SpoolSettings(reserve_bytes=1))
        self.files = StoredFiles(self.database, self.blobs, self.spool)

    async def stored(self) -> list[str]:
        """What lies in the store."""
        return [name async for name in self.blobs.names()]

    async def a_picture(self, name: str) -> None:
        """A stored picture with its row."""
        await self.blobs.put(name, b"picture")
        owner = await self.an_actor("anna")
        await self.run_in(attachments.add, uuid4(), owner, name, 7, "image/jpeg", b"\0" * 32)

    async def test_doomed_when_due(self) -> None:
        """What is doomed goes when its time has come, not before, and is forgotten then."""
        for name in ("tracks/aa/aa/aa/now.mp3", "tracks/aa/aa/aa/later.mp3"):
            await self.blobs.put(name, b"music")
        await self.run_in(doomed.doom, ["tracks/aa/aa/aa/now.mp3", "tracks/aa/aa/aa/never-stored.mp3"])
        await self.run_in(doomed.doom, ["tracks/aa/aa/aa/later.mp3"], 60.0)
        self.assertEqual(2, await self.files.remove_due())
        self.assertEqual(0, await self.files.remove_due())
        self.assertEqual(["tracks/aa/aa/aa/later.mp3"], await self.stored())

    async def test_one_that_cannot_be_removed(self) -> None:
        """A file that resists keeps no other from going, and is tried again later."""
        stuck, other = "tracks/aa/aa/aa/stuck.mp3", "tracks/aa/aa/aa/zz.mp3"
        os.makedirs(os.path.join(self.blobs.path(stuck), "a folder of somebody's"))
        await self.blobs.put(other, b"music")
        await self.run_in(doomed.doom, [stuck, other])
        self.assertEqual(2, await self.files.remove_due())
        self.assertEqual(0, await self.files.remove_due())
        self.assertEqual([], await self.stored())
        self.assertEqual(stuck, await self.value("SELECT name FROM doomed_file WHERE doomed > now()"))

    async def test_what_is_due_is_spared_no_more(self) -> None:
        """Whoever removes files may have died with some of them gone already: their rows come too late."""
        await self.run_in(doomed.doom, ["due"])
        await self.run_in(doomed.doom, ["hoped for"], 60.0)
        self.assertEqual(1, await self.run_in(doomed.spare, ["due", "hoped for"]))
        self.assertEqual("due", await self.value("SELECT name FROM doomed_file"))

    async def test_a_commit_outlives_its_process(self) -> None:
        """PostgreSQL may finish the commit of a receiver that was killed; its file is not taken for unwanted."""
        library = await self.a_library(await self.an_actor("bob"), "me")
        left = await self.spool.open(uuid4(), "song.mp3")
        name = stored_name(TRACKS, left.uuid, left.filename)
        await self.run_in(doomed.doom, [name], 60.0)
        await left.finish()
        await self.blobs.keep(name, left.path)
        left.let_go()
        committing: Deferred[None] = Deferred()

        async def commit(tx: Tx) -> None:
            await tx.do(
                "INSERT INTO upload (uuid, fid, library_id, audio_file, import_reference) VALUES (%s, 'a', %s, %s, '')",
                left.uuid, library, name,
            )  # fmt: skip
            self.assertEqual(1, await doomed.spare(tx, [name]))
            begun.callback(None)
            await committing

        begun: Deferred[None] = Deferred()
        slow = self.database.transaction(commit)
        await begun
        recovering = Deferred.fromCoroutine(self.files.recover())
        while not await self.value("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')"):
            if recovering.called:
                break
        committing.callback(None)
        await slow
        self.assertEqual(1, await recovering)
        self.assertEqual([name], await self.stored())

    async def test_drawn_twice(self) -> None:
        """A name that was drawn for a new file and is another's by chance: that one's file stays."""
        track, picture = "tracks/aa/aa/aa/song.mp3", "attachments/aa/aa/aa/cover.jpg"
        await self.a_picture(picture)
        await self.blobs.put(track, b"music")
        await self.an_upload(await self.a_library(await self.an_actor("bob"), "me"), None, audio_file=track)
        await self.run_in(doomed.doom, [track, picture])
        await self.files.remove_due()
        self.assertEqual([picture, track], await self.stored())
        self.assertEqual(0, await self.value("SELECT count(*) FROM doomed_file"))

    async def test_what_was_cut_goes_along(self) -> None:
        """With a picture go its renditions of every size and quality, and nobody else's."""
        mine, other = "attachments/aa/aa/aa/cover.jpg", "attachments/aa/aa/aa/cover-2.jpg"
        kept = [other, rendition_name(other, 200, 95)]
        for name in (mine, *(rendition_name(mine, size, how) for size in (200, 600) for how in (80, 95)), *kept):
            await self.blobs.put(name, b"picture")
        await self.run_in(doomed.doom, [mine])
        await self.files.remove_due()
        self.assertEqual(sorted(kept), sorted(await self.stored()))

    async def test_left_in_the_spool_under_another_name(self) -> None:
        """What a killed receiver left is cleared without touching the upload that has its name by chance."""
        uuid = UUID("aaaaaaaa-1111-4111-8111-111111111111")
        name = stored_name(TRACKS, uuid, "song.mp3")
        await self.blobs.put(name, b"music")
        await self.an_upload(await self.a_library(await self.an_actor("bob"), "me"), None, audio_file=name)
        left = await self.spool.open(uuid, "song.mp3")
        await deferToThread(left.write, b"half")
        left.let_go()
        self.assertEqual(1, await self.files.recover())
        self.assertEqual([name], await self.stored())
