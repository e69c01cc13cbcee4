"""
How a delivery leaves the house: by this process, or by couriers.

What little there is to say goes out from here, which is soonest.  When it is more than a handful, at once or within a
second, children of ours are called for it, and while they are there everything goes by them, what is for one server in
bundles, so that pages do not wait for deliveries.  A bundle waits for them to start, which takes about a second: one by
one from here, its letters would keep this process busy for as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from attrs import field, frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.core.fediverse.keys.own import OwnKeys
from fwtwisted.core.fediverse.keys.signing import Signing, Wanted
from fwtwisted.core.fediverse.sending.door import Door
from fwtwisted.model.federation import Scheme
from fwtwisted.outside.couriers import Bundle, CourierLost, Couriers, Letter, Outcome, Stamp
from fwtwisted.outside.fetching.posting import Posted, Posting
from fwtwisted.wire.targets import Target

HANDFUL, LATELY_SECONDS = 8, 1.0
KIND = {"Content-Type": "application/activity+json", "Accept": "application/activity+json"}


@frozen
class Parcel:
    """
    One attempt at a delivery.

    :ivar actor_id: of ours, who signs.  :ivar wanted: as an inbox asked for in a refusal.
    :ivar origin: of the inbox, see :meth:`Carrier.origin`.
    :ivar former_key: PEM: signed by the key that the actor had; None: by the one that it has.
    """

    actor_id: int
    origin: str
    inbox: str
    body: str
    scheme: Scheme
    wanted: Wanted | None = None
    former_key: str | None = field(default=None, repr=False)


Answer: TypeAlias = Outcome
"""Of an inbox, or why there was none."""


class Carrier(Protocol):
    """Brings parcels to inboxes."""

    def takes_some(self, count: int) -> bool:
        """Whether it is well to hand it so many parcels to one place together."""

    def origin(self, url: str) -> str:
        """Scheme, host and port of an inbox.  :raise Refused: we do not post there."""

    async def carry(self, parcel: Parcel) -> Posted:
        """The inbox's answer.  :raise FetchFailed: there was none."""

    async def carry_some(self, parcels: Sequence[Parcel], abreast: int) -> Mapping[int, Answer]:
        """
        Carry parcels to one origin together, as many as can be, until one is not taken: the answers by place.

        :param abreast: how many may be under way at once.
        """


class InHouse:
    """
    This process signs in threads and posts.

    :param abreast: parcels that leave in one turn of the reactor, and again after ``pause`` seconds.
    """

    def __init__(
        self, clock: IReactorTime, posting: Posting, signing: Signing, abreast: int = 2, pause: float = 0.002
    ) -> None:
        self._posting, self._signing = posting, signing
        self._door = Door(clock, abreast, pause)

    def takes_some(self, count: int) -> bool:
        """No: together is no easier than one by one."""
        return False

    def origin(self, url: str) -> str:
        """See :class:`Carrier`."""
        return self._posting.origin(url)

    async def carry(self, parcel: Parcel) -> Posted:
        """See :class:`Carrier`."""
        body = parcel.body.encode()
        sign = self._signing.by(parcel.actor_id, "POST", body, parcel.scheme, parcel.wanted, parcel.former_key)

        async def signed(target: Target) -> Mapping[str, str]:
            headers = await sign(target)
            await self._door.through()  # signatures come by the dozen
            return headers

        return await self._posting.post(parcel.inbox, body, KIND, signed)

    async def carry_some(self, parcels: Sequence[Parcel], abreast: int) -> Mapping[int, Answer]:
        """None, see above."""
        return {}


class ByCouriers:
    """Children sign and post.  What they die over raises :class:`~fwtwisted.outside.couriers.CourierLost`."""

    def __init__(self, couriers: Couriers, posting: Posting, keys: OwnKeys) -> None:
        self._couriers, self._posting, self._keys = couriers, posting, keys

    def takes_some(self, count: int) -> bool:
        """Two are a bundle."""
        return count > 1

    def origin(self, url: str) -> str:
        """See :class:`Carrier`."""
        return self._posting.origin(url)

    async def carry(self, parcel: Parcel) -> Posted:
        """See :class:`Carrier`."""
        [answer] = (await self._carried([parcel], 1)).values()
        if not isinstance(answer, Posted):
            raise answer
        return answer

    async def carry_some(self, parcels: Sequence[Parcel], abreast: int) -> Mapping[int, Answer]:
        """See :class:`Carrier`."""
        try:
            return await self._carried(parcels, abreast) if parcels else {}
        except CourierLost:  # one of them may be what children die over
            return {}

    async def _carried(self, parcels: Sequence[Parcel], abreast: int) -> Mapping[int, Answer]:
        signers = {(parcel.actor_id, parcel.former_key) for parcel in parcels}
        keys = {signer: await self._keys.signing(*signer) for signer in signers}
        stamps: dict[tuple[str, Scheme, Wanted | None], Stamp] = {}  # most are alike

        def letter(parcel: Parcel) -> Letter:
            key = keys[parcel.actor_id, parcel.former_key]
            kind = (key.key_id, parcel.scheme, parcel.wanted)
            stamp = stamps.get(kind) or stamps.setdefault(kind, Stamp(*kind))
            return Letter(parcel.inbox, parcel.body, stamp, key.key)

        return await self._couriers.post(Bundle(parcels[0].origin, KIND, [letter(one) for one in parcels], abreast))


class Carrying:
    """Chooses between the two."""

    def __init__(self, clock: IReactorTime, couriers: Couriers, by_couriers: Carrier, in_house: Carrier) -> None:
        self._clock, self._couriers, self._by_couriers, self._in_house = clock, couriers, by_couriers, in_house
        self._here = self._lately = 0
        self._since = 0.0

    def takes_some(self, count: int) -> bool:
        """If couriers do."""
        return self._is_for_couriers(count) and self._by_couriers.takes_some(count)

    def origin(self, url: str) -> str:
        """See :class:`Carrier`."""
        return self._in_house.origin(url)

    async def carry(self, parcel: Parcel) -> Posted:
        """See :class:`Carrier`."""
        if self._is_for_couriers(1):
            return await self._by_couriers.carry(parcel)
        self._note()
        self._here += 1
        try:
            return await self._in_house.carry(parcel)
        finally:
            self._here -= 1

    async def carry_some(self, parcels: Sequence[Parcel], abreast: int) -> Mapping[int, Answer]:
        """See :class:`Carrier`."""
        return await self._by_couriers.carry_some(parcels, abreast)

    def _is_for_couriers(self, count: int) -> bool:
        """Whether they carry this: they are there, or so many more would be more than a handful."""
        couriers = self._couriers
        return couriers.are_wanted and (couriers.are_ready or self._carried_here() + count > HANDFUL)

    def _carried_here(self) -> int:
        """How many this process carries, or has begun to in this second."""
        is_lately = self._clock.seconds() < self._since + LATELY_SECONDS
        return max(self._here, self._lately if is_lately else 0)

    def _note(self) -> None:
        """One more."""
        now = self._clock.seconds()
        if now >= self._since + LATELY_SECONDS:
            self._since, self._lately = now, 0
        self._lately += 1
