"""A pod on which there is something of everything, for tests that look at every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.rest.pod import Client
from tests.rest.test_channels import ChannelCase
from tests.rest.test_shapes import ShapeCase
from tests.web.serving import Answer

FILTERS = [
    {"type": "tag", "names": ["Ambient"]},
    {"type": "group", "operator": "or", "filters": [{"type": "playlist", "ids": [1], "not": True}]},
]


class FilledCase(ChannelCase, ShapeCase):
    """
    Alice runs the pod and has music; Bob follows, reports and publishes.

    :ivar named: what stands for the variables of paths, by the path's beginning below ``/api/v1/``.
    """

    async def fill(self) -> None:
        """Make everything."""
        self.alice = await self.person(is_superuser=True, settings='{"theme": "dark"}')
        self.bob = await self.person("bob")
        self.artist, self.album, self.track = await self.rich_music(self.alice)
        library = await self.value("SELECT uuid FROM library")
        heard = await self.a_track("Heard", self.artist, self.album)
        await self.a_file(await self.value("SELECT id FROM library"), heard, "mp3")
        played = await self.track_uuid(heard)
        self.named: dict[str, Mapping[str, object]] = {
            "artists": {"id": self.artist},
            "albums": {"id": self.album},
            "tracks": {"id": self.track},
            "tags": {"name": "Ambient"},
            "licenses": {"code": "cc0-1.0"},
            "libraries": {"uuid": library},
            "federation/libraries": {"uuid": library},
            "federation/actors": {"handle": "alice@pod.example"},
            "users": {"username": "alice"},
            "instance/admin/settings": {"identifier": "instance__name"},
            "listen": {"track": played},
            "stream": {"name": f"{played}.mp3"},
        }
        for step in (self._listening, self._publishing, self._following, self._editing, self._administering):
            await step()

    async def made(self, who: Client, path: str, document: Any = None) -> Any:
        """What came of a wish."""
        said = await who.post(path, document)
        self.assertIn(said.status, (200, 201), (path, said))
        return said.json

    async def _listening(self) -> None:
        alice = self.alice
        favorite = await self.made(alice, "favorites/tracks/", {"track": self.track})
        listening = await self.made(alice, "history/listenings/", {"track": self.track})
        playlist = await self.made(alice, "playlists/", {"name": "Nights", "privacy_level": "everyone"})
        await self.made(alice, f"playlists/{playlist['id']}/add/", {"tracks": [self.track]})
        radio = await self.made(alice, "radios/radios/", {"name": "Calm", "is_public": True, "config": FILTERS})
        session = await self.made(alice, "radios/sessions/", {"radio_type": "custom", "custom_radio": radio["id"]})
        self.named |= {
            "favorites/tracks": {"id": favorite["id"]},
            "history/listenings": {"id": listening["id"]},
            "playlists": {"id": playlist["id"]},
            "radios/radios": {"id": radio["id"]},
            "radios/sessions": {"id": session["id"]},
        }

    async def _publishing(self) -> None:
        channel = await self.a_channel(self.bob, cover=await self.a_picture(self.bob))
        upload = await self.an_episode(self.bob, channel, tags=["Talk"])
        subscription = await self.made(self.alice, "channels/nighttalk/subscribe/")
        own = await self.a_channel(self.alice, username="own")
        draft = (await self.sent(self.alice, own["uuid"], {"title": "A"})).json
        self.named |= {
            "attachments": {"uuid": channel["artist"]["cover"]["uuid"]},
            "channels": {"name": channel["uuid"]},
            "subscriptions": {"uuid": subscription["uuid"]},
            "uploads": {"uuid": draft["uuid"]},
            "episodes": {"uuid": upload["uuid"]},
        }

    async def _following(self) -> None:
        library = (await self.made(self.bob, "libraries/", {"name": "Home", "privacy_level": "me"}))["uuid"]
        follow = await self.made(self.alice, "federation/follows/library/", {"target": library})
        await self.made(self.bob, "federation/follows/library/", {"target": str(self.named["libraries"]["uuid"])})
        person = await self.made(self.alice, "federation/follows/user/", {"target": "bob@pod.example"})
        await self.made(self.bob, "federation/follows/user/", {"target": "alice@pod.example"})
        item = await self.value("SELECT max(id) FROM inbox_item WHERE actor_id = %s", self.alice.viewer.actor_id)
        fetch = await self.made(self.alice, "federation/fetches/", {"object": "alice@pod.example"})
        for kind, id in (("artist", self.artist), ("album", self.album), ("track", self.track)):
            fid = await self.value(f"SELECT fid FROM {kind} WHERE id = %s", id)
            await self.made(self.alice, "federation/fetches/", {"object": fid})
        await self.do("INSERT INTO domain (name) VALUES ('far.example') ON CONFLICT DO NOTHING")
        self.named |= {
            "federation/follows/library": {"uuid": follow["uuid"]},
            "federation/follows/user": {"uuid": person["uuid"]},
            "federation/inbox": {"id": item},
            "federation/fetches": {"id": fetch["id"]},
            "federation/domains": {"name": "far.example"},
        }

    async def _editing(self) -> None:
        hidden = {"target": {"type": "artist", "id": await self.an_artist("Nobody")}}
        hiding = await self.made(self.alice, "moderation/content-filters/", hidden)
        for path, field in (("artists", "name"), ("albums", "title"), ("tracks", "title")):
            edit = {"type": "update", "payload": {field: "Another", "cover": None}, "is_approved": path == "tracks"}
            mutation = await self.made(self.alice, self.place(f"{path}/{{id}}/mutations/"), edit)
        self.named |= {
            "mutations": {"uuid": mutation["uuid"]},
            "moderation/content-filters": {"uuid": hiding["uuid"]},
        }

    async def _administering(self) -> None:
        alice = self.alice
        target = {"type": "artist", "id": self.artist}
        report = await self.made(self.bob, "moderation/reports/", {"type": "other", "summary": "Hm", "target": target})
        about = {"type": "report", "uuid": report["uuid"]}
        note = await self.made(alice, "manage/moderation/notes/", {"summary": "Seen", "target": about})
        invitation = await self.made(alice, "manage/users/invitations/", {})
        wish = {"name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        application = (await self.made(alice, "oauth/apps/", wish))["client_id"]
        leave = {"client_id": application, "scope": "read", "allow": True}
        self.assertEqual(302, (await alice.post("oauth/authorize/", leave)).status)
        await self.made(alice, "users/alice/subsonic-token/")
        await self.made(alice, "subsonic/keys/", {"name": "Phone"})
        request = await self.value(
            "INSERT INTO user_request (submitter_id, metadata) VALUES (%s, %s) RETURNING uuid",
            self.bob.viewer.actor_id,
            '{"Why?": "Music"}',
        )
        policy, block = await self._shutting_out()
        self.named |= {
            "manage/moderation/instance-policies": {"id": policy["id"]},
            "manage/federation/domains": {"name": "far.example"},
            "manage/channels": {"name": "nighttalk@pod.example"},
            "manage/library/artists": {"id": self.artist},
            "manage/library/albums": {"id": self.album},
            "manage/library/tracks": {"id": self.track},
            "manage/library/libraries": {"uuid": self.named["libraries"]["uuid"]},
            "manage/library/uploads": self.named["uploads"],
            "manage/uploads": self.named["uploads"],
            "manage/tags": {"name": "Talk"},
            "manage/accounts": {"handle": "eve@far.example"},
            "moderation/blocks": {"uuid": block["uuid"]},
            "manage/moderation/reports": {"uuid": report["uuid"]},
            "manage/moderation/notes": {"uuid": note["uuid"]},
            "manage/moderation/requests": {"uuid": request},
            "manage/users/users": {"id": self.bob.viewer.account_id},
            "manage/users/invitations": {"id": invitation["id"]},
            "oauth/apps": {"client_id": application},
            "oauth/grants": {"client_id": application},
            "plugins": {"name": "maloja"},
        }

    async def _shutting_out(self) -> tuple[Any, Any]:
        """What Alice decided about somebody elsewhere, and that she blocks them."""
        await self.an_actor("eve", "far.example")
        target = {"type": "actor", "id": "eve@far.example"}
        policy = await self.made(self.alice, "manage/moderation/instance-policies/", {"target": target})
        block = await self.made(self.alice, "moderation/blocks/", {"target": {"full_username": "eve@far.example"}})
        return policy, block

    # --- asking ----------------------------------------------------------------------------------

    def place(self, path: str) -> str:
        """A path with something that is there in the place of its variables."""
        return path.format(**self.values(path))

    def values(self, path: str) -> Mapping[str, object]:
        """The variables of a path that names something which is there."""
        below = path.removeprefix("/api/v1/").removeprefix("/api/v2/")
        longest = max((name for name in self.named if below.startswith(f"{name}/")), key=len, default=None)
        return {} if longest is None else self.named[longest]

    async def ask(self, path: str, **query: Any) -> Answer:
        """What Alice is told."""
        return await self.alice.get(self.place(path), **query)
