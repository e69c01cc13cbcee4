"""``fwtwisted storage cache``."""

from __future__ import annotations

import os
import time

from fwtwisted.outside.cache.folder import Folder, digest_of
from fwtwisted.outside.cache.journal import Facts
from tests.cli.commands import CommandCase

NAMES = ("tracks/aa/bb/cc/one.flac", "tracks/aa/bb/cc/two.flac", "attachments/aa/bb/cc/three.png")


class CacheCommandTests(CommandCase):
    """On a folder with three copies; the store itself need not be there."""

    def setUp(self) -> None:
        super().setUp()
        self.path = str(self.folder / "cache")
        self.cached = {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_STORAGE_BUCKET_NAME": "bucket",
            "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_LOCATION": "ours",
            "MEDIA_CACHE_PATH": self.path,
            "MEDIA_CACHE_MIN_FREE": "0",
        }
        folder = Folder(self.path)
        folder.begin()
        for name in NAMES:
            coming = folder.prepare()
            folder.appear(coming, Facts(f"bucket\nours/{name}", 1 << 20, 5, '"tag"', None, None, time.time()))
            coming.files.close()
        files = folder.open(digest_of(f"bucket\nours/{NAMES[2]}"))
        assert files is not None
        folder.put_aside(digest_of(f"bucket\nours/{NAMES[2]}"), files)
        files.close()
        folder.end()

    def test_stats(self) -> None:
        """How many, how large, and what is damaged."""
        told = self.done("storage", "cache", "stats", "--json", **self.cached).json
        self.assertEqual((2, 10 << 30, [f"ours/{NAMES[2]}"]), (told["entries"], told["max_bytes"], told["damaged"]))
        self.assertGreater(told["bytes"], 0)
        lines = self.done("storage", "cache", "stats", **self.cached).out.splitlines()
        self.assertTrue(lines[0].startswith("2 copies, "))
        self.assertEqual(f"damaged, and put aside: ours/{NAMES[2]}", lines[2])

    def test_purge_and_clear(self) -> None:
        """Some, by name or by key; then all."""
        told = self.done("storage", "cache", "purge", NAMES[0], "ours/tracks/none.mp3", "--json", **self.cached).json
        self.assertEqual({"removed": [NAMES[0]], "unknown": []}, told)
        self.assertEqual("0 of 1 were here and are removed.\n",
                         self.done("storage", "cache", "purge", NAMES[0], **self.cached).out)  # fmt: skip
        self.assertEqual(1, self.run_command("storage", "cache", "purge", "../etc", **self.cached).status)
        self.assertEqual({"removed": 2}, self.done("storage", "cache", "clear", "--json", **self.cached).json)
        self.assertEqual(0, self.done("storage", "cache", "stats", "--json", **self.cached).json["entries"])
        self.assertTrue(os.path.isdir(self.path))

    def test_no_cache(self) -> None:
        """It says which setting is missing."""
        for settings in ({}, {**self.cached, "MEDIA_CACHE_PATH": ""}):
            ended = self.run_command("storage", "cache", "stats", **settings)
            self.assertEqual(2, ended.status)
            self.assertIn("MEDIA_CACHE_PATH", ended.err)
