"""The music folder, imported on request: asked for in one process, done in another, killed, canceled from the first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests import audio
from tests.journey.test_roles import RolesCase
from tests.pod import until

COUNT = 3_000  # files: some seconds of work
PLACE = "/api/v1/libraries/fs-import/"


class FolderImportJourney(RolesCase):
    """One process serves, another works."""

    def setUp(self) -> None:
        super().setUp()
        self.music: Path = self.folder / "music"
        self.music.mkdir()
        settings = {"MUSIC_DIRECTORY_PATH": str(self.music), "JOB_LEASE": "2s"}
        self.web = self.member("web", "web", **settings)
        self.worker = self.member("worker", "worker", **settings)
        self.web.start()
        self.ada = self.web.set_up()
        self.library = self.ada.make_library()

    def wish(self, reference: str) -> int:
        """Ask for an import of everything; the status of the answer."""
        document = {"path": "", "library": self.library, "import_reference": reference}
        body = json.dumps(document).encode()
        return self.ada.ask("POST", PLACE, body, {"Content-Type": "application/json"}).status

    def told(self) -> Any:
        """The latest import."""
        return self.ada.get(PLACE).json["import"]

    def tracks(self) -> int:
        return int(self.ada.get("/api/v1/tracks/", page_size="1").json["count"])

    def test_killed_and_canceled(self) -> None:
        """A killed worker's import is gone on with by the next; a canceled one stops, and what it did stays."""
        audio.make_many(self.music, COUNT)
        self.assertEqual(201, self.wish("first"))
        self.assertEqual("pending", self.told()["status"])
        self.worker.start()
        until(lambda: len(self.told()["logs"]) > 0, "its first words")
        self.worker.kill()
        self.assertEqual(("started", 400), (self.told()["status"], self.wish("second")))
        before = self.tracks()
        self.worker.start()
        until(lambda: self.tracks() > before, "more tracks")
        self.assertEqual(204, self.ada.ask("DELETE", PLACE).status)
        self.assertEqual("canceled", self.told()["status"])
        self.assertEqual(201, self.wish("second"))
        until(lambda: self.told()["status"] == "finished", "the end", seconds=240)
        told = self.told()
        self.assertEqual("second", told["reference"])
        self.assertRegex(told["logs"][-1], rf"^{COUNT} files looked at: ")
        self.assertEqual(COUNT, self.tracks())
        self.assertEqual([0, 0], [self.worker.stop(), self.web.stop()])
