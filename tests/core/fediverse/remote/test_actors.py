"""Actors of other servers: asked for, kept, asked for again, gone."""

from __future__ import annotations

from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.model.errors import Invalid, ShutOut
from fwtwisted.model.federation import AskFailed
from fwtwisted.model.music import Kind
from fwtwisted.model.people import Actor
from tests.core.fediverse.remote.ground import RemoteCase
from tests.foreign import (
    ALICE,
    CHANNEL,
    POD,
    Document,
    artist,
    changed,
    funkwhale_actor,
    funkwhale_channel,
    library,
    mastodon_actor,
    named_by_webfinger,
    pleroma_actor,
    reel2bits_channel,
)

DAY = 86_400.0


class GettingTests(RemoteCase):
    """Who is asked, and how often."""

    async def test_stranger(self) -> None:
        """Somebody unknown is asked for once and kept; their server is met."""
        self.world.put(funkwhale_actor())
        actor = await self.actors.get(ALICE)
        again = await self.actors.get(ALICE)
        self.assertEqual(("alice", "far.example", False), (actor.preferred_username, actor.domain, actor.is_local))
        self.assertEqual(actor, again)
        self.assertEqual(([ALICE], ["far.example"]), (self.world.asked, self.met))
        found = await self.value(
            "SELECT (key_id, inbox_url, shared_inbox_url)::text FROM actor WHERE id = %s", actor.id
        )
        self.assertEqual(f"({ALICE}#main-key,{ALICE}/inbox,{POD}/federation/shared/inbox)", found)

    async def test_every_program(self) -> None:
        """Actors of Mastodon, Pleroma and those named by WebFinger are known like any other."""
        for document in (mastodon_actor(), pleroma_actor(), named_by_webfinger()):
            self.world.put(document)
            self.assertEqual(document["id"], (await self.actors.get(document["id"])).fid)

    async def test_at_once(self) -> None:
        """Several who want the same at once share one request; who leaves takes nothing from the others."""
        self.world.put(funkwhale_actor())
        both = [Deferred.fromCoroutine(self.actors.get(ALICE)) for _ in range(3)]
        both.pop().addErrback(lambda _: None).cancel()
        found = await gatherResults(both)
        self.assertEqual(1, len({one.id for one in found}))
        self.assertEqual([ALICE], self.world.asked)

    async def test_old(self) -> None:
        """What is too old is asked for again; a server that does not answer leaves us what we had."""
        self.world.put(funkwhale_actor())
        await self.actors.get(ALICE)
        self.clock.advance(DAY)
        self.world.put(funkwhale_actor(name="New"))
        self.assertEqual("New", (await self.actors.get(ALICE, max_age_seconds=43_200)).name)
        self.world.statuses[ALICE] = 502
        self.clock.advance(3 * DAY)
        self.assertEqual("New", (await self.actors.get(ALICE, max_age_seconds=43_200)).name)

    async def test_refetched(self) -> None:
        """A refetch asks the server at most once a minute."""
        self.world.put(funkwhale_actor())
        await self.actors.refetched(ALICE)
        await self.actors.refetched(ALICE)
        self.assertEqual(1, len(self.world.asked))
        self.clock.advance(61)
        await self.actors.refetched(ALICE)
        self.assertEqual(2, len(self.world.asked))

    async def test_gone(self) -> None:
        """Who is gone from their server goes here too, their content with them; their id stays, without a key."""
        self.world.put(funkwhale_actor())
        actor = await self.actors.get(ALICE)
        library = await self.a_library(actor.id, "everyone")
        self.world.statuses[ALICE] = 410
        self.assertIsNone(await self.actors.refetched(ALICE))
        self.assertEqual(0, await self.value("SELECT count(*) FROM library WHERE id = %s", library))
        self.assertEqual(
            "(Tombstone,)", await self.value("SELECT (type, key_id)::text FROM actor WHERE fid = %s", ALICE)
        )

    async def test_somebody_else(self) -> None:
        """Whoever answers for one actor of a server says nothing of another: neither a key, nor that they are gone."""
        victim = await self.actors.take(funkwhale_actor(), ALICE)
        known = "SELECT (name, type, public_key)::text FROM actor WHERE id = %s"
        before = await self.value(known, victim.id)
        evil = f"{POD}/users/evil"
        stolen = {"id": f"{ALICE}#main-key", "owner": ALICE, "publicKeyPem": "-----BEGIN PUBLIC KEY-----evil"}
        for document in (
            funkwhale_actor(name="Taken over", publicKey=stolen),
            {"type": "Tombstone", "id": ALICE},
            {"type": "Tombstone", "id": ALICE, "@id": evil},
        ):
            self.world.documents[evil] = document
            await self.assertFailure(Deferred.fromCoroutine(self.actors.get(evil)), AskFailed)
            await self.assertFailure(Deferred.fromCoroutine(self.actors.refetched(evil)), AskFailed)
        self.assertEqual(before, await self.value(known, victim.id))

    async def test_ours(self) -> None:
        """Our own are never asked for, and never taken from a foreign document."""
        id = await self.an_actor("ada")
        [fid] = [await self.value("SELECT fid FROM actor WHERE id = %s", id)]
        self.assertEqual(id, (await self.actors.get(fid)).id)
        await self.assertFailure(Deferred.fromCoroutine(self.actors.get(f"{fid}x")), AskFailed)
        mine = funkwhale_actor(fid)
        await self.refused(Invalid, mine, fid)
        await self.refused(Invalid, mine, ALICE)
        self.assertEqual([], self.world.asked)

    async def refused(self, why: type[Exception], document: Document, url: str) -> None:
        """The document is not taken."""
        await self.assertFailure(Deferred.fromCoroutine(self.actors.take(document, url)), why)


class TakingTests(RemoteCase):
    """What an actor's document may say."""

    async def taken(self, document: Document) -> Actor:
        return await self.actors.take(document, document["id"])

    async def test_elsewhere(self) -> None:
        """A document that came from another server than its id names is refused, another port included."""
        for url in ("https://evil.example/x", "https://far.example:8443/x", "http://far.example/x"):
            taking = Deferred.fromCoroutine(self.actors.take(funkwhale_actor(), url))
            await self.assertFailure(taking, Invalid)

    async def test_shut_out(self) -> None:
        """Whom moderators shut out is not kept."""
        self.shut_out.add("far.example")
        await self.assertFailure(Deferred.fromCoroutine(self.taken(funkwhale_actor())), ShutOut)
        self.assertEqual(0, await self.value("SELECT count(*) FROM actor"))

    async def test_no_actor(self) -> None:
        """An activity, a key, a collection is no actor, whatever members it has."""
        for kind in ("Create", "Key", "OrderedCollection", ["Person", "Create"], None, [], 7):
            taking = Deferred.fromCoroutine(self.taken(funkwhale_actor(type=kind)))
            await self.assertFailure(taking, Invalid)

    async def test_same_name(self) -> None:
        """An account made anew has another id and takes the name."""
        first = await self.taken(funkwhale_actor())
        second = await self.taken(funkwhale_actor(f"{POD}/users/7", preferredUsername="Alice"))
        named = "SELECT preferred_username FROM actor WHERE id = %s"
        self.assertEqual("Alice", await self.value(named, second.id))
        self.assertRegex(await self.value(named, first.id), "^alice~[0-9a-f-]{36}$")

    async def test_names_in_the_way(self) -> None:
        """Whatever the others are called, and however long: who comes last has the name, nobody fails."""
        long = "a" * 500
        for number, name in enumerate(("x", "x~1", "x~2", "X", "x", long, long.upper(), long)):
            actor = await self.taken(funkwhale_actor(f"{POD}/users/{number}", preferredUsername=name))
            self.assertEqual(name, actor.preferred_username)

    async def test_stolen_key(self) -> None:
        """Keys of another server, or of somebody else, are not taken."""
        for key in (
            {"id": "https://evil.example/k", "owner": ALICE, "publicKeyPem": "x"},
            {"id": f"{ALICE}#k", "owner": f"{ALICE}2", "publicKeyPem": "x"},
        ):
            actor = await self.taken(funkwhale_actor(publicKey=key))
            self.assertIsNone(await self.value("SELECT key_id FROM actor WHERE id = %s", actor.id))

    async def test_key_under_anothers_name(self) -> None:
        """Nobody takes the name of a key from somebody else of their server, who could prove nothing any more."""
        alice = await self.taken(funkwhale_actor())
        named = "SELECT key_id FROM actor WHERE id = %s"
        before = await self.value(named, alice.id)
        eve = f"{POD}/federation/actors/eve"
        pem = funkwhale_actor()["publicKey"]["publicKeyPem"]
        own = {"id": f"{eve}#main-key", "owner": eve, "publicKeyPem": pem}
        for name in (f"{ALICE}#main-key", f"{ALICE}/main-key", ALICE):
            stolen = {**own, "id": name}
            actor = await self.taken(funkwhale_actor(eve, preferredUsername="eve", publicKey=stolen))
            self.assertEqual((before, None), (await self.value(named, alice.id), await self.value(named, actor.id)))
            actor = await self.taken(funkwhale_actor(eve, preferredUsername="eve", publicKey=[stolen, own]))
            self.assertEqual(own["id"], await self.value(named, actor.id))

    async def test_icon(self) -> None:
        """A picture is noted, not fetched; the one before is let go."""
        image = {"type": "Image", "url": f"{POD}/a.png"}
        await self.taken(funkwhale_actor(icon=image))
        await self.taken(funkwhale_actor(icon=[changed(image, url=f"{POD}/b.png")]))
        used = "SELECT string_agg(url || used, ' ' ORDER BY url) FROM attachment"
        self.assertEqual(f"{POD}/a.pngfalse {POD}/b.pngtrue", await self.value(used))

    async def test_channel(self) -> None:
        """A feed makes a channel of an actor: with an artist, a library, tags and a cover, owned by its owner."""
        self.world.put(funkwhale_actor())
        await self.taken(funkwhale_channel())
        await self.taken(funkwhale_channel(name="Renamed", tag=[{"type": "Hashtag", "name": "#Folk"}]))
        row = await self.value(
            "SELECT (artist.fid, artist.name, artist.content_category, owner.fid, cover.url, library.privacy_level,"
            " (SELECT string_agg(tag.name, ',') FROM artist_tag JOIN tag ON tag.id = tag_id))::text"
            " FROM channel JOIN artist ON artist.id = artist_id JOIN library ON library.id = library_id"
            " JOIN actor AS owner ON owner.id = channel.attributed_to_id"
            " JOIN attachment AS cover ON cover.id = artist.cover_id"
        )
        self.assertEqual(f"({CHANNEL},Renamed,podcast,{ALICE},{POD}/media/cover.jpg,everyone,Folk)", row)

    async def test_ids_in_the_way(self) -> None:
        """A library or artists of theirs that have the ids which a channel's would get are no hindrance."""
        await self.taken(funkwhale_actor())
        await self.objects.take_library(library(f"{CHANNEL}#library"), POD)
        for fid in (CHANNEL, f"{CHANNEL}#artist"):
            await self.objects.take_music(Kind.ARTIST, artist(id=fid, musicbrainzId=None), fid)
        await self.taken(funkwhale_channel())
        self.assertEqual(1, await self.value("SELECT count(*) FROM channel"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM library WHERE NOT is_channel"))

    async def test_its_own(self) -> None:
        """A channel that names no owner, or one who cannot be asked, is its own."""
        await self.taken(reel2bits_channel())
        await self.taken(funkwhale_channel())
        owned = "SELECT bool_and(attributed_to_id = actor_id) FROM channel"
        self.assertTrue(await self.value(owned))

    async def test_feed_of_others(self) -> None:
        """The feed of somebody else makes a channel, and takes nothing from theirs."""
        link = {"type": "Link", "mediaType": "application/rss+xml", "href": "https://podcasts.example/feed"}
        await self.taken(funkwhale_channel(url=[link], attributedTo=None))
        self.assertIsNone(await self.value("SELECT rss_url FROM channel"))

    async def test_tombstone(self) -> None:
        """A tombstone in its place removes an actor; one of another server does not."""
        actor = await self.taken(funkwhale_actor())
        stone = {"type": "Tombstone", "id": ALICE}
        await self.assertFailure(Deferred.fromCoroutine(self.actors.take(stone, "https://evil.example/")), Invalid)
        await self.actors.take(stone, ALICE)
        self.assertEqual("Tombstone", await self.value("SELECT type FROM actor WHERE id = %s", actor.id))

    async def test_who_speaks(self) -> None:
        """Whom their server names as its voice is known for it once they can be had, also after they were removed."""
        told = {"metadata": {"actorId": ALICE}}
        await self.do("INSERT INTO domain (name, nodeinfo) VALUES ('far.example', %s)", told)
        for _ in range(2):
            await self.taken(funkwhale_actor(f"{ALICE}s-cousin"))
            self.assertIsNone(await self.value("SELECT service_actor_id FROM domain WHERE name = 'far.example'"))
            actor = await self.taken(funkwhale_actor())
            voice = await self.value("SELECT service_actor_id FROM domain WHERE name = 'far.example'")
            self.assertEqual(actor.id, voice)
            await self.do("DELETE FROM actor WHERE id = %s", actor.id)
