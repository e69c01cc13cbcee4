"""What several hosts told has its effect at once, in the order of each, once, and whatever one of them does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.fediverse.receiving.joining import LEAST_OF_EACH, MOST_TOGETHER, Joined, rounds
from fwtwisted.core.fediverse.receiving.ledger import ALONE
from fwtwisted.core.fediverse.receiving.told import ANY, Deeds, Told, singly
from fwtwisted.db.jobs import Handled, Job
from fwtwisted.db.pool import Tx
from fwtwisted.model.errors import Invalid, Unavailable
from fwtwisted.model.people import Actor
from fwtwisted.wire.activitypub.acts import act_of
from fwtwisted.wire.activitypub.reading.doc import Doc
from fwtwisted.wire.activitypub.strict import LARGE
from fwtwisted.worker import Hands, WorkerSettings
from tests.core.fediverse.receiving.case import AT_HOME, ReceivingCase
from tests.waiting import Stopwatch, until

SLOW_HANDS = WorkerSettings().widths[ALONE]
HOSTS = ("a.example", "b.example", "c.example")


def a_job(host: str) -> Job:
    """The job of a host; its id is the host's place."""
    return Job(HOSTS.index(host), "received.drain", host, {"host": host}, 1, 0, 1, datetime.now(UTC))


async def _first(tx: Tx, some: Sequence[Told]) -> None:
    """Stands for a deed."""


async def _second(tx: Tx, some: Sequence[Told]) -> None:
    """Stands for another."""


class RoundTests(SynchronousTestCase):
    """What is done at once."""

    def told(self, actor: int, about: str) -> Told:
        """Somebody does something with something."""
        moment, home = datetime.now(UTC), "https://far.example"
        act = act_of(Doc({"type": "Like", "actor": f"{home}/{actor}", "object": f"{home}/{about}"}), "pod.example")
        who = Actor(
            actor, uuid4(), f"{home}/{actor}", "far.example", str(actor), "Person", None, None, None, None,
            False, None, moment, moment, False,
        )  # fmt: skip
        return Told(act, who, moment)

    def lines(self, *lines: str) -> list[list[Joined]]:
        """``1a`` stands for the first deed of actor 1 about a, ``1A`` for the second, ``1-`` for one without effect."""
        joints = {True: _second, False: _first}
        return [
            [
                Joined(0, self.told(int(w[0]), w[1].lower()), None if w[1] == "-" else joints[w[1].isupper()])
                for w in line.split()
            ]
            for line in lines
        ]

    def done(self, *lines: str) -> list[str]:
        """The rounds, written like that."""

        def word(told: Told, *, is_second: bool) -> str:
            about = str(told.act.about).rpartition("/")[2]
            return f"{told.actor.id}{about.upper() if is_second else about}"

        return [
            " ".join(word(told, is_second=joint is _second) for told in some)
            for joint, some in rounds(self.lines(*lines))
        ]

    def test_heads(self) -> None:
        """Runs of one kind from the head of each line, the most wanted kind first."""
        self.assertEqual(["1a 1b 2a", "1C 3A", "3b"], self.done("1a 1b 1C", "2a", "3A 3b"))

    def test_order_of_a_line(self) -> None:
        """Nothing of a line is done before what came before it."""
        self.assertEqual(["1a", "1A", "1b"], self.done("1a 1A 1b"))

    def test_one_thing_twice(self) -> None:
        """What one actor does with one thing twice is two rounds; others, and other things, are not kept waiting."""
        self.assertEqual(["1a 1b 2a", "1a 1c"], self.done("1a 1b 1a 1c", "2a"))

    def test_without_effect(self) -> None:
        """What has no effect is nowhere, and parts nothing."""
        self.assertEqual(["1a 1b"], self.done("1a 1- 1b", "2-", ""))


class JoiningTests(ReceivingCase):
    """Several hosts at once."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.calls: list[list[str]] = []
        self.troubles: dict[str, Exception] = {}
        self.actors = {host: await self.an_actor("bob", host) for host in HOSTS}
        deeds = Deeds(
            quick={("Quick", ANY): self._quick, ("Heavy", ANY): self._quick},
            slow={("Slow", ANY): self._slow},
            joint={("Quick", ANY): self._joint},
        )
        self.queue = self.a_queue(deeds)

    async def _joint(self, tx: Tx, some: Sequence[Told]) -> None:
        self.calls.append([_name(told) for told in some])
        for told in some:
            await self._effect(tx, told)

    async def _quick(self, tx: Tx, told: Told) -> None:
        self.calls.append([_name(told)])
        await self._effect(tx, told)

    async def _slow(self, told: Told) -> None:
        self.calls.append([_name(told)])

    async def _effect(self, tx: Tx, told: Told) -> None:
        await tx.do("INSERT INTO domain (name) VALUES (%s)", _name(told))  # twice would fail
        if _name(told) in self.troubles:
            raise self.troubles[_name(told)]

    async def say(self, host: str, *names: str, type: str = "Quick", **more: Any) -> None:
        """Somebody of the host does things of these names."""
        base = f"https://{host}/federation"
        told = [{"id": f"{base}/{name}", "type": type, "object": f"{base}/o/{name}", **more} for name in names]
        await self.tells(self.actors[host], *told, drain=False, host=host)

    async def join(self, *hosts: str) -> Handled:
        """Take on their jobs at once."""
        return await self.queue.joining.join([a_job(host) for host in hosts or HOSTS])

    async def effects(self) -> list[str]:
        """What is in the database by it."""
        return await self.run_in(Tx.many, str, "SELECT name FROM domain WHERE length(name) = 2 ORDER BY name")

    async def test_at_once(self) -> None:
        """What several hosts told is done by one call and struck off; what is not named is left to nobody."""
        await self.say("a.example", "a1", "a2")
        await self.say("b.example", "b1")
        self.assertEqual({0, 1, 2}, set((await self.join()).done))
        self.assertEqual([["a1", "a2", "b1"]], self.calls)
        self.assertEqual(["done"] * 3, await self.states())

    async def test_left_alone(self) -> None:
        """Hosts with something slow, heavy, long, or that was tried before, are left to be looked after alone."""
        await self.say("a.example", "a1")
        await self.say("b.example", "b1")
        for type, more in (("Slow", {}), ("Heavy", {}), ("Quick", {"content": "x" * LARGE})):
            await self.say("c.example", f"c{type}{len(more)}", type=type, **more)
            self.assertEqual({0, 1}, set((await self.join()).done), type)
            await self.do("UPDATE received SET state = 'done' WHERE host = 'c.example'")
        await self.say("c.example", "c1")
        await self.do("UPDATE received SET attempts = 1, error = 'x' WHERE fid LIKE '%%/c1'")
        self.assertEqual({0, 1}, set((await self.join()).done))
        self.assertEqual([["a1", "b1"]], self.calls)

    async def test_more_than_a_share(self) -> None:
        """Who has more than a share of one look goes on after others had theirs."""
        share = max(LEAST_OF_EACH, MOST_TOGETHER // len(HOSTS))
        await self.say("a.example", *(f"a{number}" for number in range(share + 1)))
        await self.say("b.example", "b1")
        first = await self.join()
        self.assertEqual(({1, 2}, {0}), (set(first.done), set(first.more)))
        self.assertEqual({0, 1, 2}, set((await self.join()).done))
        self.assertEqual(
            [f"a{number}" for number in range(share + 1)], [n for c in self.calls for n in c if n[0] == "a"]
        )

    async def test_one_fails(self) -> None:
        """When one fails, nothing of it is there, and each host by itself leaves out no other."""
        self.troubles["b1"] = Invalid.on("a", "b")
        await self.say("a.example", "a1")
        await self.say("b.example", "b1", "b2")
        self.assertEqual(Handled(), await self.join())
        self.assertEqual([], await self.effects())
        await self.drained(*HOSTS)
        self.assertEqual((["a1", "b2"], ["done", "failed", "done"]), (await self.effects(), await self.states()))

    async def test_two_at_once(self) -> None:
        """Who comes late, after a claim that lapsed perhaps, does nothing a second time; nor does who looks alone."""
        for host in HOSTS:
            await self.say(host, f"{host[0]}1", f"{host[0]}2")
        looks: list[Deferred[Any]] = [Deferred.fromCoroutine(self.join()) for _ in range(2)]
        looks += [Deferred.fromCoroutine(self.queue.drain(a_job(host))) for host in HOSTS]
        await gatherResults(looks)
        self.assertEqual([f"{host[0]}{n}" for host in HOSTS for n in (1, 2)], await self.effects())
        self.assertEqual(["done"] * 6, await self.states())

    async def test_held_up(self) -> None:
        """Where somebody holds what one host's deed needs, the others wait no longer than a moment."""
        await self.say("a.example", "a1")
        await self.say("b.example", "b1")
        async with self.locked("INSERT INTO domain (name) VALUES ('a1')"):
            watch = Stopwatch()
            with self.assertRaises(Unavailable):
                await self.join()
            await self.queue.drain(a_job("b.example"))
            self.assertLess(watch.seconds, 10)
            self.assertEqual(["b1"], await self.effects())

    async def test_database_dies_in_the_midst(self) -> None:
        """When the connection dies in the midst, nothing is struck off, and it is done once by who comes next."""
        await self.say("a.example", "a1")
        await self.say("b.example", "b1")
        dying = [True]

        async def dies(tx: Tx, some: Sequence[Told]) -> None:
            await self._joint(tx, some)
            if dying.pop():
                pid = await tx.one(int, "SELECT pg_backend_pid()")
                await self.aside.transaction(lambda other: other.do("SELECT pg_terminate_backend(%s)", pid))
                dying.append(False)
                await tx.do("SELECT 1")

        self.queue = self.a_queue(Deeds({("Quick", ANY): self._quick}, joint={("Quick", ANY): dies}))
        with self.assertRaises(Unavailable):
            await self.join()
        self.assertEqual(["waiting", "waiting"], await self.states())
        await self.drained(*HOSTS)
        self.assertEqual((["a1", "b1"], ["done", "done"]), (await self.effects(), await self.states()))

    async def test_nothing_waits(self) -> None:
        """Hosts of which nothing waits are done."""
        self.assertEqual({0, 1, 2}, set((await self.join()).done))


class HandsTests(ReceivingCase):
    """Hosts that are slow, and the others."""

    async def test_slow_hosts_hold_back_nobody(self) -> None:
        """However many hosts are slow, what others tell has its effect meanwhile; and theirs in the end."""
        go: Deferred[None] = Deferred()
        begun: list[str] = []
        done: list[str] = []

        async def slow(told: Told) -> None:
            begun.append(_name(told))
            await go

        async def quick(tx: Tx, some: Sequence[Told]) -> None:
            done.extend(_name(told) for told in some)

        deeds = Deeds({("Quick", ANY): singly(quick)}, {("Slow", ANY): slow}, {("Quick", ANY): quick})
        self.queue = self.a_queue(deeds)
        for number in range(2 * SLOW_HANDS):
            host = f"s{number}.example"
            deed = {"id": f"https://{host}/{number}", "type": "Slow", "object": f"https://{host}/o"}
            await self.tells(await self.an_actor("bob", host), deed, drain=False, host=host)
        settings = WorkerSettings(look_seconds=0.05)
        hands = Hands(reactor, self.database, self.queue.jobs(), self.bell.listen, settings)
        hands.startService()
        try:
            await until(lambda: len(begun) == SLOW_HANDS)
            for name in ("q1", "q2"):
                deed = {"id": f"https://a.example/{name}", "type": "Quick", "object": "https://a.example/o"}
                await self.tells(await self.actor_of("a.example"), deed, drain=False, host="a.example")
            await until(lambda: done == ["q1", "q2"])
            self.assertEqual(SLOW_HANDS, len(begun))
            go.callback(None)
            await until(lambda: len(begun) == 2 * SLOW_HANDS)
        finally:
            await hands.stopService()
        self.assertEqual({"done"}, set(await self.states()))

    async def actor_of(self, host: str) -> int:
        """Its one actor."""
        found = await self.run_in(Tx.many, int, "SELECT id FROM actor WHERE domain = %s", host)
        return found[0] if found else await self.an_actor("bob", host)


class TogetherTests(ReceivingCase):
    """What people of several servers do at once is as if each had come alone."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.actors = {host: await self.an_actor(host[0], host) for host in HOSTS}

    async def do_deeds(self, **deeds: Sequence[dict[str, Any]]) -> None:
        """Each does these, by the first letter of their hosts; then all is handled at once."""
        for host in HOSTS:
            told = [{"id": f"https://{host}/{number}", **deed} for number, deed in enumerate(deeds.get(host[0], ()))]
            await self.tells(self.actors[host], *told, drain=False, host=host)
        handled = await self.queue.joining.join([a_job(host) for host in HOSTS])
        self.assertEqual({0, 1, 2}, set(handled.done))

    async def standing(self) -> dict[str, Any]:
        """What became of the wishes of each."""
        rows = await self.run_in(
            Tx.many, lambda name, approved: (name, approved),
            "SELECT preferred_username, approved FROM follow JOIN actor ON actor.id = actor_id ORDER BY follow.id",
        )  # fmt: skip
        return dict(rows)

    async def test_follows(self) -> None:
        """Follows that come at once: each is let in, waits, is turned away or comes to nothing, as its library says."""
        await self.library_at(self.alice.the_actor, "open")
        await self.library_at(self.alice.the_actor, "mine", "me")
        shelf = f"{AT_HOME}/music/libraries"
        await self.do(
            "INSERT INTO user_block (account_id, target_id) SELECT id, %s FROM account WHERE actor_id = %s",
            self.actors["c.example"], self.alice.the_actor,
        )  # fmt: skip
        wishes = {name: {"type": "Follow", "object": f"{shelf}/{name}"} for name in ("open", "mine", "none")}
        await self.do_deeds(a=[wishes["open"], wishes["none"]], b=[wishes["mine"]], c=[wishes["open"]])
        self.assertEqual({"a": True, "b": None, "c": False}, await self.standing())
        self.assertEqual([("accepted", "https://a.example/0"), ("rejected", "https://c.example/0")], self.said.log)
        told = await self.run_in(
            Tx.many, str,
            "SELECT activity.fid FROM inbox_item JOIN activity ON activity.id = activity_id ORDER BY activity.fid",
        )  # fmt: skip
        self.assertEqual(["https://a.example/0", "https://b.example/0"], told)
        self.assertEqual(
            f"{shelf}/mine", await self.value("SELECT payload ->> 'object' FROM activity WHERE fid LIKE '%%b.%%'")
        )

    async def test_follow_and_back(self) -> None:
        """Who follows, takes it back and follows again within one look, follows; who stops at the second, does not."""
        await self.library_at(self.alice.the_actor, "open")
        wish = {"type": "Follow", "object": f"{AT_HOME}/music/libraries/open"}
        back = {"type": "Undo", "object": wish}
        await self.do_deeds(a=[wish, back, wish], b=[wish, back], c=[wish, wish])
        self.assertEqual({"a": True, "c": True}, await self.standing())
        self.assertEqual(
            ["https://a.example/0", "https://a.example/2"], sorted(f for _, f in self.said.log if "//a" in f)
        )
        self.assertEqual("https://c.example/1", await self.value("SELECT fid FROM follow WHERE fid LIKE '%%c.%%'"))

    async def test_id_of_another(self) -> None:
        """By the id of a follow that is another's nobody follows, and those beside them do."""
        await self.library_at(self.alice.the_actor, "open")
        wish = {"type": "Follow", "object": f"{AT_HOME}/music/libraries/open"}
        await self.do_deeds(a=[wish])
        await self.do_deeds(b=[{**wish, "id": "https://b.example/9"}], c=[wish])
        await self.do("UPDATE follow SET fid = 'https://b.example/8' WHERE fid = 'https://a.example/0'")
        await self.do("DELETE FROM follow WHERE fid = 'https://b.example/9'")
        await self.do_deeds(b=[{**wish, "id": "https://b.example/8"}])
        self.assertEqual({"a": True, "c": True}, await self.standing())

    async def test_likes(self) -> None:
        """Likes that come at once: of whom somebody here follows they are favourites, of strangers they are counted."""
        track = await self.a_track("Tides", await self.an_artist("Nova"), fid=f"{AT_HOME}/music/tracks/1")
        await self.a_follow(self.alice.the_actor, actor=self.actors["a.example"])
        like = {"type": "Like", "object": f"{AT_HOME}/music/tracks/1"}
        odd = {"type": "Like", "object": "https://a.example/unheard-of"}
        boost = {**like, "type": "Announce"}
        await self.do_deeds(a=[like, odd, like], b=[boost, like], c=[like, {"type": "Undo", "object": like}])
        self.assertEqual(
            [(self.actors["a.example"], track)],
            await self.run_in(Tx.many, lambda *pair: pair, "SELECT actor_id, track_id FROM favorite"),
        )
        kept = await self.run_in(Tx.many, lambda *row: row, "SELECT fid, kind FROM remote_deed ORDER BY fid")
        self.assertEqual(
            [
                ("https://a.example/2", "favorite"),
                ("https://b.example/0", "boost"),
                ("https://b.example/1", "favorite"),
            ],
            kept,
        )


def _name(told: Told) -> str:
    return str(told.act.fid).rpartition("/")[2]
