"""
How many files of 5 MB go out over loopback in a second, and whether memory stays flat.

    python -m benchmarks.files [COUNT]          (of answers in each round; 2000 unless told otherwise)

Beside it, from the same folder: twisted.web's own file resource, nginx if it is installed, and mere reading.
Then a hundred listeners ask for a file each and take almost nothing of it.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from benchmarks.asking import Round, crowd, form
from benchmarks.processes import forget_peak, memory_bytes, peak_bytes
from benchmarks.raw import nginx, raw_twisted
from benchmarks.server import Pod
from tests.audio import encoded, tag

FILES, LINES, SLOW = 12, 8, 100
SECONDS = 118.9  # of sound in 5 MiB of WAV
MB = 1e6


def main() -> None:
    """Everything beside everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with Pod() as pod:
        pod.set_up()
        paths = make_files(pod.music)
        pod.add_music(pod.music)
        tracks = pod.call("GET", "/api/v1/tracks/?page_size=50").json["results"]
        ours = [form("GET", track["listen_url"], pod.login) for track in tracks]
        raws = [form("GET", f"/files/{path.name}") for path in paths]
        read_files(paths)
        with raw_twisted(pod.music) as anchor:
            before = anchor.cpu_seconds
            tell(
                "twisted.web's File",
                crowd(anchor.port, raws, count=count // 4, lines=LINES),
                anchor.cpu_seconds - before,
            )
        with nginx(pod.music) as anchor_or_none:
            if anchor_or_none is not None:
                before = anchor_or_none.cpu_seconds
                told = crowd(anchor_or_none.port, raws, count=count, lines=LINES)
                tell("nginx", told, anchor_or_none.cpu_seconds - before)
        our_files(pod, ours, count)
        slow_listeners(pod, ours)


def make_files(folder: Path) -> list[Path]:
    """A dozen of 5 MiB."""
    paths = [folder / f"{number}.wav" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded("wav", 300 + 20 * number, SECONDS))
        tag(path, "wav", title=f"tone {number}", artist="sine", album="waves", track=number + 1)
    return paths


def read_files(paths: list[Path]) -> None:
    """How fast they are read at all."""
    began = time.perf_counter()
    for _ in range(10):
        for path in paths:
            path.read_bytes()
    print(f"{'merely read':24}{10 * len(paths) / (time.perf_counter() - began):8.0f} a second")


def our_files(pod: Pod, requests: list[bytes], count: int) -> None:
    """Ours."""
    crowd(pod.port, requests, count=100, lines=LINES)
    before, memory = pod.cpu_seconds, memory_bytes(pod.pid)
    forget_peak(pod.pid)
    told = crowd(pod.port, requests, count=count, lines=LINES)
    tell("fwtwisted", told, pod.cpu_seconds - before)
    print(
        f"   memory {memory / MB:.1f} MB before, {memory_bytes(pod.pid) / MB:.1f} after,"
        f" {peak_bytes(pod.pid) / MB:.1f} at most"
    )


def slow_listeners(pod: Pod, requests: list[bytes]) -> None:
    """Many who hardly listen."""
    before = memory_bytes(pod.pid)
    lines = [socket.create_connection(("127.0.0.1", pod.port)) for _ in range(SLOW)]
    for number, line in enumerate(lines):
        line.sendall(requests[number % len(requests)])
    for _ in range(20):
        time.sleep(0.1)
        for line in lines:
            line.recv(1000)
    told = crowd(pod.port, requests, count=50)
    grown = memory_bytes(pod.pid) - before
    print(
        f"{SLOW} slow listeners: {grown / MB:.1f} MB more; meanwhile a file took another"
        f" {told.percentile(0.5):.1f} ms, at worst {told.percentile(1):.1f}"
    )
    for line in lines:
        line.close()


def tell(name: str, told: Round, cpu: float) -> None:
    """A line of figures."""
    each = 1000 * cpu / len(told.waits)
    refused = f"   {told.refused} refused" if told.refused else ""
    print(
        f"{name:24}{told.rate:8.0f} a second {told.size / told.seconds / MB:8.0f} MB/s {each:7.2f} ms CPU each{refused}"
    )


if __name__ == "__main__":
    main()
