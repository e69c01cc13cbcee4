"""
Requests to be let in, and what moderators answer.

Approving opens the account and tells its owner; refusing tells them, and may still be followed by approving.  Who is
in stays in: an approved request is closed.  Source: docs/api.md §4.19.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from fwtwisted.core.people import mailing
from fwtwisted.db.people import members, user_requests
from fwtwisted.db.people.user_requests import RequestRow
from fwtwisted.db.pod import reports
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.administration import RequestQuestion, RequestStatus, UserRequest
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NotFound
from fwtwisted.model.people import Viewer


class UserRequests:
    """Lists requests, and takes the answers."""

    def __init__(self, database: Database, ring: Ring) -> None:
        self._database, self._ring = database, ring

    async def listed(self, question: RequestQuestion, limit: int, offset: int) -> tuple[int, list[UserRequest]]:
        """How many match, and one page of them."""

        async def work(tx: Queries) -> tuple[int, list[UserRequest]]:
            count = await user_requests.count(tx, question)
            return count, await dressed(tx, await user_requests.page(tx, question, limit, offset))

        return await self._database.read(work)

    async def one(self, uuid: UUID) -> UserRequest:
        """The request of this uuid.  :raise NotFound:"""

        async def work(tx: Queries) -> UserRequest:
            row = await user_requests.one(tx, uuid)
            if row is None:
                raise NotFound()
            return (await dressed(tx, [row]))[0]

        return await self._database.read(work)

    async def answer(self, viewer: Viewer, uuid: UUID, status: RequestStatus) -> UserRequest:
        """Approve or refuse, as the viewer.  :raise NotFound: also when it was approved already."""
        return await self._answered(lambda tx: user_requests.lock(tx, uuid), status, viewer.actor_id, "")

    async def answer_named(self, username: str, status: RequestStatus) -> UserRequest:
        """Approve or refuse somebody's request, as a person at the machine's own shell."""
        missing = f"There is no open request of {username}."
        return await self._answered(lambda tx: user_requests.lock_of(tx, username), status, None, missing)

    async def _answered(
        self,
        lock: Callable[[Tx], Awaitable[RequestRow | None]],
        status: RequestStatus,
        actor_id: int | None,
        missing: str,
    ) -> UserRequest:
        async def work(tx: Tx) -> UserRequest:
            row = await lock(tx)
            if row is None or row.status == RequestStatus.APPROVED:
                raise NotFound(missing)
            if row.status != status:
                await user_requests.answer(tx, row.id, status.value, actor_id)
                await self._carry_out(tx, row, status)
            after = await user_requests.one(tx, row.uuid)
            assert after is not None, "held by this transaction"
            return (await dressed(tx, [after]))[0]

        return await self._database.transaction(work)

    async def _carry_out(self, tx: Tx, row: RequestRow, status: RequestStatus) -> None:
        """Let somebody in, or not, and tell them."""
        if status is RequestStatus.APPROVED:
            account_id = await user_requests.let_in(tx, row.submitter_id)
        else:
            account_id = await user_requests.account_of(tx, row.submitter_id)
        if account_id is not None and status is not RequestStatus.PENDING:
            await mailing.ask_verdict(tx, self._ring, account_id, approved=status is RequestStatus.APPROVED)


async def dressed(tx: Queries, rows: Sequence[RequestRow]) -> list[UserRequest]:
    """The requests with their people and what moderators noted."""
    ids = {row.submitter_id for row in rows} | {row.assigned_to_id for row in rows if row.assigned_to_id is not None}
    known = await members.admin_actors(tx, sorted(ids))
    notes = await reports.notes_of_requests(tx, [row.id for row in rows])
    return [
        UserRequest(
            row.id, row.uuid, RequestStatus(row.status), row.creation_date, row.handled_date, row.answers,
            known[row.submitter_id], known.get(row.assigned_to_id) if row.assigned_to_id is not None else None,
            tuple(notes.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip
