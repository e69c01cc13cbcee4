"""
Giving way at the processor: for children that have much to do and nothing that anybody waits for.

A lower priority alone is not enough.  It says how much of the processors a child gets, and not when: since 6.6 Linux
lets whoever runs finish a turn of some milliseconds, although somebody wakes who is due before, and a page that waits
for that is late, however little it needs.  Since 6.12 a process may ask for longer turns than others have: who wakes
with shorter ones then interrupts it at once.  Its share stays the same, so that it starves on no machine, as the idle
class would have it (which nobody may leave without a privilege).

Nor does it count against everybody: where Linux groups processes by session, it counts within the session only, and
what the children take is held against the server, which shares it with them.  So they get a session of their own, and
its group the same priority.

None of it takes a privilege.  What a kernel does not know changes nothing there.

Source: sched(7), sched_setattr(2); docs/operations.md.
"""

from __future__ import annotations

import ctypes
import os
import platform
import runpy
import struct
import sys
from contextlib import suppress
from typing import Final

from attrs import frozen

TURN_SECONDS: Final = 0.1
"""The longest that Linux grants."""
GROUP: Final = "/proc/self/autogroup"

_SET: Final = {"x86_64": 314, "aarch64": 274, "riscv64": 274}.get(platform.machine())
_GET: Final = None if _SET is None else _SET + 1
_FORM: Final = struct.Struct("=IIQiIQQQ")  # size, policy, flags, niceness, priority, and nanoseconds: turn, two others


def give_way(niceness: int) -> None:
    """Lower the priority of this process by so much, in a session of its own, and take long turns."""
    os.nice(niceness)
    with suppress(PermissionError):  # it leads a group, as one does that was started at a terminal
        os.setsid()
        with suppress(OSError), open(GROUP, "w") as group:
            group.write(str(os.nice(0)))
    _take_long_turns()


def _take_long_turns() -> None:
    """Ask for them, for this thread and those that it will start; who is in another class stays as it is."""
    if _SET is not None and os.sched_getscheduler(0) == os.SCHED_OTHER:
        told = _FORM.pack(_FORM.size, os.SCHED_OTHER, 0, os.nice(0), 0, round(TURN_SECONDS * 1e9), 0, 0)
        ctypes.CDLL(None).syscall(_SET, 0, told, 0)


def turn_seconds(pid: int) -> float:
    """The turn that a process has asked for, or has by default; 0.0: the kernel does not say."""
    if _GET is None:
        return 0.0
    told = ctypes.create_string_buffer(_FORM.size)
    if ctypes.CDLL(None).syscall(_GET, pid, told, _FORM.size, 0):
        return 0.0
    return float(_FORM.unpack(told.raw)[5]) / 1e9


@frozen
class Turns:
    """
    What the first thread of this process has had of the processors since its start.

    :ivar ran_seconds: it worked.  :ivar waited_seconds: it could have worked, while others did.
    :ivar count: how often it was let in.
    """

    ran_seconds: float
    waited_seconds: float
    count: int


def turns_had() -> Turns | None:
    """What we have had until now, which in a server is what its reactor has had; None: the kernel does not say."""
    try:
        with open("/proc/self/schedstat", "rb") as told:
            ran, waited, count = told.read().split()
    except (OSError, ValueError):
        return None
    return Turns(int(ran) / 1e9, int(waited) / 1e9, int(count))


def main() -> None:
    """Become a program that gives way from its first moment: ``python -m fwtwisted.outside.giving_way 5 a.program``."""
    niceness, program = sys.argv[1:3]
    give_way(int(niceness))
    del sys.argv[1:3]
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()


__all__ = ("GROUP", "TURN_SECONDS", "Turns", "give_way", "turn_seconds", "turns_had")
