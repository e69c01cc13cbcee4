"""Subscriptions to channels elsewhere, as those servers hear of them; the rest is tried over HTTP."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.podcasts.channels import Channels, ChannelSettings
from fwtwisted.core.podcasts.subscriptions import Subscriptions
from tests.core.fediverse.sending.test_announcing import ME, AnnouncingCase, fifty
from tests.threads import pooled


class OutwardTests(AnnouncingCase):
    """Nadia subscribes to a channel of another server."""

    async def begin(self) -> None:
        """Have a channel there, and one at home."""
        await super().begin()
        self.nadia = await self.a_viewer("nadia", self.speaker)
        self.voice = await self.somebody("cast", self.other)
        self.far = await self.a_channel(self.voice, "Far")
        self.near = await self.a_channel(await self.a_speaker("near"), "Near")
        found = Channels(
            self.database, pooled(self), Visibility(self.database), fifty, self.bell.ring, self.pod, ChannelSettings()
        )
        self.subscriptions = Subscriptions(self.database, found, self.announcing)

    async def a_channel(self, voice: int, name: str) -> str:
        """A channel of an actor's: its uuid."""
        artist, library = await self.an_artist(name), await self.a_library(voice, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", library)
        made = await self.value(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)"
            " RETURNING uuid", artist, library, voice, voice,
        )  # fmt: skip
        return str(made)

    async def told(self) -> list[Any]:
        """What the other server has been told of late."""
        await self.deliver()
        heard, self.other.heard[:] = [one.document for one in self.other.heard], []
        return heard

    async def test_it_counts_at_once_and_is_told(self) -> None:
        """A Follow of its actor, by the id of the subscription; leaving is an Undo of it."""
        await self.begin()
        made, _ = await self.subscriptions.subscribe(self.nadia, self.far)
        [wish] = await self.told()
        fid = await self.value("SELECT fid FROM actor WHERE id = %s", self.voice)
        self.assertEqual(("Follow", ME, fid, [fid]), tuple(wish[name] for name in ("type", "actor", "object", "to")))
        self.assertEqual([(True, wish["id"])], await self.state())
        self.assertTrue(wish["id"].endswith(str(made.uuid)))
        await self.subscriptions.unsubscribe(self.nadia, self.far)
        [undo] = await self.told()
        self.assertEqual(("Undo", f"{wish['id']}/undo", wish["id"]), (undo["type"], undo["id"], undo["object"]["id"]))
        self.assertEqual([], await self.state())

    async def test_said_twice_it_is_told_once(self) -> None:
        """Who subscribes already goes on; who does not has nothing to take back; a new try has a new id."""
        await self.begin()
        for _ in range(2):
            await self.subscriptions.subscribe(self.nadia, self.far)
        for _ in range(2):
            await self.subscriptions.unsubscribe(self.nadia, self.far)
        await self.subscriptions.subscribe(self.nadia, self.far)
        told = await self.told()
        self.assertEqual(["Follow", "Undo", "Follow"], [one["type"] for one in told])
        self.assertNotEqual(told[0]["id"], told[2]["id"])

    async def test_at_home_nobody_elsewhere_hears(self) -> None:
        """Channels of this pod are followed without a word to others."""
        await self.begin()
        await self.subscriptions.subscribe(self.nadia, self.near)
        await self.subscriptions.unsubscribe(self.nadia, self.near)
        self.assertEqual(0, await self.value("SELECT count(*) FROM outgoing"))

    async def state(self) -> list[tuple[bool, str]]:
        """Nadia's follows."""

        async def read(tx: Any) -> list[tuple[bool, str]]:
            return await tx.many(lambda *row: row, "SELECT approved, fid FROM follow WHERE actor_id = %s", self.speaker)

        return await self.database.read(read)
