"""Stars, ratings, scrobbles and what is playing (docs/subsonic.md §8.3, §8.7, §9.7)."""

from __future__ import annotations

import time

from tests.subsonic.pod import App, SubsonicCase


def ago(seconds: float) -> int:
    """Milliseconds since 1970, so many seconds back."""
    return int((time.time() - seconds) * 1000)


class NotingCase(SubsonicCase):
    """One album that everybody hears, and a song that only Omar hears."""

    async def some_music(self) -> App:
        app = await self.app("nadia")
        library = await self.a_library_of("nadia")
        await self.app("omar")
        private = await self.a_library_of("omar", "me")
        self.artist = await self.an_artist("Nova Kestrel")
        self.album = await self.an_album("Slow Tides", self.artist)
        self.songs = [await self.a_track(f"Wave {n}", self.artist, self.album, position=n) for n in (1, 2, 3)]
        self.whisper = await self.a_track("Whisper", self.artist)
        self.uploads = [await self.an_upload(library, song, duration=200) for song in self.songs]
        await self.an_upload(private, self.whisper)
        await self.changed("catalog", "libraries")
        return app

    async def listenings(self) -> int:
        count: int = await self.value("SELECT count(*) FROM listening")
        return count


class StarTests(NotingCase):
    """Stars of three kinds."""

    async def test_all_kinds(self) -> None:
        """By prefix, by parameter, and bare; newest first; gone again."""
        app = await self.some_music()
        await app.ask("star", id=[f"tr-{self.songs[0]}", f"al-{self.album}", self.songs[1]], artistId=self.artist)
        told = (await app.ask("getStarred2"))["starred2"]
        self.assertEqual({f"tr-{song}" for song in self.songs[:2]}, {song["id"] for song in told["song"]})
        self.assertEqual([f"al-{self.album}"], [album["id"] for album in told["album"]])
        self.assertEqual([f"ar-{self.artist}"], [artist["id"] for artist in told["artist"]])
        self.assertIn("starred", told["song"][0])
        await app.ask("unstar", id=[f"ar-{self.artist}", f"tr-{self.songs[0]}", self.songs[1]], albumId=self.album)
        told = (await app.ask("getStarred2"))["starred2"]
        self.assertEqual({"song": [], "album": [], "artist": []}, told)

    async def test_a_star_keeps_its_date(self) -> None:
        """To star again changes nothing."""
        app = await self.some_music()
        await app.ask("star", id=self.songs[0], albumId=self.album)
        before = (await app.ask("getStarred2"))["starred2"]
        await app.ask("star", id=self.songs[0], albumId=self.album)
        self.assertEqual(before, (await app.ask("getStarred2"))["starred2"])

    async def test_a_song_is_a_favourite(self) -> None:
        """The same as through the other face, in both directions."""
        app = await self.some_music()
        await app.ask("star", id=self.songs[0])
        person = await self.person("mira")
        self.assertEqual(0, (await person.get("favorites/tracks/", scope="me")).json["count"])
        self.assertEqual(1, await self.value("SELECT count(*) FROM favorite"))
        await self.do("DELETE FROM favorite")
        self.assertEqual([], (await app.ask("getStarred2"))["starred2"]["song"])

    async def test_all_or_nothing(self) -> None:
        """One that is not there, or not for these ears, and nothing is starred."""
        app = await self.some_music()
        for bad in (f"tr-{self.whisper}", "tr-999999", "al-999999", "ar-999999", "pl-1", "nonsense", "pe-1"):
            self.assertEqual(70, await app.error("star", id=[self.songs[0], bad]), bad)
        self.assertEqual(70, await app.error("star", albumId=f"ar-{self.artist}"))
        self.assertEqual(10, await app.error("star"))
        self.assertEqual(0, await self.value("SELECT (SELECT count(*) FROM favorite) + (SELECT count(*) FROM star)"))

    async def test_episodes(self) -> None:
        """An episode's id stands for its song."""
        app = await self.some_music()
        await app.ask("star", id=f"pe-{self.uploads[1]}")
        starred = (await app.ask("getStarred2"))["starred2"]["song"]
        self.assertEqual([f"tr-{self.songs[1]}"], [song["id"] for song in starred])

    async def test_looking_is_not_starring(self) -> None:
        """HEAD changes nothing."""
        app = await self.some_music()
        self.assertEqual(200, (await app.raw("star", method="HEAD", id=self.songs[0])).status)
        self.assertEqual(0, await self.value("SELECT count(*) FROM favorite"))

    async def test_thousands_at_once(self) -> None:
        """One POST with very many ids."""
        app = await self.some_music()
        await app.ask("star", method="POST", id=self.songs * 1500)
        self.assertEqual(3, await self.value("SELECT count(*) FROM favorite"))

    async def test_programs_need_leave(self) -> None:
        """A token that may only read stars nothing."""
        await self.some_music()
        person = await self.person("mira")
        reader, writer = await self.program(person, "read"), await self.program(person, "write")
        for program, status in ((reader, "failed"), (writer, "ok")):
            told = await program.get("/rest/star", f="json", id=self.songs[0])
            self.assertEqual(status, told.json["subsonic-response"]["status"])


class RatingTests(NotingCase):
    """``setRating``"""

    async def test_ratings(self) -> None:
        """Own, and what all think on average; taken back with 0."""
        app, other = await self.some_music(), await self.app("omar")
        await app.ask("setRating", id=f"al-{self.album}", rating=5)
        await other.ask("setRating", id=f"al-{self.album}", rating=2)
        album = (await app.ask("getAlbum", id=self.album))["album"]
        self.assertEqual((5, 3.5), (album["userRating"], album["averageRating"]))
        await app.ask("setRating", id=f"al-{self.album}", rating=0)
        album = (await app.ask("getAlbum", id=self.album))["album"]
        self.assertEqual((None, 2.0), (album.get("userRating"), album["averageRating"]))
        await app.ask("setRating", id=self.songs[0], rating=4)
        await app.ask("setRating", id=f"ar-{self.artist}", rating=3)
        self.assertEqual(4, (await app.ask("getSong", id=self.songs[0]))["song"]["userRating"])
        self.assertEqual(3, (await app.ask("getArtist", id=self.artist))["artist"]["userRating"])

    async def test_what_is_no_rating(self) -> None:
        """Outside of 0 to 5, nonsense, nothing; things that are not there."""
        app = await self.some_music()
        for rating in (6, -1, "many", ""):
            self.assertEqual(10, await app.error("setRating", id=self.songs[0], rating=rating), rating)
        for id in (self.whisper, "al-99999", "pl-1", "xx-1"):
            self.assertEqual(70, await app.error("setRating", id=id, rating=3), id)


class ScrobbleTests(NotingCase):
    """``scrobble``"""

    async def test_many_with_times(self) -> None:
        """Pairs in order; without a time: now; seconds are understood; play counts follow."""
        app = await self.some_music()
        await app.ask("scrobble", id=self.songs, time=[ago(600), ago(300) // 1000])
        self.assertEqual(3, await self.listenings())
        told = await self.value("SELECT array_agg(track_id ORDER BY creation_date) FROM listening")
        self.assertEqual(self.songs, told)
        song = (await app.ask("getSong", id=self.songs[0]))["song"]
        self.assertEqual(1, song["playCount"])
        self.assertIn("played", song)

    async def test_the_same_once(self) -> None:
        """The same song at the same moment, in one call or in two."""
        app, moment = await self.some_music(), ago(60)
        await app.ask("scrobble", id=[self.songs[0]] * 2, time=[moment] * 2)
        await app.ask("scrobble", id=self.songs[0], time=moment)
        self.assertEqual(1, await self.listenings())
        await app.ask("scrobble", id=self.songs[0], time=moment + 1)
        self.assertEqual(2, await self.listenings())

    async def test_times_that_cannot_be(self) -> None:
        """The future is now; what is older than a fortnight is passed over."""
        app = await self.some_music()
        await app.ask("scrobble", id=self.songs[:2], time=[ago(-86_400), ago(15 * 86_400)])
        late = await self.value("SELECT max(creation_date) <= now() FROM listening")
        self.assertEqual((1, True), (await self.listenings(), late))

    async def test_all_or_nothing(self) -> None:
        """One that is not there, and nothing is remembered."""
        app = await self.some_music()
        self.assertEqual(70, await app.error("scrobble", id=[self.songs[0], self.whisper]))
        self.assertEqual(10, await app.error("scrobble"))
        self.assertEqual(0, await self.listenings())

    async def test_now_playing_is_no_listening(self) -> None:
        """``submission=false`` only shows; the listening comes with the scrobble, each time."""
        app = await self.some_music()
        for _ in range(2):
            await app.ask("scrobble", id=self.songs[0], submission="false")
            (entry,) = (await app.ask("getNowPlaying"))["nowPlaying"]["entry"]
            self.assertEqual(
                (f"tr-{self.songs[0]}", "nadia", "Test", 0, "playing"),
                (entry["id"], entry["username"], entry["playerName"], entry["minutesAgo"], entry["state"]),
            )
        self.assertEqual(0, await self.listenings())
        for _ in range(2):
            await app.ask("scrobble", id=self.songs[0])
        self.assertEqual(2, await self.listenings())


class ReportTests(NotingCase):
    """``reportPlayback`` and who sees what is playing."""

    async def report(self, app: App, song: int, state: str, position: int = 0, **more: object) -> None:
        await app.ask("reportPlayback", mediaId=song, mediaType="song", positionMs=position, state=state, **more)

    async def later(self, seconds: int) -> None:
        """Let time pass for all sessions."""
        await self.do(
            "UPDATE playback SET reported = reported - %s * interval '1 second',"
            " started = started - %s * interval '1 second'",
            seconds,
            seconds,
        )

    async def test_a_whole_session(self) -> None:
        """The clock runs; half the song is a listening, with the time it began; a scrobble of it adds none."""
        app = await self.some_music()
        began = time.time()
        await self.report(app, self.songs[0], "starting")
        await self.report(app, self.songs[0], "playing")
        await self.later(110)
        (entry,) = (await app.ask("getNowPlaying"))["nowPlaying"]["entry"]
        passed = time.time() - began
        self.assertTrue(110_000 <= entry["positionMs"] <= 110_001 + 1000 * passed, entry)
        self.assertEqual((1, 1.0), (entry["minutesAgo"], entry["playbackRate"]))
        await self.report(app, self.songs[0], "stopped", 110_000)
        self.assertEqual(1, await self.listenings())
        age = await self.value("SELECT extract(epoch FROM now() - creation_date)::integer FROM listening")
        self.assertTrue(109 <= age <= 111 + time.time() - began, age)
        await app.ask("scrobble", id=self.songs[0])
        await app.ask("scrobble", id=self.songs[0], time=ago(110))
        self.assertEqual(1, await self.listenings())
        self.assertEqual([], (await app.ask("getNowPlaying"))["nowPlaying"]["entry"])

    async def test_a_scrobble_before_the_end(self) -> None:
        """The other way round it counts once as well."""
        app = await self.some_music()
        await self.report(app, self.songs[0], "playing")
        await self.later(150)
        await app.ask("scrobble", id=self.songs[0])
        await self.report(app, self.songs[0], "stopped", 150_000)
        self.assertEqual(1, await self.listenings())

    async def test_the_next_song(self) -> None:
        """Another song ends the session; one that was hardly heard is none."""
        app = await self.some_music()
        await self.report(app, self.songs[0], "playing")
        await self.later(20)
        await self.report(app, self.songs[1], "playing")
        self.assertEqual(0, await self.listenings())
        await self.later(190)
        await self.report(app, self.songs[2], "starting")
        self.assertEqual(1, await self.listenings())
        self.assertEqual(self.songs[1], await self.value("SELECT track_id FROM listening"))

    async def test_only_shown(self) -> None:
        """``ignoreScrobble`` writes nothing."""
        app = await self.some_music()
        await self.report(app, self.songs[0], "playing", ignoreScrobble="true")
        await self.later(150)
        await self.report(app, self.songs[0], "stopped", 150_000)
        self.assertEqual(0, await self.listenings())

    async def test_what_is_no_report(self) -> None:
        """Each thing that must be said."""
        app = await self.some_music()
        right = {"mediaId": self.songs[0], "mediaType": "song", "positionMs": 0, "state": "playing"}
        for name, value in (
            ("mediaId", ""),
            ("mediaType", "film"),
            ("positionMs", "soon"),
            ("positionMs", -1),
            ("state", "dancing"),
        ):
            self.assertEqual(10, await app.error("reportPlayback", **(right | {name: value})), name)
        self.assertEqual(70, await app.error("reportPlayback", **(right | {"mediaId": self.whisper})))
        await app.ask("reportPlayback", **right, playbackRate="fast")

    async def test_who_sees_it(self) -> None:
        """Others as far as one's privacy level lets out; nobody a song that they may not hear."""
        app, other = await self.some_music(), await self.app("omar")
        await self.report(app, self.songs[0], "playing")
        await self.report(other, self.whisper, "playing")
        levels = {"me": 0, "instance": 1, "everyone": 1}
        for level, count in levels.items():
            await self.do("UPDATE account SET privacy_level = %s", level)
            names = [one["username"] for one in (await other.ask("getNowPlaying"))["nowPlaying"]["entry"]]
            self.assertEqual(count, names.count("nadia"), level)
            self.assertIn("omar", names)
            names = [one["username"] for one in (await app.ask("getNowPlaying"))["nowPlaying"]["entry"]]
            self.assertEqual(["nadia"], names)

    async def test_it_ends_by_itself(self) -> None:
        """Half an hour after its planned end nobody plays it any more, and it is not counted."""
        app = await self.some_music()
        await self.report(app, self.songs[0], "playing")
        await self.later(200 + 29 * 60)
        self.assertEqual(1, len((await app.ask("getNowPlaying"))["nowPlaying"]["entry"]))
        await self.later(120)
        self.assertEqual([], (await app.ask("getNowPlaying"))["nowPlaying"]["entry"])
        await self.report(app, self.songs[1], "playing")
        self.assertEqual(0, await self.listenings())

    async def test_very_many_apps(self) -> None:
        """Of somebody with more apps than anybody has, the latest are kept."""
        app = await self.some_music()
        for number in range(25):
            await app.ask("scrobble", id=self.songs[0], submission="false", c=f"app {number}")
        self.assertEqual(20, await self.value("SELECT count(*) FROM playback"))
