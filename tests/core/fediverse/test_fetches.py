"""Look-ups at other pods, and how long they are remembered."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.task import Clock

from fwtwisted.core.fediverse.fetches import PRUNE, Fetches
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.jobs import Job
from fwtwisted.model.errors import BadRequest
from fwtwisted.model.fediverse import FetchStatus, Found, Outcome, Thing
from fwtwisted.model.people import Pod, Viewer
from tests.music import MusicCase

NOW = 1_800_000_000.0


class Elsewhere:
    """A pod elsewhere with one artist; remembers what it was asked."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.asked: list[str] = []

    async def find(self, viewer: Viewer, url: str) -> Outcome:
        """What there is."""
        self.asked.append(url)
        return self.outcome


class AbroadTests(MusicCase):
    """What a look-up over the network finds is kept as if it were found here."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.clock = Clock()
        self.clock.advance(NOW)
        self.viewer = await self.a_viewer("ada")
        self.artist = await self.an_artist("Far", fid="https://else.example/artists/1")
        found = Found(Thing.ARTIST, self.artist, self.artist)
        self.elsewhere = Elsewhere(Outcome(FetchStatus.FINISHED, found=found))
        pod = Pod("https://pod.example", "pod.example")
        self.fetches = Fetches(self.database, Visibility(self.database), self.elsewhere, self.clock, pod)

    async def test_found(self) -> None:
        """And not asked again for a while, unless that is forced."""
        url = "https://else.example/library/artists/7"
        await self.do("ALTER TABLE lookup ALTER creation_date SET DEFAULT to_timestamp(%s)", NOW)
        first = await self.fetches.fetch(self.viewer, url)
        self.assertEqual(
            (FetchStatus.FINISHED, Found(Thing.ARTIST, self.artist, self.artist)), (first.status, first.found)
        )
        self.assertEqual(first, await self.fetches.fetch(self.viewer, url))
        await self.fetches.fetch(self.viewer, url, force=True)
        self.clock.advance(3_001)
        await self.fetches.fetch(self.viewer, url)
        self.assertEqual([url] * 3, self.elsewhere.asked)

    async def test_refetched(self) -> None:
        """By its federation id."""
        made = await self.fetches.refetch(self.viewer, Thing.ARTIST, self.artist)
        self.assertEqual(["https://else.example/artists/1"], self.elsewhere.asked)
        count, listed = await self.fetches.of_object(self.viewer, Thing.ARTIST, self.artist, 10, 0)
        self.assertEqual((1, [made]), (count, listed))

    async def test_what_is_no_library(self) -> None:
        """Is none, though it was found; skipped ones neither."""
        with self.assertRaises(BadRequest):
            await self.fetches.library_at(self.viewer, "https://else.example/library/artists/7")
        self.elsewhere.outcome = Outcome(FetchStatus.SKIPPED, {"reason": "unhandled_type", "type": "Note"})
        with self.assertRaises(BadRequest):
            await self.fetches.library_at(self.viewer, "https://else.example/notes/7")

    async def test_forgetting(self) -> None:
        """What is older than three months goes."""
        for _ in range(3):
            await self.fetches.fetch(self.viewer, "https://else.example/x", force=True)
        self.assertEqual(3, await self.value("SELECT count(*) FROM lookup"))
        await self.do("UPDATE lookup SET creation_date = to_timestamp(%s) WHERE id > 1", NOW - 91 * 86_400)
        await self.do("UPDATE lookup SET creation_date = to_timestamp(%s) WHERE id = 1", NOW - 89 * 86_400)
        moment = datetime.fromtimestamp(NOW, UTC)
        await self.fetches.jobs()[PRUNE].run(Job(1, PRUNE, None, {}, 1, 0, 1, moment))
        self.assertEqual(1, await self.value("SELECT count(*) FROM lookup"))
        self.assertIn(PRUNE, self.fetches.schedules())
