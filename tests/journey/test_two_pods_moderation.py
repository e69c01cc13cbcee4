"""Moderation across two pods: reports, blocks of servers and people, the allow list; and what people like and hear."""

from __future__ import annotations

from typing import Any

from tests.pod import Client, until
from tests.two_pods import ACTIVITY, Side, TwoPodsCase

POLICIES = "/api/v1/manage/moderation/instance-policies/"
SETTINGS = "/api/v1/instance/admin/settings/bulk/"


class ModerationCase(TwoPodsCase):
    """Each decision is taken back when its test ends."""

    def decide(self, side: Side, **words: object) -> Any:
        """What a moderator decides about the other pod."""
        other = self.there if side is self.here else self.here
        target = {"type": "domain", "id": other.host}
        made = side.said(201, POLICIES, **{"target": target, "is_active": True, "block_all": False, **words})
        self.addCleanup(side.me.ask, "DELETE", f"{POLICIES}{made['id']}/")
        return made

    def take_back(self, side: Side, policy: Any) -> None:
        """Undo a decision."""
        side.changed(204, "DELETE", f"{POLICIES}{policy['id']}/")

    def ping(self) -> dict[str, object]:
        """An activity of Ada's without an effect."""
        id = f"{self.here.actor}#likes/{self.artist.replace(' ', '-')}"
        return {"id": id, "type": "Like", "actor": self.here.actor, "object": f"http://{self.here.host}/nothing"}

    def posted(self) -> int:
        """What Bob's pod answers to a post that Ada signs."""
        return self.here.signs("ada", "POST", f"http://{self.there.host}/federation/shared/inbox", self.ping()).status


class ReportTests(ModerationCase):
    """Something is wrong with what lives elsewhere."""

    def test_a_report_reaches_the_other_pod(self) -> None:
        """Ada's moderators read what Bob wrote, and do not learn who wrote it."""
        self.follow(self.library(self.here, "everyone", "Ebb"))
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        [theirs], [ours] = self.there.tracks(self.artist), self.here.tracks(self.artist)
        wish = {"type": "illegal_content", "summary": "This is mine", "target": {"type": "track", "id": theirs["id"]}}
        self.there.said(201, "/api/v1/moderation/reports/", forward=False, **wish)
        self.there.said(201, "/api/v1/moderation/reports/", forward=True, **wish)
        place = "/api/v1/manage/moderation/reports/"
        self.meet(lambda: self.here.one(place)["count"], "the report")
        [report] = self.here.one(place)["results"]
        self.assertEqual(("illegal_content", "This is mine"), (report["type"], report["summary"]))
        self.assertEqual({"type": "track", "id": ours["id"]}, report["target"])
        self.assertEqual(f"service@{self.there.host}", report["submitter"]["full_username"])
        self.assertEqual(2, self.there.one(place)["count"])
        self.assertEqual(1, len(self.here.told("Flag")))


class BlockTests(ModerationCase):
    """A server, or somebody there, is not wanted."""

    def test_a_server_is_blocked_and_let_in_again(self) -> None:
        """Its music is gone, nothing is asked of it or told to it, and what it says is refused."""
        library = self.library(self.here, "everyone", "Ebb")
        self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        own = self.library(self.there, "everyone", "Their own")
        self.here.said(201, "/api/v1/federation/follows/library/", target=self.here.fetched(own["fid"])["uuid"])
        self.meet(lambda: len(self.here.tracks(self.artist)) == 2, "the song of the other")
        self.assertEqual(202, self.posted())

        policy = self.decide(self.there, block_all=True)
        self.meet(lambda: self.titles() == ["Their own"], "the end of the song")
        self.assertEqual(403, self.posted())
        fetch = self.there.fetch(library["fid"])
        self.assertEqual(("errored", "blocked"), (fetch["status"], fetch["detail"]["error_code"]))
        self.assertEqual(403, self.here.signs("ada", "GET", own["fid"]).status)
        self.assertEqual(404, self.there.me.get(f"/api/v1/federation/actors/{self.here.handle()}/").status)
        self.assertNotIn(
            self.here.host, [one["name"] for one in self.there.one("/api/v1/federation/domains/")["results"]]
        )
        before = self.there.rows("SELECT count(*) FROM delivery WHERE host = %s", self.here.host)
        self.upload(self.there, own, "Unheard", 2)
        until(lambda: self.there.finished(own["uuid"]) == 2, "the import")
        self.assertEqual(before, self.there.rows("SELECT count(*) FROM delivery WHERE host = %s", self.here.host))

        self.take_back(self.there, policy)
        self.assertEqual(202, self.posted())
        self.follow(library)
        self.meet(lambda: "Ebb" in self.titles(), "the song again")

    def test_media_are_rejected(self) -> None:
        """No sound and no picture of the server is brought here; people and follows stay."""
        library = self.library(self.here, "everyone", "Ebb")
        self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        policy = self.decide(self.there, reject_media=True)
        self.meet(lambda: self.titles() == [], "the end of the song")
        told = len(self.there.told("Create"))
        self.upload(self.here, library, "Flow", 2)
        self.meet(lambda: self.here.rows(
            "SELECT 1 FROM delivery JOIN outgoing AS said ON said.id = outgoing_id WHERE delivery.state = 'done'"
            " AND said.about IN (SELECT upload.fid FROM upload JOIN track ON track.id = track_id"
            " WHERE title = 'Flow')"), "it is told")  # fmt: skip
        self.assertEqual(([], told), (self.titles(), len(self.there.told("Create"))))
        self.assertEqual(200, self.there.me.get(f"/api/v1/federation/actors/{self.here.handle()}/").status)
        self.take_back(self.there, policy)
        self.upload(self.here, library, "Tide", 3)
        self.meet(lambda: sorted(self.titles()) == ["Ebb", "Flow", "Tide"], "all of it, and what comes afterwards")

    def test_episodes_come_again(self) -> None:
        """What a channel published is read again once its server's media are wanted again."""
        self.publish(self.channel("muted"), "Pilot")
        uuid = self.there.fetched(self.here.handle("muted"))["uuid"]
        self.there.said(201, f"/api/v1/channels/{uuid}/subscribe/")
        self.meet(lambda: self.titles() == ["Pilot"], "the episode")
        policy = self.decide(self.there, reject_media=True)
        self.meet(lambda: self.titles() == [], "the end of the episode")
        self.there.changed(200, "PATCH", f"{POLICIES}{policy['id']}/", is_active=False)
        self.meet(lambda: self.titles() == ["Pilot"], "the episode again")

    def test_silence(self) -> None:
        """Only who follows sees the music of a silenced server; nobody is notified of what it does."""
        library = self.library(self.here, "everyone", "Ebb")
        self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        neighbour = self.there.joins("nan")
        self.assertEqual(["Ebb"], self.titles(neighbour))
        own = self.library(self.there, "me", "Secret")
        policy = self.decide(self.there, silence_activity=True, silence_notifications=True)
        self.assertEqual(["Ebb", "Secret"], self.titles())
        self.assertEqual([], self.titles(neighbour))
        self.here.said(201, "/api/v1/federation/follows/library/", target=self.here.fetched(own["fid"])["uuid"])
        place = f"/api/v1/libraries/{own['uuid']}/follows/"
        self.meet(lambda: self.there.one(place)["count"] == 1, "the wish")
        wishes = [one for one in self.there.one("/api/v1/federation/inbox/")["results"]
                  if one["activity"]["type"] == "Follow"]  # fmt: skip
        self.assertEqual([], wishes)
        self.take_back(self.there, policy)
        self.assertEqual(["Ebb"], self.titles(neighbour))

    def test_somebody_is_blocked_by_somebody(self) -> None:
        """What Bob follows of Ada's ends with a Reject; what he asks for later, too."""
        library = self.library(self.here, "everyone", "Ebb")
        follow = self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        place = f"/api/v1/federation/follows/library/{follow['uuid']}/"
        target = {"full_username": self.there.handle()}
        block = self.here.said(201, "/api/v1/moderation/blocks/", target=target)
        self.meet(lambda: self.there.one(place)["approved"] is False, "the Reject")
        self.there.changed(204, "DELETE", place)
        again = self.follow(library)
        place = f"/api/v1/federation/follows/library/{again['uuid']}/"
        self.meet(lambda: self.there.one(place)["approved"] is False, "another Reject")
        self.here.changed(204, "DELETE", f"/api/v1/moderation/blocks/{block['uuid']}/")
        self.there.changed(204, "DELETE", place)
        final = self.follow(library)
        place = f"/api/v1/federation/follows/library/{final['uuid']}/"
        self.meet(lambda: self.there.one(place)["approved"], "an Accept")


class AllowListTests(ModerationCase):
    """Only servers on the list are spoken with."""

    def allow(self, side: Side, *, switch: bool) -> None:
        """Have the list count, or not."""
        side.said(200, SETTINGS, moderation__allow_list_enabled=switch)
        other = self.there if side is self.here else self.here
        until(
            lambda: (side.pod.client().get(f"/federation/actors/{side.person}/followers", {"Accept": ACTIVITY}).status
                     == 403) is switch,
            f"the list of {side.host} about {other.host}",
        )  # fmt: skip

    def test_both_ways(self) -> None:
        """Who is not on it is refused and not asked; who is put on it is heard."""
        library = self.library(self.here, "everyone", "Ebb")
        self.there.fetched(library["fid"])
        self.allow(self.there, switch=True)
        self.assertEqual(403, self.posted())
        fetch = self.there.fetch(library["fid"])
        self.assertEqual(("errored", "blocked"), (fetch["status"], fetch["detail"]["error_code"]))
        client = self.there.pod.client()
        self.assertEqual(200, client.get("/federation/actors/bob", {"Accept": ACTIVITY}).status)
        self.assertEqual(403, self.here.signs("ada", "GET", f"{self.there.actor}/outbox").status)
        domain = f"/api/v1/manage/federation/domains/{self.here.host}/"
        self.there.changed(200, "PATCH", domain, allowed=True)
        self.meet(lambda: self.posted() == 202, "let in")
        self.follow(library)
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        self.there.changed(200, "PATCH", domain, allowed=False)
        self.meet(lambda: self.posted() == 403, "let out")
        self.allow(self.there, switch=False)
        self.assertEqual(202, self.posted())


class DeedTests(TwoPodsCase):
    """What Ada's neighbours like and hear, as their followers at Bob's meet it."""

    def somebody(self, name: str, privacy: str) -> Client:
        """Somebody at Ada's whom Bob follows."""
        who = self.here.joins(name)
        changed = who.ask("PATCH", f"/api/v1/users/{name}/", b'{"privacy_level": "everyone"}',
                          {"Content-Type": "application/json"})  # fmt: skip
        self.assertEqual(200, changed.status)
        self.there.fetched(self.here.handle(name))
        id = f"{self.there.actor}#follows/{name}"
        self.there.rows(
            "INSERT INTO follow (fid, actor_id, target_actor_id) SELECT %s, bob.id, them.id FROM actor AS bob,"
            " actor AS them WHERE bob.fid = %s AND them.fid = %s", id, self.there.actor, self.here.actor_of(name),
        )  # fmt: skip
        wish = {"id": id, "type": "Follow", "actor": self.there.actor, "object": self.here.actor_of(name)}
        wish["to"] = self.here.actor_of(name)
        sent = self.there.signs("bob", "POST", f"{self.here.actor_of(name)}/inbox", wish)
        self.assertEqual(202, sent.status)
        self.meet(lambda: self.there.rows("SELECT 1 FROM follow WHERE fid = %s AND approved", id), "the Accept")
        changed = who.ask("PATCH", f"/api/v1/users/{name}/", b'{"privacy_level": "%s"}' % privacy.encode(),
                          {"Content-Type": "application/json"})  # fmt: skip
        self.assertEqual(200, changed.status)
        return who

    def deeds(self, name: str, kind: str) -> list[Any]:
        """What Bob's pod was told that somebody did."""
        return [one for one in self.there.told(kind) if one["actor"] == self.here.actor_of(name)]

    def a_song(self) -> Any:
        """One of Ada's that is known at Bob's, too: as both know it."""
        self.follow(self.library(self.here, "everyone", "Ebb"))
        self.meet(lambda: self.titles() == ["Ebb"], "the song")
        [ours], [theirs] = self.here.tracks(self.artist), self.there.tracks(self.artist)
        return ours["id"], theirs["id"]

    def test_deeds_for_everybody(self) -> None:
        """They are told to followers, shown there, and taken back."""
        ours, theirs = self.a_song()
        who = self.somebody("olga", "everyone")
        self.assertEqual(201, who.post("/api/v1/favorites/tracks/", track=ours).status)
        self.assertEqual(201, who.post("/api/v1/history/listenings/", track=ours).status)
        self.meet(lambda: self.deeds("olga", "Like") and self.deeds("olga", "Listen"), "both deeds")
        kept = "SELECT 1 FROM {} AS deed JOIN actor ON actor.id = deed.actor_id WHERE actor.fid = %s AND track_id = %s"
        for table in ("favorite", "listening"):
            rows = (kept.format(table), self.here.actor_of("olga"), theirs)
            self.meet(lambda rows=rows: len(self.there.rows(*rows)) == 1, table)  # type: ignore[misc]
        self.assertEqual(204, who.post("/api/v1/favorites/tracks/remove/", track=ours).status)
        rows = (kept.format("favorite"), self.here.actor_of("olga"), theirs)
        self.meet(lambda: self.there.rows(*rows) == [], "taken back")

    def test_deeds_for_nobody(self) -> None:
        """Nothing of them leaves the pod."""
        ours, _ = self.a_song()
        who = self.somebody("pia", "me")
        self.assertEqual(201, who.post("/api/v1/favorites/tracks/", track=ours).status)
        self.assertEqual(201, who.post("/api/v1/history/listenings/", track=ours).status)
        until(lambda: not self.here.rows("SELECT 1 FROM job WHERE kind = 'federation.tell'"), "nothing to tell")
        told = self.here.rows(
            "SELECT said.type FROM outgoing AS said JOIN actor ON actor.id = said.actor_id"
            " WHERE actor.fid = %s AND said.type IN ('Like', 'Dislike', 'Listen')",
            self.here.actor_of("pia"),
        )
        self.assertEqual([], told)
        self.assertEqual([], self.deeds("pia", "Like") + self.deeds("pia", "Listen"))
