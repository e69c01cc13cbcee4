"""
What favourites, playlists and radios cost: CPU time of all processes, ours and PostgreSQL's.

    python -m benchmarks.listening [COUNT]          (20000 tracks unless told otherwise)

Thirty favourites, a playlist of 1,000 tracks and fifty of 100, radios of several kinds.  "First" is the first answer
after everything was set up.  A radio's next track is asked for in a fresh session and in one that has played 1,000
tracks; what it changes is written and waited for, unlike what a list costs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from benchmarks.asking import ask, crowd, form
from benchmarks.server import Pod
from tests.audio import make_many

WARM, COUNTED = 20, 200
LONG, SEVERAL = 1_000, 50
HEAD = f"{'':40}{'CPU ms':>8}{'ours':>8}{'p50 ms':>8}{'p99 ms':>8}{'first ms':>10}{'KB':>6}"
LISTS = {
    "favourites, 30": "favorites/tracks/?page_size=30",
    "favourites as tracks, 30": "tracks/?favorites=true&playable=true&page_size=30&ordering=-creation_date",
    "favourites, ids alone": "favorites/tracks/all/",
    "playlists, a page of 3": "playlists/?scope=all&playable=true&ordering=-modification_date&page_size=3",
    "playlists, a page of 50": "playlists/?scope=me&page_size=50",
    "playlist of 1,000 tracks, itself": "playlists/{long}/",
    "playlist of 100 tracks, its tracks": "playlists/{short}/tracks/",
    "playlist of 1,000 tracks, its tracks": "playlists/{long}/tracks/",
    "own radio, a page of its tracks": "radios/radios/{radio}/tracks/?page_size=25",
}


def main() -> None:
    """Everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with Pod() as pod:
        pod.set_up()
        make_many(pod.music, count)
        pod.add_music(pod.music)
        names = fill(pod)
        pod.settle()
        print(f"\n{count} tracks\n{HEAD}")
        for name, path in LISTS.items():
            line(pod, name, form("GET", f"/api/v1/{path.format(**names)}", pod.login))
        for name, wish in radios(names).items():
            session = int(pod.call("POST", "/api/v1/radios/sessions/", wish).json["id"])
            line(pod, f"next: {name}", following(pod, session))
        edits(pod, names["long"])


def fill(pod: Pod) -> Mapping[str, int]:
    """Favourites, playlists, a radio; the ids of some."""
    pod.call("POST", "/api/v1/instance/admin/settings/bulk/", {"playlists__max_tracks": 2 * LONG})
    ids = tracks(pod, LONG)
    for id in ids[:30]:
        pod.call("POST", "/api/v1/favorites/tracks/", {"track": id})
    long = playlist(pod, "Long", ids)
    short = [playlist(pod, f"Short {number}", ids[number * 10 : number * 10 + 100]) for number in range(SEVERAL)]
    wish = {"name": "Mine", "config": [{"type": "playlist", "ids": [long], "not": True}]}
    radio = pod.call("POST", "/api/v1/radios/radios/", wish).json["id"]
    return {"long": long, "short": short[0], "radio": radio, "track": ids[0]}


def tracks(pod: Pod, count: int) -> Sequence[int]:
    """Ids of so many tracks."""
    pages = [
        pod.call("GET", f"/api/v1/tracks/?page_size=50&page={number}&ordering=title").json["results"]
        for number in range(1, min(count, LONG) // 50 + 1)
    ]
    return [track["id"] for page in pages for track in page]


def playlist(pod: Pod, name: str, ids: Sequence[int]) -> int:
    """A playlist's id."""
    id = int(pod.call("POST", "/api/v1/playlists/", {"name": name, "privacy_level": "everyone"}).json["id"])
    pod.call("POST", f"/api/v1/playlists/{id}/add/", {"tracks": ids, "allow_duplicates": True})
    return id


def radios(names: Mapping[str, int]) -> Mapping[str, Mapping[str, object]]:
    """The radios that are listened to."""
    return {
        "random": {"radio_type": "random"},
        "less listened": {"radio_type": "less-listened"},
        "similar": {"radio_type": "similar", "related_object_id": names["track"]},
        "own filters": {"radio_type": "custom", "custom_radio": names["radio"]},
    }


def following(pod: Pod, session: int) -> bytes:
    """A request for the next track of a session."""
    return form("POST", "/api/v1/radios/tracks/", pod.login, {"session": session})


def edits(pod: Pod, id: int) -> None:
    """A session that has played a thousand, and edits of the long playlist."""
    session = int(pod.call("POST", "/api/v1/radios/sessions/", {"radio_type": "random"}).json["id"])
    crowd(pod.port, [following(pod, session)], count=LONG)
    line(pod, "next: random, after 1,000", following(pod, session))
    for name, document in (("first to last", {"from": 0, "to": LONG - 1}), ("side by side", {"from": 500, "to": 501})):
        line(pod, f"move in 1,000: {name}", form("POST", f"/api/v1/playlists/{id}/move/", pod.login, document))


def line(pod: Pod, name: str, request: bytes) -> None:
    """A line of figures."""
    first = crowd(pod.port, [request], count=1)
    size = len(ask(pod.port, request).body)
    crowd(pod.port, [request], count=WARM)
    all_before, ours_before = pod.cpu_seconds, pod.own_cpu_seconds
    told = crowd(pod.port, [request], count=COUNTED)
    every, ours = (1000 * cpu / COUNTED for cpu in (pod.cpu_seconds - all_before, pod.own_cpu_seconds - ours_before))
    refused = f"   {told.refused} refused" if told.refused else ""
    print(
        f"{name:40}{every:8.2f}{ours:8.2f}{told.percentile(0.5):8.2f}{told.percentile(0.99):8.2f}"
        f"{1000 * first.waits[0]:10.1f}{size / 1000:6.0f}{refused}",
        flush=True,
    )


if __name__ == "__main__":
    main()
