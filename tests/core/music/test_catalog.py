"""Browsing: which objects a question finds, in what order, and for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

from attrs import evolve

from fwtwisted.core.music.catalog import Catalog
from fwtwisted.core.music.orders import Orders, OrderSettings
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.model.errors import BadRequest, Invalid, NotFound
from fwtwisted.model.music import Compare, Kind, NameFilter, Ordered
from fwtwisted.model.people import VISITOR, Viewer
from fwtwisted.model.questions import Question
from tests.music import MusicCase


class CatalogCase(MusicCase):
    """A catalog over an empty pod."""

    settings = OrderSettings()

    def setUp(self) -> None:
        super().setUp()
        self.catalog = Catalog(self.database, Visibility(self.database), Orders(self.settings), Shelves())

    async def titles(self, question: Question, *order: Ordered, viewer: Viewer = VISITOR) -> list[str]:
        """Titles of the tracks found."""
        found = await self.catalog.tracks(viewer, question, order, 50, 0)
        self.assertEqual(len(found.tracks), found.count)
        return [track.title for track in found.tracks]

    async def names(self, question: Question, *order: Ordered, viewer: Viewer = VISITOR) -> list[str]:
        """Names of the artists found."""
        found = await self.catalog.artists(viewer, question, order, 50, 0)
        return [found.shelf.artists[id].name for id in found.ids]

    async def albums(self, question: Question, *order: Ordered, viewer: Viewer = VISITOR) -> list[str]:
        """Titles of the albums found."""
        found = await self.catalog.albums(viewer, question, order, 50, 0)
        return [found.shelf.albums[id].title for id in found.ids]


class FindingTests(CatalogCase):
    """Each parameter of docs/api.md §4.8."""

    async def a_small_shop(self) -> None:
        """Two artists, three albums, five tracks."""
        self.nova = await self.an_artist("Nova Kestrel", creation_date=datetime(2026, 1, 1, tzinfo=UTC))
        self.ecole = await self.an_artist("École du Son", creation_date=datetime(2026, 1, 2, tzinfo=UTC))
        self.slow = await self.an_album("Slow Harbour", self.nova, release_date=date(2020, 5, 1))
        self.fast = await self.an_album("Fast Trains", self.nova, release_date=date(2022, 5, 1))
        self.nuit = await self.an_album("Nuit", self.ecole)
        self.first = await self.a_track("First Light", self.nova, self.slow, position=1, disc_number=1)
        self.second = await self.a_track("Second Wind", self.nova, self.slow, position=2, disc_number=1)
        self.other = await self.a_track("Another Disc", self.nova, self.slow, position=1, disc_number=2)
        self.train = await self.a_track("Express", self.nova, self.fast, license="cc-by-4.0")
        self.lune = await self.a_track("Clair de Lune", self.ecole, self.nuit)

    async def test_words_are_found_in_all_three_names(self) -> None:
        """Every word must begin a word of the title, the artist or the album; accents and case do not matter."""
        await self.a_small_shop()
        self.assertEqual(["First Light"], await self.titles(Question(q="first")))
        self.assertEqual(["Clair de Lune"], await self.titles(Question(q="ECOLE lun")))
        self.assertEqual(["Express"], await self.titles(Question(q="kest trains")))
        self.assertEqual([], await self.titles(Question(q="first lune")))
        self.assertEqual(["Nuit"], await self.albums(Question(q="école")))
        self.assertEqual(["École du Son"], await self.names(Question(q="eco")))

    async def test_signs_of_the_query_language_are_no_danger(self) -> None:
        """Whatever people type, they get an answer; nothing but signs finds nothing."""
        await self.a_small_shop()
        for text in ("first & (", "first:*", "!first", "'first\\", "first | light", "fir*"):
            self.assertIn("First Light", await self.titles(Question(q=text)), text)
        for text in ("&", "'", "(", "!!!", ":*", "%", "\\"):
            self.assertEqual([], await self.titles(Question(q=text)), text)

    async def test_a_quoted_query_is_passed_raw(self) -> None:
        """Between double quotes PostgreSQL's own language is spoken; what it cannot read is told."""
        await self.a_small_shop()
        self.assertEqual(["First Light"], await self.titles(Question(q='"first & !wind"')))
        with self.assertRaises(BadRequest):
            await self.titles(Question(q='"first &"'))

    async def test_by_artist_and_album(self) -> None:
        """Tracks of an artist are those by them, on their albums, or with a credit; unknown ones are an error."""
        await self.a_small_shop()
        guest = await self.a_track("Duet", self.ecole, self.fast)
        await self.do("INSERT INTO track_credit VALUES (%s, 1, %s, 'Nova', '')", self.lune, self.nova)
        found = await self.titles(Question(artist=self.nova))
        self.assertEqual({"First Light", "Second Wind", "Another Disc", "Express", "Duet", "Clair de Lune"}, set(found))
        self.assertEqual({"Express", "Duet"}, set(await self.titles(Question(album=self.fast))))
        self.assertEqual(["Nuit"], await self.albums(Question(artist=self.ecole)))
        for question in (Question(artist=999_999), Question(album=999_999)):
            with self.assertRaises(Invalid):
                await self.titles(question)
        self.assertTrue(guest)

    async def test_exact_filters(self) -> None:
        """Ids, licence, names, MusicBrainz ids, albums or none."""
        await self.a_small_shop()
        mbid = uuid4()
        await self.do("UPDATE artist SET mbid = %s WHERE id = %s", mbid, self.nova)
        nobody = await self.an_artist("Nobody")
        self.assertEqual(["Express"], await self.titles(Question(license="cc-by-4.0")))
        self.assertEqual(2, len(await self.titles(Question(ids=(self.first, self.train, 77)))))
        for how, text in (
            (Compare.EXACT, "Express"),
            (Compare.IEXACT, "eXPRESS"),
            (Compare.STARTSWITH, "Expr"),
            (Compare.ICONTAINS, "PRES"),
        ):
            self.assertEqual(["Express"], await self.titles(Question(names=(NameFilter(how, text),))))
        self.assertEqual([], await self.titles(Question(names=(NameFilter(Compare.ICONTAINS, "%"),))))
        self.assertEqual(["Nova Kestrel"], await self.names(Question(mbid=mbid)))
        self.assertEqual(["Nobody"], await self.names(Question(has_albums=False)))
        self.assertNotIn("Nobody", await self.names(Question(has_albums=True)))
        self.assertTrue(nobody)

    async def test_orders(self) -> None:
        """Every order that is offered sorts; ties are broken the same way always."""
        await self.a_small_shop()
        by_name = await self.names(Question(), Ordered("name"))
        self.assertEqual(["École du Son", "Nova Kestrel"], by_name)
        self.assertEqual(by_name[::-1], await self.names(Question(), Ordered("name", descending=True)))
        on_album = await self.titles(Question(album=self.slow), Ordered("disc_number"), Ordered("position"))
        self.assertEqual(["First Light", "Second Wind", "Another Disc"], on_album)
        self.assertEqual(
            ["Fast Trains", "Slow Harbour", "Nuit"], await self.albums(Question(), Ordered("release_date", True))
        )
        for kind, ask in ((Kind.ARTIST, self.names), (Kind.ALBUM, self.albums), (Kind.TRACK, self.titles)):
            from_table = await self.catalog_orders(kind)
            for name in from_table:
                for down in (False, True):
                    self.assertTrue(await ask(Question(), Ordered(name, down)), (kind, name))

    async def catalog_orders(self, kind: Kind) -> tuple[str, ...]:
        """Names of all orders of a kind."""
        return ORDERS[kind]

    async def test_tags_and_kin(self) -> None:
        """Several tags must all be there; related objects share a tag, the nearest first on demand."""
        await self.a_small_shop()
        await self.tag("track", self.first, "Ambient", "Sea", "Dawn")
        await self.tag("track", self.second, "Ambient", "Sea")
        await self.tag("track", self.train, "ambient")
        self.assertEqual(2, len(await self.titles(Question(tags=("ambient", "sea")))))
        near = await self.titles(Question(related=self.first), Ordered("related", descending=True))
        self.assertEqual(["Second Wind", "Express"], near)

    async def test_paging(self) -> None:
        """Pages neither repeat nor skip, and all tell the same count."""
        artist = await self.an_artist("A")
        made = [await self.a_track(f"T{n}", artist) for n in range(23)]
        seen: list[int] = []
        for offset in range(0, 30, 10):
            page = await self.catalog.tracks(VISITOR, Question(), [Ordered("title")], 10, offset)
            self.assertEqual(23, page.count)
            seen += [track.id for track in page.tracks]
        self.assertEqual(sorted(made), sorted(seen))

    async def test_one_of_each(self) -> None:
        """Details carry what they refer to; unknown ids are not found."""
        await self.a_small_shop()
        track, shelf = await self.catalog.track(VISITOR, self.first)
        self.assertEqual("Nova Kestrel", shelf.artists[track.artist_id].name)
        album, shelf = await self.catalog.album(VISITOR, self.slow)
        self.assertEqual(3, shelf.album_facts[album.id].tracks_count)
        artist, shelf = await self.catalog.artist(VISITOR, self.nova)
        self.assertEqual({self.slow, self.fast}, set(shelf.albums_of[artist.id]))
        for ask in (self.catalog.track, self.catalog.album, self.catalog.artist):
            with self.assertRaises(NotFound):
                await ask(VISITOR, 999_999)

    async def test_suggestions(self) -> None:
        """The small search gives the shortest names first, three of each kind."""
        await self.a_small_shop()
        for title in ("Light", "Lighter", "Lightest of All"):
            await self.a_track(title, self.nova)
        found = await self.catalog.suggestions("light")
        self.assertEqual(["Light", "Lighter", "First Light"], [track.title for track in found.tracks.tracks])
        with self.assertRaises(BadRequest):
            await self.catalog.suggestions("  ")


ORDERS = {
    Kind.ARTIST: ("id", "name", "creation_date", "modification_date", "random", "related"),
    Kind.ALBUM: ("creation_date", "release_date", "title", "artist__modification_date", "random", "related"),
    Kind.TRACK: (
        "creation_date", "title", "album__title", "album__release_date", "size", "position", "disc_number",
        "artist__name", "artist__modification_date", "random", "related",
    ),
}  # fmt: skip


class RightsTests(CatalogCase):
    """What may be played, by whom."""

    async def a_shop_with_doors(self) -> None:
        """One track in each kind of library of somebody's."""
        self.owner = await self.a_viewer("owner")
        assert self.owner.actor_id is not None
        self.artist = await self.an_artist("A")
        self.libraries = {
            level: await self.a_library(self.owner.actor_id, level) for level in ("me", "instance", "everyone")
        }
        for level, library in self.libraries.items():
            await self.an_upload(library, await self.a_track(level, self.artist))
        await self.a_track("nowhere", self.artist)

    async def test_playable_means_for_this_viewer(self) -> None:
        """Only what lies in a library that the viewer may look into is playable."""
        await self.a_shop_with_doors()
        neighbour = await self.a_viewer("neighbour")
        playable = Question(playable=True)
        self.assertEqual({"everyone"}, set(await self.titles(playable)))
        self.assertEqual({"everyone", "instance"}, set(await self.titles(playable, viewer=neighbour)))
        self.assertEqual({"everyone", "instance", "me"}, set(await self.titles(playable, viewer=self.owner)))
        self.assertIn("nowhere", await self.titles(Question(playable=False), viewer=self.owner))
        self.assertEqual(["A"], await self.names(playable))

    async def test_uploads_are_shown_to_those_who_may_play_them(self) -> None:
        """A track names the files that its viewer may play, and no others."""
        await self.a_shop_with_doors()
        found = await self.catalog.tracks(VISITOR, Question(), [], 50, 0)
        shown = {track.title: len(found.shelf.uploads.get(track.id, ())) for track in found.tracks}
        self.assertEqual({"me": 0, "instance": 0, "everyone": 1, "nowhere": 0}, shown)

    async def test_unfinished_uploads_are_not_played(self) -> None:
        """Pending, errored and draft files are nobody's music; skipped ones are."""
        owner = await self.an_actor("owner")
        library = await self.a_library(owner, "everyone")
        artist = await self.an_artist("A")
        for status in ("pending", "errored", "draft", "finished", "skipped"):
            await self.an_upload(library, await self.a_track(status, artist), status)
        self.assertEqual({"finished", "skipped"}, set(await self.titles(Question(playable=True))))

    async def test_a_library_filter_opens_no_door(self) -> None:
        """Asking for a private library by its uuid shows nothing of it."""
        await self.a_shop_with_doors()
        uuid = await self.value("SELECT uuid FROM library WHERE id = %s", self.libraries["me"])
        self.assertEqual([], await self.titles(Question(library=uuid)))
        self.assertEqual(["me"], await self.titles(Question(library=uuid), viewer=self.owner))
        self.assertEqual([], await self.titles(Question(library=uuid4()), viewer=self.owner))

    async def test_scopes(self) -> None:
        """``me``, ``subscribed``, ``actor:``, ``domain:``; several are joined; nonsense finds nothing."""
        await self.a_shop_with_doors()
        follower = await self.a_viewer("follower")
        assert follower.actor_id is not None
        await self.a_follow(follower.actor_id, library=self.libraries["me"])
        await self.changed("libraries")

        async def scoped(*words: str, viewer: Viewer = follower) -> set[str]:
            return set(await self.titles(Question(scope=words), viewer=viewer))

        self.assertEqual({"me", "instance", "everyone"}, await scoped("me", viewer=self.owner))
        self.assertEqual(set(), await scoped("me"))
        self.assertEqual({"me"}, await scoped("subscribed"))
        self.assertEqual({"everyone"}, await scoped("actor:owner@pod.example", viewer=VISITOR))
        self.assertEqual({"everyone", "instance", "me"}, await scoped("domain:pod.example"))
        self.assertEqual({"me"}, await scoped("me", "subscribed", "nonsense"))
        self.assertEqual(set(), await scoped("nonsense"))
        self.assertEqual(set(), await scoped("actor:nobody@pod.example"))
        self.assertIn("nowhere", await scoped("all"))

    async def test_hidden_artists(self) -> None:
        """What somebody hid is left out for them, shown alone on demand, and there for all others."""
        viewer = await self.a_viewer("picky")
        loud = await self.an_artist("Loud")
        await self.a_track("Noise", loud)
        await self.a_track("Calm", await self.an_artist("Quiet"))
        await self.do("INSERT INTO content_filter (account_id, artist_id) VALUES (%s, %s)", viewer.account_id, loud)
        self.assertEqual(["Calm"], await self.titles(Question(), viewer=viewer))
        self.assertEqual(["Noise"], await self.titles(Question(hidden=True), viewer=viewer))
        self.assertEqual({"Calm", "Noise"}, set(await self.titles(Question(hidden=None), viewer=viewer)))
        self.assertEqual({"Calm", "Noise"}, set(await self.titles(Question())))

    async def test_favorites_alone(self) -> None:
        """``favorites=true`` lists the viewer's own, and nothing for a visitor."""
        viewer = await self.a_viewer("fan")
        artist = await self.an_artist("A")
        loved, _ = await self.a_track("Loved", artist), await self.a_track("Not", artist)
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", viewer.actor_id, loved)
        self.assertEqual(["Loved"], await self.titles(Question(favorites=True), viewer=viewer))
        self.assertEqual([], await self.titles(Question(favorites=True)))


class KeptTests(CatalogCase):
    """Orders and counts are kept, and never a moment too long."""

    async def test_a_change_is_seen_at_once(self) -> None:
        """What a committed write added or removed shows in the next list."""
        artist = await self.an_artist("A")
        await self.a_track("One", artist)
        self.assertEqual(["One"], await self.titles(Question()))
        await self.a_track("Two", artist)
        await self.changed("catalog")
        self.assertEqual({"One", "Two"}, set(await self.titles(Question())))

    async def test_kept_orders_are_nobody_elses(self) -> None:
        """After the owner asked, a visitor with the same question is not shown the owner's answer."""
        owner = await self.a_viewer("owner")
        assert owner.actor_id is not None
        library = await self.a_library(owner.actor_id, "me")
        await self.an_upload(library, await self.a_track("Private", await self.an_artist("A")))
        question = Question(playable=True)
        self.assertEqual(["Private"], await self.titles(question, viewer=owner))
        self.assertEqual([], await self.titles(question))
        scoped = evolve(question, playable=None, scope=("actor:owner@pod.example",))
        self.assertEqual(["Private"], await self.titles(scoped, viewer=owner))
        self.assertEqual([], await self.titles(scoped))

    async def test_a_closed_library_is_closed_at_once(self) -> None:
        """When an owner makes a library private, the next list knows."""
        owner = await self.an_actor("owner")
        library = await self.a_library(owner, "everyone")
        await self.an_upload(library, await self.a_track("Open", await self.an_artist("A")))
        self.assertEqual(["Open"], await self.titles(Question(playable=True)))
        await self.do("UPDATE library SET privacy_level = 'me'")
        await self.changed("libraries")
        self.assertEqual([], await self.titles(Question(playable=True)))


class LongListTests(FindingTests):
    """The same promises when orders are too long to be kept."""

    settings = OrderSettings(longest=2, most_ids=10)


class UnkeptListTests(FindingTests):
    """The same promises when nothing is kept."""

    settings = OrderSettings(most_ids=0)


class AwayTests(CatalogCase):
    """Works of servers that are away or silenced: docs/federation.md §5.7 and §6."""

    async def test_works_from_there(self) -> None:
        """Nobody meets them by chance; who follows what is silenced does; all do when the server is back."""
        owner = await self.an_actor("owner", "away.example")
        library = await self.a_library(owner, "everyone")
        fid = "https://away.example/federation/music/"
        artist = await self.an_artist("Stranger", fid=f"{fid}artists/1")
        album = await self.an_album("Strange", artist, fid=f"{fid}albums/1")
        await self.an_upload(library, await self.a_track("Strangely", artist, album, fid=f"{fid}tracks/1"))
        await self.a_track("Bound", artist, album, attributed_to_id=owner)
        fan, guest = await self.a_viewer("fan"), await self.a_viewer("guest")
        await self.a_follow(fan.the_actor, library=library)

        async def met(viewer: Viewer) -> tuple[list[str], list[str], list[str]]:
            return (
                await self.names(Question(), viewer=viewer),
                await self.albums(Question(), viewer=viewer),
                await self.titles(Question(), Ordered("title"), viewer=viewer),
            )

        every = (["Stranger"], ["Strange"], ["Bound", "Strangely"])
        self.assertEqual(every, await met(guest))
        for change, back, seen in (
            ("reachable = false", "reachable = true", ([], [], ["Bound"])),
            ("silenced = true", "silenced = false", (["Stranger"], ["Strange"], ["Bound", "Strangely"])),
        ):
            await self.do(f"UPDATE domain SET {change} WHERE name = 'away.example'")
            await self.changed("libraries")
            self.assertEqual(([], [], ["Bound"]), await met(guest), change)
            self.assertEqual(seen, await met(fan), change)
            found = await self.catalog.suggestions("strange")
            self.assertEqual([0, 0, 1], [len(found.artists.ids), len(found.albums.ids), len(found.tracks.tracks)])
            await self.do(f"UPDATE domain SET {back} WHERE name = 'away.example'")
            await self.changed("libraries")
            self.assertEqual(every, await met(guest))
        await self.do("UPDATE actor SET silenced = true WHERE id = %s", owner)
        await self.changed("libraries")
        self.assertEqual(["Strangely"], await self.titles(Question(), viewer=guest), "only what is theirs by name")
