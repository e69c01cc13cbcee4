"""What people send about their notifications."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.model.errors import Invalid
from fwtwisted.wire.v1.notifications import read_action


class ActionTests(SynchronousTestCase):
    """Marking several as read."""

    def test_numbers_and_their_texts(self) -> None:
        self.assertEqual((3, 2**63 - 1), read_action({"action": "read", "objects": [3, str(2**63 - 1)]}).ids)

    @given(st.one_of(st.text(), st.integers(), st.booleans(), st.floats(), st.none(), st.lists(st.integers())))
    @example("0" * 20 + "9" * 30)
    @example("9" * 5_000)
    def test_what_is_no_number_of_a_row(self, value: object) -> None:
        """Is told so, and never asked of the database."""
        try:
            (id,) = read_action({"action": "read", "objects": [value]}).ids or ()
        except Invalid:
            return
        self.assertTrue(0 <= id < 2**63)
