"""What channels published, as servers fetch it that cannot sign (docs/federation.md §3.3, §5.5)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fwtwisted.model.federation import PeerClass
from tests.rest.federated import FederationCase, read
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


class ReaderTests(FederationCase, ChannelCase):
    """
    Somebody on another server looks a post up, whom nobody there follows.

    Misskey then fetches the file without a signature, and shows no post whose file it cannot get.
    """

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.upload = await self.an_episode(self.alice, await self.a_channel(self.alice))
        self.place = f"/federation/music/uploads/{self.upload['uuid']}"
        self.outbox = "/federation/actors/nighttalk/outbox?page=1"

    async def sounds(self, software: str | None) -> set[str]:
        """Where all documents say that the sound is.  :param software: of who reads; None: somebody unknown."""
        found: list[str] = []
        if software is not None:
            await self.do("UPDATE domain SET software_name = %s WHERE name = 'far.example'", software)
            self.parts.fediverse.peers.changed("far.example")
        for path in (self.place, f"{self.place}/activity", f"{self.place}/note", self.outbox):
            document = read(await (self.peer.get(path) if software is None else self.signed(path)))
            for one in document.get("orderedItems", [document]):
                post = one.get("object", one)
                links = [] if isinstance(post["url"], str) else post["url"]
                found += [link["href"] for link in links if link["mediaType"] == "audio/mpeg"]
                found += [sound["url"] for sound in post["attachment"]]
        self.assertEqual(7, len(found))
        return set(found)

    async def test_who_signs(self) -> None:
        """Is told where the file is to be had without that; who does so for files as well, and visitors, are not."""
        await self.a_reader()
        for software in ("misskey", "mastodon", "something"):
            [url] = await self.sounds(software)
            self.assertEqual(200, (await self.visitor().get(url)).status)
        for unlucky in ("funkwhale", None):
            [url] = await self.sounds(unlucky)
            self.assertEqual(401, (await self.visitor().get(url)).status)

    async def test_for_the_one_alone(self) -> None:
        """No cache on the way gives it to others."""
        await self.a_reader()
        for path in (self.place, f"{self.place}/note", self.outbox):
            said = await self.signed(path)
            self.assertEqual((200, "private, no-store"), (said.status, said.header("Cache-Control")))


class SwitchedOffTests(ChannelCase):
    """A pod that attaches no audio."""

    environment = {"FEDERATION_AUDIO_ATTACHMENT": "false"}

    async def test_no_keys(self) -> None:
        """Nobody is given keys either."""
        self.assertFalse(self.parts.papers.for_followers(PeerClass.OTHER).paper.gives_keys)
