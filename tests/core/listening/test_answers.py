"""Long answers: written once, for a while, within bounds."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from fwtwisted.core.listening.answers import Answers, AnswerSettings


class AnswersTests(TestCase):
    """What is kept, and for how long."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.answers = Answers(self.clock.seconds, AnswerSettings(most_bytes=40, seconds=20))
        self.times = 0

    async def asked(self, question: str, size: int = 8) -> bool:
        """Whether the answer had to be written."""
        before = self.times

        async def write() -> bytes:
            self.times += 1
            return question.encode() * size

        self.assertEqual(question.encode() * size, await self.answers.get(question, write))
        return self.times > before

    async def test_an_answer_is_written_once_in_a_while(self) -> None:
        """Until it is too old; other questions have other answers."""
        self.assertTrue(await self.asked("a"))
        self.clock.advance(19.9)
        self.assertFalse(await self.asked("a"))
        self.assertTrue(await self.asked("b"))
        self.clock.advance(0.1)
        self.assertTrue(await self.asked("a"))
        self.assertFalse(await self.asked("a"))
        self.assertFalse(await self.asked("b"))

    async def test_those_asked_for_last_are_kept(self) -> None:
        """As many as there is room for."""
        for question in "abcde":
            await self.asked(question)
        self.assertFalse(await self.asked("a"))
        self.assertTrue(await self.asked("f"))
        self.assertFalse(await self.asked("a"))
        self.assertTrue(await self.asked("b"))

    async def test_what_is_too_long_is_not_kept(self) -> None:
        """Nor does it drive out what is."""
        await self.asked("a")
        self.assertTrue(await self.asked("x", 11))
        self.assertTrue(await self.asked("x", 11))
        self.assertFalse(await self.asked("a"))
