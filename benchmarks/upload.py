"""
What an upload of one gigabyte does to memory, and to everybody else.

    python -m benchmarks.upload [MEGABYTES]          (1024 unless told otherwise)

The memory is that of our own process, the most it has while the upload arrives and is imported.  Pages are asked for
all the time, before it for comparison.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from struct import pack

from benchmarks.asking import Round, ask, crowd, form
from benchmarks.processes import forget_peak, memory_bytes, peak_bytes
from benchmarks.server import Pod
from tests.audio import make_many

MB = 1e6
BOUNDARY = "benchmark"
PIECE = bytes(1 << 20)


def main() -> None:
    """Before, and meanwhile."""
    size = int(sys.argv[1]) << 20 if len(sys.argv) > 1 else 1 << 30
    with Pod() as pod:
        pod.set_up()
        pod.call("POST", "/api/v1/instance/admin/settings/bulk/", {"users__upload_quota": 10_000})
        make_many(pod.music, 500)
        pod.add_music(pod.music)
        page = form("GET", "/api/v1/tracks/?playable=true&page_size=25", pod.login)
        crowd(pod.port, [page], count=200)
        pod.settle()
        alone = crowd(pod.port, [page], seconds=5, rest=0.01)
        tell("pages alone", alone)
        memory, cpu = memory_bytes(pod.pid), pod.cpu_seconds
        forget_peak(pod.pid)
        told, seconds, answered = pages_during(pod, page, size)
        tell("pages meanwhile", told)
        print(
            f"{size / MB:.0f} MB in {seconds:.1f} s ({size / MB / seconds:.0f} MB/s), then"
            f" {wait_for_import(pod, answered):.1f} s until imported; CPU {pod.cpu_seconds - cpu:.1f} s in all"
        )
        print(
            f"memory {memory / MB:.1f} MB before, {peak_bytes(pod.pid) / MB:.1f} at most:"
            f" {(peak_bytes(pod.pid) - memory) / MB:.1f} more"
        )


def pages_during(pod: Pod, page: bytes, size: int) -> tuple[Round, float, str]:
    """Pages while somebody uploads; how long that took, and the upload's uuid."""
    told = Round()
    over = threading.Event()

    def browse() -> None:
        while not over.is_set():
            some = crowd(pod.port, [page], count=20, rest=0.01)
            told.waits.extend(some.waits)
            told.refused += some.refused

    browsing = threading.Thread(target=browse)
    browsing.start()
    began = time.perf_counter()
    try:
        uuid = upload(pod, size)
        seconds = time.perf_counter() - began
    finally:
        over.set()
        browsing.join()
    return told, seconds, uuid


def upload(pod: Pod, size: int) -> str:
    """Upload silence of that many bytes, as a browser does."""
    before, after = _around(pod.library, size)
    headers = {
        **pod.login,
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(before) + size + len(after)),
    }
    with socket.create_connection(("127.0.0.1", pod.port), 120) as line:
        line.sendall(form("POST", "/api/v1/uploads/", headers) + before)
        for _ in range(size // len(PIECE)):
            line.sendall(PIECE)
        line.sendall(after)
        heard = line.recv(1 << 16)
    assert heard[9:12] == b"201", heard[:1000]
    return heard.partition(b'"uuid":"')[2][:36].decode()


def _around(library: str, size: int) -> tuple[bytes, bytes]:
    """What comes before and behind the silence: the other fields, and the head of a WAV file."""

    def part(name: str, more: str, body: bytes) -> bytes:
        return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + body

    data = size - size % 4
    form_ = pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 44100, 44100 * 4, 4, 16)
    title = b"INAM" + pack("<I", 8) + b"silence\0" + b"IART" + pack("<I", 8) + b"nobody\0\0"
    told = b"LIST" + pack("<I", 4 + len(title)) + b"INFO" + title
    head = pack("<4sI4s", b"RIFF", 4 + len(form_) + len(told) + 8 + data, b"WAVE")
    wav = head + form_ + told + pack("<4sI", b"data", data)
    fields = part("library", "", library.encode() + b"\r\n") + part("import_reference", "", b"benchmark\r\n")
    return fields + part("audio_file", '; filename="silence.wav"', wav), f"\r\n--{BOUNDARY}--\r\n".encode()


def wait_for_import(pod: Pod, uuid: str) -> float:
    """Seconds until the upload is settled."""
    began = time.perf_counter()
    while (
        status := ask(pod.port, form("GET", f"/api/v1/uploads/{uuid}/", pod.login)).json["import_status"]
    ) == "pending":
        time.sleep(0.05)
    if status != "finished":
        print(f"the import ended as {status}")
    return time.perf_counter() - began


def tell(name: str, told: Round) -> None:
    """A line of figures."""
    print(
        f"{name:20}{len(told.waits):6} pages   p50 {told.percentile(0.5):6.1f}   p99 {told.percentile(0.99):6.1f}"
        f"   slowest {told.percentile(1):6.1f} ms   {told.refused} refused"
    )


if __name__ == "__main__":
    main()
