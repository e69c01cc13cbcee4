"""What is looked at again, and what is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

from fwtwisted.core.fediverse.remote.refreshing import FORGET, Refreshing, RefreshSettings
from fwtwisted.db.jobs import Job
from fwtwisted.model.fediverse import Outcome
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Viewer
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import POD

FAR = f"{POD}/federation/music/artists/1"


class RefreshingTests(RemoteCase):
    """With an artist elsewhere, of whom we heard five days ago."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.looked: list[str] = []
        self.refreshing = Refreshing(self.database, self._look, lambda *_: None, RefreshSettings())
        self.ada = await self.a_viewer("ada")
        self.artist = await self.an_artist("Far", fid=FAR)
        await self.do("UPDATE artist SET last_fetch_date = now() - interval '5 days'")

    async def _look(self, url: str, as_actor: int | None) -> Outcome:
        self.looked.append(url)
        return Outcome.failed("connection", "Nobody there.")

    async def test_once(self) -> None:
        """The first who looks has it looked up; whoever comes next makes do with what came of it."""
        for _ in range(3):
            await self.refreshing.refresh(self.ada, Kind.ARTIST, self.artist)
        self.assertEqual([FAR], self.looked)

    async def test_visitors(self) -> None:
        """Nobody without an account makes us ask another server."""
        await self.refreshing.refresh(Viewer(), Kind.ARTIST, self.artist)
        await self.refreshing.refresh(Viewer(actor_id=self.ada.actor_id), Kind.ARTIST, self.artist)
        self.assertEqual([], self.looked)

    async def test_ours(self) -> None:
        """What is at home here is not looked for elsewhere."""
        await self.refreshing.refresh(self.ada, Kind.ARTIST, await self.an_artist("Ours"))
        await self.refreshing.refresh(self.ada, Kind.ALBUM, 999)
        self.assertEqual([], self.looked)

    async def test_channels_and_libraries(self) -> None:
        """They are looked at again in the same way: once in a while, those elsewhere, for people with an account."""
        eve = await self.an_actor("eve", "far.example")
        library = await self.a_library(eve, "everyone")
        await self.do("UPDATE library SET last_fetch_date = now() - interval '5 days' WHERE id = %s", library)
        shelf = await self.a_library(eve, "everyone")
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            self.artist, shelf, eve, eve,
        )  # fmt: skip
        channel = await self.value("SELECT id FROM channel")
        fids = [await self.value("SELECT fid FROM actor WHERE id = %s", eve),
                await self.value("SELECT fid FROM library WHERE id = %s", library)]  # fmt: skip
        for who in (Viewer(), self.ada, self.ada):
            self.assertFalse(await self.refreshing.refresh_channel(who, channel))
            self.assertFalse(await self.refreshing.refresh_library(who, library))
        self.assertEqual(fids, self.looked)
        await self.do("UPDATE actor SET private_key = 'x'")
        await self.do("UPDATE channel SET outbox_fetch_date = NULL")
        ours = await self.a_library(self.ada.the_actor, "everyone")
        await self.refreshing.refresh_channel(self.ada, channel)
        await self.refreshing.refresh_library(self.ada, ours)
        self.assertEqual(fids, self.looked)

    async def test_pictures(self) -> None:
        """Pictures of other servers that nothing shows are forgotten after a day, with their files."""
        for name, age, used in (("shown", 5, True), ("old", 5, False), ("new", 0, False), ("wrong", 5, False)):
            await self.do(
                "INSERT INTO attachment (url, file, used, creation_date)"
                " VALUES (%s, %s, %s, now() - %s * interval '1 day')",
                f"{POD}/{name}.png", f"attachments/{name}.png", used, age,
            )  # fmt: skip
        shown = f"{POD}/wrong.png"
        await self.do("UPDATE artist SET cover_id = (SELECT id FROM attachment WHERE url = %s)", shown)
        await self.refreshing.forget_pictures(Job(1, FORGET, None, {}, 1, 0, 1, datetime.now(UTC)))
        left = await self.rows("SELECT url FROM attachment ORDER BY url")
        self.assertEqual([(f"{POD}/{name}.png",) for name in ("new", "shown", "wrong")], left)
        self.assertEqual([("attachments/old.png",)], await self.rows("SELECT name FROM doomed_file"))
