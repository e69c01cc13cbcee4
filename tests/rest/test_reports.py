"""Reports by everybody, and moderators' reports and notes.  docs/api.md §4.17 and §4.19."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.rest.pod import Client
from tests.rest.shapes import (
    ACTOR,
    a_flag,
    a_moment,
    a_text,
    a_url,
    a_uuid,
    a_whole,
    an_object,
    differences,
    maybe,
)
from tests.rest.test_live import LiveCase, moment

REPORTS = "moderation/reports/"
MANAGED = "manage/moderation/reports/"
NOTES = "manage/moderation/notes/"
ADMIN_ACTOR = {
    **ACTOR,
    "id": a_whole,
    "inbox_url": maybe(a_url),
    "outbox_url": maybe(a_url),
    "shared_inbox_url": maybe(a_url),
}
REPORT = {
    "uuid": a_uuid,
    "type": a_text,
    "summary": maybe(a_text),
    "creation_date": a_moment,
    "handled_date": maybe(a_moment),
    "is_handled": a_flag,
    "submitter_email": maybe(a_text),
    "target": maybe(an_object),
}
NOTE = {"id": a_whole, "uuid": a_uuid, "creation_date": a_moment, "summary": a_text, "author": ADMIN_ACTOR}
ADMIN_REPORT = {
    **REPORT,
    "id": a_whole,
    "fid": a_url,
    "target_state": an_object,
    "assigned_to": maybe(ADMIN_ACTOR),
    "target_owner": maybe(ADMIN_ACTOR),
    "submitter": maybe(ADMIN_ACTOR),
    "notes": [NOTE],
}


class ReportCase(LiveCase):
    """Alice has music, Bob finds something wrong with it, Mona moderates."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice, self.bob = await self.person(), await self.person("bob")
        self.mona = await self.person("mona", permissions=["moderation"])
        self.library = await self.library_of(self.alice, "me")
        [self.track] = await self.an_album_of(self.library, "Nova", "Tides", 1)

    async def targets(self) -> list[dict[str, Any]]:
        """One of each kind."""
        album, artist = await self.value("SELECT ARRAY[album_id, artist_id] FROM track WHERE id = %s", self.track)
        library = str(await self.value("SELECT uuid FROM library WHERE id = %s", self.library))
        playlist = await self.value(
            "INSERT INTO playlist (actor_id, name, privacy_level) VALUES (%s, 'Nights', 'everyone') RETURNING id",
            self.alice.viewer.actor_id,
        )
        actor = await self.an_actor("talk")
        held = await self.a_library(actor, "everyone")
        channel = await self.value(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)"
            " RETURNING uuid",
            await self.an_artist("Talk"), held, actor, self.alice.viewer.actor_id,
        )  # fmt: skip
        return [
            {"type": "artist", "id": artist},
            {"type": "album", "id": album},
            {"type": "track", "id": self.track},
            {"type": "playlist", "id": playlist},
            {"type": "library", "uuid": library},
            {"type": "channel", "uuid": str(channel)},
            {"type": "account", "full_username": "alice@pod.example"},
        ]

    async def reported(self, who: Client | None = None, **more: Any) -> Any:
        """A report of Bob's about the track."""
        body = {"type": "invalid_metadata", "target": {"type": "track", "id": self.track}} | more
        said = await (who or self.bob).post(REPORTS, body)
        self.assertEqual(201, said.status, said)
        return said.json


class ReportingTests(ReportCase):
    """Telling the moderators."""

    async def test_every_kind_of_target(self) -> None:
        """Each is known by its own word, and remembered as it was."""
        for target in await self.targets():
            body = {"type": "other", "summary": "odd", "target": target | {"label": "x", "_obj": {}}, "forward": False}
            said = await self.bob.post(REPORTS, body)
            self.assertEqual((201, []), (said.status, differences(REPORT, said.json)), target)
            self.assertEqual(
                (target, "other", False), (said.json["target"], said.json["type"], said.json["is_handled"])
            )
            seen = (await self.mona.get(f"{MANAGED}{said.json['uuid']}/")).json
            self.assertEqual([], differences(ADMIN_REPORT, seen))
            state = seen["target_state"]
            self.assertEqual((target, "pod.example", True), (state["_target"], state["domain"], state["is_local"]))
            owner = seen["target_owner"] and seen["target_owner"]["preferred_username"]
            self.assertEqual(None if target["type"] in ("artist", "album", "track") else "alice", owner)
            self.assertEqual("bob", seen["submitter"]["preferred_username"])

    async def test_what_it_was(self) -> None:
        """Stays known when it is changed or gone."""
        made = await self.reported()
        await self.do("DELETE FROM track")
        seen = (await self.mona.get(f"{MANAGED}{made['uuid']}/")).json
        self.assertIsNone(seen["target"])
        state = seen["target_state"]
        self.assertEqual(
            ("Tides 1", "Tides", "Nova"), (state["title"], state["album"]["title"], state["artist"]["name"])
        )
        self.assertEqual({"type": "track", "id": self.track}, state["_target"])

    async def test_what_cannot_be_reported(self) -> None:
        """What is not there, what one may not know of, nonsense."""
        hidden = await self.value(
            "INSERT INTO playlist (actor_id, name, privacy_level) VALUES (%s, 'Mine', 'me') RETURNING id",
            self.alice.viewer.actor_id,
        )
        wrong: list[Any] = [
            {"type": "track", "id": 999}, {"type": "track"}, {"type": "track", "id": "x"}, {"type": "track", "id": -1},
            {"type": "track", "id": "1" * 30}, {"type": "track", "id": None}, {"type": "playlist", "id": hidden},
            {"type": "library", "uuid": str(uuid4())}, {"type": "library", "uuid": "x"}, {"type": "upload", "id": 1},
            {"type": "account", "full_username": "nobody@pod.example"}, {"type": "account", "full_username": "alice"},
            {"type": ["track"], "id": 1}, {}, [], "track", None, 3,
        ]  # fmt: skip
        for target in wrong:
            said = await self.bob.post(REPORTS, {"type": "other", "target": target})
            self.assertEqual((400, ["target"]), (said.status, list(said.json)), target)
        for body, field in (
            ({"type": "nonsense"}, "type"),
            ({}, "type"),
            ({"type": "other", "forward": "x"}, "forward"),
        ):
            said = await self.bob.post(REPORTS, {"target": {"type": "track", "id": self.track}} | body)
            self.assertEqual((400, [field]), (said.status, list(said.json)), body)
        self.assertEqual(0, (await self.mona.get(MANAGED)).json["count"])

    async def test_visitors(self) -> None:
        """Only on an open pod, only what the settings let them, only with an address."""
        visitor, target = self.visitor(), {"type": "track", "id": self.track}
        body = {"type": "illegal_content", "target": target, "submitter_email": "ann@mail.example"}
        self.assertEqual(401, (await visitor.post(REPORTS, body)).status)
        await self.open_up()
        said = await visitor.post(REPORTS, body)
        self.assertEqual((201, "ann@mail.example"), (said.status, said.json["submitter_email"]))
        seen = (await self.mona.get(f"{MANAGED}{said.json['uuid']}/")).json
        self.assertEqual((None, "ann@mail.example"), (seen["submitter"], seen["submitter_email"]))
        for change, field in (
            ({"submitter_email": None}, "non_field_errors"),
            ({"submitter_email": "x"}, "submitter_email"),
            ({"type": "other"}, "type"),
        ):
            said = await visitor.post(REPORTS, body | change)
            self.assertEqual((400, [field]), (said.status, list(said.json)))

    async def test_programs(self) -> None:
        """Need the scope."""
        reader, writer = await self.program(self.bob, "read"), await self.program(self.bob, "write:reports")
        body = {"type": "other", "target": {"type": "track", "id": self.track}}
        self.assertEqual([403, 201], [(await who.post(REPORTS, body)).status for who in (reader, writer)])

    async def test_moderators_hear(self) -> None:
        """Those who moderate, and nobody else, are told at once, with the count of what waits."""
        await self.reported()
        await moment()
        at_mona, at_bob = await self.page(self.mona), await self.page(self.bob)
        made = await self.reported(summary="again")
        told = await at_mona.heard()
        self.assertEqual(("report.created", 2), (told["type"], told["unresolved_count"]))
        self.assertEqual((await self.mona.get(f"{MANAGED}{made['uuid']}/")).json, told["report"])
        await self.hears_nothing(at_bob)


class ModeratingTests(ReportCase):
    """What moderators do with them."""

    async def test_the_badge(self) -> None:
        """The boot's question: how many wait."""
        await self.reported()
        said = await self.mona.get(MANAGED, is_handled="false", page_size=1)
        self.assertEqual((200, 1), (said.status, said.json["count"]))

    async def test_nobody_else(self) -> None:
        """Is let near: others 403, visitors 401, programs of moderators 403."""
        made = await self.reported()
        program = await self.program(self.mona, "read write")
        await self.open_up()
        for path in (MANAGED, f"{MANAGED}{made['uuid']}/", NOTES, f"{NOTES}{uuid4()}/"):
            said = [(await who.get(path)).status for who in (self.bob, program, self.visitor())]
            self.assertEqual([403, 403, 401], said, path)
        self.assertEqual(403, (await self.bob.send("PATCH", f"{MANAGED}{made['uuid']}/", {"is_handled": True})).status)

    async def test_resolving(self) -> None:
        """Notes who and when; opening it again forgets when; the sort may be put right."""
        place = f"{MANAGED}{(await self.reported())['uuid']}/"
        said = await self.mona.send("PATCH", place, {"is_handled": True})
        self.assertEqual((200, []), (said.status, differences(ADMIN_REPORT, said.json)))
        self.assertEqual((True, "mona"), (said.json["is_handled"], said.json["assigned_to"]["preferred_username"]))
        self.assertIsNotNone(said.json["handled_date"])
        again = await self.mona.send("PATCH", place, {"is_handled": True})
        self.assertEqual(said.json, again.json)
        said = await self.mona.send("PATCH", place, {"is_handled": False, "type": "other"})
        self.assertEqual(
            (False, None, "other"), tuple(said.json[name] for name in ("is_handled", "handled_date", "type"))
        )
        self.assertEqual(400, (await self.mona.send("PATCH", place, {"type": "x"})).status)
        self.assertEqual(404, (await self.mona.send("PATCH", f"{MANAGED}{uuid4()}/", {})).status)

    async def test_the_list(self) -> None:
        """Filters, searches by words and by keys, and orders."""
        first = await self.reported(summary="Wrong cover")
        second = await self.reported(
            self.alice, type="other", target={"type": "account", "full_username": "bob@pod.example"}
        )
        await self.mona.send("PATCH", f"{MANAGED}{second['uuid']}/", {"is_handled": True})

        async def found(**query: Any) -> list[str]:
            return [one["uuid"] for one in (await self.mona.get(MANAGED, **query)).json["results"]]

        one, two = first["uuid"], second["uuid"]
        for query, expected in (
            ({}, [two, one]),
            ({"ordering": "creation_date"}, [one, two]),
            ({"ordering": "nonsense"}, [two, one]),
            ({"is_handled": "true"}, [two]),
            ({"type": "invalid_metadata"}, [one]),
            ({"q": "cover"}, [one]),
            ({"q": "resolved:no"}, [one]),
            ({"q": "resolved:yes"}, [two]),
            ({"q": "category:other"}, [two]),
            ({"q": "submitter:bob"}, [one]),
            ({"q": "submitter:alice@pod.example"}, [two]),
            ({"q": "target_owner:bob@pod.example"}, [two]),
            ({"q": "assigned_to:mona"}, [two]),
            ({"q": "domain:pod.example"}, [two]),
            ({"q": f'"target:track:{self.track}"'}, []),
            ({"q": f"target:track:{self.track}"}, [one]),
            ({"q": "target:account:bob@pod.example"}, [two]),
            ({"q": f"uuid:{one}"}, [one]),
            ({"q": "uuid:x"}, []),
            ({"q": "id:x"}, []),
            ({"q": "resolved:perhaps"}, []),
            ({"q": "target:nonsense"}, []),
        ):
            self.assertEqual(expected, await found(**query), query)

    async def test_notes(self) -> None:
        """About reports, requests and accounts; those of a report are told with it; gone when removed."""
        made = await self.reported()
        request = str(
            await self.value(
                "INSERT INTO user_request (submitter_id) VALUES (%s) RETURNING uuid", self.bob.viewer.actor_id
            )
        )
        for target in (
            {"type": "report", "uuid": made["uuid"]},
            {"type": "request", "uuid": request},
            {"type": "account", "full_username": "bob@pod.example"},
        ):
            said = await self.mona.post(NOTES, {"summary": "ask him", "target": target})
            self.assertEqual((201, []), (said.status, differences({**NOTE, "target": an_object}, said.json)))
            self.assertEqual((target, "mona"), (said.json["target"], said.json["author"]["preferred_username"]))
            self.assertEqual(said.json, (await self.mona.get(f"{NOTES}{said.json['uuid']}/")).json)
        self.assertEqual(3, (await self.mona.get(NOTES)).json["count"])
        [note] = (await self.mona.get(f"{MANAGED}{made['uuid']}/")).json["notes"]
        self.assertEqual("ask him", note["summary"])
        self.assertEqual(204, (await self.mona.delete(f"{NOTES}{note['uuid']}/")).status)
        self.assertEqual(404, (await self.mona.delete(f"{NOTES}{note['uuid']}/")).status)
        self.assertEqual([], (await self.mona.get(f"{MANAGED}{made['uuid']}/")).json["notes"])

    async def test_notes_about_nothing(self) -> None:
        """The contract's errors."""
        for body, field in (
            ({"summary": "x", "target": {"type": "report", "uuid": str(uuid4())}}, "target"),
            ({"summary": "x", "target": {"type": "account", "full_username": "x"}}, "target"),
            ({"summary": "x", "target": {"type": "track", "id": 1}}, "target"),
            ({"summary": "x"}, "target"),
            ({"summary": "", "target": {"type": "account", "full_username": "bob@pod.example"}}, "summary"),
        ):
            said = await self.mona.post(NOTES, body)
            self.assertEqual((400, [field]), (said.status, list(said.json)), body)
