"""People as documents."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.people import Actor
from fwtwisted.wire.v1 import people

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
EVE = Actor(
    1, uuid4(), "https://far.example/users/eve", "far.example", "eve", "Person", "Eve", None, None, None, None, None,
    MOMENT, MOMENT, False,
)  # fmt: skip


class ActorTests(SynchronousTestCase):
    """Actors of other servers among them."""

    def test_what_they_say_of_themselves(self) -> None:
        """HTML of strangers comes without scripts, handlers and frames; what we keep as words stays as it is."""
        evil = '<p onclick="x()">Hi <b>you</b><script>x()</script><img src=x onerror=x()><a href="javascript:x()">y</a>'
        told = people.actor(evolve(EVE, summary=evil, summary_type="text/html"))["summary"]
        self.assertEqual('<p>Hi <b>you</b><a rel="noopener noreferrer">y</a></p>', told)
        said = evolve(EVE, summary="1 < 2", summary_type="text/markdown")
        self.assertEqual(("1 < 2", None), (people.actor(said)["summary"], people.actor(EVE)["summary"]))
