"""Whatever strangers post: an answer of the contract, and nothing of ours that changes."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator
from typing import Any

from tests import foreign
from tests.signed import a_key, pem
from tests.web.federation.posting import FAR, HOME_URL, PostingCase

EVE = f"https://{FAR}/federation/actors/eve"
ALICE = f"{HOME_URL}/actors/alice"
OURS = f"{HOME_URL}/music"
ROUNDS, DEEP_ROUNDS = 300, 150
SLOWEST = 1.0  # seconds of this machine, for a post and what comes of it
SEED = 20_261
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e300, "", " ", "text", "\u202e", [], {}, [[]], [{}], ["", None], {"id": None}, {"type": []},
    {"@value": 1}, {"@list": [1]}, ALICE, f"{OURS}/libraries/ours", f"{OURS}/uploads/ours", f"{OURS}/tracks/ours",
    "https://third.example/1", EVE, "http://[", "https://far.example:99999/", "x" * 3_000, "Public", "as:Public",
    {"type": "Person", "id": ALICE}, {"type": "Library", "id": f"{OURS}/libraries/ours"}, "Delete", "Update", "Create",
)  # fmt: skip
OURS_NOW = """
    SELECT (SELECT array_agg(ROW(fid, name, type, public_key)::text ORDER BY id) FROM actor
             WHERE private_key IS NOT NULL),
           (SELECT array_agg(ROW(fid, name, privacy_level)::text ORDER BY id) FROM library WHERE fid LIKE %s),
           (SELECT array_agg(ROW(fid, title, position)::text ORDER BY id) FROM track WHERE fid LIKE %s),
           (SELECT array_agg(ROW(fid, library_id, track_id, source)::text ORDER BY id) FROM upload WHERE fid LIKE %s),
           (SELECT array_agg(ROW(fid, name)::text ORDER BY id) FROM artist WHERE fid LIKE %s)
"""

NOT_OURS = ("Block", "Move", "Add", "Remove", "EmojiReact", "Question", "View", "Offer", "Join")
UNEXPECTED = "SELECT error FROM received WHERE error NOT SIMILAR TO '(Invalid|AskFailed|BadRequest|Later)%'"


def activities() -> list[dict[str, Any]]:
    """What servers really send, aimed at us."""
    wish = {"type": "Follow", "id": f"{EVE}#follows/1", "actor": EVE, "object": f"{OURS}/libraries/ours"}
    ours = {"id": f"{OURS}/uploads/ours", "attributedTo": EVE}
    mine = f"https://{FAR}/federation/music"
    return [
        wish,
        {"type": "Undo", "object": wish},
        {"type": "Accept", "id": f"{ALICE}#f/1", "object": {"type": "Follow", "actor": ALICE, "object": EVE}},
        {"type": "Reject", "object": {"type": "Follow", "actor": ALICE, "object": EVE}},
        {"type": "Create", "object": foreign.upload(1, library=f"{OURS}/libraries/ours")},
        {"type": "Create", "object": foreign.episode(1, EVE) | {"id": f"{mine}/uploads/9"}},
        {"type": "Update", "object": foreign.upload(1) | ours},
        {"type": "Update", "object": foreign.library(f"{OURS}/libraries/ours", attributedTo=EVE)},
        {"type": "Update", "object": foreign.track(1) | {"id": f"{OURS}/tracks/ours"}},
        {"type": "Update", "object": foreign.artist(1) | {"id": f"{OURS}/artists/ours"}},
        {"type": "Update", "object": foreign.funkwhale_actor(ALICE)},
        {"type": "Update", "object": {"type": "AudioCollection", "items": [foreign.upload2(1) | ours]}},
        {"type": "Delete", "object": {"type": "Audio", "id": [f"{OURS}/uploads/ours", f"{mine}/uploads/1"]}},
        {"type": "Delete", "object": {"type": "Tombstone", "id": f"{OURS}/libraries/ours"}},
        {"type": "Delete", "object": ALICE},
        {"type": "Flag", "object": [ALICE, f"{OURS}/tracks/ours"], "content": "x", "tag": [{"name": "#other"}]},
        {"type": "Like", "object": {"type": "Track", "id": f"{OURS}/tracks/ours"}},
        {"type": "Announce", "object": f"{OURS}/tracks/ours"},
        {"type": "Create", "object": {"type": "Note", "id": f"{EVE}/n", "attributedTo": EVE, "inReplyTo": ALICE}},
        *({"type": kind, "object": ALICE, "target": f"{OURS}/libraries/ours"} for kind in NOT_OURS),
    ]  # fmt: skip


def news() -> list[dict[str, Any]]:
    """What somebody tells who is followed, and who owns what it is about."""
    thing = {"type": "Track", "id": f"{OURS}/tracks/ours"}
    uploads = [foreign.upload(1, attributedTo=EVE), foreign.upload2(2, attributedTo=EVE)]
    last = foreign.upload(9, attributedTo=EVE)
    works = foreign.track(1), foreign.album(1), foreign.artist(1), foreign.artist(2)
    return [
        *(
            {"type": kind, "object": one}
            for kind in ("Create", "Update")
            for one in (*uploads, foreign.episode(1, EVE), last)
        ),
        {"type": "Update", "object": {"type": "AudioCollection", "items": uploads}},
        {"type": "Update", "object": foreign.library(attributedTo=EVE)},
        *({"type": "Update", "object": {**work, "attributedTo": EVE}} for work in works),
        *({"type": "Delete", "object": {"type": one["type"], "id": one["id"]}} for one in (last, *works[1:])),
        {"type": "Delete", "object": {"type": "AudioCollection", "items": [last["id"]]}},
        *(
            {"type": kind, "object": thing, "audience": "everyone"}
            for kind in ("Like", "Dislike", "Listen", "Announce")
        ),
        *({"type": "Undo", "object": {"type": kind, "object": thing}} for kind in ("Like", "Announce", "Follow")),
    ]


def places(whole: Any) -> Iterator[tuple[Any, Any]]:
    """Every part of a document, by what holds it and where."""
    for key in whole if isinstance(whole, dict) else range(len(whole)):
        yield whole, key
        if isinstance(whole[key], dict | list):
            yield from places(whole[key])


def mutated(draw: random.Random, activity: dict[str, Any]) -> dict[str, Any]:
    """The activity with a few things wrong."""
    made = copy.deepcopy(activity)
    for _ in range(draw.randint(0, 3)):
        holder, key = draw.choice(list(places(made)))
        match draw.randrange(4):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1:
                holder[key] = [holder[key]]
            case 2 if isinstance(holder, dict):
                holder[f"as:{key}"] = holder.pop(key)
            case _:
                holder[key] = copy.deepcopy(draw.choice(JUNK))
        if not made:
            break
    return made


class MutationTests(PostingCase):
    """A stranger with a key of her own."""

    environment = {"THROTTLING_RATES": "inbox=1000000/m"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self.a_stranger("eve", FAR, 1)
        artist = await self.an_artist("Nova", fid=f"{OURS}/artists/ours")
        track = await self.a_track("Tides", artist, fid=f"{OURS}/tracks/ours")
        library = await self._made(
            "library", fid=f"{OURS}/libraries/ours", followers_url="x", actor_id=self.alice.viewer.actor_id,
            name="ours", privacy_level="me",
        )  # fmt: skip
        await self.an_upload(library, track, fid=f"{OURS}/uploads/ours")

    async def ours(self) -> Any:
        """What we are and have."""
        like = f"{HOME_URL}%"

        async def work(tx: Any) -> Any:
            return await tx.one(lambda *columns: columns, OURS_NOW, *[like] * 4)

        return await self.database.transaction(work)

    async def test_strangers(self) -> None:
        """Real activities, mutated: 2xx or 4xx; nothing of ours is another afterwards; nothing broke."""
        before = await self.ours()
        answers = await self.told(activities(), ROUNDS, 50)
        self.assertEqual(before, await self.ours())
        self.assertLessEqual({202, 401}, answers)

    async def test_those_who_are_followed(self) -> None:
        """The same of whom somebody here follows, whose news are looked into: nothing breaks, nothing takes long."""
        await self.parts.service_actor.id()  # who asks other servers is made when that is first done
        before = await self.ours()
        cast = foreign.funkwhale_channel(EVE, attributedTo=EVE)
        cast["publicKey"]["publicKeyPem"] = pem(a_key(number=1))
        eve = await self.parts.fediverse.actors.take(cast, EVE)
        library = await self._made(
            "library", fid=foreign.LIBRARY, followers_url="y", actor_id=eve.id, name="hers", privacy_level="everyone"
        )
        await self.a_follow(self.alice.viewer.the_actor, actor=eve.id)
        await self.a_follow(self.alice.viewer.the_actor, library=library)
        await self.told(news(), DEEP_ROUNDS, 1)
        self.assertEqual(before, await self.ours())
        made = await self.value("SELECT nextval(pg_get_serial_sequence('upload', 'id'))")
        self.assertLess(3, made, "nothing was looked into")

    async def told(self, real: list[dict[str, Any]], rounds: int, together: int) -> set[int]:
        """Have Eve post mutations of activities, so many before they have their effect; the answers."""
        draw, answers = random.Random(SEED), set()
        for number in range(rounds):
            began = time.process_time()
            activity = mutated(draw, draw.choice(real))
            if draw.random() < 0.5:
                activity["id"] = f"{EVE}/{number}"
            if draw.random() < 0.9:
                activity["actor"] = EVE
            said = await self.post(None, body=written(activity), name="eve", number=1)
            answers.add(said.status)
            self.assertIn(said.status // 100, (2, 4), activity)
            if number % together == together - 1:
                await self.drain()
            self.assertLess(time.process_time() - began, SLOWEST * together, activity)
        await self.drain()
        self.assertEqual([], await self.run_in(rows, UNEXPECTED))
        return answers


def written(activity: Any) -> bytes:
    """As it travels."""
    return json.dumps(activity).encode()


async def rows(tx: Any, sql: str) -> list[str]:
    """One column."""
    found: list[str] = await tx.many(str, sql)
    return found
