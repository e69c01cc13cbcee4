"""
Where accepted posts are written down, those that come at about the same time by one statement.

::

    post ─▶ writing? ── no ──▶ at once
                └── yes ──▶ with all others that wait, as soon as that is done

So one post alone waits for nobody, and four hundred a second cost some tens of statements.  Who wrote hears of it after
the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from fwtwisted.db import jobs
from fwtwisted.db.fediverse import received
from fwtwisted.db.fediverse.received import NewPost
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Unavailable

DRAIN: Final = "received.drain"
LANE: Final = "inbox"
ALONE: Final = "inbox-alone"  # where hosts are looked after of which something is slow, or rests
MOST_POSTS: Final = 100
MOST_CHARACTERS: Final = 4 * 2**20  # of all posts of one transaction
MOST_WAITING: Final = 2_000

Entry = tuple[NewPost, "Deferred[None]"]


class Ledger:
    """Writes down what was accepted."""

    def __init__(self, database: Database, ring: Ring) -> None:
        self._database, self._ring = database, ring
        self._waiting: list[Entry] = []
        self._writing: Deferred[None] | None = None

    def write(self, post: NewPost) -> Deferred[None]:
        """
        Fires when the post is in the database, by this or because it was there before.

        :raise Unavailable: the database is away, or too much waits.
        """
        done: Deferred[None] = Deferred()
        if len(self._waiting) >= MOST_WAITING:
            done.errback(Unavailable("Too many posts wait to be written down.", retry_after=10))
            return done
        self._waiting.append((post, done))
        if self._writing is None:
            self._writing = Deferred.fromCoroutine(self._write_all())
            self._writing.addBoth(self._rested)
        return done

    async def close(self) -> None:
        """Wait until all is written."""
        if self._writing is not None:
            over: Deferred[None] = Deferred()
            self._writing.addBoth(lambda _: over.callback(None))
            await over

    def _rested(self, outcome: Failure | None) -> Failure | None:
        self._writing = None
        return outcome

    async def _write_all(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            try:
                await self._write_down([post for post, _ in batch])
            except Exception:  # whatever it was, those who wait are told, and the next ones get their turn
                if len(batch) == 1 or Failure().check(Unavailable):
                    _tell(batch, Failure())
                else:
                    await self._one_by_one(batch)
            else:
                _tell(batch, None)

    async def _one_by_one(self, batch: Sequence[Entry]) -> None:
        """One of them cannot be written: the others should not suffer."""
        for entry in batch:
            try:
                await self._write_down([entry[0]])
            except Exception:  # told to who wrote it
                _tell([entry], Failure())
            else:
                _tell([entry], None)

    def _next_batch(self) -> list[Entry]:
        """What one statement writes: of what has no id, not two about one thing, as one may contradict the other."""
        size = count = 0
        told: set[tuple[int, str | None]] = set()
        for post, _ in self._waiting[:MOST_POSTS]:
            size += len(post.body)
            about = (post.actor_id, post.object_fid)
            if count and (size > MOST_CHARACTERS or (post.fid is None and about in told)):
                break
            if post.fid is None:
                told.add(about)
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _write_down(self, posts: Sequence[NewPost]) -> None:
        """Each of them, by one statement; where something is taken back, after that was made free to come again."""
        different = _different(posts)

        async def accept(tx: Tx) -> frozenset[str]:
            return await received.accept(tx, different, DRAIN, LANE)

        async def undo_first(tx: Tx) -> frozenset[str]:
            await received.let_come_again(tx, different)
            return await accept(tx)

        if any(post.type == "Undo" for post in different):
            lanes = await self._database.transaction(undo_first)
        else:
            lanes = await self._database.alone(accept)
        for lane in lanes:
            self._ring(jobs.BELL, lane.encode())


async def wake(tx: Tx, hosts: Sequence[str], ring: Ring) -> None:
    """Have what waits of these hosts handled after the commit.  :param hosts: in order."""
    if hosts:
        args = [orjson.dumps({"host": host}).decode() for host in hosts]
        await jobs.wake_many(tx, DRAIN, LANE, list(hosts), args)
        for lane in (LANE, ALONE):
            jobs.ring_for(tx, ring, lane)


def _different(posts: Sequence[NewPost]) -> list[NewPost]:
    """Each once, as it came first."""
    found: dict[bytes, NewPost] = {}
    for post in posts:
        found.setdefault(post.sameness, post)
    return list(found.values())


def _tell(entries: Sequence[Entry], why: Failure | None) -> None:
    for _, done in entries:
        if done.called:  # its client has left
            continue
        if why is None:
            done.callback(None)
        else:
            done.errback(why)
