"""Follows of libraries, what they open, the inboxes that hear of it, and what pages are told.  docs/api.md §4.16."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.rest.pod import URL, Client, PodCase
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
    one_of,
)
from tests.rest.test_live import LiveCase

FOLLOWS = "federation/follows/library/"
INBOX = "federation/inbox/"
INBOX_ITEM = {
    "id": a_whole,
    "type": one_of("to"),
    "is_read": a_flag,
    "activity": {
        "uuid": a_uuid,
        "fid": maybe(a_url),
        "actor": ACTOR,
        "payload": an_object,
        "type": one_of("Follow", "Accept"),
        "creation_date": a_moment,
        "object": maybe(an_object),
        "target": maybe(an_object),
        "related_object": maybe(an_object),
    },
}
LIBRARY = {
    "fid": a_url,
    "uuid": a_uuid,
    "actor": ACTOR,
    "name": a_text,
    "description": maybe(a_text),
    "creation_date": a_moment,
    "uploads_count": a_whole,
    "privacy_level": one_of("me", "instance", "everyone"),
    "follow": maybe(
        {
            "creation_date": a_moment,
            "uuid": a_uuid,
            "fid": a_url,
            "approved": maybe(a_flag),
            "modification_date": a_moment,
        }
    ),
    "latest_scan": maybe(an_object),
}
LIBRARY_FOLLOW = {
    "creation_date": a_moment,
    "actor": ACTOR,
    "uuid": a_uuid,
    "target": LIBRARY,
    "approved": maybe(a_flag),
}


class FollowCase(PodCase):
    """Alice has a library with an album; Bob would like to hear it."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice, self.bob = await self.person(), await self.person("bob")

    async def library(self, level: str) -> str:
        """The uuid of a library of Alice's with an album in it."""
        id = await self.library_of(self.alice, level)
        self.tracks = await self.an_album_of(id, "Nova", "Tides", 2)
        found = await self.value("SELECT uuid FROM library WHERE id = %s", id)
        return str(found)

    async def playable(self, who: Client) -> int:
        """How many tracks somebody can play."""
        count: int = (await who.get("tracks/", playable="true")).json["count"]
        return count

    async def followed(self, level: str) -> tuple[str, dict[str, Any]]:
        """A library, and Bob's follow of it."""
        library = await self.library(level)
        said = await self.bob.post(FOLLOWS, {"target": library})
        self.assertEqual(201, said.status, said)
        return library, said.json


class FollowTests(FollowCase):
    """Asking, being let in, and leaving."""

    async def test_a_private_library(self) -> None:
        """Waits for its owner; what is in it is seen and heard from that moment on, and no longer when refused."""
        library, made = await self.followed("me")
        self.assertEqual([], differences(LIBRARY_FOLLOW, made))
        self.assertIsNone(made["approved"])
        self.assertEqual((library, "alice"), (made["target"]["uuid"], made["target"]["actor"]["preferred_username"]))
        self.assertEqual("bob", made["actor"]["preferred_username"])
        self.assertEqual(0, await self.playable(self.bob))
        self.assertEqual(204, (await self.alice.post(f"{FOLLOWS}{made['uuid']}/accept/")).status)
        self.assertEqual(2, await self.playable(self.bob))
        self.assertEqual(2, (await self.bob.get("tracks/", scope="subscribed")).json["count"])
        self.assertEqual([library], [one["uuid"] for one in (await self.bob.get("libraries/")).json["results"]])
        self.assertEqual(204, (await self.alice.post(f"{FOLLOWS}{made['uuid']}/reject/")).status)
        self.assertEqual(0, await self.playable(self.bob))
        self.assertEqual(0, (await self.bob.get("tracks/", scope="subscribed")).json["count"])

    async def test_where_nobody_has_to_be_asked(self) -> None:
        """Libraries for everyone and for the pod take followers at once."""
        for level in ("everyone", "instance"):
            _, made = await self.followed(level)
            self.assertIs(True, made["approved"], level)

    async def test_the_uuid_stays(self) -> None:
        """In the answer, the list, the short list, and for the owner."""
        library, made = await self.followed("me")
        short = (await self.bob.get(f"{FOLLOWS}all/")).json
        self.assertEqual({"results": [{"uuid": made["uuid"], "library": library, "approved": None}], "count": 1}, short)
        listed = (await self.bob.get(FOLLOWS, page_size=100, ordering="-creation_date")).json
        self.assertEqual([made], listed["results"])
        self.assertEqual(made, (await self.bob.get(f"{FOLLOWS}{made['uuid']}/")).json)
        asked = (await self.alice.get(f"libraries/{library}/follows/")).json["results"]
        self.assertEqual([made["uuid"]], [one["uuid"] for one in asked])

    async def test_the_list(self) -> None:
        """Filters, orders strictly, leaves out what was refused; the short list tells of that."""
        _, waiting = await self.followed("me")
        _, open_one = await self.followed("everyone")
        _, refused = await self.followed("me")
        await self.alice.post(f"{FOLLOWS}{refused['uuid']}/reject/")

        async def uuids(**query: Any) -> list[str]:
            return [one["uuid"] for one in (await self.bob.get(FOLLOWS, **query)).json["results"]]

        self.assertEqual([open_one["uuid"], waiting["uuid"]], await uuids())
        self.assertEqual([waiting["uuid"], open_one["uuid"]], await uuids(ordering="creation_date"))
        self.assertEqual([open_one["uuid"]], await uuids(approved="true"))
        said = await self.bob.get(FOLLOWS, ordering="name")
        self.assertEqual((400, ["ordering"]), (said.status, list(said.json)))
        short = (await self.bob.get(f"{FOLLOWS}all/")).json["results"]
        self.assertEqual([False, True, None], [one["approved"] for one in short])

    async def test_leaving(self) -> None:
        """Takes everything back; only one's own; then one may ask again."""
        library, made = await self.followed("instance")
        await self.do("UPDATE library SET privacy_level = 'me'")
        await self.changed("libraries")
        self.assertEqual(2, await self.playable(self.bob))
        self.assertEqual(404, (await self.alice.delete(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(204, (await self.bob.delete(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(0, await self.playable(self.bob))
        self.assertEqual(404, (await self.bob.get(f"{FOLLOWS}{made['uuid']}/")).status)
        again = await self.bob.post(FOLLOWS, {"target": library})
        self.assertEqual(201, again.status)
        self.assertNotEqual(made["uuid"], again.json["uuid"])

    async def test_what_cannot_be_followed(self) -> None:
        """One's own, what one follows, what is not there, a channel's, nonsense."""
        library, _ = await self.followed("me")
        hidden = await self.library_of(self.alice, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", hidden)
        channels = str(await self.value("SELECT uuid FROM library WHERE id = %s", hidden))
        for who, body in (
            (self.alice, {"target": library}),
            (self.bob, {"target": library}),
            (self.bob, {"target": str(uuid4())}),
            (self.bob, {"target": channels}),
            (self.bob, {"target": "x"}),
            (self.bob, {"target": None}),
            (self.bob, {"target": [""]}),
            (self.bob, {}),
        ):
            said = await who.post(FOLLOWS, body)
            self.assertEqual((400, ["target"]), (said.status, list(said.json)), body)

    async def test_who_may_answer(self) -> None:
        """The owner alone: the follower, a stranger and a wrong uuid get the same 404."""
        _, made = await self.followed("me")
        carol = await self.person("carol")
        for who, uuid in ((self.bob, made["uuid"]), (carol, made["uuid"]), (self.alice, str(uuid4()))):
            for verb in ("accept", "reject"):
                said = await who.post(f"{FOLLOWS}{uuid}/{verb}/")
                self.assertEqual((404, {}), (said.status, said.json))
        self.assertEqual(0, await self.playable(self.bob))
        self.assertEqual(404, (await carol.get(f"{FOLLOWS}{made['uuid']}/")).status)

    async def test_scopes(self) -> None:
        """Visitors: 401, also on an open pod; programs need read:follows, and write:follows."""
        await self.open_up()
        library = await self.library("everyone")
        self.assertEqual(401, (await self.visitor().get(f"{FOLLOWS}all/")).status)
        reader = await self.program(self.bob, "read:follows")
        self.assertEqual(200, (await reader.get(f"{FOLLOWS}all/")).status)
        self.assertEqual(403, (await reader.post(FOLLOWS, {"target": library})).status)
        writer = await self.program(self.bob, "write:follows")
        self.assertEqual(201, (await writer.post(FOLLOWS, {"target": library})).status)

    async def test_libraries_as_followers_see_them(self) -> None:
        """Those who may look, follow or own; with one's own follow; at home there is nothing to scan."""
        library, made = await self.followed("me")
        carol = await self.person("carol")
        for who, follow in ((self.bob, made["uuid"]), (self.alice, None)):
            seen = (await who.get(f"federation/libraries/{library}/")).json
            self.assertEqual(follow, seen["follow"] and seen["follow"]["uuid"])
            self.assertIsNone(seen["latest_scan"])
        self.assertEqual(404, (await carol.get(f"federation/libraries/{library}/")).status)
        self.assertEqual(404, (await carol.post(f"federation/libraries/{library}/scan/")).status)
        said = await self.bob.post(f"federation/libraries/{library}/scan/")
        self.assertEqual((200, {"status": "skipped"}), (said.status, said.json))


class InboxTests(FollowCase):
    """What reaches whom."""

    async def items(self, who: Client, **query: Any) -> list[Any]:
        """Somebody's inbox."""
        found: list[Any] = (await who.get(INBOX, **query)).json["results"]
        return found

    async def test_owner_and_follower(self) -> None:
        """The owner hears of the wish, the follower of the answer; each with what the page's buttons need."""
        library, made = await self.followed("me")
        [wish] = await self.items(self.alice, is_read="false")
        self.assertEqual([], differences(INBOX_ITEM, wish))
        activity = wish["activity"]
        self.assertEqual(("Follow", "bob"), (activity["type"], activity["actor"]["preferred_username"]))
        self.assertEqual({"type": "music.Library", "uuid": library, "name": "music"}, activity["object"])
        self.assertEqual(
            {"type": "federation.LibraryFollow", "uuid": made["uuid"], "approved": None}, activity["related_object"]
        )
        self.assertEqual(f"{URL}/federation/actors/bob#follows/{made['uuid']}", activity["payload"]["id"])
        self.assertEqual([], await self.items(self.bob))
        await self.alice.post(f"{FOLLOWS}{activity['related_object']['uuid']}/accept/")
        await self.alice.post(f"{FOLLOWS}{activity['related_object']['uuid']}/accept/")
        [answer] = await self.items(self.bob)
        told = answer["activity"]
        self.assertEqual(("Accept", "alice"), (told["type"], told["actor"]["preferred_username"]))
        self.assertEqual((made["uuid"], True), (told["object"]["uuid"], told["object"]["approved"]))
        self.assertEqual(library, told["related_object"]["uuid"])
        self.assertEqual(activity["payload"]["id"], told["payload"]["object"]["id"])
        [wish] = await self.items(self.alice)
        self.assertIs(True, wish["activity"]["related_object"]["approved"])

    async def test_taken_back(self) -> None:
        """A wish that is taken back unanswered leaves the owner's inbox."""
        _, made = await self.followed("me")
        await self.bob.delete(f"{FOLLOWS}{made['uuid']}/")
        self.assertEqual([], await self.items(self.alice))
        _, made = await self.followed("everyone")
        await self.bob.delete(f"{FOLLOWS}{made['uuid']}/")
        [wish] = await self.items(self.alice)
        self.assertIsNone(wish["activity"]["related_object"])

    async def test_reading(self) -> None:
        """One by one, several, all up to one: as the page does it; the count of unread ones is the badge."""
        for _ in range(4):
            await self.followed("me")

        async def unread() -> int:
            count: int = (await self.alice.get(INBOX, is_read="false", page_size=1)).json["count"]
            return count

        ids = [item["id"] for item in await self.items(self.alice)]
        self.assertEqual(sorted(ids, reverse=True), ids)
        said = await self.alice.send("PATCH", f"{INBOX}{ids[0]}/", {"is_read": True})
        self.assertEqual((200, True, ids[0]), (said.status, said.json["is_read"], said.json["id"]))
        self.assertEqual(3, await unread())
        self.assertEqual(ids[:1], [item["id"] for item in await self.items(self.alice, is_read="true")])
        body = {"action": "read", "objects": "all", "filters": {"is_read": False, "before": ids[2]}}
        said = await self.alice.post(f"{INBOX}action/", body)
        self.assertEqual((200, {"updated": 2, "action": "read", "result": None}), (said.status, said.json))
        self.assertEqual(1, await unread())
        said = await self.alice.post(f"{INBOX}action/", {"action": "read", "objects": [ids[1]]})
        self.assertEqual((1, 0), (said.json["updated"], await unread()))
        await self.alice.send("PATCH", f"{INBOX}{ids[0]}/", {"is_read": False})
        self.assertEqual(1, await unread())

    async def test_actions_that_are_none(self) -> None:
        """The contract's errors."""
        for body, *fields in (
            ({"action": "eat", "objects": "all"}, "action"),
            ({}, "action", "objects"),
            ({"action": "read", "objects": []}, "non_field_errors"),
            ({"action": "read", "objects": ["x"]}, "non_field_errors"),
            ({"action": "read", "objects": [99]}, "non_field_errors"),
            ({"action": "read", "objects": "all"}, "non_field_errors"),
            ({"action": "read", "objects": "all", "filters": {"before": "x"}}, "non_field_errors"),
            ({"action": "read", "objects": "all", "filters": []}, "non_field_errors"),
        ):
            said = await self.alice.post(f"{INBOX}action/", body)
            self.assertEqual((400, fields), (said.status, list(said.json)), body)
        self.assertEqual(400, (await self.alice.get(INBOX, before="x")).status)

    async def test_filters(self) -> None:
        """By type and by who did it."""
        await self.followed("everyone")
        self.assertEqual(1, len(await self.items(self.alice, activity__type="Follow")))
        self.assertEqual(0, len(await self.items(self.alice, activity__type="Accept")))
        self.assertEqual(1, len(await self.items(self.alice, activity__actor=str(self.bob.viewer.actor_id))))
        self.assertEqual(0, len(await self.items(self.alice, activity__actor=str(self.alice.viewer.actor_id))))

    async def test_only_ones_own(self) -> None:
        """Somebody else's items are not there."""
        await self.followed("me")
        [wish] = await self.items(self.alice)
        self.assertEqual(404, (await self.bob.get(f"{INBOX}{wish['id']}/")).status)
        self.assertEqual(404, (await self.bob.send("PATCH", f"{INBOX}{wish['id']}/", {"is_read": True})).status)
        self.assertEqual(wish, (await self.alice.get(f"{INBOX}{wish['id']}/")).json)
        self.assertEqual(401, (await self.visitor().get(INBOX)).status)
        said = await self.alice.send("PATCH", f"{INBOX}{wish['id']}/", {})
        self.assertEqual((400, ["is_read"]), (said.status, list(said.json)))


class TellingTests(LiveCase):
    """Pages hear of it at once."""

    async def test_both_sides(self) -> None:
        """The owner's page of the wish, the follower's of the answer: the very items of their inboxes."""
        alice, bob = await self.person(), await self.person("bob")
        id = await self.library_of(alice, "me")
        library = str(await self.value("SELECT uuid FROM library WHERE id = %s", id))
        at_alice, at_bob = await self.page(alice), await self.page(bob)
        made = (await bob.post(FOLLOWS, {"target": library})).json
        told = await at_alice.heard()
        [wish] = (await alice.get(INBOX)).json["results"]
        self.assertEqual({"type": "inbox.item_added", "item": wish}, told)
        await alice.post(f"{FOLLOWS}{made['uuid']}/accept/")
        told = await at_bob.heard()
        [answer] = (await bob.get(INBOX)).json["results"]
        self.assertEqual({"type": "inbox.item_added", "item": answer}, told)
        await self.hears_nothing(at_alice)
