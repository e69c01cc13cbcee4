"""The player beside the server, with the real mpv and no ears (docs/subsonic.md §8.10)."""

from __future__ import annotations

from typing import Any

from tests.machine import MPV, needed
from tests.outside.sounds import sound
from tests.subsonic.pod import App, SubsonicCase
from tests.waiting import settled


class NoJukeboxTests(SubsonicCase):
    """A pod as it comes."""

    async def test_off(self) -> None:
        """Nobody has the role, and every action is refused; cheaply, for some apps ask all the time."""
        nadia = await self.app("nadia")
        for action in ("get", "status", "start", "nonsense"):
            self.assertEqual(50, await nadia.error("jukeboxControl", action=action))
        self.assertEqual(50, await nadia.error("jukeboxControl"))
        self.assertIs(False, (await nadia.ask("getUser"))["user"]["jukeboxRole"])


class JukeboxCase(SubsonicCase):
    """A pod that plays into nothing, with three songs: two short, one long; and one that only Omar hears."""

    environment = {"SUBSONIC_JUKEBOX": "true", "SUBSONIC_JUKEBOX_OUTPUT": "null"}

    async def setUp(self) -> None:  # type: ignore[override]
        needed(MPV)
        await super().setUp()
        self.nadia, self.omar = await self.app("nadia"), await self.app("omar")
        library, secret = await self.a_library_of("nadia"), await self.a_library_of("omar", "me")
        artist = await self.an_artist("Nova")
        self.songs = [await self.a_track(f"Song {n}", artist) for n in (1, 2, 3)]
        self.whisper = await self.a_track("Whisper", artist)
        for song, seconds, where in zip(
            (*self.songs, self.whisper), (1, 1, 60, 60), (library,) * 3 + (secret,), strict=True
        ):
            with open(await sound(seconds), "rb") as file:
                await self.ground.blobs.put(f"tracks/aa/bb/{song}.flac", file.read())
            await self.an_upload(where, song, audio_file=f"tracks/aa/bb/{song}.flac", duration=seconds)
        await self.changed("catalog", "libraries")

    async def does(self, action: str, app: App | None = None, **asked: Any) -> Any:
        """The status after an action."""
        told = await (app or self.nadia).ask("jukeboxControl", action=action, **asked)
        return told["jukeboxPlaylist" if action == "get" else "jukeboxStatus"]

    async def until(self, **wanted: Any) -> Any:
        """The status, as soon as it is like this."""
        while True:  # the test's time-out is the limit
            status = await self.does("status")
            if wanted.items() <= status.items():
                return status
            await settled(1)

    def ids(self) -> list[str]:
        return [f"tr-{song}" for song in self.songs]


class PlayingTests(JukeboxCase):
    """Songs one after the other."""

    async def test_one_after_the_other(self) -> None:
        """What is set plays from the first on, and goes on by itself; the same in XML."""
        status = await self.does("set", id=self.ids())
        self.assertEqual({"currentIndex": 0, "playing": False, "gain": 0.8, "position": 0}, status)
        self.assertIs(True, (await self.does("start"))["playing"])
        await self.until(currentIndex=2, playing=True)
        await self.until(position=1)
        root = await self.nadia.xml("jukeboxControl", action="get")
        playlist = root.find("jukeboxPlaylist")
        assert playlist is not None
        self.assertEqual(("2", "true"), (playlist.get("currentIndex"), playlist.get("playing")))
        self.assertEqual(["Song 1", "Song 2", "Song 3"], [entry.get("title") for entry in playlist.findall("entry")])
        self.assertIs(False, (await self.does("stop"))["playing"])
        self.assertIs(True, (await self.does("start"))["playing"])
        self.assertGreaterEqual((await self.does("status"))["position"], 1, "it began anew")

    async def test_the_last_is_the_last(self) -> None:
        """After it nothing plays."""
        await self.does("set", id=self.ids()[:2])
        await self.does("start")
        await self.until(playing=False)
        self.assertEqual(2, len((await self.does("get"))["entry"]))

    async def test_skipping(self) -> None:
        """To a song, and to a moment in it."""
        await self.does("set", id=self.ids())
        await self.does("skip", index=2, offset=30)
        status = await self.until(currentIndex=2, position=30)
        self.assertIs(True, status["playing"])
        for index in ("3", "-1", "x", ""):
            self.assertIn(await self.nadia.error("jukeboxControl", action="skip", index=index), (0, 10), index)

    async def test_the_list(self) -> None:
        """Added to, shuffled, taken from, cleared; a gain is kept, whatever plays."""
        await self.does("set", id=self.ids()[2])
        await self.does("start")
        await self.does("add", id=[*self.ids()[:2], self.songs[0]])
        self.assertEqual(4, len((await self.does("get"))["entry"]))
        self.assertEqual(0.25, (await self.does("setGain", gain="0.25"))["gain"])
        await self.does("shuffle")
        playlist = await self.does("get")
        self.assertEqual(
            ("Song 3", 0, True), (playlist["entry"][0]["title"], playlist["currentIndex"], playlist["playing"])
        )
        self.assertIs(True, (await self.does("remove", index=3))["playing"])
        self.assertIs(False, (await self.does("remove", index=0))["playing"])
        self.assertEqual(2, len((await self.does("get"))["entry"]))
        cleared = await self.does("clear")
        self.assertEqual((-1, []), (cleared["currentIndex"], (await self.does("get"))["entry"]))
        await self.does("set")
        await self.does("start")

    async def test_a_missing_file_is_passed_over(self) -> None:
        """The next one plays."""
        await self.ground.blobs.delete(f"tracks/aa/bb/{self.songs[0]}.flac")
        await self.does("set", id=[self.ids()[0], self.ids()[2]])
        await self.does("start")
        await self.until(currentIndex=1, playing=True)


class RightsTests(JukeboxCase):
    """Who may, and what they see."""

    async def test_what_one_may_not_hear(self) -> None:
        """It cannot be added, and is not seen where somebody else has added it; places are those that one sees."""
        self.assertEqual(70, await self.nadia.error("jukeboxControl", action="add", id=f"tr-{self.whisper}"))
        await self.does("set", self.omar, id=[self.ids()[0], f"tr-{self.whisper}", self.ids()[2]])
        self.assertEqual(3, len((await self.does("get", self.omar))["entry"]))
        self.assertEqual(["Song 1", "Song 3"], [song["title"] for song in (await self.does("get"))["entry"]])
        await self.does("skip", index=1)
        self.assertEqual(1, (await self.does("status"))["currentIndex"])
        self.assertEqual(2, (await self.does("status", self.omar))["currentIndex"])

    async def test_the_role(self) -> None:
        """From whom it was taken."""
        await self.do("UPDATE account SET subsonic_denied_roles = '{jukebox}' WHERE username = 'omar'")
        self.assertEqual(50, await self.omar.error("jukeboxControl", action="status"))
        self.assertIs(True, (await self.nadia.ask("getUser"))["user"]["jukeboxRole"])
        self.assertIs(False, (await self.omar.ask("getUser"))["user"]["jukeboxRole"])

    async def test_bad_input(self) -> None:
        """Unknown actions, missing ids and gains out of range are 10."""
        for asked in (
            {}, {"action": "dance"}, {"action": "add"}, {"action": "skip"}, {"action": "remove"}, {"action": "setGain"},
            {"action": "setGain", "gain": "2"}, {"action": "setGain", "gain": "nan"},
            {"action": "setGain", "gain": "-0.1"},
        ):  # fmt: skip
            self.assertEqual(10, await self.nadia.error("jukeboxControl", **asked), asked)
        self.assertEqual(0, await self.nadia.error("jukeboxControl", action="remove", index=0))
        self.assertEqual(70, await self.nadia.error("jukeboxControl", action="set", id="tr-99999"))
