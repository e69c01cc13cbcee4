"""Renditions of every picture (docs/storage.md §2.2, §4)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from fwtwisted.core.files.attachments import Attachments, AttachmentSettings
from fwtwisted.core.files.cutting import Cut, Cutting, CuttingGround, CutWish
from fwtwisted.db.files import attachments as rows
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.images import Images
from fwtwisted.wire.names import rendition_name
from tests.music import MusicCase


class CuttingTests(MusicCase):
    """Pictures that came with files: nobody has asked for their renditions."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.blobs = LocalBlobs(self.mktemp(), deferToThread)
        out = BytesIO()
        Image.new("RGB", (300, 200), "red").save(out, "JPEG")
        self.names = [f"attachments/a/b/c/{number}.jpg" for number in range(3)]
        for name in self.names:
            await self.picture(name, out.getvalue())

    async def picture(self, name: str, body: bytes | None) -> None:
        """A row, and its file if there is one."""
        await self.do("INSERT INTO attachment (file, size, mimetype) VALUES (%s, 1, 'image/jpeg')", name)
        if body is not None:
            await self.blobs.put(name, body)

    async def cut(self, quality: int = 95, **wish: Any) -> Cut:
        """One walk."""
        settings = AttachmentSettings(quality=quality)
        attachments = Attachments(self.database, self.blobs, Images(deferToThread), lambda *_: None, settings)

        async def lies(name: str, _: str) -> bool:
            return await self.blobs.size(name) is not None

        ground = CuttingGround(reactor, self.database, self.blobs, attachments, lies, quality)
        stops = wish.pop("stops", lambda: False)
        return await Cutting(ground).run(CutWish(**wish), Cut(), stops)

    async def renditions(self) -> set[str]:
        """What was cut."""
        return {name async for name in self.blobs.names("__sized__/")}

    async def uncut(self, quality: int = 95) -> set[str]:
        """Pictures of which nobody knows."""
        return set(await self.run_in(rows.uncut, quality, 10))

    def of(self, quality: int) -> set[str]:
        """What should be there."""
        return {rendition_name(name, size, quality) for name in self.names for size in (200, 600)}

    async def test_made_and_noted(self) -> None:
        """What is missing is made, once; the rows tell of it; a dry run tells the same and does nothing."""
        self.assertEqual(set(self.names), await self.uncut())
        dry = await self.cut(dry_run=True)
        self.assertEqual((6, 0, set()), (dry.made, dry.there, await self.renditions()))
        await self.blobs.put(rendition_name(self.names[0], 200, 95), b"there")
        cut = await self.cut()
        self.assertEqual((5, 1, 3, 3), (cut.made, cut.there, cut.seen, cut.total))
        self.assertEqual((self.of(95), set()), (await self.renditions(), await self.uncut()))
        again = await self.cut()
        self.assertEqual((0, 6), (again.made, again.there))
        self.assertEqual(0, (await self.cut(but=(95, -95))).seen)

    async def test_another_quality(self) -> None:
        """Those of the old one are not those of the new one; anew, the old ones go."""
        await self.cut()
        self.assertEqual(set(self.names), await self.uncut(80))
        await self.cut(80)
        self.assertEqual(self.of(95) | self.of(80), await self.renditions())
        cut = await self.cut(80, anew=True)
        self.assertEqual((12, 6, self.of(80)), (cut.removed, cut.made, await self.renditions()))

    async def test_stopped(self) -> None:
        """It says where to go on."""
        seen = 0

        def stops() -> bool:
            nonlocal seen
            seen += 1
            return seen > 1

        cut = await self.cut(stops=stops)
        self.assertEqual((True, 1, ""), (cut.interrupted, cut.seen, cut.goes_on_after))
        cut = await self.cut(after=self.names[1])
        self.assertEqual((1, self.names[2]), (cut.seen, cut.goes_on_after))

    async def test_what_cannot_be_cut(self) -> None:
        """It is told; and noted, where looking again is no use."""
        await self.picture("attachments/a/b/c/7.jpg", b"no picture")
        await self.picture("attachments/a/b/c/8.jpg", None)
        cut = await self.cut()
        self.assertEqual(
            [("attachments/a/b/c/7.jpg", "cannot be read"), ("attachments/a/b/c/8.jpg", "missing")], sorted(cut.failed)
        )
        self.assertEqual(1, (await self.cut(but=(95, -95))).seen)
        self.assertEqual({"attachments/a/b/c/7.jpg", "attachments/a/b/c/8.jpg"}, await self.uncut())
