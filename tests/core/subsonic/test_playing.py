"""Listenings out of scrobbles and reports, also of several at the same moment, and what is told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.listening.history import DEED, Listening
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.live import Audience, Facts
from fwtwisted.core.subsonic.opinions import Opinions
from fwtwisted.core.subsonic.playing import NowPlaying
from fwtwisted.model.music import Kind
from fwtwisted.model.playback import Report, State
from tests.music import MusicCase

MOMENT = datetime(2026, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)


class PlayingCase(MusicCase):
    """Alice, two songs, and a clock that is moved by hand."""

    async def begun(self) -> None:
        """Fill the database."""
        self.clock = MOMENT + timedelta(hours=1)
        self.told: list[tuple[str, str]] = []
        self.alice = await self.a_viewer("alice")
        assert self.alice.actor_id is not None and self.alice.account_id is not None
        self.who = self.alice.account_id, self.alice.actor_id
        library = await self.a_library(self.alice.actor_id, "me")
        artist = await self.an_artist("Nova Kestrel")
        self.first, self.second = [await self.a_track(f"Wave {n}", artist) for n in (1, 2)]
        for track in (self.first, self.second):
            await self.an_upload(library, track, duration=200)
        self.listening = Listening(self.database, Visibility(self.database), Shelves(), self._heard)
        self.playing = NowPlaying(self.database, self.listening, lambda: self.clock)

    def _heard(self, audience: Audience, about: str, facts: Facts) -> None:
        self.told.append((about, facts["kind"]))

    async def count(self) -> int:
        found: int = await self.value("SELECT count(*) FROM listening")
        return found

    async def report(self, track: int, state: State, position: int = 0, client: str = "Phone") -> None:
        await self.playing.report(*self.who, client, Report(track, state, position))


class OnceTests(PlayingCase):
    """Nothing counts twice."""

    async def test_the_same_scrobble_at_once(self) -> None:
        """Ten calls with one song and one moment: one listening, which is told once."""
        await self.begun()
        calls = [
            Deferred.fromCoroutine(self.playing.scrobble(*self.who, f"App {n}", [(self.first, MOMENT)]))
            for n in range(10)
        ]
        await gatherResults(calls, consumeErrors=True)
        self.assertEqual(1, await self.count())
        self.assertEqual([(DEED, "listening")], self.told)

    async def test_a_stop_and_a_scrobble_at_once(self) -> None:
        """Whichever comes first, the session is one listening."""
        await self.begun()
        for _ in range(5):
            await self.report(self.first, State.STARTING)
            await self.report(self.first, State.PLAYING)
            self.clock += timedelta(seconds=150)
            calls = (
                self.report(self.first, State.STOPPED, 150_000),
                self.playing.scrobble(*self.who, "Phone", [(self.first, None)]),
            )
            await gatherResults([Deferred.fromCoroutine(call) for call in calls], consumeErrors=True)
            self.clock += timedelta(seconds=60)
        self.assertEqual(5, await self.count())

    async def test_each_app_for_itself(self) -> None:
        """What plays on two devices was heard on two; a song again from its start is heard again."""
        await self.begun()
        for client in ("Phone", "Desk"):
            await self.report(self.first, State.PLAYING, client=client)
        self.clock += timedelta(seconds=120)
        for client in ("Phone", "Desk"):
            await self.report(self.second, State.PLAYING, client=client)
        self.assertEqual(2, await self.count())
        self.clock += timedelta(seconds=120)
        await self.report(self.second, State.STARTING)
        self.assertEqual(3, await self.count())
        self.assertEqual(2, len(await self.playing.playing(self.alice)))

    async def test_a_song_in_a_loop(self) -> None:
        """An app that only scrobbles may do so as often as it plays it."""
        await self.begun()
        for _ in range(3):
            await self.playing.report(*self.who, "Phone", Report(self.first, State.PLAYING, is_said=True))
            self.clock += timedelta(seconds=200)
            await self.playing.scrobble(*self.who, "Phone", [(self.first, None)])
        self.assertEqual(3, await self.count())

    async def test_the_time_is_when_it_began(self) -> None:
        """As scrobbles have it."""
        await self.begun()
        began = self.clock
        await self.report(self.first, State.PLAYING)
        self.clock += timedelta(seconds=100)
        await self.report(self.first, State.STOPPED, 100_000)
        self.assertEqual(began, await self.value("SELECT creation_date FROM listening"))


class OpinionTests(PlayingCase):
    """Stars, below HTTP."""

    async def test_a_new_star_is_told_once(self) -> None:
        """To star again, or to take it away, is no news; ratings move the version of all ratings."""
        await self.begun()
        opinions = Opinions(self.database, self.listening)
        for _ in range(2):
            await opinions.star(self.alice, {Kind.TRACK: [self.first, self.first, self.second]})
        await opinions.unstar(self.alice, {Kind.TRACK: [self.first]})
        self.assertEqual([(DEED, "favorite")] * 2, self.told)
        self.assertEqual(1, await self.value("SELECT count(*) FROM favorite"))
        version = "SELECT version FROM area WHERE name = 'ratings'"
        before = await self.value(version)
        await opinions.rate(self.alice, Kind.TRACK, self.first, 4)
        self.assertGreater(await self.value(version), before)
