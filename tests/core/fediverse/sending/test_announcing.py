"""What is said of what happens here, to whom, and in which form (docs/federation.md §3.9, §4)."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from fwtwisted.core.fediverse.keys.rotation import ROTATE, Rotation
from fwtwisted.core.fediverse.moderation.purging import Purge, Purging
from fwtwisted.core.fediverse.publishing.papers import Papers
from fwtwisted.core.fediverse.sending.announcing import Announcing
from fwtwisted.core.fediverse.sending.delivering import DeliverySettings
from fwtwisted.core.fediverse.sending.outbox import Outgoing, same_for_all
from fwtwisted.core.fediverse.sending.recipients import actors
from fwtwisted.core.fediverse.sending.telling import AGAIN, Telling, TellingGround
from fwtwisted.core.pod.service_actor import ServiceActor
from fwtwisted.db import jobs
from fwtwisted.db.jobs import Job
from fwtwisted.db.listening.history import add_listenings
from fwtwisted.model.listening import Heard
from fwtwisted.model.music import Kind
from fwtwisted.wire.activitypub import activities
from fwtwisted.wire.activitypub.contexts import FUNKWHALE, PUBLIC
from fwtwisted.wire.activitypub.writing.paper import Paper
from fwtwisted.wire.audio_keys import AudioKeys
from fwtwisted.wire.signatures.keys import has_signed, public_key
from fwtwisted.wire.v1 import Pictures
from tests.core.fediverse.sending.case import KEYS, Peer, SendingCase
from tests.core.fediverse.sending.case import Heard as Post
from tests.music import BASE, MusicCase
from tests.threads import pooled

ME = f"{BASE}/federation/actors/nadia"
SERVICE = f"{BASE}/federation/actors/service"


async def fifty(_: str) -> int:
    """What is set."""
    return 50


class AnnouncingCase(SendingCase, MusicCase):
    """Nadia's music, and three servers that listen: an old Funkwhale, GoToSocial, and something else."""

    async def begin(self) -> None:
        """Build everything."""
        await super().begin()
        self.announcing = Announcing(self.outbox, self.bell.ring)
        paper = Paper(self.pod, Pictures(f"{BASE}/media/", BASE), keys=AudioKeys("known to nobody"))
        self.papers = Papers(paper, fifty)
        self.service = ServiceActor(self.database, pooled(self), self.pod, "service")
        self.telling = Telling(TellingGround(self.database, self.outbox, self.papers, self.service))
        self.old = await self.a_peer("funkwhale", "1.4.0")
        self.note = await self.a_peer("gotosocial", "0.17")
        self.other = await self.a_peer("mastodon", "4.5")
        self.listeners = [
            await self.somebody(name, peer) for name, peer in (("o", self.old), ("n", self.note), ("m", self.other))
        ]

    async def tell(self, call: Any, *args: Any) -> None:
        """Say it, write it, bring it there."""
        await self.run_in(call, *args)
        kinds = self.telling.jobs()
        while found := await self.run_in(jobs.claim, "federation", list(kinds), 50, 30.0):
            for job in found:
                await kinds[job.kind].run(job)
                await self.run_in(jobs.done, job)
        await self.deliver()

    def last(self, peer: Peer) -> Any:
        """The activity that a peer was sent last."""
        return peer.heard[-1].document

    async def a_song(self, level: str = "everyone") -> tuple[int, UUID]:
        """A library that all of them follow, and a file in it."""
        library = await self.a_library(self.speaker, level)
        for listener in self.listeners:
            await self.a_follow(listener, library=library)
        artist = await self.an_artist("Nova")
        track = await self.a_track("Ebb", artist, await self.an_album("Tides", artist))
        return library, await self.an_upload(library, track)

    async def an_episode(self) -> tuple[int, UUID]:
        """A channel that all of them follow, and what it published: its actor, and the upload."""
        artist = await self.an_artist("Waves")
        voice = await self.a_speaker("waves")
        library = await self.a_library(self.speaker, "everyone")
        await self.do("UPDATE library SET is_channel = true WHERE id = %s", library)
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, library, voice, self.speaker,
        )  # fmt: skip
        for listener in self.listeners:
            await self.a_follow(listener, actor=voice)
        return voice, await self.an_upload(library, await self.a_track("Pilot", artist))

    async def fid(self, table: str, uuid: UUID) -> str:
        """A federation id."""
        found: str = await self.value(f"SELECT fid FROM {table} WHERE uuid = %s", uuid)
        return found


class UploadTests(AnnouncingCase):
    """Files and posts come and go."""

    async def test_library_upload(self) -> None:
        """Each kind of peer gets the form that it reads, from the owner, with the context repeated within."""
        await self.begin()
        library, uuid = await self.a_song()
        await self.tell(self.announcing.uploads_ready, [uuid])
        old, other = self.last(self.old), self.last(self.other)
        self.assertEqual((old["type"], old["actor"]), ("Create", ME))
        self.assertEqual(old["id"], f"{await self.fid('upload', uuid)}/activity")
        followers = await self.value("SELECT followers_url FROM library WHERE id = %s", library)
        self.assertEqual(old["to"], [followers, PUBLIC])
        self.assertEqual(old["object"]["@context"], old["@context"])
        self.assertEqual((old["object"]["duration"], other["object"]["duration"]), (60, "PT1M"))
        self.assertEqual(len(self.note.heard), 1)

    async def test_private_library(self) -> None:
        """What is private goes to followers alone."""
        await self.begin()
        library, uuid = await self.a_song("me")
        await self.tell(self.announcing.uploads_ready, [uuid])
        followers = await self.value("SELECT followers_url FROM library WHERE id = %s", library)
        self.assertEqual(self.last(self.old)["to"], [followers])

    async def test_what_is_not_told(self) -> None:
        """Unfinished uploads, and libraries that nobody elsewhere follows, cost no job."""
        await self.begin()
        library, _ = await self.a_song()
        waiting = await self.an_upload(library, None, "pending")
        alone = await self.an_upload(await self.a_library(self.speaker, "everyone"), None)
        await self.run_in(self.announcing.uploads_ready, [waiting, alone])
        self.assertEqual(await self.value("SELECT count(*) FROM job"), 0)

    async def test_episode(self) -> None:
        """A channel's post is Audio to those who take it and a Note to those who do not; an Update likewise."""
        await self.begin()
        _, uuid = await self.an_episode()
        fid = await self.fid("upload", uuid)
        voice = f"{BASE}/federation/actors/waves"
        await self.tell(self.announcing.uploads_ready, [uuid])
        other, note = self.last(self.other), self.last(self.note)
        self.assertEqual((other["type"], other["actor"], other["id"]), ("Create", voice, f"{fid}/activity"))
        self.assertEqual((other["to"], other["cc"]), ([PUBLIC], [f"{voice}/followers"]))
        self.assertEqual((other["object"]["type"], note["object"]["type"]), ("Audio", "Note"))
        self.assertEqual(note["id"], f"{fid}/note/activity")
        sounds = [str(said["object"]["attachment"]) for said in (other, note, self.last(self.old))]
        self.assertEqual([True, False, False], ["&key=" in one for one in sounds], "who does not sign gets a key")
        track = await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid)
        await self.tell(self.announcing.edited, Kind.TRACK, track)
        for peer, kind in ((self.old, "Audio"), (self.note, "Note")):
            self.assertEqual(self.last(peer)["type"], "Update")
            self.assertEqual(self.last(peer)["object"]["type"], kind)
        for said, before in ((self.last(self.other), other), (self.last(self.note), note)):
            self.assertNotIn("updated", before["object"])
            self.assertGreater(said["object"]["updated"], said["object"]["published"], "else nobody shows the change")
        self.assertRegex(self.last(self.old)["id"], rf"^{fid}/activity/[0-9a-f]{{8}}$")

    async def test_episode_with_tags(self) -> None:
        """Mastodon shows the line of hashtags; Misskey would hide the post behind it, and is sent the tags alone."""
        await self.begin()
        misskey = await self.a_peer("misskey", "2025.11.1")
        self.listeners.append(await self.somebody("mia", misskey))
        _, uuid = await self.an_episode()
        await self.tag("track", await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid), "sea")
        await self.tell(self.announcing.uploads_ready, [uuid])
        bare, other = (self.last(peer)["object"] for peer in (misskey, self.other))
        self.assertEqual((None, "#sea"), (bare.get("summary"), other["summary"]))
        self.assertEqual(bare, {name: value for name, value in other.items() if name != "summary"})
        self.assertIn("&key=", bare["attachment"][0]["url"], "it does not sign for the file")
        await self.tell(self.announcing.uploads_removed, [uuid])
        buried = {"type": "Tombstone", "id": bare["id"]}
        self.assertEqual(("Delete", buried), (self.last(misskey)["type"], self.last(misskey)["object"]))

    async def test_removed_uploads(self) -> None:
        """Funkwhale gets a list of ids, others a tombstone each; what waited to be said of them is not said."""
        await self.begin()
        library, uuid = await self.a_song()
        track = await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid)
        another = await self.an_upload(library, track)
        await self.tell(self.announcing.uploads_removed, [uuid, another])
        gone = sorted([await self.fid("upload", uuid), await self.fid("upload", another)])
        old = self.last(self.old)
        self.assertEqual((old["type"], old["actor"], old["object"]["type"]), ("Delete", ME, "Audio"))
        self.assertEqual(sorted(old["object"]["id"]), gone)
        self.assertEqual(len(self.old.heard), 1)
        told = [heard.document["object"] for heard in self.other.heard]
        self.assertEqual([one["type"] for one in told], ["Tombstone"] * 2)
        self.assertEqual(sorted(one["id"] for one in told), gone)
        self.assertEqual(await self.value("SELECT count(*) FROM job WHERE kind = 'keys.rotate'"), 1)


class UnhurriedTests(AnnouncingCase):
    """With the real back-off."""

    delivery = DeliverySettings()

    async def test_removed_before_it_was_told(self) -> None:
        """A Create that could not be delivered is not delivered after the Delete."""
        await self.begin()
        _, uuid = await self.a_song()
        self.old.answer = lambda _: (503, {})
        await self.tell(self.announcing.uploads_ready, [uuid])
        self.old.answer = lambda _: (202, {})
        await self.run_in(self.announcing.uploads_removed, [uuid])
        await self.patiently(3)
        self.assertEqual([heard.document["type"] for heard in self.old.heard], ["Create", "Delete"])


class ChangeTests(AnnouncingCase):
    """Libraries, works and actors change and go."""

    async def test_library(self) -> None:
        """Its followers hear of changes, and that it is no more."""
        await self.begin()
        library, _ = await self.a_song()
        await self.do("UPDATE library SET privacy_level = 'me' WHERE id = %s", library)
        await self.tell(self.announcing.library_changed, library)
        told = self.last(self.old)
        self.assertEqual((told["type"], told["object"]["type"], told["object"]["audience"]), ("Update", "Library", ""))
        await self.tell(self.announcing.library_removed, library)
        self.assertEqual(self.last(self.old)["object"]["type"], "Library")
        self.assertEqual(self.last(self.old)["type"], "Delete")

    async def test_works(self) -> None:
        """The pod itself tells of works, to every server where somebody follows anything."""
        await self.begin()
        await self.a_song()
        stranger = await self.a_peer()
        await self.somebody("s", stranger)
        artist = await self.value("SELECT id FROM artist")
        await self.tell(self.announcing.edited, Kind.ARTIST, artist)
        told = self.last(self.other)
        self.assertEqual((told["type"], told["actor"], told["to"]), ("Update", SERVICE, [PUBLIC]))
        self.assertEqual(told["object"]["name"], "Nova")
        self.assertEqual(stranger.heard, [])
        for document in (told, told["object"]):
            self.assertNotIn(FUNKWHALE, document["@context"], "Fedify answers 500 where it cannot fetch a context")
        self.assertIn(FUNKWHALE, self.last(self.old)["@context"])

    async def test_who_may_know(self) -> None:
        """Funkwhale 2 is told to whom somebody shows what they do, to forget what is hidden now; nobody else is."""
        await self.begin()
        new = await self.a_peer("funkwhale", "2.0.0-alpha.1")
        self.listeners.append(await self.somebody("p", new))
        await self.a_song()
        await self.a_viewer("nadia", self.speaker)
        await self.do("UPDATE account SET privacy_level = 'me'")
        await self.tell(self.announcing.actor_changed, self.speaker)
        self.assertEqual("me", self.last(new)["object"]["audience"])
        for peer in (self.old, self.other):
            self.assertNotIn("audience", self.last(peer)["object"])

    async def test_profile(self) -> None:
        """Followers, and servers with followers, hear of a profile that changes, and of its end."""
        await self.begin()
        await self.a_song()
        await self.tell(self.announcing.actor_changed, self.speaker)
        told = self.last(self.other)
        self.assertEqual((told["type"], told["object"]["id"], told["object"]["type"]), ("Update", ME, "Person"))
        await self.an_episode()
        await self.tell(self.announcing.account_removed, self.speaker)
        gone = [h.document["object"] for h in self.other.heard if h.document["type"] == "Delete"]
        self.assertEqual(sorted(gone), [ME, f"{BASE}/federation/actors/waves"], "Takahē takes nothing but ids")
        gone = [h.document["object"] for h in self.old.heard if h.document["type"] == "Delete"]
        self.assertIn({"type": "Person", "id": ME}, gone)
        for peer in (self.old, self.other):
            self.assertNotIn(FUNKWHALE, self.last(peer)["@context"])

    async def test_those_whom_somebody_followed(self) -> None:
        """Servers that know somebody only as a follower hear that they are gone: of people, and of libraries."""
        await self.begin()
        await self.a_follow(self.speaker, actor=self.listeners[0])
        await self.a_follow(self.speaker, library=await self.a_library(self.listeners[2], "everyone"))
        await self.tell(self.announcing.account_removed, self.speaker)
        for peer in (self.old, self.other):
            about = self.last(peer)["object"]
            self.assertEqual(("Delete", ME), (self.last(peer)["type"], about["id"] if peer is self.old else about))
        self.assertEqual([], self.note.heard)

    async def test_purged_by_moderators(self) -> None:
        """What moderators remove of somebody here is told to who follows it; the person is still there."""
        await self.begin()
        library, upload = await self.a_song()
        voice, _ = await self.an_episode()
        fids = [await self.fid("upload", upload), await self.value("SELECT fid FROM library WHERE id = %s", library),
                await self.value("SELECT fid FROM actor WHERE id = %s", voice)]  # fmt: skip
        purging = Purging(self.database, self.bell.ring, self.pod, occasions=self.announcing)
        await purging.purge(Purge("chief", actor_id=self.speaker))
        await self.deliver()
        told = [heard.document["object"] for heard in self.other.heard if heard.document["type"] == "Delete"]
        gone = [about if isinstance(about, str) else about["id"] for about in told]
        self.assertLessEqual(set(fids), set(gone))
        self.assertNotIn(ME, gone)

    async def test_the_speaker_is_gone(self) -> None:
        """A farewell is still signed after the account is a tombstone."""
        await self.begin()
        await self.a_song()
        await self.run_in(self.announcing.account_removed, self.speaker)
        await self.do("DELETE FROM follow")
        await self.do("UPDATE actor SET type = 'Tombstone', name = NULL WHERE id = %s", self.speaker)
        await self.deliver()
        self.assertEqual(self.last(self.other)["type"], "Delete")


class NewKeyTests(AnnouncingCase):
    """GoToSocial and Misskey keep the key that they know, whatever the actor's document says by now."""

    def signer_of(self, heard: Post) -> bool:
        """Whether the key of the beginning has signed what was heard."""
        found = re.search(r'headers="([^"]+)",signature="([^"]+)"', heard.headers["signature"])
        assert found is not None
        told = {**heard.headers, "(request-target)": f"post {heard.path}"}
        text = "\n".join(f"{name}: {told[name]}" for name in found[1].split())
        return has_signed(public_key(KEYS.public), b64decode(found[2]), text.encode())

    async def rotate(self, actor_id: int) -> None:
        """Two days after a Delete."""
        rotation = Rotation(self.database, self.keys, pooled(self), self.telling.key_replaced)
        await rotation.rotate(Job(1, ROTATE, None, {"actor": actor_id}, 1, 0, 0, datetime.now(UTC)))
        await self.deliver()

    async def test_it_is_told_by_the_old_one(self) -> None:
        """In an Update that the old key signs, however late it arrives; what is said after that, the new one."""
        await self.begin()
        voice, upload = await self.an_episode()
        answers: Iterator[tuple[int, dict[str, str]]] = iter(
            [(401, {}), (401, {})]
        )  # both knocks: it cannot be told at once
        self.note.answer = lambda _: next(answers, (202, {}))
        await self.rotate(voice)
        await self.patiently(3)
        pem = await self.value("SELECT public_key FROM actor WHERE id = %s", voice)
        self.assertNotEqual(KEYS.public, pem)
        told = self.last(self.note)
        fid = f"{BASE}/federation/actors/waves"
        self.assertEqual(("Update", fid, fid), (told["type"], told["actor"], told["object"]["id"]))
        self.assertEqual(pem, told["object"]["publicKey"]["publicKeyPem"])
        self.assertEqual([True] * 2, [self.signer_of(one) for one in self.note.heard if "digest" in one.headers])
        for peer in (self.old, self.other):
            self.assertEqual([], peer.heard, "they ask")
        await self.tell(self.announcing.uploads_ready, [upload])
        self.assertEqual(("Create", False), (self.last(self.note)["type"], self.signer_of(self.note.heard[-1])))

    async def test_who_knew_the_old_one(self) -> None:
        """Told are also those who follow no longer and had heard of the actor, and those who were turned away."""
        await self.begin()
        voice, upload = await self.an_episode()
        await self.tell(self.announcing.uploads_ready, [upload])
        await self.deliver()
        await self.do("DELETE FROM follow")
        wary = await self.a_peer("gotosocial", "0.20.0")
        await self.a_follow(await self.somebody("wanda", wary), actor=voice, approved=False)
        stranger = await self.a_peer("gotosocial", "0.20.0")
        await self.somebody("stan", stranger)
        for peer in (self.note, wary, stranger):
            peer.heard.clear()
        await self.rotate(voice)
        told = [[one.document["type"] for one in peer.heard] for peer in (self.note, wary, stranger)]
        self.assertEqual([["Update"], ["Update"], []], told)

    async def a_misskey(self) -> Peer:
        """A server of theirs, where somebody follows the channel."""
        misskey = await self.a_peer("misskey", "2025.11.1")
        self.listeners.append(await self.somebody("mia", misskey))
        return misskey

    async def half_a_day_later(self) -> None:
        """What waits for that is done."""
        kind = self.telling.jobs()[AGAIN]
        waiting = "SELECT extract(epoch FROM due - now()) > 12 * 3600 FROM job WHERE kind = %s"
        self.assertTrue(await self.value(waiting, AGAIN))
        await self.do("UPDATE job SET due = now() WHERE kind = %s", AGAIN)
        for job in await self.run_in(jobs.claim, "federation", [AGAIN], 50, 30.0):
            await kind.run(job)
        await self.deliver()

    async def test_misskey(self) -> None:
        """It is told so, too; and, since it goes by the old key for half a day more, the rest twice, in order."""
        await self.begin()
        misskey = await self.a_misskey()
        voice, upload = await self.an_episode()
        await self.rotate(voice)
        self.assertEqual(["Update"], [one.document["type"] for one in misskey.heard])
        self.assertTrue(self.signer_of(misskey.heard[-1]))
        await self.tell(self.announcing.uploads_ready, [upload])
        await self.tell(self.announcing.uploads_removed, [upload])
        said = [one.document for one in misskey.heard[1:]]
        self.assertEqual(["Create", "Delete"], [one["type"] for one in said])
        rest = len(self.note.heard), len(self.other.heard), len(self.old.heard)
        await self.half_a_day_later()
        self.assertEqual(said, [one.document for one in misskey.heard[3:]])
        self.assertFalse(any(self.signer_of(one) for one in misskey.heard[1:]))
        self.assertEqual(rest, (len(self.note.heard), len(self.other.heard), len(self.old.heard)), "once is enough")

    async def test_misskey_is_blocked_meanwhile(self) -> None:
        """Whom moderators shut out is told nothing again."""
        await self.begin()
        misskey = await self.a_misskey()
        voice, upload = await self.an_episode()
        await self.rotate(voice)
        await self.tell(self.announcing.uploads_ready, [upload])
        await self.do("UPDATE domain SET blocked = true WHERE software_name = 'misskey'")
        await self.half_a_day_later()
        self.assertEqual(["Update", "Create"], [one.document["type"] for one in misskey.heard])

    async def test_nobody_needs_to_be_told(self) -> None:
        """Without a follower there nothing is said."""
        await self.begin()
        voice = await self.a_speaker("waves")
        await self.rotate(voice)
        self.assertEqual([], self.note.heard)
        self.assertEqual(0, await self.value("SELECT count(*) FROM outgoing"))


class PeopleTests(AnnouncingCase):
    """What people do."""

    async def a_wish(self, library: int) -> int:
        """A follow by somebody of the other server; its id."""
        await self.a_follow(self.listeners[2], library=library)
        await self.do("UPDATE follow SET fid = 'https://far.example/f/' || id")
        found: int = await self.value("SELECT max(id) FROM follow")
        return found

    async def test_answers(self) -> None:
        """An Accept and a Reject tell the Follow unchanged, by an id of ours, to the personal inbox."""
        await self.begin()
        library = await self.a_library(self.speaker, "me")
        id = await self.a_wish(library)
        await self.tell(self.announcing.accepted, id)
        heard = self.other.heard[-1]
        self.assertEqual(heard.path, "/m/inbox")
        self.assertTrue(heard.document["id"].startswith(f"{ME}#accepts/follows/"))
        self.assertEqual(heard.document["object"]["id"], f"https://far.example/f/{id}")
        library_fid = await self.value("SELECT fid FROM library WHERE id = %s", library)
        self.assertEqual(heard.document["object"]["object"], library_fid)
        await self.tell(self.announcing.rejected, id)
        self.assertEqual(self.last(self.other)["type"], "Reject")
        await self.tell(self.announcing.accepted, id)
        again = self.last(self.other)
        self.assertEqual("Accept", again["type"])
        self.assertNotEqual(heard.document["id"], again["id"])  # Funkwhale takes no id twice

    async def test_our_own_wishes(self) -> None:
        """A Follow of a library elsewhere names its owner; an Undo names the Follow."""
        await self.begin()
        owner = self.listeners[2]
        library = await self.a_library(owner, "me")
        await self.a_follow(self.speaker, library=library, approved=None)
        id = await self.value("SELECT max(id) FROM follow")
        await self.tell(self.announcing.followed, id)
        told = self.last(self.other)
        self.assertEqual((told["type"], told["actor"]), ("Follow", ME))
        self.assertEqual(told["to"], [await self.value("SELECT fid FROM actor WHERE id = %s", owner)])
        await self.tell(self.announcing.unfollowed, id)
        self.assertEqual(self.last(self.other)["object"]["id"], told["id"])

    async def test_likes(self) -> None:
        """A Like goes to followers where the account lets it be known; taking it back is a Dislike."""
        await self.begin()
        _, uuid = await self.a_song()
        track = await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid)
        await self.a_viewer("nadia", self.speaker)
        await self.a_follow(self.listeners[2], actor=self.speaker)
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", self.speaker, track)
        await self.do("UPDATE account SET privacy_level = 'instance'")
        await self.tell(self.announcing.favored, self.speaker, [track])
        self.assertEqual(self.other.heard, [])
        await self.do("UPDATE account SET privacy_level = 'followers'")
        await self.tell(self.announcing.favored, self.speaker, [track])
        told = self.last(self.other)
        self.assertEqual((told["type"], told["audience"], told["to"]), ("Like", "followers", [f"{ME}/followers"]))
        await self.do("DELETE FROM favorite")
        await self.tell(self.announcing.favored, self.speaker, [track])
        self.assertEqual(self.last(self.other)["type"], "Dislike")
        await self.tell(self.announcing.listened, await self.run_in(add_listenings, [Heard(self.speaker, track)]))
        self.assertEqual(self.last(self.other)["type"], "Listen")

    async def test_several_people_listen(self) -> None:
        """What each of them heard is told by themselves, in order, if they let it be known."""
        await self.begin()
        _, uuid = await self.a_song()
        track = await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid)
        ivy, shy = await self.an_actor("ivy"), await self.an_actor("shy")
        for name, actor, level in (("nadia", self.speaker, "everyone"), ("ivy", ivy, "followers"), ("shy", shy, "me")):
            viewer = await self.a_viewer(name, actor)
            await self.do("UPDATE account SET privacy_level = %s WHERE id = %s", level, viewer.account_id)
            await self.a_follow(self.listeners[2], actor=actor)
        deeds = await self.run_in(add_listenings, [Heard(one, track) for one in (ivy, self.speaker, shy, ivy)])
        await self.run_in(self.announcing.listened, deeds)
        asked = await self.value("SELECT jsonb_agg(jsonb_build_array(args->'actor', args->'ids') ORDER BY id) FROM job")
        of = {who: [deed.id for deed in deeds if deed.actor_id == who] for who in (ivy, self.speaker)}
        self.assertEqual([[who, ids] for who, ids in of.items()], asked)

    async def test_reports(self) -> None:
        """A report that is to be forwarded is told by the pod, not by who reported, to the owner in person."""
        await self.begin()
        owner = self.listeners[2]
        library = await self.a_library(owner, "everyone")
        uuid = uuid4()
        id = await self.value(
            "INSERT INTO report (uuid, fid, type, summary, target_kind, target_id, target_state, target_owner_id,"
            " submitter_id, is_forwarded) VALUES (%s, 'x', 'illegal_content', 'bad', 'library', %s, '{}', %s, %s, true)"
            " RETURNING id",
            uuid, library, owner, self.speaker,
        )  # fmt: skip
        await self.tell(self.announcing.reported, id)
        heard = self.other.heard[-1]
        self.assertEqual(heard.path, "/m/inbox")
        self.assertEqual((heard.document["type"], heard.document["actor"]), ("Flag", SERVICE))
        self.assertEqual(heard.document["tag"], [{"type": "Hashtag", "name": "#illegal_content"}])
        self.assertNotIn(ME, str(heard.document))
        self.assertEqual(len(heard.document["object"]), 2)


class ModerationTests(AnnouncingCase):
    """Who is shut out hears nothing."""

    async def test_blocks(self) -> None:
        """A blocked server, one below a blocked name, and a blocked actor get no delivery."""
        await self.begin()
        _, uuid = await self.a_song()
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, %s, true)",
            self.speaker, self.old.host,
        )  # fmt: skip
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_actor_id, block_all) VALUES (%s, %s, true)",
            self.speaker, self.listeners[1],
        )  # fmt: skip
        await self.tell(self.announcing.uploads_ready, [uuid])
        self.assertEqual([len(peer.heard) for peer in (self.old, self.note, self.other)], [0, 0, 1])

    async def test_allow_list(self) -> None:
        """With the allow list on, only servers on it hear anything."""
        await self.begin()
        _, uuid = await self.a_song()
        await self.do("INSERT INTO preference (identifier, value) VALUES ('moderation__allow_list_enabled', 'true')")
        await self.do("UPDATE domain SET allowed = true WHERE name = %s", self.note.host)
        await self.tell(self.announcing.uploads_ready, [uuid])
        self.assertEqual([len(peer.heard) for peer in (self.old, self.note, self.other)], [0, 1, 0])

    async def test_names_off_the_allow_list(self) -> None:
        """Nobody who is not allowed is named to those who are."""
        await self.begin()
        await self.do("INSERT INTO preference (identifier, value) VALUES ('moderation__allow_list_enabled', 'true')")
        await self.do("UPDATE domain SET allowed = true WHERE name = ANY(%s)", [self.old.host, self.note.host])
        fids = [await self.value("SELECT fid FROM actor WHERE id = %s", id) for id in self.listeners]
        document = activities.create(f"{ME}#x", ME, {"type": "Note", "id": f"{ME}#n"}, [PUBLIC, *fids[:2]], cc=fids[2:])
        await self.send(
            Outgoing("Create", f"{ME}#x", self.speaker, "x", same_for_all(document)), actors(*self.listeners)
        )
        await self.deliver()
        self.assertEqual([1, 1, 0], [len(peer.heard) for peer in (self.old, self.note, self.other)])
        self.assertEqual(([PUBLIC, *fids[:2]], []), (self.last(self.old)["to"], self.last(self.old)["cc"]))
