"""
Passwords: hashed with argon2id, checked, and never in the reactor's time.

Strings in Django's format are accepted as well, for accounts that move in from a Funkwhale pod; the caller hashes the
password anew when a check says so.  Hashing is meant to be costly, so only so many run at once, also when those who
asked have left: a crowd at the door waits instead of taking the machine's memory.

Source: RFC 9106; the format ``pbkdf2_sha256$ITERATIONS$SALT$BASE64`` is Django's.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import frozen
from twisted.internet.defer import Deferred, DeferredSemaphore

from fwtwisted.model.threads import Threads

T = TypeVar("T")

DJANGO_PBKDF2 = "pbkdf2_sha256$"
DJANGO_ARGON2 = "argon2$"
MOST_ITERATIONS = 10_000_000


@frozen
class PasswordSettings:
    """
    What a hash costs.

    :ivar memory_kib: kibibytes each takes.
    :ivar rounds: passes over that memory.
    :ivar lanes: processors each uses.
    :ivar at_once: how many are computed at the same time, in this process.
    """

    memory_kib: int = 47_104
    rounds: int = 1
    lanes: int = 1
    at_once: int = 2


class Verdict(enum.Enum):
    """What came of checking a password."""

    WRONG = enum.auto()
    RIGHT = enum.auto()
    OUTDATED = enum.auto()  # right, but hashed in an older manner: hash it anew


class Passwords:
    """Hashes and checks passwords in threads."""

    def __init__(self, threads: Threads, settings: PasswordSettings) -> None:
        self._threads = threads
        self._hasher = PasswordHasher(settings.rounds, settings.memory_kib, settings.lanes, type=Type.ID)
        self._turns = DeferredSemaphore(settings.at_once)
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """The string to keep."""
        return await self._in_turn(self._hasher.hash, password)

    async def check(self, password: str, kept: str | None) -> Verdict:
        """
        Compare a password with the string that was kept.

        :param kept: None: there is no such account; takes as long as if there were one.
        """
        if kept is None:
            if self._nobodys is None:
                self._nobodys = await self.hashed("nobody's password")
            await self._in_turn(self._judge, password, self._nobodys)
            return Verdict.WRONG
        return await self._in_turn(self._judge, password, kept)

    def _judge(self, password: str, kept: str) -> Verdict:
        """Blocks.  :param kept: argon2's own encoding, or one of Django's."""
        if kept.startswith(DJANGO_PBKDF2):
            return Verdict.OUTDATED if _pbkdf2_matches(password, kept) else Verdict.WRONG
        encoded = kept.removeprefix(DJANGO_ARGON2) if kept.startswith(DJANGO_ARGON2) else kept
        encoded = encoded if encoded.startswith("$") else "$" + encoded
        try:
            self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return Verdict.WRONG
        outdated = encoded != kept or self._hasher.check_needs_rehash(encoded)
        return Verdict.OUTDATED if outdated else Verdict.RIGHT

    def _in_turn(self, work: Callable[..., T], *args: object) -> Deferred[T]:
        """Run ``work`` in a thread when it is its turn.  Who waits may leave; the turn lasts until the work is done."""
        heard: Deferred[T] = Deferred()
        self._turns.run(self._threads, work, *args).addCallbacks(heard.callback, heard.errback)
        return heard


def _pbkdf2_matches(password: str, kept: str) -> bool:
    """Whether the password is the one that Django hashed into ``kept``.  Blocks."""
    pieces = kept.split("$")
    if len(pieces) != 4 or not pieces[1].isascii() or not pieces[1].isdigit():
        return False
    iterations = int(pieces[1][:12])
    if not 0 < iterations <= MOST_ITERATIONS:
        return False
    try:
        expected = base64.b64decode(pieces[3], validate=True)
    except (binascii.Error, ValueError):
        return False
    found = hashlib.pbkdf2_hmac("sha256", password.encode(), pieces[2].encode(), iterations)
    return hmac.compare_digest(found, expected)
