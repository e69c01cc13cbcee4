"""Whether every file is there and right: docs/storage.md S-52, S-95."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet import reactor

from fwtwisted.core.storage.crew import Crew
from fwtwisted.core.storage.verifying import Verifying
from tests.core.storage.case import MediaCase


class DoubtTests(MediaCase):
    """Files of which the cache has put a wrong copy aside."""

    async def verified(self, doubted: Sequence[str], sample: int | None = None) -> list[tuple[str, str]]:
        """What is wrong, by name, where sizes alone are looked at."""
        work = Verifying(
            self.database,
            [self.there, self.here],
            Crew(reactor, 2),
            lambda _: None,
            sample=sample,
            reads=False,
            doubted=doubted,
        )
        done = await work.run(lambda: False)
        return [(one.name, one.text) for one in done.troubles]

    async def test_read_in_any_case(self) -> None:
        """A damaged object is named when a copy was put aside, also when it is not drawn; a sound one is not."""
        body = await self.a_song("tracks/a/a.mp3", lies="s3")
        await self.a_song("tracks/b/b.mp3", lies="s3")
        self.lay("tracks/a/a.mp3", bytes(len(body)))
        self.assertEqual([], await self.verified([]))
        doubted = ["tracks/a/a.mp3", "tracks/b/b.mp3", "tracks/gone/gone.mp3"]
        for sample in (None, 1):
            self.assertEqual([("tracks/a/a.mp3", "damaged: other bytes (s3)")], await self.verified(doubted, sample))

    async def test_without_a_digest(self) -> None:
        """What cannot be compared is said to be so."""
        await self.a_song("tracks/a/a.mp3", lies="s3", checksum=None)
        [(name, text)] = await self.verified(["tracks/a/a.mp3"])
        self.assertEqual(("tracks/a/a.mp3", True), (name, text.startswith("cannot tell")))
