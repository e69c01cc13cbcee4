"""Secrets that went out by mail: to prove an address, to choose a new password."""

from __future__ import annotations

import enum

from attrs import frozen

from fwtwisted.db.pool import Queries, Tx


class Purpose(enum.StrEnum):
    """What a secret is good for."""

    ADDRESS = "address"
    PASSWORD = "password"


@frozen
class Proof:
    """What a secret proves: that whoever holds it reads mail to the address.  :ivar email:"""

    account_id: int
    email: str


# One at most so many live at once, so that nobody's mailbox is filled by others; then nothing is written.
ADD_SECRET = """
    INSERT INTO mailed_secret (digest, account_id, purpose, email, secret_key, expires)
    SELECT %s, account.id, asked.purpose, %s, account.secret_key, now() + %s * interval '1 second'
      FROM account CROSS JOIN (SELECT %s::text AS purpose) AS asked
     WHERE account.id = %s
       AND (SELECT count(*) FROM mailed_secret AS other
             WHERE other.account_id = account.id AND other.purpose = asked.purpose AND other.expires > now()
               AND other.secret_key = account.secret_key) < %s
"""


async def add_secret(tx: Tx, digest: bytes, purpose: Purpose, proof: Proof, seconds: float, most: int) -> bool:
    """Keep a secret for so long; False when the account has ``most`` of them already, or is gone."""
    written = await tx.do(ADD_SECRET, digest, proof.email, seconds, purpose.value, proof.account_id, most)
    return written == 1


FORGET_SECRET = "DELETE FROM mailed_secret WHERE digest = %s"


async def forget_secret(tx: Tx, digest: bytes) -> None:
    """One that never left the house."""
    await tx.do(FORGET_SECRET, digest)


_HOLDS = """
    mailed_secret.digest = %s AND mailed_secret.purpose = %s AND mailed_secret.expires > now()
    AND account.id = mailed_secret.account_id AND account.secret_key = mailed_secret.secret_key
"""
PROOF = f"SELECT account.id, mailed_secret.email FROM mailed_secret, account WHERE {_HOLDS}"


async def proof(tx: Queries, digest: bytes, purpose: Purpose) -> Proof | None:
    """What the secret proves, as long as it is good."""
    return await tx.maybe(Proof, PROOF, digest, purpose.value)


LOCK_HOLDER = """
    SELECT account.id FROM account
     WHERE account.id = (SELECT account_id FROM mailed_secret WHERE digest = %s) FOR UPDATE
"""
TAKE_PROOF = f"DELETE FROM mailed_secret USING account WHERE {_HOLDS} RETURNING account.id, mailed_secret.email"


async def take_proof(tx: Tx, digest: bytes, purpose: Purpose) -> Proof | None:
    """The same, and the secret is used up; of several who come at once one gets it."""
    await tx.maybe(int, LOCK_HOLDER, digest)
    return await tx.maybe(Proof, TAKE_PROOF, digest, purpose.value)


FORGET_SECRETS = "DELETE FROM mailed_secret WHERE account_id = %s AND purpose = %s"


async def forget_secrets(tx: Tx, account_id: int, purpose: Purpose) -> None:
    """All of the account's for that purpose."""
    await tx.do(FORGET_SECRETS, account_id, purpose.value)


PRUNE_SECRETS = """
    DELETE FROM mailed_secret
     WHERE digest = ANY(ARRAY(SELECT digest FROM mailed_secret WHERE expires <= now() ORDER BY expires LIMIT %s))
"""


async def prune_secrets(tx: Tx, limit: int) -> int:
    """Forget what has run out, at most ``limit``; how many."""
    return await tx.do(PRUNE_SECRETS, limit)


CONFIRMATION_DUE = """
    UPDATE account SET confirmation_asked = now()
     WHERE id = %s AND NOT email_verified
       AND (confirmation_asked IS NULL OR confirmation_asked < now() - %s * interval '1 second')
"""


async def confirmation_due(tx: Tx, account_id: int, rest_seconds: float) -> bool:
    """Note that a link is asked for; False when the address is confirmed, or the last link is not that old."""
    return await tx.do(CONFIRMATION_DUE, account_id, rest_seconds) == 1


CONFIRM_ADDRESS = "UPDATE account SET email = %s, email_verified = true WHERE id = %s"


async def confirm_address(tx: Tx, proof: Proof) -> None:
    """The address is the account's from now on.  It must be free: see ``people.lock_sign_ups``."""
    await tx.do(CONFIRM_ADDRESS, proof.email, proof.account_id)


EMAIL_OF_ANOTHER = "SELECT EXISTS (SELECT FROM account WHERE lower(email) = lower(%s) AND id <> %s)"


async def email_of_another(tx: Queries, email: str, account_id: int) -> bool:
    """Whether another account has this address."""
    return await tx.one(bool, EMAIL_OF_ANOTHER, email, account_id)


RESETTABLE = "SELECT id FROM account WHERE lower(email) = lower(%s) AND email <> '' AND is_active"


async def account_with_email(tx: Queries, email: str) -> int | None:
    """The account that is open and has this address."""
    return await tx.maybe(int, RESETTABLE, email)


MODERATORS = """
    SELECT id FROM account
     WHERE is_active AND email <> '' AND (is_superuser OR 'moderation' = ANY(permissions)) ORDER BY id
"""


async def moderators(tx: Queries) -> list[int]:
    """Accounts that answer requests and reports."""
    return await tx.many(int, MODERATORS)
