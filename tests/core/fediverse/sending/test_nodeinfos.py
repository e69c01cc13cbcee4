"""What servers say of themselves, whether they are there, and what follows from it (docs/federation.md §2.4, §3.9)."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.fediverse.nodeinfos import NodeinfoGround, Nodeinfos, NodeinfoSettings
from fwtwisted.db import jobs
from fwtwisted.db.jobs import Job
from fwtwisted.db.people import people
from fwtwisted.model.federation import Answer, AskFailed, PeerClass
from fwtwisted.model.people import Actor
from fwtwisted.wire.nodeinfo import best_link, told
from tests.core.fediverse.sending.case import SendingCase

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.0"
JOB = Job(1, "", None, {}, 1, 0, 1, None)  # type: ignore[arg-type]


class NodeinfoCase(SendingCase):
    """``self.said``: what lies at which URL."""

    async def begin(self) -> None:
        """Build everything."""
        await super().begin()
        self.said: dict[str, Any] = {}
        self.asked: list[str] = []
        self.trouble = AskFailed("connection", "nobody there")
        self.speakers: dict[str, Actor] = {}

        async def ask(url: str, accept: str, largest: int = 0) -> Answer:
            self.asked.append(url)
            if url not in self.said:
                raise self.trouble
            return Answer(url, self.said[url])

        async def speaker(fid: str) -> Actor:
            if fid not in self.speakers:
                raise AskFailed("http", status_code=404)
            return self.speakers[fid]

        async def welcome(hosts: Any) -> set[str]:
            return set(hosts) - self.shut_out

        self.nodeinfos = Nodeinfos(
            NodeinfoGround(
                self.database, self.peers, ask, speaker, welcome, self.bell.ring, self.pod, NodeinfoSettings()
            )
        )

    async def a_server(self, name: str, software: str = "funkwhale", version: str = "1.4.0") -> None:
        """A server that says what it is."""
        await self.do("INSERT INTO domain (name) VALUES (%s)", name)
        self.said[f"https://{name}/.well-known/nodeinfo"] = {"links": [{"rel": SCHEMA, "href": f"https://{name}/n"}]}
        self.said[f"https://{name}/n"] = {
            "software": {"name": software, "version": version},
            "metadata": {"actorId": f"https://{name}/actors/service"},
        }

    async def due(self) -> list[str]:
        """Which servers are to be asked."""
        return [str(job.args["host"]) for job in await self.run_in(jobs.claim, "fetch", ["federation.nodeinfo"], 99, 9)]

    async def column(self, name: str, host: str) -> Any:
        """What is known of a server."""
        return await self.value(f"SELECT {name} FROM domain WHERE name = %s", host)


class NodeinfoTests(NodeinfoCase):
    """Reading."""

    async def test_what_is_learnt(self) -> None:
        """Software, version, kind of peer, and who speaks for the server."""
        await self.begin()
        await self.a_server("far.example")
        id = await self.an_actor("service", "far.example")
        service = await self.run_in(_actor, id)
        self.speakers["https://far.example/actors/service"] = service
        self.assertEqual(await self.peers.class_of("far.example"), PeerClass.OTHER)
        self.assertTrue(await self.nodeinfos.read("far.example"))
        self.assertEqual(await self.peers.class_of("far.example"), PeerClass.G1)
        self.assertEqual(await self.column("service_actor_id", "far.example"), id)
        self.assertEqual(await self.column("software_version", "far.example"), "1.4.0")

    async def test_speakers_from_elsewhere(self) -> None:
        """An actor on another host speaks for nobody."""
        await self.begin()
        await self.a_server("far.example")
        self.said["https://far.example/n"]["metadata"]["actorId"] = "https://evil.example/actors/service"
        id = await self.an_actor("service", "evil.example")
        self.speakers["https://evil.example/actors/service"] = await self.run_in(_actor, id)
        await self.nodeinfos.read("far.example")
        self.assertIsNone(await self.column("service_actor_id", "far.example"))

    async def test_links_elsewhere(self) -> None:
        """A server cannot send us to another one for its nodeinfo."""
        await self.begin()
        await self.a_server("far.example")
        self.said["https://far.example/.well-known/nodeinfo"]["links"][0]["href"] = "https://near.example/n"
        self.assertFalse(await self.nodeinfos.read("far.example"))
        self.assertEqual(len(self.asked), 1)

    async def test_kinds(self) -> None:
        """Old and new Funkwhale, those who get notes, those who get no summaries, and everybody else."""
        await self.begin()
        kinds = {
            ("Funkwhale", "1.2.9"): PeerClass.G1,
            ("funkwhale", "2.0.0-rc1"): PeerClass.G2,
            ("GoToSocial", "0.17"): PeerClass.NOTE,
            ("misskey", "2025.11.1"): PeerClass.BARE,
            ("Iceshrimp.NET", "2026.1"): PeerClass.BARE,
            ("mastodon", "4.5"): PeerClass.OTHER,
        }
        for number, ((software, version), kind) in enumerate(kinds.items()):
            host = f"p{number}.example"
            await self.a_server(host, software, version)
            await self.nodeinfos.read(host)
            self.assertEqual(await self.peers.class_of(host), kind)

    async def test_silence(self) -> None:
        """Who does not answer is unreachable, and asked more rarely each time; an answer mends it all."""
        await self.begin()
        await self.do("INSERT INTO domain (name) VALUES ('gone.example')")
        rests = []
        for _ in range(3):
            self.assertFalse(await self.nodeinfos.read("gone.example"))
            rests.append(await self.column("extract(epoch FROM next_check - now())::float", "gone.example"))
        self.assertFalse(await self.column("reachable", "gone.example"))
        self.assertAlmostEqual(rests[2] / rests[1], 1.15, 1)
        await self.do("DELETE FROM domain WHERE name = 'gone.example'")
        await self.a_server("gone.example")
        await self.do("UPDATE domain SET reachable = false, failures = 9 WHERE name = 'gone.example'")
        before = await self.value("SELECT version FROM area WHERE name = 'libraries'")
        await self.nodeinfos.read("gone.example")
        self.assertTrue(await self.column("reachable", "gone.example"))
        self.assertEqual(await self.column("failures", "gone.example"), 0)
        self.assertEqual(await self.value("SELECT version FROM area WHERE name = 'libraries'"), before + 1)

    async def test_others_than_silence(self) -> None:
        """Who answers without a nodeinfo is there; who must not be asked stays as they were; the rest is silence."""
        await self.begin()
        await self.do("INSERT INTO domain (name) VALUES ('bare.example')")
        for trouble, was, there in (
            (AskFailed("http", status_code=404), False, True),
            (AskFailed("invalid_json"), False, True),
            (AskFailed("blocked"), False, False),
            (AskFailed("blocked"), True, True),
            (AskFailed("http", status_code=502), True, False),
            (AskFailed("http", status_code=410), True, False),
            (AskFailed("timeout"), True, False),
        ):
            self.trouble = trouble
            await self.do("UPDATE domain SET reachable = %s WHERE name = 'bare.example'", was)
            self.assertFalse(await self.nodeinfos.read("bare.example"))
            self.assertEqual(there, await self.column("reachable", "bare.example"), trouble.code)

    async def test_shut_out(self) -> None:
        """Who is blocked is not asked."""
        await self.begin()
        await self.a_server("far.example")
        self.shut_out.add("far.example")
        self.assertFalse(await self.nodeinfos.read("far.example"))
        self.assertEqual(self.asked, [])


class ChoreTests(NodeinfoCase):
    """When servers are asked."""

    async def test_met(self) -> None:
        """A server that shows itself is asked, once in a day, however often it does."""
        await self.begin()
        await self.a_server("far.example")
        await self.peers.met("far.example")
        await self.peers.met("far.example")
        self.assertEqual(await self.due(), ["far.example"])
        self.assertEqual(await self.value("SELECT wanted FROM job"), 1)

    async def test_refresh(self) -> None:
        """The chore has those asked whose last word is a day old, and never ourselves."""
        await self.begin()
        for name in ("old.example", "new.example"):
            await self.a_server(name)
        await self.do("UPDATE domain SET nodeinfo_attempt_date = now() WHERE name <> 'old.example'")
        await self.nodeinfos.jobs()["federation.nodeinfos"].run(JOB)
        self.assertEqual(await self.due(), ["old.example"])

    async def test_check(self) -> None:
        """The other chore has all asked whose turn it is."""
        await self.begin()
        for name in ("a.example", "b.example"):
            await self.a_server(name)
        await self.do("UPDATE domain SET next_check = now() + interval '1 hour' WHERE name <> 'b.example'")
        await self.nodeinfos.jobs()["federation.availability"].run(JOB)
        self.assertEqual(await self.due(), ["b.example"])


class TextTests(NodeinfoCase):
    """What servers write."""

    async def test_links(self) -> None:
        """The link of the form that we read best, among any others."""
        links = [{"rel": "x", "href": "https://a/x"}, {"rel": SCHEMA.replace("2.0", "2.1"), "href": "https://a/21"}]
        self.assertEqual(best_link({"links": links}), "https://a/21")
        self.assertEqual(best_link({"links": [*links, {"rel": f"{SCHEMA}/", "href": "https://a/20"}]}), "https://a/20")
        several: list[dict[str, Any]] = [
            {},
            {"links": None},
            {"links": [3, {}]},
            {"links": [{"rel": SCHEMA, "href": 4}]},
        ]
        for bad in several:
            self.assertIsNone(best_link(bad))

    async def test_nonsense(self) -> None:
        """What has another form than it should was not said."""
        several: list[dict[str, Any]] = [{}, {"software": []}, {"software": {"name": 3}, "metadata": "x"}]
        for bad in [*several, {"metadata": {"actorId": []}}]:
            found = told(bad)
            self.assertEqual((found.software, found.version, found.actor_id), (None, None, None))
        self.assertEqual(told({"software": {"name": f"A\0{'b' * 500}"}}).software, "a" + "b" * 99)


async def _actor(tx: Any, id: int) -> Actor:
    return (await people.actors(tx, [id]))[id]
