"""
Signing in and out, and who stands behind a cookie, a token or a password.

Every proof ends in a :class:`~fwtwisted.model.people.Viewer`, which carries all rights.  Attempts with a password are
counted before the password is looked at: for one name from one address as the rate ``login`` says, for an address
five times as many, since whole offices share one.  A client that sends its password with every request (Basic) is not
counted again and costs no hashing while nothing changed: this process remembers, under a key of its own, which hash
the pair last matched.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence

from attrs import evolve, field, frozen

from fwtwisted.core.people.mailing import remind
from fwtwisted.core.people.passwords import Passwords, Verdict
from fwtwisted.core.people.tokens import ListenTokens, digest, new_secret
from fwtwisted.core.pod.limits import Limits, network_of
from fwtwisted.db.jobs import Job, JobKind, Schedule, next_hour
from fwtwisted.db.people import people, sessions
from fwtwisted.db.people.people import Credentials
from fwtwisted.db.people.sessions import Caller
from fwtwisted.db.pool import Database, Tx
from fwtwisted.db.together import Together
from fwtwisted.model.bell import Ring
from fwtwisted.model.errors import NON_FIELD, Invalid, NotFound
from fwtwisted.model.people import PERMISSION_SCOPES, TOKEN_SCOPES, USER_SCOPES, Via, Viewer, expanded
from fwtwisted.model.preferences import ReadPreference

PRUNE_SESSIONS = "sessions.prune"
LANE = "maintenance"
PRUNED_AT_ONCE = 1_000
REMEMBERED_PAIRS = 1_000
WRONG = "Unable to log in with provided credentials."
UNCONFIRMED = "Confirm your e-mail address first: open the link that was sent to you."
LISTEN_SCOPES = frozenset(("read:libraries",))

NAMES_BEHIND_AN_ADDRESS = 5

SESSIONS_BELL = "sessions"
"""Rung with the digest of a session that has ended, or with nothing: several have."""


def _nobody_hears(name: str, payload: bytes) -> None:
    """The bell of a process in which nobody listens."""


@frozen
class SignInSettings:
    """
    How long people stay signed in, and who may.

    :ivar session_seconds: how long a session lasts.
    :ivar must_confirm: nobody is let in whose address is not confirmed.
    """

    session_seconds: int = 5_400_000
    must_confirm: bool = False


@frozen
class SignedIn:
    """A fresh session.  :ivar key: what the cookie carries."""

    account_id: int
    key: str = field(repr=False)


class SignIn:
    """Opens and closes sessions, and tells who is behind a proof."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        preference: ReadPreference,
        listen_tokens: ListenTokens,
        limits: Limits,
        settings: SignInSettings,
        ring: Ring = _nobody_hears,
    ) -> None:
        self._database, self._passwords, self._preference = database, passwords, preference
        self._listen_tokens, self._limits, self._settings = listen_tokens, limits, settings
        self._ring = ring
        self._own_key = secrets.token_bytes(32)
        self._matched: OrderedDict[bytes, str] = OrderedDict()
        self._by_session: Together[bytes, Caller | None] = Together(database.read, _callers_by_sessions)
        self._by_token: Together[str, Caller | None] = Together(database.read, _callers_by_tokens)

    # --- sessions --------------------------------------------------------------------------------

    async def authenticate(self, name: str, password: str, address: str) -> int:
        """
        The id of the account whose password this is.

        :param name: a username or an e-mail address.
        :param address: the client's.
        :raise Invalid: wrong name or password, or a closed account: which, nobody is told.
        :raise Throttled: too many attempts.
        """
        found = await self._proved(name, password, address)
        if found is None:
            raise Invalid.on(NON_FIELD, WRONG)
        if not self._admits(found):
            await self._remind(found)
            raise Invalid.on(NON_FIELD, UNCONFIRMED)
        return found.account_id

    async def open_session(self, account_id: int) -> SignedIn:
        """Open a session for somebody who has proved who they are, or has just signed up."""
        key, seconds = new_secret(), self._settings.session_seconds

        async def work(tx: Tx) -> None:
            await sessions.add_session(tx, digest(key), account_id, seconds)
            await people.seen(tx, account_id)

        await self._database.transaction(work)
        return SignedIn(account_id, key)

    async def log_out(self, key: str) -> None:
        """Close the session; one that is closed already stays so."""

        async def work(tx: Tx) -> None:
            await sessions.end_session(tx, digest(key))
            tx.after_commit(self._ring, SESSIONS_BELL, digest(key))

        await self._database.transaction(work)

    async def standing(self, digests: Collection[bytes]) -> Mapping[bytes, Viewer]:
        """Who the people behind these sessions are by now; those whose session has ended are left out."""
        callers = await self._database.read(lambda tx: sessions.callers_by_sessions(tx, list(digests)))
        return {session: await self._rights(caller, Via.SESSION) for session, caller in callers.items()}

    # --- proofs ----------------------------------------------------------------------------------

    async def by_session(self, key: str) -> Viewer | None:
        """Whose session has this key."""
        caller = await self._by_session.done(digest(key))
        return await self.admitted(caller, Via.SESSION)

    async def by_token(self, token: str) -> Viewer | None:
        """
        For whom a program acts with this access token, or whose application has it as its personal one.

        It may what it was given, within what its program asks for now; never more than such tokens may carry.
        """
        caller = await self._by_token.done(token)
        if caller is None or not self._admits(caller):
            return None
        await self._note(caller)
        scopes = expanded(caller.scopes or "") & TOKEN_SCOPES
        if caller.program_scopes is not None:
            scopes &= expanded(caller.program_scopes)
        return _viewer(caller, Via.TOKEN, scopes)

    async def by_listen_token(self, token: str) -> Viewer | None:
        """Who may listen with this token, and do nothing else."""
        claim = self._listen_tokens.read(token)
        if claim is None:
            return None
        caller = await self._database.read(lambda tx: sessions.caller_by_account(tx, claim.account_id))
        if caller is None or not self._listen_tokens.holds(claim, caller.secret_key.bytes):
            return None
        if not self._admits(caller):
            return None
        await self._note(caller)
        return _viewer(caller, Via.LISTEN_TOKEN, LISTEN_SCOPES)

    async def by_password(self, name: str, password: str, address: str) -> Viewer | None:
        """Who has this name (or e-mail address) and password.  :raise Throttled: too many attempts."""
        pair = hmac.digest(self._own_key, b"%b\0%b" % (name.lower().encode(), password.encode()), hashlib.sha256)
        found = await self._database.read(lambda tx: people.credentials_named(tx, name))
        if found is None or not found.is_active or self._matched.get(pair) != found.password:
            found = await self._proved(name, password, address)
            if found is None:
                return None
            if not self._admits(found):
                await self._remind(found)
                return None
            self._remember(pair, found.password)
        account_id = found.account_id
        caller = await self._database.read(lambda tx: sessions.caller_by_account(tx, account_id))
        return await self.admitted(caller, Via.BASIC)

    async def by_command(self, username: str) -> Viewer:
        """Somebody for whom a person at the machine's own shell acts.  :raise NotFound:"""
        account = await self._database.read(lambda tx: people.account_named(tx, username))
        if account is None:
            raise NotFound(f"There is no account named {username}.")
        return Viewer(account.id, account.actor.id, account.username, True, scopes=USER_SCOPES, via=Via.COMMAND)

    def _remember(self, pair: bytes, hashed: str) -> None:
        self._matched[pair] = hashed
        self._matched.move_to_end(pair)
        while len(self._matched) > REMEMBERED_PAIRS:
            self._matched.popitem(last=False)

    async def _proved(self, name: str, password: str, address: str) -> Credentials | None:
        """The credentials that name and password fit; the attempt is counted first."""
        await self._must_not_hurry(name, address)
        found = await self._database.read(lambda tx: people.credentials_named(tx, name))
        verdict = await self._passwords.check(password, found.password if found else None)
        if found is None or verdict is Verdict.WRONG or not found.is_active:
            return None
        if verdict is Verdict.OUTDATED:
            return await self._rehashed(found, password)
        return found

    async def _rehashed(self, old: Credentials, password: str) -> Credentials:
        hashed = await self._passwords.hashed(password)
        await self._database.transaction(lambda tx: people.rehash(tx, old, hashed))
        return evolve(old, password=hashed)

    async def _must_not_hurry(self, name: str, address: str) -> None:
        who = network_of(address)
        await self._limits.spend("login", who, times=NAMES_BEHIND_AN_ADDRESS)
        await self._limits.spend("login", f"{who} {name.lower()}")

    def _admits(self, whose: Caller | Credentials) -> bool:
        """Whether the account is let in: where addresses must be confirmed, only with one that is."""
        return whose.is_confirmed or not self._settings.must_confirm

    async def _remind(self, whose: Credentials) -> None:
        """Send somebody who knows the password the link that confirms their address, now and then."""
        await self._database.transaction(lambda tx: remind(tx, self._ring, whose.account_id))

    # --- rights ----------------------------------------------------------------------------------

    async def admitted(self, caller: Caller | None, via: Via) -> Viewer | None:
        """Somebody with all the rights of their account; None when it may not be used for now."""
        if caller is None or not self._admits(caller):
            return None
        await self._note(caller)
        return await self._rights(caller, via)

    async def _rights(self, caller: Caller, via: Via) -> Viewer:
        """The viewer that an account is, by the permissions that it has and that everybody has."""
        granted = frozenset(caller.permissions) | frozenset(await self._preference("users__default_permissions"))
        if caller.is_superuser:
            granted = frozenset(PERMISSION_SCOPES)
        scopes = USER_SCOPES.union(*(PERMISSION_SCOPES[name] for name in granted if name in PERMISSION_SCOPES))
        return _viewer(caller, via, scopes, granted)

    async def _note(self, caller: Caller) -> None:
        """Note that the account is in use, now and then."""
        if caller.was_away:
            await self._database.transaction(lambda tx: people.seen(tx, caller.account_id))

    # --- chores ----------------------------------------------------------------------------------

    async def prune(self, _: Job) -> None:
        """Forget sessions that have run out."""
        while await self._database.transaction(lambda tx: sessions.prune_sessions(tx, PRUNED_AT_ONCE)):
            pass

    def jobs(self) -> Mapping[str, JobKind]:
        """What the worker runs for us."""
        return {PRUNE_SESSIONS: JobKind(LANE, self.prune)}

    def schedules(self) -> Mapping[str, Schedule]:
        """What the clock asks for."""
        return {PRUNE_SESSIONS: Schedule(PRUNE_SESSIONS, LANE, next_hour)}


async def _callers_by_sessions(tx: Tx, digests: Sequence[bytes]) -> list[Caller | None]:
    found = await sessions.callers_by_sessions(tx, set(digests))
    return [found.get(one) for one in digests]


async def _callers_by_tokens(tx: Tx, tokens: Sequence[str]) -> list[Caller | None]:
    found = await sessions.callers_by_tokens(tx, {digest(token): token for token in tokens})
    return [found.get(digest(token)) for token in tokens]


def _viewer(caller: Caller, via: Via, scopes: frozenset[str], permissions: frozenset[str] = frozenset()) -> Viewer:
    return Viewer(
        account_id=caller.account_id,
        actor_id=caller.actor_id,
        username=caller.username,
        is_local=True,
        is_superuser=caller.is_superuser,
        permissions=permissions,
        scopes=scopes,
        via=via,
    )
