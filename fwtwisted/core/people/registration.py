"""
How people come in by themselves.

::

    the pod is    by itself      with an invitation
    open          in             in
    closed        turned away    in

    and then      a moderator must approve: the account stays closed, a request waits for an answer
                  the address must be confirmed first: the account is there, and lets nobody in yet

An invitation is good once.  Who comes at the same time with the same name, address or invitation meets at one lock:
one comes in, the others are told what is taken.

Source: docs/api.md §4.2; docs/settings.md, ``users__registration_enabled``, ``moderation__signup_approval_enabled``.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from fwtwisted.core.people import mailing
from fwtwisted.core.people.accounts import Accounts, Prepared
from fwtwisted.core.people.user_requests import dressed
from fwtwisted.core.pod.live import Audience, Tell
from fwtwisted.db.people import invitations, mailed, people, user_requests
from fwtwisted.db.people.people import Change
from fwtwisted.db.pool import Database, Tx
from fwtwisted.model.accounts import SignUp
from fwtwisted.model.administration import LONGEST_CODE, Admission, Newcomer
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import Forbidden, Invalid, Problems
from fwtwisted.model.people import Account
from fwtwisted.model.preferences import ReadPreference
from fwtwisted.wire.fields import REQUIRED
from fwtwisted.wire.v1.administration import request_came

CLOSED = "Sign-up is closed on this pod."
NO_INVITATION = "This invitation code is not valid (any more)."

LONGEST_ANSWERS = {"short_text": 255, "long_text": 5_000}


@frozen
class RegistrationSettings:
    """What is asked of those who come in.  :ivar must_confirm: nobody is let in whose address is not confirmed."""

    must_confirm: bool = False


@frozen
class Admitted:
    """An account that was just made, and what its owner must wait for."""

    account: Account
    admission: Admission


class Registration:
    """Makes accounts for people who ask."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        preference: ReadPreference,
        ring: Ring,
        tell: Tell,
        settings: RegistrationSettings,
    ) -> None:
        self._database, self._accounts, self._preference = database, accounts, preference
        self._ring, self._tell, self._settings = ring, tell, settings

    async def must_be_open(self, *, is_invited: bool) -> None:
        """:raise Forbidden: nobody is let in without an invitation."""
        if not is_invited and not await self._preference("users__registration_enabled"):
            raise Forbidden(CLOSED)

    async def register(self, newcomer: Newcomer) -> Admitted:
        """
        Make an account.

        :raise Forbidden: the pod is closed, and there is no invitation.
        :raise Invalid: by field: ``username``, ``email``, ``password1``, ``invitation``, ``request_fields``.
        """
        code = newcomer.invitation
        await self.must_be_open(is_invited=code is not None)
        by_approval = bool(await self._preference("moderation__signup_approval_enabled"))
        answers = await self._answers(newcomer) if by_approval else None
        prepared = await self._prepared(newcomer, code)

        async def work(tx: Tx) -> Account:
            await people.lock_sign_ups(tx)
            account = await self._added(tx, prepared, code)
            if by_approval:
                await self._have_approved(tx, account, answers)
            if await mailed.confirmation_due(tx, account.id, 0):
                await mailing.ask_confirmation(tx, self._ring, account.id)
            return account

        account = await self._database.transaction(work)
        return Admitted(account, self._admission(by_approval))

    def _admission(self, by_approval: bool) -> Admission:
        if by_approval:
            return Admission.APPROVAL
        return Admission.CONFIRM if self._settings.must_confirm else Admission.IN

    async def _prepared(self, newcomer: Newcomer, code: str | None) -> Prepared:
        """The account, ready to be written, or everything that is wrong with the wish for it."""
        wish = SignUp(newcomer.username, newcomer.email, newcomer.password)
        problems = _renamed(await self._accounts.problems(wish))
        if code is not None and not await self._is_open(code):
            problems["invitation"] = [NO_INVITATION]
        if problems:
            raise Invalid(problems)
        return await self._accounts.prepared(wish)

    async def _is_open(self, code: str) -> bool:
        if not 0 < len(code) <= LONGEST_CODE:
            return False
        return await self._database.read(lambda tx: invitations.is_open(tx, code))

    async def _added(self, tx: Tx, prepared: Prepared, code: str | None) -> Account:
        """Write the account; an invitation is used up by it."""
        try:
            account = await self._accounts.add(tx, prepared)
        except Invalid as taken:
            raise Invalid(_renamed(taken.problems)) from taken
        if code is not None:
            invitation = await invitations.use(tx, code)
            if invitation is None:
                raise Invalid.on("invitation", NO_INVITATION)
            await invitations.name_guest(tx, invitation, account.id)
        return account

    async def _have_approved(self, tx: Tx, account: Account, answers: Mapping[str, str] | None) -> None:
        """Close the account, and have moderators look at it."""
        await people.change_account(tx, account, Change({"is_active": False}, {}))
        row = await user_requests.add(tx, account.actor.id, answers)
        await mailing.ask_moderators(tx, self._ring, row)
        (request,) = await dressed(tx, [row])
        message = request_came(request, await user_requests.pending(tx))
        tx.after_commit(self._tell, Audience.permitted("moderation"), message)

    async def _answers(self, newcomer: Newcomer) -> Mapping[str, str] | None:
        """
        What was answered to the sign-up form; None when it asks nothing.

        :raise Invalid: on ``request_fields``, by label: an answer is missing, or too long.
        """
        form = await self._preference("moderation__signup_form_customization")
        problems: dict[str, list[str]] = {}
        answers: dict[str, str] = {}
        for asked in form.get("fields", []) if form else []:
            label, answer = asked["label"], newcomer.answers.get(asked["label"], "")
            longest = LONGEST_ANSWERS[asked["input_type"]]
            if asked["required"] and not answer:
                problems[label] = [REQUIRED]
            elif len(answer) > longest:
                problems[label] = [f"Ensure this field has no more than {longest} characters."]
            elif answer:
                answers[label] = answer
        if problems:
            raise Invalid({"request_fields": problems})
        return answers or None


def _renamed(problems: Problems) -> dict[str, list[str] | Problems]:
    """What is wrong, by the names of this form's fields."""
    return {"password1" if name == "password" else name: told for name, told in problems.items()}
