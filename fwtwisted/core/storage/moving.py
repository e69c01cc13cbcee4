"""What is wished of a move of media, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import define, field, frozen

SIZE, SHA256, READ_BACK = "size", "sha256", "read-back"
VERIFYING = (SIZE, SHA256, READ_BACK)
RATE_SECONDS = 10.0


@frozen
class MoveWish:
    """
    :ivar to: ``s3`` or ``local``.
    :ivar prefixes: only names that begin so; none: all.
    :ivar concurrency: files at once.  :ivar rate: bytes a second of all together; None: as fast as it goes.
    :ivar verify: one of :data:`VERIFYING`.
    :ivar orphans: also files that no row names.
    :ivar deletes: remove what was moved from where it was.
    """

    to: str
    prefixes: tuple[str, ...] = ()
    concurrency: int = 4
    rate: int | None = None
    verify: str = SHA256
    orphans: bool = False
    deletes: bool = False
    dry_run: bool = False


@frozen
class Trouble:
    """A file with which something is wrong."""

    name: str
    text: str


@define
class Moving:
    """
    How far a move is.

    :ivar total: files that rows name and that have not been moved.  :ivar total_bytes: of those.
    :ivar seen: files that were looked at.  :ivar seen_bytes:
    :ivar moved: carried over.  :ivar already: were there, and the same.  :ivar deleted: sources.
    :ivar gone: whose rows were deleted meanwhile.  :ivar orphans: files that no row names.  :ivar troubles:
    """

    total: int = 0
    total_bytes: int = 0
    seen: int = 0
    seen_bytes: int = 0
    moved: int = 0
    moved_bytes: int = 0
    already: int = 0
    deleted: int = 0
    gone: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    troubles: list[Trouble] = field(factory=list)

    @property
    def rate(self) -> float:
        """Bytes carried in a second."""
        return self.moved_bytes / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it will go on; None while nobody can know."""
        left = max(0, self.total_bytes - self.seen_bytes)
        return left / (self.seen_bytes / self.seconds) if self.seen_bytes and self.seconds else None

    def document(self) -> dict[str, object]:
        """For programs."""
        return dict(self._numbers())

    def _numbers(self) -> Iterator[tuple[str, object]]:
        names = ("total", "total_bytes", "seen", "seen_bytes", "moved", "moved_bytes", "already", "deleted", "gone")
        for name in (*names, "orphans", "orphan_bytes", "interrupted"):
            yield name, getattr(self, name)
        yield "errors", len(self.troubles)
        yield "bytes_per_second", round(self.rate)
        left = self.seconds_left
        yield "seconds_left", None if left is None else round(left)


@frozen
class Watcher:
    """
    Whoever looks on.

    :ivar at: called after every file.  :ivar trouble: called for every file that went wrong.
    :ivar stops: asked before every file: whether to begin no more.
    """

    at: Callable[[Moving], object]
    trouble: Callable[[Trouble], object]
    stops: Callable[[], bool]
