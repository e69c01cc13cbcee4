"""
New passwords for those who have forgotten theirs.

Whoever asks gets the same answer after the same work, whether anybody has the address or not: all that a request does
is to ask for a job.  The link in the letter is good once, for a day, and dies with the next change of the password.
Who opens it also proves that the address is theirs.  Source: docs/api.md §4.2.
"""

from __future__ import annotations

from fwtwisted.core.people import mailing
from fwtwisted.core.people.accounts import Accounts
from fwtwisted.core.people.tokens import digest
from fwtwisted.db.people import mailed, people
from fwtwisted.db.people.mailed import Proof, Purpose
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Invalid

INVALID = "Invalid value"


class PasswordResets:
    """Sends links to a new password, and takes it."""

    def __init__(self, database: Database, accounts: Accounts, ring: Ring) -> None:
        self._database, self._accounts, self._ring = database, accounts, ring

    async def ask(self, email: str) -> None:
        """Have a link sent to whoever has this address."""
        await self._database.transaction(lambda tx: mailing.ask_reset(tx, self._ring, email))

    async def choose(self, uid: str, token: str, password: str) -> None:
        """
        Write a new password; all sessions of the account end.

        :raise Invalid: ``uid`` or ``token`` is not of a link that is valid; ``new_password2`` breaks the rules.
        """
        if not (uid.isascii() and uid.isdigit()):
            raise Invalid.on("uid", INVALID)
        secret = digest(token)
        account = await self._database.read(lambda tx: mailed.proof(tx, secret, Purpose.PASSWORD))
        if account is None or account.account_id != int(uid[:18]):
            raise Invalid.on("token", INVALID)
        hashed = await self._accounts.new_hash(account.account_id, password, "new_password2")

        async def work(tx: Tx) -> None:
            proof = await mailed.take_proof(tx, secret, Purpose.PASSWORD)
            if proof is None:
                raise Invalid.on("token", INVALID)
            await self._accounts.write_hash(tx, proof.account_id, hashed)
            await self._verified(tx, proof)

        await self._database.transaction(work)

    async def _verified(self, tx: Tx, proof: Proof) -> None:
        """Void the other links, and note that mail to the address is read, if it still is the account's."""
        for purpose in Purpose:
            await mailed.forget_secrets(tx, proof.account_id, purpose)
        account = await people.account(tx, proof.account_id)
        if account is not None and account.email.lower() == proof.email.lower():
            await mailed.confirm_address(tx, Proof(account.id, account.email))
