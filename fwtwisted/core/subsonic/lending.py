"""Files for programs that read them: stored ones, and those that lie in place."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from attrs import frozen

from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import BlobStore, lent_path, path_below


@frozen
class Lending:
    """
    Lends the files of songs to programs that need a path.

    :ivar music_root: below which files in place must lie; None: none are lent.
    """

    blobs: BlobStore
    threads: Threads
    music_root: str | None

    async def lent(self, audio_file: str | None, source: str | None) -> AbstractAsyncContextManager[str]:
        """
        A file, to be held for as long as it is read.

        :param audio_file: stored name; None: it lies in place, where ``source`` says.
        :raise NotFound: it lies outside of where it may.  :raise Unavailable: it lies on another server.
        """
        if audio_file is not None:
            return self.blobs.lent(audio_file)
        if not (source or "").startswith("file://"):
            raise Unavailable("This file lies on another server.")
        if self.music_root is None:
            raise NotFound
        path = await path_below(self.threads, self.music_root, (source or "").removeprefix("file://"))
        return lent_path(path)
