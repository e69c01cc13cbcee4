"""Music for radios, and a listener."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from fwtwisted.core.listening.answers import Answers, AnswerSettings
from fwtwisted.core.listening.playlists import Playlists
from fwtwisted.core.listening.radios.own import Radios
from fwtwisted.core.listening.radios.pools import Pools
from fwtwisted.core.listening.radios.sessions import RadioSessions, RadioSettings
from fwtwisted.core.listening.smart import Filling
from fwtwisted.core.music.orders import Orders, OrderSettings
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.model.people import Viewer
from fwtwisted.model.radios import NoMoreTracks, RadioType, SessionWish
from tests.music import MusicCase


class RadioCase(MusicCase):
    """Alice has a public library; tracks are put into it as the tests like."""

    async def begun(self, longest: int = 100_000) -> None:
        """Fill the database."""
        visibility, shelves = Visibility(self.database), Shelves()
        self.now = datetime.now(UTC)
        self.pools = Pools(self.database, visibility, Orders(OrderSettings(longest=longest)), Filling(), Random(5))
        self.radios = Radios(self.database, visibility, self.pools, shelves)
        self.sessions = RadioSessions(self.database, visibility, self.pools, shelves, lambda: self.now, RadioSettings())
        self.playlists = Playlists(self.database, visibility, shelves, _most, ANSWERS)
        self.alice, self.bob = await self.a_viewer("alice"), await self.a_viewer("bob")
        assert self.alice.actor_id is not None
        self.library = await self.a_library(self.alice.actor_id, "everyone")
        self.secret = await self.a_library(self.alice.actor_id, "me")
        self.artist = await self.an_artist("Nova")
        await self.changed("catalog", "libraries")

    async def some(self, count: int = 1, artist: int | None = None, library: int | None = None) -> list[int]:
        """Ids of playable tracks."""
        artist = artist or self.artist
        made = [await self.a_track(f"Track {n}", artist) for n in range(count)]
        for track in made:
            await self.an_upload(library or self.library, track)
        await self.changed()
        return made

    async def session(
        self, radio_type: RadioType, related: object = None, viewer: Viewer | None = None, cookie: str | None = None
    ) -> int:
        """A session's id."""
        wish = SessionWish(radio_type, None if related is None else str(related))
        return (await self.sessions.begin(viewer or self.alice, cookie, wish)).session.id

    async def all_of(self, session: int, viewer: Viewer | None = None, cookie: str | None = None) -> list[int]:
        """Everything that a session plays, until it ends; positions count from 1."""
        found: list[int] = []
        while True:
            try:
                given = await self.sessions.next(viewer or self.alice, cookie, session)
            except NoMoreTracks:
                return found
            (item,) = given.items
            found.append(item.track_id)
            self.assertEqual((len(found), session), (item.position, given.session))

    async def played(self, radio_type: RadioType, related: object = None, viewer: Viewer | None = None) -> list[int]:
        """Everything that a radio plays; nothing twice."""
        found = await self.all_of(await self.session(radio_type, related, viewer), viewer)
        self.assertEqual(len(found), len(set(found)))
        return found


ANSWERS = Answers(lambda: 0.0, AnswerSettings())


async def _most(_: str) -> int:
    return 1_000
