"""
Two servers of the same API, one beside the other: answers a second at the same number of connections.

    python -m benchmarks.beside URL TOKEN OTHER_URL OTHER_TOKEN [--lines 8] [--seconds 2] [--only WORD]
                                [--pids PID,… --other-pids PID,…]

Each is asked the same, one after the other; TOKEN is a bearer token of somebody who owns a library, a playlist, a radio
and favourites there.  With the ids of processes (and all below them) the CPU time of an answer is told as well, which
counts for more than rates where both share a machine.  Both should hold the same music.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from attrs import frozen

from benchmarks.asking import Asked, ask, crowd, form
from benchmarks.processes import cpu_seconds

WARM = 10

# Name → method and path below /api/v1/; {words} stand for what the server has.
PUBLIC = {
    "nodeinfo": "instance/nodeinfo/2.0/",
    "settings": "instance/settings/",
    "manifest": "instance/spa-manifest.json",
    "rate limits": "rate-limit",
    "artists, visitor": "artists/?playable=true&page_size=25",
    "tracks, visitor": "tracks/?playable=true&page_size=25",
    "licences": "licenses/",
    "licence": "licenses/cc0-1.0",
    "webfinger": "/.well-known/nodeinfo",
}
OWN = {
    "me": "users/me/",
    "artists by name": "artists/?playable=true&page_size=25&ordering=name",
    "artist": "artists/{artist}/",
    "artist's libraries": "artists/{artist}/libraries/",
    "albums by date": "albums/?playable=true&page_size=25&ordering=-release_date",
    "album": "albums/{album}/",
    "tracks, newest": "tracks/?playable=true&page_size=25&ordering=-creation_date",
    "tracks at random": "tracks/?playable=true&page_size=25&ordering=random",
    "tracks with a word": "tracks/?q=river&page_size=25",
    "tracks of an album": "tracks/?album={album}&ordering=disc_number,position",
    "track": "tracks/{track}/",
    "search": "search?q=river",
    "tags": "tags/?page_size=20",
    "tag": "tags/Rock/",
    "favourites": "favorites/tracks/",
    "favourites, all": "favorites/tracks/all/",
    "listenings": "history/listenings/",
    "activity": "activity/",
    "libraries": "libraries/?scope=me",
    "library": "libraries/{library}/",
    "uploads": "uploads/?page_size=25",
    "playlists": "playlists/",
    "playlist": "playlists/{playlist}/",
    "tracks of a playlist": "playlists/{playlist}/tracks/",
    "radios": "radios/radios/",
    "radio's tracks": "radios/radios/{radio}/tracks/",
    "radio filters": "radios/radios/filters/",
    "channels": "channels/",
    "categories": "channels/metadata-choices/",
    "subscriptions, all": "subscriptions/all/",
    "library follows, all": "federation/follows/library/all/",
    "inbox": "federation/inbox/?is_read=false",
    "actor": "federation/actors/{actor}/",
    "actor's libraries": "federation/actors/{actor}/libraries/",
    "domains": "federation/domains/",
    "hidden": "moderation/content-filters/",
    "edits of a track": "tracks/{track}/mutations/",
    "listen, head": "HEAD {listen}",
    "file": "{listen}",
}
POSTS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "text preview": ("text-preview/", {"text": "Some *words*"}),
    "favourite": ("favorites/tracks/", {"track": "{track}"}),
    "a listening": ("history/listenings/", {"track": "{track}"}),
    "settings of a person": ("users/settings/", {"language": "en_US"}),
    "a radio begins": ("radios/sessions/", {"radio_type": "random"}),
    "radio, next": ("radios/tracks/", {"session": "{session}"}),
    "a new program": ("oauth/apps/", {"name": "beside", "redirect_uris": "https://beside.example/"}),
}


@frozen
class Side:
    """One of the two.  :ivar things: what stands for the words in braces.  :ivar pids: whose CPU time is its cost."""

    port: int
    login: Mapping[str, str]
    things: Mapping[str, object]
    pids: Sequence[int]

    def request(self, said: str, headers: Mapping[str, str], document: Mapping[str, object] | None = None) -> bytes:
        """A request by its words in the tables."""
        method, _, path = said.rpartition(" ")
        told = path.format(**self.things)
        filled = None if document is None else {name: self._filled(value) for name, value in document.items()}
        where = told if told.startswith("/") else f"/api/v1/{told}"
        return form(method or ("GET" if document is None else "POST"), where, headers, filled)

    def _filled(self, value: object) -> object:
        is_word = isinstance(value, str) and value.startswith("{")
        return self.things[str(value)[1:-1]] if is_word else value

    @property
    def cpu_seconds(self) -> float:
        """CPU time until now; 0 when nobody named its processes."""
        return sum(cpu_seconds(pid) for pid in self.pids)


@frozen
class Told:
    """What came of one line.  :ivar cpu: milliseconds an answer."""

    status: int
    rate: float
    cpu: float


def main() -> None:
    """Both, line by line."""
    asked = _arguments()
    sides = [_side(asked.url, asked.token, asked.pids), _side(asked.other_url, asked.other_token, asked.other_pids)]
    print(f"{'':22}{'':>4}{'a second':>10}{'CPU ms':>8}{'':>5}{'a second':>10}{'CPU ms':>8}{'rates':>8}{'CPU':>7}")
    for name, requests in _table(sides):
        if asked.only in name:
            ours, theirs = (_line(side, one, asked) for side, one in zip(sides, requests, strict=True))
            _print(name, ours, theirs)


def _arguments() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(one) for one in text.split(",") if one]

    parser = argparse.ArgumentParser(prog="benchmarks.beside")
    for name in ("url", "token", "other_url", "other_token"):
        parser.add_argument(name)
    parser.add_argument("--lines", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--pids", type=numbers, default=[])
    parser.add_argument("--other-pids", type=numbers, default=[])
    return parser.parse_args()


def _side(url: str, token: str, pids: Sequence[int]) -> Side:
    """A server, and what there is to ask it for."""
    port = urlsplit(url).port or 80
    login = {"Authorization": f"Bearer {token}"}

    def first(path: str) -> Mapping[str, object]:
        document: Mapping[str, object] = _well(ask(port, form("GET", f"/api/v1/{path}", login))).json["results"][0]
        return document

    track = first("tracks/?playable=true&page_size=1")
    me = _well(ask(port, form("GET", "/api/v1/users/me/", login))).json
    session = _well(ask(port, form("POST", "/api/v1/radios/sessions/", login, {"radio_type": "random"}))).json
    things = {
        "track": track["id"],
        "listen": track["listen_url"],
        "album": first("albums/?playable=true&page_size=1")["id"],
        "artist": first("artists/?playable=true&page_size=1")["id"],
        "library": first("libraries/?scope=me&page_size=1")["uuid"],
        "playlist": first("playlists/?page_size=1")["id"],
        "radio": first("radios/radios/?page_size=1")["id"],
        "actor": me["full_username"],
        "session": session["id"],
    }
    return Side(port, login, things, pids)


def _well(said: Asked) -> Asked:
    assert said.status < 300, (said.status, said.body[:300])
    return said


def _table(sides: Sequence[Side]) -> list[tuple[str, list[bytes]]]:
    """Each line's name, and its request on either side."""
    lines = [(name, [side.request(said, {}) for side in sides]) for name, said in PUBLIC.items()]
    lines += [(name, [side.request(said, side.login) for side in sides]) for name, said in OWN.items()]
    for name, (path, document) in POSTS.items():
        lines.append((name, [side.request(path, side.login, document) for side in sides]))
    return lines


def _line(side: Side, request: bytes, asked: argparse.Namespace) -> Told:
    status = 0 if request.startswith(b"HEAD") else ask(side.port, request).status
    crowd(side.port, [request], count=WARM, lines=asked.lines)
    before = side.cpu_seconds
    told = crowd(side.port, [request], seconds=asked.seconds, lines=asked.lines)
    return Told(status, told.rate, 1000 * (side.cpu_seconds - before) / len(told.waits))


def _print(name: str, ours: Told, theirs: Told) -> None:
    cheaper = f"{theirs.cpu / ours.cpu:7.1f}" if ours.cpu and theirs.cpu else ""
    print(
        f"{name:22}{ours.status:>4}{ours.rate:10.1f}{ours.cpu:8.2f}{theirs.status:>5}{theirs.rate:10.1f}{theirs.cpu:8.2f}"
        f"{ours.rate / theirs.rate:8.1f}{cheaper}",
        flush=True,
    )


if __name__ == "__main__":
    main()
