"""Two pods of ours, each its own process with its own database, that meet over the loopback interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.audio import make
from tests.pod import Client, Pod, PodCase, until

MEETING_SECONDS = 30.0


class Side:
    """
    A pod that federates over plain HTTP with others of this machine, and the person who set it up.

    :ivar host: what other pods know it by.
    """

    def __init__(self, pod: Pod, person: str) -> None:
        self.pod, self.person = pod, person
        self.host = f"127.0.0.1:{pod.port}"
        pod.be(self.host)
        pod.settings["FEDERATION_ALLOW_PRIVATE"] = "127.0.0.1"
        pod.start()
        self.me: Client = pod.set_up(person)

    @property
    def actor(self) -> str:
        """The federation id of the person."""
        return f"http://{self.host}/federation/actors/{self.person}"

    def one(self, path: str, **query: object) -> Any:
        """What a path tells the person."""
        answer = self.me.get(path, None, **query)
        assert answer.status == 200, answer
        return answer.json

    def said(self, status: int, path: str, **document: object) -> Any:
        """What comes of a wish of the person's."""
        answer = self.me.post(path, **document)
        assert answer.status == status, answer
        return answer.json if answer.body else None

    def fetched(self, url: str) -> Any:
        """What the person finds by an address or a handle."""
        fetch = self.said(201, "/api/v1/federation/fetches/", object=url)
        assert fetch["status"] == "finished", fetch
        return fetch["object"]


class TwoPodsCase(PodCase):
    """Ada's pod and Bob's."""

    def setUp(self) -> None:
        super().setUp()
        self.here, self.there = (Side(self.pod(name), name) for name in ("ada", "bob"))

    def meet(self, true: Callable[[], object], what: str) -> None:
        """Wait until one pod has heard of what happened on the other."""
        try:
            until(true, what, MEETING_SECONDS)
        except AssertionError:
            for side in (self.here, self.there):
                print(side.host, side.pod.log[-6000:])
            raise

    def library(self, side: Side, privacy: str, *titles: str) -> Any:
        """A library with songs in it, imported."""
        library = side.said(201, "/api/v1/libraries/", name=f"{side.person}'s", privacy_level=privacy)
        for place, title in enumerate(titles, 1):
            self.upload(side, library, title, place)
        until(lambda: self.finished(side) >= len(titles), "the import")
        return library

    def upload(self, side: Side, library: Any, title: str, place: int) -> None:
        """Send a song."""
        song = make(
            self.folder,
            "mp3",
            f"{title}.mp3",
            pitch=300 + 50 * place,
            title=title,
            artist="The Waves",
            album="Sea",
            track=place,
        )
        assert side.me.upload(library["uuid"], song).status == 201

    def finished(self, side: Side) -> int:
        """How many uploads of the person's are imported."""
        return sum(1 for one in side.me.uploads() if one["import_status"] == "finished")

    def follow(self, library: Any) -> Any:
        """Bob finds a library of Ada's and asks to follow it."""
        found = self.there.fetched(library["fid"])
        return self.there.said(201, "/api/v1/federation/follows/library/", target=found["uuid"])

    def titles(self) -> list[str]:
        """The songs that Bob can see and play."""
        told = self.there.one("/api/v1/tracks/", playable="true", ordering="title")
        return [track["title"] for track in told["results"]]


class LibraryTests(TwoPodsCase):
    """Music of one pod on the other."""

    def test_a_public_library_is_followed_heard_and_left(self) -> None:
        """Its songs appear and play; what is added, changed and removed there is so here."""
        library = self.library(self.here, "everyone", "Ebb", "Flow")
        follow = self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "the songs of the library")
        self.assertTrue(self.there.one(f"/api/v1/federation/follows/library/{follow['uuid']}/")["approved"])

        [ebb, _] = self.there.one("/api/v1/tracks/", ordering="title")["results"]
        theirs = self.there.me.get(ebb["listen_url"])
        [own, _] = self.here.one("/api/v1/tracks/", ordering="title")["results"]
        ours = self.here.me.get(own["listen_url"])
        self.assertEqual((200, ours.body), (theirs.status, theirs.body))

        self.upload(self.here, library, "Tide", 3)
        self.meet(lambda: self.titles() == ["Ebb", "Flow", "Tide"], "a song that was added")

        [tide] = [one for one in self.here.me.uploads() if one["track"]["title"] == "Tide"]
        self.assertEqual(204, self.here.me.ask("DELETE", f"/api/v1/uploads/{tide['uuid']}/").status)
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "a song that was removed")

    def test_a_private_library_asks_its_owner(self) -> None:
        """Nothing is seen before she agrees, and nothing after she has changed her mind."""
        library = self.library(self.here, "me", "Secret")
        self.follow(library)

        def asked() -> Any:
            items = self.here.one("/api/v1/federation/inbox/")["results"]
            return [one for one in items if one["activity"]["type"] == "Follow"]

        self.meet(asked, "the wish to follow")
        self.assertEqual([], self.titles())
        [wish] = self.here.one(f"/api/v1/libraries/{library['uuid']}/follows/")["results"]
        self.assertEqual(self.there.actor, wish["actor"]["fid"])
        path = f"/api/v1/federation/follows/library/{wish['uuid']}"
        self.assertEqual(204, self.here.me.post(f"{path}/accept/").status)
        self.meet(lambda: self.titles() == ["Secret"], "the song of the library")
        [track] = self.there.one("/api/v1/tracks/")["results"]
        self.assertEqual(200, self.there.me.get(track["listen_url"]).status)

        self.assertEqual(204, self.here.me.post(f"{path}/reject/").status)
        self.meet(lambda: self.titles() == [], "the end of it")
