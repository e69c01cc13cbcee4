"""Follows of libraries elsewhere, as those servers hear of them; the rest is tried over HTTP in ``tests/rest``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from twisted.internet.defer import Deferred

from fwtwisted.core.fediverse.follows import Follows
from fwtwisted.model.errors import Invalid, NotFound
from tests.core.fediverse.sending.test_announcing import ME, AnnouncingCase


class OutwardTests(AnnouncingCase):
    """Nadia follows a library of somebody at another server."""

    async def begin(self) -> None:
        """Have a library there."""
        await super().begin()
        self.nadia = await self.a_viewer("nadia", self.speaker)
        self.owner = self.listeners[2]
        self.library = await self.a_library(self.owner, "everyone")
        self.uuid: UUID = await self.value("SELECT uuid FROM library WHERE id = %s", self.library)
        self.follows = Follows(self.database, self.inbox, self.announcing)

    async def told(self) -> list[Any]:
        """What the other server has been told of late."""
        await self.deliver()
        heard, self.other.heard[:] = [one.document for one in self.other.heard], []
        return heard

    async def test_a_wish_and_its_end(self) -> None:
        """A Follow names the owner and waits for an answer, whatever the privacy; leaving is an Undo of just that."""
        await self.begin()
        made = await self.follows.follow(self.nadia, self.uuid)
        self.assertIsNone(made.approved)
        [wish] = await self.told()
        fid, owner = [await self.value(f"SELECT fid FROM {table} WHERE id = %s", id)
                      for table, id in (("library", self.library), ("actor", self.owner))]  # fmt: skip
        self.assertEqual(
            ("Follow", ME, fid, [owner], f"{ME}#follows/{made.uuid}"),
            (wish["type"], wish["actor"], wish["object"], wish["to"], wish["id"]),
        )
        await self.follows.unfollow(self.nadia, made.uuid)
        [undo] = await self.told()
        self.assertEqual(
            ("Undo", f"{wish['id']}/undo", ME, [owner]), tuple(undo[x] for x in ("type", "id", "actor", "to"))
        )
        self.assertEqual((wish["id"], fid), (undo["object"]["id"], undo["object"]["object"]))
        self.assertEqual(0, await self.value("SELECT count(*) FROM follow"))

    async def test_each_attempt_is_another(self) -> None:
        """A wish made again has an id of its own, and comes after the Undo of the first."""
        await self.begin()
        first = await self.follows.follow(self.nadia, self.uuid)
        await self.follows.unfollow(self.nadia, first.uuid)
        second = await self.follows.follow(self.nadia, self.uuid)
        told = await self.told()
        self.assertEqual(["Follow", "Undo", "Follow"], [one["type"] for one in told])
        self.assertEqual([f"{ME}#follows/{first.uuid}", f"{ME}#follows/{second.uuid}"], [told[0]["id"], told[2]["id"]])

    async def test_what_is_refused_is_not_told(self) -> None:
        """Asked twice, or left twice, the other server hears of it once."""
        await self.begin()
        made = await self.follows.follow(self.nadia, self.uuid)
        await self.assertFailure(Deferred.fromCoroutine(self.follows.follow(self.nadia, self.uuid)), Invalid)
        await self.follows.unfollow(self.nadia, made.uuid)
        await self.assertFailure(Deferred.fromCoroutine(self.follows.unfollow(self.nadia, made.uuid)), NotFound)
        self.assertEqual(["Follow", "Undo"], [one["type"] for one in await self.told()])

    async def test_after_a_no(self) -> None:
        """Who was turned away takes the wish back, which the other server hears, before it is made again."""
        await self.begin()
        made = await self.follows.follow(self.nadia, self.uuid)
        await self.do("UPDATE follow SET approved = false")
        await self.assertFailure(Deferred.fromCoroutine(self.follows.follow(self.nadia, self.uuid)), Invalid)
        await self.follows.unfollow(self.nadia, made.uuid)
        await self.follows.follow(self.nadia, self.uuid)
        self.assertEqual(["Follow", "Undo", "Follow"], [one["type"] for one in await self.told()])

    async def test_at_home_nobody_elsewhere_hears(self) -> None:
        """Libraries of this pod are followed without a word to others."""
        await self.begin()
        olga = await self.a_viewer("olga")
        library = await self.a_library(olga.the_actor, "everyone")
        made = await self.follows.follow(
            self.nadia, await self.value("SELECT uuid FROM library WHERE id = %s", library)
        )
        self.assertTrue(made.approved)
        await self.follows.unfollow(self.nadia, made.uuid)
        self.assertEqual(0, await self.value("SELECT count(*) FROM outgoing"))

    async def test_answers(self) -> None:
        """Those elsewhere who wish to follow Nadia's hear her answer, each one once."""
        await self.begin()
        own = await self.a_library(self.speaker, "me")
        await self.a_follow(self.owner, library=own, approved=None)
        await self.do("UPDATE follow SET fid = 'https://far.example/follows/1'")
        wish = await self.value("SELECT uuid FROM follow")
        for answer in (self.follows.accept, self.follows.accept, self.follows.reject, self.follows.reject):
            await answer(self.nadia, wish)
        told = await self.told()
        self.assertEqual(["Accept", "Reject"], [one["type"] for one in told])
        self.assertEqual(["https://far.example/follows/1"] * 2, [one["object"]["id"] for one in told])
