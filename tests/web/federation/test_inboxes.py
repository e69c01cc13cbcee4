"""What the inboxes answer, and what they let in."""

from __future__ import annotations

from typing import Any

from fwtwisted.web.federation.inboxes import LARGEST_POST
from tests.web.federation.posting import FAR, HOME_URL, PostingCase

ADA = f"https://{FAR}/federation/actors/ada"
BY_ADA = {"id": f"{ADA}/1", "type": "Like", "actor": ADA, "object": f"{HOME_URL}/music/tracks/1"}


def with_(**more: Any) -> dict[str, Any]:
    """The activity, but for this."""
    return BY_ADA | more


class StatusTests(PostingCase):
    """One status for each case of the contract."""

    async def test_accepted(self) -> None:
        """A signed activity is in the database when it is answered; at either inbox, of any of the media types."""
        for number, (target, kind) in enumerate(
            (
                ("/federation/shared/inbox", "application/activity+json"),
                ("/federation/actors/alice/inbox", "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""),
                ("/federation/actors/ALICE/inbox", "application/json; charset=utf-8"),
            )
        ):  # fmt: skip
            said = await self.post(with_(id=f"{ADA}/{number}"), target=target, kind=kind)
            self.assertEqual((202, b""), (said.status, said.body))
            self.assertEqual(number + 1, len(await self.accepted()))

    async def test_again(self) -> None:
        """The same again is accepted and has no effect."""
        for _ in range(2):
            self.assertEqual(202, (await self.post(BY_ADA)).status)
        self.assertEqual(["Like"], await self.accepted())

    async def test_nothing_to_do(self) -> None:
        """So is what nobody here knows what to do with."""
        for number, type in enumerate(("Block", "Move", "EmojiReact", "Odd", "Question")):
            self.assertEqual(202, (await self.post(with_(id=f"{ADA}/{number}", type=type))).status)

    async def test_unsigned(self) -> None:
        """Without a signature, or with one that proves nothing: 401, and what would have been believed."""
        bare = await self.served.ask("POST", "/federation/shared/inbox", {"Content-Type": "application/json"}, b"{}")
        self.assertEqual(401, bare.status)
        self.assertIn('"content-digest"', bare.header("Accept-Signature") or "")
        for said in (
            await self.post(BY_ADA, Date="Thu, 01 Jan 2015 00:00:00 GMT"),
            await self.post(BY_ADA, Digest="SHA-256=AAAA"),
            await self.post(BY_ADA, Signature='keyId="x"'),
        ):
            self.assertEqual(401, said.status, said)
        self.assertEqual([], await self.accepted())

    async def test_nobody_tells(self) -> None:
        """With a signature by a key that its server does not tell at the moment: 401, and when to come again."""
        await self.a_stranger("eve", FAR, 1)
        said = await self.post(BY_ADA, name="eve", number=0)
        self.assertEqual((401, "61"), (said.status, said.header("Retry-After")))
        self.assertEqual([], await self.accepted())

    async def test_for_others(self) -> None:
        """Nobody speaks for others, nor of what is not theirs: 401."""
        await self.a_stranger("eve", FAR, 1)
        await self.a_stranger("mallory", "evil.example", 2)
        for said in (
            await self.post(BY_ADA, name="eve", number=1),
            await self.post(BY_ADA, name="mallory", domain="evil.example", number=2),
            await self.post(with_(id="https://evil.example/1")),
            await self.post(with_(id=f"https://{FAR}:444/1")),
            await self.post(with_(id=f"http://{FAR}/1")),
            await self.post(with_(id=f"{HOME_URL}/1")),
            await self.post(with_(id="no address")),
            await self.post(with_(type="Create", object={"type": "Audio", "id": f"{HOME_URL}/music/uploads/1"})),
            await self.post(with_(type="Create", object={"type": "Audio", "id": "https://evil.example/1"})),
            await self.post(
                with_(type="Create", object={"type": "Note", "id": f"{ADA}/n", "attributedTo": f"https://{FAR}/eve"})
            ),
            await self.post(with_(type="Accept", id=f"{HOME_URL}/1", object={"type": "Like", "actor": HOME_URL})),
        ):
            self.assertEqual(401, said.status, said)
        self.assertEqual([], await self.accepted())

    async def test_answer_with_our_id(self) -> None:
        """An answer to a wish of somebody here may have an id that begins like ours; it counts for nothing."""
        wish = {"type": "Follow", "actor": f"{HOME_URL}/actors/alice", "object": ADA}
        said = await self.post(with_(id=f"{HOME_URL}/actors/alice#follows/1/accept", type="Accept", object=wish))
        self.assertEqual(202, said.status)
        self.assertIsNone(await self.value("SELECT fid FROM received"))

    async def test_without_an_id(self) -> None:
        """Funkwhale tells of changes without an id: accepted, once."""
        bare = {"type": "Update", "actor": ADA, "object": {"type": "Library", "id": f"https://{FAR}/l"}}
        for _ in range(2):
            self.assertEqual(202, (await self.post(bare)).status)
        self.assertEqual(["Update"], await self.accepted())

    async def test_no_activity(self) -> None:
        """Signed, and nothing that can be read as an activity: 400."""
        for body in (
            b"", b"{", b"[]", b'"text"', b"null", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff\xfe", b"{}",
            b'{"type": "Like"}', b'{"actor": "%s"}' % ADA.encode(), b'{"type": "Like", "actor": 7}',
            b'{"type": 7, "actor": "%s"}' % ADA.encode(), b'{"@graph": [], "type": "Like", "actor": "a"}',
            b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a": [%s1]}' % (b"1," * 10_001),
            b'{"type": "Like", "id": "%s", "actor": "%s"}' % (b"https://far.example/" + b"x" * 500, ADA.encode()),
        ):  # fmt: skip
            said = await self.post(None, body=body)
            self.assertEqual(400, said.status, (body[:60], said))
        self.assertEqual([], await self.accepted())

    async def test_shut_out(self) -> None:
        """Whom moderators shut out is told so: 403."""
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, %s, true)",
            self.alice.viewer.actor_id, FAR,
        )  # fmt: skip
        said = await self.post(BY_ADA)
        self.assertEqual(403, said.status, said)

    async def test_too_large(self) -> None:
        """What is over the limit is refused before it has come: 413."""
        for headers in ({}, {"Transfer-Encoding": "chunked"}):
            head = {"Content-Type": "application/json", "Content-Length": str(LARGEST_POST + 1)}
            if headers:
                head = {"Content-Type": "application/json", "Content-Length": None, **headers}  # type: ignore[dict-item]
            body = b"%x\r\n" % (LARGEST_POST + 1) + b"x" * (LARGEST_POST + 1) if headers else b"x" * 100_000
            said = await self.served.ask("POST", "/federation/shared/inbox", head, body)
            self.assertEqual(413, said.status)

    async def test_largest(self) -> None:
        """What is just within the limit is read, in a thread, and accepted."""
        padding = "x" * (LARGEST_POST - 1_000)
        self.assertEqual(202, (await self.post(with_(padding=padding))).status)

    async def test_media_type(self) -> None:
        """Anything but the three media types: 415."""
        for kind in ("text/html", "application/xml", "multipart/form-data", ""):
            self.assertEqual(415, (await self.post(BY_ADA, kind=kind)).status)

    async def test_switched_off(self) -> None:
        """A pod that does not federate: 405; so is reading an inbox."""
        for path in ("/federation/shared/inbox", "/federation/actors/alice/inbox"):
            self.assertEqual(405, (await self.served.ask("GET", path)).status)
        await self.parts.preferences.change_one("federation__enabled", False)
        self.assertEqual(405, (await self.post(BY_ADA)).status)

    async def test_nobodys_inbox(self) -> None:
        """An inbox that nobody has: 404; of somebody who left: 410."""
        self.assertEqual(404, (await self.post(BY_ADA, target="/federation/actors/nobody/inbox")).status)
        self.assertEqual(404, (await self.post(BY_ADA, target="/federation/actors/ada/inbox")).status)
        await self.do("UPDATE actor SET type = 'Tombstone' WHERE id = %s", self.alice.viewer.actor_id)
        self.assertEqual(410, (await self.post(BY_ADA, target="/federation/actors/alice/inbox")).status)

    async def test_unknown_leaves(self) -> None:
        """That somebody whom we never knew is gone is answered without asking anybody."""
        gone = f"https://{FAR}/federation/actors/gone"
        said = await self.post({"type": "Delete", "id": f"{gone}#delete", "object": gone}, name="gone")
        self.assertEqual((202, []), (said.status, await self.accepted()))

    async def test_dropped(self) -> None:
        """What a server may not send, media where they are rejected, is accepted and dropped."""
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, reject_media) VALUES (%s, %s, true)",
            self.alice.viewer.actor_id, FAR,
        )  # fmt: skip
        said = await self.post(with_(type="Create", object={"type": "Audio", "id": f"{ADA}/upload"}))
        self.assertEqual((202, []), (said.status, await self.accepted()))


class LimitTests(PostingCase):
    """Who posts too much."""

    environment = {"THROTTLING_RATES": "inbox=5/m"}

    async def test_too_many(self) -> None:
        """The sixth of a minute is refused, with the time to wait; once let in, the same post is taken."""
        answers = [await self.post(with_(id=f"{ADA}/{n}")) for n in range(6)]
        self.assertEqual([202] * 5 + [429], [said.status for said in answers])
        self.assertGreater(int(answers[-1].header("Retry-After") or 0), 0)
        self.assertEqual(5, len(await self.accepted()))
