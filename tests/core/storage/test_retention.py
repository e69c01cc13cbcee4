"""What copies are forgotten, and what never is (docs/storage.md §9)."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.storage.retention import Retention, RetentionSettings
from tests.database import HOME
from tests.music import MusicCase


class RetentionTests(MusicCase):
    """Rows, without any file."""

    async def keeping(self, minutes: int = 2880, **settings: Any) -> Retention:
        """With copies of audio kept for two days."""

        async def preference(_: str) -> int:
            return minutes

        return Retention(self.database, HOME, preference, RetentionSettings(**settings))

    async def songs(self) -> None:
        """Heard 0 to 4 days ago: of another pod, of an unreachable one, of ours, each of 100 bytes."""
        for domain in ("far.example", "gone.example", HOME):
            library = await self.a_library(await self.an_actor("ada", domain), "everyone")
            for days in range(5):
                uuid = await self.an_upload(
                    library,
                    None,
                    size=100,
                    source=f"https://{domain}/{days}",
                    audio_file=f"federation_cache/tracks/{domain}/{days}.mp3",
                    storage="local",
                )
                await self.do(
                    "UPDATE upload SET accessed_date = now() - %s * interval '1 day' WHERE uuid = %s", days, uuid
                )
        await self.do("UPDATE domain SET reachable = false WHERE name = 'gone.example'")

    async def left(self) -> dict[str, int]:
        """Copies by domain."""

        async def work(tx: Any) -> list[tuple[str, int]]:
            found: list[tuple[str, int]] = await tx.many(
                lambda *row: row,
                "SELECT split_part(audio_file, '/', 3), count(*) FROM upload WHERE audio_file IS NOT NULL GROUP BY 1",
            )
            return found

        return dict(await self.run_in(work))

    async def test_by_age(self) -> None:
        """Old copies of what another pod still has go; rows stay, ours stay, what cannot be had again stays longer."""
        await self.songs()
        keep = await self.keeping()
        [dry] = await keep.by_age(dry_run=True)
        self.assertEqual((3, 300), (dry.count, dry.size))
        self.assertEqual({"far.example": 5, "gone.example": 5, HOME: 5}, await self.left())
        await keep.by_age(dry_run=False)
        self.assertEqual({"far.example": 2, "gone.example": 5, HOME: 5}, await self.left())
        self.assertEqual(15, await self.value("SELECT count(*) FROM upload"))
        self.assertEqual(3, await self.value("SELECT count(*) FROM doomed_file"))
        self.assertEqual([], await (await self.keeping(0)).by_age(dry_run=False))

    async def test_feeds(self) -> None:
        """Copies of episodes go as well, although the pod's own actor has their library; the catalog tells so."""
        owner = await self.an_actor("service")
        library = await self.a_library(owner, "me")
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id, rss_url) "
            "VALUES (%s, %s, %s, %s, 'https://cast.example/feed')",
            await self.an_artist("Talk"), library, owner, owner,
        )  # fmt: skip
        name = "federation_cache/tracks/aa/bb/cc/1.mp3"
        await self.an_upload(library, None, source="https://cast.example/1.mp3", audio_file=name, storage="local")
        await self.do("UPDATE upload SET accessed_date = now() - interval '3 days'")
        version = await self.value("SELECT version FROM area WHERE name = 'catalog'")
        [told] = await (await self.keeping()).by_age(dry_run=False)
        self.assertEqual(1, told.count)
        self.assertGreater(await self.value("SELECT version FROM area WHERE name = 'catalog'"), version)

    async def test_never_dated(self) -> None:
        """A copy that was fetched just now and has no date of being heard stays."""
        await self.songs()
        await self.do("UPDATE upload SET accessed_date = NULL, modification_date = now()")
        [told] = await (await self.keeping()).by_age(dry_run=False)
        self.assertEqual(0, told.count)

    async def test_by_room(self) -> None:
        """Beyond the budget the least recently heard goes; what is heard at this moment does not, nor ever ours."""
        await self.songs()
        [told] = await (await self.keeping(remote_audio=350)).by_room(dry_run=False)
        self.assertEqual((7, 700), (told.count, told.size))
        [told] = await (await self.keeping(remote_audio=0)).by_room(dry_run=False)
        self.assertEqual({"far.example": 1, "gone.example": 1, HOME: 5}, await self.left())

    async def test_pictures(self) -> None:
        """Copies of pictures from elsewhere go by age and by room; what was uploaded stays."""
        for number, url in enumerate((None, "https://far.example/1.jpg", "https://far.example/2.jpg")):
            await self.do(
                "INSERT INTO attachment (url, file, size, creation_date)"
                " VALUES (%s, %s, 100, now() - %s * interval '1 day')",
                url, f"attachments/aa/bb/cc/{number}.jpg", 10 * number + 1,
            )  # fmt: skip
        [told] = await (await self.keeping(0, picture_days=15)).by_age(dry_run=False)
        self.assertEqual(1, told.count)
        [told] = await (await self.keeping(0, remote_pictures=50)).by_room(dry_run=False)
        self.assertEqual(1, told.count)
        self.assertEqual("attachments/aa/bb/cc/0.jpg", await self.value("SELECT max(file) FROM attachment"))
        self.assertEqual(3, await self.value("SELECT count(*) FROM attachment"))
