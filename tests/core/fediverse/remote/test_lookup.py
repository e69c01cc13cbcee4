"""From what people paste to what is here."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.fediverse.remote.changes import RemoteChanges
from fwtwisted.core.fediverse.remote.lookup import RemoteLookup
from fwtwisted.core.fediverse.remote.outboxes import READ, Outboxes, OutboxesSettings
from fwtwisted.db.jobs import Job
from fwtwisted.model.fediverse import FetchStatus, Outcome, Thing
from fwtwisted.model.people import Viewer
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import (
    ALICE,
    CHANNEL,
    LIBRARY,
    OTHER_POD,
    POD,
    album,
    artist,
    changed,
    create,
    episode,
    funkwhale_actor,
    funkwhale_channel,
    library,
    mastodon_actor,
    page,
    pleroma_actor,
    reel2bits_channel,
    track,
    upload,
    upload2,
)

BOB = "https://masto.example/users/bob"


class LookupCase(RemoteCase):
    """``await self.find(what)``."""

    async def setUp(self) -> None:  # type: ignore[override]
        super().setUp()
        self.ada = Viewer(actor_id=await self.an_actor("ada"))
        changes = RemoteChanges(self.database, self.objects.vouching, self.pod)
        self.outboxes = Outboxes(self.database, self.world.ask, self.episodes, self.hush, OutboxesSettings(3))
        self.lookup = RemoteLookup(
            self.database, self.world.ask, self.world.ask_page, self.world.ask_json, self.actors, self.objects,
            self.episodes, changes, self.outboxes, self.pod,
        )  # fmt: skip
        self.world.put(funkwhale_actor())

    @staticmethod
    def hush(*_: object) -> None:
        """Nobody listens to the bell."""

    async def find(self, url: str) -> Outcome:
        return await self.lookup.find(self.ada, url)

    async def finds(self, url: str) -> Thing:
        """What kind of thing is found."""
        outcome = await self.find(url)
        self.assertEqual((FetchStatus.FINISHED, {}), (outcome.status, dict(outcome.detail)))
        assert outcome.found is not None
        return outcome.found.kind

    async def fails_by(self, code: str, url: str) -> dict[str, Any]:
        """The rest of what is told of a failure."""
        outcome = await self.find(url)
        detail = dict(outcome.detail)
        self.assertEqual((FetchStatus.ERRORED, code), (outcome.status, detail.pop("error_code")))
        return detail


class ThingTests(LookupCase):
    """Every kind of thing."""

    async def test_each(self) -> None:
        """Artists, albums, tracks, libraries, files of both generations, people of any program are found and kept."""
        self.world.put(artist(), album(), track(), library(), upload(1), upload2(2), mastodon_actor(), pleroma_actor())
        for url, kind in (
            (artist()["id"], Thing.ARTIST),
            (album()["id"], Thing.ALBUM),
            (track()["id"], Thing.TRACK),
            (LIBRARY, Thing.LIBRARY),
            (upload(1)["id"], Thing.UPLOAD),
            (upload(2)["id"], Thing.UPLOAD),
            (BOB, Thing.ACCOUNT),
            (pleroma_actor()["id"], Thing.ACCOUNT),
            (artist()["id"], Thing.ARTIST),
        ):
            self.assertEqual(kind, await self.finds(url))
        self.assertIn(self.ada.actor_id, self.world.askers)

    async def test_file_of_a_library(self) -> None:
        """A file has its library asked for, too."""
        self.world.put(library(), upload(1))
        self.assertEqual(Thing.UPLOAD, await self.finds(upload(1)["id"]))
        self.assertEqual(LIBRARY, await self.value("SELECT fid FROM library"))

    async def test_said_anew(self) -> None:
        """What we have already is as its server says it now."""
        self.world.put(artist())
        await self.find(artist()["id"])
        self.world.put(artist(name="Renamed"))
        await self.find(artist()["id"])
        self.assertEqual([("Renamed",)], await self.rows("SELECT name FROM artist"))

    async def test_page(self) -> None:
        """A page leads to its document, on its own server alone."""
        self.world.put(mastodon_actor())
        href = '<html><head><LINK href="{}" type="application/activity+json" rel=\'nofollow alternate\'></head>'
        for where, kind in ((BOB, Thing.ACCOUNT), ("/users/bob", Thing.ACCOUNT)):
            self.world.pages["https://masto.example/@bob"] = href.format(where)
            self.assertEqual(kind, await self.finds("https://masto.example/@bob"))
        for other in ("https://evil.example/x", "javascript:alert(1)", "", "ftp://masto.example/"):
            self.world.pages["https://masto.example/@bob"] = href.format(other)
            await self.fails_by("invalid_json", "https://masto.example/@bob")

    async def test_another_id(self) -> None:
        """A document is asked for at its own id, which is on the server that answered."""
        self.world.put(mastodon_actor())
        self.world.documents["https://masto.example/@bob"] = mastodon_actor()
        self.assertEqual(Thing.ACCOUNT, await self.finds("https://masto.example/@bob"))
        self.assertEqual(["https://masto.example/@bob", BOB], self.world.asked[-2:])
        self.world.documents["https://evil.example/bob"] = mastodon_actor()
        told = await self.fails_by("validation", "https://evil.example/bob")
        self.assertEqual(["id"], list(told["validation_errors"]))

    async def test_failures(self) -> None:
        """Each failure has its word."""
        self.world.statuses[f"{POD}/gone"] = 410
        self.assertEqual(410, (await self.fails_by("http", f"{POD}/gone"))["status_code"])
        self.world.put({"id": f"{POD}/a"}, {"type": "Track", "id": f"{POD}/b"}, {"type": "Tombstone", "id": f"{POD}/c"})
        await self.fails_by("missing_jsonld_type", f"{POD}/a")
        self.assertIn("validation_errors", await self.fails_by("validation", f"{POD}/b"))
        self.assertEqual(410, (await self.fails_by("http", f"{POD}/c"))["status_code"])
        self.world.documents[f"{POD}/d"] = {"type": "Track"}
        await self.fails_by("validation", f"{POD}/d")
        self.shut_out.add(BOB)
        self.world.put(mastodon_actor())
        await self.fails_by("blocked", BOB)

    async def test_unhandled(self) -> None:
        """Other types are passed over, by name."""
        self.world.put({"type": "Note", "id": f"{POD}/n", "content": "x"})
        outcome = await self.find(f"{POD}/n")
        self.assertEqual(
            (FetchStatus.SKIPPED, {"reason": "unhandled_type", "type": "Note"}), (outcome.status, outcome.detail)
        )

    async def test_ours_elsewhere(self) -> None:
        """A document that says that it is ours is not taken."""
        self.world.documents[f"{POD}/x"] = artist(id="https://pod.example/federation/music/artists/1")
        await self.fails_by("validation", f"{POD}/x")


class HandleTests(LookupCase):
    """Names of people."""

    async def test_handle(self) -> None:
        """A handle is asked of its server."""
        self.world.put(mastodon_actor())
        self.world.name("bob@masto.example", BOB)
        self.assertEqual(Thing.ACCOUNT, await self.finds("webfinger://bob@masto.example"))

    async def test_other_host(self) -> None:
        """Who lives on another server than their handle says is believed when that one says so, too."""
        self.world.put(mastodon_actor())
        self.world.name("bob@short.example", BOB)
        await self.fails_by("webfinger", "webfinger://bob@short.example")
        self.world.name("bob@masto.example", BOB)
        self.assertEqual(Thing.ACCOUNT, await self.finds("webfinger://bob@short.example"))

    async def test_failures(self) -> None:
        """No answer, or one that names nobody, is told as such."""
        await self.fails_by("webfinger", "webfinger://x@masto.example")
        for links in (None, [], [{"rel": "self"}], [7], {"rel": "self"}, [{"rel": "self", "href": 5, "type": 5}]):
            url = "https://masto.example/.well-known/webfinger?resource=acct:y@masto.example"
            self.world.documents[url] = {"links": links}
            await self.fails_by("webfinger", "webfinger://y@masto.example")


class OutboxTests(LookupCase):
    """What a channel published before."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.box = f"{CHANNEL}/outbox"
        self.world.put(
            funkwhale_channel(),
            {"type": "OrderedCollection", "id": self.box, "totalItems": 3, "first": f"{self.box}?page=1"},
        )

    def page(self, number: int, *items: object, onward: bool = True) -> None:
        """A page of the outbox."""
        there = {"next": f"{self.box}?page={number + 1}"} if onward else {}
        self.world.put(page(*items, fid=self.box, number=number, type="CollectionPage", **there))

    async def job(self) -> Job | None:
        """What is left to do."""
        found = await self.rows("SELECT id, key, args FROM job WHERE kind = %s", READ)
        return Job(found[0][0], READ, found[0][1], found[0][2], 1, 0, 1, self._now()) if found else None

    async def test_first_and_further(self) -> None:
        """The first page is here with the channel, further ones later, as many as the settings say."""
        other = {"type": "Announce", "id": f"{POD}/an", "actor": CHANNEL, "object": episode(9)}
        named = create(episode(2))
        self.world.put(named)
        self.page(1, create(episode(1)), named["id"], other, create(episode(3, name=None)))
        self.page(2, create(episode(4)))
        self.page(3, create(episode(5)))
        self.page(4, create(episode(6)))
        self.assertEqual(Thing.CHANNEL, await self.finds(CHANNEL))
        titles = "SELECT title FROM track ORDER BY title"
        self.assertEqual([("Episode 1",), ("Episode 2",)], await self.rows(titles))
        job = await self.job()
        assert job is not None
        await self.outboxes.read(job)
        self.assertEqual([(f"Episode {n}",) for n in (1, 2, 4, 5)], await self.rows(titles))

    async def test_loops(self) -> None:
        """Pages that lead back, or to another server, end the walk."""
        self.page(1, create(episode(1)))
        self.world.put(page(fid=self.box, number=2, next=f"{self.box}?page=2"))
        await self.find(CHANNEL)
        job = await self.job()
        assert job is not None
        await self.outboxes.read(job)
        self.world.put(page(create(episode(1)), fid=self.box, next=f"{OTHER_POD}/page"))
        await self.find(CHANNEL)
        self.assertEqual([], [url for url in self.world.asked if url.startswith(OTHER_POD)])

    async def test_inner_page(self) -> None:
        """A first page may stand in the collection itself, with ``orderedItems``."""
        inner = {"type": "OrderedCollectionPage", "orderedItems": [create(episode(1))]}
        self.world.put({"type": "OrderedCollection", "id": self.box, "first": inner})
        await self.find(CHANNEL)
        self.assertEqual([("Episode 1",)], await self.rows("SELECT title FROM track"))

    async def test_unreadable(self) -> None:
        """A channel whose outbox cannot be read is found all the same; one that is no Funkwhale's, too."""
        del self.world.documents[self.box]
        self.world.put(reel2bits_channel())
        for url in (CHANNEL, reel2bits_channel()["id"]):
            self.assertEqual(Thing.CHANNEL, await self.finds(url))

    async def test_activities_of_others(self) -> None:
        """In the outbox of a channel only what it published itself counts."""
        self.page(1, changed(create(episode(1)), actor=ALICE), create(episode(2, attributedTo=ALICE)), onward=False)
        await self.find(CHANNEL)
        self.assertEqual([], await self.rows("SELECT title FROM track"))

    async def test_an_episode(self) -> None:
        """An episode that is pasted brings its channel along."""
        self.world.put(episode(1))
        self.assertEqual(Thing.UPLOAD, await self.finds(episode(1)["id"]))
        self.assertEqual(
            [("My cast",)], await self.rows("SELECT artist.name FROM track JOIN artist ON artist.id = artist_id")
        )
