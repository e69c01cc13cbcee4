"""
A file that cannot be made to cost more than it should.

Tag formats are full of sizes that the file claims about itself.  Whoever believes them allocates gigabytes for a file
of a hundred bytes, or walks a million empty boxes.  Everything that reads an audio file reads it through this wrapper:
a read never asks for more than is left, and the sum and the number of reads are limited.
"""

from __future__ import annotations

import os
from typing import BinaryIO

# All bytes that may be read of one file.  Tags are kilobytes, covers megabytes; nobody needs the audio.
MOST_BYTES = 80 * 2**20
# How many reads: so many for any file, and one more for every so many bytes of it.
MOST_READS = 10_000
BYTES_PER_READ = 2048


class Exhausted(Exception):
    """Reading this file costs more than any honest file does."""


class BoundedFile:
    """
    The reading half of a binary file, within limits.

    :ivar size: bytes.
    :ivar broken: the error of the disk, once it failed: readers may mistake it for bad bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.broken: OSError | None = None
        self.size = file.seek(0, os.SEEK_END)
        self._at = file.seek(0)
        self._bytes = MOST_BYTES
        self._reads = MOST_READS + self.size // BYTES_PER_READ

    def read(self, count: int = -1) -> bytes:
        """
        The next ``count`` bytes, fewer at the end.

        :raise Exhausted: when the file has cost enough.
        """
        left = max(0, self.size - self._at)
        count = left if count is None or count < 0 else min(count, left)
        self._bytes -= count
        self._reads -= 1
        if self._bytes < 0 or self._reads < 0:
            raise Exhausted
        try:
            body = self._file.read(count)
        except OSError as error:
            self.broken = error
            raise
        self._at += len(body)
        return body

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere; beyond the end is allowed, before the start is an OSError."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("before the start of the file")
        self._at = min(base + offset, self.size + 1)
        self._file.seek(self._at)
        return self._at

    def tell(self) -> int:
        """Where the next read starts."""
        return self._at

    def at(self, offset: int, count: int) -> bytes:
        """``count`` bytes from ``offset``, fewer at the end."""
        self.seek(max(0, offset))
        return self.read(count)
