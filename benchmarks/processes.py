"""What the kernel tells of processes: CPU time of a whole tree, memory of one."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def here() -> Path:
    """The folder that holds the packages."""
    return Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def cpu_seconds(root: int, *, with_children: bool = True) -> float:
    """CPU time that a process has used, and all below it, those that ended included."""
    return sum(_spent(pid, with_children) for pid in (_tree(root) if with_children else {root})) / TICKS


def memory_bytes(pid: int) -> int:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def peak_bytes(pid: int) -> int:
    """The most resident memory since :func:`forget_peak`, or ever."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def forget_peak(pid: int) -> None:
    """Let the highest mark of memory begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` behind the name; none for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _spent(pid: int, with_children: bool) -> int:
    """Ticks: user, system, and both of children that ended."""
    return sum(map(int, _stat(pid)[11 : 15 if with_children else 13]))


def _tree(root: int) -> set[int]:
    """A process and all below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found
