"""What moderators decided, asked before every request: docs/federation.md §6."""

from __future__ import annotations

from time import process_time
from typing import Any

from twisted.internet.task import Clock

from fwtwisted.core.fediverse.moderation.policies import BELL, Policies, PoliciesSettings
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import ShutOut, Unauthenticated
from fwtwisted.model.policies import Reading, covering
from fwtwisted.outside.fetching import Refused
from fwtwisted.outside.shared import MemoryBell
from fwtwisted.wire.activitypub.acts import MOST_NAMED
from fwtwisted.wire.targets import authority, target
from tests.database import HOME, DatabaseCase

BAD, ACTOR = "bad.example", "https://bad.example/users/eve"
OURS = f"https://{HOME}/federation/actors/alice"


class PoliciesCase(DatabaseCase):
    """Policies over a pod with one moderator."""

    authorized_fetch = False

    def setUp(self) -> None:
        super().setUp()
        self.listed = False
        self.clock = Clock()
        self.bell = MemoryBell(self.clock)
        self.policies = Policies(
            self.aside, self.bell, self.clock, self._preference, HOME, PoliciesSettings(self.authorized_fetch)
        )
        self.addCleanup(self.policies.close)

    async def _preference(self, name: str) -> Any:
        self.assertEqual("moderation__allow_list_enabled", name)
        return self.listed

    async def decide(
        self, *switches: str, domain: str | None = None, actor: int | None = None, active: bool = True
    ) -> None:
        """A policy, as the house writes one."""
        if domain is not None:
            await self.do("INSERT INTO domain (name) VALUES (%s) ON CONFLICT DO NOTHING", domain)
        chief = await self.value(
            "SELECT coalesce((SELECT id FROM actor WHERE preferred_username = 'chief'), 0)"
        ) or await self.an_actor("chief")

        async def work(tx: Tx) -> None:
            columns = "".join(f", {switch}" for switch in switches)
            await tx.do(
                f"INSERT INTO instance_policy (actor_id, target_domain, target_actor_id, is_active{columns})"
                f" VALUES (%s, %s, %s, %s{', true' * len(switches)})",
                chief, domain, actor, active,
            )  # fmt: skip
            self.policies.changed(tx)

        await self.database.transaction(work)

    def ring(self) -> None:
        """Another process changed something."""
        self.bell.ring(BELL)
        self.clock.advance(0)

    async def is_shut_out(self, url: str) -> bool:
        try:
            await self.policies.permit_url(url)
        except ShutOut:
            return True
        return False


class NamesTests(DatabaseCase):
    """Which server a URL names, and which policies hold for it."""

    def test_authority(self) -> None:
        """Lower case, the port where it is not the scheme's own; nothing of what names no server."""
        for url, name in (
            ("https://Bad.Example/x#y", "bad.example"), ("https://bad.example:443/", "bad.example"),
            ("https://bad.example:8443/", "bad.example:8443"), ("http://bad.example:80", "bad.example"),
            ("https://bücher.example/", "xn--bcher-kva.example"), ("http://127.0.0.1:8001/a", "127.0.0.1:8001"),
            ("https://bad.example./", "bad.example"), ("https://[::1]:8001/", "[::1]:8001"),
            ("ftp://bad.example/", None), ("bad.example", None), ("https://", None), ("https://a b/", None),
            ("https://x:99999/", None), ("", None),
        ):  # fmt: skip
            self.assertEqual(name, authority(url), url)

    async def test_covering(self) -> None:
        """What a server lies below; the database says the same."""
        for host, names in (
            ("bad.example", {"bad.example", "example"}),
            ("a.bad.example:8443", {"a.bad.example:8443", "a.bad.example", "bad.example", "example"}),
            ("localhost", {"localhost"}),
        ):
            self.assertEqual(names, set(covering(host)))
            self.assertEqual(names, set(await self.value("SELECT servers_above(%s)", host)))


class BlockingTests(PoliciesCase):
    """``block_all``, for servers and for actors."""

    async def test_a_server(self) -> None:
        """It, what lies below it, all its ports; not its neighbours, not what merely ends alike."""
        self.assertFalse(await self.is_shut_out(ACTOR))
        await self.decide("block_all", domain=BAD)
        for url in (ACTOR, "https://sub.bad.example/x", "https://BAD.example:8443/", "https://bad.example./x"):
            self.assertTrue(await self.is_shut_out(url), url)
        for url in ("https://notbad.example/", "https://example/", "https://bad.example.org/", OURS):
            self.assertFalse(await self.is_shut_out(url), url)
        for url in ("nonsense", "ftp://good.example/"):
            self.assertTrue(await self.is_shut_out(url), "what names no server is not asked")

    async def test_a_port(self) -> None:
        """A server named with its port is that one alone."""
        await self.decide("block_all", domain="127.0.0.1:8001")
        self.assertTrue(await self.is_shut_out("http://127.0.0.1:8001/x"))
        self.assertFalse(await self.is_shut_out("http://127.0.0.1:8002/x"))

    async def test_an_actor(self) -> None:
        """They and their keys, nobody else there; who is said to live elsewhere is the same actor."""
        await self.decide("block_all", actor=await self.an_actor("eve", BAD))
        eve = f"https://{BAD}/federation/actors/eve"
        self.assertTrue(await self.is_shut_out(eve))
        self.assertTrue(await self.is_shut_out(f"{eve}#main-key"))
        self.assertFalse(await self.is_shut_out(f"https://{BAD}/federation/actors/mallory"))
        with self.assertRaises(ShutOut):
            await self.policies.permit_actor(eve, "elsewhere.example")
        await self.policies.permit_actor(f"{eve}2", BAD)

    async def test_what_is_not_in_force(self) -> None:
        """An inactive policy is not there; one that is taken back holds no longer."""
        await self.decide("block_all", domain=BAD, active=False)
        self.assertFalse(await self.is_shut_out(ACTOR))
        await self.do("UPDATE instance_policy SET is_active = true")
        self.ring()
        self.assertTrue(await self.is_shut_out(ACTOR), "another process rang")
        await self.do("DELETE FROM instance_policy")
        self.ring()
        self.assertFalse(await self.is_shut_out(ACTOR))

    async def test_our_own_server(self) -> None:
        """Nothing shuts ourselves out."""
        await self.decide("block_all", domain="example")
        self.listed = True
        self.assertFalse(await self.is_shut_out(OURS))
        self.assertTrue(await self.is_shut_out("https://other.example/"))

    async def test_hops(self) -> None:
        """Each hop of a fetch is asked about; media are asked about more strictly."""
        await self.decide("block_all", domain=BAD)
        await self.decide("reject_media", domain="loud.example")
        with self.assertRaises(Refused):
            await self.policies.permit_hop(target("https://bad.example/feed"))
        await self.policies.permit_hop(target("https://loud.example/feed"))
        for url in ("https://bad.example/a.ogg", "https://cdn.loud.example/a.ogg"):
            with self.assertRaises(Refused):
                await self.policies.permit_media_hop(target(url))
        await self.policies.permit_media_hop(target("https://fine.example/a.ogg"))

    async def test_deliveries(self) -> None:
        """Neither to servers that are shut out nor to such actors."""
        await self.decide("block_all", domain=BAD)
        await self.decide("block_all", actor=await self.an_actor("eve", "fine.example"))
        self.assertEqual({"fine.example"}, await self.policies.reachable_hosts([BAD, "a.bad.example", "fine.example"]))
        fids = [f"https://fine.example/federation/actors/{name}" for name in ("eve", "adam")]
        self.assertEqual({fids[1]}, await self.policies.reachable_actors([*fids, ACTOR]))

    async def test_media(self) -> None:
        """Who is blocked sends none, either."""
        await self.decide("block_all", domain=BAD)
        await self.decide("reject_media", domain="loud.example")
        for host, refused in ((BAD, True), ("loud.example", True), ("Sub.Loud.example", True), ("fine.example", False)):
            self.assertEqual(refused, await self.policies.rejects_media(host))


class ActivityTests(PoliciesCase):
    """What is taken of what comes in."""

    def activity(self, **changes: Any) -> dict[str, Any]:
        return {
            "id": "https://fine.example/a/1", "type": "Create", "actor": "https://fine.example/users/ann",
            "object": {"type": "Note", "id": "https://fine.example/n/1"},
        } | changes  # fmt: skip

    async def test_who_is_blocked(self) -> None:
        """By the activity's id, its actor, or what it is about, however these are written."""
        await self.decide("block_all", domain=BAD)
        self.assertTrue(await self.policies.permit_activity(self.activity()))
        foreign = f"https://{BAD}/x"
        for changes in (
            {"id": foreign}, {"actor": foreign}, {"actor": {"id": foreign}}, {"actor": [foreign]},
            {"object": foreign}, {"object": {"id": foreign}}, {"object": [self.activity()["object"], foreign]},
            {"object": {"type": "Audio", "id": ["https://fine.example/u/1", foreign]}},
            {"actor": None}, {"actor": "nonsense"}, {"actor": 7}, {"actor": [ACTOR, ACTOR]},
        ):  # fmt: skip
            self.assertFalse(await self.policies.permit_activity(self.activity(**changes)), changes)

    async def test_what_has_no_id(self) -> None:
        """Funkwhale's activities without one are taken."""
        await self.decide("block_all", domain=BAD)
        for changes in ({"id": None}, {"object": None}, {"object": "urn:x"}, {"object": 7}):
            self.assertTrue(await self.policies.permit_activity(self.activity(**changes)), changes)

    async def test_media(self) -> None:
        """Of who sends none: nothing with music in it, but for its removal; the rest as ever."""
        await self.decide("reject_media", domain="fine.example")
        audio = {"type": "Audio", "id": "https://fine.example/u/1"}
        for type in (
            "Audio",
            "fw:Track",
            "https://funkwhale.audio/ns#Album",
            ["Object", "Artist"],
            "Library",
            "Image",
            "Playlist",
        ):
            self.assertFalse(await self.policies.permit_activity(self.activity(object={**audio, "type": type})), type)
        self.assertFalse(await self.policies.permit_activity(self.activity(object=[{"type": "Note"}, audio])))
        self.assertTrue(await self.policies.permit_activity(self.activity(type="Delete", object=audio)))
        self.assertTrue(await self.policies.permit_activity(self.activity()))
        self.assertTrue(await self.policies.permit_activity(self.activity(type="Follow", object=OURS)))

    async def test_media_in_disguise(self) -> None:
        """However JSON-LD spells it, whatever else it calls itself, and in a bundle as well."""
        await self.decide("reject_media", domain="fine.example")
        audio = {"type": "Audio", "id": "https://fine.example/u/1"}
        bare = {name: value for name, value in self.activity().items() if name != "object"}
        for disguised in (
            self.activity(object={"@type": "Audio", "@id": "https://fine.example/u/1"}),
            self.activity(object={"as:type": "Audio"}),
            self.activity(object={"https://www.w3.org/ns/activitystreams#type": ["Audio"]}),
            self.activity(type=["Create", "Delete"], object=audio),
            self.activity(type="Update", object={"type": "AudioCollection", "items": [audio]}),
            {**bare, "as:object": audio},
            {**bare, "https://www.w3.org/ns/activitystreams#object": {"@list": [audio]}},
        ):
            self.assertFalse(await self.policies.permit_activity(disguised), disguised)

    async def test_very_many(self) -> None:
        """As many as anybody acts upon are looked at, and no more: a list beyond all measure costs next to nothing."""
        await self.decide("block_all", domain=BAD)
        names = [f"https://ü{number}.example/" for number in range(9_000)]
        begun = process_time()
        self.assertTrue(await self.policies.permit_activity(self.activity(type="Delete", object=names)))
        self.assertLess(process_time() - begun, 0.5)
        for place in (0, MOST_NAMED - 1):
            bad = [*names[:place], f"https://{BAD}/x", *names[place:]]
            self.assertFalse(await self.policies.permit_activity(self.activity(type="Delete", object=bad)), place)

    async def test_blocked_in_disguise(self) -> None:
        """Nor is who is blocked reached by another spelling."""
        await self.decide("block_all", domain=BAD)
        foreign = f"https://{BAD}/x"
        bare = {name: value for name, value in self.activity().items() if name not in ("object", "id")}
        for more in ({"as:object": foreign}, {"@id": foreign}, {"as:object": {"@id": [foreign]}}):
            self.assertFalse(await self.policies.permit_activity({**bare, **more}), more)

    async def test_silence(self) -> None:
        """Told apart: what they do, and what one is told of it."""
        eve = await self.an_actor("eve", BAD)
        fid = f"https://{BAD}/federation/actors/eve"
        await self.decide("silence_activity", actor=eve)
        await self.decide("silence_notifications", domain=BAD)
        self.assertTrue(await self.policies.silences_activity(fid, BAD))
        self.assertFalse(await self.policies.silences_activity(ACTOR, BAD))
        self.assertTrue(await self.policies.silences_notifications(ACTOR, f"sub.{BAD}"))
        self.assertTrue(await self.policies.permit_activity(self.activity(actor=fid)))


class AllowListTests(PoliciesCase):
    """``moderation__allow_list_enabled``."""

    async def test_only_who_is_on_it(self) -> None:
        """Exactly those servers, and ourselves; of an activity all that it names."""
        await self.do("INSERT INTO domain (name, allowed) VALUES ('fine.example', true), ('odd.example', false)")
        fine = "https://fine.example/users/ann"
        self.assertFalse(await self.is_shut_out(ACTOR))
        self.listed = True
        for url, out in ((fine, False), (OURS, False), (ACTOR, True), ("https://sub.fine.example/", True),
                         ("https://odd.example/", True), ("https://fine.example:8443/", True)):  # fmt: skip
            self.assertEqual(out, await self.is_shut_out(url), url)
        activity = {"id": "https://fine.example/a", "type": "Like", "actor": fine, "object": OURS}
        self.assertTrue(await self.policies.permit_activity(activity))
        self.assertFalse(await self.policies.permit_activity({**activity, "object": ACTOR}))
        self.assertFalse(await self.policies.permit_activity({**activity, "id": f"{ACTOR}/a"}))
        self.assertEqual({"fine.example"}, await self.policies.reachable_hosts([BAD, "fine.example"]))

    async def test_readers(self) -> None:
        """Who does not say who they are reads actors and what is open, nothing else; who is not on it, nothing."""
        await self.do("INSERT INTO domain (name, allowed) VALUES ('fine.example', true)")
        self.listed = True
        await self.policies.permit_reader(None, Reading.OPEN)
        await self.policies.permit_reader(None, Reading.ACTOR)
        await self.policies.permit_reader("https://fine.example/users/ann", Reading.OTHER)
        for signer, reading in ((None, Reading.OTHER), (ACTOR, Reading.OTHER), (ACTOR, Reading.ACTOR)):
            with self.assertRaises(ShutOut):
                await self.policies.permit_reader(signer, reading)


class ReaderTests(PoliciesCase):
    """Without allow list."""

    async def test_anybody_but_who_is_blocked(self) -> None:
        """A reader who proved to be somebody blocked gets nothing."""
        await self.decide("block_all", domain=BAD)
        for reading in Reading:
            await self.policies.permit_reader(None, reading)
            await self.policies.permit_reader("https://fine.example/users/ann", reading)
        for reading in (Reading.ACTOR, Reading.OTHER):
            with self.assertRaises(ShutOut):
                await self.policies.permit_reader(ACTOR, reading)


class AuthorizedFetchTests(PoliciesCase):
    """``FEDERATION_AUTHORIZED_FETCH``."""

    authorized_fetch = True

    async def test_nobody_without_a_name(self) -> None:
        """401 for what is no actor and not open."""
        await self.policies.permit_reader(None, Reading.OPEN)
        await self.policies.permit_reader(None, Reading.ACTOR)
        await self.policies.permit_reader(ACTOR, Reading.OTHER)
        with self.assertRaises(Unauthenticated):
            await self.policies.permit_reader(None, Reading.OTHER)
