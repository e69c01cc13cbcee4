"""
The secret by which Subsonic apps sign in.

Their protocol wants proofs that only the secret itself can be checked against, so it cannot be kept as a digest.  It
is therefore never the account's password, but a random text of its own; and it is kept sealed with a key that follows
from the server's secret, so that who reads the database alone learns nothing.

Source: docs/api.md §4.3; docs/settings.md, ``subsonic__enabled``.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fwtwisted.core.people.tokens import new_personal_token
from fwtwisted.db.people import people
from fwtwisted.db.pool import Database
from fwtwisted.model.errors import Forbidden, NotFound, NotOffered
from fwtwisted.model.people import Viewer
from fwtwisted.model.preferences import ReadPreference

NONCE_BYTES = 12
VERSION = b"\x01"


class SubsonicSeal:
    """
    Seals and opens Subsonic secrets.

    What is sealed opens only for the account it was sealed for.

    :param secret: the server's own; all processes of a pod share it.
    """

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"fwtwisted.subsonic-token\0" + secret.encode()).digest())

    def sealed(self, account_id: int, token: str) -> bytes:
        """What is kept of a secret."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, token.encode(), b"%d" % account_id)

    def fresh(self, account_id: int) -> bytes:
        """What is kept of a secret that was just drawn."""
        return self.sealed(account_id, new_personal_token())

    def opened(self, account_id: int, kept: bytes | None) -> str | None:
        """The secret; None without one, or when it was sealed with another server's key."""
        if kept is None or not kept.startswith(VERSION) or len(kept) <= len(VERSION) + NONCE_BYTES:
            return None
        nonce, sealed = kept[1 : 1 + NONCE_BYTES], kept[1 + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, b"%d" % account_id).decode()
        except InvalidTag:
            return None


class SubsonicTokens:
    """People's own Subsonic secrets."""

    def __init__(self, database: Database, seal: SubsonicSeal, preference: ReadPreference) -> None:
        self._database, self._seal, self._preference = database, seal, preference

    async def of(self, viewer: Viewer, username: str) -> str | None:
        """
        The viewer's secret, if they have one.

        :raise Forbidden: the name is somebody else's.  :raise NotOffered: the pod serves no Subsonic apps.
        """
        account_id = await self._allowed(viewer, username)
        return self._seal.opened(account_id, await self._database.read(lambda tx: people.subsonic(tx, account_id)))

    async def renew(self, viewer: Viewer, username: str) -> str:
        """Draw a new secret; the old one is void.  Raises as :meth:`of`."""
        account_id = await self._allowed(viewer, username)
        token = new_personal_token()
        sealed = self._seal.sealed(account_id, token)
        await self._database.transaction(lambda tx: people.set_subsonic(tx, account_id, sealed))
        return token

    async def remove(self, viewer: Viewer, username: str) -> None:
        """Let no Subsonic app in any more.  Raises as :meth:`of`."""
        account_id = await self._allowed(viewer, username)
        await self._database.transaction(lambda tx: people.set_subsonic(tx, account_id, None))

    async def _allowed(self, viewer: Viewer, username: str) -> int:
        if username.lower() != viewer.username.lower():
            raise Forbidden()
        if viewer.account_id is None:
            raise NotFound()
        if not await self._preference("subsonic__enabled"):
            raise NotOffered("The Subsonic API is switched off on this pod.")
        return viewer.account_id
