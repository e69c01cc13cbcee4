"""
What people see and change of their own account, and how they leave.

Leaving takes two steps.  The request closes the account at once: nobody gets in any more.  A job then removes what it
owned, one library at a time; the actor stays as a tombstone, so that its name never means somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from fwtwisted.core.fediverse.sending.occasions import NOBODY, Occasions
from fwtwisted.core.music.libraries import remove_with_uploads
from fwtwisted.core.people.accounts import Accounts, keep_a_superuser
from fwtwisted.core.people.endings import shut_out
from fwtwisted.core.people.pictures import changed_picture
from fwtwisted.core.people.quotas import Quotas
from fwtwisted.core.people.tokens import ListenTokens
from fwtwisted.db import jobs
from fwtwisted.db.jobs import Job, JobKind
from fwtwisted.db.music import catalog, libraries
from fwtwisted.db.people import applications, people
from fwtwisted.db.people.people import Change
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.accounts import LongText, Me, Profile, ProfileChange
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NON_FIELD, Forbidden, Invalid, NotFound
from fwtwisted.model.music import Attachment
from fwtwisted.model.people import PERMISSIONS, Account, Privacy, Viewer
from fwtwisted.model.preferences import ReadPreference

REMOVE_ACCOUNT = "accounts.remove"
LANE = "maintenance"
LARGEST_SETTINGS = 64 * 1024  # bytes


class Profiles:
    """An account in its owner's hands."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        quotas: Quotas,
        preference: ReadPreference,
        listen_tokens: ListenTokens,
        ring: Ring,
        occasions: Occasions = NOBODY,
    ) -> None:
        self._database, self._accounts, self._quotas = database, accounts, quotas
        self._occasions = occasions
        self._preference, self._listen_tokens, self._ring = preference, listen_tokens, ring

    async def me(self, viewer: Viewer) -> Me:
        """The viewer's own account.  :raise NotFound: when it is gone by now."""
        pods = frozenset(await self._preference("users__default_permissions"))
        account = await self._database.read(lambda tx: _own(tx, viewer))
        limit = await self._quotas.limit(account)

        async def work(tx: Tx) -> Me:
            return Me(
                account=account,
                permissions=frozenset(PERMISSIONS) if account.is_superuser else account.permissions | pods,
                avatar=await _avatar(tx, account),
                quota=await self._quotas.status_in(tx, account, limit),
                listen_token=self._listen_tokens.issue(account),
            )

        return await self._database.read(work)

    async def change(self, viewer: Viewer, username: str, change: ProfileChange) -> Profile:
        """
        Change what others see of the viewer.

        :raise Forbidden: the name is somebody else's.  :raise Invalid: the picture is not theirs, or in use.
        """
        if username.lower() != viewer.username.lower():
            raise Forbidden()

        async def work(tx: Tx) -> Profile:
            if "avatar" in change.values and viewer.account_id is not None:
                await people.hold(tx, viewer.account_id)  # else two new pictures at once would both stay in use
            before = await _own(tx, viewer)
            await people.change_account(tx, before, await _columns(tx, before, change))
            after = await _own(tx, viewer)
            await self._occasions.actor_changed(tx, after.actor.id)
            return Profile(after, await _avatar(tx, after))

        return await self._database.transaction(work)

    async def merge_settings(self, viewer: Viewer, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put the web app's own settings into the stored ones; all of them.  :raise Invalid: when it gets too much."""

        async def work(tx: Tx) -> Mapping[str, Any]:
            account = await _own(tx, viewer)
            merged = await people.merge_settings(tx, account.id, dict(settings))
            if len(orjson.dumps(merged)) > LARGEST_SETTINGS:
                raise Invalid.on(NON_FIELD, f"More than {LARGEST_SETTINGS} bytes of settings are not kept.")
            return merged

        return await self._database.transaction(work)

    # --- leaving ---------------------------------------------------------------------------------

    async def leave(self, viewer: Viewer, password: str) -> None:
        """
        Close the viewer's account at once, and have everything that it owns removed.

        :raise Invalid: the password is wrong, or nobody would be left to administer the pod.
        """
        account = await self._database.read(lambda tx: _own(tx, viewer))
        await self._accounts.must_match(account.id, password, "password")
        await self.dismiss(account.id)

    async def dismiss(self, account_id: int) -> None:
        """
        Close an account at once, and have everything that it owns removed.

        :raise Invalid: nobody would be left to administer the pod.
        """

        async def work(tx: Tx) -> None:
            await keep_a_superuser(tx, account_id)
            account = await people.account(tx, account_id)
            if account is not None:
                await self._occasions.account_removed(tx, account.actor.id)
            await people.deactivate(tx, account_id)
            await shut_out(tx, self._ring, account_id)
            await applications.remove_applications_of(tx, account_id)
            await jobs.ask(tx, REMOVE_ACCOUNT, LANE, {"account": account_id}, key=str(account_id))
            jobs.ring_for(tx, self._ring, LANE)

        await self._database.transaction(work)

    async def remove(self, job: Job) -> None:
        """Remove what a closed account owns, then the account; done twice it is done once."""
        account_id: int = job.args["account"]
        account = await self._database.read(lambda tx: people.account(tx, account_id))
        if account is None or account.is_active:
            return
        actor_id = account.actor.id
        while await self._database.transaction(lambda tx: self._remove_a_library(tx, actor_id)):
            pass

        async def bury(tx: Tx) -> None:
            await people.bury_account(tx, actor_id)
            tx.touch("libraries", "catalog")

        await self._database.transaction(bury)

    async def _remove_a_library(self, tx: Tx, actor_id: int) -> bool:
        """Remove one library of the actor; False when there is none."""
        found = await libraries.lock_libraries_of(tx, actor_id)
        if not found:
            return False
        await remove_with_uploads(tx, found[:1], self._ring)
        return True

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return {REMOVE_ACCOUNT: JobKind(LANE, self.remove)}


# --- steps within a transaction ------------------------------------------------------------------


async def _own(tx: Queries, viewer: Viewer) -> Account:
    found = await people.account(tx, viewer.account_id) if viewer.account_id is not None else None
    if found is None:
        raise NotFound()
    return found


async def _avatar(tx: Tx, account: Account) -> Attachment | None:
    icon = account.actor.icon_id
    return None if icon is None else (await catalog.attachments(tx, [icon])).get(icon)


async def _columns(tx: Tx, account: Account, change: ProfileChange) -> Change:
    """The change as columns; pictures are taken and released on the way."""
    on_account: dict[str, object] = {}
    on_actor: dict[str, object] = {}
    for name, value in change.values.items():
        if name == "name":
            on_actor["name"] = value or None
        elif name == "summary":
            told = (value.text, value.content_type) if isinstance(value, LongText) else (None, None)
            on_actor["summary"], on_actor["summary_type"] = told
        elif name == "avatar":
            actor, uuid = account.actor, value if isinstance(value, UUID) else None
            on_actor["icon_id"] = await changed_picture(tx, actor.id, actor.icon_id, uuid, "avatar")
        else:
            on_account[name] = value
        if name == "privacy_level":
            on_actor["manually_approves_followers"] = value is not Privacy.EVERYONE
    return Change(on_account, on_actor)
