"""Suggested changes over HTTP: docs/api.md §4.14."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, DeferredQueue, gatherResults

from fwtwisted.core.files.attachments import PRUNE
from fwtwisted.core.music.edits import APPLY, LANE
from fwtwisted.db import jobs
from fwtwisted.db.jobs import Job
from tests.audio import image
from tests.rest.pod import API, Client, PodCase

reactor: Any = the_reactor


class EditsCase(PodCase):
    """Alice owns a track; bob does not; carol looks after all music."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.bob = await self.person("bob")
        self.carol = await self.person("carol", permissions=["library"])
        owner = {"attributed_to_id": self.alice.viewer.actor_id}
        self.artist = await self.an_artist("Nova", **owner)
        self.album = await self.an_album("Tides", self.artist, **owner, release_date="2021-03-04")
        self.track = await self.a_track("Low", self.artist, self.album, **owner, position=1, copyright="(c) Nova")
        await self.changed()

    async def suggested(self, who: Client, payload: Any, place: str = "", **more: Any) -> Any:
        """A suggestion's document."""
        path = f"{place or f'tracks/{self.track}'}/mutations/"
        said = await who.post(path, {"type": "update", "payload": payload, **more})
        self.assertEqual(201, said.status, said)
        return said.json

    async def refused(self, who: Client, document: Any, place: str = "", status: int = 400) -> Any:
        """What is said to a suggestion that is not taken."""
        said = await who.post(f"{place or f'tracks/{self.track}'}/mutations/", document)
        self.assertEqual(status, said.status, said)
        return said.json

    async def approved(self, who: Client, mutation: Any) -> None:
        said = await who.post(f"mutations/{mutation['uuid']}/approve/")
        self.assertEqual((200, {}), (said.status, said.json))

    async def work(self) -> int:
        """Do what waits for the hands; how many jobs."""
        found = await self.run_in(jobs.claim, LANE, [APPLY], 10, 60.0)
        for job in found:
            await self.parts.jobs()[APPLY].run(job)
            await self.run_in(jobs.done, job)
        return len(found)

    async def applied(self, who: Client, payload: Any, place: str = "") -> Any:
        """Suggest, approve, apply; the suggestion as it is then."""
        made = await self.suggested(who, payload, place, is_approved=True)
        self.assertEqual(1, await self.work())
        return (await who.get(f"mutations/{made['uuid']}/")).json

    async def the_track(self) -> Any:
        return (await self.alice.get(f"tracks/{self.track}/")).json

    async def a_picture(self, who: Client, hue: int = 40) -> str:
        """An attachment's uuid."""
        said = await who.parts("attachments/", ("file", "cover.png", image(80, 80, hue, 90, 160)))
        self.assertEqual(201, said.status, said)
        uuid: str = said.json["uuid"]
        return uuid


class SuggestingTests(EditsCase):
    """Who may suggest what."""

    async def test_a_suggestion(self) -> None:
        """Anybody with an account suggests; nothing changes, and the document has every field of the contract."""
        made = await self.suggested(self.bob, {"title": " High ", "other": 1}, summary="a typo")
        self.assertRegex(made.pop("creation_date"), "Z$")
        uuid = made.pop("uuid")
        self.assertEqual("bob@pod.example", made.pop("created_by")["full_username"])
        self.assertEqual(
            {
                "fid": f"https://pod.example/federation/edits/{uuid}",
                "type": "update",
                "applied_date": None,
                "is_approved": None,
                "is_applied": None,
                "approved_by": None,
                "summary": "a typo",
                "payload": {"title": "High"},
                "previous_state": None,
                "target": {"type": "track", "id": self.track, "repr": "Low"},
            },
            made,
        )
        self.assertEqual(0, await self.work())
        self.assertEqual("Low", (await self.the_track())["title"])

    async def test_fields_are_checked(self) -> None:
        """Each field has its rule, and says at its name what is wrong."""
        for kind, field, value in (
            ("tracks", "title", ""),
            ("tracks", "title", None),
            ("tracks", "title", "x" * 501),
            ("tracks", "position", 0),
            ("tracks", "position", "x"),
            ("tracks", "license", "mine"),
            ("tracks", "license", 7),
            ("tracks", "copyright", "x" * 501),
            ("tracks", "tags", "Rock"),
            ("tracks", "tags", [f"t{number}" for number in range(31)]),
            ("tracks", "description", "text"),
            ("tracks", "cover", "nonsense"),
            ("tracks", "cover", str(uuid4())),
            ("albums", "release_date", "2021"),
            ("albums", "release_date", "2021-02-30"),
            ("albums", "title", {}),
            ("artists", "name", " "),
        ):
            place = f"{kind}/{ {'tracks': self.track, 'albums': self.album, 'artists': self.artist}[kind] }"
            told = await self.refused(self.bob, {"type": "update", "payload": {field: value}}, place)
            self.assertEqual([field], list(told), (field, value))
        told = await self.refused(self.bob, {"type": "update", "payload": {"tags": ["Rock", "a b", 7]}})
        self.assertEqual({"tags": {"1", "2"}}, {name: set(items) for name, items in told.items()})
        told = await self.refused(
            self.bob, {"type": "update", "payload": {"description": {"text": "x" * 5001, "content_type": "x"}}}
        )
        self.assertEqual({"text", "content_type"}, set(told["description"]))

    async def test_what_is_no_suggestion(self) -> None:
        """Without a payload, a field that the kind has, or the one type there is."""
        self.assertIn("type", await self.refused(self.bob, {"payload": {"title": "x"}}))
        self.assertIn("type", await self.refused(self.bob, {"type": "delete", "payload": {"title": "x"}}))
        self.assertIn("payload", await self.refused(self.bob, {"type": "update"}))
        self.assertIn("payload", await self.refused(self.bob, {"type": "update", "payload": ["title"]}))
        for payload in ({}, {"name": "x"}, {"mbid": str(uuid4())}):
            told = await self.refused(self.bob, {"type": "update", "payload": payload})
            self.assertEqual({"non_field_errors"}, set(told), payload)

    async def test_who_may_approve_at_once(self) -> None:
        """Its owner and those who look after music; nobody else, and not of another pod's music."""
        wish = {"type": "update", "payload": {"title": "High"}, "is_approved": True}
        await self.refused(self.bob, wish, status=403)
        for who in (self.alice, self.carol):
            made = await self.suggested(who, {"title": "High"}, is_approved=True)
            self.assertEqual((True, who.viewer.actor_id), (made["is_approved"], made["approved_by"]))
        foreign = await self.a_track("Far", self.artist, fid="https://far.example/tracks/1")
        await self.refused(self.carol, wish, f"tracks/{foreign}", 403)
        await self.refused(self.carol, wish, "tracks/999999", 404)
        self.assertEqual(404, (await self.carol.get("tracks/999999/mutations/")).status)

    async def test_rights_come_first(self) -> None:
        """Visitors read on an open pod and never write; programs need the scope."""
        path = f"tracks/{self.track}/mutations/"
        visitor = self.visitor()
        self.assertEqual(401, (await visitor.get(path)).status)
        await self.open_up()
        self.assertEqual(200, (await visitor.get(path)).status)
        self.assertEqual(401, (await visitor.post(path, {"type": "update", "payload": {"title": "x"}})).status)
        self.assertEqual(401, (await visitor.get("mutations/")).status)
        made = await self.suggested(self.bob, {"title": "High"})
        reader = await self.program(self.bob, "read")
        self.assertEqual(200, (await reader.get("mutations/")).status)
        for method, place in (
            ("POST", path),
            ("POST", f"mutations/{made['uuid']}/approve/"),
            ("POST", f"mutations/{made['uuid']}/reject/"),
            ("DELETE", f"mutations/{made['uuid']}/"),
        ):
            self.assertEqual(403, (await reader.send(method, place, {})).status, place)


class DecidingTests(EditsCase):
    """Yes, no, and second thoughts."""

    _messages: DeferredQueue[Any]

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self._messages = DeferredQueue()

    def rung(self, body: bytes) -> None:
        """The bell brings a message for everybody."""
        self._messages.put(orjson.loads(body)["message"])

    def heard(self) -> Deferred[Any]:
        """The next message."""
        return self._messages.get().addTimeout(10, reactor)

    async def test_an_approval(self) -> None:
        """Only who may approves; the change follows, what was there before is kept; then nothing can be decided."""
        made = await self.suggested(self.bob, {"title": "High"})
        path = f"mutations/{made['uuid']}/"
        self.assertEqual(403, (await self.bob.post(f"{path}approve/")).status)
        await self.approved(self.alice, made)
        self.assertEqual(1, await self.work())
        self.assertEqual("High", (await self.the_track())["title"])
        told = (await self.bob.get(path)).json
        self.assertEqual(
            (True, True, {"title": {"value": "Low"}}), (told["is_approved"], told["is_applied"], told["previous_state"])
        )
        self.assertRegex(told["applied_date"], "Z$")
        for verb in ("approve", "reject"):
            said = await self.alice.post(f"{path}{verb}/")
            self.assertEqual((403, ["error"]), (said.status, list(said.json)))
        said = await self.alice.delete(path)
        self.assertEqual((403, ["detail"]), (said.status, list(said.json)))

    async def test_a_rejection(self) -> None:
        """A no changes nothing and can still become a yes; a yes that is taken back in time is not applied."""
        made = await self.suggested(self.bob, {"title": "High"})
        path = f"mutations/{made['uuid']}"
        self.assertEqual(403, (await self.bob.post(f"{path}/reject/")).status)
        said = await self.carol.post(f"{path}/reject/")
        self.assertEqual((200, {}), (said.status, said.json))
        told = (await self.bob.get(path)).json
        self.assertEqual((False, self.carol.viewer.actor_id), (told["is_approved"], told["approved_by"]))
        await self.approved(self.carol, made)
        await self.carol.post(f"{path}/reject/")
        self.assertEqual(1, await self.work())
        self.assertEqual("Low", (await self.the_track())["title"])
        await self.approved(self.carol, made)
        self.assertEqual(1, await self.work())
        self.assertEqual("High", (await self.the_track())["title"])

    async def test_withdrawing(self) -> None:
        """By the author, or by who decides; nobody else."""
        for who, status in ((self.alice, 204), (self.bob, 204), (await self.person("dora"), 403)):
            made = await self.suggested(self.bob, {"title": "High"})
            self.assertEqual(status, (await who.delete(f"mutations/{made['uuid']}/")).status)
        self.assertEqual(404, (await self.bob.delete(f"mutations/{uuid4()}/")).status)
        self.assertEqual(404, (await self.alice.post(f"mutations/{uuid4()}/approve/")).status)
        self.assertEqual(404, (await self.alice.get(f"mutations/{uuid4()}/")).status)

    async def test_everybody_is_told(self) -> None:
        """A suggestion and each decision go to all who are connected, with how many still wait."""
        self.addCleanup(self.ground.bell.listen("live", self.rung))
        made = await self.suggested(self.bob, {"title": "High"})
        created = await self.heard()
        await self.suggested(self.bob, {"title": "Higher"})
        again = await self.heard()
        await self.approved(self.alice, made)
        updated = await self.heard()
        self.assertEqual(
            [("mutation.created", 1), ("mutation.created", 2), ("mutation.updated", 1)],
            [(message["type"], message["pending_review_count"]) for message in (created, again, updated)],
        )
        self.assertEqual((None, True), (updated["old_is_approved"], updated["new_is_approved"]))
        self.assertEqual(made, created["mutation"])


class ApplyingTests(EditsCase):
    """What a yes does."""

    async def test_every_field_of_a_track(self) -> None:
        """All at once, each kept as it was before; null empties what may be empty."""
        await self.tag("track", self.track, "Rock")
        cover = await self.a_picture(self.alice)
        payload = {
            "title": "High",
            "position": 4,
            "license": "cc0-1.0",
            "copyright": "nobody",
            "tags": ["Dub", "#dub", "été"],
            "description": {"text": "*so*", "content_type": "text/markdown"},
            "cover": cover,
        }
        told = await self.applied(self.alice, payload)
        self.assertEqual(payload | {"tags": ["Dub", "été"]}, told["payload"])
        self.assertEqual(
            {
                "title": {"value": "Low"},
                "position": {"value": 1},
                "license": {"value": None},
                "copyright": {"value": "(c) Nova"},
                "tags": ["Rock"],
                "description": None,
                "cover": {"value": None},
            },
            told["previous_state"],
        )
        track = await self.the_track()
        self.assertEqual(
            ("High", 4, "cc0-1.0", "nobody", ["Dub", "été"], cover),
            (*(track[name] for name in ("title", "position", "license", "copyright", "tags")), track["cover"]["uuid"]),
        )
        self.assertIn("<em>so</em>", track["description"]["html"])
        emptied = dict.fromkeys(("position", "license", "copyright", "description", "cover"))
        told = await self.applied(self.alice, emptied | {"tags": []})
        self.assertEqual({"value": cover}, told["previous_state"]["cover"])
        self.assertEqual("*so*", told["previous_state"]["description"]["text"])
        track = await self.the_track()
        self.assertEqual({**emptied, "tags": []}, {name: track[name] for name in (*emptied, "tags")})

    async def test_albums_and_artists(self) -> None:
        """Their own fields; lists and searches know the new names at once."""
        told = await self.applied(self.alice, {"title": "Waves", "release_date": "1999-12-31"}, f"albums/{self.album}")
        self.assertEqual({"title": {"value": "Tides"}, "release_date": {"value": "2021-03-04"}}, told["previous_state"])
        album = (await self.alice.get(f"albums/{self.album}/")).json
        self.assertEqual(("Waves", "1999-12-31"), (album["title"], album["release_date"]))
        self.assertEqual(0, (await self.alice.get("artists/?q=vega")).json["count"])
        await self.applied(self.alice, {"name": "Vega", "tags": ["Jazz"]}, f"artists/{self.artist}")
        found = (await self.alice.get("artists/?q=vega")).json["results"]
        self.assertEqual([("Vega", ["Jazz"])], [(one["name"], one["tags"]) for one in found])
        self.assertEqual("Vega", (await self.the_track())["artist"]["name"])

    async def test_twice_is_once(self) -> None:
        """A job that runs again, also at the same time, changes nothing more; one without its suggestion ends well."""
        made = await self.suggested(self.alice, {"title": "High"}, is_approved=True)
        run = self.parts.jobs()[APPLY].run
        [job] = await self.run_in(jobs.claim, LANE, [APPLY], 10, 60.0)
        await run(job)
        await self.do("UPDATE track SET title = 'Other' WHERE id = %s", self.track)
        await run(job)
        self.assertEqual("Other", await self.value("SELECT title FROM track WHERE id = %s", self.track))
        await self.do("DELETE FROM track WHERE id = %s", self.track)
        await run(job)
        self.assertEqual(404, (await self.alice.get(f"mutations/{made['uuid']}/")).status)

    async def test_two_edits_of_one_field(self) -> None:
        """Applied in their order, whichever job comes first; each tells truly what was there before it."""
        first = await self.suggested(self.alice, {"title": "First"}, is_approved=True)
        second = await self.suggested(self.alice, {"title": "Second", "position": 2}, is_approved=True)
        run = self.parts.jobs()[APPLY].run
        both = await self.run_in(jobs.claim, LANE, [APPLY], 10, 60.0)
        by_key: dict[str | None, Job] = {job.key: job for job in both}
        await run(by_key[second["uuid"]])
        await run(by_key[first["uuid"]])
        self.assertEqual("Second", (await self.the_track())["title"])
        states = [(await self.bob.get(f"mutations/{one['uuid']}/")).json["previous_state"] for one in (second, first)]
        self.assertEqual([{"title": {"value": "First"}, "position": {"value": 1}}, {"title": {"value": "Low"}}], states)

    async def test_edits_at_the_same_moment(self) -> None:
        """However they race, the chain of previous states leads from the first title to the last."""
        titles = [f"Title {number}" for number in range(6)]
        made = [await self.suggested(self.alice, {"title": title}, is_approved=True) for title in titles]
        run = self.parts.jobs()[APPLY].run
        found = await self.run_in(jobs.claim, LANE, [APPLY], 10, 60.0)
        await gatherResults([Deferred.fromCoroutine(run(job)) for job in found])
        told = [(await self.bob.get(f"mutations/{one['uuid']}/")).json for one in made]
        after = {one["previous_state"]["title"]["value"]: one["payload"]["title"] for one in told}
        title, steps = "Low", 0
        while title in after:
            title, steps = after[title], steps + 1
        self.assertEqual((6, title), (steps, (await self.the_track())["title"]))

    async def test_a_cover_can_be_taken_back(self) -> None:
        """The old picture outlives the edit that replaced it, and may be suggested again by whoever may suggest."""
        old, new = await self.a_picture(self.alice), await self.a_picture(self.carol, 200)
        await self.applied(self.alice, {"cover": old})
        await self.applied(self.carol, {"cover": new})
        loose = await self.a_picture(self.bob, 90)
        wanted = await self.a_picture(self.bob, 120)
        await self.suggested(self.bob, {"cover": wanted}, f"albums/{self.album}")
        await self.do("UPDATE attachment SET creation_date = now() - interval '9 days'")
        await self.parts.jobs()[PRUNE].run(Job(1, PRUNE, None, {}, 1, 0, 1, None))  # type: ignore[arg-type]
        left = {uuid: (await self.alice.get(f"attachments/{uuid}/")).status for uuid in (old, new, wanted, loose)}
        self.assertEqual({old: 200, new: 200, wanted: 200, loose: 404}, left)
        told = await self.refused(self.bob, {"type": "update", "payload": {"cover": old}}, f"albums/{self.album}")
        self.assertEqual(["cover"], list(told))
        back = await self.suggested(self.bob, {"cover": old})
        await self.approved(self.alice, back)
        await self.work()
        self.assertEqual(old, (await self.the_track())["cover"]["uuid"])

    async def test_a_cover_that_is_gone(self) -> None:
        """The rest is applied, the cover stays, and the previous state speaks of what was changed alone."""
        cover = await self.a_picture(self.bob)
        made = await self.suggested(self.bob, {"cover": cover, "title": "High"})
        self.assertEqual(204, (await self.bob.delete(f"attachments/{cover}/")).status)
        await self.approved(self.alice, made)
        await self.work()
        told = (await self.bob.get(f"mutations/{made['uuid']}/")).json
        self.assertEqual(({"title": {"value": "Low"}}, True), (told["previous_state"], told["is_applied"]))
        self.assertEqual(("High", None), ((await self.the_track())["title"], (await self.the_track())["cover"]))


class ListTests(EditsCase):
    """Finding suggestions."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.waiting = await self.suggested(self.bob, {"title": "High"}, summary="A wrong word")
        self.rejected = await self.suggested(self.bob, {"title": "Deep"})
        await self.alice.post(f"mutations/{self.rejected['uuid']}/reject/")
        self.done = await self.applied(self.alice, {"name": "Vega"}, f"artists/{self.artist}")
        self.names = {self.waiting["uuid"]: "waiting", self.rejected["uuid"]: "rejected", self.done["uuid"]: "done"}

    async def found(self, path: str = "mutations/", **query: Any) -> list[str]:
        said = await self.bob.get(path, **query)
        self.assertEqual(200, said.status, said)
        self.assertEqual(len(said.json["results"]), said.json["count"])
        return [self.names[one["uuid"]] for one in said.json["results"]]

    async def test_filters(self) -> None:
        """Decided or not, applied or not, of a type; nonsense is no filter."""
        for query, names in (
            ({}, ["done", "rejected", "waiting"]),
            ({"ordering": "creation_date"}, ["waiting", "rejected", "done"]),
            ({"ordering": "-creation_date"}, ["done", "rejected", "waiting"]),
            ({"ordering": "nonsense"}, ["done", "rejected", "waiting"]),
            ({"is_approved": "null"}, ["waiting"]),
            ({"is_approved": "true"}, ["done"]),
            ({"is_approved": ["true", "false"]}, ["rejected"]),
            ({"is_approved": "perhaps"}, ["done", "rejected", "waiting"]),
            ({"is_applied": "true"}, ["done"]),
            ({"is_applied": "false"}, ["rejected", "waiting"]),
            ({"type": "update"}, ["done", "rejected", "waiting"]),
            ({"type": "delete"}, []),
        ):
            self.assertEqual(names, await self.found(**query), query)

    async def test_search(self) -> None:
        """The token query, as the contract has it."""
        for q, names in (
            ("wrong", ["waiting"]),
            ('"wrong word"', ["waiting"]),
            ("summary:WRONG", ["waiting"]),
            ("wrong in:type", []),
            ("target:track", ["rejected", "waiting"]),
            ("target:artist", ["done"]),
            (f'"target:track {self.track}"', ["rejected", "waiting"]),
            (f'target:"track {self.track}"', ["rejected", "waiting"]),
            (f'target:"track {self.track + 1}"', []),
            ("target:nonsense", []),
            ("is_approved:null", ["waiting"]),
            ("is_approved:yes", ["done"]),
            ("is_approved:perhaps", []),
            ("is_applied:true", ["done"]),
            ("is_applied:false target:track", ["rejected", "waiting"]),
            ("domain:POD.example", ["done", "rejected", "waiting"]),
            ("domain:far.example", []),
            ("nobody:knows", ["done", "rejected", "waiting"]),
            ("is:new", ["done", "rejected", "waiting"]),
            (self.done["uuid"], ["done"]),
        ):
            self.assertEqual(names, await self.found(q=q), q)

    async def test_of_an_object(self) -> None:
        """Those of one object alone, with the same filters, in pages."""
        place = f"tracks/{self.track}/mutations/"
        self.assertEqual(["rejected", "waiting"], await self.found(place))
        self.assertEqual(["waiting"], await self.found(place, is_approved="null", page_size=5))
        self.assertEqual([], await self.found(f"albums/{self.album}/mutations"))
        said = await self.bob.get(place, page_size=1)
        self.assertEqual(f"{API}tracks/{self.track}/mutations/?page=2&page_size=1", said.json["next"])
