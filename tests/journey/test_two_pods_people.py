"""Two pods: people follow people, and see what those like.  docs/federation.md §4.1 to §4.4, §4.11."""

from __future__ import annotations

from typing import Any

from tests.two_pods import TwoPodsCase

FOLLOWS = "/api/v1/federation/follows/user/"


class PeopleTests(TwoPodsCase):
    """Bob would like to know what Ada hears."""

    def shows(self, level: str) -> None:
        """Let Ada show what she does to these."""
        self.here.changed(200, "PATCH", f"/api/v1/users/{self.here.person}/", privacy_level=level)

    def followed(self) -> Any:
        """Bob's follow of Ada, made anew."""
        self.there.fetched(self.here.handle())
        return self.there.said(201, FOLLOWS, target=self.here.handle())

    def approved(self, follow: Any) -> Any:
        """What Bob knows of it."""
        return self.there.one(f"{FOLLOWS}{follow['uuid']}/")["approved"]

    def likes(self) -> list[str]:
        """Whose favourites Bob sees of this test's artist."""
        found = self.there.one("/api/v1/favorites/tracks/", page_size=100)["results"]
        return [one["user"]["username"] for one in found if one["track"]["artist"]["name"] == self.artist]

    def test_who_decides(self) -> None:
        """Ada is asked; what she likes is seen by Bob from then on, for as long as she lets him; she sees him leave."""
        self.shows("followers")
        library = self.library(self.here, "everyone", "Ebb", "Flow")
        self.follow(library)
        self.meet(lambda: len(self.titles()) == 2, "the songs")
        made = self.followed()
        self.assertIsNone(made["approved"])
        self.meet(lambda: self.here.one(f"{FOLLOWS}received/")["count"] == 1, "the wish")
        [item] = self.here.one("/api/v1/federation/inbox/", is_read="false", activity__type="Follow")["results"][:1]
        wish = item["activity"]["related_object"]
        self.assertEqual(("federation.UserFollow", None), (wish["type"], wish["approved"]))
        self.here.said(204, f"{FOLLOWS}{wish['uuid']}/accept/")
        self.meet(lambda: self.approved(made) is True, "her answer")
        [told] = self.there.one("/api/v1/federation/inbox/", activity__type="Accept")["results"][:1]
        self.assertEqual("federation.UserFollow", told["activity"]["object"]["type"])

        first, second = self.here.tracks(self.artist)
        self.here.said(201, "/api/v1/favorites/tracks/", track=first["id"])
        self.meet(lambda: self.likes() == [self.here.handle()], "what she likes")
        self.here.said(204, "/api/v1/favorites/tracks/remove/", track=first["id"])
        self.meet(lambda: self.likes() == [], "that she likes it no longer")

        self.there.changed(204, "DELETE", f"{FOLLOWS}{made['uuid']}/")
        self.meet(lambda: self.here.one(f"{FOLLOWS}received/")["count"] == 0, "the Undo")
        self.here.said(201, "/api/v1/favorites/tracks/", track=second["id"])
        self.assertEqual(1, len(self.here.told("Undo")))

    def test_who_shows_all(self) -> None:
        """Nobody is asked; her outbox is anybody's; and she may send Bob away later."""
        self.shows("everyone")
        made = self.followed()
        self.meet(lambda: self.approved(made) is True, "the answer")
        library = self.library(self.here, "everyone", "Tide")
        [track] = self.here.tracks(self.artist)
        self.here.said(201, "/api/v1/favorites/tracks/", track=track["id"])
        answer = self.there.signs(self.there.person, "GET", f"{self.here.actor}/outbox?page=1")
        self.assertIn(
            ("Like", track["fid"]), [(one["type"], one["object"]["id"]) for one in answer.json["orderedItems"]]
        )
        created = [one for one in answer.json["orderedItems"] if one["type"] == "Create"]
        self.assertIn(library["fid"], [one["object"]["library"] for one in created])
        [wish] = [one for one in self.here.one(f"{FOLLOWS}received/")["results"] if not one["actor"]["is_local"]]
        self.here.said(204, f"{FOLLOWS}{wish['uuid']}/reject/")
        self.meet(lambda: self.approved(made) is False, "that he may not")
        self.there.changed(204, "DELETE", f"{FOLLOWS}{made['uuid']}/")
