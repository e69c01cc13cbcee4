"""Children that give way to whoever wakes (docs/operations.md)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from fwtwisted.outside.giving_way import GROUP, TURN_SECONDS, turn_seconds, turns_had
from fwtwisted.outside.offspring import environment

HOME = Path(__file__).parents[2]
ASKS = """
import os
from pathlib import Path
from fwtwisted.outside.giving_way import GROUP, give_way, turn_seconds
{before}
give_way(7)
print(os.nice(0), turn_seconds(0), os.sched_getscheduler(0), os.getsid(0) == os.getpid())
print(Path(GROUP).read_text() if Path(GROUP).exists() else "")
"""


def asked(before: str = "") -> list[str]:
    """What a child tells of itself after it has asked: niceness, turn, class, whether it is alone; and its group."""
    words = [sys.executable, "-c", ASKS.format(before=before)]
    return subprocess.run(words, env=environment(), capture_output=True, text=True, check=True).stdout.split()


class GivingWayTests(SynchronousTestCase):
    """One process."""

    def test_long_turns(self) -> None:
        """It has long turns at a lower priority; the turns of others are as they were."""
        before = turn_seconds(0)
        if not before:
            raise SkipTest("this kernel knows no turns of ordinary processes")
        niceness, turn, kind, *_ = asked()
        self.assertEqual((int(niceness), float(turn), int(kind)), (os.nice(0) + 7, TURN_SECONDS, os.SCHED_OTHER))
        self.assertEqual(turn_seconds(0), before)

    def test_a_group_of_its_own(self) -> None:
        """It has a session of its own, whose group has the same priority."""
        told = asked()
        self.assertEqual(told[3], "True")
        if Path(GROUP).exists():
            self.assertEqual(told[-2:], ["nice", told[0]])

    def test_who_leads_a_group(self) -> None:
        """Who was started at a terminal stays in that session, and gives way as well."""
        told = asked("os.setpgid(0, 0)")
        self.assertEqual((int(told[0]), told[3]), (os.nice(0) + 7, "False"))

    def test_other_classes(self) -> None:
        """Who is in another class by somebody's decision stays there."""
        told = asked("os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))")
        self.assertEqual((int(told[2]), float(told[1])), (os.SCHED_BATCH, turn_seconds(0)))

    def test_a_program_from_its_first_moment(self) -> None:
        """A program can be started so that it gives way before it loads anything; it sees its own arguments."""
        words = [sys.executable, "-m", "fwtwisted.outside.giving_way", "7", "tests.outside.gentle_child", "a", "b"]
        told = subprocess.run(words, env=environment(), cwd=HOME, capture_output=True, text=True, check=True).stdout
        self.assertEqual(told.split(), [str(os.nice(0) + 7), "a", "b"])

    def test_what_we_have_had(self) -> None:
        """The kernel tells how long we ran; work makes it more."""
        before = turns_had()
        if before is None:
            raise SkipTest("this kernel counts no turns")
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        after = turns_had()
        assert after is not None
        self.assertGreaterEqual(after.ran_seconds, before.ran_seconds + 0.04)
        self.assertGreaterEqual(after.waited_seconds, before.waited_seconds)

    def test_nobody_there(self) -> None:
        """Of a process that is not there, nothing is known."""
        self.assertEqual(turn_seconds(2**22 + 1), 0.0)
