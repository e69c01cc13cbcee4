"""What is known of each server that we speak with: its software, and how it wants to be spoken to."""

from __future__ import annotations

from collections.abc import Collection

from fwtwisted.model.federation import PeerClass


class Peers:
    """Knows other servers."""

    async def class_of(self, host: str) -> PeerClass:
        """What a server reads."""
        return (await self.classes_of([host]))[host]

    async def classes_of(self, hosts: Collection[str]) -> dict[str, PeerClass]:
        """What servers read."""
        raise NotImplementedError

    async def met(self, host: str) -> None:
        """A server has shown itself: have its nodeinfo read if what we know of it is old."""
        raise NotImplementedError
