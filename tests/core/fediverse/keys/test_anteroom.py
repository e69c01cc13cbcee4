"""Room for those whose key another server is being asked for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.fediverse.keys.anteroom import SMALL_BYTES, Anteroom, room_of
from fwtwisted.model.federation import StillAsked


class AnteroomTests(SynchronousTestCase):
    """There are four seats, three for one name."""

    def setUp(self) -> None:
        self.anteroom = Anteroom(4, 3)

    def is_free(self, *names: str, room: int = 1) -> bool:
        """Whether somebody finds a seat."""
        try:
            with self.anteroom.seat(names, room):
                return True
        except StillAsked:
            return False

    def test_room(self) -> None:
        """Larger posts need more."""
        self.assertEqual([1, 1, 2, 129], [room_of(size) for size in (0, SMALL_BYTES - 1, SMALL_BYTES, 1 << 20)])

    def test_one_name(self) -> None:
        """Under one of several names is full: others may still come, until all is full."""
        with self.anteroom.seat(["a", "x"], 3):
            self.assertFalse(self.is_free("a", "y"))
            self.assertFalse(self.is_free("y", "x"))
            self.assertTrue(self.is_free("b", "y"))
            with self.anteroom.seat(["b"]):
                self.assertFalse(self.is_free("c"))
        self.assertTrue(self.is_free("a", room=3))

    def test_more_than_there_is(self) -> None:
        """Who is larger than all the room for one gets that, if nobody else of that name is there."""
        self.assertTrue(self.is_free("a", room=100))
        with self.anteroom.seat(["a"]):
            self.assertFalse(self.is_free("a", room=100))
            self.assertTrue(self.is_free("b", room=100))

    def test_who_fails_leaves(self) -> None:
        """Whatever happened there."""
        with self.assertRaises(KeyError), self.anteroom.seat(["a"], 3):
            raise KeyError
        self.assertTrue(self.is_free("a", room=3))
