"""Browsing, lists and searches through different eyes (docs/subsonic.md §8.2 to §8.4)."""

from __future__ import annotations

from typing import Any

from tests.subsonic.pod import App, SubsonicCase

NOW = "2026-05-06T07:08:09.123Z"


class MusicTests(SubsonicCase):
    """Two artists, three albums, and one that only its owner hears."""

    async def some_music(self) -> App:
        app = await self.app("nadia")
        self.open = await self.a_library_of("nadia", "everyone")
        await self.app("omar")
        self.secret = await self.a_library_of("omar", "me")
        self.nova = await self.an_artist("The Nova Kestrel")
        self.elan = await self.an_artist("Élan 9")
        self.tides = await self.an_album("Slow Tides", self.nova, release_date="2019-01-02")
        self.dawn = await self.an_album("Ambient Dawn", self.nova, release_date="2021-01-02")
        self.hidden = await self.an_album("Secret", self.elan, release_date="2022-01-02")
        self.songs = [
            await self.a_track(f"Wave {number}", self.nova, self.tides, position=number, disc_number=1)
            for number in (1, 2, 3)
        ]
        self.first_light = await self.a_track("First Light", self.nova, self.dawn, position=1)
        self.whisper = await self.a_track("Whisper", self.elan, self.hidden, position=1)
        for track in (*self.songs, self.first_light):
            await self.an_upload(self.open, track, metadata={"bit_depth": 16, "replaygain": {"track_gain": -3.5}})
        await self.an_upload(self.secret, self.whisper)
        await self.tag("track", self.first_light, "Ambient")
        await self.tag("album", self.tides, "Rock")
        await self.changed("catalog", "libraries")
        return app

    async def test_the_index(self) -> None:
        """Articles and accents do not count; an artist of whom nothing can be heard is not there."""
        app = await self.some_music()
        index = (await app.ask("getArtists"))["artists"]["index"]
        self.assertEqual([("N", ["The Nova Kestrel"])], [(i["name"], [a["name"] for a in i["artist"]]) for i in index])
        self.assertEqual(2, index[0]["artist"][0]["albumCount"])
        other = (await (await self.app("omar")).ask("getArtists"))["artists"]["index"]
        self.assertEqual(["E", "N"], [letter["name"] for letter in other])

    async def test_the_index_is_ones_own(self) -> None:
        """What somebody thinks of artists stands in their index at once, and in nobody else's; so does new music."""
        app = await self.some_music()
        other = await self.app("omar")

        async def kestrel(asker: App) -> dict[str, Any]:
            index = (await asker.ask("getArtists"))["artists"]["index"]
            found: dict[str, Any] = next(letter["artist"][0] for letter in index if letter["name"] == "N")
            return found

        before = await kestrel(app), await kestrel(other)
        await app.ask("star", artistId=f"ar-{self.nova}")
        self.assertIn("starred", await kestrel(app))
        self.assertIn('starred="', (await app.raw("getArtists")).body.decode())
        self.assertEqual(before[1], await kestrel(other))
        await other.ask("setRating", id=f"ar-{self.nova}", rating=4)
        self.assertEqual(4, (await kestrel(app))["averageRating"])
        await other.ask("setRating", id=f"ar-{self.nova}", rating=0)
        await app.ask("unstar", artistId=f"ar-{self.nova}")
        self.assertEqual(before, (await kestrel(app), await kestrel(other)))
        await self.do("UPDATE artist SET name = 'Nightjar' WHERE id = %s", self.nova)
        await self.changed("catalog")
        self.assertEqual("Nightjar", (await kestrel(app))["name"])

    async def test_down_to_the_song(self) -> None:
        """Artist, albums by year, songs by place; counts agree with what is listed."""
        app = await self.some_music()
        artist = (await app.ask("getArtist", id=f"ar-{self.nova}"))["artist"]
        self.assertEqual(["Slow Tides", "Ambient Dawn"], [album["name"] for album in artist["album"]])
        self.assertEqual(2, artist["albumCount"])
        written = (await app.raw("getArtist", id=f"ar-{self.nova}", f="json")).body
        self.assertEqual(1, written.count(b'"albumCount"'), "no key comes twice")
        album = (await app.ask("getAlbum", id=f"al-{self.tides}"))["album"]
        self.assertEqual(["Wave 1", "Wave 2", "Wave 3"], [song["title"] for song in album["song"]])
        self.assertEqual((3, 180, 2019), (album["songCount"], album["duration"], album["year"]))
        song = (await app.ask("getSong", id=album["song"][0]["id"]))["song"]
        self.assertEqual(album["song"][0], song)
        self.assertEqual(("Rock", 16, {"trackGain": -3.5}), (song["genre"], song["bitDepth"], song["replayGain"]))
        self.assertEqual("The Nova Kestrel/Slow Tides/01 - Wave 1.mp3", song["path"])

    async def test_bare_ids(self) -> None:
        """Numbers that apps remember from Funkwhale."""
        app = await self.some_music()
        self.assertEqual(f"al-{self.tides}", (await app.ask("getAlbum", id=self.tides))["album"]["id"])
        self.assertEqual(f"tr-{self.songs[0]}", (await app.ask("getSong", id=self.songs[0]))["song"]["id"])

    async def test_others_music_is_not_there(self) -> None:
        """Not by any id, in any list, and nothing tells that it exists."""
        app = await self.some_music()
        for name, id in (
            ("getArtist", f"ar-{self.elan}"),
            ("getAlbum", f"al-{self.hidden}"),
            ("getSong", f"tr-{self.whisper}"),
            ("getMusicDirectory", f"al-{self.hidden}"),
            ("getAlbum", "al-999999"),
            ("getAlbum", f"tr-{self.songs[0]}"),
            ("getAlbum", "nonsense"),
        ):
            self.assertEqual(70, await app.error(name, id=id), name)
        self.assertEqual(10, await app.error("getAlbum"))
        owner = await self.app("omar")
        self.assertEqual("Whisper", (await owner.ask("getSong", id=f"tr-{self.whisper}"))["song"]["title"])

    async def test_hidden_artists(self) -> None:
        """Whom the listener hid is nowhere, at once."""
        app = await self.some_music()
        await app.ask("getAlbum", id=f"al-{self.tides}")
        await self.do("INSERT INTO content_filter (account_id, artist_id) SELECT id, %s FROM account"
                      " WHERE username = 'nadia'", self.nova)  # fmt: skip
        self.assertEqual([], (await app.ask("getArtists"))["artists"]["index"])
        self.assertEqual(70, await app.error("getAlbum", id=f"al-{self.tides}"))
        self.assertEqual([], (await app.ask("search3", query="wave"))["searchResult3"]["song"])
        self.assertEqual([], (await app.ask("getGenres"))["genres"]["genre"])

    async def test_folders_reach_everything(self) -> None:
        """Indexes, artists, albums: every song that a full synchronisation lists, and no other."""
        app = await self.some_music()
        folders = (await app.ask("getMusicFolders"))["musicFolders"]["musicFolder"]
        self.assertEqual(1, folders[0]["id"])
        reached = set()
        for child in (await app.ask("getMusicDirectory", id=1))["directory"]["child"]:
            for album in (await app.ask("getMusicDirectory", id=child["id"]))["directory"]["child"]:
                self.assertEqual((True, child["id"]), (album["isDir"], album["parent"]))
                songs = (await app.ask("getMusicDirectory", id=album["id"]))["directory"]["child"]
                reached |= {song["id"] for song in songs}
        listed = (await app.ask("search3", query='""', songCount=500))["searchResult3"]["song"]
        self.assertEqual({song["id"] for song in listed}, reached)
        self.assertEqual(4, len(reached))

    async def test_one_folder(self) -> None:
        """A library alone; a folder that is none of theirs holds nothing."""
        await self.some_music()
        owner = await self.app("omar")
        folders = (await owner.ask("getMusicFolders"))["musicFolders"]["musicFolder"]
        self.assertEqual(2, len(folders))
        albums = await owner.ask("getAlbumList2", type="newest", musicFolderId=folders[1]["id"])
        self.assertEqual(["Secret"], [album["name"] for album in albums["albumList2"]["album"]])
        for nonsense in (0, 999, -4, "x"):
            albums = await owner.ask("getAlbumList2", type="newest", musicFolderId=nonsense)
            self.assertEqual([], albums["albumList2"]["album"])

    async def test_unchanged_indexes(self) -> None:
        """Apps that have the newest get the same element without its index, until something changes."""
        app = await self.some_music()
        first = (await app.ask("getIndexes"))["indexes"]
        again = (await app.ask("getIndexes", ifModifiedSince=first["lastModified"]))["indexes"]
        self.assertNotIn("index", again)
        await self.changed("catalog")
        self.assertIn("index", (await app.ask("getIndexes", ifModifiedSince=first["lastModified"]))["indexes"])

    async def test_lists_of_albums(self) -> None:
        """Every type, in its order; pages neither repeat nor skip; the header tells how many there are."""
        app = await self.some_music()
        for type, names in (
            ("alphabeticalByName", ["Ambient Dawn", "Slow Tides"]),
            ("alphabeticalByArtist", ["Slow Tides", "Ambient Dawn"]),
            ("newest", ["Ambient Dawn", "Slow Tides"]),
            ("starred", []),
            ("highest", []),
            ("frequent", []),
            ("recent", []),
        ):
            found = (await app.ask("getAlbumList2", type=type))["albumList2"]["album"]
            self.assertEqual(names, [album["name"] for album in found], type)
            old = (await app.ask("getAlbumList", type=type))["albumList"]["album"]
            self.assertEqual([(album["id"], True) for album in found], [(album["id"], album["isDir"]) for album in old])
        answer = await app.raw("getAlbumList2", f="json", type="newest", size=1, offset=1)
        self.assertEqual("2", answer.header("X-Total-Count"))
        self.assertEqual(2, len((await app.ask("getAlbumList2", type="random"))["albumList2"]["album"]))

    async def test_albums_by_year_and_genre(self) -> None:
        """Years in both directions; a genre of the album or of a song on it."""
        app = await self.some_music()

        async def names(**asked: object) -> list[str]:
            found = (await app.ask("getAlbumList2", **asked))["albumList2"]["album"]
            return [album["name"] for album in found]

        self.assertEqual(["Slow Tides", "Ambient Dawn"], await names(type="byYear", fromYear=2000, toYear=2030))
        self.assertEqual(["Ambient Dawn", "Slow Tides"], await names(type="byYear", fromYear=2030, toYear=2000))
        self.assertEqual(["Ambient Dawn"], await names(type="byGenre", genre="ambient"))
        self.assertEqual(["Slow Tides"], await names(type="byGenre", genre="Rock"))
        for asked in ({"type": "byYear"}, {"type": "byGenre"}, {"type": "other"}, {}):
            self.assertEqual(10, await app.error("getAlbumList2", **asked))

    async def test_played_and_starred(self) -> None:
        """Lists by what the listener did; another's deeds do not show."""
        app = await self.some_music()
        actor = await self.value("SELECT actor_id FROM account WHERE username = 'nadia'")
        for track, when in (
            (self.songs[0], "2026-01-01"),
            (self.songs[0], "2026-01-02"),
            (self.first_light, "2026-02-01"),
        ):
            await self.do(
                "INSERT INTO listening (actor_id, track_id, creation_date) VALUES (%s, %s, %s)", actor, track, when
            )
        await self.do(
            "INSERT INTO star (account_id, album_id) SELECT id, %s FROM account WHERE username = 'nadia'", self.dawn
        )
        await self.do(
            "INSERT INTO favorite (actor_id, track_id, creation_date) VALUES (%s, %s, %s)", actor, self.songs[1], NOW
        )

        async def names(type: str) -> list[str]:
            found = (await app.ask("getAlbumList2", type=type))["albumList2"]["album"]
            return [album["name"] for album in found]

        self.assertEqual(["Slow Tides", "Ambient Dawn"], await names("frequent"))
        self.assertEqual(["Ambient Dawn", "Slow Tides"], await names("recent"))
        self.assertEqual(["Ambient Dawn"], await names("starred"))
        starred = (await app.ask("getStarred2"))["starred2"]
        self.assertEqual([(f"tr-{self.songs[1]}", NOW)], [(song["id"], song["starred"]) for song in starred["song"]])
        self.assertEqual([f"al-{self.dawn}"], [album["id"] for album in starred["album"]])
        folder = (await app.ask("getMusicDirectory", id=f"al-{self.dawn}"))["directory"]
        self.assertEqual((starred["album"][0]["starred"], 1), (folder["starred"], folder["playCount"]))
        song = (await app.ask("getSong", id=f"tr-{self.songs[0]}"))["song"]
        self.assertEqual((2, "2026-01-02T00:00:00.000Z"), (song["playCount"], song["played"]))
        other = (await (await self.app("omar")).ask("getSong", id=f"tr-{self.songs[0]}"))["song"]
        self.assertEqual((0, False), (other["playCount"], "played" in other))

    async def test_random_songs(self) -> None:
        """No song twice; genres and years narrow."""
        app = await self.some_music()
        songs = (await app.ask("getRandomSongs", size=500))["randomSongs"]["song"]
        self.assertEqual(4, len({song["id"] for song in songs}))
        songs = (await app.ask("getRandomSongs", genre="Ambient"))["randomSongs"]["song"]
        self.assertEqual(["First Light"], [song["title"] for song in songs])
        songs = (await app.ask("getRandomSongs", fromYear=2019, toYear=2020))["randomSongs"]["song"]
        self.assertEqual(3, len(songs))
        self.assertEqual([], (await app.ask("getRandomSongs", size=0))["randomSongs"]["song"])

    async def test_genres(self) -> None:
        """Counts of what may be heard; songs of a genre page by page."""
        app = await self.some_music()
        genres = (await app.ask("getGenres"))["genres"]["genre"]
        self.assertEqual([("Ambient", 1, 1), ("Rock", 3, 1)], [tuple(genre.values()) for genre in genres])
        self.assertEqual("2", (await app.raw("getGenres")).header("X-Total-Count"))
        songs = (await app.ask("getSongsByGenre", genre="rock", count=2, offset=2))["songsByGenre"]["song"]
        self.assertEqual(["Wave 3"], [song["title"] for song in songs])

    async def test_searches(self) -> None:
        """Beginnings of words in any of the names; asterisks and quotes say nothing."""
        app = await self.some_music()

        async def found(query: str) -> tuple[list[str], list[str], list[str]]:
            told = (await app.ask("search3", query=query))["searchResult3"]
            names = [[one.get("name") or one["title"] for one in told[kind]] for kind in ("artist", "album", "song")]
            return names[0], names[1], names[2]

        self.assertEqual(
            (["The Nova Kestrel"], ["Slow Tides", "Ambient Dawn"], 4), (*(f := await found("kest"))[:2], len(f[2]))
        )
        self.assertEqual(["Wave 2"], (await found("nova wave 2"))[2])
        self.assertEqual(["Wave 2"], (await found('"wave 2"*'))[2])
        self.assertEqual(([], [], []), await found("whisper"))
        self.assertEqual(([], [], []), await found("& | ! ( :*"))
        self.assertEqual(10, await app.error("search2"))
        old = (await app.ask("search", title="wave", count=2))["searchResult"]
        self.assertEqual((0, 3, 2), (old["offset"], old["totalHits"], len(old["match"])))

    async def test_several_words_widen_nothing(self) -> None:
        """What is counted is what may be heard, however many of a song's names hold the words."""
        app = await self.some_music()
        for query in ("whisper", "elan whisper", "whisper élan", "nova kestrel wave 2"):
            counted = (await app.raw("search3", query=query)).header("X-Total-Count")
            self.assertEqual("1" if "wave" in query else "0", counted, query)

    async def test_the_oldest_search(self) -> None:
        """Each word in the name that it was meant for; and songs by when they came."""
        app = await self.some_music()

        async def found(**asked: object) -> list[str]:
            told = (await app.ask("search", **asked))["searchResult"]
            self.assertEqual(told["totalHits"], len(told["match"]))
            return [song["title"] for song in told["match"]]

        self.assertEqual(["Wave 2"], await found(artist="nova", title="wave 2"))
        self.assertEqual(["Wave 1", "Wave 2", "Wave 3"], await found(album='"tides"'))
        self.assertEqual(["First Light"], await found(any="dawn"))
        for nothing in ({"title": "nova"}, {"artist": "wave"}, {"title": "whisper"}, {"title": "& |"}, {}):
            self.assertEqual([], await found(**nothing), nothing)
        await self.do("UPDATE track SET creation_date = '2020-01-01' WHERE id <> %s", self.first_light)
        await self.do("UPDATE track SET creation_date = '2020-03-01' WHERE id = %s", self.first_light)
        await self.changed("catalog")
        self.assertEqual(["First Light"], await found(newerThan=1_580_000_000_000))
        self.assertEqual([], await found(newerThan=1_580_000_000_000, title="wave"))
        self.assertEqual("4", (await app.raw("search", newerThan=1)).header("X-Total-Count"))

    async def test_a_full_synchronisation(self) -> None:
        """Pages of everything, in the order of ids; a count of none asks for none."""
        app = await self.some_music()
        seen: list[str] = []
        for offset in (0, 3):
            told = (await app.ask("search3", songCount=3, songOffset=offset, artistCount=0, albumCount=0))[
                "searchResult3"
            ]
            self.assertEqual(([], []), (told["artist"], told["album"]))
            seen += [song["id"] for song in told["song"]]
        self.assertEqual([f"tr-{id}" for id in sorted([*self.songs, self.first_light])], seen)

    async def test_xml_says_the_same(self) -> None:
        """As elements and attributes."""
        app = await self.some_music()
        album = (await app.xml("getAlbum", id=f"al-{self.tides}")).find("album")
        assert album is not None
        self.assertEqual(["Wave 1", "Wave 2", "Wave 3"], [song.get("title") for song in album.findall("song")])
        genre = album.find("song/genres")
        assert genre is not None
        self.assertEqual("Rock", genre.get("name"))
        post = await app.envelope("getAlbum", id=f"al-{self.tides}", method="POST")
        self.assertEqual(await app.ask("getAlbum", id=f"al-{self.tides}"), post)
