"""
Every object of ``core`` built once, each handed what it needs, for the server and the command alike.

Who has work for the hands says so by ``jobs()``, who has chores by ``schedules()``; here they are put into one table.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from fwtwisted import __version__
from fwtwisted.config import Config, kept_secret_key
from fwtwisted.core.accounts import Accounts, AccountsSettings
from fwtwisted.core.applications import Applications
from fwtwisted.core.catalog import Catalog
from fwtwisted.core.instance import Instance
from fwtwisted.core.libraries import Libraries
from fwtwisted.core.listening import Listening
from fwtwisted.core.orders import Orders, OrderSettings
from fwtwisted.core.password_rules import PasswordRules
from fwtwisted.core.passwords import Passwords, PasswordSettings
from fwtwisted.core.preferences import Preferences
from fwtwisted.core.profiles import Profiles
from fwtwisted.core.quotas import Quotas
from fwtwisted.core.shelves import Shelves
from fwtwisted.core.signin import SignIn, SignInSettings
from fwtwisted.core.tokens import ListenTokens
from fwtwisted.core.visibility import Visibility
from fwtwisted.db.jobs import JobKind, Schedule
from fwtwisted.ground import Ground
from fwtwisted.model.audio import UPLOADABLE
from fwtwisted.model.people import Pod
from fwtwisted.wire.v1 import Pictures
from fwtwisted.wire.v1_catalog import CatalogPaper
from fwtwisted.wire.v1_instance import About


class Parts:
    """What the server does, part by part."""

    def __init__(self, ground: Ground) -> None:
        config = ground.config
        database, threads, bell = ground.database, ground.threads, ground.bell
        self.pod = Pod(config.general.public_url, config.general.hostname)
        self.secret = config.general.secret_key or kept_secret_key(config.general.data)
        self.pictures = Pictures(
            config.media.url, config.general.public_url, config.media.jpeg_quality, config.media.thumbnails
        )
        self.paper = CatalogPaper(self.pictures, f"{config.general.public_url}/")
        self.preferences = Preferences(database, bell, ground.reactor)
        self.instance = Instance(database, ground.reactor, _about(config), self.preferences.values)

        self.passwords = Passwords(threads, PasswordSettings(at_once=config.processes.cpu_jobs))
        self.listen_tokens = ListenTokens(self.secret, time.time)
        self.accounts = Accounts(database, threads, self.passwords, _accounts_settings(config, self.pod))
        self.quotas = Quotas(database, self.preferences.value)
        self.profiles = Profiles(
            database, self.passwords, self.quotas, self.preferences.value, self.listen_tokens, bell.ring
        )
        self.signin = SignIn(
            database,
            self.passwords,
            self.preferences.value,
            self.listen_tokens,
            ground.cache.count,
            _signin_settings(config),
        )
        self.applications = Applications(database)

        self.visibility = Visibility(database)
        self.shelves = Shelves()
        self.catalog = Catalog(database, self.visibility, Orders(OrderSettings()), self.shelves)
        self.libraries = Libraries(database, self.visibility, bell.ring, self.pod)
        self.listening = Listening(database, self.visibility, self.shelves)

    def jobs(self) -> Mapping[str, JobKind]:
        """Every kind of job that this program can do."""
        return _merged(part.jobs() for part in (self.signin, self.profiles))

    def schedules(self) -> Mapping[str, Schedule]:
        """Every chore with a beat."""
        return _merged(part.schedules() for part in (self.signin,))

    async def begin(self) -> None:
        """What must be done before anything else happens."""

    def close(self) -> None:
        """Let go of what outlives a call."""
        self.preferences.close()


def _merged(tables: Any) -> dict[str, Any]:
    """One table of several; a name claimed twice is a bug that stops the start."""
    merged: dict[str, Any] = {}
    for table in tables:
        twice = merged.keys() & table.keys()
        if twice:
            raise ValueError(f"claimed twice: {', '.join(sorted(twice))}")
        merged.update(table)
    return merged


def _about(config: Config) -> About:
    return About(config.general.public_url, config.media.url, __version__, UPLOADABLE)


def _accounts_settings(config: Config, pod: Pod) -> AccountsSettings:
    accounts = config.accounts
    return AccountsSettings(
        pod,
        accounts.forbidden_names,
        PasswordRules(accounts.password_rules, accounts.password_min_length),
        accounts.pod_message_days,
        accounts.funkwhale_message_days,
    )


def _signin_settings(config: Config) -> SignInSettings:
    count, seconds = config.limits.rates["login"]
    return SignInSettings(
        session_seconds=config.general.session_seconds,
        attempts=count if config.limits.enabled else None,
        attempts_per_name=count,
        window_seconds=seconds,
    )
