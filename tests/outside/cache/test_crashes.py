"""Whatever happens to who fills the cache, nothing wrong is served, and nothing stays behind: docs/storage.md S-64."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from random import Random

from twisted.internet.threads import deferToThread

from fwtwisted.outside.blobs import Known
from fwtwisted.outside.cache.entries import Entry
from fwtwisted.outside.cache.folder import WORK
from tests.faults import Fault
from tests.outside.cache.case import NAME, SLICE, SONG, CacheCase, noise
from tests.pod import ROOT
from tests.waiting import Stopwatch

Process = subprocess.Popen[str]

NAMES = [f"tracks/aa/bb/cc/{number}.mp3" for number in range(12)]


class ChildrenCase(CacheCase):
    """
    Other processes on the same folder.

    :ivar truth: what each name holds.
    """

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.truth = {name: noise(Random(name).randrange(6 * SLICE), len(name)) for name in NAMES}
        for name, body in self.truth.items():
            self.lay(name, body)

    def child(self, *names: str, rounds: int = 1, most: int = 1 << 30) -> Process:
        """Another process that hears some objects."""
        words = [self.endpoint, self.bucket_name, self.folder, str(most), str(rounds), *names]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.outside.cache.filling_child", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(_end, process)
        return process

    async def begun(self, process: Process) -> None:
        """It has opened the cache."""
        assert process.stdout is not None
        self.assertEqual("open\n", await deferToThread(process.stdout.readline))

    async def told(self, process: Process) -> dict[str, tuple[str, str]]:
        """By name what it got and how."""
        out, _ = await deferToThread(process.communicate)
        lines = [line.split(" ", 2) for line in out.splitlines()]
        self.assertEqual(["over", "None"], lines[-1], out)
        return {line[0]: (line[1], line[2]) for line in lines[:-1] if line != ["open"]}

    def lost(self) -> list[str]:
        """Folders of processes that are gone; our own has a lock beside it, and there is a gate."""
        return sorted(os.listdir(os.path.join(self.folder, WORK)))


class KilledTests(ChildrenCase):
    """``kill -9``."""

    async def test_killed_at_any_moment(self) -> None:
        """Twenty times, while it fills; afterwards every byte is right, and most need not be fetched again."""
        draw = Random(7)
        await self.parts.close()
        for _ in range(20):
            child = self.child(*NAMES, rounds=100, most=15 * SLICE)
            await self.begun(child)
            await self.sleep(draw.uniform(0.0, 0.25))
            child.send_signal(signal.SIGKILL)
            await deferToThread(child.wait)
        await self.again()
        self.assertLessEqual(len(self.lost()), 3)
        for name, body in self.truth.items():
            self.assertEqual(body, (await self.heard(name=name))[1])
        await self.landed()
        for name, body in self.truth.items():
            self.assertEqual(("HIT", body), await self.heard(name=name))


class TwoProcessesTests(ChildrenCase):
    """Several processes of one machine share a folder."""

    async def test_one_fetch_for_both(self) -> None:
        """A slow object, heard by three at once: one request, and all hear it as it comes."""
        self.lay(NAME, SONG)
        self.faults.always(Fault(method="GET", path=NAME, bytes_a_second=300_000))
        children = [self.child(NAME), self.child(NAME)]
        for child in children:
            await self.begun(child)
        self.assertEqual(SONG, (await self.heard())[1])
        digest = hashlib.sha256(SONG).hexdigest()
        for child in children:
            self.assertEqual(digest, (await self.told(child))[NAME][1])
        self.assertEqual(["all"], self.gets)

    async def test_another_was_quicker(self) -> None:
        """What another process has fetched is a hit here, checked once."""
        child = self.child(*NAMES)
        heard = await self.told(child)
        self.assertEqual({name: hashlib.sha256(body).hexdigest() for name, body in self.truth.items()},
                         {name: told[1] for name, told in heard.items()})  # fmt: skip
        self.faults.asked.clear()
        for name, body in self.truth.items():
            self.assertEqual(("HIT", body), await self.heard(name=name))
        self.assertEqual([], self.faults.asked)

    async def test_the_one_who_fetches_dies(self) -> None:
        """Whoever waits for it takes over, at once."""
        self.lay(NAME, SONG)
        self.faults.next(Fault(method="GET", path=NAME, bytes_a_second=100_000))
        child = self.child(NAME)
        await self.begun(child)
        await self.until(lambda: self.gets)
        await self.sleep(0.3)
        heard = self.hearing(known=Known(len(SONG), hashlib.sha256(SONG).hexdigest()))
        await self.sleep(0.5)
        with Stopwatch() as watch:
            child.send_signal(signal.SIGKILL)
            self.assertEqual(SONG, (await heard)[1])
        self.assertLess(watch.seconds, 3.0)

    async def test_removed_by_another(self) -> None:
        """An entry that another process has removed is no entry here either."""
        self.lay(NAME, SONG)
        await self.heard()
        await self.landed()
        self.assertTrue(self.cache.folder.remove((await self.entry()).digest))
        self.faults.asked.clear()
        self.assertEqual(("MISS", SONG), await self.heard())

    async def entry(self) -> Entry:
        """The entry of the song."""
        entry = await self.cache.find(NAME)
        assert entry is not None
        return entry


def _end(process: Process) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
