"""Music elsewhere that is new or another way now."""

from __future__ import annotations

from typing import Any

from tests import foreign
from tests.core.fediverse.receiving.case import AT_HOME, ReceivingCase
from tests.foreign import ALICE, CHANNEL, LIBRARY, POD


def told(type: str, object: Any, **more: Any) -> dict[str, Any]:
    """An activity as Funkwhale tells it: without an id."""
    return {"@context": [foreign.AS, foreign.SECURITY, foreign.FUNKWHALE], "type": type, "object": object, **more}


class LibraryTests(ReceivingCase):
    """Files in a library that somebody here follows."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.owner = await self.an_actor("alice", "far.example")
        self.library = await self._made(
            "library", fid=LIBRARY, followers_url=f"{LIBRARY}/followers", actor_id=self.owner, name="Theirs",
            privacy_level="everyone",
        )  # fmt: skip
        await self.a_follow(self.alice.the_actor, library=self.library)

    async def uploads(self) -> list[str]:
        """Titles of what there is."""
        titles: list[str] = await self.value(
            "SELECT coalesce(array_agg(title ORDER BY title), '{}') FROM upload JOIN track ON track.id = track_id"
        )
        return titles

    async def test_create(self) -> None:
        """Both versions of Funkwhale tell of a new file; its track is there."""
        await self.tells(self.owner, told("Create", foreign.upload(1)), told("Create", foreign.upload2(2)))
        self.assertEqual(["Track 1", "Track 2"], await self.uploads())
        self.assertEqual(["done", "done"], await self.states())

    async def test_again(self) -> None:
        """Told again in other words, it is one file still."""
        await self.tells(self.owner, told("Create", foreign.upload(1)), told("Create", foreign.upload(1, size=7)))
        self.assertEqual(7, await self.value("SELECT size FROM upload"))

    async def test_nobody_follows(self) -> None:
        """What nobody here follows is not taken, nor asked for."""
        await self.do("DELETE FROM follow")
        await self.tells(self.owner, told("Create", foreign.upload(1)))
        await self.a_follow(self.alice.the_actor, library=self.library, approved=False)
        await self.tells(self.owner, told("Create", foreign.upload(2)))
        await self.tells(self.owner, told("Create", foreign.upload(3, library=f"{POD}/unknown")))
        self.assertEqual(([], []), (await self.uploads(), self.said.log))

    async def test_not_the_owner(self) -> None:
        """Only the library's owner says what is in it, and only what is of their server."""
        await self.tells(self.bob, told("Create", foreign.upload(1)))
        await self.tells(self.owner, told("Update", foreign.upload(1, pod="https://third.example")))
        await self.tells(self.owner, told("Update", foreign.upload(1, id=f"{AT_HOME}/music/uploads/1")))
        self.assertEqual([], await self.uploads())

    async def test_our_library(self) -> None:
        """Nobody puts anything into a library of ours."""
        ours = await self.library_at(self.alice.the_actor, "ours")
        await self.a_follow(self.bob, library=ours)
        await self.tells(self.owner, told("Create", foreign.upload(1, library=f"{AT_HOME}/music/libraries/ours")))
        self.assertEqual([], await self.uploads())

    async def test_nonsense(self) -> None:
        """A file that makes no sense is given up, and kept for who wants to know."""
        await self.tells(self.owner, told("Create", foreign.upload(1, url=[])), told("Create", foreign.upload(2)))
        self.assertEqual(["Track 2"], await self.uploads())
        self.assertEqual(["failed", "done"], await self.states())

    async def test_collection(self) -> None:
        """Funkwhale 2 tells of many at once."""
        items = [foreign.upload2(1), foreign.upload2(2), foreign.upload2(3, pod="https://third.example"), "text"]
        whole = {"type": "AudioCollection", "items": items}
        await self.tells(self.owner, told("Update", whole))
        self.assertEqual(["Track 1", "Track 2"], await self.uploads())

    async def test_deleted_before(self) -> None:
        """What its owner deleted before it came does not come; what somebody else said of it does not count."""
        for number, actor in ((1, self.bob), (2, self.owner)):
            fid = foreign.upload(number)["id"]
            await self.tells(actor, told("Delete", {"type": "Audio", "id": [fid]}))
            await self.tells(self.owner, told("Create", foreign.upload(number)))
        self.assertEqual(["Track 1"], await self.uploads())

    async def test_deleted_before_among_many(self) -> None:
        """Nor does it come among others, be it a file or the track of one."""
        track = foreign.upload2(2)["track"]["id"]
        for gone in (foreign.upload2(1)["id"], track):
            await self.tells(self.owner, told("Delete", {"type": "Tombstone", "id": gone}))
        whole = {"type": "AudioCollection", "items": [foreign.upload2(number) for number in (1, 2, 3)]}
        await self.tells(self.owner, told("Update", whole), told("Create", foreign.upload2(2)))
        self.assertEqual(["Track 3"], await self.uploads())

    async def test_label(self) -> None:
        """The owner renames a library and closes it; nobody else does."""
        for actor, name in ((self.bob, "Mine now"), (self.owner, "Closed")):
            document = foreign.library(name=name, audience="", attributedTo=ALICE)
            await self.tells(actor, told("Update", document))
        self.assertEqual(("Closed", "me"), await self.run_in(_row, "SELECT name, privacy_level FROM library"))

    async def test_works(self) -> None:
        """What is said of a work is believed of its author and of who speaks for its server, and of nobody else."""
        service = await self.an_actor("service", "far.example")
        await self.do("UPDATE domain SET service_actor_id = %s WHERE name = 'far.example'", service)
        await self.tells(self.owner, told("Create", foreign.upload(1)))
        for actor, name in ((self.bob, "Taken"), (self.owner, "Author's"), (service, "Server's")):
            await self.tells(actor, told("Update", foreign.track(1, name=name)))
            expected = {"Taken": "Track 1"}.get(name, name)
            self.assertEqual([expected], await self.uploads())
        await self.tells(service, told("Update", foreign.artist(1, name="Renamed")))
        self.assertEqual("Renamed", await self.value("SELECT name FROM artist WHERE fid LIKE %s", f"{POD}%"))

    async def test_named_by_id(self) -> None:
        """What is only named is asked for, where we hold it."""
        await self.tells(self.owner, told("Create", foreign.upload(1)))
        fid = foreign.track(1)["id"]
        self.said.documents[fid] = foreign.track(1, name="Asked for")
        await self.tells(self.owner, told("Update", fid), told("Update", f"{POD}/unknown"))
        self.assertEqual((["Asked for"], [("asked", fid)]), (await self.uploads(), self.said.log))

    async def test_new_and_named_by_id(self) -> None:
        """A file that is only named is asked for, by who follows: it may be in a private library."""
        known, strange = foreign.upload(1), foreign.upload(2, library=f"{POD}/unknown")
        self.said.documents |= {one["id"]: one for one in (known, strange)}
        await self.tells(self.owner, told("Create", known["id"]), told("Create", {"id": strange["id"]}))
        await self.tells(self.bob, told("Create", foreign.upload(3)["id"]))
        self.assertEqual(["Track 1"], await self.uploads())
        asked = [("asked", one["id"]) for one in (known, strange)]
        self.assertEqual((asked, {self.alice.the_actor}), (self.said.log, set(self.said.askers)))

    async def test_person(self) -> None:
        """Somebody changed: their server is asked how; what the activity says of it does not count."""
        self.said.documents[ALICE] = foreign.funkwhale_actor(name="Alice A.")
        await self.do("UPDATE actor SET last_fetch_date = now() - interval '1 day'")
        await self.tells(self.owner, told("Update", {"type": "Person", "id": ALICE, "name": "Forged"}))
        self.assertEqual("Alice A.", await self.value("SELECT name FROM actor WHERE fid = %s", ALICE))
        await self.tells(self.bob, told("Update", {"type": "Person", "id": ALICE, "name": "Forged"}))
        self.assertEqual([("asked", ALICE)], self.said.log)

    async def test_person_again(self) -> None:
        """Changed again within the minute, they are asked again after it."""
        self.said.documents[ALICE] = foreign.funkwhale_actor()
        for number in range(2):
            await self.tells(self.owner, told("Update", {"type": "Person", "id": ALICE, "n": number}))
        self.assertEqual(["done", "waiting"], await self.states())


async def _row(tx: Any, sql: str) -> Any:
    return await tx.one(lambda *columns: columns, sql)


class ChannelTests(ReceivingCase):
    """What a channel publishes."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        owner = await self.an_actor("alice", "far.example")
        self.speaker = await self.an_actor("mycast", "far.example")
        artist = await self.an_artist("My cast", fid=CHANNEL, attributed_to_id=owner, content_category="podcast")
        shadow = await self._made(
            "library", fid=f"{CHANNEL}#library", followers_url="x", actor_id=owner, name="x",
            privacy_level="everyone", is_channel=True,
        )  # fmt: skip
        await self.do(
            "INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id) VALUES (%s, %s, %s, %s)",
            artist, shadow, self.speaker, owner,
        )  # fmt: skip
        self.owner = owner
        await self.a_follow(self.alice.the_actor, actor=self.speaker)

    async def titles(self) -> list[str]:
        """Titles of what was published."""
        found: list[str] = await self.value("SELECT coalesce(array_agg(title ORDER BY id), '{}') FROM track")
        return found

    async def test_create_and_update(self) -> None:
        """An episode is there, and then has another name; upload and track have one id."""
        await self.tells(self.speaker, foreign.create(foreign.episode(1)))
        self.assertEqual(["Episode 1"], await self.titles())
        await self.tells(self.speaker, told("Update", foreign.episode(1, name="Better")))
        self.assertEqual(["Better"], await self.titles())
        self.assertEqual(1, await self.value("SELECT count(*) FROM upload JOIN track USING (fid)"))

    async def test_not_the_channel(self) -> None:
        """Nobody else speaks for a channel: not its owner, nor who names the channel as the author."""
        for actor in (self.owner, self.bob):
            await self.tells(actor, told("Update", foreign.episode(1)), told("Create", foreign.episode(2)))
        self.assertEqual([], await self.titles())

    async def test_nobody_follows(self) -> None:
        """A channel that nobody here follows is not listened to."""
        await self.do("DELETE FROM follow")
        await self.tells(self.speaker, foreign.create(foreign.episode(1)))
        self.assertEqual([], await self.titles())

    async def test_named_by_id(self) -> None:
        """An episode that is only named is asked for, once, from its own server."""
        episode = foreign.episode(1)
        self.said.documents[episode["id"]] = episode
        await self.tells(self.speaker, told("Create", episode["id"]), told("Create", "https://third.example/1"))
        self.assertEqual((["Episode 1"], [("asked", episode["id"])]), (await self.titles(), self.said.log))

    async def test_named_by_id_and_no_media_wanted(self) -> None:
        """What moderators want no media of is not asked for either."""
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, reject_media) VALUES (%s, 'far.example', true)",
            self.alice.the_actor,
        )
        fid = foreign.episode(1)["id"]
        self.said.documents[fid] = foreign.episode(1)
        await self.tells(self.speaker, told("Create", fid), told("Update", fid))
        self.assertEqual([], self.said.log)

    async def test_note(self) -> None:
        """A note, a reply perhaps, is nothing to us."""
        note = {"type": "Note", "id": f"{POD}/n/1", "inReplyTo": f"{AT_HOME}/music/uploads/1"}
        await self.tells(self.speaker, told("Create", note))
        self.assertEqual(([], ["done"]), (await self.titles(), await self.states()))
