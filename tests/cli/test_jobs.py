"""``fwtwisted jobs``."""

from __future__ import annotations

from tests.cli.commands import CommandCase

DEAD = """
    INSERT INTO dead_job (id, kind, lane, key, args, asked, failures, error)
    SELECT number, 'nothing', 'maintenance', key, '{}', now(), 8, E'Traceback\n  File\nValueError: no luck'
      FROM unnest(ARRAY[7, 8, 9, 10], ARRAY['a', 'a', NULL, NULL]) AS dead (number, key)
"""


class JobTests(CommandCase):
    """The queue as the shell shows it."""

    def setUp(self) -> None:
        super().setUp()
        self.execute(DEAD)

    def test_failed_and_retried(self) -> None:
        """Dead jobs are shown with what happened; retried, those of one key are one job."""
        failed = self.done("jobs", "failed", "--json").json
        self.assertEqual({7, 8, 9, 10}, {job["id"] for job in failed})
        self.assertEqual(2, len(self.done("jobs", "failed", "--json", "--limit", "2").json))
        lines = self.run_command("jobs", "failed").out.splitlines()
        self.assertEqual(5, len(lines))
        self.assertTrue(lines[1].endswith("ValueError: no luck"))
        self.assertEqual([], self.done("jobs", "list", "--json").json)
        self.assertEqual({"retried": 1}, self.done("jobs", "retry", "9", "--json").json)
        self.assertEqual({"retried": 3}, self.done("jobs", "retry", "--json").json)
        waiting = self.done("jobs", "list", "--json").json
        self.assertEqual(["None", "None", "a"], sorted(str(job["key"]) for job in waiting))
        self.assertEqual(4, len(self.done("jobs", "list").out.splitlines()))

    def test_unknown_numbers(self) -> None:
        """Numbers that are no dead jobs are told, the others are retried all the same."""
        ended = self.run_command("jobs", "retry", "7", "99")
        self.assertEqual((1, "1 job will be tried again.\n"), (ended.status, ended.out))
        self.assertEqual("fwtwisted: 1 of the 2 named are no failed jobs\n", ended.err)
        self.assertEqual(2, self.run_command("jobs", "retry", "0").status)
