"""``fix_uploads``, ``check_inplace_files`` and ``media generate-thumbnails``, on a real database and real files."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.audio import make
from tests.cli.commands import CommandCase


class MendingCase(CommandCase):
    """A pod with three songs in place."""

    def setUp(self) -> None:
        super().setUp()
        self.make_account()
        library = self.make_library()
        self.songs = [
            make(self.music / str(number), "mp3", title=f"Song {number}", artist="Ada") for number in range(3)
        ]
        self.done("import", "--library", library, "--in-place", "--recursive", str(self.music))

    def lines(self, *words: str, status: int = 0) -> list[Any]:
        """The answer, line by line in JSON."""
        ended = self.run_command(*words, "--json")
        self.assertEqual(status, ended.status, ended)
        return [json.loads(line) for line in ended.out.splitlines()]


class FixTests(MendingCase):
    """``fix_uploads``."""

    FACTS = "SELECT mimetype, bitrate, duration, size, checksum FROM upload ORDER BY source"

    def test_found_out_again(self) -> None:
        """What is not known is found out, as far as it is wished; what is known is let be; twice is once."""
        before = self.asked(self.FACTS)
        self.assertEqual(f"sha256:{hashlib.sha256(self.songs[0].read_bytes()).hexdigest()}", before[0][4])
        self.execute("UPDATE upload SET mimetype = 'application/octet-stream', duration = NULL, size = NULL")
        self.execute("UPDATE upload SET checksum = NULL, bitrate = 5 WHERE source LIKE '%/0/%'")
        bare = self.asked(self.FACTS)
        [dry] = self.lines("fix_uploads", "--dry-run", "--size")
        self.assertEqual((3, 3, bare), (dry["total"], dry["mended"], self.asked(self.FACTS)))
        self.assertIn("3 of 3 uploads: 3 mended", self.done("fix_uploads").out)
        self.assertEqual([("audio/mpeg", None, None)] * 3, [(row[0], row[2], row[3]) for row in self.asked(self.FACTS)])
        self.done("fix_uploads", "--size", "--batch-size", "1")
        self.assertEqual([row[3] for row in before], [row[3] for row in self.asked(self.FACTS)])
        self.done("fix_uploads", "--audio-data", "--checksum", "-s", "2")
        self.assertEqual([(*before[0][:1], 5, *before[0][2:]), *before[1:]], self.asked(self.FACTS))
        [nothing] = self.lines("fix_uploads", "--audio-data", "--checksum", "--size")
        self.assertEqual(0, nothing["total"])

    def test_what_is_not_there(self) -> None:
        """It is told, and the others are mended all the same."""
        self.execute("UPDATE upload SET duration = NULL")
        self.songs[1].unlink()
        self.songs[2].write_bytes(b"no song")
        *errors, end = self.lines("fix_uploads", "--audio-data", status=1)
        self.assertEqual((2, 1, 3), (len(errors), end["mended"], end["seen"]))
        self.assertEqual("its file is missing", errors[0]["text"])
        self.assertEqual(2, self.lines("fix_uploads", "--audio-data", status=1)[-1]["total"])


class GoneTests(MendingCase):
    """``check_inplace_files``."""

    def test_forgotten(self) -> None:
        """Files that are gone are listed, and forgotten when that is wished; what lies elsewhere is let be."""
        self.assertEqual({"event": "end", "seen": 3, "gone": 0, "removed": 0, "outside": 0, "interrupted": False},
                         self.lines("check_inplace_files")[0])  # fmt: skip
        self.songs[1].unlink()
        self.execute("UPDATE upload SET source = 'file:///elsewhere/a.mp3' WHERE source LIKE '%/2/%'")
        listed = self.done("check_inplace_files")
        self.assertIn(f"file://{self.songs[1]}\n1 of 3 files in place are gone", listed.out)
        self.assertIn("--no-dry-run", listed.err)
        *_, end = self.lines("check_inplace_files", "--no-dry-run")
        self.assertEqual((1, 1, 1), (end["gone"], end["removed"], end["outside"]))
        self.assertEqual(2, self.asked("SELECT count(*) FROM upload")[0][0])

    def test_a_disk_that_is_away(self) -> None:
        """When none of the files is there, nothing is forgotten unless it is meant."""
        for song in self.songs:
            song.unlink()
        refused = self.run_command("check_inplace_files", "--no-dry-run")
        self.assertEqual(1, refused.status)
        self.assertIn("--force", refused.err)
        self.assertEqual(3, self.asked("SELECT count(*) FROM upload")[0][0])
        self.assertIn("3 uploads were forgotten", self.done("check_inplace_files", "--no-dry-run", "--force").out)


class ThumbnailTests(MendingCase):
    """``media generate-thumbnails``."""

    def test_made(self) -> None:
        """The small pictures of covers are there afterwards."""
        self.execute("INSERT INTO attachment (file, mimetype) VALUES ('attachments/a/b/c/none.jpg', 'image/jpeg')")
        lost = self.lines("media", "generate-thumbnails", status=1)
        self.assertEqual(("missing", 1), (lost[0]["text"], lost[-1]["errors"]))
        self.execute("DELETE FROM attachment")
        self.assertIn("0 of 0 pictures: 0 made", self.done("media", "generate-thumbnails", "--delete").out)
