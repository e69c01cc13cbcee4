"""Playlists that fill themselves, as apps and the REST face see them (docs/api.md §4.12, docs/subsonic.md rule 50)."""

from __future__ import annotations

from typing import Any

from tests.rest.pod import Client
from tests.subsonic.pod import App
from tests.subsonic.test_noting import NotingCase


class SmartTests(NotingCase):
    """Made over REST, read by apps."""

    async def everything(self) -> tuple[Client, App]:
        """Nadia at her page and with her app."""
        app = await self.some_music()
        client = self.visitor()
        account = await self.value("SELECT id FROM account WHERE username = 'nadia'")
        client.cookies["sessionid"] = (await self.parts.signin.open_session(account)).key
        return client, app

    async def made(self, client: Client, rules: Any, **more: Any) -> str:
        """A playlist's id, as apps know it."""
        said = await client.post("playlists/", {"name": "Smart", "rules": rules, **more})
        self.assertEqual(201, said.status, said)
        return f"pl-{said.json['id']}"

    async def titles(self, app: App, id: str) -> list[str]:
        playlist = (await app.ask("getPlaylist", id=id))["playlist"]
        self.assertEqual(len(playlist["entry"]), playlist["songCount"])
        return [song["title"] for song in playlist["entry"]]

    async def test_it_fills_itself(self) -> None:
        """By what the owner notes, at once; in both faces the same."""
        client, app = await self.everything()
        id = await self.made(client, {"all": [{"is": {"starred": True}}], "sort": "-title"})
        self.assertEqual([], await self.titles(app, id))
        await app.ask("star", id=self.songs[:2])
        self.assertEqual(["Wave 2", "Wave 1"], await self.titles(app, id))
        (listed,) = (await app.ask("getPlaylists"))["playlists"]["playlist"]
        self.assertEqual((2, 400, True), (listed["songCount"], listed["duration"], listed["readonly"]))
        self.assertGreater(listed["validUntil"], listed["changed"])
        number = id.removeprefix("pl-")
        tracks = (await client.get(f"playlists/{number}/tracks/")).json
        self.assertEqual(["Wave 2", "Wave 1"], [item["track"]["title"] for item in tracks["results"]])
        document = (await client.get(f"playlists/{number}/")).json
        self.assertEqual((2, 400, True), (document["tracks_count"], document["duration"], document["is_playable"]))
        self.assertEqual({"all": [{"is": {"starred": True}}], "sort": "-title", "limit": 500}, document["rules"])
        self.assertEqual(1, (await client.get("playlists/", playable="true")).json["count"])

    async def test_only_its_rules_fill_it(self) -> None:
        """Nobody adds, moves or removes; its name may change, and it may become an ordinary one."""
        client, app = await self.everything()
        id = await self.made(client, {"all": []})
        number = id.removeprefix("pl-")
        for path, body in (
            ("add", {"tracks": [self.songs[0]]}),
            ("remove", {"index": 0}),
            ("move", {"from": 0, "to": 1}),
            ("clear", {}),
        ):
            said = await client.post(f"playlists/{number}/{path}/", body)
            self.assertEqual(400, said.status, path)
            self.assertIn("fills itself", said.json["playlist"][0])
        self.assertEqual(50, await app.error("updatePlaylist", playlistId=id, songIdToAdd=self.songs[0]))
        self.assertEqual(50, await app.error("updatePlaylist", playlistId=id, songIndexToRemove=0))
        self.assertEqual(50, await app.error("createPlaylist", playlistId=id, songId=self.songs[0]))
        await app.ask("updatePlaylist", playlistId=id, name="All", comment="of it")
        self.assertEqual(3, len(await self.titles(app, id)))
        said = await client.send("PATCH", f"playlists/{number}/", {"rules": None})
        self.assertEqual((200, 0, False), (said.status, said.json["tracks_count"], "rules" in said.json))
        await app.ask("updatePlaylist", playlistId=id, songIdToAdd=self.songs[0])
        said = await client.send("PATCH", f"playlists/{number}/", {"rules": {"all": []}})
        self.assertEqual((400, ["rules"]), (said.status, list(said.json)))

    async def test_through_the_listener_s_eyes(self) -> None:
        """Others hear what they may; the notes are its owner's."""
        client, app = await self.everything()
        other = await self.app("omar")
        await app.ask("setRating", id=self.songs[0], rating=5)
        await other.ask("setRating", id=self.whisper, rating=5)
        rated = await self.made(client, {"all": [{"gt": {"rating": 4}}]}, privacy_level="instance")
        everything = await self.made(client, {"all": [{"contains": {"title": "w"}}]}, privacy_level="instance")
        self.assertEqual(["Wave 1"], await self.titles(other, rated))
        self.assertEqual(["Wave 1", "Wave 2", "Wave 3"], await self.titles(app, everything))
        self.assertEqual(["Wave 1", "Wave 2", "Wave 3", "Whisper"], await self.titles(other, everything))
        await self.do(
            "INSERT INTO content_filter (account_id, artist_id) SELECT id, %s FROM account WHERE username = 'omar'",
            self.artist,
        )
        self.assertEqual([], await self.titles(other, everything))

    async def test_new_rules(self) -> None:
        """They count at once."""
        client, app = await self.everything()
        id = await self.made(client, {"all": [{"is": {"tracknumber": 1}}]})
        self.assertEqual(["Wave 1"], await self.titles(app, id))
        await client.send(
            "PATCH", f"playlists/{id.removeprefix('pl-')}/", {"rules": {"all": [{"gt": {"tracknumber": 1}}]}}
        )
        self.assertEqual(["Wave 2", "Wave 3"], await self.titles(app, id))

    async def test_what_is_no_rule(self) -> None:
        """Everything that is wrong is told, by its place."""
        client, _ = await self.everything()
        wrong: list[Any] = ["all", 7, [], {"every": []}, {"all": [{"is": {"colour": "red"}}]}]
        for rules in wrong:
            said = await client.post("playlists/", {"name": "x", "rules": rules})
            self.assertEqual((400, ["rules"]), (said.status, list(said.json)), rules)
        self.assertEqual(0, (await client.get("playlists/", scope="me")).json["count"])
