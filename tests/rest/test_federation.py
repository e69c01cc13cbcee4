"""Actors as other servers read them, how they are found, and pages in the place of documents."""

from __future__ import annotations

from uuid import uuid4

import orjson

from fwtwisted.model.people import Account
from tests.rest.federated import ACTIVITY, LD, PUBLIC, VARY, FederationCase, read
from tests.rest.pod import URL


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

    async def test_who_trips_over_null(self) -> None:
        """Castopod fails at an icon that is null, and so at each follow from here: it is told of none."""
        for agent in ("Castopod/1.13.4; +https://cast.example/", "castopod/1"):
            said = await self.peer.get("/federation/actors/alice", {"User-Agent": agent})
            document = read(said)
            self.assertNotIn("icon", document)
            self.assertNotIn(None, document.values())
            self.assertIn("publicKey", document)
            self.assertEqual("private, no-store", said.header("Cache-Control"), "others get another one")

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
            "/.well-known/host-meta.json",
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
        said = await self.peer.get("/.well-known/host-meta.json")
        self.assertEqual((200, "application/jrd+json"), (said.status, said.header("Content-Type")))
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
