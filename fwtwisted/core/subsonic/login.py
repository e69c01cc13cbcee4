"""
Who calls: Subsonic's own proofs, and what they lead to.

The secret behind ``p`` and ``t`` is the account's Subsonic password, never its own.  Whoever fails is told the same,
whatever was wrong; failures of one name from one address are counted.  Source: docs/subsonic.md §3.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from fwtwisted.core.people.signin import SignIn
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.people.tokens import digest
from fwtwisted.core.pod.limits import Limits, network_of
from fwtwisted.db.pool import Database
from fwtwisted.db.subsonic import callers
from fwtwisted.db.subsonic.callers import SubsonicCaller
from fwtwisted.model.people import Via, Viewer

Proof: TypeAlias = Callable[[str], bool]

LOGIN = "login"
NAMES_BEHIND_AN_ADDRESS = 5
MOST_SUSPECTS = 10_000  # whose last attempt failed, in the memory of this process


@frozen
class Session:
    """
    Somebody who called, as of this moment.

    :ivar email: their own.
    :ivar denied_roles: Subsonic's roles that were taken from them.
    :ivar max_bitrate: kbit/s that they get at most; 0: no limit.
    :ivar catalog: and ``libraries``, ``ratings``: versions of the areas.  :ivar notes: number of their own notes.
    """

    viewer: Viewer
    email: str
    denied_roles: frozenset[str]
    max_bitrate: int
    catalog: int
    libraries: int
    ratings: int
    notes: int


class SubsonicLogin:
    """
    Believes, or does not.

    Every method answers None for whoever is not believed.
    """

    def __init__(self, database: Database, signin: SignIn, seal: SubsonicSeal, limits: Limits) -> None:
        self._database, self._signin, self._seal, self._limits = database, signin, seal, limits
        self._failing: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def by_password(self, name: str, password: str, address: str) -> Session | None:
        """
        Whose Subsonic password this is.

        :param name: a username or an e-mail address, in any case.  :param address: the client's.
        :raise Throttled: too many wrong ones.
        """
        given = password.encode()
        return await self._by_secret(name, address, lambda secret: hmac.compare_digest(secret.encode(), given))

    async def by_token(self, name: str, token: str, salt: str, address: str) -> Session | None:
        """
        Whose Subsonic password the token was made of.

        :param token: MD5 of password and salt, in hex of either case.
        :raise Throttled: too many wrong ones.
        """
        given = token.lower().encode()
        return await self._by_secret(
            name, address, lambda secret: hmac.compare_digest(_token(secret, salt).encode(), given)
        )

    async def by_key(self, key: str, client: str) -> Session | None:
        """Whose key of an app this is.  :param client: what the app calls itself, which is noted."""
        found = await self._database.read(lambda tx: callers.caller_by_key(tx, digest(key)))
        if found is None:
            return None
        if found.key is not None and found.key.needs_note(client):
            key_id = found.key.id
            await self._database.transaction(lambda tx: callers.key_used(tx, key_id, client))
        return await self._session(found, Via.API_KEY)

    async def by_viewer(self, viewer: Viewer) -> Session | None:
        """The same for somebody whom another proof has let in."""
        if viewer.account_id is None:
            return None
        account_id = viewer.account_id
        found = await self._database.read(lambda tx: callers.caller_of_account(tx, account_id))
        return None if found is None else _session(found, viewer)

    async def by_account(self, account_id: int) -> Session | None:
        """The same for an account that a ticket of ours names."""
        found = await self._database.read(lambda tx: callers.caller_of_account(tx, account_id))
        return None if found is None else await self._session(found, Via.SUBSONIC)

    async def _by_secret(self, name: str, address: str, proves: Proof) -> Session | None:
        suspect = (network_of(address), name.lower())
        if suspect in self._failing:
            await self._must_not_hurry(*suspect)
        found = await self._database.read(lambda tx: callers.caller_named(tx, name))
        secret = None if found is None else self._seal.opened(found.caller.account_id, found.secret)
        if proves(secret or _NOBODYS) and secret is not None and found is not None:
            self._failing.pop(suspect, None)
            return await self._session(found, Via.SUBSONIC)
        if suspect not in self._failing:
            self._suspect(suspect)
            await self._must_not_hurry(*suspect)
        return None

    def _suspect(self, suspect: tuple[str, str]) -> None:
        self._failing[suspect] = None
        while len(self._failing) > MOST_SUSPECTS:
            self._failing.popitem(last=False)

    async def _session(self, found: SubsonicCaller, via: Via) -> Session | None:
        viewer = await self._signin.admitted(found.caller, via)
        return None if viewer is None else _session(found, viewer)

    async def _must_not_hurry(self, network: str, name: str) -> None:
        """Count an attempt; apps sign in with every call, so only those of somebody who failed are counted."""
        await self._limits.spend(LOGIN, f"subsonic {network}", times=NAMES_BEHIND_AN_ADDRESS)
        await self._limits.spend(LOGIN, f"subsonic {network} {name}")


_NOBODYS = "a secret that nobody has, compared with so that nobody can tell who has none"


def _token(secret: str, salt: str) -> str:
    return hashlib.md5((secret + salt).encode(), usedforsecurity=False).hexdigest()


def _session(found: SubsonicCaller, viewer: Viewer) -> Session:
    areas = found.areas
    return Session(
        viewer=viewer,
        email=found.email,
        denied_roles=found.denied_roles,
        max_bitrate=found.max_bitrate,
        catalog=areas["catalog"],
        libraries=areas["libraries"],
        ratings=areas["ratings"],
        notes=found.notes,
    )
