"""TLS to the store: ``AWS_S3_CA_BUNDLE``, ``AWS_S3_VERIFY`` (docs/storage.md §1.1, §10)."""

from __future__ import annotations

from twisted.internet.ssl import Certificate

from fwtwisted.outside.origin import StoreAway
from fwtwisted.outside.s3.building import StoreParts
from tests.faults import Faults
from tests.outside.s3.case import StoreCase, body_of
from tests.post import certificate_for
from tests.s3_server import POD

SONG = bytes(range(256)) * 4096


class SecureCase(StoreCase):
    """A store behind TLS.  :ivar name: that its certificate is for."""

    name = "localhost"

    def trouble(self) -> Faults:
        """See :class:`StoreCase`."""
        private, self.certificate = certificate_for(self.name)
        return Faults(self.server.port, private.options())

    def pod(self, bundle: Certificate | None = None, **line: object) -> StoreParts:
        """Somebody who believes in this certificate."""
        path = None if bundle is None else self.a_file(b"# ours\n" + bundle.dumpPEM())
        self.line = {"ca_bundle": path, **line}
        return self.store_parts(POD, retries=1)

    async def kept(self, parts: StoreParts) -> bytes:
        """A song, there and back."""
        await parts.blobs.store.keep("tracks/a/song.mp3", self.a_file(SONG))
        return await body_of((await parts.store.fetch("tracks/a/song.mp3")).body)

    async def refused(self, parts: StoreParts) -> str:
        """What the operator reads."""
        with self.assertRaises(StoreAway) as raised:
            await parts.store.head("tracks/a/song.mp3")
        return raised.exception.why


class TrustTests(SecureCase):
    """Whom we believe."""

    async def test_a_bundle(self) -> None:
        """An authority of one's own, named by its file; bodies go unsigned through TLS."""
        self.assertEqual(SONG, await self.kept(self.pod(self.certificate)))
        [put] = [asked for asked in self.faults.asked if asked.method == "PUT"]
        self.assertEqual("UNSIGNED-PAYLOAD", put.headers["x-amz-content-sha256"])

    async def test_nobody_knows_it(self) -> None:
        """Without it nothing is sent, not even a question; the log names the certificate."""
        self.assertIn("certificate", await self.refused(self.pod()))
        self.assertEqual([], self.faults.asked)

    async def test_another_authority(self) -> None:
        """A bundle without it does not help."""
        _, other = certificate_for("localhost")
        self.assertIn("certificate", await self.refused(self.pod(other)))
        self.assertEqual([], self.faults.asked)

    async def test_unverified(self) -> None:
        """``AWS_S3_VERIFY=false`` believes anybody."""
        self.assertEqual(SONG, await self.kept(self.pod(verifies=False)))


class WrongNameTests(SecureCase):
    """A certificate that is right, for somebody else."""

    name = "elsewhere.example"

    async def test_refused(self) -> None:
        """The name counts as well."""
        self.assertIn("certificate", await self.refused(self.pod(self.certificate)))
        self.assertEqual([], self.faults.asked)

    async def test_unverified(self) -> None:
        """Unless nobody looks."""
        self.assertEqual(SONG, await self.kept(self.pod(verifies=False)))
