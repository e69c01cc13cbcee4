"""Playlists that fill themselves: every field and operator, and how long what was found is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fwtwisted.core.listening.answers import Answers, AnswerSettings
from fwtwisted.core.listening.playlists import Playlists
from fwtwisted.core.listening.smart import Filling
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.pool import Tx
from fwtwisted.model.people import Privacy
from fwtwisted.model.playlists import PlaylistWish
from tests.music import MusicCase

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


class SmartCase(MusicCase):
    """Four songs, one of which nobody may hear."""

    async def begun(self) -> None:
        """Fill the database."""
        self.clock = NOON

        async def preference(identifier: str) -> int:
            return 100

        filling = Filling(lambda: self.clock)
        answers = Answers(lambda: 0.0, AnswerSettings())
        self.playlists = Playlists(self.database, Visibility(self.database), Shelves(), preference, answers, filling)
        self.alice = await self.a_viewer("alice")
        assert self.alice.actor_id is not None
        library = await self.a_library(self.alice.actor_id, "me")
        nova, elan = await self.an_artist("Nova Kestrel"), await self.an_artist("Élan 9")
        tides = await self.an_album("Slow Tides", nova, release_date="1999-05-01")
        dawn = await self.an_album("Ambient Dawn", elan, release_date="2021-01-02")
        self.wave = await self.a_track("Wave", nova, tides, position=1, creation_date=NOON - timedelta(days=100))
        self.light = await self.a_track("First Light", elan, dawn, position=2, creation_date=NOON - timedelta(days=2))
        self.loose = await self.a_track("Loose End", nova, creation_date=NOON - timedelta(days=40))
        self.unheard = await self.a_track("Unheard", nova)
        for track, length in ((self.wave, 100), (self.light, 300), (self.loose, 200)):
            await self.an_upload(library, track, duration=length, bitrate=length * 1000)
        await self.tag("track", self.wave, "Ambient")
        await self.tag("album", dawn, "ambient techno")
        await self.tag("artist", elan, "Drone")
        await self.do(
            "INSERT INTO track_credit (track_id, artist_id, credit, place) VALUES (%s, %s, 'Nova Kestrel', 0),"
            " (%s, %s, 'Élan 9', 1)",
            self.loose, nova, self.loose, elan,
        )  # fmt: skip
        await self.noted()
        await self.changed("catalog", "libraries")

    async def noted(self) -> None:
        """What Alice thinks of them."""
        actor, account = self.alice.actor_id, self.alice.account_id
        await self.do(
            "INSERT INTO favorite (actor_id, track_id, creation_date) VALUES (%s, %s, %s)",
            actor, self.light, NOON - timedelta(days=5),
        )  # fmt: skip
        await self.do("INSERT INTO rating (account_id, track_id, rating) VALUES (%s, %s, 4)", account, self.wave)
        for days in (3, 20):
            heard = (actor, self.wave, NOON - timedelta(days=days))
            await self.do("INSERT INTO listening (actor_id, track_id, creation_date) VALUES (%s, %s, %s)", *heard)

    async def smart(self, rules: dict[str, Any]) -> int:
        """A playlist's id."""
        made = await self.playlists.create(self.alice, PlaylistWish("Smart", Privacy.ME, rules))
        return made.playlists[0].id

    async def held(self, id: int) -> list[int]:
        return [item.track_id for item in (await self.playlists.contents(self.alice, id)).items]

    async def found(self, *conditions: dict[str, Any], **more: Any) -> set[str]:
        """The titles' first words of what meets all conditions."""
        names = {self.wave: "wave", self.light: "light", self.loose: "loose", self.unheard: "unheard"}
        return {names[id] for id in await self.held(await self.smart({"all": list(conditions), **more}))}


class RulesTests(SmartCase):
    """What the words mean."""

    async def test_every_field(self) -> None:
        """Each, by each of its operators."""
        await self.begun()
        everything = {"wave", "light", "loose"}
        for condition, names in (
            ({"is": {"title": "wave"}}, {"wave"}),
            ({"isNot": {"title": "wave"}}, {"light", "loose"}),
            ({"contains": {"title": "i"}}, {"light"}),
            ({"notContains": {"title": "i"}}, {"wave", "loose"}),
            ({"startsWith": {"title": "FIRST"}}, {"light"}),
            ({"endsWith": {"title": "end"}}, {"loose"}),
            ({"is": {"artist": "elan 9"}}, {"light", "loose"}),
            ({"isNot": {"artist": "Élan 9"}}, {"wave"}),
            ({"is": {"album": "slow tides"}}, {"wave"}),
            ({"isNot": {"album": "slow tides"}}, {"light", "loose"}),
            ({"is": {"albumartist": "Nova Kestrel"}}, {"wave", "loose"}),
            ({"is": {"genre": "AMBIENT"}}, {"wave"}),
            ({"contains": {"genre": "ambient"}}, {"wave", "light"}),
            ({"is": {"genre": "drone"}}, {"light"}),
            ({"isNot": {"genre": "ambient"}}, {"light", "loose"}),
            ({"is": {"year": 1999}}, {"wave"}),
            ({"isNot": {"year": 1999}}, {"light", "loose"}),
            ({"gt": {"year": 1999}}, {"light"}),
            ({"lt": {"year": 2000}}, {"wave"}),
            ({"inTheRange": {"year": [1999, 2021]}}, {"wave", "light"}),
            ({"is": {"tracknumber": 2}}, {"light"}),
            ({"gt": {"duration": 150}}, {"light", "loose"}),
            ({"is": {"bitrate": 200}}, {"loose"}),
            ({"inTheLast": {"dateadded": 30}}, {"light"}),
            ({"notInTheLast": {"dateadded": 30}}, {"wave", "loose"}),
            ({"before": {"dateadded": "2026-05-04"}}, {"wave", "loose"}),
            ({"after": {"dateadded": "2026-05-03"}}, {"light"}),
            ({"inTheRange": {"dateadded": ["2026-05-04", "2026-05-04"]}}, {"light"}),
            ({"gt": {"rating": 3}}, {"wave"}),
            ({"is": {"rating": 0}}, {"light", "loose"}),
            ({"is": {"playcount": 2}}, {"wave"}),
            ({"lt": {"playcount": 1}}, {"light", "loose"}),
            ({"inTheLast": {"lastplayed": 7}}, {"wave"}),
            ({"notInTheLast": {"lastplayed": 7}}, {"light", "loose"}),
            ({"is": {"starred": True}}, {"light"}),
            ({"isNot": {"loved": True}}, {"wave", "loose"}),
            ({"inTheLast": {"dateloved": 6}}, {"light"}),
        ):
            self.assertEqual(names, await self.found(condition), condition)
        self.assertEqual(everything, await self.found())
        self.assertEqual({"light"}, await self.found({"contains": {"genre": "ambient"}}, {"is": {"starred": True}}))
        either = {"any": [{"is": {"rating": 4}}, {"is": {"starred": True}}]}
        self.assertEqual({"wave", "light"}, await self.found(either))

    async def test_words_are_only_words(self) -> None:
        """What means something to a database means nothing here."""
        await self.begun()
        for word in ("%", "_", "'", "\\", '"; DROP TABLE track; --', "{what}", "%s"):
            self.assertEqual(set(), await self.found({"contains": {"title": word}}), word)
            self.assertEqual(set(), await self.found({"contains": {"artist": word}}, {"is": {"genre": word}}))

    async def test_order_and_number(self) -> None:
        """By one field after the other; songs without the field last; not more than wanted."""
        await self.begun()
        for sort, order in (
            ("year", [self.wave, self.light, self.loose]),
            ("-year", [self.light, self.wave, self.loose]),
            ("-duration", [self.light, self.loose, self.wave]),
            ("artist,-title", [self.light, self.wave, self.loose]),
            ("-playcount,title", [self.wave, self.light, self.loose]),
            ("lastplayed,dateadded", [self.wave, self.loose, self.light]),
            ("genre,title", [self.wave, self.light, self.loose]),
            ("", [self.light, self.loose, self.wave]),
        ):
            self.assertEqual(order, await self.held(await self.smart({"all": [], "sort": sort})), sort)
            limited = {"all": [], "sort": sort, "limit": 2}
            self.assertEqual(order[:2], await self.held(await self.smart(limited)), sort)


class KeepingTests(SmartCase):
    """How long what was found holds."""

    async def since(self, id: int) -> datetime:
        """When it began to hold what it holds."""

        async def read(tx: Tx) -> datetime:
            playlist = (await self.playlists.one(self.alice, id)).playlists[0]
            visible = await Visibility(self.database).libraries_in(tx, self.alice)
            return (await self.playlists.filled(tx, playlist, visible, ())).since

        return await self.aside.read(read)

    async def test_chance_holds_for_an_hour(self) -> None:
        """Asked twice, the order is the same; there are different ones over a day."""
        await self.begun()
        id = await self.smart({"all": [], "sort": "random"})
        orders = set()
        for _ in range(24):
            first = await self.held(id)
            self.assertEqual(first, await self.held(id))
            orders.add(tuple(first))
            self.clock += timedelta(hours=1)
        self.assertGreater(len(orders), 1)

    async def test_time_goes_on(self) -> None:
        """What was added lately is so no more after a while."""
        await self.begun()
        id = await self.smart({"all": [{"inTheLast": {"dateadded": 3}}]})
        self.assertEqual([self.light], await self.held(id))
        self.clock += timedelta(days=2)
        self.assertEqual([], await self.held(id))

    async def test_a_list_changes_when_its_songs_do(self) -> None:
        """Not with every look, and not when it is worked out anew to the same."""
        await self.begun()
        id = await self.smart({"all": [{"is": {"rating": 4}}]})
        before = await self.since(id)
        self.clock += timedelta(hours=3)
        self.assertEqual(before, await self.since(id))
        account = self.alice.account_id
        await self.do("INSERT INTO rating (account_id, track_id, rating) VALUES (%s, %s, 4)", account, self.light)
        self.assertEqual([self.light, self.wave], await self.held(id))
        self.assertGreater(await self.since(id), before)
