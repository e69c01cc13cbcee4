"""What is shown to whom: pods without federation, blocked servers, signed requests."""

from __future__ import annotations

from uuid import UUID, uuid4

import orjson
from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.model.federation import Scheme
from fwtwisted.wire.signatures.keys import signed
from fwtwisted.wire.signatures.outgoing import Order, headers
from fwtwisted.wire.targets import target
from tests.foreign import funkwhale_actor
from tests.hostile import FarEnd, Line, ok
from tests.rest.federated import ACTIVITY, KEYS, PRIVATE, VARY, FederationCase, read
from tests.rest.pod import URL
from tests.rest.test_hostile import VARIABLE, routes
from tests.waiting import settled

NO_DOCUMENTS = ("/federation/actors/alice", "/federation/actors/alice/inbox", "/federation/shared/inbox")


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

    def documents(self) -> list[str]:
        """Where any document at all is, but those of actors, and reports, which nobody is ever shown."""
        found = []
        for route in routes(self.mounts):
            path = VARIABLE.sub(lambda told: str(uuid4()) if told[1] == "uuid" else "alice", route.rule)
            if route.method == "GET" and path.startswith("/federation/") and "/reports/" not in path:
                found += [path] if path not in NO_DOCUMENTS else []
        self.assertLess(15, len(found))
        return found

    async def test_every_document_behind_the_allow_list(self) -> None:
        """Is shown to nobody who does not say who they are, nor whether there is one."""
        await self.account("alice")
        await self.parts.preferences.change_one("moderation__allow_list_enabled", True)
        for path in self.documents():
            self.assertEqual(403, await self.status(path), path)

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

    async def test_every_document(self) -> None:
        """Is for those who sign."""
        await self.account("alice")
        for path in self.documents():
            self.assertEqual(401, await self.status(path), path)

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


class UnprovenTests(FederationCase):
    """Who asks while their server waits for our answer, and cannot tell us who they are."""

    environment = {"FEDERATION_ALLOW_PRIVATE": "127.0.0.1"}

    async def test_those_who_keep_us_waiting(self) -> None:
        """See what everybody may, are told to come again for what else there may be, and are known then."""
        alice, far, held = await self.person("alice"), await FarEnd.on(self), list[Line]()
        made = await self.a_shelf(alice, "me")
        shelf, page = (f"/federation/music/libraries/{made['uuid']}{query}" for query in ("", "?page=1"))
        ada = far.url("/ada")
        far.does("/ada", held.append)
        open_, closed = await gatherResults(
            [Deferred.fromCoroutine(self.signed(path, who=ada)) for path in (shelf, page)]
        )
        self.assertEqual((200, "private, no-store"), (open_.status, open_.header("Cache-Control")))
        self.assertEqual(503, closed.status)
        self.assertIsNotNone(closed.header("Retry-After"))
        actor = funkwhale_actor(ada)
        actor["publicKey"]["publicKeyPem"] = KEYS.public
        [line] = held
        line.write(ok(orjson.dumps(actor), ACTIVITY))
        while not await self.value("SELECT EXISTS (SELECT FROM actor WHERE fid = %s)", ada):
            await settled()
        self.assertEqual(403, (await self.signed(page, who=ada)).status)
