"""Follows of people: asking, being let in, leaving, and whose favourites one sees by it.  docs/api.md §4.16."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.rest.pod import URL, Client, PodCase
from tests.rest.shapes import ACTOR, a_flag, a_moment, a_uuid, differences, maybe

FOLLOWS = "federation/follows/user/"
INBOX = "federation/inbox/"
FOLLOW = {"creation_date": a_moment, "actor": ACTOR, "uuid": a_uuid, "target": ACTOR, "approved": maybe(a_flag)}
ALICE = f"{URL}/federation/actors/alice"


class PersonFollowCase(PodCase):
    """Bob would like to know what Alice hears."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice, self.bob = await self.person(), await self.person("bob")

    async def shows(self, level: str) -> None:
        """Let Alice show what she does to these."""
        self.assertEqual(200, (await self.alice.send("PATCH", "users/alice/", {"privacy_level": level})).status)

    async def followed(self, target: str = ALICE, who: Client | None = None) -> dict[str, Any]:
        """Bob's follow of somebody."""
        said = await (who or self.bob).post(FOLLOWS, {"target": target})
        self.assertEqual(201, said.status, said)
        found: dict[str, Any] = said.json
        return found


class PersonFollowTests(PersonFollowCase):
    """From the wish to its end."""

    async def test_those_who_show_all(self) -> None:
        """Who shows everything to everybody, or to this pod, is followed at once; named by id or by handle."""
        for level, target in (
            ("everyone", ALICE),
            ("instance", "@Alice@pod.example"),
            ("instance", "alice@pod.example"),
        ):
            await self.shows(level)
            made = await self.followed(target)
            self.assertEqual([], differences(FOLLOW, made))
            self.assertEqual((True, "alice", "bob"), (
                made["approved"], made["target"]["preferred_username"], made["actor"]["preferred_username"],
            ))  # fmt: skip
            self.assertEqual(204, (await self.bob.delete(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(0, (await self.bob.get(FOLLOWS)).json["count"])

    async def test_those_who_decide(self) -> None:
        """A wish waits in the inbox, as a follow of a person; the answer reaches who asked, and is told once."""
        await self.shows("me")
        made = await self.followed()
        self.assertIsNone(made["approved"])
        [item] = (await self.alice.get(INBOX)).json["results"]
        self.assertEqual(
            {"type": "federation.UserFollow", "uuid": made["uuid"], "approved": None},
            item["activity"]["related_object"],
        )
        self.assertEqual({"type": "federation.Actor", "full_username": "alice@pod.example"}, item["activity"]["object"])
        [waiting] = (await self.alice.get(f"{FOLLOWS}received/", approved="false")).json["results"] or [None]
        self.assertIsNone(waiting)
        [wish] = (await self.alice.get(f"{FOLLOWS}received/")).json["results"]
        self.assertEqual(made["uuid"], wish["uuid"])
        for _ in "12":
            self.assertEqual(204, (await self.alice.post(f"{FOLLOWS}{made['uuid']}/accept/")).status)
        [told] = (await self.bob.get(INBOX)).json["results"]
        self.assertEqual(
            ("Accept", "federation.UserFollow", True, "federation.Actor"),
            (
                told["activity"]["type"],
                told["activity"]["object"]["type"],
                told["activity"]["object"]["approved"],
                told["activity"]["related_object"]["type"],
            ),
        )
        everything = (await self.bob.get(f"{FOLLOWS}all/")).json
        self.assertEqual(
            {"results": [{"uuid": made["uuid"], "actor": ALICE, "approved": True}], "count": 1}, everything
        )
        self.assertEqual(204, (await self.alice.post(f"{FOLLOWS}{made['uuid']}/reject/")).status)
        self.assertEqual((0, 1), (
            (await self.bob.get(FOLLOWS)).json["count"], (await self.bob.get(f"{FOLLOWS}all/")).json["count"],
        ))  # fmt: skip

    async def test_wishes_taken_back(self) -> None:
        """Who asks no longer leaves nothing in the inbox."""
        await self.shows("me")
        made = await self.followed()
        self.assertEqual(204, (await self.bob.delete(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(0, (await self.alice.get(INBOX)).json["count"])
        self.assertEqual(404, (await self.bob.delete(f"{FOLLOWS}{made['uuid']}/")).status)

    async def test_nobody_to_follow(self) -> None:
        """Oneself, strangers, channels, the pod itself, what is no name, and who is followed already."""
        await self.alice.post("channels/", {
            "username": "nova", "name": "Nova", "description": None, "tags": [], "content_category": "music",
            "metadata": {},
        })  # fmt: skip
        await self.followed()
        for target in (
            f"{URL}/federation/actors/bob", "bob@pod.example", "eve@pod.example", "eve@far.example",
            "nova@pod.example", "service@pod.example", "alice", "@", "https://", "", None, 7, "x" * 501, "a\u202eb@c",
            ALICE,
        ):  # fmt: skip
            said = await self.bob.post(FOLLOWS, {"target": target})
            self.assertEqual((400, ["target"]), (said.status, list(said.json)), target)
        self.assertEqual(400, (await self.bob.post(FOLLOWS, {})).status)

    async def test_others(self) -> None:
        """Nobody else sees a follow, takes it back, or answers it; libraries' follows are another matter."""
        await self.shows("me")
        made, carol = await self.followed(), await self.person("carol")
        for path in ("accept/", "reject/"):
            for who in (carol, self.bob):
                self.assertEqual(404, (await who.post(f"{FOLLOWS}{made['uuid']}/{path}")).status)
        self.assertEqual(404, (await carol.get(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(404, (await carol.delete(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(200, (await self.alice.get(f"{FOLLOWS}{made['uuid']}/")).status)
        self.assertEqual(404, (await self.bob.delete(f"federation/follows/library/{made['uuid']}/")).status)
        self.assertEqual(404, (await self.bob.get(f"{FOLLOWS}{uuid4()}/")).status)

    async def test_channels_are_no_people(self) -> None:
        """A subscription is not among the people whom one follows, nor can it be ended here."""
        await self.alice.post("channels/", {
            "username": "nova", "name": "Nova", "description": None, "tags": [], "content_category": "music",
            "metadata": {},
        })  # fmt: skip
        subscribed = (await self.bob.post("channels/nova/subscribe/")).json["uuid"]
        self.assertEqual(0, (await self.bob.get(FOLLOWS)).json["count"])
        self.assertEqual(0, (await self.bob.get(f"{FOLLOWS}all/")).json["count"])
        self.assertEqual(404, (await self.bob.delete(f"{FOLLOWS}{subscribed}/")).status)


class SeenDeedsTests(PersonFollowCase):
    """Whose favourites and listenings somebody sees."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.track = await self.a_track("Tides", await self.an_artist("Nova"))

    async def seen(self, who: Client, place: str = "favorites/tracks/") -> list[str]:
        """Whose favourites somebody sees."""
        return [one["user"]["username"] for one in (await who.get(place)).json["results"]]

    async def test_people_here(self) -> None:
        """Who shows what they do to followers is seen by those who were let in, and by nobody else."""
        await self.shows("followers")
        carol = await self.person("carol")
        await self.alice.post("favorites/tracks/", {"track": self.track})
        await self.alice.post("history/listenings/", {"track": self.track})
        made = await self.followed()
        self.assertEqual([], await self.seen(self.bob))
        await self.alice.post(f"{FOLLOWS}{made['uuid']}/accept/")
        for place in ("favorites/tracks/", "history/listenings/"):
            self.assertEqual((["alice"], []), (await self.seen(self.bob, place), await self.seen(carol, place)))
        self.assertEqual(2, len((await self.bob.get("activity/")).json["results"]))
        self.assertEqual(0, len((await carol.get("activity/")).json["results"]))
        await self.alice.post(f"{FOLLOWS}{made['uuid']}/reject/")
        self.assertEqual([], await self.seen(self.bob))

    async def test_people_elsewhere(self) -> None:
        """Seen by who follows them, by everybody if they say so and are not silenced; of whom is blocked, by nobody."""
        eve = await self.an_actor("eve", "far.example")
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", eve, self.track)
        self.assertEqual([], await self.seen(self.bob))
        await self.do("UPDATE actor SET deeds_shown = 'followers' WHERE id = %s", eve)
        self.assertEqual([], await self.seen(self.bob))
        await self.do(
            "INSERT INTO follow (fid, actor_id, target_actor_id, approved) VALUES ('x', %s, %s, true)",
            self.bob.viewer.actor_id, eve,
        )  # fmt: skip
        self.assertEqual((["eve@far.example"], []), (await self.seen(self.bob), await self.seen(self.alice)))
        await self.do("UPDATE actor SET deeds_shown = 'everyone' WHERE id = %s", eve)
        self.assertEqual(["eve@far.example"], await self.seen(self.alice))
        self.assertEqual(1, len((await self.alice.get("activity/")).json["results"]))
        await self.do("UPDATE domain SET silenced = true WHERE name = 'far.example'")
        self.assertEqual((["eve@far.example"], []), (await self.seen(self.bob), await self.seen(self.alice)))
        await self.do("UPDATE domain SET silenced = false, blocked = true WHERE name = 'far.example'")
        for level in ("everyone", "followers"):
            await self.do("UPDATE actor SET deeds_shown = %s WHERE id = %s", level, eve)
            self.assertEqual([], await self.seen(self.bob))
