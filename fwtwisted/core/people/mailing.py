"""
Letters on their way: asked for in the transaction that has a reason for one, sent by a job.

A job carries ids, never a secret.  The secret of a link is drawn when the letter is about to leave; its digest is
kept before, and forgotten again when the letter could not be handed over.  What will never be taken is given up at
once, everything else is tried again for some hours.  A job that runs twice sends two letters, and both links work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.core.people.letters import Letterhead
from fwtwisted.core.people.tokens import digest, new_secret
from fwtwisted.db import jobs
from fwtwisted.db.jobs import GiveUp, Job, JobKind, Schedule, next_hour
from fwtwisted.db.people import mailed, people, user_requests
from fwtwisted.db.people.mailed import Proof, Purpose
from fwtwisted.db.people.user_requests import RequestRow
from fwtwisted.db.pod import reports
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.bell import Ring
from fwtwisted.model.letters import Letter
from fwtwisted.model.people import Account
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.outside.mail import Mail, Undeliverable

LANE = "mail"
CONFIRM, RESET = "mail.confirm", "mail.reset"
REQUEST, REPORT = "mail.request", "mail.report"
APPROVED, REFUSED = "mail.approved", "mail.refused"
PRUNE, PRUNE_LANE = "mail.prune", "maintenance"
PRUNED_AT_ONCE = 1_000
ATTEMPTS = 16  # some five hours

CONFIRM_SECONDS = 3 * 24 * 3600
RESET_HOURS = 24
MOST_LINKS = 5  # of one kind to one account that are good at the same time
RESEND_SECONDS = 500.0


@frozen
class MailingSettings:
    """
    In whose name letters are written, and to whom.

    :ivar url: the pod's public address, without a slash at the end.
    :ivar host: what the pod is called when it has no name.
    :ivar prefix: what subjects begin with.
    :ivar tell_moderators: by mail, of reports, and when somebody asks to be let in.
    """

    url: str
    host: str
    prefix: str = ""
    tell_moderators: bool = True


# --- asking, within a transaction ----------------------------------------------------------------


async def ask_confirmation(tx: Tx, ring: Ring, account_id: int, email: str | None = None) -> None:
    """Have a link sent that confirms the account's address, or makes ``email`` its address."""
    await _ask(tx, ring, CONFIRM, {"account": account_id, "email": email}, key=f"{account_id}")


async def remind(tx: Tx, ring: Ring, account_id: int) -> bool:
    """The same for somebody who has not confirmed it yet, at most every :data:`RESEND_SECONDS`; whether it is."""
    if not await mailed.confirmation_due(tx, account_id, RESEND_SECONDS):
        return False
    await ask_confirmation(tx, ring, account_id)
    return True


async def ask_reset(tx: Tx, ring: Ring, email: str) -> None:
    """Have a link to a new password sent to whoever has this address; if nobody has, nothing will come of it."""
    await _ask(tx, ring, RESET, {"email": email}, key=digest(email.lower()).hex())


async def ask_moderators(tx: Tx, ring: Ring, request: RequestRow) -> None:
    """Tell each moderator of a request to be let in."""
    for moderator in await mailed.moderators(tx):
        args = {"request": str(request.uuid), "moderator": moderator}
        await _ask(tx, ring, REQUEST, args, key=f"{request.id} {moderator}")


async def ask_about(tx: Tx, ring: Ring, report: UUID) -> None:
    """Tell each moderator of a report."""
    for moderator in await mailed.moderators(tx):
        await _ask(tx, ring, REPORT, {"report": str(report), "moderator": moderator}, key=f"{report} {moderator}")


async def ask_verdict(tx: Tx, ring: Ring, account_id: int, *, approved: bool) -> None:
    """Tell somebody what the moderators decided."""
    await _ask(tx, ring, APPROVED if approved else REFUSED, {"account": account_id}, key=f"{account_id}")


async def _ask(tx: Tx, ring: Ring, kind: str, args: jobs.Args, key: str) -> None:
    await jobs.ask(tx, kind, LANE, args, key=key)
    jobs.ring_for(tx, ring, LANE)


# --- sending -------------------------------------------------------------------------------------


class Mailing:
    """Writes the letters that were asked for, and hands them over."""

    _log = Logger()

    def __init__(self, database: Database, mail: Mail, preference: ReadPreference, settings: MailingSettings) -> None:
        self._database, self._mail, self._preference, self._settings = database, mail, preference, settings

    async def confirm(self, job: Job) -> None:
        """Send the link that confirms an address."""
        account = await self._account(job.args["account"])
        if account is None:
            return
        email = job.args["email"] or account.email
        if email == account.email and (account.email_verified or not email):
            return
        head = await self._head()
        proof = Proof(account.id, email)
        await self._with_secret(
            Purpose.ADDRESS, proof, CONFIRM_SECONDS, lambda key: head.confirmation(account, email, key)
        )

    async def reset(self, job: Job) -> None:
        """Send the link to a new password, if there is somebody to send it to."""
        email = job.args["email"]
        account_id = await self._database.read(lambda tx: mailed.account_with_email(tx, email))
        account = None if account_id is None else await self._account(account_id)
        if account is None:
            return
        head = await self._head()
        proof = Proof(account.id, account.email)
        await self._with_secret(
            Purpose.PASSWORD, proof, RESET_HOURS * 3600, lambda token: head.new_password(account, token, RESET_HOURS)
        )

    async def _with_secret(
        self, purpose: Purpose, proof: Proof, seconds: float, letter: Callable[[str], Letter]
    ) -> None:
        """Draw a secret and send the letter with it; unless there are enough of its kind about."""
        secret = new_secret()
        kept = digest(secret)

        async def keep(tx: Tx) -> bool:
            return await mailed.add_secret(tx, kept, purpose, proof, seconds, MOST_LINKS)

        if not await self._database.transaction(keep):
            self._log.info(
                "account {account} was mailed enough links for now", event="mail.enough", account=proof.account_id
            )
            return
        try:
            await self._send(letter(secret))
        except Exception:  # whatever it was: the link is in nobody's hands
            await self._database.transaction(lambda tx: mailed.forget_secret(tx, kept))
            raise

    async def request(self, job: Job) -> None:
        """Tell one moderator of one request, if it still waits."""
        row = await self._database.read(lambda tx: user_requests.one(tx, UUID(job.args["request"])))
        moderator = await self._account(job.args["moderator"])
        if row is None or row.status != "pending" or moderator is None or not self._settings.tell_moderators:
            return
        account = await self._database.read(lambda tx: _account_of(tx, row.submitter_id))
        if account is not None:
            await self._send((await self._head()).request(moderator.email, account, row.answers))

    async def report(self, job: Job) -> None:
        """Tell one moderator of one report, if nobody has seen to it."""
        report = await self._database.read(lambda tx: reports.one(tx, UUID(job.args["report"])))
        moderator = await self._account(job.args["moderator"])
        if report is None or report.is_handled or moderator is None or not self._settings.tell_moderators:
            return
        await self._send((await self._head()).report(moderator.email, report))

    async def approved(self, job: Job) -> None:
        """Tell somebody that they may come in."""
        await self._tell(job, Letterhead.approved)

    async def refused(self, job: Job) -> None:
        """Tell somebody that they may not."""
        await self._tell(job, Letterhead.refused)

    async def _tell(self, job: Job, letter: Callable[[Letterhead, Account], Letter]) -> None:
        account = await self._account(job.args["account"])
        if account is not None and account.email:
            await self._send(letter(await self._head(), account))

    async def _send(self, letter: Letter) -> None:
        try:
            await self._mail.send(letter)
        except Undeliverable as never:
            raise GiveUp(str(never)) from never

    async def _account(self, account_id: int) -> Account | None:
        return await self._database.read(lambda tx: people.account(tx, account_id))

    async def _head(self) -> Letterhead:
        name = await self._preference("instance__name")
        return Letterhead(name or self._settings.host, self._settings.url, self._settings.prefix)

    # --- chores ----------------------------------------------------------------------------------

    async def prune(self, _: Job) -> None:
        """Forget links that have run out."""
        while await self._database.transaction(lambda tx: mailed.prune_secrets(tx, PRUNED_AT_ONCE)):
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        letters = {
            CONFIRM: self.confirm,
            RESET: self.reset,
            REQUEST: self.request,
            REPORT: self.report,
            APPROVED: self.approved,
            REFUSED: self.refused,
        }
        kinds = {name: JobKind(LANE, run, attempts=ATTEMPTS) for name, run in letters.items()}
        return {**kinds, PRUNE: JobKind(PRUNE_LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return {PRUNE: Schedule(PRUNE, PRUNE_LANE, next_hour)}


async def _account_of(tx: Queries, actor_id: int) -> Account | None:
    return (await people.accounts_of(tx, [actor_id])).get(actor_id)
