"""Settling: what is known is found, what is new is made once, doubles are told, words that changed are taken over."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.core.importing.filing import Filing, Named
from fwtwisted.core.importing.settling import Arrival, Outcome, settle
from fwtwisted.db.files import uploads
from fwtwisted.db.files.uploads import NewUpload
from fwtwisted.db.pool import Tx
from fwtwisted.model.music import Kind
from fwtwisted.model.uploads import Status
from tests.database import DatabaseCase

BASE = "https://pod.example"


def a_filing(**told: Any) -> Filing:
    """A track by Nina on her album Tides, unless told otherwise."""
    artists = tuple(Named(one, None) if isinstance(one, str) else one for one in told.pop("artists", ("Nina",)))
    album_artists = told.pop("album_artists", artists[:1])
    return evolve(Filing("Low", artists, "Tides", album_artists, position=1), **told)


class SettlingCase(DatabaseCase):
    """A database with an owner and their library."""

    async def owned(self, name: str = "anna") -> tuple[int, int]:
        """An owner and their library."""
        owner = await self.an_actor(name)
        return owner, await self.a_library(owner, "me", name)

    async def file(self, owner: int, library: int, *filings: Filing, was: int | None = None) -> list[Outcome]:
        """Settle filings in one batch and write their uploads."""
        arrivals = [Arrival(uuid4(), owner, filing, was) for filing in filings]

        async def work(tx: Tx) -> list[Outcome]:
            outcomes = await settle(tx, arrivals, BASE)
            await uploads.add(tx, [an_upload(a.upload, library, o) for a, o in zip(arrivals, outcomes, strict=True)])
            return outcomes

        return await self.database.transaction(work)

    async def names(self, table: str, column: str = "name") -> list[str]:
        """All names in a table, in order of their making."""
        return [
            name
            for (name,) in await self.run_in(Tx.many, lambda *row: row, f"SELECT {column} FROM {table} ORDER BY id")
        ]


def an_upload(uuid: UUID, library: int, outcome: Outcome) -> NewUpload:
    """The row of a settled file."""
    return NewUpload(
        uuid, f"{BASE}/federation/music/uploads/{uuid}", library, outcome.track_id, None, None, None, None, 1000, None,
        "audio/mpeg", 128000, 3, outcome.status, dict(outcome.details), {}, "test", {}, True,
    )  # fmt: skip


class SettlingTests(SettlingCase):
    """One importer."""

    async def test_everything_new_is_made_once(self) -> None:
        """An album's files make one artist, one album, and a track each, with ids of this pod."""
        owner, library = await self.owned()
        outcomes = await self.file(owner, library, *(a_filing(title=f"Song {n}", position=n) for n in range(1, 6)))
        self.assertEqual([Status.FINISHED] * 5, [one.status for one in outcomes])
        self.assertEqual(["Nina"], await self.names("artist"))
        self.assertEqual(["Tides"], await self.names("album", "title"))
        self.assertEqual([f"Song {n}" for n in range(1, 6)], await self.names("track", "title"))
        fid, uuid = await self.run_in(Tx.one, lambda *row: row, "SELECT fid, uuid FROM album")
        self.assertEqual(f"{BASE}/federation/music/albums/{uuid}", fid)

    async def test_known_by_name_in_any_case(self) -> None:
        """A later batch finds what an earlier one made, however it is cased."""
        owner, library = await self.owned()
        await self.file(owner, library, a_filing(artists=("ÉMILE",), album="Été"))
        await self.file(owner, library, a_filing(artists=("émile",), album="été", title="Other"))
        self.assertEqual(["ÉMILE"], await self.names("artist"))
        self.assertEqual(["Été"], await self.names("album", "title"))

    async def test_case_within_a_batch(self) -> None:
        """Spellings that an index takes for the same are the same within a batch too."""
        owner, library = await self.owned()
        await self.file(owner, library, a_filing(artists=("Björk",)), a_filing(artists=("BJÖRK",), title="Two"))
        self.assertEqual(["Björk"], await self.names("artist"))
        self.assertEqual(1, len(await self.names("album", "title")))

    async def test_who_is_told_of_changes(self) -> None:
        """Of works that were here and say more by a later file, once; not of those that it says nothing new of."""
        owner, _ = await self.owned()
        told: list[tuple[Kind, int]] = []

        async def changed(tx: Tx, kind: Kind, id: int) -> None:
            told.append((kind, id))

        async def file(filing: Filing) -> None:
            async def work(tx: Tx) -> None:
                await settle(tx, [Arrival(uuid4(), owner, filing)], BASE, changed=changed)

            await self.database.transaction(work)

        ids = {"artists": (Named("Nina", uuid4()),), "album_mbid": uuid4()}
        await file(a_filing())
        self.assertEqual([], told)
        for title in ("Two", "Three"):
            await file(a_filing(title=title, **ids))
        self.assertEqual([Kind.ALBUM, Kind.ARTIST], sorted(kind for kind, _ in told))

    async def test_an_id_outweighs_a_name(self) -> None:
        """An artist of the same MusicBrainz id is the same under another name."""
        owner, library = await self.owned()
        mbid = uuid4()
        await self.file(owner, library, a_filing(artists=(Named("Prince", mbid),)))
        await self.file(owner, library, a_filing(artists=(Named("Symbol", mbid),), title="Two"))
        await self.file(
            owner, library,
            a_filing(artists=(Named("New", mbid := uuid4()),), title="3"),
            a_filing(artists=(Named("Newer", mbid),), title="4"),
        )  # fmt: skip
        self.assertEqual(["Prince", "New"], await self.names("artist"))

    async def test_recording_and_release_are_enough(self) -> None:
        """A track known by both its ids is taken, and nothing is made of the other words."""
        owner, library = await self.owned()
        ids = {"mbid": uuid4(), "album_mbid": uuid4()}
        first = await self.file(owner, library, a_filing(**ids))
        other, shelf = await self.owned("bert")
        again = await self.file(other, shelf, a_filing(artists=("Somebody",), title="Else", **ids))
        self.assertEqual(first[0].track_id, again[0].track_id)
        self.assertEqual(Status.FINISHED, again[0].status)
        self.assertEqual(["Nina"], await self.names("artist"))

    async def test_position_and_disc_tell_tracks_apart(self) -> None:
        """The same title at another place is another track."""
        owner, library = await self.owned()
        outcomes = await self.file(
            owner, library, a_filing(), a_filing(position=2), a_filing(disc_number=2), a_filing(position=None)
        )
        self.assertEqual(4, len({one.track_id for one in outcomes}))
        self.assertEqual({Status.FINISHED}, {one.status for one in outcomes})

    async def test_what_the_owner_has_is_skipped(self) -> None:
        """The second upload of a track by its owner is skipped and names the first; somebody else's is not."""
        owner, library = await self.owned()
        shelf = await self.a_library(owner, "everyone", "second")
        await self.file(owner, library, a_filing())
        first = await self.value("SELECT uuid FROM upload")
        (again,) = await self.file(owner, shelf, a_filing())
        self.assertEqual(Status.SKIPPED, again.status)
        self.assertEqual({"code": "already_imported_in_owned_libraries", "duplicates": str(first)}, dict(again.details))
        self.assertIsNotNone(again.track_id)
        (other,) = await self.file(*await self.owned("bert"), a_filing())
        self.assertEqual(Status.FINISHED, other.status)

    async def test_twice_in_one_batch(self) -> None:
        """Of two files of one track in a batch the first stays."""
        owner, library = await self.owned()
        one, two = await self.file(owner, library, a_filing(), a_filing())
        self.assertEqual((Status.FINISHED, Status.SKIPPED), (one.status, two.status))
        self.assertEqual(one.track_id, two.track_id)

    async def test_credits_and_tags(self) -> None:
        """All artists are credited in order, the first is the track's; tags are made once."""
        owner, library = await self.owned()
        duo = (Named("Nina", None, " feat. "), Named("Otto", None))
        await self.file(
            owner, library,
            a_filing(artists=duo, tags=("Rock", "Dub")),
            a_filing(artists=duo, tags=("rock",), title="Two", album_artists=(Named("Various", None),)),
        )  # fmt: skip
        rows = await self.run_in(
            Tx.many, lambda *row: row,
            "SELECT track_id, place, credit, joinphrase FROM track_credit ORDER BY track_id, place",
        )  # fmt: skip
        self.assertEqual([(0, "Nina", " feat. "), (1, "Otto", "")] * 2, [row[1:] for row in rows])
        self.assertEqual({"Rock", "Dub"}, set(await self.names("tag")))
        self.assertEqual(3, await self.value("SELECT count(*) FROM track_tag"))
        self.assertEqual(["Nina", "Otto", "Various"], await self.names("artist"))
        self.assertEqual(2, await self.value("SELECT count(*) FROM album"))

    async def test_blanks_are_filled(self) -> None:
        """What a later file knows of an album and an artist is added where nothing was said."""
        owner, library = await self.owned()
        release, nina = uuid4(), uuid4()
        await self.file(owner, library, a_filing())
        await self.file(
            owner, library,
            a_filing(title="2", artists=(Named("nina", nina),), released=date(1999, 1, 1), album_mbid=release),
        )  # fmt: skip
        self.assertEqual(nina, await self.value("SELECT mbid FROM artist"))
        self.assertEqual(release, await self.value("SELECT mbid FROM album"))
        self.assertEqual(date(1999, 1, 1), await self.value("SELECT release_date FROM album"))

    async def test_a_voice_of_a_channel_is_not_taken(self) -> None:
        """A file that names a channel's artist makes an artist of its own."""
        owner, library = await self.owned()
        speaker = await self.an_actor("channel")
        artist = await self.value("INSERT INTO artist (fid, name) VALUES ('x', 'Nina') RETURNING id")
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, await self.a_library(speaker, "everyone"), speaker, owner,
        )  # fmt: skip
        await self.file(owner, library, a_filing())
        self.assertEqual(["Nina", "Nina"], await self.names("artist"))

    async def test_the_area_is_touched(self) -> None:
        """Answers that were kept of the catalog are good no more."""
        before = await self.value("SELECT version FROM area WHERE name = 'catalog'")
        await self.file(*await self.owned(), a_filing())
        self.assertLess(before, await self.value("SELECT version FROM area WHERE name = 'catalog'"))


class FiledBeforeTests(SettlingCase):
    """Files that come again with other words."""

    async def again(self, filing: Filing) -> Outcome:
        """Settle the only upload anew."""
        upload, track = await self.run_in(
            Tx.one, lambda *row: row, "SELECT uuid, track_id FROM upload ORDER BY id LIMIT 1"
        )
        owner = await self.value("SELECT actor_id FROM library ORDER BY id LIMIT 1")

        async def work(tx: Tx) -> Outcome:
            return (await settle(tx, [Arrival(upload, owner, filing, track)], BASE))[0]

        return await self.database.transaction(work)

    async def test_the_track_goes_along(self) -> None:
        """A track that lives from one file keeps its id under its new words, and the old artist and album go."""
        owner, library = await self.owned()
        (was,) = await self.file(owner, library, a_filing(tags=("Old",)))
        now = await self.again(a_filing(title="High", artists=("Otto",), album="Sky", tags=("New",)))
        self.assertEqual(was.track_id, now.track_id)
        self.assertEqual(["Otto"], await self.names("artist"))
        self.assertEqual(["Sky"], await self.names("album", "title"))
        self.assertEqual(["High"], await self.names("track", "title"))
        self.assertEqual("New", await self.value("SELECT name FROM tag JOIN track_tag ON tag_id = tag.id"))
        self.assertEqual("Otto", await self.value("SELECT credit FROM track_credit"))

    async def test_a_shared_track_stays(self) -> None:
        """A track that another file plays too keeps its words; the file moves to a new one."""
        owner, library = await self.owned()
        (was,) = await self.file(owner, library, a_filing())
        await self.file(*await self.owned("bert"), a_filing())
        now = await self.again(a_filing(title="High"))
        self.assertNotEqual(was.track_id, now.track_id)
        self.assertEqual(["Low", "High"], await self.names("track", "title"))

    async def test_a_known_track_takes_it_in(self) -> None:
        """A file whose new words are those of a known track moves there; what it left goes unless somebody likes it."""
        owner, library = await self.owned()
        await self.file(owner, library, a_filing(title="Wrong"))
        (right,) = await self.file(*await self.owned("bert"), a_filing())
        now = await self.again(a_filing())
        self.assertEqual((right.track_id, Status.FINISHED), (now.track_id, now.status))
        self.assertEqual(["Low"], await self.names("track", "title"))

    async def test_nothing_changed(self) -> None:
        """The same words again change nothing."""
        owner, library = await self.owned()
        (was,) = await self.file(owner, library, a_filing(tags=("Rock",)))
        now = await self.again(a_filing(tags=("Rock",)))
        self.assertEqual((was.track_id, Status.FINISHED), (now.track_id, now.status))
        self.assertEqual(1, await self.value("SELECT count(*) FROM track_tag"))


class SideBySideTests(SettlingCase):
    """Several importers."""

    async def test_no_doubles_and_no_deadlock(self) -> None:
        """Many batches at once, in opposite orders, make each name once."""
        owner, library = await self.owned()
        batches = [[a_filing(artists=(f"A{n % 5}",), album=f"B{n % 7}", title=f"T{n}") for n in range(60)]] * 3
        batches += [list(reversed(batches[0]))] * 3
        done: list[Deferred[list[Outcome]]] = [
            Deferred.fromCoroutine(self.file(owner, library, *batch)) for batch in batches
        ]
        outcomes = await gatherResults(done, consumeErrors=True)
        self.assertEqual(5, await self.value("SELECT count(*) FROM artist"))
        self.assertEqual(35, await self.value("SELECT count(*) FROM album"))
        self.assertEqual(60, await self.value("SELECT count(*) FROM track"))
        finished = [one for batch in outcomes for one in batch if one.status == Status.FINISHED]
        self.assertEqual(60, len(finished))
