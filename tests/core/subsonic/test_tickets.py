"""Addresses that open one thing for a while (docs/subsonic.md rule 57)."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.subsonic.media.tickets import Tickets


class TicketTests(SynchronousTestCase):
    """Ours, others', old ones."""

    def test_said(self) -> None:
        """What was said comes back, for as long as it is good."""
        clock = Clock()
        tickets = Tickets("a", "secret", clock.seconds, 100)
        ticket = tickets.issue([1, "tr-5", 128])
        self.assertRegex(ticket, r"^[A-Za-z0-9_-]+$")
        self.assertEqual([1, "tr-5", 128], tickets.read(ticket))
        clock.advance(100)
        self.assertIsNone(tickets.read(ticket))

    def test_not_ours(self) -> None:
        """Changed, of another kind, of another server, nonsense: all are none."""
        clock = Clock()
        tickets = Tickets("a", "secret", clock.seconds, 100)
        ticket = tickets.issue([1])
        for at in range(len(ticket) - 1):
            changed = ticket[:at] + ("A" if ticket[at] != "A" else "B") + ticket[at + 1 :]
            self.assertIsNone(tickets.read(changed))
        for other in (Tickets("b", "secret", clock.seconds, 100), Tickets("a", "other", clock.seconds, 100)):
            self.assertIsNone(tickets.read(other.issue([1])))
        for nonsense in ("", "a", "é", "=" * 50, "x" * 5000, "....", ticket + "=" * 3):
            self.assertIsNone(tickets.read(nonsense), nonsense)
