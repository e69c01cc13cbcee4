"""Domains, actors and accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import frozen

from fwtwisted.db.often import Often
from fwtwisted.db.pool import Queries, Tx
from fwtwisted.model.people import Account, Actor, Privacy

ACTOR_WIDTH = 15


def actor_columns(alias: str = "actor") -> str:
    """The columns of an :class:`Actor`, :data:`ACTOR_WIDTH` of them, from the table known as ``alias``."""
    return (
        f"{alias}.id, {alias}.uuid, {alias}.fid, {alias}.domain, {alias}.preferred_username, {alias}.type, "
        f"{alias}.name, {alias}.summary, {alias}.summary_type, {alias}.url, {alias}.manually_approves_followers, "
        f"{alias}.icon_id, {alias}.creation_date, {alias}.last_fetch_date, {alias}.private_key IS NOT NULL"
    )


# --- actors --------------------------------------------------------------------------------------

ACTORS = Often("actors_by_id", f"SELECT {actor_columns()} FROM actor WHERE id = ANY(%s)", ("bigint[]",))


async def actors(tx: Queries, ids: list[int]) -> dict[int, Actor]:
    """The actors of these ids; unknown ids are left out."""
    return {actor.id: actor for actor in await tx.often_many(Actor, ACTORS, ids)}


ACTOR_NAMED = f"""
    SELECT {actor_columns()} FROM actor
     WHERE lower(preferred_username) = lower(%s) AND domain = %s
"""


async def actor_named(tx: Queries, username: str, domain: str) -> Actor | None:
    """The actor ``username@domain``; case does not matter."""
    return await tx.maybe(Actor, ACTOR_NAMED, username, domain.lower())


ADD_DOMAIN = "INSERT INTO domain (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"


async def add_domain(tx: Tx, name: str) -> None:
    """Make a server known; one that is known already stays as it is."""
    await tx.do(ADD_DOMAIN, name.lower())


@frozen
class NewActor:
    """An actor of ours, with the addresses that follow from its federation id and its keys in PEM."""

    fid: str
    domain: str
    preferred_username: str
    type: str
    name: str | None
    url: str
    shared_inbox_url: str
    public_key: str
    private_key: str


ADD_ACTOR = """
    INSERT INTO actor (fid, domain, preferred_username, type, name, url, shared_inbox_url, public_key, private_key,
                       inbox_url, outbox_url, followers_url, following_url, key_id, manually_approves_followers)
    SELECT new.*, fid || '/inbox', fid || '/outbox', fid || '/followers', fid || '/following', fid || '#main-key', true
      FROM (VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)) AS new (fid)
        ON CONFLICT DO NOTHING
 RETURNING id
"""


async def add_actor(tx: Tx, new: NewActor) -> int | None:
    """The id of the new actor; None when its name is taken.  Its domain must be known."""
    return await tx.maybe(
        int, ADD_ACTOR, new.fid, new.domain.lower(), new.preferred_username, new.type, new.name, new.url,
        new.shared_inbox_url, new.public_key, new.private_key,
    )  # fmt: skip


SERVE = "UPDATE domain SET service_actor_id = %s WHERE name = %s"


async def serve(tx: Tx, domain: str, actor_id: int) -> None:
    """Have an actor speak for a server."""
    await tx.do(SERVE, actor_id, domain.lower())


# --- accounts ------------------------------------------------------------------------------------

ACCOUNT_COLUMNS = """
    account.id, account.username, account.email, account.email_verified, account.secret_key, account.is_active,
    account.is_staff, account.is_superuser, account.permissions, account.privacy_level, account.upload_quota,
    account.settings, account.date_joined, account.last_activity, account.instance_support_message_display_date,
    account.funkwhale_support_message_display_date
"""
_ACCOUNTS = f"""
    SELECT {ACCOUNT_COLUMNS}, {actor_columns()}
      FROM account JOIN actor ON actor.id = account.actor_id
"""


def account_of(id: int, *columns: Any) -> Account:
    """The value of :data:`ACCOUNT_COLUMNS` and the actor's."""
    before, actor = columns[:-ACTOR_WIDTH], columns[-ACTOR_WIDTH:]
    username, email, verified, secret_key, is_active, is_staff, is_superuser, permissions, level, *rest = before
    return Account(
        id, Actor(*actor), username, email, verified, secret_key, is_active, is_staff, is_superuser,
        frozenset(permissions), Privacy(level), *rest,
    )  # fmt: skip


ACCOUNT = f"{_ACCOUNTS} WHERE account.id = %s"


async def account(tx: Queries, account_id: int) -> Account | None:
    """The account of this id."""
    return await tx.maybe(account_of, ACCOUNT, account_id)


ACCOUNT_NAMED = f"{_ACCOUNTS} WHERE lower(account.username) = lower(%s)"


HOLD = "SELECT id FROM account WHERE id = %s FOR NO KEY UPDATE"


async def hold(tx: Tx, account_id: int) -> None:
    """Nobody else changes the account until this transaction ends."""
    await tx.maybe(int, HOLD, account_id)


async def account_named(tx: Queries, username: str) -> Account | None:
    """The account of this name; case does not matter."""
    return await tx.maybe(account_of, ACCOUNT_NAMED, username)


ALL_ACCOUNTS = f"{_ACCOUNTS} ORDER BY account.id"


async def accounts(tx: Queries) -> list[Account]:
    """All accounts, the oldest first."""
    return await tx.many(account_of, ALL_ACCOUNTS)


HAS_ACCOUNTS = "SELECT EXISTS (SELECT FROM account)"


async def has_accounts(tx: Queries) -> bool:
    """Whether anybody has ever got an account that still stands."""
    return await tx.one(bool, HAS_ACCOUNTS)


LOCK_SIGN_UPS = "SELECT pg_advisory_xact_lock(hashtext('fwtwisted.sign-up'))::text"


async def lock_sign_ups(tx: Tx) -> None:
    """Let one transaction at a time decide which names and addresses are free."""
    await tx.one(str, LOCK_SIGN_UPS)


EMAIL_TAKEN = "SELECT EXISTS (SELECT FROM account WHERE lower(email) = lower(%s))"


async def email_taken(tx: Queries, email: str) -> bool:
    """Whether an account has this address."""
    return await tx.one(bool, EMAIL_TAKEN, email)


@frozen
class NewAccount:
    """
    An account as it is first written.

    :ivar password: hashed.
    :ivar pod_message_days: until the pod's support message is shown; the other is Funkwhale's.
    """

    actor_id: int
    username: str
    email: str
    email_verified: bool
    password: str
    is_staff: bool
    is_superuser: bool
    permissions: frozenset[str]
    upload_quota: int | None
    pod_message_days: int
    funkwhale_message_days: int


ADD_ACCOUNT = """
    INSERT INTO account (actor_id, username, email, email_verified, password, is_staff, is_superuser, permissions,
                         upload_quota, instance_support_message_display_date, funkwhale_support_message_display_date)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s,
            now() + %s * interval '1 day', now() + %s * interval '1 day')
 RETURNING id
"""


async def add_account(tx: Tx, new: NewAccount) -> int:
    """The new account's id.  Name and address must be free: see :func:`lock_sign_ups`."""
    return await tx.one(
        int, ADD_ACCOUNT, new.actor_id, new.username, new.email, new.email_verified, new.password, new.is_staff,
        new.is_superuser, sorted(new.permissions), new.upload_quota, new.pod_message_days,
        new.funkwhale_message_days,
    )  # fmt: skip


@frozen
class Change:
    """
    What an account or its profile is to become: new values by column; what is not named stays.

    :ivar account: columns of the account.
    :ivar actor: columns of its actor.
    """

    account: Mapping[str, object]
    actor: Mapping[str, object]


ACCOUNT_CHANGES = frozenset(
    (
        "privacy_level", "instance_support_message_display_date", "funkwhale_support_message_display_date",
        "is_active", "is_staff", "is_superuser", "permissions", "upload_quota", "email", "email_verified",
    )
)  # fmt: skip
ACTOR_CHANGES = frozenset(("name", "summary", "summary_type", "icon_id", "manually_approves_followers"))


async def change_account(tx: Tx, account: Account, change: Change) -> None:
    """
    Write the change.

    :raise ValueError: when it names a column that is not to be changed like this.
    """
    await _change(tx, "account", ACCOUNT_CHANGES, account.id, change.account)
    await _change(tx, "actor", ACTOR_CHANGES, account.actor.id, change.actor)


async def _change(tx: Tx, table: str, known: frozenset[str], id: int, values: Mapping[str, object]) -> None:
    if not known.issuperset(values):
        raise ValueError(f"{sorted(set(values) - known)} of {table}")
    if values:
        columns = ", ".join(f"{name} = %s" for name in values)
        await tx.do(f"UPDATE {table} SET {columns} WHERE id = %s", *values.values(), id)


MERGE_SETTINGS = "UPDATE account SET settings = settings || %s::jsonb WHERE id = %s RETURNING settings"


async def merge_settings(tx: Tx, account_id: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Put the given keys into the account's settings; all of them as they are now."""
    merged: dict[str, Any] = await tx.one(lambda found: found, MERGE_SETTINGS, settings, account_id)
    return merged


LOCK_SUPERUSERS = "SELECT id FROM account WHERE is_superuser AND is_active ORDER BY id FOR UPDATE"


async def lock_superusers(tx: Tx) -> list[int]:
    """The ids of the accounts that may administer everything; nobody changes them before this transaction ends."""
    return await tx.many(int, LOCK_SUPERUSERS)


# --- passwords -----------------------------------------------------------------------------------


@frozen
class Credentials:
    """
    What a password is checked against.

    :ivar password: hashed.
    :ivar is_confirmed: the address is, or need not be.
    """

    account_id: int
    password: str
    is_active: bool
    is_confirmed: bool


_CREDENTIALS = "SELECT id, password, is_active, email_verified OR is_superuser FROM account"
CREDENTIALS_NAMED = f"""
    {_CREDENTIALS} WHERE lower(username) = lower(%s)
     UNION
    {_CREDENTIALS} WHERE lower(email) = lower(%s) AND email <> ''
"""


async def credentials_named(tx: Queries, name: str) -> Credentials | None:
    """Those of the account with this name or address; a name never looks like an address."""
    return await tx.maybe(Credentials, CREDENTIALS_NAMED, name, name)


CREDENTIALS = f"{_CREDENTIALS} WHERE id = %s"


async def credentials(tx: Queries, account_id: int) -> Credentials | None:
    """Those of the account."""
    return await tx.maybe(Credentials, CREDENTIALS, account_id)


REHASH = "UPDATE account SET password = %s WHERE id = %s AND password = %s"


async def rehash(tx: Tx, old: Credentials, password: str) -> None:
    """Keep the same password, hashed anew; nothing happens when it was changed meanwhile."""
    await tx.do(REHASH, password, old.account_id, old.password)


SET_PASSWORD = """
    UPDATE account
       SET password = %s, secret_key = gen_random_uuid(),
           subsonic_password = CASE WHEN subsonic_password IS NOT NULL THEN %s::bytea END
     WHERE id = %s
"""


async def set_password(tx: Tx, account_id: int, password: str, subsonic: bytes) -> None:
    """
    Write a new password (hashed) and void what was signed with the account's old secret key.

    :param subsonic: a fresh Subsonic secret, sealed, for an account that has one.
    """
    await tx.do(SET_PASSWORD, password, subsonic, account_id)


SUBSONIC = "SELECT subsonic_password FROM account WHERE id = %s"
SET_SUBSONIC = "UPDATE account SET subsonic_password = %s WHERE id = %s"


async def subsonic(tx: Queries, account_id: int) -> bytes | None:
    """The account's Subsonic secret, sealed."""
    kept = await tx.maybe(lambda found: found, SUBSONIC, account_id)
    return None if kept is None else bytes(kept)


async def set_subsonic(tx: Tx, account_id: int, sealed: bytes | None) -> None:
    """Write a Subsonic secret, sealed; None: there is none any more."""
    await tx.do(SET_SUBSONIC, sealed, account_id)


# --- pictures ------------------------------------------------------------------------------------

TAKE_PICTURE = "UPDATE attachment SET used = true WHERE uuid = %s AND actor_id = %s AND NOT used RETURNING id"
RELEASE_PICTURE = "UPDATE attachment SET used = false WHERE id = %s"
IS_PICTURE = "SELECT EXISTS (SELECT FROM attachment WHERE id = %s AND uuid = %s)"


async def take_picture(tx: Tx, actor_id: int, uuid: UUID) -> int | None:
    """The id of a loose picture that the actor uploaded, in use from now on; None when there is none."""
    return await tx.maybe(int, TAKE_PICTURE, uuid, actor_id)


async def release_picture(tx: Tx, picture_id: int) -> None:
    """Let the picture be pruned, as nothing refers to it any more."""
    await tx.do(RELEASE_PICTURE, picture_id)


async def is_picture(tx: Queries, picture_id: int | None, uuid: UUID) -> bool:
    """Whether the picture of this id is the one of this uuid."""
    return await tx.one(bool, IS_PICTURE, picture_id, uuid)


# --- leaving -------------------------------------------------------------------------------------

DEACTIVATE = """
    UPDATE account SET is_active = false, is_superuser = false, secret_key = gen_random_uuid() WHERE id = %s
"""


async def deactivate(tx: Tx, account_id: int) -> None:
    """Let nobody in by this account any more."""
    await tx.do(DEACTIVATE, account_id)


FORGET_DEEDS = """
    DELETE FROM favorite WHERE actor_id = %s;
    DELETE FROM listening WHERE actor_id = %s;
    DELETE FROM playlist WHERE actor_id = %s;
    DELETE FROM follow WHERE actor_id = %s OR target_actor_id = %s;
    DELETE FROM user_request WHERE submitter_id = %s;
    DELETE FROM account WHERE actor_id = %s;
    UPDATE attachment SET used = false WHERE id = (SELECT icon_id FROM actor WHERE id = %s);
    UPDATE actor SET type = 'Tombstone', name = NULL, summary = NULL, summary_type = NULL, icon_id = NULL WHERE id = %s
"""


async def bury_account(tx: Tx, actor_id: int) -> None:
    """
    Remove an account and what its owner did; a tombstone keeps the name, and the keys that sign the farewell.

    Libraries must be gone before.
    """
    await tx.do(FORGET_DEEDS, *([actor_id] * 9))


LAST_SEEN = """
    UPDATE account SET last_activity = now()
     WHERE id = %s AND (last_activity IS NULL OR last_activity < now() - interval '15 minutes')
"""


async def seen(tx: Tx, account_id: int) -> None:
    """Note that the account is in use, at most every 15 minutes."""
    await tx.do(LAST_SEEN, account_id)


ACCOUNTS_OF = Often("accounts_of_actors", f"{_ACCOUNTS} WHERE account.actor_id = ANY(%s)", ("bigint[]",))


async def accounts_of(tx: Queries, actor_ids: list[int]) -> dict[int, Account]:
    """The accounts of these actors, by actor; those of other pods have none."""
    return {account.actor.id: account for account in await tx.often_many(account_of, ACCOUNTS_OF, actor_ids)}
