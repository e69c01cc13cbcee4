"""
Codes and tokens of programs that act for people.

Whatever makes or ends tokens of an account first holds the account's row (:func:`hold_account`, the ``hold_…``
functions), so that a refresh on its way cannot outlive the revocation that it meets.  Only digests are kept.
"""

from __future__ import annotations

from uuid import UUID

from attrs import frozen

from fwtwisted.db.people.applications import COLUMNS as APPLICATION_COLUMNS
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Application

HOLD_ACCOUNT = "SELECT id FROM account WHERE id = %s FOR NO KEY UPDATE"


async def hold_account(tx: Tx, account_id: int) -> None:
    """Let nobody else make or end tokens of the account until the transaction ends."""
    await tx.maybe(int, HOLD_ACCOUNT, account_id)


# --- codes ---------------------------------------------------------------------------------------


@frozen
class NewCode:
    """A code as it is kept.  :ivar seconds: how long it may be exchanged."""

    digest: bytes
    application_id: int
    account_id: int
    redirect_uri: str
    scopes: str
    challenge: str | None
    challenge_method: str | None
    seconds: float


ADD_CODE = """
    INSERT INTO oauth_code
           (digest, application_id, account_id, redirect_uri, scopes, challenge, challenge_method, expires)
    VALUES (%s, %s, %s, %s, %s, %s, %s, now() + %s * interval '1 second')
"""


async def add_code(tx: Tx, new: NewCode) -> None:
    """Keep a code."""
    await tx.do(
        ADD_CODE, new.digest, new.application_id, new.account_id, new.redirect_uri, new.scopes, new.challenge,
        new.challenge_method, new.seconds,
    )  # fmt: skip


@frozen
class KeptCode:
    """
    A code that somebody presents.

    :ivar family: of the tokens that it was exchanged for; None: it is unused.
    :ivar was_spent_meanwhile: it was unused when the present request arrived.
    :ivar holds: it has not run out, and its account is not switched off.
    """

    account_id: int
    redirect_uri: str
    scopes: str
    challenge: str | None
    challenge_method: str | None
    family: UUID | None
    was_spent_meanwhile: bool
    holds: bool


HOLD_CODE = """
    SELECT id FROM account
     WHERE id = (SELECT account_id FROM oauth_code WHERE digest = %s AND application_id = %s)
       FOR NO KEY UPDATE
"""
CODE = """
    SELECT account_id, redirect_uri, scopes, challenge, challenge_method, family,
           coalesce(spent > clock_timestamp() - %s * interval '1 second', false),
           expires > clock_timestamp() AND account.is_active
      FROM oauth_code JOIN account ON account.id = oauth_code.account_id
     WHERE digest = %s AND application_id = %s
"""


async def hold_code(tx: Tx, digest: bytes, application_id: int) -> None:
    """Hold the account that a code of the program stands for."""
    await tx.maybe(int, HOLD_CODE, digest, application_id)


async def kept_code(tx: Tx, digest: bytes, application_id: int, age_seconds: float) -> KeptCode | None:
    """The program's code; the request that presents it arrived ``age_seconds`` ago."""
    return await tx.maybe(KeptCode, CODE, age_seconds, digest, application_id)


SPEND_CODE = "UPDATE oauth_code SET spent = clock_timestamp(), family = %s WHERE digest = %s"


async def spend_code(tx: Tx, digest: bytes, family: UUID) -> None:
    """Note what a code was exchanged for."""
    await tx.do(SPEND_CODE, family, digest)


# --- pairs of tokens -----------------------------------------------------------------------------


@frozen
class NewPair:
    """An access token and its refresh token, as they are kept; their lives in seconds."""

    family: UUID
    application_id: int
    account_id: int
    scopes: str
    access_digest: bytes
    access_seconds: float
    refresh_digest: bytes
    refresh_seconds: float


ADD_PAIR = """
    INSERT INTO oauth_token
           (family, application_id, account_id, scopes, access_digest, access_expires, refresh_digest, refresh_expires)
    VALUES (%s, %s, %s, %s, %s, now() + %s * interval '1 second', %s, now() + %s * interval '1 second')
"""


async def add_pair(tx: Tx, new: NewPair) -> None:
    """Keep a pair of tokens."""
    await tx.do(
        ADD_PAIR, new.family, new.application_id, new.account_id, new.scopes, new.access_digest, new.access_seconds,
        new.refresh_digest, new.refresh_seconds,
    )  # fmt: skip


@frozen
class KeptPair:
    """
    A pair whose refresh token somebody presents.

    :ivar is_replaced: a later pair is in force.
    :ivar was_replaced_meanwhile: it was itself in force when the present request arrived.
    :ivar holds: the refresh token has not run out, and the account is not switched off.
    """

    id: int
    family: UUID
    account_id: int
    scopes: str
    is_replaced: bool
    was_replaced_meanwhile: bool
    holds: bool


HOLD_PAIR = """
    SELECT id FROM account
     WHERE id = (SELECT account_id FROM oauth_token WHERE refresh_digest = %s AND application_id = %s)
       FOR NO KEY UPDATE
"""
PAIR = """
    SELECT oauth_token.id, family, account_id, scopes, replaced IS NOT NULL,
           coalesce(replaced > clock_timestamp() - %s * interval '1 second', false),
           refresh_expires > clock_timestamp() AND account.is_active
      FROM oauth_token JOIN account ON account.id = oauth_token.account_id
     WHERE refresh_digest = %s AND application_id = %s
"""


async def hold_pair(tx: Tx, refresh_digest: bytes, application_id: int) -> None:
    """Hold the account that a refresh token of the program stands for."""
    await tx.maybe(int, HOLD_PAIR, refresh_digest, application_id)


async def kept_pair(tx: Tx, refresh_digest: bytes, application_id: int, age_seconds: float) -> KeptPair | None:
    """The program's pair with this refresh token; the request that presents it arrived ``age_seconds`` ago."""
    return await tx.maybe(KeptPair, PAIR, age_seconds, refresh_digest, application_id)


REPLACE_PAIR = "UPDATE oauth_token SET replaced = clock_timestamp() WHERE id = %s"


async def replace_pair(tx: Tx, pair_id: int) -> None:
    """Neither token of the pair opens anything from now on."""
    await tx.do(REPLACE_PAIR, pair_id)


END_FAMILY = "DELETE FROM oauth_token WHERE family = %s"


async def end_family(tx: Tx, family: UUID) -> None:
    """Forget all that came from one code."""
    await tx.do(END_FAMILY, family)


HOLD_TOKEN = """
    SELECT id FROM account
     WHERE id = (SELECT account_id FROM oauth_token
                  WHERE application_id = %s AND (access_digest = %s OR refresh_digest = %s))
       FOR NO KEY UPDATE
"""
END_FAMILY_OF_TOKEN = """
    DELETE FROM oauth_token
     WHERE family = (SELECT family FROM oauth_token
                      WHERE application_id = %s AND (access_digest = %s OR refresh_digest = %s))
"""


async def end_family_of_token(tx: Tx, application_id: int, digest: bytes) -> None:
    """Forget all that came from the code that the token, of either kind, came from, if the program holds such."""
    await tx.maybe(int, HOLD_TOKEN, application_id, digest, digest)
    await tx.do(END_FAMILY_OF_TOKEN, application_id, digest, digest)


# --- what a person has granted -------------------------------------------------------------------

GRANTED = f"""
    SELECT {APPLICATION_COLUMNS} FROM application
     WHERE id IN (SELECT application_id FROM oauth_token
                   WHERE account_id = %s AND replaced IS NULL
                     AND greatest(access_expires, refresh_expires) > now()
                  UNION ALL
                  SELECT application_id FROM oauth_code
                   WHERE account_id = %s AND spent IS NULL AND expires > now())
     ORDER BY id
"""


async def granted(tx: Queries, account_id: int) -> list[Application]:
    """The programs that hold live codes or tokens for the account, in the order in which they became known."""
    return await tx.many(Application, GRANTED, account_id, account_id)


END_TOKENS = "DELETE FROM oauth_token WHERE account_id = %s AND application_id = %s"
END_CODES = "DELETE FROM oauth_code WHERE account_id = %s AND application_id = %s"


async def end_grant(tx: Tx, account_id: int, application_id: int) -> None:
    """Forget every code and token that the program has for the account."""
    await hold_account(tx, account_id)
    await tx.do(END_TOKENS, account_id, application_id)
    await tx.do(END_CODES, account_id, application_id)


END_ALL = """
    DELETE FROM oauth_token WHERE account_id = %s;
    DELETE FROM oauth_code WHERE account_id = %s
"""


async def end_all_grants(tx: Tx, account_id: int) -> None:
    """Forget every code and token for the account, whoever has them."""
    await hold_account(tx, account_id)
    await tx.do(END_ALL, account_id, account_id)


# --- chores --------------------------------------------------------------------------------------

PRUNE_TOKENS = """
    DELETE FROM oauth_token
     WHERE id = ANY(ARRAY(SELECT id FROM oauth_token
                           WHERE greatest(access_expires, refresh_expires) <= now()
                           ORDER BY greatest(access_expires, refresh_expires) LIMIT %s))
"""
PRUNE_CODES = """
    DELETE FROM oauth_code
     WHERE digest = ANY(ARRAY(SELECT digest FROM oauth_code WHERE expires <= now() ORDER BY expires LIMIT %s))
"""


async def prune(tx: Tx, limit: int) -> int:
    """Forget codes and pairs of tokens that have run out, at most ``limit`` of each; how many."""
    return await tx.do(PRUNE_TOKENS, limit) + await tx.do(PRUNE_CODES, limit)
