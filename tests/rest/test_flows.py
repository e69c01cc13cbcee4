"""What the web app and other clients put on the wire, in their order, for what is served so far."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred

from fwtwisted.config import parts as settings
from fwtwisted.worker import Hands
from tests.audio import make
from tests.rest import shapes
from tests.rest.pod import PASSWORD, Client, PodCase
from tests.rest.shapes import differences
from tests.waiting import GUARD_SECONDS, PATIENCE_SECONDS
from tests.web.serving import Answer

reactor: Any = the_reactor
TAGS: dict[str, Any] = {"artist": "Nova Kestrel", "album": "Slow Harbour", "date": "2021", "genre": "Ambient"}
SETTLED = ("finished", "skipped", "errored")


class BootTests(PodCase):
    """The first calls of a visitor and of somebody who is signed in."""

    async def test_a_visitor_boots(self) -> None:
        """Nodeinfo gives the cookie, settings are there, users/me says 401; then the landing page's lists."""
        visitor = self.visitor()
        visitor.cookies.clear()
        said = await visitor.get("instance/nodeinfo/2.0/")
        self.assertFalse(orjson.loads(said.body)["metadata"]["library"]["anonymousCanListen"])
        self.assertIn("csrftoken", visitor.cookies)
        self.assertEqual(200, (await visitor.get("instance/settings/")).status)
        self.assertEqual(401, (await visitor.get("users/me/")).status)
        await self.open_up()
        said = await visitor.get("albums/?q=&playable=true&ordering=-creation_date&page_size=10")
        self.assertEqual((200, []), (said.status, said.json["results"]))

    async def test_somebody_signs_in_and_boots(self) -> None:
        """Multipart login with the cookie repeated; empty lists for a fresh account."""
        await self.account("nadia")
        nadia = self.visitor()
        nadia.cookies.clear()
        await nadia.get("instance/nodeinfo/2.0/")
        said = await nadia.parts("users/login", ("username", None, b"nadia"), ("password", None, PASSWORD.encode()))
        self.assertEqual((200, b""), (said.status, said.body))
        me = (await nadia.get("users/me/")).json
        self.assertEqual(("nadia", "nadia@pod.example"), (me["username"], me["full_username"]))
        for path in (
            "favorites/tracks/all/?user=1&page_size=50&ordering=-creation_date",
            "artists/?ordering=-creation_date&playable=true",
            "history/listenings/?scope=all&ordering=-creation_date&page_size=5",
            "favorites/tracks/?scope=all&ordering=-creation_date&page_size=5",
            "albums/?q=&scope=all&playable=true&ordering=-creation_date&page_size=12",
            "artists/?scope=me&ordering=-creation_date&playable=true",
            "history/listenings/?scope=me&ordering=-creation_date&page_size=5",
            "libraries/?scope=me",
            "uploads/?import_reference=2026-04-01T08:00:00.000Z&import_status=pending&page_size=1",
        ):
            said = await nadia.get(path)
            self.assertEqual((200, 0, []), (said.status, said.json["count"], said.json["results"]), path)


class BrowsingTests(PodCase):
    """Home, artist, album, track and search pages; Android's and mopidy's lists."""

    async def test_pages_of_the_web_app(self) -> None:
        """Every call answers, without a redirect, and finds what is there."""
        alice = await self.person()
        track, *_ = await self.an_album_of(await self.library_of(alice), "Nova", "Tides", 3)
        await self.tag("artist", 1, "Ambient")
        await self.changed()
        for path, count in (
            ("artists/?scope=all&page=1&page_size=30&q=&ordering=name&playable=true&include_channels=true"
             "&content_category=music", 1),
            ("artists/?q=&content_category=podcast", 0),
            ("tracks/?favorites=true&playable=true&include_channels=true&page=1&page_size=50", 0),
            ("tracks/?artist=1&hidden=&ordering=-creation_date", 3),
            ("albums/?artist=1&hidden=&ordering=-release_date", 1),
            ("artists/1/libraries/?page_size=6", 1),
            ("tracks/?album=1&ordering=disc_number,position&page_size=50&include_channels=true", 3),
            ("tracks/?album=1&include_channels=true&ordering=disc_number,position&page_size=100&page=1&hidden="
             "&playable=true", 3),
            ("tracks/?artist=1&ordering=album__release_date,disc_number,position&page_size=100&hidden=", 3),
            ("artists/?tag=Ambient&playable=true&ordering=-creation_date&include_channels=false", 1),
            ("albums?tag=Ambient", 0),
            ("artists?q=nov&page=1&page_size=25&content_category=music&include_channels=true", 1),
            ("albums?q=nova&page=1&page_size=1", 1),
            ("tracks?q=tides&page=1&page_size=1", 3),
            ("tags?q=amb&page_size=1", 1),
            ("artists/?playable=true&ordering=name&page_size=50&page=1&scope=all", 1),
            ("albums/?playable=true&artist=1&ordering=release_date&page_size=50&scope=me&scope=all", 1),
            ("tracks/?playable=true&album=1&ordering=disc_number,position&scope=me%20subscribed", 3),
            ("artists/?has_albums=true&ordering=name&page_size=50&playable=true", 1),
            ("libraries/?ordering=name&page_size=50", 1),
        ):  # fmt: skip
            said = await alice.get(path)
            self.assertEqual((200, count), (said.status, said.json["count"]), path)
        for path in ("artists/1/?refresh=true", "albums/1/?refresh=true", f"tracks/{track}/?refresh=true"):
            self.assertEqual(200, (await alice.get(path)).status, path)
        found = (await alice.get("search?query=tides")).json
        self.assertEqual((3, 1), (len(found["tracks"]), len(found["albums"])))
        self.assertEqual([], found["tracks"][0]["uploads"])
        for path in ("search?query=", "search", "search/?q=%20"):
            said = await alice.get(path)
            self.assertEqual((400, ["detail"]), (said.status, list(said.json)), path)

    async def test_a_favourite_comes_and_goes(self) -> None:
        """Twice made is once there; not there any more is 400."""
        alice = await self.person()
        track, *_ = await self.an_album_of(await self.library_of(alice))
        made = await alice.post("favorites/tracks/", {"track": track})
        again = await alice.post("favorites/tracks", {"track": track})
        self.assertEqual((201, 201, made.json), (made.status, again.status, again.json))
        everything = {"results": [{"id": made.json["id"], "track": track}], "count": 1}
        self.assertEqual(everything, (await alice.get("favorites/tracks/all/?playable=true")).json)
        self.assertEqual(1, (await alice.get("tracks/?favorites=true")).json["count"])
        for path in ("favorites/tracks/remove/", "favorites/tracks/remove"):
            removed = await alice.post(path, {"track": track})
            self.assertEqual((204, b""), (removed.status, removed.body))
            self.assertEqual(400, (await alice.delete(path, {"track": track})).status)
            await alice.post("favorites/tracks/", {"track": track})
        favorite = (await alice.get("favorites/tracks/all")).json["results"][0]["id"]
        bob = await self.person("bob")
        self.assertEqual(404, (await bob.delete(f"favorites/tracks/{favorite}/")).status)
        self.assertEqual(204, (await alice.delete(f"favorites/tracks/{favorite}/")).status)
        self.assertEqual(404, (await alice.delete(f"favorites/tracks/{favorite}/")).status)


class PlayingTests(PodCase):
    """A source of each upload, the listen token, ranges, and the listening that is told afterwards."""

    async def test_a_track_is_played_as_the_web_app_plays(self) -> None:
        """With Bearer, with the listen token, with a session, transcoded; whole and in part; visitors when open."""
        alice = await self.person()
        library = await self.library_of(alice)
        track = await self.a_track("First Light", await self.an_artist("Nova"))
        body = await self.a_file(library, track)
        told = (await alice.get(f"tracks/{track}/")).json
        source = told["uploads"][0]["listen_url"]
        self.assertEqual(("flac", "audio/flac"), (told["uploads"][0]["extension"], told["uploads"][0]["mimetype"]))
        token = (await alice.get("users/me/")).json["tokens"]["listen"]
        program = await self.program(alice, "read:libraries")
        bearer = program.headers["Authorization"].removeprefix("Bearer ")
        part = {"Range": "bytes=0-", "Origin": "https://music.example"}
        visitor = self.visitor()
        for client, url in (
            (visitor, f"{source}&token={token}"), (visitor, f"{source}&token={bearer}"), (program, source),
            (alice, source), (visitor, f"{told['listen_url']}?token={bearer}"),
        ):  # fmt: skip
            said = await client.get(url, part)
            self.assertEqual((206, body), (said.status, said.body), url)
            self.assertEqual(f"bytes 0-{len(body) - 1}/{len(body)}", said.header("Content-Range"))
            self.assertEqual("https://music.example", said.header("Access-Control-Allow-Origin"))
            whole = await client.get(url)
            self.assertEqual((200, body), (whole.status, whole.body))
            self.assertEqual(("audio/flac", "bytes"), (whole.header("Content-Type"), whole.header("Accept-Ranges")))
        middle = await alice.get(source, {"Range": "bytes=10-19"})
        self.assertEqual((206, body[10:20]), (middle.status, middle.body))
        self.assertEqual(416, (await alice.get(source, {"Range": f"bytes={len(body)}-"})).status)
        head = await alice.head(source)
        self.assertEqual((200, str(len(body)), b""), (head.status, head.header("Content-Length"), head.body))
        mp3 = await alice.get(f"{source}&to=mp3")
        self.assertEqual((200, "audio/mpeg"), (mp3.status, mp3.header("Content-Type")))
        self.assertEqual(401, (await visitor.get(source)).status)
        await self.open_up()
        self.assertEqual(200, (await visitor.get(source)).status)

    async def test_names_for_downloads_and_what_cannot_be_heard(self) -> None:
        """Attachment unless ``download=false``; strange values are ignored; 404 is empty."""
        alice, bob = await self.person("alice"), await self.person("bob")
        private = await self.library_of(alice, "me")
        track = await self.a_track("Für Élise", await self.an_artist("Nova"))
        await self.a_file(private, track)
        uuid = await self.track_uuid(track)
        for place in (f"listen/{uuid}/", f"listen/{uuid}"):
            said = await alice.get(place)
            told = said.header("Content-Disposition") or ""
            self.assertTrue(told.startswith("attachment; "), told)
            self.assertTrue(told.endswith("; filename*=UTF-8''Nova%20-%20F%C3%BCr%20%C3%89lise.flac"), told)
            self.assertIsNone((await alice.get(place, download="false")).header("Content-Disposition"))
        for query in ("to=nonsense", "max_bitrate=0", "max_bitrate=x", "max_bitrate=-1"):
            said = await alice.get(f"listen/{uuid}/?{query}")
            self.assertEqual((200, "audio/flac"), (said.status, said.header("Content-Type")), query)
        nobody = "00000000-0000-4000-8000-000000000000"
        for client, place in (
            (alice, f"listen/{nobody}/"), (alice, f"listen/{uuid}/?upload={nobody}"),
            (alice, f"listen/{uuid}/?upload=x"), (bob, f"listen/{uuid}/"), (alice, f"stream/{nobody}.mp3"),
        ):  # fmt: skip
            said = await client.get(place)
            self.assertEqual((404, b""), (said.status, said.body), place)
        for place in (f"stream/{uuid}.mp3", f"stream/{uuid}/"):
            said = await alice.get(place)
            self.assertEqual((200, "audio/mpeg"), (said.status, said.header("Content-Type")), place)
            self.assertIsNone(said.header("Content-Disposition"))
        self.assertEqual(405, (await alice.post(f"listen/{uuid}/")).status)

    async def test_a_listening_is_told_and_polled(self) -> None:
        """As the web app tells it after half a track, and as its client radio asks."""
        alice = await self.person()
        track, *_ = await self.an_album_of(await self.library_of(alice))
        said = await alice.post("history/listenings/", {"track": track})
        self.assertEqual((201, alice.viewer.account_id), (said.status, said.json["user"]))
        past = {"track": track, "creation_date": "2020-01-02T03:04:05Z"}
        self.assertEqual("2020-01-02T03:04:05Z", (await alice.post("history/listenings/", past)).json["creation_date"])
        query = "history/listenings?scope=actor:alice@pod.example&ordering=-creation_date&page_size=1"
        newest = (await alice.get(query)).json
        self.assertEqual((2, said.json["id"]), (newest["count"], newest["results"][0]["id"]))
        self.assertTrue(newest["results"][0]["track"]["uploads"])
        self.assertEqual(2, (await alice.get("history/listenings?username=alice")).json["count"])
        self.assertEqual(0, (await alice.get("history/listenings?username=bob")).json["count"])


class UploadingTests(PodCase):
    """Files dropped on a library, their imports, and what is done with them afterwards."""

    timeout = GUARD_SECONDS

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        told = settings.worker_settings(self.config)
        hands = Hands(reactor, self.ground.database, self.parts.jobs(), self.ground.bell.listen, told)
        hands.startService()
        self.addCleanup(hands.stopService)
        self.folder = Path(os.path.abspath(self.mktemp()))
        self.alice = await self.person()
        made = await self.alice.post("libraries/", {"name": "Home", "description": "", "privacy_level": "me"})
        self.library = made.json["uuid"]

    async def upload(self, path: Path, *more: tuple[str, str | None, bytes], client: Client | None = None) -> Answer:
        """Send a file as the web app does."""
        return await (client or self.alice).parts(
            "uploads/",
            ("library", None, self.library.encode()),
            ("import_reference", None, b"2026-04-01T08:00:00.000Z"),
            ("source", None, f"upload://{path.name}".encode()),
            *more,
            ("audio_file", path.name, path.read_bytes()),
        )

    async def settled(self, uuid: str) -> Any:
        """The upload's document when its import is over."""
        until = reactor.seconds() + PATIENCE_SECONDS
        while True:
            told = (await self.alice.get(f"uploads/{uuid}/")).json
            if told["import_status"] in SETTLED or reactor.seconds() > until:
                return told
            woken: Deferred[None] = Deferred()
            reactor.callLater(0.05, woken.callback, None)
            await woken

    async def test_files_of_every_usual_kind_are_imported(self) -> None:
        """Acknowledged as pending, then finished with a track; the copy is skipped, the untagged errored."""
        for number, kind in enumerate(("flac", "mp3", "ogg", "opus", "m4a")):
            path = make(self.folder, kind, title=f"Song {number}", track=number + 1, pitch=300 + number, **TAGS)
            said = await self.upload(path)
            self.assertEqual(201, said.status, said)
            self.assertEqual([], differences(shapes.UPLOAD, said.json))
            self.assertEqual(("pending", None), (said.json["import_status"], said.json["track"]))
            self.assertEqual(f"upload://{path.name}", said.json["source"])
            self.assertEqual(path.stat().st_size, said.json["size"])
            told = await self.settled(said.json["uuid"])
            self.assertEqual([], differences(shapes.UPLOAD_OF_TRACK, told))
            self.assertEqual(("finished", {}), (told["import_status"], told["import_details"]))
            self.assertEqual(f"Song {number}", told["track"]["title"])
            self.assertEqual(("audio", []), (told["mimetype"].partition("/")[0], told["track"]["uploads"]))
        copy = await self.settled((await self.upload(self.folder / "flac.flac")).json["uuid"])
        self.assertEqual("skipped", copy["import_status"])
        self.assertEqual("already_imported_in_owned_libraries", copy["import_details"]["code"])
        bare = await self.settled((await self.upload(make(self.folder, "flac", "bare.flac", pitch=999))).json["uuid"])
        self.assertEqual(("errored", "invalid_metadata"), (bare["import_status"], bare["import_details"]["error_code"]))
        self.assertEqual([], differences(shapes.UPLOAD, bare))
        await self._lists()
        heard = (await self.alice.get("tracks/?playable=true&ordering=title")).json
        self.assertEqual([f"Song {number}" for number in range(5)], [one["title"] for one in heard["results"]])
        self.assertEqual(1, (await self.alice.get("albums/?playable=true")).json["count"])
        listened = await self.alice.get(heard["results"][0]["uploads"][0]["listen_url"])
        self.assertEqual((200, (self.folder / "flac.flac").read_bytes()), (listened.status, listened.body))
        tags = await self.alice.get(f"uploads/{copy['uuid']}/audio-file-metadata/")
        self.assertEqual((200, "Song 0"), (tags.status, tags.json["title"]))

    async def _lists(self) -> None:
        """Counters and tables of the web app's pages."""
        for query, count in (
            ("import_status=finished", 5), ("import_status=skipped", 1), ("import_status=errored", 1),
            ("import_status=pending", 0), ("import_status=skipped&import_status=errored", 2),
            ("import_reference=2026-04-01T08:00:00.000Z&page_size=1", 7), ("import_reference=other", 0),
            (f"library={self.library}&page=1&page_size=25&q=status:errored&ordering=-creation_date"
             "&include_channels=true", 1),
            ("q=title:song", 6), ("q=track_artist:nova", 6), ("q=nonsense:x", 7), ("q=Song", 6),
            ("mimetype=audio/flac", 3),
            ("ordering=track_title,album_title,-artist_name,size", 7),
        ):  # fmt: skip
            said = await self.alice.get(f"uploads/?{query}")
            self.assertEqual((200, count), (said.status, said.json["count"]), query)

    async def test_what_is_refused(self) -> None:
        """Each by its field; nothing is left behind."""
        path = make(self.folder, "flac", title="Song", **TAGS)
        file = ("audio_file", path.name, path.read_bytes())
        bob = await self.person("bob")
        nobody = b"00000000-0000-4000-8000-000000000000"
        library = ("library", None, self.library.encode())
        for client, parts, fields in (
            (self.alice, (library,), ["audio_file"]),
            (self.alice, (file,), ["non_field_errors"]),
            (self.alice, (("library", None, nobody), file), ["library"]),
            (self.alice, (("library", None, b"x"), file), ["library"]),
            (bob, (library, file), ["library"]),
            (self.alice, (library, ("import_status", None, b"finished"), file), None),
            (self.alice, (library, ("import_metadata", None, b"{"), file), ["import_metadata"]),
            (self.alice, (library, ("import_metadata", None, b'{"position": 0}'), file), ["import_metadata"]),
            (self.alice, (library, ("audio_file", "empty.flac", b"")), ["audio_file"]),
        ):
            said = await client.parts("uploads/", *parts)
            self.assertEqual(400, said.status, (parts[:2], said.body))
            if fields is not None:
                self.assertEqual(fields, list(said.json), (parts[:2], said.body))
        self.assertEqual(0, (await self.alice.get("uploads/")).json["count"])
        self.assertEqual(401, (await self.visitor().parts("uploads/", library, file)).status)
        self.assertEqual(400, (await self.alice.post("uploads/", {"library": self.library})).status)

    async def test_drafts_are_changed_and_published(self) -> None:
        """A draft waits; PATCH works until it is published; others' uploads are not found."""
        path = make(self.folder, "flac", title="Song", **TAGS)
        words = b'{"title": "Other", "tags": ["Drone"], "position": 3}'
        said = await self.upload(path, ("import_status", None, b"draft"), ("import_metadata", None, words))
        self.assertEqual((201, "draft"), (said.status, said.json["import_status"]))
        self.assertEqual("Other", said.json["import_metadata"]["title"])
        uuid = said.json["uuid"]
        changed = await self.alice.send("PATCH", f"uploads/{uuid}/", {"import_metadata": {"title": "Third"}})
        self.assertEqual((200, "Third"), (changed.status, changed.json["import_metadata"]["title"]))
        bob = await self.person("bob")
        for method, place in (("PATCH", ""), ("DELETE", ""), ("GET", ""), ("GET", "audio-file-metadata/")):
            self.assertEqual(404, (await bob.send(method, f"uploads/{uuid}/{place}")).status, (method, place))
        done = await self.alice.post("uploads/action/", {"action": "publish", "objects": [uuid]})
        self.assertEqual((200, 1, "publish"), (done.status, done.json["updated"], done.json["action"]))
        told = await self.settled(uuid)
        self.assertEqual(("finished", "Third"), (told["import_status"], told["track"]["title"]))
        self.assertEqual(404, (await self.alice.send("PATCH", f"uploads/{uuid}/", {"import_metadata": {}})).status)

    async def test_actions(self) -> None:
        """Relaunched, deleted by name or all; what cannot be is told."""
        path = make(self.folder, "flac", "bare.flac")
        uuid = (await self.settled((await self.upload(path)).json["uuid"]))["uuid"]
        again = {"action": "relaunch_import", "objects": "all", "filters": {"q": "", "library": self.library}}
        said = await self.alice.post("uploads/action/", again)
        self.assertEqual((200, 1), (said.status, said.json["updated"]))
        await self.settled(uuid)
        for document, field in (
            ({"action": "nonsense", "objects": [uuid]}, "action"),
            ({"objects": [uuid]}, "action"),
            ({"action": "publish", "objects": "all"}, "non_field_errors"),
            ({"action": "delete", "objects": []}, "non_field_errors"),
            ({"action": "delete", "objects": "all", "filters": {"import_status": "finished"}}, "non_field_errors"),
        ):
            said = await self.alice.post("uploads/action/", document)
            self.assertEqual((400, [field]), (said.status, list(said.json)), document)
        whole = {"action": "delete", "objects": "all", "filters": {"import_status": "errored"}}
        said = await self.alice.post("uploads/action/", whole)
        self.assertEqual((200, 1), (said.status, said.json["updated"]))
        self.assertEqual(0, (await self.alice.get("uploads/")).json["count"])
        uuid = (await self.upload(path)).json["uuid"]
        self.assertEqual(204, (await self.alice.delete(f"uploads/{uuid}/")).status)
        self.assertEqual(404, (await self.alice.get(f"uploads/{uuid}/")).status)


class LibraryTests(PodCase):
    """§4.6: who sees which library."""

    async def test_lists_and_labels(self) -> None:
        """Lists show what may be looked into; a label is shown to who knows the uuid; writing is the owner's."""
        alice, bob = await self.person("alice"), await self.person("bob")
        uuids = {}
        for level in ("me", "instance", "everyone"):
            made = await alice.post("libraries/", {"name": level, "privacy_level": level})
            uuids[level] = made.json["uuid"]
        far = await self.a_library(await self.an_actor("eve", "far.example"), "instance", "far")
        await self.changed("libraries")
        await self.open_up()
        for client, names in (
            (alice, {"me", "instance", "everyone"}), (bob, {"instance", "everyone"}), (self.visitor(), {"everyone"}),
        ):  # fmt: skip
            self.assertEqual(names, {one["name"] for one in (await client.get("libraries/")).json["results"]})
            self.assertEqual(200, (await client.get(f"libraries/{uuids['me']}/")).status)
        assert bob.viewer.actor_id is not None
        await self.a_follow(bob.viewer.actor_id, library=far)
        await self.changed("libraries")
        followed = {one["name"] for one in (await bob.get("libraries")).json["results"]}
        self.assertEqual({"instance", "everyone", "far"}, followed)
        newest_first = ["everyone", "instance", "me"]
        for query, expected in (
            ("", newest_first), ("scope=me", newest_first), ("ordering=name", newest_first),
            ("ordering=-name", ["me", "instance", "everyone"]), ("privacy_level=me", ["me"]),
            ("q=EVERY", ["everyone"]),
        ):  # fmt: skip
            told = [one["name"] for one in (await alice.get(f"libraries?{query}")).json["results"]]
            self.assertEqual(expected, told, query)
        place = f"libraries/{uuids['everyone']}/"
        for method, path in (("PATCH", place), ("PUT", place), ("DELETE", place), ("GET", f"{place}follows/")):
            self.assertEqual(404, (await bob.send(method, path, {"name": "x"})).status, (method, path))
        changed = await alice.send("PATCH", place, {"name": "All", "privacy_level": "me"})
        self.assertEqual((200, "All", "me"), (changed.status, changed.json["name"], changed.json["privacy_level"]))
        self.assertEqual(204, (await alice.delete(place)).status)
        self.assertEqual(404, (await alice.get(place)).status)
