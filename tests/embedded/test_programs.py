"""Where programs of PostgreSQL come from."""

from __future__ import annotations

import pwd

from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.embedded.programs import machine_folders


class ProgramTests(SynchronousTestCase):
    """Where programs come from."""

    def test_newest_first(self) -> None:
        """Folders of distributions come by number, not by letter."""
        majors = [int(folder.parent.name) for folder in machine_folders() if folder.parent.parent.name == "postgresql"]
        self.assertEqual(sorted(majors[1:], reverse=True), majors[1:])

    def test_owner_has_a_name(self) -> None:
        """The user for a new cluster exists."""
        self.assertTrue(any(entry.pw_name in ("postgres", "nobody") for entry in pwd.getpwall()))
