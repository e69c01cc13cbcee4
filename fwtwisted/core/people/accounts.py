"""
Accounts: how people get one, change it, and leave.

A new account is an actor with a key pair, and a row that lets its owner in.  Which names and addresses are free is
decided by one transaction at a time (``lock_sign_ups``); all that takes long (hashing, drawing keys) is done before
it begins.
"""

from __future__ import annotations

import re

from attrs import field, frozen

from fwtwisted.core.people.actors import own_actor
from fwtwisted.core.people.endings import end_sessions, shut_out
from fwtwisted.core.people.keys import KeyPair, new_keys
from fwtwisted.core.people.password_rules import PasswordRules
from fwtwisted.core.people.passwords import Passwords, Verdict
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.people.tokens import digest, new_secret
from fwtwisted.db.people import people, sessions
from fwtwisted.db.people.people import Change, NewAccount
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.accounts import LONGEST_EMAIL, LONGEST_USERNAME, SignUp
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NON_FIELD, Forbidden, Invalid, NotFound, Problems
from fwtwisted.model.people import Account, Pod, Viewer
from fwtwisted.model.threads import Threads

USERNAME = re.compile(r"[A-Za-z0-9_]+")
EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@(?:[^\s@<>()\[\],;:\\\"/.]+\.)*[^\s@<>()\[\],;:\\\"/.]+")
NEVER_FREE = frozenset(
    (
        "funkwhale", "library", "instance", "test", "status", "root", "admin", "owner", "superuser", "staff",
        "service", "me", "ghost", "_", "-", "hello", "contact", "inbox", "outbox", "shared-inbox", "shared_inbox",
        "actor",
    )
)  # fmt: skip
# Paths below users/ that a name would hide.
RESERVED_PATHS = frozenset(("users", "login", "logout", "settings"))

WRONG_PASSWORD = "The password is not correct."
NO_SETUP = "The setup link is not valid (any more)."
NAME_TAKEN = "A user with that username already exists."
EMAIL_TAKEN = "A user is already registered with this e-mail address."
LAST_SUPERUSER = "This is the only administrator: make somebody else one first."


@frozen
class AccountsSettings:
    """
    What an account may be.

    :ivar forbidden_names: beside those that are never free.
    :ivar rules: what passwords must be.
    :ivar pod_message_days: from sign-up to the pod's support message; the other one is Funkwhale's.
    """

    pod: Pod
    forbidden_names: tuple[str, ...] = ()
    rules: PasswordRules = field(factory=PasswordRules)
    pod_message_days: int = 15
    funkwhale_message_days: int = 15


@frozen
class Prepared:
    """A sign-up that is lawful in itself, and what took long to compute for it."""

    wish: SignUp
    password: str = field(repr=False)
    keys: KeyPair


class Accounts:
    """Creates accounts and lets their owners change them."""

    def __init__(
        self,
        database: Database,
        threads: Threads,
        passwords: Passwords,
        seal: SubsonicSeal,
        ring: Ring,
        settings: AccountsSettings,
    ) -> None:
        self._database, self._threads, self._passwords = database, threads, passwords
        self._seal, self._ring, self._settings = seal, ring, settings
        self._forbidden = NEVER_FREE | RESERVED_PATHS | {name.lower() for name in settings.forbidden_names}

    # --- getting one -----------------------------------------------------------------------------

    async def create(self, wish: SignUp) -> Account:
        """
        Make an account, its actor and its keys.

        :raise Invalid: by field: ``username``, ``email``, ``password``.
        """
        prepared = await self.prepared(wish)

        async def work(tx: Tx) -> Account:
            await people.lock_sign_ups(tx)
            return await self.add(tx, prepared)

        return await self._database.transaction(work)

    async def issue_setup_token(self) -> str | None:
        """A token with which the first account can be made; older ones are void.  None when there is an account."""
        token = new_secret()

        async def work(tx: Tx) -> str | None:
            await people.lock_sign_ups(tx)
            if await people.has_accounts(tx):
                return None
            await sessions.replace_setup_token(tx, digest(token))
            return token

        return await self._database.transaction(work)

    async def set_up(self, token: str, wish: SignUp) -> Account:
        """
        Make the first account; the token is void afterwards.

        :raise Forbidden: the token is wrong or was used, or there is an account.  :raise Invalid: by field.
        """

        async def first_look(tx: Queries) -> None:
            await self._must_hold(tx, token)

        await self._database.read(first_look)
        prepared = await self.prepared(wish)

        async def work(tx: Tx) -> Account:
            await people.lock_sign_ups(tx)
            await self._must_hold(tx, token)
            await sessions.forget_setup_tokens(tx)
            return await self.add(tx, prepared)

        return await self._database.transaction(work)

    async def _must_hold(self, tx: Queries, token: str) -> None:
        if not await sessions.setup_token_holds(tx, digest(token)):
            raise Forbidden(NO_SETUP)

    async def problems(self, wish: SignUp) -> Problems:
        """Why such an account cannot be made, by field; nothing when it can, unless somebody is faster."""
        return self._problems(wish) or await self._database.read(lambda tx: self._taken(tx, wish))

    async def prepared(self, wish: SignUp) -> Prepared:
        """
        What :meth:`add` needs; all that takes long is done.

        :raise Invalid: by field: ``username``, ``email``, ``password``.
        """
        problems = await self.problems(wish)
        if problems:
            raise Invalid(problems)
        keys = await self._threads(new_keys)
        return Prepared(wish, await self._passwords.hashed(wish.password), keys)

    def _problems(self, wish: SignUp) -> Problems:
        """What is wrong with the wish in itself."""
        problems: dict[str, list[str]] = {}
        if not USERNAME.fullmatch(wish.username):
            problems["username"] = ["A name has letters of the English alphabet, digits and underscores only."]
        elif len(wish.username) > LONGEST_USERNAME:
            problems["username"] = [f"A name has at most {LONGEST_USERNAME} characters."]
        elif wish.username.lower() in self._forbidden:
            problems["username"] = ["This name is reserved."]
        if not EMAIL.fullmatch(wish.email) or len(wish.email) > LONGEST_EMAIL:
            problems["email"] = ["Enter a valid email address."]
        if weak := self._settings.rules.problems(wish.password, wish.username, wish.email):
            problems["password"] = weak
        return problems

    async def _taken(self, tx: Queries, wish: SignUp) -> Problems:
        """Which names of the wish others have, channels among them."""
        problems: dict[str, list[str]] = {}
        if await people.actor_named(tx, wish.username, self._settings.pod.domain) is not None:
            problems["username"] = [NAME_TAKEN]
        if await people.email_taken(tx, wish.email):
            problems["email"] = [EMAIL_TAKEN]
        return problems

    async def add(self, tx: Tx, prepared: Prepared) -> Account:
        """
        Write a new account; the transaction must hold ``people.lock_sign_ups``.

        :raise Invalid: by field: somebody was faster.
        """
        wish, settings = prepared.wish, self._settings
        problems = await self._taken(tx, wish)
        if problems:
            raise Invalid(problems)
        await people.add_domain(tx, settings.pod.domain)
        name, url = wish.username, f"{settings.pod.url}/@{wish.username}"
        actor_id = await people.add_actor(tx, own_actor(settings.pod, name, "Person", name, url, prepared.keys))
        if actor_id is None:
            raise Invalid.on("username", NAME_TAKEN)
        new = NewAccount(
            actor_id, wish.username, wish.email, wish.email_verified, prepared.password,
            wish.is_staff or wish.is_superuser, wish.is_superuser, wish.permissions, wish.upload_quota,
            settings.pod_message_days, settings.funkwhale_message_days,
        )  # fmt: skip
        return await _known(tx, await people.add_account(tx, new))

    def weaknesses(self, password: str, username: str, email: str) -> list[str]:
        """Why the password will not do for an account of this name and address; nothing when it will."""
        return self._settings.rules.problems(password, username, email)

    # --- looking them up -------------------------------------------------------------------------

    async def everybody(self) -> list[Account]:
        """All accounts, the oldest first; for who administers the pod."""
        return await self._database.read(people.accounts)

    async def named(self, username: str) -> Account:
        """The account of this name.  :raise NotFound:"""
        found = await self._database.read(lambda tx: people.account_named(tx, username))
        if found is None:
            raise NotFound(f"There is no account named {username}.")
        return found

    async def of(self, viewer: Viewer) -> Account:
        """The viewer's own account.  :raise NotFound: when it is gone by now."""
        return await self._database.read(lambda tx: _known(tx, viewer.account_id))

    # --- changing it -----------------------------------------------------------------------------

    async def change_password(self, viewer: Viewer, old: str, new: str, session: str | None) -> None:
        """
        Change the viewer's password; all their sessions but ``session`` end, their listen tokens and links are void.

        A Subsonic secret, if they have one, is drawn anew.

        :param session: the key of the session that asks, if one does.
        :raise Invalid: ``old_password`` is wrong, or ``new_password2`` breaks the rules.
        """
        account = await self.of(viewer)
        await self.must_match(account.id, old, "old_password")
        await self._write_password(account, new, "new_password2", digest(session) if session else b"")

    async def set_password(self, username: str, password: str) -> None:
        """
        Give an account a new password, as an administrator at the machine does.

        :raise NotFound:  :raise Invalid: ``password`` breaks the rules.
        """
        await self._write_password(await self.named(username), password, "password", b"")

    async def _write_password(self, account: Account, password: str, field: str, keep: bytes) -> None:
        hashed = await self._new_hash(account, password, field)
        await self._database.transaction(lambda tx: self.write_hash(tx, account.id, hashed, keep))

    async def new_hash(self, account_id: int, password: str, field: str) -> str:
        """
        What is to be kept of an account's new password.

        :raise NotFound:  :raise Invalid: on ``field``: the password breaks the rules.
        """
        account = await self._database.read(lambda tx: _known(tx, account_id))
        return await self._new_hash(account, password, field)

    async def _new_hash(self, account: Account, password: str, field: str) -> str:
        weak = self._settings.rules.problems(password, account.username, account.email)
        if weak:
            raise Invalid({field: weak})
        return await self._passwords.hashed(password)

    async def write_hash(self, tx: Tx, account_id: int, hashed: str, keep: bytes = b"") -> None:
        """Write a new password and end what hung on the old one.  :param keep: digest of a session that stays."""
        await people.set_password(tx, account_id, hashed, self._seal.fresh(account_id))
        await end_sessions(tx, self._ring, account_id, but=keep)

    async def must_match(self, account_id: int, password: str, field: str) -> None:
        """:raise Invalid: on ``field`` when the password is not the account's."""
        found = await self._database.read(lambda tx: people.credentials(tx, account_id))
        if await self._passwords.check(password, found.password if found else None) is Verdict.WRONG:
            raise Invalid.on(field, WRONG_PASSWORD)

    async def change(self, username: str, **values: object) -> Account:
        """
        Change what an administrator may: ``is_active``, ``is_staff``, ``is_superuser``, ``permissions``,
        ``upload_quota``, ``email``, ``email_verified``.

        :raise NotFound:  :raise Invalid: nobody would be left to administer the pod.
        """
        wanted = await self.named(username)

        async def work(tx: Tx) -> Account:
            if values.get("is_superuser") is False or values.get("is_active") is False:
                await keep_a_superuser(tx, wanted.id)
            await people.change_account(tx, wanted, Change(values, {}))
            if values.get("is_active") is False:
                await shut_out(tx, self._ring, wanted.id)
            return await _known(tx, wanted.id)

        return await self._database.transaction(work)


# --- steps within a transaction ------------------------------------------------------------------


async def keep_a_superuser(tx: Tx, account_id: int) -> None:
    """:raise Invalid: when without this account nobody could administer the pod."""
    if await people.lock_superusers(tx) == [account_id]:
        raise Invalid.on(NON_FIELD, LAST_SUPERUSER)


async def _known(tx: Queries, account_id: int | None) -> Account:
    found = await people.account(tx, account_id) if account_id is not None else None
    if found is None:
        raise NotFound()
    return found
