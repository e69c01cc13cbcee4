"""Playlists and radios at 20,000 tracks: what is asked often goes by indexes, and what is not is still quick."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from fwtwisted.db.listening import playlists, radio_candidates, radios
from fwtwisted.db.listening.playlists import PlaylistFilter, Seer
from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind
from tests.music import MusicCase

T = TypeVar("T")

COUNT = 20_000
LONG = 1_000
FILL = """
    INSERT INTO artist (fid, name) SELECT 'a' || n, 'Artist ' || n FROM generate_series(1, 700) AS n;
    INSERT INTO album (fid, title, artist_id)
    SELECT 'b' || n, 'Album ' || n, n %% 700 + 1 FROM generate_series(1, 2000) AS n;
    INSERT INTO track (fid, title, artist_id, album_id)
    SELECT 't' || n, 'Track ' || n, album.artist_id, album.id
      FROM generate_series(1, %s) AS n JOIN album ON album.id = n %% 2000 + 1;
    INSERT INTO upload (fid, library_id, track_id, import_status, import_reference, duration)
    SELECT 'u' || id, %s, id, 'finished', 'x', 100 FROM track;
    INSERT INTO tag (name) SELECT 'tag ' || n FROM generate_series(1, 40) AS n;
    INSERT INTO artist_tag SELECT id, id %% 40 + 1 FROM artist;
    INSERT INTO album_tag SELECT id, id %% 20 + 1 FROM album;
    INSERT INTO track_tag SELECT id, id %% 10 + 1 FROM track;
    INSERT INTO playlist (actor_id, name, privacy_level)
    SELECT %s, 'List ' || n, 'everyone' FROM generate_series(1, 300) AS n;
    INSERT INTO playlist_track (playlist_id, track_id, place)
    SELECT playlist.id, n * 19 %% %s + 1, n
      FROM playlist, generate_series(1, CASE WHEN playlist.id = 1 THEN %s ELSE 100 END) AS n;
    INSERT INTO listening (actor_id, track_id) SELECT %s, n %% %s + 1 FROM generate_series(1, 50000) AS n;
    INSERT INTO favorite (actor_id, track_id) SELECT %s, n * 7 FROM generate_series(1, 500) AS n;
    ANALYZE
"""


class Explained:
    """Runs statements, and notes which tables PostgreSQL reads from end to end for them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.scanned: set[str] = set()

    async def _look(self, sql: str, args: tuple[object, ...]) -> None:
        (plan,) = await self._tx.one(lambda found: found, f"EXPLAIN (FORMAT JSON) {sql}", *args)
        waiting = [plan["Plan"]]
        while waiting:
            node = waiting.pop()
            if node["Node Type"] == "Seq Scan":
                self.scanned.add(node["Relation Name"])
            waiting += node.get("Plans", ())

    async def one(self, make: Callable[..., T], sql: str, *args: object) -> T:
        await self._look(sql, args)
        return await self._tx.one(make, sql, *args)

    async def maybe(self, make: Callable[..., T], sql: str, *args: object) -> T | None:
        await self._look(sql, args)
        return await self._tx.maybe(make, sql, *args)

    async def many(self, make: Callable[..., T], sql: str, *args: object) -> list[T]:
        await self._look(sql, args)
        return await self._tx.many(make, sql, *args)

    async def do(self, sql: str, *args: object) -> int:
        await self._look(sql, args)
        return await self._tx.do(sql, *args)


class LargeTests(MusicCase):
    """A pod as large as most will ever be."""

    async def test_plans_and_times(self) -> None:
        """Tables that grow with the music are read from end to end by nothing that is asked for every page or track."""
        actor = await self.an_actor("alice")
        library = await self.a_library(actor, "everyone")
        await self.do(FILL, COUNT, library, actor, COUNT, LONG, actor, COUNT, actor)
        seer = Seer(actor, True)

        async def often(tx: Tx) -> set[str]:
            looked: Any = Explained(tx)
            _, some = await playlists.page(looked, PlaylistFilter(seer, filled=True), 50, 0)
            self.assertEqual(50, len(some))
            await playlists.page(looked, PlaylistFilter(seer, track=77), 50, 0)
            self.assertEqual(LONG, len(await playlists.tracks(looked, 1)))
            await playlists.rows(looked, 1)
            await radios.played(looked, 1)
            self.assertEqual(100, len(await radio_candidates.heard(looked, actor, range(1, 101))))
            return looked.scanned

        scanned = await self.run_in(often)
        large = {"track", "upload", "playlist_track", "listening", "favorite"}
        self.assertEqual(set(), scanned & large)

        began = time.monotonic()
        every = await self.run_in(radio_candidates.candidates, radio_candidates.music(), (library,), (), 100_000)
        self.assertEqual(COUNT, len(every))
        for kind in Kind:
            found = await self.run_in(radio_candidates.similar, kind, 77, (library,), (), 500)
            self.assertEqual(500, len(set(found)))
        self.assertLess(time.monotonic() - began, 6.0)
