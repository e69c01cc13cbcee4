"""What is learnt about a store, and told to other processes (docs/storage.md S-85)."""

from __future__ import annotations

import os

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.learnt import ACL, BELIEVED_SECONDS, CHECKSUM, CONDITION, FILE, NO, UNFINISHED, YES, Learnt
from fwtwisted.outside.s3.learnt import LOOKED_SECONDS as LOOKED
from fwtwisted.outside.s3.writing import Labels
from tests.faults import Fault
from tests.outside.s3.case import StoreCase
from tests.s3_server import POD


class LearntTests(TestCase):
    """The file beside the media."""

    def setUp(self) -> None:
        self.folder = os.path.abspath(self.mktemp())
        self.now = 1_000_000.0

    def learnt(self, about: str = "https://s3.example/music") -> Learnt:
        """Another process."""
        return Learnt(about, self.folder, deferToThread, lambda: self.now)

    async def told(self, about: str = "https://s3.example/music") -> Learnt:
        """Another process that has looked."""
        one = self.learnt(about)
        await one.look()
        return one

    async def test_told_to_others(self) -> None:
        """What one learns others know, of the same bucket only; those who run already hear of it within a minute."""
        one, running = self.learnt(), await self.told()
        one.learn(ACL, NO)
        one.learn(CHECKSUM, YES)
        await one.settle()
        other = await self.told()
        self.assertEqual((NO, YES, None), (other.get(ACL), other.get(CHECKSUM), other.get(CONDITION)))
        self.assertIsNone((await self.told("https://s3.example/other")).get(ACL))
        await running.look()
        self.assertIsNone(running.get(ACL))
        self.now += LOOKED
        await running.look()
        self.assertEqual(NO, running.get(ACL))

    async def test_for_a_day(self) -> None:
        """Then it is found out anew, and what is new counts, also for those who knew the old."""
        one = self.learnt()
        one.learn(ACL, NO)
        await one.settle()
        self.now += BELIEVED_SECONDS - 1
        other = await self.told()
        self.assertEqual(NO, other.get(ACL))
        other.learn(ACL, YES)
        await other.settle()
        await one.look()
        self.assertEqual(YES, one.get(ACL))
        self.now += BELIEVED_SECONDS + 1
        self.assertIsNone(one.get(ACL))

    async def test_a_file_that_is_none(self) -> None:
        """It is as if nobody had learnt anything, and is written anew."""
        os.makedirs(self.folder)
        for text in (b"", b"{", b"[1]", b'{"a": {"acl": 1}}', b'{"https://s3.example/music": {"acl": ["no", "x"]}}'):
            with open(os.path.join(self.folder, FILE), "wb") as stream:
                stream.write(text)
            self.assertIsNone((await self.told()).get(ACL))
        one = self.learnt()
        one.learn(ACL, NO)
        await one.settle()
        self.assertEqual(NO, (await self.told()).get(ACL))
        self.assertEqual([FILE], os.listdir(self.folder))

    async def test_nowhere_to_keep_it(self) -> None:
        """It is known here all the same."""
        with open(self.folder, "wb"):
            one = self.learnt()
        one.learn(ACL, NO)
        await one.settle()
        self.assertEqual(NO, one.get(ACL))


class StoreTests(StoreCase):
    """With a real store."""

    async def test_who_comes_after_knows(self) -> None:
        """What one process was refused the next does not try; nor signs it for the wrong region."""
        self.faults.next(Fault(method="PUT", status=400, code="AccessControlListNotSupported"))
        first = self.store_parts(POD, public_acl="public-read")
        await first.blobs.store.put("attachments/a.png", b"1")
        wrong = Fault(method="PUT", status=400, code="AuthorizationHeaderMalformed", extra="<Region>eu-far-1</Region>")
        self.faults.next(wrong)
        await first.blobs.store.put("attachments/b.png", b"1")
        await first.learnt.settle()
        second = self.store_parts(POD, public_acl="public-read")
        await second.begin()
        before = len(self.faults.asked)
        await second.blobs.store.put("attachments/c.png", b"1")
        asked = self.faults.asked[before:]
        self.assertEqual([None], [one.headers.get("x-amz-acl") for one in asked if one.method == "PUT"])
        self.assertTrue(all("/eu-far-1/s3/" in one.headers["authorization"] for one in asked))
        set_right = self.store_parts(POD, region="eu-north-1")
        await set_right.begin()
        self.assertEqual("eu-north-1", set_right.bucket.client.region)

    async def test_a_store_that_cannot_list_uploads(self) -> None:
        """A large file is begun anew, and what failed is dropped, since nobody would find it again."""
        body, key = os.urandom(11 << 20), "tracks/b.flac"
        path, labels = self.a_file(body), Labels(key, "audio/flac")
        self.faults.always(Fault(method="GET", path="uploads=", status=501, code="NotImplemented"))
        self.faults.next(Fault(method="PUT", path="partNumber=3", status=403, code="AccessDenied"))
        writer = self.parts.writer
        with self.assertRaises(StoreAway):
            await writer.put_file(key, path, labels, resumes=True)
        self.assertEqual(1, self.faults.count("DELETE", "uploadId"))
        await writer.put_file(key, path, labels, resumes=True)
        self.assertEqual(body, self.lies(key))
        self.assertEqual((1, NO), (self.faults.count("GET", "uploads="), self.parts.learnt.get(UNFINISHED)))

    async def test_tags_that_are_digests(self) -> None:
        """Where the store has proven it, an object that says nothing of its digest need not be read (S-10, S-74)."""
        body = self.lay("tracks/a.mp3", os.urandom(10_000))
        writer, path = self.parts.writer, self.a_file(body)
        for gets in (1, 1):
            written = await writer.put_file("tracks/a.mp3", path, Labels("tracks/a.mp3", "audio/mpeg"))
            self.assertEqual((True, gets), (written.was_there, self.faults.count("GET")))
            self.parts.learnt.learn("etag-is-md5", YES)
