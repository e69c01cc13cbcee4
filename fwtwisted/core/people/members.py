"""
Accounts in the hands of those who administer them.

Whoever administers accounts may not make themselves more than they are: what belongs to administrators of everything
is changed by such only.  Source: docs/api.md §4.19.
"""

from __future__ import annotations

from attrs import frozen

from fwtwisted.core.people.accounts import keep_a_superuser
from fwtwisted.core.people.endings import shut_out
from fwtwisted.db.people import members, people
from fwtwisted.db.people.people import Change
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.administration import AdminActor, MemberChange, MemberQuestion
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Forbidden, NotFound
from fwtwisted.model.people import Account, Viewer

ON_ACCOUNT = frozenset(("is_active", "is_staff", "is_superuser", "upload_quota"))
ONLY_SUPERUSERS = "Only an administrator of everything may do that."
ONLY_ONES_OWN = "Nobody can give permissions that are not their own."


@frozen
class Member:
    """An account and its actor's addresses."""

    account: Account
    actor: AdminActor


class Members:
    """Lists accounts and changes them."""

    def __init__(self, database: Database, ring: Ring) -> None:
        self._database, self._ring = database, ring

    async def listed(self, question: MemberQuestion, limit: int, offset: int) -> tuple[int, list[Member]]:
        """How many match, and one page of them."""

        async def work(tx: Queries) -> tuple[int, list[Member]]:
            count = await members.count(tx, question)
            return count, await _dressed(tx, await members.page(tx, question, limit, offset))

        return await self._database.read(work)

    async def one(self, account_id: int) -> Member:
        """The account of this id.  :raise NotFound:"""
        return await self._database.read(lambda tx: _known(tx, account_id))

    async def change(self, viewer: Viewer, account_id: int, change: MemberChange) -> Member:
        """
        Change an account; who is shut out is signed out.

        :raise NotFound:  :raise Forbidden: only an administrator of everything may.
        :raise Invalid: nobody would be left to administer the pod.
        """

        async def work(tx: Tx) -> Member:
            before = (await _known(tx, account_id)).account
            values = change.values
            _check_rank(viewer, before, change)
            if values.get("is_superuser") is False or values.get("is_active") is False:
                await keep_a_superuser(tx, account_id)
            await people.change_account(tx, before, _columns(before, change))
            if values.get("is_active") is False:
                await shut_out(tx, self._ring, account_id)
            return await _known(tx, account_id)

        return await self._database.transaction(work)


def _check_rank(viewer: Viewer, account: Account, change: MemberChange) -> None:
    """:raise Forbidden: when the viewer would rise above their rank, reach above it, or give what is not theirs."""
    if viewer.is_superuser:
        return
    if account.is_superuser or change.values.get("is_superuser"):
        raise Forbidden(ONLY_SUPERUSERS)
    granted = {name for name, given in change.permissions.items() if given and name not in account.permissions}
    if not granted <= viewer.permissions:
        raise Forbidden(ONLY_ONES_OWN)


def _columns(account: Account, change: MemberChange) -> Change:
    """The change as columns."""
    on_account = {name: value for name, value in change.values.items() if name in ON_ACCOUNT}
    if change.permissions:
        granted = {name for name, given in change.permissions.items() if given}
        kept = account.permissions - change.permissions.keys()
        on_account["permissions"] = sorted(kept | granted)
    on_actor = {"name": change.values["name"] or None} if "name" in change.values else {}
    return Change(on_account, on_actor)


async def _known(tx: Queries, account_id: int) -> Member:
    account = await people.account(tx, account_id)
    if account is None:
        raise NotFound()
    return (await _dressed(tx, [account]))[0]


async def _dressed(tx: Queries, accounts: list[Account]) -> list[Member]:
    known = await members.admin_actors(tx, [account.actor.id for account in accounts])
    return [Member(account, known[account.actor.id]) for account in accounts]
