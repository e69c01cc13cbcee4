"""What was published while nobody here was told is read once somebody follows."""

from __future__ import annotations

from fwtwisted.core.fediverse.remote.outboxes import READ, Outboxes, OutboxesSettings
from fwtwisted.core.fediverse.remote.returning import Returning
from fwtwisted.core.fediverse.remote.scanning import SCAN, Scanning
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import LIBRARY, funkwhale_actor, library


class LetInTests(RemoteCase):
    """Bob and Carol are let in elsewhere."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(funkwhale_actor(), library())
        outboxes = Outboxes(self.database, self.world.ask, self.episodes, lambda *_: None, OutboxesSettings())
        self.returning = Returning(
            Scanning(self.database, self.world.ask, self.objects, lambda *_: None, self._now), outboxes
        )
        self.bob, self.carol = [(await self.a_viewer(name)).the_actor for name in ("bob", "carol")]

    async def let_in(self, who: int, *, library: int | None = None, actor: int | None = None) -> None:
        """Somebody's follow is granted."""
        await self.a_follow(who, library=library, actor=actor)
        follow = await self.value("SELECT max(id) FROM follow")
        await self.run_in(self.returning.let_in, follow)

    async def asked(self, kind: str) -> int:
        """How many reads wait; from now on they are done."""
        await self.do("UPDATE library_scan SET status = 'finished'")
        return await self.do("DELETE FROM job WHERE kind = %s", kind)

    async def a_channel(self) -> int:
        """The actor of a channel elsewhere."""
        voice, artist = await self.an_actor("waves", "far.example"), await self.an_artist("Waves")
        shadow = await self.a_library(voice, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", shadow)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, shadow, voice, voice,
        )  # fmt: skip
        return voice

    async def test_library(self) -> None:
        """A library that nobody else follows is looked through, even if it was today; else we were told of all."""
        theirs = (await self.objects.take_library(library(), LIBRARY)).id
        await self.let_in(self.bob, library=theirs)
        self.assertEqual(1, await self.asked(SCAN))
        await self.let_in(self.carol, library=theirs)
        self.assertEqual(0, await self.asked(SCAN))
        await self.do("DELETE FROM follow")
        await self.let_in(self.carol, library=theirs)
        self.assertEqual(1, await self.asked(SCAN))

    async def test_channel(self) -> None:
        """So is what a channel published, that may have been found long before."""
        voice = await self.a_channel()
        await self.let_in(self.bob, actor=voice)
        self.assertEqual(1, await self.asked(READ))
        await self.let_in(self.carol, actor=voice)
        self.assertEqual(0, await self.asked(READ))

    async def test_waiting(self) -> None:
        """Who only waits to be let in, and who follows from another server, does not count."""
        voice, afar = await self.a_channel(), await self.an_actor("afar", "far.example")
        await self.a_follow(self.carol, actor=voice, approved=None)
        await self.a_follow(afar, actor=voice)
        await self.let_in(self.bob, actor=voice)
        self.assertEqual(1, await self.asked(READ))

    async def test_person(self) -> None:
        """Of a person there is nothing to read."""
        await self.let_in(self.bob, actor=await self.an_actor("zoe", "far.example"))
        self.assertEqual((0, 0), (await self.asked(READ), await self.asked(SCAN)))
