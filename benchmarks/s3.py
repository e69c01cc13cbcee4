"""
Audio that lies in an object store, sent through us: how fast beside the store itself, and whether memory stays flat.

    python -m benchmarks.s3 [MEGABYTES] [LISTENERS]     (of the object; who are slow; 200 of each unless told otherwise)

One listener at a time, by curl: straight from the store by a signed URL, and from us.  Before and after that, many at
once, who take what they get slowly: of what nobody has heard as a whole, and of what was proven to be right.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.asking import form
from benchmarks.processes import forget_peak, memory_bytes, peak_bytes
from benchmarks.server import Pod
from fwtwisted.wire.s3.addresses import Address
from fwtwisted.wire.s3.signing import presigned_url
from tests.audio import encoded, tag
from tests.s3_server import POD, s3

ROUNDS, SLOW, SLOW_SECONDS = 7, 200, 20.0
SECONDS_A_MB = 1 / 0.1764  # of CD sound
MB = 1e6


def main() -> None:
    """Everything beside everything."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    listeners = int(sys.argv[2]) if len(sys.argv) > 2 else SLOW
    store = s3()
    bucket = store.fresh_bucket()
    settings = {
        "AWS_ACCESS_KEY_ID": POD.access_key,
        "AWS_SECRET_ACCESS_KEY": POD.secret_key,
        "AWS_STORAGE_BUCKET_NAME": bucket,
        "AWS_S3_ENDPOINT_URL": store.endpoint,
    }
    with Pod(**settings) as pod:
        pod.set_up()
        path = a_long_song(pod.music, megabytes)
        began = time.monotonic()
        upload(pod, path)
        print(f"uploaded into the store in {time.monotonic() - began:.1f} s")
        [track] = imported(pod)
        [key] = store.keys(bucket)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        slow_listeners(pod, track["listen_url"], listeners)
        beside_the_store(pod, signed(store.endpoint, bucket, key), track["listen_url"], digest)
        first_bytes(pod, signed(store.endpoint, bucket, key), track["listen_url"])
        slow_listeners(pod, track["listen_url"], listeners)


def a_long_song(folder: Path, megabytes: int) -> Path:
    """A WAV of about so many megabytes."""
    path = folder / "long.wav"
    path.write_bytes(encoded("wav", 440, megabytes * SECONDS_A_MB / 2))
    tag(path, "wav", title="long", artist="sine", album="waves", track=1)
    with path.open("ab") as stream:
        stream.write(os.urandom(max(0, int(megabytes * MB) - path.stat().st_size)))
    return path


def upload(pod: Pod, path: Path) -> None:
    """Send it in, as people do."""
    url, headers = our_url(pod, "/api/v1/uploads/")
    fields = ["-F", f"library={pod.library}", "-F", f"audio_file=@{path}"]
    subprocess.run(["curl", "-s", "-f", "-o", "/dev/null", *headers, *fields, url], check=True)


def imported(pod: Pod) -> list[Any]:
    """The track, once it is filed."""
    while not (found := pod.call("GET", "/api/v1/tracks/").json["results"]):
        time.sleep(0.2)
    return list(found)


def signed(endpoint: str, bucket: str, key: str) -> str:
    """A URL of the store's own."""
    return presigned_url(
        Address.at(endpoint, bucket, None, "auto").target("GET", key), POD, "us-east-1", datetime.now(UTC), 3600
    )


def curl(url: str, *options: str) -> tuple[float, float, int]:
    """Seconds for the whole, seconds to the first byte, bytes."""
    told = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{time_total} %{time_starttransfer} %{size_download}", *options, url],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return float(told[0]), float(told[1]), int(told[2])


def our_url(pod: Pod, place: str) -> tuple[str, list[str]]:
    """Where we listen, and how one signs in there."""
    headers = [part for name, value in pod.login.items() for part in ("-H", f"{name}: {value}")]
    return f"http://127.0.0.1:{pod.port}{place}", headers


def beside_the_store(pod: Pod, theirs: str, place: str, digest: str) -> None:
    """Rates, in turns, so that both meet the same machine; the first time, when the object is hashed, by itself."""
    url, headers = our_url(pod, place)
    before = pod.own_cpu_seconds
    seconds, _, size = curl(url, *headers)
    cpu = (pod.own_cpu_seconds - before) / (size / MB)
    print(f"the first    {size / MB / seconds:7.0f} MB/s; {cpu * 1000:.2f} ms of CPU a MB")
    got = subprocess.run(["curl", "-s", *headers, url], capture_output=True, check=True).stdout
    assert hashlib.sha256(got).hexdigest() == digest, "other bytes"
    rates: dict[str, list[float]] = {"the store": [], "through us": []}
    before = pod.own_cpu_seconds
    for _ in range(ROUNDS):
        for name, where, options in (("the store", theirs, []), ("through us", url, headers)):
            seconds, _, size = curl(where, *options)
            rates[name].append(size / MB / seconds)
    cpu = (pod.own_cpu_seconds - before) / ROUNDS / (len(got) / MB)
    for name, told in rates.items():
        print(f"{name:12} {median(told):7.0f} MB/s   ({min(told):.0f} to {max(told):.0f})")
    print(f"ratio {median(rates['through us']) / median(rates['the store']):.2f}; {cpu * 1000:.2f} ms of CPU a MB")


def first_bytes(pod: Pod, theirs: str, place: str) -> None:
    """How long until the first byte."""
    url, headers = our_url(pod, place)
    told = {"the store": [curl(theirs, "-r", "0-0")[1] for _ in range(20)],
            "through us": [curl(url, "-r", "0-0", *headers)[1] for _ in range(20)]}  # fmt: skip
    for name, seconds in told.items():
        print(f"first byte, {name:12} {median(seconds) * 1000:6.1f} ms")


def slow_listeners(pod: Pod, place: str, count: int = SLOW) -> None:
    """Many who take a little now and then."""
    request = form("GET", place, pod.login)
    before = memory_bytes(pod.pid)
    forget_peak(pod.pid)
    lines = []
    for _ in range(count):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        line.connect(("127.0.0.1", pod.port))
        line.sendall(request)
        lines.append(line)
    taken = 0
    until = time.monotonic() + SLOW_SECONDS
    while time.monotonic() < until:
        for line in lines:
            line.settimeout(0.01)
            try:
                taken += len(line.recv(16_384))
            except TimeoutError:
                continue
    print(
        f"{count} slow listeners: {taken / MB:.0f} MB taken; memory {before / MB:.0f} MB before, "
        f"{peak_bytes(pod.pid) / MB:.0f} MB at most"
    )
    for line in lines:
        line.close()


if __name__ == "__main__":
    main()
