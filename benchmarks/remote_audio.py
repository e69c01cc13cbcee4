"""
Audio of other servers, heard through us while it comes: how long after the far end's own first byte ours comes, and
what a megabyte costs.

    python -m benchmarks.remote_audio [MEGABYTES]          (of the large file; 200 unless told otherwise)

The far end is a feed with episodes, served from the memory of this process.  Each episode is heard by curl straight
from there and through us, in turns; it is new to us each time.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.s3 import a_long_song, curl, our_url
from benchmarks.server import Pod

EPISODES, SMALL_MB = 40, 5
MB = 1e6


class Far(BaseHTTPRequestHandler):
    """The far end.  :cvar bodies: by path."""

    protocol_version = "HTTP/1.1"
    bodies: dict[str, tuple[str, bytes]] = {}

    def do_GET(self) -> None:
        kind, body = self.bodies[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"one"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not a word."""


def main() -> None:
    """One after the other."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    far = ThreadingHTTPServer(("127.0.0.1", 0), Far)
    threading.Thread(target=far.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{far.server_port}"
    with Pod(FEDERATION_ALLOW_PRIVATE="127.0.0.1") as pod:
        pod.set_up()
        small, large = (a_long_song(pod.folder, size).read_bytes() for size in (SMALL_MB, megabytes))
        paths = [f"/{number}.wav" for number in range(EPISODES)]
        Far.bodies = dict.fromkeys(paths, ("audio/wav", small)) | {"/large.wav": ("audio/wav", large)}
        Far.bodies["/feed"] = ("application/rss+xml", feed(base, [*paths, "/large.wav"]))
        pod.call("POST", "/api/v1/channels/rss-subscribe/", {"url": f"{base}/feed"})
        tracks = episodes(pod)
        first_bytes(pod, base, paths, tracks)
        throughput(pod, f"{base}/large.wav", tracks["/large.wav"], len(large))
    far.shutdown()


def feed(base: str, paths: list[str]) -> bytes:
    """An episode for each path, which is its title."""
    items = "".join(
        f"<item><title>{path}</title><guid>{path}</guid><pubDate>{number % 28 + 1:02} Jan 2026 08:00:00 GMT</pubDate>"
        f"<enclosure url='{base}{path}' length='1000' type='audio/wav'/></item>"
        for number, path in enumerate(paths)
    )
    return (
        f"<rss version='2.0'><channel><title>Waves</title><description>x</description>{items}</channel></rss>".encode()
    )


def episodes(pod: Pod) -> dict[str, str]:
    """Where each is heard, by its title."""
    found: dict[str, str] = {}
    while len(found) <= EPISODES:
        listed = pod.call("GET", "/api/v1/tracks/?include_channels=true&page_size=100").json["results"]
        found = {one["title"]: one["listen_url"] for one in listed}
        time.sleep(0.1)
    return found


def first_bytes(pod: Pod, base: str, paths: list[str], tracks: dict[str, str]) -> None:
    """Ours after theirs."""
    theirs, ours = [], []
    before = pod.own_cpu_seconds
    for path in paths:
        url, headers = our_url(pod, tracks[path])
        theirs.append(curl(f"{base}{path}")[1] * 1000)
        ours.append(curl(url, *headers)[1] * 1000)
        time.sleep(0.2)
    cpu = (pod.own_cpu_seconds - before) / len(paths)
    later = sorted(one - other for one, other in zip(ours, theirs, strict=True))
    print(f"first byte: theirs {median(theirs):.1f} ms, ours {median(ours):.1f} ms")
    print(
        f"ours after theirs: median {median(later):.1f} ms, p95 {quantiles(later, n=20)[-1]:.1f}, most {later[-1]:.1f}"
    )
    print(f"{cpu * 1000:.0f} ms of CPU for an episode of {SMALL_MB} MB, examined and kept")


def throughput(pod: Pod, theirs: str, place: str, size: int) -> None:
    """One large file."""
    direct = median(curl(theirs)[0] for _ in range(3))
    url, headers = our_url(pod, place)
    before = pod.own_cpu_seconds
    began = time.monotonic()
    got = subprocess.run(["curl", "-s", *headers, url], capture_output=True, check=True).stdout
    seconds = time.monotonic() - began
    assert got == Path(next(pod.folder.glob("long.wav"))).read_bytes(), "other bytes"
    cpu = pod.own_cpu_seconds - before
    rates = size / MB / direct, size / MB / seconds
    print(
        f"straight {rates[0]:.0f} MB/s, through us {rates[1]:.0f} MB/s; {cpu * 1000 / (size / MB):.2f} ms of CPU a MB"
    )


if __name__ == "__main__":
    main()
