"""Libraries of other servers, and the music in them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from twisted.internet.defer import CancelledError, Deferred

from fwtwisted.core.fediverse.remote.objects import Taken
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.model.errors import Invalid, ShutOut
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Library, Viewer
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import (
    ALICE,
    LIBRARY,
    OTHER_POD,
    POD,
    PUBLIC,
    Document,
    album,
    artist,
    changed,
    funkwhale_actor,
    library,
    library2,
    track,
    upload,
    upload2,
)
from tests.waiting import Stopwatch, until

MUSIC = """
    SELECT artist.name, album.title, track.title, upload.source IS NOT NULL, upload.import_status
      FROM upload JOIN track ON track.id = upload.track_id JOIN album ON album.id = track.album_id
      JOIN artist ON artist.id = track.artist_id
     ORDER BY upload.fid
"""


class ObjectsCase(RemoteCase):
    """With a public library of Alice's."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(funkwhale_actor(), library())
        self.library = await self.objects.take_library(library(), LIBRARY)

    async def take(self, *documents: Document) -> Taken:
        return await self.objects.take_many(documents, sender=self.library.owner, library=self.library)


class LibraryTests(RemoteCase):
    """What is kept of a library."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(funkwhale_actor())

    async def seen(self, actor: int | None) -> int:
        """How many libraries somebody sees into."""
        viewer = Viewer(actor_id=actor, is_local=actor is not None)
        return len(await Visibility(self.database).libraries(viewer))

    async def taken(self, document: Document) -> Library:
        return await self.objects.take_library(document, document["id"])

    async def test_both_kinds(self) -> None:
        """Funkwhale 1 and 2 write the same library."""
        one = await self.taken(library())
        two = await self.taken(library2())
        self.assertEqual((one.id, one.owner.fid, "My music", "everyone"), (two.id, ALICE, two.name, two.privacy_level))
        self.assertEqual(f"{LIBRARY}/followers", await self.value("SELECT followers_url FROM library"))

    async def test_privacy(self) -> None:
        """A public one is everybody's; any other is seen into by those whose follow was approved."""
        ada, bob = await self.an_actor("ada"), await self.an_actor("bob")
        public: list[Any] = [PUBLIC, "as:Public", ["Public"]]
        private: list[Any] = ["", "./", None, []]
        for audience in public:
            await self.taken(library(audience=audience))
            self.assertEqual((1, 1), (await self.seen(ada), await self.seen(None)))
        for audience in private:
            one = await self.taken(library(audience=audience))
            self.assertEqual(0, await self.seen(ada))
        await self.a_follow(ada, library=one.id)
        await self.changed("libraries")
        self.assertEqual((1, 0, 0), (await self.seen(ada), await self.seen(bob), await self.seen(None)))

    async def test_refused(self) -> None:
        """A library of another server than its owner, of ours, or of somebody else's is not taken."""
        await self.taken(library())
        self.world.put(funkwhale_actor(f"{POD}/federation/actors/eve"))
        for document in (
            library(attributedTo=f"{OTHER_POD}/federation/actors/alice"),
            library(attributedTo=None),
            library("https://pod.example/federation/music/libraries/x"),
            library(first=f"{OTHER_POD}/page"),
            library(type="Collection"),
            library(attributedTo=f"{POD}/federation/actors/eve"),
        ):
            await self.fails(Invalid, self.taken(document))
        await self.fails(Invalid, self.objects.take_library(library(), f"{OTHER_POD}/x"))
        self.shut_out.add(ALICE)
        await self.fails(ShutOut, self.taken(library()))


class PageTests(ObjectsCase):
    """What is kept of a page of a library."""

    async def test_both_kinds(self) -> None:
        """Funkwhale 1 and 2 write the same files; those of one say more of who plays."""
        taken = await self.take(upload(1), upload2(2))
        self.assertEqual((2, ()), (len(taken.ids), taken.errors))
        self.assertEqual(
            [("Artist 1", "Album 1", f"Track {n}", True, "finished") for n in (1, 2)], await self.rows(MUSIC)
        )
        credits = "SELECT place, credit, joinphrase FROM track_credit ORDER BY track_id, place"
        self.assertEqual(
            [(0, "Artist 1", ""), (0, "Artist 1", " feat. "), (1, "Artist 2", "")], await self.rows(credits)
        )
        facts = "SELECT DISTINCT duration, bitrate, size, mimetype FROM upload"
        self.assertEqual([(213, 320000, 8656581, "audio/mpeg")], await self.rows(facts))

    async def test_all_that_is_said(self) -> None:
        """Licences, tags, covers, descriptions, authors and dates are kept; no picture is fetched."""
        await self.take(upload(1))
        [row] = await self.rows(
            "SELECT track.license, track.copyright, track.description, track.description_type, author.fid,"
            " track.position, track.disc_number, album.release_date::text, cover.url, track.creation_date::text"
            " FROM track JOIN actor AS author ON author.id = track.attributed_to_id"
            " JOIN album ON album.id = track.album_id JOIN attachment AS cover ON cover.id = album.cover_id"
        )
        self.assertEqual(
            ("cc-by-4.0", "Somebody", "<p>About it</p>", "text/html", ALICE, 1, 1, "2020-02-02",
             f"{POD}/media/album-1.jpg", "2024-01-02 03:04:05+00"),
            row,
        )  # fmt: skip
        for kind, name in (("track", "Punk"), ("album", "Rock")):
            tags = f"SELECT name FROM {kind}_tag JOIN tag ON tag.id = tag_id"
            self.assertEqual([(name,)], await self.rows(tags))
        self.assertEqual([ALICE], self.world.asked)

    async def test_again(self) -> None:
        """A page that comes again makes nothing twice, and brings what changed of its files."""
        first = await self.take(upload(1), upload(2))
        again = await self.take(upload(1, bitrate=128000), upload(2), upload(2))
        self.assertEqual(set(first.ids), set(again.ids))
        counts = "SELECT (SELECT count(*) FROM upload), (SELECT count(*) FROM track), (SELECT count(*) FROM artist)"
        self.assertEqual([(2, 2, 1)], await self.rows(counts))
        self.assertEqual([(128000,), (320000,)], await self.rows("SELECT bitrate FROM upload ORDER BY fid"))

    async def test_known_by_musicbrainz(self) -> None:
        """A recording on a release that we have is not made again; another artist of the same id is the same."""
        recording, release, who = (str(uuid4()) for _ in range(3))
        ours = await self.an_artist("Ours", mbid=who)
        record = await self.an_album("Ours", ours, mbid=release)
        song = await self.a_track("Ours", ours, record, mbid=recording)
        theirs = artist(musicbrainzId=who)
        on = album(musicbrainzId=release, artists=[theirs])
        await self.take(
            upload(1, track=track(1, musicbrainzId=recording, album=on, artists=[theirs])),
            upload(2, track=track(2, album=on, artists=[artist(5, musicbrainzId=who)])),
        )
        found = await self.rows("SELECT track_id = %s FROM upload ORDER BY fid", song)
        self.assertEqual([(True,), (False,)], found)
        self.assertEqual(
            [(1, 1)], await self.rows("SELECT (SELECT count(*) FROM artist), (SELECT count(*) FROM album)")
        )

    async def test_two_ids_of_one_artist(self) -> None:
        """Two new artists with one MusicBrainz id are one."""
        who = str(uuid4())
        [one, two] = artist(5, musicbrainzId=who), artist(6, musicbrainzId=who)
        taken = await self.take(upload(1, track=track(1, artists=[one])), upload(2, track=track(2, artists=[two])))
        self.assertEqual((), taken.errors)
        self.assertEqual(1, await self.value("SELECT count(*) FROM artist WHERE mbid = %s", who))

    async def test_channels_name(self) -> None:
        """Nobody gets among the works of a channel by naming its artist's MusicBrainz id."""
        who = str(uuid4())
        speaker = await self.an_artist("Cast", mbid=who)
        actor = await self.an_actor("cast")
        shelf = await self.a_library(actor, "everyone")
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            speaker, shelf, actor, actor,
        )  # fmt: skip
        taken = await self.take(upload(1, track=track(1, artists=[artist(musicbrainzId=who)])))
        self.assertEqual((), taken.errors)
        self.assertEqual(0, await self.value("SELECT count(*) FROM track WHERE artist_id = %s", speaker))

    async def test_some_are_bad(self) -> None:
        """What is wrong with one file keeps no other away; each error names its field."""
        taken = await self.take(
            upload(1),
            upload(2, track=None),
            upload(3, library=f"{POD}/other"),
            upload(4, url=[{"type": "Link", "mediaType": "audio/mpeg", "href": f"{OTHER_POD}/x"}]),
            upload(5, pod=OTHER_POD),
            {"type": "Note"},
            upload(6, track=track(6, name="")),
            upload(7, track=changed(track(7), album=None)),
        )
        self.assertEqual(1, len(taken.ids))
        self.assertEqual(
            ["track", "library", "url", "library", "type", "track", "track"],
            [next(iter(why.problems)) for _, why in taken.errors],
        )

    async def test_others_library(self) -> None:
        """Only its owner says what is in a library; a file of somebody else's stays where it is."""
        self.world.put(funkwhale_actor(f"{POD}/federation/actors/eve"))
        eve = await self.actors.get(f"{POD}/federation/actors/eve")
        await self.fails(Invalid, self.objects.take_many([upload()], sender=eve, library=self.library))
        await self.take(upload(1))
        theirs = library(f"{POD}/federation/music/libraries/eve", attributedTo=eve.fid)
        shelf = await self.objects.take_library(theirs, theirs["id"])
        taken = await self.objects.take_many(
            [upload(1, library=theirs["id"]), upload(2, library=theirs["id"])], sender=eve, library=shelf
        )
        self.assertEqual((1, [upload(1)["id"]]), (len(taken.ids), [fid for fid, _ in taken.errors]))

    async def test_speed(self) -> None:
        """A page of a hundred files takes a fraction of a second: ten thousand in less than a minute."""
        await self.take(upload(1))
        pages = [
            [upload(n, track=track(n, album=album(n // 10), artists=[artist(n // 10)])) for n in range(at, at + 100)]
            for at in (100, 200, 300)
        ]
        took = []
        for documents in pages:
            with Stopwatch() as watch:
                self.assertEqual((), (await self.take(*documents)).errors)
            took.append(watch.seconds)
        self.assertLess(min(took), 0.6)


class ForeignTests(ObjectsCase):
    """Things of third servers in a document are those servers' to tell of."""

    def on_third(self) -> Document:
        """A file of a track whose artist lives on a third server, as the second one words it."""
        who = artist(9, OTHER_POD, name="As the second says")
        return upload(1, track=track(1, artists=[who], album=album(1, artists=[who])))

    async def test_asked_there(self) -> None:
        """The third server is asked, and its own words count."""
        self.world.put(artist(9, OTHER_POD))
        taken = await self.take(self.on_third())
        self.assertEqual((), taken.errors)
        self.assertEqual([("Artist 9",)], await self.rows("SELECT name FROM artist"))
        self.assertIn(artist(9, OTHER_POD)["id"], self.world.asked)

    async def test_known(self) -> None:
        """What we have of it already will do; nobody is asked."""
        await self.an_artist("Known", fid=artist(9, OTHER_POD)["id"])
        await self.take(self.on_third())
        self.assertEqual(
            [("Known", "Track 1")],
            await self.rows("SELECT artist.name, title FROM track JOIN artist ON artist.id = artist_id"),
        )
        self.assertNotIn(artist(9, OTHER_POD)["id"], self.world.asked)

    async def test_nobody_tells(self) -> None:
        """Where the third server tells nothing, nothing is made of it, and the file is not taken."""
        taken = await self.take(self.on_third())
        self.assertEqual((), taken.ids)
        self.assertEqual(0, await self.value("SELECT count(*) FROM artist"))

    async def test_nobody_waits_any_more(self) -> None:
        """Who gives up waiting for a third server hears of that alone, as whoever set them a limit expects."""
        self.world.holding[artist(9, OTHER_POD)["id"]] = Deferred()
        taking = Deferred.fromCoroutine(self.take(self.on_third()))
        await until(lambda: artist(9, OTHER_POD)["id"] in self.world.asked, "the question")
        taking.cancel()
        await self.assertFailure(taking, CancelledError)

    async def test_another_answer(self) -> None:
        """A third server that answers with something else told nothing."""
        self.world.documents[artist(9, OTHER_POD)["id"]] = artist(8, OTHER_POD)
        self.assertEqual((), (await self.take(self.on_third())).ids)

    async def test_ours(self) -> None:
        """Of what is ours nothing is taken: it is found, or the file is not."""
        mine = await self.an_artist("Mine", fid="https://pod.example/federation/music/artists/1")
        fid = "https://pod.example/federation/music/artists/1"
        await self.take(upload(1, track=track(1, artists=[artist(id=fid, name="Stolen")])))
        self.assertEqual([("Mine",)], await self.rows("SELECT name FROM artist WHERE id = %s", mine))
        lost = artist(id="https://pod.example/federation/music/artists/2")
        taken = await self.take(upload(2, track=track(2, artists=[lost], album=album(7, artists=[lost]))))
        self.assertEqual(0, len(taken.ids))
        self.assertEqual([], [url for url in self.world.asked if "pod.example" in url])

    async def test_bounded(self) -> None:
        """However many foreigners a file names, at most ten are asked for."""
        many = [artist(n, OTHER_POD) for n in range(1, 41)]
        await self.take(upload(1, track=track(1, artists=[artist(), *many])))
        self.assertLessEqual(len([url for url in self.world.asked if url.startswith(OTHER_POD)]), 10)

    async def test_authors(self) -> None:
        """Who a thing is attributed to is somebody of its own server; one who cannot be asked loses nothing."""
        await self.take(
            upload(1, track=track(1, attributedTo=f"{OTHER_POD}/eve")),
            upload(2, track=track(2, attributedTo=f"{POD}/federation/actors/lost")),
        )
        self.assertEqual([(None,), (None,)], await self.rows("SELECT attributed_to_id FROM track"))


class MusicTests(RemoteCase):
    """Artists, albums and tracks that somebody looks up."""

    async def test_each(self) -> None:
        """Each is kept with what belongs to it."""
        self.world.put(funkwhale_actor())
        for kind, document in (
            (Kind.ARTIST, artist()),
            (Kind.ALBUM, album()),
            (Kind.TRACK, track()),
        ):
            id = await self.objects.take_music(kind, document, document["id"])
            self.assertEqual(document["id"], await self.value(f"SELECT fid FROM {kind} WHERE id = %s", id))
        await self.fails(Invalid, self.objects.take_music(Kind.ALBUM, album(), f"{OTHER_POD}/x"))
        await self.fails(Invalid, self.objects.take_music(Kind.ALBUM, artist(), artist()["id"]))
