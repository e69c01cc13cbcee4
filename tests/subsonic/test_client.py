"""A client that others wrote, py-opensonic: every method that it has, against a served pod."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen
from libopensonic import AsyncConnection, errors
from libopensonic.media import media_types as media
from twisted.internet.threads import deferToThread

from tests.machine import MPV, needed
from tests.subsonic.every_call import PLAYER, EveryCallCase
from tests.subsonic.pod import SECRET


@frozen
class Step:
    """
    One method, called.

    :ivar wanted: the type of what comes; in a list: of each in a list that is not empty; an exception: that.
    """

    name: str
    wanted: Any
    given: Sequence[Any] = ()
    named: dict[str, Any] | None = None


async def driven(connection: Any, steps: Iterable[Step]) -> list[str]:
    """Do all steps, one after the other; what was not as wanted."""
    told = []
    try:
        for step in steps:
            trouble = await _trouble(connection, step)
            if trouble is not None:
                told.append(f"{step.name}: {trouble}")
    finally:
        await connection.cleanup()
    return told


async def _trouble(connection: Any, step: Step) -> str | None:
    """What is wrong with what comes."""
    wanted = step.wanted
    try:
        got = getattr(connection, step.name)(*step.given, **(step.named or {}))
        got = await got if inspect.isawaitable(got) else got
    except Exception as why:  # whatever a library of others raises is told with the name of the method
        return None if _is_error(wanted) and isinstance(why, wanted) else repr(why)
    if wanted is bytes:
        body = got if isinstance(got, bytes) else await got.read()
        return None if body else "no bytes"
    if isinstance(wanted, list):
        is_right = isinstance(got, list) and bool(got) and all(isinstance(one, wanted[0]) for one in got)
    else:
        is_right = not _is_error(wanted) and isinstance(got, wanted)
    return None if is_right and got is not False else repr(got)[:200]


def _is_error(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, Exception)


class LibraryTests(EveryCallCase):
    """``AsyncConnection``, in a thread with a loop of its own."""

    async def setUp(self) -> None:  # type: ignore[override]
        needed(MPV)
        await super().setUp()

    def connection(self, **credentials: Any) -> Any:
        """The library, as its users make it."""
        return AsyncConnection("http://127.0.0.1", port=self.served.port, **credentials)

    async def drive(self, connection: Any, steps: Sequence[Step]) -> None:
        """All steps; nothing may be wrong."""
        told = await deferToThread(asyncio.run, driven(connection, steps))
        self.assertEqual([], told, "\n".join(told))

    async def test_every_method_by_post(self) -> None:
        """With a token, as it comes; the table holds every method that asks a server."""
        steps = await self.steps()
        asking = {
            name for name, method in inspect.getmembers(AsyncConnection, inspect.isfunction) if not name.startswith("_")
        }
        self.assertEqual(asking - {"cleanup", "token_info"}, {step.name for step in steps})
        await self.drive(self.connection(username="nadia", password=SECRET), steps)

    async def test_every_method_by_get(self) -> None:
        """With the password in hex, without ``.view``."""
        connection = self.connection(username="nadia", password=SECRET, legacy_auth=True, use_get=True, use_views=False)
        await self.drive(connection, await self.steps())

    async def test_with_a_key(self) -> None:
        """``apiKey`` in the place of a name and a password."""
        key = self.phone.credentials["apiKey"]
        steps = [Step("ping", bool), Step("token_info", media.TokenInfo), Step("get_artists", media.Artists)]
        await self.drive(self.connection(api_key=key), steps)

    async def test_refused(self) -> None:
        """What is wrong arrives as the library's own error."""
        wrong = self.connection(username="nadia", password="wrong")
        await self.drive(wrong, [Step("get_artists", errors.CredentialError)])
        kim = self.connection(username="kim", password=SECRET)
        await self.drive(kim, [
            Step("get_users", errors.AuthError),
            Step("get_song", errors.DataNotFoundError, ("tr-999999",)),
            Step("get_cover_art", errors.DataNotFoundError, ("al-999999",)),
            Step("stream", errors.DataNotFoundError, ("tr-999999",)),
        ])  # fmt: skip

    async def steps(self) -> list[Step]:
        """Every method, with what it uses up made anew."""
        self.params = (await self.a_decision())["transcodeParams"]
        return [*self._reading(), *self._hearing(), *await self._writing(), *await self._governing()]

    def _reading(self) -> list[Step]:
        # The library looks for folders in musicFolders itself, and not in its list: 10.4.1 reads those of no server.
        one, tides, nova = (self.one,), (self.tides,), (self.nova,)
        return [
            Step("ping", bool), Step("get_license", object),
            Step("get_open_subsonic_extensions", [media.OpenSubsonicExtension]),
            Step("get_music_folders", ValueError), Step("get_indexes", media.Indexes),
            Step("get_music_directory", media.Directory, nova), Step("get_music_directory", media.Directory, tides),
            Step("get_genres", [media.Genre]), Step("get_artists", media.Artists),
            Step("get_artist", media.ArtistWithAlbumsID3, nova), Step("get_album", media.AlbumID3WithSongs, tides),
            Step("get_song", media.Child, one), Step("get_videos", dict),
            Step("get_video_info", errors.DataNotFoundError, (1,)),
            Step("get_artist_info", media.ArtistInfo, nova), Step("get_artist_info2", media.ArtistInfo2, nova),
            Step("get_album_info", media.AlbumInfo, tides), Step("get_album_info2", media.AlbumInfo, tides),
            Step("get_similar_songs", [media.Child], one), Step("get_similar_songs2", [media.Child], nova),
            Step("get_top_songs", [media.Child], ("Nova",)),
            Step("get_sonic_similar_tracks", [media.SonicMatch], one),
            Step("find_sonic_path", [media.SonicMatch], (self.one, self.three)),
            Step("get_album_list", [media.Album], ("newest",)),
            Step("get_album_list2", [media.AlbumID3], ("byGenre",), {"genre": "Ambient"}),
            Step("get_random_songs", [media.Child]), Step("get_songs_by_genre", [media.Child], ("Ambient",)),
            Step("get_now_playing", [media.NowPlayingEntry]), Step("get_starred", media.Starred),
            Step("get_starred2", media.Starred2), Step("search", NotImplementedError),
            Step("search2", media.SearchResult2, ("nova",)), Step("search3", media.SearchResult3, ('""',)),
            Step("get_playlists", [media.Playlist]), Step("get_playlist", media.Playlist, (self.playlist,)),
            Step("get_shares", [media.Share]), Step("get_podcasts", [media.PodcastChannel]),
            Step("get_newest_podcasts", [media.PodcastEpisode]),
            Step("get_podcast_episode", media.PodcastEpisode, (self.far_episode,)),
            Step("get_internet_radio_stations", [media.InternetRadioStation]),
            Step("get_chat_messages", [media.ChatMessage]), Step("get_bookmarks", [media.Bookmark]),
            Step("get_play_queue", media.PlayQueue), Step("get_play_queue_by_index", media.PlayQueueByIndex),
            Step("get_user", media.User, ("nadia",)), Step("get_users", [media.User]),
            Step("get_scan_status", media.ScanStatus),
        ]  # fmt: skip

    def _hearing(self) -> list[Step]:
        one = (self.one,)
        return [
            Step("stream", bytes, one), Step("stream", bytes, one, {"byte_range": "bytes=0-99"}),
            Step("get_stream_url", tuple, one), Step("download", bytes, one), Step("hls", bytes, one),
            Step("get_cover_art", bytes, (self.tides, 40)), Step("get_avatar", bytes, ("nadia",)),
            Step("get_captions", errors.DataNotFoundError, (1,)),
            Step("get_lyrics", media.Lyrics, ("Nova", "One")),
            Step("get_lyrics_by_song_id", [media.StructuredLyrics], one),
            Step("get_transcode_decision", media.TranscodeDecision, (self.one, "song", PLAYER)),
            Step("get_transcode_stream", bytes, (self.one, "song", self.params)),
            Step("jukebox_control", media.JukeboxPlaylist, ("get",)),
            Step("jukebox_control", media.JukeboxStatus, ("add",), {"sids": [self.one]}),
            Step("jukebox_control", media.JukeboxStatus, ("setGain",), {"gain": 0.5}),
        ]  # fmt: skip

    async def _writing(self) -> list[Step]:
        # 10.4.1 sends the end of a share as the name of a parameter, which must be a text to get through.
        share, playlist = (await self.a_share())["id"], (await self.a_playlist())["id"]
        songs = [self.two, self.one]
        return [
            Step("star", bool, (songs, [self.tides], [self.nova])), Step("unstar", bool, ([self.two],)),
            Step("set_rating", bool, (self.one, 5)), Step("scrobble", bool, (self.one,)),
            Step("report_playback", bool, (self.one, "song", 100, "paused")),
            Step("create_playlist", object, (), {"name": "Other", "song_ids": songs}),
            Step("update_playlist", bool, (playlist, "Changed", "Why not", songs, [0])),
            Step("delete_playlist", bool, (playlist,)),
            Step("create_share", media.Share, ([self.one], "Listen")), Step("update_share", bool, (share, "More", "0")),
            Step("delete_share", bool, (share,)),
            Step("create_bookmark", bool, (self.two, 500, "Here")), Step("delete_bookmark", bool, (self.two,)),
            Step("save_play_queue", bool, (songs, self.one, 10)),
            Step("save_play_queue_by_index", bool, (songs, 1, 10)), Step("add_chat_message", bool, ("Good night",)),
        ]  # fmt: skip

    async def _governing(self) -> list[Step]:
        station, podcast = (await self.a_station())["id"], (await self.a_podcast())["id"]
        radio, newcomer = ("https://radio.example/u", "Waves"), tuple((await self.a_newcomer()).values())
        return [
            Step("refresh_podcasts", bool), Step("create_podcast_channel", bool, (self.far.url("/feed"),)),
            Step("delete_podcast_channel", bool, (podcast,)),
            Step("download_podcast_episode", bool, (self.own_episode,)),
            Step("delete_podcast_episode", bool, (self.far_episode,)),
            Step("create_internet_radio_station", bool, radio),
            Step("update_internet_radio_station", bool, (station, *radio)),
            Step("delete_internet_radio_station", bool, (station,)), Step("start_scan", media.ScanStatus),
            Step("create_user", bool, newcomer),
            Step("update_user", bool, newcomer[:1], {"email": f"x-{newcomer[2]}"}),
            Step("change_password", bool, (newcomer[0], "tide & time")), Step("delete_user", bool, newcomer[:1]),
        ]  # fmt: skip
