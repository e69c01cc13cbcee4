"""
Keys of single apps: each lets one app in, and can be taken back without disturbing the others.

A key is shown once, when it is made; only its digest is kept.  It opens nothing but the Subsonic face.
Source: docs/subsonic.md rule 17.
"""

from __future__ import annotations

from collections.abc import Sequence

from fwtwisted.core.people.tokens import digest, new_secret
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import callers
from fwtwisted.model.accounts import ApiKey
from fwtwisted.model.errors import Invalid, NotFound, NotOffered, Unauthenticated
from fwtwisted.model.people import Viewer
from fwtwisted.model.preferences import ReadPreference

PREFIX = "fwk-"
MOST_KEYS = 50  # of one account


class SubsonicKeys:
    """People's keys.  Every method raises NotOffered where the pod serves no Subsonic apps."""

    def __init__(self, database: Database, preference: ReadPreference) -> None:
        self._database, self._preference = database, preference

    async def of(self, viewer: Viewer) -> Sequence[ApiKey]:
        """The viewer's keys, the newest first."""
        account_id = await self._account(viewer)
        return await self._database.read(lambda tx: callers.keys(tx, account_id))

    async def make(self, viewer: Viewer, name: str) -> tuple[ApiKey, str]:
        """
        A new key: what is known of it, and the key itself, which nobody is told again.

        :param name: what its owner calls it, 1 to 100 characters.
        :raise Invalid: the account has too many.
        """
        account_id = await self._account(viewer)
        secret = PREFIX + new_secret()

        async def work(tx: Tx) -> ApiKey:
            if await callers.count_keys(tx, account_id) >= MOST_KEYS:
                raise Invalid.on("name", f"An account has at most {MOST_KEYS} keys: revoke one that is not used.")
            return await callers.add_key(tx, account_id, name, digest(secret))

        return await self._database.transaction(work), secret

    async def revoke(self, viewer: Viewer, id: int) -> None:
        """Let nobody in by this key any more.  :raise NotFound: the viewer has no such key."""
        account_id = await self._account(viewer)
        if not await self._database.transaction(lambda tx: callers.remove_key(tx, id, account_id)):
            raise NotFound()

    async def _account(self, viewer: Viewer) -> int:
        if viewer.account_id is None:
            raise Unauthenticated()
        if not await self._preference("subsonic__enabled"):
            raise NotOffered("The Subsonic API is switched off on this pod.")
        return viewer.account_id
