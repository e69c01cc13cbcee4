"""Libraries over HTTP: docs/api.md §4.6."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fwtwisted.model.people import VISITOR, Viewer
from tests.web.people import Browser, ServedPeopleCase

UNKNOWN = "6b1d1a1c-0000-4000-8000-000000000000"


class LibrariesCase(ServedPeopleCase):
    """Short words for these tests."""

    async def made(self, browser: Browser, name: str = "mine", **wishes: Any) -> dict[str, Any]:
        said = await browser.ask("POST", "libraries/", {"name": name, **wishes})
        self.assertEqual(201, said.status, said)
        document: dict[str, Any] = said.json
        return document

    async def names(self, browser: Browser, query: str = "") -> list[str]:
        said = await browser.ask("GET", f"libraries/?{query}")
        self.assertEqual(200, said.status, said)
        return [one["name"] for one in said.json["results"]]

    async def an_upload(self, library: str, file: str | None, size: int = 5, status: str = "finished") -> None:
        await self.do(
            "WITH made AS (SELECT gen_random_uuid() AS uuid)"
            " INSERT INTO upload (uuid, fid, library_id, audio_file, source, size, import_status, import_reference)"
            " SELECT uuid, 'https://x/' || uuid, (SELECT id FROM library WHERE uuid = %s::uuid), %s, %s, %s, %s, 'x'"
            " FROM made",
            library, file, None if file else f"file:///music/{size}", size, status,
        )  # fmt: skip


class OwnLibraryTests(LibrariesCase):
    """What an owner does."""

    async def test_a_new_library(self) -> None:
        """All fields, and usual values for what was not said."""
        browser = await self.signed_in()
        made = await self.made(browser)
        self.assertRegex(made.pop("creation_date"), r"Z$")
        actor = made.pop("actor")
        self.assertEqual(("alice@pod.example", True), (actor["full_username"], actor["is_local"]))
        uuid = made.pop("uuid")
        self.assertEqual(
            {
                "fid": f"https://pod.example/federation/music/libraries/{uuid}",
                "name": "mine",
                "description": None,
                "privacy_level": "me",
                "uploads_count": 0,
                "size": None,
            },
            made,
        )
        self.assertEqual(f"{made['fid']}/followers", await self.value("SELECT followers_url FROM library"))

    async def test_libraries_that_cannot_be(self) -> None:
        """Each field is told; ``followers`` is no level of a library."""
        browser = await self.signed_in()
        for sent, field in (
            ({}, "name"),
            ({"name": None}, "name"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"name": ["x", 1]}, "name"),
            ({"name": "x", "description": "y" * 5001}, "description"),
            ({"name": "x", "privacy_level": "followers"}, "privacy_level"),
            ({"name": "x", "privacy_level": 1}, "privacy_level"),
        ):
            said = await browser.ask("POST", "libraries", sent)
            self.assertEqual((400, [field]), (said.status, list(said.json)), sent)
        for raw in (b"{", b"[]", b"\xff"):
            said = await browser.ask("POST", "libraries/", raw=raw, kind="application/json")
            self.assertEqual(400, said.status, raw)
        self.assertEqual(0, await self.value("SELECT count(*) FROM library"))

    async def test_changes(self) -> None:
        """PATCH changes what it names, PUT needs a name; who sees it changes at once."""
        browser, visitor = await self.signed_in(), await self.browser()
        self.is_open = True
        path = f"libraries/{(await self.made(browser, description='d'))['uuid']}/"
        self.assertEqual([], await self.names(visitor))
        said = await browser.ask("PATCH", path, {"privacy_level": "everyone"})
        self.assertEqual((200, "mine", "d"), (said.status, said.json["name"], said.json["description"]))
        self.assertEqual(["mine"], await self.names(visitor))
        said = await browser.ask("PUT", path, {"name": "ours", "description": None})
        self.assertEqual((200, "ours", None), (said.status, said.json["name"], said.json["description"]))
        self.assertEqual(400, (await browser.ask("PUT", path, {"description": "x"})).status)
        self.assertEqual(400, (await browser.ask("PATCH", path, {"name": ""})).status)
        self.assertEqual(200, (await browser.ask("PATCH", path, {})).status)

    async def test_removal(self) -> None:
        """Its uploads are gone, their stored files are doomed, files in place are left alone; both versions rise."""
        browser = await self.signed_in()
        keep, lose = await self.made(browser, "keep"), await self.made(browser, "lose")
        await self.an_upload(keep["uuid"], "tracks/aa/aa/aa/keep.mp3")
        await self.an_upload(lose["uuid"], "tracks/aa/aa/aa/lose.mp3")
        await self.an_upload(lose["uuid"], None)
        await self.do(
            "INSERT INTO upload_version (upload_id, mimetype, bitrate, audio_file, size)"
            " SELECT id, 'audio/ogg', 1, 'transcoded/aa/aa/aa/lose.ogg', 1 FROM upload"
            " WHERE audio_file = 'tracks/aa/aa/aa/lose.mp3'"
        )
        versions = "SELECT array_agg(version ORDER BY name) FROM area WHERE name IN ('catalog', 'libraries')"
        before = await self.value(versions)
        self.rung.clear()
        self.assertEqual(204, (await browser.ask("DELETE", f"libraries/{lose['uuid']}")).status)
        self.assertEqual(["keep"], await self.names(browser))
        self.assertEqual(
            ["tracks/aa/aa/aa/lose.mp3", "transcoded/aa/aa/aa/lose.ogg"],
            await self.value("SELECT array_agg(name ORDER BY name) FROM doomed_file"),
        )
        self.assertEqual(1, await self.value("SELECT count(*) FROM upload"))
        self.assertEqual("files.remove", await self.value("SELECT kind FROM job"))
        self.assertEqual([("jobs", b"maintenance")], self.rung)
        self.assertEqual([one + 1 for one in before], await self.value(versions))

    async def test_others_libraries_are_theirs(self) -> None:
        """404 for every write, as for unknown ones; 401 for visitors."""
        theirs = await self.made(await self.signed_in("bob"), privacy_level="everyone")
        browser, visitor = await self.signed_in(), await self.browser()
        for uuid in (theirs["uuid"], UNKNOWN, "no-uuid"):
            for method in ("PATCH", "PUT", "DELETE"):
                said = await browser.ask(method, f"libraries/{uuid}/", {"name": "x"})
                self.assertEqual(404, said.status, (method, uuid))
            self.assertEqual(404, (await browser.ask("GET", f"libraries/{uuid}/follows/")).status)
        for method in ("PATCH", "DELETE"):
            self.assertEqual(401, (await visitor.ask(method, f"libraries/{theirs['uuid']}/", {"name": "x"})).status)
        self.assertEqual(401, (await visitor.ask("POST", "libraries/", {"name": "x"})).status)

    async def test_what_a_library_holds(self) -> None:
        """Its uploads are counted whatever became of them; what is used in place takes none of the quota."""
        browser = await self.signed_in(upload_quota=5)
        made = await self.made(browser)
        await self.an_upload(made["uuid"], "tracks/a", 1_500_000)
        await self.an_upload(made["uuid"], "tracks/b", 500_000, "errored")
        await self.an_upload(made["uuid"], None, 9_000_000)
        shown = (await browser.ask("GET", f"libraries/{made['uuid']}/")).json
        self.assertEqual((3, 11_000_000), (shown["uploads_count"], shown["size"]))
        self.assertEqual(
            {
                "max": 5, "remaining": 3.0, "current": 2.0,
                "draft": 0.0, "skipped": 0.0, "pending": 0.0, "finished": 1.5, "errored": 0.5,
            },
            (await browser.ask("GET", "users/me/")).json["quota_status"],
        )  # fmt: skip

    async def test_follows(self) -> None:
        """Who follows or waits, the latest first, for the owner alone."""
        browser = await self.signed_in()
        made = await self.made(browser)
        library = await self.value("SELECT id FROM library")
        for name, approved in (("one", True), ("two", None)):
            await self.a_follow(await self.an_actor(name, "away.example"), library=library, approved=approved)
        said = await browser.ask("GET", f"libraries/{made['uuid']}/follows/?page_size=1")
        self.assertEqual((2, None), (said.json["count"], said.json["previous"]))
        self.assertEqual(
            f"https://pod.example/api/v1/libraries/{made['uuid']}/follows/?page=2&page_size=1", said.json["next"]
        )
        (follow,) = said.json["results"]
        self.assertEqual(("two@away.example", None), (follow["actor"]["full_username"], follow["approved"]))
        self.assertEqual((made["uuid"], None), (follow["target"]["uuid"], follow["target"]["latest_scan"]))


class LibraryListTests(LibrariesCase):
    """``GET libraries/``."""

    async def test_who_sees_what(self) -> None:
        """Own, ``everyone``, for neighbours ``instance``; visitors only where the pod is open."""
        alice, bob, visitor = await self.signed_in(), await self.signed_in("bob"), await self.browser()
        for level in ("me", "instance", "everyone"):
            await self.made(alice, level, privacy_level=level)
        self.assertEqual(["everyone", "instance", "me"], await self.names(alice))
        self.assertEqual(["everyone", "instance"], await self.names(bob))
        self.assertEqual(401, (await visitor.ask("GET", "libraries/")).status)
        self.is_open = True
        self.assertEqual(["everyone"], await self.names(visitor))

    async def test_a_label_is_readable_by_uuid(self) -> None:
        """Private ones, too; a channel's own library is none."""
        alice, bob = await self.signed_in(), await self.signed_in("bob")
        made = await self.made(alice)
        for path in (f"libraries/{made['uuid']}", f"libraries/{made['uuid'].upper()}/"):
            self.assertEqual(made["uuid"], (await bob.ask("GET", path)).json["uuid"])
        await self.do("UPDATE library SET is_channel = true")
        self.assertEqual(404, (await bob.ask("GET", f"libraries/{made['uuid']}/")).status)
        self.assertEqual([], await self.names(alice))
        self.assertEqual(404, (await bob.ask("GET", f"libraries/{UNKNOWN}/")).status)

    async def test_filters(self) -> None:
        """By words, level and scope; what cannot be matches nothing."""
        alice, bob = await self.signed_in(), await self.signed_in("bob")
        await self.made(alice, "Élan vital", privacy_level="everyone")
        await self.made(alice, "Vital signs")
        await self.made(bob, "Bob's", privacy_level="instance")
        for query, expected in (
            ("q=vital", ["Vital signs", "Élan vital"]),
            ("q=VITAL+elan", ["Élan vital"]),
            ('q="vital+signs"', ["Vital signs"]),
            ("q=nothing", []),
            ("privacy_level=everyone", ["Élan vital"]),
            ("privacy_level=", ["Bob's", "Vital signs", "Élan vital"]),
            ("scope=me", ["Vital signs", "Élan vital"]),
            ("scope=all", ["Bob's", "Vital signs", "Élan vital"]),
            ("scope=actor:bob@pod.example", ["Bob's"]),
            ("scope=actor:bob@pod.example,me", ["Bob's", "Vital signs", "Élan vital"]),
            ("scope=actor:nobody@pod.example", []),
            ("scope=domain:pod.example", ["Bob's", "Vital signs", "Élan vital"]),
            ("scope=domain:away.example", []),
            ("scope=subscribed", []),
            ("scope=nonsense", []),
        ):
            self.assertEqual(expected, await self.names(alice, query), query)

    async def test_orders_and_pages(self) -> None:
        """The newest first unless asked; unknown orders are ignored; a page too many is 404."""
        browser = await self.signed_in()
        for name in ("b", "a", "C"):
            await self.made(browser, name)
        for query, expected in (
            ("", ["C", "a", "b"]),
            ("ordering=name", ["a", "b", "C"]),
            ("ordering=-name", ["C", "b", "a"]),
            ("ordering=creation_date", ["b", "a", "C"]),
            ("ordering=nonsense", ["C", "a", "b"]),
            ("page_size=2&page=2", ["b"]),
        ):
            self.assertEqual(expected, await self.names(browser, query), query)
        said = await browser.ask("GET", "libraries/?page=3&page_size=2")
        self.assertEqual((404, {"detail": "Invalid page."}), (said.status, said.json))

    async def test_by_ids(self) -> None:
        """In the order of the ids, and nothing for no ids."""
        browser = await self.signed_in()
        made = [UUID((await self.made(browser, name))["uuid"]) for name in ("a", "b")]
        self.assertEqual([made[1], made[0]], [one.uuid for one in await self.libraries.by_ids([2, 99, 1])])
        self.assertEqual([], await self.libraries.by_ids([]))

    async def test_content_and_list_agree(self) -> None:
        """What the list shows is what may be looked into."""
        browser = await self.signed_in()
        await self.made(browser, privacy_level="everyone")
        self.assertEqual((1,), await self.visibility.libraries(VISITOR))
        self.assertEqual((1,), await self.visibility.libraries(Viewer(actor_id=1, is_local=True)))
