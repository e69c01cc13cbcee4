"""Libraries of one pod on another: found, followed, heard, changed, shared and not shared any more."""

from __future__ import annotations

from typing import Any

from tests.audio import image
from tests.pod import path_of
from tests.two_pods import TwoPodsCase

FOLLOWS = "/api/v1/federation/follows/library"


class LibraryTests(TwoPodsCase):
    """Music of one pod on the other."""

    def wish(self, library: Any) -> Any:
        """Bob's wish to follow, as Ada meets it."""
        path = f"/api/v1/libraries/{library['uuid']}/follows/"
        self.meet(lambda: self.here.one(path)["count"], "the wish to follow")
        [wish] = self.here.one(path)["results"]
        self.assertEqual(self.there.actor, wish["actor"]["fid"])
        return wish

    def answer(self, wish: Any, word: str) -> None:
        """Ada accepts, or rejects."""
        self.here.said(204, f"{FOLLOWS}/{wish['uuid']}/{word}/")

    def state(self, follow: Any) -> Any:
        """What Bob knows of his follow."""
        return self.there.one(f"{FOLLOWS}/{follow['uuid']}/")["approved"]

    def test_a_public_library_is_followed_and_heard(self) -> None:
        """Its songs appear and play; what is added and removed there is so here."""
        library = self.library(self.here, "everyone", "Ebb", "Flow")
        follow = self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "the songs of the library")
        self.assertTrue(self.state(follow))

        theirs = self.there.heard(self.there.tracks(self.artist)[0])
        ours = self.here.heard(self.here.tracks(self.artist)[0])
        self.assertEqual((200, ours.body), (theirs.status, theirs.body))

        self.upload(self.here, library, "Tide", 3)
        self.meet(lambda: self.titles() == ["Ebb", "Flow", "Tide"], "a song that was added")

        [tide] = [one for one in self.here.me.uploads() if one["track"] and one["track"]["title"] == "Tide"]
        self.here.changed(204, "DELETE", f"/api/v1/uploads/{tide['uuid']}/")
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "a song that was removed")

    def test_a_private_library_asks_its_owner(self) -> None:
        """Nothing is seen before she agrees, and nothing after she has changed her mind; both see how it stands."""
        library = self.library(self.here, "me", "Secret")
        follow = self.follow(library)
        wish = self.wish(library)
        told = [item["activity"] for item in self.here.one("/api/v1/federation/inbox/")["results"]]
        self.assertIn(wish["uuid"], [one["related_object"]["uuid"] for one in told if one["type"] == "Follow"])
        self.assertIsNone(wish["approved"])
        self.assertIsNone(self.state(follow))
        [own] = [one for one in self.there.one(f"{FOLLOWS}/")["results"] if one["uuid"] == follow["uuid"]]
        self.assertEqual((None, library["fid"]), (own["approved"], own["target"]["fid"]))
        self.assertEqual([], self.titles())

        self.answer(wish, "accept")
        self.meet(lambda: self.titles() == ["Secret"], "the song of the library")
        self.assertTrue(self.state(follow))
        [track] = self.there.tracks(self.artist)
        self.assertEqual(200, self.there.heard(track).status)

        self.answer(wish, "reject")
        self.meet(lambda: self.titles() == [], "the end of it")
        self.assertEqual(404, self.there.heard(track).status)

    def test_who_was_turned_away_may_ask_again(self) -> None:
        """After a no, the old wish is taken back and a new one made, which is another wish."""
        library = self.library(self.here, "me", "Secret")
        follow, wish = self.follow(library), self.wish(library)
        self.answer(wish, "reject")
        self.meet(lambda: self.state(follow) is False, "the no")
        self.there.changed(204, "DELETE", f"{FOLLOWS}/{follow['uuid']}/")
        self.meet(lambda: self.here.one(f"/api/v1/libraries/{library['uuid']}/follows/")["count"] == 0, "the Undo")
        again, wish = self.follow(library), self.wish(library)
        self.assertNotEqual(follow["uuid"], again["uuid"])
        self.answer(wish, "accept")
        self.meet(lambda: self.titles() == ["Secret"], "the song of the library")

    def test_leaving_and_coming_back(self) -> None:
        """Who follows no longer hears nothing from then on; who follows again hears all again."""
        library = self.library(self.here, "me", "Ebb", "Flow")
        follow, wish = self.follow(library), self.wish(library)
        self.answer(wish, "accept")
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "the songs")
        track = self.there.tracks(self.artist)[0]
        self.there.changed(204, "DELETE", f"{FOLLOWS}/{follow['uuid']}/")
        self.assertEqual([], self.titles())
        self.assertEqual(404, self.there.heard(track).status)
        self.meet(lambda: self.here.one(f"/api/v1/libraries/{library['uuid']}/follows/")["count"] == 0, "the Undo")
        self.follow(library)
        self.answer(self.wish(library), "accept")
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "the songs again")
        self.assertEqual(200, self.there.heard(track).status)

    def test_private_audio_is_for_those_who_may(self) -> None:
        """A neighbour of the follower, a visitor, and a stranger's signature hear nothing of it."""
        library = self.library(self.here, "me", "Secret")
        self.follow(library)
        self.answer(self.wish(library), "accept")
        self.meet(lambda: self.titles() == ["Secret"], "the song")
        [track] = self.there.tracks(self.artist)
        self.assertEqual(200, self.there.heard(track).status)
        neighbour = self.there.joins("eve")
        self.assertEqual([], self.titles(neighbour))
        self.assertEqual(404, self.there.heard(track, neighbour).status)
        self.assertIn(self.there.heard(track, self.there.pod.client()).status, (401, 404))
        [own] = self.here.tracks(self.artist)
        self.assertIn(self.here.heard(own, self.here.pod.client()).status, (401, 404))

        # Her own follow waits; his opens nothing to her, and her signature opens nothing at Ada's.
        made = self.follow(library, neighbour)
        self.assertIsNone(made["approved"])
        self.assertEqual(404, self.there.heard(track, neighbour).status)
        [(source,)] = self.there.rows("SELECT source FROM upload WHERE track_id = %s", track["id"])
        self.assertEqual(200, self.there.signs("bob", "GET", source).status)
        self.assertEqual(404, self.there.signs("eve", "GET", source).status)
        page = f"{library['fid']}?page=1"
        self.assertEqual(200, self.there.signs("bob", "GET", page).status)
        self.assertEqual(403, self.there.signs("eve", "GET", page).status)

    def test_a_library_changes(self) -> None:
        """Its name comes across; made private, it stays open to whoever follows; removed, it is gone."""
        library = self.library(self.here, "everyone", "Ebb")
        follow = self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        neighbour = self.there.joins("nan")
        self.assertEqual(["Ebb"], self.titles(neighbour))
        place = f"/api/v1/libraries/{library['uuid']}/"

        def label() -> Any:
            return self.there.one(f"{FOLLOWS}/{follow['uuid']}/")["target"]

        self.here.changed(200, "PATCH", place, name="Shallows", description="Quiet water")
        self.meet(lambda: label()["name"] == "Shallows", "the name")
        self.assertEqual("Quiet water", label()["description"])
        self.here.changed(200, "PATCH", place, privacy_level="me")
        self.meet(lambda: label()["privacy_level"] == "me", "the privacy")
        self.assertEqual(["Ebb"], self.titles())
        self.assertEqual([], self.titles(neighbour))
        [track] = self.there.tracks(self.artist)
        self.assertEqual(200, self.there.heard(track).status)
        self.upload(self.here, library, "Flow", 2)
        self.meet(lambda: self.titles() == ["Ebb", "Flow"], "a song that was added")
        self.here.changed(200, "PATCH", place, privacy_level="everyone")
        self.meet(lambda: self.titles(neighbour) == ["Ebb", "Flow"], "the door open again")
        self.here.changed(204, "DELETE", place)
        self.meet(lambda: self.titles() == [], "the end of the library")
        self.assertEqual(404, self.there.me.get(f"{FOLLOWS}/{follow['uuid']}/").status)

    def test_works_change(self) -> None:
        """Title, tags, licence, description and cover of a track, an album and an artist come across."""
        self.follow(self.library(self.here, "everyone", "Ebb", cover=image(80, 80), license="CC BY 4.0"))
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        [ours], [theirs] = self.here.tracks(self.artist), self.there.tracks(self.artist)
        ids = {"track": ours["id"], "album": ours["album"]["id"], "artist": ours["artist"]["id"]}
        there = {"track": theirs["id"], "album": theirs["album"]["id"], "artist": theirs["artist"]["id"]}
        for cover in (theirs["album"]["cover"],):
            shown = self.there.me.get(path_of(cover["urls"]["medium_square_crop"]))
            self.assertEqual(302, shown.status)
            picture = self.there.me.get(path_of(shown.headers["location"]))
            self.assertEqual((200, "image/"), (picture.status, picture.headers["content-type"][:6]))

        words = {"description": {"text": "Wet *and* wide", "content_type": "text/markdown"}, "tags": ["Calm", "Sea"]}
        self.here.edited("track", ids["track"], title="Slack", license="cc0-1.0", copyright="Nobody", **words)
        self.here.edited("album", ids["album"], title="Ocean", release_date="2020-02-03", **words)
        self.here.edited("artist", ids["artist"], name=f"{self.artist}!", cover=self.here.picture(), **words)

        def shown_of(kind: str) -> Any:
            return self.there.one(f"/api/v1/{kind}s/{there[kind]}/")

        for kind, name, value in (
            ("track", "title", "Slack"), ("album", "title", "Ocean"), ("artist", "name", f"{self.artist}!"),
        ):  # fmt: skip
            self.meet(lambda kind=kind, name=name, value=value: shown_of(kind)[name] == value, f"the {kind}")  # type: ignore[misc]
            told = shown_of(kind)
            self.assertEqual(["Calm", "Sea"], sorted(told["tags"]), kind)
            self.assertIn("<em>and</em>", told["description"]["html"], kind)
        self.assertEqual(("cc0-1.0", "Nobody"), (shown_of("track")["license"], shown_of("track")["copyright"]))
        self.assertEqual("2020-02-03", shown_of("album")["release_date"])
        cover = shown_of("artist")["cover"]
        self.assertEqual(302, self.there.me.get(path_of(cover["urls"]["original"])).status)
