"""Documents that are written once for as long as what they tell of stays the same."""

from __future__ import annotations

from attrs import evolve, frozen
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.wire.v1 import Document
from fwtwisted.wire.v1.catalog import WrittenOnce


@frozen
class Thing:
    """Something with a name."""

    name: str


class OnceTests(SynchronousTestCase):
    """Which document stands for a value."""

    def setUp(self) -> None:
        self.written: list[str] = []

    def write(self, thing: Thing) -> Document:
        """A document of a thing."""
        self.written.append(thing.name)
        return {"name": thing.name}

    def test_the_same_object(self) -> None:
        """Is written once; another one is written anew, even when it is equal or takes over the id."""
        once: WrittenOnce[Thing] = WrittenOnce()
        first = Thing("a")
        for _ in range(3):
            self.assertEqual({"name": "a"}, once.of(1, first, self.write))
        self.assertEqual(["a"], self.written)
        once.of(1, Thing("a"), self.write)
        self.assertEqual({"name": "b"}, once.of(1, evolve(first, name="b"), self.write))
        self.assertEqual(["a", "a", "b"], self.written)

    def test_no_more_than_a_stated_number(self) -> None:
        """Of more, all are forgotten."""
        once: WrittenOnce[Thing] = WrittenOnce(most=3)
        things = [Thing(str(number)) for number in range(4)]
        for number, thing in enumerate(things):
            once.of(number, thing, self.write)
        once.of(3, things[3], self.write)
        self.assertEqual(4, len(self.written))
        once.of(0, things[0], self.write)
        self.assertEqual(5, len(self.written))
