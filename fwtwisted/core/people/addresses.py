"""
People's mail addresses: confirmed, and changed, by a link that was sent there.

A new address is the account's only when somebody has opened the link that went to it.  A link is void when the
password was changed after it left.  Source: docs/api.md §4.2, §4.3.
"""

from __future__ import annotations

from fwtwisted.core.people import mailing
from fwtwisted.core.people.accounts import EMAIL, EMAIL_TAKEN, Accounts
from fwtwisted.core.people.tokens import digest
from fwtwisted.db.people import mailed, people
from fwtwisted.db.people.mailed import Purpose
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import LONGEST_EMAIL
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid, NotFound
from fwtwisted.model.people import Viewer

NO_ADDRESS = "Enter a valid email address."


class Addresses:
    """Confirms and changes addresses."""

    def __init__(self, database: Database, accounts: Accounts, ring: Ring) -> None:
        self._database, self._accounts, self._ring = database, accounts, ring

    async def confirm(self, key: str) -> None:
        """
        Take somebody's word, by the secret of a link, that an address is theirs.

        :raise NotFound: the link is not valid (any more).
        :raise Invalid: on ``key``: by now the address is another account's.
        """

        async def work(tx: Tx) -> None:
            await people.lock_sign_ups(tx)
            proof = await mailed.take_proof(tx, digest(key), Purpose.ADDRESS)
            if proof is None:
                raise NotFound()
            if await mailed.email_of_another(tx, proof.email, proof.account_id):
                raise Invalid.on("key", EMAIL_TAKEN)
            await mailed.confirm_address(tx, proof)
            await mailed.forget_secrets(tx, proof.account_id, Purpose.ADDRESS)

        await self._database.transaction(work)

    async def change(self, viewer: Viewer, password: str, email: str) -> None:
        """
        Have a link sent to a new address of the viewer's; opening it makes the change.

        :raise Invalid: ``password`` is wrong; ``email`` is none, or somebody else's.
        """
        account = await self._accounts.of(viewer)
        if not EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL:
            raise Invalid.on("email", NO_ADDRESS)
        await self._accounts.must_match(account.id, password, "password")

        async def work(tx: Tx) -> None:
            if await mailed.email_of_another(tx, email, account.id):
                raise Invalid.on("email", EMAIL_TAKEN)
            await mailing.ask_confirmation(tx, self._ring, account.id, email)

        await self._database.transaction(work)

    async def remind(self, account_id: int) -> None:
        """Send the link to confirm an address once more, unless that was done just now."""
        await self._database.transaction(lambda tx: mailing.remind(tx, self._ring, account_id))

    async def remind_by_email(self, email: str) -> None:
        """The same for whoever has this address; nobody learns whether there is somebody."""

        async def work(tx: Tx) -> None:
            account_id = await mailed.account_with_email(tx, email)
            if account_id is not None:
                await mailing.remind(tx, self._ring, account_id)

        await self._database.transaction(work)
