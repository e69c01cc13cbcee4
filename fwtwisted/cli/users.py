"""``fwtwisted users``: accounts, as an administrator at the machine's own shell makes and changes them."""

from __future__ import annotations

import getpass
import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Sequence

from fwtwisted.cli import arrivals
from fwtwisted.cli.choosing import Commands, Parser, says_json
from fwtwisted.cli.desk import FINE, Desk, Usage, columns
from fwtwisted.cli.whole import parts_of
from fwtwisted.model.accounts import SignUp
from fwtwisted.model.people import PERMISSIONS, Account
from fwtwisted.wire.v1 import when, when_or_none

PASSWORD, NEW_PASSWORD = "FUNKWHALE_CLI_USER_PASSWORD", "FUNKWHALE_CLI_USER_UPDATE_PASSWORD"
PASSWORD_HELP = f"others on this machine may see it: better be asked, or set {PASSWORD}"
NO_PASSWORD = f"the password is missing: set {PASSWORD}, give --password, or run this at a terminal"
LARGEST_QUOTA = 2**31 - 1


def add_to(groups: Commands, everywhere: Parser, words: Sequence[str]) -> None:
    """Say how these commands are written."""
    group = groups.add_parser("users", parents=[everywhere], help="make, list and change accounts")
    commands = group.add_subparsers(metavar="COMMAND", required=True)

    new = commands.add_parser("create", parents=[everywhere], help="make an account")
    new.add_argument("-u", "--username", metavar="U", help="letters, digits and underscores")
    new.add_argument("-e", "--email", metavar="E", help="counts as verified")
    new.add_argument("-p", "--password", metavar="P", help=PASSWORD_HELP)
    new.add_argument("--superuser", action="store_true", help="may do everything")
    new.add_argument("--staff", action="store_true", help="is staff, as superusers are")
    new.add_argument("--permission", action="append", choices=PERMISSIONS, default=[], help="repeatable")
    new.add_argument("-q", "--upload-quota", type=_megabytes, metavar="MB", help="instead of the pod's")
    says_json(new)
    new.set_defaults(command=create, ask=ask_for_account)

    password = commands.add_parser("set-password", parents=[everywhere], help="give an account a new password")
    password.add_argument("-u", "--username", metavar="U", required=True)
    password.add_argument("-p", "--password", metavar="P", help=PASSWORD_HELP)
    says_json(password)
    password.set_defaults(command=set_password, ask=ask_for_password)

    leaving = commands.add_parser("remove", parents=[everywhere], help="close an account and remove all that it owns")
    leaving.add_argument("-u", "--username", metavar="U", required=True)
    leaving.add_argument("--yes", action="store_true", help="do not ask before it is done")
    leaving.set_defaults(command=remove, ask=ask_before_removing)

    everybody = commands.add_parser("list", parents=[everywhere], help="all accounts, the oldest first")
    says_json(everybody)
    everybody.set_defaults(command=list_all)

    arrivals.add_to(commands, everywhere)


def _megabytes(text: str) -> int:
    number = int(text)
    if not 0 <= number <= LARGEST_QUOTA:
        raise ValueError(text)
    return number


_megabytes.__name__ = "number of megabytes"  # what argparse calls it in its complaint


# --- questions: before the reactor runs, so that nothing waits for whoever types ------------------


def ask_for_account(told: Namespace) -> None:
    """
    Ask for what the command line left out.  Whoever types no password has one drawn, which is printed.

    :raise Usage: it cannot be asked for.
    """
    for name in ("username", "email"):
        if getattr(told, name) is None:
            setattr(told, name, _line(name))
    told.drawn = False
    if told.password is None:
        told.password = os.environ.get(PASSWORD) or _typed_password(f"Password for {told.username} (empty: draw one): ")
        if not told.password:
            told.drawn, told.password = True, secrets.token_urlsafe(12)


def ask_for_password(told: Namespace) -> None:
    """Ask for the new password, unless it was given.  :raise Usage: it cannot be asked for."""
    if told.password is None:
        known = os.environ.get(NEW_PASSWORD) or os.environ.get(PASSWORD)
        told.password = known or _typed_password(f"New password for {told.username}: ")
    if not told.password:
        raise Usage("the password is empty; nothing was changed")


def ask_before_removing(told: Namespace) -> None:
    """Have whoever types say that they mean it.  :raise Usage: they do not, or cannot be asked."""
    if told.yes:
        return
    if not sys.stdin.isatty():
        raise Usage("say --yes: all that the account owns is removed, and it cannot be had back")
    print(f"All that {told.username} owns is removed and cannot be had back. Type the name again: ", end="",
          file=sys.stderr, flush=True)  # fmt: skip
    if sys.stdin.readline().strip() != told.username:
        raise Usage("that was another name; nothing was changed")


def _line(name: str) -> str:
    if not sys.stdin.isatty():
        raise Usage(f"--{name} is needed")
    print(f"{name.capitalize()}: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _typed_password(prompt: str) -> str:
    """What is typed unseen, twice the same.  :raise Usage: there is no terminal, or the two differ."""
    if not sys.stdin.isatty():
        raise Usage(NO_PASSWORD)
    try:
        password = getpass.getpass(prompt, sys.stderr)
        if password and getpass.getpass("The same again: ", sys.stderr) != password:
            raise Usage("these were two different passwords; nothing was changed")
    except EOFError as left:
        raise Usage(NO_PASSWORD) from left
    return password


# --- commands ------------------------------------------------------------------------------------


async def create(told: Namespace, desk: Desk) -> int:
    """Make an account; its address counts as verified."""
    wish = SignUp(
        told.username, told.email, told.password,
        email_verified=True, is_staff=told.staff, is_superuser=told.superuser,
        permissions=frozenset(told.permission), upload_quota=told.upload_quota,
    )  # fmt: skip
    account = await (await parts_of(desk, new_too=True)).accounts.create(wish)
    if told.json:
        desk.document(_document(account) | ({"password": told.password} if told.drawn else {}))
        return FINE
    desk.say(f"{account.username} is {'an administrator' if account.is_superuser else 'a member'} of this pod now.")
    if told.drawn:
        desk.say(f"Password: {told.password}")
    return FINE


async def set_password(told: Namespace, desk: Desk) -> int:
    """Give an account a new password; its sessions end."""
    await (await parts_of(desk)).accounts.set_password(told.username, told.password)
    if told.json:
        desk.document({"username": told.username})
    else:
        desk.say(f"{told.username} has a new password and must sign in again everywhere.")
    return FINE


async def remove(told: Namespace, desk: Desk) -> int:
    """Close an account; what it owns is removed, and other servers are told, by the server."""
    parts = await parts_of(desk)
    account = await parts.accounts.named(told.username)
    await parts.profiles.dismiss(account.id)
    desk.say(f"{account.username} is closed. What it owns is removed, and other servers are told, while the pod runs.")
    return FINE


async def list_all(told: Namespace, desk: Desk) -> int:
    """Show all accounts."""
    accounts = await (await parts_of(desk)).accounts.everybody()
    if told.json:
        desk.document([_document(account) for account in accounts])
        return FINE
    for line in columns(("id", "username", "email", "rights", "joined", "last seen"), map(_row, accounts)):
        desk.say(line)
    return FINE


def _row(account: Account) -> tuple[object, ...]:
    rank = "superuser" if account.is_superuser else "staff" if account.is_staff else ""
    rights = [rank, *sorted(account.permissions), "" if account.is_active else "closed"]
    seen = account.last_activity.date() if account.last_activity else "-"
    told = " ".join(filter(None, rights)) or "-"
    return account.id, account.username, account.email, told, account.date_joined.date(), seen


def _document(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "username": account.username,
        "full_username": account.actor.full_username,
        "email": account.email,
        "is_active": account.is_active,
        "is_staff": account.is_staff,
        "is_superuser": account.is_superuser,
        "permissions": sorted(account.permissions),
        "upload_quota": account.upload_quota,
        "date_joined": when(account.date_joined),
        "last_activity": when_or_none(account.last_activity),
    }
