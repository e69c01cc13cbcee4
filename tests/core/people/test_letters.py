"""What letters say."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.people.letters import Letterhead
from fwtwisted.model.people import Account, Actor, Privacy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACTOR = Actor(
    1, UUID(int=1), "https://pod.example/federation/actors/omar", "pod.example", "omar", "Person", "Omar", None, None,
    None, True, None, NOW, NOW, True,
)  # fmt: skip
OMAR = Account(
    7, ACTOR, "omar", "omar@mail.example", False, UUID(int=2), True, False, False, frozenset(), Privacy.ME, None, {},
    NOW, None, None, None,
)  # fmt: skip
HEAD = Letterhead("A pod\r\nBcc: eve@mail.example", "https://pod.example", "[Pod] ")


class LetterTests(SynchronousTestCase):
    """``Letterhead``"""

    def test_lines(self) -> None:
        """Are short, but for links, which stand whole on lines of their own."""
        for letter in (
            HEAD.confirmation(OMAR, "new@mail.example", "k" * 43),
            HEAD.new_password(OMAR, "t" * 43, 24),
            HEAD.request("mo@mail.example", OMAR, {"Why?": "word " * 300, "Band": ".\nx"}),
            HEAD.approved(OMAR),
            HEAD.refused(OMAR),
        ):
            for line in letter.text.splitlines():
                self.assertTrue(len(line) <= 72 or line.startswith("https://"), line)
            self.assertTrue(letter.subject.startswith("[Pod] "))
            self.assertNotIn("\r", letter.text)
            self.assertTrue(letter.text.endswith("\nA pod Bcc: eve@mail.example\nhttps://pod.example\n"), letter.text)

    def test_links(self) -> None:
        """Lead to the pages that the web app knows."""
        self.assertIn(
            "\nhttps://pod.example/auth/email/confirm?key=a%26b\n", HEAD.confirmation(OMAR, "x@y", "a&b").text
        )
        self.assertIn(
            "\nhttps://pod.example/auth/password/reset/confirm?uid=7&token=x\n", HEAD.new_password(OMAR, "x", 24).text
        )

    def test_words_of_others(self) -> None:
        """Are marked on every line, folded, and cut."""
        text = HEAD.request("mo@mail.example", OMAR, {"Why?": "https://evil.example\n" + "y " * 900}).text
        quoted = [line for line in text.splitlines() if "y y" in line or "evil" in line]
        self.assertTrue(quoted)
        self.assertTrue(all(line.startswith("> ") for line in quoted), quoted)
        self.assertLess(len(text), 1_200)

    def test_secrets_are_not_shown_by_chance(self) -> None:
        """The letter's own description leaves its text out."""
        self.assertNotIn("kkkk", repr(HEAD.confirmation(OMAR, "x@y", "k" * 43)))
