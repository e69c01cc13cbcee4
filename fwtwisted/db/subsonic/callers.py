"""Who stands behind a Subsonic log-in, and the keys of single apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from fwtwisted.db.often import Often
from fwtwisted.db.people.sessions import CALLER_COLUMNS, CALLER_WIDTH, Caller
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.accounts import ApiKey


@frozen
class ShownKey:
    """The key of an app with which somebody signs in.  :ivar is_idle: not noted for five minutes."""

    id: int
    is_idle: bool
    last_client: str | None

    def needs_note(self, client: str) -> bool:
        """Whether its use by the app of this name is to be noted."""
        return self.is_idle or self.last_client != client


@frozen
class SubsonicCaller:
    """
    An account that may call, with everything that a call needs to know of it.

    :ivar secret: its Subsonic password, sealed; None: it has none.
    :ivar notes: number of the account's own notes.
    :ivar areas: the versions of areas, read together with it.
    """

    caller: Caller
    email: str
    secret: bytes | None = field(repr=False)
    denied_roles: frozenset[str]
    max_bitrate: int
    notes: int
    areas: Mapping[str, int]
    key: ShownKey | None = None


_COLUMNS = f"""
    {CALLER_COLUMNS}, account.email, account.subsonic_password, account.subsonic_denied_roles,
    account.subsonic_max_bitrate, account.notes, (SELECT jsonb_object_agg(name, version) FROM area)
"""

# A name in any case, else an e-mail address: one that is somebody's name is never taken for an address.
NAMED = Often(
    "subsonic_caller_named",
    f"""
    SELECT {_COLUMNS} FROM account
     WHERE id = coalesce((SELECT id FROM account WHERE lower(username) = lower(%s)),
                         (SELECT id FROM account WHERE lower(email) = lower(%s) AND email <> ''))
       AND is_active
""",
    ("text", "text"),
)


async def caller_named(tx: Tx, name: str) -> SubsonicCaller | None:
    """The account of this name or e-mail address, unless it is switched off."""
    return await tx.often(_caller, NAMED, name, name)


OF_ACCOUNT = Often(
    "subsonic_caller_of_account", f"SELECT {_COLUMNS} FROM account WHERE id = %s AND is_active", ("bigint",)
)


async def caller_of_account(tx: Tx, account_id: int) -> SubsonicCaller | None:
    """The account of this key, unless it is switched off."""
    return await tx.often(_caller, OF_ACCOUNT, account_id)


BY_KEY = Often(
    "subsonic_caller_by_key",
    f"""
    SELECT {_COLUMNS}, api_key.id, coalesce(api_key.last_used < now() - interval '5 minutes', true),
           api_key.last_client FROM api_key JOIN account ON account.id = api_key.account_id
     WHERE api_key.digest = %s AND account.is_active
""",
    ("bytea",),
)


async def caller_by_key(tx: Tx, digest: bytes) -> SubsonicCaller | None:
    """Whose key this is."""
    return await tx.often(_caller, BY_KEY, digest)


def _caller(*columns: Any) -> SubsonicCaller:
    email, secret, denied, bitrate, notes, areas, *key = columns[CALLER_WIDTH:]
    caller = Caller(*columns[:CALLER_WIDTH])
    shown = ShownKey(*key) if key else None
    sealed = None if secret is None else bytes(secret)
    return SubsonicCaller(caller, email, sealed, frozenset(denied), bitrate, notes, areas, shown)


# --- keys of apps --------------------------------------------------------------------------------------


ADD_KEY = """
    INSERT INTO api_key (account_id, name, digest) VALUES (%s, %s, %s)
 RETURNING id, name, creation_date, last_used, last_client
"""
KEYS = "SELECT id, name, creation_date, last_used, last_client FROM api_key WHERE account_id = %s ORDER BY id DESC"
REMOVE_KEY = "DELETE FROM api_key WHERE id = %s AND account_id = %s"
COUNT_KEYS = "SELECT count(*) FROM api_key WHERE account_id = %s"
KEY_USED = "UPDATE api_key SET last_used = now(), last_client = %s WHERE id = %s"


async def add_key(tx: Tx, account_id: int, name: str, digest: bytes) -> ApiKey:
    """Write a new key."""
    return await tx.one(ApiKey, ADD_KEY, account_id, name, digest)


async def keys(tx: Queries, account_id: int) -> list[ApiKey]:
    """The account's keys, the newest first."""
    return await tx.many(ApiKey, KEYS, account_id)


async def count_keys(tx: Queries, account_id: int) -> int:
    """How many keys the account has."""
    return await tx.one(int, COUNT_KEYS, account_id)


async def remove_key(tx: Tx, key_id: int, account_id: int) -> bool:
    """Revoke a key of the account; False when it has no such key."""
    return await tx.do(REMOVE_KEY, key_id, account_id) == 1


async def key_used(tx: Tx, key_id: int, client: str) -> None:
    """Note that an app used the key."""
    await tx.do(KEY_USED, client, key_id)
