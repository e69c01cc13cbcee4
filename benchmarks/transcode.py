"""
How soon a transcode begins to flow: the first byte of a five minute file, beside a plain ffmpeg's.

    python -m benchmarks.transcode

Every file is asked for once, so nothing is kept of it yet; then again, when it is.
"""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.asking import form
from benchmarks.server import Pod
from tests.audio import encoded, ffmpeg, tag

SECONDS = 300.0
KINDS = ("mp3", "flac", "ogg", "m4a")
# What is asked for, and how ffmpeg is told so.
TARGETS = {
    "mp3": ("-f", "mp3", "-b:a", "128k"),
    "ogg": ("-f", "ogg", "-c:a", "libvorbis"),
    "opus": ("-f", "opus", "-c:a", "libopus"),
    "flac": ("-f", "flac"),
}


def main() -> None:
    """Every kind to every other."""
    with Pod() as pod:
        pod.set_up()
        paths = make_files(pod.music)
        pod.add_music(pod.music)
        tracks = pod.call("GET", "/api/v1/tracks/?page_size=50").json["results"]
        listen = {track["title"]: track["listen_url"] for track in tracks}
        print(f"{'':16}{'ours ms':>9}{'ffmpeg ms':>11}{'ratio':>7}{'kept ms':>9}")
        ours, plain = [], []
        for kind, path in paths.items():
            for target, words in TARGETS.items():
                if target == kind:
                    continue
                request = form("GET", f"{listen[kind]}?to={target}", pod.login)
                ours.append(first_byte(pod, request))
                plain.append(plain_first_byte(path, words))
                ask_whole(pod, request)
                again = first_byte(pod, request)
                print(f"{kind:>5} → {target:8}{ours[-1]:9.1f}{plain[-1]:11.1f}{ours[-1] / plain[-1]:7.2f}{again:9.1f}")
        print(f"{'median':16}{median(ours):9.1f}{median(plain):11.1f}{median(ours) / median(plain):7.2f}")
        print(f"{'slowest':16}{max(ours):9.1f}{max(plain):11.1f}")


def make_files(folder: Path) -> dict[str, Path]:
    """One of each kind, five minutes long."""
    paths = {}
    for number, kind in enumerate(KINDS):
        path = paths[kind] = folder / f"long.{kind}"
        path.write_bytes(encoded(kind, 440 + 10 * number, SECONDS, 44100))
        tag(path, kind, title=kind, artist="sine", album="waves", track=number + 1)
    return paths


def first_byte(pod: Pod, request: bytes) -> float:
    """Milliseconds from the question to the first byte of sound; the listener leaves then."""
    with socket.create_connection(("127.0.0.1", pod.port)) as line:
        began = time.perf_counter()
        line.sendall(request)
        heard = b""
        while not heard.partition(b"\r\n\r\n")[2]:
            piece = line.recv(1 << 16)
            assert piece, f"no sound: {heard[:300]!r}"
            heard += piece
        assert heard[9:12] == b"200", heard[:300]
        return 1000 * (time.perf_counter() - began)


def ask_whole(pod: Pod, request: bytes) -> None:
    """Listen to the end, so that the transcode is kept."""
    with socket.create_connection(("127.0.0.1", pod.port)) as line:
        line.sendall(request.replace(b"\r\nHost:", b"\r\nConnection: close\r\nHost:", 1))
        while line.recv(1 << 20):
            pass


def plain_first_byte(path: Path, words: tuple[str, ...]) -> float:
    """The same of ffmpeg, started by hand."""
    began = time.perf_counter()
    command = [ffmpeg(), "-v", "error", "-nostdin", "-i", str(path), "-map", "0:a", *words, "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        took = 1000 * (time.perf_counter() - began)
        process.kill()
    return took


if __name__ == "__main__":
    main()
