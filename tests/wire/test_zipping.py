"""Archives that are written as they are sent."""

from __future__ import annotations

import zipfile
import zlib
from datetime import UTC, datetime
from io import BytesIO

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.zipping import Entry, Written, descriptor, directory, header

NOW = datetime(2026, 5, 6, 7, 8, 10, tzinfo=UTC)


def archive(files: dict[str, bytes], moment: datetime = NOW) -> bytes:
    """An archive of these."""
    out, written = bytearray(), []
    for name, body in files.items():
        entry, crc = Entry(name, moment), zlib.crc32(body)
        written.append(Written(entry, len(out), crc, len(body)))
        out += header(entry) + body + descriptor(crc, len(body))
    return bytes(out) + directory(written, len(out))


class ZippingTests(SynchronousTestCase):
    """What others unpack."""

    def test_read_again(self) -> None:
        """Names in any script, empty files, none at all."""
        for files in ({}, {"a/b.mp3": b"abc", "夜/é.flac": b"", "c": bytes(70_000)}):
            with zipfile.ZipFile(BytesIO(archive(files))) as read:
                self.assertIsNone(read.testzip())
                self.assertEqual(files, {name: read.read(name) for name in read.namelist()})
                self.assertTrue(all(one.date_time == (2026, 5, 6, 7, 8, 10) for one in read.infolist()))

    def test_many(self) -> None:
        """More than the old format could count."""
        with zipfile.ZipFile(BytesIO(archive({f"{number}": b"" for number in range(66_000)}))) as read:
            self.assertEqual(66_000, len(read.namelist()))

    def test_odd_years(self) -> None:
        """A time that the format cannot name is the nearest that it can."""
        for year, told in ((1969, 1980), (3000, 2107)):
            with zipfile.ZipFile(BytesIO(archive({"a": b""}, NOW.replace(year=year)))) as read:
                self.assertEqual(told, read.infolist()[0].date_time[0])
