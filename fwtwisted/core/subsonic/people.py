"""
Accounts in the hands of Subsonic apps: seen, made, changed, closed.

Only who administers the pod sees others and changes anything but their own Subsonic password.  A password that comes
from an app becomes the Subsonic password, so that the app that sent it gets in at once; the account's own becomes the
same only if it is strong enough for that, else nobody knows the account's until it is set anew by mail.

Source: docs/subsonic.md §8.12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from fwtwisted.core.people.accounts import EMAIL, EMAIL_TAKEN, Accounts, keep_a_superuser
from fwtwisted.core.people.profiles import Profiles
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.people.tokens import new_secret
from fwtwisted.db.people import people
from fwtwisted.db.people.people import Change
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.subsonic import people as persons
from fwtwisted.model.accounts import LONGEST_EMAIL, LONGEST_PASSWORD, SignUp
from fwtwisted.model.errors import Forbidden, Invalid, NotFound
from fwtwisted.model.people import Account, Viewer
from fwtwisted.model.together import Person

SEE, KEEP = "read:instance:users", "write:instance:users"
OWN_SECRET = "write:security"
COVERS = "library"  # the permission to change what is known of the music

NOT_YOURS = "Only administrators of the pod may do this."


@frozen
class Roles:
    """
    What an app wants somebody to be allowed; None: unchanged, or as usual for somebody new.

    :ivar others: those that exist for Subsonic alone, by their names without ``Role``.
    :ivar max_bitrate: kbit/s; 0: no limit.
    """

    admin: bool | None = None
    covers: bool | None = None
    others: Mapping[str, bool] = field(factory=dict)
    max_bitrate: int | None = None

    def denied(self, before: frozenset[str] = frozenset()) -> frozenset[str]:
        """The roles that are taken away in the end."""
        given = {name for name, is_given in self.others.items() if is_given}
        return (before - given) | (self.others.keys() - given)


class People:
    """Shows and changes accounts."""

    def __init__(self, database: Database, accounts: Accounts, profiles: Profiles, seal: SubsonicSeal) -> None:
        self._database, self._accounts, self._profiles, self._seal = database, accounts, profiles, seal

    # --- looking ---------------------------------------------------------------------------------

    async def one(self, viewer: Viewer, username: str) -> Person:
        """An account.  :raise Forbidden: it is somebody else's.  :raise NotFound:"""
        if username.lower() != viewer.username.lower():
            _must(viewer, SEE)
        found = await self._database.read(lambda tx: persons.named(tx, username))
        if found is None:
            raise NotFound
        return found

    async def everybody(self, viewer: Viewer) -> Sequence[Person]:
        """All accounts, by name.  :raise Forbidden:"""
        _must(viewer, SEE)
        return await self._database.read(persons.everybody)

    # --- changing --------------------------------------------------------------------------------

    def must_keep(self, viewer: Viewer) -> None:
        """:raise Forbidden: the viewer does not administer the pod."""
        _must(viewer, KEEP)

    async def create(self, viewer: Viewer, username: str, email: str, password: str, roles: Roles) -> None:
        """
        Make an account that may call at once.

        :raise Forbidden:  :raise Invalid: by field: ``username``, ``email``, ``password``.
        """
        _must(viewer, KEEP)
        _must_fit(password)
        strong = not self._accounts.weaknesses(password, username, email)
        wish = SignUp(
            username, email, password if strong else new_secret(), email_verified=True, is_superuser=bool(roles.admin),
            permissions=frozenset((COVERS,)) if roles.covers else frozenset(),
        )  # fmt: skip
        prepared = await self._accounts.prepared(wish)

        async def work(tx: Tx) -> None:
            await people.lock_sign_ups(tx)
            account = await self._accounts.add(tx, prepared)
            await people.set_subsonic(tx, account.id, self._seal.sealed(account.id, password))
            await persons.restrict(tx, account.id, roles.denied(), roles.max_bitrate or 0)

        await self._database.transaction(work)

    async def change(
        self, viewer: Viewer, username: str, roles: Roles, *, email: str | None = None, password: str | None = None
    ) -> None:
        """
        Change an account; None leaves what is there.

        :raise Forbidden: also when nobody would be left to administer the pod.
        :raise NotFound:  :raise Invalid: ``email``, ``password``.
        """
        _must(viewer, KEEP)
        account = await self._named(username)
        hashed = None
        if password is not None:
            _must_fit(password)
            if not self._accounts.weaknesses(password, account.username, email or account.email):
                hashed = await self._accounts.new_hash(account.id, password, "password")

        async def work(tx: Tx) -> None:
            await self._write(tx, account, roles, email)
            if hashed is not None:
                await self._accounts.write_hash(tx, account.id, hashed)
            if password is not None:
                await people.set_subsonic(tx, account.id, self._seal.sealed(account.id, password))

        await self._database.transaction(work)

    async def _write(self, tx: Tx, account: Account, roles: Roles, email: str | None) -> None:
        """Write everything but passwords."""
        before = await persons.named(tx, account.username)
        if before is None:
            raise NotFound
        values: dict[str, object] = {}
        if email is not None and email.lower() != account.email.lower():
            values |= await _address(tx, email)
        if roles.admin is not None:
            if not roles.admin:
                await _keep_a_superuser(tx, account.id)
            values |= {"is_superuser": roles.admin, "is_staff": roles.admin}
        if roles.covers is not None:
            values["permissions"] = sorted(before.permissions - {COVERS} | ({COVERS} if roles.covers else set()))
        await people.change_account(tx, account, Change(values, {}))
        limit = before.max_bitrate if roles.max_bitrate is None else roles.max_bitrate
        await persons.restrict(tx, account.id, roles.denied(before.denied_roles), limit)

    async def set_password(self, viewer: Viewer, username: str, password: str) -> None:
        """
        Set somebody's Subsonic password, and no other; the viewer's own, or anybody's as administrator.

        :raise Forbidden:  :raise NotFound:  :raise Invalid: it is too long.
        """
        if username.lower() != viewer.username.lower():
            _must(viewer, KEEP)
        elif not viewer.may(OWN_SECRET):
            raise Forbidden(NOT_YOURS)
        _must_fit(password)
        account = await self._named(username)
        sealed = self._seal.sealed(account.id, password)
        await self._database.transaction(lambda tx: people.set_subsonic(tx, account.id, sealed))

    async def remove(self, viewer: Viewer, username: str) -> None:
        """Close somebody else's account, and have what it owns removed.  :raise Forbidden:  :raise NotFound:"""
        _must(viewer, KEEP)
        account = await self._named(username)
        if account.id == viewer.account_id:
            raise Forbidden("Nobody removes their own account from an app.")
        await self._profiles.dismiss(account.id)

    async def _named(self, username: str) -> Account:
        account = await self._accounts.named(username)
        if not account.is_active:
            raise NotFound
        return account


def _must(viewer: Viewer, scope: str) -> None:
    if not viewer.is_superuser or not viewer.may(scope):
        raise Forbidden(NOT_YOURS)


def _must_fit(password: str) -> None:
    if len(password) > LONGEST_PASSWORD:
        raise Invalid.on("password", f"A password has at most {LONGEST_PASSWORD} characters.")


async def _keep_a_superuser(tx: Tx, account_id: int) -> None:
    try:
        await keep_a_superuser(tx, account_id)
    except Invalid as why:
        raise Forbidden("Somebody must be left to administer the pod.") from why


async def _address(tx: Tx, email: str) -> Mapping[str, object]:
    if not EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL:
        raise Invalid.on("email", "Enter a valid email address.")
    await people.lock_sign_ups(tx)
    if await people.email_taken(tx, email):
        raise Invalid.on("email", EMAIL_TAKEN)
    return {"email": email, "email_verified": True}
