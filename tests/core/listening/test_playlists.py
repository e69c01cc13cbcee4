"""Playlists: who sees them, what is in them whoever changes them at once, what is counted and found."""

from __future__ import annotations

from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.listening.answers import Answers, AnswerSettings
from fwtwisted.core.listening.playlists import PlaylistContents, Playlists
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db.files import importing
from fwtwisted.db.people import people
from fwtwisted.model.errors import Invalid, NotFound, Unauthenticated
from fwtwisted.model.people import VISITOR, Privacy, Viewer
from fwtwisted.model.playlists import Duplicates, NoSuchPlace, PlaylistFacts, PlaylistQuestion, PlaylistWish
from tests.music import MusicCase

FAR = "far.example"


class PlaylistCase(MusicCase):
    """A few tracks, and playlists."""

    most = 20

    async def begun(self, tracks: int = 6) -> None:
        """Fill the database."""

        async def preference(identifier: str) -> int:
            self.assertEqual("playlists__max_tracks", identifier)
            return self.most

        answers = Answers(lambda: 0.0, AnswerSettings())
        self.playlists = Playlists(self.database, Visibility(self.database), Shelves(), preference, answers)
        self.artist = await self.an_artist("Nova Kestrel")
        self.album = await self.an_album("Slow Harbour", self.artist)
        self.tracks = [await self.a_track(f"Track {n}", self.artist, self.album) for n in range(tracks)]
        self.alice = await self.a_viewer("alice")

    async def a_playlist(
        self, owner: Viewer | None = None, *tracks: int, name: str = "Mix", level: Privacy = Privacy.ME
    ) -> int:
        """A playlist's id."""
        made = await self.playlists.create(owner or self.alice, PlaylistWish(name, level), tracks)
        return made.playlists[0].id

    async def held(self, id: int, viewer: Viewer | None = None) -> list[int]:
        """The tracks of a playlist, whose indexes must be 0, 1, 2, …"""
        items = (await self.playlists.contents(viewer or self.alice, id)).items
        self.assertEqual(list(range(len(items))), [item.index for item in items])
        return [item.track_id for item in items]

    async def names(self, viewer: Viewer, question: PlaylistQuestion | None = None) -> list[str]:
        """The names of the playlists that are listed; the count agrees."""
        found = await self.playlists.page(viewer, question or PlaylistQuestion(), 50, 0)
        self.assertEqual(len(found.playlists), found.count)
        return [playlist.name for playlist in found.playlists]


class SeeingTests(PlaylistCase):
    """Who is shown whose playlists."""

    async def test_a_level_lets_in_whom_it_says(self) -> None:
        """The owner sees all; followers only when they were let in; lists and single ones agree."""
        await self.begun()
        owner = self.alice
        assert owner.actor_id is not None
        ids = {level: await self.a_playlist(level=level, name=level.value) for level in Privacy}
        neighbour = await self.a_viewer("neighbour")
        follower, waiting = await self.a_viewer("follower"), await self.a_viewer("waiting")
        far = Viewer(actor_id=await self.an_actor("far", FAR))
        far_follower = Viewer(actor_id=await self.an_actor("fan", FAR))
        for who, approved in ((follower, True), (waiting, None), (far_follower, True)):
            assert who.actor_id is not None
            await self.a_follow(who.actor_id, actor=owner.actor_id, approved=approved)
        for viewer, shown in (
            (owner, {"me", "followers", "instance", "everyone"}),
            (neighbour, {"instance", "everyone"}),
            (follower, {"followers", "instance", "everyone"}),
            (waiting, {"instance", "everyone"}),
            (far, {"everyone"}),
            (far_follower, {"followers", "everyone"}),
            (VISITOR, {"everyone"}),
        ):
            self.assertEqual(shown, set(await self.names(viewer)), viewer)
            for level, id in ids.items():
                if level.value in shown:
                    self.assertEqual(id, (await self.playlists.one(viewer, id)).playlists[0].id)
                    await self.playlists.contents(viewer, id)
                else:
                    for ask in (self.playlists.one, self.playlists.contents):
                        with self.assertRaises(NotFound):
                            await ask(viewer, id)

    async def test_only_the_owner_writes(self) -> None:
        """For everybody else, those who see it too, it is not there."""
        await self.begun()
        id = await self.a_playlist(self.alice, *self.tracks, level=Privacy.EVERYONE)
        for viewer in (await self.a_viewer("bob"), VISITOR):
            for attempt in (
                self.playlists.change(viewer, id, {"name": "Mine"}),
                self.playlists.remove(viewer, id),
                self.playlists.add(viewer, id, [self.tracks[0]]),
                self.playlists.take(viewer, id, [0]),
                self.playlists.move(viewer, id, 0, 1),
                self.playlists.clear(viewer, id),
                self.playlists.replace(viewer, id, []),
            ):
                with self.assertRaises(NotFound):
                    await attempt
        self.assertEqual(self.tracks, await self.held(id))
        with self.assertRaises(Unauthenticated):
            await self.a_playlist(VISITOR)

    async def test_without_a_level_it_gets_its_owners(self) -> None:
        """As their account says."""
        await self.begun()
        for level in Privacy:
            await self.do("UPDATE account SET privacy_level = %s", level.value)
            made = await self.playlists.create(self.alice, PlaylistWish("Mix"))
            self.assertEqual(level, made.playlists[0].privacy_level)


class FillingTests(PlaylistCase):
    """What is in a playlist."""

    async def test_tracks_are_put_where_they_are_wanted(self) -> None:
        """At the end unless told otherwise; what was added is told with its indexes."""
        await self.begun()
        a, b, c, d, e, f = self.tracks
        id = await self.a_playlist()
        added = await self.playlists.add(self.alice, id, [a, b])
        self.assertEqual([(0, a), (1, b)], [(item.index, item.track_id) for item in added.items])
        await self.playlists.add(self.alice, id, [c, d], at=1)
        added = await self.playlists.add(self.alice, id, [e], at=99)
        self.assertEqual([4], [item.index for item in added.items])
        await self.playlists.add(self.alice, id, [f], at=0)
        self.assertEqual([f, a, c, d, b, e], await self.held(id))
        self.assertEqual([], (await self.playlists.add(self.alice, id, [])).items)

    async def test_moving_taking_clearing_replacing(self) -> None:
        """Others keep their order, indexes have no gaps."""
        await self.begun()
        a, b, c, d, _, _ = self.tracks
        id = await self.a_playlist(self.alice, a, b, c, d)
        await self.playlists.move(self.alice, id, 0, 3)
        self.assertEqual([b, c, d, a], await self.held(id))
        await self.playlists.move(self.alice, id, 2, 0)
        self.assertEqual([d, b, c, a], await self.held(id))
        await self.playlists.take(self.alice, id, [1])
        self.assertEqual([d, c, a], await self.held(id))
        await self.playlists.take(self.alice, id, [0, 2])
        self.assertEqual([c], await self.held(id))
        with self.assertRaises(NoSuchPlace):
            await self.playlists.take(self.alice, id, [1])
        await self.playlists.replace(self.alice, id, [a, a, b])
        self.assertEqual([a, a, b], await self.held(id))
        await self.playlists.clear(self.alice, id)
        self.assertEqual([], await self.held(id))

    async def test_what_is_in_already_is_told(self) -> None:
        """By title, each once, also when the list itself repeats; nothing is added."""
        await self.begun()
        a, b, c, *_ = self.tracks
        id = await self.a_playlist(self.alice, a, b, name="Rainy")
        for several, titles in (([a, c, b, a], ["Track 0", "Track 1"]), ([c, c], ["Track 2"])):
            with self.assertRaises(Duplicates) as caught:
                await self.playlists.add(self.alice, id, several)
            self.assertEqual((titles, "Rainy"), (caught.exception.titles, caught.exception.playlist_name))
        self.assertEqual([a, b], await self.held(id))
        await self.playlists.add(self.alice, id, [a, a], duplicates=True)
        self.assertEqual([a, b, a, a], await self.held(id))

    async def test_no_more_than_the_pod_allows(self) -> None:
        """Nor tracks that there are not."""
        await self.begun()
        id = await self.a_playlist(self.alice, *self.tracks)
        await self.playlists.add(self.alice, id, [self.tracks[0]] * 14, duplicates=True)
        for attempt in (
            self.playlists.add(self.alice, id, [self.tracks[0]], duplicates=True),
            self.playlists.replace(self.alice, id, [self.tracks[0]] * 21),
            self.playlists.create(self.alice, PlaylistWish("Long"), [self.tracks[0]] * 21),
        ):
            with self.assertRaises(Invalid) as caught:
                await attempt
            self.assertEqual(["playlist"], list(caught.exception.problems))
        for attempt in (
            self.playlists.add(self.alice, id, [999], duplicates=True),
            self.playlists.replace(self.alice, id, [999]),
            self.playlists.create(self.alice, PlaylistWish("Long"), [self.tracks[0], 999]),
        ):
            with self.assertRaises(Invalid) as caught:
                await attempt
            self.assertEqual(["tracks"], list(caught.exception.problems))
        self.assertEqual(20, len(await self.held(id)))
        self.assertEqual(["Mix"], await self.names(self.alice))

    async def test_who_edits_at_once_loses_nothing(self) -> None:
        """Forty edits in a bundle: every track that was added and not taken is there once, without gaps."""
        self.most = 1_000
        await self.begun(30)
        id = await self.a_playlist(self.alice, *self.tracks[:10])
        edits = [
            *(self.playlists.add(self.alice, id, [track], at=0) for track in self.tracks[10:]),
            *(self.playlists.move(self.alice, id, 0, place) for place in range(10)),
            *(self.playlists.take(self.alice, id, [0]) for _ in range(5)),
            *(self.playlists.change(self.alice, id, {"name": f"Mix {n}"}) for n in range(5)),
        ]
        await gatherResults([Deferred.fromCoroutine(edit) for edit in edits], consumeErrors=True)
        held = await self.held(id)
        self.assertEqual((25, 25), (len(held), len(set(held))))
        places = await self.value("SELECT array_agg(place ORDER BY place) FROM playlist_track")
        self.assertEqual(list(range(25)), places)

    async def test_a_track_that_is_gone_leaves_no_gap(self) -> None:
        """Neither for readers nor for who edits next; one that is merely out of reach stays."""
        await self.begun()
        a, b, c, d, e, _ = self.tracks
        id = await self.a_playlist(self.alice, a, b, c, d)
        await self.do("DELETE FROM track WHERE id = ANY(%s)", [b])
        self.assertEqual([a, c, d], await self.held(id))
        await self.playlists.move(self.alice, id, 2, 0)
        self.assertEqual([d, a, c], await self.held(id))
        await self.do("DELETE FROM track WHERE id = %s", d)
        await self.playlists.add(self.alice, id, [e], at=1)
        self.assertEqual([a, e, c], await self.held(id))
        await self.do("DELETE FROM track WHERE id = %s", a)
        await self.playlists.take(self.alice, id, [0])
        self.assertEqual([c], await self.held(id))
        self.assertEqual({}, (await self.playlists.contents(self.alice, id)).shelf.uploads)

    async def test_what_a_playlist_holds_is_not_pruned(self) -> None:
        """Though nothing plays it any more."""
        await self.begun()
        a, b, *_ = self.tracks
        await self.a_playlist(self.alice, a)
        await self.run_in(importing.prune, [a, b], [self.album], [self.artist])
        self.assertEqual([a], await self.value("SELECT array_agg(id) FROM track WHERE id IN (%s, %s)", a, b))


class FactsTests(PlaylistCase):
    """What is counted of a playlist."""

    async def test_counts_are_the_viewers_own(self) -> None:
        """Tracks of all, seconds and playability of what this viewer may play; they follow every change."""
        await self.begun()
        a, b, c, *_ = self.tracks
        bob = await self.a_viewer("bob")
        assert self.alice.actor_id is not None
        secret = await self.a_library(self.alice.actor_id, "me")
        await self.an_upload(secret, a, duration=100)
        await self.an_upload(secret, a, duration=90)
        await self.an_upload(secret, b, duration=50)
        await self.an_upload(secret, c, status="errored")
        id = await self.a_playlist(self.alice, a, b, c, level=Privacy.EVERYONE)

        async def facts(viewer: Viewer) -> PlaylistFacts:
            return (await self.playlists.one(viewer, id)).facts[id]

        self.assertEqual(PlaylistFacts(3, 2, 150), await facts(self.alice))
        self.assertEqual(PlaylistFacts(3, 0, 0), await facts(bob))
        await self.playlists.add(self.alice, id, [a], duplicates=True)
        self.assertEqual(PlaylistFacts(4, 3, 250), await facts(self.alice))
        await self.do("DELETE FROM track WHERE id = %s", b)
        await self.changed()
        self.assertEqual(PlaylistFacts(3, 2, 200), await facts(self.alice))
        await self.playlists.clear(self.alice, id)
        self.assertEqual(PlaylistFacts(), await facts(self.alice))

    async def test_covers_are_of_the_first_different_albums(self) -> None:
        """Five at most, in the order of the tracks; a track without an album shows its own."""
        await self.begun()
        pictures, tracks = [], []
        for number in range(7):
            picture = await self.value(
                "INSERT INTO attachment (file, used) VALUES (%s, true) RETURNING id", f"attachments/{number}.png"
            )
            pictures.append(picture)
            if number == 1:
                tracks.append(await self.a_track("Single", self.artist, None, cover_id=picture))
                continue
            album = await self.an_album(f"Album {number}", self.artist, cover_id=picture)
            tracks += [await self.a_track("One", self.artist, album), await self.a_track("Two", self.artist, album)]
        id = await self.a_playlist(self.alice, self.tracks[0], *reversed(tracks))
        covers = (await self.playlists.one(self.alice, id)).facts[id].covers
        self.assertEqual(list(reversed(pictures))[:5], [cover.id for cover in covers])


class WritingTests(PlaylistCase):
    """What is written once and kept."""

    async def test_what_is_kept_follows_every_change(self) -> None:
        """Of the playlist, the catalog, and what the viewer may see; nobody gets another's answer."""
        await self.begun()
        a, b, *_ = self.tracks
        bob = await self.a_viewer("bob")
        assert self.alice.actor_id is not None
        library = await self.a_library(self.alice.actor_id, "me")
        await self.an_upload(library, a)
        id = await self.a_playlist(self.alice, a, level=Privacy.EVERYONE)
        times = 0

        def write(found: PlaylistContents) -> bytes:
            nonlocal times
            times += 1
            return repr(
                [(item.track_id, len(found.shelf.uploads.get(item.track_id, ()))) for item in found.items]
            ).encode()

        async def told(viewer: Viewer, form: str = "text") -> tuple[bytes, int]:
            return await self.playlists.written(viewer, id, form, write), times

        self.assertEqual((b"[(1, 1)]", 1), await told(self.alice))
        self.assertEqual((b"[(1, 1)]", 1), await told(self.alice))
        self.assertEqual((b"[(1, 0)]", 2), await told(bob))
        self.assertEqual((b"[(1, 0)]", 2), await told(VISITOR))
        self.assertEqual((b"[(1, 1)]", 3), await told(self.alice, "other"))
        await self.playlists.add(self.alice, id, [b])
        self.assertEqual((b"[(1, 1), (2, 0)]", 4), await told(self.alice))
        await self.an_upload(library, b)
        await self.changed()
        self.assertEqual((b"[(1, 1), (2, 1)]", 5), await told(self.alice))
        await self.do("UPDATE library SET privacy_level = 'everyone'")
        await self.changed("libraries")
        self.assertEqual((b"[(1, 1), (2, 1)]", 5), await told(bob))
        await self.playlists.change(self.alice, id, {"privacy_level": Privacy.ME})
        with self.assertRaises(NotFound):
            await told(bob)


class FindingTests(PlaylistCase):
    """Which playlists are asked for."""

    async def test_words_names_and_music(self) -> None:
        """Each word in the name or the owner's; filters by what is in it."""
        await self.begun()
        bob = await self.a_viewer("bob")
        other = await self.an_artist("Other")
        guest = await self.a_track("Guest", other, await self.an_album("Else", other))
        await self.do("INSERT INTO track_credit VALUES (%s, 1, %s, 'x')", guest, self.artist)
        await self.a_playlist(self.alice, self.tracks[0], name="Rainy Élan", level=Privacy.EVERYONE)
        await self.a_playlist(bob, guest, name="Sunny", level=Privacy.EVERYONE)
        await self.a_playlist(bob, name="Empty", level=Privacy.EVERYONE)
        for question, names in (
            (PlaylistQuestion(words=("elan", "RAIN")), {"Rainy Élan"}),
            (PlaylistQuestion(words=("bob",)), {"Sunny", "Empty"}),
            (PlaylistQuestion(words=("bob", "sun")), {"Sunny"}),
            (PlaylistQuestion(words=("%",)), set()),
            (PlaylistQuestion(name="Sunny"), {"Sunny"}),
            (PlaylistQuestion(name="sunny"), set()),
            (PlaylistQuestion(name_contains="UNN"), {"Sunny"}),
            (PlaylistQuestion(filled=True), {"Rainy Élan", "Sunny"}),
            (PlaylistQuestion(filled=False), {"Empty"}),
            (PlaylistQuestion(track=guest), {"Sunny"}),
            (PlaylistQuestion(album=self.album), {"Rainy Élan"}),
            (PlaylistQuestion(artist=self.artist), {"Rainy Élan", "Sunny"}),
            (PlaylistQuestion(artist=other), {"Sunny"}),
            (PlaylistQuestion(scope=("me",)), {"Rainy Élan"}),
            (PlaylistQuestion(scope=("actor:bob@pod.example",)), {"Sunny", "Empty"}),
            (PlaylistQuestion(scope=("me", "actor:bob@pod.example")), {"Rainy Élan", "Sunny", "Empty"}),
            (PlaylistQuestion(scope=("domain:far.example",)), set()),
            (PlaylistQuestion(scope=("domain:pod.example", "nonsense")), {"Rainy Élan", "Sunny", "Empty"}),
            (PlaylistQuestion(scope=("subscribed",)), set()),
            (PlaylistQuestion(scope=("all",)), {"Rainy Élan", "Sunny", "Empty"}),
        ):
            self.assertEqual(names, set(await self.names(self.alice, question)), question)
        for question in (PlaylistQuestion(track=999), PlaylistQuestion(album=999), PlaylistQuestion(artist=999)):
            with self.assertRaises(Invalid):
                await self.names(self.alice, question)

    async def test_orders_and_pages(self) -> None:
        """What changed last comes first; unknown words are no order."""
        await self.begun()
        for name in ("Bravo", "alpha", "Charlie"):
            await self.a_playlist(name=name)
        first = (await self.playlists.page(self.alice, PlaylistQuestion(), 50, 0)).playlists[-1]
        await self.playlists.add(self.alice, first.id, [self.tracks[0]])
        by_name = PlaylistQuestion(ordering=(("name", False),))
        self.assertEqual(["alpha", "Bravo", "Charlie"], await self.names(self.alice, by_name))
        down = PlaylistQuestion(ordering=(("nonsense", False), ("name", True)))
        self.assertEqual(["Charlie", "Bravo", "alpha"], await self.names(self.alice, down))
        self.assertEqual(["Bravo", "Charlie", "alpha"], await self.names(self.alice))
        page = await self.playlists.page(self.alice, by_name, 1, 1)
        self.assertEqual((["Bravo"], 3), ([one.name for one in page.playlists], page.count))

    async def test_who_leaves_takes_them_along(self) -> None:
        """An account's end is its playlists' end."""
        await self.begun()
        await self.a_playlist(level=Privacy.EVERYONE)
        await self.run_in(people.bury_account, self.alice.actor_id)
        self.assertEqual([], await self.names(VISITOR))
