"""What people elsewhere think of tracks."""

from __future__ import annotations

from typing import Any

from fwtwisted.db.pool import Tx
from fwtwisted.wire.activitypub.contexts import PUBLIC
from tests.core.fediverse.receiving.case import AWAY, ELSEWHERE, POD, ReceivingCase

TRACK = f"{ELSEWHERE}/music/tracks/1"


def deed(type: str, name: str = "1", object: Any = None, **more: Any) -> dict[str, Any]:
    """What somebody does with the track."""
    return {"id": f"{ELSEWHERE}/deeds/{name}", "type": type, "object": object or {"type": "Track", "id": TRACK}, **more}


class LikeTests(ReceivingCase):
    """Like, Dislike, Listen, Announce."""

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        await self.a_track("Tides", await self.an_artist("Nova"), fid=TRACK)

    async def likes(self) -> int:
        """How many like the track."""
        found: int = await self.value("SELECT count(*) FROM favorite")
        return found

    async def test_nobody_cares(self) -> None:
        """What strangers like is kept nowhere."""
        await self.tells(self.bob, deed("Like"), deed("Listen", "2"), deed("Announce", "3"))
        self.assertEqual(0, await self.likes() + await self.value("SELECT count(*) FROM remote_deed"))

    async def test_like_and_back(self) -> None:
        """The likes of whom somebody here follows are kept until they are taken back, in any of three ways."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        for number, back in enumerate(
            (deed("Dislike", "d"), deed("Undo", "u", deed("Like", "1")), deed("Undo", "v", f"{ELSEWHERE}/deeds/2"))
        ):
            await self.tells(self.bob, deed("Like", str(number)))
            self.assertEqual(1, await self.likes())
            await self.tells(self.bob, back)
            self.assertEqual(0, await self.likes(), back)

    async def test_open_pages(self) -> None:
        """Pages that are connected hear of each deed once, and not of those of strangers."""
        await self.tells(self.bob, deed("Like", "0"))
        self.assertEqual([], self.told)
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        await self.tells(self.bob, deed("Like", "1"), deed("Like", "2"), deed("Listen", "3"), deed("Listen", "3"))
        self.assertEqual([("deed", "favorite"), ("deed", "listening")], [(what, f["kind"]) for what, f in self.told])

    async def test_others_cannot_take_back(self) -> None:
        """Nobody takes back what others did."""
        carol = await self.an_actor("carol", "far.example")
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        await self.tells(self.bob, deed("Like"))
        await self.tells(carol, deed("Undo", "u", deed("Like")), deed("Undo", "v", f"{ELSEWHERE}/deeds/1"))
        self.assertEqual(1, await self.likes())

    async def test_listen(self) -> None:
        """A listening counts once, never lies in the future, and is taken back by its id."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        heard = deed("Listen", published="2999-01-01T00:00:00Z")
        await self.tells(self.bob, heard)
        self.assertEqual(1, await self.value("SELECT count(*) FROM listening WHERE creation_date <= now()"))
        await self.tells(self.bob, {"type": "Delete", "object": {"type": "Listen", "id": heard["id"]}})
        self.assertEqual(0, await self.value("SELECT count(*) FROM listening"))

    async def test_likes_again(self) -> None:
        """Who likes again by another id likes once, and takes it back by the new one."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        await self.tells(self.bob, deed("Like", "1"), deed("Like", "2"))
        self.assertEqual(1, await self.value("SELECT count(*) FROM remote_deed"))
        await self.tells(self.bob, deed("Undo", "u", f"{ELSEWHERE}/deeds/2"))
        self.assertEqual(0, await self.likes())

    async def test_taken_back_before(self) -> None:
        """What was taken back before it came is not taken: by its id, or told within."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        await self.tells(
            self.bob,
            deed("Undo", "u", f"{ELSEWHERE}/deeds/1"), deed("Undo", "v", deed("Announce", "2")),
            {"type": "Delete", "object": {"type": "Listen", "id": f"{ELSEWHERE}/deeds/3"}},
            deed("Like", "1"), deed("Announce", "2"), deed("Listen", "3"),
        )  # fmt: skip
        self.assertEqual(0, await self.value("SELECT count(*) FROM remote_deed"))

    async def test_to_whom_they_show_it(self) -> None:
        """As they told last: to everybody, or to those who follow them."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        shown: tuple[tuple[dict[str, Any], str], ...] = (
            ({"audience": "everyone"}, "everyone"), ({"audience": "followers"}, "followers"),
            ({"to": ["as:Public"]}, "everyone"), ({}, "followers"), ({"cc": PUBLIC}, "everyone"),
        )  # fmt: skip
        for number, (told, level) in enumerate(shown):
            await self.tells(self.bob, deed("Like", str(number), **told))
            self.assertEqual(level, await self.value("SELECT deeds_shown FROM actor WHERE id = %s", self.bob), told)

    async def test_hidden(self) -> None:
        """Who shows it no longer, as Funkwhale 2 tells of a person, did nothing that we know of."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        fid = f"{ELSEWHERE}/actors/bob"
        for number, (level, left) in enumerate((("everyone", 1), ("followers", 1), ("instance", 0), ("me", 0))):
            await self.tells(self.bob, deed("Like", f"l{number}"), deed("Listen", f"h{number}"))
            person = {"type": "Person", "id": fid, "audience": level}
            await self.tells(self.bob, {"id": f"{fid}#updates/{number}", "type": "Update", "object": person})
            self.assertEqual(left, await self.likes(), level)
            self.assertEqual(bool(left), bool(await self.value("SELECT count(*) FROM listening")), level)
            await self.do(
                "UPDATE received SET state = 'done'"
            )  # their server is asked a minute later, and has a say then
        self.assertEqual(0, await self.value("SELECT count(*) FROM remote_deed"))

    async def test_strangers_and_what_is_ours(self) -> None:
        """What strangers like or boost of ours is counted, also by its note; no favourite comes of it."""
        post = f"{POD.url}/federation/music/uploads/1"
        track = await self.a_track("Night", await self.an_artist("Waves"), fid=f"{POD.url}/federation/music/tracks/1")
        await self.an_upload(await self.a_library(self.alice.the_actor, "everyone"), track, fid=post)
        carol = await self.an_actor("carol", AWAY)
        await self.tells(
            self.bob, deed("Like", "1", post), deed("Announce", "2", f"{post}/note"), deed("Listen", "3", post)
        )
        await self.tells(carol, deed("Like", "4", f"{post}/note"))
        kinds = await self.run_in(Tx.many, str, "SELECT kind FROM remote_deed ORDER BY kind")
        self.assertEqual(["boost", "favorite", "favorite"], kinds)
        self.assertEqual(0, await self.likes())
        await self.tells(carol, deed("Undo", "u", deed("Like", "4", f"{post}/note")))
        self.assertEqual(2, await self.value("SELECT count(*) FROM remote_deed"))

    async def test_announce(self) -> None:
        """A boost is counted, and nothing else."""
        await self.a_follow(self.alice.the_actor, actor=self.bob)
        await self.tells(self.bob, deed("Announce", object=TRACK))
        self.assertEqual("boost", await self.value("SELECT kind FROM remote_deed"))
        self.assertEqual(0, await self.likes())
