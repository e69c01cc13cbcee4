"""Pictures, whoever dies, whatever meets, and how long they stay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from fwtwisted.core.files.attachments import PRUNE, SIZES, Attachments, AttachmentSettings
from fwtwisted.core.files.stored_files import StoredFiles
from fwtwisted.db.pool import Database, DatabaseSettings
from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.model.people import Viewer
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.images import Images
from fwtwisted.outside.spool import Spool
from fwtwisted.wire.names import rendition_name
from tests.music import MusicCase

NO_JOB: Any = None


class EventfulBlobs(LocalBlobs):
    """A store beside which something happens while a file is on its way in."""

    before_put: Callable[[str], Awaitable[object]] | None = None
    after_put: Callable[[str], Awaitable[object]] | None = None

    async def put(self, name: str, body: bytes) -> str:
        """See :meth:`LocalBlobs.put`."""
        before, self.before_put = self.before_put, None
        if before is not None:
            await before(name)
        kept = await super().put(name, body)
        after, self.after_put = self.after_put, None
        if after is not None:
            await after(name)
        return kept


class AttachmentsTests(MusicCase):
    """Somebody with a picture on disk."""

    def setUp(self) -> None:
        super().setUp()
        self.blobs = EventfulBlobs(self.mktemp(), deferToThread)
        self.rings: list[tuple[str, bytes]] = []
        self.picture = Path(self.mktemp())
        out = BytesIO()
        Image.new("RGB", (300, 200), "red").save(out, "JPEG")
        self.picture.write_bytes(out.getvalue())

    def attachments(self, database: Database | None = None, *, cuts_at_once: bool = False) -> Attachments:
        """The part."""
        settings = AttachmentSettings(loose_seconds=60.0, cuts_at_once=cuts_at_once)
        ring = lambda name, body: self.rings.append((name, body))  # noqa: E731
        return Attachments(database or self.database, self.blobs, Images(deferToThread), ring, settings)

    async def stored(self) -> list[str]:
        """What lies in the store."""
        return [name async for name in self.blobs.names()]

    async def sweep(self) -> None:
        """Remove what is due."""
        while await StoredFiles(self.database, self.blobs, Spool(self.mktemp(), deferToThread)).remove_due():
            continue

    async def take(self, viewer: Viewer, attachments: Attachments | None = None) -> str:
        """Take the picture; its stored name."""
        taken = await (attachments or self.attachments()).take(viewer, str(self.picture), "me.jpg")
        assert taken.file is not None
        return taken.file

    async def test_dying_before_the_row(self) -> None:
        """Who dies after the file and before its row leaves nothing that stays."""
        anna = await self.a_viewer("anna")
        dying = Database(reactor, DatabaseSettings(self.dsn))
        self.blobs.after_put = lambda _: dying.close()
        taking = Deferred.fromCoroutine(self.take(anna, self.attachments(dying)))
        await self.assertFailure(taking, Unavailable)
        self.assertEqual(1, len(await self.stored()))
        await self.sweep()
        self.assertEqual(1, len(await self.stored()), "its row might still come")
        await self.do("UPDATE doomed_file SET doomed = now()")
        await self.sweep()
        self.assertEqual([], await self.stored())

    async def test_a_row_that_comes_too_late(self) -> None:
        """A row is not written for a file that was given up meanwhile."""
        anna = await self.a_viewer("anna")

        async def give_up(_: str) -> None:
            await self.do("UPDATE doomed_file SET doomed = now()")
            await self.sweep()

        self.blobs.after_put = give_up
        await self.assertFailure(Deferred.fromCoroutine(self.take(anna)), Unavailable)
        self.assertEqual(0, await self.value("SELECT count(*) FROM attachment"))

    async def test_two_of_one_name(self) -> None:
        """When the name that was drawn is another picture's, another is drawn, and both stay."""
        anna, bob = await self.a_viewer("anna"), await self.a_viewer("bob")
        taken: list[str] = []

        async def be_quicker(name: str) -> None:
            await self.blobs.put(name, b"another")
            await self.do("INSERT INTO attachment (actor_id, file) VALUES (%s, %s)", bob.actor_id, name)
            taken.append(name)

        self.blobs.before_put = be_quicker
        taken.append(await self.take(anna))
        self.assertEqual(2, len(set(taken)))
        await self.do("UPDATE doomed_file SET doomed = now()")
        await self.sweep()
        self.assertEqual(sorted(taken), await self.stored())

    async def test_cut_when_the_setting_says(self) -> None:
        """The sizes are made at once, or when somebody asks."""
        anna = await self.a_viewer("anna")
        await self.take(anna)
        self.assertEqual(1, len(await self.stored()))
        name = await self.take(anna, self.attachments(cuts_at_once=True))
        cut = {rendition_name(name, size, 95) for size in SIZES}
        self.assertEqual(cut, cut & set(await self.stored()))

    async def test_removed_while_it_is_cut(self) -> None:
        """A size that is made of a picture that goes meanwhile does not stay behind."""
        anna = await self.a_viewer("anna")
        name = await self.take(anna)
        self.blobs.before_put = lambda _: self.blobs.delete(name)
        opening = Deferred.fromCoroutine(self.attachments().open(rendition_name(name, 200, 95)))
        await self.assertFailure(opening, NotFound)
        self.assertEqual([], await self.stored())

    async def test_pruned(self) -> None:
        """Old pictures that nothing refers to go; covers, avatars, and those that a draft names stay."""
        anna = await self.a_viewer("anna")
        names = {kind: await self.take(anna) for kind in ("loose", "young", "cover", "icon", "draft")}
        ids = {
            kind: await self.value("SELECT id FROM attachment WHERE file = %s", name) for kind, name in names.items()
        }
        await self.do("UPDATE attachment SET creation_date = now() - interval '2 minutes' WHERE id <> %s", ids["young"])
        await self.an_album("Songs", await self.an_artist("Anna"), cover_id=ids["cover"])
        await self.do("UPDATE actor SET icon_id = %s WHERE id = %s", ids["icon"], anna.actor_id)
        draft = await self.an_upload(await self.a_library(anna.actor_id or 0, "me"), None, "draft")
        await self.do(
            "UPDATE upload SET import_metadata = jsonb_build_object('cover', attachment.uuid) FROM attachment"
            " WHERE attachment.id = %s AND upload.uuid = %s", ids["draft"], draft,
        )  # fmt: skip
        await self.attachments().jobs()[PRUNE].run(NO_JOB)
        await self.sweep()
        self.assertEqual(sorted(name for kind, name in names.items() if kind != "loose"), await self.stored())
        self.assertEqual([("jobs", b"maintenance")], self.rings)
