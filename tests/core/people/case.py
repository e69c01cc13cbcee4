"""Accounts and what belongs to them, built on a real database, for tests."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock

from fwtwisted.core.music.libraries import Libraries
from fwtwisted.core.music.visibility import Visibility
from fwtwisted.core.people.accounts import Accounts, AccountsSettings
from fwtwisted.core.people.applications import Applications
from fwtwisted.core.people.passwords import Passwords, PasswordSettings
from fwtwisted.core.people.profiles import Profiles
from fwtwisted.core.people.quotas import Quotas
from fwtwisted.core.people.signin import SignIn, SignInSettings
from fwtwisted.core.people.subsonic_tokens import SubsonicSeal
from fwtwisted.core.people.tokens import ListenTokens
from fwtwisted.core.pod.limits import Limits, LimitsSettings
from fwtwisted.model.accounts import SignUp
from fwtwisted.model.people import Account, Pod, Viewer
from fwtwisted.outside.tallies import MemoryTallies
from tests.database import HOME, DatabaseCase
from tests.threads import pooled

CHEAP = PasswordSettings(memory_kib=64, rounds=1)
POD = Pod(f"https://{HOME}", HOME)
ADDRESS = "192.0.2.1"
PASSWORD = "correct horse"


class PeopleCase(DatabaseCase):
    """Everything about accounts, with a clock of its own and cheap hashes."""

    settings = SignInSettings()
    rates = {"login": (30, 3600)}

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.clock.advance(1_800_000_000)
        self.preferences: dict[str, Any] = {"users__default_permissions": [], "users__upload_quota": 1000}
        self.rung: list[tuple[str, bytes]] = []
        threads = pooled(self)
        self.passwords = Passwords(threads, CHEAP)
        self.limits = Limits(MemoryTallies(self.clock), LimitsSettings(rates=self.rates))
        self.listen_tokens = ListenTokens("server's own", self.clock.seconds)
        self.accounts = Accounts(
            self.database,
            threads,
            self.passwords,
            SubsonicSeal("server's own"),
            self.ring,
            AccountsSettings(POD, ("taboo",)),
        )
        self.signin = SignIn(
            self.database, self.passwords, self.preference, self.listen_tokens, self.limits, self.settings
        )
        self.quotas = Quotas(self.database, self.preference)
        self.profiles = Profiles(
            self.database, self.accounts, self.quotas, self.preference, self.listen_tokens, self.ring
        )
        self.applications = Applications(self.database)
        self.visibility = Visibility(self.database)
        self.libraries = Libraries(self.database, self.visibility, self.ring, POD)

    async def preference(self, identifier: str) -> Any:
        return self.preferences[identifier]

    def ring(self, name: str, payload: bytes = b"") -> None:
        self.rung.append((name, payload))

    async def an_account(self, name: str = "alice", **wishes: Any) -> Account:
        """An account whose password is :data:`PASSWORD`."""
        return await self.accounts.create(SignUp(name, f"{name}@mail.example", PASSWORD, **wishes))

    async def a_viewer(self, name: str = "alice", **wishes: Any) -> Viewer:
        """Somebody who has signed in."""
        account = await self.an_account(name, **wishes)
        viewer = await self.signin.by_session((await self.signin.open_session(account.id)).key)
        assert viewer is not None
        return viewer
