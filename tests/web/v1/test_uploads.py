"""Uploads over HTTP: docs/api.md §4.7."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
from twisted.internet.threads import deferToThread

from fwtwisted.core.files.stored_files import StoredFiles
from fwtwisted.core.files.upload_jobs import IMPORT, LANE, Places, UploadJobs
from fwtwisted.core.files.uploads import Uploads
from fwtwisted.core.importing.importer import Importer, ImportingSettings
from fwtwisted.core.music.shelves import Shelves
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.db import jobs
from fwtwisted.db.jobs import Job
from fwtwisted.model.people import Pod
from fwtwisted.outside.blobs import LocalBlobs
from fwtwisted.outside.spool import Spool, SpoolSettings
from fwtwisted.web.callers import Callers, CsrfGuard, Identities
from fwtwisted.web.intake import IntakeSettings
from fwtwisted.web.site import Mount
from fwtwisted.web.v1.uploads import UploadDesk
from fwtwisted.wire.v1 import Pictures
from fwtwisted.wire.v1.catalog import CatalogPaper
from tests import audio
from tests.web.people import API, Browser, ServedPeopleCase
from tests.web.serving import Answer

BASE = "https://pod.example"


class UploadsCase(ServedPeopleCase):
    """People, a store, and the hands that import."""

    quota = 1000
    only_musicbrainz = False

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(os.path.abspath(self.mktemp()))
        self.media = self.folder / "media"
        self.blobs = LocalBlobs(str(self.media), deferToThread)
        self.spool = Spool(str(self.media / "spool"), deferToThread, SpoolSettings(reserve_bytes=1))
        self.rings: list[tuple[str, bytes]] = []
        places = Places(self.blobs, deferToThread, str(self.folder / "music"))
        importer = Importer(self.database, self.blobs, deferToThread, self.wished, ImportingSettings(BASE))
        self.uploads = Uploads(
            self.database, self.blobs, deferToThread, Visibility(self.database), Shelves(), places, self.wished,
            lambda name, body: self.rings.append((name, body)), Pod(BASE, "pod.example"),
        )  # fmt: skip
        self.jobs = UploadJobs(
            self.database, deferToThread, importer, places, lambda name, body: self.rings.append((name, body))
        )
        self.files = StoredFiles(self.database, self.blobs, self.spool)

    async def wished(self, name: str) -> Any:
        """The preferences that are asked."""
        return self.quota if name == "users__upload_quota" else self.only_musicbrainz

    def mounts(self) -> Sequence[Mount]:
        """Uploads beside people."""
        identities = Identities(
            self.signin.by_token, self.signin.by_session, self.signin.by_password, self.signin.by_listen_token
        )
        callers = Callers(identities, self.opened, CsrfGuard(secure=True, hosts=frozenset(("pod.example",))))
        paper = CatalogPaper(Pictures(f"{BASE}/media/", BASE), f"{BASE}/")
        desk = UploadDesk(
            self.uploads, callers, paper, self.spool.open, self.spool.room, deferToThread, IntakeSettings(), API
        )
        return (*super().mounts(), desk.mount())

    async def at_home(self, name: str = "alice") -> tuple[Browser, str]:
        """Somebody who is signed in, and their library."""
        browser = await self.signed_in(name)
        made = await browser.ask("POST", "libraries/", {"name": "mine"})
        return browser, made.json["uuid"]

    async def send(self, browser: Browser, body: bytes | None, name: str = "a.mp3", **fields: Any) -> Answer:
        """Send a file as a browser does."""
        boundary = b"b0undary"
        parts = [
            b'Content-Disposition: form-data; name="%s"\r\n\r\n%s'
            % (key.encode(), orjson.dumps(value) if isinstance(value, dict) else str(value).encode())
            for key, value in fields.items()
        ]
        if body is not None:
            head = f'Content-Disposition: form-data; name="audio_file"; filename="{name}"\r\n'.encode()
            parts.append(head + b"Content-Type: audio/mpeg\r\n\r\n" + body)
        raw = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary
        return await browser.ask("POST", "uploads/", raw=raw, kind=f"multipart/form-data; boundary={boundary.decode()}")

    def song(self, kind: str = "mp3", **tags: Any) -> bytes:
        """The bytes of a file."""
        told = {"title": "Low", "artist": "Nina", "album": "Tides"} | tags
        return audio.make(self.folder / "made", kind, **told).read_bytes()

    async def work(self) -> int:
        """Do all imports that are asked for; how many."""
        kind = self.jobs.jobs()[IMPORT]
        done = 0
        while found := await self.run_in(jobs.claim, LANE, [IMPORT], 10, 60.0):
            for job in found:
                await kind.run(job)
                await self.run_in(jobs.done, job)
                done += 1
        return done

    def stored(self, root: str = "tracks") -> list[str]:
        """Names in the store."""
        return sorted(
            str(path.relative_to(self.media)) for path in (self.media / root).rglob("[!.]*") if path.is_file()
        )


class SendingTests(UploadsCase):
    """A file comes in."""

    async def test_from_file_to_track(self) -> None:
        """The answer says what the file is; its import makes a track of it; the spool is empty."""
        alice, library = await self.at_home()
        body = self.song(track=3, date="1999", cover=audio.image())
        said = await self.send(alice, body, "Löw Tide.mp3", library=library, import_reference="batch")
        self.assertEqual(201, said.status, said)
        made = said.json
        self.assertEqual(
            ("pending", "audio/mpeg", len(body), 2, "batch", "upload://Löw Tide.mp3", None),
            (made["import_status"], made["mimetype"], made["size"], made["duration"], made["import_reference"],
             made["source"], made["track"]),
        )  # fmt: skip
        self.assertNotIn("filename", made)
        self.assertGreater(made["bitrate"], 10_000)
        self.assertEqual(library, made["library"]["uuid"])
        self.assertEqual(1, await self.work())
        now = (await alice.ask("GET", f"uploads/{made['uuid']}/")).json
        self.assertEqual(("finished", {}), (now["import_status"], now["import_details"]))
        track = now["track"]
        self.assertEqual(("Low", 3, "Nina", "Tides"), (
            track["title"], track["position"], track["artist"]["name"], track["album"]["title"]))  # fmt: skip
        self.assertEqual("1999-01-01", track["album"]["release_date"])
        self.assertIsNotNone(track["album"]["cover"])
        self.assertEqual(([], False), (track["uploads"], track["is_playable"]))
        self.assertEqual("Nina - Tides - Low.mp3", now["filename"])
        (name,) = self.stored()
        self.assertTrue(name.endswith("/low-tide.mp3"), name)
        self.assertEqual(body, (self.media / name).read_bytes())
        self.assertEqual([], self.stored("spool"))
        self.assertEqual(0, await self.value("SELECT count(*) FROM doomed_file"))
        rung = [orjson.loads(told) for name, told in self.rings if name == "import.status_updated"]
        self.assertEqual([("pending", "finished")], [(one["old_status"], one["new_status"]) for one in rung])

    async def test_no_music(self) -> None:
        """Bytes that are no audio are taken, and then errored with words."""
        alice, library = await self.at_home()
        for body in (b"hello", b"\x89PNG\r\n\x1a\nxx", self.song()[:300], os.urandom(5000)):
            said = await self.send(alice, body, library=library)
            self.assertEqual((201, "pending"), (said.status, said.json["import_status"]))
            await self.work()
            now = (await alice.ask("GET", f"uploads/{said.json['uuid']}/")).json
            self.assertEqual("errored", now["import_status"])
            self.assertEqual("unknown_error", now["import_details"]["error_code"])
            self.assertTrue(now["import_details"]["detail"])

    async def test_tags_that_tell_too_little(self) -> None:
        """Without title or artist: invalid metadata, by field, beside what the tags do say."""
        alice, library = await self.at_home()
        body = audio.make(self.folder / "made", "flac", album="Tides").read_bytes()
        said = await self.send(alice, body, "x.flac", library=library)
        await self.work()
        details = (await alice.ask("GET", f"uploads/{said.json['uuid']}/")).json["import_details"]
        self.assertEqual("invalid_metadata", details["error_code"])
        self.assertEqual({"title", "artists"}, set(details["detail"]))
        self.assertEqual("Tides", details["file_metadata"]["album"]["title"])

    async def test_the_owner_knows_better(self) -> None:
        """Values of import_metadata win over the tags of the file."""
        alice, library = await self.at_home()
        said = await self.send(
            alice, self.song(genre="Rock"), library=library,
            import_metadata={"title": "High", "tags": ["Dub"], "license": "cc0-1.0", "position": 4},
        )  # fmt: skip
        self.assertEqual(201, said.status, said)
        await self.work()
        track = (await alice.ask("GET", f"uploads/{said.json['uuid']}/")).json["track"]
        self.assertEqual(
            ("High", ["Dub"], "cc0-1.0", 4), (track["title"], track["tags"], track["license"], track["position"])
        )

    async def test_the_same_track_twice(self) -> None:
        """The second is skipped, and names the first."""
        alice, library = await self.at_home()
        first = (await self.send(alice, self.song(), library=library)).json
        await self.work()
        second = (await self.send(alice, self.song("flac"), "b.flac", library=library)).json
        await self.work()
        now = (await alice.ask("GET", f"uploads/{second['uuid']}/")).json
        self.assertEqual("skipped", now["import_status"])
        self.assertEqual(
            {"code": "already_imported_in_owned_libraries", "duplicates": first["uuid"]}, now["import_details"]
        )

    async def test_refused(self) -> None:
        """Every field that is wrong is told as the contract says, and nothing is kept."""
        alice, library = await self.at_home()
        _, foreign = await self.at_home("bob")
        song = self.song()
        for told, fields in (
            ("audio_file", {"library": library, "body": None}),
            ("audio_file", {"library": library, "body": b""}),
            ("library", {"library": "x"}),
            ("library", {"library": str(uuid4())}),
            ("library", {"library": foreign}),
            ("channel", {"channel": str(uuid4())}),
            ("non_field_errors", {}),
            ("non_field_errors", {"library": library, "channel": str(uuid4())}),
            ("non_field_errors", {"library": library, "import_status": "finished"}),
            ("import_status", {"library": library, "import_status": "nonsense"}),
            ("import_metadata", {"library": library, "import_metadata": "{"}),
            ("import_metadata", {"library": library, "import_metadata": "[1]"}),
            ("import_metadata", {"library": library, "import_metadata": {"title": ""}}),
            ("import_metadata", {"library": library, "import_metadata": {"title": "A", "position": 0}}),
            ("import_metadata", {"library": library, "import_metadata": {"title": "A", "license": "mine"}}),
        ):
            said = await self.send(alice, fields.pop("body", song), **fields)  # type: ignore[arg-type]
            self.assertEqual((400, [told]), (said.status, list(said.json)), fields)
        self.assertEqual([], self.stored())
        self.assertEqual([], self.stored("spool"))
        self.assertEqual(0, await self.value("SELECT count(*) FROM upload"))

    async def test_only_for_those_signed_in(self) -> None:
        """A visitor is told so before the file is read."""
        _, library = await self.at_home()
        said = await self.send(await self.browser(), self.song(), library=library)
        self.assertIn(said.status, (401, 403), said)

    async def test_quota(self) -> None:
        """What does not fit is refused with the word that clients know; so are two that only fit alone."""
        alice, library = await self.at_home()
        self.quota = 1
        body = self.song() + b"\0" * 600_000
        answers = [await self.send(alice, body, library=library) for _ in range(2)]
        self.assertEqual([201, 400], [said.status for said in answers])
        self.assertEqual({"non_field_errors": ["upload_quota_reached"]}, answers[1].json)
        self.assertEqual(1, len(self.stored()))

    async def test_source_is_not_believed(self) -> None:
        """A sender cannot name a file of the server."""
        alice, library = await self.at_home()
        said = await self.send(alice, self.song(), library=library, source="file:///etc/passwd")
        self.assertEqual("upload://a.mp3", said.json["source"])


class DraftTests(UploadsCase):
    """Uploads that wait for their owner."""

    async def test_from_draft_to_track(self) -> None:
        """A draft is not imported; it may change; it is imported when its owner says so."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library, import_status="draft")).json
        self.assertEqual("draft", made["import_status"])
        self.assertEqual(0, await self.work())
        path = f"uploads/{made['uuid']}/"
        said = await alice.ask("PATCH", path, {"import_metadata": {"title": "High", "tags": None}})
        self.assertEqual((200, {"title": "High", "tags": None}), (said.status, said.json["import_metadata"]), said)
        self.assertEqual(400, (await alice.ask("PATCH", path, {"import_status": "finished"})).status)
        said = await alice.ask("PATCH", path, {"import_status": "pending"})
        self.assertEqual("pending", said.json["import_status"])
        self.assertEqual(1, await self.work())
        self.assertEqual("High", (await alice.ask("GET", path)).json["track"]["title"])
        self.assertEqual(404, (await alice.ask("PATCH", path, {"import_status": "pending"})).status)

    async def test_somebody_elses(self) -> None:
        """Others neither see, change nor remove it."""
        alice, library = await self.at_home()
        bob, _ = await self.at_home("bob")
        made = (await self.send(alice, self.song(), library=library, import_status="draft")).json
        path = f"uploads/{made['uuid']}/"
        for method in ("GET", "PATCH", "DELETE"):
            said = await bob.ask(method, path, {} if method == "PATCH" else None)
            self.assertEqual(404, said.status, said)
        self.assertEqual(404, (await bob.ask("GET", f"{path}audio-file-metadata/")).status)
        said = await bob.ask("POST", "uploads/action/", {"action": "delete", "objects": [made["uuid"]]})
        self.assertEqual(400, said.status)

    async def test_publish(self) -> None:
        """The action publishes drafts, by a list only."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library, import_status="draft")).json
        said = await alice.ask("POST", "uploads/action/", {"action": "publish", "objects": "all"})
        self.assertEqual((400, ["non_field_errors"]), (said.status, list(said.json)))
        said = await alice.ask("POST", "uploads/action/", {"action": "publish", "objects": [made["uuid"]]})
        self.assertEqual({"updated": 1, "action": "publish", "result": None}, said.json)
        self.assertEqual(1, await self.work())


class ListTests(UploadsCase):
    """One's own uploads."""

    async def begin(self) -> None:
        """Three songs, a file that is none, and a draft."""
        self.alice, self.library = await self.at_home()
        for n, title in enumerate(("Low", "High", "Slow Low")):
            body = self.song("ogg" if n else "mp3", title=title, artist=f"Nina {n}", track=n + 1)
            await self.send(self.alice, body, library=self.library, import_reference="one")
        await self.send(self.alice, b"none", library=self.library, import_reference="two")
        await self.send(self.alice, b"draft", library=self.library, import_status="draft", import_reference="two")
        await self.work()

    async def found(self, query: str) -> list[str]:
        """Titles, or states of those without."""
        said = await self.alice.ask("GET", f"uploads/?{query}")
        self.assertEqual(200, said.status, said)
        self.assertEqual(said.json["count"], len(said.json["results"]))
        return [one["track"]["title"] if one["track"] else one["import_status"] for one in said.json["results"]]

    async def test_filters_and_orders(self) -> None:
        """Each filter leaves what it says, each order orders."""
        await self.begin()
        everything = ["draft", "errored", "Slow Low", "High", "Low"]
        self.assertEqual(everything, await self.found(""))
        self.assertEqual(everything, await self.found(f"library={self.library}&scope=me"))
        self.assertEqual([], await self.found(f"library={UUID(int=0)}"))
        self.assertEqual(["draft", "errored"], await self.found("import_status=draft&import_status=errored"))
        self.assertEqual(["draft", "errored"], await self.found("import_reference=two"))
        self.assertEqual(["Low"], await self.found("mimetype=audio/mpeg"))
        self.assertEqual(["Slow Low", "High", "Low"], await self.found("playable=true"))
        self.assertEqual(["Low", "High", "Slow Low", "errored", "draft"], await self.found("ordering=creation_date"))
        self.assertEqual(["Slow Low", "High", "Low"], await self.found("playable=1&ordering=-artist__name"))
        self.assertEqual(everything, await self.found("ordering=nonsense"))
        self.assertEqual(everything, await self.found("q="))
        track = await self.value("SELECT uuid FROM track WHERE title = 'High'")
        artist = await self.value("SELECT uuid FROM artist WHERE name = 'Nina 1'")
        self.assertEqual(["High"], await self.found(f"track={track}"))
        self.assertEqual(["High"], await self.found(f"track_artist={artist}&album_artist={artist}"))
        self.assertEqual(400, (await self.alice.ask("GET", "uploads/?library=nonsense")).status)

    async def test_search(self) -> None:
        """Words, phrases and pairs of the token query."""
        await self.begin()
        for query, titles in (
            ("low", ["Slow Low", "Low"]),
            ('"slow low"', ["Slow Low"]),
            ("nina low", ["Slow Low", "Low"]),
            ("title:high", ["High"]),
            ("title:hig", ["High"]),
            ("album:TIDES title:low", ["Slow Low", "Low"]),
            ("track_artist:NA album_artist:nin high", ["High"]),
            ("nobody:knows title:high", ["High"]),
            ('artist:"nina 1"', ["High"]),
            ("status:errored", ["errored"]),
            ("mimetype:audio/ogg low", ["Slow Low"]),
            ("low in:album", []),
            ("tides in:album,title", ["Slow Low", "High", "Low"]),
            ("is:music low", ["Slow Low", "Low"]),
            ("50%_'\\", []),
        ):
            said = await self.alice.ask("GET", "uploads/?q=" + query.replace(" ", "+").replace("%", "%25"))
            self.assertEqual(titles, [
                one["track"]["title"] if one["track"] else one["import_status"] for one in said.json["results"]
            ], query)  # fmt: skip

    async def test_pages(self) -> None:
        """Pages have their neighbours' addresses."""
        await self.begin()
        said = await self.alice.ask("GET", "uploads/?page_size=2&page=2")
        self.assertEqual((5, 2), (said.json["count"], len(said.json["results"])))
        self.assertEqual(f"{API}/uploads/?page=3&page_size=2", said.json["next"])
        self.assertEqual(404, (await self.alice.ask("GET", "uploads/?page=9")).status)

    async def test_visitors(self) -> None:
        """A visitor is told to sign in, also on an open pod."""
        self.is_open = True
        self.assertEqual(401, (await (await self.browser()).ask("GET", "uploads/")).status)

    async def test_what_may_be_played_may_be_read(self) -> None:
        """Somebody who may play an upload reads it, but not where it came from."""
        self.alice, library = await self.at_home()
        made = (await self.send(self.alice, self.song(), library=library)).json
        bob, _ = await self.at_home("bob")
        path = f"uploads/{made['uuid']}"
        await self.alice.ask("PATCH", f"libraries/{library}/", {"privacy_level": "everyone"})
        self.assertEqual(404, (await bob.ask("GET", path)).status)
        await self.work()
        said = await bob.ask("GET", path)
        self.assertEqual((200, None, {}), (said.status, said.json["source"], said.json["import_metadata"]))
        self.assertEqual("Low", said.json["track"]["title"])


class ActionTests(UploadsCase):
    """What is done to uploads."""

    async def test_removal_takes_the_file_along(self) -> None:
        """After the row the file goes."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library)).json
        await self.work()
        path = f"uploads/{made['uuid']}/"
        self.assertEqual(204, (await alice.ask("DELETE", path)).status)
        self.assertEqual(404, (await alice.ask("GET", path)).status)
        self.assertEqual(1, len(self.stored()))
        self.assertEqual("files.remove", await self.value("SELECT kind FROM job"))
        await self.files.remove_due()
        self.assertEqual([], self.stored())

    async def test_delete_and_relaunch(self) -> None:
        """Failed ones are imported again, all of a state removed."""
        alice, library = await self.at_home()
        self.only_musicbrainz = True
        made = (await self.send(alice, self.song(), library=library)).json
        await self.send(alice, b"none", library=library)
        await self.work()
        self.only_musicbrainz = False
        act = {"action": "relaunch_import", "objects": "all", "filters": {"import_status": ["errored", "skipped"]}}
        said = await alice.ask("POST", "uploads/action/", act)
        self.assertEqual({"updated": 2, "action": "relaunch_import", "result": None}, said.json)
        self.assertEqual(2, await self.work())
        self.assertEqual("finished", (await alice.ask("GET", f"uploads/{made['uuid']}/")).json["import_status"])
        act = {"action": "delete", "objects": "all", "filters": {"import_status": "errored"}}
        self.assertEqual(1, (await alice.ask("POST", "uploads/action/", act)).json["updated"])
        self.assertEqual(400, (await alice.ask("POST", "uploads/action/", act)).status)
        self.assertEqual(1, await self.value("SELECT count(*) FROM upload"))

    async def test_nonsense(self) -> None:
        """Actions that cannot be are told by field."""
        alice, _ = await self.at_home()
        for told, document in (
            ("action objects", {}),
            ("action", {"action": "explode", "objects": "all"}),
            ("objects", {"action": "delete"}),
            ("non_field_errors", {"action": "delete", "objects": []}),
            ("non_field_errors", {"action": "delete", "objects": [1]}),
            ("non_field_errors", {"action": "delete", "objects": ["x"]}),
            ("non_field_errors", {"action": "delete", "objects": "all", "filters": 3}),
            ("non_field_errors", {"action": "delete", "objects": "all", "filters": {"library": "x"}}),
        ):
            said = await alice.ask("POST", "uploads/action/", document)
            self.assertEqual((400, told.split()), (said.status, list(said.json)), document)

    async def test_what_the_tags_say(self) -> None:
        """The file's own words, its cover, and nothing that is not there."""
        alice, library = await self.at_home()
        body = self.song(genre="Hip-Hop", cover=audio.image(), album_mbid=str(UUID(int=5)), comment="Hello")
        made = (await self.send(alice, body, library=library)).json
        said = await alice.ask("GET", f"uploads/{made['uuid']}/audio-file-metadata/")
        self.assertEqual(200, said.status, said)
        told = said.json
        cover = told["album"].pop("cover_data")
        self.assertEqual("image/png", cover["mimetype"])
        self.assertEqual(
            {
                "title": "Low",
                "tags": ["HipHop"],
                "description": {"text": "Hello", "content_type": "text/plain"},
                "artists": [{"name": "Nina", "mbid": None}],
                "album": {
                    "title": "Tides",
                    "mbid": str(UUID(int=5)),
                    "release_date": None,
                    "artists": [{"name": "Nina", "mbid": None}],
                },
            },
            told,
        )
        made = (await self.send(alice, b"none", library=library)).json
        self.assertEqual(400, (await alice.ask("GET", f"uploads/{made['uuid']}/audio-file-metadata/")).status)


class JobTests(UploadsCase):
    """Imports that do not go as they should."""

    async def test_given_up_in_the_end(self) -> None:
        """An import that fails every time ends as errored, with words."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library)).json
        await self.do("ALTER TABLE artist ADD CONSTRAINT none CHECK (name = '')")
        self.assertEqual(1, await self.work())
        self.flushLoggedErrors()
        now = (await alice.ask("GET", f"uploads/{made['uuid']}/")).json
        self.assertEqual(("errored", "unknown_error"), (now["import_status"], now["import_details"]["error_code"]))

    async def test_a_deadly_file(self) -> None:
        """A file over which the process died again and again is errored."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library)).json
        await self.do("UPDATE job SET claims = 50 WHERE kind = %s", IMPORT)
        await self.work()
        self.assertEqual("errored", (await alice.ask("GET", f"uploads/{made['uuid']}/")).json["import_status"])

    async def test_a_file_that_is_gone(self) -> None:
        """A stored file that is missing is told."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library)).json
        (self.media / self.stored()[0]).unlink()
        await self.work()
        self.assertEqual("errored", (await alice.ask("GET", f"uploads/{made['uuid']}/")).json["import_status"])

    async def test_nobody_was_asked(self) -> None:
        """A pending upload without a job is asked for again."""
        alice, library = await self.at_home()
        await self.send(alice, self.song(), library=library)
        await self.do("DELETE FROM job")
        await self.do("UPDATE upload SET modification_date = now() - interval '1 day'")
        kind = self.jobs.jobs()["uploads.stranded"]
        await kind.run(Job(1, "uploads.stranded", None, {}, 1, 0, 1, datetime.now(UTC)))
        self.assertEqual(1, await self.work())

    async def test_removed_meanwhile(self) -> None:
        """An upload that is removed before its import leaves nothing in the catalog."""
        alice, library = await self.at_home()
        made = (await self.send(alice, self.song(), library=library)).json
        await alice.ask("DELETE", f"uploads/{made['uuid']}/")
        self.assertEqual(1, await self.work())
        self.assertEqual(0, await self.value("SELECT count(*) FROM artist"))


class LeftoverTests(UploadsCase):
    """What receivers leave behind that died."""

    async def test_before_and_after_the_row(self) -> None:
        """Without a row the note and the stored file go; with one the note alone."""
        alice, library = await self.at_home()
        made = UUID((await self.send(alice, self.song(), library=library)).json["uuid"])
        kept = self.stored()
        for uuid, body in ((made, b"same"), (uuid4(), b"other")):
            note = self.media / "spool" / f"{uuid}-a.mp3"
            note.write_bytes(body)
        await self.blobs.put(f"tracks/{str(uuid)[:2]}/{str(uuid)[2:4]}/{str(uuid)[4:6]}/a.mp3", b"other")
        self.assertEqual(2, await self.files.recover())
        self.assertEqual([], self.stored("spool"))
        self.assertEqual(1, len([name for name in self.stored() if name in kept]))
        self.assertNotIn(b"other", [(self.media / name).read_bytes() for name in self.stored()])
