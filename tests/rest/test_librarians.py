"""All that a pod holds, for those who look after it: docs/api.md §4.19."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.db.librarians.listings import LISTINGS
from fwtwisted.model.librarians import ASKABLE, Sort
from tests.rest.test_channels import ChannelCase

LIBRARY = "manage/library/"
ARTISTS, ALBUMS, TRACKS = f"{LIBRARY}artists/", f"{LIBRARY}albums/", f"{LIBRARY}tracks/"
LIBRARIES, UPLOADS = f"{LIBRARY}libraries/", f"{LIBRARY}uploads/"
TAGS, CHANNELS = "manage/tags/", "manage/channels/"
FAR = "far.example"


class LibrarianCase(ChannelCase):
    """Vera looks after the music; Bob has some, and so has somebody elsewhere."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.vera = await self.person("vera", permissions=["library"])
        self.bob = await self.person("bob")
        self.private = await self.library_of(self.bob, "me")
        self.tracks = await self.an_album_of(self.private, "Nova", "Tides", tracks=2)
        self.nova = await self.value("SELECT id FROM artist WHERE name = 'Nova'")
        self.tides = await self.value("SELECT id FROM album WHERE title = 'Tides'")
        eve = await self.an_actor("eve", FAR)
        self.theirs = await self.a_library(eve, "everyone", "Theirs")
        away = f"https://{FAR}/federation/music/"
        await self.do("UPDATE library SET fid = %s WHERE id = %s", f"{away}libraries/1", self.theirs)
        apple = await self.an_artist("Äpple", fid=f"{away}artists/1", attributed_to_id=eve)
        red = await self.an_album("Red", apple, fid=f"{away}albums/1", release_date="1999-01-02")
        self.bite = await self.a_track("Bite", apple, red, fid=f"{away}tracks/1", copyright="Eve & Co")
        await self.an_upload(self.theirs, self.bite, fid=f"{away}uploads/1", size=1_000, audio_file="tracks/x.mp3")
        await self.changed("catalog", "libraries")

    async def found(self, place: str, name: str = "title", **query: Any) -> list[Any]:
        """What a list has for the question."""
        said = await self.vera.get(place, **query)
        self.assertEqual(200, said.status, said)
        return [one[name] for one in said.json["results"]]

    async def count(self, table: str) -> int:
        found: int = await self.value(f"SELECT count(*) FROM {table}")
        return found

    async def files_doomed(self) -> set[str]:
        return set(await self.run_in(lambda tx: tx.many(str, "SELECT name FROM doomed_file")))


class AskableTests(SynchronousTestCase):
    """What is described, and what is done."""

    def test_every_word_means_something(self) -> None:
        """What a list is said to understand, it understands; and nothing else."""
        for sort in Sort:
            known, done = ASKABLE[sort], LISTINGS[sort]
            self.assertEqual(set(known.keys), {*done.searched, *done.filtered}, sort)
            self.assertEqual((set(known.exact), set(known.orders)), (set(done.exact), set(done.orders)), sort)


class ListTests(LibrarianCase):
    """Finding."""

    async def test_private_and_foreign_things_are_there(self) -> None:
        """Whosever they are and whoever may hear them, the newest first."""
        self.assertEqual(["Äpple", "Nova"], await self.found(ARTISTS, "name"))
        self.assertEqual(["Red", "Tides"], await self.found(ALBUMS))
        self.assertEqual(3, len(await self.found(TRACKS)))
        self.assertEqual(3, len(await self.found(UPLOADS, "uuid")))
        self.assertEqual({"Theirs", "music"}, set(await self.found(LIBRARIES, "name")))

    async def test_words_and_keys(self) -> None:
        """Searches find by any of their fields, or by the one that is named."""
        cases: tuple[tuple[str, Mapping[str, Any], int], ...] = (
            (ARTISTS, {"q": "apple"}, 1),
            (ARTISTS, {"q": f"domain:{FAR}"}, 1),
            (ARTISTS, {"q": "domain:pod.example nova"}, 1),
            (ARTISTS, {"q": f"library_id:{self.private}"}, 1),
            (ARTISTS, {"q": "library_id:many"}, 0),
            (ARTISTS, {"q": "category:podcast"}, 0),
            (ARTISTS, {"content_category": "music"}, 2),
            (ARTISTS, {"name": "Nova"}, 1),
            (ARTISTS, {"name": "nova"}, 0),
            (ALBUMS, {"q": "artist:nova"}, 1),
            (ALBUMS, {"q": f"artist_id:{self.nova}"}, 1),
            (ALBUMS, {"artist": self.nova}, 1),
            (ALBUMS, {"artist": 987_654_321}, 0),
            (TRACKS, {"q": "album:tides"}, 2),
            (TRACKS, {"q": "album_artist:apple"}, 1),
            (TRACKS, {"q": f"album_artist_id:{self.nova}"}, 2),
            (TRACKS, {"q": "copyright:eve"}, 1),
            (TRACKS, {"q": f"library_id:{self.theirs}"}, 1),
            (TRACKS, {"license": "cc0-1.0"}, 0),
            (LIBRARIES, {"q": f"account:eve@{FAR}"}, 1),
            (LIBRARIES, {"q": "account:EVE@pod.example"}, 0),
            (LIBRARIES, {"q": f"track_id:{self.bite}"}, 1),
            (LIBRARIES, {"q": f"artist_id:{self.nova}"}, 1),
            (LIBRARIES, {"privacy_level": "me"}, 1),
            (UPLOADS, {"q": "nova"}, 2),
            (UPLOADS, {"q": f"track_id:{self.bite}"}, 1),
            (UPLOADS, {"q": "account:bob@pod.example status:finished"}, 2),
            (UPLOADS, {"q": "privacy_level:everyone"}, 1),
            (UPLOADS, {"import_status": "errored"}, 0),
        )
        for place, query, count in cases:
            self.assertEqual(count, (await self.vera.get(place, **query)).json["count"], (place, query))

    async def test_orders(self) -> None:
        """As asked; what a list does not know is ignored, or refused where the contract says so."""
        self.assertEqual(["Nova", "Äpple"], await self.found(ARTISTS, "name", ordering="-name"))
        self.assertEqual(["Red", "Tides"], await self.found(ALBUMS, ordering="release_date"))
        self.assertEqual("Bite", (await self.found(TRACKS, ordering="album__release_date"))[0])
        self.assertEqual(["Theirs", "music"], await self.found(LIBRARIES, "name", ordering="uploads_count"))
        self.assertEqual(2, len(await self.found(ARTISTS, "name", ordering="size")))
        for place in (LIBRARIES, UPLOADS):
            said = await self.vera.get(place, ordering="name")
            self.assertEqual((400, {"ordering"}), (said.status, set(said.json)))
        for sort, known in ASKABLE.items():
            place = (
                f"manage/{sort}s/" if sort in (Sort.TAG, Sort.CHANNEL) else f"{LIBRARY}{sort}s/".replace("ys", "ies")
            )
            for word in known.orders:
                self.assertEqual(200, (await self.vera.get(place, ordering=f"-{word}")).status, (sort, word))

    async def test_what_cannot_be_asked(self) -> None:
        """References and ids that are none."""
        for place, name, value in ((ALBUMS, "artist", "x"), (TRACKS, "mbid", "7"), (TRACKS, "album", "-1")):
            query: dict[str, Any] = {name: value}
            said = await self.vera.get(place, **query)
            self.assertEqual((400, {name}), (said.status, set(said.json)))
        self.assertEqual(404, (await self.vera.get(ARTISTS, page=9)).status)

    async def test_one_of_each(self) -> None:
        """By what names them; nothing else is there."""
        library = await self.value("SELECT uuid FROM library WHERE id = %s", self.private)
        upload = await self.value("SELECT uuid FROM upload WHERE track_id = %s", self.tracks[0])
        one = (await self.vera.get(f"{UPLOADS}{upload}/")).json
        self.assertEqual(
            ("me", "bob@pod.example"), (one["library"]["privacy_level"], one["library"]["actor"]["full_username"])
        )
        self.assertEqual(one, (await self.vera.get(f"manage/uploads/{upload}/")).json)
        self.assertEqual(2, (await self.vera.get(f"{LIBRARIES}{library}/")).json["uploads_count"])
        track = (await self.vera.get(f"{TRACKS}{self.bite}/")).json
        self.assertEqual((FAR, False, "Red"), (track["domain"], track["is_local"], track["album"]["title"]))
        for place in (f"{ARTISTS}987654/", f"{LIBRARIES}{uuid4()}/", f"{TAGS}nothing/", f"{CHANNELS}{uuid4()}/"):
            for method in ("GET", "DELETE"):
                self.assertEqual(404, (await self.vera.send(method, place)).status, place)

    async def test_numbers(self) -> None:
        """What people do with a work, what a library holds, what a channel has."""
        await self.bob.post("favorites/tracks/", {"track": self.tracks[0]})
        await self.bob.post("history/listenings/", {"track": self.tracks[0]})
        target = {"type": "artist", "id": self.nova}
        await self.bob.post("moderation/reports/", {"type": "other", "summary": "Hm", "target": target})
        await self.bob.post(f"artists/{self.nova}/mutations/", {"type": "update", "payload": {"name": "N"}})
        stats = (await self.vera.get(f"{ARTISTS}{self.nova}/stats/")).json
        self.assertEqual(
            {"listenings": 1, "track_favorites": 1, "playlists": 0, "reports": 1, "mutations": 1, "libraries": 1,
             "channels": 0, "uploads": 2},
            {name: value for name, value in stats.items() if not name.startswith("media")},
        )  # fmt: skip
        self.assertEqual(1, (await self.vera.get(f"{TRACKS}{self.tracks[0]}/stats/")).json["listenings"])
        self.assertEqual(0, (await self.vera.get(f"{TRACKS}{self.tracks[1]}/stats/")).json["listenings"])
        theirs = await self.value("SELECT uuid FROM library WHERE id = %s", self.theirs)
        self.assertEqual(
            {"uploads": 1, "followers": 0, "tracks": 1, "albums": 1, "artists": 1, "reports": 0,
             "media_total_size": 1_000, "media_downloaded_size": 1_000},
            (await self.vera.get(f"{LIBRARIES}{theirs}/stats/")).json,
        )  # fmt: skip

    async def test_who_may(self) -> None:
        """Those with the permission ``library`` alone, and no program of theirs."""
        chief = await self.person("chief", permissions=["moderation", "settings"])
        program = await self.program(self.vera, "read write")
        for place in (ARTISTS, ALBUMS, TRACKS, LIBRARIES, UPLOADS, TAGS, CHANNELS):
            for client, status in ((self.visitor(), 401), (chief, 403), (program, 403), (self.vera, 200)):
                self.assertEqual(status, (await client.get(place)).status, place)
        self.assertEqual(403, (await chief.delete(f"{ARTISTS}{self.nova}/")).status)
        self.assertEqual(2, await self.count("artist"))


class RemovingTests(LibrarianCase):
    """What goes, and what goes with it."""

    async def test_an_artist_goes_with_everything(self) -> None:
        """Albums, tracks, uploads; the files are doomed; others stay."""
        await self.do("UPDATE upload SET audio_file = 'tracks/nova.mp3' WHERE track_id = %s", self.tracks[0])
        self.assertEqual(204, (await self.vera.delete(f"{ARTISTS}{self.nova}/")).status)
        self.assertEqual(["Äpple"], await self.found(ARTISTS, "name"))
        self.assertEqual((["Red"], ["Bite"]), (await self.found(ALBUMS), await self.found(TRACKS)))
        self.assertEqual(1, await self.count("upload"))
        self.assertEqual({"tracks/nova.mp3"}, await self.files_doomed())

    async def test_a_track_leaves_its_album(self) -> None:
        """A work takes what is below it, not what is above."""
        said = await self.vera.post(f"{TRACKS}action/", {"action": "delete", "objects": [*self.tracks, 987_654]})
        self.assertEqual({"updated": 2, "action": "delete", "result": None}, said.json)
        self.assertEqual(["Red", "Tides"], await self.found(ALBUMS))
        self.assertEqual(0, (await self.vera.get(f"{ALBUMS}{self.tides}/")).json["tracks_count"])

    async def test_libraries_of_both_worlds(self) -> None:
        """By uuid or number; of another server's, works that nothing plays any more go too."""
        uuid = str(await self.value("SELECT uuid FROM library WHERE id = %s", self.private))
        said = await self.vera.post(f"{LIBRARIES}action/", {"action": "delete", "objects": [uuid, self.theirs]})
        self.assertEqual(2, said.json["updated"], said)
        self.assertEqual((0, 0), (await self.count("upload"), await self.count("library")))
        self.assertEqual(["Nova"], await self.found(ARTISTS, "name"))
        self.assertEqual({"tracks/x.mp3"}, await self.files_doomed())

    async def test_an_upload(self) -> None:
        """Where the web app looks for it, and where it is."""
        first, second = await self.run_in(
            lambda tx: tx.many(lambda one: one, "SELECT uuid FROM upload WHERE library_id = %s", self.private)
        )
        self.assertEqual(204, (await self.vera.delete(f"manage/uploads/{first}/")).status)
        self.assertEqual(204, (await self.vera.delete(f"{UPLOADS}{second}/")).status)
        self.assertEqual(3, await self.count("track"))
        self.assertEqual(1, await self.count("upload"))

    async def test_a_channel_by_either_name(self) -> None:
        """With its artist and episodes; and so does removing its artist."""
        for by_artist in (False, True):
            name = "artistic" if by_artist else "nighttalk"
            channel = await self.a_channel(self.bob, username=name)
            await self.an_episode(self.bob, channel)
            shown = (await self.vera.get(f"{CHANNELS}{name}@pod.example/")).json
            self.assertEqual((channel["uuid"], channel["artist"]["id"]), (shown["uuid"], shown["artist"]["id"]))
            self.assertEqual(shown, (await self.vera.get(f"{CHANNELS}{channel['uuid']}/")).json)
            self.assertEqual(1, (await self.vera.get(f"{CHANNELS}{channel['uuid']}/stats/")).json["uploads"])
            place = f"{ARTISTS}{shown['artist']['id']}/" if by_artist else f"{CHANNELS}{name}@pod.example/"
            self.assertEqual(204, (await self.vera.delete(place)).status)
            self.assertEqual([], await self.found(CHANNELS, "uuid"))
            self.assertEqual(0, await self.value("SELECT count(*) FROM library WHERE is_channel"))
            self.assertEqual(404, (await self.bob.get(f"channels/{name}/")).status)

    async def test_followers_elsewhere_are_told(self) -> None:
        """Of an upload of ours that goes from a library that they follow."""
        fan = await self.an_actor("fan", FAR)
        await self.a_follow(fan, library=self.private)
        await self.do("UPDATE actor SET inbox_url = %s WHERE id = %s", f"https://{FAR}/inbox", fan)
        self.assertEqual(204, (await self.vera.delete(f"{TRACKS}{self.tracks[0]}/")).status)
        self.assertLess(0, await self.value("SELECT count(*) FROM delivery WHERE host = %s", FAR))

    async def test_what_cannot_be_done(self) -> None:
        """Nothing at all, everything at once, something else, nonsense."""
        for document, field in (
            ({"action": "delete", "objects": []}, "objects"),
            ({"action": "delete", "objects": "all"}, "objects"),
            ({"action": "delete", "objects": ["x"]}, "objects"),
            ({"action": "purge", "objects": [self.nova]}, "action"),
            ({"objects": [self.nova]}, "action"),
            ({"action": "delete", "objects": [987_654]}, "non_field_errors"),
        ):
            said = await self.vera.post(f"{ARTISTS}action/", document)
            self.assertEqual((400, {field}), (said.status, set(said.json)), document)
        self.assertEqual(2, await self.count("artist"))


class ChangingTests(LibrarianCase):
    """Libraries and tags."""

    async def test_a_library_of_somebody_else(self) -> None:
        """Its name, its text, its level; elsewhere's own server alone changes theirs."""
        uuid = await self.value("SELECT uuid FROM library WHERE id = %s", self.private)
        change = {"privacy_level": "everyone", "name": "Open", "description": "All", "actor": "x"}
        said = await self.vera.send("PATCH", f"{LIBRARIES}{uuid}/", change)
        self.assertEqual(
            ("everyone", "Open", "All"), tuple(said.json[name] for name in ("privacy_level", "name", "description"))
        )
        self.assertEqual(3, (await self.bob.get("tracks/", playable="true")).json["count"])
        self.assertEqual(400, (await self.vera.send("PUT", f"{LIBRARIES}{uuid}/", {"description": "x"})).status)
        theirs = await self.value("SELECT uuid FROM library WHERE id = %s", self.theirs)
        self.assertEqual(400, (await self.vera.send("PATCH", f"{LIBRARIES}{theirs}/", {"name": "Mine"})).status)
        self.assertEqual("Theirs", await self.value("SELECT name FROM library WHERE id = %s", self.theirs))

    async def test_tags(self) -> None:
        """Made before any work wears them, counted, taken away from all."""
        made = await self.vera.post(TAGS, {"name": "#Ambient"})
        self.assertEqual((201, "Ambient", 0), (made.status, made.json["name"], made.json["tracks_count"]))
        again = await self.vera.post(TAGS, {"name": "ambient"})
        self.assertEqual(made.json["id"], again.json["id"])
        for name in ("", "two words", "x" * 101, None):
            said = await self.vera.post(TAGS, {"name": name})
            self.assertEqual((400, {"name"}), (said.status, set(said.json)), name)
        await self.do("INSERT INTO track_tag (track_id, tag_id) VALUES (%s, %s)", self.bite, made.json["id"])
        self.assertEqual(["Bite"], await self.found(TRACKS, q="tag:AMBIENT"))
        self.assertEqual(1, (await self.vera.get(f"{TAGS}AMBIENT/")).json["tracks_count"])
        self.assertEqual(["Ambient"], await self.found(TAGS, "name", q="ambi", ordering="-items_count"))
        await self.vera.post(TAGS, {"name": "Rock"})
        said = await self.vera.post(f"{TAGS}action/", {"action": "delete", "objects": ["rock"]})
        self.assertEqual(1, said.json["updated"])
        self.assertEqual(204, (await self.vera.delete(f"{TAGS}Ambient/")).status)
        self.assertEqual((0, 0), (await self.count("tag"), await self.count("track_tag")))
