"""Somebody elsewhere asks, the owner decides in the web app, and the answer goes out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from tests.web.federation.posting import FAR, HOME_URL, PostingCase

ADA = f"https://{FAR}/federation/actors/ada"
LIBRARY = f"{HOME_URL}/music/libraries/mine"
WISH = {"type": "Follow", "id": f"{ADA}#follows/1", "object": LIBRARY, "to": [f"{HOME_URL}/actors/alice"]}


class WishTests(PostingCase):
    """From the inbox to the answer."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self._made(
            "library", fid=LIBRARY, followers_url=f"{LIBRARY}/followers", actor_id=self.alice.viewer.actor_id,
            name="mine", privacy_level="me",
        )  # fmt: skip
        self.assertEqual(202, (await self.post(WISH, target="/federation/actors/alice/inbox")).status)
        await self.drain()

    async def follow(self) -> UUID:
        """The follow's uuid."""
        found: UUID = await self.value("SELECT uuid FROM follow")
        return found

    async def said(self) -> list[dict[str, Any]]:
        """What was said to other servers."""

        async def work(tx: Any) -> Any:
            return await tx.many(
                lambda body, inbox: orjson.loads(body) | {"_inbox": inbox},
                "SELECT body, inbox FROM outgoing_body JOIN delivery USING (outgoing_id) ORDER BY outgoing_id",
            )

        found: list[dict[str, Any]] = await self.database.transaction(work)
        return found

    async def test_accepted(self) -> None:
        """The owner finds the wish, grants it, and the follower's own inbox is told, the Follow unchanged."""
        [item] = (await self.alice.get("federation/inbox/")).json["results"]
        self.assertEqual(("Follow", ADA), (item["activity"]["type"], item["activity"]["actor"]["fid"]))
        for _ in range(2):
            said = await self.alice.post(f"federation/follows/library/{await self.follow()}/accept/", {})
            self.assertEqual(204, said.status)
        [told] = await self.said()
        self.assertEqual(f"{ADA}/inbox", told["_inbox"])
        self.assertEqual(("Accept", f"{HOME_URL}/actors/alice", [ADA]), (told["type"], told["actor"], told["to"]))
        self.assertTrue(told["id"].startswith(HOME_URL))
        wish = {"type": "Follow", "id": WISH["id"], "actor": ADA, "object": LIBRARY}
        self.assertEqual(wish, {name: told["object"][name] for name in wish})

    async def test_rejected(self) -> None:
        """Refused, and asking again, the follower is told each time."""
        said = await self.alice.post(f"federation/follows/library/{await self.follow()}/reject/", {})
        self.assertEqual(204, said.status)
        await self.post(WISH | {"id": f"{ADA}#follows/2"})
        await self.drain()
        first, second = await self.said()
        self.assertEqual(["Reject", "Reject"], [first["type"], second["type"]])
        self.assertEqual(f"{ADA}#follows/2", second["object"]["id"])
        self.assertNotEqual(first["id"], second["id"])

    async def test_taken_back(self) -> None:
        """A wish that is taken back is nobody's to grant."""
        uuid = await self.follow()
        await self.post({"type": "Undo", "id": f"{ADA}#follows/1/undo", "object": WISH})
        await self.drain()
        self.assertEqual(404, (await self.alice.post(f"federation/follows/library/{uuid}/accept/", {})).status)
        self.assertEqual([], (await self.alice.get("federation/inbox/")).json["results"])
