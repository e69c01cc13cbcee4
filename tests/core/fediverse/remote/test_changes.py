"""What is said otherwise, and what is taken back: by whom it is theirs, and by nobody else."""

from __future__ import annotations

from fwtwisted.core.fediverse.remote.changes import RemoteChanges
from fwtwisted.core.fediverse.remote.removing import remove_libraries, remove_uploads
from fwtwisted.db.podcasts import channels
from fwtwisted.model.errors import Invalid
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor
from fwtwisted.model.podcasts import Channel
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import (
    ALICE,
    CHANNEL,
    LIBRARY,
    OTHER_POD,
    POD,
    PUBLIC,
    Document,
    album,
    artist,
    changed,
    episode,
    funkwhale_actor,
    funkwhale_channel,
    library,
    track,
    upload,
)

EVE = f"{POD}/federation/actors/eve"
SERVICE = f"{POD}/federation/actors/service"
STRANGER = f"{OTHER_POD}/federation/actors/mallory"


class ChangesCase(RemoteCase):
    """With a library of Alice's, two files in it, and three others who have nothing to say of them but the service."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.world.put(*(funkwhale_actor(fid) for fid in (ALICE, EVE, SERVICE, STRANGER)), library())
        self.alice, self.eve = await self.actors.get(ALICE), await self.actors.get(EVE)
        self.service, self.stranger = await self.actors.get(SERVICE), await self.actors.get(STRANGER)
        await self.do("UPDATE domain SET service_actor_id = %s WHERE name = 'far.example'", self.service.id)
        self.library = await self.objects.take_library(library(), LIBRARY)
        await self.objects.take_many([upload(1), upload(2)], sender=self.alice, library=self.library)
        self.changes = RemoteChanges(self.database, self.objects.vouching, self.pod)

    async def update(self, document: Document, sender: Actor) -> bool:
        """Somebody says something of a thing."""
        return await self.changes.reword(Kind(document["type"].lower()), document, sender)

    async def count(self, table: str) -> int:
        """How many rows there are."""
        found: int = await self.value(f"SELECT count(*) FROM {table}")
        return found


class SpeakerTests(ChangesCase):
    """Who speaks through a channel says what is theirs, and nothing of what other servers have by that artist."""

    async def test_named_on_works_of_another_server(self) -> None:
        """Neither of the track, the album, nor the artist."""
        shadow = await self.a_library(self.stranger.id, "everyone")
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id)"
            " SELECT min(id), %s, %s, %s FROM artist",
            shadow, self.stranger.id, self.stranger.id,
        )  # fmt: skip
        for document in (track(1), album(1), artist(1)):
            self.assertFalse(await self.update(changed(document, name="Mine"), self.stranger))


class UpdateTests(ChangesCase):
    """What is said otherwise."""

    async def test_things(self) -> None:
        """Their author, and who speaks for their server, change artists, albums and tracks; nobody else does."""
        for new, name in ((track(1), "track.title"), (album(1), "album.title"), (artist(1), "artist.name")):
            for place, (sender, listened) in enumerate(
                ((self.eve, False), (self.stranger, False), (self.alice, True), (self.service, True))
            ):
                document = changed(new, name=f"Now {place}")
                self.assertEqual(listened, await self.update(document, sender))
                table, column = name.split(".")
                title = await self.value(f"SELECT {column} FROM {table} WHERE fid = %s", new["id"])
                self.assertEqual(f"Now {place}" if listened else new["name"], title)

    async def test_all_that_changes(self) -> None:
        """Tags, covers, licences and descriptions are as they are said now; what is said no longer goes."""
        image = {"type": "Image", "url": f"{POD}/media/own.jpg"}
        document = track(1, tag=[{"type": "Hashtag", "name": "#Jazz"}], license=None, content=None, image=image)
        await self.update(document, self.alice)
        [row] = await self.rows(
            "SELECT license, description, url, (SELECT string_agg(name, ',') FROM track_tag JOIN tag ON tag.id = tag_id"
            " WHERE track_id = track.id) FROM track JOIN attachment ON attachment.id = cover_id"
        )
        self.assertEqual((None, None, f"{POD}/media/own.jpg", "Jazz"), row)

    async def test_album_of_others(self) -> None:
        """An album may be another artist's from now on."""
        await self.update(album(1, artists=[artist(4), artist(1)]), self.alice)
        named = "SELECT credit FROM album_credit ORDER BY place"
        self.assertEqual([("Artist 4",), ("Artist 1",)], await self.rows(named))
        self.assertEqual("Artist 4", await self.value("SELECT name FROM album JOIN artist ON artist.id = artist_id"))

    async def test_author_stays_at_home(self) -> None:
        """A thing is handed over within its server only."""
        await self.update(track(1, attributedTo=STRANGER), self.alice)
        self.assertEqual(2, await self.value("SELECT count(*) FROM track WHERE attributed_to_id = %s", self.alice.id))
        await self.update(track(1, attributedTo=EVE), self.alice)
        self.assertEqual(1, await self.value("SELECT count(*) FROM track WHERE attributed_to_id = %s", self.eve.id))

    async def test_ours(self) -> None:
        """Nobody elsewhere changes what is ours, though they claim it."""
        fid = "https://pod.example/federation/music/tracks/1"
        await self.a_track("Ours", await self.an_artist("Us"), fid=fid)
        for sender in (self.alice, self.service, self.stranger):
            self.assertFalse(await self.update(track(1, id=fid), sender))

    async def test_unknown(self) -> None:
        """What we do not have is not taken by an Update."""
        for document in (track(9), album(9), artist(9)):
            self.assertFalse(await self.update(document, self.alice))


class RemoveTests(ChangesCase):
    """What goes with what is taken back."""

    async def remove(self, *fids: str) -> None:
        """Take uploads away."""
        uuids = [uuid for (uuid,) in await self.rows("SELECT uuid FROM upload WHERE fid = ANY(%s)", list(fids))]
        await self.run_in(remove_uploads, uuids, lambda *_: None)

    async def left(self, *tables: str) -> tuple[int, ...]:
        """How many rows of each there are."""
        return tuple([await self.count(table) for table in tables])

    async def test_uploads(self) -> None:
        """With its last file a track goes, with its last track an album, and with all of theirs the artists."""
        await self.remove(upload(1)["id"])
        self.assertEqual((1, 1, 1, 1), await self.left("upload", "track", "album", "artist"))
        await self.remove(upload(2)["id"])
        self.assertEqual((0, 0, 0, 0), await self.left("upload", "track", "album", "artist"))

    async def test_kept_by_people(self) -> None:
        """A track that somebody likes stays, without a file."""
        ada = await self.an_actor("ada")
        await self.do(
            "INSERT INTO favorite (actor_id, track_id) SELECT %s, id FROM track WHERE fid = %s", ada, track(1)["id"]
        )
        await self.remove(upload(1)["id"], upload(2)["id"])
        self.assertEqual((0, 1), await self.left("upload", "track"))

    async def test_library(self) -> None:
        """A library goes with all in it."""
        await self.run_in(remove_libraries, [self.library.id], lambda *_: None)
        self.assertEqual((0, 0, 0), await self.left("library", "upload", "artist"))


class EpisodeTests(ChangesCase):
    """What channels publish."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.speaker: Actor = await self.actors.take(funkwhale_channel(), CHANNEL)
        found = await self.run_in(channels.of_actor, self.speaker.id)
        assert found is not None
        self.channel: Channel = found

    async def test_new(self) -> None:
        """An episode is an upload and a track of one id, found under the channel's artist."""
        id = await self.episodes.take(episode(1), channel=self.channel)
        [row] = await self.rows(
            "SELECT upload.fid = track.fid, track.title, track.artist_id, track.description, upload.bitrate, size"
            " FROM upload JOIN track ON track.id = track_id WHERE upload.id = %s", id,
        )  # fmt: skip
        self.assertEqual((True, "Episode 1", self.channel.artist_id, "<p>What it is about</p>", 128000, 4000), row)

    async def test_again(self) -> None:
        """The same again makes nothing twice, and brings what is another way."""
        first = await self.episodes.take(episode(1), channel=self.channel)
        self.assertEqual(first, await self.episodes.take(episode(1), channel=self.channel))
        self.assertEqual(first, await self.episodes.take(episode(1, name="Renamed"), channel=self.channel))
        self.assertEqual("Renamed", await self.value("SELECT title FROM track WHERE fid = %s", episode(1)["id"]))

    async def test_refused(self) -> None:
        """An episode of another channel, of another server, or in place of a file in a library is not taken."""
        for document in (
            episode(1, attributedTo=ALICE),
            episode(1, id=f"{OTHER_POD}/e"),
            episode(1, id=upload(1)["id"]),
            episode(1, id=track(1)["id"]),
            episode(1, name=None),
            episode(1, url=f"{POD}/x"),
        ):
            await self.fails(Invalid, self.episodes.take(document, channel=self.channel))

    async def test_series(self) -> None:
        """An album of the channel's is asked for; one of another artist's is none."""
        speaker = [{"type": "Person", "id": CHANNEL}]
        self.world.put(album(7, artists=speaker), album(8))
        for number, titles in ((7, [("Album 7",)]), (8, [])):
            await self.episodes.take(episode(1, album=album(number)["id"]), channel=self.channel)
            told = "SELECT album.title FROM track JOIN album ON album.id = album_id WHERE track.fid = %s"
            self.assertEqual(titles, await self.rows(told, episode(1)["id"]))

    async def test_seen(self) -> None:
        """What a channel elsewhere publishes is everybody's."""
        self.assertEqual("everyone", await self.value("SELECT privacy_level FROM library WHERE is_channel"))
        self.assertEqual(PUBLIC, episode(1)["to"])
