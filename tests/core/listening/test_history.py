"""Favourites and listenings: what people's privacy lets out, whose are asked for, what is searched and hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from fwtwisted.core.listening.history import DeedQuestion, Listening
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.pod.live import Audience, Facts
from fwtwisted.model.errors import Invalid, NotFound, Unauthenticated
from fwtwisted.model.listening import Kind
from fwtwisted.model.people import VISITOR, Viewer
from tests.music import MusicCase

LEVELS = ("me", "followers", "instance", "everyone")
FAR = "far.example"


class ListeningCase(MusicCase):
    """One track that everybody may play, and people."""

    async def begun(self) -> None:
        """Fill the database."""
        self.listening = Listening(self.database, Visibility(self.database), Shelves())
        self.artist = await self.an_artist("Nova Kestrel")
        self.track = await self.a_track("First Light", self.artist, await self.an_album("Slow Harbour", self.artist))

    async def somebody(self, name: str, level: str = "everyone") -> Viewer:
        """An account of some privacy."""
        viewer = await self.a_viewer(name)
        await self.do("UPDATE account SET privacy_level = %s WHERE id = %s", level, viewer.account_id)
        return viewer

    async def seen(self, kind: Kind, viewer: Viewer, question: DeedQuestion | None = None) -> list[str]:
        """Whose deeds the viewer is shown, by name; the count agrees."""
        found = await self.listening.page(kind, viewer, question or DeedQuestion(), 50, 0)
        self.assertEqual(len(found.deeds), found.count)
        return [found.actors[deed.actor_id].preferred_username for deed in found.deeds]

    async def deed(self, kind: Kind, viewer: Viewer, track: int | None = None, when: datetime | None = None) -> int:
        """Make one; its id."""
        track = self.track if track is None else track
        if kind is Kind.FAVORITE:
            return (await self.listening.add_favorite(viewer, track)).id
        return (await self.listening.listened(viewer, track, when)).id


class PrivacyTests(ListeningCase):
    """Who is shown whose deeds."""

    async def test_a_level_lets_out_as_much_as_it_says(self) -> None:
        """Visitors: everyone; people here: instance, too; people elsewhere: everyone; oneself: all."""
        await self.begun()
        people = {level: await self.somebody(level, level) for level in LEVELS}
        other = await self.somebody("other", "me")
        foreign = Viewer(account_id=None, actor_id=await self.an_actor("eve", FAR), username="eve", is_local=False)
        for kind in Kind:
            ids = {level: await self.deed(kind, person) for level, person in people.items()}
            for viewer, shown in (
                (VISITOR, {"everyone"}),
                (foreign, {"everyone"}),
                (other, {"instance", "everyone"}),
                *((person, {"instance", "everyone", level}) for level, person in people.items()),
            ):
                self.assertEqual(shown, set(await self.seen(kind, viewer)), (kind, viewer.username))
                await self._singly(kind, viewer, ids, shown)

    async def _singly(self, kind: Kind, viewer: Viewer, ids: dict[str, int], shown: set[str]) -> None:
        for level, id in ids.items():
            if level in shown:
                self.assertEqual(id, (await self.listening.one(kind, viewer, id)).deeds[0].id)
            else:
                with self.assertRaises(NotFound):
                    await self.listening.one(kind, viewer, id)

    async def test_the_activity_shows_no_more(self) -> None:
        """Both kinds, the newest first, at most twenty, what the levels let out."""
        await self.begun()
        shy, open_one = await self.somebody("shy", "me"), await self.somebody("open", "everyone")
        start = datetime(2026, 1, 1, tzinfo=UTC)
        for day in range(25):
            await self.deed(Kind.LISTENING, open_one, when=start + timedelta(days=day))
        await self.deed(Kind.FAVORITE, open_one)
        await self.deed(Kind.FAVORITE, shy)
        newest, found = await self.listening.activity(VISITOR)
        self.assertEqual(20, len(newest))
        self.assertEqual(Kind.FAVORITE, newest[0][0])
        moments = [deed.creation_date for _, deed in newest]
        self.assertEqual(sorted(moments, reverse=True), moments)
        self.assertEqual({open_one.actor_id}, {deed.actor_id for _, deed in newest})
        self.assertEqual({self.track}, set(found.tracks))
        mine, _ = await self.listening.activity(shy)
        self.assertIn(shy.actor_id, {deed.actor_id for _, deed in mine})

    async def test_uploads_are_those_that_the_viewer_may_play(self) -> None:
        """Somebody else's favourite shows me my own rights."""
        await self.begun()
        owner, other = await self.somebody("owner"), await self.somebody("other")
        assert owner.actor_id is not None
        await self.an_upload(await self.a_library(owner.actor_id, "me"), self.track)
        await self.changed("catalog", "libraries")
        await self.deed(Kind.FAVORITE, owner)
        for viewer, count in ((owner, 1), (other, 0), (VISITOR, 0)):
            found = await self.listening.page(Kind.FAVORITE, viewer, DeedQuestion(), 50, 0)
            self.assertEqual(count, len(found.shelf.uploads.get(self.track, ())))


class QuestionTests(ListeningCase):
    """Which deeds are asked for."""

    async def test_scopes_mean_actors_and_domains(self) -> None:
        """Several are joined; words that mean nothing match nothing; a visitor has no ``me``."""
        await self.begun()
        alice, bob = await self.somebody("alice"), await self.somebody("bob")
        for kind in Kind:
            await self.deed(kind, alice)
            await self.deed(kind, bob)
            for words, names in (
                (("me",), {"alice"}),
                (("all",), {"alice", "bob"}),
                (("actor:bob@pod.example",), {"bob"}),
                (("actor:@BOB@POD.example",), {"bob"}),
                (("me", "actor:bob@pod.example"), {"alice", "bob"}),
                (("domain:pod.example",), {"alice", "bob"}),
                (("domain:far.example",), set()),
                (("subscribed",), set()),
                (("nonsense",), set()),
                (("actor:bob",), set()),
            ):
                self.assertEqual(names, set(await self.seen(kind, alice, DeedQuestion(scope=words))), (kind, words))
            self.assertEqual([], await self.seen(kind, VISITOR, DeedQuestion(scope=("me",))))

    async def test_names_and_domains_narrow_the_history(self) -> None:
        """Without regard to case."""
        await self.begun()
        alice, bob = await self.somebody("alice"), await self.somebody("bob")
        await self.deed(Kind.LISTENING, alice)
        await self.deed(Kind.LISTENING, bob)
        for question, names in (
            (DeedQuestion(username="ALICE"), ["alice"]),
            (DeedQuestion(username="nobody"), []),
            (DeedQuestion(domain="pod.example", username="bob"), ["bob"]),
            (DeedQuestion(domain="far.example"), []),
        ):
            self.assertEqual(names, await self.seen(Kind.LISTENING, alice, question), question)

    async def test_every_word_must_be_in_one_of_the_names(self) -> None:
        """Title, artist or album; accents and case do not count."""
        await self.begun()
        alice = await self.somebody("alice")
        await self.deed(Kind.FAVORITE, alice)
        await self.deed(Kind.FAVORITE, alice, await self.a_track("Élan", await self.an_artist("Other")))
        for words, count in (
            (("light",), 1),
            (("KESTREL", "harb"), 1),
            (("elan",), 1),
            (("irst ligh",), 1),
            (("light", "elan"), 0),
            (("%",), 0),
            ((), 2),
        ):
            self.assertEqual(count, len(await self.seen(Kind.FAVORITE, alice, DeedQuestion(words=words))), words)

    async def test_hidden_artists_are_left_out_or_alone_in(self) -> None:
        """As the viewer hid them; visitors hide nothing, and have nothing hidden."""
        await self.begun()
        alice = await self.somebody("alice")
        liked = await self.a_track("Liked", await self.an_artist("Liked"))
        for track in (self.track, liked):
            await self.deed(Kind.LISTENING, alice, track)
        await self.do(
            "INSERT INTO content_filter (account_id, artist_id) VALUES (%s, %s)", alice.account_id, self.artist
        )
        for viewer, hidden, tracks in (
            (alice, False, {liked}),
            (alice, True, {self.track}),
            (alice, None, {self.track, liked}),
            (VISITOR, False, {self.track, liked}),
        ):
            found = await self.listening.page(Kind.LISTENING, viewer, DeedQuestion(hidden=hidden), 50, 0)
            self.assertEqual(tracks, {deed.track_id for deed in found.deeds}, (viewer, hidden))
            self.assertEqual(len(tracks), found.count)

    async def test_pages_in_both_directions(self) -> None:
        """The newest first unless asked otherwise; the count is of all."""
        await self.begun()
        alice = await self.somebody("alice")
        start = datetime(2026, 1, 1, tzinfo=UTC)
        ids = [await self.deed(Kind.LISTENING, alice, when=start + timedelta(days=day)) for day in range(5)]
        newest = await self.listening.page(Kind.LISTENING, alice, DeedQuestion(), 2, 2)
        self.assertEqual(([ids[2], ids[1]], 5), ([deed.id for deed in newest.deeds], newest.count))
        oldest = await self.listening.page(Kind.LISTENING, alice, DeedQuestion(oldest_first=True), 2, 0)
        self.assertEqual(ids[:2], [deed.id for deed in oldest.deeds])


class WritingTests(ListeningCase):
    """One's own deeds."""

    async def test_a_favourite_is_one_however_often_it_is_made(self) -> None:
        """The same id and the same moment."""
        await self.begun()
        alice, bob = await self.somebody("alice"), await self.somebody("bob")
        first = await self.listening.add_favorite(alice, self.track)
        self.assertEqual(first, await self.listening.add_favorite(alice, self.track))
        await self.listening.add_favorite(bob, self.track)
        self.assertEqual([(first.id, self.track)], [(o.id, o.track) for o in await self.listening.own_favorites(alice)])
        self.assertTrue(await self.listening.remove_favorite(alice, self.track))
        self.assertFalse(await self.listening.remove_favorite(alice, self.track))
        self.assertEqual(1, len(await self.listening.own_favorites(bob)))

    async def test_nobody_removes_what_is_somebody_elses(self) -> None:
        """Not found, as if it were not there."""
        await self.begun()
        alice, bob = await self.somebody("alice"), await self.somebody("bob")
        id = await self.deed(Kind.FAVORITE, alice)
        with self.assertRaises(NotFound):
            await self.listening.remove_favorite_by_id(bob, id)
        await self.listening.remove_favorite_by_id(alice, id)
        self.assertEqual([], await self.listening.own_favorites(alice))

    async def test_unknown_tracks_and_visitors_are_refused(self) -> None:
        """An unknown track is the field's error."""
        await self.begun()
        alice = await self.somebody("alice")
        with self.assertRaises(Invalid) as caught:
            await self.listening.add_favorite(alice, 999)
        self.assertEqual(["track"], list(caught.exception.problems))
        with self.assertRaises(Invalid):
            await self.listening.listened(alice, 999, None)
        for kind in Kind:
            with self.assertRaises(Unauthenticated):
                await self.deed(kind, VISITOR)

    async def test_a_listening_may_have_been_long_ago(self) -> None:
        """Told with its moment, else it is now; the same track any number of times."""
        await self.begun()
        alice = await self.somebody("alice")
        then = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
        self.assertEqual(then, (await self.listening.listened(alice, self.track, then)).creation_date)
        now = (await self.listening.listened(alice, self.track, None)).creation_date
        self.assertLess(abs(datetime.now(UTC) - now), timedelta(minutes=1))
        self.assertEqual(2, len(await self.seen(Kind.LISTENING, alice)))

    async def test_many_at_once(self) -> None:
        """Each is answered with its own, in order; what follows is told in that order; one refusal is one's own."""
        await self.begun()
        told: list[tuple[str, int]] = []

        def happened(_: Audience, __: str, facts: Facts) -> None:
            told.append((facts["kind"], facts["id"]))

        listening = Listening(self.database, Visibility(self.database), Shelves(), happened)
        people = [await self.somebody("alice"), await self.somebody("bob")]
        other = await self.a_track("Second Light", self.artist)
        start = datetime(2020, 1, 1, tzinfo=UTC)
        wishes = [
            (people[n % 2], 999 if n == 5 else (self.track, other)[n % 3 % 2], start + timedelta(days=40 - n))
            for n in range(12)
        ]
        found: list[Any] = await DeferredList(
            [Deferred.fromCoroutine(listening.listened(*wish)) for wish in wishes], consumeErrors=True
        )
        self.assertTrue(found.pop(5)[1].check(Invalid))
        wishes.pop(5)
        deeds = [deed for _, deed in found]
        self.assertEqual(
            [(viewer.actor_id, track, when) for viewer, track, when in wishes],
            [(deed.actor_id, deed.track_id, deed.creation_date) for deed in deeds],
        )
        ids = [deed.id for deed in deeds]
        self.assertEqual(sorted(ids), ids)
        self.assertEqual([("listening", id) for id in ids], told)
        self.assertEqual(11, await self.value("SELECT sum(count) FROM play"))

    async def test_many_favourites_at_once(self) -> None:
        """The same one told twice is one, and told once."""
        await self.begun()
        told: list[int] = []
        listening = Listening(
            self.database, Visibility(self.database), Shelves(), lambda *what: told.append(what[2]["id"])
        )
        alice, bob = await self.somebody("alice"), await self.somebody("bob")
        wishes = [(bob, self.track), (alice, self.track), (alice, 999), (alice, self.track), (bob, self.track)]
        found: list[Any] = await DeferredList(
            [Deferred.fromCoroutine(listening.add_favorite(*wish)) for wish in wishes], consumeErrors=True
        )
        self.assertTrue(found[2][1].check(Invalid))
        self.assertEqual(found[1], found[3])
        self.assertEqual(found[0], found[4])
        self.assertCountEqual([found[0][1].id, found[1][1].id], told)
