"""Things of others, named in bodies: whoever names what is not theirs is told what they would be told of nothing."""

from __future__ import annotations

from typing import Any

from tests.rest.pod import Client
from tests.rest.test_channels import WISH, ChannelCase

NOTHING = "00000000-0000-4000-8000-000000000000"


class WallTests(ChannelCase):
    """Alice has things; Bob tries to use them."""

    environment = {"THROTTLING_ENABLED": "false"}

    async def setUp(self) -> None:  # type: ignore[override]
        await super().setUp()
        self.alice, self.bob = await self.person("alice"), await self.person("bob")

    async def alike(self, who: Client, method: str, path: str, theirs: Any, nothings: Any, status: int = 400) -> None:
        """The answer about the thing is the answer about a thing that is not there."""
        said = await who.send(method, path, theirs)
        told = await who.send(method, path, nothings)
        self.assertEqual((status, status), (said.status, told.status), (path, said.body, told.body))
        self.assertEqual(_blank(told.body, nothings), _blank(said.body, theirs), path)

    async def test_pictures(self) -> None:
        """As avatar, as cover of a channel, of a series, of an edit, of an episode."""
        picture = await self.a_picture(self.alice)
        await self.alike(self.bob, "PATCH", "users/bob/", {"avatar": picture}, {"avatar": NOTHING})
        wish = {**WISH, "username": "bobs"}
        await self.alike(self.bob, "POST", "channels/", {**wish, "cover": picture}, {**wish, "cover": NOTHING})
        channel = await self.a_channel(self.bob, username="bobs")
        await self.alike(self.bob, "PATCH", "channels/bobs/", {"cover": picture}, {"cover": NOTHING})
        series = {"title": "x", "artist": channel["artist"]["id"]}
        await self.alike(self.bob, "POST", "albums/", {**series, "cover": picture}, {**series, "cover": NOTHING})
        [track] = await self.an_album_of(await self.library_of(self.bob), tracks=1)
        await self.alike(
            self.bob, "POST", f"tracks/{track}/mutations/",
            {"type": "update", "payload": {"cover": picture}}, {"type": "update", "payload": {"cover": NOTHING}},
        )  # fmt: skip
        await self.an_episode(self.bob, channel, cover=picture)
        self.assertEqual(0, await self.value("SELECT count(*) FROM attachment WHERE used"))
        self.assertEqual(403, (await self.bob.delete(f"attachments/{picture}/")).status)

    async def test_places_for_uploads(self) -> None:
        """A library, a channel, a series of somebody else's."""
        library = (await self.alice.post("libraries/", {"name": "x", "privacy_level": "everyone"})).json["uuid"]
        channel = await self.a_channel(self.alice)
        series = await self.alice.post("albums/", {"title": "Season", "artist": channel["artist"]["id"]})
        for field, value in (("library", library), ("channel", channel["uuid"])):
            said = await self.bob.parts(
                "uploads/", (field, None, value.encode()), ("audio_file", "a.mp3", b"x"),
                ("import_metadata", None, b'{"title": "x"}'),
            )  # fmt: skip
            self.assertEqual((400, [field]), (said.status, list(said.json)))
        await self.alike(
            self.bob, "POST", "albums/",
            {"title": "x", "artist": channel["artist"]["id"]}, {"title": "x", "artist": 10**9},
        )  # fmt: skip
        own = await self.a_channel(self.bob, username="bobs")
        said = await self.sent(self.bob, own["uuid"], {"title": "x", "album": series.json["id"]}, "pending")
        if said.status == 201:
            await self.work()
            found = (await self.bob.get(f"uploads/{said.json['uuid']}/")).json
            self.assertEqual("errored", found["import_status"], found)

    async def test_radios(self) -> None:
        """Private radios, private playlists in filters, private libraries."""
        hidden = (await self.alice.post("libraries/", {"name": "x"})).json["uuid"]
        playlist = (await self.alice.post("playlists/", {"name": "x", "privacy_level": "me"})).json["id"]
        wish = {"name": "r", "config": [{"type": "playlist", "ids": [playlist]}]}
        radio = (await self.alice.post("radios/radios/", wish)).json["id"]
        nothing = {"radio_type": "custom", "custom_radio": 10**9}
        sessions = "radios/sessions/"
        await self.alike(self.bob, "POST", sessions, {"radio_type": "custom", "custom_radio": radio}, nothing)
        for theirs, none in ((playlist, 10**9),):
            config = {"type": "playlist", "ids": [theirs]}, {"type": "playlist", "ids": [none]}
            of_theirs, of_none = ({"radio_type": "custom_multiple", "config": one} for one in config)
            await self.alike(self.bob, "POST", sessions, of_theirs, of_none)
            await self.alike(
                self.bob, "POST", "radios/radios/validate/", {"filters": [config[0]]}, {"filters": [config[1]]}, 200
            )
        secret, absent = ({"radio_type": "library", "related_object_id": one} for one in (hidden, NOTHING))
        await self.alike(self.bob, "POST", sessions, secret, absent)
        for path in (f"radios/radios/{radio}/", f"radios/radios/{radio}/tracks/"):
            self.assertEqual(404, (await self.bob.get(path)).status, path)
        for method in ("PUT", "DELETE"):
            self.assertEqual(404, (await self.bob.send(method, f"radios/radios/{radio}/", wish)).status)
        made = (await self.alice.post(sessions, {"radio_type": "random"})).json["id"]
        self.assertEqual(403, (await self.bob.post("radios/tracks/", {"session": made})).status)

    async def test_private_playlists(self) -> None:
        """Nothing tells that there is one: reports, listings by track, filters, embeds, pages."""
        [track] = await self.an_album_of(await self.library_of(self.alice), tracks=1)
        playlist = (await self.alice.post("playlists/", {"name": "Secret", "privacy_level": "me"})).json["id"]
        await self.alice.post(f"playlists/{playlist}/add/", {"tracks": [track]})
        await self.alike(
            self.bob, "POST", "moderation/reports/",
            {"type": "other", "target": {"type": "playlist", "id": playlist}},
            {"type": "other", "target": {"type": "playlist", "id": 10**9}},
        )  # fmt: skip
        for query in (f"?track={track}", "?q=Secret", "?scope=actor:alice@pod.example", "?name=Secret"):
            self.assertEqual(0, (await self.bob.get(f"playlists/{query}")).json["count"], query)
        for action, body in (("add", {"tracks": [track]}), ("move", {"from": 0, "to": 0}), ("remove", {"index": 0})):
            await self.alike(self.bob, "POST", f"playlists/{playlist}/{action}/", body, body, 404)
        await self.open_up()
        place = f"https://pod.example/library/playlists/{playlist}"
        self.assertEqual(400, (await self.bob.get("oembed/", url=place, format="json")).status)
        page = await self.visitor().get(f"/library/playlists/{playlist}", {"Accept": "text/html"})
        self.assertNotIn(b"Secret", page.body)

    async def test_what_is_for_one_alone(self) -> None:
        """Look-ups, inbox items, follows, subscriptions, content filters, requests, drafts of somebody else."""
        library = (await self.alice.post("libraries/", {"name": "x"})).json["uuid"]
        follow = (await self.bob.post("federation/follows/library/", {"target": library})).json["uuid"]
        item = (await self.alice.get("federation/inbox/")).json["results"][0]["id"]
        carol = await self.person("carol")
        self.assertEqual(404, (await carol.send("PATCH", f"federation/inbox/{item}/", {"is_read": True})).status)
        self.assertEqual(404, (await carol.get(f"federation/inbox/{item}/")).status)
        act = {"action": "read", "objects": [item]}
        self.assertEqual(400, (await carol.post("federation/inbox/action/", act)).status)
        for path in ("", "accept/", "reject/"):
            method = "POST" if path else "DELETE"
            said = await carol.send(method, f"federation/follows/library/{follow}/{path}")
            self.assertEqual(404, said.status, path)
            if path:
                said = await self.bob.send(method, f"federation/follows/library/{follow}/{path}")
                self.assertEqual(404, said.status, path)
        fetch = (await self.bob.post("federation/fetches/", {"object": "@alice@pod.example"})).json["id"]
        self.assertEqual(404, (await carol.get(f"federation/fetches/{fetch}/")).status)
        channel = await self.a_channel(self.alice)
        subscribed = (await self.bob.post("channels/nighttalk/subscribe/")).json["uuid"]
        self.assertEqual(404, (await carol.get(f"subscriptions/{subscribed}/")).status)
        draft = (await self.sent(self.alice, channel["uuid"], {"title": "Draft"})).json["uuid"]
        for method, path in (
            ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "audio-file-metadata/"),
        ):  # fmt: skip
            said = await carol.send(method, f"uploads/{draft}/{path}", {} if method == "PATCH" else None)
            self.assertEqual(404, said.status, (method, path))
        act = {"action": "delete", "objects": [draft]}
        self.assertEqual(400, (await carol.post("uploads/action/", act)).status)
        hidden = {"target": {"type": "artist", "id": channel["artist"]["id"]}}
        filtered = (await self.bob.post("moderation/content-filters/", hidden)).json["uuid"]
        self.assertEqual(404, (await carol.delete(f"moderation/content-filters/{filtered}/")).status)


def _blank(body: bytes, sent: Any) -> bytes:
    """The answer without the names that were asked for."""
    for name in _names(sent):
        body = body.replace(str(name).encode(), b"*")
    return body


def _names(sent: Any) -> list[Any]:
    if isinstance(sent, dict):
        return [name for value in sent.values() for name in _names(value)]
    if isinstance(sent, list):
        return [name for value in sent for name in _names(value)]
    return [sent] if isinstance(sent, int) or (isinstance(sent, str) and len(sent) == 36) else []
