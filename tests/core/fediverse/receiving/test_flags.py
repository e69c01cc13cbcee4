"""Another server finds something of ours wrong."""

from __future__ import annotations

from typing import Any

from fwtwisted.core.pod.reports import MOST_LETTERS
from tests.core.fediverse.receiving.case import AT_HOME, ELSEWHERE, ReceivingCase

TRACK = f"{AT_HOME}/music/tracks/1"


def flag(*objects: Any, **more: Any) -> dict[str, Any]:
    """A Flag."""
    return {"id": f"{ELSEWHERE}/flags/1", "type": "Flag", "object": list(objects), "content": "stolen", **more}


class FlagTests(ReceivingCase):
    """Flag."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.track = await self.a_track("Tides", await self.an_artist("Nova"), fid=TRACK)

    async def report(self, columns: str) -> Any:
        """Columns of the only report."""
        return await self.value(f"SELECT ROW({columns})::text FROM report")

    async def test_kept(self) -> None:
        """It becomes a report about the first thing of ours, of the kind that its tag names."""
        tag = [{"type": "Hashtag", "name": "#illegal_content"}]
        await self.tells(self.bob, flag(f"{ELSEWHERE}/x", f"{AT_HOME}/actors/gone", TRACK, tag=tag))
        self.assertEqual(
            f"(track,{self.track},illegal_content,stolen,{self.bob})",
            await self.report("target_kind, target_id, type, summary, submitter_id"),
        )

    async def test_each_kind(self) -> None:
        """People, channels, artists, albums, libraries can be reported, and files, which stand for their tracks."""
        await self.library_at(self.alice.the_actor, "ours")
        await self.an_album("Deep", await self.an_artist("Sol", fid=f"{AT_HOME}/music/artists/s"), fid=f"{AT_HOME}/a/1")
        await self.an_upload(await self.a_library(self.alice.the_actor, "me"), self.track, fid=f"{AT_HOME}/u/1")
        for number, (fid, kind) in enumerate(
            {
                f"{AT_HOME}/actors/alice": "account",
                f"{AT_HOME}/music/libraries/ours": "library",
                f"{AT_HOME}/music/artists/s": "artist",
                f"{AT_HOME}/a/1": "album",
                f"{AT_HOME}/u/1": "track",
            }.items()
        ):
            await self.tells(self.bob, flag(fid, id=f"{ELSEWHERE}/flags/{number}"))
            self.assertEqual(
                kind, await self.value("SELECT target_kind FROM report WHERE fid = %s", f"{ELSEWHERE}/flags/{number}")
            )

    async def test_the_owner_is_named_first(self) -> None:
        """What is reported counts, not whose it is, in whatever order they are named."""
        await self.tells(self.bob, flag(f"{AT_HOME}/actors/alice", TRACK))
        self.assertEqual(f"(track,{self.track})", await self.report("target_kind, target_id"))

    async def test_gotosocial(self) -> None:
        """Who was sent a Note in place of a post names the Note, and the channel first: it is about the post."""
        library = await self.a_library(self.alice.the_actor, "me")
        await self.an_upload(library, self.track, fid=f"{AT_HOME}/music/uploads/1")
        about = [f"{AT_HOME}/actors/alice", f"{AT_HOME}/music/uploads/1/note"]
        await self.tells(self.bob, {
            "@context": "https://www.w3.org/ns/activitystreams", "content": "naughty",
            "id": f"{ELSEWHERE}/reports/01M80B4MY2QXGRAZ6999082BX9", "object": about, "type": "Flag",
        })  # fmt: skip
        self.assertEqual(f"(track,{self.track},naughty)", await self.report("target_kind, target_id, summary"))

    async def test_said_again(self) -> None:
        """Said again by the same id, it says now what it says then; others do not speak by that id."""
        await self.tells(self.bob, flag(TRACK), flag(TRACK, content="really", tag="#other"))
        carol = await self.an_actor("carol", "far.example")
        await self.tells(carol, flag(TRACK, content="no"))
        self.assertEqual(f"(other,really,{self.bob})", await self.report("type, summary, submitter_id"))

    async def test_flood(self) -> None:
        """All that one server finds wrong is kept; moderators get letters about the first of an hour."""
        chief = await self.a_viewer("chief")
        await self.do(
            "UPDATE account SET permissions = '{moderation}', email = 'c@pod.example' WHERE id = %s", chief.the_account
        )
        carol = await self.an_actor("carol", "far.example")
        for number in range(15):
            for who in (self.bob, carol):
                await self.tells(who, flag(TRACK, id=f"{ELSEWHERE}/flags/{who}/{number}"), drain=False)
        await self.drained()
        self.assertEqual(30, await self.value("SELECT count(*) FROM report"))
        letters = "SELECT count(*) FROM job WHERE lane = 'mail'"
        self.assertEqual(MOST_LETTERS, await self.value(letters))
        await self.do("UPDATE report SET creation_date = now() - interval '2 hours'")
        await self.tells(carol, flag(TRACK, id=f"{ELSEWHERE}/flags/later"))
        self.assertEqual(MOST_LETTERS + 1, await self.value(letters))

    async def test_nothing_of_ours(self) -> None:
        """What is not ours is none of our moderators' business."""
        await self.tells(self.bob, flag(f"{ELSEWHERE}/x"), flag(id=f"{ELSEWHERE}/flags/2"))
        self.assertEqual(0, await self.value("SELECT count(*) FROM report"))
