"""Somebody elsewhere wishes to follow something of ours."""

from __future__ import annotations

from typing import Any

from tests.core.fediverse.receiving.case import AT_HOME, ELSEWHERE, ReceivingCase

BOB = f"{ELSEWHERE}/actors/bob"


def wish(target: Any, name: str = "1", **more: Any) -> dict[str, Any]:
    """A Follow."""
    return {"id": f"{BOB}#follows/{name}", "type": "Follow", "object": target, **more}


class FollowTests(ReceivingCase):
    """Follow and Undo."""

    async def test_open_library(self) -> None:
        """Who wishes to follow a library that is open to everybody is let in at once and told so."""
        await self.library_at(self.alice.the_actor, "open")
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/open"))
        self.assertEqual([("accepted", f"{BOB}#follows/1")], self.said.log)
        self.assertIs(True, await self.follow_of(self.bob))

    async def test_closed_library_waits(self) -> None:
        """The owner of any other library is told, and decides."""
        for level in ("me", "instance"):
            await self.library_at(self.alice.the_actor, level, level)
        await self.tells(self.bob, wish({"type": "Library", "id": f"{AT_HOME}/music/libraries/instance"}))
        self.assertEqual([], self.said.log)
        self.assertIsNone(await self.follow_of(self.bob))
        self.assertEqual(
            1, await self.value("SELECT count(*) FROM inbox_item WHERE actor_id = %s", self.alice.actor_id)
        )

    async def test_asked_again(self) -> None:
        """Who asks again is told again; the newest id is the one that counts."""
        await self.library_at(self.alice.the_actor, "open")
        target = f"{AT_HOME}/music/libraries/open"
        await self.tells(self.bob, wish(target), wish(target, "2"))
        self.assertEqual([("accepted", f"{BOB}#follows/1"), ("accepted", f"{BOB}#follows/2")], self.said.log)
        self.assertEqual(f"{BOB}#follows/2", await self.value("SELECT fid FROM follow"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM inbox_item"))

    async def test_waiting_is_not_told_twice(self) -> None:
        """Who asks again while the owner thinks is one wish to the owner."""
        await self.library_at(self.alice.the_actor, "mine", "me")
        target = f"{AT_HOME}/music/libraries/mine"
        await self.tells(self.bob, wish(target), wish(target, "2"))
        self.assertIsNone(await self.follow_of(self.bob))
        self.assertEqual(1, await self.value("SELECT count(*) FROM inbox_item"))

    async def test_person(self) -> None:
        """A public profile is followed at once, any other when its owner agrees."""
        await self.tells(self.bob, wish(f"{AT_HOME}/actors/alice"))
        self.assertIsNone(await self.follow_of(self.bob))
        await self.do("UPDATE account SET privacy_level = 'everyone'")
        await self.tells(self.bob, wish(f"{AT_HOME}/actors/alice", "2"))
        self.assertIs(True, await self.follow_of(self.bob))
        self.assertEqual([("accepted", f"{BOB}#follows/2")], self.said.log)

    async def test_channel(self) -> None:
        """A channel takes every follower; its owner is told."""
        speaker, artist = await self.an_actor("waves"), await self.an_artist("Waves")
        library = await self.library_at(self.alice.the_actor, "behind", is_channel=True)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, library, speaker, self.alice.the_actor,
        )  # fmt: skip
        await self.tells(self.bob, wish(f"{AT_HOME}/actors/waves"))
        self.assertIs(True, await self.follow_of(self.bob))
        self.assertEqual(self.alice.actor_id, await self.value("SELECT actor_id FROM inbox_item"))

    async def test_library_of_a_channel(self) -> None:
        """The library behind a channel is nothing to follow."""
        await self.library_at(self.alice.the_actor, "behind", is_channel=True)
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/behind"))
        self.assertEqual("gone", await self.follow_of(self.bob))

    async def test_nobody_decides(self) -> None:
        """The server's own actor takes no followers, and says so."""
        await self.an_actor("service")
        await self.tells(self.bob, wish(f"{AT_HOME}/actors/service"))
        self.assertEqual([("rejected", f"{BOB}#follows/1")], self.said.log)

    async def test_unknown_or_foreign(self) -> None:
        """What is not here, or not ours, cannot be followed here."""
        await self.library_at(self.bob, "theirs")
        await self.tells(
            self.bob, wish(f"{AT_HOME}/actors/nobody"), wish(f"{ELSEWHERE}/music/libraries/theirs", "2"), wish(7, "3")
        )
        self.assertEqual("gone", await self.follow_of(self.bob))
        self.assertEqual(["done"] * 3, await self.states())

    async def test_blocked(self) -> None:
        """Whom the owner wants nothing of is turned away, also after having been let in."""
        await self.library_at(self.alice.the_actor, "open")
        target = f"{AT_HOME}/music/libraries/open"
        await self.tells(self.bob, wish(target))
        await self.do("INSERT INTO user_block (account_id, target_id) VALUES (%s, %s)", self.alice.account_id, self.bob)
        await self.tells(self.bob, wish(target, "2"))
        self.assertEqual(("rejected", f"{BOB}#follows/2"), self.said.log[-1])
        self.assertIs(False, await self.follow_of(self.bob))

    async def test_rejected_stays_rejected(self) -> None:
        """Who was turned away is turned away again."""
        await self.library_at(self.alice.the_actor, "mine", "me")
        target = f"{AT_HOME}/music/libraries/mine"
        await self.tells(self.bob, wish(target))
        await self.do("UPDATE follow SET approved = false")
        await self.tells(self.bob, wish(target, "2"))
        self.assertEqual([("rejected", f"{BOB}#follows/2")], self.said.log)

    async def test_id_of_another_follow(self) -> None:
        """An id that another follow has is not taken from it."""
        await self.library_at(self.alice.the_actor, "one")
        await self.library_at(self.alice.the_actor, "two")
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/one"))
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/two", again=True))
        self.assertEqual(1, await self.value("SELECT count(*) FROM follow"))

    async def test_silenced(self) -> None:
        """Nobody is told of those whom moderators silenced, unless they follow them."""
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_actor_id, silence_notifications) VALUES (%s, %s, true)",
            self.alice.the_actor, self.bob,
        )  # fmt: skip
        await self.library_at(self.alice.the_actor, "mine", "me")
        await self.library_at(self.alice.the_actor, "other", "me")
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/mine"))
        self.assertEqual(0, await self.value("SELECT count(*) FROM inbox_item"))
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/other", "2"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM inbox_item"))

    async def test_undo(self) -> None:
        """A follow is taken back by what it is of, by its id, or by the id alone; only by who follows."""
        await self.library_at(self.alice.the_actor, "open")
        target = f"{AT_HOME}/music/libraries/open"
        carol = await self.an_actor("carol", "far.example")
        for number, object in enumerate(
            (
                {"type": "Follow", "id": "https://far.example/else", "actor": BOB, "object": target},
                {"type": "Follow", "id": f"{BOB}#follows/1"},
                f"{BOB}#follows/2",
                {"id": f"{BOB}#follows/3"},
            )
        ):
            await self.tells(self.bob, wish(target, str(number)))
            undo = {"type": "Undo", "object": object}
            await self.tells(carol, undo)
            self.assertIs(True, await self.follow_of(self.bob))
            await self.tells(self.bob, undo)
            self.assertEqual("gone", await self.follow_of(self.bob))

    async def test_undone_wish_is_forgotten(self) -> None:
        """A wish that was taken back unanswered leaves the owner's inbox."""
        await self.library_at(self.alice.the_actor, "mine", "me")
        await self.tells(self.bob, wish(f"{AT_HOME}/music/libraries/mine"))
        await self.tells(self.bob, {"type": "Undo", "object": wish(f"{AT_HOME}/music/libraries/mine")})
        self.assertEqual(0, await self.value("SELECT count(*) FROM inbox_item"))
