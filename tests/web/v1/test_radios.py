"""Radios over HTTP: docs/api.md §4.13 and §4.20, and the sequences in docs/clients.md §13 and §18."""

from __future__ import annotations

from typing import Any

from tests.rest.pod import Client, PodCase
from tests.rest.shapes import TRACK, USER, a_flag, a_moment, a_text, a_whole, differences, maybe, page_of

RADIO = {
    "id": a_whole,
    "is_public": a_flag,
    "name": a_text,
    "creation_date": a_moment,
    "user": USER,
    "config": lambda value: isinstance(value, list),
    "description": a_text,
}
SESSION = {
    "id": a_whole,
    "radio_type": a_text,
    "related_object_id": maybe(a_text),
    "user": maybe(a_whole),
    "creation_date": a_moment,
    "custom_radio": maybe(a_whole),
    "config": lambda value: value is None or isinstance(value, dict | list),
}
NEXT = {"id": a_whole, "session": a_whole, "position": a_whole, "track": TRACK}
ENDED = "Radio doesn't have more candidates"
REMOTE_VALUES = {"artist": "artists", "tag": "tags"}


class RadioCase(PodCase):
    """Short words."""

    async def session(self, client: Client, **wish: Any) -> int:
        """A session's id."""
        said = await client.post("radios/sessions/", wish)
        self.assertEqual((201, []), (said.status, differences(SESSION, said.json)), said)
        id: int = said.json["id"]
        return id

    async def all_of(self, client: Client, session: int) -> list[int]:
        """What a session plays until it ends."""
        found: list[int] = []
        while (said := await client.post("radios/tracks/", {"session": session})).status == 201:
            self.assertEqual([], differences(NEXT, said.json))
            found.append(said.json["track"]["id"])
            self.assertEqual((session, len(found)), (said.json["session"], said.json["position"]))
        self.assertEqual((404, ENDED), (said.status, said.json))
        self.assertEqual(len(found), len(set(found)))
        return found


class ListeningTests(RadioCase):
    """Sessions."""

    async def test_the_starts_of_the_web_app(self) -> None:
        """Every one of them, ids as text or numbers, keys left out or null."""
        alice = await self.person()
        library = await self.library_of(alice)
        tracks = await self.an_album_of(library)
        artist = await self.value("SELECT artist_id FROM track WHERE id = %s", tracks[0])
        await self.tag("artist", artist, "Ambient")
        await alice.post("favorites/tracks/", {"track": tracks[1]})
        mix = (await alice.post("playlists/", {"name": "Mix"})).json["id"]
        await alice.post(f"playlists/{mix}/add/", {"tracks": tracks[:2]})
        wish = {"name": "Mine", "config": [{"type": "playlist", "ids": [mix]}]}
        radio = (await alice.post("radios/radios/", wish)).json["id"]
        uuid = str(await self.value("SELECT uuid FROM library WHERE id = %s", library))
        every = set(tracks)
        for start, played in (
            ({"radio_type": "random"}, every),
            ({"radio_type": "random", "related_object_id": None, "custom_radio": None, "config": None}, every),
            ({"radio_type": "random_library"}, every),
            ({"radio_type": "favorites"}, {tracks[1]}),
            ({"radio_type": "less-listened"}, every),
            ({"radio_type": "less-listened_library"}, every),
            ({"radio_type": "recently-added"}, every),
            ({"radio_type": "custom", "custom_radio": radio}, set(tracks[:2])),
            ({"radio_type": "artist", "related_object_id": artist}, every),
            ({"radio_type": "artist", "related_object_id": str(artist)}, every),
            ({"radio_type": "similar", "related_object_id": tracks[0]}, set(tracks[1:])),
            ({"radio_type": "tag", "related_object_id": "Ambient"}, every),
            ({"radio_type": "library", "related_object_id": uuid}, every),
            ({"radio_type": "actor-content", "related_object_id": "alice@pod.example"}, every),
            ({"radio_type": "custom_multiple", "config": {"type": "playlist", "ids": [str(mix)]}}, set(tracks[:2])),
        ):
            session = await self.session(alice, **start)
            self.assertEqual(played, set(await self.all_of(alice, session)), start)
            said = await alice.get(f"radios/sessions/{session}/")
            self.assertEqual((200, start["radio_type"]), (said.status, said.json["radio_type"]))
            self.assertEqual(alice.viewer.account_id, said.json["user"])

    async def test_what_cannot_be_played_is_told(self) -> None:
        """400 with words: unknown kinds, missing subjects, and what needs a recommender."""
        alice = await self.person()
        for wish, fields in (
            ({}, ["radio_type"]),
            ({"radio_type": "nonsense"}, ["radio_type"]),
            ({"radio_type": ["random"]}, None),
            ({"radio_type": {"a": 1}}, ["radio_type"]),
            ({"radio_type": "troi", "config": {"patch": "weekly-jams"}}, ["non_field_errors"]),
            ({"radio_type": "artist"}, ["non_field_errors"]),
            ({"radio_type": "artist", "related_object_id": 999}, ["non_field_errors"]),
            ({"radio_type": "artist", "related_object_id": {"a": 1}}, ["related_object_id"]),
            ({"radio_type": "similar", "related_object_id": "x"}, ["non_field_errors"]),
            ({"radio_type": "library", "related_object_id": "x"}, ["non_field_errors"]),
            ({"radio_type": "custom", "custom_radio": 999}, ["custom_radio"]),
            ({"radio_type": "custom", "custom_radio": "x"}, ["custom_radio"]),
            ({"radio_type": "custom_multiple"}, ["non_field_errors"]),
            ({"radio_type": "custom_multiple", "config": {"type": "none"}}, ["config"]),
            ({"radio_type": "custom_multiple", "config": "x"}, ["config"]),
        ):
            said = await alice.post("radios/sessions/", wish)
            if fields is not None:
                self.assertEqual((400, fields), (said.status, list(said.json)), wish)
        for document, status in (({}, 400), ({"session": "x"}, 400), ({"session": 999}, 400)):
            said = await alice.post("radios/tracks/", document)
            self.assertEqual((status, ["session"]), (said.status, list(said.json)))

    async def test_a_visitor_listens_by_cookie(self) -> None:
        """On an open pod; nobody else goes on with that session."""
        alice, visitor, other = await self.person(), self.visitor(), self.visitor()
        tracks = await self.an_album_of(await self.library_of(alice))
        closed = await self.session(visitor, radio_type="random")
        self.assertIn("sessionid", visitor.cookies)
        self.assertEqual(401, (await visitor.post("radios/tracks/", {"session": closed})).status)
        await self.open_up()
        self.assertEqual(set(tracks), set(await self.all_of(visitor, closed)))
        cookie = visitor.cookies["sessionid"]
        again = await self.session(visitor, radio_type="random")
        self.assertEqual(cookie, visitor.cookies["sessionid"])
        self.assertEqual(401, (await visitor.get("users/me/")).status)
        for client in (alice, other):
            said = await client.post("radios/tracks/", {"session": again})
            self.assertEqual((403, b""), (said.status, said.body))
            self.assertEqual(404, (await client.get(f"radios/sessions/{again}/")).status)
        self.assertEqual(200, (await visitor.get(f"radios/sessions/{again}/")).status)
        for kind in ("favorites", "less-listened", "random_library"):
            self.assertEqual(400, (await other.post("radios/sessions/", {"radio_type": kind})).status)
        only = await self.session(alice, radio_type="random")
        self.assertEqual(403, (await visitor.post("radios/tracks/", {"session": only})).status)

    async def test_the_newer_face_gives_bundles(self) -> None:
        """A plain array of so many tracks, until the radio ends."""
        alice, bob = await self.person(), await self.person("bob")
        tracks = await self.an_album_of(await self.library_of(alice), tracks=5)
        said = await alice.post("/api/v2/radios/sessions/", {"radio_type": "random"})
        self.assertEqual((201, []), (said.status, differences(SESSION, said.json)))
        place = f"/api/v2/radios/sessions/{said.json['id']}/"
        self.assertEqual(200, (await alice.get(place)).status)
        found: list[int] = []
        for count, expected in (("3", 3), ("x", 1), ("50", 1)):
            said = await alice.get(f"{place}tracks/", count=count)
            self.assertEqual((201, []), (said.status, differences([TRACK], said.json)), said)
            self.assertEqual(expected, len(said.json))
            found += [track["id"] for track in said.json]
        self.assertEqual(sorted(tracks), sorted(found))
        said = await alice.get(f"{place}tracks/")
        self.assertEqual((404, ENDED), (said.status, said.json))
        self.assertEqual(403, (await bob.get(f"{place}tracks/")).status)
        self.assertEqual(404, (await bob.get(place)).status)
        self.assertEqual(404, (await bob.get("/api/v2/radios/sessions/999/tracks/")).status)


class OwnTests(RadioCase):
    """Radios that people make."""

    async def test_a_radio_from_the_builder_to_its_end(self) -> None:
        """Filters, validation, making, changing, listing, its tracks, removing."""
        alice, bob = await self.person(), await self.person("bob")
        tracks = await self.an_album_of(await self.library_of(alice), tracks=12)
        artist = await self.value("SELECT artist_id FROM track WHERE id = %s", tracks[0])
        filters = (await alice.get("radios/radios/filters/")).json
        self.assertEqual(["artist", "tag", "playlist"], [one["type"] for one in filters])
        for one in filters:
            for field in one["fields"]:
                self.assertEqual("/api/v1/search", field["autocomplete"])
                self.assertEqual(REMOTE_VALUES[one["type"]], field["autocomplete_fields"]["remoteValues"])
        by_artist = {"type": "artist", "ids": [artist]}
        said = await alice.post("radios/radios/validate/", {"filters": [by_artist, {"type": "x"}]})
        good, bad = said.json["filters"]
        self.assertEqual(([], 12, 10), (good["errors"], good["candidates"]["count"], len(good["candidates"]["sample"])))
        self.assertEqual([], differences([TRACK], good["candidates"]["sample"]))
        self.assertEqual((1, None, None), (len(bad["errors"]), *bad["candidates"].values()))
        said = await alice.post("radios/radios/", {"name": "Mine", "config": [by_artist | {"not": False}]})
        self.assertEqual((201, []), (said.status, differences(RADIO, said.json)))
        self.assertEqual([by_artist | {"names": ["Nova"]}], said.json["config"])
        self.assertEqual((False, ""), (said.json["is_public"], said.json["description"]))
        place = f"radios/radios/{said.json['id']}/"
        said = await alice.get(f"{place}tracks/", page=2, page_size=5)
        self.assertEqual((200, []), (said.status, differences(page_of(TRACK), said.json)))
        self.assertEqual((12, tracks[5:10]), (said.json["count"], [one["id"] for one in said.json["results"]]))
        for path in (place, f"{place}tracks/"):
            self.assertEqual(404, (await bob.get(path)).status)
        wish = {"name": "Ours", "description": "for all", "is_public": True, "config": []}
        said = await alice.send("PUT", place, wish)
        self.assertEqual(wish, {name: said.json[name] for name in wish})
        self.assertEqual("Yours", (await alice.send("PATCH", place, {"name": "Yours"})).json["name"])
        said = await bob.get("radios/radios/", scope="all", ordering="name", name__icontains="our")
        self.assertEqual((200, []), (said.status, differences(page_of(RADIO), said.json)))
        self.assertEqual(["Yours"], [one["name"] for one in said.json["results"]])
        for method, document in (("PATCH", {"name": "x"}), ("PUT", wish), ("DELETE", None)):
            self.assertEqual(404, (await bob.send(method, place, document)).status)
        self.assertEqual(204, (await alice.delete(place)).status)
        self.assertEqual(404, (await alice.get(place)).status)

    async def test_what_is_wrong_is_told(self) -> None:
        """By field."""
        alice = await self.person()
        for document, fields in (
            ({}, ["config", "name"]),
            ({"name": "x"}, ["config"]),
            ({"name": "x", "config": None}, ["config"]),
            ({"name": "x", "config": [{"type": "artist", "ids": [999]}]}, ["config"]),
            ({"name": "x", "config": [{"type": "artist"}]}, ["config"]),
            ({"name": "x" * 101, "config": []}, ["name"]),
            ({"name": "x", "config": [], "is_public": "perhaps"}, ["is_public"]),
            ({"name": "x", "config": [], "description": "x" * 6_000}, ["description"]),
        ):
            said = await alice.post("radios/radios/", document)
            self.assertEqual((400, fields), (said.status, sorted(said.json)), document)
        refused: list[Any] = [None, {}, "x", [{}] * 51]
        for value in refused:
            said = await alice.post("radios/radios/validate/", {"filters": value})
            self.assertEqual((400, ["filters"]), (said.status, list(said.json)))

    async def test_scopes_and_visitors(self) -> None:
        """Reading and writing are two scopes; visitors read on an open pod."""
        alice, visitor = await self.person(), self.visitor()
        reader, writer = await self.program(alice, "read:radios"), await self.program(alice, "write:radios")
        wish = {"name": "x", "config": [], "is_public": True}
        paths = ("radios/radios/", "radios/radios/filters/")
        for path in paths:
            statuses = [(await client.get(path)).status for client in (reader, writer, visitor)]
            self.assertEqual([200, 403, 401], statuses, path)
        for path, document in (("radios/radios/", wish), ("radios/radios/validate/", {"filters": []})):
            statuses = [(await client.post(path, document)).status for client in (reader, writer, visitor)]
            self.assertEqual(403, statuses[0])
            self.assertIn(statuses[1], (200, 201))
            self.assertEqual(401, statuses[2])
        await self.open_up()
        for path in paths:
            self.assertEqual(200, (await visitor.get(path)).status)
