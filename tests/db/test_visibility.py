"""Whose libraries somebody may look into."""

from __future__ import annotations

from fwtwisted.db.areas import versions
from fwtwisted.db.music.libraries import visible_libraries
from fwtwisted.db.pool import Tx
from tests.database import HOME, DatabaseCase


class VisibleLibrariesTests(DatabaseCase):
    """``visible_libraries`` follows docs/api.md §7, "Who may see and play an upload"."""

    async def seen(self, actor: int | None, *, is_local: bool = True) -> list[int]:
        return await self.run_in(visible_libraries, actor, is_local)

    async def test_a_visitor_sees_what_is_for_everyone(self) -> None:
        """Without an actor only the level ``everyone`` counts."""
        owner = await self.an_actor("owner")
        public = await self.a_library(owner, "everyone")
        await self.a_library(owner, "instance")
        await self.a_library(owner, "me")
        self.assertEqual([public], await self.seen(None, is_local=False))

    async def test_a_neighbour_sees_the_instance_level_too(self) -> None:
        """Somebody of this pod sees ``instance``, not ``me``."""
        owner, neighbour = await self.an_actor("owner"), await self.an_actor("neighbour")
        public = await self.a_library(owner, "everyone")
        ours = await self.a_library(owner, "instance")
        await self.a_library(owner, "me")
        self.assertEqual([public, ours], await self.seen(neighbour))

    async def test_the_instance_level_of_another_pod_is_not_ours(self) -> None:
        """``instance`` means the owner's own pod, and a foreign actor does not see ours."""
        away = await self.an_actor("owner", "away.example")
        await self.a_library(away, "instance")
        mine = await self.a_library(await self.an_actor("owner"), "instance")
        self.assertEqual([mine], await self.seen(await self.an_actor("me")))
        self.assertEqual([], await self.seen(await self.an_actor("them", "away.example"), is_local=False))

    async def test_an_owner_sees_everything_of_their_own(self) -> None:
        """All levels, without any follow."""
        owner = await self.an_actor("owner")
        own = [await self.a_library(owner, level) for level in ("me", "instance", "everyone")]
        self.assertEqual(own, await self.seen(owner))

    async def test_only_an_approved_follow_opens_a_private_library(self) -> None:
        """Waiting and refused follows open nothing."""
        owner = await self.an_actor("owner")
        private = await self.a_library(owner, "me")
        for name, approved, expected in (("yes", True, [private]), ("no", False, []), ("wait", None, [])):
            fan = await self.an_actor(name, "away.example")
            await self.a_follow(fan, library=private, approved=approved)
            self.assertEqual(expected, await self.seen(fan, is_local=False), name)

    async def test_a_follow_of_a_channel_opens_its_library(self) -> None:
        """The follow's target is the channel's actor; who made the channel needs none."""
        owner, voice = await self.an_actor("owner"), await self.an_actor("voice")
        library = await self.a_library(voice, "me")
        await self.do(
            "WITH artist AS (INSERT INTO artist (fid, name) VALUES ('https://x/a', 'Voice') RETURNING id)"
            " INSERT INTO channel (artist_id, library_id, actor_id, attributed_to_id)"
            " SELECT artist.id, %s, %s, %s FROM artist",
            library, voice, owner,
        )  # fmt: skip
        fan = await self.an_actor("fan")
        self.assertEqual([], await self.seen(fan))
        await self.a_follow(fan, actor=voice)
        self.assertEqual([library], await self.seen(fan))
        self.assertEqual([library], await self.seen(owner))

    async def test_what_lies_on_an_unreachable_server_is_hidden(self) -> None:
        """Even with an approved follow."""
        away = await self.an_actor("owner", "away.example")
        library = await self.a_library(away, "everyone")
        fan = await self.an_actor("fan")
        await self.a_follow(fan, library=library)
        self.assertEqual([library], await self.seen(fan))
        await self.do("UPDATE domain SET reachable = false WHERE name = 'away.example'")
        self.assertEqual([], await self.seen(fan))

    async def test_what_is_blocked_is_hidden(self) -> None:
        """By a policy on the server or on the owner, while it is active and blocks all."""
        moderator = await self.an_actor("moderator")
        away = await self.an_actor("owner", "away.example")
        library = await self.a_library(away, "everyone")
        for column, target in (("target_domain", "away.example"), ("target_actor_id", away)):
            for active, blocks, expected in ((True, True, []), (False, True, [library]), (True, False, [library])):
                await self.do("DELETE FROM instance_policy")
                await self.do(
                    f"INSERT INTO instance_policy (actor_id, {column}, is_active, block_all) VALUES (%s, %s, %s, %s)",
                    moderator, target, active, blocks,
                )  # fmt: skip
                self.assertEqual(expected, await self.seen(moderator), (column, active, blocks))

    async def test_what_lies_below_a_blocked_server_is_hidden(self) -> None:
        """Servers that are met later, too; the block ends with its policy."""
        moderator = await self.an_actor("moderator")
        await self.do("INSERT INTO domain (name) VALUES ('away.example')")
        await self.do(
            "INSERT INTO instance_policy (actor_id, target_domain, block_all) VALUES (%s, 'away.example', true)",
            moderator,
        )
        for host in ("sub.away.example", "away.example:8443"):
            library = await self.a_library(await self.an_actor("owner", host), "everyone")
            self.assertEqual([], await self.seen(moderator))
            await self.do("UPDATE instance_policy SET block_all = false")
            self.assertEqual([library], await self.seen(moderator))
            await self.do("UPDATE instance_policy SET block_all = true")
            await self.do("DELETE FROM library")
        other = await self.a_library(await self.an_actor("owner", "faraway.example"), "everyone")
        self.assertEqual([other], await self.seen(moderator))

    async def test_what_is_silenced_is_seen_by_its_followers(self) -> None:
        """Followers of the library, of its owner, or of the channel; nobody else."""
        moderator = await self.an_actor("moderator")
        away = await self.an_actor("owner", "away.example")
        library = await self.a_library(away, "everyone")
        fan, friend = await self.an_actor("fan"), await self.an_actor("friend")
        await self.a_follow(fan, library=library)
        await self.a_follow(friend, actor=away)
        for column, target in (("target_domain", "away.example"), ("target_actor_id", away)):
            await self.do("DELETE FROM instance_policy")
            self.assertEqual([library], await self.seen(None, is_local=False))
            await self.do(
                f"INSERT INTO instance_policy (actor_id, {column}, silence_activity) VALUES (%s, %s, true)",
                moderator, target,
            )  # fmt: skip
            for viewer, expected in ((None, []), (moderator, []), (fan, [library]), (friend, [library])):
                self.assertEqual(expected, await self.seen(viewer), viewer)

    async def test_the_version_rises_with_a_touched_transaction(self) -> None:
        """What is kept of the answer is good for one version."""
        before = await self.run_in(versions)

        async def touched(tx: Tx) -> None:
            await tx.do("INSERT INTO domain (name) VALUES (%s)", HOME)
            tx.touch("libraries")

        await self.database.transaction(touched)
        after = await self.run_in(versions)
        self.assertEqual({**before, "libraries": before["libraries"] + 1}, after)
