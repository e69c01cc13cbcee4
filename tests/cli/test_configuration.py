"""``fwtwisted config``."""

from __future__ import annotations

from tests.cli.commands import CommandCase, Ended


class ConfigTests(CommandCase):
    """What is in force, and whether it works."""

    def checks(self, ended: Ended) -> dict[str, bool]:
        """Each check and whether it went well."""
        return {one["name"]: one["ok"] for one in ended.json}

    def test_show(self) -> None:
        """Every setting is shown, secrets are not, and no folder is made."""
        shown = self.done("config", "show", "--json", DJANGO_SECRET_KEY="not to be told" * 4)
        self.assertNotIn("not to be told", shown.out + shown.err)
        told = {one["name"]: (one["value"], one["origin"]) for one in shown.json}
        self.assertEqual(("***", "environment"), told["DJANGO_SECRET_KEY"])
        self.assertIn("MUSIC_DIRECTORY_PATH", self.done("config", "show").out)
        self.assertFalse(self.data.exists())

    def test_all_well(self) -> None:
        """On a machine that has everything, all checks go well."""
        ended = self.done("config", "check", "--json")
        checks = self.checks(ended)
        self.assertLessEqual({"settings", "data folder", "ffmpeg", "database", "clock"}, checks.keys())
        self.assertEqual({True}, set(checks.values()), ended)

    def test_something_is_wrong(self) -> None:
        """Whatever does not work is told, the others are tried all the same, and the status is 1."""
        ended = self.run_command(
            "config", "check", "--json",
            CACHE_URL="redis://127.0.0.1:1/0", MUSIC_DIRECTORY_PATH="/no/such",
        )  # fmt: skip
        checks = self.checks(ended)
        self.assertEqual({"Redis", "MUSIC_DIRECTORY_PATH"}, {name for name, ok in checks.items() if not ok}, ended)
        store = {
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_STORAGE_BUCKET_NAME": "bucket",
            "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:1", "S3_RETRIES": "0", "MEDIA_CACHE_PATH": "/etc/passwd/cache",
        }  # fmt: skip
        wrong = {"object store", "MEDIA_CACHE_PATH"}
        checks = self.checks(self.run_command("config", "check", "--json", **store))
        self.assertEqual(wrong, {name for name, ok in checks.items() if not ok})
        ended = self.run_command("config", "check", **store, AWS_S3_CA_BUNDLE="/no/such")
        self.assertEqual((78, ""), (ended.status, ended.out))
        self.assertIn("AWS_S3_CA_BUNDLE", ended.err)
        away = self.run_command("config", "check", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        self.assertEqual(1, away.status)
        self.assertRegex(away.out, r"FAIL  database +\S")
