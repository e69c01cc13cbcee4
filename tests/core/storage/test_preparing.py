"""Making buckets ready where stores are odd (docs/storage.md §4, §11)."""

from __future__ import annotations

from datetime import UTC, datetime

from fwtwisted.core.storage.checking import Check, Finding, Level
from fwtwisted.core.storage.preparing import Preparing, Wanted
from fwtwisted.outside.s3.learnt import CHECKSUM, CONDITION, ETAG, NO, UNFINISHED, YES
from tests.faults import Fault
from tests.outside.s3.case import StoreCase

LISTING = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"


class OddTests(StoreCase):
    """A store that does not know all that there is."""

    async def prepared(self) -> dict[str, Level]:
        """What was said, by subject."""
        found: list[Finding] = []

        async def consent(_: str) -> bool:
            return True

        wanted = Wanted(policy=True, cors=True, lifecycle=True, origins=("https://pod.example",))
        await Preparing(self.parts.bucket, "", wanted, consent, found.append).run()
        return {one.about: one.level for one in found}

    async def test_what_it_has_not(self) -> None:
        """A refusal is told and no error, and so is the list of the bucket in the place of an answer."""
        self.faults.always(Fault(method="GET", path="policy=", status=405, code="MethodNotAllowed"))
        self.faults.always(Fault(method="GET", path="cors=", status=501, code="NotImplemented"))
        self.faults.always(Fault(method="GET", path="lifecycle=", status=200, body=LISTING))
        warned = dict.fromkeys(("policy", "cors", "lifecycle"), Level.WARNING)
        self.assertEqual(warned, await self.prepared())
        self.assertEqual(0, self.faults.count("PUT"))

    async def test_what_is_learnt(self) -> None:
        """A look at a bucket tells servers what it takes; what cannot be listed or dropped is a warning."""
        found: list[Finding] = []

        async def look() -> dict[str, Level]:
            found.clear()
            await Check(self.parts, None, lambda: datetime.now(UTC), found.append).run()
            return {one.about: one.level for one in found}

        def known() -> list[str | None]:
            return [self.parts.learnt.get(what) for what in (ETAG, CHECKSUM, UNFINISHED, CONDITION)]

        said = await look()
        self.assertEqual((Level.OK, Level.OK), (said["integrity"], said["multipart"]))
        self.assertEqual([YES, YES, YES, None], known())
        self.assertTrue(self.parts.writer.manners.checksum)
        self.faults.always(Fault(method="GET", path="uploads=", status=405, code="MethodNotAllowed"))
        self.faults.always(Fault(method="DELETE", path="uploadId=", status=405, code="MethodNotAllowed"))
        self.assertEqual(Level.WARNING, (await look())["multipart"])
        self.assertEqual([YES, YES, NO, None], known())
