"""How much libraries hold, told without looking at their uploads."""

from __future__ import annotations

from fwtwisted.db.files import tally
from fwtwisted.db.music import libraries
from tests.music import MusicCase

COUNTED = """
    SELECT library_id, import_status, coalesce(source LIKE 'file://%%', false), count(*), count(size), sum(size)
      FROM upload GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
TOLD = """
    SELECT library_id, import_status, in_place, sum(uploads), sum(sized), nullif(sum(bytes), 0) FROM upload_tally
     GROUP BY 1, 2, 3 HAVING sum(uploads) <> 0 OR sum(bytes) <> 0 OR sum(sized) <> 0 ORDER BY 1, 2, 3
"""


class TallyTests(MusicCase):
    """Beside the uploads themselves."""

    async def _agrees(self) -> None:
        async def both(sql: str) -> list[tuple[object, ...]]:
            return await self.run_in(lambda tx: tx.many(lambda *row: row, sql))

        self.assertEqual(await both(COUNTED), await both(TOLD))

    async def test_every_way_of_writing(self) -> None:
        """What comes, changes, moves and goes is counted, one by one or many at once."""
        owner = await self.an_actor("anna")
        here, there = await self.a_library(owner, "everyone"), await self.a_library(owner, "me")
        track = await self.a_track("Song", await self.an_artist("Band"))
        for library, size in ((here, 10), (here, None), (there, 5)):
            await self.an_upload(library, track, size=size)
        await self.an_upload(here, None, "pending", size=7, source="file:///music/a.mp3")
        await self._agrees()
        await self.do(
            "UPDATE upload SET import_status = 'skipped', size = coalesce(size, 0) + 1 WHERE library_id = %s", here
        )
        await self.do("UPDATE upload SET library_id = %s WHERE size = 6", here)
        await self.do("UPDATE upload SET downloads_count = 3")
        await self._agrees()
        await self.do("DELETE FROM upload WHERE size = 1")
        await self.do("DELETE FROM library WHERE id = %s", there)
        await self._agrees()

    async def test_put_together_again(self) -> None:
        """Many rows become few that say the same, and those of a library that is gone go."""
        owner = await self.an_actor("anna")
        kept, gone = await self.a_library(owner, "everyone"), await self.a_library(owner, "me")
        for library in (kept, kept, kept, gone):
            await self.an_upload(library, None, size=4)
        await self.do("DELETE FROM library WHERE id = %s", gone)
        await self.run_in(tally.recount)
        self.assertEqual(1, await self.value("SELECT count(*) FROM upload_tally"))
        await self._agrees()

    async def test_what_people_are_told(self) -> None:
        """A library tells how many it has and how large they are; an empty one has no size, and places cost nothing."""
        owner = await self.an_actor("anna")
        full, empty = await self.a_library(owner, "everyone"), await self.a_library(owner, "me")
        await self.an_upload(full, None, size=4)
        await self.an_upload(full, None, size=6, source="file:///music/a.mp3")
        found = await self.run_in(libraries.libraries_by_ids, [full, empty])
        self.assertEqual([(2, 10), (0, None)], [(one.uploads_count, one.size) for one in found])
        self.assertEqual({"finished": 4}, await self.run_in(libraries.usage, owner))
