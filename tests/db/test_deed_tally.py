"""How many favourites and listenings there are, told without looking at them."""

from __future__ import annotations

from fwtwisted.db.listening import history, tally
from fwtwisted.db.pool import Tx
from fwtwisted.model.listening import DeedFilter, Heard, Kind
from tests.music import MusicCase


class DeedTallyTests(MusicCase):
    """Beside the deeds themselves."""

    async def begun(self) -> None:
        """Two people, three tracks."""
        self.alice, self.bob = await self.a_viewer("alice"), await self.a_viewer("bob")
        artist = await self.an_artist("Nova")
        self.tracks = [await self.a_track(f"Track {number}", artist) for number in range(3)]

    async def agrees(self) -> None:
        """What is told is what there is, of everybody."""
        for kind in Kind:
            counted = (
                f"SELECT jsonb_object_agg(actor_id, n) FROM (SELECT actor_id, count(*) n FROM {kind} GROUP BY 1) x"
            )
            told = (
                "SELECT jsonb_object_agg(actor_id, n) FROM (SELECT actor_id, sum(deeds) n FROM deed_tally"
                " WHERE kind = %s GROUP BY 1 HAVING sum(deeds) <> 0) x"
            )
            self.assertEqual(await self.value(counted), await self.value(told, kind.value), kind)

    async def done(self) -> None:
        """Some deeds of both kinds."""
        alice, bob = self.alice.the_actor, self.bob.the_actor
        heard = [Heard(who, track) for track in self.tracks for who in (alice, bob, alice)]
        await self.run_in(history.add_listenings, heard)
        for _ in range(2):  # the second time they are favourites already
            await self.run_in(
                history.make_favorites, {(alice, track) for track in self.tracks} | {(bob, self.tracks[0])}
            )

    async def test_every_way_of_writing(self) -> None:
        """What comes and goes is counted, one by one or many at once, also with its track or who did it."""
        await self.begun()
        await self.done()
        await self.agrees()
        await self.run_in(history.remove_favorite, self.alice.the_actor, self.tracks[1])
        await self.do("DELETE FROM listening WHERE id = (SELECT min(id) FROM listening)")
        await self.do("DELETE FROM track WHERE id = %s", self.tracks[0])
        await self.agrees()
        await self.do("DELETE FROM account WHERE actor_id = %s", self.bob.actor_id)
        await self.do("DELETE FROM actor WHERE id = %s", self.bob.actor_id)
        await self.agrees()

    async def test_put_together_again(self) -> None:
        """Many rows become few that say the same; what is nothing goes."""
        await self.begun()
        await self.done()
        await self.do("DELETE FROM favorite WHERE actor_id = %s", self.bob.actor_id)
        await self.run_in(tally.gather)
        self.assertEqual(3, await self.value("SELECT count(*) FROM deed_tally"))
        await self.agrees()

    async def test_what_is_counted(self) -> None:
        """As much as the viewer may see, whatever is asked for; words and hidden artists are looked for."""
        await self.begun()
        await self.done()
        await self.do("UPDATE account SET privacy_level = 'me' WHERE actor_id = %s", self.bob.actor_id)
        await self.do("UPDATE account SET privacy_level = 'everyone' WHERE actor_id = %s", self.alice.actor_id)
        questions = (
            DeedFilter(),
            DeedFilter(username="ALICE"),
            DeedFilter(username="bob"),
            DeedFilter(actors=(self.alice.the_actor,)),
            DeedFilter(domain="elsewhere.example"),
            DeedFilter(words=("track 1",)),
            DeedFilter(only_hidden=True),
        )

        async def both(tx: Tx, kind: Kind, asked: DeedFilter, viewer: int | None) -> tuple[int, int]:
            found = await history.deeds(tx, kind, asked, viewer, viewer is not None, 100, 0)
            return len(found), await history.count(tx, kind, asked, viewer, viewer is not None)

        for kind in Kind:
            for asked in questions:
                for viewer in (None, self.alice.actor_id, self.bob.actor_id):
                    there, told = await self.run_in(both, kind, asked, viewer)
                    self.assertEqual(there, told, (kind, asked, viewer))
