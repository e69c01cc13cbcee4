"""
Which objects were seen not long ago to be what they should be.

To hash an object costs more than all else about passing it on, and forbids to leave that to the kernel.  So one that
was hashed as a whole is believed for an hour, as slices in the cache are (S-63): as long as the store gives it the same
tag, size and date.

Source: docs/storage.md S-65.
"""

from __future__ import annotations

from collections import OrderedDict

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from fwtwisted.outside.origin import Seen

BELIEVED_SECONDS = 3600.0
MOST_PROOFS = 10_000


@frozen
class _Proof:
    seen: Seen
    sha256: str
    moment: float


class Proofs:
    """One process' memory of them; the oldest give way."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._proofs: OrderedDict[str, _Proof] = OrderedDict()

    def proven(self, name: str, seen: Seen, sha256: str) -> None:
        """It was hashed, as a whole, and it is right."""
        self._proofs.pop(name, None)
        self._proofs[name] = _Proof(seen, sha256, self._clock.seconds())
        while len(self._proofs) > MOST_PROOFS:
            self._proofs.popitem(last=False)

    def holds(self, name: str, seen: Seen, sha256: str) -> bool:
        """Whether what the store shows now need not be hashed again; never without a tag."""
        proof = self._proofs.get(name)
        if proof is None or seen.etag is None or (proof.seen, proof.sha256) != (seen, sha256):
            return False
        return self._clock.seconds() - proof.moment <= BELIEVED_SECONDS

    def forget(self, name: str) -> None:
        """Something is wrong with it."""
        self._proofs.pop(name, None)
