"""
How many cheap answers one process gives: nodeinfo and health, beside twisted.web with nothing in between.

    python -m benchmarks.cheap [SECONDS]          (of each round; 3 unless told otherwise)
"""

from __future__ import annotations

import sys

from benchmarks.asking import Round, crowd, form
from benchmarks.raw import raw_twisted
from benchmarks.server import Pod

LINES = 8
PATHS = ("/health/live", "/health/ready", "/.well-known/nodeinfo", "/api/v1/instance/nodeinfo/2.0/", "/")


def main() -> None:
    """Every path."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with Pod() as pod, raw_twisted() as anchor:
        before = anchor.cpu_seconds
        raw = crowd(anchor.port, [form("GET", "/bytes/100")], seconds=seconds, lines=LINES)
        beside = tell("twisted.web, 100 bytes", raw, anchor.cpu_seconds - before)
        for path in PATHS:
            request = form("GET", path)
            crowd(pod.port, [request], count=100, lines=LINES)
            before = pod.cpu_seconds
            told = crowd(pod.port, [request], seconds=seconds, lines=LINES)
            tell(path, told, pod.cpu_seconds - before, beside)


def tell(name: str, told: Round, cpu: float, beside: float = 0.0) -> float:
    """A line of figures; CPU microseconds an answer."""
    each = 1e6 * cpu / len(told.waits)
    ratio = f"{each / beside:6.1f} × raw" if beside else ""
    refused = f"   {told.refused} refused" if told.refused else ""
    print(
        f"{name:34}{told.rate:8.0f} a second {each:6.0f} µs CPU   p99 {told.percentile(0.99):6.2f} ms{ratio}{refused}"
    )
    return each


if __name__ == "__main__":
    main()
