"""Playlists over HTTP: docs/api.md §4.12, and the web app's sequence in docs/clients.md §9."""

from __future__ import annotations

from typing import Any

from tests.rest.pod import Client, PodCase
from tests.rest.shapes import ACTOR, PRIVACY, TRACK, USER, a_flag, a_moment, a_text, a_whole, differences, page_of

PLAYLIST = {
    "id": a_whole,
    "name": a_text,
    "user": USER,
    "actor": ACTOR,
    "creation_date": a_moment,
    "modification_date": a_moment,
    "privacy_level": PRIVACY,
    "tracks_count": a_whole,
    "duration": a_whole,
    "album_covers": [a_text],
    "is_playable": a_flag,
}
ITEMS = {"count": a_whole, "results": [{"track": TRACK, "index": a_whole, "creation_date": a_moment}]}


class PlaylistCase(PodCase):
    """Short words."""

    async def made(self, client: Client, name: str = "Rainy", **wishes: Any) -> int:
        """A playlist's id."""
        said = await client.post("playlists/", {"name": name, **wishes})
        self.assertEqual((201, []), (said.status, differences(PLAYLIST, said.json)), said)
        id: int = said.json["id"]
        return id

    async def held(self, client: Client, id: int) -> list[int]:
        """The tracks of a playlist, by index."""
        said = await client.get(f"playlists/{id}/tracks/")
        self.assertEqual((200, []), (said.status, differences(ITEMS, said.json)), said)
        self.assertEqual(list(range(said.json["count"])), [item["index"] for item in said.json["results"]])
        return [item["track"]["id"] for item in said.json["results"]]


class FlowTests(PlaylistCase):
    """What the web app does, step by step."""

    async def test_a_playlist_from_its_first_track_to_its_end(self) -> None:
        """Made, filled, asked about duplicates, moved, shortened, emptied, renamed, gone."""
        alice = await self.person()
        a, b, c = await self.an_album_of(await self.library_of(alice))
        id = await self.made(alice, privacy_level="instance")
        place = f"playlists/{id}/"
        said = await alice.post(f"{place}add/", {"tracks": [a, b], "allow_duplicates": False})
        self.assertEqual((201, []), (said.status, differences(ITEMS, said.json)))
        self.assertEqual([(a, 0), (b, 1)], [(one["track"]["id"], one["index"]) for one in said.json["results"]])
        self.assertTrue(said.json["results"][0]["track"]["is_playable"])
        for document in ({"tracks": [a], "allow_duplicates": False}, {"tracks": [a]}):
            said = await alice.post(f"{place}add/", document)
            told = {"tracks": ["Tides 1"], "playlist_name": "Rainy", "code": "tracks_already_exist_in_playlist"}
            self.assertEqual((400, {"playlist": {"non_field_errors": [told]}}), (said.status, said.json))
        self.assertEqual(201, (await alice.post(f"{place}add/", {"tracks": [a], "allow_duplicates": True})).status)
        said = await alice.post(f"{place}add", {"tracks": [c], "index": 1})
        self.assertEqual([1], [one["index"] for one in said.json["results"]])
        self.assertEqual([a, c, b, a], await self.held(alice, id))
        self.assertEqual(204, (await alice.post(f"{place}move/", {"from": 0, "to": 2})).status)
        self.assertEqual([c, b, a, a], await self.held(alice, id))
        self.assertEqual(204, (await alice.post(f"{place}remove/", {"index": 1})).status)
        self.assertEqual(204, (await alice.delete(f"{place}remove/", {"index": 1})).status)
        self.assertEqual([c, a], await self.held(alice, id))
        found = (await alice.get(place)).json
        self.assertEqual((2, 120, True), (found["tracks_count"], found["duration"], found["is_playable"]))
        self.assertEqual(204, (await alice.delete(f"{place}clear/")).status)
        self.assertEqual([], await self.held(alice, id))
        said = await alice.send("PATCH", place, {"name": "Rain", "privacy_level": "everyone"})
        self.assertEqual((200, "Rain", "everyone"), (said.status, said.json["name"], said.json["privacy_level"]))
        said = await alice.send("PUT", place, {"name": "Sun"})
        self.assertEqual((200, "Sun", "everyone"), (said.status, said.json["name"], said.json["privacy_level"]))
        self.assertEqual((204, b""), ((said := await alice.delete(place)).status, said.body))
        self.assertEqual(404, (await alice.get(place)).status)

    async def test_what_is_wrong_is_told(self) -> None:
        """Field errors, empty answers where the contract has them, nothing changed."""
        alice = await self.person()
        a, b, _ = await self.an_album_of(await self.library_of(alice))
        id = await self.made(alice)
        place = f"playlists/{id}/"
        await alice.post(f"{place}add/", {"tracks": [a, b]})
        for path, document, status, body in (
            ("remove/", {"index": 2}, 404, None),
            ("remove/", {"index": -1}, 400, None),
            ("remove/", {"index": "x"}, 400, None),
            ("remove/", {}, 400, None),
            ("remove/", {"index": 2**63}, 400, None),
            ("move/", {"from": 2, "to": 0}, 404, None),
            ("move/", {"from": 0, "to": 2}, 400, ["detail"]),
            ("move/", {"from": 0}, 400, ["to"]),
            ("move/", {"from": "a", "to": None}, 400, ["from", "to"]),
            ("add/", {}, 400, ["tracks"]),
            ("add/", {"tracks": None}, 400, ["tracks"]),
            ("add/", {"tracks": {"a": 1}}, 400, ["tracks"]),
            ("add/", {"tracks": ["x"]}, 400, ["tracks"]),
            ("add/", {"tracks": [999]}, 400, ["tracks"]),
            ("add/", {"tracks": [a], "allow_duplicates": "perhaps"}, 400, ["allow_duplicates"]),
            ("add/", {"tracks": [a] * 300, "allow_duplicates": True}, 400, ["playlist"]),
            ("add/", {"tracks": list(range(20_000))}, 400, ["tracks"]),
        ):
            said = await alice.post(place + path, document)
            self.assertEqual(status, said.status, (path, document, said))
            self.assertEqual(body, None if not said.body else sorted(said.json), (path, document))
        for document, fields in (
            ({}, ["name"]),
            ({"name": ""}, ["name"]),
            ({"name": "x" * 101}, ["name"]),
            ({"name": None}, ["name"]),
            ({"name": "x", "privacy_level": "nobody"}, ["privacy_level"]),
        ):
            for method, where in (("POST", "playlists/"), ("PUT", place)):
                said = await alice.send(method, where, document)
                self.assertEqual((400, fields), (said.status, sorted(said.json)), (method, document))
        self.assertEqual([a, b], await self.held(alice, id))
        said = await alice.form(f"{place}add/", tracks=str(a), allow_duplicates="true")
        self.assertEqual(201, said.status, said)

    async def test_others_and_visitors(self) -> None:
        """What is not theirs to see is not there; what is not theirs to write neither."""
        alice, bob, visitor = await self.person(), await self.person("bob"), self.visitor()
        library = await self.library_of(alice, "me")
        a, b, _ = await self.an_album_of(library)
        private = await self.made(alice, privacy_level="me")
        public = await self.made(alice, "Public", privacy_level="everyone")
        await alice.post(f"playlists/{public}/add/", {"tracks": [a, b]})
        for client in (bob, visitor):
            self.assertEqual(404 if client is bob else 401, (await client.get(f"playlists/{private}/")).status)
        await self.open_up()
        for client in (bob, visitor):
            for path in (f"playlists/{private}/", f"playlists/{private}/tracks/"):
                said = await client.get(path)
                self.assertEqual((404, {"detail": "Not found."}), (said.status, said.json))
            self.assertEqual(["Public"], [one["name"] for one in (await client.get("playlists/")).json["results"]])
            said = await client.get(f"playlists/{public}/tracks/")
            tracks = [item["track"] for item in said.json["results"]]
            self.assertEqual(
                [(a, False, []), (b, False, [])], [(t["id"], t["is_playable"], t["uploads"]) for t in tracks]
            )
            self.assertFalse((await client.get(f"playlists/{public}/")).json["is_playable"])
        for path, method, document in (
            ("", "PATCH", {"name": "Mine"}), ("", "PUT", {"name": "Mine"}), ("", "DELETE", None),
            ("add/", "POST", {"tracks": [a]}), ("remove/", "POST", {"index": 0}),
            ("move/", "POST", {"from": 0, "to": 1}), ("clear/", "DELETE", None),
        ):  # fmt: skip
            for id in (private, public, 999):
                said = await bob.send(method, f"playlists/{id}/{path}", document)
                self.assertEqual((404, {"detail": "Not found."}), (said.status, said.json), (path, id))
            self.assertEqual(401, (await visitor.send(method, f"playlists/{public}/{path}", document)).status)
        self.assertEqual([a, b], await self.held(alice, public))

    async def test_scopes_of_programs(self) -> None:
        """Reading and writing are two scopes."""
        alice = await self.person()
        id = await self.made(alice)
        reader = await self.program(alice, "read:playlists")
        writer = await self.program(alice, "write:playlists")
        for path in ("playlists/", f"playlists/{id}/", f"playlists/{id}/tracks/"):
            self.assertEqual((200, 403), ((await reader.get(path)).status, (await writer.get(path)).status), path)
        for client, status in ((reader, 403), (writer, 201)):
            self.assertEqual(status, (await client.post("playlists/", {"name": "x"})).status)
        self.assertEqual(403, (await reader.delete(f"playlists/{id}/clear/")).status)
        self.assertEqual(204, (await writer.delete(f"playlists/{id}/clear/")).status)


class ListTests(PlaylistCase):
    """The list's parameters."""

    async def test_the_questions_of_clients(self) -> None:
        """Those of the home page, of Android, of a track's page and of the profile."""
        alice = await self.person()
        a, *_ = await self.an_album_of(await self.library_of(alice))
        artist, album = await self.value("SELECT ARRAY[artist_id, album_id] FROM track WHERE id = %s", a)
        full, empty = await self.made(alice, "Full"), await self.made(alice, "Empty")
        await alice.post(f"playlists/{full}/add/", {"tracks": [a]})
        for query, ids in (
            ({"scope": "all", "playable": "true", "ordering": "-modification_date", "page_size": 3}, [full]),
            ({"playable": "true", "ordering": "name"}, [full]),
            ({"playable": "false"}, [empty]),
            ({"scope": "me", "ordering": "name"}, [empty, full]),
            ({"scope": "me", "ordering": "nonsense,-name"}, [full, empty]),
            ({"scope": "actor:alice@pod.example", "ordering": "id"}, [full, empty]),
            ({"track": a}, [full]),
            ({"album": album}, [full]),
            ({"artist": artist}, [full]),
            ({"q": "mpt"}, [empty]),
            ({"q": "alice", "ordering": "id"}, [full, empty]),
            ({"name": "Full"}, [full]),
            ({"name__icontains": "uL"}, [full]),
            ({"ordering": "name", "page_size": 1, "page": 2}, [full]),
        ):
            said = await alice.get("playlists/", **query)
            self.assertEqual((200, []), (said.status, differences(page_of(PLAYLIST), said.json)), said)
            self.assertEqual(ids, [one["id"] for one in said.json["results"]], query)
        for name in ("track", "album", "artist"):
            for value in ("999", "x"):
                said = await alice.get(f"playlists/?{name}={value}")
                self.assertEqual((400, [name]), (said.status, list(said.json)))
        self.assertEqual(404, (await alice.get("playlists/", page=9)).status)

    async def test_covers_are_addresses(self) -> None:
        """Of the medium crop, absolute."""
        alice = await self.person()
        a, *_ = await self.an_album_of(await self.library_of(alice))
        picture = await self.value(
            "INSERT INTO attachment (file, mimetype, used)"
            " VALUES ('attachments/aa/bb/c.png', 'image/png', true) RETURNING id"
        )
        await self.do("UPDATE album SET cover_id = %s", picture)
        await self.changed()
        id = await self.made(alice)
        await alice.post(f"playlists/{id}/add/", {"tracks": [a]})
        track = (await alice.get(f"tracks/{a}/")).json
        covers = (await alice.get(f"playlists/{id}/")).json["album_covers"]
        self.assertEqual([track["album"]["cover"]["urls"]["medium_square_crop"]], covers)
        self.assertTrue(covers[0].startswith("https://"))
