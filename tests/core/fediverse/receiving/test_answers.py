"""Somebody elsewhere lets one of ours follow, or not."""

from __future__ import annotations

from typing import Any

from tests.core.fediverse.receiving.case import AT_HOME, ELSEWHERE, ReceivingCase

ALICE = f"{AT_HOME}/actors/alice"
LIBRARY = f"{ELSEWHERE}/music/libraries/theirs"
# As Funkwhale 1.x writes it: ids of its own making, which begin like our follower's.
FUNKWHALE = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", {}],
    "id": f"{ALICE}#follows/0ec3a0c0-4f53-4b3c-8d7b-4e2e6f2f3c5d/accept",
    "type": "Accept",
    "to": [ALICE],
    "object": {
        "id": f"{ALICE}#follows/0ec3a0c0-4f53-4b3c-8d7b-4e2e6f2f3c5d",
        "type": "Follow",
        "actor": ALICE,
        "object": LIBRARY,
    },
}


class AnswerTests(ReceivingCase):
    """Accept and Reject."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.theirs = await self.library_at(self.bob, "theirs", "me")
        await self.a_wish()

    async def a_wish(self, **target: Any) -> None:
        """Alice wishes to follow something of bob's."""
        await self.do(
            "INSERT INTO follow (fid, actor_id, target_library_id, target_actor_id) VALUES (%s, %s, %s, %s)",
            f"{ALICE}#follows/{len(target)}", self.alice.actor_id, None if target else self.theirs, target.get("actor"),
        )  # fmt: skip

    async def standing(self) -> Any:
        """What became of the wish."""
        return await self.follow_of(self.alice.the_actor)

    async def test_funkwhale(self) -> None:
        """Funkwhale's answer lets her in, has what she follows read, and tells her; a second one does nothing."""
        await self.tells(self.bob, FUNKWHALE, FUNKWHALE | {"again": True})
        self.assertIs(True, await self.standing())
        self.assertEqual([("let in", f"{ALICE}#follows/0")], self.said.log)
        self.assertEqual(1, await self.value("SELECT count(*) FROM inbox_item"))
        self.assertEqual(0, await self.value("SELECT count(*) FROM received WHERE fid IS NOT NULL"))

    async def test_by_id(self) -> None:
        """An answer that names the wish by its id counts as well."""
        await self.tells(self.bob, {"id": f"{ELSEWHERE}/a/1", "type": "Accept", "object": f"{ALICE}#follows/0"})
        self.assertIs(True, await self.standing())

    async def test_embedded_id(self) -> None:
        """So does one that tells no more of it than that."""
        object = {"type": "Follow", "id": f"{ALICE}#follows/0"}
        await self.tells(self.bob, {"id": f"{ELSEWHERE}/a/1", "type": "Accept", "object": object})
        self.assertIs(True, await self.standing())

    async def test_not_theirs_to_answer(self) -> None:
        """Nobody else answers, not even of the same server."""
        carol = await self.an_actor("carol", "far.example")
        await self.tells(carol, FUNKWHALE, {"type": "Accept", "object": f"{ALICE}#follows/0"})
        self.assertIsNone(await self.standing())

    async def test_nobody_asked(self) -> None:
        """An answer to a wish that nobody had has no effect."""
        await self.do("DELETE FROM follow")
        await self.tells(self.bob, FUNKWHALE)
        self.assertEqual("gone", await self.standing())

    async def test_reject(self) -> None:
        """A refusal takes away what was granted and leaves the wish for her to see; it can be granted again."""
        refusal = FUNKWHALE | {"id": str(FUNKWHALE["id"]).replace("/accept", "/reject"), "type": "Reject"}
        await self.tells(self.bob, FUNKWHALE, refusal)
        self.assertIs(False, await self.standing())
        await self.tells(self.bob, FUNKWHALE)
        self.assertIs(True, await self.standing())
        await self.tells(self.bob, refusal, FUNKWHALE, refusal)
        self.assertIs(False, await self.standing())

    async def test_a_second_wish(self) -> None:
        """Funkwhale answers a wish that was taken back, unheard, and made again by the words of its first answer."""
        await self.tells(self.bob, FUNKWHALE)
        await self.do("UPDATE follow SET approved = NULL")
        await self.tells(self.bob, FUNKWHALE)
        self.assertIs(True, await self.standing())

    async def test_actor(self) -> None:
        """A follow of an actor is answered by that actor."""
        await self.do("DELETE FROM follow")
        await self.a_wish(actor=self.bob)
        object = {"type": "Follow", "actor": ALICE, "object": f"{ELSEWHERE}/actors/bob"}
        await self.tells(self.bob, {"id": f"{ELSEWHERE}/a/1", "type": "Accept", "object": object})
        self.assertIs(True, await self.standing())

    async def test_subscription(self) -> None:
        """What she subscribed to counts at once, and is read when the answer comes: once, and she is told nothing."""
        await self.do("UPDATE follow SET approved = true")
        await self.tells(self.bob, FUNKWHALE, FUNKWHALE | {"again": True})
        self.assertEqual([("let in", f"{ALICE}#follows/0")], self.said.log)
        self.assertEqual(0, await self.value("SELECT count(*) FROM inbox_item"))
