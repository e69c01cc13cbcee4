"""Kept orders: how much room they may take."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from fwtwisted.core.music.orders import Orders, OrderSettings


class OrdersTests(TestCase):
    """What is kept, and what is not."""

    async def test_questions_without_an_answer_do_not_pile_up(self) -> None:
        """Orders that hold nothing are kept in bounded number, too: the last ones."""
        orders, asked = Orders(OrderSettings(most_orders=3)), []

        async def ask(question: str) -> None:
            async def compute() -> list[int]:
                asked.append(question)
                return []

            await orders.order(question, 1, compute)

        for number in range(10):
            await ask(f"nonsense {number}")
        asked.clear()
        for number in range(9, -1, -1):
            await ask(f"nonsense {number}")
        self.assertEqual([f"nonsense {number}" for number in range(6, -1, -1)], asked)
