"""
Who reads documents of ours, and whether they may.

A request that is signed is believed or refused, whatever it asks for; documents of actors alone are told to everybody
without a look at the signature, since two pods that check each other would else wait for each other for ever.
Source: docs/federation.md §2.2, §3.9, §6.
"""

from __future__ import annotations

from typing import Final, Protocol

from attrs import frozen

from fwtwisted.model.errors import NotOffered, ShutOut, Unauthenticated
from fwtwisted.model.federation import PeerClass, Signer, StillAsked
from fwtwisted.model.people import VISITOR, Viewer
from fwtwisted.model.policies import Reading
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.wire.activitypub.negotiation import funkwhale_in
from fwtwisted.wire.signatures.received import Received

ENABLED: Final = "federation__enabled"


class Identifying(Protocol):
    """Believes signatures, or not: ``core.fediverse.keys.verifying``."""

    async def identified(self, request: Received) -> Signer | None:
        """See there."""


class Permitting(Protocol):
    """Knows who is shut out: ``core.fediverse.moderation.policies``."""

    async def permit_reader(self, signer: str | None, reading: Reading) -> None:
        """See there."""


class Knowing(Protocol):
    """Knows what servers read: ``core.fediverse.peers``."""

    async def class_of(self, host: str) -> PeerClass:
        """See there."""

    async def met(self, host: str) -> None:
        """See there."""


@frozen
class Reader:
    """
    Who asks for a document.

    :ivar signer: None: nobody who proves who they are.
    :ivar peer: what they read; None: nobody knows.
    :ivar is_unproven: they say who they are, and their server has not told their key yet.
    """

    signer: Signer | None = None
    peer: PeerClass | None = None
    is_unproven: bool = False

    @property
    def viewer(self) -> Viewer:
        """Whose eyes decide; never those of somebody at home here."""
        return VISITOR if self.signer is None else Viewer(actor_id=self.signer.actor.id)


NOBODY: Final = Reader()


class Gate:
    """Lets readers in."""

    def __init__(
        self, preference: ReadPreference, verifying: Identifying, policies: Permitting, peers: Knowing
    ) -> None:
        self._preference, self._verifying = preference, verifying
        self._policies, self._peers = policies, peers

    async def must_be_open(self) -> None:
        """:raise NotOffered: an administrator has switched federation off."""
        if not await self._preference(ENABLED):
            raise NotOffered("This server does not federate.")

    async def reader(self, request: Received, reading: Reading) -> Reader:
        """
        Who asks.

        :raise NotOffered: federation is off.  :raise Unauthenticated: :raise ShutOut: :raise Throttled:
        :raise StillAsked: nobody reads here unproven, and who they are is not known yet.
        """
        await self.must_be_open()
        if reading is not Reading.OTHER:
            await self._policies.permit_reader(None, reading)
            return NOBODY
        try:
            signer = await self._verifying.identified(request)
        except StillAsked:
            return await self._unproven(request, reading)
        await self._policies.permit_reader(None if signer is None else signer.actor.fid, reading)
        if signer is not None:
            await self._peers.met(signer.actor.domain)
        return Reader(signer, await self._peer(signer, request.header("user-agent")))

    async def _unproven(self, request: Received, reading: Reading) -> Reader:
        """Like a visitor, where visitors may read.  :raise StillAsked:"""
        try:
            await self._policies.permit_reader(None, reading)
        except (ShutOut, Unauthenticated) as why:
            raise StillAsked from why
        return Reader(None, await self._peer(None, request.header("user-agent")), is_unproven=True)

    async def _peer(self, signer: Signer | None, agent: str | None) -> PeerClass | None:
        """By what is known of the signer's server, else by what the program says to be."""
        known = None if signer is None else await self._peers.class_of(signer.actor.domain)
        if known not in (None, PeerClass.OTHER):
            return known
        version = funkwhale_in(agent)
        if version is None:
            return known
        return PeerClass.G1 if version < 2 else PeerClass.G2
