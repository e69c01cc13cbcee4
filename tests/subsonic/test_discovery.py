"""What goes with what (docs/subsonic.md §8.2)."""

from __future__ import annotations

from tests.subsonic.pod import SubsonicCase


class DiscoveryCase(SubsonicCase):
    """Three artists: two alike, one apart, and one whom nadia cannot hear."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.nadia = await self.app("nadia")
        self.open = await self.a_library_of("nadia")
        await self.app("omar")
        self.secret = await self.a_library_of("omar", "me")
        picture = await self.value(
            "INSERT INTO attachment (uuid, file, mimetype, used) VALUES (gen_random_uuid(), 'a.png', 'image/png', true)"
            " RETURNING id"
        )
        self.nova = await self.an_artist(
            "Nova", description="Sings *well*. <script>alert(1)</script>", description_type="text/markdown",
            cover_id=picture, mbid="11111111-2222-4333-8444-555555555555",
        )  # fmt: skip
        self.elan, self.drum = await self.an_artist("Élan"), await self.an_artist("Drum")
        self.hidden = await self.an_artist("Hidden")
        self.tides = await self.an_album("Tides", self.nova, description="About the sea", description_type="text/plain")
        self.waves = [await self.a_track(f"Wave {n}", self.nova, self.tides, position=n) for n in (1, 2, 3)]
        self.calm = await self.a_track("Calm", self.elan)
        self.loud = await self.a_track("Loud", self.drum)
        self.whisper = await self.a_track("Whisper", self.hidden)
        for track in (*self.waves, self.calm, self.loud):
            await self.an_upload(self.open, track)
        await self.an_upload(self.secret, self.whisper)
        for artist in (self.nova, self.elan, self.hidden):
            await self.tag("artist", artist, "Ambient")
        await self.changed("catalog", "libraries")


class InfoTests(DiscoveryCase):
    """``getArtistInfo``, ``getAlbumInfo`` and their twins."""

    async def test_an_artist(self) -> None:
        """Words without harm, pictures that load without a log-in, and who is like them; by any id."""
        told = (await self.nadia.ask("getArtistInfo2", id=f"ar-{self.nova}"))["artistInfo2"]
        self.assertEqual("<p>Sings <em>well</em>. </p>", told["biography"].strip())
        self.assertEqual("11111111-2222-4333-8444-555555555555", told["musicBrainzId"])
        self.assertEqual(["Élan"], [artist["name"] for artist in told["similarArtist"]])
        for size in ("smallImageUrl", "mediumImageUrl", "largeImageUrl"):
            self.assertTrue(told[size].startswith(f"{self.parts.pod.url}/api/v1/attachments/"), told[size])
        for id in (f"al-{self.tides}", f"tr-{self.waves[0]}", str(self.nova)):
            self.assertEqual(told, (await self.nadia.ask("getArtistInfo", id=id))["artistInfo"], id)
        element = (await self.nadia.xml("getArtistInfo2", id=f"ar-{self.nova}")).find("artistInfo2")
        assert element is not None
        self.assertEqual(told["biography"], element.findtext("biography"))
        self.assertEqual(["Élan"], [artist.get("name") for artist in element.findall("similarArtist")])

    async def test_an_album(self) -> None:
        """The album's own words, by its id or a song's; nothing is nothing."""
        for id in (f"al-{self.tides}", f"tr-{self.waves[2]}"):
            for name in ("getAlbumInfo", "getAlbumInfo2"):
                self.assertEqual("<p>About the sea</p>", (await self.nadia.ask(name, id=id))["albumInfo"]["notes"])
        self.assertEqual({}, (await self.nadia.ask("getAlbumInfo2", id=f"tr-{self.calm}"))["albumInfo"])
        told = (await self.nadia.ask("getArtistInfo", id=f"ar-{self.drum}", count=0))["artistInfo"]
        self.assertEqual({"similarArtist": []}, told)
        self.assertIsNotNone((await self.nadia.xml("getAlbumInfo", id=f"tr-{self.calm}")).find("albumInfo"))

    async def test_what_cannot_be_heard(self) -> None:
        """Nobody learns that it exists."""
        for name in ("getArtistInfo", "getArtistInfo2", "getSimilarSongs", "getSimilarSongs2"):
            for id in (f"ar-{self.hidden}", f"tr-{self.whisper}", "ar-99", "al-99", "tr-99", "pl-1", "x"):
                self.assertEqual(70, await self.nadia.error(name, id=id), (name, id))
        for id in (f"tr-{self.whisper}", "al-99", f"ar-{self.nova}"):
            self.assertEqual(70, await self.nadia.error("getAlbumInfo", id=id))
        self.assertEqual(10, await self.nadia.error("getArtistInfo"))


class SimilarTests(DiscoveryCase):
    """``getSimilarSongs``, ``getSimilarSongs2``, ``getTopSongs``."""

    async def _titles(self, name: str, element: str, **asked: object) -> list[str]:
        return [song["title"] for song in (await self.nadia.ask(name, **asked))[element]["song"]]

    async def test_similar(self) -> None:
        """Of the same artist first, then what shares tags; never the song itself."""
        found = await self._titles("getSimilarSongs", "similarSongs", id=f"tr-{self.waves[0]}")
        self.assertEqual(["Wave 2", "Wave 3", "Calm"], found)
        self.assertEqual(["Wave 2"], await self._titles("getSimilarSongs", "similarSongs", id=self.waves[0], count=1))
        self.assertIn("Calm", await self._titles("getSimilarSongs2", "similarSongs2", id=f"ar-{self.nova}"))
        self.assertIn("Calm", await self._titles("getSimilarSongs2", "similarSongs2", id=f"al-{self.tides}"))
        root = await self.nadia.xml("getSimilarSongs2", id=f"ar-{self.nova}")
        self.assertIn("Calm", [song.get("title") for song in root.findall("similarSongs2/song")])

    async def test_top_songs(self) -> None:
        """What people hear most, then what they love, then what came last; by name in any case, or by id."""
        actor = await self.value("SELECT actor_id FROM account WHERE username = 'omar'")
        await self.do("INSERT INTO listening (actor_id, track_id) VALUES (%s, %s)", actor, self.waves[1])
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", actor, self.waves[0])
        for asked in ({"artist": "nova"}, {"id": f"ar-{self.nova}"}, {"id": f"ar-{self.nova}", "artist": "Élan"}):
            self.assertEqual(["Wave 2", "Wave 1", "Wave 3"], await self._titles("getTopSongs", "topSongs", **asked))
        self.assertEqual(["Wave 2"], await self._titles("getTopSongs", "topSongs", artist="Nova", size=1))
        self.assertEqual([], await self._titles("getTopSongs", "topSongs", artist="Nobody"))
        self.assertEqual([], await self._titles("getTopSongs", "topSongs", artist="Hidden"))
        self.assertEqual([], await self._titles("getTopSongs", "topSongs", id=f"ar-{self.hidden}"))
        self.assertEqual(10, await self.nadia.error("getTopSongs"))
        root = await self.nadia.xml("getTopSongs", artist="nova")
        self.assertEqual("Wave 2", root.findall("topSongs/song")[0].get("title"))
        self.assertIn("topSongsByArtistId", [
            one["name"] for one in (await self.nadia.ask("getOpenSubsonicExtensions"))["openSubsonicExtensions"]
        ])  # fmt: skip
