"""
How music sounds: measured in the background, asked for by song.

A chore listens to every file once, a minute from the middle of it, and keeps a few numbers (``wire/sounds.py``).
Which songs sound alike is then a matter of distance: an index in the database tells what is nearest, and nothing of it
has to be kept in our memory.  Songs that nobody has listened to yet are ranked by
tags and favourites, as radios do, and carry −1 for a similarity.

Source: docs/subsonic.md §9.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from fwtwisted.core.listening.radios.pools import MOST_SIMILAR, Pools
from fwtwisted.core.subsonic.lending import Lending
from fwtwisted.db import jobs
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import sounds
from fwtwisted.db.subsonic.sounds import Unheard
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NotFound, Unavailable
from fwtwisted.model.heard import Sight
from fwtwisted.model.music import Kind
from fwtwisted.model.threads import Threads
from fwtwisted.outside.measuring import Measuring, Piece
from fwtwisted.wire.sounds import GRAPH, METHOD, distance, features, similarity

MEASURE = "sounds.measure"
LANE = "transcode"
AT_ONCE = 50  # files that are looked up together
ROUND_SECONDS = 240.0  # after which the job makes room for others
PIECE_SECONDS = 60.0
UNKNOWN = -1.0
MOST_ON_THE_WAY = 400  # songs that a path is chosen from


@frozen
class SoundSettings:
    """
    Whether, and how, files are listened to.

    :ivar measures: files are listened to at all.
    :ivar also_distant: also those that would have to be fetched from an object store.
    """

    measures: bool = True
    also_distant: bool = False


@frozen
class Match:
    """A song, and how much it sounds like the one that was asked for: 0 to 1, or −1 when nobody knows."""

    song: int
    similarity: float


class Sounds:
    """Listens to files, and tells which sound alike."""

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        database: Database,
        lending: Lending,
        threads: Threads,
        measuring: Measuring,
        pools: Pools,
        ring: Ring,
        settings: SoundSettings,
    ) -> None:
        self._clock, self._database, self._lending, self._threads = clock, database, lending, threads
        self._measuring, self._pools, self._ring, self.settings = measuring, pools, ring, settings

    # --- asking ----------------------------------------------------------------------------------

    async def alike(self, sight: Sight, song: int, count: int) -> list[Match]:
        """Songs that sound like one that may be heard, the best first, without itself."""
        point = (await self._points(sight, [song])).get(song)
        found: list[Match] = []
        if point is not None:
            near = await self._database.read(
                lambda tx: sounds.near(tx, METHOD, sight.libraries, sight.hidden, point, count + 1)
            )
            found = [Match(id, similarity(apart)) for id, apart in near if id != song][:count]
        if len(found) < count:
            known = {match.song for match in found} | {song}
            others = await self._pools.similar(sight.viewer, Kind.TRACK, song, MOST_SIMILAR)
            found += [Match(id, UNKNOWN) for id in others if id not in known]
        return found[:count]

    async def path(self, sight: Sight, start: int, end: int, count: int) -> list[Match]:
        """
        Songs that lead from one to another, both of which may be heard; those two are the first and the last.

        :param count: of songs, at most.  Each tells how much it sounds like the first.
        """
        if start == end or count < 2:
            return [Match(start, 1.0)][:count]
        points = await self._points(sight, [start, end])
        if start not in points or end not in points:
            return await self._unmeasured_path(sight, start, end, count)
        one, other = points[start], points[end]
        way = await self._database.read(
            lambda tx: sounds.between(tx, METHOD, sight.libraries, sight.hidden, one, other, MOST_ON_THE_WAY)
        )
        steps = [step for step in way if step[0] not in (start, end)]
        apart = distance(one, other)
        chosen: Sequence[tuple[int, float]] = await self._threads(_spaced, steps, apart, count - 2)
        between = [Match(song, similarity(far)) for song, far in chosen]
        return [Match(start, 1.0), *between, Match(end, similarity(apart))]

    async def _unmeasured_path(self, sight: Sight, start: int, end: int, count: int) -> list[Match]:
        """The same by tags: first what goes with the one, then what goes with the other."""
        half = (count - 1) // 2
        ids: dict[int, None] = {}
        for song, most in ((start, half), (end, count - 2 - half)):
            near = await self._pools.similar(sight.viewer, Kind.TRACK, song, MOST_SIMILAR)
            fresh = [id for id in near if id not in ids and id not in (start, end)][:most]
            ids.update(dict.fromkeys(fresh if song == start else reversed(fresh)))
        return [Match(start, 1.0), *(Match(id, UNKNOWN) for id in ids), Match(end, UNKNOWN)]

    async def _points(self, sight: Sight, songs: Sequence[int]) -> Mapping[int, Sequence[float]]:
        if not self.settings.measures:
            return {}
        return await self._database.read(lambda tx: sounds.points(tx, METHOD, sight.libraries, sight.hidden, songs))

    # --- listening -------------------------------------------------------------------------------

    async def measure(self, _: Job) -> None:
        """Listen to files that nobody has listened to, for a while; then ask to go on."""
        ends, after = self._clock.seconds() + ROUND_SECONDS, 0
        while self._clock.seconds() < ends:
            found = await self._unheard(after)
            if not found:
                return
            for file in found:
                await self._measure(file)
                if self._clock.seconds() >= ends:
                    break
            after = found[-1].id
        await self._database.transaction(self._go_on)

    async def _unheard(self, after: int) -> list[Unheard]:
        distant = self.settings.also_distant
        return await self._database.read(lambda tx: sounds.unheard(tx, METHOD, after, AT_ONCE, also_distant=distant))

    async def _go_on(self, tx: Tx) -> None:
        await jobs.ask(tx, MEASURE, LANE, {}, key="all")
        jobs.ring_for(tx, self._ring, LANE)

    async def _measure(self, file: Unheard) -> None:
        """Listen to one file; one that is missing today may be there tomorrow."""
        try:
            lent = await self._lending.lent(file.audio_file, file.source)
            start = max(0.0, (file.duration - PIECE_SECONDS) / 2)
            async with lent as path:
                told = await self._measuring.told(path, GRAPH, Piece(start, PIECE_SECONDS))
        except (NotFound, Unavailable):
            return
        point = None if told is None else await self._threads(features, told)
        if point is None:
            self._log.info("nobody can tell how upload {id} sounds", event="sounds.unheard", id=file.id)
        await self._database.transaction(lambda tx: sounds.note(tx, file.id, METHOD, point))

    def jobs(self) -> Mapping[str, JobKind]:
        """What the hands do for us."""
        return {MEASURE: JobKind(LANE, self.measure, time_limit=None)} if self.settings.measures else {}

    def schedules(self) -> Mapping[str, Schedule]:
        """Chores with a beat."""
        return {MEASURE: Schedule(MEASURE, LANE, next_hour)} if self.settings.measures else {}


def _spaced(steps: Sequence[tuple[int, float, float]], apart: float, count: int) -> list[tuple[int, float]]:
    """
    Songs at even steps of the way, in its order.

    :param steps: songs, each with how far it lies from the start and from the end.  :param apart: start from end.
    :return: at most ``count`` songs, each with how far it lies from the start.
    """
    whole = max(apart, 1e-6)
    rest = {song: (_along(one, other, whole), one, one + other - whole) for song, one, other in steps}
    chosen: list[tuple[float, int, float]] = []
    for step in range(1, count + 1):
        if not rest:
            break
        wanted = step / (count + 1)
        best = min(rest, key=lambda song: abs(rest[song][0] - wanted) * whole + rest[song][2] / 2)
        along, far, _ = rest.pop(best)
        chosen.append((along, best, far))
    return [(song, far) for _, song, far in sorted(chosen)]


def _along(one: float, other: float, whole: float) -> float:
    """Where on the way from start (0) to end (1) a song lies."""
    return min(1.0, max(0.0, (one * one - other * other + whole * whole) / (2 * whole * whole)))
