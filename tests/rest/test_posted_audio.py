"""What channels published, as servers fetch it that cannot sign (docs/federation.md §3.3, §5.5)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fwtwisted.model.federation import PeerClass
from tests.rest.test_channels import ChannelCase


class PostedAudioTests(ChannelCase):
    """A pod that is closed to visitors, as all are at first, with an episode and something private."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.nobody = self.visitor()
        self.upload = await self.an_episode(self.alice, await self.a_channel(self.alice))

    async def addresses(self, peer: PeerClass, upload: str | None = None) -> list[str]:
        """Where followers of a kind are told that the sound is."""

        async def written(tx: Any) -> Any:
            id = await tx.one(int, "SELECT id FROM upload WHERE uuid = %s", UUID(upload or self.upload["uuid"]))
            return (await self.parts.papers.for_followers(peer).episodes(tx, [id], peer))[id]

        document = await self.run_in(written)
        links = [link["href"] for link in document["url"] if link["mediaType"].startswith("audio/")]
        return [*links, *(one["url"] for one in document["attachment"])]

    async def test_mastodon(self) -> None:
        """Who follows from elsewhere is told an address that plays without a signature, from any place in the file."""
        addresses = await self.addresses(PeerClass.OTHER)
        self.assertEqual(2, len(addresses))
        for url in addresses:
            said = await self.nobody.get(url)
            self.assertEqual((200, "audio/mpeg"), (said.status, said.header("Content-Type")))
            self.assertEqual(206, (await self.nobody.get(url, {"Range": "bytes=10-19"})).status)
            self.assertEqual(200, (await self.nobody.head(url)).status)

    async def test_funkwhale(self) -> None:
        """Who signs needs no key and gets none; without either nothing is heard."""
        for peer in (PeerClass.G1, PeerClass.G2):
            for url in await self.addresses(peer):
                self.assertNotIn("key=", url)
                self.assertEqual(401, (await self.nobody.get(url)).status)

    async def test_nothing_else(self) -> None:
        """A key opens its own file alone: no other, none that is private, nor one that is gone."""
        [url, _] = await self.addresses(PeerClass.OTHER)
        key = url.rpartition("&key=")[2]
        another = await self.an_episode(self.alice, await self.a_channel(self.alice, username="another"))
        [theirs] = set(await self.addresses(PeerClass.OTHER, another["uuid"]))
        self.assertEqual(401, (await self.nobody.get(f"{theirs.rpartition('=')[0]}={key}")).status)
        self.assertEqual(401, (await self.nobody.get(f"{url}x")).status)
        self.assertEqual(401, (await self.nobody.get(url.replace(f"upload={self.upload['uuid']}&", ""))).status)
        await self.do("UPDATE library SET privacy_level = 'me' WHERE is_channel")
        await self.do("UPDATE area SET version = version + 1")
        self.assertEqual(404, (await self.nobody.get(url)).status)


class SwitchedOffTests(ChannelCase):
    """A pod that attaches no audio."""

    environment = {"FEDERATION_AUDIO_ATTACHMENT": "false"}

    async def test_no_keys(self) -> None:
        """Nobody is given keys either."""
        self.assertFalse(self.parts.papers.for_followers(PeerClass.OTHER).paper.gives_keys)
