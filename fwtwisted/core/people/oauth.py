"""
Programs get leave to act for people: codes, tokens, and how both end (OAuth 2).

::

    a person allows ──▶ code ── exchanged once ──▶ pair ── refreshed ──▶ pair ── refreshed ──▶ …
                        5 minutes                  └───────────── one family ─────────────┘

A pair is an access token and a refresh token.  Refreshing makes a new pair and voids both tokens of the old one; what
is spent stays known until it would have run out, because **a second use says that somebody else has it too**: it ends
the whole family, and the person signs in again.  The program of a person who lost the answer (a crash, a broken line)
pays no more than that: it never learned the new pair, and other sign-ins of the same program are other families.

Two requests under way at once are not a second use: a page loaded twice sends the same code or refresh token twice
before it can have heard an answer.  The first wins, the other is refused, and the winner's tokens live.  "At once" is
exact, not a span of grace: the spending lies after the arrival of the request that comes too late.

Source: RFC 6749, RFC 7636, RFC 7009; RFC 9700, 4.14 (reuse of refresh tokens); docs/api.md §4.4.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.core.people.applications import kept_secret
from fwtwisted.core.people.tokens import digest, new_secret
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_midnight
from fwtwisted.db.people import applications, oauth
from fwtwisted.db.people.oauth import KeptCode, KeptPair, NewCode, NewPair
from fwtwisted.db.pool import Database, Queries, Tx
from fwtwisted.model.errors import NON_FIELD, BadRequest, Forbidden, Invalid, NotFound
from fwtwisted.model.oauth import (
    INVALID_CLIENT,
    INVALID_GRANT,
    INVALID_REQUEST,
    INVALID_SCOPE,
    AuthorizationWish,
    Challenge,
    ChallengeMethod,
    Client,
    CodeExchange,
    Decision,
    OAuthRefused,
    Refresh,
    Tokens,
)
from fwtwisted.model.people import Application, Viewer, expanded

PRUNE = "oauth.prune"
LANE = "maintenance"
PRUNED_AT_ONCE = 1_000
NO_APPLICATION = "Invalid application."
NO_REDIRECT = "Mismatching redirect URI."

Age = Callable[[], float]
"""How long ago the present request arrived, seconds."""


@frozen
class OAuthSettings:
    """How long what lives, in seconds."""

    code_seconds: int = 300
    access_seconds: int = 36_000
    refresh_seconds: int = 15 * 24 * 3600


class OAuth:
    """Gives programs leave to act for people, and takes it back."""

    _log = Logger()

    def __init__(self, database: Database, settings: OAuthSettings) -> None:
        self._database, self._settings = database, settings

    # --- a person decides ------------------------------------------------------------------------

    async def decide(self, viewer: Viewer, wish: AuthorizationWish) -> Decision:
        """
        Note what the viewer decided about a program.

        :raise Invalid: there is no such program.  :raise BadRequest: it may not be answered at that place.
        """
        if viewer.account_id is None:
            raise Forbidden()
        account_id = viewer.account_id
        program = await self._database.read(lambda tx: applications.application(tx, wish.client_id))
        if program is None:
            raise Invalid.on(NON_FIELD, NO_APPLICATION)
        place = _place(program, wish.redirect_uri)
        if not wish.allowed:
            return Decision(place, None, wish.state)
        code = new_secret()
        new = self._new_code(program, account_id, place, wish, code)
        await self._database.transaction(lambda tx: oauth.add_code(tx, new))
        return Decision(place, code, wish.state)

    def _new_code(
        self, program: Application, account_id: int, place: str, wish: AuthorizationWish, code: str
    ) -> NewCode:
        challenge = wish.challenge
        return NewCode(
            digest=digest(code),
            application_id=program.id,
            account_id=account_id,
            redirect_uri=place,
            scopes=wish.scopes,
            challenge=challenge.text if challenge else None,
            challenge_method=challenge.method.value if challenge else None,
            seconds=self._settings.code_seconds,
        )

    # --- a program asks --------------------------------------------------------------------------

    async def tokens(self, client: Client, asked: CodeExchange | Refresh, age: Age) -> Tokens:
        """
        Give a program tokens for a code or for a refresh token.

        :raise OAuthRefused: what ends by this has ended for good all the same.
        """

        async def work(tx: Tx) -> Tokens | str:
            program = await _proven(tx, client)
            if isinstance(asked, CodeExchange):
                return await self._exchanged(tx, program, asked, age)
            return await self._refreshed(tx, program, asked, age)

        outcome = await self._database.transaction(work)
        if isinstance(outcome, str):
            raise OAuthRefused(outcome)
        return outcome

    async def _exchanged(self, tx: Tx, program: Application, asked: CodeExchange, age: Age) -> Tokens | str:
        """The tokens for a code, or the word of the refusal."""
        code = digest(asked.code)
        await oauth.hold_code(tx, code, program.id)
        kept = await oauth.kept_code(tx, code, program.id, age())
        if kept is None:
            return INVALID_GRANT
        if kept.family is not None:
            if not kept.was_spent_meanwhile:
                await self._end_reused(tx, program, kept.account_id, kept.family)
            return INVALID_GRANT
        if asked.redirect_uri is None and len(program.redirect_uris.split()) > 1:
            return INVALID_REQUEST
        if not kept.holds or asked.redirect_uri not in (None, kept.redirect_uri) or not _answers(kept, asked.verifier):
            return INVALID_GRANT
        family = uuid4()
        await oauth.spend_code(tx, code, family)
        return await self._paired(tx, program, kept, family)

    async def _refreshed(self, tx: Tx, program: Application, asked: Refresh, age: Age) -> Tokens | str:
        """The tokens for a refresh token, or the word of the refusal."""
        token = digest(asked.refresh_token)
        await oauth.hold_pair(tx, token, program.id)
        kept = await oauth.kept_pair(tx, token, program.id, age())
        if kept is None:
            return INVALID_GRANT
        if kept.is_replaced:
            if not kept.was_replaced_meanwhile:
                await self._end_reused(tx, program, kept.account_id, kept.family)
            return INVALID_GRANT
        if not kept.holds:
            return INVALID_GRANT
        if asked.scopes is not None and not expanded(asked.scopes) <= expanded(kept.scopes):
            return INVALID_SCOPE
        await oauth.replace_pair(tx, kept.id)
        return await self._paired(tx, program, kept, kept.family)

    async def _end_reused(self, tx: Tx, program: Application, account_id: int, family: UUID) -> None:
        """End all that came from a consent of which something was used a second time."""
        await oauth.end_family(tx, family)
        self._log.warn(
            "program {program} used a secret of account {account} a second time; that sign-in has ended",
            event="oauth.reused",
            program=program.id,
            account=account_id,
        )

    async def _paired(self, tx: Tx, program: Application, kept: KeptCode | KeptPair, family: UUID) -> Tokens:
        """A fresh pair of tokens of the family."""
        access, refresh, settings = new_secret(), new_secret(), self._settings
        pair = NewPair(
            family=family,
            application_id=program.id,
            account_id=kept.account_id,
            scopes=kept.scopes,
            access_digest=digest(access),
            access_seconds=settings.access_seconds,
            refresh_digest=digest(refresh),
            refresh_seconds=settings.refresh_seconds,
        )
        await oauth.add_pair(tx, pair)
        return Tokens(access, refresh, settings.access_seconds, kept.scopes)

    async def revoke(self, client: Client, token: str) -> None:
        """
        End what a token came from, whichever of the two kinds it is; one that is unknown has ended already.

        :raise OAuthRefused: the program is not who it says.
        Source: RFC 7009, 2.
        """

        async def work(tx: Tx) -> None:
            program = await _proven(tx, client)
            await oauth.end_family_of_token(tx, program.id, digest(token))

        await self._database.transaction(work)

    # --- what a person has granted ---------------------------------------------------------------

    async def grants(self, viewer: Viewer) -> list[Application]:
        """The programs that may act for the viewer, in the order in which they became known."""
        if viewer.account_id is None:
            return []
        account_id = viewer.account_id
        return await self._database.read(lambda tx: oauth.granted(tx, account_id))

    async def grant(self, viewer: Viewer, client_id: str) -> Application:
        """One of these programs.  :raise NotFound:"""
        return _among(await self.grants(viewer), client_id)

    async def end_grant(self, viewer: Viewer, client_id: str) -> None:
        """Take back every code and token that the program has for the viewer.  :raise NotFound: it has none."""
        if viewer.account_id is None:
            raise NotFound()
        account_id = viewer.account_id

        async def work(tx: Tx) -> None:
            await oauth.hold_account(tx, account_id)
            program = _among(await oauth.granted(tx, account_id), client_id)
            await oauth.end_grant(tx, account_id, program.id)

        await self._database.transaction(work)

    # --- chores ----------------------------------------------------------------------------------

    async def prune(self, _: Job) -> None:
        """Forget codes and tokens that have run out."""
        while await self._database.transaction(lambda tx: oauth.prune(tx, PRUNED_AT_ONCE)):
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return {PRUNE: JobKind(LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return {PRUNE: Schedule(PRUNE, LANE, next_midnight, expires=timedelta(days=1))}


def _place(program: Application, redirect_uri: str | None) -> str:
    """
    Where a program is answered: one of its registered places, letter by letter.

    :raise BadRequest: it registered no such place, or several when none is named.
    """
    places = program.redirect_uris.split()
    if redirect_uri is None and len(places) == 1:
        return places[0]
    if redirect_uri is None or redirect_uri not in places:
        raise BadRequest(NO_REDIRECT)
    return redirect_uri


def _answers(kept: KeptCode, verifier: str | None) -> bool:
    """Whether the code's challenge, if it has one, is answered."""
    if kept.challenge is None:
        return True
    method = ChallengeMethod(kept.challenge_method or ChallengeMethod.PLAIN)
    return Challenge(kept.challenge, method).is_answered_by(verifier)


async def _proven(tx: Queries, client: Client) -> Application:
    """
    The program that the client is.

    :raise OAuthRefused: it is unknown, or its secret is wrong: which, nobody is told.
    """
    program = await applications.application(tx, client.client_id)
    shown = kept_secret(client.client_secret)
    if program is None or not hmac.compare_digest(program.client_secret.encode(), shown.encode()):
        raise OAuthRefused(INVALID_CLIENT, by_header=client.by_header)
    return program


def _among(programs: list[Application], client_id: str) -> Application:
    for program in programs:
        if program.client_id == client_id:
            return program
    raise NotFound()
