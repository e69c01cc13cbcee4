"""
The keys of our own actors: RSA for requests, which each has from the start, and Ed25519 for documents, made on demand.

Decoded keys are kept in memory for a while, a bounded number of them.  When a key is replaced, all processes hear it by
the bell ``keys``; who misses it signs with the old one for some minutes, and is heard again after that.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fwtwisted.core.fediverse.kept import Kept
from fwtwisted.db.fediverse import keys as stored
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.errors import NotFound
from fwtwisted.outside.shared import Bell
from fwtwisted.wire.signatures.keys import assertion_method, ed25519_private, multikey, private_key

BELL = "keys"
MOST = 2_000  # decoded keys, some 5 kB each
SECONDS = 300.0
SEED_BYTES = 32


@frozen
class SigningKey:
    """An RSA key, ready to sign with."""

    key_id: str
    key: RSAPrivateKey = field(repr=False)


@frozen
class ProvingKey:
    """An Ed25519 key, ready to prove documents with.  :ivar multibase: its public half."""

    key_id: str
    multibase: str
    key: Ed25519PrivateKey = field(repr=False)


class OwnKeys:
    """
    Knows the keys of local actors.

    :param now: seconds, of any clock.
    """

    def __init__(self, database: Database, bell: Bell, now: Callable[[], float]) -> None:
        self._database, self._bell = database, bell
        self._signing: Kept[int, SigningKey] = Kept(now, MOST, SECONDS)
        self._proving: Kept[int, ProvingKey] = Kept(now, MOST, SECONDS)
        self._deaf = bell.listen(BELL, self._heard)

    async def close(self) -> None:
        """Listen to the bell no more."""
        self._deaf()

    async def signing(self, actor_id: int, former: str | None = None) -> SigningKey:
        """
        What an actor signs requests with.

        :param former: the key that it had, PEM, by the id that both have; None: the one that it has.
        :raise NotFound: it is none of ours.
        """
        key = await self._current(actor_id)
        return key if former is None else SigningKey(key.key_id, private_key(former))

    async def _current(self, actor_id: int) -> SigningKey:
        key = self._signing.get(actor_id)
        if key is None:
            found = await self._database.read(lambda tx: stored.own(tx, actor_id))
            if found is None:
                raise NotFound("No actor of this pod has this number.")
            key = SigningKey(found.key_id, private_key(found.private))
            self._signing.put(actor_id, key)
        return key

    async def proving(self, actor_id: int) -> ProvingKey:
        """What an actor proves documents with; made now if it has none.  :raise NotFound: it is none of ours."""
        key = self._proving.get(actor_id)
        if key is None:
            found = await self._database.read(lambda tx: stored.assertion(tx, actor_id))
            if found is None:
                found = await self._made(actor_id)
            key = ProvingKey(found.key_id, found.public, ed25519_private(found.private))
            self._proving.put(actor_id, key)
        return key

    async def assertion_method(self, actor_id: int) -> dict[str, str]:
        """The entry of ``assertionMethod`` in an actor's document; its key is made now if there is none."""
        key = await self.proving(actor_id)
        return assertion_method(key.key_id.partition("#")[0], key.key_id, key.multibase)

    def replaced(self, tx: Tx, actor_id: int) -> None:
        """An actor's keys are others once this transaction is committed."""
        tx.after_commit(self._forget, actor_id)
        tx.after_commit(self._bell.ring, BELL, b"%d" % actor_id)

    async def _made(self, actor_id: int) -> stored.AssertionKey:
        seed = secrets.token_bytes(SEED_BYTES)
        public = multikey(ed25519_private(seed).public_key())

        async def work(tx: Tx) -> stored.AssertionKey:
            await stored.add_assertion(tx, actor_id, public, seed)
            found = await stored.assertion(tx, actor_id)  # another process may have been faster
            if found is None:
                raise NotFound("No actor of this pod has this number.")
            return found

        return await self._database.transaction(work)

    def _heard(self, payload: bytes) -> None:
        if payload.isdigit():
            self._forget(int(payload))

    def _forget(self, actor_id: int) -> None:
        self._signing.drop(actor_id)
        self._proving.drop(actor_id)
