"""How much an account may upload, and how much of that is used."""

from __future__ import annotations

from fwtwisted.db.music import libraries
from fwtwisted.db.pool import Database, Queries
from fwtwisted.model.accounts import QuotaStatus
from fwtwisted.model.people import Account
from fwtwisted.model.preferences import ReadPreference

MB = 1_000_000


class Quotas:
    """Says what room an account has left.  Source: docs/api.md §4.3, ``quota_status``."""

    def __init__(self, database: Database, preference: ReadPreference) -> None:
        self._database, self._preference = database, preference

    async def status(self, account: Account) -> QuotaStatus:
        """The account's quota and what is used of it."""
        limit = await self.limit(account)
        return await self._database.read(lambda tx: self.status_in(tx, account, limit))

    async def limit(self, account: Account) -> int:
        """How much the account may upload, megabytes; its own quota, else the pod's."""
        if account.upload_quota is not None:
            return account.upload_quota
        return int(await self._preference("users__upload_quota"))

    async def status_in(self, tx: Queries, account: Account, limit: int) -> QuotaStatus:
        """:meth:`status` for who has a transaction and knows the :meth:`limit`."""
        used = await libraries.usage(tx, account.actor.id)
        return QuotaStatus(limit, {status: size / MB for status, size in used.items()})
