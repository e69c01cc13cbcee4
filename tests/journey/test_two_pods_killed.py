"""Two pods that die at bad moments, and one that is two processes: all is heard of, in order, and once."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from tests.pod import Client, Pod, until
from tests.two_pods import Side, TwoPodsCase

SONGS = 20
MANY = 300
LIBRARY_OF_MANY = """
    WITH made AS (
        INSERT INTO track (uuid, fid, title, artist_id, album_id, position)
        SELECT new.uuid, %(base)s || '/federation/music/tracks/' || new.uuid, format('Song %%s', lpad(n::text, 3, '0')),
               track.artist_id, track.album_id, n
          FROM track, (SELECT n, gen_random_uuid() AS uuid FROM generate_series(2, %(many)s) AS n) AS new
         WHERE track.id = %(track)s RETURNING id)
    INSERT INTO upload (uuid, fid, library_id, track_id, mimetype, size, duration, bitrate, import_status, audio_file,
                        import_reference, import_date)
    SELECT one.uuid, %(base)s || '/federation/music/uploads/' || one.uuid, library_id, one.id, mimetype, size, duration,
           bitrate, import_status, audio_file || one.id, import_reference, now()
      FROM upload, (SELECT id, gen_random_uuid() AS uuid FROM made) AS one
     WHERE upload.track_id = %(track)s
"""


class KilledTests(TwoPodsCase):
    """``kill -9``."""

    def lapse(self, side: Side) -> None:
        """Let the time pass after which what a dead process held is free; its last statement may still be under way."""
        others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        until(lambda: not side.rows(others), "the end of its connections")
        side.rows("UPDATE job SET due = now() WHERE held")

    def follows(self) -> None:
        """Bob follows a library of Ada's with one song."""
        self.shelf = self.library(self.here, "everyone", "Ebb")
        self.follow(self.shelf)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")

    def test_who_tells_is_killed(self) -> None:
        """Ada's pod dies when it has acknowledged a song; when it lives again, Bob hears of it."""
        self.follows()
        self.upload(self.here, self.shelf, "Flow", 2)
        self.here.pod.kill()
        self.lapse(self.here)
        self.here.pod.start()
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "the song")

    def test_who_is_told_is_away(self) -> None:
        """Bob's pod is down while Ada publishes; when it is up again, everything is told, in order."""
        self.follows()
        self.there.pod.kill()
        titles = [f"Song {number:02}" for number in range(SONGS)]
        for place, title in enumerate(titles, 2):
            self.upload(self.here, self.shelf, title, place)
        until(lambda: self.here.finished(self.shelf["uuid"]) == SONGS + 1, "the import")
        [gone, changed] = [one for one in self.here.tracks(self.artist) if one["title"] in titles[:2]]
        self.here.edited("track", changed["id"], title="Another")
        self.here.changed(204, "DELETE", f"/api/v1/uploads/{gone['uploads'][0]['uuid']}/")
        until(lambda: self.here.rows("SELECT 1 FROM delivery WHERE state = 'waiting' AND attempts > 0"), "an attempt")
        self.there.pod.start()
        self.here.rows("UPDATE peer_line SET held_until = now(); UPDATE delivery SET due = now()")
        self.here.rows("UPDATE job SET due = now() WHERE kind LIKE 'federation.%%' AND due > now()")
        self.meet(lambda: self.titles() == ["Another", "Ebb", *titles[2:]], "everything")
        told = [one["object"]["id"] for one in self.there.told("Create")]
        self.assertEqual(len(told), len(set(told)))

    def test_who_scans_is_killed(self) -> None:
        """Bob's pod dies in the middle of a large library; when it lives again, it goes on where it was."""
        shelf = self.library(self.here, "everyone", "Song 001")
        [track] = self.here.tracks(self.artist)
        values = {"base": f"http://{self.here.host}", "many": MANY, "track": track["id"]}
        self.here.fill(LIBRARY_OF_MANY, values)
        self.follow(shelf)
        pages = "SELECT pages FROM library_scan ORDER BY id DESC LIMIT 1"
        until(lambda: (self.there.rows(pages) or [(0,)])[0][0] >= 2, "some pages")
        self.there.pod.kill()
        walked = self.there.rows("SELECT status, pages, processed_files FROM library_scan ORDER BY id DESC LIMIT 1")
        self.lapse(self.there)
        self.there.pod.start()
        songs = "SELECT count(*) FROM upload WHERE library_id = (SELECT id FROM library WHERE fid = %s)"
        self.meet(lambda: self.there.rows(songs, shelf["fid"]) == [(MANY,)], "all of it")
        scan = "SELECT status, pages, processed_files, errored_files FROM library_scan ORDER BY id DESC LIMIT 1"
        self.meet(lambda: self.there.rows(scan) == [("finished", 6, MANY, 0)], f"the end of the walk, after {walked}")

    def test_two_processes(self) -> None:
        """Where Ada's pod is two processes on one database, each activity is delivered once."""
        self.follows()
        other = Pod(Path(self.here.pod.data), self.here.pod.settings)
        self.addCleanup(other.remove)
        other.start()
        self.there.rows("UPDATE received SET type = 'old ' || type")
        [(before,)] = self.here.rows("SELECT max(id) FROM outgoing")
        doors = [self.here.me, Client(other.port, self.here.pod.secrets, self.here.host)]
        doors[1].cookies = self.here.me.cookies
        self.addCleanup(setattr, self.here, "me", self.here.me)
        for place in range(SONGS):
            self.here.me = doors[place % 2]
            self.upload(self.here, self.shelf, f"Song {place:02}", place + 2)
        self.meet(lambda: len(self.titles()) == SONGS + 1, "all of it")
        time.sleep(0.5)
        told = Counter(one["object"]["id"] for one in self.there.told("Create"))
        self.assertEqual((SONGS, {1}), (len(told), set(told.values())))
        attempts = self.here.rows(
            "SELECT max(attempts), count(*) FROM delivery JOIN outgoing AS said ON said.id = outgoing_id"
            " WHERE said.type = 'Create' AND said.id > %s", before,
        )  # fmt: skip
        self.assertLessEqual(attempts[0][0], 1)
        self.assertEqual(0, other.stop())
