"""
A small pod on which there is something of everything, and one table of all calls that go well on it.

::

    class ThingsTests(EveryCallCase):
        async def test_all(self) -> None:
            for call in self.table():
                told = await self.said(call)
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
from attrs import field, frozen

from fwtwisted.core.folders.values import Reports, Wish
from tests.audio import image, make
from tests.hostile import ok
from tests.machine import MPV, needed
from tests.rest.test_feeds import KIND, FeedCase, feed, item
from tests.subsonic.pod import App, SubsonicCase
from tests.web.serving import Answer

Arguments: TypeAlias = "Mapping[str, Any]"

# The names of the OpenSubsonic description.
_NAMES = """
    addChatMessage changePassword createBookmark createInternetRadioStation createPlaylist createPodcastChannel
    createShare createUser deleteBookmark deleteInternetRadioStation deletePlaylist deletePodcastChannel
    deletePodcastEpisode deleteShare deleteUser download downloadPodcastEpisode findSonicPath getAlbum getAlbumInfo
    getAlbumInfo2 getAlbumList getAlbumList2 getArtist getArtistInfo getArtistInfo2 getArtists getAvatar getBookmarks
    getCaptions getChatMessages getCoverArt getGenres getIndexes getInternetRadioStations getLicense getLyrics
    getLyricsBySongId getMusicDirectory getMusicFolders getNewestPodcasts getNowPlaying getOpenSubsonicExtensions
    getPlayQueue getPlayQueueByIndex getPlaylist getPlaylists getPodcastEpisode getPodcasts getRandomSongs
    getScanStatus getShares getSimilarSongs getSimilarSongs2 getSong getSongsByGenre getSonicSimilarTracks getStarred
    getStarred2 getTopSongs getTranscodeDecision getTranscodeStream getUser getUsers getVideoInfo getVideos hls.m3u8
    jukeboxControl ping refreshPodcasts reportPlayback savePlayQueue savePlayQueueByIndex scrobble search search2
    search3 setRating star startScan stream tokenInfo unstar updateInternetRadioStation updatePlaylist updateShare
    updateUser
"""
NAMES = _NAMES.split()

PLAYER = {
    "name": "Box",
    "platform": "test",
    "directPlayProfiles": [{"containers": ["flac"], "audioCodecs": ["flac"], "protocols": ["http"]}],
    "transcodingProfiles": [{"container": "ogg", "audioCodec": "opus", "protocol": "http"}],
}
GAINS = {"track_gain": -6.5, "album_gain": -7, "track_peak": 0.9, "album_peak": 0.98}
LYRICS = """<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" xml:lang="en">
<head><metadata>
<ttm:agent type="person" xml:id="v1"><ttm:name>Nova</ttm:name></ttm:agent><ttm:agent type="other" xml:id="v2"/>
</metadata></head><body><div>
<p begin="1s" end="2s" ttm:agent="v1"><span begin="1s" end="1.5s">Here</span> <span begin="1.5s" end="2s">I</span></p>
<p begin="2s" end="3s" ttm:agent="v2"><span begin="2s" end="2.5s">am</span> <span begin="2.5s" end="3s">not</span></p>
</div></body></tt>"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


@frozen
class Call:
    """
    One call that is understood.

    :ivar payload: what its answer holds; nothing: the bare envelope.
    :ivar asked: its arguments; for a call that uses something up, what makes it and gives its arguments.
    :ivar moving: fields that differ from answer to answer, as ``object/field``; in bytes: anything.
    :ivar media: beginning of the media type of an answer in bytes.
    :ivar error: the code that is right here, for what is answered honestly with no.
    :ivar body: the document that is posted.
    """

    name: str
    payload: str = ""
    asked: Arguments | Callable[[], Awaitable[Arguments]] = field(factory=dict)
    moving: frozenset[str] = field(default="", converter=_names)
    media: str = ""
    error: int | None = None
    body: Mapping[str, Any] | None = None
    with_key: bool = False

    async def arguments(self) -> Arguments:
        """What to ask now."""
        return self.asked if isinstance(self.asked, Mapping) else await self.asked()


class EveryCallCase(SubsonicCase, FeedCase):
    """Nadia runs the pod, has music, and did everything with it that an app can do."""

    async def setUp(self) -> None:  # type: ignore[override]
        needed(MPV)
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.music = Path(os.path.realpath(self.place.name))
        self.environment = {
            **FeedCase.environment,
            "MUSIC_DIRECTORY_PATH": str(self.music), "SUBSONIC_JUKEBOX": "true",
            "SUBSONIC_JUKEBOX_OUTPUT": "null", "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        }  # fmt: skip
        await super().setUp()
        self._fresh = count(1)
        client = await self.person("nadia", is_superuser=True)
        key = (await client.post("subsonic/keys/", {"name": "Phone"})).json["key"]
        self.nadia, self.phone = await self.app("nadia"), App(self.served, {"apiKey": key, "c": "Test"})
        await self.app("kim")
        await self._music()
        await self._podcasts()
        await self._notes()

    # --- what is there -----------------------------------------------------------------------------

    async def _music(self) -> None:
        """Two albums of real files, with words, a picture, numbers and texts."""
        library = await self.a_library_of("nadia")
        for number, (title, album, genre) in enumerate((("One", "Tides", "Ambient"), ("Two", "Tides", "Ambient"),
                                                        ("Three", "Sands", "Drone"))):  # fmt: skip
            make(
                self.music / album, "mp3", f"{title}.mp3", pitch=300 + 50 * number, title=title, artist="Nova",
                album=album, albumartist="Nova", track=number + 1, disc=1, date="2021-03-04", genre=genre,
                comment="<made>", bpm=120, replaygain_track_gain="-6.5 dB", lyrics="Here\n\nI am", cover=image(60, 40),
            )  # fmt: skip
        (self.music / "Tides" / "One.ttml").write_text(LYRICS, "utf-8")
        uuid: UUID = await self.value("SELECT uuid FROM library WHERE id = %s", library)
        await self.parts.folders.import_folder(Wish(uuid, [str(self.music)], in_place=True, recursive=True), Reports())
        self.one, self.two, self.three = [
            f"tr-{await self.value('SELECT id FROM track WHERE title = %s', title)}"
            for title in ("One", "Two", "Three")
        ]
        self.tides = f"al-{await self.value('SELECT id FROM album WHERE title = %s', 'Tides')}"
        self.nova = f"ar-{await self.value('SELECT id FROM artist WHERE name = %s', 'Nova')}"
        other = await self.an_artist("The Öther")
        await self.an_upload(library, await self.a_track("Four", other))
        await self.tag("artist", other, "Ambient")
        told = ("A <b>band</b>, & more.", "text/html")
        await self.do("UPDATE artist SET description = %s, description_type = %s", *told)
        await self.do("UPDATE album SET description = %s, description_type = %s", *told)
        facts = {"isrc": ["SE6HN1222530"], "composer": "Nova", "replaygain": GAINS}
        await self.do("UPDATE upload SET metadata = metadata || %s::jsonb", orjson.dumps(facts).decode())
        await self.do("UPDATE upload SET bitrate = 900000 WHERE track_id = (SELECT id FROM track WHERE title = 'Four')")
        await self.do("UPDATE account SET subsonic_max_bitrate = 500 WHERE username = 'nadia'")
        for table in ("artist", "album", "track"):
            await self.do(f"UPDATE {table} SET mbid = gen_random_uuid()")
        await self._portrait()
        await self.changed("catalog", "libraries")

    async def _portrait(self) -> None:
        """A picture of Nadia, and of the artist."""
        uuid, body = uuid4(), image(40, 30)
        name = f"attachments/aa/bb/{uuid}.png"
        await self.ground.blobs.put(name, body)
        picture = await self.value(
            "INSERT INTO attachment (uuid, file, size, mimetype) VALUES (%s, %s, %s, 'image/png') RETURNING id",
            uuid, name, len(body),
        )  # fmt: skip
        await self.do("UPDATE actor SET icon_id = %s WHERE preferred_username = 'nadia'", picture)
        await self.do("UPDATE artist SET cover_id = %s WHERE name = 'Nova'", picture)

    async def _podcasts(self) -> None:
        """A feed at a far end, and a channel here with an episode."""
        self.far.says("/feed", ok(feed(item(1), item(2)), KIND))
        self.far.says("/other", ok(feed(item(3), title="Other"), KIND))
        own = await self.a_channel(self.alice)
        await self.an_episode(self.alice, own)
        for url in (self.far.url("/feed"), "nighttalk@pod.example"):
            await self.nadia.ask("createPodcastChannel", url=url)
        channels = (await self.nadia.ask("getPodcasts"))["podcasts"]["channel"]
        self.channel = next(one for one in channels if one["title"] == "Deep Sea")
        self.far_episode = self.channel["episode"][0]["id"]
        self.own_episode = next(one for one in channels if one["title"] != "Deep Sea")["episode"][0]["id"]

    async def _notes(self) -> None:
        """What Nadia keeps."""
        ask = self.nadia.ask
        await ask("star", id=[self.one, self.tides, self.nova])
        for id in (self.one, self.tides, self.nova):
            await ask("setRating", id=id, rating=4)
        await ask("scrobble", id=self.one)
        await ask("reportPlayback", mediaId=self.one, mediaType="song", positionMs=300, state="paused")
        await ask("createBookmark", id=self.one, position=900, comment='"Here"')
        await ask("savePlayQueue", id=[self.one, self.two], current=self.two, position=1200)
        await ask("addChatMessage", message="Hello & good day")
        made = await ask("createPlaylist", name="Mine", songId=[self.one, self.two])
        self.playlist = made["playlist"]["id"]
        self.share = (await self.a_share())["id"]
        self.station = (await self.a_station())["id"]
        await ask("jukeboxControl", action="set", id=[self.one, self.two])

    # --- what calls use up -------------------------------------------------------------------------

    async def a_share(self) -> Arguments:
        """A new share's id."""
        made = await self.nadia.ask("createShare", id=self.tides, description="<x>", expires=4_000_000_000_000)
        return {"id": made["shares"]["share"][0]["id"]}

    async def a_station(self) -> Arguments:
        """A new station's id."""
        name = f"Station {next(self._fresh)}"
        asked = {"name": name, "streamUrl": "https://radio.example/s", "homepageUrl": "https://radio.example/"}
        await self.nadia.ask("createInternetRadioStation", **asked)
        told = (await self.nadia.ask("getInternetRadioStations"))["internetRadioStations"]["internetRadioStation"]
        return {"id": next(one["id"] for one in told if one["name"] == name)}

    async def a_playlist(self) -> Arguments:
        """A new playlist's id."""
        return {"id": (await self.nadia.ask("createPlaylist", name="Short"))["playlist"]["id"]}

    async def a_podcast(self) -> Arguments:
        """The id of a podcast that is followed."""
        await self.nadia.ask("createPodcastChannel", url=self.far.url("/other"))
        channels = (await self.nadia.ask("getPodcasts"))["podcasts"]["channel"]
        return {"id": next(one["id"] for one in channels if one["title"] == "Other")}

    async def a_newcomer(self) -> Arguments:
        """What makes an account."""
        name = f"new{next(self._fresh)}"
        return {"username": name, "password": "sand & sea 42", "email": f"{name}@mail.example"}

    async def somebody(self) -> Arguments:
        """The name of a new account."""
        newcomer = await self.a_newcomer()
        await self.nadia.ask("createUser", **newcomer)
        return {"username": newcomer["username"]}

    async def a_decision(self) -> Arguments:
        """How a song is to be sent."""
        asked = {"mediaId": self.one, "mediaType": "song"}
        answer = await self.answer(Call("getTranscodeDecision", asked=asked, body=PLAYER), f="json")
        params = answer.json["subsonic-response"]["transcodeDecision"]["transcodeParams"]
        return {**asked, "transcodeParams": params}

    # --- asking ------------------------------------------------------------------------------------

    async def answer(self, call: Call, method: str = "GET", **further: Any) -> Answer:
        """What is said to a call."""
        app = self.phone if call.with_key else self.nadia
        asked = {**await call.arguments(), **further}
        if call.body is None:
            return await app.raw(call.name, method=method, **asked)
        query = urlencode({**app.credentials, **asked}, doseq=True)
        kind = {"Content-Type": "application/json"}
        return await self.served.ask("POST", f"/rest/{call.name}?{query}", kind, orjson.dumps(call.body))

    async def said(self, call: Call, method: str = "GET") -> Any:
        """What stands in the envelope."""
        return (await self.answer(call, method, f="json")).json["subsonic-response"]

    # --- the table ---------------------------------------------------------------------------------

    def table(self) -> list[Call]:
        """Every call."""
        return [*self._browsing(), *self._lists(), *self._media(), *self._keeping(), *self._changing(), *self._people()]

    def _browsing(self) -> list[Call]:
        one, tides, nova = {"id": self.one}, {"id": self.tides}, {"id": self.nova}
        return [
            Call("ping"),
            Call("getLicense", "license", moving="license/licenseExpires"),
            Call("getOpenSubsonicExtensions", "openSubsonicExtensions"),
            Call("tokenInfo", "tokenInfo", with_key=True),
            Call("getMusicFolders", "musicFolders"),
            Call("getIndexes", "indexes"),
            Call("getIndexes", "indexes", {"ifModifiedSince": 4_000_000_000_000}),
            Call("getMusicDirectory", "directory", nova),
            Call("getMusicDirectory", "directory", tides),
            Call("getGenres", "genres"),
            Call("getArtists", "artists"),
            Call("getArtist", "artist", nova),
            Call("getAlbum", "album", tides),
            Call("getSong", "song", one),
            Call("getVideos", "videos"),
            Call("getVideoInfo", asked=one, error=70),
            Call("getArtistInfo", "artistInfo", nova),
            Call("getArtistInfo2", "artistInfo2", nova),
            Call("getAlbumInfo", "albumInfo", tides),
            Call("getAlbumInfo2", "albumInfo", one),
            Call("getSimilarSongs", "similarSongs", one),
            Call("getSimilarSongs2", "similarSongs2", nova),
            Call("getTopSongs", "topSongs", {"artist": "Nova"}),
            Call("getTopSongs", "topSongs", nova),
            Call("getSonicSimilarTracks", "sonicMatch", one),
            Call("findSonicPath", "sonicMatch", {"startSongId": self.one, "endSongId": self.three}),
            Call("getScanStatus", "scanStatus"),
        ]

    def _lists(self) -> list[Call]:
        everything = {"query": '""'}
        return [
            Call("getAlbumList", "albumList", {"type": "alphabeticalByName"}),
            Call("getAlbumList", "albumList", {"type": "starred"}),
            Call("getAlbumList2", "albumList2", {"type": "alphabeticalByArtist"}),
            Call("getAlbumList2", "albumList2", {"type": "byYear", "fromYear": 2000, "toYear": 2030}),
            Call("getRandomSongs", "randomSongs", {"genre": "Drone"}),
            Call("getSongsByGenre", "songsByGenre", {"genre": "Ambient"}),
            Call("getNowPlaying", "nowPlaying", moving="entry/positionMs entry/minutesAgo"),
            Call("getStarred", "starred"),
            Call("getStarred2", "starred2"),
            Call("search", "searchResult", {"any": "nova"}),
            Call("search2", "searchResult2", everything),
            Call("search3", "searchResult3", everything),
            Call("search3", "searchResult3", {"query": "no such thing"}),
            Call("getPlaylists", "playlists"),
            Call("getPlaylist", "playlist", {"id": self.playlist}),
            Call("getShares", "shares"),
            Call("getPodcasts", "podcasts"),
            Call("getPodcasts", "podcasts", {"includeEpisodes": "false", "id": self.channel["id"]}),
            Call("getNewestPodcasts", "newestPodcasts"),
            Call("getPodcastEpisode", "podcastEpisode", {"id": self.far_episode}),
            Call("getInternetRadioStations", "internetRadioStations"),
            Call("getChatMessages", "chatMessages"),
            Call("getBookmarks", "bookmarks"),
            Call("getPlayQueue", "playQueue"),
            Call("getPlayQueueByIndex", "playQueueByIndex"),
            Call("getUser", "user", {"username": "nadia"}),
            Call("getUsers", "users"),
        ]

    def _media(self) -> list[Call]:
        one = {"id": self.one}
        return [
            Call("stream", asked={**one, "format": "raw"}, media="audio/mpeg"),
            Call("download", asked=one, media="audio/mpeg"),
            Call("hls.m3u8", asked=one, media="application/vnd.apple.mpegurl", moving="ticket"),
            Call("getCoverArt", asked={"id": self.tides, "size": 40}, media="image/"),
            Call("getAvatar", asked={"username": "nadia"}, media="image/"),
            Call("getLyrics", "lyrics", {"artist": "Nova", "title": "One"}),
            Call("getLyricsBySongId", "lyricsList", one),
            Call("getLyricsBySongId", "lyricsList", {**one, "enhanced": "true"}),
            Call("getCaptions", asked=one, error=70),
            Call(
                "getTranscodeDecision", "transcodeDecision", {"mediaId": self.one, "mediaType": "song"},
                moving="transcodeDecision/transcodeParams", body=PLAYER,
            ),
            Call("getTranscodeStream", asked=self.a_decision, media="audio/", moving="body"),
        ]  # fmt: skip

    def _keeping(self) -> list[Call]:
        one, songs = {"id": self.one}, [self.two, self.one]
        made = "playlist/id playlist/coverArt playlist/created playlist/changed"
        return [
            Call("star", asked={"id": self.two, "albumId": self.tides, "artistId": self.nova}),
            Call("unstar", asked={"id": self.two}),
            Call("setRating", asked={**one, "rating": 5}),
            Call("scrobble", asked={**one, "submission": "false"}),
            Call("scrobble", asked={"id": songs, "time": [1_000, 2_000]}),
            Call(
                "reportPlayback", asked={"mediaId": self.one, "mediaType": "song", "positionMs": 5, "state": "paused"}
            ),
            Call("createPlaylist", "playlist", {"name": "New", "songId": songs}, moving=made),
            Call("createPlaylist", "playlist", {"playlistId": self.playlist, "songId": songs}, moving=made),
            Call("updatePlaylist", asked={"playlistId": self.playlist, "name": "Changed", "songIdToAdd": songs}),
            Call("deletePlaylist", asked=self.a_playlist),
            Call("createShare", "shares", {"id": songs}, moving="share/id share/url share/created"),
            Call("updateShare", asked={"id": self.share, "description": "More", "expires": 0}),
            Call("deleteShare", asked=self.a_share),
            Call("createBookmark", asked={"id": self.two, "position": 5}),
            Call("deleteBookmark", asked={"id": self.two}),
            Call("savePlayQueue", asked={"id": songs, "current": self.one, "position": 7}),
            Call("savePlayQueueByIndex", asked={"id": songs, "currentIndex": 1, "position": 7}),
            Call("addChatMessage", asked={"message": "Good night"}),
        ]

    def _changing(self) -> list[Call]:
        station = {"streamUrl": "https://radio.example/t", "name": "Waves", "homepageUrl": "https://radio.example/"}
        return [
            Call("refreshPodcasts"),
            Call("createPodcastChannel", asked={"url": self.far.url("/feed")}),
            Call("deletePodcastChannel", asked=self.a_podcast),
            Call("downloadPodcastEpisode", asked={"id": self.own_episode}),
            Call("deletePodcastEpisode", asked={"id": self.far_episode}),
            Call("createInternetRadioStation", asked=station),
            Call("updateInternetRadioStation", asked={"id": self.station, **station}),
            Call("deleteInternetRadioStation", asked=self.a_station),
            Call("jukeboxControl", "jukeboxStatus", {"action": "status"}),
            Call("jukeboxControl", "jukeboxPlaylist", {"action": "get"}),
            Call("startScan", "scanStatus"),
        ]

    def _people(self) -> list[Call]:
        kim = {"username": "kim"}
        return [
            Call("createUser", asked=self.a_newcomer),
            Call("updateUser", asked={**kim, "maxBitRate": 192, "shareRole": "false"}),
            Call("changePassword", asked={**kim, "password": "enc:" + b"tide & time".hex()}),
            Call("deleteUser", asked=self.somebody),
        ]
