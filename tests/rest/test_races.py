"""Two requests at the same moment, wherever something is looked at before it is written: none fails, none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from fwtwisted.db.jobs import Job
from tests.rest.pod import Client
from tests.rest.test_channels import WISH, ChannelCase
from tests.waiting import GUARD_SECONDS
from tests.web.serving import Answer

AT_ONCE = 6


class RaceTests(ChannelCase):
    """Many hands, one thing."""

    environment = {"THROTTLING_ENABLED": "false", "DATABASE_CONNECTIONS": "6"}
    timeout = GUARD_SECONDS

    async def together(self, *asked: tuple[Client, str, str, Any]) -> list[Answer]:
        """All requests at the same moment: who, method, path, document."""
        begun = [Deferred.fromCoroutine(who.send(method, path, body)) for who, method, path, body in asked]
        return list(await gatherResults(begun))

    async def often(self, who: Client, method: str, path: str, body: Any = None) -> list[int]:
        """The statuses of the same request, several times at once; in order."""
        return sorted(said.status for said in await self.together(*[(who, method, path, body)] * AT_ONCE))

    def one_of_them(self, good: int, statuses: Sequence[int], bad: int = 400) -> None:
        """One went well, all others were told why not."""
        self.assertEqual(sorted([good] + [bad] * (AT_ONCE - 1)), list(statuses))

    async def test_things_that_are_there_once(self) -> None:
        """Favourites, hidden artists, follows, subscriptions, series, names, playlists without duplicates."""
        alice, bob = await self.person("alice"), await self.person("bob")
        [track] = await self.an_album_of(await self.library_of(alice), tracks=1)
        artist = await self.value("SELECT artist_id FROM track WHERE id = %s", track)
        self.assertEqual([201] * AT_ONCE, await self.often(bob, "POST", "favorites/tracks/", {"track": track}))
        self.assertEqual(1, await self.value("SELECT count(*) FROM favorite"))
        statuses = await self.often(bob, "POST", "favorites/tracks/remove/", {"track": track})
        self.one_of_them(204, statuses)
        hidden = {"target": {"type": "artist", "id": artist}}
        self.one_of_them(201, await self.often(bob, "POST", "moderation/content-filters/", hidden))
        library = (await alice.get("libraries/")).json["results"][0]["uuid"]
        self.one_of_them(201, await self.often(bob, "POST", "federation/follows/library/", {"target": library}))
        self.one_of_them(201, await self.often(alice, "POST", "channels/", WISH))
        self.assertEqual([201] * AT_ONCE, await self.often(bob, "POST", "channels/nighttalk/subscribe/"))
        self.assertEqual(1, len((await bob.get("subscriptions/all/")).json["results"]))
        self.assertEqual([204] * AT_ONCE, await self.often(bob, "POST", "channels/nighttalk/unsubscribe/"))
        voice = (await alice.get("channels/nighttalk/")).json["artist"]["id"]
        self.one_of_them(201, await self.often(alice, "POST", "albums/", {"title": "Season", "artist": voice}))
        mix = (await bob.post("playlists/", {"name": "Mix"})).json["id"]
        self.one_of_them(201, await self.often(bob, "POST", f"playlists/{mix}/add/", {"tracks": [track]}))
        self.assertEqual(1, await self.value("SELECT count(*) FROM playlist_track"))

    async def test_edits_and_decisions(self) -> None:
        """An edit is approved, applied and told once; of removals one finds something."""
        alice = await self.person("alice", permissions=["library"])
        [track] = await self.an_album_of(await self.library_of(alice), tracks=1)
        wish = {"type": "update", "payload": {"title": "Other"}}
        uuid = (await alice.post(f"tracks/{track}/mutations/", wish)).json["uuid"]
        self.assertEqual([200] * AT_ONCE, await self.often(alice, "POST", f"mutations/{uuid}/approve/"))
        self.one_of_them(204, await self.often(alice, "DELETE", f"mutations/{uuid}/"), 404)

    async def test_the_last_edit_stays_the_last(self) -> None:
        """What was approved first and is applied late, since its worker died, does not undo what came after it."""
        alice = await self.person("alice", permissions=["library"])
        [track] = await self.an_album_of(await self.library_of(alice), tracks=1)
        for title in ("First", "Second"):
            wish = {"type": "update", "payload": {"title": title}, "is_approved": True}
            self.assertEqual(201, (await alice.post(f"tracks/{track}/mutations/", wish)).status)
        kind = "edits.apply"
        waiting = await self.run_in(
            lambda tx: tx.many(lambda *row: row, "SELECT id, args FROM job WHERE kind = %s ORDER BY id DESC", kind)
        )
        for id, args in waiting:
            await self.parts.jobs()[kind].run(Job(id, kind, None, args, 1, 0, 1, datetime.now(UTC)))
        self.assertEqual(2, len(waiting))
        self.assertEqual("Second", (await alice.get(f"tracks/{track}/")).json["title"])
        edits = (await alice.get(f"tracks/{track}/mutations/")).json["results"]
        self.assertEqual([True, True], [one["is_applied"] for one in edits])

    async def test_radio_sessions(self) -> None:
        """Each next track has a place of its own, and none is played twice."""
        alice = await self.person("alice")
        await self.an_album_of(await self.library_of(alice), tracks=AT_ONCE)
        session = (await alice.post("radios/sessions/", {"radio_type": "random"})).json["id"]
        said = await self.together(*[(alice, "POST", "radios/tracks/", {"session": session})] * AT_ONCE)
        self.assertEqual([201] * AT_ONCE, [one.status for one in said])
        self.assertEqual(list(range(1, AT_ONCE + 1)), sorted(one.json["position"] for one in said))
        self.assertEqual(AT_ONCE, len({one.json["track"]["id"] for one in said}))

    async def test_playlists_keep_their_order(self) -> None:
        """Adding, moving, taking out and clearing at once: the indexes have no gaps."""
        alice = await self.person("alice")
        tracks = await self.an_album_of(await self.library_of(alice), tracks=AT_ONCE)
        mix = (await alice.post("playlists/", {"name": "Mix"})).json["id"]
        place = f"playlists/{mix}"
        await alice.post(f"{place}/add/", {"tracks": tracks})
        more = [(alice, "POST", f"{place}/add/", {"tracks": [one], "allow_duplicates": True}) for one in tracks]
        moves = [(alice, "POST", f"{place}/move/", {"from": n, "to": 0}) for n in range(AT_ONCE)]
        gone = [(alice, "POST", f"{place}/remove/", {"index": n}) for n in range(3)]
        said = await self.together(*more, *moves, *gone)
        self.assertEqual([201] * AT_ONCE + [204] * (AT_ONCE + 3), [one.status for one in said])
        held = (await alice.get(f"{place}/tracks/")).json["results"]
        self.assertEqual(list(range(2 * AT_ONCE - 3)), [one["index"] for one in held])

    async def test_settings_and_pictures(self) -> None:
        """Settings that are merged at once are all kept; a new picture is taken by one of two."""
        alice = await self.person("alice")
        asked = [(alice, "POST", "users/settings/", {f"key{n}": n}) for n in range(AT_ONCE)]
        self.assertEqual({200}, {one.status for one in await self.together(*asked)})
        self.assertEqual({f"key{n}": n for n in range(AT_ONCE)}, (await alice.get("users/me/")).json["settings"])
        pictures = [await self.a_picture(alice) for _ in range(3)]
        said = await self.together(*[(alice, "PATCH", "users/alice/", {"avatar": one}) for one in pictures])
        self.assertEqual({200}, {one.status for one in said})
        self.assertEqual(1, await self.value("SELECT count(*) FROM attachment WHERE used"))

    async def test_what_goes_while_it_is_used(self) -> None:
        """Removing a library, a playlist, a channel, while others put things into them."""
        alice, bob = await self.person("alice"), await self.person("bob")
        library = (await alice.post("libraries/", {"name": "x", "privacy_level": "everyone"})).json["uuid"]
        channel = await self.a_channel(alice)
        mix = (await alice.post("playlists/", {"name": "Mix"})).json["id"]
        [track] = await self.an_album_of(await self.library_of(alice), tracks=1)
        asked = [
            (alice, "DELETE", f"libraries/{library}/", None),
            *[(bob, "POST", "federation/follows/library/", {"target": library})] * 2,
            (alice, "PATCH", f"libraries/{library}/", {"name": "y"}),
            (alice, "DELETE", "channels/nighttalk/", None),
            *[(bob, "POST", f"channels/{channel['uuid']}/subscribe/", None)] * 2,
            (alice, "PATCH", "channels/nighttalk/", {"name": "y"}),
            (alice, "POST", "albums/", {"title": "Season", "artist": channel["artist"]["id"]}),
            (bob, "POST", "moderation/reports/",
             {"type": "other", "target": {"type": "channel", "uuid": channel["uuid"]}}),
            (bob, "POST", "moderation/content-filters/", {"target": {"type": "artist", "id": channel["artist"]["id"]}}),
            *[(alice, "POST", f"playlists/{mix}/add/", {"tracks": [track]})] * 2,
            (alice, "DELETE", f"playlists/{mix}/", None),
            (alice, "PATCH", f"playlists/{mix}/", {"name": "z"}),
        ]  # fmt: skip
        for one, (_, method, path, _) in zip(await self.together(*asked), asked, strict=True):
            self.assertLess(one.status, 500, (method, path, one.body))
