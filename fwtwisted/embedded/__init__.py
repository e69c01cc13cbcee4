"""
A private PostgreSQL under the data folder, for whoever names no database of their own (docs/operations.md O-4).

::

    data/
      lock                the one server on this folder holds it (flock) and writes its process id into it
      postgres/           the cluster; its Unix socket and its ``log/`` are in it
      postgres.password   of the role ``fwtwisted``, made once
      postgres.log        what PostgreSQL said while it started
      postgres.users      everybody who uses the cluster shares this lock: the last one out stops PostgreSQL
      postgres.turn       held while somebody looks, starts or stops: one at a time
      postgres.alive      inherited, locked, by PostgreSQL and all its children: free when none of them lives

**Life.**  Whoever comes first starts it, the server or the ``fwtwisted`` command; others find it running and adopt it.
Killed servers leave it running, for the next to adopt.  When it is killed itself, its users notice through a pidfd
and the first of them starts it again, with growing rests.  No lock outlives its holder, so that nothing has to be
cleaned up after a crash; ``postgres.alive`` also proves what the number in ``postmaster.pid`` cannot: after a reboot
that may be anybody's.

**Never as root.**  PostgreSQL refuses root.  Started as root, its programs run as the owner of the cluster, who is
``postgres`` or else ``nobody`` for a new one.  That user may be unable to walk to a folder under, say, ``/root``;
therefore programs are given an open descriptor of the cluster and call it ``/proc/self/fd/N``, a way in that asks no
parent folder.  Nothing is written, and no link followed, as root inside the cluster, which is that user's.

**The socket** is in the cluster folder.  Its name may be longer than the 107 bytes that an address holds; then we
connect through ``/proc/self/fd/N`` as well, and a person does so with
``cd data/postgres && psql -h /proc/self/cwd -U fwtwisted``.

The folder has to be on a local disk: locks on network file systems do not keep these promises.

Settings are written by ``ALTER SYSTEM`` when the cluster is made, and may be changed the same way.
"""

from fwtwisted.embedded.programs import EmbeddedError, ProgramFinder
from fwtwisted.embedded.service import EmbeddedPostgres

__all__ = ["EmbeddedError", "EmbeddedPostgres", "ProgramFinder"]
