"""What is remembered of who may see what."""

from __future__ import annotations

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.model.people import VISITOR, Viewer
from tests.database import DatabaseCase


class VisibilityTests(DatabaseCase):
    """``Visibility`` is always right, also while it remembers."""

    async def test_what_changed_is_seen_at_once(self) -> None:
        """An answer holds exactly as long as the version of the area."""
        visibility = Visibility(self.database)
        owner = await self.an_actor("owner")
        viewer = Viewer(account_id=1, actor_id=owner, is_local=True)
        self.assertEqual((), await visibility.libraries(viewer))
        made = await self.a_library(owner, "me")
        await self.do("UPDATE area SET version = version + 1 WHERE name = 'libraries'")
        self.assertEqual((made,), await visibility.libraries(viewer))
        self.assertEqual((), await visibility.libraries(VISITOR))

    async def test_an_answer_is_remembered_while_the_version_stands(self) -> None:
        """Without a touch of the area, nothing is asked again."""
        visibility = Visibility(self.database)
        self.assertEqual((), await visibility.libraries(VISITOR))
        await self.a_library(await self.an_actor("owner"), "everyone")
        self.assertEqual((), await visibility.libraries(VISITOR))

    async def test_memory_is_bounded(self) -> None:
        """Only so many viewers are remembered; who was forgotten is asked for again."""
        visibility = Visibility(self.database, remembered=1)
        owner = await self.an_actor("owner")
        await visibility.libraries(VISITOR)
        await visibility.libraries(Viewer(actor_id=owner, is_local=True))
        made = await self.a_library(owner, "everyone")
        self.assertEqual((made,), await visibility.libraries(VISITOR))
