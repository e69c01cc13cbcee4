"""
How soon the server is ready, and how much memory it takes while it has nothing to do.

    python -m benchmarks.idle
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.asking import crowd, form
from benchmarks.processes import PAGE, memory_bytes
from benchmarks.server import Pod
from tests.audio import make_many

MB = 1e6
IMPORTS = "import twisted.web.server, twisted.internet.reactor"


def main() -> None:
    """First and later starts; idle before and after some work."""
    with Pod() as pod:
        print(f"first start      {pod.ready_seconds:6.2f} s until ready (it makes a database)")
        time.sleep(3)
        print(
            f"idle             {memory_bytes(pod.pid) / MB:6.1f} MB   an empty Python with twisted.web {bare():.1f} MB"
        )
        pod.set_up()
        make_many(pod.music, 2000)
        pod.add_music(pod.music)
        crowd(pod.port, [form("GET", "/api/v1/tracks/?playable=true", pod.login)], count=500)
        before = pod.cpu_seconds
        time.sleep(5)
        busy = 20 * (pod.cpu_seconds - before)
        print(f"idle after work  {memory_bytes(pod.pid) / MB:6.1f} MB   {busy:.1f} % of a core, all processes")
        for _ in range(3):
            pod.stop()
            pod.start()
            print(f"later start      {pod.ready_seconds:6.2f} s until ready   {memory_bytes(pod.pid) / MB:6.1f} MB")


def bare() -> float:
    """Megabytes of a Python that has merely loaded twisted.web."""
    told = f"{IMPORTS}; print(open('/proc/self/statm').read())"
    pages = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True).stdout.split()[1]
    return int(pages) * PAGE / MB


if __name__ == "__main__":
    main()
