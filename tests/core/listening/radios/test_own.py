"""Radios that people make: whose they are, what their filters find."""

from __future__ import annotations

from fwtwisted.model.errors import Invalid, NotFound, Unauthenticated
from fwtwisted.model.people import VISITOR, Privacy, Viewer
from fwtwisted.model.playlists import PlaylistWish
from fwtwisted.model.radios import RadioQuestion, RadioWish
from fwtwisted.wire import radio_filters
from tests.core.listening.radios.case import RadioCase


def by_genre(name: str) -> dict[str, object]:
    """Rules that take the songs of a genre."""
    return {"all": [{"is": {"genre": name}}]}


class OwnCase(RadioCase):
    """Short words."""

    async def a_radio(
        self, *filters: object, name: str = "Mine", owner: Viewer | None = None, public: bool = False
    ) -> int:
        """A radio's id."""
        wish = RadioWish(name, "for rain", public, radio_filters.read(list(filters)))
        return (await self.radios.create(owner or self.alice, wish)).radios[0].id

    async def names(self, viewer: Viewer, question: RadioQuestion | None = None) -> list[str]:
        """The names of the radios that are listed; the count agrees."""
        found = await self.radios.page(viewer, question or RadioQuestion(), 50, 0)
        self.assertEqual(len(found.radios), found.count)
        return [radio.name for radio in found.radios]

    async def found(self, *filters: object) -> set[int]:
        """What a radio of these filters plays."""
        page = await self.radios.tracks(self.alice, await self.a_radio(*filters), 50, 0)
        self.assertEqual(len(page.tracks), page.count)
        return {track.id for track in page.tracks}


class RadioTests(OwnCase):
    """The radios themselves."""

    async def test_own_and_public_ones_are_seen(self) -> None:
        """Private ones are not there for others, whatever they try."""
        await self.begun()
        secret, public = await self.a_radio(name="Secret"), await self.a_radio(name="Public", public=True)
        for viewer, names in ((self.alice, {"Secret", "Public"}), (self.bob, {"Public"}), (VISITOR, {"Public"})):
            self.assertEqual(names, set(await self.names(viewer)))
        for viewer in (self.bob, VISITOR):
            for attempt in (
                self.radios.one(viewer, secret),
                self.radios.tracks(viewer, secret, 10, 0),
                self.radios.change(viewer, public, {"name": "Stolen"}),
                self.radios.remove(viewer, public),
            ):
                with self.assertRaises(NotFound):
                    await attempt
        with self.assertRaises(Unauthenticated):
            await self.a_radio(owner=VISITOR)
        await self.radios.remove(self.alice, secret)
        self.assertEqual(["Public"], await self.names(self.alice))

    async def test_changes_are_of_what_is_named(self) -> None:
        """The rest stays; artists get their names."""
        await self.begun()
        id = await self.a_radio({"type": "artist", "ids": [self.artist]})
        (before,) = (await self.radios.one(self.alice, id)).radios
        self.assertEqual([{"type": "artist", "ids": [self.artist], "names": ["Nova"]}], before.config)
        (after,) = (await self.radios.change(self.alice, id, {"name": "New", "is_public": True})).radios
        self.assertEqual(
            ("New", True, before.config, "for rain"), (after.name, after.is_public, after.config, after.description)
        )
        (after,) = (await self.radios.change(self.alice, id, {"filters": (), "description": ""})).radios
        self.assertEqual(("New", [], ""), (after.name, after.config, after.description))

    async def test_words_names_scopes_and_orders(self) -> None:
        """As the lists of everything else."""
        await self.begun()
        await self.a_radio(name="Rainy Élan")
        await self.a_radio(name="alpha", owner=self.bob, public=True)
        for question, names in (
            (RadioQuestion(words=("elan",)), ["Rainy Élan"]),
            (RadioQuestion(words=("RAINY", "for")), ["Rainy Élan"]),
            (RadioQuestion(words=("%",)), []),
            (RadioQuestion(name="alpha"), ["alpha"]),
            (RadioQuestion(name_contains="LPH"), ["alpha"]),
            (RadioQuestion(name_starts="Rai"), ["Rainy Élan"]),
            (RadioQuestion(scope=("me",)), ["Rainy Élan"]),
            (RadioQuestion(scope=("actor:bob@pod.example",)), ["alpha"]),
            (RadioQuestion(scope=("domain:pod.example",)), ["alpha", "Rainy Élan"]),
            (RadioQuestion(scope=("nonsense",)), []),
            (RadioQuestion(), ["alpha", "Rainy Élan"]),
            (RadioQuestion(ordering=(("nonsense", True), ("name", True))), ["Rainy Élan", "alpha"]),
            (RadioQuestion(ordering=(("id", False),)), ["Rainy Élan", "alpha"]),
        ):
            self.assertEqual(names, await self.names(self.alice, question), question)


class FilterTests(OwnCase):
    """Sets of tracks."""

    async def test_filters_join_from_the_first_to_the_last(self) -> None:
        """With "and", "or", "not", and in groups."""
        await self.begun()
        a = self.artist
        b, c = await self.an_artist("B"), await self.an_artist("C")
        of_a, of_b, of_c = await self.some(2, a), await self.some(2, b), await self.some(2, c)
        tagged = {of_a[0], of_b[0], of_c[0]}
        for track in tagged:
            await self.tag("track", track, "Rock")
        mix = (await self.playlists.create(self.alice, PlaylistWish("Mix"), [of_a[1], of_b[1]])).playlists[0].id
        await self.changed()
        every = {*of_a, *of_b, *of_c}
        by_a, by_b = {"type": "artist", "ids": [a]}, {"type": "artist", "ids": [b]}
        rock, in_mix = {"type": "tag", "names": ["rock"]}, {"type": "playlist", "ids": [mix]}
        for filters, tracks in (
            ([], every),
            ([by_a], set(of_a)),
            ([{"type": "artist", "ids": [a, b]}], {*of_a, *of_b}),
            ([by_a | {"not": True}], every - set(of_a)),
            ([rock], tagged),
            ([in_mix], {of_a[1], of_b[1]}),
            ([by_a, rock], {of_a[0]}),
            ([by_a, rock | {"operator": "or"}], {*of_a, *tagged}),
            ([by_a, rock | {"not": True}], {of_a[1]}),
            ([by_a, by_b | {"operator": "or"}, rock], {of_a[0], of_b[0]}),
            ([rock, by_a, by_b | {"operator": "or"}], {of_a[0], *of_b}),
            ([rock, {"type": "group", "filters": [by_a, by_b | {"operator": "or"}]}], {of_a[0], of_b[0]}),
            ([{"type": "group", "not": True, "filters": [by_a, rock]}], every - {of_a[0]}),
            ([rock, {"type": "group", "filters": []}], tagged),
        ):
            self.assertEqual(tracks, await self.found(*filters), filters)

    async def test_a_change_of_a_playlist_is_heard(self) -> None:
        """Although the catalog is as it was."""
        await self.begun()
        one, two = await self.some(2)
        mix = (await self.playlists.create(self.alice, PlaylistWish("Mix"), [one])).playlists[0].id
        id = await self.a_radio({"type": "playlist", "ids": [mix]})
        for _ in range(2):
            self.assertEqual(1, (await self.radios.tracks(self.alice, id, 50, 0)).count)
        await self.playlists.add(self.alice, mix, [two])
        self.assertEqual(2, (await self.radios.tracks(self.alice, id, 50, 0)).count)

    async def test_playlists_that_rules_fill(self) -> None:
        """Their songs are found like those of others, as the listener would see them; a change of rules is heard."""
        await self.begun()
        one, two, three = await self.some(3)
        await self.tag("track", one, "Rock")
        await self.tag("track", two, "Calm")
        await self.changed()
        [smart] = (await self.playlists.create(self.alice, PlaylistWish("Rock", rules=by_genre("Rock")), [])).playlists
        [mix] = (await self.playlists.create(self.alice, PlaylistWish("Mix"), [three])).playlists
        both = {"type": "playlist", "ids": [smart.id, mix.id]}
        self.assertEqual({one, three}, await self.found(both))
        self.assertEqual({two}, await self.found(both | {"not": True}))
        await self.playlists.change(self.alice, smart.id, {"rules": by_genre("Calm")})
        self.assertEqual({two, three}, await self.found(both))

    async def test_pages_of_tracks(self) -> None:
        """By id, with what may be played."""
        await self.begun()
        tracks = await self.some(5)
        page = await self.radios.tracks(self.alice, await self.a_radio(), 2, 2)
        self.assertEqual((tracks[2:4], 5), ([track.id for track in page.tracks], page.count))
        self.assertEqual(1, len(page.shelf.uploads[tracks[2]]))

    async def test_trying_filters_out(self) -> None:
        """In the order that they came: what is wrong, or how many tracks and some of them."""
        await self.begun()
        tracks = await self.some(12)
        others = (await self.playlists.create(self.bob, PlaylistWish("Mine", Privacy.ME))).playlists[0].id
        good, unknown, broken, foreign = await self.radios.tried(
            self.alice,
            [
                {"type": "artist", "ids": [self.artist]},
                {"type": "artist", "ids": [999]},
                {"type": "nonsense"},
                {"type": "group", "filters": [{"type": "playlist", "ids": [others]}]},
            ],
        )
        assert good.found is not None
        self.assertEqual(
            ([], 12, tracks[:10]), (good.errors, good.found.count, [track.id for track in good.found.tracks])
        )
        self.assertEqual((["There is no artist 999."], None), (unknown.errors, unknown.found))
        self.assertEqual((['There is no filter of the type "nonsense".'], None), (broken.errors, broken.found))
        self.assertEqual(([f"There is no playlist {others}."], None), (foreign.errors, foreign.found))

    async def test_what_does_not_exist_is_not_saved(self) -> None:
        """Neither in a new radio nor in an old one."""
        await self.begun()
        id = await self.a_radio()
        missing = radio_filters.read([{"type": "group", "filters": [{"type": "artist", "ids": [999]}]}])
        with self.assertRaises(Invalid) as caught:
            await self.radios.change(self.alice, id, {"filters": missing})
        self.assertEqual({"config": ["There is no artist 999."]}, caught.exception.problems)
        with self.assertRaises(Invalid):
            await self.radios.create(self.alice, RadioWish("Bad", "", False, missing))
        self.assertEqual(["Mine"], await self.names(self.alice))
