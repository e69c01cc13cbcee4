"""
What a page of artists, albums or tracks costs: CPU time of all processes, ours and PostgreSQL's.

    python -m benchmarks.lists [COUNT …]          (2000 and 20000 tracks unless told otherwise)

Real small files, imported by the real command.  Every page has 25 items, and is asked for by somebody who is signed in
and by a visitor.  "First" is the first answer after the catalog changed, when orders and counts are worked out anew;
the other figures are of those that follow.  The anchor is twisted.web that answers as many bytes from memory.

While the music is imported, pages are asked for without a break; each batch of the import changes the catalog, so that
nearly all of these are "first" ones.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence

from benchmarks.asking import Round, ask, crowd, form
from benchmarks.raw import Anchor, raw_twisted
from benchmarks.server import Pod
from tests.audio import make_many

WARM, COUNTED = 20, 200
PAGES = {
    "tracks, newest": "tracks/?playable=true&page_size=25",
    "tracks by title, half way": "tracks/?playable=true&page_size=25&ordering=title&page={tracks}",
    "tracks at random": "tracks/?playable=true&page_size=25&ordering=random",
    "tracks, all": "tracks/?page_size=25",
    "albums by date": "albums/?playable=true&page_size=25&ordering=-release_date",
    "albums by title, half way": "albums/?playable=true&page_size=25&ordering=title&page={albums}",
    "artists by name": "artists/?playable=true&page_size=25&ordering=name",
    "artists, newest, half way": "artists/?playable=true&page_size=25&ordering=-creation_date&page={artists}",
    "tracks with a word": "tracks/?playable=true&page_size=25&q=river",
    "albums with a word": "albums/?playable=true&page_size=25&q=winter",
    "search box": "search/?q=river",
}
# Asked for by somebody who is signed in, once there are edits and hidden artists.
OWN_PAGES = {
    "edits, newest": "mutations/?page_size=25",
    "edits that wait": "mutations/?is_approved=null&page_size=25",
    "edits of tracks, a word": "mutations/?q=target:track+typo&page_size=25",
    "edits of a track": "tracks/{track}/mutations/?page_size=25",
    "hidden artists": "moderation/content-filters/?page_size=25",
    "tracks, some hidden": "tracks/?playable=true&page_size=25",
    "everybody's artists": "manage/library/artists/?page_size=25",
    "everybody's albums": "manage/library/albums/?page_size=25",
    "everybody's tracks": "manage/library/tracks/?page_size=25",
    "everybody's tracks, a word": "manage/library/tracks/?page_size=25&q=river&ordering=title",
    "everybody's uploads": "manage/library/uploads/?page_size=25",
    "everybody's uploads by size": "manage/library/uploads/?page_size=25&ordering=-size",
    "everybody's tags": "manage/tags/?page_size=25&ordering=-items_count",
}
SUGGESTED, HIDDEN = 1_000, 25
PAGES_MEANWHILE = [path for path in PAGES.values() if "{" not in path]
HEAD = f"{'':10}{'':28}{'CPU ms':>8}{'ours':>8}{'p50 ms':>8}{'p99 ms':>8}{'first ms':>10}{'KB':>6}{'anchors':>9}"


def main() -> None:
    """All sizes."""
    with raw_twisted() as anchor:
        for count in map(int, sys.argv[1:] or ("2000", "20000")):
            with Pod() as pod:
                pod.set_up()
                make_many(pod.music, count)
                print(f"\n{count} tracks")
                pages = deep(count)
                while_importing(pod, [form("GET", f"/api/v1/{path}", pod.login) for path in PAGES_MEANWHILE])
                pod.settle()
                print(HEAD)
                for who, headers in (("signed in", pod.login), ("visitor", {})):
                    for name, path in pages.items():
                        one_page(pod, anchor, who, name, form("GET", f"/api/v1/{path}", headers))
                track = suggest_and_hide(pod)
                for name, path in OWN_PAGES.items():
                    request = form("GET", f"/api/v1/{path.format(track=track)}", pod.login)
                    one_page(pod, anchor, "signed in", name, request)


def deep(count: int) -> Mapping[str, str]:
    """The pages; "half way" is half way of a library of that size (ten tracks an album, three albums an artist)."""
    half = {"tracks": count // 50, "albums": count // 500, "artists": count // 1500}
    return {name: path.format(**{kind: page or 1 for kind, page in half.items()}) for name, path in PAGES.items()}


def suggest_and_hide(pod: Pod) -> int:
    """Suggest changes to some tracks, and hide some artists; the id of one such track."""
    tracks = [track["id"] for track in pod.call("GET", "/api/v1/tracks/?page_size=50").json["results"]]
    wish = {"type": "update", "payload": {"title": "Another", "tags": ["Calm"]}, "summary": "a typo"}
    wishes = [form("POST", f"/api/v1/tracks/{id}/mutations/", pod.login, wish) for id in tracks]
    crowd(pod.port, wishes, count=SUGGESTED)
    for artist in pod.call("GET", f"/api/v1/artists/?page_size={HIDDEN}").json["results"]:
        target = {"target": {"type": "artist", "id": artist["id"]}}
        pod.call("POST", "/api/v1/moderation/content-filters/", target)
    return int(tracks[0])


def one_page(pod: Pod, anchor: Anchor, who: str, name: str, request: bytes) -> None:
    """A line of figures."""
    first = crowd(pod.port, [request], count=1)
    size = len(ask(pod.port, request).body)
    crowd(pod.port, [request], count=WARM)
    all_before, ours_before = pod.cpu_seconds, pod.own_cpu_seconds
    told = crowd(pod.port, [request], count=COUNTED)
    every, ours = (1000 * cpu / COUNTED for cpu in (pod.cpu_seconds - all_before, pod.own_cpu_seconds - ours_before))
    before = anchor.cpu_seconds
    crowd(anchor.port, [form("GET", f"/bytes/{size}")], count=5 * COUNTED)
    beside = 1000 * (anchor.cpu_seconds - before) / (5 * COUNTED)
    refused = f"   {told.refused} refused" if told.refused else ""
    print(
        f"{who:10}{name:28}{every:8.2f}{ours:8.2f}{told.percentile(0.5):8.2f}{told.percentile(0.99):8.2f}"
        f"{1000 * first.waits[0]:10.1f}{size / 1000:6.0f}{every / beside:9.1f}{refused}"
    )


def while_importing(pod: Pod, requests: Sequence[bytes]) -> None:
    """Import the music, and see how long pages take meanwhile."""
    running = pod.importing(pod.music)
    over = threading.Event()
    told = Round()

    def browse() -> None:
        while not over.is_set():
            some = crowd(pod.port, requests, count=len(requests), rest=0.05)
            told.waits.extend(some.waits)
            told.refused += some.refused

    browsing = threading.Thread(target=browse)
    browsing.start()
    progress = running.told()
    over.set()
    browsing.join()
    print(
        f"imported at {progress['seen'] / progress['seconds']:.0f} a second; meanwhile {len(told.waits)} pages:"
        f" p50 {told.percentile(0.5):.1f}, p99 {told.percentile(0.99):.1f}, slowest {told.percentile(1):.1f} ms,"
        f" {told.refused} refused"
    )


if __name__ == "__main__":
    main()
