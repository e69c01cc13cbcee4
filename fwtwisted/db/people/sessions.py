"""What proves who somebody is: browser sessions, personal tokens, the right to create the first account."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.often import Often
from fwtwisted.db.pool import Queries, Tx


@frozen
class Caller:
    """
    The account behind a proof, as much of it as rights are decided from.

    :ivar was_away: not seen for 15 minutes.
    :ivar is_confirmed: the address is, or need not be.
    :ivar scopes: what the proof itself is limited to, blank-separated; None: not limited.
    :ivar program_scopes: what the program that bears the proof said it would need; None: there is no other limit.
    """

    account_id: int
    actor_id: int
    username: str
    is_superuser: bool
    permissions: list[str]
    secret_key: UUID
    was_away: bool
    is_confirmed: bool
    scopes: str | None = None
    program_scopes: str | None = None


CALLER_COLUMNS = """
    account.id, account.actor_id, account.username, account.is_superuser, account.permissions,
    account.secret_key, coalesce(account.last_activity < now() - interval '15 minutes', true),
    account.email_verified OR account.is_superuser
"""
CALLER_WIDTH = 8
_CALLER = f"SELECT {CALLER_COLUMNS}"

BY_SESSIONS = Often(
    "callers_by_sessions",
    f"""
    {_CALLER}, NULL, session.digest FROM session JOIN account ON account.id = session.account_id
     WHERE session.digest = ANY(%s) AND session.expires > now() AND account.is_active
    """,
    ("bytea[]",),
)


def _by_digest(*columns: Any) -> tuple[bytes, Caller]:
    """The digest of a proof, which is the last column, and the caller of the others."""
    return bytes(columns[-1]), Caller(*columns[:-1])


async def callers_by_sessions(tx: Tx, digests: Collection[bytes]) -> dict[bytes, Caller]:
    """Whose sessions these are, by digest; those that have ended are left out."""
    return dict(await tx.often_many(_by_digest, BY_SESSIONS, list(digests)))


BY_TOKENS = Often(
    "callers_by_tokens",
    f"""
    {_CALLER}, oauth_token.scopes,
           (SELECT application.scopes FROM application WHERE application.id = oauth_token.application_id),
           oauth_token.access_digest
      FROM oauth_token JOIN account ON account.id = oauth_token.account_id
     WHERE oauth_token.access_digest = ANY(%s) AND oauth_token.access_expires > now() AND oauth_token.replaced IS NULL
       AND account.is_active
    UNION ALL
    {_CALLER}, application.scopes, NULL, sha256(convert_to(application.token, 'UTF8'))
      FROM application JOIN account ON account.id = application.account_id
     WHERE application.token = ANY(%s) AND account.is_active
    """,
    ("bytea[]", "text[]"),
)


async def callers_by_tokens(tx: Tx, tokens: Mapping[bytes, str]) -> dict[bytes, Caller]:
    """
    For whom programs act with these access tokens, or whose applications have them as personal ones, by digest.

    :param tokens: by their digests.
    """
    return dict(await tx.often_many(_by_digest, BY_TOKENS, list(tokens), list(tokens.values())))


BY_ACCOUNT = Often("caller_by_account", f"{_CALLER} FROM account WHERE id = %s AND is_active", ("bigint",))


async def caller_by_account(tx: Tx, account_id: int) -> Caller | None:
    """The account, when it is not switched off."""
    return await tx.often(Caller, BY_ACCOUNT, account_id)


# --- browser sessions ----------------------------------------------------------------------------

ADD_SESSION = """
    INSERT INTO session (digest, account_id, expires) VALUES (%s, %s, now() + %s * interval '1 second')
"""


async def add_session(tx: Tx, digest: bytes, account_id: int, seconds: float) -> None:
    """Open a session that lasts for so many seconds."""
    await tx.do(ADD_SESSION, digest, account_id, seconds)


END_SESSION = "DELETE FROM session WHERE digest = %s"


async def end_session(tx: Tx, digest: bytes) -> None:
    """Close the session; one that is not there is closed already."""
    await tx.do(END_SESSION, digest)


END_SESSIONS = "DELETE FROM session WHERE account_id = %s AND digest <> %s"


async def end_sessions(tx: Tx, account_id: int, but: bytes = b"") -> None:
    """Close all sessions of the account, but the one with the given digest."""
    await tx.do(END_SESSIONS, account_id, but)


PRUNE_SESSIONS = """
    DELETE FROM session
     WHERE digest = ANY(ARRAY(SELECT digest FROM session WHERE expires <= now() ORDER BY expires LIMIT %s))
"""


async def prune_sessions(tx: Tx, limit: int) -> int:
    """Forget sessions that have run out, at most ``limit``; how many."""
    return await tx.do(PRUNE_SESSIONS, limit)


# --- the first account ---------------------------------------------------------------------------

REPLACE_SETUP_TOKEN = """
    DELETE FROM setup_token;
    INSERT INTO setup_token (digest) VALUES (%s)
"""


async def replace_setup_token(tx: Tx, digest: bytes) -> None:
    """From now on only this token creates the first account."""
    await tx.do(REPLACE_SETUP_TOKEN, digest)


SETUP_TOKEN_HOLDS = """
    SELECT EXISTS (SELECT FROM setup_token WHERE digest = %s) AND NOT EXISTS (SELECT FROM account)
"""


async def setup_token_holds(tx: Queries, digest: bytes) -> bool:
    """Whether the token is the right one, and there is no account yet."""
    return await tx.one(bool, SETUP_TOKEN_HOLDS, digest)


FORGET_SETUP_TOKENS = "DELETE FROM setup_token"


async def forget_setup_tokens(tx: Tx) -> None:
    """No token creates a first account any more."""
    await tx.do(FORGET_SETUP_TOKENS)
