"""What is to be imported, what it needs, how far it is, and who is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias
from uuid import UUID

from attrs import define, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.importing.importer import Importer
from fwtwisted.db.pool import Database
from fwtwisted.model.threads import Threads
from fwtwisted.outside.blobs import BlobStore
from fwtwisted.outside.reading import Examined
from fwtwisted.outside.watching import Changes, FolderWatch
from fwtwisted.wire.audiotags import EXTENSIONS


@frozen
class FoldersSettings:
    """
    What imports of folders are told.

    :ivar base_url: of this pod, without a slash at its end.
    :ivar music: the folder below which files may be imported in place; None: nowhere.
    :ivar batch_files: files settled at once.
    :ivar batch_bytes: bytes copied at once, roughly.
    :ivar attempts: how often to try when the database is away, a second longer apart each time.
    :ivar again_seconds: how soon a watched folder is looked at as a whole after trouble.
    """

    base_url: str
    music: str | None = None
    batch_files: int = 300
    batch_bytes: int = 256 << 20
    attempts: int = 8
    again_seconds: float = 10.0


@frozen
class FoldersGround:
    """
    What an import of folders stands on.

    :ivar examine: looks at a file, in whatever process; always answers.
    :ivar new_watch: begins to watch folders, given who is told of changes.
    """

    clock: IReactorTime
    database: Database
    blobs: BlobStore
    importer: Importer
    examine: Callable[[str], Deferred[Examined]]
    threads: Threads
    new_watch: Callable[[Callable[[Changes], None]], FolderWatch]
    settings: FoldersSettings
    occasions: Occasions = NOBODY


@frozen
class Wish:
    """
    What is to be imported.

    :ivar paths: of folders and files.
    :ivar deep: folders that are imported with all that is below them, whatever ``recursive`` says.
    :ivar reference: the import's name, to find its uploads by; one is drawn when it is empty.
    :ivar prune: also remove tracks, albums and artists that lost their last file and that nobody kept.
    :ivar extensions: which files of a folder are taken, without dots.
    :ivar empty_is_meant: a folder that is empty was emptied; else most likely its disk is away.
    """

    library: UUID
    paths: Sequence[str]
    in_place: bool = False
    recursive: bool = False
    reference: str = ""
    prune: bool = True
    extensions: frozenset[str] = frozenset(EXTENSIONS)
    empty_is_meant: bool = False
    deep: Sequence[str] = ()


@define
class Progress:
    """
    How far an import is.

    :ivar seen: files looked at, known ones included.
    :ivar imported: new in the catalog.  :ivar updated: read again, because they changed.
    :ivar skipped: the owner had that track already.
    :ivar unchanged: known, and as they were.
    :ivar moved: known, at another place.  :ivar removed: forgotten, because they are gone.
    :ivar seconds: since the beginning.
    """

    reference: str
    seen: int = 0
    imported: int = 0
    updated: int = 0
    skipped: int = 0
    errored: int = 0
    unchanged: int = 0
    moved: int = 0
    removed: int = 0
    seconds: float = 0.0
    is_over: bool = False

    @property
    def rate(self) -> float:
        """Files a second."""
        return self.seen / self.seconds if self.seconds else 0.0


def _untold(*_: object) -> None:
    """Nobody listens."""


@frozen
class Reports:
    """
    Who is told of an import, in the reactor's own thread.

    :ivar progress: after each batch, and at the end.
    :ivar trouble: a path, and words on what is wrong with it.
    """

    progress: Callable[[Progress], None] = _untold
    trouble: Callable[[str, str], None] = _untold


Import: TypeAlias = Callable[[Wish, Reports], Awaitable[Progress]]
"""Imports what is wished, once, and tells how far it is."""
