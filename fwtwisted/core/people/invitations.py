"""
Invitations: codes by which one person each may sign up.

Source: docs/api.md §4.19; docs/settings.md, ``USERS_INVITATION_EXPIRATION_DAYS``.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Sequence

from attrs import frozen

from fwtwisted.db.people import invitations, members, people
from fwtwisted.db.people.invitations import InvitationRow
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.administration import LONGEST_CODE, Invitation, InvitationQuestion
from fwtwisted.model.errors import NON_FIELD, Invalid, NotFound
from fwtwisted.model.people import Viewer

DRAWN_LETTERS = 10
LAWFUL = re.compile(rf"[A-Za-z0-9_.~-]{{1,{LONGEST_CODE}}}")
TAKEN = "There is an invitation with this code already."
UNLAWFUL = f"A code has at most {LONGEST_CODE} letters of the English alphabet, digits, and - _ . ~"


@frozen
class InvitationsSettings:
    """
    What invitations are worth, and where they lead.

    :ivar days: for how long a new one is good.
    :ivar url: the pod's public address, without a slash at the end.
    """

    days: int = 14
    url: str = ""


class Invitations:
    """Made, listed, taken back."""

    def __init__(self, database: Database, settings: InvitationsSettings) -> None:
        self._database, self._settings = database, settings

    async def listed(self, question: InvitationQuestion, limit: int, offset: int) -> tuple[int, list[Invitation]]:
        """How many match, and one page of them."""

        async def work(tx: Queries) -> tuple[int, list[Invitation]]:
            count = await invitations.count(tx, question)
            return count, await _dressed(tx, await invitations.page(tx, question, limit, offset))

        return await self._database.read(work)

    async def one(self, id: int) -> Invitation:
        """The invitation of this id.  :raise NotFound:"""
        return await self._database.read(lambda tx: _known(tx, id))

    async def invite(self, viewer: Viewer, code: str | None = None) -> Invitation:
        """
        Make an invitation of the viewer's.

        :param code: None: one is drawn.
        :raise Invalid: on ``code``: it is taken, or cannot be one.
        """
        owner = viewer.account_id
        if owner is None:
            raise NotFound()
        return await self._database.transaction(lambda tx: self._add(tx, owner, code))

    async def invite_as(self, username: str | None, code: str | None = None) -> Invitation:
        """
        The same for a person at the machine's own shell.

        :param username: whose it is; None: the oldest administrator's.
        :raise NotFound: there is no such account.
        """

        async def work(tx: Tx) -> Invitation:
            if username is None:
                owner = await members.first_superuser(tx)
            else:
                account = await people.account_named(tx, username)
                owner = None if account is None else account.id
            if owner is None:
                raise NotFound("There is no account named so." if username else "There is no administrator yet.")
            return await self._add(tx, owner, code)

        return await self._database.transaction(work)

    async def _add(self, tx: Tx, owner: int, code: str | None) -> Invitation:
        if code is not None and not LAWFUL.fullmatch(code):
            raise Invalid.on("code", UNLAWFUL)
        row = await invitations.add(tx, owner, code or _drawn(), self._settings.days)
        if row is None:
            raise Invalid.on("code", TAKEN)
        return (await _dressed(tx, [row]))[0]

    async def change(self, id: int, code: str) -> Invitation:
        """Give an invitation another code.  :raise NotFound:  :raise Invalid: on ``code``."""
        if not LAWFUL.fullmatch(code):
            raise Invalid.on("code", UNLAWFUL)

        async def work(tx: Tx) -> Invitation:
            await _known(tx, id)
            if not await invitations.change_code(tx, id, code):
                raise Invalid.on("code", TAKEN)
            return await _known(tx, id)

        return await self._database.transaction(work)

    async def take_back(self, ids: Sequence[int]) -> int:
        """
        Remove those of them that are open; how many.

        :raise Invalid: none of them is.
        """
        removed = await self._database.transaction(lambda tx: invitations.remove_open(tx, list(ids)))
        if not removed:
            raise Invalid.on(NON_FIELD, "No open invitation was named.")
        return removed

    def link(self, invitation: Invitation) -> str:
        """The address of the page where it is used."""
        return f"{self._settings.url}/signup?invitation={invitation.code}"


def _drawn() -> str:
    return "".join(secrets.choice(string.ascii_uppercase) for _ in range(DRAWN_LETTERS))


async def _known(tx: Queries, id: int) -> Invitation:
    row = await invitations.one(tx, id)
    if row is None:
        raise NotFound()
    return (await _dressed(tx, [row]))[0]


async def _dressed(tx: Queries, rows: Sequence[InvitationRow]) -> list[Invitation]:
    """The invitations with their people."""
    ids = {row.owner_id for row in rows} | {row.guest_id for row in rows if row.guest_id is not None}
    known = await members.by_ids(tx, sorted(ids))
    return [
        Invitation(
            row.id, known[row.owner_id], row.code, row.creation_date, row.expiration_date, row.used,
            known.get(row.guest_id) if row.guest_id is not None else None,
        )
        for row in rows
    ]  # fmt: skip
