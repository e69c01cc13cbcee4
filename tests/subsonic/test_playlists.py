"""Playlists (docs/subsonic.md §8.5)."""

from __future__ import annotations

from typing import Any

from tests.subsonic.pod import App
from tests.subsonic.test_noting import NotingCase


class PlaylistTests(NotingCase):
    """Everything that an app does with playlists."""

    async def made(self, app: App, *songs: int, name: str = "Morning") -> dict[str, Any]:
        told = await app.ask("createPlaylist", name=name, songId=list(songs))
        playlist: dict[str, Any] = told["playlist"]
        return playlist

    async def entries(self, app: App, id: str) -> list[str]:
        """The songs that the app is shown."""
        playlist = (await app.ask("getPlaylist", id=id))["playlist"]
        self.assertEqual(len(playlist["entry"]), playlist["songCount"])
        return [song["title"] for song in playlist["entry"]]

    async def test_made_empty_and_filled(self) -> None:
        """Empty ones are listed; order and doubles stay; count and length agree."""
        app = await self.some_music()
        playlist = await self.made(app)
        (listed,) = (await app.ask("getPlaylists"))["playlists"]["playlist"]
        self.assertEqual(
            (playlist["id"], 0, "nadia", False), tuple(listed[n] for n in ("id", "songCount", "owner", "public"))
        )
        self.assertNotIn("readonly", listed)
        one, two, _ = self.songs
        await app.ask("updatePlaylist", playlistId=playlist["id"], songIdToAdd=[two, one, two])
        self.assertEqual(["Wave 2", "Wave 1", "Wave 2"], await self.entries(app, playlist["id"]))
        (listed,) = (await app.ask("getPlaylists"))["playlists"]["playlist"]
        self.assertEqual((3, 600), (listed["songCount"], listed["duration"]))
        self.assertGreater(listed["changed"], playlist["changed"])

    async def test_replaced(self) -> None:
        """``playlistId`` fills it anew, and names it anew if there is a name."""
        app = await self.some_music()
        playlist = await self.made(app, *self.songs)
        told = await app.ask("createPlaylist", playlistId=playlist["id"], songId=self.songs[2])
        self.assertEqual(("Morning", 1), (told["playlist"]["name"], told["playlist"]["songCount"]))
        told = await app.ask("createPlaylist", playlistId=playlist["id"], name="Evening")
        self.assertEqual(("Evening", []), (told["playlist"]["name"], told["playlist"]["entry"]))
        self.assertEqual(10, await app.error("createPlaylist", songId=self.songs[0]))
        self.assertEqual(70, await app.error("createPlaylist", name="x", songId=[self.songs[0], self.whisper]))

    async def test_places_count_what_is_shown(self) -> None:
        """All indexes at once, as the caller saw the list; hidden songs stay where they are."""
        app = await self.some_music()
        one, two, three = self.songs
        playlist = await self.made(app, one, two, three, one)
        number = int(playlist["id"].removeprefix("pl-"))
        await self.do(
            "UPDATE playlist_track SET track_id = %s WHERE playlist_id = %s AND place = 1", self.whisper, number
        )
        await self.do("UPDATE playlist SET revision = nextval('playlist_revision')")
        self.assertEqual(["Wave 1", "Wave 3", "Wave 1"], await self.entries(app, playlist["id"]))
        await app.ask("updatePlaylist", playlistId=playlist["id"], songIndexToRemove=[0, 2, 99], songIdToAdd=two)
        self.assertEqual(["Wave 3", "Wave 2"], await self.entries(app, playlist["id"]))
        kept = await self.value("SELECT array_agg(track_id ORDER BY place) FROM playlist_track")
        self.assertEqual([self.whisper, three, two], kept)

    async def test_name_comment_public(self) -> None:
        """What does not come stays; an empty comment is one; public is the pod, never the world by accident."""
        app = await self.some_music()
        id = (await self.made(app, self.songs[0]))["id"]
        await app.ask("updatePlaylist", playlistId=id, comment="For the train", public="true")
        told = (await app.ask("getPlaylist", id=id))["playlist"]
        self.assertEqual(("Morning", "For the train", True), (told["name"], told["comment"], told["public"]))
        level = "SELECT privacy_level FROM playlist"
        self.assertEqual("instance", await self.value(level))
        await self.do("UPDATE playlist SET privacy_level = 'everyone'")
        await app.ask("updatePlaylist", playlistId=id, public="True", comment="")
        self.assertEqual("everyone", await self.value(level))
        await app.ask("updatePlaylist", playlistId=id, name="Night", public="false")
        told = (await app.ask("getPlaylist", id=id))["playlist"]
        self.assertEqual(("Night", "", False), (told["name"], told["comment"], told["public"]))
        self.assertEqual("me", await self.value(level))

    async def test_others(self) -> None:
        """Private ones do not exist; public ones are read, and only that."""
        app, other = await self.some_music(), await self.app("omar")
        id = (await self.made(app, *self.songs))["id"]
        self.assertEqual([], (await other.ask("getPlaylists"))["playlists"]["playlist"])
        for name, parameters in (
            ("getPlaylist", {"id": id}),
            ("updatePlaylist", {"playlistId": id}),
            ("createPlaylist", {"playlistId": id}),
            ("deletePlaylist", {"id": id}),
        ):
            self.assertEqual(70, await other.error(name, **parameters), name)
        await app.ask("updatePlaylist", playlistId=id, public="true")
        (listed,) = (await other.ask("getPlaylists"))["playlists"]["playlist"]
        self.assertEqual((True, "nadia"), (listed["readonly"], listed["owner"]))
        self.assertEqual(3, len(await self.entries(other, id)))
        for name, parameters in (
            ("updatePlaylist", {"playlistId": id, "name": "Mine"}),
            ("createPlaylist", {"playlistId": id}),
            ("deletePlaylist", {"id": id}),
        ):
            self.assertEqual(50, await other.error(name, **parameters), name)

    async def test_by_owner(self) -> None:
        """Own name, or an administrator; anybody else may not ask."""
        app, other = await self.some_music(), await self.app("omar")
        await self.made(app)
        self.assertEqual(1, len((await app.ask("getPlaylists", username="NADIA"))["playlists"]["playlist"]))
        self.assertEqual(50, await other.error("getPlaylists", username="nadia"))
        await self.do("UPDATE account SET is_superuser = true WHERE username = 'omar'")
        await self.do("UPDATE playlist SET privacy_level = 'instance'")
        (listed,) = (await other.ask("getPlaylists", username="nadia"))["playlists"]["playlist"]
        await other.ask("deletePlaylist", id=listed["id"])
        self.assertEqual([], (await app.ask("getPlaylists"))["playlists"]["playlist"])

    async def test_what_cannot_be(self) -> None:
        """Names without an end, more songs than the pod allows, ids of other things."""
        app = await self.some_music()
        self.assertEqual(10, await app.error("createPlaylist", name="x" * 10_000))
        self.assertEqual(10, await app.error("createPlaylist", name="  "))
        told = await app.envelope("createPlaylist", method="POST", name="x", songId=[self.songs[0]] * 1500)
        self.assertEqual("A playlist may have at most 250 tracks.", told["error"]["message"])
        await self.parts.preferences.change_one("playlists__max_tracks", 2000)
        told = await app.ask("createPlaylist", method="POST", name="x", songId=[self.songs[0]] * 1500)
        self.assertEqual(1500, told["playlist"]["songCount"])
        for id in ("al-1", "nonsense", "pl-99999", "99999"):
            self.assertEqual(70, await app.error("getPlaylist", id=id), id)
        self.assertEqual(10, await app.error("getPlaylist"))
        await app.ask("deletePlaylist", id=told["playlist"]["id"].removeprefix("pl-"))

    async def test_a_song_that_leaves(self) -> None:
        """It is gone from the list, and the list has changed."""
        app = await self.some_music()
        id = (await self.made(app, *self.songs))["id"]
        before = (await app.ask("getPlaylists"))["playlists"]["playlist"][0]
        await self.do("DELETE FROM track WHERE id = %s", self.songs[1])
        await self.changed()
        after = (await app.ask("getPlaylists"))["playlists"]["playlist"][0]
        self.assertEqual((3, 2), (before["songCount"], after["songCount"]))
        self.assertGreater(after["changed"], before["changed"])
        self.assertEqual(["Wave 1", "Wave 3"], await self.entries(app, id))

    async def test_hidden_artists(self) -> None:
        """Songs of artists whom the listener hid are in nobody's way."""
        app = await self.some_music()
        id = (await self.made(app, *self.songs))["id"]
        await self.do(
            "INSERT INTO content_filter (account_id, artist_id) SELECT id, %s FROM account WHERE username = 'nadia'",
            self.artist,
        )
        self.assertEqual([], await self.entries(app, id))
        (listed,) = (await app.ask("getPlaylists"))["playlists"]["playlist"]
        self.assertEqual((0, 0), (listed["songCount"], listed["duration"]))
