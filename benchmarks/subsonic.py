"""
What Subsonic calls cost, and how many there are a second: ours alone.

    python -m benchmarks.subsonic [COUNT …]          (2000 and 20000 tracks unless told otherwise)

Real small files, imported by the real command.  Each line asks many different things of one call, over several
connections at once: albums in turn, pages from all over a list.  "Sync" reads everything by ``search3``, 500 songs a
page, once when nothing was asked before and once more.  CPU is of all processes, ours and PostgreSQL's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.asking import ask, crowd, form
from benchmarks.server import Pod
from tests.audio import encoded, make, make_many

LINES, WARM, COUNTED = 4, 400, 2000
LONG, LONG_SECONDS, ARTIST, PIECE = 8, 240.0, "Kestrel", 64 << 10  # what is streamed, and by how much
TYPES = ("newest", "alphabeticalByName", "alphabeticalByArtist", "frequent", "recent", "starred", "random", "highest")


def main() -> None:
    """All sizes."""
    for count in map(int, sys.argv[1:] or ("2000", "20000")):
        with Pod() as pod:
            pod.set_up()
            make_many(pod.music, count)
            make_long(pod.music)
            pod.add_music(pod.music)
            secret = pod.call("POST", "/api/v1/users/anna/subsonic-token/").json["subsonic_api_token"]
            pod.settle()
            print(
                f"\n{count} tracks\n{'':28}{'a second':>10}{'CPU ms':>8}{'ours':>8}{'p50 ms':>8}{'p99 ms':>8}{'KB':>6}"
            )
            app = App(pod, secret)
            app.synchronise(count)
            for name, requests in app.calls(count).items():
                app.line(name, requests)


def make_long(folder: Path) -> None:
    """Some songs of an ordinary length, to be streamed."""
    for number in range(LONG):
        path = make(folder, "mp3", f"{ARTIST}/{number}.mp3", title=f"Long {number}", artist=ARTIST, album="Whole")
        path.write_bytes(path.read_bytes() + encoded("mp3", 300 + 10 * number, LONG_SECONDS))


class App:
    """An app that signs in with a token, as most do."""

    def __init__(self, pod: Pod, secret: str) -> None:
        self._pod = pod
        token = md5(f"{secret}salt".encode()).hexdigest()
        self._login = {"u": "anna", "t": token, "s": "salt", "v": "1.16.1", "c": "bench", "f": "json"}

    def request(self, name: str, headers: Mapping[str, str] | None = None, **asked: object) -> bytes:
        """A call as it travels."""
        return form("GET", f"/rest/{name}?{urlencode({**self._login, **asked})}", headers)

    def calls(self, count: int) -> dict[str, Sequence[bytes]]:
        """What is measured: many requests of each kind."""
        albums = [
            album["id"]
            for offset in range(0, max(500, count // 10), 500)
            for album in ask(
                self._pod.port, self.request("getAlbumList2", type="newest", size=500, offset=offset)
            ).json["subsonic-response"]["albumList2"]["album"]
        ]
        pages = range(0, max(50, len(albums) - 50), 50)
        lists = {
            f"getAlbumList2 {type}": [self.request("getAlbumList2", type=type, size=50, offset=at) for at in pages]
            for type in TYPES
        }
        words = ("river", "winter", "light", "stone", "night", "sun", "sea", "wind")
        return {
            "ping": [self.request("ping")],
            **lists,
            "getAlbum": [self.request("getAlbum", id=album) for album in albums[:1000]],
            "search3": [self.request("search3", query=word) for word in words],
            "getArtists": [self.request("getArtists")],
            "getArtists XML": [self.request("getArtists", f="xml")],
            "getGenres": [self.request("getGenres")],
            "stream 64 KB": self._pieces(),
        }

    def _pieces(self) -> Sequence[bytes]:
        """Parts of long songs, as players ask for them."""
        asked: dict[str, Any] = {"query": ARTIST, "songCount": LONG, "albumCount": 0, "artistCount": 0}
        songs = ask(self._pod.port, self.request("search3", **asked)).json["subsonic-response"]["searchResult3"]["song"]
        assert len(songs) == LONG, songs
        return [
            self.request("stream", {"Range": f"bytes={at}-{at + PIECE - 1}"}, id=song["id"])
            for song in songs
            for at in range(0, song["size"] - PIECE, PIECE)
        ]

    def line(self, name: str, requests: Sequence[bytes]) -> None:
        """A line of figures."""
        pod = self._pod
        size = len(ask(pod.port, requests[0]).body)
        crowd(pod.port, requests, count=max(WARM, len(requests)), lines=LINES)
        every, ours = pod.cpu_seconds, pod.own_cpu_seconds
        told = crowd(pod.port, requests, count=COUNTED, lines=LINES)
        every, ours = (
            1000 * (now - before) / COUNTED for now, before in ((pod.cpu_seconds, every), (pod.own_cpu_seconds, ours))
        )
        refused = f"   {told.refused} refused" if told.refused else ""
        print(
            f"{name:28}{told.rate:10.0f}{every:8.2f}{ours:8.2f}{told.percentile(0.5):8.2f}{told.percentile(0.99):8.2f}"
            f"{size / 1000:6.0f}{refused}",
            flush=True,
        )

    def synchronise(self, count: int) -> None:
        """Read everything, twice."""
        for which in ("sync, first", "sync, again"):
            began = time.perf_counter()
            for offset in range(0, count, 500):
                asked: dict[str, Any] = {
                    "query": '""',
                    "songCount": 500,
                    "songOffset": offset,
                    "albumCount": 0,
                    "artistCount": 0,
                }
                songs = ask(self._pod.port, self.request("search3", **asked)).json["subsonic-response"]["searchResult3"]
                assert songs["song"], offset
            print(f"{which:28}{time.perf_counter() - began:10.2f} s", flush=True)


if __name__ == "__main__":
    main()
