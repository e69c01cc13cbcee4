"""
What Subsonic calls cost, and how many there are a second: ours, and those of others on the same music.

    python -m benchmarks.subsonic [--alone] [COUNT …]          (2000 and 20000 tracks unless told otherwise)

Real small files, imported by the real command.  Each line asks many different things of one call, over several
connections at once: albums in turn, pages from all over a list.  "Sync" reads everything by ``search3``, 500 songs a
page, once when nothing was asked before and once more.  CPU is of all processes, ours and PostgreSQL's.

The others (``benchmarks/others.py``) run afterwards, one after the other, while ours is at rest, each line for a second
or two; behind their figures stands how many times as many we answer, and how many times less CPU an answer takes of us.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from attrs import frozen

from benchmarks.asking import ask, crowd, form
from benchmarks.others import OTHERS, NotHere, Other
from benchmarks.server import Pod
from tests.audio import encoded, make, make_many

LINES, WARM, COUNTED = 4, 400, 2000
OTHERS_WARM_SECONDS, OTHERS_SECONDS = 0.5, 1.5  # at most, for a line of the others: some of theirs take minutes
LONG, LONG_SECONDS, LONG_TITLE, ARTIST = 8, 240.0, "Longest", "Kestrel"  # what is streamed
PIECE = 64 << 10  # and by how much
TYPES = ("newest", "alphabeticalByName", "alphabeticalByArtist", "frequent", "recent", "starred", "random", "highest")


class Refused(RuntimeError):
    """A server does not answer a call."""


@frozen
class Figure:
    """:ivar rate: answers a second.  :ivar cpu: milliseconds of an answer, of all processes."""

    rate: float
    cpu: float


class Server(Protocol):
    """What is measured."""

    @property
    def port(self) -> int: ...
    @property
    def cpu_seconds(self) -> float: ...
    @property
    def own_cpu_seconds(self) -> float: ...


def main() -> None:
    """All sizes."""
    words = sys.argv[1:]
    is_alone = "--alone" in words
    for count in [int(word) for word in words if word != "--alone"] or [2000, 20000]:
        with Pod() as pod:
            pod.set_up()
            make_many(pod.music, count)
            make_long(pod.music)
            pod.add_music(pod.music)
            secret = pod.call("POST", "/api/v1/users/anna/subsonic-token/").json["subsonic_api_token"]
            pod.settle()
            _head(f"{count} tracks, ours")
            token = md5(f"{secret}salt".encode()).hexdigest()
            login = {"u": "anna", "t": token, "s": "salt", "v": "1.16.1", "c": "bench", "f": "json"}
            ours = App(pod, "/rest", login).measure(count)
            for other in () if is_alone else OTHERS:
                beside(other, pod.music, count, ours)


def _head(title: str) -> None:
    print(f"\n{title:28}{'a second':>10}{'CPU ms':>8}{'ours':>8}{'p50 ms':>8}{'p99 ms':>8}{'KB':>6}", flush=True)


def beside(other: Other, music: Path, count: int, ours: Mapping[str, Figure]) -> None:
    """The same lines for a server of others, and how we compare."""
    try:
        with other.running(music) as server:
            _head(f"{count} tracks, {other.name}")
            App(server, server.prefix, server.login).measure(count, ours)
    except NotHere as why:
        print(f"\n{other.name} is not measured: {why}", flush=True)


def make_long(folder: Path) -> None:
    """Some songs of an ordinary length, to be streamed."""
    for number in range(LONG):
        path = make(
            folder, "mp3", f"{ARTIST}/{number}.mp3", title=f"{LONG_TITLE} {number}", artist=ARTIST, album="Whole"
        )
        path.write_bytes(path.read_bytes() + encoded("mp3", 300 + 10 * number, LONG_SECONDS))


class App:
    """
    An app.

    :param prefix: before the names of calls.  :param login: what each carries.
    """

    def __init__(self, server: Server, prefix: str, login: Mapping[str, str]) -> None:
        self._server, self._prefix, self._login = server, prefix, login

    def request(self, name: str, headers: Mapping[str, str] | None = None, **asked: object) -> bytes:
        """A call as it travels."""
        return form("GET", f"{self._prefix}/{name}?{urlencode({**self._login, **asked})}", headers)

    def said(self, name: str, **asked: object) -> Any:
        """What stands in the envelope.  :raise Refused: an error does."""
        told = ask(self._server.port, self.request(name, None, **asked)).json["subsonic-response"]
        if told["status"] != "ok":
            raise Refused(told["error"]["message"])
        return told

    def measure(self, count: int, ours: Mapping[str, Figure] | None = None) -> Mapping[str, Figure]:
        """All lines.  :param ours: to compare with; None: these are ours."""
        try:
            self.synchronise(count)
        except Refused as why:
            print(f"{'sync':28}{why}")
        figures = {}
        for name, requests in self.calls(count).items():
            figure = self.line(name, requests, None if ours is None else ours.get(name))
            if figure is not None:
                figures[name] = figure
        return figures

    def calls(self, count: int) -> dict[str, Sequence[bytes]]:
        """What is measured: many requests of each kind."""
        albums = [
            album["id"]
            for offset in range(0, max(500, count // 10), 500)
            for album in self.said("getAlbumList2", type="newest", size=500, offset=offset)["albumList2"].get(
                "album", ()
            )
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
        asked: dict[str, Any] = {"query": LONG_TITLE, "songCount": 50, "albumCount": 0, "artistCount": 0}
        found = self.said("search3", **asked)["searchResult3"].get("song", ())
        songs = [song for song in found if song["artist"] == ARTIST]
        assert len(songs) == LONG, songs
        return [
            self.request("stream", {"Range": f"bytes={at}-{at + PIECE - 1}"}, id=song["id"])
            for song in songs
            for at in range(0, song["size"] - PIECE, PIECE)
        ]

    def line(self, name: str, requests: Sequence[bytes], ours: Figure | None) -> Figure | None:
        """A line of figures; None when the call is refused."""
        server = self._server
        first = ask(server.port, requests[0])
        if first.status >= 300 or b'"failed"' in first.body[:200] or b'status="failed"' in first.body[:300]:
            print(f"{name:28}{'refused':>10}", flush=True)
            return None
        warm, longest = (0.0, 0.0) if ours is None else (OTHERS_WARM_SECONDS, OTHERS_SECONDS)
        crowd(server.port, requests, count=max(WARM, len(requests)), seconds=warm, lines=LINES)
        every, own = server.cpu_seconds, server.own_cpu_seconds
        told = crowd(server.port, requests, count=COUNTED, seconds=longest, lines=LINES)
        every, own = (
            1000 * (now - before) / len(told.waits)
            for now, before in ((server.cpu_seconds, every), (server.own_cpu_seconds, own))
        )
        refused = f"   {told.refused} refused" if told.refused else ""
        if ours is not None:
            refused += f"   ours: {ours.rate / told.rate:.1f} times as many, {every / ours.cpu:.1f} times less CPU"
        print(
            f"{name:28}{told.rate:10.0f}{every:8.2f}{own:8.2f}{told.percentile(0.5):8.2f}{told.percentile(0.99):8.2f}"
            f"{len(first.body) / 1000:6.0f}{refused}",
            flush=True,
        )
        return Figure(told.rate, every)

    def synchronise(self, count: int) -> None:
        """Read everything, twice.  :raise Refused: the server does not tell everything."""
        for which in ("sync, first", "sync, again"):
            began = time.perf_counter()
            for offset in range(0, count, 500):
                asked: dict[str, Any] = {"query": '""', "songCount": 500, "songOffset": offset}
                found = self.said("search3", **asked, albumCount=0, artistCount=0)["searchResult3"]
                if not found.get("song"):
                    raise Refused("an empty query finds nothing")
            print(f"{which:28}{time.perf_counter() - began:10.2f} s", flush=True)


if __name__ == "__main__":
    main()
