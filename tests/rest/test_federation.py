"""What other servers are shown of a pod: docs/federation.md §2, §3, §7."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from fwtwisted.core.people.keys import new_keys
from fwtwisted.model.federation import Scheme
from fwtwisted.model.people import Account
from fwtwisted.wire.signatures.keys import private_key, signed
from fwtwisted.wire.signatures.outgoing import Order, headers
from fwtwisted.wire.targets import target
from tests.rest.pod import URL, Client, PodCase
from tests.web.serving import Answer

ACTIVITY = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
VARY = "Accept, Signature, Signature-Input"


KEYS: Final = new_keys()
PRIVATE: Final = private_key(KEYS.private)


def read(said: Answer) -> Any:
    """The document of an answer that went well."""
    assert (said.status, said.header("Content-Type")) == (200, ACTIVITY), said
    assert said.header("Vary") == VARY, said
    return orjson.loads(said.body)


class FederationCase(PodCase):
    """A pod, and a program that asks it as other servers do."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.peer = self.visitor()
        self.peer.cookies.clear()
        self.peer.headers["Accept"] = ACTIVITY

    async def document(self, path: str, **query: Any) -> Any:
        """What is at a place."""
        return read(await self.peer.get(path, **query))

    async def status(self, path: str, headers: dict[str, str] | None = None) -> int:
        return (await self.peer.get(path, headers)).status

    async def channel(self, owner: Client, name: str = "waves") -> dict[str, Any]:
        """A channel; its document in the REST face."""
        made = await owner.post(
            "channels/",
            {"name": "Waves", "username": name, "description": {"text": "The *sea*", "content_type": "text/markdown"},
             "tags": ["ocean", "sea"], "content_category": "music", "cover": None, "metadata": {}},
        )  # fmt: skip
        self.assertEqual(201, made.status, made)
        document: dict[str, Any] = made.json
        return document

    async def a_post(self, channel: dict[str, Any], title: str = "Pilot", **columns: Any) -> UUID:
        """Something that a channel published; the uuid of the upload."""
        library, artist = await self.value(
            "SELECT ARRAY[library_id, artist_id] FROM channel WHERE uuid = %s", UUID(channel["uuid"])
        )
        track = await self.a_track(title, artist)
        uuid = uuid4()
        await self.an_upload_named(uuid, library, track, **columns)
        return uuid

    async def an_upload_named(self, uuid: UUID, library: int, track: int, **columns: Any) -> None:
        """An upload whose id is of this uuid, as all are that we make."""
        made = await self.an_upload(library, track, fid=f"{URL}/federation/music/uploads/{uuid}", **columns)
        await self.do("UPDATE upload SET uuid = %s WHERE uuid = %s", uuid, made)
        await self.changed()

    async def a_shelf(self, owner: Client, level: str) -> dict[str, Any]:
        """A library; its document in the REST face."""
        made = await owner.post("libraries/", {"name": "Mine", "privacy_level": level, "description": "All of it"})
        self.assertEqual(201, made.status, made)
        document: dict[str, Any] = made.json
        return document

    async def a_reader(self, name: str = "far", domain: str = "far.example") -> int:
        """Somebody elsewhere whose key we know; their actor."""
        fid = f"https://{domain}/federation/actors/{name}"
        actor = await self.an_actor(name, domain)
        await self.do(
            "UPDATE actor SET public_key = %s, key_id = %s WHERE id = %s", KEYS.public, f"{fid}#main-key", actor
        )
        return actor

    async def signed(
        self, path: str, scheme: Scheme = Scheme.CAVAGE, who: str = "https://far.example/federation/actors/far"
    ) -> Answer:
        """Ask as they do."""
        place = target(path if path.startswith("http") else f"{URL}{path}")
        order = Order(f"{who}#main-key", "GET", place, None, scheme, time.time())
        return await self.peer.get(path, headers(order, lambda text: signed(PRIVATE, text)))


class ActorTests(FederationCase):
    """``/federation/actors/…``."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice: Account = await self.account("alice")

    async def test_a_person(self) -> None:
        """With everything that others need to write to them."""
        document = await self.document("/federation/actors/alice")
        fid = f"{URL}/federation/actors/alice"
        self.assertEqual((fid, "Person", "alice"), (document["id"], document["type"], document["preferredUsername"]))
        for name in ("inbox", "outbox", "followers", "following"):
            self.assertEqual(f"{fid}/{name}", document[name])
        self.assertEqual(f"{URL}/federation/shared/inbox", document["endpoints"]["sharedInbox"])
        self.assertEqual((f"{fid}#main-key", fid), (document["publicKey"]["id"], document["publicKey"]["owner"]))
        self.assertTrue(document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----"))
        self.assertTrue(document["manuallyApprovesFollowers"])
        self.assertIsNone(document["icon"])

    async def test_the_pod_itself(self) -> None:
        """It is made when it is asked for."""
        document = await self.document("/federation/actors/service")
        self.assertEqual(("Service", "service"), (document["type"], document["preferredUsername"]))

    async def test_names_are_told_exactly(self) -> None:
        """An id has one spelling; unknown ones are not there, and those who left are gone."""
        self.assertEqual(
            [404] * 3, [await self.status(f"/federation/actors/{name}") for name in ("Alice", "bob", "a%20b")]
        )
        await self.do("UPDATE actor SET type = 'Tombstone' WHERE preferred_username = 'alice'")
        for tail in ("", "/followers", "/following", "/outbox"):
            said = await self.peer.get(f"/federation/actors/alice{tail}")
            self.assertEqual((410, ACTIVITY), (said.status, said.header("Content-Type")))
            self.assertEqual("Tombstone", orjson.loads(said.body)["type"])
        self.assertEqual(410, await self.status("/federation/actors/alice", {"Accept": "text/html"}))
        self.assertEqual(410, await self.status("/.well-known/webfinger?resource=acct:alice@pod.example"))

    async def test_who_may_not_be_seen(self) -> None:
        """Somebody whose account is closed for now is not there, and feeds of others are not ours to show."""
        made = await self.channel(await self.person("bob"))
        await self.do("UPDATE account SET is_active = false WHERE username = 'alice'")
        await self.do("INSERT INTO feed (channel_id, host) SELECT id, 'far.example' FROM channel")
        uuid = await self.a_post(made)
        for path in ("actors/alice", "actors/waves", "actors/waves/outbox", f"music/uploads/{uuid}"):
            self.assertEqual(404, await self.status(f"/federation/{path}"), path)
        self.assertEqual(404, await self.status("/.well-known/webfinger?resource=acct:waves@pod.example"))
        self.assertEqual(0, (await self.document("/federation/index/channels"))["totalItems"])

    async def test_odd_requests(self) -> None:
        """Are refused in a word, never with a failure of ours."""
        for path, status in (
            ("/federation/actors/%00", 404),
            ("/federation/actors/%ff", 404),
            ("/federation/actors/" + "a" * 3000, 404),
            ("/federation/actors/alice/", 200),
            ("/federation/actors/alice?page=x", 200),
            ("/federation/actors/alice/outbox?page=x", 400),
            ("/federation/actors/alice/outbox?page=2", 404),
            ("/federation/actors/alice/nothing", 404),
            ("/federation/music/tracks/nothing", 404),
            ("/federation/music/playlists/0b3d9f4e-5c1a-4c55-9f2e-3d1c8a7b6e50", 404),
        ):
            self.assertEqual(status, await self.status(path), path)
        self.assertEqual(405, (await self.peer.ask("POST", "/federation/actors/alice")).status)
        self.assertEqual(405, await self.status("/federation/actors/alice/inbox"))
        said = await self.peer.head("/federation/actors/alice")
        self.assertEqual((200, b"", ACTIVITY), (said.status, said.body, said.header("Content-Type")))

    async def test_collections_tell_how_many(self) -> None:
        """True numbers, and nobody's name."""
        bob = await self.an_actor("bob", "far.example")
        await self.a_follow(bob, actor=self.alice.actor.id)
        await self.a_follow(self.alice.actor.id, actor=bob)
        await self.a_follow(await self.an_actor("carl", "far.example"), actor=self.alice.actor.id, approved=None)
        for name in ("followers", "following"):
            document = await self.document(f"/federation/actors/alice/{name}")
            self.assertEqual(("OrderedCollection", 1), (document["type"], document["totalItems"]))
            self.assertNotIn("orderedItems", document)
        outbox = await self.document("/federation/actors/alice/outbox")
        self.assertEqual(0, outbox["totalItems"])
        self.assertEqual([], (await self.document("/federation/actors/alice/outbox", page=1))["orderedItems"])

    async def test_forms(self) -> None:
        """By quality, then by order; browsers are led to the page; without a wish it is a document."""
        place = "/federation/actors/alice"
        for accept, kind in (
            (ACTIVITY, ACTIVITY),
            (LD, LD),
            ("application/ld+json", LD),
            ("application/json", "application/json"),
            (f"{ACTIVITY};q=0.5, {LD}", LD),
            (f"text/html;q=0.9, {ACTIVITY}", ACTIVITY),
            ("application/*", ACTIVITY),
            ("image/png", ACTIVITY),
        ):
            said = await self.peer.get(place, {"Accept": accept})
            self.assertEqual((200, kind, VARY), (said.status, said.header("Content-Type"), said.header("Vary")), accept)
        bare = self.visitor()
        self.assertEqual(ACTIVITY, (await bare.get(place)).header("Content-Type"))
        for accept in ("text/html", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", f"text/html, {ACTIVITY}"):
            said = await self.peer.get(place, {"Accept": accept})
            self.assertEqual((302, f"{URL}/@alice"), (said.status, said.header("Location")), accept)

    async def test_off(self) -> None:
        """Nothing is offered but NodeInfo."""
        await self.parts.preferences.change_one("federation__enabled", False)
        for path in (
            "/federation/actors/alice",
            "/federation/actors/alice/outbox",
            f"/federation/music/libraries/{uuid4()}",
            f"/federation/reports/{uuid4()}",
            "/federation/index/libraries",
            "/.well-known/webfinger?resource=acct:alice@pod.example",
            "/.well-known/host-meta",
        ):
            self.assertEqual(405, await self.status(path), path)
        self.assertEqual(200, await self.status("/.well-known/nodeinfo"))
        page = await self.peer.get("/@alice")
        self.assertEqual("text/html; charset=utf-8", page.header("Content-Type"))


class DiscoveryTests(FederationCase):
    """``/.well-known/…``."""

    async def test_webfinger(self) -> None:
        """People, channels and the pod, by handle, id or page, in any case of letters."""
        await self.account("alice")
        await self.channel(await self.person("bob"))
        for resource, name in (
            ("acct:alice@pod.example", "alice"),
            ("acct:ALICE@Pod.Example", "alice"),
            (f"{URL}/federation/actors/alice", "alice"),
            (f"{URL}/@alice", "alice"),
            ("acct:waves@pod.example", "waves"),
            (f"{URL}/channels/waves", "waves"),
            ("acct:service@pod.example", "service"),
        ):
            said = await self.peer.get("/.well-known/webfinger", resource=resource)
            self.assertEqual((200, "application/jrd+json"), (said.status, said.header("Content-Type")), resource)
            self.assertEqual("*", said.header("Access-Control-Allow-Origin"))
            found = orjson.loads(said.body)
            fid = f"{URL}/federation/actors/{name}"
            self.assertEqual(f"acct:{name}@pod.example", found["subject"])
            self.assertEqual({"rel": "self", "type": ACTIVITY, "href": fid}, found["links"][0])
            self.assertIn(fid, found["aliases"])

    async def test_the_server(self) -> None:
        """Leads to the pod's own actor (FEP-d556)."""
        found = orjson.loads((await self.peer.get("/.well-known/webfinger", resource=f"{URL}/")).body)
        self.assertEqual(f"{URL}/federation/actors/service", found["links"][0]["href"])
        self.assertEqual(PUBLIC.replace("Public", "Service"), found["links"][0]["rel"])

    async def test_bad_resources(self) -> None:
        """Missing or without form: 400; of others or unknown: 404; a page of any site may read why."""
        for resource, status in (
            (None, 400),
            ("", 400),
            ("alice", 400),
            ("acct:alice", 400),
            ("acct:a b@pod.example", 400),
            ("http://[", 400),
            ("x" * 2000, 400),
            ("acct:alice@far.example", 404),
            ("https://far.example/@alice", 404),
            ("acct:nobody@pod.example", 404),
            (f"{URL}/library/albums", 404),
        ):
            query = {} if resource is None else {"resource": resource}
            said = await self.peer.get("/.well-known/webfinger", {"Origin": "https://other.example"}, **query)
            self.assertEqual((status, "*"), (said.status, said.header("Access-Control-Allow-Origin")), resource)

    async def test_host_meta_and_nodeinfo(self) -> None:
        """Say where WebFinger, NodeInfo and the pod's actor are."""
        said = await self.peer.get("/.well-known/host-meta")
        self.assertEqual((200, "application/xrd+xml"), (said.status, said.header("Content-Type")))
        self.assertIn(f"{URL}/.well-known/webfinger?resource={{uri}}".encode(), said.body)
        links = (await self.peer.get("/.well-known/nodeinfo")).json["links"]
        service = f"{URL}/federation/actors/service"
        self.assertIn({"rel": PUBLIC.replace("Public", "Application"), "href": service}, links)
        told = orjson.loads((await self.peer.get("instance/nodeinfo/2.0")).body)
        self.assertEqual(("fwtwisted", service), (told["software"]["name"], told["metadata"]["actorId"]))
        self.assertTrue(told["metadata"]["library"]["federationEnabled"])
        await self.open_up()
        told = orjson.loads((await self.peer.get("instance/nodeinfo/2.0")).body)
        for name, path in told["metadata"]["endpoints"].items():
            self.assertEqual(200, (await self.visitor().get(f"{path}/" if "api" in path else path)).status, name)

    async def test_terms(self) -> None:
        """Our context is served, to pages of any site."""
        said = await self.peer.get("/ns", {"Origin": "https://other.example"})
        self.assertEqual((200, "application/ld+json"), (said.status, said.header("Content-Type")))
        self.assertEqual("fw:Track", orjson.loads(said.body)["@context"]["Track"])


class NamedTests(FederationCase):
    """A pod that calls itself and its own actor otherwise, and attaches nothing."""

    environment = {
        "FEDERATION_SOFTWARE_NAME": "ours",
        "FEDERATION_SERVICE_ACTOR_USERNAME": "pod",
        "FEDERATION_AUDIO_ATTACHMENT": "false",
    }

    async def test_names(self) -> None:
        """Are told wherever somebody asks."""
        service = f"{URL}/federation/actors/pod"
        told = orjson.loads((await self.peer.get("instance/nodeinfo/2.0")).body)
        self.assertEqual(("ours", service), (told["software"]["name"], told["metadata"]["actorId"]))
        told = orjson.loads((await self.peer.get("/api/v2/instance/nodeinfo/2.1")).body)
        self.assertEqual(("ours", service), (told["software"]["name"], told["metadata"]["actorId"]))
        self.assertEqual("Service", (await self.document("/federation/actors/pod"))["type"])
        self.assertEqual(404, await self.status("/federation/actors/service"))

    async def test_posts_without_attachments(self) -> None:
        """Have their sound as a link alone; a note is nothing without it."""
        uuid = await self.a_post(await self.channel(await self.person("alice")))
        self.assertNotIn("attachment", await self.document(f"/federation/music/uploads/{uuid}"))
        self.assertIn("attachment", await self.document(f"/federation/music/uploads/{uuid}/note"))


class LibraryTests(FederationCase):
    """``/federation/music/…``."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")

    async def filled(self, level: str, count: int) -> tuple[str, list[UUID]]:
        """A library with files; its path, and their uuids from the oldest."""
        made = await self.a_shelf(self.alice, level)
        id = await self.value("SELECT id FROM library WHERE uuid = %s", UUID(made["uuid"]))
        artist = await self.an_artist("Nova")
        album = await self.an_album("Tides", artist)
        uuids = [uuid4() for _ in range(count)]
        for number, uuid in enumerate(uuids, 1):
            await self.an_upload_named(uuid, id, await self.a_track(f"Tide {number}", artist, album, position=number))
        return f"/federation/music/libraries/{made['uuid']}", uuids

    async def test_a_library_and_its_pages(self) -> None:
        """Fifty a page, the newest first; walked by ``next`` alone every file is met once."""
        path, uuids = await self.filled("everyone", 53)
        document = await self.document(path)
        self.assertEqual(("Library", 53, PUBLIC), tuple(document[n] for n in ("type", "totalItems", "audience")))
        self.assertEqual((f"{URL}{path}?page=1", f"{URL}{path}?page=2"), (document["first"], document["last"]))
        self.assertEqual(("Mine", "All of it"), (document["name"], document["summary"]))
        met, place = [], document["first"]
        while place:
            page = await self.document(place)
            self.assertEqual(("CollectionPage", place, f"{URL}{path}"), (page["type"], page["id"], page["partOf"]))
            met += [item["id"] for item in page["items"]]
            for item in page["items"]:
                self.assertEqual((document["id"], "PT1M"), (item["library"], item["duration"]))
                self.assertNotIn("@context", item)
            place = page.get("next")
        self.assertEqual([f"{URL}/federation/music/uploads/{uuid}" for uuid in reversed(uuids)], met)
        followers = await self.document(f"{path}/followers")
        self.assertEqual((document["followers"], 0), (followers["id"], followers["totalItems"]))

    async def test_pages_that_are_none(self) -> None:
        """No number: 400; past the end: 404; the first of an empty library is empty."""
        path, _ = await self.filled("everyone", 1)
        for page, status in (("x", 400), ("-1", 400), ("", 400), ("0", 404), ("2", 404), ("9" * 30, 404), ("1", 200)):
            self.assertEqual(status, await self.status(f"{path}?page={page}"), page)
        empty, _ = await self.filled("everyone", 0)
        self.assertEqual([], (await self.document(empty, page=1))["items"])

    async def test_what_changes_is_told(self) -> None:
        """Though answers are kept."""
        path, _ = await self.filled("everyone", 1)
        [item] = (await self.document(path, page=1))["items"]
        await self.do("UPDATE track SET title = 'Ebb'")
        await self.changed()
        [again] = (await self.document(path, page=1))["items"]
        self.assertEqual(["Tide 1", "Ebb"], [one["track"]["name"] for one in (item, again)])
        uuid = path.rpartition("/")[2]
        said = await self.alice.send("PATCH", f"libraries/{uuid}/", {"privacy_level": "me"})
        self.assertEqual(200, said.status, said)
        self.assertEqual(403, await self.status(f"{path}?page=1"))

    async def test_a_private_library(self) -> None:
        """Everybody may know of it, nobody of what is in it."""
        for level in ("me", "instance"):
            path, [uuid] = await self.filled(level, 1)
            document = await self.document(path)
            self.assertEqual((1, ""), (document["totalItems"], document["audience"]))
            self.assertEqual(403, await self.status(f"{path}?page=1"))
            self.assertEqual(404, await self.status(f"/federation/music/uploads/{uuid}"))

    async def test_old_funkwhale_is_told_seconds(self) -> None:
        """By what it says to be, as long as nobody signed."""
        path, [uuid] = await self.filled("everyone", 1)
        old = {"User-Agent": "python-requests (funkwhale/1.4.0; +https://far.example)"}
        new = {"User-Agent": "python-requests (funkwhale/2.0.0; +https://far.example)"}
        upload = f"/federation/music/uploads/{uuid}"
        for agent, told in ((old, 60), (new, "PT1M"), (old, 60)):
            self.assertEqual(told, read(await self.peer.get(upload, agent))["duration"])
            [item] = read(await self.peer.get(f"{path}?page=1", agent))["items"]
            self.assertEqual(told, item["duration"])

    async def test_works(self) -> None:
        """Tracks, albums, artists and names on them each have their place; what is elsewhere is not shown here."""
        await self.filled("me", 1)
        track, album, artist = [await self.value(f"SELECT uuid FROM {kind}") for kind in ("track", "album", "artist")]
        for kind, one in (("track", track), ("album", album), ("artist", artist)):
            id = f"{URL}/federation/music/{kind}s/{one}"
            await self.do(f"UPDATE {kind} SET fid = %s", id)
            await self.changed()
            document = await self.document(f"/federation/music/{kind}s/{one}")
            self.assertEqual((kind.title(), id), (document["type"], document["id"]))
        document = await self.document(f"/federation/music/tracks/{track}")
        self.assertEqual(f"{URL}/federation/music/albums/{album}", document["album"]["id"])
        [credit] = document["artist_credit"]
        told = await self.document(credit["id"])
        self.assertEqual({**credit, "@context": told["@context"]}, told)
        await self.do("UPDATE artist SET fid = 'https://far.example/artists/1'")
        await self.changed()
        self.assertEqual(404, await self.status(f"/federation/music/artists/{artist}"))
        document = await self.document(f"/federation/music/tracks/{track}")
        self.assertEqual("https://far.example/artists/1", document["artists"][0]["id"])

    async def test_nothing_there(self) -> None:
        """404, and no hint."""
        for kind in ("libraries", "uploads", "tracks", "albums", "artists", "artistcredit", "likes", "listenings"):
            self.assertEqual(404, await self.status(f"/federation/music/{kind}/{uuid4()}"), kind)
        for path in ("uploads/{}/activity", "uploads/{}/note", "libraries/{}/followers"):
            self.assertEqual(404, await self.status(f"/federation/music/{path.format(uuid4())}"))
        self.assertEqual(404, await self.status(f"/federation/reports/{uuid4()}"))

    async def test_deeds(self) -> None:
        """What somebody likes is told when they let everybody know."""
        _, _ = await self.filled("everyone", 1)
        track = await self.value("SELECT id FROM track")
        await self.do("INSERT INTO favorite (actor_id, track_id) VALUES (%s, %s)", self.alice.viewer.actor_id, track)
        uuid = await self.value("SELECT uuid FROM favorite")
        path = f"/federation/music/likes/{uuid}"
        for level, status in (("me", 404), ("instance", 404), ("followers", 404), ("everyone", 200)):
            await self.do("UPDATE account SET privacy_level = %s", level)
            self.assertEqual(status, await self.status(path), level)
        document = await self.document(path)
        self.assertEqual(("Like", f"{URL}{path}"), (document["type"], document["id"]))
        self.assertEqual(await self.value("SELECT fid FROM track"), document["object"]["id"])


class OutboxTests(FederationCase):
    """What people said to everybody, or to those who follow them."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.box = "/federation/actors/alice/outbox"

    async def items(self) -> list[Any]:
        """What a stranger finds on the first page, the newest first."""
        page = await self.document(f"{self.box}?page=1")
        self.assertEqual((page["totalItems"], "OrderedCollectionPage"), (len(page["orderedItems"]), page["type"]))
        found: list[Any] = page["orderedItems"]
        return found

    async def test_an_outbox(self) -> None:
        """Files in public libraries always; what they like and hear, as their level has it; nothing private."""
        for level, count in (("everyone", 2), ("me", 1)):
            await self.an_album_of(await self.library_of(self.alice, level), "Nova", level, count)
        await self.do("UPDATE account SET privacy_level = 'everyone'")
        for place in ("favorites/tracks/", "history/listenings/"):
            await self.alice.post(place, {"track": await self.value("SELECT min(id) FROM track")})
        for level, kinds in (
            ("everyone", ["Listen", "Like", "Create", "Create"]), ("followers", ["Create"] * 2), ("me", ["Create"] * 2),
        ):  # fmt: skip
            await self.do("UPDATE account SET privacy_level = %s", level)
            found = await self.items()
            self.assertEqual(kinds, [one["type"] for one in found], level)
            self.assertEqual(len(kinds), (await self.document(self.box))["totalItems"])
            for one in found:
                self.assertEqual(f"{URL}/federation/actors/alice", one["actor"])
        self.assertEqual("Audio", found[-1]["object"]["type"])
        self.assertIn(PUBLIC, found[-1]["to"])

    async def test_pages(self) -> None:
        """Each thing on one page; an empty outbox has a first page; what is no page is none."""
        self.assertEqual([], await self.items())
        await self.an_album_of(await self.library_of(self.alice, "everyone"), "Nova", "Tides", 5)
        await self.parts.preferences.change_one("federation__collection_page_size", 2)
        seen = [one["id"] for number in (1, 2, 3) for one in
                (await self.document(f"{self.box}?page={number}"))["orderedItems"]]  # fmt: skip
        self.assertEqual((5, 5), (len(seen), len(set(seen))))
        self.assertEqual(404, await self.status(f"{self.box}?page=4"))
        self.assertEqual(400, await self.status(f"{self.box}?page=x"))


class ChannelTests(FederationCase):
    """Channels and what they publish."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice = await self.person("alice")
        self.made = await self.channel(self.alice)

    async def test_the_channel(self) -> None:
        """A person with a feed, a category and tags, whom everybody may follow at once."""
        document = await self.document("/federation/actors/waves")
        self.assertEqual(("Person", "Waves", "music"), tuple(document[n] for n in ("type", "name", "category")))
        self.assertFalse(document["manuallyApprovesFollowers"])
        self.assertEqual(f"{URL}/federation/actors/alice", document["attributedTo"])
        self.assertEqual(["#ocean", "#sea"], [tag["name"] for tag in document["tag"]])
        self.assertEqual([f"{URL}/channels/waves", f"{URL}/api/v1/channels/waves/rss"],
                         [link["href"] for link in document["url"]])  # fmt: skip
        self.assertNotIn("https://funkwhale.audio/ns", document["@context"])

    async def test_posts(self) -> None:
        """In the outbox as they were sent, each at its place, as Audio and as Note."""
        uuids = [await self.a_post(self.made, f"Part {number}") for number in range(1, 4)]
        outbox = await self.document("/federation/actors/waves/outbox")
        self.assertEqual((3, f"{URL}/federation/actors/waves"), (outbox["totalItems"], outbox["attributedTo"]))
        page = await self.document(outbox["first"])
        self.assertEqual("OrderedCollectionPage", page["type"])
        self.assertEqual(["Part 3", "Part 2", "Part 1"], [one["object"]["name"] for one in page["orderedItems"]])
        for one in page["orderedItems"]:
            self.assertEqual(page["@context"], one["@context"], "Funkwhale 1.x reads each by itself")
        place = f"/federation/music/uploads/{uuids[2]}"
        activity, audio = await self.document(f"{place}/activity"), await self.document(place)
        self.assertEqual(page["orderedItems"][0], activity)
        self.assertEqual(("Create", [PUBLIC]), (activity["type"], activity["to"]))
        self.assertEqual({**activity["object"], "@context": audio["@context"]}, audio)
        self.assertNotIn("duration", audio)
        note = await self.document(f"{place}/note")
        self.assertEqual((f"{URL}{place}/note", "Note"), (note["id"], note["type"]))
        for method in ("library", "track"):
            self.assertNotIn(method, audio)

    async def test_what_others_think_of_posts(self) -> None:
        """Audio and Note count likes and boosts, without names; the collections stand for themselves, too."""
        uuid = await self.a_post(self.made, "Part")
        track = await self.value("SELECT track_id FROM upload WHERE uuid = %s", uuid)
        for number, kind in enumerate(("favorite", "favorite", "boost")):
            eve = await self.an_actor(f"eve{number}", "far.example")
            await self.do("INSERT INTO remote_deed (fid, kind, actor_id, track_id) VALUES (%s, %s, %s, %s)",
                          f"https://far.example/{number}", kind, eve, track)  # fmt: skip
        await self.alice.post("favorites/tracks/", {"track": track})
        place = f"/federation/music/uploads/{uuid}"
        for likes, level in ((2, "instance"), (3, "everyone")):
            await self.do("UPDATE account SET privacy_level = %s", level)
            for form in ("", "/note"):
                document = await self.document(f"{place}{form}")
                self.assertEqual(
                    ({"type": "Collection", "id": f"{URL}{place}/likes", "totalItems": likes}, 1),
                    (document["likes"], document["shares"]["totalItems"]),
                )
            counted = await self.document(f"{place}/likes")
            self.assertEqual((f"{URL}{place}/likes", likes), (counted["id"], counted["totalItems"]))
        self.assertEqual(
            404, await self.status("/federation/music/uploads/00000000-0000-4000-8000-000000000000/shares")
        )

    async def test_its_library_is_not_one(self) -> None:
        """What a channel publishes has no place as a library."""
        uuid = await self.value("SELECT uuid FROM library WHERE is_channel")
        self.assertEqual(404, await self.status(f"/federation/music/libraries/{uuid}"))

    async def test_indexes(self) -> None:
        """Public libraries and channels, unless an administrator wants none."""
        public, _ = await self.a_shelf(self.alice, "everyone"), await self.a_shelf(self.alice, "me")
        await self.changed("libraries")
        for name, id in (("libraries", public["fid"]), ("channels", f"{URL}/federation/actors/waves")):
            index = await self.document(f"/federation/index/{name}")
            self.assertEqual(("OrderedCollection", 1), (index["type"], index["totalItems"]))
            page = await self.document(index["first"])
            self.assertEqual([id], [item["id"] for item in page["orderedItems"]])
            await self.parts.preferences.change_one("federation__public_index", False)
            self.assertEqual(405, await self.status(f"/federation/index/{name}"))
            await self.parts.preferences.change_one("federation__public_index", True)


class PageTests(FederationCase):
    """Pages for people, asked for by servers."""

    async def test_documents_in_the_place_of_pages(self) -> None:
        """Whether or not the pod is open; and pages name them."""
        alice = await self.person("alice")
        made = await self.channel(alice)
        uuid = await self.a_post(made)
        library = await self.a_shelf(alice, "everyone")
        track, artist = await self.value("SELECT id FROM track"), await self.value("SELECT id FROM artist")
        await self.do("UPDATE artist SET fid = %s || '/federation/music/artists/' || uuid", URL)
        await self.changed("catalog", "libraries")
        places = {
            "/@alice": f"{URL}/federation/actors/alice",
            "/@alice@pod.example": f"{URL}/federation/actors/alice",
            "/channels/waves": f"{URL}/federation/actors/waves",
            f"/channels/{made['uuid']}": f"{URL}/federation/actors/waves",
            f"/library/{library['uuid']}": library["fid"],
            f"/library/tracks/{track}": f"{URL}/federation/music/uploads/{uuid}",
            f"/library/artists/{artist}": await self.value("SELECT fid FROM artist"),
        }
        for path, fid in places.items():
            self.assertEqual(fid, (await self.document(path))["id"], path)
            for accept in ("text/html", "*/*", f"text/html, {ACTIVITY}"):
                said = await self.peer.get(path, {"Accept": accept})
                self.assertEqual("text/html; charset=utf-8", said.header("Content-Type"), path)
                self.assertIn("Signature", said.header("Vary") or "")
        await self.open_up()
        for path, fid in places.items():
            page = (await self.visitor().get(path)).body.decode()
            self.assertIn(f'<link rel="alternate" type="{ACTIVITY}" href="{fid}">', page, path)

    async def test_pages_without_documents(self) -> None:
        """Stay pages."""
        for path in ("/", "/library/albums", "/@nobody", "/library/tracks/7", f"/library/{uuid4()}", "/@a@far.example",
                     "/library/playlists/1", "/library/tracks/999999999999999999"):  # fmt: skip
            said = await self.peer.get(path)
            self.assertEqual((200, "text/html; charset=utf-8"), (said.status, said.header("Content-Type")), path)


class WallTests(FederationCase):
    """Who may read at all: docs/federation.md §6."""

    async def places(self) -> tuple[list[str], list[str]]:
        """Some that stay open, some that do not."""
        await self.account("alice")
        open_ = ["/federation/actors/alice", "/federation/actors/service", "/.well-known/nodeinfo", "/@alice",
                 "/.well-known/webfinger?resource=acct:alice@pod.example"]  # fmt: skip
        closed = ["/federation/actors/alice/outbox", "/federation/actors/alice/followers",
                  f"/federation/music/tracks/{uuid4()}", "/federation/index/libraries"]  # fmt: skip
        return open_, closed

    async def test_the_allow_list(self) -> None:
        """Who does not sign sees actors, WebFinger and NodeInfo alone."""
        await self.parts.preferences.change_one("moderation__allow_list_enabled", True)
        open_, closed = await self.places()
        self.assertEqual([200] * len(open_), [await self.status(path) for path in open_])
        self.assertEqual([403] * len(closed), [await self.status(path) for path in closed])

    async def test_the_allow_list_and_who_signs(self) -> None:
        """Servers on it may read, others may not."""
        await self.parts.preferences.change_one("moderation__allow_list_enabled", True)
        await self.a_reader()
        await self.a_reader("other", "other.example")
        await self.do("UPDATE domain SET allowed = true WHERE name = 'far.example'")
        await self.account("alice")
        self.assertEqual(200, (await self.signed("/federation/actors/alice/outbox")).status)
        other = "https://other.example/federation/actors/other"
        self.assertEqual(403, (await self.signed("/federation/actors/alice/outbox", who=other)).status)


class SignedTests(FederationCase):
    """Who says who they are."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice, self.far = await self.person("alice"), await self.a_reader()

    async def a_private_library(self) -> tuple[int, str, UUID]:
        """Its id, its path, and what is in it."""
        made = await self.a_shelf(self.alice, "me")
        id = await self.value("SELECT id FROM library WHERE uuid = %s", UUID(made["uuid"]))
        uuid = uuid4()
        await self.an_upload_named(uuid, id, await self.a_track("Ebb", await self.an_artist("Nova")))
        return id, f"/federation/music/libraries/{made['uuid']}", uuid

    async def test_followers_see_what_is_private(self) -> None:
        """By either kind of signature, once they have leave; nobody else does."""
        id, path, uuid = await self.a_private_library()
        places = (f"{path}?page=1", f"/federation/music/uploads/{uuid}")
        await self.a_follow(self.far, library=id, approved=None)
        await self.changed("libraries")
        self.assertEqual([403, 404], [(await self.signed(place)).status for place in places])
        await self.do("UPDATE follow SET approved = true")
        await self.changed("libraries")
        for scheme in (Scheme.CAVAGE, Scheme.MESSAGES):
            for place in places:
                said = await self.signed(place, scheme)
                self.assertEqual((200, "private, no-store"), (said.status, said.header("Cache-Control")), said)
        self.assertEqual([403, 404], [await self.status(place) for place in places])
        await self.a_reader("other")
        other = "https://far.example/federation/actors/other"
        self.assertEqual([403, 404], [(await self.signed(place, who=other)).status for place in places])

    async def test_signatures_that_are_wrong(self) -> None:
        """Are refused, also where nobody needs one; but documents of actors are for everybody."""
        _, path, _ = await self.a_private_library()
        place = target(f"{URL}{path}")
        order = Order("https://far.example/federation/actors/far#main-key", "GET", place, None, Scheme.CAVAGE, 0.0)
        stale = headers(order, lambda text: signed(PRIVATE, text))
        for told in (stale, {**stale, "Signature": "rubbish"}, {**stale, "Signature-Input": "sig1=()"}):
            said = await self.peer.get(path, told)
            self.assertEqual(401, said.status, told)
            self.assertIsNotNone(said.header("Accept-Signature"))
            self.assertEqual(200, (await self.peer.get("/federation/actors/alice", told)).status)
            self.assertEqual(401, (await self.peer.get(f"/library/{path.rpartition('/')[2]}", told)).status)

    async def test_what_their_server_reads(self) -> None:
        """Decides in which form they get it."""
        id, path, _ = await self.a_private_library()
        await self.a_follow(self.far, library=id)
        await self.changed("libraries")
        await self.do("UPDATE domain SET software_name = 'funkwhale', software_version = '1.4.0'")
        [item] = read(await self.signed(f"{path}?page=1"))["items"]
        self.assertEqual(60, item["duration"])

    async def test_who_is_shut_out(self) -> None:
        """Reads nothing."""
        await self.do("INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, %s, true)",
                      self.alice.viewer.actor_id, "far.example")  # fmt: skip
        _, path, _ = await self.a_private_library()
        self.assertEqual(403, (await self.signed(path)).status)

    async def test_what_those_who_follow_may_know(self) -> None:
        """Of somebody who lets their followers know what they like."""
        await self.do("UPDATE account SET privacy_level = 'followers'")
        track = await self.a_track("Ebb", await self.an_artist("Nova"))
        alice = self.alice.viewer.actor_id
        assert alice is not None
        await self.do("INSERT INTO listening (actor_id, track_id) VALUES (%s, %s)", alice, track)
        path = f"/federation/music/listenings/{await self.value('SELECT uuid FROM listening')}"
        self.assertEqual(404, (await self.signed(path)).status)
        await self.a_follow(self.far, actor=alice)
        self.assertEqual("followers", read(await self.signed(path))["audience"])
        self.assertEqual(404, await self.status(path))

    async def test_keys_that_prove_documents(self) -> None:
        """Are shown by actors that have one, in words that need no further context."""
        await self.do(
            "INSERT INTO assertion_key (actor_id, key_id, public_key, private_key) VALUES (%s, %s, %s, %s)",
            self.alice.viewer.actor_id, f"{URL}/federation/actors/alice#ed25519-key", "z6MkTest", b"secret",
        )  # fmt: skip
        document = await self.document("/federation/actors/alice")
        [key] = document["assertionMethod"]
        self.assertEqual(("Multikey", "z6MkTest", document["id"]),
                         (key["type"], key["publicKeyMultibase"], key["controller"]))  # fmt: skip
        self.assertIn("assertionMethod", document["@context"][-1])
        self.assertEqual(3, len(document["@context"]))


class AuthorizedFetchTests(WallTests):
    """A pod that wants signatures."""

    environment = {"FEDERATION_AUTHORIZED_FETCH": "true"}

    async def test_signatures_are_wanted(self) -> None:
        """And it is told which."""
        open_, closed = await self.places()
        self.assertEqual([200] * len(open_), [await self.status(path) for path in open_])
        for path in closed:
            said = await self.peer.get(path)
            self.assertEqual((401, VARY), (said.status, said.header("Vary")))
            self.assertIn('("@method" "@target-uri")', said.header("Accept-Signature") or "")
            self.assertEqual("private, no-store", said.header("Cache-Control"))
        await self.a_reader()
        self.assertEqual([200, 200, 404, 200], [(await self.signed(path)).status for path in closed])
