"""
The disk cache before an object store: hits beside local files, the first byte of a miss, memory under many listeners.

    python -m benchmarks.cache [COUNT]          (of answers in each round; 400 unless told otherwise)

The same twelve files of 5 MB are heard from a pod that has them on its disk, and from one that has them in a store and
in its cache, in turns, so that both meet the same machine.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.asking import Round, crowd, form
from benchmarks.files import FILES, LINES, MB, make_files
from benchmarks.s3 import curl, our_url, signed, slow_listeners
from benchmarks.server import Pod
from tests.s3_server import POD, s3

ROUNDS = 5


def main() -> None:
    """Everything beside everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    store = s3()
    bucket = store.fresh_bucket()
    with tempfile.TemporaryDirectory(prefix="fw-cache-") as folder:
        settings = {
            "AWS_ACCESS_KEY_ID": POD.access_key,
            "AWS_SECRET_ACCESS_KEY": POD.secret_key,
            "AWS_STORAGE_BUCKET_NAME": bucket,
            "AWS_S3_ENDPOINT_URL": store.endpoint,
            "MEDIA_CACHE_PATH": str(Path(folder, "cache")),
            "MEDIA_CACHE_MIN_FREE": "0",
        }
        with Pod() as local, Pod(**settings) as cached:
            here, there = filled(local), filled(cached)
            keys = store.keys(bucket)
            misses(cached, there, [signed(store.endpoint, bucket, key) for key in keys])
            hits(local, here, cached, there, count)
            under_listeners(cached, there, Path(folder, "cache"))


def filled(pod: Pod) -> list[dict[str, Any]]:
    """The files, imported as copies; their tracks."""
    pod.set_up()
    make_files(pod.music)
    pod.add_music(pod.music, in_place=False)
    tracks: list[dict[str, Any]] = pod.call("GET", "/api/v1/tracks/?page_size=50").json["results"]
    return tracks


def misses(pod: Pod, tracks: list[dict[str, Any]], theirs: list[str]) -> None:
    """The first byte of what nobody has heard, beside the store's own."""
    own = [curl(url, "-r", "0-0")[1] for url in theirs for _ in range(2)]
    told = []
    for track in tracks[: FILES // 2]:
        url, headers = our_url(pod, track["listen_url"])
        told.append(curl(url, *headers)[1])
    far = []
    for track in tracks[FILES // 2 :]:
        url, headers = our_url(pod, track["listen_url"])
        far.append(curl(url, "-r", "4000000-4000099", *headers)[1])
    for name, seconds in (("the store's own", own), ("a miss", told), ("a miss, far into it", far)):
        print(f"first byte, {name:20} {median(seconds) * 1000:6.1f} ms")


def hits(local: Pod, here: list[dict[str, Any]], cached: Pod, there: list[dict[str, Any]], count: int) -> None:
    """Rates of what is here, in turns."""
    sides = (("local", local, requests(local, here)), ("cached", cached, requests(cached, there)))
    rates: dict[str, list[float]] = {name: [] for name, _, _ in sides}
    for _, pod, asked in sides:
        crowd(pod.port, asked, count=100, lines=LINES)
    for _ in range(ROUNDS):
        for name, pod, asked in sides:
            before = pod.own_cpu_seconds
            told = crowd(pod.port, asked, count=count, lines=LINES)
            rates[name].append(told.rate)
            tell(name, told, pod.own_cpu_seconds - before)
    ratio = median(rates["cached"]) / median(rates["local"])
    print(f"hits beside local files: {ratio:.2f}")


def requests(pod: Pod, tracks: list[dict[str, Any]]) -> list[bytes]:
    """For each track, whole."""
    return [form("GET", track["listen_url"], pod.login) for track in tracks]


def tell(name: str, told: Round, cpu: float) -> None:
    """A line of figures."""
    each = 1000 * cpu / len(told.waits)
    print(f"{name:8}{told.rate:8.0f} a second {told.size / told.seconds / MB:8.0f} MB/s {each:7.2f} ms CPU each")


def under_listeners(pod: Pod, tracks: list[dict[str, Any]], folder: Path) -> None:
    """Many who take little: of what is here, and of what comes while they listen."""
    print("hits:")
    slow_listeners(pod, tracks[0]["listen_url"])
    for shelf in folder.glob("??"):
        shutil.rmtree(shelf)
    print("misses:")
    slow_listeners(pod, tracks[1]["listen_url"])


if __name__ == "__main__":
    main()
