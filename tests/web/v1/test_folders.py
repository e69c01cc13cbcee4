"""Imports of folders in place over HTTP: docs/api.md §4.6, *fs-import*."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from twisted.internet import reactor as the_reactor

from fwtwisted.config import parts as settings
from fwtwisted.worker import Hands
from tests.audio import make
from tests.rest.pod import PodCase
from tests.waiting import GUARD_SECONDS, settled

PLACE = "libraries/fs-import/"


class FolderImportTests(PodCase):
    """A pod with a music folder, and carol who looks after it."""

    timeout = GUARD_SECONDS

    @property
    def environment(self) -> Mapping[str, str]:  # type: ignore[override]
        """The folder is made before the server reads its settings."""
        self.music = Path(os.path.abspath(self.mktemp()))
        self.music.mkdir()
        return {"MUSIC_DIRECTORY_PATH": str(self.music)}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.music = Path(self.config.media.music or "")
        self.carol = await self.person("carol", permissions=["library"])
        self.library = str(
            await self.value("SELECT uuid FROM library WHERE id = %s", await self.library_of(self.carol, "me"))
        )

    async def test_the_whole_way(self) -> None:
        """Look around, import, watch, find the music; cancel without harm."""
        make(self.music / "Nova", "mp3", title="Low", artist="Nova", album="Tides")
        said = (await self.carol.get(PLACE)).json
        self.assertEqual(
            {"root": str(self.music), "path": "", "import": None, "content": [{"name": "Nova", "dir": True}]}, said
        )
        said = (await self.carol.get("libraries/fs-import?path=Nova")).json
        self.assertEqual(("Nova", [False]), (said["path"], [one["dir"] for one in said["content"]]))
        wish = {"path": "Nova", "library": self.library, "import_reference": "web"}
        begun = await self.carol.post(PLACE, wish)
        self.assertEqual((201, b""), (begun.status, begun.body))
        told = (await self.carol.get(PLACE)).json["import"]
        self.assertEqual({"status": "pending", "reference": "web", "logs": []}, told)
        refused = await self.carol.post(PLACE, wish)
        self.assertEqual((400, ["detail"]), (refused.status, list(refused.json)))
        hands = Hands(
            the_reactor,
            self.ground.database,
            self.parts.jobs(),
            self.ground.bell.listen,
            settings.worker_settings(self.config),
        )
        hands.startService()
        self.addCleanup(hands.stopService)
        while (told := (await self.carol.get(PLACE)).json["import"])["status"] != "finished":
            await settled(1)  # the test's time-out is the limit
        self.assertRegex(told["logs"][-1], "1 imported")
        self.assertEqual(1, (await self.carol.get("tracks/?q=low&playable=true")).json["count"])
        self.assertEqual(204, (await self.carol.delete(PLACE)).status)

    async def test_canceling(self) -> None:
        """What waits is canceled."""
        await self.carol.post(PLACE, {"path": "", "library": self.library, "import_reference": "web"})
        self.assertEqual(204, (await self.carol.delete(PLACE)).status)
        self.assertEqual("canceled", (await self.carol.get(PLACE)).json["import"]["status"])

    async def test_nonsense(self) -> None:
        """Paths that lead out, libraries that are not hers, and missing fields."""
        for path in ("..", "/etc", "nowhere", "%FF"):
            said = await self.carol.get(f"{PLACE}?path={path}")
            self.assertEqual((400, ["detail"]), (said.status, list(said.json)), path)
        good = {"path": "", "library": self.library, "import_reference": "web"}
        for field, value in (
            ("path", "../x"),
            ("path", None),
            ("path", 7),
            ("library", str(uuid4())),
            ("library", "x"),
            ("library", None),
            ("import_reference", ""),
        ):
            said = await self.carol.post(PLACE, good | {field: value})
            self.assertEqual((400, [field]), (said.status, list(said.json)), (field, value))
        said = await self.carol.post(PLACE, {})
        self.assertEqual({"path", "library", "import_reference"}, set(said.json))

    async def test_who_may(self) -> None:
        """Those with the permission, by session; programs never."""
        await self.open_up()
        bob = await self.person("bob")
        program = await self.program(self.carol, "read write")
        for who, status in ((self.visitor(), 401), (bob, 403), (program, 403)):
            for method in ("GET", "POST", "DELETE"):
                said = await who.send(method, PLACE, None)
                self.assertEqual(status, said.status, (method, said))
                if status == 403:
                    self.assertEqual({}, said.json)
