"""Passwords, hashed and checked in threads."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as some
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from fwtwisted.core.people.password_rules import COMMON_PASSWORDS, PasswordRules
from fwtwisted.core.people.passwords import Passwords, PasswordSettings, Verdict
from tests.threads import pooled

T = TypeVar("T")

CHEAP = PasswordSettings(memory_kib=64, rounds=1)


def django(password: str, iterations: int = 10, salt: str = "salt") -> str:
    """As Django keeps a password."""
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return f"pbkdf2_sha256${iterations}${salt}${base64.b64encode(made).decode()}"


class PasswordsTests(TestCase):
    """``Passwords``."""

    def setUp(self) -> None:
        self.passwords = Passwords(pooled(self), CHEAP)

    async def test_a_password_is_known_again(self) -> None:
        """In any script; every hash is another."""
        kept = [await self.passwords.hashed("naïve 密码") for _ in range(2)]
        self.assertNotEqual(*kept)
        for one in kept:
            self.assertIs(Verdict.RIGHT, await self.passwords.check("naïve 密码", one))
            self.assertIs(Verdict.WRONG, await self.passwords.check("naive 密码", one))

    async def test_what_is_kept_is_argon2id_with_our_costs(self) -> None:
        """Readable from the string itself."""
        self.assertTrue((await self.passwords.hashed("x")).startswith("$argon2id$v=19$m=64,t=1,p=1$"))

    async def test_other_formats_are_right_but_outdated(self) -> None:
        """Django's two, and argon2 at other costs."""
        dearer = PasswordHasher(2, 64, 1).hash("right")
        for kept in (django("right"), "argon2" + dearer, dearer):
            self.assertIs(Verdict.OUTDATED, await self.passwords.check("right", kept), kept)
            self.assertIs(Verdict.WRONG, await self.passwords.check("wrong", kept), kept)

    async def test_what_cannot_be_read_fits_nothing(self) -> None:
        """Unusable passwords, unknown formats, broken strings, absurd costs."""
        whole = django("x")
        for kept in (
            "", "!", "!unusable", "x", "md5$salt$hash", "$argon2id$", "argon2$", "pbkdf2_sha256$", whole[:-3] + "*",
            whole.replace("$10$", "$0$"), whole.replace("$10$", "$-1$"), whole.replace("$10$", "$99999999999$"),
            whole.replace("$10$", "$x$"), whole + "$more",
        ):  # fmt: skip
            self.assertIs(Verdict.WRONG, await self.passwords.check("x", kept), kept)

    async def test_nobody_is_checked_like_somebody(self) -> None:
        """With the same work, and never right."""
        self.assertIs(Verdict.WRONG, await self.passwords.check("nobody's password", None))

    async def test_only_so_many_at_once(self) -> None:
        """Also when those who asked have left: a turn lasts until its work is done."""
        running: list[Deferred[Any]] = []

        def slow(work: Callable[..., T], *_: object) -> Deferred[T]:
            running.append(Deferred())
            return running[-1]

        passwords = Passwords(slow, PasswordSettings(64, at_once=2))
        asked = [Deferred.fromCoroutine(passwords.hashed("x")) for _ in range(5)]
        self.assertEqual(2, len(running))
        for left in asked[:2]:
            left.cancel()
            await self.assertFailure(left, CancelledError)
        self.assertEqual(2, len(running))
        for number in range(5):
            running[number].callback(str(number))
        self.assertEqual(["2", "3", "4"], [await one for one in asked[2:]])


class PasswordRulesTests(SynchronousTestCase):
    """``PasswordRules``."""

    rules = PasswordRules()

    def problems(self, password: str, username: str = "alice", email: str = "al@pod.example") -> list[str]:
        return self.rules.problems(password, username, email)

    def test_good_ones(self) -> None:
        """Nothing to say about them."""
        for password in ("correct horse", "Tr0ub4dor&3", "密码密码密码密码", "x9$kfo2!", "malice in wonderland"):
            self.assertEqual([], self.problems(password), password)

    def test_bad_ones(self) -> None:
        """One sentence each, or more."""
        for password, word in (
            ("abc", "short"), ("91827364", "numeric"), ("PassWord", "common"), ("iloveyou12", "common"),
            ("alice123", "username"), ("ALICE-ali", "username"), ("al@pod.example", "email"),
            ("pod.example1", "email"),
        ):  # fmt: skip
            self.assertIn(word, " ".join(self.problems(password)), password)

    def test_the_length_is_a_setting(self) -> None:
        """``PASSWORD_MIN_LENGTH``."""
        self.assertEqual([], PasswordRules(min_length=3).problems("x9$", "alice", ""))
        self.assertIn("12 characters", PasswordRules(min_length=12).problems("x9$kfo2!", "alice", "")[0])

    def test_common_ones_are_in_lower_case(self) -> None:
        """As they are compared."""
        self.assertEqual(COMMON_PASSWORDS, {one.lower() for one in COMMON_PASSWORDS})
        self.assertGreater(len(COMMON_PASSWORDS), 200)

    @given(some.text(max_size=1000), some.text(max_size=150), some.text(max_size=254))
    def test_any_text_gets_an_answer(self, password: str, username: str, email: str) -> None:
        """Sentences, never a failure."""
        self.assertIsInstance(self.problems(password, username, email), list)
