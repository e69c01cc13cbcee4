"""``fwtwisted moderation``."""

from __future__ import annotations

from tests.cli.commands import CommandCase


class ModerationTests(CommandCase):
    """Decisions made at the shell."""

    def test_a_server(self) -> None:
        """Blocked before it is ever met, decided otherwise, listed, unblocked."""
        self.make_account()
        ended = self.done("moderation", "block", "Bad.example", "--reason", "spam")
        self.assertEqual("bad.example: block_all\n", ended.out)
        self.assertEqual(
            "bad.example: block_all, reject_media\n", self.done("moderation", "reject-media", "bad.example").out
        )
        self.done("moderation", "silence", "loud.example")
        told = self.done("moderation", "list", "--json").json
        self.assertEqual(["bad.example", "loud.example"], [one["target"]["id"] for one in told["policies"]])
        self.assertEqual(
            ("spam", True, True, False),
            tuple(told["policies"][0][key] for key in ("summary", "is_active", "reject_media", "silence_activity")),
        )
        self.assertIn("bad.example   block_all, reject_media", self.done("moderation", "list").out)
        self.done("moderation", "unblock", "bad.example")
        left = self.done("moderation", "list", "--json").json["policies"]
        self.assertEqual(["loud.example"], [one["target"]["id"] for one in left])

    def test_the_allow_list(self) -> None:
        """Servers are put on it, known or not, and taken off."""
        self.make_account()
        ended = self.done("moderation", "allow", "fine.example", "good.example")
        self.assertIn("the allow list is off", ended.err)
        self.done("moderation", "allow", "--not", "good.example")
        self.assertEqual(["fine.example"], self.done("moderation", "list", "--json").json["allowed"])
        self.assertEqual("fine.example: removed\n", self.done("moderation", "purge", "fine.example").out)

    def test_problems(self) -> None:
        """Ourselves, nobody, nothing: a sentence and status 1 or 2; nothing is decided."""
        self.make_account()
        for words in (
            ("block", "ada@pod.example"), ("block", "nobody@bad.example"), ("block", "no name"),
            ("unblock", "bad.example"), ("purge", "bad.example"),
            ("purge", "nobody@bad.example"), ("allow", "--not", "bad.example"),
        ):  # fmt: skip
            ended = self.run_command("moderation", *words)
            self.assertEqual(1, ended.status, (words, ended))
        self.assertEqual(2, self.run_command("moderation", "block", "@").status)
        self.assertEqual([], self.done("moderation", "list", "--json").json["policies"])
