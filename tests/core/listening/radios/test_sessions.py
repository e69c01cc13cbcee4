"""What each kind of radio plays, and to whom; nothing is ever played twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from attrs import evolve
from twisted.internet.defer import Deferred, DeferredList

from fwtwisted.db.jobs import Job
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.music import Kind
from fwtwisted.model.people import VISITOR, Privacy
from fwtwisted.model.playlists import PlaylistWish
from fwtwisted.model.radios import (
    ByArtists,
    ByPlaylists,
    Join,
    NoMoreTracks,
    NoSuchSession,
    NotYourSession,
    RadioType,
    RadioWish,
    SessionWish,
)
from tests.core.listening.radios.case import RadioCase

NOBODYS = ("favorites", "random_library", "less-listened", "less-listened_library")


class KindTests(RadioCase):
    """The table of docs/api.md §4.13."""

    async def test_random_plays_all_music_that_may_be_played(self) -> None:
        """No podcasts, nothing out of reach, no artist that the listener hides."""
        await self.begun()
        heard = await self.some(5)
        hidden = await self.some(2, await self.an_artist("Hidden"))
        secret = await self.some(1, library=self.secret)
        await self.some(2, await self.an_artist("Talk", content_category="podcast"))
        await self.a_track("Without a file", self.artist)
        await self.an_upload(self.library, await self.a_track("Broken", self.artist), status="errored")
        self.assertEqual({*heard, *hidden, *secret}, set(await self.played(RadioType.RANDOM)))
        self.assertEqual({*heard, *hidden}, set(await self.played(RadioType.RANDOM, viewer=self.bob)))
        await self.do(
            "INSERT INTO content_filter (account_id, artist_id) SELECT %s, artist_id FROM track WHERE id = %s",
            self.bob.account_id, hidden[0],
        )  # fmt: skip
        self.assertEqual(set(heard), set(await self.played(RadioType.RANDOM, viewer=self.bob)))

    async def test_own_library(self) -> None:
        """What the listener put into libraries of their own."""
        await self.begun()
        await self.some(2)
        assert self.bob.actor_id is not None
        mine = await self.some(2, library=await self.a_library(self.bob.actor_id, "me"))
        await self.changed("libraries")
        self.assertEqual(set(mine), set(await self.played(RadioType.RANDOM_LIBRARY, viewer=self.bob)))
        self.assertEqual(set(mine), set(await self.played(RadioType.LESS_LISTENED_LIBRARY, viewer=self.bob)))

    async def test_favourites_follow_the_heart(self) -> None:
        """Those of the listener, also those made while the radio plays."""
        await self.begun()
        first, second, other, third = await self.some(4)
        for actor, track in ((self.alice, first), (self.alice, second), (self.bob, other)):
            await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", actor.actor_id, track)
        session = await self.session(RadioType.FAVORITES)
        self.assertEqual({first, second}, set(await self.all_of(session)))
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", self.alice.actor_id, third)
        given = await self.sessions.next(self.alice, None, session)
        self.assertEqual([(3, third)], [(item.position, item.track_id) for item in given.items])

    async def test_less_listened_begins_with_the_unheard(self) -> None:
        """Then what was heard once, and so on; what others hear does not count."""
        await self.begun()
        tracks = await self.some(6)
        for times, track in enumerate(tracks):
            for _ in range(times // 2):
                await self.do("INSERT INTO listening (actor_id, track_id) VALUES (%s, %s)", self.alice.actor_id, track)
            await self.do("INSERT INTO listening (actor_id, track_id) VALUES (%s, %s)", self.bob.actor_id, tracks[0])
        found = await self.played(RadioType.LESS_LISTENED)
        self.assertEqual([0, 0, 1, 1, 2, 2], [tracks.index(track) // 2 for track in found])

    async def test_recently_added(self) -> None:
        """Within thirty days."""
        await self.begun()
        new, old = await self.some(2)
        await self.do("UPDATE track SET creation_date = %s WHERE id = %s", self.now - timedelta(days=31), old)
        await self.do("UPDATE track SET creation_date = %s WHERE id = %s", self.now - timedelta(days=29), new)
        await self.changed()
        self.assertEqual([new], await self.played(RadioType.RECENTLY_ADDED))
        self.now += timedelta(days=2)
        self.assertEqual([], await self.played(RadioType.RECENTLY_ADDED))

    async def test_artist_tag_library_and_person(self) -> None:
        """What is about somebody or something."""
        await self.begun()
        mine = await self.some(2)
        guest = (await self.some(1, await self.an_artist("Other")))[0]
        await self.do("INSERT INTO track_credit VALUES (%s, 1, %s, 'Nova')", guest, self.artist)
        other = await self.an_artist("Third")
        album = await self.an_album("Tagged", other)
        on_album = await self.a_track("On it", other, album)
        await self.an_upload(self.secret, on_album)
        by_tagged = (await self.some(1, await self.an_artist("Fourth")))[0]
        await self.tag("track", mine[0], "Ambient")
        await self.tag("album", album, "ambient")
        await self.do(
            "INSERT INTO artist_tag SELECT artist_id, (SELECT id FROM tag) FROM track WHERE id = %s", by_tagged
        )
        await self.changed()
        public: UUID = await self.value("SELECT uuid FROM library WHERE id = %s", self.library)
        for kind, related, tracks in (
            (RadioType.ARTIST, self.artist, {*mine, guest}),
            (RadioType.TAG, "AMBIENT", {mine[0], on_album, by_tagged}),
            (RadioType.LIBRARY, public, {*mine, guest, by_tagged}),
            (RadioType.ACTOR_CONTENT, "alice@pod.example", {*mine, guest, on_album, by_tagged}),
            (RadioType.ACTOR_CONTENT, "@Bob@POD.example", set()),
        ):
            self.assertEqual(tracks, set(await self.played(kind, related)), kind)
        self.assertEqual({mine[0], by_tagged}, set(await self.played(RadioType.TAG, "ambient", self.bob)))
        whose = await self.played(RadioType.ACTOR_CONTENT, "alice@pod.example", self.bob)
        self.assertEqual({*mine, guest, by_tagged}, set(whose))

    async def test_similar_begins_with_the_most_similar(self) -> None:
        """Shared tags, the same artist, people who love both: more points come first; nothing without any."""
        await self.begun()
        (seed,) = await self.some(1)
        far = await self.an_artist("Far")
        two_tags, one_tag, loved, nothing = await self.some(4, far)
        (same,) = await self.some(1)
        for track, names in ((seed, ("a", "b", "c")), (two_tags, ("a", "b")), (one_tag, ("c", "z")), (nothing, ("z",))):
            await self.tag("track", track, *names)
        for track in (seed, loved, nothing):
            await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", self.bob.actor_id, track)
        await self.do("DELETE FROM favorite WHERE track_id = %s", nothing)
        await self.changed()
        found = await self.pools.similar(self.alice, Kind.TRACK, seed, 50)
        self.assertEqual([two_tags, same, one_tag, loved], found)
        self.assertEqual(set(found), set(await self.played(RadioType.SIMILAR, seed)))
        await self.do("UPDATE account SET privacy_level = 'me'")
        await self.changed()
        self.assertEqual([two_tags, same, one_tag], await self.pools.similar(self.alice, Kind.TRACK, seed, 50))
        self.assertEqual([], await self.pools.similar(self.alice, Kind.TRACK, 999, 50))
        of_artist = await self.pools.similar(self.alice, Kind.ARTIST, self.artist, 2)
        self.assertEqual([seed, two_tags], of_artist)

    async def test_own_radios_and_filters(self) -> None:
        """Somebody else's only when public; private playlists hold nothing for others."""
        await self.begun()
        mine, other = await self.some(2), await self.some(2, await self.an_artist("Other"))
        held = await self.playlists.create(self.alice, PlaylistWish("Mix", Privacy.ME), other)
        filters = (ByArtists((self.artist,)), ByPlaylists((held.playlists[0].id,), join=Join.OR))
        made = await self.radios.create(self.alice, RadioWish("Mine", "", False, filters))
        id = made.radios[0].id
        wish = SessionWish(RadioType.CUSTOM, custom_radio=id)
        begun = await self.sessions.begin(self.alice, None, wish)
        self.assertEqual({*mine, *other}, set(await self.all_of(begun.session.id)))
        with self.assertRaises(Invalid):
            await self.sessions.begin(self.bob, None, wish)
        await self.radios.change(self.alice, id, {"is_public": True})
        begun = await self.sessions.begin(self.bob, None, wish)
        self.assertEqual(set(mine), set(await self.all_of(begun.session.id, self.bob)))
        config = {"type": "artist", "ids": [str(self.artist)], "not": True}
        several = SessionWish(
            RadioType.CUSTOM_MULTIPLE, filters=(ByArtists((self.artist,), negated=True),), config=config
        )
        begun = await self.sessions.begin(self.alice, None, several)
        self.assertEqual(config, begun.session.config)
        self.assertEqual(set(other), set(await self.all_of(begun.session.id)))

    async def test_what_is_not_there_is_told(self) -> None:
        """In words, whatever the kind; also what only others may see."""
        await self.begun()
        await self.some(1)
        secret: UUID = await self.value("SELECT uuid FROM library WHERE id = %s", self.secret)
        for kind in RadioType:
            for related in ("999", "nonsense", "no@body.example", "6b1d1a1c-0000-4000-8000-000000000000", secret, None):
                if kind.value.startswith(("random", "recent", "less")) or kind is RadioType.FAVORITES:
                    continue
                with self.assertRaises(Invalid) as caught:
                    await self.session(kind, related, self.bob)
                self.assertEqual(["non_field_errors"], list(caught.exception.problems), kind)
        for name in NOBODYS:
            with self.assertRaises(Invalid):
                await self.session(RadioType(name), viewer=VISITOR)


class SessionTests(RadioCase):
    """Who listens, and what comes next."""

    async def test_a_session_is_its_listeners_alone(self) -> None:
        """Others are refused; a visitor is known by the cookie."""
        await self.begun()
        await self.some(3)
        session = await self.session(RadioType.RANDOM)
        for viewer in (self.bob, VISITOR):
            with self.assertRaises(NotYourSession):
                await self.sessions.next(viewer, "x", session)
            with self.assertRaises(NotFound):
                await self.sessions.one(viewer, "x", session)
        self.assertEqual(session, (await self.sessions.one(self.alice, None, session)).id)
        with self.assertRaises(NoSuchSession):
            await self.sessions.next(self.alice, None, 999)
        with self.assertRaises(NotFound):
            await self.sessions.one(self.alice, None, 999)

    async def test_many_begin_at_once(self) -> None:
        """Each has a session of their own; who wishes for what is not there is told so alone."""
        await self.begun()
        await self.some(3)
        random = SessionWish(RadioType.RANDOM)
        asked = [(self.alice, random), (self.bob, random), (VISITOR, random), (self.alice, random)]
        asked.insert(2, (self.bob, SessionWish(RadioType.CUSTOM, custom_radio=999)))
        found = await DeferredList(
            [Deferred.fromCoroutine(self.sessions.begin(viewer, None, wish)) for viewer, wish in asked],
            consumeErrors=True,
        )
        refused: Any = found.pop(2)
        self.assertTrue(refused[1].check(Invalid))
        begun = [one for _, one in found]
        self.assertEqual(4, len({one.session.id for one in begun}))
        whose = [one.session.account_id for one in begun]
        self.assertEqual([self.alice.account_id, self.bob.account_id, None, self.alice.account_id], whose)
        self.assertEqual([False, False, True, False], [one.key is not None for one in begun])

    async def test_a_visitor_keeps_the_cookie(self) -> None:
        """One that they have serves for further sessions; one that nobody gave is replaced."""
        await self.begun()
        await self.some(3)
        wish = SessionWish(RadioType.RANDOM)
        begun = await self.sessions.begin(VISITOR, "made up", wish)
        assert begun.key is not None
        self.assertNotEqual("made up", begun.key)
        again = await self.sessions.begin(VISITOR, begun.key, wish)
        self.assertIsNone(again.key)
        for session in (begun.session.id, again.session.id):
            self.assertEqual(3, len(await self.all_of(session, VISITOR, begun.key)))
            with self.assertRaises(NotYourSession):
                await self.sessions.next(VISITOR, None, session)
            with self.assertRaises(NotYourSession):
                await self.sessions.next(self.alice, "other", session)
        await self.do("DELETE FROM session")
        with self.assertRaises(NoSuchSession):
            await self.sessions.next(VISITOR, begun.key, begun.session.id)

    async def test_two_at_once_get_different_tracks(self) -> None:
        """Twelve ask for one of ten: ten get one each, two hear that there are no more."""
        await self.begun()
        tracks = await self.some(10)
        session = await self.session(RadioType.RANDOM)
        asked = [Deferred.fromCoroutine(self.sessions.next(self.alice, None, session)) for _ in range(12)]
        told: list[tuple[bool, Any]] = await DeferredList(asked, consumeErrors=True)
        given = [result.items[0] for well, result in told if well]
        self.assertEqual(sorted(tracks), sorted(item.track_id for item in given))
        self.assertEqual(list(range(1, 11)), sorted(item.position for item in given))
        self.assertEqual([NoMoreTracks] * 2, [failure.type for well, failure in told if not well])

    async def test_several_in_a_bundle(self) -> None:
        """As many as are left, then none; a bundle has its limit."""
        await self.begun()
        tracks = await self.some(60)
        session = await self.session(RadioType.RANDOM)
        first = await self.sessions.next(self.alice, None, session, 1_000)
        self.assertEqual(list(range(1, 51)), [item.position for item in first.items])
        second = await self.sessions.next(self.alice, None, session, 20)
        self.assertEqual(list(range(51, 61)), [item.position for item in second.items])
        self.assertEqual(sorted(tracks), sorted(item.track_id for item in (*first.items, *second.items)))
        with self.assertRaises(NoMoreTracks):
            await self.sessions.next(self.alice, None, session, 1)

    async def test_new_music_comes_into_a_running_session(self) -> None:
        """And what is gone is not given."""
        await self.begun()
        one, two = await self.some(2)
        session = await self.session(RadioType.RANDOM)
        await self.sessions.next(self.alice, None, session)
        await self.do("DELETE FROM track WHERE id IN (%s, %s)", one, two)
        (new,) = await self.some(1)
        given = await self.sessions.next(self.alice, None, session)
        self.assertEqual([(2, new)], [(item.position, item.track_id) for item in given.items])

    async def test_a_radio_that_lost_its_subject_ends(self) -> None:
        """As if everything had been played."""
        await self.begun()
        await self.some(2)
        session = await self.session(RadioType.ARTIST, self.artist)
        await self.do("DELETE FROM artist")
        await self.changed()
        self.assertEqual([], await self.all_of(session))

    async def test_more_music_than_is_kept(self) -> None:
        """Of more, so many are drawn at random."""
        await self.begun(longest=5)
        tracks = await self.some(12)
        found = await self.played(RadioType.RANDOM)
        self.assertEqual(5, len(found))
        self.assertLessEqual(set(found), set(tracks))

    async def test_rights_that_end_end_the_music(self) -> None:
        """What may no longer be played does not come next."""
        await self.begun()
        await self.some(3)
        session = await self.session(RadioType.RANDOM, viewer=self.bob)
        await self.sessions.next(self.bob, None, session)
        await self.do("UPDATE library SET privacy_level = 'me'")
        await self.changed("libraries")
        with self.assertRaises(NoMoreTracks):
            await self.sessions.next(self.bob, None, session)
        remote = evolve(self.bob, is_local=False)
        with self.assertRaises(NoMoreTracks):
            await self.sessions.next(remote, None, session)

    async def test_old_sessions_are_forgotten(self) -> None:
        """Thirty days after the last track."""
        await self.begun()
        await self.some(1)
        old, new = await self.session(RadioType.RANDOM), await self.session(RadioType.RANDOM)
        await self.do("UPDATE radio_session SET last_used = now() - interval '31 days' WHERE id = %s", old)
        (name,) = self.sessions.schedules()
        await self.sessions.jobs()[name].run(Job(1, name, None, {}, 1, 0, 1, self.now))
        self.assertEqual([new], await self.value("SELECT array_agg(id) FROM radio_session"))
